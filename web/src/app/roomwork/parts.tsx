// What the parts of the plan share: the head of a part, an act with its error, the history of a thing, taking away and bringing back.

import type { ComponentChildren } from "preact";
import { useId } from "preact/hooks";
import type { Change, Entity, Trace } from "../../roomwork/work.js";
import type { Value } from "../../roomwork/content.js";
import { Dialog, Notice, useAct } from "../parts.js";
import { use, useSpeech } from "../state.js";
import type { Key } from "../../text/text.js";
import { shown } from "./day.js";
import type { Working } from "./use-work.js";

export interface PartProps {
	readonly working: Working;
	readonly may: boolean; // the room is open and can be written in
}

export const Part = ({ title, hint, children }: { title: string; hint?: string; children: ComponentChildren }) => {
	const id = useId();
	return (
		<section class="plan-part" aria-labelledby={id}>
			<h2 id={id}>{title}</h2>
			{hint && <p class="hint">{hint}</p>}
			{children}
		</section>
	);
};

export const Failed = ({ acting }: { acting: ReturnType<typeof useAct> }) => (acting.error ? <Notice kind="error"><p>{acting.error}</p></Notice> : null);

export const useStaff = (): boolean => use((all) => all.self?.role !== "client");

/** Who and when, as a line. */
export const Traced = ({ trace, made }: { trace: Trace; made: boolean }) => {
	const { t, format } = useSpeech();
	const who = trace.mine ? t("message.me") : trace.name || t("room.somebody");
	return <p class="hint traced">{t(made ? "plan.made_by" : "plan.changed_by", { who, on: format.date(trace.at), at: format.time(trace.at) })}</p>;
};

const FIELDS: Readonly<Record<string, Key>> = {
	text: "plan.field.text", name: "plan.field.name", done: "plan.field.done", by: "plan.field.by", who: "plan.field.who", goal: "plan.field.goal",
	begins: "plan.field.begins", ends: "plan.field.ends", what: "plan.field.what", on: "plan.field.on", gone: "plan.field.gone", order: "plan.field.order",
};

const DAYS = new Set(["by", "begins", "ends", "on"]);

const useValue = (): ((field: string, value: Value | undefined) => string) => {
	const { t, has } = useSpeech();
	return (field, value) => {
		if (value === undefined || value === "") return t("plan.nothing");
		if (typeof value === "boolean") return t(value ? "plan.yes" : "plan.no");
		const key = `plan.${field}.${value}`;
		if (has(key)) return (t as (key: string) => string)(key);
		return DAYS.has(field) ? shown(String(value)) : String(value);
	};
};

const Row = ({ change }: { change: Change }) => {
	const { t, format } = useSpeech();
	const value = useValue();
	const field = FIELDS[change.field];
	const moved = change.field === "order" || change.field === "goal";
	return (
		<li>
			<p class="hint">{[format.date(change.at), format.time(change.at), change.mine ? t("message.me") : change.name || t("room.somebody")].join(" ")}</p>
			<p><strong>{field ? (t as (key: string) => string)(field) : change.field}</strong>{moved ? "" : `: ${value(change.field, change.before)} \u2192 ${value(change.field, change.after)}`}</p>
			{change.clash && <p class="hint">{t("plan.clash_here")}</p>}
		</li>
	);
};

export const History = ({ entity, onClose }: { entity: Entity; onClose: () => void }) => {
	const { t } = useSpeech();
	return (
		<Dialog title={t("plan.history")} onClose={onClose}>
			<Traced trace={entity.made} made />
			{entity.history.length === 0 ? <p>{t("plan.history_none")}</p> : <ol class="plan-history">{[...entity.history].reverse().map((change, n) => <Row key={n} change={change} />)}</ol>}
		</Dialog>
	);
};

/** The last change of a thing was made by somebody who had not seen the one before. */
export const clashes = ({ history, changed }: Entity): boolean => history.some(({ clash, at }) => clash && at === changed.at);
