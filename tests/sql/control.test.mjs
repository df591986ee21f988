// control_append, invitations, visibility, identity chains, drafts.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import { ask, connect, envelope, hex, id, makeAccount, makeOrg, makeRoom, outcomes, post, rand32, within, zero } from './lib.mjs';

let owner, app, other, org;
before(async () => {
	[owner, app, other] = await Promise.all(['luotsi_owner', 'luotsi_app', 'luotsi_app'].map(connect));
	org = await makeOrg(owner);
});
after(() => Promise.all([owner, app, other].map((c) => c.end())));

const types = { create: 1, invite: 2, join: 3, add: 9, remove: 10, leave: 11, epoch: 12, grant: 13, close: 18, reopen: 19, rekey: 20 };
const sql = (text, values) => within(owner, org.org, async () => (await owner.query(text, values)).rows);

// What the domain would pass for these entries; change what a test wants changed.
function append(room, kinds, change = {}) {
	const members = change.members ?? [], grants = change.grants ?? [];
	const wraps = change.wraps ?? (kinds.includes('epoch') ? [room.staff, ...members].map((m) => (
		{ entry: (room.n ?? 0) + kinds.indexOf('epoch'), epoch: change.epoch, rtype: 1, rid: m.account })) : []);
	const column = (rows, name) => rows.map((row) => row[name]);
	const hashes = kinds.map(() => rand32());
	return {
		room: room.room, actor: room.staff.account, head: room.head, entries: kinds.map(() => Buffer.alloc(300, 7)), hashes,
		types: kinds.map((k) => types[k]), agreement: org.agreement, retention_class: 1, phase: 'open', epoch: room.epoch, pending: false,
		m_account: column(members, 'account'), m_role: column(members, 'role'), m_sig_kid: column(members, 'kid'), m_enc_kid: members.map(() => rand32()),
		m_cert: members.map(() => zero), m_active: members.map((m) => m.active ?? true), m_since: members.map(() => 0), m_visible_from: members.map((m) => m.visible ?? null),
		g_to: column(grants, 'to'), g_from: column(grants, 'from'),
		w_entry: column(wraps, 'entry'), w_keyset: wraps.map(() => 0), w_epoch: column(wraps, 'epoch'), w_rtype: column(wraps, 'rtype'),
		w_rid: column(wraps, 'rid'), w_rkid: wraps.map(() => rand32()), w_wrap: wraps.map(() => Buffer.alloc(113, 1)),
		invite: null, token_hash: null, sealed: null, expires_at: null, ...change, members: undefined, wraps: undefined, grants: undefined };
}
const put = async (room, parameters, client = app) => {
	const [answer] = await ask(client, org.org, 'control_append', parameters);
	if (answer.outcome === 'ok') [room.head, room.n] = [answer.head, answer.n_entries];
	return answer;
};
const person = async (role) => ({ account: await makeAccount(owner, org, role === 2 ? 'counsellor' : 'client'), role, kid: rand32(), sent: 0 });
const day = 86400e3;

// A room as a counsellor opens it: CREATE, INVITE, EPOCH.
async function open({ expires_at = new Date(Date.now() + 7 * day) } = {}) {
	const room = { ...org, room: id(), head: zero, epoch: 0, staff: await person(2), client: await person(1), invite: id(), token_hash: rand32() };
	const answer = await put(room, append(room, ['create', 'invite', 'epoch'], {
		epoch: 1, members: [{ ...room.staff, visible: 0 }], invite: room.invite, token_hash: room.token_hash, sealed: Buffer.alloc(400), expires_at,
		wraps: [{ entry: 2, epoch: 1, rtype: 1, rid: room.staff.account }, { entry: 2, epoch: 1, rtype: 2, rid: room.invite }, { entry: 2, epoch: 1, rtype: 3, rid: org.org }] }));
	assert.equal(answer.outcome, 'ok');
	room.epoch = 1;
	return room;
}
const claim = async (room, account = room.client.account, token_hash = room.token_hash) =>
	(await ask(app, org.org, 'invitation_claim', { room: room.room, token_hash, account }))[0].outcome;
async function join(room) {
	assert.equal(await claim(room), 'ok');
	const answer = await put(room, append(room, ['join', 'epoch'], { actor: room.client.account, invite: room.invite, epoch: 2,
		members: [room.client], wraps: [room.client, room.staff].map((m) => ({ entry: 4, epoch: 2, rtype: 1, rid: m.account })) }));
	if (answer.outcome === 'ok') room.epoch = 2;
	return answer;
}
const say = (room, member, change = {}) => envelope(room, member, { epoch: room.epoch, ...change });
const before_ = async (room, account) => (await ask(app, org.org, 'message_before', { room: room.room, account, before: null, limit: 50 })).map((m) => m.seq);

test('a room is made, joined by invitation and written in', async () => {
	const room = await open();
	assert.deepEqual(outcomes(await post(app, org.org, [say(room, room.staff)])), ['ok']);
	assert.deepEqual([(await join(room)).outcome, room.head.length], ['ok', 32]);
	assert.deepEqual(outcomes(await post(app, org.org, [say(room, room.client)])), ['ok']);
	assert.deepEqual(await before_(room, room.client.account), [2, 1], 'an invited client sees from the first epoch it was invited into');
	const [row] = await ask(app, org.org, 'room_list', { account: room.client.account, room: room.room, after: null, limit: 10 });
	assert.deepEqual([row.entries, row.epoch, row.pending, row.invited, row.unread, row.sender_seq, row.members.length], [5, 2, false, false, 1, 1, 2]);
	assert.equal(row.card_seq, 2);
	const log = await ask(app, org.org, 'room_log', { room: room.room, from: 0, limit: 64 });
	assert.deepEqual(log.map((e) => e.n), [0, 1, 2, 3, 4]);
});

test('wraps are given to their member, and an invitation\'s to who claimed it', async () => {
	const room = await open();
	const wraps = (account) => ask(app, org.org, 'room_wraps', { room: room.room, account, from: 0, until: 10 });
	assert.equal((await wraps(room.staff.account)).length, 1);
	assert.deepEqual(await wraps(room.client.account), []);
	await claim(room);
	assert.deepEqual((await wraps(room.client.account)).map((w) => w.rtype), [2]);
	assert.deepEqual(await wraps(org.org), [], 'a recovery wrap is nobody\'s');
});

test('a room needs a live agreement of the same organisation', async () => {
	const ended = await makeOrg(owner, { state: 'ended' }), live = await makeOrg(owner);
	const staff = await person(2);
	for (const agreement of [id(), ended.agreement, live.agreement]) {
		const room = { room: id(), head: zero, epoch: 0, staff };
		assert.equal((await put(room, append(room, ['create'], { agreement, members: [staff] }))).outcome, 'agreement_not_live');
		assert.deepEqual(await sql('SELECT FROM room WHERE room = $1', [room.room]), []);
	}
});

test('an append to what is not there is refused', async () => {
	const room = { room: id(), head: rand32(), epoch: 1, staff: await person(2) };
	assert.equal((await put(room, append(room, ['close']))).outcome, 'not_found');
});

test('a stale head is refused with the present one, and nothing is written', async () => {
	const room = await open();
	const answer = await put(room, append(room, ['close'], { head: rand32(), phase: 'closed' }));
	assert.deepEqual([answer.outcome, answer.n_entries], ['stale_head', 3]);
	assert.deepEqual(answer.head, room.head);
	assert.equal((await sql('SELECT phase FROM room WHERE room = $1', [room.room]))[0].phase, 'open');
});

test('the same append again is answered as the first time', async () => {
	const room = await open();
	const parameters = append(room, ['close'], { phase: 'closed' });
	const first = await put(room, parameters), again = await put(room, parameters);
	assert.deepEqual(again, first);
	assert.equal((await sql('SELECT FROM control_entry WHERE room = $1', [room.room])).length, 4);
});

test('of two appends at once exactly one wins', async () => {
	for (let i = 0; i < 15; i++) {
		const room = await open();
		const answers = await Promise.all([app, other].map((c) => ask(c, org.org, 'control_append', append(room, ['epoch'], { epoch: 2 }))));
		assert.deepEqual(answers.map(([a]) => a.outcome).sort(), ['ok', 'stale_head']);
		assert.equal((await sql('SELECT FROM room_epoch WHERE room = $1', [room.room])).length, 2);
	}
});

test('of two creations of one room at once exactly one wins', async () => {
	for (let i = 0; i < 10; i++) {
		const room = { room: id(), head: zero, epoch: 0, staff: await person(2) };
		const answers = await Promise.all([app, other].map((c) => ask(c, org.org, 'control_append', append(room, ['create'], { members: [room.staff] }))));
		assert.deepEqual(answers.map(([a]) => a.outcome).sort(), ['ok', 'stale_head']);
	}
});

test('an append and a post at once leave no envelope under the old head after it', async () => {
	for (let i = 0; i < 15; i++) {
		const room = await open();
		const row = say(room, room.staff);
		const [[control], [posted]] = await Promise.all([ask(app, org.org, 'control_append', append(room, ['epoch'], { epoch: 2 })), post(other, org.org, [row])]);
		assert.equal(control.outcome, 'ok');
		const [epoch] = await sql('SELECT first_seq FROM room_epoch WHERE room = $1 AND epoch = 2', [room.room]);
		assert.ok(posted.outcome === 'ok' ? epoch.first_seq === 2 : posted.outcome === 'stale_epoch' && epoch.first_seq === 1, posted.outcome);
	}
});

test('an invitation is bound to the first who claims it, and used once', async () => {
	const room = await open();
	const second = await person(1);
	assert.equal(await claim(room, room.client.account, rand32()), 'not_found');
	assert.equal(await claim(room), 'ok');
	assert.equal(await claim(room), 'ok', 'the same client may come again');
	assert.equal(await claim(room, second.account), 'used');
	const foreign = append(room, ['join'], { actor: second.account, invite: room.invite, members: [second] });
	assert.equal((await put(room, foreign)).outcome, 'used');
	assert.equal((await join(room)).outcome, 'ok');
	assert.equal(await claim(room), 'not_found');
	assert.equal((await put(room, append(room, ['join'], { actor: room.client.account, invite: room.invite, members: [room.client] }))).outcome, 'used');
});

test('an expired invitation is neither claimed nor used', async () => {
	const room = await open();
	assert.equal(await claim(room), 'ok');
	await sql("UPDATE invitation SET expires_at = now() - interval '1 second' WHERE room = $1", [room.room]);
	assert.equal(await claim(room), 'expired');
	assert.equal((await join_expired(room)).outcome, 'expired');
});
const join_expired = (room) => put(room, append(room, ['join'], { actor: room.client.account, invite: room.invite, members: [room.client] }));

test('an invitation of an unclaimed room cannot be joined by its id alone', async () => {
	const room = await open();
	assert.equal((await join_expired(room)).outcome, 'used');
});

test('a new invitation replaces the old one and its claim', async () => {
	const room = await open();
	await claim(room);
	const old = room.token_hash;
	room.token_hash = rand32();
	await put(room, append(room, ['invite'], { invite: id(), token_hash: room.token_hash, sealed: Buffer.alloc(400), expires_at: new Date(Date.now() + day), pending: true }));
	assert.equal(await claim(room, room.client.account, old), 'not_found');
	assert.equal(await claim(room, (await person(1)).account), 'ok');
});

test('swept: invitations whose time has passed', async () => {
	const room = await open({ expires_at: new Date(Date.now() - 1000) });
	const jobs = await connect('luotsi_jobs');
	const [{ swept }] = await ask(jobs, null, 'job_sweep_invitations', {});
	await jobs.end();
	assert.ok(swept >= 1);
	assert.deepEqual(await sql('SELECT FROM invitation WHERE room = $1', [room.room]), []);
});

test('an added colleague sees from the baseline, and after a grant from that epoch on', async () => {
	const room = await open();
	await post(app, org.org, [say(room, room.staff), say(room, room.staff)]);
	await put(room, append(room, ['epoch'], { epoch: 2 }));
	room.epoch = 2;
	await post(app, org.org, [say(room, room.staff)]);
	const colleague = await person(2);
	await put(room, append(room, ['add', 'epoch'], { epoch: 3, members: [{ ...colleague, visible: 4 }] }));
	room.epoch = 3;
	await post(app, org.org, [say(room, room.staff)]);
	assert.deepEqual(await before_(room, colleague.account), [4]);
	await put(room, append(room, ['grant'], { grants: [{ to: colleague.account, from: 2 }] }));
	assert.deepEqual(await before_(room, colleague.account), [4, 3]);
	await put(room, append(room, ['grant'], { grants: [{ to: colleague.account, from: 1 }] }));
	assert.deepEqual(await before_(room, colleague.account), [4, 3, 2, 1]);
	await put(room, append(room, ['grant'], { grants: [{ to: colleague.account, from: 3 }] }));
	assert.deepEqual(await before_(room, colleague.account), [4, 3, 2, 1], 'a smaller grant takes nothing away');
});

test('who has left or was removed sees and writes nothing more', async () => {
	const room = await open();
	await join(room);
	await post(app, org.org, [say(room, room.client)]);
	await put(room, append(room, ['leave'], { actor: room.client.account, pending: true, members: [{ ...room.client, active: false }] }));
	assert.deepEqual(await before_(room, room.client.account), []);
	assert.deepEqual(await ask(app, org.org, 'message_after', { room: room.room, account: room.client.account, after: 0, limit: 50 }), []);
	assert.deepEqual(await ask(app, org.org, 'room_list', { account: room.client.account, room: null, after: null, limit: 10 }), []);
	assert.deepEqual(outcomes(await post(app, org.org, [say(room, room.client)])), ['not_member']);
	assert.deepEqual((await ask(app, org.org, 'notice_members', { rooms: [room.room] })).map((m) => m.account), [room.staff.account]);
});

test('a new epoch begins its count anew', async () => {
	const room = await open();
	await post(app, org.org, [say(room, room.staff, { epoch_max_messages: 1 })]);
	assert.deepEqual(outcomes(await post(app, org.org, [say(room, room.staff, { epoch_max_messages: 1, sender_seq: 2 })])), ['rotation_pending']);
	await put(room, append(room, ['epoch'], { epoch: 2 }));
	room.epoch = 2;
	assert.deepEqual(outcomes(await post(app, org.org, [say(room, room.staff, { epoch_max_messages: 1, sender_seq: 2 })])), ['ok']);
});

test('pages backwards and forwards meet', async () => {
	const room = await open();
	await post(app, org.org, Array.from({ length: 30 }, () => say(room, room.staff)));
	const page = (name, at) => ask(app, org.org, name, { room: room.room, account: room.staff.account, limit: 10, ...at });
	assert.deepEqual((await page('message_before', { before: 11 })).map((m) => m.seq), [10, 9, 8, 7, 6, 5, 4, 3, 2, 1]);
	assert.deepEqual((await page('message_before', { before: null })).map((m) => m.seq)[0], 30);
	assert.deepEqual((await page('message_after', { after: 25 })).map((m) => m.seq), [26, 27, 28, 29, 30]);
	assert.deepEqual(await page('message_after', { after: 30 }), []);
});

test('tells the control log\'s new length', async () => {
	const room = await open();
	const heard = [];
	other.on('notification', (n) => heard.push(n.payload));
	await other.query('LISTEN luotsi');
	await put(room, append(room, ['epoch'], { epoch: 2 }));
	await other.query('SELECT 1');
	await other.query('UNLISTEN luotsi');
	assert.deepEqual(heard, [`c ${hex(org.org)} ${hex(room.room)} 4`]);
});

// --- identity -----------------------------------------------------------------------------------

const chain = (subject, head, change = {}) => ({
	subject, head, entries: [Buffer.alloc(300)], hashes: [rand32()], types: [1], sig_kid: rand32(), sig_pub: Buffer.concat([Buffer.of(4), Buffer.alloc(64)]),
	enc_kid: rand32(), enc_pub: Buffer.concat([Buffer.of(4), Buffer.alloc(64)]), cert: null, valid_from: null, valid_until: null, revoked: false, ...change });
const extend = async (parameters, client = app) => (await ask(client, org.org, 'identity_append', parameters))[0].outcome;

test('a chain grows by its head, once', async () => {
	const account = await makeAccount(owner, org);
	const first = chain(account, zero);
	assert.equal(await extend(first), 'ok');
	assert.equal(await extend(first), 'ok', 'again, the same');
	assert.equal(await extend(chain(account, zero)), 'stale_head');
	assert.equal(await extend(chain(account, first.hashes[0], { types: [2] })), 'ok');
	assert.deepEqual((await ask(app, org.org, 'chain_get', { subjects: [account] })).map((e) => e.n), [0, 1]);
});

test('of two first entries at once exactly one wins', async () => {
	for (let i = 0; i < 10; i++) {
		const account = await makeAccount(owner, org);
		assert.deepEqual((await Promise.all([extend(chain(account, zero), app), extend(chain(account, zero), other)])).sort(), ['ok', 'stale_head']);
	}
});

test('a key that was left or revoked writes nowhere from that commit on', async () => {
	const room = await makeRoom(owner, org);
	const first = chain(room.client.account, zero, { sig_kid: room.client.kid });
	await extend(first);
	assert.deepEqual(outcomes(await post(app, org.org, [envelope(room, room.client)])), ['ok']);
	const revoked = chain(room.client.account, first.hashes[0], { types: [5], sig_kid: room.client.kid, revoked: true });
	await extend(revoked);
	assert.deepEqual(outcomes(await post(app, org.org, [envelope(room, room.client)])), ['bad_kid']);
});

// --- keys and certificates that end -------------------------------------------------------------

const soon = (ms) => new Date(Date.now() + ms);
// A room whose people have chains, the staff a certificate.
async function certified() {
	const room = await open();
	await join(room);
	room.client.chain = chain(room.client.account, zero, { sig_kid: room.client.kid });
	room.staff.chain = chain(room.staff.account, zero, { sig_kid: room.staff.kid, cert: rand32(), valid_from: soon(-day), valid_until: soon(day) });
	for (const m of [room.client, room.staff]) assert.equal(await extend(m.chain), 'ok');
	return room;
}
// One more entry of a member's chain, with what differs after it.
async function goOn(member, type, change) {
	member.chain = { ...member.chain, head: member.chain.hashes[0], hashes: [rand32()], types: [type], ...change };
	assert.equal(await extend(member.chain), 'ok');
}
const rowOf = async (room) => (await sql('SELECT pending FROM room WHERE room = $1', [room.room]))[0].pending;
const memberOf = async (room, { account }) =>
	(await sql('SELECT active, key_current, in_epoch, lapsed_at FROM room_member WHERE room = $1 AND account = $2', [room.room, account]))[0];
const facts = async (room, { account }) => (await ask(app, org.org, 'room_facts', { room: room.room, account }))[0].active;
async function epochFor(room, members, change = {}) {
	room.epoch += 1;
	return put(room, append(room, ['epoch'], { epoch: room.epoch, ...change, wraps: members.map((m) => ({ entry: room.n, epoch: room.epoch, rtype: 1, rid: m.account })) }));
}
async function age(seconds = 2592000) {
	const jobs = await connect('luotsi_jobs');
	await ask(jobs, null, 'job_age_epochs', { epoch_max_seconds: seconds });
	await jobs.end();
}
const none = { cert: null, valid_from: null, valid_until: null };
const heardOf = async (room, work) => {
	const heard = [];
	const listen = (n) => n.payload.includes(hex(room.room)) && heard.push(n.payload[0]);
	other.on('notification', listen);
	await other.query('LISTEN luotsi');
	await work();
	await other.query('SELECT 1');
	await other.query('UNLISTEN luotsi');
	other.off('notification', listen);
	return heard;
};

test('a revoked counsellor is out at once, and the room waits for another epoch', async () => {
	const room = await certified();
	assert.deepEqual([await facts(room, room.staff), await rowOf(room)], [true, false]);
	const heard = await heardOf(room, () => goOn(room.staff, 5, { ...none, revoked: true }));
	assert.deepEqual(heard, ['c', 'p']);
	assert.deepEqual([await facts(room, room.staff), await rowOf(room)], [false, true]);
	assert.deepEqual(await before_(room, room.staff.account), []);
	assert.deepEqual(outcomes(await post(app, org.org, [say(room, room.staff), say(room, room.client)])), ['not_member', 'rotation_pending']);
	await epochFor(room, [room.client]);
	assert.deepEqual(outcomes(await post(app, org.org, [say(room, room.client, { sender_seq: 1 })])), ['ok']);
});

test('an epoch that is wrapped to the revoked, judged before it, leaves the room waiting', async () => {
	const room = await certified();
	await goOn(room.staff, 5, { ...none, revoked: true });
	await epochFor(room, [room.client, room.staff]);
	assert.equal(await rowOf(room), true);
	await epochFor(room, [room.client]);
	assert.equal(await rowOf(room), false);
});

test('what waits for an epoch goes on waiting through other entries', async () => {
	const room = await certified();
	await goOn(room.client, 2, { sig_kid: rand32() });
	assert.equal(await rowOf(room), true);
	await put(room, append(room, ['close'], { epoch: room.epoch, phase: 'closed' }));
	await put(room, append(room, ['reopen'], { epoch: room.epoch }));
	assert.equal(await rowOf(room), true);
});

test('a client with new keys reads on, and writes when an epoch is wrapped to them', async () => {
	const room = await certified();
	await goOn(room.client, 3, { sig_kid: rand32() });
	assert.deepEqual([await facts(room, room.client), await rowOf(room)], [true, true]);
	await epochFor(room, [room.staff]);
	room.client.kid = room.client.chain.sig_kid;
	const rekeyed = [{ ...room.client, kid: room.client.kid }];
	assert.equal((await put(room, append(room, ['rekey'], { actor: room.client.account, epoch: room.epoch, pending: true, members: rekeyed }))).outcome, 'ok');
	await epochFor(room, [room.staff]);
	assert.deepEqual(outcomes(await post(app, org.org, [say(room, room.client, { sender_seq: 1 })])), ['bad_kid'], 'not in this epoch');
	await epochFor(room, [room.client, room.staff]);
	assert.deepEqual(outcomes(await post(app, org.org, [say(room, room.client, { sender_seq: 1 })])), ['ok']);
});

test('a counsellor with another certificate is let in again, and writes after coming back by the log', async () => {
	const room = await certified();
	await goOn(room.staff, 3, { ...none, sig_kid: rand32() });
	assert.equal(await facts(room, room.staff), false);
	await epochFor(room, [room.client]);
	await goOn(room.staff, 4, { cert: rand32(), valid_from: soon(-day), valid_until: soon(day) });
	assert.equal(await facts(room, room.staff), true);
	room.staff.kid = room.staff.chain.sig_kid;
	assert.deepEqual(outcomes(await post(app, org.org, [say(room, room.staff, { sender_seq: 1 })])), ['bad_kid']);
	await put(room, append(room, ['rekey'], { epoch: room.epoch, pending: true, members: [room.staff] }));
	await epochFor(room, [room.client, room.staff]);
	assert.deepEqual(outcomes(await post(app, org.org, [say(room, room.staff, { sender_seq: 1 })])), ['ok']);
});

test('a removed counsellor does not come back with another certificate', async () => {
	const room = await certified();
	await goOn(room.staff, 5, { ...none, revoked: true });
	await put(room, append(room, ['remove'], { actor: room.client.account, epoch: room.epoch, pending: true, members: [{ ...room.staff, active: false }] }));
	await goOn(room.staff, 3, { ...none, sig_kid: rand32(), revoked: false });
	await goOn(room.staff, 4, { cert: rand32(), valid_from: soon(-day), valid_until: soon(day) });
	const { active, lapsed_at } = await memberOf(room, room.staff);
	assert.deepEqual([active, lapsed_at], [false, null]);
});

test('a certificate that expires: out at the next look, another epoch ten minutes later', async () => {
	const room = await certified();
	const key = () => ask(app, org.org, 'key_get', { subject: room.staff.account });
	assert.equal((await key()).length, 1);
	await sql("UPDATE identity_head SET valid_until = now() - interval '1 millisecond' WHERE subject = $1", [room.staff.account]);
	assert.deepEqual([await facts(room, room.staff), await key(), await facts(room, room.client)], [false, [], true]);
	await age();
	const lapsed = await memberOf(room, room.staff);
	assert.deepEqual([lapsed.active, await rowOf(room)], [false, false]);
	assert.deepEqual(outcomes(await post(app, org.org, [say(room, room.staff)])), ['not_member']);
	await sql("UPDATE room_member SET lapsed_at = lapsed_at - interval '10 minutes' WHERE room = $1 AND account = $2", [room.room, room.staff.account]);
	assert.deepEqual(await heardOf(room, () => age()), ['p']);
	assert.equal(await rowOf(room), true);
	await epochFor(room, [room.client]);
	await age();
	assert.equal(await rowOf(room), false, 'once is enough');
});

test('staff are brought into no room whose certificate ends before that is written', async () => {
	const room = await certified();
	const late = await person(2);
	late.chain = chain(late.account, zero, { sig_kid: late.kid });
	await extend(late.chain);
	await put(room, append(room, ['add'], { epoch: room.epoch, pending: true, members: [late] }));
	assert.deepEqual([(await memberOf(room, late)).active, await facts(room, late)], [false, false]);
});

test('an append and a revocation at once, many times, leave nobody in an epoch unseen', async () => {
	for (let i = 0; i < 12; i++) {
		const room = await certified();
		const epoch = append(room, ['epoch'], { epoch: room.epoch + 1, wraps: [room.client, room.staff].map((m) => ({ entry: room.n, epoch: room.epoch + 1, rtype: 1, rid: m.account })) });
		const revoked = { ...room.staff.chain, ...none, head: room.staff.chain.hashes[0], hashes: [rand32()], types: [5], revoked: true };
		const [[answer], word] = await Promise.all([ask(app, org.org, 'control_append', epoch), extend(revoked, other)]);
		assert.deepEqual([answer.outcome, word], ['ok', 'ok']);
		assert.deepEqual([await rowOf(room), (await memberOf(room, room.staff)).active], [true, false]);
	}
});

test('keys and their identity entry commit together or not at all', async () => {
	const account = await makeAccount(owner, org);
	const { subject, revoked, ...entry } = chain(account, zero);
	const keys = (expected, change = {}) => ask(app, org.org, 'self_put_keys', { account, expected, unlockers: [Buffer.alloc(120)], list_mac: rand32(), keys: Buffer.alloc(400), ...entry, ...change });
	assert.deepEqual(await keys(0), [{ outcome: 'ok', version: 1 }]);
	assert.deepEqual(await keys(0), [{ outcome: 'conflict', version: 1 }]);
	assert.deepEqual(await keys(1, { hashes: [rand32()] }), [{ outcome: 'stale_head', version: 1 }]);
	assert.deepEqual(await keys(1, { entries: [], hashes: [], types: [] }), [{ outcome: 'ok', version: 2 }]);
	const [self] = await ask(app, org.org, 'self_get', { account });
	assert.deepEqual([self.version, self.unlockers.length, self.state_version], [2, 1, 0]);
});

test('a state that lost keys sealed goes with them, and nobody who still has them saves another', async () => {
	const account = await makeAccount(owner, org);
	const { subject, revoked, ...entry } = chain(account, zero);
	const keys = (expected, change) => ask(app, org.org, 'self_put_keys', { account, expected, unlockers: [Buffer.alloc(120)], list_mac: rand32(), keys: Buffer.alloc(400), ...entry, ...change });
	const save = (expected) => ask(app, org.org, 'self_put_state', { account, expected, state: Buffer.alloc(300) });
	assert.deepEqual(await keys(0, {}), [{ outcome: 'ok', version: 1 }]);
	assert.deepEqual(await save(0), [{ version: 1 }]);
	assert.deepEqual(await keys(1, { entries: [], hashes: [], types: [] }), [{ outcome: 'ok', version: 2 }]);
	assert.equal((await ask(app, org.org, 'self_get', { account }))[0].state.length, 300, 'a renewal keeps it');
	assert.deepEqual(await keys(2, { head: entry.hashes.at(-1), hashes: [rand32()], types: [3] }), [{ outcome: 'ok', version: 3 }]);
	const [self] = await ask(app, org.org, 'self_get', { account });
	assert.deepEqual([self.state, self.state_version], [null, 2]);
	assert.deepEqual(await save(1), [], 'the browser that had the old keys');
	assert.deepEqual(await save(2), [{ version: 3 }], 'the one that has the new ones');
});

test('the sealed state is replaced version by version', async () => {
	const parameters = { account: await makeAccount(owner, org), state: Buffer.alloc(300) };
	const write = (expected) => ask(app, org.org, 'self_put_state', { ...parameters, expected });
	assert.deepEqual(await write(1), [], 'nothing is stored yet');
	assert.deepEqual(await write(0), [{ version: 1 }]);
	assert.deepEqual(await write(0), [], 'stale');
	assert.deepEqual(await write(1), [{ version: 2 }]);
	assert.deepEqual(await write(3), [], 'from the future');
});

const NO_SLOT = '00000000-0000-0000-0000-000000000000';
const draftPlace = async () => {
	const r = await makeRoom(owner, org);
	return { room: r.room, account: r.client.account, slot: NO_SLOT };
};
const putDraft = async (place, expected, draft = Buffer.alloc(300), most = 64) => {
	const [{ outcome, version }] = await ask(app, org.org, 'draft_put', { ...place, expected, draft, most });
	return outcome === 'ok' ? version : outcome;
};
/** An envelope of the room as a statement sees it; kind 3 is an assignment. */
const putEnvelope = async (place, kind) => {
	const id = randomUUID();
	await within(owner, org.org, () => owner.query(
		`INSERT INTO message (room, seq, msg_id, sender, kind, op, header_len, retention_class, at, env_hash, envelope)
		SELECT $1, coalesce(max(seq), 0) + 1, $2, $3, $4, 0, 240, 1, now(), sha256('h'), $5 FROM message WHERE room = $1`,
		[place.room, id, place.account, kind, Buffer.alloc(330)]));
	return id;
};

test('a draft is replaced version by version', async () => {
	const place = await draftPlace();
	assert.equal(await putDraft(place, 1), 'conflict', 'nothing is stored yet');
	assert.equal(await putDraft(place, 0), 1);
	assert.equal(await putDraft(place, 0), 'conflict', 'stale');
	assert.equal(await putDraft(place, 1), 2);
	assert.equal(await putDraft(place, 3), 'conflict', 'from the future');
});

test('a draft that was thrown away keeps its version', async () => {
	const place = await draftPlace();
	await putDraft(place, 0);
	assert.equal(await putDraft(place, 1, null), 2);
	assert.deepEqual(await ask(app, org.org, 'draft_get', place), [{ version: 2, draft: null }]);
});

test('each assignment of a room has a draft of its own, and nothing else has', async () => {
	const place = await draftPlace();
	const [first, second, talk] = [await putEnvelope(place, 3), await putEnvelope(place, 3), await putEnvelope(place, 1)];
	assert.deepEqual([await putDraft(place, 0), await putDraft({ ...place, slot: first }, 0), await putDraft({ ...place, slot: first }, 1)], [1, 1, 2]);
	assert.equal(await putDraft({ ...place, slot: second }, 1), 'conflict');
	assert.equal(await putDraft({ ...place, slot: talk }, 0), 'not_found', 'a message is no assignment');
	assert.equal(await putDraft({ ...place, slot: randomUUID() }, 0), 'not_found');
	assert.equal(await putDraft({ ...(await draftPlace()), slot: first }, 0), 'not_found', 'of another room');
	const list = () => ask(app, org.org, 'draft_list', { room: place.room, account: place.account, limit: 64 });
	assert.deepEqual(await list(), [{ slot: first, version: 2 }]);
	assert.equal(await putDraft({ ...place, slot: first }, 2, null), 3);
	assert.deepEqual(await list(), []);
});

test('so many assignments have a draft and no more, until one is thrown away', async () => {
	const place = await draftPlace();
	const [first, second] = [await putEnvelope(place, 3), await putEnvelope(place, 3)];
	assert.equal(await putDraft({ ...place, slot: first }, 0, Buffer.alloc(300), 1), 1);
	assert.equal(await putDraft({ ...place, slot: second }, 0, Buffer.alloc(300), 1), 'quota');
	assert.equal(await putDraft({ ...place, slot: first }, 1, Buffer.alloc(300), 1), 2, 'the same one again');
	assert.equal(await putDraft(place, 0, Buffer.alloc(300), 1), 1, 'what is written to the room does not count');
	assert.equal(await putDraft({ ...place, slot: first }, 2, null, 1), 3);
	assert.equal(await putDraft({ ...place, slot: second }, 0, Buffer.alloc(300), 1), 1);
});

test('chains are visible to oneself, to those of one\'s rooms, among staff, and to who claimed an invitation', async () => {
	const room = await open();
	const stranger = await person(1), colleague = await person(2);
	const visible = async (account, subjects) => (await ask(app, org.org, 'chain_visible', { account, subjects })).map((r) => r.subject);
	const [staff, client] = [room.staff.account, room.client.account];
	assert.deepEqual(await visible(client, [client, staff, stranger.account]), [client]);
	await claim(room);
	assert.deepEqual(await visible(client, [staff, stranger.account]), [staff]);
	await join(room);
	assert.deepEqual(await visible(staff, [client, stranger.account, colleague.account]), [client, colleague.account]);
	assert.deepEqual(await visible(stranger.account, [client, staff, colleague.account]), []);
});
