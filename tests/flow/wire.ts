// The bare wire, for what no honest client says: frames and requests by hand.

import { randomBytes } from "node:crypto";
import { connect, type TLSSocket } from "node:tls";
import WebSocket from "ws";
import { post } from "../../web/src/client/node.js";
import type { Service } from "./house.js";

export interface Reply {
	id?: number;
	ok?: Record<string, unknown>;
	err?: string;
	detail?: Record<string, unknown>;
	ev?: string;
	body?: Record<string, unknown>;
}

export interface Wire {
	socket: WebSocket;
	/** session_open with a fresh ticket of this cookie's session; with one of nobody's if there is no session. */
	open(): Promise<Reply>;
	/** With a blob: a binary frame. */
	ask(op: string, body: object, blob?: Buffer): Promise<Reply>;
	raw(data: string | Buffer): void;
	/** All frames that answered nothing. */
	heard: Reply[];
	closed: Promise<number>;
	/** The HTTP status with which the handshake was refused. */
	refused: Promise<number>;
}

export interface Handshake {
	cookie?: string;
	origin?: string;
	protocols?: string[];
}

export const openWire = async (house: { service: Service; ca: string }, h: Handshake): Promise<Wire> => {
	const { service, ca } = house;
	// Before the connection: from then on its first frame has seconds to come, and a busy machine needs them for a request.
	const ticket = h.cookie === undefined ? undefined : await ticketOf(house, h.cookie).catch(() => undefined);
	const headers = { ...(h.cookie === undefined ? {} : { cookie: h.cookie }), ...(h.origin === "" ? {} : { origin: h.origin ?? service.origin }) };
	const socket = new WebSocket(`wss://localhost:${service.port}/ws`, h.protocols ?? ["luotsi.v1"], { ca, headers, perMessageDeflate: false });
	const waiting = new Map<number, (reply: Reply) => void>();
	const heard: Reply[] = [];
	let last = 0;
	socket.on("message", (data) => {
		const reply = JSON.parse(String(data)) as Reply;
		const to = reply.id === undefined ? undefined : waiting.get(reply.id);
		if (to) to(reply);
		else heard.push(reply);
	});
	const closed = new Promise<number>((resolve) => socket.on("close", resolve));
	const refused = new Promise<number>((resolve) => {
		socket.on("unexpected-response", (_, response) => {
			resolve(response.statusCode ?? 0);
			response.resume();
			socket.terminate();
		});
		socket.on("error", () => resolve(0));
	});
	await Promise.race([new Promise((resolve) => socket.on("open", resolve)), refused]);
	const ask = (op: string, body: object, blob?: Buffer): Promise<Reply> =>
		new Promise((resolve) => {
			const id = ++last;
			waiting.set(id, resolve);
			void closed.then((code) => resolve({ err: `closed ${code}` }));
			const json = Buffer.from(JSON.stringify({ id, op, body }));
			const length = Buffer.alloc(4);
			length.writeUInt32BE(json.length);
			socket.send(blob ? Buffer.concat([length, json, blob]) : String(json));
		});
	return {
		socket, heard, closed, refused, ask,
		raw: (data) => socket.send(data),
		open: async () => ask("session_open", { ticket: ticket ?? (await ticketOf(house, h.cookie ?? "")) }),
	};
};

/** A ticket for the WebSocket of this cookie's session; 32 bytes that nobody gave if there is none. */
export const ticketOf = async (house: { service: Service; ca: string }, cookie: string): Promise<string> => {
	const answer = JSON.parse((await post(house.service.origin, house.ca, "ws_ticket", {}, cookie)).body) as Reply;
	return (answer.ok?.["ticket"] as string | undefined) ?? randomBytes(32).toString("base64url");
};

/** Bytes over TLS as they are; resolves to what came back until it is enough, the server closed or the time was over. */
export const rawTls = (house: { service: Service; ca: string }, pieces: readonly (string | Buffer)[], ms = 60_000, enough: (text: string) => boolean = () => false): Promise<string> =>
	new Promise((resolve) => {
		let text = "";
		const socket: TLSSocket = connect({ host: "localhost", port: house.service.port, ca: house.ca, servername: "localhost", ALPNProtocols: ["http/1.1"] }, () => {
			for (const piece of pieces) socket.write(piece);
		});
		const end = (): void => {
			socket.destroy();
			resolve(text);
		};
		const timer = setTimeout(end, ms);
		socket.on("data", (data) => {
			text += data.toString("latin1");
			if (!enough(text)) return;
			clearTimeout(timer);
			end();
		});
		socket.on("error", () => undefined);
		socket.on("close", () => {
			clearTimeout(timer);
			resolve(text);
		});
	});
