// One's own answers while they are written: what was typed is shown at once, goes to the engine a moment later and is saved there;
// what another device changed comes in where nothing is being typed.

import { useEffect, useRef, useState } from "preact/hooks";
import { emptyAnswers } from "../../assignment/answers.js";
import type { Answer, Answers, Template } from "../../assignment/types.js";
import type { Id } from "../../client/api.js";
import type { SheetView } from "../../client/assignments-api.js";
import { engine, wordOf } from "../engine.js";
import { use } from "../state.js";

const TYPED_MS = 300;

export interface Sheet {
	readonly answers: Answers;
	readonly view: SheetView | null;
	readonly saving: boolean;
	/** Why it is not saved; it is tried again by itself. */
	readonly word: string | null;
	change(field: string, answer: Answer): void;
	settle(field: string, take: number | null): void;
	/** Everything that was typed is with the engine. */
	flush(): Promise<void>;
}

export const useSheet = (room: Id, assignment: Id, template: Template, mark: string): Sheet => {
	const [view, setView] = useState<SheetView | null>(null);
	const [typed, setTyped] = useState<Answers>({});
	const [saving, setSaving] = useState(false);
	const [word, setWord] = useState<string | null>(null);
	const online = use((all) => all.connection === "online");
	const waiting = useRef(new Map<string, Answer>());
	const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
	const alive = useRef(true);

	const took = (next: SheetView): void => {
		if (!alive.current) return;
		setView(next);
		setTyped((old) => Object.fromEntries(Object.entries(old).filter(([field]) => waiting.current.has(field))));
	};

	const flush = async (): Promise<void> => {
		clearTimeout(timer.current);
		const all = [...waiting.current];
		for (const [field, answer] of all) {
			const next = await engine().work("editSheet", room, assignment, field, answer);
			if (waiting.current.get(field) === answer) waiting.current.delete(field);
			took(next);
		}
	};

	const save = async (): Promise<void> => {
		setSaving(true);
		try {
			await flush();
			took(await engine().work("saveSheet", room, assignment));
			setWord(null);
		} catch (thrown) {
			if (alive.current) setWord(wordOf(thrown));
		} finally {
			if (alive.current) setSaving(false);
		}
	};

	const fetch = (): void => void engine().work("sheet", room, assignment).then((next) => {
		took(next);
		setWord(null);
	}, (thrown: unknown) => alive.current && setWord(wordOf(thrown)));

	useEffect(() => {
		alive.current = true;
		return () => {
			alive.current = false;
			void flush().catch(() => undefined);
		};
	}, []);
	useEffect(() => {
		const look = (): void => void (document.visibilityState === "visible" && waiting.current.size === 0 && fetch());
		addEventListener("focus", look);
		document.addEventListener("visibilitychange", look);
		return () => {
			removeEventListener("focus", look);
			document.removeEventListener("visibilitychange", look);
		};
	}, []);
	useEffect(() => {
		if (!online) return;
		if (view?.unsaved || waiting.current.size > 0) void save();
		else fetch();
	}, [online, mark]);

	const soon = (): void => {
		clearTimeout(timer.current);
		timer.current = setTimeout(() => void save(), TYPED_MS);
	};

	const stored = Object.fromEntries(Object.entries(view?.fields ?? {}).map(([field, cell]) => [field, cell.value]));
	return {
		answers: { ...emptyAnswers(template), ...stored, ...typed }, view, saving, word, flush,
		change: (field, answer) => {
			waiting.current.set(field, answer);
			setTyped((old) => ({ ...old, [field]: answer }));
			soon();
		},
		settle: (field, take) => {
			waiting.current.delete(field);
			void engine().work("settleSheet", room, assignment, field, take).then((next) => {
				took(next);
				soon();
			}, () => undefined);
		},
	};
};
