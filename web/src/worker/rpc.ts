// What the page and the engine's worker say to each other. Methods are those of Engine, arguments and results plain data.

import type { Engine, EngineError, EngineEvent } from "../client/api.js";

export type Method = keyof Engine;
export type Ask = { readonly id: number; readonly method: Method; readonly args: readonly unknown[] };
/** What a worker may be told without an answer: the network came or went. */
export type Hint = { readonly hint: "online" | "offline" };
export type Answer = { readonly id: number; readonly ok: unknown } | { readonly id: number; readonly err: EngineError };
export type Told = { readonly event: EngineEvent };

/** Every method once; the compiler misses none. */
const METHODS: { readonly [M in Method]: true } = {
	start: true, stop: true, identify: true, carry: true, carried: true, suggestPassphrase: true, createKeys: true, unlock: true, canOpen: true, addPasskey: true, removePasskey: true, lock: true, newCode: true, resetKeys: true, changePassphrase: true, sessions: true, endSession: true, setName: true,
	openRoom: true, leaveRoomView: true, loadOlder: true, send: true, retry: true, edit: true, remove: true, typing: true, markRead: true,
	saveDraft: true, goOn: true, invite: true, renewInvitation: true, renameClient: true, addColleague: true, removeColleague: true, colleagues: true, identified: true, compareCode: true, confirmKeys: true, refuseKeys: true,
	closeRoom: true, reopenRoom: true, leaveRoom: true, acceptInvitation: true, readInvitation: true, setLanguage: true,
	organise: true,
};

export const methods = Object.keys(METHODS) as Method[];
export const isMethod = (name: string): name is Method => Object.hasOwn(METHODS, name);
