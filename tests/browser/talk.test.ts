// Two people on the whole service: a counsellor at a desk, a client on a phone. The tests are one story and run in order.
import assert from "node:assert/strict";
import { after } from "node:test";
import type { Browser, Page } from "playwright-core";
import { PASSPHRASE } from "../client/organisation.js";
import { closeHouse, openHouse, proveAgain, talk, type House } from "../flow/house.js";
import { comeBy, comes, desk, findings, keep, launch, open, overflow, phone, type Tab } from "./lib.mjs";
import { before, story } from "../lib/story.mjs";

const test = story();
const RENEWED = "uusi lause syksyn ensimmäisenä päivänä";
const OWN = "pitkä rannalla kuljettu kesäpäivä";
let house: House;
let browser: Browser;
let staff: Tab;
let client: Tab;
let link = "";
let code = "";

const COUNSELLOR = ["Esittelyviraston kirjautuminen", "Anna Virtanen"] as const;
const CLIENT = ["Esittelypankki", "Oona Näyte"] as const;

const unlock = async (page: Page, passphrase: string): Promise<void> => {
	await page.getByLabel("Salalause", { exact: true }).fill(passphrase);
	await page.getByRole("button", { name: "Avaa", exact: true }).click();
};

const write = async (page: Page, text: string): Promise<void> => {
	await page.getByLabel("Viesti", { exact: true }).fill(text);
	await page.getByRole("button", { name: "Lähetä", exact: true }).click();
};

const CODE = /^([0-9A-Z]{4}-){6}[0-9A-Z]{4}$/;
const codeOn = async (page: Page): Promise<string> => (await page.locator(".code-groups li").allTextContents()).join("-");

const bubble = (page: Page, text: string) => page.locator(".bubble", { hasText: text });
const seen = (page: Page, text: string): Promise<void> => bubble(page, text).first().waitFor();

const clean = async (tab: Tab, name: string): Promise<void> => {
	await keep(tab.page, `talk-${name}`);
	assert.deepEqual(await findings(tab.page), []);
	assert.deepEqual(tab.complaints, []);
	assert.ok((await overflow(tab.page)) <= 0, "scrolls sideways");
};

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

test("the_site_refuses_scripts_from_elsewhere_and_framing", async () => {
	const answer = await staff.page.goto(house.service.origin);
	const headers = answer?.headers() ?? {};
	assert.match(headers["content-security-policy"] ?? "", /default-src 'none'; script-src 'self'/);
	assert.match(headers["content-security-policy"] ?? "", /require-trusted-types-for 'script'/);
	assert.equal(headers["x-content-type-options"], "nosniff");
	assert.equal(headers["referrer-policy"], "no-referrer");
});

test("the_counsellor_signs_in_and_opens_the_keys", async () => {
	await comeBy(staff.page, ...COUNSELLOR);
	await staff.page.getByRole("heading", { name: "Avaa viestisi" }).waitFor();
	await clean(staff, "unlock-counsellor");
	await unlock(staff.page, "väärä lause joka ei avaa");
	await staff.page.getByText("Salalause ei avaa viestejäsi").waitFor();
	await unlock(staff.page, PASSPHRASE);
	await staff.page.getByRole("heading", { name: "Ohjaustilat" }).waitFor();
	await clean(staff, "rooms-empty");
});

test("the_counsellor_makes_an_invitation", async () => {
	const { page } = staff;
	await page.getByRole("button", { name: "Uusi asiakas" }).click();
	await page.getByLabel("Asiakkaan nimi").fill("Aino");
	await page.getByLabel(/Tervetulotoivotus/).fill("Hei Aino! Mukava, kun tulit.");
	await page.getByRole("button", { name: "Tee kutsulinkki" }).click();
	link = await comes(() => page.locator(".invite-link").inputValue(), /^https:\/\/localhost:\d+\/kutsu#[\w-]{172}$/);
	await clean(staff, "invitation");
	await page.getByRole("button", { name: "Valmis" }).click();
	await seen(page, "Mukava, kun tulit");
});

test("the_client_comes_by_the_link_and_it_leaves_the_address_line", async () => {
	await client.page.goto(link);
	await client.page.getByRole("heading", { name: /Sinut on kutsuttu/ }).waitFor();
	await comes(() => client.page.url(), `${house.service.origin}/`);
	await clean(client, "sign-in");
	await comeBy(client.page, ...CLIENT);
});

test("the_client_makes_keys_and_keeps_the_code", async () => {
	const { page } = client;
	await page.getByLabel("Millä nimellä").fill("Aino K.");
	await page.locator(".offered-words").filter({ hasText: /^\s*\S+(\s+\S+){3}\s*$/u }).waitFor();
	await clean(client, "first-time");
	await page.getByLabel("Keksin salalauseen itse").check();
	await page.getByLabel("Salalause", { exact: true }).fill(OWN);
	await page.getByRole("button", { name: "Ota käyttöön" }).click();
	await page.locator(".qr").waitFor();
	code = await comes(() => codeOn(page), CODE);
	await clean(client, "printed-code");
	await page.getByLabel("Koodi on tallessa").check();
	await page.getByRole("button", { name: "Jatka" }).click();
});

test("the_client_is_in_the_room_and_finds_the_welcome", async () => {
	await seen(client.page, "Mukava, kun tulit");
	await client.page.getByRole("heading", { name: "Oona Ohjaaja" }).waitFor();
	await client.page.locator(".bubble").getByText("ohjaaja, Testikunta").first().waitFor();
	await clean(client, "client-room");
});

test("they_talk_both_ways_and_see_what_was_read", async () => {
	await write(client.page, "Moi, en tiedä mistä aloittaa.");
	await seen(staff.page, "en tiedä mistä aloittaa");
	await staff.page.locator('[aria-live="polite"].vh').getByText(/en tiedä mistä aloittaa/).waitFor();
	await write(staff.page, "Aloitetaan siitä, mikä tuntuu nyt tärkeimmältä.");
	await seen(client.page, "mikä tuntuu nyt tärkeimmältä");
	await bubble(client.page, "en tiedä mistä aloittaa").getByText("Luettu").waitFor();
	await client.page.bringToFront();
	await client.page.locator(".messages").click();
	await bubble(staff.page, "mikä tuntuu nyt tärkeimmältä").getByText("Luettu").waitFor();
	await clean(staff, "counsellor-room");
});

test("typing_is_shown", async () => {
	const shown = staff.page.getByText(/kirjoittaa…/).waitFor();
	await client.page.getByLabel("Viesti", { exact: true }).pressSequentially("Ehkä koulu olisi se, mistä aloittaa", { delay: 200 });
	await shown;
});

test("a_draft_survives_a_reload", async () => {
	const stored = async (): Promise<number> => Number((await house.db.query("SELECT coalesce(sum(version), 0) AS n FROM draft")).rows[0].n);
	const before = await stored();
	await client.page.getByLabel("Viesti", { exact: true }).fill("Kesken jäänyt ajatus");
	await comes(stored, (version) => version > before, "it is stored");
	await client.page.reload();
	await unlock(client.page, OWN);
	await seen(client.page, "mikä tuntuu nyt tärkeimmältä");
	await client.page.waitForFunction(() => document.querySelector<HTMLTextAreaElement>(".composer textarea")?.value === "Kesken jäänyt ajatus");
	await client.page.getByLabel("Viesti", { exact: true }).fill("");
});

test("an_edit_and_a_delete_reach_the_other_one", async () => {
	const { page } = client;
	await write(page, "Haluan hakea kouluun");
	await seen(staff.page, "Haluan hakea kouluun");
	await page.locator(".message.mine", { hasText: "Haluan hakea kouluun" }).locator("summary").click();
	await page.getByRole("button", { name: "Muokkaa" }).click();
	await page.getByLabel("Muokattava viesti").fill("Haluan hakea lukioon");
	await page.getByRole("button", { name: "Tallenna" }).click();
	await bubble(staff.page, "Haluan hakea lukioon").getByText("muokattu").waitFor();
	await page.locator(".message.mine", { hasText: "Haluan hakea lukioon" }).locator("summary").click();
	await page.getByRole("button", { name: "Poista", exact: true }).click();
	await page.getByRole("button", { name: "Poista viesti" }).click();
	await staff.page.getByText("Viesti on poistettu.").waitFor();
	await bubble(staff.page, "lukioon").waitFor({ state: "detached" });
	await staff.page.locator(".preview", { hasText: "lukioon" }).waitFor({ state: "detached" });
});

test("without_a_network_a_banner_tells_and_everything_arrives_afterwards", async () => {
	await client.context.setOffline(true);
	await client.page.getByText("Ei yhteyttä. Viestisi lähtevät").waitFor();
	await write(client.page, "Kirjoitettu ilman verkkoa");
	await write(staff.page, "Sanottu sillä aikaa");
	await bubble(staff.page, "Sanottu sillä aikaa").getByText("Tallennettu").waitFor();
	await keep(client.page, "talk-offline");
	await client.context.setOffline(false);
	await seen(client.page, "Sanottu sillä aikaa");
	await seen(staff.page, "Kirjoitettu ilman verkkoa");
	await client.page.getByText("Ei yhteyttä.").waitFor({ state: "detached" });
});

test("the_details_say_who_reads_and_what_is_kept", async () => {
	await client.page.getByRole("button", { name: "Tietoja" }).click();
	const sheet = client.page.getByRole("dialog");
	await sheet.getByText("Oona Ohjaaja").waitFor();
	await sheet.getByText("kaksi kolmesta nimetystä henkilöstä").waitFor();
	await sheet.getByText("456 päivän kuluttua").waitFor();
	await sheet.getByText("Luotsi-palvelun ylläpitäjä").or(sheet.getByText("Luotsi-palvelun ylläpito")).first().waitFor();
	await clean(client, "client-details");
	await client.page.keyboard.press("Escape");
});

test("the_counsellor_closes_and_reopens", async () => {
	const { page } = staff;
	await page.getByRole("button", { name: "Tietoja" }).click();
	await page.getByRole("button", { name: "Sulje ohjaustila" }).click();
	await page.getByRole("dialog", { name: "Sulje ohjaustila" }).getByRole("button", { name: "Sulje", exact: true }).last().click();
	await client.page.getByText("Ohjaustila on suljettu.").waitFor();
	await comes(() => client.page.locator(".composer").count(), 0);
	await clean(client, "closed");
	await page.getByRole("button", { name: "Avaa ohjaustila uudelleen" }).click();
	await client.page.locator(".composer").waitFor();
	await page.keyboard.press("Escape");
	await page.waitForSelector("dialog[open]", { state: "detached" });
	await write(client.page, "Taas auki");
	await seen(page, "Taas auki");
});

test("the_language_is_switched_in_place_and_comes_back_with_the_person", async () => {
	const { page } = client;
	await page.locator("select.language").selectOption("sv");
	await page.getByRole("button", { name: "Skicka", exact: true }).waitFor();
	await clean(client, "svenska");
	await page.locator("select.language").selectOption("fi");
	await page.getByRole("button", { name: "Lähetä", exact: true }).waitFor();
});

test("the_counsellor_answers_by_keyboard_alone", async () => {
	const { page } = staff;
	await page.locator(".room-row").first().focus();
	await page.keyboard.press("Enter");
	await page.getByLabel("Viesti", { exact: true }).focus();
	await page.keyboard.type("Näppäimistöllä kirjoitettu");
	await page.keyboard.press("Control+Enter");
	await seen(client.page, "Näppäimistöllä kirjoitettu");
});

test("who_waits_is_seen_in_the_list", async () => {
	const other = await talk(house, "Mikael");
	await other.client.engine.send(other.room, "Onko siellä ketään?");
	await other.client.until("it is stored", () => [...other.client.messages.values()].some((m) => m.mine && m.seq !== null));
	await staff.page.locator(".room-row", { hasText: "Mikael" }).getByText("Odottaa vastausta").waitFor();
	await staff.page.waitForFunction(() => document.title === "(1) Luotsi" || document.title === "(2) Luotsi");
	await clean(staff, "rooms-waiting");
});

test("another_device_finds_everything_with_the_printed_code", async () => {
	const second = await open(browser, { size: phone, dark: true });
	const { page } = second;
	await page.goto(house.service.origin);
	await comeBy(page, ...CLIENT);
	await page.getByRole("button", { name: /Unohdin salalauseen/ }).click();
	await page.getByLabel("Palautuskoodi", { exact: true }).fill(code);
	await page.getByRole("button", { name: "Avaa", exact: true }).click();
	await page.getByRole("heading", { name: "Valitse uusi salalause" }).waitFor();
	await clean(second, "recovered-dark");
	await page.getByLabel("Keksin salalauseen itse").check();
	await page.getByLabel("Uusi salalause").fill(RENEWED);
	await page.getByRole("button", { name: "Valitse uusi salalause" }).click();
	await page.locator(".code-groups").waitFor();
	await comes(() => codeOn(page), (next) => CODE.test(next) && next !== code);
	await page.getByLabel("Koodi on tallessa").check();
	await page.getByRole("button", { name: "Jatka" }).click();
	await seen(page, "Taas auki");
	await clean(second, "second-device-dark");
	await second.close();
});

test("a_passphrase_that_is_changed_opens_another_device_and_the_old_one_does_not", async () => {
	const { page } = staff;
	await proveAgain(house, house.counsellor); // the sign-in may be five minutes ago
	await page.getByLabel("Valikko", { exact: true }).click();
	await page.getByRole("button", { name: "Oma tili" }).click();
	await page.getByText("Tämä laite").waitFor();
	await clean(staff, "account");
	await page.getByRole("button", { name: "Vaihda salalause" }).click();
	await page.getByLabel("Nykyinen salalause").fill(PASSPHRASE);
	await page.getByLabel("Keksin salalauseen itse").check();
	await page.getByLabel("Uusi salalause").fill(`${RENEWED} ohjaajalla`);
	await page.getByRole("dialog").getByRole("button", { name: "Vaihda salalause" }).click();
	await page.locator(".code-groups").waitFor();
	await page.getByLabel("Koodi on tallessa").check();
	await page.getByRole("button", { name: "Jatka" }).click();
	const second = await open(browser, { size: desk });
	await second.page.goto(house.service.origin);
	await comeBy(second.page, ...COUNSELLOR);
	await unlock(second.page, PASSPHRASE);
	await second.page.getByText("Salalause ei avaa viestejäsi").waitFor();
	await unlock(second.page, `${RENEWED} ohjaajalla`);
	await second.page.locator(".room-row", { hasText: "Aino" }).waitFor();
	assert.deepEqual(second.complaints, []);
	await second.close();
	await page.getByRole("link", { name: /etusivu/i }).click();
	await page.locator(".room-row").first().waitFor();
});

test("an_invitation_works_once", async () => {
	const third = await open(browser, { size: phone });
	await third.page.goto(link);
	await third.page.getByRole("button", { name: "Esittelypankki" }).click();
	await third.page.getByText("Linkki on vanhentunut tai väärä").waitFor();
	await third.close();
});

test("nothing_is_stored_in_the_browser", async () => {
	await comes(() => client.page.evaluate(async () => [localStorage.length, sessionStorage.length, (await indexedDB.databases()).length, (await caches.keys()).length, document.cookie.length]), [0, 0, 0, 0, 0]);
});

test("the_safe_exit_leaves_and_the_session_is_over", async () => {
	const { page } = client;
	await page.route("https://www.ilmatieteenlaitos.fi/**", (route) => route.fulfill({ contentType: "text/html", body: "<title>sää</title>" }));
	await page.getByRole("button", { name: "Poistu heti" }).click();
	await page.waitForURL("https://www.ilmatieteenlaitos.fi/");
	await page.goto(house.service.origin);
	await page.getByRole("heading", { name: "Kirjaudu" }).waitFor();
	assert.deepEqual(client.complaints, []);
});
