// The width and height that a picture says it has, read from its first bytes before anything decodes it: a small file may say that it is
// a picture that no memory holds.

import type { Bytes } from "../seal/index.js";

export interface Size {
	readonly width: number;
	readonly height: number;
}

export const HEAD_SIZE = 2_097_152; // profiles and previews may stand before a JPEG's frame
const MOST_SIDE = 20_000;
const MOST_PIXELS = 100_000_000;

const view = (bytes: Bytes): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
const isFrame = (marker: number): boolean => marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
const letters = (bytes: Bytes, at: number): string => String.fromCharCode(...bytes.subarray(at, at + 4));

/** Walks the segments to the frame; what is between a marker and its length is not looked into. */
const jpeg = (bytes: Bytes): Size | undefined => {
	const v = view(bytes);
	let at = 2;
	while (at + 9 <= bytes.length && v.getUint8(at) === 0xff) {
		const marker = v.getUint8(at + 1);
		if (marker === 0xff) at += 1;
		else if (isFrame(marker)) return { height: v.getUint16(at + 5), width: v.getUint16(at + 7) };
		else if (marker === 0xda || marker === 0xd9) return undefined;
		else at += 2 + v.getUint16(at + 2);
	}
	return undefined;
};

const png = (bytes: Bytes): Size | undefined =>
	bytes.length >= 24 && letters(bytes, 12) === "IHDR" ? { width: view(bytes).getUint32(16), height: view(bytes).getUint32(20) } : undefined;

const gif = (bytes: Bytes): Size | undefined =>
	bytes.length >= 10 ? { width: view(bytes).getUint16(6, true), height: view(bytes).getUint16(8, true) } : undefined;

const u24 = (v: DataView, at: number): number => v.getUint16(at, true) + v.getUint8(at + 2) * 65_536;

const webp = (bytes: Bytes): Size | undefined => {
	if (bytes.length < 30) return undefined;
	const v = view(bytes);
	const form = letters(bytes, 12);
	if (form === "VP8X") return { width: u24(v, 24) + 1, height: u24(v, 27) + 1 };
	if (form === "VP8 ") return { width: v.getUint16(26, true) & 0x3fff, height: v.getUint16(28, true) & 0x3fff };
	const bits = v.getUint32(21, true);
	return form === "VP8L" ? { width: (bits & 0x3fff) + 1, height: ((bits >>> 14) & 0x3fff) + 1 } : undefined;
};

/** The greatest `ispe` (ISO 23008-12): a file holds one for each picture and tile in it. */
const heic = (bytes: Bytes): Size | undefined => {
	let most: Size | undefined;
	for (let at = 4; at + 16 <= bytes.length; at++) {
		if (bytes[at] !== 0x69 || letters(bytes, at) !== "ispe") continue;
		const one = { width: view(bytes).getUint32(at + 8), height: view(bytes).getUint32(at + 12) };
		if (!most || one.width * one.height > most.width * most.height) most = one;
	}
	return most;
};

const READERS: Readonly<Record<string, (bytes: Bytes) => Size | undefined>> = {
	"image/jpeg": jpeg, "image/png": png, "image/gif": gif, "image/webp": webp, "image/heic": heic,
};

/** "broken": it does not say; "too_large": more than is decoded here. */
export const pictureSize = (media: string, head: Bytes): Size | "broken" | "too_large" => {
	const size = READERS[media]?.(head);
	if (!size || size.width < 1 || size.height < 1) return "broken";
	const { width, height } = size;
	return width > MOST_SIDE || height > MOST_SIDE || width * height > MOST_PIXELS ? "too_large" : size;
};
