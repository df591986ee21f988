// What a template of an assignment is, and what is answered to it. Templates hold no personal data and are plain on the server;
// answers are sealed in the room. The published schema is proto/template.schema.json; template.ts checks it strictly.

export const TEMPLATE_FORMAT = "luotsi-template/1";
export const TEMPLATE_LANGUAGES = ["fi", "sv", "en"] as const;
export const TOPICS = [
	"general", "health", "daily_life", "relationships", "mental_wellbeing", "self_esteem", "skills", "studies", "work",
	"finances", "hobbies", "housing", "addictions",
] as const;
export const FIELD_KINDS = [
	"heading", "help", "short", "long", "choice", "choices", "scale", "checklist", "steps", "goals", "file",
] as const;
export const TEMPLATE_KINDS = ["assignment", "meter"] as const;
export const CONDITIONS = ["equals", "contains", "at_least"] as const;

/** Ceilings: letters (code points) of texts, and how many of what. */
export const LIMITS = {
	templateBytes: 48_000, answersBytes: 40_000,
	title: 120, description: 600, label: 300, help: 600, heading: 120, paragraph: 3000, option: 200, endWord: 60, conditionText: 200,
	fields: 60, options: 30, meterAreas: 24,
	short: 300, long: 8000, cell: 500, rows: 30, files: 10, fileName: 255,
} as const;

export const SCALE_MOST = 10;

export type TemplateLanguage = (typeof TEMPLATE_LANGUAGES)[number];
export type Topic = (typeof TOPICS)[number];
export type FieldKind = (typeof FIELD_KINDS)[number];
export type TemplateKind = (typeof TEMPLATE_KINDS)[number];

/** One text in each language of its template, and in no other. */
export type Wording = Readonly<Partial<Record<TemplateLanguage, string>>>;

/**
 * When a field is shown. It looks at an earlier field that is itself shown:
 * equals: the chosen option's id, the number of a scale, or the text (whatever the case);
 * contains: an option's id among the chosen or ticked, or a part of the text;
 * at_least: the number of a scale, or how many are chosen, ticked or written.
 */
export interface Condition {
	readonly field: string;
	readonly is: (typeof CONDITIONS)[number];
	readonly value: string | number;
}

interface FieldBase {
	/** Never changes from version to version: answers and comments name it. */
	readonly id: string;
	readonly label: Wording;
	readonly help?: Wording;
	readonly showIf?: Condition;
}

export interface Option {
	readonly id: string;
	readonly label: Wording;
}

/** A heading, and a paragraph of help: nothing to answer. */
export interface ReadingField extends FieldBase {
	readonly kind: "heading" | "help";
}

export interface WritingField extends FieldBase {
	readonly kind: "short" | "long" | "steps" | "goals" | "file";
}

/** choice: one of them; choices: any of them; checklist: what is ticked as it gets done. */
export interface OptionField extends FieldBase {
	readonly kind: "choice" | "choices" | "checklist";
	readonly options: readonly Option[];
}

/** 0 to 10, with a word at each end. */
export interface ScaleField extends FieldBase {
	readonly kind: "scale";
	readonly low: Wording;
	readonly high: Wording;
}

export type Field = ReadingField | WritingField | OptionField | ScaleField;

export interface Template {
	readonly format: typeof TEMPLATE_FORMAT;
	/** 16 bytes, 32 hexadecimal digits: the same in all versions. */
	readonly id: string;
	readonly version: number;
	/** A meter asks for satisfaction over areas of life: its scales are the areas, and there is no total. */
	readonly kind: TemplateKind;
	readonly languages: readonly TemplateLanguage[];
	readonly topics: readonly Topic[];
	readonly title: Wording;
	readonly description: Wording;
	readonly fields: readonly Field[];
}

/** `by` is a day, YYYY-MM-DD, or empty. */
export interface StepRow {
	readonly step: string;
	readonly by: string;
	readonly done: boolean;
}

export interface GoalRow extends StepRow {
	readonly goal: string;
}

/** A file of the same room: the msg_id of its manifest, 32 hexadecimal digits, and its name for reading. */
export interface FileRef {
	readonly msg: string;
	readonly name: string;
}

/**
 * short, long: the text; choice: an option's id, or ""; choices, checklist: options' ids in the template's order;
 * scale: the number, or null; steps, goals, file: rows.
 */
export type Answer = string | number | null | readonly string[] | readonly StepRow[] | readonly GoalRow[] | readonly FileRef[];

/** An answer for each field that can be answered, shown or not, by the field's id. */
export type Answers = Readonly<Record<string, Answer>>;

export const isAnswerable = (field: Field): boolean => field.kind !== "heading" && field.kind !== "help";

/** The text in the reader's language, else in the template's first. */
export const wordingIn = (wording: Wording, language: string): string => {
	const own = wording[language as TemplateLanguage];
	return own ?? Object.values(wording)[0] ?? "";
};
