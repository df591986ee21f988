// What the tests of the database share: connections by role, the statements of db/queries, and an
// organisation with rooms whose rows are made directly (their keys are random bytes: nobody here
// verifies a signature).

import { execFileSync } from 'node:child_process';
import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const pg = createRequire(join(root, 'web', 'package.json'))('pg');
pg.types.setTypeParser(20, Number);

const queries = readdirSync(join(root, 'db', 'queries')).map((file) => join(root, 'db', 'queries', file));
export const statements = JSON.parse(execFileSync('python3', [join(root, 'db', 'sqlgen.py'), '--json', ...queries], { encoding: 'utf8' }));
const byName = new Map(statements.map((s) => [s.name, s]));

export const zero = Buffer.alloc(32);
export const hash = (bytes) => createHash('sha256').update(bytes).digest();
export const rand32 = () => randomBytes(32);
export const id = randomUUID;
export const hex = (uuid) => uuid.replaceAll('-', '');

let main = 'luotsi';
export let unitsDatabase = 'luotsi_units';

/** What is done meanwhile is done in these two; afterwards in those from before. */
export async function inDatabases([other, otherUnits], work) {
	const before = [main, unitsDatabase];
	[main, unitsDatabase] = [other, otherUnits];
	try {
		return await work();
	} finally {
		[main, unitsDatabase] = before;
	}
}

export async function connect(role, database = main) {
	const client = new pg.Client({ host: process.env.SQL_SOCKETS, user: role, database: typeof database === 'string' ? database : main });
	await client.connect();
	return client;
}

/** Another database, with all migrations and nothing else in it. */
export async function ownDatabase(name) {
	const cluster = await connect('postgres', 'postgres');
	await cluster.query(`CREATE DATABASE ${name} OWNER luotsi_owner`);
	await cluster.end();
	const owner = await connect('luotsi_owner', name), folder = join(root, 'db', 'migrations');
	for (const file of readdirSync(folder).sort()) await owner.query(`BEGIN; ${readFileSync(join(folder, file), 'utf8')}; COMMIT`);
	await owner.end();
}

// Runs work in one transaction of an organisation (null: of none), committed unless it throws.
export async function within(client, org, work) {
	await client.query('BEGIN');
	try {
		if (org) await client.query("SELECT set_config('luotsi.org', $1, true)", [org]);
		const result = await work(client);
		await client.query('COMMIT');
		return result;
	} catch (error) {
		await client.query('ROLLBACK');
		throw error;
	}
}

// One statement of db/queries with parameters by name; rows out.
export function ask(client, org, name, parameters) {
	const statement = byName.get(name);
	const values = statement.in.map((f) => {
		if (!(f.name in parameters)) throw new Error(`${name} needs ${f.name}`);
		return parameters[f.name];
	});
	// The driver declares no types: write them beside each parameter, as the server declares them.
	const sql = statement.sql.replace(/\$(\d+)/g, (p, n) => `${p}::${statement.in[n - 1].type}${statement.batch ? '[]' : ''}`);
	return within(client, org, async () => (await client.query(sql, values)).rows);
}

export async function makeOrg(owner, { state = 'live' } = {}) {
	const org = { org: id(), agreement: id() };
	await within(owner, org.org, async () => {
		await owner.query('INSERT INTO organisation (org, name) VALUES ($1, $2)', [org.org, 'Testikunta']);
		await owner.query(
			`INSERT INTO agreement (agreement, state, controller, controller_business_id, processor, retention_days, privacy_notice, service_promise)
			 VALUES ($1, $2, 'Testikunta', '0944845-0', 'Ylläpito', 456, '{"fi":"seloste","sv":"beskrivning"}', '{"fi":"kaksi päivää"}')`,
			[org.agreement, state]);
	});
	return org;
}

export async function makeAccount(owner, org, role = 'client', login = null) {
	const account = id();
	await within(owner, org.org, () => owner.query('INSERT INTO account (account, role, login) VALUES ($1, $2, $3)', [account, role, login]));
	return account;
}

// A room in epoch 1 with one client and one staff member.
export async function makeRoom(owner, org, { pending = false, visibleFrom = 1 } = {}) {
	const room = { ...org, room: id(), head: rand32() };
	room.client = { account: await makeAccount(owner, org), role: 1, kid: rand32(), sent: 0 };
	room.staff = { account: await makeAccount(owner, org, 'counsellor'), role: 2, kid: rand32(), sent: 0 };
	await within(owner, org.org, async () => {
		await owner.query(
			`INSERT INTO room (room, agreement, phase, retention_class, log_head, n_entries, epoch, pending)
			 VALUES ($1, $2, 'open', 1, $3, 1, 1, $4)`, [room.room, org.agreement, room.head, pending]);
		for (const m of [room.client, room.staff])
			await owner.query(
				`INSERT INTO room_member (room, account, role, sig_kid, enc_kid, cert, active, since, visible_from)
				 VALUES ($1, $2, $3, $4, $5, $6, true, 0, $7)`, [room.room, m.account, m.role, m.kid, rand32(), zero, visibleFrom]);
	});
	return room;
}

export const headerLength = 240;
// An envelope of a member with the next number of its own; change what a test wants changed.
export function envelope(room, member, change = {}) {
	const bytes = Buffer.concat([randomBytes(headerLength), randomBytes(344), randomBytes(64)]);
	const row = {
		room: room.room, msg_id: id(), sender: member.account, sender_kid: member.kid, kind: 1, op: 0, target: null,
		epoch: 1, sender_seq: member.sent + 1, log_head: room.head, retention_class: 1, env_hash: hash(bytes),
		header_len: headerLength, envelope: bytes, epoch_max_messages: 500, epoch_max_seconds: 2592000, ...change };
	if (!('sender_seq' in change)) member.sent += 1;
	return row;
}

// Posts a batch; answers in its order.
export const statementInputs = (name) => byName.get(name).in.map((f) => f.name);

export async function post(client, org, rows) {
	const columns = statementInputs('message_post');
	const answers = await ask(client, org, 'message_post', Object.fromEntries(columns.map((c) => [c, rows.map((r) => r[c])])));
	return answers.sort((a, b) => a.ordinal - b.ordinal);
}
export const outcomes = (answers) => answers.map((a) => a.outcome);

// What PostgreSQL says about a statement without running it.
export function describe(client, sql, types) {
	return new Promise((resolve, reject) => {
		const seen = { params: [], fields: [] };
		client.query({
			submit(connection) {
				connection.once('parameterDescription', (m) => (seen.params = m.dataTypeIDs));
				connection.parse({ name: '', text: sql, types });
				connection.describe({ type: 'S', name: '' });
				connection.sync();
			},
			handleRowDescription: (m) => (seen.fields = m.fields),
			handleError: reject,
			handleReadyForQuery: () => resolve(seen),
		});
	});
}

// Rejects with SQLSTATE `code`.
export async function refused(promise, code, assert) {
	await assert.rejects(promise, (error) => {
		assert.equal(error.code, code, error.message);
		return true;
	});
}

// The days for which what a shorter rule is about is kept as before are over.
export const ruleHolds = (owner, { org }) => within(owner, org, () => owner.query("UPDATE retention_change SET holds_from = now() - interval '1 second' WHERE org = luotsi_org()"));

// Terms of an agreement that are legal; change what a test wants changed.
export const terms = (change = {}) => ({
	format: 'luotsi-agreement/1', subject: 'Ohjaus', nature: 'Säilytys', purpose: 'Neuvonta', begins: '2026-01-01', ends: null,
	data: ['identity', 'conversation'], persons: ['clients'], instructions: 'Kirjalliset', confidentiality: 'Vaitiolo', security: ['Salaus'],
	subprocessors: [], rights_help: 'Autetaan', breach_help: 'Ilmoitetaan', audits: 'Saa tarkastaa', at_end: 'delete', end_days: 30,
	retention: { messages: 456, files: 456, assignments: 456, notes: 456, closed_rooms: 456, anonymous: 30, audit: 1825, accounts: 456 },
	training_required: false, other: '', ...change });
