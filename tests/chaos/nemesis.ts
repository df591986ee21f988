// What goes wrong in a run, chosen from the seed: a list of deeds, each with its time and its own chance, so that any of them
// can be left out and the others stay as they were.

import { spawnSync, type ChildProcess } from "node:child_process";
import { readdirSync, readFileSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Service } from "../flow/house.js";
import type { Deed } from "./history.js";
import { makeChance, type Chance } from "./random.js";

export interface Place {
	readonly service: Service & { readonly state: string; readonly data: string };
	/** What tests/chaos/faults.c reads. */
	readonly faults: string;
	/** tests/chaos/wire.c; undefined where there are no TUN interfaces. */
	readonly wire: ChildProcess | undefined;
	/** The folder of the state is a disk of its own, which may be filled. */
	readonly ownDisk: boolean;
}

const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

const childrenOf = (parent: number): { pid: number; words: readonly string[] }[] =>
	readdirSync("/proc").filter((name) => /^\d+$/.test(name)).flatMap((pid) => {
		try {
			const of = Number((readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").pop() as string).split(" ")[1]);
			return of === parent ? [{ pid: Number(pid), words: readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0") }] : [];
		} catch {
			return []; // ended meanwhile
		}
	});

const signal = (pid: number, name: NodeJS.Signals): void => {
	try {
		process.kill(pid, name);
	} catch {
		// ended meanwhile
	}
};

const LEAST_DEEDS = 6; // of a run, however short

const ROLES = ["worker", "worker", "worker", "jobs", "keys", "signer"] as const;

/** How often each deed is done. */
export const WEIGHTS = {
	kill: 20, "kill supervisor": 4, restart: 3, "kill backend": 5, "kill postmaster": 4, stop: 12, line: 14, cut: 5, "full disk": 4, descriptors: 6, clock: 5, "slow flush": 6,
} as const;
type Name = keyof typeof WEIGHTS;

/** What a seed does in so many milliseconds, of the deeds that are possible. */
export const planOf = (seed: number, ms: number, able: readonly Name[]): { readonly n: number; readonly at: number; readonly name: Name }[] => {
	const from = makeChance(seed).fork("plan"), weights = Object.fromEntries(able.map((name) => [name, WEIGHTS[name]])) as Record<Name, number>;
	const rows: { n: number; at: number; name: Name }[] = [];
	for (let at = from.between(300, 1_500); at < ms || rows.length < LEAST_DEEDS; at += from.between(200, 2_600)) rows.push({ n: rows.length, at, name: from.weighed(weights) });
	return rows;
};

export const makeNemesis = (place: Place, seed: number) => {
	const { service } = place;
	let turn: Promise<unknown> = Promise.resolve();
	/** Of what starts processes again, or must not happen while they start, one at a time. */
	const alone = <T>(work: () => Promise<T>): Promise<T> => {
		const next = turn.then(work, work);
		turn = next.catch(() => undefined);
		return next;
	};

	const supervised = (role: string): number[] => childrenOf(service.server_pid).filter(({ words }) => words[1] === role).map(({ pid }) => pid);
	const postmaster = (): number => {
		try {
			return Number(readFileSync(join(service.data, "postmaster.pid"), "utf8").split("\n")[0]);
		} catch {
			return 0;
		}
	};
	const backends = (): number[] => childrenOf(postmaster()).filter(({ words }) => /^postgres: luotsi_/.test(words[0] ?? "")).map(({ pid }) => pid);
	const isAlive = (pid: number): boolean => pid > 0 && spawnSync("kill", ["-0", String(pid)]).status === 0;

	const tellFaults = (aheadMs: number, flushMs: number): void => {
		const bytes = Buffer.alloc(16);
		bytes.writeBigInt64LE(BigInt(aheadMs), 0);
		bytes.writeBigInt64LE(BigInt(flushMs), 8);
		writeFileSync(place.faults, bytes, { flag: "r+" });
	};
	let ahead = 0, flush = 0;
	const line = (words: string): void => void place.wire?.stdin?.write(`${words}\n`);

	const fill = async (ms: number): Promise<void> => {
		const file = join(service.state, "fill"), { bavail, bsize } = statfsSync(service.state);
		spawnSync("fallocate", ["-l", String(bavail * bsize), file]);
		await wait(ms);
		rmSync(file, { force: true });
	};

	const limit = async (pid: number, spare: number, ms: number): Promise<void> => {
		const set = (soft: string): unknown => spawnSync("prlimit", ["--pid", String(pid), `--nofile=${soft}:`]);
		let before = "";
		try {
			before = readFileSync(`/proc/${pid}/limits`, "utf8").match(/^Max open files +(\d+)/m)?.[1] ?? "";
			set(String(Math.max(...readdirSync(`/proc/${pid}/fd`).map(Number)) + 1 + spare));
		} catch {
			return; // ended meanwhile
		}
		await wait(ms);
		set(before);
	};

	const deeds: Record<Name, { able?: boolean; act(from: Chance): Promise<string> }> = {
		kill: {
			act: async (from) => {
				const role = from.pick(ROLES), all = supervised(role), those = from.happens(0.3) ? all : all.slice(0, 1);
				for (const pid of those) signal(pid, "SIGKILL");
				return `${role} x ${those.length}`;
			},
		},
		"kill supervisor": {
			act: (from) => alone(async () => {
				signal(service.server_pid, "SIGKILL");
				await wait(from.between(100, 1_500));
				await service.restart();
				return "";
			}),
		},
		restart: { act: () => alone(() => service.restart()).then(() => "") },
		"kill backend": {
			act: async (from) => {
				const all = backends(), name = from.happens(0.5) ? "SIGKILL" : "SIGTERM";
				if (all.length > 0) signal(from.pick(all), name);
				return `${name} of one of ${all.length}`;
			},
		},
		"kill postmaster": { act: () => alone(() => service.crash()).then(() => "") },
		stop: {
			act: async (from) => {
				const role = from.pick([...ROLES, "supervisor", "postmaster", "backend"]), ms = from.between(300, 4_000);
				const all = role === "supervisor" ? [service.server_pid] : role === "postmaster" ? [postmaster()] : role === "backend" ? backends() : supervised(role);
				const those = from.happens(0.3) ? all : all.slice(0, 1);
				for (const pid of those) signal(pid, "SIGSTOP");
				await wait(ms);
				for (const pid of those) signal(pid, "SIGCONT");
				return `${role} x ${those.length} for ${ms} ms`;
			},
		},
		line: {
			able: place.wire !== undefined,
			act: async (from) => {
				const words = from.pick([
					`delay=${from.between(10, 200)} jitter=${from.between(1, 100)}`, `loss=${from.between(10, 200)}`, `delay=20 jitter=10 reorder=${from.between(50, 300)} twice=20`,
					`flip=${from.between(10, 100)} loss=10`, `bend=${from.between(2, 20)}`, `delay=${from.between(50, 400)} loss=50 reorder=100 twice=50 flip=20 bend=2`,
				]);
				line(words);
				await wait(from.between(1_000, 5_000));
				line("");
				return words;
			},
		},
		cut: {
			able: place.wire !== undefined,
			act: async (from) => {
				const ms = from.between(500, 6_000);
				line("loss=1000");
				await wait(ms);
				line("");
				return `for ${ms} ms`;
			},
		},
		"full disk": {
			able: place.ownDisk,
			act: (from) => alone(async () => {
				const ms = from.between(300, 2_500);
				await fill(ms);
				await revive();
				return `for ${ms} ms`;
			}),
		},
		descriptors: {
			act: async (from) => {
				const role = from.pick(["worker", "worker", "keys", "jobs", "postmaster"]), [pid] = role === "postmaster" ? [postmaster()] : supervised(role), spare = from.below(3), ms = from.between(500, 3_000);
				if (pid) await limit(pid, spare, ms);
				return `${role} with ${spare} left for ${ms} ms`;
			},
		},
		clock: {
			act: async (from) => {
				ahead = from.happens(0.3) ? 0 : from.between(1, 240) * 1_000;
				tellFaults(ahead, flush);
				return `${ahead} ms ahead`;
			},
		},
		"slow flush": {
			act: async (from) => {
				flush = from.between(20, 400);
				const said = `${flush} ms`;
				tellFaults(ahead, flush);
				await wait(from.between(1_000, 4_000));
				flush = 0;
				tellFaults(ahead, flush);
				return said;
			},
		},
	};

	/** A database that found no room to recover in has given up. */
	const revive = async (): Promise<void> => {
		if (!isAlive(postmaster())) await service.crash();
	};

	const able = (Object.keys(WEIGHTS) as Name[]).filter((name) => deeds[name].able !== false);

	return {
		/** Does those of the plan that are wanted; resolves when the last has ended. */
		run: async (ms: number, wanted: (n: number) => boolean, now: () => number, written: Deed[]): Promise<void> => {
			const start = now();
			await Promise.all(planOf(seed, ms, able).filter(({ n }) => wanted(n)).map(async ({ n, at, name }) => {
				await wait(at - (now() - start));
				const deed: Deed = { n, name, began: now(), ended: 0, told: "" };
				written.push(deed);
				deed.told = await deeds[name].act(makeChance(seed).fork(`deed ${n}`));
				deed.ended = now();
			}));
		},
		/** Nothing is wrong any more. */
		heal: (): Promise<void> => alone(async () => {
			line("");
			ahead = flush = 0;
			tellFaults(0, 0);
			rmSync(join(service.state, "fill"), { force: true });
			await revive();
			if (!isAlive(service.server_pid)) await service.restart();
		}),
	};
};
