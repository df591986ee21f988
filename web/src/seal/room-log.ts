// All the states that a room's control log went through, found again by the head that an envelope names.

import { equal, hex, type Bytes } from "./bytes.js";
import { liveMember, mayWriteIn, type ControlState } from "./control-state.js";
import { ROLE } from "./control.js";
import { KIND, type HeaderFields } from "./envelope.js";

export interface RoomLog {
	/** Appends the state after the next verified entry. */
	add(state: ControlState): void;
	/** The state whose newest entry this is, with its place in the log. */
	find(head: Bytes): { readonly index: number; readonly state: ControlState } | undefined;
	latest(): ControlState | undefined;
	size(): number;
}

export const makeRoomLog = (): RoomLog => {
	const states: ControlState[] = [];
	const byHead = new Map<string, number>();
	return {
		add: (state) => {
			byHead.set(hex(state.head), states.length);
			states.push(state);
		},
		find: (head) => {
			const index = byHead.get(hex(head));
			const state = index === undefined ? undefined : states[index];
			return index === undefined || !state ? undefined : { index, state };
		},
		latest: () => states.at(-1),
		size: () => states.length,
	};
};

/** Why an authentic envelope could not be written by its sender at that state; undefined if it could. */
export const misplacedIn = (state: ControlState, e: HeaderFields): "wrong_room" | "not_member" | "room_closed" | "wrong_epoch" | "wrong_role" | undefined => {
	if (!equal(e.org, state.org) || !equal(e.room, state.room)) return "wrong_room";
	const member = liveMember(state, e.sender);
	if (!member || !equal(member.sigKid, e.senderKid)) return "not_member";
	if ((e.kind === KIND.assignment || e.kind === KIND.note) && member.role !== ROLE.staff) return "wrong_role";
	if (state.phase === "closed") return "room_closed";
	return e.epoch === state.epoch && e.epoch > 0 && !state.pending && mayWriteIn(state, member) ? undefined : "wrong_epoch";
};
