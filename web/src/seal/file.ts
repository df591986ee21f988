// Files (FORMAT.md section 12): a file is sealed under a key of its own, in parts of 64 chunks that travel by themselves. What is here
// holds one part at a time, seals each part once, and gives nothing for whole that was not checked to its last byte.

import { concat, equal, isZero, SealError, u64, type Bytes } from "./bytes.js";
import { importSealKey, labelledHash, sha256, type SealKey } from "./derive.js";
import { LABEL } from "./labels.js";
import { CHUNK, makeChunks, open, readChunks, seal, SEAL_PREFIX, sealedLength, TAG, type Chunks } from "./seal.js";

const PART_CHUNKS = 64;
/** What of the padded file one part carries, and its sealed size; the first is longer by the prefix. */
export const PART_PLAIN = PART_CHUNKS * CHUNK;
export const PART_SIZE = PART_CHUNKS * (CHUNK + TAG);
export const MOST_FILE = 2 ** 40;
const LEAST_PADDED = 256;

export interface FilePlace {
	readonly org: Bytes;
	readonly room: Bytes;
	readonly file: Bytes;
}

/** Padme (Nikitin and others, "Reducing metadata leakage", 2019): at most 12 % longer, and the length tells about log2(log2 n) bits. */
export const padme = (size: number): number => {
	const n = Math.max(size, LEAST_PADDED);
	const exponent = Math.floor(Math.log2(n));
	const step = 2 ** (exponent - Math.floor(Math.log2(exponent)) - 1);
	return Math.ceil(n / step) * step;
};

export interface FileShape {
	readonly padded: number;
	readonly sealed: number;
	readonly parts: number;
	/** Sealed length of part n. */
	part(n: number): number;
}

export const shapeOf = (size: number): FileShape => {
	if (!Number.isSafeInteger(size) || size < 1 || size > MOST_FILE) throw new SealError("length");
	const padded = padme(size);
	const sealed = sealedLength(padded);
	const parts = Math.ceil((sealed - SEAL_PREFIX) / PART_SIZE);
	const end = (n: number): number => Math.min(sealed, SEAL_PREFIX + (n + 1) * PART_SIZE);
	return { padded, sealed, parts, part: (n) => end(n) - (n === 0 ? 0 : end(n - 1)) };
};

const contextOf = (p: FilePlace): Promise<Bytes> => labelledHash(LABEL.file, p.org, p.room, p.file);

/** The file's key under K_filekey of an epoch; `raw` is not wiped. */
export const sealFileKey = async (epochKey: SealKey, p: FilePlace, raw: Bytes): Promise<Bytes> =>
	seal(epochKey, await labelledHash(LABEL.fileKey, p.org, p.room, p.file), raw);

export const openFileKey = async (epochKey: SealKey, p: FilePlace, sealed: Bytes): Promise<Bytes> => {
	const raw = await open(epochKey, await labelledHash(LABEL.fileKey, p.org, p.room, p.file), sealed);
	if (raw.length !== 32) throw new SealError("sealed");
	return raw;
};

/** What the manifest commits to: all parts as they are stored, and the file as it was. */
export interface FileHashes {
	readonly parts: Bytes;
	readonly content: Bytes;
}

const hashesOf = async (size: number, digests: readonly Bytes[], pieces: readonly Bytes[]): Promise<FileHashes> => ({
	parts: await sha256(concat(...digests)),
	content: await labelledHash(LABEL.fileHash, u64(size), ...pieces),
});

/** The bytes of the file itself that part n carries: [from, to). */
export const pieceOf = (size: number, n: number): readonly [number, number] => [Math.min(size, n * PART_PLAIN), Math.min(size, (n + 1) * PART_PLAIN)];

export interface SealedPart {
	readonly bytes: Bytes;
	readonly digest: Bytes;
}

export interface FileSealer {
	readonly shape: FileShape;
	/** Part n of `piece`, which pieceOf names. Each part once: the same key and nonce must never seal two plaintexts. */
	part(n: number, piece: Bytes): Promise<SealedPart>;
	/** After the last part. */
	hashes(): Promise<FileHashes>;
}

/** `raw` is wiped. Key and salt live here and nowhere else. */
export const makeFileSealer = async (p: FilePlace, raw: Bytes, size: number, salt?: Bytes): Promise<FileSealer> => {
	const shape = shapeOf(size);
	const chunks = await makeChunks(await importSealKey(raw), await contextOf(p), salt);
	const begun = new Set<number>();
	const digests: Bytes[] = [];
	const pieces: Bytes[] = [];

	const sealPart = async (n: number, piece: Bytes): Promise<Bytes> => {
		const plain = new Uint8Array(Math.min(PART_PLAIN, shape.padded - n * PART_PLAIN));
		plain.set(piece);
		const sealed: Bytes[] = n === 0 ? [chunks.prefix] : [];
		const last = n === shape.parts - 1;
		const count = last ? Math.floor(plain.length / CHUNK) + 1 : PART_CHUNKS;
		for (let i = 0; i < count; i++) sealed.push(await chunks.seal(n * PART_CHUNKS + i, plain.subarray(i * CHUNK, (i + 1) * CHUNK)));
		return concat(...sealed);
	};

	return {
		shape,
		part: async (n, piece) => {
			const [from, to] = pieceOf(size, n);
			if (n < 0 || n >= shape.parts || piece.length !== to - from) throw new SealError("length");
			if (begun.has(n)) throw new SealError("sealed_twice");
			begun.add(n);
			pieces[n] = await sha256(piece);
			const bytes = await sealPart(n, piece);
			return { bytes, digest: (digests[n] = await sha256(bytes)) };
		},
		hashes: async () => {
			for (let n = 0; n < shape.parts; n++) if (!digests[n]) throw new SealError("length");
			return hashesOf(size, digests, pieces);
		},
	};
};

export interface FileOpener {
	readonly shape: FileShape;
	/** The next part, from the first; gives its piece of the file. Nothing of it may be shown before `finish`. */
	part(bytes: Bytes): Promise<Bytes>;
	/** Throws SealError("digest") if the parts are not those of the manifest, "hash" if the file is not, "length" before the last part. */
	finish(): Promise<void>;
}

/** `raw` is wiped; `sealedSize` is the manifest's: a size that does not go with it is refused (`length`). */
export const makeFileOpener = async (p: FilePlace, raw: Bytes, size: number, sealedSize: number, hashes: FileHashes): Promise<FileOpener> => {
	const shape = shapeOf(size);
	const key = await importSealKey(raw);
	if (shape.sealed !== sealedSize) throw new SealError("length");
	const context = await contextOf(p);
	const digests: Bytes[] = [];
	const pieces: Bytes[] = [];
	let chunks: Chunks | undefined;

	const openPart = async (by: Chunks, n: number, sealed: Bytes): Promise<Bytes> => {
		const plain = new Uint8Array(Math.min(PART_PLAIN, shape.padded - n * PART_PLAIN));
		for (let i = 0; i * (CHUNK + TAG) < sealed.length; i++) {
			const piece = sealed.subarray(i * (CHUNK + TAG), (i + 1) * (CHUNK + TAG));
			plain.set(await by.open(n * PART_CHUNKS + i, piece), i * CHUNK);
		}
		return plain;
	};

	return {
		shape,
		part: async (bytes) => {
			const n = digests.length;
			if (n >= shape.parts || bytes.length !== shape.part(n)) throw new SealError("length");
			const by = (chunks ??= await readChunks(key, context, bytes.subarray(0, SEAL_PREFIX)));
			const plain = await openPart(by, n, n === 0 ? bytes.subarray(SEAL_PREFIX) : bytes);
			const [from, to] = pieceOf(size, n);
			const piece = plain.subarray(0, to - from);
			if (!isZero(plain.subarray(to - from))) throw new SealError("padding");
			digests.push(await sha256(bytes));
			pieces.push(await sha256(piece));
			return piece;
		},
		finish: async () => {
			if (digests.length !== shape.parts) throw new SealError("length");
			const found = await hashesOf(size, digests, pieces);
			if (!equal(found.parts, hashes.parts)) throw new SealError("digest");
			if (!equal(found.content, hashes.content)) throw new SealError("hash");
		},
	};
};
