// Identity entries by the ten thousand: a chain of an organisation and chains of persons under it, right, with one thing wrong,
// and wild. Nothing is signed: the rules are what is compared.

import {
	buildHeader, concat, encodeIdentity, KIND, zeroes,
	type Bytes, type HeaderFields, type IdentityBody, type IdentityState, type Issuer,
} from "../../../web/src/seal/index.js";
import { type Dice } from "./dice.js";

const DAY = 24 * 3600 * 1000;

export interface KeyPoint {
	readonly pub: Bytes;
	readonly sigKid: Bytes;
	readonly encKid: Bytes;
}

export interface IdentityWorld {
	readonly dice: Dice;
	readonly org: Bytes;
	readonly user: Bytes;
	readonly keys: readonly KeyPoint[];
	time: number;
}

export const makeIdentityWorld = (dice: Dice, keys: readonly KeyPoint[]): IdentityWorld => ({
	dice, org: dice.bytes(16), user: dice.bytes(16), keys, time: 1_790_000_000_000 + dice.below(1_000_000_000),
});

interface Made {
	readonly body: IdentityBody;
	readonly sender: Bytes;
	readonly kid: Bytes;
}

const issuerOf = (w: IdentityWorld, org: IdentityState): Issuer =>
	w.dice.pick(org.issuers) ?? { user: w.user, kid: w.dice.bytes(32), pub: zeroes(65), validUntil: 0, revoked: 0 };

const cert = (w: IdentityWorld, s: IdentityState, org: IdentityState): Made => {
	const issuer = issuerOf(w, org);
	const validFrom = w.time - w.dice.below(DAY);
	const body: IdentityBody = {
		type: "cert", sigKid: s.sigKid, encKid: s.encKid, role: 1 + w.dice.below(3), validFrom, validUntil: validFrom + w.dice.below(850 * DAY),
		name: w.dice.pick(["Aino Järvi", "Ánte Sárá", "Ögge", "x".repeat(200)]), employer: w.dice.pick(["Uudenmaan TE-toimisto", "Åbo stad"]),
	};
	return { body, sender: issuer.user, kid: issuer.kid };
};

const keysBody = (w: IdentityWorld, type: "create" | "reset"): Made => {
	const [sig, enc] = [w.dice.pick(w.keys), w.dice.pick(w.keys)];
	return { body: { type, sigPub: sig.pub, encPub: enc.pub }, sender: w.user, kid: sig.sigKid };
};

const personEntry = (w: IdentityWorld, s: IdentityState, org: IdentityState): Made => {
	if (s.n === 0 || w.dice.chance(3)) return keysBody(w, "create");
	const die = w.dice.below(100);
	if (die < 25) return keysBody(w, "reset");
	if (die < 50) {
		const [sig, enc] = [w.dice.pick(w.keys), w.dice.pick(w.keys)];
		return { body: { type: "rotate", sigPub: sig.pub, encPub: enc.pub, newSignature: w.dice.bytes(64) }, sender: w.user, kid: s.sigKid };
	}
	if (die < 85) return cert(w, s, org);
	const body: IdentityBody = { type: "revoke", kid: s.sigKid, reason: 1 + w.dice.below(3) };
	const issuer = issuerOf(w, org);
	return w.dice.chance(50) ? { body, sender: w.user, kid: s.sigKid } : { body, sender: issuer.user, kid: issuer.kid };
};

const orgEntry = (w: IdentityWorld, s: IdentityState): Made => {
	const key = w.dice.pick(w.keys);
	if (s.n === 0 || w.dice.chance(3)) return { body: { type: "org_root", rootPub: key.pub }, sender: w.org, kid: key.sigKid };
	const by = { sender: w.org, kid: s.rootKid };
	const die = w.dice.below(100);
	if (die < 20) return { ...by, body: { type: "org_recovery", recoveryPub: key.pub } };
	const validUntil = w.time + (w.dice.chance(15) ? w.dice.below(DAY) : w.dice.below(820 * DAY));
	if (die < 80) return { ...by, body: { type: "org_issuer", user: w.dice.bytes(16), issuerPub: key.pub, validUntil } };
	return { ...by, body: { type: "org_issuer_revoke", kid: (w.dice.pick(s.issuers) ?? { kid: w.dice.bytes(32) }).kid } };
};

const spoilHeader = (w: IdentityWorld, s: IdentityState, f: HeaderFields): HeaderFields => {
	const changes: readonly (() => Partial<HeaderFields>)[] = [
		() => ({ org: w.dice.bytes(16) }), () => ({ sender: w.dice.pick([w.org, w.dice.bytes(16)]) }), () => ({ senderKid: w.dice.bytes(32) }),
		() => ({ seq: f.seq + 1 }), () => ({ logHead: w.dice.bytes(32) }), () => ({ room: w.dice.bytes(16) }), () => ({ epoch: 1 }),
		() => ({ time: f.time - 801 * DAY }), () => ({ senderKid: s.encKid }),
	];
	return { ...f, ...w.dice.pick(changes)() };
};

const spoilBody = (w: IdentityWorld, bytes: Bytes): Bytes => {
	const copy = bytes.slice();
	if (w.dice.chance(20)) return w.dice.chance(50) ? copy.slice(0, -1) : concat(copy, w.dice.bytes(1));
	const at = w.dice.chance(50) ? w.dice.below(Math.min(copy.length, 17)) : w.dice.below(copy.length);
	copy[at] = w.dice.below(256);
	return copy;
};

/** The next entry of a chain of the organisation (`org` is then its own state) or of the person. */
export const nextIdentity = (w: IdentityWorld, s: IdentityState, org: IdentityState, ofOrg: boolean): { bytes: Bytes; time: number | "-" } => {
	w.time += w.dice.below(w.dice.chance(90) ? 3_600_000 : 60 * DAY);
	const made = ofOrg ? orgEntry(w, s) : personEntry(w, s, org);
	const subject = w.dice.chance(98) ? (ofOrg ? w.org : w.user) : w.dice.pick([w.org, w.user, w.dice.bytes(16)]);
	let body = encodeIdentity(subject, made.body);
	let fields: HeaderFields = {
		kind: KIND.identity, org: w.org, room: zeroes(16), msgId: w.dice.bytes(16), sender: made.sender, senderKid: made.kid, epoch: 0, seq: s.n,
		logHead: s.head, parents: [], time: w.time, retention: 0, clear: zeroes(0),
	};
	if (w.dice.chance(8)) fields = spoilHeader(w, s, fields);
	if (w.dice.chance(8)) body = spoilBody(w, body);
	const time = w.dice.chance(92) ? "-" : Math.max(0, w.time + w.dice.below(1_400_000) - 700_000);
	return { bytes: concat(buildHeader(fields, body.length), body, zeroes(64)), time };
};
