// The baseline that a reader would write in an afternoon: `ws` over TLS, `pg` with a pool of 10, one INSERT for each message, acknowledged
// after it, then passed to the others in the room. It speaks as much of the relay's protocol as the load generator needs.
//   node node_relay.mjs PORT CERT KEY SOCKETS DATABASE USER        prints "ready"

import { createServer } from 'node:https';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const require = createRequire(new URL('../../web/package.json', import.meta.url));
const { WebSocketServer } = require('ws');
const { Pool } = require('pg');

const [port, cert, key, host, database, user] = process.argv.slice(2);
const pool = new Pool({ host, database, user, max: 10 });
pool.on('error', () => process.exit(0)); // the database has been stopped
await pool.query(`DROP TABLE IF EXISTS node_message;
	CREATE TABLE node_message (seq bigserial PRIMARY KEY, room bytea, msg_id bytea, sender bytea, envelope bytea,
		committed_at timestamptz DEFAULT now(), UNIQUE (room, msg_id));
	ALTER TABLE node_message ALTER COLUMN envelope SET STORAGE EXTERNAL`);

const rooms = new Map(); // room -> sockets
const insert = { name: 'insert', text: 'INSERT INTO node_message (room, msg_id, sender, envelope) VALUES ($1, $2, $3, $4) RETURNING seq, committed_at' };

async function post(socket, id, envelope) {
	const room = envelope.subarray(22, 38);
	const values = [room, envelope.subarray(38, 54), envelope.subarray(54, 70), envelope];
	const { seq, committed_at } = (await pool.query({ ...insert, values })).rows[0];
	const at = committed_at.getTime();
	socket.send(JSON.stringify({ id, ok: { seq: Number(seq), at } }));
	const name = room.toString('base64url');
	const event = JSON.stringify({ ev: 'message_posted', body: { room: name, rows: [{ seq: Number(seq), at, envelope: envelope.toString('base64url') }] } });
	for (const other of rooms.get(name) ?? []) if (other !== socket) other.send(event);
}

// A binary frame is the length of its JSON, the JSON, and the envelope.
function handle(socket, data, binary) {
	const end = binary ? 4 + data.readUInt32BE(0) : data.length;
	const { id, op, body } = JSON.parse(data.subarray(binary ? 4 : 0, end));
	if (op === 'message_post') {
		post(socket, id, data.subarray(end)).catch((e) => socket.send(JSON.stringify({ id, err: e.message })));
		return;
	}
	if (op === 'room_open') {
		if (!rooms.has(body.room)) rooms.set(body.room, new Set());
		rooms.get(body.room).add(socket);
	}
	socket.send(JSON.stringify({ id, ok: {} }));
}

const server = createServer({ cert: readFileSync(cert), key: readFileSync(key), minVersion: 'TLSv1.3' }, (request, answer) => {
	request.resume().on('end', () => answer.end(JSON.stringify({ ok: { ticket: 'A'.repeat(43) } }))); // it has no sessions
});
const wss = new WebSocketServer({ server, path: '/ws', perMessageDeflate: false, handleProtocols: () => 'luotsi.v1' });
wss.on('connection', (socket) => {
	socket.on('message', (data, binary) => handle(socket, data, binary));
	socket.on('close', () => rooms.forEach((members) => members.delete(socket)));
});
server.listen(Number(port), '127.0.0.1', () => console.log('ready'));
process.stdin.resume().on('end', () => process.exit(0));
