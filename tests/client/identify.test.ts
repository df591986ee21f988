// Keys made for an identification: their nonce, the address that they let through, what is carried, and the account that takes them.

import { strict as assert } from "node:assert";
import { createHash, randomBytes } from "node:crypto";
import { test } from "node:test";
import { makeActor, makeHouse, PASSPHRASE } from "./organisation.js";
import { makeRelay } from "./relay.js";
import { checkAddress, makeIdentification, type Identification } from "../../web/src/client/identify.js";
import { wordOf } from "../../web/src/client/refusal.js";
import { fromBase64Url, importSealKey, LABEL, labelledHash, open, toBase64Url, u8, unpad } from "../../web/src/seal/index.js";

const ORIGIN = "https://localhost:1";
const REDIRECT = `${ORIGIN}/kirjaudu/paluu`;
const STATE = "s".repeat(43);
const carryKey = randomBytes(32).toString("base64url");

const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64url");

const claims = (nonce: string) => ({
	iss: "luotsi", aud: "https://bank.example/oidc", client_id: "luotsi", nonce, redirect_uri: REDIRECT, response_type: "code", code_challenge_method: "S256", code_challenge: "c".repeat(43), state: STATE,
});

const address = (said: object, more: Record<string, string> = {}): string => {
	const to = new URL("https://bank.example/auth");
	for (const [name, value] of Object.entries({ client_id: "luotsi", request: `${part({ alg: "RS256" })}.${part(said)}.c2ln`, ...more })) to.searchParams.set(name, value);
	return to.href;
};

const begun = async (): Promise<{ one: Identification; nonce: string }> => {
	const one = makeIdentification(ORIGIN);
	const { nonce } = await one.begin(null);
	return { one, nonce };
};

const depart = (nonce: string, more = {}) => ({ url: address(claims(nonce)), carryKey, invitation: "", shared: false, ...more });

const word = (work: () => unknown): Promise<string> =>
	Promise.resolve().then(work).then(() => "nothing was refused", wordOf);

test("the nonce is the hash of a random number and both public keys", async () => {
	const { one, nonce } = await begun();
	const { sealed } = await one.carry(depart(nonce));
	const plain = await open(await importSealKey(fromBase64Url(carryKey)), await labelledHash(LABEL.carried, u8(1)), fromBase64Url(sealed));
	const json = JSON.parse(Buffer.from(unpad(plain)).toString("utf8")) as { r: string; sig: { pub: string }; enc: { pub: string } };
	const parts = [Buffer.from("luotsi/v1/oidc-nonce\0"), ...[json.r, json.sig.pub, json.enc.pub].map((text) => Buffer.from(text, "base64url"))];
	assert.equal(createHash("sha256").update(Buffer.concat(parts)).digest("base64url"), nonce);
	assert.deepEqual(parts.slice(1).map((bytes) => bytes.length), [32, 65, 65]);
});

test("each identification has keys of its own", async () => {
	const one = makeIdentification(ORIGIN);
	assert.notEqual((await one.begin(null)).nonce, (await one.begin(null)).nonce);
});

test("an address that says what was asked is let through with its state", () => {
	assert.equal(checkAddress(address(claims("n")), "n", REDIRECT), STATE);
});

for (const [name, make] of Object.entries<() => string>({
	"another nonce": () => address(claims("m")),
	"no nonce": () => address({ ...claims("n"), nonce: undefined }),
	"another client": () => address({ ...claims("n"), client_id: "other" }),
	"another signer": () => address({ ...claims("n"), iss: "other" }),
	"another provider": () => address({ ...claims("n"), aud: "https://other.example/oidc" }),
	"nobody to ask": () => address({ ...claims("n"), aud: undefined }),
	"two to ask": () => address({ ...claims("n"), aud: ["https://bank.example/oidc", "https://other.example/oidc"] }),
	"another way back": () => address({ ...claims("n"), redirect_uri: "https://evil.example/kirjaudu/paluu" }),
	"a token at once": () => address({ ...claims("n"), response_type: "code id_token" }),
	"a plain challenge": () => address({ ...claims("n"), code_challenge_method: "plain" }),
	"a short state": () => address({ ...claims("n"), state: "s" }),
	"no challenge": () => address({ ...claims("n"), code_challenge: undefined }),
	"a state that is no secret": () => address({ ...claims("n"), state: "s ".repeat(30) }),
	"two clients": () => `${address(claims("n"))}&client_id=other`,
	"another request to fetch": () => address(claims("n"), { request_uri: "https://evil.example/request" }),
	"a name before the host": () => address(claims("n")).replace("//bank", "//luotsi@bank"),
	"a fragment": () => `${address(claims("n"))}#f`,
	"no request": () => "https://bank.example/auth?client_id=luotsi",
	"two requests": () => `${address(claims("n"))}&request=x`,
	"no client": () => address(claims("n")).replace("client_id=luotsi&", ""),
	"no encryption on the way": () => address(claims("n")).replace("https:", "http:"),
	"a script": () => "javascript:alert(1)",
	"no address": () => "nowhere",
	"a request that is no token": () => "https://bank.example/auth?client_id=luotsi&request=a.b.c",
})) {
	test(`goes nowhere with ${name}`, async () => {
		assert.equal(await word(() => checkAddress(make(), "n", REDIRECT)), "bad_address");
	});
}

test("what was carried comes back with the key, and with nothing else", async () => {
	const { one, nonce } = await begun();
	const { sealed, state } = await one.carry(depart(nonce, { invitation: "abc", shared: true }));
	assert.equal(state, STATE);
	const later = makeIdentification(ORIGIN);
	assert.deepEqual(await later.carried(sealed, carryKey), { invitation: "abc", shared: true });
	assert.equal(await word(() => later.carried(sealed, randomBytes(32).toString("base64url"))), "bad_carried");
	assert.equal(await word(() => later.carried("", carryKey)), "bad_carried");
	for (const at of [0, 24, 60, 200]) {
		const bytes = fromBase64Url(sealed);
		bytes[at] = (bytes[at] ?? 0) ^ 1;
		assert.equal(await word(() => later.carried(toBase64Url(bytes), carryKey)), "bad_carried", String(at));
	}
});

test("no key and no invitation can be read in what is carried", async () => {
	const { one, nonce } = await begun();
	const { sealed } = await one.carry(depart(nonce, { invitation: "the-secret-of-a-link" }));
	assert.equal(Buffer.from(sealed, "base64url").includes("the-secret-of-a-link"), false);
	assert.equal(Buffer.from(sealed, "base64url").includes('"priv"'), false);
});

test("nothing is carried before keys are made", async () => {
	assert.equal(await word(() => makeIdentification(ORIGIN).carry(depart("n"))), "conflict");
});

test("a link that is no invitation is said before anything is made", async () => {
	const one = makeIdentification(ORIGIN);
	assert.equal(await word(() => one.begin("no-link")), "bad_link");
	assert.equal(await word(() => one.carry(depart("n"))), "conflict");
});

test("carried keys are taken once", async () => {
	const { one, nonce } = await begun();
	await one.carried((await one.carry(depart(nonce))).sealed, carryKey);
	assert.notEqual(one.take(), undefined);
	assert.equal(one.take(), undefined);
});

test("an account that is made after an identification has the keys of its nonce", async () => {
	const house = await makeHouse(makeRelay());
	const user = house.relay.addPerson("client");
	const platform = house.relay.platform(user);
	const actor = makeActor(user, platform);
	const { nonce } = await actor.engine.identify(null);
	const to = new URL(address({ ...claims(nonce), redirect_uri: `${platform.origin}/kirjaudu/paluu` })).href;
	const { sealed } = await actor.engine.carry({ url: to, carryKey, invitation: "", shared: false });
	const plain = await open(await importSealKey(fromBase64Url(carryKey)), await labelledHash(LABEL.carried, u8(1)), fromBase64Url(sealed));
	const { sig } = JSON.parse(Buffer.from(unpad(plain)).toString("utf8")) as { sig: { pub: string } };
	await actor.engine.start();
	await actor.engine.carried(sealed, carryKey);
	await actor.engine.createKeys({ passphrase: PASSPHRASE, name: "Aino", language: "fi" });
	assert.equal(toBase64Url(actor.engine.parts.self().account().keys.sig.pub), sig.pub);
	await actor.engine.stop();
	for (const one of [house.counsellor, house.admin]) await one.engine.stop();
});
