// What an admin looks after: plans of staff and rooms that nobody may leave behind, the calendar of a service and who is late by it,
// what there is to do, rehearsals, and reports that tell no small numbers.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ask, connect, id, makeAccount, makeOrg, makeRoom, rand32, refused, within } from './lib.mjs';

const db = {};
let here, there, admin;
before(async () => {
	for (const role of ['luotsi_owner', 'luotsi_app', 'luotsi_read']) db[role] = await connect(role);
	[here, there] = [await makeOrg(db.luotsi_owner), await makeOrg(db.luotsi_owner)];
	admin = await makeAccount(db.luotsi_owner, here, 'admin');
});
after(() => Promise.all(Object.values(db).map((c) => c.end())));

const app = (name, parameters = {}, org = here) => ask(db.luotsi_app, org.org, name, parameters);
const owner = (sql, values = [], org = here) => within(db.luotsi_owner, org.org, async () => (await db.luotsi_owner.query(sql, values)).rows);
const one = async (sql, values) => Object.values((await owner(sql, values))[0])[0];
const make = (role, org = here) => makeAccount(db.luotsi_owner, org, role);
const day = (ahead) => one("SELECT to_char(day_now() + $1::int, 'YYYY-MM-DD')", [ahead]);
const absent = async (account, from, until, deputy = null, actor = admin) => app('absence_put', { actor, account, from: from === null ? null : await day(from), until: until === null ? null : await day(until), deputy });
const leaving = async (account, on, successor = null) => app('leaving_put', { actor: admin, account, on: on === null ? null : await day(on), successor });
const disable = async (account, forced = null, disabled = true) => (await app('staff_disable', { actor: admin, account, disabled, forced }))[0];
const join = (room, account, active = true) => owner(`INSERT INTO room_member (room, account, role, sig_kid, enc_kid, cert, active, since, visible_from)
	VALUES ($1, $2, 2, $3, $4, $5, $6, 3, 1)`, [room.room, account, rand32(), rand32(), rand32(), active]);
const flags = async (flag, org = here) => (await app('flag_list', {}, org)).filter((row) => row.flag === flag);
const serve = (change = {}, org = here) => app('service_put', { actor: admin, promise: 2, holidays: true, notice: ['', '', ''], until: null, weekdays: [], opens: [], closes: [], ...change }, org);
const rule = (promise, name) => assert.rejects(promise, (error) => error.code === 'LU000' && error.constraint === name);

test('who holds open rooms is shut out only by force, and the count is told', async () => {
	const room = await makeRoom(db.luotsi_owner, here), { account } = room.staff;
	assert.deepEqual(await disable(account), { outcome: 'has_rooms', rooms: 1 });
	assert.equal(await one('SELECT disabled_at FROM account WHERE account = $1', [account]), null);
	assert.deepEqual(await flags('no_staff'), []);
	assert.deepEqual(await disable(account, 'ill'), { outcome: 'ok', rooms: 1 });
	assert.equal(await one("SELECT word FROM audit WHERE action = 'staff_disable' AND object = $1", [account]), 'ill');
	assert.deepEqual((await flags('no_staff')).map((flag) => flag.n), [1], 'the room is left, and shown');
	assert.equal((await disable(account, null, false)).outcome, 'ok', 'opening again asks for nothing');
	assert.deepEqual(await flags('no_staff'), []);
});

test('rooms that were left, and closed ones, hold nobody; one whose last keys lapsed does', async () => {
	const room = await makeRoom(db.luotsi_owner, here), other = await make('counsellor'), { account } = room.staff;
	await join(room, other);
	await owner('UPDATE room_member SET active = false WHERE room = $1 AND account = $2', [room.room, account]);
	assert.deepEqual(await disable(account), { outcome: 'ok', rooms: 0 });
	await owner("UPDATE room_member SET active = false, lapsed_at = now() WHERE room = $1 AND account = $2", [room.room, other]);
	assert.deepEqual(await disable(other), { outcome: 'has_rooms', rooms: 1 });
	await owner("UPDATE room SET phase = 'closed' WHERE room = $1", [room.room]);
	assert.equal((await disable(other)).outcome, 'ok');
});

test('an absence has an order of days, a deputy who counsels, and is one\'s own or an admin\'s to write', async () => {
	const account = await make('counsellor'), deputy = await make('team_lead'), client = await make('client');
	await refused(absent(account, 3, 2), '23514', assert);
	await rule(absent(account, -9, -1), 'absence_put__bad_field');
	await rule(absent(account, 0, 5, client), 'absence_put__bad_field');
	await rule(absent(account, 0, 5, await make('counsellor', there)), 'absence_put__bad_field');
	await refused(absent(account, 0, 5, account), '23514', assert);
	await rule(absent(account, 0, 5, null, deputy), 'staff_plan__forbidden');
	await rule(absent(client, 0, 5), 'staff_plan__not_found');
	await absent(account, 0, 5, deputy, account);
	const plan = (await app('plan_list')).find((row) => row.account === account);
	assert.deepEqual([plan.absent_from, plan.absent_until, plan.deputy], [await day(0), await day(5), deputy]);
	await absent(account, null, null);
	assert.deepEqual((await app('plan_list')).find((row) => row.account === account).absent_from, null);
});

test('the members of a room are told who is absent today, and whether the deputy is with them', async () => {
	const room = await makeRoom(db.luotsi_owner, here), deputy = await make('counsellor'), { account } = room.staff;
	const seen = (who) => app('absence_list', { account: who });
	await absent(account, 1, 5, deputy);
	assert.deepEqual(await seen(room.client.account), [], 'not yet');
	await absent(account, 0, 5, deputy);
	const told = { room: room.room, account, until: await day(5), deputy, deputy_in: false };
	assert.deepEqual(await seen(room.client.account), [told]);
	assert.deepEqual((await flags('absent')).filter((flag) => flag.object === account).map((flag) => [flag.n, flag.day]), [[1, await day(5)]]);
	await join(room, deputy);
	assert.deepEqual(await seen(room.client.account), [{ ...told, deputy_in: true }]);
	assert.deepEqual((await flags('absent')).find((flag) => flag.object === account).n, 0);
	assert.deepEqual(await seen(account), [], 'not to themselves');
	const other = await makeRoom(db.luotsi_owner, here);
	assert.deepEqual(await seen(other.client.account), [], 'nor to others');
});

test('a leaving counts what was handed over and closed since', async () => {
	const rooms = [await makeRoom(db.luotsi_owner, here)], { account } = rooms[0].staff, successor = await make('counsellor');
	for (let i = 0; i < 2; i++) {
		const room = await makeRoom(db.luotsi_owner, here);
		await join(room, account);
		rooms.push(room);
	}
	await rule(leaving(account, 10, admin), 'leaving_put__bad_field');
	await leaving(account, 10, successor);
	const work = async () => {
		const { handed, closed } = (await app('plan_get', { account }))[0];
		const held = await app('plan_rooms', { account });
		return [handed, closed, held.length, held.filter((room) => room.successor_in).length];
	};
	assert.deepEqual(await work(), [0, 0, 3, 0]);
	await join(rooms[1], successor);
	assert.deepEqual(await work(), [0, 0, 3, 1]);
	await owner(`INSERT INTO control_entry (room, n, type, sender, env_hash, entry) VALUES ($1, 1, 11, $2, $3, $4)`, [rooms[1].room, account, rand32(), Buffer.alloc(228)]);
	await owner('UPDATE room_member SET active = false WHERE room = $1 AND account = $2', [rooms[1].room, account]);
	await owner("UPDATE room SET phase = 'closed' WHERE room = $1", [rooms[2].room]);
	assert.deepEqual(await work(), [1, 1, 1, 0]);
	assert.deepEqual((await flags('leaving')).map((flag) => [flag.object, flag.n]), [[account, 1]]);
	await leaving(account, null);
	assert.deepEqual(await flags('leaving'), []);
});

test('what is kept of a colleague is given for a reason, which is in the log', async () => {
	const account = await make('counsellor'), client = await make('client');
	const [person] = await app('staff_person', { actor: admin, account, reason: 'Palvelussuhde päättyy' });
	assert.deepEqual([person.rooms_open, person.passkeys, person.identified_at], [0, 0, null]);
	assert.deepEqual(await owner("SELECT actor, reason FROM audit WHERE action = 'staff_person' AND object = $1", [account]), [{ actor: admin, reason: 'Palvelussuhde päättyy' }]);
	assert.deepEqual(await app('staff_person', { actor: admin, account: client, reason: 'Utelias' }), [], 'of a client nothing');
	assert.deepEqual(await app('staff_person', { actor: admin, account, reason: 'Toinen' }, there), [], 'nor of others\' staff');
	await refused(app('staff_person', { actor: admin, account, reason: 'ei' }), '23514', assert);
});

test('public holidays follow their rules', async () => {
	const of = async (year) => Object.fromEntries((await owner("SELECT word, to_char(day, 'MM-DD') AS day FROM holidays_of($1)", [year])).map((row) => [row.word, row.day]));
	const [a, b, c] = [await of(2026), await of(2027), await of(2038)];
	assert.deepEqual([a.good_friday, a.easter, a.easter_monday, a.ascension, a.pentecost, a.midsummer_eve, a.midsummer, a.all_saints],
		['04-03', '04-05', '04-06', '05-14', '05-24', '06-19', '06-20', '10-31']);
	assert.deepEqual([b.easter, b.ascension, b.midsummer, b.all_saints, b.independence], ['03-28', '05-06', '06-26', '11-06', '12-06']);
	assert.deepEqual([c.easter, Object.keys(c).length], ['04-25', 15], 'the latest Easter there is');
	assert.equal((await of(2285)).easter, '03-22', 'and the earliest');
});

test('a day is as its exception says, else as its holiday, else as its weekday', async () => {
	const org = await makeOrg(db.luotsi_owner);
	const at = async (text) => (await owner('SELECT opens, closes, holiday, exception FROM service_days($1::date, 1)', [text], org))[0];
	assert.deepEqual(await at('2026-06-18'), { opens: 540, closes: 900, holiday: null, exception: false }, 'nobody said: an office day');
	assert.deepEqual((await at('2026-06-19')).opens, null);
	await serve({ weekdays: [4, 5, 6], opens: [600, 600, 600], closes: [700, 700, 700] }, org);
	assert.deepEqual([(await at('2026-06-17')).opens, (await at('2026-06-18')).opens, (await at('2026-06-19')).opens], [null, 600, null]);
	await serve({ holidays: false, weekdays: [5], opens: [600], closes: [700] }, org);
	assert.deepEqual(await at('2026-06-19'), { opens: 600, closes: 700, holiday: 'midsummer_eve', exception: false });
	await owner("INSERT INTO service_day (day) VALUES ('2026-06-19')", [], org);
	assert.deepEqual([(await at('2026-06-19')).opens, (await at('2026-06-19')).exception], [null, true]);
});

test('hours that cannot be, days that have been, and a notice without Finnish are refused', async () => {
	await refused(serve({ weekdays: [1], opens: [700], closes: [600] }), '23514', assert);
	await rule(serve({ weekdays: [1, 1], opens: [1, 1], closes: [2, 2] }), 'service_put__bad_field');
	await rule(serve({ notice: ['', 'Hej', ''] }), 'service_put__bad_field');
	await refused(serve({ promise: 31 }), '23514', assert);
	await rule(app('service_day_put', { actor: admin, day: await day(-1), gone: false, opens: null, closes: null }), 'service_day_put__bad_field');
	await refused(app('service_day_put', { actor: admin, day: await day(1), gone: false, opens: 600, closes: null }), '23514', assert);
	await serve({ notice: ['Hei', 'Hej', 'Hello'], until: await day(3) });
	await app('service_day_put', { actor: admin, day: await day(2), gone: false, opens: null, closes: null });
	const [told] = await app('service_get');
	assert.deepEqual([told.promise_days, told.notice_sv, told.notice_until], [2, 'Hej', await day(3)]);
	const days = await app('service_days', { days: 20 });
	assert.ok(days.some((row) => row.exception && row.opens === null));
	assert.deepEqual((await app('service_get', {}, there))[0].promise_days, null, 'of this organisation only');
});

test('late is who waited through the promised number of working days', async () => {
	const org = await makeOrg(db.luotsi_owner), room = await makeRoom(db.luotsi_owner, org);
	const waits = (ago) => owner("UPDATE room SET waiting_since = ((day_now() - $2::int)::timestamp + interval '12 hours') AT TIME ZONE 'Europe/Helsinki' WHERE room = $1", [room.room, ago], org);
	await waits(60);
	assert.deepEqual(await flags('late', org), [], 'nothing was promised');
	await serve({ promise: 2, holidays: false, weekdays: [1, 2, 3, 4, 5, 6, 7], opens: Array(7).fill(0), closes: Array(7).fill(1440) }, org);
	const late = async (ago) => { await waits(ago); return (await flags('late', org)).length; };
	assert.deepEqual([await late(1), await late(2), await late(3), await late(40)], [0, 0, 1, 1], 'two days after the day of writing have to be over');
	await owner('INSERT INTO service_day (day) VALUES (day_now() - 1)', [], org);
	assert.deepEqual([await late(3), await late(4)], [0, 1], 'a closed day does not count');
	const [flag] = await flags('late', org);
	assert.deepEqual([flag.object, flag.n], [room.staff.account, 1]);
	await owner('UPDATE room SET waiting_since = NULL WHERE room = $1', [room.room], org);
	assert.deepEqual(await flags('late', org), []);
});

test('flags tell what is to be done, each of its own', async () => {
	const org = await makeOrg(db.luotsi_owner), account = await make('counsellor', org), of = async (flag) => (await flags(flag, org)).map((row) => row.object);
	assert.deepEqual(await of('no_promise'), [null]);
	assert.deepEqual([await of('training'), await of('passkeys'), await of('not_seen'), await of('certificate')], [[], [], [], []]);
	await owner('UPDATE agreement SET training_required = true', [], org);
	assert.deepEqual(await of('training'), [account]);
	await owner("INSERT INTO training (account, passed_on, by) VALUES ($1, '2026-01-02', $1)", [account], org);
	assert.deepEqual(await of('training'), []);
	await owner("UPDATE account SET created_at = now() - interval '100 days' WHERE account = $1", [account], org);
	assert.deepEqual(await of('not_seen'), [account]);
	await owner(`INSERT INTO account_identity (account, key_version, blind_index, code, country, provider, acr, identified_at) VALUES ($1, 1, $2, $3, 'FI', 'virka', 'loa2', now())`, [account, rand32(), Buffer.alloc(40)], org);
	assert.deepEqual([await of('not_seen'), await of('passkeys')], [[], [account]]);
	await owner(`INSERT INTO identity_head (subject, n_entries, head, cert, valid_from, valid_until) VALUES ($1, 1, $2, $2, now() - interval '1 year', now() + interval '20 days')`, [account, rand32()], org);
	assert.deepEqual(await of('certificate'), [account]);
	await owner('UPDATE account SET disabled_at = now() WHERE account = $1', [account], org);
	assert.deepEqual([await of('certificate'), await of('passkeys')], [[], []], 'of who is out nothing is asked');
	await owner("UPDATE agreement SET state = 'ending', ends_on = day_now() + 20", [], org);
	assert.deepEqual(await of('ending'), [org.agreement]);
});

test('a rehearsal is asked for every twelve months', async () => {
	const org = await makeOrg(db.luotsi_owner), state = async () => (await app('recovery_state', {}, org))[0];
	assert.deepEqual([(await state()).made_at, await flags('rehearsal', org)], [null, []], 'no keys, nothing to rehearse');
	await owner('INSERT INTO identity_entry (subject, n, type, env_hash, entry, at) VALUES (luotsi_org(), 0, 17, $1, $2, now() - interval \'13 months\')', [rand32(), Buffer.alloc(240)], org);
	assert.equal((await flags('rehearsal', org)).length, 1);
	const held = (ago) => app('recovery_rehearse', { actor: admin, held_on: ago, note: 'Kolme paikalla' }, org);
	await rule(held(await day(1)), 'recovery_rehearse__bad_field');
	await held(await day(-400));
	assert.equal((await flags('rehearsal', org)).length, 1, 'too long ago');
	await held(await day(-20));
	assert.deepEqual([(await state()).rehearsed_on, (await flags('rehearsal', org)).length], [await day(-20), 0]);
});

test('a report tells no number from one to four, nor lets one be reckoned', async () => {
	const org = await makeOrg(db.luotsi_owner), rooms = [];
	for (let i = 0; i < 14; i++) rooms.push((await makeRoom(db.luotsi_owner, org)).room);
	const report = async (by) => (await app('report_rooms', { by, months: 12 }, org)).map((row) => [row.of, row.opened, row.closed]);
	await owner("INSERT INTO room_topic (room, topic) SELECT r, 'work' FROM unnest($1::uuid[]) AS r", [rooms.slice(0, 6)], org);
	await owner("INSERT INTO room_topic (room, topic) SELECT r, 'studies' FROM unnest($1::uuid[]) AS r", [rooms.slice(6, 11)], org);
	await owner("INSERT INTO room_topic (room, topic) SELECT r, 'housing' FROM unnest($1::uuid[]) AS r", [rooms.slice(11)], org);
	await owner("UPDATE room SET phase = 'closed' WHERE room = $1", [rooms[0]], org);
	assert.deepEqual(await report('all'), [['', 14, null]]);
	assert.deepEqual(await report('topic'), [['housing', null, 0], ['studies', null, 0], ['work', 6, null]], 'three of housing, and the next smallest hides them');
	const office = id();
	const staff = await owner('SELECT account FROM room_member WHERE role = 2 ORDER BY account LIMIT 7', [], org);
	await owner("INSERT INTO office (office, name, address, hours) VALUES ($1, 'Keskusta', '', '')", [office], org);
	for (const { account } of staff) await app('staff_place', { actor: await make('admin', org), account, office }, org);
	assert.deepEqual((await report('office')).map(([of, opened]) => [of, opened]), [['', 7], ['Keskusta', 7]]);
	await rule(app('staff_place', { actor: admin, account: staff[0].account, office }), 'staff_plan__not_found');
});
