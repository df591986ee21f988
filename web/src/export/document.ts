// The room as a PDF for reading: tagged (headings, lists, language, reading order), with a font of its own that is cut to the letters in
// use. Written while it is made: what is ready is given away, so that a long room costs no more than a short one.

import PDFDocument, { type StructureElement } from "pdfkit";
import type { Trace } from "../roomwork/work.js";
import type { DocumentLine } from "./collect.js";
import type { ExportedMember, ExportedMessage, ExportedRoom } from "./format.js";
import type { DocumentWords } from "./words.js";

const MARGIN = 56;
const SIZE = { title: 22, part: 16, day: 12.5, text: 11, small: 9.5 } as const;
const INK = "#1b1d1f", MUTED = "#55585c";

export interface Fonts {
	readonly plain: Uint8Array;
	readonly strong: Uint8Array;
}

export interface Writing {
	/** One line of JSON (DocumentLine). */
	line(json: string): void;
	/** Resolves when the last byte was given. */
	end(): Promise<void>;
}

type Style = keyof typeof SIZE;
type Node = StructureElement;

const NOTHING = "\u25A1";

/** Signs that the font lacks become a box: most are pictures, and all of them are in the ZIP. */
const fitting = (doc: PDFDocument): ((text: string) => string) => {
	const known = new Map<string, boolean>();
	const { font } = doc._font;
	const fits = (sign: string): boolean => {
		const seen = known.get(sign) ?? (sign === "\n" || font.hasGlyphForCodePoint(sign.codePointAt(0) as number));
		known.set(sign, seen);
		return seen;
	};
	return (text) => [...text.normalize("NFC").replace(/[\uFE0F\u200D\u200B-\u200F\u202A-\u202E\u2066-\u2069]/g, "")].map((sign) => (fits(sign) ? sign : NOTHING)).join("");
};

/** What the parts below write with: each adds what it says to the part of the structure that it is given. */
interface Pen {
	readonly words: DocumentWords;
	part(name: string): Node;
	say(to: Node, tag: string, text: string, style: Style, strong?: boolean): void;
	list(to: Node, items: readonly string[]): void;
	room(points: number): void;
}

/** A page may begin within a text: what is written at its foot leaves the letters as they were. */
interface Letters {
	style: Style;
	strong: boolean;
	ink: string;
}

const useLetters = (doc: PDFDocument, { style, strong, ink }: Letters): void => void doc.font(strong ? "strong" : "plain").fontSize(SIZE[style]).fillColor(ink);

const makePen = (doc: PDFDocument, root: Node, words: DocumentWords, letters: Letters): Pen => {
	const fit = fitting(doc);
	const use = (style: Style, strong: boolean, ink: string): void => useLetters(doc, Object.assign(letters, { style, strong, ink }));
	const write = (text: string, style: Style, strong: boolean, indent = 0): void => {
		use(style, strong, style === "small" ? MUTED : INK);
		doc.text(fit(text) || " ", MARGIN + indent, undefined, { width: doc.page.width - 2 * MARGIN - indent, lineGap: 2 });
	};
	const room = (points: number): void => {
		if (doc.y + points > doc.page.height - MARGIN - 30) doc.addPage();
	};
	return {
		words, room,
		part: (name) => {
			const node = doc.struct(name);
			root.add(node);
			return node;
		},
		say: (to, tag, text, style, strong = false) => {
			if ((tag === "H2" || tag === "H3") && doc.y > MARGIN + SIZE.title) doc.moveDown(0.6);
			to.add(doc.struct(tag, () => write(text, style, strong)));
		},
		list: (to, items) => {
			const list = doc.struct("L");
			to.add(list);
			for (const item of items) {
				const one = doc.struct("LI");
				list.add(one);
				one.add(doc.struct("Lbl", () => {
					room(24);
					use("text", false, MUTED);
					const { y } = doc;
					doc.text("\u2013", MARGIN, undefined, { width: 10, lineBreak: false });
					doc.y = y; // what it stands for comes beside it
				}));
				one.add(doc.struct("LBody", () => {
					write(item, "text", false, 14);
					doc.moveDown(0.2);
				}));
				one.end();
			}
			list.end();
		},
	};
};

const memberLine = (pen: Pen, m: ExportedMember): string => {
	const { words } = pen;
	const who = [m.name || words.somebody, m.role === "client" ? words.client : words.counsellor, m.employer].filter(Boolean).join(", ");
	return `${who}. ${words.since} ${words.date(Date.parse(m.since))}${m.active ? "" : `, ${words.gone}`}`;
};

const writeHead = (pen: Pen, room: ExportedRoom): void => {
	const { words } = pen;
	const said = room.said_by_server;
	const part = pen.part("Sect");
	pen.say(part, "H1", words.title, "title", true);
	pen.say(part, "P", words.taken(Date.parse(room.taken_at)), "text");
	pen.say(part, "P", words.about, "small");
	pen.say(part, "H2", words.room, "part", true);
	pen.list(part, [
		`${words.controller}: ${said["controller"]} (${said["controller_business_id"]})`, `${words.opened}: ${words.date(Date.parse(room.verified.created_at))}`,
		`${words.phase}: ${room.verified.phase === "closed" ? words.closed : words.open}`, `${words.messages}: ${room.verified.messages}`,
	]);
	pen.say(part, "H2", words.members, "part", true);
	pen.list(part, room.verified.members.map((m) => memberLine(pen, m)));
	part.end();
};

type Made = Extract<DocumentLine, { type: "work" }>["work"];

const days = (words: DocumentWords, ...some: readonly string[]): string => some.filter((one) => one !== "").map(words.day).join(" \u2013 ");

const traced = (words: DocumentWords, made: Trace): string => `(${[made.name || words.somebody, words.date(made.at)].join(", ")})`;

const writeWork = (pen: Pen, work: Made): void => {
	const { words } = pen;
	const steps = (goal: string) => work.steps.filter(({ fields }) => fields.goal === goal);
	const known = new Set(work.goals.map(({ id }) => id));
	const doing = ({ fields, made }: Made["goals"][number] | Made["steps"][number]): string =>
		`${fields.done ? `${words.done}: ` : ""}${fields.text}${fields.by === "" ? "" : `, ${words.by} ${words.day(fields.by)}`} ${traced(words, made)}`;
	const loose = work.steps.filter(({ fields }) => fields.goal === "" || !known.has(fields.goal));
	const parts: readonly (readonly [string, readonly string[]])[] = [
		[words.phases, work.phases.map(({ fields }) => [fields.name, days(words, fields.begins, fields.ends)].filter(Boolean).join(": "))],
		[words.goals, work.goals.flatMap((goal) => [doing(goal), ...steps(goal.id).map((step) => `${words.step}: ${doing(step)}`)])],
		[words.steps, loose.map(doing)],
		[words.events, work.events.map(({ fields, made }) => `${words.day(fields.on)}: ${words.what(fields.what)}. ${fields.text} ${traced(words, made)}`)],
	];
	const part = pen.part("Sect");
	for (const [title, list] of parts) {
		if (list.length === 0) continue;
		pen.room(60);
		pen.say(part, "H2", title, "part", true);
		pen.list(part, list);
	}
	if (work.summary) {
		pen.room(60);
		pen.say(part, "H2", words.summary, "part", true);
		pen.say(part, "P", work.summary.fields.text, "text");
		pen.say(part, "P", traced(words, work.summary.changed), "small");
	}
	part.end();
};

const author = (words: DocumentWords, m: ExportedMessage): string =>
	[m.name || words.somebody, m.from === "client" ? words.client : [words.counsellor, m.employer].filter(Boolean).join(" \u00B7 ")].join(", ");

const bodyOf = (words: DocumentWords, m: ExportedMessage): string => {
	if (m.deleted) return words.deleted;
	if (m.unverified !== null) return words.unverified;
	return m.locked ? words.locked : m.text;
};

const writeMessage = (pen: Pen, to: Node, m: ExportedMessage): void => {
	const { words } = pen;
	pen.room(52);
	const at = Date.parse(m.stored_at);
	pen.say(to, "P", `${author(words, m)} \u00B7 ${words.time(at)}${m.edited && !m.deleted ? ` \u00B7 ${words.edited}` : ""}`, "small", true);
	pen.say(to, "P", bodyOf(words, m), "text");
};

/** Page numbers are no part of what is read. */
const numberPages = (doc: PDFDocument, words: DocumentWords, letters: Letters): void => {
	let n = 0;
	doc.on("pageAdded", () => {
		const [x, y] = [doc.x, doc.y];
		const bottom = doc.page.margins.bottom;
		n++;
		doc.page.margins.bottom = 0;
		doc.markContent("Artifact", { type: "Pagination", attached: ["Bottom"] });
		useLetters(doc, { style: "small", strong: false, ink: MUTED });
		doc.text(`${words.title} \u00B7 ${n}`, MARGIN, doc.page.height - 36, { width: doc.page.width - 2 * MARGIN, align: "right", lineBreak: false });
		doc.endMarkedContent();
		doc.page.margins.bottom = bottom;
		useLetters(doc, letters);
		doc.x = x;
		doc.y = y;
	});
};

const begin = (fonts: Fonts, words: DocumentWords, give: (bytes: Uint8Array) => void): { doc: PDFDocument; ended: Promise<void> } => {
	const doc = new PDFDocument({
		size: "A4", margin: MARGIN, pdfVersion: "1.7", subset: "PDF/UA", tagged: true, lang: words.locale, displayTitle: true, autoFirstPage: false, font: null,
		info: { Title: words.title, Creator: "Luotsi", Producer: "Luotsi" },
	});
	doc.on("data", (bytes: Uint8Array) => give(bytes));
	const ended = new Promise<void>((resolve) => doc.on("end", () => resolve()));
	doc.registerFont("plain", fonts.plain);
	doc.registerFont("strong", fonts.strong);
	doc.font("plain");
	return { doc, ended };
};

export const writeDocument = (fonts: Fonts, words: DocumentWords, give: (bytes: Uint8Array) => void): Writing => {
	const { doc, ended } = begin(fonts, words, give);
	const root = doc.struct("Document");
	doc.addStructure(root);
	const letters: Letters = { style: "text", strong: false, ink: INK };
	numberPages(doc, words, letters);
	doc.addPage();
	const pen = makePen(doc, root, words, letters);
	let talk: Node | undefined;
	let day = "";

	const message = (m: ExportedMessage): void => {
		const next = words.weekday(Date.parse(m.stored_at));
		if (!talk || next !== day) {
			talk?.end();
			const first = day === "";
			talk = pen.part("Sect");
			pen.room(100);
			if (first) pen.say(talk, "H2", words.conversation, "part", true);
			pen.say(talk, "H3", next, "day", true);
			day = next;
		}
		writeMessage(pen, talk, m);
	};

	return {
		line: (json) => {
			const line = JSON.parse(json) as DocumentLine;
			if (line.type === "room") writeHead(pen, line.room);
			else if (line.type === "work") writeWork(pen, line.work);
			else message(line.message);
			doc.moveDown(line.type === "message" ? 0.7 : 0.4);
		},
		end: async () => {
			talk?.end();
			root.end();
			doc.end();
			await ended;
		},
	};
};

