// What the jobs process does for people, on the real server: their identities under new keys, and invitations by e-mail.

import { strict as assert } from "node:assert";
import { spawnSync } from "node:child_process";
import { createCipheriv, createDecipheriv, createHmac, randomBytes, randomUUID } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import pg from "pg";
import { call, finish, signIn, walk } from "../lib/bank.js";
import type { Letter } from "../lib/smtp.js";
import { joinUp, makeActor } from "../client/organisation.js";
import { openNodePlatform } from "../../web/src/client/node.js";
import { toBase64Url } from "../../web/src/seal/index.js";
import { idToUuid, type House } from "./house.js";

const lib = process.env["LUOTSI_TEST_LIB"] as string;
const PEOPLE = 1_000;
const KIND = { code: 1, given: 2, family: 3 };

interface Told {
	readonly state: string;
	readonly conf: string;
	readonly user: string;
}

interface Row {
	readonly account: string;
	readonly key_version: number;
	readonly blind_index: Buffer;
	readonly code: Buffer;
	readonly given_name: Buffer | null;
	readonly family_name: Buffer | null;
}

const told = (house: House): Told => house.service as unknown as Told;
const uuidBytes = (uuid: string): Buffer => Buffer.from(uuid.replaceAll("-", ""), "hex");
const u32 = (n: number): Buffer => Buffer.from(Uint32Array.of(n).buffer).swap32();
const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

const until = async (what: string, check: () => Promise<boolean>): Promise<void> => {
	const end = Date.now() + 60_000;
	while (!(await check())) {
		if (Date.now() > end) throw new Error(`never: ${what}`);
		await wait(5);
	}
};

/** A role of the server of this house. */
export const processOf = (house: House, role: string): number => {
	for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
		try {
			const words = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
			if (words[0] === "luotsid" && words[1] === role && words.includes(told(house).conf)) return Number(pid);
		} catch {
			// ended meanwhile
		}
	}
	throw new Error(`no process ${role}`);
};

export const key = (house: House, kind: string, version: number): Buffer => readFileSync(join(told(house).state, "keys", `${kind}.${version}.key`));

/** As server/keys/vault.c does. */
export const indexOf = (master: Buffer, org: Buffer, subject: Buffer): Buffer =>
	createHmac("sha256", createHmac("sha256", master).update("luotsi/v1/index\0").update(org).digest()).update(subject).digest();

const aad = (kind: number, version: number, org: Buffer): Buffer => Buffer.concat([Buffer.from("luotsi/v1/field\0"), Buffer.of(kind), u32(version), Buffer.of(1), org]);

export const sealed = (house: House, kind: number, version: number, org: Buffer, plain: Buffer): Buffer => {
	const nonce = randomBytes(12), cipher = createCipheriv("aes-256-gcm", key(house, "field", version), nonce).setAAD(aad(kind, version, org));
	return Buffer.concat([Buffer.of(1), u32(version), nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
};

export const opened = (house: House, kind: number, version: number, org: Buffer, bytes: Buffer): string => {
	assert.equal(bytes.readUInt32BE(1), version);
	const open = createDecipheriv("aes-256-gcm", key(house, "field", version), bytes.subarray(5, 17)).setAAD(aad(kind, version, org));
	open.setAuthTag(bytes.subarray(-16));
	return Buffer.concat([open.update(bytes.subarray(17, -16)), open.final()]).toString("utf8");
};

/** Clients who identified long ago, under the keys of that version; the last of them cannot be opened. */
const makePeople = async (house: House, version: number): Promise<Map<string, Buffer>> => {
	const org = uuidBytes(idToUuid(house.org)), master = key(house, "index", version);
	const people = new Map(Array.from({ length: PEOPLE }, (_, i) => [randomUUID() as string, Buffer.from(`FIplanted-${i}`)]));
	const entries = [...people];
	await house.db.query("INSERT INTO account (org, account, role) SELECT $1, a, 'client' FROM unnest($2::uuid[]) AS a", [idToUuid(house.org), [...people.keys()]]);
	await house.db.query(
		`INSERT INTO account_identity (org, account, key_version, blind_index, code, given_name, family_name, country, provider, acr, identified_at)
		 SELECT $1, p.account, $2, p.index, p.code, p.given, p.family, 'FI', 'pankki', 'loa2', now()
		 FROM unnest($3::uuid[], $4::bytea[], $5::bytea[], $6::bytea[], $7::bytea[]) AS p(account, index, code, given, family)`,
		[idToUuid(house.org), version, [...people.keys()], entries.map(([, subject]) => indexOf(master, org, subject)),
			entries.map(([, subject], i) => (i === PEOPLE - 1 ? randomBytes(60) : sealed(house, KIND.code, version, org, subject))),
			entries.map((_, i) => (i % 3 === 0 ? null : sealed(house, KIND.given, version, org, Buffer.from(`Etu ${i}`)))),
			entries.map((_, i) => sealed(house, KIND.family, version, org, Buffer.from(`Suku ${i}`)))]);
	return people;
};

const rows = async (house: House, accounts: readonly string[]): Promise<Row[]> =>
	(await house.db.query("SELECT account, key_version, blind_index, code, given_name, family_name FROM account_identity WHERE account = ANY ($1)", [accounts])).rows as Row[];

const under = async (house: House, version: number, accounts: readonly string[]): Promise<number> => (await rows(house, accounts)).filter((row) => row.key_version === version).length;

/** Nobody changes this one's row until the connection ends. */
const hold = async (house: House, account: string): Promise<pg.Client> => {
	const holding = new pg.Client({ host: house.service.sockets, database: house.service.database, user: "postgres" });
	await holding.connect();
	await holding.query("BEGIN");
	await holding.query("SELECT FROM account_identity WHERE account = $1 FOR UPDATE", [account]);
	return holding;
};

const rotateKeys = (house: House): void => {
	const as = process.getuid?.() === 0 ? ["setpriv", "--reuid", told(house).user, "--regid", told(house).user, "--init-groups"] : [];
	const program = join(process.env["LUOTSI_BUILD"] ?? join(lib, "../../build/test"), "server/main/luotsid");
	const [first, ...more] = [...as, program, "keys", "--rotate", "-c", told(house).conf];
	const ran = spawnSync(first as string, more, { encoding: "utf8", cwd: join(lib, "../..") });
	assert.equal(ran.status, 0, ran.stderr);
	process.kill(processOf(house, "keys"), "SIGTERM");
};

const logOf = (house: House): string => readdirSync(told(house).state + "/log").map((name) => readFileSync(join(told(house).state, "log", name), "utf8")).join("\n");

const rotation = (get: () => House): void => {
	test("people are brought under new keys, also when the job is killed in the middle, and each is found all the time", async () => {
		const house = get(), org = uuidBytes(idToUuid(house.org));
		const { link } = await house.counsellor.engine.invite({ name: "Maria", welcome: "Hei!" });
		const { user } = await signIn(house, "maria", { invitation: new URL(link).hash.slice(1) });
		const old = ((await rows(house, [idToUuid(user)]))[0] as Row).key_version, now = old + 1;
		const people = await makePeople(house, old), accounts = [...people.keys()], broken = accounts[PEOPLE - 1] as string;

		process.kill(processOf(house, "jobs"), "SIGSTOP");
		rotateKeys(house);
		let again = "";
		await until("she is found by the key before the newest", async () => (again = await signIn(house, "maria").then((one) => one.user, (e: Error) => e.message)) !== "unavailable");
		assert.equal(again, user);
		assert.equal(((await rows(house, [idToUuid(user)]))[0] as Row).key_version, now);
		assert.equal(await under(house, old, accounts), PEOPLE, "the job has not run yet");

		const middle = [...accounts].sort()[PEOPLE / 2] as string, done = accounts.filter((one) => one < middle && one !== broken).length;
		const holding = await hold(house, middle);
		process.kill(processOf(house, "jobs"), "SIGCONT");
		await until("the job waits in the middle", async () => (await under(house, now, accounts)) === done);
		process.kill(processOf(house, "jobs"), "SIGKILL");
		const left = await under(house, old, accounts);
		await holding.end();
		assert.equal(left, PEOPLE - done, "when it was killed");
		for (const row of await rows(house, accounts)) {
			const fields = [row.code, row.given_name, row.family_name].filter((one) => one !== null && row.account !== broken);
			assert.ok(fields.every((one) => one?.readUInt32BE(1) === row.key_version), "a row is of one version");
		}

		await until("all but one are under the newest", async () => (await under(house, now, accounts)) === PEOPLE - 1);
		const master = key(house, "index", now);
		for (const row of await rows(house, accounts)) {
			if (row.account === broken) continue;
			const subject = people.get(row.account) as Buffer, i = accounts.indexOf(row.account);
			assert.deepEqual(row.blind_index, indexOf(master, org, subject));
			assert.equal(opened(house, KIND.code, now, org, row.code), subject.toString());
			assert.equal(row.given_name && opened(house, KIND.given, now, org, row.given_name), i % 3 === 0 ? null : `Etu ${i}`);
			assert.equal(opened(house, KIND.family, now, org, row.family_name as Buffer), `Suku ${i}`);
		}
		assert.equal(((await rows(house, [broken]))[0] as Row).key_version, old, "who cannot be opened stays");
		assert.equal((await signIn(house, "maria")).user, user);
		await until("the round is over", async () => / rotation_left .*unopened=1/.test(logOf(house)));
		await house.db.query("DELETE FROM account_identity WHERE account = ANY ($1)", [accounts]);
	});

	test("the log tells the rotation in counts and holds nobody's name or code", async () => {
		for (const begun = Date.now(); !/ rotation_done .*rotated=\d+/.test(logOf(get())) && Date.now() - begun < 60_000; ) await new Promise((resolve) => setTimeout(resolve, 100));
		const log = logOf(get());
		assert.match(log, / rotating .*rotated=\d+/);
		assert.match(log, / rotation_done .*rotated=\d+/);
		assert.match(log, / rotation_left .*unopened=1/);
		assert.doesNotMatch(log, /planted-|Suku \d/);
	});
};

// --- invitations by e-mail ---

const ROOT = toBase64Url(randomBytes(32));
const CLIENT = "asiakas.esimerkki+1@posti.example";

const mailTo = (house: House, room: string, address: string, { language = "fi", as = house.counsellor } = {}): Promise<string> => {
	return as.engine.parts.link.call("invitation_mail", { room, address, language: language as "fi", root_kid: ROOT }).then(() => "ok", (thrown: { word?: string }) => String(thrown.word));
};

const stateOf = (house: House, room: string) => house.counsellor.engine.parts.link.call("invitation_mail_state", { room });

const letterTo = async (house: House, address: string): Promise<Letter> => {
	const found = (): Letter | undefined => house.mailbox.letters.find((letter) => letter.to.includes(address));
	await until(`a letter to ${address}`, async () => found() !== undefined);
	return found() as Letter;
};

const bodyOf = (letter: Letter): string => Buffer.from(letter.text.split("\r\n\r\n")[1] as string, "base64").toString("utf8");
const fragmentOf = (letter: Letter): Buffer => Buffer.from(/#([\w-]+)/.exec(bodyOf(letter))?.[1] as string, "base64url");
const emptyRoom = async (house: House): Promise<string> => (await house.counsellor.engine.invite({ name: "Salainen Nimi", welcome: "Salainen tervehdys" })).room;

const mail = (get: () => House): void => {
	test("an invitation goes by e-mail in the client's language, and says nothing but where to go", async () => {
		const house = get(), room = await emptyRoom(house);
		assert.equal(await mailTo(house, room, CLIENT, { language: "sv" }), "ok");
		const letter = await letterTo(house, CLIENT), body = bodyOf(letter), fragment = fragmentOf(letter);
		assert.equal(letter.from, "luotsi@testikunta.example");
		assert.deepEqual(letter.to, [CLIENT]);
		assert.match(letter.text, /^From: <luotsi@testikunta\.example>\r\nTo: <asiakas\.esimerkki\+1@posti\.example>\r\nSubject: =\?UTF-8\?B\?[\w+/=]+\?=\r\nDate: \w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d \+0000\r\n/);
		assert.match(letter.text, /^Content-Language: sv\r$/m);
		assert.ok(letter.text.split("\r\n").every((line) => line.length <= 78 && /^[\x20-\x7e]*$/.test(line)));
		assert.ok(body.startsWith(`Hej,\r\n\r\ndu har bjudits in till tjänsten ${house.service.origin}.`), body);
		assert.doesNotMatch(body, /Salainen|Testikunta|Oona|Ohjaaja/);
		assert.equal(fragment.length, 97);
		assert.equal(toBase64Url(fragment.subarray(65)), ROOT);
		assert.deepEqual([fragment[0], toBase64Url(fragment.subarray(1, 17)), toBase64Url(fragment.subarray(17, 33))], [2, house.org, room]);
		await until("it is known as sent", async () => (await stateOf(house, room)).state === "sent");
		assert.equal((await house.db.query("SELECT FROM invitation_mail WHERE room = $1", [idToUuid(room)])).rows.length, 0);
		const { rows: audit } = await house.db.query("SELECT action, word FROM audit WHERE object = $1 AND action LIKE 'invitation_mail%' ORDER BY n", [idToUuid(room)]);
		assert.deepEqual(audit, [{ action: "invitation_mail", word: null }, { action: "invitation_mail_end", word: "sent" }]);
	});

	test("who comes by it identifies, gets nothing of the room to open, and the counsellor learns who it is", async () => {
		const house = get(), room = await emptyRoom(house), address = "toinen@posti.example";
		assert.equal(await mailTo(house, room, address), "ok");
		const fragment = fragmentOf(await letterTo(house, address)), token = toBase64Url(fragment.subarray(49, 65));
		const jar = new Map<string, string>();
		const begun = await call(house, jar, "identify_begin", { provider: "pankki", nonce: randomBytes(32).toString("base64url"), invitation: token });
		const said = await finish(house, jar, await walk(house, String(begun.ok?.["url"]), "joni"));
		const user = String(said.ok?.["user"]), cookie = [...jar].map(([name, value]) => `${name}=${value}`).join("; ");
		assert.deepEqual([(await stateOf(house, room)).claimed_by], [user]);
		const { call: asked } = house.counsellor.engine.parts.link;
		assert.equal((await asked("identified_name", { room, user, reason: "Who joins" })).family, "Ääri");
		const actor = await joinUp(makeActor(user, openNodePlatform({ origin: house.service.origin, ca: house.ca, cookie })), "Joni");
		house.open.push(actor);
		const claim = await actor.engine.parts.link.call("invitation_claim", { room, token });
		assert.equal(claim.sealed, undefined);
		const log = await actor.engine.parts.link.call("room_log", { room, from: 0 });
		assert.ok(log.entries.length > 0);
		assert.deepEqual(log.wraps, [], "no key is wrapped to them");
		assert.equal((await asked("chain_get", { users: [user] })).chains[0]?.entries.length, 1, "their keys can be compared");
	});

	test("a letter that the mail server refuses goes later, one after a day never, and its address is forgotten", async () => {
		const house = get(), room = await emptyRoom(house), address = "kolmas@posti.example";
		house.mailbox.refusals = 1;
		assert.equal(await mailTo(house, room, address), "ok");
		const refused = async (of: string): Promise<boolean> => (await house.db.query("SELECT FROM invitation_mail WHERE room = $1 AND tries = 1 AND next_at > now() + interval '30 seconds'", [idToUuid(of)])).rowCount === 1;
		await until("it was refused and goes later", () => refused(room));
		const { rows: [row] } = await house.db.query("SELECT sealed FROM invitation_mail WHERE room = $1", [idToUuid(room)]);
		assert.equal(row.sealed.includes(address), false);
		assert.equal((await stateOf(house, room)).state, "waiting");
		await house.db.query("UPDATE invitation_mail SET next_at = now() WHERE room = $1", [idToUuid(room)]);
		await letterTo(house, address);
		await until("it is known as sent", async () => (await stateOf(house, room)).state === "sent");

		const late = await emptyRoom(house), unreachable = "neljas@posti.example";
		house.mailbox.refusals = 1;
		assert.equal(await mailTo(house, late, unreachable), "ok");
		await until("it was refused", () => refused(late));
		await house.db.query("UPDATE invitation_mail SET give_up_at = now(), next_at = now() WHERE room = $1", [idToUuid(late)]);
		await until("it is given up", async () => (await stateOf(house, late)).state === "given_up");
		assert.deepEqual((await house.db.query("SELECT sealed FROM invitation_mail WHERE room = $1", [idToUuid(late)])).rows, [{ sealed: null }]);
		assert.equal(house.mailbox.letters.some((letter) => letter.to.includes(unreachable)), false);
	});

	test("what is no address is refused, and so is everybody but those who counsel in the room, and a sixth letter", async () => {
		const house = get(), room = await emptyRoom(house), before = house.mailbox.letters.length;
		for (const address of ["a@b.fi\r\nBcc: c@d.fi", "a@b.fi>,<c@d.fi", "a b@c.fi", "\"a\"@b.fi", "a@b", "ä@b.fi", "@b.fi.fi", "a@[127.0.0.1]"])
			assert.equal(await mailTo(house, room, address), "bad_field", JSON.stringify(address));
		assert.equal(await mailTo(house, room, "a@b.example", { as: house.colleague }), "not_member");
		assert.equal(await mailTo(house, room, "a@b.example", { as: house.admin }), "forbidden");
		const words = [];
		for (let i = 0; i < 6; i++) words.push(await mailTo(house, room, `viides${i}@posti.example`));
		assert.deepEqual(words, ["ok", "ok", "ok", "ok", "ok", "rate_limited"]);
		await letterTo(house, "viides4@posti.example");
		assert.ok(house.mailbox.letters.slice(before).every((letter) => letter.to.length === 1 && /^viides\d@/.test(letter.to[0] as string)));
	});

	test("no address is in the database or in a log", async () => {
		const house = get(), { state } = told(house);
		const log = readdirSync(join(state, "log")).map((name) => readFileSync(join(state, "log", name), "utf8")).join("\n");
		assert.doesNotMatch(log, /posti\.example/);
		const { rows: tables } = await house.db.query("SELECT c.oid::regclass::text AS name FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r'");
		assert.ok(tables.length > 20);
		for (const { name } of tables) {
			const { rows } = await house.db.query(`SELECT count(*)::int AS n FROM ${name} t WHERE t::text LIKE '%posti.example%' OR t::text LIKE '%${Buffer.from("posti.example").toString("hex")}%'`);
			assert.equal(rows[0].n, 0, name);
		}
	});
};

export const jobsTests = (get: () => House): void => {
	rotation(get);
	mail(get);
};
