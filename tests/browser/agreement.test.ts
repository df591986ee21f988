// The operator's pages in a browser: a new organisation from nothing to its first step, where agreements stand, templates; and an admin's
// own agreement. With axe, by keyboard where it matters, on a desk and a phone.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Browser, Page } from "playwright-core";
import { PASSPHRASE } from "../client/organisation.js";
import { closeHouse, cookieOf, idToUuid, openHouse, type House } from "../flow/house.js";
import { desk, findings, keep, launch, open, overflow, phone, type Tab } from "./lib.mjs";


let house: House;
let browser: Browser;
let operator: Tab;

const button = (page: Page, name: string) => page.getByRole("button", { name, exact: true });
const heading = (page: Page, name: string) => page.getByRole("heading", { name, exact: true });

const clean = async ({ page, complaints }: Tab, name: string): Promise<void> => {
	for (const [size, how] of [[desk, "desk"], [phone, "phone"]] as const) {
		await page.setViewportSize(size);
		await keep(page, `agreement-${name}-${how}`);
		assert.deepEqual(await findings(page), [], `${name} ${how}`);
		assert.ok((await overflow(page)) <= 0, `${name} ${how} scrolls sideways`);
	}
	await page.setViewportSize(desk);
	assert.deepEqual(complaints, []);
};

const signedIn = async (account: { person: string; role: string }): Promise<Tab> => {
	const tab = await open(browser, { size: desk });
	const [name = "", value = ""] = (await cookieOf(house, account)).split("=");
	await house.db.query("UPDATE session SET fresh_until = now() + interval '1 hour' WHERE account = $1", [idToUuid(account.person)]);
	await tab.context.addCookies([{ name, value, url: house.service.origin, secure: true, httpOnly: true, sameSite: "Strict" }]);
	await tab.page.goto(house.service.origin);
	return tab;
};

before(async () => {
	house = await openHouse();
	browser = await launch();
	const { rows } = await house.db.query("INSERT INTO account (org, account, role, login) VALUES ($1, gen_random_uuid(), 'operator', 'operator') RETURNING account", [idToUuid(house.org)]);
	operator = await signedIn({ role: "operator", person: Buffer.from((rows[0].account as string).replaceAll("-", ""), "hex").toString("base64url") });
	await heading(operator.page, "Organisaatiot ja sopimukset").waitFor();
});

after(async () => {
	await browser?.close();
	if (house) await closeHouse(house);
});

test("a_new_organisation_is_made_found_and_shown_with_what_it_lacks", async () => {
	const { page } = operator;
	await button(page, "Uusi organisaatio").click();
	await page.getByLabel("Nimi").fill("Kivijärven kaupunki");
	await page.getByLabel("Y-tunnus").fill("2077474-1");
	await button(page, "Tallenna").click();
	await page.getByText("Y-tunnus on väärin.").waitFor();
	await clean(operator, "new");
	await page.getByLabel("Y-tunnus").fill("2077474-0");
	await button(page, "Tallenna").click();
	await button(page, "Kivijärven kaupunki").waitFor();
	await page.getByLabel("Hae nimellä tai Y-tunnuksella").fill("kivij");
	await page.getByText("1 organisaatio löytyi").first().waitFor({ state: "attached" });
	await clean(operator, "list");
	await button(page, "Kivijärven kaupunki").click();
	await page.getByText("Julkaise ensin sopimuspohja.").waitFor();
	await button(page, "Lisää yhteyshenkilö").click();
	await page.getByLabel("Nimi", { exact: true }).fill("Kaisa Kontakti");
	await page.getByLabel("Allekirjoitusoikeuden peruste").selectOption("rules");
	await button(page, "Tallenna").click();
	await page.getByText("Voi allekirjoittaa (Hallintosääntö)").waitFor();
	await clean(operator, "one");
	await button(page, "Takaisin luetteloon").click();
});

test("where_agreements_stand_is_drawn_and_told_in_a_table", async () => {
	const { page } = operator;
	await button(page, "Tilanne").click();
	await page.getByRole("img", { name: /Pylväskuva/ }).waitFor();
	await page.getByRole("rowheader", { name: "Ei sopimusta" }).first().waitFor();
	await clean(operator, "stuck");
	await button(page, "Sopimuspohjat").click();
	await button(page, "Uusi pohja").click();
	await button(page, "Julkaise").click();
	await page.getByText("Jotakin puuttuu. Katso merkityt kohdat.").waitFor();
	await clean(operator, "template");
	await button(page, "Peru").click();
	await button(page, "Käsittelijän vaihtuminen").click();
	await button(page, "Katso ensin, mitä siirtyy").click();
	await clean(operator, "succession");
	await button(page, "Organisaatiot").click();
});

test("a_table_with_a_wrong_row_is_tried_before_anything_is_made", async () => {
	const { page } = operator;
	await button(page, "Tuo taulukosta").click();
	const table = Buffer.from("Nimi;Y-tunnus;Laji;Maakunta\r\nÄhtävän kunta;2388924-4;Kunta;Etelä-Pohjanmaa\r\nVäärä;123;Kunta;\r\n", "latin1");
	await page.getByLabel("Taulukko (CSV)").setInputFiles({ name: "kunnat.csv", mimeType: "text/csv", buffer: table });
	await page.getByText("Kokeilu: 1/2 riviä voidaan lisätä").waitFor();
	await page.getByRole("rowheader", { name: "Ähtävän kunta" }).waitFor();
	await clean(operator, "import");
	await button(page, "Lisää 1 organisaatio").click();
	await page.getByText("Lisätty 1/2 riviä").waitFor();
	const { rows } = await house.db.query("SELECT name, kind, region FROM organisation WHERE business_id = '2388924-4'");
	assert.deepEqual(rows, [{ name: "Ähtävän kunta", kind: "city", region: "etela_pohjanmaa" }]);
});

test("an_admin_sees_what_their_agreement_allows_and_records_a_training", async () => {
	const tab = await signedIn({ person: house.admin.user, role: "admin" }), { page } = tab;
	await page.getByLabel("Salalause", { exact: true }).fill(PASSPHRASE);
	await button(page, "Avaa").click();
	await button(page, "Näytä sopimus").click();
	await page.getByText("Mitä tässä vaiheessa saa tehdä").click();
	await page.getByText("Uusi ohjaustila:").waitFor();
	await page.getByRole("button", { name: /^Merkitse perehdytys/ }).first().click();
	await page.getByText(/Perehdytetty \d/).first().waitFor();
	await clean(tab, "own");
	await tab.close();
});
