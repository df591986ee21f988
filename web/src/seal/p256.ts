// P-256 keys: points, signatures with a low s, key pairs. Private keys live as CryptoKeys that cannot be read back; the raw 32
// bytes exist only where a pair is made, or taken out of what its owner sealed.

import { fromBase64Url, hex, SealError, toBase64Url, zeroes, concat, type Bytes } from "./bytes.js";
import { kidEnc, kidSig } from "./derive.js";

const P = 2n ** 256n - 2n ** 224n + 2n ** 192n + 2n ** 96n - 1n;
const B = 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604bn;
const N = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;

const ECDSA = { name: "ECDSA", namedCurve: "P-256" } as const;
const ECDH = { name: "ECDH", namedCurve: "P-256" } as const;
const SIGN = { name: "ECDSA", hash: "SHA-256" } as const;
const subtle = crypto.subtle;

const number = (bytes: Bytes): bigint => BigInt("0x" + hex(bytes));

/** An uncompressed point that is on the curve. */
export const isPoint = (pub: Bytes): boolean => {
	if (pub.length !== 65 || pub[0] !== 4) return false;
	const x = number(pub.subarray(1, 33));
	const y = number(pub.subarray(33));
	return x < P && y < P && (y * y - (x * x * x - 3n * x + B)) % P === 0n;
};

const bytesOf = (n: bigint): Bytes => {
	const text = n.toString(16).padStart(64, "0");
	return Uint8Array.from({ length: 32 }, (_, i) => Number.parseInt(text.slice(2 * i, 2 * i + 2), 16));
};

/** Of the two signatures (r, s) and (r, n - s) the one with the lower s is the signature here. */
export const lowS = (signature: Bytes): Bytes => {
	const s = number(signature.subarray(32));
	return s > N / 2n ? concat(signature.slice(0, 32), bytesOf(N - s)) : signature;
};

export interface SigningKey {
	readonly privateKey: CryptoKey;
	readonly pub: Bytes;
	readonly kid: Bytes;
}

export interface EncryptionKey {
	readonly privateKey: CryptoKey;
	readonly publicKey: CryptoKey;
	readonly pub: Bytes;
	readonly kid: Bytes;
}

/** The raw form of a pair, only for sealing it away. */
export interface RawPair {
	readonly priv: Bytes;
	readonly pub: Bytes;
}

const jwk = (pair: RawPair): JsonWebKey => ({
	kty: "EC",
	crv: "P-256",
	d: toBase64Url(pair.priv),
	x: toBase64Url(pair.pub.slice(1, 33)),
	y: toBase64Url(pair.pub.slice(33)),
});

export const makePair = async (): Promise<RawPair> => {
	const made = await subtle.generateKey(ECDH, true, ["deriveBits"]);
	const { d } = await subtle.exportKey("jwk", made.privateKey);
	return { priv: fromBase64Url(d as string), pub: new Uint8Array(await subtle.exportKey("raw", made.publicKey)) };
};

const importPair = async (pair: RawPair, algorithm: EcKeyImportParams, usage: KeyUsage): Promise<CryptoKey> => {
	if (!isPoint(pair.pub) || pair.priv.length !== 32) throw new SealError("key");
	try {
		return await subtle.importKey("jwk", jwk(pair), algorithm, false, [usage]);
	} catch {
		throw new SealError("key");
	}
};

export const importSigning = async (pair: RawPair): Promise<SigningKey> => {
	const key = { privateKey: await importPair(pair, ECDSA, "sign"), pub: pair.pub, kid: await kidSig(pair.pub) };
	if (!(await verify(pair.pub, zeroes(1), await sign(key, zeroes(1))))) throw new SealError("key");
	return key;
};

/** A public key that holds nothing but the point; for HPKE. */
export const importEncryptionPub = async (pub: Bytes): Promise<CryptoKey> => {
	if (!isPoint(pub)) throw new SealError("key");
	return subtle.importKey("raw", pub, ECDH, true, []);
};

export const importEncryption = async (pair: RawPair): Promise<EncryptionKey> => ({
	privateKey: await importPair(pair, ECDH, "deriveBits"),
	publicKey: await importEncryptionPub(pair.pub),
	pub: pair.pub,
	kid: await kidEnc(pair.pub),
});

/** Raw r||s, 64 bytes, low s. */
export const sign = async (key: SigningKey, bytes: Bytes): Promise<Bytes> =>
	lowS(new Uint8Array(await subtle.sign(SIGN, key.privateKey, bytes)));

/** Imported once for each array that holds a key: a room's verifier meets the same few keys thousands of times. */
const imported = new WeakMap<Bytes, Promise<CryptoKey>>();

const importVerifying = (pub: Bytes): Promise<CryptoKey> => {
	const known = imported.get(pub);
	if (known) return known;
	if (!isPoint(pub)) return Promise.reject(new SealError("key"));
	const key = subtle.importKey("raw", pub, ECDSA, true, ["verify"]);
	imported.set(pub, key);
	return key;
};

/** False also for a high s and for a key that is no point. */
export const verify = async (pub: Bytes, bytes: Bytes, signature: Bytes): Promise<boolean> => {
	if (signature.length !== 64 || lowS(signature) !== signature) return false;
	try {
		return await subtle.verify(SIGN, await importVerifying(pub), signature, bytes);
	} catch {
		return false;
	}
};
