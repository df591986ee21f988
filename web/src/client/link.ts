// The connection: one WebSocket at a time, request ids, time limits, reconnecting with growing, jittered pauses. A call that was
// on its way when the connection went is refused as `uncertain`: whoever called repeats the same bytes. No more are on their way at once
// than the server takes of one connection; the others wait here, and are `offline` if it goes before they do. A server that goes itself
// sends us away (1001): what it did not answer it did not begin, and the next one is told it.

import type { Connection } from "./api.js";
import type { Platform, Socket } from "./platform.js";
import { blobs } from "../gen/proto.js";
import { concat, fromBase64Url, u32, utf8, type Bytes } from "../seal/index.js";
import { isUncertain, refusal, wordOf } from "./refusal.js";
import type { Body, Call, Op, Reply, ServerEvent, SessionOpened } from "./wire.js";

const CALL_MS = 20_000;
const OPEN_MS = 10_000;
const QUIET_MS = 25_000; // after which the server is asked whether it is there
const PING_MS = 10_000;
const PAUSE_LEAST_MS = 400;
const PAUSE_MOST_MS = 30_000;
const SPREAD_MS = 1_000; // all who lose a server at once do not come back at once
/** Three quarters of what a server takes if nothing else was set (`requests_in_flight`): the ceiling is for others, and may be lowered a little. */
const MOST = 48;
/** Of answers that may be as long as a third of what may wait for one reader (`outq_bytes`), with what is told meanwhile. */
const MOST_LONG = 2;
const LONG = /_(page|log|get|list)$/;
/** After `busy` or `rate_limited` nothing is said for this time, and little at once until answers come again. */
const HOLD_MS = 1_000;
const MOST_AFTER = 4;
const CLOSE_AWAY = 1001;
const CLOSE_SESSION = 4001;
const CLOSE_REPLACED = 4006;

export interface LinkHandlers {
	/** After each session_open; the engine catches up here. */
	online(session: SessionOpened): void;
	event(event: ServerEvent): void;
	state(state: Connection, retryAt: number | null): void;
	/** The session that there was is over; where there never was one, start() rejects instead. */
	ended(why: "signed_out" | "expired" | "replaced"): void;
}

export interface Link {
	/** Resolves when the first session is open; rejects when there is none. */
	start(): Promise<SessionOpened>;
	stop(): void;
	call: Call;
	/** The network may be back: do not wait for the pause to end. */
	poke(): void;
	/** The network is known to be gone. */
	drop(): void;
	online(): boolean;
}

interface Waiting {
	resolve(reply: unknown): void;
	reject(why: Error): void;
	timer: ReturnType<typeof setTimeout>;
	/** What may be said again; nothing: it is of its connection. */
	frame: string | Bytes;
	long: boolean;
	sent: boolean;
}

interface Answer {
	id?: number;
	ok?: unknown;
	err?: string;
	detail?: unknown;
	ev?: string;
	body?: unknown;
}

export const pauseBefore = (attempt: number, random: number): number =>
	Math.min(PAUSE_MOST_MS, PAUSE_LEAST_MS * 2 ** Math.min(attempt, 10)) * (0.5 + random / 2);

/** Work that is begun anew, after growing pauses, until the server has said yes or no. */
export const insistent = (work: () => Promise<unknown>) => {
	let timer: ReturnType<typeof setTimeout> | undefined;
	let tries = 0;
	const go = (): Promise<void> => {
		clearTimeout(timer);
		return work().then(() => void (tries = Math.min(tries, 0)), (thrown: unknown) => {
			clearTimeout(timer);
			if (isUncertain(thrown) && tries >= 0) timer = setTimeout(go, pauseBefore(tries++, Math.random()));
		});
	};
	return {
		go,
		stop: (): void => {
			tries = -Infinity;
			clearTimeout(timer);
		},
	};
};

/** JSON; where the op has a field for it, the length of the JSON, the JSON without that field, and the field's bytes. */
const frameOf = (id: number, op: Op, body: Record<string, unknown>): string | Bytes => {
	const field = blobs[op];
	if (!field) return JSON.stringify({ id, op, body });
	const json = utf8(JSON.stringify({ id, op, body: { ...body, [field]: undefined } }));
	return concat(u32(json.length), json, fromBase64Url(body[field] as string));
};

export const makeLink = (platform: Platform, handlers: LinkHandlers): Link => {
	const waiting = new Map<number, Waiting>();
	let socket: Socket | null = null;
	let state: Connection = "connecting";
	let opened = false;
	let away = false;
	let lastId = 0;
	let attempt = 0;
	let tries = 0;
	let timer: ReturnType<typeof setTimeout> | undefined;
	let quiet: ReturnType<typeof setTimeout> | undefined;
	let held: ReturnType<typeof setTimeout> | undefined;
	let most = MOST;
	let first: { resolve(s: SessionOpened): void; reject(e: Error): void } | null = null;

	const tell = (next: Connection, retryAt: number | null = null): void => {
		state = next;
		handlers.state(away && next === "offline" ? "connecting" : next, retryAt);
	};

	const fail = (id: number, w: Waiting): void => {
		clearTimeout(w.timer);
		waiting.delete(id);
		w.reject(refusal(w.sent || away ? "uncertain" : "offline"));
	};

	const failAll = (): void => {
		for (const [id, w] of waiting) {
			if (away && w.frame) w.sent = false;
			else fail(id, w);
		}
	};

	const close = (): void => {
		const old = socket;
		socket = null;
		opened = false;
		clearTimeout(timer);
		clearTimeout(quiet);
		failAll();
		release();
		old?.close();
	};

	const end = (why: "signed_out" | "expired" | "replaced", word = "not_signed_in"): void => {
		away = false;
		close();
		tell("ended");
		const never = first;
		first = null;
		if (never) never.reject(refusal(word));
		else handlers.ended(why);
	};

	const say = (id: number, w: Waiting, frame: string | Bytes, limit: number): void => {
		const to = socket;
		w.sent = true;
		clearTimeout(w.timer);
		w.timer = setTimeout(() => {
			fail(id, w);
			if (to) lost(to, 1006);
		}, limit);
		to?.say(frame);
	};

	/** Says what may be said now, in the order of the calls; only what waits for a long answer lets others by. */
	const pump = (): void => {
		if (!opened || held !== undefined) return;
		const sent = [...waiting.values()].filter((w) => w.sent);
		let [free, long] = [most - sent.length, MOST_LONG - sent.filter((w) => w.long).length];
		for (const [id, w] of waiting) {
			if (free <= 0) return;
			if (w.sent || (w.long && long <= 0)) continue;
			free--;
			if (w.long) long--;
			say(id, w, w.frame, CALL_MS);
		}
	};

	const release = (): void => {
		clearTimeout(held);
		held = undefined;
		pump();
	};

	const send = <O extends Op>(op: O, body: Body<O>, limit: number): Promise<Reply<O>> =>
		new Promise((resolve, reject) => {
			const id = ++lastId;
			const frame = frameOf(id, op, body);
			const own = limit === CALL_MS;
			const w: Waiting = { resolve: (reply) => resolve(reply as Reply<O>), reject, timer: setTimeout(() => fail(id, w), limit), frame: own ? frame : "", long: LONG.test(op), sent: false };
			waiting.set(id, w);
			if (own) pump();
			else say(id, w, frame, limit);
		});

	/** One that said "too much" is asked less. */
	const paced = (word: string | undefined): void => {
		if (word !== "busy" && word !== "rate_limited") return void (most = Math.min(MOST, most + 1));
		most = MOST_AFTER;
		held ??= setTimeout(release, HOLD_MS);
	};

	const answered = (answer: Answer): void => {
		const w = answer.id === undefined ? undefined : waiting.get(answer.id);
		if (!w) return;
		waiting.delete(answer.id as number);
		clearTimeout(w.timer);
		paced(answer.err);
		if (answer.err === undefined) w.resolve(answer.ok);
		else w.reject(refusal(answer.err, answer.detail === undefined ? undefined : JSON.stringify(answer.detail)));
		pump();
	};

	/** A line that was cut without a word looks open for hours; a question without an answer ends it (send). */
	const listen = (): void => {
		clearTimeout(quiet);
		quiet = setTimeout(() => void (opened && send("ping", {}, PING_MS).catch(() => undefined)), QUIET_MS);
	};

	const said = (text: string): void => {
		listen();
		const answer = JSON.parse(text) as Answer;
		if (answer.ev === undefined) return answered(answer);
		if (answer.ev === "session_ended") return end("signed_out");
		handlers.event({ ev: answer.ev, body: answer.body } as ServerEvent);
	};

	const retry = (pause = pauseBefore(attempt++, Math.random())): void => {
		tell("offline", Date.now() + pause);
		timer = setTimeout(connect, pause);
	};

	const lost = (from: Socket, code: number): void => {
		if (from !== socket || state === "ended") return;
		const before = opened;
		const sent = code === CLOSE_AWAY;
		away = sent || (away && !before); // nothing was said again yet
		close();
		if (code === CLOSE_SESSION) return end("expired");
		if (code === CLOSE_REPLACED) return end("replaced");
		retry(before || sent ? Math.random() * SPREAD_MS : undefined);
	};

	const isOver = (thrown: unknown): boolean => ["not_signed_in", "session_expired", "passkey_needed"].includes(wordOf(thrown));

	/** Half a session of staff is none for us: the page makes it whole and starts again. */
	const endAs = (thrown: unknown): void => (wordOf(thrown) === "passkey_needed" ? end("expired", "passkey_needed") : end("expired"));

	const hello = async (from: Socket, ticket: Promise<string>): Promise<void> => {
		try {
			const given = await ticket;
			if (from !== socket) return; // it came when this connection was no more
			const session = await send("session_open", { ticket: given }, OPEN_MS);
			if (from !== socket) return;
			clearTimeout(timer);
			opened = true;
			away = false;
			pump();
			attempt = 0;
			tell("online");
			first?.resolve(session);
			first = null;
			handlers.online(session);
		} catch (thrown) {
			if (!isOver(thrown)) return lost(from, 1006);
			if (from === socket) endAs(thrown);
		}
	};

	/**
	 * The ticket is fetched while the handshake goes on: both take the same journeys, so that it costs no time. It alone says that there is
	 * no session: a handshake also fails because a worker dies, or has nobody to ask.
	 */
	const connect = (): void => {
		clearTimeout(timer);
		tell("connecting");
		const mine = ++tries;
		const ticket = platform.ticket();
		ticket.catch((thrown: unknown) => void (mine === tries && !opened && state !== "ended" && isOver(thrown) && endAs(thrown)));
		const made: Socket = platform.open({
			opened: () => void (made === socket && hello(made, ticket)),
			said: (text) => void (made === socket && said(text)),
			closed: (code) => lost(made, code),
		});
		socket = made;
		timer = setTimeout(() => opened || lost(made, 1006), OPEN_MS);
	};

	return {
		start: () =>
			new Promise((resolve, reject) => {
				first = { resolve, reject };
				connect();
			}),
		stop: () => {
			away = false;
			close();
			tell("ended");
		},
		call: (op, body) => (opened || away ? send(op, body, CALL_MS) : Promise.reject(refusal("offline"))),
		poke: () => {
			if (state === "offline" && !socket) {
				attempt = 0;
				connect();
			}
		},
		drop: () => void (socket && lost(socket, 1006)),
		online: () => opened,
	};
};
