// What every attack begins with: an organisation, its counsellors Oona and Kalle, the client Aino, two rooms of Oona and Aino with some
// messages. It is made once by honest browsers; each attack gets a copy of all that the server holds, and devices of its own.

import { sha256, toBase64Url, fromBase64Url, deriveEpoch, echoOf, openMessage, parseEnvelope, sealMessage, unwrapKey, type Argon2Params, type Bytes, type Content,
	type EncryptionKey, type Envelope, type HeaderFields } from "../../../web/src/seal/index.js";
import type { Platform } from "../../../web/src/client/platform.js";
import type { Ceremony } from "../../../web/src/demo/ceremony.js";
import { client, joinUp, makeActor, makeHouse, PASSPHRASE, staff, type Actor } from "../../client/organisation.js";
import { withFiles, type Files } from "../../client/relay-files.js";
import { makeRelay, type Relay, type Stock } from "../../client/relay.js";
import type { Client } from "./client.js";
import type { EvilServer } from "./server.js";

export const MESSAGES = 26; // more than a client may miss before it remembers how far it had come

export interface Made {
	readonly stock: Stock;
	readonly ceremony: Ceremony;
	readonly room: string;
	/** Of the same two people. */
	readonly other: string;
	readonly admin: string;
	readonly oona: string;
	readonly kalle: string;
	readonly aino: string;
}

export type Through = (platform: Platform) => Platform;

export interface Scene extends Omit<Made, "stock"> {
	readonly relay: Relay;
	readonly files: Files;
	/** What passphrases were derived with. */
	readonly derived: Argon2Params[];
	/** A fresh device of this person, its keys open; what passes on its line may be changed. */
	device(user: string, by?: Client, through?: Through): Promise<Actor>;
	/** The same, with the keys still locked. */
	locked(user: string, by?: Client, through?: Through): Promise<Actor>;
	/** Somebody new. */
	newcomer(role: string, name: string, by?: Client): Promise<Actor>;
	/** A device on which new keys are made in place of what was lost; or by who only says so. */
	reset(user: string): Promise<Actor>;
	end(): Promise<void>;
}

/** As the relay's own platform derives. */
const quick: Platform["argon2id"] = async (password, p) => sha256(new Uint8Array([...password, ...p.salt]) as Bytes);

const whole = (actor: Actor, room: string): boolean => actor.engine.parts.room(room).log.state().epochs.every((made) => made.recoveryWrapped);

/** A device is put away, and the server has all that it knows. */
export const leave = async (actor: Actor): Promise<void> => {
	await actor.engine.parts.self().store()?.flush();
	await actor.engine.stop();
};

/** `derive` makes passphrases dear for a browser that has the real thing. */
export const makeScenes = async (derive?: Platform["argon2id"]): Promise<Made> => {
	const relay = makeRelay();
	if (derive) {
		const { platform } = relay;
		relay.platform = (user) => ({ ...platform(user), argon2id: derive });
	}
	const { admin, counsellor: oona, ceremony } = await makeHouse(relay);
	const kalle = await staff(relay, ceremony, admin, "Kalle Kollega");
	const aino = await client(relay, "Aino K.");
	const rooms: string[] = [];
	for (const label of ["Aino", "Aino, toinen tila"]) {
		const { room, link } = await oona.engine.invite({ name: label, welcome: "Tervetuloa!" });
		await aino.engine.acceptInvitation(link);
		await aino.engine.openRoom(room, "fi");
		await oona.engine.openRoom(room, "fi");
		await oona.until("wrapped for recovery", () => whole(oona, room));
		await aino.engine.openRoom(room, "fi");
		await aino.until("the newest log", () => whole(aino, room));
		rooms.push(room);
	}
	const [room, other] = rooms as [string, string];
	for (let i = 0; i < MESSAGES; i++) await post(i % 2 ? oona : aino, room, `viesti ${i}`);
	await post(aino, other, "toisen huoneen viesti");
	for (const one of [aino, oona]) await one.until("all", () => one.texts(room).includes(`viesti ${MESSAGES - 1}`));
	for (const one of [aino, oona, kalle, admin]) await leave(one);
	return { stock: relay.stock, ceremony, room, other, admin: admin.user, oona: oona.user, kalle: kalle.user, aino: aino.user };
};

/** `derive` as in makeScenes. */
export const openScene = ({ stock, ...rest }: Made, server: EvilServer, derive: Platform["argon2id"] = quick): Scene => {
	const relay = makeRelay(stock);
	const files = withFiles(relay);
	const derived: Argon2Params[] = [];
	const actors: Actor[] = [];
	const argon2id: Platform["argon2id"] = async (password, p) => {
		derived.push(p);
		return derive(password, p);
	};
	const actor = (user: string, by?: Client, through: Through = (platform) => platform): Actor => {
		const made = makeActor(user, through({ ...server.platform(relay, user), argon2id }), by?.makeEngine);
		actors.push(made);
		return made;
	};
	const locked = async (user: string, by?: Client, through?: Through): Promise<Actor> => {
		const one = actor(user, by, through);
		await one.engine.start();
		return one;
	};
	return {
		...rest, relay, files, derived, locked,
		device: async (user, by, through) => {
			const one = await locked(user, by, through);
			await one.engine.unlock({ passphrase: PASSPHRASE });
			return one;
		},
		newcomer: (role, name, by) => joinUp(actor(relay.addPerson(role), by), name),
		reset: async (user) => {
			const one = await locked(user);
			await one.engine.resetKeys({ passphrase: "kokonaan uusi pitkä salalause", name: "Aino taas", language: "fi" });
			return one;
		},
		end: async () => {
			await Promise.all(actors.map((one) => one.engine.stop()));
		},
	};
};

const wordOf = (thrown: unknown): string => (thrown as { word?: string }).word ?? String(thrown);
const detailOf = (thrown: unknown): string => (thrown as { detail?: string }).detail ?? "";

/** Opens the room for the person to see; gives the refusal, with what it says of the log, or "". */
export const openRoom = (actor: Actor, room: string): Promise<string> =>
	actor.engine.openRoom(room, "fi").then(() => "", (thrown: unknown) => [wordOf(thrown), detailOf(thrown)].filter(Boolean).join(" "));

/** Writes as a person does; gives the refusal, or "" when it is stored. */
export const post = (actor: Actor, room: string, text: string): Promise<string> =>
	actor.engine.parts.room(room).outbox.add({ type: "text", text }).done.then(() => "", wordOf);

/** Why things that are shown cannot be believed. */
export const doubts = (actor: Actor): string[] => [...new Set([...actor.messages.values()].flatMap((m) => m.quarantine ?? []))].sort();

export const shows = (actor: Actor, text: string): boolean => [...actor.messages.values()].some((m) => m.text === text && m.quarantine === null);

/** What a member who helps the server can write, whatever their own client thinks of it. */
export const write = async (actor: Actor, room: string, content: Content, change: Partial<HeaderFields> = {}): Promise<Bytes> => {
	const { log, keys, conversation } = actor.engine.parts.room(room);
	const { sig } = actor.engine.parts.self().account().keys;
	const state = log.state();
	const fields = {
		org: state.org, room: state.room, sender: fromBase64Url(actor.user), epoch: state.epoch, seq: conversation.lastSeq(sig.kid) + 1, logHead: state.head,
		parents: conversation.heads(), time: Date.now(), retention: state.retention, ...change,
	};
	const epoch = await keys.epoch(fields.epoch);
	if (!epoch) throw new Error("no key for that epoch");
	return sealMessage(sig, epoch.message, fields, content, echoOf("fi", 0, 0));
};

/** Puts bytes at the end of the room for whoever asks for a page from now on. */
export const plant = (s: Scene, room: string, bytes: Bytes, tombstone = false): void => {
	const seq = (s.relay.rooms.get(room)?.rows.length ?? 0) + 1;
	s.relay.bend = (rows) => [...rows, { seq, at: Date.now(), [tombstone ? "tombstone" : "envelope"]: toBase64Url(bytes) }];
};

/** Adds an entry to the control log, past the rules. */
export const append = (s: Scene, room: string, bytes: Bytes, type: string, sender: string): void => {
	const held = s.relay.rooms.get(room);
	held?.entries.push({ bytes: toBase64Url(bytes), hash: "", sender, type });
	if (held) held.pending = true;
};

/** The relay asks that an entry names the newest one by its hash. */
export const rehash = async (s: Scene, room: string): Promise<void> => {
	for (const entry of s.relay.rooms.get(room)?.entries ?? []) entry.hash = toBase64Url((await parseEnvelope(fromBase64Url(entry.bytes))).hash);
};

export const rowsOf = (s: Scene, room: string): Envelope[] => (s.relay.rooms.get(room)?.rows ?? []).map((row) => row.env);

export const newestOf = (s: Scene, room: string, user: string): Envelope => {
	const found = rowsOf(s, room).filter((env) => toBase64Url(env.sender) === user).at(-1);
	if (!found) throw new Error("wrote nothing");
	return found;
};

/** What somebody reads of an envelope who has these keys, and from the server whatever it holds. */
export const reads = async (s: Scene, keys: readonly EncryptionKey[], env: Envelope): Promise<string> => {
	const room = s.relay.rooms.get(toBase64Url(env.room));
	for (const wrap of room?.wraps ?? []) {
		const key = keys.find((one) => toBase64Url(one.kid) === wrap["rkid"]);
		if (!key || wrap["epoch"] !== env.epoch || wrap["keyset"] !== 0) continue;
		const entry = await parseEnvelope(fromBase64Url(room?.entries[wrap["entry"] as number]?.bytes ?? ""));
		const place = {
			org: env.org, room: env.room, epoch: env.epoch, keyset: 0, rtype: wrap["rtype"] as number, rid: fromBase64Url(wrap["rid"] as string), rkid: key.kid,
			sender: entry.sender, senderKid: entry.senderKid, prev: entry.logHead,
		};
		const raw = await unwrapKey(place, key, fromBase64Url(wrap["wrap"] as string)).catch(() => undefined);
		const text = raw && (await readsWith(raw, env));
		if (text) return text;
	}
	return "";
};

/** The same with the raw key of the epoch. */
export const readsWith = async (raw: Bytes, env: Envelope): Promise<string> => {
	const { message } = await deriveEpoch(raw, env.org, env.room, env.epoch);
	const opened = await openMessage(env, message).catch(() => undefined);
	return opened && "text" in opened.content ? opened.content.text : "";
};

export const keysOf = (actor: Actor): readonly EncryptionKey[] => actor.engine.parts.self().account().keys.enc;
