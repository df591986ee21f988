// Vectors of proto/vectors: read and written. Bytes stand in them as base64url.

import { readFileSync } from "node:fs";
import { fromBase64Url, type Bytes, type PersonRecord } from "../../../web/src/seal/index.js";

const FOLDER = `${process.env["LUOTSI_ROOT"] ?? "."}/proto/vectors`;

export const vectorFile = (name: string): string => `${FOLDER}/${name}.json`;
export const readVectors = <T>(name: string): T => JSON.parse(readFileSync(vectorFile(name), "utf8")) as T;
export const b = fromBase64Url;
export const s = (bytes: Bytes): string => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("base64url");
export const fromHex = (text: string): Bytes => new Uint8Array(Buffer.from(text, "hex"));

export interface PersonJson {
	readonly user: string;
	readonly sig_kid: string;
	readonly enc_kid: string;
	readonly resets: number;
	readonly staff: boolean;
	readonly cert: string;
	readonly valid_from: number;
	readonly valid_until: number;
	readonly ended: number;
}

export const personOut = (p: PersonRecord): PersonJson => ({
	user: s(p.user), sig_kid: s(p.sigKid), enc_kid: s(p.encKid), resets: p.resets, staff: p.staff, cert: s(p.cert), valid_from: p.validFrom, valid_until: p.validUntil, ended: p.ended,
});

export const personIn = (p: PersonJson): PersonRecord => ({
	user: b(p.user), sigKid: b(p.sig_kid), encKid: b(p.enc_kid), resets: p.resets, staff: p.staff, cert: b(p.cert), validFrom: p.valid_from, validUntil: p.valid_until, ended: p.ended,
});

export interface Step {
	readonly name: string;
	/** In identity.json: o of the organisation, i of the person. */
	readonly chain?: "o" | "i";
	/** The deciding clock; "-" is the entry's own time. */
	readonly time: number | "-";
	readonly entry: string;
	readonly verdict: string;
	/** Of the one-time key in a JOIN, with the invitation of the state before it; of a BREAK_GLASS, both. */
	readonly signature?: "ok" | "bad_signature";
	/** Of the state after the step, refused or not (tests/seal/README.md). */
	readonly digest: string;
}

export interface Sequence {
	readonly name: string;
	readonly people?: readonly PersonJson[];
	readonly steps: readonly Step[];
}
