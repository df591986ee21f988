// Hashes and derivations (FORMAT.md section 1): `label 0 fields` is the only form that is ever hashed, signed or derived from.

import { concat, utf8, zeroes, type Bytes } from "./bytes.js";
import { LABEL, type Label } from "./labels.js";

const subtle = crypto.subtle;

export const sha256 = async (bytes: Bytes): Promise<Bytes> => new Uint8Array(await subtle.digest("SHA-256", bytes));

/** label | 0 | fields */
export const labelled = (label: Label, ...fields: Bytes[]): Bytes => concat(utf8(label), zeroes(1), ...fields);

export const labelledHash = (label: Label, ...fields: Bytes[]): Promise<Bytes> => sha256(labelled(label, ...fields));

/** A root of derivations that cannot be read back (EK_n, SK_n, URK, an invitation's secret). */
export const importRoot = (raw: Bytes): Promise<CryptoKey> => subtle.importKey("raw", raw, "HKDF", false, ["deriveBits"]);

/** HKDF-SHA-256, empty salt, 32 bytes. */
export const derive = async (root: CryptoKey, label: Label, ...fields: Bytes[]): Promise<Bytes> => {
	const algorithm = { name: "HKDF", hash: "SHA-256", salt: zeroes(0), info: labelled(label, ...fields) };
	return new Uint8Array(await subtle.deriveBits(algorithm, root, 256));
};

export const importMac = (raw: Bytes, hash: "SHA-256" | "SHA-512"): Promise<CryptoKey> =>
	subtle.importKey("raw", raw, { name: "HMAC", hash }, false, ["sign", "verify"]);

export const mac = async (key: CryptoKey, bytes: Bytes): Promise<Bytes> => new Uint8Array(await subtle.sign("HMAC", key, bytes));

export const verifyMac = (key: CryptoKey, tag: Bytes, bytes: Bytes): Promise<boolean> => subtle.verify("HMAC", key, tag, bytes);

/** The key of SEAL. It is held as an HMAC key, because HKDF-Expand is all that is ever done with it. */
export type SealKey = CryptoKey;

export const importSealKey = async (raw: Bytes): Promise<SealKey> => {
	const key = await importMac(raw, "SHA-512");
	raw.fill(0);
	return key;
};

export const deriveSealKey = async (root: CryptoKey, label: Label, ...fields: Bytes[]): Promise<SealKey> =>
	importSealKey(await derive(root, label, ...fields));

export const kidSig = (pub: Bytes): Promise<Bytes> => labelledHash(LABEL.kidSig, pub);
export const kidEnc = (pub: Bytes): Promise<Bytes> => labelledHash(LABEL.kidEnc, pub);
