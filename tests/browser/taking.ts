// A room that is large taken out in a real page: it moves, it stays responsive, it stops at once. Run with roomwork.test.ts, small;
// LUOTSI_TAKE_MESSAGES=10000 LUOTSI_TAKE_MB=300 is the size that is promised, and its figures are printed.

import assert from "node:assert/strict";
import { randomFillSync } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import { test } from "node:test";
import type { Browser, CDPSession, Locator, Page } from "playwright-core";
import { PASSPHRASE, type Actor } from "../client/organisation.js";
import { pdf } from "../client/samples.js";
import { cookieOf, talk, type House } from "../flow/house.js";
import { check, sourceOf } from "../lib/taken.js";
import { open, type Tab } from "./lib.mjs";
import { openZip } from "../../web/src/verify/zip.js";

const MESSAGES = Number(process.env["LUOTSI_TAKE_MESSAGES"] ?? 120);
const MB = Number(process.env["LUOTSI_TAKE_MB"] ?? 6);
export const LARGE = MESSAGES > 1_000;
const FILE_BYTES = 1_048_576 * Math.min(10, Math.ceil(MB / 3));
const AT_ONCE = 40;
const LONG_MS = 200;
const STOP_MS = 2_000;
const LINE = "Tänään kävin katsomassa opiskelupaikkaa ja juttelin opettajan kanssa siitä, mitä ensimmäinen vuosi on. ";

const patience = (ready: () => boolean, what: string): Promise<void> => {
	const end = Date.now() + 600_000;
	return new Promise((resolve, reject) => {
		const look = (): void => (ready() ? resolve() : Date.now() > end ? reject(new Error(`waited in vain: ${what}`)) : void setTimeout(look, 20));
		look();
	});
};

const fillMessages = async (actor: Actor, room: string): Promise<void> => {
	const stored = (): number => [...actor.messages.values()].filter((one) => one.text.startsWith("Nro ") && one.seq !== null).length;
	for (let n = 0; n < MESSAGES; n += AT_ONCE) {
		await Promise.all(Array.from({ length: AT_ONCE }, (_, i) => actor.engine.send(room, `Nro ${n + i}. ${LINE.repeat(1 + ((n + i) % 4))}`)));
		await patience(() => stored() >= n + AT_ONCE, `${n + AT_ONCE} messages`);
		actor.events.length = 0;
	}
};

const fillFiles = async (actor: Actor, room: string): Promise<void> => {
	for (let n = 0, left = MB * 1_048_576; left > 0; n++, left -= FILE_BYTES) {
		const bytes = new Uint8Array(Math.min(left, FILE_BYTES));
		randomFillSync(bytes);
		bytes.set(pdf());
		const { transfer } = await actor.engine.work("sendFile", room, new Blob([bytes]), { name: `liite ${n}.pdf`, about: "", without: "tiedosto" });
		const states = (): string[] => actor.events.flatMap((event) => (event.type === "transfers" ? event.transfers.filter(({ id }) => id === transfer).map(({ state }) => state) : []));
		await patience(() => states().some((one) => one === "done" || one === "failed"), `file ${n}`);
		assert.ok(states().includes("done"));
		actor.events.length = 0;
	}
};

/** What the page shows and how long it does not answer, watched from inside. */
const watch = (page: Page): Promise<void> =>
	page.evaluate(() => {
		const seen: string[] = [];
		const long: number[] = [];
		new PerformanceObserver((list) => long.push(...list.getEntries().map(({ duration }) => Math.round(duration)))).observe({ entryTypes: ["longtask"] });
		new MutationObserver(() => {
			const bar = document.querySelector<HTMLProgressElement>(".takeout-progress progress");
			const at = bar ? `${document.querySelector("#takeout-progress")?.textContent ?? ""}` : "";
			if (at && seen.at(-1) !== at) seen.push(at);
		}).observe(document.body, { subtree: true, childList: true, characterData: true, attributes: true });
		Object.assign(window, { watched: { seen, long } });
	});

interface Watched {
	readonly seen: string[];
	readonly long: number[];
}
const watched = (page: Page): Promise<Watched> =>
	page.evaluate(() => {
		const { seen, long } = (window as unknown as { watched: Watched }).watched;
		return { seen: seen.splice(0), long: long.splice(0) };
	});

/** The most that the processes of the pages, and the browser's own that keeps the blobs, have held since they were asked last, in megabytes. */
const memory = async (cdp: CDPSession): Promise<{ take(): { page: number; browser: number }; stop(): void }> => {
	const { processInfo } = (await cdp.send("SystemInfo.getProcessInfo")) as { processInfo: { type: string; id: number }[] };
	const held = (type: string): number => {
		let most = 0;
		for (const { id } of processInfo.filter((one) => one.type === type)) {
			const found = /^RssAnon:\s+(\d+)/m.exec(readFileSync(`/proc/${id}/status`, "utf8"));
			most = Math.max(most, Number(found?.[1] ?? 0) / 1024);
		}
		return Math.round(most);
	};
	let [page, main] = [0, 0];
	const look = (): void => void ([page, main] = [Math.max(page, held("renderer")), Math.max(main, held("browser"))]);
	const timer = setInterval(look, 100).unref();
	return {
		take: () => {
			look();
			const most = { page, browser: main };
			[page, main] = [0, 0];
			return most;
		},
		stop: () => clearInterval(timer),
	};
};

const form = (page: Page): Locator => page.locator("dialog[open]").last();

const begin = async (page: Page, kind: RegExp): Promise<void> => {
	await form(page).getByLabel(kind).check();
	await form(page).getByRole("button", { name: "Aloita" }).click();
};

/** Stopped from inside the page as soon as the words of its step stand there; gives how long it took until the page says so. */
const stopAt = async (page: Page, kind: RegExp, step: string): Promise<number> => {
	const stopped = page.evaluate(async (words) => {
		const until = async (ready: () => boolean | undefined): Promise<number> => {
			for (const end = performance.now() + 600_000; !ready(); await new Promise((resolve) => setTimeout(resolve, 1))) if (performance.now() > end) throw new Error(words);
			return performance.now();
		};
		const dialog = [...document.querySelectorAll("dialog[open]")].at(-1);
		const cancel = (): HTMLButtonElement | null | undefined => dialog?.querySelector<HTMLButtonElement>(".takeout-progress button");
		await until(() => cancel() && dialog?.querySelector("#takeout-progress")?.textContent?.startsWith(words));
		const begun = performance.now();
		cancel()?.click();
		return Math.round((await until(() => dialog?.textContent?.includes("Keskeytetty. Mitään ei tallennettu."))) - begun);
	}, step);
	await begin(page, kind);
	return stopped;
};

const take = async (page: Page, kind: RegExp): Promise<{ path: string; seconds: number }> => {
	const begun = Date.now();
	await begin(page, kind);
	const link = form(page).getByRole("link", { name: /^Tallenna luotsi-/ });
	await link.waitFor({ timeout: 1_200_000 });
	const seconds = (Date.now() - begun) / 1_000;
	const [download] = await Promise.all([page.waitForEvent("download"), link.click()]);
	return { path: await download.path(), seconds };
};

const comeIn = async (house: House, browser: Browser, user: string): Promise<Tab> => {
	const tab = await open(browser);
	const [name, value] = (await cookieOf(house, { person: user, role: "client" })).split("=") as [string, string];
	await tab.context.addCookies([{ name, value, url: house.service.origin, secure: true, httpOnly: true, sameSite: "Lax" }]);
	await tab.page.goto(house.service.origin);
	await tab.page.evaluate(() => Object.assign(window, { showSaveFilePicker: undefined })); // a browser that cannot write into a file
	await tab.page.getByLabel("Salalause", { exact: true }).fill(PASSPHRASE);
	await tab.page.getByRole("button", { name: "Avaa", exact: true }).click();
	await tab.page.getByRole("button", { name: "Tietoja" }).click();
	await tab.page.getByRole("button", { name: "Lataa koko tila" }).click();
	return tab;
};

export const takingTests = (house: () => House, browser: () => Browser): void => {
	test("a_large_room_is_taken_out_while_the_page_answers_and_is_stopped_at_once", { timeout: 3_600_000 }, async () => {
		const { client, counsellor, room } = await talk(house(), "Iso");
		await counsellor.engine.leaveRoomView();
		await fillMessages(client, room);
		await fillFiles(client, room);
		await client.engine.leaveRoomView();
		const tab = await comeIn(house(), browser(), client.user);
		const { page } = tab;
		const held = await memory(await browser().newBrowserCDPSession());
		await watch(page);

		const told: Record<string, unknown> = { messages: MESSAGES, megabytes: MB, before: held.take() };
		const faults: string[] = [];
		const fits = async (what: string, steps: number): Promise<void> => {
			const { seen, long } = await watched(page);
			told[what] = { steps: seen.length, longest_ms: Math.max(0, ...long), ...held.take() };
			if (seen.length < steps) faults.push(`${what}: the page showed ${seen.join(" | ")}`);
			if (Math.max(0, ...long) > LONG_MS) faults.push(`${what}: the page did not answer for ${long.join()} ms`);
		};
		const stops = { reading: await stopAt(page, /PDF/, "Luetaan"), files: await stopAt(page, /ZIP/, "Haetaan") };
		if (Math.max(...Object.values(stops)) > STOP_MS) faults.push(`stopped in ${JSON.stringify(stops)} ms`);
		await fits("stopped", 2);

		const document = await take(page, /PDF/);
		await fits("document", 3);
		assert.equal(readFileSync(document.path).subarray(0, 5).toString(), "%PDF-");
		const archive = await take(page, /ZIP/);
		await fits("archive", 4);
		held.stop();
		const bytes = new Uint8Array(readFileSync(archive.path));
		assert.deepEqual((await check(bytes)).findings, []);
		const zip = await openZip(sourceOf(bytes), (name) => assert.fail(name));
		assert.equal(zip?.entries.filter(({ name }) => name.startsWith("files/")).reduce((n, { size }) => n + size, 0), MB * 1_048_576);
		console.log(JSON.stringify({ ...told, stops_ms: stops, document_s: document.seconds, document_bytes: statSync(document.path).size, archive_s: archive.seconds, archive_bytes: bytes.length }));
		assert.deepEqual(faults, []);
		assert.deepEqual(tab.complaints, []);
		await tab.close();
	});
};
