// Checks a template strictly against proto/template.schema.json, and what a schema cannot say: conditions look back, at a field
// that can answer them, and every text stands in every language of the template. Pure; what is wrong is told by place.
// The face of this folder: types, answers and this check come from here.

import { fault, integer, jsonBytes, list, members, nodeOf, oneOf, pattern, text, wordSet, type Fault, type Members, type Node } from "./checker.js";
import {
	CONDITIONS, FIELD_KINDS, LIMITS, SCALE_MOST, TEMPLATE_FORMAT, TEMPLATE_KINDS, TEMPLATE_LANGUAGES, TOPICS,
	type Condition, type Field, type FieldKind, type Option, type Template, type TemplateLanguage, type Wording,
} from "./types.js";

export * from "./types.js";
export * from "./answers.js";
export type { Fault, FaultWord } from "./checker.js";

export type Checked = { readonly template: Template } | { readonly faults: readonly Fault[] };

const ID = /^[0-9a-f]{32}$/;
// "constructor" would be found in answers that lack it.
const FIELD_ID = /^(?!constructor$)[a-z][a-z0-9_]{0,31}$/;
const METER_KINDS: readonly FieldKind[] = ["heading", "help", "scale", "short", "long"];
const MOST: Readonly<Partial<Record<FieldKind, number>>> = { heading: LIMITS.heading, help: LIMITS.paragraph };

interface Scope {
	readonly languages: readonly TemplateLanguage[];
	readonly earlier: Map<string, Field>;
}

const wording = (node: Node | undefined, languages: readonly TemplateLanguage[], most: number, lines = false): Wording => {
	if (!node) return {};
	const found = members(node, languages);
	const words: Partial<Record<TemplateLanguage, string>> = {};
	for (const language of languages) {
		const said = text(found?.[language], { most, lines });
		if (said !== undefined) words[language] = said;
	}
	return words;
};

const options = (node: Node | undefined, languages: readonly TemplateLanguage[]): readonly Option[] => {
	const found: Option[] = [];
	for (const item of list(node, 1, LIMITS.options)) {
		const m = members(item, ["id", "label"]);
		const id = pattern(m?.["id"], FIELD_ID) ?? "";
		const label = wording(m?.["label"], languages, LIMITS.option);
		if (found.some((other) => other.id === id && id !== "")) fault(m?.["id"] ?? item, "twice");
		found.push({ id, label });
	}
	return found;
};

const ACCEPTS: Readonly<Record<Condition["is"], readonly FieldKind[]>> = {
	equals: ["short", "long", "choice", "scale"],
	contains: ["short", "long", "choices", "checklist"],
	at_least: ["scale", "choices", "checklist", "steps", "goals", "file"],
};

/** The comparisons that a field of this kind can answer; the editor offers these. */
export const conditionsFor = (kind: FieldKind): readonly Condition["is"][] => CONDITIONS.filter((is) => ACCEPTS[is].includes(kind));

const conditionValue = (node: Node, target: Field, is: Condition["is"]): string | number | undefined => {
	if (target.kind === "scale") return integer(node, 0, SCALE_MOST);
	if (is === "at_least") return integer(node, 1, LIMITS.rows);
	if (!("options" in target)) return text(node, { most: LIMITS.conditionText });
	return target.options.some((option) => option.id === node.value) ? String(node.value) : fault(node, "reference");
};

const condition = (node: Node | undefined, scope: Scope): Condition | undefined => {
	const m = node && members(node, ["field", "is", "value"]);
	if (!m?.["field"] || !m["value"]) return undefined;
	const target = scope.earlier.get(String(m["field"].value));
	if (!target) return fault(m["field"], "reference");
	const is = oneOf(m["is"], CONDITIONS);
	if (is === undefined) return undefined;
	if (!ACCEPTS[is].includes(target.kind)) return fault(m["is"] as Node, "value");
	const value = conditionValue(m["value"], target, is);
	return value === undefined ? undefined : { field: target.id, is, value };
};

const MORE: Readonly<Partial<Record<FieldKind, readonly string[]>>> = {
	choice: ["options"], choices: ["options"], checklist: ["options"], scale: ["low", "high"],
};

const special = (kind: FieldKind, m: Members, languages: readonly TemplateLanguage[]): object => {
	if (kind === "scale") return { low: wording(m["low"], languages, LIMITS.endWord), high: wording(m["high"], languages, LIMITS.endWord) };
	return MORE[kind] ? { options: options(m["options"], languages) } : {};
};

// The kind is read first, because it says which members the rest may have.
const kindOf = (node: Node): FieldKind | undefined => {
	const value: unknown = node.value;
	const kind: unknown = typeof value === "object" && value !== null ? (value as { kind?: unknown }).kind : undefined;
	return FIELD_KINDS.find((one) => one === kind);
};

const field = (node: Node, scope: Scope): Field | undefined => {
	const kind = kindOf(node);
	const optional = kind === "heading" || kind === "help" ? ["showIf"] : ["showIf", "help"];
	const m = members(node, ["id", "kind", "label", ...(kind ? MORE[kind] ?? [] : [])], kind ? optional : ["help", "showIf", "options", "low", "high"]);
	if (!m) return undefined;
	if (!kind) return m["kind"] && fault(m["kind"], "value");
	const id = pattern(m["id"], FIELD_ID) ?? "";
	if (m["id"] && scope.earlier.has(id)) fault(m["id"], "twice");
	const showIf = condition(m["showIf"], scope);
	const read = {
		id, kind,
		label: wording(m["label"], scope.languages, MOST[kind] ?? LIMITS.label, kind === "help"),
		...(m["help"] ? { help: wording(m["help"], scope.languages, LIMITS.help, true) } : {}),
		...(showIf ? { showIf } : {}),
		...special(kind, m, scope.languages),
	} as Field;
	if (id !== "") scope.earlier.set(id, read);
	return read;
};

const fieldsOf = (node: Node | undefined, languages: readonly TemplateLanguage[]): readonly Field[] => {
	const scope: Scope = { languages, earlier: new Map() };
	return list(node, 1, LIMITS.fields).map((item) => field(item, scope)).filter((one) => one !== undefined);
};

// A meter needs areas, and nothing that has no place in a plot of them; an assignment needs something to do.
const checkKind = (node: Node, template: Template): void => {
	const scales = template.fields.filter((one) => one.kind === "scale").length;
	if (template.kind === "meter") {
		if (scales < 2 || scales > LIMITS.meterAreas || template.fields.some((one) => !METER_KINDS.includes(one.kind))) fault(node, "meter");
	} else if (template.fields.every((one) => one.kind === "heading" || one.kind === "help")) fault(node, "few", 1);
};

/** The template as it may be used, or what is wrong with it, by place. Nothing of the value is kept that was not checked. */
export const checkTemplate = (value: unknown): Checked => {
	const root = nodeOf(value);
	const m = members(root, ["format", "id", "version", "kind", "languages", "topics", "title", "description", "fields"]);
	if (!m) return { faults: root.reading.faults };
	const languages = wordSet(m["languages"], TEMPLATE_LANGUAGES, 1);
	const template = {
		format: oneOf(m["format"], [TEMPLATE_FORMAT]), id: pattern(m["id"], ID), version: integer(m["version"], 1, 65_535),
		kind: oneOf(m["kind"], TEMPLATE_KINDS), languages, topics: wordSet(m["topics"], TOPICS, 0),
		title: wording(m["title"], languages, LIMITS.title), description: wording(m["description"], languages, LIMITS.description, true),
		fields: fieldsOf(m["fields"], languages),
	} as Template;
	if (m["fields"] && Array.isArray(m["fields"].value)) checkKind(m["fields"], template);
	if (jsonBytes(value) > LIMITS.templateBytes) fault(root, "size", LIMITS.templateBytes);
	return root.reading.faults.length > 0 ? { faults: root.reading.faults } : { template };
};
