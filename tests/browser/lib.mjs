// Chromium for the browser tests: pages that collect what they complain about, axe, and screenshots kept as artefacts.
import { deepStrictEqual, fail, match } from "node:assert";
import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { inspect, isDeepStrictEqual } from "node:util";
import { witnesses } from "../lib/story.mjs";

// A bundled test runs somewhere else; the one who bundles says where tests/lib is.
const here = process.env.LUOTSI_TEST_LIB ?? dirname(fileURLToPath(import.meta.url));
export const root = join(here, "..", "..");
export const web = join(root, "web");
const need = createRequire(join(web, "package.json"));
const { chromium } = need("playwright-core");
const axe = readFileSync(need.resolve("axe-core/axe.min.js"), "utf8");
const artefacts = join(root, "tests", "artefacts");

const patience = Number(process.env.LUOTSI_PATIENCE ?? 60_000); // a busy machine, a server under sanitizers

export const phone = { width: 390, height: 844 };
export const desk = { width: 1366, height: 850 };

export const launch = () =>
	chromium.launch({
		executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
		args: ["--no-sandbox", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--ignore-certificate-errors"],
	});

// A page in a context of its own; complaints are console errors, CSP reports and uncaught errors.
export async function open(browser, { size = desk, dark = false, locale = "fi-FI", still = true, ...more } = {}) {
	const context = await browser.newContext({
		viewport: size,
		colorScheme: dark ? "dark" : "light",
		locale,
		ignoreHTTPSErrors: true,
		reducedMotion: still ? "reduce" : "no-preference",
		...more,
	});
	const page = await context.newPage();
	const complaints = [];
	page.on("console", (message) => {
		if (message.type() === "error" && !/Failed to load resource|WebSocket connection/.test(message.text())) complaints.push(message.text());
	});
	page.on("pageerror", (error) => complaints.push(String(error)));
	page.setDefaultTimeout(patience);
	witnesses.push((name) => seen(page, name));
	return { context, page, complaints, close: () => context.close() };
}

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

// Read again and again until it fits or the time is over; gives what was read last and whether it fits. A page on its way to another
// cannot be read: that is one more reason to read again.
async function reading(read, fits, ms) {
	for (const end = Date.now() + ms; ; await pause(30)) {
		const late = Date.now() > end;
		try {
			const value = await read();
			if (late || fits(value)) return { value, is: fits(value) };
		} catch (error) {
			if (late) throw error;
		}
	}
}

const fitting = (wanted) =>
	typeof wanted === "function" ? wanted : wanted instanceof RegExp ? (value) => wanted.test(value) : (value) => isDeepStrictEqual(value, wanted);

// What is read becomes this, now or as soon as it is there: a value, a pattern or what a function finds true. Gives what was read.
export async function comes(read, wanted, what) {
	const { value, is } = await reading(read, fitting(wanted), patience);
	if (is) return value;
	const said = what ? `${what}: ` : "";
	if (typeof wanted === "function") fail(`${said}never true of ${inspect(value)}`);
	if (wanted instanceof RegExp) match(value, wanted, what);
	deepStrictEqual(value, wanted, what);
}

// What is read is this, and is nothing else all the time: for what must not happen.
export async function stays(read, wanted, ms, what) {
	const { value, is } = await reading(read, (value) => !fitting(wanted)(value), ms);
	if (is) deepStrictEqual(value, wanted, what);
}

const SETTLE_MS = 3_000;

// What axe finds on the page once it has come to rest, in one line a finding.
export async function findings(page) {
	const look = async () => {
		if (!(await page.evaluate(() => "axe" in globalThis))) await page.evaluate(`${axe};0`);
		const { violations } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"] }));
		return violations.map((one) => `${one.id}: ${one.nodes.map((node) => `${node.target.join(" ")} ${node.any[0]?.message ?? ""}`).slice(0, 3).join(" | ")}`);
	};
	return (await reading(look, (found) => found.length === 0, SETTLE_MS)).value;
}

// What a page shows when a step of a story fails: its text in the report, its picture among the artefacts.
async function seen(page, name) {
	if (page.isClosed()) return "";
	await picture(page, `failed-${name}`);
	const said = page.locator("body").innerText({ timeout: 5_000 });
	return said.then((text) => `${page.url()} shows: ${text.replace(/\s+/g, " ").slice(0, 800)}`);
}

async function picture(page, name) {
	mkdirSync(artefacts, { recursive: true });
	await page.screenshot({ path: join(artefacts, `${name}.png`) });
}

// A picture for people to look at.
export async function keep(page, name) {
	if (process.env.LUOTSI_PICTURES !== "no") await picture(page, name);
}

// By how much the page is wider than the window, once it has come to rest.
export async function overflow(page) {
	const look = () => page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
	return (await reading(look, (much) => much <= 0, SETTLE_MS)).value;
}

// From the sign-in page through the bank: choose the provider, there the person.
export async function comeBy(page, provider, person) {
	await page.getByRole("button", { name: provider }).click();
	await page.getByRole("heading", { name: "Tunnistaudu palveluun Luotsi" }).waitFor();
	await page.getByRole("radio", { name: person }).check();
	await page.getByRole("button", { name: "Tunnistaudu" }).click();
}
