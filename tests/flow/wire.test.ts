// What the server does with connections and frames that no honest client makes: each has its ceiling and its clear refusal.

import { strict as assert } from "node:assert";
import { connect } from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import { cookieOf, idToUuid, say, talk, type House } from "./house.js";
import { signedIn } from "./commit.test.js";
import { openWire, rawTls, type Wire } from "./wire.js";

const within = async <T>(ms: number, what: string, wait: Promise<T>): Promise<T> => {
	let timer: ReturnType<typeof setTimeout> | undefined;
	const late = new Promise<never>((_, reject) => (timer = setTimeout(() => reject(new Error(`waited in vain: ${what}`)), ms)));
	return Promise.race([wait, late]).finally(() => clearTimeout(timer));
};

const fresh = async (house: House): Promise<Wire> => openWire(house, { cookie: await cookieOf(house, await house.account()) });

const opened = async (house: House): Promise<{ wire: Wire; user: string }> => {
	const wire = await fresh(house);
	const reply = await wire.open();
	return { wire, user: reply.ok?.["user"] as string };
};

/** The server is alive and answers a stranger. */
const answers = async (house: House): Promise<void> => {
	const text = await rawTls(house, [`GET / HTTP/1.1\r\nHost: localhost:${house.service.port}\r\nConnection: close\r\n\r\n`]);
	assert.match(text, /^HTTP\/1\.1 \d{3}/);
};

/** What all processes have counted under this name. */
const counted = async ({ service }: House, name: string): Promise<number> => {
	const text = await new Promise<string>((resolve, reject) => {
		let said = "";
		const line = connect(join(service.sockets, "metrics.sock"), () => line.write("GET /metrics HTTP/1.1\r\nHost: luotsi\r\n\r\n"));
		line.on("data", (piece) => (said += String(piece))).on("error", reject).on("close", () => resolve(said));
	});
	const lines = [...text.matchAll(new RegExp(`^luotsi_${name}_total\\{[^}]*\\} (\\d+)$`, "gm"))];
	assert.ok(lines.length > 0, `${name} is counted`);
	return lines.reduce((sum, [, n]) => sum + Number(n), 0);
};

export const wireTests = (house: () => House): void => {
	test("a_handshake_from_another_origin_is_refused", async () => {
		const cookie = await cookieOf(house(), await house().account());
		for (const origin of ["https://example.org", "null", `http://localhost:${house().service.port}`, ""]) {
			const wire = await openWire(house(), { cookie, origin });
			assert.ok([400, 403, 0].includes(await within(60_000, `refusal of ${origin}`, wire.refused)), origin);
		}
	});

	test("what_no_page_sends_is_counted", async () => {
		const malformed = (): Promise<number> => counted(house(), "requests_malformed");
		const grows = async (by: number, act: () => Promise<unknown>): Promise<void> => {
			const before = await malformed();
			await act();
			assert.ok((await malformed()) >= before + by, `grew by ${(await malformed()) - before}`);
		};
		const { wire } = await opened(house());
		await grows(3, async () => {
			assert.equal((await within(60_000, "answer", wire.ask("no_such_op", {}))).err, "unknown_op");
			assert.equal((await within(60_000, "answer", wire.ask("message_page", { room: 1 }))).err, "bad_field");
			wire.raw("no JSON");
			await within(60_000, "close", wire.closed);
		});
		await grows(1, () => rawTls(house(), ["POST /api/ws_ticket HTTP/1.1\r\nHost: localhost\r\nX-Luotsi: 1\r\nContent-Type: application/json\r\nSec-Fetch-Site: same-origin\r\nContent-Length: 1\r\nConnection: close\r\n\r\n{"]));
	});

	test("a_handshake_without_a_cookie_is_refused", async () => {
		for (const cookie of [undefined, "other=1", "__Host-luotsi=", "__Host-luotsi=short", "x__Host-luotsi=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"]) {
			const wire = await openWire(house(), cookie === undefined ? {} : { cookie });
			assert.ok([401, 403, 400, 0].includes(await within(60_000, "refusal", wire.refused)), cookie);
		}
	});

	test("a_handshake_without_the_subprotocol_is_refused", async () => {
		const cookie = await cookieOf(house(), await house().account());
		for (const protocols of [[], ["luotsi.v0"], ["chat"]]) {
			const wire = await openWire(house(), { cookie, protocols });
			assert.ok((await within(60_000, "refusal", wire.refused)) < 500);
		}
	});

	test("an_unknown_session_ends_the_connection", async () => {
		const wire = await openWire(house(), { cookie: `__Host-luotsi=${Buffer.alloc(32, 7).toString("base64url")}` });
		const reply = await within(60_000, "answer", wire.open());
		assert.ok(["session_expired", "not_signed_in"].includes(reply.err ?? ""), reply.err);
		assert.equal(await within(60_000, "close", wire.closed), 4001);
	});

	test("an_expired_session_ends_the_connection", async () => {
		const account = await house().account();
		const cookie = await cookieOf(house(), account);
		await house().db.query("UPDATE session SET expires_at = now() - interval '1 second', started_at = now() - interval '1 day' WHERE account = $1", [idToUuid(account.person)]);
		const wire = await openWire(house(), { cookie });
		assert.ok(["session_expired", "not_signed_in"].includes((await wire.open()).err ?? ""));
		assert.equal(await within(60_000, "close", wire.closed), 4001);
	});

	test("ending_a_session_closes_its_connections", async () => {
		const account = await house().account();
		const [a, b] = [await openWire(house(), { cookie: await cookieOf(house(), account) }), await openWire(house(), { cookie: await cookieOf(house(), account) })];
		await a.open();
		await b.open();
		const sessions = (await a.ask("session_list", {})).ok?.["sessions"] as { session: string; current: boolean }[];
		assert.equal(sessions.length, 2);
		await a.ask("session_end", { session: sessions.find((s) => !s.current)?.session });
		assert.equal(await within(60_000, "close", b.closed), 4001);
		assert.ok(b.heard.some((frame) => frame.ev === "session_ended"));
		assert.ok((await a.ask("session_list", {})).ok);
		a.socket.terminate();
	});

	test("a_connection_without_a_first_frame_is_closed", async () => {
		const wire = await fresh(house());
		assert.equal(await within(60_000, "close", wire.closed), 4002);
	});

	test("a_first_frame_that_opens_no_session_ends_the_connection", async () => {
		const wire = await fresh(house());
		const reply = await within(60_000, "answer", wire.ask("room_list", { limit: 10 }));
		assert.ok(reply.err);
		assert.equal(await within(60_000, "close", wire.closed), 1008);
	});

	test("an_unknown_op_is_refused_and_the_connection_stays", async () => {
		const { wire } = await opened(house());
		assert.equal((await wire.ask("room_destroy", {})).err, "unknown_op");
		assert.equal((await wire.ask("identify_begin", {})).err, "unknown_op");
		assert.ok((await wire.ask("room_list", { limit: 10 })).ok);
		wire.socket.terminate();
	});

	test("bad_fields_are_refused_by_name_and_the_connection_stays", async () => {
		const { wire } = await opened(house());
		for (const body of [{}, { limit: 0 }, { limit: 201 }, { limit: "10" }, { limit: 10, more: true }, { limit: 1.5 }, { limit: null }, { limit: 10, after: "AAAA" }])
			assert.equal((await wire.ask("room_list", body)).err, "bad_field", JSON.stringify(body));
		assert.ok((await wire.ask("room_list", { limit: 10 })).ok);
		wire.socket.terminate();
	});

	test("frames_that_are_no_request_end_the_connection", async () => {
		for (const text of ["", "{", "[]", "null", '{"id":0,"op":"room_list","body":{}}', '{"op":"room_list","body":{}}', '{"id":1,"id":2,"op":"room_list","body":{"limit":1}}', `${"[".repeat(5_000)}`]) {
			const { wire } = await opened(house());
			wire.raw(text);
			assert.ok([1007, 1008].includes(await within(60_000, `close after ${text.slice(0, 40)}`, wire.closed)), text.slice(0, 40));
		}
		await answers(house());
	});

	test("binary_frames_and_broken_utf8_end_the_connection", async () => {
		const { wire } = await opened(house());
		wire.raw(Buffer.from([1, 2, 3]));
		assert.equal(await within(60_000, "close", wire.closed), 1003);
		for (const frame of [[0, 0, 0, 0], [0, 0, 0, 2, 0x7b, 0x7d], [0xff, 0xff, 0xff, 0xff, 0x7b, 0x7d, 1]]) {
			const { wire: odd } = await opened(house());
			odd.raw(Buffer.from(frame));
			assert.equal(await within(60_000, "close", odd.closed), 1003);
		}
		const { wire: other } = await opened(house());
		other.socket.send(Buffer.from([0x22, 0xc3, 0x28, 0x22]), { binary: false });
		assert.ok([1007, 1008].includes(await within(60_000, "close", other.closed)));
	});

	test("a_blob_is_refused_where_it_is_not_asked_for_and_with_its_field_said_twice", async () => {
		const { wire } = await opened(house());
		const blob = Buffer.alloc(300, 65);
		const said = async (op: string, body: object): Promise<string | undefined> => (await wire.ask(op, body, blob)).err;
		assert.equal(await said("room_list", { limit: 10 }), "bad_field");
		assert.equal(await said("message_post", { envelope: blob.toString("base64url") }), "bad_field");
		assert.equal(await said("message_post", { more: 1 }), "bad_field");
		assert.notEqual(await said("message_post", {}), "bad_field");
		assert.ok((await wire.ask("room_list", { limit: 10 })).ok);
		wire.socket.terminate();
	});

	test("a_frame_over_the_ceiling_ends_the_connection_also_in_pieces", async () => {
		const { wire } = await opened(house());
		wire.raw("x".repeat(300_000));
		assert.ok([1009, 1006].includes(await within(60_000, "close", wire.closed)));
		const { wire: other } = await opened(house());
		for (let i = 0; i < 20; i++) other.socket.send("y".repeat(20_000), { fin: i === 19 }, () => undefined);
		assert.ok([1009, 1006].includes(await within(60_000, "close", other.closed)));
		await answers(house());
	});

	test("a_flood_of_messages_is_refused", async () => {
		const { client, room } = await talk(house());
		const wire = await signedIn(house(), client);
		const junk = Buffer.alloc(700, 65).toString("base64url");
		const replies = await Promise.all(Array.from({ length: 1_200 }, () => wire.ask("message_post", { envelope: junk })));
		assert.ok(replies.some((r) => r.err === "rate_limited" || r.err === "busy" || r.err === "closed 4005"), JSON.stringify([...new Set(replies.map((r) => r.err))]));
		wire.socket.terminate();
		assert.ok(room);
		await answers(house());
	});

	test("a_reader_who_does_not_read_is_cut_and_others_go_on", async () => {
		const { client, counsellor, room } = await talk(house());
		for (let i = 0; i < 12; i++) await say(counsellor, client, room, `${i} ${"pitkä viesti ".repeat(600)}`);
		const wire = await signedIn(house(), client);
		const { _socket: tcp } = wire.socket as unknown as { _socket: { pause(): void; resume(): void } };
		tcp.pause();
		for (let i = 0; i < 400; i++) wire.raw(JSON.stringify({ id: 100 + i, op: "message_page", body: { room, limit: 50 } }));
		await new Promise((resolve) => setTimeout(resolve, 1_500));
		await say(client, counsellor, room, "muut jatkavat");
		tcp.resume();
		assert.ok([4004, 4005, 1006].includes(await within(60_000, "close", wire.closed)));
	});

	test("pipelined_requests_with_bodies_harm_nobody", async () => {
		const host = `Host: localhost:${house().service.port}\r\n`;
		const origin = `Origin: ${house().service.origin}\r\n`;
		const get = `GET / HTTP/1.1\r\n${host}\r\n`;
		const post = (body: string): string => `POST /api/sign_in_options HTTP/1.1\r\n${host}${origin}Content-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
		const variants: readonly (readonly string[])[] = [
			[get + post("{}")], [post("{}") + post("{}")], [post("{}") + get], [get + get + post("{}")], [post("{}").repeat(8)], [get, post("{}")],
			[get + post("{}").slice(0, -1), "}"], [post("{}") + post("{}").slice(0, 40)], [get.repeat(40)], [post("x".repeat(3_000)) + post("{}")],
			[`POST /api/sign_in_options HTTP/1.1\r\n${host}${origin}Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n${get}`],
			[`POST /api/sign_in_options HTTP/1.1\r\n${host}${origin}Content-Type: application/json\r\n\r\n${get}`],
			[`POST /api/sign_in_options HTTP/1.1\r\n${host}${origin}Content-Type: application/json\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}${get}`],
			[`POST /api/sign_in_options HTTP/1.1\r\n${host}${origin}Content-Type: application/json\r\nContent-Length: -1\r\n\r\n{}${get}`],
			[`GET /ws HTTP/1.1\r\n${host}\r\n` + post("{}")], [`DELETE / HTTP/1.1\r\n${host}\r\n${post("{}")}`],
		];
		for (const pieces of variants) {
			await rawTls(house(), pieces, 700);
			await answers(house());
		}
	});

	test("an_upgrade_to_h2c_is_not_followed", async () => {
		const host = `Host: localhost:${house().service.port}\r\n`;
		const settings = "HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n";
		for (const extra of ["", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"]) {
			const text = await rawTls(house(), [`GET / HTTP/1.1\r\n${host}Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n${settings}\r\n${extra}`], 60_000, (said) => said.includes("\r\n"));
			assert.match(text, /^HTTP\/1\.1 (?!101)\d{3} /);
		}
		await rawTls(house(), ["PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"], 700);
		await answers(house());
	});

	test("requests_that_drip_or_never_end_do_not_keep_others_waiting", async () => {
		const host = `Host: localhost:${house().service.port}\r\n`;
		const slow = Array.from({ length: 30 }, () => rawTls(house(), [`POST /api/sign_in_options HTTP/1.1\r\n${host}Content-Length: 100\r\n\r\n{`], 2_500));
		await answers(house());
		await Promise.all(slow);
	});

	test("every_answer_carries_the_protecting_headers", async () => {
		for (const path of ["/", "/nowhere.js", "/api/sign_in_options", "/a\\b"]) {
			const text = (await rawTls(house(), [`GET ${path} HTTP/1.1\r\nHost: localhost:${house().service.port}\r\nConnection: close\r\n\r\n`])).toLowerCase();
			for (const header of ["content-security-policy:", "x-content-type-options: nosniff", "referrer-policy: no-referrer", "strict-transport-security:", "permissions-policy:", "cache-control:"])
				assert.ok(text.includes(header), `${path} lacks ${header}`);
		}
	});
};
