// Staff whom only their organisation's sign-in let in: half a session, good for nothing but using or making a passkey. Their journey
// through the bank to a passkey is the browser's (tests/browser/identify.test.ts); here the session is one of theirs by a word in its row.

import { strict as assert } from "node:assert";
import { test } from "node:test";
import { call } from "../lib/bank.js";
import { assertPasskey, createPasskey, type Passkey } from "../lib/authenticator.js";
import { cookieOf, idToUuid, type House } from "./house.js";
import { askRaw, declared, makeBody } from "./roles.test.js";
import { openWire } from "./wire.js";

type Said = Awaited<ReturnType<typeof call>>;

interface Person {
	readonly user: string;
	readonly jar: Map<string, string>;
	ask(op: string, body?: object): Promise<Said>;
}

const SESSION = "__Host-luotsi";
const ALLOWED = ["passkey_list", "passkey_register_begin", "passkey_register_finish", "step_up_begin", "step_up_finish", "sign_out"];

const person = (house: House, user: string, cookie: string): Person => {
	const jar = new Map([cookie.split("=") as [string, string]]);
	return { user, jar, ask: (op, body = {}) => call(house, jar, op, body) };
};

/** Begins one more session of this person, as their organisation's sign-in does. */
const come = async (house: House, user: string): Promise<Person> => {
	const cookie = await cookieOf(house, { person: user, role: "" });
	await house.db.query(
		"UPDATE session SET method = 'oidc', acr = 'office', identified_at = now() WHERE session = (SELECT session FROM session WHERE account = $1 ORDER BY started_at DESC LIMIT 1)",
		[idToUuid(user)]);
	return person(house, user, cookie);
};

const newStaff = async (house: House, role = "counsellor"): Promise<string> => {
	const { rows } = await house.db.query(
		"INSERT INTO account (org, account, role, login) VALUES ($1, gen_random_uuid(), $2, gen_random_uuid()) RETURNING account", [idToUuid(house.org), role]);
	return Buffer.from(String(rows[0].account).replaceAll("-", ""), "hex").toString("base64url");
};

const asked = async (who: Person, op: string): Promise<{ challenge: string; rp: string; user: string; allowed: string[] }> => {
	const said = await who.ask(op);
	assert.equal(said.err, undefined, op);
	return said.ok as { challenge: string; rp: string; user: string; allowed: string[] };
};

const finish = async (house: House, who: Person, begun: { challenge: string; rp: string; user: string }): Promise<{ said: Said; passkey: Passkey }> => {
	const { passkey, made } = createPasskey(begun, house.service.origin);
	return { passkey, said: await who.ask("passkey_register_finish", { ...made, device: "key" }) };
};

const stepUp = async (house: House, who: Person, passkey: Passkey): Promise<Said> => {
	const { user: _, ...answer } = assertPasskey(passkey, await asked(who, "step_up_begin"), house.service.origin);
	return who.ask("step_up_finish", answer);
};

const methods = async (house: House, user: string): Promise<string[]> =>
	(await house.db.query("SELECT method, acr FROM session WHERE account = $1 ORDER BY started_at", [idToUuid(user)])).rows.map((row: { method: string }) => row.method);

/** Their session's connection opens. */
const isWhole = async (house: House, who: Person): Promise<boolean> => {
	const ticket = await who.ask("ws_ticket");
	if (ticket.err !== undefined) return false;
	const wire = await openWire(house, { cookie: `${SESSION}=${who.jar.get(SESSION)}` });
	const opened = await wire.ask("session_open", { ticket: ticket.ok?.["ticket"] });
	wire.socket.terminate();
	return opened.err === undefined;
};

export const halfTests = (get: () => House): void => {
	test("staff_without_a_passkey_are_told_so_whatever_they_ask_and_whatever_their_office", async () => {
		const house = get(), { structs, messages } = declared();
		const doors = messages.filter((one) => one.via !== "ws" && one.audience === "session" && !ALLOWED.includes(one.name));
		assert.ok(doors.some((one) => one.name === "ws_ticket") && doors.some((one) => one.name === "passkey_remove"));
		for (const role of ["counsellor", "team_lead", "admin", "dpo", "coordinator", "operator"]) {
			const who = await come(house, await newStaff(house, role));
			for (const door of doors) {
				const body = makeBody(door.fields, structs, { room: who.user, user: who.user });
				const { err } = await (door.via === "raw" ? askRaw(house, door.name, body as { file: string; n: number }, `${SESSION}=${who.jar.get(SESSION)}`) : who.ask(door.name, body));
				assert.equal(err, "passkey_needed", `${door.name} by ${role}`);
			}
			assert.deepEqual((await who.ask("passkey_list")).ok, { passkeys: [] });
		}
	});

	test("no_frame_is_heard_from_half_a_session_either", async () => {
		const house = get(), who = await come(house, await newStaff(house));
		const wire = await openWire(house, { cookie: `${SESSION}=${who.jar.get(SESSION)}` });
		const ticket = Buffer.alloc(32, 5);
		assert.equal((await wire.ask("session_open", { ticket: ticket.toString("base64url") })).err, "bad_ticket");
		assert.equal(await wire.closed, 1008);
	});

	test("the_first_passkey_makes_the_session_whole_under_a_new_cookie_and_the_old_one_is_over", async () => {
		const house = get(), who = await come(house, await newStaff(house)), before = who.jar.get(SESSION) as string;
		const { said } = await finish(house, who, await asked(who, "passkey_register_begin"));
		assert.equal(said.err, undefined);
		assert.notEqual(who.jar.get(SESSION), before);
		assert.deepEqual(await methods(house, who.user), ["passkey"]);
		assert.equal(await isWhole(house, who), true);
		assert.equal((await person(house, who.user, `${SESSION}=${before}`).ask("passkey_list")).err, "session_expired");
		const listed = (await who.ask("passkey_list")).ok?.["passkeys"] as { passkey: string }[];
		assert.deepEqual(listed.map((row) => row.passkey), [said.ok?.["passkey"]], "the answer named it");
		assert.ok((await finish(house, who, await asked(who, "passkey_register_begin"))).said.ok, "a second one, from the whole session");
	});

	test("who_has_a_passkey_uses_it_and_can_neither_add_nor_remove_one_before", async () => {
		const house = get(), user = await newStaff(house), first = await come(house, user);
		const { passkey, said } = await finish(house, first, await asked(first, "passkey_register_begin"));
		const who = await come(house, user), before = who.jar.get(SESSION);
		assert.equal((await who.ask("passkey_register_begin")).err, "passkey_needed");
		assert.equal((await who.ask("passkey_remove", { passkey: said.ok?.["passkey"] })).err, "passkey_needed");
		assert.equal((await who.ask("passkey_rename", { passkey: said.ok?.["passkey"], device: "phone" })).err, "passkey_needed");
		assert.equal(await isWhole(house, who), false);
		const up = await stepUp(house, who, passkey);
		assert.ok(Math.abs(Number(up.ok?.["fresh_until"]) - Date.now() - 300_000) < 20_000);
		assert.notEqual(who.jar.get(SESSION), before);
		assert.equal(await isWhole(house, who), true);
		assert.deepEqual((await methods(house, user)).at(-1), "passkey");
		assert.ok((await who.ask("passkey_register_begin")).ok);
	});

	test("of_two_half_sessions_that_make_a_first_passkey_one_does", async () => {
		const house = get(), user = await newStaff(house);
		const both = [await come(house, user), await come(house, user)];
		const begun = await Promise.all(both.map((who) => asked(who, "passkey_register_begin")));
		const said = await Promise.all(both.map((who, i) => finish(house, who, begun[i] as { challenge: string; rp: string; user: string })));
		assert.deepEqual(said.map((one) => one.said.err ?? "ok").sort(), ["ok", "passkey_needed"]);
		const { rows } = await house.db.query("SELECT count(*)::int AS n FROM passkey WHERE account = $1", [idToUuid(user)]);
		assert.equal(rows[0].n, 1);
	});

	test("a_first_passkey_is_made_soon_after_the_sign_in_or_not_at_all", async () => {
		const house = get(), who = await come(house, await newStaff(house));
		await house.db.query("UPDATE session SET fresh_until = now() WHERE account = $1", [idToUuid(who.user)]);
		assert.equal((await who.ask("passkey_register_begin")).err, "step_up_needed");
		assert.deepEqual((await asked(who, "step_up_begin")).allowed, []);
	});

	test("another_s_passkey_and_a_disabled_one_make_nothing_whole", async () => {
		const house = get(), [mine, theirs] = [await newStaff(house), await newStaff(house)];
		const other = await come(house, theirs);
		const { passkey: foreign } = await finish(house, other, await asked(other, "passkey_register_begin"));
		const first = await come(house, mine);
		const { passkey } = await finish(house, first, await asked(first, "passkey_register_begin"));
		const who = await come(house, mine);
		assert.equal((await stepUp(house, who, foreign)).err, "passkey_refused");
		await house.db.query("UPDATE passkey SET disabled_at = now() WHERE account = $1", [idToUuid(mine)]);
		assert.equal((await stepUp(house, who, passkey)).err, "passkey_refused");
		assert.equal((await who.ask("passkey_register_begin")).err, "passkey_needed");
		assert.equal(await isWhole(house, who), false);
	});

	test("clients_whom_a_service_identified_are_whole_at_once", async () => {
		const house = get(), who = await come(house, (await house.account()).person);
		assert.equal(await isWhole(house, who), true);
	});

	test("half_a_session_can_be_left", async () => {
		const house = get(), who = await come(house, await newStaff(house));
		assert.equal((await who.ask("sign_out")).err, undefined);
		assert.deepEqual(await methods(house, who.user), []);
	});
};
