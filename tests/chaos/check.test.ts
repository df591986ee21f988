// The checker finds what it is for: each law on a history made by hand, whole first and then with one thing wrong.

import { strict as assert } from "node:assert";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { check, shortest } from "./check.js";
import type { Act, Fault, History, Observed, Op, Shown, View } from "./history.js";
import { planOf, WEIGHTS } from "./nemesis.js";
import { makeChance } from "./random.js";
import { shrink } from "./shrink.js";

const ROOM = "room";

const op = (n: number, act: Act, what: string, more: Partial<Op> = {}): Op =>
	({ n, device: "client0a", user: "client", room: ROOM, act, what, about: "", began: n * 10, ended: n * 10 + 5, outcome: "ok", id: "", word: "", ...more });

const shown = (id: string, seq: number, text: string, more: Partial<Shown> = {}): Shown => ({ id, seq, text, deleted: false, locked: false, ...more });

interface Case {
	ops: Op[];
	stored: { room: string; seq: number; id: string; hash: string }[];
	views: View[];
	faults: string[];
}

/** Said "a", corrected to "a2"; said "b", taken back; said "c"; a file, a draft, an answer, a colleague. */
const whole = (): Case => {
	const order = ["a", "b", "a-edit", "b-delete", "c", "given", "handed"].map((id, i) => ({ room: ROOM, seq: i + 1, id, hash: `hash of ${id}` }));
	const view = (device: string, user: string, fresh: boolean): View => ({
		device, user, room: ROOM, fresh, order: order.map(({ seq, hash }) => ({ seq, hash })), doubts: [], head: "head", phase: "open", members: ["client", "counsellor", "colleague"],
		shown: [shown("a", 1, "a2"), shown("b", 2, "", { deleted: true }), shown("c", 5, "c"), shown("given", 6, ""), shown("handed", 7, "")],
		files: [{ id: "file", digest: "digest", fault: "" }], draft: user === "client" ? "draft 2" : "",
		sheets: [{ assignment: "given", value: user === "client" ? "answer" : "", handedIn: ["answer"] }],
	});
	return {
		ops: [
			op(1, "say", "a", { id: "a" }), op(2, "say", "b", { id: "b" }), op(3, "edit", "a2", { id: "a-edit", about: "a" }), op(4, "delete", "", { id: "b-delete", about: "b" }), op(5, "say", "c", { id: "c" }),
			op(6, "give", "", { id: "given", user: "counsellor" }), op(7, "sheet", "answer", { about: "given" }), op(8, "hand-in", "answer", { id: "handed", about: "given" }),
			op(9, "file", "digest"), op(10, "draft", "draft 1"), op(11, "draft", "draft 2"), op(12, "add", "colleague"), op(13, "edit", "never", { outcome: "refused", word: "not_found", about: "b" }),
		],
		stored: order, views: [view("client, anew", "client", true), view("counsellor, anew", "counsellor", true), view("client0a", "client", false)], faults: [],
	};
};

const judge = (bend: (one: Case) => void): Fault[] => {
	const one = whole();
	bend(one);
	const history: History = { seed: 1, ops: one.ops, deeds: [] }, found: Observed = one;
	return check(history, found);
};

const laws = (bend: (one: Case) => void): string[] => [...new Set(judge(bend).map(({ law }) => law))];
const at = <T>(rows: readonly T[], n: number): T => rows[n] as T;
const setView = (one: Case, n: number, more: Partial<View>): void => void (one.views[n] = { ...at(one.views, n), ...more });
const setShown = (one: Case, n: number, id: string, more: Partial<Shown> | undefined): void =>
	setView(one, n, { shown: at(one.views, n).shown.flatMap((row) => (row.id !== id ? [row] : more ? [{ ...row, ...more }] : [])) });
const setOp = (one: Case, n: number, more: Partial<Op>): void => void (one.ops = one.ops.map((row) => (row.n === n ? { ...row, ...more } : row)));

const CASES: Record<string, { law: string; bend: (one: Case) => void }> = {
	"a message that was acknowledged and is lost": { law: "lost", bend: (one) => void (one.stored = one.stored.filter(({ id }) => id !== "c").map((row, i) => ({ ...row, seq: i + 1 }))) },
	"an edit that was acknowledged and is lost": { law: "lost", bend: (one) => setOp(one, 3, { id: "another" }) },
	"a message at two places": { law: "once", bend: (one) => void one.stored.push({ ...at(one.stored, 4), seq: 8 }) },
	"a hole in the order": { law: "order", bend: (one) => void one.stored.splice(2, 1) },
	"a place that is given twice": { law: "order", bend: (one) => void (one.stored[6] = { ...at(one.stored, 6), seq: 6 }) },
	"two messages whose order is not that of time": { law: "time", bend: (one) => {
		setOp(one, 1, { id: "c" });
		setOp(one, 5, { id: "a" });
	} },
	"a browser with two messages the other way round": { law: "agree", bend: (one) => setView(one, 2, { order: at(one.views, 2).order.map(({ seq }, i) => ({ seq, hash: at(at(one.views, 2).order, i < 2 ? 1 - i : i).hash })) }) },
	"a browser that lacks one in the middle": { law: "agree", bend: (one) => setView(one, 2, { order: at(one.views, 2).order.filter(({ seq }) => seq !== 3) }) },
	"a browser that lacks the last": { law: "agree", bend: (one) => setView(one, 2, { order: at(one.views, 2).order.slice(0, -1) }) },
	"a new browser that lacks the first": { law: "agree", bend: (one) => setView(one, 0, { order: at(one.views, 0).order.slice(1) }) },
	"an envelope that does not verify": { law: "verify", bend: (one) => setView(one, 1, { doubts: [4] }) },
	"control logs that differ": { law: "log", bend: (one) => setView(one, 2, { head: "another" }) },
	"a message that is stored and not shown": { law: "shown", bend: (one) => setShown(one, 1, "c", undefined) },
	"a message of which half is there": { law: "shown", bend: (one) => setShown(one, 1, "c", { text: "" }) },
	"a message that cannot be opened": { law: "shown", bend: (one) => setShown(one, 0, "c", { locked: true, text: "" }) },
	"a correction that does not count": { law: "shown", bend: (one) => setShown(one, 0, "a", { text: "a" }) },
	"a deletion that does not count": { law: "shown", bend: (one) => setShown(one, 0, "b", { deleted: false, text: "b" }) },
	"a deletion that nobody made": { law: "shown", bend: (one) => setShown(one, 0, "c", { deleted: true, text: "" }) },
	"a deleted message that can be read": { law: "shown", bend: (one) => setShown(one, 0, "b", { text: "b" }) },
	"a text that stands there twice": { law: "once", bend: (one) => setView(one, 0, { shown: [...at(one.views, 0).shown, shown("c again", 8, "c")] }) },
	"a text that was refused and is there": { law: "refused", bend: (one) => setView(one, 0, { shown: [...at(one.views, 0).shown, shown("refused", 8, "never")] }) },
	"a file that is not there": { law: "file", bend: (one) => setView(one, 1, { files: [] }) },
	"a file that is there twice": { law: "file", bend: (one) => setView(one, 1, { files: [...at(one.views, 1).files, { id: "file 2", digest: "digest", fault: "" }] }) },
	"a file with other bytes": { law: "file", bend: (one) => setView(one, 1, { files: [{ id: "file", digest: "other", fault: "" }] }) },
	"a file of which half is there": { law: "file", bend: (one) => setView(one, 1, { files: [...at(one.views, 1).files, { id: "half", digest: "", fault: "not_found" }] }) },
	"a draft that is lost": { law: "draft", bend: (one) => setView(one, 0, { draft: "" }) },
	"a draft that is the one before": { law: "draft", bend: (one) => setView(one, 0, { draft: "draft 1" }) },
	"an answer that was handed in and is lost": { law: "answer", bend: (one) => setView(one, 1, { sheets: [{ assignment: "given", value: "", handedIn: [] }] }) },
	"an answer that is there twice": { law: "answer", bend: (one) => setView(one, 1, { sheets: [{ assignment: "given", value: "", handedIn: ["answer", "answer"] }] }) },
	"a sheet that is lost": { law: "answer", bend: (one) => setView(one, 0, { sheets: [{ assignment: "given", value: "", handedIn: ["answer"] }] }) },
	"a colleague who was added and is out": { law: "member", bend: (one) => setView(one, 0, { members: ["client", "counsellor"] }) },
	"a colleague who was removed and is in": { law: "member", bend: (one) => void one.ops.push(op(14, "remove", "colleague")) },
	"what a verifier of the service found": { law: "verifier", bend: (one) => void one.faults.push("1 faults among the files.") },
	"a message that was refused for no reason": { law: "reason", bend: (one) => void one.ops.push(op(14, "say", "x", { outcome: "refused", word: "quarantine" })) },
	"a correction that was refused though nobody took the message back": { law: "reason", bend: (one) => setOp(one, 13, { about: "a" }) },
	"somebody who was never answered": { law: "answered", bend: (one) => void one.ops.push(op(14, "say", "x", { outcome: "open", ended: 0 })) },
};

test("a history in which all is well has no fault", () => {
	assert.deepEqual(judge(() => undefined), []);
});

for (const [name, { law, bend }] of Object.entries(CASES)) {
	test(`finds ${name}`, () => {
		const found = laws(bend);
		assert.ok(found.includes(law), `${law} is not among ${found.join(", ") || "none"}`);
	});
}

test("what nobody knows of may have happened or not", () => {
	const unknown: Partial<Op> = { outcome: "unknown", id: "" };
	assert.deepEqual(laws((one) => setOp(one, 3, unknown)), []); // the edit: "a2" stands there
	assert.deepEqual(laws((one) => {
		setOp(one, 3, unknown);
		for (const n of [0, 1]) setShown(one, n, "a", { text: "a" });
	}), []);
	assert.deepEqual(laws((one) => setOp(one, 4, unknown)), []); // the deletion
	assert.deepEqual(laws((one) => {
		setOp(one, 11, unknown);
		setView(one, 0, { draft: "draft 1" });
	}), []);
	const both = (one: Case): void => setView(one, 0, { draft: "draft 2\n\ndraft 1" });
	assert.deepEqual(laws((one) => {
		setOp(one, 10, unknown); // it was there when the next one came
		both(one);
	}), []);
	assert.deepEqual(laws(both), ["draft"]);
});

test("the shortest history has the ops on the message, and what was done to the service meanwhile", () => {
	const one = whole();
	setShown(one, 0, "a", { text: "a" });
	const deed = (n: number, began: number, ended: number) => ({ n, name: "kill", began, ended, told: "" });
	const history: History = { seed: 1, ops: one.ops, deeds: [deed(0, -5_000, -4_000), deed(1, 12, 20), deed(2, 5_000, 5_001)] };
	const [found] = check(history, one);
	const short = shortest(history, found as Fault);
	assert.deepEqual(short.ops.map(({ n }) => n), [1, 3]);
	assert.deepEqual(short.deeds.map(({ n }) => n), [1]);
});

test("a seed makes the same choices again, and another seed others", () => {
	const draw = (seed: number): number[] => {
		const from = makeChance(seed);
		return [...Array.from({ length: 20 }, () => from.below(1_000)), from.fork("a").below(1_000), from.fork("b").below(1_000)];
	};
	assert.deepEqual(draw(7), draw(7));
	assert.notDeepEqual(draw(7), draw(8));
	const weighed = makeChance(3), count = { often: 0, seldom: 0, never: 0 };
	for (let i = 0; i < 1_000; i++) count[weighed.weighed({ often: 9, seldom: 1, never: 0 })]++;
	assert.ok(count.often > 800 && count.seldom > 40 && count.never === 0, JSON.stringify(count));
});

test("each deed is done thrice by the recorded seeds, and none that is impossible here", () => {
	const seeds = readFileSync(join(process.env["LUOTSI_TEST_LIB"] as string, "..", "chaos", "seeds"), "utf8").trim().split("\n").map(Number);
	const all = Object.keys(WEIGHTS) as (keyof typeof WEIGHTS)[];
	const done = (able: typeof all): string[] => seeds.flatMap((seed) => planOf(seed, 9_000, able).map(({ name }) => name));
	for (const name of all) assert.ok(done(all).filter((other) => other === name).length >= 3, name);
	assert.ok(!done(all.filter((name) => name !== "line" && name !== "cut")).some((name) => name === "line" || name === "cut"));
});

const NUMBERS = Array.from({ length: 20 }, (_, i) => i);
const always = (): boolean => true;

test("of twenty deeds the two are found without which all is well, for every two", async () => {
	for (const a of NUMBERS) {
		for (const b of NUMBERS.slice(a + 1)) assert.deepEqual(await shrink(NUMBERS, async (some) => some.includes(a) && some.includes(b), always), [a, b]);
	}
});

test("what is left fails, and none of it can be left out", async () => {
	for (let seed = 1; seed <= 200; seed++) {
		const from = makeChance(seed), pairs = NUMBERS.slice(0, from.between(1, 6)).map(() => [from.below(20), from.below(20), from.below(20)]);
		const fails = (some: readonly number[]): boolean => pairs.some((those) => those.every((one) => some.includes(one)));
		const left = await shrink(NUMBERS, async (some) => fails(some), always);
		assert.ok(fails(left), `${seed}: ${left.join()}`);
		for (const one of left) assert.ok(!fails(left.filter((other) => other !== one)), `${seed}: ${left.join()} without ${one}`);
	}
});

test("a fault that needs no deed has none, and one that does not show itself again keeps all", async () => {
	assert.deepEqual(await shrink(NUMBERS, async () => true, always), []);
	assert.deepEqual(await shrink(NUMBERS, async () => false, always), NUMBERS);
	assert.deepEqual(await shrink([], async () => false, always), []);
});

test("when the time is over nothing more is tried, and what failed last is what is left", async () => {
	for (let most = 0; most < 30; most++) {
		let tries = 0;
		const fails = async (some: readonly number[]): Promise<boolean> => {
			tries++;
			return some.includes(3) && some.includes(17);
		};
		const left = await shrink(NUMBERS, fails, () => tries < most);
		assert.ok(tries <= most && left.includes(3) && left.includes(17), `${most}: ${left.join()}`);
	}
});
