// Bringing files into the conversation: from a menu beside the place to write, by dragging, by pasting. What was chosen is shown before it
// goes, pictures as they will be sent; what is on its way stands above the place to write.

import { useEffect, useRef, useState } from "preact/hooks";
import type { Id, MessageView, TransferView } from "../../client/api.js";
import { readManifest } from "../../client/files-manifest.js";
import { ACCEPT } from "../../client/files-types.js";
import type { Bytes } from "../../seal/bytes.js";
import { engine } from "../engine.js";
import { keepFocus } from "../keep-focus.js";
import { Button, Icon } from "../parts.js";
import { get, say, use, useSpeech } from "../state.js";
import { Choosing } from "./choosing.js";
import { FileIcon, Progress, Stop } from "./parts.js";
import { fileSentence } from "./sentences.js";

keepFocus();

const FILE = 5;
const hasFiles = (data: DataTransfer | null): boolean => data?.types.includes("Files") ?? false;

/** Files that are dropped on the page or pasted into it; true while some hang above it. */
const useDropped = (take: (files: readonly File[]) => void): boolean => {
	const [above, setAbove] = useState(false);
	const newest = useRef(take);
	newest.current = take;
	useEffect(() => {
		const over = (event: DragEvent): void => {
			if (!hasFiles(event.dataTransfer) || document.querySelector("dialog[open]")) return;
			event.preventDefault();
			setAbove(true);
		};
		const away = (event: DragEvent): void => void (event.relatedTarget === null && setAbove(false));
		const drop = (event: DragEvent): void => {
			if (!hasFiles(event.dataTransfer)) return;
			event.preventDefault(); // else the browser would open the file in place of the page
			setAbove(false);
			if (!document.querySelector("dialog[open]")) newest.current([...(event.dataTransfer?.files ?? [])]);
		};
		const paste = (event: ClipboardEvent): void => {
			const files = [...(event.clipboardData?.files ?? [])];
			if (files.length === 0 || document.querySelector("dialog[open]")) return;
			event.preventDefault();
			newest.current(files);
		};
		document.addEventListener("dragover", over);
		document.addEventListener("dragleave", away);
		document.addEventListener("drop", drop);
		document.addEventListener("paste", paste);
		return () => {
			document.removeEventListener("dragover", over);
			document.removeEventListener("dragleave", away);
			document.removeEventListener("drop", drop);
			document.removeEventListener("paste", paste);
		};
	}, []);
	return above;
};

const Moving = ({ of }: { of: TransferView }) => {
	const { t } = useSpeech();
	const pause = (on: boolean): void => void engine().work("pauseFile", of.room, of.id, on).catch(() => undefined);
	const failed = of.state === "failed";
	return (
		<li class={failed ? "file-moving failed" : "file-moving"}>
			<span class="file-name"><bdi>{of.name}</bdi></span>
			{failed ? <span class="field-error" role="alert">{fileSentence(t, of.error ?? "internal")}</span> : <Progress of={of} />}
			{(of.state === "moving" || of.state === "away") && <Button small kind="quiet" label={t("files.pause_name", { name: of.name })} onClick={() => pause(true)}>{t("files.pause")}</Button>}
			{of.state === "paused" && <Button small kind="quiet" label={t("files.resume_name", { name: of.name })} onClick={() => pause(false)}>{t("files.resume")}</Button>}
			{of.state !== "ending" && <Stop of={of} />}
		</li>
	);
};

/** What becomes of a file is said to those who do not see the bar. */
const useSaid = (transfers: readonly TransferView[]): void => {
	const { t } = useSpeech();
	const before = useRef(new Map<Id, TransferView["state"]>());
	useEffect(() => {
		for (const { id, name, state, up } of transfers) {
			const was = before.current.get(id);
			before.current.set(id, state);
			if (!up || was === state) continue;
			if (state === "done") say(t("files.said_sent", { name }));
			if (state === "failed") say(t("files.said_failed", { name }));
			if (state === "away") say(t("files.said_away", { name }));
		}
	}, [transfers]);
};

/** Files that others send while the room is open. */
const useArrivals = (): void => {
	const { t } = useSpeech();
	const order = use((all) => all.timeline.order);
	const newest = useRef<number | null>(null);
	useEffect(() => {
		const last = order.reduce((most, one) => Math.max(most, Math.floor(one.seq ?? 0)), 0);
		const from = newest.current;
		newest.current = last;
		if (from === null || from === 0) return;
		const isNew = (one: MessageView): boolean => one.item?.kind === FILE && !one.mine && (one.seq ?? 0) > from && !one.deleted;
		for (const one of order.filter(isNew)) {
			const manifest = one.item?.content ? readManifest(one.item.content as Bytes, t("files.unnamed")) : undefined;
			if (manifest) say(t("files.said_arrived", { from: one.senderName || t("room.somebody"), name: manifest.name }));
		}
	}, [order]);
};

const Ways = ({ onFiles }: { onFiles: (files: readonly File[]) => void }) => {
	const { t } = useSpeech();
	const menu = useRef<HTMLDetailsElement>(null);
	const files = useRef<HTMLInputElement>(null);
	const camera = useRef<HTMLInputElement>(null);
	const close = (): void => {
		if (menu.current) menu.current.open = false;
	};
	const taken = (input: HTMLInputElement): void => {
		const chosen = [...(input.files ?? [])];
		input.value = "";
		if (chosen.length > 0) onFiles(chosen);
	};
	const escape = (event: KeyboardEvent): void => {
		if (event.key !== "Escape" || !menu.current?.open) return;
		close();
		menu.current.querySelector("summary")?.focus();
	};
	const left = (event: FocusEvent): void => {
		if (event.relatedTarget instanceof Node && !menu.current?.contains(event.relatedTarget)) close();
	};
	return (
		<details ref={menu} class="menu attach-menu" onKeyDown={escape} onFocusOut={left}>
			<summary class="button quiet" aria-label={t("files.add")} title={t("files.add")}><FileIcon of="clip" /></summary>
			<div class="menu-items" onClick={close}>
				<button type="button" onClick={() => files.current?.click()}><FileIcon of="text" /> {t("files.choose")}</button>
				<button type="button" onClick={() => camera.current?.click()}><FileIcon of="camera" /> {t("files.photograph")}</button>
			</div>
			<input ref={files} type="file" multiple hidden accept={ACCEPT} aria-label={t("files.choose")} onChange={(event) => taken(event.currentTarget)} />
			<input ref={camera} type="file" hidden accept="image/*" capture="environment" aria-label={t("files.photograph")} onChange={(event) => taken(event.currentTarget)} />
		</details>
	);
};

const none: readonly TransferView[] = [];
const isGoing = ({ up, state }: TransferView): boolean => up && state !== "done" && state !== "failed" && state !== "cancelled";

/** What is on its way lives in this page alone: closing it would end it, in whatever room. */
const warn = (event: BeforeUnloadEvent): void => {
	if (Object.values(get().transfers).some((list) => list.some(isGoing))) event.preventDefault();
};

export const Attach = ({ room, canSend }: { room: Id; canSend: boolean }) => {
	const { t } = useSpeech();
	const all = use((state) => state.transfers[room]) ?? none;
	const [chosen, choose] = useState<readonly File[]>([]);
	const take = (files: readonly File[]): void => void (canSend && choose(files));
	const above = useDropped(take);
	useSaid(all);
	useArrivals();
	useEffect(() => {
		if (all.some(isGoing)) addEventListener("beforeunload", warn); // once, however often
	}, [all]);
	const going = all.filter((one) => one.up && one.state !== "done");
	return (
		<>
			{going.length > 0 && <ul class="file-queue" aria-label={t("files.queue")}>{going.map((one) => <Moving key={one.id} of={one} />)}</ul>}
			<Ways onFiles={take} />
			{above && canSend && <div class="drop-here" role="status"><p><Icon name="plus" /> {t("files.drop")}</p></div>}
			{chosen.length > 0 && <Choosing key={chosen.map((one) => one.name).join("/")} room={room} files={chosen} onClose={() => choose([])} />}
		</>
	);
};
