// The dedicated worker in which keys live: the engine, a WebSocket, and a door for messages from the page. Nothing is stored here.

import { makeEngine } from "../client/engine.js";
import type { Platform, Socket, SocketHandlers } from "../client/platform.js";
import { detailOf, refusal, wordOf } from "../client/refusal.js";
import type { Argon2Params, Bytes } from "../seal/index.js";
import { words } from "../words/words.js";
import type { Ask, Hint } from "./rpc.js";
import { startWorker } from "./trusted.js";

const CLOSE_NORMAL = 1000;

const open = (h: SocketHandlers): Socket => {
	const socket = new WebSocket(`${location.origin.replace(/^http/, "ws")}/ws`, "luotsi.v1");
	socket.addEventListener("open", () => h.opened());
	socket.addEventListener("message", ({ data }: MessageEvent<unknown>) => void (typeof data === "string" && h.said(data)));
	socket.addEventListener("close", ({ code }) => h.closed(code));
	return { say: (frame) => socket.send(frame), close: () => socket.close(CLOSE_NORMAL) };
};

const ticket = async (): Promise<string> => {
	const headers = { "content-type": "application/json", "x-luotsi": "1" };
	const answer = await fetch("/api/ws_ticket", { method: "POST", headers, body: "{}" });
	const said = (await answer.json()) as { ok?: { ticket: string }; err?: string };
	if (!said.ok) throw refusal(said.err ?? "unavailable");
	return said.ok.ticket;
};

/** One worker for one derivation: its 64 MiB go with it. */
const argon2id = (password: Bytes, params: Argon2Params): Promise<Bytes> =>
	new Promise((resolve, reject) => {
		const worker = startWorker(ARGON2_WORKER);
		const end = (): void => worker.terminate();
		worker.addEventListener("message", ({ data }: MessageEvent<Bytes>) => {
			end();
			resolve(data);
		});
		worker.addEventListener("error", () => {
			end();
			reject(new Error("argon2"));
		});
		worker.postMessage({ password, params }, [password.buffer]);
	});

const platform: Platform = {
	origin: location.origin,
	readAhead: true,
	open,
	ticket,
	argon2id,
	words,
};

const engine = makeEngine(platform, (event) => postMessage({ event }));

const answer = async ({ id, method, args }: Ask): Promise<void> => {
	try {
		const call = engine[method] as (...args: readonly unknown[]) => Promise<unknown>;
		postMessage({ id, ok: await call(...args) });
		if (method === "start") void fetch(ARGON2_WORKER).catch(() => undefined); // is here before somebody has typed a passphrase
	} catch (thrown) {
		const detail = detailOf(thrown);
		postMessage({ id, err: { word: wordOf(thrown), ...(typeof detail === "string" ? { detail } : {}) } });
	}
};

addEventListener("message", ({ data }: MessageEvent<Ask | Hint>) => {
	if (!("hint" in data)) return void answer(data);
	if (data.hint === "online") engine.parts.link.poke();
	else engine.parts.link.drop();
});
