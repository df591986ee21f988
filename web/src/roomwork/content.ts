// What is written about the guidance work of a room (proto/FORMAT.md, section 14): sealed JSON in envelopes of kind 9, and the
// counsellor's notes in those of kind 8. Everything that comes from outside is read here, strictly: a member too many, a text too long,
// a day that there is none of, and the item is none.

export const WORK_CTYPE = 10;
export const NOTE_CTYPE = 9;
export const WORK_KIND = 9;
export const NOTE_KIND = 8;

export const EVENTS = ["met", "called", "applied", "visited", "other"] as const;
export const DOERS = ["client", "staff", "both"] as const;
export const LIMITS = { name: 80, goal: 500, event: 1_000, long: 12_000, order: 1e9, base: 100_000 } as const;

export type EventWhat = (typeof EVENTS)[number];
export type Doer = (typeof DOERS)[number];
/** YYYY-MM-DD, or "" for none. */
export type Day = string;
export type EntityId = string; // base64url of 16 random bytes

export interface Phase { name: string; begins: Day; ends: Day; gone: boolean }
export interface Goal { text: string; done: boolean; by: Day; order: number; gone: boolean }
/** `goal`: the goal that it leads to, or "". */
export interface Step { text: string; goal: EntityId | ""; done: boolean; by: Day; who: Doer; order: number; gone: boolean }
export interface Met { what: EventWhat; on: Day; text: string; gone: boolean }
export interface Summary { text: string; gone: boolean }

export interface Kinds { phase: Phase; goal: Goal; step: Step; event: Met; summary: Summary }
export type Type = keyof Kinds;
export type Value = string | number | boolean;

/** One change of one thing: the first makes it. `base`: how many changes of it the writer had seen. */
export interface Patch<T extends Type = Type> {
	readonly type: T;
	readonly entity: EntityId;
	readonly base: number;
	readonly set: Readonly<Partial<Kinds[T]>>;
}

export interface Note {
	/** A summary that is being written is a note until it is given to the room. */
	readonly type: "note" | "summary";
	/** The msg_id of the note that this one replaces, or "". */
	readonly of: string;
	readonly text: string;
}

type Check = (value: unknown) => boolean;

const ID = /^[A-Za-z0-9_-]{21}[AQgw]$/;
const UNFIT = /[\u0000-\u0009\u000B-\u001F\u007F-\u009F]|\p{Cs}/u;

const letters = (text: string): number => {
	let n = 0;
	for (const _ of text) n++;
	return n;
};

const text = (least: number, most: number): Check => (value) =>
	typeof value === "string" && value.length <= 2 * most && !UNFIT.test(value) && letters(value) <= most && letters(value.trim()) >= least;

export const isDay = (value: unknown): value is Day => {
	const m = typeof value === "string" ? /^(\d{4})-(\d{2})-(\d{2})$/.exec(value) : null;
	if (!m) return false;
	const [year, month, day] = m.slice(1).map(Number) as [number, number, number];
	const real = new Date(Date.UTC(year, month - 1, day));
	return year >= 1900 && year < 2200 && real.getUTCMonth() === month - 1 && real.getUTCDate() === day;
};

const flag: Check = (value) => typeof value === "boolean";
const day: Check = (value) => isDay(value);
const maybeDay: Check = (value) => value === "" || isDay(value);
const order: Check = (value) => typeof value === "number" && Number.isFinite(value) && Math.abs(value) <= LIMITS.order;
const id: Check = (value) => typeof value === "string" && ID.test(value);
const maybeId: Check = (value) => value === "" || id(value);
const word = (words: readonly string[]): Check => (value) => typeof value === "string" && words.includes(value);

const FIELDS: { readonly [T in Type]: { readonly [F in keyof Kinds[T]]: Check } } = {
	phase: { name: text(1, LIMITS.name), begins: maybeDay, ends: maybeDay, gone: flag },
	goal: { text: text(1, LIMITS.goal), done: flag, by: maybeDay, order, gone: flag },
	step: { text: text(1, LIMITS.goal), goal: maybeId, done: flag, by: maybeDay, who: word(DOERS), order, gone: flag },
	event: { what: word(EVENTS), on: day, text: text(0, LIMITS.event), gone: flag },
	summary: { text: text(1, LIMITS.long), gone: flag },
};

/** What the first change does not say. */
export const BLANK: { readonly [T in Type]: Partial<Kinds[T]> } = {
	phase: { begins: "", ends: "", gone: false },
	goal: { done: false, by: "", order: 0, gone: false },
	step: { goal: "", done: false, by: "", who: "client", order: 0, gone: false },
	event: { text: "", gone: false },
	summary: { gone: false },
};

/** What clients may not write. */
export const STAFF_ONLY: ReadonlySet<Type> = new Set<Type>(["phase", "summary"]);

const parse = (json: string): Record<string, unknown> | undefined => {
	try {
		const read: unknown = JSON.parse(json);
		return typeof read === "object" && read !== null && !Array.isArray(read) ? (read as Record<string, unknown>) : undefined;
	} catch {
		return undefined;
	}
};

const has = (object: Record<string, unknown>, names: readonly string[]): boolean =>
	Object.keys(object).length === names.length && names.every((name) => Object.hasOwn(object, name));

const isType = (value: unknown): value is Type => typeof value === "string" && Object.hasOwn(FIELDS, value);

const isSet = (type: Type, set: unknown): boolean => {
	if (typeof set !== "object" || set === null || Array.isArray(set)) return false;
	const checks: Readonly<Record<string, Check>> = FIELDS[type];
	const given = Object.entries(set);
	return given.length > 0 && given.every(([name, value]) => Object.hasOwn(checks, name) && (checks[name] as Check)(value));
};

const isCount = (value: unknown): boolean => Number.isInteger(value) && (value as number) >= 0 && (value as number) <= LIMITS.base;

/** Undefined: it is none. */
export const readPatch = (json: string): Patch | undefined => {
	const o = parse(json);
	if (!o || !has(o, ["v", "type", "entity", "base", "set"]) || o["v"] !== 1 || !isType(o["type"])) return undefined;
	if (!id(o["entity"]) || !isCount(o["base"]) || !isSet(o["type"], o["set"])) return undefined;
	return { type: o["type"], entity: o["entity"] as string, base: o["base"] as number, set: o["set"] as Patch["set"] };
};

export const readNote = (json: string): Note | undefined => {
	const o = parse(json);
	if (!o || !has(o, ["v", "type", "of", "text"]) || o["v"] !== 1 || !word(["note", "summary"])(o["type"])) return undefined;
	if (!maybeId(o["of"]) || !text(1, LIMITS.long)(o["text"])) return undefined;
	return { type: o["type"] as Note["type"], of: o["of"] as string, text: o["text"] as string };
};

/** Refuses (throws) what a reader would refuse, before it is sealed. */
const written = <T>(what: object, read: (json: string) => T | undefined): string => {
	const json = JSON.stringify({ v: 1, ...what });
	if (!read(json)) throw Object.assign(new Error("bad_text"), { word: "bad_text" });
	return json;
};

export const writePatch = <T extends Type>(patch: Patch<T>): string =>
	written({ type: patch.type, entity: patch.entity, base: patch.base, set: patch.set }, readPatch);

export const writeNote = (note: Note): string => written({ type: note.type, of: note.of, text: note.text }, readNote);

/** White space at the ends, and signs that no text may hold, are gone; line feeds stay. */
export const tidy = (typed: string): string => [...typed.replace(/\r\n?/g, "\n").replaceAll("\t", " ")].filter((sign) => !UNFIT.test(sign)).join("").trim();
