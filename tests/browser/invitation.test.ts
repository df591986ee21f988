// Invited by e-mail in real browsers: the counsellor at a desk writes the address, the letter is read from the tests' mail server, the
// client opens its link on a phone, both see one code, and the room opens by itself. Then somebody else opens a letter, and is turned away.
// The tests are one story and run in order.
import assert from "node:assert/strict";
import { after } from "node:test";
import type { Browser, Page } from "playwright-core";
import { PASSPHRASE } from "../client/organisation.js";
import { actorOf, closeHouse, openHouse, type House } from "../flow/house.js";
import { comeBy, comes, desk, findings, keep, launch, open, overflow, phone, stays, type Tab } from "./lib.mjs";
import { before, story } from "../lib/story.mjs";

const test = story();
const OWN = "pitkä rannalla kuljettu kesäpäivä";
const ADDRESS = "oona.nayte@posti.example";
let house: House;
let browser: Browser;
let staff: Tab;
let client: Tab;
let link = "";

const clean = async (tab: Tab, name: string): Promise<void> => {
	await keep(tab.page, `mailed-${name}`);
	assert.deepEqual(await findings(tab.page), []);
	assert.deepEqual(tab.complaints, []);
	assert.ok((await overflow(tab.page)) <= 0, "scrolls sideways");
};

const heading = (page: Page, name: string | RegExp): Promise<void> => page.getByRole("heading", { name }).waitFor();
const button = (page: Page, name: string) => page.getByRole("button", { name, exact: true });

const unlock = async (page: Page, passphrase: string): Promise<void> => {
	await page.getByLabel("Salalause", { exact: true }).fill(passphrase);
	await button(page, "Avaa").click();
};

const letterTo = async (address: string): Promise<string> => {
	const letter = await comes(() => house.mailbox.letters.filter((one) => one.to.includes(address)).at(-1), (one) => one !== undefined, `a letter to ${address}`);
	return Buffer.from(letter?.text.split("\r\n\r\n")[1] as string, "base64").toString("utf8");
};

const linkIn = (letter: string): string => /https:\S+#[\w-]+/.exec(letter)?.[0] ?? "";

const comeAndMakeKeys = async (page: Page, to: string, person: string, name: string): Promise<void> => {
	await page.goto(to);
	await heading(page, "Sinut on kutsuttu");
	await comeBy(page, "Esittelypankki", person);
	await page.getByLabel("Millä nimellä").fill(name);
	await page.getByLabel("Keksin salalauseen itse").check();
	await page.getByLabel("Salalause", { exact: true }).fill(OWN);
	await button(page, "Ota käyttöön").click();
	await page.locator(".qr").waitFor();
	await page.getByLabel("Koodi on tallessa").check();
	await button(page, "Jatka").click();
};

const groupsOn = async (page: Page): Promise<string> => (await page.locator(".compare .code-groups li").allTextContents()).join(" ");
const codeOn = (page: Page): Promise<string> => comes(() => groupsOn(page), /^\d+( \d+){5,}$/);

/** The dialog for a new client, filled in and sent by e-mail. */
const invite = async (page: Page, name: string, address: string): Promise<void> => {
	await button(page, "Uusi asiakas").click();
	await page.getByLabel("Asiakkaan nimi").fill(name);
	await page.getByLabel(/Tervetulotoivotus/).fill(`Hei ${name}! Mukava, kun tulit.`);
	await page.getByLabel(/^Sähköpostilla/).check();
	await page.getByLabel("Asiakkaan sähköpostiosoite").fill(address);
};

before(async () => {
	house = await openHouse({ staff_without_passkey: "yes" });
	browser = await launch();
	staff = await open(browser, { size: desk });
	client = await open(browser, { size: phone, hasTouch: true });
	await staff.page.goto(house.service.origin);
	await comeBy(staff.page, "Esittelyviraston kirjautuminen", "Anna Virtanen");
	await unlock(staff.page, PASSPHRASE);
	await heading(staff.page, "Ohjaustilat");
});

after(async () => {
	await browser?.close();
	if (house) await closeHouse(house);
});

test("the_counsellor_writes_an_address_and_is_told_what_goes_out", async () => {
	const { page } = staff;
	await invite(page, "Oona N.", "väärä osoite");
	await button(page, "Lähetä kutsu").click();
	await page.getByText("Kirjoita osoite muodossa").waitFor();
	assert.equal(house.mailbox.letters.length, 0);
	await page.getByText("Pelkkä linkki ei avaa mitään").waitFor();
	await clean(staff, "dialog");
	await page.getByLabel("Asiakkaan sähköpostiosoite").fill(ADDRESS);
	await button(page, "Lähetä kutsu").press("Enter");
	await page.getByText("Kutsu on matkalla").waitFor();
	await clean(staff, "on-its-way");
	await button(page, "Valmis").press("Enter");
	await page.getByText("Kutsu on lähetetty sähköpostilla").waitFor();
	await page.locator(".badge", { hasText: "Kutsuttu sähköpostilla" }).waitFor();
	await clean(staff, "sent");
});

test("the_letter_has_a_link_and_no_name", async () => {
	const letter = await letterTo(ADDRESS);
	assert.doesNotMatch(letter, /Oona|Ohjaaja|Testikunta|Mukava/);
	link = linkIn(letter);
	assert.match(link, /^https:\/\/localhost:\d+\/kutsu#[\w-]{130}$/);
});

test("the_client_identifies_makes_keys_and_waits", async () => {
	const { page } = client;
	await comeAndMakeKeys(page, link, "Oona Näyte", "Oona");
	await heading(page, "Odotat pääsyä ohjaustilaan");
	await heading(page, "Oona Ohjaaja, Testikunta");
	await comes(() => page.url(), `${house.service.origin}/`);
	await codeOn(page);
	await clean(client, "waiting");
	await page.locator("ol li").last().scrollIntoViewIfNeeded();
	await keep(page, "mailed-waiting-end");
	await comes(() => page.evaluate(() => sessionStorage.length + localStorage.length), 0);
});

test("the_counsellor_hears_it_and_sees_the_same_code_and_the_identified_name", async () => {
	const { page } = staff;
	await page.getByText("Joku odottaa pääsyä ohjaustilaan").waitFor();
	await page.locator(".badge", { hasText: "Odottaa pääsyä" }).waitFor();
	await clean(staff, "somebody-waits");
	await button(page, "Vertaa koodi ja päästä sisään").press("Enter");
	await page.getByText("Oona Näyte").waitFor();
	await page.getByText(/Esittelypankki/).waitFor();
	await page.getByText("Nimi sopii antamaasi nimeen Oona N.").waitFor();
	await comes(() => groupsOn(page), await codeOn(client.page));
	await clean(staff, "compare");
});

test("who_reloads_finds_the_same_page", async () => {
	const { page } = client, before = await codeOn(page);
	await page.reload();
	await unlock(page, OWN);
	await heading(page, "Odotat pääsyä ohjaustilaan");
	await comes(() => groupsOn(page), before);
});

test("let_in_the_client_is_in_the_room_without_doing_anything", async () => {
	await button(staff.page, "Sama henkilö: päästä sisään").press("Enter");
	await client.page.locator(".bubble", { hasText: "Mukava, kun tulit" }).waitFor();
	await clean(client, "room");
	await client.page.getByLabel("Viesti", { exact: true }).fill("Hei, pääsin sisään.");
	await button(client.page, "Lähetä").click();
	await staff.page.locator(".bubble", { hasText: "Hei, pääsin sisään." }).waitFor();
	await comes(() => staff.page.getByText("Joku odottaa pääsyä ohjaustilaan").count(), 0);
	await clean(staff, "room-staff");
	await client.page.reload();
	await unlock(client.page, OWN);
	await client.page.locator(".bubble", { hasText: "Mukava, kun tulit" }).waitFor();
});

test("another_name_is_told_and_the_stranger_is_turned_away_at_once", async () => {
	const { page } = staff, stranger = await open(browser, { size: desk, locale: "en-GB" });
	await invite(page, "Pekka", "pekka@posti.example");
	await button(page, "Lähetä kutsu").click();
	await button(page, "Valmis").click();
	await stranger.page.goto(linkIn(await letterTo("pekka@posti.example")));
	await stranger.page.locator(".providers button").first().click();
	await stranger.page.getByRole("radio", { name: "Joni Ääri" }).check();
	await stranger.page.getByRole("button", { name: "Tunnistaudu" }).click();
	await stranger.page.getByLabel("What would you like to be called?").fill("Joni");
	await stranger.page.getByLabel("I make up my own passphrase").check();
	await stranger.page.getByLabel("Passphrase", { exact: true }).fill(OWN);
	await stranger.page.locator("form button[type=submit]").click();
	await stranger.page.locator(".qr").waitFor();
	await stranger.page.getByLabel("I have kept the code").check();
	await stranger.page.getByRole("button", { name: "Continue" }).click();
	await heading(stranger.page, "You are waiting to be let into the room");
	await clean(stranger, "waiting-en");
	await page.getByText("Joku odottaa pääsyä ohjaustilaan").waitFor();
	await button(page, "Vertaa koodi ja päästä sisään").click();
	await page.getByText("Nimi on eri kuin antamasi Pekka").waitFor();
	await clean(staff, "another-name");
	await button(page, "Ei sama: käännytä pois").click();
	await clean(staff, "turn-away");
	await button(page, "Käännytä pois").press("Enter");
	await stranger.page.getByText("You were not let into the room").waitFor();
	await clean(stranger, "turned-away");
	await page.locator(".badge", { hasText: "Odottaa pääsyä" }).waitFor({ state: "detached" });
	await stranger.close();
});

test("keys_that_change_while_the_code_is_compared_are_not_let_in", async () => {
	const { page } = staff;
	await invite(page, "Ville", "ville@posti.example");
	await button(page, "Lähetä kutsu").click();
	await button(page, "Valmis").click();
	const to = linkIn(await letterTo("ville@posti.example"));
	const person = await house.client("Ville", to);
	await person.engine.acceptInvitation(to);
	await button(page, "Vertaa koodi ja päästä sisään").click();
	const before = await codeOn(page);
	const other = await actorOf(house, { person: person.user, role: "client" });
	house.open.push(other);
	await other.engine.start();
	await other.engine.resetKeys({ passphrase: OWN, name: "Ville", language: "fi" });
	await stays(() => groupsOn(page), before, 2_000, "what was read aloud stays");
	await button(page, "Sama henkilö: päästä sisään").click();
	await page.getByText("Avaimet vaihtuivat vertailun aikana").waitFor();
	await clean(staff, "keys-changed");
	await button(page, "Vertaa koodi uudelleen").press("Enter");
	await page.getByText("Avaimet vaihtuivat vertailun aikana").waitFor({ state: "detached" });
	await comes(() => codeOn(page), (code) => code !== before);
	await button(page, "Ei sama: käännytä pois").click();
	await button(page, "Käännytä pois").click();
	await page.locator(".badge", { hasText: "Odottaa pääsyä" }).waitFor({ state: "detached" });
});

test("on_a_phone_the_counsellor_sends_again_and_takes_back", async () => {
	const { page } = staff;
	await page.setViewportSize(phone);
	await page.getByRole("button", { name: "Tietoja" }).click();
	await button(page, "Kutsu asiakas uudella linkillä").click();
	await page.getByLabel(/^Sähköpostilla/).check();
	await page.getByLabel("Asiakkaan sähköpostiosoite").fill("pekka.toinen@posti.example");
	await page.getByLabel("Svenska").check();
	await clean(staff, "again-phone");
	await button(page, "Lähetä kutsu").click();
	await page.getByText("Kutsu on matkalla").waitFor();
	await button(page, "Valmis").click();
	await button(page, "Sulje").click();
	await page.getByText("Kutsu on lähetetty sähköpostilla").waitFor();
	assert.match(await letterTo("pekka.toinen@posti.example"), /^Hej,/);
	await clean(staff, "sent-phone");
	await button(page, "Peru kutsu").click();
	await clean(staff, "withdraw-phone");
	await button(page, "Peru kutsu nyt").press("Enter");
	await page.getByText("Kutsu on lähetetty sähköpostilla").waitFor({ state: "detached" });
	const late = await open(browser, { size: phone });
	await late.page.goto(linkIn(await letterTo("pekka.toinen@posti.example")));
	await late.page.getByRole("button", { name: "Esittelypankki" }).click();
	await late.page.getByText("Linkki on vanhentunut").waitFor();
	await clean(late, "link-gone");
	await late.close();
});
