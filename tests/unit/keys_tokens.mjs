// Makes keys_tokens.json: ID tokens that another implementation of JOSE (npm jose) signed and encrypted, and all keys of that small
// world, which are of no use anywhere else. node tests/unit/keys_tokens.mjs > tests/unit/keys_tokens.json

import { generateKeyPairSync } from 'node:crypto';
import { createRequire } from 'node:module';

const jose = await import(createRequire(new URL('../../web/package.json', import.meta.url)).resolve('jose'));
const { calculateJwkThumbprint, CompactEncrypt, CompactSign, importJWK } = jose;

const NOW = 1_795_000_000;
const pair = async () => {
	const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
	const jwk = privateKey.export({ format: 'jwk' });
	return { ...jwk, kid: await calculateJwkThumbprint(jwk) };
};
const publicOf = ({ kty, n, e, kid }) => ({ kty, n, e, kid });

const [sign, decrypt, provider] = [await pair(), await pair(), await pair()];
const nonce = Buffer.alloc(32, 7).toString('base64url');
const claims = {
	iss: 'https://bank.example/oidc', aud: 'luotsi-test', sub: 'once', nonce, acr: 'http://ftn.ficora.fi/2017/loa3', iat: NOW, exp: NOW + 300,
	auth_time: NOW - 20, given_name: 'Eeva Maria', family_name: 'Ääri', personal_identity_code: '131052-308T', amr: ['bank'],
};
const jws = await new CompactSign(Buffer.from(JSON.stringify(claims)))
	.setProtectedHeader({ alg: 'RS256', typ: 'JWT', kid: provider.kid })
	.sign(await importJWK(provider, 'RS256'));
const tokens = [];
for (const enc of ['A128CBC-HS256', 'A128GCM', 'A256GCM']) {
	const header = { alg: 'RSA-OAEP', enc, cty: 'JWT', kid: decrypt.kid, iss: claims.iss, aud: claims.aud };
	tokens.push(await new CompactEncrypt(Buffer.from(jws)).setProtectedHeader(header).encrypt(await importJWK(publicOf(decrypt), 'RSA-OAEP')));
}
const jwks = JSON.stringify({ keys: [{ ...publicOf(provider), use: 'sig', alg: 'RS256' }] });
process.stdout.write(`${JSON.stringify({ now: NOW, sign, decrypt, provider, jwks, tokens }, null, '\t')}\n`);
