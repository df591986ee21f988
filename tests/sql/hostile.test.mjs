// What 0005_tighten.sql closes: each of these was open before.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ask, connect, hex, id, makeAccount, makeOrg, makeRoom, rand32, refused, within, zero } from './lib.mjs';

let owner, app, org;
before(async () => {
	[owner, app] = await Promise.all(['luotsi_owner', 'luotsi_app'].map(connect));
	org = await makeOrg(owner);
});
after(() => Promise.all([owner, app].map((c) => c.end())));

const sql = (text, values, of = org) => within(owner, of.org, async () => (await owner.query(text, values)).rows);
const asApp = (text, values) => within(app, org.org, () => app.query(text, values));

// One entry of a member of a room, with the members that it changes.
const entry = (of, room, actor, type, members) => ({
	room, actor, head: zero, entries: [Buffer.alloc(300, 7)], hashes: [rand32()], types: [type], agreement: of.agreement, retention_class: 1, phase: 'open', epoch: 0,
	pending: true, m_account: members.map((m) => m.account), m_role: members.map((m) => m.role), m_sig_kid: members.map((m) => m.kid), m_enc_kid: members.map(() => rand32()),
	m_cert: members.map(() => zero), m_active: members.map(() => true), m_since: members.map(() => 0), m_visible_from: members.map(() => 1), g_to: [], g_from: [],
	w_entry: [], w_keyset: [], w_epoch: [], w_rtype: [], w_rid: [], w_rkid: [], w_wrap: [], invite: null, token_hash: null, sealed: null, expires_at: null });
const current = async (room, account) => (await sql('SELECT key_current FROM room_member WHERE room = $1 AND account = $2', [room, account]))[0]?.key_current;
const setHead = (account, kid, revoked) => sql(
	`INSERT INTO identity_head (subject, n_entries, head, sig_kid, sig_pub, enc_kid, enc_pub, revoked) VALUES ($1, 1, $2, $3, $4, $2, $4, $5)
	 ON CONFLICT (org, subject) DO UPDATE SET sig_kid = excluded.sig_kid, revoked = excluded.revoked`,
	[account, rand32(), kid, Buffer.concat([Buffer.from([4]), Buffer.alloc(64, 1)]), revoked]);

test('a room\'s id is taken everywhere', async () => {
	const room = await makeRoom(owner, org);
	const elsewhere = await makeOrg(owner);
	const thief = { account: await makeAccount(owner, elsewhere, 'counsellor'), role: 2, kid: rand32() };
	const [answer] = await ask(app, elsewhere.org, 'control_append', entry(elsewhere, room.room, thief.account, 1, [thief]));
	assert.deepEqual([answer.outcome, answer.head], ['not_found', null]);
	assert.deepEqual(await sql('SELECT FROM room WHERE room = $1', [room.room], elsewhere), []);
});

test('a key that was left while its entry was judged does not write', async () => {
	for (const [left, revoked] of [[true, false], [false, true], [false, false]]) {
		const member = { account: await makeAccount(owner, org, 'counsellor'), role: 2, kid: rand32() };
		await setHead(member.account, left ? rand32() : member.kid, revoked);
		const room = id();
		assert.equal((await ask(app, org.org, 'control_append', entry(org, room, member.account, 1, [member])))[0].outcome, 'ok');
		assert.equal(await current(room, member.account), !left && !revoked);
	}
});

test('a member who brings the new key writes again', async () => {
	const member = { account: await makeAccount(owner, org, 'counsellor'), role: 2, kid: rand32() };
	await setHead(member.account, member.kid, false);
	const room = id(), first = entry(org, room, member.account, 1, [member]);
	await ask(app, org.org, 'control_append', first);
	const next = rand32();
	await setHead(member.account, next, false);
	for (const [kid, is] of [[member.kid, false], [next, true]]) {
		await sql('UPDATE room_member SET active = NOT active, sig_kid = $2 WHERE room = $1', [room, kid]);
		assert.equal(await current(room, member.account), is);
	}
});

test('a disabled account has no session any more, and every worker hears of it', async () => {
	const account = await makeAccount(owner, org), session = id(), heard = [];
	await asApp('INSERT INTO session (session, token_hash, account, method, fresh_until, expires_at) VALUES ($1, $2, $3, \'passkey\', now(), now() + interval \'1 day\')', [session, rand32(), account]);
	await app.query('LISTEN luotsi');
	app.on('notification', (n) => heard.push(n.payload));
	await sql('UPDATE account SET disabled_at = now() WHERE account = $1', [account]);
	assert.deepEqual(await sql('SELECT FROM session WHERE account = $1', [account]), []);
	await app.query('SELECT 1');
	assert.ok(heard.includes(`s ${hex(org.org)} ${hex(account)} ${hex(session)}`));
	await app.query('UNLISTEN luotsi');
});

test('the workers\' role moves no room, renames no member and dates no audit row', async () => {
	const room = await makeRoom(owner, org);
	const wrong = [
		["UPDATE room SET agreement = agreement WHERE room = $1", [room.room]], ["UPDATE room SET created_at = now() WHERE room = $1", [room.room]],
		["UPDATE room SET room = gen_random_uuid() WHERE room = $1", [room.room]], ["UPDATE room SET retention_class = 2 WHERE room = $1", [room.room]],
		["UPDATE room_member SET account = gen_random_uuid() WHERE room = $1", [room.room]], ["UPDATE draft SET account = gen_random_uuid() WHERE room = $1", [room.room]],
		["UPDATE self_keys SET account = $1", [room.client.account]], ["UPDATE identity_head SET subject = $1", [room.client.account]],
		["INSERT INTO audit (actor, action, at) VALUES ($1, 'room_topics', now() - interval '1 year')", [room.client.account]],
		["INSERT INTO audit (actor, action, n) OVERRIDING SYSTEM VALUE VALUES ($1, 'room_topics', 1)", [room.client.account]],
		["UPDATE account SET role = 'admin' WHERE account = $1", [room.client.account]], ["DELETE FROM room_member WHERE room = $1", [room.room]],
	];
	for (const [text, values] of wrong) await refused(asApp(text, values), '42501', assert);
	await asApp("INSERT INTO audit (actor, action, object) VALUES ($1, 'room_topics', $2)", [room.client.account, room.room]);
});
