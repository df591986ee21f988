// Who is killed, and when what they were about is done: the jobs process with everything that waits for it, and a worker with a step that
// many agreements take at once, which whoever asked for it asks for again until there is an answer.

import type { ChildProcess } from "node:child_process";
import { request } from "node:http";
import { join } from "node:path";
import type pg from "pg";
import { unopened, type Plain } from "./opens.js";
import type { House } from "../house.js";
import { ended, type Place } from "./process.js";

/** A process of one run, and what is known of its life. */
export interface At {
	readonly place: Place;
	readonly tag: string;
	readonly conf: string;
	readonly main: pg.Client;
	readonly units: pg.Client;
	readonly plain: Plain;
	/** How often each statement's commit was heard of. */
	readonly done: ReadonlyMap<string, number>;
}

export interface Role {
	readonly name: string;
	/** How often the short form kills it at a message that it counts to. */
	readonly samples: number;
	/** What it does that changes something. */
	readonly writes: readonly string[];
	/** What it asks before it serves: told to stop meanwhile, it ends as it should. */
	readonly stops: readonly string[];
	settings(place: Place): Readonly<Record<string, string>>;
	start(at: At): ChildProcess;
	/** Whether everything is done. */
	isOver(at: At): Promise<boolean>;
	/** Whether it has been through everything once more, with nothing left to do. */
	isAgain(at: At): Promise<boolean>;
	/** What is wrong in the end. */
	faults(house: House, at: At): Promise<string[]>;
}

/** The last of each chain of its round; the first question of the rotation only learns which keys are the newest. */
const ROUND = new Map([
	["job_sweep_sessions", 1], ["job_sweep_files", 1], ["job_agreements", 1], ["job_succession", 1], ["job_audit_expire", 1], ["job_retention_tell", 1], ["job_rights", 1], ["job_identity_stale", 2],
	["job_retention_certify", 1],
]);

export const jobs = (remaining: string): Role => ({
	name: "jobs",
	samples: 3,
	writes: [
		"job_sweep_files", "job_agreements", "job_succession", "job_rights", "job_identity_rotate", "unit_put", "job_unit_seal", "job_retention_begin", "job_unit_batch_take", "job_unit_erase",
		"job_unit_batch_done", "job_retention_rows", "job_retention_certify",
	],
	stops: ["unit_newest_batch", "unit_batch_known"],
	settings: () => ({}),
	start: ({ place, conf }) => place.start("jobs", "-c", conf),
	isOver: async ({ main }) => (await main.query(remaining, [2])).rows.length === 0,
	isAgain: async ({ done }) => [...ROUND].every(([name, n]) => (done.get(name) ?? 0) >= n),
	faults: async (house, { place, conf, main, units, plain }) => {
		const verified = await ended(place.start("units", "-c", conf));
		return [...(verified === 0 ? [] : [`luotsid units ended with ${verified}`]), ...(await unopened(house, main, units, plain))];
	},
});

const ORIGIN = "https://localhost:9";
const socketOf = ({ dir }: Place, tag: string): string => join(dir, "run", `${tag}.sock`);

interface Answer {
	readonly ok?: { readonly outcomes: readonly { readonly outcome: string }[] };
	readonly err?: string;
}

/** Over the socket of the edge; undefined: nobody answers. */
const ask = (path: string, cookie: string, op: string, body: object): Promise<Answer | undefined> =>
	new Promise((resolve) => {
		const text = JSON.stringify(body);
		const headers = { "content-type": "application/json", "content-length": Buffer.byteLength(text), host: "localhost:9", origin: ORIGIN, "x-luotsi": "1", "x-luotsi-client": "127.0.0.1", cookie };
		const asked = request({ socketPath: path, path: `/api/${op}`, method: "POST", headers, agent: false }, (answer) => {
			const parts: Buffer[] = [];
			answer.on("data", (part: Buffer) => parts.push(part));
			answer.on("end", () => resolve(answer.headers["content-type"]?.startsWith("application/json") ? (JSON.parse(Buffer.concat(parts).toString("utf8")) as Answer) : { err: `status ${answer.statusCode}` }));
			answer.on("error", () => resolve(undefined));
		});
		asked.on("error", () => resolve(undefined));
		asked.end(text);
	});

export const worker = (token: Buffer): Role => {
	const step = async ({ place, tag, plain }: At): Promise<string[] | undefined> => {
		const orgs = plain.orgs.map((org) => Buffer.from(org.replaceAll("-", ""), "hex").toString("base64url"));
		const said = await ask(socketOf(place, tag), `__Host-luotsi=${token.toString("base64url")}`, "agreement_take_many", { orgs, to: "ending", note: "loppuu", ends_on: "2099-01-01", dry: false });
		if (said === undefined || said.err === "unavailable") return undefined; // asked again
		if (said.ok === undefined) throw new Error(`the step of many: ${said.err}`);
		return said.ok.outcomes.map(({ outcome }) => outcome);
	};
	return {
		name: "worker",
		samples: 0, // what it asks besides only reads
		writes: ["agreement_take_many"],
		stops: ["unit_newest_batch"],
		settings: (place) => ({ edge: "yes", edge_socket_dir: join(place.dir, "run"), public_origin: ORIGIN, workers: "1", drain_seconds: "1" }),
		start: ({ place, tag, conf }) => place.listening("SOCK_STREAM", socketOf(place, tag), "worker", "-c", conf, "-n", "1"),
		isOver: async (at) => (await step(at)) !== undefined,
		isAgain: async (at) => {
			const words = await step(at);
			if (words?.some((word) => word !== "no_such_step")) throw new Error(`the same step again: ${words.join()}`);
			return words !== undefined;
		},
		faults: async (_, { main, plain }) => {
			const { rows } = await main.query<{ told: string }>("SELECT a.state || (SELECT count(*) FROM audit e WHERE e.org = a.org AND e.action = 'agreement_step') AS told FROM agreement a WHERE a.org = ANY ($1) ORDER BY 1", [plain.orgs]);
			const told = rows.map((row) => row.told).join();
			return told === "ending1,ending1,sent0" ? [] : [`the steps of many: ${told}`];
		},
	};
};
