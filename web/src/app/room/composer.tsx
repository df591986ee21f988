// The place to write. Drafts are sealed and kept by the engine; what would be refused is said before it is sent.

import { useEffect, useId, useLayoutEffect, useRef, useState } from "preact/hooks";
import type { MessageView, RoomView } from "../../client/api.js";
import { joinDrafts, putBack } from "../../client/join-drafts.js";
import { engine } from "../engine.js";
import { Lazy } from "../lazy.js";
import { Button, useAct } from "../plain.js";
import { useSpeech } from "../state.js";

const MOST = 60_000; // bytes of UTF-8
const WARN = 50_000;
const DRAFT_MS = 500;
const TYPING_MS = 3_000;

const bytesOf = (text: string): number => (text.length * 3 < WARN ? text.length : new TextEncoder().encode(text).length);
const onKeyboard = (): boolean => matchMedia("(hover: hover) and (pointer: fine)").matches;

/** Saves what is being written, a little after it changes and at once when the page goes away. */
const useDraft = (room: string, text: string, seen: string): void => {
	const saved = useRef(JSON.stringify({ text, seen }));
	const newest = useRef({ text, seen });
	newest.current = { text, seen };
	const save = (): void => {
		const now = newest.current;
		const mark = JSON.stringify(now);
		if (saved.current === mark) return;
		saved.current = mark;
		void engine().saveDraft(room, now.text, now.seen).catch(() => undefined);
	};
	useEffect(() => {
		const timer = setTimeout(save, DRAFT_MS);
		return () => clearTimeout(timer);
	}, [text, seen]);
	useEffect(() => {
		const leaving = (): void => {
			if (document.visibilityState === "hidden") save();
		};
		document.addEventListener("visibilitychange", leaving);
		return () => {
			document.removeEventListener("visibilitychange", leaving);
			save();
		};
	}, []);
};

const useGrowth = (text: string) => {
	const area = useRef<HTMLTextAreaElement>(null);
	useLayoutEffect(() => {
		const field = area.current;
		if (!field) return;
		field.style.height = "auto";
		field.style.height = `${field.scrollHeight + 2}px`;
	}, [text]);
	return area;
};

const useTyping = (room: string): (() => void) => {
	const last = useRef(0);
	return () => {
		const now = Date.now();
		if (now - last.current < TYPING_MS) return;
		last.current = now;
		void engine().typing(room).catch(() => undefined);
	};
};

interface Props {
	view: RoomView;
	editing: MessageView | null;
	onDone: () => void;
}

export const Composer = ({ view, editing, onDone }: Props) => {
	const { t, format } = useSpeech();
	const id = useId();
	const [text, setText] = useState(view.draft);
	const [edited, setEdited] = useState("");
	const [enterSends, setEnterSends] = useState(false);
	const value = editing ? edited : text;
	const area = useGrowth(value);
	const sending = useAct();
	const typing = useTyping(view.room);
	const touched = useRef(view.draft !== "");
	const [seen, setSeen] = useState(view.elsewhere);
	useDraft(view.room, text, seen);
	useEffect(() => {
		if (view.elsewhere) setText((typed) => joinDrafts(typed, view.elsewhere));
		setSeen(view.elsewhere);
	}, [view.elsewhere]);
	useEffect(() => {
		if (!touched.current && view.draft) setText(view.draft);
	}, [view.draft]);
	useLayoutEffect(() => { // before the next key: Esc right after the choice must find the field
		if (!editing) return;
		setEdited(editing.text);
		area.current?.focus();
	}, [editing]);
	const bytes = bytesOf(value);
	const tooLong = bytes > MOST;
	const write = (next: string): void => {
		touched.current = true;
		sending.clear();
		if (editing) return setEdited(next);
		setText(next);
		if (next) typing();
	};
	const stop = (): void => {
		setEdited("");
		onDone();
		area.current?.focus();
	};
	const send = (): void => {
		const words = value.trim();
		if (words === "" || tooLong || !(view.canSend || editing)) return;
		void sending.act(async () => {
			if (editing) {
				await engine().edit(view.room, editing.id, words);
				return stop();
			}
			setText("");
			await engine().send(view.room, words).catch((error: unknown) => {
				setText((since) => putBack(value, since));
				throw error;
			});
		});
		area.current?.focus();
	};
	const pressed = (event: KeyboardEvent): void => {
		if (event.key === "Escape" && editing) return stop();
		if (event.key !== "Enter" || event.isComposing) return;
		const wanted = event.ctrlKey || event.metaKey || (enterSends && !event.shiftKey && onKeyboard());
		if (!wanted) return;
		event.preventDefault();
		send();
	};
	return (
		<form class="composer" onSubmit={(event) => { event.preventDefault(); send(); }}>
			{editing && (
				<p class="editing">
					<span>{t("composer.editing")}</span>
					<Button small kind="quiet" onClick={stop}>{t("composer.cancel_edit")}</Button>
				</p>
			)}
			<label class="vh" for={id}>{editing ? t("composer.edit_label") : t("composer.label")}</label>
			<div class="composer-row">
				<Lazy quiet load={async () => (await import("../files/attach.js")).Attach} props={{ room: view.room, canSend: view.canSend }} />
				<textarea
					id={id}
					ref={area}
					rows={1}
					value={value}
					placeholder={t("composer.placeholder")}
					autocomplete="off"
					aria-describedby={`${id}-help`}
					onInput={(event) => write(event.currentTarget.value)}
					onKeyDown={pressed}
				/>
				<Button kind="main" type="submit" icon="send" disabled={value.trim() === "" || tooLong || (!view.canSend && !editing)} busy={sending.busy}>
					{editing ? t("composer.save") : t("composer.send")}
				</Button>
			</div>
			<div class="composer-foot">
				<p id={`${id}-help`} class="hint">{enterSends ? t("composer.enter_sends") : t("composer.ctrl_enter_sends")}</p>
				<label class="enter-choice">
					<input type="checkbox" checked={enterSends} onChange={(event) => setEnterSends(event.currentTarget.checked)} />
					<span>{t("composer.choose_enter")}</span>
				</label>
			</div>
			<p class="composer-note" role="status">
				{sending.error ?? (tooLong ? t("composer.too_long", { over: format.number(bytes - MOST) }) : bytes > WARN ? t("composer.nearly", { left: format.number(MOST - bytes) }) : view.pending ? t("composer.pending") : "")}
			</p>
		</form>
	);
};
