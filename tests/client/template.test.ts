// Templates of assignments and their answers: what fits, what is refused and where; and that the published schema says the same.

import { strict as assert } from "node:assert";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import {
	checkAnswers, checkTemplate, conditionsFor, emptyAnswers, FIELD_KINDS, isDay, isShown, LIMITS, onlyShown, progress, shownFields, TOPICS, wordingIn,
	type Answers, type Condition, type Field, type Template,
} from "../../web/src/assignment/template.js";

const top = join(process.env["LUOTSI_TEST_LIB"] as string, "..", "..");
type Json = { [name: string]: unknown };

const fi = (text: string): Json => ({ fi: text });
const option = (id: string): Json => ({ id, label: fi(id) });

/** One field of every kind, each of which somebody looks at. */
const fields = (): Json[] => [
	{ id: "head", kind: "heading", label: fi("Otsikko") },
	{ id: "text", kind: "help", label: fi("Ohje\ntoinen rivi") },
	{ id: "short", kind: "short", label: fi("Lyhyt"), help: fi("vihje") },
	{ id: "long", kind: "long", label: fi("Pitkä"), showIf: { field: "short", is: "equals", value: "Kyllä" } },
	{ id: "one", kind: "choice", label: fi("Yksi"), options: [option("yes"), option("no")] },
	{ id: "any", kind: "choices", label: fi("Monta"), options: [option("a"), option("b"), option("c")], showIf: { field: "one", is: "equals", value: "yes" } },
	{ id: "scale", kind: "scale", label: fi("Asteikko"), low: fi("ei"), high: fi("kyllä"), showIf: { field: "any", is: "contains", value: "b" } },
	{ id: "list", kind: "checklist", label: fi("Lista"), options: [option("x")], showIf: { field: "scale", is: "at_least", value: 7 } },
	{ id: "steps", kind: "steps", label: fi("Askeleet") },
	{ id: "goals", kind: "goals", label: fi("Tavoitteet"), showIf: { field: "steps", is: "at_least", value: 2 } },
	{ id: "file", kind: "file", label: fi("Tiedosto") },
];
const good = (change: Json = {}): Json => ({
	format: "luotsi-template/1", id: "0123456789abcdef0123456789abcdef", version: 1, kind: "assignment", languages: ["fi"], topics: ["studies"],
	title: fi("Nimi"), description: fi("Kuvaus"), fields: fields(), ...change,
});
const withField = (id: string, change: Json): Json => good({ fields: fields().map((one) => (one["id"] === id ? { ...one, ...change } : one)) });
const without = (object: Json, name: string): Json => Object.fromEntries(Object.entries(object).filter(([key]) => key !== name));

const faultsOf = (value: unknown): string[] => {
	const checked = checkTemplate(value);
	return "faults" in checked ? checked.faults.map((one) => `${one.place.join(".")}: ${one.word}`) : [];
};
const templateOf = (value: unknown): Template => {
	const checked = checkTemplate(value);
	assert.ok("template" in checked, JSON.stringify(checked));
	return checked.template;
};

const scale = (id: string): Json => ({ id, kind: "scale", label: fi(id), low: fi("ei"), high: fi("kyllä") });
const long = (n: number): Json => fi("x".repeat(n));

/** What is wrong, where it is said to be, and whether a schema can say it too. */
const BAD: readonly (readonly [string, unknown, string, boolean])[] = [
	["nothing", null, ": type", true],
	["a list", [], ": type", true],
	["a text", "luotsi-template/1", ": type", true],
	...Object.keys(good()).map((name) => [`no ${name}`, without(good(), name), `${name}: missing`, true] as const),
	["a member that there is not", good({ more: 1 }), "more: unknown", true],
	["another format", good({ format: "luotsi-template/2" }), "format: value", true],
	["an id in capitals", good({ id: "0123456789ABCDEF0123456789ABCDEF" }), "id: value", true],
	["an id with hyphens", good({ id: "01234567-89ab-cdef-0123-456789abcdef" }), "id: value", true],
	["version 0", good({ version: 0 }), "version: value", true],
	["half a version", good({ version: 1.5 }), "version: value", true],
	["a version as text", good({ version: "1" }), "version: type", true],
	["version 65,536", good({ version: 65_536 }), "version: value", true],
	["another kind", good({ kind: "quiz" }), "kind: value", true],
	["no language", good({ languages: [] }), "languages: few", true],
	["a language twice", good({ languages: ["fi", "fi"] }), "languages.1: twice", true],
	["a language that there is not", good({ languages: ["fi", "de"] }), "languages.1: value", true],
	["a topic that there is not", good({ topics: ["politics"] }), "topics.0: value", true],
	["topics that are a text", good({ topics: "studies" }), "topics: type", true],
	["a title in no language", good({ title: {} }), "title.fi: missing", true],
	["a title as text", good({ title: "Nimi" }), "title: type", true],
	["a title in a language more", good({ title: { fi: "Nimi", sv: "Namn" } }), "title.sv: unknown", false],
	["a title in a language that there is not", good({ title: { fi: "Nimi", de: "Name" } }), "title.de: unknown", true],
	["a language without texts", good({ languages: ["fi", "sv"] }), "title.sv: missing", false],
	["an empty title", good({ title: fi("") }), "title.fi: empty", true],
	["a title of spaces", good({ title: fi("   ") }), "title.fi: empty", true],
	["a title of two lines", good({ title: fi("a\nb") }), "title.fi: letters", true],
	["a title with a control character", good({ title: fi("a\u0007b") }), "title.fi: letters", true],
	["half a letter", good({ title: fi("a\ud800") }), "title.fi: letters", false],
	["a long title", good({ title: long(LIMITS.title + 1) }), "title.fi: long", true],
	["a long description", good({ description: long(LIMITS.description + 1) }), "description.fi: long", true],
	["a description with a zero", good({ description: fi("a\u0000") }), "description.fi: letters", true],
	["no fields", good({ fields: [] }), "fields: few", true],
	["too many fields", good({ fields: Array.from({ length: 61 }, (_, i) => ({ id: `f${i}`, kind: "short", label: fi("x") })) }), "fields: many", true],
	["a field that is none", good({ fields: ["short"] }), "fields.0: type", true],
	["a field of no kind", withField("short", { kind: "video" }), "fields.2.kind: value", true],
	["a field without a kind", good({ fields: [without(fields()[2] as Json, "kind")] }), "fields.0.kind: missing", true],
	["a field's id twice", good({ fields: [...fields(), { id: "short", kind: "long", label: fi("x") }] }), "fields.11.id: twice", false],
	["an id that begins with a digit", withField("short", { id: "1a" }), "fields.2.id: value", true],
	["an id that is long", withField("file", { id: "a".repeat(33) }), "fields.10.id: value", true],
	["an id that every object has", withField("file", { id: "constructor" }), "fields.10.id: value", true],
	["an id that is a prototype", withField("file", { id: "__proto__" }), "fields.10.id: value", true],
	["a field with a member that there is not", withField("short", { required: true }), "fields.2.required: unknown", true],
	["options of a text", withField("short", { options: [option("a")] }), "fields.2.options: unknown", true],
	["help of a heading", withField("head", { help: fi("x") }), "fields.0.help: unknown", true],
	["a long label", withField("short", { label: long(LIMITS.label + 1) }), "fields.2.label.fi: long", true],
	["a long heading", withField("head", { label: long(LIMITS.heading + 1) }), "fields.0.label.fi: long", true],
	["a long paragraph", withField("text", { label: long(LIMITS.paragraph + 1) }), "fields.1.label.fi: long", true],
	["long help", withField("short", { help: long(LIMITS.help + 1) }), "fields.2.help.fi: long", true],
	["no options", withField("one", { options: [] }), "fields.4.options: few", true],
	["options that are missing", good({ fields: [without(fields()[4] as Json, "options")] }), "fields.0.options: missing", true],
	["an option twice", withField("one", { options: [option("yes"), option("yes")] }), "fields.4.options.1.id: twice", false],
	["an option without a label", withField("one", { options: [{ id: "yes" }] }), "fields.4.options.0.label: missing", true],
	["too many options", withField("file", { kind: "choice", options: Array.from({ length: 31 }, (_, i) => option(`o${i}`)) }), "fields.10.options: many", true],
	["a long option", withField("list", { options: [{ id: "x", label: long(LIMITS.option + 1) }] }), "fields.7.options.0.label.fi: long", true],
	["a scale with one end", good({ fields: [without(scale("s"), "high")] }), "fields.0.high: missing", true],
	["a scale with a long end", good({ fields: [{ ...scale("s"), low: long(LIMITS.endWord + 1) }] }), "fields.0.low.fi: long", true],
	["a condition on what is not there", withField("file", { showIf: { field: "none", is: "equals", value: "x" } }), "fields.10.showIf.field: reference", false],
	["a condition on itself", withField("file", { showIf: { field: "file", is: "at_least", value: 1 } }), "fields.10.showIf.field: reference", false],
	["a condition on what comes later", withField("long", { showIf: { field: "one", is: "equals", value: "yes" } }), "fields.3.showIf.field: reference", false],
	["a condition on a heading", withField("file", { showIf: { field: "head", is: "equals", value: "x" } }), "fields.10.showIf.is: value", false],
	["a condition that there is not", withField("file", { showIf: { field: "one", is: "at_most", value: 1 } }), "fields.10.showIf.is: value", true],
	["a comparison that the field cannot answer", withField("file", { showIf: { field: "one", is: "at_least", value: 1 } }), "fields.10.showIf.is: value", false],
	["an option that is not the field's", withField("file", { showIf: { field: "one", is: "equals", value: "maybe" } }), "fields.10.showIf.value: reference", false],
	["an amount as text", withField("file", { showIf: { field: "any", is: "at_least", value: "2" } }), "fields.10.showIf.value: type", false],
	["more than a scale has", withField("file", { showIf: { field: "scale", is: "at_least", value: 11 } }), "fields.10.showIf.value: value", false],
	["an empty text to look for", withField("file", { showIf: { field: "short", is: "contains", value: "" } }), "fields.10.showIf.value: empty", true],
	["a condition without a value", withField("file", { showIf: { field: "short", is: "contains" } }), "fields.10.showIf.value: missing", true],
	["a condition with more", withField("file", { showIf: { field: "short", is: "contains", value: "x", or: 1 } }), "fields.10.showIf.or: unknown", true],
	["nothing to do", good({ fields: fields().slice(0, 2) }), "fields: few", false],
	["a meter with one area", good({ kind: "meter", fields: [scale("a")] }), "fields: meter", false],
	["a meter with a checklist", good({ kind: "meter", fields: [scale("a"), scale("b"), { id: "c", kind: "checklist", label: fi("x"), options: [option("x")] }] }), "fields: meter", false],
	["a meter of 25 areas", good({ kind: "meter", fields: Array.from({ length: 25 }, (_, i) => scale(`s${i}`)) }), "fields: meter", false],
	["more bytes than there may be", good({ fields: Array.from({ length: 17 }, (_, i) => ({ id: `f${i}`, kind: "help", label: long(3000) })).concat([{ id: "z", kind: "short", label: fi("x") }]) }), ": size", false],
];

test("a template with every kind of field is taken as it is, and nothing else of it is kept", () => {
	assert.deepEqual(templateOf(good()), good());
	assert.deepEqual(new Set(fields().map((one) => one["kind"])), new Set(FIELD_KINDS));
	assert.deepEqual(templateOf(good({ kind: "meter", fields: [scale("a"), scale("b")] })).kind, "meter");
});

for (const [what, value, wanted] of BAD)
	test(`refuses ${what}`, () => {
		const faults = faultsOf(value);
		assert.ok(faults.includes(wanted), `${wanted} is not among ${faults.join("; ")}`);
	});

test("tells everything that is wrong at once, by place", () => {
	const value = { ...withField("one", { label: fi("") }), title: fi(""), id: "x" };
	assert.deepEqual(faultsOf(value).sort(), ["fields.4.label.fi: empty", "id: value", "title.fi: empty"]);
});

test("text is counted in letters as people see them in a font, not in halves", () => {
	assert.deepEqual(faultsOf(good({ title: fi("😀".repeat(LIMITS.title)) })), []);
	assert.deepEqual(faultsOf(good({ title: fi("😀".repeat(LIMITS.title + 1)) })), ["title.fi: long"]);
});

test("a template of thousands of faults is refused at a bounded price", () => {
	const many = good({ fields: Array.from({ length: 60 }, () => ({ id: 1, kind: "choice", label: 1, options: Array.from({ length: 30 }, () => 1), a: 1, b: 2, c: 3 })) });
	const checked = checkTemplate(many);
	assert.ok("faults" in checked && checked.faults.length === 200);
});

// --- the published schema: so much of JSON Schema as it uses ---

const schema = JSON.parse(readFileSync(join(top, "proto", "template.schema.json"), "utf8")) as Json;
const resolve = (name: string): Json => name.slice(2).split("/").reduce<unknown>((at, step) => (at as Json)[step], schema) as Json;
const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);
const KNOWN = new Set(["$schema", "$defs", "title", "description"]);

const isObject = (v: unknown): v is Json => typeof v === "object" && v !== null && !Array.isArray(v);
const TYPES: Readonly<Record<string, (v: unknown) => boolean>> = { object: isObject, array: Array.isArray, string: (v) => typeof v === "string", integer: Number.isInteger };
const RULES: Readonly<Record<string, (v: unknown, rule: never, all: Json) => boolean>> = {
	$ref: (v, name: string) => fits(v, resolve(name)),
	type: (v, name: string) => (TYPES[name] as (v: unknown) => boolean)(v),
	const: (v, one: unknown) => same(v, one),
	enum: (v, many: unknown[]) => many.some((one) => same(v, one)),
	oneOf: (v, many: Json[]) => many.filter((one) => fits(v, one)).length === 1,
	pattern: (v, form: string) => typeof v !== "string" || new RegExp(form, "u").test(v),
	minLength: (v, n: number) => typeof v !== "string" || [...v].length >= n,
	maxLength: (v, n: number) => typeof v !== "string" || [...v].length <= n,
	minimum: (v, n: number) => typeof v !== "number" || v >= n,
	maximum: (v, n: number) => typeof v !== "number" || v <= n,
	minItems: (v, n: number) => !Array.isArray(v) || v.length >= n,
	maxItems: (v, n: number) => !Array.isArray(v) || v.length <= n,
	uniqueItems: (v) => !Array.isArray(v) || new Set(v.map((one) => JSON.stringify(one))).size === v.length,
	items: (v, one: Json) => !Array.isArray(v) || v.every((item) => fits(item, one)),
	minProperties: (v, n: number) => !isObject(v) || Object.keys(v).length >= n,
	maxProperties: (v, n: number) => !isObject(v) || Object.keys(v).length <= n,
	propertyNames: (v, one: Json) => !isObject(v) || Object.keys(v).every((name) => fits(name, one)),
	required: (v, names: string[]) => !isObject(v) || names.every((name) => name in v),
	properties: (v, all: Json) => !isObject(v) || Object.entries(v).every(([name, member]) => !Object.hasOwn(all, name) || fits(member, all[name] as Json)),
	additionalProperties: (v, one: false | Json, all) => !isObject(v) ||
		Object.entries(v).every(([name, member]) => Object.hasOwn((all["properties"] as Json | undefined) ?? {}, name) || (one !== false && fits(member, one))),
};
const fits = (value: unknown, one: Json): boolean =>
	Object.entries(one).every(([name, rule]) => {
		if (KNOWN.has(name)) return true;
		const check = RULES[name];
		assert.ok(check, `the test knows no ${name}`);
		return check(value, rule as never, one);
	});

test("the published schema takes what the checker takes", () => {
	assert.ok(fits(good(), schema));
	assert.ok(fits(good({ kind: "meter", fields: [scale("a"), scale("b")] }), schema));
	assert.deepEqual((resolve("#/properties/topics")["items"] as Json)["enum"], [...TOPICS]);
});

for (const [what, value, , bySchema] of BAD)
	test(`the published schema ${bySchema ? "refuses" : "leaves to the checker"} ${what}`, () => assert.equal(fits(value, schema), !bySchema));

const shipped = readdirSync(join(top, "db", "templates")).map((name) => [name, JSON.parse(readFileSync(join(top, "db", "templates", name), "utf8")) as Json] as const);

test("twelve templates and a meter come with Luotsi, each in three languages and with an id of its own", () => {
	assert.equal(shipped.length, 13);
	assert.equal(new Set(shipped.map(([, one]) => one["id"])).size, 13);
	assert.equal(shipped.filter(([, one]) => one["kind"] === "meter").length, 1);
});

for (const [name, value] of shipped)
	test(`${name} fits checker and schema and leaves room for an answer`, () => {
		const template = templateOf(value);
		assert.ok(fits(value, schema));
		assert.deepEqual(template.languages, ["fi", "sv", "en"]);
		assert.ok(JSON.stringify(value).length < 20_000);
		for (const one of JSON.stringify(value).match(/"(fi|sv|en)":"[^"]*"/g) ?? []) assert.ok(!/ {2}|^ | "$|\.\.\./.test(one), one);
	});

// --- answers ---

const template = templateOf(good());
const fieldOf = (id: string): Field => template.fields.find((one) => one.id === id) as Field;
const sheet = (change: Json = {}): Json => ({ ...emptyAnswers(template), ...change });
const answersOf = (value: unknown): Answers => {
	const checked = checkAnswers(template, value);
	assert.ok("answers" in checked, JSON.stringify(checked));
	return checked.answers;
};
const answerFaults = (value: unknown): string[] => {
	const checked = checkAnswers(template, value);
	return "faults" in checked ? checked.faults.map((one) => `${one.place.join(".")}: ${one.word}`) : [];
};
const row = { step: "Soitan", by: "2026-02-28", done: false };
const file = { msg: "f".repeat(32), name: "cv.pdf" };

test("an empty sheet has a place for everything that can be answered, and fits", () => {
	assert.deepEqual(emptyAnswers(template), { short: "", long: "", one: "", any: [], scale: null, list: [], steps: [], goals: [], file: [] });
	assert.deepEqual(answersOf(sheet()), emptyAnswers(template));
});

test("a full sheet is taken as it is; what was chosen stands in the template's order", () => {
	const full = sheet({ short: "Kyllä", long: "a\nb", one: "yes", any: ["c", "a"], scale: 0, list: ["x"], steps: [row], goals: [{ goal: "Ammatti", ...row, by: "" }], file: [file] });
	assert.deepEqual(answersOf(full), { ...full, any: ["a", "c"] });
});

for (const [what, value, wanted] of [
	["nothing", null, ": type"],
	["a field that is missing", without(sheet(), "short"), "short: missing"],
	["an answer to a heading", sheet({ head: "x" }), "head: unknown"],
	["a field that there is not", sheet({ none: "x" }), "none: unknown"],
	["a number as text", sheet({ short: 1 }), "short: type"],
	["two lines as a short text", sheet({ short: "a\nb" }), "short: letters"],
	["a control character", sheet({ long: "a\u001b[0m" }), "long: letters"],
	["a short text that is long", sheet({ short: "x".repeat(LIMITS.short + 1) }), "short: long"],
	["a long text that is too long", sheet({ long: "x".repeat(LIMITS.long + 1) }), "long: long"],
	["an option that there is not", sheet({ one: "maybe" }), "one: value"],
	["a choice of several", sheet({ one: ["yes"] }), "one: value"],
	["an option chosen twice", sheet({ any: ["a", "a"] }), "any.1: twice"],
	["an unknown option among others", sheet({ any: ["a", "z"] }), "any.1: value"],
	["11 of 10", sheet({ scale: 11 }), "scale: value"],
	["half a number", sheet({ scale: 5.5 }), "scale: value"],
	["less than nothing", sheet({ scale: -1 }), "scale: value"],
	["no number", sheet({ scale: "5" }), "scale: type"],
	["a row with a member more", sheet({ steps: [{ ...row, more: 1 }] }), "steps.0.more: unknown"],
	["a row with a goal where there is none", sheet({ steps: [{ goal: "x", ...row }] }), "steps.0.goal: unknown"],
	["a goal without its goal", sheet({ goals: [row] }), "goals.0.goal: missing"],
	["a day that is none", sheet({ steps: [{ ...row, by: "2026-02-30" }] }), "steps.0.by: value"],
	["a day in words", sheet({ steps: [{ ...row, by: "huomenna" }] }), "steps.0.by: value"],
	["done in words", sheet({ steps: [{ ...row, done: "yes" }] }), "steps.0.done: type"],
	["too many rows", sheet({ steps: Array.from({ length: LIMITS.rows + 1 }, () => row) }), "steps: many"],
	["a file without a message", sheet({ file: [{ msg: "abc", name: "x" }] }), "file.0.msg: value"],
	["a file without a name", sheet({ file: [{ ...file, name: "" }] }), "file.0.name: empty"],
	["a file twice", sheet({ file: [file, file] }), "file.1: twice"],
	["more than fits", sheet({ steps: Array.from({ length: 30 }, () => ({ ...row, step: "ä".repeat(500) })), long: "ä".repeat(8000) }), ": size"],
] as const) test(`refuses answers with ${what}`, () => assert.ok(answerFaults(value).includes(wanted), answerFaults(value).join("; ")));

test("days of the calendar only", () => {
	assert.deepEqual(["2024-02-29", "2026-12-31"].map(isDay), [true, true]);
	assert.deepEqual(["2026-02-29", "2026-13-01", "2026-1-1", "", "20260101", "+02026-01-01"].map(isDay), [false, false, false, false, false, false]);
});

for (const [id, change, shown] of [
	["long", {}, false], ["long", { short: " kyllä " }, true], ["long", { short: "Kyllä vain" }, false],
	["any", { one: "yes" }, true], ["any", { one: "no" }, false],
	["scale", { one: "yes", any: ["b"] }, true], ["scale", { one: "yes", any: ["a", "c"] }, false],
	["scale", { one: "no", any: ["b"] }, false],
	["list", { one: "yes", any: ["b"], scale: 7 }, true], ["list", { one: "yes", any: ["b"], scale: 6 }, false], ["list", { one: "yes", any: ["b"], scale: null }, false],
	["list", { one: "no", any: ["b"], scale: 10 }, false],
	["goals", { steps: [row, row] }, true], ["goals", { steps: [row] }, false],
	["file", {}, true],
] as const) test(`${id} is ${shown ? "" : "not "}shown for ${JSON.stringify(change)}`, () => assert.equal(isShown(template, fieldOf(id), { ...emptyAnswers(template), ...change } as Answers), shown));

test("a missing answer hides what looks at it", () => assert.equal(isShown(template, fieldOf("any"), {}), false));

test("progress counts what is shown and asked", () => {
	assert.deepEqual(progress(template, emptyAnswers(template)), { done: 0, of: 4 });
	assert.deepEqual(progress(template, answersOf(sheet({ short: "x", one: "yes", steps: [row] }))), { done: 3, of: 5 });
	assert.deepEqual(shownFields(template, emptyAnswers(template)).map((one) => one.id), ["head", "text", "short", "one", "steps", "file"]);
});

test("what was written under a condition that no longer holds is not sent", () => {
	const sent = onlyShown(template, answersOf(sheet({ short: "x", one: "no", any: ["a"], scale: 3, long: "salaisuus" })));
	assert.deepEqual(sent, { ...emptyAnswers(template), short: "x", one: "no" });
});

test("conditions are offered that the kind can answer", () => {
	assert.deepEqual(conditionsFor("scale"), ["equals", "at_least"] satisfies Condition["is"][]);
	assert.deepEqual(conditionsFor("heading"), []);
});

test("a wording is in the reader's language, else in the first there is", () => {
	assert.deepEqual([wordingIn({ fi: "a", sv: "b" }, "sv"), wordingIn({ fi: "a", sv: "b" }, "en"), wordingIn({}, "fi")], ["b", "a", ""]);
});
