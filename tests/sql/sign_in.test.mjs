// Identifications under way, and the people behind accounts.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ask, connect, id, makeAccount, makeOrg, makeRoom, rand32, refused, within } from './lib.mjs';

const db = {};
let here, there;
before(async () => {
	for (const role of ['luotsi_owner', 'luotsi_app', 'luotsi_jobs']) db[role] = await connect(role);
	[here, there] = [await makeOrg(db.luotsi_owner), await makeOrg(db.luotsi_owner)];
});
after(() => Promise.all(Object.values(db).map((c) => c.end())));

const app = (org, name, parameters) => ask(db.luotsi_app, org, name, parameters);
const owner = (org, sql, values = []) => within(db.luotsi_owner, org, async () => (await db.luotsi_owner.query(sql, values)).rows);

const begin = async (change = {}) => {
	const attempt = { attempt: id(), cookie_hash: rand32(), state_hash: rand32(), nonce: rand32(), salt: rand32(), provider: 'bank',
		address: id(), staff_org: null, ticket_hash: null, most: 20, ...change };
	const [{ outcome }] = await app(null, 'login_begin', attempt);
	return { ...attempt, outcome };
};
const take = ({ cookie_hash, state_hash }) => app(null, 'login_take', { cookie_hash, state_hash });
const person = (change = {}) => ({ version: 2, index: rand32(), previous_version: null, previous_index: null, code: Buffer.alloc(40, 1), given_name: Buffer.alloc(40, 2), family_name: Buffer.alloc(40, 3),
	country: 'FI', provider: 'bank', acr: 'loa2', identified_at: new Date(), ...change });
const makeInvitation = async (org, change = {}) => {
	const room = await makeRoom(db.luotsi_owner, org);
	const token_hash = rand32();
	await owner(org.org, `INSERT INTO invitation (room, invite, token_hash, sealed, expires_at) VALUES ($1, $2, $3, $4, now() + $5::interval)`,
		[room.room, id(), token_hash, Buffer.alloc(300), change.in ?? '1 day']);
	return { room: room.room, token_hash };
};
const join = async (org, ticket, who) => (await app(org.org, 'identity_begin', { account: id(), ...ticket, ...who }))[0];
const known = (versions) => app(null, 'identity_find', {
	orgs: versions.map((v) => v.org), versions: versions.map((v) => v.version), indexes: versions.map((v) => v.index) });
const record = async (org, account, who, previous = {}) =>
	(await app(org.org, 'identity_record', { account, previous_version: null, previous_index: null, ...who, ...previous }))[0].recorded;

test('an attempt is taken once, by the cookie and the state together', async () => {
	const a = await begin(), b = await begin();
	assert.equal(a.outcome, 'ok');
	assert.deepEqual(await take({ cookie_hash: a.cookie_hash, state_hash: b.state_hash }), []);
	assert.deepEqual(await take({ cookie_hash: rand32(), state_hash: a.state_hash }), []);
	const [taken] = await take(a);
	assert.deepEqual([taken.attempt, taken.provider, taken.nonce, taken.salt, taken.ticket_org], [a.attempt, 'bank', a.nonce, a.salt, null]);
	assert.deepEqual(await take(a), [], 'again');
	assert.equal((await take(b)).length, 1, 'the other is untouched');
});

test('of two who take an attempt at once one gets it', async () => {
	const a = await begin(), second = await connect('luotsi_app');
	const both = await Promise.all([take(a), ask(second, null, 'login_take', { cookie_hash: a.cookie_hash, state_hash: a.state_hash })]);
	await second.end();
	assert.deepEqual(both.map((rows) => rows.length).sort(), [0, 1]);
});

test('an attempt of ten minutes ago is over, and swept', async () => {
	const a = await begin(), b = await begin();
	await db.luotsi_owner.query("UPDATE login_attempt SET expires_at = now() - interval '1 second' WHERE attempt = $1", [a.attempt]);
	assert.deepEqual(await take(a), []);
	const [{ swept }] = await ask(db.luotsi_jobs, null, 'job_sweep_logins', { event_days: 365 });
	assert.equal(swept, 1);
	assert.equal((await take(b)).length, 1);
});

test('how an identification went is forgotten after its time, the oldest first', async () => {
	const kept = async () => Number((await db.luotsi_owner.query("SELECT count(*) FROM sign_in_event WHERE word = 'swept_test'")).rows[0].count);
	await db.luotsi_owner.query("INSERT INTO sign_in_event (at, word) SELECT now() - make_interval(days => d), 'swept_test' FROM unnest(ARRAY[400, 366, 364, 0]) d");
	await ask(db.luotsi_jobs, null, 'job_sweep_logins', { event_days: 365 });
	assert.equal(await kept(), 2);
	await ask(db.luotsi_jobs, null, 'job_sweep_logins', { event_days: 1 });
	assert.equal(await kept(), 1);
	await refused(db.luotsi_jobs.query('DELETE FROM sign_in_event'), '42501', assert);
});

test('one address has only so many attempts under way', async () => {
	const address = id();
	for (let i = 0; i < 3; i++) assert.equal((await begin({ address, most: 3 })).outcome, 'ok');
	const over = await begin({ address, most: 3 });
	assert.equal(over.outcome, 'rate_limited');
	assert.deepEqual(await take(over), []);
	assert.equal((await begin({ most: 3 })).outcome, 'ok', 'another address');
});

test('the worker cannot look at attempts, choices or indexes', async () => {
	for (const sql of ['SELECT FROM login_attempt', 'SELECT FROM login_choice', 'DELETE FROM login_attempt', 'SELECT blind_index FROM account_identity',
		'SELECT code FROM account_identity', 'UPDATE account_identity SET provider = provider', 'DELETE FROM sign_in_event', 'SELECT token_hash FROM account_enrolment'])
		await refused(within(db.luotsi_app, here.org, () => db.luotsi_app.query(sql)), '42501', assert);
});

test('each beginning and each end is noted in a word', async () => {
	const a = await begin();
	await app(null, 'sign_in_note', { attempt: a.attempt, provider: 'bank', word: 'wrong_nonce' });
	const { rows } = await db.luotsi_owner.query('SELECT word FROM sign_in_event WHERE attempt = $1 ORDER BY n', [a.attempt]);
	assert.deepEqual(rows.map((r) => r.word), ['begun', 'wrong_nonce']);
	await refused(app(null, 'sign_in_note', { attempt: null, provider: null, word: 'Aino Virtanen' }), '23514', assert);
});

test('an invitation is looked at before the person is sent away', async () => {
	const good = await makeInvitation(here), late = await makeInvitation(here, { in: '-1 second' });
	const attempt = await begin({ ticket_hash: good.token_hash });
	assert.equal(attempt.outcome, 'ok');
	const [taken] = await take(attempt);
	assert.deepEqual([taken.ticket_org, taken.ticket_room, taken.ticket_hash], [here.org, good.room, good.token_hash]);
	assert.equal((await begin({ ticket_hash: late.token_hash })).outcome, 'expired');
	assert.equal((await begin({ ticket_hash: rand32() })).outcome, 'not_found');
	assert.equal((await begin({ staff_org: here.org, ticket_hash: good.token_hash })).outcome, 'not_found', 'as an enrolment');
});

test('an invited person gets a client account, once, and is found by index afterwards', async () => {
	const ticket = await makeInvitation(here), who = person();
	const made = await join(here, ticket, who);
	assert.equal(made.outcome, 'ok');
	const [found] = await known([{ org: here.org, ...who }]);
	assert.deepEqual([found.account, found.org, found.role, found.disabled], [made.account, here.org, 'client', false]);
	assert.deepEqual(await known([{ org: there.org, ...who }]), [], 'not in another organisation');
	assert.deepEqual(await known([{ org: here.org, version: 1, index: who.index }]), [], 'not under another key');
	assert.equal((await join(here, ticket, person())).outcome, 'used', 'one link makes one person');
	const [claim] = await app(here.org, 'invitation_claim', { room: ticket.room, token_hash: ticket.token_hash, account: made.account });
	assert.equal(claim.outcome, 'ok');
	const audit = await owner(here.org, 'SELECT action FROM audit WHERE actor = $1 ORDER BY n', [made.account]);
	assert.deepEqual(audit.map((r) => r.action), ['account_made', 'identified', 'invitation_claim']);
});

test('an expired, foreign or wrong invitation makes nobody', async () => {
	const late = await makeInvitation(here, { in: '-1 second' }), good = await makeInvitation(here);
	assert.equal((await join(here, late, person())).outcome, 'expired');
	assert.equal((await join(there, good, person())).outcome, 'not_found');
	assert.equal((await join(here, { ...good, token_hash: rand32() }, person())).outcome, 'not_found');
	assert.equal((await join(here, good, person())).outcome, 'ok', 'it is still good');
});

test('of two people with one link at once one gets in', async () => {
	const ticket = await makeInvitation(here), second = await connect('luotsi_app');
	const both = await Promise.all([join(here, ticket, person()),
		ask(second, here.org, 'identity_begin', { account: id(), ...ticket, ...person() }).then((rows) => rows[0])]);
	await second.end();
	assert.deepEqual(both.map((r) => r.outcome).sort(), ['ok', 'used']);
});

test('one person has one account in an organisation', async () => {
	const who = person();
	assert.equal((await join(here, await makeInvitation(here), who)).outcome, 'ok');
	assert.equal((await join(here, await makeInvitation(here), who)).outcome, 'conflict');
	assert.equal((await join(there, await makeInvitation(there), who)).outcome, 'ok', 'in another one too');
	assert.equal((await known([{ org: here.org, ...who }, { org: there.org, ...who }])).length, 2);
});

test('who was known under an older key is found, and known under the newest then', async () => {
	const org = await makeOrg(db.luotsi_owner), old = person({ version: 1 }), fresh = person({ index: rand32(), given_name: null });
	const { account } = await join(org, await makeInvitation(org), old);
	assert.equal((await known([{ org: org.org, ...fresh }, { org: org.org, ...old }])).length, 1);
	assert.equal(await record(org, account, fresh, { previous_version: 1, previous_index: old.index }), true);
	assert.equal((await known([{ org: org.org, ...fresh }]))[0].account, account);
	assert.deepEqual(await known([{ org: org.org, ...old }]), []);
	const [row] = await owner(org.org, 'SELECT given_name FROM account_identity WHERE account = $1', [account]);
	assert.deepEqual(row.given_name, old.given_name, 'a name that did not come stays');
});

test('while the index key changes one person still gets one account', async () => {
	const second = await connect('luotsi_app'), third = await connect('luotsi_app');
	for (let i = 0; i < 8; i++) {
		const org = await makeOrg(db.luotsi_owner), old = person({ version: 1 });
		const fresh = person({ previous_version: 1, previous_index: old.index });
		const tickets = [await makeInvitation(org), await makeInvitation(org)];
		const both = await Promise.all([[second, old], [third, fresh]].map(async ([c, who], n) =>
			(await ask(c, org.org, 'identity_begin', { account: id(), ...tickets[n], ...who }))[0].outcome));
		assert.deepEqual(both.sort(), ['conflict', 'ok']);
	}
	await Promise.all([second.end(), third.end()]);
	const org = await makeOrg(db.luotsi_owner), old = person({ version: 1 }), other = person();
	assert.equal((await join(org, await makeInvitation(org), old)).outcome, 'ok');
	assert.equal((await join(org, await makeInvitation(org), other)).outcome, 'ok');
	assert.equal((await join(org, await makeInvitation(org), person({ version: 1 }))).outcome, 'conflict', 'an index of yesterday');
});

test('nobody is recorded as the person of another\'s account', async () => {
	const { account } = await join(here, await makeInvitation(here), person());
	assert.equal(await record(here, account, person(), { previous_version: 1, previous_index: rand32() }), false);
	assert.equal(await record(there, account, person()), false);
});

test('a disabled account is found as such', async () => {
	const who = person();
	const { account } = await join(here, await makeInvitation(here), who);
	await owner(here.org, 'UPDATE account SET disabled_at = now() WHERE account = $1', [account]);
	assert.equal((await known([{ org: here.org, ...who }]))[0].disabled, true);
});

test('a choice is taken once, and only for an account that was offered', async () => {
	const choice = { cookie_hash: rand32(), acr: 'loa2', identified_at: new Date(), orgs: [here.org, there.org], accounts: [id(), id()] };
	await app(null, 'login_choice_put', choice);
	const choose = (account, cookie_hash = choice.cookie_hash) => app(null, 'login_choice_take', { cookie_hash, account });
	assert.deepEqual(await choose(id()), []);
	assert.deepEqual(await choose(choice.accounts[1], rand32()), []);
	const [taken] = await choose(choice.accounts[1]);
	assert.deepEqual([taken.org, taken.acr], [there.org, 'loa2']);
	assert.deepEqual(await choose(choice.accounts[0]), []);
});

test('only organisations with a live agreement have clients to look for', async () => {
	const sent = await makeOrg(db.luotsi_owner, { state: 'sent' });
	const orgs = (await app(null, 'sign_in_organisations', {})).map((r) => r.org);
	assert.ok(orgs.includes(here.org) && orgs.includes(there.org) && !orgs.includes(sent.org));
});

test('an enrolment joins a person with a staff account, once', async () => {
	const admin = await makeAccount(db.luotsi_owner, here, 'admin'), staff = await makeAccount(db.luotsi_owner, here, 'counsellor');
	const client = await makeAccount(db.luotsi_owner, here), token_hash = rand32();
	const enrol = async (org, account, change = {}) => (await app(org.org, 'enrolment_make', {
		admin, account, token_hash, expires_at: new Date(Date.now() + 60_000), ...change }))[0].outcome;
	assert.equal(await enrol(here, client), 'not_found', 'not of a client');
	assert.equal(await enrol(there, staff), 'not_found', 'not of another organisation');
	assert.equal(await enrol(here, admin), 'not_found', 'not of oneself');
	assert.equal(await enrol(here, staff), 'ok');
	const who = person(), ticket = { room: null, token_hash };
	assert.equal((await begin({ ticket_hash: token_hash })).outcome, 'not_found', 'as an invitation');
	assert.equal((await begin({ staff_org: there.org, ticket_hash: token_hash })).outcome, 'not_found', 'elsewhere');
	const attempt = await begin({ staff_org: here.org, ticket_hash: token_hash });
	assert.equal(attempt.outcome, 'ok');
	const [taken] = await take(attempt);
	assert.deepEqual([taken.ticket_org, taken.ticket_room], [here.org, null]);
	assert.deepEqual(await join(here, ticket, who), { outcome: 'ok', account: staff });
	assert.equal((await known([{ org: here.org, ...who }]))[0].role, 'counsellor');
	assert.equal((await join(here, ticket, person())).outcome, 'not_found', 'again');
	assert.equal(await enrol(here, staff), 'already_enrolled');
	const late = await makeAccount(db.luotsi_owner, here, 'counsellor');
	assert.equal(await enrol(here, late, { expires_at: new Date(Date.now() - 1000) }), 'ok');
	assert.equal((await join(here, ticket, person())).outcome, 'expired');
});

test('who had a staff account before its next person is out of it', async () => {
	const [staff, other] = [await makeAccount(db.luotsi_owner, here, 'counsellor'),
		await makeAccount(db.luotsi_owner, here, 'counsellor')];
	const enrol = async (account) => {
		const token_hash = rand32();
		// By hand: enrolment_make leaves an account to the person it has.
		await owner(here.org, `INSERT INTO account_enrolment (account, token_hash, expires_at) VALUES ($1, $2, now() + interval '1 minute')`, [account, token_hash]);
		return { room: null, token_hash };
	};
	const start = (account) => app(here.org, 'session_start', { session: id(), token_hash: rand32(), account, method: 'oidc', identified_at: new Date(),
		acr: 'loa2', old_hash: null, seconds: [600, 600, 600] });
	const passkey = (account) => app(here.org, 'passkey_add', { account, passkey: id(), credential: rand32(), algorithm: -7,
		public_key: Buffer.alloc(64, 4), counter: 0, synced: false, device: 'key', most: 16 });
	const left = (account) => owner(here.org, `SELECT (SELECT count(*) FROM session WHERE account = $1)::int AS sessions,
		(SELECT count(*) FROM passkey WHERE account = $1)::int AS passkeys`, [account]);
	await passkey(staff);
	assert.equal((await join(here, await enrol(staff), person())).outcome, 'ok');
	assert.deepEqual(await left(staff), [{ sessions: 0, passkeys: 1 }], 'the first person keeps what the account has');
	for (const account of [staff, other]) await start(account);
	await passkey(other);
	assert.equal((await join(here, await enrol(staff), person())).outcome, 'ok');
	assert.deepEqual(await left(staff), [{ sessions: 0, passkeys: 0 }]);
	assert.deepEqual(await left(other), [{ sessions: 1, passkeys: 1 }]);
	const audit = await owner(here.org, 'SELECT action FROM audit WHERE actor = $1 ORDER BY n', [staff]);
	assert.deepEqual(audit.map((r) => r.action), ['passkey_add', 'identified', 'person_replaced', 'identified']);
	const late = await enrol(other);
	await owner(here.org, 'UPDATE account SET disabled_at = now() WHERE account = $1', [other]);
	assert.equal((await join(here, late, person())).outcome, 'not_found', 'an account that was disabled meanwhile');
});

test('the name of an identified client is for the room they are in or were invited to', async () => {
	const ticket = await makeInvitation(here), who = person(), elsewhere = await makeRoom(db.luotsi_owner, here);
	const { account } = await join(here, ticket, who);
	const name = (org, room) => app(org.org, 'identified_name', { room, account });
	assert.deepEqual((await name(here, ticket.room))[0].given_name, who.given_name);
	assert.deepEqual(await name(here, elsewhere.room), []);
	assert.deepEqual(await name(there, ticket.room), []);
	await owner(here.org, 'DELETE FROM invitation WHERE room = $1', [ticket.room]);
	assert.deepEqual(await name(here, ticket.room), []);
});
