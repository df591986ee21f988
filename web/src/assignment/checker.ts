// Reads JSON that came from outside, strictly: every member is named, every string and list has a ceiling. What is wrong is
// collected with its place, so that an editor can show it at the field; the reading goes on with what was right.

export type FaultWord =
	| "missing" | "unknown" | "type" | "empty" | "long" | "few" | "many" | "twice" | "letters" | "value" | "reference" | "size" | "meter";

/** Where in the JSON: ["fields", 3, "options", 0, "label", "sv"]; most: the ceiling that was passed. */
export interface Fault {
	readonly place: readonly (string | number)[];
	readonly word: FaultWord;
	readonly most?: number;
}

const FAULTS_MOST = 200;

export interface Reading {
	readonly faults: Fault[];
}

/** One value and its place. */
export interface Node {
	readonly reading: Reading;
	readonly place: readonly (string | number)[];
	readonly value: unknown;
}

export const nodeOf = (value: unknown): Node => ({ reading: { faults: [] }, place: [], value });

export const fault = (node: Node, word: FaultWord, most?: number): undefined => {
	if (node.reading.faults.length < FAULTS_MOST) node.reading.faults.push({ place: node.place, word, ...(most === undefined ? {} : { most }) });
	return undefined;
};

const inside = (node: Node, step: string | number, value: unknown): Node => ({ reading: node.reading, place: [...node.place, step], value });

export type Members = Readonly<Record<string, Node | undefined>>;

/** An object with these members and no other; a missing one that is not optional is a fault. */
export const members = (node: Node, needed: readonly string[], optional: readonly string[] = []): Members | undefined => {
	const { value } = node;
	if (typeof value !== "object" || value === null || Array.isArray(value)) return fault(node, "type");
	const found: Record<string, Node> = Object.create(null) as Record<string, Node>;
	for (const [name, member] of Object.entries(value)) {
		const child = inside(node, name, member);
		if (needed.includes(name) || optional.includes(name)) found[name] = child;
		else fault(child, "unknown");
	}
	for (const name of needed) if (!found[name]) fault(inside(node, name, undefined), "missing");
	return found;
};

// Lone halves of a pair, and control characters but the line break: neither can be shown, the first cannot even be sent.
const LONE = /\p{Surrogate}/u;
const CONTROL = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/;
const CONTROL_OR_BREAK = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/;

const UNFIT = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f]|\p{Surrogate}/gu;

/** What was typed or pasted, without what `text` refuses: a tab is a space, a line separator too. */
export const fitting = (typed: string): string => typed.replace(/\r\n?/g, "\n").replace(/[\t\u2028\u2029]/g, " ").replace(UNFIT, "");

/** How long a text is to a reader: code points. */
export const letters = (text: string): number => [...text].length;

export interface TextRule {
	readonly most: number;
	readonly empty?: boolean;
	readonly lines?: boolean;
}

export const text = (node: Node | undefined, rule: TextRule): string | undefined => {
	if (!node) return undefined;
	const { value } = node;
	if (typeof value !== "string") return fault(node, "type");
	if (LONE.test(value) || (rule.lines ? CONTROL : CONTROL_OR_BREAK).test(value)) return fault(node, "letters");
	if (!rule.empty && value.trim() === "") return fault(node, "empty");
	if (value.length > 2 * rule.most || letters(value) > rule.most) return fault(node, "long", rule.most);
	return value;
};

export const pattern = (node: Node | undefined, form: RegExp): string | undefined => {
	if (!node) return undefined;
	return typeof node.value === "string" && form.test(node.value) ? node.value : fault(node, "value");
};

export const integer = (node: Node | undefined, least: number, most: number): number | undefined => {
	if (!node) return undefined;
	const { value } = node;
	if (typeof value !== "number") return fault(node, "type");
	return Number.isInteger(value) && value >= least && value <= most ? value : fault(node, "value");
};

export const boolean = (node: Node | undefined): boolean | undefined => {
	if (!node) return undefined;
	return typeof node.value === "boolean" ? node.value : fault(node, "type");
};

export const oneOf = <T extends string>(node: Node | undefined, words: readonly T[]): T | undefined => {
	if (!node) return undefined;
	return words.find((word) => word === node.value) ?? fault(node, "value");
};

export const list = (node: Node | undefined, least: number, most: number): readonly Node[] => {
	if (!node) return [];
	const { value } = node;
	if (!Array.isArray(value)) {
		fault(node, "type");
		return [];
	}
	if (value.length < least) fault(node, "few", least);
	if (value.length > most) {
		fault(node, "many", most);
		return [];
	}
	return value.map((item: unknown, at) => inside(node, at, item));
};

/** Words of a closed set, each once, at least one unless none may stand. */
export const wordSet = <T extends string>(node: Node | undefined, words: readonly T[], least: number): readonly T[] => {
	const found: T[] = [];
	for (const item of list(node, least, words.length)) {
		const word = oneOf(item, words);
		if (word !== undefined && found.includes(word)) fault(item, "twice");
		else if (word !== undefined) found.push(word);
	}
	return found;
};

/** How many bytes the value takes as JSON. */
export const jsonBytes = (value: unknown): number => new TextEncoder().encode(JSON.stringify(value) ?? "").length;
