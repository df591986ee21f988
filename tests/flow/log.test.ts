// The logs that outsiders can check: what is served against RFC 6962 written down here once more, luotsi-verify against both,
// the signer killed, and a superuser of the database who rewrites history.

import { strict as assert } from "node:assert";
import { spawnSync } from "node:child_process";
import { createHash, createPrivateKey, createPublicKey, randomUUID, sign, verify } from "node:crypto";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { get as httpsGet, type RequestOptions } from "node:https";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { call } from "../lib/bank.js";
import { cookieOf, idToUuid, killHard, makeOrg, OFFICE, type House } from "./house.js";

interface Told { readonly state: string; readonly conf: string }
interface Answer { readonly status: number; readonly headers: Record<string, unknown>; readonly body: Buffer }
interface Head { readonly origin: string; readonly size: number; readonly root: Buffer; readonly text: string }
interface Log { readonly org: string; readonly path: string; readonly note: string }

const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const until = async (what: string, check: () => Promise<boolean>): Promise<void> => {
	const end = Date.now() + 60_000;
	while (!(await check())) {
		if (Date.now() > end) throw new Error(`never: ${what}`);
		await wait(10);
	}
};

// --- RFC 6962, as it is written ---

const sha256 = (...parts: Uint8Array[]): Buffer => parts.reduce((h, part) => h.update(part), createHash("sha256")).digest();
const leafHash = (entry: Uint8Array): Buffer => sha256(Buffer.of(0), entry);
const mth = (leaves: readonly Buffer[]): Buffer => {
	if (leaves.length === 0) return sha256();
	if (leaves.length === 1) return leaves[0] as Buffer;
	let k = 1;
	while (2 * k < leaves.length) k *= 2;
	return sha256(Buffer.of(1), mth(leaves.slice(0, k)), mth(leaves.slice(k)));
};

const pieces = (bytes: Buffer, size: number): Buffer[] => Array.from({ length: bytes.length / size }, (_, i) => bytes.subarray(i * size, (i + 1) * size));

// --- what is served ---

export const idPath = (org: string): string => Buffer.from(org.replaceAll("-", ""), "hex").toString("base64url");
const fetchPath = (house: House, path: string, options: RequestOptions = {}): Promise<Answer> => new Promise((resolve, reject) => {
	httpsGet(`${house.service.origin}/api/log/${path}`, { ca: house.ca, agent: false, ...options }, (response) => {
		const parts: Buffer[] = [];
		response.on("data", (part: Buffer) => parts.push(part)).on("end", () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(parts) }));
	}).on("error", reject);
});

const parse = (note: string): Head => {
	const [origin = "", size = "", root = ""] = note.split("\n");
	return { origin, size: Number(size), root: Buffer.from(root, "base64"), text: note.slice(0, note.indexOf("\n\n") + 1) };
};

const place = (n: number): string => String(n).padStart(3, "0");
const tilesOf = (size: number, level: string): string[] => {
	const full = Math.floor(size / 256), paths = Array.from({ length: full }, (_, n) => `tile/${level}/${place(n)}`);
	return size % 256 ? [...paths, `tile/${level}/${place(full)}.p/${size % 256}`] : paths;
};

const entriesOf = async (house: House, log: Log, size: number): Promise<Buffer[]> => {
	const bundles = await Promise.all(tilesOf(size, "entries").map((path) => fetchPath(house, `${log.path}/${path}`)));
	return bundles.flatMap(({ status, body }) => {
		assert.equal(status, 200);
		return pieces(body, 34).map((piece) => {
			assert.equal(piece.readUInt16BE(0), 32);
			return piece.subarray(2);
		});
	});
};

// --- an organisation whose log is nobody else's ---

const add = (house: House, org: string, n: number): Promise<unknown> =>
	house.db.query("INSERT INTO audit (org, actor, action, object, word) SELECT $1, gen_random_uuid(), 'control_create', gen_random_uuid(), 'ok' FROM generate_series(1, $2)", [org, n]);

export const state = async (house: House, org: string): Promise<{ size: number; signed_size: number; note: string; refused: string | null; key: string }> => {
	const { rows } = await house.db.query("SELECT size::int4, signed_size::int4, note, refused, key FROM log WHERE log = $1", [org]);
	return rows[0] as never;
};

const signed = async (house: House, org: string, size: number): Promise<Log> => {
	await until(`${size} leaves signed`, async () => (await state(house, org))?.signed_size === size);
	return { org, path: idPath(org), note: (await state(house, org)).note };
};

const newLog = async (house: House, n: number): Promise<Log> => {
	const org = randomUUID();
	makeOrg(house.service, org);
	const { rows } = await house.db.query("SELECT count(*)::int4 AS n FROM audit WHERE org = $1", [org]);
	await add(house, org, n - (rows[0] as { n: number }).n);
	return signed(house, org, n);
};

const refusedFor = (house: House, log: Log, why: string): Promise<void> => until(`refused: ${why}`, async () => (await state(house, log.org)).refused === why);

// --- luotsi-verify, on files as curl would leave them ---

const program = join(process.env["LUOTSI_BUILD"] as string, "server", "verify", "luotsi-verify");
const run = (args: readonly string[], input = ""): { code: number | null; out: string } => {
	const ran = spawnSync(program, args, { input, encoding: "utf8" });
	return { code: ran.status, out: ran.stdout + ran.stderr };
};

const keep = async (house: House, log: Log, dir: string, paths: readonly string[]): Promise<void> => {
	for (const path of paths) {
		const { status, body } = await fetchPath(house, `${log.path}/${path}`);
		assert.equal(status, 200, path);
		mkdirSync(dirname(join(dir, path)), { recursive: true });
		writeFileSync(join(dir, path), body);
	}
};

/** Everything that a check needs, fetched as it says itself. */
const fetched = async (house: House, log: Log, args: readonly string[], input = ""): Promise<{ dir: string; args: string[] }> => {
	const dir = mkdtempSync(join(tmpdir(), "luotsi-log."));
	const { key } = await state(house, log.org);
	writeFileSync(join(dir, "checkpoint"), log.note);
	const all = [...args, "--key", key, "--checkpoint", join(dir, "checkpoint"), "--log", dir];
	const { code, out } = run([...all, "--list"], input);
	assert.equal(code, 0, out);
	await keep(house, log, dir, out.split("\n").filter((path) => path !== ""));
	return { dir, args: all };
};

export const checked = async (house: House, log: Log, args: readonly string[], input = ""): Promise<{ code: number | null; out: string }> => {
	const files = await fetched(house, log, args, input);
	const ran = run(files.args, input);
	rmSync(files.dir, { recursive: true });
	return ran;
};

const asFile = (text: string): string => {
	const file = join(mkdtempSync(join(tmpdir(), "luotsi-note.")), "note");
	writeFileSync(file, text);
	return file;
};

/** 0: there is none just now. */
const signerOf = (house: House): number => {
	const { conf } = house.service as unknown as Told;
	for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
		try {
			const words = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
			if (words[0] === "luotsid" && words[1] === "signer" && words.includes(conf)) return Number(pid);
		} catch {
			// ended meanwhile
		}
	}
	return 0;
};

const killSigner = async (house: House): Promise<void> => {
	await until("there is a signer", async () => signerOf(house) > 0);
	killHard(signerOf(house));
};

export const logTests = (get: () => House): void => {
	test("a log is served as the specification has it, and its head is that of RFC 6962", async () => {
		const house = get(), log = await newLog(house, 300);
		const checkpoint = await fetchPath(house, `${log.path}/checkpoint`);
		assert.equal(checkpoint.status, 200);
		assert.equal(checkpoint.headers["content-type"], "text/plain; charset=utf-8");
		const head = parse(checkpoint.body.toString());
		assert.equal(head.origin, `localhost:${house.service.port}/api/log/${log.path}`);
		assert.equal(head.size, 300);
		const entries = await entriesOf(house, log, head.size), leaves = entries.map(leafHash);
		assert.deepEqual(mth(leaves), head.root);
		const tiles = await Promise.all(tilesOf(head.size, "0").map((path) => fetchPath(house, `${log.path}/${path}`)));
		assert.deepEqual(tiles.flatMap((tile) => pieces(tile.body, 32)), leaves);
		const above = await fetchPath(house, `${log.path}/tile/1/000.p/1`);
		assert.deepEqual(above.body, mth(leaves.slice(0, 256)));
		assert.match(String(above.headers["cache-control"]), /immutable/);
		const { rows } = await house.db.query("SELECT nonce, audit_detail(a) AS detail, place::int4 FROM audit a WHERE org = $1 ORDER BY place", [log.org]);
		for (const [i, row] of (rows as { nonce: Buffer; detail: string; place: number }[]).entries()) {
			assert.equal(row.place, i);
			assert.deepEqual(sha256(Buffer.from("luotsi/v1/log\0"), row.nonce, Buffer.from(row.detail)), entries[i]);
		}
	});

	test("a head is signed by the key that the log names, and by no other", async () => {
		const house = get(), log = await newLog(house, 5);
		const { key } = await state(house, log.org);
		const [name, id = "", typed = ""] = [key.split("+")[0] as string, key.split("+")[1], key.split("+").slice(2).join("+")];
		const pub = Buffer.from(typed, "base64").subarray(1);
		assert.equal(sha256(Buffer.from(`${name}\n\x01`), pub).subarray(0, 4).toString("hex"), id);
		const der = Buffer.concat([Buffer.from("302a300506032b6570032100", "hex"), pub]);
		const signature = Buffer.from(log.note.trim().split(" ").at(-1) as string, "base64");
		const good = (text: string): boolean => verify(null, Buffer.from(text), createPublicKey({ key: der, format: "der", type: "spki" }), signature.subarray(4));
		assert.equal(good(parse(log.note).text), true);
		assert.equal(good(parse(log.note).text.replace("\n5\n", "\n6\n")), false);
	});

	test("what is known already is not sent again, and what is not there is not found", async () => {
		const house = get(), log = await newLog(house, 4);
		for (const path of ["checkpoint", "tile/0/000.p/4", "tile/entries/000.p/2"]) {
			const first = await fetchPath(house, `${log.path}/${path}`);
			assert.equal(first.status, 200, path);
			const again = await fetchPath(house, `${log.path}/${path}`, { headers: { "if-none-match": String(first.headers["etag"]) } });
			assert.equal(again.status, 304, path);
			assert.equal(again.body.length, 0);
		}
		for (const path of ["tile/0/000", "tile/0/000.p/5", "tile/1/000.p/1", "tile/0/001.p/1", "tile/0/0", "tile/8/000", "tile/0/000.p/256", "", "Checkpoint"])
			assert.equal((await fetchPath(house, `${log.path}/${path}`)).status, 404, path);
		assert.equal((await fetchPath(house, `${idPath(randomUUID())}/checkpoint`)).status, 404);
		assert.equal((await fetchPath(house, `${log.path}/checkpoint`, { method: "DELETE" })).status, 405);
	});

	test("identity chains are in the directory", async () => {
		const house = get();
		const { rows } = await house.db.query("SELECT nonce, identity_detail(e) AS detail, place::int4 FROM identity_entry e WHERE place IS NOT NULL ORDER BY place LIMIT 20");
		assert.ok(rows.length > 5);
		const head = parse((await fetchPath(house, "directory/checkpoint")).body.toString());
		const entries = await entriesOf(house, { org: "", path: "directory", note: "" }, head.size);
		for (const row of rows as { nonce: Buffer; detail: string; place: number }[])
			assert.deepEqual(sha256(Buffer.from("luotsi/v1/log\0"), row.nonce, Buffer.from(row.detail)), entries[row.place]);
	});

	test("luotsi-verify finds everything in its order, with the tiles that it asked for", async () => {
		const house = get(), old = await newLog(house, 290);
		await add(house, old.org, 400);
		const log = await signed(house, old.org, 690);
		assert.match((await checked(house, log, ["checkpoint"])).out, /690 leaves/);
		const consistency = await checked(house, log, ["consistency", "--old", asFile(old.note)]);
		assert.equal(consistency.code, 0, consistency.out);
		const tree = await checked(house, log, ["tree", "--leaves"]);
		assert.equal(tree.code, 0, tree.out);
		const { rows } = await house.db.query("SELECT place, encode(nonce, 'hex') AS nonce, audit_detail(a) AS detail FROM audit a WHERE org = $1 ORDER BY n", [log.org]);
		const lines = (rows as { place: number; nonce: string; detail: string }[]).map((r) => `${r.place} ${r.nonce} ${r.detail}`);
		const events = await checked(house, log, ["events"], lines.join("\n"));
		assert.equal(events.code, 0, events.out);
		assert.match(events.out, /^690 events are in the log/);
		const other = await checked(house, log, ["events"], [lines[0]?.replace(" ok -", " no -"), ...lines.slice(1)].join("\n"));
		assert.equal(other.code, 1);
		assert.match(other.out, /Leaf 0 is of something else.\n689 events are in the log as they are here, 1 are not/);
	});

	test("every event that was written so far has a plain sentence in three languages", async () => {
		const { rows } = await get().db.query("SELECT DISTINCT action FROM audit ORDER BY action");
		const texts = join(process.env["LUOTSI_TEST_LIB"] as string, "../../web/src/text");
		for (const language of ["fi", "sv", "en"]) {
			const areas = readdirSync(texts, { withFileTypes: true }).filter((entry) => entry.isDirectory()).map((entry) => readFileSync(join(texts, entry.name, `${language}.json`), "utf8"));
			const keys = new Set(areas.flatMap((area) => Object.keys(JSON.parse(area) as object)));
			assert.deepEqual((rows as { action: string }[]).map((row) => row.action).filter((action) => !keys.has(`event.a.${action}`)), [], language);
		}
	});

	test("who looks at the events says why, and what they take along is checked by luotsi-verify", async () => {
		const house = get(), jar = new Map([(await cookieOf(house, { person: house.admin.user, role: "admin" })).split("=") as [string, string]]);
		assert.equal((await call(house, jar, "event_list", {})).err, "bad_field");
		assert.equal((await call(house, jar, "event_list", { reason: "two\nlines" })).err, "bad_field");
		const standing = (await call(house, jar, "log_state", {})).ok as { org: string; key: string; size: number };
		await until("no leaf waits", async () => ((await house.db.query("SELECT FROM audit WHERE org = $1 AND place IS NULL", [OFFICE])).rowCount ?? 1) === 0);
		const first = (await call(house, jar, "event_list", { reason: "A look at the log", take: true })).ok as { events: { action: string; reason?: string; place?: number; nonce: string; detail: string }[] };
		assert.deepEqual([first.events[0]?.action, first.events[0]?.reason], ["event_export", "A look at the log"]);
		const list = first.events.map((row) => `${row.place ?? "-"} ${Buffer.from(row.nonce, "base64url").toString("hex")} ${row.detail}`).join("\n");
		const last = Math.max(...first.events.map((row) => row.place ?? -1)), checkpoint = async (): Promise<string> => (await fetchPath(house, `${standing.org}/checkpoint`)).body.toString();
		await until("all of them are signed", async () => parse(await checkpoint()).size > last);
		const log: Log = { org: OFFICE, path: standing.org, note: await checkpoint() };
		const { code, out } = await checked(house, log, ["events"], list);
		assert.equal(code, 0, out);
		const placed = first.events.filter((row) => row.place !== undefined).length; // what others did just now waits for its place
		assert.ok(placed > 50, `${placed} of ${first.events.length}`);
		assert.ok(out.startsWith(`${placed} events are in the log as they are here, 0 are not`), out);
	});

	test("who asks for what they may not have is noted once a minute", async () => {
		const house = get(), { person } = await house.account(), jar = new Map([(await cookieOf(house, { person, role: "client" })).split("=") as [string, string]]);
		for (let i = 0; i < 3; i++) assert.equal((await call(house, jar, "event_list", { reason: "curious" })).err, "forbidden");
		assert.equal((await call(house, jar, "staff_list", {})).err, "forbidden");
		const noted = async (): Promise<unknown[]> => (await house.db.query("SELECT word FROM audit WHERE org = $1 AND actor = $2 AND action = 'refused' ORDER BY n", [OFFICE, idToUuid(person)])).rows.map((row) => (row as { word: string }).word);
		await until("noted", async () => (await noted()).length >= 2);
		assert.deepEqual(await noted(), ["event_list", "staff_list"]);
	});

	test("a signer that is killed again and again leaves no gap and no leaf twice, and never signs two heads of one size", async () => {
		const house = get(), log = await newLog(house, 3);
		const heads = new Map<number, string>();
		for (let i = 0; i < 8; i++) {
			await add(house, log.org, 700);
			const pid = signerOf(house);
			await wait(i * 7);
			if (pid) killHard(pid);
			const { body } = await fetchPath(house, `${log.path}/checkpoint`);
			const head = parse(body.toString());
			assert.equal(heads.get(head.size) ?? head.root.toString("hex"), head.root.toString("hex"));
			heads.set(head.size, head.root.toString("hex"));
		}
		const last = await signed(house, log.org, 5603);
		const { rows } = await house.db.query("SELECT count(*)::int4 AS n, count(DISTINCT place)::int4 AS places, min(place)::int4 AS first, max(place)::int4 AS last FROM audit WHERE org = $1", [log.org]);
		assert.deepEqual(rows[0], { n: 5603, places: 5603, first: 0, last: 5602 });
		const leaves = (await entriesOf(house, last, 5603)).map(leafHash);
		for (const [size, root] of heads) assert.equal(mth(leaves.slice(0, size)).toString("hex"), root, String(size));
		const tree = await checked(house, last, ["tree", "--leaves"]);
		assert.equal(tree.code, 0, tree.out);
	});

	test("places that were given when the signer was killed before it had signed are signed by the next one", async () => {
		const house = get(), log = await newLog(house, 260);
		await add(house, log.org, 300);
		const after = await signed(house, log.org, 560);
		// As a crash between the two leaves it: the database has the places, the signer's file is of the head before.
		const file = join((house.service as unknown as Told).state, "signer", `${log.path}.note`);
		await killSigner(house);
		writeFileSync(file, log.note);
		await house.db.query("UPDATE log SET note = $2, signed_size = 260 WHERE log = $1", [log.org, log.note]);
		assert.equal((await signed(house, log.org, 560)).note, after.note);
		assert.equal(readFileSync(file, "utf8"), after.note);
		// And after it had signed, before anybody heard of it.
		await killSigner(house);
		await house.db.query("UPDATE log SET note = $2, signed_size = 260 WHERE log = $1", [log.org, log.note]);
		assert.equal((await signed(house, log.org, 560)).note, after.note);
	});

	// --- a superuser of the database ---

	const patch = (house: House, log: Log, level: number, n: number, change: (hashes: Buffer[]) => void): Promise<unknown> =>
		house.db.query("SELECT hashes FROM log_tile WHERE log = $1 AND level = $2 AND n = $3", [log.org, level, n]).then(({ rows }) => {
			const hashes = pieces(Buffer.from((rows[0] as { hashes: Buffer }).hashes), 32);
			change(hashes);
			return house.db.query("UPDATE log_tile SET hashes = $4 WHERE log = $1 AND level = $2 AND n = $3", [log.org, level, n, Buffer.concat(hashes)]);
		});

	test("a leaf that was changed is named", async () => {
		const house = get(), log = await newLog(house, 600);
		await patch(house, log, -1, 1, (hashes) => (hashes[44] = sha256(Buffer.from("another"))));
		const { code, out } = await checked(house, log, ["tree", "--leaves"]);
		assert.equal(code, 1);
		assert.match(out, /^Leaf 300 is not the one that the tree was made of/m);
	});

	test("leaves that were changed with the tile above them, or put in another order, are found in their tile", async () => {
		const house = get(), log = await newLog(house, 600);
		const swap = (hashes: Buffer[]): void => {
			[hashes[10], hashes[11]] = [hashes[11] as Buffer, hashes[10] as Buffer];
		};
		await patch(house, log, -1, 0, swap);
		await patch(house, log, 0, 0, swap);
		const tree = await checked(house, log, ["tree", "--leaves"]);
		assert.equal(tree.code, 1);
		assert.match(tree.out, /of the leaves 0 to 255 was changed/);
		const { rows } = await house.db.query("SELECT encode(nonce, 'hex') AS nonce, audit_detail(a) AS detail FROM audit a WHERE org = $1 AND place = 10", [log.org]);
		const row = rows[0] as { nonce: string; detail: string };
		const one = await checked(house, log, ["inclusion", "--index", "10", "--nonce", row.nonce, "--detail", asFile(row.detail)]);
		assert.equal(one.code, 1);
		assert.match(one.out, /the tiles do not lead to the signed head/);
	});

	test("a history that was rewritten from a leaf up to the edge gets no signature, and all others go on", async () => {
		const house = get(), log = await newLog(house, 300), other = await newLog(house, 3);
		const entries = await entriesOf(house, log, 300);
		entries[7] = sha256(Buffer.from("never happened"));
		const leaves = entries.map(leafHash);
		await patch(house, log, -1, 0, (hashes) => hashes.splice(0, 256, ...entries.slice(0, 256)));
		await patch(house, log, 0, 0, (hashes) => hashes.splice(0, 256, ...leaves.slice(0, 256)));
		await patch(house, log, 1, 0, (hashes) => (hashes[0] = mth(leaves.slice(0, 256))));
		await add(house, log.org, 5);
		await refusedFor(house, log, "rewritten");
		assert.equal((await state(house, log.org)).note, log.note);
		assert.equal((await state(house, log.org)).size, 300);
		await add(house, other.org, 2);
		await signed(house, other.org, 5);
		assert.match(readFileSync(join(house.service.log, "luotsid.log"), "utf8"), new RegExp(`error signer log_refused log=${log.org.replaceAll("-", "")} why=rewritten`));
	});

	test("a leaf that was removed at the end, and an old backup, are refused; the right database is accepted again", async () => {
		const house = get(), log = await newLog(house, 258);
		const tables = ["log", "log_tile", "log_pending"];
		const save = async (to: string): Promise<void> => {
			for (const table of tables) await house.db.query(`CREATE TEMP TABLE ${table}_${to} AS SELECT * FROM ${table} WHERE log = '${log.org}'`);
		};
		const restore = async (from: string): Promise<void> => {
			await house.db.query("BEGIN");
			for (const table of tables) {
				await house.db.query(`DELETE FROM ${table} WHERE log = $1`, [log.org]);
				await house.db.query(`INSERT INTO ${table} SELECT * FROM pg_temp.${table}_${from}`);
			}
			await house.db.query("COMMIT");
		};
		await save("old");
		await add(house, log.org, 10);
		const now = await signed(house, log.org, 268);
		await save("now");
		await restore("old");
		await refusedFor(house, log, "rolled_back");
		// It grows on past what was signed, by other leaves.
		await house.db.query("UPDATE log SET size = 269 WHERE log = $1", [log.org]);
		await patch(house, log, -1, 1, (hashes) => hashes.push(...Array.from({ length: 11 }, () => sha256(Buffer.from(randomUUID())))));
		await patch(house, log, 0, 1, (hashes) => hashes.push(...Array.from({ length: 11 }, () => sha256(Buffer.from(randomUUID())))));
		await refusedFor(house, log, "rewritten");
		await restore("now");
		await until("accepted", async () => (await state(house, log.org)).refused === null);
		await add(house, log.org, 1);
		const after = await signed(house, log.org, 269);
		const { code, out } = await checked(house, after, ["consistency", "--old", asFile(now.note)]);
		assert.equal(code, 0, out);
	});

	test("without its own memory the signer does not believe the database", async () => {
		const house = get(), log = await newLog(house, 9);
		const file = join((house.service as unknown as Told).state, "signer", `${log.path}.note`);
		rmSync(file);
		await refusedFor(house, log, "no_memory");
		writeFileSync(file, log.note.replace("\n9\n", "\n8\n"));
		await refusedFor(house, log, "bad_memory");
		writeFileSync(file, log.note);
		await until("accepted", async () => (await state(house, log.org)).refused === null);
	});

	test("two views that were signed by one key are told apart, and where they part", async () => {
		const house = get(), log = await newLog(house, 600);
		const { key } = await state(house, log.org);
		const theirs = (await entriesOf(house, log, 600)).slice(0, 520);
		theirs[333] = sha256(Buffer.from("told to somebody else"));
		const leaves = theirs.map(leafHash);
		const seed = readFileSync(join((house.service as unknown as Told).state, "signer", "log.key"));
		const secret = createPrivateKey({ key: Buffer.concat([Buffer.from("302e020100300506032b657004220420", "hex"), seed]), format: "der", type: "pkcs8" });
		const { origin } = parse(log.note), text = `${origin}\n520\n${mth(leaves).toString("base64")}\n`;
		const id = Buffer.from(key.split("+")[1] as string, "hex");
		const old = `${text}\n— ${origin} ${Buffer.concat([id, sign(null, Buffer.from(text), secret)]).toString("base64")}\n`;
		const dir = mkdtempSync(join(tmpdir(), "luotsi-view."));
		mkdirSync(join(dir, "tile/0/002.p"), { recursive: true });
		writeFileSync(join(dir, "tile/0/000"), Buffer.concat(leaves.slice(0, 256)));
		writeFileSync(join(dir, "tile/0/001"), Buffer.concat(leaves.slice(256, 512)));
		writeFileSync(join(dir, "tile/0/002.p/8"), Buffer.concat(leaves.slice(512)));
		const mine = await fetched(house, log, ["tree"]);
		const { code, out } = run(["consistency", ...mine.args.slice(1), "--old", asFile(old), "--old-log", dir]);
		assert.equal(code, 1);
		assert.match(out, /The two checkpoints are not of one log: what is signed for 600 leaves does not begin with what is signed for 520.\nThey part at leaf 333./);
		const reversed = run(["consistency", "--key", key, "--checkpoint", asFile(old), "--old", asFile(log.note), "--log", mine.dir]);
		assert.equal(reversed.code, 1);
		assert.match(reversed.out, /leaves are gone/);
	});
};
