// The organisation's way into a room: the entry and its wraps together, on record, and what is read for it.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ask, connect, id, makeAccount, makeOrg, rand32, within, zero } from './lib.mjs';

let owner, app, org;
before(async () => {
	[owner, app] = await Promise.all(['luotsi_owner', 'luotsi_app'].map(connect));
	org = await makeOrg(owner);
});
after(() => Promise.all([owner, app].map((c) => c.end())));

const sql = (text, values) => within(owner, org.org, async () => (await owner.query(text, values)).rows);

const parameters = (room, types, { head = zero, epoch = 0, members = [], grants = [], wraps = [], actor }) => {
	const column = (rows, name) => rows.map((row) => row[name]);
	return {
		room, actor, head, entries: types.map(() => Buffer.alloc(300, 7)), hashes: types.map(() => rand32()), types, agreement: org.agreement, retention_class: 1,
		phase: 'open', epoch, pending: true, m_account: column(members, 'account'), m_role: members.map(() => 2), m_sig_kid: members.map(() => rand32()),
		m_enc_kid: members.map(() => rand32()), m_cert: members.map(() => zero), m_active: members.map(() => true), m_since: members.map(() => 0),
		m_visible_from: members.map(() => null), g_to: column(grants, 'to'), g_from: column(grants, 'from'), w_entry: column(wraps, 'entry'),
		w_keyset: wraps.map(() => 0), w_epoch: wraps.map(() => 1), w_rtype: column(wraps, 'rtype'), w_rid: column(wraps, 'rid'), w_rkid: wraps.map(() => rand32()),
		w_wrap: wraps.map(() => Buffer.alloc(113, 1)), invite: null, token_hash: null, sealed: null, expires_at: null };
};

const open = async () => {
	const [room, staff] = [id(), await makeAccount(owner, org, 'counsellor')];
	const wraps = [{ entry: 1, rtype: 1, rid: staff }, { entry: 1, rtype: 3, rid: org.org }];
	const [made] = await ask(app, org.org, 'control_append', parameters(room, [1, 12], { epoch: 1, members: [{ account: staff }], wraps, actor: staff }));
	assert.equal(made.outcome, 'ok');
	return { room, staff, head: made.head };
};

const glass = (one, admin, head = one.head) =>
	ask(app, org.org, 'recovery_append', parameters(one.room, [15], {
		head, epoch: 1, grants: [{ to: one.staff, from: 1 }], wraps: [{ entry: 2, rtype: 1, rid: one.staff }], actor: admin }));

test('stores_the_entry_and_its_wraps_together_and_says_so_on_record', async () => {
	const [one, admin] = [await open(), await makeAccount(owner, org, 'admin')];
	const [answer] = await glass(one, admin);
	assert.deepEqual([answer.outcome, answer.n_entries], ['ok', 3]);
	const [wraps] = await sql('SELECT count(*)::int AS n FROM wrap WHERE room = $1 AND entry = 2', [one.room]);
	assert.equal(wraps.n, 1);
	assert.deepEqual(await sql("SELECT actor, word FROM audit WHERE action = 'break_glass' AND object = $1", [one.room]), [{ actor: admin, word: 'ok' }]);
});

test('releases_no_wrap_when_the_log_has_gone_on_and_records_the_attempt', async () => {
	const [one, admin] = [await open(), await makeAccount(owner, org, 'admin')];
	const [answer] = await glass(one, admin, rand32());
	assert.equal(answer.outcome, 'stale_head');
	const [wraps] = await sql('SELECT count(*)::int AS n FROM wrap WHERE room = $1 AND entry = 2', [one.room]);
	assert.equal(wraps.n, 0);
	assert.deepEqual(await sql("SELECT word FROM audit WHERE action = 'break_glass' AND object = $1", [one.room]), [{ word: 'stale_head' }]);
});

test('takes_out_what_is_wrapped_for_recovery_and_nothing_of_anybody_else', async () => {
	const one = await open();
	const rows = await ask(app, org.org, 'recovery_wraps', { room: one.room, from: 0, until: 9 });
	assert.deepEqual(rows.map((row) => [row.entry, row.rid]), [[1, org.org]]);
	assert.deepEqual((await ask(app, org.org, 'recovery_members', { room: one.room })).map((row) => row.account), [one.staff]);
	assert.deepEqual((await ask(app, org.org, 'recovery_rooms', { account: one.staff })).map((row) => [row.room, row.staff, row.client]), [[one.room, [one.staff], null]]);
});

test('shows_nothing_of_another_organisation', async () => {
	const [one, foreign] = [await open(), await makeOrg(owner)];
	assert.deepEqual(await ask(app, foreign.org, 'recovery_wraps', { room: one.room, from: 0, until: 9 }), []);
	assert.deepEqual(await ask(app, foreign.org, 'recovery_members', { room: one.room }), []);
	assert.deepEqual(await ask(app, foreign.org, 'recovery_rooms', { account: one.staff }), []);
});
