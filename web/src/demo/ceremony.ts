// The same acts as an administrator's pages do by the engine (client/organisation-acts.ts), for tests that hold the keys themselves: here
// the private root and recovery keys stay with the caller.

import { certEntry, foundingChain, makeSecrets } from "../client/ceremony.js";
import type { Call } from "../client/wire.js";
import { equal, fromBase64Url, importSigning, makePair, replayChain, toBase64Url, type Bytes, type Chain, type RawPair, type SigningKey } from "../seal/index.js";

const CERT_DAYS = 365;

export interface Ceremony {
	readonly org: Bytes;
	readonly issuerUser: Bytes;
	readonly issuer: SigningKey;
	readonly root: RawPair;
	readonly recovery: RawPair;
	readonly chain: Chain;
}

/** ORG_ROOT, ORG_RECOVERY and ORG_ISSUER in one append. */
export const makeOrganisation = async (call: Call, orgId: string, adminId: string): Promise<Ceremony> => {
	const [org, issuerUser] = [fromBase64Url(orgId), fromBase64Url(adminId)];
	const secrets = await makeSecrets();
	const issuer = await importSigning(await makePair());
	const chain = await foundingChain(secrets, org, { user: issuerUser, pub: issuer.pub });
	await call("organisation_append", { entries: chain.entries.map((entry) => toBase64Url(entry.env.bytes)) });
	return { org, issuerUser, issuer, ...secrets, chain };
};

export interface Certified {
	readonly name: string;
	readonly employer: string;
	readonly role: number;
}

/** STAFF_CERT for the keys that the person's own chain shows. */
export const certify = async (call: Call, c: Ceremony, userId: string, who: Certified): Promise<void> => {
	const { chains } = await call("chain_get", { users: [userId] });
	const wire = chains[0];
	if (!wire || wire.subject !== userId) throw new Error("the server gave no chain to certify");
	const { state } = await replayChain(wire.entries.map(fromBase64Url), c.chain.state);
	if (!equal(state.org, c.org)) throw new Error("that chain belongs to another organisation");
	const entry = await certEntry({ user: c.issuerUser, key: c.issuer }, state, { ...who, days: CERT_DAYS });
	await call("chain_append", { entry: toBase64Url(entry) });
};
