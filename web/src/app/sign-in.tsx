// Signing in: the identity providers of this server, and in development the demonstration's people. Nothing here leaves the page
// before a provider is chosen, so that the secret of an invitation stays in memory until it is sealed.

import { useEffect, useState } from "preact/hooks";
import type { Id, Role } from "../client/api.js";
import { ask } from "./ask.js";
import { begin, beginAgain, sentence, wordOf } from "./engine.js";
import { depart, listProviders, type Provider } from "./identify.js";
import { SharedDevice } from "./keys/shared.js";
import { Button, Loading, Notice, PageTitle, useAct } from "./parts.js";
import { PasskeySignIn } from "./passkey/enter.js";
import { use, useSpeech } from "./state.js";

interface Person {
	person: Id;
	login: string;
	role: Role;
	organisation: string;
}

interface Offer {
	readonly providers: readonly Provider[];
	readonly people: readonly Person[];
}

const isPeople = (value: unknown): value is { people: Person[] } =>
	typeof value === "object" && value !== null && "people" in value && Array.isArray(value.people);

/** Nobody to choose from where the server is no demonstration. */
const listPeople = async (): Promise<readonly Person[]> => {
	const said = await ask("dev_people", {}).catch((thrown: unknown) => {
		if (["unknown_op", "not_found", "forbidden"].includes(wordOf(thrown))) return { people: [] };
		throw thrown;
	});
	return isPeople(said) ? said.people : [];
};

const roles = ["client", "counsellor", "admin"] as const;

const Providers = ({ all, audience }: { all: readonly Provider[]; audience: Provider["audience"] }) => {
	const { t, language } = useSpeech();
	const going = useAct();
	const linked = use((all) => all.invitation !== null || all.enrolment !== null);
	const gone = linked && (going.word === "not_found" || going.word === "expired");
	const some = all.filter((one) => one.audience === audience);
	if (some.length === 0) return null;
	return (
		<section class="providers">
			<h2>{t(`identify.${audience}`)}</h2>
			<p>{t(`identify.${audience}_text`)}</p>
			{going.error && <Notice kind="error"><p>{gone ? t("identify.link_gone") : going.error}</p></Notice>}
			<ul class="people">
				{some.map((one) => (
					<li key={one.provider}>
						<button type="button" class="person" disabled={going.busy} onClick={() => void going.act(() => depart(one.provider))}>
							<strong>{one.names[language]}</strong>
						</button>
					</li>
				))}
			</ul>
			{going.busy && <Loading text={t("identify.going")} />}
		</section>
	);
};

const Development = ({ people }: { people: readonly Person[] }) => {
	const { t } = useSpeech();
	const signing = useAct();
	const choose = (person: Person): void =>
		void signing.act(async () => {
			await ask("dev_sign_in", { person: person.person });
			await begin();
		});
	return (
		<>
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

export const SignIn = () => {
	const { t } = useSpeech();
	const [offer, setOffer] = useState<Offer | null>(null);
	const [failed, setFailed] = useState<string | null>(null);
	const invited = use((all) => all.invitation !== null);
	const enrolled = use((all) => all.enrolment !== null);
	useEffect(() => {
		Promise.all([listProviders(), listPeople()]).then(([providers, people]) => setOffer({ providers, people }), (thrown: unknown) => setFailed(wordOf(thrown)));
	}, []);
	if (failed !== null)
		return (
			<>
				<PageTitle>{t("signin.title")}</PageTitle>
				<Notice kind="error"><p>{sentence(failed)}</p></Notice>
				<Button kind="main" onClick={() => void beginAgain()}>{t("loading.again")}</Button>
			</>
		);
	if (!offer) return <Loading text={t("loading.page")} />;
	const { providers, people } = offer;
	return (
		<>
			<PageTitle>{invited ? t("signin.invited") : enrolled ? t("identify.enrol") : t("signin.title")}</PageTitle>
			{providers.length + people.length === 0 && <p>{t("signin.none")}</p>}
			{!enrolled && <Providers all={providers} audience="client" />}
			{!invited && <Providers all={providers} audience="staff" />}
			{!invited && <PasskeySignIn />}
			{providers.length > 0 && <SharedDevice />}
			{people.length > 0 && <Development people={people} />}
		</>
	);
};
