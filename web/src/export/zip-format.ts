// The one form of ZIP that is written and read here: entries stored as they are, one after another, with names in UTF-8, no times and
// nothing between them (PKWARE's APPNOTE 4.3). Everything but the content follows from names, sizes and checksums, so that whoever checks
// a ZIP builds it again and compares.

import { concat, utf8, type Bytes } from "../seal/bytes.js";

const LOCAL = 0x04034b50, DESCRIPTOR = 0x08074b50, CENTRAL = 0x02014b50, END = 0x06054b50;
const VERSION = 20;
const FLAGS = 0x0808; // sizes follow the content; names are UTF-8
const DAY = 0x0021; // 1980-01-01, the first that a ZIP knows: when it was made stands inside

export const LOCAL_SIZE = 30, DESCRIPTOR_SIZE = 16, CENTRAL_SIZE = 46, END_SIZE = 22;

export interface ZipEntry {
	readonly name: string;
	readonly size: number;
	readonly crc: number;
	/** Where its local header stands. */
	readonly at: number;
}

type Field = readonly [width: 2 | 4, value: number];

const fields = (...all: readonly Field[]): Bytes => {
	const bytes = new Uint8Array(all.reduce((n, [width]) => n + width, 0));
	const view = new DataView(bytes.buffer);
	let at = 0;
	for (const [width, value] of all) {
		if (width === 2) view.setUint16(at, value, true);
		else view.setUint32(at, value, true);
		at += width;
	}
	return bytes;
};

const w = (value: number): Field => [2, value];
const d = (value: number): Field => [4, value];

export const localHeader = (name: string): Bytes => {
	const bytes = utf8(name);
	return concat(fields(d(LOCAL), w(VERSION), w(FLAGS), w(0), w(0), w(DAY), d(0), d(0), d(0), w(bytes.length), w(0)), bytes);
};

export const descriptor = ({ crc, size }: Pick<ZipEntry, "crc" | "size">): Bytes => fields(d(DESCRIPTOR), d(crc), d(size), d(size));

export const centralHeader = ({ name, size, crc, at }: ZipEntry): Bytes => {
	const bytes = utf8(name);
	const head = [d(CENTRAL), w(VERSION), w(VERSION), w(FLAGS), w(0), w(0), w(DAY), d(crc), d(size), d(size), w(bytes.length)];
	return concat(fields(...head, w(0), w(0), w(0), w(0), d(0), d(at)), bytes);
};

export const endRecord = (entries: number, size: number, at: number): Bytes => fields(d(END), w(0), w(0), w(entries), w(entries), d(size), d(at), w(0));

const TABLE = Uint32Array.from({ length: 256 }, (_, n) => {
	let c = n;
	for (let bit = 0; bit < 8; bit++) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1;
	return c;
});

/** Goes on from the checksum of what came before; 0 at first. */
export const crc32 = (bytes: Uint8Array, before = 0): number => {
	let c = ~before >>> 0;
	for (const byte of bytes) c = (TABLE[(c ^ byte) & 0xff] as number) ^ (c >>> 8);
	return ~c >>> 0;
};
