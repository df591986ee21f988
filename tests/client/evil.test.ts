// An evil server against the engine: what it takes, moves, repeats or forges is seen, and nothing of it is shown as somebody's words.

import { strict as assert } from "node:assert";
import { test } from "node:test";
import { piecesOf } from "../../web/src/app/room/links.js";
import {
	echoOf, fromBase64Url, importSigning, makePair, parseEnvelope, random, sealMessage, signControl, signIdentity, toBase64Url, type Bytes,
} from "../../web/src/seal/index.js";
import { again, client, makeHouse, PASSPHRASE, rested, staff, type Actor, type House } from "./organisation.js";
import { makeRelay } from "./relay.js";

interface Talk extends House {
	client: Actor;
	room: string;
}

const talk = async (): Promise<Talk> => {
	const house = await makeHouse(makeRelay());
	const { room, link } = await house.counsellor.engine.invite({ name: "Aino", welcome: "Tervetuloa!" });
	const one = await client(house.relay, "Aino K.");
	await one.engine.acceptInvitation(link);
	await one.engine.openRoom(room, "fi");
	await house.counsellor.engine.openRoom(room, "fi");
	await house.counsellor.until("joined", () => house.counsellor.view()?.members.length === 2);
	await rested(room, one, house.counsellor);
	return { ...house, client: one, room };
};

const end = async (...actors: Actor[]): Promise<void> => {
	for (const actor of actors) await actor.engine.stop();
};

const doubts = (actor: Actor): (string | null)[] => [...actor.messages.values()].map((m) => m.quarantine).filter((why) => why !== null);

const sendAll = async (from: Actor, to: Actor, room: string, texts: readonly string[]): Promise<void> => {
	for (const text of texts) await from.engine.send(room, text);
	await to.until("all", () => to.texts().includes(texts.at(-1) as string));
};

/** What a member who helps the server can make: the right key of the epoch, another's name, a signature of no worth. */
const forge = async (helper: Actor, room: string, like: Bytes, text: string): Promise<string> => {
	const env = await parseEnvelope(like);
	const keys = await helper.engine.parts.room(room).keys.epoch(env.epoch);
	assert.ok(keys);
	const wrong = { ...(await importSigning(await makePair())), kid: env.senderKid };
	return toBase64Url(await sealMessage(wrong, keys.message, env, { type: "text", text }, echoOf("fi", 0, 0), random(16)));
};

test("of two envelopes in one place the forged one never takes the other's verdict", async () => {
	const { client: c, counsellor: o, admin, room, relay } = await talk();
	await sendAll(c, o, room, Array.from({ length: 70 }, (_, i) => `n${i}`));
	const rows = relay.rooms.get(room)!.rows;
	const lowest = rows[rows.length - 60]!;
	const forged = await forge(o, room, lowest.env.bytes, "väärennös");
	relay.bend = (page) => page.flatMap((row) => (row["seq"] === lowest.seq ? [row, { ...row, envelope: forged }] : [row]));
	const fresh = await again(relay, o);
	await fresh.engine.openRoom(room, "fi");
	while ((await fresh.engine.loadOlder(room)).more) continue;
	assert.ok(!fresh.texts().includes("väärennös"));
	assert.equal(fresh.view()?.blocked, "quarantine");
	await end(c, o, admin, fresh);
});

test("a message that came while the log could not be fetched is asked for again", async () => {
	const { client: c, counsellor: o, admin, room, relay } = await talk();
	relay.deaf = c.user;
	await o.engine.parts.room(room).acts.rotate(() => o.engine.parts.room(room).log.state().epoch);
	relay.deaf = "";
	relay.fail = "room_log";
	await o.engine.send(room, "eka");
	await c.until("asked for the log", () => relay.fail === "");
	await o.engine.send(room, "toka");
	await c.until("both", () => c.texts().includes("eka") && c.texts().includes("toka"));
	assert.deepEqual(doubts(c), []);
	await end(c, o, admin);
});

test("a parent that is withheld is asked for to the beginning, and then its child is doubted", async () => {
	const { client: c, counsellor: o, admin, room, relay, ceremony } = await talk();
	const helper = await staff(relay, ceremony, admin, "Kalle Kollega");
	await o.engine.addColleague(room, helper.user, "all");
	await sendAll(o, c, room, Array.from({ length: 70 }, (_, i) => `n${i}`));
	await helper.engine.openRoom(room, "fi");
	const last = relay.rooms.get(room)!.rows.length;
	relay.bend = (page, to) => {
		if (to !== helper.user) return page;
		return page.filter((row) => row["seq"] !== last + 1).map((row) => ({ ...row, seq: Math.min(row["seq"] as number, last + 1) }));
	};
	await sendAll(c, o, room, ["pidätetty"]);
	await sendAll(o, c, room, ["vastaus"]);
	await helper.until("a doubt", () => doubts(helper).includes("lost_parent"));
	assert.ok(!helper.texts().includes("vastaus"));
	assert.equal(helper.view()?.blocked, "quarantine");
	await end(c, o, admin, helper);
});

test("a room that ends before what was seen of it cannot be written in", async () => {
	const { client: c, counsellor: o, admin, room, relay } = await talk();
	await sendAll(c, o, room, Array.from({ length: 30 }, (_, i) => `n${i}`));
	await o.engine.stop();
	relay.bend = (page) => page.filter((row) => (row["seq"] as number) < 12);
	const fresh = await again(relay, o);
	await fresh.engine.openRoom(room, "fi");
	assert.equal(fresh.view()?.blocked, "quarantine");
	await fresh.engine.goOn(room);
	assert.equal(fresh.view()?.canSend, true);
	await end(c, admin, fresh);
});

test("going on after one doubt does not cover the next", async () => {
	const { client: c, counsellor: o, admin, room, relay } = await talk();
	await sendAll(o, c, room, Array.from({ length: 70 }, (_, i) => `n${i}`));
	const conversation = c.engine.parts.room(room).conversation;
	const [kept] = relay.rooms.get(room)!.rows.slice(-1);
	const next = kept!.seq + 1;
	await conversation.live([{ seq: next, at: 1, envelope: toBase64Url(new Uint8Array(9) as Bytes) }]);
	assert.equal(c.view()?.blocked, "quarantine");
	await c.engine.goOn(room);
	assert.equal(c.view()?.blocked, null);
	await conversation.live([{ seq: next + 1, at: 1, envelope: toBase64Url(new Uint8Array(9) as Bytes) }]);
	assert.equal(c.view()?.blocked, "quarantine");
	await end(c, o, admin);
});

test("an entry of the log that nobody in the room signed stops sending", async () => {
	const { client: c, counsellor: o, admin, room, relay } = await talk();
	const state = c.engine.parts.room(room).log.state();
	const wrong = await importSigning(await makePair());
	const bytes = await signControl(wrong, fromBase64Url(o.user), state, { type: "leave" }, random(16), Date.now());
	relay.rooms.get(room)!.entries.push({ bytes: toBase64Url(bytes), hash: "", sender: o.user, type: "leave" });
	for (const line of relay.lines) line.say({ ev: "control_appended", body: { room, entries: state.n + 1 } });
	await c.until("blocked", () => c.view()?.blocked === "quarantine");
	assert.equal(c.engine.parts.room(room).log.state().n, state.n);
	await end(c, o, admin);
});

test("an organisation's chain that is shorter than it was opens no room", async () => {
	const { client: c, counsellor: o, admin, room, relay, ceremony } = await talk();
	const { state } = ceremony.chain;
	const root = await importSigning(ceremony.root);
	const place = { org: state.org, subject: state.org, head: state.head, n: state.n };
	const issuer = { type: "org_issuer", user: random(16), issuerPub: (await makePair()).pub, validUntil: Date.now() + 1e9 } as const;
	const longer = await signIdentity(root, state.org, place, issuer, random(16), Date.now());
	const chain = relay.chains.get(relay.org)!;
	chain.push(toBase64Url(longer));
	const before = await again(relay, c);
	await before.engine.openRoom(room, "fi");
	await end(before, c);
	chain.pop();
	const after = await again(relay, c);
	await assert.rejects(after.engine.openRoom(room, "fi"), { word: "root_changed" });
	await end(o, admin, after);
});

test("a server that gives no state anchors nobody to an organisation of its own", async () => {
	const { client: c, counsellor: o, admin, room, relay, ceremony } = await talk();
	await end(c);
	const org = ceremony.chain.state.org;
	const pair = await makePair();
	const place = { org, subject: org, head: new Uint8Array(32), n: 0 };
	const root = await signIdentity(await importSigning(pair), org, place, { type: "org_root", rootPub: pair.pub }, random(16), Date.now());
	relay.chains.set(relay.org, [toBase64Url(root)]);
	relay.bendKept(c.user, { state: undefined, state_version: 0 });
	const after = await again(relay, c);
	assert.equal(after.engine.parts.self().view().warning, "root_changed");
	await assert.rejects(after.engine.openRoom(room, "fi"), { word: "root_changed" });
	await end(o, admin, after);
});

test("a server that does not answer cannot keep the keys open", async () => {
	const { client: c, counsellor: o, admin, room, relay } = await talk();
	const before = c.engine.parts.room(room);
	relay.hang = "self_put_state";
	await c.engine.setName("Toinen");
	const from = Date.now();
	await c.engine.lock();
	assert.ok(Date.now() - from < 6_000);
	assert.throws(() => c.engine.parts.room(room), { word: "locked" });
	assert.equal(c.engine.parts.self().stage(), "locked");
	relay.hang = "";
	await c.engine.unlock({ passphrase: PASSPHRASE });
	assert.notEqual(c.engine.parts.room(room), before);
	await end(c, o, admin);
});

test("a name cannot turn the text around it", async () => {
	const { counsellor: o, admin, relay } = await talk();
	const { room, link } = await o.engine.invite({ name: "", welcome: "" });
	const other = await client(relay, "\u202eAn\u200bni\u2066\u0007");
	await other.engine.acceptInvitation(link);
	await o.engine.openRoom(room, "fi");
	await o.until("name", () => o.view()?.title === "Anni");
	await end(o, admin, other);
});

test("links are https, lead where they seem to, and hide nothing", () => {
	const links = (text: string): string[] => piecesOf(text).filter((_, at) => at % 2 === 1);
	assert.deepEqual(links("ks. https://kela.fi/a?b=1, ja (https://te-palvelut.fi)."), ["https://kela.fi/a?b=1", "https://te-palvelut.fi"]);
	assert.deepEqual(links("https://kela.fi@evil.example/ https://kela.fi\\@evil.example/ https://a:b@c.example"), []);
	assert.deepEqual(links("http://a.example javascript:alert(1) data:text/html,x"), []);
	assert.deepEqual(links("https://evil.example/\u202eif.alek//:sptth"), ["https://evil.example/"]);
	assert.deepEqual(links("https://some.example/@name"), ["https://some.example/@name"]);
});

test("a colleague who comes again without the history writes first, and nobody doubts it", async () => {
	const { client: c, counsellor: o, admin, room, relay, ceremony } = await talk();
	const helper = await staff(relay, ceremony, admin, "Kalle Kollega");
	await o.engine.addColleague(room, helper.user, "none");
	await helper.engine.openRoom(room, "fi");
	await sendAll(helper, o, room, ["eka kerta", "toinen viesti"]);
	await o.engine.removeColleague(room, helper.user);
	await helper.engine.stop();
	await sendAll(o, c, room, ["sillä välin"]);
	await o.engine.addColleague(room, helper.user, "none");
	const before = relay.rooms.get(room)!.rows.length;
	relay.bend = (page, to) => (to === helper.user ? page.filter((row) => (row["seq"] as number) > before) : page); // as the server, which shows them nothing older
	const returned = await again(relay, helper);
	await returned.engine.openRoom(room, "fi");
	await sendAll(returned, o, room, ["olen taas täällä"]);
	await c.until("the message", () => c.texts().includes("olen taas täällä"));
	assert.deepEqual([...doubts(o), ...doubts(c), ...doubts(returned)], []);
	assert.equal(c.view()?.blocked, null);
	await end(c, o, admin, returned);
});
