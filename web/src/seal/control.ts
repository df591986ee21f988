// Entries of a room's control log (FORMAT.md section 7): the bytes of each type, parsed and built. One row a type: what it is
// called on the wire, and its fields. The rules about them are in control-rules.ts.

import { concat, reader, SealError, u16, u32, u64, u8, zeroes, type Bytes, type Reader } from "./bytes.js";
import { labelled } from "./derive.js";
import { buildHeader, finish, KIND, type Envelope } from "./envelope.js";
import { LABEL } from "./labels.js";
import { isPoint, sign, verify, type SigningKey } from "./p256.js";
import type { Rule } from "./control-rules.js";

export const ROLE = { client: 1, staff: 2 } as const;
export type Role = (typeof ROLE)[keyof typeof ROLE];

export interface EpochWrap {
	readonly keyset: number;
	readonly rtype: number;
	readonly rid: Bytes;
	readonly rkid: Bytes;
	readonly hash: Bytes;
}

export interface GrantWrap {
	readonly keyset: number;
	readonly epoch: number;
	readonly hash: Bytes;
}

export type ControlBody =
	| { readonly type: "create"; readonly encKid: Bytes; readonly cert: Bytes; readonly rootKid: Bytes; readonly recoveryKid: Bytes;
		readonly agreement: Bytes; readonly retention: number }
	| { readonly type: "invite"; readonly invite: Bytes; readonly sigPub: Bytes; readonly encPub: Bytes; readonly expires: number }
	| { readonly type: "join"; readonly invite: Bytes; readonly encKid: Bytes; readonly proof: Bytes }
	| { readonly type: "add"; readonly user: Bytes; readonly sigKid: Bytes; readonly encKid: Bytes; readonly role: Role;
		readonly cert: Bytes; readonly proof: number; readonly baselineSeq: number; readonly baseline: Bytes }
	| { readonly type: "remove"; readonly user: Bytes; readonly reason: number }
	| { readonly type: "leave" }
	| { readonly type: "epoch"; readonly n: number; readonly commit: Bytes; readonly staffCommit: Bytes; readonly wraps: readonly EpochWrap[] }
	| { readonly type: "grant"; readonly to: Bytes; readonly toKid: Bytes; readonly from: number; readonly until: number;
		readonly wraps: readonly GrantWrap[] }
	| { readonly type: "recovery"; readonly n: number; readonly rkid: Bytes; readonly hash: Bytes }
	| { readonly type: "close"; readonly reason: number }
	| { readonly type: "reopen" }
	| { readonly type: "rekey"; readonly encKid: Bytes; readonly cert: Bytes }
	/** Nothing yet, or a type that few logs hold: the entry's `rare` has read it. */
	| { readonly type: "reserved"; readonly code: number; readonly rest: Bytes };

/** BREAK_GLASS: what two officers opened, why, and to whom. */
export interface Opening {
	readonly reason: number;
	readonly words: string;
	readonly officers: string;
	readonly user: Bytes;
	readonly sigKid: Bytes;
	readonly encKid: Bytes;
	readonly role: Role;
	readonly cert: Bytes;
	readonly from: number;
	readonly until: number;
	readonly wraps: readonly GrantWrap[];
}

/** Epochs whose keys an entry gives to somebody. */
export interface Granted {
	readonly to: Bytes;
	readonly toKid: Bytes;
	readonly from: number;
	readonly until: number;
}

/** What control-rare.ts has read of an entry: its rule, and who signs it if no member does. */
export interface Rare {
	readonly rule: Rule<"reserved">;
	readonly signer?: Bytes;
	readonly opening?: Opening;
	readonly grant?: Granted;
	/** What is signed inside. */
	vouched(): Promise<boolean>;
}

export type ControlType = ControlBody["type"];
type BodyOf<T extends ControlType> = Extract<ControlBody, { type: T }>;

const malformed = (): never => {
	throw new SealError("malformed");
};

export const between = (n: number, least: number, most: number): number => (n >= least && n <= most ? n : malformed());
export const point = (pub: Bytes): Bytes => (isPoint(pub) ? pub : malformed());
export const listOf = <T>(r: Reader, most: number, item: () => T): T[] => Array.from({ length: between(r.u16(), 1, most) }, item);

const readEpochWrap = (r: Reader): EpochWrap => ({
	keyset: r.u8(), rtype: r.u8(), rid: r.take(16), rkid: r.take(32), hash: r.take(32),
});
export const readGrantWrap = (r: Reader): GrantWrap => ({ keyset: r.u8(), epoch: r.u32(), hash: r.take(32) });

export const grantWrapBytes = (w: GrantWrap): Bytes => concat(u8(w.keyset), u32(w.epoch), w.hash);

interface Row<T extends ControlType> {
	readonly code: number;
	readonly read: (r: Reader) => BodyOf<T>;
	readonly write: (b: BodyOf<T>) => Bytes;
}

const ROWS: { readonly [T in Exclude<ControlType, "reserved">]: Row<T> } = {
	create: {
		code: 1,
		read: (r) => ({
			type: "create", encKid: r.take(32), cert: r.take(32), rootKid: r.take(32), recoveryKid: r.take(32), agreement: r.take(16), retention: r.u16(),
		}),
		write: (b) => concat(b.encKid, b.cert, b.rootKid, b.recoveryKid, b.agreement, u16(b.retention)),
	},
	invite: {
		code: 2,
		read: (r) => ({ type: "invite", invite: r.take(16), sigPub: point(r.take(65)), encPub: point(r.take(65)), expires: r.u64() }),
		write: (b) => concat(b.invite, b.sigPub, b.encPub, u64(b.expires)),
	},
	join: {
		code: 3,
		read: (r) => ({ type: "join", invite: r.take(16), encKid: r.take(32), proof: r.take(64) }),
		write: (b) => concat(b.invite, b.encKid, b.proof),
	},
	add: {
		code: 9,
		read: (r) => ({
			type: "add", user: r.take(16), sigKid: r.take(32), encKid: r.take(32), role: between(r.u8(), 1, 2) as Role, cert: r.take(32),
			proof: between(r.u8(), 1, 2), baselineSeq: r.u64(), baseline: r.take(32),
		}),
		write: (b) => concat(b.user, b.sigKid, b.encKid, u8(b.role), b.cert, u8(b.proof), u64(b.baselineSeq), b.baseline),
	},
	remove: {
		code: 10,
		read: (r) => ({ type: "remove", user: r.take(16), reason: between(r.u8(), 1, 3) }),
		write: (b) => concat(b.user, u8(b.reason)),
	},
	leave: { code: 11, read: () => ({ type: "leave" }), write: () => zeroes(0) },
	epoch: {
		code: 12,
		read: (r) => ({ type: "epoch", n: r.u32(), commit: r.take(32), staffCommit: r.take(32), wraps: listOf(r, 131, () => readEpochWrap(r)) }),
		write: (b) => concat(
			u32(b.n), b.commit, b.staffCommit, u16(b.wraps.length),
			...b.wraps.map((w) => concat(u8(w.keyset), u8(w.rtype), w.rid, w.rkid, w.hash)),
		),
	},
	grant: {
		code: 13,
		read: (r) => ({
			type: "grant", to: r.take(16), toKid: r.take(32), from: r.u32(), until: r.u32(), wraps: listOf(r, 512, () => readGrantWrap(r)),
		}),
		write: (b) => concat(
			b.to, b.toKid, u32(b.from), u32(b.until), u16(b.wraps.length),
			...b.wraps.map(grantWrapBytes),
		),
	},
	recovery: {
		code: 14,
		read: (r) => ({ type: "recovery", n: r.u32(), rkid: r.take(32), hash: r.take(32) }),
		write: (b) => concat(u32(b.n), b.rkid, b.hash),
	},
	close: { code: 18, read: (r) => ({ type: "close", reason: between(r.u8(), 1, 4) }), write: (b) => u8(b.reason) },
	reopen: { code: 19, read: () => ({ type: "reopen" }), write: () => zeroes(0) },
	rekey: { code: 20, read: (r) => ({ type: "rekey", encKid: r.take(32), cert: r.take(32) }), write: (b) => concat(b.encKid, b.cert) },
};

/** Of control-rare.ts. */
export const RARE = [15, 21];
const RESERVED = [4, 5, 6, 7, 8, 16, 17, ...RARE];
const BY_CODE = new Map(Object.values(ROWS).map((row) => [row.code, row]));

/** Throws SealError("malformed") for anything that is not exactly one body of section 7. */
export const parseControl = (body: Bytes): ControlBody => {
	const r = reader(body);
	try {
		const code = r.u8();
		if (RESERVED.includes(code)) return { type: "reserved", code, rest: r.take(r.left()) };
		const parsed = BY_CODE.get(code)?.read(r) ?? malformed();
		return r.left() === 0 ? parsed : malformed();
	} catch {
		return malformed();
	}
};

export const encodeControl = (b: ControlBody): Bytes => {
	if (b.type === "reserved") return concat(u8(b.code), b.rest);
	const row = ROWS[b.type] as Row<typeof b.type>;
	return concat(u8(row.code), row.write(b as never));
};

/** A parsed entry with what the rules need and only a hash can tell. */
export interface ControlEntry {
	readonly env: Envelope;
	readonly body: ControlBody;
	/** kid_enc of INVITE's key; zeroes for other types. */
	readonly inviteKid: Bytes;
	readonly rare?: Rare | undefined;
}

/** A HISTORY_GRANT's, or a BREAK_GLASS's. */
export const grantIn = ({ body, rare }: ControlEntry): Granted | undefined => (body.type === "grant" ? body : rare?.grant);

/** Where an entry goes: the state that it follows. */
export interface LogPlace {
	readonly org: Bytes;
	readonly room: Bytes;
	readonly head: Bytes;
	readonly n: number;
	readonly epoch: number;
}

export const signControl = (
	signer: SigningKey, sender: Bytes, place: LogPlace, body: ControlBody, msgId: Bytes, time: number,
): Promise<Bytes> => {
	const bytes = encodeControl(body);
	const fields = {
		kind: KIND.control, org: place.org, room: place.room, msgId, sender, senderKid: signer.kid, epoch: place.epoch, seq: place.n,
		logHead: place.head, parents: [], time, retention: 0, clear: zeroes(0),
	};
	return finish(signer, buildHeader(fields, bytes.length), bytes);
};

export interface JoinClaim {
	readonly org: Bytes;
	readonly room: Bytes;
	readonly invite: Bytes;
	readonly sender: Bytes;
	readonly senderKid: Bytes;
	readonly encKid: Bytes;
	readonly prev: Bytes;
}

const joinBytes = (c: JoinClaim): Bytes => labelled(LABEL.join, c.org, c.room, c.invite, c.sender, c.senderKid, c.encKid, c.prev);

/** The invitation's one-time key vouches for the newcomer's keys. */
export const signJoin = (oneTime: SigningKey, claim: JoinClaim): Promise<Bytes> => sign(oneTime, joinBytes(claim));

/** True for every entry that is no JOIN: there is nothing of this sort to verify in it. */
export const verifyJoin = async (entry: ControlEntry, invitePub: Bytes): Promise<boolean> => {
	const { env, body } = entry;
	if (body.type !== "join") return true;
	const claim = {
		org: env.org, room: env.room, invite: body.invite, sender: env.sender, senderKid: env.senderKid, encKid: body.encKid, prev: env.logHead,
	};
	return verify(invitePub, joinBytes(claim), body.proof);
};
