// Topics of a room, and taking the room out. Phases, goals, events and notes are items (items.ts), read by web/src/roomwork.

import type { Topic } from "../assignment/types.js";
import type { ExportAsked, Id, Working } from "./api.js";
import type { WorkDeps } from "./work.js";
import { refusal } from "./refusal.js";
import type { Room } from "./room.js";
import type { Taking } from "../export/collect.js";

type RoomworkActs = Pick<Working, "topics" | "putTopics" | "exportBegin" | "exportNext" | "exportStop">;

/** One at a time in a room; with the room's keys it is gone. */
const takings = new Map<Id, Taking>();

const stop = (id: Id): void => {
	takings.get(id)?.stop();
	takings.delete(id);
};

/** The room is told first; who may not take it out tells nothing. Gives the message's id. */
const announced = async (d: WorkDeps, room: Room, { announce }: ExportAsked): Promise<Id | undefined> => {
	if (announce === "") return undefined;
	await d.call("export_ready", { room: room.id });
	const { done } = room.outbox.add({ type: "text", text: announce });
	return done;
};

const begin = async (d: WorkDeps, id: Id, asked: ExportAsked): Promise<void> => {
	stop(id);
	const room = await d.prepared(id);
	const told = await announced(d, room, asked);
	const { at } = await d.call("export_begin", { room: id, form: asked.form, ...(told !== undefined && { announced: told }) });
	const { takeOut } = await import("../export/collect.js");
	const made = await takeOut({ c: d.context(), room, language: asked.language, notes: asked.notes, at }, asked.form);
	room.endings.add(() => {
		if (takings.get(id) === made) stop(id);
	});
	takings.set(id, made);
};

export const roomworkActs = (d: WorkDeps): RoomworkActs => ({
	topics: async (room) => (await d.call("room_topics", { room })).topics.map(({ topic }) => topic),
	putTopics: async (room: Id, topics: readonly Topic[]) => void (await d.call("room_topics_put", { room, topics: topics.map((topic) => ({ topic })) })),
	exportBegin: (id, asked) => begin(d, id, asked),
	exportNext: async (id) => {
		const made = takings.get(id);
		if (!made) throw refusal("not_found");
		return made.next();
	},
	exportStop: async (id) => stop(id),
});
