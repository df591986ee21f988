// The agreement's gate: every state times every operation against tests/policy/agreement.txt, and the statements against the
// table. `node tests/sql/agreement.test.mjs --write` is not there on purpose: LUOTSI_GOLDEN=write makes the file, the commit shows it.

import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { ask, connect, envelope, id, makeAccount, makeOrg, makeRoom, outcomes, post, rand32, root, within } from './lib.mjs';

// frozen: of a room under an agreement that is live.
const STATES = ['contact_found', 'signatory_found', 'sent', 'signed', 'trained', 'live', 'ending', 'ended', 'frozen'];
const golden = join(root, 'tests', 'policy', 'agreement.txt');
const db = {};
const worlds = new Map(); // state: an organisation in it, with a room, an admin and somebody who counsels
let rules, acts;

const inState = async (org, state) => within(db.luotsi_owner, org.org, async (c) => {
	if (state === 'frozen') await c.query("UPDATE room SET frozen_until = 'infinity'");
	else await c.query("UPDATE agreement SET state = $1, ends_on = CASE $1 WHEN 'ending' THEN current_date + 30 END", [state]);
});

before(async () => {
	for (const role of ['luotsi_owner', 'luotsi_app']) db[role] = await connect(role);
	({ rows: rules } = await db.luotsi_app.query('SELECT state, act FROM agreement_rule'));
	acts = (await db.luotsi_app.query('SELECT agreement_acts() AS acts')).rows[0].acts;
	for (const state of STATES) {
		const org = await makeOrg(db.luotsi_owner);
		org.admin = await makeAccount(db.luotsi_owner, org, 'admin');
		org.other = await makeAccount(db.luotsi_owner, org, 'dpo');
		org.room = await makeRoom(db.luotsi_owner, org);
		await post(db.luotsi_app, org.org, [envelope(org.room, org.room.client)]);
		org.file = id();
		await within(db.luotsi_owner, org.org, async (c) => {
			await c.query("INSERT INTO file (room, account, file, cipher_size, state, seq) VALUES ($1, $2, $3, 72, 'sent', 1)", [org.room.room, org.room.client.account, org.file]);
			await c.query('INSERT INTO file_part (file, n, digest, bytes) VALUES ($1, 0, $2, $3)', [org.file, rand32(), Buffer.alloc(72)]);
			await c.query('INSERT INTO file_seal (file, epoch, key) VALUES ($1, 1, $2)', [org.file, Buffer.alloc(104)]);
		});
		await inState(org, state);
		worlds.set(state, org);
	}
});
after(() => Promise.all(Object.values(db).map((c) => c.end())));

const allowed = (state, act) => rules.some((one) => one.state === state && one.act === act);
const definition = () => readFileSync(join(root, 'server', 'core', 'agreement.def'), 'utf8').replaceAll(/\/\*[^]*?\*\//g, '');
const words = (pattern) => [...definition().matchAll(pattern)].map(([, ...found]) => found.map((one) => one.toLowerCase()));
const line = (name, answer) => `${name.padEnd(34)}${STATES.map((state) => `${state}=${answer(state) ? 'ALLOW' : 'no'}`).join(' ')}`;

test('every state times every operation is as it was agreed', async () => {
	const types = (await db.luotsi_owner.query('SELECT t, control_act(t::int2) AS act FROM generate_series(1, 21) AS t')).rows;
	const now = [
		...acts.map((act) => line(`class ${act}`, (state) => allowed(state, act))),
		...words(/NEEDS\((\w+), (\w+)\)/g).map(([action, act]) => line(`action ${action}`, (state) => allowed(state, act))),
		...types.map(({ t, act }) => line(`control entry ${t}`, (state) => allowed(state, act)))].join('\n') + '\n';
	if (process.env.LUOTSI_GOLDEN === 'write') writeFileSync(golden, now);
	assert.equal(now, readFileSync(golden, 'utf8'));
});

test('the workers count the classes as the database does', () => {
	assert.deepEqual(words(/ACT\((\w+)\)/g).map(([one]) => one), acts);
	for (const [, act] of words(/NEEDS\((\w+), (\w+)\)/g)) assert.ok(acts.includes(act), act);
});

// These tell a state, or what follows when one has come, and let nothing through by it: the steps themselves, what is kept and handed
// over at the end, and the admin's list of what to do.
test('no function but the one of the steps names a state by itself', async () => {
	const { rows } = await db.luotsi_owner.query(`SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace
		AND prosrc ~ 'state (=|<>|IN|NOT IN) .?''(live|ending|ended)' AND proname !~ '^(agreement|succession|organisation|retention|handover|rooms_going|admin_flags$)' ORDER BY 1`);
	assert.deepEqual(rows, []);
});

// Operations as statements: each gives whether it was let through, and leaves nothing behind.
const undone = async (org, work) => {
	const app = db.luotsi_app;
	await app.query('BEGIN');
	try {
		await app.query("SELECT set_config('luotsi.org', $1, true)", [org.org]);
		return await work(app);
	} finally {
		await app.query('ROLLBACK');
	}
};
const refusedBy = (...constraints) => (error) => {
	assert.ok(constraints.includes(error.constraint), error.message);
	return false;
};
const entry = (org, type) => undone(org, (c) => c.query('INSERT INTO control_entry (room, n, type, sender, env_hash, entry) VALUES ($1, 9, $2, $3, $4, $5)',
	[org.room.room, type, org.room.staff.account, rand32(), Buffer.alloc(300)])).then(() => true, refusedBy('control_entry__agreement_not_live', 'control_entry__room_frozen'));
const added = (org, role) => undone(org, (c) => c.query('SELECT staff_add($1, $2, $3, $4, 300)', [org.admin, id(), role, Buffer.alloc(60)]))
	.then(() => true, refusedBy('account__agreement_not_live'));

const operations = [
	['a message', 'write', async (org) => {
		const [said] = outcomes(await post(db.luotsi_app, org.org, [envelope(org.room, org.room.client)]));
		assert.ok(['ok', 'agreement_not_live', 'room_frozen'].includes(said), said);
		return said === 'ok';
	}],
	['messages of two at once, one by one', 'write', async (org) => {
		const { client } = org.room;
		const said = outcomes(await post(db.luotsi_app, org.org, [envelope(org.room, client), envelope(org.room, { ...client, sent: client.sent + 7 })]));
		assert.ok(['ok', 'agreement_not_live', 'room_frozen'].includes(said[0]), said[0]);
		return said[0] === 'ok';
	}],
	['a new room', 'room_new', (org) => undone(org, async (c) => (await c.query('SELECT control_lock($1, $2, true, $3, 1) AS word', [id(), Buffer.alloc(32), org.agreement])).rows[0].word)
		.then((word) => word === 'ok' || (assert.equal(word, 'agreement_not_live'), false))],
	['the agreement for new rooms', 'room_new', async (org) => (await ask(db.luotsi_app, org.org, 'session_agreement', {})).length > 0],
	['a client who signs in', 'sign_in', async (org) => (await db.luotsi_app.query('SELECT org FROM sign_in_organisations()')).rows.some((one) => one.org === org.org)],
	['the key of a file', 'read', async (org) => (await ask(db.luotsi_app, org.org, 'file_key', { room: org.room.room, account: org.room.staff.account, file: org.file })).length > 0],
	['a part of a file', 'read', async (org) => (await ask(db.luotsi_app, org.org, 'file_part_get', { account: org.room.staff.account, file: org.file, n: 0 })).length > 0],
	['an entry that creates', 'room_new', (org) => entry(org, 1)], ['an entry that invites', 'invite', (org) => entry(org, 2)],
	['an entry that joins', 'invite', (org) => entry(org, 3)], ['an entry that adds', 'invite', (org) => entry(org, 9)],
	['an entry that removes', 'close', (org) => entry(org, 10)], ['an entry that leaves', 'close', (org) => entry(org, 11)],
	['an epoch', 'keys', (org) => entry(org, 12)], ['a grant of history', 'keys', (org) => entry(org, 13)], ['an opening', 'keys', (org) => entry(org, 15)],
	['an entry that closes', 'close', (org) => entry(org, 18)], ['an entry that reopens', 'write', (org) => entry(org, 19)], ['new keys', 'keys', (org) => entry(org, 20)],
	['a new counsellor', 'counsellor_new', (org) => added(org, 'counsellor')], ['a new team lead', 'counsellor_new', (org) => added(org, 'team_lead')],
	['a new admin', 'office_new', (org) => added(org, 'admin')], ['a new data protection officer', 'office_new', (org) => added(org, 'dpo')],
	['another role that counsels', 'counsellor_new', (org) => undone(org, (c) => c.query("SELECT staff_role($1, $2, 'counsellor')", [org.admin, org.other]))
		.then(() => true, refusedBy('account__agreement_not_live'))],
];

// A frozen room changes nothing for these.
const OF_ORGANISATIONS = ['sign_in', 'room_new', 'counsellor_new', 'office_new'];

for (const [what, act, may] of operations)
	test(`${what} is let through in the states that the table says, and in no other`, async () => {
		for (const state of STATES.filter((one) => one !== 'frozen' || !OF_ORGANISATIONS.includes(act))) assert.equal(await may(worlds.get(state)), allowed(state, act), state);
	});

test('the facts of a room say what its agreement allows', async () => {
	for (const state of STATES) {
		const org = worlds.get(state);
		const [facts] = await ask(db.luotsi_app, org.org, 'room_facts', { room: org.room.room, account: org.room.client.account });
		assert.deepEqual(acts.filter((_, bit) => (facts.allows >> bit) & 1), acts.filter((act) => allowed(state, act)), state);
	}
});

test('what is allowed follows the state, whoever writes it', async () => {
	const org = await makeOrg(db.luotsi_owner);
	await within(db.luotsi_owner, org.org, (c) => c.query('UPDATE agreement SET allows = 0'));
	const [{ allows }] = await within(db.luotsi_owner, org.org, async (c) => (await c.query('SELECT allows FROM agreement')).rows);
	assert.equal(allows, 2 ** acts.length - 1);
	await assert.rejects(within(db.luotsi_app, org.org, (c) => c.query('UPDATE agreement SET allows = 1')), { code: '42501' });
	await assert.rejects(within(db.luotsi_app, org.org, (c) => c.query("DELETE FROM agreement_rule")), { code: '42501' });
});

test('who has had no training makes no room where it is agreed', async () => {
	const org = await makeOrg(db.luotsi_owner);
	org.room = await makeRoom(db.luotsi_owner, org);
	await within(db.luotsi_owner, org.org, (c) => c.query('UPDATE agreement SET training_required = true'));
	const make = () => undone(org, (c) => c.query('INSERT INTO control_entry (room, n, type, sender, env_hash, entry) VALUES ($1, 9, 1, $2, $3, $4)',
		[org.room.room, org.room.staff.account, rand32(), Buffer.alloc(300)]));
	await assert.rejects(make(), { code: 'LU000', constraint: 'control_entry__training_needed' });
	assert.equal(await entry(org, 9), true, 'in the rooms that there are, they work on');
	const admin = await makeAccount(db.luotsi_owner, org, 'admin');
	await ask(db.luotsi_app, org.org, 'training_put', { actor: admin, accounts: [org.room.staff.account], days: ['2026-01-15'] });
	await make();
	await ask(db.luotsi_app, org.org, 'training_put', { actor: admin, accounts: [org.room.staff.account], days: [''] });
	await assert.rejects(make(), { constraint: 'control_entry__training_needed' });
});
