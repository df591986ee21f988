// The messages of the open room in their order, cut into pieces that stay the same while older messages are put before them and
// newer after: only a piece that changed is drawn again.

import type { Id, MessageView } from "../client/api.js";
import { ITEM_LINES } from "./items.js";

export const PIECE = 32; // room_seq numbers in one piece

export interface Piece {
	key: string;
	messages: readonly MessageView[];
	before: MessageView | null; // the last message of the piece before: for date lines
}

export interface Timeline {
	byId: ReadonlyMap<Id, MessageView>;
	order: readonly MessageView[];
	pieces: readonly Piece[];
}

export const emptyTimeline: Timeline = { byId: new Map(), order: [], pieces: [] };

const placed = (message: MessageView): boolean => message.seq !== null;

// What has a place in the room goes by it; a line of the control log without one goes by time; what is on its way goes last.
const inOrder = (messages: Iterable<MessageView>): MessageView[] => {
	const all = [...messages].filter((one) => !one.item || one.quarantine || ITEM_LINES[one.item.kind]);
	const bySeq = all.filter(placed).sort((a, b) => (a.seq ?? 0) - (b.seq ?? 0) || a.at - b.at);
	const byTime = all.filter((one) => !placed(one) && one.system !== null).sort((a, b) => a.at - b.at);
	const waiting = all.filter((one) => !placed(one) && one.system === null).sort((a, b) => a.at - b.at);
	const merged: MessageView[] = [];
	let next = 0;
	for (const message of bySeq) {
		for (let line = byTime[next]; line && line.at <= message.at; line = byTime[++next]) merged.push(line);
		merged.push(message);
	}
	return [...merged, ...byTime.slice(next), ...waiting];
};

const cut = (order: readonly MessageView[], old: readonly Piece[]): Piece[] => {
	const known = new Map(old.map((piece) => [piece.key, piece]));
	const pieces: Piece[] = [];
	let place = 0;
	let messages: MessageView[] = [];
	let before: MessageView | null = null;
	const close = (): void => {
		const last = messages[messages.length - 1];
		if (!last) return;
		const key = String(place);
		const same = known.get(key);
		const kept =
			same && same.before === before && same.messages.length === messages.length && same.messages.every((one, at) => one === messages[at]);
		pieces.push(kept ? same : { key, messages, before });
		before = last;
		messages = [];
	};
	for (const message of order) {
		const at: number = message.seq === null ? place : Math.floor(message.seq / PIECE);
		if (at > place) {
			close();
			place = at;
		}
		messages.push(message);
	}
	close();
	return pieces;
};

export const change = (old: Timeline, changed: readonly MessageView[], removed: readonly Id[]): Timeline => {
	const byId = new Map(old.byId);
	for (const id of removed) byId.delete(id);
	for (const message of changed) byId.set(message.id, message);
	const order = inOrder(byId.values());
	return { byId, order, pieces: cut(order, old.pieces) };
};

/** The newest room_seq there is; 0 if none. */
export const newestSeq = (timeline: Timeline): number => {
	for (let at = timeline.order.length - 1; at >= 0; at--) {
		const seq = timeline.order[at]?.seq;
		if (typeof seq === "number") return seq;
	}
	return 0;
};
