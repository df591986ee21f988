// Acknowledged means committed, and what a forged or stale envelope is answered.

import { strict as assert } from "node:assert";
import { test } from "node:test";
import { cookieOf, say, talk, type House } from "./house.js";
import { openWire, type Wire } from "./wire.js";
import type { Actor } from "../client/organisation.js";
import { echoOf, fromBase64Url, makePair, importSigning, random, sealMessage, toBase64Url, type Bytes, type Content, type MessageFields, type SigningKey } from "../../web/src/seal/index.js";

interface Change {
	fields?: Partial<MessageFields>;
	signer?: SigningKey;
	msgId?: Bytes;
	content?: Content;
}

/** An envelope as the actor's browser would make it now, but for what is changed. */
export const envelope = async (actor: Actor, room: string, change: Change = {}): Promise<string> => {
	const one = actor.engine.parts.room(room);
	await one.log.sync();
	await one.conversation.catchUp();
	const state = one.log.state();
	const keys = await one.keys.epoch(state.epoch);
	const { sig } = actor.engine.parts.self().account().keys;
	if (!keys) throw new Error("no key");
	const fields = {
		org: state.org, room: state.room, sender: fromBase64Url(actor.user), epoch: state.epoch, seq: one.conversation.lastSeq(sig.kid) + 1, logHead: state.head,
		parents: one.conversation.heads(), time: Date.now(), retention: state.retention, ...change.fields,
	};
	const content = change.content ?? { type: "text", text: "käsin tehty" };
	return toBase64Url(await sealMessage(change.signer ?? sig, keys.message, fields, content, echoOf("fi", 1, 1), change.msgId ?? random(16)));
};

const post = (actor: Actor, text: string): Promise<{ seq: number; at: number }> => actor.engine.parts.link.call("message_post", { envelope: text });

const refused = async (actor: Actor, text: string, words: readonly string[]): Promise<void> =>
	assert.rejects(post(actor, text), (thrown: { word: string }) => {
		assert.ok(words.includes(thrown.word), `${thrown.word} is not one of ${words.join(", ")}`);
		return true;
	});

const count = async (house: House): Promise<number> => (await house.db.query<{ n: number }>("SELECT count(*)::int AS n FROM message")).rows[0]?.n ?? 0;

export const commitTests = (house: () => House): void => {
	test("a_locked_message_table_stops_acknowledgement_and_delivery_until_it_is_free", async () => {
		const { client, counsellor, room } = await talk(house());
		await say(client, counsellor, room, "ennen lukkoa");
		const { db } = house();
		await db.query("BEGIN");
		await db.query("LOCK TABLE message IN ACCESS EXCLUSIVE MODE");
		await client.engine.send(room, "lukon takana");
		await new Promise((resolve) => setTimeout(resolve, 2_500));
		assert.ok(!counsellor.texts(room).includes("lukon takana"));
		assert.ok([...client.messages.values()].every((m) => m.text !== "lukon takana" || (m.state === "sending" && m.seq === null)));
		await db.query("COMMIT");
		await counsellor.until("after the lock", () => counsellor.texts(room).includes("lukon takana"));
		assert.equal(counsellor.texts(room).filter((t) => t === "lukon takana").length, 1);
	});

	test("without_a_message_table_posts_are_refused_and_everything_goes_on_when_it_is_back", async () => {
		const { client, counsellor, room } = await talk(house());
		let made = await envelope(client, room);
		const { db } = house();
		await db.query("ALTER TABLE message RENAME TO message_away");
		try {
			await refused(client, made, ["unavailable", "uncertain", "internal", "busy"]);
			await new Promise((resolve) => setTimeout(resolve, 300));
			assert.ok(!counsellor.texts(room).includes("käsin tehty"));
		} finally {
			await db.query("ALTER TABLE message_away RENAME TO message");
		}
		for (let tries = 0; ; tries++) {
			const refusal = await post(client, made).then(() => "", (thrown: { word: string }) => thrown.word);
			if (refusal === "") break;
			// meanwhile the counsellor's browser may have wrapped the client's epoch for recovery
			if (refusal === "stale_head") made = await envelope(client, room);
			assert.ok(tries < 100, `posts are taken again, not refused as ${refusal}`);
			await new Promise((resolve) => setTimeout(resolve, 100));
		}
		await counsellor.until("after the return", () => counsellor.texts(room).includes("käsin tehty"));
	});

	test("the_same_bytes_again_get_the_same_answer_whatever_has_changed_since", async () => {
		const { client, counsellor, room } = await talk(house());
		const made = await envelope(client, room);
		const first = await post(client, made);
		assert.deepEqual(await post(client, made), first);
		const acts = counsellor.engine.parts.room(room);
		const { epoch } = acts.log.state();
		await acts.acts.rotate(() => epoch);
		assert.deepEqual(await post(client, made), first);
		await counsellor.engine.closeRoom(room, "finished");
		assert.deepEqual(await post(client, made), first);
	});

	test("a_msg_id_with_other_bytes_is_refused", async () => {
		const { client, room } = await talk(house());
		const msgId = random(16);
		await post(client, await envelope(client, room, { msgId }));
		await refused(client, await envelope(client, room, { msgId }), ["msg_id_reused"]);
	});

	test("a_stale_head_is_refused_with_the_new_head", async () => {
		const { client, counsellor, room } = await talk(house());
		const made = await envelope(client, room);
		await counsellor.engine.closeRoom(room, "other");
		await counsellor.engine.reopenRoom(room);
		const wire = await signedIn(house(), client);
		const reply = await wire.ask("message_post", { envelope: made });
		assert.equal(reply.err, "stale_head");
		const { log } = counsellor.engine.parts.room(room);
		assert.equal(reply.detail?.["head"], toBase64Url(log.state().head));
		wire.socket.terminate();
	});

	test("a_wrong_number_is_refused_with_the_next", async () => {
		const { client, room } = await talk(house());
		const one = client.engine.parts.room(room);
		const next = one.conversation.lastSeq(client.engine.parts.self().account().keys.sig.kid) + 1;
		const wire = await signedIn(house(), client);
		for (const seq of [next + 1, next - 1]) {
			const reply = await wire.ask("message_post", { envelope: await envelope(client, room, { fields: { seq } }) });
			assert.equal(reply.err, "bad_sequence");
			assert.equal(reply.detail?.["next"], next);
		}
		wire.socket.terminate();
	});

	test("a_wrong_signature_is_refused", async () => {
		const { client, room } = await talk(house());
		const bytes = fromBase64Url(await envelope(client, room));
		bytes[bytes.length - 70] = (bytes[bytes.length - 70] as number) ^ 1; // in the body
		await refused(client, toBase64Url(bytes), ["bad_signature"]);
	});

	test("a_foreign_key_is_refused", async () => {
		const { client, room } = await talk(house());
		const signer = await importSigning(await makePair());
		await refused(client, await envelope(client, room, { signer }), ["bad_kid", "bad_signature"]);
	});

	test("another_sender_is_refused", async () => {
		const { client, counsellor, room } = await talk(house());
		await refused(client, await envelope(client, room, { fields: { sender: fromBase64Url(counsellor.user) } }), ["bad_envelope", "forbidden", "bad_kid"]);
	});

	test("an_old_epoch_is_refused", async () => {
		const { client, room } = await talk(house());
		await refused(client, await envelope(client, room, { fields: { epoch: 1 } }), ["stale_epoch"]);
	});

	test("an_unknown_retention_class_is_refused", async () => {
		const { client, room } = await talk(house());
		await refused(client, await envelope(client, room, { fields: { retention: 7 } }), ["bad_envelope"]);
	});

	test("a_closed_room_refuses", async () => {
		const { client, counsellor, room } = await talk(house());
		await counsellor.engine.closeRoom(room, "moved");
		await refused(client, await envelope(client, room), ["room_closed"]);
	});

	test("a_stranger_is_told_nothing_of_a_room", async () => {
		const [mine, other] = [await talk(house(), "Yksi"), await talk(house(), "Toinen")];
		const before = await count(house());
		const { call } = mine.client.engine.parts.link;
		const strange = (thrown: { word: string }): boolean => ["not_found", "not_member", "forbidden"].includes(thrown.word);
		await assert.rejects(call("message_page", { room: other.room, limit: 10 }), strange);
		await assert.rejects(call("room_log", { room: other.room, from: 0 }), strange);
		await assert.rejects(call("room_open", { room: other.room, language: "fi" }), strange);
		await assert.rejects(call("draft_get", { room: other.room }), strange);
		await assert.rejects(call("message_typing", { room: other.room }), strange);
		await assert.rejects(post(mine.client, await envelope(mine.client, mine.room, { fields: { room: fromBase64Url(other.room) } })), strange);
		await assert.rejects(call("chain_get", { users: [other.client.user] }).then(({ chains }) => (chains.length === 0 ? Promise.reject({ word: "not_found" }) : chains)), strange);
		assert.equal(await count(house()), before);
	});

	test("another_organisations_person_is_told_nothing_of_a_room", async () => {
		const { room } = await talk(house());
		const wire = await openWire(house(), { cookie: await cookieOf(house(), await house().foreigner()) });
		assert.ok((await wire.open()).ok);
		for (const [op, body] of [["message_page", { room, limit: 10 }], ["room_log", { room, from: 0 }], ["room_open", { room, language: "fi" }]] as const)
			assert.ok(["not_found", "not_member", "forbidden"].includes((await wire.ask(op, body)).err ?? ""), op);
		assert.equal((await wire.ask("invitation_claim", { room, token: toBase64Url(random(16)) })).err, "not_found");
		wire.socket.terminate();
	});
};

export const signedIn = async (house: House, actor: Actor): Promise<Wire> => {
	const wire = await openWire(house, { cookie: await cookieOf(house, { person: actor.user, role: "" }) });
	const reply = await wire.open();
	if (!reply.ok) throw new Error(`session_open: ${reply.err}`);
	return wire;
};
