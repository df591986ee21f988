// Every route and every kind of answer, as requests: what the snapshot of headers.txt is taken of.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { handshake, type Headers, type Place } from "./wire.js";

export interface Ask {
	/** How it is called in the snapshot. */
	readonly name: string;
	readonly text: string;
}

const root = join(process.env["LUOTSI_TEST_LIB"] ?? "", "..", "..");
const ours: Headers = { "X-Luotsi": "1", "Sec-Fetch-Site": "same-origin" };
const json: Headers = { ...ours, "Content-Type": "application/json" };
const FILE = "AAAAAAAAAAAAAAAAAAAAAQ";

const ask = (place: Place, name: string, line: string, headers: Headers = {}, body?: string): Ask => {
	const all: Headers = { Host: `localhost:${place.service.port}`, Connection: "close", ...(body === undefined ? {} : { "Content-Length": String(Buffer.byteLength(body)) }), ...headers };
	return { name, text: `${line} HTTP/1.1\r\n${Object.entries(all).flatMap(([key, value]) => (value === null ? [] : [`${key}: ${value}\r\n`])).join("")}\r\n${body ?? ""}` };
};

/** The messages of proto/ that are asked by HTTP. */
export const operations = (): readonly string[] => {
	const folder = join(root, "proto");
	return readdirSync(folder).filter((name) => name.endsWith(".toml")).sort().flatMap((name) =>
		readFileSync(join(folder, name), "utf8").split("[[message]]").slice(1)
			.filter((text) => /^via = "(http|both)"/m.test(text)).map((text) => /^name = "(\w+)"/m.exec(text)?.[1] ?? ""));
};

/** One file of each kind: its ending, whether its name has a digest, and the names that have a policy of their own. */
const siteFiles = (): readonly (readonly [string, string])[] => {
	const plain = readdirSync(join(root, "web", "dist")).filter((name) => !/\.(br|gz)$/.test(name));
	const kinds = new Map(plain.map((name) => {
		const own = /^(argon2|pdf)-/.exec(name)?.[0] ?? "", digest = /-[0-9A-Z]{8,}\.\w+$/.test(name) ? "with a digest in its name" : "of a lasting name";
		return [`GET a file ${own}*${/\.\w+$/.exec(name)?.[0] ?? ""} ${digest}`, name] as const;
	}));
	return [...kinds];
};

const site = (place: Place): Ask[] => [
	ask(place, "GET /", "GET /"),
	ask(place, "GET / br", "GET /", { "Accept-Encoding": "br" }),
	ask(place, "GET a page of the application", "GET /room/x"),
	...siteFiles().map(([name, file]) => ask(place, name, `GET /${file}`)),
	ask(place, "HEAD /", "HEAD /"),
	ask(place, "HEAD a file that is not there", "HEAD /no.js"),
	...["/no.js", "/.git/config", "/.well-known/security.txt", "/index.html.br"].map((path) => ask(place, `GET ${path}`, `GET ${path}`)),
	...["POST", "PUT", "PATCH"].map((method) => ask(place, `${method} /`, `${method} /`, {}, "{}")),
	...["DELETE", "OPTIONS", "TRACE", "CONNECT", "BREW"].map((method) => ask(place, `${method} /`, `${method} /`)),
	ask(place, "GET a path with a stroke that leans back", "GET /a\\b"),
	ask(place, "GET with a header too many", "GET /", { Host: `localhost:${place.service.port}\r\nHost: example.org` }),
];

const api = (place: Place): Ask[] => {
	const post = (name: string, op: string, headers: Headers, body = "{}"): Ask => ask(place, name, `POST /api/${op}`, headers, body);
	return [
		...operations().map((op) => post("POST /api/ every message", op, json)),
		...operations().filter((op) => op !== "sign_out").map((op) => post("POST /api/ every message with a session", op, { ...json, Cookie: place.cookie })),
		post("POST /api/ of no name", "no_such_op", json),
		post("POST /api/ws_ticket from elsewhere", "ws_ticket", { ...json, "Sec-Fetch-Site": "cross-site" }),
		post("POST /api/ws_ticket of another type", "ws_ticket", { ...ours, "Content-Type": "text/plain" }),
		post("POST /api/ws_ticket of no JSON", "ws_ticket", json, "{"),
		post("POST /api/ws_ticket over the ceiling", "ws_ticket", { ...json, "Content-Length": "300000" }),
		post("POST /api/ws_ticket in chunks", "ws_ticket", { ...json, "Content-Length": null, "Transfer-Encoding": "chunked" }, "2\r\n{}\r\n0\r\n\r\n"),
		post("POST /api/ws_ticket without a length", "ws_ticket", { ...json, "Content-Length": null }, ""),
		ask(place, "GET /api/ws_ticket", "GET /api/ws_ticket", ours),
		ask(place, "GET a part", `GET /api/file/${FILE}/0`, ours),
		ask(place, "GET a part with a session", `GET /api/file/${FILE}/0`, { ...ours, Cookie: place.cookie }),
		ask(place, "GET a part from elsewhere", `GET /api/file/${FILE}/0`, { "Sec-Fetch-Site": "cross-site" }),
		ask(place, "PUT a part", `PUT /api/file/${FILE}/0`, { ...ours, "Content-Type": "application/octet-stream" }, "x"),
		ask(place, "POST a part", `POST /api/file/${FILE}/0`, ours, "x"),
		ask(place, "GET the head of a log that is not there", `GET /api/log/${FILE}/checkpoint`),
		ask(place, "GET a tile that is not there", `GET /api/log/${FILE}/tile/0/000`),
		ask(place, "GET no tile", "GET /api/log/directory/tile/0/0"),
		ask(place, "GET no log", "GET /api/log/x/checkpoint"),
		ask(place, "POST a log", "POST /api/log/directory/checkpoint", {}, ""),
	];
};

const upgrades = (place: Place): Ask[] => {
	const shake = (name: string, other: Headers, line?: string): Ask => ({ name: `upgrade ${name}`, text: handshake(place, { "Sec-WebSocket-Version": "8", ...other }, line) });
	return [
		shake("of another version", {}),
		shake("without a session", { "Sec-WebSocket-Version": "13", Cookie: null }),
		shake("from elsewhere", { "Sec-WebSocket-Version": "13", Origin: "https://example.org" }),
		shake("of another path", {}, "GET /x HTTP/1.1"),
		shake("to h2c", { Upgrade: "h2c", "HTTP2-Settings": "AAMAAABkAARAAAAAAAIAAAAA", Connection: "Upgrade, HTTP2-Settings" }, "GET / HTTP/1.1"),
	];
};

export const asks = (place: Place): readonly Ask[] => [...site(place), ...api(place), ...upgrades(place)];

/** What is answered when something is broken, or too much: asked by itself, in this order. */
export const later = {
	tooMany: (place: Place): Ask => ask(place, "too many", "POST /api/sign_in_options", json, "{}"),
	ticket: (place: Place, name: string): Ask => ask(place, name, "POST /api/ws_ticket", { ...json, Cookie: place.cookie }, "{}"),
	sameAgain: (place: Place, etag: string): Ask => ask(place, "GET / again", "GET /", { "If-None-Match": etag }),
	signOut: (place: Place): Ask => ask(place, "POST /api/sign_out with a session", "POST /api/sign_out", { ...json, Cookie: place.cookie }, "{}"),
};
