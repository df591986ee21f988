// A relay in memory for tests of the engine alone: it keeps what it is given, gives it back, and does what a test tells it to do wrong.
// It is no model of the server: it checks only what the engine must be able to be refused for.

import type { Platform, SocketHandlers, Transport } from "../../web/src/client/platform.js";
import { list } from "../../web/src/words/en.js";
import {
	fromBase64Url, hex, KIND, opOf, parseEnvelope, readControl, sha256, targetOf, toBase64Url, tombstoneOf, type Bytes, type ControlEntry, type Envelope,
} from "../../web/src/seal/index.js";

type Json = Record<string, unknown>;

export interface Stored {
	seq: number;
	at: number;
	env: Envelope;
	erased: boolean;
}

interface RelayRoom {
	entries: { bytes: string; hash: string; sender: string; type: string }[];
	wraps: Json[];
	rows: Stored[];
	members: Set<string>;
	/** Of those who brought other keys into the room, the present one. */
	kids: Map<string, string>;
	tokens: Map<string, string>;
	epoch: number;
	pending: boolean;
	phase: "open" | "closed";
	reads: Map<string, number>;
	sinceEpoch: number;
}

interface Kept {
	unlockers: string[];
	version: number;
	list_mac?: string;
	keys?: string;
	state_version: number;
	state?: string;
}

interface Line {
	user: string;
	say(frame: Json): void;
	cut(): void;
}

const refuse = (word: string, detail?: Json): never => {
	throw Object.assign(new Error(word), { word, detail });
};

/** A binary frame: the length of the JSON, the JSON, the envelope. */
const readFrame = (frame: string | Bytes): unknown => {
	if (typeof frame === "string") return JSON.parse(frame);
	const end = 4 + new DataView(frame.buffer).getUint32(0);
	const { id, op, body } = JSON.parse(new TextDecoder().decode(frame.subarray(4, end))) as Json;
	return { id, op, body: { ...(body as Json), envelope: toBase64Url(frame.slice(end)) } };
};

const NOTHING = {};
const newId = (): string => toBase64Url(crypto.getRandomValues(new Uint8Array(16)));

export interface Stock {
	readonly org: string;
	readonly agreement: string;
	readonly people: Map<string, { role: string; kept: Kept }>;
	readonly chains: Map<string, string[]>;
	readonly rooms: Map<string, RelayRoom>;
	readonly drafts: Map<string, { version: number; draft?: string }>;
}

const emptyStock = (): Stock => {
	const org = newId();
	return { org, agreement: newId(), people: new Map(), chains: new Map([[org, []]]), rooms: new Map(), drafts: new Map() };
};

/** `from` is what another relay holds: this one goes on from a copy of it. */
export const makeRelay = (from = emptyStock()) => {
	const stock = structuredClone(from);
	const { org, agreement, people, chains, rooms, drafts } = stock;
	const lines = new Set<Line>();
	const relay = {
		/** All that it holds. */
		stock,
		org,
		rooms,
		chains,
		lines,
		/** Rewrites what a page or an event gives: the evil server. */
		bend: (rows: Json[], _to: string): Json[] => rows,
		/** Loses the reply of the next call of this op, after it was done. */
		loseReply: "",
		/** Never answers calls of this op. */
		hang: "",
		/** Refuses the next call of this op, before anything is done. */
		fail: "",
		/** Tells this person nothing by itself. */
		deaf: "",
		epochMax: 500,
		/** More ops, and the parts of files (relay-files.ts). */
		more: {} as Record<string, (user: string, body: Json) => Json | Promise<Json>>,
		carry: (_user: string): Transport => () => Promise.reject(refuse("unknown_op")),
		/** Ops that answer as if the server could not: between two calls the browser is gone. */
		refuseOps: new Set<string>(),
		addPerson: (role: string): string => {
			const user = newId();
			people.set(user, { role, kept: { unlockers: [], version: 0, state_version: 0 } });
			chains.set(user, []);
			return user;
		},
		kept: (user: string): Kept => keptOf(user),
		/** Gives a person something else than they stored. */
		bendKept: (user: string, change: Json): void => void Object.assign(people.get(user)?.kept ?? {}, change),
		cutAll: (): void => [...lines].forEach((line) => line.cut()),
		platform: (user: string): Platform => ({
			origin: "https://relay.test",
			transport: (asked) => relay.carry(user)(asked),
			readAhead: false,
			open: (h) => connect(user, h),
			ticket: async () => (people.has(user) ? "" : refuse("not_signed_in")),
			argon2id: async (password, p) => sha256(new Uint8Array([...password, ...p.salt]) as Bytes),
			words: async () => list(),
		}),
	};

	const wire = ({ seq, at, env, erased }: Stored): Json =>
		erased ? { seq, at, tombstone: toBase64Url(tombstoneOf(env)) } : { seq, at, envelope: toBase64Url(env.bytes) };

	const roomOf = (user: string, id: unknown): RelayRoom => {
		const room = rooms.get(id as string);
		return room && (room.members.has(user) || [...room.tokens.values()].includes(user)) ? room : refuse("not_found");
	};

	const lastOf = (room: RelayRoom, kid: string): number => Math.max(0, ...room.rows.filter((r) => hex(r.env.senderKid) === kid).map((r) => r.env.seq));

	const rowOf = (id: string, room: RelayRoom, user: string): Json => {
		const read = room.reads.get(user) ?? 0;
		const kid = room.kids.get(user);
		const own = room.rows.filter((r) => toBase64Url(r.env.sender) === user && (!kid || hex(r.env.senderKid) === kid));
		return {
			room: id, phase: room.phase, agreement, created_at: 1, last_seq: room.rows.length, last_at: room.rows.at(-1)?.at ?? 1, first_seq: 1, read_seq: read,
			unread: room.rows.filter((r) => r.seq > read && r.env.kind === KIND.message && opOf(r.env) === 0 && toBase64Url(r.env.sender) !== user).length,
			entries: room.entries.length, epoch: room.epoch, pending: room.pending, invited: room.tokens.size > 0, mailed: false, waits: false, members: [...room.members],
			sender_seq: Math.max(0, ...own.map((r) => r.env.seq)),
		};
	};

	const tellRoom = (room: RelayRoom, frame: (user: string) => Json): void => {
		for (const line of lines) if (room.members.has(line.user) && line.user !== relay.deaf) line.say(frame(line.user));
	};

	const store = (room: RelayRoom, env: Envelope): Stored => {
		const row = { seq: room.rows.length + 1, at: Date.now(), env, erased: false };
		room.rows.push(row);
		const target = targetOf(env);
		const op = opOf(env);
		if (op === 2 && target)
			for (const old of room.rows) {
				const same = hex(old.env.msgId) === hex(target) || (old !== row && targetOf(old.env) && hex(targetOf(old.env) as Bytes) === hex(target) && opOf(old.env) === 1);
				if (same) old.erased = true;
			}
		if (env.kind === KIND.receipt && target) room.reads.set(toBase64Url(env.sender), room.rows.find((r) => hex(r.env.msgId) === hex(target))?.seq ?? 0);
		if (env.kind === KIND.message) room.sinceEpoch++;
		return row;
	};

	const messagePost = async (user: string, body: Json): Promise<Json> => {
		const env = await parseEnvelope(fromBase64Url(body["envelope"] as string));
		const id = toBase64Url(env.room);
		const room = roomOf(user, id);
		const same = room.rows.find((r) => hex(r.env.msgId) === hex(env.msgId));
		if (same) return hex(same.env.hash) === hex(env.hash) ? { seq: same.seq, at: same.at } : refuse("msg_id_reused");
		if (!room.wraps.some((w) => w["epoch"] === room.epoch && w["rtype"] === 1 && w["rid"] === user)) refuse("bad_kid");
		if (room.phase === "closed") refuse("room_closed");
		if (room.pending) refuse("rotation_pending");
		if (env.epoch !== room.epoch) refuse("stale_epoch");
		if (toBase64Url(env.logHead) !== room.entries.at(-1)?.hash) refuse("stale_head");
		const next = lastOf(room, hex(env.senderKid)) + 1;
		if (env.seq !== next) refuse("bad_sequence", { next });
		const row = store(room, env);
		tellRoom(room, (to) => ({ ev: "message_posted", body: { room: id, rows: relay.bend([wire(row)], to) } }));
		if (room.sinceEpoch >= relay.epochMax) {
			room.pending = true;
			tellRoom(room, () => ({ ev: "room_pending", body: { room: id } }));
		}
		return { seq: row.seq, at: row.at };
	};

	const applyEntry = (room: RelayRoom, text: string, { body, env }: ControlEntry, user: string): void => {
		if ((room.entries.at(-1)?.hash ?? toBase64Url(new Uint8Array(32) as Bytes)) !== toBase64Url(env.logHead)) refuse("stale_head");
		room.entries.push({ bytes: text, hash: toBase64Url(env.hash), sender: user, type: body.type });
		if (body.type === "create" || body.type === "join") room.members.add(user);
		if (body.type === "add") room.members.add(toBase64Url(body.user));
		if (body.type === "remove") room.members.delete(toBase64Url(body.user));
		if (body.type === "leave") room.members.delete(user);
		if (["create", "join", "add", "remove", "leave", "invite", "rekey"].includes(body.type)) room.pending = true;
		if (body.type === "rekey") room.kids.set(user, hex(env.senderKid));
		if (body.type === "join") room.tokens.clear();
		if (body.type === "close") room.phase = "closed";
		if (body.type === "reopen") room.phase = "open";
		if (body.type === "epoch") Object.assign(room, { epoch: body.n, pending: false, sinceEpoch: 0 });
	};

	const empty = (): RelayRoom => ({
		entries: [], wraps: [], rows: [], members: new Set(), kids: new Map(), tokens: new Map(), epoch: 0, pending: false, phase: "open", reads: new Map(), sinceEpoch: 0,
	});

	const controlAppend = async (user: string, body: Json): Promise<Json> => {
		const texts = body["entries"] as string[];
		const read = await Promise.all(texts.map((text) => readControl(fromBase64Url(text))));
		// From here on nobody comes between: what another appended meanwhile would be gone with what is taken back.
		const id = toBase64Url((read[0] as ControlEntry).env.room);
		const room = rooms.get(id) ?? empty();
		const before = structuredClone({ ...room, rows: [] });
		try {
			for (const [i, text] of texts.entries()) applyEntry(room, text, read[i] as ControlEntry, user);
		} catch (thrown) {
			Object.assign(room, { ...before, rows: room.rows });
			throw thrown;
		}
		rooms.set(id, room);
		room.wraps.push(...(body["wraps"] as Json[]));
		const invitation = body["invitation"] as { token_hash: string; sealed: string } | undefined;
		if (invitation) room.tokens = new Map([[`sealed ${invitation.sealed}`, ""]]);
		tellRoom(room, () => ({ ev: "control_appended", body: { room: id, entries: room.entries.length } }));
		return { entries: room.entries.length };
	};

	const page = (user: string, body: Json): Json => {
		const room = roomOf(user, body["room"]);
		const limit = body["limit"] as number;
		const { before, after } = body as { before?: number; after?: number };
		if (after !== undefined) {
			const rows = room.rows.filter((r) => r.seq > after);
			return { rows: relay.bend(rows.slice(0, limit).map(wire), user), more: rows.length > limit };
		}
		const rows = room.rows.filter((r) => before === undefined || r.seq < before);
		return { rows: relay.bend(rows.slice(-limit).map(wire), user), more: rows.length > limit };
	};

	const claim = (user: string, body: Json): Json => {
		const room = rooms.get(body["room"] as string) ?? refuse("not_found");
		const [key, by] = [...room.tokens][0] ?? refuse("used");
		if (by !== "" && by !== user) refuse("used");
		room.tokens.set(key, user);
		return { sealed: key.slice(7), expires_at: Date.now() + 1e9 };
	};

	const keptOf = (user: string): Kept => people.get(user)?.kept ?? refuse("not_signed_in");

	const draftKey = (user: string, body: Json): string => `${user} ${body["room"]} ${body["slot"] ?? ""}`;

	const listDrafts = (user: string, body: Json): Json => ({
		drafts: [...drafts].flatMap(([key, { version, draft }]) => {
			const [owner, room, slot] = key.split(" ");
			return owner === user && room === body["room"] && slot !== "" && draft !== undefined ? [{ slot, version }] : [];
		}),
	});

	const putDraft = (user: string, body: Json): Json => {
		const key = draftKey(user, body);
		const old = drafts.get(key) ?? { version: 0 };
		if (old.version !== body["expected"]) refuse("conflict");
		drafts.set(key, { version: old.version + 1, ...("draft" in body ? { draft: body["draft"] as string } : {}) });
		return { version: old.version + 1 };
	};

	const append = (subject: string, entries: string[]): Json => {
		chains.get(subject)?.push(...entries);
		for (const line of lines) line.say({ ev: "chain_changed", body: { user: subject } });
		return NOTHING;
	};

	/** Keys that replace others: in each of their rooms the next epoch is due. */
	const keysEnd = (user: string, entry: string): void => {
		append(user, [entry]);
		for (const [id, room] of rooms) {
			if (!room.members.has(user)) continue;
			room.pending = true;
			tellRoom(room, () => ({ ev: "room_pending", body: { room: id } }));
		}
	};

	/** Posts as the relay does; for more ops that look first. */
	const ops: Record<string, (user: string, body: Json) => Json | Promise<Json>> = {
		session_open: (user) => ({
			user, org, role: people.get(user)?.role, organisation: "Relay", server_time: Date.now(), expires_at: Date.now() + 1e9, idle_minutes: 20, max_frame: 262144,
			epoch_max_messages: relay.epochMax, agreement, development: true,
		}),
		self_get: (user) => ({ chain: { subject: user, entries: chains.get(user) }, organisation: { subject: org, entries: chains.get(org) }, ...keptOf(user) }),
		self_put_keys: (user, b) => {
			const kept = keptOf(user);
			if (kept.version !== b["expected"]) refuse("conflict");
			Object.assign(kept, { unlockers: b["unlockers"], list_mac: b["list_mac"], keys: b["keys"], version: kept.version + 1 });
			if (b["entry"]) keysEnd(user, b["entry"] as string);
			return { version: kept.version };
		},
		self_put_state: (user, b) => {
			const kept = keptOf(user);
			if (kept.state_version !== b["expected"]) refuse("conflict");
			Object.assign(kept, { state: b["state"], state_version: kept.state_version + 1 });
			return { version: kept.state_version };
		},
		chain_get: (_, b) => ({ chains: (b["users"] as string[]).map((subject) => ({ subject, entries: chains.get(subject) ?? [] })) }),
		chain_append: async (_, b) => append(toBase64Url((await parseEnvelope(fromBase64Url(b["entry"] as string))).body?.slice(1, 17) as Bytes), [b["entry"] as string]),
		organisation_append: (_, b) => append(org, b["entries"] as string[]),
		colleagues: () => ({ users: [...people].filter(([, p]) => p.role !== "client").map(([user]) => user) }),
		room_list: (user) => ({ rooms: [...rooms].filter(([, r]) => r.members.has(user)).map(([id, r]) => rowOf(id, r, user)), more: false }),
		room_open: (user, b) => ({
			room: rowOf(b["room"] as string, roomOf(user, b["room"]), user), reads: [],
			agreement: { agreement, controller: "C", controller_business_id: "2296962-1", processor: "P", state: "live", retention_days: 450, privacy_notice: "N", service_promise: "" },
		}),
		room_log: (user, b) => {
			const room = roomOf(user, b["room"]);
			const from = b["from"] as number;
			const wraps = room.wraps.filter((w) => (w["entry"] as number) >= from && (w["rid"] === user || w["rtype"] === 2));
			return { entries: room.entries.slice(from, from + 64).map((e) => e.bytes), wraps, more: room.entries.length > from + 64 };
		},
		control_append: controlAppend,
		invitation_claim: claim,
		message_post: messagePost,
		message_page: page,
		message_typing: (user, b) => {
			tellRoom(roomOf(user, b["room"]), () => ({ ev: "message_typing", body: { room: b["room"], user } }));
			return NOTHING;
		},
		draft_get: (user, b) => ({ version: 0, ...drafts.get(draftKey(user, b)) }),
		draft_list: listDrafts,
		reminder_put: () => ({}),
		reminder_list: () => ({ reminders: [] }),
		draft_put: putDraft,
	};

	const answer = async (line: Line, frame: string | Bytes): Promise<void> => {
		const { id, op, body } = readFrame(frame) as { id: number; op: string; body: Json };
		try {
			if (relay.refuseOps.has(op)) refuse("unavailable");
			if (relay.hang === op) return;
			if (relay.fail === op) {
				relay.fail = "";
				refuse("unavailable");
			}
			const ok = await (relay.more[op] ?? ops[op] ?? (() => refuse("unknown_op")))(line.user, body);
			if (relay.loseReply === op) {
				relay.loseReply = "";
				return line.cut();
			}
			line.say({ id, ok });
		} catch (thrown) {
			const { word, detail } = thrown as { word?: string; detail?: Json };
			if (!word) console.error(thrown);
			line.say({ id, err: word ?? "internal", ...(detail ? { detail } : {}) });
		}
	};

	const connect = (user: string, h: SocketHandlers) => {
		let alive = true;
		const line: Line = {
			user,
			say: (frame) => {
				const text = JSON.stringify(frame);
				setTimeout(() => alive && h.said(text), 0);
			},
			cut: () => {
				if (!alive) return;
				alive = false;
				lines.delete(line);
				setTimeout(() => h.closed(1006), 0);
			},
		};
		lines.add(line);
		setTimeout(() => alive && h.opened(), 0);
		let turn: Promise<unknown> = Promise.resolve();
		return {
			say: (frame: string | Bytes) => {
				turn = turn.then(() => (alive ? answer(line, frame) : undefined));
			},
			close: () => line.cut(),
		};
	};

	return Object.assign(relay, { ops, wire });
};

export type Relay = ReturnType<typeof makeRelay>;
