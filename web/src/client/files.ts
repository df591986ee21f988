// The files of one room: those that are sent, one after another, those that are fetched, and the list. Keys of files live here while
// they are on their way; all of it ends when the room's keys do.

import type { FileView, Id, ItemView, TransferView } from "./api.js";
import type { Context } from "./context.js";
import { readManifest, writeManifest, type Manifest } from "./files-manifest.js";
import { makeFileServer, type FileServer, type SealedFileKey } from "./files-server.js";
import { aWhile, fetchFile, insist, judgedToSend, makeControl, sendParts, type Control } from "./files-transfer.js";
import { cleanName, typeOf, type FileType } from "./files-types.js";
import { itemsOf, type Items } from "./items.js";
import { refusal, wordOf } from "./refusal.js";
import type { Room } from "./room.js";
import {
	KIND, makeFileClear, openFileKey, random, readFileClear, sealFileKey, SealError, shapeOf, toBase64Url, type Bytes, type FileHashes, type FilePlace,
} from "../seal/index.js";

const CTYPE = 8;
const TELL_MS = 150;
const COMMIT_TRIES = 60; // while somebody is unproven each side writes in epochs of its own, and one may follow another for long
const HASTE = 3; // tries without a pause between them

interface Transfer {
	view: TransferView;
	readonly control: Control;
}

interface Upload extends Transfer {
	readonly file: Blob;
	readonly type: FileType;
	readonly about: string;
}

export interface RoomFiles {
	send(file: Blob, told: { name: string; about: string; without: string }): Promise<Id>;
	pause(id: Id, on: boolean): void;
	cancel(id: Id): void;
	transfers(): TransferView[];
	list(without: string): FileView[];
	fetch(id: Id): Promise<Blob>;
}

const isOver = (t: Transfer): boolean => ["done", "failed", "cancelled"].includes(t.view.state);

const viewOf = (item: ItemView, without: string): FileView => {
	const { id, seq, at, mine, senderName, employer } = item;
	const manifest = item.content ? readManifest(item.content as Bytes, without) : undefined;
	const state = item.deleted ? "deleted" : item.locked ? "locked" : manifest && item.quarantine === null ? "here" : "doubtful";
	const { name = "", size = 0, about = "", type } = manifest ?? {};
	return { id, seq, at, mine, senderName, employer, name, size, about, family: type?.family ?? "text", media: type?.media ?? "", state };
};

const makeRoomFiles = (c: Context, room: Room): RoomFiles => {
	const server: FileServer = makeFileServer(c, room.id);
	const items: Items = itemsOf(c, room);
	const all = new Map<Id, Transfer>();
	let running: Promise<void> | undefined;
	let timer: ReturnType<typeof setTimeout> | undefined;

	const place = (file: Bytes): FilePlace => ({ org: room.log.state().org, room: room.log.state().room, file });

	const tell = (): void => {
		clearTimeout(timer);
		timer = undefined;
		c.emit({ type: "transfers", room: room.id, transfers: [...all.values()].map((one) => one.view) });
	};

	const change = (t: Transfer, piece: Partial<TransferView>): void => {
		t.view = { ...t.view, ...piece };
		if (piece.state) return tell();
		timer ??= setTimeout(tell, TELL_MS);
	};

	/** How a transfer tells how far it is. */
	const progressOf = (t: Transfer, sealed: number) => ({
		progress: (bytes: number): void => change(t, { moved: Math.min(t.view.size, Math.floor((bytes / sealed) * t.view.size)) }),
		away: (is: boolean): void => {
			if (isOver(t) || t.control.paused() || is === (t.view.state === "away")) return;
			change(t, { state: is ? "away" : "moving" });
		},
	});

	const ended = (t: Transfer, thrown: unknown): void => {
		const word = wordOf(thrown);
		change(t, word === "cancelled" ? { state: "cancelled" } : { state: "failed", error: word });
		if (word === "cancelled") all.delete(t.view.id);
		tell();
	};

	/** FK under the key of the room's present epoch, which the manifest will be of too. */
	const sealedKey = async (file: Bytes, raw: Bytes): Promise<SealedFileKey> => {
		const { epoch } = await room.ready();
		const keys = await room.keys.epoch(epoch);
		if (!keys) throw refusal("no_keys");
		return { epoch, sealed: await sealFileKey(keys.file, place(file), raw) };
	};

	/** The room may go on to another epoch before the server has heard of the file: then it was not taken, and its key is sealed again. */
	const announce = async (u: Upload, file: Bytes, raw: Bytes, sealed: number): Promise<number> => {
		for (let tries = 1; ; tries++) {
			const key = await insist({ control: u.control, away: () => undefined, work: () => sealedKey(file, raw) });
			try {
				await server.begin(file, sealed, key, u.control);
				return key.epoch;
			} catch (thrown) {
				if (!(await isOutrun(thrown, tries, u))) throw thrown;
			}
		}
	};

	/** Refused for an epoch that was over: what it is now is known after this. */
	const isOutrun = async (thrown: unknown, tries: number, u: Upload): Promise<boolean> => {
		if (wordOf(thrown) !== "stale_epoch" || tries >= COMMIT_TRIES) return false;
		await insist({ control: u.control, away: () => undefined, work: () => room.log.sync() });
		return true;
	};

	/** A manifest that was refused for good is not kept: it is made anew, or the whole file is. */
	const dropRefused = (): void => {
		for (const job of room.outbox.jobs()) if (job.failed !== null && job.content.type === "item" && job.content.ctype === CTYPE) room.outbox.discard(job.id);
	};

	/** The epoch may end while parts are on their way: the file's key is sealed again under the one that the manifest is of. */
	const commit = async (u: Upload, file: Bytes, raw: Bytes, first: number, hashes: FileHashes): Promise<void> => {
		const manifest: Manifest = { name: u.view.name, type: u.type, size: u.file.size, hash: hashes.content, about: u.about };
		const clear = makeFileClear({ file, cipherSize: shapeOf(u.file.size).sealed, partsHash: hashes.parts });
		const content = new TextEncoder().encode(writeManifest(manifest));
		for (let tries = 1, under = first; ; tries++) {
			const key = await insist({ control: u.control, away: () => undefined, work: () => sealedKey(file, raw) });
			try {
				if (key.epoch !== under) await insist({ control: u.control, away: () => undefined, work: () => server.rekey(file, key) });
				under = key.epoch;
				await items.post(CTYPE, content, clear);
				return;
			} catch (thrown) {
				dropRefused();
				if (await isOutrun(thrown, tries, u)) continue;
				if (room.log.state().epoch === under || tries === COMMIT_TRIES) throw thrown;
				if (tries > HASTE) await aWhile(u.control);
			}
		}
	};

	const sendOne = async (u: Upload): Promise<void> => {
		const file = random(16);
		const raw = random(32);
		const { sealed } = shapeOf(u.file.size);
		let begun = false;
		try {
			change(u, { state: "moving" });
			const epoch = await announce(u, file, raw, sealed);
			begun = true;
			const hashes = await sendParts({ store: server, control: u.control, place: place(file), key: raw.slice(), file: u.file, ...progressOf(u, sealed) });
			await u.control.gate();
			change(u, { state: "ending", moved: u.view.size });
			await commit(u, file, raw, epoch, hashes);
			begun = false;
			change(u, { state: "done" });
			all.delete(u.view.id);
		} catch (thrown) {
			ended(u, thrown);
		} finally {
			raw.fill(0);
			if (begun) void server.cancel(file).catch(() => undefined);
		}
	};

	const run = async (): Promise<void> => {
		for (;;) {
			const next = [...all.values()].find((t): t is Upload => "file" in t && t.view.state === "queued");
			if (!next) break;
			await sendOne(next);
		}
		running = undefined;
	};

	const begin = (view: Pick<TransferView, "id" | "up" | "name" | "size">): Transfer => ({
		view: { ...view, room: room.id, moved: 0, state: "queued", error: null }, control: makeControl(),
	});

	const fetchOne = async (t: Transfer, item: ItemView, manifest: Manifest): Promise<Blob> => {
		const { file, cipherSize, partsHash } = readFileClear(item.clear as Bytes);
		const keys = await room.keys.epoch(item.epoch);
		if (!keys) throw refusal("locked");
		const found = await insist({ control: t.control, away: () => undefined, work: () => server.sealedKey(file) });
		const key = await openFileKey(keys.file, place(file), found.sealed).catch((thrown: unknown) => {
			throw thrown instanceof SealError ? refusal("file_broken", "key") : thrown;
		});
		return fetchFile({
			store: server, control: t.control, place: place(file), key, size: manifest.size, sealedSize: cipherSize, media: manifest.type.media,
			hashes: { parts: partsHash, content: manifest.hash }, ...progressOf(t, cipherSize),
		});
	};

	const known = (id: Id): { item: ItemView; manifest: Manifest } => {
		const item = items.one(id);
		if (!item || item.kind !== KIND.file || item.deleted) throw refusal("not_found");
		if (item.locked) throw refusal("locked");
		const manifest = item.content && item.quarantine === null ? readManifest(item.content as Bytes, "") : undefined;
		if (!manifest) throw refusal("file_broken", "manifest");
		return { item, manifest };
	};

	room.endings.add(() => {
		for (const one of all.values()) one.control.cancel();
		all.clear();
		clearTimeout(timer);
	});

	return {
		send: async (file, told) => {
			const type = typeOf(await judgedToSend(file));
			if (!type) throw refusal("file_not_allowed");
			const name = cleanName(told.name, type, told.without);
			const one: Upload = { ...begin({ id: toBase64Url(random(16)), up: true, name, size: file.size }), file, type, about: told.about };
			all.set(one.view.id, one);
			tell();
			running ??= run();
			return one.view.id;
		},
		pause: (id, on) => {
			const one = all.get(id);
			if (!one || isOver(one) || one.view.state === "ending" || one.view.state === "queued") return;
			one.control.pause(on);
			change(one, { state: on ? "paused" : "moving" });
		},
		cancel: (id) => {
			const one = all.get(id);
			if (!one || one.view.state === "ending") return;
			one.control.cancel();
			if (isOver(one) || one.view.state === "queued") all.delete(id);
			tell();
		},
		transfers: () => [...all.values()].map((one) => one.view),
		list: (without) => items.list([KIND.file]).map((item) => viewOf(item, without)).reverse(),
		fetch: async (id) => {
			const { item, manifest } = known(id);
			if (all.has(id)) throw refusal("busy");
			const one = begin({ id, up: false, name: manifest.name, size: manifest.size });
			all.set(id, one);
			change(one, { state: "moving" });
			try {
				return await fetchOne(one, item, manifest);
			} finally {
				all.delete(id);
				tell();
			}
		},
	};
};

const made = new WeakMap<Room, RoomFiles>();

/** The files of a room that is prepared; the same each time. */
export const filesOf = (c: Context, room: Room): RoomFiles => {
	const files = made.get(room) ?? makeRoomFiles(c, room);
	made.set(room, files);
	return files;
};
