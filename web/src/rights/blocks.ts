// The record of processing and one breach as documents: the blocks of which a room's document is made too (export/blocks.ts). Pure.

import { KEPT, type Terms } from "../agreement/terms.js";
import type { Block } from "../export/blocks.js";
import type { Ops } from "../gen/proto.js";
import type { Key, Speech } from "../text/text.js";

export type TheRecord = Ops["record_get"]["out"];
export type Activity = TheRecord["activities"][number];
export type Breach = Ops["breach_one"]["out"];

const head = (text: string, level: 1 | 2 | 3 = 2): Block => ({ is: "heading", level, text });
const say = (text: string): Block => ({ is: "text", text });
/** Lines of their own are texts of their own: the writer of documents keeps to one. */
const says = (text: string, none: string): Block[] => {
	const lines = text.split("\n").filter((line) => line.trim() !== "");
	return (lines.length > 0 ? lines : [none]).map(say);
};

/** The terms of an activity; null: no version of the agreement holds. */
export const termsOf = (activity: Activity): Terms | null => (activity.terms === "" ? null : (JSON.parse(activity.terms) as Terms));

export const countriesOf = (terms: Terms): readonly string[] => [...new Set(terms.subprocessors.map((one) => one.country.trim()))].sort();

function* activityBlocks({ t, format }: Speech, activity: Activity): Generator<Block> {
	const terms = termsOf(activity);
	yield head(t("rights.record.activity", { processor: activity.processor }));
	if (!terms) {
		yield say(t("rights.record.no_terms", { state: t(`agreement.state.${activity.state}`) }));
		return;
	}
	for (const clause of ["purpose", "nature", "subject"] as const) {
		yield head(t(`agreement.term.${clause}`), 3);
		yield* says(terms[clause], "");
	}
	yield head(t("agreement.term.persons"), 3);
	yield { is: "list", items: terms.persons.map((one) => t(`agreement.person.${one}`)) };
	yield head(t("agreement.term.data"), 3);
	yield { is: "list", items: terms.data.map((one) => t(`agreement.data.${one}`)) };
	yield head(t("rights.record.processors"), 3);
	yield { is: "list", items: [`${activity.processor}${activity.processor_business_id ? ` (${activity.processor_business_id})` : ""}`, ...terms.subprocessors.map((one) => `${one.name}, ${one.country}: ${one.task}`)] };
	yield head(t("agreement.term.retention"), 3);
	yield { is: "table", head: [t("agreement.kept"), t("agreement.kept.days")], rows: KEPT.map((kind) => [t(`agreement.kept.${kind}`), format.number(terms.retention[kind])]), wide: [3, 1] };
	yield head(t("agreement.term.security"), 3);
	yield { is: "list", items: [...terms.security] };
}

export const ruleText = ({ t, has }: Speech, kind: string): string => {
	const key = `rights.record.rule.${kind}`;
	return has(key) ? (t as (key: Key) => string)(key as Key) : kind;
};

export function* recordBlocks(speech: Speech, record: TheRecord, at: number): Generator<Block> {
	const { t, format } = speech;
	const none = t("rights.record.missing");
	yield head(t("rights.record"), 1);
	yield say(t("rights.record.law", { on: at }));
	yield head(t("agreement.controller"));
	yield say(record.business_id ? `${record.name} (${record.business_id})` : record.name);
	for (const part of ["contact", "officer", "basis", "recipients", "transfers"] as const) {
		yield head(t(`rights.record.${part}`), part === "contact" || part === "officer" ? 3 : 2);
		yield* says(record[part], none);
	}
	for (const activity of record.activities) yield* activityBlocks(speech, activity);
	if (record.activities.length === 0) yield say(t("rights.record.none"));
	yield head(t("rights.record.rules"));
	yield { is: "table", head: [t("agreement.kept"), t("rights.record.days")], rows: record.rules.map((rule) => [ruleText(speech, rule.kind), format.number(rule.days)]), wide: [3, 1] };
}

export function* breachBlocks(speech: Speech, breach: Breach, organisation: string): Generator<Block> {
	const { t, format } = speech;
	const [now] = breach.versions;
	if (!now) return;
	const when = (at: number | undefined): string => (at === undefined ? "" : `${format.date(at)} ${format.time(at)}`);
	yield head(t("rights.breach.number", { n: breach.n }), 1);
	yield say(`${organisation}. ${t("rights.breach.version", { n: now.version, on: now.at })}`);
	yield { is: "table", head: [t("rights.breach.what"), t("rights.breach.value")], rows: [
		[t("rights.breach.found"), when(now.found_at)], [t("rights.breach.began"), when(now.began_at)], [t("rights.breach.persons"), format.number(now.persons)],
		[t("rights.breach.told"), `${t(`rights.breach.told.${now.told}`)} ${when(now.told_at)}`], [t("rights.breach.people"), t(`rights.breach.people.${now.people}`)],
		[t("rights.breach.state"), t(now.closed ? "rights.breach.closed" : "rights.breach.open")],
	], wide: [1, 2] };
	for (const part of ["facts", "effects", "remedies", "why"] as const) {
		yield head(t(`rights.breach.${part}`));
		yield* says(now[part], t("rights.breach.nothing"));
	}
}
