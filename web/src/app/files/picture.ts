// Before a file goes: what it is, and for pictures another picture, drawn anew, in which nothing is left of when, where and with what
// device the first one was taken.

import { judge, typeOf, type FileType, type Unfit } from "../../client/files-types.js";
import { HEAD_SIZE, pictureSize } from "../../client/files-picture.js";

export type WhyNot = Unfit | "too_large" | "undecoded" | "heic";

export interface Ready {
	readonly file: Blob;
	readonly type: FileType;
	readonly width: number; // 0 for what is no picture
	readonly height: number;
}

export const LONGEST = 4_096; // of what is sent; a page of print stays readable
const MOST_BYTES = 200_000_000;
const PNG_MOST = 6_000_000; // a larger one is a photograph
const QUALITY = 0.9;

const drawn = async (file: Blob, media: string): Promise<OffscreenCanvas | "undecoded"> => {
	const bitmap = await createImageBitmap(file).catch(() => undefined);
	if (!bitmap) return "undecoded";
	const scale = Math.min(1, LONGEST / Math.max(bitmap.width, bitmap.height));
	const canvas = new OffscreenCanvas(Math.max(1, Math.round(bitmap.width * scale)), Math.max(1, Math.round(bitmap.height * scale)));
	const context = canvas.getContext("2d");
	if (!context) return "undecoded";
	if (media === "image/jpeg") {
		context.fillStyle = "#fff";
		context.fillRect(0, 0, canvas.width, canvas.height);
	}
	context.imageSmoothingQuality = "high";
	context.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
	bitmap.close();
	return canvas;
};

const redrawn = async (file: Blob, media: string): Promise<Ready | "undecoded"> => {
	const canvas = await drawn(file, media);
	if (canvas === "undecoded") return canvas;
	const again = await canvas.convertToBlob({ type: media, quality: QUALITY });
	if (again.type !== media) return "undecoded";
	if (media === "image/png" && again.size > PNG_MOST) return redrawn(file, "image/jpeg");
	return { file: again, type: typeOf(media) as FileType, width: canvas.width, height: canvas.height };
};

const preparePicture = async (file: Blob, type: FileType): Promise<Ready | WhyNot> => {
	const head = new Uint8Array(await file.slice(0, HEAD_SIZE).arrayBuffer());
	const size = pictureSize(type.media, head);
	if (typeof size === "string") return size;
	const again = await redrawn(file, ["image/png", "image/gif"].includes(type.media) ? "image/png" : "image/jpeg");
	return again === "undecoded" && type.media === "image/heic" ? "heic" : again;
};

/** What will be sent, or why nothing will. */
export const prepare = async (file: Blob): Promise<Ready | WhyNot> => {
	if (file.size > MOST_BYTES) return "too_large";
	const { type, unfit } = await judge(file);
	if (!type) return unfit;
	return type.family === "picture" ? preparePicture(file, type) : { file, type, width: 0, height: 0 };
};
