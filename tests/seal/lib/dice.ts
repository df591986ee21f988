// Chance that can be repeated: everything a generator decides comes from one seed, which the test prints.

import { type Bytes } from "../../../web/src/seal/index.js";

export interface Dice {
	/** 0 <= n < below */
	below(n: number): number;
	chance(percent: number): boolean;
	pick<T>(list: readonly T[]): T;
	bytes(n: number): Bytes;
}

/** mulberry32 */
export const makeDice = (seed: number): Dice => {
	let state = seed >>> 0;
	const next = (): number => {
		state = (state + 0x6d2b79f5) >>> 0;
		let t = Math.imul(state ^ (state >>> 15), state | 1);
		t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
		return (t ^ (t >>> 14)) >>> 0;
	};
	const below = (n: number): number => next() % n;
	return {
		below,
		chance: (percent) => below(100) < percent,
		pick: (list) => list[below(list.length)] as never,
		bytes: (n) => {
			const words = Uint32Array.from({ length: Math.ceil(n / 4) }, next);
			return new Uint8Array(words.buffer, 0, n).slice();
		},
	};
};
