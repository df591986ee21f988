// Requests of the people that rooms are about: their clock, who may do what when, frozen rooms, erasure to its certificate; the register.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ask, connect, envelope, id, makeAccount, makeOrg, makeRoom, outcomes, post, rand32, within } from './lib.mjs';

const db = {};
let org, room, admin;
const sealed = Buffer.alloc(60, 1);

before(async () => {
	for (const role of ['luotsi_owner', 'luotsi_app', 'luotsi_jobs']) db[role] = await connect(role);
	org = await makeOrg(db.luotsi_owner);
	room = await makeRoom(db.luotsi_owner, org);
	admin = await makeAccount(db.luotsi_owner, org, 'admin');
});
after(() => Promise.all(Object.values(db).map((c) => c.end())));

const app = (name, values) => ask(db.luotsi_app, org.org, name, values);
const owner = (sql, values = []) => within(db.luotsi_owner, org.org, async () => (await db.luotsi_owner.query(sql, values)).rows);
const asks = async (kind, change = {}) => {
	const request = id();
	const [said] = await app('rights_ask', { account: room.client.account, request, kind, room: null, note: id(), text: sealed, most: 100, ...change });
	return { request, ...said };
};
const step = async (request, what, change = {}) =>
	(await app('request_step', { actor: admin, request, step: what, way: null, note: id(), text: sealed, ...change }))[0].outcome;
const freeze = async (request, on, rooms = []) => (await app('request_freeze', { actor: admin, request, rooms, on, note: id(), text: sealed }))[0].outcome;
const stateOf = async (request) => (await owner('SELECT state, due_on::text, ended_at IS NOT NULL AS ended FROM subject_request WHERE request = $1', [request]))[0];
const withdraw = async (request, account = room.client.account) => (await app('rights_withdraw', { account, request, note: id() }))[0].outcome;
const events = (action, object) => owner('SELECT actor, word, reason FROM audit WHERE action = $1 AND object = $2 ORDER BY n', [action, object]);

test('a request is due a month of the calendar after it came, and a repeat is the same one', async () => {
	const { request, outcome, due_on } = await asks('access');
	assert.equal(outcome, 'ok');
	assert.deepEqual(await owner("SELECT to_char((day_now() + interval '1 month')::date, 'YYYY-MM-DD') AS due"), [{ due: due_on }]);
	assert.equal((await app('rights_ask', { account: room.client.account, request, kind: 'access', room: null, note: id(), text: sealed, most: 1 }))[0].outcome, 'ok');
	assert.equal((await app('rights_ask', { account: room.staff.account, request, kind: 'access', room: null, note: id(), text: sealed, most: 1 }))[0].outcome, 'conflict');
	assert.equal((await asks('access')).outcome, 'already_here');
	assert.equal((await asks('portability', { most: 1 })).outcome, 'rate_limited');
	assert.equal((await asks('portability', { room: id() })).outcome, 'not_found');
	assert.equal((await owner('SELECT count(*)::int AS n FROM subject_step WHERE request = $1', [request]))[0].n, 1);
	assert.equal(await withdraw(request), 'ok');
});

test('two of the same at once are one', async () => {
	const other = await connect('luotsi_app');
	const values = () => ({ account: room.client.account, request: id(), kind: 'objection', room: null, note: id(), text: null, most: 100 });
	const said = await Promise.all([ask(db.luotsi_app, org.org, 'rights_ask', values()), ask(other, org.org, 'rights_ask', values())]);
	await other.end();
	assert.deepEqual(said.map(([one]) => one.outcome).sort(), ['already_here', 'ok']);
	const [{ request }] = await owner("SELECT request FROM subject_request WHERE kind = 'objection' AND ended_at IS NULL");
	assert.equal(await withdraw(request), 'ok');
});

test('nobody but the person follows or takes back what they asked, and only while it is open', async () => {
	const { request } = await asks('rectification');
	assert.equal((await app('rights_one', { account: room.staff.account, request })).length, 0);
	assert.equal((await app('rights_one', { account: room.client.account, request })).length, 1);
	assert.equal(await withdraw(request, room.staff.account), 'not_found');
	assert.equal(await step(request, 'done'), 'ok');
	assert.equal(await withdraw(request), 'conflict');
});

test('it goes on by steps that are its next ones, and each but the first says why', async () => {
	const { request, due_on } = await asks('access');
	assert.equal(await step(request, 'begin', { text: null }), 'ok');
	assert.equal(await step(request, 'begin', { text: null }), 'conflict');
	assert.equal(await step(request, 'extend', { text: null }), 'bad_field');
	assert.equal(await step(request, 'extend'), 'ok');
	assert.equal(await step(request, 'extend'), 'conflict');
	const [{ due }] = await owner("SELECT to_char((day_now() + interval '3 months')::date, 'YYYY-MM-DD') AS due");
	assert.deepEqual(await stateOf(request), { state: 'extended', due_on: due, ended: false });
	assert.notEqual(due, due_on);
	assert.equal(await step(request, 'done'), 'bad_field', 'in which way');
	assert.equal(await step(request, 'done', { way: 'own' }), 'ok');
	assert.equal(await step(request, 'refuse'), 'conflict');
	assert.equal(await step(request, 'reopen'), 'ok');
	assert.equal(await step(request, 'refuse'), 'ok');
	await owner("UPDATE subject_request SET ended_at = now() - interval '31 days' WHERE request = $1", [request]);
	assert.equal(await step(request, 'reopen'), 'conflict');
	assert.equal(await step(id(), 'begin'), 'not_found');
});

test('what is late can no longer be extended, and is counted', async () => {
	const before = (await app('request_late', {}))[0];
	const [soon, late] = [await asks('portability'), await asks('restriction')];
	await owner('UPDATE subject_request SET due_on = day_now() + 7 WHERE request = $1', [soon.request]);
	await owner('UPDATE subject_request SET due_on = day_now() - 1 WHERE request = $1', [late.request]);
	assert.equal(await step(late.request, 'extend'), 'conflict');
	const now = (await app('request_late', {}))[0];
	assert.deepEqual([now.open - before.open, now.soon - before.soon, now.late - before.late], [2, 1, 1]);
	const listed = await app('request_list', { open: true, kind: null, late: true, skip: 0, most: 10 });
	assert.deepEqual(listed.map((one) => [one.request, one.days]), [[late.request, -1]]);
	for (const one of [soon, late]) assert.equal(await withdraw(one.request), 'ok');
});

test('who opens one says why, and that is an event about the person', async () => {
	const { request } = await asks('objection');
	const rows = await app('request_one', { actor: admin, request, reason: 'vastaus' });
	assert.deepEqual([rows.length, rows[0].account, rows[0].rooms, rows[0].frozen], [1, room.client.account, [room.room], []]);
	assert.deepEqual(await events('request_read', room.client.account), [{ actor: admin, word: 'objection', reason: 'vastaus' }]);
	assert.equal((await app('request_one', { actor: admin, request: id(), reason: 'vastaus' })).length, 0);
	assert.equal(await withdraw(request), 'ok');
});

test('a frozen room takes nothing until seven days after its end was told, and no rule erases it', async () => {
	const { request } = await asks('restriction', { room: room.room });
	const due = async () => (await app('retention_due', { until: new Date(Date.now() + 1e12), most: 100 })).find((one) => one.object === room.room)?.held;
	await owner("INSERT INTO account_identity (account, key_version, blind_index, code, country, provider, acr, identified_at) VALUES ($1, 1, $2, $3, 'FI', 'bank', 'loa2', now())",
		[room.client.account, rand32(), Buffer.alloc(40)]);
	assert.deepEqual([await due(), await freeze(request, false)], [false, 'conflict']);
	assert.equal(await freeze(request, true, [id()]), 'bad_field');
	assert.equal(await freeze(request, true), 'ok');
	assert.equal(await freeze(request, true), 'conflict');
	const said = async () => outcomes(await post(db.luotsi_app, org.org, [envelope(room, room.client, { sender_seq: 1 })]))[0];
	assert.deepEqual([await said(), await due()], ['room_frozen', true]);
	await owner("INSERT INTO erasure (erasure, kind, object, rule, days, version, due_at) VALUES ($1, 'room', $2, 'room', 1, 1, now())", [id(), room.room]);
	assert.equal((await owner('SELECT FROM erasure WHERE object = $1', [room.room])).length, 0);
	assert.equal(await step(request, 'done'), 'ok');
	assert.equal(await freeze(request, false), 'ok');
	assert.equal(await said(), 'room_frozen');
	assert.equal(await freeze(request, true), 'ok', 'taken back');
	assert.equal(await freeze(request, false), 'ok');
	await owner('UPDATE room SET frozen_until = now()');
	assert.equal(await said(), 'ok');
	assert.deepEqual((await events('room_freeze', room.room)).length, 2);
});

const certify = async () => {
	await owner("UPDATE unit_batch SET erased_at = now() WHERE erased_at IS NULL");
	for (let more = 1; more > 0;) [{ more }] = await ask(db.luotsi_jobs, null, 'job_retention_rows', { most: 100 });
	await ask(db.luotsi_jobs, null, 'job_retention_certify', {});
};
const round = async () => (await ask(db.luotsi_jobs, null, 'job_rights', {}))[0].begun;
const erase = async (request, on) => (await app('request_erase', { actor: admin, request, on, note: id(), text: sealed }))[0].outcome;
const later = (request, column) => owner(`UPDATE subject_request SET ${column} = now() - interval '1 minute' WHERE request = $1`, [request]);

test('erasing waits for a day, stands back for a hold, and is certified to the person before their account goes', async () => {
	const one = await makeRoom(db.luotsi_owner, org), person = one.client.account;
	const mine = (change) => asks('erasure', { account: person, ...change });
	const { request } = await mine();
	const hold = id();
	await owner("INSERT INTO legal_hold (hold, kind, object, reason, asked_by, made_by, made_at) VALUES ($1, 'room', $2, 'oikeus', $3, $4, now())", [hold, one.room, admin, one.staff.account]);
	assert.equal(await erase(request, true), 'legal_hold');
	await owner('UPDATE legal_hold SET end_by = $2, end_at = now(), ended_by = $3, ended_at = now() WHERE hold = $1', [hold, admin, one.staff.account]);
	assert.equal(await erase(request, true), 'ok');
	assert.equal(await step(request, 'refuse'), 'conflict');
	assert.equal(await round(), 0);
	assert.equal(await erase(request, false), 'ok');
	assert.equal(await erase(request, true), 'ok');
	await later(request, 'erase_from');
	assert.equal(await erase(request, false), 'conflict');
	assert.deepEqual([await round(), await round()], [1, 0]);
	assert.equal(await withdraw(request, person), 'conflict');
	await certify();
	assert.equal(await round(), 0);
	const [shown] = await app('rights_list', { account: person });
	assert.ok(shown.certificate >= 1 && shown.account_from > new Date() && shown.state === 'in_progress');
	assert.equal((await owner('SELECT FROM room WHERE room = $1', [one.room])).length, 0);
	await later(request, 'account_from');
	assert.deepEqual([await round(), await round()], [1, 0]);
	await certify();
	await round();
	assert.equal((await stateOf(request)).state, 'done');
	assert.deepEqual(await owner('SELECT FROM account WHERE account = $1', [person]), []);
	assert.deepEqual(await owner('SELECT n FROM subject_step WHERE request = $1 AND text IS NOT NULL', [request]), [], 'what they wrote has gone with them');
});

test('erasure is done by its certificate alone, and one that is not given is refused with the ground', async () => {
	const one = await makeRoom(db.luotsi_owner, org), person = one.client.account;
	const { request } = await asks('erasure', { account: person, room: one.room });
	assert.equal(await step(request, 'done'), 'conflict', 'nothing was erased');
	assert.equal(await step(request, 'refuse'), 'ok');
	assert.equal(await step(request, 'reopen'), 'ok');
	assert.equal(await erase(request, true), 'ok');
	await later(request, 'erase_from');
	assert.equal(await round(), 1);
	await certify();
	await round();
	assert.equal((await stateOf(request)).state, 'done');
	assert.equal(await step(request, 'reopen'), 'conflict');
});

test('what was open when the data of a person was erased reads as that, and not as taken back', async () => {
	const person = await makeAccount(db.luotsi_owner, org);
	const [open, back] = [await asks('access', { account: person }), await asks('objection', { account: person })];
	assert.equal(await withdraw(back.request, person), 'ok');
	await owner('DELETE FROM account WHERE account = $1', [person]);
	const words = new Map((await app('request_list', { open: false, kind: null, late: false, skip: 0, most: 100 })).map((one) => [one.request, one.state]));
	assert.deepEqual([words.get(open.request), words.get(back.request)], ['gone', 'withdrawn']);
	assert.equal((await app('request_one', { actor: admin, request: open.request, reason: 'tarkastus' }))[0].state, 'gone');
});

test('erasing one room leaves the person, and what they see is the certificate', async () => {
	const one = await makeRoom(db.luotsi_owner, org), person = one.client.account;
	const { request } = await asks('erasure', { account: person, room: one.room });
	assert.equal(await freeze(request, true), 'conflict', 'not what it is about');
	assert.equal(await erase(request, true), 'ok');
	await later(request, 'erase_from');
	assert.equal(await round(), 1);
	await certify();
	await round();
	const [shown] = await app('rights_list', { account: person });
	assert.ok(shown.state === 'done' && shown.certificate >= 1 && shown.account_from === null);
	assert.equal((await owner('SELECT FROM account WHERE account = $1', [person])).length, 1);
});

test('what is kept of a person is told to them in counts', async () => {
	const [held] = await app('rights_held', { account: room.client.account });
	assert.deepEqual([held.rooms, held.messages, held.files, held.passkeys, held.mail, held.provider], [1, 1, 0, 0, false, 'bank']);
});

test('letters go to whoever has a confirmed address, also when they are here', async () => {
	const { account } = room.client;
	await owner("INSERT INTO notify_address (account, address, sealed, language, code_until, state) VALUES ($1, $2, $3, 'fi', now(), 'confirmed')", [account, id(), Buffer.alloc(60)]);
	const { request } = await asks('portability');
	await owner("INSERT INTO session (session, token_hash, account, method, fresh_until, expires_at) VALUES ($1, $2, $3, 'passkey', now(), now() + interval '1 day')", [id(), rand32(), account]);
	assert.deepEqual(await owner('SELECT kind FROM notify_mail WHERE account = $1', [account]), [{ kind: 'rights' }]);
	const before = (BigInt(`0x${org.org.replaceAll('-', '')}`) - 1n).toString(16).padStart(32, '0'); // other files have organisations too
	const taken = await ask(db.luotsi_jobs, null, 'job_notify_take', { after: before, idle: [1200, 900, 600] });
	assert.deepEqual(taken.map((one) => one.kind), ['rights']);
	assert.equal(await withdraw(request), 'ok');
});

const breach = (change) => app('breach_put', {
	actor: admin, breach: id(), version: 0, note: id(), found_at: new Date(Date.now() - 3_600_000), began_at: null, persons: 3, told: 'open', told_at: null, people: 'open', closed: false,
	facts: sealed, effects: null, remedies: null, why: null, ...change }).then(([said]) => said.outcome);
const refusedBreach = (change) => assert.rejects(breach(change), { code: '23514', constraint: 'breach_version__bad_field' });

test('a breach is told anew, never changed, and closed only when everything is decided', async () => {
	const one = id(), found_at = new Date(Date.now() - 80 * 3_600_000), of = { breach: one, found_at };
	assert.equal(await breach(of), 'ok');
	assert.equal(await breach(of), 'ok', 'a repeat');
	assert.equal(await breach({ ...of, version: 7 }), 'conflict');
	assert.deepEqual((await app('breach_list', { skip: 0, most: 10 })).map((row) => [row.n, row.version, row.late]), [[1, 1, true]]);
	assert.equal((await app('request_late', {}))[0].breaches_late, 1);
	await refusedBreach({ ...of, version: 1, told: 'notified', told_at: new Date() }); // too late, and why is not said
	await refusedBreach({ ...of, version: 1, told: 'not_needed' });
	await refusedBreach({ ...of, version: 1, told: 'notified', told_at: new Date(), why: sealed, closed: true });
	assert.equal(await breach({ ...of, version: 1, told: 'notified', told_at: new Date(), why: sealed, people: 'told', effects: sealed, remedies: sealed, closed: true }), 'ok');
	assert.equal(await breach({ ...of, version: 1 }), 'conflict', 'somebody was faster');
	const rows = await app('breach_one', { actor: admin, breach: one, reason: 'tarkastus' });
	assert.deepEqual(rows.map((row) => [row.version, row.closed]), [[2, true], [1, false]]);
	assert.equal((await events('breach_read', one))[0].reason, 'tarkastus');
	await assert.rejects(within(db.luotsi_app, org.org, (c) => c.query('DELETE FROM breach_version')), { code: '42501' });
});

test('what the organisation says of itself has versions, and the record is made of it and of the agreements', async () => {
	const put = async (version, officer = '') => (await app('record_put', { actor: admin, version, contact: `v${version}`, officer, basis: '', recipients: '', transfers: '' }))[0].outcome;
	assert.deepEqual([await put(0), await put(0), await put(0, 'toinen'), await put(1)], ['ok', 'ok', 'conflict', 'ok']);
	const rows = await app('record_get', {});
	assert.deepEqual(rows.map((row) => [row.note, row.contact, row.agreement, row.terms]), [[2, 'v1', org.agreement, null]]);
});

test('whoever has a room open hears that it was frozen and let go, and that its agreement came to another state', async () => {
	const other = await makeRoom(db.luotsi_owner, org), hex = (one) => one.replaceAll('-', ''), heard = [];
	const listener = await connect('luotsi_app');
	listener.on('notification', (n) => heard.push(n.payload));
	await listener.query('LISTEN luotsi');
	const told = async (subject) => {
		await listener.query('SELECT 1');
		return heard.splice(0).filter((one) => one === `i ${hex(org.org)} ${hex(subject)}`).length;
	};
	await owner("UPDATE room SET frozen_until = 'infinity' WHERE room = $1", [other.room]);
	assert.equal(await told(other.client.account), 1);
	await owner("UPDATE room SET frozen_until = 'infinity' WHERE room = $1", [other.room]);
	assert.equal(await told(other.client.account), 0, 'nothing is new');
	await owner('UPDATE room SET frozen_until = NULL, erasing = true WHERE room = $1', [other.room]);
	assert.equal(await told(other.client.account), 0, 'nobody asks for what is going');
	await owner("UPDATE agreement SET state = 'ending', ends_on = current_date + 5");
	assert.equal(await told(org.org), 1);
	await owner("UPDATE agreement SET state = 'live', ends_on = NULL");
	assert.equal(await told(org.org), 1);
	await owner('UPDATE agreement SET controller = controller');
	assert.equal(await told(org.org), 0);
	await listener.end();
});
