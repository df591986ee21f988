// Drafts of assignments (FORMAT.md section 8): as the draft of a room, and bound to the assignment that they answer.

import { concat, fromUtf8, u64, u8, utf8, type Bytes } from "./bytes.js";
import { labelledHash } from "./derive.js";
import { LABEL, SUITE } from "./labels.js";
import { pad, seal, unpad } from "./seal.js";
import { keysOf, openWith, type Vault } from "./vault.js";

export interface Slot {
	readonly room: Bytes;
	/** The msg_id of the assignment. */
	readonly slot: Bytes;
	readonly version: number;
}

const context = ({ owner }: Vault, { room, slot, version }: Slot): Promise<Bytes> =>
	labelledHash(LABEL.draftSlot, concat(u8(SUITE), owner.org, owner.user, room, slot, u64(version)));

export const sealSlot = async (vault: Vault, place: Slot, text: string): Promise<Bytes> =>
	seal(vault.draft, await context(vault, place), pad(utf8(text)));

export const openSlot = async (vault: Vault, place: Slot, sealed: Bytes): Promise<string> =>
	fromUtf8(unpad(await openWith(keysOf(vault, "draft"), await context(vault, place), sealed)));
