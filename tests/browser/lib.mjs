// Chromium for the browser tests: pages that collect what they complain about, axe, and screenshots kept as artefacts.
import { deepStrictEqual } from "node:assert";
import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { isDeepStrictEqual } from "node:util";

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
	return { context, page, complaints, close: () => context.close() };
}

// What axe finds, in one line a finding.
export async function findings(page) {
	await page.evaluate(`${axe};0`);
	const { violations } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"] }));
	return violations.map((one) => `${one.id}: ${one.nodes.map((node) => `${node.target.join(" ")} ${node.any[0]?.message ?? ""}`).slice(0, 3).join(" | ")}`);
}

export async function keep(page, name) {
	mkdirSync(artefacts, { recursive: true });
	await page.screenshot({ path: join(artefacts, `${name}.png`) });
}

export const overflow = (page) => page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);

// What is read from the page is this, now or as soon as it has been drawn.
export async function comes(read, wanted, what) {
	for (const end = Date.now() + patience; Date.now() < end; await new Promise((resolve) => setTimeout(resolve, 30))) if (isDeepStrictEqual(await read(), wanted)) return;
	deepStrictEqual(await read(), wanted, what);
}

// From the sign-in page through the bank: choose the provider, there the person.
export async function comeBy(page, provider, person) {
	await page.getByRole("button", { name: provider }).click();
	await page.getByRole("heading", { name: "Tunnistaudu palveluun Luotsi" }).waitFor();
	await page.getByRole("radio", { name: person }).check();
	await page.getByRole("button", { name: "Tunnistaudu" }).click();
}
