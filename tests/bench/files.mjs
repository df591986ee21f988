// Parts of files over the real wire. A line of JSON in, a line out, until the input ends:
//   node files.mjs SERVICE     as JSON, with cookie, org, room and account of somebody in a room, all in hex but the cookie
//   {"do": "put" | "get", "parts": n, "in_flight": n}   -> {"per_second": megabytes}
//   {"do": "direct", "parts": n, "in_flight": n}        -> {"written", "read"}: the same bytes over PostgreSQL's own socket, in binary
//   {"do": "hold", "uploads": n}                        -> {} when all but the last bytes of n parts are sent; {"do": "release"}
//   {"do": "flow"} -> {}, and parts go up and down, 10 MB/s each, until {"do": "ebb"} -> {"parts": n}

import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { request } from 'node:https';
import { createRequire } from 'node:module';
import { connect } from 'node:net';
import { connect as connectTls, createSecureContext } from 'node:tls';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const pg = createRequire(new URL('../../web/package.json', import.meta.url))('pg');
const service = JSON.parse(process.argv[2]);
const secureContext = createSecureContext({ ca: readFileSync(service.ca) });
const PART = 1_049_600, BEHIND = 4096, ASKED = 16;
const part = randomBytes(PART);
const digest = createHash('sha256').update(part).digest('base64url');
const first = Buffer.concat([part, randomBytes(56)]);
const end = randomBytes(16); // a sealed file always ends with a chunk that is not full
const digestOf = (body) => (body === part ? digest : createHash('sha256').update(body).digest('base64url'));
const db = new pg.Client({ host: service.sockets, database: 'luotsi', user: 'postgres' });
await db.connect();
const idOf = (file) => Buffer.from(file.replaceAll('-', ''), 'hex').toString('base64url');

/** Begun by hand: what is measured are its parts. */
async function begin(parts) {
	const file = randomUUID();
	await db.query("SELECT set_config('luotsi.org', $1, false)", [service.org]);
	await db.query('INSERT INTO file (org, file, room, account, cipher_size) VALUES ($1, $2, $3, $4, $5)', [service.org, file, service.room, service.account, 56 + parts * PART + 16]);
	return file;
}
let seq = 1_000_000;
const send = (file) => db.query("UPDATE file SET state = 'sent', seq = $2 WHERE file = $1", [file, ++seq]);

const ask = (method, file, n, body) =>
	new Promise((resolve, reject) => {
		const headers = { origin: service.origin, 'x-luotsi': '1', cookie: `__Host-luotsi=${service.cookie}`,
			...(body && { 'content-type': 'application/octet-stream', 'content-length': body.length, 'x-luotsi-digest': digestOf(body) }) };
		const asked = request({ method, host: 'localhost', port: service.port, path: `/api/file/${idOf(file)}/${n}`, secureContext, headers, agent: false }, (answer) => {
			let size = 0, text = '';
			answer.on('data', (piece) => {
				size += piece.length;
				if (answer.statusCode !== 200) text += piece;
			});
			answer.on('error', reject);
			answer.on('end', () => (answer.statusCode === 200 ? resolve(size) : reject(new Error(`${method} ${n}: ${answer.statusCode} ${text}`))));
		});
		asked.on('error', reject);
		asked.end(body);
	});

/** Parts n to last in one answer, over a socket that is read like the one of `direct`: gives how many bytes the body had. */
const fetchRun = (file, n, last) =>
	new Promise((resolve, reject) => {
		let head = Buffer.alloc(0), size = -1;
		const take = (length, buffer) => {
			if (size >= 0) {
				size += length;
				return true;
			}
			head = Buffer.concat([head, buffer.subarray(0, length)]);
			const end = head.indexOf('\r\n\r\n');
			if (end >= 0) size = head.length - end - 4;
			return true;
		};
		const socket = connectTls({ host: 'localhost', port: service.port, secureContext, servername: 'localhost', onread: { buffer: Buffer.alloc(65536), callback: take } });
		socket.on('error', reject);
		socket.on('close', () => (head.subarray(0, 12).toString() === 'HTTP/1.1 200' ? resolve(size) : reject(new Error(`GET ${n}-${last}: ${head}`))));
		socket.write(`GET /api/file/${idOf(file)}/${n}-${last} HTTP/1.1\r\nhost: localhost:${service.port}\r\norigin: ${service.origin}\r\nx-luotsi: 1\r\ncookie: __Host-luotsi=${service.cookie}\r\n\r\n`);
	});
const put = (file, n) => ask('PUT', file, n, n === 0 ? first : part);

async function inLanes(n, lanes, work) {
	let next = 0;
	await Promise.all(Array.from({ length: lanes }, async () => {
		for (let at = next++; at < n; at = next++) await work(at);
	}));
}

async function measured(n, lanes, work) {
	const begun = performance.now();
	await inLanes(n, lanes, work);
	return { per_second: (n * PART) / 1e6 / ((performance.now() - begun) / 1000) };
}

/** Five parts a second in each of two lanes: 10 MB/s. */
async function atPace(lane, work) {
	for (let n = lane; flowing && n < 2000; n += 2, flowed++) await Promise.all([work(n), new Promise((resolve) => setTimeout(resolve, 200))]);
}

let newest, held = [], flowing = false, flowed = 0, flow = [];

/** The head and all but the last bytes; the end of the body when it is released. */
async function hold(file, n) {
	const body = n === 0 ? first : part;
	const headers = { origin: service.origin, 'x-luotsi': '1', cookie: `__Host-luotsi=${service.cookie}`, 'content-type': 'application/octet-stream', 'content-length': body.length,
		'x-luotsi-digest': digestOf(body) };
	const asked = request({ method: 'PUT', host: 'localhost', port: service.port, path: `/api/file/${idOf(file)}/${n}`, secureContext, headers, agent: false });
	const answered = new Promise((resolve, reject) => asked.on('response', (answer) => answer.resume().on('end', () => resolve(answer.statusCode))).on('error', reject));
	await new Promise((resolve) => asked.write(body.subarray(0, -BEHIND), resolve));
	return async () => {
		asked.end(body.subarray(-BEHIND));
		if ((await answered) !== 200) throw new Error(`a held part: ${await answered}`);
	};
}

/** PostgreSQL's own protocol, as much of it as a part needs: pg knows bytes as text alone. */
async function openDirect() {
	const socket = connect(join(service.sockets, '.s.PGSQL.5432'));
	const message = (type, ...pieces) => {
		const body = Buffer.concat(pieces), head = Buffer.alloc(5);
		head.write(type);
		head.writeInt32BE(body.length + 4, 1);
		return Buffer.concat([head, body]);
	};
	const int = (n, size = 4) => {
		const b = Buffer.alloc(size);
		b.writeIntBE(n, 0, size);
		return b;
	};
	let pieces = [], size = 0, rows = 0, ready = () => undefined;
	socket.on('data', (piece) => {
		pieces.push(piece);
		size += piece.length;
		while (size >= 5) {
			if (pieces[0].length < 5) pieces = [Buffer.concat(pieces)];
			const length = 1 + pieces[0].readInt32BE(1);
			if (size < length) return;
			const all = pieces.length === 1 ? pieces[0] : Buffer.concat(pieces);
			const type = String.fromCharCode(all[0]);
			if (type === 'E') throw new Error(all.subarray(5, length).toString());
			if (type === 'D') rows += length - 11;
			pieces = [all.subarray(length)];
			size -= length;
			if (type === 'Z') ready();
		}
	});
	const turn = (bytes) => new Promise((resolve) => {
		ready = resolve;
		socket.write(bytes);
	});
	const start = Buffer.concat([int(196608), Buffer.from('user\0postgres\0database\0postgres\0\0')]);
	await turn(Buffer.concat([int(start.length + 4), start]));
	return {
		/** Gives how many bytes came back. */
		ask: async (text, values = []) => {
			rows = 0;
			const params = values.flatMap((v) => [int(v.length), v]);
			const bind = [Buffer.from('\0\0'), int(1, 2), int(1, 2), int(values.length, 2), ...params, int(1, 2), int(1, 2)];
			await turn(Buffer.concat([message('P', Buffer.from(`\0${text}\0`), int(0, 2)), message('B', ...bind), message('E', Buffer.from('\0'), int(0)), message('S')]));
			return rows;
		},
		end: () => socket.end(message('X')),
	};
}

async function direct({ parts, in_flight: lanes }) {
	const clients = await Promise.all(Array.from({ length: lanes }, openDirect));
	const asked = async (text, values) => {
		const one = clients.pop();
		const bytes = await one.ask(text, values);
		clients.push(one);
		return bytes;
	};
	const at = (n) => {
		const b = Buffer.alloc(4);
		b.writeInt32BE(n);
		return b;
	};
	await asked('CREATE TABLE bench_part (n int4 PRIMARY KEY, digest bytea, bytes bytea NOT NULL, at timestamptz DEFAULT now())');
	await asked('ALTER TABLE bench_part ALTER COLUMN bytes SET STORAGE EXTERNAL');
	const written = await measured(parts, lanes, (n) => asked('INSERT INTO bench_part (n, digest, bytes) VALUES ($1, $2, $3)', [at(n), Buffer.from(digest, 'base64url'), part]));
	const read = await measured(parts, lanes, async (n) => {
		if ((await asked('SELECT bytes FROM bench_part WHERE n = $1', [at(n)])) !== PART) throw new Error('a part that is cut');
	});
	await asked('DROP TABLE bench_part');
	for (const one of clients) one.end();
	return { written: written.per_second, read: read.per_second };
}

const acts = {
	direct,
	put: async ({ parts, in_flight }) => {
		newest = await begin(parts);
		const figures = await measured(parts, in_flight, (n) => put(newest, n));
		await ask('PUT', newest, parts, end);
		await send(newest);
		return figures;
	},
	get: async ({ parts, in_flight }) => {
		let bytes = 0;
		const begun = performance.now(), share = Math.ceil(parts / in_flight);
		await Promise.all(Array.from({ length: in_flight }, async (_, lane) => {
			const end = Math.min(parts, (lane + 1) * share);
			for (let n = lane * share; n < end; n += ASKED) {
				const size = await fetchRun(newest, n, Math.min(n + ASKED, end) - 1);
				bytes += size;
			}
		}));
		if (bytes < parts * PART) throw new Error('parts that are cut');
		return { per_second: bytes / 1e6 / ((performance.now() - begun) / 1000) };
	},
	hold: async ({ uploads }) => {
		const file = await begin(uploads);
		held = await Promise.all(Array.from({ length: uploads }, (_, n) => hold(file, n)));
		await new Promise((resolve) => setTimeout(resolve, 500));
		return {};
	},
	release: async () => {
		await Promise.all(held.map((one) => one()));
		return {};
	},
	flow: async () => {
		flowing = true;
		const file = await begin(2000);
		for (const lane of [0, 1])
			flow.push(atPace(lane, (n) => put(file, n)), atPace(lane, (n) => ask('GET', newest, n % 16)));
		return {};
	},
	ebb: async () => {
		flowing = false;
		await Promise.all(flow);
		return { parts: flowed };
	},
};

console.log('{}');
for await (const line of createInterface({ input: process.stdin })) {
	const wanted = JSON.parse(line);
	console.log(JSON.stringify(await acts[wanted.do](wanted)));
}
await db.end();
