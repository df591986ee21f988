// Files in the database: what is reserved, accepted, sent and taken away, and what the verifier finds.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, test } from 'node:test';
import { ask, connect, envelope, hash, headerLength, hex, id, makeOrg, makeRoom, outcomes, post, refused, within } from './lib.mjs';

const PART = 1_049_600;
let owner, app, second, third, jobs, org;
before(async () => {
	[owner, app, second, third, jobs] = await Promise.all(['luotsi_owner', 'luotsi_app', 'luotsi_app', 'luotsi_app', 'luotsi_jobs'].map(connect));
	org = await makeOrg(owner);
});
after(() => Promise.all([owner, app, second, third, jobs].map((c) => c.end())));

const sql = (text, values, o = org) => within(owner, o.org, async () => (await owner.query(text, values)).rows);
const key = Buffer.alloc(104, 7);
const begin = async (r, change = {}, client = app) => {
	const all = { room: r.room, account: r.client.account, file: id(), cipher_size: 72, epoch: 1, key, most: 209_715_200, quota: 10 ** 12, most_open: 100, most_day: 1000, ...change };
	return { ...all, outcome: (await ask(client, r.org, 'file_begin', all))[0].outcome };
};
const put = async (r, file, n, bytes, change = {}, client = app) =>
	(await ask(client, r.org, 'file_part_put', { account: r.client.account, file, n, digest: hash(bytes), bytes, ...change }))[0].outcome;
const get = (r, file, n, who = r.staff) => ask(app, r.org, 'file_part_get', { account: who.account, file, n });
const cancel = async (r, file, who = r.client) => (await ask(app, r.org, 'file_cancel', { account: who.account, file }))[0].outcome;
const clearOf = (file, size, digests) => {
	const clear = Buffer.alloc(60);
	Buffer.from(hex(file), 'hex').copy(clear);
	clear.writeBigUInt64BE(BigInt(size), 16);
	clear.writeUInt32BE(PART, 24);
	hash(Buffer.concat(digests)).copy(clear, 28);
	return clear;
};
/** A manifest: its header ends with the clear part and the length of the body. */
const manifest = (r, member, clear, change = {}) => {
	const row = envelope(r, member, { kind: 5, ...change });
	clear.copy(row.envelope, headerLength - 64);
	return row;
};
const used = async (o = org) => Number((await sql('SELECT used FROM file_use', [], o))[0]?.used ?? 0);
const faults = async (o = org) => Object.fromEntries((await sql('SELECT fault, n FROM file_faults()', [], o)).map((f) => [f.fault, f.n]));

/** A file of one part, whole and not sent. */
const whole = async (r, change = {}) => {
	const bytes = randomBytes(72), made = await begin(r, change);
	assert.equal(made.outcome, 'ok');
	assert.equal(await put(r, made.file, 0, bytes), 'ok');
	return { ...made, bytes, clear: clearOf(made.file, 72, [hash(bytes)]) };
};
const sent = async (r) => {
	const file = await whole(r);
	const row = manifest(r, r.client, file.clear);
	assert.deepEqual(outcomes(await post(app, r.org, [row])), ['ok']);
	return { ...file, row };
};

test('sealed sizes and parts are what the browsers compute', async () => {
	const rows = await sql('SELECT n, file_sealed_size(n)::int8 AS size FROM unnest($1::int8[]) AS n', [[1, 256, 257, 16384, 1048576, 209715200, 1099511627776]]);
	const padme = (n) => {
		const e = Math.floor(Math.log2(n)), step = 2 ** (e - Math.floor(Math.log2(e)) - 1);
		return Math.ceil(n / step) * step;
	};
	for (const { n, size } of rows) {
		const p = padme(Math.max(n, 256));
		assert.equal(size, 56 + p + 16 * (Math.floor(p / 16384) + 1), String(n));
	}
	const measure = async (size, n) => (await sql('SELECT file_part_measure($1, $2) AS m', [size, n]))[0].m;
	assert.deepEqual([await measure(72, 0), await measure(72, 1), await measure(72, -1)], [72, null, null]);
	const two = 56 + PART + 16;
	assert.deepEqual([await measure(two, 0), await measure(two, 1), await measure(two, 2)], [PART + 56, 16, null]);
	assert.deepEqual([await measure(56 + PART, 0), await measure(56 + PART, 1)], [PART + 56, null]);
});

test('a repeated beginning is answered as the first, another one of the same id is refused', async () => {
	const r = await makeRoom(owner, org), before = await used();
	const made = await begin(r);
	assert.equal((await begin(r, { file: made.file })).outcome, 'ok');
	assert.equal((await begin(r, { file: made.file, cipher_size: 73 })).outcome, 'conflict');
	assert.equal((await begin(r, { file: made.file, account: r.staff.account })).outcome, 'conflict');
	assert.equal((await begin(await makeRoom(owner, org), { file: made.file })).outcome, 'conflict');
	assert.equal(await used() - before, 72);
});

test('size, quota, epoch and the number of open files are ceilings', async () => {
	const o = await makeOrg(owner), r = await makeRoom(owner, o);
	assert.equal((await begin(r, { most: 256, cipher_size: 328 })).outcome, 'ok');
	assert.equal((await begin(r, { most: 256, cipher_size: 329 })).outcome, 'too_large');
	assert.equal((await begin(r, { quota: 399 })).outcome, 'quota');
	assert.equal((await begin(r, { quota: 400 })).outcome, 'ok');
	assert.equal((await begin(r, { most_open: 2 })).outcome, 'rate_limited');
	assert.equal((await begin(r, { most_open: 2, account: r.staff.account })).outcome, 'ok');
	assert.equal((await begin(r, { epoch: 2 })).outcome, 'stale_epoch');
	await sql('UPDATE organisation SET file_most = 300, file_quota = 1000 WHERE org = $1', [o.org], o);
	assert.equal((await begin(r, { most: 1, quota: 0 })).outcome, 'ok');
	assert.equal((await begin(r, { cipher_size: 1072 })).outcome, 'too_large');
	assert.equal((await begin(r, { cipher_size: 600 })).outcome, 'too_large');
	assert.deepEqual(await faults(o), {});
});

test('two who begin at once do not both get the last of the quota', async () => {
	const o = await makeOrg(owner), r = await makeRoom(owner, o);
	for (let i = 0; i < 10; i++) {
		const quota = (await used(o)) + 100;
		const both = await Promise.all([begin(r, { quota }, app), begin(r, { quota }, second)]);
		assert.deepEqual(both.map((b) => b.outcome).sort(), ['ok', 'quota']);
	}
	assert.equal(await used(o), 720);
});

test('a beginning that is repeated does not wait in a circle with a cancelling, a deleting or a sweeping', async () => {
	const r = await makeRoom(owner, org), { file } = await begin(r);
	// What all of these do, step by step: the file first, then the account of room.
	await within(owner, org.org, async () => {
		await owner.query('SELECT FROM file WHERE file = $1 FOR UPDATE', [file]);
		const again = begin(r, { file }), waits = async () => (await second.query("SELECT count(*)::int AS n FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%file_begin%'")).rows[0].n;
		while ((await waits()) === 0) await new Promise((resolve) => setImmediate(resolve));
		await owner.query("UPDATE file_use SET used = used WHERE org = luotsi_org()");
		await owner.query('COMMIT');
		assert.equal((await again).outcome, 'ok');
	});
	for (let i = 0; i < 8; i++) {
		const made = await begin(r);
		const [again, gone] = await Promise.all([begin(r, { file: made.file }), cancel(r, made.file)]);
		assert.ok(['ok', 'conflict'].includes(again.outcome) && gone === 'ok', `${again.outcome}, ${gone}`);
	}
	assert.deepEqual(await faults(), {});
});

test('the same beginning from two connections at once is one, and is answered to both', async () => {
	const r = await makeRoom(owner, org);
	for (let i = 0; i < 8; i++) {
		const file = id(), held = await used();
		const both = await Promise.all([begin(r, { file }, app), begin(r, { file }, second)]);
		assert.deepEqual(both.map((b) => b.outcome), ['ok', 'ok']);
		assert.equal(await used() - held, 72);
		const other = id(), two = await Promise.all([begin(r, { file: other }, app), begin(r, { file: other, cipher_size: 73 }, second)]);
		assert.deepEqual(two.map((b) => b.outcome).sort(), ['conflict', 'ok']);
	}
});

test('a beginning that is repeated while the first one waits is the same file, though its key was sealed anew', async () => {
	const r = await makeRoom(owner, org), file = id();
	await begin(r);
	const held = await used();
	const [first, again] = await within(owner, org.org, async () => {
		await owner.query('UPDATE file_use SET used = used WHERE org = luotsi_org()');
		const both = [begin(r, { file }, app), begin(r, { file, key: Buffer.alloc(104, 8) }, second)];
		const waiting = async () => (await third.query("SELECT count(*)::int AS n FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%file_begin%'")).rows[0].n;
		while ((await waiting()) < 2) await new Promise((resolve) => setImmediate(resolve));
		await owner.query('COMMIT');
		return Promise.all(both);
	});
	assert.deepEqual([first.outcome, again.outcome], ['ok', 'ok']);
	assert.equal(await used() - held, 72);
	assert.deepEqual(await faults(), {});
});

test('one person holds no more than a share of all room with what is not sent, and begins so many files in a day', async () => {
	const o = await makeOrg(owner), r = await makeRoom(owner, o), size = 72 + PART;
	const mine = async (change = {}) => (await begin(r, { quota: 40 * size, most: 256, ...change })).outcome;
	assert.deepEqual([await mine({ cipher_size: size, most: PART }), await mine({ cipher_size: size, most: PART })], ['ok', 'ok']);
	assert.equal(await mine({ cipher_size: 72 + 3 * PART, most: 3 * PART }), 'ok', 'an eighth');
	assert.equal(await mine({ cipher_size: 500, most: 1000 }), 'rate_limited');
	assert.equal(await mine({ cipher_size: 72, account: r.staff.account }), 'ok', 'others go on');
	assert.equal(await mine({ cipher_size: 72, quota: 400 * size, most_day: 3 }), 'rate_limited');
	await sql("UPDATE file SET begun_at = begun_at - interval '2 days'", [], o);
	assert.equal(await mine({ cipher_size: 72, quota: 400 * size, most_day: 3 }), 'ok');
	await sql('UPDATE file SET begun_at = now()', [], o); // for the sweeping of other tests
});

test('a part has one digest for ever, a length and a place', async () => {
	const r = await makeRoom(owner, org), bytes = randomBytes(72), { file } = await begin(r);
	assert.equal(await put(r, file, 0, bytes.subarray(1)), 'bad_field');
	assert.equal(await put(r, file, 0, Buffer.concat([bytes, bytes])), 'bad_field');
	assert.equal(await put(r, file, 1, bytes), 'bad_field');
	assert.equal(await put(r, file, 0, bytes, { account: r.staff.account }), 'not_found');
	assert.equal(await put(r, id(), 0, bytes), 'not_found');
	assert.equal(await put(r, file, 0, bytes), 'ok');
	assert.equal(await put(r, file, 0, bytes), 'ok');
	assert.equal(await put(r, file, 0, randomBytes(72)), 'conflict');
	assert.deepEqual((await sql('SELECT bytes FROM file_part WHERE file = $1', [file])).map((p) => p.bytes), [bytes]);
});

test('the same part from two connections at once is stored once, two different ones are not both accepted', async () => {
	const r = await makeRoom(owner, org);
	for (let i = 0; i < 8; i++) {
		const [a, b] = [randomBytes(72), randomBytes(72)];
		const { file } = await begin(r);
		assert.deepEqual(await Promise.all([put(r, file, 0, a, {}, app), put(r, file, 0, a, {}, second)]), ['ok', 'ok']);
		const { file: other } = await begin(r);
		const both = await Promise.all([put(r, other, 0, a, {}, app), put(r, other, 0, b, {}, second)]);
		assert.deepEqual(both.sort(), ['conflict', 'ok']);
	}
});

test('who has left puts no part, and nobody does in a closed room', async () => {
	const r = await makeRoom(owner, org), { file } = await begin(r), bytes = randomBytes(72);
	await sql("UPDATE room SET phase = 'closed' WHERE room = $1", [r.room]);
	assert.equal(await put(r, file, 0, bytes), 'room_closed');
	await sql('UPDATE room_member SET active = false WHERE room = $1', [r.room]);
	assert.equal(await put(r, file, 0, bytes), 'not_member');
});

test('the manifest sends the file, and from then on members read it', async () => {
	const r = await makeRoom(owner, org), file = await whole(r);
	assert.deepEqual(await get(r, file.file, 0, r.client), [], 'not before');
	const [answer] = await post(app, r.org, [manifest(r, r.client, file.clear)]);
	assert.equal(answer.outcome, 'ok');
	for (const who of [r.client, r.staff]) assert.deepEqual((await get(r, file.file, 0, who)).map((p) => [p.bytes, p.digest]), [[file.bytes, hash(file.bytes)]]);
	assert.deepEqual(await get(r, file.file, 1), []);
	assert.deepEqual((await ask(app, r.org, 'file_key', { room: r.room, account: r.staff.account, file: file.file })).map((k) => [k.epoch, k.key]), [[1, key]]);
	const stranger = await makeRoom(owner, org);
	assert.deepEqual(await get(stranger, file.file, 0), []);
	assert.deepEqual(await ask(app, r.org, 'file_key', { room: stranger.room, account: stranger.staff.account, file: file.file }), []);
	await sql('UPDATE room_member SET visible_from = $3 WHERE room = $1 AND account = $2', [r.room, r.staff.account, answer.seq + 1]);
	assert.deepEqual(await get(r, file.file, 0), [], 'what lies before one was a member');
	assert.deepEqual(await faults(), {});
});

test('a manifest needs the sender\'s own whole file, in this room, as it says, under this epoch', async () => {
	const r = await makeRoom(owner, org), other = await makeRoom(owner, org), file = await whole(r);
	const refusedAs = async (word, row, member = r.client) => {
		assert.deepEqual(outcomes(await post(app, r.org, [row])), [word]);
		member.sent -= 1;
	};
	await refusedAs('not_found', manifest(r, r.client, clearOf(id(), 72, [hash(file.bytes)])));
	await refusedAs('not_found', manifest(r, r.staff, file.clear), r.staff);
	await refusedAs('not_found', manifest(other, other.client, file.clear), other.client);
	await refusedAs('conflict', manifest(r, r.client, clearOf(file.file, 73, [hash(file.bytes)])));
	await refusedAs('conflict', manifest(r, r.client, clearOf(file.file, 72, [hash(file.bytes), hash(file.bytes)])));
	const large = await begin(r, { cipher_size: 56 + PART + 16 });
	const tail = randomBytes(16);
	assert.equal(await put(r, large.file, 1, tail), 'ok');
	await refusedAs('conflict', manifest(r, r.client, clearOf(large.file, 56 + PART + 16, [hash(tail)])));
	const later = await whole(r), rekey = async (epoch) => (await ask(app, r.org, 'file_key_put', { account: r.client.account, file: later.file, epoch, key }))[0].outcome;
	assert.equal(await rekey(2), 'ok');
	await refusedAs('conflict', manifest(r, r.client, later.clear));
	assert.equal(await rekey(1), 'ok', 'of a connection that was cut, and comes late');
	assert.equal((await begin(r, { file: later.file })).outcome, 'ok', 'the same');
	assert.equal((await sql('SELECT epoch FROM file_seal WHERE file = $1', [later.file]))[0].epoch, 2);
	assert.deepEqual(outcomes(await post(app, r.org, [manifest(r, r.client, file.clear)])), ['ok']);
	await refusedAs('conflict', manifest(r, r.client, file.clear));
	assert.equal((await ask(app, r.org, 'file_key_put', { account: r.client.account, file: file.file, epoch: 1, key }))[0].outcome, 'conflict');
});

test('one file is not sent twice in one batch, and not by two batches at once', async () => {
	const r = await makeRoom(owner, org), file = await whole(r);
	assert.deepEqual(outcomes(await post(app, r.org, [manifest(r, r.client, file.clear), manifest(r, r.client, file.clear)])), ['ok', 'conflict']);
	const next = await whole(r);
	r.client.sent = 1;
	const [a, b] = [manifest(r, r.client, next.clear), manifest(r, r.client, next.clear, { sender_seq: 3 })];
	const both = (await Promise.all([post(app, r.org, [a]), post(second, r.org, [b])])).flatMap(outcomes);
	assert.ok(both.includes('ok') && (both.includes('conflict') || both.includes('bad_sequence')), both.join());
	assert.deepEqual(await faults(), {});
});

test('a delete of the manifest takes parts and key along and gives the room back', async () => {
	const r = await makeRoom(owner, org), file = await sent(r), before = await used();
	const answers = await post(app, r.org, [envelope(r, r.client, { op: 2, target: file.row.msg_id })]);
	assert.deepEqual(outcomes(answers), ['ok']);
	assert.deepEqual(await sql('SELECT FROM file_part WHERE file = $1 UNION ALL SELECT FROM file_seal WHERE file = $1', [file.file]), []);
	assert.equal(before - await used(), 72);
	assert.deepEqual(await get(r, file.file, 0, r.client), []);
	assert.equal((await begin(r, { file: file.file })).outcome, 'conflict', 'its id is used');
	assert.equal(await put(r, file.file, 0, file.bytes), 'conflict');
	assert.deepEqual(await faults(), {});
});

test('somebody else\'s delete takes nothing along', async () => {
	const r = await makeRoom(owner, org), file = await sent(r);
	assert.deepEqual(outcomes(await post(app, r.org, [envelope(r, r.staff, { op: 2, target: file.row.msg_id })])), ['not_found']);
	assert.equal((await get(r, file.file, 0)).length, 1);
});

test('a cancelled file is gone for good, a sent one is not cancelled', async () => {
	const r = await makeRoom(owner, org), before = await used(), file = await whole(r);
	assert.equal(await cancel(r, file.file, r.staff), 'not_found');
	assert.deepEqual([await cancel(r, file.file), await cancel(r, file.file)], ['ok', 'ok']);
	assert.equal(await used(), before);
	assert.equal((await begin(r, { file: file.file })).outcome, 'conflict');
	assert.deepEqual(outcomes(await post(app, r.org, [manifest(r, r.client, file.clear)])), ['conflict']);
	r.client.sent -= 1;
	const other = await sent(r);
	assert.equal(await cancel(r, other.file), 'conflict');
});

test('only what nobody goes on with is swept', async () => {
	const o = await makeOrg(owner), r = await makeRoom(owner, o);
	const [idle, busy, done] = [await whole(r), await whole(r), await sent(r)];
	await sql("UPDATE file SET begun_at = now() - interval '25 hours'", [], o);
	await sql("UPDATE file_part SET at = now() - interval '25 hours' WHERE file <> $1", [busy.file], o);
	const swept = async () => (await jobs.query('SELECT sweep_files(86400) AS n')).rows[0].n;
	assert.equal(await swept(), 1);
	assert.equal(await swept(), 0);
	const states = Object.fromEntries((await sql('SELECT file, state FROM file', [], o)).map((f) => [f.file, f.state]));
	assert.deepEqual([states[idle.file], states[busy.file], states[done.file]], ['gone', 'open', 'sent']);
	assert.equal(await used(o), 144);
	// Nor does one last by a part now and then, and what has gathered goes some at a time.
	await sql("UPDATE file SET begun_at = now() - interval '8 days' WHERE file = $1", [busy.file], o);
	assert.equal(await swept(), 1);
	for (let i = 0; i < 40; i++) await begin(r);
	await sql("UPDATE file SET begun_at = now() - interval '25 hours' WHERE state = 'open'", [], o);
	assert.deepEqual([await swept(), await swept(), await swept()], [32, 8, 0]);
	assert.deepEqual(await faults(o), {});
});

test('a file may not be cancelled while its manifest is being stored', async () => {
	const r = await makeRoom(owner, org);
	for (let i = 0; i < 8; i++) {
		const file = await whole(r), row = manifest(r, r.client, file.clear);
		const [answers, gone] = await Promise.all([post(app, r.org, [row]),
			ask(second, r.org, 'file_cancel', { account: r.client.account, file: file.file })]);
		const pair = [answers[0].outcome, gone[0].outcome];
		assert.ok(pair.join() === 'ok,conflict' || pair.join() === 'conflict,ok', pair.join());
		if (pair[0] !== 'ok') r.client.sent -= 1;
	}
	assert.deepEqual(await faults(), {});
});

test('the verifier finds every kind of fault', async () => {
	const o = await makeOrg(owner), r = await makeRoom(owner, o);
	const files = [];
	for (let i = 0; i < 6; i++) files.push(await sent(r));
	assert.deepEqual(await faults(o), {});
	const [a, b, c, d, e] = files;
	await sql('DELETE FROM file_part WHERE file = $1', [a.file], o);
	await sql('DELETE FROM file_seal WHERE file = $1', [b.file], o);
	await sql("UPDATE file SET state = 'gone', seq = NULL WHERE file = $1", [c.file], o);
	await sql('UPDATE message SET tombstone = true WHERE msg_id = $1', [d.row.msg_id], o);
	await sql('UPDATE file_use SET used = used + 1', [], o);
	await sql('UPDATE file_part SET bytes = substring(bytes FROM 2) WHERE file = $1', [e.file], o);
	assert.deepEqual(await faults(o), {
		'part of no file': 1, 'key of no file': 1, 'file without a key': 1, 'sent file that is not whole': 2, 'sent file without its manifest': 1,
		'manifest without its file': 1, 'wrong account of room': 1,
	});
	const all = (await jobs.query('SELECT check_files() AS n')).rows[0].n;
	assert.ok(all >= 8, `${all} in all organisations`);
	// The other tests of this database must find it whole.
	await within(owner, o.org, async () => {
		await owner.query('DELETE FROM file_part');
		await owner.query('DELETE FROM file_seal');
		await owner.query("UPDATE file SET state = 'gone', seq = NULL");
		await owner.query('UPDATE message SET tombstone = true');
		await owner.query('UPDATE file_use SET used = 0');
	});
});

test('the workers change no file but through the functions', async () => {
	const r = await makeRoom(owner, org), file = await whole(r);
	for (const statement of ['DELETE FROM file_part', "UPDATE file SET state = 'gone'", 'UPDATE file_use SET used = 0', 'DELETE FROM file_seal', `SELECT file_drop(ARRAY['${file.file}'::uuid])`,
		"INSERT INTO file_part (file, n, digest, bytes) VALUES (gen_random_uuid(), 0, sha256('x'), decode(repeat('00', 72), 'hex'))"])
		await refused(within(app, org.org, () => app.query(statement)), '42501', assert);
});
