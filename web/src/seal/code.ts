// What people read, write or say: the printed code (FORMAT.md section 8) and the short code that two people compare.

import { compare, concat, hex, random, SealError, type Bytes } from "./bytes.js";
import { labelledHash } from "./derive.js";
import { LABEL } from "./labels.js";

const CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const CODE_CHARS = 28;

export const makeCode = (): Bytes => random(16);

/** The first 12 bits of the hash of the code. */
const checkBits = async (code: Bytes): Promise<bigint> => {
	const hash = await labelledHash(LABEL.codeCheck, code);
	return BigInt(((hash[0] as number) << 4) | ((hash[1] as number) >> 4));
};

/** Groups of four characters, five bits each. */
export const printBits = (number: bigint, chars: number): string => {
	let bits = number;
	let text = "";
	for (let i = 0; i < chars; i++) {
		text = (CROCKFORD[Number(bits & 31n)] as string) + text;
		bits >>= 5n;
	}
	return (text.match(/.{4}/g) as string[]).join("-");
};

/** What people make of it: case, spaces, hyphens, O, I and L are forgiven. */
export const canonical = (text: string): string =>
	text.toUpperCase().replace(/[\s-]/g, "").replaceAll("O", "0").replace(/[IL]/g, "1");

/** Of canonical characters; undefined if there is another among them. */
export const readBits = (chars: string): bigint | undefined =>
	[...chars].every((c) => CROCKFORD.includes(c)) ? [...chars].reduce((n, c) => (n << 5n) | BigInt(CROCKFORD.indexOf(c)), 0n) : undefined;

/** Seven groups of four. */
export const printCode = async (code: Bytes): Promise<string> =>
	printBits((BigInt("0x" + hex(code)) << 12n) | (await checkBits(code)), CODE_CHARS);

/** Throws SealError("code") unless it is a code with a right checksum. */
export const readCode = async (text: string): Promise<Bytes> => {
	const chars = canonical(text);
	const bits = readBits(chars);
	if (chars.length !== CODE_CHARS || bits === undefined) throw new SealError("code");
	const digits = (bits >> 12n).toString(16).padStart(32, "0");
	const code = Uint8Array.from({ length: 16 }, (_, i) => Number.parseInt(digits.slice(2 * i, 2 * i + 2), 16));
	if ((await checkBits(code)) !== (bits & 0xfffn)) throw new SealError("code");
	return code;
};

/** Seven groups of four, or one run, whatever stands between them; looked for at every beginning of a word. */
const GROUPED = /(?<![\p{L}\p{N}])(?=((?:[0-9A-TV-Z]{4}[^\p{L}\p{N}]{0,8}){7})(?![\p{L}\p{N}]))/gu;
/** Broken in other places: as often from letter to digit and back as words and dates are not. */
const MIXED = /(?=([0-9A-TV-Z]{28}))/g;
const LEAST_TURNS = 6;

/** Twelve bits of checksum alone would take one in 4,096 runs of any text for a code: so it must also look like one. */
const lookAlikes = (text: string): Set<string> => {
	const upper = text.normalize("NFKC").toUpperCase();
	const grouped = [...upper.matchAll(GROUPED)].map(([, found]) => (found as string).replace(/[^0-9A-Z]/g, ""));
	const runs = [...upper.replace(/[^\p{L}\p{N}]/gu, "").matchAll(MIXED)].map(([, found]) => found as string);
	const isMixed = (run: string): boolean => (run.match(/\d(?=\D)|\D(?=\d)/g) ?? []).length >= LEAST_TURNS;
	return new Set([...grouped, ...runs.filter(isMixed)]);
};

/** Whether a text that is about to be sent contains a printed code: the compose box refuses it. */
export const containsCode = async (text: string): Promise<boolean> => {
	for (const found of lookAlikes(text)) if (await readCode(found).then(() => true, () => false)) return true;
	return false;
};

/** 30 decimal digits in six groups of five, the same for both sides: of sig_kid and enc_kid of each. */
export const compareCode = async (mine: { sigKid: Bytes; encKid: Bytes }, theirs: { sigKid: Bytes; encKid: Bytes }): Promise<string> => {
	const sides = [concat(mine.sigKid, mine.encKid), concat(theirs.sigKid, theirs.encKid)].sort(compare);
	const hash = await labelledHash(LABEL.code, ...sides);
	const digits = (BigInt("0x" + hex(hash)) % 10n ** 30n).toString().padStart(30, "0");
	return (digits.match(/.{5}/g) as string[]).join(" ");
};
