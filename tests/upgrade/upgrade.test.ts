// The last release becomes this one while its pages stay open. This file runs in the tree of the last release (tests/upgrade/run puts it
// beside its house.ts): its service, its client's engine; only the program and the site that it becomes are of now.

import { strict as assert } from "node:assert";
import { spawnSync } from "node:child_process";
import { copyFileSync, readdirSync, readFileSync, readlinkSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { wordOf } from "../../web/src/client/index.js";
import { again, closeHouse, doubts, idToUuid, openHouse, say, talk, type House, type Talk } from "./house.js";

const PAUSE_MS = 100; // between two messages of one person, who may write 600 a minute
const MESSAGE = 1; // the kind of an envelope with text
/** What a question may come to while there is no server: it is asked again. */
const AWAY = ["offline", "uncertain", "unavailable", "busy"];
const PROGRAM = join(process.env["LUOTSI_BUILD"] ?? "", "server/main/luotsid");
const NEXT = process.env["LUOTSI_NEXT"] ?? "", NEXT_ROOT = process.env["LUOTSI_NEXT_ROOT"] ?? "";
const OLD_ROOT = join(process.env["LUOTSI_TEST_LIB"] ?? "", "../..");

let house: House | undefined;

before(async () => {
	house = await openHouse();
});

after(async () => {
	if (house) await closeHouse(house);
});

/** Asks and writes without a pause until it is told to stop. */
const load = (talks: readonly Talk[]) => {
	const sent = new Map<string, string[]>(talks.map(({ room }) => [room, []]));
	const errors: string[] = [];
	let asked = 0, over = false;
	const loop = async (what: string, once: (n: number) => Promise<unknown>): Promise<void> => {
		for (let n = 0; !over; n++) {
			await once(n).catch((thrown: unknown) => errors.push(`${what}: ${wordOf(thrown)}`));
			await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
		}
	};
	const writes = ({ client, room }: Talk): Promise<void> =>
		loop("send", async (n) => {
			sent.get(room)?.push(`viesti ${n}`);
			await client.engine.send(room, `viesti ${n}`);
		});
	const going = Promise.all([...talks.map(writes), ...talks.map(({ client }) => loop("ask", async () => void (await client.engine.parts.link.call("session_list", {}), asked++)))]);
	return { sent, errors, asked: () => asked, stop: () => ((over = true), going) };
};

/** The program of now, as the service's own user. */
const migrate = ({ service }: House): void => {
	const { user } = service as unknown as { user: string };
	writeFileSync(service.conf, readFileSync(service.conf, "utf8").replaceAll(OLD_ROOT, NEXT_ROOT)); // site, migrations; who runs has read it
	const as = process.getuid?.() === 0 ? ["setpriv", "--reuid", user, "--regid", user, "--init-groups"] : [];
	const [first, ...more] = [...as, join(NEXT, "server/main/luotsid"), "migrate", "-c", service.conf];
	const ran = spawnSync(first as string, more, { encoding: "utf8", cwd: NEXT_ROOT });
	assert.equal(ran.status, 0, ran.stderr + ran.stdout);
};

const exchange = (): void => {
	copyFileSync(join(NEXT, "server/main/luotsid"), `${PROGRAM}.new`);
	renameSync(`${PROGRAM}.new`, PROGRAM);
};

const migrations = async ({ db }: House): Promise<number> => (await db.query<{ n: number }>("SELECT count(*)::int AS n FROM luotsi_migration")).rows[0]?.n ?? 0;

const settled = async (house: House, { client, room }: Talk, wanted: readonly string[]): Promise<void> => {
	await client.until("everything is acknowledged", () => [...client.messages.values()].every((m) => m.room !== room || m.seq !== null) && client.texts(room).at(-1) === wanted.at(-1));
	const shown = client.texts(room); // a long conversation is shown from its end
	assert.deepEqual(shown, ["Tervetuloa!", ...wanted].slice(-shown.length));
	assert.equal(doubts(client, room), 0);
	const { rows } = await house.db.query<{ n: number; most: number; mine: number }>(
		"SELECT count(*)::int AS n, max(seq)::int AS most, count(*) FILTER (WHERE sender = $2 AND kind = $3)::int AS mine FROM message WHERE room = $1", [idToUuid(room), idToUuid(client.user), MESSAGE]);
	assert.deepEqual(rows, [{ n: rows[0]?.most, most: rows[0]?.most, mine: wanted.length + 1 }], "each once and the card with their name, in one order without a gap");
};

test("the_last_release_becomes_this_one_while_its_pages_stay_open", { timeout: 600_000 }, async (t) => {
	const own = house as House, { service } = own;
	const talks = [await talk(own, "Aino"), await talk(own, "Eero")];
	const [first] = talks as [Talk];
	const going = load(talks);
	const goesOn = async (when: string): Promise<void> => {
		const asked = going.asked();
		await first.client.until(`the load goes on ${when}`, () => going.asked() > asked + 20);
	};
	await goesOn("before");
	assert.deepEqual(going.errors, []);

	const old = await migrations(own);
	migrate(own);
	t.diagnostic(`${(await migrations(own)) - old} migrations`);
	await goesOn("with the old program on the new schema");
	assert.deepEqual(going.errors, []);

	exchange();
	await service.restart();
	assert.equal(readlinkSync(`/proc/${service.server_pid}/exe`), PROGRAM, "it is the program of now");
	await goesOn("with the pages of before at the new program");
	await going.stop();
	assert.deepEqual(going.errors.filter((error) => !AWAY.includes(error.replace(/^ask: /, ""))), []);
	for (const one of talks) await settled(own, one, going.sent.get(one.room) as string[]);
	t.diagnostic(`${[...going.sent.values()].flat().length} messages, ${going.asked()} questions, ${going.errors.length} asked while nobody was there`);

	// What the pages of before begin anew: an invitation, keys, a talk, the whole history on another device.
	const later = await talk(own, "Ilta");
	await say(later.client, later.counsellor, later.room, "uudelle palvelimelle");
	await say(later.counsellor, later.client, later.room, "vanhalta sivulta");
	const second = await again(own, later.client);
	await second.engine.openRoom(later.room, "fi");
	assert.deepEqual(second.texts(later.room), later.client.texts(later.room));
	const logs = readdirSync(service.log).map((name) => readFileSync(join(service.log, name), "utf8")).join("\n");
	assert.doesNotMatch(logs, / error \S+ (pg_refused|request_failed|pg_schema_mismatch)/);
});
