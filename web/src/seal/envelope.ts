// The envelope (FORMAT.md section 3): build, parse, hash, sign, verify. Hashes and signatures are over the bytes that were
// received: a parsed envelope keeps its header as it came.

import { compare, concat, isZero, MAX_NUMBER, reader, SealError, u16, u32, u64, u8, utf8, type Bytes } from "./bytes.js";
import { labelled, labelledHash, sha256 } from "./derive.js";
import { LABEL, MAGIC, SUITE } from "./labels.js";
import { sign, verify, type SigningKey } from "./p256.js";
import { PAD_MOST, sealedLength } from "./seal.js";

export const KIND = { message: 1, receipt: 2, assignment: 3, answer: 4, file: 5, control: 6, identity: 7, note: 8, work: 9, meter: 10 } as const;
export type Kind = (typeof KIND)[keyof typeof KIND];
export const OP = { edit: 1, delete: 2 } as const;

export interface HeaderFields {
	readonly kind: Kind;
	readonly org: Bytes;
	readonly room: Bytes;
	readonly msgId: Bytes;
	readonly sender: Bytes;
	readonly senderKid: Bytes;
	readonly epoch: number;
	readonly seq: number;
	readonly logHead: Bytes;
	readonly parents: readonly Bytes[];
	readonly time: number;
	readonly retention: number;
	readonly clear: Bytes;
}

export interface Envelope extends HeaderFields {
	readonly header: Bytes;
	/** Absent in a tombstone. */
	readonly body: Bytes | undefined;
	readonly bodyHash: Bytes;
	readonly hash: Bytes;
	readonly signature: Bytes;
	readonly bytes: Bytes;
}

export const buildHeader = (f: HeaderFields, bodyLength: number): Bytes =>
	concat(
		utf8(MAGIC), u8(f.kind), u8(SUITE), f.org, f.room, f.msgId, f.sender, f.senderKid, u32(f.epoch), u64(f.seq),
		f.logHead, u8(f.parents.length), ...f.parents, u64(f.time), u16(f.retention), u16(f.clear.length), f.clear, u32(bodyLength),
	);

/** Signs header and body; gives the whole envelope. */
export const finish = async (key: SigningKey, header: Bytes, body: Bytes): Promise<Bytes> => {
	const signature = await sign(key, labelled(LABEL.sig, header, await sha256(body)));
	return concat(header, body, signature);
};

const bodyLengths = new Set<number>();
for (let b = 256; b <= PAD_MOST; b *= 2) bodyLengths.add(sealedLength(b));

interface KindRule {
	readonly clear: (clear: Bytes) => boolean;
	readonly body: (length: number) => boolean;
}

const CHUNK = 16_400; // of a sealed file

const isOp = (clear: Bytes): boolean =>
	clear.length === 17 && (clear[0] === OP.edit || clear[0] === OP.delete) && !isZero(clear.subarray(1));

/** A manifest's: file, length of the ciphertext, length of a part, hash of the parts' digests (manifest.ts reads and makes it). */
const isFile = (clear: Bytes): boolean => {
	if (clear.length !== 60 || isZero(clear.subarray(0, 16))) return false;
	const r = reader(clear.subarray(16));
	const size = r.u32() * 2 ** 32 + r.u32();
	return size > 56 && size <= MAX_NUMBER && (size - 56) % CHUNK >= 16 && r.u32() === 64 * CHUNK;
};

const isNothing = (clear: Bytes): boolean => clear.length === 0;
const isPadded = (length: number): boolean => bodyLengths.has(length);
const ITEM: KindRule = { clear: isNothing, body: isPadded };

const RULES: Readonly<Record<Kind, KindRule>> = {
	1: { clear: (clear) => isNothing(clear) || isOp(clear), body: isPadded },
	2: { clear: (clear) => clear.length === 16 && !isZero(clear), body: isPadded },
	3: ITEM, 4: ITEM, 8: ITEM, 9: ITEM, 10: ITEM,
	5: { clear: isFile, body: isPadded },
	6: { clear: isNothing, body: (n) => n >= 1 && n <= 32_768 },
	7: { clear: isNothing, body: (n) => n >= 1 && n <= 4_096 },
};

const refuse = (word: string): never => {
	throw new SealError(word);
};

const isKind = (kind: number): kind is Kind => kind in RULES;
/** Of a log; all others are envelopes of a room's conversation. */
export const isEntry = (kind: number): boolean => kind === KIND.control || kind === KIND.identity;

const checkNumbers = (f: HeaderFields): void => {
	const log = isEntry(f.kind);
	if (f.time > MAX_NUMBER || f.seq > MAX_NUMBER) refuse("number");
	if (log && f.retention !== 0) refuse("number");
	if (f.kind === KIND.identity && f.epoch !== 0) refuse("number");
};

const checkZero = (f: HeaderFields): void => {
	if (isZero(f.org) || isZero(f.msgId) || isZero(f.sender)) refuse("zero");
	if (isZero(f.room) !== (f.kind === KIND.identity)) refuse("zero");
};

const checkParents = (f: HeaderFields): void => {
	const most = isEntry(f.kind) ? 0 : 4;
	if (f.parents.length > most) refuse("parents");
	f.parents.forEach((parent, i) => {
		const before = f.parents[i - 1];
		if (before && compare(before, parent) >= 0) refuse("parents");
	});
};

interface Walked {
	readonly magic: Bytes;
	readonly kind: number;
	readonly suite: number;
	readonly fields: HeaderFields;
	readonly headerLength: number;
	readonly bodyLength: number;
	readonly body: Bytes;
	readonly signature: Bytes;
	readonly left: number;
}

/** Walks all lengths as they are written; refuses nothing but `short`. */
const walk = (bytes: Bytes, tombstone: boolean): Walked => {
	const r = reader(bytes);
	const wide = (): number => r.u32() * 2 ** 32 + r.u32();
	const magic = r.take(4);
	const kind = r.u8();
	const suite = r.u8();
	const fields = {
		kind: kind as Kind, org: r.take(16), room: r.take(16), msgId: r.take(16), sender: r.take(16), senderKid: r.take(32),
		epoch: r.u32(), seq: wide(), logHead: r.take(32),
		parents: Array.from({ length: r.u8() }, () => r.take(32)),
		time: wide(), retention: r.u16(), clear: r.take(r.u16()),
	};
	const bodyLength = r.u32();
	const headerLength = r.at();
	const body = r.take(tombstone ? 32 : bodyLength);
	return { magic, kind, suite, fields, headerLength, bodyLength, body, signature: r.take(64), left: r.left() };
};

/** The checks that need no hash. Throws SealError with the word of FORMAT.md. */
const check = (w: Walked, tombstone: boolean): void => {
	if (compare(w.magic, utf8(MAGIC)) !== 0) refuse("magic");
	if (!isKind(w.kind) || (tombstone && (isEntry(w.kind) || w.kind === KIND.receipt))) return refuse("kind");
	if (w.suite !== SUITE) refuse("suite");
	checkZero(w.fields);
	checkNumbers(w.fields);
	checkParents(w.fields);
	if (w.fields.clear.length > 1024 || !RULES[w.kind].clear(w.fields.clear)) refuse("clear");
	if (!RULES[w.kind].body(w.bodyLength)) refuse("body");
	if (w.left > 0) refuse("long");
};

const parse = async (bytes: Bytes, tombstone: boolean): Promise<Envelope> => {
	const w = walk(bytes, tombstone);
	check(w, tombstone);
	const header = bytes.subarray(0, w.headerLength);
	const bodyHash = tombstone ? w.body : await sha256(w.body);
	const hash = await labelledHash(LABEL.env, header, bodyHash);
	return { ...w.fields, header, body: tombstone ? undefined : w.body, bodyHash, hash, signature: w.signature, bytes };
};

export const parseEnvelope = (bytes: Bytes): Promise<Envelope> => parse(bytes, false);
export const parseTombstone = (bytes: Bytes): Promise<Envelope> => parse(bytes, true);

/** What is left of an envelope when its body is gone; it still verifies. */
export const tombstoneOf = (e: Envelope): Bytes => concat(e.header, e.bodyHash, e.signature);

export const verifyEnvelope = (e: Envelope, pub: Bytes): Promise<boolean> =>
	verify(pub, labelled(LABEL.sig, e.header, e.bodyHash), e.signature);

/** What an edit or a delete names, and a receipt. */
export const targetOf = (e: HeaderFields): Bytes | undefined =>
	e.kind === KIND.receipt ? e.clear : e.kind === KIND.message && e.clear.length === 17 ? e.clear.subarray(1) : undefined;

export const opOf = (e: HeaderFields): number => (e.kind === KIND.message && e.clear.length === 17 ? (e.clear[0] as number) : 0);
