// The page's end of the worker that draws PDF pages. A document that takes too long takes its worker with it.

import type { PdfAsk, PdfTold } from "../../worker/file-pdf.js";
import { startWorker } from "../../worker/trusted.js";

const LONGEST_MS = 20_000;

export interface DrawnPage {
	readonly picture: ImageBitmap;
	readonly text: string;
}

export interface Pdf {
	readonly pages: number;
	draw(page: number, width: number): Promise<DrawnPage>;
	close(): void;
}

const failure = (why: string): Error => Object.assign(new Error(why), { word: why === "locked" ? "pdf_locked" : "pdf_broken" });

/** One question at a time. */
const asking = (worker: Worker) => {
	let queue: Promise<unknown> = Promise.resolve();
	const one = (ask: PdfAsk, transfer: Transferable[]): Promise<PdfTold> =>
		new Promise((resolve, reject) => {
			const timer = setTimeout(() => {
				worker.terminate();
				reject(failure("slow"));
			}, LONGEST_MS);
			worker.onmessage = ({ data }: MessageEvent<PdfTold>) => {
				clearTimeout(timer);
				if ("failed" in data) reject(failure(data.failed));
				else resolve(data);
			};
			worker.onerror = () => {
				clearTimeout(timer);
				reject(failure("broken"));
			};
			worker.postMessage(ask, transfer);
		});
	return (ask: PdfAsk, transfer: Transferable[] = []): Promise<PdfTold> => {
		const next = queue.then(() => one(ask, transfer));
		queue = next.catch(() => undefined);
		return next;
	};
};

export const openPdf = async (file: Blob): Promise<Pdf> => {
	const worker = startWorker(PDF_WORKER);
	const ask = asking(worker);
	try {
		const bytes = await file.arrayBuffer();
		const told = await ask({ open: bytes }, [bytes]);
		if (!("pages" in told)) throw failure("broken");
		return {
			pages: told.pages,
			draw: async (page, width) => {
				const drawn = await ask({ page, width });
				if (!("picture" in drawn)) throw failure("broken");
				return drawn;
			},
			close: () => worker.terminate(),
		};
	} catch (thrown) {
		worker.terminate();
		throw thrown;
	}
};
