// The two files of the recovery ceremony (FORMAT.md section 11): the request that an administrator takes out, signed by their issuer key,
// and the result that two officers made of it. Written and read here, by the administrator's page and by the page without a network.

import {
	fromBase64Url, fromUtf8, labelled, LABEL, SealError, sha256, sign, toBase64Url, utf8, verify, type Bytes, type SigningKey,
} from "../seal/index.js";

export interface WrapJson {
	readonly entry: number;
	readonly keyset: number;
	readonly epoch: number;
	readonly rkid: string;
	readonly wrap: string;
}

export interface RoomJson {
	readonly room: string;
	readonly entries: readonly string[];
	readonly wraps: readonly WrapJson[];
}

export interface ChainJson {
	readonly subject: string;
	readonly entries: readonly string[];
}

/** What is asked for: these rooms, for this person. */
export interface Request {
	readonly org: string;
	readonly organisation: readonly string[];
	readonly name: string;
	readonly at: number;
	readonly to: string;
	readonly chains: readonly ChainJson[];
	readonly rooms: readonly RoomJson[];
}

export interface SignedRequest {
	readonly request: Request;
	readonly body: Bytes;
	readonly user: Bytes;
	readonly kid: Bytes;
	readonly signature: Bytes;
}

/** As the server takes them. */
export interface ResultWrap extends WrapJson {
	readonly rtype: number;
	readonly rid: string;
}

export interface Result {
	readonly luotsi: "recovery-result";
	readonly v: 1;
	readonly org: string;
	readonly at: number;
	/** ORG_RECOVERY. */
	readonly recovery: readonly string[];
	readonly rooms: readonly { readonly room: string; readonly entries: readonly string[]; readonly wraps: readonly ResultWrap[] }[];
}

export const ROOMS_MOST = 16;

const signedBytes = async (org: Bytes, user: Bytes, kid: Bytes, body: Bytes): Promise<Bytes> =>
	labelled(LABEL.recoveryRequest, org, user, kid, await sha256(body));

export const writeRequest = async (request: Request, user: Bytes, issuer: SigningKey): Promise<string> => {
	const body = utf8(JSON.stringify(request));
	const signature = await sign(issuer, await signedBytes(fromBase64Url(request.org), user, issuer.kid, body));
	const file = { luotsi: "recovery-request", v: 1, body: toBase64Url(body), user: toBase64Url(user), kid: toBase64Url(issuer.kid), signature: toBase64Url(signature) };
	return `${JSON.stringify(file, null, "\t")}\n`;
};

const refuse = (): never => {
	throw new SealError("file");
};

type Check = (value: unknown) => boolean;
const text: Check = (v) => typeof v === "string";
const number: Check = (v) => typeof v === "number" && Number.isSafeInteger(v) && v >= 0;
const listOf = (one: Check): Check => (v) => Array.isArray(v) && v.every(one);
const shape = (fields: Readonly<Record<string, Check>>): Check => (v) =>
	typeof v === "object" && v !== null && Object.entries(fields).every(([name, check]) => check((v as Record<string, unknown>)[name]));

const wrap = { entry: number, keyset: number, epoch: number, rkid: text, wrap: text };
const isFile = shape({ luotsi: (v) => v === "recovery-request", v: (v) => v === 1, body: text, user: text, kid: text, signature: text });
const isRequest = shape({
	org: text, organisation: listOf(text), name: text, at: number, to: text, chains: listOf(shape({ subject: text, entries: listOf(text) })),
	rooms: listOf(shape({ room: text, entries: listOf(text), wraps: listOf(shape(wrap)) })),
});
const isResult = shape({
	luotsi: (v) => v === "recovery-result", v: (v) => v === 1, org: text, at: number, recovery: listOf(text),
	rooms: listOf(shape({ room: text, entries: listOf(text), wraps: listOf(shape({ ...wrap, rtype: number, rid: text })) })),
});

const read = <T>(json: string, is: Check): T => {
	try {
		const value: unknown = JSON.parse(json);
		if (is(value)) return value as T;
	} catch {
		// not JSON: refused as any other file
	}
	return refuse();
};

/** Throws SealError("file") unless it looks like one; who signed it is verifyRequest's. */
export const readRequest = (json: string): SignedRequest => {
	const file = read<{ body: string; user: string; kid: string; signature: string }>(json, isFile);
	try {
		const body = fromBase64Url(file.body);
		const request = read<Request>(fromUtf8(body), isRequest);
		if (request.rooms.length < 1 || request.rooms.length > ROOMS_MOST) refuse();
		return { request, body, user: fromBase64Url(file.user), kid: fromBase64Url(file.kid), signature: fromBase64Url(file.signature) };
	} catch {
		return refuse();
	}
};

export const verifyRequest = async ({ request, body, user, kid, signature }: SignedRequest, issuerPub: Bytes): Promise<boolean> =>
	verify(issuerPub, await signedBytes(fromBase64Url(request.org), user, kid, body), signature);

export const writeResult = (result: Result): string => `${JSON.stringify(result, null, "\t")}\n`;

/** Throws SealError("file"). What it says, the server and every member's browser verify. */
export const readResult = (json: string): Result => read<Result>(json, isResult);
