// The sealed user state on its way to the server and back: changes are gathered for a moment, saved under the next version, and when
// another device was faster merged with its state and saved again.

import { isUncertain, wordOf } from "./refusal.js";
import { decodeState, emptyState, encodeState, mergeState, type UserState } from "./user-state.js";
import type { Call, SelfKept } from "./wire.js";
import { fromBase64Url, openState, sealState, toBase64Url, type Vault } from "../seal/index.js";

const PAUSE_MS = 1_500;
const MOST_TRIES = 5;

export interface StateStore {
	get(): UserState;
	version(): number;
	change(how: (state: UserState) => UserState): void;
	/** Fetches what other devices saved. */
	refresh(): Promise<void>;
	/** Saves what is waiting now. */
	flush(): Promise<void>;
	/** The server has all of it. */
	saved(): boolean;
	/** Seals all of it again under the keys of a renewal. */
	renew(vault: Vault): Promise<void>;
	stop(): void;
}

const read = async (vault: Vault, kept: SelfKept): Promise<UserState | undefined> =>
	kept.state === undefined || kept.state_version === 0
		? undefined
		: decodeState(JSON.stringify(await openState(vault, kept.state_version, fromBase64Url(kept.state))));

/** `seen` hears the version of the unlockers before what another device saved is opened: it may be sealed under keys made there. */
export const openStore = async (
	call: Call, opened: Vault, kept: SelfKept, root: string, seen: (unlockers: number) => void, lost: number,
): Promise<StateStore> => {
	let vault = opened;
	let version = kept.state_version;
	/** What keys sealed that were lost since is lost too, and nothing newer: an older one that is given later is told by its version (`older`). */
	const unlost = (thrown: unknown): undefined => {
		if (kept.state_version > lost || wordOf(thrown) !== "sealed") throw thrown;
	};
	let state = (await read(vault, kept).catch(unlost)) ?? emptyState(root);
	let saved = encodeState(state);
	let timer: ReturnType<typeof setTimeout> | undefined;
	let saving: Promise<void> = Promise.resolve();
	let stopped = false;

	const refetch = async (): Promise<void> => {
		const now = await call("self_get", {});
		seen(now.version);
		const theirs = await read(vault, now);
		version = now.state_version;
		if (theirs) state = mergeState(theirs, state);
	};

	const saveOnce = async (): Promise<void> => {
		const next = encodeState(state);
		const sealed = await sealState(vault, version + 1, JSON.parse(next));
		version = (await call("self_put_state", { expected: version, state: toBase64Url(sealed) })).version;
		saved = next;
	};

	const save = async (): Promise<void> => {
		for (let tries = 0; tries < MOST_TRIES && !stopped && encodeState(state) !== saved; tries++) {
			try {
				await saveOnce();
			} catch (thrown) {
				// After a lost reply our own version may be there already: fetching and merging answers both.
				if (wordOf(thrown) !== "conflict" && !isUncertain(thrown)) throw thrown;
				if (wordOf(thrown) === "offline") break;
				await refetch();
			}
		}
		if (encodeState(state) !== saved) later();
	};

	const flush = (): Promise<void> => {
		clearTimeout(timer);
		timer = undefined;
		saving = saving.then(save, save);
		return saving;
	};

	const later = (): void => {
		if (timer !== undefined || stopped) return;
		timer = setTimeout(() => void flush().catch(() => later()), PAUSE_MS);
	};

	const enqueue = (work: () => Promise<void>): Promise<void> => (saving = saving.then(work, work));

	return {
		get: () => state,
		version: () => version,
		change: (how) => {
			state = how(state);
			if (encodeState(state) !== saved) later();
		},
		refresh: () => enqueue(refetch),
		flush,
		saved: () => encodeState(state) === saved,
		renew: (next) => {
			vault = next;
			saved = "";
			return flush();
		},
		stop: () => {
			stopped = true;
			clearTimeout(timer);
			timer = undefined;
		},
	};
};
