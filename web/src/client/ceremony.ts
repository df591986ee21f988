// What the organisation's keys sign (design "Keys"): root, recovery key and a first issuer in one append, further issuers, certificates
// and their end. Entries only; where the keys are kept and who may ask for it is not decided here.

import {
	emptyChain, emptyIdentity, extendChain, importSigning, makePair, random, signIdentity, type Bytes, type Chain, type IdentityBody, type IdentityState,
	type RawPair, type SigningKey,
} from "../seal/index.js";

const DAY = 24 * 3600 * 1000;
const ISSUER_DAYS = 700;
const EARLIER = 600_000; // clocks differ

/** Both raw: on their way to paper, and wiped after that. */
export interface Secrets {
	readonly root: RawPair;
	readonly recovery: RawPair;
}

export interface Issuer {
	readonly user: Bytes;
	readonly key: SigningKey;
}

export interface Certified {
	readonly name: string;
	readonly employer: string;
	readonly role: number;
	readonly days: number;
}

export const makeSecrets = async (): Promise<Secrets> => ({ root: await makePair(), recovery: await makePair() });

export const wipe = (...pairs: readonly (RawPair | undefined)[]): void => {
	for (const pair of pairs) pair?.priv.fill(0);
};

const issuerBody = (user: Bytes, issuerPub: Bytes): IdentityBody => ({ type: "org_issuer", user, issuerPub, validUntil: Date.now() + ISSUER_DAYS * DAY });

/** The whole chain of a new organisation: ORG_ROOT, ORG_RECOVERY, ORG_ISSUER. */
export const foundingChain = async ({ root, recovery }: Secrets, org: Bytes, issuer: { user: Bytes; pub: Bytes }): Promise<Chain> => {
	const key = await importSigning(root);
	const bodies: IdentityBody[] = [
		{ type: "org_root", rootPub: root.pub }, { type: "org_recovery", recoveryPub: recovery.pub }, issuerBody(issuer.user, issuer.pub),
	];
	let chain = emptyChain();
	for (const [n, body] of bodies.entries()) {
		const head = n > 0 ? chain.state.head : emptyIdentity().head;
		chain = await extendChain(chain, await signIdentity(key, org, { org, subject: org, head, n }, body, random(16), Date.now()), undefined);
	}
	return chain;
};

/** One more issuer, by the root. */
export const issuerEntry = (root: SigningKey, { org, head, n }: IdentityState, issuer: { user: Bytes; pub: Bytes }): Promise<Bytes> =>
	signIdentity(root, org, { org, subject: org, head, n }, issuerBody(issuer.user, issuer.pub), random(16), Date.now());

const byIssuer = ({ user, key }: Issuer, { org, subject, head, n }: IdentityState, body: IdentityBody): Promise<Bytes> =>
	signIdentity(key, user, { org, subject, head, n }, body, random(16), Date.now());

/** STAFF_CERT for the keys that this state shows. */
export const certEntry = (issuer: Issuer, state: IdentityState, { name, employer, role, days }: Certified): Promise<Bytes> => {
	const { sigKid, encKid } = state;
	const validFrom = Date.now() - EARLIER;
	return byIssuer(issuer, state, { type: "cert", sigKid, encKid, role, validFrom, validUntil: validFrom + days * DAY, name, employer });
};

export const revokeEntry = (issuer: Issuer, state: IdentityState, reason: number): Promise<Bytes> =>
	byIssuer(issuer, state, { type: "revoke", kid: state.sigKid, reason });
