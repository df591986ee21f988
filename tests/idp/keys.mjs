// The bank's own keys: made once and kept in a file; a rotation makes new ones and forgets the old, as a broker does weekly.

import { createHash, generateKeyPairSync, randomBytes } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';

export const makeSigningKey = () => {
	const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
	const jwk = privateKey.export({ format: 'jwk' });
	const kid = createHash('sha256').update(jwk.n).digest('base64url').slice(0, 16);
	return { ...jwk, kid, use: 'sig', alg: 'RS256' };
};

export const keepKeys = (file, slugs) => {
	const kept = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : { cookies: randomBytes(32).toString('base64url'), signing: {} };
	const save = () => writeFileSync(file, JSON.stringify(kept), { mode: 0o600 });
	for (const slug of slugs) kept.signing[slug] ??= makeSigningKey();
	save();
	return {
		cookies: kept.cookies,
		signing: (slug) => kept.signing[slug],
		rotate: (slug) => {
			kept.signing[slug] = makeSigningKey();
			save();
		},
	};
};
