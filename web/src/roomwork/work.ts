// Phases, goals, steps, events and the summary of a room, from the changes that were written to it. Pure: whoever has the same items has
// the same state. Of two changes of one field the later in the room stands; that the later writer had not seen the earlier is told, and
// nothing that was written is lost: every change is in the history.

import { BLANK, readPatch, STAFF_ONLY, type EntityId, type Kinds, type Patch, type Type, type Value } from "./content.js";

/** An item of kind 9 as it was verified; `json` is null where it cannot be read. */
export interface WorkItem {
	readonly id: string;
	readonly seq: number;
	readonly at: number;
	readonly sender: string;
	readonly senderName: string;
	readonly staff: boolean;
	readonly mine: boolean;
	readonly json: string | null;
}

export interface Trace {
	readonly at: number;
	readonly name: string;
	readonly staff: boolean;
	readonly mine: boolean;
}

export interface Change extends Trace {
	readonly field: string;
	readonly before: Value | undefined;
	readonly after: Value;
	/** Its writer had not seen `before`, which somebody else wrote meanwhile. */
	readonly clash: boolean;
}

export interface Entity<T extends Type = Type> {
	readonly id: EntityId;
	readonly type: T;
	readonly fields: Kinds[T];
	readonly made: Trace;
	readonly changed: Trace;
	/** How many changes there were: the `base` of the next. */
	readonly version: number;
	readonly history: readonly Change[];
}

export interface Work {
	readonly phases: readonly Entity<"phase">[];
	readonly goals: readonly Entity<"goal">[];
	readonly steps: readonly Entity<"step">[];
	readonly events: readonly Entity<"event">[];
	readonly summary: Entity<"summary"> | undefined;
	/** What was taken away, and can be brought back. */
	readonly gone: readonly Entity[];
	/** Items that are none: malformed, or not the writer's to write. */
	readonly refused: number;
}

/** Of each side: neither fills the room for the other. */
export const MOST_ENTITIES = 2_000;

interface Growing {
	readonly type: Type;
	readonly fields: Record<string, Value>;
	readonly writers: Map<string, { version: number; sender: string }>; // by field, who wrote it last
	readonly history: Change[];
	made: Trace;
	changed: Trace;
	version: number;
}

const traceOf = ({ at, senderName, staff, mine }: WorkItem): Trace => ({ at, name: senderName, staff, mine });

const begin = (patch: Patch, item: WorkItem): Growing => ({
	type: patch.type, fields: { ...(BLANK[patch.type] as Record<string, Value>) }, writers: new Map(), history: [], made: traceOf(item), changed: traceOf(item), version: 0,
});

const apply = (to: Growing, patch: Patch, item: WorkItem): void => {
	for (const [field, after] of Object.entries(patch.set as Record<string, Value>)) {
		const last = to.writers.get(field);
		const before = to.fields[field];
		const clash = last !== undefined && last.version > patch.base && last.sender !== item.sender && before !== after;
		to.fields[field] = after;
		to.writers.set(field, { version: to.version + 1, sender: item.sender });
		if (to.version > 0 && before !== after) to.history.push({ ...traceOf(item), field, before, after, clash });
	}
	to.version++;
	to.changed = traceOf(item);
};

const NEEDED: Readonly<Record<Type, readonly string[]>> = { phase: ["name"], goal: ["text"], step: ["text"], event: ["what", "on"], summary: ["text"] };

const isWhole = (one: Growing): boolean => NEEDED[one.type].every((field) => one.fields[field] !== undefined);

const mayWrite = (item: WorkItem, patch: Patch): boolean => item.staff || !STAFF_ONLY.has(patch.type);

const byOrder = (a: Entity<"goal"> | Entity<"step">, b: Entity<"goal"> | Entity<"step">): number =>
	a.fields.order - b.fields.order || (a.id < b.id ? -1 : 1);

/** Without a day first: it stands since the beginning. */
const byBegin = (a: Entity<"phase">, b: Entity<"phase">): number => (a.fields.begins < b.fields.begins ? -1 : a.fields.begins > b.fields.begins ? 1 : a.made.at - b.made.at);
const byDay = (a: Entity<"event">, b: Entity<"event">): number => (a.fields.on > b.fields.on ? -1 : a.fields.on < b.fields.on ? 1 : b.made.at - a.made.at);

const roomFor = (growing: ReadonlyMap<EntityId, Growing>, { staff }: WorkItem): boolean =>
	growing.size < MOST_ENTITIES || [...growing.values()].filter((one) => one.made.staff === staff).length < MOST_ENTITIES;

export const reduceWork = (items: readonly WorkItem[]): Work => {
	const growing = new Map<EntityId, Growing>();
	let refused = 0;
	for (const item of [...items].sort((a, b) => a.seq - b.seq)) {
		if (item.json === null) continue;
		const patch = readPatch(item.json);
		const known = patch && growing.get(patch.entity);
		const fits = patch && mayWrite(item, patch) && (known ? known.type === patch.type : roomFor(growing, item));
		if (!fits) {
			refused++;
			continue;
		}
		const to = known ?? begin(patch, item);
		growing.set(patch.entity, to);
		apply(to, patch, item);
	}
	const all = [...growing].filter(([, one]) => isWhole(one)).map(([id, { type, fields, made, changed, version, history }]) =>
		({ id, type, fields, made, changed, version, history }) as unknown as Entity);
	const of = <T extends Type>(type: T): Entity<T>[] => all.filter((one) => one.type === type && !one.fields.gone) as unknown as Entity<T>[];
	return {
		phases: of("phase").sort(byBegin), goals: of("goal").sort(byOrder), steps: of("step").sort(byOrder), events: of("event").sort(byDay),
		summary: of("summary").sort((a, b) => b.changed.at - a.changed.at)[0], gone: all.filter((one) => one.fields.gone), refused,
	};
};

/** A place between two others; undefined where there is none left between them. */
export const orderBetween = (before: number | undefined, after: number | undefined): number | undefined => {
	if (before === undefined && after === undefined) return 0;
	if (before === undefined) return (after as number) - 1_024;
	if (after === undefined) return before + 1_024;
	const middle = (before + after) / 2;
	return middle > before && middle < after ? middle : undefined;
};

/** Which of the phases it is now: the one that began last and has not ended. `today` is a Day. */
export const phaseNow = (phases: readonly Entity<"phase">[], today: string): Entity<"phase"> | undefined =>
	phases.filter(({ fields }) => fields.begins <= today && (fields.ends === "" || fields.ends >= today)).at(-1);
