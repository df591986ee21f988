// Everything that opened a client's keys is lost, on the real server: new keys, a new epoch, old messages after the comparison; and a
// reset that somebody else signed in as the client pretends.

import { strict as assert } from "node:assert";
import { test } from "node:test";
import { actorOf, doubts, idToUuid, say, talk, type House } from "./house.js";
import type { Actor } from "../client/organisation.js";

const NEW = "kokonaan uusi pitkä salalause";

/** A browser of this person in which nothing opens, and which makes new keys. */
const resetOf = async (house: House, of: Actor): Promise<Actor> => {
	const fresh = await actorOf(house, { person: of.user, role: "client" });
	house.open.push(fresh);
	await fresh.engine.start();
	fresh.code = (await fresh.engine.resetKeys({ passphrase: NEW, name: "Aino taas", language: "fi" })).code;
	return fresh;
};

const locked = (actor: Actor, room: string): number => [...actor.messages.values()].filter((m) => m.room === room && m.locked).length;
const waits = (actor: Actor, room: string): boolean => actor.view()?.room === room && (actor.view()?.newKeys.length ?? 0) > 0;

export const resetTests = (house: () => House): void => {
	test("who_lost_everything_writes_at_once_and_reads_old_messages_after_the_comparison", async () => {
		const { client, counsellor, room } = await talk(house());
		await say(client, counsellor, room, "vanha viesti");
		await client.engine.stop();
		const fresh = await resetOf(house(), client);
		await fresh.engine.openRoom(room, "fi");
		await say(fresh, counsellor, room, "Sain uudet avaimet");
		await counsellor.until("notice", () => waits(counsellor, room));
		assert.ok(locked(fresh, room) >= 2);
		await counsellor.engine.send(room, "Vastaan heti");
		await fresh.until("a locked answer", () => locked(fresh, room) >= 3);
		const code = await counsellor.engine.compareCode(room, client.user);
		assert.equal(code, await fresh.engine.compareCode(room, counsellor.user));
		await counsellor.engine.confirmKeys(room, client.user, code);
		await fresh.until("everything", () => ["Tervetuloa!", "vanha viesti", "Vastaan heti"].every((text) => fresh.texts(room).includes(text)));
		await say(counsellor, fresh, room, "Tervetuloa takaisin");
		await say(fresh, counsellor, room, "Kiitos");
		assert.equal(locked(fresh, room) + doubts(fresh, room) + doubts(counsellor, room), 0);
		const { rows } = await house().db.query<{ n: number }>("SELECT count(*)::int AS n FROM room_member WHERE room = $1 AND account = $2 AND active", [idToUuid(room), idToUuid(client.user)]);
		assert.equal(rows[0]?.n, 1);
	});

	test("a_pretended_reset_is_given_no_key_and_is_taken_out", async () => {
		const { client, counsellor, room } = await talk(house());
		await say(client, counsellor, room, "vanha viesti");
		const forged = await resetOf(house(), client);
		await forged.engine.openRoom(room, "fi");
		await counsellor.until("notice", () => waits(counsellor, room));
		await counsellor.engine.send(room, "Salainen vastaus");
		await forged.until("a locked answer", () => locked(forged, room) >= 3);
		assert.deepEqual(forged.texts(room).filter(Boolean), []);
		await counsellor.engine.refuseKeys(room, client.user);
		await counsellor.until("out", () => !waits(counsellor, room));
		await assert.rejects(forged.engine.parts.link.call("room_open", { room, language: "fi" }), { word: "not_member" });
		const kid = forged.engine.parts.self().account().keys.enc[0]?.kid;
		const { rows } = await house().db.query<{ n: number }>("SELECT count(DISTINCT epoch)::int AS n FROM wrap WHERE room = $1 AND rkid = $2", [idToUuid(room), Buffer.from(kid ?? [])]);
		assert.equal(rows[0]?.n, 1, "no epoch but the one that these keys made themselves");
	});
};
