// Files by hand: parts over HTTP as a page sends them, and everything that no page sends.

import { createHash, randomBytes } from "node:crypto";
import { request } from "node:https";
import type { House } from "./house.js";
import type { Actor } from "../client/organisation.js";
import { fromBase64Url, makeFileClear, random, toBase64Url, type Bytes } from "../../web/src/seal/index.js";

type Place = Pick<House, "service" | "ca">;

export const PART = 1_049_600;
export const sha256 = (bytes: Uint8Array): Buffer => createHash("sha256").update(bytes).digest();

export interface Answered {
	status: number;
	bytes: Buffer;
	headers: NodeJS.Dict<string | string[]>;
	/** The refusal's word; "ok" if it is none, "status 502" and the like if something else answered. */
	word: string;
}

export interface Asked {
	method?: string;
	cookie?: string;
	body?: Uint8Array;
	headers?: Record<string, string | undefined>;
}

export const ask = ({ service, ca }: Place, path: string, asked: Asked = {}): Promise<Answered> =>
	new Promise((resolve, reject) => {
		const given: Record<string, string | undefined> = { origin: service.origin, "x-luotsi": "1", cookie: asked.cookie, ...asked.headers };
		const headers = Object.fromEntries(Object.entries(given).filter((one): one is [string, string] => one[1] !== undefined));
		const sent = request(`${service.origin}${path}`, { method: asked.method ?? "GET", ca, headers, agent: false }, (answer) => {
			const pieces: Buffer[] = [];
			answer.on("data", (piece: Buffer) => pieces.push(piece));
			answer.on("error", reject);
			answer.on("end", () => {
				const bytes = Buffer.concat(pieces);
				const json = String(answer.headers["content-type"]).includes("json") ? (JSON.parse(bytes.toString("utf8")) as { err?: string }) : {};
				const status = answer.statusCode ?? 0;
				resolve({ status, bytes, headers: answer.headers, word: json.err ?? (status === 200 ? "ok" : `status ${status}`) });
			});
		});
		sent.on("error", reject);
		sent.end(asked.body);
	});

export const put = (house: Place, cookie: string, file: string, n: number | string, body: Uint8Array, headers: Asked["headers"] = {}): Promise<Answered> =>
	ask(house, `/api/file/${file}/${n}`, {
		method: "PUT", cookie, body,
		headers: { "content-type": "application/octet-stream", "content-length": String(body.length), "x-luotsi-digest": sha256(body).toString("base64url"), ...headers },
	});

export const get = (house: Place, cookie: string, file: string, n: number | string): Promise<Answered> => ask(house, `/api/file/${file}/${n}`, { cookie });

/** Reads nothing of the answer after its first bytes until `meanwhile` is done. */
export const slowly = ({ service, ca }: Place, cookie: string, path: string, meanwhile: () => Promise<unknown>): Promise<{ bytes: number; broken: boolean }> =>
	new Promise((resolve, reject) => {
		const asked = request(`${service.origin}${path}`, { ca, agent: false, headers: { origin: service.origin, "x-luotsi": "1", cookie } }, (answer) => {
			let bytes = 0;
			answer.once("data", () => {
				answer.pause();
				meanwhile().then(() => answer.resume(), reject);
			});
			answer.on("data", (piece: Buffer) => (bytes += piece.length));
			answer.on("error", () => undefined);
			answer.on("close", () => resolve({ bytes, broken: !answer.complete }));
		});
		asked.on("error", reject);
		asked.end();
	});

/** Ciphertext that nobody sealed: the server cannot tell. */
export const cipher = (size: number): Buffer[] => {
	const bytes = randomBytes(size), parts: Buffer[] = [];
	for (let at = 0; at < size; ) {
		const next = Math.min(size, at + PART + (at === 0 ? 56 : 0));
		parts.push(bytes.subarray(at, next));
		at = next;
	}
	return parts;
};

export const begin = async (actor: Actor, room: string, size: number): Promise<string> => {
	const file = toBase64Url(random(16));
	const { epoch } = actor.engine.parts.room(room).log.state();
	await actor.engine.parts.link.call("file_begin", { room, file, cipher_size: size, epoch, key: randomBytes(104).toString("base64url") });
	return file;
};

/** The manifest as the actor's engine seals it; gives its msg_id when it is stored. */
export const send = (actor: Actor, room: string, file: string, parts: readonly Uint8Array[]): Promise<string> => {
	const cipherSize = parts.reduce((n, part) => n + part.length, 0);
	const partsHash = Uint8Array.from(sha256(Buffer.concat(parts.map(sha256)))) as Bytes;
	const clear = makeFileClear({ file: fromBase64Url(file), cipherSize, partsHash });
	const bytes = Uint8Array.from(Buffer.from('{"v":1}')) as Bytes;
	return actor.engine.parts.room(room).outbox.add({ type: "item", ctype: 8, bytes, clear }).done;
};

export const cancel = async (actor: Actor, file: string): Promise<void> => void (await actor.engine.parts.link.call("file_cancel", { file }));
