// What the page and the engine's worker say to each other. Methods are those of Engine, arguments and results plain data.

import type { Engine, EngineError, EngineEvent } from "../client/api.js";

export type Method = keyof Engine;
export type Ask = { readonly id: number; readonly method: Method; readonly args: readonly unknown[] };
/** What a worker may be told without an answer: the network came or went. */
export type Hint = { readonly hint: "online" | "offline" };
export type Answer = { readonly id: number; readonly ok: unknown } | { readonly id: number; readonly err: EngineError };
export type Told = { readonly event: EngineEvent };
