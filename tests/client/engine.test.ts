// The engine against a relay in memory: two people talk, on several devices, over a bad network, with an evil server.

import { strict as assert } from "node:assert";
import { test } from "node:test";
import { again, client, makeHouse, PASSPHRASE, staff, type Actor, type House } from "./organisation.js";
import { makeRelay } from "./relay.js";

interface Talk extends House {
	client: Actor;
	room: string;
}

const talk = async (): Promise<Talk> => {
	const house = await makeHouse(makeRelay());
	const { room, link } = await house.counsellor.engine.invite({ name: "Aino", welcome: "Tervetuloa!" });
	const one = await client(house.relay, "Aino K.");
	assert.equal((await one.engine.acceptInvitation(link)).room, room);
	await one.engine.openRoom(room, "fi");
	await house.counsellor.engine.openRoom(room, "fi");
	return { ...house, client: one, room };
};

const end = async (...actors: Actor[]): Promise<void> => {
	for (const actor of actors) await actor.engine.stop();
};

test("an invited client reads the welcome and both write", async () => {
	const { client: c, counsellor: o, admin, room } = await talk();
	await c.until("welcome", () => c.texts().includes("Tervetuloa!"));
	await c.engine.send(room, "Hei!");
	await o.until("Hei!", () => o.texts().includes("Hei!"));
	await o.engine.send(room, "Mitä kuuluu?");
	await c.until("question", () => c.texts().includes("Mitä kuuluu?"));
	assert.deepEqual(c.texts(), ["Tervetuloa!", "Hei!", "Mitä kuuluu?"]);
	assert.deepEqual(o.texts(), c.texts());
	assert.equal([...c.messages.values()].filter((m) => m.quarantine).length, 0);
	assert.equal(c.view()?.members.length, 2);
	assert.equal(c.view()?.title, "Oona Ohjaaja");
	assert.equal(o.view()?.title, "Aino");
	await end(c, o, admin);
});

test("a receipt makes the other's messages read", async () => {
	const { client: c, counsellor: o, admin, room } = await talk();
	await c.engine.send(room, "Luetko tämän?");
	await o.until("message", () => o.texts().includes("Luetko tämän?"));
	const seq = Math.max(...[...o.messages.values()].map((m) => Math.floor(m.seq ?? 0)));
	await o.engine.markRead(room, seq);
	await c.until("read", () => [...c.messages.values()].some((m) => m.mine && m.state === "read"));
	await end(c, o, admin);
});

test("edits and deletes show on both sides, and the relay keeps a tombstone", async () => {
	const { client: c, counsellor: o, admin, room, relay } = await talk();
	await c.engine.send(room, "virhe");
	await c.until("stored", () => [...c.messages.values()].some((m) => m.mine && m.state === "stored"));
	const [mine] = [...c.messages.values()].filter((m) => m.mine);
	await c.engine.edit(room, mine!.id, "oikein");
	await o.until("edit", () => o.texts().includes("oikein"));
	await c.engine.remove(room, mine!.id);
	await o.until("delete", () => [...o.messages.values()].some((m) => m.deleted));
	assert.equal(relay.rooms.get(room)?.rows.filter((r) => r.erased).length, 2);
	const fresh = await again(relay, c);
	await fresh.engine.openRoom(room, "fi");
	assert.deepEqual(fresh.texts(), ["Tervetuloa!"]);
	assert.equal([...fresh.messages.values()].filter((m) => m.quarantine).length, 0);
	await end(c, o, admin, fresh);
});

test("a second device unlocks by the printed code, gets another, and finds everything", async () => {
	const { client: c, counsellor: o, admin, room, relay } = await talk();
	await c.engine.send(room, "Muistan tämän");
	await o.until("message", () => o.texts().includes("Muistan tämän"));
	const second = await again(relay, c);
	await second.engine.lock();
	const { newCode } = await second.engine.unlock({ code: c.code.toLowerCase() });
	assert.ok(newCode && newCode !== c.code);
	await second.engine.openRoom(room, "fi");
	assert.ok(second.texts().includes("Muistan tämän"));
	await second.engine.lock();
	await assert.rejects(second.engine.unlock({ code: c.code }), { word: "wrong_code" });
	await assert.rejects(second.engine.unlock({ passphrase: `${PASSPHRASE}x` }), { word: "wrong_passphrase" });
	await end(c, o, admin, second);
});

test("a lost reply stores the message once", async () => {
	const { client: c, counsellor: o, admin, room, relay } = await talk();
	relay.loseReply = "message_post";
	await c.engine.send(room, "Vain kerran");
	await o.until("message", () => o.texts().includes("Vain kerran"));
	await c.until("stored", () => [...c.messages.values()].some((m) => m.text === "Vain kerran" && m.state !== "sending"));
	assert.equal(o.texts().filter((t) => t === "Vain kerran").length, 1);
	assert.equal(c.texts().filter((t) => t === "Vain kerran").length, 1);
	await end(c, o, admin);
});

test("what was written offline goes when the network is back, and what was missed comes", async () => {
	const { client: c, counsellor: o, admin, room, relay } = await talk();
	relay.cutAll();
	await c.engine.send(room, "Tunnelista");
	await o.until("message", () => o.texts().includes("Tunnelista"));
	await end(c, o, admin);
});

test("two devices of one person race for a number and both messages arrive", async () => {
	const { client: c, counsellor: o, admin, room, relay } = await talk();
	const second = await again(relay, c);
	await second.engine.openRoom(room, "fi");
	await Promise.all([c.engine.send(room, "puhelin"), second.engine.send(room, "tietokone")]);
	await o.until("both", () => o.texts().includes("puhelin") && o.texts().includes("tietokone"));
	assert.equal([...o.messages.values()].filter((m) => m.quarantine).length, 0);
	await end(c, o, admin, second);
});

test("a used-up epoch is followed by another and nothing is lost", async () => {
	const { client: c, counsellor: o, admin, room, relay } = await talk();
	relay.epochMax = 3;
	for (let i = 0; i < 12; i++) {
		await (i % 2 ? c : o).engine.send(room, `viesti ${i}`);
		await c.until(`${i}`, () => c.texts().includes(`viesti ${i}`));
	}
	await o.until("all", () => o.texts().length === 13);
	assert.ok((relay.rooms.get(room)?.epoch ?? 0) >= 5);
	const fresh = await again(relay, c);
	await fresh.engine.openRoom(room, "fi");
	assert.equal(fresh.texts().length, 13);
	assert.equal([...fresh.messages.values()].filter((m) => m.quarantine).length, 0);
	await end(c, o, admin, fresh);
});

test("a colleague with all history reads it, one with none does not, and leaves no reader behind", async () => {
	const { client: c, counsellor: o, admin, room, relay, ceremony } = await talk();
	await c.engine.send(room, "Vanha asia");
	await o.until("message", () => o.texts().includes("Vanha asia"));
	const helper = await staff(relay, ceremony, admin, "Kalle Kollega");
	await o.engine.addColleague(room, helper.user, "all");
	await helper.engine.openRoom(room, "fi");
	assert.ok(helper.texts().includes("Vanha asia"));
	await helper.engine.send(room, "Olen mukana");
	await c.until("helper", () => c.texts().includes("Olen mukana"));
	assert.equal(c.view()?.members.length, 3);
	await o.engine.removeColleague(room, helper.user);
	await c.engine.send(room, "Kahden kesken");
	await o.until("private", () => o.texts().includes("Kahden kesken"));
	assert.ok(!helper.texts().includes("Kahden kesken"));
	await end(c, o, admin, helper);
});

test("a closed room refuses, a reopened one takes", async () => {
	const { client: c, counsellor: o, admin, room } = await talk();
	await o.engine.closeRoom(room, "finished");
	await c.until("closed", () => c.view()?.phase === "closed");
	assert.equal(c.view()?.blocked, "closed");
	await o.engine.reopenRoom(room);
	await c.until("open", () => c.view()?.canSend === true);
	await c.engine.send(room, "Vielä yksi asia");
	await o.until("message", () => o.texts().includes("Vielä yksi asia"));
	await end(c, o, admin);
});

test("drafts survive and two devices lose nothing", async () => {
	const { client: c, counsellor: o, admin, room, relay } = await talk();
	await c.engine.saveDraft(room, "kesken");
	await c.engine.leaveRoomView(room);
	const second = await again(relay, c);
	assert.equal((await second.engine.openRoom(room, "fi")).draft, "kesken");
	await end(c, o, admin, second);
});

test("a message that the server moved, altered or withheld is quarantined and sending stops", async () => {
	const { client: c, counsellor: o, admin, room, relay } = await talk();
	await c.engine.send(room, "ensimmäinen");
	await c.engine.send(room, "toinen");
	await o.until("both", () => o.texts().includes("toinen"));
	relay.bend = (rows) => rows.filter((r) => r["seq"] !== 3).map((r) => r);
	const second = await again(relay, o);
	await second.engine.openRoom(room, "fi");
	assert.ok([...second.messages.values()].some((m) => m.quarantine !== null));
	assert.equal(second.view()?.blocked, "quarantine");
	await second.engine.goOn(room);
	assert.equal(second.view()?.canSend, true);
	await end(c, o, admin, second);
});

test("a text that holds a printed code is not sent", async () => {
	const { client: c, counsellor: o, admin, room } = await talk();
	await assert.rejects(c.engine.send(room, `koodini on ${c.code}`), { word: "code_in_text" });
	await end(c, o, admin);
});

test("three hundred messages page back without a doubt", async () => {
	const { client: c, counsellor: o, admin, room, relay } = await talk();
	for (let i = 0; i < 300; i++) await c.engine.send(room, `n${i}`);
	await o.until("all", () => o.texts().length === 301);
	const fresh = await again(relay, o);
	await fresh.engine.openRoom(room, "fi");
	assert.ok(fresh.texts().length < 301);
	for (let more = true; more; ) more = (await fresh.engine.loadOlder(room)).more;
	assert.equal(fresh.texts().length, 301);
	assert.equal([...fresh.messages.values()].filter((m) => m.quarantine).length, 0);
	await end(c, o, admin, fresh);
});
