// What stands in the sealed items of an assignment (proto/FORMAT.md section 13): given, acts on it, answers, measurements. Strict: what
// does not fit is no content, and the whole template is frozen in what was given, so that no later change of it reaches the room.

import { fault, integer, jsonBytes, members, nodeOf, oneOf, pattern, text, boolean, type Members, type Node } from "./checker.js";
import { checkAnswers, isDay } from "./answers.js";
import { checkTemplate } from "./template.js";
import type { Answers, Template } from "./types.js";

export const CTYPE = { given: 5, act: 6, answer: 7, meter: 11 } as const;
export const ACTS = ["comment", "return", "accept", "withdraw", "undo"] as const;
export type Act = (typeof ACTS)[number];

/** Letters of a personal word and of a comment, bytes of a whole item. */
export const ROOM_LIMITS = { word: 2000, comment: 1500, bytes: 60_000 } as const;

const VERSION = 1;
const ID = /^[A-Za-z0-9_-]{21}[AQgw]$/;
const FIELD_ID = /^[a-z][a-z0-9_]{0,31}$/;
const MOST_DRAFT = 2 ** 53 - 1;

/** kind 3, ctype 5. */
export interface Given {
	readonly template: Template;
	/** What the counsellor says to this client; "" for nothing. */
	readonly word: string;
	/** A day, YYYY-MM-DD, or "". */
	readonly due: string;
	readonly remind: boolean;
}

/** kind 3, ctype 6. */
export interface ActItem {
	readonly assignment: string;
	readonly act: Act;
	/** comment, return, accept: the answer that was looked at; undo: the act that is taken back; withdraw: "". */
	readonly about: string;
	readonly word: string;
	/** By the field's id; "" takes a comment away. */
	readonly comments: Readonly<Record<string, string>>;
}

/** kind 4, ctype 7 and kind 10, ctype 11. Whether the answers fit is known only with the template that was given. */
export interface AnswerItem {
	readonly assignment: string;
	readonly answers: unknown;
	/** The version of the sealed draft that this was; 0: of none. */
	readonly draft: number;
}

export type RoomContent =
	| { readonly type: "given"; readonly given: Given }
	| { readonly type: "act"; readonly act: ActItem }
	| { readonly type: "answer" | "meter"; readonly answer: AnswerItem };

const head = (root: Node, names: readonly string[]): Members | undefined => {
	const m = members(root, ["v", ...names]);
	if (m) integer(m["v"], VERSION, VERSION);
	return m;
};

const given = (root: Node): Given => {
	const m = head(root, ["template", "word", "due", "remind"]);
	const checked = checkTemplate(m?.["template"]?.value);
	if ("faults" in checked) fault(root, "value");
	const due = m?.["due"];
	if (due && due.value !== "" && !(typeof due.value === "string" && isDay(due.value))) fault(due, "value");
	return {
		template: ("template" in checked ? checked.template : undefined) as Template,
		word: text(m?.["word"], { most: ROOM_LIMITS.word, empty: true, lines: true }) ?? "",
		due: String(due?.value ?? ""), remind: boolean(m?.["remind"]) ?? false,
	};
};

const comments = (node: Node | undefined): Record<string, string> => {
	const { value } = node ?? {};
	if (!node || typeof value !== "object" || value === null || Array.isArray(value)) return (node && fault(node, "type")) ?? {};
	const names = Object.keys(value);
	if (names.length > 60 || names.some((name) => !FIELD_ID.test(name))) return fault(node, "value") ?? {};
	const m = members(node, names) ?? {};
	return Object.fromEntries(names.map((name) => [name, text(m[name], { most: ROOM_LIMITS.comment, empty: true, lines: true }) ?? ""]));
};

const act = (root: Node): ActItem => {
	const m = head(root, ["assignment", "act", "about", "word", "comments"]);
	const about = m?.["about"];
	const what = oneOf(m?.["act"], ACTS) ?? "comment";
	if (about && (what === "withdraw" ? about.value !== "" : !ID.test(String(about.value)))) fault(about, "value");
	return {
		assignment: pattern(m?.["assignment"], ID) ?? "", act: what, about: String(about?.value ?? ""),
		word: text(m?.["word"], { most: ROOM_LIMITS.word, empty: true, lines: true }) ?? "", comments: comments(m?.["comments"]),
	};
};

const answer = (root: Node): AnswerItem => {
	const m = head(root, ["assignment", "answers", "draft"]);
	return { assignment: pattern(m?.["assignment"], ID) ?? "", answers: m?.["answers"]?.value, draft: integer(m?.["draft"], 0, MOST_DRAFT) ?? 0 };
};

const reading = (ctype: number, root: Node): RoomContent | undefined => {
	if (ctype === CTYPE.given) return { type: "given", given: given(root) };
	if (ctype === CTYPE.act) return { type: "act", act: act(root) };
	if (ctype === CTYPE.answer) return { type: "answer", answer: answer(root) };
	return ctype === CTYPE.meter ? { type: "meter", answer: answer(root) } : undefined;
};

/** The content of an item of that type, or undefined if it is none. */
export const readRoomContent = (ctype: number, json: string): RoomContent | undefined => {
	try {
		const root = nodeOf(JSON.parse(json));
		if (new TextEncoder().encode(json).length > ROOM_LIMITS.bytes) return undefined;
		const content = reading(ctype, root);
		return root.reading.faults.length === 0 ? content : undefined;
	} catch {
		return undefined;
	}
};

const written = (value: object, ctype: number): string => {
	const json = JSON.stringify({ v: VERSION, ...value });
	if (jsonBytes(value) > ROOM_LIMITS.bytes || !readRoomContent(ctype, json)) throw Object.assign(new Error("bad_field"), { word: "bad_field" });
	return json;
};

/** These four refuse (`bad_field`) what nobody could read. */
export const writeGiven = (one: Given): string => written({ template: one.template, word: one.word, due: one.due, remind: one.remind }, CTYPE.given);
export const writeAct = (one: ActItem): string =>
	written({ assignment: one.assignment, act: one.act, about: one.about, word: one.word, comments: one.comments }, CTYPE.act);
export const writeAnswer = (one: AnswerItem, ctype: typeof CTYPE.answer | typeof CTYPE.meter): string =>
	written({ assignment: one.assignment, answers: one.answers, draft: one.draft }, ctype);

/** The answers of an item that fit the template that was given, or undefined. */
export const answersOf = (template: Template, item: AnswerItem): Answers | undefined => {
	const checked = checkAnswers(template, item.answers);
	return "answers" in checked ? checked.answers : undefined;
};
