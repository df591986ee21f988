// Letters that say only that something waits: who gets which, when, and never twice.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, beforeEach, test } from 'node:test';
import { ask, connect, hash, id, makeOrg, makeRoom, refused, within } from './lib.mjs';

const db = {};
let here, there, room;
before(async () => {
	for (const role of ['luotsi_owner', 'luotsi_app', 'luotsi_jobs', 'luotsi_read']) db[role] = await connect(role);
	[here, there] = [await makeOrg(db.luotsi_owner), await makeOrg(db.luotsi_owner)];
});
after(() => Promise.all(Object.values(db).map((c) => c.end())));
beforeEach(async () => {
	for (const org of [here, there]) for (const table of ['notify_address', 'notify_mail']) await owner(org, `DELETE FROM ${table} WHERE true`);
	room = await makeRoom(db.luotsi_owner, here);
});

const IDLE = [1200, 900, 600];
const ZERO = '00000000-0000-0000-0000-000000000000';
const SEALED = randomBytes(60);
const owner = (org, sql, values = []) => within(db.luotsi_owner, org.org, async () => (await db.luotsi_owner.query(sql, values)).rows);
const app = (name, input, org = here) => ask(db.luotsi_app, org.org, name, input);
const jobs = (name, input, org = null) => ask(db.luotsi_jobs, org, name, input);

const put = async (account, { most = 5, org = here } = {}) => (await app('notify_put', { account, address: id(), sealed: SEALED, language: 'fi', seconds: 1800, most }, org))[0].outcome;
const state = async (account, org = here) => (await app('notify_get', { account, most: 5 }, org))[0];
const confirm = async (account, org = here) => (await app('notify_confirm', { account, address: (await state(account, org)).address }, org))[0].confirmed;
const choose = (account, messages, reminders) => app('notify_choose', { account, messages, reminders, requests: null, language: 'sv' });
/** Confirmed, and away for an hour; the letter with the code is done with. */
const confirmed = async (account, org = here) => {
	assert.equal(await put(account, { org }), 'ok');
	assert.equal(await confirm(account, org), true);
	await owner(org, "UPDATE notify_address SET here_at = now() - interval '1 hour' WHERE account = $1", [account]);
};
const queue = async (delay = 0) => Number((await jobs('job_notify_queue', { delay, idle: IDLE }))[0].queued);
const take = async (after = ZERO) => (await jobs('job_notify_take', { after, idle: IDLE }))[0];
const done = async (letter, outcome) => (await jobs('job_notify_done', { account: letter.account, kind: letter.kind, mail: letter.mail, outcome }, letter.org))[0].done;
const arrive = async (account, org = here) => {
	const session = id();
	await owner(org, "INSERT INTO session (session, token_hash, account, method, fresh_until, expires_at) VALUES ($1, $2, $3, 'oidc', now(), now() + interval '1 hour')", [session, randomBytes(32), account]);
	return session;
};
const goAway = (session) => owner(here, 'DELETE FROM session WHERE session = $1', [session]);
const message = async (sender, { kind = 1, at = '1 minute', of = room, tombstone = false } = {}) => {
	const [{ seq }] = await owner(here, `INSERT INTO message (room, seq, msg_id, sender, kind, op, tombstone, header_len, retention_class, at, env_hash, envelope)
		SELECT $1, coalesce(max(seq), 0) + 1, $2, $3, $4, 0, $5, 240, 1, now() - $6::interval, $7, $8 FROM message WHERE room = $1 RETURNING seq`,
	[of.room, id(), sender.account, kind, tombstone, at, hash('h'), Buffer.alloc(330)]);
	await owner(here, 'UPDATE room SET last_seq = $2, last_at = now() WHERE room = $1', [of.room, seq]);
	return seq;
};
const remind = async (account, at = '1 minute') => {
	await owner(here, 'INSERT INTO reminder_due (account, room, msg_id, at) VALUES ($1, $2, $3, now() - $4::interval)', [account, room.room, id(), at]);
};
const kinds = async (org = here) => (await owner(org, 'SELECT kind FROM notify_mail ORDER BY kind')).map((row) => row.kind);
const words = async (account) => (await owner(here, 'SELECT action, word FROM audit WHERE object = $1 ORDER BY n', [account])).map((row) => (row.word ? `${row.action}:${row.word}` : row.action));

test('an address that nobody has confirmed gets its code and nothing else', async () => {
	const { account } = room.client;
	assert.equal(await put(account), 'ok');
	await owner(here, "UPDATE notify_address SET here_at = now() - interval '1 hour'");
	await message(room.staff);
	await remind(account);
	assert.equal(await queue(), 0);
	assert.deepEqual(await kinds(), ['code']);
	const letter = await take();
	assert.deepEqual([letter.kind, letter.account, letter.language, letter.sealed.equals(SEALED)], ['code', account, 'fi', true]);
	assert.equal(await done(letter, 'sent'), true);
	assert.equal((await state(account)).letter, 'sent');
	assert.equal(await take(), undefined);
});

test('a letter of before the confirmation does not go after it', async () => {
	const { account } = room.client;
	await put(account);
	const { address } = await state(account);
	await put(account);
	assert.equal((await app('notify_confirm', { account, address }))[0].confirmed, false, 'the address is another');
	assert.equal(await confirm(account), true);
	assert.equal(await confirm(account), false, 'it is confirmed already');
	assert.deepEqual(await kinds(), []);
	assert.deepEqual(await words(account), ['notify_put', 'notify_put', 'notify_confirm']);
});

test('a code has five tries, half an hour, and five successors a day', async () => {
	const { account } = room.client;
	await put(account);
	const tries = [];
	for (let i = 0; i < 6; i++) tries.push((await app('notify_try', { account, most: 5 }))[0]?.tries_left);
	assert.deepEqual(tries, [4, 3, 2, 1, 0, undefined]);
	assert.equal((await state(account)).tries_left, 0);
	await put(account);
	assert.equal((await app('notify_try', { account, most: 5 }))[0].tries_left, 4, 'another code has its own');
	await owner(here, "UPDATE notify_address SET code_until = now() - interval '1 second'");
	assert.deepEqual(await app('notify_try', { account, most: 5 }), []);
	assert.deepEqual([await put(account), await put(account), await put(account), await put(account)], ['ok', 'ok', 'ok', 'rate_limited']);
	assert.deepEqual(await app('notify_try', { account: room.staff.account, most: 5 }), [], 'there is nothing to confirm');
});

test('who is away is told once of a message that waits, and again when they have been here', async () => {
	const { account } = room.client;
	await confirmed(account);
	await message(room.staff);
	assert.equal(await queue(), 1);
	assert.equal(await queue(), 0);
	const letter = await take();
	assert.deepEqual([letter.kind, letter.account, await take()], ['message', account, undefined]);
	assert.equal(await done(letter, 'sent'), true);
	await message(room.staff, { kind: 3 });
	assert.equal(await queue(), 0, 'not twice');
	const session = await arrive(account);
	await message(room.staff, { at: '-1 second' });
	assert.equal(await queue(), 0, 'here, nobody is told');
	await goAway(session);
	assert.equal(await queue(), 0, 'nor of what has not waited yet');
	await owner(here, "UPDATE notify_address SET here_at = now() - interval '1 second'");
	await message(room.staff, { at: '0' });
	assert.equal(await queue(), 1);
	assert.deepEqual(await words(account), ['notify_put', 'notify_confirm', 'notify_letter:message_sent']);
});

test('what waits is counted as the list of rooms does: unread, of somebody else, new, and after the delay', async () => {
	const { account } = room.client;
	await confirmed(account);
	await message(room.client);
	await message(room.staff, { kind: 9 });
	await message(room.staff, { tombstone: true });
	await message(room.staff, { at: '2 hours' });
	assert.equal(await queue(), 0, 'own, no news, deleted, from before they left');
	const seq = await message(room.staff, { at: '1 minute' });
	assert.equal(await queue(300), 0, 'it has not waited for five minutes');
	await owner(here, 'UPDATE room_member SET read_seq = $3 WHERE room = $1 AND account = $2', [room.room, account, seq]);
	assert.equal(await queue(), 0, 'read');
	await owner(here, 'UPDATE room_member SET read_seq = 0, visible_from = $3 WHERE room = $1 AND account = $2', [room.room, account, seq + 1]);
	assert.equal(await queue(), 0, 'not theirs to see');
	await owner(here, 'UPDATE room_member SET visible_from = 1, active = false WHERE room = $1 AND account = $2', [room.room, account]);
	assert.equal(await queue(), 0, 'left');
	await owner(here, 'UPDATE room_member SET active = true WHERE room = $1 AND account = $2', [room.room, account]);
	assert.equal(await queue(), 1);
});

test('who comes before the letter has gone needs none; one that is being sent is left alone', async () => {
	const { account } = room.client;
	await confirmed(account);
	await message(room.staff);
	await remind(account);
	assert.equal(await queue(), 2);
	const letter = await take();
	await arrive(account);
	assert.deepEqual(await kinds(), [letter.kind]);
	assert.equal(await take(), undefined);
	assert.equal(await done(letter, 'later'), true);
	assert.equal(await take(), undefined, 'here, nothing goes again either');
});

test('a session that idles is no presence, one that lives is', async () => {
	const { account } = room.client;
	await confirmed(account);
	const session = await arrive(account);
	await owner(here, "UPDATE session SET seen_at = now() - interval '10 minutes' WHERE session = $1", [session]);
	await message(room.staff);
	await owner(here, "UPDATE notify_address SET here_at = now() - interval '10 minutes'");
	assert.equal(await queue(), 0);
	await owner(here, "UPDATE session SET seen_at = now() - interval '21 minutes' WHERE session = $1", [session]);
	assert.equal(await queue(), 1);
	await owner(here, 'UPDATE session SET seen_at = now() WHERE session = $1', [session]);
	assert.deepEqual(await kinds(), [], 'they are back');
});

test('reminders go in one letter, at most one in six hours, of what came while away', async () => {
	const { account } = room.client;
	await confirmed(account);
	await remind(account, '2 hours');
	assert.equal(await queue(), 0, 'they were here after that');
	await remind(account);
	await remind(account);
	assert.equal(await queue(), 1);
	await done(await take(), 'sent');
	await owner(here, "UPDATE notify_address SET reminded_at = now() - interval '5 hours', here_at = now() - interval '6 hours'");
	await remind(account);
	assert.equal(await queue(), 0);
	await owner(here, "UPDATE notify_address SET reminded_at = now() - interval '7 hours'");
	assert.equal(await queue(), 1);
	await owner(here, 'UPDATE room_member SET active = false WHERE room = $1', [room.room]);
	await done(await take(), 'sent');
	await owner(here, "UPDATE notify_address SET reminded_at = now() - interval '7 hours'");
	assert.equal(await queue(), 0, 'not of a room that they have left');
});

test('only what was chosen is told, and nothing when nothing was', async () => {
	const { account } = room.client;
	await confirmed(account);
	await message(room.staff);
	await remind(account);
	await choose(account, false, true);
	assert.equal(await queue(), 1);
	assert.deepEqual(await kinds(), ['reminder']);
	await choose(account, false, false);
	assert.deepEqual(await kinds(), [], 'also what was on its way');
	assert.equal(await queue(), 0);
	await choose(account, true, false);
	assert.equal(await queue(), 1);
	assert.deepEqual([(await take()).language, (await state(account)).messages, (await state(account)).reminders], ['sv', true, false]);
	assert.equal((await choose(room.staff.account, true, true))[0].chosen, false);
});

test('a letter that was claimed is never given out again, whatever becomes of who claimed it', async () => {
	const { account } = room.client;
	await confirmed(account);
	await message(room.staff);
	await queue();
	const letter = await take();
	assert.equal(await take(), undefined);
	await owner(here, "UPDATE notify_mail SET claimed_at = now() - interval '9 minutes'");
	await queue();
	assert.deepEqual(await kinds(), ['message']);
	await owner(here, "UPDATE notify_mail SET claimed_at = now() - interval '11 minutes'");
	await queue();
	assert.deepEqual([await kinds(), await take()], [[], undefined]);
	assert.equal(await done(letter, 'sent'), false, 'too late');
	assert.equal(await queue(), 0, 'nor is another made for the same absence');
	assert.ok((await words(account)).includes('notify_letter:message_unknown'));
});

test('what was certainly not taken comes again later and later, for a day; a code while it is good', async () => {
	const { account } = room.client;
	await confirmed(account);
	await message(room.staff);
	await queue();
	for (const minutes of [1, 2, 4, 8]) {
		await done(await take(), 'later');
		const [row] = await owner(here, 'SELECT round(extract(epoch FROM next_at - now()) / 60)::int AS minutes FROM notify_mail');
		assert.equal(row.minutes, minutes);
		assert.equal(await take(), undefined);
		await owner(here, 'UPDATE notify_mail SET next_at = now()');
	}
	await owner(here, "UPDATE notify_mail SET give_up_at = now() + interval '1 minute'");
	await done(await take(), 'later');
	assert.deepEqual([await kinds(), (await words(account)).at(-1)], [[], 'notify_letter:message_given_up']);
	const other = room.staff.account;
	await put(other);
	await owner(here, "UPDATE notify_mail SET give_up_at = now() - interval '1 second'");
	assert.equal(await take(), undefined);
	await queue();
	assert.equal((await state(other)).letter, 'given_up');
});

test('an address that is refused for good gets nothing more, and its owner can see so', async () => {
	const { account } = room.client;
	await confirmed(account);
	await message(room.staff);
	await remind(account);
	await queue();
	await done(await take(), 'refused');
	assert.deepEqual([(await state(account)).state, await kinds()], ['refused', []]);
	await arrive(account).then(goAway);
	await owner(here, "UPDATE notify_address SET here_at = now() - interval '1 hour', reminded_at = NULL");
	assert.equal(await queue(), 0);
	assert.ok((await words(account)).some((word) => /^notify_letter:(message|reminder)_refused$/.test(word)));
	assert.equal(await put(account), 'ok');
	assert.deepEqual([(await state(account)).state, (await state(account)).letter], ['unconfirmed', 'waiting']);
});

test('an address goes with its account, when it is disabled, and stays in another role', async () => {
	const { account: colleague } = room.staff;
	await confirmed(colleague);
	await owner(here, "UPDATE account SET role = 'admin' WHERE account = $1", [colleague]);
	assert.equal((await state(colleague)).state, 'confirmed');
	await owner(here, 'UPDATE account SET disabled_at = now() WHERE account = $1', [colleague]);
	assert.equal(await state(colleague), undefined);
	const { account } = room.client;
	await confirmed(account);
	assert.equal((await app('notify_remove', { account }))[0].removed, true);
	assert.equal((await app('notify_remove', { account }))[0].removed, false);
	assert.equal((await words(account)).at(-1), 'notify_remove');
});

test('an address that nobody confirms is forgotten after a day', async () => {
	const { account } = room.client;
	await put(account);
	await owner(here, "UPDATE notify_address SET code_until = now() - interval '23 hours'");
	await queue();
	assert.equal((await state(account)).state, 'unconfirmed');
	await owner(here, "UPDATE notify_address SET code_until = now() - interval '25 hours'");
	await queue();
	assert.equal(await state(account), undefined);
});

test('each organisation has its turn, and sees nothing of another', async () => {
	const foreign = await makeRoom(db.luotsi_owner, there);
	await put(room.client.account);
	await put(room.staff.account);
	await put(foreign.client.account, { org: there });
	const first = await take();
	const second = await take(first.org);
	assert.notEqual(first.org, second.org);
	assert.equal(await state(foreign.client.account), undefined);
	assert.deepEqual(await app('notify_try', { account: foreign.client.account, most: 5 }), []);
	assert.equal((await app('notify_remove', { account: foreign.client.account }))[0].removed, false);
	for (const role of ['luotsi_app', 'luotsi_jobs', 'luotsi_read'])
		for (const table of ['notify_address', 'notify_mail']) await refused(within(db[role], here.org, () => db[role].query(`SELECT FROM ${table}`)), '42501', assert);
	for (const call of ['notify_queue(0, ARRAY[1])', `notify_take('${ZERO}', ARRAY[1])`, `letter_take('${ZERO}', ARRAY[1])`, `letter_make('${ZERO}', 'changed')`, `notify_done('${ZERO}', 'code', '${ZERO}', 'sent')`])
		await refused(within(db.luotsi_app, here.org, () => db.luotsi_app.query(`SELECT ${call}`)), '42501', assert);
	await refused(within(db.luotsi_jobs, here.org, () => db.luotsi_jobs.query(`SELECT notify_remove('${ZERO}')`)), '42501', assert);
});
