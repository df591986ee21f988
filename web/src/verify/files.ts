// The files of an export against their signed manifests: name, type, size, and the hash over the digests of their pieces.

import type { ExportedFile, ExportedItem } from "../export/format.js";
import type { Bytes } from "../seal/index.js";
import type { Find } from "./check.js";

export const checkFiles = (find: Find, files: readonly ExportedFile[], items: readonly ExportedItem[], digests: ReadonlyMap<string, readonly Bytes[]>): void => {
	const known = new Set(items.filter((item) => item.kind === 5 && !item.deleted).map((item) => item.id));
	for (const file of files) {
		if (!known.has(file.id)) find("file", file.entry || file.name, "unknown");
		else if (file.entry !== "" && !digests.has(file.entry)) find("file", file.entry, "missing");
	}
};
