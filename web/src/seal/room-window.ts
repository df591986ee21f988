// The envelopes of a room that a client has seen, as links: who wrote what after what. The window is one stretch of the room,
// and grows at both ends; whichever way it grew, the same envelopes end with the same verdicts. No content is kept here.

import { compare, hex, type Bytes } from "./bytes.js";
import { KIND, OP, opOf, targetOf, type Envelope } from "./envelope.js";

export type Reason =
	| "malformed" | "wrong_room" | "not_member" | "wrong_role" | "room_closed" | "wrong_epoch" | "unknown_key" | "bad_signature"
	| "replay" | "fork" | "gap" | "old_epoch" | "old_log" | "lost_parent" | "no_parents" | "unexplained_tombstone";

export interface Link {
	readonly roomSeq: number;
	readonly hash: string;
	readonly kid: string;
	readonly seq: number;
	readonly epoch: number;
	readonly logIndex: number;
	readonly parents: readonly string[];
	readonly hashBytes: Bytes;
	/** What a tombstone waits for; undefined in an envelope that has its body, and in one that was old when a rule erased it. */
	readonly erasedBy: string | undefined;
	reason: Reason | undefined;
	/** Parents that are still to be found further back. */
	missing: Set<string>;
}

const authorAnd = (sender: Bytes, target: Bytes): string => `${hex(sender)} ${hex(target)}`;

const DAY = 86_400_000;

export const linkOf = (roomSeq: number, env: Envelope, logIndex: number, erased = 0): Link => ({
	roomSeq, hash: hex(env.hash), kid: hex(env.senderKid), seq: env.seq, epoch: env.epoch, logIndex, parents: env.parents.map(hex),
	hashBytes: env.hash, erasedBy: env.body || erased - env.time > DAY ? undefined : authorAnd(env.sender, targetOf(env) ?? env.msgId), reason: undefined, missing: new Set(),
});

/** What a delete takes away, in the form of Link.erasedBy. */
export const deletedBy = (env: Envelope): string | undefined =>
	env.kind === KIND.message && env.body && opOf(env) === OP.delete ? authorAnd(env.sender, targetOf(env) as Bytes) : undefined;

interface Ends {
	low: Link;
	high: Link;
}

export interface Window {
	/** In the order in which they came to this client. */
	readonly links: Link[];
	/** The ends of the stretch, by room_seq; undefined while it is empty. */
	lowest: number | undefined;
	highest: number | undefined;
	/** The least log index in it, and the greatest of what is not to blame. */
	lowLog: number;
	highLog: number;
	readonly byHash: Map<string, Link>;
	readonly bySender: Map<string, Ends>;
	/** Children by the parent that they wait for. */
	readonly wanted: Map<string, Link[]>;
	readonly deletes: Set<string>;
	/** Tombstones without their delete. */
	readonly unexplained: Map<string, Link[]>;
	readonly heads: Map<string, Link>;
	/** Nothing that this person may see lies further back. */
	complete: boolean;
}

export const emptyWindow = (): Window => ({
	links: [], lowest: undefined, highest: undefined, lowLog: Infinity, highLog: -1, byHash: new Map(), bySender: new Map(), wanted: new Map(), deletes: new Set(), unexplained: new Map(), heads: new Map(),
	complete: false,
});

/** Whether `newer` can stand after `older`, its sender's envelope before it. */
const afterOwn = (older: Link, newer: Link): Reason | undefined => {
	if (newer.seq <= older.seq) return "replay";
	if (newer.seq > older.seq + 1) return "gap";
	return newer.epoch < older.epoch ? "old_epoch" : undefined;
};

const blame = (link: Link, reason: Reason | undefined, changed: Set<Link>): void => {
	if (!reason || link.reason) return;
	link.reason = reason;
	changed.add(link);
};

/** Places the link among its sender's; the newer of two that do not fit is to blame, whichever came first to this client. */
const placeOwn = (w: Window, link: Link, older: boolean, changed: Set<Link>): void => {
	const ends = w.bySender.get(link.kid);
	if (!ends) {
		w.bySender.set(link.kid, { low: link, high: link });
	} else if (older) {
		const reason = afterOwn(link, ends.low);
		blame(ends.low, reason, changed);
		if (reason === "replay" && ends.high === ends.low) ends.high = link;
		ends.low = link;
	} else {
		const reason = afterOwn(ends.high, link);
		blame(link, reason, changed);
		if (reason !== "replay") ends.high = link;
	}
};

/** The server stores nothing that names an older log head than what it stored before. */
const placeLog = (w: Window, link: Link, older: boolean, changed: Set<Link>): void => {
	if (older && link.logIndex > w.lowLog)
		for (const newer of w.links) if (newer.logIndex < link.logIndex) blame(newer, "old_log", changed);
	if (!older && link.logIndex < w.highLog) blame(link, "old_log", changed);
	w.lowLog = Math.min(w.lowLog, link.logIndex);
	if (!link.reason) w.highLog = Math.max(w.highLog, link.logIndex);
};

/** A parent is one only where it stands before its child. */
const findParents = (w: Window, link: Link): void => {
	for (const parent of link.parents) {
		const found = w.byHash.get(parent);
		if (found && found.roomSeq < link.roomSeq) continue;
		link.missing.add(parent);
		w.wanted.set(parent, [...(w.wanted.get(parent) ?? []), link]);
	}
};

/** Children further on that waited for this envelope have it now. */
const satisfy = (w: Window, link: Link, changed: Set<Link>): void => {
	const waiting = w.wanted.get(link.hash) ?? [];
	const still = waiting.filter((child) => child.roomSeq <= link.roomSeq);
	for (const child of waiting) {
		if (child.roomSeq <= link.roomSeq) continue;
		child.missing.delete(link.hash);
		if (child.missing.size === 0) changed.add(child);
	}
	if (still.length > 0) w.wanted.set(link.hash, still);
	else w.wanted.delete(link.hash);
};

const explain = (w: Window, link: Link, deletes: string | undefined, changed: Set<Link>): void => {
	if (link.erasedBy !== undefined && !w.deletes.has(link.erasedBy))
		w.unexplained.set(link.erasedBy, [...(w.unexplained.get(link.erasedBy) ?? []), link]);
	if (deletes === undefined) return;
	w.deletes.add(deletes);
	for (const tombstone of w.unexplained.get(deletes) ?? []) changed.add(tombstone);
	w.unexplained.delete(deletes);
};

const updateHeads = (w: Window, link: Link): void => {
	for (const parent of link.parents) w.heads.delete(parent);
	if (!link.reason) w.heads.set(link.hash, link);
};

/** Of two that are the same, or bear the same msg_id, the later is the replay: `link` here, found when the earlier one came. */
export const markReplay = (link: Link): Set<Link> => {
	const changed = new Set<Link>();
	blame(link, "replay", changed);
	return changed;
};

/** Adds an authentic envelope at one end; gives every link whose verdict may be another now. */
export const addLink = (w: Window, link: Link, deletes: string | undefined, older: boolean): Set<Link> => {
	const changed = new Set<Link>([link]);
	placeLog(w, link, older, changed);
	placeOwn(w, link, older, changed);
	w.links.push(link);
	w.lowest = older ? link.roomSeq : (w.lowest ?? link.roomSeq);
	w.highest = older ? (w.highest ?? link.roomSeq) : link.roomSeq;
	w.byHash.set(link.hash, link);
	findParents(w, link);
	satisfy(w, link, changed);
	explain(w, link, deletes, changed);
	if (!older) updateHeads(w, link);
	return changed;
};

/** Nothing lies further back: with the room's real beginning in sight, what is still missing was withheld. */
export const completeWindow = (w: Window, fromBeginning: boolean): Set<Link> => {
	const changed = new Set<Link>();
	w.complete = true;
	if (fromBeginning) for (const { low } of w.bySender.values()) if (low.seq !== 1) blame(low, "gap", changed);
	for (const children of w.wanted.values()) {
		for (const child of children) {
			if (fromBeginning) blame(child, "lost_parent", changed);
			child.missing.clear();
			changed.add(child);
		}
	}
	w.wanted.clear();
	return changed;
};

/** The newest envelopes that are not parents of each other: at most 4, in ascending byte order. */
export const headsOf = (w: Window): Bytes[] =>
	[...w.heads.values()].sort((a, b) => b.roomSeq - a.roomSeq).slice(0, 4).map((l) => l.hashBytes).sort(compare);
