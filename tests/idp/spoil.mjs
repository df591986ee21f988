// Answers that a provider must never give, one at a time and on demand. Each changes one thing about a token that is otherwise right.

import { createHash, createPrivateKey, createPublicKey } from 'node:crypto';
import { LEVELS } from './issuers.mjs';
import { makeSigningKey } from './keys.mjs';
import { CompactEncrypt, CompactSign } from './packages.mjs';

const MOST = 16 * 1024;
const now = () => Math.floor(Date.now() / 1000);
const base64url = (bytes) => Buffer.from(bytes).toString('base64url');

const sign = (key, bytes, header = {}) =>
	new CompactSign(Buffer.from(bytes)).setProtectedHeader({ alg: 'RS256', kid: key.kid, ...header }).sign(createPrivateKey({ key, format: 'jwk' }));

const encrypt = (to, text, header = {}) =>
	new CompactEncrypt(Buffer.from(text))
		.setProtectedHeader({ alg: 'RSA-OAEP', enc: to.enc, cty: 'JWT', kid: to.key.kid, ...header })
		.encrypt(createPublicKey({ key: to.key, format: 'jwk' }));

const changed = (change) => async ({ claims, key, to }) => {
	const copy = structuredClone(claims);
	change(copy, key);
	return encrypt(to, await sign(key, JSON.stringify(copy)));
};

const bytesOf = (make) => async ({ claims, key, to }) => encrypt(to, await sign(key, make(JSON.stringify(claims))));

const headed = (header) => async ({ claims, key, to }) => encrypt(to, await sign(key, JSON.stringify(claims), header));

/** Puts a member behind the first brace. */
const within = (text, more) => `{${more},${text.slice(1)}`;

const broken = (jws) => {
	const [header, payload, signature] = jws.split('.');
	const bytes = Buffer.from(signature, 'base64url');
	bytes[0] ^= 1;
	return [header, payload, base64url(bytes)].join('.');
};

const unsigned = (claims, header) => `${base64url(JSON.stringify(header))}.${base64url(JSON.stringify(claims))}.`;

/** The shortest padding that takes the whole token over the ceiling. */
const tooLarge = async ({ claims, key, to }) => {
	const padded = async (n) => encrypt(to, await sign(key, JSON.stringify({ ...claims, pad: 'x'.repeat(n) })));
	let [under, over] = [0, MOST];
	while (over - under > 1) {
		const middle = (under + over) >> 1;
		if ((await padded(middle)).length > MOST) over = middle;
		else under = middle;
	}
	return padded(over);
};

export const TOKENS = {
	plain: async ({ claims, key }) => sign(key, JSON.stringify(claims)),
	nonce: changed((c) => (c.nonce = createHash('sha256').update(c.nonce).digest('base64url'))),
	no_nonce: changed((c) => delete c.nonce),
	audience: changed((c) => (c.aud = `${c.aud}-toinen`)),
	two_audiences: changed((c) => (c.aud = [c.aud, 'toinen'])),
	issuer: changed((c) => (c.iss = `${c.iss}/toinen`)),
	expired: changed((c) => ((c.iat = now() - 900), (c.exp = now() - 600))),
	future: changed((c) => ((c.iat = now() + 900), (c.exp = now() + 1800))),
	old_login: changed((c) => (c.auth_time = now() - 7200)),
	acr_low: changed((c) => (c.acr = 'http://ftn.ficora.fi/2017/loa1')),
	acr_other: changed((c) => (c.acr = c.acr === LEVELS.high ? LEVELS.test : LEVELS.high)),
	acr_missing: changed((c) => delete c.acr),
	no_code: changed((c) => (delete c.personal_identity_code, delete c['urn:oid:1.2.246.21'])),
	bad_code: changed((c) => (c.personal_identity_code &&= '010190-999K', c['urn:oid:1.2.246.21'] &&= '010190-999K')),
	signature: async ({ claims, key, to }) => encrypt(to, broken(await sign(key, JSON.stringify(claims)))),
	alg_none: async ({ claims, key, to }) => encrypt(to, unsigned(claims, { alg: 'none', kid: key.kid })),
	alg_none_signed: async ({ claims, key, to }) => encrypt(to, `${unsigned(claims, { alg: 'none', kid: key.kid })}c2lnbmF0dXJl`),
	alg_none_plain: async ({ claims }) => unsigned(claims, { alg: 'none' }),
	other_key: async ({ claims, key, to }) => encrypt(to, await sign({ ...makeSigningKey(), kid: key.kid }, JSON.stringify(claims))),
	unknown_key: async ({ claims, to }) => encrypt(to, await sign(makeSigningKey(), JSON.stringify(claims))),
	own_key: async ({ claims, to }) => {
		const key = makeSigningKey();
		return encrypt(to, await sign(key, JSON.stringify(claims), { jwk: { kty: key.kty, n: key.n, e: key.e } }));
	},
	jku: headed({ jku: 'https://127.0.0.1/jwks' }),
	x5u: headed({ x5u: 'https://127.0.0.1/x5u' }),
	too_large: tooLarge,
	duplicate: bytesOf((text) => within(text, '"acr":"http://ftn.ficora.fi/2017/loa3"')),
	utf8: bytesOf((text) => Buffer.concat([Buffer.from(text.slice(0, -1)), Buffer.from(',"family_name2":"'), Buffer.from([0xc3, 0x28]), Buffer.from('"}')])),
	not_json: bytesOf((text) => text.slice(0, -1)),
	nested_encryption: async ({ claims, key, to }) => encrypt(to, await encrypt(to, await sign(key, JSON.stringify(claims)))),
	nested_signature: async ({ claims, key, to }) => encrypt(to, await sign(key, await sign(key, JSON.stringify(claims)), { cty: 'JWT' })),
	cut: async ({ good }) => good.slice(0, -8),
	empty: async () => '',
	replayed: async ({ last, good }) => last ?? good,
};

const answered = (change) => (address, seen) => {
	const to = new URL(address);
	change(to.searchParams, seen);
	return to.href;
};

// What comes back to Luotsi's page by the address line; seen is what this issuer said before, others the other issuers.
export const ANSWERS = {
	state: answered((q) => q.set('state', base64url(createHash('sha256').update(q.get('state') ?? '').digest()))),
	mix_up: answered((q, seen) => q.set('iss', seen.other)),
	old_code: answered((q, seen) => q.set('code', seen.code ?? q.get('code'))),
	no_code_back: answered((q) => q.delete('code')),
};

export const WAYS = [...Object.keys(TOKENS), ...Object.keys(ANSWERS), 'unavailable', 'slow', 'sorry_for_keys'];
