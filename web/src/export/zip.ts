// The ZIP as it is written: what is ready is given away at once, and each entry is hashed piece by piece. Nothing is compressed: most of
// it is sealed or a picture, and what is checked later is then exactly what stands there.

import { toBase64Url, utf8, type Bytes } from "../seal/bytes.js";
import { sha256 } from "../seal/derive.js";
import { ENTRY, EXPORT_FORMAT, PIECE, type Manifest } from "./format.js";
import { centralHeader, crc32, descriptor, endRecord, isWide, localHeader, type ZipEntry } from "./zip-format.js";

export interface Archive {
	/**
	 * The next bytes of an entry; another name ends the one before. Refuses (throws `internal`) a name that was there. Of an entry of four
	 * gigabytes or more `whole`, its size, is said with its first bytes; it may be said of any.
	 */
	add(name: string, bytes: Uint8Array, whole?: number): Promise<void>;
	/** The manifest, and the directory. */
	end(): Promise<void>;
}

interface Growing {
	readonly name: string;
	readonly at: number;
	readonly pieces: string[];
	readonly piece: Bytes;
	readonly wide: boolean;
	filled: number;
	size: number;
	crc: number;
}

const refuse = (): never => {
	throw Object.assign(new Error("internal"), { word: "internal" });
};

/** `give` may take its time: nothing more comes before it has. */
export const makeArchive = (give: (bytes: Uint8Array) => void | Promise<void>): Archive => {
	const names = new Set<string>();
	const entries: ZipEntry[] = [];
	const listed: Manifest["entries"][number][] = [];
	let at = 0;
	let open: Growing | undefined;

	const write = async (bytes: Uint8Array): Promise<void> => {
		at += bytes.length;
		await give(bytes);
	};

	const closePiece = async (one: Growing): Promise<void> => {
		one.pieces.push(toBase64Url(await sha256(one.piece.slice(0, one.filled))));
		one.filled = 0;
	};

	const close = async (): Promise<void> => {
		if (!open) return;
		const { name, size, crc, pieces } = open;
		if (open.filled > 0 || size === 0) await closePiece(open);
		if (isWide(size) !== open.wide) refuse();
		await write(descriptor({ crc, size }));
		entries.push({ name, size, crc, at: open.at });
		listed.push({ name, size, pieces });
		open = undefined;
	};

	const start = async (name: string, wide: boolean): Promise<Growing> => {
		if (names.has(name)) refuse();
		names.add(name);
		const begun = { name, at, pieces: [], piece: new Uint8Array(PIECE), wide, filled: 0, size: 0, crc: 0 };
		await write(localHeader(name, wide));
		return begun;
	};

	const hash = async (one: Growing, bytes: Uint8Array): Promise<void> => {
		for (let from = 0; from < bytes.length; ) {
			const part = bytes.subarray(from, from + PIECE - one.filled);
			one.piece.set(part, one.filled);
			one.filled += part.length;
			from += part.length;
			if (one.filled === PIECE) await closePiece(one);
		}
	};

	const add = async (name: string, bytes: Uint8Array, whole = 0): Promise<void> => {
		if (open?.name !== name) {
			await close();
			open = await start(name, isWide(whole));
		}
		await hash(open, bytes);
		open.size += bytes.length;
		open.crc = crc32(bytes, open.crc);
		if (bytes.length > 0) await write(bytes);
	};

	return {
		add,
		end: async () => {
			await close();
			const manifest: Manifest = { format: EXPORT_FORMAT, entries: [...listed] };
			await add(ENTRY.manifest, utf8(`${JSON.stringify(manifest, null, "\t")}\n`));
			await close();
			const directory = at;
			for (const one of entries) await write(centralHeader(one));
			await write(endRecord(entries.length, at - directory, directory));
		},
	};
};
