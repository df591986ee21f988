// The assignments of the open room as a page sees them: asked for once for everybody who looks, and again when an item has changed.

import { useEffect, useState } from "preact/hooks";
import type { Id } from "../../client/api.js";
import type { AssignmentsView } from "../../client/assignments-api.js";
import { engine, wordOf } from "../engine.js";
import { get, use } from "../state.js";

const KINDS: readonly number[] = [3, 4, 10];

interface Store {
	room: Id;
	mark: string;
	view: AssignmentsView | null;
	word: string | null;
	asking: boolean;
}

let store: Store = { room: "", mark: "", view: null, word: null, asking: false };
const listeners = new Set<() => void>();

const tell = (part: Partial<Store>): void => {
	store = { ...store, ...part };
	for (const listener of [...listeners]) listener();
};

/** Different when an item of an assignment came, went or was opened. */
const markNow = (): string =>
	[...get().timeline.byId.values()].flatMap((m) => (m.item && KINDS.includes(m.item.kind) && m.seq !== null ? [`${m.id}${m.deleted ? "x" : ""}${m.item.content ? "" : "-"}`] : [])).join();

const ask = async (room: Id, mark: string): Promise<void> => {
	tell({ ...(store.room === room ? {} : { view: null }), room, mark, asking: true, word: null });
	try {
		const view = await engine().work("assignments", room);
		if (store.room === room && store.mark === mark) tell({ view, asking: false });
	} catch (thrown) {
		if (store.room === room && store.mark === mark) tell({ word: wordOf(thrown), asking: false });
	}
};

export const askAgain = (): void => void ask(store.room, markNow());

export const useAssignments = (room: Id): { view: AssignmentsView | null; word: string | null } => {
	const [, again] = useState(0);
	const mark = use(markNow);
	useEffect(() => {
		const look = (): void => again((n) => n + 1);
		listeners.add(look);
		return () => void listeners.delete(look);
	}, []);
	useEffect(() => {
		if (store.room !== room || store.mark !== mark) void ask(room, mark);
	}, [room, mark]);
	return store.room === room ? { view: store.view, word: store.word } : { view: null, word: null };
};
