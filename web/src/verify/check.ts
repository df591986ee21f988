// What a client took out of a room, checked without a network: that nothing in the ZIP was changed since it was made, and that what people
// read in it is what was signed. The record is verified as a client verifies a room, every body is opened with what the record gives for it,
// and all that is told is told again and compared. Each finding names its place.

import type { Known } from "../client/timeline.js";
import { ENTRY, EXPORT_FORMAT, listLine, PIECE, type ExportedChains, type ExportedEnvelope, type ExportedFile, type ExportedRoom, type Manifest } from "../export/format.js";
import { blocksOf } from "../export/blocks.js";
import { openWith } from "../export/opening.js";
import { readingPage } from "../export/reading-page.js";
import { makeReader, tell, type RoomFacts, type StoredAt, type Told } from "../export/record.js";
import { verifiedRoom } from "../export/room-card.js";
import { isExportLanguage, speaking } from "../export/words.js";
import {
	emptyControl, extendControl, fromBase64Url, keyFinder, makeRoomLog, replayChain, SealError, sha256, toBase64Url, type Bytes, type Chain, type ControlEntry,
	type Envelope,
} from "../seal/index.js";
import { checkFiles } from "./files.js";
import { isIntact, openZip, readLines, readText, type Source, type Zip } from "./zip.js";

export type What =
	| "no_zip" | "around" | "manifest" | "unlisted" | "missing" | "changed" | "unreadable" | "chain" | "control" | "envelope" | "opening" | "differs" | "file";

export interface Finding {
	readonly what: What;
	/** The entry, and where in it. */
	readonly place: string;
	/** A word of the protocol, or the field that differs. */
	readonly why: string;
}

export interface Report {
	readonly findings: readonly Finding[];
	/** Undefined when the ZIP could not be read so far. */
	readonly room: ExportedRoom | undefined;
	readonly counts: { readonly entries: number; readonly log: number; readonly envelopes: number; readonly messages: number; readonly files: number; readonly doubted: number };
}

export type Find = (what: What, place: string, why?: string) => void;

const MOST_FINDINGS = 200;
const MOST_TEXT = 256 << 20;
const BATCH = 200;

interface Checking {
	readonly zip: Zip;
	readonly find: Find;
	progress(done: number): void;
}

const parse = <T>(text: string | undefined): T | undefined => {
	try {
		return text === undefined ? undefined : (JSON.parse(text) as T);
	} catch {
		return undefined;
	}
};

const textOf = async ({ zip, find }: Checking, name: string): Promise<string | undefined> => {
	const entry = zip.has(name);
	const text = entry && (await readText(zip, entry, MOST_TEXT));
	if (text === undefined) find(entry ? "unreadable" : "missing", name);
	return text;
};

const isManifest = (m: Manifest | undefined): m is Manifest =>
	m?.format === EXPORT_FORMAT && Array.isArray(m.entries) && m.entries.every((one) => typeof one?.name === "string" && Array.isArray(one.pieces));

/** Every piece of every entry against the manifest; gives the digests of the pieces as they are. */
const checkPieces = async (c: Checking): Promise<Map<string, Bytes[]>> => {
	const { zip, find } = c;
	const manifest = parse<Manifest>(await textOf(c, ENTRY.manifest));
	const listed = new Map(isManifest(manifest) ? manifest.entries.map((one) => [one.name, one]) : []);
	const manifestEntry = zip.has(ENTRY.manifest);
	if (manifestEntry && (!isManifest(manifest) || !(await isIntact(zip, manifestEntry)))) find("manifest", ENTRY.manifest);
	const found = new Map<string, Bytes[]>();
	let done = 0;
	for (const entry of zip.entries) {
		if (entry.name === ENTRY.manifest) continue;
		const want = listed.get(entry.name);
		if (!want) find("unlisted", entry.name);
		else if (want.size !== entry.size) find("changed", entry.name, "size");
		const digests: Bytes[] = [];
		for (let at = 0, n = 0; at < entry.size || n === 0; at += PIECE, n++) {
			const digest = await sha256(await zip.read(entry, at, at + PIECE));
			digests.push(digest);
			if (want && want.pieces[n] !== toBase64Url(digest)) find("changed", `${entry.name}, ${at}\u2013${Math.min(at + PIECE, entry.size)}`);
			c.progress((done += Math.min(PIECE, entry.size - at)));
		}
		if (!(await isIntact(zip, entry))) find("around", entry.name, "crc");
		found.set(entry.name, digests);
		listed.delete(entry.name);
	}
	for (const name of listed.keys()) find("missing", name);
	return found;
};

const wordOf = (thrown: unknown): string => (thrown instanceof SealError ? thrown.word : "malformed");

interface Chains {
	readonly organisation: Chain;
	readonly people: ReadonlyMap<string, Chain>;
}

const checkChains = async (c: Checking): Promise<Chains | undefined> => {
	const read = parse<ExportedChains>(await textOf(c, ENTRY.chains));
	if (!read || !Array.isArray(read.organisation) || !Array.isArray(read.people)) return void c.find("unreadable", ENTRY.chains);
	try {
		const organisation = await replayChain(read.organisation.map(fromBase64Url));
		const people = new Map<string, Chain>();
		for (const { user, entries } of read.people) {
			const chain = await replayChain(entries.map(fromBase64Url), organisation.state).catch((thrown: unknown) => void c.find("chain", `${ENTRY.chains}, ${user}`, wordOf(thrown)));
			if (chain && toBase64Url(chain.state.subject) !== user) c.find("chain", `${ENTRY.chains}, ${user}`, "wrong_chain");
			else if (chain) people.set(user, chain);
		}
		return { organisation, people };
	} catch (thrown) {
		return void c.find("chain", `${ENTRY.chains}, organisation`, wordOf(thrown));
	}
};

const checkControl = async (c: Checking, { organisation, people }: Chains, me: Bytes): Promise<RoomFacts | undefined> => {
	const entry = c.zip.has(ENTRY.control);
	if (!entry) return void c.find("missing", ENTRY.control);
	const chains = [...people.values()];
	const records = [organisation, ...chains].flatMap((chain) => chain.records); // what officers opened is signed under the organisation's root
	const findKey = keyFinder(chains);
	const log = makeRoomLog();
	const entries: ControlEntry[] = [];
	let state = emptyControl();
	for await (const line of readLines(c.zip, entry)) {
		if (line === "") continue;
		try {
			const next = await extendControl(state, fromBase64Url(line), records, findKey);
			state = next.state;
			entries.push(next.entry);
			log.add(state);
		} catch (thrown) {
			return void c.find("control", `${ENTRY.control}, ${entries.length + 1}`, wordOf(thrown));
		}
	}
	if (toBase64Url(state.rootKid) !== toBase64Url(organisation.state.rootKid)) return void c.find("control", ENTRY.control, "wrong_root");
	return { state, log, entries, findKey, chain: (user) => people.get(user), me };
};

const BASE64URL = /^[A-Za-z0-9_-]+$/;

const readEnvelope = (line: string): (StoredAt & { opening: Bytes | undefined }) | undefined => {
	const one = parse<ExportedEnvelope>(line);
	const sealed = one?.envelope ?? one?.tombstone;
	if (!one || !Number.isSafeInteger(one.seq) || typeof sealed !== "string" || !BASE64URL.test(sealed)) return undefined;
	try {
		const opening = one.opening === undefined ? undefined : fromBase64Url(one.opening);
		return { roomSeq: one.seq, at: Date.parse(one.at), bytes: fromBase64Url(sealed), tombstone: one.envelope === undefined, erased: one.erased === undefined ? undefined : Date.parse(one.erased), opening };
	} catch {
		return undefined;
	}
};

const checkEnvelopes = async (c: Checking, facts: RoomFacts): Promise<Known[]> => {
	const entry = c.zip.has(ENTRY.envelopes);
	if (!entry) {
		c.find("missing", ENTRY.envelopes);
		return [];
	}
	const openings = new Map<number, Bytes>();
	const opener = async (env: Envelope, seq: number): Promise<Bytes | undefined> => {
		const opening = openings.get(seq);
		try {
			return opening && env.body && (await openWith(opening, env.body));
		} catch (thrown) {
			c.find("opening", `${ENTRY.envelopes}, ${seq}`, wordOf(thrown));
			throw thrown;
		}
	};
	const reader = makeReader(facts, opener);
	let batch: StoredAt[] = [];
	const flush = async (): Promise<void> => {
		await reader.take(batch);
		batch = [];
		openings.clear();
	};
	let n = 0, last = 0;
	for await (const line of readLines(c.zip, entry)) {
		n++;
		const one = line === "" ? undefined : readEnvelope(line);
		if (!one || one.roomSeq <= last || !Number.isFinite(one.at)) {
			c.find("envelope", `${ENTRY.envelopes}, ${n}`, "malformed");
			continue;
		}
		last = one.roomSeq;
		batch.push(one);
		if (one.opening) openings.set(one.roomSeq, one.opening);
		if (batch.length === BATCH) await flush();
	}
	await flush();
	for (const seq of reader.unreadable) c.find("envelope", `${ENTRY.envelopes}, ${seq}`, "malformed");
	return reader.known();
};

/** The first member of two objects that is not the same. */
const fieldOf = (want: unknown, got: unknown): string => {
	if (typeof want !== "object" || typeof got !== "object" || !want || !got) return "";
	const names = new Set([...Object.keys(want), ...Object.keys(got)]);
	for (const name of names) {
		const [a, b] = [want, got].map((one) => JSON.stringify((one as Record<string, unknown>)[name]));
		if (a !== b) return name;
	}
	return "";
};

/** A list as it is told again, line against line. */
const compareList = async (c: Checking, name: string, want: readonly { readonly seq: number }[]): Promise<void> => {
	const text = await textOf(c, name);
	if (text === undefined) return;
	const got = parse<unknown[]>(text);
	if (!Array.isArray(got)) return c.find("unreadable", name);
	const count = Math.max(want.length, got.length);
	for (let i = 0; i < count; i++) {
		const [a, b] = [want[i], got[i]];
		if (JSON.stringify(a) === JSON.stringify(b)) continue;
		c.find("differs", `${name}, ${i + 1}${a ? ` (${a.seq})` : ""}`, fieldOf(a, b));
	}
	const whole = `[\n${want.map((one, i) => listLine(one, i === 0)).join("")}\n]\n`;
	if (JSON.stringify(got) === JSON.stringify(want) && whole !== text) c.find("differs", name, "");
};

const compareTold = async (c: Checking, facts: RoomFacts, told: Told, room: ExportedRoom): Promise<void> => {
	const want = verifiedRoom(facts, told);
	if (JSON.stringify(want) !== JSON.stringify(room.verified)) c.find("differs", `${ENTRY.room}, verified`, fieldOf(want, room.verified));
	await compareList(c, ENTRY.messages, told.messages);
	await compareList(c, ENTRY.items, told.items);
	for (const [name, want] of [[ENTRY.work, told.work], [ENTRY.assignments, told.assignments]] as const) {
		const text = await textOf(c, name);
		if (text !== undefined && text !== `${JSON.stringify(want, null, "\t")}\n`) c.find("differs", name, fieldOf(want, parse(text)));
	}
};

/** The page for reading, made again. Only with the rest in order: it says what they say. */
const comparePage = async (c: Checking, room: ExportedRoom, told: Told, files: readonly ExportedFile[]): Promise<void> => {
	const text = await textOf(c, ENTRY.page);
	if (text === undefined || !isExportLanguage(room.language)) return;
	try {
		const words = speaking(room.language, room.time_zone);
		const want = [...readingPage(room.language, words.say("title"), words.say("checked"), blocksOf(words, { room, told, files, inside: true }))].join("");
		if (text !== want) c.find("differs", ENTRY.page, `line ${firstLine(want, text)}`);
	} catch {
		c.find("unreadable", `${ENTRY.room}, time_zone`);
	}
};

const firstLine = (want: string, got: string): number => {
	const other = got.split("\n");
	return want.split("\n").findIndex((line, n) => line !== other[n]) + 1;
};

const NOTHING: Report["counts"] = { entries: 0, log: 0, envelopes: 0, messages: 0, files: 0, doubted: 0 };

const isRoom = (room: ExportedRoom | undefined): room is ExportedRoom =>
	room?.format === EXPORT_FORMAT && isExportLanguage(room.language) && typeof room.said_by_server === "object" && typeof room.taken_by === "string" && /^[A-Za-z0-9_-]{22}$/.test(room.taken_by) && typeof room.verified === "object";

const checkRecord = async (c: Checking, digests: ReadonlyMap<string, readonly Bytes[]>): Promise<Pick<Report, "room" | "counts">> => {
	const counts = { ...NOTHING, entries: c.zip.entries.length };
	const room = parse<ExportedRoom>(await textOf(c, ENTRY.room));
	if (!isRoom(room)) {
		c.find("unreadable", ENTRY.room);
		return { room: undefined, counts };
	}
	const chains = await checkChains(c);
	const facts = chains && (await checkControl(c, chains, fromBase64Url(room.taken_by)));
	if (!facts) return { room, counts };
	const known = await checkEnvelopes(c, facts);
	const told = tell(facts, known, room.language);
	await compareTold(c, facts, told, room);
	const listed = parse<ExportedFile[]>(await textOf(c, ENTRY.files));
	const files = Array.isArray(listed) ? listed : [];
	await checkFiles(c.find, files, told.items, digests);
	await comparePage(c, room, told, files);
	const doubted = known.filter(({ doubt }) => doubt !== null).length;
	return { room, counts: { ...counts, log: facts.entries.length, envelopes: known.length, messages: told.messages.length, files: files.length, doubted } };
};

export const checkExport = async (source: Source, progress: (done: number, of: number) => void = () => undefined): Promise<Report> => {
	const findings: Finding[] = [];
	const find: Find = (what, place, why = "") => void (findings.length < MOST_FINDINGS && findings.push({ what, place, why }));
	const zip = await openZip(source, (entry) => find("around", entry)).catch(() => undefined);
	if (!zip) {
		find("no_zip", "");
		return { findings, room: undefined, counts: NOTHING };
	}
	const c = { zip, find, progress: (done: number) => progress(done, source.size) };
	const digests = await checkPieces(c);
	return { findings, ...(await checkRecord(c, digests)) };
};
