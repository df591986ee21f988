// What features do in a room, loaded with the first of them. Each feature adds its acts to `Working` (api.ts) and here; what is large is
// imported by the act that needs it.

import type { Id, Working } from "./api.js";
import { makeAssigning } from "./assignments.js";
import type { Context } from "./context.js";
import type { RoomFiles } from "./files.js";
import { itemsOf, type Items } from "./items.js";
import type { Room } from "./room.js";
import type { Call } from "./wire.js";
import { roomworkActs } from "./roomwork.js";
import { utf8 } from "../seal/index.js";

export interface WorkDeps {
	readonly call: Call;
	context(): Context;
	/** The room, verified and with its newest page. */
	prepared(room: Id): Promise<Room>;
}

type ItemActs = Pick<Working, "items" | "olderItems" | "postItem" | "removeItem">;

const itemActs = (d: WorkDeps): ItemActs => {
	const of = async (room: Id): Promise<Items> => itemsOf(d.context(), await d.prepared(room));
	return {
		items: async (room, kinds) => (await of(room)).list(kinds),
		olderItems: async (room, kinds) => ({ more: await (await of(room)).older(kinds) }),
		postItem: async (room, ctype, json) => ({ id: await (await of(room)).post(ctype, utf8(json)) }),
		removeItem: async (room, id) => (await of(room)).remove(id),
	};
};

type FileActs = Pick<Working, "sendFile" | "pauseFile" | "cancelFile" | "transfers" | "files" | "fetchFile">;

const fileActs = (d: WorkDeps): FileActs => {
	const of = async (room: Id): Promise<RoomFiles> => {
		const [{ filesOf }, one] = await Promise.all([import("./files.js"), d.prepared(room)]);
		return filesOf(d.context(), one);
	};
	return {
		sendFile: async (room, file, told) => ({ transfer: await (await of(room)).send(file, told) }),
		pauseFile: async (room, transfer, on) => (await of(room)).pause(transfer, on),
		cancelFile: async (room, transfer) => (await of(room)).cancel(transfer),
		transfers: async (room) => (await of(room)).transfers(),
		files: async (room, without) => (await of(room)).list(without),
		fetchFile: async (room, id) => (await of(room)).fetch(id),
	};
};

export const working = (d: WorkDeps): Working => ({
	...itemActs(d), ...fileActs(d), ...roomworkActs(d), ...makeAssigning(d), library: d.call, notify: d.call,
	going: async (room) => (await d.call("rooms_going", room ? { room } : {})).rooms,
});
