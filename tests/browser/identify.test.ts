// Identification in a real browser, on the whole service and the tests' bank: a client from the link to the room, again on another device,
// and all the ways in which people get lost between two sites. The tests are one story and run in order.
import assert from "node:assert/strict";
import { after } from "node:test";
import type { Browser, Page } from "playwright-core";
import { PASSPHRASE as HOUSE_PASSPHRASE } from "../client/organisation.js";
import { closeHouse, cookieOf, idToUuid, OFFICE, openHouse, proveAgain, type House } from "../flow/house.js";
import { comes, desk, findings, keep, launch, open, overflow, phone, type Tab } from "./lib.mjs";
import { before, story } from "../lib/story.mjs";

const test = story();
const PASSPHRASE = "pitkä rannalla kuljettu kesäpäivä";
let house: House;
let browser: Browser;
let client: Tab;
let link = "";
let room = "";

const clean = async (tab: Tab, name: string): Promise<void> => {
	await keep(tab.page, `identified-${name}`);
	assert.deepEqual(await findings(tab.page), []);
	assert.deepEqual(tab.complaints, []);
	assert.ok((await overflow(tab.page)) <= 0, "scrolls sideways");
};

const invite = async (name: string): Promise<{ room: string; link: string }> => house.counsellor.engine.invite({ name, welcome: `Hei ${name}!` });

const toBank = async (page: Page, provider = "Esittelypankki"): Promise<void> => {
	await page.getByRole("button", { name: provider }).click();
	await page.getByRole("heading", { name: "Tunnistaudu palveluun Luotsi" }).waitFor();
};

const identify = async (page: Page, person: string): Promise<void> => {
	await page.getByLabel(person).check();
	await page.getByRole("button", { name: "Tunnistaudu" }).click();
};

const makeKeys = async (page: Page): Promise<void> => {
	await page.getByLabel("Keksin salalauseen itse").check();
	await page.getByLabel("Salalause", { exact: true }).fill(PASSPHRASE);
	await page.getByRole("button", { name: "Ota käyttöön" }).click();
	await page.locator(".qr").waitFor();
	await page.getByLabel("Koodi on tallessa").check();
	await page.getByRole("button", { name: "Jatka" }).click();
};

const stored = (page: Page): Promise<number> => page.evaluate(() => sessionStorage.length + localStorage.length);
const heading = (page: Page, name: string): Promise<void> => page.getByRole("heading", { name }).waitFor();

before(async () => {
	house = await openHouse();
	({ link, room } = await invite("Oona"));
	await house.counsellor.engine.openRoom(room, "fi");
	browser = await launch();
	client = await open(browser, { size: phone, hasTouch: true });
});

after(async () => {
	await browser?.close();
	if (house) await closeHouse(house);
});

test("the_invited_client_goes_to_the_bank_from_the_link", async () => {
	await client.page.goto(link);
	await heading(client.page, "Sinut on kutsuttu");
	await clean(client, "choose");
	await toBank(client.page);
	await comes(() => client.page.url(), (url) => url.startsWith(`${house.service.bank}/pankki/kuka/`));
	await clean(client, "bank");
});

test("back_from_the_bank_the_client_makes_keys_and_is_in_the_room", async () => {
	const { page } = client;
	await identify(page, "Oona Näyte");
	await page.getByLabel("Millä nimellä").waitFor();
	await comes(() => page.url(), `${house.service.origin}/`);
	await comes(() => stored(page), 0);
	await page.getByLabel("Millä nimellä").fill("Oona N.");
	await makeKeys(page);
	await page.locator(".bubble", { hasText: "Hei Oona!" }).waitFor();
	await clean(client, "room");
});

test("the_counsellor_reads_what_the_client_writes", async () => {
	await client.page.getByLabel("Viesti", { exact: true }).fill("Pankki toimi");
	await client.page.getByRole("button", { name: "Lähetä", exact: true }).click();
	await house.counsellor.until("it arrives", () => house.counsellor.texts(room).includes("Pankki toimi"));
});

test("the_counsellor_sees_who_was_identified_and_that_the_name_is_another", async () => {
	const staff = await open(browser, { size: desk });
	const { page } = staff;
	const [name = "", value = ""] = (await cookieOf(house, { person: house.counsellor.user, role: "counsellor" })).split("=");
	await staff.context.addCookies([{ name, value, url: house.service.origin, secure: true, httpOnly: true, sameSite: "Strict" }]);
	await page.goto(house.service.origin);
	await page.getByLabel("Salalause", { exact: true }).fill(HOUSE_PASSPHRASE);
	await page.getByRole("button", { name: "Avaa", exact: true }).click();
	await page.getByText("Pankki toimi").first().click();
	await page.getByRole("button", { name: "Tietoja", exact: true }).click();
	await page.getByRole("button", { name: "Näytä tunnistettu nimi" }).click();
	await page.getByLabel("Varmistan, kenen kanssa keskustelen").check();
	await page.getByRole("button", { name: "Näytä tunnistettu nimi" }).click();
	await page.getByText("Oona Näyte").waitFor();
	await page.getByText("Esittelypankki tunnisti").waitFor();
	await comes(() => page.getByText("Kutsuit nimellä").count(), 0, "the name fits");
	await clean(staff, "identified-name");
	await page.getByRole("button", { name: "Muuta asiakkaan nimeä" }).click();
	await page.getByLabel("Asiakkaan nimi").fill("Pekka Muu");
	await page.getByRole("button", { name: "Tallenna", exact: true }).click();
	await page.getByText("Kutsuit nimellä Pekka Muu.").waitFor();
	await clean(staff, "identified-differs");
	const { rows } = await house.db.query("SELECT count(*)::int AS n FROM audit WHERE action = 'identified_name' AND actor = $1", [idToUuid(house.counsellor.user)]);
	assert.equal(rows[0].n, 1, "one look, one record");
	await staff.close();
});

test("the_session_is_a_cookie_that_no_script_and_no_other_site_can_use", async () => {
	const cookies = (await client.context.cookies(house.service.origin)).filter((one) => one.name.startsWith("__Host-luotsi"));
	assert.deepEqual(cookies.map(({ name, secure, httpOnly, sameSite }) => [name, secure, httpOnly, sameSite]), [["__Host-luotsi", true, true, "Strict"]]);
	assert.deepEqual((await client.context.cookies(house.service.origin)).filter((one) => one.domain === "127.0.0.1"), []);
});

test("the_back_button_leads_to_no_second_sign_in", async () => {
	const { page } = client;
	const answers: string[] = [];
	page.on("request", (request) => void (request.url().includes("/api/identify_finish") && answers.push(request.url())));
	await page.goBack();
	await page.goForward();
	await page.locator(".bubble, #app h1").first().waitFor();
	assert.deepEqual(answers, []);
	await comes(() => stored(page), 0);
});

test("on_another_device_the_same_person_unlocks_what_is_theirs", async () => {
	const second = await open(browser, { size: desk });
	const { page } = second;
	await page.goto(house.service.origin);
	await toBank(page, "Esittelyvälittäjä");
	await identify(page, "Oona Näyte");
	await heading(page, "Avaa viestisi");
	await page.getByLabel("Salalause", { exact: true }).fill(PASSPHRASE);
	await page.getByRole("button", { name: "Avaa", exact: true }).click();
	await page.locator(".bubble", { hasText: "Pankki toimi" }).waitFor();
	await clean(second, "second-device");
	await second.close();
});

test("who_cancels_at_the_bank_keeps_the_invitation_and_may_try_again", async () => {
	const tab = await open(browser, { size: phone });
	const { page } = tab;
	await page.goto((await invite("Uusi")).link);
	await toBank(page);
	await page.getByRole("button", { name: "Peruuta" }).click();
	await heading(page, "Tunnistautuminen keskeytettiin");
	await comes(() => page.url(), `${house.service.origin}/`);
	await clean(tab, "cancelled");
	await page.getByRole("button", { name: "Aloita alusta" }).click();
	await heading(page, "Sinut on kutsuttu");
	await toBank(page);
	await identify(page, "Uusi Tulija");
	await page.getByLabel("Millä nimellä").fill("Uusi");
	await makeKeys(page);
	await page.locator(".bubble", { hasText: "Hei Uusi!" }).waitFor();
	await tab.close();
});

test("who_has_no_invitation_is_told_how_to_get_one", async () => {
	const tab = await open(browser, { size: phone });
	await tab.page.goto(house.service.origin);
	await toBank(tab.page);
	await identify(tab.page, "Vieras Kävijä");
	await heading(tab.page, "Sinulla ei ole vielä ohjaustilaa");
	await clean(tab, "no-room");
	await comes(() => stored(tab.page), 0);
	await tab.close();
});

test("of_two_tabs_the_newer_signs_in_and_the_older_says_so", async () => {
	const older = await open(browser);
	const newer = await older.context.newPage();
	await older.page.goto(house.service.origin);
	await toBank(older.page);
	await newer.goto(house.service.origin);
	await toBank(newer);
	await identify(older.page, "Oona Näyte");
	await heading(older.page, "Tunnistautuminen ei onnistunut");
	await clean(older, "older-tab");
	await identify(newer, "Oona Näyte");
	await heading(newer, "Avaa viestisi");
	await older.close();
});

test("an_answer_carried_to_another_tab_signs_nobody_in", async () => {
	const tab = await open(browser);
	let carried = "";
	tab.page.on("request", (request) => void (request.url().includes("/kirjaudu/paluu?") && (carried = request.url())));
	await tab.page.route("**/api/identify_finish", () => undefined); // the first tab waits
	await tab.page.goto(house.service.origin);
	await toBank(tab.page);
	await identify(tab.page, "Oona Näyte");
	await heading(tab.page, "Viimeistellään kirjautuminen");
	const other = await tab.context.newPage();
	await other.goto(carried);
	await heading(other, "Tätä tunnistautumista ei aloitettu tässä välilehdessä");
	assert.match(carried, /code=/);
	await comes(() => other.url(), `${house.service.origin}/`);
	await tab.close();
});

test("a_login_that_the_server_has_forgotten_ends_in_a_page_that_begins_again", async () => {
	const tab = await open(browser);
	await tab.page.goto(house.service.origin);
	await toBank(tab.page);
	await house.db.query("DELETE FROM login_attempt");
	await identify(tab.page, "Oona Näyte");
	await heading(tab.page, "Tunnistautuminen ei onnistunut");
	await tab.page.getByRole("button", { name: "Aloita alusta" }).click();
	await tab.page.getByRole("button", { name: "Esittelypankki" }).waitFor();
	await tab.close();
});

test("a_request_with_another_nonce_is_never_sent_to_the_bank", async () => {
	const tab = await open(browser);
	const visited: string[] = [];
	tab.page.on("request", (request) => void (request.url().startsWith(house.service.bank) && visited.push(request.url())));
	await tab.page.route("**/api/identify_begin", (route) => route.continue({ postData: JSON.stringify({ ...(route.request().postDataJSON() as object), nonce: "A".repeat(43) }) }));
	await tab.page.goto(house.service.origin);
	await tab.page.getByRole("button", { name: "Esittelypankki" }).click();
	await tab.page.getByText("Tunnistautumisen osoite ei ollut se, mitä pyysimme").waitFor();
	assert.deepEqual(visited, []);
	await comes(() => stored(tab.page), 0);
	await tab.close();
});

test("staff_join_their_account_by_a_link_and_come_in_by_their_office", async () => {
	const { rows } = await house.db.query<{ account: string }>(
		"INSERT INTO account (org, account, role, login) VALUES ($1, gen_random_uuid(), 'counsellor', 'to be enrolled') RETURNING account", [OFFICE]);
	const uuid = rows[0]?.account ?? "", account = Buffer.from(uuid.replaceAll("-", ""), "hex").toString("base64url");
	await proveAgain(house, house.admin); // the house may stand for five minutes by now
	const { token } = await house.admin.engine.parts.link.call("enrolment_make", { account });
	const tab = await open(browser, { size: desk });
	await tab.page.goto(`${house.service.origin}/liity#${token}`);
	await heading(tab.page, "Ota tilisi käyttöön");
	await clean(tab, "enrol");
	await toBank(tab.page, "Esittelyviraston kirjautuminen");
	const devtools = await tab.context.newCDPSession(tab.page);
	await devtools.send("WebAuthn.enable");
	const plugIn = async (): Promise<string> => {
		const options = {
			protocol: "ctap2", transport: "internal", hasResidentKey: true, hasUserVerification: true, isUserVerified: true, automaticPresenceSimulation: true,
		} as const;
		return (await devtools.send("WebAuthn.addVirtualAuthenticator", { options })).authenticatorId;
	};
	const first = await plugIn();
	await identify(tab.page, "Liisa Lahti");
	await heading(tab.page, "Tee pääsyavain");
	await tab.page.reload();
	await heading(tab.page, "Tee pääsyavain");
	await clean(tab, "staff-first-passkey");
	await tab.page.getByRole("button", { name: "Tee pääsyavain" }).click();
	await heading(tab.page, "Tee toinenkin pääsyavain");
	await clean(tab, "staff-second-passkey");
	await tab.page.getByRole("button", { name: "Tee toinen pääsyavain" }).click();
	await tab.page.getByText("Tällä laitteella on jo pääsyavaimesi.").waitFor();
	await tab.page.getByRole("button", { name: "Teen sen myöhemmin" }).click();
	await heading(tab.page, "Tervetuloa Luotsiin");
	const { rows: found } = await house.db.query("SELECT provider FROM account_identity WHERE account = $1", [uuid]);
	assert.deepEqual(found, [{ provider: "virka" }]);
	await tab.page.context().clearCookies();
	await tab.page.goto(house.service.origin);
	await toBank(tab.page, "Esittelyviraston kirjautuminen");
	await identify(tab.page, "Liisa Lahti");
	await heading(tab.page, "Käytä pääsyavaintasi");
	await clean(tab, "staff-passkey-needed");
	await devtools.send("WebAuthn.setUserVerified", { authenticatorId: first, isUserVerified: false });
	await tab.page.getByRole("button", { name: "Käytä pääsyavainta" }).click();
	await tab.page.getByText("Pääsyavainta ei käytetty.").waitFor();
	await devtools.send("WebAuthn.setUserVerified", { authenticatorId: first, isUserVerified: true });
	await tab.page.getByRole("button", { name: "Käytä pääsyavainta" }).click();
	await heading(tab.page, "Tervetuloa Luotsiin");
	const sessions = await house.db.query("SELECT method FROM session WHERE account = $1 ORDER BY started_at", [uuid]);
	assert.deepEqual(sessions.rows.at(-1), { method: "passkey" });
	await tab.close();
});
