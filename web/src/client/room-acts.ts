// What members do to the control log of a room: the next epoch, wraps for recovery, colleagues, closing. Each act is a plan that is
// made again when another member was faster (append.ts), so each looks at the state first and may find nothing left to do.

import { append, type Draft } from "./append.js";
import type { Context } from "./context.js";
import type { ControlLog } from "./control-log.js";
import type { RoomKeys } from "./epoch-keys.js";
import { makeEpochMaker, type EpochMaker } from "./epoch-make.js";
import { makeKeyActs, type KeyActs } from "./key-acts.js";
import { refusal } from "./refusal.js";
import {
	activeMember, activeStaff, equal, fromBase64Url, isRotationDue, makeInvite, ROLE, toBase64Url, type Bytes, type ControlState, type Member, type NewInvite,
} from "../seal/index.js";
import { recoveryKey } from "../seal/control-rare.js";
import type { Id } from "./api.js";

const GRANT_AT_ONCE = 256;
const RECOVERY_AT_ONCE = 8;
const RETIRED_MS = 100;
export const INVITE_MS = 7 * 24 * 3600 * 1000 - 60_000; // a minute less than the rules allow, for clocks that differ

export interface Acts extends KeyActs {
	/** The next epoch, if one is due; `used` is one that the server says is used up, or in which we may not write. */
	/** Makes the next epoch if one is due, or the newest is the one that is used up, asked anew when another member was faster. */
	rotate(used: () => number): Promise<void>;
	/** Wraps to the recovery key what a client's browser could not be checked for. Staff only; else nothing. */
	wrapForRecovery(): Promise<void>;
	invite(made: NewInvite, expires: number): Promise<void>;
	/** Nothing is sealed to the invitation that is open any more: another takes its place, whose keys nobody has. */
	retireInvite(): Promise<void>;
	addColleague(user: Id, history: "none" | "all", newest: { seq: number; hash: Bytes } | undefined): Promise<void>;
	removeColleague(user: Id): Promise<void>;
	close(reason: number): Promise<void>;
	reopen(): Promise<void>;
	leave(): Promise<void>;
}

/** INVITE and the epoch that is wrapped to it, as the plan of an append. */
export const addInvite = async (draft: Draft, maker: EpochMaker, made: NewInvite, expires: number, then = async (): Promise<unknown> => undefined): Promise<void> => {
	await draft.add({ type: "invite", invite: made.invite, sigPub: made.sigPub, encPub: made.encPub, expires });
	await then();
	const { invite } = draft.state();
	if (invite) maker.introduce(invite.encKid, made.encPub);
	draft.invitation({ token_hash: toBase64Url(made.tokenHash), sealed: toBase64Url(made.sealed) });
	await draft.addWithWraps(await maker.makeEpoch(draft.state(), draft.author()));
};

export const newInvite = (org: Bytes, room: Bytes, rootKid: Bytes, name: string): Promise<NewInvite> => makeInvite(org, room, rootKid, name);

export const makeActs = (c: Context, log: ControlLog, keys: RoomKeys): Acts => {
	const maker = makeEpochMaker(log, c.people, keys);
	const author = () => ({ user: c.me.userBytes, key: c.account().keys.sig });
	const run = (plan: (draft: Draft) => Promise<void>): Promise<boolean> => append(c.call, log, c.people, author(), log.state, plan);
	/** After the organisation's recovery key, where that is another by now. */
	const isBehind = (state: ControlState): boolean => !equal(state.recoveryKid, c.people.organisation.state.recoveryKid);
	const epoch = async (draft: Draft): Promise<void> => {
		if (isBehind(draft.state())) await draft.add(recoveryKey(c.people.organisation.state.recoveryKid));
		await draft.addWithWraps(await maker.makeEpoch(draft.state(), draft.author()));
	};

	const unwrapped = (state: ControlState): number[] => state.epochs.flatMap((made, i) => (made.recoveryWrapped ? [] : [i + 1]));

	const grantAll = async (draft: Draft, to: Member, until: number): Promise<void> => {
		for (let from = 1; from <= until; from += GRANT_AT_ONCE) {
			const last = Math.min(until, from + GRANT_AT_ONCE - 1);
			await draft.addWithWraps(await maker.makeGrant(draft.state(), draft.author(), to, from, last));
		}
	};

	const member = (state: ControlState, user: Id): Member => activeMember(state, fromBase64Url(user)) ?? refuseMember();

	return {
		...makeKeyActs({ c, entries: log.entries, keys, maker, state: log.state, run, epoch }),
		rotate: async (used) => {
			await run(async (draft) => {
				const state = draft.state();
				if (state.phase !== "open") return;
				if (state.epoch === used() || isBehind(state) || isRotationDue(state, c.people.records(), Date.now())) await epoch(draft);
			});
		},
		wrapForRecovery: async () => {
			const me = activeMember(log.state(), c.me.userBytes);
			if (me?.role !== ROLE.staff || unwrapped(log.state()).length === 0) return;
			const open = new Set(await keys.openable(log.state().epoch));
			await run(async (draft) => {
				for (const n of unwrapped(draft.state()).filter((n) => open.has(n)).slice(0, RECOVERY_AT_ONCE))
					await draft.addWithWraps(await maker.makeRecovery(draft.state(), draft.author(), n));
			});
		},
		invite: async (made, expires) => void (await run((draft) => addInvite(draft, maker, made, expires))),
		retireInvite: async () => {
			if ((log.state().invite?.expires ?? 0) <= Date.now()) return;
			const { rootKid } = c.people.organisation.state;
			await run(async (draft) => {
				const { invite } = draft.state();
				if (!invite || invite.expires <= Date.now()) return;
				const made = await newInvite(c.me.org, draft.state().room, rootKid, "");
				await addInvite(draft, maker, made, Date.now() + RETIRED_MS, () => new Promise((over) => setTimeout(over, 2 * RETIRED_MS)));
			});
		},
		addColleague: async (user, history, newest) => {
			await c.people.refresh([user]);
			const chain = c.people.chain(user);
			const cert = chain?.state.cert;
			if (!chain || !cert || c.people.broken(user)) throw refusal("not_certified");
			const { sigKid, encKid } = chain.state;
			await run(async (draft) => {
				if (activeMember(draft.state(), fromBase64Url(user))) return;
				await draft.add({
					type: "add", user: fromBase64Url(user), sigKid, encKid, role: ROLE.staff, cert: cert.hash, proof: 1,
					baselineSeq: (newest?.seq ?? 0) + 1, baseline: newest?.hash ?? new Uint8Array(32),
				});
				const until = draft.state().epoch;
				await epoch(draft);
				if (history === "all") await grantAll(draft, member(draft.state(), user), until);
			});
		},
		removeColleague: async (user) => {
			await run(async (draft) => {
				await draft.add({ type: "remove", user: fromBase64Url(user), reason: 1 });
				await epoch(draft);
			});
		},
		close: async (reason) => void (await run((draft) => draft.add({ type: "close", reason }))),
		reopen: async () => {
			await run(async (draft) => {
				await draft.add({ type: "reopen" });
				if (draft.state().pending) await epoch(draft);
			});
		},
		leave: async () => {
			if (activeStaff(log.state()).length === 1 && log.state().phase === "open" && c.me.role !== "client") throw refusal("last_staff");
			await run((draft) => draft.add({ type: "leave" }));
		},
	};
};

const refuseMember = (): never => {
	throw refusal("no_such_member");
};
