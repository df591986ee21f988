// The room's verifier: everything that a client must find true before it shows an envelope as somebody's words or work
// (FORMAT.md section 3, and "what clients must verify" of the design). Pages come backwards, live envelopes forwards. What does
// not verify is quarantined, never dropped in silence. Opening the body comes after, with the epoch's key.

import { equal, hex, type Bytes } from "./bytes.js";
import { isEntry, parseEnvelope, parseTombstone, verifyEnvelope, type Envelope } from "./envelope.js";
import { type KeyFinder } from "./replay.js";
import { misplacedIn, type RoomLog } from "./room-log.js";
import { addLink, completeWindow, deletedBy, emptyWindow, headsOf, linkOf, markReplay, type Link, type Reason } from "./room-window.js";

export interface StoredEnvelope {
	readonly roomSeq: number;
	readonly bytes: Bytes;
	readonly tombstone: boolean;
	/** When a rule of retention made the tombstone, as the server says. */
	readonly erased?: number | undefined;
}

export type Verdict =
	| { readonly kind: "accepted" }
	/** Accepted but for parents that lie further back: load older pages. */
	| { readonly kind: "missing"; readonly parents: readonly string[] }
	/** Names a log head that is not known here: bring the control log up to date, then give it again. */
	| { readonly kind: "needs_log" }
	| { readonly kind: "quarantined"; readonly reason: Reason };

export interface Change {
	readonly roomSeq: number;
	readonly verdict: Verdict;
	/** For an envelope that was given in this call and could be parsed. */
	readonly env: Envelope | undefined;
}

export interface RoomVerifier {
	/** New envelopes in ascending order, and the first page; gives verdicts on them and on earlier ones that changed. */
	newer(items: readonly StoredEnvelope[]): Promise<Change[]>;
	/** The page before what is known, in ascending order. */
	older(items: readonly StoredEnvelope[]): Promise<Change[]>;
	/** There is nothing further back for this person. */
	reachedStart(): Change[];
	/** Parents for the next envelope of one's own. */
	heads(): Bytes[];
	/** The sender_seq of the newest envelope of this key that is known here. */
	lastSeq(kid: Bytes): number | undefined;
	lowest(): number | undefined;
	highest(): number | undefined;
}

export interface RoomFacts {
	readonly org: Bytes;
	readonly room: Bytes;
	readonly log: RoomLog;
	readonly findKey: KeyFinder;
	/** 1, or the baseline that an ADD signed for this person: what lies before it is no gap. */
	readonly firstSeq: number;
}

export type Judged = { readonly env: Envelope | undefined; readonly verdict: Verdict } | { readonly env: Envelope; readonly logIndex: number };

const quarantined = (reason: Reason): Verdict => ({ kind: "quarantined", reason });

const parse = async (item: StoredEnvelope): Promise<Envelope | undefined> => {
	try {
		const env = await (item.tombstone ? parseTombstone(item.bytes) : parseEnvelope(item.bytes));
		return isEntry(env.kind) ? undefined : env;
	} catch {
		return undefined;
	}
};

/** What can be said of an envelope by itself: form, place, membership, epoch, signature. */
export const judge = async (facts: Omit<RoomFacts, "firstSeq">, item: StoredEnvelope): Promise<Judged> => {
	const env = await parse(item);
	if (!env) return { env, verdict: quarantined("malformed") };
	if (!equal(env.org, facts.org) || !equal(env.room, facts.room)) return { env, verdict: quarantined("wrong_room") };
	const at = facts.log.find(env.logHead);
	if (!at) return { env, verdict: { kind: "needs_log" } };
	const misplaced = misplacedIn(at.state, env);
	if (misplaced) return { env, verdict: quarantined(misplaced) };
	const pub = facts.findKey(env.sender, env.senderKid);
	if (!pub) return { env, verdict: quarantined("unknown_key") };
	if (!(await verifyEnvelope(env, pub))) return { env, verdict: quarantined("bad_signature") };
	return { env, logIndex: at.index };
};

export const makeRoomVerifier = (facts: RoomFacts): RoomVerifier => {
	const w = emptyWindow();
	const msgIds = new Map<string, Link>();
	const bySeq = new Map<number, Link>();

	const verdictOf = (link: Link): Verdict => {
		if (link.reason) return quarantined(link.reason);
		if (link.erasedBy !== undefined && !w.deletes.has(link.erasedBy)) return quarantined("unexplained_tombstone");
		return link.missing.size > 0 ? { kind: "missing", parents: [...link.missing] } : { kind: "accepted" };
	};

	/** The same bytes in the same place are no news; a place is taken once, and what stood earlier already is replayed here. */
	const refuse = (roomSeq: number, env: Envelope, older: boolean): Verdict | undefined => {
		const there = bySeq.get(roomSeq);
		if (there) return there.hash === hex(env.hash) ? verdictOf(there) : quarantined("fork");
		if (!older && msgIds.has(hex(env.msgId))) return quarantined("replay");
		const inside = older ? w.lowest !== undefined && roomSeq >= w.lowest : w.highest !== undefined && roomSeq <= w.highest;
		return inside ? quarantined("fork") : undefined;
	};

	/** With the beginning in sight there is no further back in which the rest could be. */
	const settle = (link: Link): void => {
		if (!w.complete) return;
		if (!link.reason && facts.firstSeq <= 1) {
			if (link.missing.size > 0) link.reason = "lost_parent";
			else if (w.bySender.get(link.kid)?.low === link && link.seq !== 1) link.reason = "gap";
		}
		link.missing.clear();
	};

	const add = (item: StoredEnvelope, judged: Judged, older: boolean): Change[] => {
		const { roomSeq } = item;
		if ("verdict" in judged) return [{ roomSeq, env: judged.env, verdict: judged.verdict }];
		const { env, logIndex } = judged;
		const refused = refuse(roomSeq, env, older);
		if (refused) return [{ roomSeq, env, verdict: refused }];
		const copy = msgIds.get(hex(env.msgId));
		const link = linkOf(roomSeq, env, logIndex, item.erased);
		if (env.parents.length === 0 && env.seq > 1) link.reason = "no_parents";
		msgIds.set(hex(env.msgId), link);
		bySeq.set(roomSeq, link);
		const changed = addLink(w, link, deletedBy(env), older);
		if (!older) settle(link);
		if (copy) for (const later of markReplay(copy)) changed.add(later);
		return [...changed].map((l) => ({ roomSeq: l.roomSeq, env: l === link ? env : undefined, verdict: verdictOf(l) }));
	};

	const addInOrder = (items: readonly StoredEnvelope[], judged: readonly Judged[], older: boolean): Change[] => {
		const order = items.map((item, i) => ({ item, judged: judged[i] as Judged }));
		if (older) order.reverse();
		const last = new Map<number, Change>();
		for (const one of order)
			for (const change of add(one.item, one.judged, older))
				last.set(change.roomSeq, { ...change, env: change.env ?? last.get(change.roomSeq)?.env });
		return [...last.values()];
	};

	/** Signatures are verified side by side; what was given first is added first. */
	let tail: Promise<unknown> = Promise.resolve();
	const addAll = (items: readonly StoredEnvelope[], older: boolean): Promise<Change[]> => {
		const judged = Promise.all(items.map((item) => judge(facts, item)));
		const added = tail.then(async () => addInOrder(items, await judged, older));
		tail = added.catch(() => undefined);
		return added;
	};

	return {
		newer: (items) => addAll(items, false),
		older: (items) => addAll(items, true),
		reachedStart: () => {
			const changed = completeWindow(w, facts.firstSeq <= 1);
			return [...changed].map((l) => ({ roomSeq: l.roomSeq, env: undefined, verdict: verdictOf(l) }));
		},
		heads: () => headsOf(w),
		lastSeq: (kid) => w.bySender.get(hex(kid))?.high.seq,
		lowest: () => w.lowest,
		highest: () => w.highest,
	};
};
