// A whole country: 2,000 organisations, 20,000 counsellors, 200,000 rooms and 20,000,000 events in logs, made by scale.sql and
// scale_make; the first organisation has a tenth of it. Then: do the pages of its admin and of the operator answer, does
// luotsi-verify, does a dry run of retention, and what does a leaf cost. SCALE=0.01 for a quick look; EVENTS=n for
// another number of events in the database than that; PARTS='pages verify retention leaves' for some of it.

import { execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import { request } from 'node:https';
import { cpus, loadavg } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { statements, terms } from '../sql/lib.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const pg = createRequire(join(here, '..', '..', 'web', 'package.json'))('pg');
const scale = Number(process.env.SCALE ?? 1);
const n = Object.fromEntries(Object.entries({ orgs: 2000, staff: 20_000, rooms: 200_000, events: 20_000_000 }).map(([what, many]) => [what, Math.round(many * scale)]));
const leavesToVerify = n.events;
if (process.env.EVENTS) n.events = Number(process.env.EVENTS);
const wanted = (part) => (process.env.PARTS ?? part).split(' ').includes(part);
const median = (list) => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)];
const idOf = (what, i, j) => createHash('sha256').update(`${what} ${i} ${j}`).digest().subarray(0, 16);
const uuid = (id) => id.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
const seconds = async (work) => {
	const begun = performance.now();
	await work();
	return (performance.now() - begun) / 1000;
};

async function connect(service, user) {
	const client = new pg.Client({ host: service.sockets, database: 'luotsi', user });
	client.on('error', () => undefined); // when all is stopped after a failure
	await client.connect();
	return client;
}

// --- making --------------------------------------------------------------------------------------

// Without the indexes that are made anew at the end, which is quicker; with the signer and the jobs asleep.
async function make(bench, service, db) {
	const since = Math.floor(Date.now() / 1000) - 3 * 365 * 86400 - 86400;
	const sets = Object.entries({ orgs: n.orgs, staff: n.staff, rooms: n.rooms, terms: JSON.stringify(terms()) }).flatMap(([name, value]) => ['-v', `${name}=${value}`]);
	execFileSync('psql', ['-X', '-q', '-v', 'ON_ERROR_STOP=1', '-h', service.sockets, '-U', 'postgres', '-d', 'luotsi', ...sets, '-f', join(here, 'scale.sql')], { stdio: ['ignore', 'ignore', 'inherit'] });
	bench.tell('people and rooms are there');
	const from = (what) => `PROGRAM '${bench.build}/tests/bench/scale_make ${what} ${n.orgs} ${n.staff} ${n.rooms} ${n.events} ${since}'`;
	const { rows: indexes } = await db.query("SELECT indexname AS name, indexdef AS sql FROM pg_indexes WHERE tablename = 'audit' AND indexname <> 'audit_key'");
	for (const index of indexes) await db.query(`DROP INDEX ${index.name}`);
	await db.query("SET session_replication_role = replica; SET maintenance_work_mem = '1GB'");
	await db.query(`COPY audit (org, n, at, actor, action, object, nonce, place) FROM ${from('events')}`);
	bench.tell('events are there');
	for (const index of indexes) await db.query(index.sql);
	await db.query(`COPY log_tile (log, level, n, hashes) FROM ${from('tiles')}`);
	await db.query(`COPY log (log, size) FROM ${from('logs')}`);
	await db.query(`SELECT setval(pg_get_serial_sequence('audit', 'n'), ${n.events + 1})`);
	await db.query('RESET session_replication_role');
	await db.query('VACUUM ANALYZE');
}

// The signer knows none of these trees: it reads every leaf before it signs a head.
async function signed(bench, db) {
	for (;;) {
		const { rows: [log] } = await db.query('SELECT count(*) FILTER (WHERE note IS NULL AND size > 0)::int AS open, count(*) FILTER (WHERE refused IS NOT NULL)::int AS refused FROM log');
		if (log.refused) throw new Error(`the signer refused ${log.refused} logs`);
		if (!log.open) return;
		bench.tell(`${log.open} logs wait for the signer`);
		await new Promise((resolve) => setTimeout(resolve, 5000));
	}
}

// --- pages ---------------------------------------------------------------------------------------

const org = idOf('organisation', 0, 0).toString('base64url'), agreement = idOf('agreement', 0, 0).toString('base64url');
const counsellor = idOf('staff', 0, 5).toString('base64url');
const paging = { skip: 0, limit: 50 };
const PAGES = {
	admin: [['staff_list', {}], ['event_list', { reason: 'mittaus' }], ['event_list', { reason: 'mittaus', action: 'passkey_reset' }, ' of a rare kind'],
		['event_list', { reason: 'mittaus', person: counsellor }, ' of a person'], ['event_list', { reason: 'mittaus', action: 'step_up', person: counsellor }, ' of a kind and person'],
		['log_state', {}], ['agreement_list', {}], ['agreement_versions', { agreement }], ['agreement_past', { agreement }], ['agreement_signatories', { agreement }], ['training_list', {}],
		['office_list', {}], ['contact_list', {}], ['own_events', {}], ['flag_list', {}], ['plan_list', {}], ['plan_rooms', { account: counsellor }],
		['staff_person', { account: counsellor, reason: 'mittaus' }], ['recovery_state', {}], ['report_rooms', { by: 'office', months: 12 }]],
	operator: [['organisation_list', paging], ['organisation_list', { ...paging, words: 'kunta 19' }, ' by words'], ['organisation_list', { ...paging, state: 'sent' }, ' by state'],
		['organisation_list', { ...paging, skip: Math.max(0, n.orgs - 50) }, ' at its end'], ['organisation_stuck', {}], ['agreement_list', { org }], ['agreement_past', { org, agreement }],
		['office_list', { org }], ['contact_list', { org }], ['succession_list', { skip: 0 }], ['succession_get', {}], ['agreement_template_list', {}]],
};
// What comes by the WebSocket, or by no page yet.
const STATEMENTS = ['retention_rules', 'retention_due', 'hold_list', 'erasure_certificates', 'room_events', 'retention_of_room', 'recovery_rooms', 'template_list', 'session_list'];
const GIVEN = { until: new Date(Date.now() + 30 * 86_400_000), before: null, room: uuid(idOf('room', 0, 5)), account: uuid(idOf('staff', 0, 5)), scope: 'all', reader: 'fi', skip: 0, limit: 50, most: 50 };

async function sessionOf(db, person) {
	const token = randomBytes(32);
	await db.query(`INSERT INTO session (org, session, token_hash, account, method, fresh_until, expires_at)
		SELECT org, gen_random_uuid(), $2, account, 'passkey', now() + interval '1 hour', now() + interval '1 day' FROM account WHERE account = $1`,
		[person, createHash('sha256').update(token).digest()]);
	return `__Host-luotsi=${token.toString('base64url')}`;
}

const post = (service, op, body, cookie) => new Promise((resolve, reject) => {
	const text = JSON.stringify(body);
	const asked = request(`${service.origin}/api/${op}`, { method: 'POST', ca: readFileSync(service.ca), agent: false,
		headers: { Origin: service.origin, 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(text), 'X-Luotsi': '1', Cookie: cookie } }, (answer) => {
		const parts = [];
		answer.on('data', (part) => parts.push(part)).on('end', () => {
			const said = JSON.parse(Buffer.concat(parts).toString());
			if (said.ok) resolve(said.ok);
			else reject(new Error(`${op}: ${said.err}`));
		});
	});
	asked.on('error', reject);
	asked.end(text);
});

async function timesOf(work) {
	await work();
	const times = [];
	for (let i = 0; i < 11; i++) times.push(await seconds(work) * 1000);
	return median(times);
}

async function pages(bench, service, db) {
	for (const [j, role] of [[0, 'admin'], [2, 'operator']]) {
		const cookie = await sessionOf(db, uuid(idOf('staff', 0, j)));
		for (const [op, body, what = ''] of PAGES[role]) bench.row(`${role}: ${op}${what}, ms`, await timesOf(() => post(service, op, body, cookie)), '<= 200', 'median of 11 over HTTPS');
	}
	const app = await connect(service, 'luotsi_app');
	for (const name of STATEMENTS) {
		const s = statements.find((one) => one.name === name), values = s.in.map((f) => (name === 'erasure_certificates' && f.name === 'before' ? 1 << 30 : GIVEN[f.name] ?? null));
		const sql = s.sql.replace(/\$(\d+)/g, (p, i) => `${p}::${s.in[i - 1].type}`);
		bench.row(`statement ${name}, ms`, await timesOf(() => asOrg(app, uuid(idOf('organisation', 0, 0)), () => app.query(sql, values))), '<= 200', 'median of 11');
	}
	await app.end();
}

async function asOrg(client, id, work) {
	await client.query(`BEGIN; SELECT set_config('luotsi.org', '${id}', true)`);
	await work();
	await client.query('COMMIT');
}

// --- the rest ------------------------------------------------------------------------------------

async function verify(bench) {
	const all = leavesToVerify, half = Math.round(all / 2), dir = join(bench.work, 'log');
	const key = execFileSync(`${bench.build}/tests/bench/log_make`, [dir, String(half), String(all)], { encoding: 'utf8' }).trim();
	const args = ['consistency', '--key', key, '--checkpoint', join(dir, `${all}.note`), '--old', join(dir, `${half}.note`), '--log', dir];
	const took = await seconds(() => execFileSync(`${bench.build}/server/verify/luotsi-verify`, args, { encoding: 'utf8' }));
	bench.row(`luotsi-verify, consistency of ${all} leaves with ${half}, s`, took, '<= 5', 'tiles in files');
}

const PACE = 25; // milliseconds from one organisation to the next, for who is in no hurry

// The same as the jobs and the page ask, for every organisation: what goes within thirty days. At once, or at a pace that leaves the processors to others.
async function dryRun(service, orgs, pace) {
	const app = await connect(service, 'luotsi_app');
	let due = 0;
	for (const id of orgs) {
		const next = new Promise((resolve) => setTimeout(resolve, pace));
		await asOrg(app, id, async () => (due += (await app.query("SELECT count(*)::int AS n FROM retention_due(now() + interval '30 days', NULL)")).rows[0].n));
		if (pace) await next;
	}
	await app.end();
	return due;
}

async function retention(bench, service, db, people) {
	const orgs = (await db.query('SELECT org FROM organisation')).rows.map((r) => r.org), took = [], atPace = [], calm = [], busy = [];
	const options = { talk: 10, flight: 8, messages: 400, rate: 400 };
	let due = 0;
	for (let round = 0; round < bench.rounds; round++) {
		took.push(await seconds(async () => (due = await dryRun(service, orgs, 0))));
		calm.push((await bench.talk(service, people, options)).p50_ms);
		const run = seconds(() => dryRun(service, orgs, PACE));
		busy.push((await bench.talk(service, people, options)).p50_ms);
		atPace.push(await run);
	}
	bench.row('dry run of retention over every organisation, s', median(took), '<= 60', `at once; ${due} are due within 30 days, in ${orgs.length} organisations`);
	bench.row(`the same, an organisation each ${PACE} ms at most, s`, median(atPace), '<= 60', '');
	bench.row('median send to delivery during that, to without', median(busy.map((x, i) => x / calm[i])), '<= 2', `${median(busy).toFixed(2)} / ${median(calm).toFixed(2)} ms at ${options.rate}/s`);
}

// Events in the organisation that talks, each a commit of its own, so many a second; until it is told to stop.
async function events(service, id, perSecond) {
	const clients = await Promise.all(Array.from({ length: 4 }, () => connect(service, 'luotsi_app')));
	const begun = performance.now();
	let [sent, over] = [0, false];
	const one = async (client) => {
		while (!over) {
			if (sent > (performance.now() - begun) / 1000 * perSecond) await new Promise((resolve) => setTimeout(resolve, 1));
			else sent++, await asOrg(client, id, () => client.query("INSERT INTO audit (actor, action, object, word) VALUES ($1, 'room_topics', $1, 'ok')", [id]));
		}
		await client.end();
	};
	const all = Promise.all(clients.map(one));
	return { stop: async () => ((over = true), await all, sent / ((performance.now() - begun) / 1000)) };
}

// The same events with their leaves and without: a tenth as many as messages.
async function leaves(bench, service, db, people) {
	const id = (await db.query("SELECT org FROM organisation WHERE name = 'Mittaus'")).rows[0].org;
	const big = { talk: 100, flight: 8, messages: 600 }, ratios = [], figures = { ENABLE: [], DISABLE: [] };
	const full = (await bench.talk(service, people, big)).per_second;
	let rate = 0;
	for (let round = 0; round < bench.rounds; round++) {
		for (const way of round % 2 ? ['ENABLE', 'DISABLE'] : ['DISABLE', 'ENABLE']) {
			await db.query(`ALTER TABLE audit ${way} TRIGGER audit_leaf${way === 'DISABLE' ? ", ALTER COLUMN nonce SET DEFAULT sha256('x')" : ', ALTER COLUMN nonce DROP DEFAULT'}`);
			const stream = await events(service, id, full / 10);
			figures[way].push((await bench.talk(service, people, big)).per_second);
			rate = await stream.stop();
		}
		ratios.push(figures.ENABLE.at(-1) / figures.DISABLE.at(-1));
	}
	await db.query('ALTER TABLE audit ENABLE TRIGGER audit_leaf, ALTER COLUMN nonce DROP DEFAULT');
	bench.row('durable messages/s beside events with leaves, to beside events without', median(ratios), '>= 0.85',
		`${median(figures.ENABLE).toFixed(0)} / ${median(figures.DISABLE).toFixed(0)} per s, ${rate.toFixed(0)} events/s`);
}

// bench: what run.mjs has (row, notes, tell, talk, makePeople, rounds, build, work).
export async function wholeCountry(bench, service) {
	const db = await connect(service, 'postgres');
	await service.down();
	const took = await seconds(() => make(bench, service, db));
	await service.restart();
	const checked = await seconds(() => signed(bench, db));
	bench.notes.push(`made: ${JSON.stringify(n)} in ${took.toFixed(0)} s, ${((await db.query("SELECT pg_database_size('luotsi') AS n")).rows[0].n / 1e9).toFixed(1)} GB; the signer read every leaf and signed every log in ${checked.toFixed(0)} s`);
	if (wanted('pages')) await pages(bench, service, db);
	bench.notes.push(`load of the machine after the pages: ${loadavg()[0].toFixed(1)} on ${cpus().length} processors`);
	if (wanted('verify')) await verify(bench);
	const people = await bench.makePeople(service, 100);
	if (wanted('retention')) await retention(bench, service, db, people);
	if (wanted('leaves')) await leaves(bench, service, db, people);
	await db.end();
}
