// A table of organisations in pieces for the server. Rows of one business id and of those under it decide about each other (which of
// two is the second, whether there is a parent), so that they are never parted: each piece is judged as the whole table would be. Pure.

interface Row {
	readonly business_id: string;
	readonly under: string;
}

/** Places of rows, in their order within a piece. A family larger than `most` is a piece of its own. */
export const piecesOf = (rows: readonly Row[], most: number): readonly (readonly number[])[] => {
	const families = new Map<string, number[]>();
	rows.forEach((row, i) => {
		const name = row.under || row.business_id;
		const family = families.get(name);
		if (family) family.push(i);
		else families.set(name, [i]);
	});
	const pieces: number[][] = [];
	for (const family of families.values()) {
		const last = pieces.at(-1);
		if (last && last.length + family.length <= most) last.push(...family);
		else pieces.push([...family]);
	}
	return pieces.map((piece) => piece.sort((a, b) => a - b));
};
