// Taking a room out, in the engine: a generator of pieces of named entries, pulled one at a time, so that no more than a page of the
// room's envelopes is held at once. It reads the room from its first envelope by itself and leaves the conversation that is shown alone.

import type { Language } from "../client/api.js";
import type { Context } from "../client/context.js";
import { refusal } from "../client/refusal.js";
import type { Room } from "../client/room.js";
import type { AgreementCard, Row } from "../client/wire.js";
import { fromBase64Url, KIND, labelledHash, LABEL, open, toBase64Url, utf8, type Bytes, type Envelope } from "../seal/index.js";
import { ENTRY, EXPORT_FORMAT, listHead, listLine, listTail, PIECE, type ExportedEnvelope, type ExportedFile, type ExportedRoom } from "./format.js";
import { entryOf, filesIn } from "./told-files.js";
import { openingOf } from "./opening.js";
import { firstSeqOf, iso, makeReader, tell, type RoomFacts, type Told } from "./record.js";
import { verifiedRoom } from "./room-card.js";

const PAGE = 100;
const LINES = 200;

export type ExportForm = "archive" | "document";

export interface ExportPiece {
	readonly entry: string;
	readonly bytes: Uint8Array;
	/** How far the reading is: `done` of `of` envelopes. */
	readonly done: number;
	readonly of: number;
}

/** What the document is made of, a line each. */
export type DocumentLine =
	| { readonly type: "room"; readonly room: ExportedRoom }
	| { readonly type: "work"; readonly work: Told["work"] }
	| { readonly type: "message"; readonly message: Told["messages"][number] };

export interface Source {
	readonly c: Context;
	readonly room: Room;
	readonly language: Language;
	readonly at: number;
}

interface Progress {
	done: number;
	of: number;
}

interface Part {
	readonly entry: string;
	readonly text?: string;
	readonly bytes?: Uint8Array;
}

const factsOf = ({ c, room }: Source): RoomFacts => ({
	state: room.log.state(), log: room.log.states, entries: [...room.log.entries], findKey: c.people.findKey, chain: (user) => c.people.chain(user), me: c.me.userBytes,
});

/** Pages from the first on, as far as the room had come when it was begun. */
async function* pages(s: Source, last: number): AsyncGenerator<readonly Row[]> {
	let after = firstSeqOf(s.room.log.entries, s.c.me.userBytes) - 1;
	while (after < last) {
		const page = await s.c.call("message_page", { room: s.room.id, after, limit: PAGE });
		const rows = [...page.rows].sort((a, b) => a.seq - b.seq).filter((row) => row.seq > after && row.seq <= last);
		if (rows.length === 0) return;
		after = rows[rows.length - 1]?.seq as number;
		yield rows;
	}
}

const bytesOf = (row: Row): Bytes => fromBase64Url(row.envelope ?? row.tombstone ?? "");

/** Reads and judges the room; gives the lines of its envelopes, each with what opens it. */
async function* envelopes(s: Source, last: number, facts: RoomFacts, done: (told: Told) => void): AsyncGenerator<ExportedEnvelope[]> {
	const openings = new Map<number, string>();
	const opener = async (env: Envelope, seq: number): Promise<Bytes | undefined> => {
		const key = await s.room.keys.body(env.kind, env.epoch);
		if (!key || !env.body) return undefined;
		const context = await labelledHash(LABEL.msg, env.header);
		const padded = await open(key, context, env.body);
		openings.set(seq, toBase64Url(await openingOf(key, context, env.body)));
		return padded;
	};
	const reader = makeReader(facts, opener);
	for await (const rows of pages(s, last)) {
		const items = rows.map((row) => ({ roomSeq: row.seq, bytes: bytesOf(row), tombstone: row.envelope === undefined, at: row.at }));
		await reader.take(items);
		yield rows.map(({ seq, at, envelope, tombstone }) => {
			const opening = openings.get(seq);
			return {
				seq, at: iso(at), ...(envelope !== undefined && { envelope }), ...(envelope === undefined && tombstone !== undefined && { tombstone }),
				...(opening !== undefined && { opening }),
			};
		});
		openings.clear();
	}
	done(tell(facts, reader.known()));
}

const cardOf = (card: AgreementCard, took: string): Readonly<Record<string, string | number>> => ({
	controller: card.controller, controller_business_id: card.controller_business_id, processor: card.processor, retention_days: card.retention_days,
	privacy_notice: card.privacy_notice, export_begun_at: took,
});

const roomOf = async (s: Source, facts: RoomFacts, told: Told): Promise<ExportedRoom> => {
	const { agreement } = await s.c.call("room_open", { room: s.room.id, language: s.language });
	return {
		format: EXPORT_FORMAT, taken_at: iso(Date.now()), taken_by: s.c.me.user, language: s.language, said_by_server: cardOf(agreement, iso(s.at)),
		verified: verifiedRoom(facts, told),
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

/** Every file that can be fetched, checked to its last byte; of the others the list says so. */
async function* fileParts(s: Source, told: Told, p: Progress): AsyncGenerator<Part> {
	const [{ filesOf }, { itemsOf }] = await Promise.all([import("../client/files.js"), import("../client/items.js")]);
	const there = filesIn(told.items);
	while (there.length > 0 && (await itemsOf(s.c, s.room).older([KIND.file]))) continue;
	p.of += there.reduce((n, { manifest }) => n + Math.ceil(manifest.size / PIECE), 0);
	const list: ExportedFile[] = [];
	for (const [n, { id, manifest }] of there.entries()) {
		const { name, size, about } = manifest;
		const blob = await filesOf(s.c, s.room).fetch(id).catch(() => undefined);
		const entry = blob ? entryOf(n, name) : "";
		list.push({ id, entry, name, type: manifest.type.media, size, about });
		for (let at = 0; blob && at < blob.size; at += PIECE, p.done++) yield { entry, bytes: new Uint8Array(await blob.slice(at, at + PIECE).arrayBuffer()) };
	}
	yield* lines(ENTRY.files, list);
}

async function* archive(s: Source, last: number, p: Progress): AsyncGenerator<Part> {
	const facts = factsOf(s);
	let told: Told | undefined;
	yield { entry: ENTRY.chains, text: chainsOf(s, facts) };
	yield { entry: ENTRY.control, text: `${facts.entries.map((entry) => toBase64Url(entry.env.bytes)).join("\n")}\n` };
	yield { entry: ENTRY.envelopes, text: "" };
	for await (const page of envelopes(s, last, facts, (all) => (told = all))) {
		p.done += page.length;
		yield { entry: ENTRY.envelopes, text: page.map((one) => `${JSON.stringify(one)}\n`).join("") };
	}
	if (!told) throw refusal("internal");
	yield { entry: ENTRY.room, text: `${JSON.stringify(await roomOf(s, facts, told), null, "\t")}\n` };
	yield* lines(ENTRY.messages, told.messages);
	yield { entry: ENTRY.work, text: `${JSON.stringify(told.work, null, "\t")}\n` };
	yield* lines(ENTRY.items, told.items);
	yield* fileParts(s, told, p);
}

async function* document(s: Source, last: number, p: Progress): AsyncGenerator<Part> {
	const facts = factsOf(s);
	let told: Told | undefined;
	for await (const page of envelopes(s, last, facts, (all) => (told = all))) {
		p.done += page.length;
		yield { entry: "", text: "" };
	}
	if (!told) throw refusal("internal");
	const { messages, work } = told;
	const line = (one: DocumentLine): string => `${JSON.stringify(one)}\n`;
	yield { entry: "", text: line({ type: "room", room: await roomOf(s, facts, told) }) + line({ type: "work", work }) };
	for (let at = 0; at < messages.length; at += LINES, p.done = last + Math.floor((last * Math.min(at, messages.length)) / messages.length))
		yield { entry: "", text: messages.slice(at, at + LINES).map((message) => line({ type: "message", message })).join("") };
}

export interface Taking {
	readonly of: number;
	next(): Promise<ExportPiece | null>;
}

/** The room is prepared; what comes after this moment is not in it. The log comes second: it holds what the envelopes name. */
export const takeOut = async (s: Source, form: ExportForm): Promise<Taking> => {
	const { room: row } = await s.c.call("room_open", { room: s.room.id, language: s.language });
	await s.room.log.sync();
	if (s.room.log.broken()) throw refusal("bad_history");
	const progress = { done: 0, of: form === "archive" ? row.last_seq : 2 * row.last_seq }; // a document is read, then written
	const pieces = form === "archive" ? archive(s, row.last_seq, progress) : document(s, row.last_seq, progress);
	return {
		of: progress.of,
		next: async () => {
			const { value, done } = await pieces.next();
			return done || !value ? null : { entry: value.entry, bytes: value.bytes ?? utf8(value.text ?? ""), ...progress };
		},
	};
};

