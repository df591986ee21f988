// The manifest of a file (ctype 8, FORMAT.md section 12): what its receivers need to know of it, and to check.

import { cleanName, typeOf, type FileType } from "./files-types.js";
import { fromBase64Url, fromUtf8, MOST_FILE, toBase64Url, type Bytes } from "../seal/index.js";

export interface Manifest {
	readonly name: string;
	readonly type: FileType;
	readonly size: number;
	/** content_hash. */
	readonly hash: Bytes;
	/** What is in it, for those who cannot see it; may be "". */
	readonly about: string;
}

const VERSION = 1;
const NAME_MOST = 255;
const ABOUT_MOST = 1_000;
const KEYS = ["about", "hash", "media", "name", "size", "v"].join();

export const writeManifest = (m: Manifest): string =>
	JSON.stringify({ v: VERSION, name: m.name, media: m.type.media, size: m.size, hash: toBase64Url(m.hash), about: m.about.slice(0, ABOUT_MOST) });

const isShort = (text: unknown, most: number): text is string => typeof text === "string" && text.length <= most;

const read = (json: unknown, without: string): Manifest | undefined => {
	if (typeof json !== "object" || json === null || Object.keys(json).sort().join() !== KEYS) return undefined;
	const { v, name, media, size, hash, about } = json as Record<string, unknown>;
	const type = typeof media === "string" ? typeOf(media) : undefined;
	if (v !== VERSION || !type || type.onlyIn || !isShort(name, NAME_MOST) || !isShort(about, ABOUT_MOST) || !isShort(hash, 43)) return undefined;
	if (typeof size !== "number" || !Number.isSafeInteger(size) || size < 1 || size > MOST_FILE) return undefined;
	const bytes = fromBase64Url(hash);
	if (bytes.length !== 32) return undefined;
	return { name: cleanName(name, type, without), type, size, hash: bytes, about: about.replace(/[\p{Cc}\p{Cf}]/gu, " ").trim() };
};

/** Undefined for what nobody's browser of ours would send. `without` is the name of what has none that can be shown. */
export const readManifest = (content: Bytes, without: string): Manifest | undefined => {
	try {
		return read(JSON.parse(fromUtf8(content)), without);
	} catch {
		return undefined;
	}
};
