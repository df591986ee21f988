// What people ask about their data, over the wire: by whom, in which words it is stored, what a frozen room is to those in it; and the
// register of breaches.

import { strict as assert } from "node:assert";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { post } from "../../web/src/client/node.js";
import { cookieOf, idToUuid, talk, type House } from "./house.js";
import { openWire, type Reply } from "./wire.js";

const SECRET = "Osoitteeni on vaihtunut, Kissakuja 4";

export const rightsTests = (house: () => House): void => {
	const run = (sql: string, values: unknown[] = []) => house().db.query(sql, values);
	const newId = (): string => randomBytes(16).toString("base64url");
	const asking = (cookie: string) => async (op: string, body: object): Promise<Reply> => JSON.parse((await post(house().service.origin, house().ca, op, body, cookie)).body) as Reply;
	const fresh = (user: string) => run("UPDATE session SET fresh_until = now() + interval '1 hour' WHERE account = $1", [idToUuid(user)]);
	const stale = (user: string) => run("UPDATE session SET fresh_until = now() WHERE account = $1", [idToUuid(user)]);
	const as = async (role: string) => {
		const { rows } = await run("INSERT INTO account (org, account, role, login) VALUES ($1, gen_random_uuid(), $2, gen_random_uuid()) RETURNING account", [idToUuid(house().org), role]);
		const person = Buffer.from((rows[0].account as string).replaceAll("-", ""), "hex").toString("base64url");
		const ask = asking(await cookieOf(house(), { person, role }));
		await fresh(person);
		return ask;
	};

	test("a_request_is_asked_followed_and_answered_and_what_was_written_is_nowhere_in_clear", async () => {
		const { client, counsellor, room } = await talk(house(), "Pyytäjä");
		for (const one of [client, counsellor]) await one.engine.openRoom(room, "fi");
		const person = asking(await cookieOf(house(), { person: client.user, role: "client" }));
		const dpo = await as("dpo");
		const request = newId();
		const body = { request, kind: "restriction", room, text: SECRET };
		await stale(client.user);
		assert.equal((await person("rights_ask", body)).err, "step_up_needed");
		await fresh(client.user);
		assert.match(String((await person("rights_ask", body)).ok?.["due_on"]), /^\d{4}-\d\d-\d\d$/);
		assert.ok((await person("rights_ask", body)).ok, "the same again");
		assert.equal((await person("rights_ask", { ...body, request: newId() })).err, "already_here");
		assert.equal((await person("rights_ask", { ...body, request: newId(), room: newId() })).err, "not_found");
		assert.equal((await person("rights_ask", { ...body, request: newId(), text: "ä".repeat(2_001) })).err, "bad_field");
		const { rows } = await run("SELECT s.text FROM subject_step s WHERE s.request = $1", [idToUuid(request)]);
		assert.ok(rows.length === 1 && !(rows[0].text as Buffer).includes("Kissakuja"));

		assert.equal((await person("request_list", { open: true, late: false, skip: 0 })).err, "forbidden");
		assert.equal((await dpo("rights_list", {})).err, "forbidden");
		assert.equal((await dpo("request_one", { request, reason: "" })).err, "bad_field");
		const opened = (await dpo("request_one", { request, reason: "vastaus" })).ok as Record<string, unknown>;
		const steps = opened["steps"] as Record<string, unknown>[];
		assert.deepEqual([opened["account"], opened["rooms"], steps.map((one) => [one["by"], one["step"], one["text"]])], [client.user, [room], [["person", "ask", SECRET]]]);

		const wire = await openWire(house(), { cookie: await cookieOf(house(), { person: client.user, role: "client" }) });
		assert.ok((await wire.open()).ok);
		const typing = () => wire.ask("message_typing", { room });
		assert.equal((await typing()).err, undefined);
		assert.ok((await dpo("request_freeze", { request, rooms: [], on: true, text: "Rajoitettu pyynnöstäsi." })).ok);
		for (const one of [client, counsellor])
			await one.until("whoever has the room open hears that it is frozen", () => one.view()?.room === room && one.view()?.card?.state === "frozen" && one.view()?.blocked === "closed" && one.view()?.phase === "open");
		assert.equal((await typing()).err, "room_frozen");
		const card = (await wire.ask("room_open", { room, language: "fi" })).ok?.["agreement"] as Record<string, unknown>;
		assert.equal(card["state"], "frozen");
		await fresh(client.user);
		assert.equal((await wire.ask("export_begin", { room, form: "archive" })).err, undefined);
		wire.socket.close();

		assert.ok((await dpo("request_step", { request, step: "done", text: "Rajoitus on voimassa." })).ok);
		assert.equal((await dpo("request_step", { request, step: "begin", text: "" })).err, "conflict");
		const own = (await person("rights_one", { request })).ok as Record<string, unknown>;
		assert.deepEqual((own["steps"] as Record<string, unknown>[]).map((one) => [one["by"], one["step"], "actor" in one, one["text"]]),
			[["person", "ask", false, SECRET], ["office", "freeze", false, "Rajoitettu pyynnöstäsi."], ["office", "done", false, "Rajoitus on voimassa."]]);
		assert.equal((await person("rights_withdraw", { request })).err, "conflict");
		const held = (await person("rights_held", {})).ok as Record<string, unknown>;
		assert.deepEqual([held["rooms"], held["mail"]], [1, false]);
	});

	test("a_breach_is_written_by_those_who_may_and_read_back_version_by_version", async () => {
		const [dpo, counsellor] = [await as("dpo"), await as("counsellor")];
		const breach = newId();
		const body = { breach, version: 0, found_at: Date.now() - 3_600_000, persons: 2, told: "open", people: "open", closed: false, facts: "Kirje väärälle henkilölle", effects: "", remedies: "", why: "" };
		assert.equal((await counsellor("breach_put", body)).err, "forbidden");
		assert.ok((await dpo("breach_put", body)).ok);
		assert.equal((await dpo("breach_put", { ...body, version: 1, told: "not_needed" })).err, "bad_field");
		assert.ok((await dpo("breach_put", { ...body, version: 1, told: "not_needed", why: "Ei riskiä", effects: "Ei mitään" })).ok);
		const { rows } = await run("SELECT facts FROM breach_version WHERE breach = $1", [idToUuid(breach)]);
		assert.ok(rows.length === 2 && !(rows[0].facts as Buffer).includes("Kirje"));
		const versions = ((await dpo("breach_one", { breach, reason: "tarkastus" })).ok?.["versions"] ?? []) as Record<string, unknown>[];
		assert.deepEqual(versions.map((one) => [one["version"], one["facts"], one["effects"], one["why"]]), [[2, body.facts, "Ei mitään", "Ei riskiä"], [1, body.facts, "", ""]]);
		const record = (await dpo("record_get", {})).ok as Record<string, unknown>;
		assert.ok((await dpo("record_put", { version: record["version"], contact: "Kunta", officer: "", basis: "", recipients: "", transfers: "" })).ok);
		assert.equal((await dpo("record_put", { version: record["version"], contact: "", officer: "", basis: "", recipients: "", transfers: "" })).err, "conflict");
		assert.equal(((await dpo("record_get", {})).ok ?? {})["contact"], "Kunta");
	});
};
