// The part of pdfkit that the document uses.
declare module "pdfkit" {
	export interface StructureElement {
		add(child: StructureElement): StructureElement;
		end(): void;
	}

	interface StructureOptions {
		readonly alt?: string;
		readonly scope?: "Column" | "Row";
		/** left, top, right, bottom */
		readonly bbox?: readonly [number, number, number, number];
		readonly placement?: "Block";
	}

	interface TextOptions {
		lineBreak?: boolean;
		/** The y that is given is that of the letters' foot. */
		baseline?: "alphabetic";
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
		compress: boolean;
		info: Readonly<Record<string, string | Date>>;
	}

	export interface Outline {
		addItem(title: string, options?: { top?: number }): Outline;
	}

	export interface Picture {
		readonly width: number;
		readonly height: number;
	}

	export default class PDFDocument {
		constructor(options: DocumentOptions);
		x: number;
		y: number;
		readonly outline: Outline;
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
		widthOfString(text: string): number;
		text(text: string, x?: number, y?: number, options?: TextOptions): this;
		/** Bytes of a JPEG or PNG. */
		openImage(bytes: ArrayBuffer): Picture;
		image(picture: Picture, x: number, y: number, options: { width: number; height: number }): this;
		moveTo(x: number, y: number): this;
		lineTo(x: number, y: number): this;
		rect(x: number, y: number, width: number, height: number): this;
		circle(x: number, y: number, radius: number): this;
		stroke(): this;
		fill(color: string): this;
		addPage(): this;
		struct(type: string, write?: () => void): StructureElement;
		struct(type: string, options: StructureOptions, write?: () => void): StructureElement;
		addStructure(element: StructureElement): this;
		markContent(tag: string, options?: object): this;
		endMarkedContent(): this;
		end(): void;
	}
}
