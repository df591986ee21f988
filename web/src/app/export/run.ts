// Taking a room out, as the page runs it: the engine reads and opens, the worker writes, the page carries pieces between them.

import type { ExportPiece } from "../../export/collect.js";
import type { FontFile, Told, Tells } from "../../export/worker.js";
import { startWorker } from "../../worker/trusted.js";
import { fontBytes } from "./fonts.js";
import { gatherer } from "./save.js";

const DROP_MS = 1_500;

const refused = (word: string): Error => Object.assign(new Error(word), { word });

export interface Running {
	/** What is to be saved; null if it was written into the file. */
	readonly done: Promise<{ readonly blob: Blob | null; readonly size: number }>;
	/** Everything ends; resolves when nothing of it is left. */
	cancel(): Promise<void>;
}

interface Work {
	readonly begin: Extract<Told, { begin: string }>;
	readonly type: string;
	next(): Promise<ExportPiece | null>;
	progress(piece: ExportPiece, written: number): void;
}

type Taken = Extract<Tells, { size: number }>;

/** The worker's end: one thing is told at a time, and answered. */
const talk = (hear: (bytes: Uint8Array) => void) => {
	const worker = startWorker(EXPORT_WORKER);
	const stop = new AbortController();
	let waiting: { resolve(tells: Taken): void; reject(why: Error): void } | undefined;
	const font = async (name: FontFile): Promise<void> => worker.postMessage({ font: name, bytes: await fontBytes(name, stop.signal) } satisfies Told);

	worker.addEventListener("message", ({ data }: MessageEvent<Tells>) => {
		if ("chunk" in data) return hear(data.chunk);
		if ("need" in data) return void font(data.need);
		if ("failed" in data) waiting?.reject(refused(data.failed));
		else waiting?.resolve(data);
	});
	worker.addEventListener("error", () => waiting?.reject(refused("internal")));
	return {
		tell: (told: Told, ...given: Transferable[]): Promise<Taken> =>
			new Promise((resolve, reject) => {
				waiting = { resolve, reject };
				worker.postMessage(told, given);
			}),
		interrupt: (): void => {
			stop.abort();
			waiting?.reject(refused("cancelled"));
		},
		end: (): void => worker.terminate(),
	};
};

/** One piece is on its way at a time: neither side runs ahead of the other. */
export const run = ({ begin, type, next, progress }: Work): Running => {
	const gathered = gatherer();
	const worker = talk((bytes) => gathered.add(bytes));
	let cancelled = false;
	const check = (): void => {
		if (cancelled) throw refused("cancelled");
	};

	const all = async (): Promise<{ blob: Blob | null; size: number }> => {
		check();
		await worker.tell(begin);
		for (let piece = await next(); piece; piece = await next()) {
			check();
			const { size } = await worker.tell({ entry: piece.entry, bytes: piece.bytes, whole: piece.whole }, piece.bytes.buffer as ArrayBuffer);
			progress(piece, size);
		}
		check();
		const { size } = await worker.tell({ end: true });
		check();
		return { blob: begin.begin === "archive" && begin.file ? null : gathered.blob(type), size };
	};

	/** A worker that does not answer has begun nothing. */
	const drop = async (): Promise<void> => {
		gathered.drop();
		const enough = new Promise((resolve) => setTimeout(resolve, DROP_MS));
		await Promise.race([worker.tell({ drop: true }).catch(() => undefined), enough]);
	};

	const done = all().catch(async (thrown: unknown) => {
		await drop();
		throw thrown;
	}).finally(() => worker.end());
	return {
		done,
		cancel: async () => {
			cancelled = true;
			worker.interrupt();
			await done.catch(() => undefined);
		},
	};
};
