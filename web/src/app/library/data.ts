// The library's end of the engine: its messages, and templates as they stand there, checked before anything is drawn of them.

import { checkTemplate, type Fault, type Template, type TemplateLanguage } from "../../assignment/template.js";
import type { LibraryOp } from "../../client/api.js";
import type { Body, Reply } from "../../client/wire.js";
import { engine } from "../engine.js";

export type Row = Reply<"template_get">["row"];
export type Query = Omit<Body<"template_list">, "reader" | "skip" | "limit">;

const ID_BYTES = 16;

export const ask = <O extends LibraryOp>(op: O, body: Body<O>): Promise<Reply<O>> => engine().work("library", op, body) as Promise<Reply<O>>;

const hexOf = (bytes: Iterable<number>): string => [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");

/** The wire says ids in base64url, a template its own in hexadecimal digits. */
export const toHex = (wire: string): string => hexOf([...atob(wire.replaceAll("-", "+").replaceAll("_", "/"))].map((letter) => letter.charCodeAt(0)));
export const toWire = (hex: string): string =>
	btoa(String.fromCharCode(...(hex.match(/../g) ?? []).map((pair) => Number.parseInt(pair, 16)))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");

export const newId = (): string => hexOf(crypto.getRandomValues(new Uint8Array(ID_BYTES)));

export type Read = { readonly template: Template } | { readonly faults: readonly Fault[] } | { readonly faults: null };

/** JSON from the server or a file: a template, or what is wrong with it; null: it is no JSON. */
export const readTemplate = (text: string): Read => {
	try {
		return checkTemplate(JSON.parse(text));
	} catch {
		return { faults: null };
	}
};

const refuse = (word: string): never => {
	throw Object.assign(new Error(word), { word });
};

export interface Opened {
	readonly row: Row;
	/** null: never published. */
	readonly template: Template | null;
}

/** A published version, the newest unless one is named. Refuses (`malformed`) what is no template. */
export const openTemplate = async (id: string, reader: TemplateLanguage, version?: number): Promise<Opened> => {
	const { row, body } = await ask("template_get", { template: id, reader, ...(version === undefined ? {} : { version }) });
	if (body === undefined) return { row, template: null };
	const read = readTemplate(body);
	return "template" in read ? { row, template: read.template } : refuse("malformed");
};

const MINUTE = 60_000;

/** Keeps a file that the browser has just been given until it has surely taken it. */
export const saveFile = (name: string, text: string): void => {
	const link = document.createElement("a");
	link.href = URL.createObjectURL(new Blob([text], { type: "application/json" }));
	link.download = name;
	link.click();
	setTimeout(() => URL.revokeObjectURL(link.href), MINUTE);
};

/** A file's name from a title: letters and digits of any language, hyphens between. */
export const fileName = (title: string): string => `${title.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, "-").replace(/^-|-$/g, "").slice(0, 60) || "luotsi"}.json`;
