// Which font sets which letters. Latin, Greek and Cyrillic come with every document; Arabic (also of Persian, Urdu and Kurdish), Hebrew
// and Thai have fonts that are fetched with the first of their letters; what else the device itself can draw (Chinese, Japanese, pictures
// of faces) stands in the document as a small picture with its text behind it; and what nothing can draw is a box, counted and named.

import type PDFDocument from "pdfkit";
import type { Picture } from "pdfkit";

export const EXTRA = ["arabic", "hebrew", "thai"] as const;
export type Extra = (typeof EXTRA)[number];
export type FontName = "plain" | "strong" | Extra;

const SCRIPTS: Readonly<Record<Extra, RegExp>> = { arabic: /\p{scx=Arab}/u, hebrew: /\p{Script=Hebrew}/u, thai: /\p{Script=Thai}/u };

const FETCHED: Readonly<Record<Extra, RegExp>> = { arabic: /\p{Script=Arabic}/u, hebrew: SCRIPTS.hebrew, thai: SCRIPTS.thai };

/** The fonts beyond the first that a text needs. */
export const fontsFor = (text: string): readonly Extra[] => EXTRA.filter((one) => FETCHED[one].test(text));

/** A sign as the device draws it: a JPEG of a line's height, and how wide that is by it. */
export interface Drawn {
	readonly jpeg: ArrayBuffer;
	readonly wide: number;
}

/** Undefined: the device cannot either. */
export type Drawing = (sign: string) => Promise<Drawn | undefined>;

export interface Setting {
	readonly font: FontName;
	readonly text: string;
	readonly picture?: { readonly image: Picture; readonly wide: number };
}

export const NOTHING = "\u25A1";

/** Signs without a look of their own: they say how others look, or are used to hide. */
const UNSEEN = /[\uFE0E\uFE0F\u200B-\u200F\u2028-\u202E\u2060-\u2069\uFEFF]/gu;
/** But these two say how letters beside them join. */
const JOINING = /[^\u200C\u200D]/;
const LOW = /^[\p{scx=Latn}\p{scx=Grek}\p{scx=Cyrl}\p{N}\p{P}\p{Zs}\p{Sm}\p{Sc}]*$/u;

const segmenter = new Intl.Segmenter("fi", { granularity: "grapheme" });
export const signsOf = (text: string): string[] => (/^[\x20-\x7e\u00a0-\u024f]*$/.test(text) ? [...text] : [...segmenter.segment(text)].map(({ segment }) => segment));

export interface Letters {
	add(name: FontName, bytes: Uint8Array): void;
	has(name: FontName): boolean;
	/** Draws what no font sets, before it is written. */
	prepare(text: string): Promise<void>;
	/** Runs of one font each, in the order of the text. */
	set(text: string, strong: boolean): readonly Setting[];
	/** Signs for which a box stands, with how often. */
	readonly missing: ReadonlyMap<string, number>;
}

export const makeLetters = (doc: PDFDocument, draw: Drawing | undefined): Letters => {
	const fonts = new Map<FontName, (point: number) => boolean>();
	const pictures = new Map<string, { image: Picture; wide: number } | undefined>();
	const known = new Map<string, FontName | undefined>();
	const missing = new Map<string, number>();

	const holds = (name: FontName, sign: string): boolean => {
		const has = fonts.get(name);
		return !!has && [...sign.replace(UNSEEN, "")].every((letter) => has(letter.codePointAt(0) as number));
	};

	const find = (sign: string): FontName | undefined => {
		const extra = EXTRA.find((one) => SCRIPTS[one].test(sign) && holds(one, sign));
		return holds("plain", sign) ? "plain" : extra;
	};

	const fontOf = (sign: string): FontName | undefined => {
		if (!known.has(sign)) known.set(sign, find(sign));
		return known.get(sign);
	};

	const one = (sign: string, strong: boolean): Setting => {
		const font = fontOf(sign);
		if (font) return { font: font === "plain" && strong ? "strong" : font, text: sign.replace(UNSEEN, (mark) => (font === "arabic" && !JOINING.test(mark) ? mark : "")) };
		const picture = pictures.get(sign);
		if (picture) return { font: "plain", text: sign, picture };
		missing.set(sign, (missing.get(sign) ?? 0) + 1);
		return { font: "plain", text: NOTHING };
	};

	return {
		missing,
		has: (name) => fonts.has(name),
		add: (name, bytes) => {
			doc.registerFont(name, bytes);
			const { font } = doc.font(name)._font;
			fonts.set(name, (point) => font.hasGlyphForCodePoint(point));
			known.clear();
		},
		prepare: async (text) => {
			if (!draw || LOW.test(text)) return;
			for (const sign of new Set(signsOf(text))) {
				if (fontOf(sign) || pictures.has(sign)) continue;
				const drawn = await draw(sign);
				pictures.set(sign, drawn && { image: doc.openImage(drawn.jpeg), wide: drawn.wide });
			}
		},
		set: (text, strong) => {
			const runs: Setting[] = [];
			for (const sign of signsOf(text)) {
				const next = one(sign, strong);
				const last = runs.at(-1);
				if (last && !last.picture && !next.picture && last.font === next.font) runs[runs.length - 1] = { font: last.font, text: last.text + next.text };
				else if (next.text !== "") runs.push(next);
			}
			return runs;
		},
	};
};
