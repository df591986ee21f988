// What can be opened beside a conversation, by name: a button in the room's head, and a panel that is loaded when it is first wanted.

import type { FunctionComponent } from "preact";
import type { Id, RoomView } from "../client/api.js";
import type { PlainKey } from "../text/text.js";

export interface BesideProps {
	view: RoomView;
	/** One thing of it, or all. */
	id: Id | null;
	onClose: () => void;
}

interface Beside {
	readonly title: PlainKey;
	readonly load: () => Promise<FunctionComponent<BesideProps>>;
	/** No dialog: it stands beside the talk, and before it where there is no room for both. */
	readonly panel?: true;
}

export const BESIDE: Readonly<Record<string, Beside>> = {
	plan: { title: "room.plan", load: async () => (await import("./roomwork/plan.js")).Plan, panel: true },
	files: { title: "room.files", load: async () => (await import("./files/list.js")).FileList },
	assignments: { title: "room.assignments", load: async () => (await import("./assignment/panel.js")).Panel },
};

/** Where a panel and the talk both have room; roomwork.css says the same. */
export const WIDE = "(min-width: 80rem)";
