// A room of a returned file as a ZIP of the same form that a client takes out (FORMAT.md section 15), so that the same page reads it and the
// same page checks it.

import { blocksOf } from "../export/blocks.js";
import { ENTRY, EXPORT_FORMAT, listHead, listLine, listTail, PIECE, type ExportedFile, type ExportedRoom } from "../export/format.js";
import { readingPage } from "../export/reading-page.js";
import { iso } from "../export/record.js";
import { verifiedRoom } from "../export/room-card.js";
import { entryOf, listedAs } from "../export/told-files.js";
import { ownZone, speaking, type ExportLanguage } from "../export/words.js";
import { makeArchive, type Archive } from "../export/zip.js";
import { toBase64Url, utf8 } from "../seal/bytes.js";
import type { OpenedRoom } from "./open.js";
import type { Head } from "./scan.js";

export const roomCard = (head: Head, { facts, told }: OpenedRoom, language: ExportLanguage): ExportedRoom => ({
	format: EXPORT_FORMAT, taken_at: iso(Date.now()), taken_by: head.org, language, time_zone: ownZone(), notes: true,
	said_by_server: { controller: head.controller, controller_business_id: head.controller_business_id, export_begun_at: iso(head.at) },
	verified: verifiedRoom(facts, told),
});

const json = (value: unknown): string => `${JSON.stringify(value, null, "\t")}\n`;
const list = (values: readonly unknown[]): string => [listHead, ...values.map((one, at) => listLine(one, at === 0)), listTail].join("");

const chainsOf = ({ organisation, people }: OpenedRoom): string =>
	JSON.stringify({ organisation: organisation.entries.map(({ env }) => toBase64Url(env.bytes)), people: people.map(({ subject, entries }) => ({ user: subject, entries })) });

const addFiles = async (zip: Archive, room: OpenedRoom): Promise<ExportedFile[]> => {
	const listed: ExportedFile[] = [];
	for (const [n, one] of room.files.entries()) {
		const blob = await room.file(one);
		const entry = blob ? entryOf(n, one.manifest.name) : "";
		for (let at = 0; blob && at < blob.size; at += PIECE) await zip.add(entry, new Uint8Array(await blob.slice(at, at + PIECE).arrayBuffer()), blob.size);
		listed.push(listedAs(one, entry));
	}
	return listed;
};

/** Files that cannot be opened are in the list without an entry. */
export const roomArchive = async (head: Head, opened: OpenedRoom, language: ExportLanguage): Promise<{ readonly zip: Blob; readonly lost: number }> => {
	const pieces: Blob[] = [];
	const zip = makeArchive((bytes) => void pieces.push(new Blob([bytes.slice()])));
	const words = speaking(language, ownZone());
	const { facts, told } = opened;
	const room = roomCard(head, opened, language);
	const add = (name: string, text: string): Promise<void> => zip.add(name, utf8(text));
	await add(ENTRY.readme, words.say("readme"));
	await add(ENTRY.chains, chainsOf(opened));
	await add(ENTRY.control, `${facts.entries.map((entry) => toBase64Url(entry.env.bytes)).join("\n")}\n`);
	await add(ENTRY.envelopes, opened.envelopes.map((one) => `${JSON.stringify(one)}\n`).join(""));
	await add(ENTRY.room, json(room));
	await add(ENTRY.messages, list(told.messages));
	await add(ENTRY.work, json(told.work));
	await add(ENTRY.assignments, json(told.assignments));
	await add(ENTRY.items, list(told.items));
	const files = await addFiles(zip, opened);
	await add(ENTRY.files, list(files));
	for (const text of readingPage(language, words.say("title"), words.say("checked"), blocksOf(words, { room, told, files, inside: true }))) await add(ENTRY.page, text);
	await zip.end();
	return { zip: new Blob(pieces, { type: "application/zip" }), lost: files.filter(({ entry }) => entry === "").length };
};
