// What the pages of retention ask of the server, and what they give away: the dry run in pages, so that who leaves has stopped it, and tables.

import { writeTable } from "../../agreement/csv.js";
import { office } from "../office.js";
import { save } from "../roles/log.js";
import type { Ops } from "../../gen/proto.js";

export type Rule = Ops["retention_list"]["out"]["rules"][number];
export type Version = Ops["retention_list"]["out"]["versions"][number];
export type Kind = Rule["kind"];
export type Source = Ops["retention_dry"]["in"]["source"];
export type Sum = Ops["retention_dry"]["out"]["sums"][number];
export type Row = Ops["retention_rows"]["out"]["rows"][number];
export type Hold = Ops["hold_list"]["out"]["holds"][number];

/** Where the data of a rule is. Nothing is kept yet of anonymous talks. */
const SOURCES: Readonly<Record<Kind, readonly Source[]>> = {
	room: ["room"], account: ["client_room", "account"], message: ["message"], file: ["file"], assignment: ["assignment"], note: ["note"], anonymous: [], audit: ["audit"],
};
export const sourcesOf = (kind: Kind): readonly Source[] => SOURCES[kind];
export const ALL: readonly Source[] = Object.values(SOURCES).flat();
/** Those whose rows can be taken along: an event has its place in the log, and is no row of its own here. */
type Listed = Ops["retention_rows"]["in"]["source"];
const LISTED = ALL.filter((source): source is Listed => source !== "audit");
/** What goes from a source. */
export type Thing = "room" | "account" | "file" | "message" | "assignment" | "note" | "audit";
export const thingOf = (source: Source): Thing => (source === "client_room" ? "room" : source);

export interface Line {
	readonly thing: Thing;
	readonly month: string;
	readonly n: number;
	readonly held: number;
}

const keyOf = (thing: Thing, month: string): string => `${month} ${thing}`;

/** The sums so far, in the order of the months. */
const added = (lines: readonly Line[], thing: Thing, sums: readonly Sum[]): Line[] => {
	const by = new Map(lines.map((line) => [keyOf(line.thing, line.month), line]));
	for (const { month, n, held } of sums) {
		const old = by.get(keyOf(thing, month)) ?? { thing, month, n: 0, held: 0 };
		by.set(keyOf(thing, month), { ...old, n: old.n + (held ? 0 : n), held: old.held + (held ? n : 0) });
	}
	return [...by].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, line]) => line);
};

interface Run {
	readonly sources: readonly Source[];
	readonly until: number;
	readonly days?: number;
	hear(lines: readonly Line[]): void;
	/** Asked before each page. */
	goes(): boolean;
}

/** Every page of every source; false when it was stopped. */
export const dryRun = async ({ sources, until, days, hear, goes }: Run): Promise<boolean> => {
	let lines: readonly Line[] = [];
	for (const source of sources)
		for (let place: string | undefined, more = true; more; more = place !== undefined) {
			if (!goes()) return false;
			const page: Ops["retention_dry"]["out"] = await office("retention_dry", { source, until, ...(days === undefined ? {} : { days }), ...(place === undefined ? {} : { place }) });
			lines = added(lines, thingOf(source), page.sums);
			place = page.place;
			hear(lines);
		}
	return goes();
};

export const MOST = 20_000;

/** Row by row, for a reason. */
export const dryRows = async (until: number, reason: string, goes: () => boolean): Promise<Row[]> => {
	const rows: Row[] = [];
	for (const source of LISTED)
		for (let place: string | undefined, more = true; more && rows.length < MOST && goes(); more = place !== undefined) {
			const page: Ops["retention_rows"]["out"] = await office("retention_rows", { source, until, reason, ...(place === undefined ? {} : { place }) });
			rows.push(...page.rows);
			place = page.place;
		}
	return rows;
};

export const saveTable = (name: string, rows: readonly (readonly string[])[]): void =>
	save(name, "text/csv", writeTable(rows));

export const ID = /^[\w-]{22}$/;
export const shortId = (id: string): string => id.slice(0, 8);
