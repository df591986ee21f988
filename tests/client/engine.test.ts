// The engine against a relay in memory: two people talk, on several devices, over a bad network, with an evil server.

import { strict as assert } from "node:assert";
import { test } from "node:test";
import { again, client, makeActor, makeHouse, PASSPHRASE, staff, type Actor, type House } from "./organisation.js";
import { makeRelay } from "./relay.js";
import { fromBase64Url, openDraft, openRawKeys, openState } from "../../web/src/seal/index.js";

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

const RENEWED = "aivan toinen pitkä salalause";

test("a second device unlocks by the printed code, renews everything, and finds everything", async () => {
	const { client: c, counsellor: o, admin, room, relay } = await talk();
	await c.engine.send(room, "Muistan tämän");
	await o.until("message", () => o.texts().includes("Muistan tämän"));
	const second = await again(relay, c);
	await second.engine.lock();
	await second.engine.unlock({ code: c.code.toLowerCase() });
	assert.equal(second.engine.parts.self().view().recovered, true);
	await second.engine.openRoom(room, "fi");
	assert.ok(second.texts().includes("Muistan tämän"));
	const { code } = await second.engine.changePassphrase({ passphrase: RENEWED });
	assert.notEqual(code, c.code);
	assert.equal(second.engine.parts.self().view().recovered, false);
	await second.engine.lock();
	await assert.rejects(second.engine.unlock({ code: c.code }), { word: "wrong_code" });
	await assert.rejects(second.engine.unlock({ passphrase: PASSPHRASE }), { word: "wrong_passphrase" });
	await second.engine.unlock({ code });
	await second.engine.lock();
	await second.engine.unlock({ passphrase: RENEWED });
	assert.equal(second.engine.parts.self().view().recovered, false);
	await end(c, o, admin, second);
});

/** Another device, opened with this passphrase. */
const opensWith = async (relay: Talk["relay"], actor: Actor, passphrase: string): Promise<Actor> => {
	const fresh = makeActor(actor.user, relay.platform(actor.user));
	await fresh.engine.start();
	await fresh.engine.unlock({ passphrase });
	return fresh;
};

test("a renewal keeps state and drafts, and the old root key opens neither", async () => {
	const { client: c, counsellor: o, admin, room, relay } = await talk();
	await c.engine.saveDraft(room, "kesken");
	await c.engine.leaveRoomView(room);
	const { vault } = c.engine.parts.self().account();
	await c.engine.changePassphrase({ present: { passphrase: PASSPHRASE }, passphrase: RENEWED });
	await c.engine.leaveRoomView(room);
	const kept = await c.engine.parts.link.call("self_get", {});
	const draft = await c.engine.parts.link.call("draft_get", { room });
	await assert.rejects(openState(vault, kept.state_version, fromBase64Url(kept.state ?? "")), { word: "sealed" });
	await assert.rejects(openRawKeys(vault, kept.version, fromBase64Url(kept.keys ?? "")), { word: "sealed" });
	await assert.rejects(openDraft(vault, fromBase64Url(room), draft.version, fromBase64Url(draft.draft ?? "")), { word: "sealed" });
	const second = await opensWith(relay, c, RENEWED);
	assert.equal((await second.engine.openRoom(room, "fi")).draft, "kesken");
	assert.equal(second.engine.parts.self().view().name, "Aino K.");
	await end(c, o, admin, second);
});

test("a crash between the keys and the state loses neither state nor draft", async () => {
	const { client: c, counsellor: o, admin, room, relay } = await talk();
	await c.engine.saveDraft(room, "kesken");
	await c.engine.leaveRoomView(room);
	await c.engine.setName("Aino Uusi");
	await c.engine.parts.self().store()?.flush();
	relay.refuseOps.add("self_put_state").add("draft_put");
	await c.engine.changePassphrase({ present: { passphrase: PASSPHRASE }, passphrase: RENEWED });
	await c.engine.stop();
	relay.refuseOps.clear();
	const second = await opensWith(relay, c, RENEWED);
	assert.equal(second.engine.parts.self().view().name, "Aino Uusi");
	assert.equal((await second.engine.openRoom(room, "fi")).draft, "kesken");
	await second.engine.changePassphrase({ present: { passphrase: RENEWED }, passphrase: `${RENEWED} taas` });
	const third = await opensWith(relay, c, `${RENEWED} taas`);
	assert.equal(third.engine.parts.self().view().name, "Aino Uusi");
	assert.equal((await third.engine.openRoom(room, "fi")).draft, "kesken");
	await end(o, admin, second, third);
});

test("a lost reply to a renewal renews once", async () => {
	const { client: c, counsellor: o, admin, relay } = await talk();
	relay.loseReply = "self_put_keys";
	const { code } = await c.engine.newCode({ passphrase: PASSPHRASE });
	await c.engine.lock();
	await assert.rejects(c.engine.unlock({ code: c.code }), { word: "wrong_code" });
	await c.engine.unlock({ code });
	assert.equal(c.engine.parts.self().account().version, 2);
	await end(c, o, admin);
});

test("a renewal needs the present passphrase, and a new one that is long enough", async () => {
	const { client: c, counsellor: o, admin } = await talk();
	await assert.rejects(c.engine.newCode({ passphrase: `${PASSPHRASE}x` }), { word: "wrong_passphrase" });
	await assert.rejects(c.engine.changePassphrase({ passphrase: RENEWED }), { word: "wrong_passphrase" });
	await assert.rejects(c.engine.changePassphrase({ present: { passphrase: `${PASSPHRASE}x` }, passphrase: RENEWED }), { word: "wrong_passphrase" });
	await assert.rejects(c.engine.changePassphrase({ present: { passphrase: PASSPHRASE }, passphrase: "lyhyt" }), { word: "weak_passphrase" });
	assert.equal(c.engine.parts.self().account().version, 1);
	await end(c, o, admin);
});

test("an old device is locked when it meets a renewal, and overwrites nothing", async () => {
	const { client: c, counsellor: o, admin, room, relay } = await talk();
	const old = await again(relay, c);
	await old.engine.openRoom(room, "fi");
	await c.engine.changePassphrase({ present: { passphrase: PASSPHRASE }, passphrase: RENEWED });
	await c.engine.saveDraft(room, "uudella avaimella");
	await c.engine.leaveRoomView(room);
	await old.engine.saveDraft(room, "vanhalla avaimella");
	await old.engine.leaveRoomView(room);
	await old.engine.setName("Vanha laite");
	await old.until("it is locked", () => old.engine.parts.self().view().keys === "locked");
	await assert.rejects(old.engine.unlock({ passphrase: PASSPHRASE }), { word: "wrong_passphrase" });
	await old.engine.unlock({ passphrase: RENEWED });
	assert.equal((await old.engine.openRoom(room, "fi")).draft, "uudella avaimella\n\nvanhalla avaimella");
	assert.equal(old.engine.parts.self().view().name, "Aino K.");
	await end(c, o, admin, old);
});

test("two devices that renew at the same time leave one list and one of them open", async () => {
	const { client: c, counsellor: o, admin, relay } = await talk();
	const other = await again(relay, c);
	const tries = await Promise.allSettled([
		c.engine.changePassphrase({ present: { passphrase: PASSPHRASE }, passphrase: RENEWED }),
		other.engine.changePassphrase({ present: { passphrase: PASSPHRASE }, passphrase: `${RENEWED} toisin` }),
	]);
	assert.equal(tries.filter((one) => one.status === "fulfilled").length, 1);
	const third = await opensWith(relay, c, tries[0].status === "fulfilled" ? RENEWED : `${RENEWED} toisin`);
	await end(c, other, o, admin, third);
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

test("a room that is made on one device has its name on the other", async () => {
	const { client: c, counsellor: o, admin, relay } = await talk();
	const second = await again(relay, o);
	const { room } = await o.engine.invite({ name: "Mikael", welcome: "" });
	await second.until("the name is there", () => second.rooms().some((one) => one.room === room && one.title === "Mikael"));
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
