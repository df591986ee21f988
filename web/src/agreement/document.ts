// An agreement as a document for signing: the parties, every member of art. 28(3), the security annex, and places for the signatures, as
// the blocks of which a room's document is made too (export/document.ts). In the agreement's own language. Pure.

import type { Block } from "../export/blocks.js";
import type { Speech } from "../text/text.js";
import { KEPT, type Clause, type Terms } from "./terms.js";

export interface Wanted {
	readonly speech: Speech;
	readonly controller: string;
	readonly processor: string;
	readonly terms: Terms;
	readonly holdsFrom: string;
}

const head = (text: string): Block => ({ is: "heading", level: 2, text });
const say = (text: string): Block => ({ is: "text", text });
const list = (items: readonly string[]): Block => ({ is: "list", items });
/** Lines of their own are texts of their own: the writer of documents keeps to one. */
const says = (text: string): Block[] => text.split("\n").filter((line) => line.trim() !== "").map(say);

function* middle({ t, format }: Speech, terms: Terms): Generator<Block> {
	yield head(t("agreement.term.data"));
	yield list(terms.data.map((one) => t(`agreement.data.${one}`)));
	yield head(t("agreement.term.persons"));
	yield list(terms.persons.map((one) => t(`agreement.person.${one}`)));
	yield head(t("agreement.term.subprocessors"));
	yield terms.subprocessors.length === 0 ? say(t("agreement.sub.none")) : list(terms.subprocessors.map((one) => `${[one.name, one.business_id, one.country].filter(Boolean).join(", ")}: ${one.task}`));
	yield head(t("agreement.term.retention"));
	yield { is: "table", head: [t("agreement.kept"), t("agreement.kept.days")], rows: KEPT.map((kind) => [t(`agreement.kept.${kind}`), format.number(terms.retention[kind])]), wide: [3, 1] };
}

function* end({ t }: Speech, { terms, controller, processor }: Wanted): Generator<Block> {
	yield head(t("agreement.term.at_end"));
	yield say(`${t(`agreement.at_end.${terms.at_end}`)} ${t("agreement.doc.end_days", { days: terms.end_days })}`);
	if (terms.training_required) yield say(t("agreement.term.training_required"));
	if (terms.other.trim() !== "") {
		yield head(t("agreement.term.other"));
		yield* says(terms.other);
	}
	yield head(t("agreement.term.security"));
	yield list(terms.security);
	yield head(t("agreement.doc.signatures"));
	for (const party of [`${t("agreement.controller")}: ${controller}`, `${t("agreement.processor")}: ${processor}`]) {
		yield { is: "said", who: party, lines: ["", "", "_".repeat(44), t("agreement.doc.sign_here")] };
	}
}

export function* agreementBlocks(wanted: Wanted): Generator<Block> {
	const { speech, terms, controller, processor, holdsFrom } = wanted;
	const { t, format } = speech;
	const day = (text: string): string => format.date(Date.parse(`${text}T12:00:00Z`));
	const clauses = function* (...names: readonly Clause[]): Generator<Block> {
		for (const name of names) {
			yield head(t(`agreement.term.${name}`));
			yield* says(terms[name]);
		}
	};
	yield { is: "heading", level: 1, text: t("agreement.doc.title") };
	yield say(t("agreement.doc.law"));
	yield head(t("agreement.doc.parties"));
	yield list([`${t("agreement.controller")}: ${controller}`, `${t("agreement.processor")}: ${processor}`]);
	yield* clauses("subject", "nature", "purpose");
	yield head(t("agreement.doc.duration"));
	yield say(terms.ends === null ? t("agreement.doc.open", { from: day(holdsFrom) }) : t("agreement.doc.until", { from: day(holdsFrom), to: day(terms.ends) }));
	yield* middle(speech, terms);
	yield* clauses("instructions", "confidentiality", "rights_help", "breach_help", "audits");
	yield* end(speech, wanted);
}
