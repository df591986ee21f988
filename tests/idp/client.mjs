// A small client after the profile, for the bank's own tests: what Luotsi's keys process does, written again with jose. Each part of
// a login can be changed, so that a test can leave out or repeat what the bank must insist on.

import { createHash, generateKeyPairSync, randomBytes } from 'node:crypto';
import { request } from 'node:https';
import { addressOf, clientOf } from './issuers.mjs';
import { compactDecrypt, compactVerify, exportJWK, importJWK, SignJWT } from './packages.mjs';

const random = () => randomBytes(32).toString('base64url');
const now = () => Math.floor(Date.now() / 1000);
const FORM = 'application/x-www-form-urlencoded';

export const makeClientKeys = async () => {
	const make = async (use, alg, kid) => {
		const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
		const more = { use, alg, kid };
		return { private: { ...(await exportJWK(privateKey)), ...more }, public: { ...(await exportJWK(publicKey)), ...more } };
	};
	const [sign, decrypt] = [await make('sig', 'RS256', 'test-sign'), await make('enc', 'RSA-OAEP', 'test-decrypt')];
	return { sign: sign.private, decrypt: decrypt.private, jwks: { keys: [sign.public, decrypt.public] } };
};

/** One request; redirects are answers. */
export const ask = (ca, address, { method = 'GET', headers = {}, body } = {}) =>
	new Promise((resolve, reject) => {
		const asked = request(address, { method, ca, headers, agent: false }, (answer) => {
			const parts = [];
			answer.on('data', (part) => parts.push(part));
			answer.on('end', () => resolve({ status: answer.statusCode, headers: answer.headers, text: Buffer.concat(parts).toString('utf8') }));
		});
		asked.on('error', reject);
		asked.end(body);
	});

const cookiesOf = (jar, { headers }) => {
	for (const line of headers['set-cookie'] ?? []) {
		const [pair] = line.split(';');
		const at = pair.indexOf('=');
		jar.set(pair.slice(0, at), pair.slice(at + 1));
	}
	return jar;
};

const cookieHeader = (jar) => [...jar].map(([name, value]) => `${name}=${value}`).join('; ');

// where: bank, ca, redirect, keys.
export const makeClient = (issuer, { bank, ca, redirect, keys }) => {
	const at = addressOf(issuer, bank);
	const me = clientOf(issuer);

	const signed = async (claims, header = {}) =>
		new SignJWT(claims).setProtectedHeader({ alg: 'RS256', kid: keys.sign.kid, ...header }).sign(await importJWK(keys.sign, 'RS256'));

	const begin = () => {
		const verifier = random();
		const claims = {
			iss: me, aud: at, client_id: me, response_type: 'code', scope: 'openid', redirect_uri: redirect, state: random(), nonce: random(), prompt: 'login',
			acr_values: issuer.level, ui_locales: 'fi', code_challenge: createHash('sha256').update(verifier).digest('base64url'), code_challenge_method: 'S256',
			iat: now(), exp: now() + 300, jti: random(),
		};
		return { verifier, claims };
	};

	const address = (object, more = {}) => {
		const to = new URL(`${at}/auth`);
		for (const [name, value] of Object.entries({ client_id: me, response_type: 'code', scope: 'openid', ...(object ? { request: object } : {}), ...more })) to.searchParams.set(name, value);
		return to.href;
	};

	/** From the address of the request to the address that comes back, as a browser goes. */
	const walk = async (from, form) => {
		const jar = new Map();
		let to = from;
		let answer = await ask(ca, to);
		for (let steps = 0; steps < 8; steps++) {
			cookiesOf(jar, answer);
			const next = answer.headers.location && new URL(answer.headers.location, to).href;
			if (next?.startsWith(redirect)) return { back: new URL(next), answer };
			const action = /<form method="post" action="([^"]+)"/.exec(answer.text)?.[1];
			if (!next && !action) return { back: undefined, answer };
			to = next ?? new URL(action, to).href;
			const post = { method: 'POST', body: new URLSearchParams(form).toString() };
			const headers = { cookie: cookieHeader(jar), ...(next ? {} : { 'content-type': FORM }) };
			answer = await ask(ca, to, { ...(next ? {} : post), headers });
		}
		throw new Error('the bank goes round in circles');
	};

	const assertion = (change = {}, header = {}) => signed({ iss: me, sub: me, aud: `${at}/token`, jti: random(), iat: now(), exp: now() + 60, ...change }, header);

	const token = async (code, verifier, proof) => {
		const form = {
			grant_type: 'authorization_code', code, redirect_uri: redirect, client_id: me, client_assertion: proof ?? (await assertion()),
			client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer', ...(verifier ? { code_verifier: verifier } : {}),
		};
		const answer = await ask(ca, `${at}/token`, { method: 'POST', headers: { 'content-type': FORM }, body: new URLSearchParams(form).toString() });
		return { status: answer.status, body: JSON.parse(answer.text) };
	};

	const jwks = async () => JSON.parse((await ask(ca, `${at}/jwks`)).text).keys;

	/** Both layers: the headers and the claims. */
	const open = async (idToken) => {
		const outer = await compactDecrypt(idToken, await importJWK(keys.decrypt, 'RSA-OAEP'));
		const [key] = await jwks();
		const inner = await compactVerify(Buffer.from(outer.plaintext).toString(), await importJWK(key, 'RS256'));
		return { outer: outer.protectedHeader, inner: inner.protectedHeader, claims: JSON.parse(Buffer.from(inner.payload).toString()) };
	};

	return { at, me, begin, signed, address, walk, assertion, token, jwks, open };
};
