// Sentences about refusals that only files have; all others have one of their own already.

import { sentence } from "../engine.js";
import { get } from "../state.js";
import type { Speech } from "../../text/text.js";

export const fileSentence = (t: Speech["t"], word: string): string => {
	const key = `files.error.${word.replace(/^file_/, "")}`;
	return get().speech.has(key) ? (t as (key: string) => string)(key) : sentence(word);
};
