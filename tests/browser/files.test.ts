// Files in the browser: a client on a phone, a counsellor at a desk. The tests are one story and run in order.
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after } from "node:test";
import type { Browser, Locator, Page } from "playwright-core";
import { PASSPHRASE } from "../client/organisation.js";
import { docx, heicHead, pdf, png } from "../client/samples.js";
import { closeHouse, openHouse, type House } from "../flow/house.js";
import { comeBy, comes, desk, findings, keep, launch, open, overflow, phone, type Tab } from "./lib.mjs";
import { before, story } from "../lib/story.mjs";
import { concat, utf8, type Bytes } from "../../web/src/seal/bytes.js";

const test = story();
const OWN = "pitkä rannalla kuljettu kesäpäivä";
const COUNSELLOR = ["Esittelyviraston kirjautuminen", "Anna Virtanen"] as const;
const CLIENT = ["Esittelypankki", "Oona Näyte"] as const;
const SECRET = "Kotikatu 7 B 12, Kuopio";

let house: House;
let browser: Browser;
let staff: Tab;
let client: Tab;
let folder = ""; // large files go by their names

interface Given {
	readonly name: string;
	readonly mimeType: string;
	readonly buffer: Buffer;
}

const given = (name: string, bytes: Uint8Array, mimeType = ""): Given => ({ name, mimeType, buffer: Buffer.from(bytes) });
const clean = async (tab: Tab, name: string): Promise<void> => {
	await keep(tab.page, `files-${name}`);
	assert.deepEqual(await findings(tab.page), []);
	assert.deepEqual(tab.complaints, []);
	assert.ok((await overflow(tab.page)) <= 0, "scrolls sideways");
};
const choose = async (page: Page, files: readonly Given[] | readonly string[]): Promise<void> => {
	await page.getByLabel("Lisää tiedosto", { exact: true }).click();
	const asked = page.waitForEvent("filechooser");
	await page.getByRole("button", { name: "Valitse tiedosto" }).click();
	await (await asked).setFiles([...files] as Given[] | string[]);
};
const sheet = (page: Page): Locator => page.locator("dialog[open]").last();
const card = (page: Page, name: string): Locator => page.locator(".bubble.file", { hasText: name }).first();
const shut = async (page: Page): Promise<void> => {
	await sheet(page).locator("header button").last().click(); // two Esc in a row leave the page at once
	await page.waitForSelector("dialog[open]", { state: "detached" });
};
const sendNow = async (page: Page): Promise<void> => {
	await sheet(page).getByRole("button", { name: /^Lähetä/ }).click();
	await page.waitForSelector("dialog[open]", { state: "detached" });
};
const saved = async (page: Page, act: () => Promise<void>): Promise<{ name: string; bytes: Buffer }> => {
	const waiting = page.waitForEvent("download");
	await act();
	const download = await waiting;
	return { name: download.suggestedFilename(), bytes: readFileSync(await download.path()) };
};

/** A JPEG as a telephone takes it: with the place, the time and the device in it, lying on its side. */
const photograph = async (page: Page): Promise<Bytes> => {
	const base = await page.evaluate(async () => {
		const canvas = new OffscreenCanvas(1200, 800);
		const c = canvas.getContext("2d") as OffscreenCanvasRenderingContext2D;
		c.fillStyle = "#2a6ebb";
		c.fillRect(0, 0, 1200, 800);
		c.fillStyle = "#fff";
		c.fillRect(100, 100, 300, 200);
		return [...new Uint8Array(await (await canvas.convertToBlob({ type: "image/jpeg", quality: 0.9 })).arrayBuffer())];
	});
	const bytes = Uint8Array.from(base);
	const tiff = concat(utf8("II*\0\b\0\0\0"), Uint8Array.of(1, 0, 0x12, 1, 3, 0, 1, 0, 0, 0, 6, 0, 0, 0, 0, 0, 0, 0), utf8(`Nokia ${SECRET} 2026:11:22`));
	const exif = concat(utf8("Exif\0\0"), tiff);
	const segment = concat(Uint8Array.of(0xff, 0xe1, (exif.length + 2) >> 8, (exif.length + 2) & 255), exif);
	return concat(bytes.slice(0, 2) as Bytes, segment, bytes.slice(2) as Bytes, utf8(`<html>${SECRET}</html>`));
};

before(async () => {
	folder = mkdtempSync(join(tmpdir(), "luotsi-files."));
	house = await openHouse({ staff_without_passkey: "yes" });
	browser = await launch();
	staff = await open(browser, { size: desk });
	client = await open(browser, { size: phone, hasTouch: true });
});
after(async () => {
	rmSync(folder, { recursive: true, force: true });
	await browser?.close();
	if (house) await closeHouse(house);
});

test("both_are_in_the_room", async () => {
	const made = await house.counsellor.engine.invite({ name: "Aino", welcome: "Tervetuloa!" });
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
	await page.getByLabel("Lisää tiedosto", { exact: true }).waitFor();
});

test("the_menu_opens_by_keyboard_and_offers_a_file_and_the_camera", async () => {
	const { page } = client;
	await page.getByLabel("Lisää tiedosto", { exact: true }).focus();
	await page.keyboard.press("Enter");
	await page.getByRole("button", { name: "Ota kuva" }).waitFor();
	await clean(client, "menu");
	await page.keyboard.press("Escape");
	await page.getByRole("button", { name: "Ota kuva" }).waitFor({ state: "hidden" });
	await comes(() => page.evaluate(() => document.activeElement?.getAttribute("aria-label")), "Lisää tiedosto");
});

test("the_camera_of_the_phone_is_asked_for_and_its_picture_is_shown_before_it_goes", async () => {
	const { page } = client;
	await page.getByLabel("Lisää tiedosto", { exact: true }).tap();
	const asked = page.waitForEvent("filechooser");
	await page.getByRole("button", { name: "Ota kuva" }).tap();
	const chooser = await asked;
	await comes(() => chooser.element().evaluate((input) => [input.getAttribute("capture"), input.getAttribute("accept")]), ["environment", "image/*"]);
	await chooser.setFiles(given("image.jpg", await photograph(page), "image/jpeg"));
	await sheet(page).getByText("800 × 1200").waitFor();
	await sheet(page).getByRole("button", { name: "Älä lähetä" }).tap();
	await page.waitForSelector("dialog[open]", { state: "detached" });
});

test("an_empty_list_says_so", async () => {
	await client.page.getByRole("navigation", { name: "Ohjaustilan osat" }).getByRole("button", { name: "Tiedostot" }).click();
	await sheet(client.page).getByText("Täällä ei ole vielä tiedostoja").waitFor();
	await clean(client, "empty");
	await shut(client.page);
});

test("a_photograph_is_shown_as_it_goes_and_nothing_is_left_of_where_it_was_taken", async () => {
	const { page } = client;
	const bytes = await photograph(page);
	assert.ok(Buffer.from(bytes).includes(SECRET));
	await choose(page, [given("IMG_0001.jpg", bytes, "image/jpeg"), given("muistio.txt", utf8("Kysy jatkuvasta hausta.\nJa tuetusta opiskelusta."))]);
	await sheet(page).getByAltText(/sellaisena kuin se lähetetään/).waitFor();
	await sheet(page).getByText("800 × 1200").waitFor(); // upright, as the telephone says it was held
	await sheet(page).getByLabel("Mitä kuvassa on?").fill("Kirje TE-toimistosta");
	await clean(client, "choosing");
	await sheet(page).getByRole("button", { name: "Lähetä 2 tiedostoa" }).click();
	await page.waitForSelector("dialog[open]", { state: "detached" });
	await card(staff.page, "IMG_0001.jpg").waitFor();
	await card(staff.page, "muistio.txt").waitFor();
	await card(staff.page, "Kirje TE-toimistosta").waitFor();
	await clean(staff, "cards");
	await clean(client, "cards-phone");
	const got = await saved(staff.page, () => card(staff.page, "IMG_0001.jpg").getByRole("button", { name: "Tallenna IMG_0001.jpg" }).click());
	assert.equal(got.name, "IMG_0001.jpg");
	assert.ok(got.bytes.subarray(0, 3).equals(Buffer.from([0xff, 0xd8, 0xff])));
	for (const trace of [SECRET, "Exif", "Nokia", "<html"]) assert.equal(got.bytes.indexOf(trace), -1, trace);
});

test("a_picture_a_text_and_a_pdf_are_looked_at_without_leaving_the_page", async () => {
	const { page } = staff;
	await card(page, "IMG_0001.jpg").getByRole("button", { name: "Katso IMG_0001.jpg" }).click();
	await sheet(page).getByAltText("Kirje TE-toimistosta").waitFor();
	await page.waitForFunction(() => (document.querySelector<HTMLImageElement>(".look-picture")?.naturalHeight ?? 0) === 1200);
	await clean(staff, "look-picture");
	const wide = (): Promise<number> => page.locator(".look-picture").evaluate((one) => one.clientWidth / (one.parentElement?.clientWidth ?? 1));
	for (let i = 0; i < 3; i++) await sheet(page).getByRole("button", { name: "Suurenna" }).press("Enter");
	await comes(async () => Math.round(await wide()), 3);
	for (let i = 0; i < 3; i++) await sheet(page).getByRole("button", { name: "Pienennä" }).press("Space");
	await sheet(page).getByText("100 %").waitFor();
	await page.keyboard.press("Escape");
	await page.waitForSelector("dialog[open]", { state: "detached" });
	await card(page, "muistio.txt").getByRole("button", { name: "Katso muistio.txt" }).click();
	await sheet(page).getByText("Ja tuetusta opiskelusta.").waitFor();
	await clean(staff, "look-text");
	await shut(page);

	const script = pdf(["Hakemus opiskelemaan", "Toinen sivu", "Kolmas sivu"], "/OpenAction<</S/JavaScript/JS(app.alert\\(1\\))>>");
	await choose(page, [given("hakemus.pdf", script, "application/pdf")]);
	await sendNow(page);
	await card(client.page, "hakemus.pdf").getByRole("button", { name: "Katso hakemus.pdf" }).click();
	await sheet(client.page).locator("canvas").waitFor();
	await sheet(client.page).getByText("Hakemus opiskelemaan").waitFor({ state: "attached" });
	const dark = () => sheet(client.page).locator("canvas").evaluate((canvas: HTMLCanvasElement) => {
		const { data } = (canvas.getContext("2d") as CanvasRenderingContext2D).getImageData(0, 0, canvas.width, canvas.height);
		return data.some((value, i) => i % 4 === 3 && value > 0) && data.some((value, i) => i % 4 === 0 && value < 60 && (data[i + 3] ?? 0) > 200);
	});
	await comes(dark, true, "the page is not empty");
	await clean(client, "look-pdf");
	const next = sheet(client.page).getByRole("button", { name: "Seuraava sivu" });
	await next.tap();
	await sheet(client.page).getByText("Toinen sivu").waitFor({ state: "attached" });
	await next.focus();
	for (let i = 0; i < 3; i++) await client.page.keyboard.press("Enter"); // at the end it stays where it is
	await sheet(client.page).getByText("Kolmas sivu").waitFor({ state: "attached" });
	await comes(() => client.page.evaluate(() => document.activeElement?.textContent), "Seuraava sivu");
	await client.page.keyboard.press("Shift+Tab");
	await client.page.keyboard.press("Space");
	await sheet(client.page).getByText("Toinen sivu").waitFor({ state: "attached" });
	await sheet(client.page).getByRole("button", { name: "Suurenna" }).tap();
	await sheet(client.page).getByText("150 %").waitFor();
	const frame = sheet(client.page).getByRole("region", { name: "hakemus.pdf" });
	await comes(() => frame.evaluate((one) => one.scrollWidth > one.clientWidth * 1.4), true);
	await frame.focus();
	await client.page.keyboard.press("ArrowRight");
	await comes(() => frame.evaluate((one) => one.scrollLeft > 0), true);
	await clean(client, "look-pdf-near");
	await sheet(client.page).getByRole("button", { name: "Sulje", exact: true }).last().tap();
	await client.page.waitForSelector("dialog[open]", { state: "detached" });
});

test("what_may_not_be_sent_is_refused_with_a_sentence_and_goes_nowhere", async () => {
	const { page } = client;
	const before = await house.db.query<{ n: number }>("SELECT count(*)::int AS n FROM file");
	const bad: [Given, RegExp][] = [
		[given("kuva.svg", utf8('<svg xmlns="http://www.w3.org/2000/svg" onload="x()"/>'), "image/svg+xml"), /ohjelmakoodia/], [given("kuva.png", utf8("<!doctype html><script>x()</script>"), "image/png"), /ohjelmakoodia/],
		[given("sivu.pdf", concat(utf8("%PDF-1.4\n<html><script>x()</script>"), pdf()), "application/pdf"), /ohjelmakoodia/], [given("ohje.docx", docx({ "word/vbaProject.bin": "x" })), /makroja/],
		[given("IMG_2041.HEIC", heicHead(4_032, 3_024), "image/heic"), /HEIC-muodossa, jota tämä laite ei osaa avata/],
		[given("pommi.png", png(1, 1, { width: 60_000, height: 60_000 }), "image/png"), /liian suuri/], [given("ohjelma.jpg", utf8("MZ\u0000\u0001\u0002"), "image/jpeg"), /Tällaista tiedostoa ei voi lähettää/],
		[given("nolla.txt", new Uint8Array(0)), /Tiedosto on tyhjä/],
	];
	await choose(page, bad.map(([file]) => file));
	for (const [{ name }, says] of bad) await sheet(page).locator(".notice", { hasText: name }).getByText(says).waitFor();
	await comes(() => sheet(page).getByRole("button", { name: /^Lähetä/ }).isDisabled(), true);
	await clean(client, "refused");
	await sheet(page).getByRole("button", { name: "Jätä pois kuva.svg" }).click();
	await sheet(page).locator(".notice", { hasText: "kuva.svg" }).waitFor({ state: "detached" });
	await sheet(page).getByRole("button", { name: "Älä lähetä" }).click();
	await page.waitForSelector("dialog[open]", { state: "detached" });
	assert.deepEqual((await house.db.query("SELECT count(*)::int AS n FROM file")).rows, before.rows);
});

test("names_are_cleaned_and_files_dropped_or_pasted_are_taken", async () => {
	const { page } = staff;
	const drop = (kind: "drop" | "paste", name: string): Promise<void> =>
		page.evaluate(([what, called]) => {
			const data = new DataTransfer();
			data.items.add(new File(["Sisältö"], called as string, { type: "text/plain" }));
			if (what === "paste") return void document.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
			for (const type of ["dragover", "drop"]) document.body.dispatchEvent(new DragEvent(type, { dataTransfer: data, bubbles: true, cancelable: true }));
		}, [kind, name]);
	await drop("drop", "lasku\u202Efdp.exe");
	await sheet(page).getByText("laskufdp.exe.txt").waitFor();
	await sendNow(page);
	await card(client.page, "laskufdp.exe.txt").waitFor();
	await drop("paste", "liite.txt");
	await sheet(page).getByText("liite.txt").waitFor();
	await sendNow(page);
	await card(client.page, "liite.txt").waitFor();
	await client.page.getByRole("status").getByText(/lähetti tiedoston liite.txt/).or(client.page.getByText(/lähetti tiedoston liite.txt/)).first().waitFor({ state: "attached" });
});

test("a_file_that_is_on_its_way_shows_how_far_it_is_and_can_be_paused_resumed_and_cancelled", async () => {
	const { page } = staff;
	let slow = true;
	await staff.context.route("**/api/file/**", async (route) => {
		if (slow) await new Promise((resolve) => setTimeout(resolve, 700));
		await route.continue().catch(() => undefined);
	});
	const big = new Uint8Array(6_000_000);
	big.set(pdf());
	for (const name of ["iso.pdf", "toinen.pdf"]) writeFileSync(join(folder, name), big);
	await choose(page, [join(folder, "iso.pdf"), join(folder, "toinen.pdf")]);
	await sendNow(page);
	const row = (name: string): Locator => page.locator(".file-queue .file-moving", { hasText: name });
	await row("toinen.pdf").getByText("Odottaa vuoroaan").waitFor();
	await row("iso.pdf").getByRole("button", { name: "Keskeytä iso.pdf" }).click();
	await row("iso.pdf").getByText("Keskeytetty").waitFor();
	const [asked] = await Promise.all([page.waitForEvent("dialog"), page.close({ runBeforeUnload: true })]);
	assert.equal(asked.type(), "beforeunload");
	await asked.dismiss();
	await clean(staff, "queue");
	await row("toinen.pdf").getByRole("button", { name: "Peru toinen.pdf" }).click();
	await row("toinen.pdf").waitFor({ state: "detached" });
	await row("iso.pdf").getByRole("button", { name: "Jatka iso.pdf" }).click();
	slow = false;
	await card(client.page, "iso.pdf").waitFor();
	await row("iso.pdf").waitFor({ state: "detached" });
	await staff.context.unroute("**/api/file/**");
	const got = await saved(client.page, () => card(client.page, "iso.pdf").getByRole("button", { name: "Tallenna iso.pdf" }).click());
	assert.ok(got.bytes.equals(Buffer.from(big)));
});

test("a_file_whose_parts_were_changed_is_not_given", async () => {
	const { page } = client;
	const bend = (): Promise<unknown> =>
		house.db.query("UPDATE file_part SET bytes = set_byte(bytes, 200, get_byte(bytes, 200) # 1) WHERE file = (SELECT file FROM file ORDER BY begun_at OFFSET 1 LIMIT 1)");
	await bend();
	await card(page, "muistio.txt").getByRole("button", { name: "Katso muistio.txt" }).click();
	await sheet(page).getByText("vioittunut tai sitä on muutettu matkalla").waitFor();
	await clean(client, "broken");
	await shut(page);
	await bend();
	await card(page, "muistio.txt").getByRole("button", { name: "Katso muistio.txt" }).click();
	await sheet(page).getByText("Ja tuetusta opiskelusta.").waitFor();
	await shut(page);
});

test("the_list_has_all_files_newest_first", async () => {
	const { page } = staff;
	await page.getByRole("navigation", { name: "Ohjaustilan osat" }).getByRole("button", { name: "Tiedostot" }).click();
	await sheet(page).locator(".file-row", { hasText: "IMG_0001.jpg" }).waitFor();
	await comes(() => sheet(page).locator(".file-row .file-name").allInnerTexts(), ["iso.pdf", "liite.txt", "laskufdp.exe.txt", "hakemus.pdf", "muistio.txt", "IMG_0001.jpg"]);
	await clean(staff, "list");
	await shut(page);
});

test("who_sent_a_file_deletes_it_for_both", async () => {
	const { page } = client;
	const mine = page.locator(".message.mine", { has: page.locator(".bubble.file", { hasText: "muistio.txt" }) });
	await mine.locator("summary").click();
	await mine.getByRole("button", { name: "Poista tiedosto" }).click();
	await sheet(page).getByText("Tiedosto poistuu kaikilta").waitFor();
	await clean(client, "delete");
	await sheet(page).getByRole("button", { name: "Poista", exact: true }).click();
	await staff.page.getByText("Tiedosto on poistettu").first().waitFor();
	await page.getByText("Tiedosto on poistettu").first().waitFor();
	await comes(() => staff.page.locator(".bubble.file", { hasText: "muistio.txt" }).count(), 0);
});

test("it_speaks_swedish_and_english_too", async () => {
	const { page } = staff;
	for (const [language, words, name] of [["sv", "Bifoga en fil", "sv"], ["en", "Add a file", "en"]] as const) {
		await page.getByRole("combobox").first().selectOption(language);
		await page.getByLabel(words, { exact: true }).waitFor();
		await clean(staff, name);
	}
});
