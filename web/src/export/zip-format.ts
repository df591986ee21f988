// The one form of ZIP that is written and read here: entries stored as they are, one after another, with names in UTF-8, no times and
// nothing between them (PKWARE's APPNOTE 4.3); beyond four gigabytes or 65,534 entries with the 64-bit fields of 4.3.9.2, 4.3.14 and 4.5.3,
// and only there. Everything but the content follows from names, sizes and checksums, so that whoever checks a ZIP builds it again and
// compares.

import { concat, utf8, type Bytes } from "../seal/bytes.js";

const LOCAL = 0x04034b50, DESCRIPTOR = 0x08074b50, CENTRAL = 0x02014b50, END = 0x06054b50, END64 = 0x06064b50, LOCATOR = 0x07064b50;
const PLAIN = 20, WIDE = 45; // versions that a reader needs
const FLAGS = 0x0808; // sizes follow the content; names are UTF-8
const DAY = 0x0021; // 1980-01-01, the first that a ZIP knows: when it was made stands inside
const EXTRA64 = 0x0001;
const FULL32 = 0xffff_ffff, FULL16 = 0xffff;

export const LOCAL_SIZE = 30, CENTRAL_SIZE = 46, END_SIZE = 22, END64_SIZE = 56, LOCATOR_SIZE = 20;

export interface ZipEntry {
	readonly name: string;
	readonly size: number;
	readonly crc: number;
	/** Where its local header stands. */
	readonly at: number;
}

type Field = readonly [width: 2 | 4 | 8, value: number];

const fields = (...all: readonly Field[]): Bytes => {
	const bytes = new Uint8Array(all.reduce((n, [width]) => n + width, 0));
	const view = new DataView(bytes.buffer);
	let at = 0;
	for (const [width, value] of all) {
		if (width === 2) view.setUint16(at, value, true);
		else if (width === 4) view.setUint32(at, value, true);
		else view.setBigUint64(at, BigInt(value), true);
		at += width;
	}
	return bytes;
};

const w = (value: number): Field => [2, value];
const d = (value: number): Field => [4, value];
const q = (value: number): Field => [8, value];

/** Of an entry's size, which is known before its content: the sizes behind it need eight bytes. */
export const isWide = (size: number): boolean => size >= FULL32;

const capped = (value: number): Field => d(Math.min(value, FULL32));

export const localHeader = (name: string, wide: boolean): Bytes => {
	const bytes = utf8(name);
	const extra = wide ? fields(w(EXTRA64), w(16), q(0), q(0)) : new Uint8Array();
	const sizes = wide ? [d(FULL32), d(FULL32)] : [d(0), d(0)];
	return concat(fields(d(LOCAL), w(wide ? WIDE : PLAIN), w(FLAGS), w(0), w(0), w(DAY), d(0), ...sizes, w(bytes.length), w(extra.length)), bytes, extra);
};

export const descriptor = ({ crc, size }: Pick<ZipEntry, "crc" | "size">): Bytes =>
	isWide(size) ? fields(d(DESCRIPTOR), d(crc), q(size), q(size)) : fields(d(DESCRIPTOR), d(crc), d(size), d(size));

export const centralHeader = ({ name, size, crc, at }: ZipEntry): Bytes => {
	const bytes = utf8(name);
	const more = [...(isWide(size) ? [q(size), q(size)] : []), ...(at >= FULL32 ? [q(at)] : [])];
	const extra = more.length > 0 ? fields(w(EXTRA64), w(8 * more.length), ...more) : new Uint8Array();
	const version = w(more.length > 0 ? WIDE : PLAIN);
	const head = [d(CENTRAL), version, version, w(FLAGS), w(0), w(0), w(DAY), d(crc), capped(size), capped(size), w(bytes.length)];
	return concat(fields(...head, w(extra.length), w(0), w(0), w(0), d(0), capped(at)), bytes, extra);
};

/** What ends a ZIP: `entries` of them, their directory of `size` bytes at `at`. */
export const endRecord = (entries: number, size: number, at: number): Bytes => {
	const count = w(Math.min(entries, FULL16));
	const end = fields(d(END), w(0), w(0), count, count, capped(size), capped(at), w(0));
	if (entries < FULL16 && size < FULL32 && at < FULL32) return end;
	const wide = fields(d(END64), q(END64_SIZE - 12), w(WIDE), w(WIDE), d(0), d(0), q(entries), q(entries), q(size), q(at));
	return concat(wide, fields(d(LOCATOR), d(0), q(at + size), d(1)), end);
};

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
