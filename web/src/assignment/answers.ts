// Answers to a template: which fields are shown, what an empty sheet is, and whether answers that came from another browser
// fit the template they answer. Pure.

import { boolean, fault, integer, jsonBytes, list, members, nodeOf, oneOf, pattern, text, type Fault, type Node } from "./checker.js";
import {
	isAnswerable, LIMITS, SCALE_MOST,
	type Answer, type Answers, type Condition, type Field, type FileRef, type GoalRow, type OptionField, type StepRow, type Template,
} from "./types.js";

export type CheckedAnswers = { readonly answers: Answers } | { readonly faults: readonly Fault[] };

const DAY = /^(\d{4})-(\d{2})-(\d{2})$/;
const MSG = /^[0-9a-f]{32}$/;

/** A day of the calendar as YYYY-MM-DD. */
export const isDay = (day: string): boolean => {
	const found = DAY.exec(day);
	if (!found) return false;
	const at = new Date(`${day}T00:00:00Z`);
	return !Number.isNaN(at.getTime()) && at.toISOString().slice(0, 10) === day;
};

export const emptyAnswer = (field: Field): Answer => {
	if (field.kind === "scale") return null;
	return field.kind === "short" || field.kind === "long" || field.kind === "choice" ? "" : [];
};

export const emptyAnswers = (template: Template): Answers =>
	Object.fromEntries(template.fields.filter(isAnswerable).map((field) => [field.id, emptyAnswer(field)]));

export const isEmptyAnswer = (answer: Answer | undefined): boolean => {
	if (answer === undefined || answer === null) return true;
	if (typeof answer === "number") return false;
	return typeof answer === "string" ? answer.trim() === "" : answer.length === 0;
};

const amount = (answer: Answer | undefined): number => {
	if (typeof answer === "number") return answer;
	return Array.isArray(answer) ? answer.length : Number.NEGATIVE_INFINITY;
};

const plain = (words: unknown): string => String(words).trim().toLowerCase();

const holds = (condition: Condition, answer: Answer | undefined): boolean => {
	if (condition.is === "at_least") return amount(answer) >= Number(condition.value);
	if (typeof answer === "number") return answer === condition.value;
	if (typeof answer === "string") {
		const [said, wanted] = [plain(answer), plain(condition.value)];
		return condition.is === "equals" ? said === wanted : said.includes(wanted);
	}
	return Array.isArray(answer) && answer.some((one) => one === condition.value);
};

/** Whether the field is on the sheet: its condition holds, and the field it looks at is itself shown. */
export const isShown = (template: Template, field: Field, answers: Answers): boolean => {
	let looking: Field | undefined = field;
	for (let steps = 0; looking?.showIf && steps <= template.fields.length; steps++) {
		const condition: Condition = looking.showIf;
		if (!holds(condition, answers[condition.field])) return false;
		looking = template.fields.find((one) => one.id === condition.field);
	}
	return looking !== undefined;
};

export const shownFields = (template: Template, answers: Answers): readonly Field[] =>
	template.fields.filter((field) => isShown(template, field, answers));

/** "5 of 8": of the fields that are shown and can be answered. */
export const progress = (template: Template, answers: Answers): { readonly done: number; readonly of: number } => {
	const asked = shownFields(template, answers).filter(isAnswerable);
	return { done: asked.filter((field) => !isEmptyAnswer(answers[field.id])).length, of: asked.length };
};

/** What was written under conditions that no longer hold is not sent. */
export const onlyShown = (template: Template, answers: Answers): Answers =>
	Object.fromEntries(template.fields.filter(isAnswerable).map((field) =>
		[field.id, isShown(template, field, answers) ? answers[field.id] ?? emptyAnswer(field) : emptyAnswer(field)]));

const day = (node: Node | undefined): string => {
	if (!node || node.value === "") return "";
	return typeof node.value === "string" && isDay(node.value) ? node.value : fault(node, "value") ?? "";
};

const step = (m: Readonly<Record<string, Node | undefined>> | undefined): StepRow => ({
	step: text(m?.["step"], { most: LIMITS.cell, empty: true, lines: true }) ?? "",
	by: day(m?.["by"]),
	done: boolean(m?.["done"]) ?? false,
});

const steps = (node: Node): readonly StepRow[] =>
	list(node, 0, LIMITS.rows).map((row) => step(members(row, ["step", "by", "done"])));

const goals = (node: Node): readonly GoalRow[] => list(node, 0, LIMITS.rows).map((row) => {
	const m = members(row, ["goal", "step", "by", "done"]);
	return { goal: text(m?.["goal"], { most: LIMITS.cell, empty: true, lines: true }) ?? "", ...step(m) };
});

const files = (node: Node): readonly FileRef[] => {
	const found: FileRef[] = [];
	for (const row of list(node, 0, LIMITS.files)) {
		const m = members(row, ["msg", "name"]);
		const msg = pattern(m?.["msg"], MSG) ?? "";
		if (msg !== "" && found.some((one) => one.msg === msg)) fault(row, "twice");
		found.push({ msg, name: text(m?.["name"], { most: LIMITS.fileName }) ?? "" });
	}
	return found;
};

const chosen = (node: Node, field: OptionField): readonly string[] => {
	const ids = field.options.map((option) => option.id);
	const found: string[] = [];
	for (const item of list(node, 0, ids.length)) {
		const id = oneOf(item, ids);
		if (id !== undefined && found.includes(id)) fault(item, "twice");
		else if (id !== undefined) found.push(id);
	}
	return ids.filter((id) => found.includes(id));
};

const answer = (node: Node, field: Field): Answer => {
	switch (field.kind) {
		case "short": return text(node, { most: LIMITS.short, empty: true }) ?? "";
		case "long": return text(node, { most: LIMITS.long, empty: true, lines: true }) ?? "";
		case "choice": return node.value === "" ? "" : oneOf(node, field.options.map((option) => option.id)) ?? "";
		case "choices": case "checklist": return chosen(node, field);
		case "scale": return node.value === null ? null : integer(node, 0, SCALE_MOST) ?? null;
		case "steps": return steps(node);
		case "goals": return goals(node);
		case "file": return files(node);
		case "heading": case "help": return fault(node, "unknown") ?? null;
	}
};

/** Answers of exactly the fields that can be answered, each of its kind and under its ceiling, or what is wrong by place. */
export const checkAnswers = (template: Template, value: unknown): CheckedAnswers => {
	const root = nodeOf(value);
	const asked = template.fields.filter(isAnswerable);
	const m = members(root, asked.map((field) => field.id));
	const answers: Record<string, Answer> = {};
	for (const field of asked) {
		const node = m?.[field.id];
		answers[field.id] = node ? answer(node, field) : emptyAnswer(field);
	}
	if (jsonBytes(value) > LIMITS.answersBytes) fault(root, "size", LIMITS.answersBytes);
	return root.reading.faults.length > 0 ? { faults: root.reading.faults } : { answers };
};
