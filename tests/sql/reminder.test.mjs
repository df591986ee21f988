// Reminders of assignments: set by members through the server, told by the jobs process, seen by the person.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ask, connect, id, makeOrg, makeRoom, refused, within } from './lib.mjs';

const db = {};
let here, there;
before(async () => {
	for (const role of ['luotsi_owner', 'luotsi_app', 'luotsi_jobs', 'luotsi_read']) db[role] = await connect(role);
	[here, there] = [await makeOrg(db.luotsi_owner), await makeOrg(db.luotsi_owner)];
});
after(() => Promise.all(Object.values(db).map((c) => c.end())));

const owner = (org, sql, values = []) => within(db.luotsi_owner, org.org, async () => (await db.luotsi_owner.query(sql, values)).rows);
const HOUR = 3_600_000;
const at = (ms) => new Date(Date.now() + ms);

/** An assignment of a room, as a statement sees it. */
const given = async (org, room, kind = 3) => {
	const msg = id();
	await owner(org, `INSERT INTO message (room, seq, msg_id, sender, kind, op, header_len, retention_class, at, env_hash, envelope)
		SELECT $1, coalesce(max(seq), 0) + 1, $2, $3, $4, 0, 240, 1, now(), sha256('h'), $5 FROM message WHERE room = $1`,
	[room.room, msg, room.staff.account, kind, Buffer.alloc(330)]);
	return msg;
};
const put = async (org, room, msg, when, most = 64) => (await ask(db.luotsi_app, org.org, 'reminder_put', { room: room.room, msg_id: msg, at: when, most }))[0].outcome;
const listed = async (org, account) => (await ask(db.luotsi_app, org.org, 'reminder_list', { account, most: 100 })).map((row) => row.msg_id);
const fire = async () => Number((await ask(db.luotsi_jobs, null, 'job_remind', {}))[0].fired);
const come = (org, msg) => owner(org, "UPDATE reminder SET at = now() - interval '1 second' WHERE msg_id = $1", [msg]);
const set = async (org, room) => {
	const msg = await given(org, room);
	assert.equal(await put(org, room, msg, at(HOUR)), 'ok');
	await come(org, msg);
	return msg;
};

test('a reminder is told to the client of the room once, when its time has come', async () => {
	const room = await makeRoom(db.luotsi_owner, here);
	const msg = await given(here, room);
	assert.equal(await put(here, room, msg, at(HOUR)), 'ok');
	assert.equal(await fire(), 0, 'not yet');
	await come(here, msg);
	assert.equal(await fire(), 1);
	assert.equal(await fire(), 0);
	assert.deepEqual([await listed(here, room.client.account), await listed(here, room.staff.account)], [[msg], []]);
	const seen = { account: room.client.account, room: room.room, msg_id: msg };
	assert.deepEqual(await ask(db.luotsi_app, here.org, 'reminder_seen', seen), [{ gone: true }]);
	assert.deepEqual(await ask(db.luotsi_app, here.org, 'reminder_seen', seen), [{ gone: false }]);
	assert.deepEqual(await listed(here, room.client.account), []);
});

test('only an assignment of the room is reminded of, in the time to come', async () => {
	const room = await makeRoom(db.luotsi_owner, here), other = await makeRoom(db.luotsi_owner, here);
	const msg = await given(here, room);
	assert.deepEqual([
		await put(here, room, await given(here, room, 1), at(HOUR)), await put(here, room, id(), at(HOUR)), await put(here, other, msg, at(HOUR)), await put(there, room, msg, at(HOUR)),
		await put(here, room, msg, at(-1000)), await put(here, room, msg, at(401 * 24 * HOUR)),
	], ['not_found', 'not_found', 'not_found', 'not_found', 'bad_field', 'bad_field']);
});

test('a reminder is moved, and taken back with what it has told', async () => {
	const room = await makeRoom(db.luotsi_owner, here);
	const msg = await set(here, room);
	assert.equal(await put(here, room, msg, at(2 * HOUR)), 'ok');
	assert.equal(await fire(), 0, 'it was moved');
	await come(here, msg);
	assert.equal(await fire(), 1);
	assert.equal(await put(here, room, msg, null), 'ok');
	assert.deepEqual(await listed(here, room.client.account), []);
});

test('a room keeps so many and no more', async () => {
	const room = await makeRoom(db.luotsi_owner, here);
	const [first, second] = [await given(here, room), await given(here, room)];
	assert.deepEqual([await put(here, room, first, at(HOUR), 1), await put(here, room, second, at(HOUR), 1), await put(here, room, first, at(2 * HOUR), 1)], ['ok', 'quota', 'ok']);
});

test('a closed room, a deleted assignment and somebody who has left are not reminded', async () => {
	const [closed, deleted, left] = [await makeRoom(db.luotsi_owner, here), await makeRoom(db.luotsi_owner, here), await makeRoom(db.luotsi_owner, here)];
	for (const room of [closed, deleted, left]) room.msg = await set(here, room);
	await owner(here, "UPDATE room SET phase = 'closed' WHERE room = $1", [closed.room]);
	await owner(here, 'UPDATE message SET tombstone = true WHERE msg_id = $1', [deleted.msg]);
	await owner(here, 'UPDATE room_member SET active = false WHERE room = $1 AND account = $2', [left.room, left.client.account]);
	assert.equal(await fire(), 0);
	for (const room of [closed, deleted, left]) assert.deepEqual(await listed(here, room.client.account), []);
});

test('one organisation sees nothing of the reminders of another, and nobody reads the tables', async () => {
	const room = await makeRoom(db.luotsi_owner, there);
	const msg = await set(there, room);
	assert.equal(await fire(), 1);
	assert.deepEqual([await listed(here, room.client.account), await listed(there, room.client.account)], [[], [msg]]);
	for (const role of ['luotsi_app', 'luotsi_jobs', 'luotsi_read'])
		for (const table of ['reminder', 'reminder_due']) await refused(within(db[role], there.org, () => db[role].query(`SELECT FROM ${table}`)), '42501', assert);
	await refused(within(db.luotsi_app, there.org, () => db.luotsi_app.query('SELECT reminders_fire()')), '42501', assert);
});
