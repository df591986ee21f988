// The words of what is taken out, in the three languages, and how days and times are written there. They come with the export, apart from
// the site's, because the checking page writes the same pages again: nothing here may depend on whose browser it is but the language and
// the time zone that the export names.

import en from "./text/en.json";
import fi from "./text/fi.json";
import sv from "./text/sv.json";

export type Word = keyof typeof fi;
export type Words = Readonly<Record<Word, string>>;
export type ExportLanguage = "fi" | "sv" | "en";

const WORDS: Readonly<Record<ExportLanguage, Words>> = { fi, sv, en };
const LOCALES = { fi: "fi-FI", sv: "sv-FI", en: "en-GB" } as const;

export interface Speaking {
	readonly language: ExportLanguage;
	readonly locale: string;
	readonly zone: string;
	say(word: Word, args?: Readonly<Record<string, string | number>>): string;
	/** Of a moment: the day; the time of day; both; the day with its weekday. */
	day(at: number): string;
	time(at: number): string;
	moment(at: number): string;
	weekday(at: number): string;
	/** Of YYYY-MM-DD. */
	plainDay(day: string): string;
}

type Part = "year" | "month" | "day" | "hour" | "minute" | "weekday";

export const isExportLanguage = (word: unknown): word is ExportLanguage => typeof word === "string" && Object.hasOwn(WORDS, word);

/** Throws RangeError for a time zone that there is none. */
export const speaking = (language: ExportLanguage, zone: string): Speaking => {
	const words = WORDS[language];
	const clock = new Intl.DateTimeFormat("en-GB", {
		timeZone: zone, hourCycle: "h23", year: "numeric", month: "numeric", day: "numeric", hour: "2-digit", minute: "2-digit", weekday: "short",
	});
	const parts = (at: number): Record<Part, string> =>
		Object.fromEntries(clock.formatToParts(at).map(({ type, value }) => [type, value])) as Record<Part, string>;
	const days = words.weekdays.split(",");
	const mark = language === "en" ? "/" : ".";
	const dated = (p: Pick<Record<Part, string>, "year" | "month" | "day">): string => [Number(p.day), Number(p.month), p.year].join(mark);
	const timed = (p: Record<Part, string>): string => `${p.hour}${language === "fi" ? "." : ":"}${p.minute}`;
	const between = { fi: " klo ", sv: " kl. ", en: " at " }[language];
	const one = (at: number): string => {
		const p = parts(at);
		return `${dated(p)}${between}${timed(p)}`;
	};
	return {
		language, zone, locale: LOCALES[language],
		say: (word, args = {}) => words[word].replace(/\{(\w+)\}/g, (whole, name: string) => String(args[name] ?? whole)),
		day: (at) => dated(parts(at)),
		time: (at) => timed(parts(at)),
		moment: one,
		weekday: (at) => {
			const p = parts(at);
			return `${days[["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"].indexOf(p.weekday)] ?? ""} ${dated(p)}`;
		},
		plainDay: (day) => {
			const [year = "", month = "", date = ""] = day.split("-");
			return dated({ year, month, day: date });
		},
	};
};

/** Of what is no room. */
export const titled = (plainly: Speaking, title: string): Speaking => ({ ...plainly, say: (word, args) => (word === "title" ? title : plainly.say(word, args)) });

export const ownZone = (): string => Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";
