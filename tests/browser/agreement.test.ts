// The operator's pages in a browser: a new organisation from nothing to its first step, where agreements stand, templates; and an admin's
// own agreement. With axe, by keyboard where it matters, on a desk and a phone.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { after } from "node:test";
import type { Browser, Page } from "playwright-core";
import { PASSPHRASE } from "../client/organisation.js";
import { post } from "../../web/src/client/node.js";
import { templateOf, termsOf } from "../../web/src/demo/terms.js";
import { closeHouse, cookieOf, idToUuid, openHouse, talk, type House } from "../flow/house.js";
import { comes, desk, findings, keep, launch, open, overflow, phone, type Tab } from "./lib.mjs";
import { before, story } from "../lib/story.mjs";


const test = story();
let house: House;
let browser: Browser;
let operator: Tab;
let asOperator: string;

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
	const account = { role: "operator", person: Buffer.from((rows[0].account as string).replaceAll("-", ""), "hex").toString("base64url") };
	operator = await signedIn(account);
	asOperator = await cookieOf(house, account);
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
	await page.getByLabel("Laji").selectOption("school");
	await page.getByText("Mikään sopimus ei odota.").waitFor();
	await page.getByLabel("Laji").selectOption("city");
	await button(page, "Ei sopimusta").first().click();
	await button(page, "Kivijärven kaupunki").waitFor();
	await comes(() => page.getByLabel("Vaihe").inputValue(), "none");
	await button(page, "Sopimuspohjat").click();
	await button(page, "Uusi pohja").click();
	await button(page, "Julkaise").click();
	await page.getByText("Jotakin puuttuu. Katso merkityt kohdat.").waitFor();
	await button(page, "Lisää alikäsittelijä").click();
	for (const label of ["Viestit", "Y-tunnus", "Mitä tekee"]) await comes(async () => (await page.getByLabel(label).boundingBox())?.width ?? 0, (width) => width > 120, `what is written into ${label} can be read`);
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
	await page.keyboard.press("Escape");
	await page.getByRole("dialog").waitFor({ state: "detached" });
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

test("the_document_that_is_saved_is_the_one_whose_checksum_is_recorded", async () => {
	const { page } = operator;
	const made = JSON.parse((await post(house.service.origin, house.ca, "agreement_template_put", { ...templateOf("authority", "fi", "2388924-4", false), version: 1, publish: true }, asOperator)).body) as object;
	assert.ok("ok" in made, JSON.stringify(made));
	await page.getByLabel("Hae nimellä tai Y-tunnuksella").fill("kivij");
	await button(page, "Kivijärven kaupunki").click();
	await button(page, "Aloita uusi sopimus").click();
	const saved = page.waitForEvent("download");
	await button(page, "Tee asiakirja (PDF)").click();
	const bytes = readFileSync(await (await saved).path());
	await page.getByText("Asiakirjan tarkistussumma").waitFor();
	const sum = createHash("sha256").update(bytes).digest();
	const { rows } = await house.db.query("SELECT v.document FROM agreement_version v JOIN organisation o USING (org) WHERE o.name = 'Kivijärven kaupunki'");
	assert.deepEqual(rows[0].document, sum);
	await page.getByText(sum.toString("hex")).waitFor();
	assert.equal(bytes.subarray(0, 5).toString(), "%PDF-");
	await clean(operator, "document");
	const again = page.waitForEvent("download");
	await button(page, "Tee asiakirja (PDF)").click();
	assert.deepEqual(readFileSync(await (await again).path()), bytes, "made again: the same bytes");
	await button(page, "Takaisin luetteloon").click();
});

test("two_thousand_organisations_are_paged_found_and_changed_where_they_are", async () => {
	const { page } = operator;
	await house.db.query(`INSERT INTO organisation (org, name, kind, region, created_at)
		SELECT gen_random_uuid(), 'Kunta ' || to_char(n, 'FM0000'), 'city', 'lappi', now() - interval '20 days' FROM generate_series(1, 2000) AS n`);
	await page.getByLabel("Hae nimellä tai Y-tunnuksella").fill("");
	await page.getByLabel("Maakunta").selectOption("lappi");
	await page.getByText("50 organisaatiota löytyi").first().waitFor({ state: "attached" });
	for (const shown of [50, 100]) {
		await button(page, `Valitse kaikki näkyvät (${shown})`).waitFor();
		await button(page, "Näytä lisää").click();
	}
	await button(page, "Kunta 0130").click();
	await button(page, "Muokkaa").click();
	await page.getByLabel("Nimi", { exact: true }).fill("Kunta 0130 uusi");
	await page.getByLabel("Etsi organisaatio, johon tämä kuuluu").fill("kivij");
	await page.getByLabel("Kuuluu organisaatioon").getByRole("option", { name: "Kivijärven kaupunki" }).waitFor({ state: "attached" });
	await page.getByLabel("Kuuluu organisaatioon").selectOption("Kivijärven kaupunki");
	await clean(operator, "edit");
	await page.getByRole("dialog").getByRole("button", { name: "Tallenna" }).click();
	await heading(page, "Kunta 0130 uusi").waitFor();
	await page.getByText("osa organisaatiota Kivijärven kaupunki").waitFor();
	await button(page, "Takaisin luetteloon").click();
	await page.getByLabel("Odottanut vähintään").selectOption("30");
	await page.getByText("Hakuun ei löydy organisaatioita.").waitFor();
	await clean(operator, "empty");
	await page.route("**/api/organisation_list", (route) => route.abort());
	await page.getByLabel("Odottanut vähintään").selectOption("14");
	await page.getByText("Yritä uudelleen").first().waitFor();
	await clean(operator, "failing");
	await page.unroute("**/api/organisation_list");
	await page.getByRole("button", { name: "Yritä uudelleen" }).click();
	await button(page, "Kunta 0001").waitFor();
	await house.db.query("DELETE FROM organisation WHERE name LIKE 'Kunta %'");
});

test("a_client_is_told_in_the_room_that_another_processor_comes", async () => {
	const { client } = await talk(house);
	await house.db.query(
		`INSERT INTO agreement_version (org, agreement, version, language, terms, holds_from, processor, processor_business_id, made_by, accepted_at)
		 SELECT org, agreement, 1, 'fi', $2, current_date + 40, 'KEHA-keskus (koe)', '2077474-0', org, now() FROM agreement WHERE org = $1`,
		[idToUuid(house.org), JSON.stringify(termsOf("authority", "fi", ""))]);
	const tab = await signedIn({ person: client.user, role: "client" }), { page } = tab;
	await page.getByLabel("Salalause", { exact: true }).fill(PASSPHRASE);
	await button(page, "Avaa").click();
	await page.getByText(/Henkilötietojen käsittelijä vaihtuu \d+\.\d+\.\d+: KEHA-keskus \(koe\)/).waitFor();
	await clean(tab, "told");
	await button(page, "Selvä").focus();
	await page.keyboard.press("Enter");
	await page.getByText("Henkilötietojen käsittelijä vaihtuu").waitFor({ state: "detached" });
	await tab.close();
});
