// The words of the document, which is written where no page is: its texts as they are, days and times by the locale.

import type { EventWhat } from "../roomwork/content.js";

export const TEXTS = [
	"title", "about", "room", "controller", "opened", "phase", "open", "closed", "messages", "members", "client", "counsellor", "somebody", "since", "gone",
	"phases", "goals", "step", "steps", "events", "summary", "done", "by", "conversation", "deleted", "unverified", "locked", "edited", "taken_on",
] as const;

export type DocumentText = (typeof TEXTS)[number];

export interface PlainWords {
	readonly locale: string;
	readonly texts: Readonly<Record<DocumentText, string>>;
	readonly events: Readonly<Record<EventWhat, string>>;
}

export interface DocumentWords extends Readonly<Record<DocumentText, string>> {
	readonly locale: string;
	taken(at: number): string;
	date(at: number): string;
	time(at: number): string;
	weekday(at: number): string;
	/** Of a Day. */
	day(day: string): string;
	what(what: EventWhat): string;
}

export const wordsOf = ({ locale, texts, events }: PlainWords): DocumentWords => {
	const date = new Intl.DateTimeFormat(locale, { day: "numeric", month: "numeric", year: "numeric" });
	const time = new Intl.DateTimeFormat(locale, { hour: "numeric", minute: "2-digit" });
	const weekday = new Intl.DateTimeFormat(locale, { weekday: "long", day: "numeric", month: "long", year: "numeric" });
	const plainDay = new Intl.DateTimeFormat(locale, { day: "numeric", month: "numeric", year: "numeric", timeZone: "UTC" });
	return {
		...texts, locale,
		taken: (at) => `${texts.taken_on} ${date.format(at)} ${time.format(at)}.`,
		date: (at) => date.format(at),
		time: (at) => time.format(at),
		weekday: (at) => weekday.format(at),
		day: (day) => plainDay.format(Date.parse(day)),
		what: (what) => events[what],
	};
};
