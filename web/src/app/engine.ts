// The page's end of the engine: starts it before anything is drawn, and turns its events into state.

import type { Engine, EngineEvent, Id, Language } from "../client/api.js";
import { preferred, speechFor, whenWanted } from "../text/text.js";
import { startEngine } from "../worker/client.js";
import { get, say, set } from "./state.js";
import { change, emptyTimeline } from "./timeline.js";

type Told = { [T in EngineEvent["type"]]: (event: Extract<EngineEvent, { type: T }>) => void };

const told: Told = {
	connection: ({ state, retryAt }) => set({ connection: state, retryAt }),
	self: ({ self }) => {
		const open = self.keys === "open" ? {} : { view: null, timeline: emptyTimeline, beside: null, rooms: null, open: null };
		set({ self, ...open });
	},
	rooms: ({ rooms }) => set({ rooms }),
	room: ({ view }) => {
		if (view.room === get().open) set({ view });
	},
	messages: ({ room, changed, removed }) => {
		if (room === get().open) set({ timeline: change(get().timeline, changed, removed) });
	},
	transfers: ({ room, transfers }) => set({ transfers: { ...get().transfers, [room]: transfers } }),
	announce: ({ from, text }) => say(get().speech.t("announce.message", { from, text })),
	news: (news) => set({ news }),
	ended: ({ why }) => finish(why),
};

const hear = (event: EngineEvent): void => {
	const handler = told[event.type] as (event: EngineEvent) => void;
	handler(event);
};

let running = startEngine(hear);

export const engine = (): Engine => running;

/** Ends the worker with all keys; nothing of the conversation stays in the page. */
export const forget = (): void => {
	running.kill();
	set({ self: null, rooms: null, open: null, view: null, timeline: emptyTimeline, beside: null, code: null, spoken: [], invitation: null, invitationError: null, waits: null, problem: null });
};

const finish = (why: "signed_out" | "expired" | "replaced"): void => {
	forget();
	set({ stage: "ended", ended: why });
};

export const wordOf = (thrown: unknown): string =>
	typeof thrown === "object" && thrown !== null && "word" in thrown && typeof thrown.word === "string" ? thrown.word : "internal";

/** A sentence about a refusal, by its wire word. */
export const sentence = (word: string): string => {
	const { t, has } = get().speech;
	const key = `error.${word}`;
	return has(key) ? (t as (key: string) => string)(key) : t("error.internal");
};

/** Opens the session; without one the person is asked to sign in, with half of one for their passkey. */
export const begin = async (): Promise<void> => {
	try {
		const self = await running.start();
		set({ stage: "here", self });
		void running.setLanguage(get().speech.language).catch(() => undefined);
	} catch (thrown) {
		if (get().stage !== "ended") set({ stage: wordOf(thrown) === "passkey_needed" ? "passkey" : "sign_in" });
	}
};

/** After the end of a session, or a forgotten one: a new engine, and from the beginning. */
export const beginAgain = async (): Promise<void> => {
	running.kill();
	running = startEngine(hear);
	set({ stage: "starting", ended: null, connection: "connecting" });
	await begin();
};

export const speak = async (language: Language): Promise<void> => {
	const speech = await speechFor(language, get().speech.whole);
	document.documentElement.lang = language;
	set({ speech });
	if (get().self) await running.setLanguage(language).catch(() => undefined);
	const { open } = get();
	if (open && get().self?.keys === "open") await openRoom(open);
};

let fetching = false;

/** Brings the second part of the texts. */
export const wholeSpeech = async (): Promise<void> => {
	const { language, whole } = get().speech;
	if (whole || fetching) return;
	fetching = true;
	try {
		const speech = await speechFor(language, true);
		if (get().speech.language === language) set({ speech });
	} finally {
		fetching = false;
	}
};

export const speakPreferred = (): void => {
	whenWanted(() => void wholeSpeech().catch(() => undefined));
	const language = preferred(navigator.languages);
	if (language !== get().speech.language) void speak(language);
};

export const openRoom = async (room: Id): Promise<void> => {
	const before = get().open;
	if (before !== room) {
		if (before) void running.leaveRoomView(before).catch(() => undefined);
		set({ open: room, view: null, timeline: emptyTimeline, beside: null });
	}
	try {
		const view = await running.openRoom(room, get().speech.language);
		if (get().open === room) set({ view, problem: null });
	} catch (error) {
		if (get().open === room) set({ open: null, problem: wordOf(error) });
	}
};

export const closeView = (): void => {
	const { open } = get();
	if (open) void running.leaveRoomView(open).catch(() => undefined);
	set({ open: null, view: null, timeline: emptyTimeline, beside: null });
};
