// Every ceiling that one person, address or connection can reach, set low and reached: the clear refusal, and that the others go on.
// What is measured under such load is in tests/bench (limits).

import { strict as assert } from "node:assert";
import { after, before, test } from "node:test";
import { request } from "node:https";
import { connect, type TLSSocket } from "node:tls";
import { connect as connectTcp, type Socket } from "node:net";
import { closeHouse, cookieOf, openHouse, proveAgain, say, talk, type House, type Talk } from "../flow/house.js";
import { begin, cancel, cipher, put, sha256 } from "../flow/parts.js";
import { openWire, type Wire } from "../flow/wire.js";
import { signedIn } from "../flow/commit.test.js";

const SETTINGS = {
	workers: "1", max_connections: "80", max_connections_per_address: "20", max_connections_per_user: "3", connects_per_minute: "100", sign_ins_per_minute: "90",
	requests_in_flight: "8", outq_frames: "64", outq_bytes: "1048576", first_frame_seconds: "2", http_seconds: "12", ping_seconds: "5", idle_seconds: "10",
	parts_at_once: "5", parts_at_once_per_address: "3", parts_per_minute: "40", part_bytes_per_second: "262144", log_reads_per_minute: "20", requests_per_minute: "600",
	files_open: "3", files_per_day: "8", file_most_bytes: "2000000", file_quota_bytes: "5000000", db_lock_timeout_ms: "8000", db_read_timeout_ms: "20000", db_queue: "16",
};
/** A wait without an end would hide which one it was. */
const MOST = 60_000;

let house: House, people: Talk, cookie: string;
before(async () => {
	house = await openHouse(SETTINGS);
	people = await talk(house);
	cookie = await cookieOf(house, { person: people.client.user, role: "client" });
});
after(async () => {
	if (house) await closeHouse(house);
});

const within = async <T>(what: string, wait: Promise<T>, ms = MOST): Promise<T> => {
	let timer: ReturnType<typeof setTimeout> | undefined;
	const late = new Promise<never>((_, reject) => (timer = setTimeout(() => reject(new Error(`waited in vain: ${what}`)), ms)));
	return Promise.race([wait, late]).finally(() => clearTimeout(timer));
};
const until = async (what: string | (() => string), is: () => Promise<boolean>): Promise<void> => {
	for (const begun = Date.now(); !(await is()); await new Promise((resolve) => setTimeout(resolve, 50))) if (Date.now() - begun > MOST) throw new Error(`waited in vain: ${typeof what === "string" ? what : what()}`);
};

/** One of loopback's many addresses, so that what one test does to its own leaves the others alone. */
interface Line {
	socket: Socket;
	heard: () => string;
	/** "shaken" after TLS, "closed" if it ends before. */
	state: Promise<"shaken" | "closed">;
	closed: Promise<void>;
}
const line = (from: string, tls = true): Line => {
	let text = "";
	const at = { host: "127.0.0.1", port: house.service.port, localAddress: from };
	const socket: Socket | TLSSocket = tls ? connect({ ...at, ca: house.ca, servername: "localhost", ALPNProtocols: ["http/1.1"] }) : connectTcp(at);
	socket.on("data", (data: Buffer) => (text += data.toString("latin1")));
	socket.on("error", () => undefined);
	const closed = new Promise<void>((resolve) => socket.on("close", () => resolve()));
	const shaken = new Promise<"shaken">((resolve) => socket.on(tls ? "secureConnect" : "connect", () => resolve("shaken")));
	return { socket, heard: () => text, state: Promise.race([shaken, closed.then(() => "closed" as const)]), closed };
};
/** Opens lines until one is turned away or there are `most`; gives those that stood at that moment. Idle ones go by themselves in time. */
const fill = async (froms: readonly string[], most: number): Promise<Line[]> => {
	const all: Line[] = [], gone = new Set<Line>();
	for (let i = 0; i < most; i++) {
		const one = line(froms[i % froms.length] as string);
		void one.closed.then(() => gone.add(one));
		if ((await within("a line is decided", one.state)) === "closed") return all.filter((other) => !gone.has(other));
		all.push(one);
	}
	throw new Error(`nobody was turned away of ${most}, ${all.length - gone.size} stood`);
};
const drop = (all: readonly Line[]): Promise<unknown> => {
	for (const one of all) one.socket.destroy();
	return Promise.all(all.map((one) => one.closed));
};

interface Answer {
	status: number;
	word: string;
}
const ask = (from: string, path: string, method = "GET", body?: Buffer | string, headers: Record<string, string> = {}): Promise<Answer> =>
	new Promise((resolve, reject) => {
		const sent = request({ host: "127.0.0.1", port: house.service.port, localAddress: from, servername: "localhost", ca: house.ca, path, method, agent: false,
			headers: { host: `localhost:${house.service.port}`, origin: house.service.origin, "x-luotsi": "1", ...headers } }, (answer) => {
			let text = "";
			answer.on("data", (piece: Buffer) => (text += piece.toString("latin1")));
			answer.on("error", reject);
			answer.on("end", () => resolve({ status: answer.statusCode ?? 0, word: /"err":"([a-z_]+)"/.exec(text)?.[1] ?? "ok" }));
		});
		sent.on("upgrade", (_, socket) => {
			socket.destroy();
			resolve({ status: 101, word: "ok" });
		});
		sent.on("error", reject);
		sent.end(body);
	});
const answers = async (from = "127.0.0.2"): Promise<void> => assert.equal((await ask(from, "/")).status, 200);
const talkGoesOn = (text: string): Promise<void> => say(people.client, people.counsellor, people.room, text);

/** Again and again until somebody comes in from there: the places of those who went are free. */
const free = (from: string): Promise<void> => until("there is room again", () => ask(from, "/").then((a) => a.status === 200, () => false));

test("one address has so many connections, and others come in", async () => {
	const all = await fill(["127.0.0.20"], 2_000);
	assert.ok(all.length <= 20, `${all.length} stood`);
	await answers();
	await talkGoesOn("yksi osoite on täynnä");
	await drop(all);
	await free("127.0.0.20");
});

test("a worker has so many connections, who talks goes on, and it recovers", async () => {
	const all = await fill(Array.from({ length: 8 }, (_, i) => `127.0.0.${30 + i}`), 8_000);
	assert.ok(all.length <= 80 && all.length > 20, `${all.length} stood`);
	await talkGoesOn("palvelin on täynnä");
	await drop(all);
	await free("127.0.0.2");
});

/** How many were answered before one was refused by this word; a bucket fills while it is emptied, so that on a slow machine it takes more. */
const answeredBefore = async (word: string, once: () => Promise<string>): Promise<number> => {
	for (let n = 0; n < 5_000; n++) if ((await once()) === word) return n;
	throw new Error(`nobody said ${word}`);
};

test("one address connects so often in a minute", async () => {
	const upgrade = { connection: "Upgrade", upgrade: "websocket", "sec-websocket-version": "13", "sec-websocket-protocol": "luotsi.v1", cookie: "__Host-luotsi=" + "A".repeat(43), "sec-websocket-key": Buffer.alloc(16).toString("base64") };
	assert.ok((await answeredBefore("429", async () => String((await ask("127.0.0.40", "/ws", "GET", undefined, upgrade)).status))) >= 100);
	await answers();
});

test("a person has so many windows, and the oldest goes", async () => {
	const account = await house.account(), mine = await cookieOf(house, account);
	const wires: Wire[] = [];
	for (let i = 0; i < 4; i++) {
		const wire = await openWire(house, { cookie: mine });
		assert.ok((await wire.open()).ok);
		wires.push(wire);
	}
	assert.equal(await within("the oldest goes", (wires[0] as Wire).closed), 4006);
	assert.ok((await (wires[3] as Wire).ask("room_list", { limit: 10 })).ok);
	for (const wire of wires) wire.socket.terminate();
});

test("a connection has so many requests in flight, and what waits for the database has a ceiling", async () => {
	const wires = await Promise.all([people.client, people.counsellor].map((actor) => signedIn(house, actor)));
	await house.db.query("BEGIN");
	await house.db.query("LOCK TABLE message IN ACCESS EXCLUSIVE MODE");
	const all = wires.map((wire) => Array.from({ length: 12 }, () => wire.ask("message_page", { room: people.room, limit: 10 })));
	const early = await within("the first refusal", Promise.any(all.flat().map(async (one) => {
		const reply = await one;
		if (reply.err === undefined) throw new Error("answered");
		return reply.err;
	})));
	assert.equal(early, "busy");
	await house.db.query("COMMIT");
	for (const replies of all) {
		const words = (await within("all are answered", Promise.all(replies))).map((reply) => reply.err ?? "ok");
		assert.deepEqual([words.filter((w) => w === "ok").length, words.filter((w) => w === "busy").length], [8, 4]);
	}
	for (const wire of wires) wire.socket.terminate();
});

test("who never reads is cut at so many waiting frames", async () => {
	const wire = await signedIn(house, people.client);
	(wire.socket as unknown as { _socket: { pause(): void } })._socket.pause();
	let sent = 0;
	const pump = setInterval(() => {
		if (wire.socket.readyState === 1 && sent < 20_000) for (let i = 0; i < 8; i++) wire.raw(JSON.stringify({ id: ++sent, op: "message_page", body: { room: people.room, limit: 50 } }));
	}, 5);
	await talkGoesOn("muut jatkavat");
	await until("it is cut", async () => {
		(wire.socket as unknown as { _socket: { resume(): void; pause(): void } })._socket.resume();
		await new Promise((resolve) => setTimeout(resolve, 1));
		(wire.socket as unknown as { _socket: { pause(): void } })._socket.pause();
		return wire.socket.readyState === 3;
	});
	clearInterval(pump);
	assert.ok([4004, 4005, 1006].includes(await wire.closed));
	await talkGoesOn("ja jatkavat yhä");
});

test("a window that answers no ping is closed", async () => {
	const mine = await cookieOf(house, await house.account());
	const wire = await openWire(house, { cookie: mine });
	(wire.socket as unknown as { _autoPong: boolean })._autoPong = false;
	assert.ok((await wire.open()).ok);
	await within("it is closed", wire.closed);
});

test("who says nothing, half a handshake, half a head or half a body is cut", async () => {
	const silent = line("127.0.0.50", false), half = line("127.0.0.50", false), quiet = line("127.0.0.50"), head = line("127.0.0.50"), body = line("127.0.0.50");
	half.socket.write(Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00, 0x01]));
	head.socket.write("POST /api/sign_in_options HTTP/1.1\r\nHost: loc");
	body.socket.write(`POST /api/sign_in_options HTTP/1.1\r\nHost: localhost:${house.service.port}\r\nOrigin: ${house.service.origin}\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{`);
	const drip = setInterval(() => head.socket.write("a"), 500); // a sign of life, but no request
	for (const [what, one] of Object.entries({ silent, half, quiet, head, body })) await within(`${what} is closed`, one.closed);
	clearInterval(drip);
	await answers();
});

test("a body over the ceiling is refused before it is read", async () => {
	const answer = await ask("127.0.0.51", "/api/sign_in_options", "POST", Buffer.alloc(300_000, 32), { "content-type": "application/json" }).catch(() => ({ status: 413, word: "cut" }));
	assert.equal(answer.status, 413);
	await answers();
});

test("one address signs in so often in a minute", async () => {
	const signIn = async (from: string): Promise<string> => (await ask(from, "/api/sign_in_options", "POST", "{}", { "content-type": "application/json" })).word;
	assert.ok((await answeredBefore("rate_limited", () => signIn("127.0.0.52"))) >= 90);
	assert.equal(await signIn("127.0.0.53"), "ok");
});

test("one person asks so often in a minute", async () => {
	const wire = await openWire(house, { cookie: await cookieOf(house, await house.account()) });
	assert.ok((await wire.open()).ok);
	const several = async (): Promise<string> => (await Promise.all(Array.from({ length: 6 }, () => wire.ask("room_list", { limit: 10 })))).find((reply) => reply.err)?.err ?? "ok";
	assert.ok((await answeredBefore("rate_limited", several)) * 6 >= 590);
	wire.socket.terminate();
	await talkGoesOn("muut kysyvät yhä");
});

test("one address reads the logs so often in a minute", async () => {
	assert.ok((await answeredBefore("429", async () => String((await ask("127.0.0.54", "/api/log/directory/checkpoint")).status))) >= 20);
});

/** A part that drips: never still, never done. */
const drip = (from: string, file: string, size: number): Line => {
	const one = line(from);
	one.socket.write([`PUT /api/file/${file}/0 HTTP/1.1`, `host: localhost:${house.service.port}`, `origin: ${house.service.origin}`, "x-luotsi: 1", `cookie: ${cookie}`, "content-type: application/octet-stream",
		`x-luotsi-digest: ${"A".repeat(43)}`, `content-length: ${size}`, "", ""].join("\r\n"));
	const drops = setInterval(() => one.socket.write(Buffer.alloc(100)), 200);
	void one.closed.then(() => clearInterval(drops));
	return one;
};

test("parts on their way have a ceiling for an address and for a worker, and the slow ones are cut", async () => {
	const size = 1_000_000, file = await begin(people.client, people.room, size), cut: string[] = [];
	let open = true;
	/** So many from there at any time: one that was cut is followed by the next. */
	const hold = async (from: string): Promise<void> => {
		while (open) {
			const one = drip(from, file, size);
			await within("a slow part is cut", one.closed);
			cut.push(one.heard());
		}
	};
	const full = (what: string, from: string): Promise<void> =>
		until(() => `${what}: ${cut.join("|")}`, async () => (await ask(from, `/api/file/${file}/0`, "GET", undefined, { cookie })).word === "busy");
	const held = ["60", "60", "60"].map((n) => hold(`127.0.0.${n}`));
	await full("the address is full", "127.0.0.60");
	await talkGoesOn("osia on matkalla");
	held.push(...["61", "61"].map((n) => hold(`127.0.0.${n}`)));
	await full("the worker is full", "127.0.0.62");
	open = false;
	await Promise.all(held);
	await until("there is room again", async () => (await ask("127.0.0.60", `/api/file/${file}/0`, "GET", undefined, { cookie })).word !== "busy");
	await cancel(people.client, file);
});

test("files have ceilings: their size, how many are open and begun, and what an organisation keeps", async () => {
	await assert.rejects(begin(people.client, people.room, 2_500_000), { word: "too_large" });
	const open = [];
	for (let i = 0; i < 3; i++) open.push(await begin(people.client, people.room, 1_000));
	await assert.rejects(begin(people.client, people.room, 1_000), { word: "rate_limited" });
	for (const file of open) await cancel(people.client, file);
	for (;;) {
		const begun = await begin(people.client, people.room, 1_000).then(async (file) => cancel(people.client, file).then(() => "ok"), (thrown: { word: string }) => thrown.word);
		if (begun === "ok") continue;
		assert.equal(begun, "rate_limited", "so many in a day");
		break;
	}
	const room = people.room, { counsellor } = people, held = [];
	for (const size of [1_900_000, 1_900_000]) held.push(await begin(counsellor, room, size));
	await assert.rejects(begin(counsellor, room, 1_900_000), { word: "quota" });
	for (const file of held) await cancel(counsellor, file);
});

test("one person sends so many parts in a minute", async () => {
	const [part] = cipher(1_000) as [Buffer];
	const file = await begin(people.counsellor, people.room, part.length);
	const theirs = await cookieOf(house, { person: people.counsellor.user, role: "counsellor" });
	assert.ok((await answeredBefore("rate_limited", async () => (await put(house, theirs, file, 0, part)).word)) >= 40);
	await cancel(people.counsellor, file);
	await proveAgain(house, people.counsellor);
	await talkGoesOn("lopuksi");
});
