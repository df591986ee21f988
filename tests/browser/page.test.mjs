// The page alone, on the stand-in engine: what people see in states that the real service reaches only after weeks or under attack.
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { texts } from "../../web/build/texts.mjs";
import { comes, desk, findings, keep, launch, open, overflow, phone, stays, web } from "./lib.mjs";
import { serve } from "./site.mjs";

const providers = [
	{ slug: "pankki", audience: "client", name_fi: "Esittelypankki", name_sv: "Demobanken", name_en: "Demonstration Bank" },
	{ slug: "virka", audience: "staff", name_fi: "Virasto", name_sv: "Verket", name_en: "Office" },
];
const day = 86_400_000;
const passkeys = [
	{ passkey: "p1", credential: "AAAA", device: "computer", synced: false, made_at: Date.now() - 40 * day, used_at: Date.now() - day, disabled: false },
	{ passkey: "p2", credential: "AAAB", device: "key", synced: false, made_at: Date.now() - 3 * day, disabled: true },
];
const service = { promise_days: 2, holidays: true, notice: [], hours: [], days: [] };
const upkeep = {
	flag_list: { flags: [] }, request_late: { open: 0, soon: 0, late: 0, breaches: 0, breaches_late: 0 }, absence_list: { absences: [] }, service_get: service,
	plan_own: { work: { plan: { account: "u" }, rooms: [], handed: 0, closed: 0 } },
};
const ended = {
	agreement: "AAAAAAAAAAAAAAAAAAAAAA", state: "ended", since: Date.now() - 9 * day, version: 1, controller: "Kuopion Ohjaamo", controller_business_id: "0944845-0", processor: "KEHA-keskus", ended_at: Date.now() - 9 * day,
	ends_on: "2026-12-03", at_end: "return", training_required: false, allows: [], privacy: ["Seloste", "", ""], promise: ["", "", ""],
};
const office = {
	agreement_list: { agreements: [ended] }, agreement_versions: { versions: [] }, agreement_signatories: { signatories: [] }, agreement_past: { events: [] }, office_list: { offices: [] }, contact_list: { contacts: [] },
	handover_get: { what: "return", due_on: "2026-12-20", rooms: 214, held: 1, people: 230 }, handover_rooms: { rooms: [], more: false }, handover_receipt: {},
};
let site;
let browser;

before(async () => {
	site = await serve(join(web, "dist-stand-in"), { sign_in_options: { providers }, sign_out: {}, passkey_list: { passkeys }, staff_list: { staff: [] }, own_events: { events: [] }, ...upkeep, ...office });
	browser = await launch();
});
after(async () => {
	await browser?.close();
	await site?.close();
});

const visit = async (as, options, path = "/") => {
	const tab = await open(browser, options);
	await tab.page.goto(`${site.origin}${path}?as=${as}`);
	return tab;
};

const dialog = (page) => page.waitForSelector("dialog[open]");
const details = async (page) => {
	await page.getByRole("button", { name: "Tietoja" }).click();
	await dialog(page);
	await page.getByText("Kuka voi lukea").waitFor();
};
const account = async (page, words = "Tämä laite") => {
	await page.getByLabel("Valikko", { exact: true }).click();
	await page.getByRole("button", { name: "Oma tili" }).click();
	await page.getByText(new RegExp(words)).first().waitFor();
};
const chosen = (page) => page.getByRole("button", { name: /^Aino/ }).first().click();
const makeKeys = async (page) => {
	await page.getByLabel("Millä nimellä").fill("Aino");
	await page.getByLabel("Olen pannut sanat talteen").check();
	await page.getByRole("button", { name: "Ota käyttöön" }).click();
	await page.locator(".qr").waitFor();
};

const sheets = async (page) => {
	await page.getByRole("button", { name: "Tee avaimet" }).click();
	await page.getByRole("heading", { name: "Tulosta kolme lehteä" }).waitFor();
};
const readBack = async (page) => {
	await sheets(page);
	await page.getByLabel("Kaikki kolme lehteä ovat paperilla").check();
	await page.getByRole("button", { name: "Jatka lukukokeeseen" }).click();
	await page.getByLabel("Ensimmäinen lehti").waitFor();
};
const prove = async (page) => {
	await readBack(page);
	await page.getByLabel("Toinen lehti").fill("1K0T");
	await page.getByRole("button", { name: "Tarkista lehdet" }).click();
	await page.getByRole("heading", { name: "Julkaise avaimet" }).waitFor();
};

const lost = async (page) => {
	await page.getByRole("button", { name: /kaikki on hukassa/ }).click();
	await page.getByText("Kukaan ei voi palauttaa").waitFor();
};
const compare = async (page) => {
	await chosen(page);
	await page.getByRole("button", { name: "Vertaa koodia" }).click();
	await page.getByText("48213").waitFor();
};

const handover = async (page) => {
	await page.getByRole("button", { name: "Näytä sopimus" }).click();
	await page.getByText("214 ohjaustilaa").waitFor();
	await page.getByText("214 ohjaustilaa").scrollIntoViewIfNeeded();
};
const taken = async (page) => {
	await page.evaluate(() => delete globalThis.showSaveFilePicker);
	await handover(page);
	await page.getByRole("button", { name: "Lataa tiedosto" }).click();
	await page.getByText("Tiedoston tarkistussumma").waitFor();
};

const pages = [
	["sign-in", "signed-out", (page) => page.getByRole("button", { name: "Esittelypankki" }).waitFor()],
	["first-time", "fresh", (page) => page.getByLabel("Millä nimellä").waitFor()],
	["first-time-own", "fresh", async (page) => { await page.getByLabel("Keksin salalauseen itse").check(); await page.getByLabel("Salalause", { exact: true }).fill("pitkä mutta tuttu lause"); }],
	["printed-code", "fresh", makeKeys],
	["unlock", "locked", (page) => page.getByLabel("Salalause", { exact: true }).waitFor()],
	["unlock-wrong", "locked", async (page) => { await page.getByLabel("Salalause", { exact: true }).fill("väärä salalause tässä"); await page.getByRole("button", { name: "Avaa", exact: true }).click(); await page.getByText("Salalause ei avaa").waitFor(); }],
	["client-room", "client", (page) => page.locator(".bubble").first().waitFor()],
	["client-details", "client", details],
	["client-delete", "client", async (page) => { await page.locator(".mine summary").first().click(); await page.getByRole("button", { name: "Poista", exact: true }).click(); await dialog(page); await page.getByText("Viesti poistuu kaikilta").waitFor(); }],
	["client-edit", "client", async (page) => { await page.locator(".mine summary").first().click(); await page.getByRole("button", { name: "Muokkaa" }).click(); await page.getByText("Muokkaat lähettämääsi").waitFor(); }],
	["client-going", "client-going", (page) => page.getByText(/Tämä keskustelu poistetaan/).waitFor()],
	["client-ending", "client-ending", (page) => page.getByText("Uusia viestejä ei voi enää kirjoittaa").waitFor()],
	["client-ending-rooms", "client-two-ending", (page) => page.getByText(/luettavissa \d+\.\d+\.\d+ asti/).first().waitFor()],
	["client-held", "client-held", async (page) => { await details(page); await page.getByText("säilyy toistaiseksi").waitFor(); }],
	["counsellor-going", "counsellor-going", async (page) => { await chosen(page); await page.getByText(/Tämä keskustelu poistetaan/).waitFor(); }],
	["handover", "admin", async (page) => { await handover(page); }],
	["handover-receipt", "admin", async (page) => { await taken(page); await page.getByRole("button", { name: "Kuittaa vastaanotetuksi" }).click(); await page.getByLabel(/Kirjoita organisaation nimi/).waitFor(); }],
	["client-empty", "empty", (page) => page.getByText("ei ole vielä ohjaustilaa").waitFor()],
	["client-offline", "offline", (page) => page.getByText("Ei yhteyttä").waitFor()],
	["client-quarantine", "quarantine", (page) => page.getByText("Ymmärrän, jatka silti").waitFor()],
	["client-failed", "failing", async (page) => { await page.getByLabel("Viesti", { exact: true }).fill("hei"); await page.getByRole("button", { name: "Lähetä", exact: true }).click(); await page.getByText("Lähetä uudelleen").waitFor(); }],
	["client-warning", "warning", (page) => page.getByText("vanhan version").waitFor()],
	["counsellor-rooms", "counsellor", (page) => page.getByRole("button", { name: /^Fatima/ }).waitFor()],
	["counsellor-room", "counsellor", async (page) => { await chosen(page); await page.locator(".bubble").first().waitFor(); }],
	["counsellor-details", "counsellor-reset", async (page) => { await chosen(page); await details(page); }],
	["counsellor-close", "counsellor", async (page) => { await chosen(page); await details(page); await page.getByRole("button", { name: "Sulje ohjaustila" }).click(); await page.getByText("Miksi tila suljetaan").waitFor(); }],
	["counsellor-colleagues", "counsellor", async (page) => { await chosen(page); await details(page); await page.getByRole("button", { name: "Työtoverit" }).click(); await page.getByText("Lisää työtoveri").waitFor(); }],
	["counsellor-library-away", "counsellor", async (page) => { await page.getByRole("button", { name: "Tehtäväkirjasto" }).click(); await page.getByText("Jokin meni vikaan").waitFor(); }],
	["counsellor-new", "counsellor", async (page) => { await page.getByRole("button", { name: "Uusi asiakas" }).click(); await page.getByLabel("Asiakkaan nimi").waitFor(); }],
	["counsellor-invitation", "counsellor", async (page) => { await page.getByRole("button", { name: "Uusi asiakas" }).click(); await page.getByLabel("Asiakkaan nimi").fill("Ville"); await page.getByRole("button", { name: "Tee kutsulinkki" }).click(); await page.locator(".qr").waitFor(); }],
	["account", "client", account],
	["account-failed", "failing", async (page) => { await account(page, "Ei yhteyttä|ei ole juuri nyt käytettävissä"); }],
	["account-passphrase", "client", async (page) => { await account(page); await page.getByRole("button", { name: "Vaihda salalause" }).click(); await dialog(page); }],
	["account-code", "client", async (page) => { await account(page); await page.getByRole("button", { name: "Tee uusi palautuskoodi" }).click(); await dialog(page); }],
	["account-counsellor", "counsellor", account],
	["recovered", "recovered", (page) => page.getByRole("heading", { name: "Valitse uusi salalause" }).waitFor()],
	["recovered-later", "recovered", async (page) => { await page.getByRole("button", { name: "Teen sen myöhemmin" }).click(); await page.locator(".bubble").first().waitFor(); await page.locator(".notice.warning").waitFor(); }],
	["lost", "locked", lost],
	["reset", "locked", async (page) => { await lost(page); await page.getByRole("button", { name: "Tee uudet avaimet" }).click(); await page.getByText("Tämän menetät").waitFor(); }],
	["client-reset", "client-reset", (page) => page.getByRole("button", { name: "Näytä vertailukoodi" }).waitFor()],
	["client-reset-code", "client-reset", async (page) => { await page.getByRole("button", { name: "Näytä vertailukoodi" }).click(); await page.getByText("48213").waitFor(); }],
	["counsellor-reset", "counsellor-reset", async (page) => { await chosen(page); await page.getByRole("button", { name: "Vertaa koodia" }).waitFor(); }],
	["counsellor-reset-code", "counsellor-reset", compare],
	["counsellor-reset-differ", "counsellor-reset", async (page) => { await compare(page); await page.getByRole("button", { name: "Koodit eivät täsmää" }).click(); await page.getByText("Poista henkilö tilasta").waitFor(); }],
	["client-counsellor-reset", "client-counsellor-reset", (page) => page.getByRole("button", { name: "Vertaa koodia" }).waitFor()],
	["account-try", "client", async (page) => { await account(page); await page.getByRole("button", { name: "Kokeile, avaako vielä" }).click(); await dialog(page); }],
	["account-passkeys", "counsellor-passkeys", account],
	["account-passkey-add", "counsellor", async (page) => { await account(page, "siitä on nähty kopio"); await page.getByRole("button", { name: "Lisää pääsyavain" }).click(); await dialog(page); }],
	["account-passkey-place", "client", async (page) => { await account(page, "siitä on nähty kopio"); await page.getByRole("button", { name: /^Muuta paikkaa/ }).first().click(); await dialog(page); }],
	["account-passkey-remove", "client", async (page) => { await account(page, "siitä on nähty kopio"); await page.getByRole("button", { name: /^Poista pääsyavain/ }).first().click(); await dialog(page); }],
	["not-certified", "counsellor-new", (page) => page.getByRole("heading", { name: "Tilisi odottaa vahvistusta" }).waitFor()],
	["administrator", "admin", (page) => page.getByText("Päättyy pian").waitFor()],
	["administrator-empty", "admin-empty", (page) => page.getByText("Kukaan ei odota vahvistusta").waitFor()],
	["administrator-issuer", "admin-bare", async (page) => { await page.getByRole("button", { name: "Tee uusi vahvistusavain" }).click(); await dialog(page); }],
	["administrator-certify", "admin", async (page) => { await page.getByRole("button", { name: "Vahvista: Työntekijä 1" }).click(); await dialog(page); await page.getByText("48213").waitFor(); }],
	["administrator-anew", "admin", async (page) => { await page.getByRole("button", { name: "Vahvista: Pekka Lehto" }).click(); await page.getByText("on menettänyt avaimensa").waitFor(); }],
	["administrator-renew", "admin", async (page) => { await page.getByRole("button", { name: "Uusi vahvistus: Olli Niemi" }).click(); await page.getByText("koodia ei tarvitse verrata").waitFor(); }],
	["administrator-revoke", "admin", async (page) => { await page.getByRole("button", { name: "Mitätöi avaimet: Olli Niemi" }).click(); await page.getByText("Tätä ei voi perua").waitFor(); }],
	["ceremony", "admin-new", (page) => page.getByRole("button", { name: "Tee avaimet" }).waitFor()],
	["ceremony-sheets", "admin-new", (page) => sheets(page)],
	["ceremony-sheet", "admin-new", async (page) => { await sheets(page); await page.getByRole("button", { name: "Näytä lehti 2" }).click(); await page.locator(".qr").waitFor(); }],
	["ceremony-prove", "admin-new", async (page) => { await readBack(page); await page.getByRole("button", { name: "Tarkista lehdet" }).click(); await page.getByText("on kirjoitettu sama lehti").waitFor(); }],
	["ceremony-publish", "admin-new", async (page) => { await prove(page); await page.getByRole("button", { name: "Julkaise avaimet" }).click(); await page.getByText("Antakaa lehdet ensin").waitFor(); }],
	["operator-library", "operator", (page) => page.getByRole("button", { name: "Palauta jaettuihin: Viikon kulku" }).waitFor(), "/tehtavat"],
	["help", "client", (page) => page.getByText("Mitä tämä ei estä").waitFor(), "/suojaus"],
	["unknown", "client", (page) => page.getByText("Sivua ei ole").waitFor(), "/jotakin/muuta"],
];

const looks = [["desk", desk, "light"], ["dark-phone", phone, "dark"], ["400-percent", { width: 320, height: 256 }, "light"]];

for (const [n, [name, as, act, path]] of pages.entries()) {
	test(`${name}_at_a_desk_on_a_dark_phone_and_at_400_percent_has_no_axe_finding_complaint_or_sideways_scroll`, async () => {
		const begun = n % looks.length; // opened at each size in turn
		const tab = await visit(as, { size: looks[begun][1], dark: looks[begun][2] === "dark" }, path);
		try {
			await act(tab.page);
			for (const [kind, size, colorScheme] of [...looks.slice(begun), ...looks.slice(0, begun)]) {
				await tab.page.setViewportSize(size);
				await tab.page.emulateMedia({ colorScheme });
				await keep(tab.page, `page-${name}-${kind}`);
				assert.deepEqual(await findings(tab.page), [], kind);
				assert.ok((await overflow(tab.page)) <= 0, `${kind}: scrolls sideways`);
			}
			assert.deepEqual(tab.complaints, []);
		} finally {
			await tab.close();
		}
	});
}

const within = (name, as, options, body, path) =>
	test(name, async () => {
		const tab = await visit(as, options, path);
		try {
			await body(tab.page, tab);
			assert.deepEqual(tab.complaints, []);
		} finally {
			await tab.close();
		}
	});

within("each_sheet_prints_as_a_page_of_its_own_and_nothing_beside_it", "admin-new", {}, async (page) => {
	await page.evaluate(() => (globalThis.print = () => undefined));
	await sheets(page);
	const printed = async () => {
		const pdf = (await page.pdf({ format: "A4" })).toString("latin1");
		return Number(pdf.match(/\/Type \/Pages[^>]*?\/Count (\d+)/s)?.[1] ?? pdf.match(/\/Count (\d+)/)?.[1]);
	};
	await page.getByRole("button", { name: "Näytä lehti 2" }).click();
	await page.locator(".qr").waitFor();
	await comes(() => page.locator(".share-sheet").count(), 1);
	await comes(() => printed(), 1);
	await page.getByRole("button", { name: "Tulosta kaikki kolme" }).click();
	await page.locator(".share-sheet").nth(2).waitFor();
	await comes(() => printed(), 3);
	await page.emulateMedia({ media: "print" });
	await comes(() => page.getByRole("button").count(), 0);
	await comes(() => page.locator("h1:visible, .notice:visible, header:visible, .steps:visible").count(), 0);
	await page.emulateMedia({ media: "screen" });
	await page.getByRole("button", { name: "Piilota lehdet" }).click();
	await comes(() => page.locator(".share-sheet").count(), 0);
});

within("the_operator_lets_a_template_back_in_by_keyboard", "operator", {}, async (page) => {
	await page.getByRole("button", { name: "Palauta jaettuihin: Viikon kulku" }).focus();
	await page.keyboard.press("Enter");
	await page.getByText("Tehtävä on taas jaettu kaikille.").waitFor({ state: "attached" });
	await comes(() => page.getByRole("button", { name: /^Palauta jaettuihin: / }).count(), 1);
	await comes(() => page.evaluate(() => document.activeElement?.id), "barred");
}, "/tehtavat");

const assignment = async (page, title) => {
	await page.locator(".room-tools").getByRole("button", { name: "Tehtävät" }).click();
	await page.locator(".assignment-row", { hasText: title }).click();
	await page.locator(".history").waitFor();
};
const style = (place, property) => place.evaluate((element, name) => getComputedStyle(element).getPropertyValue(name), property);
const pagesOf = async (page) => Number((await page.pdf({ format: "A4" })).toString("latin1").match(/\/Type \/Pages[^>]*?\/Count (\d+)/s)?.[1]);

within("what_is_chosen_has_a_line_where_colours_are_forced", "counsellor-work", {}, async (page) => {
	await chosen(page);
	await page.locator(".room-row.here").waitFor();
	await page.emulateMedia({ forcedColors: "active" });
	await comes(() => style(page.locator(".room-row.here"), "outline-style"), "solid");
	await comes(() => style(page.locator(".room-row:not(.here)").first(), "outline-style"), "none");
	await comes(() => style(page.locator('.filters [aria-pressed="true"]'), "outline-style"), "solid");
	await assignment(page, "Elämäntilanne");
	await comes(() => style(page.locator(".dialog .badge").first(), "border-top-style"), "solid");
	await comes(() => style(page.locator(".meter-plot .meter-last").first(), "r"), "4px");
	const [first, last] = [page.locator(".meter-plot .meter-first").first(), page.locator(".meter-plot .meter-last").first()];
	await comes(async () => (await style(first, "fill")) === (await style(last, "fill")), false);
	await keep(page, "page-forced-meter");
	assert.deepEqual(await findings(page), []);
});

within("an_answer_on_paper_is_whole_and_has_no_buttons", "client-work", { size: phone }, async (page) => {
	await assignment(page, "Kaikenlaista");
	await page.getByLabel("Kerro päivästäsi").fill("Rivi.\n".repeat(80));
	await page.emulateMedia({ forcedColors: "active" });
	await comes(() => style(page.locator(".scale-points label:has(:checked)"), "outline-style"), "solid");
	await comes(() => style(page.locator(".scale-points label:not(:has(:checked))").first(), "outline-style"), "none");
	await page.emulateMedia({ forcedColors: "none", media: "print" });
	await comes(() => style(page.locator(".room-tools"), "display"), "none");
	await comes(() => page.locator("button:visible, .menu:visible, .composer:visible, .bubble:visible").count(), 0);
	await comes(() => page.locator(".answer-row").getByLabel("Tehty").first().isVisible(), true);
	await comes(() => page.getByLabel("Kerro päivästäsi").evaluate((field) => field.scrollHeight <= field.clientHeight + 1), true);
	await comes(() => pagesOf(page), (pages) => pages > 3, "the form was cut at the end of a page");
});

within("a_plan_is_printed_without_the_talk_beside_it", "counsellor-work", {}, async (page) => {
	await chosen(page);
	await page.locator(".room-tools").getByRole("button", { name: "Suunnitelma" }).click();
	await page.locator(".plan-line").first().waitFor();
	await page.emulateMedia({ media: "print" });
	await comes(() => page.locator(".bubble:visible, .rooms:visible, .menu:visible, button:visible").count(), 0);
	await comes(() => style(page.locator(".beside"), "overflow-y"), "visible");
	await page.getByText("Soitan opistoon").waitFor();
});

within("ten_thousand_messages_scroll_back_with_few_drawn_and_the_place_kept", "many", { size: phone }, async (page) => {
	await page.getByText("Viesti numero 10000.").waitFor();
	const result = await page.evaluate(async () => {
		const box = document.querySelector(".messages");
		const frame = () => new Promise((done) => requestAnimationFrame(() => done()));
		const top = () => [...box.querySelectorAll("[data-id]")].find((item) => item.getBoundingClientRect().bottom > box.getBoundingClientRect().top + 1);
		let most = 0;
		let jumps = 0;
		const gaps = [];
		const idle = []; // what two frames take when nothing is done: on a busy machine not 33 ms
		const twoFrames = async (begun) => {
			await frame();
			await frame();
			return performance.now() - begun;
		};
		const end = performance.now() + 240_000;
		while (performance.now() < end) {
			if (gaps.length % 5 === 0) idle.push(await twoFrames(performance.now()));
			const begun = performance.now();
			box.scrollTop = Math.max(0, box.scrollTop - 1500);
			const item = top();
			const was = item?.getBoundingClientRect().top;
			gaps.push(await twoFrames(begun));
			const now = item?.isConnected ? item.getBoundingClientRect().top : was;
			if (was !== undefined && Math.abs(now - was) > 2) jumps++;
			most = Math.max(most, box.querySelectorAll("[data-id]").length);
			if (document.querySelector(".beginning") && box.scrollTop === 0) break;
		}
		const p95 = (list) => list.sort((a, b) => a - b)[Math.floor(list.length * 0.95)];
		return { most, jumps, steps: gaps.length, p95: p95(gaps), idle: p95(idle), worst: gaps.at(-1), first: Boolean(document.querySelector('[data-id="r1-1"]')) };
	});
	console.log(`scrolling: ${JSON.stringify(result)}`);
	assert.ok(result.first, "the first message was reached");
	assert.ok(result.most < 500, `${result.most} messages drawn at once`);
	assert.ok(result.jumps <= result.steps / 100, `${result.jumps} jumps in ${result.steps} steps`);
	assert.ok(result.p95 < Math.max(100, 3 * result.idle), `a step takes ${result.p95} ms at the 95th percentile, two idle frames ${result.idle}`);
	await page.getByRole("button", { name: "Uusimpaan" }).click();
	await page.getByText("Viesti numero 10000.").waitFor();
});

within("older_messages_come_by_the_button_too", "many", {}, async (page) => {
	await page.getByText("Viesti numero 10000.").waitFor();
	const up = () => page.locator(".messages").evaluate((box) => { box.scrollTop = 0; }); // the page itself goes to the newest when it opens
	await comes(async () => (await up(), page.getByRole("button", { name: /Näytä vanhempia|Haetaan/ }).isVisible()), true);
});

within("under_an_agreement_that_ends_nobody_writes_and_a_client_can_take_all_along", "client-ending", {}, async (page) => {
	await page.getByText("Uusia viestejä ei voi enää kirjoittaa").waitFor();
	await comes(() => page.getByLabel("Viesti", { exact: true }).count(), 0);
	await page.getByRole("button", { name: "Ota talteen" }).press("Enter");
	await dialog(page);
});

within("a_receipt_asks_for_the_organisations_name", "admin", {}, async (page) => {
	await taken(page);
	await page.getByRole("button", { name: "Kuittaa vastaanotetuksi" }).click();
	const box = await dialog(page);
	const give = page.locator("dialog").getByRole("button", { name: "Kuittaa vastaanotetuksi" });
	await page.getByLabel(/Kirjoita organisaation nimi/).fill("Kuopio");
	await give.click();
	await page.getByText("Nimi ei ole sama").waitFor();
	await page.getByLabel(/Kirjoita organisaation nimi/).fill("Kuopion Ohjaamo");
	await give.press("Enter");
	await box.waitForElementState("hidden");
});

within("a_new_message_is_announced_with_its_senders_name", "client", {}, async (page) => {
	await page.locator(".bubble").first().waitFor();
	await page.evaluate(() => globalThis.standIn.say("Hei taas"));
	await page.locator('[aria-live="polite"].vh').getByText("Maija Virtanen: Hei taas").waitFor();
});

within("a_reader_of_old_messages_is_not_pulled_to_the_end_by_a_new_one", "many", {}, async (page) => {
	await page.getByText("Viesti numero 10000.").waitFor();
	await page.locator(".messages").evaluate((box) => { box.scrollTop -= 1500; });
	await page.getByRole("button", { name: "Uusimpaan" }).waitFor();
	await page.evaluate(() => globalThis.standIn.say("Uusi viesti"));
	await page.locator('[aria-live="polite"].vh').getByText("Uusi viesti").waitFor();
	await stays(() => page.locator(".messages").evaluate((box) => box.scrollTop > 0 && box.scrollHeight - box.scrollTop - box.clientHeight > 1000), true, 200);
});

within("everything_a_client_does_goes_by_keyboard", "client", {}, async (page) => {
	await page.locator(".bubble").first().waitFor();
	await page.keyboard.press("Tab");
	await comes(() => page.evaluate(() => document.activeElement?.className), "skip");
	await page.keyboard.press("Enter");
	await comes(() => page.evaluate(() => document.activeElement?.id), "main");
	await page.getByLabel("Viesti", { exact: true }).focus();
	await page.keyboard.type("Rivi yksi");
	await page.keyboard.press("Enter");
	await page.keyboard.type("rivi kaksi");
	await page.keyboard.press("Control+Enter");
	await page.getByText("Rivi yksi\nrivi kaksi").waitFor();
	const menu = page.locator(".mine summary").last();
	await menu.focus();
	await page.keyboard.press("Enter");
	await page.keyboard.press("Tab");
	await page.keyboard.press("Enter");
	await page.getByText("Muokkaat lähettämääsi").waitFor();
	await page.keyboard.press("Escape");
	await page.getByText("Muokkaat lähettämääsi").waitFor({ state: "detached" });
	await page.getByRole("button", { name: "Tietoja" }).focus();
	await page.keyboard.press("Enter");
	await dialog(page);
	await stays(() => page.locator("dialog[open]").count(), 1, 800, "two Esc in a row would leave the page");
	await page.keyboard.press("Escape");
	await page.waitForSelector("dialog[open]", { state: "detached" });
	await comes(() => page.evaluate(() => document.activeElement?.textContent), "Tietoja");
});

within("enter_sends_only_when_it_was_chosen", "client", {}, async (page) => {
	const field = page.getByLabel("Viesti", { exact: true });
	await field.fill("yksi");
	await field.press("Enter");
	await comes(() => field.inputValue(), "yksi\n");
	await page.getByLabel("Lähetä Enterillä").check();
	await field.fill("kaksi");
	await field.press("Enter");
	await page.locator(".bubble").getByText("kaksi", { exact: true }).waitFor();
	await comes(() => field.inputValue(), "");
});

within("a_text_with_a_printed_code_is_refused_and_kept_in_the_field", "client", {}, async (page) => {
	const field = page.getByLabel("Viesti", { exact: true });
	await field.fill("koodini on 7K3M-Q9ZT-04XW-N8RB-C5VD-H2JF-6P1Y");
	await page.getByRole("button", { name: "Lähetä", exact: true }).click();
	await page.getByText("näyttää olevan palautuskoodi").waitFor();
	await comes(() => field.inputValue(), /7K3M/);
});

within("a_text_over_the_limit_is_told_before_it_is_sent", "client", {}, async (page) => {
	await page.getByLabel("Viesti", { exact: true }).fill("ä".repeat(30_001));
	await page.getByText("liian pitkä").waitFor();
	await comes(() => page.getByRole("button", { name: "Lähetä", exact: true }).isDisabled(), true);
});

within("a_quarantined_message_shows_no_content_and_blocks_the_field", "quarantine", {}, async (page) => {
	await page.getByText("Tätä viestiä ei voitu varmentaa").waitFor();
	await page.getByLabel("Viesti", { exact: true }).fill("hei");
	await comes(() => page.getByRole("button", { name: "Lähetä", exact: true }).isDisabled(), true);
});

within("a_failed_message_says_why_and_goes_when_asked_again", "failing", {}, async (page) => {
	await page.getByLabel("Viesti", { exact: true }).fill("hei");
	await page.getByRole("button", { name: "Lähetä", exact: true }).click();
	await page.getByText("Viesti ei lähtenyt. Palvelu ei ole juuri nyt käytettävissä").waitFor();
	await page.getByRole("button", { name: "Lähetä uudelleen" }).click();
	await page.locator(".bubble", { hasText: "hei" }).getByText("Tallennettu").waitFor();
});

within("a_link_is_https_only_and_opens_without_a_referrer", "client", {}, async (page) => {
	await page.evaluate(() => globalThis.standIn.say("javascript:alert(1) http://a.example <b>x</b> https://b.example/x."));
	const link = page.getByRole("link", { name: "https://b.example/x", exact: true });
	await link.waitFor();
	await comes(() => link.getAttribute("rel"), "noopener noreferrer");
	await comes(() => page.locator(".bubble").last().locator("a").count(), 1);
	await comes(() => page.locator(".bubble").last().locator("b").count(), 0);
});

within("the_language_is_switched_in_place", "counsellor", {}, async (page) => {
	await chosen(page);
	await page.getByLabel("Viesti", { exact: true }).fill("kesken");
	for (const [language, word] of [["sv", "Skicka"], ["en", "Send"], ["fi", "Lähetä"]]) {
		await page.locator("select.language").selectOption(language);
		await page.getByRole("button", { name: word, exact: true }).waitFor();
		await comes(() => page.evaluate(() => document.documentElement.lang), language);
		await comes(() => page.locator(".composer textarea").inputValue(), "kesken");
	}
});

within("the_browsers_language_is_spoken_from_the_start", "locked", { locale: "sv-SE" }, async (page) => {
	await page.getByRole("heading", { name: "Öppna dina meddelanden" }).waitFor();
});

within("the_title_counts_unread_and_names_nobody", "counsellor", {}, async (page) => {
	await page.getByRole("button", { name: /^Fatima/ }).waitFor();
	await page.waitForFunction(() => document.title === "(3) Luotsi");
});

within("rooms_are_found_by_name_and_by_who_waits", "counsellor", {}, async (page) => {
	const names = () => page.locator(".room-row strong").allTextContents();
	await page.getByRole("button", { name: /^Fatima/ }).waitFor();
	await comes(() => names(), ["Aino", "Fatima", "Mikael", "Joonas"]);
	await page.getByRole("button", { name: "Odottaa (2)" }).click();
	await comes(() => names(), ["Aino", "Fatima"]);
	await page.getByRole("button", { name: "Suljetut (1)" }).click();
	await comes(() => names(), ["Sanna"]);
	await page.getByRole("button", { name: /^Kaikki/ }).click();
	await page.getByPlaceholder("Hae nimellä").fill("mika");
	await comes(() => names(), ["Mikael"]);
});

within("on_a_phone_the_back_button_leads_from_a_room_to_the_list", "counsellor", { size: phone }, async (page) => {
	await chosen(page);
	await page.locator(".bubble").first().waitFor();
	await comes(() => page.locator(".rooms").isVisible(), false);
	await page.goBack();
	await page.locator(".rooms").waitFor();
	await comes(() => new URL(page.url()).pathname, "/");
});

within("an_invitations_secret_leaves_the_address_line_at_once", "client", {}, async (page, tab) => {
	await page.goto(`${site.origin}/kutsu#${"A".repeat(172)}`);
	await page.getByText("Kutsua ei voitu käyttää").waitFor();
	await page.getByText("on jo käytetty").waitFor();
	await comes(() => page.url(), `${site.origin}/`);
	assert.deepEqual(tab.complaints, []);
});

const leaving = async (page, act) => {
	let ended = false;
	await page.route("**/api/sign_out", (route) => { ended = true; return route.fulfill({ json: { ok: {} } }); });
	await page.route("https://www.ilmatieteenlaitos.fi/**", (route) => route.fulfill({ contentType: "text/html", body: "<title>sää</title>" }));
	await page.locator(".bubble").first().waitFor();
	await act();
	await page.waitForURL("https://www.ilmatieteenlaitos.fi/");
	assert.ok(ended, "the session was ended");
	await page.goBack().catch(() => undefined);
	await comes(() => page.getByText("yhteishaussa").count(), 0);
};

within("the_safe_exit_leaves_at_once_and_ends_the_session", "client", { size: phone }, (page) =>
	leaving(page, () => page.getByRole("button", { name: "Poistu heti" }).click()));

within("escape_twice_leaves_too", "client", {}, (page) =>
	leaving(page, async () => { await page.keyboard.press("Escape"); await page.keyboard.press("Escape"); }));

within("the_safe_exit_is_in_a_dialog_too", "client", {}, (page) =>
	leaving(page, async () => { await details(page); await page.getByRole("dialog").getByRole("button", { name: "Poistu heti" }).click(); }));

within("on_a_shared_device_leaving_the_page_forgets_everything", "locked", {}, async (page) => {
	await page.getByLabel("Muutkin käyttävät").check();
	await page.getByLabel("Salalause", { exact: true }).fill("oikea salalause tässä");
	await page.getByRole("button", { name: "Avaa", exact: true }).click();
	await page.locator(".bubble").first().waitFor();
	await page.evaluate(() => dispatchEvent(new PageTransitionEvent("pagehide", { persisted: true })));
	await page.locator(".bubble").first().waitFor({ state: "detached" });
});

within("other_sessions_are_ended_one_by_one_or_together", "client", {}, async (page) => {
	await account(page);
	await comes(() => page.locator(".sessions:not([aria-label]) li").count(), 3);
	await comes(() => page.locator(".sessions:not([aria-label]) li").first().getByRole("button").count(), 0);
	await page.getByRole("button", { name: "Lopeta kaikki muut" }).click();
	await page.getByText("Et ole kirjautuneena muualla.").waitFor();
	await comes(() => page.locator(".sessions:not([aria-label]) li").count(), 1);
});

within("a_new_passphrase_leads_to_a_new_code_that_must_be_kept", "client", {}, async (page) => {
	await account(page);
	await page.getByRole("button", { name: "Vaihda salalause" }).click();
	await page.getByLabel("Nykyinen salalause").fill("väärä");
	await page.getByLabel("Keksin salalauseen itse").check();
	await page.getByLabel("Uusi salalause").fill("vihreä kissa tanssii torilla");
	const change = page.getByRole("dialog").getByRole("button", { name: "Vaihda salalause" });
	await change.click();
	await page.getByText("Salalause ei avaa").waitFor();
	await page.getByLabel("Nykyinen salalause").fill("oikea salalause tässä");
	await change.click();
	await page.locator(".code-groups").waitFor();
	await page.getByLabel("Koodi on tallessa").check();
	await page.getByRole("button", { name: "Jatka" }).click();
	await page.getByRole("heading", { name: "Oma tili" }).waitFor();
});

within("who_opened_by_the_code_may_write_first_and_is_reminded", "recovered", {}, async (page) => {
	await page.getByRole("button", { name: "Teen sen myöhemmin" }).click();
	await page.getByLabel("Viesti", { exact: true }).fill("kirjoitan ensin");
	await page.getByRole("button", { name: "Lähetä", exact: true }).click();
	await page.locator(".bubble", { hasText: "kirjoitan ensin" }).waitFor();
	await page.getByRole("button", { name: "Valitse uusi salalause" }).click();
	await page.getByLabel("Keksin salalauseen itse").check();
	await page.getByLabel("Uusi salalause").fill("vihreä kissa tanssii torilla");
	await page.getByRole("button", { name: "Valitse uusi salalause" }).click();
	await page.locator(".code-groups").waitFor();
	await page.getByLabel("Koodi on tallessa").check();
	await page.getByRole("button", { name: "Jatka" }).click();
	await page.locator(".bubble").first().waitFor();
	await comes(() => page.locator(".notice.warning").count(), 0);
});

within("new_keys_are_made_only_after_reading_what_is_lost", "locked", {}, async (page) => {
	await lost(page);
	await page.getByRole("button", { name: "Tee uudet avaimet" }).click();
	await page.getByText("Et voi lukea vanhoja viestejä").waitFor();
	await page.getByLabel("Millä nimellä").fill("Aino");
	await page.getByLabel("Olen pannut sanat talteen").check();
	await page.getByRole("button", { name: "Tee uudet avaimet" }).click();
	await page.getByText("Lue ensin, mitä menetät").waitFor();
	await page.getByLabel("Ymmärrän, mitä menetän").check();
	await page.getByRole("button", { name: "Tee uudet avaimet" }).click();
	await page.locator(".qr").waitFor();
});

within("locked_messages_are_no_error_and_one_may_write_at_once", "client-reset", { size: phone }, async (page) => {
	await page.getByText("Lukossa, kunnes ohjaajasi vahvistaa").first().waitFor();
	await comes(() => page.locator(".quarantine").count(), 0);
	await page.getByLabel("Viesti", { exact: true }).fill("Kirjoitan heti");
	await page.getByRole("button", { name: "Lähetä", exact: true }).click();
	await page.getByText("Kirjoitan heti").waitFor();
});

within("codes_that_are_the_same_are_confirmed_by_keyboard_alone", "counsellor-reset", {}, async (page) => {
	await chosen(page);
	await page.getByRole("button", { name: "Vertaa koodia" }).focus();
	await page.keyboard.press("Enter");
	await page.getByText("48213").waitFor();
	await page.getByRole("button", { name: "Koodit ovat samat" }).focus();
	await page.keyboard.press("Enter");
	await page.locator("dialog").waitFor({ state: "detached" });
	await page.getByText("Uudet avaimet on vahvistettu.").waitFor({ state: "attached" });
	await comes(() => page.getByRole("button", { name: "Vertaa koodia" }).count(), 0);
});

within("a_counsellor_who_compares_is_told_who_identified_anew_how_and_when", "counsellor-reset", {}, async (page) => {
	await chosen(page);
	await page.getByRole("button", { name: "Vertaa koodia" }).click();
	const dialog = page.getByRole("dialog");
	await dialog.getByText("Katsomisesta jää merkintä.").waitFor();
	await dialog.getByRole("button", { name: "Näytä tunnistettu nimi" }).click();
	await dialog.getByLabel("Varmistan, kenen kanssa keskustelen").check();
	await dialog.getByRole("button", { name: "Näytä tunnistettu nimi" }).click();
	await dialog.getByText("Aino Esimerkki").waitFor();
	await dialog.getByText(/^.+ tunnisti \d+\.\d+\.\d{4}\.$/).waitFor();
	await comes(() => dialog.getByRole("button", { name: "Koodit ovat samat" }).isEnabled(), true);
});

within("codes_that_differ_are_refused_after_the_consequences_were_told", "client-counsellor-reset", {}, async (page) => {
	await page.getByRole("button", { name: "Vertaa koodia" }).click();
	await page.getByRole("button", { name: "Koodit eivät täsmää" }).click();
	await page.getByText("Selaimesi ei enää lähetä").waitFor();
	await page.getByRole("button", { name: "Takaisin koodiin" }).click();
	await page.getByText("48213").waitFor();
	await page.getByRole("button", { name: "Koodit eivät täsmää" }).click();
	await page.getByRole("button", { name: "Lopeta lähettäminen" }).click();
	await page.getByText("Vertailukoodit eivät täsmänneet").waitFor();
	await page.getByLabel("Viesti", { exact: true }).fill("hei");
	await comes(() => page.getByRole("button", { name: "Lähetä", exact: true }).isDisabled(), true);
});

within("a_secret_is_tried_and_nothing_changes", "client", {}, async (page) => {
	await account(page);
	await page.getByRole("button", { name: "Kokeile, avaako vielä" }).click();
	await page.getByLabel("Salalause", { exact: true }).last().fill("väärä salalause tässä");
	await page.getByRole("button", { name: "Kokeile", exact: true }).click();
	await page.getByText("Salalause ei avaa").waitFor();
	await page.getByLabel("Salalause", { exact: true }).last().fill("oikea salalause tässä");
	await page.getByRole("button", { name: "Kokeile", exact: true }).click();
	await page.getByText("Se avaa.").waitFor();
});

test("a_room_that_stays_open_over_its_agreements_last_day_stops_saying_that_it_can_be_read", async () => {
	const { page, complaints, close } = await open(browser, { size: phone });
	try {
		await page.clock.install({ time: new Date("2026-12-03T23:58:00+02:00") });
		await page.goto(`${site.origin}/?as=client-ending&days=0`);
		await page.getByText("Voit lukea keskustelun ja ottaa sen talteen 3.12.2026 asti.").waitFor();
		await page.locator(".closed-line").getByRole("button", { name: "Ota talteen" }).waitFor();
		await page.clock.fastForward("05:00");
		await page.locator(".closed-line").getByText("sopimus palvelusta ei ole voimassa").waitFor();
		await comes(() => page.locator(".closed-line").getByRole("button").count(), 0);
		assert.deepEqual(complaints, []);
	} finally {
		await close();
	}
});

within("nothing_is_stored_in_the_browser", "client", {}, async (page) => {
	await page.locator(".bubble").first().waitFor();
	await page.getByLabel("Viesti", { exact: true }).fill("salaisuus");
	await stays(() => page.evaluate(async () => [localStorage.length, sessionStorage.length, (await indexedDB.databases()).length, (await caches.keys()).length, document.cookie.length]), [0, 0, 0, 0, 0], 700);
});

within("who_goes_on_before_the_joining_is_done_joins_once", "fresh-invited", {}, async (page) => {
	await page.goto(`${site.origin}/kutsu?as=fresh-invited#${"A".repeat(172)}`);
	await makeKeys(page);
	await page.getByLabel("Koodi on tallessa").check();
	await page.getByRole("button", { name: "Jatka" }).click();
	await page.getByText("Liitytään").waitFor();
	await page.evaluate(() => globalThis.standIn.join());
	await page.locator(".bubble").first().waitFor();
});

within("keys_need_a_name_and_kept_words", "fresh", {}, async (page) => {
	await page.getByRole("button", { name: "Ota käyttöön" }).click();
	await page.getByText("Kirjoita nimi.").waitFor();
	await page.getByLabel("Millä nimellä").fill("Aino");
	await page.getByText("Pane sanat ensin talteen").waitFor();
	await page.getByLabel("Keksin salalauseen itse").check();
	for (const [phrase, words] of [["lyhyt", "Vielä 10 merkkiä."], ["aaaaaaaaaaaaaaaaaaaa", "Liian helppo arvata"], ["abcdefghijklmnopqrst", "Liian helppo arvata"], ["salasana salasana 2026", "Liian helppo arvata"], ["kolme sanaa riittää", "Kelpaa."], ["Aino Aino aino 20262026", "Liian helppo arvata"], ["vihreä kissa tanssii öisin", "Hyvä."], ["vihreä kissa tanssii torilla sateessa", "Vahva."]]) {
		await page.getByLabel("Salalause", { exact: true }).fill(phrase);
		await page.locator(".strength").getByText(words).waitFor();
	}
});

within("the_printed_code_must_be_kept_before_going_on", "fresh", {}, async (page) => {
	await makeKeys(page);
	await page.getByRole("button", { name: "Jatka" }).click();
	await page.getByText("Pane koodi ensin talteen").waitFor();
	await page.getByLabel("Koodi on tallessa").check();
	await page.getByRole("button", { name: "Jatka" }).click();
	await page.locator(".bubble").first().waitFor();
});

within("a_session_that_ends_is_told_and_its_messages_are_gone", "client", {}, async (page) => {
	await page.locator(".bubble").first().waitFor();
	await page.evaluate(() => globalThis.standIn.end());
	await page.getByText("Kirjautumisesi vanheni").waitFor();
	await comes(() => page.locator(".bubble").count(), 0);
});

test("a_browser_without_the_needed_cryptography_is_told_in_three_languages", async () => {
	const tab = await open(browser);
	await tab.page.addInitScript(() => Reflect.deleteProperty(globalThis, "Worker"));
	await tab.page.goto(site.origin);
	for (const language of ["fi", "sv", "en"]) await tab.page.locator(`main p[lang=${language}]`).waitFor();
	await tab.close();
});

const catalogues = (change) => {
	const folder = mkdtempSync(join(tmpdir(), "luotsi-texts."));
	try {
		for (const language of ["fi", "sv", "en"]) {
			const areas = readdirSync(join(web, "src", "text"), { withFileTypes: true }).filter((entry) => entry.isDirectory());
			const all = Object.assign({}, ...areas.map(({ name }) => JSON.parse(readFileSync(join(web, "src", "text", name, `${language}.json`), "utf8"))));
			change(language, all);
			mkdirSync(join(folder, "all"), { recursive: true });
			writeFileSync(join(folder, "all", `${language}.json`), JSON.stringify(all, null, "\t"));
		}
		texts(folder, folder);
	} finally {
		rmSync(folder, { recursive: true });
	}
};

test("the_texts_as_they_are_build", () => catalogues(() => undefined));
test("a_missing_text_fails_the_build", () => assert.throws(() => catalogues((language, all) => { if (language === "sv") delete all["exit.button"]; }), /sv lacks exit.button/));
test("a_text_too_many_fails_the_build", () => assert.throws(() => catalogues((language, all) => { if (language === "en") all["x.y"] = "x"; }), /en has x.y/));
test("a_missing_argument_fails_the_build", () => assert.throws(() => catalogues((language, all) => { if (language === "en") all["room.counsellor_of"] = "Counsellor"; }), /room.counsellor_of: arguments/));
test("a_missing_plural_category_fails_the_build", () => assert.throws(() => catalogues((language, all) => { if (language === "fi") all["rooms.unread"] = "{count, plural, other {#}}"; }), /lacks one/));
