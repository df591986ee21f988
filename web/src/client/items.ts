// The items of a room: what is no message but stands in the same chain of envelopes. Kinds 3 assignment (ctypes 5 given, 6 acts:
// comment, return, accept, withdraw, remind), 4 answer (7), 5 file (8), 8 private note (9), 9 phase, goal, event, summary (10), 10 meter
// (11). Contents are bytes here, 2..60,000 of UTF-8 JSON; each feature has a checker of its own and believes none that it refuses.
//
// How a feature stands on it (nothing of it is in the first load):
//   in the engine   `itemsOf(context, room)` gives the registry of a room: list, older, subscribe, post, remove. The feature's acts are
//                   added to `Working` (api.ts) and to work.ts; a page calls them as engine().work("name", ...args).
//   on the page     engine().work("items" | "olderItems" | "postItem" | "removeItem", room, ...). Changes come as the `messages` event of
//                   the open room: MessageView.item, in state's timeline.byId, also of kinds that have no line in the conversation.
//   in the talk     a line for a kind: one entry in ITEM_LINES of app/items.ts.
//
// What is in the window of the conversation is judged with it. Older items are fetched by kind (item_page) and judged each by itself:
// signature, member and role at its log_head, epoch, commitment. That none was left out, and who deleted one, shows only when the pages
// between are loaded (FORMAT.md section 9); until then `whole` is false.
//
// Kind 8 is sealed under the staff key of its epoch, for which a staff browser makes one where a client made the newest: a client's browser
// checks its place in the chain and cannot open it (locked, no line).
// Kinds 3 and 8 are posted by staff alone, by server and clients alike (`wrong_role`); what else a sender may say in an item is for its
// feature to judge, by `staff`. A file is posted with
// the `clear` of its envelope (makeFileClear in seal/manifest.ts, section 12).

import type { Id, ItemView } from "./api.js";
import type { Context } from "./context.js";
import { idOf } from "./conversation.js";
import { refusal, wordOf } from "./refusal.js";
import type { Room } from "./room.js";
import { nameOf, certificateOf } from "./room-view.js";
import type { Known, Message } from "./timeline.js";
import type { Row } from "./wire.js";
import {
	containsCode, fromBase64Url, fromUtf8, ITEM_KINDS, judge, KIND, memberOf, openMessage, ROLE, toBase64Url, zeroes, type Bytes,
	type StoredEnvelope,
} from "../seal/index.js";

const PAGE = 50;
const MOST_BYTES = 60_000;

export interface Items {
	/** Those of these kinds that are known here, in the order of the room. */
	list(kinds: readonly number[]): ItemView[];
	one(id: Id): ItemView | undefined;
	/** Fetches one more page of older ones; false when there is none left. */
	older(kinds: readonly number[]): Promise<boolean>;
	/** Told with the ids (msg_id) of what is new or different, messages among them; the answer ends it. */
	subscribe(hear: (ids: readonly Id[]) => void): () => void;
	/** Resolves with the msg_id when it is stored. */
	post(ctype: number, content: Bytes, clear?: Bytes): Promise<Id>;
	remove(id: Id): Promise<void>;
}

/** Ids and hashes, as JSON has them: what they look like is chance, and one in some thousands looks like a printed code. */
const NO_TEXT = /^([\w-]{22}|[\w-]{43}|[0-9a-f]{32}|[0-9a-f]{64})$/;

/** What people may have written in it. */
const textsOf = (content: Bytes): string[] => {
	const texts: string[] = [];
	JSON.parse(fromUtf8(content), (_, value: unknown) => {
		if (typeof value === "string" && !NO_TEXT.test(value)) texts.push(value);
		return value;
	});
	return texts;
};

const stored = (row: Row): StoredEnvelope => ({
	roomSeq: row.seq, bytes: fromBase64Url(row.envelope ?? row.tombstone ?? ""), tombstone: row.envelope === undefined, erased: row.erased,
});

const viewOf = (c: Context, room: Room, m: Message, whole: boolean): ItemView => {
	const { env, seq, at, doubt, content } = m.known;
	const sender = toBase64Url(env.sender);
	const role = memberOf(room.log.state(), env.sender)?.role ?? ROLE.client;
	const item = content?.type === "item" && !m.deleted && doubt === null ? content : undefined;
	return {
		id: idOf(m.known), seq, at, kind: env.kind, ctype: item?.ctype ?? 0, content: item?.bytes ?? null, clear: env.clear, epoch: env.epoch, sender,
		senderName: nameOf(room.names(), sender, role), employer: role === ROLE.staff ? (certificateOf(c.people, sender)?.employer ?? "") : "",
		mine: sender === c.me.user, staff: role === ROLE.staff, deleted: m.deleted, quarantine: doubt, locked: m.locked, whole,
	};
};

const makeItems = (c: Context, room: Room): Items => {
	const { conversation, log, keys } = room;
	const apart = new Map<Id, Known>(); // fetched by kind
	const bottoms = new Map<string, number>(); // how far back each choice of kinds was fetched; 0: to the beginning

	/** Judged by itself; a log head that is not known here brings the log first. */
	const judged = async (row: Row, again = true): Promise<Known | undefined> => {
		const state = log.state();
		const found = await judge({ org: state.org, room: state.room, log: log.states, findKey: c.people.findKey }, stored(row));
		if ("verdict" in found && found.verdict.kind === "needs_log" && again) return log.sync().then(() => judged(row, false));
		if (!found.env) return undefined;
		const known: Known = { seq: row.seq, at: row.at, env: found.env, doubt: null, content: undefined, language: "" };
		if ("verdict" in found) return { ...known, doubt: found.verdict.kind === "quarantined" ? found.verdict.reason : "unknown_log" };
		// What stands in what was loaded as a whole, or behind it, is known there, or it is none.
		if (conversation.lowest() > 0 && row.seq >= conversation.lowest()) return { ...known, doubt: "fork" };
		return opened(known);
	};

	const opened = async (known: Known): Promise<Known> => {
		const key = known.env.body && known.doubt === null ? await keys.body(known.env.kind, known.env.epoch) : undefined;
		if (!key) return known;
		try {
			return { ...known, ...(await openMessage(known.env, key)) };
		} catch (thrown) {
			return { ...known, doubt: wordOf(thrown) };
		}
	};

	const message = (known: Known): Message => ({
		known, text: "", edited: false, deleted: !known.env.body, erased: known.erased, locked: known.doubt === null && known.env.body !== undefined && !known.content,
	});

	/** The window's word on an item, once it reaches so far, is the one that counts. */
	const all = (): Map<Id, ItemView> => {
		const views = new Map([...apart].map(([id, known]) => [id, viewOf(c, room, message(known), false)]));
		for (const m of conversation.timeline.all()) if (m.known.env.kind > KIND.receipt) views.set(idOf(m.known), viewOf(c, room, m, true));
		return views;
	};

	/** Of one key the numbers grow with the place: what was moved behind something later of its own is none. */
	const misplaced = (): void => {
		const greatest = new Map<string, number>();
		const known = [...apart.values(), ...conversation.timeline.all().map((m) => m.known)].filter(({ doubt }) => doubt === null);
		for (const one of known.sort((a, b) => a.seq - b.seq)) {
			const kid = toBase64Url(one.env.senderKid);
			const before = greatest.get(kid) ?? 0;
			const id = idOf(one);
			if (one.env.seq < before && apart.has(id)) apart.set(id, { ...one, content: undefined, doubt: "replay" });
			greatest.set(kid, Math.max(before, one.env.seq));
		}
	};

	const older = async (kinds: readonly number[]): Promise<boolean> => {
		const name = [...kinds].sort((a, b) => a - b).join();
		const before = Math.min(bottoms.get(name) ?? Infinity, conversation.lowest() || Infinity);
		if (before <= 1 || !conversation.olderLeft()) return false;
		const page = await c.call("item_page", { room: room.id, kinds: [...kinds], limit: PAGE, ...(before < Infinity && { before }) });
		for (const row of page.rows) {
			const known = await judged(row);
			if (known && kinds.includes(known.env.kind)) apart.set(idOf(known), known);
		}
		misplaced();
		bottoms.set(name, page.more ? Math.min(before - 1, ...page.rows.map((row) => row.seq)) : 0);
		return page.more && page.rows.length > 0;
	};

	return {
		list: (kinds) => [...all().values()].filter((one) => kinds.includes(one.kind)).sort((a, b) => a.seq - b.seq),
		one: (id) => all().get(id),
		older,
		subscribe: (hear) => {
			room.heard.add(hear);
			return () => void room.heard.delete(hear);
		},
		post: async (ctype, content, clear = zeroes(0)) => {
			if (!(ctype in ITEM_KINDS)) throw refusal("bad_text");
			if (content.length > MOST_BYTES) throw refusal("too_long");
			for (const text of textsOf(content)) if (await containsCode(text)) throw refusal("code_in_text");
			return room.outbox.add({ type: "item", ctype, bytes: content, clear }).done;
		},
		remove: async (id) => {
			const found = all().get(id);
			if (!found?.mine || found.deleted) throw refusal("not_found");
			await room.outbox.add({ type: "delete", target: fromBase64Url(id) }).done;
			const known = apart.get(id);
			if (known && !conversation.timeline.message(id)) apart.set(id, { ...known, env: { ...known.env, body: undefined } });
		},
	};
};

const registries = new WeakMap<Room, Items>();

/** The registry of a room that is prepared; the same each time. */
export const itemsOf = (c: Context, room: Room): Items => {
	const made = registries.get(room) ?? makeItems(c, room);
	registries.set(room, made);
	return made;
};
