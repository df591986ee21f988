// The unsent text of one room, sealed and kept on the server: saved a moment after the last key, under the next version. When another
// device saved in between, the text here is the newer; what the other had and this one lacks is put behind it, so nothing is lost.

import type { Id } from "./api.js";
import { isUncertain, wordOf } from "./refusal.js";
import type { Call } from "./wire.js";
import { fromBase64Url, openDraft, sealDraft, toBase64Url, type Vault } from "../seal/index.js";

const PAUSE_MS = 800;

export interface Draft {
	load(): Promise<void>;
	text(): string;
	save(text: string): void;
	flush(): Promise<void>;
	/** Seals the text again, after the keys were renewed. */
	renew(): Promise<void>;
	stop(): void;
}

export const joinDrafts = (ours: string, theirs: string): string => {
	if (theirs === "" || ours.includes(theirs)) return ours;
	return ours === "" || theirs.includes(ours) ? theirs : `${ours}\n\n${theirs}`;
};

export const makeDraft = (call: Call, room: Id, vault: () => Vault, changed: () => void): Draft => {
	const roomBytes = fromBase64Url(room);
	let version = 0;
	let text = "";
	let saved = "";
	let timer: ReturnType<typeof setTimeout> | undefined;
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
		timer = setTimeout(() => void flush().catch((thrown: unknown) => (isUncertain(thrown) ? soon() : undefined)), PAUSE_MS);
	};

	return {
		load: async () => {
			const theirs = await fetch();
			const untouched = text === saved;
			saved = theirs;
			text = untouched ? theirs : joinDrafts(text, theirs);
		},
		text: () => text,
		save: (next) => {
			if (next === text) return;
			text = next;
			soon();
		},
		flush,
		renew: () => {
			saved = "";
			return flush();
		},
		stop: () => clearTimeout(timer),
	};
};
