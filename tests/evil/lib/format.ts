// The fields of envelopes and entries, as the tables of proto/FORMAT.md write them down: what is mutated is what the format says there is.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Bytes } from "../../../web/src/seal/index.js";
import { root } from "./client.js";

export interface Field {
	readonly name: string;
	readonly at: number;
	readonly length: number;
}

type Token =
	| { readonly sort: "fixed"; readonly name: string; readonly length: number; readonly many: boolean }
	/** As long as the number before it says. */
	| { readonly sort: "counted"; readonly name: string }
	| { readonly sort: "group"; readonly inside: readonly Token[] };

const text = readFileSync(join(root, "proto", "FORMAT.md"), "utf8");

const TOKEN = /\{([^}]*)\}\*|(\w+)\[(\d+)\](\*?)|(\w+) u(8|16|32|64)\b|(\w+)/g;

const tokens = (row: string): Token[] => {
	const bare = row.replace(/\([^)]*\)/g, " ").replace(/"[^"]*"/g, " ").replace(/[|\\]/g, " ");
	return [...bare.matchAll(TOKEN)].map(([, group, array, size, many, number, bits, counted]): Token => {
		if (group !== undefined) return { sort: "group", inside: tokens(group) };
		if (array !== undefined) return { sort: "fixed", name: array, length: Number(size), many: many === "*" };
		if (number !== undefined) return { sort: "fixed", name: number, length: Number(bits) / 8, many: false };
		return { sort: "counted", name: counted as string };
	});
};

const section = (n: number): string => text.slice(text.indexOf(`\n## ${n}. `), text.indexOf(`\n## ${n + 1}. `));

/** Rows `| type | NAME | fields | who |`, by type. */
const bodies = (of: number): ReadonlyMap<number, readonly Token[]> =>
	new Map([...section(of).matchAll(/^\| (\d+) \| [A-Z_]+ \| (.*?) \| [^|]* \|$/gm)].map(([, type, fields]) => [Number(type), fields === "-" ? [] : tokens(fields as string)]));

const HEADER = tokens((/Header: (magic[^]*?body_len u32)/.exec(section(3))?.[1] ?? "").replace(/\n/g, " "));
const CONTROL = bodies(7);
const IDENTITY = bodies(6);

const numberAt = (bytes: Bytes, { at, length }: Field): number => bytes.subarray(at, at + length).reduce((n, byte) => n * 256 + byte, 0);

/** The fields of these bytes from a place on, and where they end. */
const walk = (layout: readonly Token[], bytes: Bytes, from: number): { fields: Field[]; end: number } => {
	const fields: Field[] = [];
	let at = from;
	const take = (name: string, length: number): void => {
		fields.push({ name, at, length });
		at += length;
	};
	for (const token of layout) {
		const before = fields.at(-1);
		const count = (): number => (before ? numberAt(bytes, before) : 0);
		if (token.sort === "counted") take(token.name, count());
		else if (token.sort === "fixed") for (let n = token.many ? count() : 1; n > 0; n--) take(token.name, token.length);
		else
			for (let n = count(); n > 0; n--) {
				const inner = walk(token.inside, bytes, at);
				fields.push(...inner.fields);
				at = inner.end;
			}
	}
	return { fields, end: at };
};

const SUBJECT: Token = { sort: "fixed", name: "subject", length: 16, many: false };
const SIGNATURE = 64;

/** Every field of an envelope or an entry; throws if the tables do not account for each byte of it. */
export const fieldsOf = (bytes: Bytes, kind: number): Field[] => {
	const header = walk(HEADER, bytes, 0);
	const end = bytes.length - SIGNATURE;
	const type = { name: "type", at: header.end, length: 1 };
	const layout = (kind === 6 ? CONTROL : IDENTITY).get(bytes[header.end] as number);
	const signature = { name: "signature", at: end, length: SIGNATURE };
	if (kind !== 6 && kind !== 7) return [...header.fields, { name: "body", at: header.end, length: end - header.end }, signature];
	if (!layout) throw new Error(`FORMAT.md has no entry of kind ${kind}, type ${bytes[header.end]}`);
	const body = walk(kind === 7 ? [SUBJECT, ...layout] : layout, bytes, header.end + 1);
	if (body.end !== end) throw new Error(`FORMAT.md says that entry ${kind}/${bytes[header.end]} ends at ${body.end}, not at ${end}`);
	return [...header.fields, type, ...body.fields, signature];
};

export const controlTypes = (): number[] => [...CONTROL.keys()];
export const identityTypes = (): number[] => [...IDENTITY.keys()];
