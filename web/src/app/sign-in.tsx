// Development sign-in: the demonstration's people, when the server offers them. Signing in does not leave the page, so that the
// secret of an invitation stays in memory.

import { useEffect, useState } from "preact/hooks";
import type { Id, Role } from "../client/api.js";
import { begin, beginAgain } from "./engine.js";
import { Button, Loading, Notice, PageTitle, useAct } from "./parts.js";
import { use, useSpeech } from "./state.js";

interface Person {
	person: Id;
	login: string;
	role: Role;
	organisation: string;
}

const ask = async (op: string, body: object): Promise<unknown> => {
	const answer = await fetch(`/api/${op}`, {
		method: "POST",
		headers: { "content-type": "application/json" },
		credentials: "same-origin",
		body: JSON.stringify(body),
	}).catch(() => {
		throw { word: "offline" };
	});
	const said: unknown = await answer.json().catch(() => ({}));
	if (typeof said === "object" && said !== null && "ok" in said) return said.ok;
	throw { word: typeof said === "object" && said !== null && "err" in said ? said.err : "internal" };
};

const isPeople = (value: unknown): value is { people: Person[] } =>
	typeof value === "object" && value !== null && "people" in value && Array.isArray(value.people);

const roles: readonly Role[] = ["client", "counsellor", "admin"];

export const SignIn = () => {
	const { t } = useSpeech();
	const [people, setPeople] = useState<Person[] | null>(null);
	const invited = use((all) => all.invitation !== null);
	const listing = useAct();
	const signing = useAct();
	const list = (): void =>
		void listing.act(async () => {
			const said = await ask("dev_people", {});
			setPeople(isPeople(said) ? said.people : []);
		});
	useEffect(list, []);
	const choose = (person: Person): void =>
		void signing.act(async () => {
			await ask("dev_sign_in", { person: person.person });
			await begin();
		});
	if (listing.word === "unknown_op" || listing.word === "not_found")
		return (
			<>
				<PageTitle>{t("signin.title")}</PageTitle>
				<p>{t("signin.none")}</p>
			</>
		);
	if (listing.error)
		return (
			<>
				<PageTitle>{t("signin.title")}</PageTitle>
				<Notice kind="error"><p>{listing.error}</p></Notice>
				<Button kind="main" onClick={() => void beginAgain()}>{t("loading.again")}</Button>
			</>
		);
	if (!people) return <Loading text={t("loading.page")} />;
	return (
		<>
			<PageTitle>{invited ? t("signin.invited") : t("signin.title")}</PageTitle>
			<Notice kind="info"><p>{t("signin.development")}</p></Notice>
			{signing.error && <Notice kind="error"><p>{signing.error}</p></Notice>}
			{roles.map((role) => {
				const some = people.filter((person) => person.role === role);
				return some.length > 0 && (
					<section key={role}>
						<h2>{t(`signin.role.${role}`)}</h2>
						<ul class="people">
							{some.map((person) => (
								<li key={person.person}>
									<button type="button" class="person" disabled={signing.busy} onClick={() => choose(person)}>
										<strong>{person.login}</strong>
										<span>{person.organisation}</span>
									</button>
								</li>
							))}
						</ul>
					</section>
				);
			})}
		</>
	);
};
