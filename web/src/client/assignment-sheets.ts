// Drafts of assignments: kept sealed on the server in a slot of their own, saved a moment after the last change under the next version.
// When another device saved in between, both are joined by field (assignment/sheet.ts) and saved again. Without a connection changes
// stay here and are tried again; when the keys are locked meanwhile they wait, sealed, for the next time.

import type { Id } from "./api.js";
import { wordOf } from "./refusal.js";
import type { Call } from "./wire.js";
import { edited, joinSheets, readSheet, sameSheets, settled, sheetFrom, writeSheet, type Sheet } from "../assignment/sheet.js";
import type { Answer, Answers, Template } from "../assignment/types.js";
import { fromBase64Url, openSlot, random, sealSlot, toBase64Url, type Bytes, type Vault } from "../seal/index.js";

const PAUSE_MS = 800;
const RETRY_MS = 3_000;
const MOST_TRIES = 8;

/** A draft as it waits while the keys are locked. */
interface Left {
	readonly version: number;
	readonly sealed: Bytes;
}

export interface Keeper {
	sheet(): Sheet;
	unsaved(): boolean;
	savedAt(): number | null;
	version(): number;
	/** Fetches what other devices saved. */
	load(): Promise<void>;
	edit(field: string, value: Answer): void;
	settle(field: string, take: number | null): void;
	save(): Promise<void>;
	/** Throws the draft away, here and on the server. */
	drop(): Promise<void>;
	/** Saves, or keeps it sealed for the next time. */
	part(): Promise<void>;
}

export interface KeeperDeps {
	readonly call: Call;
	readonly room: Id;
	readonly slot: Id;
	readonly template: Template;
	/** What was handed in before, for a draft that begins. */
	readonly before: Answers | undefined;
	vault(): Vault;
}

const left = new WeakMap<Call, Map<string, Left>>(); // by engine, by room and slot
const leftOf = (call: Call): Map<string, Left> => {
	const made = left.get(call) ?? new Map<string, Left>();
	left.set(call, made);
	return made;
};

const hex = (bytes: Bytes): string => [...bytes].map((b) => b.toString(16).padStart(2, "0")).join("");

export const makeKeeper = (d: KeeperDeps): Keeper => {
	const { call, room, slot, template } = d;
	const by = hex(random(4));
	const name = `${room} ${slot}`;
	const place = (version: number) => ({ room: fromBase64Url(room), slot: fromBase64Url(slot), version });
	let version = 0;
	let mine: Sheet = {};
	let saved: Sheet = {};
	let savedAt: number | null = null;
	let gone = false;
	let parted = false; // the keys are locked: nothing is tried again
	let timer: ReturnType<typeof setTimeout> | undefined;
	let queue: Promise<unknown> = Promise.resolve();

	const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
		const next = queue.then(work, work);
		queue = next.catch(() => undefined);
		return next;
	};

	const opened = async (sealed: Bytes, at: number): Promise<Sheet> => readSheet(template, await openSlot(d.vault(), place(at), sealed));

	const fetch = async (): Promise<void> => {
		const got = await call("draft_get", { room, slot });
		if (got.version <= version && version > 0) return; // an older one would take back what stands here
		const theirs = got.draft === undefined ? {} : await opened(fromBase64Url(got.draft), got.version);
		version = got.version; // only now: what could not be opened is never replaced
		mine = joinSheets(saved, mine, theirs);
		saved = theirs;
	};

	const load = async (): Promise<void> => {
		const first = version === 0;
		await fetch();
		const waiting = first ? leftOf(call).get(name) : undefined;
		if (waiting) mine = joinSheets(saved, mine, await opened(waiting.sealed, waiting.version).catch(() => ({})));
		leftOf(call).delete(name);
		if (first && d.before && Object.keys(mine).length === 0) mine = saved = sheetFrom(d.before);
		if (!sameSheets(mine, saved)) soon(PAUSE_MS);
	};

	const put = async (): Promise<void> => {
		const next = mine;
		const draft = toBase64Url(await sealSlot(d.vault(), place(version + 1), writeSheet(next)));
		version = (await call("draft_put", { room, slot, expected: version, draft })).version;
		saved = next;
		savedAt = Date.now();
	};

	const save = async (): Promise<void> => {
		for (let tries = 0; !gone && !sameSheets(mine, saved); tries++) {
			try {
				await put();
			} catch (thrown) {
				if (wordOf(thrown) !== "conflict" || tries >= MOST_TRIES) throw thrown;
				await fetch();
			}
		}
	};

	const soon = (pause: number): void => {
		clearTimeout(timer);
		if (!gone && !parted) timer = setTimeout(() => void inTurn(save).catch(() => soon(RETRY_MS)), pause);
	};

	const change = (next: Sheet): void => {
		mine = next;
		soon(PAUSE_MS);
	};

	const drop = async (): Promise<void> => {
		gone = true;
		clearTimeout(timer);
		for (let tries = 0; tries < MOST_TRIES; tries++) {
			try {
				const now = await call("draft_get", { room, slot });
				if (now.draft !== undefined) await call("draft_put", { room, slot, expected: now.version });
				break;
			} catch (thrown) {
				if (wordOf(thrown) !== "conflict") throw thrown;
			}
		}
		leftOf(call).delete(name);
	};

	const part = async (): Promise<void> => {
		clearTimeout(timer);
		parted = true;
		if (gone || sameSheets(mine, saved)) return;
		const sealed = await sealSlot(d.vault(), place(version + 1), writeSheet(mine));
		leftOf(call).set(name, { version: version + 1, sealed });
		await inTurn(save);
		leftOf(call).delete(name);
	};

	return {
		sheet: () => mine,
		unsaved: () => !sameSheets(mine, saved),
		savedAt: () => savedAt,
		version: () => version,
		load: () => inTurn(load),
		edit: (field, value) => change(edited(mine, field, value, { at: Date.now(), by })),
		settle: (field, take) => change(settled(mine, field, take, { at: Date.now(), by })),
		save: () => {
			clearTimeout(timer);
			return inTurn(save).catch((thrown: unknown) => {
				soon(RETRY_MS);
				throw thrown;
			});
		},
		drop: () => inTurn(drop),
		part,
	};
};
