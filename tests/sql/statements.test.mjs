// Every statement of db/queries, put by people of one organisation about the rows of another: as it is; with its conditions about the
// organisation left out (rewrite.mjs); and with those of every function beneath it left out too. It must get and change no
// foreign row, because row-level security holds where code is wrong.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { fill } from './filled.mjs';
import { connect, envelope, id, makeAccount, makeOrg, makeRoom, ownDatabase, post, rand32, statements, terms } from './lib.mjs';
import { functionWithout, without } from './rewrite.mjs';

const ROLES = ['client', 'counsellor', 'team_lead', 'admin', 'dpo', 'coordinator', 'operator'];

// Statements that name no organisation first, and why. Nothing else may.
const NOT_TENANT = {
	'nobody is signed in yet; found by a secret': ['session_find', 'session_open', 'passkey_find', 'webauthn_begin', 'webauthn_take', 'login_begin', 'login_take',
		'sign_in_note', 'sign_in_organisations', 'identity_find', 'login_choice_put', 'login_choice_take'],
	'by the jobs process, one organisation after another': ['job_sweep_sessions', 'job_sweep_invitations', 'job_sweep_logins', 'job_sweep_challenges', 'job_age_epochs',
		'job_identity_stale', 'job_mail_take', 'job_sweep_files', 'job_check_files', 'job_remind', 'job_notify_queue', 'job_notify_take', 'job_agreements', 'job_succession',
		'job_retention_begin', 'job_retention_rows', 'job_retention_certify', 'job_retention_tell', 'job_audit_expire', 'job_rights', 'job_unit_plain', 'job_unit_batch_take', 'job_unit_batch_replay', 'unit_orgs'],
	'whether the database of unit keys is of this time': ['unit_newest_batch', 'unit_batch_known'],
	'hashes that are everybody\'s to read, and the signer of them': ['log_waiting', 'log_look', 'log_take', 'log_entries', 'log_extend', 'log_publish', 'log_refuse',
		'log_checkpoint', 'log_tile'],
};

// By these an operator, who is no tenant of the organisations that they keep, reaches another one (operator_check, organisation_at).
const BY_OPERATORS = ['agreement_draft', 'agreement_list', 'agreement_make', 'agreement_offer', 'agreement_past', 'agreement_sign', 'agreement_signatories',
	'agreement_take', 'agreement_take_many', 'agreement_terms', 'agreement_versions', 'contact_list', 'contact_put', 'handover_get', 'office_list', 'office_put', 'organisation_admin',
	'organisation_list', 'organisation_put', 'succession_list'];

// Whoever asks can tell that what they name is somebody's elsewhere, and why that must be.
const UNIQUE = { passkey_add: 'one authenticator, one person', staff_add: 'the id of a new account is taken everywhere' };

// Not tried to their end by the values below, for which more would have to be there.
const UNFULFILLED = ['agreement_accept', 'agreement_draft', 'agreement_make', 'agreement_sign', 'agreement_take', 'agreement_take_many', 'agreement_template_get',
	'agreement_template_list', 'breach_put', 'erasure_faults', 'export_begin', 'file_key', 'file_part_get', 'handover_files', 'handover_messages', 'handover_part',
	'handover_rooms', 'invitation_mail_state', 'invitation_waits', 'item_page', 'job_erasure_check', 'key_get', 'notify_try', 'organisation_admin', 'own_events',
	'plan_rooms', 'recovery_wraps', 'request_freeze', 'request_list', 'room_events', 'session_look', 'session_start', 'staff_add', 'succession_begin',
	'template_barred', 'template_draft_drop', 'template_draft_put', 'template_publish', 'unit_needed'];

const tenant = statements.filter((s) => s.tenant);
const own = 'luotsi_statements', db = {};
let here, there, none, theirs, functions;

before(async () => {
	await ownDatabase(own); // nothing but the two organisations: what is asked here without conditions reads all there is
	const owner = await connect('luotsi_owner', own), app = await connect('luotsi_app', own);
	db.luotsi = await connect('postgres', own);
	db.units = await connect('postgres', 'luotsi_units');
	[here, there] = [await makeFilled(owner, app), await makeFilled(owner, app)];
	await Promise.all([owner.end(), app.end()]);
	for (const world of [here, there]) for (const role of ROLES) world.people[role] = await person(world, role);
	none = Object.fromEntries(Object.entries(there.ids).map(([name, value]) => [name, Buffer.isBuffer(value) ? rand32() : id()]));
	theirs = await secretsOf(there.ids.org, await secretsOf(here.ids.org));
	for (const c of Object.values(db)) c.still = await digest(c);
	functions = await functionsWithout();
});
after(() => Promise.all(Object.values(db).map((c) => c.end())));

async function makeFilled(owner, app) {
	const room = await makeRoom(owner, await makeOrg(owner));
	await post(app, room.org, [envelope(room, room.client)]);
	const ids = await fill(owner, room);
	await db.units.query('INSERT INTO unit_key (org, unit, part, wrapped, made_at) VALUES ($1, $2, 0, $3, now() - interval \'1 year\')', [room.org, ids.file, Buffer.alloc(65)]);
	await db.luotsi.query("UPDATE session SET seen_at = now() - interval '5 minutes' WHERE org = $1", [room.org]);
	return { ids, people: {} };
}

async function person(world, role) {
	const account = id();
	await db.luotsi.query('INSERT INTO account (org, account, role) VALUES ($1, $2, $3)', [world.ids.org, account, role]);
	return account;
}

// --- what is an organisation's -------------------------------------------------------------------------

const tablesOf = async (c) => (await c.query(`SELECT c.oid::regclass::text AS name FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'org'
	WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') ORDER BY 1`)).rows.map((r) => r.name);
const secretWords = (text) => text.match(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{64}/g) ?? [];

// Ids and hashes in its rows, without those that another organisation has too.
async function secretsOf(org, others = new Set()) {
	const found = new Set();
	for (const c of Object.values(db))
		for (const table of await tablesOf(c))
			for (const { row } of (await c.query(`SELECT to_jsonb(t)::text AS row FROM ${table} t WHERE org = $1`, [org])).rows)
				secretWords(row).filter((word) => !others.has(word)).forEach((word) => found.add(word));
	return found;
}

async function digest(c) {
	const parts = (await tablesOf(c)).map((t) => `(SELECT coalesce(md5(string_agg(t::text, '|' ORDER BY t::text)), '') FROM ${t} t WHERE org = '${there.ids.org}')`);
	return (await c.query(`SELECT concat_ws(' ', ${parts.join(', ')}) AS all`)).rows[0].all;
}

async function functionsWithout() {
	const { rows } = await db.luotsi.query(`SELECT p.oid::regprocedure::text AS name, pg_get_functiondef(p.oid) AS definition, l.lanname AS language,
			CASE WHEN p.prosqlbody IS NULL THEN p.prosrc ELSE '' END AS body
		FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang WHERE p.pronamespace = 'public'::regnamespace AND p.prokind IN ('f', 'p')
			AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')`);
	return rows.map((r) => functionWithout(r.definition, r.language, r.body)).filter((f) => f.n > 0);
}

// --- asking --------------------------------------------------------------------------------------------

// Which of the ids a parameter is given, where the names differ; the second for an element of a list.
const ALIAS = {
	actor: 'account', admin: 'account', sender: 'account', subject: 'account', person: 'account', waiting: 'account', object: 'room', target: 'msg_id', unit: 'file', within: 'org',
	under: 'org', copy_of: 'template', announced: 'msg_id', rid: 'account', subjects: 'account', accounts: 'account', rooms: 'room', orgs: 'org', units: 'file',
	m_account: 'account', g_to: 'account', w_rid: 'account', old_hash: 'token_hash', ticket_hash: 'token_hash' };
const VALUES = {
	language: 'fi', role: 'counsellor', kind: { text: 'room', int2: 1 }, phase: 'open', method: 'passkey', days: { int4: 30, 'text[]': ['2026-01-01'] }, state: { text: null, bytea: rand32() },
	region: null, words: null, stuck: null, scope: 'all', topic: null, reader: 'fi', step: 'make', to: 'signatory_found', note: '', next_by: '', ends_on: '', begins: '2026-01-01', skip: 0,
	holds_from: '2027-01-01', signed_on: '2026-01-01', terms: JSON.stringify(terms()), basis: 'office', basis_text: 'virka', device: 'key', word: 'here', action: { text: null },
	form: 'json', after: { uuid: null, int8: 0 }, since: null, until: { timestamptz: '2030-01-01', int4: 99 }, before: 2_000_000_000, from: 0, at: '2030-01-01', expires_at: '2030-01-01',
	acr: 'loa2', country: 'FI', provider: 'bank', identified_at: '2026-01-01', business_id: '2296962-1', topics: ['housing'], purpose: 'sign_in', outcome: 'sent', dry: false,
	new: false, algorithm: -7, list_mac: Buffer.alloc(32), most: 100, limit: 100, last: [9], after_part: 0, reason: 'syy tähän', seconds: { int4: 60, 'int4[]': [60, 60, 60] } };
const BY_TYPE = { bool: true, int2: 1, int4: 1, int8: 1, text: 'teksti', bytea: Buffer.alloc(32, 7), timestamptz: '2030-01-01', jsonb: '{}' };

// By statement, where a name means something else than elsewhere.
const SPECIAL = {
	retention_dry: { source: 'client_room', until: '2100-01-01', days: null, place: null }, retention_page: { source: 'client_room', until: '2100-01-01', place: null },
	organisation_list: { kind: null, within: null }, organisation_put: { kind: 'city', under: null, business_id: null }, succession_list: { succession: null },
	audit_add: { action: 'room_topics' }, audit_reason: { action: 'room_topics' }, notify_put: { sealed: Buffer.alloc(60) }, template_draft_put: { body: '{}', edits: 0, copy_of: null }, template_list: { scope: 'own', kind: null, language: null },
	passkey_rename: { device: 'phone' }, unit_put: { wrapped: [Buffer.alloc(65)] }, unit_get: { parts: [0] }, unit_list: { after: '00000000-0000-0000-0000-000000000000' },
	absence_put: { from: null, until: null, deputy: null }, leaving_put: { on: null, successor: null }, report_rooms: { by: 'topic' },
	service_put: { notice: ['Hei', 'Hej', 'Hello'], until: '2030-01-01', weekdays: [2], opens: [540], closes: [900] }, service_day_put: { day: '2030-01-01' },
	recovery_rehearse: { held_on: new Date().toISOString().slice(0, 10) }, staff_disable: { forced: 'ill' },
	agreement_draft: { version: 2 }, event_list: { person: null, action: 'export' }, // beside what is written by asking
	session_start: { old_hash: null } }; // by its secret, wherever the session was that this browser had

function valueOf({ name, type }, ids, given) {
	const key = ALIAS[name] ?? name;
	if (given[name] !== undefined) return given[name];
	if (ids[key] !== undefined && /^(uuid|bytea)/.test(type)) return type.endsWith('[]') ? [ids[key]] : ids[key];
	const listed = VALUES[name], known = listed?.constructor === Object ? listed[type] : listed;
	if (known !== undefined) return known;
	if (type === 'uuid') return null;
	const base = BY_TYPE[type.replace('[]', '')];
	if (type === 'uuid[]') return [];
	return type.endsWith('[]') ? [base] : base;
}

function literal(value, type) {
	const bare = (v) => (Buffer.isBuffer(v) ? `\\x${v.toString('hex')}` : String(v));
	const listed = (v) => `{${v.map((one) => `"${bare(one).replace(/[\\"]/g, '\\$&')}"`).join(',')}}`;
	return value === null ? `NULL::${type}` : `${db.luotsi.escapeLiteral(Array.isArray(value) ? listed(value) : bare(value))}::${type}`;
}

const roleOf = (s) => s.role ?? (/^(job_|unit_orphans|unit_needed|unit_list|erasure_faults)/.test(s.name) ? 'luotsi_jobs' : 'luotsi_app');

// The answer of a statement put in an organisation, and whether it changed the second one. In a transaction, and undone.
async function put(s, sql, ids, given, org = here.ids.org) {
	const c = s.lane === 'unit' ? db.units : db.luotsi, type = (f) => f.type + (s.batch ? '[]' : ''), listed = (words) => (words.length ? `(${words})` : '');
	const values = s.in.map((f) => valueOf(f, ids, { ...SPECIAL[s.name], ...given })).map((v, i) => literal(s.batch ? [v] : v, type(s.in[i])));
	const answer = { changed: false };
	try {
		const results = await c.query(`SAVEPOINT put; SELECT set_config('luotsi.org', '${org}', true); SET LOCAL ROLE ${roleOf(s)}; PREPARE put ${listed(s.in.map(type))} AS ${sql};
			EXECUTE put ${listed(values)}; RESET ROLE; SELECT pg_current_xact_id_if_assigned() AS written`);
		answer.rows = results.at(-3).rows;
		answer.changed = results.at(-1).rows[0].written !== null && (await digest(c)) !== c.still;
	} catch (error) {
		answer.error = `${error.code} ${error.constraint ?? error.message}`;
	}
	await c.query('ROLLBACK TO put; DEALLOCATE ALL');
	return answer;
}

async function undone(work) {
	for (const c of Object.values(db)) await c.query('BEGIN');
	try {
		return await work();
	} finally {
		for (const c of Object.values(db)) await c.query('ROLLBACK');
	}
}

const hexOf = (value) => JSON.stringify(value, (key, v) => (v?.type === 'Buffer' ? Buffer.from(v.data).toString('hex') : v));
// As it would be said with any other ids and at any other time.
function told(answer, ids) {
	let text = hexOf(answer.rows ?? answer.error);
	for (const [name, value] of Object.entries(ids)) text = text.replaceAll(Buffer.isBuffer(value) ? value.toString('hex') : value, `<${name}>`);
	return text.replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, '<time>');
}

// What it gives away: what it was not given.
function leaked(answer, ids) {
	const given = new Set(Object.values(ids).map((v) => (Buffer.isBuffer(v) ? v.toString('hex') : v)));
	return secretWords(hexOf(answer.rows ?? [])).filter((word) => theirs.has(word) && !given.has(word));
}

// Who asks: somebody of each role, about others or, where it is asked so, as themselves.
const askers = (roles = ROLES, people = here.people) => roles.flatMap((role) => {
	const actor = people[role], about = { actor, admin: actor };
	return ['client', 'counsellor', 'admin'].includes(role) ? [[role, about], [role, { ...about, account: actor, sender: actor }]] : [[role, about]];
});
const isTheirs = (name, role) => role === 'operator' && BY_OPERATORS.includes(name);

test('the statements that name no organisation first are those that have a reason', () => {
	assert.deepEqual(statements.filter((s) => !s.tenant).map((s) => s.name).sort(), Object.values(NOT_TENANT).flat().sort());
});

test('row-level security is forced under every table with an organisation, in both databases, and these policies alone see beyond it', async () => {
	const open = [];
	for (const c of Object.values(db)) {
		const { rows: bare } = await c.query(`SELECT c.oid::regclass::text AS name FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'org' AND NOT a.attisdropped
			WHERE c.relkind IN ('r', 'p') AND NOT (c.relrowsecurity AND c.relforcerowsecurity
				AND EXISTS (SELECT FROM pg_policies p WHERE p.tablename = c.relname AND p.policyname = 'tenant' AND p.cmd = 'ALL' AND p.roles = '{public}'))`);
		assert.deepEqual(bare, []);
		open.push(...(await c.query("SELECT concat_ws(' ', tablename, policyname, cmd, array_to_string(roles, ',')) AS p FROM pg_policies WHERE policyname <> 'tenant'")).rows.map((r) => r.p));
	}
	const by = (policy, role, ...names) => names.map((table) => `${table} ${policy} SELECT ${role}`);
	assert.deepEqual(open.sort(), [
		...by('across', 'luotsi_owner', 'organisation', 'passkey', 'session', 'template', 'unit_batch'), // to find whose a cookie, a credential, an errand is
		...by('overview', 'luotsi_owner', 'agreement', 'agreement_due', 'agreement_history', 'agreement_version', 'contact', 'office', 'succession'), // for operators (across())
		...by('shared', 'luotsi_app', 'template', 'template_version')].sort()); // what is published for all
});

test('operators, and nobody else, reach other organisations by the statements that are meant for it', () => undone(async () => {
	const reached = new Set(), unlike = new Set();
	for (const s of tenant)
		for (const [role, given] of askers()) {
			const answer = await put(s, s.sql, there.ids, given), nobodys = await put(s, s.sql, none, given);
			if (answer.changed || leaked(answer, there.ids).length) reached.add(`${s.name} ${role}`);
			else if (told(answer, there.ids) !== told(nobodys, none)) unlike.add(isTheirs(s.name, role) ? `${s.name} ${role}` : s.name);
		}
	assert.deepEqual([...reached, ...unlike].sort(), [...BY_OPERATORS.map((name) => `${name} operator`), ...Object.keys(UNIQUE)].sort());
}));

test('asked in their own organisation by its own people they find or change something', () => undone(async () => {
	const blind = [];
	for (const s of tenant) {
		const answers = [];
		for (const [, given] of askers(ROLES, there.people)) answers.push(await put(s, s.sql, there.ids, given, there.ids.org));
		if (!answers.some((answer) => answer.changed || answer.rows?.length > 0)) blind.push(s.name);
	}
	assert.deepEqual(blind.sort(), UNFULFILLED);
}));

// Refused by row-level security, or by a key that leads nowhere or to somebody else.
const refusals = [undefined, '42501', '23503', '23505'];
const weakened = tenant.filter((s) => without(s.sql, true).n > 0);
for (const s of weakened)
	test(`${s.name} without its conditions gets and changes no foreign row`, () => undone(async () => {
		for (const [all, ids] of [[false, there.ids], [true, there.ids], [true, none]])
			for (const [role, given] of askers(['counsellor'])) {
				const { sql } = without(s.sql, all), answer = await put(s, sql, ids, given);
				assert.ok(refusals.includes(answer.error?.slice(0, 5)), `${answer.error}: ${sql}`);
				assert.deepEqual([answer.changed, leaked(answer, ids)], [false, []], `${role}: ${sql}`);
			}
	}));

test('by somebody whom row-level security does not hold most of them would', () => undone(async () => {
	let reach = 0;
	for (const s of weakened) {
		const answer = await put({ ...s, role: 'postgres' }, without(s.sql, true).sql, none, {});
		reach += answer.changed || leaked(answer, none).length > 0;
	}
	assert.ok(reach > weakened.length / 2, `${reach} of ${weakened.length}`);
}));

test('nor does any of them with functions beneath that ask for no organisation either', () => undone(async () => {
	assert.ok(functions.length > 100, `${functions.length} functions`);
	for (const f of functions) await db.luotsi.query(f.sql);
	const reached = new Set();
	for (const s of tenant)
		for (const [role, given] of askers().filter(([role]) => !isTheirs(s.name, role))) {
			const answer = await put(s, without(s.sql).sql, there.ids, given);
			if (answer.changed) reached.add(`${s.name} ${role} changes`);
			if (leaked(answer, there.ids).length) reached.add(`${s.name} ${role} gets`);
		}
	assert.deepEqual([...reached], []);
}));
