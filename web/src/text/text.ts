// Texts for people. The catalogues are generated from the JSON in the folders beside this file (one an area), each in two parts: what may be needed before the
// first message, and the rest, which is fetched a moment later or when it is first asked for. The language is switched in place and
// kept with the person's sealed state, not in the browser.

import type { Language } from "../client/api.js";
import type { Texts } from "../gen/text/keys.js";
import { texts as finnish } from "../gen/text/fi.js";

export interface Format {
	number(value: number): string;
	date(at: number): string;
	time(at: number): string;
	plural(value: number): string;
}

export type Key = keyof Texts;
export type PlainKey = { [K in Key]: Texts[K] extends null ? K : never }[Key];
export type Catalogue = { readonly [K in Key]: Texts[K] extends null ? string : (a: Texts[K], f: Format) => string };
type Args<K extends Key> = Texts[K] extends null ? [] : [Texts[K]];

export interface Speech {
	language: Language;
	t<K extends Key>(key: K, ...args: Args<K>): string;
	format: Format & { day(at: number): string };
	whole: boolean; // both parts are here
	has(key: string): key is Key;
}

const locales: Record<Language, string> = { fi: "fi-FI", sv: "sv-FI", en: "en-GB" };

let wanted: () => void = () => undefined;

/** Told when a text of the second part is asked for and it is not here yet. */
export const whenWanted = (act: () => void): void => void (wanted = act);

export const speechIn = (language: Language, catalogue: Partial<Catalogue>, whole: boolean): Speech => {
	const locale = locales[language];
	const number = new Intl.NumberFormat(locale);
	const date = new Intl.DateTimeFormat(locale, { day: "numeric", month: "numeric", year: "numeric" });
	const day = new Intl.DateTimeFormat(locale, { weekday: "long", day: "numeric", month: "long", year: "numeric" });
	const time = new Intl.DateTimeFormat(locale, { hour: "numeric", minute: "2-digit" });
	const rules = new Intl.PluralRules(locale);
	const format = {
		number: (value: number) => number.format(value),
		date: (at: number) => date.format(at),
		time: (at: number) => time.format(at),
		plural: (value: number) => rules.select(value),
		day: (at: number) => day.format(at),
	};
	const t = <K extends Key>(key: K, ...args: Args<K>): string => {
		const text: unknown = catalogue[key];
		if (text === undefined) {
			if (!whole) wanted();
			return "";
		}
		return typeof text === "function" ? String(text(args[0], format)) : String(text);
	};
	return { language, t, format, whole, has: (key): key is Key => Object.hasOwn(catalogue, key) };
};

export const finnishSpeech = speechIn("fi", finnish, false);

const first = {
	fi: async () => ({ texts: finnish }),
	sv: () => import("../gen/text/sv.js"),
	en: () => import("../gen/text/en.js"),
};

const more = {
	fi: () => import("../gen/text/fi-more.js"),
	sv: () => import("../gen/text/sv-more.js"),
	en: () => import("../gen/text/en-more.js"),
};

export const speechFor = async (language: Language, whole: boolean): Promise<Speech> => {
	const [early, later] = await Promise.all([first[language](), whole ? more[language]() : { texts: {} }]);
	return speechIn(language, { ...early.texts, ...later.texts }, whole);
};

/** The first language of the browser that we speak. */
export const preferred = (wanted: readonly string[]): Language => {
	for (const tag of wanted) {
		const language = tag.slice(0, 2).toLowerCase();
		if (language === "fi" || language === "sv" || language === "en") return language;
	}
	return "fi";
};
