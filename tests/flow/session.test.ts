// Sessions: how they begin, what they need for a WebSocket, what every request must say of itself, and how they end.

import { strict as assert } from "node:assert";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { post } from "../../web/src/client/node.js";
import { begin, hear, returned, walk } from "../lib/bank.js";
import { atBank, cookieOf, idToUuid, type Account, type House } from "./house.js";
import { openWire, rawTls, ticketOf, type Reply, type Wire } from "./wire.js";

const within = async <T>(ms: number, what: string, wait: Promise<T>): Promise<T> => {
	let timer: ReturnType<typeof setTimeout> | undefined;
	const late = new Promise<never>((_, reject) => (timer = setTimeout(() => reject(new Error(`waited in vain: ${what}`)), ms)));
	return Promise.race([wait, late]).finally(() => clearTimeout(timer));
};

const NAME = "__Host-luotsi";
const tokenOf = (cookie: string): string => cookie.slice(NAME.length + 1);

export const sessionTests = (house: () => House): void => {
	const ask = async (op: string, body: object, cookie = ""): Promise<{ status: number; reply: Reply; cookie: string }> => {
		const answer = await post(house().service.origin, house().ca, op, body, cookie);
		return { status: answer.status, reply: JSON.parse(answer.body) as Reply, cookie: answer.cookie };
	};
	const lives = async (cookie: string): Promise<boolean> => {
		const { status, reply } = await ask("ws_ticket", {}, cookie);
		assert.ok(status === 200 ? reply.ok : ["not_signed_in", "session_expired"].includes(reply.err ?? ""), `${status} ${reply.err}`);
		return status === 200;
	};
	const signIn = (account: Account, before?: string): Promise<string> => cookieOf(house(), account, before);
	const opened = async (cookie: string): Promise<Wire> => {
		const wire = await openWire(house(), { cookie });
		const reply = await wire.open();
		assert.ok(reply.ok, reply.err);
		return wire;
	};
	/** Of the newest session of the account. */
	const change = async (account: Account, what: string): Promise<void> => {
		const { rowCount } = await house().db.query(
			`UPDATE session SET ${what} WHERE session = (SELECT session FROM session WHERE account = $1 ORDER BY started_at DESC LIMIT 1)`, [idToUuid(account.person)]);
		assert.equal(rowCount, 1);
	};
	const personOf = async (role: string): Promise<Account> => {
		if (role === "client") return house().account();
		const { rows } = await house().db.query<{ id: string }>(
			"INSERT INTO account (org, account, role, login) VALUES ($1, gen_random_uuid(), $2, gen_random_uuid()) RETURNING replace(account::text, '-', '') AS id", [idToUuid(house().org), role]);
		return { person: Buffer.from(rows[0]?.id as string, "hex").toString("base64url"), role };
	};

	test("signing_in_gives_a_new_cookie_and_ends_the_session_of_the_old_one", async () => {
		const account = await house().account();
		const old = await signIn(account);
		const wire = await opened(old);
		const next = await signIn(account, old);
		assert.notEqual(tokenOf(next), tokenOf(old));
		assert.equal(await within(60_000, "close", wire.closed), 4001);
		assert.deepEqual([await lives(old), await lives(next)], [false, true]);
	});

	test("signing_in_as_somebody_else_ends_the_first_ones_session_too", async () => {
		const first = await signIn(await house().account());
		const second = await signIn(await house().foreigner(), first);
		assert.deepEqual([await lives(first), await lives(second)], [false, true]);
	});

	test("a_cookie_that_somebody_chose_becomes_no_session", async () => {
		const chosen = `${NAME}=${Buffer.alloc(32, 9).toString("base64url")}`;
		const given = await signIn(await house().account(), chosen);
		assert.notEqual(given, chosen);
		assert.deepEqual([await lives(chosen), await lives(given)], [false, true]);
	});

	test("the_cookie_is_for_this_host_alone_and_for_no_script", async () => {
		const account = await house().account();
		const { jar, url } = await begin(house());
		const { cookies } = await hear(house(), jar, "identify_finish", returned(await walk(house(), url, atBank(account.person))));
		const set = cookies.find((line) => line.startsWith(`${NAME}=`)) ?? "";
		const [pair, ...attributes] = set.split("; ");
		assert.match(pair ?? "", /^__Host-luotsi=[A-Za-z0-9_-]{43}$/);
		assert.deepEqual(attributes.sort(), ["HttpOnly", "Path=/", "SameSite=Strict", "Secure"]);
	});

	test("a_cookie_is_one_cookie_of_exactly_this_name_and_form", async () => {
		const good = await signIn(await house().account());
		const other = await signIn(await house().account());
		const token = tokenOf(good);
		for (const wrong of [`${good}; ${other}`, `${good}; ${good}`, `${good}A`, good.slice(0, -1), `x${good}`, `${NAME.toLowerCase()}=${token}`, `${NAME}="${token}"`, `${NAME}=${token}=`, `${NAME} =${token}`])
			assert.equal(await lives(wrong), false, wrong);
		assert.equal(await lives(`a=b; ${good}; c`), true);
	});

	test("without_a_request_a_session_ends_by_the_time_of_its_role", async () => {
		for (const [role, minutes] of [["client", 20], ["counsellor", 15], ["team_lead", 15], ["admin", 10], ["dpo", 10], ["coordinator", 10], ["operator", 10]] as const) {
			const account = await personOf(role);
			const cookie = await signIn(account);
			const wire = await openWire(house(), { cookie });
			const { ok } = await wire.open();
			assert.deepEqual([ok?.["role"], ok?.["idle_minutes"]], [role, minutes]);
			wire.socket.terminate();
			await change(account, `seen_at = now() - interval '${minutes} minutes' + interval '20 seconds'`);
			assert.equal(await lives(cookie), true, role);
			await change(account, `seen_at = now() - interval '${minutes} minutes' - interval '1 second'`);
			assert.equal(await lives(cookie), false, role);
		}
	});

	test("at_most_a_session_lasts_as_long_as_its_role_may", async () => {
		for (const [role, hours] of [["client", 4], ["counsellor", 9], ["team_lead", 9], ["admin", 4], ["dpo", 4], ["coordinator", 4], ["operator", 4]] as const) {
			const account = await personOf(role);
			const cookie = await signIn(account);
			const { rows } = await house().db.query<{ seconds: number }>(
				"SELECT extract(epoch FROM expires_at - started_at)::int AS seconds FROM session WHERE account = $1", [idToUuid(account.person)]);
			assert.equal(rows[0]?.seconds, hours * 3600, role);
			await change(account, "expires_at = now() - interval '1 second'");
			assert.equal(await lives(cookie), false, role);
		}
	});

	test("an_open_connection_ends_when_the_time_of_its_session_is_over", async () => {
		const openedFor = async (seconds: number): Promise<Wire> => {
			const account = await house().account(), cookie = await signIn(account);
			await change(account, `expires_at = now() + interval '${seconds} seconds'`);
			const wire = await openWire(house(), { cookie });
			return (await wire.open()).ok ? wire : openedFor(2 * seconds); // a busy machine was slower than that
		};
		const wire = await openedFor(3);
		assert.equal(await within(60_000, "close", wire.closed), 4001);
		assert.ok(wire.heard.some((frame) => frame.ev === "session_ended"));
	});

	test("signing_out_closes_the_open_connections_of_this_session_and_no_other", async () => {
		const account = await house().account();
		const [mine, other] = [await signIn(account), await signIn(account)];
		const [a, b, stays] = [await opened(mine), await opened(mine), await opened(other)];
		assert.equal((await ask("sign_out", {}, mine)).status, 200);
		assert.deepEqual([await within(60_000, "close", a.closed), await within(60_000, "close", b.closed)], [4001, 4001]);
		assert.equal(await lives(mine), false);
		assert.ok((await stays.ask("session_list", {})).ok);
		stays.socket.terminate();
	});

	test("all_other_sessions_of_a_person_end_at_once", async () => {
		const account = await house().account();
		const [mine, other, third] = [await signIn(account), await signIn(account), await signIn(account)];
		const [stays, goes] = [await opened(mine), await opened(other)];
		assert.deepEqual((await stays.ask("session_end_others", {})).ok, { ended: 2 });
		assert.equal(await within(60_000, "close", goes.closed), 4001);
		assert.deepEqual([await lives(mine), await lives(other), await lives(third)], [true, false, false]);
		assert.equal(((await stays.ask("session_list", {})).ok?.["sessions"] as unknown[]).length, 1);
		stays.socket.terminate();
	});

	test("who_gets_another_role_is_out_at_once", async () => {
		const account = await personOf("counsellor");
		const cookie = await signIn(account);
		const wire = await opened(cookie);
		await house().db.query("UPDATE account SET role = 'operator' WHERE account = $1", [idToUuid(account.person)]);
		assert.equal(await within(60_000, "close", wire.closed), 4001);
		assert.equal(await lives(cookie), false);
	});

	test("a_ticket_opens_one_connection_once", async () => {
		const cookie = await signIn(await house().account());
		const ticket = await ticketOf(house(), cookie);
		const first = await openWire(house(), { cookie });
		assert.ok((await first.ask("session_open", { ticket })).ok);
		const second = await openWire(house(), { cookie });
		assert.equal((await second.ask("session_open", { ticket })).err, "bad_ticket");
		assert.equal(await within(60_000, "close", second.closed), 1008);
		assert.ok((await first.ask("session_list", {})).ok);
		first.socket.terminate();
	});

	test("a_ticket_is_of_its_session_and_of_its_time", async () => {
		const account = await house().account();
		const [mine, other] = [await signIn(account), await signIn(account)];
		const late = await ticketOf(house(), mine);
		const { rowCount } = await house().db.query("UPDATE ws_ticket SET expires_at = now() - interval '1 second' WHERE session IN (SELECT session FROM session WHERE account = $1)", [idToUuid(account.person)]);
		assert.equal(rowCount, 1);
		for (const ticket of [await ticketOf(house(), other), late, Buffer.alloc(32).toString("base64url")]) {
			const wire = await openWire(house(), { cookie: mine });
			assert.equal((await wire.ask("session_open", { ticket })).err, "bad_ticket");
			assert.equal(await within(60_000, "close", wire.closed), 1008);
		}
		const bare = await openWire(house(), { cookie: mine });
		assert.equal((await bare.ask("session_open", {})).err, "bad_field");
		bare.socket.terminate();
	});

	test("a_ticket_is_worth_nothing_without_the_cookie_or_from_elsewhere", async () => {
		const cookie = await signIn(await house().account());
		const ticket = await ticketOf(house(), cookie);
		for (const handshake of [{}, { cookie, origin: "https://example.org" }, { cookie, origin: "" }]) {
			const wire = await openWire(house(), handshake);
			assert.ok([400, 401, 403, 0].includes(await within(60_000, "refusal", wire.refused)));
		}
		const wire = await openWire(house(), { cookie });
		assert.ok((await wire.ask("session_open", { ticket })).ok, "it was not spent");
		wire.socket.terminate();
	});

	test("a_request_says_that_it_comes_from_a_page_of_ours", async () => {
		const cookie = await signIn(await house().account());
		const origin = `Origin: ${house().service.origin}\r\n`;
		const mark = "X-Luotsi: 1\r\n";
		const type = "Content-Type: application/json\r\n";
		const site = (value: string): string => `Sec-Fetch-Site: ${value}\r\n`;
		const status = async (headers: string, method = "POST"): Promise<number> => {
			const text = await rawTls(house(), [`${method} /api/ws_ticket HTTP/1.1\r\nHost: localhost:${house().service.port}\r\nCookie: ${cookie}\r\n${headers}Content-Length: 2\r\nConnection: close\r\n\r\n{}`]);
			return Number(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1] ?? 0);
		};
		for (const good of [origin + mark + type, origin + mark + type + site("same-origin"), mark + type + site("same-origin")])
			assert.equal(await status(good), 200, good);
		const elsewhere = "Origin: https://example.org\r\n";
		for (const wrong of [
			mark + type, origin + type, `${origin}X-Luotsi: 2\r\n${type}`, elsewhere + mark + type, elsewhere + mark + type + site("same-origin"),
			...["cross-site", "same-site", "none", "Same-Origin"].map((value) => origin + mark + type + site(value)), `Origin: null\r\n${mark}${type}`,
			`Origin: ${house().service.origin}/\r\n${mark}${type}`,
		])
			assert.equal(await status(wrong), 403, wrong);
		for (const wrong of ["", "Content-Type: text/plain\r\n", "Content-Type: application/json; charset=utf-8\r\n", "Content-Type: application/x-www-form-urlencoded\r\n"])
			assert.equal(await status(origin + mark + wrong), 400, wrong);
		assert.equal(await status(origin + mark + type, "PUT"), 405);
	});

	test("other_unlockers_need_a_fresh_proof_and_the_first_ones_do_not", async () => {
		const account = await house().account();
		const cookie = await signIn(account);
		await change(account, "fresh_until = now() - interval '1 second'");
		const wire = await opened(cookie);
		const bytes = (n: number): string => Buffer.alloc(n, 1).toString("base64url");
		const put = async (expected: number): Promise<string | undefined> =>
			(await wire.ask("self_put_keys", { expected, unlockers: [bytes(100)], list_mac: bytes(32), keys: bytes(584) })).err;
		assert.equal(await put(1), "step_up_needed");
		assert.equal(await put(0), "bad_field", "judged by what it says");
		await change(account, "fresh_until = now() + interval '1 minute'");
		assert.equal(await put(1), "bad_field", "proven elsewhere meanwhile");
		wire.socket.terminate();
	});

	test("tokens_and_tickets_are_in_no_log_and_in_no_row", async () => {
		const { db, service } = house();
		const cookie = await cookieOf(house(), await house().account());
		const secrets = [tokenOf(cookie), await ticketOf(house(), cookie)];
		await (await opened(cookie)).ask("session_list", {});
		const log = readdirSync(service.log).map((file) => readFileSync(join(service.log, file), "utf8")).join("\n");
		assert.ok(log.length > 100);
		const hex = secrets.map((secret) => Buffer.from(secret, "base64url").toString("hex"));
		const { rows } = await db.query<{ row: string }>("SELECT s::text AS row FROM session s UNION ALL SELECT t::text FROM ws_ticket t");
		assert.ok(rows.length > 1);
		for (const secret of [...secrets, ...hex]) {
			assert.ok(!log.includes(secret));
			assert.ok(!rows.some(({ row }) => row.includes(secret)));
		}
	});
};
