// Topics of a room, and taking the room out. Phases, goals, events and notes are items (items.ts), read by web/src/roomwork.

import type { Topic } from "../assignment/types.js";
import type { Id, Language, Working } from "./api.js";
import type { WorkDeps } from "./work.js";
import { refusal } from "./refusal.js";
import type { Room } from "./room.js";
import type { ExportForm, Taking } from "../export/collect.js";

type RoomworkActs = Pick<Working, "topics" | "putTopics" | "exportBegin" | "exportNext" | "exportStop">;

/** One at a time in a room; with the room's keys it is gone. */
const taking = new WeakMap<Room, Taking>();

export const roomworkActs = (d: WorkDeps): RoomworkActs => ({
	topics: async (room) => (await d.call("room_topics", { room })).topics.map(({ topic }) => topic),
	putTopics: async (room: Id, topics: readonly Topic[]) => void (await d.call("room_topics_put", { room, topics: topics.map((topic) => ({ topic })) })),
	exportBegin: async (id: Id, form: ExportForm, language: Language) => {
		const { at } = await d.call("export_begin", { room: id, form });
		const room = await d.prepared(id);
		const { takeOut } = await import("../export/collect.js");
		const made = await takeOut({ c: d.context(), room, language, at }, form);
		taking.set(room, made);
		return { of: made.of };
	},
	exportNext: async (id) => {
		const made = taking.get(await d.prepared(id));
		if (!made) throw refusal("not_found");
		return made.next();
	},
	exportStop: async (id) => void taking.delete(await d.prepared(id)),
});
