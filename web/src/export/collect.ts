// Taking a room out, in the engine: a generator of pieces of named entries, pulled one at a time, so that no more than a page of the
// room's envelopes is held at once. It reads the room from its first envelope by itself and leaves the conversation that is shown alone.
// A lost network only makes it wait; what is stopped asks for nothing more.

import type { Language } from "../client/api.js";
import type { Context } from "../client/context.js";
import type { RoomFiles } from "../client/files.js";
import { insist, makeControl, type Control } from "../client/files-transfer.js";
import { refusal, wordOf } from "../client/refusal.js";
import type { Room } from "../client/room.js";
import type { AgreementCard, Row } from "../client/wire.js";
import { fromBase64Url, KIND, labelledHash, LABEL, open, toBase64Url, utf8, type Bytes, type Envelope } from "../seal/index.js";
import { blocksOf } from "./blocks.js";
import { ENTRY, EXPORT_FORMAT, listHead, listLine, listTail, PIECE, type ExportedEnvelope, type ExportedFile, type ExportedRoom } from "./format.js";
import { openingOf } from "./opening.js";
import { readingPage } from "./reading-page.js";
import { firstSeqOf, iso, makeReader, tell, type RoomFacts, type Told } from "./record.js";
import { verifiedRoom } from "./room-card.js";
import { entryOf, filesIn, listedAs, type ToldFile } from "./told-files.js";
import { ownZone, speaking } from "./words.js";

const PAGE = 100;
const LINES = 200;
const PAUSE_MS = 250;
const MOST_WORDLESS = 4;

export type ExportForm = "archive" | "document";

/** reading: envelopes; files: their bytes; writing: lines of the document. */
export type ExportStep = "reading" | "files" | "writing";

export interface Progress {
	readonly step: ExportStep;
	readonly done: number;
	readonly of: number;
}

export interface ExportPiece extends Progress {
	readonly entry: string;
	readonly bytes: Uint8Array;
	/** Of an entry whose size is known before. */
	readonly whole: number;
}

export interface Source {
	readonly c: Context;
	readonly room: Room;
	readonly language: Language;
	/** Whether the notes of staff are opened too. */
	readonly notes: boolean;
	readonly at: number;
}

interface Taken extends Source {
	readonly control: Control;
	readonly last: number;
	progress: Progress;
	/** The file that is on its way. */
	fetching: (() => void) | undefined;
}

interface Part {
	readonly entry: string;
	readonly text?: string;
	readonly bytes?: Uint8Array;
	readonly whole?: number;
}

const factsOf = ({ c, room }: Source): RoomFacts => ({
	state: room.log.state(), log: room.log.states, entries: [...room.log.entries], findKey: c.people.findKey, chain: (user) => c.people.chain(user), me: c.me.userBytes,
});

/** Until it is answered. What goes wrong without a word of its own is tried a few times only. */
const asked = <T>(control: Control, work: () => Promise<T>): Promise<T> => {
	let wordless = 0;
	const once = (): Promise<T> =>
		work().catch((thrown: unknown) => {
			throw wordOf(thrown) === "internal" && ++wordless === MOST_WORDLESS ? refusal("export_failed") : thrown;
		});
	return insist({ control, away: () => undefined, work: once });
};

/** Pages from the first on, as far as the room had come when it was begun. */
async function* pages(s: Taken): AsyncGenerator<readonly Row[]> {
	let after = firstSeqOf(s.room.log.entries, s.c.me.userBytes) - 1;
	while (after < s.last) {
		const page = await asked(s.control, () => s.c.call("message_page", { room: s.room.id, after, limit: PAGE }));
		const rows = [...page.rows].sort((a, b) => a.seq - b.seq).filter((row) => row.seq > after && row.seq <= s.last);
		if (rows.length === 0) return;
		after = rows[rows.length - 1]?.seq as number;
		yield rows;
	}
}

const bytesOf = (row: Row): Bytes => fromBase64Url(row.envelope ?? row.tombstone ?? "");

const exported = ({ seq, at, envelope, tombstone, erased }: Row, opening: string | undefined): ExportedEnvelope => ({
	seq, at: iso(at), ...(envelope !== undefined && { envelope }), ...(envelope === undefined && tombstone !== undefined && { tombstone }),
	...(erased !== undefined && { erased: iso(erased) }), ...(opening !== undefined && { opening }),
});

/** Reads and judges the room; gives the lines of its envelopes, each with what opens it. */
async function* envelopes(s: Taken, facts: RoomFacts, done: (told: Told) => void): AsyncGenerator<ExportedEnvelope[]> {
	const openings = new Map<number, string>();
	const opener = async (env: Envelope, seq: number): Promise<Bytes | undefined> => {
		const key = env.kind === KIND.note && !s.notes ? undefined : await s.room.keys.body(env.kind, env.epoch);
		if (!key || !env.body) return undefined;
		const context = await labelledHash(LABEL.msg, env.header);
		const padded = await open(key, context, env.body);
		openings.set(seq, toBase64Url(await openingOf(key, context, env.body)));
		return padded;
	};
	const reader = makeReader(facts, opener);
	let read = 0;
	for await (const rows of pages(s)) {
		await reader.take(rows.map((row) => ({ roomSeq: row.seq, bytes: bytesOf(row), tombstone: row.envelope === undefined, erased: row.erased, at: row.at })));
		s.progress = { step: "reading", done: (read += rows.length), of: s.last };
		yield rows.map((row) => exported(row, openings.get(row.seq)));
		openings.clear();
	}
	done(tell(facts, reader.known(), s.language));
}

const cardOf = (card: AgreementCard, took: string, topics: string): ExportedRoom["said_by_server"] => ({
	controller: card.controller, controller_business_id: card.controller_business_id, processor: card.processor, retention_days: card.retention_days,
	privacy_notice: card.privacy_notice, topics, export_begun_at: took,
});

const roomOf = async (s: Taken, facts: RoomFacts, told: Told): Promise<ExportedRoom> => {
	const { agreement } = await asked(s.control, () => s.c.call("room_open", { room: s.room.id, language: s.language }));
	const { topics } = await asked(s.control, () => s.c.call("room_topics", { room: s.room.id }));
	return {
		format: EXPORT_FORMAT, taken_at: iso(Date.now()), taken_by: s.c.me.user, language: s.language, time_zone: ownZone(), notes: s.notes,
		said_by_server: cardOf(agreement, iso(s.at), topics.map(({ topic }) => topic).join(" ")), verified: verifiedRoom(facts, told),
	};
};

const chainsOf = ({ c }: Source, { entries }: RoomFacts): string => {
	const users = [...new Set(entries.flatMap(({ env, body }) => [env.sender, ...(body.type === "add" ? [body.user] : [])]).map(toBase64Url))];
	const people = users.map((user) => ({ user, entries: (c.people.chain(user)?.entries ?? []).map((entry) => toBase64Url(entry.env.bytes)) }));
	const organisation = c.people.organisation.entries.map((entry) => toBase64Url(entry.env.bytes));
	return JSON.stringify({ organisation, people });
};

function* lines(entry: string, list: readonly unknown[]): Generator<Part> {
	yield { entry, text: listHead };
	for (let at = 0; at < list.length; at += LINES)
		yield { entry, text: list.slice(at, at + LINES).map((one, i) => listLine(one, at + i === 0)).join("") };
	yield { entry, text: listTail };
}

/** What no second try would bring: the list says so. Anything else is the network's or the server's moment, and is waited for. */
const LOST = new Set(["not_found", "locked", "file_gone", "file_broken", "file_not_as_called", "file_erased", "forbidden"]);

const fetchOne = async (s: Taken, files: RoomFiles, id: string): Promise<Blob | undefined> => {
	while (files.transfers().some((one) => one.id === id)) {
		await s.control.gate();
		await s.control.wait(PAUSE_MS); // somebody looks at it just now
	}
	s.fetching = () => files.cancel(id);
	try {
		return await asked(s.control, () => files.fetch(id));
	} catch (thrown) {
		await s.control.gate();
		if (!LOST.has(wordOf(thrown))) throw thrown;
		return undefined;
	} finally {
		s.fetching = undefined;
	}
};

/** Every file that can be fetched, checked to its last byte; of the others the list says so. */
async function* fileParts(s: Taken, there: readonly ToldFile[], list: ExportedFile[]): AsyncGenerator<Part> {
	if (there.length === 0) return;
	const [{ filesOf }, { itemsOf }] = await Promise.all([import("../client/files.js"), import("../client/items.js")]);
	while (await asked(s.control, () => itemsOf(s.c, s.room).older([KIND.file]))) continue;
	const files = filesOf(s.c, s.room);
	const of = there.reduce((n, { manifest }) => n + manifest.size, 0);
	let done = 0;
	for (const [n, one] of there.entries()) {
		const { name, size } = one.manifest;
		s.progress = { step: "files", done, of };
		const blob = await fetchOne(s, files, one.id);
		const entry = blob ? entryOf(n, name) : "";
		list.push(listedAs(one, entry));
		for (let at = 0; blob && at < blob.size; at += PIECE) {
			s.progress = { step: "files", done: done + Math.min(at + PIECE, blob.size), of };
			yield { entry, whole: blob.size, bytes: new Uint8Array(await blob.slice(at, at + PIECE).arrayBuffer()) };
		}
		done += size;
	}
}

async function* archive(s: Taken): AsyncGenerator<Part> {
	const facts = factsOf(s);
	const words = speaking(s.language, ownZone());
	let told: Told | undefined;
	yield { entry: ENTRY.readme, text: words.say("readme") };
	yield { entry: ENTRY.chains, text: chainsOf(s, facts) };
	yield { entry: ENTRY.control, text: `${facts.entries.map((entry) => toBase64Url(entry.env.bytes)).join("\n")}\n` };
	yield { entry: ENTRY.envelopes, text: "" };
	for await (const page of envelopes(s, facts, (all) => (told = all))) yield { entry: ENTRY.envelopes, text: page.map((one) => `${JSON.stringify(one)}\n`).join("") };
	if (!told) throw refusal("internal");
	const room = await roomOf(s, facts, told);
	yield { entry: ENTRY.room, text: `${JSON.stringify(room, null, "\t")}\n` };
	yield* lines(ENTRY.messages, told.messages);
	yield { entry: ENTRY.work, text: `${JSON.stringify(told.work, null, "\t")}\n` };
	yield { entry: ENTRY.assignments, text: `${JSON.stringify(told.assignments, null, "\t")}\n` };
	yield* lines(ENTRY.items, told.items);
	const files: ExportedFile[] = [];
	yield* fileParts(s, filesIn(told.items), files);
	yield* lines(ENTRY.files, files);
	const blocks = blocksOf(words, { room, told, files, inside: true });
	for (const text of readingPage(s.language, words.say("title"), words.say("checked"), blocks)) yield { entry: ENTRY.page, text };
}

/** Blocks, a line of JSON each. */
async function* document(s: Taken): AsyncGenerator<Part> {
	const facts = factsOf(s);
	let told: Told | undefined;
	for await (const _ of envelopes(s, facts, (all) => (told = all))) yield { entry: "", text: "" };
	if (!told) throw refusal("internal");
	const room = await roomOf(s, facts, told);
	const files = filesIn(told.items).map((one) => listedAs(one, ""));
	const blocks = [...blocksOf(speaking(s.language, ownZone()), { room, told, files, inside: false })];
	for (let at = 0; at < blocks.length; at += LINES) {
		s.progress = { step: "writing", done: at, of: blocks.length };
		yield { entry: "", text: blocks.slice(at, at + LINES).map((one) => `${JSON.stringify(one)}\n`).join("") };
	}
}

export interface Taking {
	next(): Promise<ExportPiece | null>;
	stop(): void;
}

/** The room is prepared; what comes after this moment is not in it. The log comes second: it holds what the envelopes name. */
export const takeOut = async (s: Source, form: ExportForm): Promise<Taking> => {
	const control = makeControl();
	const { room: row } = await s.c.call("room_open", { room: s.room.id, language: s.language });
	await s.room.log.sync();
	if (s.room.log.broken()) throw refusal("bad_history");
	const taken: Taken = { ...s, control, last: row.last_seq, progress: { step: "reading", done: 0, of: row.last_seq }, fetching: undefined };
	const pieces = form === "archive" ? archive(taken) : document(taken);
	return {
		next: async () => {
			await control.gate();
			const { value, done } = await pieces.next();
			await control.gate();
			return done || !value ? null : { entry: value.entry, bytes: value.bytes ?? utf8(value.text ?? ""), whole: value.whole ?? 0, ...taken.progress };
		},
		stop: () => {
			control.cancel();
			taken.fetching?.();
		},
	};
};
