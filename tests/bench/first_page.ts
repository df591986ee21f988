// The first message on a slow phone: the page behind a line of 1.6 Mbit/s and 150 ms round trip (a proxy here delays and paces every byte, of
// handshakes and WebSocket too), the page's processor slowed 4 times. The demonstration's client signs in, then the page is loaded anew into an empty cache: what is
// timed is from open keys to the first message shown, the time that no person spends typing. Also counted: compressed JavaScript and CSS until then.

import { createServer, connect, type Socket } from "node:net";
import { chromium, type Page } from "playwright-core";

interface Target {
	readonly origin: string;
	readonly port: number;
	readonly proxy: number;
	readonly rounds: number;
}

const target = JSON.parse(process.argv[2] ?? "{}") as Target;
const ROUND_TRIP_MS = 150;
const BYTES_PER_MS = 1_600_000 / 8 / 1000;
const WHO = "Amira";
const PASSPHRASE = "esittely amira kuunari majakka";

/** One direction of the line, shared by all connections: a byte leaves when the line is free, and arrives half a round trip later. In order. */
const makeLine = (): ((from: Socket, to: Socket, first: number) => void) => {
	let free = 0;
	return (from, to, first) => {
		const opened = performance.now() + first;
		let last = Promise.resolve();
		from.on("data", (data) => {
			free = Math.max(free, performance.now()) + data.length / BYTES_PER_MS;
			const arrives = Math.max(free, opened) + ROUND_TRIP_MS / 2;
			last = last.then(async () => {
				const wait = arrives - performance.now();
				if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
				to.write(data);
			});
		});
		from.on("close", () => void last.then(() => to.destroy()));
		from.on("error", () => to.destroy());
	};
};

const up = makeLine();
const down = makeLine();
const proxy = createServer((phone) => {
	const server = connect(target.port, "127.0.0.1");
	phone.setNoDelay(true);
	server.setNoDelay(true);
	up(phone, server, ROUND_TRIP_MS); // the handshake of TCP
	down(server, phone, 0);
}).listen(target.proxy, "127.0.0.1");

const flags = ["--no-sandbox", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--ignore-certificate-errors"];
const way = `--host-resolver-rules=MAP localhost:${target.port} 127.0.0.1:${target.proxy}`;
const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: [...flags, way] });

const markOf = (page: Page, name: string): Promise<number> =>
	page.evaluate((n) => performance.getEntriesByName(n).at(-1)?.startTime ?? -1, name);

const unlock = async (page: Page): Promise<void> => {
	const field = page.locator("input[type=password]").first();
	await field.waitFor({ timeout: 60_000 });
	await field.fill(PASSPHRASE);
	await field.press("Enter");
	await page.waitForFunction(() => performance.getEntriesByName("luotsi:first-message").length > 0, undefined, { timeout: 60_000 });
};

interface Figures {
	readonly seconds: number;
	readonly form: number;
	readonly bytes: number;
	readonly files: number;
}

const measure = async (): Promise<Figures> => {
	const context = await browser.newContext({ viewport: { width: 390, height: 844 }, locale: "fi-FI" });
	const page = await context.newPage();
	await page.goto(target.origin);
	await page.getByRole("button", { name: "Esittelypankki" }).click();
	await page.getByRole("radio", { name: new RegExp(WHO) }).check();
	await page.getByRole("button", { name: "Tunnistaudu" }).click();
	await unlock(page);

	const cold = await browser.newContext({ viewport: { width: 390, height: 844 }, locale: "fi-FI", storageState: await context.storageState() });
	await context.close();
	const fresh = await cold.newPage();
	const devtools = await cold.newCDPSession(fresh);
	await devtools.send("Emulation.setCPUThrottlingRate", { rate: 4 });
	const seen = new Map<string, number>(); // a worker's module that was preloaded is asked for twice, and sent once
	fresh.on("requestfinished", (request) => void request.sizes().then((sizes) => {
		if (/\.(js|css)$/.test(request.url()) && !/argon2/.test(request.url())) seen.set(request.url(), Math.max(sizes.responseBodySize, seen.get(request.url()) ?? 0));
	}).catch(() => undefined));
	await fresh.goto(target.origin);
	await fresh.locator("input[type=password]").first().waitFor({ timeout: 60_000 });
	const form = await fresh.evaluate(() => performance.now());
	await unlock(fresh);
	const seconds = ((await markOf(fresh, "luotsi:first-message")) - (await markOf(fresh, "luotsi:unlocked"))) / 1000;
	await cold.close();
	return { seconds, form: form / 1000, bytes: [...seen.values()].reduce((sum, n) => sum + n, 0), files: seen.size };
};

const median = (list: number[]): number => list.sort((a, b) => a - b)[Math.floor(list.length / 2)] as number;
const all: Figures[] = [];
for (let round = 0; round < target.rounds; round++) all.push(await measure());
await browser.close();
proxy.close();
console.log(JSON.stringify({
	seconds: median(all.map((f) => f.seconds)),
	kilobytes: median(all.map((f) => f.bytes)) / 1000,
	detail: `from open keys to the first message; navigation to the form that asks for the passphrase ${median(all.map((f) => f.form)).toFixed(2)} s`,
	files: `${all[0]?.files ?? 0} files over the line, without the Argon2 worker`,
}));
process.exit(0);
