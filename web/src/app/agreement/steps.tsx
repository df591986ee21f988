// A step of an agreement, or of many at once: what it is, until when the next one is wanted, a preview, and what came of it.

import { useState } from "preact/hooks";
import { DayField } from "../assignment/day-field.js";
import { today } from "../assignment/words.js";
import { Select } from "../admin/manage.js";
import { officeProven } from "../office.js";
import { Button, Field, Notice, useAct } from "../parts.js";
import { say, useSpeech } from "../state.js";
import { outcomeText, type Agreement, type Organisation, type Step } from "./data.js";

const NOTICE_DAYS = 31; // sooner than in thirty days it takes both sides
const lastDay = (): string => today(new Date(Date.now() + NOTICE_DAYS * 86_400_000));

export interface Given {
	readonly to: Step;
	readonly note: string;
	readonly next_by: string;
	readonly ends_on: string;
}

export const stepBody = ({ to, note, next_by, ends_on }: Given, dry: boolean) => ({ to, note: note.trim(), dry, ...(next_by ? { next_by } : {}), ...(to === "ending" && ends_on ? { ends_on } : {}) });

export const StepFields = ({ steps, given, onChange }: { steps: readonly Step[]; given: Given; onChange: (given: Given) => void }) => {
	const { t } = useSpeech();
	const change = (piece: Partial<Given>): void => onChange({ ...given, ...piece });
	return (
		<>
			{steps.length > 1 && <Select label={t("agreement.step.to")} value={given.to} options={steps.map((one) => [one, t(`agreement.take.${one}`)] as const)} onChange={(to) => change({ to })} />}
			{given.to === "ending" && <DayField label={t("agreement.step.ends_on")} hint={t("agreement.step.ends_hint")} value={given.ends_on} onChange={(ends_on) => change({ ends_on })} />}
			<Field label={t("agreement.step.note")} hint={t("agreement.step.note_hint")} value={given.note} onInput={(note) => change({ note })} maxLength={800} rows={2} />
			{given.to !== "ended" && <DayField label={t("agreement.step.next_by")} value={given.next_by} onChange={(next_by) => change({ next_by })} />}
		</>
	);
};

/** The next step of one agreement. `org` is the operator's to say; an admin's own is left out. */
export const TakeStep = ({ org, of, steps, onDone }: { org?: string; of: Agreement; steps: readonly Step[]; onDone: () => void }) => {
	const speech = useSpeech();
	const { t } = speech;
	const [given, setGiven] = useState<Given>({ to: steps[0] ?? "ended", note: "", next_by: "", ends_on: of.wish_ends_on ?? lastDay() });
	const [refused, refuse] = useState("");
	const [named, name] = useState("");
	const [tried, attempt] = useState(false);
	const going = useAct();
	const ends = given.to === "ending" || given.to === "ended";
	const unnamed = ends && named.trim() !== of.controller;
	const take = (): void => {
		attempt(true);
		if (!unnamed) void going.act(async () => {
			const { outcome } = await officeProven("agreement_take", { ...(org ? { org } : {}), agreement: of.agreement, ...stepBody(given, false) });
			refuse(outcome === "ok" ? "" : outcome);
			if (outcome === "other_side") onDone();
			if (outcome !== "ok") return;
			say(t(`agreement.state.${given.to}`));
			onDone();
		});
	};
	if (steps.length === 0) return null;
	const fields = (
		<>
			<StepFields steps={steps} given={given} onChange={(next) => { setGiven(next); refuse(""); }} />
			{ends && <Field label={t("agreement.step.name", { name: of.controller })} value={named} maxLength={200} error={tried && unnamed ? t("agreement.step.name_wrong") : null} onInput={name} />}
			{refused !== "" && <Notice kind="warning"><p>{outcomeText(speech, refused)}</p></Notice>}
			{going.error && <Notice kind="error"><p>{going.error}</p></Notice>}
			<Button kind={ends ? "danger" : "main"} busy={going.busy} onClick={take}>{t(`agreement.take.${given.to}`)}</Button>
		</>
	);
	// What is in force stays so: its end is looked for, not offered.
	if (steps[0] === "ending") return <details class="allows"><summary>{t("agreement.step.end")}</summary>{fields}</details>;
	return <section><h3>{t("agreement.step.title")}</h3>{fields}</section>;
};

const PIECE = 200; // that go together
const ALL: readonly Step[] = ["signatory_found", "sent", "signed", "trained", "live", "ending", "ended", "contact_found"];

const Outcomes = ({ rows, names, dry }: { rows: readonly { org: string; outcome: string }[]; names: ReadonlyMap<string, string>; dry: boolean }) => {
	const speech = useSpeech();
	const { t } = speech;
	return (
		<div class="scroll" tabIndex={0} role="region" aria-label={t("agreement.many.outcomes")}>
			<table class="events">
				<thead><tr><th scope="col">{t("agreement.name")}</th><th scope="col">{t("agreement.many.outcome")}</th></tr></thead>
				<tbody>{rows.map((row) => <tr key={row.org}><th scope="row">{names.get(row.org) ?? row.org}</th><td>{outcomeText(speech, row.outcome, dry)}</td></tr>)}</tbody>
			</table>
		</div>
	);
};

/** The same step for many: first what would happen to each, then the step for those that can take it. */
export const TakeMany = ({ chosen, onDone }: { chosen: readonly Organisation[]; onDone: () => void }) => {
	const { t } = useSpeech();
	const [given, setGiven] = useState<Given>({ to: "signatory_found", note: "", next_by: "", ends_on: lastDay() });
	const [rows, setRows] = useState<{ of: string; dry: boolean; rows: readonly { org: string; outcome: string }[] } | null>(null);
	const going = useAct();
	const orgs = chosen.map((one) => one.org);
	const of = JSON.stringify([given, orgs]);
	const run = (dry: boolean): void =>
		void going.act(async () => {
			const outcomes: { org: string; outcome: string }[] = [];
			for (let i = 0; i < orgs.length; i += PIECE) outcomes.push(...(await officeProven("agreement_take_many", { orgs: orgs.slice(i, i + PIECE), ...stepBody(given, dry) })).outcomes);
			setRows({ of, dry, rows: outcomes });
			if (!dry) onDone();
		});
	const ready = rows?.of === of && rows.dry ? rows.rows.filter((row) => row.outcome === "ok").length : 0;
	return (
		<>
			<p>{t("agreement.many.chosen", { count: chosen.length })}</p>
			<StepFields steps={ALL} given={given} onChange={setGiven} />
			{going.error && <Notice kind="error"><p>{going.error}</p></Notice>}
			<div class="row">
				<Button busy={going.busy} onClick={() => run(true)}>{t("agreement.many.preview")}</Button>
				{ready > 0 && <Button kind="main" busy={going.busy} onClick={() => run(false)}>{t("agreement.many.take", { count: ready })}</Button>}
			</div>
			{rows?.of === of && (
				<>
					<h3>{t(rows.dry ? "agreement.many.would" : "agreement.many.done")}</h3>
					<Outcomes rows={rows.rows} dry={rows.dry} names={new Map(chosen.map((one) => [one.org, one.name]))} />
				</>
			)}
		</>
	);
};
