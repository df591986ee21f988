// An invitation (FORMAT.md section 5): a one-time pair of keys whose secret is only in the fragment of a link, which browsers do
// not send. A link that came by e-mail has no secret. The organisation's root in the fragment is the client's anchor.

import { concat, fromBase64Url, fromUtf8, random, reader, SealError, toBase64Url, u8, utf8, type Bytes } from "./bytes.js";
import { deriveSealKey, importRoot, labelledHash, type SealKey } from "./derive.js";
import { LABEL, SUITE } from "./labels.js";
import { importEncryption, importSigning, makePair, type EncryptionKey, type RawPair, type SigningKey } from "./p256.js";
import { open, pad, seal, unpad } from "./seal.js";

const VERSION = 1;
const MAILED = 2;
export const INVITE_PATH = "/kutsu#";

export interface InvitePlace {
	readonly org: Bytes;
	readonly room: Bytes;
	readonly invite: Bytes;
}

/** What the link carries. */
export interface Fragment extends InvitePlace {
	readonly token: Bytes;
	/** None: the link came by e-mail, and whoever shows it waits to be let in. */
	readonly secret: Bytes | undefined;
	readonly rootKid: Bytes;
}

export const encodeFragment = ({ org, room, invite, token, secret, rootKid }: Fragment): string =>
	toBase64Url(concat(u8(secret ? VERSION : MAILED), org, room, invite, token, ...(secret ? [secret] : []), rootKid));

/** Throws SealError("fragment"). */
export const decodeFragment = (text: string): Fragment => {
	try {
		const r = reader(fromBase64Url(text));
		const version = r.u8();
		const place = { org: r.take(16), room: r.take(16), invite: r.take(16), token: r.take(16) };
		const f = { ...place, secret: version === VERSION ? r.take(32) : undefined, rootKid: r.take(32) };
		if ((version === VERSION || version === MAILED) && r.left() === 0) return f;
	} catch {
		// told below, in one word for whatever was wrong
	}
	throw new SealError("fragment");
};

/** What the server keeps of the token. */
export const tokenHash = (token: Bytes): Promise<Bytes> => labelledHash(LABEL.token, token);

const inviteKey = async (place: InvitePlace, secret: Bytes): Promise<SealKey> =>
	deriveSealKey(await importRoot(secret), LABEL.keyInvite, place.org, place.room, place.invite);

const context = (p: InvitePlace): Promise<Bytes> => labelledHash(LABEL.invite, u8(SUITE), p.org, p.room, p.invite);

export interface RawInvite {
	readonly sig: RawPair;
	readonly enc: RawPair;
	/** What the counsellor called the client. */
	readonly name: string;
}

export interface OpenedInvite {
	readonly sig: SigningKey;
	readonly enc: EncryptionKey;
	readonly name: string;
}

export const sealInvite = async (place: InvitePlace, secret: Bytes, invite: RawInvite): Promise<Bytes> => {
	const name = utf8(invite.name);
	if (name.length > 200) throw new SealError("content");
	const plain = concat(u8(VERSION), invite.sig.priv, invite.sig.pub, invite.enc.priv, invite.enc.pub, u8(name.length), name);
	return seal(await inviteKey(place, secret), await context(place), pad(plain));
};

/** Throws SealError for whatever the counsellor's browser did not seal for this link. */
export const openInvite = async (place: InvitePlace, secret: Bytes, sealed: Bytes): Promise<OpenedInvite> => {
	const r = reader(unpad(await open(await inviteKey(place, secret), await context(place), sealed)));
	const version = r.u8();
	const sig = { priv: r.take(32), pub: r.take(65) };
	const enc = { priv: r.take(32), pub: r.take(65) };
	const name = fromUtf8(r.take(r.u8()));
	if (version !== VERSION || r.left() > 0) throw new SealError("content");
	return { sig: await importSigning(sig), enc: await importEncryption(enc), name };
};

export interface NewInvite {
	readonly fragment: string;
	readonly invite: Bytes;
	readonly tokenHash: Bytes;
	readonly sealed: Bytes;
	readonly sigPub: Bytes;
	readonly encPub: Bytes;
}

/** Everything for one INVITE entry, its row on the server and its link. */
export const makeInvite = async (org: Bytes, room: Bytes, rootKid: Bytes, name: string): Promise<NewInvite> => {
	const place = { org, room, invite: random(16) };
	const [sig, enc] = [await makePair(), await makePair()];
	const [token, secret] = [random(16), random(32)];
	const sealed = await sealInvite(place, secret, { sig, enc, name });
	const made = {
		fragment: encodeFragment({ ...place, token, secret, rootKid }), invite: place.invite, tokenHash: await tokenHash(token),
		sealed, sigPub: sig.pub, encPub: enc.pub,
	};
	for (const pair of [sig, enc]) pair.priv.fill(0);
	return made;
};
