// The state of a room's control log (FORMAT.md section 7). It is never changed in place: each entry makes a new one, so the
// states of a whole log can be kept side by side, and a message be judged by the one that its sender had seen.

import { equal, zeroes, type Bytes } from "./bytes.js";
import { ROLE, type Role } from "./control.js";

export const PROOF = { certified: 1, compared: 2, unproven: 3 } as const;

export interface Member {
	readonly user: Bytes;
	readonly role: Role;
	readonly sigKid: Bytes;
	readonly encKid: Bytes;
	readonly cert: Bytes;
	/** PROOF: by what the others know the keys to be theirs. */
	readonly proof: number;
	readonly active: boolean;
	/** An epoch left them out, because keys or certificate had ended; a REKEY or an ADD brings them back. */
	readonly lapsed: boolean;
	/** Index of the entry that brought these keys. */
	readonly since: number;
	/** Of a client: the first epoch that may be granted. */
	readonly from: number;
	/** Of the chain, when these keys came. */
	readonly resets: number;
}

export interface OpenInvite {
	readonly id: Bytes;
	readonly sigPub: Bytes;
	readonly encKid: Bytes;
	readonly expires: number;
	/** The first epoch that is wrapped to it. */
	readonly from: number;
}

export interface EpochRecord {
	readonly author: Role;
	/** Its author was: only they write in it. */
	readonly unproven: boolean;
	readonly commit: Bytes;
	readonly staffCommit: Bytes;
	readonly recoveryWrapped: boolean;
}

export interface ControlState {
	readonly org: Bytes;
	readonly room: Bytes;
	readonly head: Bytes;
	/** Entries so far: also the index of the next one. */
	readonly n: number;
	/** The newest client_time of an entry: the next may not be older than two clocks can differ. */
	readonly time: number;
	readonly phase: "none" | "open" | "closed";
	readonly agreement: Bytes;
	readonly retention: number;
	readonly rootKid: Bytes;
	readonly recoveryKid: Bytes;
	readonly epoch: number;
	/** A new epoch must come before the next message. */
	readonly pending: boolean;
	readonly members: readonly Member[];
	readonly invite: OpenInvite | undefined;
	/** epochs[0] is epoch 1. */
	readonly epochs: readonly EpochRecord[];
}

export const emptyControl = (): ControlState => ({
	org: zeroes(16), room: zeroes(16), head: zeroes(32), n: 0, time: 0, phase: "none", agreement: zeroes(16), retention: 0,
	rootKid: zeroes(32), recoveryKid: zeroes(32), epoch: 0, pending: false, members: [], invite: undefined, epochs: [],
});

/** What a verified identity chain says of one pair of keys; see `people` in section 7. */
export interface PersonRecord {
	readonly user: Bytes;
	readonly sigKid: Bytes;
	readonly encKid: Bytes;
	/** Of the chain, when these keys came: the same for keys that followed by ROTATE alone. */
	readonly resets: number;
	readonly staff: boolean;
	readonly cert: Bytes;
	readonly validFrom: number;
	readonly validUntil: number;
	/** 0, or the time of the entry that revoked or replaced these keys. */
	readonly ended: number;
}

/** Two clocks may differ by ten minutes each. */
export const CLOCKS = 1_200_000;

export const notRevoked = (p: PersonRecord, time: number): boolean => p.ended === 0 || time <= p.ended + CLOCKS;
export const isValid = (p: PersonRecord, time: number): boolean =>
	p.validFrom <= time && time <= p.validUntil && notRevoked(p, time);

const last = <T>(list: readonly T[], fits: (item: T) => boolean): T | undefined => {
	for (let i = list.length - 1; i >= 0; i--) if (fits(list[i] as T)) return list[i];
	return undefined;
};

export const recordOf = (people: readonly PersonRecord[], user: Bytes, sigKid: Bytes): PersonRecord | undefined =>
	last(people, (p) => equal(p.user, user) && equal(p.sigKid, sigKid));

export const certifiedRecord = (people: readonly PersonRecord[], user: Bytes, sigKid: Bytes, cert: Bytes): PersonRecord | undefined =>
	last(people, (p) => p.staff && equal(p.user, user) && equal(p.sigKid, sigKid) && equal(p.cert, cert));

export type Standing = "in" | "leaving" | "out";

/**
 * How an active member who has not lapsed stands at a time. Leaving: the keys ended so near to it that by two clocks an entry may
 * have been decided before that or after.
 */
export const standingOf = (m: Member, people: readonly PersonRecord[], time: number): Standing => {
	const staff = m.role === ROLE.staff;
	const record = staff ? certifiedRecord(people, m.user, m.sigKid, m.cert) : recordOf(people, m.user, m.sigKid);
	if (!record || (staff && time > record.validUntil) || !notRevoked(record, time)) return "out";
	return record.ended !== 0 && time + CLOCKS >= record.ended ? "leaving" : "in";
};

const isLive = (m: Member): boolean => m.active && !m.lapsed;

export const isPresent = (m: Member, people: readonly PersonRecord[], time: number): boolean => isLive(m) && standingOf(m, people, time) !== "out";

const isUnproven = (s: ControlState): boolean => s.epochs.at(-1)?.unproven ?? false;

/** Who has the newest epoch's key: of the unproven only the author of an epoch of their own. */
const isIn = (s: ControlState, m: Member): boolean => isLive(m) && (m.proof !== PROOF.unproven || isUnproven(s));

/** A new epoch must come before the next message: by the log, or because keys or a certificate of a member who has this one have ended. */
export const isRotationDue = (s: ControlState, people: readonly PersonRecord[], time: number): boolean =>
	s.phase === "open" && (s.pending || s.members.some((m) => isIn(s, m) && standingOf(m, people, time) !== "in"));

/** Whether this member may write in the newest epoch: of an unproven author's nobody else makes use, and the other way round. */
export const mayWriteIn = (s: ControlState, m: Member): boolean =>
	isLive(m) && isUnproven(s) === (m.proof === PROOF.unproven);

export const memberOf = (s: ControlState, user: Bytes): Member | undefined => s.members.find((m) => equal(m.user, user));
export const activeMember = (s: ControlState, user: Bytes): Member | undefined => {
	const member = memberOf(s, user);
	return member?.active ? member : undefined;
};
export const activeMembers = (s: ControlState): readonly Member[] => s.members.filter((m) => m.active);
export const activeClient = (s: ControlState): Member | undefined => s.members.find((m) => m.active && m.role === ROLE.client);
export const activeStaff = (s: ControlState): readonly Member[] => s.members.filter((m) => m.active && m.role === ROLE.staff);

/** An active member who has not lapsed. */
export const liveMember = (s: ControlState, user: Bytes): Member | undefined => {
	const member = memberOf(s, user);
	return member && isLive(member) ? member : undefined;
};

/** Puts a member in their old place, or at the end. */
export const withMember = (s: ControlState, member: Member): readonly Member[] =>
	memberOf(s, member.user)
		? s.members.map((m) => (equal(m.user, member.user) ? member : m))
		: [...s.members, member];
