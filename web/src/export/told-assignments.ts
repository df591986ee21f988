// The assignments and meters of a room as a person reads them: every answer as it was handed in, by the words of its fields, with comments
// and history. From verified items alone, by the same rules as the room's own pages (assignment/room-state.ts).

import { readRoomContent } from "../assignment/room-content.js";
import { assignmentsOf, type Assignment, type Happening, type RoomItem, type Standing, type Submission } from "../assignment/room-state.js";
import { shownFields } from "../assignment/answers.js";
import { wordingIn, type Answer, type Field, type FieldKind, type GoalRow, type StepRow } from "../assignment/types.js";
import type { ExportedItem, ExportedMember } from "./format.js";

/** Options by their words, files by their names. */
export type ReadableAnswer = string | number | null | readonly string[] | readonly StepRow[] | readonly GoalRow[];

export interface ExportedField {
	readonly label: string;
	readonly kind: FieldKind;
	readonly answer: ReadableAnswer;
	readonly comment: { readonly text: string; readonly by: string; readonly at: string } | null;
}

export interface ExportedAnswer {
	readonly id: string;
	readonly at: string;
	readonly by: string;
	readonly late: boolean;
	readonly fields: readonly ExportedField[];
}

export interface ExportedAssignment {
	readonly id: string;
	readonly kind: "assignment" | "meter";
	readonly title: string;
	readonly description: string;
	readonly state: Standing | "measured";
	readonly given_at: string;
	readonly given_by: string;
	readonly word: string;
	readonly due: string;
	readonly answers: readonly ExportedAnswer[];
	readonly history: readonly { readonly what: Happening; readonly by: string; readonly at: string; readonly word: string }[];
}

const iso = (at: number): string => new Date(at).toISOString();

const readable = (field: Field, answer: Answer | undefined, language: string): ReadableAnswer => {
	if (answer === undefined || answer === null || typeof answer === "number") return answer ?? null;
	const option = (id: string): string => ("options" in field ? wordingIn(field.options.find((one) => one.id === id)?.label ?? {}, language) : id);
	if (typeof answer === "string") return field.kind === "choice" && answer !== "" ? option(answer) : answer;
	const rows = answer.map((one) => (typeof one === "string" ? option(one) : "name" in one ? one.name : one));
	return rows as ReadableAnswer;
};

const itemOf = (one: ExportedItem): RoomItem | undefined => {
	if (one.deleted || one.unverified !== null || one.content === null) return undefined;
	const content = readRoomContent(one.ctype, JSON.stringify(one.content));
	return content && { id: one.id, seq: one.seq, at: Date.parse(one.stored_at), by: one.sender, staff: one.from === "staff", content };
};

export const tellAssignments = (items: readonly ExportedItem[], members: readonly ExportedMember[], language: string): readonly ExportedAssignment[] => {
	const name = (user: string): string => members.find((m) => m.user === user)?.name ?? "";
	const answer = (a: Assignment, s: Submission): ExportedAnswer => ({
		id: s.id, at: iso(s.at), by: name(s.by), late: s.late,
		fields: shownFields(a.given.template, s.answers).map((field): ExportedField => {
			const comment = s.comments[field.id];
			return {
				label: wordingIn(field.label, language), kind: field.kind, answer: readable(field, s.answers[field.id], language),
				comment: comment ? { text: comment.text, by: name(comment.by), at: iso(comment.at) } : null,
			};
		}),
	});
	return assignmentsOf(items.map(itemOf).filter((one) => one !== undefined)).toReversed().map((a): ExportedAssignment => {
		const { template, word, due } = a.given;
		return {
			id: a.id, kind: template.kind, title: wordingIn(template.title, language), description: wordingIn(template.description, language),
			state: template.kind === "meter" && a.standing === "submitted" ? "measured" : a.standing, given_at: iso(a.at), given_by: name(a.by), word, due,
			answers: a.submissions.map((s) => answer(a, s)),
			history: a.history.map(({ what, by, at, word: said }) => ({ what, by: name(by), at: iso(at), word: said })),
		};
	});
};
