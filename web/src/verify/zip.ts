// A ZIP as it is checked: in the one form in which it is written (export/zip-format.ts). Its directory is read, everything that stands
// around the contents is built again from it, and whatever differs is named. Contents are read piece by piece, never whole.

import {
	CENTRAL_SIZE, centralHeader, crc32, descriptor, DESCRIPTOR_SIZE, END_SIZE, endRecord, localHeader, type ZipEntry,
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

const MOST_DIRECTORY = 16 << 20;

const place = (name: string): number => localHeader(name).length;

/** Entries as the directory says, undefined if it is none. */
const directory = async (source: Source): Promise<ZipEntry[] | undefined> => {
	if (source.size < END_SIZE) return undefined;
	const end = await source.read(source.size - END_SIZE, source.size);
	const view = new DataView(end.buffer, end.byteOffset, end.byteLength);
	const [count, size, at] = [view.getUint16(10, true), view.getUint32(12, true), view.getUint32(16, true)];
	if (size > MOST_DIRECTORY || at + size + END_SIZE !== source.size || !equal(end, endRecord(count, size, at))) return undefined;
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

const entryAt = (bytes: Bytes, from: number): ZipEntry | undefined => {
	if (bytes.length - from < CENTRAL_SIZE) return undefined;
	const view = new DataView(bytes.buffer, bytes.byteOffset + from, bytes.length - from);
	const length = view.getUint16(28, true);
	if (bytes.length - from < CENTRAL_SIZE + length) return undefined;
	try {
		const name = fromUtf8(bytes.slice(from + CENTRAL_SIZE, from + CENTRAL_SIZE + length));
		return { name, crc: view.getUint32(16, true), size: view.getUint32(24, true), at: view.getUint32(42, true) };
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
		const content = entry.at + place(entry.name);
		const after = content + entry.size;
		if (entry.at !== at || after + DESCRIPTOR_SIZE > source.size) return undefined;
		const [head, tail] = [await source.read(entry.at, content), await source.read(after, after + DESCRIPTOR_SIZE)];
		if (!equal(head, localHeader(entry.name)) || !equal(tail, descriptor(entry))) differs(entry.name);
		at = after + DESCRIPTOR_SIZE;
	}
	const known = new Map(entries.map((entry) => [entry.name, entry]));
	if (at + entries.reduce((n, entry) => n + centralHeader(entry).length, 0) + END_SIZE !== source.size) return undefined;
	return {
		entries,
		has: (name) => known.get(name),
		read: (entry, from, to) => {
			const content = entry.at + place(entry.name);
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
