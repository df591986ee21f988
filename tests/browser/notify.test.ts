// Where a person hears that something waits: a client on a phone, by keyboard, and a counsellor at a desk. One story, in order.
import assert from "node:assert/strict";
import { after } from "node:test";
import type { Browser, Locator, Page } from "playwright-core";
import { PASSPHRASE } from "../client/organisation.js";
import { closeHouse, openHouse, type House } from "../flow/house.js";
import { comeBy, comes, desk, findings, keep, launch, open, overflow, phone, type Tab } from "./lib.mjs";
import { before, story } from "../lib/story.mjs";

const test = story();
const OWN = "hiljainen järvi syksyn aamussa";
const ADDRESS = "aino@posti.example";

let house: House;
let browser: Browser;
let client: Tab;
let staff: Tab;

const clean = async (tab: Tab, name: string): Promise<void> => {
	await part(tab.page).scrollIntoViewIfNeeded();
	await keep(tab.page, `notify-${name}`);
	assert.deepEqual(await findings(tab.page), []);
	assert.deepEqual(tab.complaints, []);
	assert.ok((await overflow(tab.page)) <= 0, "scrolls sideways");
};
const part = (page: Page): Locator => page.getByRole("group", { name: "Ilmoitukset" });
const toAccount = async (page: Page): Promise<void> => {
	await page.getByLabel("Valikko").click();
	await page.getByRole("button", { name: "Oma tili" }).click();
	await page.getByRole("heading", { name: "Ilmoitukset" }).waitFor();
};
/** The place has the focus after an act that took away what had it. */
const focused = (page: Page): Promise<unknown> => page.waitForFunction(() => document.activeElement?.classList.contains("notify"));
const codes = async (n: number): Promise<string> => {
	const letters = await comes(() => house.mailbox.letters.filter((one) => one.to.includes(ADDRESS)), (all) => all.length >= n, `letter ${n}`);
	const body = Buffer.from(letters.at(-1)?.text.split("\r\n\r\n")[1] ?? "", "base64").toString("utf8");
	return /\d{4} \d{4}/.exec(body)?.[0] ?? "";
};

before(async () => {
	house = await openHouse({ staff_without_passkey: "yes" });
	browser = await launch();
	client = await open(browser, { size: phone, hasTouch: true });
	staff = await open(browser, { size: desk });
});
after(async () => {
	await browser?.close();
	if (house) await closeHouse(house);
});

test("a_client_finds_what_it_is_for_and_gives_an_address_by_keyboard", async () => {
	const { link } = await house.counsellor.engine.invite({ name: "Aino", welcome: "Tervetuloa!" });
	const { page } = client;
	await page.goto(link);
	await comeBy(page, "Esittelypankki", "Oona Näyte");
	await page.getByLabel("Millä nimellä").fill("Aino K.");
	await page.getByLabel("Keksin salalauseen itse").check();
	await page.getByLabel("Salalause", { exact: true }).fill(OWN);
	await page.getByRole("button", { name: "Ota käyttöön" }).click();
	await page.getByLabel("Koodi on tallessa").check();
	await page.getByRole("button", { name: "Jatka" }).click();
	await page.locator(".bubble", { hasText: "Tervetuloa" }).first().waitFor();
	await toAccount(page);
	await part(page).getByLabel("Sähköpostiosoite").focus();
	await clean(client, "none");
	await page.keyboard.type("aino");
	await page.keyboard.press("Enter");
	await part(page).getByText("Tarkista osoite").waitFor();
	await clean(client, "address-wrong");
	await page.keyboard.press("End");
	await page.keyboard.type("@posti.example");
	await page.keyboard.press("Enter");
	await part(page).getByText(`Lähetimme koodin osoitteeseen ${ADDRESS}`).waitFor();
	await focused(page);
	await clean(client, "code");
});

test("a_wrong_code_says_how_many_tries_are_left_and_the_right_one_confirms", async () => {
	const { page } = client, code = await codes(1);
	await page.keyboard.press("Tab");
	await page.keyboard.type("1234");
	await page.keyboard.press("Enter");
	await part(page).getByText("Koodissa on kahdeksan numeroa.").waitFor();
	await part(page).getByLabel("Vahvistuskoodi").fill(code === "0000 0000" ? "1111 1111" : "0000 0000");
	await page.keyboard.press("Enter");
	await part(page).getByText("Voit yrittää vielä 4 kertaa.").waitFor();
	await clean(client, "code-wrong");
	await part(page).getByLabel("Vahvistuskoodi").fill(code);
	await page.keyboard.press("Enter");
	await part(page).getByText(`Ilmoitukset lähetetään osoitteeseen ${ADDRESS}`).waitFor();
	await focused(page);
	await clean(client, "confirmed");
});

test("what_is_told_is_chosen_and_kept", async () => {
	const { page } = client, messages = part(page).getByLabel("Uusi viesti odottaa"), reminders = part(page).getByLabel("Tehtävän määräpäivä lähestyy");
	await messages.focus();
	await page.keyboard.press("Space");
	await part(page).getByText("Valinta on tallessa.").waitFor();
	await reminders.uncheck();
	await part(page).getByLabel("Sähköpostin kieli").selectOption("sv");
	await part(page).getByText("Valinta on tallessa.").waitFor();
	await comes(async () => (await house.db.query("SELECT messages, reminders, language FROM notify_address")).rows, [{ messages: false, reminders: false, language: "sv" }], "all three are stored");
	await page.reload();
	await page.getByLabel("Salalause", { exact: true }).fill(OWN);
	await page.getByRole("button", { name: "Avaa", exact: true }).click();
	await part(page).getByText("Nyt sinulle ei lähetetä ilmoituksia.").waitFor();
	await comes(async () => [await messages.isChecked(), await reminders.isChecked(), await part(page).getByLabel("Sähköpostin kieli").inputValue()], [false, false, "sv"]);
	await clean(client, "nothing");
});

test("an_address_that_is_refused_says_so_by_itself", async () => {
	const { page } = client;
	house.mailbox.nobody.add("vaara@posti.example");
	await part(page).getByRole("button", { name: "Vaihda osoite" }).click();
	await part(page).getByLabel("Uusi sähköpostiosoite").fill("vaara@posti.example");
	await part(page).getByRole("button", { name: "Lähetä vahvistuskoodi" }).click();
	await part(page).getByText("Ilmoitukset eivät mene perille").waitFor();
	await clean(client, "refused");
	await part(page).getByRole("button", { name: "Poista osoite" }).click();
	await part(page).getByLabel("Sähköpostiosoite").waitFor();
	await focused(page);
	await comes(async () => (await house.db.query("SELECT FROM notify_address")).rows.length, 0);
});

test("a_counsellor_has_no_reminders_to_choose", async () => {
	const { page } = staff;
	await page.goto(house.service.origin);
	await comeBy(page, "Esittelyviraston kirjautuminen", "Anna Virtanen");
	await page.getByLabel("Salalause", { exact: true }).fill(PASSPHRASE);
	await page.getByRole("button", { name: "Avaa", exact: true }).click();
	await page.locator(".room-row").first().waitFor();
	await toAccount(page);
	await part(page).getByLabel("Sähköpostiosoite").fill(ADDRESS);
	await part(page).getByRole("button", { name: "Lähetä vahvistuskoodi" }).click();
	await part(page).getByLabel("Vahvistuskoodi").fill(await codes(2));
	await part(page).getByRole("button", { name: "Vahvista osoite" }).click();
	await part(page).getByLabel("Uusi viesti odottaa").waitFor();
	await comes(() => part(page).getByLabel("Tehtävän määräpäivä lähestyy").count(), 0);
	await clean(staff, "staff");
});
