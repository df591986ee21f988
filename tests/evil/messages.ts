// Attacks on what was written: another's name, another place, again, in another order, not at all.

import {
	buildHeader, concat, echoOf, encodeContent, finish, fromBase64Url, importSigning, ITEM_KINDS, KIND, labelledHash, LABEL, makePair, pad, parseEnvelope, random, seal, sealedLength,
	sealMessage, toBase64Url, tombstoneOf, zeroes, type Bytes, type Content, type Envelope, type HeaderFields,
} from "../../web/src/seal/index.js";
import type { Actor } from "../client/organisation.js";
import type { Attack, Outcome } from "./lib/attack.js";
import type { Client } from "./lib/client.js";
import { doubts, newestOf, openRoom, plant, post, rowsOf, shows, write, type Scene } from "./lib/scene.js";

const text = (words: string): Content => ({ type: "text", text: words });

/** A fresh device of the victim opens the room, and shows this text or says why not. */
const looks = async (s: Scene, user: string, by: Client, words: string): Promise<Outcome> => {
	const victim = await s.device(user, by);
	const refused = await openRoom(victim, s.room);
	return { verdict: refused || doubts(victim).join(), succeeded: refused === "" && doubts(victim).length === 0 && shows(victim, words) };
};

const insider = async (s: Scene, user: string, room = s.room): Promise<Actor> => {
	const actor = await s.device(user);
	await openRoom(actor, room);
	return actor;
};

/** Rows of a page with one of them somewhere else, or more than one. */
type Row = Record<string, unknown>;
const bendRows = (s: Scene, how: (rows: Row[]) => Row[]): void => {
	s.relay.bend = (rows) => how(rows).map((row, i) => ({ ...row, seq: i + 1 }));
};

const forged = async (s: Scene, parents: readonly Bytes[]): Promise<Bytes> => {
	const helper = await insider(s, s.oona);
	const last = newestOf(s, s.room, s.aino);
	const epoch = await helper.engine.parts.room(s.room).keys.epoch(last.epoch);
	if (!epoch) throw new Error("no key");
	const wrong = { ...(await importSigning(await makePair())), kid: last.senderKid };
	return sealMessage(wrong, epoch.message, { ...last, seq: last.seq + 1, parents }, text("väärennös"), echoOf("fi", 0, 0));
};

/** Header and body are the insider's own work, and the signature is right. */
const handmade = async (actor: Actor, room: string, header: (header: Bytes) => Bytes, sealing: "sealed" | "plain"): Promise<Bytes> => {
	const { log, keys, conversation } = actor.engine.parts.room(room);
	const { sig } = actor.engine.parts.self().account().keys;
	const state = log.state();
	const padded = pad(encodeContent(text("käsin tehty"), echoOf("fi", 0, 0)));
	const fields: HeaderFields = {
		kind: KIND.message, org: state.org, room: state.room, msgId: random(16), sender: fromBase64Url(actor.user), senderKid: sig.kid, epoch: state.epoch,
		seq: conversation.lastSeq(sig.kid) + 1, logHead: state.head, parents: conversation.heads(), time: Date.now(), retention: state.retention, clear: zeroes(0),
	};
	const head = header(buildHeader(fields, sealedLength(padded.length)));
	const epoch = await keys.epoch(state.epoch);
	if (!epoch) throw new Error("no key");
	const body = sealing === "plain" ? concat(padded, zeroes(sealedLength(padded.length) - padded.length)) : await seal(epoch.message, await labelledHash(LABEL.msg, head), padded);
	return finish(sig, head, body);
};

const withSuite = (header: Bytes, suite: number): Bytes => concat(header.slice(0, 5), Uint8Array.of(suite), header.slice(6));

/** Kalle comes in, reads, and is taken out again. */
const removedColleague = async (s: Scene): Promise<{ kalle: Actor; before: HeaderFields }> => {
	const [oona, kalle] = [await insider(s, s.oona), await s.device(s.kalle)];
	await oona.engine.addColleague(s.room, s.kalle, "all");
	await openRoom(kalle, s.room);
	const state = kalle.engine.parts.room(s.room).log.state();
	const before = { logHead: state.head, epoch: state.epoch } as HeaderFields;
	await oona.engine.removeColleague(s.room, s.kalle);
	await post(oona, s.room, "Kalle lähti");
	return { kalle, before };
};

const byRemoved = async (s: Scene, head: "old" | "new"): Promise<Bytes> => {
	const { kalle, before } = await removedColleague(s);
	const now = rowsOf(s, s.room).at(-1) as Envelope;
	return write(kalle, s.room, text("olen yhä täällä"), { ...before, ...(head === "new" ? { logHead: now.logHead } : {}), parents: [now.hash] });
};

const judgedBits = async (s: Scene, by: Client): Promise<{ words: Set<string>; accepted: number }> => {
	const device = await insider(s, s.oona);
	const { log } = device.engine.parts.room(s.room);
	const { people } = device.engine.parts.self();
	const { org, room } = log.state();
	const { bytes, header } = newestOf(s, s.room, s.aino);
	const words = new Set<string>();
	let accepted = 0;
	for (let bit = 0; bit < bytes.length * 8; bit += bit < header.length * 8 ? 1 : 5) {
		const changed = bytes.slice();
		changed[bit >> 3] = (changed[bit >> 3] as number) ^ (1 << (bit & 7));
		const judged = await by.seal.judge({ org, room, log: log.states, findKey: people.findKey }, { roomSeq: 1, bytes: changed, tombstone: false });
		if (!("verdict" in judged)) accepted++;
		else words.add(judged.verdict.kind === "quarantined" ? judged.verdict.reason : judged.verdict.kind);
	}
	return { words, accepted };
};

const FORGERY: readonly Attack[] = [
	{
		name: "a message in another member's name", checks: ["sender_signature"], verdict: "bad_signature",
		mount: async (s, victim) => {
			plant(s, s.room, await forged(s, [(rowsOf(s, s.room).at(-1) as Envelope).hash]));
			return looks(s, s.oona, victim, "väärennös");
		},
	},
	{
		name: "a forged message in the place of a real one", checks: ["place_once", "sender_signature"], verdict: "malformed",
		mount: async (s, victim) => {
			const bytes = toBase64Url(await forged(s, [newestOf(s, s.room, s.aino).hash]));
			s.relay.bend = (rows) => rows.flatMap((row, i) => (i === rows.length - 1 ? [row, { ...row, envelope: bytes }] : [row]));
			return looks(s, s.oona, victim, "väärennös");
		},
	},
	{
		name: "any bit of an envelope flipped", checks: ["sender_signature"], verdict: "bad_signature,malformed,needs_log,not_member,wrong_epoch,wrong_role,wrong_room",
		mount: async (s, victim) => {
			const { words, accepted } = await judgedBits(s, victim);
			return { verdict: [...words].sort().join(), succeeded: accepted > 0 };
		},
	},
	{
		name: "a lower suite, rightly signed by a member", checks: ["suite"], verdict: "malformed",
		mount: async (s, victim) => {
			plant(s, s.room, await handmade(await insider(s, s.aino), s.room, (header) => withSuite(header, 0), "sealed"));
			return looks(s, s.oona, victim, "käsin tehty");
		},
	},
	{
		name: "plaintext offered in the place of a sealed body", checks: ["only_sealed"], verdict: "sealed",
		mount: async (s, victim) => {
			plant(s, s.room, await handmade(await insider(s, s.aino), s.room, (header) => header, "plain"));
			return looks(s, s.oona, victim, "käsin tehty");
		},
	},
	{
		name: "a client's envelope of a kind that only staff write", checks: ["staff_kinds"], verdict: "wrong_role",
		mount: async (s, victim) => {
			const ctype = Number(Object.keys(ITEM_KINDS).find((one) => ITEM_KINDS[Number(one)] === KIND.assignment));
			plant(s, s.room, await write(await insider(s, s.aino), s.room, { type: "item", ctype, bytes: zeroes(2), clear: zeroes(0) }));
			const device = await s.device(s.oona, victim);
			await openRoom(device, s.room);
			const shown = [...device.messages.values()].some((m) => m.item?.kind === KIND.assignment && m.quarantine === null);
			return { verdict: doubts(device).join(), succeeded: shown };
		},
	},
	{
		name: "another's message corrected by who did not write it", checks: ["own_change"], verdict: "ignored",
		mount: async (s, victim) => {
			const target = newestOf(s, s.room, s.aino);
			plant(s, s.room, await write(await insider(s, s.oona), s.room, { type: "edit", target: target.msgId, text: "toisen sanat" }));
			const { verdict, succeeded } = await looks(s, s.aino, victim, "toisen sanat");
			return { verdict: verdict || (succeeded ? "corrected" : "ignored"), succeeded };
		},
	},
	{
		name: "a message of somebody who was removed", checks: ["sender_member"], verdict: "not_member",
		mount: async (s, victim) => {
			plant(s, s.room, await byRemoved(s, "new"));
			return looks(s, s.aino, victim, "olen yhä täällä");
		},
	},
	{
		name: "a message of somebody who was removed, as if written before", checks: ["newer_log"], verdict: "old_log",
		mount: async (s, victim) => {
			plant(s, s.room, await byRemoved(s, "old"));
			return looks(s, s.aino, victim, "olen yhä täällä");
		},
	},
];

/** The envelope of Aino's in the first room that could follow her last one in the other by its number. */
const foreign = async (s: Scene): Promise<Envelope> => {
	const next = newestOf(s, s.other, s.aino).seq + 1;
	const found = rowsOf(s, s.room).find((env) => toBase64Url(env.sender) === s.aino && env.seq === next);
	if (!found) throw new Error("no such envelope");
	return parseEnvelope(found.bytes);
};

const PLACES: readonly Attack[] = [
	{
		name: "a message again", checks: ["replay_id", "replay_copy", "number_grows"], verdict: "replay",
		mount: async (s, victim) => {
			const again = rowsOf(s, s.room).at(-2) as Envelope;
			plant(s, s.room, again.bytes);
			const device = await s.device(s.oona, victim);
			await openRoom(device, s.room);
			const last = Math.max(...[...device.messages.values()].map((m) => (m.quarantine === null && m.id === toBase64Url(again.msgId) ? (m.seq ?? 0) : 0)));
			return { verdict: doubts(device).join(), succeeded: doubts(device).length === 0 && last > rowsOf(s, s.room).length };
		},
	},
	{
		name: "an answer before its question", checks: ["parents"], verdict: "lost_parent",
		mount: async (s, victim) => {
			bendRows(s, (rows) => [...rows.slice(0, -2), ...rows.slice(-2).reverse()]);
			return looks(s, s.oona, victim, "viesti 24");
		},
	},
	{
		name: "two messages of one person in the other order", checks: ["number_grows", "number_whole", "parents"], verdict: "gap,lost_parent,replay",
		mount: async (s, victim) => {
			bendRows(s, (rows) => {
				const [a, b, c] = rows.slice(-3) as [Row, Row, Row];
				return [...rows.slice(0, -3), c, b, a];
			});
			return looks(s, s.oona, victim, "viesti 23");
		},
	},
	{
		name: "a message left out", checks: ["number_whole", "parents"], verdict: "gap,lost_parent",
		mount: async (s, victim) => {
			bendRows(s, (rows) => rows.filter((_, i) => i !== rows.length - 4));
			const { verdict, succeeded } = await looks(s, s.oona, victim, "viesti 25");
			return { verdict, succeeded };
		},
	},
	{
		name: "the beginning left out", checks: ["number_first", "parents"], verdict: "gap",
		mount: async (s, victim) => {
			bendRows(s, (rows) => rows.slice(6));
			return looks(s, s.oona, victim, "viesti 25");
		},
	},
	{
		name: "the newest messages left out for who has seen them", checks: ["newest_seen"], verdict: "quarantine",
		mount: async (s, victim) => {
			s.relay.bend = (rows) => rows.slice(0, 4);
			const device = await s.device(s.oona, victim);
			await openRoom(device, s.room);
			return { verdict: String(device.view()?.blocked), succeeded: device.view()?.blocked === null };
		},
	},
	{
		name: "a fork: a message shown to one member and kept from another", checks: ["parents", "number_whole"], verdict: "lost_parent",
		mount: async (s, victim) => {
			const [oona, aino] = [await insider(s, s.oona), await insider(s, s.aino)];
			await oona.engine.addColleague(s.room, s.kalle, "all");
			await post(aino, s.room, "pidätetty");
			await oona.until("the message", () => shows(oona, "pidätetty"));
			await post(oona, s.room, "vastaus");
			const kept = newestOf(s, s.room, s.aino).hash;
			const seq = rowsOf(s, s.room).findIndex((env) => env.hash === kept) + 1;
			s.relay.bend = (rows, to) => (to === s.kalle ? rows.filter((row) => row["seq"] !== seq) : rows);
			return looks(s, s.kalle, victim, "vastaus");
		},
	},
	{
		name: "a message of another room", checks: ["place_room", "log_known", "place_state", "parents", "body_opens"], verdict: "wrong_room",
		mount: async (s, victim) => {
			const moved = await foreign(s);
			plant(s, s.other, moved.bytes);
			const device = await s.device(s.oona, victim);
			await openRoom(device, s.other);
			const there = [...device.messages.values()].some((m) => m.room === s.other && m.quarantine === null && m.id === toBase64Url(moved.msgId));
			return { verdict: doubts(device).join(), succeeded: doubts(device).length === 0 && there };
		},
	},
	{
		name: "a tombstone in the place of a message that nobody deleted", checks: ["tombstone_explained"], verdict: "unexplained_tombstone",
		mount: async (s, victim) => {
			const taken = newestOf(s, s.room, s.aino);
			s.relay.bend = (rows) => rows.map((row) => (row["envelope"] === toBase64Url(taken.bytes) ? { seq: row["seq"], at: row["at"], tombstone: toBase64Url(tombstoneOf(taken)) } : row));
			const device = await s.device(s.oona, victim);
			await openRoom(device, s.room);
			return { verdict: doubts(device).join(), succeeded: doubts(device).length === 0 && !shows(device, "viesti 24") };
		},
	},
];

export const MESSAGE_ATTACKS: readonly Attack[] = [...FORGERY, ...PLACES];
