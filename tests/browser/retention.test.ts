// An administrator's page of retention in a browser: rules with what a change would erase, the dry run, holds by two persons, certificates.
// With axe, by keyboard where something is confirmed, on a desk and a phone.

import assert from "node:assert/strict";
import { after } from "node:test";
import type { Browser, Page } from "playwright-core";
import { PASSPHRASE } from "../client/organisation.js";
import { closeHouse, cookieOf, idToUuid, openHouse, talk, type House } from "../flow/house.js";
import { comes, desk, findings, keep, launch, open, overflow, phone, type Tab } from "./lib.mjs";
import { before, story } from "../lib/story.mjs";

const test = story();
let house: House;
let browser: Browser;
let admin: Tab;
let room: string;
let organisation: string;

const button = (page: Page, name: string | RegExp) => page.getByRole("button", { name, exact: true });
const BODY = {
	organisation: "Testikunta", audit_first: 7, audit_last: 19, erased: [
		{ kind: "room", rule: "room", days: 456, version: 0, objects: 3, units: 9, messages: 120, files: 2, parts: 2, wraps: 30, entries: 40 },
		{ kind: "message", rule: "message", days: 90, version: 2, objects: 12, units: 11, messages: 431, files: 0, parts: 0, wraps: 33, entries: 0 },
		{ kind: "audit", rule: "audit", days: 1825, version: 0, objects: 1, units: 0, events: 5000 }] };

const clean = async ({ page, complaints }: Tab, name: string): Promise<void> => {
	for (const [size, how] of [[desk, "desk"], [phone, "phone"]] as const) {
		await page.setViewportSize(size);
		await keep(page, `retention-${name}-${how}`);
		assert.deepEqual(await findings(page), [], `${name} ${how}`);
		assert.ok((await overflow(page)) <= 0, `${name} ${how} scrolls sideways`);
	}
	await page.setViewportSize(desk);
	assert.deepEqual(complaints, []);
};

before(async () => {
	house = await openHouse();
	browser = await launch();
	({ room } = await talk(house));
	const org = idToUuid(house.org), uuid = idToUuid(room);
	({ rows: [{ name: organisation }] } = await house.db.query("SELECT name FROM organisation WHERE org = $1", [org]));
	await house.db.query("INSERT INTO stretch (org, room, epoch, kind, first_seq, last_seq, over_at) VALUES ($1, $2, 1, 'message', 1, 1, now() - interval '50 days') ON CONFLICT (org, room, epoch, kind) DO UPDATE SET over_at = excluded.over_at", [org, uuid]);
	await house.db.query("INSERT INTO stretch (org, room, epoch, kind, first_seq, last_seq, over_at) VALUES ($1, $2, 50, 'message', 1, 1, now())", [org, uuid]); // due in forty days
	await house.db.query("INSERT INTO legal_hold (org, hold, kind, object, reason, asked_by) VALUES ($1, gen_random_uuid(), 'room', $2, 'Oikeudenkäynti 12/26', gen_random_uuid())", [org, uuid]);
	await house.db.query("INSERT INTO erasure_certificate (org, n, body) VALUES ($1, 1, $2)", [org, JSON.stringify(BODY)]);
	admin = await open(browser, { size: desk });
	const [name = "", value = ""] = (await cookieOf(house, { person: house.admin.user, role: "admin" })).split("=");
	await house.db.query("UPDATE session SET fresh_until = now() + interval '1 hour' WHERE account = $1", [idToUuid(house.admin.user)]);
	await admin.context.addCookies([{ name, value, url: house.service.origin, secure: true, httpOnly: true, sameSite: "Strict" }]);
	const { page } = admin;
	await page.goto(house.service.origin);
	await page.getByLabel("Salalause", { exact: true }).fill(PASSPHRASE);
	await button(page, "Avaa").click();
	await button(page, "Näytä säilytysajat").click();
	await page.getByRole("heading", { name: "Poistotodistukset", exact: true }).waitFor();
});

after(async () => {
	await browser?.close();
	if (house) await closeHouse(house);
});

test("a_shorter_rule_shows_what_it_would_erase_before_it_is_put_into_use", async () => {
	const { page } = admin;
	await button(page, "Muuta: Viestit").click();
	const dialog = page.getByRole("dialog");
	await dialog.getByLabel("Montako päivää säilytetään").fill("99999");
	await button(page, "Katso ensin, mitä poistuisi").click();
	await dialog.getByText(/Anna kokonaisluku väliltä 1–\d+/).waitFor();
	await dialog.getByLabel("Montako päivää säilytetään").fill("40");
	await page.keyboard.press("Enter");
	await dialog.getByRole("rowheader").first().waitFor();
	await clean(admin, "change");
	await comes(() => button(page, "Ota käyttöön").isDisabled(), true);
	await dialog.getByLabel(/^Vahvista kirjoittamalla organisaation nimi/).fill(organisation);
	await button(page, "Ota käyttöön").click();
	await page.getByText("40 päivää").first().waitFor();
	await page.getByText(/^Lyhyempi kuin ennen: sen mukaan ei poisteta mitään ennen /).waitFor();
	await page.getByText("Aiemmat muutokset").click();
	await page.getByText(/Viestit: 40 päivää \(versio 1\)/).waitFor();
	const { rows } = await house.db.query("SELECT days, actor FROM retention_rule WHERE kind = 'message'");
	assert.deepEqual(rows, [{ days: 40, actor: idToUuid(house.admin.user) }]);
});

test("a_hold_is_confirmed_by_naming_what_it_holds_and_one_is_asked_for", async () => {
	const { page } = admin;
	await button(page, "Näytä estot").click();
	await page.getByText("odottaa vahvistusta", { exact: true }).waitFor();
	await button(page, "Vahvista esto").click();
	const dialog = page.getByRole("dialog");
	await dialog.getByLabel("Vahvista kirjoittamalla tunnisteen 8 ensimmäistä merkkiä").fill("vaarinxx");
	await page.keyboard.press("Enter");
	await dialog.getByText("Merkit eivät ole samat.").waitFor();
	await clean(admin, "hold-confirm");
	await dialog.getByLabel("Vahvista kirjoittamalla tunnisteen 8 ensimmäistä merkkiä").fill(room.slice(0, 8));
	await page.keyboard.press("Enter");
	await page.getByText("voimassa", { exact: true }).waitFor();
	await page.getByText("Pyydä estoa", { exact: true }).first().click();
	await page.getByLabel("Tilan tai asiakkaan tunniste").fill(Buffer.alloc(16, 7).toString("base64url"));
	await page.getByLabel("Peruste").fill("Asia 4/26");
	await button(page, "Pyydä estoa").click();
	await page.getByText("Tällaista tilaa tai asiakasta ei ole organisaatiossa.").waitFor();
	await clean(admin, "holds");
});

test("the_dry_run_counts_what_goes_and_gives_it_as_tables", async () => {
	const { page } = admin;
	await button(page, "Laske").click();
	await page.getByRole("region", { name: "Mitä poistuu ja milloin" }).getByRole("cell", { name: "Viestijaksoja" }).first().waitFor();
	const [sums] = await Promise.all([page.waitForEvent("download"), button(page, "Tallenna taulukko (CSV)").click()]);
	assert.equal(sums.suggestedFilename(), "luotsi-retention-months.csv");
	await button(page, "Tallenna rivit (CSV)").click();
	const [rows] = await Promise.all([page.waitForEvent("download"), button(page, "Tallenna").click()]);
	assert.equal(rows.suggestedFilename(), "luotsi-retention.csv");
	await clean(admin, "dry");
});

test("a_certificate_is_read_and_kept_as_pdf_and_json", async () => {
	const { page } = admin;
	await button(page, /^Poistotodistus 1,/).click();
	const dialog = page.getByRole("dialog");
	await dialog.getByRole("rowheader", { name: "Lokin tapahtumien tietoja" }).waitFor();
	await clean(admin, "certificate");
	const [pdf] = await Promise.all([page.waitForEvent("download"), button(page, "Tallenna PDF").click()]);
	assert.equal(pdf.suggestedFilename(), "todistus-1.pdf");
	const [json] = await Promise.all([page.waitForEvent("download"), button(page, "Tallenna JSON").click()]);
	assert.equal(json.suggestedFilename(), "todistus-1.json");
	await page.keyboard.press("Escape");
	await dialog.waitFor({ state: "detached" });
});
