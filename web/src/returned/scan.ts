// The file that an ended agreement returns (FORMAT.md section 18), gone through once from end to end: that nothing is missing and nothing
// was changed since it was written, and where in it each room stands. It may be larger than memory: one line is held at a time.

import { bind } from "../app/ending/returned.js";
import { concat, SealError, toBase64Url, zeroes, type Bytes } from "../seal/bytes.js";
import type { Source } from "../verify/zip.js";

export interface Head {
	readonly agreement: string;
	readonly controller: string;
	readonly controller_business_id: string;
	readonly at: number;
	readonly org: string;
	readonly organisation: readonly string[];
}

export interface RoomRow {
	readonly room: string;
	readonly phase: string;
	readonly created_at: number;
	readonly last_at: number;
}

/** Its lines stand in [from, to). */
export interface RoomAt extends RoomRow {
	readonly from: number;
	readonly to: number;
}

export interface Found {
	readonly source: Source;
	readonly head: Head;
	readonly rooms: readonly RoomAt[];
	/** As in the receipt, base64url. */
	readonly sum: string;
	/** Ends as its writer ended it. One that does not was cut, or changed. */
	readonly whole: boolean;
}

export interface Line {
	readonly from: number;
	readonly bytes: Bytes;
}

const BLOCK = 4 << 20;
const MOST_LINE = 64 << 20;
const FEED = 10;

const broken = (): never => {
	throw new SealError("file");
};

/** Each with its line feed; the last one may lack it. */
export async function* linesOf(source: Source, first = 0, end = source.size): AsyncGenerator<Line> {
	let rest: Bytes = zeroes(0);
	let from = first;
	for (let at = first; at < end; at += BLOCK) {
		const block = await source.read(at, Math.min(end, at + BLOCK));
		let begun = 0;
		for (let feed = block.indexOf(FEED); feed >= 0; feed = block.indexOf(FEED, begun)) {
			const bytes = concat(rest, block.slice(begun, feed + 1));
			yield { from, bytes };
			from += bytes.length;
			rest = zeroes(0);
			begun = feed + 1;
		}
		rest = concat(rest, block.slice(begun));
		if (rest.length > MOST_LINE) broken();
	}
	if (rest.length > 0) yield { from, bytes: rest };
}

export const parsed = <T>(bytes: Bytes): T => {
	try {
		return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes)) as T;
	} catch {
		return broken();
	}
};

const begins = (bytes: Bytes, text: string): boolean => [...text].every((sign, at) => bytes[at] === sign.charCodeAt(0));
const isText = (value: unknown): value is string => typeof value === "string";

const headOf = (bytes: Bytes): Head => {
	const { luotsi, v, agreement, controller, controller_business_id, at, org, organisation } = parsed<Record<string, unknown>>(bytes);
	const good = luotsi === "returned" && v === 1 && isText(agreement) && isText(controller) && typeof at === "number" && isText(org) && Array.isArray(organisation) && organisation.every(isText);
	return good ? { agreement, controller, controller_business_id: isText(controller_business_id) ? controller_business_id : "", at, org, organisation } : broken();
};

const roomOf = (bytes: Bytes): RoomRow => {
	const { room, phase, created_at, last_at } = parsed<{ room?: Record<string, unknown> }>(bytes).room ?? {};
	return isText(room) && isText(phase) && typeof created_at === "number" ? { room, phase, created_at, last_at: typeof last_at === "number" ? last_at : created_at } : broken();
};

/** Throws SealError("file") for what is no such file. */
export const scan = async (source: Source, progress: (done: number) => void): Promise<Found> => {
	let head: Head | undefined;
	let sum: Bytes = zeroes(32);
	let end: { rooms?: unknown; sum?: unknown } | undefined;
	let after = false;
	const rooms: (RoomRow & { from: number; to: number })[] = [];
	for await (const { from, bytes } of linesOf(source)) {
		after ||= end !== undefined;
		const to = from + bytes.length;
		if (!head) head = headOf(bytes);
		else if (begins(bytes, '{"end"')) end = parsed<{ end: typeof end }>(bytes).end;
		else if (begins(bytes, '{"room"')) rooms.push({ ...roomOf(bytes), from, to });
		else rooms.push({ ...(rooms.pop() ?? broken()), to });
		if (!end) sum = await bind(sum, bytes);
		progress(to);
	}
	const said = toBase64Url(sum);
	return { source, head: head ?? broken(), rooms, sum: said, whole: !after && end?.sum === said && end.rooms === rooms.length };
};
