// The document of a version, written by the worker that writes a room's: it gets the blocks, the page keeps what comes back.

import { agreementBlocks } from "../../agreement/document.js";
import type { Terms } from "../../agreement/terms.js";
import type { Speech } from "../../text/text.js";
import { run } from "../export/run.js";
import type { Agreement, Edition } from "./data.js";

const named = (name: string, id: string | undefined): string => (id ? `${name} (${id})` : name);

/** speech: in the agreement's language. */
export const makeDocument = async (speech: Speech, terms: Terms, of: Agreement, edition: Edition): Promise<ArrayBuffer> => {
	const blocks = agreementBlocks({
		speech, terms, holdsFrom: edition.holds_from, controller: named(of.controller, of.controller_business_id), processor: edition.processor ?? named(of.processor, of.processor_business_id),
	});
	const bytes = new TextEncoder().encode([...blocks].map((block) => JSON.stringify(block)).join("\n"));
	const pieces = [{ entry: "agreement", bytes, whole: bytes.length, step: "writing" as const, done: 1, of: 1 }];
	const title = `${speech.t("agreement.doc.title")}, ${of.controller}, ${speech.t("agreement.template.version", { version: edition.version })}`;
	const { done } = run({
		begin: { begin: "document", language: speech.language, zone: "Europe/Helsinki", title }, type: "application/pdf", next: async () => pieces.pop() ?? null, progress: () => undefined,
	});
	const { blob } = await done;
	return (blob ?? new Blob()).arrayBuffer();
};
