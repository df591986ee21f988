// The draft of an assignment as it is sealed and kept (proto/FORMAT.md section 13): each field with the time of its last change and what
// another device wrote into it meanwhile. Two devices that changed the same draft lose nothing: the later change of a field stands, the
// other one stays beside it until the person has seen it. Pure; the answer is the same whichever device joins first.

import { fitting } from "./checker.js";
import { checkAnswers, emptyAnswer, isAnswerable, type Answer, type Answers, type Field, type Template } from "./template.js";

export interface Entry {
	readonly value: Answer;
	readonly at: number;
	/** Of the page that wrote it: eight letters, made anew each time. */
	readonly by: string;
}

export interface Cell extends Entry {
	/** What was written elsewhere at the same time, newest first. */
	readonly others: readonly Entry[];
}

export type Sheet = Readonly<Record<string, Cell>>;

export const MOST_OTHERS = 3;
const MOST_BYTES = 64_000;
const BY = /^[a-z0-9]{8}$/;

const same = (a: Answer, b: Answer): boolean => JSON.stringify(a) === JSON.stringify(b);
const isSame = (a: Entry | undefined, b: Entry | undefined): boolean => a === b || (!!a && !!b && a.at === b.at && a.by === b.by && same(a.value, b.value));

/** Of two changes the later one; at the same moment one of them, on every device the same. */
const isLater = (a: Entry, b: Entry): boolean => {
	if (a.at !== b.at) return a.at > b.at;
	if (a.by !== b.by) return a.by > b.by;
	return JSON.stringify(a.value) > JSON.stringify(b.value);
};

const entryOf = ({ value, at, by }: Entry): Entry => ({ value, at, by });

const gathered = (winner: Entry, all: readonly Entry[]): Cell => {
	const others: Entry[] = [];
	for (const one of [...all].sort((a, b) => (isLater(a, b) ? -1 : 1))) {
		if (same(one.value, winner.value) || others.some((other) => same(other.value, one.value))) continue;
		others.push(entryOf(one));
	}
	return { ...entryOf(winner), others: others.slice(0, MOST_OTHERS) };
};

/** What was pasted holds signs that no reader takes (a table's tabs): they go here, not the whole field at its next reading. */
const fittingAnswer = (value: Answer): Answer => JSON.parse(JSON.stringify(value), (_, one: unknown) => (typeof one === "string" ? fitting(one) : one)) as Answer;

/** One change here. It is later than whatever it replaces, whatever the clock says. */
export const edited = (sheet: Sheet, field: string, value: Answer, who: { readonly at: number; readonly by: string }): Sheet => {
	const old = sheet[field];
	const at = Math.max(who.at, (old?.at ?? 0) + 1);
	return { ...sheet, [field]: { value: fittingAnswer(value), at, by: who.by, others: old?.others ?? [] } };
};

/** The person has seen what stood there from elsewhere; `take`: and wants it in the place of what stands. */
export const settled = (sheet: Sheet, field: string, take: number | null, who: { readonly at: number; readonly by: string }): Sheet => {
	const cell = sheet[field];
	const other = take === null ? undefined : cell?.others[take];
	if (!cell) return sheet;
	const at = Math.max(who.at, cell.at + 1);
	return { ...sheet, [field]: other ? { value: other.value, at, by: who.by, others: [] } : { ...cell, at, by: who.by, others: [] } };
};

const joined = (base: Cell | undefined, mine: Cell, theirs: Cell): Cell => {
	if (isSame(mine, theirs)) return gathered(mine, [...mine.others, ...theirs.others]);
	if (isSame(mine, base)) return theirs;
	if (isSame(theirs, base)) return mine;
	const [winner, loser] = isLater(mine, theirs) ? [mine, theirs] : [theirs, mine];
	return gathered(winner, [entryOf(loser), ...mine.others, ...theirs.others]);
};

/** Two drafts that came from `base`, by field. */
export const joinSheets = (base: Sheet, mine: Sheet, theirs: Sheet): Sheet => {
	const all: Record<string, Cell> = { ...theirs };
	for (const [field, cell] of Object.entries(mine)) {
		const other = theirs[field];
		all[field] = other ? joined(base[field], cell, other) : cell;
	}
	return all;
};

export const sameSheets = (a: Sheet, b: Sheet): boolean => {
	const names = Object.keys(a);
	return names.length === Object.keys(b).length && names.every((field) => isSame(a[field], b[field]) && same(othersOf(a, field), othersOf(b, field)));
};

const othersOf = (sheet: Sheet, field: string): Answer => (sheet[field]?.others ?? []).map((one) => JSON.stringify(one));

export const answersOn = (template: Template, sheet: Sheet): Answers =>
	Object.fromEntries(template.fields.filter(isAnswerable).map((field) => [field.id, sheet[field.id]?.value ?? emptyAnswer(field)]));

/** A sheet that begins with what was handed in before. */
export const sheetFrom = (answers: Answers): Sheet =>
	Object.fromEntries(Object.entries(answers).map(([field, value]) => [field, { value, at: 0, by: "00000000", others: [] }]));

export const writeSheet = (sheet: Sheet): string => {
	const json = JSON.stringify({ v: 1, fields: sheet });
	if (new TextEncoder().encode(json).length <= MOST_BYTES) return json;
	const bare = JSON.stringify({ v: 1, fields: Object.fromEntries(Object.entries(sheet).map(([field, cell]) => [field, { ...cell, others: [] }])) });
	if (new TextEncoder().encode(bare).length > MOST_BYTES) throw Object.assign(new Error("too_long"), { word: "too_long" });
	return bare;
};

const fits = (template: Template, field: Field, value: unknown): boolean =>
	!("faults" in checkAnswers({ ...template, fields: [{ ...field }] }, { [field.id]: value }));

const isEntry = (value: unknown): value is Entry => {
	const { at, by } = (value ?? {}) as { at?: unknown; by?: unknown };
	return typeof at === "number" && Number.isSafeInteger(at) && at >= 0 && typeof by === "string" && BY.test(by);
};

const cellIn = (template: Template, field: Field, value: unknown): Cell | undefined => {
	if (!isEntry(value) || !fits(template, field, value.value)) return undefined;
	const { others } = value as { others?: unknown };
	const kept = (Array.isArray(others) ? others : []).filter((one): one is Entry => isEntry(one) && fits(template, field, one.value));
	return { ...entryOf(value), others: kept.slice(0, MOST_OTHERS).map(entryOf) };
};

/** What of it fits the template: a draft is one's own, and a field that does not fit is left out rather than all of them. */
export const readSheet = (template: Template, json: string): Sheet => {
	if (json === "") return {};
	const { fields } = JSON.parse(json) as { fields?: Record<string, unknown> };
	const found = template.fields.filter(isAnswerable).flatMap((field) => {
		const cell = cellIn(template, field, fields?.[field.id]);
		return cell ? [[field.id, cell] as const] : [];
	});
	return Object.fromEntries(found);
};
