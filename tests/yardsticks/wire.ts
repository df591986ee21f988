// A connection of bytes: TLS, a handshake and frames by hand, so that what no library would send can be sent.

import { createHash, randomBytes, randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { connect, type TLSSocket } from "node:tls";
import { startService } from "../lib/service.mjs";
import { connect as database, idToUuid, makeOrg, type Service } from "../flow/house.js";
import { rawTls, ticketOf } from "../flow/wire.js";

/** Whatever comes, comes within this time, however slow the machine is. */
export const PATIENCE = 60_000;

export interface Place {
	readonly service: Service;
	readonly ca: string;
	/** Of a session. */
	readonly cookie: string;
}

/** A session of a counsellor who needs nothing more, put in by hand; gives its cookie. */
const sessionOf = async (service: Service): Promise<string> => {
	const org = randomUUID(), token = randomBytes(32), db = await database(service);
	const account = makeOrg(service, org).get("counsellor-1");
	await db.query(
		`INSERT INTO session (org, session, token_hash, account, method, identified_at, fresh_until, expires_at)
		 VALUES ($1, gen_random_uuid(), $2, $3, 'passkey', now(), now() + interval '1 hour', now() + interval '1 hour')`,
		[org, createHash("sha256").update(token).digest(), idToUuid(account?.person ?? "")]);
	await db.end();
	return `__Host-luotsi=${token.toString("base64url")}`;
};

export const openPlace = async (edge: boolean, settings: Readonly<Record<string, number>>): Promise<Place> => {
	const service = (await startService({ edge, settings })) as Service;
	try {
		return { service, ca: readFileSync(service.ca, "utf8"), cookie: await sessionOf(service) };
	} catch (thrown) {
		await service.stop();
		throw thrown;
	}
};

/** What was answered, when the other side has closed. */
export const answered = (place: Place, text: string): Promise<string> => rawTls(place, [text], PATIENCE);

export const frame = (first: number, payload: Buffer, masked = true): Buffer => {
	const n = payload.length, mark = masked ? 0x80 : 0;
	const head = n < 126 ? Buffer.from([first, mark | n]) : n < 65_536 ? Buffer.from([first, mark | 126, n >> 8, n & 255]) : Buffer.alloc(10);
	if (n >= 65_536) {
		head.set([first, mark | 127]);
		head.writeUInt32BE(n, 6);
	}
	const mask = randomBytes(4);
	return masked ? Buffer.concat([head, mask, payload.map((byte, i) => byte ^ (mask[i % 4] ?? 0))]) : Buffer.concat([head, payload]);
};

export interface Heard {
	readonly opcode: number;
	readonly first: number;
	readonly masked: boolean;
	readonly payload: Buffer;
}

const takeFrame = (bytes: Buffer): { heard: Heard; size: number } | null => {
	if (bytes.length < 2) return null;
	const short = (bytes[1] ?? 0) & 127, more = short === 126 ? 2 : short === 127 ? 8 : 0;
	if (bytes.length < 2 + more) return null;
	const n = more === 2 ? bytes.readUInt16BE(2) : more === 8 ? Number(bytes.readBigUInt64BE(2)) : short;
	if (bytes.length < 2 + more + n) return null;
	const first = bytes[0] ?? 0;
	return { heard: { opcode: first & 15, first, masked: ((bytes[1] ?? 0) & 0x80) !== 0, payload: bytes.subarray(2 + more, 2 + more + n) }, size: 2 + more + n };
};

const KEY = "dGhlIHNhbXBsZSBub25jZQ==";

export type Headers = Readonly<Record<string, string | null>>;

/** The head of a handshake; `other` replaces headers, or leaves out those that are null. */
export const handshake = (place: Place, other: Headers = {}, line = "GET /ws HTTP/1.1"): string => {
	const headers: Record<string, string | null> = {
		Host: `localhost:${place.service.port}`, Upgrade: "websocket", Connection: "Upgrade", "Sec-WebSocket-Key": KEY, "Sec-WebSocket-Version": "13",
		"Sec-WebSocket-Protocol": "luotsi.v1", Origin: place.service.origin, Cookie: place.cookie, ...other,
	};
	return `${line}\r\n${Object.entries(headers).flatMap(([name, value]) => (value === null ? [] : [`${name}: ${value}\r\n`])).join("")}\r\n`;
};

export interface Line {
	/** The answer to the handshake. */
	readonly head: string;
	send(...frames: Buffer[]): void;
	/** The next frame; null when the connection has ended. */
	next(): Promise<Heard | null>;
	leave(): void;
}

/** Connects and shakes hands; `behind` are bytes in the same piece as the handshake. */
export const openLine = async (place: Place, head = handshake(place), behind = Buffer.alloc(0)): Promise<Line> => {
	let bytes = Buffer.alloc(0), over = false, wake = (): void => undefined;
	const socket: TLSSocket = connect({ host: "localhost", port: place.service.port, ca: place.ca, servername: "localhost", ALPNProtocols: ["http/1.1"] });
	const ended = (): void => {
		over = true;
		wake();
	};
	socket.setNoDelay(true);
	socket.setTimeout(PATIENCE, () => socket.destroy(new Error("nothing came")));
	socket.on("secureConnect", () => socket.write(Buffer.concat([Buffer.from(head), behind])));
	socket.on("data", (data: Buffer) => {
		bytes = Buffer.concat([bytes, data]);
		wake();
	});
	socket.on("error", ended);
	socket.on("close", ended);
	const until = async <T>(take: () => T | null): Promise<T | null> => {
		for (;;) {
			const found = take();
			if (found !== null || over) return found;
			await new Promise<void>((resolve) => (wake = resolve));
		}
	};
	const said = await until(() => {
		const end = bytes.indexOf("\r\n\r\n");
		if (end < 0) return null;
		const text = bytes.subarray(0, end + 2).toString("latin1");
		bytes = bytes.subarray(end + 4);
		return text;
	});
	return {
		head: said ?? "",
		send: (...frames) => void socket.write(Buffer.concat(frames)),
		next: () =>
			until(() => {
				const one = takeFrame(bytes);
				if (one) bytes = bytes.subarray(one.size);
				return one ? one.heard : null;
			}),
		leave: () => void socket.destroy(),
	};
};

/** A line on which a session is open. */
export const openSession = async (place: Place): Promise<Line> => {
	const line = await openLine(place);
	line.send(frame(0x81, Buffer.from(JSON.stringify({ id: 1, op: "session_open", body: { ticket: await ticketOf(place, place.cookie) } }))));
	const reply = await line.next();
	if (!reply || !reply.payload.includes('"ok"')) throw new Error(`no session: ${reply?.payload.toString() ?? line.head}`);
	return line;
};
