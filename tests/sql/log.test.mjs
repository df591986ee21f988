// The logs that outsiders can check, as far as the database makes them: no event without its leaf, a
// leaf that says nothing without its row, places given all together or not at all.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { ask, connect, hash, hex, id, makeAccount, makeOrg, rand32, refused, root, within } from './lib.mjs';

const directory = '00000000-0000-0000-0000-000000000000';
let owner, app, signer, org;
before(async () => {
	[owner, app, signer] = [await connect('luotsi_owner'), await connect('luotsi_app'), await connect('luotsi_signer')];
	org = await makeOrg(owner);
});
after(() => Promise.all([owner, app, signer].map((c) => c.end())));

const add = (client, { org }, action, word = null) =>
	ask(client, org, 'audit_add', { actor: id(), action, object: id(), word });
const events = ({ org }) => within(owner, org, async () =>
	(await owner.query('SELECT a.*, audit_detail(a) AS detail FROM audit a ORDER BY n')).rows);
const waiting = async (log) => (await owner.query('SELECT n, leaf FROM log_pending WHERE log = $1 ORDER BY n', [log])).rows;
const commitment = (nonce, detail) => hash(Buffer.concat([Buffer.from('luotsi/v1/log\0'), nonce, Buffer.from(detail)]));
const extend = (log, size, ns, tiles = []) => ask(signer, null, 'log_extend', {
	log, size, ns, levels: tiles.map((t) => t[0]), tiles: tiles.map((t) => t[1]), hashes: tiles.map((t) => t[2]) }).then(([row]) => row.done);
const look = async (log, tiles = []) => ask(signer, null, 'log_look', { log, levels: tiles.map((t) => t[0]), ns: tiles.map((t) => t[1]) });

test('an event has its leaf from the same transaction, and the leaf opens with what stands beside the event', async () => {
	await add(app, org, 'sign_in', 'passkey');
	const [event] = await events(org);
	const [leaf] = await waiting(org.org);
	assert.equal(leaf.n, event.n);
	assert.match(event.detail, new RegExp(`^luotsi/v1/audit ${hex(org.org)} ${event.n} 20\\d\\d-\\d\\d-\\d\\dT[0-9:]{8}\\.\\d{6}Z ${hex(event.actor)} sign_in ${hex(event.object)} passkey -$`));
	assert.deepEqual(leaf.leaf, commitment(event.nonce, event.detail));
});

test('an event that is rolled back leaves no leaf', async () => {
	const before = (await waiting(org.org)).length;
	await assert.rejects(within(app, org.org, async () => {
		await app.query("INSERT INTO audit (action) VALUES ('room_topics')");
		throw new Error('no');
	}));
	assert.equal((await waiting(org.org)).length, before);
});

test('the random bytes of two events differ, so that the same event twice has two leaves', async () => {
	const other = await makeOrg(owner);
	await within(app, other.org, () => app.query("INSERT INTO audit (action) SELECT 'room_topics' FROM generate_series(1, 200)"));
	const rows = await events(other);
	assert.equal(new Set(rows.map((r) => r.nonce.toString('hex'))).size, 200);
	assert.equal(new Set((await waiting(other.org)).map((r) => r.leaf.toString('hex'))).size, 200);
});

test('whoever writes an event chooses neither its random bytes nor its place', async () => {
	for (const column of ['nonce', 'place', 'at', 'n'])
		await refused(within(app, org.org, () => app.query(`INSERT INTO audit (action, ${column}) VALUES ('room_topics', DEFAULT)`)), '42501', assert);
	await within(owner, org.org, () => owner.query("INSERT INTO audit (action, nonce, place) VALUES ('room_topics', $1, 7)", [Buffer.alloc(32)]));
	const last = (await events(org)).at(-1);
	assert.equal(last.place, null);
	assert.notDeepEqual(last.nonce, Buffer.alloc(32));
});

test('a worker may neither take a leaf away nor write a tile or a head', async () => {
	for (const sql of ['DELETE FROM log_pending', 'SELECT FROM log_pending', "UPDATE log SET note = 'x'", 'DELETE FROM log_tile',
		"INSERT INTO log_tile (log, level, n, hashes) VALUES (gen_random_uuid(), 0, 0, decode(repeat('00', 32), 'hex'))",
		"UPDATE audit SET word = 'x'", 'DELETE FROM audit', `SELECT log_publish('${directory}', 0, 'x', 'x')`])
		await refused(within(app, org.org, () => app.query(sql)), '42501', assert);
});

test('a reason is part of what the leaf says, and no line of its own', async () => {
	const other = await makeOrg(owner);
	await within(app, other.org, () => app.query("INSERT INTO audit (action, reason) VALUES ('event_read', 'A question of the person')"));
	const [event] = await events(other);
	assert.ok(event.detail.endsWith(' - event_read - - A question of the person'));
	assert.deepEqual((await waiting(other.org))[0].leaf, commitment(event.nonce, event.detail));
	await refused(within(app, other.org, () => app.query("INSERT INTO audit (action, reason) VALUES ('event_read', E'two\\nlines')")), '23514', assert);
});

test('places are given in one step, with the tiles, and only if the log is of the size that was thought', async () => {
	const other = await makeOrg(owner);
	for (const word of ['a_a', 'b_b', 'c_c']) await add(app, other, 'room_topics', word);
	assert.deepEqual((await look(other.org)).map((r) => [r.size, r.note, r.level]), [[0, null, null]]);
	const leaves = await ask(signer, null, 'log_take', { log: other.org, most: 2 });
	assert.equal(leaves.length, 2);
	const ns = leaves.map((l) => l.n);
	const tile = Buffer.concat(leaves.map((l) => l.leaf));
	assert.equal(await extend(other.org, 5, ns, [[-1, 0, tile]]), false);
	assert.equal((await waiting(other.org)).length, 3);
	assert.equal(await extend(other.org, 0, ns, [[-1, 0, tile]]), true);
	assert.deepEqual((await events(other)).map((e) => e.place), [0, 1, null]);
	const [row] = await look(other.org, [[-1, 0], [0, 0]]);
	assert.deepEqual([row.size, row.level, row.hashes], [2, -1, tile]);
	// The same once more: the leaves no longer wait, and nothing of it happens.
	await refused(extend(other.org, 2, ns), '40001', assert);
	assert.equal((await look(other.org))[0].size, 2);
	assert.deepEqual((await events(other)).map((e) => e.place), [0, 1, null]);
});

test('entries of identity chains of all organisations are leaves of one directory', async () => {
	const here = await makeOrg(owner), there = await makeOrg(owner);
	const subjects = [[here, await makeAccount(owner, here)], [there, await makeAccount(owner, there)]];
	for (const [o, subject] of subjects)
		await within(app, o.org, () => app.query('INSERT INTO identity_entry (subject, n, type, env_hash, entry) VALUES ($1, 0, 1, $2, $3)', [subject, rand32(), Buffer.alloc(300)]));
	const entries = [];
	for (const [o, subject] of subjects)
		entries.push((await within(owner, o.org, async () => (await owner.query('SELECT e.*, identity_detail(e) AS detail FROM identity_entry e WHERE subject = $1', [subject])).rows))[0]);
	assert.ok(entries[0].leaf < entries[1].leaf);
	const leaves = (await waiting(directory)).filter((l) => entries.some((e) => e.leaf === l.n));
	assert.deepEqual(leaves.map((l) => l.leaf), entries.map((e) => commitment(e.nonce, e.detail)));
	const [{ size }] = await look(directory);
	assert.equal(await extend(directory, size, leaves.map((l) => l.n)), true);
	for (const [i, [o, subject]] of subjects.entries())
		assert.equal((await within(owner, o.org, async () => (await owner.query('SELECT place FROM identity_entry WHERE subject = $1', [subject])).rows))[0].place, size + i);
});

test('the signer finds every log in which leaves wait, one after another', async () => {
	const some = [];
	for (let i = 0; i < 3; i++) some.push(await makeOrg(owner));
	for (const o of some) for (let i = 0; i < 3; i++) await add(app, o, 'room_topics');
	const seen = [];
	for (let last = null; ;) {
		const rows = await ask(signer, null, 'log_waiting', { after: last, all: false, most: 2 });
		seen.push(...rows.map((r) => r.log));
		if (rows.length < 2) break;
		last = rows.at(-1).log;
	}
	assert.deepEqual(seen, [...new Set(seen)].sort());
	for (const o of some) assert.ok(seen.includes(o.org));
});

test('a head is kept for everybody, a refusal until there is a head again', async () => {
	const other = await makeOrg(owner);
	await look(other.org);
	const state = async () => (await app.query('SELECT note, signed_size, refused, refused_at FROM log WHERE log = $1', [other.org])).rows[0];
	const publish = async (size, note) => (await ask(signer, null, 'log_publish', { log: other.org, size, note, key: 'k' }))[0].done;
	assert.equal(await publish(1, 'of more leaves than there are'), false);
	await ask(signer, null, 'log_refuse', { log: other.org, word: 'rewritten' });
	const { refused, refused_at: since } = await state();
	assert.equal(refused, 'rewritten');
	await ask(signer, null, 'log_refuse', { log: other.org, word: 'rewritten' });
	assert.deepEqual((await state()).refused_at, since);
	assert.equal(await publish(0, 'note'), true);
	assert.deepEqual(await state(), { note: 'note', signed_size: 0, refused: null, refused_at: null });
});

test('only the first hashes of a tile are given, and only as many as there are', async () => {
	const other = await makeOrg(owner);
	for (let i = 0; i < 3; i++) await add(app, other, 'room_topics');
	const leaves = await ask(signer, null, 'log_take', { log: other.org, most: 9 });
	const tile = Buffer.concat(leaves.map((l) => l.leaf));
	await look(other.org);
	await extend(other.org, 0, leaves.map((l) => l.n), [[0, 0, tile]]);
	const get = (width) => ask(app, null, 'log_tile', { log: other.org, level: 0, n: 0, width });
	assert.deepEqual(await get(2), [{ hashes: tile.subarray(0, 64) }]);
	assert.deepEqual(await get(4), []);
});

test('events are found by time, by what was done and by person, whoever did it or had it done to them', async () => {
	const other = await makeOrg(owner), [one, two, dpo] = [id(), id(), id()];
	const put = (at, actor, action, object) => within(owner, other.org, () =>
		owner.query('INSERT INTO audit (at, actor, action, object) VALUES ($1, $2, $3, $4)', [at, actor, action, object]));
	await put('2026-01-01', one, 'room_topics', two);
	await put('2026-02-01', two, 'room_topics', one);
	await put('2026-03-01', two, 'export', two);
	const find = async (filter) => (await ask(app, other.org, 'event_list',
		{ actor: dpo, before: 9e15, reason: 'why', take: false, since: null, until: null, action: null, person: null, most: 9, ...filter })).filter((r) => r.action !== 'event_read').map((r) => r.at.toISOString().slice(5, 7));
	assert.deepEqual(await find({}), ['03', '02', '01']);
	assert.deepEqual(await find({ since: '2026-01-15', until: '2026-02-15' }), ['02']);
	assert.deepEqual(await find({ action: 'room_topics' }), ['02', '01']);
	assert.deepEqual(await find({ person: one }), ['02', '01']);
	assert.deepEqual(await find({ person: two, action: 'export' }), ['03']);
	assert.deepEqual(await find({ person: two, until: '2026-01-15' }), ['01']);
	assert.deepEqual(await find({ person: dpo }), []);
});

test('to take events along is another event than to look at them', async () => {
	const other = await makeOrg(owner), dpo = id();
	for (const take of [false, true])
		await ask(app, other.org, 'event_list', { actor: dpo, before: null, reason: 'An audit', take, since: null, until: null, action: null, person: null, most: 9 });
	assert.deepEqual((await events(other)).map((e) => [e.action, e.reason]), [['event_read', 'An audit'], ['event_export', 'An audit']]);
});

test('who reads on without having said why is written down as if they began', async () => {
	const other = await makeOrg(owner), [one, two] = [id(), id()];
	const page = (actor, change) => ask(app, other.org, 'event_list', { actor, before: 9e15, reason: 'An audit', take: false, since: null, until: null, action: null, person: null, most: 9, ...change });
	const rows = (actor, change) => ask(app, other.org, 'retention_page', { actor, reason: 'An audit', source: 'room', until: new Date(), place: '0 00000000-0000-0000-0000-000000000000 0', most: 9, ...change });
	const noted = async () => (await events(other)).map((e) => `${e.action} ${e.actor === one ? 'one' : 'two'}`);
	await page(one);
	assert.deepEqual(await noted(), ['event_read one']);
	await page(one);
	await page(one, { before: null });
	await page(one);
	assert.deepEqual(await noted(), ['event_read one', 'event_read one'], 'two readings, and what goes on with them');
	await page(two);
	await page(one, { reason: 'Curiosity' });
	await page(one, { take: true });
	await page(one, { person: two });
	assert.deepEqual((await noted()).slice(2), ['event_read two', 'event_read one', 'event_export one', 'event_read one']);
	await rows(one);
	await rows(one);
	await rows(two, { place: null });
	await rows(two);
	assert.deepEqual((await noted()).slice(6), ['retention_read one', 'retention_read two']);
	await within(owner, other.org, () => owner.query("UPDATE audit SET at = at - interval '61 minutes' WHERE action = 'retention_read'"));
	await rows(two);
	assert.equal((await noted()).length, 9, 'an hour later that is another reading');
});

test('an action that nobody has declared cannot be stored, and every one that is declared has words in each language', async () => {
	for (const client of [app, owner])
		await assert.rejects(within(client, org.org, () => client.query("INSERT INTO audit (action) VALUES ('made_up')")), { code: '23514', constraint: 'audit_action_known' });
	const declared = [...readFileSync(join(root, 'proto', 'audit.def'), 'utf8').matchAll(/^AUDIT\((\w+)\)$/gm)].map(([, word]) => word);
	assert.ok(declared.length > 100);
	assert.deepEqual((await owner.query('SELECT action FROM audit_action ORDER BY action COLLATE "C"')).rows.map((row) => row.action), declared);
	const folders = readdirSync(join(root, 'web', 'src', 'text'), { withFileTypes: true }).filter((one) => one.isDirectory());
	for (const language of ['fi', 'sv', 'en']) {
		const keys = folders.flatMap(({ name }) => Object.keys(JSON.parse(readFileSync(join(root, 'web', 'src', 'text', name, `${language}.json`), 'utf8'))));
		assert.deepEqual(keys.filter((key) => key.startsWith('event.a.')).map((key) => key.slice(8)).sort(), declared, language);
	}
	await refused(within(app, org.org, () => app.query("INSERT INTO audit_action (action) VALUES ('made_up')")), '42501', assert);
});

test('a refusal is noted once a minute for a person and a word', async () => {
	const other = await makeOrg(owner), [one, two] = [id(), id()];
	const refuse = async (actor, word) => (await ask(app, other.org, 'audit_refused', { actor, word }))[0].noted;
	assert.deepEqual([await refuse(one, 'staff_list'), await refuse(one, 'staff_list'), await refuse(one, 'event_list'), await refuse(two, 'staff_list')], [true, false, true, true]);
	await within(owner, other.org, () => owner.query("INSERT INTO audit (at, actor, action, object, word) VALUES (now() - interval '61 seconds', $1, 'refused', $1, 'room_list')", [two]));
	assert.equal(await refuse(two, 'room_list'), true);
	assert.equal((await events(other)).length, 5);
});

test('unlockers that are changed are noted, and a room\'s events are its own', async () => {
	const other = await makeOrg(owner), account = await makeAccount(owner, other), room = id();
	await within(app, other.org, async () => {
		await app.query('INSERT INTO self_keys (account, version, unlockers, list_mac, keys) VALUES ($1, 1, $2, $3, $4)', [account, [Buffer.alloc(100)], Buffer.alloc(32), Buffer.alloc(32)]);
		await app.query('UPDATE self_keys SET version = 2 WHERE account = $1', [account]);
		await app.query("INSERT INTO audit (actor, action, object) VALUES ($1, 'export', $2)", [account, room]);
	});
	assert.deepEqual((await events(other)).map((e) => e.action), ['unlockers_change', 'unlockers_change', 'export']);
	assert.deepEqual((await ask(app, other.org, 'room_events', { room, before: null, most: 9 })).map((e) => e.action), ['export']);
});
