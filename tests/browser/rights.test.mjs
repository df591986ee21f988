// Requests of people, the record of processing and the register of breaches: the page alone, on the stand-in engine, with a server that answers by a table.
import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { comes, desk, findings, keep, launch, open, overflow, phone, web } from "./lib.mjs";
import { serve } from "./site.mjs";

const day = 86_400_000;
const now = Date.now();
const long = "Perustelu on pitkä, jotta nähdään, miten se rivittyy kapeallakin näytöllä. ".repeat(8);
const kinds = ["access", "rectification", "restriction", "portability", "erasure", "objection"];
const terms = JSON.stringify({
	format: "luotsi-agreement/1", subject: "Ohjaus", nature: "Säilytys", purpose: "Nuorten neuvonta ja ohjaus", begins: "2026-01-01", ends: null, data: ["identity", "conversation"], persons: ["clients"],
	instructions: "a", confidentiality: "a", security: ["Salaus päästä päähän"], subprocessors: [{ name: "Konesali Oy", business_id: "", country: "Suomi", task: "Palvelimet" }], rights_help: "a", breach_help: "a",
	audits: "a", at_end: "delete", end_days: 30, retention: { messages: 456, files: 456, assignments: 456, notes: 456, closed_rooms: 456, anonymous: 30, audit: 1825, accounts: 456 }, training_required: false, other: "",
});
const own = (request, kind, state, more = {}) => ({ request, kind, state, received_at: now - 5 * day, due_on: "2026-12-24", ...more });
const step = (by, name, text = "") => ({ at: now - day, by, step: name, text });
const row = (request, kind, more = {}) => ({ request, kind, whole: true, state: "received", received_at: now - 10 * day, due_on: "2026-12-24", days: 20, late: false, ...more });
const opened = (kind, more = {}) => ({
	row: own("q1", kind, "in_progress"), days: 20, late: false, account: "a1", given: "Aino", family: "Virtanen", identified_at: now - 30 * day, held: false, rooms: ["roomroom1", "roomroom2"], frozen: [],
	steps: [step("person", "ask", long), step("office", "begin")], ...more,
});
const api = {
	sign_in_options: { providers: [] }, sign_out: {}, passkey_list: { passkeys: [] }, staff_list: { staff: [] }, own_events: { events: [] }, notify_get: {},
	rights_held: { given: "Aino", family: "Virtanen", identified_at: now - 30 * day, provider: "pankki", made_at: now - 200 * day, mail: true, passkeys: 1, sessions: 2, rooms: 1, messages: 17, files: 3, events: 240, goes_at: now + 400 * day },
	rights_list: { requests: [own("q1", "restriction", "in_progress"), own("q2", "erasure", "in_progress", { certificate: 12, account_from: now + 6 * day, erase_from: now - day }), own("q3", "access", "refused", { ended_at: now - day })] },
	rights_one: { steps: [step("person", "ask", "Haluan rajoittaa."), step("office", "refuse", long)] },
	rights_ask: { due_on: "2026-12-24" }, rights_withdraw: {},
	request_list: { requests: [row("q1", "access", { late: true, days: 2 }), row("q2", "erasure", { days: 3 }), ...kinds.map((kind, i) => row(`k${i}`, kind))], more: true },
	flag_list: { flags: [] }, request_late: { open: 8, soon: 1, late: 1, breaches: 1, breaches_late: 1 },
	request_one: opened("erasure"), request_step: {}, request_freeze: {}, request_erase: {},
	record_get: {
		name: "Kuopion Ohjaamo", business_id: "2296962-1", version: 1, contact: "Torikatu 1, Kuopio", officer: "", basis: "Kuntalaki", recipients: "Ei kenellekään", transfers: "",
		activities: [{ agreement: "g1", state: "live", version: 1, controller: "Kuopio", processor: "KEHA-keskus", processor_business_id: "2296962-1", language: "fi", terms }], rules: [{ kind: "room", days: 456, version: 0 }, { kind: "account", days: 456, version: 0 }],
	},
	record_put: {},
	breach_list: { breaches: [
		{ breach: "b2", n: 2, version: 1, found_at: now - 4 * day, due_at: now - day, told: "open", closed: false, late: true },
		{ breach: "b1", n: 1, version: 3, found_at: now - 90 * day, due_at: now - 87 * day, told: "notified", closed: true, late: false }], more: false },
	breach_one: { n: 2, versions: [2, 1].map((version) => ({ version, at: now - day, actor: "a1", found_at: now - 4 * day, persons: 3, told: "open", people: "open", closed: false, facts: long, effects: "", remedies: "", why: "" })) },
	breach_put: {},
};

let site;
let empty;
let browser;

before(async () => {
	site = await serve(join(web, "dist-stand-in"), api);
	empty = await serve(join(web, "dist-stand-in"), { ...api, rights_list: { requests: [] }, request_list: { requests: [], more: false }, request_late: { open: 0, soon: 0, late: 0, breaches: 0, breaches_late: 0 }, breach_list: { breaches: [], more: false }, record_get: { ...api.record_get, activities: [], rules: [], contact: "" } });
	browser = await launch();
});
after(async () => {
	await browser?.close();
	await site?.close();
	await empty?.close();
});

const button = (page, name) => page.getByRole("button", { name, exact: typeof name === "string" });
const mine = async (page) => {
	await page.getByLabel("Valikko", { exact: true }).click();
	await button(page, "Oma tili").click();
	await button(page, "Avaa omat tiedot ja oikeudet").click();
	await page.getByRole("heading", { name: "Tee pyyntö" }).waitFor();
};
const part = async (page, name) => button(page, `Näytä: ${name}`).last().click(); // what there is to do names it too
const reason = async (page) => {
	await page.getByLabel("Miksi avaat tämän").fill("vastaus pyyntöön");
	await button(page, "Avaa").click();
};
const one = async (page) => {
	await part(page, "Tietopyynnöt");
	await button(page, /^Näytä: Haluan, että tietoni poistetaan/).first().click();
	await reason(page);
	await page.getByRole("heading", { name: "Mitä voit tehdä" }).waitFor();
};
const breach = async (page) => {
	await part(page, "Tietoturvaloukkaukset");
	await button(page, "Näytä tietoturvaloukkaus 2").click();
	await reason(page);
	await page.getByRole("heading", { name: "Tietoturvaloukkaus 2" }).waitFor();
};

const pages = [
	["rights-own", "client", mine],
	["rights-own-one", "client", async (page) => { await mine(page); await button(page, /^Näytä: Haluan nähdä tietoni/).click(); await page.getByText("Et ole samaa mieltä?").waitFor(); }],
	["rights-own-asked", "client", async (page) => { await mine(page); await button(page, "Lähetä pyyntö").click(); await page.getByText("Pyyntö on vastaanotettu").waitFor(); }],
	["rights-own-empty", "client", async (page) => { await mine(page); await page.getByText("Et ole tehnyt pyyntöjä.").waitFor(); }, true],
	["rights-office", "admin", async (page) => { await part(page, "Tietopyynnöt"); await page.getByText("Myöhässä 2 päivää").waitFor(); }],
	["rights-office-empty", "admin", async (page) => { await part(page, "Tietopyynnöt"); await page.getByText("Ei pyyntöjä.").waitFor(); }, true],
	["rights-office-one", "admin", async (page) => { await one(page); await page.getByText("Päätä poistamisesta").first().click(); }],
	["rights-record", "admin", async (page) => { await part(page, "Seloste käsittelytoimista"); await page.getByText("Puuttuu vielä").waitFor(); }],
	["rights-record-empty", "admin", async (page) => { await part(page, "Seloste käsittelytoimista"); await page.getByText("ei ole sopimusta").waitFor(); }, true],
	["rights-record-edit", "admin", async (page) => { await part(page, "Seloste käsittelytoimista"); await button(page, "Täydennä").click(); await page.getByLabel("Tietosuojavastaava").waitFor(); }],
	["rights-breach", "admin", breach],
	["rights-breach-form", "admin", async (page) => { await part(page, "Tietoturvaloukkaukset"); await button(page, "Kirjaa uusi loukkaus").click(); await button(page, "Tallenna").click(); await page.getByText("Kerro, mitä tapahtui.").waitFor(); }],
];

for (const [name, as, bring, isEmpty] of pages)
	for (const [where, size] of [["desk", desk], ["phone", phone]])
		test(`${name}_on_a_${where}_has_no_findings_and_fits`, async () => {
			const tab = await open(browser, { size });
			await tab.page.goto(`${(isEmpty ? empty : site).origin}/?as=${as}`);
			await bring(tab.page);
			await keep(tab.page, `${name}-${where}`);
			assert.deepEqual(await findings(tab.page), []);
			assert.ok((await overflow(tab.page)) <= 0, "scrolls sideways");
			await tab.close();
		});

test("a_request_is_asked_by_keyboard_and_erasing_asks_for_the_name", async () => {
	const tab = await open(browser, { size: desk });
	const { page } = tab;
	await page.goto(`${site.origin}/?as=client`);
	await mine(page);
	const choice = page.getByLabel("Haluan nähdä tietoni", { exact: true });
	await choice.focus();
	await page.keyboard.press("ArrowDown");
	await page.getByText("Kerro, mikä on väärin").waitFor();
	await button(page, "Lähetä pyyntö").focus();
	await page.keyboard.press("Enter");
	await page.getByText("Kerro, mitä pitäisi korjata.").waitFor();
	await page.getByLabel("Kerro tarkemmin").fill("Nimi on väärin");
	await button(page, "Lähetä pyyntö").focus();
	await page.keyboard.press("Enter");
	await page.getByText("Pyyntö on vastaanotettu").waitFor();
	await page.goto(`${site.origin}/?as=admin`);
	await one(page);
	await page.getByText("Päätä poistamisesta").first().focus();
	await page.keyboard.press("Enter");
	const act = page.locator("details[open]");
	await act.getByLabel("Mitä henkilölle kerrotaan").fill("Poistetaan");
	await act.getByLabel(/Kirjoita vahvistukseksi/).fill("Aino");
	await act.getByRole("button").click();
	await page.getByText("Nimi ei ole sama.").waitFor();
	const asked = page.waitForRequest(/request_erase/);
	await act.getByLabel(/Kirjoita vahvistukseksi/).fill("Aino Virtanen");
	await act.getByRole("button").click();
	assert.deepEqual((await asked).postDataJSON(), { request: "q1", on: true, text: "Poistetaan" });
	await comes(() => page.locator("details[open]").count(), 0);
	await tab.close();
});

test("what_the_law_sets_a_time_for_is_among_what_there_is_to_do_and_opens_where_it_is_looked_after", async () => {
	const tab = await open(browser, { size: desk });
	const { page } = tab;
	await page.goto(`${site.origin}/?as=admin`);
	const todo = page.locator("section", { has: page.getByRole("heading", { name: "Nyt hoidettavaa", exact: true }) });
	await comes(() => todo.getByRole("listitem").locator("strong").allTextContents(), [
		"Yhden tietoturvaloukkauksen 72 tuntia on kulunut, eikä ilmoituksesta ole päätetty", "Yksi tietopyyntö on myöhässä", "Yhteen tietopyyntöön on vastattava viikon kuluessa", "6 tietopyyntöä odottaa vastausta"]);
	await todo.getByRole("button", { name: "Näytä: Tietopyynnöt" }).first().focus();
	await page.keyboard.press("Enter");
	await page.getByText("Myöhässä 2 päivää").waitFor();
	await comes(() => page.evaluate(() => document.activeElement?.textContent), "Tietopyynnöt");
	assert.deepEqual(await findings(page), []);
	await tab.close();
});

test("the_record_and_a_breach_are_kept_as_pdf", async () => {
	const tab = await open(browser, { size: desk });
	const { page } = tab;
	await page.goto(`${site.origin}/?as=admin`);
	await part(page, "Seloste käsittelytoimista");
	const [record] = await Promise.all([page.waitForEvent("download"), button(page, "Tallenna PDF").click()]);
	assert.equal(record.suggestedFilename(), "luotsi-seloste.pdf");
	await breach(page);
	const [other] = await Promise.all([page.waitForEvent("download"), button(page, "Tallenna PDF").click()]);
	assert.equal(other.suggestedFilename(), "luotsi-loukkaus-2.pdf");
	await tab.close();
});

test("a_server_that_does_not_answer_is_told_and_asked_again", async () => {
	const tab = await open(browser, { size: phone });
	const { page } = tab;
	await page.goto(`${site.origin}/?as=admin`);
	await page.route("**/api/request_list", (route) => route.abort());
	await part(page, "Tietopyynnöt");
	await page.getByText("Ei yhteyttä").waitFor();
	assert.deepEqual(await findings(page), []);
	await page.unroute("**/api/request_list");
	await button(page, "Yritä uudelleen").last().click(); // above it is another part of the page
	await page.getByText("Myöhässä 2 päivää").waitFor();
	await tab.close();
});
