// A certificate as PDF, by the worker that writes a room's.

import type { Block } from "../../export/blocks.js";
import type { Speech } from "../../text/text.js";
import { run } from "../export/run.js";
import { rowsOf, type Certificate } from "./certificate.js";

const blocksOf = (speech: Speech, of: Certificate): Block[] => {
	const { t, format } = speech;
	return [
		{ is: "heading", level: 1, text: t("certificate.one", { n: String(of.n) }) },
		{ is: "text", text: `${t("certificate.organisation")}: ${of.organisation}` },
		{ is: "text", text: `${t("certificate.at")}: ${format.date(of.at)} ${format.time(of.at)}` },
		{ is: "text", text: `${t("certificate.log")}: ${of.first}–${of.last}` },
		{ is: "heading", level: 2, text: t("certificate.erased") },
		{ is: "table", ...rowsOf(speech, of), wide: [3, 5, 2, 2, 2, 2] },
		{ is: "text", text: t("certificate.text"), small: true },
	];
};

export const certificateFile = async (speech: Speech, of: Certificate): Promise<Blob> => {
	const bytes = new TextEncoder().encode(blocksOf(speech, of).map((block) => JSON.stringify(block)).join("\n"));
	const pieces = [{ entry: "certificate", bytes, whole: bytes.length, step: "writing" as const, done: 1, of: 1 }];
	const { done } = run({
		begin: { begin: "document", language: speech.language, zone: "Europe/Helsinki", title: `${speech.t("certificate.one", { n: String(of.n) })}, ${of.organisation}` }, type: "application/pdf",
		next: async () => pieces.pop() ?? null, progress: () => undefined,
	});
	const { blob } = await done;
	return blob ?? new Blob();
};
