// An agreement as a document for signing: the parties, every member of art. 28(3), places for the signatures, and the annexes that are
// part of it, as the blocks of which a room's document is made too (export/document.ts). In the agreement's own language. Pure: the same
// version of an agreement gives the same document at any time.

import type { PaperBlock } from "../export/blocks.js";
import type { Paper } from "../export/paper.js";
import type { Speech } from "../text/text.js";
import { KEPT, type Clause, type Terms } from "./terms.js";

export interface Wanted {
	/** In the agreement's language. */
	readonly speech: Speech;
	readonly controller: string;
	readonly processor: string;
	readonly terms: Terms;
	readonly version: number;
	readonly holdsFrom: string;
	/** When the version was written. */
	readonly made: number;
}

const head = (text: string): PaperBlock => ({ is: "heading", level: 2, text });
const say = (text: string): PaperBlock => ({ is: "text", text });
const list = (items: readonly string[]): PaperBlock => ({ is: "list", items });
/** Lines of their own are texts of their own: the writer of documents keeps to one. */
const says = (text: string): PaperBlock[] => text.split("\n").filter((line) => line.trim() !== "").map(say);

const day = ({ format }: Speech, text: string): string => format.date(Date.parse(`${text}T12:00:00Z`));

interface Section {
	readonly title: string;
	readonly blocks: readonly PaperBlock[];
}

const ANNEXES = ["security", "subprocessors", "retention"] as const;
type Annex = (typeof ANNEXES)[number];

const sections = ({ speech, terms, controller, processor, holdsFrom }: Wanted): readonly Section[] => {
	const { t } = speech;
	const clause = (name: Clause): Section => ({ title: t(`agreement.term.${name}`), blocks: says(terms[name]) });
	const annexed = (name: Annex): Section =>
		({ title: t(`agreement.doc.of_${name}`), blocks: [say(t(`agreement.doc.see_${name}`, { n: ANNEXES.indexOf(name) + 1 }))] });
	const duration = terms.ends === null ? t("agreement.doc.open", { from: day(speech, holdsFrom) }) : t("agreement.doc.until", { from: day(speech, holdsFrom), to: day(speech, terms.ends) });
	const end = `${t(`agreement.at_end.${terms.at_end}`)} ${t("agreement.doc.end_days", { days: terms.end_days })}`;
	return [
		{ title: t("agreement.doc.parties"), blocks: [list([`${t("agreement.controller")}: ${controller}`, `${t("agreement.processor")}: ${processor}`])] },
		clause("subject"), clause("nature"), clause("purpose"), { title: t("agreement.doc.duration"), blocks: [say(duration)] },
		{ title: t("agreement.term.data"), blocks: [list(terms.data.map((one) => t(`agreement.data.${one}`)))] },
		{ title: t("agreement.term.persons"), blocks: [list(terms.persons.map((one) => t(`agreement.person.${one}`)))] },
		clause("instructions"), clause("confidentiality"), annexed("security"), annexed("subprocessors"), clause("rights_help"), clause("breach_help"), clause("audits"), annexed("retention"),
		{ title: t("agreement.term.at_end"), blocks: [say(end)] },
		...(terms.training_required ? [{ title: t("agreement.training"), blocks: [say(t("agreement.term.training_required"))] }] : []),
		...(terms.other.trim() === "" ? [] : [{ title: t("agreement.term.other"), blocks: says(terms.other) }]),
	];
};

const annexBlocks = ({ t, format }: Speech, terms: Terms): Readonly<Record<Annex, readonly PaperBlock[]>> => ({
	security: [list(terms.security)],
	subprocessors: terms.subprocessors.length === 0
		? [say(t("agreement.sub.none"))]
		: [{
			is: "table", wide: [4, 2, 2, 5], head: [t("agreement.name"), t("agreement.business_id"), t("agreement.sub.country"), t("agreement.sub.task")],
			rows: terms.subprocessors.map((one) => [one.name, one.business_id || "\u2013", one.country, one.task]),
		}],
	retention: [
		say(t("agreement.term.retention_hint")),
		{ is: "table", head: [t("agreement.kept"), t("agreement.kept.days")], rows: KEPT.map((kind) => [t(`agreement.kept.${kind}`), format.number(terms.retention[kind])]), wide: [3, 1] },
	],
});

export function* agreementBlocks(wanted: Wanted): Generator<PaperBlock> {
	const { speech, terms, version, holdsFrom, controller, processor } = wanted;
	const { t } = speech;
	yield { is: "heading", level: 1, text: t("agreement.doc.title") };
	yield say(t("agreement.doc.law"));
	yield { is: "text", small: true, text: t("agreement.doc.version", { version, from: day(speech, holdsFrom) }) };
	let n = 0;
	for (const { title, blocks } of sections(wanted)) {
		yield head(`${++n}. ${title}`);
		yield* blocks;
	}
	yield head(`${++n}. ${t("agreement.doc.annexes")}`);
	yield list(ANNEXES.map((name, i) => `${t("agreement.doc.annex", { n: i + 1 })}: ${t(`agreement.doc.of_${name}`)}`));
	yield head(`${++n}. ${t("agreement.doc.signatures")}`);
	const blanks = (["place", "sign", "name", "title"] as const).map((one) => t(`agreement.doc.blank_${one}`));
	yield { is: "sign", who: `${t("agreement.controller")}: ${controller}`, blanks };
	yield { is: "sign", who: `${t("agreement.processor")}: ${processor}`, blanks };
	yield { is: "page" };
	const annexes = annexBlocks(speech, terms);
	for (const [i, name] of ANNEXES.entries()) {
		yield head(`${t("agreement.doc.annex", { n: i + 1 })}. ${t(`agreement.doc.of_${name}`)}`);
		yield* annexes[name];
	}
}

/** What the writer of papers takes. */
export const agreementPaper = (wanted: Wanted): Paper => {
	const { speech: { t }, controller, version, made } = wanted;
	return {
		title: `${t("agreement.doc.title")}, ${controller}, ${t("agreement.template.version", { version })}`, made, lines: [...agreementBlocks(wanted)].map((block) => JSON.stringify(block)),
	};
};
