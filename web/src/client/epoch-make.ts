// The next epoch of a room, grants of older ones, wraps for the recovery key: keys made or lent by epoch-keys.ts, wrapped to those whom
// the rules name. Raw keys exist here only while they are wrapped.

import type { ControlLog } from "./control-log.js";
import type { RoomKeys } from "./epoch-keys.js";
import type { People } from "./people.js";
import { refusal } from "./refusal.js";
import type { Wrap } from "./wire.js";
import {
	deriveEpoch, deriveStaff, equal, grantedKeys, KEYSET, makeKey, recipientsOf, ROLE, RTYPE, toBase64Url, wrapHash, wrapKey, zeroes, type Bytes,
	type ControlBody, type ControlState, type Member, type WrapPlace,
} from "../seal/index.js";

type EpochBody = Extract<ControlBody, { type: "epoch" }>;
type GrantBody = Extract<ControlBody, { type: "grant" }>;
type RecoveryBody = Extract<ControlBody, { type: "recovery" }>;

/** A body to sign, and the wraps that go with it. */
export interface WithWraps<B> {
	readonly body: B;
	readonly wraps: readonly Wrap[];
}

export interface EpochMaker {
	/** The next epoch after `state`, which `author` signs. */
	makeEpoch(state: ControlState, author: Member): Promise<WithWraps<EpochBody>>;
	makeGrant(state: ControlState, author: Member, to: Member, from: number, until: number): Promise<WithWraps<GrantBody>>;
	makeRecovery(state: ControlState, author: Member, n: number): Promise<WithWraps<RecoveryBody>>;
	/** The key of an invitation that is made in the same append as the epoch that is wrapped to it. */
	introduce(kid: Bytes, pub: Bytes): void;
}

export const makeEpochMaker = (log: ControlLog, people: People, keys: RoomKeys): EpochMaker => {
	const introduced = new Map<string, Bytes>();

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
		const made = await deriveEpoch(ek, state.org, state.room, n);
		const staffCommit = staff ? (await deriveStaff(sk, state.org, state.room, n)).commit : zeroes(32);
		const wrapped = await Promise.all(
			recipientsOf(state, author, people.records(), Date.now()).map(async (to) => ({ to, ...(await wrapTo(state, author, n, to, to.keyset === KEYSET.all ? ek : sk)) })),
		);
		ek.fill(0);
		sk.fill(0);
		const body: EpochBody = { type: "epoch", n, commit: made.commit, staffCommit, wraps: wrapped.map(({ to, hash }) => ({ ...to, hash })) };
		return { body, wraps: wrapped.map(({ wrap }) => wrap) };
	};

	const makeGrant = async (state: ControlState, author: Member, to: Member, from: number, until: number): Promise<WithWraps<GrantBody>> => {
		const wraps: Wrap[] = [];
		const hashes: { keyset: number; epoch: number; hash: Bytes }[] = [];
		for (const { keyset, epoch: n } of grantedKeys(state, to, from, until, author)) {
			const key = await keys.raw(n, keyset);
			const { wrap, hash } = await wrapTo(state, author, n, { keyset, rtype: RTYPE.member, rid: to.user, rkid: to.encKid }, key);
			key.fill(0);
			wraps.push(wrap);
			hashes.push({ keyset, epoch: n, hash });
		}
		return { body: { type: "grant", to: to.user, toKid: to.encKid, from, until, wraps: hashes }, wraps };
	};

	const makeRecovery = async (state: ControlState, author: Member, n: number): Promise<WithWraps<RecoveryBody>> => {
		const key = await keys.raw(n, KEYSET.all);
		const to = { keyset: KEYSET.all, rtype: RTYPE.recovery, rid: state.org, rkid: state.recoveryKid };
		const { wrap, hash } = await wrapTo(state, author, n, to, key);
		key.fill(0);
		return { body: { type: "recovery", n, rkid: state.recoveryKid, hash }, wraps: [wrap] };
	};

	return { makeEpoch, makeGrant, makeRecovery, introduce: (kid, pub) => void introduced.set(toBase64Url(kid), pub) };
};
