// What the engine needs from where it runs; it has no DOM, no network and no clock of its own.

import type { Language } from "./api.js";
import type { Argon2id, Bytes } from "../seal/index.js";

export interface SocketHandlers {
	opened(): void;
	said(text: string): void;
	/** Once, also when it never opened. 4001: the session was ended. */
	closed(code: number): void;
}

export interface Socket {
	say(frame: string | Bytes): void;
	close(): void;
}

/** One part of a file on its way, up or down. */
export interface PartRequest {
	readonly method: "PUT" | "GET";
	readonly path: string;
	readonly headers: Readonly<Record<string, string>>;
	readonly body?: Bytes;
	readonly signal: AbortSignal;
	/** An answer that is longer is cut off. */
	readonly most: number;
	progress(sent: number): void;
}

export interface PartAnswer {
	readonly status: number;
	readonly body: Bytes;
}

export type Transport = (asked: PartRequest) => Promise<PartAnswer>;

/** Several parts of a file, one behind the other in one answer. */
export interface RunRequest {
	readonly path: string;
	readonly headers: Readonly<Record<string, string>>;
	readonly signal: AbortSignal;
	/** What each of the parts must measure; an answer that is longer is cut off. */
	readonly sizes: readonly number[];
	/** Gets them in their order; the next one is not taken before it has resolved. */
	take(part: Bytes): Promise<void>;
}

/** The answer's body is that of a refusal. */
export type RunTransport = (asked: RunRequest) => Promise<PartAnswer>;

export interface Platform {
	/** A WebSocket to /ws with the subprotocol luotsi.v1 and the session's cookie. */
	open(handlers: SocketHandlers): Socket;
	/** POST /api/ws_ticket with that cookie: what the first frame carries. Rejects with the server's word. */
	ticket(): Promise<string>;
	argon2id: Argon2id;
	/** 2,048 words; loaded when asked for. */
	words(language: Language): Promise<readonly string[]>;
	/** For invitation links: scheme, host and port. */
	origin: string;
	/** Where it is not a browser. */
	transport?: Transport;
	/** Without it parts are asked for one by one. */
	runs?: RunTransport;
	/** Staff only: read the newest rooms ahead, so that the list shows last words. */
	readAhead: boolean;
}
