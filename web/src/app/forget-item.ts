// The name of the item that carry.ts keeps, and its end: whatever way somebody leaves or comes, it does not stay.

export const ITEM = "luotsi";

/** A browser that keeps nothing keeps no item either. */
export const forgetItem = (): void => {
	try {
		sessionStorage.removeItem(ITEM);
	} catch {
		// nothing to take out
	}
};

