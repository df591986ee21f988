// The conversation. Only the pieces near the window are drawn; the others keep their height. Older messages come by scrolling up or
// by the button; new ones are followed as long as the reader stands at the end.

import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import type { Id, MessageView, RoomView } from "../../client/api.js";
import { engine, wholeSpeech } from "../engine.js";
import { Button, Icon } from "../plain.js";
import { get, use, useSpeech } from "../state.js";
import { newestSeq, type Piece, type Timeline } from "../timeline.js";
import { Message } from "./message.js";
import { gapToEnd, END, place, restore, type Place } from "./scroll.js";

const NEAR = "1500px 0px";
const OLDER_AT = 1200; // so near the beginning older messages are asked for
const SOON_MS = 1_000; // after the first message: the rest of the texts
const GUESS = 96; // height of a message that was never drawn

const sameDay = (a: number, b: number): boolean => new Date(a).toDateString() === new Date(b).toDateString();

const DayLine = ({ at }: { at: number }) => {
	const { format } = useSpeech();
	return <h2 class="day">{format.day(at)}</h2>;
};

interface PieceProps {
	piece: Piece;
	near: boolean;
	height: number;
	newFrom: Id | null;
	onEdit: (message: MessageView) => void;
}

const PieceView = ({ piece, near, height, newFrom, onEdit }: PieceProps) => {
	const speech = useSpeech();
	const mark = newFrom !== null && piece.messages.some((one) => one.id === newFrom) ? newFrom : null;
	return useMemo(() => {
		if (!near) return <div role="none" class="piece far" data-piece={piece.key} style={{ height: `${height}px` }} />;
		return (
			<div role="none" class="piece" data-piece={piece.key} style={{ height: "auto" }}>
				{piece.messages.map((message, at) => {
					const before = at === 0 ? piece.before : piece.messages[at - 1];
					return (
						<div role="listitem" key={message.id}>
							{(!before || !sameDay(before.at, message.at)) && <DayLine at={message.at} />}
							{message.id === mark && <p class="new-line"><span>{speech.t("messages.new")}</span></p>}
							<Message message={message} onEdit={onEdit} />
						</div>
					);
				})}
			</div>
		);
	}, [piece, near, near ? 0 : height, mark, speech, onEdit]);
};

/** Which pieces are near the window. */
const useNear = (box: { current: HTMLElement | null }, pieces: readonly Piece[]): { near: ReadonlySet<string>; heights: Map<string, number> } => {
	const [near, setNear] = useState<ReadonlySet<string>>(new Set());
	const heights = useRef(new Map<string, number>());
	const watch = useRef<IntersectionObserver | null>(null);
	useEffect(() => {
		const observer = new IntersectionObserver(
			(entries) =>
				setNear((old) => {
					const next = new Set(old);
					for (const { target, isIntersecting, boundingClientRect } of entries) {
						const key = (target as HTMLElement).dataset["piece"] ?? "";
						if (isIntersecting) next.add(key);
						else if (next.delete(key)) heights.current.set(key, boundingClientRect.height);
					}
					return next;
				}),
			{ root: box.current, rootMargin: NEAR },
		);
		watch.current = observer;
		return () => observer.disconnect();
	}, []);
	const keys = pieces.map((piece) => piece.key).join(" ");
	useEffect(() => {
		const observer = watch.current;
		observer?.disconnect();
		for (const element of box.current?.querySelectorAll("[data-piece]") ?? []) observer?.observe(element);
	}, [keys]);
	return { near, heights: heights.current };
};

/** The first message that was new when the room was opened. */
const useNewFrom = (timeline: Timeline, readUpTo: number): Id | null => {
	const found = useRef<Id | null | undefined>(undefined);
	if (found.current === undefined && timeline.order.length > 0) {
		const first = timeline.order.find((one) => (one.seq ?? 0) > readUpTo && !one.system);
		found.current = first && !first.mine ? first.id : null;
	}
	return found.current ?? null;
};

/** Older messages when the beginning comes near, one page at a time. */
const useOlder = (view: RoomView, box: { current: HTMLElement | null }, loaded: number) => {
	const [loading, setLoading] = useState(false);
	const busy = useRef(false);
	const load = (): void => {
		if (busy.current || !view.olderLeft) return;
		busy.current = true;
		setLoading(true);
		const done = (): void => {
			busy.current = false;
			setLoading(false);
		};
		engine().loadOlder(view.room).then(done, done);
	};
	const look = (): void => {
		const list = box.current;
		if (list && list.scrollTop < OLDER_AT && list.scrollHeight > list.clientHeight) load();
	};
	useEffect(() => {
		if (!loading && loaded > 0) look();
	}, [loading, loaded]);
	return { loading, load, look };
};

/** What has been seen is marked as read: the end of the list, in a page that somebody looks at. */
const useReading = (room: Id, newest: number, atEnd: boolean): void => {
	const marked = useRef(0);
	useEffect(() => {
		const look = (): void => {
			if (!atEnd || document.visibilityState !== "visible" || !document.hasFocus() || newest <= marked.current) return;
			marked.current = newest;
			void engine().markRead(room, newest).catch(() => undefined);
		};
		look();
		addEventListener("focus", look);
		document.addEventListener("visibilitychange", look);
		return () => {
			removeEventListener("focus", look);
			document.removeEventListener("visibilitychange", look);
		};
	}, [room, newest, atEnd]);
};

/** `covered`: something stands before it, and nobody reads it. */
export const MessageList = ({ view, onEdit, covered }: { view: RoomView; onEdit: (message: MessageView) => void; covered: boolean }) => {
	const { t } = useSpeech();
	const timeline = use((all) => all.timeline);
	const box = useRef<HTMLDivElement>(null);
	const was = useRef<Place>({ atEnd: true, id: null, top: 0 });
	const begun = useRef(false);
	const written = useRef<Id | null>(null);
	const [atEnd, setAtEnd] = useState(true);
	const { near, heights } = useNear(box, timeline.pieces);
	const newFrom = useNewFrom(timeline, view.readUpTo);
	const older = useOlder(view, box, timeline.order.length);
	useReading(view.room, newestSeq(timeline), atEnd && !covered);

	if (box.current && begun.current) was.current = place(box.current);
	const newest = timeline.order[timeline.order.length - 1];
	const justWritten = newest?.mine && newest.state === "sending" ? newest.id : null;
	if (justWritten !== null && justWritten !== written.current) was.current = { atEnd: true, id: null, top: 0 };
	written.current = justWritten ?? written.current;
	useLayoutEffect(() => {
		const list = box.current;
		if (!list || timeline.order.length === 0) return;
		restore(list, was.current);
		if (begun.current) return;
		begun.current = true;
		performance.mark("luotsi:first-message");
		setTimeout(() => void wholeSpeech().catch(() => undefined), SOON_MS);
		const line = list.querySelector<HTMLElement>(".new-line");
		if (line && line.offsetTop < list.scrollTop) list.scrollTop = line.offsetTop - 16;
	});
	useEffect(() => {
		const list = box.current;
		if (!list) return;
		const follow = new ResizeObserver(() => {
			if (was.current.atEnd) list.scrollTop = list.scrollHeight;
		});
		follow.observe(list);
		if (list.firstElementChild) follow.observe(list.firstElementChild);
		return () => follow.disconnect();
	}, []);

	const scrolled = (): void => {
		const list = box.current;
		if (!list) return;
		const end = gapToEnd(list) < END;
		was.current = { ...was.current, atEnd: end };
		if (end !== atEnd) setAtEnd(end);
		older.look();
	};
	const toEnd = (): void => {
		was.current = { atEnd: true, id: null, top: 0 };
		setAtEnd(true);
		if (box.current) box.current.scrollTop = box.current.scrollHeight;
	};
	const last = timeline.pieces.length - 1;
	const isNear = (piece: Piece, at: number): boolean => near.has(piece.key) || at >= last - 1;
	const unread = atEnd ? 0 : (get().rooms?.find((room) => room.room === view.room)?.unread ?? 0);
	return (
		<div class="messages-place">
			<div ref={box} class="messages" tabIndex={0} role="region" aria-label={t("messages.title")} onScroll={scrolled}>
				<div class="messages-inner">
					{view.olderLeft ? (
						<Button small busy={older.loading} onClick={older.load}>{older.loading ? t("messages.loading_older") : t("messages.older")}</Button>
					) : (
						<p class="beginning"><Icon name="lock" /> {t("messages.beginning")}</p>
					)}
					{timeline.order.length > 0 && (
						<div role="list" aria-label={t("messages.title")}>
							{timeline.pieces.map((piece, at) => (
								<PieceView
									key={piece.key}
									piece={piece}
									near={isNear(piece, at)}
									height={heights.get(piece.key) ?? piece.messages.length * GUESS}
									newFrom={newFrom}
									onEdit={onEdit}
								/>
							))}
						</div>
					)}
				</div>
			</div>
			{!atEnd && (
				<button type="button" class="button to-end" onClick={toEnd}>
					<Icon name="down" />
					{unread > 0 ? t("messages.to_newest_unread", { count: unread }) : t("messages.to_newest")}
				</button>
			)}
		</div>
	);
};
