// The server decides with what holds at its own time; whoever replays the log later knows of every key that has ended since, and has
// only the entries' own clocks, ten minutes off either way. Both must come to the same: otherwise a room's log would stop being one.

import "./lib/quick-hash.js";
import assert from "node:assert/strict";
import { test } from "node:test";
import {
	applyControl, emptyControl, equal, makePair, readControl, standingOf, zeroes, type Bytes, type ControlEntry, type ControlState, type PersonRecord,
} from "../../web/src/seal/index.js";
import { CHECKER, lineOf, personLine, startChecker } from "./lib/checker.js";
import { entryNow, makeWorld, nameKeys, type World } from "./lib/control-generator.js";
import { makeDice, type Dice } from "./lib/dice.js";
import { controlDigest } from "./lib/dump.js";

const SEED = Number(process.env["LUOTSI_SEED"] ?? Date.now() % 2 ** 31);
const ENTRIES = Number(process.env["LUOTSI_ENTRIES"] ?? 100_000) / 10;
const ENTRIES_MAX = 10 * ENTRIES; // of a seed whose rare cases come late
const RARE = { close: ENTRIES / 1_000, opened: ENTRIES / 2_000 };
const DRIFT = 600_000;
const HOUR = 3_600_000;

const near = (dice: Dice, time: number): number => time + dice.below(2 * DRIFT + 1) - DRIFT;
const holding = (all: readonly PersonRecord[]): PersonRecord[] => all.filter((p) => p.ended === 0);

const bare = (dice: Dice, user: Bytes, resets: number): PersonRecord =>
	({ user, sigKid: dice.bytes(32), encKid: dice.bytes(32), resets, staff: false, cert: zeroes(32), validFrom: 0, validUntil: 0, ended: 0 });

const certified = (dice: Dice, p: PersonRecord, time: number): PersonRecord =>
	({ ...p, staff: true, cert: dice.bytes(32), validFrom: time - DRIFT, validUntil: time + HOUR + dice.below(60 * HOUR) });

/** Something happens to somebody's keys at the server's time, by the clock of whoever signs it. */
const change = (dice: Dice, all: PersonRecord[], org: Bytes, staff: ReadonlySet<Bytes>, time: number): PersonRecord[] => {
	const who = dice.pick(all);
	const t = near(dice, time);
	const current = all.findLast((p) => p.user === who.user) as PersonRecord;
	if (current.ended === 0 && staff.has(who.user) && dice.chance(50)) return [...all, certified(dice, current, t)];
	const after = all.map((p) => (p.user === who.user && p.ended === 0 ? { ...p, ended: t } : p));
	if (dice.chance(25)) return after;
	if (equal(who.user, org)) return [...after, { ...current, encKid: dice.bytes(32), ended: 0 }];
	const next = bare(dice, who.user, current.resets + (current.ended !== 0 || dice.chance(50) ? 1 : 0));
	return staff.has(who.user) ? [...after, next, certified(dice, next, t)] : [...after, next];
};

interface Log {
	readonly entries: Bytes[];
	readonly digests: string[];
	people: PersonRecord[];
}

const isLeaving = (s: ControlState, { env }: ControlEntry, people: readonly PersonRecord[]): boolean =>
	s.members.some((m) => m.active && !m.lapsed && standingOf(m, people, env.time) === "leaving");

/** A room as a server lets it grow; each entry is replayed at once with all that is known. */
const grow = async (dice: Dice, w: World, length: number, seen: { close: number; opened: number }): Promise<Log> => {
	const log: Log = { entries: [], digests: [], people: holding(w.people) };
	const users = Array.from({ length: 3 + dice.below(5) }, () => dice.bytes(16));
	const staff = new Set(users.filter((_, i) => i < 2 || dice.chance(50)));
	let time = w.time;
	for (const user of users) {
		const first = bare(dice, user, 0);
		log.people.push(first, ...(staff.has(user) ? [certified(dice, first, time)] : []));
	}
	let state = emptyControl();
	for (let i = 0; i < length; i++) {
		time += dice.below(dice.chance(70) ? HOUR / 4 : 6 * HOUR);
		if (dice.chance(12)) log.people = change(dice, log.people, w.org, staff, time);
		const strict = holding(log.people);
		if (strict.every((p) => equal(p.user, w.org))) break;
		const late = dice.chance(10) ? dice.below(100 * HOUR) : 0; // only what comes from a ceremony may
		const bytes = entryNow({ ...w, people: strict, time: near(dice, time) - late }, state);
		const entry = await readControl(bytes).catch(() => undefined);
		const next = entry ? applyControl(state, entry, strict, time) : "malformed";
		if (typeof next === "string" || !entry) continue;
		if (entry.body.type === "epoch" && isLeaving(state, entry, log.people)) seen.close++;
		if (entry.rare?.opening && time - entry.env.time > HOUR) seen.opened++;
		state = next;
		log.entries.push(bytes);
		log.digests.push(controlDigest(state));
	}
	return log;
};

test("replays_every_log_as_the_server_decided_it", async (t) => {
	t.diagnostic(`seed ${SEED}`);
	const dice = makeDice(SEED + 3);
	const points = [(await makePair()).pub];
	await nameKeys(points);
	const checker = startChecker(CHECKER);
	const seen = { close: 0, opened: 0 };
	const differences: string[] = [];
	let replayed = 0;
	const isEnough = (): boolean => replayed >= ENTRIES && seen.close > RARE.close && seen.opened > RARE.opened;
	while (!isEnough() && replayed < ENTRIES_MAX && differences.length === 0) {
		const log = await grow(dice, makeWorld(dice, points, 0), 150, seen);
		await checker.ask("X", "ok");
		await checker.ask("C", `ok ${controlDigest(emptyControl())}`);
		for (const p of log.people) await checker.ask(personLine(p), "ok");
		let state = emptyControl();
		for (const [i, bytes] of log.entries.entries()) {
			const entry = await readControl(bytes);
			const next = applyControl(state, entry, log.people, entry.env.time);
			const digest = typeof next === "string" ? next : controlDigest(next);
			if (digest !== log.digests[i]) differences.push(`${entry.body.type} ${i}: ${digest}`);
			if (typeof next === "string") break;
			state = next;
			await checker.ask(lineOf("E", "-", bytes), `ok ${log.digests[i]}`);
		}
		replayed += log.entries.length;
	}
	await checker.end();
	t.diagnostic(`${replayed} entries, ${seen.close} epochs just as keys ended, ${seen.opened} late openings`);
	assert.deepEqual([...differences, ...checker.differences], [], `seed ${SEED}`);
	assert.ok(seen.close > RARE.close, "too few epochs were made while keys ended");
	assert.ok(seen.opened > RARE.opened, "too few openings came late");
});
