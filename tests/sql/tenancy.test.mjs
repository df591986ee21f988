// Row-level security and privileges, against statements that are wrong on purpose.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { fill } from './filled.mjs';
import { ask, connect, envelope, hash, hex, id, makeAccount, makeOrg, makeRoom, post, rand32, refused, statements, within } from './lib.mjs';

const roles = ['luotsi_owner', 'luotsi_app', 'luotsi_jobs', 'luotsi_read'];
const db = {};
let here, there, room, tables;
before(async () => {
	for (const role of roles) db[role] = await connect(role);
	const owner = db.luotsi_owner;
	[here, there] = [await makeOrg(owner), await makeOrg(owner)];
	room = await makeRoom(owner, there);
	await post(db.luotsi_app, there.org, [envelope(room, room.client)]);
	await fill(owner, room);
	tables = (await owner.query(`SELECT c.oid::regclass::text AS name FROM pg_class c
		WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
			AND EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'org')`)).rows.map((r) => r.name);
});
after(() => Promise.all(Object.values(db).map((c) => c.end())));

const may = async (role, privilege, table) =>
	(await db.luotsi_owner.query('SELECT has_any_column_privilege($1, $2, $3) AS any', [role, table, privilege])).rows[0].any;
const readable = (role, table) => may(role, 'SELECT', table);
const rowsSeen = async (client, org, table) => {
	const one = (await db.luotsi_owner.query(`SELECT a.attname FROM pg_attribute a WHERE a.attrelid = $1::regclass AND a.attnum > 0
		AND has_column_privilege($2, a.attrelid, a.attnum, 'SELECT') ORDER BY a.attname = 'org' DESC LIMIT 1`, [table, client.user])).rows[0].attname;
	return within(client, org, async () => (await client.query(`SELECT ${one} FROM ${table}`)).rows.length);
};

test('every table with a tenant has forced row-level security and a policy for both directions', async () => {
	assert.ok(tables.length >= 16, `${tables.length} tables`);
	const { rows } = await db.luotsi_owner.query(`SELECT c.oid::regclass::text AS name FROM pg_class c
		JOIN pg_policy p ON p.polrelid = c.oid AND p.polcmd = '*' AND p.polqual IS NOT NULL AND p.polwithcheck IS NOT NULL AND p.polroles = '{0}'
		WHERE c.relrowsecurity AND c.relforcerowsecurity`);
	assert.deepEqual(rows.map((r) => r.name).sort(), [...tables].sort());
});

test('the organisation leads every key of such a table', async () => {
	const { rows } = await db.luotsi_owner.query(`SELECT i.indrelid::regclass::text AS name FROM pg_index i
		JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
		WHERE i.indisprimary AND i.indrelid::regclass::text = ANY ($1) AND a.attname <> 'org'`, [tables]);
	assert.deepEqual(rows, []);
});

test('every table is filled for the other organisation, so that the next tests can fail', async () => {
	for (const table of tables) {
		const seen = await within(db.luotsi_owner, there.org, async (c) => (await c.query(`SELECT FROM ${table}`)).rows.length);
		assert.ok(seen > 0, table);
	}
});

for (const role of roles) {
	test(`${role} sees nothing without an organisation, and only its own with one, even without WHERE`, async () => {
		let tried = 0;
		for (const table of tables) {
			if (!(await readable(role, table))) continue;
			if (table === 'template' || table === 'template_version') continue; // shared ones: library.test.mjs
			if (role === 'luotsi_owner' && ['organisation', 'session', 'passkey', 'unit_batch'].includes(table)) continue; // its policies `across`, see below
			tried++;
			assert.equal(await rowsSeen(db[role], null, table), 0, `${table}, none named`);
			const other = await within(db.luotsi_owner, here.org, async (c) =>
				(await c.query(`SELECT FROM ${table} WHERE org <> $1`, [here.org])).rows.length);
			if (!['organisation', 'session', 'passkey'].includes(table)) assert.equal(other, 0, `${table}, other's rows`);
			const own = await within(db.luotsi_owner, here.org, async (c) => (await c.query(`SELECT FROM ${table} WHERE org = $1`, [here.org])).rows.length);
			assert.equal(await rowsSeen(db[role], here.org, table), own, `${table}, another named`);
		}
		assert.ok(tried > 0 || role === 'luotsi_jobs', `${tried} tables`);
	});
}

for (const role of ['luotsi_jobs', 'luotsi_signer'])
	test(`${role} may touch no table at all`, async () => {
		for (const table of [...tables, 'log', 'log_tile', 'log_pending'])
			for (const privilege of ['SELECT', 'INSERT', 'UPDATE'])
				assert.equal(await may(role, privilege, table), false, `${privilege} ${table}`);
	});

test('a guess of the other organisation\'s ids finds nothing', async () => {
	const { luotsi_app: app } = db;
	const seen = await within(app, here.org, async () => (await app.query('SELECT FROM message WHERE org = $1 OR room = $2', [there.org, room.room])).rows.length);
	assert.equal(seen, 0);
	const own = room.client.account;
	for (const [name, parameters] of [
		['room_facts', { room: room.room, account: own }], ['room_list', { account: own, room: null, after: null, limit: 10 }],
		['message_before', { room: room.room, account: own, before: null, limit: 10 }], ['chain_get', { subjects: [own] }],
		['room_log', { room: room.room, from: 0, limit: 10 }], ['room_agreement', { room: room.room, language: 'fi' }], ['room_topics', { room: room.room }],
		['self_get', { account: own }], ['draft_get', { room: room.room, account: own, slot: '00000000-0000-0000-0000-000000000000' }],
		['draft_list', { room: room.room, account: own, limit: 10 }], ['notice_members', { rooms: [room.room] }],
		['message_rows', { rooms: [room.room], first: [1], last: [9] }], ['session_list', { account: own }]]) {
		assert.deepEqual(await ask(app, here.org, name, parameters), [], name);
		assert.notDeepEqual(await ask(app, there.org, name, parameters), [], `${name} in its own organisation`);
	}
});

test('nobody writes a row of another organisation', async () => {
	const { luotsi_app: app, luotsi_owner: owner } = db;
	for (const client of [app, owner]) {
		await refused(within(client, here.org, () => client.query(`INSERT INTO audit (org, action) VALUES ($1, 'room_topics')`, [there.org])), '42501', assert);
		await refused(within(client, null, () => client.query(`INSERT INTO audit (org, action) VALUES ($1, 'room_topics')`, [there.org])), '42501', assert);
	}
	const changed = await within(owner, here.org, async () => (await owner.query('UPDATE message SET kind = 2')).rowCount);
	assert.equal(changed, 0);
	await refused(within(owner, there.org, () => owner.query('UPDATE draft SET org = $1', [here.org])), '42501', assert);
});

test('an organisation that is no uuid is refused, not ignored', async () => {
	await refused(within(db.luotsi_app, "' OR true --", () => db.luotsi_app.query('SELECT FROM room')), '22P02', assert);
});

test('the name of the organisation does not outlive its transaction', async () => {
	const { luotsi_app: app } = db;
	await within(app, there.org, () => app.query('SELECT FROM room'));
	assert.equal((await app.query('SELECT FROM room')).rows.length, 0);
});

for (const [what, sql] of [
	['delete messages', 'DELETE FROM message'], ['change envelopes', "UPDATE message SET envelope = '\\x00'"],
	['mark tombstones', 'UPDATE message SET tombstone = true'], ['truncate messages', 'TRUNCATE message'],
	['delete audit rows', 'DELETE FROM audit'], ['change audit rows', "UPDATE audit SET action = 'other'"],
	['delete control entries', 'DELETE FROM control_entry'], ['change control entries', 'UPDATE control_entry SET n = 7'],
	['delete wraps', 'DELETE FROM wrap'], ['change wraps', 'UPDATE wrap SET epoch = 2'],
	['delete identity entries', 'DELETE FROM identity_entry'], ['change identity entries', 'UPDATE identity_entry SET type = 5'],
	['delete rooms', 'DELETE FROM room'], ['delete members', 'DELETE FROM room_member'],
	['change agreements', "UPDATE agreement SET state = 'live'"], ['make organisations', "INSERT INTO organisation (org, name) VALUES (gen_random_uuid(), 'x')"],
	['make accounts', "INSERT INTO account (account, role) VALUES (gen_random_uuid(), 'admin')"], ['change roles', "UPDATE account SET role = 'admin'"],
	['make tables', 'CREATE TABLE mine (n int)'], ['make temporary tables', 'CREATE TEMP TABLE mine (n int)'],
	['turn off row-level security', 'ALTER TABLE room DISABLE ROW LEVEL SECURITY'],
	['sweep', 'SELECT sweep_sessions(ARRAY[1, 1, 1])'], ['become the owner', 'SET ROLE luotsi_owner']]) {
	test(`luotsi_app may not ${what}`, () =>
		assert.rejects(within(db.luotsi_app, there.org, () => db.luotsi_app.query(sql)), { code: '42501' }));
}

for (const column of ['envelope', 'env_hash', 'msg_id']) {
	test(`luotsi_read may not read message.${column}`, () =>
		assert.rejects(within(db.luotsi_read, there.org, () => db.luotsi_read.query(`SELECT ${column} FROM message`)), { code: '42501' }));
}

test('luotsi_read may write nothing, and reads no key', async () => {
	for (const table of tables)
		for (const privilege of ['INSERT', 'UPDATE']) assert.equal(await may('luotsi_read', privilege, table), false, `${privilege} ${table}`);
	for (const table of ['self_keys', 'self_state', 'wrap', 'draft', 'session', 'identity_entry', 'invitation', 'control_entry'])
		assert.equal(await readable('luotsi_read', table), false, table);
});

test('luotsi_read does count messages', async () => {
	assert.equal(await rowsSeen(db.luotsi_read, there.org, 'message'), 1);
});

test('message_erase believes only stored deletes of the same sender', async () => {
	const { luotsi_app: app } = db;
	const r = await makeRoom(db.luotsi_owner, there);
	const mine = envelope(r, r.client), theirs = envelope(r, r.staff);
	await post(app, there.org, [mine, theirs]);
	const forged = envelope(r, r.staff);
	await within(app, there.org, async () => {
		// A worker gone wrong: a delete of another's message, written past message_post.
		await app.query(`INSERT INTO message (room, seq, msg_id, sender, kind, op, header_len, retention_class, target, at, env_hash, envelope)
			VALUES ($1, 3, $2, $3, 1, 2, 240, 1, $4, now(), $5, $6)`, [r.room, forged.msg_id, r.staff.account, mine.msg_id, hash('x'), forged.envelope]);
		await app.query('SELECT message_erase($1, $2)', [[r.room, r.room, r.room], [1, 2, 3]]);
	});
	const rows = await within(app, there.org, async () => (await app.query('SELECT tombstone FROM message WHERE room = $1 ORDER BY seq', [r.room])).rows);
	assert.deepEqual(rows.map((m) => m.tombstone), [false, false, false]);
});

test('message_erase touches no other organisation', async () => {
	const { luotsi_app: app } = db;
	const r = await makeRoom(db.luotsi_owner, there);
	const mine = envelope(r, r.client);
	await post(app, there.org, [mine]);
	await within(app, there.org, () => app.query(`INSERT INTO message (room, seq, msg_id, sender, kind, op, header_len, retention_class, target, at, env_hash, envelope)
		VALUES ($1, 2, $2, $3, 1, 2, 240, 1, $4, now(), $5, $6)`, [r.room, id(), r.client.account, mine.msg_id, hash('x'), mine.envelope]));
	await within(app, here.org, () => app.query('SELECT message_erase($1, $2)', [[r.room], [2]]));
	const seen = async () => (await within(app, there.org, async () => (await app.query('SELECT tombstone FROM message WHERE room = $1 AND seq = 1', [r.room])).rows))[0].tombstone;
	assert.equal(await seen(), false);
	await within(app, there.org, () => app.query('SELECT message_erase($1, $2)', [[r.room], [2]]));
	assert.equal(await seen(), true);
});

const ofAgreements = ['accept', 'draft', 'list', 'make', 'offer', 'past', 'sign', 'signatories', 'take', 'take_many', 'template_get', 'template_list', 'template_put', 'terms', 'texts', 'versions']
	.map((name) => `agreement_${name}`).concat('agreements_round', 'contact_list', 'contact_put', 'organisation_admin', 'organisation_import', 'organisation_list', 'organisation_put',
		'organisation_stuck', 'succession_begin', 'succession_get', 'succession_list', 'succession_round', 'training_put', 'office_list', 'office_put');
const ofAdmin = ['absence_put', 'absences_for', 'admin_flags', 'leaving_put', 'recovery_rehearse', 'recovery_state', 'room_report', 'rooms_left', 'service_day_put', 'service_put',
	'staff_person', 'staff_place', 'staff_rooms'];
const ofRights = ['agreement_told', 'room_frozen_told', 'breach_late', 'breach_list', 'breach_opened', 'breach_put', 'breach_rows', 'erasure_not_frozen', 'record_get', 'record_put', 'request_erase', 'request_freeze', 'request_late',
	'request_list', 'request_opened', 'request_state', 'request_step', 'rights_ask', 'rights_held', 'rights_of_the_gone', 'rights_own', 'rights_round', 'rights_rows', 'rights_withdraw'];
test('functions with the owner\'s rights fix their search path, and only they have them', async () => {
	const { rows } = await db.luotsi_owner.query(`SELECT proname, proconfig FROM pg_proc
		WHERE pronamespace = 'public'::regnamespace AND prosecdef ORDER BY proname`);
	assert.deepEqual(rows.map((r) => r.proname), ['account_disabled', 'account_lock', 'age_epochs', 'audit_expire', 'audit_leaf', 'audit_page', 'audit_refused', 'check_files', 'enrolment_mail_done', 'enrolment_mail_put', 'enrolment_mail_take', 'enrolment_make',
			'enrolment_spoil', 'enrolment_withdraw', 'erasure_check', 'erasure_faults', 'file_against', 'file_begin', 'file_cancel', 'file_drop', 'file_key_put', 'file_lock', 'file_part_put', 'file_seal_gone', 'file_send', 'handover_begin', 'handover_get', 'handover_receipt', 'handover_taking', 'hold_ask', 'hold_step',
			'identity_begin', 'identity_find', 'identity_leaf', 'identity_record', 'identity_rotate', 'identity_stale', 'invitation_mail_done', 'invitation_mail_put', 'invitation_mail_state', 'invitation_mail_take', 'invitation_told',
			'is_held', 'held_accounts', 'held_rooms', 'retention_dry', 'retention_limits', 'retention_page', 'stretch_end', 'stretch_of_epoch', 'stretch_of_room', 'log_entries', 'log_extend', 'log_look', 'log_publish', 'log_refuse', 'log_take', 'log_waiting', 'login_begin', 'login_choice_put', 'login_choice_take', 'login_take', 'message_erase', 'letter_take', 'audit_letter', 'notify_choose', 'notify_choose',
			'notify_confirm', 'notify_done', 'notify_get', 'notify_gone', 'notify_here', 'notify_over', 'notify_put', 'notify_queue', 'notify_remove', 'notify_take', 'notify_try', 'passkey_find', 'passkey_reset', 'reminder_list', 'reminder_put',
			'reminder_seen', 'reminders_fire', 'retention_begin', 'retention_certify', 'retention_due', 'retention_of_room', 'retention_rows', 'retention_rule_put', 'retention_rules', 'retention_tell', 'rooms_going', 'self_keys_audit', 'session_end_token',
			'session_find', 'sign_in_organisations', 'staff_add', 'staff_disable', 'staff_role', 'sweep_challenges', 'sweep_files', 'sweep_invitations', 'sweep_logins', 'sweep_sessions', 'template_barred', 'template_curate', 'template_thank',
			'template_used', 'unit_batch_done', 'unit_batch_replay', 'unit_batch_take', 'unit_needed', 'unit_newest_batch', 'unit_orgs', 'unit_orphans', 'unit_plain', 'unit_seal', 'webauthn_begin', 'webauthn_take', 'wrap_of_living_unit', ...ofAgreements, ...ofRights, ...ofAdmin].sort());
	for (const row of rows) assert.ok(row.proconfig.includes('search_path=public, pg_temp'), row.proname);
});

test('nothing is executable by everybody', async () => {
	const { rows } = await db.luotsi_owner.query(`SELECT p.oid::regprocedure::text AS name FROM pg_proc p
		WHERE pronamespace = 'public'::regnamespace AND EXISTS (SELECT FROM aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a WHERE a.grantee = 0)`);
	assert.deepEqual(rows, []);
});

test('statements without a tenant are only those of sign-in, of jobs and of the logs', () => {
	assert.deepEqual(statements.filter((s) => !s.tenant).map((s) => s.name).sort(),
		['identity_find', 'job_age_epochs', 'job_agreements', 'job_audit_expire', 'job_check_files', 'job_identity_stale', 'job_mail_take', 'job_notify_queue', 'job_notify_take', 'job_remind', 'job_retention_begin', 'job_retention_certify', 'job_retention_rows', 'job_retention_tell',
			'job_rights', 'job_succession', 'job_sweep_challenges', 'job_sweep_files', 'job_sweep_invitations', 'job_sweep_logins', 'job_sweep_sessions', 'job_unit_batch_replay', 'job_unit_batch_take', 'job_unit_plain', 'log_checkpoint', 'log_entries', 'log_extend',
			'log_look', 'log_publish', 'log_refuse', 'log_take', 'log_tile', 'log_waiting', 'login_begin', 'login_choice_put', 'login_choice_take', 'login_take', 'passkey_find', 'session_find', 'session_open', 'sign_in_note',
			'sign_in_organisations', 'unit_batch_known', 'unit_newest_batch', 'unit_orgs', 'webauthn_begin', 'webauthn_take']);
});

const idle = [1200, 900, 600];
const started = async (org, account, { seconds = [3600, 3600, 3600], old_hash = null, method = 'oidc' } = {}) => {
	const token_hash = rand32(), session = id();
	const rows = await ask(db.luotsi_app, org.org, 'session_start', { session, token_hash, account, method, identified_at: null, acr: null, old_hash, seconds });
	return { token_hash, session, row: rows[0] };
};
const found = (token_hash) => ask(db.luotsi_app, null, 'session_find', { token_hash, idle });
const asOwner = (org, sql, values) => within(db.luotsi_owner, org.org, () => db.luotsi_owner.query(sql, values));

test('a session is found by its token\'s hash alone, until it is over', async () => {
	const { luotsi_app: app, luotsi_owner: owner, luotsi_jobs: jobs } = db;
	const account = await makeAccount(owner, here, 'counsellor');
	const live = await started(here, account), expired = await started(here, account);
	await asOwner(here, "UPDATE session SET expires_at = now() - interval '1 second' WHERE session = $1", [expired.session]);
	const [one] = await found(live.token_hash);
	assert.deepEqual([one.session, one.org, one.account, one.role, one.method], [live.session, here.org, account, 'counsellor', 'oidc']);
	assert.ok(one.fresh_until > new Date() && one.fresh_until < new Date(Date.now() + 301e3), 'fresh for five minutes');
	assert.deepEqual(await found(expired.token_hash), []);
	assert.deepEqual(await found(rand32()), []);
	const away = await started(here, account);
	await asOwner(here, "UPDATE session SET seen_at = now() - interval '2 hours' WHERE session = $1", [away.session]);
	assert.deepEqual(await found(away.token_hash), []);
	const [{ swept }] = await ask(jobs, null, 'job_sweep_sessions', { idle });
	assert.equal(swept, 2);
	assert.deepEqual(await ask(app, here.org, 'session_end', { account: room.client.account, session: live.session }), [], 'not another\'s');
	assert.equal((await ask(app, here.org, 'session_end', { account, session: live.session })).length, 1);
	assert.deepEqual(await found(live.token_hash), []);
	const disabled = await started(here, account);
	await asOwner(here, 'UPDATE account SET disabled_at = now() WHERE account = $1', [account]);
	assert.deepEqual(await found(disabled.token_hash), []);
	assert.equal((await started(here, account)).row, undefined, 'nor does a new one begin');
});

test('limits go by role: how long without a request, and how long at most', async () => {
	const classes = { client: 0, counsellor: 1, team_lead: 1, admin: 2, dpo: 2, coordinator: 2, operator: 2 };
	for (const [role, n] of Object.entries(classes)) {
		const account = await makeAccount(db.luotsi_owner, here, role);
		const session = await started(here, account, { seconds: [100, 200, 300] });
		const left = (session.row.expires_at - Date.now()) / 1000;
		assert.ok(left > 100 * (n + 1) - 20 && left <= 100 * (n + 1) + 1, `${role}: ${left}`);
		await asOwner(here, 'UPDATE session SET expires_at = now() + interval \'1 hour\', seen_at = now() - make_interval(secs => $2) WHERE session = $1', [session.session, idle[n] - 20]);
		assert.equal((await found(session.token_hash)).length, 1, role);
		assert.equal((await ask(db.luotsi_app, here.org, 'session_look', { session: session.session, idle })).length, 1, role);
		await asOwner(here, 'UPDATE session SET seen_at = now() - make_interval(secs => $2) WHERE session = $1', [session.session, idle[n] + 1]);
		assert.deepEqual(await found(session.token_hash), [], role);
		assert.deepEqual(await ask(db.luotsi_app, here.org, 'session_look', { session: session.session, idle }), [], role);
	}
});

test('who signs in leaves the session of the cookie behind, also one of another organisation', async () => {
	const mine = await makeAccount(db.luotsi_owner, here), other = await makeAccount(db.luotsi_owner, there);
	const old = await started(there, other), heard = [];
	const listener = await connect('luotsi_app');
	await listener.query('LISTEN luotsi');
	listener.on('notification', (n) => heard.push(n.payload));
	const now = await started(here, mine, { old_hash: old.token_hash });
	assert.deepEqual(await found(old.token_hash), []);
	assert.equal((await found(now.token_hash)).length, 1);
	await listener.query('SELECT 1');
	await listener.end();
	assert.ok(heard.includes(`s ${hex(there.org)} ${hex(other)} ${hex(old.session)}`), heard.join());
	assert.ok((await started(here, mine, { old_hash: rand32() })).row, 'one that nobody knows is no hindrance');
});

test('a ticket opens once, for its session, in its time', async () => {
	const account = await makeAccount(db.luotsi_owner, here);
	const [a, b] = [await started(here, account), await started(here, account)];
	const ticket = async (session, seconds = 30) => {
		const ticket_hash = rand32();
		await ask(db.luotsi_app, here.org, 'ws_ticket', { ticket_hash, session: session.session, seconds });
		return ticket_hash;
	};
	const opens = async (session, ticket_hash) => (await ask(db.luotsi_app, null, 'session_open', { token_hash: session.token_hash, ticket_hash, idle }))[0]?.admitted;
	const good = await ticket(a);
	assert.equal(await opens(b, good), false, 'another session\'s');
	assert.equal(await opens(a, rand32()), false);
	assert.equal(await opens(a, good), true);
	assert.equal(await opens(a, good), false, 'twice');
	const late = await ticket(a, 0);
	assert.equal(await opens(a, late), false, 'too late');
	const left = async () => (await within(db.luotsi_app, here.org, () => db.luotsi_app.query('SELECT count(*) AS n FROM ws_ticket WHERE ticket_hash = $1', [late]))).rows[0].n;
	assert.equal(await left(), 1);
	await ask(db.luotsi_jobs, null, 'job_sweep_sessions', { idle });
	assert.equal(await left(), 0, 'swept');
	const orphan = await ticket(a);
	await ask(db.luotsi_app, here.org, 'session_end', { account, session: a.session });
	assert.equal(await opens(a, orphan), undefined, 'of an ended session');
});

test('to be proven anew makes a session fresh, and may give it another cookie', async () => {
	const account = await makeAccount(db.luotsi_owner, here);
	const session = await started(here, account);
	await asOwner(here, "UPDATE session SET fresh_until = now() - interval '1 hour' WHERE session = $1", [session.session]);
	const token_hash = rand32();
	const [{ fresh_until }] = await ask(db.luotsi_app, here.org, 'session_freshen', { session: session.session, token_hash });
	assert.ok(fresh_until > new Date());
	assert.deepEqual(await found(session.token_hash), []);
	assert.equal((await found(token_hash))[0].session, session.session);
	await ask(db.luotsi_app, here.org, 'session_freshen', { session: session.session, token_hash: null });
	assert.equal((await found(token_hash)).length, 1, 'kept');
});

test('all others of one\'s sessions end at once, and nobody else\'s', async () => {
	const [account, other] = [await makeAccount(db.luotsi_owner, here), await makeAccount(db.luotsi_owner, here)];
	const [kept, a, b, foreign] = [await started(here, account), await started(here, account), await started(here, account), await started(here, other)];
	const [{ ended }] = await ask(db.luotsi_app, here.org, 'session_end_others', { account, session: kept.session });
	assert.equal(ended, 2);
	assert.deepEqual([await found(a.token_hash), await found(b.token_hash)], [[], []]);
	assert.deepEqual([(await found(kept.token_hash)).length, (await found(foreign.token_hash)).length], [1, 1]);
});

test('who gets another role is out, and nobody has one that there is not', async () => {
	const account = await makeAccount(db.luotsi_owner, here, 'counsellor');
	const session = await started(here, account);
	await asOwner(here, "UPDATE account SET role = 'counsellor' WHERE account = $1", [account]);
	assert.equal((await found(session.token_hash)).length, 1);
	await asOwner(here, "UPDATE account SET role = 'team_lead' WHERE account = $1", [account]);
	assert.deepEqual(await found(session.token_hash), []);
	await assert.rejects(asOwner(here, "UPDATE account SET role = 'owner' WHERE account = $1", [account]), /account_role_known/);
});

test('nobody who administers gets a seat in a room', async () => {
	const seat = (account, active = true) => asOwner(there,
		`INSERT INTO room_member (room, account, role, sig_kid, enc_kid, cert, active, since, visible_from) VALUES ($1, $2, 2, $3, $4, $5, $6, 0, 1)`,
		[room.room, account, rand32(), rand32(), rand32(), active]);
	for (const role of ['admin', 'dpo', 'coordinator', 'operator']) {
		const account = await makeAccount(db.luotsi_owner, there, role);
		await assert.rejects(seat(account), (e) => e.code === 'LU000' && e.constraint === 'room_member_counsels__forbidden', role);
		await seat(account, false);
		await assert.rejects(asOwner(there, 'UPDATE room_member SET active = true WHERE account = $1', [account]), (e) => e.code === 'LU000', role);
	}
	await seat(await makeAccount(db.luotsi_owner, there, 'team_lead'));
});
