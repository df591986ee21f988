// What a provider may spoil, against the real server and the tests' bank: every spoiled answer gets the one refusal, byte for byte, and the
// trail knows why. And the whole way of an invited person, from the link to the first words. (Who comes in as whom: sign-in.test.ts.)

import { strict as assert } from "node:assert";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { ask, begin, hear, returned, signIn, spoil, unspoil, walk } from "../lib/bank.js";
import { makeActor, PASSPHRASE } from "../client/organisation.js";
import { openNodePlatform } from "../../web/src/client/node.js";
import { fromBase64Url, importSealKey, LABEL, labelledHash, open, toBase64Url, u8, unpad } from "../../web/src/seal/index.js";
import { say, type House } from "./house.js";

const PERSON = "oona";
const REFUSED = '{"err":"identification_failed"}';

/** Way of tests/idp/spoil.mjs -> word of the trail. */
const WHY: Readonly<Record<string, string>> = {
	plain: "bad_token", nonce: "wrong_nonce", no_nonce: "wrong_nonce", audience: "wrong_audience", two_audiences: "wrong_audience", issuer: "wrong_issuer",
	expired: "token_expired", future: "token_from_the_future", old_login: "old_login", acr_low: "wrong_acr", acr_other: "wrong_acr", acr_missing: "wrong_acr",
	no_code: "no_code", bad_code: "bad_code", signature: "bad_signature", alg_none: "bad_token", alg_none_signed: "bad_header", alg_none_plain: "bad_token", other_key: "bad_signature",
	unknown_key: "unknown_kid", own_key: "bad_header", jku: "bad_header", x5u: "bad_header", too_large: "token_malformed", duplicate: "bad_claims", utf8: "bad_claims",
	not_json: "bad_claims", nested_encryption: "bad_token", nested_signature: "bad_header", cut: "bad_token", empty: "bad_token", replayed: "wrong_nonce",
	mix_up: "issuer_mixed_up", old_code: "token_refused", no_code_back: "no_code", state: "no_attempt", unavailable: "token_refused",
};

const newest = async (house: House): Promise<string> => (await house.db.query("SELECT word FROM sign_in_event ORDER BY n DESC LIMIT 1")).rows[0].word as string;

const logs = (house: House): string => readdirSync(house.service.log).map((name) => readFileSync(join(house.service.log, name), "utf8")).join("\n");

/** The whole way of somebody who has only the link. */
const arrive = async (house: House, person: string, name: string): ReturnType<typeof begun> => begun(house, person, name, (await house.counsellor.engine.invite({ name, welcome: "Hei!" })).link);

const begun = async (house: House, person: string, name: string, link: string) => {
	const fragment = new URL(link).hash.slice(1);
	const { cookie, user, sealed, carryKey } = await signIn(house, person, { invitation: fragment });
	const actor = makeActor(user, openNodePlatform({ origin: house.service.origin, ca: house.ca, cookie }));
	house.open.push(actor);
	await actor.engine.start();
	const carried = await actor.engine.carried(sealed, carryKey);
	await actor.engine.createKeys({ passphrase: PASSPHRASE, name, language: "fi" });
	const { room } = await actor.engine.acceptInvitation(carried.invitation);
	await actor.engine.openRoom(room, "fi");
	return { actor, room, sealed, carryKey };
};

const wholeWay = (get: () => House): void => {
	test("an invited person identifies, makes keys of the login's nonce, and writes", async () => {
		const house = get();
		const { actor, room, sealed, carryKey } = await arrive(house, PERSON, "Oona");
		await house.counsellor.engine.openRoom(room, "fi");
		await say(actor, house.counsellor, room, "Tulin pankin kautta");
		const plain = await open(await importSealKey(fromBase64Url(carryKey)), await labelledHash(LABEL.carried, u8(1)), fromBase64Url(sealed));
		const { sig } = JSON.parse(Buffer.from(unpad(plain)).toString("utf8")) as { sig: { pub: string } };
		assert.equal(toBase64Url(actor.engine.parts.self().account().keys.sig.pub), sig.pub);
	});

	test("who comes again is found among more organisations than one question takes", async () => {
		const house = get();
		const { rows } = await house.db.query(
			`WITH made AS (INSERT INTO organisation (org, name, created_at) SELECT gen_random_uuid(), 'Kunta ' || i, now() - interval '1 year' FROM generate_series(1, 600) i RETURNING org)
			INSERT INTO agreement (org, agreement, state, controller, controller_business_id, processor, retention_days, privacy_notice, service_promise)
			SELECT org, gen_random_uuid(), 'live', 'Kunta', '0944845-0', 'Ylläpito', 456, '{"fi":"seloste"}', '{"fi":"kaksi päivää"}' FROM made RETURNING org`);
		const { user, role } = await signIn(house, PERSON);
		await house.db.query("DELETE FROM agreement WHERE org = ANY ($1)", [rows.map((row: { org: string }) => row.org)]);
		await house.db.query("DELETE FROM organisation WHERE org = ANY ($1)", [rows.map((row: { org: string }) => row.org)]);
		assert.equal(role, "client");
		assert.equal((await signIn(house, PERSON)).user, user);
	});

	test("who comes again finds their account and opens it", async () => {
		const house = get();
		const { cookie, user } = await signIn(house, PERSON);
		const actor = makeActor(user, openNodePlatform({ origin: house.service.origin, ca: house.ca, cookie }));
		house.open.push(actor);
		await actor.engine.start();
		await actor.engine.unlock({ passphrase: PASSPHRASE });
		assert.equal(actor.engine.parts.self().stage(), "open");
	});

	test("the way back is the page itself, and what stands in its address is in no log", async () => {
		const { service, ca } = get();
		const page = await ask(ca, `${service.origin}/`);
		const back = await ask(ca, `${service.origin}/kirjaudu/paluu?code=planted-code&state=planted-state&iss=https%3A%2F%2Fplanted.example`);
		assert.equal(back.status, 200);
		assert.equal(back.text, page.text);
		assert.deepEqual(back.cookies, []);
		assert.doesNotMatch(logs(get()), /planted/);
	});
};

const spoiled = (get: () => House): void => {
	for (const [way, why] of Object.entries(WHY)) {
		test(`refuses what is spoiled by ${way}`, async () => {
			const house = get();
			await unspoil(house);
			const { jar, url } = await begin(house);
			await spoil(house, way);
			const back = await walk(house, url, PERSON);
			const { status, cookies, text } = await hear(house, jar, "identify_finish", returned(back));
			assert.equal(`${status} ${text}`, `403 ${REFUSED}`);
			assert.equal(cookies.some((line) => /^__Host-luotsi=[^;]/.test(line)), false, "a session was begun");
			assert.equal(await newest(house), why);
		});
	}

	test("after all that the right person still comes in", async () => {
		const house = get();
		await unspoil(house);
		assert.equal((await signIn(house, PERSON)).role, "client");
	});
};

export const identifyTests = (get: () => House): void => {
	wholeWay(get);
	spoiled(get);
};
