// Taking a room out, as the page runs it: the engine reads and opens, the worker writes, the page carries pieces between them and keeps
// what is ready as blobs, which a browser may lay aside on its disk.

import type { Told, Tells } from "../../export/worker.js";
import { startWorker } from "../../worker/trusted.js";

export interface Piece {
	readonly entry: string;
	readonly bytes: Uint8Array;
	readonly done: number;
	readonly of: number;
}

const GATHER = 4 << 20; // so many bytes become a blob

/** Blobs of some megabytes each, so that ten thousand small pieces are not held as such. */
const gatherer = () => {
	let parts: BlobPart[] = [];
	let loose: BlobPart[] = [];
	let size = 0;
	const pack = (): void => {
		if (loose.length > 0) parts = [...parts, new Blob(loose)];
		loose = [];
		size = 0;
	};
	return {
		add: (bytes: Uint8Array): void => {
			loose.push(bytes as Uint8Array<ArrayBuffer>);
			size += bytes.length;
			if (size >= GATHER) pack();
		},
		blob: (type: string): Blob => {
			pack();
			return new Blob(parts, { type });
		},
	};
};

const refused = (word: string): Error => Object.assign(new Error(word), { word });

export interface Running {
	readonly done: Promise<Blob>;
	cancel(): void;
}

interface Work {
	readonly begin: Told;
	readonly type: string;
	next(): Promise<Piece | null>;
	progress(done: number, of: number): void;
}

/** One piece is on its way at a time: neither side runs ahead of the other. */
export const run = ({ begin, type, next, progress }: Work): Running => {
	const worker = startWorker(EXPORT_WORKER);
	const gathered = gatherer();
	let waiting: { resolve(tells: Tells): void; reject(why: Error): void } | undefined;
	let cancelled = false;

	worker.addEventListener("message", ({ data }: MessageEvent<Tells>) => {
		if ("chunk" in data) return gathered.add(data.chunk);
		if ("failed" in data) waiting?.reject(refused(data.failed));
		else waiting?.resolve(data);
	});
	worker.addEventListener("error", () => waiting?.reject(refused("internal")));

	const tell = (told: Told): Promise<Tells> =>
		new Promise((resolve, reject) => {
			waiting = { resolve, reject };
			worker.postMessage(told);
		});

	const all = async (): Promise<Blob> => {
		await tell(begin);
		for (let piece = await next(); piece; piece = await next()) {
			if (cancelled) throw refused("cancelled");
			progress(piece.done, piece.of);
			await tell({ entry: piece.entry, bytes: piece.bytes });
		}
		await tell({ end: true });
		if (cancelled) throw refused("cancelled");
		return gathered.blob(type);
	};

	return {
		done: all().finally(() => worker.terminate()),
		cancel: () => {
			cancelled = true;
			waiting?.reject(refused("cancelled"));
		},
	};
};
