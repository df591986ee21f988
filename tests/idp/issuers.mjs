// The identity providers that the bank plays, in one table: the bank serves them, and Luotsi's provider files are written from them.
// Two for clients, which differ in encryption and in the name of the claim, so that a mix-up can be tried; one for staff, and one for those
// who run the service.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const ACR = 'http://ftn.ficora.fi/2017/';
export const LEVELS = { test: `${ACR}loatest2`, substantial: `${ACR}loa2`, high: `${ACR}loa3` };

// In production-like tests the level is another than the one that only development accepts.
export const ISSUERS = [
	{
		slug: 'pankki',
		names: { fi: 'Esittelypankki', sv: 'Demobanken', en: 'Demonstration Bank' },
		audience: 'client',
		claim: 'personal_identity_code',
		enc: 'A128CBC-HS256',
		level: LEVELS.test,
	},
	{
		slug: 'valittaja',
		names: { fi: 'Esittelyvälittäjä', sv: 'Demoförmedlaren', en: 'Demonstration Broker' },
		audience: 'client',
		claim: 'urn:oid:1.2.246.21',
		enc: 'A128GCM',
		level: LEVELS.high,
	},
	{
		slug: 'virka',
		names: { fi: 'Esittelyviraston kirjautuminen', sv: 'Demoverkets inloggning', en: 'Demonstration Office' },
		audience: 'staff',
		claim: 'sub',
		enc: 'A256GCM',
		level: LEVELS.substantial,
	},
	{
		slug: 'yllapito',
		names: { fi: 'Esittelyn palvelukeskus', sv: 'Demonstrationens servicecentral', en: 'Demonstration Service Centre' },
		audience: 'staff',
		of: 'operator',
		claim: 'sub',
		enc: 'A256GCM',
		level: LEVELS.substantial,
	},
];

export const clientOf = (issuer) => `luotsi-${issuer.slug}`;
export const addressOf = (issuer, bank) => `${bank}/${issuer.slug}`;

const whose = (issuer, where) => where[issuer.of ?? 'organisation'];

// bank: its origin; ca: the PEM file that its certificate comes from; organisation, operator: whose staff, 32 hexadecimal characters.
export const providerFile = (issuer, { bank, ca, ...where }) => {
	const at = addressOf(issuer, bank);
	const rows = {
		name_fi: issuer.names.fi,
		name_sv: issuer.names.sv,
		name_en: issuer.names.en,
		audience: issuer.audience,
		...(issuer.audience === 'staff' ? { organisation: whose(issuer, where) } : {}),
		issuer: at,
		client_id: clientOf(issuer),
		authorization_endpoint: `${at}/auth`,
		token_endpoint: `${at}/token`,
		jwks_uri: `${at}/jwks`,
		ca,
		acr: issuer.level,
		claim_code: issuer.claim,
	};
	return Object.entries(rows).map(([name, value]) => `${name} = ${value}\n`).join('');
};

export const writeProviders = (folder, where) => {
	mkdirSync(folder, { recursive: true });
	for (const issuer of ISSUERS) {
		if (issuer.audience === 'staff' && !whose(issuer, where)) continue;
		writeFileSync(join(folder, `${issuer.slug}.conf`), providerFile(issuer, where));
	}
};
