// Where the assignments of a room stand: one pure function over its verified items in the order of the room, so that every device gives
// the same answer to every race. An act on an answer counts only if no newer answer came in between, an answer only while it is wanted;
// what came too late stays in the history, with what it said, and changes nothing.

import { answersOf, type Act, type ActItem, type AnswerItem, type Given, type RoomContent } from "./room-content.js";
import type { Answers } from "./types.js";

/** One item that was verified and opened; deleted ones are not among them. */
export interface RoomItem {
	readonly id: string;
	readonly seq: number;
	readonly at: number;
	readonly by: string;
	readonly staff: boolean;
	readonly content: RoomContent;
}

export type Standing = "given" | "submitted" | "returned" | "accepted" | "withdrawn";

export interface Comment {
	readonly text: string;
	readonly at: number;
	readonly by: string;
}

export interface Submission {
	readonly id: string;
	readonly seq: number;
	readonly at: number;
	readonly by: string;
	readonly answers: Answers;
	readonly draft: number;
	/** It came when it was no longer wanted. */
	readonly late: boolean;
	readonly comments: Readonly<Record<string, Comment>>;
}

export type Happening = "given" | "submitted" | "measured" | "commented" | "returned" | "accepted" | "withdrawn" | "undone" | "late_answer" | "late_act";

export interface Happened {
	readonly id: string;
	readonly seq: number;
	readonly at: number;
	readonly by: string;
	readonly what: Happening;
	readonly word: string;
}

export interface Assignment {
	readonly id: string;
	readonly seq: number;
	readonly at: number;
	readonly by: string;
	readonly given: Given;
	readonly standing: Standing;
	/** Answers, or measurements of a meter, oldest first. */
	readonly submissions: readonly Submission[];
	readonly history: readonly Happened[];
}

interface Move {
	readonly act: string; // the item that made it
	readonly by: string;
	readonly before: Standing;
}

interface Work {
	assignment: Assignment;
	/** Moves of staff since the last answer: what can be taken back. */
	moves: readonly Move[];
}

const DONE: Readonly<Record<Exclude<Act, "comment" | "undo">, Standing>> = { return: "returned", accept: "accepted", withdraw: "withdrawn" };
const TOLD: Readonly<Record<Act, Happening>> = {
	comment: "commented", return: "returned", accept: "accepted", withdraw: "withdrawn", undo: "undone",
};

const isWanted = (standing: Standing): boolean => standing !== "accepted" && standing !== "withdrawn";

const noted = (a: Assignment, item: RoomItem, what: Happening, word = ""): Assignment => ({
	...a, history: [...a.history, { id: item.id, seq: item.seq, at: item.at, by: item.by, what, word }],
});

export const latestOf = (a: Assignment): Submission | undefined => a.submissions.findLast((one) => !one.late);

const begun = (item: RoomItem, given: Given): Work => {
	const { id, seq, at, by } = item;
	return { assignment: noted({ id, seq, at, by, given, standing: "given", submissions: [], history: [] }, item, "given"), moves: [] };
};

const answered = (work: Work, item: RoomItem, said: AnswerItem): Work => {
	const a = work.assignment;
	const isMeter = a.given.template.kind === "meter";
	const answers = answersOf(a.given.template, said);
	if (!answers || item.staff || isMeter !== (item.content.type === "meter")) return work;
	const late = !isWanted(a.standing);
	const { id, seq, at, by } = item;
	const submissions = [...a.submissions, { id, seq, at, by, answers, draft: said.draft, late, comments: {} }];
	if (late) return { ...work, assignment: noted({ ...a, submissions }, item, "late_answer") };
	return { assignment: noted({ ...a, submissions, standing: "submitted" }, item, isMeter ? "measured" : "submitted"), moves: [] };
};

const commented = (a: Assignment, item: RoomItem, act: ActItem): Assignment => {
	const fields = new Set(a.given.template.fields.map((field) => field.id));
	const mine = Object.entries(act.comments).filter(([field]) => fields.has(field));
	const submissions = a.submissions.map((one) => {
		if (one.id !== act.about || mine.length === 0) return one;
		const comments: Record<string, Comment> = { ...one.comments };
		for (const [field, text] of mine) {
			if (text.trim() === "") delete comments[field];
			else comments[field] = { text, at: item.at, by: item.by };
		}
		return { ...one, comments };
	});
	return { ...a, submissions };
};

const undone = (work: Work, item: RoomItem, act: ActItem): Work => {
	const last = work.moves.at(-1);
	const a = work.assignment;
	if (!last || last.act !== act.about || last.by !== item.by) return { ...work, assignment: noted(a, item, "late_act", act.word) };
	return { assignment: noted({ ...a, standing: last.before }, item, "undone", act.word), moves: work.moves.slice(0, -1) };
};

/** Does this act find the assignment as who made it saw it? */
const isInTime = (a: Assignment, act: ActItem): boolean => {
	if (act.act === "withdraw") return isWanted(a.standing);
	if (act.act === "comment") return a.submissions.some((one) => one.id === act.about);
	return isWanted(a.standing) && a.standing !== "given" && latestOf(a)?.id === act.about && a.standing !== DONE[act.act as "return"];
};

const acted = (work: Work, item: RoomItem, act: ActItem): Work => {
	if (!item.staff) return work;
	if (act.act === "undo") return undone(work, item, act);
	const a = commented(work.assignment, item, act);
	if (!isInTime(work.assignment, act)) return { ...work, assignment: noted(a, item, "late_act", act.word) };
	if (act.act === "comment") return { ...work, assignment: noted(a, item, "commented", act.word) };
	const move: Move = { act: item.id, by: item.by, before: a.standing };
	return { assignment: noted({ ...a, standing: DONE[act.act] }, item, TOLD[act.act], act.word), moves: [...work.moves, move] };
};

const nameOf = (content: RoomContent): string => {
	if (content.type === "given") return "";
	return content.type === "act" ? content.act.assignment : content.answer.assignment;
};

/** Newest first. What names an assignment that is not here (not loaded, or deleted) says nothing yet. */
export const assignmentsOf = (items: readonly RoomItem[]): readonly Assignment[] => {
	const works = new Map<string, Work>();
	for (const item of [...items].sort((a, b) => a.seq - b.seq)) {
		const { content } = item;
		if (content.type === "given") {
			if (item.staff && !works.has(item.id)) works.set(item.id, begun(item, content.given));
			continue;
		}
		const work = works.get(nameOf(content));
		if (!work) continue;
		works.set(work.assignment.id, content.type === "act" ? acted(work, item, content.act) : answered(work, item, content.answer));
	}
	return [...works.values()].map((work) => work.assignment).sort((a, b) => b.seq - a.seq);
};

/** The act that `user` may take back now, if any. */
export const undoableBy = (items: Assignment, user: string): Happened | undefined => {
	const taken = items.history.findLast((one) => one.what !== "commented" && one.what !== "late_act" && one.what !== "late_answer");
	return taken && taken.by === user && ["returned", "accepted", "withdrawn"].includes(taken.what) ? taken : undefined;
};
