// What the operator does to many at once, by a database connection that dies at each of its writes in turn: nothing of it is there
// afterwards, and repeated to the end it is what it would have been.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { connect, id, makeAccount, rand32, terms, within } from './lib.mjs';

const TABLES = ['training', 'organisation', 'agreement', 'agreement_version', 'agreement_history', 'agreement_due', 'succession', 'succession_item', 'audit'];
let owner, root, office, operator, template;

before(async () => {
	[owner, root] = [await connect('luotsi_owner'), await connect('postgres')];
	// Session settings say at which write the backend ends itself; without them the trigger does nothing.
	await root.query(`CREATE FUNCTION killed_at_write() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
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
	for (const table of TABLES) await root.query(`CREATE TRIGGER killed_at_write AFTER INSERT OR UPDATE OR DELETE ON ${table} FOR EACH ROW EXECUTE FUNCTION killed_at_write()`);
	office = { org: id() };
	await within(owner, office.org, (c) => c.query("INSERT INTO organisation (org, name, business_id) VALUES ($1, 'Palvelukeskus', '0000001-9')", [office.org]));
	operator = await makeAccount(owner, office, 'operator');
	template = id();
	await run('SELECT agreement_template_put($1, $2, 1, $3, $4, $5, $6, $7, true)', [operator, template, 'fi', 'Malli', JSON.stringify(terms()), ['Seloste', '', ''], ['', '', '']]);
});
after(async () => {
	await root.query('DROP FUNCTION killed_at_write() CASCADE');
	await Promise.all([owner.end(), root.end()]);
});

const run = async (text, values, role = 'luotsi_app') => {
	const client = await connect(role);
	return within(client, role === 'luotsi_jobs' ? null : office.org, async () => (await client.query(text, values)).rows).finally(() => client.end());
};

/** The same on a connection that dies at its n-th write: the rows, or null if it died. */
const dying = async (n, text, values, role, org) => {
	const client = await connect(role);
	client.on('error', () => undefined);
	await client.query("SELECT set_config('killed.at', $1, false)", [String(n)]);
	try {
		return await within(client, role === 'luotsi_jobs' ? null : org, async () => (await client.query(text, values)).rows);
	} catch (error) {
		if (error.code === '57P01' || /terminated|not queryable/.test(error.message)) return null;
		throw error;
	} finally {
		await client.end().catch(() => undefined);
	}
};

const everything = async () => {
	const sums = await Promise.all(TABLES.map((table) => root.query(`SELECT md5(string_agg(t::text, '|' ORDER BY t::text)) AS sum FROM ${table} t`)));
	return sums.map(({ rows }) => rows[0].sum);
};

/** Dies at the first write, at the second, ... until it lives: gives how often it died, and what came back. */
const untilItLives = async (text, values, role = 'luotsi_app', org = office.org) => {
	const was = await everything();
	for (let n = 1; ; n++) {
		const rows = await dying(n, text, values, role, org);
		if (rows) return { died: n - 1, rows };
		assert.deepEqual(await everything(), was, `something of it is there after it died at write ${n}`);
	}
};

let serial = 2_000;
const businessId = () => {
	for (;;) {
		const digits = String(serial++).padStart(7, '0');
		const rest = [7, 9, 10, 5, 8, 4, 2].reduce((sum, w, i) => sum + w * Number(digits[i]), 0) % 11;
		if (rest !== 1) return `${digits}-${rest === 0 ? 0 : 11 - rest}`;
	}
};
const organisation = async (state) => {
	const org = id(), agreement = id();
	await run("SELECT organisation_put($1, $2, true, $3, $4, 'city', 'kainuu', NULL)", [operator, org, `Kunta ${serial}`, businessId()]);
	await run("SELECT agreement_make($1, $2, $3, $4, 1, '2026-01-01')", [operator, org, agreement, template]);
	await run("SELECT contact_put($1, $2, $3, 'Kaisa', '', '', '', 'rules', '')", [operator, org, id()]);
	await run('SELECT agreement_offer($1, $2, $3, 1, $4)', [operator, org, agreement, rand32()]);
	if (state === 'contact_found') return { org, agreement };
	await makeAccount(owner, { org }, 'admin');
	await within(owner, org, (c) => c.query('UPDATE agreement_version SET signed = document, signed_on = day_now(), accepted_at = now()'));
	await within(owner, org, (c) => c.query('UPDATE agreement SET state = $1, version = ($1 = \'live\')::int', [state]));
	return { org, agreement };
};
const standing = async (org) => (await root.query('SELECT state, version, processor FROM agreement WHERE org = $1', [org])).rows[0];
const steps = async (org) => (await root.query("SELECT count(*)::int AS n FROM audit WHERE org = $1 AND action = 'agreement_step'", [org])).rows[0].n;

const TAKE = 'SELECT org, outcome FROM agreement_take_many($1, $2, $3, $4, NULL, $5, false)';

test('many that take a step take it all or none, wherever it is killed', async () => {
	const all = [await organisation('trained'), await organisation('contact_found'), await organisation('trained')];
	const orgs = all.map(({ org }) => org);
	const { died, rows } = await untilItLives(TAKE, [operator, orgs, 'live', '', null]);
	assert.ok(died >= 10, `${died} writes`);
	const words = new Map(rows.map((row) => [row.org, row.outcome]));
	assert.deepEqual(orgs.map((org) => words.get(org)), ['ok', 'no_such_step', 'ok']);
	assert.deepEqual(await Promise.all(orgs.map(async (org) => (await standing(org)).state)), ['live', 'contact_found', 'live']);
	assert.deepEqual(await Promise.all(orgs.map(steps)), [1, 0, 1]);
	const again = await run(TAKE, [operator, orgs, 'live', '', null]);
	assert.deepEqual(new Set(again.map((row) => row.outcome)), new Set(['no_such_step']), 'repeated after an answer that was lost: nothing twice');
	assert.ok((await untilItLives(TAKE, [operator, [orgs[0], orgs[2]], 'ending', 'loppuu', '2099-01-01'])).died >= 6);
});

test('an import that is killed has made nothing, and made again it makes each once', async () => {
	const city = businessId();
	const IMPORT = 'SELECT outcome FROM organisation_import($1, $2, $3, $4, $5, $6, $7)';
	const table = [operator, ['Kaupunki', 'Lukio'], [city, city], ['city', 'school'], ['', ''], ['', city]];
	const { died, rows } = await untilItLives(IMPORT, [...table, false]);
	assert.ok(died >= 4, `${died} writes`);
	assert.deepEqual(rows.map((row) => row.outcome), ['ok', 'ok']);
	assert.deepEqual((await root.query('SELECT count(*)::int AS n FROM organisation WHERE business_id = $1', [city])).rows[0].n, 2);
	const was = await everything();
	assert.deepEqual((await run(IMPORT, [...table, true])).map((row) => row.outcome), ['already_here', 'already_here']);
	assert.deepEqual(await everything(), was, 'a dry run leaves nothing');
});

test('an import of trainings that is killed has recorded none of them', async () => {
	const { org } = await organisation('trained');
	const [admin, ...staff] = [await makeAccount(owner, { org }, 'admin'), await makeAccount(owner, { org }, 'counsellor'), await makeAccount(owner, { org }, 'counsellor')];
	const PUT = 'SELECT training_put($1, $2, $3) AS n', values = [admin, staff, ['2026-02-01', '2026-03-01']];
	const { died, rows } = await untilItLives(PUT, values, 'luotsi_app', org);
	assert.ok(died >= 4, `${died} writes`);
	assert.equal(rows[0].n, 2);
	assert.deepEqual((await root.query('SELECT to_char(passed_on, \'MM\') AS month FROM training WHERE org = $1 ORDER BY 1', [org])).rows, [{ month: '02' }, { month: '03' }]);
});

test('another processor: killed at every write of its beginning and of its rounds, it ends the same', async () => {
	const all = [await organisation('live'), await organisation('contact_found'), await organisation('live')];
	const succession = id();
	const begun = await untilItLives("SELECT succession_begin($1, $2, 'KEHA (koe)', '2296962-1', '2099-06-01', 'Laki') AS items", [operator, succession]);
	assert.ok(begun.died > all.length, `${begun.died} writes`);
	const { items } = begun.rows[0];
	let died = 0;
	for (let rest = 1; rest > 0; ) {
		const round = died < 3 * items && died < 60 ? await untilItLives('SELECT succession_round(2) AS n', [], 'luotsi_jobs') : { died: 0, rows: await run('SELECT succession_round(50) AS n', [], 'luotsi_jobs') };
		died += round.died;
		rest = round.rows[0].n;
	}
	assert.ok(died >= Math.min(60, 3 * items), `${died} writes`);
	const [told] = (await root.query('SELECT count(*)::int AS items, count(done_at)::int AS done FROM succession_item WHERE succession = $1', [succession])).rows;
	assert.deepEqual([told.items, told.done], [items, items]);
	for (const { org, agreement } of all) {
		const both = await root.query("SELECT org FROM audit WHERE action = 'succession_take' AND object = $1 ORDER BY org = $2 DESC", [agreement, org]);
		assert.deepEqual(both.rows.map((row) => row.org), [org, office.org], 'once in each audit trail');
	}
	const versions = async (of) => (await root.query('SELECT version, processor, document IS NULL AS bare FROM agreement_version WHERE org = $1 ORDER BY version', [of.org])).rows;
	for (const of of [all[0], all[2]]) assert.deepEqual(await versions(of), [{ version: 1, processor: null, bare: false }, { version: 2, processor: 'KEHA (koe)', bare: true }]);
	assert.deepEqual(await versions(all[1]), [{ version: 1, processor: null, bare: true }]);
	assert.equal((await standing(all[1].org)).processor, 'KEHA (koe)');
	assert.equal((await root.query("SELECT count(*)::int AS n FROM audit WHERE action = 'succession_done' AND object = $1", [succession])).rows[0].n, 1);
});

test('the round that ends agreements and lets amendments hold, killed at every write, does each once', async () => {
	const [over, changed] = [await organisation('live'), await organisation('live')];
	await within(owner, over.org, (c) => c.query("UPDATE agreement SET state = 'ending', ends_on = day_now() - 1"));
	await within(owner, changed.org, (c) => c.query(`INSERT INTO agreement_version (agreement, version, language, terms, holds_from, made_by, accepted_at)
		SELECT agreement, 2, language, terms || '{"at_end": "return"}', day_now(), made_by, now() FROM agreement_version`));
	const { died } = await untilItLives('SELECT agreements_round()', [], 'luotsi_jobs');
	assert.ok(died >= 5, `${died} writes`);
	assert.deepEqual([(await standing(over.org)).state, (await standing(changed.org)).version], ['ended', 2]);
	const was = await everything();
	await run('SELECT agreements_round()', [], 'luotsi_jobs');
	assert.deepEqual(await everything(), was);
});
