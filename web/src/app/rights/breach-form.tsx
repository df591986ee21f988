// A breach as it is told: new, or upon its newest version. What the law asks for is checked before it is sent, and said in words.

import { useState } from "preact/hooks";
import type { Breach } from "../../rights/blocks.js";
import { officeProven } from "../office.js";
import { Button, Check, Choice, Field, Notice, useAct } from "../parts.js";
import { say, useSpeech } from "../state.js";
import { isTooLong, MOST, newId } from "./parts.js";
import { momentText, readMoment } from "./moment.js";

type Edition = Breach["versions"][number];
const TOLD = ["open", "notified", "not_needed"] as const;
const PEOPLE = ["open", "told", "not_needed"] as const;
const HOURS_72 = 72 * 3_600_000;

interface Draft {
	readonly found: string;
	readonly began: string;
	readonly persons: string;
	readonly told: Edition["told"];
	readonly told_at: string;
	readonly people: Edition["people"];
	readonly closed: boolean;
	readonly facts: string;
	readonly effects: string;
	readonly remedies: string;
	readonly why: string;
}

const draftOf = (from: Edition | null): Draft =>
	from ? { ...from, found: momentText(from.found_at), began: momentText(from.began_at), persons: String(from.persons), told_at: momentText(from.told_at) }
		: { found: momentText(Date.now()), began: "", persons: "0", told: "open", told_at: "", people: "open", closed: false, facts: "", effects: "", remedies: "", why: "" };

type Fault = "found" | "began" | "persons" | "told_at" | "facts" | "why" | "closed";

/** What is missing or wrong, as the database would say (breach_version__bad_field). */
const faultsOf = (it: Draft): readonly Fault[] => {
	const found = readMoment(it.found);
	const began = it.began.trim() === "" ? undefined : readMoment(it.began);
	const told = readMoment(it.told_at);
	const late = it.told === "notified" && found !== undefined && told !== undefined && told > found + HOURS_72;
	const faults: (readonly [Fault, boolean])[] = [
		["found", found === undefined || found > Date.now() + 60_000],
		["began", it.began.trim() !== "" && (began === undefined || (found !== undefined && began > found))],
		["persons", !/^\d{1,8}$/.test(it.persons.trim())],
		["told_at", it.told === "notified" && (told === undefined || (found !== undefined && told < found))],
		["facts", it.facts.trim().length < 3],
		["why", (it.told === "not_needed" || late) && it.why.trim() === ""],
		["closed", it.closed && (it.told === "open" || it.people === "open" || it.effects.trim() === "" || it.remedies.trim() === "")],
	];
	return faults.filter(([, wrong]) => wrong).map(([fault]) => fault);
};

export const EditBreach = ({ id, from, onDone, onBack }: { id: string | null; from: Edition | null; onDone: () => void; onBack: () => void }) => {
	const { t } = useSpeech();
	const [it, set] = useState(() => draftOf(from));
	const [breach] = useState(id ?? newId);
	const [tried, attempt] = useState(false);
	const going = useAct();
	const faults = faultsOf(it);
	const wrong = (fault: Fault): string | null => (tried && faults.includes(fault) ? t(`rights.breach.wrong.${fault}`) : null);
	const change = (part: Partial<Draft>): void => set({ ...it, ...part });
	const submit = (event: Event): void => {
		event.preventDefault();
		attempt(true);
		const found_at = readMoment(it.found);
		const began_at = readMoment(it.began);
		const told_at = it.told === "notified" ? readMoment(it.told_at) : undefined;
		if (faults.length > 0 || found_at === undefined) return;
		void going.act(async () => {
			await officeProven("breach_put", {
				breach, version: from?.version ?? 0, found_at, persons: Number(it.persons), told: it.told, people: it.people, closed: it.closed,
				facts: it.facts.trim(), effects: it.effects.trim(), remedies: it.remedies.trim(), why: it.why.trim(),
				...(began_at === undefined ? {} : { began_at }), ...(told_at === undefined ? {} : { told_at }),
			});
			say(t("rights.breach.saved"));
			onDone();
		});
	};
	const words = (part: "facts" | "effects" | "remedies" | "why") => (
		<Field label={t(`rights.breach.${part}`)} hint={t(`rights.breach.${part}_hint`)} value={it[part]} rows={4} maxLength={MOST} error={isTooLong(it[part]) ? t("error.too_long") : part === "facts" || part === "why" ? wrong(part) : null}
			onInput={(text) => change({ [part]: text })} />
	);
	return (
		<form class="card" onSubmit={submit} noValidate>
			<h3>{t(from ? "rights.breach.go_on" : "rights.breach.new")}</h3>
			<p>{t("rights.breach.form_text")}</p>
			<Field label={t("rights.breach.found")} hint={t("rights.breach.moment_hint")} value={it.found} maxLength={20} error={wrong("found")} onInput={(found) => change({ found })} />
			<Field label={t("rights.breach.began")} hint={t("rights.breach.began_hint")} value={it.began} maxLength={20} error={wrong("began")} onInput={(began) => change({ began })} />
			<Field label={t("rights.breach.persons")} value={it.persons} maxLength={8} error={wrong("persons")} onInput={(persons) => change({ persons })} />
			{words("facts")}
			{words("effects")}
			{words("remedies")}
			<Choice legend={t("rights.breach.told")} value={it.told} options={TOLD.map((one) => [one, t(`rights.breach.told.${one}`)] as const)} onChange={(told) => change({ told })} />
			{it.told === "notified" && <Field label={t("rights.breach.told_at")} hint={t("rights.breach.moment_hint")} value={it.told_at} maxLength={20} error={wrong("told_at")} onInput={(told_at) => change({ told_at })} />}
			<Choice legend={t("rights.breach.people")} value={it.people} options={PEOPLE.map((one) => [one, t(`rights.breach.people.${one}`)] as const)} onChange={(people) => change({ people })} />
			{words("why")}
			<Check label={t("rights.breach.close")} hint={t("rights.breach.close_hint")} checked={it.closed} onChange={(closed) => change({ closed })} />
			{wrong("closed") && <p class="field-error">{wrong("closed")}</p>}
			{going.error && <Notice kind="error"><p>{going.error}</p></Notice>}
			<div class="row">
				<Button kind="main" type="submit" busy={going.busy}>{t("rights.breach.save")}</Button>
				<Button onClick={onBack}>{t("rights.back")}</Button>
			</div>
		</form>
	);
};
