// A document of its own, to be signed: the same words and the same moment give the same bytes, wherever it is made, so that its hash says
// what it is. Written twice, because each page says how many there are.

import { writeDocument, type Fonts } from "./document.js";
import type { Drawing } from "./letters.js";
import { titled, type Speaking } from "./words.js";

export interface Paper {
	readonly title: string;
	/** When what it says was written. */
	readonly made: number;
	/** Of JSON (PaperBlock). */
	readonly lines: readonly string[];
}

export const writePaper = async (fonts: Fonts, plainly: Speaking, { title, made, lines }: Paper, give: (bytes: Uint8Array) => void, draw?: Drawing): Promise<void> => {
	const words = titled(plainly, title);
	const written = async (pages: number, hear: (bytes: Uint8Array) => void): Promise<number> => {
		const writing = writeDocument(fonts, words, hear, draw, { made, pages });
		for (const line of lines) await writing.line(line);
		await writing.end();
		return writing.pages();
	};
	await written(await written(1, () => undefined), give);
};
