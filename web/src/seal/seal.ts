// SEAL (FORMAT.md section 2): the C2SP chunked encryption, Cobblestone-256. The commitment is compared before anything is
// decrypted, and the last chunk is always short, so that a piece less, a piece more or two pieces swapped all fail.

import { concat, equal, random, SealError, utf8, type Bytes } from "./bytes.js";
import { mac, type SealKey } from "./derive.js";
import { SEAL_INFO } from "./labels.js";

const CHUNK = 16_384;
const TAG = 16;
const SALT = 24;
const PREFIX = SALT + 32;

export const sealedLength = (plain: number): number => PREFIX + plain + TAG * (Math.floor(plain / CHUNK) + 1);

interface Derived {
	readonly key: CryptoKey;
	readonly nonce: Bytes;
	readonly commitment: Bytes;
}

const expand = async (sealKey: SealKey, salt: Bytes, context: Bytes): Promise<Derived> => {
	const info = concat(utf8(SEAL_INFO), salt, context);
	const first = await mac(sealKey, concat(info, Uint8Array.of(1)));
	const second = await mac(sealKey, concat(first, info, Uint8Array.of(2)));
	const key = await crypto.subtle.importKey("raw", first.subarray(0, 32), "AES-GCM", false, ["encrypt", "decrypt"]);
	const derived = { key, nonce: first.slice(32, 44), commitment: concat(first.subarray(44), second.subarray(0, 12)) };
	first.fill(0);
	second.fill(0);
	return derived;
};

/** base_nonce XOR i; i stays far below 2^32, so only the last four bytes change. */
const chunkNonce = (base: Bytes, i: number): Bytes => {
	const nonce = base.slice();
	const view = new DataView(nonce.buffer);
	view.setUint32(8, (view.getUint32(8) ^ i) >>> 0);
	return nonce;
};

/** `salt` is given only where a vector is made: the same key, salt and context must never seal two plaintexts. */
export const seal = async (sealKey: SealKey, context: Bytes, plain: Bytes, salt: Bytes = random(SALT)): Promise<Bytes> => {
	const { key, nonce, commitment } = await expand(sealKey, salt, context);
	const out = new Uint8Array(sealedLength(plain.length));
	out.set(salt, 0);
	out.set(commitment, SALT);
	let at = PREFIX;
	for (let i = 0; i * CHUNK <= plain.length; i++) {
		const piece = plain.subarray(i * CHUNK, (i + 1) * CHUNK);
		const sealed = await crypto.subtle.encrypt({ name: "AES-GCM", iv: chunkNonce(nonce, i) }, key, piece);
		out.set(new Uint8Array(sealed), at);
		at += sealed.byteLength;
	}
	return out;
};

/** Throws SealError("sealed") for whatever is not exactly what `seal` made under this key and context. */
export const open = async (sealKey: SealKey, context: Bytes, sealed: Bytes): Promise<Bytes> => {
	const left = sealed.length - PREFIX;
	const n = Math.floor(left / (CHUNK + TAG));
	const plainLength = left - (n + 1) * TAG;
	if (left < TAG || plainLength < n * CHUNK) throw new SealError("sealed");
	const { key, nonce, commitment } = await expand(sealKey, sealed.subarray(0, SALT), context);
	if (!equal(commitment, sealed.subarray(SALT, PREFIX))) throw new SealError("sealed");
	const plain = new Uint8Array(plainLength);
	for (let i = 0; i <= n; i++) {
		const piece = sealed.subarray(PREFIX + i * (CHUNK + TAG), PREFIX + (i + 1) * (CHUNK + TAG));
		try {
			const opened = await crypto.subtle.decrypt({ name: "AES-GCM", iv: chunkNonce(nonce, i) }, key, piece);
			plain.set(new Uint8Array(opened), i * CHUNK);
		} catch {
			throw new SealError("sealed");
		}
	}
	return plain;
};

const PAD_LEAST = 256;
export const PAD_MOST = 65_536;

/** The padded length of n bytes of plaintext: 256, 512 ... 65,536. */
export const paddedLength = (n: number): number => {
	let size = PAD_LEAST;
	while (size < n + 4) size *= 2;
	if (size > PAD_MOST) throw new SealError("too_long");
	return size;
};

export const pad = (plain: Bytes): Bytes => {
	const padded = new Uint8Array(paddedLength(plain.length));
	new DataView(padded.buffer).setUint32(0, plain.length);
	padded.set(plain, 4);
	return padded;
};

export const unpad = (padded: Bytes): Bytes => {
	if (padded.length < PAD_LEAST) throw new SealError("padding");
	const n = new DataView(padded.buffer, padded.byteOffset).getUint32(0);
	if (n > padded.length - 4 || paddedLength(n) !== padded.length) throw new SealError("padding");
	if (!padded.subarray(4 + n).every((b) => b === 0)) throw new SealError("padding");
	return padded.slice(4, 4 + n);
};
