// Cuts what arrives into the parts that were asked for. While one part is taken the next one gathers, and no more than that.

import { refusal } from "./refusal.js";
import type { RunRequest } from "./platform.js";
import type { Bytes } from "../seal/index.js";

export interface Cutter {
	/** Resolves when more may come. Rejects with what `take` did, or "offline" when there is more than was asked for. */
	add(piece: Uint8Array): Promise<void>;
	/** Rejects with "offline" when something is missing. */
	end(): Promise<void>;
}

export const makeCutter = ({ sizes, take }: Pick<RunRequest, "sizes" | "take">): Cutter => {
	let [n, filled] = [0, 0];
	let part: Bytes = new Uint8Array(sizes[0] ?? 0);
	let taking: Promise<void> = Promise.resolve();

	const next = async (): Promise<void> => {
		await taking;
		taking = take(part);
		taking.catch(() => undefined); // told by whoever waits for it next
		[n, filled] = [n + 1, 0];
		part = new Uint8Array(sizes[n] ?? 0);
	};

	return {
		add: async (piece) => {
			for (let at = 0; at < piece.length; ) {
				if (n === sizes.length) throw refusal("offline");
				const some = piece.subarray(at, at + part.length - filled);
				part.set(some, filled);
				filled += some.length;
				at += some.length;
				if (filled === part.length) await next();
			}
		},
		end: async () => {
			await taking;
			if (n < sizes.length) throw refusal("offline");
		},
	};
};
