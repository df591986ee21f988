// Draws the pages of a PDF in a worker of its own: parsing and drawing happen here and nothing of the document comes near the page but
// pictures and text. Nothing in it is run, nothing is fetched for it, and the page ends the worker with the preview, or when it takes too long.

import { getDocument, type PDFDocumentProxy } from "pdfjs-dist/legacy/build/pdf.mjs";
import { WorkerMessageHandler } from "pdfjs-dist/legacy/build/pdf.worker.mjs";

export type PdfAsk = { readonly open: ArrayBuffer } | { readonly page: number; readonly width: number };
export type PdfTold =
	| { readonly pages: number }
	| { readonly page: number; readonly picture: ImageBitmap; readonly text: string }
	| { readonly failed: "broken" | "locked" | "page"; readonly page?: number };

const MOST_SIDE = 4_096;
const MOST_PIXELS = 16_000_000;
const MOST_IMAGE = 64_000_000;
const MOST_TEXT = 20_000;

/** pdf.js finds the parser in its own realm by this name, and starts no worker of its own. */
Object.assign(globalThis, { pdfjsWorker: { WorkerMessageHandler } });

interface Drawing {
	canvas: OffscreenCanvas | null;
	context: OffscreenCanvasRenderingContext2D | null;
}

const setSize = ({ canvas }: Drawing, width: number, height: number): void => void (canvas && Object.assign(canvas, { width, height }));

/** What pdf.js makes canvases with, where there is no document. It calls both of these with `new`. */
function Canvases(): object {
	const plain = (canvas: OffscreenCanvas, alpha: boolean) => canvas.getContext("2d", { alpha, willReadFrequently: true });
	return {
		create: (width: number, height: number): Drawing => {
			if (!(width >= 1 && height >= 1 && width * height <= MOST_PIXELS)) throw new Error("canvas");
			const canvas = new OffscreenCanvas(width, height);
			return { canvas, context: plain(canvas, true) };
		},
		getNoAlphaContext: (canvas: OffscreenCanvas) => plain(canvas, false),
		reset: setSize,
		destroy: (drawing: Drawing): void => {
			setSize(drawing, 0, 0);
			Object.assign(drawing, { canvas: null, context: null });
		},
	};
}

/** Filters need SVG in a document; without them a page is drawn as it is. */
const FILTERS = [
	"addFilter", "addHCMFilter", "addAlphaFilter", "addLuminosityFilter", "addKnockoutFilter", "addHighlightHCMFilter", "addSelectionHCMFilter", "addSelectionFilter",
];

function Filters(): object {
	const none = FILTERS.map((name) => [name, () => "none"] as const);
	return { ...Object.fromEntries(none), createSelectionStyle: () => null, destroy: () => undefined };
}

const tell = (told: PdfTold, transfer: Transferable[] = []): void => postMessage(told, { transfer });

let opened: PDFDocumentProxy | undefined;

const open = async (bytes: ArrayBuffer): Promise<void> => {
	const fonts = (globalThis as { fonts?: FontFaceSet }).fonts;
	const task = getDocument({
		data: new Uint8Array(bytes), ownerDocument: { fonts } as unknown as HTMLDocument, disableFontFace: fonts === undefined, useSystemFonts: true,
		CanvasFactory: Canvases, FilterFactory: Filters, useWasm: false, wasmUrl: "/", useWorkerFetch: false, enableXfa: false, stopAtErrors: false, disableRange: true,
		disableStream: true, disableAutoFetch: true, maxImageSize: MOST_IMAGE, canvasMaxAreaInBytes: MOST_PIXELS * 4, verbosity: 0,
	});
	task.onPassword = () => {
		tell({ failed: "locked" });
		void task.destroy();
	};
	opened = await task.promise;
	tell({ pages: opened.numPages });
};

const textOf = async (page: Awaited<ReturnType<PDFDocumentProxy["getPage"]>>): Promise<string> => {
	const { items } = await page.getTextContent();
	return items.map((item) => ("str" in item ? item.str + (item.hasEOL ? "\n" : "") : "")).join("").slice(0, MOST_TEXT);
};

const draw = async (n: number, width: number): Promise<void> => {
	if (!opened) throw new Error("closed");
	const page = await opened.getPage(n);
	const plain = page.getViewport({ scale: 1 });
	const scale = Math.min(width / plain.width, MOST_SIDE / plain.width, MOST_SIDE / plain.height, Math.sqrt(MOST_PIXELS / (plain.width * plain.height)));
	const viewport = page.getViewport({ scale });
	const canvas = new OffscreenCanvas(Math.max(1, Math.floor(viewport.width)), Math.max(1, Math.floor(viewport.height)));
	await page.render({ canvas: canvas as unknown as HTMLCanvasElement, viewport, annotationMode: 1, background: "#fff" }).promise;
	const picture = canvas.transferToImageBitmap();
	tell({ page: n, picture, text: await textOf(page) }, [picture]);
	page.cleanup();
};

addEventListener("message", ({ data }: MessageEvent<PdfAsk>) => {
	if ("open" in data) open(data.open).catch(() => tell({ failed: "broken" }));
	else draw(data.page, data.width).catch(() => tell({ failed: "page", page: data.page }));
});
