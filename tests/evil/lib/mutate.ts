// Everything that an evil client could write in the place of one field: each bit flipped, nothing, the most, one more, one less, what stands in
// another field of that size, chance; and the whole cut anywhere or made longer.

import { concat, type Bytes } from "../../../web/src/seal/index.js";
import type { Dice } from "../../seal/lib/dice.js";
import type { Field } from "./format.js";

export interface Mutant {
	readonly what: string;
	readonly bytes: Bytes;
}

const put = (bytes: Bytes, at: number, piece: Bytes): Bytes => {
	const copy = bytes.slice();
	copy.set(piece, at);
	return copy;
};

const added = (piece: Bytes, n: 1 | -1): Bytes => {
	const copy = piece.slice();
	for (let i = copy.length - 1; i >= 0; i--) {
		const sum = (copy[i] as number) + n;
		copy[i] = sum;
		if (sum >= 0 && sum <= 255) break;
	}
	return copy;
};

const flips = (piece: Bytes, dice: Dice, most: number): Bytes[] => {
	const bits = piece.length * 8;
	const chosen = bits <= most ? Array.from({ length: bits }, (_, i) => i) : Array.from({ length: most }, () => dice.below(bits));
	return chosen.map((bit) => put(piece, bit >> 3, Uint8Array.of((piece[bit >> 3] as number) ^ (1 << (bit & 7)))));
};

/** `most` bits of each field; the rest whole. */
export const mutants = (bytes: Bytes, fields: readonly Field[], dice: Dice, most: number): Mutant[] => {
	const made: Mutant[] = [];
	for (const { name, at, length } of fields) {
		const piece = bytes.slice(at, at + length);
		const others = fields.filter((one) => one.length === length && one.at !== at).map((one) => bytes.slice(one.at, one.at + length));
		const values = [...flips(piece, dice, most), piece.map(() => 0), piece.map(() => 255), added(piece, 1), added(piece, -1), ...others, dice.bytes(length)];
		for (const value of length > 0 ? values : []) made.push({ what: name, bytes: put(bytes, at, value) });
		made.push({ what: `cut before ${name}`, bytes: bytes.slice(0, at) }, { what: `without ${name}`, bytes: concat(bytes.slice(0, at), bytes.slice(at + length)) });
		made.push({ what: `${name} twice`, bytes: concat(bytes.slice(0, at + length), piece, bytes.slice(at + length)) });
	}
	made.push({ what: "longer", bytes: concat(bytes, Uint8Array.of(0)) }, { what: "nothing", bytes: new Uint8Array(0) });
	return made.filter((one) => one.bytes.length !== bytes.length || one.bytes.some((byte, i) => byte !== bytes[i]));
};
