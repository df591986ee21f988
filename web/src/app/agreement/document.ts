// The document of a version, written by the worker that writes a room's: it gets the blocks, the page keeps what comes back. The same
// version gives the same bytes again, so that the hash that was recorded says whether they are what was offered.

import { agreementPaper } from "../../agreement/document.js";
import type { Terms } from "../../agreement/terms.js";
import type { Speech } from "../../text/text.js";
import { run } from "../export/run.js";
import type { Agreement, Edition } from "./data.js";

const named = (name: string, id: string | undefined): string => (id ? `${name} (${id})` : name);

/** speech: in the agreement's language. */
export const makeDocument = async (speech: Speech, terms: Terms, of: Agreement, edition: Edition): Promise<ArrayBuffer> => {
	const { title, made, lines } = agreementPaper({
		speech, terms, version: edition.version, holdsFrom: edition.holds_from, made: edition.made_at,
		controller: named(of.controller, of.controller_business_id), processor: named(edition.named, edition.named_business_id),
	});
	const bytes = new TextEncoder().encode(lines.join("\n"));
	const pieces = [{ entry: "agreement", bytes, whole: bytes.length, step: "writing" as const, done: 1, of: 1 }];
	const { done } = run({
		begin: { begin: "paper", language: speech.language, zone: "Europe/Helsinki", title, made }, type: "application/pdf", next: async () => pieces.pop() ?? null, progress: () => undefined,
	});
	const { blob } = await done;
	return (blob ?? new Blob()).arrayBuffer();
};
