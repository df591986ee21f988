// Passkeys against the real server: registered, signed in by, used for a fresh proof, and every way in which one may not be believed.

import { strict as assert } from "node:assert";
import { request } from "node:https";
import { test } from "node:test";
import { assertPasskey, createPasskey, newKey, PRESENT, VERIFIED, type Passkey, type Spoil } from "../lib/authenticator.js";
import { cookieOf, idToUuid, type Account, type House } from "./house.js";

interface Said {
	status: number;
	ok?: Record<string, unknown>;
	err?: string;
}

/** A browser as far as cookies go. */
interface Browser {
	readonly jar: Map<string, string>;
	ask(op: string, body?: object): Promise<Said>;
}

const keep = (jar: Map<string, string>, set: string): void => {
	const [pair, ...more] = set.split("; ");
	const [name, value] = (pair as string).split("=") as [string, string];
	assert.ok(["Path=/", "Secure", "HttpOnly", "SameSite=Strict"].every((word) => more.includes(word)), set);
	if (more.includes("Max-Age=0")) jar.delete(name);
	else jar.set(name, value);
};

const newBrowser = (house: House, cookie = ""): Browser => {
	const jar = new Map(cookie ? [cookie.split("=") as [string, string]] : []);
	const ask = (op: string, body: object = {}): Promise<Said> =>
		new Promise((resolve, reject) => {
			const { origin } = house.service;
			const sent = JSON.stringify(body);
			const headers = { "content-type": "application/json", "content-length": Buffer.byteLength(sent), origin, "x-luotsi": "1", cookie: [...jar].map((pair) => pair.join("=")).join("; ") };
			const asked = request(`${origin}/api/${op}`, { method: "POST", ca: house.ca, headers, agent: false }, (answer) => {
				const parts: Buffer[] = [];
				answer.on("data", (part: Buffer) => parts.push(part));
				answer.on("end", () => {
					for (const set of answer.headers["set-cookie"] ?? []) keep(jar, set);
					resolve({ status: answer.statusCode ?? 0, ...(JSON.parse(Buffer.concat(parts).toString()) as object) });
				});
			});
			asked.on("error", reject);
			asked.end(sent);
		});
	return { jar, ask };
};

type Begun = { challenge: string; rp: string; user: string; known: string[]; allowed: string[] };

const begin = async (browser: Browser, op: string): Promise<Begun> => {
	const said = await browser.ask(op);
	assert.equal(said.err, undefined);
	return said.ok as Begun;
};

const SIGN_IN = ["passkey_sign_in_begin", "passkey_sign_in_finish"] as const;

/** Signed in by the bank, with a passkey. */
const withPasskey = async (house: House, account: Account): Promise<{ browser: Browser; passkey: Passkey; id: string }> => {
	const browser = newBrowser(house, await cookieOf(house, account));
	const { passkey, made } = createPasskey(await begin(browser, "passkey_register_begin"), house.service.origin);
	const said = await browser.ask("passkey_register_finish", { ...made, device: "computer" });
	assert.equal(said.err, undefined);
	return { browser, passkey, id: said.ok?.["passkey"] as string };
};

/** Somebody who may sign in by passkey without having been identified, and has none yet. */
const staff = async (house: House): Promise<Account> => {
	await house.db.query("DELETE FROM passkey WHERE account = $1", [idToUuid(house.colleague.user)]);
	return { person: house.colleague.user, role: "counsellor" };
};

const audited = async (house: House, action: string): Promise<string[]> =>
	(await house.db.query<{ word: string }>("SELECT word FROM audit WHERE action = $1 ORDER BY n", [action])).rows.map((row) => row.word);

/** Who has proven nothing did nothing: the refusal is about the person who was meant. */
const lastRefusal = async (house: House): Promise<unknown> =>
	(await house.db.query("SELECT actor, object IS NOT NULL AS meant, word FROM audit WHERE action = 'passkey_refused' ORDER BY n DESC LIMIT 1")).rows[0];

const identified = (house: House, account: Account, daysAgo: number): Promise<unknown> =>
	house.db.query("UPDATE account_identity SET identified_at = now() - make_interval(days => $2) WHERE account = $1", [idToUuid(account.person), daysAgo]);

/** As if this account had never had a person; gives what brings them back. */
const forget = async ({ db }: House, account: Account): Promise<() => Promise<unknown>> => {
	const { rows } = await db.query("DELETE FROM account_identity p WHERE p.account = $1 RETURNING row_to_json(p) AS row", [idToUuid(account.person)]);
	return () => db.query("INSERT INTO account_identity SELECT (json_populate_record(NULL::account_identity, $1)).*", [JSON.stringify(rows[0].row)]);
};

const signIn = async (house: House, passkey: Passkey, spoil: Spoil = {}): Promise<{ browser: Browser; said: Said }> => {
	const browser = newBrowser(house);
	const asked = await begin(browser, SIGN_IN[0]);
	return { browser, said: await browser.ask(SIGN_IN[1], assertPasskey(passkey, asked, house.service.origin, spoil)) };
};

export const passkeyTests = (house: () => House): void => {
	test("a_passkey_signs_staff_in", async () => {
		const { passkey } = await withPasskey(house(), await staff(house()));
		const { browser, said } = await signIn(house(), passkey);
		assert.deepEqual(said.ok, { user: passkey.user });
		assert.deepEqual([...browser.jar.keys()], ["__Host-luotsi"], "the login cookie is gone");
		const listed = (await browser.ask("passkey_list")).ok?.["passkeys"] as { credential: string; device: string; used_at?: number; disabled: boolean }[];
		const mine = listed.find((row) => row.credential === passkey.credential.toString("base64url"));
		assert.deepEqual([mine?.device, mine?.disabled, typeof mine?.used_at], ["computer", false, "number"]);
		const { rows } = await house().db.query("SELECT method FROM session WHERE account = $1 ORDER BY started_at DESC LIMIT 1", [idToUuid(passkey.user)]);
		assert.deepEqual(rows, [{ method: "passkey" }]);
		assert.ok((await audited(house(), "passkey_sign_in")).length > 0);
	});

	test("a_sign_in_by_passkey_ends_the_session_that_was_there", async () => {
		const { browser, passkey } = await withPasskey(house(), await staff(house()));
		const before = browser.jar.get("__Host-luotsi") as string;
		const asked = await begin(browser, SIGN_IN[0]);
		assert.ok((await browser.ask(SIGN_IN[1], assertPasskey(passkey, asked, house().service.origin))).ok);
		assert.notEqual(browser.jar.get("__Host-luotsi"), before);
		assert.equal((await newBrowser(house(), `__Host-luotsi=${before}`).ask("passkey_list")).err, "session_expired");
	});

	test("clients_sign_in_by_passkey_for_ninety_days_after_their_identification", async () => {
		const account = await house().account();
		const { passkey } = await withPasskey(house(), account);
		const remember = await forget(house(), account);
		assert.equal((await signIn(house(), passkey)).said.err, "identify_again", "never identified");
		await remember();
		await identified(house(), account, 91);
		assert.equal((await signIn(house(), passkey)).said.err, "identify_again", "too long ago");
		await identified(house(), account, 89);
		assert.deepEqual((await signIn(house(), passkey)).said.ok, { user: account.person });
		const { rows } = await house().db.query("SELECT acr, identified_at < now() - interval '88 days' AS old FROM session WHERE account = $1 AND method = 'passkey'", [idToUuid(account.person)]);
		assert.deepEqual(rows.map((row: { acr: string; old: boolean }) => [row.acr.split("/").at(-1), row.old]), [["loatest2", true]]);
	});

	const spoiled: [string, Spoil, string][] = [
		["another_origin", { origin: "https://evil.example" }, "wrong_origin"],
		["another_origin_on_this_host", { origin: "http://localhost" }, "wrong_origin"],
		["another_challenge", { challenge: Buffer.alloc(32, 7).toString("base64url") }, "unknown_challenge"],
		["no_challenge", { challenge: "" }, "bad_challenge"],
		["a_page_inside_another", { crossOrigin: true }, "cross_origin"],
		["the_type_of_a_registration", { type: "webauthn.create" }, "wrong_type"],
		["another_rp", { rp: "evil.example" }, "wrong_rp"],
		["nobody_present", { flags: VERIFIED }, "not_present"],
		["nobody_verified", { flags: PRESENT }, "not_verified"],
		["another_key", { key: newKey().privateKey }, "bad_signature"],
		["the_handle_of_another", { user: Buffer.alloc(16, 9).toString("base64url") }, "wrong_user"],
	];
	for (const [name, spoil, why] of spoiled)
		test(`a_sign_in_with_${name}_is_refused`, async () => {
			const { passkey } = await withPasskey(house(), await staff(house()));
			const { browser, said } = await signIn(house(), passkey, spoil);
			assert.deepEqual([said.status, said.err, said.ok], [403, "passkey_refused", undefined]);
			assert.ok(!browser.jar.has("__Host-luotsi"));
			if (["wrong_rp", "not_present", "not_verified", "bad_signature", "wrong_user"].includes(why))
				assert.deepEqual(await lastRefusal(house()), { actor: null, meant: true, word: why });
		});

	test("every_refusal_looks_the_same", async () => {
		const { passkey } = await withPasskey(house(), await staff(house()));
		const seen = new Set<string>();
		const unknown = { ...passkey, credential: Buffer.alloc(32, 1) };
		for (const spoil of [{ origin: "https://evil.example" }, { flags: PRESENT }, { key: newKey().privateKey }]) seen.add(JSON.stringify((await signIn(house(), passkey, spoil)).said));
		seen.add(JSON.stringify((await signIn(house(), unknown)).said));
		assert.deepEqual([...seen], ['{"status":403,"err":"passkey_refused"}']);
	});

	test("an_assertion_works_once_and_a_spoiled_one_takes_its_challenge", async () => {
		const { passkey } = await withPasskey(house(), await staff(house()));
		const browser = newBrowser(house());
		const asked = await begin(browser, SIGN_IN[0]);
		const login = [...browser.jar];
		const answer = assertPasskey(passkey, asked, house().service.origin);
		assert.ok((await browser.ask(SIGN_IN[1], answer)).ok);
		for (const pair of login) browser.jar.set(...pair);
		assert.equal((await browser.ask(SIGN_IN[1], answer)).err, "passkey_refused");
		const next = await begin(browser, SIGN_IN[0]);
		assert.equal((await browser.ask(SIGN_IN[1], assertPasskey(passkey, next, house().service.origin, { flags: PRESENT }))).err, "passkey_refused");
		assert.equal((await browser.ask(SIGN_IN[1], assertPasskey(passkey, next, house().service.origin))).err, "passkey_refused");
	});

	test("a_challenge_belongs_to_the_browser_that_asked_for_it_and_to_its_purpose", async () => {
		const { browser, passkey } = await withPasskey(house(), await staff(house()));
		const { origin } = house().service;
		const [mine, other] = [newBrowser(house()), newBrowser(house())];
		const asked = await begin(mine, SIGN_IN[0]);
		await begin(other, SIGN_IN[0]);
		assert.equal((await other.ask(SIGN_IN[1], assertPasskey(passkey, asked, origin))).err, "passkey_refused", "another cookie");
		assert.equal((await newBrowser(house()).ask(SIGN_IN[1], assertPasskey(passkey, asked, origin))).err, "passkey_refused", "no cookie");
		const up = await begin(browser, "step_up_begin");
		mine.jar.set("__Host-luotsi", browser.jar.get("__Host-luotsi") as string);
		assert.equal((await mine.ask(SIGN_IN[1], assertPasskey(passkey, up, origin))).err, "passkey_refused", "another purpose");
		assert.ok((await mine.ask(SIGN_IN[1], assertPasskey(passkey, asked, origin))).ok, "still there for its own");
	});

	test("a_challenge_is_over_after_five_minutes", async () => {
		const { passkey } = await withPasskey(house(), await staff(house()));
		const browser = newBrowser(house());
		const asked = await begin(browser, SIGN_IN[0]);
		const hash = "sha256(decode($1, 'hex'))";
		const bytes = [Buffer.from(asked.challenge, "base64url").toString("hex")];
		const { rows } = await house().db.query(`SELECT expires_at <= now() + interval '5 minutes' AS soon FROM webauthn_challenge WHERE challenge_hash = ${hash}`, bytes);
		assert.deepEqual(rows, [{ soon: true }]);
		await house().db.query(`UPDATE webauthn_challenge SET expires_at = now() WHERE challenge_hash = ${hash}`, bytes);
		assert.equal((await browser.ask(SIGN_IN[1], assertPasskey(passkey, asked, house().service.origin))).err, "passkey_refused");
	});

	test("one_address_has_a_bounded_number_of_challenges", async () => {
		const { rows } = await house().db.query<{ n: string }>("SELECT count(*) AS n FROM webauthn_challenge");
		await house().db.query(
			`INSERT INTO webauthn_challenge (challenge_hash, purpose, cookie_hash, address, expires_at)
			SELECT sha256(i::text::bytea), 'sign_in', sha256('x'), c.address, now() + interval '5 minutes' FROM generate_series(1, 256) AS i, (SELECT address FROM webauthn_challenge LIMIT 1) AS c`,
		);
		assert.ok(Number(rows[0]?.n) > 0);
		try {
			assert.equal((await newBrowser(house()).ask(SIGN_IN[0])).err, "rate_limited");
		} finally {
			await house().db.query("DELETE FROM webauthn_challenge WHERE cookie_hash = sha256('x')");
		}
		assert.ok((await newBrowser(house()).ask(SIGN_IN[0])).ok);
	});

	test("a_counter_that_does_not_grow_disables_the_passkey", async () => {
		const { browser, passkey } = await withPasskey(house(), await staff(house()));
		assert.ok((await signIn(house(), passkey)).said.ok);
		const seen = passkey.counter;
		assert.equal((await signIn(house(), passkey, { counter: seen })).said.err, "passkey_refused");
		assert.deepEqual((await audited(house(), "passkey_sign_in")).at(-1), "cloned");
		assert.equal((await signIn(house(), passkey, { counter: seen + 10 })).said.err, "passkey_refused", "neither is believed any more");
		assert.equal((await audited(house(), "passkey_refused")).at(-1), "disabled");
		const listed = (await browser.ask("passkey_list")).ok?.["passkeys"] as { credential: string; disabled: boolean }[];
		const text = passkey.credential.toString("base64url");
		assert.equal(listed.find((row) => row.credential === text)?.disabled, true);
		assert.ok(!(await begin(browser, "step_up_begin")).allowed.includes(text));
	});

	test("a_passkey_that_does_not_count_signs_in_again_and_again", async () => {
		const browser = newBrowser(house(), await cookieOf(house(), await staff(house())));
		const { passkey, made } = createPasskey(await begin(browser, "passkey_register_begin"), house().service.origin, { counter: 0 });
		assert.ok((await browser.ask("passkey_register_finish", { ...made, device: "phone" })).ok);
		for (let i = 0; i < 3; i++) assert.ok((await signIn(house(), passkey, { counter: 0 })).said.ok);
	});

	const unregistered: [string, Spoil][] = [
		["another_origin", { origin: "https://evil.example" }], ["another_challenge", { challenge: Buffer.alloc(32, 7).toString("base64url") }],
		["the_type_of_a_sign_in", { type: "webauthn.get" }], ["another_rp", { rp: "evil.example" }], ["nobody_verified", { flags: PRESENT }],
		["an_algorithm_that_nobody_asked_for", { algorithm: -35 }], ["an_attestation_that_nobody_knows", { format: "tpm" }],
	];
	for (const [name, spoil] of unregistered)
		test(`a_registration_with_${name}_is_refused`, async () => {
			const browser = newBrowser(house(), await cookieOf(house(), await house().account()));
			const { made } = createPasskey(await begin(browser, "passkey_register_begin"), house().service.origin, spoil);
			assert.deepEqual(await browser.ask("passkey_register_finish", { ...made, device: "key" }), { status: 403, err: "passkey_refused" });
			assert.deepEqual((await browser.ask("passkey_list")).ok, { passkeys: [] });
		});

	test("a_registration_works_once_and_only_in_the_session_that_began_it", async () => {
		const [account, other] = [await house().account(), await house().account()];
		const [browser, thief] = [newBrowser(house(), await cookieOf(house(), account)), newBrowser(house(), await cookieOf(house(), other))];
		const { made } = createPasskey(await begin(browser, "passkey_register_begin"), house().service.origin);
		assert.equal((await thief.ask("passkey_register_finish", { ...made, device: "key" })).err, "passkey_refused");
		assert.ok((await browser.ask("passkey_register_finish", { ...made, device: "key" })).ok);
		assert.equal((await browser.ask("passkey_register_finish", { ...made, device: "key" })).err, "passkey_refused");
	});

	test("a_credential_belongs_to_one_account_and_an_account_has_at_most_sixteen", async () => {
		const [first, second] = [await house().account(), await house().account()];
		const { passkey } = await withPasskey(house(), first);
		const browser = newBrowser(house(), await cookieOf(house(), second));
		const asked = await begin(browser, "passkey_register_begin");
		const { made } = createPasskey(asked, house().service.origin);
		const object = Buffer.from(made.attestation, "base64url");
		passkey.credential.copy(object, object.indexOf(Buffer.from([0, 32])) + 2);
		assert.equal((await browser.ask("passkey_register_finish", { ...made, attestation: object.toString("base64url"), device: "key" })).err, "conflict");
		for (let i = 0; i < 16; i++) {
			const more = createPasskey(await begin(browser, "passkey_register_begin"), house().service.origin);
			assert.ok((await browser.ask("passkey_register_finish", { ...more.made, device: "other" })).ok);
		}
		assert.equal((await browser.ask("passkey_register_begin")).err, "quota");
	});

	test("one_s_own_passkeys_are_renamed_and_removed_and_no_other_s", async () => {
		const { browser, passkey, id } = await withPasskey(house(), await house().account());
		const stranger = newBrowser(house(), await cookieOf(house(), await house().account()));
		assert.equal((await stranger.ask("passkey_remove", { passkey: id })).err, "not_found");
		assert.equal((await stranger.ask("passkey_rename", { passkey: id, device: "key" })).err, "not_found");
		assert.ok((await browser.ask("passkey_rename", { passkey: id, device: "tablet" })).ok);
		const listed = (await browser.ask("passkey_list")).ok?.["passkeys"] as { device: string }[];
		assert.deepEqual(listed.map((row) => row.device), ["tablet"]);
		assert.ok((await browser.ask("passkey_remove", { passkey: id })).ok);
		assert.deepEqual((await browser.ask("passkey_list")).ok, { passkeys: [] });
		assert.equal((await signIn(house(), passkey)).said.err, "passkey_refused");
	});

	test("a_fresh_proof_opens_what_needs_one_for_five_minutes", async () => {
		const { passkey } = await withPasskey(house(), await staff(house()));
		const { browser } = await signIn(house(), passkey);
		const session = [idToUuid(passkey.user)];
		await house().db.query("UPDATE session SET fresh_until = now() WHERE account = $1", session);
		assert.equal((await browser.ask("passkey_register_begin")).err, "step_up_needed");
		const before = browser.jar.get("__Host-luotsi");
		const said = await browser.ask("step_up_finish", stepUp(passkey, await begin(browser, "step_up_begin"), house().service.origin));
		assert.ok(Math.abs(Number(said.ok?.["fresh_until"]) - Date.now() - 300_000) < 20_000);
		assert.notEqual(browser.jar.get("__Host-luotsi"), before, "the cookie is renewed");
		assert.ok((await browser.ask("passkey_register_begin")).ok);
	});

	test("a_proof_by_another_s_passkey_is_refused", async () => {
		const { passkey } = await withPasskey(house(), await staff(house()));
		const mine = await withPasskey(house(), await house().account());
		const asked = await begin(mine.browser, "step_up_begin");
		assert.deepEqual(asked.allowed, [mine.passkey.credential.toString("base64url")]);
		assert.equal((await mine.browser.ask("step_up_finish", stepUp(passkey, asked, house().service.origin))).err, "passkey_refused");
		assert.equal((await audited(house(), "passkey_refused")).at(-1), "wrong_user");
	});

	test("nobody_who_is_not_signed_in_registers_or_lists", async () => {
		for (const op of ["passkey_register_begin", "passkey_list", "step_up_begin"]) assert.equal((await newBrowser(house()).ask(op)).err, "not_signed_in");
	});
};

const stepUp = (passkey: Passkey, asked: { challenge: string }, origin: string): object => {
	const { user: _, ...answer } = assertPasskey(passkey, asked, origin);
	return answer;
};
