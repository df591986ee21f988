// Staff accounts in the hands of an admin: what one may do to another, and what of it is told.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ask, connect, id, makeAccount, makeOrg, makeRoom, rand32, refused, within } from './lib.mjs';

const db = {};
let here, there, admin;
before(async () => {
	for (const role of ['luotsi_owner', 'luotsi_app', 'luotsi_jobs', 'luotsi_read']) db[role] = await connect(role);
	[here, there] = [await makeOrg(db.luotsi_owner), await makeOrg(db.luotsi_owner)];
	admin = await makeAccount(db.luotsi_owner, here, 'admin');
});
after(() => Promise.all(Object.values(db).map((c) => c.end())));

const app = (org, name, parameters) => ask(db.luotsi_app, org?.org ?? null, name, parameters);
const jobs = (org, name, parameters) => ask(db.luotsi_jobs, org?.org ?? null, name, parameters);
const owner = (org, sql, values = []) => within(db.luotsi_owner, org.org, async () => (await db.luotsi_owner.query(sql, values)).rows);
const outcome = async (org, name, parameters) => (await app(org, name, parameters))[0].outcome;
const make = (role) => makeAccount(db.luotsi_owner, here, role);
const inAMinute = () => new Date(Date.now() + 60_000);
const row = async (account) => (await app(here, 'staff_list', {})).find((one) => one.account === account);
const start = (account, method = 'oidc') => app(here, 'session_start', { session: id(), token_hash: rand32(), account, method, identified_at: null, acr: null, old_hash: null, seconds: [600, 600, 600] });
const sessions = async (account) => (await owner(here, 'SELECT count(*)::int AS n FROM session WHERE account = $1', [account]))[0].n;
const passkey = (account) => app(here, 'passkey_add', { account, passkey: id(), credential: rand32(), algorithm: -7, public_key: Buffer.alloc(64, 4), counter: 0, synced: false, device: 'key', most: 16 });
const identify = (account) => owner(here, `INSERT INTO account_identity (account, key_version, blind_index, code, country, provider, acr, identified_at)
	VALUES ($1, 1, $2, $3, 'FI', 'virka', 'loa2', now())`, [account, rand32(), Buffer.alloc(40)]);
const enrol = (account, change = {}) => outcome(here, 'enrolment_make', { admin, account, token_hash: rand32(), expires_at: inAMinute(), ...change });
const mail = async (account, change = {}) => {
	const given = { actor: admin, account, token_hash: rand32(), expires_at: inAMinute(), mail: id(), sealed: Buffer.alloc(120, 1), language: 'sv', most: 100, ...change };
	return { ...given, outcome: await outcome(here, 'enrolment_mail_put', given) };
};
const mails = async () => (await jobs(null, 'job_mail_take', { most: 100 })).filter((one) => one.org === here.org);
const audit = (object) => owner(here, 'SELECT actor, action, word FROM audit WHERE object = $1 ORDER BY n', [object]);

test('a new account waits for its person, with a name that only the keys process reads', async () => {
	const account = id();
	assert.equal(await outcome(here, 'staff_add', { actor: admin, account, role: 'counsellor', name: Buffer.alloc(60, 7), most: 300 }), 'ok');
	const one = await row(account);
	assert.deepEqual([one.role, one.disabled, one.enrolled, Number(one.passkeys), one.has_keys, one.invited_until, one.mail], ['counsellor', false, false, 0, false, null, 'none']);
	assert.deepEqual(one.name, Buffer.alloc(60, 7));
	assert.equal(await outcome(here, 'staff_add', { actor: admin, account: id(), role: 'dpo', name: Buffer.alloc(60), most: 1 }), 'quota');
	assert.deepEqual(await audit(account), [{ actor: admin, action: 'staff_add', word: 'counsellor' }]);
	assert.equal((await app(there, 'staff_list', {})).some((other) => other.account === account), false, 'of another organisation');
});

test('neither clients, nor oneself, nor the staff of others can be acted upon', async () => {
	const client = await makeAccount(db.luotsi_owner, here), stranger = await makeAccount(db.luotsi_owner, there, 'counsellor');
	for (const account of [client, stranger, admin, id()]) {
		assert.equal(await outcome(here, 'staff_role', { actor: admin, account, role: 'dpo' }), 'not_found');
		assert.equal(await outcome(here, 'staff_disable', { actor: admin, account, disabled: true, forced: null }), 'not_found');
		assert.equal(await outcome(here, 'passkey_reset', { actor: admin, account, reason: 'lost' }), 'not_found');
		assert.equal((await mail(account)).outcome, 'not_found');
		assert.equal(await enrol(account), 'not_found');
	}
});

test('another role ends all sessions, and is told once', async () => {
	const account = await make('counsellor');
	await start(account);
	assert.equal(await outcome(here, 'staff_role', { actor: admin, account, role: 'team_lead' }), 'ok');
	assert.deepEqual([await sessions(account), (await row(account)).role], [0, 'team_lead']);
	await start(account);
	assert.equal(await outcome(here, 'staff_role', { actor: admin, account, role: 'team_lead' }), 'ok');
	assert.equal(await sessions(account), 1, 'the same role changes nothing');
	assert.deepEqual((await app(here, 'own_events', { account })).map((one) => [one.actor, one.action, one.word]), [[admin, 'staff_role', 'team_lead']]);
});

test('who has open rooms goes on counselling', async () => {
	const { staff, room } = await makeRoom(db.luotsi_owner, here), { account } = staff;
	assert.equal(Number((await row(account)).rooms), 1);
	assert.equal(await outcome(here, 'staff_role', { actor: admin, account, role: 'dpo' }), 'has_rooms');
	assert.equal(await outcome(here, 'staff_role', { actor: admin, account, role: 'team_lead' }), 'ok');
	await owner(here, "UPDATE room SET phase = 'closed' WHERE room = $1", [room]);
	assert.equal(await outcome(here, 'staff_role', { actor: admin, account, role: 'dpo' }), 'ok');
});

test('nobody makes an operator something else', async () => {
	const account = await make('operator');
	assert.equal(await outcome(here, 'staff_role', { actor: admin, account, role: 'counsellor' }), 'not_found');
	assert.equal((await row(account)).role, 'operator');
});

test('an organisation keeps an admin', async () => {
	const org = await makeOrg(db.luotsi_owner);
	const [one, other] = [await makeAccount(db.luotsi_owner, org, 'admin'), await makeAccount(db.luotsi_owner, org, 'admin')];
	const act = async (name, actor, account, rest) => (await ask(db.luotsi_app, org.org, name, { actor, account, ...rest }))[0].outcome;
	assert.equal(await act('staff_disable', one, other, { disabled: true, forced: null }), 'ok');
	assert.equal(await act('staff_disable', other, one, { disabled: true, forced: null }), 'last_admin');
	assert.equal(await act('staff_role', other, one, { role: 'counsellor' }), 'last_admin');
	assert.equal(await act('staff_disable', one, other, { disabled: false, forced: null }), 'ok');
	assert.equal(await act('staff_role', other, one, { role: 'counsellor' }), 'ok');
});

test('a shut account has no session and no way in, until it is opened again', async () => {
	const account = await make('counsellor');
	assert.equal((await mail(account)).outcome, 'ok');
	await start(account);
	assert.equal(await outcome(here, 'staff_disable', { actor: admin, account, disabled: true, forced: null }), 'ok');
	assert.deepEqual([await sessions(account), (await row(account)).disabled, (await row(account)).invited_until], [0, true, null]);
	assert.deepEqual(await start(account), [], 'no new one');
	assert.equal(await enrol(account), 'not_found');
	assert.equal(await outcome(here, 'staff_disable', { actor: admin, account, disabled: false, forced: null }), 'ok');
	assert.equal((await start(account)).length, 1);
});

test('who is signing in by a passkey that is just being taken away gets no session', async () => {
	const account = await make('counsellor');
	await identify(account);
	assert.deepEqual(await start(account, 'passkey'), [], 'none that they have');
	await passkey(account);
	assert.equal((await start(account, 'passkey')).length, 1);
	const other = await connect('luotsi_owner');
	await other.query('BEGIN');
	await other.query("SELECT set_config('luotsi.org', $1, true), passkey_reset($2, $3, 'lost')", [here.org, admin, account]);
	const waiting = start(account, 'passkey'); // its passkey was good a moment ago
	for (const end = Date.now() + 20_000; Date.now() < end; ) if ((await db.luotsi_read.query('SELECT FROM pg_locks WHERE NOT granted')).rowCount > 0) break;
	await other.query('COMMIT');
	await other.end();
	assert.deepEqual([await waiting, await sessions(account)], [[], 0]);
});

test('lost passkeys go with all sessions and the tie to the person; keys stay', async () => {
	const account = await make('counsellor'), other = await make('counsellor');
	for (const one of [account, other]) {
		await identify(one);
		await passkey(one);
		await start(one);
	}
	await owner(here, `INSERT INTO self_keys (account, version, unlockers, list_mac, keys) VALUES ($1, 1, $2, $3, $4)`, [account, [Buffer.alloc(120)], rand32(), Buffer.alloc(400)]);
	assert.equal(await enrol(account), 'already_enrolled', 'a link puts nobody out');
	assert.equal((await mail(account)).outcome, 'already_enrolled');
	const cookie_hash = rand32();
	await app(null, 'login_choice_put', { cookie_hash, acr: 'loa2', identified_at: new Date(), orgs: [here.org], accounts: [account] });
	assert.equal(await outcome(here, 'passkey_reset', { actor: admin, account, reason: 'stolen' }), 'ok');
	const one = await row(account);
	assert.deepEqual([await sessions(account), Number(one.passkeys), one.enrolled, one.has_keys], [0, 0, false, true]);
	assert.deepEqual(await app(null, 'login_choice_take', { cookie_hash, account }), [], 'a choice that was open');
	assert.deepEqual([await sessions(other), Number((await row(other)).passkeys)], [1, 1], 'nobody else');
	assert.equal(await enrol(account), 'ok');
	assert.deepEqual((await app(here, 'own_events', { account })).map((told) => [told.action, told.word]), [['enrolment_make', null], ['passkey_reset', 'stolen']]);
});

test('an enrolment by e-mail comes to the jobs process as a letter of no room, once', async () => {
	const account = await make('dpo'), sent = await mail(account);
	assert.equal(sent.outcome, 'ok');
	const mine = (all) => all.filter((one) => one.invite === sent.mail);
	const [letter] = mine(await mails());
	assert.deepEqual([letter.room, letter.sealed, letter.language], ['00000000-0000-0000-0000-000000000000', sent.sealed, 'sv']);
	assert.deepEqual(mine(await mails()), [], 'not before its next time');
	assert.equal((await row(account)).mail, 'waiting');
	const done = async () => (await jobs(here, 'job_mail_done', { room: letter.room, invite: sent.mail, sent: true }))[0].done;
	assert.deepEqual([await done(), await done()], [true, false]);
	assert.equal((await row(account)).mail, 'sent');
	assert.deepEqual(await owner(here, 'SELECT sealed FROM enrolment_mail WHERE account = $1', [account]), [{ sealed: null }], 'token and address are gone');
	assert.equal((await mail(account, { most: 1 })).outcome, 'rate_limited');
});

test('a letter that does not go in a day is given up; another takes its place', async () => {
	const account = await make('counsellor'), first = await mail(account);
	await owner(here, "UPDATE enrolment_mail SET give_up_at = now() - interval '1 second' WHERE account = $1", [account]);
	assert.equal((await mails()).some((one) => one.invite === first.mail), false);
	assert.equal((await row(account)).mail, 'given_up');
	const second = await mail(account);
	assert.equal((await row(account)).mail, 'waiting');
	assert.equal((await jobs(here, 'job_mail_done', { room: '00000000-0000-0000-0000-000000000000', invite: first.mail, sent: true }))[0].done, false);
	assert.equal((await mails()).some((one) => one.invite === second.mail), true);
});

test('a withdrawn enrolment lets nobody in, and takes its letter along', async () => {
	const account = await make('counsellor'), sent = await mail(account), withdraw = async () => (await app(here, 'enrolment_withdraw', { actor: admin, account }))[0].withdrawn;
	assert.deepEqual([await withdraw(), await withdraw()], [true, false]);
	assert.equal((await mails()).some((one) => one.invite === sent.mail), false);
	const login = { attempt: id(), cookie_hash: rand32(), state_hash: rand32(), nonce: rand32(), salt: rand32(), provider: 'virka', address: id(), staff_org: here.org, most: 20 };
	assert.equal((await app(null, 'login_begin', { ...login, ticket_hash: sent.token_hash }))[0].outcome, 'not_found');
});

test('an enrolment that somebody came with who is here already is spoilt for all', async () => {
	const account = await make('counsellor'), somebody = await make('counsellor'), token_hash = rand32();
	await enrol(account, { token_hash });
	const spoil = async (org) => (await app(org, 'enrolment_spoil', { actor: somebody, token_hash }))[0].spoilt;
	assert.equal(await spoil(there), false, 'of another organisation');
	assert.deepEqual([await spoil(here), await spoil(here)], [true, false]);
	assert.equal((await row(account)).invited_until, null);
	assert.deepEqual((await audit(account)).at(-1), { actor: somebody, action: 'enrolment_spoilt', word: 'already_here' });
});

test('events are told page by page, and the asking is one of them', async () => {
	const dpo = await make('dpo');
	const all = { reason: 'Yearly look', take: false, since: null, until: null, action: null, person: null };
	const page = (before, most = 3) => app(here, 'event_list', { actor: dpo, before, most, ...all });
	const first = await page(null), second = await page(first.at(-1).n), again = await page(null, 1);
	assert.deepEqual([first[0].action, first[0].actor, first[0].reason], ['event_read', dpo, 'Yearly look']);
	assert.ok(first.length === 3 && second.length === 3 && second.every((one) => Number(one.n) < Number(first.at(-1).n)));
	assert.equal(again[0].action, 'event_read');
	assert.notEqual(again[0].n, first[0].n);
	assert.equal((await app(there, 'event_list', { actor: dpo, before: null, most: 100, ...all })).some((one) => one.n === first[0].n), false);
});

test('only the functions change accounts, and the jobs process none', async () => {
	await refused(within(db.luotsi_app, here.org, () => db.luotsi_app.query("UPDATE account SET role = 'admin'")), '42501', assert);
	await refused(within(db.luotsi_app, here.org, () => db.luotsi_app.query('SELECT token_hash FROM account_enrolment')), '42501', assert);
	await refused(within(db.luotsi_read, here.org, () => db.luotsi_read.query('SELECT name FROM staff_label')), '42501', assert);
	await refused(jobs(here, 'passkey_reset', { actor: admin, account: admin, reason: 'lost' }), '42501', assert);
	await refused(app(null, 'job_mail_take', { most: 1 }), '42501', assert);
});
