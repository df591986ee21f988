// The one thing that this page ever keeps in the browser: one item, ten minutes at most, in this tab alone, across the redirect to an
// identity provider (FORMAT.md section 8). The keys in it are sealed under a key that only the server has.

import { forgetItem, ITEM } from "./forget-item.js";

const MOST_MS = 10 * 60_000;

export interface Item {
	readonly state: string;
	readonly sealed: string;
	readonly provider: string;
	readonly at: number;
}

export const keepItem = (item: Item): void => sessionStorage.setItem(ITEM, JSON.stringify(item));

const isItem = (value: unknown): value is Item =>
	typeof value === "object" && value !== null && "state" in value && typeof value.state === "string" && "sealed" in value && typeof value.sealed === "string"
	&& "provider" in value && typeof value.provider === "string" && "at" in value && typeof value.at === "number";

/** Takes it out: whatever comes of it, it is read once. */
export const takeItem = (): Item | "none" | "old" => {
	try {
		const kept = sessionStorage.getItem(ITEM);
		forgetItem();
		if (kept === null) return "none";
		const item: unknown = JSON.parse(kept);
		if (!isItem(item)) return "none";
		return Date.now() - item.at <= MOST_MS ? item : "old";
	} catch {
		return "none";
	}
};
