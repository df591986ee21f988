// Writing a template, without a page: changes, half-done drafts, what changed between versions.

import { strict as assert } from "node:assert";
import { test } from "node:test";
import { changesBetween } from "../../web/src/app/library/diff.js";
import {
	addField, blankTemplate, copyOf, firstCondition, lookable, looseTemplate, moved, moveField, removeField, setCondition, setField, setLanguages, tidy,
} from "../../web/src/app/library/edit.js";
import { checkTemplate, FIELD_KINDS, type Field, type FieldKind, type Template } from "../../web/src/assignment/template.js";

const ID = "0".repeat(32);
const blank = (): Template => blankTemplate(ID, "assignment", "fi");
const of = (...kinds: FieldKind[]): Template => kinds.reduce(addField, blank());
const named = (template: Template): Template => ({ ...template, title: { fi: "Nimi" }, description: { fi: "Kuvaus" } });
const ids = (template: Template): string[] => template.fields.map((one) => one.id);
const faults = (template: Template): string[] => {
	const checked = checkTemplate(template);
	return "faults" in checked ? checked.faults.map((one) => `${one.place.join(".")}: ${one.word}`) : [];
};

/** Every empty text filled in. */
const filled = (template: Template): Template => JSON.parse(JSON.stringify(template).replaceAll('":""', '":"x"')) as Template;

test("every kind of field is added in a form that only lacks its words", () => {
	const template = named(of(...FIELD_KINDS));
	assert.ok(faults(template).length > 0 && faults(template).every((one) => one.endsWith(": empty")), faults(template).join("; "));
	assert.deepEqual(faults(filled(template)), []);
});

test("ids are never given twice, also after a removal in the middle", () => {
	const template = addField(addField(removeField(of("short", "long", "scale"), 1), "file"), "file");
	assert.equal(new Set(ids(template)).size, 4);
});

test("a field moves by one and not beyond the ends", () => {
	assert.deepEqual(moved([1, 2, 3], 1, -1), [2, 1, 3]);
	assert.deepEqual(moved([1, 2, 3], 0, -1), [1, 2, 3]);
	assert.deepEqual(moved([1, 2, 3], 2, 1), [1, 2, 3]);
	assert.deepEqual(ids(moveField(of("short", "long"), 0, 1)), ["f2", "f1"]);
});

test("what looked at a removed field is shown always, and looks at others as before", () => {
	const base = of("choice", "scale", "long", "long");
	const [choice, scale] = base.fields as [Field, Field];
	const template = setCondition(setCondition(base, 2, firstCondition(choice)), 3, firstCondition(scale));
	const left = removeField(template, 0);
	assert.equal(left.fields[1]?.showIf, undefined);
	assert.equal(left.fields[2]?.showIf?.field, scale.id);
	assert.equal(setCondition(left, 2, null).fields[2]?.showIf, undefined);
});

test("only earlier fields with an answer can be looked at, and the first condition fits each of them", () => {
	const template = named(of(...FIELD_KINDS, "long"));
	const choices = lookable(template, template.fields.length - 1);
	assert.deepEqual(choices.map((one) => one.kind), FIELD_KINDS.filter((kind) => kind !== "heading" && kind !== "help"));
	for (const choice of choices) {
		const conditional = filled(setCondition(template, template.fields.length - 1, firstCondition(choice)));
		assert.deepEqual(faults(conditional), [], choice.kind);
	}
});

test("a language that comes has empty places everywhere, one that goes takes its texts, the last one stays", () => {
	const one = filled(named(setField(of(...FIELD_KINDS), 2, { help: { fi: "" } })));
	const both = setLanguages(one, ["sv", "fi"]);
	assert.deepEqual(both.languages, ["fi", "sv"]);
	assert.deepEqual(faults(filled(both)), []);
	assert.deepEqual(setLanguages(both, ["fi"]), one);
	assert.equal(setLanguages(one, []), one);
});

test("help without words is no help, half of it stays and is missed", () => {
	const base = filled(named(setLanguages(of("short"), ["fi", "sv"])));
	assert.equal(tidy(setField(base, 0, { help: { fi: " ", sv: "" } })).fields[0]?.help, undefined);
	assert.ok(faults(tidy(setField({ ...base, title: { fi: "a", sv: "b" }, description: { fi: "a", sv: "b" } }, 0, { help: { fi: "a", sv: "" } }))).includes("fields.0.help.sv: empty"));
});

test("a copy is a first version of its own", () => {
	const copy = copyOf({ ...filled(named(of("short"))), version: 7 }, "f".repeat(32));
	assert.deepEqual([copy.id, copy.version, faults(copy)], ["f".repeat(32), 1, []]);
});

test("a draft comes back as it was saved, whole or half done", () => {
	for (const template of [blank(), named(of(...FIELD_KINDS)), setLanguages(of("choice", "scale"), ["fi", "en"])])
		assert.deepEqual(looseTemplate(JSON.parse(JSON.stringify(template)), ID, 1), template);
});

for (const [what, value] of [
	["nothing", null], ["a number", 5], ["a list", []], ["no members", {}], ["members of other kinds", { title: 5, fields: {}, languages: "fi", topics: 3, kind: [] }],
	["fields that are none", { fields: [null, 5, {}, { kind: "video", id: "a" }, { kind: "choice", id: 7 }, { kind: "choice", id: "a", options: [null, { label: { fi: {} } }], showIf: { field: {}, is: "equals" } }] }]] as const)
	test(`a draft that holds ${what} can be opened and edited all the same`, () => {
		const template = looseTemplate(value, ID, 3);
		assert.deepEqual([template.id, template.version, template.languages], [ID, 3, ["fi"]]);
		assert.ok(template.fields.every((one) => typeof one.id === "string" && typeof one.label.fi === "string" && !one.showIf));
		assert.ok(Array.isArray(addField(template, "short").fields));
	});

test("what changed between versions is told once each", () => {
	const before = filled(named(of("short", "long", "scale")));
	const label = (template: Template, at: number, text: string): Template => setField(template, at, { label: { fi: text } });
	const base = label(label(label(before, 0, "Yksi"), 1, "Kaksi"), 2, "Kolme");
	assert.deepEqual(changesBetween(base, base, "fi"), []);
	assert.deepEqual(changesBetween(base, { ...base, version: 2, title: { fi: "Toinen" } }, "fi"), [{ what: "title" }]);
	assert.deepEqual(changesBetween(base, removeField(base, 1), "fi"), [{ what: "removed", label: "Kaksi" }]);
	assert.deepEqual(changesBetween(removeField(base, 1), base, "fi"), [{ what: "added", label: "Kaksi" }]);
	assert.deepEqual(changesBetween(base, moveField(base, 0, 1), "fi"), [{ what: "order" }]);
	assert.deepEqual(changesBetween(base, label(base, 2, "Neljä"), "fi"), [{ what: "changed", label: "Neljä" }]);
});
