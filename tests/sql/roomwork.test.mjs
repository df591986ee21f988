// Topics of a room, and the record that it was taken out.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ask, connect, makeOrg, makeRoom, refused, within } from './lib.mjs';

const db = {};
let here, room;
before(async () => {
	for (const role of ['luotsi_owner', 'luotsi_app', 'luotsi_read', 'luotsi_jobs']) db[role] = await connect(role);
	here = await makeOrg(db.luotsi_owner);
	room = await makeRoom(db.luotsi_owner, here);
});
after(() => Promise.all(Object.values(db).map((c) => c.end())));

const put = (topics, of = room) => ask(db.luotsi_app, here.org, 'room_topics_put', { room: of.room, account: of.staff.account, topics });
const topics = async (of = room) => (await ask(db.luotsi_app, here.org, 'room_topics', { room: of.room })).map((row) => row.topic).sort();
const audited = (action) => within(db.luotsi_owner, here.org, async () =>
	(await db.luotsi_owner.query('SELECT actor, object, word FROM audit WHERE action = $1 ORDER BY n', [action])).rows);

test('a room begins without topics', async () => {
	assert.deepEqual(await topics(), []);
});

test('topics are put in the place of those there were, each once', async () => {
	await put(['housing', 'studies', 'studies']);
	assert.deepEqual(await topics(), ['housing', 'studies']);
	await put(['studies', 'work']);
	assert.deepEqual(await topics(), ['studies', 'work']);
	await put([]);
	assert.deepEqual(await topics(), []);
});

test('a topic that stays keeps its time', async () => {
	const of = await makeRoom(db.luotsi_owner, here);
	await put(['health'], of);
	const time = async () => (await ask(db.luotsi_app, here.org, 'room_topics', { room: of.room })).find((row) => row.topic === 'health').at.getTime();
	const first = await time();
	await put(['health', 'skills'], of);
	assert.equal(await time(), first);
});

test('a word that is no topic is refused, and nothing changes', async () => {
	await put(['finances']);
	await refused(put(['finances', 'gambling']), '23514', assert);
	assert.deepEqual(await topics(), ['finances']);
});

test('two who choose at once leave one choice, not a mixture', async () => {
	const other = await connect('luotsi_app');
	const one = ask(db.luotsi_app, here.org, 'room_topics_put', { room: room.room, account: room.staff.account, topics: ['general', 'health'] });
	const two = ask(other, here.org, 'room_topics_put', { room: room.room, account: room.staff.account, topics: ['skills', 'studies'] });
	await Promise.all([one, two]);
	await other.end();
	const left = (await topics()).join();
	assert.ok(['general,health', 'skills,studies'].includes(left), left);
});

test('each choice is on record without its words', async () => {
	const rows = (await audited('room_topics')).filter((row) => row.object === room.room);
	assert.ok(rows.length >= 4);
	assert.ok(rows.every((row) => row.actor === room.staff.account && row.word === null));
});

test('taking out is on record with its form', async () => {
	const asked = { room: room.room, account: room.client.account, form: 'archive', announced: null };
	await ask(db.luotsi_app, here.org, 'export_begin', asked);
	const once = [{ actor: room.client.account, object: room.room, word: 'archive' }];
	assert.deepEqual(await audited('export'), once);
	assert.deepEqual(await ask(db.luotsi_app, here.org, 'export_begin', { ...asked, announced: here.org }), [], 'nothing was announced');
	assert.deepEqual(await audited('export'), once);
});

test('topics of a room that there is not are refused', async () => {
	await refused(put(['work'], { ...room, room: here.org }), '23503', assert);
});

test('reports may count topics and change none', async () => {
	const n = await within(db.luotsi_read, here.org, async () => (await db.luotsi_read.query('SELECT topic, count(*) FROM room_topic GROUP BY topic')).rows.length);
	assert.ok(n > 0);
	await refused(within(db.luotsi_read, here.org, () => db.luotsi_read.query('DELETE FROM room_topic')), '42501', assert);
	await refused(within(db.luotsi_app, here.org, () => db.luotsi_app.query("UPDATE room_topic SET topic = 'work'")), '42501', assert);
});
