// The last release (db/release.json) and what an upgrade is made of: its databases, the program that migrates, its statements
// tried one after the other, and its load.

import { spawn } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, root, within } from './lib.mjs';

export const release = JSON.parse(readFileSync(join(root, 'db', 'release.json'), 'utf8'));
const program = join(process.env.LUOTSI_BUILD ?? join(root, 'build', 'test'), 'server', 'main', 'luotsid');
const source = { migrations: join(root, 'db', 'migrations'), units: join(root, 'db', 'units') };

// --- databases and the program ------------------------------------------------------------------------------

/** Both databases of an installation, empty. */
export async function makeDatabases(name) {
	const cluster = await connect('postgres', 'postgres');
	for (const one of [name, `${name}_units`]) await cluster.query(`CREATE DATABASE ${one} OWNER luotsi_owner`);
	await cluster.end();
	return name;
}

/** A folder of migrations: these files of ours, and these that the test has written. */
export function makeFolder(place, names, written = {}) {
	const folder = mkdtempSync(join(tmpdir(), 'luotsi-upgrade.'));
	for (const name of names) copyFileSync(join(source[place], name), join(folder, name));
	for (const [name, text] of Object.entries(written)) writeFileSync(join(folder, name), text);
	return { path: folder, drop: () => rmSync(folder, { recursive: true }) };
}
export const released = (place) => makeFolder(place, release[place].map((one) => one.name));

/** `luotsid migrate`: what it has logged so far, a wait for a line of it, and its end. */
export function migrate(database, folders = {}) {
	const state = mkdtempSync(join(tmpdir(), 'luotsi-migrate.')), settings = join(state, 'luotsi.conf');
	mkdirSync(join(state, 'templates'));
	writeFileSync(settings, ['development = yes', 'public_origin = https://localhost:1', `db_socket_dir = ${process.env.SQL_SOCKETS}`, `db_name = ${database}`,
		`unit_db_name = ${database}_units`, `migrations_dir = ${folders.migrations ?? source.migrations}`, `unit_migrations_dir = ${folders.units ?? source.units}`,
		`templates_dir = ${join(state, 'templates')}`, ''].join('\n'));
	const child = spawn(program, ['migrate', '-c', settings], { stdio: ['ignore', 'pipe', 'pipe'] }), waiting = new Set();
	let log = '', over = false;
	const heard = (more = '') => {
		log += more;
		for (const look of waiting) look();
	};
	for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', heard);
	const ended = new Promise((resolve, reject) => {
		child.on('error', reject);
		child.on('close', (code) => {
			over = true;
			rmSync(state, { recursive: true });
			resolve({ code, log });
			heard();
		});
	});
	const says = (pattern) => new Promise((resolve, reject) => {
		const look = () => {
			if (!pattern.test(log) && !over) return;
			waiting.delete(look);
			if (pattern.test(log)) resolve();
			else reject(new Error(`it ended without saying ${pattern}: ${log}`));
		};
		waiting.add(look);
		look();
	});
	return { ended, says, kill: () => child.kill() };
}

/** A client that passes over what is not there yet: the rows of filled.mjs are those of the newest schema. */
export const asFarAsItGoes = (client) => ({
	query: async (text, values) => {
		if (!text.startsWith('INSERT')) return client.query(text, values);
		await client.query('SAVEPOINT filled');
		try {
			return await client.query(text, values);
		} catch (error) {
			if (!['42P01', '42703', '42883'].includes(error.code)) throw error;
			return client.query('ROLLBACK TO filled');
		}
	},
});

// --- the statements of the release ----------------------------------------------------------------------------

const OIDS = { bool: 16, bytea: 17, int8: 20, int2: 21, int4: 23, text: 25, timestamptz: 1184, uuid: 2950, jsonb: 3802 };
const oidOf = (type) => (type.endsWith('[]') ? null : OIDS[type]);
const BY_TYPE = { bool: true, int2: 1, int4: 1, int8: 1, text: 'room', bytea: Buffer.alloc(32, 7), timestamptz: '2030-01-01', jsonb: '{}' };
const ALIAS = { actor: 'account', admin: 'account', sender: 'account', subject: 'account', person: 'account', object: 'room', unit: 'file', within: 'org', rid: 'account' };
const WORDS = { action: 'export', purpose: 'sign_in' };
const ROLES = ['luotsi_app', 'luotsi_jobs', 'luotsi_signer'];
export const typeOf = (statement, field) => field.type + (statement.batch ? '[]' : '');

/** The values for a statement, in its order: those of the world by their names, else something of the type. */
export function valuesOf(statement, world) {
	return statement.in.map(({ name, type }) => {
		const base = type.replace('[]', ''), known = world[ALIAS[name] ?? name];
		const fits = known !== undefined && (base === 'bytea') === Buffer.isBuffer(known) && ['uuid', 'bytea'].includes(base);
		const value = fits ? known : base === 'uuid' ? world.account : base === 'text' ? (WORDS[name] ?? BY_TYPE.text) : BY_TYPE[base];
		return type.endsWith('[]') || statement.batch ? [value] : value;
	});
}

function literal(client, value, type) {
	const bare = (one) => (Buffer.isBuffer(one) ? `\\x${one.toString('hex')}` : String(one));
	const text = Array.isArray(value) ? `{${value.map((one) => `"${bare(one).replace(/[\\"]/g, '\\$&')}"`).join(',')}}` : bare(value);
	return `${client.escapeLiteral(text)}::${type}`;
}

/** What becomes of one statement as a role, without a trace: 'ok', or the state of its error; after "types" those of its columns. */
async function tried(client, statement, world, role) {
	const types = statement.in.map((f) => typeOf(statement, f)), listed = (words) => (words.length ? `(${words})` : '');
	const values = valuesOf(statement, world).map((value, i) => literal(client, value, types[i]));
	await client.query('SAVEPOINT tried');
	try {
		const results = await client.query(`SELECT set_config('luotsi.org', '${statement.tenant ? world.org : ''}', true); SET LOCAL ROLE ${role};
			PREPARE tried ${listed(types)} AS ${statement.sql}; EXECUTE tried ${listed(values)}`);
		const columns = (results.at(-1).fields ?? []).map((f) => [f.name, f.dataTypeID]);
		const wanted = statement.out.map((f, i) => [f.name, oidOf(f.type) ?? columns[i]?.[1]]);
		return JSON.stringify(columns) === JSON.stringify(wanted) ? 'ok' : 'types';
	} catch (error) {
		return error.code;
	} finally {
		await client.query('ROLLBACK TO tried; DEALLOCATE ALL');
	}
}

/** The same with the first role that may. */
async function triedByRole(client, statement, world) {
	let state, role;
	for (role of ROLES) {
		state = await tried(client, statement, world, role);
		if (state !== '42501') break;
	}
	return { role, state };
}

const COLUMNS = `SELECT c.relname || '.' || a.attname AS name, c.relname AS of, a.attnotnull AND NOT a.atthasdef AND a.attidentity = '' AS needed
	FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
	WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')`;
const clientOf = (clients, statement) => (statement.lane === 'unit' ? clients.units : clients.main);

/** What works at the release, of superusers' clients {main, units}: each statement by its role, and the columns that there are. */
export async function measured(clients, world) {
	const states = new Map(), columns = { main: new Map(), units: new Map() };
	for (const [place, client] of Object.entries(clients)) {
		for (const { name, of } of (await client.query(COLUMNS)).rows) columns[place].set(name, of);
		await client.query('BEGIN');
	}
	for (const one of release.statements) states.set(one.name, await triedByRole(clientOf(clients, one), one, world));
	for (const client of Object.values(clients)) await client.query('ROLLBACK');
	return { states, columns };
}

/** What the release cannot do any more, in sentences; inside the clients' own transactions. */
export async function broken(clients, world, before) {
	const rows = [];
	for (const one of release.statements) {
		const was = before.states.get(one.name), now = await tried(clientOf(clients, one), one, world, was.role);
		if (now !== was.state && (was.state === 'ok' || now === 'types' || now.startsWith('42'))) rows.push(`${one.name}: ${was.state}, now ${now}`);
	}
	for (const [place, client] of Object.entries(clients)) {
		const known = before.columns[place], tables = new Set(known.values());
		for (const { name, of, needed } of (await client.query(COLUMNS)).rows)
			if (needed && tables.has(of) && !known.has(name)) rows.push(`${name}: the release writes no such column, and it has no default`);
	}
	return rows;
}

// --- the load -----------------------------------------------------------------------------------------------

/** A statement as its processes put it: prepared once on the connection, with the declared types. */
const asked = (client, statement, org, values) => within(client, org, async () => (await client.query({
	name: statement.name, values,
	text: statement.sql.replace(/\$(\d+)/g, (p, n) => `${p}::${typeOf(statement, statement.in[n - 1])}`) })).rows);

/** The same once more when PostgreSQL ended one of two that waited for each other: the answer to that is "busy". */
async function insisted(work) {
	for (;;) {
		try {
			return await work();
		} catch (error) {
			if (error.code !== '40P01') throw error;
		}
	}
}

/** Undoes what was asked; and so a statement that works once works always. */
class Undone extends Error {}
const undone = (client, statement, org, values) => asked({
	query: (text, more) => (text === 'COMMIT' ? Promise.reject(new Undone()) : client.query(text, more)),
}, statement, org, values).catch((error) => {
	if (!(error instanceof Undone)) throw error;
});

/** Work that goes round until it is told to stop; `rounds(n)` resolves after n more of them, or rejects with what failed. */
export function going(round) {
	const waiting = new Set();
	let n = 0, over = false, failure = null;
	const wake = () => {
		for (const look of waiting) look();
	};
	const end = (async () => {
		while (!over) {
			await round();
			n += 1;
			wake();
		}
	})().catch((error) => {
		failure = error;
		wake();
	});
	const rounds = (more) => new Promise((resolve, reject) => {
		const wanted = n + more;
		const look = () => {
			if (!failure && n < wanted) return;
			waiting.delete(look);
			if (failure) reject(failure);
			else resolve();
		};
		waiting.add(look);
		look();
	});
	const stop = async () => {
		over = true;
		await end;
		if (failure) throw failure;
	};
	return { rounds, stop };
}

/** All that works at the release, one after the other on connections of its roles, each undone. */
export async function everything(database, world, before) {
	const clients = new Map();
	const clientFor = async (statement) => {
		const { role } = before.states.get(statement.name), place = statement.lane === 'unit' ? `${database}_units` : database, key = `${role} ${place}`;
		if (!clients.has(key)) {
			clients.set(key, await connect(role, place));
			await clients.get(key).query("SET lock_timeout = '20s'");
		}
		return clients.get(key);
	};
	const load = going(async () => {
		for (const one of release.statements) {
			if (before.states.get(one.name).state !== 'ok') continue;
			const client = await clientFor(one), values = valuesOf(one, world);
			await insisted(() => undone(client, one, one.tenant ? world.org : null, values)).catch((error) => {
				throw new Error(`${one.name}: ${error.code} ${error.message}`);
			});
		}
	});
	return { ...load, end: () => Promise.all([...clients.values()].map((client) => client.end())) };
}

/** A member who posts; what was acknowledged is in `sent`. */
export async function posting(database, room, makeEnvelope) {
	const client = await connect('luotsi_app', database), sent = [];
	await client.query("SET lock_timeout = '20s'");
	const statement = release.statements.find((one) => one.name === 'message_post');
	const load = going(async () => {
		const row = makeEnvelope(), values = statement.in.map((f) => [row[f.name]]);
		const [answer] = await insisted(() => asked(client, statement, room.org, values));
		if (answer.outcome !== 'ok') throw new Error(`a message was not taken: ${answer.outcome}`);
		sent.push({ msg_id: row.msg_id, seq: answer.seq });
	});
	return { ...load, sent, end: () => client.end() };
}
