// Items of a room: what is new is judged with everything around it, what lies further back is fetched by kind and judged by itself.

import { strict as assert } from "node:assert";
import { test } from "node:test";
import { itemsOf } from "../../web/src/client/items.js";
import { fromBase64Url, KIND, toBase64Url } from "../../web/src/seal/index.js";
import { again, client, makeHouse, type Actor } from "./organisation.js";
import { makeRelay } from "./relay.js";
import { withFiles } from "./relay-files.js";

type Row = { seq: number; at: number; envelope?: string; tombstone?: string };

const scene = async () => {
	const house = await makeHouse(makeRelay());
	const { counsellor, relay } = house;
	withFiles(relay);
	const { room, link } = await counsellor.engine.invite({ name: "Aino", welcome: "Tervetuloa!" });
	const one = await client(relay, "Aino K.");
	await one.engine.acceptInvitation(link);
	for (const actor of [one, counsellor]) await actor.engine.openRoom(room, "fi");
	await counsellor.until("joined", () => counsellor.view()?.members.length === 2);
	const end = async (...more: Actor[]): Promise<void> => {
		for (const actor of [one, counsellor, house.admin, ...more]) await actor.engine.stop();
	};
	const talkOn = async (n: number): Promise<void> => {
		for (let i = 0; i < n; i++) await counsellor.engine.send(room, `n${i}`);
		await one.until("all", () => one.texts(room).includes(`n${n - 1}`));
	};
	/** What the server gives of items, changed. */
	const bend = (change: (rows: Row[]) => Row[]): void => {
		const give = relay.more["item_page"] as (user: string, body: Record<string, unknown>) => { rows: Row[]; more: boolean };
		relay.more["item_page"] = (user, body) => {
			const page = give(user, body);
			return { ...page, rows: change(page.rows) };
		};
	};
	return { relay, counsellor, client: one, room, end, talkOn, bend };
};

const post = (actor: Actor, room: string, ctype: number, what: string): Promise<{ id: string }> => actor.engine.work("postItem", room, ctype, JSON.stringify({ what }));
const listed = async (actor: Actor, room: string, kinds: number[]): Promise<string[]> =>
	(await actor.engine.work("items", room, kinds)).map((one) => `${one.kind}:${one.content ? (JSON.parse(Buffer.from(one.content).toString()) as { what: string }).what : (one.quarantine ?? (one.deleted ? "deleted" : "locked"))}`);

test("items reach the other side in their order, and nobody but staff reads a note", async () => {
	const { counsellor, client: c, room, end } = await scene();
	const heard: string[] = [];
	const { id } = await post(counsellor, room, 5, "tehtävä");
	await post(c, room, 7, "vastaus");
	await post(counsellor, room, 9, "muistiinpano");
	await post(c, room, 10, "askel");
	await post(counsellor, room, 11, "mittari");
	await c.until("the meter", () => [...c.messages.values()].some((m) => m.item?.kind === KIND.meter));
	const all = [3, 4, 8, 9, 10];
	assert.deepEqual(await listed(counsellor, room, all), ["3:tehtävä", "4:vastaus", "8:muistiinpano", "9:askel", "10:mittari"]);
	assert.deepEqual(await listed(c, room, all), ["3:tehtävä", "4:vastaus", "8:locked", "9:askel", "10:mittari"]);
	assert.ok(![...c.messages.values()].some((m) => m.item?.kind === KIND.note), "no line of it");
	assert.equal(c.view()?.blocked, null);
	assert.deepEqual((await c.engine.work("items", room, [3])).map((one) => [one.mine, one.staff, one.whole]), [[false, true, true]]);
	const one = counsellor.engine.parts.room(room);
	const stop = itemsOf({ me: { user: counsellor.user } } as never, one).subscribe((ids) => heard.push(...ids));
	await counsellor.engine.work("removeItem", room, id);
	stop();
	assert.ok(heard.includes(id));
	await c.until("it is deleted", () => c.messages.get(id)?.deleted === true);
	assert.deepEqual(await listed(c, room, [3]), ["3:deleted"]);
	assert.equal(c.messages.get(id)?.item?.content, null);
	await end();
});

test("a note opens for staff also after a client made the next epoch", async () => {
	const { counsellor, client: c, room, end } = await scene();
	await c.engine.parts.room(room).acts.rotate(() => c.engine.parts.room(room).log.state().epoch);
	await counsellor.until("the epoch", () => counsellor.engine.parts.room(room).log.state().epoch === c.engine.parts.room(room).log.state().epoch);
	await post(counsellor, room, 9, "salainen");
	const fresh = counsellor;
	assert.deepEqual(await listed(fresh, room, [8]), ["8:salainen"]);
	await c.until("its place", () => c.engine.parts.room(room).conversation.highest() === counsellor.engine.parts.room(room).conversation.highest());
	assert.deepEqual(await listed(c, room, [8]), ["8:locked"]);
	await end();
});

test("what is no item, too long, a printed code or not one's own is refused before it is sealed", async () => {
	const { counsellor, client: c, room, end } = await scene();
	await assert.rejects(post(counsellor, room, 4, "x"), { word: "bad_text" });
	await assert.rejects(post(counsellor, room, 5, "x".repeat(60_000)), { word: "too_long" });
	await assert.rejects(post(c, room, 10, c.code), { word: "code_in_text" });
	const { id } = await post(counsellor, room, 5, "hänen");
	await c.until("it", () => c.messages.has(id));
	await assert.rejects(c.engine.work("removeItem", room, id), { word: "not_found" });
	await end();
});

test("items far back are found by kind, and counted as whole when the pages between are loaded", async () => {
	const { relay, counsellor, client: c, room, end, talkOn } = await scene();
	await post(counsellor, room, 5, "vanha");
	await talkOn(75);
	await post(c, room, 7, "uusi");
	const fresh = await again(relay, c);
	await fresh.engine.openRoom(room, "fi");
	assert.deepEqual(await listed(fresh, room, [3, 4]), ["4:uusi"]);
	assert.deepEqual(await fresh.engine.work("olderItems", room, [3, 4]), { more: false });
	assert.deepEqual(await listed(fresh, room, [3, 4]), ["3:vanha", "4:uusi"]);
	const wholes = async (): Promise<boolean[]> => (await fresh.engine.work("items", room, [3, 4])).map((one) => one.whole);
	assert.deepEqual(await wholes(), [false, true]);
	while ((await fresh.engine.loadOlder(room)).more) continue;
	assert.deepEqual(await wholes(), [true, true]);
	assert.equal(fresh.view()?.blocked, null);
	await end(fresh);
});

test("an older item that is forged, moved or made up is quarantined by itself", async () => {
	const { relay, counsellor, client: c, room, end, talkOn, bend } = await scene();
	await post(counsellor, room, 5, "oikea");
	await talkOn(75);
	const fresh = await again(relay, c);
	await fresh.engine.openRoom(room, "fi");
	const flip = (envelope: string, at: number): string => {
		const bytes = fromBase64Url(envelope);
		bytes[bytes.length + at] = (bytes[bytes.length + at] as number) ^ 1;
		return toBase64Url(bytes);
	};
	const inside = fresh.engine.parts.room(room).conversation.lowest() + 1;
	const answers: [string, (row: Row) => Row][] = [
		["bad_signature", (row) => ({ ...row, envelope: flip(row.envelope as string, -1) })],
		["bad_signature", (row) => ({ ...row, envelope: flip(row.envelope as string, -200) })],
		["fork", (row) => ({ ...row, seq: inside })],
	];
	for (const [word, change] of answers) {
		const one = await again(relay, c);
		await one.engine.openRoom(room, "fi");
		let spoiled = false;
		bend((rows) => (spoiled ? rows : rows.map((row) => ((spoiled = true), change(row)))));
		await one.engine.work("olderItems", room, [3]);
		assert.deepEqual(await listed(one, room, [3]), [`3:${word}`]);
		await one.engine.stop();
	}
	await end(fresh);
});

test("older items of one person that the server puts in another order are seen through", async () => {
	const { relay, counsellor, client: c, room, end, talkOn, bend } = await scene();
	await post(c, room, 7, "ensin");
	await post(c, room, 7, "sitten");
	await talkOn(75);
	const fresh = await again(relay, counsellor);
	await fresh.engine.openRoom(room, "fi");
	bend((rows) => {
		const seqs = rows.map(({ seq }) => seq).reverse();
		return rows.map((row, at) => ({ ...row, seq: seqs[at] as number }));
	});
	await fresh.engine.work("olderItems", room, [4]);
	assert.deepEqual(await listed(fresh, room, [4]), ["4:sitten", "4:replay"]);
	await end(fresh);
});

test("an older item that the server puts behind everything is quarantined", async () => {
	const { relay, counsellor, client: c, room, end, talkOn, bend } = await scene();
	await post(counsellor, room, 5, "vanha");
	await talkOn(75);
	const fresh = await again(relay, c);
	await fresh.engine.openRoom(room, "fi");
	bend((rows) => rows.map((row) => ({ ...row, seq: 1_000_000 })));
	await fresh.engine.work("olderItems", room, [3]);
	assert.deepEqual(await listed(fresh, room, [3]), ["3:fork"]);
	await end(fresh);
});
