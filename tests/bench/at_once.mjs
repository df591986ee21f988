// A provider that answers at once: the token endpoint signs and encrypts what the relay asked for, and does nothing else. The code is the
// nonce, so that nothing is remembered.
//   node at_once.mjs PORT CERT KEY OPENED_BY ISSUER CLIENT_ID LEVEL      OPENED_BY: the relay's private JWK, of which the public half is used

import { generateKeyPairSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { CompactEncrypt, exportJWK, importJWK, SignJWT } from '../idp/packages.mjs';

const [port, cert, key, openedBy, issuer, clientId, level] = process.argv.slice(2);
const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const jwks = JSON.stringify({ keys: [{ ...(await exportJWK(publicKey)), use: 'sig', alg: 'RS256', kid: 'at-once' }] });
const { kid, n, e } = JSON.parse(readFileSync(openedBy, 'utf8'));
const relay = await importJWK({ kty: 'RSA', n, e }, 'RSA-OAEP');

const token = async (nonce) => {
	const now = Math.floor(Date.now() / 1000);
	const claims = {
		iss: issuer, aud: clientId, sub: 'x', nonce, acr: level, auth_time: now, iat: now, exp: now + 300, given_name: 'Maija', family_name: 'Mittaaja', personal_identity_code: '210281-9988',
	};
	const signed = await new SignJWT(claims).setProtectedHeader({ alg: 'RS256', kid: 'at-once' }).sign(privateKey);
	return new CompactEncrypt(Buffer.from(signed)).setProtectedHeader({ alg: 'RSA-OAEP', enc: 'A128CBC-HS256', cty: 'JWT', kid }).encrypt(relay);
};

const server = createServer({ cert: readFileSync(cert), key: readFileSync(key) }, (asked, answer) => {
	const parts = [];
	asked.on('data', (part) => parts.push(part));
	asked.on('end', async () => {
		answer.setHeader('content-type', 'application/json');
		if (asked.url === '/jwks') return answer.end(jwks);
		const code = new URLSearchParams(Buffer.concat(parts).toString()).get('code');
		answer.end(JSON.stringify({ access_token: 'none', token_type: 'Bearer', expires_in: 60, id_token: await token(code) }));
	});
});
server.listen(Number(port), '127.0.0.1', () => console.log('listening'));
process.stdin.resume().on('end', () => process.exit());
