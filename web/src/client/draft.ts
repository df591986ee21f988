// The unsent text of one room, sealed and kept on the server: saved a moment after the last key, under the next version. When another
// device saved in between, the text here is the newer; what the other had and this one lacks is put behind it, so nothing is lost.

import type { Id } from "./api.js";
import { joinDrafts } from "./join-drafts.js";
import { isUncertain, wordOf } from "./refusal.js";
import type { Call } from "./wire.js";
import { fromBase64Url, openDraft, sealDraft, toBase64Url, type Bytes, type Vault } from "../seal/index.js";

const PAUSE_MS = 800;

/** A draft as it is kept while the keys are locked. */
export interface Left {
	readonly version: number;
	readonly sealed: Bytes;
}

export interface Draft {
	load(): Promise<void>;
	text(): string;
	/** What another device wrote and the page has not said to have seen: each save keeps it. */
	elsewhere(): string;
	save(text: string, seen: string): void;
	/** Puts behind the text what was not sent. */
	add(unsent: readonly string[]): void;
	/** Sealed, what the server has not taken yet; undefined if nothing. */
	left(): Promise<Left | undefined>;
	flush(): Promise<void>;
	/** Seals the text again, after the keys were renewed. */
	renew(): Promise<void>;
	/** What was kept before has been taken in. */
	loaded(): boolean;
	stop(): void;
}

export const makeDraft = (call: Call, room: Id, vault: () => Vault, changed: () => void, take: () => Left | undefined): Draft => {
	const roomBytes = fromBase64Url(room);
	let version = 0;
	let text = "";
	let saved = "";
	let elsewhere = "";
	let loaded = false;
	let timer: ReturnType<typeof setTimeout> | undefined;
	let stopped = false;
	let saving: Promise<void> = Promise.resolve();

	const fetch = async (): Promise<string> => {
		const got = await call("draft_get", { room });
		const theirs = got.draft === undefined ? "" : await openDraft(vault(), roomBytes, got.version, fromBase64Url(got.draft));
		version = got.version; // only now: what could not be opened is never replaced
		return theirs;
	};

	const put = async (): Promise<void> => {
		const next = text;
		const draft = next === "" ? {} : { draft: toBase64Url(await sealDraft(vault(), roomBytes, version + 1, next)) };
		version = (await call("draft_put", { room, expected: version, ...draft })).version;
		saved = next;
	};

	const save = async (): Promise<void> => {
		while (text !== saved) {
			try {
				await put();
			} catch (thrown) {
				if (wordOf(thrown) !== "conflict") throw thrown;
				const theirs = await fetch();
				const joined = theirs === saved ? text : joinDrafts(text, theirs);
				if (joined === text) continue;
				text = joined;
				elsewhere = theirs;
				changed();
			}
		}
	};

	const flush = (): Promise<void> => {
		clearTimeout(timer);
		saving = saving.then(save, save);
		return saving;
	};

	const soon = (): void => {
		clearTimeout(timer);
		if (stopped) return;
		timer = setTimeout(() => void flush().catch((thrown: unknown) => (isUncertain(thrown) ? soon() : undefined)), PAUSE_MS);
	};

	return {
		load: async () => {
			const theirs = await fetch();
			const untouched = text === saved;
			saved = theirs;
			text = untouched ? theirs : joinDrafts(text, theirs);
			const left = take();
			const kept = left ? await openDraft(vault(), roomBytes, left.version, left.sealed).catch(() => "") : "";
			text = joinDrafts(text, kept);
			loaded = true;
			if (text !== saved) soon();
		},
		text: () => text,
		elsewhere: () => elsewhere,
		save: (typed, seen) => {
			if (seen === elsewhere) elsewhere = "";
			const next = joinDrafts(typed, elsewhere);
			if (next === text) return;
			text = next;
			soon();
		},
		add: (unsent) => {
			text = [text, ...unsent].filter(Boolean).join("\n\n");
		},
		left: async () => (text === saved ? undefined : { version: version + 1, sealed: await sealDraft(vault(), roomBytes, version + 1, text) }),
		flush,
		renew: () => {
			saved = "";
			return flush();
		},
		loaded: () => loaded,
		stop: () => {
			stopped = true;
			clearTimeout(timer);
		},
	};
};
