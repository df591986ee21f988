// Assignments in the browser: a counsellor at a desk, a client on a phone. The tests are one story and run in order.
import assert from "node:assert/strict";
import { after } from "node:test";
import type { Browser, Page } from "playwright-core";
import { PASSPHRASE } from "../client/organisation.js";
import { closeHouse, openHouse, type House } from "../flow/house.js";
import { comeBy, comes, desk, findings, keep, launch, open, overflow, phone, type Tab } from "./lib.mjs";
import { before, story } from "../lib/story.mjs";
import type { Template } from "../../web/src/assignment/types.js";

const test = story();
const OWN = "pitkä rannalla kuljettu kesäpäivä";
const COUNSELLOR = ["Esittelyviraston kirjautuminen", "Anna Virtanen"] as const;
const CLIENT = ["Esittelypankki", "Oona Näyte"] as const;
const fi = (text: string): { fi: string } => ({ fi: text });

const EVERY: Template = {
	format: "luotsi-template/1", id: "a0112233445566778899aabbccddeeff", version: 1, kind: "assignment", languages: ["fi"], topics: [],
	title: fi("Kaikenlaista"), description: fi("Jokaista lajia yksi."),
	fields: [
		{ id: "head", kind: "heading", label: fi("Ensin helppoa") }, { id: "tip", kind: "help", label: fi("Vastaa omin sanoin.") },
		{ id: "short", kind: "short", label: fi("Mikä sinua kutsutaan?"), help: fi("Lempinimi riittää.") }, { id: "long", kind: "long", label: fi("Kerro päivästäsi") },
		{ id: "one", kind: "choice", label: fi("Mitä haluat nyt?"), options: [{ id: "work", label: fi("Töihin") }, { id: "school", label: fi("Kouluun") }] },
		{ id: "where", kind: "short", label: fi("Mihin kouluun?"), showIf: { field: "one", is: "equals", value: "school" } },
		{ id: "many", kind: "choices", label: fi("Mistä pidät?"), options: [{ id: "a", label: fi("Musiikista") }, { id: "b", label: fi("Liikunnasta") }] },
		{ id: "mood", kind: "scale", label: fi("Miten voit?"), low: fi("huonosti"), high: fi("hyvin") },
		{ id: "list", kind: "checklist", label: fi("Ennen soittoa"), options: [{ id: "x", label: fi("Etsi numero") }, { id: "y", label: fi("Kirjoita kysymykset") }] },
		{ id: "steps", kind: "steps", label: fi("Seuraavat askeleet") }, { id: "goals", kind: "goals", label: fi("Tavoitteet") }, { id: "paper", kind: "file", label: fi("Liitä todistus") },
	],
};

let house: House;
let browser: Browser;
let staff: Tab;
let client: Tab;
let room = "";

const clean = async (tab: Tab, name: string): Promise<void> => {
	await keep(tab.page, `assignments-${name}`);
	assert.deepEqual(await findings(tab.page), []);
	assert.deepEqual(tab.complaints, []);
	assert.ok((await overflow(tab.page)) <= 0, "scrolls sideways");
};
const sheet = (page: Page) => page.getByRole("dialog", { name: "Tehtävät" });
const openPanel = (page: Page): Promise<void> => page.getByRole("navigation", { name: "Ohjaustilan osat" }).getByRole("button", { name: "Tehtävät" }).click();
const shut = async (page: Page): Promise<void> => {
	await page.keyboard.press("Escape");
	await page.waitForSelector("dialog[open]", { state: "detached" });
};
/** The focus has gone into an empty row. */
const inRow = (page: Page): Promise<unknown> =>
	page.waitForFunction(() => document.activeElement instanceof HTMLTextAreaElement && document.activeElement.closest(".answer-row") !== null && document.activeElement.value === "");
const saved = (page: Page): Promise<void> => sheet(page).getByText(/Luonnos tallennettu klo/).waitFor();

before(async () => {
	house = await openHouse({ staff_without_passkey: "yes" });
	browser = await launch();
	staff = await open(browser, { size: desk });
	client = await open(browser, { size: phone, hasTouch: true });
});
after(async () => {
	await browser?.close();
	if (house) await closeHouse(house);
});

test("both_are_in_the_room", async () => {
	const made = await house.counsellor.engine.invite({ name: "Aino", welcome: "Tervetuloa!" });
	room = made.room;
	await staff.page.goto(house.service.origin);
	await comeBy(staff.page, ...COUNSELLOR);
	await staff.page.getByLabel("Salalause", { exact: true }).fill(PASSPHRASE);
	await staff.page.getByRole("button", { name: "Avaa", exact: true }).click();
	await staff.page.locator(".room-row").first().click();
	const { page } = client;
	await page.goto(made.link);
	await comeBy(page, ...CLIENT);
	await page.getByLabel("Millä nimellä").fill("Aino K.");
	await page.getByLabel("Keksin salalauseen itse").check();
	await page.getByLabel("Salalause", { exact: true }).fill(OWN);
	await page.getByRole("button", { name: "Ota käyttöön" }).click();
	await page.getByLabel("Koodi on tallessa").check();
	await page.getByRole("button", { name: "Jatka" }).click();
	await page.locator(".bubble", { hasText: "Tervetuloa" }).first().waitFor();
});

test("an_empty_list_says_what_it_is_for", async () => {
	await openPanel(client.page);
	await sheet(client.page).getByText("Sinulla ei ole tehtäviä").waitFor();
	await clean(client, "empty-client");
	await shut(client.page);
});

test("the_counsellor_picks_one_from_the_library_and_gives_it", async () => {
	const { page } = staff;
	await openPanel(page);
	await sheet(page).getByRole("button", { name: "Anna tehtävä" }).click();
	await sheet(page).getByLabel("Hae tehtäväkirjastosta").fill("viikko");
	await sheet(page).locator(".template-card", { hasText: "viikko" }).or(sheet(page).locator(".template-card", { hasText: "Viikko" })).first().waitFor();
	await clean(staff, "picker");
	await sheet(page).locator(".template-card").first().click();
	await sheet(page).getByText("Katso, miltä tehtävä näyttää").click();
	await sheet(page).getByLabel("Omat sanasi asiakkaalle").fill("Ota rauhassa, ei ole oikeita vastauksia.");
	await sheet(page).getByLabel("Määräpäivä").fill("31.2.2027");
	await sheet(page).getByLabel("Omat sanasi asiakkaalle").focus();
	await sheet(page).getByText("Tämä ei ole päivämäärä").waitFor();
	await sheet(page).getByLabel("Määräpäivä").fill("3.12.2030");
	await sheet(page).getByLabel(/Muistuta asiakasta/).waitFor();
	await clean(staff, "giving");
	await sheet(page).getByRole("button", { name: "Anna tehtävä" }).click();
	await sheet(page).locator(".assignment-row").first().waitFor();
	await sheet(page).getByText("Määräpäivä 3.12.2030").waitFor();
	await clean(staff, "list-staff");
	await shut(page);
});

test("a_line_in_the_conversation_opens_it_for_the_client", async () => {
	const line = client.page.locator(".assignment-line").first();
	await line.getByText(/antoi tehtävän/).waitFor();
	await clean(client, "line");
	await line.getByRole("button", { name: /Avaa tehtävä/ }).click();
	await sheet(client.page).getByText("Ota rauhassa, ei ole oikeita vastauksia.").waitFor();
	await clean(client, "client-one");
	await shut(client.page);
});

test("every_kind_of_field_is_filled_in_by_keyboard_and_saved", async () => {
	await house.counsellor.engine.work("giveAssignment", room, { template: EVERY, word: "", due: "", remind: false });
	const { page } = client;
	await openPanel(page);
	await sheet(page).locator(".assignment-row", { hasText: "Kaikenlaista" }).click();
	await sheet(page).getByLabel("Mikä sinua kutsutaan?").focus();
	await page.keyboard.type("Aikku");
	await page.keyboard.press("Tab");
	await page.keyboard.type("Ihan hyvä päivä.");
	await page.keyboard.press("Tab");
	await comes(() => sheet(page).getByLabel("Mihin kouluun?").count(), 0);
	await page.keyboard.press("Space");
	await page.keyboard.press("ArrowDown");
	await sheet(page).getByLabel("Mihin kouluun?").fill("Lukioon");
	await sheet(page).getByLabel("Liikunnasta").check();
	await sheet(page).getByRole("group", { name: "Miten voit?" }).getByRole("radio", { name: "7" }).check();
	await sheet(page).getByLabel("Etsi numero").check();
	await sheet(page).getByRole("button", { name: "Lisää askel" }).click();
	await inRow(page);
	await page.keyboard.type("Soitan opolle");
	await sheet(page).getByLabel("Mihin mennessä?").first().fill("4.12.2030");
	await sheet(page).getByRole("button", { name: "Lisää tavoite" }).click();
	await page.waitForFunction(() => document.querySelectorAll(".answer-row").length === 2);
	await inRow(page);
	await page.keyboard.type("Oma koti");
	await saved(page);
	await sheet(page).getByText("9/10 kohtaa täytetty").waitFor();
	await clean(client, "filled");
	await page.evaluate(() => document.querySelector("dialog")?.scrollTo(0, 900));
	await clean(client, "filled-lower");
	await page.evaluate(() => document.querySelector("dialog")?.scrollTo(0, 99_999));
	await clean(client, "filled-end");
});

test("a_reload_finds_the_draft", async () => {
	const { page } = client;
	await page.reload();
	await page.getByLabel("Salalause", { exact: true }).fill(OWN);
	await page.getByRole("button", { name: "Avaa", exact: true }).click();
	await page.locator(".bubble", { hasText: "Tervetuloa" }).first().waitFor();
	await openPanel(page);
	await sheet(page).locator(".assignment-row", { hasText: "Kaikenlaista" }).getByText("Aloitettu").waitFor();
	await sheet(page).locator(".assignment-row", { hasText: "Kaikenlaista" }).click();
	await page.waitForFunction(() => document.querySelector<HTMLTextAreaElement>("dialog textarea")?.value === "Ihan hyvä päivä.");
	await comes(() => sheet(page).getByLabel("Mihin mennessä?").first().inputValue(), "4.12.2030");
});

test("what_is_written_without_a_network_is_saved_when_it_is_back", async () => {
	const { page } = client;
	await client.context.setOffline(true);
	await sheet(page).getByLabel("Kerro päivästäsi").fill("Ilman verkkoa kirjoitettu.");
	await sheet(page).getByText("Ei yhteyttä. Muutokset ovat tallessa").waitFor();
	await clean(client, "offline");
	await client.context.setOffline(false);
	await saved(page);
});

test("handing_in_says_what_is_missing_and_may_be_done_anyway", async () => {
	const { page } = client;
	await sheet(page).getByRole("button", { name: "Palauta ohjaajalle" }).click();
	await sheet(page).getByText("Yksi kohta on vielä tyhjä").waitFor();
	await clean(client, "missing");
	await sheet(page).getByRole("button", { name: "Palauta silti" }).click();
	await sheet(page).getByText("Olet palauttanut tehtävän").waitFor();
	await page.evaluate(() => document.querySelector("dialog")?.scrollTo(0, 0));
	await clean(client, "handed-in");
});

test("the_counsellor_reads_it_comments_by_field_and_asks_for_more", async () => {
	const { page } = staff;
	await page.locator(".assignment-line", { hasText: "palautti tehtävän" }).getByRole("button", { name: /Avaa tehtävä/ }).click();
	await sheet(page).getByText("Ilman verkkoa kirjoitettu.").waitFor();
	await sheet(page).getByText("Oma koti").waitFor();
	await clean(staff, "review");
	await sheet(page).getByRole("button", { name: "Kommentoi: Kerro päivästäsi" }).click();
	await sheet(page).getByLabel("Kommentti kohtaan ”Kerro päivästäsi”").fill("Kerro vielä illasta.");
	await sheet(page).getByLabel("Viesti asiakkaalle").fill("Hieno alku!");
	await clean(staff, "commenting");
	await sheet(page).getByRole("button", { name: "Pyydä täydentämään" }).click();
	await sheet(page).getByText("Täydennettävänä").waitFor();
	await sheet(page).getByRole("button", { name: "Kumoa täydennyspyyntö" }).waitFor();
});

test("the_client_sees_the_comment_and_hands_in_again", async () => {
	const { page } = client;
	await sheet(page).getByText("Kerro vielä illasta.").first().waitFor();
	await sheet(page).getByText("Hieno alku!").first().waitFor();
	await clean(client, "returned");
	await sheet(page).getByLabel("Kerro päivästäsi").fill("Ilta meni lukiessa.");
	await saved(page);
	await sheet(page).getByRole("button", { name: "Palauta uudelleen" }).click();
	await sheet(page).getByRole("button", { name: "Palauta silti" }).click();
	await sheet(page).getByText("Olet palauttanut tehtävän").waitFor();
});

test("the_counsellor_accepts_takes_it_back_and_accepts", async () => {
	const { page } = staff;
	await sheet(page).getByText("Ilta meni lukiessa.").waitFor();
	await sheet(page).getByRole("button", { name: "Hyväksy tehtävä" }).click();
	await sheet(page).getByRole("button", { name: "Kumoa hyväksyminen" }).click();
	await sheet(page).getByRole("button", { name: "Hyväksy tehtävä" }).click();
	await sheet(page).getByText("Hyväksytty", { exact: true }).waitFor();
	await sheet(page).getByText(/Mitä on tapahtunut/).click();
	await clean(staff, "accepted");
	await sheet(client.page).getByText("Hyväksytty", { exact: true }).waitFor();
	await clean(client, "accepted-client");
	await shut(page);
	await shut(client.page);
});

test("the_meter_is_answered_twice_and_drawn_for_both", async () => {
	const { page } = staff;
	await openPanel(page);
	await sheet(page).getByRole("button", { name: "Anna tehtävä" }).click();
	await sheet(page).locator(".template-card", { hasText: "Mittari" }).first().click();
	await sheet(page).getByRole("button", { name: "Anna tehtävä" }).click();
	await sheet(page).locator(".assignment-row").nth(1).waitFor();
	const phonePage = client.page;
	await openPanel(phonePage);
	await sheet(phonePage).locator(".assignment-row").first().click();
	for (const value of [3, 7]) {
		const groups = sheet(phonePage).getByRole("group");
		await groups.first().waitFor();
		for (const [i, group] of (await groups.all()).entries()) {
			for (const radio of (await group.locator('input[type="radio"]').all()).slice(Math.min(10, value + (i % 3))).slice(0, 1)) await radio.check();
		}
		await sheet(phonePage).getByRole("button", { name: "Tallenna vastaukset" }).click();
		const anyway = sheet(phonePage).getByRole("button", { name: "Palauta silti" });
		await anyway.or(sheet(phonePage).getByRole("button", { name: "Vastaa uudelleen" })).first().waitFor();
		for (const one of await anyway.all()) await one.click();
		await sheet(phonePage).locator(".meter-plot").waitFor();
		if (value === 3) await sheet(phonePage).getByRole("button", { name: "Vastaa uudelleen" }).click();
	}
	await sheet(phonePage).getByRole("cell", { name: "noussut 4" }).first().waitFor();
	await phonePage.evaluate(() => document.querySelector("dialog")?.scrollTo(0, 0));
	await clean(client, "meter-client");
	await sheet(page).locator(".assignment-row").first().click();
	await sheet(page).locator(".meter-plot").waitFor();
	await sheet(page).getByRole("cell", { name: "noussut 4" }).first().waitFor();
	await clean(staff, "meter-staff");
});

test("the_counsellor_writes_one_for_this_client", async () => {
	const { page } = staff;
	await sheet(page).getByRole("button", { name: "Kaikki tehtävät" }).click();
	await sheet(page).getByRole("button", { name: "Anna tehtävä" }).click();
	await sheet(page).getByRole("button", { name: "Kirjoita oma tehtävä" }).click();
	await sheet(page).getByRole("button", { name: "Jatka" }).click();
	await sheet(page).locator(".fault-list li").first().waitFor();
	await clean(staff, "own-faults");
	await sheet(page).locator('[data-place^="title"] input').first().fill("Huomisen puhelu");
	await sheet(page).locator('[data-place^="description"] textarea').first().fill("Valmistaudu rauhassa.");
	await sheet(page).getByRole("button", { name: "Pitkä vastaus" }).or(sheet(page).getByRole("button", { name: /pitkä/i })).first().click();
	await sheet(page).locator(".field-card").first().locator("input, textarea").first().fill("Mitä aiot sanoa?");
	await clean(staff, "own");
	await sheet(page).getByRole("button", { name: "Jatka" }).click();
	await sheet(page).getByRole("button", { name: "Anna tehtävä" }).click();
	await sheet(page).locator(".assignment-row", { hasText: "Huomisen puhelu" }).click();
	await sheet(client.page).getByRole("button", { name: "Kaikki tehtävät" }).click();
	await sheet(client.page).locator(".assignment-row", { hasText: "Huomisen puhelu" }).waitFor();
	await sheet(client.page).locator(".assignment-row").nth(1).click();
});

test("a_reminder_is_shown_in_the_room_until_it_is_seen", async () => {
	await shut(client.page);
	const list = (await house.counsellor.engine.work("assignments", room)).list;
	const id = list.find((one) => one.given.template.title["fi"] === "Huomisen puhelu")?.id ?? "";
	await house.counsellor.engine.parts.link.call("reminder_put", { room, msg_id: id, at: Date.now() + 3_600_000 });
	await house.db.query("UPDATE reminder SET at = now()");
	await comes(async () => (await house.db.query("SELECT FROM reminder_due")).rowCount, 1);
	const { page } = client;
	const notice = page.locator(".reminders .notice", { hasText: "Huomisen puhelu" });
	await notice.waitFor();
	await page.locator("[aria-live=polite]", { hasText: "Muistutus: Huomisen puhelu" }).waitFor({ state: "attached" });
	await clean(client, "reminder");
	await notice.getByRole("button", { name: /Avaa tehtävä/ }).click();
	await sheet(page).getByText("Mitä aiot sanoa?").waitFor();
	await comes(() => notice.count(), 0);
});

test("a_withdrawal_reaches_the_client_while_they_write", async () => {
	const { page } = staff;
	await sheet(page).getByRole("button", { name: "Kaikki tehtävät" }).click();
	await sheet(page).locator(".assignment-row", { hasText: /viikko/i }).first().click();
	await sheet(client.page).getByRole("button", { name: "Kaikki tehtävät" }).click();
	await sheet(client.page).locator(".assignment-row", { hasText: /viikko/i }).first().click();
	await sheet(client.page).locator("form").waitFor();
	await sheet(page).getByRole("button", { name: "Peru tehtävä" }).click();
	await sheet(page).getByRole("group", { name: "Peru tehtävä" }).getByRole("button", { name: "Peru tehtävä" }).click();
	await sheet(client.page).getByText("Peruttu", { exact: true }).waitFor();
	await comes(() => sheet(client.page).locator("form").count(), 0);
	await sheet(page).getByRole("button", { name: "Kumoa peruminen" }).click();
	await sheet(client.page).locator("form").waitFor();
	assert.deepEqual([...client.complaints, ...staff.complaints], []);
});

test("what_two_devices_wrote_at_once_is_told_and_can_be_taken_back", async () => {
	const second = await open(browser, { size: desk, dark: true });
	const { page } = second;
	await page.goto(house.service.origin);
	await comeBy(page, ...CLIENT);
	await page.getByLabel("Salalause", { exact: true }).fill(OWN);
	await page.getByRole("button", { name: "Avaa", exact: true }).click();
	await page.locator(".bubble", { hasText: "Tervetuloa" }).first().waitFor();
	await openPanel(page);
	await sheet(page).locator(".assignment-row", { hasText: /viikko/i }).first().click();
	const field = (p: Page) => sheet(p).getByLabel(/Mikä yksi asia voisi ensi viikolla olla toisin/);
	await field(page).waitFor();
	await sheet(page).getByText(/kohtaa täytetty/).waitFor();
	const stored = async (): Promise<number> => Number((await house.db.query("SELECT coalesce(sum(version), 0) AS n FROM draft")).rows[0].n);
	const before = await stored();
	await field(client.page).fill("Nukun enemmän (puhelimella)");
	await comes(stored, (version) => version > before, "the telephone's is stored");
	await field(page).fill("Soitan mummolle (koneella)");
	await sheet(page).getByText(/Muutit tätä toisella laitteellasi klo/).waitFor();
	await comes(() => field(page).inputValue(), "Soitan mummolle (koneella)", "the later one stands");
	await sheet(page).getByText(/Näytä toinen/).click();
	await sheet(page).getByText("Nukun enemmän (puhelimella)").waitFor();
	await clean(second, "two-devices-dark");
	await sheet(page).getByRole("button", { name: "Ota tämä takaisin" }).click();
	await page.waitForFunction(() => [...document.querySelectorAll("textarea")].some((one) => one.value === "Nukun enemmän (puhelimella)"));
	await sheet(page).getByText(/Muutit tätä/).waitFor({ state: "detached" });
	await second.close();
});

test("in_a_closed_room_assignments_are_read_and_not_changed", async () => {
	await house.counsellor.engine.openRoom(room, "fi");
	await house.counsellor.engine.closeRoom(room, "finished");
	await sheet(client.page).getByText("Ohjaustila on suljettu. Tehtäviä voi lukea").waitFor();
	await comes(() => sheet(client.page).locator("form").count(), 0);
	await clean(client, "closed");
	assert.deepEqual([...client.complaints, ...staff.complaints], []);
});
