// Small files of every kind, made here: tests need no binaries in the repository.

import { deflateSync } from "node:zlib";
import { concat, utf8, type Bytes } from "../../web/src/seal/bytes.js";

const table = Array.from({ length: 256 }, (_, n) => {
	for (let k = 0; k < 8; k++) n = n & 1 ? 0xedb88320 ^ (n >>> 1) : n >>> 1;
	return n >>> 0;
});
const crc32 = (bytes: Bytes): number =>
	(bytes.reduce((c, b) => (table[(c ^ b) & 255] as number) ^ (c >>> 8), 0xffffffff) ^ 0xffffffff) >>> 0;

const le = (size: number, n: number): Bytes => Uint8Array.from({ length: size }, (_, i) => Math.floor(n / 256 ** i) & 255);
const be = (size: number, n: number): Bytes => le(size, n).reverse();

/** A ZIP archive, nothing compressed. */
export const zip = (entries: Readonly<Record<string, string>>): Bytes => {
	const [bodies, list]: [Bytes[], Bytes[]] = [[], []];
	let at = 0;
	for (const [name, text] of Object.entries(entries)) {
		const [n, body] = [utf8(name), utf8(text)];
		const common = concat(le(2, 20), le(2, 0), le(2, 0), le(4, 0), le(4, crc32(body)), le(4, body.length), le(4, body.length), le(2, n.length), le(2, 0));
		const local = concat(utf8("PK\u0003\u0004"), common, n, body);
		list.push(concat(utf8("PK\u0001\u0002"), le(2, 20), common, le(2, 0), le(2, 0), le(2, 0), le(4, 0), le(4, at), n));
		bodies.push(local);
		at += local.length;
	}
	const whole = concat(...list);
	const count = le(2, list.length);
	return concat(...bodies, whole, utf8("PK\u0005\u0006"), le(4, 0), count, count, le(4, whole.length), le(4, at), le(2, 0));
};

const TYPES = "[Content_Types].xml";
export const docx = (more: Readonly<Record<string, string>> = {}): Bytes => zip({ [TYPES]: "<Types/>", "word/document.xml": "<w:document/>", ...more });
export const xlsx = (): Bytes => zip({ [TYPES]: "<Types/>", "xl/workbook.xml": "<workbook/>" });
export const pptx = (): Bytes => zip({ [TYPES]: "<Types/>", "ppt/presentation.xml": "<p/>" });

/** The first entry of an open document is its type, stored at a fixed place. */
export const odf = (kind: string, more: Readonly<Record<string, string>> = {}): Bytes =>
	zip({ mimetype: `application/vnd.oasis.opendocument.${kind}`, "content.xml": "<x/>", ...more });

const chunk = (type: string, body: Bytes): Bytes => concat(be(4, body.length), utf8(type), body, be(4, crc32(concat(utf8(type), body))));

/** A real picture of one grey; `says` is what its header claims, `extra` goes in before the picture. */
export const png = (width: number, height: number, says: { width: number; height: number } = { width, height }, extra: readonly (readonly [string, Bytes])[] = []): Bytes => {
	const head = concat(be(4, says.width), be(4, says.height), Uint8Array.of(8, 0, 0, 0, 0));
	const rows = new Uint8Array((width + 1) * height).map((_, i) => (i % (width + 1) === 0 ? 0 : 128));
	const sign = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);
	const others = extra.map(([type, body]) => chunk(type, body));
	return concat(sign, chunk("IHDR", head), ...others, chunk("IDAT", new Uint8Array(deflateSync(rows))), chunk("IEND", new Uint8Array(0)));
};

/** The head of a JPEG: a segment of metadata, then the frame. */
export const jpegHead = (width: number, height: number, metadata = "Exif\0\0"): Bytes => {
	const app1 = concat(Uint8Array.of(0xff, 0xe1), be(2, metadata.length + 2), utf8(metadata));
	return concat(Uint8Array.of(0xff, 0xd8), app1, Uint8Array.of(0xff, 0xc0, 0, 17, 8), be(2, height), be(2, width), new Uint8Array(20));
};

export const webpHead = (width: number, height: number): Bytes =>
	concat(utf8("RIFF"), le(4, 30), utf8("WEBPVP8X"), le(4, 10), le(4, 0), le(3, width - 1), le(3, height - 1), new Uint8Array(8));

export const heicHead = (width: number, height: number): Bytes =>
	concat(be(4, 24), utf8("ftypheic"), new Uint8Array(12), be(4, 20), utf8("ispe"), be(4, 0), be(4, 64), be(4, 64), be(4, 20), utf8("ispe"), be(4, 0), be(4, width), be(4, height));

/** Pages with a line of text each, and whatever else the catalogue is to hold. */
export const pdf = (lines: string | readonly string[] = "Hei", catalogue = ""): Bytes => {
	const texts = typeof lines === "string" ? [lines] : lines;
	const page = (at: number): number => 4 + 2 * at;
	const pages = texts.flatMap((line, at) => {
		const stream = `BT /F1 24 Tf 72 700 Td (${line}) Tj ET`;
		return [`<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Resources<</Font<</F1 3 0 R>>>>/Contents ${page(at) + 1} 0 R>>`, `<</Length ${stream.length}>>stream\n${stream}\nendstream`];
	});
	const objects = [
		`<</Type/Catalog/Pages 2 0 R${catalogue}>>`, `<</Type/Pages/Kids[${texts.map((_, at) => `${page(at)} 0 R`).join(" ")}]/Count ${texts.length}>>`,
		"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>", ...pages,
	];
	let text = "%PDF-1.4\n";
	const places = objects.map((body, i) => {
		const at = text.length;
		text += `${i + 1} 0 obj${body}endobj\n`;
		return at;
	});
	const table = places.map((at) => `${String(at).padStart(10, "0")} 00000 n \n`).join("");
	const size = objects.length + 1;
	return utf8(`${text}xref\n0 ${size}\n0000000000 65535 f \n${table}trailer<</Size ${size}/Root 1 0 R>>\nstartxref\n${text.length}\n%%EOF\n`);
};
