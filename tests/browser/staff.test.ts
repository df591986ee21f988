// Accounts of staff in a real browser, on the whole service: an administrator makes one, hands the link over, changes it, shuts it and
// helps after lost passkeys; and every role signs in, makes two passkeys and finds a page that says what is theirs.
import assert from "node:assert/strict";
import { after } from "node:test";
import type { Browser, CDPSession, Page } from "playwright-core";
import { PASSPHRASE } from "../client/organisation.js";
import { closeHouse, cookieOf, enrol, idToUuid, OFFICE, openHouse, type House } from "../flow/house.js";
import { comeBy, comes, desk, findings, keep, launch, open, overflow, phone, type Tab } from "./lib.mjs";
import { before, story } from "../lib/story.mjs";

const test = story();
const OWN = "pitkä rannalla kuljettu kesäpäivä";
const OFFICE_BUTTON = "Esittelyviraston kirjautuminen";
const PERSON = "Liisa Lahti";
let house: House;
let browser: Browser;
let admin: Tab;
let link = "";

const heading = (page: Page, name: string): Promise<void> => page.getByRole("heading", { name, exact: true }).waitFor();
const button = (page: Page, name: string) => page.getByRole("button", { name, exact: true });

const clean = async (tab: Tab, name: string): Promise<void> => {
	await keep(tab.page, `staff-${name}`);
	assert.deepEqual(await findings(tab.page), []);
	assert.deepEqual(tab.complaints, []);
	assert.ok((await overflow(tab.page)) <= 0, "scrolls sideways");
};

/** The same on a phone, and back. */
const cleanOnBoth = async (tab: Tab, name: string): Promise<void> => {
	await clean(tab, `${name}-desk`);
	await tab.page.setViewportSize(phone);
	await clean(tab, `${name}-phone`);
	await tab.page.setViewportSize(desk);
};

const plugIn = async (devtools: CDPSession, transport: "internal" | "usb"): Promise<string> => {
	const options = { protocol: "ctap2", transport, hasResidentKey: true, hasUserVerification: true, isUserVerified: true, automaticPresenceSimulation: true } as const;
	return (await devtools.send("WebAuthn.addVirtualAuthenticator", { options })).authenticatorId;
};

/** From the link through the office to two passkeys. */
const comeWithLink = async (tab: Tab, url: string): Promise<CDPSession> => {
	const { page } = tab;
	const devtools = await tab.context.newCDPSession(page);
	await devtools.send("WebAuthn.enable");
	const first = await plugIn(devtools, "internal");
	await page.goto(url);
	await page.getByRole("heading", { name: "Ota tilisi käyttöön" }).waitFor();
	await comeBy(page, OFFICE_BUTTON, PERSON);
	await button(page, "Tee pääsyavain").click();
	await heading(page, "Tee toinenkin pääsyavain");
	await devtools.send("WebAuthn.removeVirtualAuthenticator", { authenticatorId: first });
	await plugIn(devtools, "usb");
	await button(page, "Tee toinen pääsyavain").click();
	return devtools;
};

const makeKeys = async (page: Page): Promise<void> => {
	await page.getByLabel("Millä nimellä").fill("Liisa");
	await page.getByLabel("Keksin salalauseen itse").check();
	await page.getByLabel("Salalause", { exact: true }).fill(OWN);
	await button(page, "Ota käyttöön").click();
	await page.getByLabel("Koodi on tallessa").check();
	await button(page, "Jatka").click();
};

const toAccount = async (page: Page): Promise<void> => {
	await page.getByLabel("Valikko").click();
	await button(page, "Oma tili").click();
	await heading(page, "Oma tili");
	await page.getByText("Tämä laite").first().waitFor();
};

const newAccount = async (role: string): Promise<string> => {
	const { rows } = await house.db.query("INSERT INTO account (org, account, role, login) VALUES ($1, gen_random_uuid(), $2, gen_random_uuid()) RETURNING account", [OFFICE, role]);
	return Buffer.from(String(rows[0].account).replaceAll("-", ""), "hex").toString("base64url");
};

/** One person is one account of an organisation: the next test's account is theirs then. */
const setFree = (): Promise<unknown> =>
	house.db.query("DELETE FROM account_identity WHERE NOT account = ANY ($1::uuid[])", [[house.admin, house.counsellor, house.colleague].map(({ user }) => idToUuid(user))]);

const manage = async (name: string): Promise<void> => {
	await admin.page.getByRole("button", { name: `Hallitse: ${name}` }).click();
	await admin.page.locator("dialog[open]").waitFor();
};

/** Not by Esc: twice in a short while is the safe exit. */
const closeDialog = (): Promise<void> => admin.page.locator("dialog[open]").getByRole("button", { name: "Sulje", exact: true }).click();

before(async () => {
	house = await openHouse();
	browser = await launch();
	admin = await open(browser, { size: desk });
	const [name = "", value = ""] = (await cookieOf(house, { person: house.admin.user, role: "admin" })).split("=");
	await house.db.query("UPDATE session SET fresh_until = now() + interval '1 hour' WHERE account = $1", [idToUuid(house.admin.user)]);
	await admin.context.addCookies([{ name, value, url: house.service.origin, secure: true, httpOnly: true, sameSite: "Strict" }]);
	await admin.page.goto(house.service.origin);
	await admin.page.getByLabel("Salalause", { exact: true }).fill(PASSPHRASE);
	await button(admin.page, "Avaa").click();
	await heading(admin.page, "Pääkäyttäjä");
});

after(async () => {
	await browser?.close();
	if (house) await closeHouse(house);
});

test("the_list_shows_accounts_and_certificates_as_one", async () => {
	const { page } = admin;
	await page.getByText("Oona Ohjaaja", { exact: true }).waitFor();
	await page.getByText("(sinä)").waitFor();
	await comes(() => page.getByRole("button", { name: /Pääkäyttäjä$/ }).count(), 0, "nothing to do to oneself");
	await cleanOnBoth(admin, "list");
});

test("a_new_colleague_is_made_by_keyboard_and_has_a_link_that_is_shown_once", async () => {
	const { page } = admin;
	await button(page, "Lisää työntekijä").focus();
	await page.keyboard.press("Enter");
	await page.getByLabel("Nimi").waitFor();
	await page.keyboard.press("Enter"); // the dialog's heading and buttons come first: nothing is sent by chance
	await page.getByLabel("Nimi").focus();
	await page.keyboard.press("Enter");
	await page.getByText("Kirjoita nimi.").waitFor();
	await page.keyboard.type("Liisa Lahti");
	await cleanOnBoth(admin, "add");
	await page.keyboard.press("Enter");
	await heading(page, PERSON);
	await cleanOnBoth(admin, "manage-new");
	await button(page, "Tee linkki").click();
	link = await comes(() => page.getByLabel("Linkki", { exact: true }).inputValue(), /\/liity#[\w-]{22}$/);
	await cleanOnBoth(admin, "link");
	await closeDialog();
	await page.getByText(/Linkki voimassa .* asti/).waitFor();
});

test("an_address_that_is_none_is_refused_before_anything_is_sent_and_a_letter_is_told", async () => {
	const { page } = admin;
	await manage(PERSON);
	await page.getByLabel("Sähköpostiosoite").fill("liisa");
	await button(page, "Lähetä").click();
	await page.getByText("Tarkista osoite.").waitFor();
	await button(page, "Tee uusi linkki").click();
	await page.getByLabel("Linkki", { exact: true }).waitFor();
	await page.getByLabel("Sähköpostiosoite").fill("liisa@testikunta.example");
	await button(page, "Lähetä").click();
	await page.getByText(/Sähköposti on lähdössä|Lähetetty sähköpostilla/).first().waitFor();
	await page.getByLabel("Linkki", { exact: true }).waitFor({ state: "detached" }); // the letter's is the one that is good
	await closeDialog();
	const tab = await open(browser);
	await tab.page.goto(link);
	await tab.page.getByRole("button", { name: OFFICE_BUTTON }).click();
	await tab.page.getByText("Linkki on vanhentunut tai väärä").waitFor();
	await tab.close();
	await manage(PERSON);
	await button(page, "Tee uusi linkki").click();
	link = await comes(() => page.getByLabel("Linkki", { exact: true }).inputValue(), (shown) => /\/liity#[\w-]{22}$/.test(shown) && shown !== link);
	await closeDialog();
});

test("the_colleague_comes_with_two_passkeys_and_the_list_knows", async () => {
	const tab = await open(browser, { size: phone });
	await comeWithLink(tab, link);
	await tab.page.getByLabel("Millä nimellä").waitFor();
	await tab.close();
	await admin.page.reload();
	await admin.page.getByLabel("Salalause", { exact: true }).fill(PASSPHRASE);
	await button(admin.page, "Avaa").click();
	await heading(admin.page, "Muut käytössä olevat tunnukset");
	await admin.page.getByText("Ei ole vielä tehnyt avaimia").waitFor();
	await cleanOnBoth(admin, "in-use");
});

test("who_has_an_account_is_told_so_and_their_link_is_gone", async () => {
	const { enrolment } = await enrol(house, await newAccount("counsellor"));
	const tab = await open(browser, { size: desk });
	await tab.page.goto(`${house.service.origin}/liity#${enrolment}`);
	await comeBy(tab.page, OFFICE_BUTTON, PERSON);
	await heading(tab.page, "Sinulla on jo tunnus täällä");
	await cleanOnBoth(tab, "already-here");
	await tab.close();
});

test("another_role_lost_passkeys_and_a_shut_account_are_told_before_and_done_at_once", async () => {
	const { page } = admin;
	await manage(PERSON);
	await cleanOnBoth(admin, "manage");
	await page.getByLabel("Tehtävä").selectOption("team_lead");
	await button(page, "Vaihda tehtävä").click();
	await page.locator("li", { hasText: PERSON }).getByText("tiiminvetäjä").waitFor();
	await page.getByLabel("Laite on varastettu").check();
	await button(page, "Poista pääsyavaimet").click();
	await button(page, "Tee linkki").waitFor();
	await button(page, "Sulje tunnus").click();
	await button(page, "Avaa tunnus uudelleen").waitFor();
	await closeDialog();
	await heading(page, "Suljetut tunnukset");
	await cleanOnBoth(admin, "closed");
	const { rows } = await house.db.query("SELECT action, word FROM audit WHERE actor = $1 AND action IN ('staff_role', 'passkey_reset', 'staff_disable') ORDER BY n", [idToUuid(house.admin.user)]);
	assert.deepEqual(rows, [{ action: "staff_role", word: "team_lead" }, { action: "passkey_reset", word: "stolen" }, { action: "staff_disable", word: null }]);
	await setFree();
});

for (const [role, name, own] of [
	["counsellor", "ohjaaja", "Tilisi odottaa vahvistusta"],
	["team_lead", "tiiminvetäjä", "Tilisi odottaa vahvistusta"],
	["admin", "pääkäyttäjä", "Pääkäyttäjä"],
	["dpo", "tietosuojavastaava", "Tehtäväsi"],
	["coordinator", "aluekoordinaattori", "Tehtäväsi"],
	["operator", "palvelun ylläpitäjä", "Tehtäväsi"],
] as const)
	test(`a_${role}_signs_in_makes_two_passkeys_and_finds_what_is_theirs`, async () => {
		const { enrolment } = await enrol(house, await newAccount(role));
		const tab = await open(browser, { size: desk }), { page } = tab;
		await comeWithLink(tab, `${house.service.origin}/liity#${enrolment}`);
		if (role !== "coordinator" && role !== "operator") await makeKeys(page);
		await heading(page, own);
		if (role === "dpo") {
			await heading(page, "Organisaation tapahtumat");
			// The register asks for a reason too, in the same words.
			await page.locator("form", { hasText: "Tapahtumista näkee, mitä" }).getByLabel("Tarkennus").fill("TSV-12");
			await button(page, "Näytä tapahtumat").click();
			await page.getByRole("table").getByText("Tapahtumien lukeminen").first().waitFor();
			await page.getByRole("table").getByText("Tehtävän vaihto: tiiminvetäjä").first().waitFor();
		}
		await cleanOnBoth(tab, `home-${role}`);
		await toAccount(page);
		await page.getByText(`, ${name}`).first().waitFor();
		await page.getByText("Ei mitään viimeisten 90 päivän aikana.").waitFor();
		await comes(() => page.getByText("Sinulla on vain yksi pääsyavain").count(), 0);
		await cleanOnBoth(tab, `account-${role}`);
		await tab.close();
		await setFree();
	});
