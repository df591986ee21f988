// Everything that opened a person's keys is lost: new keys, writing at once, nothing old without a comparison; and what a server that
// only pretends such a loss gets for it.

import { strict as assert } from "node:assert";
import { test } from "node:test";
import { again, client, makeActor, makeHouse, PASSPHRASE, staff, type Actor, type House } from "./organisation.js";
import { makeRelay } from "./relay.js";
import { certify } from "../../web/src/demo/ceremony.js";

const NEW = "kokonaan uusi pitkä salalause";

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
	await one.engine.send(room, "vanha viesti");
	await house.counsellor.until("old message", () => house.counsellor.texts().includes("vanha viesti"));
	return { ...house, client: one, room };
};

const end = async (...actors: Actor[]): Promise<void> => {
	for (const actor of actors) await actor.engine.stop();
};

/** A browser of this person in which nothing opens any more: new keys. It is also all that a server can do in their name. */
const resetOf = async (house: House, actor: Actor, name = "Aino taas"): Promise<Actor> => {
	const fresh = makeActor(actor.user, house.relay.platform(actor.user));
	await fresh.engine.start();
	fresh.code = (await fresh.engine.resetKeys({ passphrase: NEW, name, language: "fi" })).code;
	return fresh;
};

const locked = (actor: Actor): number => [...actor.messages.values()].filter((m) => m.locked).length;
const doubts = (actor: Actor): (string | null)[] => [...actor.messages.values()].map((m) => m.quarantine).filter((why) => why !== null);
const waits = (actor: Actor): boolean => (actor.view()?.newKeys.length ?? 0) > 0;

test("who lost everything writes at once, and reads old messages when the counsellor has compared the code", async () => {
	const house = await talk();
	const { client: c, counsellor: o, admin, room } = house;
	await c.engine.stop();
	const fresh = await resetOf(house, c);
	await fresh.engine.openRoom(room, "fi");
	await fresh.until("told that it waits", () => fresh.view()?.newKeys[0]?.me === true);
	assert.equal(fresh.view()?.blocked, null);
	await fresh.engine.send(room, "Sain uudet avaimet");
	await o.until("new message", () => o.texts().includes("Sain uudet avaimet"));
	await o.until("notice", () => waits(o));
	assert.deepEqual({ ...o.view()?.newKeys[0], since: 0, kid: "" }, { user: c.user, role: "client", name: "Aino", since: 0, me: false, kid: "" });
	assert.equal(o.view()?.members.find((m) => m.user === c.user)?.proof, "unproven");
	assert.ok(locked(fresh) >= 2 && doubts(fresh).length === 0, "older messages are locked, not doubted");
	await o.engine.send(room, "Vastaan heti");
	await fresh.until("a locked answer", () => locked(fresh) >= 3);
	assert.ok(!fresh.texts().includes("Vastaan heti"));
	const code = await o.engine.compareCode(room, c.user);
	assert.equal(code, await fresh.engine.compareCode(room, o.user));
	assert.match(code, /^(\d{5} ){5}\d{5}$/);
	await o.engine.confirmKeys(room, c.user, code);
	await fresh.until("all opens", () => ["Tervetuloa!", "vanha viesti", "Vastaan heti"].every((text) => fresh.texts().includes(text)));
	await o.until("no notice", () => !waits(o));
	assert.equal(locked(fresh), 0);
	assert.ok(!waits(fresh));
	assert.equal(o.view()?.members.find((m) => m.user === c.user)?.proof, "code");
	await o.engine.send(room, "Tervetuloa takaisin");
	await fresh.until("read", () => fresh.texts().includes("Tervetuloa takaisin"));
	assert.deepEqual([...doubts(fresh), ...doubts(o)], []);
	await end(fresh, o, admin);
});

test("after a reset a second device opens with the new passphrase, and nothing that was lost opens anything", async () => {
	const house = await talk();
	const { client: c, counsellor: o, admin, room, relay } = house;
	await c.engine.saveDraft(room, "kesken");
	await c.engine.leaveRoomView(room);
	await c.engine.stop();
	const fresh = await resetOf(house, c);
	assert.equal((await fresh.engine.openRoom(room, "fi")).draft, "");
	await fresh.engine.saveDraft(room, "uusi luonnos");
	await fresh.engine.leaveRoomView(room);
	await o.until("notice", () => waits(o));
	await o.engine.confirmKeys(room, c.user, await o.engine.compareCode(room, c.user));
	const second = makeActor(c.user, relay.platform(c.user));
	await second.engine.start();
	await assert.rejects(second.engine.unlock({ passphrase: PASSPHRASE }), { word: "wrong_passphrase" });
	await assert.rejects(second.engine.unlock({ code: c.code }), { word: "wrong_code" });
	await second.engine.unlock({ code: fresh.code });
	assert.equal((await second.engine.openRoom(room, "fi")).draft, "uusi luonnos");
	assert.ok(second.texts().includes("vanha viesti"));
	assert.equal(second.engine.parts.self().view().warning, null);
	await end(fresh, second, o, admin);
});

test("a state that does not open counts as lost only if it was there before the reset", async () => {
	const house = await talk();
	const { client: c, counsellor: o, admin, relay } = house;
	await c.engine.stop();
	const old = { ...relay.kept(c.user) };
	const fresh = await resetOf(house, c);
	await fresh.engine.stop();
	const open = async (): Promise<Actor> => {
		const one = makeActor(c.user, relay.platform(c.user));
		await one.engine.start();
		await one.engine.unlock({ passphrase: NEW }).finally(() => one.engine.stop());
		return one;
	};
	await open();
	relay.bendKept(c.user, { state_version: relay.kept(c.user).state_version + 1 });
	await assert.rejects(open(), { word: "sealed" });
	relay.bendKept(c.user, { state: old.state, state_version: old.state_version });
	assert.equal((await open()).engine.parts.self().store()?.get().root, o.engine.parts.self().store()?.get().root);
	await end(o, admin);
});

test("a server that pretends a reset gets no key that was made before or after it", async () => {
	const house = await talk();
	const { client: c, counsellor: o, admin, room } = house;
	const forged = await resetOf(house, c);
	await forged.engine.openRoom(room, "fi");
	await forged.engine.send(room, "Olen muka Aino");
	await o.until("notice", () => waits(o));
	await o.engine.send(room, "Salainen vastaus");
	await forged.until("locked answer", () => locked(forged) >= 3);
	assert.deepEqual(forged.texts().filter(Boolean), ["Olen muka Aino"]);
	const { keys, log } = forged.engine.parts.room(room);
	await forged.until("the newest log", () => log.state().n === o.engine.parts.room(room).log.state().n);
	for (const n of await keys.openable(log.state().epoch)) assert.equal(log.state().epochs[n - 1]?.unproven, true);
	await end(c, forged, o, admin);
});

test("codes that differ take the new keys out, and a new link brings the client back", async () => {
	const house = await talk();
	const { client: c, counsellor: o, admin, room } = house;
	const forged = await resetOf(house, c);
	await forged.engine.openRoom(room, "fi");
	await o.until("notice", () => waits(o));
	await o.engine.refuseKeys(room, c.user);
	await o.until("out", () => !waits(o) && o.view()?.members.find((m) => m.user === c.user)?.active === false);
	await o.engine.send(room, "Vain meille");
	await o.until("stored", () => [...o.messages.values()].some((m) => m.text === "Vain meille" && m.state === "stored"));
	await assert.rejects(forged.engine.parts.link.call("room_open", { room, language: "fi" }), { word: "not_found" });
	const { link } = await o.engine.renewInvitation(room);
	const real = await resetOf(house, c);
	await real.engine.acceptInvitation(link);
	await real.engine.openRoom(room, "fi");
	await real.engine.send(room, "Tämä olen minä");
	await o.until("the client again", () => o.texts().includes("Tämä olen minä"));
	assert.ok(!waits(o));
	await end(c, forged, real, o, admin);
});

test("a code that was compared before the keys changed again confirms nothing", async () => {
	const house = await talk();
	const { client: c, counsellor: o, admin, room } = house;
	const first = await resetOf(house, c);
	await first.engine.openRoom(room, "fi");
	await o.until("notice", () => waits(o));
	const code = await o.engine.compareCode(room, c.user);
	const kid = o.view()?.newKeys[0]?.kid;
	const second = await resetOf(house, c);
	await second.engine.openRoom(room, "fi");
	await o.until("other keys", () => waits(o) && o.view()?.newKeys[0]?.kid !== kid);
	await assert.rejects(o.engine.confirmKeys(room, c.user, code), { word: "keys_changed" });
	assert.ok(locked(second) > 0);
	await end(c, first, second, o, admin);
});

test("keys that are open or were never made are not reset", async () => {
	const house = await talk();
	const { client: c, counsellor: o, admin, relay } = house;
	await assert.rejects(c.engine.resetKeys({ passphrase: NEW, name: "A", language: "fi" }), { word: "conflict" });
	const nobody = makeActor(relay.addPerson("client"), relay.platform([...relay.chains.keys()].at(-1) as string));
	await nobody.engine.start();
	await assert.rejects(nobody.engine.resetKeys({ passphrase: NEW, name: "A", language: "fi" }), { word: "no_keys" });
	await end(c, nobody, o, admin);
});

/** A counsellor who lost everything and was certified again. */
const counsellorAgain = async (house: Talk): Promise<Actor> => {
	const { admin, ceremony, counsellor: o } = house;
	await o.engine.stop();
	const fresh = await resetOf(house, o, "");
	assert.equal(fresh.engine.parts.self().view().certified, false);
	await certify(admin.engine.parts.link.call, ceremony, o.user, { name: "Oona Ohjaaja", employer: "Ohjaamo", role: 1 });
	await fresh.until("certified", () => fresh.engine.parts.self().view().certified);
	return fresh;
};

test("a counsellor with new keys is given history by the client, who compared the code", async () => {
	const house = await talk();
	const { client: c, admin, room, counsellor: o } = house;
	const fresh = await counsellorAgain(house);
	await fresh.engine.openRoom(room, "fi");
	await fresh.engine.send(room, "Minulla on uudet avaimet");
	await c.until("message", () => c.texts().includes("Minulla on uudet avaimet"));
	await c.until("notice", () => c.view()?.newKeys[0]?.user === o.user);
	assert.ok(!fresh.texts().includes("vanha viesti") && locked(fresh) >= 2);
	const code = await c.engine.compareCode(room, o.user);
	assert.equal(code, await fresh.engine.compareCode(room, c.user));
	await c.engine.confirmKeys(room, o.user, code);
	await fresh.until("history", () => fresh.texts().includes("vanha viesti"));
	await c.until("no notice", () => !waits(c));
	assert.deepEqual([...doubts(fresh), ...doubts(c)], []);
	await end(c, fresh, admin);
});

test("a colleague gives it as well; a client who refuses sends nothing more", async () => {
	const house = await talk();
	const { client: c, admin, room, counsellor: o, relay, ceremony } = house;
	const helper = await staff(relay, ceremony, admin, "Kalle Kollega");
	await o.engine.addColleague(room, helper.user, "all");
	await helper.engine.openRoom(room, "fi");
	const fresh = await counsellorAgain(house);
	await fresh.engine.openRoom(room, "fi");
	await c.until("notice", () => waits(c));
	await c.engine.refuseKeys(room, o.user);
	assert.equal(c.view()?.blocked, "keys_refused");
	await helper.until("notice", () => waits(helper));
	await helper.engine.confirmKeys(room, o.user, await helper.engine.compareCode(room, o.user));
	await fresh.until("history", () => fresh.texts().includes("vanha viesti"));
	assert.equal(c.view()?.blocked, "keys_refused");
	await end(c, fresh, helper, admin);
});

test("keys that were lost again before anybody compared them make one epoch, not one after another", async () => {
	const house = await talk();
	const { client: c, counsellor: o, admin, room } = house;
	await c.engine.stop();
	const first = await resetOf(house, c);
	await first.engine.openRoom(room, "fi");
	await o.until("notice", () => waits(o));
	await first.engine.stop();
	const second = await resetOf(house, c);
	await o.engine.parts.self().people.refresh([c.user]);
	await o.engine.send(room, "Vastaan kerran");
	await o.until("stored", () => [...o.messages.values()].some((m) => m.text === "Vastaan kerran" && m.state === "stored"));
	const { log } = o.engine.parts.room(room);
	const n = log.state().n;
	await new Promise((resolve) => setTimeout(resolve, 2_000));
	assert.equal(log.state().n, n, "nothing is due any more");
	await second.engine.openRoom(room, "fi");
	await second.engine.send(room, "Kolmannet avaimet");
	await o.until("new message", () => o.texts().includes("Kolmannet avaimet"));
	await end(second, o, admin);
});
