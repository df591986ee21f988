// Text into lines: broken where its language breaks it, each line in the order in which it is seen (the Unicode Bidirectional Algorithm,
// UAX 9), a piece for each font and direction. pdfkit breaks and orders left-to-right text of one font only.

import bidiFactory from "bidi-js";
import type PDFDocument from "pdfkit";
import { signsOf, type Letters, type Setting } from "./letters.js";

const bidi = bidiFactory();

const RTL = /[\u0590-\u08FF\uFB1D-\uFDFF\uFE70-\uFEFC]/;
/** Scripts that break between words without a space, or between any two signs. */
const UNSPACED = /[\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]/u;

export interface Piece extends Setting {
	readonly level: number;
	readonly width: number;
}

export interface Line {
	/** From left to right. */
	readonly pieces: readonly Piece[];
	readonly width: number;
	/** The text in its own order, where what is drawn is not the same. */
	readonly actual: string | undefined;
	readonly fromRight: boolean;
}

export interface Look {
	readonly size: number;
	readonly strong: boolean;
}

interface Paragraph {
	readonly text: string;
	readonly levels: Uint8Array | undefined;
	readonly base: number;
}

const paragraphOf = (text: string): Paragraph => {
	if (!RTL.test(text)) return { text, levels: undefined, base: 0 };
	const found = bidi.getEmbeddingLevels(text);
	return { text, levels: found.levels, base: found.paragraphs[0]?.level ?? 0 };
};

/** Where a line may end: [from, to) of words and of spaces. */
const wordsOf = (text: string): [number, number][] => {
	const spans: [number, number][] = [];
	for (const { 0: word, index } of text.matchAll(/[^\S\u00a0\u202f]+|[\S\u00a0\u202f]+/g)) {
		if (!UNSPACED.test(word)) {
			spans.push([index, index + word.length]);
			continue;
		}
		for (const { segment, index: at } of new Intl.Segmenter("th", { granularity: "word" }).segment(word)) spans.push([index + at, index + at + segment.length]);
	}
	return spans;
};

const mirrored = (text: string, level: number): string =>
	level % 2 === 0 ? text : [...text].map((sign) => bidi.getMirroredCharacter(sign) ?? sign).join("");

/** The order in which pieces are seen: from the highest level down, what is at it or above is turned round (UAX 9, L2). */
const visual = (pieces: readonly Piece[]): Piece[] => {
	const order = [...pieces];
	const most = Math.max(0, ...order.map(({ level }) => level));
	for (let level = most; level > 0; level--)
		for (let from = 0; from < order.length; from++) {
			let to = from;
			while (to < order.length && (order[to] as Piece).level >= level) to++;
			if (to > from + 1) order.splice(from, to - from, ...order.slice(from, to).reverse());
			from = Math.max(from, to);
		}
	return order;
};

const isSpace = ({ text }: Piece): boolean => text.trim() === "";

/** Left-to-right pieces of one font that follow each other are drawn as one. */
const joined = (pieces: readonly Piece[]): Piece[] => {
	const all: Piece[] = [];
	for (const one of pieces) {
		const last = all.at(-1);
		const plain = last && last.level === 0 && one.level === 0 && !last.picture && !one.picture && last.font === one.font;
		if (plain) all[all.length - 1] = { ...last, text: last.text + one.text, width: last.width + one.width };
		else all.push(one);
	}
	return all;
};

interface Growing {
	readonly pieces: Piece[];
	width: number;
	from: number;
	to: number;
}

export interface Breaker {
	lines(text: string, look: Look, width: number): readonly Line[];
}

export const makeBreaker = (doc: PDFDocument, letters: Letters): Breaker => {
	const pieceOf = (set: Setting, level: number, { size }: Look): Piece => {
		if (set.picture) return { ...set, level, width: set.picture.wide * size };
		const text = mirrored(set.text, level);
		return { font: set.font, text, level, width: doc.font(set.font).fontSize(size).widthOfString(text) };
	};

	/** The pieces of one word: by level, then by font. */
	const piecesOf = ({ text, levels }: Paragraph, from: number, to: number, look: Look): Piece[] => {
		const pieces: Piece[] = [];
		for (let at = from; at < to; ) {
			const level = levels?.[at] ?? 0;
			let end = at + 1;
			while (end < to && (levels?.[end] ?? 0) === level) end++;
			for (const set of letters.set(text.slice(at, end), look.strong)) pieces.push(pieceOf(set, level, look));
			at = end;
		}
		return pieces;
	};

	const lineOf = ({ text, levels, base }: Paragraph, { pieces, from, to }: Growing): Line => {
		while (pieces.length > 0 && isSpace(pieces.at(-1) as Piece)) pieces.pop();
		const own = pieces.some((one) => one.picture || one.level > 0 || one.font === "thai") || text.slice(from, to).trimEnd() !== pieces.map((one) => one.text).join("");
		const seen = joined(levels ? visual(pieces) : pieces);
		return { pieces: seen, width: seen.reduce((n, one) => n + one.width, 0), actual: own ? text.slice(from, to).trim() : undefined, fromRight: base % 2 === 1 };
	};

	/** A word that is wider than a line is broken between its signs. */
	const parts = (p: Paragraph, [from, to]: [number, number], look: Look, width: number): { pieces: Piece[]; from: number; to: number }[] => {
		const whole = piecesOf(p, from, to, look);
		if (whole.reduce((n, one) => n + one.width, 0) <= width) return [{ pieces: whole, from, to }];
		let at = from;
		return signsOf(p.text.slice(from, to)).map((sign) => {
			const begun = at;
			at += sign.length;
			return { pieces: piecesOf(p, begun, at, look), from: begun, to: at };
		});
	};

	const paragraph = (text: string, look: Look, width: number): Line[] => {
		const p = paragraphOf(text);
		const lines: Line[] = [];
		let line: Growing = { pieces: [], width: 0, from: 0, to: 0 };
		for (const span of wordsOf(text))
			for (const part of parts(p, span, look, width)) {
				const wide = part.pieces.reduce((n, one) => n + one.width, 0);
				if (line.pieces.length > 0 && line.width + wide > width && !part.pieces.every(isSpace)) {
					lines.push(lineOf(p, line));
					line = { pieces: [], width: 0, from: part.from, to: part.from };
				}
				line.pieces.push(...part.pieces);
				line.width += wide;
				line.to = part.to;
			}
		lines.push(lineOf(p, line));
		return lines;
	};

	return {
		lines: (text, look, width) => {
			const plain = text.normalize("NFC").replace(/\t/g, "    ").replace(/[\u202A-\u202E\u2066-\u2069]/g, "");
			return plain.split(/\r\n|[\n\r\u2028\u2029]/).flatMap((one) => paragraph(one, look, width));
		},
	};
};
