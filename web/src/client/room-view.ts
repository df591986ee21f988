// From verified logs and messages to what a page shows. Pure: no fetching, no state.

import type { Id, MemberView, MessageState, MessageView, OpeningView, Role, RoomView, SystemLine } from "./api.js";
import type { Conversation } from "./conversation.js";
import type { ControlLog } from "./control-log.js";
import type { Job } from "./outbox.js";
import type { People } from "./people.js";
import { isReset, memberSince } from "./new-keys.js";
import type { Message } from "./timeline.js";
import { equal, fromUtf8, grantIn, KIND, memberOf, PROOF, ROLE, toBase64Url, type Bytes, type ControlEntry, type Member } from "../seal/index.js";

/** Who is asking, and what they call people. */
export interface Names {
	readonly me: Id;
	readonly myRole: Role;
	readonly myName: string;
	/** What staff call the client of this room. */
	readonly label: string;
	readonly people: People;
	card(user: Id): string;
}

const FILE = 8; // ctype of a manifest

/** A name without signs that cannot be seen: they turn the order of the text around it, or hide in it. */
const plain = (name: string): string => name.replace(/[\p{C}\u2028\u2029]/gu, "");

/** A file in one line, by its name. */
export const fileLine = ({ known: { doubt, content }, deleted }: Message): string => {
	if (deleted || doubt !== null || content?.type !== "item" || content.ctype !== FILE) return "";
	try {
		return `\u{1F4CE} ${plain((JSON.parse(fromUtf8(content.bytes)) as { name: string }).name)}`;
	} catch {
		return "";
	}
};

/** The newest certificate, also one that has ended: old messages keep their writer's name. */
export const certificateOf = (people: People, user: Id): { name: string; employer: string } | undefined => {
	const entries = people.chain(user)?.entries ?? [];
	for (let i = entries.length - 1; i >= 0; i--) {
		const body = entries[i]?.body;
		if (body?.type === "cert") return { name: plain(body.name), employer: plain(body.employer) };
	}
	return undefined;
};

export const nameOf = (names: Names, user: Id, role: number): string => {
	if (role === ROLE.staff) return certificateOf(names.people, user)?.name ?? "";
	if (user === names.me) return names.myName || plain(names.card(user));
	return names.label || plain(names.card(user));
};

const PROOFS = (member: Member, entry: ControlEntry | undefined): MemberView["proof"] => {
	if (entry?.body.type === "create") return "creator";
	if (entry?.body.type === "join") return "link";
	if (member.proof === PROOF.unproven) return "unproven";
	return member.proof === 1 ? "certified" : "code";
};

const timeOf = (log: ControlLog, index: number): number => log.entries[index]?.env.time ?? 0;

/** The time of the first message that this member's keys can open: of the first epoch that was wrapped or granted to them. */
const readsFrom = (log: ControlLog, member: Member): number => {
	const is = (user: Bytes): boolean => toBase64Url(user) === toBase64Url(member.user);
	let from = Infinity;
	let made = 0;
	const epochTimes: number[] = [];
	log.entries.forEach((entry, i) => {
		const { body, env } = entry;
		if (body.type === "epoch") {
			epochTimes[body.n] = env.time;
			if (i >= member.since && body.wraps.some((w) => w.rtype === 1 && is(w.rid))) made ||= body.n;
		}
		const given = grantIn(entry);
		if (given && is(given.to) && i >= member.since) from = Math.min(from, given.from);
	});
	const first = Math.min(from, made || Infinity);
	if (member.since === 0 || first === 1) return timeOf(log, 0);
	return epochTimes[first] ?? timeOf(log, member.since);
};

export const membersView = (log: ControlLog, names: Names): MemberView[] =>
	log.state().members.map((member) => {
		const user = toBase64Url(member.user);
		const staff = member.role === ROLE.staff;
		return {
			user, role: staff ? "staff" : "client", name: nameOf(names, user, member.role),
			employer: staff ? (certificateOf(names.people, user)?.employer ?? "") : "",
			since: timeOf(log, member.since), readsFrom: readsFrom(log, member), active: member.active, me: user === names.me,
			proof: PROOFS(member, log.entries[member.since]), reset: (names.people.chain(user)?.state.resets ?? 0) > 0,
		};
	});

const LINES: Partial<Record<ControlEntry["body"]["type"], SystemLine["what"]>> = {
	create: "created", invite: "invited", join: "joined", add: "added", remove: "removed", leave: "left", grant: "granted", close: "closed",
	reopen: "reopened", rekey: "keys_reset",
};

/** Of a client's grant to themselves, of one that follows a confirmation, and of keys that follow from the ones before there is nothing to tell. */
const isWorthALine = (entry: ControlEntry, people: People, isConfirmed: (user: Bytes) => boolean): boolean => {
	const { body, env } = entry;
	if (body.type === "grant") return !equal(body.to, env.sender) && !isConfirmed(body.to);
	if (body.type === "invite") return body.expires - env.time > RETIRED_MS;
	return body.type === "rekey" ? isReset(people, entry) : body.type in LINES || entry.rare?.opening !== undefined;
};

/** An INVITE that ends at once only takes the place of one that was withdrawn. */
const RETIRED_MS = 60_000;

const isClient = (log: ControlLog, user: Bytes): boolean => memberOf(log.state(), user)?.role === ROLE.client;

/** An ADD of a client who is a member already says that their new keys are theirs. */
const confirms = ({ body, env }: ControlEntry, log: ControlLog): boolean =>
	body.type === "add" && body.role === ROLE.client && memberSince(log.entries.slice(0, env.seq), body.user) >= 0;

/** What two officers opened; nothing for other entries. */
export const openingView = ({ rare, env }: ControlEntry, names: Names): OpeningView | undefined => {
	const o = rare?.opening;
	return o && {
		at: env.time, reason: o.reason, words: plain(o.words), officers: plain(o.officers), who: nameOf(names, toBase64Url(o.user), o.role), from: o.from, until: o.until,
		all: o.from === 1 && o.until === env.epoch,
	};
};

const systemLine = (entry: ControlEntry, log: ControlLog, names: Names): SystemLine => {
	const opening = openingView(entry, names);
	if (opening) return { what: "granted", who: opening.who, by: opening.officers, opening };
	const { body, env } = entry;
	const name = (user: Bytes): string => nameOf(names, toBase64Url(user), memberOf(log.state(), user)?.role ?? ROLE.client);
	const by = name(env.sender);
	const who = body.type === "add" || body.type === "remove" ? name(body.user) : body.type === "grant" ? name(body.to) : body.type === "invite" ? names.label : by;
	return { what: confirms(entry, log) ? "keys_confirmed" : (LINES[body.type] as SystemLine["what"]), who, by };
};

const blank: Omit<MessageView, "id" | "room" | "at" | "from" | "seq"> = {
	mine: false, senderName: "", employer: "", text: "", system: null, item: null, edited: false, deleted: false, quarantine: null, locked: false, state: "stored", error: null,
};

/** Lines of the control log that have a place among the messages that are loaded: between two room_seq. */
export const systemViews = (log: ControlLog, conversation: Conversation, names: Names): MessageView[] =>
	log.entries.flatMap((entry, i) => {
		const place = isWorthALine(entry, names.people, (user) => isClient(log, user)) ? conversation.placeOf(i) : undefined;
		if (place === undefined) return [];
		const seq = place + (i + 1) / 70_000;
		return [{ ...blank, id: `log-${i}`, room: log.room, seq, at: entry.env.time, from: "system" as const, system: systemLine(entry, log, names) }];
	});

export const unreadableViews = (room: Id, conversation: Conversation): MessageView[] =>
	[...conversation.unreadable()].map(([seq, at]) => ({ ...blank, id: `row-${seq}`, room, seq, at, from: "system", quarantine: "malformed" }));

const senderOf = (log: ControlLog, user: Bytes, names: Names): Pick<MessageView, "from" | "senderName" | "employer" | "mine"> => {
	const id = toBase64Url(user);
	const role = memberOf(log.state(), user)?.role ?? ROLE.client;
	const staff = role === ROLE.staff;
	return {
		mine: id === names.me, from: staff ? "counsellor" : "client", senderName: nameOf(names, id, role),
		employer: staff ? (certificateOf(names.people, id)?.employer ?? "") : "",
	};
};

/** A message of an epoch before the viewer's own first one is none of theirs: it is not shown at all. */
export const messageView = (m: Message, log: ControlLog, names: Names, readUpTo: number): MessageView => {
	const { env, seq, at, doubt, content } = m.known;
	const item = content?.type === "item" && !m.deleted && doubt === null ? content : undefined;
	const state: MessageState = seq <= readUpTo ? "read" : "stored";
	return {
		...blank, id: toBase64Url(env.msgId), room: log.room, seq, at, ...senderOf(log, env.sender, names), text: m.text, edited: m.edited,
		item: env.kind > KIND.receipt ? { kind: env.kind, ctype: item?.ctype ?? 0, content: item?.bytes ?? null } : null, deleted: m.deleted, erased: m.erased, quarantine: doubt, locked: m.locked, state,
	};
};

export const jobView = (job: Job, log: ControlLog, me: Bytes, names: Names): MessageView | undefined => {
	if (job.content.type !== "text") return undefined;
	return {
		...blank, id: job.id, room: log.room, seq: null, at: job.at, ...senderOf(log, me, names), text: job.content.text,
		state: job.failed === null ? "sending" : "failed", error: job.failed,
	};
};

export const titleOf = (log: ControlLog, names: Names): string => {
	const wanted = names.myRole === "client" ? ROLE.staff : ROLE.client;
	const { members } = log.state();
	const member = members.find((m) => m.active && m.role === wanted) ?? members.find((m) => m.role === wanted);
	if (member) return nameOf(names, toBase64Url(member.user), member.role);
	return names.myRole === "client" ? "" : names.label;
};

export const emptyRoomView = (room: Id): RoomView => ({
	room, phase: "open", title: "", members: [], createdAt: 0, controller: "", retentionDays: 0,
	invitation: null, pending: false, recovery: true, openings: [], canSend: false, blocked: null,
	newKeys: [], typing: [], olderLeft: false, draft: "", elsewhere: "", readUpTo: 0,
});
