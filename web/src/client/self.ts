// Who is signed in and where they stand with their keys: chains fetched and verified, the account made, opened, locked.

import { findUrk, listUnlockers, openAccount, type Account } from "./account.js";
import type { Id, KeyStage, Secret, SelfView } from "./api.js";
import type { Me } from "./context.js";
import type { Pairs } from "./identify.js";
import { makePeople, type People } from "./people.js";
import type { Platform } from "./platform.js";
import { refusal } from "./refusal.js";
import { certificateOf } from "./room-view.js";
import { openStore, type StateStore } from "./state-store.js";
import type { Call, SelfKept, SessionOpened } from "./wire.js";
import { emptyChain, equal, fromBase64Url, isZero, replayChain, toBase64Url, type Bytes, type Chain } from "../seal/index.js";

export interface Self {
	readonly me: Me;
	readonly people: People;
	account(): Account;
	store(): StateStore | undefined;
	view(): SelfView;
	stage(): KeyStage;
	/** First keys, or new ones in place of what nobody can open any more. */
	create(passphrase: string, name: string, reset: boolean, pairs?: Pairs): Promise<string>;
	unlock(secret: Secret): Promise<void>;
	/** A secret is tried, and nothing changed. */
	prove(secret: Secret): Promise<void>;
	addPasskey(prf: Uint8Array, credential: string): Promise<void>;
	lock(): Promise<void>;
	/** Passphrase, printed code and root key anew; gives the code. Not asked for the present passphrase: who came by the code. */
	renew(present: Secret | undefined, next: string): Promise<string>;
	warn(warning: SelfView["warning"]): void;
	/** Somebody's chain, or the organisation's, has gone on. */
	refresh(user?: Id): Promise<void>;
}

const NOTHING: SelfKept = { chain: { subject: "", entries: [] }, organisation: { subject: "", entries: [] }, unlockers: [], version: 0, state_version: 0 };
const PROOF_MS = 5 * 60_000;

/** Loaded by who makes keys or unlockers, which is rare. */
const making = () => import("./rare.js");

const meOf = (session: SessionOpened): Me => ({
	user: session.user, userBytes: fromBase64Url(session.user), org: fromBase64Url(session.org), role: session.role, organisation: session.organisation,
	agreement: session.agreement ?? "", epochMessages: session.epoch_max_messages,
});

/** A chain that does not verify is no chain: nobody is anchored to it and nobody certified under it. */
const organisationOf = async (kept: SelfKept, me: Me): Promise<Chain> => {
	const chain = await replayChain(kept.organisation.entries.map(fromBase64Url)).catch(emptyChain);
	return chain.entries.length === 0 || equal(chain.state.subject, me.org) ? chain : emptyChain();
};

export const loadSelf = async (call: Call, platform: Platform, session: SessionOpened, outdated: () => void): Promise<Self> => {
	const me = meOf(session);
	const owner = { org: me.org, user: me.userBytes };
	const keyless = me.role === "coordinator" || me.role === "operator";
	let kept: SelfKept = keyless ? NOTHING : await call("self_get", {});
	let account: Account | undefined;
	let store: StateStore | undefined;
	let renewing = false;
	let provedAt = -Infinity;
	let warning: SelfView["warning"] = null;
	const people = makePeople(call, me.org, await organisationOf(kept, me), () => store?.get().pins ?? {});
	if (kept.chain.entries.length > 0) await people.give(kept.chain);
	const unlockers = () => listUnlockers(kept.unlockers.map(fromBase64Url));
	if (unlockers().length < kept.unlockers.length) warning = "old_unlockers";

	const stage = (): KeyStage => (keyless ? "without" : account ? "open" : kept.version === 0 ? "none" : "locked");

	const rootNow = (): string => (people.organisation.entries.length > 0 ? toBase64Url(people.organisation.state.rootKid) : "");

	/** The root that this person is anchored to; the first that they ever see stays. */
	const anchor = (): void => {
		const root = rootNow();
		const pinned = store?.get().root ?? "";
		if (pinned === "" && root !== "") store?.change((s) => ({ ...s, root }));
		else if (pinned !== root) warning = "root_changed";
	};

	/** The unlockers were renewed on another device: what these keys seal now, the others could not rely on. */
	const gone = (): void => {
		store?.stop();
		outdated();
	};

	const seen = (version: number): void => void (account && !renewing && version !== account.version && gone());

	const opened = async (next: Account): Promise<void> => {
		account = next;
		const { root, lost } = next.anchor ?? { root: "", lost: 0 };
		store = await openStore(call, next.vault, kept, root || rootNow(), seen, lost);
		provedAt = Date.now();
		anchor();
	};

	const refetch = async (): Promise<SelfKept> => (kept = await call("self_get", {}));

	/** Also our own chain, which comes with it. */
	const refetchAll = async (): Promise<void> => people.give((await refetch()).chain);

	const mine = (): Account => {
		if (!account) throw refusal("locked");
		return account;
	};

	/** The list of unlockers becomes another, made from the one that is open here. */
	const changed = async (make: () => Promise<Account>): Promise<void> => {
		const { version } = mine();
		if ((await refetch()).version !== version) {
			gone();
			throw refusal("locked");
		}
		renewing = true;
		try {
			account = await make();
			kept = { ...kept, version: account.version, unlockers: account.unlockers.map(toBase64Url) };
		} finally {
			renewing = false;
		}
	};

	/** Where a chain goes on whose keys are lost; nobody loses keys that are open. */
	const lost = async (): Promise<{ version: number; head: Bytes; n: number }> => {
		if (account) throw refusal("conflict");
		await refetchAll();
		const chain = people.chain(me.user);
		if (!chain || kept.version === 0) throw refusal("no_keys");
		return { version: kept.version, head: chain.state.head, n: chain.state.n };
	};

	const isCertified = (): boolean => {
		const cert = people.chain(me.user)?.state.cert;
		return cert !== undefined && cert.validFrom <= Date.now() && Date.now() <= cert.validUntil;
	};

	return {
		me,
		people,
		account: mine,
		store: () => store,
		stage,
		view: () => ({
			user: me.user, role: me.role, organisation: me.organisation,
			name: (me.role === "client" ? undefined : certificateOf(people, me.user)?.name) ?? store?.get().name ?? "",
			keys: stage(), recovered: account?.recovered ?? false, unlockers: unlockers(), waits: (store?.get().waits.length ?? 0) > 0, certified: isCertified(), development: session.development, idleMinutes: session.idle_minutes, warning,
		}),
		create: async (passphrase, name, reset, pairs) => {
			const before = reset ? await lost() : undefined;
			if (!before && kept.version !== 0) throw refusal("conflict");
			const anchor = { root: rootNow(), lost: before ? kept.state_version : 0 };
			const { account: made, code } = await (await making()).createAccount(call, platform, owner, passphrase, { ...before, anchor, ...(pairs && { pairs }) });
			await refetchAll();
			await opened(made);
			store?.change((s) => ({ ...s, name, nameAt: Date.now() }));
			await store?.flush();
			return code;
		},
		unlock: async (secret) => {
			await refetchAll();
			const chain = people.chain(me.user);
			if (!chain || isZero(chain.state.sigKid)) throw refusal("no_keys");
			await opened(await openAccount(platform, owner, kept, chain, secret));
		},
		prove: async (secret) => {
			const { unlockers: present } = mine();
			(await findUrk(platform, owner, present, secret)).fill(0);
			provedAt = Date.now();
		},
		lock: async () => {
			store?.stop();
			store = undefined;
			account = undefined;
		},
		addPasskey: async (prf, credential) => {
			if (Date.now() - provedAt > PROOF_MS) throw refusal("prove_again");
			await changed(async () => (await making()).addPasskey(call, mine(), kept, { prf, credential }));
		},
		renew: async (present, next) => {
			let code = "";
			await changed(async () => {
				const made = await (await making()).renewAccount(call, platform, mine(), kept, { present, next });
				code = made.code;
				return made.account;
			});
			await store?.renew(mine().vault).catch(() => undefined);
			return code;
		},
		warn: (next) => {
			warning ??= next;
		},
		refresh: async (user = me.user) => {
			const first = people.organisation.entries.length === 0;
			if ((first || user === toBase64Url(me.org)) && (await people.renew()) && first && store) anchor();
			await people.refresh([user]);
		},
	};
};
