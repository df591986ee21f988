// SEAL (FORMAT.md section 2): the C2SP chunked encryption, Cobblestone-256. The commitment is compared before anything is
// decrypted, and the last chunk is always short, so that a piece less, a piece more or two pieces swapped all fail.

import { concat, equal, random, SealError, utf8, type Bytes } from "./bytes.js";
import { mac, type SealKey } from "./derive.js";
import { SEAL_INFO } from "./labels.js";

export const CHUNK = 16_384;
export const TAG = 16;
const SALT = 24;
export const SEAL_PREFIX = SALT + 32;

export const sealedLength = (plain: number): number => SEAL_PREFIX + plain + TAG * (Math.floor(plain / CHUNK) + 1);

/** What seals and opens the chunks of one sealing; whoever seals gives each number once. */
export interface Chunks {
	/** Salt and commitment, as they stand before the first chunk. */
	readonly prefix: Bytes;
	seal(i: number, piece: Bytes): Promise<Bytes>;
	/** Throws SealError("sealed") for what is not that chunk. */
	open(i: number, piece: Bytes): Promise<Bytes>;
}

/** base_nonce XOR i; i stays far below 2^32, so only the last four bytes change. */
const chunkNonce = (base: Bytes, i: number): Bytes => {
	const nonce = base.slice();
	const view = new DataView(nonce.buffer);
	view.setUint32(8, (view.getUint32(8) ^ i) >>> 0);
	return nonce;
};

/** `salt` is given only where a vector is made: the same key, salt and context must never seal two plaintexts. */
export const makeChunks = async (sealKey: SealKey, context: Bytes, salt: Bytes = random(SALT)): Promise<Chunks> => {
	const info = concat(utf8(SEAL_INFO), salt, context);
	const first = await mac(sealKey, concat(info, Uint8Array.of(1)));
	const second = await mac(sealKey, concat(first, info, Uint8Array.of(2)));
	const key = await crypto.subtle.importKey("raw", first.subarray(0, 32), "AES-GCM", false, ["encrypt", "decrypt"]);
	const nonce = first.slice(32, 44);
	const prefix = concat(salt, first.subarray(44), second.subarray(0, 12));
	first.fill(0);
	second.fill(0);
	const mode = (i: number) => ({ name: "AES-GCM", iv: chunkNonce(nonce, i) });
	return {
		prefix,
		seal: async (i, piece) => new Uint8Array(await crypto.subtle.encrypt(mode(i), key, piece)),
		open: async (i, piece) => {
			try {
				return new Uint8Array(await crypto.subtle.decrypt(mode(i), key, piece));
			} catch {
				throw new SealError("sealed");
			}
		},
	};
};

/** The chunks of what begins with this prefix; throws SealError("sealed") if it commits to another key, context or salt. */
export const readChunks = async (sealKey: SealKey, context: Bytes, prefix: Bytes): Promise<Chunks> => {
	const chunks = await makeChunks(sealKey, context, prefix.subarray(0, SALT));
	if (!equal(chunks.prefix, prefix)) throw new SealError("sealed");
	return chunks;
};

export const seal = async (sealKey: SealKey, context: Bytes, plain: Bytes, salt?: Bytes): Promise<Bytes> => {
	const chunks = await makeChunks(sealKey, context, salt);
	const out = new Uint8Array(sealedLength(plain.length));
	out.set(chunks.prefix, 0);
	let at = SEAL_PREFIX;
	for (let i = 0; i * CHUNK <= plain.length; i++) {
		const sealed = await chunks.seal(i, plain.subarray(i * CHUNK, (i + 1) * CHUNK));
		out.set(sealed, at);
		at += sealed.length;
	}
	return out;
};

/** Throws SealError("sealed") for whatever is not exactly what `seal` made under this key and context. */
export const open = async (sealKey: SealKey, context: Bytes, sealed: Bytes): Promise<Bytes> => {
	const left = sealed.length - SEAL_PREFIX;
	const n = Math.floor(left / (CHUNK + TAG));
	const plainLength = left - (n + 1) * TAG;
	if (left < TAG || plainLength < n * CHUNK) throw new SealError("sealed");
	const chunks = await readChunks(sealKey, context, sealed.subarray(0, SEAL_PREFIX));
	const plain = new Uint8Array(plainLength);
	for (let i = 0; i <= n; i++) {
		const piece = sealed.subarray(SEAL_PREFIX + i * (CHUNK + TAG), SEAL_PREFIX + (i + 1) * (CHUNK + TAG));
		plain.set(await chunks.open(i, piece), i * CHUNK);
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
