// A ZIP as it is checked: in the one form in which it is written (export/zip-format.ts). Its directory is read, everything that stands
// around the contents is built again from it, and whatever differs is named. Contents are read piece by piece, never whole.

import {
	CENTRAL_SIZE, centralHeader, crc32, descriptor, END64_SIZE, END_SIZE, endRecord, isWide, localHeader, LOCATOR_SIZE, type ZipEntry,
} from "../export/zip-format.js";
import { concat, equal, fromUtf8, type Bytes } from "../seal/bytes.js";

/** What is checked: a file of the person's, or bytes in a test. */
export interface Source {
	readonly size: number;
	read(from: number, to: number): Promise<Bytes>;
}

export interface Zip {
	readonly entries: readonly ZipEntry[];
	/** The next stretch of an entry's content. */
	read(entry: ZipEntry, from: number, to: number): Promise<Bytes>;
	has(name: string): ZipEntry | undefined;
}

const MOST_DIRECTORY = 256 << 20;
const WIDE_END = END64_SIZE + LOCATOR_SIZE;

const place = ({ name, size }: ZipEntry): number => localHeader(name, isWide(size)).length;

interface End {
	readonly count: number;
	readonly size: number;
	readonly at: number;
	readonly bytes: number;
}

const viewOf = (bytes: Bytes): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** What the last bytes say, plainly or in the 64-bit form; undefined if neither is written as it is here. */
const endOf = async (source: Source): Promise<End | undefined> => {
	const last = await source.read(Math.max(0, source.size - WIDE_END - END_SIZE), source.size);
	const plain = last.slice(-END_SIZE);
	const view = viewOf(plain);
	const [count, size, at] = [view.getUint16(10, true), view.getUint32(12, true), view.getUint32(16, true)];
	if (equal(plain, endRecord(count, size, at))) return { count, size, at, bytes: END_SIZE };
	if (last.length < WIDE_END + END_SIZE) return undefined;
	const wide = viewOf(last);
	const [many, much, from] = [32, 40, 48].map((place) => Number(wide.getBigUint64(place, true))) as [number, number, number];
	return Number.isSafeInteger(from) && Number.isSafeInteger(much) && equal(last, endRecord(many, much, from)) ? { count: many, size: much, at: from, bytes: last.length } : undefined;
};

/** Entries as the directory says, undefined if it is none. */
const directory = async (source: Source): Promise<ZipEntry[] | undefined> => {
	if (source.size < END_SIZE) return undefined;
	const end = await endOf(source);
	if (!end || end.size > MOST_DIRECTORY || end.at + end.size + end.bytes !== source.size) return undefined;
	const { count, size, at } = end;
	const bytes = await source.read(at, at + size);
	const entries: ZipEntry[] = [];
	for (let from = 0; entries.length < count; ) {
		const entry = entryAt(bytes, from);
		if (!entry) return undefined;
		entries.push(entry);
		from += centralHeader(entry).length;
	}
	return equal(concat(...entries.map(centralHeader)), bytes) ? entries : undefined;
};

/** The values of the 64-bit field that stands in for those that are full. */
const wideOf = (view: DataView, from: number, size: number, at: number): Pick<ZipEntry, "size" | "at"> | undefined => {
	const full = [isWide(size), isWide(at)];
	const needed = (full[0] ? 16 : 0) + (full[1] ? 8 : 0);
	if (needed === 0) return { size, at };
	if (view.byteLength < from + 4 + needed) return undefined;
	return {
		size: full[0] ? Number(view.getBigUint64(from + 4, true)) : size, at: full[1] ? Number(view.getBigUint64(from + 4 + needed - 8, true)) : at,
	};
};

const entryAt = (bytes: Bytes, from: number): ZipEntry | undefined => {
	if (bytes.length - from < CENTRAL_SIZE) return undefined;
	const view = new DataView(bytes.buffer, bytes.byteOffset + from, bytes.length - from);
	const length = view.getUint16(28, true);
	if (bytes.length - from < CENTRAL_SIZE + length) return undefined;
	try {
		const name = fromUtf8(bytes.slice(from + CENTRAL_SIZE, from + CENTRAL_SIZE + length));
		const wide = wideOf(view, CENTRAL_SIZE + length, view.getUint32(24, true), view.getUint32(42, true));
		return wide && { name, crc: view.getUint32(16, true), ...wide };
	} catch {
		return undefined;
	}
};

/** Undefined: this is no such ZIP, or its directory was changed. `differs` is told of each entry around which something else stands. */
export const openZip = async (source: Source, differs: (entry: string) => void): Promise<Zip | undefined> => {
	const entries = await directory(source);
	if (!entries || new Set(entries.map(({ name }) => name)).size !== entries.length) return undefined;
	let at = 0;
	for (const entry of entries) {
		const content = entry.at + place(entry);
		const [after, behind] = [content + entry.size, descriptor(entry)];
		if (entry.at !== at || after + behind.length > source.size) return undefined;
		const [head, tail] = [await source.read(entry.at, content), await source.read(after, after + behind.length)];
		if (!equal(head, localHeader(entry.name, isWide(entry.size))) || !equal(tail, behind)) differs(entry.name);
		at = after + behind.length;
	}
	const known = new Map(entries.map((entry) => [entry.name, entry]));
	const directorySize = entries.reduce((n, entry) => n + centralHeader(entry).length, 0);
	if (at + directorySize + endRecord(entries.length, directorySize, at).length !== source.size) return undefined;
	return {
		entries,
		has: (name) => known.get(name),
		read: (entry, from, to) => {
			const content = entry.at + place(entry);
			return source.read(content + from, content + Math.min(to, entry.size));
		},
	};
};

const STRETCH = 1 << 20;

/** The whole of an entry that is text; undefined if it is over `most` or none. */
export const readText = async (zip: Zip, entry: ZipEntry, most: number): Promise<string | undefined> => {
	if (entry.size > most) return undefined;
	try {
		return fromUtf8(await zip.read(entry, 0, entry.size));
	} catch {
		return undefined;
	}
};

/** Lines one after another; a line over a stretch long is given as "". */
export async function* readLines(zip: Zip, entry: ZipEntry): AsyncGenerator<string> {
	const decoder = new TextDecoder();
	let rest = "";
	for (let at = 0; at < entry.size; at += STRETCH) {
		const pieces = (rest + decoder.decode(await zip.read(entry, at, at + STRETCH), { stream: true })).split("\n");
		rest = pieces.pop() ?? "";
		yield* pieces;
		if (rest.length > STRETCH) rest = "";
	}
	if (rest !== "") yield rest;
}

/** Whether the content has the checksum that the directory says. */
export const isIntact = async (zip: Zip, entry: ZipEntry): Promise<boolean> => {
	let crc = 0;
	for (let at = 0; at < entry.size; at += STRETCH) crc = crc32(await zip.read(entry, at, at + STRETCH), crc);
	return crc === entry.crc;
};
