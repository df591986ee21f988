// What the manifest of a file (kind 5) says in clear, which the server checks (FORMAT.md section 12).

import { concat, reader, u32, u64, type Bytes } from "./bytes.js";
import { PART_SIZE } from "./file.js";

export interface FileClear {
	readonly file: Bytes;
	readonly cipherSize: number;
	/** SHA-256 of the digests of all parts, one after another. */
	readonly partsHash: Bytes;
}

export const makeFileClear = (f: FileClear): Bytes => concat(f.file, u64(f.cipherSize), u32(PART_SIZE), f.partsHash);

/** Of an envelope that parsed, so it is one. */
export const readFileClear = (clear: Bytes): FileClear => {
	const r = reader(clear);
	const [file, cipherSize] = [r.take(16), r.u64()];
	r.u32();
	return { file, cipherSize, partsHash: r.take(32) };
};
