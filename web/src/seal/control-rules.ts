// The rules of a room's control log (FORMAT.md section 7): one pure function from a state and an entry to the next state or a
// refusal. The same rules stand in server/seal/control_rules.c; tests/seal runs both on the same entries. Signatures are
// verified beside it (verifyEnvelope, verifyJoin): the rules decide what an authentic entry may do.

import { compare, equal, isZero, type Bytes } from "./bytes.js";
import { ROLE, type ControlBody, type ControlEntry, type ControlType, type EpochWrap, type GrantWrap } from "./control.js";
import {
	activeClient, activeMember, certifiedRecord, CLOCKS, isPresent, isValid, liveMember, memberOf, notRevoked, PROOF, recordOf, standingOf, withMember,
	type ControlState, type Member, type PersonRecord,
} from "./control-state.js";
import { KEYSET, RTYPE } from "./epoch.js";

export type ControlRefusal =
	| "too_many" | "not_created" | "already_created" | "wrong_room" | "stale_head" | "bad_index" | "bad_epoch" | "reserved_type" | "bad_time"
	| "not_certified" | "cert_expired" | "bad_field" | "not_member" | "bad_kid" | "not_staff" | "room_closed" | "not_closed"
	| "client_present" | "bad_expiry" | "invite_reused" | "no_invite" | "invite_expired" | "already_member" | "unknown_key"
	| "too_many_members" | "no_such_member" | "use_leave" | "may_not_remove" | "last_staff" | "bad_epoch_number" | "bad_commit"
	| "bad_recipients" | "may_not_grant" | "bad_range";

/** The next state without head, n and time, which are the same for all types. */
export type Outcome = ControlState | ControlRefusal;
type BodyOf<T extends ControlType> = Extract<ControlBody, { type: T }>;

export interface Case<T extends ControlType> {
	readonly state: ControlState;
	readonly entry: ControlEntry;
	readonly body: BodyOf<T>;
	readonly people: readonly PersonRecord[];
	readonly time: number;
	/** The sender as a member; for CREATE, JOIN and REKEY there is none yet, for BREAK_GLASS none. */
	readonly sender: Member | undefined;
}

const MOST_ENTRIES = 65_535;
const MOST_MEMBERS = 64;
const MOST_EPOCHS = 65_535;
const CLOCK = 600_000;
const WEEK = 7 * 24 * 3600 * 1000;

const isStaff = (m: Member | undefined): boolean => m?.role === ROLE.staff;

const fresh = { active: true, lapsed: false } as const;

/** Who comes again has what was theirs in the same role, but a client not what another client wrote meanwhile. */
const fromOf = (state: ControlState, user: Bytes, role: number, from: number): number => {
	const before = memberOf(state, user);
	if (before?.role !== role) return from;
	const another = role === ROLE.client && state.members.some((m) => m.role === role && m.from >= before.from && !equal(m.user, user));
	return another ? from : Math.min(before.from, from);
};

const create = ({ state, entry, body, people, time }: Case<"create">): Outcome => {
	const { env } = entry;
	const record = certifiedRecord(people, env.sender, env.senderKid, body.cert);
	if (!record || !equal(record.encKid, body.encKid)) return "not_certified";
	if (!isValid(record, time)) return "cert_expired";
	if (body.retention < 1) return "bad_field";
	const member: Member = {
		...fresh, user: env.sender, role: ROLE.staff, sigKid: env.senderKid, encKid: body.encKid, cert: body.cert, proof: PROOF.certified, since: 0,
		from: 1, resets: record.resets,
	};
	return {
		...state, org: env.org, room: env.room, phase: "open", agreement: body.agreement, retention: body.retention,
		rootKid: body.rootKid, recoveryKid: body.recoveryKid, pending: true, members: [member],
	};
};

const invite = ({ state, entry, body, time }: Case<"invite">): Outcome => {
	if (activeClient(state)) return "client_present";
	if (body.expires <= time || body.expires > time + WEEK) return "bad_expiry";
	if (state.invite && equal(state.invite.id, body.invite)) return "invite_reused";
	const open = { id: body.invite, sigPub: body.sigPub, encKid: entry.inviteKid, expires: body.expires, from: state.epoch + 1 };
	return { ...state, invite: open, pending: true };
};

const join = ({ state, entry, body, people, time }: Case<"join">): Outcome => {
	const { env } = entry;
	if (!state.invite || !equal(state.invite.id, body.invite)) return "no_invite";
	if (time > state.invite.expires) return "invite_expired";
	if (activeMember(state, env.sender)) return "already_member";
	if (activeClient(state)) return "client_present";
	const record = recordOf(people, env.sender, env.senderKid);
	if (!record || !equal(record.encKid, body.encKid) || !notRevoked(record, time)) return "unknown_key";
	if (state.members.length >= MOST_MEMBERS && !memberOf(state, env.sender)) return "too_many_members";
	const member: Member = {
		...fresh, user: env.sender, role: ROLE.client, sigKid: env.senderKid, encKid: body.encKid, cert: new Uint8Array(32), proof: PROOF.compared,
		since: state.n, from: fromOf(state, env.sender, ROLE.client, state.invite.from), resets: record.resets,
	};
	return { ...state, members: withMember(state, member), invite: undefined, pending: true };
};

/** Who is brought into a room, and with what keys. */
export type Brought = Pick<Member, "user" | "role" | "sigKid" | "encKid" | "cert" | "proof">;

export const staffRefusal = (body: Brought, people: readonly PersonRecord[], time: number): ControlRefusal | undefined => {
	const record = certifiedRecord(people, body.user, body.sigKid, body.cert);
	if (!record || !equal(record.encKid, body.encKid)) return "not_certified";
	return isValid(record, time) ? undefined : "cert_expired";
};

const addClient = ({ state, body, people, time }: Case<"add">): ControlRefusal | undefined => {
	if (body.proof !== 2 || !isZero(body.cert)) return "bad_field";
	const record = recordOf(people, body.user, body.sigKid);
	if (!record || !equal(record.encKid, body.encKid) || !notRevoked(record, time)) return "unknown_key";
	const client = activeClient(state);
	return client && !equal(client.user, body.user) ? "client_present" : undefined;
};

const bringsNothing = (m: Member, sigKid: Bytes, encKid: Bytes, cert: Bytes): boolean =>
	!m.lapsed && equal(m.sigKid, sigKid) && equal(m.encKid, encKid) && equal(m.cert, cert);

/** What was written before the room's first client only staff wrote: they may give all of it. */
const addedFrom = (state: ControlState, role: number): number =>
	role === ROLE.client && !state.members.some((m) => m.role === ROLE.client) ? 1 : state.epoch + 1;

export const withBrought = (state: ControlState, { user, role, sigKid, encKid, cert, proof }: Brought, people: readonly PersonRecord[]): ControlState => {
	const member: Member = {
		...fresh, user, role, sigKid, encKid, cert, proof, since: state.n, from: fromOf(state, user, role, addedFrom(state, role)),
		resets: recordOf(people, user, sigKid)?.resets ?? 0,
	};
	return { ...state, members: withMember(state, member), pending: true };
};

const add = (c: Case<"add">): Outcome => {
	const { state, body, people } = c;
	const refusal = body.role === ROLE.client ? addClient(c) : body.proof === 1 ? staffRefusal(body, people, c.time) : "bad_field";
	if (refusal) return refusal;
	const present = activeMember(state, body.user);
	if (present && present.proof !== PROOF.unproven && bringsNothing(present, body.sigKid, body.encKid, body.cert)) return "already_member";
	if (present && present.role !== body.role) return "bad_field";
	if (state.members.length >= MOST_MEMBERS && !memberOf(state, body.user)) return "too_many_members";
	return withBrought(state, body, people);
};

/** New keys vouched for by the old ones leave the proof as it is; who made them anew has none. */
const rekey = ({ state, entry, body, people, time }: Case<"rekey">): Outcome => {
	const { sender, senderKid } = entry.env;
	const before = activeMember(state, sender);
	if (!before) return "not_member";
	const staff = isStaff(before);
	if (!staff && !isZero(body.cert)) return "bad_field";
	const record = staff ? certifiedRecord(people, sender, senderKid, body.cert) : recordOf(people, sender, senderKid);
	if (!record || !equal(record.encKid, body.encKid)) return staff ? "not_certified" : "unknown_key";
	if (staff && !isValid(record, time)) return "cert_expired";
	if (!notRevoked(record, time)) return "unknown_key";
	if (bringsNothing(before, senderKid, body.encKid, body.cert)) return "already_member";
	const proof = staff || record.resets === before.resets ? before.proof : PROOF.unproven;
	const member: Member = { ...before, ...fresh, sigKid: senderKid, encKid: body.encKid, cert: body.cert, proof, since: state.n, resets: record.resets };
	return { ...state, members: withMember(state, member), pending: true };
};

const without = (state: ControlState, member: Member): ControlState => ({
	...state, members: withMember(state, { ...member, active: false, lapsed: false }), pending: true,
});

const remove = ({ state, entry, body }: Case<"remove">): Outcome => {
	const member = activeMember(state, body.user);
	if (!member) return "no_such_member";
	if (equal(body.user, entry.env.sender)) return "use_leave";
	if (member.role === ROLE.client && !member.lapsed && member.proof !== PROOF.unproven) return "may_not_remove";
	return without(state, member);
};

const leave = ({ state, sender, people, time }: Case<"leave">): Outcome => {
	if (!sender) return "not_member";
	const staff = state.members.filter((m) => isStaff(m) && isPresent(m, people, time));
	if (state.phase === "open" && isStaff(sender) && staff.length <= 1) return "last_staff";
	return without(state, sender);
};

const getsNone = (): boolean => false;

/** Whom the next epoch must be wrapped to, in order; of those who are just leaving whom `named` says. */
export const recipientsOf = (
	state: ControlState, author: Member, people: readonly PersonRecord[], time: number, named: (user: Bytes) => boolean = getsNone,
): Omit<EpochWrap, "hash">[] => {
	const gets = (m: Member): boolean => {
		if (!m.active || m.lapsed || (m.proof === PROOF.unproven && !equal(m.user, author.user))) return false;
		const standing = standingOf(m, people, time);
		return standing === "in" || (standing === "leaving" && named(m.user));
	};
	const recipients = state.members.filter(gets);
	const to = (keyset: number, rtype: number, rid: Bytes, rkid: Bytes): Omit<EpochWrap, "hash"> => ({ keyset, rtype, rid, rkid });
	const members = (keyset: number): Omit<EpochWrap, "hash">[] =>
		recipients
			.filter((m) => keyset === KEYSET.all || isStaff(m))
			.map((m) => to(keyset, RTYPE.member, m.user, m.encKid))
			.sort((a, b) => compare(a.rid, b.rid));
	const recovery = (keyset: number): Omit<EpochWrap, "hash"> => to(keyset, RTYPE.recovery, state.org, state.recoveryKid);
	const invited = state.invite && time <= state.invite.expires ? [to(KEYSET.all, RTYPE.invitation, state.invite.id, state.invite.encKid)] : [];
	const all = [...members(KEYSET.all), ...invited, recovery(KEYSET.all)];
	return isStaff(author) ? [...all, ...members(KEYSET.staff), recovery(KEYSET.staff)] : all;
};

const sameRecipient = (a: Omit<EpochWrap, "hash">, b: EpochWrap | undefined): boolean =>
	b !== undefined && a.keyset === b.keyset && a.rtype === b.rtype && equal(a.rid, b.rid) && equal(a.rkid, b.rkid);

const epoch = ({ state, body, people, sender, time }: Case<"epoch">): Outcome => {
	if (!sender) return "not_member";
	if (body.n !== state.epoch + 1 || body.n > MOST_EPOCHS) return "bad_epoch_number";
	if (isZero(body.commit) || isZero(body.staffCommit) === isStaff(sender)) return "bad_commit";
	const named = (user: Bytes): boolean => body.wraps.some((w) => w.keyset === KEYSET.all && w.rtype === RTYPE.member && equal(w.rid, user));
	const wanted = recipientsOf(state, sender, people, time, named);
	if (wanted.length !== body.wraps.length || !wanted.every((to, i) => sameRecipient(to, body.wraps[i]))) return "bad_recipients";
	const unproven = sender.proof === PROOF.unproven;
	const made = { author: sender.role, unproven, commit: body.commit, staffCommit: body.staffCommit, recoveryWrapped: isStaff(sender) };
	const lapses = (m: Member): boolean => m.active && m.proof !== PROOF.unproven && !named(m.user);
	const members = state.members.map((m) => (lapses(m) ? { ...m, lapsed: true } : m));
	return { ...state, epoch: body.n, pending: false, epochs: [...state.epochs, made], members };
};

/** Which keys a grant of epochs from..until to this member must carry, in order. A client has no staff key to give. */
export const grantedKeys = (state: ControlState, to: Member, from: number, until: number, by = to): Omit<GrantWrap, "hash">[] => {
	const keys: Omit<GrantWrap, "hash">[] = [];
	for (let n = from; n <= until; n++) {
		keys.push({ keyset: KEYSET.all, epoch: n });
		const made = state.epochs[n - 1];
		if (isStaff(to) && isStaff(by) && made && !isZero(made.staffCommit)) keys.push({ keyset: KEYSET.staff, epoch: n });
	}
	return keys;
};

const mayGrant = (sender: Member, to: Member): boolean => {
	const proven = sender.proof !== PROOF.unproven && to.proof !== PROOF.unproven;
	return equal(to.user, sender.user) || (proven && (isStaff(to) || isStaff(sender)));
};

const grant = ({ state, body, people, sender, time }: Case<"grant">): Outcome => {
	const to = memberOf(state, body.to);
	if (!to || !isPresent(to, people, time) || !equal(to.encKid, body.toKid)) return "no_such_member";
	if (!sender || !mayGrant(sender, to)) return "may_not_grant";
	if (body.from < 1 || body.from > body.until || body.until > state.epoch || body.until - body.from >= 256) return "bad_range";
	if (!isStaff(to) && body.from < to.from) return "bad_range";
	const wanted = grantedKeys(state, to, body.from, body.until, sender);
	const same = wanted.length === body.wraps.length
		&& wanted.every((key, i) => key.keyset === body.wraps[i]?.keyset && key.epoch === body.wraps[i]?.epoch);
	return same ? state : "bad_recipients";
};

const recovery = ({ state, body }: Case<"recovery">): Outcome => {
	const made = state.epochs[body.n - 1];
	if (!made || made.recoveryWrapped) return "bad_range";
	if (!equal(body.rkid, state.recoveryKid)) return "bad_recipients";
	const epochs = state.epochs.map((e, i) => (i === body.n - 1 ? { ...e, recoveryWrapped: true } : e));
	return { ...state, epochs };
};

export interface Rule<T extends ControlType> {
	/** Who may send it: nobody's membership is asked for of "anybody". */
	readonly by: "anybody" | "member" | "staff";
	readonly whenClosed: boolean;
	/** How long after its own time it may still come. */
	readonly late?: number;
	readonly apply: (c: Case<T>) => Outcome;
}

const RULES: { readonly [T in Exclude<ControlType, "reserved">]: Rule<T> } = {
	create: { by: "anybody", whenClosed: true, apply: create },
	invite: { by: "staff", whenClosed: false, apply: invite },
	join: { by: "anybody", whenClosed: false, apply: join },
	add: { by: "staff", whenClosed: false, apply: add },
	remove: { by: "staff", whenClosed: false, apply: remove },
	leave: { by: "member", whenClosed: true, apply: leave },
	epoch: { by: "member", whenClosed: false, apply: epoch },
	grant: { by: "member", whenClosed: true, apply: grant },
	recovery: { by: "staff", whenClosed: true, apply: recovery },
	close: { by: "staff", whenClosed: false, apply: ({ state }) => ({ ...state, phase: "closed" }) },
	reopen: {
		by: "staff", whenClosed: true,
		apply: ({ state }) => (state.phase === "closed" ? { ...state, phase: "open" } : "not_closed"),
	},
	rekey: { by: "anybody", whenClosed: true, apply: rekey },
};

const place = (s: ControlState, { env, body, rare }: ControlEntry): ControlRefusal | undefined => {
	if (s.n >= MOST_ENTRIES) return "too_many";
	if (s.n === 0 && body.type !== "create") return "not_created";
	if (s.n > 0 && body.type === "create") return "already_created";
	if (s.n > 0 && !(equal(env.org, s.org) && equal(env.room, s.room))) return "wrong_room";
	if (!equal(env.logHead, s.head)) return "stale_head";
	if (env.seq !== s.n) return "bad_index";
	if (env.epoch !== s.epoch) return "bad_epoch";
	return body.type === "reserved" && !rare ? "reserved_type" : undefined;
};

const membership = (s: ControlState, entry: ControlEntry, people: readonly PersonRecord[], by: "member" | "staff"): ControlRefusal | undefined => {
	const { env } = entry;
	const member = liveMember(s, env.sender);
	if (!member) return "not_member";
	if (!equal(member.sigKid, env.senderKid)) return "bad_kid";
	if (member.role === ROLE.client) {
		const own = recordOf(people, member.user, member.sigKid);
		if (!own || !notRevoked(own, env.time)) return "unknown_key";
		return by === "staff" ? "not_staff" : undefined;
	}
	const record = certifiedRecord(people, member.user, member.sigKid, member.cert);
	if (!record) return "not_certified";
	return isValid(record, env.time) ? undefined : "cert_expired";
};

/**
 * `time` is the clock of who decides; a replay passes the entry's own time. Gives the next state, or the word that says why not.
 */
export const applyControl = (
	state: ControlState, entry: ControlEntry, people: readonly PersonRecord[], time: number,
): ControlState | ControlRefusal => {
	const { env, body } = entry;
	const misplaced = place(state, entry);
	if (misplaced) return misplaced;
	const rule = (entry.rare?.rule ?? RULES[body.type as keyof typeof RULES]) as Rule<typeof body.type>;
	if (env.time > time + CLOCK || env.time + (rule.late ?? CLOCK) < time || env.time + CLOCKS < state.time) return "bad_time";
	const stranger = rule.by === "anybody" ? undefined : membership(state, entry, people, rule.by);
	if (stranger) return stranger;
	if (state.phase === "closed" && !rule.whenClosed) return "room_closed";
	const sender = liveMember(state, env.sender);
	const next = rule.apply({ state, entry, body: body as never, people, time: env.time, sender });
	return typeof next === "string" ? next : { ...next, head: env.hash, n: state.n + 1, time: Math.max(state.time, env.time) };
};
