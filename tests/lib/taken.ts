// A room taken out in Node as the page does it, and the ZIP as something to check or to spoil.

import type { Actor } from "../client/organisation.js";
import { makeArchive } from "../../web/src/export/zip.js";
import { ENTRY } from "../../web/src/export/format.js";
import type { ExportAsked } from "../../web/src/client/api.js";
import { checkExport, type Report } from "../../web/src/verify/check.js";
import { openZip, type Source } from "../../web/src/verify/zip.js";
import { fromUtf8, utf8, type Bytes } from "../../web/src/seal/index.js";

export const ASKED: ExportAsked = { form: "archive", language: "fi", notes: false, announce: "" };

export const takeArchive = async (actor: Actor, room: string, asked: Partial<ExportAsked> = {}): Promise<Bytes> => {
	const chunks: Uint8Array[] = [];
	const archive = makeArchive((bytes) => void chunks.push(bytes.slice()));
	await actor.engine.work("exportBegin", room, { ...ASKED, ...asked });
	for (let piece = await actor.engine.work("exportNext", room); piece; piece = await actor.engine.work("exportNext", room))
		await archive.add(piece.entry, piece.bytes, piece.whole);
	await archive.end();
	return new Uint8Array(Buffer.concat(chunks));
};

export const takeDocument = async (actor: Actor, room: string): Promise<string> => {
	let lines = "";
	await actor.engine.work("exportBegin", room, { ...ASKED, form: "document" });
	for (let piece = await actor.engine.work("exportNext", room); piece; piece = await actor.engine.work("exportNext", room)) lines += Buffer.from(piece.bytes).toString();
	return lines;
};

export const sourceOf = (bytes: Bytes): Source => ({ size: bytes.length, read: async (from, to) => bytes.slice(from, to) });

export const check = (bytes: Bytes): Promise<Report> => checkExport(sourceOf(bytes));

export type Entries = Map<string, string>;

export const entriesOf = async (bytes: Bytes): Promise<Entries> => {
	const zip = await openZip(sourceOf(bytes), (name) => {
		throw new Error(name);
	});
	if (!zip) throw new Error("no ZIP");
	const all: Entries = new Map();
	for (const entry of zip.entries) all.set(entry.name, fromUtf8(await zip.read(entry, 0, entry.size)));
	return all;
};

/** Written again as whoever has the ZIP could: with a manifest that fits. */
export const written = async (entries: Entries): Promise<Bytes> => {
	const chunks: Uint8Array[] = [];
	const archive = makeArchive((bytes) => void chunks.push(bytes.slice()));
	for (const [name, text] of entries) if (name !== ENTRY.manifest) await archive.add(name, utf8(text));
	await archive.end();
	return new Uint8Array(Buffer.concat(chunks));
};
