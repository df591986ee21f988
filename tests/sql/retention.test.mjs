// Retention by the database alone: what is due, what is held, and an erasure that is killed between any two steps.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ask, connect, envelope, id, makeAccount, makeOrg, makeRoom, post, rand32, within } from './lib.mjs';

let owner, app, jobs, units, eraser;
before(async () => {
	[owner, app, jobs] = await Promise.all(['luotsi_owner', 'luotsi_app', 'luotsi_jobs'].map((role) => connect(role)));
	[units, eraser] = [await connect('luotsi_app', 'luotsi_units'), await connect('luotsi_jobs', 'luotsi_units')];
});
after(() => Promise.all([owner, app, jobs, units, eraser].map((c) => c.end())));

const sql = (org, text, values = []) => within(owner, org.org, async () => (await owner.query(text, values)).rows);
const wrapped = () => Buffer.concat([rand32(), rand32(), Buffer.alloc(1)]);
const put = (org, unit, part, key = wrapped()) => ask(units, org.org, 'unit_put', { units: [unit], parts: [part], wrapped: [key] });
const got = async (org, unit, part) => (await ask(units, org.org, 'unit_get', { units: [unit], parts: [part] }))[0]?.wrapped;
const days = (n) => `${n} days`;

// A room with a wrap, a message, a file and the keys of its units, closed so many days ago.
const filled = async (org, closedDays) => {
	const room = await makeRoom(owner, org), file = id();
	await post(app, org.org, [envelope(room, room.client), envelope(room, room.staff)]);
	await within(owner, org.org, async () => {
		await owner.query('INSERT INTO control_entry (room, n, type, sender, env_hash, entry) VALUES ($1, 0, 1, $2, $3, $4)', [room.room, room.staff.account, rand32(), Buffer.alloc(300)]);
		await owner.query('INSERT INTO room_epoch (room, epoch, entry, first_seq) VALUES ($1, 1, 0, 1)', [room.room]);
		await owner.query('INSERT INTO wrap (room, entry, keyset, epoch, rtype, rid, rkid, wrap) VALUES ($1, 0, 0, 1, 1, $2, $3, $4)', [room.room, room.client.account, rand32(), Buffer.alloc(142)]);
		await owner.query('INSERT INTO file (file, room, account, cipher_size) VALUES ($1, $2, $3, 16472)', [file, room.room, room.client.account]);
		await owner.query('INSERT INTO file_seal (file, epoch, key) VALUES ($1, 1, $2)', [file, Buffer.alloc(133)]);
		await owner.query('INSERT INTO file_part (file, n, digest, bytes) VALUES ($1, 0, $2, $3)', [file, rand32(), Buffer.alloc(16472)]);
		await owner.query('INSERT INTO file_use (used) VALUES (16472) ON CONFLICT (org) DO UPDATE SET used = file_use.used + 16472');
		await owner.query("INSERT INTO draft (room, account, version, draft) VALUES ($1, $2, 1, '')", [room.room, room.client.account]);
		if (closedDays !== undefined) {
			await owner.query("UPDATE room SET phase = 'closed' WHERE room = $1", [room.room]);
			await owner.query('UPDATE room SET closed_at = now() - $2::interval WHERE room = $1', [room.room, days(closedDays)]);
		}
	});
	await put(org, room.room, 1);
	await put(org, file, 0);
	return { ...room, file };
};

const tables = ['room', 'message', 'wrap', 'control_entry', 'room_epoch', 'room_member', 'draft', 'file', 'file_part', 'file_seal'];
const left = async (org, room) => {
	const found = {};
	for (const table of tables) {
		const by = ['file_part', 'file_seal'].includes(table) ? 'file' : 'room';
		const [row] = await sql(org, `SELECT count(*)::int AS n FROM ${table} WHERE ${by} = $1`, [by === 'file' ? room.file : room.room]);
		if (row.n > 0) found[table] = row.n;
	}
	return found;
};

// One round of the jobs process; before each step `between` may spoil it. Every step is also done twice.
const steps = {
	begin: () => ask(jobs, null, 'job_retention_begin', { most: 100 }),
	keys: async () => {
		const [batch] = await ask(jobs, null, 'job_unit_batch_take', { most: 100 });
		if (!batch) return false;
		await ask(eraser, batch.org, 'job_unit_erase', batch);
		await ask(eraser, batch.org, 'job_unit_erase', batch);
		await ask(jobs, batch.org, 'job_unit_batch_done', batch);
		return true;
	},
	rows: async () => (await ask(jobs, null, 'job_retention_rows', { most: 1 }))[0].more > 0,
	certify: () => ask(jobs, null, 'job_retention_certify', {}),
};
const round = async () => {
	await steps.begin();
	while (await steps.keys()) continue;
	while (await steps.rows()) continue;
	await steps.certify();
};
const faults = async (org) => (await within(owner, org.org, async () => (await owner.query('SELECT fault, n FROM erasure_faults()')).rows));

test('a unit has one key, whoever makes it, and none ever again after it is gone', async () => {
	const org = await makeOrg(owner), unit = id(), mine = wrapped();
	const two = await Promise.all([put(org, unit, 1, mine), put(org, unit, 1)]);
	const stands = await got(org, unit, 1);
	for (const [row] of two) assert.deepEqual(row.wrapped, stands);
	await ask(eraser, org.org, 'job_unit_erase', { batch: id(), units: [unit], parts: [1] });
	assert.equal(await got(org, unit, 1), null);
	assert.equal((await put(org, unit, 1))[0].wrapped, null);
	assert.equal(await got(await makeOrg(owner), unit, 1), undefined, 'another organisation sees nothing');
	await assert.rejects(ask(units, org.org, 'job_unit_erase', { batch: id(), units: [unit], parts: [1] }), { code: '42501' });
});

test('what is due goes whole and leaves a tombstone, a certificate and nothing else', async () => {
	const org = await makeOrg(owner);
	const [due, young, open] = [await filled(org, 500), await filled(org, 400), await filled(org)];
	await round();
	assert.deepEqual(await left(org, due), {});
	for (const room of [young, open]) assert.equal(Object.keys(await left(org, room)).length, tables.length);
	assert.deepEqual([await got(org, due.room, 1), await got(org, due.file, 0)], [null, null]);
	assert.ok((await got(org, young.room, 1)).length === 65 && (await got(org, open.file, 0)).length === 65);
	const [certificate] = await ask(app, org.org, 'erasure_certificates', { before: 99, most: 9 });
	assert.deepEqual(certificate.body.erased, [{ kind: 'room', rule: 'room', days: 456, version: 0, objects: 1, units: 2, messages: 2, files: 1, parts: 1, wraps: 1, entries: 1 }]);
	assert.equal(certificate.body.number, 1);
	assert.ok(certificate.body.audit_last >= certificate.body.audit_first);
	assert.deepEqual(await faults(org), []);
	assert.deepEqual((await sql(org, 'SELECT used FROM file_use'))[0].used, 2 * 16472);
});

test('killed between any two steps, repeated to the end, it is the same', async () => {
	const org = await makeOrg(owner);
	for (let kill = 0; kill < 16; kill++) {
		const room = await filled(org, 500);
		let n = 0;
		// A connection that goes away takes its transaction along: the step never was.
		const maybe = async (client, work) => {
			if (n++ === kill) {
				await client.query('BEGIN');
				await work().catch(() => undefined);
				await client.query('ROLLBACK');
				return 'killed';
			}
			return work();
		};
		const begin = await maybe(jobs, () => jobs.query('SELECT retention_begin(100)'));
		if (begin === 'killed') await steps.begin();
		for (;;) {
			const taken = await maybe(jobs, () => jobs.query('SELECT * FROM unit_batch_take(100)'));
			if (taken === 'killed') continue;
			const batch = taken.rows[0];
			if (!batch) break;
			const erase = () => within(eraser, batch.org, () => eraser.query('SELECT unit_erase($1, $2, $3)', [batch.batch, batch.units, batch.parts]));
			if (n++ === kill) continue; // before the keys went
			await erase();
			if (n++ === kill) continue; // after they went, before it was confirmed
			await ask(jobs, batch.org, 'job_unit_batch_done', batch);
		}
		for (;;) {
			const row = await maybe(jobs, () => jobs.query('SELECT retention_rows(1) AS more'));
			if (row !== 'killed' && row.rows[0].more === 0) break;
		}
		if ((await maybe(jobs, () => jobs.query('SELECT retention_certify()'))) === 'killed') await steps.certify();
		assert.deepEqual(await left(org, room), {}, `killed at ${kill}`);
		assert.deepEqual(await faults(org), [], `killed at ${kill}`);
		const certificates = await ask(app, org.org, 'erasure_certificates', { before: 99, most: 99 });
		assert.equal(certificates.length, kill + 1);
		assert.deepEqual([certificates[0].body.erased[0].objects, certificates[0].body.erased[0].messages, certificates[0].body.erased[0].units], [1, 2, 2]);
	}
});

test('no row goes before the keys are confirmed to be gone, and nothing is added meanwhile', async () => {
	const org = await makeOrg(owner), room = await filled(org, 500);
	await steps.begin();
	while (await steps.rows()) continue;
	assert.equal(Object.keys(await left(org, room)).length, tables.length);
	await assert.rejects(sql(org, 'INSERT INTO wrap (room, entry, keyset, epoch, rtype, rid, rkid, wrap) VALUES ($1, 0, 0, 1, 1, $2, $3, $4)', [room.room, id(), rand32(), Buffer.alloc(142)]), { constraint: 'wrap_of_living_unit__not_found' });
	await assert.rejects(sql(org, 'INSERT INTO control_entry (room, n, type, sender, env_hash, entry) VALUES ($1, 1, 19, $2, $3, $4)', [room.room, id(), rand32(), Buffer.alloc(300)]), { constraint: 'room_not_erasing__not_found' });
	assert.equal((await post(app, org.org, [envelope(room, room.client)]))[0].outcome, 'room_closed');
	await round();
	assert.deepEqual(await left(org, room), {});
});

test('a rule is within the agreement, of one version after the other', async () => {
	const org = await makeOrg(owner), actor = id();
	const rule = (version, n) => ask(app, org.org, 'retention_rule_put', { actor, kind: 'room', version, days: n }).then((r) => r[0].outcome);
	assert.deepEqual([await rule(0, 457), await rule(0, 30), await rule(0, 40), await rule(1, 31)], ['bad_field', 'ok', 'conflict', 'ok']);
	const room = await filled(org, 32);
	const [due] = await ask(app, org.org, 'retention_due', { until: new Date(), most: 10 });
	assert.deepEqual([due.kind, due.object, due.rule, due.days, due.version, due.held], ['room', room.room, 'room', 31, 2, false]);
	const [when] = await ask(app, org.org, 'retention_of_room', { room: room.room });
	assert.ok(when.due_at < new Date() && !when.held);
});

test('a hold takes two persons to make and two to end, and holds the client with the room', async () => {
	const org = await makeOrg(owner), [one, two] = [id(), id()], room = await filled(org, 500), hold = id();
	const step = (actor, word) => ask(app, org.org, 'hold_step', { actor, hold, step: word }).then((r) => r[0].outcome);
	const asked = { actor: one, hold, kind: 'account', object: room.client.account, reason: 'Oikeudenkäynti 12/26' };
	assert.equal((await ask(app, org.org, 'hold_ask', { ...asked, object: id() }))[0].outcome, 'not_found');
	for (let i = 0; i < 2; i++) assert.equal((await ask(app, org.org, 'hold_ask', asked))[0].outcome, 'ok');
	assert.deepEqual([await step(one, 'make'), await step(two, 'end'), await step(two, 'make'), await step(two, 'make')], ['forbidden', 'conflict', 'ok', 'conflict']);
	await round();
	assert.equal(Object.keys(await left(org, room)).length, tables.length);
	assert.equal((await ask(app, org.org, 'retention_due', { until: new Date(), most: 10 }))[0].held, true);
	assert.deepEqual([await step(one, 'end_ask'), await step(one, 'end'), await step(two, 'end')], ['ok', 'forbidden', 'ok']);
	await round();
	assert.deepEqual(await left(org, room), {});
});

test('a client who has not identified for so long goes with every room, staff stay', async () => {
	const org = await makeOrg(owner), room = await filled(org), { account } = room.client;
	await within(owner, org.org, async () => {
		await owner.query(`INSERT INTO account_identity (account, key_version, blind_index, code, country, provider, acr, identified_at)
			VALUES ($1, 1, $2, $3, 'FI', 'bank', 'loa2', now() - interval '457 days')`, [account, rand32(), Buffer.alloc(40)]);
		await owner.query('INSERT INTO self_keys (account, version, unlockers, list_mac, keys) VALUES ($1, 1, $2, $3, $4)', [account, [Buffer.alloc(100)], rand32(), rand32()]);
		await owner.query("INSERT INTO passkey (passkey, account, credential, algorithm, public_key, counter, synced, device) VALUES ($1, $2, $3, -7, $4, 0, false, 'phone')", [id(), account, rand32(), Buffer.alloc(65)]);
		await owner.query('INSERT INTO identity_head (subject, n_entries, head) VALUES ($1, 1, $2)', [account, rand32()]);
	});
	await makeAccount(owner, org, 'counsellor');
	await round();
	assert.deepEqual(await left(org, room), {}, 'the room first');
	await round();
	for (const [table, by] of [['account', 'account'], ['account_identity', 'account'], ['self_keys', 'account'], ['passkey', 'account'], ['identity_head', 'subject']])
		assert.deepEqual(await sql(org, `SELECT FROM ${table} WHERE ${by} = $1`, [account]), [], table);
	assert.equal((await sql(org, 'SELECT FROM account WHERE account = $1', [room.staff.account])).length, 1);
	assert.deepEqual(await faults(org), []);
	const kinds = (await ask(app, org.org, 'erasure_certificates', { before: 99, most: 9 })).map((c) => c.body.erased.map((e) => `${e.kind} by ${e.rule}`));
	assert.deepEqual(kinds, [['account by account'], ['room by account']]);
});

test('a file may go before its room', async () => {
	const org = await makeOrg(owner), room = await filled(org);
	await sql(org, "UPDATE message SET at = now() - interval '40 days' WHERE room = $1", [room.room]);
	await sql(org, "UPDATE file SET state = 'sent', seq = 1 WHERE file = $1", [room.file]);
	await round();
	assert.equal((await left(org, room)).file_part, 1, 'without a rule it stays');
	assert.equal((await ask(app, org.org, 'retention_rule_put', { actor: id(), kind: 'file', version: 0, days: 30 }))[0].outcome, 'ok');
	await round();
	const now = await left(org, room);
	assert.deepEqual([now.file_part, now.file_seal, now.message], [undefined, undefined, 2]);
	assert.equal(await got(org, room.file, 0), null);
	assert.deepEqual(await sql(org, 'SELECT seq::int, tombstone FROM message WHERE room = $1 ORDER BY seq', [room.room]), [{ seq: 1, tombstone: true }, { seq: 2, tombstone: false }]);
});

test('keys that nothing needs are doomed, those that may still be needed are not', async () => {
	const org = await makeOrg(owner), room = await filled(org), lost = id();
	const doomed = await within(jobs, org.org, async () => (await jobs.query('SELECT unit_orphans($1, $2) AS n', [[room.room, room.room, room.file, lost, lost], [1, 2, 0, 0, 1]])).rows[0].n);
	assert.equal(doomed, 2);
	const needed = await within(jobs, org.org, async () => (await jobs.query("SELECT unit, part FROM unit_needed('00000000-0000-0000-0000-000000000000', 0, 10)")).rows);
	assert.deepEqual(needed.map((u) => `${u.unit} ${u.part}`).sort(), [`${room.room} 1`, `${room.file} 0`].sort());
	while (await steps.keys()) continue;
	assert.ok(await got(org, room.room, 1));
});

test('whatever belongs to a room or a person is known to the erasure, or goes by itself', async () => {
	const { rows } = await owner.query(`SELECT c.confrelid::regclass::text AS of, c.conrelid::regclass::text AS held FROM pg_constraint c
		WHERE c.contype = 'f' AND c.confrelid IN ('room'::regclass, 'account'::regclass) AND c.confdeltype <> 'c'`);
	const held = (of) => [...new Set(rows.filter((r) => r.of === of).map((r) => r.held))].sort();
	assert.deepEqual(held('room'), ['control_entry', 'draft', 'file', 'invitation', 'room_epoch', 'room_member', 'room_topic']);
	// file: with its room; staff_label: of staff, who are not erased by a rule.
	assert.deepEqual(held('account'), ['account_enrolment', 'account_identity', 'file', 'passkey', 'self_keys', 'self_state', 'session', 'staff_label']);
});
