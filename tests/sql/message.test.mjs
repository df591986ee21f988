// message_post: each answer, one by one; order within a batch; repeats; two connections at once.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ask, connect, envelope, hash, headerLength, hex, id, makeOrg, makeRoom, outcomes, post, rand32, statementInputs, within } from './lib.mjs';

let owner, app, other, org;
before(async () => {
	[owner, app, other] = await Promise.all(['luotsi_owner', 'luotsi_app', 'luotsi_app'].map(connect));
	org = await makeOrg(owner);
});
after(() => Promise.all([owner, app, other].map((c) => c.end())));

const send = (rows, client = app) => post(client, org.org, rows);
const room = (options) => makeRoom(owner, org, options);
const sql = (text, values) => within(owner, org.org, async () => (await owner.query(text, values)).rows);
const state = async (r) => (await sql('SELECT * FROM room WHERE room = $1', [r.room]))[0];
const stored = (r) => sql('SELECT * FROM message WHERE room = $1 ORDER BY seq', [r.room]);

test('stores and numbers from one', async () => {
	const r = await room();
	const rows = [envelope(r, r.client), envelope(r, r.client), envelope(r, r.staff)];
	const answers = await send(rows);
	assert.deepEqual(answers.map((a) => [a.outcome, a.seq]), [['ok', 1], ['ok', 2], ['ok', 3]]);
	assert.deepEqual((await stored(r)).map((m) => m.env_hash), rows.map((m) => m.env_hash));
	const now = await state(r);
	assert.equal(now.last_seq, 3);
	assert.equal(now.epoch_messages, 3);
});

test('numbers several rooms in one batch each from its own last', async () => {
	const [a, b] = [await room(), await room()];
	await send([envelope(a, a.client)]);
	const answers = await send([envelope(b, b.client), envelope(a, a.client), envelope(b, b.staff)]);
	assert.deepEqual(answers.map((x) => x.seq), [1, 2, 2]);
});

test('answers a repeat as the first time, whatever has changed since', async () => {
	const r = await room();
	const row = envelope(r, r.client);
	const [first] = await send([row]);
	await sql("UPDATE room SET phase = 'closed', pending = true, epoch = 9 WHERE room = $1", [r.room]);
	await sql('UPDATE room_member SET active = false WHERE room = $1', [r.room]);
	const [again] = await send([row]);
	assert.deepEqual([again.outcome, again.seq, again.at], ['ok', first.seq, first.at]);
	assert.equal((await stored(r)).length, 1);
});

test('answers copies within one batch as one', async () => {
	const r = await room();
	const row = envelope(r, r.client);
	const answers = await send([row, row, envelope(r, r.client), row]);
	assert.deepEqual(answers.map((a) => [a.outcome, a.seq]), [['ok', 1], ['ok', 1], ['ok', 2], ['ok', 1]]);
	assert.equal((await stored(r)).length, 2);
});

test('answers the copy of a refused row as refused', async () => {
	const r = await room();
	const row = envelope(r, r.client, { epoch: 4 });
	assert.deepEqual(outcomes(await send([row, row])), ['stale_epoch', 'stale_epoch']);
});

test('refuses a msg_id with other bytes, and audits it', async () => {
	const r = await room();
	const row = envelope(r, r.client);
	await send([row]);
	const answers = await send([envelope(r, r.client, { msg_id: row.msg_id })]);
	assert.deepEqual([answers[0].outcome, answers[0].seq], ['msg_id_reused', null]);
	const audit = await sql("SELECT * FROM audit WHERE object = $1 AND word = 'msg_id_reused'", [r.room]);
	assert.equal(audit.length, 1);
	assert.equal(audit[0].actor, r.client.account);
	r.client.sent -= 1;
});

test('refuses a msg_id with other bytes also within one batch', async () => {
	const r = await room();
	const row = envelope(r, r.client);
	assert.deepEqual(outcomes(await send([row, envelope(r, r.client, { msg_id: row.msg_id })])), ['ok', 'msg_id_reused']);
});

test('lets one msg_id stand in two rooms', async () => {
	const [a, b] = [await room(), await room()];
	const msg_id = id();
	assert.deepEqual(outcomes(await send([envelope(a, a.client, { msg_id }), envelope(b, b.client, { msg_id })])), ['ok', 'ok']);
});

test('refuses who is no member, or no longer', async () => {
	const r = await room();
	const stranger = { account: id(), kid: rand32(), sent: 0 };
	await sql('UPDATE room_member SET active = false WHERE account = $1', [r.staff.account]);
	assert.deepEqual(outcomes(await send([envelope(r, stranger), envelope(r, r.staff)])), ['not_member', 'not_member']);
	assert.deepEqual(outcomes(await send([envelope({ ...r, room: id() }, r.client)])), ['not_member']);
});

test('refuses another key, and a key that is no longer current', async () => {
	const r = await room();
	assert.deepEqual(outcomes(await send([envelope(r, r.client, { sender_kid: rand32() })])), ['bad_kid']);
	await sql('UPDATE room_member SET key_current = false WHERE account = $1', [r.staff.account]);
	assert.deepEqual(outcomes(await send([envelope(r, r.staff)])), ['bad_kid']);
});

test('refuses in a closed room', async () => {
	const r = await room();
	await sql("UPDATE room SET phase = 'closed' WHERE room = $1", [r.room]);
	assert.deepEqual(outcomes(await send([envelope(r, r.client)])), ['room_closed']);
});

test('refuses when the agreement is not live', async () => {
	const ended = await makeOrg(owner, { state: 'ended' });
	const r = await makeRoom(owner, ended);
	assert.deepEqual(outcomes(await post(app, ended.org, [envelope(r, r.client)])), ['agreement_not_live']);
});

test('refuses while a rotation is pending', async () => {
	const r = await room({ pending: true });
	assert.deepEqual(outcomes(await send([envelope(r, r.client)])), ['rotation_pending']);
});

test('refuses an epoch that is too old and marks the room', async () => {
	const r = await room();
	await sql("UPDATE room SET epoch_at = now() - interval '31 days' WHERE room = $1", [r.room]);
	assert.deepEqual(outcomes(await send([envelope(r, r.client)])), ['rotation_pending']);
	assert.equal((await state(r)).pending, true);
});

test('refuses a stale epoch and a future one', async () => {
	const r = await room();
	assert.deepEqual(outcomes(await send([envelope(r, r.client, { epoch: 0 }), envelope(r, r.staff, { epoch: 2 })])), ['stale_epoch', 'stale_epoch']);
});

test('refuses a stale head and says the new one', async () => {
	const r = await room();
	const [answer] = await send([envelope(r, r.client, { log_head: rand32() })]);
	assert.equal(answer.outcome, 'stale_head');
	assert.deepEqual(answer.head, r.head);
});

test('refuses a retention class that is not the room\'s', async () => {
	const r = await room();
	assert.deepEqual(outcomes(await send([envelope(r, r.client, { retention_class: 2 }), envelope(r, r.staff, { retention_class: 0 })])), ['bad_envelope', 'ok']);
});

test('refuses a wrong number and says the next', async () => {
	const r = await room();
	await send([envelope(r, r.client)]);
	for (const sender_seq of [0, 1, 3]) {
		const [answer] = await send([envelope(r, r.client, { sender_seq })]);
		assert.deepEqual([answer.outcome, answer.next], ['bad_sequence', 2]);
	}
});

test('refuses after one refusal the sender\'s later ones, and nobody else\'s', async () => {
	const r = await room();
	const answers = await send([
		envelope(r, r.client, { sender_seq: 1 }), envelope(r, r.client, { sender_seq: 2, epoch: 7 }), envelope(r, r.staff),
		envelope(r, r.client, { sender_seq: 3 }), envelope(r, r.staff), envelope(r, r.client, { sender_seq: 2 })]);
	assert.deepEqual(outcomes(answers), ['ok', 'stale_epoch', 'ok', 'bad_sequence', 'ok', 'bad_sequence']);
	assert.deepEqual([answers[3].next, answers[5].next], [2, 2]);
	assert.deepEqual(answers.map((a) => a.seq), [1, null, 2, null, 3, null]);
});

test('goes on with the right number after a refusal', async () => {
	const r = await room();
	await send([envelope(r, r.client), envelope(r, r.client, { sender_seq: 5 })]);
	assert.deepEqual(outcomes(await send([envelope(r, r.client, { sender_seq: 2 })])), ['ok']);
});

test('fills an epoch to the last place, refuses what goes over, and marks the room', async () => {
	const r = await room();
	const rows = Array.from({ length: 6 }, (_, i) => envelope(r, i % 2 ? r.staff : r.client, { epoch_max_messages: 4, sender_seq: Math.floor(i / 2) + 1 }));
	assert.deepEqual(outcomes(await send(rows)), ['ok', 'ok', 'ok', 'ok', 'rotation_pending', 'rotation_pending']);
	const now = await state(r);
	assert.deepEqual([now.pending, now.epoch_messages, now.last_seq], [true, 4, 4]);
	assert.deepEqual(outcomes(await send([envelope(r, r.client, { sender_seq: 3 })])), ['rotation_pending']);
});

test('a delete leaves tombstones of the target and of its edits', async () => {
	const r = await room();
	const target = envelope(r, r.client);
	const edit = envelope(r, r.client, { op: 1, target: target.msg_id, sender_seq: 2 });
	const other = envelope(r, r.client, { sender_seq: 3 });
	await send([target, edit, other]);
	assert.deepEqual(outcomes(await send([envelope(r, r.client, { op: 2, target: target.msg_id, sender_seq: 4 })])), ['ok']);
	const rows = await stored(r);
	assert.deepEqual(rows.map((m) => m.tombstone), [true, true, false, false]);
	for (const [i, was] of [[0, target], [1, edit]]) {
		const body = was.envelope.subarray(headerLength, -64);
		const want = Buffer.concat([was.envelope.subarray(0, headerLength), hash(body), was.envelope.subarray(-64)]);
		assert.deepEqual(rows[i].envelope, want);
	}
	assert.deepEqual(rows[2].envelope, other.envelope);
});

test('a message, its edit and its delete may come in one batch', async () => {
	const r = await room();
	const target = envelope(r, r.client);
	const answers = await send([target, envelope(r, r.client, { op: 1, target: target.msg_id, sender_seq: 2 }),
		envelope(r, r.client, { op: 2, target: target.msg_id, sender_seq: 3 })]);
	assert.deepEqual(outcomes(answers), ['ok', 'ok', 'ok']);
	assert.deepEqual((await stored(r)).map((m) => m.tombstone), [true, true, false]);
});

test('refuses to edit or delete what is another\'s, gone, unknown, an edit or a receipt', async () => {
	const r = await room();
	const mine = envelope(r, r.client), theirs = envelope(r, r.staff);
	await send([mine, theirs]);
	const edit = envelope(r, r.client, { op: 1, target: mine.msg_id, sender_seq: 2 });
	const read = envelope(r, r.client, { kind: 2, target: theirs.msg_id, sender_seq: 3 });
	assert.deepEqual(outcomes(await send([edit, read])), ['ok', 'ok']);
	for (const target of [theirs.msg_id, id(), edit.msg_id, read.msg_id])
		for (const op of [1, 2])
			assert.deepEqual(outcomes(await send([envelope(r, r.client, { op, target, sender_seq: 4 })])), ['not_found'], `op ${op}`);
	await send([envelope(r, r.client, { op: 2, target: mine.msg_id, sender_seq: 4 })]);
	assert.deepEqual(outcomes(await send([envelope(r, r.client, { op: 1, target: mine.msg_id, sender_seq: 5 })])), ['not_found']);
	assert.equal((await stored(r)).find((m) => m.msg_id === theirs.msg_id).tombstone, false);
});

test('a target in another room is not found', async () => {
	const [a, b] = [await room(), await room()];
	const target = envelope(a, a.client);
	await send([target]);
	assert.deepEqual(outcomes(await send([envelope(b, b.client, { op: 2, target: target.msg_id })])), ['not_found']);
});

test('a receipt moves the read mark, never backwards', async () => {
	const r = await room();
	const rows = [envelope(r, r.client), envelope(r, r.client), envelope(r, r.client)];
	await send(rows);
	const read = async () => (await ask(app, org.org, 'room_reads', { room: r.room })).find((m) => m.account === r.staff.account).read_seq;
	await send([envelope(r, r.staff, { kind: 2, target: rows[2].msg_id })]);
	assert.equal(await read(), 3);
	await send([envelope(r, r.staff, { kind: 2, target: rows[0].msg_id })]);
	assert.equal(await read(), 3);
	assert.deepEqual(outcomes(await send([envelope(r, r.staff, { kind: 2, target: id() })])), ['not_found']);
});

test('a receipt for what its sender may not see is refused', async () => {
	const r = await room({ visibleFrom: 2 });
	const row = envelope(r, r.client);
	await send([row]);
	assert.deepEqual(outcomes(await send([envelope(r, r.staff, { kind: 2, target: row.msg_id })])), ['not_found']);
});

test('waiting begins with the first unanswered message of a client and ends with an answer', async () => {
	const r = await room();
	const waiting = async () => (await state(r)).waiting_since?.getTime() ?? null;
	const [first] = await send([envelope(r, r.client)]);
	assert.equal(await waiting(), first.at.getTime());
	await send([envelope(r, r.client)]);
	assert.equal(await waiting(), first.at.getTime());
	const read = envelope(r, r.staff, { kind: 2, target: (await stored(r))[0].msg_id, sender_seq: 1 });
	await send([read]);
	assert.equal(await waiting(), first.at.getTime(), 'a receipt is no answer');
	await send([envelope(r, r.staff, { sender_seq: 2 })]);
	assert.equal(await waiting(), null);
	const [, last] = await send([envelope(r, r.staff, { sender_seq: 3 }), envelope(r, r.client)]);
	assert.equal(await waiting(), last.at.getTime());
	await send([envelope(r, r.client), envelope(r, r.staff, { sender_seq: 4 })]);
	assert.equal(await waiting(), null);
});

test('tells ranges with ids only, once for a batch', async () => {
	const r = await room(), s = await room();
	const heard = [];
	other.on('notification', (n) => heard.push(n.payload));
	await other.query('LISTEN luotsi');
	await send([envelope(r, r.client), envelope(s, s.client), envelope(r, r.staff)]);
	await send([envelope(r, r.client, { epoch: 5 })]);
	await other.query('SELECT 1');
	await other.query('UNLISTEN luotsi');
	assert.equal(heard.length, 1);
	const [letter, tenant, ...ranges] = heard[0].split(' ');
	assert.deepEqual([letter, tenant], ['m', hex(org.org)]);
	assert.deepEqual(ranges.sort(), [`${hex(r.room)}:1-2`, `${hex(s.room)}:1-1`].sort());
});

test('a notice of 64 rooms fits', async () => {
	const rooms = [];
	for (let i = 0; i < 64; i++) rooms.push(await room());
	assert.ok(outcomes(await send(rooms.map((r) => envelope(r, r.client)))).every((w) => w === 'ok'));
});

test('the same envelope on two connections at once is stored once', async () => {
	for (let i = 0; i < 20; i++) {
		const r = await room();
		const row = envelope(r, r.client);
		const [a, b] = await Promise.all([send([row], app), send([row], other)]);
		assert.deepEqual([a[0].outcome, b[0].outcome, a[0].seq, b[0].seq], ['ok', 'ok', 1, 1]);
		assert.equal((await stored(r)).length, 1);
	}
});

test('two connections with the same number: one wins, the other hears the next', async () => {
	for (let i = 0; i < 20; i++) {
		const r = await room();
		const [a, b] = await Promise.all([app, other].map((c) => send([envelope(r, r.client, { sender_seq: 1 })], c)));
		assert.deepEqual([a[0].outcome, b[0].outcome].sort(), ['bad_sequence', 'ok']);
		assert.equal((a[0].next ?? b[0].next), 2);
	}
});

// As the server does: what got no answer is asked again.
const sendAll = async (rows, client) => {
	for (let left = rows; left.length > 0;) {
		const answered = (await send(left, client)).map((a) => Number(a.ordinal));
		left = left.filter((_, i) => !answered.includes(i + 1));
	}
};

for (const n of [4, 8]) {
	test(`${n} rooms in opposite order on two connections do not deadlock, and have no gaps`, async () => {
		const rooms = [];
		for (let i = 0; i < n; i++) rooms.push(await room());
		const work = async (client, member, order) => {
			for (let k = 0; k < 30; k++) await sendAll(order.map((r) => envelope(r, r[member])), client);
		};
		await Promise.all([work(app, 'client', rooms), work(other, 'staff', [...rooms].reverse())]);
		for (const r of rooms) {
			assert.deepEqual((await stored(r)).map((m) => m.seq), Array.from({ length: 60 }, (_, i) => i + 1));
			assert.equal((await state(r)).last_seq, 60);
		}
	});
}

// While `work` runs, somebody else has the lock of the room's row.
const whileLocked = (r, work) =>
	within(owner, org.org, async () => {
		await owner.query('SELECT FROM room WHERE room = $1 FOR UPDATE', [r.room]);
		return work();
	});

test('a small batch passes over a locked room, all of its rows, and stores the others', async () => {
	const [a, b] = [await room(), await room()];
	const rows = [envelope(a, a.client), envelope(b, b.client), envelope(a, a.client, { epoch: 7 }), envelope(b, b.staff, { epoch: 7 })];
	const answers = await whileLocked(a, () => send(rows));
	assert.deepEqual(answers.map((x) => [Number(x.ordinal), x.outcome]), [[2, 'ok'], [4, 'stale_epoch']]);
	assert.equal((await stored(a)).length, 0);
	assert.deepEqual((await send([rows[0], rows[2]])).map((x) => [x.outcome, x.seq]), [['ok', 1], ['stale_epoch', null]]);
});

test('a batch of which no room is there is refused', async () => {
	const r = await room();
	const rows = [envelope(r, r.client, { room: id() }), envelope(r, r.client, { room: id() })];
	assert.deepEqual(outcomes(await send(rows)), ['not_member', 'not_member']);
});

test('a batch of which every room is locked answers nothing and stores nothing', async () => {
	const r = await room();
	assert.deepEqual(await whileLocked(r, () => send([envelope(r, r.client), envelope(r, r.client)])), []);
	assert.equal((await stored(r)).length, 0);
});

for (const n of [1, 5]) {
	test(`a batch of ${n} waits for its room`, async () => {
		const r = await room();
		const rows = Array.from({ length: n }, () => envelope(r, r.client));
		let waits;
		const early = await whileLocked(r, async () => {
			waits = send(rows);
			return Promise.race([waits, new Promise((resolve) => setTimeout(resolve, 100, 'waiting'))]);
		});
		assert.equal(early, 'waiting');
		assert.deepEqual(outcomes(await waits), Array(n).fill('ok'));
	});
}

const items = [3, 4, 8, 9, 10];

test('items are stored in one row of numbers with messages, those of staff from staff alone', async () => {
	const r = await room();
	assert.deepEqual((await send(items.map((kind) => envelope(r, r.staff, { kind })))).map((a) => [a.outcome, a.seq]), items.map((_, i) => ['ok', i + 1]));
	for (const [kind, word] of [[3, 'forbidden'], [8, 'forbidden'], [5, 'not_found'], [4, 'ok'], [9, 'ok'], [10, 'ok']]) {
		assert.deepEqual(outcomes(await send([envelope(r, r.client, { kind })])), [word], `kind ${kind}`);
		if (word !== 'ok') r.client.sent -= 1;
	}
	assert.deepEqual((await stored(r)).map((m) => [m.seq, m.kind]), [...items, 4, 9, 10].map((kind, i) => [i + 1, kind]));
});

test('a client\'s envelope after one that is refused for its kind is refused too', async () => {
	const r = await room();
	assert.deepEqual(outcomes(await send([envelope(r, r.client, { kind: 8 }), envelope(r, r.client)])), ['forbidden', 'bad_sequence']);
});

for (const kind of items) {
	test(`a delete takes an item of kind ${kind} away, an edit does not change it`, async () => {
		const r = await room(), item = envelope(r, r.staff, { kind });
		await send([item]);
		assert.deepEqual(outcomes(await send([envelope(r, r.staff, { op: 1, target: item.msg_id })])), ['not_found']);
		r.staff.sent -= 1;
		assert.deepEqual(outcomes(await send([envelope(r, r.client, { op: 2, target: item.msg_id })])), ['not_found']);
		r.client.sent -= 1;
		assert.deepEqual(outcomes(await send([envelope(r, r.staff, { op: 2, target: item.msg_id })])), ['ok']);
		const [gone] = await stored(r);
		assert.ok(gone.tombstone);
		assert.equal(gone.envelope.length, headerLength + 32 + 64);
		assert.deepEqual(outcomes(await send([envelope(r, r.staff, { op: 2, target: item.msg_id })])), ['not_found'], 'it is gone already');
	});
}

test('an item and its delete in one batch', async () => {
	const r = await room(), item = envelope(r, r.client, { kind: 4 });
	assert.deepEqual(outcomes(await send([item, envelope(r, r.client, { op: 2, target: item.msg_id })])), ['ok', 'ok']);
	assert.ok((await stored(r))[0].tombstone);
});

test('a receipt is not deleted', async () => {
	const r = await room(), message = envelope(r, r.staff);
	await send([message]);
	const receipt = envelope(r, r.client, { kind: 2, target: message.msg_id });
	await send([receipt]);
	assert.deepEqual(outcomes(await send([envelope(r, r.client, { op: 2, target: receipt.msg_id })])), ['not_found']);
});

test('a room stands in the list by its newest message, and is not moved by who reads it', async () => {
	const r = await room(), message = envelope(r, r.client);
	const at = async () => (await ask(app, org.org, 'room_list', { account: r.staff.account, room: r.room, after: null, limit: 1 }))[0].last_at.getTime();
	const [{ at: written }] = await send([message]);
	await send([envelope(r, r.staff, { kind: 2, target: message.msg_id })]);
	assert.equal(await at(), written.getTime());
	const [{ at: answered }] = await send([envelope(r, r.staff)]);
	assert.equal(await at(), answered.getTime());
});

test('assignments, answers and files are news, notes, work and meters are not', async () => {
	for (const [kind, news] of [[4, true], [9, false], [10, false]]) {
		const r = await room();
		await send([envelope(r, r.client, { kind })]);
		assert.equal((await state(r)).waiting_since !== null, news, `kind ${kind} waits`);
		const [row] = await ask(app, org.org, 'room_list', { account: r.staff.account, room: r.room, after: null, limit: 1 });
		assert.equal(row.unread, Number(news), `kind ${kind} unread`);
	}
	for (const [kind, answers] of [[3, true], [8, false], [9, false]]) {
		const r = await room();
		await send([envelope(r, r.client)]);
		await send([envelope(r, r.staff, { kind })]);
		const now = await state(r);
		assert.deepEqual([now.waiting_since === null, now.answered_at !== null], [answers, answers], `kind ${kind} answers`);
	}
});

test('item_page gives the newest of the kinds that were asked for, to a member, as far as they see', async () => {
	const r = await room({ visibleFrom: 3 });
	const kinds = [9, 10, 9, 8, 9, 10, 1, 9];
	await send(kinds.map((kind) => envelope(r, r.staff, { kind })));
	const page = async (wanted, change = {}) =>
		(await ask(app, org.org, 'item_page', { room: r.room, account: r.client.account, kinds: wanted, before: null, limit: 3, ...change })).map((e) => e.seq);
	assert.deepEqual(await page([9]), [8, 5, 3]);
	assert.deepEqual(await page([9, 10, 9]), [8, 6, 5]);
	assert.deepEqual(await page([9], { before: 5 }), [3], 'not what lies before one was a member');
	assert.deepEqual(await page([1, 2]), []);
	assert.deepEqual(await page([9], { account: id() }), []);
	await sql('UPDATE room_member SET active = false WHERE room = $1', [r.room]);
	assert.deepEqual(await page([9]), []);
});

// The short way stores what the long way would, and nothing else.
const changes = [{}, {}, {}, {}, {}, {}, { kind: 3 }, { kind: 4 }, { kind: 8 }, { kind: 9 }, { kind: 10 }, { epoch: 2 }, { sender_seq: 99 }, { retention_class: 3 }, { retention_class: 0 }, { sender_kid: rand32() },
	{ log_head: rand32() }, { kind: 2 }, { kind: 2 }, { op: 1 }, { op: 2 }, { again: true }, { stranger: true }, { nowhere: true }];
const pick = (list) => list[Math.floor(Math.random() * list.length)];

function anyRow(rooms, before) {
	const r = pick(rooms), change = { ...pick(changes) };
	if (change.again && before.length) return pick(before);
	const member = change.stranger ? pick(rooms).client : pick([r.client, r.staff]);
	if (change.kind === 2 || change.op) change.target = pick([...before.map((b) => b.msg_id), id()]);
	if (change.nowhere) change.room = id();
	for (const word of ['again', 'stranger', 'nowhere']) delete change[word];
	return envelope(r, member, { epoch_max_messages: r.limit, ...change });
}

async function effect(name, columns) {
	await app.query('SAVEPOINT before');
	const args = columns.map((_, i) => `$${i + 1}`).join(', ');
	const { rows } = await app.query(`SELECT ordinal, outcome, seq, head, next FROM ${name}(${args}) ORDER BY ordinal`, columns);
	const now = await app.query(`SELECT jsonb_agg(x ORDER BY x::text) AS state FROM (
		SELECT to_jsonb(m) - 'at' FROM message m UNION ALL SELECT to_jsonb(m) FROM room_member m
		UNION ALL SELECT to_jsonb(o) - 'last_at' - 'waiting_since' - 'answered_at' || jsonb_build_object('waiting', o.waiting_since IS NULL,
			'waiting_now', o.waiting_since = o.last_at, 'answered', o.answered_at = o.last_at, 'told', o.answered_at IS NULL) FROM room o) AS all_rows(x)`);
	await app.query('ROLLBACK TO before');
	return JSON.stringify({ rows, state: now.rows[0].state });
}

test('300 batches of anything have the same effect the short way and the long way', async () => {
	const small = await makeOrg(owner);
	const columns = statementInputs('message_post');
	const rooms = [await makeRoom(owner, small), await makeRoom(owner, small), await makeRoom(owner, small)].map((r, i) => ({ ...r, limit: i ? 500 : 6 }));
	const before = [];
	let short = 0;
	for (let n = 0; n < 300; n++) {
		const own = rooms.map((r) => [r.client.sent, r.staff.sent]);
		const batch = Array.from({ length: 1 + Math.floor(Math.random() * 4) }, () => anyRow(n < 30 ? rooms : rooms.slice(1), before));
		// One limit a batch, as the server asks: the low one would make the other rooms pending, and nothing would be stored after it.
		const limit = Math.max(...batch.map((row) => rooms.find((r) => r.room === row.room)?.limit ?? 500));
		const values = columns.map((c) => batch.map((row) => (c === 'epoch_max_messages' ? limit : row[c])));
		const [long, brief] = await within(app, small.org, async () => [await effect('message_judge', values), await effect('message_post', values)]);
		assert.equal(brief, long);
		const answers = await post(app, small.org, batch.map((row) => ({ ...row, epoch_max_messages: limit })));
		if (answers.every((a) => a.outcome === 'ok')) short++;
		rooms.forEach((r, i) => [r.client.sent, r.staff.sent] = own[i]);
		answers.forEach((a, i) => {
			const r = rooms.find((x) => x.room === batch[i].room);
			const member = r && [r.client, r.staff].find((m) => m.account === batch[i].sender);
			if (a.outcome === 'ok' && !before.includes(batch[i])) before.push(batch[i]);
			if (a.outcome === 'ok' && member) member.sent = Math.max(member.sent, batch[i].sender_seq);
		});
	}
	assert.ok(short > 10, `only ${short} batches were stored whole`);
});

test('another organisation\'s room is no room', async () => {
	const stranger = await makeOrg(owner);
	const r = await room();
	assert.deepEqual(outcomes(await post(app, stranger.org, [envelope(r, r.client)])), ['not_member']);
	assert.equal((await stored(r)).length, 0);
});
