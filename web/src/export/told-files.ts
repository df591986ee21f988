// The files of a room from its verified items: those whose manifests say what they are.

import { readManifest, type Manifest } from "../client/files-manifest.js";
import { KIND, utf8 } from "../seal/index.js";
import type { ExportedItem } from "./format.js";

export interface ToldFile {
	readonly id: string;
	readonly manifest: Manifest;
}

/** In the order of the room. The name of what has none is the number of its entry. */
export const filesIn = (items: readonly ExportedItem[]): readonly ToldFile[] =>
	items.flatMap(({ id, kind, content, deleted }) => {
		if (kind !== KIND.file || deleted || content === null) return [];
		const manifest = readManifest(utf8(JSON.stringify(content)), "-");
		return manifest ? [{ id, manifest }] : [];
	});

/** Names may be the same: a number comes first. */
export const entryOf = (n: number, name: string): string => `files/${String(n + 1).padStart(3, "0")}-${name}`;
