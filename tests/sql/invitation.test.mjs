// Invitations by e-mail as both sides hear of them: who waits, who is turned away, what is taken back.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ask, connect, hex, id, makeAccount, makeOrg, makeRoom, rand32, refused, within, zero } from './lib.mjs';

const db = {};
const heard = [];
let here, there;
before(async () => {
	for (const role of ['luotsi_owner', 'luotsi_app', 'luotsi_jobs', 'listener']) db[role] = await connect(role === 'listener' ? 'luotsi_app' : role);
	[here, there] = [await makeOrg(db.luotsi_owner), await makeOrg(db.luotsi_owner)];
	db.listener.on('notification', (n) => heard.push(n.payload));
	await db.listener.query('LISTEN luotsi');
});
after(() => Promise.all(Object.values(db).map((c) => c.end())));

const app = (org, name, parameters) => ask(db.luotsi_app, org, name, parameters);
const owner = (sql, values = []) => within(db.luotsi_owner, here.org, async () => (await db.luotsi_owner.query(sql, values)).rows);
const nobody = '0'.repeat(32);

const emptyRoom = async () => {
	const room = await makeRoom(db.luotsi_owner, here);
	await owner('UPDATE room_member SET active = false WHERE room = $1 AND role = 1', [room.room]);
	return room;
};
const invite = async (room) => {
	const mail = { actor: room.staff.account, room: room.room, invite: id(), token_hash: rand32(), sealed: Buffer.alloc(90), language: 'fi', most: 1000, most_room: 9 };
	const [{ outcome }] = await app(here.org, 'invitation_mail_put', { expires_at: new Date(Date.now() + 6 * 86_400_000), ...mail });
	assert.equal(outcome, 'ok');
	return mail;
};
const claim = async ({ room, token_hash }, account) => (await app(here.org, 'invitation_claim', { room, token_hash, account }))[0].outcome;
const pub = Buffer.alloc(65, 4);
const keys = (account) => owner('INSERT INTO identity_head (subject, n_entries, head, sig_kid, sig_pub, enc_kid, enc_pub) VALUES ($1, 1, $2, $2, $3, $2, $3)', [account, rand32(), pub]);
const end = async (room, waiting = null, org = here.org) => (await app(org, 'invitation_end', { actor: room.staff.account, room: room.room, waiting }))[0].outcome;
const row = async (room) => (await app(here.org, 'room_list', { account: room.staff.account, room: room.room, after: null, limit: 1 }))[0];
const waits = (account, org = here.org) => app(org, 'invitation_waits', { account });
const relation = async (room, account) => (await app(here.org, 'room_facts', { room: room.room, account }))[0];
/** What was told about a room since it was asked last. */
const told = async (room) => {
	await db.listener.query('SELECT 1');
	return heard.splice(0).filter((line) => line.startsWith(`v ${hex(here.org)} ${hex(room.room)} `)).map((line) => line.split(' ')[3]);
};
/** A room to which somebody has identified, with keys. */
const someoneWaits = async () => {
	const room = await emptyRoom(), mail = await invite(room), account = await makeAccount(db.luotsi_owner, here);
	assert.equal(await claim(mail, account), 'ok');
	await keys(account);
	return { room, mail, account };
};

test('the list of rooms says how an invitation went out, and that somebody with keys waits', async () => {
	const room = await emptyRoom();
	const seen = async () => (({ invited, mailed, waits: w }) => [invited, mailed, w])(await row(room));
	assert.deepEqual(await seen(), [false, false, false]);
	const mail = await invite(room), account = await makeAccount(db.luotsi_owner, here);
	assert.deepEqual(await seen(), [true, true, false]);
	await claim(mail, account);
	assert.deepEqual(await seen(), [true, true, false], 'no keys yet');
	await keys(account);
	assert.deepEqual(await seen(), [true, true, true]);
	await owner("UPDATE invitation SET expires_at = now() - interval '1 second' WHERE room = $1", [room.room]);
	assert.deepEqual(await seen(), [false, false, false]);
});

test('one that was handed over is not mailed, and nobody waits by it', async () => {
	const room = await emptyRoom(), account = await makeAccount(db.luotsi_owner, here), token_hash = rand32();
	await owner("INSERT INTO invitation (room, invite, token_hash, sealed, expires_at) VALUES ($1, $2, $3, $4, now() + interval '1 day')", [room.room, id(), token_hash, Buffer.alloc(400)]);
	assert.equal(await claim({ room: room.room, token_hash }, account), 'ok');
	await keys(account);
	const { invited, mailed, waits: w } = await row(room);
	assert.deepEqual([invited, mailed, w], [true, false, false]);
	assert.deepEqual(await waits(account), []);
});

test('who waits finds the room again, and nobody else does', async () => {
	const { room, mail, account } = await someoneWaits(), other = await makeAccount(db.luotsi_owner, here);
	assert.deepEqual((await waits(account)).map((r) => r.room), [room.room]);
	assert.deepEqual(await waits(other), []);
	assert.deepEqual(await waits(account, there.org), []);
	assert.deepEqual([(await relation(room, account)).claimed, (await relation(room, account)).active], [true, null]);
	assert.equal((await relation(room, other)).claimed, false);
	assert.equal(await claim(mail, other), 'used');
	await owner("UPDATE invitation SET expires_at = now() - interval '1 second' WHERE room = $1", [room.room]);
	assert.deepEqual(await waits(account), []);
	assert.equal((await relation(room, account)).claimed, false);
	assert.equal(await claim(mail, account), 'expired');
});

test('two people with one link: the first waits, the second is told that it was used', async () => {
	const room = await emptyRoom(), mail = await invite(room);
	const two = [await makeAccount(db.luotsi_owner, here), await makeAccount(db.luotsi_owner, here)];
	const second = await connect('luotsi_app');
	const words = await Promise.all([claim(mail, two[0]), ask(second, here.org, 'invitation_claim', { room: room.room, token_hash: mail.token_hash, account: two[1] }).then(([r]) => r.outcome)]);
	await second.end();
	assert.deepEqual([...words].sort(), ['ok', 'used']);
	assert.equal((await waits(two[words.indexOf('ok')])).length, 1);
	assert.equal((await waits(two[words.indexOf('used')])).length, 0);
});

test('an invitation that is taken back opens nothing, sends no letter, and is told to both', async () => {
	const { room, mail, account } = await someoneWaits();
	await told(room);
	assert.equal(await end(room), 'ok');
	assert.deepEqual(await told(room), [hex(account)]);
	assert.equal(await claim(mail, account), 'not_found');
	assert.deepEqual(await waits(account), []);
	assert.equal((await relation(room, account)).claimed, false);
	assert.deepEqual(await owner('SELECT FROM invitation_mail WHERE room = $1', [room.room]), []);
	assert.deepEqual((await owner("SELECT action, object FROM audit WHERE actor = $1 AND action IN ('invitation_withdrawn', 'invitation_refused')", [room.staff.account])),
		[{ action: 'invitation_withdrawn', object: room.room }]);
	assert.equal(await end(room), 'not_found', 'once');
});

test('who waits is turned away by name, and nobody in their place', async () => {
	const { room, mail, account } = await someoneWaits(), other = await makeAccount(db.luotsi_owner, here);
	assert.equal(await end(room, other), 'conflict');
	assert.equal(await end(room, account, there.org), 'not_found', 'by another organisation');
	assert.equal((await waits(account)).length, 1);
	assert.equal(await end(room, account), 'ok');
	assert.equal(await claim(mail, account), 'not_found');
	const audit = await owner("SELECT object FROM audit WHERE actor = $1 AND action = 'invitation_refused'", [room.staff.account]);
	assert.deepEqual(audit, [{ object: account }]);
});

test('nobody is turned away from an invitation that was handed over', async () => {
	const room = await emptyRoom(), account = await makeAccount(db.luotsi_owner, here);
	await owner("INSERT INTO invitation (room, invite, token_hash, sealed, claimed_by, expires_at) VALUES ($1, $2, $3, $4, $5, now() + interval '1 day')",
		[room.room, id(), rand32(), Buffer.alloc(400), account]);
	assert.equal(await end(room, account), 'conflict');
	assert.equal(await end(room), 'ok');
});

test('each step is told: sent out, letter gone, claimed, replaced, run out', async () => {
	const room = await emptyRoom(), mail = await invite(room), account = await makeAccount(db.luotsi_owner, here);
	assert.deepEqual(await told(room), [nobody]);
	assert.equal((await ask(db.luotsi_jobs, here.org, 'job_mail_done', { room: room.room, invite: mail.invite, sent: true }))[0].done, true);
	assert.deepEqual(await told(room), [nobody]);
	await claim(mail, account);
	assert.ok((await told(room)).includes(hex(account)));
	await claim(mail, account);
	assert.deepEqual(await told(room), [], 'nothing is new when the same person comes again');
	await invite(room);
	assert.ok((await told(room)).includes(hex(account)), 'who waited hears that it is over');
	await owner("UPDATE invitation SET expires_at = now() - interval '1 second' WHERE room = $1", [room.room]);
	await ask(db.luotsi_jobs, null, 'job_sweep_invitations', {});
	assert.deepEqual(await told(room), [nobody]);
});

test('a link that is handed over instead stops the letter that was still on its way', async () => {
	const room = await emptyRoom();
	await invite(room);
	await owner('UPDATE invitation SET invite = $2, token_hash = $3, sealed = $4 WHERE room = $1', [room.room, id(), rand32(), Buffer.alloc(400)]);
	assert.deepEqual(await owner('SELECT FROM invitation_mail WHERE room = $1', [room.room]), []);
	assert.deepEqual((await ask(db.luotsi_jobs, null, 'job_mail_take', { most: 100 })).filter((r) => r.room === room.room), []);
});

test('of keys hear those who wait and those they wait for, and no others', async () => {
	const { room, account } = await someoneWaits(), stranger = await makeAccount(db.luotsi_owner, here);
	const kin = async (who) => (await app(here.org, 'notice_kin', { account: who })).map((r) => r.account);
	assert.ok((await kin(account)).includes(room.staff.account));
	assert.ok((await kin(room.staff.account)).includes(account));
	assert.equal((await kin(stranger)).includes(account), false);
	await end(room);
	assert.equal((await kin(account)).includes(room.staff.account), false);
});

test('who was let in waits no more', async () => {
	const { room, account } = await someoneWaits();
	await owner('INSERT INTO room_member (room, account, role, sig_kid, enc_kid, cert, active, since, visible_from) VALUES ($1, $2, 1, $3, $3, $4, true, 5, 1)', [room.room, account, rand32(), zero]);
	assert.deepEqual(await waits(account), []);
	assert.deepEqual([(await row(room)).invited, (await relation(room, account)).active], [false, true]);
});

test('a room that is closed lets nobody wait: its letter leads nowhere, and both hear it', async () => {
	const { room, mail, account } = await someoneWaits();
	await told(room);
	await within(db.luotsi_app, here.org, () => db.luotsi_app.query("UPDATE room SET phase = 'closed' WHERE room = $1", [room.room]));
	assert.deepEqual(await told(room), [hex(account)]);
	assert.deepEqual(await waits(account), []);
	assert.equal(await claim(mail, account), 'not_found');
	assert.equal((await row(room)).mailed, false);
});

test('the jobs process takes nothing back', async () => {
	await refused(ask(db.luotsi_jobs, here.org, 'invitation_end', { actor: id(), room: id(), waiting: null }), '42501', assert);
});
