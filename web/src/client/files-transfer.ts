// One file on its way: up in parts, two at a time, each kept as it was sealed until the server has it; down in parts, each checked before
// the next is trusted, and nothing handed out before the last check. Neither knows the server: what they need of it is FileStore.

import { isAsCalled, judge } from "./files-types.js";
import { pauseBefore } from "./link.js";
import { isUncertain, refusal } from "./refusal.js";
import { equal, makeFileOpener, makeFileSealer, pieceOf, SealError, type Bytes, type FileHashes, type FilePlace, type FileShape, type SealedPart } from "../seal/index.js";

const IN_FLIGHT = 2;
const FIRST_WAIT = 2; // of the pauses of the connection: about a second
const MOST_WAIT = 6;
const RUN = 16; // parts in one answer, as many as the server gives

/** What a server does with files. Rejects with a word; the words of isUncertain say that the same may be asked again. */
export interface FileStore {
	/** The digests of the parts that it holds. */
	held(file: Bytes): Promise<ReadonlyMap<number, Bytes>>;
	put(file: Bytes, n: number, part: SealedPart, signal: AbortSignal, progress: (bytes: number) => void): Promise<void>;
	get(file: Bytes, n: number, signal: AbortSignal, most: number): Promise<Bytes>;
	/** The parts from this one on, of these sizes, in their order. */
	run?(file: Bytes, from: number, sizes: readonly number[], signal: AbortSignal, take: (part: Bytes) => Promise<void>): Promise<void>;
}

/** Goes on, stands still, or is over; what waits for anything waits here. */
export interface Control {
	readonly signal: () => AbortSignal;
	/** Resolves when it may go on; rejects with "cancelled". */
	gate(): Promise<void>;
	paused(): boolean;
	pause(on: boolean): void;
	cancel(): void;
	/** A wait that ends early when it is cancelled or woken. */
	wait(ms: number): Promise<void>;
	wake(): void;
}

export const makeControl = (): Control => {
	let [standing, over] = [false, false];
	let abort = new AbortController();
	let wakers: (() => void)[] = [];
	const wake = (): void => {
		const woken = wakers;
		wakers = [];
		for (const one of woken) one();
	};
	const next = (): Promise<void> => new Promise((resolve) => wakers.push(resolve));
	return {
		signal: () => abort.signal,
		gate: async () => {
			while (standing && !over) await next();
			if (over) throw refusal("cancelled");
		},
		paused: () => standing,
		pause: (on) => {
			if (on === standing) return;
			standing = on;
			if (on) abort.abort();
			else abort = new AbortController();
			wake();
		},
		cancel: () => {
			over = true;
			abort.abort();
			wake();
		},
		wait: (ms) =>
			new Promise((resolve) => {
				const timer = setTimeout(resolve, ms);
				wakers.push(() => {
					clearTimeout(timer);
					resolve();
				});
			}),
		wake,
	};
};

interface Tried<T> {
	readonly control: Control;
	/** True while the server cannot be reached. */
	away(is: boolean): void;
	work(signal: AbortSignal): Promise<T>;
	/** Before the work is tried again; a result is as good as the work's. */
	again?(): Promise<T | undefined>;
}

/** Until it is done, refused for good or cancelled. */
export const insist = async <T>({ control, away, work, again }: Tried<T>): Promise<T> => {
	for (let waits = 0; ; waits++) {
		await control.gate();
		try {
			const found = waits > 0 && again ? await again() : undefined;
			const done = found ?? (await work(control.signal()));
			away(false);
			return done;
		} catch (thrown) {
			if (control.signal().aborted) continue;
			if (!isUncertain(thrown)) throw thrown;
			away(true);
			await control.wait(pauseBefore(Math.min(FIRST_WAIT + waits, MOST_WAIT), Math.random()));
		}
	}
};

/** Before a try that another browser may be in the way of: longer or shorter, so that one of the two is first. */
export const aWhile = (control: Control): Promise<void> => control.wait(pauseBefore(1, Math.random()));

export interface Sending {
	readonly store: FileStore;
	readonly control: Control;
	readonly place: FilePlace;
	/** Wiped. */
	readonly key: Bytes;
	readonly file: Blob;
	progress(bytes: number): void;
	away(is: boolean): void;
}

const pieceFrom = async (file: Blob, n: number): Promise<Bytes> => {
	try {
		return new Uint8Array(await file.slice(...pieceOf(file.size, n)).arrayBuffer());
	} catch {
		throw refusal("file_changed"); // since it was chosen, or it is gone
	}
};

/** Sends all parts. What is sent again after a loss are the same bytes, and only if the server holds no others in their place. */
export const sendParts = async (s: Sending): Promise<FileHashes> => {
	const sealer = await makeFileSealer(s.place, s.key, s.file.size);
	const sent = new Map<number, number>();
	let next = 0;

	const count = (n: number, bytes: number): void => {
		sent.set(n, bytes);
		s.progress([...sent.values()].reduce((a, b) => a + b, 0));
	};

	const isHeld = async (n: number, part: SealedPart): Promise<true | undefined> => {
		const digest = (await s.store.held(s.place.file)).get(n);
		if (digest && !equal(digest, part.digest)) throw refusal("other_part");
		return digest && true;
	};

	const sendOne = async (n: number): Promise<void> => {
		const part = await sealer.part(n, await pieceFrom(s.file, n));
		await insist<true>({
			control: s.control, away: s.away, again: () => isHeld(n, part),
			work: async (signal) => {
				await s.store.put(s.place.file, n, part, signal, (bytes) => count(n, bytes));
				return true;
			},
		});
		count(n, part.bytes.length);
	};

	const line = async (): Promise<void> => {
		while (next < sealer.shape.parts) {
			await s.control.gate();
			if (next < sealer.shape.parts) await sendOne(next++);
		}
	};

	const lines = Array.from({ length: IN_FLIGHT }, line);
	try {
		await Promise.all(lines);
	} catch (thrown) {
		s.control.cancel(); // the other line too
		await Promise.allSettled(lines);
		throw thrown;
	}
	return sealer.hashes();
};

export interface Fetching {
	readonly store: FileStore;
	readonly control: Control;
	readonly place: FilePlace;
	/** Wiped. */
	readonly key: Bytes;
	readonly size: number;
	readonly sealedSize: number;
	readonly media: string;
	readonly hashes: FileHashes;
	progress(bytes: number): void;
	away(is: boolean): void;
}

type Take = (part: Bytes) => Promise<void>;

/** One by one, two asked for ahead of the one that is opened. */
const readSingly = async (f: Fetching, shape: FileShape, take: Take): Promise<void> => {
	const ahead: Promise<Bytes>[] = [];
	const ask = (n: number): void => {
		const one = insist({ control: f.control, away: f.away, work: (signal) => f.store.get(f.place.file, n, signal, shape.part(n)) });
		one.catch(() => undefined);
		ahead.push(one);
	};
	for (let n = 0, asked = 0; n < shape.parts; n++) {
		while (asked < Math.min(shape.parts, n + IN_FLIGHT)) ask(asked++);
		await take(await (ahead.shift() as Promise<Bytes>));
	}
};

/** Several in one answer; after a loss from the first that is missing. */
const readRuns = async (f: Fetching, run: NonNullable<FileStore["run"]>, shape: FileShape, take: Take): Promise<void> => {
	let n = 0;
	const taken = async (part: Bytes): Promise<void> => {
		await take(part);
		n++;
	};
	while (n < shape.parts) {
		const end = Math.min(shape.parts, n + RUN);
		const work = async (signal: AbortSignal): Promise<void> => {
			if (n < end) await run(f.place.file, n, Array.from({ length: end - n }, (_, i) => shape.part(n + i)), signal, taken);
		};
		await insist({ control: f.control, away: f.away, work });
	}
};

const readParts = async (f: Fetching): Promise<Blob[]> => {
	const opener = await makeFileOpener(f.place, f.key, f.size, f.sealedSize, f.hashes);
	const pieces: Blob[] = [];
	let done = 0;
	const take = async (bytes: Bytes): Promise<void> => {
		pieces.push(new Blob([await opener.part(bytes)]));
		f.progress((done += bytes.length));
	};
	if (f.store.run) await readRuns(f, f.store.run, opener.shape, take);
	else await readSingly(f, opener.shape, take);
	await opener.finish();
	return pieces;
};

/** The whole file, checked to its last byte and of the kind that its manifest says; of no type that a browser would run. */
export const fetchFile = async (f: Fetching): Promise<Blob> => {
	const pieces = await readParts(f).catch((thrown: unknown) => {
		f.control.cancel();
		throw thrown instanceof SealError ? refusal("file_broken", thrown.word) : thrown;
	});
	const whole = new Blob(pieces, { type: "application/octet-stream" });
	if (!(await isAsCalled(whole, f.media))) throw refusal("file_not_as_called");
	return whole;
};

/** The kind of what is to be sent; refused (`file_...`) if it is none that is sent as it is. */
export const judgedToSend = async (file: Blob): Promise<string> => {
	const { type, unfit } = await judge(file);
	if (!type) throw refusal(`file_${unfit}`);
	if (type.onlyIn) throw refusal("file_not_allowed");
	return type.media;
};
