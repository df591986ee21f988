// envelope.json: envelopes and tombstones that are right, every refusal of the parser, and signatures.

import {
	buildHeader, concat, deriveEpoch, echoOf, finish, KIND, OP, makeFileClear, parseEnvelope, parseTombstone, random, sealMessage, tombstoneOf, u32, u64, utf8, verifyEnvelope, zeroes,
	SealError, type Bytes, type Content, type HeaderFields,
} from "../../../web/src/seal/index.js";
import { flipBit, makeKeys, NOON } from "../lib/cast.js";
import { s } from "../lib/vectors.js";

export interface GoodEnvelope {
	readonly name: string;
	readonly envelope: string;
	readonly env_hash: string;
	readonly tombstone?: string;
	/** The padded and sealed plaintext, opened with this epoch key. */
	readonly plaintext?: { readonly type: string; readonly text?: string; readonly target?: string; readonly hash?: string; readonly ctype?: number; readonly bytes?: string; readonly clear?: string };
}

export interface EnvelopeVectors {
	readonly pub: string;
	readonly epoch: { readonly ek: string; readonly org: string; readonly room: string; readonly n: number };
	readonly good: readonly GoodEnvelope[];
	readonly refused: readonly { readonly name: string; readonly form: "envelope" | "tombstone"; readonly bytes: string; readonly word: string }[];
	readonly signatures: readonly { readonly name: string; readonly envelope: string; readonly valid: boolean }[];
}

const N = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;

const highS = (bytes: Bytes): Bytes => {
	const at = bytes.length - 32;
	const flipped = (N - BigInt(`0x${Buffer.from(bytes.subarray(at)).toString("hex")}`)).toString(16).padStart(64, "0");
	return concat(bytes.slice(0, at), new Uint8Array(Buffer.from(flipped, "hex")));
};

export const makeEnvelopes = async (): Promise<EnvelopeVectors> => {
	const keys = await makeKeys();
	const [org, room, sender, ek] = [random(16), random(16), random(16), random(32)];
	const epoch = await deriveEpoch(ek.slice(), org, room, 3);
	const base: HeaderFields = {
		kind: KIND.message, org, room, msgId: random(16), sender, senderKid: keys.sig.kid, epoch: 3, seq: 7, logHead: random(32), parents: [],
		time: NOON, retention: 2, clear: zeroes(0),
	};
	const parents = [0, 1, 2, 3].map((n) => concat(Uint8Array.of(n), random(31)));
	const message = (content: Content, change: Partial<HeaderFields> = {}): Promise<Bytes> =>
		sealMessage(keys.sig, epoch.message, { ...base, ...change }, content, echoOf("fi", 4, 2), random(16));
	const target = random(16);
	const contents: [string, Content, Partial<HeaderFields>][] = [
		["a message", { type: "text", text: "Hyvää päivää! Miten voin auttaa?" }, {}],
		["a message with four parents", { type: "text", text: "Čáppa beaivi 🌞" }, { parents }],
		["the longest message", { type: "text", text: "ä".repeat(30_000) }, { parents: parents.slice(0, 1) }],
		["an edit", { type: "edit", target, text: "Hyvää huomenta!" }, { parents: parents.slice(0, 2) }],
		["a delete", { type: "delete", target }, {}],
		["a name card", { type: "name", text: "Oona" }, {}],
		...[5, 6, 7, 9, 10, 11].map((ctype): [string, Content, Partial<HeaderFields>] => [
			`an item of content type ${ctype}`, { type: "item", ctype, bytes: utf8(`{"ctype":${ctype}}`), clear: zeroes(0) }, {},
		]),
		["a file", { type: "item", ctype: 8, bytes: utf8('{"name":"ä.pdf"}'), clear: makeFileClear({ file: random(16), cipherSize: 56 + 16_400 + 16, partsHash: random(32) }) }, {}],
		["a receipt", { type: "read", target, hash: random(32) }, { parents: parents.slice(2) }],
	];
	const good: GoodEnvelope[] = [];
	for (const [name, content, change] of contents) {
		const bytes = await message(content, change);
		const env = await parseEnvelope(bytes);
		const item = content.type === "item" ? { ctype: content.ctype, bytes: s(content.bytes), clear: s(content.clear) } : {};
		const plain = {
			...item, type: content.type, ...("text" in content ? { text: content.text } : {}), ...("target" in content ? { target: s(content.target) } : {}),
			...("hash" in content ? { hash: s(content.hash) } : {}),
		};
		const tombstone = env.kind !== KIND.receipt ? { tombstone: s(tombstoneOf(env)) } : {};
		good.push({ name, envelope: s(bytes), env_hash: s(env.hash), ...tombstone, plaintext: plain });
	}

	const body = random(56 + 256 + 16);
	const raw = (change: Partial<HeaderFields>, content: Bytes = body): Promise<Bytes> =>
		finish(keys.sig, buildHeader({ ...base, ...change }, content.length), content);
	const log = { kind: KIND.control, epoch: 0, retention: 0 };
	good.push({ name: "a control entry", ...(await hashed(await raw(log, Uint8Array.of(19)))) });
	good.push({ name: "an identity entry", ...(await hashed(await raw({ ...log, kind: KIND.identity, room: zeroes(16) }, random(4096)))) });
	const plain = await raw({});
	const tombstone = tombstoneOf(await parseEnvelope(plain));
	const refused: EnvelopeVectors["refused"][number][] = [];
	const refuse = async (name: string, bytes: Bytes, word: string, form: "envelope" | "tombstone" = "envelope"): Promise<void> => {
		const found = await (form === "envelope" ? parseEnvelope(bytes) : parseTombstone(bytes)).then(() => "ok", (e: unknown) => (e as SealError).word);
		if (found !== word) throw new Error(`${name}: ${found}, not ${word}`);
		refused.push({ name, form, bytes: s(bytes), word });
	};
	const set = (bytes: Bytes, at: number, ...values: number[]): Bytes => {
		const copy = bytes.slice();
		copy.set(values, at);
		return copy;
	};
	const clearOf = (op: number, id: Bytes): Bytes => concat(Uint8Array.of(op), id);
	await refuse("nothing", zeroes(0), "short");
	await refuse("less than a header", plain.slice(0, 150), "short");
	await refuse("a signature that is cut off", plain.slice(0, -1), "short");
	await refuse("a body that is longer than the rest", set(plain, 159, 0, 0, 255, 255), "short");
	await refuse("parents that are longer than the rest, whatever the magic", set(set(plain, 0, 0), 146, 255), "short");
	await refuse("another magic", set(plain, 3, 0x32), "magic");
	for (const kind of [0, 11, 12, 255]) await refuse(`kind ${kind}`, set(plain, 4, kind), "kind");
	await refuse("suite 0", set(plain, 5, 0), "suite");
	await refuse("suite 2", set(plain, 5, 2), "suite");
	await refuse("no organisation", await raw({ org: zeroes(16) }), "zero");
	await refuse("no room", await raw({ room: zeroes(16) }), "zero");
	await refuse("no message id", await raw({ msgId: zeroes(16) }), "zero");
	await refuse("no sender", await raw({ sender: zeroes(16) }), "zero");
	await refuse("an identity entry in a room", await raw({ ...log, kind: KIND.identity }), "zero");
	await refuse("a time of 2^53", set(plain, 147, 0, 0x20, 0, 0, 0, 0, 0, 0), "number");
	await refuse("a sequence of 2^53", set(plain, 106, 0, 0x20, 0, 0, 0, 0, 0, 0), "number");
	await refuse("a control entry with a retention class", await raw({ ...log, retention: 1 }), "number");
	await refuse("an identity entry in an epoch", await raw({ ...log, kind: KIND.identity, room: zeroes(16), epoch: 1 }), "number");
	await refuse("two parents that are equal", await raw({ parents: [parents[0] as Bytes, parents[0] as Bytes] }), "parents");
	await refuse("parents in descending order", await raw({ parents: [parents[1] as Bytes, parents[0] as Bytes] }), "parents");
	await refuse("five parents", await raw({ parents: [...parents, concat(Uint8Array.of(9), random(31))] }), "parents");
	await refuse("a control entry with a parent", await raw({ ...log, parents: parents.slice(0, 1) }), "parents");
	await refuse("a message with 16 bytes in clear", await raw({ clear: random(16) }), "clear");
	await refuse("op 0", await raw({ clear: clearOf(0, target) }), "clear");
	await refuse("op 3", await raw({ clear: clearOf(3, target) }), "clear");
	await refuse("a delete of nothing", await raw({ clear: clearOf(OP.delete, zeroes(16)) }), "clear");
	await refuse("a receipt for nothing", await raw({ kind: KIND.receipt, clear: zeroes(16) }), "clear");
	await refuse("a receipt without its clear part", await raw({ kind: KIND.receipt }), "clear");
	for (const kind of [KIND.assignment, KIND.answer, KIND.note, KIND.work, KIND.meter]) await refuse(`kind ${kind} with a clear part`, await raw({ kind, clear: clearOf(OP.delete, target) }), "clear");
	const file = (change: Bytes, at: number): Bytes => {
		const clear = makeFileClear({ file: target, cipherSize: 72, partsHash: random(32) });
		clear.set(change, at);
		return clear;
	};
	const manifest = (clear: Bytes): Promise<Bytes> => raw({ kind: KIND.file, clear });
	await parseEnvelope(await manifest(file(zeroes(0), 0)));
	await refuse("a file without its clear part", await manifest(zeroes(0)), "clear");
	await refuse("a file without an id", await manifest(file(zeroes(16), 0)), "clear");
	for (const size of [0, 55, 56, 71, 56 + 16_400, 56 + 16_400 + 15]) await refuse(`a file of ${size} bytes, which SEAL cannot make`, await manifest(file(u64(size), 16)), "clear");
	await refuse("a file of 2^53 bytes", await manifest(file(Uint8Array.of(0, 0x20), 16)), "clear");
	await refuse("a file of nearly 2^64 bytes", await manifest(file(new Uint8Array(8).fill(255), 16)), "clear");
	await refuse("a file in other parts", await manifest(file(u32(1_049_601), 24)), "clear");
	await refuse("a byte too many in clear", await manifest(concat(file(zeroes(0), 0), zeroes(1))), "clear");
	await refuse("a message that says where a file is", await raw({ clear: file(zeroes(0), 0) }), "clear");
	await refuse("1,025 bytes in clear", await raw({ clear: random(1025) }), "clear");
	await refuse("a control entry with a clear part", await raw({ ...log, clear: random(16) }), "clear");
	await refuse("an empty body", await raw({}, zeroes(0)), "body");
	await refuse("a body that no padding makes", await raw({}, random(329)), "body");
	await refuse("a body of 16 KiB without its second chunk", await raw({}, random(56 + 16_384 + 16)), "body");
	await refuse("an empty control entry", await raw(log, zeroes(0)), "body");
	await refuse("a control entry of 32,769 bytes", await raw(log, random(32_769)), "body");
	await refuse("an identity entry of 4,097 bytes", await raw({ ...log, kind: KIND.identity, room: zeroes(16) }, random(4_097)), "body");
	await refuse("a byte too many", concat(plain, zeroes(1)), "long");
	await refuse("a tombstone that is cut off", tombstone.slice(0, -1), "short", "tombstone");
	await refuse("a tombstone with a byte too many", concat(tombstone, zeroes(1)), "long", "tombstone");
	await refuse("a tombstone of a receipt", set(tombstone, 4, 2), "kind", "tombstone");
	await refuse("a tombstone of a control entry", set(tombstone, 4, 6), "kind", "tombstone");
	await refuse("an envelope as a tombstone", plain, "long", "tombstone");

	const signed = (name: string, bytes: Bytes, valid: boolean): EnvelopeVectors["signatures"][number] => ({ name, envelope: s(bytes), valid });
	const signatures = [
		signed("as it was signed", plain, true),
		signed("the other s", highS(plain), false),
		signed("a changed signature", flipBit(plain, 8 * plain.length - 500), false),
		signed("a changed body", flipBit(plain, 8 * 300), false),
		signed("another time", flipBit(plain, 8 * 155 - 1), false),
		signed("r of zero", set(plain, plain.length - 64, ...zeroes(32)), false),
		signed("s of zero", set(plain, plain.length - 32, ...zeroes(32)), false),
	];
	for (const { name, envelope, valid } of signatures) {
		const found = await verifyEnvelope(await parseEnvelope(new Uint8Array(Buffer.from(envelope, "base64url"))), keys.sig.pub);
		if (found !== valid) throw new Error(`${name}: ${found}`);
	}
	return { pub: s(keys.sig.pub), epoch: { ek: s(ek), org: s(org), room: s(room), n: 3 }, good, refused, signatures };
};

const hashed = async (bytes: Bytes): Promise<{ envelope: string; env_hash: string }> => ({
	envelope: s(bytes), env_hash: s((await parseEnvelope(bytes)).hash),
});
