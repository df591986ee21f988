// All that the page knows, in one value. Events of the engine change it (engine.ts), components read pieces of it.

import { useEffect, useState } from "preact/hooks";
import type { Connection, Id, RoomSummary, RoomView, SelfView, TransferView } from "../client/api.js";
import { finnishSpeech, type Speech } from "../text/text.js";
import { emptyTimeline, type Timeline } from "./timeline.js";

export type Stage = "starting" | "sign_in" | "passkey" | "here" | "ended";
export type Page = "home" | "help" | "account" | "library" | "unknown";

/** What a provider's answer carried in the address line. */
export interface Returned {
	readonly state: string;
	readonly code?: string;
	readonly iss?: string;
	readonly error?: string;
}

export interface State {
	stage: Stage;
	page: Page;
	speech: Speech;
	connection: Connection;
	retryAt: number | null;
	self: SelfView | null;
	rooms: readonly RoomSummary[] | null;
	open: Id | null;
	view: RoomView | null;
	timeline: Timeline;
	beside: { what: string; id: Id | null } | null; // what is open beside the conversation (beside.ts)
	transfers: Readonly<Record<Id, readonly TransferView[]>>; // files on their way, by room
	code: string | null; // a printed code that was just made and must be kept
	invitation: string | null; // the fragment of the link that brought the person here
	invitationError: string | null;
	enrolment: string | null; // the token of the link by which staff join their account to their organisation's sign-in
	returned: Returned | null; // from an identity provider, until it has become a session
	problem: string | null; // why the room that was wanted does not open
	waits: boolean | null; // the page of waiting is wanted, or not; null: it comes by itself
	later: boolean; // a new passphrase is chosen later
	shared: boolean; // a device that others use too
	ended: "signed_out" | "expired" | "replaced" | null;
	news?: object; // reminders or letters of one's own are others; another one each time
	spoken: readonly { key: number; text: string }[];
}

let state: State = {
	stage: "starting",
	page: "home",
	speech: finnishSpeech,
	connection: "connecting",
	retryAt: null,
	self: null,
	rooms: null,
	open: null,
	view: null,
	timeline: emptyTimeline,
	beside: null,
	transfers: {},
	code: null,
	invitation: null,
	invitationError: null,
	enrolment: null,
	returned: null,
	problem: null,
	waits: null,
	later: false,
	shared: false,
	ended: null,
	spoken: [],
};

const listeners = new Set<() => void>();

export const get = (): State => state;

export const set = (piece: Partial<State>): void => {
	state = { ...state, ...piece };
	for (const listener of [...listeners]) listener();
};

/** A piece of the state; the component is drawn again when the piece is another. */
export const use = <T>(pick: (state: State) => T): T => {
	const [, again] = useState(0);
	const picked = pick(state);
	useEffect(() => {
		let last = pick(state);
		const look = (): void => {
			const now = pick(state);
			if (Object.is(now, last)) return;
			last = now;
			again((n) => n + 1);
		};
		if (!Object.is(last, picked)) again((n) => n + 1);
		listeners.add(look);
		return () => void listeners.delete(look);
	}, []);
	return picked;
};

export const useSpeech = (): Speech => use((all) => all.speech);

const SPOKEN_MS = 20_000; // long enough to be read aloud; then the text is gone
let spokenCount = 0;

/** Says something to a screen reader, politely. */
export const say = (text: string): void => {
	const line = { key: ++spokenCount, text };
	set({ spoken: [...state.spoken.slice(-4), line] });
	setTimeout(() => set({ spoken: state.spoken.filter((one) => one !== line) }), SPOKEN_MS);
};
