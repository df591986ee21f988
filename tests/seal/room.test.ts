// The room's verifier against a server that leaves out, repeats, moves and makes up.

import assert from "node:assert/strict";
import { test } from "node:test";
import {
	deriveEpoch, echoOf, equal, extendControl, emptyControl, keyFinder, makeInvite, makeRoomLog, makeRoomVerifier, parseEnvelope, random, sealMessage, tombstoneOf,
	importSigning, makePair, zeroes,
	type Bytes, type Change, type Content, type HeaderFields, type RoomVerifier, type StoredEnvelope,
} from "../../web/src/seal/index.js";
import {
	addBody, addEpoch, addToPerson, addToRoom, createBody, DAY, joinBody, makeCounsellor, makeKeys, makeOrganisation, makePerson, makeRoom, peopleOf, signForPerson, signInRoom,
	type Person, type Room,
} from "./lib/cast.js";
import { makeDice } from "./lib/dice.js";

interface Talk {
	readonly r: Room;
	readonly aino: Person;
	readonly oona: Person;
	readonly stored: StoredEnvelope[];
	readonly seqs: Map<Person, number>;
	/** What each has seen: here both see all at once. */
	readonly seen: RoomVerifier;
}

/** A room with a counsellor and an invited client, in its third epoch, and nothing said yet. */
const makeTalk = async (): Promise<Talk> => {
	const o = await makeOrganisation();
	const [aino, oona] = [await makeCounsellor(o), await makePerson(o)];
	const r = makeRoom(o, [aino, oona]);
	await addToRoom(r, await signInRoom(r, aino, createBody(r, aino)));
	await addEpoch(r, aino);
	const made = await makeInvite(o.org, r.room, r.state.rootKid, "Oona");
	const pair = await makePair();
	await addToRoom(r, await signInRoom(r, aino, { type: "invite", invite: made.invite, sigPub: pair.pub, encPub: made.encPub, expires: r.time + DAY }));
	await addEpoch(r, aino, made.encPub);
	await addToRoom(r, await signInRoom(r, oona, await joinBody(r, oona, made.invite, await importSigning(pair))));
	await addEpoch(r, oona);
	return { r, aino, oona, stored: [], seqs: new Map(), seen: await verifierOf(r) };
};

/** A fresh device: the control log verified from its beginning, then the room. */
const verifierOf = async (r: Room, firstSeq = 1, entries = r.entries): Promise<RoomVerifier> => {
	const log = makeRoomLog();
	const findKey = keyFinder(r.people.map((p) => p.chain));
	let state = emptyControl();
	for (const bytes of entries) {
		({ state } = await extendControl(state, bytes, peopleOf(...r.people), findKey));
		log.add(state);
	}
	return makeRoomVerifier({ org: r.o.org, room: r.room, log, findKey, firstSeq });
};

const write = async (t: Talk, p: Person, content: Content, change: Partial<HeaderFields> = {}): Promise<Bytes> => {
	const { r } = t;
	const n = change.epoch ?? r.state.epoch;
	const keys = await deriveEpoch((r.eks[n - 1] as Bytes).slice(), r.o.org, r.room, n);
	const fields = {
		org: r.o.org, room: r.room, sender: p.user, epoch: n, seq: (t.seqs.get(p) ?? 0) + 1, logHead: r.state.head, parents: t.seen.heads(), time: r.time, retention: 3,
	};
	return sealMessage(p.keys.sig, keys.message, { ...fields, ...change }, content, echoOf("fi", 1, 1));
};

/** Writes and stores as an honest server does. */
const say = async (t: Talk, p: Person, content: Content | string, change: Partial<HeaderFields> = {}): Promise<StoredEnvelope> => {
	const bytes = await write(t, p, typeof content === "string" ? { type: "text", text: content } : content, change);
	const item = { roomSeq: t.stored.length + 1, bytes, tombstone: false };
	t.seqs.set(p, (t.seqs.get(p) ?? 0) + 1);
	t.stored.push(item);
	await t.seen.newer([item]);
	return item;
};

const talkOf = async (n: number): Promise<Talk> => {
	const t = await makeTalk();
	t.seen.reachedStart();
	for (let i = 0; i < n; i++) await say(t, i % 3 === 0 ? t.aino : t.oona, `viesti ${i}`);
	return t;
};

type Verdicts = Map<number, string>;
const note = (verdicts: Verdicts, changes: readonly Change[]): void => {
	for (const { roomSeq, verdict } of changes) verdicts.set(roomSeq, verdict.kind === "quarantined" ? verdict.reason : verdict.kind);
};
const bad = (verdicts: Verdicts): [number, string][] => [...verdicts].filter(([, v]) => v !== "accepted").sort((x, y) => x[0] - y[0]);

const forwards = async (v: RoomVerifier, items: readonly StoredEnvelope[]): Promise<Verdicts> => {
	const verdicts: Verdicts = new Map();
	v.reachedStart();
	for (const item of items) note(verdicts, await v.newer([item]));
	return verdicts;
};

const backwards = async (v: RoomVerifier, items: readonly StoredEnvelope[], page: number): Promise<Verdicts> => {
	const verdicts: Verdicts = new Map();
	const from = Math.max(0, items.length - page);
	note(verdicts, await v.newer(items.slice(from)));
	for (let end = from; end > 0; end -= page) note(verdicts, await v.older(items.slice(Math.max(0, end - page), end)));
	note(verdicts, v.reachedStart());
	return verdicts;
};

test("accepts_a_whole_conversation_live_and_page_by_page", async () => {
	const t = await talkOf(23);
	assert.deepEqual(bad(await forwards(await verifierOf(t.r), t.stored)), []);
	for (const page of [1, 2, 5, 22, 23, 50]) {
		const verdicts = await backwards(await verifierOf(t.r), t.stored, page);
		assert.equal(verdicts.size, 23);
		assert.deepEqual(bad(verdicts), [], `pages of ${page}`);
	}
});

test("says_that_parents_are_missing_until_the_page_before_is_loaded", async () => {
	const t = await talkOf(6);
	const v = await verifierOf(t.r);
	const first = await v.newer(t.stored.slice(3));
	assert.deepEqual(first.map((c) => c.verdict.kind), ["missing", "accepted", "accepted"]);
	const more = await v.older(t.stored.slice(0, 3));
	assert.deepEqual(more.find((c) => c.roomSeq === 4)?.verdict.kind, "accepted");
});

test("notices_a_message_that_was_left_out", async () => {
	const t = await talkOf(12);
	for (let gone = 0; gone < 11; gone++) {
		const items = t.stored.filter((_, i) => i !== gone);
		const live = bad(await forwards(await verifierOf(t.r), items));
		assert.ok(live.length > 0, `live without ${gone}`);
		for (const page of [1, 3, 20]) assert.ok(bad(await backwards(await verifierOf(t.r), items, page)).length > 0, `pages of ${page} without ${gone}`);
	}
});

test("notices_a_beginning_that_was_left_out", async () => {
	const t = await talkOf(9);
	for (const gone of [1, 4, 8]) assert.ok(bad(await backwards(await verifierOf(t.r), t.stored.slice(gone), 3)).length > 0);
});

test("allows_the_beginning_to_lie_before_a_signed_baseline", async () => {
	const t = await talkOf(9);
	const verdicts = await backwards(await verifierOf(t.r, 6), t.stored.slice(5), 2);
	assert.deepEqual(bad(verdicts), []);
	assert.equal(verdicts.size, 4);
});

test("notices_a_message_that_comes_twice", async () => {
	const t = await talkOf(5);
	const again = { ...(t.stored[1] as StoredEnvelope), roomSeq: 6 };
	assert.deepEqual(bad(await forwards(await verifierOf(t.r), [...t.stored, again])), [[6, "replay"]]);
	assert.deepEqual(bad(await backwards(await verifierOf(t.r), [...t.stored, again], 2)).length, 1);
});

test("says_nothing_new_of_the_same_message_in_its_own_place", async () => {
	const t = await talkOf(5);
	const v = await verifierOf(t.r);
	await forwards(v, t.stored);
	assert.deepEqual((await v.newer([t.stored[4] as StoredEnvelope])).map((c) => c.verdict.kind), ["accepted"]);
});

test("notices_another_message_in_a_place_that_is_taken", async () => {
	const t = await talkOf(5);
	const v = await verifierOf(t.r);
	await forwards(v, t.stored);
	const other = await write(t, t.aino, { type: "text", text: "toinen" });
	assert.deepEqual((await v.newer([{ roomSeq: 3, bytes: other, tombstone: false }])).map((c) => c.verdict), [{ kind: "quarantined", reason: "fork" }]);
});

test("notices_two_messages_that_were_swapped", async () => {
	const t = await talkOf(10);
	for (let i = 0; i < 9; i++) {
		const items = [...t.stored];
		const [a, b] = [items[i] as StoredEnvelope, items[i + 1] as StoredEnvelope];
		items[i] = { ...b, roomSeq: a.roomSeq };
		items[i + 1] = { ...a, roomSeq: b.roomSeq };
		assert.ok(bad(await forwards(await verifierOf(t.r), items)).length > 0, `live, ${i}`);
		assert.ok(bad(await backwards(await verifierOf(t.r), items, 3)).length > 0, `pages, ${i}`);
	}
});

const lastVerdict = async (t: Talk, bytes: Bytes, tombstone = false): Promise<unknown> => {
	const v = await verifierOf(t.r);
	const verdicts = await forwards(v, [...t.stored, { roomSeq: t.stored.length + 1, bytes, tombstone }]);
	assert.deepEqual([...verdicts.keys()].length, t.stored.length + 1);
	return verdicts.get(t.stored.length + 1);
};

test("quarantines_what_does_not_fit", async () => {
	const t = await talkOf(4);
	const { r, aino, oona } = t;
	const content: Content = { type: "text", text: "x" };
	const good = await write(t, aino, content);
	assert.equal(await lastVerdict(t, good), "accepted");
	const from = (p: Person, change: Partial<HeaderFields>): Promise<Bytes> => write(t, p, content, change);
	assert.equal(await lastVerdict(t, await from(aino, { room: random(16) })), "wrong_room");
	assert.equal(await lastVerdict(t, await from(aino, { org: random(16) })), "wrong_room");
	assert.equal(await lastVerdict(t, await from(aino, { sender: random(16) })), "not_member");
	assert.equal(await lastVerdict(t, await from(aino, { sender: oona.user })), "not_member");
	assert.equal(await lastVerdict(t, await from(aino, { epoch: 2 })), "wrong_epoch");
	assert.equal(await lastVerdict(t, await from(aino, { epoch: 2, logHead: (r.states[3] as { head: Bytes }).head })), "old_log");
	assert.equal(await lastVerdict(t, await from(aino, { logHead: random(32) })), "needs_log");
	assert.equal(await lastVerdict(t, await from(aino, { seq: 5 })), "gap");
	assert.equal(await lastVerdict(t, await from(aino, { seq: 2 })), "replay");
	assert.equal(await lastVerdict(t, await from(aino, { parents: [random(32)] })), "lost_parent");
	assert.equal(await lastVerdict(t, await from(aino, { parents: [] })), "no_parents");
	assert.equal(await lastVerdict(t, good.slice(1)), "malformed");
	const forged = good.slice();
	forged[forged.length - 1] = (forged[forged.length - 1] as number) ^ 1;
	assert.equal(await lastVerdict(t, forged), "bad_signature");
	assert.equal(await lastVerdict(t, r.entries[0] as Bytes), "malformed");
});

test("quarantines_what_was_written_while_a_new_epoch_was_due", async () => {
	const t = await talkOf(2);
	await addToRoom(t.r, await signInRoom(t.r, t.oona, { type: "leave" }));
	assert.equal(await lastVerdict(t, await write(t, t.aino, { type: "text", text: "x" })), "wrong_epoch");
});

test("quarantines_the_removed_who_go_on_at_an_old_head", async () => {
	const t = await talkOf(4);
	const before = t.r.state;
	await addToRoom(t.r, await signInRoom(t.r, t.oona, { type: "leave" }));
	await addEpoch(t.r, t.aino);
	await say(t, t.aino, "hyvästi");
	assert.equal(await lastVerdict(t, await write(t, t.oona, { type: "text", text: "x" }, { epoch: before.epoch, logHead: before.head })), "old_log");
	assert.equal(await lastVerdict(t, await write(t, t.oona, { type: "text", text: "x" })), "not_member");
});

test("quarantines_a_former_epoch_after_a_newer_one_in_both_directions", async () => {
	const t = await talkOf(3);
	const before = t.r.state;
	await addEpoch(t.r, t.aino);
	await say(t, t.aino, "uusi");
	await say(t, t.oona, "vanha", { epoch: before.epoch, logHead: before.head });
	assert.deepEqual(bad(await forwards(await verifierOf(t.r), t.stored)), [[5, "old_log"]]);
	assert.deepEqual(bad(await backwards(await verifierOf(t.r), t.stored, 2)), [[5, "old_log"]]);
});

test("takes_a_message_again_when_the_log_has_come", async () => {
	const t = await talkOf(2);
	const { r } = t;
	const log = makeRoomLog();
	const findKey = keyFinder(r.people.map((p) => p.chain));
	for (const state of r.states) log.add(state);
	const v = makeRoomVerifier({ org: r.o.org, room: r.room, log, findKey, firstSeq: 1 });
	await forwards(v, t.stored);
	await addEpoch(r, t.aino);
	const item = { roomSeq: 3, bytes: await write(t, t.aino, { type: "text", text: "x" }), tombstone: false };
	assert.deepEqual((await v.newer([item])).map((c) => c.verdict.kind), ["needs_log"]);
	log.add(r.state);
	assert.deepEqual((await v.newer([item])).map((c) => c.verdict.kind), ["accepted"]);
});

test("takes_tombstones_only_beside_the_delete_that_made_them", async () => {
	const t = await talkOf(4);
	const target = await parseEnvelope((t.stored[1] as StoredEnvelope).bytes);
	await say(t, t.oona, { type: "edit", target: target.msgId, text: "korjattu" });
	const edit = await parseEnvelope((t.stored[4] as StoredEnvelope).bytes);
	await say(t, t.oona, { type: "delete", target: target.msgId });
	const items = t.stored.map((item, i) => (i === 1 ? { ...item, bytes: tombstoneOf(target), tombstone: true } : i === 4 ? { ...item, bytes: tombstoneOf(edit), tombstone: true } : item));
	assert.deepEqual(bad(await forwards(await verifierOf(t.r), items)), []);
	assert.deepEqual(bad(await backwards(await verifierOf(t.r), items, 2)), []);
	const silent = items.slice(0, 5);
	assert.deepEqual(bad(await forwards(await verifierOf(t.r), silent)), [[2, "unexplained_tombstone"], [5, "unexplained_tombstone"]]);
});

test("takes_no_delete_of_another_for_a_tombstone", async () => {
	const t = await talkOf(4);
	const target = await parseEnvelope((t.stored[1] as StoredEnvelope).bytes);
	await say(t, t.aino, { type: "delete", target: target.msgId });
	const items = t.stored.map((item, i) => (i === 1 ? { ...item, bytes: tombstoneOf(target), tombstone: true } : item));
	assert.deepEqual(bad(await forwards(await verifierOf(t.r), items)), [[2, "unexplained_tombstone"]]);
	assert.deepEqual(bad(await backwards(await verifierOf(t.r), items, 2)), [[2, "unexplained_tombstone"]]);
});

test("takes_two_who_write_at_the_same_time_and_who_comes_after_both", async () => {
	const t = await talkOf(2);
	const [a, b] = [await write(t, t.aino, { type: "text", text: "yhtä" }), await write(t, t.oona, { type: "text", text: "aikaa" })];
	for (const [bytes, p] of [[a, t.aino], [b, t.oona]] as const) {
		const item = { roomSeq: t.stored.length + 1, bytes, tombstone: false };
		t.seqs.set(p, (t.seqs.get(p) ?? 0) + 1);
		t.stored.push(item);
		await t.seen.newer([item]);
	}
	assert.equal(t.seen.heads().length, 2);
	await say(t, t.aino, "molempien jälkeen");
	assert.equal(t.seen.heads().length, 1);
	assert.deepEqual(bad(await forwards(await verifierOf(t.r), t.stored)), []);
	assert.deepEqual(bad(await backwards(await verifierOf(t.r), t.stored, 2)), []);
});

test("finds_the_same_fault_live_and_page_by_page", async () => {
	const t = await talkOf(16);
	const dice = makeDice(7);
	for (let round = 0; round < 60; round++) {
		const items = [...t.stored];
		const i = dice.below(items.length - 1);
		const [a, b] = [items[i] as StoredEnvelope, items[dice.below(items.length - 1)] as StoredEnvelope];
		if (dice.chance(50)) items.splice(i, 1);
		else items[i] = { ...b, roomSeq: a.roomSeq };
		if (equal(a.bytes, b.bytes) && items.length === t.stored.length) continue;
		assert.ok(bad(await forwards(await verifierOf(t.r), items)).length > 0);
		assert.ok(bad(await backwards(await verifierOf(t.r), items, 1 + dice.below(9))).length > 0);
	}
});

test("refuses_a_control_log_with_an_entry_left_out_or_forged", async () => {
	const t = await talkOf(0);
	const { r } = t;
	for (let gone = 0; gone < r.entries.length - 1; gone++)
		await assert.rejects(verifierOf(r, 1, r.entries.filter((_, i) => i !== gone)), /not_created|stale_head|bad_index/);
	const forged = r.entries.map((bytes, i) => (i === 2 ? Uint8Array.from(bytes, (x, k) => (k === bytes.length - 1 ? x ^ 1 : x)) : bytes));
	await assert.rejects(verifierOf(r, 1, forged), /bad_signature/);
});

test("refuses_a_ghost_whom_the_server_adds_with_keys_of_its_own", async () => {
	const t = await talkOf(0);
	const ghost = await makeCounsellor(await makeOrganisation());
	await assert.rejects(addToRoom(t.r, await signInRoom(t.r, t.aino, addBody(ghost))), /not_certified/);
	const impostor = { ...ghost, user: t.aino.user };
	const entry = await signInRoom(t.r, impostor, { type: "close", reason: 1 });
	await assert.rejects(verifierOf(t.r, 1, [...t.r.entries, entry]), /unknown_key/);
});

test("goes_on_with_new_keys_after_a_reset_that_a_colleague_added", async () => {
	const t = await talkOf(4);
	const { r, aino, oona } = t;
	const keys = await makeKeys();
	const time = r.time;
	await addToPerson(r.o, oona, await signForPerson(r.o, oona, { type: "reset", sigPub: keys.sig.pub, encPub: keys.enc.pub }, time, { user: oona.user, sig: keys.sig }));
	oona.keys = keys;
	assert.equal(oona.chain.state.resets, 1);
	await addToRoom(r, await signInRoom(r, aino, addBody(oona, false)));
	await addEpoch(r, aino);
	t.seqs.set(oona, 0);
	const rest = await verifierOf(r);
	rest.reachedStart();
	for (const item of t.stored) await rest.newer([item]);
	const bytes = await write({ ...t, seen: rest }, oona, { type: "text", text: "täällä taas" });
	assert.deepEqual((await rest.newer([{ roomSeq: 5, bytes, tombstone: false }])).map((c) => c.verdict.kind), ["accepted"]);
});

const item = (ctype: number): Content => ({ type: "item", ctype, bytes: new TextEncoder().encode('{"v":1}'), clear: zeroes(0) });

test("judges_items_in_one_chain_with_messages", async () => {
	const t = await talkOf(2);
	for (const [p, ctype] of [[t.aino, 5], [t.oona, 7], [t.aino, 9], [t.oona, 10], [t.aino, 11], [t.oona, 11]] as const) await say(t, p, item(ctype));
	await say(t, t.oona, "viimeinen");
	assert.deepEqual(bad(await forwards(await verifierOf(t.r), t.stored)), []);
	for (const page of [1, 3, 20]) assert.deepEqual(bad(await backwards(await verifierOf(t.r), t.stored, page)), [], `pages of ${page}`);
	const without = t.stored.filter((one) => one.roomSeq !== 5);
	assert.ok(bad(await forwards(await verifierOf(t.r), without)).length > 0, "a note that was left out is missed");
});

test("quarantines_what_staff_alone_write_when_a_client_wrote_it", async () => {
	for (const ctype of [5, 6, 9]) {
		const t = await talkOf(2);
		await say(t, t.oona, item(ctype));
		assert.deepEqual(bad(await forwards(await verifierOf(t.r), t.stored)), [[3, "wrong_role"]]);
	}
});

test("explains_the_tombstone_of_an_item_by_its_authors_delete_alone", async () => {
	const t = await talkOf(1);
	const given = await say(t, t.aino, item(5));
	const env = await parseEnvelope(given.bytes);
	const gone = { ...given, bytes: tombstoneOf(env), tombstone: true };
	const swap = (): StoredEnvelope[] => t.stored.map((one) => (one.roomSeq === given.roomSeq ? gone : one));
	assert.deepEqual(bad(await forwards(await verifierOf(t.r), swap())), [[2, "unexplained_tombstone"]]);
	await say(t, t.oona, { type: "delete", target: env.msgId });
	assert.deepEqual(bad(await forwards(await verifierOf(t.r), swap())), [[2, "unexplained_tombstone"]]);
	await say(t, t.aino, { type: "delete", target: env.msgId });
	assert.deepEqual(bad(await forwards(await verifierOf(t.r), swap())), []);
});
