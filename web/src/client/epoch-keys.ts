// The keys of a room's epochs: opened from wraps when they are first needed, compared with the commitment in the log, and made anew
// when an epoch begins. Raw keys exist only while they are wrapped for somebody.

import type { People } from "./people.js";
import { refusal } from "./refusal.js";
import type { ControlLog } from "./control-log.js";
import type { Wrap } from "./wire.js";
import {
	deriveEpoch, deriveStaff, equal, fromBase64Url, grantedKeys, KEYSET, makeKey, recipientsOf, ROLE, RTYPE, toBase64Url, unwrapKey, wrapHash,
	wrapKey, zeroes, type Bytes, type ControlBody, type ControlState, type EncryptionKey, type EpochKeys, type Member, type WrapPlace,
} from "../seal/index.js";

type EpochBody = Extract<ControlBody, { type: "epoch" }>;
type GrantBody = Extract<ControlBody, { type: "grant" }>;
type RecoveryBody = Extract<ControlBody, { type: "recovery" }>;

/** A body to sign, and the wraps that go with it. */
export interface WithWraps<B> {
	readonly body: B;
	readonly wraps: readonly Wrap[];
}

export interface RoomKeys {
	/** The keys of an epoch, or undefined if no wrap of ours opens: locked until somebody grants it. */
	epoch(n: number): Promise<EpochKeys | undefined>;
	/** The next epoch after `state`, which `author` signs. */
	makeEpoch(state: ControlState, author: Member): Promise<WithWraps<EpochBody>>;
	makeGrant(state: ControlState, author: Member, to: Member, from: number, until: number): Promise<WithWraps<GrantBody>>;
	makeRecovery(state: ControlState, author: Member, n: number): Promise<WithWraps<RecoveryBody>>;
	/** Which of the epochs 1..until open. */
	openable(until: number): Promise<number[]>;
	/** The key of an invitation that is made in the same append as the epoch that is wrapped to it. */
	introduce(kid: Bytes, pub: Bytes): void;
	forget(): void;
}

/** How a wrap that was opened is bound: by the entry that carries its hash. */
const placeOf = (log: ControlLog, wrap: Wrap): WrapPlace | undefined => {
	const env = log.entries[wrap.entry]?.env;
	return env && {
		org: env.org, room: env.room, epoch: wrap.epoch, keyset: wrap.keyset, rtype: wrap.rtype, rid: fromBase64Url(wrap.rid),
		rkid: fromBase64Url(wrap.rkid), sender: env.sender, senderKid: env.senderKid, prev: env.logHead,
	};
};

export const makeRoomKeys = (log: ControlLog, people: People, mine: () => readonly EncryptionKey[]): RoomKeys => {
	const open = new Map<number, Promise<EpochKeys | undefined>>();
	const introduced = new Map<string, Bytes>();

	const unwrap = async (wrap: Wrap): Promise<Bytes | undefined> => {
		const place = placeOf(log, wrap);
		const key = place && mine().find((k) => equal(k.kid, place.rkid));
		return place && key ? unwrapKey(place, key, fromBase64Url(wrap.wrap)).catch(() => undefined) : undefined;
	};

	/** The raw key, if one of our wraps holds the one that was committed to. */
	const raw = async (n: number, keyset: number): Promise<Bytes | undefined> => {
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
		const key = await raw(n, KEYSET.all);
		if (!key) return undefined;
		const { org, room } = log.state();
		const keys = await deriveEpoch(key, org, room, n);
		key.fill(0);
		return keys;
	};

	const epoch = async (n: number): Promise<EpochKeys | undefined> => {
		const known = open.get(n) ?? openEpoch(n);
		open.set(n, known);
		const keys = await known;
		if (!keys) open.delete(n); // a later grant may open it
		return keys;
	};

	const pubOf = (state: ControlState, kid: Bytes): Bytes => {
		const invited = log.entries.find((e) => e.body.type === "invite" && equal(e.inviteKid, kid));
		const pub = people.encryptionPub(kid) ?? (invited?.body.type === "invite" ? invited.body.encPub : undefined) ?? introduced.get(toBase64Url(kid));
		if (!pub) throw refusal("unknown_key", toBase64Url(state.head));
		return pub;
	};

	const wrapTo = async (
		state: ControlState, author: Member, epochN: number, to: { keyset: number; rtype: number; rid: Bytes; rkid: Bytes }, key: Bytes,
	): Promise<{ wrap: Wrap; hash: Bytes }> => {
		const place: WrapPlace = {
			org: state.org, room: state.room, epoch: epochN, ...to, sender: author.user, senderKid: author.sigKid, prev: state.head,
		};
		const sealed = await wrapKey(place, pubOf(state, to.rkid), key);
		const { keyset, rtype } = to;
		const wrap = {
			entry: state.n, keyset, epoch: epochN, rtype, rid: toBase64Url(to.rid), rkid: toBase64Url(to.rkid), wrap: toBase64Url(sealed),
		};
		return { wrap, hash: await wrapHash(place, sealed) };
	};

	const makeEpoch = async (state: ControlState, author: Member): Promise<WithWraps<EpochBody>> => {
		const n = state.epoch + 1;
		const staff = author.role === ROLE.staff;
		const [ek, sk] = [makeKey(), makeKey()];
		const keys = await deriveEpoch(ek, state.org, state.room, n);
		const staffCommit = staff ? (await deriveStaff(sk, state.org, state.room, n)).commit : zeroes(32);
		const wrapped = await Promise.all(
			recipientsOf(state, author, Date.now()).map(async (to) => ({ to, ...(await wrapTo(state, author, n, to, to.keyset === KEYSET.all ? ek : sk)) })),
		);
		ek.fill(0);
		sk.fill(0);
		const body: EpochBody = { type: "epoch", n, commit: keys.commit, staffCommit, wraps: wrapped.map(({ to, hash }) => ({ ...to, hash })) };
		return { body, wraps: wrapped.map(({ wrap }) => wrap) };
	};

	const makeGrant = async (state: ControlState, author: Member, to: Member, from: number, until: number): Promise<WithWraps<GrantBody>> => {
		const wraps: Wrap[] = [];
		const hashes: { keyset: number; epoch: number; hash: Bytes }[] = [];
		for (const { keyset, epoch: n } of grantedKeys(state, to, from, until)) {
			const key = await raw(n, keyset);
			if (!key) throw refusal("no_keys", String(n));
			const { wrap, hash } = await wrapTo(state, author, n, { keyset, rtype: RTYPE.member, rid: to.user, rkid: to.encKid }, key);
			key.fill(0);
			wraps.push(wrap);
			hashes.push({ keyset, epoch: n, hash });
		}
		return { body: { type: "grant", to: to.user, toKid: to.encKid, from, until, wraps: hashes }, wraps };
	};

	const makeRecovery = async (state: ControlState, author: Member, n: number): Promise<WithWraps<RecoveryBody>> => {
		const key = await raw(n, KEYSET.all);
		if (!key) throw refusal("no_keys", String(n));
		const to = { keyset: KEYSET.all, rtype: RTYPE.recovery, rid: state.org, rkid: state.recoveryKid };
		const { wrap, hash } = await wrapTo(state, author, n, to, key);
		key.fill(0);
		return { body: { type: "recovery", n, rkid: state.recoveryKid, hash }, wraps: [wrap] };
	};

	return {
		epoch,
		makeEpoch,
		makeGrant,
		makeRecovery,
		openable: async (until) => {
			const opened: number[] = [];
			for (let n = 1; n <= until; n++) if (await epoch(n)) opened.push(n);
			return opened;
		},
		introduce: (kid, pub) => void introduced.set(toBase64Url(kid), pub),
		forget: () => open.clear(),
	};
};
