// What somebody with an account, or with none, tries against the server. Each of these found a hole once.

import { strict as assert } from "node:assert";
import { test } from "node:test";
import { envelope, signedIn } from "./commit.test.js";
import { cookieOf, idToUuid, talk, type House, type Talk } from "./house.js";
import { openWire } from "./wire.js";
import type { Actor } from "../client/organisation.js";
import {
	echoOf, fromBase64Url, importSigning, ITEM_KINDS, KIND, makePair, makeRoomVerifier, random, sealMessage, signControl, toBase64Url, zeroes, type Bytes, type Content, type ControlState, type MessageFields, type SigningKey,
} from "../../web/src/seal/index.js";

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** True as soon as it is; false when it was not within a minute. */
const soon = async (is: () => Promise<boolean>): Promise<boolean> => {
	for (const end = Date.now() + 60_000; Date.now() < end; await sleep(50)) if (await is()) return true;
	return false;
};

interface Spoilt {
	readonly fields?: Partial<MessageFields>;
	readonly signer?: SigningKey;
	readonly content?: Content;
}

/** The next envelope of this person's, with something of it as no honest client would write it, and the signature right. */
const spoilt = async (actor: Actor, room: string, { fields, signer, content }: Spoilt): Promise<Bytes> => {
	const { log, keys, conversation } = actor.engine.parts.room(room);
	const state = log.state();
	const { sig } = actor.engine.parts.self().account().keys;
	const epoch = await keys.epoch(state.epoch);
	if (!epoch) throw new Error("no key");
	const right = {
		org: state.org, room: state.room, sender: fromBase64Url(actor.user), epoch: state.epoch, seq: conversation.lastSeq(sig.kid) + 1, logHead: state.head,
		parents: conversation.heads(), time: Date.now(), retention: state.retention,
	};
	return sealMessage(signer ?? sig, epoch.message, { ...right, ...fields }, content ?? { type: "text", text: "käsin tehty" }, echoOf("fi", 1, 1));
};

/** What another member's client would say of it, were it given these bytes after all that is there. */
const judgedBy = async (actor: Actor, room: string, bytes: Bytes): Promise<string> => {
	const { log, conversation } = actor.engine.parts.room(room);
	const { org, room: id } = log.state();
	const verifier = makeRoomVerifier({ org, room: id, log: log.states, findKey: actor.engine.parts.self().people.findKey, firstSeq: 1 });
	verifier.reachedStart();
	for (let seq = 1; seq <= conversation.highest(); seq++) {
		const known = conversation.known(seq);
		if (known) await verifier.newer([{ roomSeq: seq, bytes: known.env.bytes, tombstone: known.env.body === undefined }]);
	}
	const verdict = (await verifier.newer([{ roomSeq: conversation.highest() + 1, bytes, tombstone: false }])).at(-1)?.verdict;
	return verdict?.kind === "quarantined" ? verdict.reason : (verdict?.kind ?? "");
};

const sequenceOf = ({ client, room }: Talk): number => client.engine.parts.room(room).conversation.lastSeq(client.engine.parts.self().account().keys.sig.kid);
const stateOf = ({ client, room }: Talk): ControlState => client.engine.parts.room(room).log.state();
const noteType = (): number => Object.keys(ITEM_KINDS).map(Number).find((ctype) => ITEM_KINDS[ctype] === KIND.note) ?? 0;

/** What a member could write in each field of a header; what the server says to it, and what another member's client would. */
const FORGERIES: readonly (readonly [string, (t: Talk) => Spoilt | Promise<Spoilt>, string, string])[] = [
	["org", () => ({ fields: { org: random(16) } }), "forbidden", "wrong_room"],
	["room", () => ({ fields: { room: random(16) } }), "not_member", "wrong_room"],
	["sender", ({ counsellor }) => ({ fields: { sender: fromBase64Url(counsellor.user) } }), "forbidden", "not_member"],
	["sender_kid", async () => ({ signer: await importSigning(await makePair()) }), "bad_kid", "not_member"],
	["epoch, the next", (t) => ({ fields: { epoch: stateOf(t).epoch + 1 } }), "stale_epoch", "wrong_epoch"],
	["epoch, the one before", (t) => ({ fields: { epoch: stateOf(t).epoch - 1 } }), "stale_epoch", "wrong_epoch"],
	["epoch, none", () => ({ fields: { epoch: 0 } }), "stale_epoch", "wrong_epoch"],
	["sender_seq, one left out", (t) => ({ fields: { seq: sequenceOf(t) + 2 } }), "bad_sequence", "gap"],
	["sender_seq, again", (t) => ({ fields: { seq: sequenceOf(t) } }), "bad_sequence", "replay"],
	["sender_seq, none", () => ({ fields: { seq: 0 } }), "bad_sequence", "replay"],
	["log_head of no entry", () => ({ fields: { logHead: random(32) } }), "stale_head", "needs_log"],
	["retention_class", () => ({ fields: { retention: 7 } }), "bad_envelope", "accepted"], // of which the others take no notice
	["a kind that only staff write", () => ({ content: { type: "item", ctype: noteType(), bytes: zeroes(2), clear: zeroes(0) } }), "forbidden", "wrong_role"],
	// what members have seen the server does not know: these it stores, and the others judge
	["no parents", () => ({ fields: { parents: [] } }), "stored", "no_parents"],
	["parents that nobody has", () => ({ fields: { parents: [random(32)] } }), "stored", "lost_parent"],
	["client_time", () => ({ fields: { time: 0 } }), "stored", "accepted"], // a sender's clock decides nothing
];

export const hostileTests = (house: () => House): void => {
	test("an_epoch_that_no_room_can_have_is_refused_and_harms_nobody", async () => {
		const { client, room } = await talk(house());
		const wire = await signedIn(house(), client);
		for (const epoch of [65_536, 2 ** 31, 2 ** 32 - 1])
			assert.equal((await wire.ask("message_post", { envelope: await envelope(client, room, { fields: { epoch } }) })).err, "stale_epoch");
		assert.ok((await wire.ask("room_list", { limit: 1 })).ok);
		wire.socket.terminate();
	});

	test("posts_that_waited_behind_another_are_judged_though_their_connection_has_gone", async () => {
		const { client, room } = await talk(house());
		const { db } = house();
		const wire = await signedIn(house(), client);
		assert.ok((await wire.ask("message_post", { envelope: await envelope(client, room) })).ok);
		const msgId = random(16);
		const strange = await envelope(client, room, { signer: await importSigning(await makePair()) });
		const good = await envelope(client, room, { msgId });
		await db.query("BEGIN");
		await db.query("LOCK TABLE identity_head IN ACCESS EXCLUSIVE MODE");
		void wire.ask("message_post", { envelope: strange });
		void wire.ask("message_post", { envelope: good });
		const waits = "SELECT FROM pg_locks WHERE NOT granted AND relation = 'identity_head'::regclass";
		assert.ok(await soon(async () => ((await db.query(waits)).rowCount ?? 0) > 0), "the first waits in the database, the second behind it");
		await wire.ask("ping", {}); // what was asked before it has been read
		wire.socket.terminate();
		await sleep(100);
		await db.query("COMMIT");
		const stored = async (): Promise<boolean> => (await db.query("SELECT FROM message WHERE msg_id = $1", [idToUuid(toBase64Url(msgId))])).rowCount === 1;
		assert.ok(await soon(stored));
	});

	test("a_session_that_ended_while_no_notice_was_heard_is_closed", async () => {
		const { db } = house();
		const account = await house().account();
		const wire = await openWire(house(), { cookie: await cookieOf(house(), account) });
		assert.ok((await wire.open()).ok);
		await db.query("DELETE FROM session WHERE account = $1", [idToUuid(account.person)]);
		await db.query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query ILIKE 'listen %'");
		let code = 0;
		void wire.closed.then((n) => (code = n));
		await soon(() => Promise.resolve(code !== 0));
		assert.equal(code, 4001);
	});

	test("nobody_fills_a_rooms_log_until_it_is_dead", async () => {
		const { client, counsellor, room } = await talk(house());
		const { colleague } = house();
		await counsellor.engine.addColleague(room, colleague.user, "all");
		const { acts, log } = client.engine.parts.room(room);
		const words: string[] = [];
		for (let i = 0; i < 70 && !words.includes("rate_limited"); i++) {
			const { epoch } = log.state();
			await acts.rotate(() => epoch).catch((thrown: { word: string }) => words.push(thrown.word));
		}
		assert.ok(words.includes("rate_limited"), JSON.stringify([...new Set(words)]));
		await colleague.until("they are online", () => colleague.engine.parts.link.online());
		await colleague.engine.closeRoom(room, "other"); // others go on; the counsellor's browser wrapped each epoch and may be at the limit too
	});

	test("a_disabled_account_is_out_at_once", async () => {
		const { db } = house();
		const account = await house().account();
		const cookie = await cookieOf(house(), account);
		const wire = await openWire(house(), { cookie });
		assert.ok((await wire.open()).ok);
		await db.query("UPDATE account SET disabled_at = now() WHERE account = $1", [idToUuid(account.person)]);
		let code = 0;
		void wire.closed.then((n) => (code = n));
		await soon(() => Promise.resolve(code !== 0));
		assert.equal(code, 4001);
	});

	test("a_stranger_learns_nothing_of_a_rooms_log_by_appending_to_it", async () => {
		const { room } = await talk(house());
		const stranger = await house().client("Vieras");
		const { sig } = stranger.engine.parts.self().account().keys;
		const place = { org: fromBase64Url(house().org), room: fromBase64Url(room), head: random(32), n: 3, epoch: 1 };
		const entry = await signControl(sig, fromBase64Url(stranger.user), place, { type: "leave" }, random(16), Date.now());
		const wire = await signedIn(house(), stranger);
		const reply = await wire.ask("control_append", { entries: [toBase64Url(entry)], wraps: [] });
		assert.deepEqual([reply.err, reply.detail], ["not_member", undefined]);
		wire.socket.terminate();
	});

	test("of_every_field_that_a_member_may_forge_the_server_or_the_others_say_no", async () => {
		let at = await talk(house());
		for (const [name, how, server, judged] of FORGERIES) {
			const { client, counsellor, room } = at;
			const highest = (of: Actor): number => of.engine.parts.room(room).conversation.highest();
			await counsellor.until("what the writer has seen is there", () => highest(counsellor) === highest(client));
			const bytes = await spoilt(client, room, await how(at));
			assert.equal(await judgedBy(counsellor, room, bytes), judged, `${name}, to another member's client`);
			const said = await client.engine.parts.link.call("message_post", { envelope: toBase64Url(bytes) }).then(() => "stored", (thrown: { word: string }) => thrown.word);
			assert.equal(said, server, `${name}, to the server`);
			if (said === "stored") at = await talk(house());
		}
	});
};
