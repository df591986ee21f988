// Bringing one's own new keys into a room, and deciding about somebody else's: given what they may read once the short codes were
// compared, or taken out. What was compared is what is confirmed: a plan that meets other keys than those stops.

import type { Draft } from "./append.js";
import type { Id } from "./api.js";
import type { Context } from "./context.js";
import type { RoomKeys } from "./epoch-keys.js";
import type { EpochMaker } from "./epoch-make.js";
import { unheard } from "./new-keys.js";
import { refusal } from "./refusal.js";
import { activeMember, compareCode, equal, grantIn, fromBase64Url, ROLE, RTYPE, toBase64Url, type Bytes, type ControlEntry, type ControlState, type Member } from "../seal/index.js";

const GRANT_AT_ONCE = 256;
const REASON_OTHER = 3;

export interface KeyActs {
	/** REKEY, and the epoch that it makes due, if our own chain has gone on. */
	rekey(): Promise<void>;
	/** Six groups of five digits, of our keys and theirs. */
	compare(user: Id): Promise<string>;
	/** The codes are the same: the other gets what they may read. `code` is the one that was compared. */
	confirm(user: Id, code: string): Promise<void>;
	/** The short code of our keys and those that are on the chain of somebody who is no member yet. */
	codeOf(user: Id): Promise<string>;
	/** The codes are the same: a client comes in, with what came before if it is to be theirs. */
	letIn(user: Id, code: string, newest: { seq: number; hash: Bytes } | "all" | undefined): Promise<void>;
	/** The codes differ. Staff only. */
	expel(user: Id): Promise<void>;
}

interface KeyIds {
	readonly sigKid: Bytes;
	readonly encKid: Bytes;
}

interface Deps {
	readonly c: Context;
	readonly entries: readonly ControlEntry[];
	readonly keys: RoomKeys;
	readonly maker: EpochMaker;
	state(): ControlState;
	run(plan: (draft: Draft) => Promise<void>): Promise<boolean>;
	epoch(draft: Draft): Promise<void>;
}

/** The first epoch whose key this person was ever given. */
const firstHeld = (entries: readonly ControlEntry[], user: Bytes): number => {
	const held = entries.flatMap((entry) => {
		const { body } = entry;
		const given = grantIn(entry);
		if (given) return equal(given.to, user) ? [given.from] : [];
		return body.type === "epoch" && body.wraps.some((w) => w.rtype === RTYPE.member && equal(w.rid, user)) ? [body.n] : [];
	});
	return Math.min(...held);
};

/** Runs of epochs that follow one another, none longer than a grant may be. */
const runs = (epochs: readonly number[]): { from: number; until: number }[] => {
	const made: { from: number; until: number }[] = [];
	for (const n of epochs) {
		const last = made.at(-1);
		if (last && last.until + 1 === n && n - last.from < GRANT_AT_ONCE) last.until = n;
		else made.push({ from: n, until: n });
	}
	return made;
};

export const makeKeyActs = (d: Deps): KeyActs => {
	const { c, entries, keys, maker } = d;

	const other = (state: ControlState, user: Id): Member => {
		const member = activeMember(state, fromBase64Url(user));
		if (!member || member.lapsed) throw refusal("no_such_member");
		return member;
	};

	const codeWith = (them: KeyIds): Promise<string> => {
		const { sig, enc } = c.account().keys;
		return compareCode({ sigKid: sig.kid, encKid: (enc[0] as { kid: Bytes }).kid }, them);
	};

	/** The present keys of whoever waits to be a member. */
	const keysOf = async (user: Id): Promise<KeyIds> => {
		await c.people.refresh([user]);
		const state = c.people.chain(user)?.state;
		if (!state || state.revoked || c.people.broken(user)) throw refusal("no_keys");
		return { sigKid: state.sigKid, encKid: state.encKid };
	};

	/** All that we can open of what they may read from an epoch on, up to the one before their own. */
	const grant = async (draft: Draft, user: Id, first: number, until: number): Promise<void> => {
		const to = other(draft.state(), user);
		const from = to.role === ROLE.client ? Math.max(to.from, first) : first;
		const open = (await keys.openable(until)).filter((n) => n >= from);
		for (const run of runs(open)) await draft.addWithWraps(await maker.makeGrant(draft.state(), draft.author(), to, run.from, run.until));
	};

	const confirmClient = async (draft: Draft, { user, sigKid, encKid }: Member): Promise<void> => {
		const until = draft.state().epoch;
		await draft.add({
			type: "add", user, sigKid, encKid, role: ROLE.client, cert: new Uint8Array(32), proof: 2, baselineSeq: 1, baseline: new Uint8Array(32),
		});
		if (draft.state().phase === "open") await d.epoch(draft);
		await grant(draft, toBase64Url(user), firstHeld(entries, user), until); // what was kept from them stays so
	};

	const letIn: KeyActs["letIn"] = async (user, code, newest) => {
		const compared = await keysOf(user);
		if ((await codeWith(compared)) !== code) throw refusal("keys_changed");
		const baseline = newest === "all" ? { baselineSeq: 1, baseline: new Uint8Array(32) } : { baselineSeq: (newest?.seq ?? 0) + 1, baseline: newest?.hash ?? new Uint8Array(32) };
		await d.run(async (draft) => {
			if (activeMember(draft.state(), fromBase64Url(user))) return;
			const until = draft.state().epoch;
			await draft.add({ type: "add", user: fromBase64Url(user), ...compared, role: ROLE.client, cert: new Uint8Array(32), proof: 2, ...baseline });
			await d.epoch(draft);
			if (newest === "all") await grant(draft, user, 1, until);
		});
	};

	return {
		letIn,
		codeOf: async (user) => codeWith(await keysOf(user)),
		rekey: async () => {
			await d.run(async (draft) => {
				const fresh = unheard(draft.state(), c.me.userBytes, c.people.chain(c.me.user)?.state, Date.now());
				if (!fresh) return;
				await draft.add({ type: "rekey", ...fresh });
				if (draft.state().phase === "open") await d.epoch(draft);
			});
		},
		compare: async (user) => codeWith(other(d.state(), user)),
		confirm: async (user, code) => {
			const compared = other(d.state(), user);
			if ((await codeWith(compared)) !== code) throw refusal("keys_changed");
			await d.run(async (draft) => {
				const now = other(draft.state(), user);
				if (!equal(now.sigKid, compared.sigKid) || !equal(now.encKid, compared.encKid)) throw refusal("keys_changed");
				if (now.role === ROLE.client) await confirmClient(draft, now);
				else await grant(draft, user, firstHeld(entries, now.user), draft.state().epoch);
			});
		},
		expel: async (user) => {
			await d.run(async (draft) => {
				if (!activeMember(draft.state(), fromBase64Url(user))) return;
				await draft.add({ type: "remove", user: fromBase64Url(user), reason: REASON_OTHER });
				await d.epoch(draft);
			});
		},
	};
};
