// Control entries by the hundred thousand: sequences that would be right, entries with one thing wrong, and wild ones. Nothing
// is signed: the rules are what is compared.

import {
	activeMembers, activeStaff, buildHeader, concat, encodeControl, equal, grantedKeys, hex, kidSig, KIND, recipientsOf, ROLE, zeroes,
	type Bytes, type ControlBody, type ControlState, type HeaderFields, type Member, type PersonRecord,
} from "../../../web/src/seal/index.js";
import { BREAK_GLASS, openingBytes, recoveryKey } from "../../../web/src/seal/control-rare.js";
import { type Dice } from "./dice.js";

const DAY = 24 * 3600 * 1000;

export interface World {
	readonly dice: Dice;
	readonly org: Bytes;
	readonly room: Bytes;
	readonly people: PersonRecord[];
	readonly points: readonly Bytes[];
	time: number;
	/** The organisation's: a point. */
	readonly root: Bytes;
}

const kids = new Map<string, Bytes>();
/** Remembers the names of keys that entries may be signed with or name. */
export const nameKeys = async (points: readonly Bytes[]): Promise<void> => {
	for (const pub of points) kids.set(hex(pub), await kidSig(pub));
};
const kidOf = (pub: Bytes): Bytes => kids.get(hex(pub)) as Bytes;

/** The recovery keys that the organisation has had, one after another. */
const recoveries = (dice: Dice, org: Bytes, rootKid: Bytes, now: number): PersonRecord[] => {
	const one = (ended: number): PersonRecord => ({
		user: org, sigKid: rootKid, encKid: dice.bytes(32), resets: 0, staff: false, cert: zeroes(32), validFrom: 0, validUntil: 0, ended,
	});
	return [...Array.from({ length: dice.below(3) }, () => one(now + dice.below(4 * DAY))), one(0)];
};

/** One pair of keys, and what certificates it had. */
const pair = (dice: Dice, user: Bytes, staff: boolean, now: number, resets: number, ended: number): PersonRecord[] => {
	const bare = { user, sigKid: dice.bytes(32), encKid: dice.bytes(32), resets, staff: false, cert: zeroes(32), validFrom: 0, validUntil: 0, ended };
	if (!staff) return [bare];
	const cert = { ...bare, staff: true, cert: dice.bytes(32), validFrom: now - DAY, validUntil: now + (dice.chance(75) ? 700 * DAY : dice.below(5 * DAY)) };
	const renewed = { ...cert, cert: dice.bytes(32), validFrom: now, validUntil: now + 800 * DAY };
	return dice.chance(40) ? [bare, cert, renewed] : [bare, cert];
};

/** Keys that are revoked, rotated or reset while the room goes on, and those that follow them. */
const person = (dice: Dice, now: number): PersonRecord[] => {
	const [user, staff] = [dice.bytes(16), dice.chance(60)];
	const records: PersonRecord[] = [];
	let resets = dice.below(2);
	while (dice.chance(30)) {
		records.push(...pair(dice, user, staff, now, resets, now + dice.below(4 * DAY)));
		if (dice.chance(50)) resets++;
	}
	if (records.length > 0 && dice.chance(15)) return records;
	return [...records, ...pair(dice, user, staff, now, resets, 0)];
};

/** A crowd of certified people finds the ceiling of members. */
export const makeCrowd = (dice: Dice, points: readonly Bytes[]): World => {
	const w = makeWorld(dice, points, 0);
	const one = (): PersonRecord => ({
		user: dice.bytes(16), sigKid: dice.bytes(32), encKid: dice.bytes(32), resets: 0, staff: true, cert: dice.bytes(32), validFrom: 0, validUntil: 2 ** 52, ended: 0,
	});
	return { ...w, people: Array.from({ length: 200 }, one) };
};

export const makeWorld = (dice: Dice, points: readonly Bytes[], size: number): World => {
	const time = 1_790_000_000_000 + dice.below(1_000_000_000);
	const people = Array.from({ length: size }, () => person(dice, time)).flat();
	const [org, root] = [dice.bytes(16), dice.pick(points)];
	return { dice, org, room: dice.bytes(16), people: [...people, ...recoveries(dice, org, kidOf(root), time)], points, time, root };
};

const staffOf = (w: World): PersonRecord => w.dice.pick(w.people.filter((p) => p.staff)) ?? (w.people[0] as PersonRecord);
const anyOf = (w: World): PersonRecord => {
	const persons = w.people.filter((p) => !equal(p.user, w.org));
	return w.dice.pick(persons.length > 0 ? persons : w.people);
};

const senderOf = (w: World, s: ControlState): Member | undefined => {
	const list = w.dice.chance(75) ? activeStaff(s) : activeMembers(s);
	return w.dice.pick(list.length > 0 ? list : s.members);
};

type Maker = (w: World, s: ControlState, sender: Member) => ControlBody;

const create = (w: World, p: PersonRecord): ControlBody => ({
	type: "create", encKid: p.encKid, cert: p.cert, rootKid: w.dice.chance(97) ? kidOf(w.root) : w.dice.bytes(32), recoveryKid: w.dice.bytes(32), agreement: w.dice.bytes(16),
	retention: w.dice.below(20) === 0 ? 0 : 1 + w.dice.below(65_535),
});

const addOf = (w: World, s: ControlState): ControlBody => {
	const staff = w.dice.chance(75);
	const p = w.dice.chance(15) && s.members.length > 0 ? { ...w.dice.pick(s.members) } : staff ? staffOf(w) : anyOf(w);
	const role = staff ? ROLE.staff : ROLE.client;
	return {
		type: "add", user: p.user, sigKid: p.sigKid, encKid: p.encKid, role, cert: staff ? p.cert : zeroes(32), proof: staff ? 1 : 2,
		baselineSeq: w.dice.below(5000), baseline: w.dice.bytes(32),
	};
};

const epochOf: Maker = (w, s, sender) => ({
	type: "epoch", n: s.epoch + 1, commit: w.dice.bytes(32), staffCommit: sender.role === ROLE.staff ? w.dice.bytes(32) : zeroes(32),
	wraps: recipientsOf(s, sender, w.people, w.time, () => w.dice.chance(50)).map((r) => ({ ...r, hash: w.dice.bytes(32) })),
});

const grantOf: Maker = (w, s, sender) => {
	const to = w.dice.chance(40) ? sender : (w.dice.pick(activeMembers(s)) ?? sender);
	const from = 1 + w.dice.below(Math.max(s.epoch, 1));
	const until = Math.min(from + w.dice.below(w.dice.chance(90) ? 4 : 300), Math.max(s.epoch, 1));
	const wraps = grantedKeys(s, to, from, until, w.dice.chance(80) ? sender : to).slice(0, 512).map((k) => ({ ...k, hash: w.dice.bytes(32) }));
	return { type: "grant", to: to.user, toKid: to.encKid, from, until, wraps };
};

/** Unsigned: the rules look at no signature. */
const breakGlassOf: Maker = (w, s) => {
	const member = w.dice.pick(s.members);
	const keys = w.dice.pick(w.people.filter((p) => equal(p.user, member.user)).concat(anyOf(w)));
	const to = w.dice.chance(55) ? member : { ...keys, role: keys.staff ? ROLE.staff : ROLE.client };
	const from = 1 + w.dice.below(Math.max(s.epoch, 1));
	const until = Math.min(from + w.dice.below(w.dice.chance(90) ? 4 : 300), Math.max(s.epoch, 1));
	const all = grantedKeys(s, { ...member, role: to.role }, from, until).filter(() => w.dice.chance(85));
	const right = {
		reason: 1 + w.dice.below(4), words: "Avaimet katosivat", officers: "Anna Virtanen, Jukka Mäkinen", user: to.user, sigKid: to.sigKid, encKid: to.encKid,
		role: to.role, cert: to.cert, from, until, wraps: (all.length > 0 ? all : [{ keyset: 0, epoch: from }]).slice(0, 512).map((k) => ({ ...k, hash: w.dice.bytes(32) })),
	};
	const opening = w.dice.chance(25) ? changeField(w, s, right) : right;
	const root = w.dice.chance(95) ? w.root : w.dice.pick(w.points);
	return { type: "reserved", code: BREAK_GLASS, rest: concat(w.dice.pick(w.points), root, w.dice.bytes(64), openingBytes(opening)) };
};

const MAKERS: readonly (readonly [number, Maker])[] = [
	[22, epochOf],
	[9, grantOf],
	[10, (w, s) => ({
		type: "invite", invite: s.invite && w.dice.chance(10) ? s.invite.id : w.dice.bytes(16), sigPub: w.dice.pick(w.points), encPub: w.dice.pick(w.points),
		expires: w.time + 1 + w.dice.below(w.dice.chance(90) ? 7 * DAY : 9 * DAY),
	})],
	[12, (w, s) => ({ type: "join", invite: s.invite?.id ?? w.dice.bytes(16), encKid: zeroes(32), proof: w.dice.bytes(64) })],
	[18, (w, s) => addOf(w, s)],
	[7, (w, s) => ({ type: "remove", user: (w.dice.pick(activeStaff(s)) ?? anyOf(w)).user, reason: 1 + w.dice.below(3) })],
	[4, () => ({ type: "leave" })],
	[7, (w, s) => ({ type: "recovery", n: 1 + w.dice.below(Math.max(s.epoch, 1)), rkid: s.recoveryKid, hash: w.dice.bytes(32) })],
	[4, (w) => ({ type: "close", reason: 1 + w.dice.below(4) })],
	[7, () => ({ type: "reopen" })],
	[12, () => ({ type: "rekey", encKid: zeroes(32), cert: zeroes(32) })],
	[1, (w) => ({ type: "reserved", code: w.dice.pick([4, 5, 6, 7, 8, 15, 16, 17, 21]), rest: w.dice.bytes(w.dice.below(40)) })],
	[8, breakGlassOf],
	[5, (w, s) => recoveryKey((w.dice.chance(80) ? w.dice.pick(w.people.filter((p) => equal(p.user, w.org))) : undefined)?.encKid ?? s.recoveryKid)],
];

const makerOf = (dice: Dice): Maker => {
	let at = dice.below(MAKERS.reduce((n, [weight]) => n + weight, 0));
	for (const [weight, maker] of MAKERS) {
		if (at < weight) return maker;
		at -= weight;
	}
	return epochOf;
};

const header = (w: World, s: ControlState, sender: { user: Bytes; sigKid: Bytes }): HeaderFields => ({
	kind: KIND.control, org: w.org, room: w.room, msgId: w.dice.bytes(16), sender: sender.user, senderKid: sender.sigKid, epoch: s.epoch, seq: s.n,
	logHead: s.head, parents: [], time: w.time, retention: 0, clear: zeroes(0),
});

export const pack = (fields: HeaderFields, body: Bytes): Bytes => concat(buildHeader(fields, body.length), body, zeroes(64));

/** Other bytes of the same length, or the bytes of somebody else. */
const other = (w: World, s: ControlState, bytes: Bytes): Bytes => {
	const near = w.dice.chance(50) ? w.dice.pick(s.members.length > 0 ? s.members : [undefined]) : anyOf(w);
	if (bytes.length === 16 && near) return near.user;
	if (bytes.length === 32 && near) return w.dice.pick([near.sigKid, near.encKid, near.cert, zeroes(32)]);
	return w.dice.bytes(bytes.length);
};

const MAX_CODE: Readonly<Record<string, number>> = { role: 2, proof: 2, reason: 4, keyset: 1, rtype: 3 };

/** One thing wrong in a list of wraps. */
const changeList = <T extends object>(w: World, s: ControlState, list: readonly T[]): T[] => {
	const i = w.dice.below(list.length);
	const made = [
		() => list.filter((_, j) => j !== i),
		() => [...list, list[i] as T],
		() => list.toSpliced(i, 1, changeField(w, s, list[i] as T)),
		() => [...list.slice(i), ...list.slice(0, i)],
	][w.dice.below(4)]?.() as T[];
	return made.length > 0 ? made : [...list];
};

/** The same object with one field of another value that can still be written. */
const changeField = <T extends object>(w: World, s: ControlState, value: T): T => {
	const keys = Object.keys(value).filter((key) => key !== "type" && key !== "kind" && key !== "code");
	const key = w.dice.pick(keys);
	const old = (value as Record<string, unknown>)[key];
	const most = MAX_CODE[key];
	const changed = (): unknown => {
		if (old instanceof Uint8Array) return key.endsWith("Pub") ? w.dice.pick(w.points) : other(w, s, old as Bytes);
		if (Array.isArray(old)) return old.length > 0 ? changeList(w, s, old as object[]) : old;
		if (typeof old !== "number") return old;
		if (most !== undefined) return w.dice.below(most + 2);
		return w.dice.chance(50) ? Math.max(0, old + w.dice.below(5) - 2) : w.dice.below(2 ** 16);
	};
	return keys.length === 0 ? value : { ...value, [key]: changed() };
};

const wild = (w: World, bytes: Bytes): Bytes => {
	const copy = bytes.slice();
	if (w.dice.chance(15)) return copy.slice(0, w.dice.below(copy.length + 1));
	if (w.dice.chance(15)) return concat(copy, w.dice.bytes(1 + w.dice.below(8)));
	for (let n = 1 + w.dice.below(3); n > 0; n--) {
		const at = w.dice.below(copy.length);
		copy[at] = w.dice.chance(50) ? w.dice.below(256) : (copy[at] as number) ^ (1 << w.dice.below(8));
	}
	return copy;
};

const tooEarly = (w: World, s: ControlState): { fields: HeaderFields; body: ControlBody } => ({
	fields: header(w, s, staffOf(w)), body: { type: "reopen" },
});

const first = (w: World, s: ControlState): { fields: HeaderFields; body: ControlBody } => {
	const p = staffOf(w);
	return { fields: header(w, s, p), body: create(w, p) };
};

const later = (w: World, s: ControlState): { fields: HeaderFields; body: ControlBody } => {
	const sender = senderOf(w, s);
	if (!sender || w.dice.chance(1)) return first(w, s);
	const body: ControlBody = s.phase === "closed" && w.dice.chance(50) ? { type: "reopen" } : makerOf(w.dice)(w, s, sender);
	if (body.type === "rekey") {
		const keys = w.dice.pick(w.people.filter((p) => (w.dice.chance(8) && !equal(p.user, w.org)) || equal(p.user, sender.user))) ?? anyOf(w);
		return { fields: header(w, s, keys), body: { ...body, encKid: keys.encKid, cert: keys.cert } };
	}
	if (body.type === "reserved" && body.code === BREAK_GLASS && w.dice.chance(97)) {
		const sigKid = kids.get(hex(body.rest.slice(0, 65))) ?? w.dice.bytes(32);
		return { fields: header(w, s, { user: w.org, sigKid }), body };
	}
	if (body.type !== "join") return { fields: header(w, s, sender), body };
	const newcomer = w.dice.chance(92) ? anyOf(w) : { ...sender };
	return { fields: header(w, s, newcomer), body: { ...body, encKid: newcomer.encKid } };
};

/** When the next keys or certificate end: what is decided near that is what is easily decided otherwise. */
const nextEnding = (w: World): number | undefined => {
	const times = w.people.flatMap((p) => [p.ended, p.validUntil]).filter((time) => time > w.time && time < w.time + 3 * DAY);
	return times.length > 0 ? Math.min(...times) : undefined;
};

/** The next entry, and the clock of who decides about it ("-" is the entry's own). */
export const nextEntry = (w: World, s: ControlState): { bytes: Bytes; time: number | "-" } => {
	w.time += w.dice.below(w.dice.chance(95) ? 3_600_000 : 3 * DAY);
	const ending = w.dice.chance(10) ? nextEnding(w) : undefined;
	if (ending !== undefined) w.time = Math.max(w.time, ending + w.dice.below(3_000_000) - 1_500_000);
	const late = w.dice.chance(80) ? w.dice.below(1_400_000) - 700_000 : w.dice.below(8 * DAY);
	const time = w.dice.chance(90) ? "-" : Math.max(0, w.time + late);
	return { bytes: entryNow(w, s), time };
};

/** An entry at the world's time, right or not. */
export const entryNow = (w: World, s: ControlState): Bytes => {
	let { fields, body } = s.n > 0 ? later(w, s) : w.dice.chance(90) ? first(w, s) : tooEarly(w, s);
	if (w.dice.chance(6)) fields = changeField(w, s, fields);
	if (w.dice.chance(14)) body = changeField(w, s, body);
	fields = { ...fields, parents: [], clear: zeroes(0) };
	const bytes = pack(fields, encodeControl(body));
	return w.dice.chance(3) ? wild(w, bytes) : bytes;
};

