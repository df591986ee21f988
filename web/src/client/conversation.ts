// The envelopes of one room in this browser: fetched page by page backwards, taken live forwards without a gap, judged by the room's
// verifier, opened with the keys of their epochs. Everything that changes the window stands in one queue.

import type { Id } from "./api.js";
import type { ControlLog } from "./control-log.js";
import type { RoomKeys } from "./epoch-keys.js";
import { makeTimeline, type Known, type Timeline } from "./timeline.js";
import type { Call, Row } from "./wire.js";
import {
	fromBase64Url, KIND, makeRoomVerifier, openMessage, toBase64Url, type Bytes, type Change, type Echo, type Envelope, type RoomVerifier,
	type StoredEnvelope,
} from "../seal/index.js";
import { wordOf } from "./refusal.js";
import type { People } from "./people.js";

const PAGE = 60;
const VISIBLE_LEAST = 25;
const LOG_HEAD_AT = 114; // in the fixed part of every header

export interface Conversation {
	readonly timeline: Timeline;
	/** The newest page. */
	begin(): Promise<void>;
	/** Rows that the server pushed, or that are known from an acknowledgement. */
	live(rows: readonly Row[]): Promise<void>;
	/** Everything after what is known. */
	catchUp(): Promise<void>;
	/** Opens what was locked, after keys were granted. */
	unlock(): Promise<void>;
	/** One more stretch of the past; false when there is none left. */
	older(): Promise<boolean>;
	olderLeft(): boolean;
	heads(): Bytes[];
	lastSeq(kid: Bytes): number;
	highest(): number;
	known(seq: number): Known | undefined;
	/** The newest envelope at or before seq. */
	newestAt(seq: number): Known | undefined;
	/** The room_seq of what cannot be believed. */
	doubts(): number[];
	/** The least room_seq that was fetched, 0 if none. */
	lowest(): number;
	/** Rows that are no envelopes at all, with their times. */
	unreadable(): ReadonlyMap<number, number>;
	/** After which room_seq the n-th control entry stands, if that is known here. */
	placeOf(entry: number): number | undefined;
}

export interface ConversationDeps {
	readonly call: Call;
	readonly room: Id;
	readonly log: ControlLog;
	readonly keys: RoomKeys;
	readonly people: People;
	/** 1, or the baseline of one's own ADD. */
	firstSeq(): number;
	/** Ids of messages that look different; `fresh` came live. */
	changed(ids: readonly Id[], fresh: readonly Known[]): void;
	/** What the sender said about their own stored versions. */
	echo(env: Envelope, echo: Echo): void;
}

const stored = (row: Row): StoredEnvelope => ({
	roomSeq: row.seq, bytes: fromBase64Url(row.envelope ?? row.tombstone ?? ""), tombstone: row.envelope === undefined, erased: row.erased,
});

export const makeConversation = (d: ConversationDeps): Conversation => {
	const timeline = makeTimeline();
	const bySeq = new Map<number, Known>();
	const lastAt = new Map<number, number>(); // index in the control log -> greatest room_seq that names it
	const unreadable = new Map<number, number>(); // room_seq -> time of rows that are no envelopes at all
	const lacking = new Set<number>(); // room_seq of what has parents that are not in sight
	let verifier: RoomVerifier | undefined;
	let [bottom, top] = [0, 0]; // what was fetched, whether it could be believed or not
	let left = true;
	let queue: Promise<unknown> = Promise.resolve();

	const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
		const next = queue.then(work, work);
		queue = next.catch(() => undefined);
		return next;
	};

	const rules = (): RoomVerifier => {
		const { org, room } = d.log.state();
		verifier ??= makeRoomVerifier({ org, room, log: d.log.states, findKey: d.people.findKey, firstSeq: d.firstSeq() });
		return verifier;
	};

	/** A message that follows a control entry which we have not seen: first the log, then the message. */
	const bringLog = async (items: readonly StoredEnvelope[]): Promise<void> => {
		const unseen = items.some(({ bytes }) => bytes.length > LOG_HEAD_AT + 32 && !d.log.states.find(bytes.subarray(LOG_HEAD_AT, LOG_HEAD_AT + 32)));
		if (unseen) await d.log.sync();
	};

	const doubtOf = ({ verdict }: Change): string | null => {
		if (verdict.kind === "quarantined") return verdict.reason;
		return verdict.kind === "needs_log" ? "unknown_log" : null;
	};

	const opened = async (env: Envelope, doubt: string | null): Promise<Pick<Known, "content" | "language" | "doubt">> => {
		const nothing = { content: undefined, language: "", doubt };
		if (doubt !== null || !env.body) return nothing;
		const key = await d.keys.body(env.kind, env.epoch);
		if (!key) return nothing;
		try {
			const { content, echo } = await openMessage(env, key);
			d.echo(env, echo);
			return { content, language: echo.language, doubt };
		} catch (thrown) {
			return { ...nothing, doubt: wordOf(thrown) };
		}
	};

	const read = async (change: Change, row: Row | undefined): Promise<Known | undefined> => {
		const doubt = doubtOf(change);
		const before = bySeq.get(change.roomSeq);
		const env = change.env ?? before?.env;
		const at = row?.at ?? 0;
		if (!env) {
			unreadable.set(change.roomSeq, at);
			return undefined;
		}
		if (before && before.doubt === doubt && before.content) return before;
		return { seq: change.roomSeq, at: before?.at ?? at, erased: before?.erased ?? row?.erased, env, ...(await opened(env, doubt)) };
	};

	const keep = (known: Known): readonly Id[] => {
		bySeq.set(known.seq, known);
		const place = d.log.states.find(known.env.logHead)?.index;
		if (place !== undefined) lastAt.set(place, Math.max(lastAt.get(place) ?? 0, known.seq));
		return timeline.take(known);
	};

	const take = async (changes: readonly Change[], rows: readonly Row[], live: boolean): Promise<void> => {
		const given = new Map(rows.map((row) => [row.seq, row]));
		const known = (await Promise.all(changes.map((c) => read(c, given.get(c.roomSeq))))).filter((k) => k !== undefined);
		const fresh = live ? known.filter((k) => given.has(k.seq) && !bySeq.has(k.seq)) : [];
		for (const { roomSeq, verdict } of changes) lacking[verdict.kind === "missing" ? "add" : "delete"](roomSeq);
		const ids = new Set(known.flatMap(keep));
		d.changed([...ids], fresh);
	};

	const forwards = async (rows: readonly Row[], live: boolean): Promise<void> => {
		const items = rows.map(stored);
		await bringLog(items); // first: rows that were counted before would not be asked for again if this fails
		top = Math.max(top, ...rows.map((row) => row.seq));
		if (bottom === 0) bottom = rows[0]?.seq ?? 0;
		await take(await rules().newer(items), rows, live);
		while (live && left && rows.some((row) => lacking.has(row.seq))) await oneOlder();
	};

	/** A place that is given twice: the first stands, and there is a doubt, or a later verdict on one would be taken for the other's. */
	const ordered = (rows: readonly Row[]): Row[] =>
		[...rows].sort((a, b) => a.seq - b.seq).filter(({ seq, at }, i, all) => seq !== all[i - 1]?.seq || void unreadable.set(seq, at));

	const highest = (): number => top;

	const fetchNewer = async (): Promise<void> => {
		for (;;) {
			const page = await d.call("message_page", { room: d.room, after: highest(), limit: PAGE });
			const rows = ordered(page.rows).filter((row) => row.seq > highest());
			if (rows.length > 0) await forwards(rows, true);
			if (!page.more || rows.length === 0) return;
		}
	};

	const takeLive = async (rows: readonly Row[]): Promise<void> => {
		const fresh = ordered(rows).filter((row) => row.seq > highest());
		const first = fresh[0];
		if (!first) return;
		const whole = first.seq === highest() + 1 && fresh.every((row, i) => row.seq === first.seq + i);
		await (whole ? forwards(fresh, true) : fetchNewer());
	};

	const noneLeft = async (more: boolean): Promise<void> => {
		left = more;
		if (!more) await take(rules().reachedStart(), [], false);
	};

	const begin = async (): Promise<void> => {
		const page = await d.call("message_page", { room: d.room, limit: PAGE });
		await forwards(ordered(page.rows), false);
		await noneLeft(page.more);
	};

	const oneOlder = async (): Promise<number> => {
		const page = await d.call("message_page", { room: d.room, before: Math.max(1, bottom), limit: PAGE });
		const rows = ordered(page.rows).filter((row) => row.seq < bottom);
		bottom = rows[0]?.seq ?? bottom;
		if (rows.length > 0) await take(await rules().older(rows.map(stored)), rows, false);
		await noneLeft(page.more && rows.length > 0);
		return rows.filter((row) => bySeq.get(row.seq)?.env.kind === KIND.message).length;
	};

	const unlock = async (): Promise<void> => {
		const locked = [...bySeq.values()].filter((k) => k.doubt === null && k.env.body && !k.content);
		const now = await Promise.all(locked.map(async (k) => ({ ...k, ...(await opened(k.env, null)) })));
		d.changed([...new Set(now.flatMap(keep))], []);
	};

	const older = async (): Promise<boolean> => {
		for (let seen = 0; left && seen < VISIBLE_LEAST; ) seen += await oneOlder();
		return left;
	};

	return {
		timeline,
		begin: () => inTurn(begin),
		live: (rows) => inTurn(() => takeLive(rows)),
		catchUp: () => inTurn(fetchNewer),
		unlock: () => inTurn(unlock),
		older: () => inTurn(older),
		olderLeft: () => left,
		heads: () => rules().heads(),
		lastSeq: (kid) => rules().lastSeq(kid) ?? 0,
		highest,
		lowest: () => bottom,
		known: (seq) => bySeq.get(seq),
		newestAt: (seq) => {
			for (let at = seq; at > 0 && at >= Math.max(1, bottom); at--) {
				const known = bySeq.get(at);
				if (known && known.doubt === null && known.env.kind !== KIND.receipt && known.env.kind !== KIND.note) return known;
			}
			return undefined;
		},
		doubts: () => [...unreadable.keys(), ...[...bySeq.values()].filter((k) => k.doubt !== null).map((k) => k.seq)],
		unreadable: () => unreadable,
		placeOf: (entry) => {
			let place = left ? undefined : 0;
			for (const [index, seq] of lastAt) if (index < entry && seq > (place ?? 0)) place = seq;
			return place;
		},
	};
};

export const idOf = (known: Known): Id => toBase64Url(known.env.msgId);
