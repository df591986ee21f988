// What an agreement that has ended leaves, as the lines of one file (FORMAT.md section 18): every room's control log with the wraps for the
// organisation's recovery key, the chains of its people, envelopes and files as they are stored. Nothing is opened here. Each line is bound
// to those before it, and the last one says so: whoever has it whole knows it.

import type { Ops } from "../../gen/proto.js";

type Op = "recovery_log" | "recovery_chains" | "handover_rooms" | "handover_messages" | "handover_files" | "handover_part";
export type Ask = <O extends Op>(op: O, body: Ops[O]["in"]) => Promise<Ops[O]["out"]>;

export interface Head {
	readonly agreement: string;
	readonly controller: string;
	readonly controller_business_id: string;
	readonly at: number;
	readonly org: string;
	/** The organisation's chain of keys. */
	readonly organisation: readonly string[];
}

export interface Progress {
	readonly rooms: number;
	readonly bytes: number;
}

export interface Returned extends Progress {
	/** Of all lines before the last, base64url. */
	readonly sum: string;
}

type Bytes = Uint8Array<ArrayBuffer>;
const PART = 1_049_600;
const PREFIX = 56;

const sha256 = async (...pieces: readonly Bytes[]): Promise<Bytes> => new Uint8Array(await crypto.subtle.digest("SHA-256", await new Blob([...pieces]).arrayBuffer()));
const base64Url = (bytes: Bytes): string => btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");

export const partsOf = (cipherSize: number): number => Math.max(1, Math.ceil((cipherSize - PREFIX) / PART));

/** The next link of the chain that binds lines: SHA-256(before, SHA-256(line with its end)). */
export const bind = async (before: Bytes, line: Bytes): Promise<Bytes> => sha256(before, await sha256(line));

async function* pagesOf(ask: Ask, room: string): AsyncGenerator<object> {
	for (let from = 0, more = true; more; ) {
		const page = await ask("recovery_log", { room, from });
		yield { entries: page.entries, wraps: page.wraps };
		from += page.entries.length;
		more = page.more && page.entries.length > 0;
	}
	yield { chains: (await ask("recovery_chains", { room })).chains };
	for (let after = 0, more = true; more; ) {
		const page = await ask("handover_messages", { room, after });
		if (page.rows.length > 0) yield { messages: page.rows };
		after = page.rows.at(-1)?.seq ?? after;
		more = page.more && page.rows.length > 0;
	}
}

async function* filesOf(ask: Ask, room: string): AsyncGenerator<object> {
	for (let after: string | undefined, more = true; more; ) {
		const page = await ask("handover_files", { room, ...(after === undefined ? {} : { after }) });
		for (const file of page.files) {
			yield { file };
			for (let n = 0; n < partsOf(file.cipher_size); n++) yield { part: n, ...(await ask("handover_part", { file: file.file, n })) };
		}
		after = page.files.at(-1)?.file;
		more = page.more && after !== undefined;
	}
}

async function* roomsOf(ask: Ask, agreement: string): AsyncGenerator<Ops["handover_rooms"]["out"]["rooms"][number]> {
	for (let after: string | undefined, more = true; more; ) {
		const page = await ask("handover_rooms", { agreement, ...(after === undefined ? {} : { after }) });
		yield* page.rooms;
		after = page.rooms.at(-1)?.room;
		more = page.more && after !== undefined;
	}
}

/** Writes the whole file, a line at a time, one question to the server at a time. Ends with what `ask`, `write` or `told` throw. */
export const writeReturned = async (ask: Ask, head: Head, write: (bytes: Bytes) => Promise<void>, told: (so: Progress) => void): Promise<Returned> => {
	let sum: Bytes = new Uint8Array(32);
	let bytes = 0;
	let rooms = 0;
	const put = async (value: object): Promise<void> => {
		const line = new TextEncoder().encode(`${JSON.stringify(value)}\n`);
		await write(line);
		sum = await bind(sum, line);
		bytes += line.length;
		told({ rooms, bytes });
	};
	await put({ luotsi: "returned", v: 1, ...head });
	for await (const room of roomsOf(ask, head.agreement)) {
		await put({ room });
		for await (const page of pagesOf(ask, room.room)) await put(page);
		for await (const page of filesOf(ask, room.room)) await put(page);
		rooms++;
	}
	const said = base64Url(sum);
	await put({ end: { rooms, sum: said } });
	return { rooms, bytes, sum: said };
};
