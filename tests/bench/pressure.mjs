// What others notice while somebody drips, crowds, floods or does not read, and while 10,000 come back at once after a restart:
// the median from send to delivery of those who talk, to the same without. What is refused, and when, is in tests/limits.

import { randomBytes } from 'node:crypto';
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import { connect as connectTcp } from 'node:net';
import { dirname, join } from 'node:path';
import { connect } from 'node:tls';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const WebSocket = createRequire(join(here, '..', '..', 'web', 'package.json'))('ws');
const TALK = { talk: 50, flight: 8, messages: 60, rate: 300 };
const HELD = 1000;
const kinds = new RegExp(process.env.KINDS ?? ''); // KINDS='floods|storm' for some of it
const median = (list) => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)];
const settled = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** So many lines, each begun anew when it is cut, and a drop on each in every second, until it is told to stop; resolves when they stand. */
async function hold(n, open, drop) {
	let over = false, stood = 0, cuts = 0;
	const all = new Set();
	const one = (first) => {
		const socket = open();
		const drips = setInterval(() => socket.write(drop()), 1000);
		all.add(socket);
		socket.on('error', () => undefined);
		socket.on('data', () => undefined);
		socket.once('connect', () => (stood += first));
		socket.once('close', () => {
			clearInterval(drips);
			all.delete(socket);
			cuts++;
			if (!over) setTimeout(() => over || one(0), 100);
		});
	};
	for (let i = 0; i < n; i++) {
		one(1);
		if (i % 20 === 19) await settled(10);
	}
	for (const begun = Date.now(); stood < n && Date.now() - begun < 30_000; ) await settled(50);
	return () => {
		over = true;
		for (const socket of all) socket.destroy();
		return cuts;
	};
}

/** The lines of a person that ask more than they may, or read nothing of what they asked for. */
async function bother(service, cookie, reads) {
	const ca = readFileSync(service.ca), sockets = [];
	let over = false;
	const ticket = async () => {
		const { request } = await import('node:https');
		return new Promise((resolve, reject) => {
			const asked = request(`${service.origin}/api/ws_ticket`, { method: 'POST', ca, headers: { origin: service.origin, 'x-luotsi': '1', 'content-type': 'application/json', 'content-length': 2, cookie } }, (answer) => {
				let text = '';
				answer.on('data', (piece) => (text += piece)).on('end', () => resolve(JSON.parse(text).ok?.ticket));
			});
			asked.on('error', reject);
			asked.end('{}');
		});
	};
	const one = async () => {
		const token = await ticket();
		if (over) return;
		const ws = new WebSocket(`${service.origin.replace('https', 'wss')}/ws`, ['luotsi.v1'], { ca, headers: { cookie, origin: service.origin } });
		sockets.push(ws);
		let n = 1, pump;
		ws.on('error', () => undefined);
		ws.on('open', () => {
			ws.send(JSON.stringify({ id: n++, op: 'session_open', body: { ticket: token } }));
			if (!reads) ws._socket.pause();
			pump = setInterval(() => {
				for (let i = 0; i < 50 && ws.bufferedAmount < 1e6; i++)
					ws.send(reads ? JSON.stringify({ id: n++, op: 'message_post', body: { envelope: randomBytes(900).toString('base64url') } }) : JSON.stringify({ id: n++, op: 'room_list', body: { limit: 50 } }));
			}, 5);
		});
		ws.on('close', () => {
			clearInterval(pump);
			if (!over) setTimeout(() => void one().catch(() => undefined), 100);
		});
	};
	await Promise.all(Array.from({ length: 4 }, one));
	return () => {
		over = true;
		for (const ws of sockets) ws.terminate();
		return sockets.length;
	};
}

const KINDS = ({ service, people, others, load }) => {
	const ca = readFileSync(service.ca), at = { host: '127.0.0.1', port: service.port };
	const tls = () => connect({ ...at, ca, servername: 'localhost', ALPNProtocols: ['http/1.1'] });
	const begun = (text) => () => {
		const socket = tls();
		socket.write(text);
		return socket;
	};
	const host = `Host: localhost:${service.port}\r\nOrigin: ${service.origin}\r\n`;
	const cookie = `__Host-luotsi=${people.lines[TALK.talk][1].replace(/^__Host-luotsi=/, '')}`;
	const upgrade = `GET /ws HTTP/1.1\r\n${host}Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${randomBytes(16).toString('base64')}\r\nSec-WebSocket-Protocol: luotsi.v1\r\nCookie: ${cookie}\r\n\r\n`;
	return {
		'1,000 half handshakes': () => hold(HELD, () => {
			const socket = connectTcp(at);
			socket.write(Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00]));
			return socket;
		}, () => Buffer.from([0])),
		'1,000 dripping heads': () => hold(HELD, begun(`GET / HTTP/1.1\r\n${host}X-A: `), () => 'a'),
		'1,000 dripping bodies': () => hold(HELD, begun(`POST /api/sign_in_options HTTP/1.1\r\n${host}Content-Type: application/json\r\nContent-Length: 200000\r\n\r\n{`), () => ' '),
		'1,000 dripping frames': () => hold(HELD, begun(Buffer.concat([Buffer.from(upgrade), Buffer.from([0x81, 0xfe, 0x80, 0x00, 0, 0, 0, 0])])), () => 'a'),
		'10,000 connections from one address': async () => {
			const held = load(service, others.path, { idle: 10_000, talk: 0, hold: true });
			await held.lines.next();
			return async () => (held.stdin.end(), await held.ended, 0);
		},
		'a member who floods': () => bother(service, cookie, true),
		'a reader who never reads': () => bother(service, cookie, false),
	};
};

// bench: what run.mjs has (row, notes, tell, talk, load, makePeople, rounds, startService, build, settings).
export async function underPressure(bench) {
	for (const edge of [false, true]) {
		const service = await bench.startService({ build: bench.build, edge, settings: { ...bench.settings, posts_per_minute: 600, requests_per_minute: 2400, requests_in_flight: 64 } });
		const way = edge ? ', through the edge' : '';
		try {
			const people = await bench.makePeople(service, TALK.talk + 50);
			const others = new bench.People(service, 'others', people.lines.slice(TALK.talk).map((line) => line.join(' '))); // nobody who talks: all windows of a person get what is theirs
			const p50 = async () => (await bench.talk(service, people, TALK)).p50_ms;
			for (const [what, begin] of Object.entries(KINDS({ service, people, others, load: bench.load })).filter(([name]) => kinds.test(name))) {
				const ratios = [], figures = [];
				let cuts = 0;
				for (let round = 0; round < bench.rounds; round++) {
					const calm = await p50(), end = await begin(), pressed = await p50();
					cuts += await end();
					ratios.push(pressed / calm);
					figures.push(`${pressed.toFixed(2)} / ${calm.toFixed(2)}`);
					await settled(1000);
				}
				bench.row(`median send to delivery beside ${what}${way}, to without`, median(ratios), '<= 3', `${figures.join(', ')} ms at ${TALK.rate}/s${cuts ? `; cut ${cuts} times` : ''}`);
			}
			if (!kinds.test('storm')) continue;
			const calm = await p50();
			await service.restart();
			const talking = p50();
			await settled(2000);
			const back = bench.load(service, others.path, { idle: 10_000, talk: 0, hold: true }), { value } = await back.lines.next();
			const pressed = await talking;
			await bench.stop(back);
			bench.row(`10,000 come back at once after a restart${way}, s`, JSON.parse(value).connect_seconds, '<= 30', 'handshake, ticket, upgrade and session of each');
			bench.row(`median send to delivery meanwhile${way}, to without`, pressed / calm, '<= 5', `${pressed.toFixed(2)} / ${calm.toFixed(2)} ms at ${TALK.rate}/s`);
		} finally {
			await service.stop();
		}
	}
}
