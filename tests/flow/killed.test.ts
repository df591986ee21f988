// kill -9 of the jobs process at every statement of what it does by itself: erasure by rules and because a person asked for it, what an
// agreement leaves at its end, another processor, new keys, leftovers of files; and of a worker at every statement of a step that many take at
// once. Whenever it dies, started again it comes to the same end. The
// short form kills it at each statement that changes something, and a few times at one among all; the long one (LUOTSI_KILLED=long) at each
// message of a whole run in turn, until a run comes to its end undisturbed.

import { strict as assert } from "node:assert";
import { test } from "node:test";
import type { House } from "./house.js";
import type { Step, Verdict } from "./killed/line.js";
import type { Role } from "./killed/roles.js";
import { openBench, type Bench, type Plan, type Ran } from "./killed/runs.js";

const LANES = 4;
const isLong = process.env["LUOTSI_KILLED"] === "long";

/** Each of the statements, once when it was executed and is not committed, and once when nobody heard that it was, or to be told to stop: at most one a life. */
const each = (left: Set<string>): Plan => () => ({ kind, statement }: Step): Verdict => {
	if (kind === "execute") return "pass";
	for (const form of ["before", "after", "stop"] as const) if (left.delete(`${statement} ${form}`)) return form;
	return "pass";
};

/** The first life dies at its step of that number. */
const at = (n: number, form: "before" | "after"): Plan => (life) => (step) => (life === 1 && step.n === n ? form : "pass");

const same = (ran: Ran, undisturbed: Ran, how: string): void => {
	assert.deepEqual(ran.outcome.faults, [], how);
	const [was, is] = [new Set(undisturbed.outcome.rows), new Set(ran.outcome.rows)];
	const unlike = [...ran.outcome.rows.filter((row) => !was.has(row)).map((row) => `+ ${row}`), ...undisturbed.outcome.rows.filter((row) => !is.has(row)).map((row) => `- ${row}`)];
	assert.deepEqual(unlike, [], how);
	assert.deepEqual(ran.outcome.rows, undisturbed.outcome.rows, how); // also how often
};

/** All of them are over when it is, also when one has failed. */
const all = async <T>(works: readonly Promise<T>[]): Promise<T[]> => {
	const settled = await Promise.allSettled(works);
	return settled.map((one) => {
		if (one.status === "rejected") throw one.reason;
		return one.value;
	});
};

const short = async (bench: Bench, role: Role): Promise<void> => {
	const left = new Set([...role.writes.flatMap((name) => [`${name} before`, `${name} after`]), ...role.stops.map((name) => `${name} stop`)]), most = left.size;
	const [undisturbed, killed] = (await all([bench.run(role, () => () => "pass"), bench.run(role, each(left))])) as [Ran, Ran];
	same(undisturbed, undisturbed, "undisturbed");
	same(killed, undisturbed, "killed at each statement that changes something");
	assert.deepEqual([[...left], killed.kills.length], [[], most], "each of them was killed, in both ways, and told to stop where it begins");
	const total = undisturbed.steps.filter(({ life }) => life === 1).length, stride = Math.max(1, Math.floor(total / 2 / (role.samples + 1)));
	const sampled = await all(Array.from({ length: role.samples }, (_, i) => bench.run(role, at((i + 1) * stride, "before"))));
	for (const [i, ran] of sampled.entries()) same(ran, undisturbed, `killed before message ${(i + 1) * stride}`);
	const more = sampled.flatMap(({ kills }) => kills).length;
	console.log(`${role.name} killed ${2 * role.writes.length} times at ${role.writes.length} statements, told to stop ${role.stops.length} times, and killed ${more} times at messages ${stride} apart, of ${total}`);
	assert.ok(more > 0 || role.samples === 0);
};

/** From the first message on, several runs beside each other, until one was through before its message came. */
const long = async (bench: Bench, role: Role): Promise<void> => {
	const undisturbed = await bench.run(role, () => () => "pass");
	same(undisturbed, undisturbed, "undisturbed");
	const met = new Map<string, number>();
	let next = 1, last = Infinity, killed = 0;
	const lane = async (): Promise<void> => {
		for (let n = next++; n < last; n = next++) {
			const before = await bench.run(role, at(n, "before")), [step] = before.kills;
			same(before, undisturbed, `killed before message ${n}`);
			if (step === undefined) last = Math.min(last, n);
			else killed++;
			if (step?.kind !== "commit") continue;
			const after = await bench.run(role, (life) => (one) => (life === 1 && one.n >= n && one.kind === "commit" ? "after" : "pass"));
			same(after, undisturbed, `killed after message ${n}`);
			killed += after.kills.length;
			met.set(step.statement, (met.get(step.statement) ?? 0) + after.kills.length);
		}
	};
	await all(Array.from({ length: LANES }, lane));
	console.log(`${role.name} killed ${killed} times, at each of ${last - 1} messages: ${JSON.stringify(Object.fromEntries(met))}`);
	for (const name of role.writes) assert.ok((met.get(name) ?? 0) > 0, `${name} was killed`);
};

export const killedTests = (house: () => House): void => {
	test("a_process_killed_at_every_statement_comes_to_the_same_end", { timeout: isLong ? 7_200_000 : 600_000 }, async () => {
		const bench = await openBench(house());
		try {
			for (const role of [bench.worker, bench.jobs]) await (isLong ? long : short)(bench, role);
			assert.deepEqual(bench.place.bugs(), []);
		} finally {
			await bench.close();
		}
	});
};
