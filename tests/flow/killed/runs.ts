// Runs of one process, each on fresh copies of one world: killed as a plan says, started again, until everything is done; then once more,
// when nothing changes any more.

import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import pg from "pg";
import type { House } from "../house.js";
import { indexOf, key, sealed } from "../jobs.test.js";
import { openLine, type Line, type Step, type Verdict } from "./line.js";
import type { Plain } from "./opens.js";
import { ended, makePlace, type Place } from "./process.js";
import { jobs, worker, type At, type Role } from "./roles.js";

export interface Outcome {
	readonly rows: readonly string[];
	readonly faults: readonly string[];
}

export interface World {
	makeWorld(databases: [string, string], people: (org: Buffer) => object[], token: Buffer): Promise<Plain>;
	outcome(main: pg.Client, units: pg.Client): Promise<Outcome>;
	readonly remaining: string;
}

/** Of one life of the process: what becomes of each of its steps. */
export type Plan = (life: number) => (step: Step) => Verdict;

export interface Ran {
	readonly outcome: Outcome;
	/** Where it was killed, and each step of each life but the last. */
	readonly kills: readonly Step[];
	readonly steps: readonly (Step & { readonly life: number })[];
}

export interface Bench {
	readonly jobs: Role;
	readonly worker: Role;
	run(role: Role, plan: Plan): Promise<Ran>;
	readonly place: Place;
	close(): Promise<void>;
}

const LIMIT = 60_000;
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

const until = async (what: () => string, check: () => Promise<boolean> | boolean): Promise<void> => {
	for (const end = Date.now() + LIMIT; !(await check()); await pause(20)) if (Date.now() > end) throw new Error(`never: ${what()}`);
};

/** People whom the keys before the newest know. */
const people = (at: House) => (org: Buffer): object[] =>
	[0, 1, 2].map((i) => {
		const subject = Buffer.from(`FIplanted-${i}`), seal = (kind: number, text: string): Buffer => sealed(at, kind, 1, org, Buffer.from(text));
		return { version: 1, index: indexOf(key(at, "index", 1), org, subject), code: seal(1, `FIplanted-${i}`), given: i === 0 ? null : seal(2, `Etu ${i}`), family: seal(3, `Suku ${i}`) };
	});

export const openBench = async (house: House): Promise<Bench> => {
	const place = makePlace(house), { sockets } = house.service, root = join(process.env["LUOTSI_TEST_LIB"] as string, "..", "..");
	const connect = async (database: string): Promise<pg.Client> => {
		const client = new pg.Client({ host: sockets, user: "postgres", database });
		client.on("error", () => undefined); // who waits for an answer hears of it
		await client.connect();
		return client;
	};
	const admin = await connect("postgres");
	let turn: Promise<unknown> = Promise.resolve();
	/** One after another, whoever asks. */
	const manage = (sql: string): Promise<unknown> => (turn = turn.then(() => admin.query(sql)));
	const names = (tag: string): [string, string] => [`killed_${tag}`, `killed_${tag}_units`];
	const drop = async (tag: string): Promise<void> => {
		for (const name of names(tag)) await manage(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
	};
	const own = {
		keys_dir: join(place.dir, "keys"), keys_socket: join(place.dir, "run", "keys.sock"), smtp_url: undefined, smtp_from: undefined, metrics_socket: undefined, jobs_seconds: "1",
		admin_idle_minutes: "43200", // however long it takes
	};
	const conf = (tag: string, dir: string, more: Readonly<Record<string, string>> = {}): string => {
		const [db_name, unit_db_name] = names(tag);
		return place.conf(tag, { ...own, db_name, unit_db_name, db_socket_dir: dir, unit_db_socket_dir: dir, status_dir: join(place.dir, "run", tag), ...more });
	};
	const command = async (file: string, ...words: string[]): Promise<void> => {
		const code = await ended(place.start(...words, "-c", file));
		if (code !== 0) throw new Error(`luotsid ${words.join(" ")} ended with ${code}: ${place.log().split("\n").slice(-8).join("\n")}`);
	};

	// --- the world ---
	for (const name of names("world")) await manage(`CREATE DATABASE ${name} OWNER luotsi_owner`);
	const world = conf("world", sockets);
	await command(world, "migrate");
	await command(world, "keys", "--make");
	await command(world, "keys", "--rotate");
	const keys = place.listening("SOCK_SEQPACKET", own.keys_socket, "keys", "-c", world);
	process.env["SQL_SOCKETS"] = sockets;
	const { makeWorld, outcome, remaining } = (await import(pathToFileURL(join(root, "tests", "flow", "killed", "world.mjs")).href)) as World;
	const theirs = { service: { state: place.dir } } as unknown as House; // whose keys are those of the place
	const token = randomBytes(32), plain = await makeWorld(names("world"), people(theirs), token);

	// --- runs ---
	let serial = 0;
	const live = async (role: Role, line: Line, at: Omit<At, "done">, life: { judge(step: Step): Verdict; isOver(at: At): Promise<boolean> }) => {
		const done = new Map<string, number>(), now = { ...at, done }, child = role.start(now), gone = ended(child);
		let killed: Step | undefined, signal: NodeJS.Signals = "SIGKILL", end: number | string | undefined, stopping = false;
		void gone.then((how) => (end = how));
		line.begin((step) => {
			const verdict = stopping ? "pass" : life.judge(step);
			if (verdict !== "pass") killed = step;
			if (verdict === "stop") signal = "SIGTERM";
			return verdict;
		}, () => child.kill(signal), (statement) => done.set(statement, (done.get(statement) ?? 0) + 1));
		try {
			// One that has asked nothing yet may not even know what to do when it is told to stop.
			await until(() => `the end of a life, at ${JSON.stringify([...done])}`, async () => end !== undefined || (killed === undefined && done.size > 0 && (await life.isOver(now))));
		} catch (thrown) {
			child.kill("SIGKILL");
			throw thrown;
		}
		stopping = killed === undefined;
		if (stopping) child.kill("SIGTERM");
		const how = await gone;
		await line.empty();
		if (how !== (stopping || signal === "SIGTERM" ? 0 : signal)) throw new Error(`a process ended with ${how}: ${place.log().split("\n").slice(-8).join("\n")}`);
		return killed;
	};
	const run = async (role: Role, plan: Plan): Promise<Ran> => {
		const tag = `run_${++serial}`, line = await openLine(sockets);
		for (const [i, name] of names(tag).entries()) await manage(`CREATE DATABASE ${name} TEMPLATE ${names("world")[i]}`);
		const [main, units] = [await connect(names(tag)[0]), await connect(names(tag)[1])], kills: Step[] = [], steps: (Step & { life: number })[] = [];
		const at = { place, tag, conf: conf(tag, line.dir, role.settings(place)), main, units, plain };
		try {
			for (let life = 1; life === kills.length + 1; life++) {
				const verdict = plan(life);
				const judge = (step: Step): Verdict => {
					steps.push({ ...step, life });
					return verdict(step);
				};
				const killed = await live(role, line, at, { judge, isOver: role.isOver });
				if (killed) kills.push(killed);
			}
			await live(role, line, at, { judge: () => "pass", isOver: role.isAgain });
			const { rows, faults } = await outcome(main, units);
			return { outcome: { rows, faults: [...faults, ...(await role.faults(theirs, { ...at, done: new Map() }))] }, kills, steps };
		} finally {
			await main.end();
			await units.end();
			await line.close();
			await drop(tag);
		}
	};
	return {
		run, place, jobs: jobs(remaining), worker: worker(token),
		close: async () => {
			keys.kill("SIGTERM");
			await ended(keys);
			await drop("world");
			await admin.end();
			place.remove();
		},
	};
};
