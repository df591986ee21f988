// Which files may be sent and taken, judged by what is in them and never by their names. The same table serves the browser that sends and
// the one that receives, which trusts neither the sender nor the server. Nothing that a browser could run passes: no HTML, no SVG, no
// macros, and nothing that begins as one thing and holds another.

import type { Bytes } from "../seal/index.js";

export type Family = "picture" | "pdf" | "text" | "office" | "sound" | "video";

export interface FileType {
	readonly media: string;
	readonly family: Family;
	/** How names of such files may end; the first is given to those that end otherwise. */
	readonly ends: readonly string[];
	/** Pictures of these kinds are taken in and sent as JPEG or PNG. */
	readonly onlyIn?: boolean;
}

/** Why a file is not taken. */
export type Unfit = "empty" | "active" | "macros" | "old_office" | "archive" | "not_allowed" | "broken";

export type Judged = { readonly type: FileType; readonly unfit?: undefined } | { readonly unfit: Unfit; readonly type?: undefined };

const OOXML = "application/vnd.openxmlformats-officedocument.";
const ODF = "application/vnd.oasis.opendocument.";

const TYPES: readonly FileType[] = [
	{ media: "image/jpeg", family: "picture", ends: ["jpg", "jpeg"] },
	{ media: "image/png", family: "picture", ends: ["png"] },
	{ media: "image/webp", family: "picture", ends: ["webp"], onlyIn: true },
	{ media: "image/gif", family: "picture", ends: ["gif"], onlyIn: true },
	{ media: "image/heic", family: "picture", ends: ["heic", "heif", "avif"], onlyIn: true },
	{ media: "application/pdf", family: "pdf", ends: ["pdf"] },
	{ media: "text/plain", family: "text", ends: ["txt", "csv", "md"] },
	{ media: `${OOXML}wordprocessingml.document`, family: "office", ends: ["docx"] },
	{ media: `${OOXML}spreadsheetml.sheet`, family: "office", ends: ["xlsx"] },
	{ media: `${OOXML}presentationml.presentation`, family: "office", ends: ["pptx"] },
	{ media: `${ODF}text`, family: "office", ends: ["odt"] },
	{ media: `${ODF}spreadsheet`, family: "office", ends: ["ods"] },
	{ media: `${ODF}presentation`, family: "office", ends: ["odp"] },
	{ media: "audio/mpeg", family: "sound", ends: ["mp3"] },
	{ media: "audio/mp4", family: "sound", ends: ["m4a"] },
	{ media: "audio/ogg", family: "sound", ends: ["ogg", "oga", "opus"] },
	{ media: "audio/wav", family: "sound", ends: ["wav"] },
	{ media: "audio/flac", family: "sound", ends: ["flac"] },
	{ media: "video/mp4", family: "video", ends: ["mp4", "m4v", "3gp"] },
	{ media: "video/quicktime", family: "video", ends: ["mov"] },
	{ media: "video/webm", family: "video", ends: ["webm", "mkv"] },
];

export const typeOf = (media: string): FileType | undefined => TYPES.find((type) => type.media === media);

/** What a file chooser is told; what counts is what is in the file. */
export const ACCEPT = [...TYPES.flatMap((type) => type.ends.map((end) => `.${end}`)), "image/*"].join(",");

const HEAD = 4_096;
/** A letter for each byte. */
const ascii = (bytes: Bytes): string => String.fromCharCode(...bytes);
const bytesOf = async (blob: Blob, from: number, to: number): Promise<Bytes> => new Uint8Array(await blob.slice(from, to).arrayBuffer());

const BRANDS: readonly (readonly [RegExp, string])[] = [
	[/^(hei[cxms]|hev[cxm]|mif1|msf1|avi[fs])/, "image/heic"], [/^M4[AB] /, "audio/mp4"], [/^qt {2}/, "video/quicktime"],
	[/^(isom|iso[2-9]|mp4[12]|avc1|M4V |MSNV|3g[p2]|dash)/, "video/mp4"],
];

/** What the first bytes, read as Latin letters, must look like. */
const STARTS: readonly (readonly [RegExp, string])[] = [
	[/^\u00ff\u00d8\u00ff/, "image/jpeg"], [/^\u0089PNG\r\n\u001a\n/, "image/png"], [/^GIF8[79]a/, "image/gif"], [/^RIFF[^]{4}WEBP/, "image/webp"],
	[/^%PDF-\d\.\d/, "application/pdf"], [/^RIFF[^]{4}WAVE/, "audio/wav"], [/^OggS/, "audio/ogg"], [/^fLaC/, "audio/flac"],
	[/^(ID3[\u0002-\u0004]|\u00ff[\u00f2\u00f3\u00fa\u00fb])/, "audio/mpeg"], [/^\u001aE\u00df\u00a3/, "video/webm"],
];

const mediaOf = (head: string): string | undefined => {
	const brand = /^[^]{4}ftyp([^]{4})/.exec(head)?.[1];
	const found = (brand === undefined ? STARTS : BRANDS).find(([like]) => like.test(brand ?? head));
	return found?.[1];
};

const ACTIVE = /<(script|html|svg|!doctype|iframe|object|embed)\b|<\?xml-stylesheet|<\?php/i;
const OLD_OFFICE = /^\u00d0\u00cf\u0011\u00e0/;
const ZIP = /^PK\u0003\u0004/;
const MARKUP = /^[\s\u00ef\u00bb\u00bf]*(<[a-z!?/]|\{\\rtf|#!)/i;

// Office files are ZIP archives. What is read of one is the list of what is in it, which must begin and end where the archive does.

const END_SIZE = 22;
const LIST_MOST = 4_000_000;
const ENTRIES_MOST = 20_000;
const LIST_HEAD = 46;

/** The names in an archive, in its order; undefined for what is not exactly one archive. */
const namesIn = async (blob: Blob): Promise<string[] | undefined> => {
	const end = new DataView((await bytesOf(blob, blob.size - END_SIZE, blob.size)).buffer);
	if (end.byteLength < END_SIZE || end.getUint32(0) !== 0x504b0506 || end.getUint16(20, true) !== 0) return undefined;
	const [count, size, at] = [end.getUint16(10, true), end.getUint32(12, true), end.getUint32(16, true)];
	if (at + size !== blob.size - END_SIZE || size > LIST_MOST || count > ENTRIES_MOST) return undefined;
	const list = await bytesOf(blob, at, at + size);
	const view = new DataView(list.buffer);
	const names: string[] = [];
	let here = 0;
	while (here + LIST_HEAD <= list.length && view.getUint32(here) === 0x504b0102) {
		const name = view.getUint16(here + 28, true);
		names.push(ascii(list.subarray(here + LIST_HEAD, here + LIST_HEAD + name)));
		here += LIST_HEAD + name + view.getUint16(here + 30, true) + view.getUint16(here + 32, true);
	}
	return here === list.length && names.length === count ? names : undefined;
};

const PARTS: readonly (readonly [RegExp, string])[] = [
	[/^word\/document\d*\.xml$/, "wordprocessingml.document"], [/^xl\/workbook\d*\.xml$/, "spreadsheetml.sheet"],
	[/^ppt\/presentation\d*\.xml$/, "presentationml.presentation"],
];
const RUNS = /(^|\/)vbaProject[^/]*\.bin$|(^|\/)activeX\/|^Basic\/|^Scripts\/|^xl\/macrosheets\/|\.(exe|dll|js|vbs|html?|svg)$/i;

const officeOf = (head: string, names: readonly string[]): string | undefined => {
	const open = /^PK\u0003\u0004[^]{22}\u0008\u0000[^]{2}mimetypeapplication\/vnd\.oasis\.opendocument\.(text|spreadsheet|presentation)/.exec(head)?.[1];
	if (open) return ODF + open;
	const part = PARTS.find(([like]) => names.some((name) => like.test(name)))?.[1];
	return part && names.includes("[Content_Types].xml") ? OOXML + part : undefined;
};

const judgeArchive = async (blob: Blob, head: string): Promise<Judged> => {
	const names = await namesIn(blob);
	if (!names) return { unfit: "archive" };
	const type = typeOf(officeOf(head, names) ?? "");
	if (!type) return { unfit: "archive" };
	return names.some((name) => RUNS.test(name)) ? { unfit: "macros" } : { type };
};

const STRIDE = 1_048_576;
const isControl = (b: number): boolean => (b < 0x20 && b !== 0x09 && b !== 0x0a && b !== 0x0c && b !== 0x0d) || b === 0x7f;
const NO_LETTERS = [0x81, 0x8d, 0x8f, 0x90, 0x9d]; // of windows-1252

/** Letters to the last byte: UTF-8, or Latin letters of older programs. */
const isText = async (blob: Blob): Promise<boolean> => {
	const strict = new TextDecoder("utf-8", { fatal: true });
	let unicode = true;
	for (let at = 0; at < blob.size; at += STRIDE) {
		const piece = await bytesOf(blob, at, at + STRIDE);
		if (piece.some(isControl)) return false;
		try {
			if (unicode) strict.decode(piece, { stream: at + STRIDE < blob.size });
		} catch {
			unicode = false;
		}
		if (!unicode && piece.some((b) => NO_LETTERS.includes(b))) return false;
	}
	return true;
};

const judgeText = async (blob: Blob, head: string): Promise<Judged> => {
	if (MARKUP.test(head) || ACTIVE.test(head)) return { unfit: "active" };
	const type = typeOf("text/plain");
	return type && (await isText(blob)) ? { type } : { unfit: "not_allowed" };
};

export const judge = async (blob: Blob): Promise<Judged> => {
	if (blob.size === 0) return { unfit: "empty" };
	const head = ascii(await bytesOf(blob, 0, HEAD));
	if (OLD_OFFICE.test(head)) return { unfit: "old_office" };
	if (ZIP.test(head)) return judgeArchive(blob, head);
	const type = typeOf(mediaOf(head) ?? "");
	if (!type) return judgeText(blob, head);
	return ACTIVE.test(head) ? { unfit: "active" } : { type };
};

/** What was received must be what it is called, and of a kind that is sent. */
export const isAsCalled = async (blob: Blob, media: string): Promise<boolean> => {
	const { type } = await judge(blob);
	return type !== undefined && type.media === media && !type.onlyIn;
};

// Names of files come from people and their programs. What is shown and saved is a name without folders, without signs that cannot be
// seen or that turn the order of the others around, and with an end that says what is inside.

const NAME_BYTES = 200;
const RESERVED = /^(con|prn|aux|nul|com\d|lpt\d)$/i;

const cut = (text: string, most: number): string => {
	let [kept, size] = ["", 0];
	for (const sign of text) {
		size += new TextEncoder().encode(sign).length;
		if (size > most) break;
		kept += sign;
	}
	return kept;
};

export const cleanName = (name: string, type: FileType, without: string): string => {
	const last = name.normalize("NFC").split(/[/\\]/).at(-1) ?? "";
	const plain = last.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, "").replace(/[<>:"|?*]/g, "_").replace(/\s+/g, " ").trim().replace(/^[.\s]+|[.\s]+$/g, "");
	const end = /\.([a-z0-9]{1,5})$/i.exec(plain)?.[1] ?? "";
	const good = type.ends.includes(end.toLowerCase());
	const stem = good ? plain.slice(0, -end.length - 1) : plain;
	const named = stem === "" || RESERVED.test(stem) ? without : stem;
	return `${cut(named, NAME_BYTES)}.${good ? end : type.ends[0]}`;
};
