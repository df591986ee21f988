// The service is renewed while people talk: every process comes anew from the program and the settings on the disk, one after the
// other, and nobody notices. Then what such a renewal refuses.

import { strict as assert } from "node:assert";
import { spawn } from "node:child_process";
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { doubts, idToUuid, talk, type House } from "./house.js";
import { post } from "../../web/src/client/node.js";
import { wordOf } from "../../web/src/client/index.js";

const PAUSE_MS = 100; // between two messages of one person, who may write 600 a minute
const MESSAGE = 1; // the kind of an envelope with text
const LUOTSID = join("server", "main", "luotsid");

export interface Build {
	readonly dir: string;
	readonly program: string;
	exchange(): void;
	remove(): void;
}

/** A build of one's own, whose program can be exchanged: the same one again, as another file. */
export const ownBuild = (): Build => {
	const dir = mkdtempSync(join(tmpdir(), "luotsi-build."));
	const program = join(dir, LUOTSID);
	chmodSync(dir, 0o755);
	mkdirSync(join(dir, "server", "main"), { recursive: true, mode: 0o755 });
	const put = (to: string): void => copyFileSync(join(process.env["LUOTSI_BUILD"] as string, LUOTSID), to);
	put(program);
	return {
		dir, program,
		exchange: () => {
			put(`${program}.new`);
			renameSync(`${program}.new`, program);
		},
		remove: () => rmSync(dir, { recursive: true }),
	};
};

const ran = (program: string, ...args: string[]): Promise<{ code: number | null; said: string }> =>
	new Promise((resolve) => {
		let said = "";
		const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"] });
		for (const out of [child.stdout, child.stderr]) out.on("data", (piece) => (said += piece));
		child.once("close", (code) => resolve({ code, said }));
	});

/** The supervisor and its children, by what they are. */
export const processes = (supervisor: number): Map<number, string> => {
	const found = new Map<number, string>();
	for (const name of readdirSync("/proc").filter((one) => /^\d+$/.test(one))) {
		try {
			const parent = Number((readFileSync(`/proc/${name}/stat`, "utf8").split(") ").pop() as string).split(" ")[1]);
			if (parent === supervisor || Number(name) === supervisor) found.set(Number(name), readFileSync(`/proc/${name}/cmdline`, "utf8").split("\0").slice(1, 2).join());
		} catch {
			continue; // gone meanwhile
		}
	}
	return found;
};

/** Asks and writes without a pause until it is told to stop; whatever went wrong stays in `errors`. */
const load = (house: House, talks: Awaited<ReturnType<typeof talk>>[]) => {
	const sent = new Map<string, string[]>(talks.map(({ room }) => [room, []]));
	const errors: string[] = [];
	let asked = 0, over = false;
	const loop = async (what: string, once: (n: number) => Promise<unknown>): Promise<void> => {
		for (let n = 0; !over; n++) {
			await once(n).catch((thrown: unknown) => errors.push(`${what}: ${wordOf(thrown)} ${String(thrown)}`));
			await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
		}
	};
	const writes = ({ client, room }: Awaited<ReturnType<typeof talk>>): Promise<void> =>
		loop("send", async (n) => {
			sent.get(room)?.push(`viesti ${n}`);
			await client.engine.send(room, `viesti ${n}`);
		});
	const asks = ({ client }: Awaited<ReturnType<typeof talk>>): Promise<void> =>
		loop("ask", async () => void (await client.engine.parts.link.call("session_list", {}), asked++));
	const knocks = loop("http", async () => {
		const { status } = await post(house.service.origin, house.ca, "ws_ticket", {}, "");
		if (status !== 401) throw new Error(`status ${status}`);
	});
	const going = Promise.all([...talks.map(writes), ...talks.map(asks), knocks]);
	return { sent, errors, asked: () => asked, stop: () => ((over = true), going) };
};

export const drainTests = (get: () => House, own: () => Build): void => {
	test("all_processes_are_renewed_from_the_disk_while_people_talk_and_nothing_is_lost_or_refused", { timeout: 300_000 }, async (t) => {
		const house = get(), build = own();
		const { service, db } = house;
		const { conf } = service;
		const settings = readFileSync(conf, "utf8");
		try {
			const talks = [await talk(house, "Aino"), await talk(house, "Eero"), await talk(house, "Ilta")];
			const before = processes(service.server_pid);
			const events = talks.map(({ client }) => client.events.length);
			const going = load(house, talks);
			await talks[0]?.client.until("the load runs", () => going.asked() > 20);
			build.exchange();
			const reload = await ran(build.program, "reload", "-c", conf);
			assert.deepEqual(reload, { code: 0, said: "Reloaded: every process is new.\n" });
			const asked = going.asked();
			await talks[0]?.client.until("the load goes on", () => going.asked() > asked + 20);
			await going.stop();

			assert.deepEqual(going.errors, []);
			const after = processes(service.server_pid);
			assert.deepEqual([...after.values()].sort(), [...before.values()].sort());
			for (const pid of after.keys()) {
				assert.equal(readlinkSync(`/proc/${pid}/exe`), build.program, "it is the program of now");
				assert.equal(statSync(`/proc/${pid}/exe`).ino, statSync(build.program).ino);
				assert.equal(pid === service.server_pid, before.has(pid), "the supervisor is the same process, the others are new");
			}
			for (const [i, { client, room }] of talks.entries()) {
				const wanted = going.sent.get(room) as string[];
				await client.until("everything is acknowledged", () => [...client.messages.values()].every((m) => m.room !== room || m.seq !== null) && client.texts(room).at(-1) === wanted.at(-1));
				const shown = client.texts(room); // a long conversation is shown from its end
				assert.deepEqual(shown, ["Tervetuloa!", ...wanted].slice(-shown.length));
				assert.equal(doubts(client, room), 0);
				const { rows } = await db.query<{ n: number; most: number; mine: number }>(
					"SELECT count(*)::int AS n, max(seq)::int AS most, count(*) FILTER (WHERE sender = $2 AND kind = $3)::int AS mine FROM message WHERE room = $1", [idToUuid(room), idToUuid(client.user), MESSAGE]);
				assert.deepEqual(rows, [{ n: rows[0]?.most, most: rows[0]?.most, mine: wanted.length + 1 }], "each once and the card with their name, in one order without a gap");
				const states = client.events.slice(events[i]).flatMap((e) => (e.type === "connection" ? [e.state] : []));
				assert.ok(states.includes("connecting"), "everybody was sent away once");
				assert.ok(!states.includes("ended") && !states.includes("offline"), states.join(" "));
			}
			t.diagnostic(`${[...going.sent.values()].flat().length} messages, ${going.asked()} questions while every process was renewed`);

			const [one] = talks;
			writeFileSync(conf, settings.replace(/^workers = .*$/m, "workers = 3"));
			const refused = await ran(build.program, "reload", "-c", conf);
			assert.deepEqual(refused, { code: 1, said: "Refused: the service goes on as it was. Its log says why.\n" });
			assert.match(readFileSync(join(service.log, "luotsid.log"), "utf8"), /workers cannot change while the service runs/);
			assert.deepEqual([...processes(service.server_pid).keys()].sort(), [...after.keys()].sort());
			assert.ok(await one?.client.engine.parts.link.call("session_list", {}));
		} finally {
			writeFileSync(conf, settings);
		}
	});
};
