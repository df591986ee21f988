// Bytes in and out: big-endian numbers, base64url in its one canonical form, a reader that never runs past the end.
// Everything that came from outside is read through `reader`; it throws SealError("short") and nothing else.

export type Bytes = Uint8Array<ArrayBuffer>;

/** What a check found wrong, in one of the words of proto/FORMAT.md. Never carries content. */
export class SealError extends Error {
	readonly word: string;
	constructor(word: string) {
		super(word);
		this.name = "SealError";
		this.word = word;
	}
}

export const MAX_NUMBER = 2 ** 53 - 1;

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

export const utf8 = (text: string): Bytes => encoder.encode(text);

/** Strict: throws SealError("text") for anything that is not UTF-8. */
export const fromUtf8 = (bytes: Bytes): string => {
	try {
		return decoder.decode(bytes);
	} catch {
		throw new SealError("text");
	}
};

export const concat = (...parts: Bytes[]): Bytes => {
	const whole = new Uint8Array(parts.reduce((n, part) => n + part.length, 0));
	let at = 0;
	for (const part of parts) {
		whole.set(part, at);
		at += part.length;
	}
	return whole;
};

/** Byte order; a prefix comes before what it begins. */
export const compare = (a: Bytes, b: Bytes): number => {
	const n = Math.min(a.length, b.length);
	for (let i = 0; i < n; i++) {
		const d = (a[i] as number) - (b[i] as number);
		if (d !== 0) return d;
	}
	return a.length - b.length;
};

/** Looks at every byte whatever it finds, so that its time says nothing about where two secrets differ. */
export const equal = (a: Bytes, b: Bytes): boolean => {
	if (a.length !== b.length) return false;
	let d = 0;
	for (let i = 0; i < a.length; i++) d |= (a[i] as number) ^ (b[i] as number);
	return d === 0;
};

export const isZero = (bytes: Bytes): boolean => bytes.every((b) => b === 0);
export const zeroes = (n: number): Bytes => new Uint8Array(n);
export const random = (n: number): Bytes => crypto.getRandomValues(new Uint8Array(n));

export const u8 = (n: number): Bytes => Uint8Array.of(n);
export const u16 = (n: number): Bytes => Uint8Array.of(n >>> 8, n);
export const u32 = (n: number): Bytes => Uint8Array.of(n >>> 24, n >>> 16, n >>> 8, n);
export const u64 = (n: number): Bytes => concat(u32(Math.floor(n / 2 ** 32)), u32(n % 2 ** 32));

export const hex = (bytes: Bytes): string => {
	let text = "";
	for (const b of bytes) text += b.toString(16).padStart(2, "0");
	return text;
};

export const toBase64Url = (bytes: Bytes): string => {
	let text = "";
	for (let i = 0; i < bytes.length; i += 8192) text += String.fromCharCode(...bytes.subarray(i, i + 8192));
	return btoa(text).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
};

/** Only what toBase64Url makes: no padding, no white space, trailing bits zero. */
export const fromBase64Url = (text: string): Bytes => {
	if (!/^[A-Za-z0-9_-]*$/.test(text) || text.length % 4 === 1) throw new SealError("base64");
	const raw = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
	const bytes = new Uint8Array(raw.length);
	for (let i = 0; i < raw.length; i++) bytes[i] = raw.charCodeAt(i);
	if (toBase64Url(bytes) !== text) throw new SealError("base64");
	return bytes;
};

export interface Reader {
	u8(): number;
	u16(): number;
	u32(): number;
	/** Below 2^53, else SealError("number"). */
	u64(): number;
	take(n: number): Bytes;
	at(): number;
	left(): number;
}

/** What `take` gives borrows from the input. */
export const reader = (bytes: Bytes): Reader => {
	const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
	let at = 0;
	const skip = (n: number): number => {
		if (bytes.length - at < n) throw new SealError("short");
		at += n;
		return at - n;
	};
	return {
		u8: () => view.getUint8(skip(1)),
		u16: () => view.getUint16(skip(2)),
		u32: () => view.getUint32(skip(4)),
		u64: () => {
			const n = view.getUint32(skip(4)) * 2 ** 32 + view.getUint32(skip(4));
			if (n > MAX_NUMBER) throw new SealError("number");
			return n;
		},
		take: (n) => {
			const from = skip(n);
			return bytes.subarray(from, from + n);
		},
		at: () => at,
		left: () => bytes.length - at,
	};
};
