// The evil server: TLS, the site, tickets, the WebSocket and the parts of files, as the real one speaks them. What it keeps and how it lies is
// a relay of tests/client; several can stand behind it, and the cookie says which of them and who is asking.

import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:https";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { extname, join } from "node:path";
import { createSecureContext } from "node:tls";
import { WebSocketServer, type WebSocket } from "ws";
import { openNodePlatform } from "../../../web/src/client/node.js";
import type { Platform, Transport } from "../../../web/src/client/platform.js";
import type { Bytes } from "../../../web/src/seal/index.js";
import type { Relay } from "../../client/relay.js";
import { root } from "./client.js";

export interface EvilServer {
	readonly origin: string;
	/** How one person's client reaches this relay. */
	cookie(relay: Relay, user: string): string;
	platform(relay: Relay, user: string): Platform;
	close(): Promise<void>;
}

/** A certificate for localhost, made for this run. */
const certificate = (): { key: string; cert: string } => {
	const folder = mkdtempSync(join(tmpdir(), "luotsi-evil-tls."));
	const [keyFile, certFile] = [join(folder, "key"), join(folder, "cert")];
	execFileSync("openssl", [
		"req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj", "/CN=localhost",
		"-addext", "subjectAltName=DNS:localhost", "-keyout", keyFile, "-out", certFile,
	], { stdio: "ignore" });
	const made = { key: readFileSync(keyFile, "utf8"), cert: readFileSync(certFile, "utf8") };
	rmSync(folder, { recursive: true });
	return made;
};

const TYPES: Readonly<Record<string, string>> = { ".html": "text/html; charset=utf-8", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml", ".woff2": "font/woff2" };
const DOCUMENT = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; font-src 'self'; connect-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types app";
const ARGON2 = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'";
const HEADERS = { "x-content-type-options": "nosniff", "referrer-policy": "no-referrer", "cross-origin-opener-policy": "same-origin", "cross-origin-embedder-policy": "require-corp" };

const sendFile = (path: string, answer: ServerResponse): void => {
	const file = join(root, "web", "dist", extname(path) ? path : "index.html");
	if (!existsSync(file)) return void answer.writeHead(404).end();
	const policy = path.startsWith("/argon2-") ? ARGON2 : DOCUMENT;
	answer.writeHead(200, { ...HEADERS, "content-security-policy": policy, "content-type": TYPES[extname(file)] ?? "application/octet-stream" });
	answer.end(readFileSync(file));
};

const bodyOf = async (asked: IncomingMessage): Promise<Bytes> => {
	const pieces: Buffer[] = [];
	for await (const piece of asked) pieces.push(piece as Buffer);
	return new Uint8Array(Buffer.concat(pieces));
};

const carry = async (transport: Transport, asked: IncomingMessage, answer: ServerResponse): Promise<void> => {
	const { status, body } = await transport({
		method: asked.method === "PUT" ? "PUT" : "GET", path: asked.url ?? "", headers: asked.headers as Record<string, string>, body: await bodyOf(asked), signal: new AbortController().signal,
		most: Infinity, progress: () => undefined,
	});
	answer.writeHead(status, { "content-length": body.length }).end(Buffer.from(body));
};

const listen = (server: Server): Promise<number> =>
	new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve((server.address() as AddressInfo).port)));

/** A line of the relay, spoken over a real WebSocket. */
const speak = (relay: Relay, user: string, socket: WebSocket): void => {
	const line = relay.platform(user).open({ opened: () => undefined, said: (text) => socket.send(text), closed: () => socket.terminate() });
	socket.on("message", (data: Buffer, binary: boolean) => line.say(binary ? (new Uint8Array(data) as Bytes) : String(data)));
	socket.on("close", () => line.close());
	socket.on("error", () => undefined);
};

export const openEvil = async (): Promise<EvilServer> => {
	const relays: Relay[] = [];
	const { key, cert } = certificate();
	const whoIs = (asked: IncomingMessage): { relay: Relay; user: string } | undefined => {
		const [, n, user] = /(?:^|; )luotsi=(\d+)\.([\w-]+)/.exec(asked.headers.cookie ?? "") ?? [];
		const relay = relays[Number(n)];
		return relay && user !== undefined ? { relay, user } : undefined;
	};
	const answerApi = async (asked: IncomingMessage, answer: ServerResponse): Promise<void> => {
		const who = whoIs(asked);
		if (!who) return void answer.writeHead(401).end(JSON.stringify({ err: "not_signed_in" }));
		if (asked.url?.startsWith("/api/file/")) return carry(who.relay.carry(who.user), asked, answer);
		await bodyOf(asked);
		const is = asked.url === "/api/ws_ticket";
		answer.writeHead(is ? 200 : 404, { "content-type": "application/json" }).end(JSON.stringify(is ? { ok: { ticket: "" } } : { err: "unknown_op" }));
	};
	const server = createServer({ key, cert }, (asked, answer) => {
		const { pathname } = new URL(asked.url ?? "/", "https://localhost");
		if (pathname.startsWith("/api/")) answerApi(asked, answer).catch(() => answer.destroy());
		else sendFile(pathname, answer);
	});
	const sockets = new WebSocketServer({ server, path: "/ws", handleProtocols: () => "luotsi.v1" });
	sockets.on("connection", (socket, asked) => {
		const who = whoIs(asked);
		if (who) speak(who.relay, who.user, socket);
		else socket.terminate();
	});
	const origin = `https://localhost:${await listen(server)}`;
	const trust = createSecureContext({ ca: cert });
	const cookie = (relay: Relay, user: string): string => {
		if (!relays.includes(relay)) relays.push(relay);
		return `luotsi=${relays.indexOf(relay)}.${user}`;
	};
	return {
		origin,
		cookie,
		platform: (relay, user) => {
			const { runs: _, ...platform } = openNodePlatform({ origin, ca: cert, cookie: cookie(relay, user) }, trust);
			return platform;
		},
		close: async () => {
			for (const socket of sockets.clients) socket.terminate();
			sockets.close();
			server.closeAllConnections();
			await new Promise((resolve) => server.close(resolve));
		},
	};
};
