// The counsellor's private notes, from items of kind 8: sealed under the staff key of their epoch, so that the client's browser cannot
// open them. Who wrote a note may write it anew or delete it; colleagues who have the key read it. Pure.

import { readNote } from "./content.js";
import type { WorkItem } from "./work.js";

export interface NoteView {
	/** The msg_id of the first. */
	readonly id: string;
	readonly summary: boolean;
	readonly text: string;
	readonly name: string;
	readonly mine: boolean;
	readonly at: number;
	readonly changedAt: number;
	/** What it said before, oldest first. */
	readonly before: readonly { readonly at: number; readonly text: string }[];
	/** Every item that it is made of: all of them are deleted with it. */
	readonly items: readonly string[];
}

interface Growing {
	readonly first: WorkItem;
	readonly summary: boolean;
	readonly texts: { readonly id: string; readonly at: number; readonly text: string }[];
}

const viewOf = ({ first, summary, texts }: Growing): NoteView => {
	const last = texts[texts.length - 1] as Growing["texts"][number];
	return {
		id: first.id, summary, text: last.text, name: first.senderName, mine: first.mine, at: first.at, changedAt: last.at,
		before: texts.slice(0, -1).map(({ at, text }) => ({ at, text })), items: texts.map(({ id }) => id),
	};
};

/** Newest first. A change of somebody else's note, or of one that was deleted, is none. */
export const reduceNotes = (items: readonly WorkItem[]): readonly NoteView[] => {
	const notes = new Map<string, Growing>();
	for (const item of [...items].sort((a, b) => a.seq - b.seq)) {
		const note = item.json === null || !item.staff ? undefined : readNote(item.json);
		if (!note) continue;
		const text = { id: item.id, at: item.at, text: note.text };
		if (note.of === "") {
			notes.set(item.id, { first: item, summary: note.type === "summary", texts: [text] });
			continue;
		}
		const first = notes.get(note.of);
		if (first && first.first.sender === item.sender && first.summary === (note.type === "summary")) first.texts.push(text);
	}
	return [...notes.values()].map(viewOf).sort((a, b) => b.changedAt - a.changedAt);
};
