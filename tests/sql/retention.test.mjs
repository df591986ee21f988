// Retention by the database alone: what is due, what is held, what goes and what stays. Killed in the middle: killed-erasure.test.mjs.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ask, connect, envelope, id, makeAccount, makeOrg, makeRoom, post, rand32, ruleHolds, terms, within } from './lib.mjs';

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
	await ruleHolds(owner, org);
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
	assert.equal(Object.keys(await left(org, room)).length, tables.length, 'whoever it is about hears of it first');
	const inDays = async () => Math.round(((await ask(app, org.org, 'retention_of_room', { room: room.room }))[0].due_at - Date.now()) / 86_400_000) + 0;
	assert.equal(await inDays(), 14);
	assert.deepEqual((await ask(app, org.org, 'retention_due', { until: new Date(Date.now() + 15 * 86_400_000), most: 10 })).map((d) => `${d.kind} ${d.held}`), ['room false']);
	await sql(org, "UPDATE legal_hold SET ended_at = now() - interval '14 days'");
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
	await sql(org, "UPDATE file SET state = 'sent', seq = 1, sent_at = now() - interval '40 days' WHERE file = $1", [room.file]);
	await round();
	assert.equal((await left(org, room)).file_part, 1, 'without a rule it stays');
	assert.equal((await ask(app, org.org, 'retention_rule_put', { actor: id(), kind: 'file', version: 0, days: 30 }))[0].outcome, 'ok');
	await ruleHolds(owner, org);
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
	// file: with its room; staff_label, staff_plan: of staff, who are not erased by a rule.
	assert.deepEqual(held('account'), ['account_enrolment', 'account_identity', 'file', 'passkey', 'self_keys', 'self_state', 'session', 'staff_label', 'staff_plan']);
});

// --- what goes in rooms that go on ---

const epochMade = (org, room, epoch, keysets = [0]) => within(owner, org.org, async () => {
	await owner.query("INSERT INTO control_entry (room, n, type, sender, env_hash, entry) VALUES ($1, $2, 1, $3, $4, $5)", [room.room, epoch - 1, room.staff.account, rand32(), Buffer.alloc(300)]);
	await owner.query('INSERT INTO room_epoch (room, epoch, entry, first_seq) SELECT $1, $2, $3, last_seq + 1 FROM room WHERE room = $1', [room.room, epoch, epoch - 1]);
	await owner.query('UPDATE room SET epoch = $2, pending = false WHERE room = $1', [room.room, epoch]);
	for (const keyset of keysets)
		await owner.query('INSERT INTO wrap (room, entry, keyset, epoch, rtype, rid, rkid, wrap) VALUES ($1, $2, $3, $4, 1, $5, $6, $7)', [room.room, epoch - 1, keyset, epoch, room.client.account, rand32(), Buffer.alloc(142)]);
}).then(() => put(org, room.room, epoch));
const setRule = (org, kind, n, version = 0) => ask(app, org.org, 'retention_rule_put', { actor: id(), kind, version, days: n }).then((r) => r[0]);
// A rule that has been told long enough.
const rule = async (...of) => {
	const said = await setRule(...of);
	await ruleHolds(owner, of[0]);
	return said;
};
const say = (org, room, member, epoch, ...kinds) => post(app, org.org, kinds.map((kind) => envelope(room, member, { kind, epoch })));
const read = async (org, room, member, epoch) => post(app, org.org, [envelope(room, member, { kind: 2, epoch, target: (await sql(org, 'SELECT msg_id FROM message WHERE room = $1 AND seq = 3', [room.room]))[0].msg_id })]);
const aged = (org, room, n) => sql(org, 'UPDATE stretch SET over_at = now() - $2::interval WHERE room = $1', [room.room, days(n)]);
const standing = async (org, room) => (await sql(org, 'SELECT seq::int AS seq, kind, tombstone, erased_at IS NOT NULL AS told FROM message WHERE room = $1 ORDER BY seq', [room.room]))
	.map((m) => `${m.seq}:${m.kind}${m.tombstone ? 'x' : ''}${m.told ? '!' : ''}`).join(' ');
const stretches = async (org, room) => (await sql(org, 'SELECT epoch, kind FROM stretch WHERE room = $1 ORDER BY epoch, kind', [room.room])).map((s) => `${s.epoch} ${s.kind}`);

// Epoch 1 with the name card, 2 with a message of each sort, 3 that goes on.
const goesOn = async (org) => {
	const room = await makeRoom(owner, org);
	await epochMade(org, room, 1);
	await say(org, room, room.client, 1, 1, 1);
	await epochMade(org, room, 2);
	await say(org, room, room.staff, 2, 1, 3, 9);
	await read(org, room, room.client, 2);
	await epochMade(org, room, 3);
	await say(org, room, room.client, 3, 1);
	return room;
};

test('of rooms that go on each kind goes by its rule, and the key of an epoch with the last of it', async () => {
	const org = await makeOrg(owner), room = await goesOn(org);
	assert.deepEqual(await stretches(org, room), ['1 message', '2 assignment', '2 message', '2 note']);
	await aged(org, room, 50);
	await round();
	assert.equal(await standing(org, room), '1:1 2:1 3:1 4:3 5:9 6:2 7:1', 'an agreement without terms has no rule for them');
	assert.equal((await rule(org, 'message', 40)).outcome, 'ok');
	await rule(org, 'assignment', 45);
	await round();
	assert.equal(await standing(org, room), '1:1 2:1x! 3:1x! 4:3x! 5:9 6:2 7:1', 'the name card stays, and the read mark');
	assert.ok(await got(org, room.room, 2), 'the note needs the key');
	await rule(org, 'note', 45);
	await round();
	assert.equal(await standing(org, room), '1:1 2:1x! 3:1x! 4:3x! 5:9x! 6:2 7:1');
	assert.equal(await got(org, room.room, 2), null);
	for (const epoch of [1, 3]) assert.ok(await got(org, room.room, epoch), `epoch ${epoch}`);
	assert.deepEqual((await sql(org, 'SELECT epoch FROM wrap WHERE room = $1 ORDER BY epoch', [room.room])).map((w) => w.epoch), [1, 3]);
	assert.deepEqual(await stretches(org, room), []);
	assert.deepEqual(await faults(org), []);
	const told = (await ask(app, org.org, 'erasure_certificates', { before: 99, most: 9 })).map((c) => c.body.erased.map((e) => `${e.kind} ${e.objects} ${e.messages} ${e.units} ${e.wraps}`));
	assert.deepEqual(told, [['note 1 1 1 1'], ['assignment 1 1 0 0', 'message 2 2 0 0']]);
	const tombstone = (await sql(org, 'SELECT octet_length(envelope) AS n FROM message WHERE room = $1 AND seq = 3', [room.room]))[0];
	assert.equal(tombstone.n, 240 + 32 + 64);
});

test('the key of an epoch stays for its files, and for later notes that open by it', async () => {
	const org = await makeOrg(owner), room = await makeRoom(owner, org), file = id();
	for (const kind of ['message', 'note']) await rule(org, kind, 40);
	await epochMade(org, room, 1, [0, 1]);
	await say(org, room, room.staff, 1, 1, 8);
	await sql(org, "INSERT INTO file (file, room, account, cipher_size, state, seq) VALUES ($1, $2, $3, 16472, 'sent', 3)", [file, room.room, room.staff.account]);
	await sql(org, `INSERT INTO message (room, seq, msg_id, sender, kind, op, header_len, retention_class, at, env_hash, envelope)
		VALUES ($1, 3, $2, $3, 5, 0, 240, 1, now(), $4, $5)`, [room.room, id(), room.staff.account, rand32(), Buffer.alloc(700)]);
	await sql(org, 'UPDATE room SET last_seq = 3 WHERE room = $1', [room.room]);
	await epochMade(org, room, 2);
	await say(org, room, room.staff, 2, 8);
	await epochMade(org, room, 3, [0, 1]);
	await sql(org, "UPDATE stretch SET over_at = now() - interval '41 days' WHERE room = $1 AND epoch = 1", [room.room]);
	await round();
	assert.equal(await standing(org, room), '1:1x! 2:8x! 3:5 4:8');
	assert.ok(await got(org, room.room, 1));
	await rule(org, 'file', 30);
	await sql(org, "UPDATE file SET sent_at = now() - interval '31 days' WHERE file = $1", [file]);
	await round();
	assert.equal(await standing(org, room), '1:1x! 2:8x! 3:5x! 4:8');
	assert.ok(await got(org, room.room, 1), 'the note of epoch 2 opens by it');
	await aged(org, room, 41);
	await round();
	assert.equal(await standing(org, room), '1:1x! 2:8x! 3:5x! 4:8x!');
	assert.deepEqual([await got(org, room.room, 1), await got(org, room.room, 2)], [null, null]);
	assert.deepEqual(await faults(org), []);
});

test('a closed room ends its stretch until it is opened again, and never writes in an epoch of which something has gone', async () => {
	const org = await makeOrg(owner), room = await makeRoom(owner, org);
	await rule(org, 'message', 30);
	await epochMade(org, room, 1);
	await say(org, room, room.staff, 1, 1);
	const phase = (to) => sql(org, 'UPDATE room SET phase = $2 WHERE room = $1', [room.room, to]);
	await phase('closed');
	assert.deepEqual(await stretches(org, room), ['1 message']);
	await phase('open');
	assert.deepEqual(await stretches(org, room), []);
	await phase('closed');
	await aged(org, room, 31);
	await round();
	assert.equal(await standing(org, room), '1:1x!');
	await phase('open');
	assert.deepEqual((await say(org, room, room.client, 1, 1)).map((a) => a.outcome), ['rotation_pending']);
	assert.equal(await got(org, room.room, 1), null);
});

test('a room that goes while its stretch is on the way takes it along, and a hold holds both', async () => {
	const org = await makeOrg(owner), room = await goesOn(org), [one, two] = [id(), id()], hold = id();
	await rule(org, 'message', 40);
	await aged(org, room, 41);
	await ask(app, org.org, 'hold_ask', { actor: one, hold, kind: 'room', object: room.room, reason: 'Kantelu 3/26' });
	await ask(app, org.org, 'hold_step', { actor: two, hold, step: 'make' });
	await round();
	assert.equal((await standing(org, room)).includes('x'), false);
	assert.deepEqual((await ask(app, org.org, 'retention_due', { until: new Date(), most: 10 })).map((d) => `${d.kind} ${d.part} ${d.held}`), ['message 1 true', 'message 2 true']);
	await ask(app, org.org, 'hold_step', { actor: one, hold, step: 'end_ask' });
	await ask(app, org.org, 'hold_step', { actor: two, hold, step: 'end' });
	await sql(org, "UPDATE legal_hold SET ended_at = now() - interval '14 days'");
	await steps.begin();
	await sql(org, "UPDATE room SET phase = 'closed' WHERE room = $1", [room.room]);
	await sql(org, "UPDATE room SET closed_at = now() - interval '500 days' WHERE room = $1", [room.room]);
	await round();
	assert.deepEqual([await left(org, { ...room, file: id() }), await faults(org)], [{}, []]);
	assert.deepEqual(await sql(org, 'SELECT kind FROM erasure WHERE done_at IS NULL'), []);
});

test('the limit of each kind is that of the terms, which is its rule until there is another', async () => {
	const org = await makeOrg(owner);
	const put = (n, retention) => sql(org, `INSERT INTO agreement_version (agreement, version, language, terms, holds_from, made_by) VALUES ($1, $2, 'fi', $3, '2026-01-01', $4)`,
		[org.agreement, n, terms({ retention: { ...terms().retention, ...retention } }), id()]).then(() => sql(org, 'UPDATE agreement SET version = $2 WHERE agreement = $1', [org.agreement, n]));
	await put(1, { messages: 100, notes: 60 });
	const rules = async () => Object.fromEntries((await ask(app, org.org, 'retention_rules', {})).map((r) => [r.kind, `${r.days} v${r.version}`]));
	assert.deepEqual(await rules(), { room: '456 v0', account: '456 v0', message: '100 v0', file: '456 v0', assignment: '456 v0', note: '60 v0', anonymous: '30 v0', audit: '1825 v0' });
	assert.deepEqual(await rule(org, 'message', 101), { outcome: 'bad_field', most: 100 });
	assert.equal((await rule(org, 'message', 90)).outcome, 'ok');
	await put(2, { messages: 80 });
	assert.equal((await rules()).message, '80 v1', 'an amendment that allows less is the rule');
	assert.deepEqual((await ask(app, org.org, 'retention_versions', { most: 9 })).map((v) => `${v.kind} ${v.version} ${v.days}`), ['message 1 90']);
});

test('whatever makes a rule shorter, nothing goes by it for fourteen days, and its day is told', async () => {
	const org = await makeOrg(owner);
	const version = (n, closed_rooms) => sql(org, `INSERT INTO agreement_version (agreement, version, language, terms, holds_from, made_by) VALUES ($1, $2, 'fi', $3, '2026-01-01', $4)`,
		[org.agreement, n, terms({ retention: { ...terms().retention, closed_rooms } }), id()]).then(() => sql(org, 'UPDATE agreement SET version = $2 WHERE agreement = $1', [org.agreement, n]));
	const [old, young, late] = [await filled(org, 200), await filled(org, 20), await filled(org, 456)];
	const goes = async (room) => Math.round(((await ask(app, org.org, 'retention_of_room', { room: room.room }))[0].due_at - Date.now()) / 86_400_000) + 0;
	const due = async (on) => (await ask(app, org.org, 'retention_due', { until: new Date(Date.now() + on * 86_400_000), most: 99 })).filter((d) => d.kind === 'room').length;
	assert.deepEqual([await goes(old), await goes(young), await goes(late)], [256, 436, 0]);
	await version(1, 456);
	assert.deepEqual(await sql(org, "SELECT FROM retention_change WHERE kind = 'room'"), [], 'nothing is shorter');
	assert.equal((await setRule(org, 'room', 100)).outcome, 'ok');
	assert.deepEqual([await goes(old), await goes(young), await goes(late)], [14, 80, 0]);
	assert.deepEqual([await due(0), await due(13.9), await due(14.1)], [1, 1, 2]);
	await round();
	assert.equal(Object.keys(await left(org, old)).length, tables.length);
	assert.deepEqual(await left(org, late), {}, 'what was due before goes');
	const [told] = (await ask(app, org.org, 'retention_rules', {})).filter((r) => r.kind === 'room');
	assert.deepEqual([told.days, told.days_before, Math.round((told.holds_from - Date.now()) / 86_400_000)], [100, 456, 14]);

	await sql(org, "UPDATE retention_change SET holds_from = now() + interval '3 days'");
	await setRule(org, 'room', 30, 1);
	assert.deepEqual([await goes(old), await goes(young)], [14, 14], 'still shorter: told anew');
	await sql(org, "UPDATE retention_change SET holds_from = now() + interval '3 days'");
	await setRule(org, 'room', 60, 2);
	assert.deepEqual([await goes(old), await goes(young)], [3, 40], 'longer than what was told: its day stays');
	await setRule(org, 'room', 456, 3);
	assert.deepEqual([await goes(old), await sql(org, "SELECT FROM retention_change WHERE kind = 'room'")], [256, []], 'taken back');
	await version(2, 90);
	assert.deepEqual([await goes(old), await goes(young)], [14, 70], 'an amendment');
	await sql(org, "UPDATE retention_change SET holds_from = now() + interval '2 days'");
	await sql(org, "UPDATE agreement SET state = 'ending', ends_on = day_now() + 60");
	assert.equal(await goes(old), 2, 'what leaves the days as they are puts nothing off');
	await ruleHolds(owner, org);
	await round();
	assert.deepEqual(await left(org, old), {});
});

test('a room and a client have fourteen days, however short the rule', async () => {
	const org = await makeOrg(owner), room = await filled(org, 13);
	for (const kind of ['room', 'account']) assert.deepEqual(await setRule(org, kind, 13), { outcome: 'bad_field', most: 456 });
	await sql(org, `INSERT INTO agreement_version (agreement, version, language, terms, holds_from, made_by) VALUES ($1, 1, 'fi', $2, '2026-01-01', $3)`,
		[org.agreement, terms({ retention: { ...terms().retention, closed_rooms: 1, accounts: 2 } }), id()]);
	await sql(org, 'UPDATE agreement SET version = 1');
	await ruleHolds(owner, org);
	assert.deepEqual((await ask(app, org.org, 'retention_rules', {})).filter((r) => ['room', 'account'].includes(r.kind)).map((r) => r.days), [14, 14]);
	await round();
	assert.equal(Object.keys(await left(org, room)).length, tables.length);
	await sql(org, "UPDATE room SET closed_at = now() - interval '14 days' WHERE room = $1", [room.room]);
	await round();
	assert.deepEqual(await left(org, room), {});
});

test('the detail of events that a shorter rule is about is told for fourteen days more', async () => {
	const org = await makeOrg(owner);
	await sql(org, "INSERT INTO audit (action, at, place) VALUES ('export', now() - interval '40 days', NULL)");
	await sql(org, "UPDATE audit SET place = 0 WHERE org = luotsi_org()");
	const told = async () => (await sql(org, "SELECT count(*)::int AS n FROM audit WHERE action = 'export'"))[0].n;
	const expire = () => ask(jobs, null, 'job_audit_expire', { most: 1000 });
	await sql(org, `INSERT INTO agreement_version (agreement, version, language, terms, holds_from, made_by) VALUES ($1, 1, 'fi', $2, '2026-01-01', $3)`, [org.agreement, terms(), id()]);
	await sql(org, 'UPDATE agreement SET version = 1');
	assert.equal((await setRule(org, 'audit', 30)).outcome, 'ok');
	await expire();
	assert.equal(await told(), 1);
	await ruleHolds(owner, org);
	await expire();
	assert.equal(await told(), 0);
});

test('the dry run adds up page by page to what is due, each page along an index', async () => {
	const org = await makeOrg(owner), soon = new Date(Date.now() + 100 * 86_400_000);
	const rooms = [await filled(org, 500), await filled(org, 400), await filled(org, 10), await goesOn(org)];
	await rule(org, 'message', 90);
	await aged(org, rooms[3], 30);
	await sql(org, `INSERT INTO account_identity (account, key_version, blind_index, code, country, provider, acr, identified_at)
		VALUES ($1, 1, $2, $3, 'FI', 'bank', 'loa2', now() - interval '457 days')`, [rooms[3].client.account, rand32(), Buffer.alloc(40)]);
	const sums = {}, months = new Set();
	for (const source of ['room', 'client_room', 'account', 'file', 'message', 'assignment', 'note'])
		for (let place = null, pages = 0; place !== undefined; pages++) {
			assert.ok(pages < 9);
			const page = await ask(app, org.org, 'retention_dry', { source, until: soon, days: null, place, most: 1 });
			place = page[0]?.place;
			for (const row of page) sums[source] = (sums[source] ?? 0) + row.n;
			for (const row of page) months.add(row.month);
		}
	assert.deepEqual(sums, { room: 2, client_room: 1, account: 1, message: 5 });
	assert.ok(months.has(new Date().toISOString().slice(0, 7)) && months.size > 1, 'what is due already goes now');
	assert.equal((await ask(app, org.org, 'retention_due', { until: soon, most: 99 })).length, 9);
	const inDays = (n) => new Date(Date.now() + n * 86_400_000);
	const dry = async (n, on) => (await ask(app, org.org, 'retention_dry', { source: 'room', until: inDays(on), days: n, place: null, most: 99 })).reduce((sum, row) => sum + row.n, 0);
	assert.deepEqual([await dry(null, 0), await dry(399, 13), await dry(399, 15), await dry(9, 15)], [1, 1, 2, 3], 'as if the rule said so, in fourteen days');
	const other = await makeOrg(owner);
	assert.deepEqual(await ask(app, other.org, 'retention_dry', { source: 'room', until: soon, days: null, place: null, most: 99 }), []);
	await assert.rejects(ask(app, org.org, 'retention_dry', { source: 'room', until: soon, days: null, place: 'x', most: 99 }), { constraint: 'retention_place__bad_field' });
});

test('a page of the dry run does not walk what is not due', async () => {
	const org = await makeOrg(owner);
	await rule(org, 'message', 30);
	await sql(org, `INSERT INTO room (room, agreement, phase, retention_class, log_head, n_entries, closed_at)
		SELECT gen_random_uuid(), $1, 'closed', 1, $2, 1, now() - make_interval(days => n % 600) FROM generate_series(1, 20000) AS n`, [org.agreement, rand32()]);
	await owner.query('ANALYZE room'); // else each stretch may look for its room in all of them
	await sql(org, "INSERT INTO stretch (room, epoch, kind, first_seq, last_seq, over_at) SELECT room, 1, 'message', 1, 9, now() - make_interval(days => (random() * 20)::int) FROM room");
	await owner.query('ANALYZE stretch');
	const reads = (source) => within(owner, org.org, async () => {
		const text = "SELECT count(*) FROM retention_page($1, now(), NULL, NULL, 100)";
		for (let i = 0; i < 6; i++) await owner.query(text, [source]); // until its plans are those that stay
		const [{ 'QUERY PLAN': [plan] }] = (await owner.query(`EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) ${text.replace('$1', `'${source}'`)}`)).rows;
		return plan.Plan['Shared Hit Blocks'] + plan.Plan['Shared Read Blocks'];
	});
	assert.ok((await reads('room')) < 1500, `${await reads('room')} blocks for a hundred rooms`);
	assert.ok((await reads('message')) < 100, `${await reads('message')} blocks for nothing`);
});
