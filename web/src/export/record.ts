// A room as it is taken out, from its verified log and its envelopes in their order: judged, opened, and told. The browser that takes
// a room out and the page that checks what was taken run the same functions, each with its own way to open a body.

import type { Known } from "../client/timeline.js";
import { makeTimeline, type Message } from "../client/timeline.js";
import {
	decodeContent, equal, fromUtf8, KIND, makeRoomVerifier, memberOf, ROLE, SealError, toBase64Url, unpad, zeroes, type Bytes, type Chain, type Change,
	type ControlEntry, type ControlState, type Envelope, type KeyFinder, type RoomLog, type StoredEnvelope,
} from "../seal/index.js";
import { reduceNotes, type NoteView } from "../roomwork/notes.js";
import { reduceWork, type Work, type WorkItem } from "../roomwork/work.js";
import { NOTE_KIND, WORK_KIND } from "../roomwork/content.js";
import { tellAssignments, type ExportedAssignment } from "./told-assignments.js";
import type { ExportedItem, ExportedMember, ExportedMessage, ExportedPlace, ExportedWriter } from "./format.js";

export interface RoomFacts {
	readonly state: ControlState;
	readonly log: RoomLog;
	readonly entries: readonly ControlEntry[];
	readonly findKey: KeyFinder;
	chain(user: string): Chain | undefined;
	/** Who takes it out. */
	readonly me: Bytes;
}

export interface StoredAt extends StoredEnvelope {
	readonly at: number;
}

export const iso = (ms: number): string => new Date(ms).toISOString();

/** Where a member's history begins: what their ADD says, unless a grant opened all of it. */
export const firstSeqOf = (entries: readonly ControlEntry[], user: Bytes): number => {
	let first = 1;
	for (const { body, env } of entries) {
		if (body.type === "add" && equal(body.user, user)) first = Math.max(1, body.baselineSeq);
		if (body.type === "join" && equal(env.sender, user)) first = 1;
	}
	return entries.some(({ body }) => body.type === "grant" && equal(body.to, user) && body.from === 1) ? 1 : first;
};

/** Gives the padded plaintext; undefined: there is no key. Throws what is then the doubt. */
export type Opener = (env: Envelope, seq: number) => Promise<Bytes | undefined>;

export interface Reader {
	/** The next rows in their order. */
	take(rows: readonly StoredAt[]): Promise<void>;
	known(): Known[];
	/** Rows that are no envelopes. */
	readonly unreadable: readonly number[];
}

const doubtOf = ({ verdict }: Change): string | null =>
	verdict.kind === "quarantined" ? verdict.reason : verdict.kind === "needs_log" ? "unknown_log" : verdict.kind === "missing" ? "lost_parent" : null;

const wordOf = (thrown: unknown): string => (thrown instanceof SealError ? thrown.word : "malformed");

/** The body is let go once it is opened: of ten thousand messages only texts and headers stay. */
const withoutBody = (env: Envelope): Envelope => ({ ...env, body: env.body && zeroes(0), bytes: zeroes(0) });

export const makeReader = (facts: RoomFacts, open: Opener): Reader => {
	const { org, room } = facts.state;
	const verifier = makeRoomVerifier({ org, room, log: facts.log, findKey: facts.findKey, firstSeq: firstSeqOf(facts.entries, facts.me) });
	const bySeq = new Map<number, Known>();
	const unreadable: number[] = [];
	verifier.reachedStart(); // rows come from the first on: nothing lies further back

	const opened = async (env: Envelope, seq: number): Promise<Pick<Known, "content" | "language" | "doubt">> => {
		try {
			const padded = env.body && (await open(env, seq));
			if (!padded) return { content: undefined, language: "", doubt: null };
			const { content, echo } = decodeContent(env, unpad(padded));
			return { content, language: echo.language, doubt: null };
		} catch (thrown) {
			return { content: undefined, language: "", doubt: wordOf(thrown) };
		}
	};

	const keep = async (change: Change, at: number | undefined): Promise<void> => {
		const before = bySeq.get(change.roomSeq);
		const env = change.env ?? before?.env;
		if (!env) return void unreadable.push(change.roomSeq);
		const doubt = doubtOf(change);
		if (before?.content && doubt === null) return void bySeq.set(change.roomSeq, { ...before, doubt });
		const inside = doubt === null && change.env ? await opened(env, change.roomSeq) : { content: before?.content, language: before?.language ?? "", doubt };
		bySeq.set(change.roomSeq, { seq: change.roomSeq, at: before?.at ?? at ?? 0, env: withoutBody(env), ...inside });
	};

	return {
		take: async (rows) => {
			const times = new Map(rows.map((row) => [row.roomSeq, row.at]));
			for (const change of await verifier.newer(rows)) await keep(change, times.get(change.roomSeq));
		},
		known: () => [...bySeq.values()].sort((a, b) => a.seq - b.seq),
		unreadable,
	};
};

/** The name of the newest certificate, also one that has ended. */
const certified = (chain: Chain | undefined): { name: string; employer: string } => {
	for (const { body } of [...(chain?.entries ?? [])].reverse()) if (body.type === "cert") return { name: body.name, employer: body.employer };
	return { name: "", employer: "" };
};

export interface Told {
	readonly messages: readonly ExportedMessage[];
	readonly items: readonly ExportedItem[];
	readonly work: Work;
	readonly assignments: readonly ExportedAssignment[];
	/** Empty without the key of staff. */
	readonly notes: readonly NoteView[];
	readonly members: readonly ExportedMember[];
}

const placeOf = ({ known }: Message): ExportedPlace => ({
	id: toBase64Url(known.env.msgId), seq: known.seq, written_at: iso(known.env.time), stored_at: iso(known.at),
});

const standing = (m: Message) => ({ deleted: m.deleted, locked: m.locked, unverified: m.known.doubt });

/** JSON as it is, anything else as base64url. */
const contentOf = (bytes: Bytes): unknown => {
	try {
		return JSON.parse(fromUtf8(bytes)) as unknown;
	} catch {
		return { base64url: toBase64Url(bytes) };
	}
};

const itemOf = (m: Message) => (m.known.content?.type === "item" && !m.deleted && m.known.doubt === null ? m.known.content : undefined);

/**
 * Ids of envelopes that name another by what is inside (a step its goal) are known to it alone: nothing is looked up here. `language`: of
 * the words of templates.
 */
export const tell = (facts: RoomFacts, known: readonly Known[], language: string): Told => {
	const timeline = makeTimeline();
	for (const one of known) timeline.take(one);

	const writer = (user: Bytes): ExportedWriter => {
		const sender = toBase64Url(user);
		const staff = memberOf(facts.state, user)?.role === ROLE.staff;
		return staff ? { from: "staff", sender, ...certified(facts.chain(sender)) } : { from: "client", sender, name: timeline.name(sender), employer: "" };
	};

	const all = timeline.all();
	const messages = all.filter((m) => m.known.env.kind === KIND.message).map((m): ExportedMessage => ({
		...placeOf(m), ...writer(m.known.env.sender), language: m.known.language, text: m.text, edited: m.edited, ...standing(m),
	}));
	const items = all.filter((m) => m.known.env.kind !== KIND.message).map((m): ExportedItem => {
		const item = itemOf(m);
		return { ...placeOf(m), ...writer(m.known.env.sender), kind: m.known.env.kind, ctype: item?.ctype ?? 0, content: item ? contentOf(item.bytes) : null, ...standing(m) };
	});
	const jsonOf = (m: Message): string | null => {
		try {
			const item = itemOf(m);
			return item ? fromUtf8(item.bytes) : null;
		} catch {
			return null;
		}
	};
	const workItem = (m: Message): WorkItem => {
		const { from, sender, name } = writer(m.known.env.sender);
		return {
			id: toBase64Url(m.known.env.msgId), seq: m.known.seq, at: m.known.at, sender, senderName: name, staff: from === "staff",
			mine: equal(m.known.env.sender, facts.me), json: jsonOf(m),
		};
	};
	const of = (kind: number): WorkItem[] => all.filter((m) => m.known.env.kind === kind).map(workItem);
	const members = facts.state.members.map((m): ExportedMember => {
		const { from, sender, name, employer } = writer(m.user);
		return {
			user: sender, role: from, name, employer, since: iso(facts.entries[m.since]?.env.time ?? 0), active: m.active,
			signing_key: toBase64Url(m.sigKid), encryption_key: toBase64Url(m.encKid),
		};
	});
	return {
		messages, items, work: reduceWork(of(WORK_KIND)), notes: reduceNotes(of(NOTE_KIND)), assignments: tellAssignments(items, members, language), members,
	};
};
