// Whatever is changed in what was sealed, signed or wrapped is noticed.

import assert from "node:assert/strict";
import { test } from "node:test";
import {
	concat, decodeContent, deriveEpoch, echoOf, encodeContent, fromBase64Url, importEncryption, importSealKey, isPoint, ITEM_KINDS, KIND, makePair, mayChange, open,
	openMessage, pad, parseEnvelope, random, seal, sealMessage, SealError, toBase64Url, unpad, unwrapKey, verifyEnvelope, wrapKey, zeroes, containsCode,
	printCode, readCode, makeCode, normalisePassphrase,
	type Bytes, type Content, type Envelope, type HeaderFields, type WrapPlace,
} from "../../web/src/seal/index.js";
import { flipBit, makeKeys, NOON } from "./lib/cast.js";
import { plainOf } from "./make/seal.js";

const refused = (word: string) => (e: unknown): boolean => e instanceof SealError && e.word === word;
const everyBit = async (bytes: Bytes, check: (changed: Bytes, bit: number) => Promise<unknown>): Promise<void> => {
	for (let bit = 0; bit < bytes.length * 8; bit += 64)
		await Promise.all(Array.from({ length: Math.min(64, bytes.length * 8 - bit) }, (_, i) => check(flipBit(bytes, bit + i), bit + i)));
};

test("refuses_seal_with_any_bit_changed", async () => {
	const [key, context] = [await importSealKey(random(32)), random(32)];
	const sealed = await seal(key, context, plainOf(100));
	await everyBit(sealed, (changed) => assert.rejects(open(key, context, changed), refused("sealed")));
	await everyBit(context, (changed) => assert.rejects(open(key, changed, sealed), refused("sealed")));
});

test("refuses_seal_under_another_key", async () => {
	const context = random(32);
	const sealed = await seal(await importSealKey(random(32)), context, plainOf(100));
	await assert.rejects(open(await importSealKey(random(32)), context, sealed), refused("sealed"));
});

test("refuses_chunks_that_are_cut_added_or_moved", async () => {
	const [key, context] = [await importSealKey(random(32)), random(32)];
	const sealed = await seal(key, context, plainOf(3 * 16_384));
	const at = (i: number): Bytes => sealed.slice(56 + i * 16_400, 56 + (i + 1) * 16_400);
	const prefix = sealed.slice(0, 56);
	const changed: [string, Bytes][] = [
		["the last chunk is gone", concat(prefix, at(0), at(1), at(2))], ["a chunk in the middle is gone", concat(prefix, at(0), at(2), at(3))],
		["two are swapped", concat(prefix, at(1), at(0), at(2), at(3))], ["one is there twice", concat(prefix, at(0), at(0), at(1), at(2), at(3))],
		["a byte is gone", sealed.slice(0, -1)], ["a byte is added", concat(sealed, zeroes(1))], ["a chunk is added", concat(sealed, at(3))],
		["only the prefix is left", prefix], ["nothing is left", zeroes(0)], ["the end of a full chunk ends it", concat(prefix, at(0).slice(0, 16_000))],
	];
	for (const [name, bytes] of changed) await assert.rejects(open(key, context, bytes), refused("sealed"), name);
	for (let n = 0; n < 80; n++) await assert.rejects(open(key, context, sealed.slice(0, n)), refused("sealed"));
});

test("refuses_padding_that_is_not_the_only_one", () => {
	assert.deepEqual(unpad(pad(plainOf(252))), plainOf(252));
	assert.equal(pad(plainOf(252)).length, 256);
	assert.equal(pad(plainOf(253)).length, 512);
	const long = zeroes(512);
	long[3] = 10;
	const dirty = pad(plainOf(10));
	dirty[255] = 1;
	const beyond = pad(plainOf(10));
	beyond[3] = 253;
	for (const bytes of [long, dirty, beyond, zeroes(0), zeroes(255), zeroes(257)]) assert.throws(() => unpad(bytes), refused("padding"));
	assert.throws(() => pad(zeroes(65_533)), refused("too_long"));
});

interface Sent {
	readonly bytes: Bytes;
	readonly pub: Bytes;
	readonly key: Awaited<ReturnType<typeof deriveEpoch>>["message"];
	readonly send: (content: Content, change?: Partial<HeaderFields>) => Promise<Bytes>;
}

const conversation = async (): Promise<Sent> => {
	const keys = await makeKeys();
	const [org, room] = [random(16), random(16)];
	const { message } = await deriveEpoch(random(32), org, room, 1);
	const fields = { org, room, sender: random(16), epoch: 1, seq: 1, logHead: random(32), parents: [random(32)], time: NOON, retention: 1 };
	const send = (content: Content, change: Partial<HeaderFields> = {}): Promise<Bytes> =>
		sealMessage(keys.sig, message, { ...fields, ...change }, content, echoOf("sv", 1, 1));
	return { bytes: await send({ type: "text", text: "Hej!" }), pub: keys.sig.pub, key: message, send };
};

test("refuses_an_envelope_with_any_bit_changed", async () => {
	const { bytes, pub } = await conversation();
	await everyBit(bytes, async (changed, bit) => {
		const env = await parseEnvelope(changed).catch(() => undefined);
		assert.ok(!env || !(await verifyEnvelope(env, pub)), `bit ${bit}`);
	});
});

test("refuses_an_envelope_of_any_other_length", async () => {
	const { bytes } = await conversation();
	for (let n = 0; n < bytes.length; n++) await assert.rejects(parseEnvelope(bytes.slice(0, n)), SealError);
	await assert.rejects(parseEnvelope(concat(bytes, zeroes(1))), refused("long"));
});

test("refuses_a_body_under_another_header", async () => {
	const { key, send } = await conversation();
	const [a, b] = [await parseEnvelope(await send({ type: "text", text: "a" })), await parseEnvelope(await send({ type: "text", text: "b" }))];
	const moved: Envelope = { ...a, body: b.body };
	await assert.rejects(openMessage(moved, key), refused("sealed"));
	assert.equal((await openMessage(b, key)).content.type, "text");
});

test("refuses_a_content_that_belongs_to_another_kind", async () => {
	const { bytes } = await conversation();
	const env = await parseEnvelope(bytes);
	const target = random(16);
	const echo = echoOf("se", 0, 0);
	const plain = (content: Content): Bytes => encodeContent(content, echo);
	const receipt = { ...env, kind: KIND.receipt, clear: target };
	const edit = { ...env, clear: concat(Uint8Array.of(1), target) };
	const text = plain({ type: "text", text: "x" });
	for (const [header, content] of [
		[env, plain({ type: "edit", target, text: "x" })], [env, plain({ type: "delete", target })], [env, plain({ type: "read", target, hash: random(32) })],
		[edit, text], [edit, plain({ type: "delete", target })], [receipt, text], [env, concat(Uint8Array.of(2), text.slice(1))],
		[env, concat(text, zeroes(1))], [receipt, plain({ type: "read", target, hash: random(32) }).slice(0, -1)], [env, text.slice(0, -1)],
	] as const) assert.throws(() => decodeContent(header, content), refused("content"));
	assert.throws(() => decodeContent(env, concat(text.slice(0, 60), Uint8Array.of(0xff))), refused("text"));
	assert.throws(() => plain({ type: "text", text: "" }), refused("content"));
	assert.throws(() => plain({ type: "text", text: "a\0b" }), refused("content"));
	assert.throws(() => plain({ type: "name", text: "x".repeat(201) }), refused("content"));
	assert.throws(() => plain({ type: "text", text: "x".repeat(60_001) }), refused("content"));
});

test("lets_only_the_author_change_a_message", async () => {
	const { send } = await conversation();
	const message = await parseEnvelope(await send({ type: "text", text: "x" }));
	const of = async (content: Content, change: Partial<HeaderFields> = {}): Promise<Envelope> => parseEnvelope(await send(content, change));
	const target = message.msgId;
	assert.ok(mayChange(await of({ type: "edit", target, text: "y" }), message));
	assert.ok(mayChange(await of({ type: "delete", target }), message));
	assert.ok(!mayChange(await of({ type: "delete", target }, { sender: random(16) }), message));
	assert.ok(!mayChange(await of({ type: "delete", target: random(16) }), message));
	assert.ok(!mayChange(await of({ type: "text", text: "y" }), message));
	const edit = await of({ type: "edit", target, text: "y" });
	assert.ok(!mayChange(await of({ type: "delete", target: edit.msgId }), edit));
});

test("refuses_an_item_in_an_envelope_of_another_kind", async () => {
	const { bytes } = await conversation();
	const env = await parseEnvelope(bytes);
	const echo = echoOf("fi", 0, 0);
	const item = (ctype: number, content: Bytes): Content => ({ type: "item", ctype, bytes: content, clear: zeroes(0) });
	for (const [ctype, kind] of Object.entries(ITEM_KINDS)) {
		const plain = encodeContent(item(Number(ctype), zeroes(2)), echo);
		for (const other of [1, 2, 3, 4, 5, 8, 9, 10] as const) {
			const read = () => decodeContent({ ...env, kind: other, clear: zeroes(0) }, plain);
			if (other === kind) assert.equal(read().content.type, "item");
			else assert.throws(read, refused("content"), `${ctype} in ${other}`);
		}
	}
	const text = encodeContent({ type: "text", text: "x" }, echo);
	assert.throws(() => decodeContent({ ...env, kind: KIND.note }, text), refused("content"));
	for (const wrong of [item(5, zeroes(1)), item(5, zeroes(60_001)), item(4, zeroes(2)), item(12, zeroes(2))]) assert.throws(() => encodeContent(wrong, echo), refused("content"));
});

test("lets_only_the_author_take_an_item_back_and_nobody_edit_one", async () => {
	const { send } = await conversation();
	const of = async (content: Content, change: Partial<HeaderFields> = {}): Promise<Envelope> => parseEnvelope(await send(content, change));
	const given = await of({ type: "item", ctype: 5, bytes: zeroes(2), clear: zeroes(0) });
	const target = given.msgId;
	assert.ok(mayChange(await of({ type: "delete", target }), given));
	assert.ok(!mayChange(await of({ type: "delete", target }, { sender: random(16) }), given));
	assert.ok(!mayChange(await of({ type: "edit", target, text: "y" }), given));
	const receipt = await of({ type: "read", target, hash: random(32) });
	assert.ok(!mayChange(await of({ type: "delete", target: receipt.msgId }), receipt));
});

test("refuses_wraps_that_are_moved_changed_or_for_another", async () => {
	const [pair, stranger] = [await makePair(), await makePair()];
	const recipient = await importEncryption(pair);
	const place: WrapPlace = {
		org: random(16), room: random(16), epoch: 4, keyset: 0, rtype: 1, rid: random(16), rkid: recipient.kid, sender: random(16), senderKid: random(32), prev: random(32),
	};
	const wrap = await wrapKey(place, pair.pub, random(32));
	const moves: Partial<WrapPlace>[] = [
		{ org: random(16) }, { room: random(16) }, { epoch: 5 }, { keyset: 1 }, { rtype: 2 }, { rid: random(16) }, { rkid: random(32) }, { sender: random(16) },
		{ senderKid: random(32) }, { prev: random(32) },
	];
	for (const move of moves) await assert.rejects(unwrapKey({ ...place, ...move }, recipient, wrap), refused("wrap"));
	const other = await importEncryption(stranger);
	await assert.rejects(unwrapKey({ ...place, rkid: other.kid }, other, wrap), refused("wrap"));
	for (let bit = 0; bit < wrap.length * 8; bit += 7) await assert.rejects(unwrapKey(place, recipient, flipBit(wrap, bit)), refused("wrap"));
	for (const bytes of [wrap.slice(1), concat(wrap, zeroes(1)), zeroes(113)]) await assert.rejects(unwrapKey(place, recipient, bytes), refused("wrap"));
	assert.equal((await unwrapKey(place, recipient, wrap)).length, 32);
});

test("opens_a_wrap_sixty_times_with_a_key_that_cannot_be_read_back", async () => {
	const pair = await makePair();
	const recipient = await importEncryption(pair);
	assert.equal(recipient.privateKey.extractable, false);
	const place: WrapPlace = {
		org: random(16), room: random(16), epoch: 1, keyset: 0, rtype: 1, rid: random(16), rkid: recipient.kid, sender: random(16), senderKid: random(32), prev: random(32),
	};
	for (let n = 0; n < 60; n++) {
		const key = random(32);
		assert.deepEqual(await unwrapKey(place, recipient, await wrapKey(place, pair.pub, key)), key);
	}
});

test("knows_points_that_are_on_the_curve", async () => {
	const { pub } = await makePair();
	assert.ok(isPoint(pub));
	for (const bad of [flipBit(pub, 0), flipBit(pub, 300), pub.slice(1), zeroes(65), concat(Uint8Array.of(4), new Uint8Array(64).fill(255))]) assert.ok(!isPoint(bad));
});

test("reads_base64url_in_its_one_form_only", () => {
	for (let n = 0; n < 70; n++) {
		const bytes = random(n);
		assert.deepEqual(fromBase64Url(toBase64Url(bytes)), bytes);
		assert.equal(toBase64Url(bytes), Buffer.from(bytes).toString("base64url"));
	}
	for (const bad of ["A", "AB", "AAB", "AA==", "A A", "AA\n", "AA+A", "AA/A", "ÄÄ"]) assert.throws(() => fromBase64Url(bad), refused("base64"));
});

test("finds_a_printed_code_in_a_text_about_to_be_sent", async () => {
	const printed = await printCode(makeCode());
	assert.ok(await containsCode(`Koodini on ${printed}, kiitos.`));
	assert.ok(await containsCode(printed.replaceAll("-", "").toLowerCase()));
	assert.ok(!(await containsCode("Tavataanko huomenna kello kaksitoista kirjastossa? Soita 040 123 4567 890 123 4567 890.")));
	const wrong = `${printed.slice(0, -1)}${printed.endsWith("0") ? "1" : "0"}`;
	await assert.rejects(readCode(wrong), refused("code"));
	for (const bad of ["", printed.slice(1), `${printed}0`, printed.replace(/^./, "U")]) await assert.rejects(readCode(bad), refused("code"));
});

test("normalises_a_passphrase_as_people_type_it", () => {
	assert.equal(normalisePassphrase("  a\u0308iti \t\u00a0 koti  "), "äiti koti");
});
