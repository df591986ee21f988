// The worker that writes what is taken out: pieces come in, bytes of the ZIP or of the PDF go out. It has no key and no network; the
// fonts come with the first message.

import { makeArchive, type Archive } from "./zip.js";
import { ENTRY } from "./format.js";
import type { Fonts, Writing } from "./document.js";
import { wordsOf, type PlainWords } from "./words.js";
import { utf8 } from "../seal/bytes.js";

export type Told =
	| { readonly begin: "archive"; readonly readme: string }
	| { readonly begin: "document"; readonly fonts: Fonts; readonly words: PlainWords }
	| { readonly entry: string; readonly bytes: Uint8Array }
	| { readonly end: true };
/** `taken`: the next may come. */
export type Tells = { readonly chunk: Uint8Array } | { readonly taken: true } | { readonly done: true } | { readonly failed: string };

interface Sink {
	take(entry: string, bytes: Uint8Array): Promise<void>;
	end(): Promise<void>;
}

const tell = (what: Tells): void => postMessage(what);
const give = (bytes: Uint8Array): void => tell({ chunk: bytes.slice() });

const archiveSink = async (readme: string): Promise<Sink> => {
	const archive: Archive = makeArchive(give);
	await archive.add(ENTRY.readme, utf8(readme));
	return { take: (entry, bytes) => archive.add(entry, bytes), end: () => archive.end() };
};

const documentSink = async (fonts: Fonts, words: PlainWords): Promise<Sink> => {
	const { writeDocument } = await import("./document.js");
	const writing: Writing = writeDocument(fonts, wordsOf(words), give);
	const decoder = new TextDecoder();
	return {
		take: async (_, bytes) => {
			for (const line of decoder.decode(bytes).split("\n")) if (line !== "") writing.line(line);
		},
		end: () => writing.end(),
	};
};

let sink: Sink | undefined;
let queue: Promise<void> = Promise.resolve();

const act = async (told: Told): Promise<void> => {
	if ("begin" in told) sink = told.begin === "archive" ? await archiveSink(told.readme) : await documentSink(told.fonts, told.words);
	else if ("end" in told) {
		await sink?.end();
		return tell({ done: true });
	} else await sink?.take(told.entry, told.bytes);
	tell({ taken: true });
};

const wordOf = (thrown: unknown): string => (typeof thrown === "object" && thrown !== null && "word" in thrown && typeof thrown.word === "string" ? thrown.word : "internal");

addEventListener("message", ({ data }: MessageEvent<Told>) => {
	queue = queue.then(() => act(data)).catch((thrown: unknown) => tell({ failed: wordOf(thrown) }));
});
