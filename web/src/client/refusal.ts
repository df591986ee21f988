// How the engine says no: an Error that carries a word for programs. A wire word of errors.def, or one of the engine's own
// (offline, uncertain, wrong_passphrase, weak_passphrase, wrong_code, code_in_text, too_long, empty, locked, root_changed, pin_broken,
// bad_history, not_certified, bad_link). The text for people is the page's work.

import type { EngineError } from "./api.js";

export type Refusal = Error & EngineError;

export const refusal = (word: string, detail?: string): Refusal =>
	Object.assign(new Error(word), detail === undefined ? { word } : { word, detail });

export const wordOf = (thrown: unknown): string =>
	thrown instanceof Error && "word" in thrown && typeof thrown.word === "string" ? thrown.word : "internal";

export const detailOf = (thrown: unknown): unknown =>
	thrown instanceof Error && "detail" in thrown ? thrown.detail : undefined;

/** The server said neither yes nor no: the same bytes must be sent again. */
const OPEN_ENDED = new Set(["uncertain", "offline", "unavailable", "busy", "rate_limited", "shutting_down", "internal"]);

export const isUncertain = (thrown: unknown): boolean => OPEN_ENDED.has(wordOf(thrown));
