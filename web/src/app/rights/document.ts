// A document of blocks, written by the worker that writes a room's, and kept as a file.

import type { Block } from "../../export/blocks.js";
import type { Speech } from "../../text/text.js";
import { saveFile } from "../agreement/data.js";
import { run } from "../export/run.js";

export const savePdf = async (speech: Speech, name: string, title: string, blocks: Iterable<Block>): Promise<void> => {
	const bytes = new TextEncoder().encode([...blocks].map((block) => JSON.stringify(block)).join("\n"));
	const pieces = [{ entry: "agreement", bytes, whole: bytes.length, step: "writing" as const, done: 1, of: 1 }];
	const { done } = run({
		begin: { begin: "document", language: speech.language, zone: "Europe/Helsinki", title }, type: "application/pdf", next: async () => pieces.pop() ?? null, progress: () => undefined,
	});
	const { blob } = await done;
	if (blob) saveFile(name, blob);
};
