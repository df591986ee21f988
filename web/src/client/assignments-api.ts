// What the engine offers of assignments (engine().work): plain data.

import type { Id, Language } from "./api.js";
import type { Assignment, Happened } from "../assignment/room-state.js";
import type { Act } from "../assignment/room-content.js";
import type { Answer, Template } from "../assignment/types.js";
import type { Entry } from "../assignment/sheet.js";

export interface AssignmentView extends Assignment {
	/** One's own draft of it is kept. */
	readonly draft: boolean;
	/** What one may take back now. */
	readonly undo: Happened | null;
	/** Judged with everything around it (ItemView). */
	readonly whole: boolean;
}

export interface AssignmentsView {
	readonly me: Id;
	readonly staff: boolean;
	readonly names: Readonly<Record<Id, string>>;
	/** Newest first. */
	readonly list: readonly AssignmentView[];
	/** Items of assignments that could not be verified, or are none. */
	readonly unreadable: number;
}

export interface SheetField {
	readonly value: Answer;
	readonly at: number;
	/** What another device wrote there at the same time, newest first; each until it is settled. */
	readonly others: readonly Entry[];
}

export interface SheetView {
	readonly fields: Readonly<Record<string, SheetField>>;
	/** Not on the server yet: it is kept here, and goes when the connection is back. */
	readonly unsaved: boolean;
	/** When the server took it last; null: it never did in this page. */
	readonly savedAt: number | null;
	/** Something was written after the last hand-in. */
	readonly ahead: boolean;
}

export interface GiveInput {
	readonly template: Template;
	readonly word: string;
	readonly due: string; // YYYY-MM-DD or ""
	readonly remind: boolean;
}

export interface ActInput {
	readonly act: Act;
	readonly about: Id; // the answer, or the act that is taken back; "" of a withdrawal
	readonly word: string;
	readonly comments: Readonly<Record<string, string>>;
}

/** Of a room of one's own, maybe another than the one that is open. */
export interface Reminder {
	readonly room: Id;
	readonly assignment: Id;
	readonly at: number;
}

export interface TemplateCard {
	readonly id: Id;
	readonly title: string;
	readonly description: string;
	readonly author: string;
	readonly own: boolean;
	readonly form: "assignment" | "meter";
	readonly uses: number;
}

export interface Assigning {
	/** Staff: published templates of the library, the best first. */
	findTemplates(words: string, reader: Language, skip: number): Promise<{ readonly cards: readonly TemplateCard[]; readonly more: boolean }>;
	/** The newest published version; refuses `not_found` what is none. */
	readTemplate(id: Id, reader: Language): Promise<Template>;
	/** All assignments of the room. Changes come as `messages` of the open room. */
	assignments(room: Id): Promise<AssignmentsView>;
	/** reminder: whether the server will remind; false too if none was wanted. */
	giveAssignment(room: Id, input: GiveInput): Promise<{ id: Id; reminder: boolean }>;
	actOnAssignment(room: Id, assignment: Id, input: ActInput): Promise<{ id: Id }>;
	/** The draft, fetched again and joined with what is written here. */
	sheet(room: Id, assignment: Id): Promise<SheetView>;
	/** Takes a change; it is saved a moment later. */
	editSheet(room: Id, assignment: Id, field: string, value: Answer): Promise<SheetView>;
	/** What another device wrote was seen; take: which of it stands from now on, or null. */
	settleSheet(room: Id, assignment: Id, field: string, take: number | null): Promise<SheetView>;
	/** Resolves when everything that was changed is saved; refuses (`offline`) when it cannot be now. */
	saveSheet(room: Id, assignment: Id): Promise<SheetView>;
	/** Hands in what stands in the draft; of a meter: one measurement. */
	handIn(room: Id, assignment: Id): Promise<{ id: Id }>;
	/** What the server reminds of, newest first, until it is said to be seen. */
	reminders(): Promise<readonly Reminder[]>;
	reminderSeen(room: Id, assignment: Id): Promise<void>;
}
