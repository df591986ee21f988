// The files of an export against their signed manifests: each is there, called as its manifest says, and is what was sent. The hash of a
// file is over the digests of its pieces, which are those that the manifest of the ZIP lists too; what is padded beyond its last piece has
// parts whose pieces are empty (FORMAT.md section 12).

import type { ExportedFile, ExportedItem } from "../export/format.js";
import { entryOf, filesIn, listedAs } from "../export/told-files.js";
import { equal, LABEL, labelledHash, sha256, shapeOf, u64, type Bytes } from "../seal/index.js";
import type { Find } from "./check.js";

const hashOf = async (size: number, pieces: readonly Bytes[]): Promise<Bytes> => {
	const nothing = await sha256(new Uint8Array());
	const empty = Array.from({ length: Math.max(0, shapeOf(size).parts - pieces.length) }, () => nothing);
	return labelledHash(LABEL.fileHash, u64(size), ...pieces, ...empty);
};

export const checkFiles = async (find: Find, files: readonly ExportedFile[], items: readonly ExportedItem[], digests: ReadonlyMap<string, readonly Bytes[]>): Promise<void> => {
	const there = filesIn(items);
	const known = new Set<string>();
	for (const [n, told] of there.entries()) {
		const listed = files[n];
		const entry = listed?.entry === "" ? "" : entryOf(n, told.manifest.name);
		if (JSON.stringify(listed) !== JSON.stringify(listedAs(told, entry))) find("differs", `files.json, ${n + 1}`);
		if (entry === "") continue;
		known.add(entry);
		const pieces = digests.get(entry);
		if (!pieces) find("missing", entry);
		else if (!equal(await hashOf(told.manifest.size, pieces), told.manifest.hash)) find("file", entry);
	}
	if (files.length > there.length) find("differs", `files.json, ${there.length + 1}`);
	for (const name of digests.keys()) if (name.startsWith("files/") && !known.has(name)) find("unlisted", name);
};
