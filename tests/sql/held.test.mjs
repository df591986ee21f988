// A hold and an erasure at the same moment, and keys that nothing needs any more: what the verifier and the rows say afterwards.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { openErasable } from './erasable.mjs';
import { ask, connect, envelope, id, makeAccount, makeOrg, makeRoom, outcomes, post, rand32, within } from './lib.mjs';

let owner, other, app, jobs, eraser, made, sql, keyOf, epoch, fileSent;
before(async () => {
	made = await openErasable();
	({ owner, app, sql, keyOf, epoch, fileSent } = made);
	[other, jobs, eraser] = [await connect('luotsi_owner'), await connect('luotsi_jobs'), await connect('luotsi_jobs', 'luotsi_units')];
});
after(() => Promise.all([made, other, jobs, eraser].map((c) => c.end())));

const faults = async (org) => (await sql(org, 'SELECT fault FROM erasure_faults()')).map((row) => row.fault);
const BEGIN = "SELECT erasure_begin($1, $2, now(), 'room', 1, 0) AS begun";

/** In a transaction of its own that stays open until it is told to end. */
const opened = async (client, org, text, values) => {
	await client.query('BEGIN');
	await client.query("SELECT set_config('luotsi.org', $1, true)", [org.org]);
	const { rows } = await client.query(text, values);
	return { rows, commit: () => client.query('COMMIT') };
};
/** Until this connection waits for a lock of another. */
const waits = async (client) => {
	for (const end = Date.now() + 60_000; Date.now() < end; ) {
		const { rows } = await jobs.query('SELECT FROM pg_locks WHERE pid = $1 AND NOT granted', [client.processID]);
		if (rows.length > 0) return;
	}
	assert.fail('it never waited for the other');
};
const asked = async (org, kind, object) => {
	const hold = id();
	assert.equal((await ask(app, org.org, 'hold_ask', { actor: id(), hold, kind, object, reason: 'Oikeudenkäynti' }))[0].outcome, 'ok');
	return hold;
};
const make = (org, hold) => ask(app, org.org, 'hold_step', { actor: id(), hold, step: 'make' }).then(([said]) => said.outcome);
const state = async (org, room) => (await sql(org, 'SELECT erasing, pending FROM room WHERE room = $1', [room.room]))[0];

for (const kind of ['room', 'account'])
	test(`a hold of a ${kind} that is made while its erasure begins: whoever comes second sees the first`, async () => {
		const org = await makeOrg(owner), [one, two] = [await makeRoom(owner, org), await makeRoom(owner, org)];
		const objectOf = (room) => (kind === 'room' ? room.room : room.client.account);
		const hold = await asked(org, kind, objectOf(one));
		const held = await opened(owner, org, 'SELECT hold_step($1, $2, \'make\') AS outcome', [id(), hold]);
		assert.equal(held.rows[0].outcome, 'ok');
		const begins = within(other, org.org, async () => (await other.query(BEGIN, ['room', one.room])).rows[0].begun);
		await waits(other);
		await held.commit();
		assert.equal(await begins, false);
		assert.equal((await state(org, one)).erasing, false);

		const late = await asked(org, kind, objectOf(two));
		const begun = await opened(other, org, BEGIN, [kind === 'room' ? 'room' : 'account', objectOf(two)]);
		assert.equal(begun.rows[0].begun, true);
		const said = make(org, late);
		await waits(app);
		await begun.commit();
		assert.equal(await said, 'not_found');
		assert.deepEqual(await sql(org, 'SELECT made_at FROM legal_hold WHERE hold = $1', [late]), [{ made_at: null }]);
	});

test('what is held does not begin to go by any cause, and is not counted as if it did', async () => {
	const org = await makeOrg(owner), room = await makeRoom(owner, org);
	const file = id();
	await sql(org, "INSERT INTO file (file, room, account, cipher_size, state, seq) VALUES ($1, $2, $3, 16472, 'sent', 1)", [file, room.room, room.client.account]);
	assert.equal(await make(org, await asked(org, 'account', room.client.account)), 'ok');
	for (const [kind, object] of [['room', room.room], ['file', file], ['account', room.client.account], ['message', room.room], ['epoch', room.room]])
		assert.deepEqual(await sql(org, BEGIN, [kind, object]), [{ begun: false }], kind);
	assert.deepEqual(await sql(org, 'SELECT kind FROM erasure'), []);
	await sql(org, "INSERT INTO agreement_due (agreement, what, ended_at, due_on) VALUES ($1, 'delete', now(), day_now())", [org.agreement]);
	assert.deepEqual(await sql(org, 'SELECT handover_rooms_begin(d, 1, 10) + handover_accounts_begin(d, 1, true, 10) AS n FROM agreement_due d WHERE d.org = luotsi_org()'), [{ n: 0 }]);
});

test('what is deleted under a hold stays sealed as it is until the hold has ended, and then goes', async () => {
	const org = await makeOrg(owner), room = await makeRoom(owner, org), other = await makeRoom(owner, org);
	const hold = await asked(org, 'account', room.client.account);
	assert.equal(await make(org, hold), 'ok');
	const texts = new Map();
	for (const one of [room, other]) {
		const said = envelope(one, one.client);
		assert.equal((await post(app, org.org, [said]))[0].outcome, 'ok');
		assert.equal((await post(app, org.org, [envelope(one, one.client, { op: 2, target: said.msg_id })]))[0].outcome, 'ok');
		texts.set(one.room, said.envelope);
	}
	const stored = async (one) => (await sql(org, 'SELECT tombstone, envelope FROM message WHERE room = $1 AND op = 0', [one.room]))[0];
	assert.deepEqual([(await stored(room)).tombstone, (await stored(other)).tombstone], [false, true]);
	assert.ok((await stored(room)).envelope.equals(texts.get(room.room)));
	const logged = async (one) => (await ask(app, org.org, 'room_events', { room: one.room, before: null, most: 20 })).filter((row) => row.action === 'message_kept').map((row) => row.actor);
	assert.deepEqual([await logged(room), await logged(other)], [[room.client.account], []], 'the log of the room says so, of what is held alone');
	const second = await asked(org, 'room', room.room);
	assert.equal(await make(org, second), 'ok');
	const step = (of, word) => ask(app, org.org, 'hold_step', { actor: id(), hold: of, step: word }).then(([said]) => said.outcome);
	assert.equal(await step(hold, 'end_ask'), 'ok');
	assert.equal((await stored(room)).tombstone, false);
	assert.equal(await step(hold, 'end'), 'ok');
	assert.equal((await stored(room)).tombstone, false, 'another hold keeps it');
	assert.deepEqual([await step(second, 'end_ask'), await step(second, 'end')], ['ok', 'ok']);
	assert.equal((await stored(room)).tombstone, true);
	assert.deepEqual(await logged(room), [room.client.account], 'said once');
});

test('the hold on one client keeps a room that another client of it wants erased', async () => {
	const org = await makeOrg(owner), room = await makeRoom(owner, org), both = await makeAccount(owner, org);
	await sql(org, `INSERT INTO room_member (room, account, role, sig_kid, enc_kid, cert, active, since, visible_from)
		SELECT room, $2, role, $3, $3, cert, true, 0, 1 FROM room_member WHERE room = $1 AND role = 1`, [room.room, both, rand32()]);
	assert.equal(await make(org, await asked(org, 'account', both)), 'ok');
	const request = id(), text = Buffer.alloc(60);
	await ask(app, org.org, 'rights_ask', { account: room.client.account, request, kind: 'erasure', room: null, note: id(), text, most: 9 });
	const erase = async () => (await ask(app, org.org, 'request_erase', { actor: id(), request, on: true, note: id(), text }))[0].outcome;
	assert.equal(await erase(), 'legal_hold');
	await sql(org, "UPDATE subject_request SET erase_from = now() - interval '1 hour'");
	const step = () => sql(org, 'SELECT rights_rooms_begin(q) AS n FROM subject_request q');
	assert.deepEqual([await step(), await step()], [[{ n: 0 }], [{ n: 0 }]]);
	assert.deepEqual(await sql(org, 'SELECT erasing FROM subject_request'), [{ erasing: [] }]);
	assert.equal((await state(org, room)).erasing, false);
});

// --- keys that nothing needs any more ---

const deleted = async (org, room, member, msg_id, n) => assert.deepEqual(outcomes(await post(app, org.org, [envelope(room, member, { op: 2, target: msg_id, epoch: n })])), ['ok']);
const round = async () => {
	for (let batch; ([batch] = await ask(jobs, null, 'job_unit_batch_take', { most: 100 })), batch; ) {
		await ask(eraser, batch.org, 'job_unit_erase', batch);
		await ask(jobs, batch.org, 'job_unit_batch_done', batch);
	}
	while ((await ask(jobs, null, 'job_retention_rows', { most: 100 }))[0].more > 0) continue;
	await ask(jobs, null, 'job_retention_certify', {});
};

test('the key of an epoch goes when a person deletes the last file that needed it', async () => {
	const org = await makeOrg(owner), room = await makeRoom(owner, org);
	await epoch(org, room, 1);
	await post(app, org.org, [envelope(room, room.staff)]); // the name card
	await epoch(org, room, 2);
	const [first, last] = [await fileSent(org, room, room.client), await fileSent(org, room, room.client)];
	await epoch(org, room, 3);
	await deleted(org, room, room.client, first.msg_id, 3);
	await round();
	assert.ok(await keyOf(org, room.room, 2), 'one is left');
	await deleted(org, room, room.client, last.msg_id, 3);
	await round();
	assert.deepEqual([await keyOf(org, room.room, 2), await keyOf(org, last.file, 0)], [null, null]);
	for (const n of [1, 3]) assert.ok(await keyOf(org, room.room, n), `epoch ${n}`);
	assert.deepEqual((await sql(org, 'SELECT epoch FROM wrap WHERE room = $1 ORDER BY epoch', [room.room])).map((w) => w.epoch), [1, 3]);
	assert.deepEqual(await sql(org, 'SELECT kind, part, rule, done_at IS NOT NULL AS done FROM erasure'), [{ kind: 'epoch', part: 2, rule: 'deleted', done: true }]);
	assert.deepEqual(await faults(org), []);
	const [certificate] = await ask(app, org.org, 'erasure_certificates', { before: 99, most: 1 });
	assert.deepEqual(certificate.body.erased.map((e) => [e.kind, e.rule, e.objects, e.units, e.wraps]), [['epoch', 'deleted', 1, 1, 1]]);
});

test('a closed room whose present epoch lost its key waits for the next one when it is opened again', async () => {
	const org = await makeOrg(owner), room = await makeRoom(owner, org);
	await epoch(org, room, 1);
	await post(app, org.org, [envelope(room, room.staff)]);
	await epoch(org, room, 2);
	const { file } = await fileSent(org, room, room.client);
	await sql(org, "UPDATE room SET phase = 'closed' WHERE room = $1", [room.room]);
	assert.deepEqual(await sql(org, BEGIN, ['file', file]), [{ begun: true }]);
	await round();
	assert.equal(await keyOf(org, room.room, 2), null);
	await sql(org, "UPDATE room SET phase = 'open' WHERE room = $1", [room.room]);
	assert.equal((await state(org, room)).pending, true);
	assert.deepEqual(outcomes(await post(app, org.org, [envelope(room, room.client, { epoch: 2 })])), ['rotation_pending']);
});

test('the verifier sees a stretch that is said to have gone and has not, and one that nobody goes on with', async () => {
	const org = await makeOrg(owner), room = await makeRoom(owner, org);
	await epoch(org, room, 1);
	await post(app, org.org, [envelope(room, room.staff)]);
	await epoch(org, room, 2);
	await post(app, org.org, [envelope(room, room.staff, { epoch: 2 })]);
	await epoch(org, room, 3);
	assert.deepEqual(await faults(org), []);
	await sql(org, "UPDATE stretch SET begun = true WHERE room = $1 AND epoch = 2", [room.room]);
	assert.deepEqual(await faults(org), ['stretch that nobody erases']);
	await sql(org, "INSERT INTO erasure (erasure, kind, object, part, rule, days, version, due_at, done_at) VALUES ($1, 'message', $2, 2, 'message', 1, 0, now(), now())", [id(), room.room]);
	await sql(org, 'DELETE FROM stretch WHERE room = $1 AND epoch = 2', [room.room]);
	assert.deepEqual(await faults(org), ['stretch that is said to be erased']);
});
