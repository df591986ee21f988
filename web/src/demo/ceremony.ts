// The organisation's ceremony (design "Keys"): root, recovery key, a staff issuer for the admin, certificates. The private root and
// recovery keys leave this module only as shares; here they exist while the ceremony lasts.

import type { Call } from "../client/wire.js";
import {
	emptyIdentity, equal, extendChain, emptyChain, fromBase64Url, importSigning, makePair, random, replayChain, signIdentity, toBase64Url, type Bytes, type Chain,
	type IdentityBody, type RawPair, type SigningKey,
} from "../seal/index.js";

const DAY = 24 * 3600 * 1000;
const ISSUER_DAYS = 700;
const CERT_DAYS = 365;

export interface Ceremony {
	readonly org: Bytes;
	readonly issuerUser: Bytes;
	readonly issuer: SigningKey;
	/** Raw, for the shares on paper; the caller wipes them. */
	readonly root: RawPair;
	readonly recovery: RawPair;
	readonly chain: Chain;
}

/** ORG_ROOT, ORG_RECOVERY and ORG_ISSUER in one append. */
export const makeOrganisation = async (call: Call, orgId: string, adminId: string): Promise<Ceremony> => {
	const org = fromBase64Url(orgId);
	const admin = fromBase64Url(adminId);
	const [rootPair, recovery, issuerPair] = [await makePair(), await makePair(), await makePair()];
	const root = await importSigning(rootPair);
	const bodies: IdentityBody[] = [
		{ type: "org_root", rootPub: rootPair.pub },
		{ type: "org_recovery", recoveryPub: recovery.pub },
		{ type: "org_issuer", user: admin, issuerPub: issuerPair.pub, validUntil: Date.now() + ISSUER_DAYS * DAY },
	];
	let chain = emptyChain();
	for (const body of bodies) {
		const place = { org, subject: org, head: chain.entries.length > 0 ? chain.state.head : emptyIdentity().head, n: chain.entries.length };
		chain = await extendChain(chain, await signIdentity(root, org, place, body, random(16), Date.now()), undefined);
	}
	await call("organisation_append", { entries: chain.entries.map((entry) => toBase64Url(entry.env.bytes)) });
	const issuer = await importSigning(issuerPair);
	issuerPair.priv.fill(0);
	return { org, issuerUser: admin, issuer, root: rootPair, recovery, chain };
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
	const place = { org: c.org, subject: state.subject, head: state.head, n: state.n };
	const now = Date.now();
	const body: IdentityBody = {
		type: "cert", sigKid: state.sigKid, encKid: state.encKid, role: who.role, validFrom: now - 600_000, validUntil: now + CERT_DAYS * DAY, name: who.name,
		employer: who.employer,
	};
	const entry = await signIdentity(c.issuer, c.issuerUser, place, body, random(16), now);
	await call("chain_append", { entry: toBase64Url(entry) });
};
