// Changes of a template that is being written: pure, each gives another template. What is half done is kept as it is; checkTemplate
// says what is missing.

import {
	CONDITIONS, conditionsFor, FIELD_KINDS, TEMPLATE_FORMAT, TEMPLATE_KINDS, TEMPLATE_LANGUAGES, TOPICS,
	type Condition, type Field, type FieldKind, type Option, type Template, type TemplateKind, type TemplateLanguage, type Wording,
} from "../../assignment/template.js";

export const noWords = (languages: readonly TemplateLanguage[]): Wording => Object.fromEntries(languages.map((language) => [language, ""]));

export const blankTemplate = (id: string, kind: TemplateKind, language: TemplateLanguage): Template => ({
	format: TEMPLATE_FORMAT, id, version: 1, kind, languages: [language], topics: [], title: noWords([language]), description: noWords([language]), fields: [],
});

const free = (taken: readonly string[], stem: string): string => {
	for (let n = 1; ; n++) if (!taken.includes(`${stem}${n}`)) return `${stem}${n}`;
};

export const newOption = (options: readonly Option[], languages: readonly TemplateLanguage[]): Option =>
	({ id: free(options.map((one) => one.id), "o"), label: noWords(languages) });

const special = (kind: FieldKind, languages: readonly TemplateLanguage[]): object => {
	if (kind === "scale") return { low: noWords(languages), high: noWords(languages) };
	if (kind !== "choice" && kind !== "choices" && kind !== "checklist") return {};
	const first = newOption([], languages);
	return { options: kind === "checklist" ? [first] : [first, newOption([first], languages)] };
};

const withFields = (template: Template, fields: readonly Field[]): Template => ({ ...template, fields });

export const addField = (template: Template, kind: FieldKind): Template => {
	const id = free(template.fields.map((one) => one.id), "f");
	const field = { id, kind, label: noWords(template.languages), ...special(kind, template.languages) } as Field;
	return withFields(template, [...template.fields, field]);
};

/** `at` goes to the place of its neighbour; beyond the ends nothing happens. */
export const moved = <T>(items: readonly T[], at: number, by: 1 | -1): readonly T[] => {
	const to = at + by;
	const [one, other] = [items[at], items[to]];
	if (one === undefined || other === undefined) return items;
	return items.map((item, i) => (i === at ? other : i === to ? one : item));
};

export const moveField = (template: Template, at: number, by: 1 | -1): Template => withFields(template, moved(template.fields, at, by));

const without = <T extends object, K extends keyof T>(thing: T, key: K): Omit<T, K> => {
	const { [key]: _, ...rest } = thing;
	return rest;
};

/** What looked at the field is then always shown. */
export const removeField = (template: Template, at: number): Template => {
	const gone = template.fields[at]?.id;
	const rest = template.fields.filter((_, i) => i !== at);
	return withFields(template, rest.map((one) => (one.showIf?.field === gone ? (without(one, "showIf") as Field) : one)));
};

export const setField = (template: Template, at: number, change: Partial<Field>): Template =>
	withFields(template, template.fields.map((one, i) => (i === at ? ({ ...one, ...change } as Field) : one)));

export const setCondition = (template: Template, at: number, condition: Condition | null): Template =>
	withFields(template, template.fields.map((one, i) => {
		if (i !== at) return one;
		return condition ? { ...one, showIf: condition } : (without(one, "showIf") as Field);
	}));

/** What can be looked at from a place: earlier fields with an answer. */
export const lookable = (template: Template, at: number): readonly Field[] =>
	template.fields.slice(0, at).filter((one) => conditionsFor(one.kind).length > 0);

/** The first comparison that the field can answer, with something to compare with. */
export const firstCondition = (field: Field, is: Condition["is"] = conditionsFor(field.kind)[0] ?? "equals"): Condition => {
	if (field.kind === "scale") return { field: field.id, is, value: 5 };
	if (is === "at_least") return { field: field.id, is, value: 1 };
	return { field: field.id, is, value: "options" in field ? field.options[0]?.id ?? "" : "" };
};

const inLanguages = (words: Wording, languages: readonly TemplateLanguage[]): Wording =>
	Object.fromEntries(languages.map((language) => [language, words[language] ?? ""]));

const fieldIn = (field: Field, languages: readonly TemplateLanguage[]): Field => {
	const to = (words: Wording): Wording => inLanguages(words, languages);
	return {
		...field, label: to(field.label), ...(field.help ? { help: to(field.help) } : {}),
		...("options" in field ? { options: field.options.map((one) => ({ ...one, label: to(one.label) })) } : {}),
		...("low" in field ? { low: to(field.low), high: to(field.high) } : {}),
	} as Field;
};

/** Every text in these languages: new ones are empty, the others' texts go. */
export const setLanguages = (template: Template, wanted: readonly TemplateLanguage[]): Template => {
	const languages = TEMPLATE_LANGUAGES.filter((one) => wanted.includes(one));
	if (languages.length === 0) return template;
	return {
		...template, languages, title: inLanguages(template.title, languages), description: inLanguages(template.description, languages),
		fields: template.fields.map((one) => fieldIn(one, languages)),
	};
};

const isBlank = (words: Wording): boolean => Object.values(words).every((said) => said.trim() === "");

/** Help that says nothing is no help. */
export const tidy = (template: Template): Template =>
	withFields(template, template.fields.map((one) => (one.help && isBlank(one.help) ? (without(one, "help") as Field) : one)));

export const copyOf = (template: Template, id: string): Template => ({ ...template, id, version: 1 });

// --- what was saved half done ---

type Loose = Readonly<Record<string, unknown>>;

const looseObject = (value: unknown): Loose => (typeof value === "object" && value !== null ? (value as Loose) : {});
const looseList = (value: unknown): readonly Loose[] => (Array.isArray(value) ? value.map(looseObject) : []);
const among = <T extends string>(value: unknown, words: readonly T[]): T | undefined => words.find((one) => one === value);
const someOf = <T extends string>(value: unknown, words: readonly T[]): readonly T[] => words.filter((one) => Array.isArray(value) && value.includes(one));

const looseWords = (value: unknown, languages: readonly TemplateLanguage[]): Wording => {
	const words = looseObject(value);
	return Object.fromEntries(languages.map((language) => [language, typeof words[language] === "string" ? words[language] : ""]));
};

const looseCondition = (value: unknown): Condition | undefined => {
	const { field, is, value: wanted } = looseObject(value);
	const known = among(is, CONDITIONS);
	if (typeof field !== "string" || !known || (typeof wanted !== "string" && typeof wanted !== "number")) return undefined;
	return { field, is: known, value: wanted };
};

const looseField = (value: Loose, languages: readonly TemplateLanguage[]): Field | undefined => {
	const kind = among(value["kind"], FIELD_KINDS);
	const { id } = value;
	if (!kind || typeof id !== "string") return undefined;
	const options = looseList(value["options"]).map((one) => ({ id: String(one["id"]), label: looseWords(one["label"], languages) }));
	const showIf = looseCondition(value["showIf"]);
	const more = special(kind, languages);
	return {
		id, kind, label: looseWords(value["label"], languages),
		...(value["help"] ? { help: looseWords(value["help"], languages) } : {}), ...(showIf ? { showIf } : {}),
		...("options" in more ? { options } : {}),
		...("low" in more ? { low: looseWords(value["low"], languages), high: looseWords(value["high"], languages) } : {}),
	} as Field;
};

/** A draft that may lack anything, as far as it can be edited. `id` and `version` are those it must have. */
export const looseTemplate = (value: unknown, id: string, version: number): Template => {
	const all = looseObject(value);
	const known = someOf(all["languages"], TEMPLATE_LANGUAGES);
	const languages = known.length > 0 ? known : [TEMPLATE_LANGUAGES[0]];
	return {
		format: TEMPLATE_FORMAT, id, version, kind: among(all["kind"], TEMPLATE_KINDS) ?? "assignment", languages, topics: someOf(all["topics"], TOPICS),
		title: looseWords(all["title"], languages), description: looseWords(all["description"], languages),
		fields: looseList(all["fields"]).map((one) => looseField(one, languages)).filter((one) => one !== undefined),
	};
};
