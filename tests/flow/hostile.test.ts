// What somebody with an account, or with none, tries against the server. Each of these found a hole once.

import { strict as assert } from "node:assert";
import { test } from "node:test";
import { envelope, signedIn } from "./commit.test.js";
import { cookieOf, idToUuid, talk, type House } from "./house.js";
import { openWire } from "./wire.js";
import { fromBase64Url, importSigning, makePair, random, signControl, toBase64Url } from "../../web/src/seal/index.js";

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** True as soon as it is; false when it was not within ten seconds. */
const soon = async (is: () => Promise<boolean>): Promise<boolean> => {
	for (const end = Date.now() + 10_000; Date.now() < end; await sleep(50)) if (await is()) return true;
	return false;
};

export const hostileTests = (house: () => House): void => {
	test("an_epoch_that_no_room_can_have_is_refused_and_harms_nobody", async () => {
		const { client, room } = await talk(house());
		const wire = await signedIn(house(), client);
		for (const epoch of [65_536, 2 ** 31, 2 ** 32 - 1])
			assert.equal((await wire.ask("message_post", { envelope: await envelope(client, room, { fields: { epoch } }) })).err, "stale_epoch");
		assert.ok((await wire.ask("room_list", { limit: 1 })).ok);
		wire.socket.terminate();
	});

	test("posts_that_waited_behind_another_are_judged_though_their_connection_has_gone", async () => {
		const { client, room } = await talk(house());
		const { db } = house();
		const wire = await signedIn(house(), client);
		assert.ok((await wire.ask("message_post", { envelope: await envelope(client, room) })).ok);
		const msgId = random(16);
		const strange = await envelope(client, room, { signer: await importSigning(await makePair()) });
		const good = await envelope(client, room, { msgId });
		await db.query("BEGIN");
		await db.query("LOCK TABLE identity_head IN ACCESS EXCLUSIVE MODE");
		void wire.ask("message_post", { envelope: strange });
		void wire.ask("message_post", { envelope: good });
		const waits = "SELECT FROM pg_locks WHERE NOT granted AND relation = 'identity_head'::regclass";
		assert.ok(await soon(async () => ((await db.query(waits)).rowCount ?? 0) > 0), "the first waits in the database, the second behind it");
		await sleep(200);
		wire.socket.terminate();
		await sleep(100);
		await db.query("COMMIT");
		const stored = async (): Promise<boolean> => (await db.query("SELECT FROM message WHERE msg_id = $1", [idToUuid(toBase64Url(msgId))])).rowCount === 1;
		assert.ok(await soon(stored));
	});

	test("a_session_that_ended_while_no_notice_was_heard_is_closed", async () => {
		const { db } = house();
		const account = await house().account();
		const wire = await openWire(house(), { cookie: await cookieOf(house(), account) });
		assert.ok((await wire.open()).ok);
		await db.query("DELETE FROM session WHERE account = $1", [idToUuid(account.person)]);
		await db.query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query ILIKE 'listen %'");
		let code = 0;
		void wire.closed.then((n) => (code = n));
		await soon(() => Promise.resolve(code !== 0));
		assert.equal(code, 4001);
	});

	test("nobody_fills_a_rooms_log_until_it_is_dead", async () => {
		const { client, counsellor, room } = await talk(house());
		const { colleague } = house();
		await counsellor.engine.addColleague(room, colleague.user, "all");
		const { acts, log } = client.engine.parts.room(room);
		const words: string[] = [];
		for (let i = 0; i < 70 && !words.includes("rate_limited"); i++) {
			const { epoch } = log.state();
			await acts.rotate(() => epoch).catch((thrown: { word: string }) => words.push(thrown.word));
		}
		assert.ok(words.includes("rate_limited"), JSON.stringify([...new Set(words)]));
		await colleague.engine.closeRoom(room, "other"); // others go on; the counsellor's browser wrapped each epoch and may be at the limit too
	});

	test("a_disabled_account_is_out_at_once", async () => {
		const { db } = house();
		const account = await house().account();
		const cookie = await cookieOf(house(), account);
		const wire = await openWire(house(), { cookie });
		assert.ok((await wire.open()).ok);
		await db.query("UPDATE account SET disabled_at = now() WHERE account = $1", [idToUuid(account.person)]);
		let code = 0;
		void wire.closed.then((n) => (code = n));
		await soon(() => Promise.resolve(code !== 0));
		assert.equal(code, 4001);
	});

	test("a_stranger_learns_nothing_of_a_rooms_log_by_appending_to_it", async () => {
		const { room } = await talk(house());
		const stranger = await house().client("Vieras");
		const { sig } = stranger.engine.parts.self().account().keys;
		const place = { org: fromBase64Url(house().org), room: fromBase64Url(room), head: random(32), n: 3, epoch: 1 };
		const entry = await signControl(sig, fromBase64Url(stranger.user), place, { type: "leave" }, random(16), Date.now());
		const wire = await signedIn(house(), stranger);
		const reply = await wire.ask("control_append", { entries: [toBase64Url(entry)], wraps: [] });
		assert.deepEqual([reply.err, reply.detail], ["not_member", undefined]);
		wire.socket.terminate();
	});
};
