// The messages and items of one room as people see them, made from envelopes that were judged before: edits and deletes are laid over the
// messages that they name, receipts become read marks, name cards names. Pure bookkeeping: order of arrival does not matter, so
// older pages and live messages may come as they like.

import type { Id } from "./api.js";
import { KIND, mayChange, OP, opOf, targetOf, toBase64Url, type Content, type Envelope } from "../seal/index.js";

/** One envelope with what became of it. */
export interface Known {
	readonly seq: number;
	readonly at: number;
	/** When a rule of retention left a tombstone of it, as the server says. */
	readonly erased?: number | undefined;
	readonly env: Envelope;
	/** Why it cannot be believed; null if it can. */
	readonly doubt: string | null;
	/** Undefined: doubted, a tombstone, or in an epoch whose key we do not have. */
	readonly content: Content | undefined;
	readonly language: string;
}

export interface Message {
	readonly known: Known;
	readonly text: string;
	readonly edited: boolean;
	/** By its author, or by a rule of retention: then erased says when. */
	readonly deleted: boolean;
	readonly erased: number | undefined;
	readonly locked: boolean;
}

export interface Timeline {
	/** Gives the ids of the messages that look different now, or are none. */
	take(known: Known): readonly Id[];
	message(id: Id): Message | undefined;
	/** In the order of the room. */
	all(): readonly Message[];
	/** The newest room_seq that this person has said to have read. */
	readBy(user: Id): number;
	/** The newest of what others than `me` have read. */
	readByOthers(me: Id): number;
	name(user: Id): string;
	/** The room_seq of an envelope; 0 if it is not known here. */
	seqOf(hash: Uint8Array<ArrayBuffer>): number;
	newest(): Known | undefined;
}

interface Slot {
	known: Known | undefined;
	edit: Known | undefined;
	removed: Known | undefined;
}

export const makeTimeline = (): Timeline => {
	const slots = new Map<Id, Slot>();
	const seqOfHash = new Map<string, number>();
	const receipts = new Map<Id, { seq: number; hash: string }>();
	const cards = new Map<Id, { seq: number; text: string }>();
	let newest: Known | undefined;

	const slot = (id: Id): Slot => {
		const made = slots.get(id) ?? { known: undefined, edit: undefined, removed: undefined };
		slots.set(id, made);
		return made;
	};

	const takeMessage = (known: Known): readonly Id[] => {
		const id = toBase64Url(known.env.msgId);
		if (known.content?.type === "name") {
			const user = toBase64Url(known.env.sender);
			if ((cards.get(user)?.seq ?? 0) < known.seq) cards.set(user, { seq: known.seq, text: known.content.text });
			return slots.delete(id) ? [id] : []; // it was locked until now, and looked like a message
		}
		slot(id).known = known;
		return [id];
	};

	const takeChange = (known: Known): readonly Id[] => {
		const target = targetOf(known.env);
		if (!target) return [];
		const id = toBase64Url(target);
		const to = slot(id);
		if (known.doubt !== null) {
			if (to.removed?.seq === known.seq) to.removed = undefined;
			if (to.edit?.seq === known.seq) to.edit = undefined;
		} else if (opOf(known.env) === OP.delete) to.removed = known;
		else if (known.content?.type === "edit" && (to.edit?.seq ?? 0) < known.seq) to.edit = known;
		return to.known ? [id] : [];
	};

	const takeReceipt = (known: Known): readonly Id[] => {
		const user = toBase64Url(known.env.sender);
		if (known.content?.type !== "read" || (receipts.get(user)?.seq ?? 0) > known.seq) return [];
		receipts.set(user, { seq: known.seq, hash: toBase64Url(known.content.hash) });
		return [];
	};

	const counts = (change: Known | undefined, to: Known): Known | undefined => (change && mayChange(change.env, to.env) ? change : undefined);

	const view = (s: Slot): Message | undefined => {
		const { known } = s;
		if (!known) return undefined;
		const edit = counts(s.edit, known);
		const erased = edit || known.doubt !== null ? undefined : known.erased;
		const deleted = (counts(s.removed, known) ?? erased) !== undefined;
		const content = edit?.content ?? known.content;
		const text = !deleted && known.doubt === null && content && "text" in content ? content.text : "";
		const locked = !deleted && known.doubt === null && known.env.body !== undefined && known.content === undefined;
		return { known, text, edited: edit !== undefined, deleted, erased, locked };
	};

	const readBy = (user: Id): number => {
		const receipt = receipts.get(user);
		return receipt ? (seqOfHash.get(receipt.hash) ?? 0) : 0;
	};

	return {
		take: (known) => {
			seqOfHash.set(toBase64Url(known.env.hash), known.seq);
			if (!newest || known.seq > newest.seq) newest = known;
			if (known.env.kind === KIND.receipt) return takeReceipt(known);
			return opOf(known.env) === 0 ? takeMessage(known) : takeChange(known);
		},
		message: (id) => {
			const found = slots.get(id);
			return found && view(found);
		},
		all: () => [...slots.values()].flatMap((s) => view(s) ?? []).sort((a, b) => a.known.seq - b.known.seq),
		readBy,
		readByOthers: (me) => Math.max(0, ...[...receipts.keys()].filter((user) => user !== me).map(readBy)),
		name: (user) => cards.get(user)?.text ?? "",
		seqOf: (hash) => seqOfHash.get(toBase64Url(hash)) ?? 0,
		newest: () => newest,
	};
};
