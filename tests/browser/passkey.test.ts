// Passkeys in a real browser with a virtual authenticator, on the whole service: with PRF they sign in and unlock, without it they only
// sign in, and what is not right signs nobody in. The tests are one story and run in order.

import assert from "node:assert/strict";
import { after } from "node:test";
import type { Browser, CDPSession, Page, Route } from "playwright-core";
import { PASSPHRASE } from "../client/organisation.js";
import { closeHouse, idToUuid, openHouse, type House } from "../flow/house.js";
import { comeBy, comes, desk, findings, keep, launch, open, overflow, type Tab } from "./lib.mjs";
import { before, story } from "../lib/story.mjs";

const test = story();
let house: House;
let browser: Browser;
let tab: Tab;
let devtools: CDPSession;
let authenticator = "";
/** Everything that left the page. */
const sent: string[] = [];

const plugIn = async (hasPrf: boolean): Promise<void> => {
	if (authenticator) await devtools.send("WebAuthn.removeVirtualAuthenticator", { authenticatorId: authenticator });
	const options = {
		protocol: "ctap2", ctap2Version: "ctap2_1", transport: "internal", hasResidentKey: true, hasUserVerification: true, isUserVerified: true,
		automaticPresenceSimulation: true, hasPrf,
	} as const;
	authenticator = (await devtools.send("WebAuthn.addVirtualAuthenticator", { options })).authenticatorId;
};

const clean = async (name: string): Promise<void> => {
	await keep(tab.page, `passkey-${name}`);
	assert.deepEqual(await findings(tab.page), []);
	assert.deepEqual(tab.complaints, []);
	assert.ok((await overflow(tab.page)) <= 0, "scrolls sideways");
};

const button = (page: Page, name: string) => page.getByRole("button", { name, exact: true });
const heading = (page: Page, name: string): Promise<void> => page.getByRole("heading", { name, exact: true }).waitFor();

const signOut = async (page: Page): Promise<void> => {
	await page.getByLabel("Valikko", { exact: true }).click();
	await button(page, "Kirjaudu ulos").click();
	await button(page, "Kirjaudu uudelleen").click();
	await heading(page, "Kirjaudu");
};

const signInByPasskey = (page: Page): Promise<void> => button(page, "Kirjaudu pääsyavaimella").click();

const byOffice = async (page: Page): Promise<void> => {
	await comeBy(page, "Esittelyviraston kirjautuminen", "Anna Virtanen");
	await heading(page, "Avaa viestisi");
};

const unlock = async (page: Page, then: string): Promise<void> => {
	await page.getByLabel("Salalause", { exact: true }).fill(PASSPHRASE);
	await button(page, "Avaa").click();
	await heading(page, then);
};

const account = async (page: Page): Promise<void> => {
	await page.getByLabel("Valikko", { exact: true }).click();
	await button(page, "Oma tili").click();
	await heading(page, "Pääsyavaimet");
};

/** What the passkey's PRF answers, asked by the test itself. */
const prfOf = (page: Page): Promise<number[]> =>
	page.evaluate(async () => {
		const first = new TextEncoder().encode("luotsi/v1/prf");
		const got = (await navigator.credentials.get({
			publicKey: { challenge: new Uint8Array(32), userVerification: "required", extensions: { prf: { eval: { first } } } },
		})) as PublicKeyCredential;
		return [...new Uint8Array(got.getClientExtensionResults().prf?.results?.first as ArrayBuffer)];
	});

/** The next answer to this op is asked for with another body, or answered otherwise. */
const meddle = async (page: Page, op: string, how: (route: Route) => Promise<void>): Promise<void> => {
	await page.route(`**/api/${op}`, how, { times: 1 });
};

before(async () => {
	house = await openHouse({ staff_without_passkey: "yes" });
	browser = await launch();
	tab = await open(browser, { size: desk });
	devtools = await tab.context.newCDPSession(tab.page);
	await devtools.send("WebAuthn.enable");
	tab.page.on("request", (request) => sent.push(request.url(), request.postData() ?? ""));
	tab.page.on("websocket", (socket) => socket.on("framesent", ({ payload }) => sent.push(typeof payload === "string" ? payload : payload.toString("latin1"))));
	await plugIn(true);
	await tab.page.goto(house.service.origin);
});

after(async () => {
	await browser?.close();
	if (house) await closeHouse(house);
});

test("a_counsellor_adds_a_passkey_that_opens_the_keys", async () => {
	const { page } = tab;
	await byOffice(page);
	await unlock(page, "Ohjaustilat");
	await account(page);
	await page.getByText("Tee kaksi pääsyavainta eri laitteille.").waitFor();
	await button(page, "Lisää pääsyavain").click();
	await page.locator("dialog[open]").waitFor();
	await page.getByLabel("Tietokone").check();
	await clean("add");
	await button(page, "Tee pääsyavain").click();
	await button(page, "Käytä pääsyavainta").click();
	await page.getByText("Tämä pääsyavain kirjaa sisään ja avaa viestisi.").waitFor();
	await clean("added");
	await button(page, "Sulje").last().click();
	await page.getByText("Kirjaa sisään ja avaa viestit").waitFor();
	await page.getByText("Tee vielä toinen pääsyavain").waitFor();
	await clean("list");
});

test("one_gesture_signs_in_and_opens_the_keys", async () => {
	const { page } = tab;
	await signOut(page);
	await clean("sign-in");
	await signInByPasskey(page);
	await page.getByText("Kirjaa sisään ja avaa viestit").waitFor();
	const { rows } = await house.db.query("SELECT method FROM session WHERE account = $1 ORDER BY started_at DESC LIMIT 1", [idToUuid(house.counsellor.user)]);
	assert.deepEqual(rows, [{ method: "passkey" }]);
});

test("a_locked_page_is_opened_by_the_passkey", async () => {
	const { page } = tab;
	await button(page, "Lukitse nyt").click();
	await button(page, "Avaa pääsyavaimella").waitFor();
	await clean("unlock");
	await button(page, "Avaa pääsyavaimella").click();
	await heading(page, "Oma tili");
});

test("what_the_passkey_opens_the_keys_with_never_leaves_the_page", async () => {
	const prf = Buffer.from(await prfOf(tab.page));
	assert.equal(prf.length, 32);
	const all = sent.join("\n");
	assert.ok(all.includes("passkey_sign_in_finish") && all.includes("self_put_keys"), "the requests were watched");
	for (const form of ["base64url", "base64", "hex", "latin1"] as const) assert.ok(!all.includes(prf.toString(form)), form);
	assert.ok(!all.includes("clientExtensionResults"), "no credential was serialised whole");
});

test("another_challenge_or_another_site_signs_nobody_in", async () => {
	const { page } = tab;
	await signOut(page);
	const refused = page.getByText("Pääsyavainta ei hyväksytty.");
	await meddle(page, "passkey_sign_in_begin", async (route) => {
		const answer = await route.fetch();
		const said = (await answer.json()) as { ok: { challenge: string } };
		said.ok.challenge = Buffer.alloc(32, 5).toString("base64url");
		await route.fulfill({ response: answer, json: said });
	});
	await signInByPasskey(page);
	await refused.waitFor();
	await clean("refused");
	await meddle(page, "passkey_sign_in_begin", async (route) => {
		const answer = await route.fetch();
		const said = (await answer.json()) as { ok: { rp: string } };
		said.ok.rp = "evil.example";
		await route.fulfill({ response: answer, json: said });
	});
	await signInByPasskey(page);
	await page.getByText("Tämä selain tai laite ei osaa pääsyavaimia.").waitFor();
});

test("an_answer_is_taken_once", async () => {
	const { page } = tab;
	let said = "";
	let again = 0;
	await meddle(page, "passkey_sign_in_finish", async (route) => {
		const first = await route.fetch();
		const second = await route.fetch();
		said = ((await second.json()) as { err: string }).err;
		again = second.status();
		await route.fulfill({ response: first });
	});
	await signInByPasskey(page);
	await heading(page, "Oma tili");
	assert.deepEqual([said, again], ["passkey_refused", 403]);
	await signOut(page);
});

test("a_person_whom_the_device_does_not_know_is_not_signed_in", async () => {
	const { page } = tab;
	await devtools.send("WebAuthn.setUserVerified", { authenticatorId: authenticator, isUserVerified: false });
	await signInByPasskey(page);
	await page.getByText("Pääsyavainta ei käytetty.").waitFor();
	await devtools.send("WebAuthn.setUserVerified", { authenticatorId: authenticator, isUserVerified: true });
});

test("a_copy_of_the_passkey_is_noticed_and_disables_it", async () => {
	const { page } = tab;
	const { credentials } = await devtools.send("WebAuthn.getCredentials", { authenticatorId: authenticator });
	const [mine] = credentials;
	assert.ok(mine && mine.signCount > 1);
	await plugIn(true);
	await devtools.send("WebAuthn.addCredential", { authenticatorId: authenticator, credential: { ...mine, signCount: 0 } });
	await signInByPasskey(page);
	await page.getByText("Pääsyavainta ei hyväksytty.").waitFor();
	await byOffice(page);
	await unlock(page, "Ohjaustilat");
	await account(page);
	await page.getByText("Pois käytöstä: siitä on nähty kopio.").waitFor();
	await clean("cloned");
});

test("a_passkey_that_opened_the_keys_is_removed_with_the_passphrase", async () => {
	const { page } = tab;
	await page.getByRole("button", { name: /^Poista pääsyavain: Tietokone/ }).click();
	await page.getByLabel("Nykyinen salalause").fill(PASSPHRASE);
	await clean("remove");
	await page.locator("dialog[open]").getByRole("button", { name: "Poista", exact: true }).click();
	await page.locator(".code-groups").waitFor();
	await clean("removed");
	await comes(async () => (await house.db.query("SELECT FROM passkey WHERE account = $1", [idToUuid(house.counsellor.user)])).rowCount, 0);
});

test("without_prf_a_passkey_only_signs_in_and_the_page_says_so", async () => {
	await tab.page.reload();
	const { page } = tab;
	await heading(page, "Avaa viestisi");
	await unlock(page, "Oma tili");
	await plugIn(false);
	await button(page, "Lisää pääsyavain").click();
	await page.getByLabel("Turva-avain (USB tai NFC)").check();
	await button(page, "Tee pääsyavain").click();
	await page.getByText("Tämä pääsyavain vain kirjaa sisään").waitFor();
	await clean("without-prf");
	await button(page, "Sulje").last().click();
	await page.getByText("Vain kirjaa sisään: viestit avataan salalauseella").waitFor();
	await signOut(page);
	await signInByPasskey(page);
	await heading(page, "Avaa viestisi");
	await comes(() => button(page, "Avaa pääsyavaimella").count(), 0);
});
