// The engine's platform in Node: ws for the socket, hash-wasm for Argon2id, fetch's place taken by node:https. Used by the
// demonstration and the flow tests; never part of the site.

import { argon2id } from "hash-wasm";
import type { IncomingMessage } from "node:http";
import { request } from "node:https";
import { createSecureContext, type SecureContext } from "node:tls";
import WebSocket from "ws";
import { makeCutter } from "./files-run.js";
import type { PartAnswer, Platform, RunTransport, Socket, SocketHandlers, Transport } from "./platform.js";
import { refusal } from "./refusal.js";
import { words } from "../words/words.js";
import type { Bytes } from "../seal/index.js";

export interface NodeOptions {
	readonly origin: string;
	/** PEM of the authority that the server's certificate comes from. */
	readonly ca: string;
	readonly cookie: string;
}

interface Answer {
	readonly status: number;
	readonly body: string;
	readonly cookie: string;
}

const PROTOCOL = "luotsi.v1";
/** As in a browser (files-http.ts): where nothing moves for so long, nothing will. */
const STALL_MS = 60_000;

/** POST /api/<op>, as a page would. */
export const post = (origin: string, ca: string, op: string, body: unknown, cookie = ""): Promise<Answer> =>
	new Promise((resolve, reject) => {
		const text = JSON.stringify(body);
		const headers = { "content-type": "application/json", "content-length": Buffer.byteLength(text), origin, "x-luotsi": "1", ...(cookie ? { cookie } : {}) };
		const asked = request(`${origin}/api/${op}`, { method: "POST", ca, headers, agent: false }, (answer) => {
			const parts: Buffer[] = [];
			answer.on("data", (part: Buffer) => parts.push(part));
			answer.on("end", () => {
				const set = (answer.headers["set-cookie"] ?? [])[0] ?? "";
				resolve({ status: answer.statusCode ?? 0, body: Buffer.concat(parts).toString("utf8"), cookie: set.split(";")[0] ?? "" });
			});
		});
		asked.on("error", reject);
		asked.setTimeout(STALL_MS, () => asked.destroy(new Error("nothing moves")));
		asked.end(text);
	});

const openSocket = ({ origin, ca, cookie }: NodeOptions, h: SocketHandlers): Socket => {
	const socket = new WebSocket(`${origin.replace(/^http/, "ws")}/ws`, PROTOCOL, { ca, headers: { cookie }, origin, perMessageDeflate: false });
	let ended = false;
	const end = (code: number): void => {
		if (!ended) h.closed(code);
		ended = true;
	};
	socket.on("open", () => h.opened());
	socket.on("message", (data, binary) => void (binary || h.said(String(data))));
	socket.on("error", () => undefined);
	socket.on("close", (code) => end(code));
	return { say: (frame) => socket.send(frame), close: () => socket.close(1000) };
};

/** Parts of files, each over a connection of its own; what all of them trust is read once. */
const openTransport = ({ origin, cookie }: NodeOptions, secureContext: SecureContext): Transport => ({ method, path, headers, body, signal, most, progress }) =>
	new Promise<PartAnswer>((resolve, reject) => {
		const length = body ? { "content-length": body.length } : {};
		const asked = request(origin + path, { method, ...{ secureContext }, agent: false, signal, headers: { ...headers, ...length, origin, cookie } }, (answer) => {
			const parts: Buffer[] = [];
			let size = 0;
			answer.on("data", (part: Buffer) => {
				parts.push(part);
				if ((size += part.length) > most) asked.destroy();
			});
			answer.on("error", () => reject(refusal("offline")));
			answer.on("end", () => resolve({ status: answer.statusCode ?? 0, body: new Uint8Array(Buffer.concat(parts)) }));
		});
		asked.on("error", () => reject(refusal("offline")));
		asked.on("close", () => reject(refusal("offline")));
		asked.setTimeout(STALL_MS, () => asked.destroy());
		asked.end(body, () => progress(body?.length ?? 0));
	});

/** Several parts in one answer. */
const openRuns = ({ origin, cookie }: NodeOptions, secureContext: SecureContext): RunTransport => async ({ path, headers, signal, sizes, take }) => {
	const lost = (): never => {
		throw refusal("offline");
	};
	const answer = await new Promise<IncomingMessage>((resolve, reject) => {
		const asked = request(origin + path, { ...{ secureContext }, agent: false, signal, headers: { ...headers, origin, cookie } }, resolve).on("error", reject);
		asked.setTimeout(STALL_MS, () => asked.destroy(new Error("nothing moves"))).end();
	}).catch(lost);
	const cutter = makeCutter({ sizes, take });
	const pieces: Buffer[] = [];
	const next = answer.on("error", () => undefined).iterator() as AsyncIterableIterator<Buffer>;
	for (;;) {
		const { value, done } = await next.next().catch(lost);
		if (done) break;
		if (answer.statusCode === 200) await cutter.add(value);
		else pieces.push(value);
	}
	if (answer.statusCode === 200) await cutter.end();
	return { status: answer.statusCode ?? 0, body: new Uint8Array(Buffer.concat(pieces)) };
};

export const openNodePlatform = (o: NodeOptions, secureContext = createSecureContext({ ca: o.ca })): Platform => ({
	origin: o.origin,
	transport: openTransport(o, secureContext),
	runs: openRuns(o, secureContext),
	readAhead: false,
	open: (handlers) => openSocket(o, handlers),
	ticket: async () => {
		const said = JSON.parse((await post(o.origin, o.ca, "ws_ticket", {}, o.cookie)).body) as { ok?: { ticket: string }; err?: string };
		if (!said.ok) throw refusal(said.err ?? "unavailable");
		return said.ok.ticket;
	},
	argon2id: async (password, p) =>
		new Uint8Array(await argon2id({
			password, salt: p.salt, parallelism: p.lanes, iterations: p.passes, memorySize: p.memoryKib, hashLength: 32, outputType: "binary",
		})) as Bytes,
	words,
});
