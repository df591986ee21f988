// Which items of a room have a line in the conversation, by the kind of their envelopes: a feature adds the component that draws its
// own, which is loaded when the first is drawn. Items of other kinds are kept beside the talk.

import type { FunctionComponent } from "preact";
import type { MessageView } from "../client/api.js";

/** `message.item` is what it draws; it may be deleted or locked. */
export type ItemLine = () => Promise<FunctionComponent<{ message: MessageView }>>;

const assignment: ItemLine = async () => (await import("./assignment/line.js")).AssignmentLine;

export const ITEM_LINES: Readonly<Record<number, ItemLine>> = {
	3: assignment, 4: assignment, 10: assignment,
	5: async () => (await import("./files/card.js")).FileCard,
};
