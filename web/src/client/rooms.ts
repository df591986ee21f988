// The list of rooms: what the server counts (unread, who waits), with the names and the last words that only this browser knows.

import type { Id, RoomSummary } from "./api.js";
import type { Me } from "./context.js";
import { insistent } from "./link.js";
import type { Call, RoomRow } from "./wire.js";

const PAUSE_MS = 250;
const PAGE = 200;

/** What this browser can say about a room. */
export interface Known {
	title(row: RoomRow): string;
	preview(room: Id): string;
}

export interface Rooms {
	row(room: Id): RoomRow | undefined;
	set(row: RoomRow): void;
	rows(): readonly RoomRow[];
	refresh(): Promise<void>;
	/** Until the server has answered. */
	renew(): Promise<void>;
	/** Soon, and once for many changes. */
	later(): void;
	/** Tells again without asking the server. */
	tell(): void;
	stop(): void;
}

const summary = (row: RoomRow, organisation: string, known: Known): RoomSummary => ({
	room: row.room, title: known.title(row), organisation, phase: row.phase, invited: row.invited, mailed: row.mailed, waits: row.waits, lastAt: row.last_at, preview: known.preview(row.room),
	unread: row.unread, waitingSince: row.waiting_since ?? null, pending: row.pending,
});

export const makeRooms = (call: Call, me: () => Me | undefined, known: Known, emit: (rooms: RoomSummary[]) => void, arrived: () => Promise<void>): Rooms => {
	const rows = new Map<Id, RoomRow>();
	let timer: ReturnType<typeof setTimeout> | undefined;
	let stopped = false;

	const tell = (): void => emit([...rows.values()].sort((a, b) => b.last_at - a.last_at).map((row) => summary(row, me()?.organisation ?? "", known)));

	const fetchAll = async (): Promise<RoomRow[]> => {
		const all: RoomRow[] = [];
		const role = me()?.role;
		if (role === "admin" || role === "dpo") return all; // who administers has no rooms: to ask would be noted as a refusal
		for (;;) {
			const after = all[all.length - 1]?.room;
			const page = await call("room_list", { limit: PAGE, ...(after === undefined ? {} : { after }) });
			all.push(...page.rooms);
			if (!page.more || page.rooms.length === 0) return all;
		}
	};

	const refresh = async (): Promise<void> => {
		const all = await fetchAll();
		rows.clear();
		for (const row of all) rows.set(row.room, row);
		await arrived();
		tell();
	};

	const renewing = insistent(refresh);

	return {
		row: (room) => rows.get(room),
		set: (row) => void rows.set(row.room, row),
		rows: () => [...rows.values()],
		refresh,
		renew: renewing.go,
		later: () => {
			if (timer !== undefined || stopped) return;
			timer = setTimeout(() => {
				timer = undefined;
				void renewing.go();
			}, PAUSE_MS);
		},
		tell,
		stop: () => {
			stopped = true;
			renewing.stop();
			clearTimeout(timer);
		},
	};
};
