// What the bench needs of the wire: sessions of thousands of people (made by SQL, not by their sign-in), one connection with typed-by-hand calls, and SQL as the cluster's owner.

import { createHash, randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { request } from "node:https";
import pg from "pg";
import WebSocket from "ws";

export interface Service {
	readonly origin: string;
	readonly port: number;
	readonly ca: string;
	readonly sockets: string;
	readonly count: number;
	readonly rounds: number;
}

type Json = Record<string, unknown>;

export const database = async (service: Service): Promise<pg.Client> => {
	const client = new pg.Client({ host: service.sockets, database: "luotsi", user: "postgres" });
	await client.connect();
	return client;
};

const post = (service: Service, op: string, what: Json, cookie = ""): Promise<{ cookie: string; ok: Json }> =>
	new Promise((resolve, reject) => {
		const body = JSON.stringify(what);
		const headers = {
			Origin: service.origin, "Content-Type": "application/json", "Content-Length": body.length, "X-Luotsi": "1",
			...(cookie ? { Cookie: `__Host-luotsi=${cookie}` } : {}),
		};
		const options = { method: "POST", host: "localhost", port: service.port, path: `/api/${op}`, ca: readFileSync(service.ca), agent: false, headers };
		const asked = request(options, (answer) => {
			let text = "";
			answer.on("data", (part: Buffer) => (text += part.toString()));
			answer.on("end", () => {
				const { ok } = JSON.parse(text) as { ok?: Json };
				if (ok) resolve({ ok, cookie: /__Host-luotsi=([^;]+)/.exec(answer.headers["set-cookie"]?.[0] ?? "")?.[1] ?? "" });
				else reject(new Error(`${op}: ${answer.statusCode}`));
			});
		});
		asked.on("error", reject);
		asked.end(body);
	});

/** Begins a session by SQL and gives the value of its cookie: a journey through a bank would measure the bank. */
export const signIn = async (db: pg.Client, person: string): Promise<string> => {
	const token = randomBytes(32);
	await db.query(
		`INSERT INTO session (org, session, token_hash, account, method, seen_at, started_at, expires_at, fresh_until)
		 SELECT org, gen_random_uuid(), $2, account, 'passkey', now(), now(), now() + interval '1 day', now() + interval '1 hour' FROM account WHERE account = $1`,
		[person, createHash("sha256").update(token).digest()]);
	return token.toString("base64url");
};

export interface Wire {
	readonly cookie: string;
	readonly call: (op: string, body: Json) => Promise<Json>;
	readonly close: () => void;
}

export const connect = (service: Service, cookie: string): Promise<Wire> =>
	new Promise((resolve, reject) => {
		const socket = new WebSocket(`wss://localhost:${service.port}/ws`, "luotsi.v1", {
			ca: readFileSync(service.ca), origin: service.origin, headers: { Cookie: `__Host-luotsi=${cookie}` }, perMessageDeflate: false,
		});
		const waiting = new Map<number, { resolve: (ok: Json) => void; reject: (e: Error) => void; op: string }>();
		let id = 0;
		const call = (op: string, body: Json): Promise<Json> =>
			new Promise((done, failed) => {
				waiting.set(++id, { resolve: done, reject: failed, op });
				socket.send(JSON.stringify({ id, op, body }));
			});
		socket.on("message", (data: Buffer) => {
			const said = JSON.parse(data.toString()) as { id?: number; ok?: Json; err?: string; detail?: unknown };
			const asked = said.id === undefined ? undefined : waiting.get(said.id);
			if (said.id === undefined || !asked) return;
			waiting.delete(said.id);
			if (said.ok) asked.resolve(said.ok);
			else asked.reject(new Error(`${asked.op}: ${said.err} ${JSON.stringify(said.detail ?? {})}`));
		});
		socket.on("error", reject);
		socket.on("open", () => {
			const wire = { cookie, call, close: () => socket.close() };
			post(service, "ws_ticket", {}, cookie).then(({ ok }) => call("session_open", ok)).then(() => resolve(wire), reject);
		});
	});
