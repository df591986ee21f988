// A room that nobody opens any more, by hand: the administrator's page, the page on a memory stick in a browser that is offline, the way
// back, and what the counsellor sees then. The tests are one story and run in order.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { copyFileSync, readFileSync } from "node:fs";
import { after } from "node:test";
import type { Browser, Page } from "playwright-core";
import { PASSPHRASE, rested, type Actor } from "../client/organisation.js";
import { actorOf, closeHouse, idToUuid, openHouse, proveAgain, say, talk, type House } from "../flow/house.js";
import { certify } from "../../web/src/demo/ceremony.js";
import { makeSheets } from "../../web/src/seal/share.js";
import { checkExport } from "../../web/src/verify/check.js";
import { sourceOf } from "../lib/taken.js";
import { comeBy, comes, desk, findings, keep, launch, open, overflow, phone, type Tab } from "./lib.mjs";
import { before, story } from "../lib/story.mjs";

const test = story();
const NEW = "kokonaan uusi pitkä salalause";
const WORDS = "Ohjaaja ja asiakas menettivät avaimensa samassa muutossa";
const OFFICERS = "Helena Mäkinen, johtaja, ja Jukka Nieminen, lakimies";
let house: House;
let browser: Browser;
let admin: Tab;
let stick: Tab;
let sheets: string[] = [];
let request = "";
let pagePath = "";
let result = "";
let renewed: string[] = [];

const button = (page: Page, name: string) => page.getByRole("button", { name, exact: true });

const clean = async (tab: Tab, name: string): Promise<void> => {
	await keep(tab.page, `recovery-${name}`);
	assert.deepEqual(await findings(tab.page), []);
	assert.deepEqual(tab.complaints, []);
	assert.ok((await overflow(tab.page)) <= 0, "scrolls sideways");
};

const downloaded = async (page: Page, click: () => Promise<void>): Promise<string> => {
	const [download] = await Promise.all([page.waitForEvent("download"), click()]);
	return download.path();
};

const fresh = async (of: Actor, name: string, role: string): Promise<Actor> => {
	await of.engine.stop();
	const actor = await actorOf(house, { person: of.user, role });
	house.open.push(actor);
	await actor.engine.start();
	actor.code = (await actor.engine.resetKeys({ passphrase: NEW, name, language: "fi" })).code;
	return actor;
};

const unlock = async (page: Page, passphrase: string): Promise<void> => {
	await page.getByLabel("Salalause", { exact: true }).fill(passphrase);
	await button(page, "Avaa").click();
};

before(async () => {
	house = await openHouse({ staff_without_passkey: "yes" });
	const { org, root, recovery } = house.ceremony;
	sheets = (await makeSheets(org, root.priv, recovery.priv)).map((one) => `${one.root}\n${one.recovery}`);
	await house.admin.engine.organise("renewIssuer", sheets.slice(0, 2));
	const { client, counsellor, room } = await talk(house);
	await say(client, counsellor, room, "viesti ennen muuttoa");
	const [staff, person] = [await fresh(counsellor, "Oona", "counsellor"), await fresh(client, "Aino", "client")];
	await certify(house.admin.engine.parts.link.call, house.ceremony, staff.user, { name: "Oona Ohjaaja", employer: "Testikunta", role: 1 });
	await staff.engine.parts.self().refresh();
	await staff.engine.openRoom(room, "fi");
	await staff.until("the new keys are in", () => staff.engine.parts.room(room).log.entries.some((e) => e.body.type === "rekey"));
	await person.engine.openRoom(room, "fi");
	await person.engine.send(room, "Uudet avaimet");
	await staff.until("the client's message", () => staff.texts(room).includes("Uudet avaimet"));
	await rested(room, person, staff); // else the epoch of the client's new keys would not be checked for recovery
	await staff.engine.stop();
	await person.engine.stop();
	browser = await launch();
	admin = await open(browser, { size: desk });
	stick = await open(browser, { size: phone });
});

after(async () => {
	await browser?.close();
	if (house) await closeHouse(house);
});

test("the_administrator_takes_out_a_request_and_the_page_with_its_checksum", async () => {
	const { page } = admin;
	await page.goto(house.service.origin);
	await comeBy(page, "Esittelyviraston kirjautuminen", "Helena Mäkinen");
	await unlock(page, PASSPHRASE);
	await button(page, "Avaa ohjaustila palautusmenettelyllä").click();
	await page.getByRole("dialog").waitFor();
	await button(page, "Lataa pyyntö").click();
	await page.getByText("Valitse ohjaustila ja lukija.").waitFor();
	await page.getByLabel("Kenen ohjaustiloista on kyse").selectOption({ label: "Oona Ohjaaja" });
	await page.getByRole("checkbox").first().check();
	await page.getByLabel(/^Kuka saa lukea/).selectOption({ label: "Oona Ohjaaja" });
	await clean(admin, "ask");
	request = await downloaded(page, () => button(page, "Lataa pyyntö").click());
	pagePath = await downloaded(page, () => page.getByRole("link", { name: "Lataa avaamissivu" }).click());
	await comes(async () => (await page.locator(".checksum").textContent())?.replaceAll(" ", ""), createHash("sha256").update(readFileSync(pagePath)).digest("hex"));
});

test("the_page_reaches_no_network_and_refuses_what_is_no_request", async () => {
	const { page, context } = stick;
	const asked: string[] = [];
	page.on("request", (one) => void asked.push(one.url()));
	await context.setOffline(true);
	copyFileSync(pagePath, `${pagePath}.html`);
	await page.goto(`file://${pagePath}.html`);
	await page.getByRole("heading", { name: "Avataan ohjaustiloja" }).waitFor();
	await clean(stick, "page");
	const blocked = await page.evaluate(() => new Promise<string>((tell) => {
		document.addEventListener("securitypolicyviolation", (event) => tell(event.effectiveDirective));
		fetch("https://localhost/").then(() => tell("sent"), () => setTimeout(() => tell("no policy"), 1_000));
	}));
	assert.equal(blocked, "connect-src", "not only because there is no network");
	stick.complaints.length = 0;
	await page.getByLabel("Pyyntötiedosto").setInputFiles({ name: "muu.json", mimeType: "application/json", buffer: Buffer.from("{}") });
	await page.getByText("Tämä ei ole pyyntötiedosto").waitFor();
	const text = readFileSync(request, "utf8");
	const spoilt = text.replace(/("signature": ")(.)/, (_, start: string, letter: string) => `${start}${letter === "A" ? "B" : "A"}`);
	await page.getByLabel("Pyyntötiedosto").setInputFiles({ name: "pyynto.json", mimeType: "application/json", buffer: Buffer.from(spoilt) });
	await page.getByText("Pyyntöön ei voi luottaa").waitFor();
	await page.getByLabel("Pyyntötiedosto").setInputFiles({ name: "pyynto.json", mimeType: "application/json", buffer: Buffer.from(text) });
	await page.getByText("Oona Ohjaaja, Testikunta. Pääkäyttäjä on vahvistanut avaimet").waitFor();
	await clean(stick, "request");
	assert.deepEqual(asked.filter((url) => url !== "https://localhost/"), [`file://${pagePath}.html`]);
});

test("two_sheets_open_it_and_slips_are_told_where_they_are", async () => {
	const { page } = stick;
	await button(page, "Jatka").click();
	await page.getByLabel("Ensimmäinen lehti").fill(sheets[0] as string);
	await page.getByLabel("Toinen lehti").fill((sheets[1] as string).slice(0, -1));
	await button(page, "Avaa avaimet").click();
	await page.getByText("Lehdellä pitää olla 120 merkkiä. Nyt niitä on 119.").waitFor();
	await comes(() => page.getByLabel("Toinen lehti").getAttribute("aria-invalid"), "true");
	await page.getByLabel("Toinen lehti").fill(sheets[0] as string);
	await button(page, "Avaa avaimet").click();
	await page.getByText("Sama lehti on kirjoitettu kahdesti").waitFor();
	await clean(stick, "slip");
	await page.getByLabel("Toinen lehti").fill((sheets[2] as string).toLowerCase());
	await page.getByLabel("Toinen lehti").focus();
	await page.keyboard.press("Tab");
	await page.keyboard.press("Enter");
	await page.getByText("Avaimet aukesivat").waitFor();
});

test("the_reason_is_asked_for_and_the_result_and_new_sheets_come_out", async () => {
	const { page } = stick;
	await button(page, "Tee tulos").click();
	await page.getByText("Kirjoita syy.").waitFor();
	await page.getByText("Vahvistakaa ensin päätös.").waitFor();
	await clean(stick, "reason-missing");
	await page.getByLabel("Syy omin sanoin").fill(WORDS);
	await page.getByLabel("Keitä te olette").fill(OFFICERS);
	await page.getByLabel("Olemme yhdessä päättäneet avata nämä ohjaustilat").check();
	await button(page, "Tee tulos").click();
	await page.getByRole("heading", { name: "Uudet lehdet" }).waitFor();
	await comes(() => page.locator(".share-sheet").count(), 3);
	await clean(stick, "done");
	renewed = await page.locator(".share-sheet").evaluateAll((all) => all.map((one) => [...one.querySelectorAll("ol")].map((part) => [...part.querySelectorAll("li")].map((group) => group.textContent).join("-")).join("\n")));
	result = await downloaded(page, () => button(page, "Lataa tulostiedosto").click());
	for (const text of sheets) assert.ok(!readFileSync(result, "utf8").includes(text.slice(0, 19)));
	await button(page, "Svenska").click();
	await page.getByRole("heading", { name: "Nya blad" }).waitFor();
});

test("the_result_is_handed_in_and_the_counsellor_reads_and_sees_who_opened_it", async () => {
	const { page } = admin;
	await proveAgain(house, house.admin); // the sign-in may be five minutes ago
	await button(page, "Vie tulos palveluun").click();
	await page.getByText("Valitse ensin tiedosto.").waitFor();
	await page.getByLabel("Tulostiedosto").setInputFiles(result);
	await button(page, "Vie tulos palveluun").click();
	await page.getByText("Ohjaustila on avattu.").waitFor();
	await clean(admin, "applied");
	const staff = await open(browser, { size: phone });
	await staff.page.goto(house.service.origin);
	await comeBy(staff.page, "Esittelyviraston kirjautuminen", "Anna Virtanen");
	await unlock(staff.page, NEW);
	await staff.page.locator(".room-row").first().click();
	await staff.page.getByText("viesti ennen muuttoa").first().waitFor();
	await staff.page.getByText("Organisaatio avasi tämän ohjaustilan").waitFor();
	await staff.page.getByText(WORDS).first().waitFor();
	await staff.page.getByText(OFFICERS).first().waitFor();
	await staff.page.getByText("Organisaatio avasi tämän ohjaustilan").scrollIntoViewIfNeeded();
	await clean(staff, "line");
	await button(staff.page, "Tietoja").click();
	await staff.page.getByText("Organisaatio on avannut tämän ohjaustilan kerran").waitFor();
	await staff.page.getByText("Organisaatio on avannut tämän ohjaustilan kerran").scrollIntoViewIfNeeded();
	await clean(staff, "details");
	// This browser also makes the epoch of the next recovery key, and wraps those before it to that key: what is returned later is read by it.
	const wrapped = async () => (await house.db.query<{ n: number }>("SELECT count(DISTINCT epoch)::int AS n FROM wrap WHERE rtype = 3 GROUP BY rkid ORDER BY n")).rows.map(({ n }) => n);
	await comes(wrapped, [4, 5], "epochs by recovery key");
	await staff.close();
});

test("what_an_ended_agreement_returns_is_taken_out_and_read_without_a_network", async () => {
	const { page } = admin;
	const org = idToUuid(house.org);
	await proveAgain(house, house.admin);
	await house.db.query("UPDATE agreement SET state = 'ended', ended_at = now(), at_end = 'return' WHERE org = $1", [org]);
	await house.db.query("INSERT INTO agreement_due (org, agreement, what, ended_at, due_on) SELECT org, agreement, 'return', now(), current_date + 30 FROM agreement WHERE org = $1", [org]);
	await page.keyboard.press("Escape");
	await page.getByRole("dialog").waitFor({ state: "detached" });
	await page.evaluate(() => Reflect.deleteProperty(globalThis, "showSaveFilePicker")); // no window of the system's in here
	await button(page, "Näytä sopimus").click();
	await page.getByRole("heading", { name: "Tietojen luovutus" }).waitFor();
	const reader = await downloaded(page, () => page.getByRole("link", { name: "Lataa lukusivu" }).click());
	await page.getByText(createHash("sha256").update(readFileSync(reader)).digest("hex").slice(0, 8)).waitFor();
	const file = await downloaded(page, () => button(page, "Lataa tiedosto").click());
	await page.getByText("Tiedosto on tallennettu").first().waitFor();
	const sum = (await comes(() => page.locator("code.sum").first().textContent(), /\S/)) ?? "";
	await page.getByText("Tiedosto on tallennettu").first().scrollIntoViewIfNeeded();
	await clean(admin, "returned");

	copyFileSync(reader, `${reader}.html`);
	const away = await open(browser, { size: phone });
	const off = away.page;
	await away.context.setOffline(true);
	await off.goto(`file://${reader}.html`);
	await off.getByLabel("Palautettu tiedosto").setInputFiles({ name: "muu.jsonl", mimeType: "application/jsonl", buffer: Buffer.from("{}\n") });
	await off.getByText("Tämä ei ole palautettu tiedosto").waitFor();
	await off.getByLabel("Palautettu tiedosto").setInputFiles(file);
	await off.getByText(sum).waitFor();
	await clean(away, "reader");
	await button(off, "Jatka").focus();
	await off.keyboard.press("Enter");
	await off.getByLabel("Ensimmäinen lehti").fill(sheets[0] as string);
	await off.getByLabel("Toinen lehti").fill(sheets[1] as string);
	await off.keyboard.press("Tab");
	await off.keyboard.press("Enter");
	await button(off, "Lue ohjaustila 1").waitFor();
	await clean(away, "reader-rooms");
	await button(off, "Lue ohjaustila 1").focus();
	await off.keyboard.press("Enter");
	await off.getByText("viesti ennen muuttoa").waitFor();
	await comes(() => off.evaluate(() => document.activeElement?.tagName), "H1");
	await clean(away, "reader-room");
	await off.getByText("Avaimet aukesivat: 4 / 5 avainjaksoa.").waitFor(); // the fifth came with the next key
	await button(off, "Takaisin ohjaustiloihin").click();
	await button(off, "Lue muut lehdet").click();
	await off.getByLabel("Ensimmäinen lehti").fill(renewed[0] as string);
	await off.getByLabel("Toinen lehti").fill(renewed[1] as string);
	await button(off, "Avaa avaimet").click();
	await button(off, "Lue ohjaustila 1").click();
	await off.getByText("viesti ennen muuttoa").waitFor();
	await comes(() => off.getByText("Avaimet aukesivat").count(), 0);
	const zip = await downloaded(off, () => button(off, "Tallenna ohjaustila (ZIP)").click());
	assert.deepEqual((await checkExport(sourceOf(new Uint8Array(readFileSync(zip))))).findings, []);
	await off.getByText("Ohjaustila on tallennettu.").waitFor();
	await away.context.setOffline(false);
	await off.goto("about:blank");
	await away.close();
});
