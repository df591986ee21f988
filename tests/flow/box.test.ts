// Every process has its filter of system calls, and what the supervisor makes of one that the kernel ended for asking what is forbidden.
// Which calls end it is tried in tests/unit/base_box.c; here the signal is sent that the kernel would send.

import { strict as assert } from "node:assert";
import { appendFileSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { processes } from "./drain.test.js";
import { doubts, say, talk, type House } from "./house.js";

const PATIENCE = 60_000, LOOK_MS = 50;

/** How many filters a process has; NaN when it has gone. */
const filters = (pid: number): number => {
	try {
		return Number(/^Seccomp_filters:\s*(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]);
	} catch {
		return NaN;
	}
};

const until = async (what: string, holds: () => boolean): Promise<void> => {
	for (const end = Date.now() + PATIENCE; !holds(); await new Promise((resolve) => setTimeout(resolve, LOOK_MS))) assert.ok(Date.now() < end, what);
};

const workersOf = (supervisor: number): number[] => [...processes(supervisor)].flatMap(([pid, role]) => (role === "worker" ? [pid] : []));

export const boxTests = (get: () => House): void => {
	test("every_process_is_closed_in", async () => {
		const { service } = get(), outside = filters(process.pid);
		// The supervisor by its own filter, whatever it was renewed to; a child by that and by its own, once it has begun.
		const wanted = (pid: number): number => outside + (pid === service.server_pid ? 1 : 2);
		const roles = new Set<string>();
		await until("all have their filters", () => {
			const now = [...processes(service.server_pid)];
			for (const [pid, role] of now) if (filters(pid) === wanted(pid)) roles.add(role);
			return now.every(([pid]) => filters(pid) === wanted(pid)) && ["run", "worker", "jobs", "keys", "signer"].every((role) => roles.has(role));
		});
	});

	test("who_asks_for_what_is_forbidden_is_ended_and_told_of_and_another_goes_on", async () => {
		const house = get(), { service } = house;
		const { client, counsellor, room } = await talk(house);
		await say(client, counsellor, room, "ennen");
		const before = workersOf(service.server_pid);
		assert.ok(before.length >= 2);
		for (const pid of before) {
			appendFileSync(join(service.state, "provoked"), `pid=${pid}\n`);
			process.kill(pid, "SIGSYS");
		}
		await client.engine.send(room, "jälkeen");
		await counsellor.until("after the end of both", () => counsellor.texts(room).includes("jälkeen"));
		assert.deepEqual(counsellor.texts(room), ["Tervetuloa!", "ennen", "jälkeen"]);
		assert.equal(doubts(counsellor, room), 0);
		const told = (pid: number): boolean => new RegExp(`error supervisor forbidden_call role=worker worker=\\d+ pid=${pid}$`, "m").test(readFileSync(join(service.log, "luotsid.log"), "utf8"));
		await until("the log says it of each", () => before.every(told));
	});
};
