// Keys of retention units on the real server: what is stored, what goes, and what a backup brings back.

import { strict as assert } from "node:assert";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import pg from "pg";
import { post } from "../../web/src/client/node.js";
import type { Op, Ops } from "../../web/src/gen/proto.js";
import { again, closeHouse, cookieOf, doubts, idToUuid, killHard, openHouse, proveAgain, say, talk, type House } from "./house.js";
import { begin } from "./parts.js";

const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

export const retentionTests = (house: () => House): void => {
	const rows = async <T extends pg.QueryResultRow>(sql: string, values: unknown[]): Promise<T[]> => (await house().db.query<T>(sql, values)).rows;
	const units = async <T extends pg.QueryResultRow>(sql: string, values: unknown[]): Promise<T[]> => {
		const db = new pg.Client({ host: house().service.sockets, user: "postgres", database: "luotsi_units" });
		await db.connect();
		try {
			return (await db.query<T>(sql, values)).rows;
		} finally {
			await db.end();
		}
	};
	const until = async (what: string, check: () => Promise<boolean>): Promise<void> => {
		const end = Date.now() + 60_000;
		while (!(await check())) {
			if (Date.now() > end) throw new Error(`never: ${what}`);
			await wait(20);
		}
	};
	const lengths = async (room: string): Promise<number[]> =>
		(await rows<{ n: number }>("SELECT DISTINCT octet_length(wrap) AS n FROM wrap WHERE room = $1 ORDER BY n", [idToUuid(room)])).map((r) => r.n);

	test("wraps_and_file_keys_are_stored_sealed_under_keys_of_another_database", async () => {
		const { client, room } = await talk(house());
		const file = await begin(client, room, 5_000 * 16_400 + 56 + 16);
		assert.deepEqual(await lengths(room), [142]);
		assert.deepEqual(await rows("SELECT octet_length(key) AS n FROM file_seal WHERE file = $1", [idToUuid(file)]), [{ n: 133 }]);
		const epochs = (await rows<{ n: number }>("SELECT epoch AS n FROM room WHERE room = $1", [idToUuid(room)]))[0]?.n ?? 0;
		const kept = await units<{ part: number }>("SELECT part FROM unit_key WHERE unit = $1 AND wrapped IS NOT NULL ORDER BY part", [idToUuid(room)]);
		assert.deepEqual(kept.map((k) => k.part), Array.from({ length: epochs }, (_, i) => i + 1));
		assert.equal((await units("SELECT FROM unit_key WHERE unit = $1 AND part = 0", [idToUuid(file)])).length, 1);
		await client.engine.parts.link.call("file_cancel", { file });
		await until("its key is gone", async () => (await units("SELECT FROM unit_key WHERE unit = $1 AND wrapped IS NULL", [idToUuid(file)])).length === 1);
		assert.equal((await client.engine.parts.link.call("file_begin", { room, file, cipher_size: 72, epoch: epochs, key: Buffer.alloc(104).toString("base64url") }).catch((e: { word: string }) => e.word)), "conflict");
	});

	test("wraps_from_before_there_were_units_open_and_are_sealed_by_and_by", async () => {
		const { client, room } = await talk(house());
		const log = await client.engine.parts.link.call("room_log", { room, from: 0 });
		assert.ok(log.wraps.length > 0);
		for (const w of log.wraps)
			await house().db.query("UPDATE wrap SET wrap = $1 WHERE room = $2 AND entry = $3 AND epoch = $4 AND keyset = $5 AND rid = $6",
				[Buffer.from(w.wrap, "base64url"), idToUuid(room), w.entry, w.epoch, w.keyset, idToUuid(w.rid)]);
		const second = await again(house(), client);
		await second.engine.openRoom(room, "fi");
		await until("sealed", async () => (await lengths(room)).join() === "142");
		const third = await again(house(), client);
		await third.engine.openRoom(room, "fi");
		for (const actor of [second, third]) assert.deepEqual([actor.texts(room), doubts(actor, room)], [client.texts(room), 0]);
	});

	test("a_wrap_in_anothers_place_does_not_open_and_none_comes_under_a_key_that_is_gone", async () => {
		const [one, other] = [await talk(house()), await talk(house())];
		await house().db.query("UPDATE wrap SET wrap = (SELECT w.wrap FROM wrap w WHERE w.room = $2 AND w.rtype = 1 LIMIT 1) WHERE room = $1 AND rtype = 1",
			[idToUuid(one.room), idToUuid(other.room)]);
		await assert.rejects(one.client.engine.parts.link.call("room_log", { room: one.room, from: 0 }), { word: "internal" });
		await house().db.query("INSERT INTO unit_doomed (org, unit, part) SELECT org, room, epoch + 1 FROM room WHERE room = $1", [idToUuid(other.room)]);
		const { acts, log } = other.counsellor.engine.parts.room(other.room);
		const now = log.state().epoch;
		await assert.rejects(acts.rotate(() => now), { word: "not_found" });
	});

	/** Somebody of an office without keys, who was just proven to be there. */
	const officer = async (role: string) => {
		const { rows: [made] } = await house().db.query("INSERT INTO account (org, account, role, login) VALUES ($1, gen_random_uuid(), $2, gen_random_uuid()::text) RETURNING account", [idToUuid(house().org), role]);
		const person = Buffer.from((made.account as string).replaceAll("-", ""), "hex").toString("base64url");
		return asker(person, role);
	};
	const asker = async (person: string, role: string) => {
		const cookie = await cookieOf(house(), { person, role });
		await proveAgain(house(), { user: person });
		const ask = async <O extends Op>(op: O, body: Ops[O]["in"]): Promise<Ops[O]["out"]> => {
			const said = JSON.parse((await post(house().service.origin, house().ca, op, body, cookie)).body) as { ok?: Ops[O]["out"]; err?: string };
			if (said.ok === undefined) throw Object.assign(new Error(said.err), said);
			return said.ok;
		};
		return { person, ask };
	};

	test("rules_and_holds_are_the_admins_and_the_officers_each_within_their_right", async () => {
		const [admin, dpo] = [await officer("admin"), await officer("dpo")];
		const { room, client } = await talk(house());
		const { rules } = await admin.ask("retention_list", {});
		const of = (kind: string) => rules.find((rule) => rule.kind === kind);
		const most = of("note")?.most ?? 0;
		assert.ok(most > 0 && of("room")?.days === most);
		await assert.rejects(admin.ask("retention_put", { kind: "note", version: of("note")?.version ?? 0, days: most + 1 }), { err: "bad_field", detail: { limit: most } });
		await assert.rejects(dpo.ask("retention_put", { kind: "note", version: 0, days: 5 }), { err: "forbidden" });
		await admin.ask("retention_put", { kind: "note", version: of("note")?.version ?? 0, days: most - 1 });
		const now = await dpo.ask("retention_list", {});
		assert.equal(now.rules.find((rule) => rule.kind === "note")?.days, most - 1);
		assert.deepEqual([now.versions[0]?.kind, now.versions[0]?.actor], ["note", admin.person]);

		const hold = Buffer.from(crypto.getRandomValues(new Uint8Array(16))).toString("base64url");
		await admin.ask("hold_ask", { hold, kind: "room", object: room, reason: "Kantelu 1/26" });
		await assert.rejects(admin.ask("hold_step", { hold, step: "make" }), { err: "forbidden" });
		await dpo.ask("hold_step", { hold, step: "make" });
		const held = (await dpo.ask("hold_list", { reason: "tarkastus" })).holds.find((one) => one.hold === hold);
		assert.deepEqual([held?.object, held?.asked_by, held?.made_by, held?.ended_at], [room, admin.person, dpo.person, undefined]);
		const dry = await dpo.ask("retention_dry", { source: "client_room", until: Date.now() + 4_000 * 86_400_000 });
		assert.ok(dry.sums.length >= 0 && dry.place === undefined);
		const { rows: seen } = await dpo.ask("retention_rows", { source: "client_room", until: Date.now() + 4_000 * 86_400_000, reason: "tarkastus" });
		assert.equal(seen.find((row) => row.object === room)?.held ?? true, true);
		await assert.rejects(dpo.ask("retention_rows", { source: "room", until: 0, reason: "a\nb" }), { err: "bad_field" });
		await assert.rejects((await asker(client.user, "client")).ask("retention_list", {}), { err: "forbidden" });
		await dpo.ask("hold_step", { hold, step: "end_ask" });
		await admin.ask("hold_step", { hold, step: "end" });
		const events = await rows<{ action: string }>("SELECT action FROM audit WHERE actor IN ($1, $2) AND action ~ '^(hold|retention)' ORDER BY n", [idToUuid(admin.person), idToUuid(dpo.person)]);
		assert.deepEqual(events.map((one) => one.action), ["retention_rule", "hold_ask", "hold_make", "hold_read", "retention_read", "hold_end_ask", "hold_end"]);
	});

	test("old_messages_go_from_a_room_that_goes_on_and_it_says_so_whatever_is_killed", async () => {
		const admin = await officer("admin");
		const { client, counsellor, room } = await talk(house(), "Ikävä");
		await say(client, counsellor, room, "vanha sana");
		const { acts, log } = counsellor.engine.parts.room(room);
		const old = log.state().epoch;
		await acts.rotate(() => old);
		await client.until("the next epoch", () => client.engine.parts.room(room).log.state().epoch > old);
		await say(client, counsellor, room, "uusi sana");
		const uuid = idToUuid(room);
		const before = (await admin.ask("retention_list", {})).rules.find((rule) => rule.kind === "message");
		await admin.ask("retention_put", { kind: "message", version: before?.version ?? 0, days: 400 });
		await house().db.query("UPDATE retention_change SET holds_from = now() WHERE org = $1", [idToUuid(house().org)]);
		await house().db.query("UPDATE stretch SET over_at = now() - interval '401 days' WHERE room = $1", [uuid]);
		let seen = "";
		await until("it is erased, whatever is killed", async () => {
			const [now] = await rows<{ mark: string; open: number; begun: number }>(`SELECT concat_ws(' ', count(*), count(e.done_at), count(e.certificate), (SELECT count(*) FROM unit_batch), (SELECT count(b.erased_at) FROM unit_batch b)) AS mark,
				count(*) FILTER (WHERE e.certificate IS NULL)::int AS open, count(*)::int AS begun FROM erasure e WHERE e.object = $1`, [uuid]);
			const jobs = now?.mark === seen ? 0 : Number(spawnSync("pgrep", ["-P", String(house().service.server_pid), "-f", "luotsid jobs"], { encoding: "utf8" }).stdout);
			if (jobs > 0) killHard(jobs);
			if (jobs > 0) seen = now?.mark as string;
			return now !== undefined && now.begun > 0 && now.open === 0;
		});
		const left = await rows<{ epoch: number }>("SELECT DISTINCT epoch FROM wrap WHERE room = $1 ORDER BY 1", [uuid]);
		assert.ok(left.length > 0 && left.some((one) => one.epoch > old));
		const gone = await rows<{ seq: string }>("SELECT seq FROM message WHERE room = $1 AND erased_at IS NOT NULL", [uuid]);
		assert.ok(gone.length > 0);

		const doubtful = await again(house(), client);
		await doubtful.engine.openRoom(room, "fi");
		assert.equal(doubts(doubtful, room), gone.length, "nobody is told that a rule erased what is younger than a day");
		await house().db.query("UPDATE message SET erased_at = now() + interval '2 days' WHERE room = $1 AND erased_at IS NOT NULL", [uuid]);
		const later = await again(house(), client);
		await later.engine.openRoom(room, "fi");
		assert.deepEqual([doubts(later, room), later.texts(room).includes("uusi sana"), later.texts(room).includes("vanha sana")], [0, true, false]);
		const shown = later.engine.parts.room(room).conversation.timeline.all().filter((one) => one.erased !== undefined);
		assert.deepEqual([shown.length, shown.every((one) => one.deleted && one.text === "")], [gone.length, true]);
		await say(later, counsellor, room, "ja vielä");
		const { certificates } = await admin.ask("certificate_list", { most: 1 });
		assert.ok((JSON.parse(certificates[0]?.body ?? "{}") as { erased: { kind: string }[] }).erased.some((one) => one.kind === "message"));
	});

	test("backups_do_not_bring_back_what_was_erased", async () => {
		const own = await openHouse();
		const told = own.service as unknown as { conf: string; state: string; user: string };
		const luotsid = join(process.env["LUOTSI_BUILD"] as string, "server/main/luotsid"), root = join(process.env["LUOTSI_TEST_LIB"] as string, "..", "..");
		const run = (command: string, ...words: string[]) => spawnSync(command, words, { encoding: "utf8", cwd: root });
		const serverCommand = (...words: string[]) => (process.getuid?.() === 0 ? run("setpriv", `--reuid=${told.user}`, `--regid=${told.user}`, "--init-groups", luotsid, ...words, "-c", told.conf) : run(luotsid, ...words, "-c", told.conf));
		const deploy = (...words: string[]): void => {
			const done = run(join(root, "deploy", words[0] as string), ...words.slice(1), "--state", told.state);
			assert.equal(done.status, 0, `${words.join(" ")}: ${done.stderr}${done.stdout}`);
		};
		const to = mkdtempSync(join(tmpdir(), "luotsi-backup-"));
		const dumpOf = (what: string): string => join(to, what, readdirSync(join(to, what))[0] as string);
		const sql = async (database: string, text: string, values: unknown[] = []): Promise<pg.QueryResultRow[]> => {
			const db = new pg.Client({ host: own.service.sockets, user: "postgres", database });
			await db.connect();
			return (await db.query(text, values).finally(() => db.end())).rows;
		};
		try {
			const [stays, goes] = [await talk(own, "Jää"), await talk(own, "Menee")];
			const goesRoom = idToUuid(goes.room);
			deploy("backup", "--to", to);
			await sql("luotsi", "UPDATE room SET phase = 'closed' WHERE room = $1", [goesRoom]);
			await sql("luotsi", "UPDATE room SET closed_at = now() - interval '36500 days' WHERE room = $1", [goesRoom]);
			// Killed whenever it has got one step further; the next one goes on.
			let seen = "";
			await until("it is erased, whatever is killed", async () => {
				const [now] = await sql("luotsi", `SELECT concat_ws(' ', count(*), count(e.done_at), count(e.certificate), (SELECT count(b.erased_at) FROM unit_batch b),
					(SELECT count(*) FROM unit_batch)) AS mark, count(e.certificate)::int AS certified FROM erasure e WHERE e.object = $1`, [goesRoom]);
				const jobs = now?.mark === seen ? 0 : Number(run("pgrep", "-P", String(own.service.server_pid), "-f", "luotsid jobs").stdout);
				if (jobs > 0) {
					killHard(jobs);
					seen = now?.mark as string;
				}
				return now?.certified === 1;
			});
			for (const table of ["room", "wrap", "message", "room_member", "control_entry"]) assert.deepEqual(await sql("luotsi", `SELECT FROM ${table} WHERE room = $1`, [goesRoom]), [], table);
			await assert.rejects(goes.client.engine.parts.link.call("room_log", { room: goes.room, from: 0 }));

			await own.service.down();
			deploy("restore", "units", dumpOf("units"));
			assert.ok((await sql("luotsi_units", "SELECT FROM unit_key WHERE unit = $1 AND wrapped IS NOT NULL", [goesRoom])).length > 0, "the backup has the keys");
			assert.equal(serverCommand("jobs").status, 78, "nobody serves with keys of the past");
			assert.equal(serverCommand("units").status, 1);
			const replayed = serverCommand("units", "--replay");
			assert.match(replayed.stdout, /[1-9]\d* keys destroyed once more/);
			assert.deepEqual([serverCommand("units").status, await sql("luotsi_units", "SELECT FROM unit_key WHERE unit = $1 AND wrapped IS NOT NULL", [goesRoom])], [0, []]);

			assert.match(serverCommand("units").stdout, /looked at; .* 0 faults/);
			deploy("restore", "main", dumpOf("main"));
			assert.match(serverCommand("units").stdout, /stored under a key that is not there: [1-9]/, "the verifier tells what a backup brought back");
			assert.ok((await sql("luotsi", "SELECT FROM wrap WHERE room = $1", [goesRoom])).length > 0, "the backup has the rows");
			await own.service.restart();
			const [reader, other] = [await again(own, stays.client), await again(own, goes.client)];
			await reader.engine.openRoom(stays.room, "fi");
			assert.deepEqual(reader.texts(stays.room), stays.client.texts(stays.room));
			const log = await other.engine.parts.link.call("room_log", { room: goes.room, from: 0 });
			assert.ok(log.entries.length > 0);
			assert.deepEqual(log.wraps, [], "nothing opens what was erased");
		} finally {
			await closeHouse(own);
			rmSync(to, { recursive: true, force: true });
		}
	});
};
