// Migrations that run while the last release serves (db/release.json says which that is): its statements work before, during and
// after, nobody waits for long, and the program that migrates steps back when others are in the way.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fill } from './filled.mjs';
import { connect, envelope, makeOrg, makeRoom, root } from './lib.mjs';
import { asFarAsItGoes, broken, everything, going, makeDatabases, makeFolder, measured, migrate, posting, release, released } from './upgrade.mjs';

const database = 'luotsi_upgrade';
const old = {}, clients = {};
let owner, room, world, works;

before(async () => {
	await makeDatabases(database);
	for (const place of ['migrations', 'units']) old[place] = released(place);
	const { code, log } = await migrate(database, { migrations: old.migrations.path, units: old.units.path }).ended;
	assert.equal(code, 0, log);
	owner = await connect('luotsi_owner', database);
	[clients.main, clients.units] = [await connect('postgres', database), await connect('postgres', `${database}_units`)];
	room = await makeRoom(owner, await makeOrg(owner));
	world = await fill(asFarAsItGoes(owner), room);
	works = await measured(clients, world);
});
after(async () => {
	for (const folder of Object.values(old)) folder.drop();
	await Promise.all([owner, ...Object.values(clients)].map((client) => client?.end()));
});

const namesIn = (place) => readdirSync(join(root, 'db', place)).filter((name) => name.endsWith('.sql')).sort();
const inTurn = async (work) => {
	for (const client of Object.values(clients)) await client.query('BEGIN');
	try {
		return await work();
	} finally {
		for (const client of Object.values(clients)) await client.query('ROLLBACK');
	}
};

test('no migration of the last release was changed or taken away', () => {
	for (const place of ['migrations', 'units'])
		for (const { name, sha256 } of release[place])
			assert.equal(createHash('sha256').update(readFileSync(join(root, 'db', place, name))).digest('hex'), sha256, `${place}/${name}`);
});

test('at the release nearly all of its statements can be tried to their end', () => {
	const failing = [...works.states].filter(([, one]) => one.state !== 'ok').map(([name, one]) => `${name} ${one.state}`);
	assert.ok(failing.length < release.statements.length / 5, failing.join(', '));
});

test('the migrations since then run while it serves: nothing fails, nobody waits long, what was acknowledged is there', async () => {
	const asks = await everything(database, world, works), posts = await posting(database, room, () => envelope(room, room.client, { epoch_max_messages: 1_000_000 }));
	try {
		await Promise.all([asks.rounds(1), posts.rounds(20)]); // all is prepared, as in a process that has served for days
		const { code, log } = await migrate(database).ended;
		assert.equal(code, 0, log);
		await Promise.all([asks.rounds(2), posts.rounds(20)]);
	} finally {
		await Promise.all([asks, posts].map((load) => load.stop())).finally(() => Promise.all([asks.end(), posts.end()]));
	}
	const { rows } = await clients.main.query('SELECT msg_id, seq FROM message WHERE room = $1 ORDER BY seq', [room.room]);
	assert.deepEqual(rows, posts.sent);
	const { rows: applied } = await clients.main.query('SELECT name FROM luotsi_migration ORDER BY name');
	assert.deepEqual(applied.map((row) => row.name), namesIn('migrations'));
});

test('afterwards the release can do all that it could', async () => {
	assert.deepEqual(await inTurn(() => broken(clients, world, works)), []);
});

const BAD = {
	'takes a column that the release reads': ['ALTER TABLE ws_ticket DROP COLUMN session CASCADE', /^ws_ticket: ok, now 42703$/m],
	'gives a column another type': ['ALTER TABLE audit ALTER COLUMN word TYPE varchar(400)', /^own_events: ok, now types$/m],
	'wants a column that the release does not write': ['ALTER TABLE message ADD COLUMN more int; UPDATE message SET more = 1; ALTER TABLE message ALTER COLUMN more SET NOT NULL', /^message\.more: /m],
	'takes a right from the release': ['REVOKE SELECT ON room FROM luotsi_app', /: ok, now 42501$/m],
};
for (const [what, [sql, pattern]] of Object.entries(BAD))
	test(`a migration is found out that ${what}`, async () => {
		const found = await inTurn(async () => {
			await clients.main.query(sql);
			return broken(clients, world, works);
		});
		assert.match(found.join('\n'), pattern);
	});

test('a migration is found out that keeps a table for itself', async () => {
	const client = await connect('luotsi_app', database), asks = going(() => client.query('SELECT count(*) FROM room'));
	await client.query("SET lock_timeout = '50ms'");
	await inTurn(async () => {
		await clients.main.query('LOCK TABLE room IN ACCESS EXCLUSIVE MODE');
		await assert.rejects(asks.rounds(1_000_000), { code: '55P03' });
	});
	await assert.rejects(asks.stop(), { code: '55P03' });
	await client.end();
});

test('who migrates steps back from a lock, lets others through, and comes back until it is free', async () => {
	const folder = makeFolder('migrations', namesIn('migrations'), { '9001_probe.sql': 'ALTER TABLE room ADD COLUMN probe int;' });
	const holder = await connect('luotsi_app', database), posts = await posting(database, room, () => envelope(room, room.client, { epoch_max_messages: 1_000_000 }));
	await holder.query('BEGIN; SELECT count(*) FROM room');
	const work = migrate(database, { migrations: folder.path });
	try {
		for (const tries of [1, 2, 3]) {
			await Promise.race([work.says(new RegExp(`migrate_waits .*tries=${tries}\\b`)), posts.rounds(Infinity)]);
			await posts.rounds(5);
		}
		await holder.query('COMMIT');
		const { code, log } = await work.ended;
		assert.equal(code, 0, log);
		assert.match(log, /migrated file=9001_probe\.sql/);
	} finally {
		work.kill();
		await posts.stop().finally(() => Promise.all([posts.end(), holder.end()]));
		folder.drop();
	}
});

test('the release that comes back finds what a later one applied, and leaves it; another gap is refused', async () => {
	const { code, log } = await migrate(database, { migrations: old.migrations.path, units: old.units.path }).ended;
	assert.equal(code, 0, log);
	assert.match(log, /migrate_later file=9001_probe\.sql/);
	assert.doesNotMatch(log, /migrated /);
	const gap = makeFolder('migrations', release.migrations.slice(1).map((one) => one.name));
	const refused = await migrate(database, { migrations: gap.path, units: old.units.path }).ended;
	gap.drop();
	assert.notEqual(refused.code, 0);
	assert.match(refused.log, new RegExp(`migrate_missing file=${release.migrations[0].name}`));
});
