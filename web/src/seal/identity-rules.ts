// The rules of identity chains (FORMAT.md section 6): one pure function, the same as server/seal/identity.c, and beside it the
// signatures, and the records that a chain gives to the control log of rooms.

import { equal, zeroes, type Bytes } from "./bytes.js";
import { type PersonRecord } from "./control-state.js";
import { verifyEnvelope } from "./envelope.js";
import { rotateBytes, type IdentityBody, type IdentityEntry, type IdentityType } from "./identity.js";
import { verify } from "./p256.js";

export type IdentityRefusal =
	| "too_many" | "wrong_chain" | "stale_head" | "bad_index" | "bad_time" | "not_created" | "already_created" | "bad_sender" | "bad_kid"
	| "key_reused" | "not_issuer" | "bad_validity";

export interface Certificate {
	readonly hash: Bytes;
	readonly role: number;
	readonly name: string;
	readonly employer: string;
	readonly validFrom: number;
	readonly validUntil: number;
}

export interface Issuer {
	readonly user: Bytes;
	readonly kid: Bytes;
	readonly pub: Bytes;
	readonly validUntil: number;
	/** 0, or when. */
	readonly revoked: number;
}

export interface IdentityState {
	readonly org: Bytes;
	readonly subject: Bytes;
	readonly head: Bytes;
	readonly n: number;
	readonly sigPub: Bytes;
	readonly sigKid: Bytes;
	readonly encPub: Bytes;
	readonly encKid: Bytes;
	readonly revoked: boolean;
	/** How often keys were made anew by who had lost them: shown to others, and proven to nobody by the chain alone. */
	readonly resets: number;
	readonly known: readonly Bytes[];
	readonly cert: Certificate | undefined;
	readonly rootPub: Bytes;
	readonly rootKid: Bytes;
	readonly recoveryPub: Bytes;
	readonly recoveryKid: Bytes;
	readonly issuers: readonly Issuer[];
}

export const emptyIdentity = (): IdentityState => ({
	org: zeroes(16), subject: zeroes(16), head: zeroes(32), n: 0, sigPub: zeroes(65), sigKid: zeroes(32), encPub: zeroes(65), encKid: zeroes(32),
	revoked: false, resets: 0, known: [], cert: undefined, rootPub: zeroes(65), rootKid: zeroes(32), recoveryPub: zeroes(65),
	recoveryKid: zeroes(32), issuers: [],
});

type Outcome = IdentityState | IdentityRefusal;
type BodyOf<T extends IdentityType> = Extract<IdentityBody, { type: T }>;

interface Facts {
	readonly state: IdentityState;
	readonly entry: IdentityEntry;
	readonly issuers: IdentityState | undefined;
	readonly time: number;
}

interface Case<T extends IdentityType> extends Facts {
	readonly body: BodyOf<T>;
}

const MOST_ENTRIES = 1_024;
const MOST_ISSUERS = 64;
const CLOCK = 600_000;
const CLOCKS = 1_200_000;
const DAYS_800 = 800 * 24 * 3600 * 1000;

const isOwn = ({ entry }: Facts): boolean => equal(entry.env.sender, entry.subject);
const isCurrentKey = (s: IdentityState, kid: Bytes): boolean => !s.revoked && equal(kid, s.sigKid);

const withKeys = ({ state, entry }: Facts, sigPub: Bytes, encPub: Bytes): IdentityState => ({
	...state, sigPub, sigKid: entry.sigKid, encPub, encKid: entry.encKid, revoked: false, cert: undefined,
	known: [...state.known, entry.sigKid, entry.encKid],
});

const isKnown = (s: IdentityState, kid: Bytes): boolean => s.known.some((k) => equal(k, kid));

const fresh = (c: Case<"create"> | Case<"reset">): Outcome => {
	if (!isOwn(c)) return "bad_sender";
	if (!equal(c.entry.env.senderKid, c.entry.sigKid)) return "bad_kid";
	if (isKnown(c.state, c.entry.sigKid) || isKnown(c.state, c.entry.encKid)) return "key_reused";
	return withKeys(c, c.body.sigPub, c.body.encPub);
};

const reset = (c: Case<"reset">): Outcome => {
	const next = fresh(c);
	return typeof next === "string" ? next : { ...next, resets: next.resets + 1 };
};

const rotate = (c: Case<"rotate">): Outcome => {
	if (!isOwn(c)) return "bad_sender";
	if (!isCurrentKey(c.state, c.entry.env.senderKid)) return "bad_kid";
	if (isKnown(c.state, c.entry.sigKid) || isKnown(c.state, c.entry.encKid)) return "key_reused";
	return withKeys(c, c.body.sigPub, c.body.encPub);
};

/** The issuer who signed this entry, if the organisation's chain lets them. */
const issuerOf = ({ entry, issuers, time }: Facts): Issuer | undefined => {
	const { env } = entry;
	if (!issuers || !equal(issuers.org, env.org)) return undefined;
	const issuer = issuers.issuers.find((i) => equal(i.user, env.sender) && equal(i.kid, env.senderKid));
	if (!issuer || time > issuer.validUntil) return undefined;
	return issuer.revoked === 0 || time <= issuer.revoked + CLOCKS ? issuer : undefined;
};

const certify = (c: Case<"cert">): Outcome => {
	const { state, body, entry } = c;
	if (!issuerOf(c)) return "not_issuer";
	if (!isCurrentKey(state, body.sigKid) || !equal(body.encKid, state.encKid)) return "bad_kid";
	if (body.validFrom >= body.validUntil || body.validUntil > body.validFrom + DAYS_800) return "bad_validity";
	const { role, name, employer, validFrom, validUntil } = body;
	return { ...state, cert: { hash: entry.env.hash, role, name, employer, validFrom, validUntil } };
};

const revoke = (c: Case<"revoke">): Outcome => {
	const owner = isOwn(c) && isCurrentKey(c.state, c.entry.env.senderKid);
	if (!owner && !issuerOf(c)) return "not_issuer";
	if (!isCurrentKey(c.state, c.body.kid)) return "bad_kid";
	return { ...c.state, revoked: true, cert: undefined };
};

const orgRoot = (c: Case<"org_root">): Outcome => {
	if (!isOwn(c)) return "bad_sender";
	if (!equal(c.entry.env.senderKid, c.entry.sigKid)) return "bad_kid";
	return { ...c.state, rootPub: c.body.rootPub, rootKid: c.entry.sigKid };
};

const byRoot = (c: Facts): IdentityRefusal | undefined => {
	if (!isOwn(c)) return "bad_sender";
	return equal(c.entry.env.senderKid, c.state.rootKid) ? undefined : "bad_kid";
};

const orgRecovery = (c: Case<"org_recovery">): Outcome => {
	const refusal = byRoot(c);
	if (refusal) return refusal;
	if (equal(c.entry.encKid, c.state.recoveryKid)) return "key_reused";
	return { ...c.state, recoveryPub: c.body.recoveryPub, recoveryKid: c.entry.encKid };
};

const orgIssuer = (c: Case<"org_issuer">): Outcome => {
	const { state, body, entry, time } = c;
	const refusal = byRoot(c);
	if (refusal) return refusal;
	if (state.issuers.some((i) => equal(i.kid, entry.sigKid))) return "key_reused";
	if (body.validUntil <= time || body.validUntil > time + DAYS_800) return "bad_validity";
	if (state.issuers.length >= MOST_ISSUERS) return "too_many";
	const issuer = { user: body.user, kid: entry.sigKid, pub: body.issuerPub, validUntil: body.validUntil, revoked: 0 };
	return { ...state, issuers: [...state.issuers, issuer] };
};

const orgIssuerRevoke = (c: Case<"org_issuer_revoke">): Outcome => {
	const refusal = byRoot(c);
	if (refusal) return refusal;
	const { state, body, time } = c;
	if (!state.issuers.some((i) => equal(i.kid, body.kid) && i.revoked === 0)) return "bad_kid";
	return { ...state, issuers: state.issuers.map((i) => (equal(i.kid, body.kid) ? { ...i, revoked: time } : i)) };
};

const RULES: { readonly [T in IdentityType]: (c: Case<T>) => Outcome } = {
	create: fresh, rotate, reset, cert: certify, revoke,
	org_root: orgRoot, org_recovery: orgRecovery, org_issuer: orgIssuer, org_issuer_revoke: orgIssuerRevoke,
};

const FIRST: ReadonlySet<IdentityType> = new Set<IdentityType>(["create", "org_root"]);

const place = (s: IdentityState, { env, subject, body }: IdentityEntry, time: number): IdentityRefusal | undefined => {
	if (s.n >= MOST_ENTRIES) return "too_many";
	if (s.n > 0 && !(equal(env.org, s.org) && equal(subject, s.subject))) return "wrong_chain";
	if (equal(subject, env.org) !== body.type.startsWith("org_")) return "wrong_chain";
	if (!equal(env.logHead, s.head)) return "stale_head";
	if (env.seq !== s.n) return "bad_index";
	if (Math.abs(env.time - time) > CLOCK) return "bad_time";
	if (s.n === 0 && !FIRST.has(body.type)) return "not_created";
	return s.n > 0 && FIRST.has(body.type) ? "already_created" : undefined;
};

/** `issuers` is the state of the organisation's chain; `time` as in applyControl. */
export const applyIdentity = (
	state: IdentityState, entry: IdentityEntry, issuers: IdentityState | undefined, time: number,
): IdentityState | IdentityRefusal => {
	const misplaced = place(state, entry, time);
	if (misplaced) return misplaced;
	const rule = RULES[entry.body.type] as (c: Facts & { body: IdentityBody }) => Outcome;
	const next = rule({ state, entry, body: entry.body, issuers, time: entry.env.time });
	return typeof next === "string" ? next : { ...next, org: entry.env.org, subject: entry.subject, head: entry.env.hash, n: state.n + 1 };
};

/** The key that must have signed this entry; undefined if none is known, and then the rules say why. */
const signerOf = (state: IdentityState, entry: IdentityEntry, issuers: IdentityState | undefined): Bytes | undefined => {
	const { env, body } = entry;
	const named = (kid: Bytes, pub: Bytes): Bytes | undefined => (equal(kid, env.senderKid) ? pub : undefined);
	const issuer = issuers?.issuers.find((i) => equal(i.user, env.sender) && equal(i.kid, env.senderKid))?.pub;
	if (body.type === "create" || body.type === "reset") return named(entry.sigKid, body.sigPub);
	if (body.type === "org_root") return named(entry.sigKid, body.rootPub);
	if (body.type === "rotate") return named(state.sigKid, state.sigPub);
	if (body.type === "cert") return issuer;
	if (body.type === "revoke") return (equal(env.sender, entry.subject) ? named(state.sigKid, state.sigPub) : undefined) ?? issuer;
	return named(state.rootKid, state.rootPub);
};

/** Verified before the rules are applied. True also when no key is known: the rules refuse such an entry. */
export const verifyIdentity = async (state: IdentityState, entry: IdentityEntry, issuers: IdentityState | undefined): Promise<boolean> => {
	const { env, body, subject } = entry;
	const pub = signerOf(state, entry, issuers);
	if (pub && !(await verifyEnvelope(env, pub))) return false;
	if (body.type !== "rotate") return true;
	return verify(body.sigPub, rotateBytes(env.org, subject, env.logHead, entry.sigKid, entry.encKid), body.newSignature);
};

const ended = (records: readonly PersonRecord[], sigKid: Bytes, time: number): PersonRecord[] =>
	records.map((r) => (r.ended === 0 && equal(r.sigKid, sigKid) ? { ...r, ended: time } : r));

/** The records that a chain, a person's or the organisation's, gives to `people`, oldest first, after one more accepted entry. */
export const withRecords = (records: readonly PersonRecord[], before: IdentityState, entry: IdentityEntry, after: IdentityState): PersonRecord[] => {
	const { type } = entry.body;
	const { time } = entry.env;
	const user = after.subject;
	const keys = { user, sigKid: after.sigKid, encKid: after.encKid, resets: after.resets, ended: 0 };
	const bare = { staff: false, cert: zeroes(32), validFrom: 0, validUntil: 0 };
	if (type === "org_recovery") return [...ended(records, after.rootKid, time), { ...keys, ...bare, sigKid: after.rootKid, encKid: after.recoveryKid }];
	if (type === "cert" && after.cert) {
		const { hash, validFrom, validUntil } = after.cert;
		return [...records, { ...keys, staff: true, cert: hash, validFrom, validUntil }];
	}
	if (type === "revoke") return ended(records, before.sigKid, time);
	if (type !== "create" && type !== "rotate" && type !== "reset") return [...records];
	return [...ended(records, before.sigKid, time), { ...keys, ...bare }];
};
