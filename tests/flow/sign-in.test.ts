// Identification against the real server and the tests' bank: who comes in, as whom, and who does not. (What a bank may spoil: identify.test.ts.)

import { strict as assert } from "node:assert";
import { spawn, spawnSync } from "node:child_process";
import { randomBytes, randomUUID } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { begin, beginWith, call, finish, rotate, signIn, spoil, walk, type Begun } from "../lib/bank.js";
import { cookieOf, idToUuid, inviteByHand, makeOrg, OFFICE, type House } from "./house.js";
import { openWire, type Reply } from "./wire.js";

const FAILED = { status: 403, err: "identification_failed" };

type Jar = Begun["jar"];
const jarOf = (cookie: string): Jar => new Map(cookie.split("; ").map((pair) => pair.split("=") as [string, string]));
const uuidToId = (uuid: string): string => Buffer.from(uuid.replaceAll("-", ""), "hex").toString("base64url");
const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

const come = async (house: House, person: string, ticket: { invitation?: string; enrolment?: string } = {}, provider = "pankki"): ReturnType<typeof finish> => {
	const { jar, url } = await beginWith(house, ticket, provider);
	return finish(house, jar, await walk(house, url, person));
};

const words = async (house: House): Promise<string[]> =>
	(await house.db.query("SELECT word FROM sign_in_event ORDER BY n DESC LIMIT 20")).rows.map((row: { word: string }) => row.word);

const newest = async (house: House): Promise<string> => (await words(house))[0] as string;

const lives = async (house: House, cookie: string): Promise<boolean> => (await call(house, jarOf(cookie), "ws_ticket", {})).err === undefined;

/** Frames as this person. */
const wireOf = async (house: House, cookie: string): Promise<(op: string, body: object) => Promise<Reply>> => {
	const { ok } = await call(house, jarOf(cookie), "ws_ticket", {});
	const wire = await openWire(house, { cookie });
	const opened = await wire.ask("session_open", { ticket: ok?.["ticket"] });
	assert.equal(opened.err, undefined);
	return wire.ask;
};

const comings = (get: () => House): void => {
	test("an invited person gets an account, and is found again without an invitation", async () => {
		const house = get(), org = idToUuid(house.org);
		const { token } = await inviteByHand(house.db, org);
		const first = await come(house, "eetu", { invitation: token });
		assert.equal(first.ok?.["role"], "client");
		const again = await signIn(house, "eetu");
		assert.equal(again.user, first.ok?.["user"]);
		const { rows } = await house.db.query("SELECT action FROM audit WHERE actor = $1 ORDER BY n", [idToUuid(again.user)]);
		assert.deepEqual(rows.map((row: { action: string }) => row.action), ["account_made", "identified", "sign_in", "identified", "sign_in"]);
		const sessions = await house.db.query("SELECT method, acr, identified_at FROM session WHERE account = $1", [idToUuid(again.user)]);
		assert.equal(sessions.rows.length, 2);
		assert.ok(sessions.rows.every((row: { method: string; acr: string; identified_at: Date }) =>
			row.method === "oidc" && row.acr.endsWith("loatest2") && Date.now() - row.identified_at.getTime() < 60_000));
	});

	test("another provider knows the same person as the same", async () => {
		const house = get();
		assert.equal((await signIn(house, "eetu", { provider: "valittaja" })).user, (await signIn(house, "eetu")).user);
	});

	test("who has no account and no invitation gets none, and is told so", async () => {
		const house = get();
		const said = await come(house, "vieras");
		assert.deepEqual([said.status, said.err], [403, "no_room"]);
		assert.equal(await newest(house), "no_room");
		const { rows } = await house.db.query("SELECT count(*)::int AS n FROM account_identity WHERE identified_at > now() - interval '1 second'");
		assert.ok(rows[0].n <= 1);
	});

	test("an invitation that is none or has expired is told before anybody leaves; one that was used, after", async () => {
		const house = get(), org = idToUuid(house.org);
		const ask = (token: string): ReturnType<typeof call> =>
			call(house, new Map(), "identify_begin", { provider: "pankki", nonce: randomBytes(32).toString("base64url"), invitation: token });
		assert.equal((await ask(randomBytes(16).toString("base64url"))).err, "not_found");
		assert.equal((await ask((await inviteByHand(house.db, org, -1)).token)).err, "expired");
		const { token } = await inviteByHand(house.db, org);
		assert.ok((await come(house, "sari", { invitation: token })).ok);
		assert.equal((await come(house, "amira", { invitation: token })).err, "used");
		assert.ok((await come(house, "sari", { invitation: token })).ok, "the same person again");
	});

	test("of two people with one link at once one gets an account", async () => {
		const house = get(), { token } = await inviteByHand(house.db, idToUuid(house.org));
		const said = await Promise.all(["uusi", "toinen"].map((person) => come(house, person, { invitation: token })));
		assert.deepEqual(said.map((one) => one.err ?? "ok").sort(), ["ok", "used"]);
	});

	test("one person in two organisations chooses, once, among these", async () => {
		const house = get(), other = randomUUID();
		makeOrg(house.service, other);
		const user = (await signIn(house, "eetu")).user;
		const second = await come(house, "eetu", { invitation: (await inviteByHand(house.db, other)).token });
		assert.notEqual(second.ok?.["user"], user);
		const { jar, url } = await beginWith(house, {});
		const said = await finish(house, jar, await walk(house, url, "eetu"));
		const choices = said.ok?.["choices"] as { choice: string; role: string; organisation: string }[];
		assert.deepEqual(choices.map((one) => one.choice).sort(), [user, second.ok?.["user"]].sort());
		assert.ok(choices.every((one) => one.role === "client" && one.organisation.startsWith("Testikunta")));
		assert.equal(said.ok?.["user"], undefined);
		assert.equal((await call(house, new Map(jar), "identify_choose", { choice: randomBytes(16).toString("base64url") })).err, "identification_failed");
		assert.equal((await call(house, new Map(), "identify_choose", { choice: user })).err, "identification_failed", "without the cookie");
		const chosen = await call(house, jar, "identify_choose", { choice: second.ok?.["user"] });
		assert.equal(chosen.ok?.["user"], second.ok?.["user"]);
		assert.equal((await call(house, jar, "identify_choose", { choice: user })).err, "identification_failed", "twice");
		await house.db.query("UPDATE agreement SET state = 'ended' WHERE org = $1", [other]);
		assert.equal((await signIn(house, "eetu")).user, user, "an organisation without an agreement is none");
	});

	test("a session of before is over when its cookie comes to a new one", async () => {
		const house = get();
		const old = await signIn(house, "eetu");
		const { jar, url } = await begin(house, { jar: jarOf(old.cookie) });
		assert.ok((await finish(house, jar, await walk(house, url, "sari"))).ok);
		assert.equal(await lives(house, old.cookie), false);
		assert.equal(await lives(house, [...jar].map((pair) => pair.join("=")).join("; ")), true);
	});

	test("whose account is disabled gets the one answer", async () => {
		const house = get();
		const { user } = await signIn(house, "sari");
		await house.db.query("UPDATE account SET disabled_at = now() WHERE account = $1", [idToUuid(user)]);
		const said = await come(house, "sari");
		assert.deepEqual({ status: said.status, err: said.err }, FAILED);
		assert.equal(await newest(house), "account_disabled");
		await house.db.query("UPDATE account SET disabled_at = NULL WHERE account = $1", [idToUuid(user)]);
	});
};

const returns = (get: () => House): void => {
	const refused = async (said: Awaited<ReturnType<typeof finish>>, word: string): Promise<void> => {
		assert.deepEqual(said, FAILED);
		assert.equal(await newest(get()), word);
	};

	test("a return is good once", async () => {
		const house = get(), { jar, url } = await begin(house), before: Jar = new Map(jar);
		const back = await walk(house, url, "eetu");
		assert.ok((await finish(house, jar, back)).ok);
		assert.equal(jar.has("__Host-luotsi-login"), false, "the cookie goes");
		await refused(await finish(house, before, back), "no_attempt");
	});

	test("of two returns at once one is good", async () => {
		const house = get(), { jar, url } = await begin(house);
		const back = await walk(house, url, "eetu");
		const said = await Promise.all([finish(house, new Map(jar), back), finish(house, new Map(jar), back)]);
		assert.deepEqual(said.map((one) => one.status).sort(), [200, 403]);
	});

	test("a return without the cookie, with another's, or with a foreign state is refused, and spoils nothing", async () => {
		const house = get(), mine = await begin(house), theirs = await begin(house);
		const [my, their] = [await walk(house, mine.url, "eetu"), await walk(house, theirs.url, "sari")];
		await refused(await finish(house, new Map(), my), "no_cookie");
		await refused(await finish(house, new Map(mine.jar), their), "no_attempt");
		const mixed = new URLSearchParams(my);
		mixed.set("state", randomBytes(32).toString("base64url"));
		await refused(await finish(house, new Map(mine.jar), mixed), "no_attempt");
		mixed.set("state", "x");
		await refused(await finish(house, new Map(mine.jar), mixed), "no_attempt");
		assert.ok((await finish(house, mine.jar, my)).ok);
		assert.ok((await finish(house, theirs.jar, their)).ok);
	});

	test("a second tab's return finds the cookie of the newest, and the newest still works", async () => {
		const house = get(), first = await begin(house), second = await begin(house, { jar: new Map(first.jar) });
		const late = await walk(house, first.url, "eetu");
		await refused(await finish(house, second.jar, late), "no_attempt");
		assert.ok((await finish(house, second.jar, await walk(house, second.url, "eetu"))).ok);
	});

	test("an attempt of ten minutes ago is over", async () => {
		const house = get(), { jar, url } = await begin(house);
		const back = await walk(house, url, "eetu");
		await house.db.query("UPDATE login_attempt SET expires_at = now()");
		await refused(await finish(house, jar, back), "no_attempt");
	});

	test("the answer of another provider is refused by its name, and a code of another by the provider", async () => {
		const house = get();
		const mine = await begin(house), theirs = await begin(house, { provider: "valittaja" });
		const back = await walk(house, mine.url, "eetu"), other = await walk(house, theirs.url, "eetu");
		const mixed = new URLSearchParams({ state: back.get("state") as string, code: other.get("code") as string, iss: other.get("iss") as string });
		await refused(await finish(house, new Map(mine.jar), mixed), "issuer_mixed_up");
		const again = await begin(house);
		const without = new URLSearchParams({ state: (await walk(house, again.url, "eetu")).get("state") as string, code: other.get("code") as string });
		await refused(await finish(house, again.jar, without), "token_refused");
	});

	test("who cancels is told so, and gets back what the browser carried", async () => {
		const house = get(), { jar, url, carryKey } = await begin(house);
		const said = await finish(house, jar, await walk(house, url, null)) as Awaited<ReturnType<typeof finish>> & { detail?: { carry_key: string } };
		assert.deepEqual([said.status, said.err, said.detail?.carry_key], [403, "identification_cancelled", carryKey]);
		assert.equal(await newest(house), "cancelled");
	});

	test("another error of the provider, and a return with nothing, are refused", async () => {
		const house = get();
		for (const [more, word] of [[{ error: "server_error" }, "provider_error"], [{}, "no_code"], [{ code: "invented" }, "token_refused"]] as const) {
			const { jar, state } = await begin(house);
			await refused(await finish(house, jar, new URLSearchParams({ state, ...more })), word);
		}
	});

	test("the carry key is the one that was given at the door", async () => {
		const house = get(), { jar, url, carryKey } = await begin(house);
		assert.equal((await finish(house, jar, await walk(house, url, "eetu"))).ok?.["carry_key"], carryKey);
		const { rows } = await house.db.query("SELECT string_agg(encode(a::text::bytea, 'escape'), '') AS all FROM login_attempt a");
		assert.equal(String(rows[0].all).includes(Buffer.from(carryKey, "base64url").toString("hex")), false);
	});
};

const others = (get: () => House): void => {
	test("the ways to sign in are told without a session, and nothing else about them", async () => {
		const { ok } = await call(get(), new Map(), "sign_in_options", {});
		const providers = ok?.["providers"] as Record<string, string>[];
		assert.deepEqual(providers.map((one) => [one["slug"], one["audience"]]), [["pankki", "client"], ["valittaja", "client"], ["virka", "staff"]]);
		assert.deepEqual(Object.keys(providers[0] as object).sort(), ["audience", "name_en", "name_fi", "name_sv", "slug"]);
	});

	test("an unknown provider, and a ticket of the wrong kind, are refused at the door", async () => {
		const house = get(), nonce = randomBytes(32).toString("base64url"), token = randomBytes(16).toString("base64url");
		for (const body of [{ provider: "muu" }, { provider: "virka", invitation: token }, { provider: "pankki", enrolment: token }, { provider: "pankki", nonce: "x" }])
			assert.equal((await call(house, new Map(), "identify_begin", { nonce, ...body })).err, "bad_field", JSON.stringify(body));
	});

	test("an admin enrols a colleague, who is signed in by the office from then on; others are not", async () => {
		const house = get(), foreign = makeOrg(house.service, randomUUID()).get("counsellor-1")?.person as string;
		const { rows } = await house.db.query<{ id: string }>(
			"INSERT INTO account (org, account, role, login) VALUES ($1, gen_random_uuid(), 'counsellor', 'to be enrolled') RETURNING account AS id", [OFFICE]);
		const account = uuidToId(rows[0]?.id as string);
		assert.equal((await come(house, "koe-9001", {}, "virka")).err, "no_room");
		const ask = await wireOf(house, await cookieOf(house, { person: house.admin.user, role: "admin" }));
		assert.equal((await ask("enrolment_make", { account: foreign })).err, "not_found", "of another organisation");
		const made = await ask("enrolment_make", { account });
		const enrolment = String(made.ok?.["token"]);
		const first = await come(house, "koe-9001", { enrolment }, "virka");
		assert.deepEqual([first.ok?.["user"], first.ok?.["role"]], [account, "counsellor"]);
		assert.equal((await come(house, "koe-9001", {}, "virka")).ok?.["user"], account);
		const refused = await call(house, new Map(), "identify_begin", { provider: "virka", nonce: randomBytes(32).toString("base64url"), enrolment });
		assert.equal(refused.err, "not_found", "a token is good once");
		const asCounsellor = await wireOf(house, await cookieOf(house, { person: house.colleague.user, role: "counsellor" }));
		assert.equal((await asCounsellor("enrolment_make", { account })).err, "forbidden");
	});

	test("new signing keys of the provider are fetched when one is not known, and not more than once a minute", async () => {
		const house = get();
		assert.ok((await come(house, "eetu", {}, "valittaja")).ok);
		const seen: string[] = [];
		for (let i = 0; i < 6; i++) {
			await rotate(house, "valittaja");
			const said = await come(house, "eetu", {}, "valittaja");
			seen.push(said.ok ? "ok" : await newest(house));
		}
		assert.ok(seen.includes("unknown_kid"), seen.join());
		assert.ok(seen.every((word) => word === "ok" || word === "unknown_kid"), seen.join());
	});

	test("an answer of the provider that holds no keys is not kept for an hour", async () => {
		const house = get();
		await house.service.restart();
		await spoil(house, "sorry_for_keys", "virka");
		const first = await come(house, "anna", {}, "virka");
		assert.deepEqual([first.status, first.err, await newest(house)], [FAILED.status, FAILED.err, "bad_jwks"]);
		await wait(2_100);
		for (let i = 0; i < 8; i++) assert.equal((await come(house, "anna", {}, "virka")).err, undefined); // by either worker
	});

	test("a counsellor of the room is told the name of whom they invited, each time on record; nobody else is", async () => {
		const house = get();
		const { room, link } = await house.counsellor.engine.invite({ name: "Amira Mallinen", welcome: "Tervetuloa!" });
		const { user } = await signIn(house, "amira", { invitation: new URL(link).hash.slice(1) });
		const { call: asked } = house.counsellor.engine.parts.link;
		const before = await asked("identified_name", { room, user, reason: "Who joins" }).catch((thrown: { word?: string }) => thrown.word);
		const name = before as { given?: string; family?: string; provider?: string };
		assert.deepEqual([name.given, name.family, name.provider], ["Amira", "Mallinen", "pankki"]);
		const audit = await house.db.query("SELECT actor FROM audit WHERE action = 'identified_name' AND object = $1", [idToUuid(user)]);
		assert.deepEqual(audit.rows.map((row: { actor: string }) => row.actor), [idToUuid(house.counsellor.user)]);
		const wordOf = (actor: House["admin"]): Promise<unknown> =>
			actor.engine.parts.link.call("identified_name", { room, user, reason: "Who joins" }).then(() => "told", (thrown: { word?: string }) => thrown.word);
		assert.equal(await wordOf(house.colleague), "not_member");
		assert.equal(await wordOf(house.admin), "forbidden");
		const theirs = await asked("identified_name", { room, user: house.counsellor.user, reason: "Who joins" }).then(() => "told", (thrown: { word?: string }) => thrown.word);
		assert.equal(theirs, "not_found");
	});

	test("without the keys process sign-ins are refused clearly, everything else goes on, and it comes back", async () => {
		const house = get(), session = await signIn(house, "eetu");
		const { jar, url } = await begin(house);
		const back = await walk(house, url, "eetu");
		process.kill(processWith("luotsid keys", house.service.server_pid), "SIGKILL");
		const said = await finish(house, jar, back);
		assert.ok(said.ok !== undefined || said.err === "unavailable", said.err);
		assert.equal(await lives(house, session.cookie), true);
		let word = "";
		for (const end = Date.now() + 60_000; word !== "ok" && Date.now() < end; ) {
			word = await signIn(house, "eetu").then(() => "ok", (thrown: Error) => thrown.message);
			assert.ok(word === "ok" || word === "unavailable", word);
			await wait(100);
		}
		assert.equal(word, "ok");
	});

	test("a control log that is being written when the keys process dies waits for the next one, and no worker dies of it", async () => {
		const { service, counsellor, db } = get(), [keys] = processesWith("luotsid keys", service.server_pid), workers = processesWith("luotsid worker", service.server_pid);
		const { rows: [now] } = await db.query<{ at: string }>("SELECT clock_timestamp()::text AS at");
		process.kill(keys as number, "SIGSTOP");
		const made = [1, 2, 3, 4].map((n) => counsellor.engine.invite({ name: `Odottava ${n}`, welcome: "Tervetuloa!" }));
		let asked = 0;
		for (const end = Date.now() + 60_000; asked === 0 && Date.now() < end; await wait(10)) {
			const { rows } = await db.query<{ n: number }>("SELECT count(*)::int AS n FROM pg_stat_activity WHERE query LIKE 'SELECT u.place, k.wrapped%' AND state = 'idle' AND query_start > $1", [now?.at]);
			asked = rows[0]?.n ?? 0;
		}
		process.kill(keys as number, "SIGKILL");
		assert.equal(new Set((await Promise.all(made)).map(({ room }) => room)).size, 4);
		assert.ok(asked > 0, "they were waiting for a key");
		assert.deepEqual(processesWith("luotsid worker", service.server_pid), workers);
	});

	test("a provider that says nothing is given up in time, and nobody else waits for it", async () => {
		const house = get(), session = await signIn(house, "eetu"), { jar, url } = await begin(house);
		const back = await walk(house, url, "eetu"), pid = processWith(`idp/main.mjs serve --port ${new URL(house.service.bank).port}`);
		process.kill(pid, "SIGSTOP");
		try {
			const began = Date.now(), waiting = finish(house, jar, back);
			let over = false, answered = 0;
			void waiting.finally(() => (over = true)).catch(() => undefined);
			for (let i = 0; i < 10; i++) {
				assert.equal(await lives(house, session.cookie), true);
				answered += Number(!over);
			}
			assert.ok(answered > 0, "others are answered while one waits");
			const said = await waiting;
			assert.deepEqual(said, FAILED);
			const took = Date.now() - began; // two seconds where it had to connect, which the bank's kernel lets it; five where it was connected
			assert.ok(took > 1_900 && took < 60_000, `${took} ms`);
			assert.equal(await newest(house), "token_unreachable");
		} finally {
			process.kill(pid, "SIGCONT");
		}
		assert.ok((await signIn(house, "eetu")).cookie);
	});

	test("no identity code, no name, and no code or token of a sign-in is in the database or in a log", async () => {
		const house = get(), signed = await signIn(house, "eetu");
		const { jar, url } = await begin(house);
		const back = await walk(house, url, "eetu");
		await finish(house, jar, back);
		const logs = readdirSync(house.service.log).filter((file) => file !== "bank.log").map((file) => readFileSync(join(house.service.log, file), "latin1")).join("");
		const secret = (signed.cookie.split("=")[1] as string);
		const planted = ["150407A904V", "Esimerkki", back.get("code") as string, back.get("state") as string, secret, signed.carryKey];
		const forms = planted.flatMap((one) => [one, Buffer.from(one).toString("hex"), Buffer.from(one).toString("base64").replace(/=+$/, "")]);
		const dump = await searchDump(house, forms);
		assert.ok(dump.bytes > 10_000 && logs.length > 1_000);
		assert.deepEqual(dump.found, []);
		assert.deepEqual(forms.filter((form) => logs.includes(form)), []);
		assert.deepEqual((await searchDump(house, ["CREATE TABLE"])).found, ["CREATE TABLE"]);
	});
};

/** Which of these stand in a dump of the whole database, whatever it measures. */
const searchDump = async (house: House, forms: readonly string[]): Promise<{ bytes: number; found: string[] }> => {
	const child = spawn("pg_dump", ["-h", house.service.sockets, "-U", "postgres", house.service.database], { stdio: ["ignore", "pipe", "inherit"] });
	const ended = new Promise((resolve) => child.once("exit", resolve));
	const overlap = Math.max(...forms.map((form) => form.length)) - 1;
	const found = new Set<string>();
	let bytes = 0, tail = "";
	for await (const piece of child.stdout) {
		const text = tail + (piece as Buffer).toString("latin1");
		for (const form of forms) if (text.includes(form)) found.add(form);
		bytes += (piece as Buffer).length;
		tail = text.slice(-overlap);
	}
	assert.equal(await ended, 0);
	return { bytes, found: [...found] };
};

/** The processes whose command line has this; of these parents, if one is named. */
const processesWith = (words: string, parent?: number): number[] => {
	const ran = spawnSync("pgrep", [...(parent === undefined ? [] : ["-P", String(parent)]), "-f", words], { encoding: "utf8" });
	const pids = ran.stdout.trim().split("\n").filter(Boolean).map(Number);
	assert.ok(pids.length > 0, `no process "${words}"`);
	return pids;
};

const processWith = (words: string, parent?: number): number => processesWith(words, parent)[0] as number;

export const signInTests = (get: () => House): void => {
	comings(get);
	returns(get);
	others(get);
};
