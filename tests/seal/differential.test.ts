// The two implementations of the rules against each other, on entries that nobody wrote by hand: the same words, and the same
// hash of everything that the state holds, entry by entry.

import "./lib/quick-hash.js";
import assert from "node:assert/strict";
import { test } from "node:test";
import {
	applyControl, applyIdentity, emptyControl, emptyIdentity, encodeControl, KIND, kidEnc, kidSig, makePair, readControl, readIdentity, SealError, zeroes,
	type Bytes, type ControlBody, type ControlState, type HeaderFields, type IdentityState, type PersonRecord,
} from "../../web/src/seal/index.js";
import { CHECKER, lineOf, personLine, startChecker, type Checker } from "./lib/checker.js";
import { makeCrowd, makeWorld, nameKeys, nextEntry, pack, type World } from "./lib/control-generator.js";
import { makeDice, type Dice } from "./lib/dice.js";
import { controlDigest, identityDigest } from "./lib/dump.js";
import { makeIdentityWorld, nextIdentity, type KeyPoint } from "./lib/identity-generator.js";

const SEED = Number(process.env["LUOTSI_SEED"] ?? Date.now() % 2 ** 31);
const ENTRIES = Number(process.env["LUOTSI_ENTRIES"] ?? 100_000);

const IDENTITIES = Number(process.env["LUOTSI_IDENTITIES"] ?? 20_000);

type Seen = Map<string, number>;
const count = (seen: Seen, word: string): unknown => seen.set(word, (seen.get(word) ?? 0) + 1);
const total = (seen: Seen): number => [...seen.values()].reduce((a, b) => a + b, 0);
const summary = (seen: Seen): string =>
	`${total(seen)} entries: ${[...seen].sort((a, b) => b[1] - a[1]).map(([w, n]) => `${w} ${n}`).join(", ")}`;

const wordOf = (e: unknown): string => {
	if (e instanceof SealError) return e.word;
	throw e;
};

const decide = async (state: ControlState, bytes: Bytes, people: readonly PersonRecord[], time: number | "-"): Promise<ControlState | string> => {
	const entry = await readControl(bytes).catch(wordOf);
	return typeof entry === "string" ? entry : applyControl(state, entry, people, time === "-" ? entry.env.time : time);
};

const room = async (checker: Checker, w: World, length: number, seen: Seen): Promise<void> => {
	let state = emptyControl();
	let digest = controlDigest(state);
	await checker.ask("X", "ok");
	await checker.ask("C", `ok ${digest}`);
	for (const p of w.people) await checker.ask(personLine(p), "ok");
	for (let i = 0; i < length; i++) {
		const { bytes, time } = nextEntry(w, state);
		const next = await decide(state, bytes, w.people, time);
		const word = typeof next === "string" ? next : "ok";
		if (typeof next !== "string") {
			state = next;
			digest = controlDigest(state);
		}
		count(seen, word);
		await checker.ask(lineOf("E", time, bytes), `${word} ${digest}`);
	}
};

const worldOf = (dice: Dice, points: readonly Bytes[]): { world: World; length: number } => {
	if (dice.chance(1)) return { world: makeCrowd(dice, points), length: 600 };
	if (dice.chance(2)) return { world: makeWorld(dice, points, 40), length: 700 };
	return { world: makeWorld(dice, points, 2 + dice.below(14)), length: 20 + dice.below(120) };
};

test("decides_100000_generated_control_entries_as_the_server_does", async (t) => {
	t.diagnostic(`seed ${SEED}`);
	const dice = makeDice(SEED);
	const points = await Promise.all(Array.from({ length: 8 }, async () => (await makePair()).pub));
	await nameKeys(points);
	const checker = startChecker(CHECKER);
	const seen: Seen = new Map();
	while (total(seen) < ENTRIES && checker.differences.length === 0) {
		const { world, length } = worldOf(dice, points);
		await room(checker, world, length, seen);
	}
	await checker.end();
	t.diagnostic(summary(seen));
	assert.deepEqual(checker.differences, [], `seed ${SEED}`);
	assert.ok(total(seen) >= ENTRIES);
	assert.ok((seen.get("ok") ?? 0) > ENTRIES / 5, "too few entries are right to reach deep states");
});

interface Chains {
	org: IdentityState;
	person: IdentityState;
}

const identityStep = async (checker: Checker, dice: Dice, w: ReturnType<typeof makeIdentityWorld>, c: Chains, seen: Seen): Promise<void> => {
	const ofOrg = c.org.n === 0 || dice.chance(25);
	const state = ofOrg ? c.org : c.person;
	const { bytes, time } = nextIdentity(w, state, c.org, ofOrg);
	const entry = await readIdentity(bytes).catch(wordOf);
	const issuers = ofOrg || c.org.n === 0 ? undefined : c.org;
	const next = typeof entry === "string" ? entry : applyIdentity(state, entry, issuers, time === "-" ? entry.env.time : time);
	const word = typeof next === "string" ? next : "ok";
	const after = typeof next === "string" ? state : next;
	if (ofOrg) c.org = after;
	else c.person = after;
	count(seen, word);
	await checker.ask(lineOf(ofOrg ? "o" : "i", time, bytes), `${word} ${identityDigest(after)}`);
};

test("decides_20000_generated_identity_entries_as_the_server_does", async (t) => {
	t.diagnostic(`seed ${SEED}`);
	const dice = makeDice(SEED + 1);
	const keys = await Promise.all(Array.from({ length: 120 }, async (): Promise<KeyPoint> => {
		const { pub } = await makePair();
		return { pub, sigKid: await kidSig(pub), encKid: await kidEnc(pub) };
	}));
	const checker = startChecker(CHECKER);
	const seen: Seen = new Map();
	while (total(seen) < IDENTITIES && checker.differences.length === 0) {
		const world = makeIdentityWorld(dice, keys);
		const chains = { org: emptyIdentity(), person: emptyIdentity() };
		await checker.ask("O", `ok ${identityDigest(chains.org)}`);
		await checker.ask("I", `ok ${identityDigest(chains.person)}`);
		for (let n = dice.chance(5) ? 600 : 20 + dice.below(80); n > 0; n--) await identityStep(checker, dice, world, chains, seen);
	}
	await checker.end();
	t.diagnostic(summary(seen));
	assert.deepEqual(checker.differences, [], `seed ${SEED}`);
	assert.ok(total(seen) >= IDENTITIES);
});

const turns = async (checker: Checker, w: World, entries: number): Promise<void> => {
	let state = emptyControl();
	await checker.ask("X", "ok");
	await checker.ask("C", `ok ${controlDigest(state)}`);
	for (const p of w.people) await checker.ask(personLine(p), "ok");
	const staff = w.people.find((p) => p.staff) as PersonRecord;
	const create: ControlBody = {
		type: "create", encKid: staff.encKid, cert: staff.cert, rootKid: w.dice.bytes(32), recoveryKid: w.dice.bytes(32), agreement: w.dice.bytes(16), retention: 1,
	};
	for (let n = 0; n <= entries; n++) {
		const body: ControlBody = n === 0 ? create : n % 2 === 1 ? { type: "close", reason: 1 } : { type: "reopen" };
		const fields: HeaderFields = {
			kind: KIND.control, org: w.org, room: w.room, msgId: staff.user, sender: staff.user, senderKid: staff.sigKid, epoch: 0, seq: state.n, logHead: state.head,
			parents: [], time: w.time, retention: 0, clear: zeroes(0),
		};
		const bytes = pack(fields, encodeControl(body));
		const next = await decide(state, bytes, w.people, "-");
		assert.equal(typeof next === "string" ? next : "ok", n < entries ? "ok" : "too_many");
		if (typeof next !== "string") state = next;
		await checker.ask(lineOf("E", "-", bytes), `${n < entries ? "ok" : "too_many"} ${controlDigest(state)}`);
	}
};

test("holds_65535_entries_in_a_room_and_no_more", async () => {
	const dice = makeDice(SEED + 2);
	const checker = startChecker(CHECKER);
	const points = [(await makePair()).pub];
	await nameKeys(points);
	await turns(checker, makeCrowd(dice, points), 65_535);
	assert.ok((await checker.end()) > 65_535);
	assert.deepEqual(checker.differences, []);
});
