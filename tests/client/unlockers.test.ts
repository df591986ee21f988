// What opens a person's keys: tried without a change, passkeys added and taken away.

import { strict as assert } from "node:assert";
import { test } from "node:test";
import { client, makeActor, makeHouse, PASSPHRASE, type Actor } from "./organisation.js";
import { makeRelay, type Relay } from "./relay.js";
import { random, sha256, toBase64Url } from "../../web/src/seal/index.js";

const RENEWED = "aivan toinen pitkä salalause";

interface Key {
	prf: Uint8Array;
	credential: string;
}

const passkey = (): Key => ({ prf: random(32), credential: toBase64Url(random(48)) });

const person = async (): Promise<{ relay: Relay; one: Actor }> => {
	const { relay, admin, counsellor } = await makeHouse(makeRelay());
	for (const other of [admin, counsellor]) await other.engine.stop();
	return { relay, one: await client(relay, "Aino") };
};

const device = async (relay: Relay, of: Actor): Promise<Actor> => {
	const fresh = makeActor(of.user, relay.platform(of.user));
	await fresh.engine.start();
	return fresh;
};

const kinds = (actor: Actor): string[] => actor.engine.parts.self().view().unlockers.map((u) => u.type).sort();

test("a passkey opens the keys on another device, and another passkey does not", async () => {
	const { relay, one } = await person();
	const key = passkey();
	await one.engine.addPasskey(key.prf, key.credential);
	assert.deepEqual(kinds(one), ["code", "passkey", "passphrase"]);
	const second = await device(relay, one);
	await assert.rejects(second.engine.unlock(passkey()), { word: "wrong_passkey" });
	await assert.rejects(second.engine.unlock({ ...key, prf: random(32) }), { word: "wrong_passkey" });
	await second.engine.unlock(key);
	const listed = second.engine.parts.self().view().unlockers.find((u) => u.type === "passkey");
	assert.equal(listed?.credential, toBase64Url(await sha256(Uint8Array.from(Buffer.from(key.credential, "base64url")))));
	assert.equal(second.engine.parts.self().view().recovered, false);
	await one.engine.stop();
	await second.engine.stop();
});

test("the same passkey again replaces its record", async () => {
	const { one } = await person();
	const key = passkey();
	await one.engine.addPasskey(key.prf, key.credential);
	await one.engine.addPasskey(key.prf, key.credential);
	assert.deepEqual(kinds(one), ["code", "passkey", "passphrase"]);
	await one.engine.stop();
});

test("trying a secret changes nothing and says whether it opens", async () => {
	const { relay, one } = await person();
	const key = passkey();
	await one.engine.addPasskey(key.prf, key.credential);
	const before = await one.engine.parts.link.call("self_get", {});
	await one.engine.canOpen({ passphrase: PASSPHRASE });
	await one.engine.canOpen({ code: one.code });
	await one.engine.canOpen(key);
	await assert.rejects(one.engine.canOpen({ passphrase: `${PASSPHRASE}x` }), { word: "wrong_passphrase" });
	await assert.rejects(one.engine.canOpen({ code: "AAAA" }), { word: "wrong_code" });
	await assert.rejects(one.engine.canOpen(passkey()), { word: "wrong_passkey" });
	assert.deepEqual(await one.engine.parts.link.call("self_get", {}), before);
	const locked = await device(relay, one);
	await assert.rejects(locked.engine.canOpen({ passphrase: PASSPHRASE }), { word: "locked" });
	await one.engine.stop();
	await locked.engine.stop();
});

test("a passkey is added only soon after a secret was shown", async (t) => {
	const { one } = await person();
	const key = passkey();
	const start = Date.now();
	t.mock.method(Date, "now", () => start + 5 * 60_000 + 1_000);
	await assert.rejects(one.engine.addPasskey(key.prf, key.credential), { word: "prove_again" });
	await one.engine.canOpen({ passphrase: PASSPHRASE });
	await one.engine.addPasskey(key.prf, key.credential);
	assert.deepEqual(kinds(one), ["code", "passkey", "passphrase"]);
	await one.engine.stop();
});

test("a renewal keeps the passkey that is at hand and no other, and who opened by it is asked for it", async () => {
	const { relay, one } = await person();
	const [kept, gone] = [passkey(), passkey()];
	await one.engine.addPasskey(kept.prf, kept.credential);
	await one.engine.addPasskey(gone.prf, gone.credential);
	await assert.rejects(one.engine.changePassphrase({ present: passkey(), passphrase: RENEWED }), { word: "wrong_passkey" });
	await one.engine.changePassphrase({ present: kept, passphrase: RENEWED });
	assert.deepEqual(kinds(one), ["code", "passkey", "passphrase"]);
	const second = await device(relay, one);
	await assert.rejects(second.engine.unlock(gone), { word: "wrong_passkey" });
	await second.engine.unlock(kept);
	await one.engine.stop();
	await second.engine.stop();
});

test("a passkey that was removed opens nothing, the passphrase still does, and the code is another", async () => {
	const { relay, one } = await person();
	const key = passkey();
	await one.engine.addPasskey(key.prf, key.credential);
	const id = one.engine.parts.self().view().unlockers.find((u) => u.type === "passkey")?.id ?? "";
	await assert.rejects(one.engine.removePasskey({ id, passphrase: RENEWED }), { word: "wrong_passphrase" });
	const { code } = await one.engine.removePasskey({ id, passphrase: PASSPHRASE });
	assert.notEqual(code, one.code);
	assert.deepEqual(kinds(one), ["code", "passphrase"]);
	const second = await device(relay, one);
	await assert.rejects(second.engine.unlock(key), { word: "wrong_passkey" });
	await assert.rejects(second.engine.unlock({ code: one.code }), { word: "wrong_code" });
	await second.engine.unlock({ passphrase: PASSPHRASE });
	await one.engine.stop();
	await second.engine.stop();
});

test("a list that lacks an unlocker is noticed by its MAC", async () => {
	const { relay, one } = await person();
	const key = passkey();
	await one.engine.addPasskey(key.prf, key.credential);
	const kept = await one.engine.parts.link.call("self_get", {});
	relay.bendKept(one.user, { unlockers: kept.unlockers.slice(0, -1) });
	const second = await device(relay, one);
	await assert.rejects(second.engine.unlock({ passphrase: PASSPHRASE }), { word: "wrong_list" });
	await one.engine.stop();
	await second.engine.stop();
});
