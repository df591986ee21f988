// What a person keeps sealed on the server for their own browsers (FORMAT.md section 8): the root they are anchored to, the
// identity chains they have seen, how far each room had come, and what they call people. Pure: two devices may have changed it
// at the same time, and `mergeState` gives the same answer whichever comes first; nothing that was learned is lost.

import type { Id, Language } from "./api.js";

/** How far a chain or a log was when it was last verified; it may only grow from there. */
export interface Seen {
	readonly n: number;
	readonly head: string;
}

export interface RoomMark {
	/** What staff call the client. */
	readonly label: string;
	readonly labelAt: number;
	readonly log: Seen;
	/** The newest room_seq that was verified. */
	readonly seq: number;
	/** Own messages whose deletion was wanted and not sent before the keys were locked. */
	readonly deletes?: readonly Id[];
}

export interface UserState {
	readonly v: 1;
	readonly root: string;
	readonly language: Language;
	readonly name: string;
	readonly nameAt: number;
	readonly languageAt: number;
	readonly pins: Readonly<Record<Id, Seen>>;
	readonly rooms: Readonly<Record<Id, RoomMark>>;
	/** Key ids that were compared and are not who they say: nothing is sent to them. */
	readonly refused: readonly string[];
	/** Rooms into which this person waits to be let. */
	readonly waits: readonly Id[];
	/** By their key id, those of an administrator that certify staff: raw, in base64url. */
	readonly issuers: Readonly<Record<string, KeptPair>>;
}

export interface KeptPair {
	readonly priv: string;
	readonly pub: string;
}

export const emptyState = (root: string): UserState => ({
	v: 1, root, language: "fi", languageAt: 0, name: "", nameAt: 0, pins: {}, rooms: {}, refused: [], waits: [], issuers: {},
});

const NOTHING: Seen = { n: 0, head: "" };
const NEW_ROOM: RoomMark = { label: "", labelAt: 0, log: NOTHING, seq: 0 };

const further = (a: Seen, b: Seen): Seen => (b.n > a.n ? b : a);

const mergeRoom = (a: RoomMark, b: RoomMark): RoomMark => ({
	...(b.labelAt > a.labelAt ? { label: b.label, labelAt: b.labelAt } : { label: a.label, labelAt: a.labelAt }),
	log: further(a.log, b.log),
	seq: Math.max(a.seq, b.seq),
	...((a.deletes ?? b.deletes) && { deletes: [...new Set([...(a.deletes ?? []), ...(b.deletes ?? [])])].sort() }),
});

const mergeAll = <T>(a: Readonly<Record<Id, T>>, b: Readonly<Record<Id, T>>, both: (a: T, b: T) => T): Record<Id, T> => {
	const all: Record<Id, T> = { ...a };
	for (const [id, theirs] of Object.entries(b)) {
		const ours = a[id];
		all[id] = ours === undefined ? theirs : both(ours, theirs);
	}
	return all;
};

export const mergeState = (a: UserState, b: UserState): UserState => ({
	v: 1,
	root: a.root || b.root,
	...(b.nameAt > a.nameAt ? { name: b.name, nameAt: b.nameAt } : { name: a.name, nameAt: a.nameAt }),
	...(b.languageAt > a.languageAt ? { language: b.language, languageAt: b.languageAt } : { language: a.language, languageAt: a.languageAt }),
	pins: mergeAll(a.pins, b.pins, further),
	rooms: mergeAll(a.rooms, b.rooms, mergeRoom),
	refused: [...new Set([...a.refused, ...b.refused])].sort(),
	waits: [...new Set([...a.waits, ...b.waits])].sort(),
	issuers: { ...a.issuers, ...b.issuers },
});

export const markOf = (s: UserState, room: Id): RoomMark => s.rooms[room] ?? NEW_ROOM;

export const withMark = (s: UserState, room: Id, change: Partial<RoomMark>): UserState => ({
	...s, rooms: { ...s.rooms, [room]: { ...markOf(s, room), ...change } },
});

export const withPin = (s: UserState, user: Id, seen: Seen): UserState => ({ ...s, pins: { ...s.pins, [user]: seen } });

/** What has grown since it was seen; anything else is a chain or a log that somebody has exchanged. */
export const continues = (seen: Seen | undefined, n: number, headAt: (n: number) => string | undefined): boolean =>
	seen === undefined || seen.n === 0 || (n >= seen.n && headAt(seen.n) === seen.head);

export const encodeState = (s: UserState): string => JSON.stringify(s);

export const decodeState = (text: string): UserState => {
	const read = JSON.parse(text) as Partial<UserState>;
	return { ...emptyState(""), ...read, v: 1 };
};
