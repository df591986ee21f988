// The keys of a room's epochs: opened from wraps when they are first needed and compared with the commitment in the log. Making the
// next epoch, and wrapping for others, is epoch-make.ts, which a browser that only reads never loads.

import { refusal } from "./refusal.js";
import type { ControlLog } from "./control-log.js";
import type { Wrap } from "./wire.js";
import {
	deriveEpoch, deriveStaff, equal, fromBase64Url, isZero, KEYSET, KIND, unwrapKey, zeroes, type Bytes, type EncryptionKey, type EpochKeys, type SealKey,
	type WrapPlace,
} from "../seal/index.js";

export interface RoomKeys {
	/** The keys of an epoch, or undefined if no wrap of ours opens: locked until somebody grants it. */
	epoch(n: number): Promise<EpochKeys | undefined>;
	/** What seals and opens the body of an envelope of this kind and epoch. A note opens by the newest staff key until then. */
	body(kind: number, epoch: number): Promise<SealKey | undefined>;
	/** Which of the epochs 1..until open. */
	openable(until: number): Promise<number[]>;
	/** The raw key, for wrapping it to somebody else; the caller wipes it. Refused (no_keys) if none of our wraps holds the committed one. */
	raw(n: number, keyset: number): Promise<Bytes>;
}

/** How a wrap that was opened is bound: by the entry that carries its hash. */
const placeOf = (log: ControlLog, wrap: Wrap): WrapPlace | undefined => {
	const env = log.entries[wrap.entry]?.env;
	return env && {
		org: env.org, room: env.room, epoch: wrap.epoch, keyset: wrap.keyset, rtype: wrap.rtype, rid: fromBase64Url(wrap.rid),
		rkid: fromBase64Url(wrap.rkid), sender: env.sender, senderKid: env.senderKid, prev: env.logHead,
	};
};

export const makeRoomKeys = (log: ControlLog, mine: () => readonly EncryptionKey[]): RoomKeys => {
	/** As far as the log went: what it goes on by may open it. */
	const open = new Map<number, { at: number; keys: Promise<EpochKeys | undefined> }>();

	const unwrap = async (wrap: Wrap): Promise<Bytes | undefined> => {
		const place = placeOf(log, wrap);
		const key = place && mine().find((k) => equal(k.kid, place.rkid));
		return place && key ? unwrapKey(place, key, fromBase64Url(wrap.wrap)).catch(() => undefined) : undefined;
	};

	/** The raw key, if one of our wraps holds the one that was committed to. */
	const find = async (n: number, keyset: number): Promise<Bytes | undefined> => {
		const state = log.state();
		const made = state.epochs[n - 1];
		if (!made) return undefined;
		for (const wrap of [...log.wraps(n, keyset)].reverse()) {
			const key = await unwrap(wrap);
			if (!key) continue;
			const derived = keyset === KEYSET.all ? await deriveEpoch(key, state.org, state.room, n) : await deriveStaff(key, state.org, state.room, n);
			if (equal(derived.commit, keyset === KEYSET.all ? made.commit : made.staffCommit)) return key;
			key.fill(0);
		}
		return undefined;
	};

	const openEpoch = async (n: number): Promise<EpochKeys | undefined> => {
		const key = await find(n, KEYSET.all);
		if (!key) return undefined;
		const { org, room } = log.state();
		const keys = await deriveEpoch(key, org, room, n);
		key.fill(0);
		return keys;
	};

	const epoch = async (n: number): Promise<EpochKeys | undefined> => {
		const at = log.entries.length;
		const known = open.get(n);
		if (known && (known.at === at || (await known.keys))) return known.keys;
		const keys = openEpoch(n);
		open.set(n, { at, keys });
		return keys;
	};

	const notes = new Map<number, SealKey>();
	const note = async (n: number): Promise<SealKey | undefined> => {
		const { org, room, epochs } = log.state();
		while (n > 0 && isZero(epochs[n - 1]?.staffCommit ?? zeroes(1))) n--;
		const known = notes.get(n);
		const raw = known ? undefined : await find(n, KEYSET.staff);
		if (!raw) return known;
		const keys = await deriveStaff(raw, org, room, n);
		raw.fill(0);
		notes.set(n, keys.note);
		return keys.note;
	};

	return {
		epoch,
		body: async (kind, n) => (kind === KIND.note ? note(n) : (await epoch(n))?.message),
		raw: async (n, keyset) => {
			const key = await find(n, keyset);
			if (!key) throw refusal("no_keys", String(n));
			return key;
		},
		openable: async (until) => {
			const opened: number[] = [];
			for (let n = 1; n <= until; n++) if (await epoch(n)) opened.push(n);
			return opened;
		},
	};
};
