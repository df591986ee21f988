// The library of assignment templates on the whole service: a counsellor finds, tries, copies and writes; a team lead publishes. The tests
// are one story and run in order.
import assert from "node:assert/strict";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after } from "node:test";
import { pathToFileURL } from "node:url";
import type { Browser, Page } from "playwright-core";
import pg from "pg";
import { enrol, idToUuid, makeOrg, OFFICE, type Account, type Service } from "../flow/house.js";
import { comeBy, comes, desk, findings, keep, launch, open, overflow, phone, type Tab } from "./lib.mjs";
import { before, story } from "../lib/story.mjs";

const test = story();
const LIB = process.env["LUOTSI_TEST_LIB"] as string;
const PHRASE = "pitkä rannalla kuljettu kesäpäivä";
const OPERATOR = "5b1f7c1e-0000-4000-8000-00000000aaaa";
const KINDS = ["Väliotsikko", "Ohjeteksti", "Lyhyt vastaus", "Pitkä vastaus", "Valitse yksi", "Valitse sopivat", "Asteikko 0–10", "Muistilista", "Askeleet ja päivät", "Tavoitteet", "Tiedosto"];
let service: Service;
let browser: Browser;
let db: pg.Client;
let counsellor: Tab;
let lead: Tab;
let accounts: Map<string, Account>;

const button = (page: Page, name: string | RegExp) => page.getByRole("button", { name, exact: typeof name === "string" });
const heading = (page: Page, name: string): Promise<void> => page.getByRole("heading", { name, exact: true }).first().waitFor();
const found = async (page: Page): Promise<string[]> => page.locator(".person.template > strong").allTextContents();
const saved = (page: Page): Promise<void> => page.getByText("Tallennettu.", { exact: true }).waitFor();

/** As the browser's address line would, without a reload, which would lock the keys. */
const goTo = (page: Page, path: string): Promise<void> => page.evaluate((to) => {
	history.pushState(null, "", to);
	dispatchEvent(new PopStateEvent("popstate", { state: null }));
}, path);

const toList = async (page: Page): Promise<void> => {
	await goTo(page, "/");
	await goTo(page, "/tehtavat");
	await heading(page, "Tehtäväkirjasto");
	await page.locator(".person.template").first().waitFor();
};

const pick = async (page: Page, title: string): Promise<void> => {
	await page.locator(".person.template", { has: page.getByText(title, { exact: true }) }).first().click();
	await heading(page, title);
};

const clean = async ({ page, complaints }: Tab, name: string): Promise<void> => {
	await keep(page, `library-${name}`);
	assert.deepEqual(await findings(page), []);
	assert.deepEqual(complaints, []);
	assert.ok((await overflow(page)) <= 0, "scrolls sideways");
};

const come = async (tab: Tab, login: string, person: string, arrived = "Tilisi odottaa vahvistusta"): Promise<void> => {
	const account = accounts.get(login)?.person ?? "";
	await tab.page.goto(`${service.origin}/liity#${(await enrol({ db }, account)).enrolment}`);
	await comeBy(tab.page, "Esittelyviraston kirjautuminen", person);
	await tab.page.getByLabel("Millä nimellä").fill("Oona");
	await tab.page.getByLabel("Keksin salalauseen itse").check();
	await tab.page.getByLabel("Salalause", { exact: true }).fill(PHRASE);
	await button(tab.page, "Ota käyttöön").click();
	await tab.page.getByLabel("Koodi on tallessa").check();
	await button(tab.page, "Jatka").click();
	await heading(tab.page, arrived);
};

before(async () => {
	const { startService } = (await import(pathToFileURL(join(LIB, "service.mjs")).href)) as { startService(o: object): Promise<Service> };
	service = await startService({ bank: true, settings: { sign_ins_per_minute: 10_000, staff_without_passkey: "yes", requests_per_minute: 20_000 } });
	accounts = makeOrg(service, OFFICE);
	db = new pg.Client({ host: service.sockets, user: "postgres", database: service.database });
	await db.connect();
	await db.query("UPDATE account SET role = 'team_lead' WHERE account = $1", [idToUuid(accounts.get("counsellor-2")?.person ?? "")]);
	browser = await launch();
	counsellor = await open(browser, { size: desk });
	lead = await open(browser, { size: desk });
	await come(counsellor, "counsellor-1", "Anna Virtanen");
	await come(lead, "counsellor-2", "Jukka Nieminen");
});

after(async () => {
	if (exported) for (const path of [exported, `${exported}.broken.json`]) rmSync(path, { force: true });
	await browser?.close();
	await db?.end();
	await service?.stop();
});

test("the_library_shows_what_comes_with_luotsi", async () => {
	const { page } = counsellor;
	await toList(page);
	await comes(async () => (await found(page)).length, 13);
	await clean(counsellor, "list");
});

test("words_are_found_in_any_form_and_filters_narrow", async () => {
	const { page } = counsellor;
	await page.getByLabel("Hakusanat").fill("viikossa");
	await page.waitForFunction(() => document.querySelector(".person.template strong")?.textContent === "Minun viikkoni");
	await page.getByLabel("Hakusanat").fill("");
	await page.getByLabel("Laji").selectOption({ label: "Mittari" });
	await page.waitForFunction(() => document.querySelectorAll(".person.template").length === 1);
	await comes(() => found(page), ["Miten elämäni sujuu"]);
	await page.getByLabel("Aihe").selectOption({ label: "Asuminen" });
	await page.getByText("Näillä ehdoilla ei löytynyt mitään").waitFor();
	await clean(counsellor, "none");
	await button(page, "Näytä kaikki").click();
	await page.waitForFunction(() => document.querySelectorAll(".person.template").length === 13);
});

test("a_template_can_be_tried_and_conditions_work", async () => {
	const { page } = counsellor;
	await pick(page, "Kuka minua auttaa");
	await comes(() => page.getByText("Kiitos, että kerroit").count(), 0);
	await page.getByLabel("Juuri nyt ei kukaan").check();
	await page.getByText("Kiitos, että kerroit").waitFor();
	await clean(counsellor, "one");
});

test("thanks_are_given_once_and_taken_back", async () => {
	const { page } = counsellor;
	await button(page, "Kiitä tekijää").click();
	await button(page, "Kiitä tekijää (1 kiitos)").waitFor();
	await comes(() => button(page, "Kiitä tekijää (1 kiitos)").getAttribute("aria-pressed"), "true");
	await button(page, "Kiitä tekijää (1 kiitos)").click();
	await button(page, "Kiitä tekijää").waitFor();
});

let exported = "";

test("a_template_goes_out_as_a_file", async () => {
	const { page } = counsellor;
	const [download] = await Promise.all([page.waitForEvent("download"), button(page, "Tallenna tiedostoon").click()]);
	assert.equal(download.suggestedFilename(), "kuka-minua-auttaa.json");
	exported = join(tmpdir(), `luotsi-library-${process.pid}.json`);
	await download.saveAs(exported);
	assert.equal((JSON.parse(readFileSync(exported, "utf8")) as { format: string }).format, "luotsi-template/1");
});

test("a_copy_is_saved_as_it_is_written_and_is_there_after_leaving", async () => {
	const { page } = counsellor;
	await button(page, "Kopioi omaksi").click();
	await saved(page);
	await page.getByLabel("Nimi, suomi").fill("Kuka meillä auttaa");
	await page.getByText(/^Tallentamatta|^Tallennetaan/).waitFor();
	await saved(page);
	await clean(counsellor, "editor-copy");
	await toList(page);
	await page.getByLabel("Mistä").selectOption({ label: "Keskeneräiset" });
	await pick(page, "Kuka meillä auttaa");
	await page.getByText("Pohjana: Luotsi.").waitFor();
	await button(page, "Jatka muokkaamista").click();
	await comes(() => page.getByLabel("Nimi, suomi").inputValue(), "Kuka meillä auttaa");
});

test("what_was_not_saved_yet_is_there_too_after_leaving", async () => {
	const { page } = counsellor;
	await page.context().setOffline(true);
	await page.getByLabel("Nimi, suomi").evaluate(async (input: HTMLInputElement) => { // left before the next frame is drawn
		input.value = "Kirjoitettu ilman yhteyttä";
		input.dispatchEvent(new Event("input", { bubbles: true }));
		await null;
		history.pushState(null, "", "/");
		dispatchEvent(new PopStateEvent("popstate", { state: null }));
	});
	await goTo(page, "/tehtavat");
	await page.context().setOffline(false);
	await toList(page);
	await page.getByLabel("Mistä").selectOption({ label: "Keskeneräiset" });
	await page.waitForFunction(() => document.querySelectorAll(".person.template").length === 1);
	await page.locator(".person.template").click();
	await button(page, "Jatka muokkaamista").click();
	await comes(() => page.getByLabel("Nimi, suomi").inputValue(), "Kirjoitettu ilman yhteyttä");
	await saved(page);
});

test("languages_come_and_go_side_by_side", async () => {
	const { page } = counsellor;
	const english = page.getByRole("group", { name: "Kielet" }).getByLabel("englanti");
	await english.uncheck();
	await comes(() => page.getByLabel("Nimi, englanti").count(), 0);
	await english.check();
	await comes(() => page.getByLabel("Nimi, englanti").inputValue(), "");
	await button(page, "Tarkista").click();
	await page.getByText(/kohtaa kaipaa korjausta/).waitFor();
	await clean(counsellor, "faults");
	await page.locator(".notice.error button.link").first().click();
	await comes(() => page.getByLabel("Nimi, englanti").evaluate((input) => input === document.activeElement), true, "the link leads to the field");
	await english.uncheck();
	await page.getByText("Mitään ei puutu.", { exact: true }).first().waitFor();
});

test("every_kind_of_field_can_be_added_and_seen_at_once", async () => {
	const { page } = counsellor;
	await toList(page);
	await button(page, "Uusi tehtävä").click();
	await page.getByLabel("Nimi", { exact: true }).fill("Kaikki kohdat");
	await page.getByLabel("Kuvaus", { exact: true }).fill("Kaikkia lajeja yksi.");
	for (const [at, kind] of KINDS.entries()) {
		await button(page, kind).click();
		const card = page.locator(".field-card").nth(at);
		await card.locator("input, textarea").first().fill(`Kohta ${at + 1}`);
	}
	for (const label of ["Vaihtoehto 1", "Vaihtoehto 2"]) for (const box of await page.getByLabel(label, { exact: true }).all()) await box.fill(label === "Vaihtoehto 1" ? "Kyllä" : "Ei");
	await page.getByLabel("Mitä 0 tarkoittaa").fill("ei yhtään");
	await page.getByLabel("Mitä 10 tarkoittaa").fill("paljon");
	const preview = page.locator(".editor-preview");
	for (const at of [0, 1, 4, 6, 10]) await preview.getByText(`Kohta ${at + 1}`, { exact: true }).waitFor();
	await saved(page);
	await button(page, "Tarkista").click();
	await page.getByText("Mitään ei puutu.", { exact: true }).first().waitFor();
	await clean(counsellor, "every-kind");
});

const order = (page: Page): Promise<string[]> => page.locator(".field-card > h3").allTextContents();

test("fields_are_moved_by_buttons_and_by_keys_and_keep_the_focus", async () => {
	const { page } = counsellor;
	await button(page, "Siirrä ylös: 3. Kohta 3").click();
	await comes(async () => (await order(page)).slice(0, 3), ["1. Väliotsikko", "2. Lyhyt vastaus", "3. Ohjeteksti"]);
	await page.waitForFunction(() => document.activeElement?.getAttribute("aria-label") === "Siirrä ylös: 2. Kohta 3");
	await page.keyboard.press("Enter");
	await comes(async () => (await order(page)).slice(0, 2), ["1. Lyhyt vastaus", "2. Väliotsikko"]);
	await page.waitForFunction(() => document.activeElement?.getAttribute("aria-label") === "Siirrä alas: 1. Kohta 3", undefined);
	await page.keyboard.press("Alt+ArrowDown");
	await comes(async () => (await order(page)).slice(0, 2), ["1. Väliotsikko", "2. Lyhyt vastaus"]);
});

test("a_condition_is_chosen_and_shows_in_the_preview", async () => {
	const { page } = counsellor;
	const card = page.locator(".field-card").nth(5);
	await card.getByLabel("Näytetään").selectOption({ label: "5. Kohta 5" });
	await card.getByRole("combobox", { name: "Mitä", exact: true }).selectOption({ label: "Kyllä" });
	const preview = page.locator(".editor-preview");
	await preview.getByText("Kohta 6", { exact: true }).waitFor({ state: "detached" });
	await preview.getByRole("group", { name: "Kohta 5" }).getByLabel("Kyllä").check();
	await preview.getByText("Kohta 6", { exact: true }).waitFor();
});

test("a_removed_field_comes_back_with_what_looked_at_it", async () => {
	const { page } = counsellor;
	await button(page, "Poista: 5. Kohta 5").click();
	await comes(() => page.locator(".field-card").count(), 10);
	await button(page, "Kumoa").click();
	await comes(() => page.locator(".field-card").count(), 11);
	await comes(() => page.locator(".field-card").nth(5).getByLabel("Näytetään").inputValue(), (value) => value !== "");
	await saved(page);
});

test("a_condition_that_looks_ahead_is_told_at_its_field", async () => {
	const { page } = counsellor;
	await button(page, "Siirrä ylös: 6. Kohta 6").click();
	await page.locator(".show-if .field-error").waitFor();
	await button(page, "Siirrä alas: 5. Kohta 6").click();
	await page.locator(".show-if .field-error").waitFor({ state: "detached" });
	await saved(page);
});

test("a_team_lead_publishes_what_a_counsellor_wrote", async () => {
	const { page } = lead;
	await toList(page);
	await page.getByLabel("Mistä").selectOption({ label: "Keskeneräiset" });
	await page.waitForFunction(() => document.querySelectorAll(".person.template").length === 2);
	await pick(page, "Kaikki kohdat");
	await page.getByText("Tätä ei ole vielä julkaistu.").waitFor();
	await button(page, "Jatka muokkaamista").click();
	await button(page, "Tarkista ja julkaise").click();
	await page.waitForSelector("dialog[open]");
	await clean(lead, "publish");
	await page.locator("dialog").getByRole("button", { name: "Julkaise", exact: true }).click();
	await page.getByText(/^Testikunta.*Ei vielä käytetty/).waitFor();
	await clean(lead, "published");
	await toList(counsellor.page);
	await comes(() => found(counsellor.page), (titles) => titles.includes("Kaikki kohdat"));
});

test("two_people_on_one_draft_lose_nothing_without_being_asked", async () => {
	const title = "Kaikki kohdat";
	for (const { page } of [counsellor, lead]) {
		await toList(page);
		await pick(page, title);
		await button(page, /Muokkaa|Jatka muokkaamista/).click();
		await page.getByLabel("Kuvaus", { exact: true }).waitFor();
	}
	await counsellor.page.getByLabel("Kuvaus", { exact: true }).fill("Ohjaajan kuvaus");
	await saved(counsellor.page);
	await lead.page.getByLabel("Kuvaus", { exact: true }).fill("Vetäjän kuvaus");
	await lead.page.getByText("Joku muu on muokannut tätä samaan aikaan").waitFor();
	await clean(lead, "conflict");
	await button(lead.page, "Pidä omani").click();
	await saved(lead.page);
	await counsellor.page.getByLabel("Kuvaus", { exact: true }).fill("Ohjaajan toinen kuvaus");
	await counsellor.page.getByText("Joku muu on muokannut tätä samaan aikaan").waitFor();
	await button(counsellor.page, "Ota tallennettu versio").click();
	await counsellor.page.waitForFunction(() => [...document.querySelectorAll("textarea")].some((one) => one.value === "Vetäjän kuvaus"));
	await saved(counsellor.page);
});

test("versions_say_what_changed", async () => {
	const { page } = lead;
	await button(page, "Poista: 11. Kohta 11").click();
	await button(page, "Tarkista ja julkaise").click();
	await page.getByLabel("Mitä muuttui?").fill("Tiedosto pois.");
	await page.locator("dialog").getByRole("button", { name: "Julkaise", exact: true }).click();
	await page.getByText("Versiot ja muutokset").click();
	await button(page, "Mitä versiossa 2 muuttui?").click();
	await page.getByText("Poistettu kohta: Kohta 11").waitFor();
	await page.getByText("Kuvaus muuttui.").waitFor();
	await page.getByText("Tiedosto pois.").waitFor();
	await clean(lead, "versions");
});

test("withdrawn_it_is_out_of_the_list_and_back_by_the_same_button", async () => {
	const { page } = lead;
	await button(page, "Poista käytöstä").waitFor();
	await comes(() => button(page, "Jaa kaikille").count(), 0, "sharing is the administrator's");
	await button(page, "Poista käytöstä").click();
	await button(page, "Ota takaisin käyttöön").waitFor();
	await toList(counsellor.page);
	await comes(() => found(counsellor.page), (titles) => titles.length > 0 && !titles.includes("Kaikki kohdat"));
	await button(page, "Ota takaisin käyttöön").click();
	await button(page, "Poista käytöstä").waitFor();
});

const take = (page: Page, path: string): Promise<void> => page.locator("input[type=file]").setInputFiles(path);

test("a_file_with_faults_is_told_by_place_and_nothing_is_saved", async () => {
	const { page } = counsellor;
	await toList(page);
	await button(page, "Tuo tiedostosta").click();
	const broken = JSON.parse(readFileSync(exported, "utf8")) as { title: Record<string, string>; fields: { kind: string }[] };
	broken.title["sv"] = "";
	(broken.fields[0] as { kind: string }).kind = "video";
	const path = `${exported}.broken.json`;
	writeFileSync(path, JSON.stringify(broken));
	await take(page, path);
	await page.getByText("title.sv", { exact: true }).waitFor();
	await page.getByText("fields[0].kind", { exact: true }).waitFor();
	await clean(counsellor, "import-faulty");
	writeFileSync(path, "{");
	await take(page, path);
	await page.getByText("ei ole JSON-muodossa").waitFor();
});

test("a_good_file_is_looked_at_first_and_then_taken", async () => {
	const { page } = counsellor;
	await take(page, exported);
	await page.getByText("Tiedosto on kunnossa").waitFor();
	await clean(counsellor, "import-good");
	await button(page, "Ota uutena tehtävänä").click();
	await saved(page);
	const { rows } = await db.query("SELECT title ->> 'fi' AS title FROM template_draft JOIN template USING (org, template) ORDER BY at DESC LIMIT 1");
	assert.equal((rows[0] as { title: string }).title, "Kuka minua auttaa");
});

test("a_draft_that_was_never_published_can_be_thrown_away", async () => {
	const { page } = counsellor;
	await button(page, "Hylkää luonnos").click();
	await page.getByText("Tehtävä häviää kokonaan").waitFor();
	await page.locator("dialog").getByRole("button", { name: "Hylkää luonnos", exact: true }).click();
	await heading(page, "Tehtäväkirjasto");
	const { rows } = await db.query("SELECT FROM template_draft JOIN template USING (org, template) WHERE title ->> 'fi' = 'Kuka minua auttaa'");
	assert.equal(rows.length, 0);
});

test("an_administrator_shares_and_the_operator_takes_it_out_and_lets_it_in_again", async () => {
	const [admin, operator] = [await open(browser, { size: desk }), await open(browser, { size: phone })];
	await come(admin, "admin-1", "Helena Mäkinen", "Tehdään organisaation avaimet");
	await toList(admin.page);
	await pick(admin.page, "Kaikki kohdat");
	await button(admin.page, "Jaa kaikille").click();
	await button(admin.page, "Lopeta jakaminen").waitFor();
	await clean(admin, "shared");
	await db.query("INSERT INTO account (org, account, role) VALUES ($1, $2, 'operator')", [OFFICE, OPERATOR]);
	const { enrolment } = await enrol({ db }, Buffer.from(OPERATOR.replaceAll("-", ""), "hex").toString("base64url"));
	await operator.page.goto(`${service.origin}/liity#${enrolment}`);
	await comeBy(operator.page, "Esittelyviraston kirjautuminen", "Liisa Lahti");
	await button(operator.page, "Tehtäväkirjasto").click();
	await pick(operator.page, "Kaikki kohdat");
	await button(operator.page, "Poista jaetuista").waitFor();
	await comes(() => button(operator.page, /Kopioi|Muokkaa|Kiitä/).count(), 0);
	await button(operator.page, "Poista jaetuista").click();
	await button(operator.page, "Palauta jaettuihin").waitFor();
	await clean(operator, "operator");
	await toList(admin.page);
	await pick(admin.page, "Kaikki kohdat");
	await admin.page.getByText("Palvelun ylläpito on poistanut").waitFor();
	await comes(() => button(admin.page, /Jaa kaikille|Lopeta jakaminen/).count(), 0);
	await toList(operator.page);
	const gone = operator.page.getByRole("region", { name: "Poistetut jaetuista" });
	await gone.getByText("Kaikki kohdat").waitFor();
	await clean(operator, "operator-barred");
	await gone.getByRole("button", { name: "Palauta jaettuihin: Kaikki kohdat" }).press("Enter");
	await gone.getByText("Mitään ei ole poistettu.").waitFor();
	await comes(() => operator.page.evaluate(() => document.activeElement?.id), "barred");
	await pick(operator.page, "Kaikki kohdat");
	await button(operator.page, "Poista jaetuista").waitFor();
	await admin.close();
	await operator.close();
});

test("a_failing_library_can_be_asked_again", async () => {
	const { page } = counsellor;
	await db.query("ALTER TABLE template RENAME TO template_gone");
	await goTo(page, "/");
	await goTo(page, "/tehtavat");
	await page.locator(".notice.error").waitFor();
	await clean(counsellor, "failing");
	await db.query("ALTER TABLE template_gone RENAME TO template");
	await button(page, "Yritä uudelleen").click();
	await page.locator(".person.template").first().waitFor();
});

for (const [language, search] of [["fi", "Tehtäväkirjasto"], ["sv", "Uppgiftsbiblioteket"], ["en", "Assignment library"]] as const)
	test(`on_a_phone_in_${language}_nothing_is_cut_off`, async () => {
		const { page } = counsellor;
		await page.setViewportSize(phone);
		await page.getByRole("combobox").first().selectOption(language);
		await heading(page, search);
		await page.locator(".person.template").first().waitFor();
		await clean(counsellor, `phone-${language}`);
		await page.locator(".person.template", { hasText: "Luotsi" }).first().click();
		await page.locator(".preview-form").waitFor();
		await clean(counsellor, `phone-one-${language}`);
		await page.locator(".library > .button.quiet").click();
		await page.locator(".person.template").first().waitFor();
	});

test("the_editor_works_on_a_phone", async () => {
	const { page } = counsellor;
	await page.getByRole("combobox").first().selectOption("fi");
	await heading(page, "Tehtäväkirjasto");
	await button(page, "Uusi mittari").click();
	await page.getByLabel("Nimi", { exact: true }).fill("Oma mittari");
	await button(page, "Elämän alue 0–10").click();
	await button(page, "Tarkista").click();
	await page.getByText(/kohtaa kaipaa korjausta/).waitFor();
	await clean(counsellor, "phone-editor");
});
