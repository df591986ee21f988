// What the document is written with: lines of text on pages, tagged (headings, lists, tables, reading order), with bookmarks. What stands
// at the edges (page numbers, rules of tables) is marked as no part of what is read.

import type PDFDocument from "pdfkit";
import type { Outline, StructureElement } from "pdfkit";
import type { Area, Table } from "./blocks.js";
import type { Letters } from "./letters.js";
import { makeBreaker, type Breaker, type Line, type Look } from "./lines.js";

export const MARGIN = 56;
const FOOT = 30;
const SIZE = { title: 22, part: 16, day: 12.5, field: 11, text: 11, small: 9.5 } as const;
export const INK = "#1b1d1f", MUTED = "#55585c", RULE = "#c8cdd0", MARK = "#2a6ebb";
const GAP = 1.36; // of a line, by its letters
const RISE = 0.98; // of its letters' foot
const PAD = 3;

export type Style = keyof typeof SIZE;

export interface Pen {
	readonly doc: PDFDocument;
	heading(to: StructureElement, level: 1 | 2 | 3 | 4, text: string): void;
	say(to: StructureElement, text: string, style: Style, strong?: boolean): void;
	list(to: StructureElement, items: readonly string[]): void;
	table(to: StructureElement, table: Table): void;
	/** What `plot` draws, in so much room. */
	figure(to: StructureElement, about: string, height: number, plot: (top: number) => void): void;
	/** One line as it is, for figures. */
	label(text: string, x: number, foot: number, size: number): void;
	/** So much room on this page, or the next. */
	room(points: number): void;
	skip(points: number): void;
	/** What comes begins a page. */
	page(): void;
	/** Places for somebody's signature, two beside each other, each with what belongs there under it; never parted by a page. */
	sign(to: StructureElement, who: string, blanks: readonly string[]): void;
}

const artifact = (doc: PDFDocument, options: object, draw: () => void): void => {
	doc.markContent("Artifact", options);
	draw();
	doc.endMarkedContent();
};

const bottom = (doc: PDFDocument): number => doc.page.height - MARGIN - FOOT;

/** One line with its letters' foot at `foot`; the text behind what is drawn otherwise is said. */
const drawLine = (doc: PDFDocument, line: Line, place: { x: number; foot: number; width: number }, look: Look & { ink: string }): void => {
	let x = place.x + (line.fromRight ? place.width - line.width : 0);
	const { y } = doc; // which pdfkit moves with each text
	if (line.actual !== undefined) doc.markContent("Span", { actual: line.actual });
	for (const piece of line.pieces) {
		const { picture } = piece;
		if (picture) doc.image(picture.image, x, place.foot - look.size, { width: piece.width, height: look.size * GAP });
		else doc.font(piece.font).fontSize(look.size).fillColor(look.ink).text(piece.text, x, place.foot, { lineBreak: false, baseline: "alphabetic" });
		x += piece.width;
	}
	if (line.actual !== undefined) doc.endMarkedContent();
	doc.y = y;
};

/** Lines one under another, on as many pages as they need. */
const flow = (doc: PDFDocument, lines: readonly Line[], place: { x: number; width: number }, look: Look & { ink: string }): void => {
	for (const line of lines) {
		if (doc.y + look.size * GAP > bottom(doc)) doc.addPage();
		drawLine(doc, line, { ...place, foot: doc.y + look.size * RISE }, look);
		doc.y += look.size * GAP;
	}
};

const inkOf = (style: Style): string => (style === "small" ? MUTED : INK);

const GUTTER = 24;
const BLANK = 46; // to write in, by hand

const makeSigning = (doc: PDFDocument, breaker: Breaker) => (to: StructureElement, blanks: readonly string[]): void => {
	const width = (doc.page.width - 2 * MARGIN - GUTTER) / 2;
	const look = { size: SIZE.small, strong: false };
	blanks.forEach((text, n) => {
		const x = MARGIN + (n % 2) * (width + GUTTER);
		if (n % 2 === 0) doc.y += BLANK;
		artifact(doc, { type: "Layout" }, () => void doc.strokeColor(INK).lineWidth(0.7).moveTo(x, doc.y).lineTo(x + width, doc.y).stroke());
		const [line] = breaker.lines(text, look, width);
		if (line) to.add(doc.struct("P", () => drawLine(doc, line, { x, width, foot: doc.y + 3 + SIZE.small * RISE }, { ...look, ink: MUTED })));
		if (n % 2 === 1 || n === blanks.length - 1) doc.y += SIZE.small * GAP + 3;
	});
};

/** Bookmarks as the headings lie within each other. */
const makeBookmarks = (doc: PDFDocument) => {
	const open: Outline[] = [];
	return (level: number, text: string): void => {
		const parent = open[Math.min(level - 1, open.length) - 1] ?? doc.outline;
		open.length = Math.min(level - 1, open.length);
		open.push(parent.addItem(text, { top: Math.max(0, doc.y - 8) }));
	};
};

const HEADS: Readonly<Record<1 | 2 | 3 | 4, { style: Style; before: number; needs: number }>> = {
	1: { style: "title", before: 0, needs: 60 }, 2: { style: "part", before: 14, needs: 90 }, 3: { style: "day", before: 9, needs: 80 }, 4: { style: "field", before: 7, needs: 60 },
};

const makeTable = (doc: PDFDocument, breaker: Breaker) => {
	const size = SIZE.small;
	const line = size * GAP;

	interface Row {
		readonly cells: readonly (readonly Line[])[];
		readonly height: number;
	}

	const rule = (y: number): void =>
		artifact(doc, { type: "Layout" }, () => void doc.strokeColor(RULE).lineWidth(0.7).moveTo(MARGIN, y).lineTo(doc.page.width - MARGIN, y).stroke());

	return (to: StructureElement, { head, rows, wide }: Table): void => {
		const all = wide.reduce((a, b) => a + b, 0);
		const whole = doc.page.width - 2 * MARGIN;
		const widths = wide.map((part) => (part / all) * whole);
		const starts = widths.map((_, n) => MARGIN + widths.slice(0, n).reduce((a, b) => a + b, 0));
		const rowOf = (texts: readonly string[], strong: boolean): Row => {
			const cells = texts.map((text, n) => breaker.lines(text, { size, strong }, (widths[n] as number) - 2 * PAD));
			return { cells, height: Math.max(...cells.map((one) => one.length)) * line + 2 * PAD };
		};
		const cell = (lines: readonly Line[], n: number, top: number, strong: boolean): void =>
			lines.forEach((one, i) => {
				const place = { x: (starts[n] as number) + PAD, width: (widths[n] as number) - 2 * PAD, foot: top + PAD + i * line + size * RISE };
				drawLine(doc, one, place, { size, strong, ink: INK });
			});
		const draw = (row: Row, parent: StructureElement, scope: (n: number) => "Column" | "Row" | undefined): void => {
			const top = doc.y;
			const one = doc.struct("TR");
			parent.add(one);
			row.cells.forEach((lines, n) => {
				const of = scope(n);
				one.add(of ? doc.struct("TH", { scope: of }, () => cell(lines, n, top, of === "Column")) : doc.struct("TD", () => cell(lines, n, top, false)));
			});
			one.end();
			doc.y = top + row.height;
			rule(doc.y);
		};
		const table = doc.struct("Table");
		to.add(table);
		const heads = rowOf(head, true);
		if (doc.y + heads.height + 3 * line > bottom(doc)) doc.addPage();
		draw(heads, table, () => "Column");
		for (const texts of rows) {
			const row = rowOf(texts, false);
			if (doc.y + row.height > bottom(doc)) {
				doc.addPage();
				const top = doc.y;
				artifact(doc, { type: "Pagination" }, () => heads.cells.forEach((lines, n) => cell(lines, n, top, true)));
				doc.y = top + heads.height;
			}
			draw(row, table, (n) => (n === 0 ? "Row" : undefined));
		}
		table.end();
		doc.y += 6;
	};
};

export const makePen = (doc: PDFDocument, letters: Letters): Pen => {
	const breaker = makeBreaker(doc, letters);
	const bookmark = makeBookmarks(doc);
	const whole = (): number => doc.page.width - 2 * MARGIN;
	const write = (text: string, style: Style, strong: boolean, indent = 0): void => {
		const look = { size: SIZE[style], strong };
		flow(doc, breaker.lines(text, look, whole() - indent), { x: MARGIN + indent, width: whole() - indent }, { ...look, ink: inkOf(style) });
	};
	const room = (points: number): void => {
		if (doc.y + points > bottom(doc)) doc.addPage();
	};
	const skip = (points: number): void => void (doc.y += points);
	const item = (list: StructureElement, text: string): void => {
		const one = doc.struct("LI");
		list.add(one);
		room(SIZE.text * GAP);
		const foot = doc.y + SIZE.text * RISE;
		const dash = breaker.lines("\u2013", { size: SIZE.text, strong: false }, whole())[0] as Line;
		one.add(doc.struct("Lbl", () => drawLine(doc, dash, { x: MARGIN, foot, width: 12 }, { size: SIZE.text, strong: false, ink: MUTED })));
		one.add(doc.struct("LBody", () => write(text, "text", false, 14)));
		one.end();
		skip(3);
	};
	const signing = makeSigning(doc, breaker);
	return {
		doc, room, skip,
		page: () => {
			if (doc.y > MARGIN) doc.addPage();
		},
		sign: (to, who, blanks) => {
			room(Math.ceil(blanks.length / 2) * (BLANK + 20) + 40);
			to.add(doc.struct("P", () => write(who, "text", true)));
			signing(to, blanks);
			skip(24);
		},
		heading: (to, level, text) => {
			const { style, before, needs } = HEADS[level];
			room(needs);
			if (doc.y > MARGIN + SIZE.title) skip(before);
			if (level < 4) bookmark(level, text);
			to.add(doc.struct(`H${level}`, () => write(text, style, true)));
			skip(4);
		},
		say: (to, text, style, strong = false) => void to.add(doc.struct("P", () => write(text, style, strong))),
		list: (to, items) => {
			const list = doc.struct("L");
			to.add(list);
			for (const one of items) item(list, one);
			list.end();
		},
		table: makeTable(doc, breaker),
		figure: (to, alt, height, plot) => {
			room(height);
			const top = doc.y;
			to.add(doc.struct("Figure", { alt, placement: "Block", bbox: [MARGIN, top, doc.page.width - MARGIN, top + height] }, () => plot(top)));
			doc.y = top + height + 6;
		},
		label: (text, x, foot, size) => {
			const [line] = breaker.lines(text, { size, strong: false }, whole());
			if (line) drawLine(doc, { ...line, fromRight: false }, { x, foot, width: whole() }, { size, strong: false, ink: INK });
		},
	};
};

const ROW = 34;
const TOP = 26;
const WIDE = 300;

/** The first and the newest measurement of each area on a line from zero to ten. */
export const drawPlot = (pen: Pen, to: StructureElement, about: string, { areas, two, key }: { areas: readonly Area[]; two: boolean; key: readonly [string, string] }): void => {
	const { doc } = pen;
	const x = (value: number): number => MARGIN + 8 + (value / 10) * (WIDE - 16);
	const square = (at: number, y: number): void => void doc.rect(at - 4, y - 4, 8, 8).fill("#ffffff").lineWidth(1.4).strokeColor(INK).rect(at - 4, y - 4, 8, 8).stroke();
	const dot = (at: number, y: number): void => void doc.circle(at, y, 4.2).fill(MARK);
	const fits = Math.max(1, Math.floor((doc.page.height - 2 * MARGIN - FOOT - TOP) / ROW));
	for (let from = 0; from < areas.length; from += fits) {
		const some = areas.slice(from, from + fits);
		const said = some.map(({ label, first, last }) => `${label}: ${[...(two ? [first] : []), last].map((one) => one ?? "\u2013").join(" \u2192 ")}`).join("; ");
		pen.figure(to, `${about} ${said}`, TOP + some.length * ROW, (top) => {
			if (two) square(x(0), top + 4);
			if (two) pen.label(key[0], x(0) + 10, top + 8, SIZE.small);
			dot(two ? x(5) : x(0), top + 4);
			pen.label(key[1], (two ? x(5) : x(0)) + 10, top + 8, SIZE.small);
			for (const tick of [0, 2, 4, 6, 8, 10]) pen.label(String(tick), x(tick) - 3, top + 22, 8);
			some.forEach(({ label, first, last }, n) => {
				const y = top + TOP + n * ROW + 20;
				pen.label(label, x(0), y - 8, SIZE.small);
				doc.strokeColor(RULE).lineWidth(1).moveTo(x(0), y).lineTo(x(10), y).stroke();
				if (two && first !== null && last !== null) doc.strokeColor(MARK).lineWidth(2.5).moveTo(x(first), y).lineTo(x(last), y).stroke();
				if (two && first !== null) square(x(first), y);
				if (last !== null) dot(x(last), y);
			});
		});
	}
};
