// What an admin looks after, in a browser on the whole service: the list of what there is to do, opening hours, reports, the recovery key,
// a colleague's absence and leaving; and what clients and that colleague see of it. With axe, on a desk and a phone.

import assert from "node:assert/strict";
import { after } from "node:test";
import type { Browser, Page } from "playwright-core";
import { PASSPHRASE } from "../client/organisation.js";
import { closeHouse, cookieOf, idToUuid, openHouse, type House } from "../flow/house.js";
import { comeBy, comes, desk, findings, keep, launch, open, overflow, phone, type Tab } from "./lib.mjs";
import { before, story } from "../lib/story.mjs";

const test = story();
const OWN = "pitkä rannalla kuljettu kesäpäivä";
let house: House;
let browser: Browser;
let admin: Tab;
let staff: Tab;
let client: Tab;

const button = (page: Page, name: string) => page.getByRole("button", { name, exact: true });
const dialog = (page: Page) => page.locator("dialog[open]");
const closeDialog = (page: Page): Promise<void> => dialog(page).getByRole("button", { name: "Sulje", exact: true }).click();
const BEGUN = Date.now(); // the same day all through, also over midnight
const ahead = (days: number): string => new Intl.DateTimeFormat("fi-FI", { timeZone: "Europe/Helsinki", day: "numeric", month: "numeric", year: "numeric" }).format(BEGUN + days * 86_400_000);

const clean = async ({ page, complaints }: Tab, name: string): Promise<void> => {
	for (const [size, how] of [[desk, "desk"], [phone, "phone"]] as const) {
		await page.setViewportSize(size);
		await keep(page, `upkeep-${name}-${how}`);
		assert.deepEqual(await findings(page), [], `${name} ${how}`);
		assert.ok((await overflow(page)) <= 0, `${name} ${how} scrolls sideways`);
	}
	await page.setViewportSize(desk);
	assert.deepEqual(complaints, []);
};

const signedIn = async (person: string, role: string): Promise<Tab> => {
	const tab = await open(browser, { size: desk });
	const [name = "", value = ""] = (await cookieOf(house, { person, role })).split("=");
	await house.db.query("UPDATE session SET fresh_until = now() + interval '1 hour' WHERE account = $1", [idToUuid(person)]);
	await tab.context.addCookies([{ name, value, url: house.service.origin, secure: true, httpOnly: true, sameSite: "Strict" }]);
	await tab.page.goto(house.service.origin);
	await tab.page.getByLabel("Salalause", { exact: true }).fill(PASSPHRASE);
	await button(tab.page, "Avaa").click();
	return tab;
};

before(async () => {
	house = await openHouse({ staff_without_passkey: "yes" });
	browser = await launch();
	const made = await house.counsellor.engine.invite({ name: "Aino", welcome: "Tervetuloa!" });
	client = await open(browser, { size: phone, hasTouch: true });
	const { page } = client;
	await page.goto(made.link);
	await comeBy(page, "Esittelypankki", "Oona Näyte");
	await page.getByLabel("Millä nimellä").fill("Aino K.");
	await page.getByLabel("Keksin salalauseen itse").check();
	await page.getByLabel("Salalause", { exact: true }).fill(OWN);
	await button(page, "Ota käyttöön").click();
	await page.getByLabel("Koodi on tallessa").check();
	await button(page, "Jatka").click();
	await page.locator(".bubble", { hasText: "Tervetuloa" }).first().waitFor();
	admin = await signedIn(house.admin.user, "admin");
	await admin.page.getByRole("heading", { name: "Pääkäyttäjä", exact: true }).waitFor();
});

after(async () => {
	await browser?.close();
	if (house) await closeHouse(house);
});

test("what_there_is_to_do_is_one_list_with_what_to_do_next", async () => {
	const { page } = admin;
	const list = page.locator("section", { has: page.getByRole("heading", { name: "Nyt hoidettavaa" }) });
	await list.getByText("Palvelulupausta ei ole annettu").waitFor();
	await list.getByText("Kerro asiakkaille, missä ajassa vastaatte").waitFor();
	await clean(admin, "todo");
});

test("hours_and_promise_are_set_wrong_ones_are_shown_and_holidays_come_by_themselves", async () => {
	const { page } = admin;
	await button(page, "Näytä aukiolo").click();
	await page.getByLabel("Vastaus viimeistään, arkipäivää").fill("99");
	await page.getByRole("checkbox", { name: "Maanantai" }).check();
	await page.getByLabel("Maanantai, alkaa").fill("9.30");
	await page.getByLabel("Maanantai, päättyy").fill("8");
	await button(page, "Tallenna aukiolo").click();
	await page.getByText("Kirjoita luku 1–30.").waitFor();
	await page.getByText("Päättymisen pitää olla alun jälkeen.").waitFor();
	await clean(admin, "hours-wrong");
	await page.getByLabel("Vastaus viimeistään, arkipäivää").fill("2");
	await page.getByLabel("Maanantai, päättyy").fill("15.00");
	await page.getByLabel("Tiedote asiakkaille (Suomi)").fill("Muutamme uusiin tiloihin. Vastaamme täällä kuten ennenkin.");
	await button(page, "Tallenna aukiolo").click();
	await page.getByText("Tallennettu.").first().waitFor({ state: "attached" });
	await page.getByText(/(päivä|aatto|Loppiainen|perjantai|maanantai|Vappu|Helatorstai): suljettu$/).first().waitFor(); // whichever comes next
	const { rows } = await house.db.query("SELECT s.promise_days, h.opens, h.closes FROM service s JOIN service_hours h USING (org)");
	assert.deepEqual(rows, [{ promise_days: 2, opens: 570, closes: 900 }]);
	await page.getByLabel("Päivä", { exact: true }).fill(ahead(3));
	await button(page, "Lisää päivä").click();
	await button(page, `Poista poikkeus ${ahead(3)}`).waitFor();
	await clean(admin, "hours");
	await button(page, "Piilota aukiolo").click();
});

test("reports_the_recovery_key_and_the_log_are_there_when_asked_for", async () => {
	const { page } = admin;
	await button(page, "Näytä raportit").click();
	await page.getByRole("img", { name: /Pylväskuva/ }).waitFor();
	await page.getByRole("cell", { name: "alle 5" }).first().waitFor();
	await page.getByLabel("Jaottelu").selectOption("topic");
	await page.getByRole("cell", { name: "Ei aihetta" }).first().waitFor();
	await clean(admin, "report");
	await button(page, "Piilota raportit").click();
	await button(page, "Näytä palautusavaimen tila").click();
	await page.getByText("Ei ole pidetty").waitFor();
	await button(page, "Merkitse pidetyksi").click();
	await page.getByText("Ei ole pidetty").waitFor({ state: "detached" });
	await clean(admin, "rehearsal");
	await button(page, "Piilota palautusavaimen tila").click();
	await button(page, "Avaa tapahtumaloki").click();
	await button(page, "Näytä tapahtumat").click();
	await page.getByRole("cell", { name: "Palautusavaimen harjoitus" }).first().waitFor();
	await clean(admin, "log");
	await button(page, "Sulje tapahtumaloki").click();
});

test("a_colleague_s_absence_leaving_and_kept_facts_are_in_their_dialog", async () => {
	const { page } = admin;
	await page.getByRole("button", { name: "Hallitse: Oona Ohjaaja" }).first().click();
	await dialog(page).getByText("Hänellä on 1 avoin ohjaustila.").waitFor();
	await comes(() => button(page, "Sulje tunnus").isDisabled(), true);
	await page.getByLabel("Ensimmäinen poissaolopäivä").fill(ahead(0));
	await page.getByLabel("Viimeinen poissaolopäivä").fill(ahead(-3));
	await button(page, "Tallenna poissaolo").click();
	await page.getByText("Viimeisen pitää olla ensimmäisen jälkeen").waitFor();
	await page.getByLabel("Viimeinen poissaolopäivä").fill(ahead(9));
	await page.getByLabel("Kuka vastaa sillä välin").selectOption({ label: "Kalle Kollega" });
	await button(page, "Tallenna poissaolo").click();
	await page.getByText(`Poissa ${ahead(0)}–${ahead(9)}`).waitFor();
	await page.getByLabel("Viimeinen työpäivä").fill(ahead(20));
	await page.getByLabel("Kenelle tilat siirtyvät").selectOption({ label: "Kalle Kollega" });
	await button(page, "Tallenna lähteminen").click();
	await page.getByText("0/1 ohjaustilaa siirretty tai suljettu").waitFor();
	await page.getByText("Muut tiedot henkilöstä").click();
	await button(page, "Näytä tiedot").click();
	await page.getByText("1 avointa, 0 suljettua").waitFor();
	await clean(admin, "manage");
	await closeDialog(page);
});

test("the_client_reads_who_is_away_what_is_promised_and_what_is_told", async () => {
	const { page } = client;
	await page.reload();
	await page.getByLabel("Salalause", { exact: true }).fill(OWN);
	await button(page, "Avaa").click();
	await page.getByText(`Oona Ohjaaja on poissa ${ahead(9)} asti.`).waitFor();
	await page.getByText("Vastaamme viimeistään 2 arkipäivän kuluessa.").waitFor();
	await page.getByText("Muutamme uusiin tiloihin.").waitFor();
	await clean(client, "client");
	await page.setViewportSize(phone);
});

test("the_counsellor_hands_the_room_over_and_the_account_can_be_shut", async () => {
	staff = await signedIn(house.counsellor.user, "counsellor");
	const { page } = staff;
	await page.locator(".room-row").first().click();
	await page.getByText("1 ohjaustila on vielä siirtämättä.").waitFor();
	await button(page, "Avaa lista").click();
	await page.getByRole("heading", { name: `Lähdet ${ahead(20)}` }).waitFor();
	await clean(staff, "handover");
	await page.getByRole("button", { name: /^Siirrä: Aino/ }).click();
	await dialog(page).getByText("saa lukea koko keskustelun").waitFor();
	await clean(staff, "handover-sure");
	await button(page, "Siirrä ja poistu").click();
	await page.getByText("Kaikki tilasi on siirretty tai suljettu. Kiitos.").waitFor();
	await clean(staff, "handed");
	await client.page.getByText("Kalle Kollega").first().waitFor();
	await admin.page.reload();
	await admin.page.getByLabel("Salalause", { exact: true }).fill(PASSPHRASE);
	await button(admin.page, "Avaa").click();
	await admin.page.getByRole("button", { name: "Hallitse: Oona Ohjaaja" }).first().click();
	await admin.page.getByText("1/1 ohjaustilaa siirretty tai suljettu").waitFor();
	await button(admin.page, "Sulje tunnus").click();
	await admin.page.locator("dialog[open]").getByText("Avaa tunnus uudelleen").first().waitFor();
	const { rows } = await house.db.query("SELECT disabled_at IS NOT NULL AS shut FROM account WHERE account = $1", [idToUuid(house.counsellor.user)]);
	assert.deepEqual(rows, [{ shut: true }]);
});
