// What a returned file says, opened with two of the three sheets: the chains of people under the root that the sheets give, the control log
// of each room, its envelopes judged and opened as a client's browser does, its files to their last byte. Everything is believed only as
// far as it verifies; what does not is told as such.

import { joinKeys, openRoom, replayRoom, type EpochKey, type Room } from "../ceremony/open.js";
import type { ChainJson, WrapJson } from "../client/recovery-files.js";
import { openingOf } from "../export/opening.js";
import { iso, makeReader, tell, type Opener, type RoomFacts, type StoredAt, type Told } from "../export/record.js";
import type { ExportedEnvelope } from "../export/format.js";
import { filesIn, type ToldFile } from "../export/told-files.js";
import {
	deriveEpoch, deriveStaff, fromBase64Url, isZero, keyFinder, KEYSET, KIND, LABEL, labelledHash, makeFileOpener, open, openFileKey, readFileClear, replayChain,
	replayOrganisation, SealError, toBase64Url, zeroes, type Bytes, type Chain, type EncryptionKey, type Envelope, type EpochKeys, type SealKey,
} from "../seal/index.js";
import { linesOf, parsed, type Found, type RoomAt } from "./scan.js";

const BATCH = 200;

interface Row {
	readonly seq: number;
	readonly at: number;
	readonly envelope?: string;
	readonly tombstone?: string;
	readonly erased?: number;
}

interface Lines {
	readonly entries?: readonly string[];
	readonly wraps?: readonly WrapJson[];
	readonly chains?: readonly ChainJson[];
	readonly messages?: readonly Row[];
	readonly file?: { readonly file: string; readonly cipher_size: number; readonly key: string };
	readonly part?: number;
	readonly bytes?: string;
}

/** Where the parts of a file stand: whole lines. */
interface FileAt {
	readonly key: string;
	readonly from: number;
	to: number;
}

export interface OpenedRoom {
	readonly at: RoomAt;
	readonly facts: RoomFacts;
	readonly told: Told;
	readonly organisation: Chain;
	readonly people: readonly ChainJson[];
	readonly envelopes: readonly ExportedEnvelope[];
	readonly files: readonly ToldFile[];
	/** What of its epochs the sheets open. */
	readonly keys: { readonly opened: number; readonly of: number };
	/** Undefined: it is not there, or not what was sent. */
	file(one: ToldFile): Promise<Blob | undefined>;
}

export interface Reading {
	readonly found: Found;
	/** Of all sheets that were read: a room that nobody came to since the key was renewed opens with the one before. */
	readonly recoveries: readonly EncryptionKey[];
	room(at: RoomAt, language: string): Promise<OpenedRoom>;
}

interface Gathered {
	readonly entries: string[];
	readonly wraps: WrapJson[];
	readonly chains: ChainJson[];
	readonly rows: Row[];
	readonly files: Map<string, FileAt>;
}

const PART = new TextEncoder().encode('{"part"');
const isPart = (bytes: Bytes): boolean => PART.every((byte, at) => bytes[at] === byte);

const gather = async ({ source }: Found, at: RoomAt): Promise<Gathered> => {
	const all: Gathered = { entries: [], wraps: [], chains: [], rows: [], files: new Map() };
	let file: FileAt | undefined;
	for await (const { from, bytes } of linesOf(source, at.from, at.to)) {
		const to = from + bytes.length;
		if (isPart(bytes)) {
			if (file) file.to = to;
			continue;
		}
		const line = parsed<Lines>(bytes);
		for (const entry of line.entries ?? []) all.entries.push(entry);
		all.wraps.push(...(line.wraps ?? []));
		all.chains.push(...(line.chains ?? []));
		for (const row of line.messages ?? []) all.rows.push(row);
		file = line.file && { key: line.file.key, from: to, to };
		if (line.file && file) all.files.set(line.file.file, file);
	}
	return all;
};

interface Keys {
	epoch(n: number): EpochKeys | undefined;
	body(kind: number, n: number): SealKey | undefined;
	readonly opened: number;
}

/** A note opens by the newest staff key until then. */
const keysOf = async ({ state }: Room, raw: readonly EpochKey[]): Promise<Keys> => {
	const epochs = new Map<number, EpochKeys>(), notes = new Map<number, SealKey>();
	for (const { keyset, epoch, key } of raw) {
		if (keyset === KEYSET.all) epochs.set(epoch, await deriveEpoch(key, state.org, state.room, epoch));
		else notes.set(epoch, (await deriveStaff(key, state.org, state.room, epoch)).note);
		key.fill(0);
	}
	const note = (n: number): SealKey | undefined => {
		while (n > 0 && isZero(state.epochs[n - 1]?.staffCommit ?? zeroes(1))) n--;
		return notes.get(n);
	};
	return { epoch: (n) => epochs.get(n), body: (kind, n) => (kind === KIND.note ? note(n) : epochs.get(n)?.message), opened: epochs.size };
};

const stored = ({ seq, at, envelope, tombstone, erased }: Row): StoredAt => ({ roomSeq: seq, at, bytes: fromBase64Url(envelope ?? tombstone ?? ""), tombstone: envelope === undefined, erased });

const exported = ({ seq, at, envelope, tombstone, erased }: Row, opening: string | undefined): ExportedEnvelope => ({
	seq, at: iso(at), ...(envelope !== undefined && { envelope }), ...(envelope === undefined && tombstone !== undefined && { tombstone }),
	...(erased !== undefined && { erased: iso(erased) }), ...(opening !== undefined && { opening }),
});

/** Judges and opens every envelope; gives what each was opened with too. */
const readRows = async (facts: RoomFacts, rows: readonly Row[], keys: Keys) => {
	const openings = new Map<number, string>();
	const opener: Opener = async (env: Envelope, seq: number) => {
		const key = keys.body(env.kind, env.epoch);
		if (!key || !env.body) return undefined;
		const context = await labelledHash(LABEL.msg, env.header);
		const padded = await open(key, context, env.body);
		openings.set(seq, toBase64Url(await openingOf(key, context, env.body)));
		return padded;
	};
	const reader = makeReader(facts, opener);
	for (let at = 0; at < rows.length; at += BATCH) await reader.take(rows.slice(at, at + BATCH).map(stored));
	return { known: reader.known(), envelopes: rows.map((row) => exported(row, openings.get(row.seq))) };
};

const readFile = async (found: Found, at: FileAt | undefined, env: Envelope | undefined, facts: RoomFacts, keys: Keys, { manifest }: ToldFile): Promise<Blob | undefined> => {
	const epoch = env && keys.epoch(env.epoch);
	if (!at || !env || !epoch) return undefined;
	const { file, cipherSize, partsHash } = readFileClear(env.clear);
	const place = { org: facts.state.org, room: facts.state.room, file };
	try {
		const opener = await makeFileOpener(place, await openFileKey(epoch.file, place, fromBase64Url(at.key)), manifest.size, cipherSize, { parts: partsHash, content: manifest.hash });
		const pieces: Blob[] = [];
		for await (const { bytes } of linesOf(found.source, at.from, at.to)) pieces.push(new Blob([await opener.part(fromBase64Url(parsed<Lines>(bytes).bytes ?? ""))]));
		await opener.finish();
		return new Blob(pieces, { type: "application/octet-stream" });
	} catch (thrown) {
		if (thrown instanceof SealError) return undefined;
		throw thrown;
	}
};

const readRoom = async (found: Found, organisation: Chain, recoveries: readonly EncryptionKey[], at: RoomAt, language: string): Promise<OpenedRoom> => {
	const all = await gather(found, at);
	const people: ChainJson[] = [], chains = new Map<string, Chain>();
	for (const one of all.chains) {
		const chain = await replayChain(one.entries.map(fromBase64Url), organisation.state).catch(() => undefined); // who cannot be believed has written nothing that can
		if (chain) chains.set(toBase64Url(chain.state.subject), chain);
		if (chain) people.push(one);
	}
	const known = [...chains.values()];
	const room = await replayRoom({ room: at.room, entries: all.entries, wraps: all.wraps }, known, organisation);
	const raw: EpochKey[] = [];
	for (const recovery of recoveries) raw.push(...(await openRoom(room, recovery)));
	const keys = await keysOf(room, raw);
	const facts: RoomFacts = { state: room.state, log: room.log, entries: room.entries, findKey: keyFinder(known), chain: (user) => chains.get(user), me: organisation.state.subject };
	const { known: read, envelopes } = await readRows(facts, all.rows, keys);
	const told = tell(facts, read, language);
	const envs = new Map(read.map(({ env }) => [toBase64Url(env.msgId), env]));
	const placed = (env: Envelope | undefined): FileAt | undefined => (env?.kind === KIND.file ? all.files.get(toBase64Url(readFileClear(env.clear).file)) : undefined);
	return {
		at, facts, told, organisation, people, envelopes, files: filesIn(told.items), keys: { opened: keys.opened, of: room.state.epoch },
		file: (one) => readFile(found, placed(envs.get(one.id)), envs.get(one.id), facts, keys, one),
	};
};

/** `before`: what other sheets opened already. Throws as `joinKeys` of the ceremony does. The root's key is forgotten at once: it only says that these are the organisation's sheets. */
export const openReturned = async (found: Found, sheets: readonly string[], before: Reading | null = null): Promise<Reading> => {
	const entries = found.head.organisation.map(fromBase64Url);
	const organisation = await replayChain(entries);
	const { root, rootPriv, recovery } = await joinKeys(fromBase64Url(found.head.org), organisation, sheets);
	rootPriv.fill(0);
	await replayOrganisation(entries, root.kid);
	const recoveries = [...(before?.recoveries ?? []), recovery];
	return { found, recoveries, room: (at, language) => readRoom(found, organisation, recoveries, at, language) };
};
