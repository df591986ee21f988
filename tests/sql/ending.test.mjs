// How things end, by the database alone: hand-over killed between any two steps, what happened long ago, who is told.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ask, connect, envelope, id, makeAccount, makeOrg, makeRoom, post, rand32, ruleHolds, terms, within } from './lib.mjs';

let owner, app, jobs;
before(async () => ([owner, app, jobs] = await Promise.all(['luotsi_owner', 'luotsi_app', 'luotsi_jobs'].map((role) => connect(role)))));
after(() => Promise.all([owner, app, jobs].map((c) => c.end())));

const sql = (org, text, values = []) => within(owner, org.org, async () => (await owner.query(text, values)).rows);
const count = async (org, table, where = 'true') => (await sql(org, `SELECT count(*)::int AS n FROM ${table} WHERE org = luotsi_org() AND ${where}`))[0].n;
const due = async (org) => (await sql(org, 'SELECT * FROM agreement_due'))[0];

// An organisation whose agreement ended with so many rooms, and staff.
const ended = async ({ what = 'delete', rooms = 3, on = 'day_now()' } = {}) => {
	const org = await makeOrg(owner);
	org.rooms = [];
	for (let i = 0; i < rooms; i++) {
		const room = await makeRoom(owner, org);
		await post(app, org.org, [envelope(room, room.client)]);
		org.rooms.push(room);
	}
	org.admin = await makeAccount(owner, org, 'admin');
	await sql(org, 'INSERT INTO staff_label (account, name) VALUES ($1, $2)', [org.rooms[0].staff.account, Buffer.alloc(60)]);
	await sql(org, "UPDATE agreement SET state = 'ended', ended_at = now(), at_end = $1", [what]);
	await sql(org, `INSERT INTO agreement_due (agreement, what, ended_at, due_on) VALUES ($1, $2, now(), ${on})`, [org.agreement, what]);
	return org;
};

const begin = (org) => within(owner, org.org, async () => (await owner.query('SELECT handover_step(d, 1) AS n FROM agreement_due d WHERE d.org = luotsi_org()')).rows[0]?.n);
const keys = async () => {
	const [batch] = await ask(jobs, null, 'job_unit_batch_take', { most: 100 });
	if (batch) await ask(jobs, batch.org, 'job_unit_batch_done', batch);
	return batch !== undefined;
};
const erase = async () => {
	while (await keys()) continue;
	while ((await ask(jobs, null, 'job_retention_rows', { most: 100 }))[0].more > 0) continue;
};
const hand = async () => {
	for (let i = 0; i < 50 && (await ask(jobs, null, 'job_retention_begin', { most: 100 }))[0].begun > 0; i++) await erase();
	await ask(jobs, null, 'job_retention_certify', {});
};

test('when its day has come everything goes, people after their rooms, and a certificate says so', async () => {
	const org = await ended();
	const other = await makeRoom(owner, await makeOrg(owner));
	await hand();
	assert.deepEqual([await count(org, 'room'), await count(org, 'message'), await count(org, 'room_member'), await count(org, 'staff_label')], [0, 0, 0, 0]);
	assert.deepEqual((await sql(org, 'SELECT account, role FROM account')), [{ account: org.admin, role: 'admin' }], 'who looks after it reads the certificate');
	assert.ok((await due(org)).done_at);
	const [certificate] = await ask(app, org.org, 'erasure_certificates', { before: 99, most: 9 });
	assert.deepEqual(certificate.body.erased.map((e) => [e.kind, e.rule, e.objects]), [['account', 'agreement', 6], ['room', 'agreement', 3]]);
	assert.equal(await count({ org: other.org }, 'room'), 1, 'another organisation stays');
	assert.equal(await count(org, 'audit', "action = 'handover_done'"), 1);
	await hand();
	assert.equal(await count(org, 'audit', "action = 'handover_done'"), 1, 'once');
	await sql(org, "UPDATE agreement_due SET done_at = now() - interval '91 days'");
	await hand();
	assert.deepEqual([await count(org, 'account'), (await due(org)).over_at !== null], [0, true], 'and ninety days later nobody is there');
	assert.deepEqual(await within(owner, org.org, async () => (await owner.query('SELECT * FROM erasure_faults()')).rows), []);
});

test('killed before or after any step it ends the same', async () => {
	for (let kill = 0; kill < 8; kill++) {
		const org = await ended({ rooms: 2 });
		let n = 0;
		for (let turn = 0; turn < 40 && !(await due(org)).done_at; turn++) {
			if (n++ === kill) {
				await owner.query('BEGIN');
				await owner.query("SELECT set_config('luotsi.org', $1, true)", [org.org]);
				await owner.query('SELECT handover_step(d, 1) FROM agreement_due d WHERE d.org = luotsi_org()');
				await owner.query('ROLLBACK');
				continue;
			}
			await begin(org);
			if (n++ !== kill) await erase();
		}
		assert.deepEqual([await count(org, 'room'), await count(org, 'account'), (await due(org)).done_at !== null], [0, 1, true], `killed at ${kill}`);
		assert.deepEqual([await count(org, 'erasure', "kind = 'room'"), await count(org, 'erasure', "kind = 'account'")], [2, 4], `killed at ${kill}`);
	}
});

test('nothing goes before its day, in another state, before the receipt, or while it is held', async () => {
	const early = await ended({ on: 'day_now() + 1' }), live = await ended(), returned = await ended({ what: 'return' }), held = await ended();
	await sql(live, "UPDATE agreement SET state = 'live'");
	const [one, two, hold] = [id(), id(), id()];
	await ask(app, held.org, 'hold_ask', { actor: one, hold, kind: 'room', object: held.rooms[0].room, reason: 'Oikeudenkäynti' });
	await ask(app, held.org, 'hold_step', { actor: two, hold, step: 'make' });
	await hand();
	for (const org of [early, live, returned]) assert.deepEqual([await count(org, 'room'), (await due(org)).done_at], [3, null]);
	assert.deepEqual([await count(held, 'room'), (await due(held)).done_at], [1, null], 'the other rooms went');
	const [stands] = await ask(app, held.org, 'handover_get', { actor: held.admin, org: null, agreement: held.agreement });
	assert.deepEqual([stands.rooms, stands.held, stands.people], [1, 1, 2]);

	const receipt = (org, bytes) => ask(app, org.org, 'handover_receipt', { actor: org.admin, agreement: org.agreement, receipt: bytes }).then((r) => r[0].outcome);
	const sum = rand32();
	assert.deepEqual([await receipt(returned, sum), await receipt(returned, sum), await receipt(returned, rand32()), await receipt(early, sum)], ['ok', 'ok', 'conflict', 'conflict']);
	const told = await sql(returned, "SELECT audit_detail(a) AS line FROM audit a WHERE action = 'handover_receipt'");
	assert.deepEqual(told.map(({ line }) => line.split(' ').slice(-2)), [['sum', sum.toString('hex')]], 'the log names the file, once');
	await ask(app, held.org, 'hold_step', { actor: one, hold, step: 'end_ask' });
	await ask(app, held.org, 'hold_step', { actor: two, hold, step: 'end' });
	await hand();
	for (const org of [returned, held]) assert.deepEqual([await count(org, 'room'), (await due(org)).done_at !== null], [0, true]);
});

test('people stay when their organisation goes on under another agreement', async () => {
	const org = await ended({ rooms: 1 }), next = id();
	await sql(org, `INSERT INTO agreement (agreement, state, controller, controller_business_id, processor, retention_days, privacy_notice, service_promise)
		SELECT $1, 'live', controller, controller_business_id, processor, retention_days, privacy_notice, service_promise FROM agreement`, [next]);
	await hand();
	assert.deepEqual([await count(org, 'room'), await count(org, 'account'), (await due(org)).done_at !== null], [0, 3, true]);
});

test('what is returned is given while it may be taken, and to nobody of another organisation', async () => {
	const org = await ended({ what: 'return' }), foreign = await ended({ what: 'return' }), [room] = org.rooms;
	const rooms = (of, agreement) => ask(app, of.org, 'handover_rooms', { agreement, after: null, most: 10 });
	const messages = (of) => ask(app, of.org, 'handover_messages', { room: room.room, after: 0, most: 10 });
	assert.deepEqual([(await rooms(org, org.agreement)).length, (await rooms(foreign, org.agreement)).length], [3, 0]);
	assert.deepEqual([(await messages(org)).length, (await messages(foreign)).length], [1, 0]);
	await assert.rejects(ask(app, foreign.org, 'handover_get', { actor: foreign.admin, org: org.org, agreement: org.agreement }), { constraint: 'organisation_at__forbidden' });
	await ask(app, org.org, 'handover_receipt', { actor: org.admin, agreement: org.agreement, receipt: rand32() });
	assert.deepEqual([(await rooms(org, org.agreement)).length, (await messages(org)).length], [0, 0], 'after the receipt nothing more');
	const deleted = await ended();
	assert.equal((await rooms(deleted, deleted.agreement)).length, 0, 'what is deleted is not returned');
});

test('events lose their detail when their time has passed; leaves, holds and what has no place yet stay', async () => {
	const org = await makeOrg(owner), who = await makeAccount(owner, org);
	await sql(org, 'INSERT INTO agreement_version (agreement, version, language, terms, holds_from, made_by) VALUES ($1, 1, $2, $3, day_now(), $4)',
		[org.agreement, 'fi', JSON.stringify(terms({ retention: { ...terms().retention, audit: 100 } })), id()]);
	await sql(org, 'UPDATE agreement SET version = 1');
	await ruleHolds(owner, org);
	for (const [action, object, days, place] of [['export', id(), 102, 0], ['sign_in', id(), 101, 1], ['identified', who, 150, 2], ['room_topics', id(), 150, null], ['staff_add', id(), 99, 3]]) {
		const [{ n }] = await sql(org, 'INSERT INTO audit (action, object) VALUES ($1, $2) RETURNING n', [action, object]);
		await sql(org, "UPDATE audit SET at = now() - $2 * interval '1 day', place = $3 WHERE n = $1", [n, days, place]);
	}
	const hold = id();
	await ask(app, org.org, 'hold_ask', { actor: id(), hold, kind: 'account', object: who, reason: 'Tutkinta' });
	await ask(app, org.org, 'hold_step', { actor: id(), hold, step: 'make' });
	const leaves = async () => (await sql(org, 'SELECT count(*)::int AS n FROM log_pending WHERE log = $1', [org.org]))[0].n;
	const before = await leaves();
	const dry = async (days, most = 99, until = new Date()) => {
		const found = {};
		for (let place = null, rows; (rows = await ask(app, org.org, 'retention_dry', { source: 'audit', until, days, place, most })).length > 0; place = rows[0].place)
			for (const row of rows) found[row.held] = (found[row.held] ?? 0) + row.n;
		return found;
	};
	assert.deepEqual([await dry(null), await dry(null, 1), await dry(98, 99, new Date(Date.now() + 15 * 86_400_000))], [{ false: 3, true: 1 }, { false: 3, true: 1 }, { false: 4, true: 1 }], 'the dry run counts them, what waits for its place too');
	await assert.rejects(ask(app, org.org, 'retention_dry', { source: 'audit', until: new Date(), days: null, place: 'x', most: 1 }), { constraint: 'retention_place__bad_field' });
	const expire = async () => (await within(owner, org.org, async () => (await owner.query('SELECT audit_expire_here(100) AS n')).rows))[0].n;
	assert.equal(await expire(), 2);
	assert.deepEqual((await sql(org, "SELECT action FROM audit WHERE action IN ('export', 'sign_in', 'identified', 'room_topics', 'staff_add') ORDER BY at, action")).map((r) => r.action), ['identified', 'room_topics', 'staff_add']);
	assert.equal(await expire(), 0, 'not again the same day');
	assert.equal(await leaves(), before + 1, 'no leaf goes, one comes');
	await ask(jobs, null, 'job_retention_certify', {});
	const [certificate] = await ask(app, org.org, 'erasure_certificates', { before: 99, most: 1 });
	assert.deepEqual(certificate.body.erased.map((e) => [e.kind, e.rule, e.days, e.entries]), [['audit', 'audit', 100, 2]]);
});

test('whoever has an address is told once before something of theirs goes, and again when it was put off', async () => {
	const org = await makeOrg(owner), [room, ending, later] = [await makeRoom(owner, org), await makeRoom(owner, org), await makeRoom(owner, org)];
	// In a transaction that comes to nothing: other tests take whatever letters there are.
	const here = () => owner.query("SELECT set_config('luotsi.org', $1, true)", [org.org]);
	const closed = (one, days) => owner.query("UPDATE room SET closed_at = now() - $2 * interval '1 day' WHERE room = $1", [one.room, days]);
	const told = async () => {
		await owner.query('SELECT retention_tell(14)');
		await here();
		const { rows } = await owner.query("DELETE FROM notify_mail WHERE kind = 'going' RETURNING account");
		return rows.map((r) => r.account).sort();
	};
	await owner.query('BEGIN');
	try {
		await here();
		for (const { client } of [room, later])
			await owner.query("INSERT INTO notify_address (account, address, sealed, language, state, code_until) VALUES ($1, $2, $3, 'fi', 'confirmed', now())", [client.account, id(), Buffer.alloc(60)]);
		await owner.query("UPDATE room SET phase = 'closed' WHERE room = ANY ($1)", [[room.room, ending.room, later.room]]);
		await closed(room, 450);
		await closed(later, 400);
		assert.deepEqual(await told(), [room.client.account]);
		assert.deepEqual(await told(), [], 'once');
		await closed(room, 420);
		assert.deepEqual(await told(), [], 'not so soon');
		await closed(room, 450);
		await owner.query("UPDATE retention_told SET goes_at = goes_at - interval '30 days'");
		assert.deepEqual(await told(), [room.client.account], 'put off, and near again');
		await owner.query("UPDATE agreement SET state = 'ending', ends_on = day_now() + 10");
		assert.deepEqual(await told(), [later.client.account], 'the agreement ends');
	} finally {
		await owner.query('ROLLBACK');
	}
});

test('a member sees when their room goes, a hold without its reason, and nobody else sees anything', async () => {
	const org = await makeOrg(owner), room = await makeRoom(owner, org), open = await makeRoom(owner, org);
	const going = (account, one) => ask(app, org.org, 'rooms_going', { account, room: one, days: 14 });
	await sql(org, "UPDATE room SET phase = 'closed' WHERE room = $1", [room.room]);
	await sql(org, "UPDATE room SET closed_at = now() - interval '400 days' WHERE room = $1", [room.room]);
	const [known] = await going(room.client.account, room.room);
	assert.deepEqual([known.rule, known.days, known.held, known.ends_on], ['room', 456, false, null]);
	assert.deepEqual([await going(room.client.account, null), await going(open.client.account, room.room)], [[], []]);
	assert.equal((await going(open.client.account, open.room))[0].goes_at, null, 'open: nothing says so yet');
	await sql(org, "UPDATE room SET closed_at = now() - interval '450 days' WHERE room = $1", [room.room]);
	for (const account of [room.client.account, room.staff.account]) assert.deepEqual((await going(account, null)).map((g) => g.room), [room.room]);
	const hold = id();
	await ask(app, org.org, 'hold_ask', { actor: id(), hold, kind: 'room', object: room.room, reason: 'Salaista' });
	await ask(app, org.org, 'hold_step', { actor: id(), hold, step: 'make' });
	assert.deepEqual([(await going(room.client.account, room.room))[0].held, await going(room.client.account, null)], [true, []]);
	await sql(org, "UPDATE agreement SET state = 'ending', ends_on = '2099-12-31'");
	assert.deepEqual((await going(open.client.account, null)).map((g) => g.ends_on), ['2099-12-31']);
});

test('what the daily check finds is an event in a word, and a sound organisation has none', async () => {
	const org = await makeOrg(owner), room = await makeRoom(owner, org);
	assert.deepEqual(await ask(jobs, org.org, 'job_erasure_check', {}), []);
	await sql(org, "INSERT INTO erasure (erasure, kind, object, rule, days, version, due_at, done_at) VALUES ($1, 'room', $2, 'room', 1, 0, now(), now())", [id(), room.room]);
	assert.deepEqual(await ask(jobs, org.org, 'job_erasure_check', {}), [{ fault: 'room that is said to be erased', n: 1 }]);
	assert.deepEqual((await sql(org, "SELECT word FROM audit WHERE action = 'erasure_fault'")), [{ word: 'room_that_is_said_to_be_erased' }]);
	await assert.rejects(ask(app, org.org, 'job_erasure_check', {}), { code: '42501' });
});
