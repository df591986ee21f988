// The ZIP as it is written: what is ready is given away at once, and each entry is hashed piece by piece. Nothing is compressed: most of
// it is sealed or a picture, and what is checked later is then exactly what stands there.

import { toBase64Url, utf8, type Bytes } from "../seal/bytes.js";
import { sha256 } from "../seal/derive.js";
import { ENTRY, EXPORT_FORMAT, PIECE, type Manifest } from "./format.js";
import { centralHeader, crc32, descriptor, endRecord, localHeader, type ZipEntry } from "./zip-format.js";

/** A ZIP without the 64-bit extension ends at four gigabytes and 65,535 entries; some room for the directory. */
export const MOST_ZIP = 0xf000_0000;
export const MOST_ENTRIES = 60_000;

export interface Archive {
	/** The next bytes of an entry; another name ends the one before. Refuses (throws `room_too_large`) what no ZIP can hold. */
	add(name: string, bytes: Uint8Array): Promise<void>;
	/** The manifest, and the directory. */
	end(): Promise<void>;
}

interface Growing {
	readonly name: string;
	readonly at: number;
	readonly pieces: string[];
	readonly piece: Bytes;
	filled: number;
	size: number;
	crc: number;
}

const tooLarge = (): never => {
	throw Object.assign(new Error("room_too_large"), { word: "room_too_large" });
};

export const makeArchive = (give: (bytes: Uint8Array) => void): Archive => {
	const entries: ZipEntry[] = [];
	const listed: Manifest["entries"][number][] = [];
	let at = 0;
	let open: Growing | undefined;

	const write = (bytes: Uint8Array): void => {
		at += bytes.length;
		give(bytes);
	};

	const closePiece = async (one: Growing): Promise<void> => {
		one.pieces.push(toBase64Url(await sha256(one.piece.slice(0, one.filled))));
		one.filled = 0;
	};

	const close = async (): Promise<void> => {
		if (!open) return;
		const { name, size, crc, pieces } = open;
		if (open.filled > 0 || size === 0) await closePiece(open);
		write(descriptor({ crc, size }));
		entries.push({ name, size, crc, at: open.at });
		listed.push({ name, size, pieces });
		open = undefined;
	};

	const start = (name: string): Growing => {
		if (entries.length >= MOST_ENTRIES || entries.some((one) => one.name === name)) tooLarge();
		const begun = { name, at, pieces: [], piece: new Uint8Array(PIECE), filled: 0, size: 0, crc: 0 };
		write(localHeader(name));
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

	const add = async (name: string, bytes: Uint8Array): Promise<void> => {
		if (at + bytes.length > MOST_ZIP) tooLarge();
		if (open?.name !== name) {
			await close();
			open = start(name);
		}
		await hash(open, bytes);
		open.size += bytes.length;
		open.crc = crc32(bytes, open.crc);
		if (bytes.length > 0) write(bytes);
	};

	return {
		add,
		end: async () => {
			await close();
			const manifest: Manifest = { format: EXPORT_FORMAT, entries: [...listed] };
			await add(ENTRY.manifest, utf8(`${JSON.stringify(manifest, null, "\t")}\n`));
			await close();
			const directory = at;
			for (const one of entries) write(centralHeader(one));
			write(endRecord(entries.length, at - directory, directory));
		},
	};
};
