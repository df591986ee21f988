// The items of a room's guidance work on the page: all of them, old ones too, read again when something of the room changes.

import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { Id, ItemView } from "../../client/api.js";
import { NOTE_CTYPE, NOTE_KIND, WORK_CTYPE, WORK_KIND, writeNote, writePatch, type EntityId, type Kinds, type Note, type Type } from "../../roomwork/content.js";
import { toItem } from "../../roomwork/item.js";
import { reduceNotes, type NoteView } from "../../roomwork/notes.js";
import { reduceWork, type Entity, type Work } from "../../roomwork/work.js";
import { engine, wordOf } from "../engine.js";
import { use } from "../state.js";

const ALL = [WORK_KIND, NOTE_KIND] as const;

export interface Working {
	/** Null until everything was read. */
	readonly work: Work | null;
	readonly notes: readonly NoteView[];
	/** A wire word. */
	readonly failed: string | null;
	again(): void;
	change<T extends Type>(entity: Pick<Entity<T>, "id" | "type" | "version">, set: Partial<Kinds[T]>): Promise<void>;
	make<T extends Type>(type: T, set: Partial<Kinds[T]>): Promise<void>;
	note(note: Note): Promise<void>;
	dropNote(note: NoteView): Promise<void>;
}

const newId = (): EntityId => {
	const bytes = crypto.getRandomValues(new Uint8Array(16));
	return btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
};

export const useWorking = (room: Id): Working => {
	const timeline = use((all) => all.timeline);
	const [items, setItems] = useState<readonly ItemView[] | null>(null);
	const [failed, fail] = useState<string | null>(null);
	const [round, again] = useState(0);
	const whole = useRef(false);
	const reading = useRef<Promise<void> | null>(null);
	const dirty = useRef(false);

	const readAll = async (): Promise<void> => {
		while (!whole.current) whole.current = !(await engine().work("olderItems", room, ALL)).more;
		do {
			dirty.current = false;
			setItems(await engine().work("items", room, ALL));
		} while (dirty.current);
	};
	const read = (): Promise<void> => {
		dirty.current = true;
		reading.current ??= readAll().then(() => fail(null), (thrown: unknown) => fail(wordOf(thrown))).finally(() => (reading.current = null));
		return reading.current;
	};
	useEffect(() => void read(), [timeline.byId, round]);

	const post = async (ctype: number, json: string): Promise<void> => {
		await engine().work("postItem", room, ctype, json);
		await read();
	};
	const work = useMemo(() => (items ? reduceWork(items.filter(({ kind }) => kind === WORK_KIND).map(toItem)) : null), [items]);
	const notes = useMemo(() => reduceNotes((items ?? []).filter(({ kind }) => kind === NOTE_KIND).map(toItem)), [items]);
	return {
		work, notes, failed: items ? null : failed,
		again: () => again((n) => n + 1),
		change: ({ id, type, version }, set) => post(WORK_CTYPE, writePatch({ type, entity: id, base: version, set })),
		make: (type, set) => post(WORK_CTYPE, writePatch({ type, entity: newId(), base: 0, set })),
		note: (note) => post(NOTE_CTYPE, writeNote(note)),
		dropNote: async ({ items: parts }) => {
			for (const id of [...parts].reverse()) await engine().work("removeItem", room, id);
			await read();
		},
	};
};
