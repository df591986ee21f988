// What changed from one version of a template to the next, in a few words: pure.

import { wordingIn, type Field, type Template } from "../../assignment/template.js";

export type Change =
	| { readonly what: "title" | "description" | "languages" | "topics" | "order" }
	| { readonly what: "added" | "removed" | "changed"; readonly label: string };

const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

const fieldChanges = (before: Template, after: Template, language: string): Change[] => {
	const found: Change[] = [];
	const old = new Map(before.fields.map((one) => [one.id, one]));
	const said = (what: "added" | "removed" | "changed", field: Field): number => found.push({ what, label: wordingIn(field.label, language) });
	for (const field of after.fields) {
		const was = old.get(field.id);
		if (!was) said("added", field);
		else if (!same(was, field)) said("changed", field);
	}
	for (const field of before.fields) if (!after.fields.some((one) => one.id === field.id)) said("removed", field);
	return found;
};

const order = (template: Template, among: Template): string[] =>
	template.fields.map((one) => one.id).filter((id) => among.fields.some((other) => other.id === id));

export const changesBetween = (before: Template, after: Template, language: string): readonly Change[] => {
	const whole = (["title", "description", "languages", "topics"] as const).filter((what) => !same(before[what], after[what]));
	const turned: Change[] = same(order(before, after), order(after, before)) ? [] : [{ what: "order" }];
	return [...whole.map((what): Change => ({ what })), ...fieldChanges(before, after, language), ...turned];
};
