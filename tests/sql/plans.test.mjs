// The hot statements on a filled table: what they read depends on what they return.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { connect, makeOrg, makeRoom, statements, within } from './lib.mjs';

const million = 1_000_000;
let owner, app, room, small;
before(async () => {
	owner = await connect('luotsi_owner');
	app = await connect('luotsi_app');
	const org = await makeOrg(owner);
	[room, small] = [await makeRoom(owner, org), await makeRoom(owner, org)];
	await owner.query('SET statement_timeout = 0');
	await within(owner, org.org, async () => {
		const fill = `INSERT INTO message (room, seq, msg_id, sender, kind, op, header_len, retention_class, at, env_hash, envelope)
			SELECT $1::uuid, n, md5($1::text || n)::uuid, $2, 1, 0, 240, 1, now(), sha256('h'), $3 FROM generate_series(1, $4::int) n`;
		for (const [r, n] of [[room, million], [small, 100]]) {
			await owner.query(fill, [r.room, r.client.account, Buffer.alloc(330), n]);
			await owner.query('UPDATE room SET last_seq = $2 WHERE room = $1', [r.room, n]);
		}
	});
	await owner.query('ANALYZE message, room, room_member');
	await app.query('SET plan_cache_mode = force_generic_plan');
});
after(() => Promise.all([owner, app].map((c) => c.end())));

const nodes = (plan) => [plan, ...(plan.Plans ?? []).flatMap(nodes)];
async function explain(name, values) {
	const statement = statements.find((s) => s.name === name);
	const types = statement.in.map((f) => f.type).join(', ');
	return within(app, room.org, async () => {
		await app.query(`PREPARE hot (${types}) AS ${statement.sql}`);
		const literals = values.map((v) => (v === null ? 'NULL' : Array.isArray(v) ? `'{${v.join(',')}}'` : `'${v}'`)).join(', ');
		const { rows } = await app.query(`EXPLAIN (ANALYZE, BUFFERS, FORMAT json) EXECUTE hot (${literals})`);
		await app.query('DEALLOCATE hot');
		return rows[0]['QUERY PLAN'][0].Plan;
	});
}
const reads = (plan) => plan['Shared Hit Blocks'] + plan['Shared Read Blocks'];
const scansMessage = (plan) => nodes(plan).filter((n) => n['Relation Name'] === 'message' && n['Node Type'] === 'Seq Scan');

for (const [name, values, where = ''] of [
	['message_before', (r) => [r.room, r.client.account, null, 50]],
	['message_before', (r) => [r.room, r.client.account, 60, 50], ' in the middle'],
	['message_after', (r) => [r.room, r.client.account, 40, 50]],
	['message_rows', (r) => [[r.room], [10], [60]]],
	['item_page', (r) => [r.room, r.client.account, [5, 9], null, 50]],
	['item_page', (r) => [r.room, r.client.account, [5, 9], 60, 50], ' in the middle'],
	['room_list', (r) => [r.client.account, null, null, 50]],
	['room_facts', (r) => [r.room, r.client.account]]]) {
	test(`${name}${where} reads no more in a room of a million messages than in one of a hundred`, async () => {
		const few = await explain(name, values(small)), many = await explain(name, values(room));
		assert.deepEqual(scansMessage(many), []);
		// Rows of one room may lie on as many pages; room_list also counts up to 1,000 unread messages.
		const allowed = name === 'room_list' ? 1200 : reads(few) + 60;
		assert.ok(reads(many) <= allowed, `${reads(many)} blocks against ${reads(few)}`);
	});
}

test('message_post and message_erase look up by key in a room of a million messages', async () => {
	const took = async (r, n) => {
		const args = `ARRAY[$1::uuid], ARRAY[gen_random_uuid()], ARRAY[$2::uuid], ARRAY[$3::bytea], '{1}', ARRAY[$6::int2], ARRAY[$7::uuid], '{1}', ARRAY[$4::int8], ARRAY[$5::bytea], '{1}', ARRAY[sha256($4::text::bytea)],
			'{240}', ARRAY[decode(repeat('00', 700), 'hex')], '{1000000}', '{2592000}'`;
		const times = [];
		for (let i = 1; i <= n; i++) {
			const start = process.hrtime.bigint();
			const op = i > n - 3 ? 2 : 0;
			const target = op ? (await within(owner, r.org, async () => (await owner.query('SELECT md5($1::text || $2)::uuid AS id', [r.room, String(i)])).rows[0].id)) : null;
			const { rows } = await within(app, r.org, () => app.query(`SELECT outcome FROM message_post(${args})`, [r.room, r.client.account, r.client.kid, i, r.head, op, target]));
			assert.equal(rows[0].outcome, 'ok');
			times.push(Number(process.hrtime.bigint() - start) / 1e6);
		}
		return times.sort((a, b) => a - b)[n >> 1];
	};
	const few = await took(small, 21), many = await took(room, 21);
	assert.ok(many < 5 * few + 5, `${many.toFixed(2)} ms against ${few.toFixed(2)} ms`);
	const gone = await within(owner, room.org, async () => (await owner.query('SELECT count(*)::int AS n FROM message WHERE tombstone')).rows[0].n);
	assert.equal(gone, 6);
});
