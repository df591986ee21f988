// What a person does inside an open room: write, correct, take back, say what was read. All of it goes through the room's outbox.

import type { Engine, Id } from "./api.js";
import { refusal } from "./refusal.js";
import type { Room } from "./room.js";
import type { Call } from "./wire.js";
import { containsCode, equal, fromBase64Url, utf8, type Content } from "../seal/index.js";

const MOST_BYTES = 60_000;
const READ_PAUSE_MS = 700;
const TYPING_PAUSE_MS = 3_000;

const checkText = async (text: string): Promise<void> => {
	if (text.trim() === "") throw refusal("empty");
	if (utf8(text).length > MOST_BYTES) throw refusal("too_long");
	if (text.includes("\0")) throw refusal("bad_text");
	if (await containsCode(text)) throw refusal("code_in_text");
};

type WriteActs = Pick<Engine, "loadOlder" | "send" | "retry" | "edit" | "remove" | "typing" | "markRead" | "saveDraft" | "goOn">;

export const writeActs = (room: (id: Id) => Room, opened: (id: Id) => Room | undefined, call: Call, online: () => boolean): WriteActs => {
	const reading = new Map<Id, { seq: number; timer: ReturnType<typeof setTimeout> }>();
	const typedAt = new Map<Id, number>();

	/** While offline nobody can wait for the answer; the outbox goes on by itself. */
	const change = async (one: Room, content: Content): Promise<void> => {
		const { done } = one.outbox.add(content);
		if (online()) await done;
	};

	const own = (one: Room, id: Id): Uint8Array<ArrayBuffer> => {
		const message = one.conversation.timeline.message(id);
		if (!message || message.deleted || !equal(message.known.env.sender, fromBase64Url(one.names().me))) throw refusal("not_found");
		return fromBase64Url(id);
	};

	/** A receipt speaks for everything before it; several in a short while are one. */
	const sendReceipt = (id: Id): void => {
		const wanted = reading.get(id);
		reading.delete(id);
		const one = opened(id);
		const newest = wanted && one?.conversation.newestAt(wanted.seq);
		if (!one || !newest || (newest.env.body && !newest.content) || newest.seq <= one.show().readUpTo || one.show().blocked !== null) return;
		if (one.conversation.timeline.readBy(one.names().me) >= newest.seq) return;
		one.outbox.add({ type: "read", target: newest.env.msgId, hash: newest.env.hash });
	};

	return {
		loadOlder: async (id) => {
			const more = await room(id).conversation.older();
			room(id).show();
			return { more };
		},
		send: async (id, text) => {
			await checkText(text);
			const one = room(id);
			const { job } = one.outbox.add({ type: "text", text });
			one.showJob(job);
			return { id: job.id };
		},
		retry: async (id, message) => room(id).outbox.retry(message),
		edit: async (id, message, text) => {
			await checkText(text);
			const one = room(id);
			await change(one, { type: "edit", target: own(one, message), text });
		},
		remove: async (id, message) => {
			const one = room(id);
			const unsent = one.outbox.jobs().find((job) => job.id === message && job.failed !== null);
			if (!unsent) return change(one, { type: "delete", target: own(one, message) });
			one.outbox.discard(message);
			one.dropJob(message);
		},
		typing: async (id) => {
			const now = Date.now();
			if (!online() || now - (typedAt.get(id) ?? 0) < TYPING_PAUSE_MS) return;
			typedAt.set(id, now);
			await call("message_typing", { room: id }).catch(() => undefined);
		},
		markRead: async (id, seq) => {
			const before = reading.get(id);
			clearTimeout(before?.timer);
			reading.set(id, { seq: Math.max(Math.floor(seq), before?.seq ?? 0), timer: setTimeout(() => sendReceipt(id), READ_PAUSE_MS) });
		},
		saveDraft: async (id, text, seen = "") => room(id).draft.save(text, seen),
		goOn: async (id) => room(id).goOn(),
	};
};

