// Delta debugging after Zeller and Hildebrandt: of the things that were there when something went wrong, few with which it still does.

/** `fails` says whether it goes wrong with those alone; `goesOn` whether there is time for another try. */
export const shrink = async <T>(all: readonly T[], fails: (some: readonly T[]) => Promise<boolean>, goesOn: () => boolean): Promise<readonly T[]> => {
	if (all.length > 0 && goesOn() && (await fails([]))) return [];
	let left = all;
	for (let parts = 2; left.length > 1 && goesOn(); ) {
		const size = Math.ceil(left.length / parts), cuts = Array.from({ length: Math.ceil(left.length / size) }, (_, i) => i * size);
		const alone = cuts.map((at) => left.slice(at, at + size)), without = cuts.map((at) => [...left.slice(0, at), ...left.slice(at + size)]);
		const tries = [...alone.map((some) => ({ some, next: 2 })), ...(parts > 2 ? without : []).map((some) => ({ some, next: Math.max(2, parts - 1) }))];
		let found: (typeof tries)[number] | undefined;
		for (const one of tries) if (!found && goesOn() && (await fails(one.some))) found = one;
		if (!found && parts >= left.length) break;
		[left, parts] = found ? [found.some, found.next] : [left, Math.min(left.length, 2 * parts)];
	}
	return left;
};
