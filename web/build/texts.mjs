// ICU messages of src/text/AREA/{fi,sv,en}.json to two modules a language, with typed keys, and those of the page without a network once more.
// Finnish is the measure: the build fails on a key that is missing or too much, on an argument that
// differs, on a plural category that the language needs and a message lacks.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "@messageformat/parser";

export const languages = ["fi", "sv", "en"];

// What can be needed before the first message is shown (a text that is too long comes later); the rest comes in a second module a moment later.
const first = /^(shell|connection|starting|loading|secret|shared|unlock|room|rooms\.unnamed|messages|message|system|composer(?!\.(too_long|nearly)$)|announce|dialog|exit\.(button|hint))(\.|$)/;

export function texts(from, to) {
	const catalogues = languages.map((language) => [language, catalogue(from, language)]);
	const [, finnish] = catalogues[0];
	const faults = catalogues.flatMap(([language, messages]) => compare(language, finnish, messages));
	if (faults.length > 0) throw new Error(`The texts disagree:\n  ${faults.join("\n  ")}`);
	writeFileSync(join(to, "keys.ts"), keysModule(finnish));
	for (const [language, messages] of catalogues) {
		const early = [...messages].filter(([key]) => first.test(key));
		const later = [...messages].filter(([key]) => !first.test(key));
		writeFileSync(join(to, `${language}.ts`), module(early));
		writeFileSync(join(to, `${language}-more.ts`), module(later));
		writeFileSync(join(to, `${language}-recovery.ts`), module(later.filter(([key]) => key.startsWith("recovery."))));
	}
}

function catalogue(from, language) {
	const areas = readdirSync(from, { withFileTypes: true }).filter((entry) => entry.isDirectory());
	const sources = areas.map((area) => readFileSync(join(from, area.name, `${language}.json`), "utf8"));
	const written = sources.flatMap((source) => source.match(/^\t"[^"]+":/gm) ?? []);
	const repeated = written.filter((key, at) => written.indexOf(key) !== at);
	if (repeated.length > 0) throw new Error(`a key stands twice in ${language}: ${repeated.join(" ")}`);
	const needed = new Intl.PluralRules(language).resolvedOptions().pluralCategories;
	const messages = new Map();
	for (const [key, text] of sources.flatMap((source) => Object.entries(JSON.parse(source)))) {
		try {
			messages.set(key, message(parse(text), needed));
		} catch (error) {
			throw new Error(`${language}, ${key}: ${error.message}`);
		}
	}
	return messages;
}

// { code, args: Map name -> kind }
function message(tokens, needed) {
	const args = new Map();
	const code = pieces(tokens, { args, needed, counted: null });
	return { code, args };
}

function pieces(tokens, state) {
	const parts = tokens.map((token) => piece(token, state));
	return parts.length === 0 ? '""' : parts.join(" + ");
}

function piece(token, state) {
	switch (token.type) {
		case "content":
			return JSON.stringify(token.value);
		case "argument":
			take(state, token.arg, "text");
			return `a.${token.arg}`;
		case "octothorpe":
			return `f.number(a.${state.counted})`;
		case "function":
			if (!["number", "date", "time"].includes(token.key)) throw new Error(`no such function: ${token.key}`);
			take(state, token.arg, "number");
			return `f.${token.key}(a.${token.arg})`;
		case "plural":
			return plural(token, state);
		case "select":
			take(state, token.arg, token.cases.map((one) => one.key).filter((key) => key !== "other"));
			return chosen(`a.${token.arg}`, token, state);
		default:
			throw new Error(`no such form: ${token.type}`);
	}
}

function plural(token, state) {
	take(state, token.arg, "number");
	const exact = token.cases.filter((one) => /^=\d+$/.test(one.key));
	const named = token.cases.filter((one) => !exact.includes(one));
	const missing = state.needed.filter((category) => !named.some((one) => one.key === category));
	if (missing.length > 0) throw new Error(`the plural of ${token.arg} lacks ${missing.join(", ")}`);
	const inner = { ...state, counted: token.arg };
	const rest = chosen(`f.plural(a.${token.arg})`, { cases: named }, inner);
	return exact.reduceRight((code, one) => `(a.${token.arg} === ${one.key.slice(1)} ? ${pieces(one.tokens, inner)} : ${code})`, rest);
}

function chosen(subject, token, state) {
	const other = token.cases.find((one) => one.key === "other");
	if (!other) throw new Error("a choice needs other");
	const rest = token.cases.filter((one) => one !== other);
	return rest.reduceRight(
		(code, one) => `(${subject} === ${JSON.stringify(one.key)} ? ${pieces(one.tokens, state)} : ${code})`,
		pieces(other.tokens, state),
	);
}

function take(state, name, kind) {
	const known = state.args.get(name);
	if (known && known !== "text" && kind !== "text" && String(known) !== String(kind)) throw new Error(`${name} is used in two ways`);
	if (!known || kind !== "text") state.args.set(name, kind);
}

function compare(language, measure, messages) {
	const faults = [];
	for (const key of measure.keys()) if (!messages.has(key)) faults.push(`${language} lacks ${key}`);
	for (const [key, { args }] of messages) {
		const want = measure.get(key);
		if (!want) faults.push(`${language} has ${key}, Finnish has not`);
		else if (signature(args) !== signature(want.args)) faults.push(`${language}, ${key}: arguments {${signature(args)}}, Finnish {${signature(want.args)}}`);
	}
	return faults;
}

function signature(args) {
	return [...args].map(([name, kind]) => `${name}: ${type(kind)}`).sort().join("; ");
}

function type(kind) {
	if (kind === "number") return "number";
	return "string";
}

function keysModule(messages) {
	const lines = [...messages].map(([key, { args }]) => `\t${JSON.stringify(key)}: ${args.size ? `{ ${signature(args)} }` : "null"};`);
	return `export interface Texts {\n${lines.join("\n")}\n}\n`;
}

function module(messages) {
	const lines = messages.map(([key, { code, args }]) => {
		const format = code.includes("f.") ? ", f: Format" : "";
		const value = args.size ? `(a: Texts[${JSON.stringify(key)}]${format}) => ${code}` : code;
		return `\t${JSON.stringify(key)}: ${value},`;
	});
	return [
		'import type { Catalogue, Format } from "../../text/text.js";',
		'import type { Texts } from "./keys.js";',
		`export const texts: Partial<Catalogue> = {\n${lines.join("\n")}\n};`,
		"",
	].join("\n");
}
