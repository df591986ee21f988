// Chance from a seed: the same seed makes the same choices, and what one part draws moves no other part's draws.

export interface Chance {
	/** From 0 up to, not including, n. */
	below(n: number): number;
	/** From least to most, both included. */
	between(least: number, most: number): number;
	happens(probability: number): boolean;
	pick<T>(from: readonly T[]): T;
	/** A name of a row of weights. */
	weighed<K extends string>(weights: Readonly<Record<K, number>>): K;
	/** Another stream, told apart by a name. */
	fork(name: string): Chance;
}

const mix = (seed: number, text: string): number => {
	let h = seed ^ 0x9e3779b9;
	for (const letter of text) h = Math.imul(h ^ (letter.codePointAt(0) as number), 0x85ebca6b) ^ (h >>> 13);
	return h >>> 0;
};

export const makeChance = (seed: number): Chance => {
	let state = mix(seed, "chance");
	const next = (): number => {
		state = (state + 0x6d2b79f5) >>> 0;
		let t = Math.imul(state ^ (state >>> 15), state | 1);
		t = (t + Math.imul(t ^ (t >>> 7), t | 61)) ^ t;
		return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
	};
	const below = (n: number): number => Math.floor(next() * n);
	return {
		below,
		between: (least, most) => least + below(most - least + 1),
		happens: (probability) => next() < probability,
		pick: (from) => from[below(from.length)] as (typeof from)[number],
		weighed: (weights) => {
			const rows = Object.entries<number>(weights);
			let left = next() * rows.reduce((sum, [, weight]) => sum + weight, 0);
			const found = rows.find(([, weight]) => (left -= weight) < 0) ?? rows.at(-1);
			return found?.[0] as keyof typeof weights;
		},
		fork: (name) => makeChance(mix(seed, name)),
	};
};
