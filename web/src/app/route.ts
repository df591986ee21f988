// Where the page is. The address never names a room or a person, so that neither a history nor a glance tells: rooms are steps of
// the history without an address of their own. The fragment of an invitation is taken out of the address line before anything else.

import { closeView, openRoom } from "./engine.js";
import { get, set, type Page, type Returned } from "./state.js";
import type { Id } from "../client/api.js";

const PATHS = { home: "/", help: "/suojaus", account: "/tili", library: "/tehtavat" } as const;
const INVITATION = "/kutsu";
const ENROLMENT = "/liity";
const RETURN = "/kirjaudu/paluu";

type Place = keyof typeof PATHS;

const pageAt = (path: string): Page => (path === INVITATION ? "home" : (Object.keys(PATHS) as Place[]).find((page) => PATHS[page] === path) ?? "unknown");

interface Step {
	room: Id | null;
}

const stepOf = (value: unknown): Step =>
	typeof value === "object" && value !== null && "room" in value && typeof value.room === "string" ? { room: value.room } : { room: null };

const returnedWith = (query: URLSearchParams): Returned => {
	const given = ["code", "iss", "error"].map((name) => [name, query.get(name)]).filter(([, value]) => value !== null);
	return { state: query.get("state") ?? "", ...Object.fromEntries(given) };
};

export const startRoute = (): void => {
	if (location.pathname === INVITATION || location.pathname === ENROLMENT) {
		const fragment = location.hash.slice(1);
		const which = location.pathname === INVITATION ? "invitation" : "enrolment";
		history.replaceState(null, "", "/");
		if (fragment) set({ [which]: fragment });
	} else if (location.pathname === RETURN) {
		const returned = returnedWith(new URLSearchParams(location.search));
		history.replaceState(null, "", "/");
		set({ returned });
	} else history.replaceState(null, "");
	set({ page: pageAt(location.pathname) });
	addEventListener("popstate", (event) => {
		set({ page: pageAt(location.pathname) });
		const { room } = stepOf(event.state);
		if (get().self?.keys !== "open" || room === get().open) return;
		if (room) void openRoom(room);
		else closeView();
	});
};

export const goTo = (page: Place): void => {
	history.pushState(null, "", PATHS[page]);
	set({ page });
	scrollTo(0, 0);
};

export const goToRoom = (room: Id): void => {
	const step: Step = { room };
	if (get().open) history.replaceState(step, "");
	else history.pushState(step, "");
	void openRoom(room);
};

export const leaveRoom = (): void => {
	if (stepOf(history.state).room) history.back();
	else closeView();
};
