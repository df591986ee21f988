// After a reset: drafts that only the lost keys opened are taken away, or they would stand in the way of every later one.

import type { Id } from "./api.js";
import { isUncertain, wordOf } from "./refusal.js";
import type { Call } from "./wire.js";

const forget = async (call: Call, room: Id): Promise<void> => {
	const { draft, version } = await call("draft_get", { room });
	if (draft !== undefined) await call("draft_put", { room, expected: version });
	for (const one of (await call("draft_list", { room })).drafts) await call("draft_put", { room, slot: one.slot, expected: one.version });
};

export const forgetDrafts = async (call: Call, rooms: readonly Id[]): Promise<void> => {
	for (const room of rooms) {
		await forget(call, room).catch((thrown: unknown) => {
			if (isUncertain(thrown) && wordOf(thrown) !== "offline") return forget(call, room);
			return undefined;
		});
	}
};
