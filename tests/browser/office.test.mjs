// The pages of those who look after an organisation, on the stand-in engine with a server that answers by a table: by keyboard alone from one
// end to the other, with two hundred rows of everything, with nothing, and with a server that says no or is not there.
import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { comes, desk, findings, keep, launch, open, overflow, phone, web } from "./lib.mjs";
import { serve } from "./site.mjs";

const day = 86_400_000;
const now = Date.now();
const many = (make) => Array.from({ length: 200 }, (_, i) => make(i));
const id = (i, letter = "A") => `${letter.repeat(19)}${String(i).padStart(3, "0")}`;
const org = "Pitkännimisen seudun monialainen nuorten ohjaus- ja neuvontapalvelujen kuntayhtymä";
const states = ["contact_found", "signatory_found", "sent", "signed", "trained", "live", "ending", "none"];
const forms = ["city", "employment_area", "wellbeing_county", "school", "association", "state", "other"];
const terms = { processor: "KEHA-keskus", processor_business_id: "2296962-1", language: "fi" };
const agreement = {
	agreement: id(1), state: "live", since: now - 90 * day, version: 3, controller: org, controller_business_id: "0944845-0", processor: terms.processor, next: "ending", at_end: "delete", training_required: true,
	allows: ["sign_in", "read", "write"], privacy: ["Seloste", "Beskrivning", ""], promise: ["Kahdessa päivässä", "", ""],
};
const certificate = JSON.stringify({ organisation: org, audit_first: 7, audit_last: 19, erased: many((i) => ({ kind: "room", rule: "room", days: 456, version: i, objects: 3, units: 9, messages: 120, files: 2, parts: 2, wraps: 30, entries: 40 })).slice(0, 30) });
const full = {
	sign_in_options: { providers: [] }, passkey_list: { passkeys: [] }, own_events: { events: [] },
	staff_list: { staff: many((i) => ({ account: id(i), role: "counsellor", name: `Aleksandra-Wilhelmiina Ohjaaja-Neuvonen ${i}`, made_at: now - i * day, disabled: i % 9 === 8, enrolled: true, passkeys: i % 3, has_keys: true, rooms: i, mail: "none" })) },
	flag_list: { flags: many((i) => ({ flag: ["late", "not_seen", "passkeys", "absent"][i % 4], object: id(i), n: i, at: now - i * day, day: "2026-12-24" })) },
	plan_list: { plans: [] }, absence_list: { absences: [] },
	agreement_list: { agreements: [agreement] },
	agreement_versions: { versions: many((i) => ({ version: 200 - i, standing: i === 0 ? "holds" : "past", language: "fi", holds_from: "2026-01-15", named: org, made_at: now - i * day })).slice(0, 40) },
	agreement_past: { events: many((i) => ({ at: now - i * day, by: "operator", from: "sent", to: "signed", note: `Huomautus ${i}` })).slice(0, 60) },
	agreement_signatories: { signatories: [] }, agreement_template_list: { templates: [] },
	office_list: { offices: many((i) => ({ office: id(i), name: `Toimipaikka ${i}`, address: "Torikatu 1, 70100 Kuopio", hours: "ma–pe 9–16" })).slice(0, 40) },
	contact_list: { contacts: many((i) => ({ contact: id(i), name: `Yhteyshenkilö ${i}`, title: "johtaja", email: `nimi${i}@esimerkki.example`, phone: "", basis: "rules", basis_text: "Hallintosääntö" })).slice(0, 40) },
	training_list: { rows: [] },
	retention_list: { rules: [{ kind: "room", days: 456, version: 2, at: now, most: 456 }, { kind: "message", version: 0, most: 456 }], versions: many((i) => ({ kind: "message", version: 200 - i, days: 40 + i, actor: id(i), at: now - i * day })).slice(0, 30) },
	hold_list: { holds: many((i) => ({ hold: id(i), kind: "room", object: id(i, "B"), reason: `Asia ${i}/26`, asked_by: id(3), asked_at: now - i * day })).slice(0, 30) },
	certificate_list: { certificates: many((i) => ({ n: 200 - i, at: now - i * day, body: certificate })).slice(0, 50), more: true },
	service_get: { promise_days: 2, holidays: true, notice: ["Olemme messuilla", "", ""], hours: many((i) => i).slice(0, 5).map((weekday) => ({ weekday: weekday + 1, opens: 540, closes: 960 })), days: many((i) => ({ day: new Date(now + i * day).toISOString().slice(0, 10) })).slice(0, 30) },
	recovery_state: { made_at: now - 400 * day, key_at: now - 20 * day, openings: 3, opened_at: now - 20 * day, rehearsed_on: "2025-11-01", note: "Kokoushuone", due_on: "2026-11-01" },
	report_rooms: { rows: many((i) => ({ month: `${2026 - Math.floor(i / 12)}-${String(12 - (i % 12)).padStart(2, "0")}`, of: "", opened: i, ...(i % 7 ? { closed: i } : {}) })).slice(0, 24) },
	log_state: { org: id(9), size: 20_000_000, signed_size: 19_999_990, signed_at: now, key: "ABCD" },
	event_list: { events: many((i) => ({ n: 20_000_000 - i, at: now - i * 60_000, actor: id(i), action: "room_open", object: id(i, "B"), nonce: "", detail: "" })), more: true },
	request_list: { requests: many((i) => ({ request: id(i), kind: "access", whole: true, state: "received", received_at: now - i * day, due_on: "2026-12-24", days: i, late: i < 2 })).slice(0, 50), more: true },
	request_late: { open: 200, soon: 7, late: 2, breaches: 3, breaches_late: 1 },
	record_get: { name: org, business_id: "0944845-0", version: 1, contact: "Torikatu 1", officer: "Tiina Tietosuoja", basis: "Laki", recipients: "Ei ketään", transfers: "Ei mitään", activities: [], rules: [] },
	breach_list: { breaches: many((i) => ({ breach: id(i), n: 200 - i, version: 1, found_at: now - i * day, due_at: now + (3 - i) * day, told: "open", closed: false, late: i > 3 })).slice(0, 50), more: true },
	organisation_list: { organisations: many((i) => ({ org: id(i), name: `${org} ${i}`, business_id: "0944845-0", form: forms[i % 7], region: "lappi", agreement: id(i), state: states[i % 8], since: now - i * day, version: 1, next: "live" })), more: true },
	organisation_stuck: { rows: many((i) => ({ state: states[i % 6], region: "lappi", form: forms[i % 7], n: i + 1, days_median: i, days_most: 2 * i })).slice(0, 60) },
	succession_list: { agreements: [], more: false },
};
const cleared = (of) => {
	if (Array.isArray(of)) return [];
	return Object.fromEntries(Object.entries(of).map(([name, value]) => [name, Array.isArray(value) ? [] : name === "more" ? false : value]));
};
const none = {
	...Object.fromEntries(Object.entries(full).map(([op, said]) => [op, cleared(said)])), recovery_state: { openings: 0 }, request_late: { open: 0, soon: 0, late: 0, breaches: 0, breaches_late: 0 },
	log_state: { org: id(9), size: 0, signed_size: 0 }, service_get: { holidays: true, notice: [], hours: [], days: [] },
};

let long;
let empty;
let browser;
before(async () => {
	[long, empty] = await Promise.all([full, none].map((api) => serve(join(web, "dist-stand-in"), api)));
	browser = await launch();
});
after(async () => {
	await browser?.close();
	await long?.close();
	await empty?.close();
});

const button = (page, name) => page.getByRole("button", { name, exact: true });
const heading = (page, name) => page.getByRole("heading", { name, exact: true });
/** What each part is opened by, and what says that it is there. */
const ADMIN = [
	["Näytä sopimus", (page) => heading(page, "Versiot").or(page.getByText("Organisaatiolla ei ole sopimusta."))], ["Näytä säilytysajat", (page) => heading(page, "Poistotodistukset")], ["Näytä aukiolo", (page) => button(page, "Tallenna aukiolo")],
	["Näytä palautusavaimen tila", (page) => page.getByText("Nykyinen avain on tehty").or(page.getByText("Organisaatiolla ei ole vielä avaimia."))], ["Näytä raportit", (page) => page.getByLabel("12 kuukautta")],
	["Avaa tapahtumaloki", (page) => button(page, "Näytä tapahtumat")], ["Näytä: Tietopyynnöt", (page) => page.getByLabel("Vain myöhässä olevat")],
	["Näytä: Seloste käsittelytoimista", (page) => button(page, "Täydennä")], ["Näytä: Tietoturvaloukkaukset", (page) => button(page, "Kirjaa uusi loukkaus")],
];

const visit = async (site, as, size = desk) => {
	const tab = await open(browser, { size });
	await tab.page.goto(`${site.origin}/?as=${as}`);
	await tab.page.locator("main h1").waitFor();
	return tab;
};
const clean = async (page, name) => {
	await keep(page, `office-${name}`);
	assert.deepEqual(await findings(page), [], name);
	assert.ok((await overflow(page)) <= 0, `${name} scrolls sideways`);
};

/** Every place that takes the focus, from the first to the last, each with a ring that is seen; none holds it back. */
const walk = async (page) => {
	await page.evaluate(() => {
		globalThis.walked = { seen: new Set(), blind: [] };
		document.addEventListener("focusin", ({ target }) => {
			const { seen, blind } = globalThis.walked;
			const ringed = (one) => getComputedStyle(one).outlineStyle !== "none" || getComputedStyle(one).boxShadow !== "none";
			const box = target.getBoundingClientRect();
			if (!seen.has(target) && target.tabIndex >= 0 && (box.width === 0 || !(ringed(target) || ringed(target.parentElement)))) blind.push(target.outerHTML.slice(0, 120));
			seen.add(target);
		});
		document.activeElement?.blur();
	});
	const left = () => page.evaluate(() => [...document.querySelectorAll("main :is(a[href], button, input, select, textarea, summary, [tabindex='0'])")]
		.filter((one) => one.checkVisibility() && !one.disabled && one.tabIndex >= 0 && (one.type !== "radio" || one.checked) && !globalThis.walked.seen.has(one)).map((one) => one.outerHTML.slice(0, 120)));
	for (let rest = await left(), before = -1; rest.length > 0 && rest.length !== before; rest = await left()) {
		before = rest.length;
		for (let i = 0; i < before + 20; i++) await page.keyboard.press("Tab");
	}
	assert.deepEqual(await left(), [], "Tab never comes there");
	await comes(() => page.evaluate(() => globalThis.walked.blind), [], "nobody sees where the focus is");
};

const parts = async (page, way) => {
	for (const [opens, comes] of way) {
		await button(page, opens).last().focus();
		await page.keyboard.press("Enter");
		await comes(page).first().waitFor();
	}
};

test("an_admin_with_two_hundred_of_everything_opens_every_part_by_keyboard", async () => {
	const { page, close } = await visit(long, "admin");
	await page.getByRole("button", { name: /^Hallitse: / }).first().waitFor();
	await parts(page, ADMIN);
	await clean(page, "admin-long");
	await page.setViewportSize(phone);
	assert.ok((await overflow(page)) <= 0);
	await close();
});

test("focus_goes_into_a_dialog_and_back_to_where_it_was_opened_and_nothing_is_sent", async () => {
	const { page, close } = await visit(long, "admin");
	const asked = [];
	page.on("request", (one) => void (/_(put|role|disable|revoke|make|add|step|ask)$/.test(one.url()) && asked.push(one.url())));
	await parts(page, [ADMIN[1]]);
	for (const opener of [page.getByRole("button", { name: /^Hallitse: / }).first(), button(page, "Lisää työntekijä"), page.getByRole("button", { name: /^Muuta: / }).first(), page.getByRole("button", { name: /^Poistotodistus 200/ })]) {
		await page.evaluate(() => document.activeElement?.blur());
		await opener.focus();
		await page.keyboard.press("Enter");
		await page.locator("dialog[open]").waitFor();
		await comes(() => page.evaluate(() => document.querySelector("dialog[open]")?.contains(document.activeElement)), true);
		await page.keyboard.press("Tab");
		await comes(() => page.evaluate(() => document.querySelector("dialog[open]")?.contains(document.activeElement) || document.activeElement === document.body), true, "nothing behind it takes the focus");
		await page.getByRole("dialog").getByRole("button", { name: "Sulje", exact: true }).focus(); // Esc twice is the way out of the service
		await page.keyboard.press("Enter");
		await page.locator("dialog[open]").waitFor({ state: "detached" });
		await comes(() => opener.evaluate((one) => one === document.activeElement), true, `back to ${opener}`);
	}
	assert.deepEqual(asked, []);
	await close();
});

test("every_part_of_an_organisation_without_anything_says_so_and_is_walked_through", async () => {
	const { page, close } = await visit(empty, "admin", phone);
	await page.getByText("Mikään ei odota sinua.").waitFor();
	await parts(page, ADMIN.slice(0, 6));
	await clean(page, "admin-empty");
	await walk(page);
	await close();
});

test("a_server_that_says_no_or_is_not_there_is_told_in_every_part_with_a_way_on", async () => {
	const { page, close } = await visit(long, "admin", phone);
	await page.getByRole("button", { name: /^Hallitse: / }).first().waitFor();
	const failing = async (way, answer) => {
		await page.route("**/api/*", answer);
		for (const [opens] of way) {
			await button(page, opens).last().focus();
			await page.keyboard.press("Enter");
			await page.locator(".shown").last().getByRole("alert").first().getByRole("button", { name: "Yritä uudelleen" }).waitFor(); // each stands after those that are open
		}
	};
	await failing(ADMIN.slice(0, 3), (route) => route.fulfill({ status: 403, contentType: "application/json", body: '{"err":"forbidden"}' }));
	await page.unroute("**/api/*");
	await failing([ADMIN[3], ADMIN[4], ADMIN[6]], (route) => route.abort());
	await clean(page, "admin-failing");
	await page.unroute("**/api/*");
	await page.locator(".shown", { has: page.getByRole("alert") }).last().getByRole("button", { name: "Yritä uudelleen" }).focus();
	await page.keyboard.press("Enter");
	await page.getByText("Myöhässä 1 päivän").or(page.getByText(/^Myöhässä/)).first().waitFor();
	await close();
});

test("a_data_protection_officer_walks_through_everything_that_is_theirs", async () => {
	for (const [site, name] of [[long, "long"], [empty, "empty"]]) {
		const { page, close } = await visit(site, "dpo", name === "long" ? desk : phone);
		await (name === "long" ? page.getByText("Kokoushuone") : page.getByText("Organisaatiolla ei ole vielä avaimia.")).waitFor();
		await button(page, "Näytä tapahtumat").waitFor();
		await heading(page, "Poistotodistukset").waitFor();
		await clean(page, `dpo-${name}`);
		if (name === "empty") await walk(page);
		await close();
	}
});

test("an_operator_walks_through_organisations_that_are_stuck", async () => {
	const { page, close } = await visit(long, "operator");
	await page.getByText(`${org} 199`).first().waitFor();
	await clean(page, "operator-long");
	await page.setViewportSize(phone);
	await clean(page, "operator-long-phone");
	await close();
	const none = await visit(empty, "operator", phone);
	await none.page.getByRole("heading", { level: 2 }).first().waitFor();
	await clean(none.page, "operator-empty");
	await walk(none.page);
	await none.close();
});
