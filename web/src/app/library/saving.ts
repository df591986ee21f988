// Keeps what is being written: a moment after each change it goes to the server as a draft, one save at a time. It outlives the editor:
// what the server has not taken yet, or is just taking, stays in this page's memory and is there when the editor is opened again.

import { useLayoutEffect, useRef, useState } from "preact/hooks";
import type { Template } from "../../assignment/template.js";
import { wordOf } from "../engine.js";
import { ask, toWire } from "./data.js";
import { tidy } from "./edit.js";

const PAUSE_MS = 1_200;
const AGAIN_MS = 5_000;

export interface Work {
	readonly template: Template;
	/** What of the server's draft was seen; 0: there is none yet. */
	readonly edits: number;
	/** Whose copy it is, until it was saved for the first time. */
	readonly copyOf?: string;
	/** Holds something already that the server has not got. */
	readonly unsaved?: true;
}

export type Saved = "saved" | "changed" | "saving" | "failed" | "conflict";

interface Kept {
	template: Template;
	edits: number;
	copyOf: string | undefined;
	/** The server has not got all of it. */
	dirty: boolean;
	state: Saved;
	word: string | null;
	running: Promise<void> | null;
	timer: ReturnType<typeof setTimeout> | undefined;
	/** Draws it again; null: no editor shows it. */
	show: (() => void) | null;
}

const kept = new Map<string, Kept>();

/** What was not saved, or not yet surely, when the editor was left. */
export const leftOf = (id: string): Work | undefined => {
	const found = kept.get(id);
	return found && { template: found.template, edits: found.edits, ...(found.copyOf ? { copyOf: found.copyOf } : {}), ...(found.dirty ? { unsaved: true } : {}) };
};

const keptOf = ({ template, edits, copyOf, unsaved }: Work): Kept => {
	const there = kept.get(template.id);
	if (there) return there;
	const made: Kept = {
		template, edits, copyOf, dirty: unsaved === true, state: unsaved ? "changed" : "saved", word: null, running: null, timer: undefined, show: null,
	};
	kept.set(template.id, made);
	return made;
};

const settle = (one: Kept, state: Saved): void => {
	one.state = state;
	one.show?.();
};

/** Forgets what the server has and nobody looks at. */
const forget = (one: Kept): void => {
	if (!one.show && !one.dirty && !one.running && kept.get(one.template.id) === one) kept.delete(one.template.id);
};

const save = async (one: Kept): Promise<void> => {
	const { template, edits, copyOf } = one;
	one.dirty = false;
	settle(one, "saving");
	try {
		const body = { template: toWire(template.id), edits, body: JSON.stringify(tidy(template)), ...(copyOf ? { copy_of: copyOf } : {}) };
		one.edits = (await ask("template_draft_put", body)).edits;
		one.copyOf = undefined;
		one.word = null;
	} catch (thrown) {
		one.dirty = true;
		one.word = wordOf(thrown);
		throw thrown;
	}
};

const stateAfter = ({ dirty, word }: Kept): Saved => (word === "conflict" ? "conflict" : word ? "failed" : dirty ? "changed" : "saved");

/** While an editor shows it, it goes on by itself; left, it is tried once and then waits to be opened. */
const plan = (one: Kept): void => {
	clearTimeout(one.timer);
	if (!one.show || !one.dirty || one.state === "conflict") return;
	one.timer = setTimeout(() => void flush(one).catch(() => undefined), one.state === "failed" ? AGAIN_MS : PAUSE_MS);
};

const run = (one: Kept): Promise<void> =>
	(one.running ??= save(one).finally(() => {
		one.running = null;
		settle(one, stateAfter(one));
		forget(one);
		plan(one);
	}));

const flush = async (one: Kept): Promise<number> => {
	clearTimeout(one.timer);
	if (one.running) await one.running.catch(() => undefined);
	if (one.dirty) await run(one);
	return one.edits;
};

const note = (one: Kept, template: Template): void => {
	if (one.template === template) return;
	one.template = template;
	one.dirty = true;
	if (one.state !== "saving" && one.state !== "conflict") settle(one, "changed");
	plan(one);
};

const drop = (one: Kept): void => {
	clearTimeout(one.timer);
	one.dirty = false;
	if (kept.get(one.template.id) === one) kept.delete(one.template.id);
};

export interface Saving {
	readonly state: Saved;
	readonly word: string | null;
	/** Resolves when everything is saved, with the number of edits; rejects with the refusal. */
	flush(): Promise<number>;
	/** Takes the place of what somebody else saved meanwhile. */
	replace(edits: number): void;
	/** Nothing more is saved: the draft was published or thrown away. */
	stop(): void;
}

export const useSaving = (start: Work, template: Template): Saving => {
	const one = useRef<Kept | null>(null);
	const mine = (one.current ??= keptOf(start));
	const [, draw] = useState(0);
	useLayoutEffect(() => {
		mine.show = () => draw((n) => n + 1);
		plan(mine);
		return () => {
			mine.show = null;
			if (mine.dirty && mine.state !== "conflict") void flush(mine).catch(() => undefined);
			else forget(mine);
		};
	}, []);
	useLayoutEffect(() => note(mine, template), [template]); // before anything can take the editor away
	return {
		state: mine.state, word: mine.word,
		flush: () => flush(mine),
		replace: (edits) => {
			mine.edits = edits;
			mine.word = null;
			settle(mine, "changed");
			plan(mine);
		},
		stop: () => drop(mine),
	};
};
