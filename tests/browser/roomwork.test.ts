// The guidance work beside the talk, on the whole service: a counsellor at a desk, a client on a phone. One story, in order; at its end the
// client takes the room out.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { after } from "node:test";
import type { Browser, Locator, Page } from "playwright-core";
import { PASSPHRASE } from "../client/organisation.js";
import { atBank, closeHouse, cookieOf, openHouse, proveAgain, say, talk, type House, type Talk } from "../flow/house.js";
import { check, entriesOf } from "../lib/taken.js";
import { comes, desk, findings, keep, launch, open, overflow, phone, web, type Tab } from "./lib.mjs";
import { before, story } from "../lib/story.mjs";
import { LARGE, takingTests } from "./taking.js";

const test = story();
let house: House;
let browser: Browser;
let staff: Tab;
let client: Tab;
let one: Talk;
let taken: Uint8Array<ArrayBuffer>;

const clean = async (tab: Tab, name: string): Promise<void> => {
	await keep(tab.page, `roomwork-${name}`);
	assert.deepEqual(await findings(tab.page), []);
	assert.deepEqual(tab.complaints, []);
	assert.ok((await overflow(tab.page)) <= 0, "scrolls sideways");
};

/** A browser in which this person is signed in already. */
const come = async (tab: Tab, account: { person: string; role: string }): Promise<void> => {
	const [name, value] = (await cookieOf(house, account)).split("=") as [string, string];
	await tab.context.addCookies([{ name, value, url: house.service.origin, secure: true, httpOnly: true, sameSite: "Lax" }]);
	await tab.page.goto(house.service.origin);
	await tab.page.getByLabel("Salalause", { exact: true }).fill(PASSPHRASE);
	await tab.page.getByRole("button", { name: "Avaa", exact: true }).click();
};

const plan = (page: Page): Locator => page.getByRole("complementary", { name: "Suunnitelma" });
const openPlan = async (page: Page): Promise<void> => {
	await page.getByRole("button", { name: "Suunnitelma", exact: true }).click();
	await plan(page).getByRole("heading", { name: "Tavoitteet ja askeleet" }).waitFor();
};
const dialog = (page: Page): Locator => page.locator("dialog[open]");
const line = (page: Page, text: string): Locator => plan(page).locator(".plan-line", { hasText: text }).first();
const pick = async (page: Page, of: string, act: string): Promise<void> => {
	await line(page, of).locator("summary").first().click();
	await line(page, of).getByRole("button", { name: act, exact: true }).click();
};

before(async () => {
	house = await openHouse({ staff_without_passkey: "yes", ...(LARGE && { epoch_max_messages: "500", posts_per_minute: "100000" }) });
	browser = await launch();
	one = await talk(house, "Aino");
	await say(one.client, one.counsellor, one.room, "Haluaisin joskus oman asunnon.");
	staff = await open(browser, { size: desk });
	client = await open(browser, { size: phone, hasTouch: true });
	await come(staff, { person: one.counsellor.user, role: "counsellor" });
	await come(client, { person: one.client.user, role: "client" });
	await staff.page.locator(".room-row", { hasText: "Aino" }).click();
	for (const { page } of [staff, client]) await page.locator(".bubble", { hasText: "oman asunnon" }).waitFor();
});

after(async () => {
	await browser?.close();
	if (house) await closeHouse(house);
});

test("the_plan_opens_beside_the_talk_at_a_desk_and_begins_empty", async () => {
	await openPlan(staff.page);
	await plan(staff.page).getByText("Tavoitteita ei ole vielä kirjattu").waitFor();
	await plan(staff.page).getByText("Tämän palvelin näkee").waitFor();
	await comes(() => staff.page.evaluate(() => document.activeElement?.textContent), "Suunnitelma");
	await clean(staff, "empty-desk");
});

test("the_counsellor_writes_a_goal_and_a_step_by_keyboard", async () => {
	const { page } = staff;
	await plan(page).getByRole("button", { name: "Lisää tavoite" }).focus();
	await page.keyboard.press("Enter");
	await dialog(page).getByLabel("Tavoite").fill("Oma asunto");
	await dialog(page).getByLabel("Mihin mennessä").fill("31.2.2027");
	await dialog(page).getByText("Kirjoita päivä muodossa").waitFor();
	await dialog(page).getByRole("button", { name: "Tallenna" }).click();
	await dialog(page).getByLabel("Mihin mennessä").fill("1.9.2027");
	await clean(staff, "goal-dialog");
	await dialog(page).getByLabel("Mihin mennessä").press("Enter");
	await line(page, "Oma asunto").getByText("viimeistään 1.9.2027").waitFor();
	await pick(page, "Oma asunto", "Lisää askel");
	await dialog(page).getByLabel("Seuraava askel").fill("Soita vuokranantajalle");
	await dialog(page).getByLabel("Yhdessä").check();
	await dialog(page).getByRole("button", { name: "Tallenna" }).click();
	await line(page, "Soita vuokranantajalle").waitFor();
});

test("the_client_finds_it_on_the_phone_marks_a_step_and_adds_a_dream", async () => {
	const { page } = client;
	await openPlan(page);
	await comes(() => page.locator(".messages").isVisible(), false);
	await plan(page).getByRole("checkbox", { name: "Soita vuokranantajalle" }).check();
	await plan(page).getByRole("button", { name: "Lisää tavoite" }).click();
	await dialog(page).getByLabel("Tavoite").fill("Kokin ammatti");
	await dialog(page).getByRole("button", { name: "Tallenna" }).click();
	await line(page, "Kokin ammatti").waitFor();
	await clean(client, "goals-phone");
	await line(staff.page, "Kokin ammatti").waitFor();
	await comes(() => plan(staff.page).getByRole("checkbox", { name: "Soita vuokranantajalle" }).isChecked(), true);
	await pick(staff.page, "Soita vuokranantajalle", "Muutoshistoria");
	await dialog(staff.page).getByText("ei → kyllä").waitFor();
	await dialog(staff.page).getByText("Aino").first().waitFor();
	await clean(staff, "history");
	await staff.page.keyboard.press("Escape");
});

test("goals_are_moved_removed_and_brought_back", async () => {
	const { page } = client;
	await pick(page, "Kokin ammatti", "Siirrä ylemmäs");
	await page.waitForFunction(() => document.querySelector(".plan-list > li .plan-line label")?.textContent === "Kokin ammatti");
	await staff.page.waitForFunction(() => document.querySelector(".plan-list > li .plan-line label")?.textContent === "Kokin ammatti");
	await pick(page, "Kokin ammatti", "Poista");
	await plan(page).getByText("Poistettu: Kokin ammatti").waitFor();
	await plan(page).getByRole("button", { name: "Kumoa" }).click();
	await line(page, "Kokin ammatti").waitFor();
});

test("staff_write_phases_and_events_and_the_client_sees_where_things_are", async () => {
	const { page } = staff;
	await plan(page).getByRole("button", { name: "Lisää vaihe" }).click();
	await dialog(page).getByLabel("Vaiheen nimi").fill("Tutustuminen");
	await dialog(page).getByRole("button", { name: "Tallenna" }).click();
	await line(page, "Tutustuminen").getByText("Nyt").waitFor();
	await plan(page).getByRole("button", { name: "Lisää tapahtuma" }).click();
	await dialog(page).getByLabel("Mitä tapahtui").selectOption("called");
	await dialog(page).getByLabel("Muutamalla sanalla").fill("Puhuttiin asunnoista.");
	await dialog(page).getByRole("button", { name: "Tallenna" }).click();
	await line(client.page, "Puhuttiin asunnoista.").waitFor();
	await line(client.page, "Tutustuminen").waitFor();
	await comes(() => plan(client.page).getByRole("button", { name: "Lisää vaihe" }).count(), 0);
});

test("a_private_note_is_on_no_page_of_the_client_and_topics_are_told_plainly", async () => {
	const { page } = staff;
	await plan(page).getByLabel("Muistiinpano", { exact: true }).fill("Vaikuttaa väsyneeltä.");
	await plan(page).getByRole("button", { name: "Tallenna muistiinpano" }).click();
	await line(page, "Vaikuttaa väsyneeltä.").waitFor();
	await plan(page).getByLabel("Asuminen").check();
	await plan(page).getByRole("button", { name: "Tallenna aiheet" }).click();
	await page.getByText("Aiheet tallennettu.").first().waitFor({ state: "attached" });
	await page.locator(".plan-part").last().scrollIntoViewIfNeeded();
	await clean(staff, "notes-topics");
	await comes(() => client.page.getByText("Vaikuttaa väsyneeltä").count(), 0);
	await plan(client.page).getByRole("button", { name: "Sulje suunnitelma" }).click();
	await client.page.getByRole("button", { name: "Tietoja" }).click();
	await dialog(client.page).getByText("Ohjaaja voi pitää tässä tilassa muistiinpanoja").waitFor();
	await dialog(client.page).getByText("Asuminen").waitFor();
	await clean(client, "details-phone");
	await comes(() => client.page.getByText("Vaikuttaa väsyneeltä").count(), 0);
});

test("the_summary_is_asked_for_at_closing_and_given", async () => {
	const { page } = staff;
	await page.getByRole("button", { name: "Tietoja" }).click();
	await page.getByRole("button", { name: /Sulje ohjaustila/ }).click();
	const closing = page.locator("dialog[open]").last();
	await closing.getByText("Tilassa ei ole vielä yhteenvetoa").waitFor();
	await closing.getByLabel("Ohjaajan yhteenveto").fill("Löysimme suunnan.");
	await closing.getByRole("button", { name: "Tallenna luonnos" }).click();
	await page.getByText("Luonnos tallennettu.").first().waitFor({ state: "attached" });
	await clean(staff, "closing");
	await closing.getByRole("button", { name: "Anna asiakkaalle" }).click();
	await closing.getByText("Tilassa on yhteenveto").waitFor();
	for (const title of ["Sulje ohjaustila", "Tietoja ohjaustilasta"]) await page.getByRole("dialog", { name: title }).locator("header button").last().click();
	await plan(page).locator(".plan-given", { hasText: "Löysimme suunnan." }).waitFor();
});

const take = async (page: Page, form: RegExp): Promise<Buffer> => {
	const taking = page.locator("dialog[open]").last();
	await taking.getByLabel(form).check();
	await taking.getByRole("button", { name: "Aloita" }).click();
	const link = taking.getByRole("link", { name: /^Tallenna luotsi-/ });
	await link.waitFor();
	const [download] = await Promise.all([page.waitForEvent("download"), link.click()]);
	return readFileSync(await download.path());
};

test("the_client_takes_the_room_out_as_a_pdf_and_as_a_zip_that_is_true", async () => {
	const { page } = client;
	await proveAgain(house, one.client); // the sign-in may be five minutes ago
	await page.evaluate(() => Object.assign(window, { showSaveFilePicker: undefined })); // a browser that cannot write into a file
	await page.getByRole("button", { name: "Lataa koko tila" }).click();
	await clean(client, "take-out");
	const form = page.locator("dialog[open]").last();
	await page.route("**/*.ttf", () => undefined); // never comes
	await form.getByRole("button", { name: "Aloita" }).click();
	await form.getByRole("progressbar").waitFor();
	await form.getByRole("button", { name: "Keskeytä" }).click();
	await form.getByText("Keskeytetty. Mitään ei tallennettu.").waitFor();
	await page.unroute("**/*.ttf");
	const pdf = await take(page, /PDF/);
	assert.equal(pdf.subarray(0, 5).toString(), "%PDF-");
	assert.ok(pdf.includes("/StructTreeRoot") && pdf.includes("(fi-FI)") && pdf.includes("/MarkInfo"));
	await clean(client, "take-out-ready");
	const zip = new Uint8Array(await take(page, /ZIP/));
	taken = zip;
	assert.deepEqual((await check(zip)).findings, []);
	const entries = await entriesOf(zip);
	assert.ok(entries.get("messages.json")?.includes("oman asunnon"));
	assert.ok(entries.get("work.json")?.includes("Löysimme suunnan."));
	assert.ok(![...entries.values()].some((text) => text.includes("väsyneeltä")));
	assert.ok(entries.get("README.txt")?.startsWith("Luotsi: ohjaustila"));
});

/** A real file of the page's own, in the place of the one that a person would choose. */
const chooseFiles = (page: Page): Promise<unknown> =>
	page.evaluate(() => {
		const showSaveFilePicker = async ({ suggestedName }: { suggestedName: string }): Promise<FileSystemFileHandle> =>
			(await navigator.storage.getDirectory()).getFileHandle(suggestedName, { create: true });
		return void Object.assign(window, { showSaveFilePicker });
	});

const filesThere = (page: Page): Promise<{ name: string; bytes: number[] }[]> =>
	page.evaluate(async () => {
		const found: { name: string; bytes: number[] }[] = [];
		const all = (await navigator.storage.getDirectory()) as FileSystemDirectoryHandle & { values(): AsyncIterable<FileSystemFileHandle> };
		for await (const one of all.values()) found.push({ name: one.name, bytes: [...new Uint8Array(await (await one.getFile()).arrayBuffer())] });
		return found;
	});

test("where_a_browser_can_the_zip_grows_in_the_chosen_file_and_what_is_cancelled_leaves_none", async () => {
	const { page } = client;
	await proveAgain(house, one.client);
	await chooseFiles(page);
	const form = page.locator("dialog[open]").last();
	await form.getByLabel(/ZIP/).check();
	await page.route("**/export-*.js", () => undefined); // never comes
	await form.getByRole("button", { name: "Aloita" }).click();
	await form.getByRole("progressbar").waitFor();
	await form.getByRole("button", { name: "Keskeytä" }).click();
	await form.getByText("Keskeytetty. Mitään ei tallennettu.").waitFor();
	await comes(() => filesThere(page), []);
	await page.unroute("**/export-*.js");
	await form.getByRole("button", { name: "Aloita" }).click();
	await form.getByText(/^Tallennettu tiedostoon luotsi-/).waitFor();
	await clean(client, "take-out-file");
	const [file, ...more] = await filesThere(page);
	assert.deepEqual(more, []);
	assert.deepEqual((await check(new Uint8Array(file?.bytes ?? []))).findings, []);
});

test("a_counsellor_says_why_a_copy_is_taken_and_the_client_reads_it_in_the_room", async () => {
	const { page } = staff;
	await proveAgain(house, one.counsellor);
	await page.getByRole("button", { name: "Tietoja" }).click();
	await page.getByRole("button", { name: "Ota tilasta kopio" }).click();
	const form = page.getByRole("dialog", { name: "Ota tilasta kopio" });
	await comes(() => form.getByRole("button", { name: "Aloita" }).isDisabled(), true);
	await form.getByLabel("Miksi otat kopion?").fill("Pyysit tietosi paperilla.");
	await form.getByLabel("Ota mukaan ohjaajien omat muistiinpanot").press("Space");
	await form.getByText("Otan tästä ohjaustilasta kopion, jossa ovat mukana myös ohjaajien omat muistiinpanot. Syy: Pyysit tietosi paperilla.").waitFor();
	await clean(staff, "take-out-staff");
	await form.getByRole("button", { name: "Aloita" }).press("Enter");
	const link = form.getByRole("link", { name: /^Tallenna luotsi-.*pdf/ });
	await link.waitFor();
	const [download] = await Promise.all([page.waitForEvent("download"), link.click()]);
	assert.equal(readFileSync(await download.path()).subarray(0, 5).toString(), "%PDF-");
	for (const title of ["Ota tilasta kopio", "Tietoja ohjaustilasta"]) await page.getByRole("dialog", { name: title }).locator("header button").last().click();
	await client.page.locator(".bubble", { hasText: "Syy: Pyysit tietosi paperilla." }).waitFor({ state: "attached" });
});

test("the_checking_page_works_from_a_disk_without_a_network_and_names_what_was_changed", async () => {
	const disk = await open(browser, { size: phone });
	await disk.context.setOffline(true);
	await disk.page.goto(pathToFileURL(join(web, "dist", "tarkistus.html")).href);
	const choose = (name: string, bytes: Uint8Array) => disk.page.locator("input[type=file]").setInputFiles({ name, mimeType: "application/zip", buffer: Buffer.from(bytes) });
	await clean(disk, "check-empty");
	await choose("tila.zip", taken);
	await disk.page.getByRole("heading", { name: "Kaikki täsmää" }).waitFor();
	await disk.page.getByText("Oona Ohjaaja, Testikunta").waitFor();
	await clean(disk, "check-good");
	const spoilt = taken.slice();
	const at = Buffer.from(taken).indexOf("oman asunnon", Buffer.from(taken).indexOf("messages.json"));
	spoilt[at] = (spoilt[at] as number) ^ 1;
	await disk.page.getByLabel("Kieli").selectOption("en");
	await choose("tila.zip", spoilt);
	await disk.page.getByRole("heading", { name: "The file does not agree" }).waitFor();
	await disk.page.getByText(/^messages\.json, \d+ \(\d+\)$/).waitFor();
	await clean(disk, "check-bad");
	await disk.page.getByLabel("Language").selectOption("sv");
	await choose("annat.zip", new TextEncoder().encode("ingen zip"));
	await disk.page.getByText("Det här är ingen ZIP från Luotsi").waitFor();
	await clean(disk, "check-none");
	await disk.close();
});

takingTests(() => house, () => browser);

test("without_a_fresh_proof_the_client_is_told_what_to_do", async () => {
	const { page } = client;
	const account = Buffer.from(one.client.user, "base64url").toString("hex");
	await house.db.query("UPDATE session SET fresh_until = now() WHERE account = $1", [account]);
	await page.reload();
	await page.getByLabel("Salalause", { exact: true }).fill(PASSPHRASE);
	await page.getByRole("button", { name: "Avaa", exact: true }).click();
	await page.getByRole("button", { name: "Tietoja" }).click();
	await page.getByRole("button", { name: "Lataa koko tila" }).click();
	await page.locator("dialog[open]").last().getByRole("button", { name: "Aloita" }).click();
	await page.locator("dialog[open]").last().getByText(/Kirjaudu ulos ja uudelleen sisään/).waitFor();
	assert.ok(atBank(one.client.user) !== "");
});
