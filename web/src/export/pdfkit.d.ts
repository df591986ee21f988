// The part of pdfkit that the document uses.
declare module "pdfkit" {
	export interface StructureElement {
		add(child: StructureElement): StructureElement;
		end(): void;
	}

	interface TextOptions {
		width?: number;
		lineGap?: number;
		align?: "left" | "right";
		lineBreak?: boolean;
	}

	interface DocumentOptions {
		size: string;
		margin: number;
		pdfVersion: string;
		subset: string;
		tagged: boolean;
		lang: string;
		displayTitle: boolean;
		autoFirstPage: boolean;
		font: string | null;
		info: Readonly<Record<string, string>>;
	}

	export default class PDFDocument {
		constructor(options: DocumentOptions);
		x: number;
		y: number;
		readonly page: { readonly width: number; readonly height: number; readonly margins: { bottom: number } };
		/** Of a font that was registered from bytes: fontkit's. */
		readonly _font: { readonly font: { hasGlyphForCodePoint(point: number): boolean } };
		on(event: "data", hear: (bytes: Uint8Array) => void): this;
		on(event: "end" | "pageAdded", hear: () => void): this;
		registerFont(name: string, bytes: Uint8Array): this;
		font(name: string): this;
		fontSize(size: number): this;
		fillColor(color: string): this;
		strokeColor(color: string): this;
		lineWidth(width: number): this;
		text(text: string, x?: number, y?: number, options?: TextOptions): this;
		moveDown(lines?: number): this;
		moveTo(x: number, y: number): this;
		lineTo(x: number, y: number): this;
		stroke(): this;
		addPage(): this;
		struct(type: string, write?: () => void): StructureElement;
		addStructure(element: StructureElement): this;
		markContent(tag: string, options?: object): this;
		endMarkedContent(): this;
		end(): void;
	}
}
