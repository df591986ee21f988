// The files of a room from its verified items: those whose manifests say what they are.

import { readManifest, type Manifest } from "../client/files-manifest.js";
import { KIND, toBase64Url, utf8 } from "../seal/index.js";
import type { ExportedFile, ExportedItem } from "./format.js";

export interface ToldFile {
	readonly id: string;
	readonly manifest: Manifest;
	readonly by: string;
	readonly at: string;
}

/** In the order of the room. The name of what has none is the number of its entry. */
export const filesIn = (items: readonly ExportedItem[]): readonly ToldFile[] =>
	items.flatMap(({ id, kind, content, deleted, name, stored_at: at }) => {
		if (kind !== KIND.file || deleted || content === null) return [];
		const manifest = readManifest(utf8(JSON.stringify(content)), "-");
		return manifest ? [{ id, manifest, by: name, at }] : [];
	});

/** Names may be the same: a number comes first. */
export const entryOf = (n: number, name: string): string => `files/${String(n + 1).padStart(3, "0")}-${name}`;

/** As the list says it; `entry` is "" for one that could not be fetched. */
export const listedAs = ({ id, manifest, by, at }: ToldFile, entry: string): ExportedFile => ({
	id, entry, name: manifest.name, type: manifest.type.media, size: manifest.size, about: manifest.about, sent_by: by, sent_at: at,
	hash: toBase64Url(manifest.hash),
});
