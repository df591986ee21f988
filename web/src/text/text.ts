// Texts for people. The catalogues are generated from the JSON beside this file; Finnish is in the first page, the others are
// fetched when somebody wants them. The language is switched in place and kept with the person's sealed state, not in the browser.

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
	format: Format & { day(at: number): string; moment(at: number): string };
}

const locales: Record<Language, string> = { fi: "fi-FI", sv: "sv-FI", en: "en-GB" };

const speechIn = (language: Language, catalogue: Catalogue): Speech => {
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
		moment: (at: number) => `${date.format(at)} ${time.format(at)}`,
	};
	const t = <K extends Key>(key: K, ...args: Args<K>): string => {
		const text: unknown = catalogue[key];
		return typeof text === "function" ? String(text(args[0], format)) : String(text);
	};
	return { language, t, format };
};

export const finnishSpeech = speechIn("fi", finnish);

export const speechFor = async (language: Language): Promise<Speech> => {
	if (language === "sv") return speechIn("sv", (await import("../gen/text/sv.js")).texts);
	if (language === "en") return speechIn("en", (await import("../gen/text/en.js")).texts);
	return finnishSpeech;
};

/** The first language of the browser that we speak. */
export const preferred = (wanted: readonly string[]): Language => {
	for (const tag of wanted) {
		const language = tag.slice(0, 2).toLowerCase();
		if (language === "fi" || language === "sv" || language === "en") return language;
	}
	return "fi";
};

export const hasKey = (key: string): key is Key => Object.hasOwn(finnish, key);
