// The client's own pages with the keyboard alone, on the stand-in engine: every stop is seen and in the window, Enter, Space and Escape do what
// they say, and the focus comes back to where it was, also when what had it is gone. With axe in empty, long and failing states.
import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { comes, findings, launch, open, phone, web } from "./lib.mjs";
import { serve } from "./site.mjs";

const NOTHING = { passkey_list: { passkeys: [] }, own_events: { events: [] }, sign_out: {}, sign_in_options: { providers: [] } };
const STOPS = 60; // more than any page here has
let site;
let browser;

before(async () => {
	site = await serve(join(web, "dist-stand-in"), NOTHING);
	browser = await launch();
});
after(async () => {
	await browser?.close();
	await site?.close();
});

// Where the focus is: its words, whether a line shows it, and whether it is in the window. A field that is hidden behind its label is shown by that.
const focus = (page) =>
	page.evaluate(() => {
		const at = document.activeElement;
		if (!at || at === document.body) return { name: "", shown: false, inside: false, heading: false };
		const named = at.getAttribute("aria-label") ?? [...(at.labels ?? [])].map((label) => label.innerText).join(" ");
		const drawn = [at, at.nextElementSibling, at.closest("label")].filter(Boolean).map((element) => getComputedStyle(element));
		const { top, bottom, left, right } = at.getBoundingClientRect();
		return {
			name: (named || at.innerText || at.id).replace(/\s+/g, " ").trim(),
			shown: drawn.some((style) => (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2)),
			heading: at.matches("h1, h2, h3"),
			inside: bottom > 0 && right > 0 && top < innerHeight && left < innerWidth,
		};
	});

const isNamed = (words) => ({ name }) => (words instanceof RegExp ? words.test(name) : name === words);

// From stop to stop until the one with these words; each on the way is seen.
const tabTo = async (page, words, key = "Tab") => {
	const way = [];
	for (let n = 0; n < STOPS; n++) {
		await page.keyboard.press(key);
		const at = await comes(() => focus(page), ({ name, inside, shown }) => name === "" || (inside && shown), "a stop that is not to be seen");
		way.push(at.name);
		if (isNamed(words)(at)) return;
	}
	assert.fail(`${words} is not reached: ${way.join(" | ")}`);
};
const rests = (page, words) => comes(() => focus(page), isNamed(words), `the focus is not on ${words}`);
// A page or a dialog has come and begins at its heading; what opened it may have the same words.
const begins = (page, words) => comes(() => focus(page), (at) => at.heading && isNamed(words)(at), `no heading ${words} has the focus`);
const press = (page, ...keys) => keys.reduce((done, key) => done.then(() => page.keyboard.press(key)), Promise.resolve());

const walk = (name, as, body, path = "/") =>
	test(name, async () => {
		const { page, complaints, close } = await open(browser);
		try {
			await page.goto(`${site.origin}${path}?as=${as}`);
			await body(page);
			assert.deepEqual(await findings(page), []);
			assert.deepEqual(complaints, []);
		} finally {
			await close();
		}
	});

const room = (page) => page.locator(".bubble").first().waitFor();
const gone = (page) => page.locator("dialog").waitFor({ state: "detached" });
const MESSAGE = /^Viestin .* toiminnot$/;

walk("the_first_time_is_gone_through_from_the_name_to_the_room", "fresh", async (page) => {
	await begins(page, "Tervetuloa Luotsiin");
	await tabTo(page, "Ota käyttöön");
	await page.keyboard.press("Enter");
	await page.getByText("Kirjoita nimi.").waitFor();
	assert.deepEqual(await findings(page), [], "with what is missing shown");
	await tabTo(page, /^Millä nimellä/, "Shift+Tab");
	await page.keyboard.type("Aino");
	await tabTo(page, "Käytän ehdotettuja sanoja");
	await page.keyboard.press("ArrowDown");
	await rests(page, "Keksin salalauseen itse");
	await page.keyboard.press("ArrowUp");
	await rests(page, "Käytän ehdotettuja sanoja");
	await tabTo(page, "Olen pannut sanat talteen");
	await page.keyboard.press("Space");
	await tabTo(page, "Ota käyttöön");
	await page.keyboard.press("Enter");
	await begins(page, "Palautuskoodisi");
	await tabTo(page, "Koodi on tallessa");
	await page.keyboard.press("Space");
	await tabTo(page, "Jatka");
	await page.keyboard.press("Enter");
	await room(page);
});

walk("a_wrong_passphrase_leaves_the_focus_in_its_field", "locked", async (page) => {
	await rests(page, "Salalause");
	await page.keyboard.type("väärä salalause tässä");
	await page.keyboard.press("Enter");
	await page.getByText("Salalause ei avaa").waitFor();
	await rests(page, "Salalause");
	assert.deepEqual(await findings(page), [], "with the failure shown");
	await tabTo(page, /^Unohdin salalauseen/);
	await tabTo(page, "Salalause", "Shift+Tab");
	await press(page, "Control+a");
	await page.keyboard.type("oikea salalause tässä");
	await page.keyboard.press("Enter");
	await room(page);
});

walk("what_opens_beside_a_room_closes_by_escape_and_gives_the_focus_back", "client", async (page) => {
	await room(page);
	await tabTo(page, "Siirry sisältöön");
	await page.keyboard.press("Enter");
	for (const [words, title] of [["Tietoja", "Tietoja ohjaustilasta"], ["Tiedostot", "Tiedostot"], ["Tehtävät", "Tehtävät"]]) {
		await tabTo(page, words);
		await page.keyboard.press("Enter");
		await page.locator("dialog[open]").getByRole("heading", { name: title, exact: true }).waitFor();
		await begins(page, title);
		await tabTo(page, "Sulje");
		await page.keyboard.press(words === "Tiedostot" ? "Escape" : "Enter"); // twice Escape in a row would leave the service
		await gone(page);
		await rests(page, words);
	}
	await tabTo(page, "Suunnitelma", "Shift+Tab");
	await page.keyboard.press("Enter");
	await begins(page, "Suunnitelma");
	await tabTo(page, "Sulje suunnitelma");
	await page.keyboard.press("Enter");
	await page.locator("aside.beside").waitFor({ state: "detached" });
	await rests(page, "Suunnitelma");
});

walk("a_message_is_sent_edited_and_deleted", "client", async (page) => {
	await room(page);
	await tabTo(page, "Viesti");
	await page.keyboard.type("Moi näppäimiltä");
	await page.keyboard.press("Control+Enter");
	await page.locator(".bubble", { hasText: "Moi näppäimiltä" }).getByText("Luettu").waitFor();
	await rests(page, "Viesti");
	await tabTo(page, MESSAGE, "Shift+Tab");
	await press(page, "Enter", "Tab");
	await rests(page, "Muokkaa");
	await page.keyboard.press("Escape");
	await rests(page, MESSAGE);
	await press(page, "Enter", "Tab");
	await rests(page, "Muokkaa");
	await page.keyboard.press("Enter");
	await rests(page, "Muokattava viesti");
	await page.keyboard.type(" taas");
	await page.keyboard.press("Control+Enter");
	await page.locator(".bubble", { hasText: "Moi näppäimiltä taas" }).getByText("muokattu").waitFor();
	await rests(page, "Viesti");
	await tabTo(page, MESSAGE, "Shift+Tab");
	await press(page, "Enter", "Tab", "Tab");
	await rests(page, "Poista");
	await page.keyboard.press("Enter");
	await begins(page, "Poistetaanko viesti?");
	await tabTo(page, "Säilytä");
	await page.keyboard.press("Enter");
	await gone(page);
	await rests(page, MESSAGE);
	await press(page, "Enter", "Tab", "Tab", "Enter");
	await begins(page, "Poistetaanko viesti?");
	await tabTo(page, "Poista viesti");
	await page.keyboard.press("Enter");
	await gone(page);
	await rests(page, /Viesti on poistettu/);
});

walk("what_was_not_sent_is_sent_again_and_the_focus_stays_in_the_room", "failing", async (page) => {
	await room(page);
	await tabTo(page, "Viesti");
	await page.keyboard.type("hei");
	await page.keyboard.press("Control+Enter");
	await page.getByText("Lähetä uudelleen").waitFor();
	assert.deepEqual(await findings(page), [], "with the failure shown");
	await tabTo(page, "Lähetä uudelleen", "Shift+Tab");
	await page.keyboard.press("Space");
	await page.locator(".bubble", { hasText: "hei" }).getByText("Tallennettu").waitFor();
	await rests(page, /^Maija Virtanen$|Tallennettu/);
});

walk("ones_own_account_keeps_the_focus_when_what_had_it_goes", "client", async (page) => {
	await room(page);
	await tabTo(page, "Valikko");
	await page.keyboard.press("Enter");
	await tabTo(page, "Oma tili");
	await page.keyboard.press("Enter");
	await begins(page, "Oma tili");
	await page.getByText("Tämä laite").waitFor();
	await tabTo(page, "Vaihda salalause");
	await page.keyboard.press("Enter");
	await begins(page, "Vaihda salalause");
	await tabTo(page, "Sulje");
	await page.keyboard.press("Escape");
	await gone(page);
	await rests(page, "Vaihda salalause");
	await tabTo(page, /^Lopeta kirjautuminen/);
	await page.keyboard.press("Enter");
	await begins(page, "Missä olet kirjautuneena");
	await tabTo(page, /^Lopeta kirjautuminen/);
	await page.keyboard.press("Enter");
	await page.getByText("Et ole kirjautuneena muualla.").waitFor();
	await begins(page, "Missä olet kirjautuneena");
	await tabTo(page, "Luotsi, etusivu", "Shift+Tab");
	await page.keyboard.press("Enter");
	await room(page);
});

walk("a_long_talk_is_scrolled_by_keys_on_a_phone", "many", async (page) => {
	await page.setViewportSize(phone);
	await page.getByText("Viesti numero 10000.").waitFor();
	const scrolled = () => page.locator(".messages").evaluate((box) => box.scrollHeight - box.scrollTop - box.clientHeight);
	await tabTo(page, "Viestit");
	await press(page, "PageUp", "PageUp");
	await comes(scrolled, (left) => left > 100, "the keys do not scroll");
	await page.getByRole("button", { name: "Uusimpaan" }).waitFor();
	await comes(() => press(page, "End").then(scrolled), (left) => left < 100, "not at the newest");
	await rests(page, "Viestit");
});

walk("without_a_room_there_is_still_a_way_round", "empty", async (page) => {
	await page.getByText("ei ole vielä ohjaustilaa").waitFor();
	await tabTo(page, "Valikko");
	await page.keyboard.press("Enter");
	await tabTo(page, "Miten tämä on suojattu");
	await page.keyboard.press("Enter");
	await begins(page, "Miten tämä on suojattu");
	await tabTo(page, "Takaisin");
	await page.keyboard.press("Enter");
	await page.getByText("ei ole vielä ohjaustilaa").waitFor();
});
