// Files on the server: parts by the wire, what is refused, what is cut, and that nothing is stored twice or left behind.

import { strict as assert } from "node:assert";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { cookieOf, idToUuid, isEdge, killHard, talk, type House } from "./house.js";
import { begin, cancel, cipher, get, PART, put, ask, send, sha256, slowly } from "./parts.js";
import { rawTls } from "./wire.js";
import { random, toBase64Url } from "../../web/src/seal/index.js";
import type { Actor } from "../client/organisation.js";

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

export const fileTests = (house: () => House): void => {
	const cookie = (actor: Actor, role: string): Promise<string> => cookieOf(house(), { person: actor.user, role });
	const scene = async () => {
		const made = await talk(house());
		return { ...made, mine: await cookie(made.client, "client"), theirs: await cookie(made.counsellor, "counsellor") };
	};
	const rows = async (sql: string, file: string): Promise<Record<string, unknown>[]> => (await house().db.query<Record<string, unknown>>(sql, [idToUuid(file)])).rows;
	const held = async (file: string): Promise<number> => (await rows("SELECT FROM file_part WHERE file = $1", file)).length;
	const faults = async (): Promise<unknown[]> => {
		const { db, org } = house();
		await db.query("SELECT set_config('luotsi.org', $1, false)", [idToUuid(org)]);
		const found = (await db.query<{ fault: string; n: string }>("SELECT fault, n FROM file_faults()")).rows;
		await db.query("SELECT set_config('luotsi.org', '', false)");
		return found;
	};
	const workers = (): number[] =>
		spawnSync("pgrep", ["-P", String(house().service.server_pid), "-f", "luotsid worker"], { encoding: "utf8" }).stdout.trim().split("\n").filter(Boolean).map(Number);

	/** The head of a PUT by hand, and so much of the body. */
	const head = (file: string, mine: string, body: Buffer): string =>
		[`PUT /api/file/${file}/0 HTTP/1.1`, "host: localhost", `origin: ${house().service.origin}`, "x-luotsi: 1", `cookie: ${mine}`, "content-type: application/octet-stream",
			`x-luotsi-digest: ${sha256(body).toString("base64url")}`, `content-length: ${body.length}`, "", ""].join("\r\n");

	let slow: Promise<string> | undefined;
	let slowFile = "";

	test("a file goes in parts, is sent with a message, read by the other side and taken away with the message", async () => {
		const { client, counsellor, room, mine, theirs } = await scene();
		// What takes longer than any test: looked at in the last of these.
		const drops = cipher(72);
		slowFile = await begin(client, room, 72);
		slow = rawTls(house(), [head(slowFile, mine, drops[0] as Buffer), (drops[0] as Buffer).subarray(0, 30)], 60_000);

		const size = 56 + 2 * PART + 4_000, parts = cipher(size);
		const file = await begin(client, room, size);
		for (const n of [2, 0, 1]) assert.equal((await put(house(), mine, file, n, parts[n] as Buffer)).word, "ok");
		const state = await client.engine.parts.link.call("file_state", { file, from: 1 });
		assert.deepEqual([state.state, state.more, state.parts.map((p) => p.n)], ["open", false, [1, 2]]);
		assert.equal(state.parts[0]?.digest, sha256(parts[1] as Buffer).toString("base64url"));
		assert.equal((await get(house(), theirs, file, 0)).word, "not_found", "before it is sent");
		const id = await send(client, room, file, parts);
		await counsellor.until("the file arrives", () => counsellor.messages.get(id)?.item?.kind === 5);
		for (const [n, part] of parts.entries()) {
			const answer = await get(house(), theirs, file, n);
			assert.deepEqual([answer.status, answer.headers["x-luotsi-digest"], answer.bytes.equals(part)], [200, sha256(part).toString("base64url"), true]);
			assert.ok(String(answer.headers["cache-control"]).includes("no-store"));
		}
		assert.equal((await get(house(), theirs, file, 3)).word, "not_found");
		const key = await counsellor.engine.parts.link.call("file_key", { room, file });
		assert.equal(Buffer.from(key.key, "base64url").length, 104);
		assert.equal((await put(house(), mine, file, 1, parts[1] as Buffer)).word, "ok", "a repeat after all");
		await client.engine.remove(room, id);
		await counsellor.until("it is deleted", () => counsellor.messages.get(id)?.deleted === true);
		assert.equal((await get(house(), theirs, file, 0)).word, "not_found");
		assert.deepEqual([await held(file), (await rows("SELECT FROM file_seal WHERE file = $1", file)).length], [0, 0]);
		assert.deepEqual(await faults(), []);
	});

	test("a part that is not what it says, not of this file or not anybody's is refused", async () => {
		const { client, room, mine, theirs } = await scene();
		const size = 56 + PART + 5_000, parts = cipher(size) as [Buffer, Buffer];
		const file = await begin(client, room, size);
		const word = async (n: number | string, body: Buffer, headers: Record<string, string | undefined> = {}, who = mine): Promise<string> => (await put(house(), who, file, n, body, headers)).word;
		assert.equal(await word(1, parts[1], { "x-luotsi-digest": sha256(parts[0]).toString("base64url") }), "bad_field", "wrong digest");
		assert.equal(await word(1, parts[1].subarray(1)), "bad_field", "too short");
		assert.equal(await word(1, Buffer.concat([parts[1], Buffer.alloc(1)])), "bad_field", "too long");
		assert.equal(await word(0, parts[1]), "bad_field", "another part's place");
		assert.equal(await word(2, parts[1]), "bad_field", "out of range");
		for (const n of ["-1", "1x", "01000000000000", "2147483648", "", "1/2"]) assert.equal(await word(n, parts[1]), "not_found", `"${n}"`);
		assert.equal(await word(1, parts[1], {}, theirs), "not_found", "not theirs");
		assert.equal(await word(1, parts[1], { cookie: undefined }), "not_signed_in");
		assert.equal(await word(1, parts[1], { cookie: "__Host-luotsi=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA" }), "session_expired");
		assert.equal(await word(1, parts[1], { origin: "https://muualla.example" }), "bad_origin");
		assert.equal(await word(1, parts[1], { "x-luotsi": undefined }), "bad_origin");
		assert.equal(await word(1, parts[1], { "content-type": "application/json" }), "malformed");
		assert.equal(await word(1, parts[1], { "x-luotsi-digest": "abc" }), "bad_field");
		assert.equal((await ask(house(), `/api/file/${file}/1`, { method: "DELETE", cookie: mine })).status, 405);
		assert.equal(await held(file), 0);
		assert.equal(await word(1, parts[1]), "ok");
		assert.equal((await put(house(), mine, file, 1, cipher(5_000)[0] as Buffer)).status, 409, "a second digest");
		const other = await begin(client, room, size);
		await put(house(), mine, other, 0, parts[0]);
		await assert.rejects(send(client, room, file, parts), { word: "conflict" });
		await cancel(client, other);
		await cancel(client, file);
	});

	test("a body larger than a part, or of no told length, never comes in", async () => {
		const { client, room, mine } = await scene();
		const file = await begin(client, room, PART), answered = (text: string): boolean => text.includes("\r\n");
		const large = await put(house(), mine, file, 0, Buffer.alloc(PART + 57));
		assert.equal(large.status, 413);
		const chunked = await rawTls(house(), [`${head(file, mine, Buffer.alloc(16)).replace(/content-length: \d+/, "transfer-encoding: chunked")}10\r\n${"x".repeat(16)}\r\n0\r\n\r\n`], 60_000, answered);
		assert.match(chunked, /^HTTP\/1\.1 4\d\d /);
		const lengthless = await rawTls(house(), [head(file, mine, Buffer.alloc(16)).replace(/content-length: \d+\r\n/, "")], 60_000, answered);
		assert.match(lengthless, /^HTTP\/1\.1 4\d\d /);
		assert.equal(await held(file), 0);
	});

	test("a stranger's file is not found by number, whoever asks", async () => {
		const { client, room, mine } = await scene();
		const parts = cipher(72), file = await begin(client, room, 72);
		await put(house(), mine, file, 0, parts[0] as Buffer);
		await send(client, room, file, parts);
		const other = await scene();
		assert.equal((await get(house(), other.mine, file, 0)).word, "not_found");
		await assert.rejects(other.client.engine.parts.link.call("file_key", { room: other.room, file }), { word: "not_found" });
		await assert.rejects(other.client.engine.parts.link.call("file_key", { room, file }), { word: "not_member" });
		await assert.rejects(other.client.engine.parts.link.call("file_state", { file, from: 0 }), { word: "not_found" });
		await assert.rejects(other.client.engine.parts.link.call("file_cancel", { file }), { word: "not_found" });
		const foreigner = await cookieOf(house(), await house().foreigner());
		assert.equal((await get(house(), foreigner, file, 0)).word, "not_found");
		assert.equal((await get(house(), mine, toBase64Url(random(16)), 0)).word, "not_found");
	});

	test("a quota is not gone over by two who begin at once, and a ceiling is told", async () => {
		const { client, counsellor, room } = await scene();
		const { db, org } = house();
		const limit = (quota: number | null, most: number | null): Promise<unknown> => db.query("UPDATE organisation SET file_quota = $2, file_most = $3 WHERE org = $1", [idToUuid(org), quota, most]);
		const { used } = (await db.query<{ used: string }>("SELECT used FROM file_use WHERE org = $1", [idToUuid(org)])).rows[0] ?? { used: "0" };
		try {
			await limit(Number(used) + 100_000, 200_000);
			assert.deepEqual(await client.engine.parts.link.call("file_limits", {}), { most: 200_000, left: 100_000 });
			const tries = await Promise.allSettled([client, counsellor, client, counsellor].map((who) => begin(who, room, 56 + 60_000)));
			const words = tries.map((t) => (t.status === "fulfilled" ? "ok" : (t.reason as { word: string }).word));
			assert.deepEqual(words.sort(), ["ok", "quota", "quota", "quota"]);
			await assert.rejects(begin(client, room, 56 + 300_000), { word: "too_large" });
			const file = tries.find((t) => t.status === "fulfilled") as PromiseFulfilledResult<string>;
			await Promise.any([cancel(client, file.value), cancel(counsellor, file.value)]);
			assert.deepEqual((await client.engine.parts.link.call("file_limits", {})).left, 100_000);
		} finally {
			await limit(null, null);
		}
		assert.deepEqual(await faults(), []);
	});

	test("parts that are cut in the middle leave nothing, however often, and come whole afterwards", async () => {
		const { client, room, mine } = await scene();
		const parts = cipher(PART), file = await begin(client, room, PART), body = parts[0] as Buffer;
		for (let i = 0; i < 5; i++) await Promise.all(Array.from({ length: 16 }, (_, k) => rawTls(house(), [head(file, mine, body), body.subarray(0, 1 + 60_000 * k)], 150)));
		assert.equal(await held(file), 0);
		// More than may be on their way at once were cut: none of them still counts.
		for (const end = Date.now() + 60_000; ; await sleep(100)) {
			// Who is told "busy" while the part is on its way finds the line cut as often as the answer.
			const word = await put(house(), mine, file, 0, body).then((answer) => answer.word, () => "cut");
			if (word === "ok") break;
			assert.ok(["busy", "cut"].includes(word) && Date.now() < end, word);
		}
		await send(client, room, file, parts);
	});

	test("a worker that is killed in the middle of parts loses none that it answered for and stores none twice", async () => {
		const { client, counsellor, room, mine, theirs } = await scene();
		const size = 24 * PART, parts = cipher(size), file = await begin(client, room, size);
		const stored = new Set<number>();
		let next = 0;
		const lane = async (): Promise<void> => {
			for (let n = next++; n < parts.length; n = next++) {
				for (const end = Date.now() + 60_000; ; await sleep(100)) {
					const word = await put(house(), mine, file, n, parts[n] as Buffer).then((a) => a.word, () => "cut");
					if (word === "ok") break;
					assert.ok(["cut", "busy", "unavailable", "uncertain", "shutting_down", "rate_limited"].includes(word) || word.startsWith("status 5"), word);
					assert.ok(Date.now() < end, `part ${n}: ${word}`);
				}
				stored.add(n);
			}
		};
		const killing = (async () => {
			for (let i = 0; i < 3; i++) {
				await sleep(250);
				for (const pid of workers()) killHard(pid);
			}
		})();
		await Promise.all([lane(), lane(), killing]);
		assert.equal(stored.size, parts.length);
		assert.equal(await held(file), parts.length);
		await client.until("connected again", () => client.events.filter((e) => e.type === "connection").at(-1)?.state === "online");
		await send(client, room, file, parts);
		const answers = await Promise.all(parts.map((_, n) => get(house(), theirs, file, n)));
		assert.ok(answers.every((answer, n) => answer.bytes.equals(parts[n] as Buffer)));
		await counsellor.until("connected again", () => counsellor.events.filter((e) => e.type === "connection").at(-1)?.state === "online");
		assert.deepEqual(await faults(), []);
	});

	test("files that nobody goes on with are swept by the jobs", async () => {
		const { client, room, mine } = await scene();
		const parts = cipher(72), file = await begin(client, room, 72);
		await put(house(), mine, file, 0, parts[0] as Buffer);
		await house().db.query("UPDATE file SET begun_at = now() - interval '25 hours' WHERE file = $1", [idToUuid(file)]);
		await house().db.query("UPDATE file_part SET at = now() - interval '25 hours' WHERE file = $1", [idToUuid(file)]);
		for (const end = Date.now() + 60_000; (await held(file)) > 0; await sleep(100)) assert.ok(Date.now() < end, "not swept");
		assert.equal((await client.engine.parts.link.call("file_state", { file, from: 0 })).state, "gone");
		assert.equal((await put(house(), mine, file, 0, parts[0] as Buffer)).word, "conflict");
	});

	test("who runs the server can have all files looked at, and is told of what is wrong", async () => {
		const { service, db, org } = house();
		const { client, room } = await scene();
		const file = await begin(client, room, 72);
		const look = (): [number | null, string] => {
			const ran = spawnSync(`${process.env["LUOTSI_BUILD"]}/server/main/luotsid`, ["check-files", "-c", service.conf], { encoding: "utf8" });
			return [ran.status, ran.stdout.trim()];
		};
		assert.deepEqual(look(), [0, "0 faults among the files."]);
		await db.query("UPDATE file_use SET used = used + 1 WHERE org = $1", [idToUuid(org)]);
		assert.deepEqual(look(), [1, "1 faults among the files."]);
		await db.query("UPDATE file_use SET used = used - 1 WHERE org = $1", [idToUuid(org)]);
		await cancel(client, file);
	});

	test("a connection answers one request on a direct listener, and many behind the edge", async () => {
		const { client, room, mine } = await scene();
		const parts = cipher(72), file = await begin(client, room, 72), body = parts[0] as Buffer;
		const twice = await rawTls(house(), [head(file, mine, body), body, head(file, mine, body), body], 60_000, (text) => isEdge && text.split("HTTP/1.1 200").length > 2);
		assert.equal(twice.split("HTTP/1.1 200").length - 1, isEdge ? 2 : 1);
		assert.equal(await held(file), 1);
	});

	test("several parts come in one answer up to the file's end, and a run that is none is not found", async () => {
		const { client, room, mine, theirs } = await scene();
		const size = 56 + 17 * PART + 500, parts = cipher(size), file = await begin(client, room, size);
		for (const [n, part] of parts.entries()) assert.equal((await put(house(), mine, file, n, part)).word, "ok");
		assert.equal((await get(house(), theirs, file, "0-3")).word, "not_found", "before it is sent");
		const id = await send(client, room, file, parts);
		for (const [first, last] of [[0, 1], [0, 15], [5, 9], [3, 17], [16, 31]] as const) {
			const answer = await get(house(), theirs, file, `${first}-${last}`);
			assert.deepEqual([answer.status, answer.bytes.equals(Buffer.concat(parts.slice(first, last + 1)))], [200, true], `${first}-${last}`);
		}
		for (const n of ["0-16", "2-2", "3-2", "0-", "-1", "0-1-2", "0-01x", "18-20"]) assert.equal((await get(house(), theirs, file, n)).word, "not_found", `"${n}"`);
		assert.equal((await put(house(), mine, file, "0-1", parts[17] as Buffer)).word, "not_found");
		const other = await scene();
		assert.equal((await get(house(), other.mine, file, "0-3")).word, "not_found", "a stranger");
		// Who reads slowly while it is deleted gets no more than what was on its way, and no whole answer.
		const cut = await slowly(house(), theirs, `/api/file/${file}/0-15`, async () => client.engine.remove(room, id));
		assert.ok(cut.bytes < 16 * PART && cut.broken, `${cut.bytes} bytes, ${cut.broken ? "cut" : "whole"}`);
	});

	test("a part that comes too slowly is cut", async () => {
		const end = (await Promise.race([slow as Promise<string>, sleep(120_000).then(() => "still open")]));
		assert.notEqual(end, "still open");
		assert.doesNotMatch(end, /^HTTP\/1\.1 200/);
		assert.equal(await held(slowFile), 0);
	});
};
