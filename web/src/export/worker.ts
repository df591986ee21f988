// The worker that writes what is taken out: pieces come in; bytes of the ZIP or of the PDF go out, or straight into the file that the
// person chose. It has no key and no network; fonts come when it asks for them.

import { makeArchive, type Archive } from "./zip.js";
import type { Writing } from "./document.js";
import type { Drawn, Extra } from "./letters.js";
import { speaking, titled, type ExportLanguage } from "./words.js";

export type FontFile = "plain" | "strong" | Extra;

export type Told =
	/** `file`: where to write it; without one the bytes come back. */
	| { readonly begin: "archive"; readonly file?: FileSystemFileHandle }
	/** `title`: of what is no room. */
	| { readonly begin: "document"; readonly language: ExportLanguage; readonly zone: string; readonly title?: string }
	| { readonly begin: "paper"; readonly language: ExportLanguage; readonly zone: string; readonly title: string; readonly made: number }
	| { readonly entry: string; readonly bytes: Uint8Array; readonly whole: number }
	| { readonly font: FontFile; readonly bytes: Uint8Array | null }
	| { readonly end: true }
	| { readonly drop: true };
/** `taken`: the next may come; `size`: so much is written. */
export type Tells =
	| { readonly chunk: Uint8Array }
	| { readonly need: FontFile }
	| { readonly taken: true; readonly size: number }
	| { readonly done: true; readonly size: number }
	| { readonly failed: string };

interface Sink {
	take(entry: string, bytes: Uint8Array, whole: number): Promise<void>;
	end(): Promise<void>;
	/** Nothing of it stays. */
	drop(): Promise<void>;
}

const tell = (what: Tells, ...given: Transferable[]): void => postMessage(what, { transfer: given });
const refused = (word: string): Error => Object.assign(new Error(word), { word });

let size = 0;

const GATHER = 1 << 20; // a write to a file, and a message to the page, cost much more than their bytes

let loose: Uint8Array[] = [];
let held = 0;

const giveAll = (): void => {
	const all = new Uint8Array(held);
	let at = 0;
	for (const one of loose) {
		all.set(one, at);
		at += one.length;
	}
	[loose, held] = [[], 0];
	if (at > 0) tell({ chunk: all }, all.buffer);
};

/** To the page. A PDF is written in pieces of some bytes: tens of thousands of them would hold the page up. */
const give = (bytes: Uint8Array): void => {
	loose.push(bytes.slice());
	held += bytes.length;
	size += bytes.length;
	if (held >= GATHER) giveAll();
};

/** Into the file; it gets its name only when it is whole. */
const fileWriter = async (file: FileSystemFileHandle) => {
	const stream = await file.createWritable();
	let parts: BlobPart[] = [];
	let waiting = 0;
	const flush = async (): Promise<void> => {
		if (waiting > 0) await stream.write(new Blob(parts));
		[parts, waiting] = [[], 0];
	};
	return {
		write: async (bytes: Uint8Array): Promise<void> => {
			parts.push(bytes.slice());
			waiting += bytes.length;
			size += bytes.length;
			if (waiting >= GATHER) await flush();
		},
		close: async (): Promise<void> => {
			await flush();
			await stream.close();
		},
		abort: () => stream.abort(),
	};
};

const archiveSink = async (file: FileSystemFileHandle | undefined): Promise<Sink> => {
	const writer = file && (await fileWriter(file));
	const failed = (): never => {
		throw refused("disk");
	};
	const archive: Archive = makeArchive(writer ? (bytes) => writer.write(bytes).catch(failed) : give);
	return {
		take: (entry, bytes, whole) => archive.add(entry, bytes, whole),
		end: async () => {
			await archive.end();
			await writer?.close().catch(failed);
		},
		drop: async () => writer?.abort().catch(() => undefined),
	};
};

const asked = new Map<FontFile, (bytes: Uint8Array | null) => void>();

const fontFile = async (name: FontFile): Promise<Uint8Array> => {
	const bytes = await new Promise<Uint8Array | null>((resolve) => {
		asked.set(name, resolve);
		tell({ need: name });
	});
	if (!bytes) throw refused("offline");
	return bytes;
};

const HEIGHT = 44; // of a line, in points of the picture
const LINE = 1.36; // as in pen.ts

/** A sign that no font of ours has, as the device draws it. What it draws for a sign that nobody has is nothing. */
const makeDrawing = () => {
	const paint = (sign: string): { canvas: OffscreenCanvas; pixels: string; wide: number } | undefined => {
		const font = `${HEIGHT}px sans-serif`;
		const canvas = new OffscreenCanvas(1, Math.ceil(HEIGHT * LINE));
		const first = canvas.getContext("2d");
		if (!first) return undefined;
		first.font = font;
		const wide = Math.min(20 * HEIGHT, Math.ceil(first.measureText(sign).width));
		if (wide === 0) return undefined;
		canvas.width = wide;
		const draw = canvas.getContext("2d", { willReadFrequently: true }) as OffscreenCanvasRenderingContext2D;
		draw.font = font;
		draw.fillStyle = "#fff";
		draw.fillRect(0, 0, wide, canvas.height);
		draw.fillStyle = "#1b1d1f";
		draw.fillText(sign, 0, HEIGHT);
		return { canvas, wide, pixels: draw.getImageData(0, 0, wide, canvas.height).data.join() };
	};
	const nobody = paint("\u{10FFFD}")?.pixels;
	return async (sign: string): Promise<Drawn | undefined> => {
		const painted = paint(sign);
		if (!painted || painted.pixels === nobody) return undefined;
		const jpeg = await painted.canvas.convertToBlob({ type: "image/jpeg", quality: 0.85 });
		return { jpeg: await jpeg.arrayBuffer(), wide: painted.wide / HEIGHT };
	};
};

const drawing = () => (typeof OffscreenCanvas === "function" ? makeDrawing() : undefined);

const linesOf = (bytes: Uint8Array): readonly string[] => new TextDecoder().decode(bytes).split("\n").filter((line) => line !== "");

const documentSink = async ({ language, zone, title }: Extract<Told, { begin: "document" }>): Promise<Sink> => {
	const plainly = speaking(language, zone);
	const words = title === undefined ? plainly : titled(plainly, title);
	const [{ writeDocument }, plain, strong] = [await import("./document.js"), await fontFile("plain"), await fontFile("strong")];
	const writing: Writing = writeDocument({ plain, strong, extra: fontFile }, words, give, drawing());
	return {
		take: async (_, bytes) => {
			for (const line of linesOf(bytes)) await writing.line(line);
		},
		end: () => writing.end(),
		drop: async () => undefined,
	};
};

const paperSink = async ({ language, zone, title, made }: Extract<Told, { begin: "paper" }>): Promise<Sink> => {
	const [{ writePaper }, plain, strong] = [await import("./paper.js"), await fontFile("plain"), await fontFile("strong")];
	const lines: string[] = [];
	return {
		take: async (_, bytes) => void lines.push(...linesOf(bytes)),
		end: () => writePaper({ plain, strong, extra: fontFile }, speaking(language, zone), { title, made, lines }, give, drawing()),
		drop: async () => undefined,
	};
};

let sink: Sink | undefined;
let queue: Promise<void> = Promise.resolve();

const begun = (told: Extract<Told, { begin: string }>): Promise<Sink> => {
	switch (told.begin) {
		case "archive": return archiveSink(told.file);
		case "document": return documentSink(told);
		case "paper": return paperSink(told);
	}
};

const act = async (told: Exclude<Told, { font: FontFile }>): Promise<void> => {
	if ("begin" in told) sink = await begun(told);
	else if ("drop" in told) {
		await sink?.drop();
		return tell({ done: true, size: 0 });
	} else if ("end" in told) {
		await sink?.end();
		giveAll();
		return tell({ done: true, size });
	} else await sink?.take(told.entry, told.bytes, told.whole);
	tell({ taken: true, size });
};

const wordOf = (thrown: unknown): string => (typeof thrown === "object" && thrown !== null && "word" in thrown && typeof thrown.word === "string" ? thrown.word : "internal");

addEventListener("message", ({ data }: MessageEvent<Told>) => {
	if ("font" in data) {
		asked.get(data.font)?.(data.bytes);
		return void asked.delete(data.font);
	}
	queue = queue.then(() => act(data)).catch((thrown: unknown) => tell({ failed: wordOf(thrown) }));
});
