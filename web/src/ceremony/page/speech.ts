// What the page without a network says, in three languages, all of them in the file; the choice lives as long as the page is open.

import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type { Language } from "../../client/api.js";
import { texts as english } from "../../gen/text/en-recovery.js";
import { texts as finnish } from "../../gen/text/fi-recovery.js";
import { texts as swedish } from "../../gen/text/sv-recovery.js";
import { preferred, speechIn, type Speech } from "../../text/text.js";

export const LANGUAGES: readonly (readonly [Language, string])[] = [["fi", "Suomi"], ["sv", "Svenska"], ["en", "English"]];

const speeches: Readonly<Record<Language, Speech>> = {
	fi: speechIn("fi", finnish, true), sv: speechIn("sv", swedish, true), en: speechIn("en", english, true),
};

export const speechOf = (language: Language): Speech => speeches[language];
export const firstLanguage = (): Language => preferred(navigator.languages);

export const Spoken = createContext<Speech>(speeches.fi);
export const useSpeech = (): Speech => useContext(Spoken);
