// Identification as the page alone shows it, on the stand-in engine: away, back, and each way in which that can end.
import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { comes, desk, findings, keep, launch, open, overflow, phone, web } from "./lib.mjs";
import { serve } from "./site.mjs";

const STATE = "s".repeat(43); // the stand-in's
const providers = [
	{ slug: "pankki", audience: "client", name_fi: "Esittelypankki", name_sv: "Demobanken", name_en: "Demonstration Bank" },
	{ slug: "virka", audience: "staff", name_fi: "Virasto", name_sv: "Verket", name_en: "Office" },
];
const begun = { url: "https://bank.test/auth?request=a.b.c", carry_key: "k".repeat(43) };
const done = { user: "u", role: "client", carry_key: "k".repeat(43) };
let site;
let browser;

before(async () => {
	site = await serve(join(web, "dist-stand-in"), { sign_in_options: { providers }, identify_begin: begun, identify_choose: { user: "u", role: "client" } });
	browser = await launch();
});
after(async () => {
	await browser?.close();
	await site?.close();
});

/** A tab whose identify_finish answers so; it remembers what was asked. */
const visit = async (finish, options) => {
	const tab = await open(browser, options);
	const asked = [];
	await tab.page.route("**/api/identify_*", async (route) => {
		const op = new URL(route.request().url()).pathname.slice(5);
		asked.push({ op, body: route.request().postDataJSON() });
		if (op !== "identify_finish") return route.fallback();
		return finish.err ? route.fulfill({ status: finish.status ?? 403, json: finish }) : route.fulfill({ json: { ok: finish } });
	});
	await tab.page.route("https://bank.test/**", (route) => route.fulfill({ contentType: "text/html", body: "<!DOCTYPE html><title>Pankki</title><h1>Pankki</h1>" }));
	return { ...tab, asked };
};

const names = { "fi-FI": "Esittelypankki", "sv-FI": "Demobanken", "en-GB": "Demonstration Bank" };

const depart = async (page, locale = "fi-FI", path = "/") => {
	const [before, ...after] = path.split("#");
	await page.goto([`${site.origin}${before}?as=signed-out`, ...after].join("#"));
	await page.getByRole("button", { name: names[locale] }).click();
	await page.getByRole("heading", { name: "Pankki" }).waitFor();
};

const back = (page, query = `state=${STATE}&code=c0de&iss=https%3A%2F%2Fbank.test`, as = "fresh") => page.goto(`${site.origin}/kirjaudu/paluu?${query}&as=${as}`);

const stored = (page) => page.evaluate(() => ({ session: Object.entries(sessionStorage), local: Object.keys(localStorage), cookies: document.cookie }));

const clean = async (tab, name) => {
	await keep(tab.page, `identify-${name}`);
	assert.deepEqual(await findings(tab.page), []);
	assert.deepEqual(tab.complaints, []);
	assert.ok((await overflow(tab.page)) <= 0, "scrolls sideways");
};

test("the providers are listed for clients and for staff", async () => {
	for (const [name, size] of [["desk", desk], ["phone", phone]]) {
		const tab = await visit(done, { size });
		await tab.page.goto(`${site.origin}/?as=signed-out`);
		await tab.page.getByRole("heading", { name: "Asiakkaat" }).waitFor();
		await tab.page.getByRole("button", { name: "Esittelypankki" }).waitFor();
		await tab.page.getByRole("button", { name: "Virasto" }).waitFor();
		await clean(tab, `providers-${name}`);
		await tab.close();
	}
});

test("a provider is reached by the keyboard alone", async () => {
	const tab = await visit(done);
	await tab.page.goto(`${site.origin}/?as=signed-out`);
	await tab.page.getByRole("button", { name: "Esittelypankki" }).focus();
	await tab.page.keyboard.press("Enter");
	await tab.page.getByRole("heading", { name: "Pankki" }).waitFor();
	await tab.close();
});

test("one sealed item is kept in the tab, and the nonce is the engine's", async () => {
	const tab = await visit(done);
	await depart(tab.page);
	assert.deepEqual(tab.asked, [{ op: "identify_begin", body: { provider: "pankki", nonce: "n".repeat(43), locale: "fi" } }]);
	await tab.page.goto(`${site.origin}/robots.txt`);
	const { session, local, cookies } = await comes(() => stored(tab.page), (all) => all.session.length === 1);
	assert.deepEqual([local, cookies], [[], ""]);
	const item = JSON.parse(session[0][1]);
	assert.deepEqual(Object.keys(item).sort(), ["at", "provider", "sealed", "state"]);
	assert.equal(item.sealed, "sealed");
	await tab.close();
});

test("who comes back is asked for keys, and neither the address nor the tab keeps anything", async () => {
	const tab = await visit(done);
	await depart(tab.page);
	await back(tab.page);
	await tab.page.getByLabel("Millä nimellä").waitFor();
	await comes(() => tab.page.url(), `${site.origin}/`);
	await comes(async () => (await stored(tab.page)).session, []);
	assert.deepEqual(tab.asked[1], { op: "identify_finish", body: { state: STATE, code: "c0de", iss: "https://bank.test" } });
	await clean(tab, "back");
	await tab.close();
});

const troubles = [
	["failed", { err: "identification_failed" }, undefined, "Tunnistautuminen ei onnistunut"],
	["cancelled", { err: "identification_cancelled" }, `state=${STATE}&error=access_denied`, "Tunnistautuminen keskeytettiin"],
	["no_room", { err: "no_room" }, undefined, "Sinulla ei ole vielä ohjaustilaa"],
	["used", { err: "used", status: 409 }, undefined, "Tämä kutsu on jo käytetty"],
	["unavailable", { err: "unavailable", status: 503 }, undefined, "Tunnistautumista ei saatu viimeisteltyä"],
];

for (const [name, finish, query, title] of troubles) {
	test(`the page of ${name} says what to do next, and begins again`, async () => {
		const tab = await visit(finish, { size: phone });
		await depart(tab.page);
		await back(tab.page, query, "signed-out");
		await tab.page.getByRole("heading", { name: title }).waitFor();
		await clean(tab, name);
		await comes(async () => (await stored(tab.page)).session, []);
		await tab.page.getByRole("button", { name: "Aloita alusta" }).click();
		await tab.page.getByRole("button", { name: "Esittelypankki" }).waitFor();
		await tab.close();
	});
}

for (const locale of ["sv-FI", "en-GB"]) {
	test(`all pages of trouble speak ${locale}`, async () => {
		const titles = new Set();
		for (const [, finish, query] of troubles) {
			const tab = await visit(finish, { locale });
			await depart(tab.page, locale);
			await back(tab.page, query, "signed-out");
			const heading = tab.page.getByRole("heading", { level: 1 });
			await heading.waitFor();
			titles.add(await comes(() => heading.textContent(), /\S/));
			await comes(() => tab.page.locator("main p").allTextContents(), (texts) => texts.length > 0 && texts.every((text) => text.trim().length > 10));
			await tab.close();
		}
		assert.equal(titles.size, troubles.length);
	});
}

test("another tab is told to go where it began, and asks nothing", async () => {
	const tab = await visit(done);
	await back(tab.page, undefined, "signed-out");
	await tab.page.getByRole("heading", { name: "Tätä tunnistautumista ei aloitettu tässä välilehdessä" }).waitFor();
	assert.deepEqual(tab.asked, []);
	await clean(tab, "elsewhere");
	await tab.close();
});

test("a foreign state is not even sent, and what was carried is gone", async () => {
	const tab = await visit(done);
	await depart(tab.page);
	await back(tab.page, `state=${"x".repeat(43)}&code=c0de`, "signed-out");
	await tab.page.getByRole("heading", { name: "Tätä tunnistautumista ei aloitettu tässä välilehdessä" }).waitFor();
	assert.deepEqual(tab.asked.map(({ op }) => op), ["identify_begin"]);
	await comes(async () => (await stored(tab.page)).session, []);
	await tab.close();
});

test("after ten minutes it is too late, and asks nothing", async () => {
	const tab = await visit(done);
	await depart(tab.page);
	await tab.page.goto(`${site.origin}/robots.txt`);
	await tab.page.evaluate(() => {
		const [[name, text]] = Object.entries(sessionStorage);
		const item = JSON.parse(text);
		sessionStorage.setItem(name, JSON.stringify({ ...item, at: item.at - 601_000 }));
	});
	await back(tab.page, undefined, "signed-out");
	await tab.page.getByRole("heading", { name: "Tunnistautuminen vanheni" }).waitFor();
	assert.deepEqual(tab.asked.map(({ op }) => op), ["identify_begin"]);
	await clean(tab, "expired");
	await tab.close();
});

test("who comes back by another way than the provider's leaves nothing in the tab", async () => {
	const tab = await visit(done);
	await depart(tab.page);
	await tab.page.goto(`${site.origin}/robots.txt`);
	await comes(async () => (await stored(tab.page)).session.length, 1);
	await tab.page.goto(`${site.origin}/?as=signed-out`);
	await tab.page.getByRole("heading", { level: 1 }).waitFor();
	await comes(async () => (await stored(tab.page)).session, []);
	await tab.close();
});

test("the back button does not bring the answer again", async () => {
	const tab = await visit(done);
	await depart(tab.page);
	await back(tab.page);
	await tab.page.getByLabel("Millä nimellä").waitFor();
	await tab.page.goBack();
	await tab.page.getByRole("heading", { name: "Pankki" }).waitFor();
	await tab.page.goForward();
	await tab.page.locator(".bubble").first().waitFor(); // without a query the stand-in is in a room
	await comes(() => tab.page.url(), `${site.origin}/`);
	assert.equal(tab.asked.filter(({ op }) => op === "identify_finish").length, 1);
	await tab.close();
});

test("a new beginning forgets what the last one carried", async () => {
	const tab = await visit(done);
	await depart(tab.page);
	await tab.page.route("**/api/identify_begin", (route) => route.fulfill({ status: 503, json: { err: "unavailable" } }));
	await tab.page.goto(`${site.origin}/?as=signed-out`);
	await tab.page.getByRole("button", { name: "Esittelypankki" }).click();
	await tab.page.getByRole("alert").waitFor();
	await comes(async () => (await stored(tab.page)).session, []);
	await tab.close();
});

test("an invitation's token goes along, its fragment does not", async () => {
	const tab = await visit(done);
	await depart(tab.page, "fi-FI", `/kutsu#${"A".repeat(172)}`);
	assert.equal(tab.asked[0].body.invitation, "t".repeat(43));
	assert.equal(JSON.stringify(tab.asked).includes("A".repeat(100)), false);
	await tab.close();
});

test("after a cancel the link of the invitation is still known", async () => {
	const tab = await visit({ err: "identification_cancelled", detail: { carry_key: done.carry_key } });
	await depart(tab.page);
	await back(tab.page, `state=${STATE}&error=access_denied`, "carried");
	await tab.page.getByRole("button", { name: "Aloita alusta" }).click();
	await tab.page.getByRole("heading", { name: /Sinut on kutsuttu/ }).waitFor();
	await tab.close();
});

test("an invitation that is gone is said before anybody goes to the bank", async () => {
	const tab = await visit(done);
	await tab.page.route("**/api/identify_begin", (route) => route.fulfill({ status: 404, json: { err: "not_found" } }));
	await tab.page.goto(`${site.origin}/kutsu?as=signed-out#${"A".repeat(172)}`);
	await tab.page.getByRole("button", { name: "Esittelypankki" }).click();
	await tab.page.getByText("Linkki on vanhentunut tai väärä").waitFor();
	await clean(tab, "link-gone");
	await tab.close();
});

test("staff with a link of their own see their office alone, and the link goes along", async () => {
	const tab = await visit(done);
	await tab.page.goto(`${site.origin}/liity?as=signed-out#${"e".repeat(22)}`);
	await tab.page.getByRole("heading", { name: /Ota tilisi käyttöön/ }).waitFor();
	await comes(() => tab.page.url(), `${site.origin}/`);
	await tab.page.getByRole("button", { name: "Virasto" }).waitFor();
	await comes(() => tab.page.getByRole("button", { name: "Esittelypankki" }).count(), 0);
	await clean(tab, "enrol");
	await tab.page.getByRole("button", { name: "Virasto" }).click();
	await tab.page.getByRole("heading", { name: "Pankki" }).waitFor();
	assert.equal(tab.asked[0].body.enrolment, "e".repeat(22));
	await tab.close();
});

test("who is a client of several organisations says which", async () => {
	const choices = [{ choice: "a".repeat(22), organisation: "Kuopion Ohjaamo", role: "client" }, { choice: "b".repeat(22), organisation: "Jyväskylän Ohjaamo", role: "client" }];
	const tab = await visit({ choices, carry_key: done.carry_key });
	await depart(tab.page);
	await back(tab.page);
	await tab.page.getByRole("heading", { name: "Minkä organisaation asiakkaana jatkat?" }).waitFor();
	await clean(tab, "choices");
	await tab.page.getByRole("button", { name: "Jyväskylän Ohjaamo" }).click();
	await tab.page.getByLabel("Millä nimellä").waitFor();
	assert.deepEqual(tab.asked.at(-1), { op: "identify_choose", body: { choice: "b".repeat(22) } });
	await tab.close();
});

test("a reload in the middle of the wait finds nothing to repeat", async () => {
	const tab = await visit(done);
	await depart(tab.page);
	let let_go;
	await tab.page.route("**/api/identify_finish", (route) => new Promise((resolve) => (let_go = () => resolve(route.abort()))));
	await back(tab.page, undefined, "signed-out");
	await tab.page.getByText("Viimeistellään kirjautuminen").waitFor();
	await clean(tab, "returning");
	await tab.page.reload();
	await tab.page.locator(".bubble").first().waitFor();
	let_go?.();
	await comes(() => tab.page.url(), `${site.origin}/`);
	await comes(async () => (await stored(tab.page)).session, []);
	await tab.close();
});
