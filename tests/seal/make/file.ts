// file.json: files of lengths around a chunk and a part. What is long is there as its hash: the second implementation of SEAL (seal2.ts) makes it whole.

import { makeFileSealer, pieceOf, random, sealFileKey, importSealKey, type Bytes, type FilePlace } from "../../../web/src/seal/index.js";
import { plainOf } from "./seal.js";
import { s } from "../lib/vectors.js";

export interface FileVector {
	readonly size: number;
	readonly salt: string;
	readonly padded: number;
	readonly sealed: number;
	readonly lengths: readonly number[];
	readonly digests: readonly string[];
	readonly parts_hash: string;
	readonly content_hash: string;
}

export interface FileVectors {
	readonly plaintext: string;
	readonly org: string;
	readonly room: string;
	readonly file: string;
	readonly key: string;
	readonly epoch_key: string;
	readonly sealed_key: string;
	readonly vectors: readonly FileVector[];
}

const SIZES = [1, 255, 256, 257, 16_383, 16_384, 100_000, 1_048_576, 1_048_577, 3_000_000];

const oneOf = async (place: FilePlace, key: Bytes, size: number): Promise<FileVector> => {
	const salt = random(24);
	const sealer = await makeFileSealer(place, key.slice(), size, salt);
	const plain = plainOf(size);
	const [lengths, digests]: [number[], string[]] = [[], []];
	for (let n = 0; n < sealer.shape.parts; n++) {
		const { bytes, digest } = await sealer.part(n, plain.slice(...pieceOf(size, n)));
		lengths.push(bytes.length);
		digests.push(s(digest));
	}
	const { padded, sealed } = sealer.shape;
	const { parts, content } = await sealer.hashes();
	return { size, salt: s(salt), padded, sealed, lengths, digests, parts_hash: s(parts), content_hash: s(content) };
};

export const makeFiles = async (): Promise<FileVectors> => {
	const place = { org: random(16), room: random(16), file: random(16) };
	const [key, epochKey] = [random(32), random(32)];
	const vectors = [];
	for (const size of SIZES) vectors.push(await oneOf(place, key, size));
	const sealed = await sealFileKey(await importSealKey(epochKey.slice()), place, key);
	return {
		plaintext: "byte i is i mod 251", org: s(place.org), room: s(place.room), file: s(place.file), key: s(key), epoch_key: s(epochKey), sealed_key: s(sealed), vectors,
	};
};
