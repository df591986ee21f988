// The organisation's keys on paper (FORMAT.md section 11): each split in three, of which any two make it whole again (Shamir, by
// shamir-secret-sharing, audited and without dependencies), and each part in letters that are read aloud, typed and scanned. A file of
// its own and not in index.ts: it is fetched by who makes or joins such parts, and by nobody else.

import { combine, split } from "shamir-secret-sharing";
import { canonical, printBits, readBits } from "./code.js";
import { concat, equal, hex, SealError, u8, type Bytes } from "./bytes.js";
import { labelledHash } from "./derive.js";
import { LABEL } from "./labels.js";

export const SHARES = 3;
const NEEDED = 2;
const SHARE_SIZE = 33; // a key and the place of the part
const CHECK_BITS = 28n;
export const SHARE_CHARS = 60;

const KIND = { root: 1, recovery: 2 } as const;
export type ShareKind = keyof typeof KIND;

/** What one person keeps: a part of each key, as it stands on the paper. */
export interface Sheet {
	readonly root: string;
	readonly recovery: string;
}

export interface Share {
	readonly kind: ShareKind;
	readonly bytes: Bytes;
}

/** How many letters there are, however they are grouped. */
export const canonicalLength = (text: string): number => canonical(text).length;

/** The organisation is in the checksum: a part of another one does not read. */
const checkBits = async (org: Bytes, payload: Bytes): Promise<bigint> =>
	BigInt("0x" + hex((await labelledHash(LABEL.share, org, payload)).slice(0, 4))) >> 4n;

const printShare = async (org: Bytes, kind: ShareKind, share: Bytes): Promise<string> => {
	const payload = concat(u8(KIND[kind]), share);
	return printBits((BigInt("0x" + hex(payload)) << CHECK_BITS) | (await checkBits(org, payload)), SHARE_CHARS);
};

/** Throws SealError("share") unless it is a part of a key of this organisation. */
export const readShare = async (org: Bytes, text: string): Promise<Share> => {
	const chars = canonical(text);
	const bits = readBits(chars);
	if (chars.length !== SHARE_CHARS || bits === undefined) throw new SealError("share");
	const digits = (bits >> CHECK_BITS).toString(16).padStart(2 * (SHARE_SIZE + 1), "0");
	const payload = Uint8Array.from({ length: SHARE_SIZE + 1 }, (_, i) => Number.parseInt(digits.slice(2 * i, 2 * i + 2), 16));
	const kind = (Object.keys(KIND) as ShareKind[]).find((name) => KIND[name] === payload[0]);
	if (!kind || (await checkBits(org, payload)) !== (bits & ((1n << CHECK_BITS) - 1n))) throw new SealError("share");
	return { kind, bytes: payload.slice(1) };
};

/** Throws SealError("same_share") for two of one place. What comes out is a key only if both are of the same three. */
export const joinShares = async (a: Bytes, b: Bytes): Promise<Bytes> => {
	if (a[SHARE_SIZE - 1] === b[SHARE_SIZE - 1]) throw new SealError("same_share");
	return new Uint8Array(await combine([a, b]));
};

const splitKey = async (org: Bytes, kind: ShareKind, key: Bytes): Promise<string[]> => {
	const shares = (await split(key, SHARES, NEEDED)).map((share) => new Uint8Array(share));
	for (const [a, b] of [[0, 1], [0, 2], [1, 2]] as const) {
		const back = await joinShares(shares[a] as Bytes, shares[b] as Bytes);
		if (!equal(back, key)) throw new SealError("share");
		back.fill(0);
	}
	const texts = await Promise.all(shares.map((share) => printShare(org, kind, share)));
	for (const share of shares) share.fill(0);
	return texts;
};

export const makeSheets = async (org: Bytes, root: Bytes, recovery: Bytes): Promise<Sheet[]> => {
	const [roots, recoveries] = [await splitKey(org, "root", root), await splitKey(org, "recovery", recovery)];
	return roots.map((text, i) => ({ root: text, recovery: recoveries[i] as string }));
};

/** A sheet as it was typed or scanned: the part of the root first. Throws SealError: "length", or "root" or "recovery" for the part that does not read. */
export const readSheet = async (org: Bytes, text: string): Promise<{ readonly root: Bytes; readonly recovery: Bytes }> => {
	const chars = canonical(text);
	if (chars.length !== 2 * SHARE_CHARS) throw new SealError("length");
	const part = async (kind: ShareKind, piece: string): Promise<Bytes> => {
		const read = await readShare(org, piece).catch(() => undefined);
		if (read?.kind !== kind) throw new SealError(kind);
		return read.bytes;
	};
	return { root: await part("root", chars.slice(0, SHARE_CHARS)), recovery: await part("recovery", chars.slice(SHARE_CHARS)) };
};
