// An erasure, by rules and because a person asked for it, on connections that are ended in the middle: at each statement that the functions of
// both databases run, and after each of their commits. Nothing half is ever there, and what there is in the end is what there is without that.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { openErasable } from './erasable.mjs';
import { ask, connect, id, makeAccount, makeOrg, makeRoom, rand32, ruleHolds, within } from './lib.mjs';

let made, roots, tables;

const install = async (root) => {
	// A session's settings say at which statement its backend ends itself; without them the trigger does nothing.
	await root.query(`CREATE FUNCTION killed_in_erasure() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
		DECLARE v_n int := coalesce(nullif(current_setting('killed.writes', true), ''), '0')::int + 1;
		BEGIN
			IF coalesce(current_setting('killed.at', true), '') <> '' THEN
				PERFORM set_config('killed.writes', v_n::text, false);
				IF v_n = current_setting('killed.at')::int THEN
					PERFORM pg_terminate_backend(pg_backend_pid());
				END IF;
			END IF;
			RETURN NULL;
		END $$`);
	const { rows } = await root.query(`SELECT c.oid::regclass::text AS name FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'org' AND NOT a.attisdropped
		WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' ORDER BY 1`);
	for (const { name } of rows) await root.query(`CREATE TRIGGER killed_in_erasure AFTER INSERT OR UPDATE OR DELETE ON ${name} FOR EACH STATEMENT EXECUTE FUNCTION killed_in_erasure()`);
	return rows.map((row) => row.name);
};

before(async () => {
	made = await openErasable();
	roots = [await connect('postgres'), await connect('postgres', 'luotsi_units')];
	tables = [await install(roots[0]), await install(roots[1])];
});
after(async () => {
	for (const root of roots) await root.query('DROP FUNCTION killed_in_erasure() CASCADE');
	await Promise.all([made, ...roots].map((c) => c.end()));
});

/** On a connection of its own, which ends at its n-th statement (null: never): the rows, or null if it ended. */
const once = async (n, database, org, text, values) => {
	const client = await connect('luotsi_jobs', database);
	client.on('error', () => undefined);
	try {
		if (n !== null) await client.query("SELECT set_config('killed.at', $1, false)", [String(n)]);
		return await within(client, org, async () => (await client.query(text, values)).rows);
	} catch (error) {
		if (error.code === '57P01' || /terminated|not queryable/.test(error.message)) return null;
		throw error;
	} finally {
		await client.end().catch(() => undefined);
	}
};

/** Everything of one organisation, in both databases. */
const everything = async ({ org }) => {
	const sums = roots.map((root, i) => root.query(`SELECT concat_ws(' ', ${tables[i].map((name) =>
		`(SELECT coalesce(md5(string_agg(t::text, '|' ORDER BY t::text)), '-') FROM ${name} t WHERE t.org = '${org}')`).join(', ')}) AS sum`));
	return (await Promise.all(sums)).map(({ rows }) => rows[0].sum);
};

/** The jobs process, one life of it: it asks as server/main/jobs.c and jobs_units.c do. `ask` tells whether it lives on. */
const life = async (run) => {
	const main = (text, values = []) => run('luotsi', null, text, values);
	const unit = (batch) => run('luotsi_units', batch.org, 'SELECT unit_erase($1, $2, $3)', [batch.batch, batch.units, batch.parts]);
	await main('SELECT rights_round()');
	await main('SELECT retention_begin(20)');
	for (let batch; ([batch] = await main('SELECT * FROM unit_batch_take(1000)')), batch; ) {
		await unit(batch);
		await run('luotsi', batch.org, 'SELECT unit_batch_done($1)', [batch.batch]);
	}
	while ((await main('SELECT retention_rows(5000) AS more'))[0].more > 0) continue;
	await main('SELECT retention_certify()');
};

class Killed extends Error {}

/** Lives until one of them had nothing to do. With `kill` each statement dies at each of its own in turn, and the process after each commit. */
const erased = async (org, kill) => {
	const died = new Map();
	let now = await everything(org); // nobody else works on it
	for (let lives = 0, idle = false; !idle; lives++) {
		assert.ok(lives < 200, 'it comes to an end');
		idle = true;
		const run = async (database, of, text, values) => {
			let n = 1, rows = null;
			for (; rows === null; n++) {
				rows = await once(kill ? n : null, database, of, text, values);
				if (rows === null) assert.deepEqual(await everything(org), now, `something of ${text} is there after it died at ${n}`);
			}
			const before = now;
			now = await everything(org);
			assert.deepEqual(await made.sql(org, 'SELECT fault FROM erasure_faults()'), [], `whoever looks after ${text} finds nothing wrong`);
			const changed = now.join() !== before.join();
			if (kill && changed) died.set(text, (died.get(text) ?? 0) + n - 2);
			if (changed) idle = false;
			if (kill && changed) throw new Killed();
			return rows;
		};
		await life(run).catch((error) => {
			if (!(error instanceof Killed)) throw error;
		});
	}
	return died;
};

/** An organisation from which something of each kind goes. */
const world = async () => {
	const { owner, app, sql, closed, goingOn } = made;
	const org = await makeOrg(owner);
	for (const kind of ['message', 'assignment', 'note', 'file'])
		assert.equal((await ask(app, org.org, 'retention_rule_put', { actor: id(), kind, version: 0, days: 40 }))[0].outcome, 'ok');
	await ruleHolds(owner, org);
	const [due, going, asking] = [await closed(org, 500), await goingOn(org, 50), await makeRoom(owner, org)];
	await made.epoch(org, asking, 1);
	await made.say(org, asking, asking.client, 1, 1);
	const unseen = await makeAccount(owner, org);
	await sql(org, `INSERT INTO account_identity (account, key_version, blind_index, code, country, provider, acr, identified_at)
		VALUES ($1, 1, $2, $3, 'FI', 'bank', 'loa2', now() - interval '457 days')`, [unseen, rand32(), Buffer.alloc(40)]);
	await sql(org, 'INSERT INTO self_keys (account, version, unlockers, list_mac, keys) VALUES ($1, 1, $2, $3, $4)', [unseen, [Buffer.alloc(100)], rand32(), rand32()]);
	const request = id(), text = Buffer.alloc(60);
	await ask(app, org.org, 'rights_ask', { account: asking.client.account, request, kind: 'erasure', room: null, note: id(), text, most: 9 });
	assert.equal((await ask(app, org.org, 'request_erase', { actor: id(), request, on: true, note: id(), text }))[0].outcome, 'ok');
	await sql(org, "UPDATE subject_request SET erase_from = now() - interval '1 hour'");
	return { ...org, due, going, asking, unseen, request };
};

/** What there is in the end, but for ids and times. */
const outcome = async (org) => {
	const { app, sql } = made;
	const counts = await roots[0].query(tables[0].map((name) => `SELECT '${name}' AS name, count(*)::int AS n FROM ${name} WHERE org = '${org.org}'`).join(' UNION ALL '));
	const certificates = await ask(app, org.org, 'erasure_certificates', { before: 999, most: 99 });
	const sum = {}, keys = [];
	for (const [of, part] of [[org.due.room, 1], [org.going.room, 1], [org.going.room, 2], [org.going.room, 3], [org.asking.room, 1]]) keys.push((await made.keyOf(org, of, part)) !== null);
	for (const { body } of certificates) for (const { kind, rule, days, version, ...n } of body.erased)
		for (const [what, more] of Object.entries(n)) sum[`${kind} ${rule} ${days} ${version} ${what}`] = (sum[`${kind} ${rule} ${days} ${version} ${what}`] ?? 0) + more;
	return {
		sum, faults: await sql(org, 'SELECT fault FROM erasure_faults()'), request: (await sql(org, 'SELECT state, cardinality(erasing) AS rooms FROM subject_request'))[0],
		// How often there was a certificate, and an event of one, depends on how often there was nothing on its way.
		rows: counts.rows.filter(({ name }) => !['erasure_certificate', 'audit', 'unit_batch'].includes(name)).map(({ name, n }) => `${name} ${n}`),
		events: await sql(org, "SELECT action, word, count(*)::int AS n FROM audit WHERE action LIKE 'erasure_%' AND action <> 'erasure_certificate' GROUP BY 1, 2 ORDER BY 1, 2"),
		messages: await sql(org, 'SELECT seq::int, kind, tombstone FROM message WHERE room = $1 ORDER BY seq', [org.going.room]),
		keys,
	};
};

test('an erasure that is killed at every statement and after every commit ends as one that is not', async () => {
	const results = [], died = new Map();
	for (const kill of [false, true]) {
		const org = await world();
		const add = (more) => more.forEach((n, text) => died.set(text, (died.get(text) ?? 0) + n));
		add(await erased(org, kill));
		await made.sql(org, "UPDATE subject_request SET account_from = now() - interval '1 minute' WHERE account_from IS NOT NULL");
		add(await erased(org, kill));
		results.push(await outcome(org));
	}
	assert.deepEqual(results[1], results[0]);
	assert.deepEqual(results[0].faults, []);
	assert.deepEqual(results[0].request, { state: 'done', rooms: 1 });
	assert.deepEqual(results[0].keys, [false, true, false, true, false]);
	assert.deepEqual(results[0].messages.filter((m) => m.tombstone).map((m) => m.seq), [2, 3, 4, 5]);
	for (const what of ['rights_round', 'retention_begin', 'unit_batch_take', 'unit_erase', 'unit_batch_done', 'retention_rows', 'retention_certify'])
		assert.ok([...died].some(([text, n]) => text.includes(what) && n > 0), `${what} was killed: ${JSON.stringify([...died])}`);
	assert.ok([...died.values()].reduce((a, b) => a + b, 0) > 80, JSON.stringify([...died]));
});
