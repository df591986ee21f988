// An item of the room's registry (client/items.ts) as the reducers take it.

import type { WorkItem } from "./work.js";

interface Given extends Omit<WorkItem, "json"> {
	readonly content: Uint8Array | null;
	readonly deleted: boolean;
	readonly quarantine: string | null;
}

const decoder = new TextDecoder("utf-8", { fatal: true });

const read = (content: Uint8Array): string | null => {
	try {
		return decoder.decode(content);
	} catch {
		return null;
	}
};

export const toItem = ({ id, seq, at, sender, senderName, staff, mine, content, deleted, quarantine }: Given): WorkItem => ({
	id, seq, at, sender, senderName, staff, mine, json: content === null || deleted || quarantine !== null ? null : read(content),
});
