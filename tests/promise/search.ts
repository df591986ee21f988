// Looks for planted text in every place where the server's side could hold it: files, the memory of processes, recorded traffic; in the
// encodings in which text travels or lies about.

import { closeSync, openSync, readdirSync, readFileSync, readSync, statSync } from "node:fs";
import { join } from "node:path";

export interface Needle {
	readonly what: string;
	readonly bytes: Buffer;
}

export interface Found {
	readonly what: string;
	readonly where: string;
}

const CHUNK = 16 * 1024 * 1024;
const LONGEST = 1024;

/** Base64 at each of the three alignments, without the characters that depend on the neighbours. */
const base64Forms = (bytes: Buffer): string[] =>
	[0, 1, 2].map((shift) => {
		const text = Buffer.concat([Buffer.alloc(shift), bytes]).toString("base64").replace(/=+$/, "");
		return text.slice(shift === 0 ? 0 : shift + 1, text.length - 1);
	});

/** The text as UTF-8, UTF-16, JSON and URL escapes, hexadecimal, base64 and base64url. */
export const needles = (what: string, text: string): Needle[] => {
	const utf8 = Buffer.from(text, "utf8");
	const base64 = base64Forms(utf8);
	const forms = [
		utf8, Buffer.from(text, "utf16le"), Buffer.from(encodeURIComponent(text)), Buffer.from(utf8.toString("hex")), Buffer.from(utf8.toString("hex").toUpperCase()),
		Buffer.from([...text].map((c) => (c.charCodeAt(0) < 128 ? c : `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`)).join("")),
		...base64.map((b) => Buffer.from(b)), ...base64.map((b) => Buffer.from(b.replaceAll("+", "-").replaceAll("/", "_"))),
	];
	const unique = new Map(forms.map((form) => [form.toString("hex"), form]));
	return [...unique.values()].map((bytes) => ({ what, bytes }));
};

export const searchBytes = (bytes: Buffer, where: string, list: readonly Needle[]): Found[] =>
	list.filter((n) => bytes.includes(n.bytes)).map((n) => ({ what: n.what, where }));

export type Search = (bytes: Buffer, where: string) => Found[];
/** What is searched for, as a search. */
export const searchFor = (list: readonly Needle[], windows?: Windows): Search => (bytes, where) => [
	...searchBytes(bytes, where, list), ...(windows ? searchWindows(bytes, where, windows) : []),
];

/** Reads [start, end) of an open file in overlapping pieces. */
const searchRange = (fd: number, start: number, end: number, where: string, search: Search): Found[] => {
	const found: Found[] = [];
	const buffer = Buffer.allocUnsafe(Math.min(CHUNK, end - start) + LONGEST);
	for (let at = start; at < end; at += CHUNK) {
		let n = 0;
		try {
			n = readSync(fd, buffer, 0, Math.min(buffer.length, end - at), at);
		} catch {
			continue; // a page of the process that cannot be read (a guard)
		}
		found.push(...search(buffer.subarray(0, n), where));
	}
	return found;
};

/** All windows of so many bytes of a secret that nobody could guess. They are looked for at every place of what is searched, by their first
 * four bytes: one bit each of a small table tells of nearly all places that no window begins there; then a list of those that begin alike. */
export interface Windows {
	readonly what: string;
	readonly secret: Buffer;
	readonly maybe: Uint8Array;
	/** By those four bytes the first window, from one the next that begins alike; 0: none. One is added to each. */
	readonly first: Map<number, number>;
	readonly next: Uint32Array;
}

export const WINDOW = 16;
const BITS = 2 ** 24;
const bitOf = (word: number): number => (Math.imul(word, 0x9e3779b1) >>> 8) & (BITS - 1);

export const windowsOf = (what: string, secret: Buffer): Windows => {
	const maybe = new Uint8Array(BITS / 8);
	const first = new Map<number, number>();
	const next = new Uint32Array(secret.length);
	for (let i = 0; i + WINDOW <= secret.length; i++) {
		const word = secret.readUInt32LE(i), bit = bitOf(word);
		maybe[bit >>> 3] = (maybe[bit >>> 3] as number) | (1 << (bit & 7));
		next[i] = first.get(word) ?? 0;
		first.set(word, i + 1);
	}
	return { what, secret, maybe, first, next };
};

const isWindowAt = (bytes: Buffer, i: number, { secret, first, next }: Windows): boolean => {
	for (let at = first.get(bytes.readUInt32LE(i)) ?? 0; at > 0; at = next[at - 1] as number)
		if (bytes.compare(secret, at - 1, at - 1 + WINDOW, i, i + WINDOW) === 0) return true;
	return false;
};

/** Whether one of them stands in the bytes, wherever it begins. */
export const searchWindows = (bytes: Buffer, where: string, windows: Windows): Found[] => {
	const { maybe } = windows, last = bytes.length - WINDOW;
	let word = last >= 0 ? bytes.readUInt32LE(0) : 0;
	for (let i = 0; i <= last; i++) {
		const bit = bitOf(word);
		if ((maybe[bit >>> 3] as number) & (1 << (bit & 7)) && isWindowAt(bytes, i, windows)) return [{ what: windows.what, where }];
		word = (word >>> 8) | ((bytes[i + 4] as number) << 24);
	}
	return [];
};

export interface Searched {
	readonly bytes: number;
	readonly found: readonly Found[];
}

const filesBelow = (folder: string): string[] =>
	readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
		const path = join(folder, entry.name);
		return entry.isDirectory() ? filesBelow(path) : entry.isFile() ? [path] : [];
	});

export const searchFiles = (folder: string, list: readonly Needle[], windows?: Windows): Searched => {
	const search = searchFor(list, windows);
	let bytes = 0;
	const found: Found[] = [];
	for (const path of filesBelow(folder)) {
		const { size } = statSync(path);
		const fd = openSync(path, "r");
		bytes += size;
		if (size > 0) found.push(...searchRange(fd, 0, size, path, search));
		closeSync(fd);
	}
	return { bytes, found };
};

/** Everything that a core of the process would hold: its readable mappings, but for the kernel's own. What several processes share is
 * searched for windows if `shared`. */
export const searchMemory = (pid: number, list: readonly Needle[], windows?: Windows, shared = true): Searched => {
	const [search, searchShared] = [searchFor(list, windows), searchFor(list, shared ? windows : undefined)];
	let bytes = 0;
	const found: Found[] = [];
	const fd = openSync(`/proc/${pid}/mem`, "r");
	for (const line of readFileSync(`/proc/${pid}/maps`, "utf8").split("\n")) {
		const range = /^([0-9a-f]+)-([0-9a-f]+) r..(.)/.exec(line);
		if (!range || /\[(vsyscall|vvar|vdso)/.test(line)) continue;
		const [start, end] = [Number.parseInt(range[1] ?? "", 16), Number.parseInt(range[2] ?? "", 16)];
		bytes += end - start;
		found.push(...searchRange(fd, start, end, `memory of process ${pid}`, range[3] === "s" ? searchShared : search));
	}
	closeSync(fd);
	return { bytes, found };
};

const parentOf = (pid: string): string | undefined => {
	try {
		return readFileSync(`/proc/${pid}/stat`, "utf8").split(")").pop()?.trim().split(" ")[1];
	} catch {
		return undefined;
	}
};

/** A process and all its descendants. */
export const family = (root: number): number[] => {
	const all = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
	const children = all.filter((pid) => parentOf(pid) === String(root)).map(Number);
	return [root, ...children.flatMap(family)];
};
