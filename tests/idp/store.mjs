// What the bank remembers: everything in memory, each thing until its time. Clients are read anew each time from the public keys
// that Luotsi has written, so that either side may be started first.

import { readFileSync } from 'node:fs';
import { clientOf } from './issuers.mjs';

const clientRow = (issuer, { keys, redirect }) => ({
	client_id: clientOf(issuer),
	client_name: 'Luotsi',
	redirect_uris: [redirect],
	response_types: ['code'],
	grant_types: ['authorization_code'],
	token_endpoint_auth_method: 'private_key_jwt',
	token_endpoint_auth_signing_alg: 'RS256',
	require_signed_request_object: true,
	request_object_signing_alg: 'RS256',
	require_auth_time: true,
	id_token_signed_response_alg: 'RS256',
	id_token_encrypted_response_alg: 'RSA-OAEP',
	id_token_encrypted_response_enc: issuer.enc,
	jwks: JSON.parse(readFileSync(`${keys}/${issuer.slug}.jwks`, 'utf8')),
});

// One store an issuer: it outlives the provider that a key rotation replaces.
export const makeStore = (issuer, where) => {
	const kept = new Map();
	const now = () => Date.now();
	const look = (key) => {
		const row = kept.get(key);
		if (row && row.until <= now()) kept.delete(key);
		return row && row.until > now() ? row.value : undefined;
	};
	const sweep = () => {
		for (const [key, row] of kept) if (row.until <= now()) kept.delete(key);
	};
	setInterval(sweep, 60_000).unref();

	const adapter = (model) => {
		const key = (id) => `${model}:${id}`;
		return {
			upsert: async (id, value, seconds) => void kept.set(key(id), { value, until: seconds ? now() + seconds * 1000 : Infinity }),
			find: async (id) => (model === 'Client' ? (id === clientOf(issuer) ? clientRow(issuer, where) : undefined) : look(key(id))),
			findByUid: async (uid) => [...kept.keys()].filter((one) => one.startsWith('Session:')).map(look).find((one) => one?.uid === uid),
			findByUserCode: async () => undefined,
			consume: async (id) => {
				const value = look(key(id));
				if (value) value.consumed = Math.floor(now() / 1000);
			},
			destroy: async (id) => void kept.delete(key(id)),
			revokeByGrantId: async (grant) => {
				for (const [one, row] of kept) if (row.value.grantId === grant) kept.delete(one);
			},
		};
	};
	return adapter;
};
