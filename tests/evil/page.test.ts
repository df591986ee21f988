// What people see of an evil server, in a real browser: the whole page with its workers, against the server of these tests. A handful that stands
// for the rest: each verdict of attacks.test.ts is shown by one of these.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { argon2id } from "hash-wasm";
import type { Browser, Page } from "playwright-core";
import type { Platform } from "../../web/src/client/platform.js";
import { fromBase64Url, importSigning, makePair, random, ROLE, signControl, signIdentity, toBase64Url, type Bytes } from "../../web/src/seal/index.js";
import { comes, desk, findings, keep, launch, open, overflow, phone, type Tab } from "../browser/lib.mjs";
import { PASSPHRASE } from "../client/organisation.js";
import { endClients } from "./lib/client.js";
import { append, leave, makeScenes, openRoom, openScene, post, type Made, type Scene } from "./lib/scene.js";
import { openEvil, type EvilServer } from "./lib/server.js";

let server: EvilServer;
let made: Made;
let browser: Browser;

/** As a browser's own worker derives. */
const derive: Platform["argon2id"] = async (password, p) =>
	new Uint8Array(await argon2id({ password, salt: p.salt, parallelism: p.lanes, iterations: p.passes, memorySize: p.memoryKib, hashLength: 32, outputType: "binary" })) as Bytes;

before(async () => {
	server = await openEvil();
	made = await makeScenes(derive);
	browser = await launch();
});

after(async () => {
	await browser?.close();
	await server?.close();
	await endClients();
});

/** A person's page, the keys still locked; of two rooms only the first is there. */
const visit = async (s: Scene, user: string, size: typeof desk): Promise<Tab> => {
	s.relay.rooms.delete(s.other);
	const tab = await open(browser, { size });
	const [name, value] = server.cookie(s.relay, user).split("=") as [string, string];
	await tab.context.addCookies([{ name, value, url: server.origin }]);
	await tab.page.goto(server.origin);
	return tab;
};

const unlock = async (page: Page): Promise<void> => {
	await page.getByLabel("Salalause", { exact: true }).fill(PASSPHRASE);
	await page.getByRole("button", { name: "Avaa", exact: true }).click();
};

const clean = async ({ page, complaints }: Tab, name: string): Promise<void> => {
	await keep(page, `evil-${name}`);
	assert.deepEqual(await findings(page), []);
	assert.deepEqual(complaints, []);
	assert.ok((await overflow(page)) <= 0, "scrolls sideways");
};

const composer = (page: Page) => page.getByLabel("Viesti", { exact: true });

const button = (page: Page) => page.getByRole("button", { name: "Lähetä", exact: true });

/** A scene in which this was done, seen by this person; what is expected is waited for. */
const seen = (name: string, spoil: (s: Scene) => Promise<string> | string, look: (tab: Tab) => Promise<void>, size = desk): void => {
	test(name.replaceAll("-", " "), async () => {
		const s = openScene(made, server, derive);
		const user = await spoil(s);
		const tab = await visit(s, user, size);
		await unlock(tab.page);
		await look(tab);
		await clean(tab, name);
		await tab.close();
		await s.end();
	});
};

/** One bit of the newest message is another. */
const flipped = (s: Scene): string => {
	s.relay.bend = (rows) => rows.map((row, i) => {
		if (i < rows.length - 1 || typeof row["envelope"] !== "string") return row;
		const bytes = fromBase64Url(row["envelope"]);
		bytes[bytes.length - 100] = (bytes[bytes.length - 100] as number) ^ 1;
		return { ...row, envelope: toBase64Url(bytes) };
	});
	return s.aino;
};

seen("a-message-that-was-changed", flipped, async ({ page }) => {
	await page.getByText("Tätä viestiä ei voitu varmentaa").waitFor();
	await page.getByText("Viestejä ei lähetetä, ennen kuin päätät jatkaa").waitFor();
	await composer(page).fill("Jatkan silti");
	await comes(() => button(page).isDisabled(), true, "nobody sends before they have decided to go on");
	await page.getByText("Tekninen syy").click();
	await page.getByText("bad_signature").waitFor();
}, phone);

seen("a-message-that-was-changed-and-the-person-goes-on", flipped, async ({ page }) => {
	await page.getByRole("button", { name: "Ymmärrän, jatka silti" }).click();
	await composer(page).fill("Jatkan silti");
	await button(page).and(page.locator(":enabled")).waitFor();
	await page.getByText("Tätä viestiä ei voitu varmentaa").scrollIntoViewIfNeeded();
});

seen("a-member-whom-nobody-added", async (s) => {
	const oona = await s.device(s.oona);
	await openRoom(oona, s.room);
	const state = oona.engine.parts.room(s.room).log.state();
	const rogue = { ...(await importSigning(await makePair())), kid: oona.engine.parts.self().account().keys.sig.kid };
	const add = { type: "add", user: random(16), sigKid: random(32), encKid: random(32), role: ROLE.staff, cert: random(32), proof: 1, baselineSeq: 1, baseline: random(32) } as const;
	append(s, s.room, await signControl(rogue, fromBase64Url(s.oona), state, add, random(16), Date.now()), "add", s.oona);
	return s.aino;
}, async ({ page }) => {
	await page.getByText("Keskustelun historiaa ei voitu varmentaa").waitFor();
	await page.getByRole("heading", { name: "Keskustelua ei voitu avata" }).waitFor();
});

seen("another-root", async (s) => {
	const pair = await makePair();
	const { org } = s.ceremony.chain.state;
	const entry = await signIdentity(await importSigning(pair), org, { org, subject: org, head: new Uint8Array(32), n: 0 }, { type: "org_root", rootPub: pair.pub }, random(16), Date.now());
	s.relay.chains.set(s.relay.org, [toBase64Url(entry)]);
	return s.aino;
}, async ({ page }) => {
	await page.getByText("Organisaation tunniste on vaihtunut selittämättömästi").waitFor();
	await page.getByRole("heading", { name: "Keskustelua ei voitu avata" }).waitFor();
});

const bent = (s: Scene, how: (records: Bytes[]) => Bytes[]): string => {
	s.relay.bendKept(s.aino, { unlockers: how(s.relay.kept(s.aino).unlockers.map(fromBase64Url)).map(toBase64Url) });
	return s.aino;
};

seen("a-passphrase-that-is-to-be-derived-cheaply", (s) => bent(s, (records) => records.map((record) => {
	if (record[5] === 2) new DataView(record.buffer, record.byteOffset).setUint32(65, 8_192);
	return record;
})), async ({ page }) => {
	await page.getByText("tavalla, joka ei ole turvallinen").waitFor();
	await page.getByText("Palvelin antoi vanhan version avaustavoistasi").waitFor();
});

seen("a-list-of-unlockers-with-one-taken-out", (s) => bent(s, (records) => records.filter((record) => record[5] === 2)), async ({ page }) => {
	await page.getByText("väärän luettelon avaustavoistasi").waitFor();
}, phone);

seen("an-older-state", async (s) => {
	const { state, state_version } = s.relay.kept(s.aino);
	const before = await s.device(s.aino);
	await openRoom(before, s.room);
	await before.engine.setName("Aino Uusi");
	await before.engine.parts.self().store()?.flush();
	await post(before, s.room, "kirjoitettu uudella tilalla");
	await leave(before);
	s.relay.bendKept(s.aino, { state, state_version });
	return s.aino;
}, async ({ page }) => {
	await page.getByText("Palvelin antoi vanhan version tiedoistasi").waitFor();
});

seen("keys-made-anew-in-a-clients-name", async (s) => {
	const forged = await s.reset(s.aino);
	await openRoom(forged, s.room);
	await post(forged, s.room, "olen muka Aino");
	return s.oona;
}, async ({ page }) => {
	await page.getByRole("button", { name: /Aino/ }).first().click();
	await page.getByText("olen muka Aino").last().waitFor();
	await page.getByRole("button", { name: "Vertaa koodia" }).waitFor();
});
