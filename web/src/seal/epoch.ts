// The keys of an epoch and their wraps (FORMAT.md section 4). A receiver who opens a wrap recomputes the commitment that the
// EPOCH entry signs: nobody can hand different keys to different people.

import { Aes256Gcm, CipherSuite, DhkemP256HkdfSha256, HkdfSha256 } from "@hpke/core";
import { concat, equal, random, SealError, u32, u8, zeroes, type Bytes } from "./bytes.js";
import { derive, deriveSealKey, importRoot, labelled, labelledHash, type SealKey } from "./derive.js";
import { LABEL, SUITE } from "./labels.js";
import { importEncryptionPub, type EncryptionKey } from "./p256.js";

export const KEYSET = { all: 0, staff: 1 } as const;
export const RTYPE = { member: 1, invitation: 2, recovery: 3 } as const;
export const WRAP_SIZE = 113;
const ENC_SIZE = 65;

const suite = new CipherSuite({ kem: new DhkemP256HkdfSha256(), kdf: new HkdfSha256(), aead: new Aes256Gcm() });

/** org | room | n */
const place = (org: Bytes, room: Bytes, n: number): Bytes => concat(org, room, u32(n));

export interface EpochKeys {
	readonly n: number;
	readonly message: SealKey;
	readonly file: SealKey;
	readonly commit: Bytes;
}

export const deriveEpoch = async (ek: Bytes, org: Bytes, room: Bytes, n: number): Promise<EpochKeys> => {
	const root = await importRoot(ek);
	const at = place(org, room, n);
	return {
		n,
		message: await deriveSealKey(root, LABEL.keyMsg, at),
		file: await deriveSealKey(root, LABEL.keyFile, at),
		commit: await derive(root, LABEL.commit, at),
	};
};

export interface StaffKeys {
	readonly n: number;
	readonly note: SealKey;
	readonly commit: Bytes;
}

export const deriveStaff = async (sk: Bytes, org: Bytes, room: Bytes, n: number): Promise<StaffKeys> => {
	const root = await importRoot(sk);
	const at = place(org, room, n);
	return { n, note: await deriveSealKey(root, LABEL.keyNote, at), commit: await derive(root, LABEL.commitStaff, at) };
};

/** Everything that a wrap is bound to. */
export interface WrapPlace {
	readonly org: Bytes;
	readonly room: Bytes;
	readonly epoch: number;
	readonly keyset: number;
	readonly rtype: number;
	readonly rid: Bytes;
	readonly rkid: Bytes;
	readonly sender: Bytes;
	readonly senderKid: Bytes;
	readonly prev: Bytes;
}

export const wrapInfo = (w: WrapPlace): Bytes =>
	labelled(
		LABEL.wrap, u8(SUITE), w.org, w.room, u32(w.epoch), u8(w.keyset), u8(w.rtype), w.rid, w.rkid, w.sender, w.senderKid, w.prev,
	);

export const wrapHash = (w: Pick<WrapPlace, "keyset" | "rtype" | "rid" | "rkid">, wrap: Bytes): Promise<Bytes> =>
	labelledHash(LABEL.wrapHash, u8(w.keyset), u8(w.rtype), w.rid, w.rkid, wrap);

/** `enc_pub` belongs to w.rkid; the caller has it from a verified chain. */
export const wrapKey = async (w: WrapPlace, encPub: Bytes, key: Bytes): Promise<Bytes> => {
	const recipientPublicKey = await importEncryptionPub(encPub);
	const { enc, ct } = await suite.seal({ recipientPublicKey, info: wrapInfo(w) }, key, zeroes(0));
	return concat(new Uint8Array(enc), new Uint8Array(ct));
};

/**
 * Gives the raw 32 bytes, or throws SealError("wrap"). The recipient's pair is handed over whole: @hpke/core 1.9.0 fails
 * with a private key alone that cannot be read back.
 */
export const unwrapKey = async (w: WrapPlace, recipient: EncryptionKey, wrap: Bytes): Promise<Bytes> => {
	if (wrap.length !== WRAP_SIZE || !equal(w.rkid, recipient.kid)) throw new SealError("wrap");
	const recipientKey = { privateKey: recipient.privateKey, publicKey: recipient.publicKey };
	const enc = wrap.slice(0, ENC_SIZE);
	try {
		return new Uint8Array(await suite.open({ recipientKey, enc, info: wrapInfo(w) }, wrap.slice(ENC_SIZE), zeroes(0)));
	} catch {
		throw new SealError("wrap");
	}
};

/** Opens a wrap of EK and compares the commitment; throws SealError("commit") if another key was inside. */
export const openEpoch = async (w: WrapPlace, recipient: EncryptionKey, wrap: Bytes, commit: Bytes): Promise<EpochKeys> => {
	const ek = await unwrapKey(w, recipient, wrap);
	const keys = await deriveEpoch(ek, w.org, w.room, w.epoch);
	ek.fill(0);
	if (!equal(keys.commit, commit)) throw new SealError("commit");
	return keys;
};

export const openStaff = async (w: WrapPlace, recipient: EncryptionKey, wrap: Bytes, commit: Bytes): Promise<StaffKeys> => {
	const sk = await unwrapKey(w, recipient, wrap);
	const keys = await deriveStaff(sk, w.org, w.room, w.epoch);
	sk.fill(0);
	if (!equal(keys.commit, commit)) throw new SealError("commit");
	return keys;
};

export const makeKey = (): Bytes => random(32);
