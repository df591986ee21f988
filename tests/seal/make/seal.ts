// seal.json: SEAL under our own contexts. The known answers of others stand in seal_c2sp.json and hpke_rfc9180.json, which are
// copied from their sources and not made here.

import { importSealKey, random, seal, type Bytes } from "../../../web/src/seal/index.js";
import { s } from "../lib/vectors.js";

/** The plaintext of length n in these vectors: byte i is i mod 251. */
export const plainOf = (n: number): Bytes => Uint8Array.from({ length: n }, (_, i) => i % 251);

export const makeSeal = async (): Promise<object> => {
	const vectors = [];
	for (const length of [0, 1, 32, 256, 16_383, 16_384, 16_385, 32_768]) {
		const [key, salt, context] = [random(32), random(24), random(32)];
		vectors.push({ key: s(key), salt: s(salt), context: s(context), length, sealed: s(await seal(await importSealKey(key.slice()), context, plainOf(length), salt)) });
	}
	return { plaintext: "byte i is i mod 251", vectors };
};
