// Sealing what is sent to one room: which number, which epoch, which parents; and what to fetch after a refusal.

import type { Id, Language } from "./api.js";
import type { Context } from "./context.js";
import type { ControlLog } from "./control-log.js";
import type { Conversation } from "./conversation.js";
import type { RoomKeys } from "./epoch-keys.js";
import { refusal } from "./refusal.js";
import type { RoomRow } from "./wire.js";
import { echoOf, kindOf, random, sealMessage, toBase64Url, type Bytes, type Content, type ControlState } from "../seal/index.js";

export interface Sender {
	seal(content: Content): Promise<{ id: Id; envelope: string }>;
	/** The envelope that was sealed last is stored: its number is taken. */
	acknowledged(): void;
	learn(word: string): Promise<boolean>;
}

export interface SenderDeps {
	readonly c: Context;
	readonly id: Id;
	readonly log: ControlLog;
	readonly keys: RoomKeys;
	readonly conversation: Conversation;
	row(): RoomRow | undefined;
	/** What the next envelope follows. */
	parents(): Bytes[];
	language(): Language;
	/** Resolves when this kind can be written in the room: open, ours, in an epoch that is not used up, not somebody unproven's, and has the key; with the state that says so. */
	ready(kind: number): Promise<ControlState>;
}

/** Refusals after which the same text may be sealed again as soon as the log is up to date. */
const STALE = new Set(["stale_head", "stale_epoch", "rotation_pending"]);

export const makeSender = (d: SenderDeps): Sender => {
	let taken = 0; // the greatest own number that the server has acknowledged
	let sealed = 0;
	let learned = false;
	let under: ControlState | undefined; // what the last attempt went by

	const nextNumber = (kid: Uint8Array<ArrayBuffer>): number =>
		Math.max(taken, d.conversation.lastSeq(kid), learned ? 0 : (d.row()?.sender_seq ?? 0)) + 1;

	return {
		seal: async (content) => {
			const kind = kindOf(content);
			under = d.log.state();
			const state = await d.ready(kind);
			const key = await d.keys.body(kind, state.epoch);
			if (!key) throw refusal("no_keys");
			under = state;
			const { sig } = d.c.account().keys;
			sealed = nextNumber(sig.kid);
			const fields = {
				org: state.org, room: state.room, sender: d.c.me.userBytes, epoch: state.epoch, seq: sealed, logHead: state.head,
				parents: d.parents(), time: Date.now(), retention: state.retention,
			};
			const echo = echoOf(d.language(), d.c.store.version(), d.c.account().version);
			const msgId = random(16);
			const bytes = await sealMessage(sig, key, fields, content, echo, msgId);
			return { id: toBase64Url(msgId), envelope: toBase64Url(bytes) };
		},
		acknowledged: () => {
			taken = Math.max(taken, sealed);
		},
		learn: async (word) => {
			await d.log.sync();
			if (word === "bad_sequence" || word === "msg_id_reused") {
				await d.conversation.catchUp();
				// Where our own last envelope is not in sight the server's word on the next number is all there is.
				const { room } = await d.c.call("room_open", { room: d.id, language: d.language() });
				taken = Math.max(taken, room.sender_seq);
				learned = true;
				return true;
			}
			// What was true of an older log need not be of this one: an epoch that left us out, keys that came since.
			return STALE.has(word) || d.log.state() !== under;
		},
	};
};
