// Signs in, many at once, from the button to the session's cookie, without the steps at the provider's own pages; prints {"per_second"}.
//   node sign_in.mjs SERVICE     as JSON, with count, at_once, and first: whether the person has to be invited

import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { request } from 'node:https';
import { createRequire } from 'node:module';

const pg = createRequire(new URL('../../web/package.json', import.meta.url))('pg');
const service = JSON.parse(process.argv[2]);
const ca = readFileSync(service.ca);

const call = (op, what, cookie) =>
	new Promise((resolve, reject) => {
		const body = JSON.stringify(what);
		const headers = {
			origin: service.origin, 'content-type': 'application/json', 'content-length': Buffer.byteLength(body), 'x-luotsi': '1', ...(cookie ? { cookie } : {}),
		};
		const asked = request({ method: 'POST', host: 'localhost', port: service.port, path: `/api/${op}`, ca, agent: false, headers }, (answer) => {
			let text = '';
			answer.on('data', (part) => (text += part));
			answer.on('end', () => {
				const said = JSON.parse(text);
				const cookies = (answer.headers['set-cookie'] ?? []).map((line) => line.split(';')[0]);
				if (said.ok) resolve({ ok: said.ok, cookies });
				else reject(new Error(`${op}: ${answer.statusCode} ${said.err}`));
			});
		});
		asked.on('error', reject);
		asked.end(body);
	});

const signIn = async (ticket = {}) => {
	const begun = await call('identify_begin', { provider: 'pankki', nonce: randomBytes(32).toString('base64url'), locale: 'fi', ...ticket });
	const [, payload] = new URL(begun.ok.url).searchParams.get('request').split('.');
	const { nonce, state } = JSON.parse(Buffer.from(payload, 'base64url'));
	const done = await call('identify_finish', { state, code: nonce, iss: service.issuer }, begun.cookies.find((c) => c.startsWith('__Host-luotsi-login=')));
	if (!done.cookies.some((c) => /^__Host-luotsi=./.test(c))) throw new Error('no session');
};

/** The one who signs in, by invitation: a room and its invitation as rows. */
const invite = async () => {
	const db = new pg.Client({ host: service.sockets, database: 'luotsi', user: 'postgres' });
	await db.connect();
	const [org, agreement, room, token] = [randomUUID(), randomUUID(), randomUUID(), randomBytes(16)];
	const text = JSON.stringify({ fi: 'mittaus', sv: 'mätning', en: 'measurement' });
	const hash = createHash('sha256').update('luotsi/v1/token\0').update(token).digest();
	await db.query("SELECT set_config('luotsi.org', $1, false)", [org]);
	await db.query("INSERT INTO organisation (org, name) VALUES ($1, 'Mittaus')", [org]);
	await db.query(
		`INSERT INTO agreement (org, agreement, state, controller, controller_business_id, processor, retention_days, privacy_notice, service_promise)
		VALUES ($1, $2, 'live', 'Mittaus', '2296962-1', 'Mittaus', 450, $3, $3)`, [org, agreement, text]);
	await db.query("INSERT INTO room (org, room, agreement, phase, retention_class, log_head, n_entries, epoch, pending) VALUES ($1, $2, $3, 'open', 1, $4, 1, 1, false)",
		[org, room, agreement, randomBytes(32)]);
	await db.query("INSERT INTO invitation (org, room, invite, token_hash, sealed, expires_at) VALUES ($1, $2, gen_random_uuid(), $3, $4, now() + interval '1 day')",
		[org, room, hash, randomBytes(400)]);
	await db.end();
	return token.toString('base64url');
};

if (service.first) await signIn({ invitation: await invite() });
const begun = performance.now();
let left = service.count;
const one = async () => {
	while (left-- > 0) await signIn();
};
await Promise.all(Array.from({ length: service.at_once }, one));
console.log(JSON.stringify({ per_second: service.count / ((performance.now() - begun) / 1000) }));
