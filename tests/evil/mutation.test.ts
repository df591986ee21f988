// An evil client: every field of every envelope and entry that the format knows is changed in every way that mutate.ts knows, and given to
// both sides: the server's code (seal-check) and the client's must say the same word, and leave the same state. What is changed after it was
// signed is accepted by neither.

import "../seal/lib/quick-hash.js";
import assert from "node:assert/strict";
import { after, test } from "node:test";
import {
	applyControl, applyIdentity, echoOf, emptyControl, emptyIdentity, equal, importSealKey, ITEM_KINDS, KIND, keyFinder, makeFileClear, parseEnvelope, parseTombstone, random, readControl, readIdentity,
	SealError, sealMessage, tombstoneOf, verifyEnvelope, verifyIdentity, verifyJoin, zeroes, type Bytes, type Content, type ControlState, type Envelope,
} from "../../web/src/seal/index.js";
import { makeKeys, NOON } from "../seal/lib/cast.js";
import { CHECKER, lineOf, personLine, startChecker, type Checker } from "../seal/lib/checker.js";
import { makeDice } from "../seal/lib/dice.js";
import { controlDigest, identityDigest } from "../seal/lib/dump.js";
import { endClients } from "./lib/client.js";
import { controlTypes, fieldsOf, identityTypes } from "./lib/format.js";
import { makeChains, makeLog, type ChainStep, type World } from "./lib/logs.js";
import { mutants } from "./lib/mutate.js";

const SEED = Number(process.env["LUOTSI_SEED"] ?? Date.now() % 2 ** 31);
const BITS = process.env["LUOTSI_EVIL"] === "long" ? Infinity : 4;
const dice = makeDice(SEED);

after(endClients);

const wordOf = (thrown: unknown): string => {
	if (thrown instanceof SealError) return thrown.word;
	throw thrown;
};

/** What the client made of the mutants: how often each word was said. */
type Said = Map<string, number>;
const count = (said: Said, word: string): void => void said.set(word, (said.get(word) ?? 0) + 1);
const told = (said: Said): string => [...said].sort((a, b) => b[1] - a[1]).map(([word, n]) => `${word} ${n}`).join(", ");
const total = (said: Said): number => [...said.values()].reduce((a, b) => a + b, 0);

/** Everything was compared, and the server's code said the same. */
const agreed = async (checker: Checker, least: number): Promise<void> => {
	const compared = await checker.end();
	assert.deepEqual(checker.differences, [], `seed ${SEED}`);
	assert.ok(compared >= least, `only ${compared} answers were compared`);
};

// --- control logs -------------------------------------------------------------------------------------------------------

const beginLog = async (checker: Checker, w: World, until: number): Promise<void> => {
	await checker.ask("X", "ok");
	await checker.ask("C", `ok ${controlDigest(emptyControl())}`);
	for (const p of w.people) await checker.ask(personLine(p), "ok");
	for (let i = 0; i < until; i++) await checker.ask(lineOf("E", "-", (w.steps[i] as { bytes: Bytes }).bytes), `ok ${controlDigest((w.steps[i + 1] as { before: ControlState }).before)}`);
};

interface Judged {
	readonly word: string;
	readonly after: ControlState;
	/** By who signs it, and inside. */
	readonly signed: boolean;
	readonly inside: string;
}

const judgeEntry = async (w: World, before: ControlState, bytes: Bytes): Promise<Judged> => {
	const entry = await readControl(bytes).catch(wordOf);
	if (typeof entry === "string") return { word: entry, after: before, signed: false, inside: entry };
	const next = applyControl(before, entry, w.people, entry.env.time);
	const pub = entry.rare?.signer ?? keyFinder(w.persons.map((p) => p.chain))(entry.env.sender, entry.env.senderKid);
	const invited = before.invite && entry.body.type === "join" && equal(before.invite.id, entry.body.invite) ? before.invite : undefined; // of another the rules say it
	const joins = !invited || (await verifyJoin(entry, invited.sigPub));
	const opens = !entry.rare?.signer || ((await verifyEnvelope(entry.env, entry.rare.signer)) && (await entry.rare.vouched()));
	const signed = pub !== undefined && (await verifyEnvelope(entry.env, pub)) && joins && opens;
	return { ...(typeof next === "string" ? { word: next, after: before } : { word: "ok", after: next }), signed, inside: joins && opens ? "ok" : "bad_signature" };
};

test("every_field_of_every_control_entry", async (t) => {
	t.diagnostic(`seed ${SEED}`);
	const w = await makeLog();
	const checker = startChecker(CHECKER);
	const said: Said = new Map();
	const types = new Set<number>();
	for (const [i, { before, bytes }] of w.steps.entries()) {
		types.add((await parseEnvelope(bytes)).body?.[0] as number);
		await beginLog(checker, w, i);
		assert.deepEqual(await judgeEntry(w, before, bytes).then(({ word, signed }) => [word, signed]), ["ok", true]);
		for (const { what, bytes: changed } of mutants(bytes, fieldsOf(bytes, KIND.control), dice, BITS)) {
			const { word, after: next, signed, inside } = await judgeEntry(w, before, changed);
			count(said, word);
			assert.ok(word !== "ok" || !signed, `${what} of entry ${i} was changed after it was signed, and is believed (seed ${SEED})`);
			await checker.ask(lineOf("J", changed), inside);
			await checker.ask(lineOf("E", "-", changed), `${word} ${controlDigest(next)}`);
			if (word === "ok") await beginLog(checker, w, i);
		}
	}
	t.diagnostic(`${total(said)} entries: ${told(said)}`);
	assert.deepEqual([...types].sort((a, b) => a - b), controlTypes(), "an entry of the format was not tried");
	await agreed(checker, 2 * total(said));
});

test("every_order_of_two_control_entries", async () => {
	const w = await makeLog();
	const checker = startChecker(CHECKER);
	let asked = 0;
	for (const [i, { before }] of w.steps.entries()) {
		await beginLog(checker, w, i);
		for (const [j, { bytes }] of w.steps.entries()) {
			if (j === i) continue;
			const { word, after: next } = await judgeEntry(w, before, bytes);
			assert.notEqual(word, "ok", `entry ${j} in the place of ${i}`);
			await checker.ask(lineOf("E", "-", bytes), `${word} ${controlDigest(next)}`);
			asked++;
		}
	}
	await agreed(checker, asked);
});

// --- identity chains ----------------------------------------------------------------------------------------------------

const beginChain = async (checker: Checker, steps: readonly ChainStep[], until: number): Promise<void> => {
	await checker.ask("O", `ok ${identityDigest(emptyIdentity())}`);
	await checker.ask("I", `ok ${identityDigest(emptyIdentity())}`);
	for (const [i, { of, bytes }] of steps.entries()) {
		if (i >= until) return;
		const next = steps[i + 1];
		const state = next && next.of === of ? next.before.state : undefined;
		const read = await readIdentity(bytes);
		const applied = state ?? applyIdentity((steps[i] as ChainStep).before.state, read, undefined, read.env.time);
		if (typeof applied === "string") throw new Error(applied);
		await checker.ask(lineOf(of, "-", bytes), `ok ${identityDigest(applied)}`);
	}
};

test("every_field_of_every_identity_entry", async (t) => {
	t.diagnostic(`seed ${SEED}`);
	const { steps, organisation } = await makeChains();
	const checker = startChecker(CHECKER);
	const said: Said = new Map();
	const types = new Set<number>();
	for (const [i, { of, before, bytes }] of steps.entries()) {
		types.add((await parseEnvelope(bytes)).body?.[0] as number);
		await beginChain(checker, steps, i);
		const issuers = of === "i" ? organisation.state : undefined;
		for (const { what, bytes: changed } of mutants(bytes, fieldsOf(bytes, KIND.identity), dice, BITS)) {
			const entry = await readIdentity(changed).catch(wordOf);
			const next = typeof entry === "string" ? entry : applyIdentity(before.state, entry, issuers, entry.env.time);
			const signed = typeof entry === "string" ? entry : (await verifyIdentity(before.state, entry, issuers)) ? "ok" : "bad_signature";
			const word = typeof next === "string" ? next : "ok";
			count(said, word);
			assert.ok(word !== "ok" || signed !== "ok", `${what} of entry ${i} was changed after it was signed, and is believed (seed ${SEED})`);
			await checker.ask(lineOf(`S ${of}`, changed), signed);
			await checker.ask(lineOf(of, "-", changed), `${word} ${identityDigest(typeof next === "string" ? before.state : next)}`);
			if (word === "ok") await beginChain(checker, steps, i);
		}
	}
	t.diagnostic(`${total(said)} entries: ${told(said)}`);
	assert.deepEqual([...types].sort((a, b) => a - b), identityTypes(), "an entry of the format was not tried");
	await agreed(checker, 2 * total(said));
});

// --- envelopes of a conversation ----------------------------------------------------------------------------------------

const item = (ctype: number): Content => ({
	type: "item", ctype, bytes: zeroes(2),
	clear: ITEM_KINDS[ctype] === KIND.file ? makeFileClear({ file: random(16), cipherSize: 328, partsHash: random(32) }) : zeroes(0),
});

const CONTENTS: readonly Content[] = [
	{ type: "text", text: "Hei!" }, { type: "edit", target: random(16), text: "Hei taas!" }, { type: "delete", target: random(16) }, { type: "read", target: random(16), hash: random(32) },
	...[5, 7, 8, 9, 10, 11].map(item),
];

const parsed = async (bytes: Bytes, form: "V" | "T"): Promise<Envelope | string> => (form === "V" ? parseEnvelope(bytes) : parseTombstone(bytes)).catch(wordOf);

test("every_field_of_every_kind_of_envelope", async (t) => {
	t.diagnostic(`seed ${SEED}`);
	const [keys, key] = [await makeKeys(), await importSealKey(random(32))];
	const checker = startChecker(CHECKER);
	const said: Said = new Map();
	const kinds = new Set<number>();
	for (const content of CONTENTS) {
		const parents = [random(32), random(32)].sort((a, b) => Buffer.compare(a, b));
		const fields = { org: random(16), room: random(16), sender: random(16), epoch: 3, seq: 7, logHead: random(32), parents, time: NOON, retention: 1 };
		const bytes = await sealMessage(keys.sig, key, fields, content, echoOf("fi", 1, 1));
		const env = await parseEnvelope(bytes);
		kinds.add(env.kind);
		for (const { what, bytes: changed } of mutants(bytes, fieldsOf(bytes, env.kind), dice, BITS)) {
			const read = await parsed(changed, "V");
			const good = typeof read !== "string" && (await verifyEnvelope(read, keys.sig.pub));
			count(said, typeof read === "string" ? read : "bad_signature");
			assert.ok(!good, `${what} of kind ${env.kind} was changed after it was signed, and is believed (seed ${SEED})`);
			await checker.ask(lineOf("V", changed), typeof read === "string" ? read : `ok ${Buffer.from(read.hash).toString("hex")}`);
			await checker.ask(lineOf("K", keys.sig.pub, changed), typeof read === "string" ? read : "bad_signature");
			const erased = typeof read === "string" ? changed : tombstoneOf(read);
			const left = await parsed(erased, "T");
			await checker.ask(lineOf("T", erased), typeof left === "string" ? left : `ok ${Buffer.from(left.hash).toString("hex")}`);
		}
	}
	t.diagnostic(`${total(said)} envelopes: ${told(said)}`);
	assert.deepEqual([...kinds].sort((a, b) => a - b), Object.values(KIND).filter((kind) => kind !== KIND.control && kind !== KIND.identity), "a kind was not tried");
	await agreed(checker, 3 * total(said));
});
