// The sheets of the demonstration's three officers as text files: what the page prints, for a machine without a printer.

import type { SheetView } from "../client/api.js";

const ROOT = "juuriavain     ";
const RECOVERY = "palautusavain  ";

export const sheetText = (organisation: string, n: number, { root, recovery }: SheetView): string =>
	[
		`${organisation}: lehti ${n}/3. Mitkä tahansa kaksi lehteä yhdessä palauttavat avaimet. Säilytä kassakaapissa, älä koneella.`,
		`${ROOT}${root}`,
		`${RECOVERY}${recovery}`,
		"",
	].join("\n");

/** Read back from the text, as from paper. */
export const codesOf = (text: string): string =>
	text.split("\n").flatMap((line) => [ROOT, RECOVERY].filter((name) => line.startsWith(name)).map((name) => line.slice(name.length))).join("\n");
