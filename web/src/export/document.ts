// The room as a PDF for reading, from its blocks: tagged, in its language, with bookmarks and page numbers, with fonts of its own that are
// cut to the letters in use. Written while it is made: what is ready is given away, so that a long room costs no more than a short one.

import PDFDocument, { type StructureElement } from "pdfkit";
import type { PaperBlock as Block } from "./blocks.js";
import { fontsFor, makeLetters, NOTHING, type Drawing, type Extra, type Letters } from "./letters.js";
import { drawPlot, makePen, MARGIN, MUTED, type Pen } from "./pen.js";
import type { Speaking } from "./words.js";

export interface Fonts {
	readonly plain: Uint8Array;
	readonly strong: Uint8Array;
	/** Those that are fetched with the first of their letters. */
	extra(name: Extra): Promise<Uint8Array>;
}

/** Of a document that is made again byte for byte: when it was made, and on how many pages. */
export interface Fixed {
	readonly made: number;
	readonly pages: number;
}

export interface Writing {
	/** One line of JSON (PaperBlock); resolves when it is written. */
	line(json: string): Promise<void>;
	/** Resolves when the last byte was given. */
	end(): Promise<void>;
	/** So far. */
	pages(): number;
}

const SHOWN = 60; // signs that are named at the end

/** Page numbers are no part of what is read. */
const numberPages = (doc: PDFDocument, words: Speaking, fixed: Fixed | undefined): (() => number) => {
	let n = 0;
	doc.on("pageAdded", () => {
		const [x, y, below] = [doc.x, doc.y, doc.page.margins.bottom];
		n++;
		doc.page.margins.bottom = 0;
		doc.markContent("Artifact", { type: "Pagination", attached: ["Bottom"] });
		const text = `${words.say("title")} \u00B7 ${words.say("page")} ${n}${fixed ? `/${fixed.pages}` : ""}`;
		doc.font("plain").fontSize(9.5).fillColor(MUTED);
		doc.text(text, doc.page.width - MARGIN - doc.widthOfString(text), doc.page.height - 36, { lineBreak: false });
		doc.endMarkedContent();
		doc.page.margins.bottom = below;
		doc.x = x;
		doc.y = y;
	});
	return () => n;
};

const begin = (words: Speaking, give: (bytes: Uint8Array) => void, fixed: Fixed | undefined): { doc: PDFDocument; ended: Promise<void> } => {
	const doc = new PDFDocument({
		size: "A4", margin: MARGIN, pdfVersion: "1.7", subset: "PDF/UA", tagged: true, lang: words.locale, displayTitle: true, autoFirstPage: false, font: null,
		info: { Title: words.say("title"), Creator: "Luotsi", Producer: "Luotsi", ...(fixed && { CreationDate: new Date(fixed.made) }) },
		compress: !fixed, // another browser may compress to other bytes
	});
	doc.on("data", (bytes: Uint8Array) => give(bytes));
	const ended = new Promise<void>((resolve) => doc.on("end", () => resolve()));
	return { doc, ended };
};

const textsOf = (block: Block): readonly string[] => {
	switch (block.is) {
		case "heading": case "text": return [block.text];
		case "list": return block.items;
		case "table": return [...block.head, ...block.rows.flat()];
		case "plot": return [...block.key, ...block.areas.map(({ label }) => label)];
		case "said": return [block.who, ...block.lines];
		case "page": return [];
		case "sign": return [block.who, ...block.blanks];
	}
};

const write = (pen: Pen, to: StructureElement, block: Block): void => {
	switch (block.is) {
		case "heading": return pen.heading(to, block.level, block.text);
		case "text":
			pen.say(to, block.text, block.small ? "small" : "text");
			return pen.skip(4);
		case "list": return pen.list(to, block.items);
		case "table": return pen.table(to, block);
		case "plot": return drawPlot(pen, to, block.about, block);
		case "said":
			pen.room(44);
			pen.say(to, block.who, "small", true);
			for (const one of block.lines) pen.say(to, one || " ", "text");
			return pen.skip(7);
		case "page": return pen.page();
		case "sign": return pen.sign(to, block.who, block.blanks);
	}
};

const codeOf = (sign: string): string => [...sign].map((one) => `U+${(one.codePointAt(0) as number).toString(16).toUpperCase().padStart(4, "0")}`).join(" ");

/** What no font and no drawing of the device could show is named at the end. */
const confess = (pen: Pen, to: StructureElement, words: Speaking, { missing }: Letters): void => {
	const count = [...missing.values()].reduce((a, b) => a + b, 0);
	if (count === 0) return;
	pen.heading(to, 2, words.say("unset"));
	pen.say(to, words.say("unset_all", { count }), "text");
	pen.skip(4);
	pen.list(to, [...missing].slice(0, SHOWN).map(([sign, times]) => `${codeOf(sign)} \u00D7 ${times}`));
};

export const writeDocument = (fonts: Fonts, words: Speaking, give: (bytes: Uint8Array) => void, draw?: Drawing, fixed?: Fixed): Writing => {
	const { doc, ended } = begin(words, give, fixed);
	const letters = makeLetters(doc, draw);
	letters.add("plain", fonts.plain);
	letters.add("strong", fonts.strong);
	const root = doc.struct("Document");
	doc.addStructure(root);
	const pages = numberPages(doc, words, fixed);
	doc.addPage();
	const pen = makePen(doc, letters);
	let part: StructureElement | undefined;

	/** A section for each heading of its own, ended when the next begins: what is ended can be given away. */
	const section = (block: Block): StructureElement => {
		if (part && !(block.is === "heading" && block.level <= 3)) return part;
		part?.end();
		part = doc.struct("Sect");
		root.add(part);
		return part;
	};

	const prepare = async (block: Block): Promise<void> => {
		for (const text of textsOf(block)) {
			for (const name of fontsFor(text)) if (!letters.has(name)) letters.add(name, await fonts.extra(name));
			await letters.prepare(text);
		}
	};

	const missed = (): number => [...letters.missing.values()].reduce((a, b) => a + b, 0);

	return {
		pages,
		line: async (json) => {
			const block = JSON.parse(json) as Block;
			await prepare(block);
			const [to, before] = [section(block), missed()];
			write(pen, to, block);
			if (missed() > before && !textsOf(block).some((one) => one.includes(NOTHING))) pen.say(to, words.say("unset_here"), "small");
		},
		end: async () => {
			confess(pen, section({ is: "heading", level: 2, text: "" }), words, letters);
			part?.end();
			root.end();
			doc.end();
			await ended;
		},
	};
};
