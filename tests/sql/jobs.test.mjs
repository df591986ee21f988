// What the jobs process asks: people under older keys, and invitations that go by e-mail.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ask, connect, id, makeAccount, makeOrg, makeRoom, rand32, refused, within, zero } from './lib.mjs';

const db = {};
let here, there;
before(async () => {
	for (const role of ['luotsi_owner', 'luotsi_app', 'luotsi_jobs']) db[role] = await connect(role);
	[here, there] = [await makeOrg(db.luotsi_owner), await makeOrg(db.luotsi_owner)];
});
after(() => Promise.all(Object.values(db).map((c) => c.end())));

const app = (org, name, parameters) => ask(db.luotsi_app, org, name, parameters);
const jobs = (org, name, parameters) => ask(db.luotsi_jobs, org, name, parameters);
const owner = (org, sql, values = []) => within(db.luotsi_owner, org.org, async () => (await db.luotsi_owner.query(sql, values)).rows);

// --- people ---

const FIRST = '00000000-0000-0000-0000-000000000000';
const field = (version, fill) => Buffer.concat([Buffer.of(1, 0, 0, 0, version), Buffer.alloc(40, fill)]);
const person = async (org, version, change = {}) => {
	const account = await makeAccount(db.luotsi_owner, org);
	const row = { account, version, index: rand32(), code: field(version, 1), given_name: field(version, 2), family_name: null, ...change };
	await owner(org, `INSERT INTO account_identity (account, key_version, blind_index, code, given_name, family_name, country, provider, acr, identified_at)
		VALUES ($1, $2, $3, $4, $5, $6, 'FI', 'bank', 'loa2', now())`,
	[row.account, row.version, row.index, row.code, row.given_name, row.family_name]);
	return row;
};
const stale = (index_version, field_version, change = {}) =>
	jobs(null, 'job_identity_stale', { index_version, field_version, after_org: FIRST, after_account: FIRST, most: 1000, ...change });
const renew = async (org, old, fresh) => (await jobs(org.org, 'job_identity_rotate', {
	account: old.account, old_version: old.version, old_index: old.index, old_code: old.code, old_given_name: old.given_name, old_family_name: old.family_name,
	given_name: null, family_name: null, ...fresh }))[0].outcome;
const known = async (org, account) => (await owner(org, 'SELECT key_version AS version, blind_index AS index, code, given_name FROM account_identity WHERE account = $1', [account]))[0];

test('who is under an older key is found, in every organisation, by index, code or name', async () => {
	const rows = [await person(here, 1), await person(there, 1), await person(here, 2, { code: field(1, 9) }), await person(here, 2, { given_name: field(1, 9) })];
	const fine = await person(here, 2), found = (await stale(2, 2)).map((row) => row.account);
	assert.deepEqual(rows.filter((row) => !found.includes(row.account)), []);
	assert.equal(found.includes(fine.account), false);
	assert.ok((await stale(null, null)).some((row) => row.account === fine.account), 'with no version it is anybody');
});

test('they come in one order, so many at a time, each once', async () => {
	const all = await stale(3, 3), seen = [];
	let after = { after_org: FIRST, after_account: FIRST };
	for (;;) {
		const rows = await stale(3, 3, { ...after, most: 2 });
		if (rows.length === 0) break;
		assert.ok(rows.length <= 2);
		seen.push(...rows.map((row) => row.account));
		after = { after_org: rows.at(-1).org, after_account: rows.at(-1).account };
	}
	assert.deepEqual(seen, all.map((row) => row.account));
	assert.equal(new Set(seen).size, seen.length);
});

test('a person goes under the new keys whole, once, and not when anything has changed since', async () => {
	const old = await person(here, 1), fresh = { version: 2, index: rand32(), code: field(2, 5), given_name: field(2, 6) };
	for (const change of [{ version: 2 }, { index: rand32() }, { code: field(1, 8) }, { given_name: null }, { family_name: field(1, 8) }])
		assert.equal(await renew(here, { ...old, ...change }, fresh), 'changed');
	assert.equal(await renew(there, old, fresh), 'changed', 'of another organisation');
	assert.deepEqual((await known(here, old.account)).code, old.code);
	assert.equal(await renew(here, old, fresh), 'ok');
	assert.deepEqual(await known(here, old.account), fresh);
	assert.equal(await renew(here, old, fresh), 'changed');
});

test('an index that another account has is left alone, and said', async () => {
	const one = await person(here, 2), old = await person(here, 1);
	assert.equal(await renew(here, old, { version: 2, index: one.index, code: field(2, 5) }), 'taken');
	assert.deepEqual((await known(here, old.account)).code, old.code);
});

test('a worker may neither look for people nor change them', async () => {
	const old = await person(here, 1);
	await refused(app(null, 'job_identity_stale', { index_version: 2, field_version: 2, after_org: FIRST, after_account: FIRST, most: 1 }), '42501', assert);
	await refused(app(here.org, 'job_identity_rotate', { account: old.account, old_version: 1, old_index: old.index, old_code: old.code, old_given_name: old.given_name,
		old_family_name: null, version: 2, index: rand32(), code: old.code, given_name: null, family_name: null }), '42501', assert);
});

// --- mail ---

const invite = async (room, change = {}) => {
	const mail = { actor: room.staff.account, room: room.room, invite: id(), token_hash: rand32(), sealed: Buffer.alloc(90), language: 'sv', most: 1000, most_room: 3, ...change };
	const [{ outcome }] = await app(here.org, 'invitation_mail_put', { expires_at: new Date(Date.now() + 6 * 86_400_000), ...mail });
	return { ...mail, outcome };
};
const emptyRoom = async () => {
	const room = await makeRoom(db.luotsi_owner, here);
	await owner(here, 'UPDATE room_member SET active = false WHERE room = $1 AND role = 1', [room.room]);
	return room;
};
const state = async (room) => (await app(here.org, 'invitation_mail_state', { room: room.room }))[0];
const take = async (room) => (await jobs(null, 'job_mail_take', { most: 100 })).filter((row) => row.room === room.room);
const done = async (mail, sent) => (await jobs(here.org, 'job_mail_done', { room: mail.room, invite: mail.invite, sent }))[0].done;

test('an invitation goes out, comes again later if nobody says it went, and is gone when it went', async () => {
	const room = await emptyRoom(), mail = await invite(room);
	assert.equal(mail.outcome, 'ok');
	assert.equal((await state(room)).state, 'waiting');
	const [row] = await take(room);
	assert.deepEqual([row.org, row.invite, row.sealed, row.language], [here.org, mail.invite, mail.sealed, 'sv']);
	assert.deepEqual(await take(room), [], 'not at once again');
	await owner(here, "UPDATE invitation_mail SET next_at = now() WHERE room = $1", [room.room]);
	assert.equal((await take(room)).length, 1);
	const [{ wait }] = await owner(here, 'SELECT extract(epoch FROM next_at - now())::int AS wait FROM invitation_mail WHERE room = $1', [room.room]);
	assert.ok(wait > 60 && wait <= 120, `${wait} s`);
	assert.equal(await done(mail, true), true);
	assert.deepEqual(await owner(here, 'SELECT FROM invitation_mail WHERE room = $1', [room.room]), []);
	assert.equal((await state(room)).state, 'sent');
	assert.equal(await done(mail, true), false);
});

test('after a day it is given up, the address is forgotten and the room knows', async () => {
	const room = await emptyRoom(), mail = await invite(room);
	await owner(here, "UPDATE invitation_mail SET give_up_at = now(), next_at = now() WHERE room = $1", [room.room]);
	assert.deepEqual(await take(room), []);
	assert.equal((await state(room)).state, 'given_up');
	assert.deepEqual(await owner(here, 'SELECT sealed FROM invitation_mail WHERE room = $1', [room.room]), [{ sealed: null }]);
	assert.equal(await done(mail, false), false, 'once');
});

test('another invitation takes its place, and what was on its way no longer counts', async () => {
	const room = await emptyRoom(), first = await invite(room), second = await invite(room);
	assert.equal(await done(first, true), false);
	assert.deepEqual((await take(room)).map((row) => row.invite), [second.invite]);
	const login = { cookie_hash: rand32(), state_hash: rand32(), nonce: rand32(), salt: rand32(), provider: 'bank', address: id(), staff_org: null, most: 20 };
	assert.equal((await app(null, 'login_begin', { attempt: id(), ...login, ticket_hash: first.token_hash }))[0].outcome, 'not_found');
	assert.equal((await app(null, 'login_begin', { attempt: id(), ...login, ticket_hash: second.token_hash }))[0].outcome, 'ok');
});

test('a room that has its client, or is none, invites nobody; too many in a day are too many', async () => {
	const full = await makeRoom(db.luotsi_owner, here), room = await emptyRoom();
	assert.equal((await invite(full)).outcome, 'conflict');
	assert.equal((await invite({ ...room, room: id() })).outcome, 'not_found');
	for (let i = 0; i < 3; i++) assert.equal((await invite(room)).outcome, 'ok');
	assert.equal((await invite(room)).outcome, 'rate_limited');
	const another = await emptyRoom();
	assert.equal((await invite(another, { actor: room.staff.account, most: 3 })).outcome, 'rate_limited');
	assert.equal((await invite(another, { most: 3 })).outcome, 'ok');
	assert.equal(await state(full), undefined);
});

test('who identified with it is known, and the invitation ends when a client is there', async () => {
	const room = await emptyRoom(), mail = await invite(room), account = id();
	await done(mail, true);
	const who = { version: 2, index: rand32(), code: field(2, 1), given_name: null, family_name: null, country: 'FI', provider: 'bank', acr: 'loa2', identified_at: new Date() };
	assert.equal((await app(here.org, 'identity_begin', { account, room: room.room, token_hash: mail.token_hash, previous_version: null, previous_index: null, ...who }))[0].outcome, 'ok');
	assert.equal((await state(room)).claimed_by, account);
	const [claim] = await app(here.org, 'invitation_claim', { room: room.room, token_hash: mail.token_hash, account });
	assert.deepEqual([claim.outcome, claim.sealed], ['ok', null]);
	await owner(here, `INSERT INTO room_member (room, account, role, sig_kid, enc_kid, cert, active, since, visible_from) VALUES ($1, $2, 1, $3, $3, $4, true, 5, 1)`,
		[room.room, account, rand32(), zero]);
	assert.equal(await state(room), undefined);
});

test('a worker takes no mail, and the jobs process invites nobody', async () => {
	await refused(app(null, 'job_mail_take', { most: 1 }), '42501', assert);
	await refused(jobs(here.org, 'invitation_mail_state', { room: id() }), '42501', assert);
});
