// Entries of an identity chain (FORMAT.md section 6), of a person or of an organisation: parsed and built. The rules about
// them are in identity-rules.ts.

import { concat, fromUtf8, reader, SealError, u64, u8, utf8, zeroes, type Bytes, type Reader } from "./bytes.js";
import { kidEnc, kidSig, labelled } from "./derive.js";
import { buildHeader, finish, KIND, parseEnvelope, type Envelope } from "./envelope.js";
import { LABEL } from "./labels.js";
import { isPoint, sign, type SigningKey } from "./p256.js";

export const STAFF_ROLE = { counsellor: 1, teamLead: 2, admin: 3 } as const;

export type IdentityBody =
	| { readonly type: "create"; readonly sigPub: Bytes; readonly encPub: Bytes }
	| { readonly type: "rotate"; readonly sigPub: Bytes; readonly encPub: Bytes; readonly newSignature: Bytes }
	| { readonly type: "reset"; readonly sigPub: Bytes; readonly encPub: Bytes }
	| { readonly type: "cert"; readonly sigKid: Bytes; readonly encKid: Bytes; readonly role: number; readonly validFrom: number;
		readonly validUntil: number; readonly name: string; readonly employer: string }
	| { readonly type: "revoke"; readonly kid: Bytes; readonly reason: number }
	| { readonly type: "org_root"; readonly rootPub: Bytes }
	| { readonly type: "org_recovery"; readonly recoveryPub: Bytes }
	| { readonly type: "org_issuer"; readonly user: Bytes; readonly issuerPub: Bytes; readonly validUntil: number }
	| { readonly type: "org_issuer_revoke"; readonly kid: Bytes };

export type IdentityType = IdentityBody["type"];
type BodyOf<T extends IdentityType> = Extract<IdentityBody, { type: T }>;

const malformed = (): never => {
	throw new SealError("malformed");
};

const between = (n: number, least: number, most: number): number => (n >= least && n <= most ? n : malformed());
const point = (r: Reader): Bytes => {
	const pub = r.take(65);
	return isPoint(pub) ? pub : malformed();
};
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/;
const readName = (r: Reader): string => {
	const name = fromUtf8(r.take(between(r.u8(), 1, 200)));
	return CONTROL.test(name) ? malformed() : name;
};
const writeName = (name: string): Bytes => {
	const bytes = utf8(name);
	if (bytes.length < 1 || bytes.length > 200 || CONTROL.test(name)) malformed();
	return concat(u8(bytes.length), bytes);
};

interface Row<T extends IdentityType> {
	readonly code: number;
	readonly read: (r: Reader) => BodyOf<T>;
	readonly write: (b: BodyOf<T>) => Bytes;
}

const ROWS: { readonly [T in IdentityType]: Row<T> } = {
	create: {
		code: 1,
		read: (r) => ({ type: "create", sigPub: point(r), encPub: point(r) }),
		write: (b) => concat(b.sigPub, b.encPub),
	},
	rotate: {
		code: 2,
		read: (r) => ({ type: "rotate", sigPub: point(r), encPub: point(r), newSignature: r.take(64) }),
		write: (b) => concat(b.sigPub, b.encPub, b.newSignature),
	},
	reset: {
		code: 3,
		read: (r) => ({ type: "reset", sigPub: point(r), encPub: point(r) }),
		write: (b) => concat(b.sigPub, b.encPub),
	},
	cert: {
		code: 4,
		read: (r) => ({
			type: "cert", sigKid: r.take(32), encKid: r.take(32), role: between(r.u8(), 1, 3), validFrom: r.u64(), validUntil: r.u64(),
			name: readName(r), employer: readName(r),
		}),
		write: (b) => concat(b.sigKid, b.encKid, u8(b.role), u64(b.validFrom), u64(b.validUntil), writeName(b.name), writeName(b.employer)),
	},
	revoke: {
		code: 5,
		read: (r) => ({ type: "revoke", kid: r.take(32), reason: between(r.u8(), 1, 3) }),
		write: (b) => concat(b.kid, u8(b.reason)),
	},
	org_root: { code: 16, read: (r) => ({ type: "org_root", rootPub: point(r) }), write: (b) => b.rootPub },
	org_recovery: { code: 17, read: (r) => ({ type: "org_recovery", recoveryPub: point(r) }), write: (b) => b.recoveryPub },
	org_issuer: {
		code: 18,
		read: (r) => ({ type: "org_issuer", user: r.take(16), issuerPub: point(r), validUntil: r.u64() }),
		write: (b) => concat(b.user, b.issuerPub, u64(b.validUntil)),
	},
	org_issuer_revoke: { code: 19, read: (r) => ({ type: "org_issuer_revoke", kid: r.take(32) }), write: (b) => b.kid },
};

const BY_CODE = new Map(Object.values(ROWS).map((row) => [row.code, row]));

/** Throws SealError("malformed") for anything that is not exactly one body of section 6. */
export const parseIdentity = (bytes: Bytes): { subject: Bytes; body: IdentityBody } => {
	const r = reader(bytes);
	try {
		const row = BY_CODE.get(r.u8()) ?? malformed();
		const subject = r.take(16);
		const body = row.read(r);
		return r.left() === 0 ? { subject, body } : malformed();
	} catch {
		return malformed();
	}
};

export const encodeIdentity = (subject: Bytes, body: IdentityBody): Bytes => {
	const row = ROWS[body.type] as Row<typeof body.type>;
	return concat(u8(row.code), subject, row.write(body as never));
};

/** A parsed entry with the key ids that the rules need and only a hash can tell. */
export interface IdentityEntry {
	readonly env: Envelope;
	readonly subject: Bytes;
	readonly body: IdentityBody;
	/** kid_sig of the signing key that the entry brings (also a root's, an issuer's); zeroes for other types. */
	readonly sigKid: Bytes;
	/** kid_enc of the encryption key that the entry brings (also the recovery key's); zeroes for other types. */
	readonly encKid: Bytes;
}

/** The keys that a body brings. */
const broughtKeys = (b: IdentityBody): { sig?: Bytes; enc?: Bytes } => {
	if ("sigPub" in b) return { sig: b.sigPub, enc: b.encPub };
	if (b.type === "org_root") return { sig: b.rootPub };
	if (b.type === "org_issuer") return { sig: b.issuerPub };
	return b.type === "org_recovery" ? { enc: b.recoveryPub } : {};
};

export const readIdentity = async (bytes: Bytes): Promise<IdentityEntry> => {
	const env = await parseEnvelope(bytes);
	if (env.kind !== KIND.identity || !env.body) throw new SealError("kind");
	const { subject, body } = parseIdentity(env.body);
	const { sig, enc } = broughtKeys(body);
	return { env, subject, body, sigKid: sig ? await kidSig(sig) : zeroes(32), encKid: enc ? await kidEnc(enc) : zeroes(32) };
};

/** Where an entry goes: the chain that it follows. */
export interface ChainPlace {
	readonly org: Bytes;
	readonly subject: Bytes;
	readonly head: Bytes;
	readonly n: number;
}

export const signIdentity = (
	signer: SigningKey, sender: Bytes, place: ChainPlace, body: IdentityBody, msgId: Bytes, time: number,
): Promise<Bytes> => {
	const bytes = encodeIdentity(place.subject, body);
	const fields = {
		kind: KIND.identity, org: place.org, room: zeroes(16), msgId, sender, senderKid: signer.kid, epoch: 0, seq: place.n,
		logHead: place.head, parents: [], time, retention: 0, clear: zeroes(0),
	};
	return finish(signer, buildHeader(fields, bytes.length), bytes);
};

export const rotateBytes = (org: Bytes, subject: Bytes, prev: Bytes, sigKid: Bytes, encKid: Bytes): Bytes =>
	labelled(LABEL.rotate, org, subject, prev, sigKid, encKid);

/** The new key's own word in a ROTATE. */
export const signRotate = (newKey: SigningKey, place: ChainPlace, encKid: Bytes): Promise<Bytes> =>
	sign(newKey, rotateBytes(place.org, place.subject, place.head, newKey.kid, encKid));
