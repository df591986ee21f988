// Keeps what is being written: a moment after each change it goes to the server as a draft, one save at a time. What the server has not
// taken yet stays in this page's memory when the editor is left, and is there when it is opened again.

import { useEffect, useRef, useState } from "preact/hooks";
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

const left = new Map<string, Work>();

/** What was not saved when the editor was left. */
export const leftOf = (id: string): Work | undefined => left.get(id);

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
	const [state, setState] = useState<Saved>(start.unsaved ? "changed" : "saved");
	const [word, setWord] = useState<string | null>(null);
	const now = useRef({ template, edits: start.edits, copyOf: start.copyOf, dirty: state === "changed", over: false });
	const running = useRef<Promise<void> | null>(null);
	const timer = useRef<ReturnType<typeof setTimeout> | null>(null);

	const keep = (): void => {
		const { template: mine, edits, copyOf, dirty, over } = now.current;
		if (dirty && !over) left.set(mine.id, { template: mine, edits, unsaved: true, ...(copyOf ? { copyOf } : {}) });
		else left.delete(mine.id);
	};

	const save = async (): Promise<void> => {
		const { template: sent, edits, copyOf } = now.current;
		setState("saving");
		now.current.dirty = false;
		try {
			const body = { template: toWire(sent.id), edits, body: JSON.stringify(tidy(sent)), ...(copyOf ? { copy_of: copyOf } : {}) };
			const reply = await ask("template_draft_put", body);
			now.current.edits = reply.edits;
			now.current.copyOf = undefined;
			setWord(null);
			setState(now.current.dirty ? "changed" : "saved");
		} catch (thrown) {
			now.current.dirty = true;
			setWord(wordOf(thrown));
			setState(wordOf(thrown) === "conflict" ? "conflict" : "failed");
			throw thrown;
		} finally {
			keep();
		}
	};

	const run = (): Promise<void> => (running.current ??= save().finally(() => (running.current = null)));

	const flush = async (): Promise<number> => {
		clearTimeout(timer.current ?? undefined);
		if (running.current) await running.current.catch(() => undefined);
		if (now.current.dirty) await run();
		return now.current.edits;
	};

	useEffect(() => {
		const { current } = now;
		if (current.over || (current.template === template && state !== "changed" && state !== "failed")) return;
		if (current.template !== template) {
			current.template = template;
			current.dirty = true;
			keep();
			if (state !== "saving" && state !== "conflict") setState("changed");
		}
		if (state === "conflict") return;
		clearTimeout(timer.current ?? undefined);
		timer.current = setTimeout(() => void flush().catch(() => undefined), state === "failed" ? AGAIN_MS : PAUSE_MS);
	}, [template, state]);

	useEffect(() => () => {
		clearTimeout(timer.current ?? undefined);
		if (now.current.dirty && !now.current.over) void flush().catch(() => undefined);
	}, []);

	return {
		state, word, flush,
		replace: (edits) => {
			now.current.edits = edits;
			setState("changed");
		},
		stop: () => {
			clearTimeout(timer.current ?? undefined);
			now.current.over = true;
			keep();
		},
	};
};
