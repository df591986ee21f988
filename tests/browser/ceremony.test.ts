// An organisation that has nothing yet, on the whole service: its administrator makes the keys with three persons, certifies a
// counsellor by a code that both screens show, renews and revokes. The tests are one story and run in order.
import assert from "node:assert/strict";
import { join } from "node:path";
import { after } from "node:test";
import { pathToFileURL } from "node:url";
import type { Browser, Page } from "playwright-core";
import pg from "pg";
import { enrol, makeOrg, OFFICE, type Account, type Service } from "../flow/house.js";
import { fromBase64Url, hex } from "../../web/src/seal/index.js";
import { joinShares, readSheet } from "../../web/src/seal/share.js";
import { comeBy, comes, desk, findings, keep, launch, open, overflow, phone, type Tab } from "./lib.mjs";
import { before, story } from "../lib/story.mjs";

const test = story();
const LIB = process.env["LUOTSI_TEST_LIB"] as string;
const PHRASE = "pitkä rannalla kuljettu kesäpäivä";
let service: Service;
let browser: Browser;
let admin: Tab;
let staff: Tab;
let accounts: Map<string, Account>;
let db: pg.Client;
let sheets: string[] = [];
const sent: string[] = [];

/** The first time by a link as an administrator hands it out, later by the office alone. */
const signIn = async (page: Page, login: string, first = true): Promise<void> => {
	const account = accounts.get(login)?.person ?? "";
	await page.goto(first ? `${service.origin}/liity#${(await enrol({ db }, account)).enrolment}` : service.origin);
	await comeBy(page, "Esittelyviraston kirjautuminen", login === "admin-1" ? "Helena Mäkinen" : "Anna Virtanen");
};

const makeKeys = async (page: Page, name: string): Promise<void> => {
	await page.getByLabel("Millä nimellä").fill(name);
	await page.getByLabel("Keksin salalauseen itse").check();
	await page.getByLabel("Salalause", { exact: true }).fill(PHRASE);
	await page.getByRole("button", { name: "Ota käyttöön" }).click();
	await page.getByLabel("Koodi on tallessa").check();
	await page.getByRole("button", { name: "Jatka" }).click();
};

const heading = (page: Page, name: string): Promise<void> => page.getByRole("heading", { name, exact: true }).waitFor();
const button = (page: Page, name: string) => page.getByRole("button", { name, exact: true });
const groups = async (page: Page): Promise<string> => (await page.locator(".code-groups li").allTextContents()).join(" ");
const someGroups = (page: Page): Promise<string> => comes(() => groups(page), /^(\S+ )+\S+$/);

const clean = async (tab: Tab, name: string): Promise<void> => {
	await keep(tab.page, `ceremony-${name}`);
	assert.deepEqual(await findings(tab.page), []);
	assert.deepEqual(tab.complaints, []);
	assert.ok((await overflow(tab.page)) <= 0, "scrolls sideways");
};

/** What each person copies from the screen, one after another. */
const copySheets = async (page: Page): Promise<string[]> => {
	const copied: string[] = [];
	await button(page, "Tee avaimet").click();
	for (const n of [1, 2, 3]) {
		await button(page, `Näytä lehti ${n}`).click();
		await comes(() => page.locator(".share-sheet").count(), 1);
		await page.getByRole("heading", { name: `Lehti ${n}/3` }).waitFor();
		copied.push(await someGroups(page));
		await button(page, `Piilota lehti ${n}`).click();
	}
	return copied;
};

const readBack = async (page: Page, one: string, other: string): Promise<void> => {
	await page.getByLabel("Ensimmäinen lehti").fill(one);
	await page.getByLabel("Toinen lehti").fill(other);
	await button(page, "Tarkista lehdet").click();
};

const toReading = async (page: Page): Promise<void> => {
	await page.getByLabel("Kaikki kolme lehteä ovat paperilla").check();
	await button(page, "Jatka lukukokeeseen").click();
};

before(async () => {
	const { startService } = (await import(pathToFileURL(join(LIB, "service.mjs")).href)) as { startService(o: object): Promise<Service> };
	service = await startService({ bank: true, settings: { sign_ins_per_minute: 10_000, staff_without_passkey: "yes" } });
	accounts = makeOrg(service, OFFICE);
	db = new pg.Client({ host: service.sockets, user: "postgres", database: service.database });
	await db.connect();
	browser = await launch();
	admin = await open(browser, { size: desk });
	staff = await open(browser, { size: phone });
	admin.page.on("websocket", (socket) => socket.on("framesent", ({ payload }) => void sent.push(String(payload))));
});

after(async () => {
	await browser?.close();
	await db?.end();
	await service?.stop();
});

test("the_administrator_of_an_organisation_without_keys_is_told_what_will_happen", async () => {
	await signIn(admin.page, "admin-1");
	await makeKeys(admin.page, "Pirjo Pääkäyttäjä");
	await heading(admin.page, "Tehdään organisaation avaimet");
	await clean(admin, "intro");
});

test("a_counsellor_who_came_first_waits_and_is_told_for_what", async () => {
	await signIn(staff.page, "counsellor-1");
	await makeKeys(staff.page, "Oona");
	await heading(staff.page, "Tilisi odottaa vahvistusta");
	await staff.page.getByText("ei ole vielä tehnyt omia avaimiaan").waitFor();
	await clean(staff, "waits-without-organisation");
});

test("a_reload_before_publishing_starts_anew_and_old_sheets_are_worth_nothing", async () => {
	const { page } = admin;
	const old = await copySheets(page);
	await page.reload();
	await page.getByLabel("Salalause", { exact: true }).fill(PHRASE);
	await button(page, "Avaa").click();
	await heading(page, "Tehdään organisaation avaimet");
	sheets = await copySheets(page);
	await toReading(page);
	await readBack(page, old[0] as string, old[1] as string);
	await page.getByText("Lehdet eivät kuulu yhteen").waitFor();
});

test("a_slip_of_the_pen_is_shown_in_its_field", async () => {
	const { page } = admin;
	const [one, two] = sheets as [string, string, string];
	await readBack(page, one, two.slice(0, -1));
	await page.getByText("Koodissa on 119 merkkiä, pitäisi olla 120.").waitFor();
	await comes(() => page.getByLabel("Toinen lehti").getAttribute("aria-invalid"), "true");
	await comes(() => page.getByLabel("Ensimmäinen lehti").getAttribute("aria-invalid"), null);
	await readBack(page, `${one.slice(0, 8)}${one[8] === "7" ? "8" : "7"}${one.slice(9)}`, two);
	await page.getByText("Juuriavaimen osassa on kirjoitusvirhe").waitFor();
	await clean(admin, "slip");
});

test("two_sheets_are_read_back_and_the_keys_are_published", async () => {
	const { page } = admin;
	await readBack(page, (sheets[2] as string).toLowerCase(), (sheets[0] as string).replaceAll(" ", "\n"));
	await heading(page, "Julkaise avaimet");
	await clean(admin, "publish");
	await page.getByLabel("Kolmella henkilöllä on kullakin oma lehtensä").check();
	await button(page, "Julkaise avaimet").click();
	await page.getByText("Organisaation avaimet on tehty").waitFor();
	await page.getByRole("button", { name: /^Vahvista: Työntekijä \d+$/ }).waitFor();
	await clean(admin, "made");
});

test("neither_private_key_ever_left_the_browser", async () => {
	const id = fromBase64Url(Buffer.from(OFFICE.replaceAll("-", ""), "hex").toString("base64url"));
	const [one, other] = await Promise.all([sheets[0], sheets[1]].map((text) => readSheet(id, text as string)));
	assert.ok(one && other);
	const said = sent.join("\n");
	const bytes = [...said.matchAll(/[\w-]{40,}/g)].map(([text]) => Buffer.from(text, "base64url").toString("hex")).join(" ");
	assert.match(said, /organisation_append/);
	for (const key of [await joinShares(one.root, other.root), await joinShares(one.recovery, other.recovery)]) assert.ok(!bytes.includes(hex(key)));
	for (const text of sheets) assert.ok(!said.includes(text.slice(0, 19).replaceAll(" ", "")) && !said.includes(text.slice(0, 19)));
});

test("the_counsellors_page_shows_the_code_that_the_administrator_compares_and_changes_by_itself", async () => {
	await staff.page.locator(".code-groups").waitFor();
	await clean(staff, "waits-with-code");
	const { page } = admin;
	await page.getByRole("button", { name: /^Vahvista: Työntekijä \d+$/ }).click();
	await page.waitForSelector("dialog[open]");
	await comes(() => groups(page), await someGroups(staff.page));
	await clean(admin, "certify");
	await page.getByLabel("Nimi", { exact: true }).fill("Oona Ohjaaja");
	await page.getByRole("dialog").getByRole("button", { name: "Vahvista", exact: true }).click();
	await page.getByText("Vertaa ensin koodi").waitFor();
	await page.getByLabel(/Koodit olivat samat/).focus();
	await page.keyboard.press("Space");
	await page.getByLabel("Nimi", { exact: true }).focus();
	await page.keyboard.press("Enter");
	await button(page, "Uusi vahvistus: Oona Ohjaaja").waitFor();
	await staff.page.getByRole("button", { name: "Uusi asiakas" }).waitFor();
	await clean(admin, "certified");
});

test("the_certified_counsellor_invites", async () => {
	const { page } = staff;
	await page.getByRole("button", { name: "Uusi asiakas" }).click();
	await page.getByLabel("Asiakkaan nimi").fill("Aino");
	await page.getByRole("button", { name: "Tee kutsulinkki" }).click();
	await page.locator(".invite-link").waitFor();
	await page.getByRole("button", { name: "Valmis" }).click();
});

test("a_renewal_asks_for_no_code_and_a_revocation_ends_it", async () => {
	const { page } = admin;
	await button(page, "Uusi vahvistus: Oona Ohjaaja").click();
	await page.getByLabel("Kuinka kauan vahvistus on voimassa").selectOption("730");
	await page.getByRole("dialog").getByRole("button", { name: "Uusi vahvistus", exact: true }).click();
	await page.waitForSelector("dialog[open]", { state: "detached" });
	const years = [729, 730].map((days) => new Date(Date.now() + days * 86_400_000).getFullYear()); // two on one day of the year
	await page.getByText(new RegExp(`Voimassa .*(${years.join("|")}) asti`)).waitFor();
	await button(page, "Mitätöi avaimet: Oona Ohjaaja").click();
	await page.getByLabel("Laite tai salalause on joutunut vääriin käsiin").check();
	await clean(admin, "revoke");
	await page.getByRole("dialog").getByRole("button", { name: "Mitätöi", exact: true }).click();
	await page.getByText("Avaimet on mitätöity. Henkilö voi jatkaa").waitFor();
	await clean(admin, "revoked");
});

test("two_sheets_give_the_account_another_issuer_after_its_key_is_lost", async () => {
	const lost = await open(browser, { size: phone });
	const { page } = lost;
	await signIn(page, "admin-1", false);
	await page.getByRole("button", { name: /Unohdin salalauseen/ }).click();
	await page.getByRole("button", { name: /kaikki on hukassa/ }).click();
	await page.getByRole("button", { name: "Tee uudet avaimet" }).click();
	await page.getByText("Tämän menetät").waitFor();
	await page.getByLabel(/^Ymmärrän/).check();
	await page.getByLabel("Millä nimellä").fill("Pirjo");
	await page.getByLabel("Keksin salalauseen itse").check();
	await page.getByLabel("Uusi salalause", { exact: true }).fill(`${PHRASE} uusi`);
	await button(page, "Tee uudet avaimet").click();
	await page.getByLabel("Koodi on tallessa").check();
	await page.getByRole("button", { name: "Jatka" }).click();
	await page.getByText("Tämä tili ei voi vielä vahvistaa").waitFor();
	await button(page, "Tee uusi vahvistusavain").click();
	await page.getByLabel("Ensimmäinen lehti").fill(sheets[1] as string);
	await page.getByLabel("Toinen lehti").fill((sheets[2] as string).slice(0, 15 * 5)); // the root's part alone
	await clean(lost, "issuer");
	await page.getByRole("dialog").getByRole("button", { name: "Tee uusi vahvistusavain" }).click();
	await page.getByText(/Tämä tili voi vahvistaa työntekijöitä .* asti/).waitFor();
	await clean(lost, "issuer-made");
	await lost.close();
});
