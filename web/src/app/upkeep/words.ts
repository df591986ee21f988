// Days of the week, and days that are unlike their weekdays, in words.

import { useSpeech } from "../state.js";
import { timeText, type OpenDay } from "./data.js";

const MONDAY = Date.UTC(2024, 0, 1, 12);
const DAY = 86_400_000;

/** Monday is 1. */
export const useWeekday = (): ((weekday: number) => string) => {
	const { language } = useSpeech();
	const names = new Intl.DateTimeFormat(language, { weekday: "long", timeZone: "UTC" });
	return (weekday) => {
		const name = names.format(MONDAY + (weekday - 1) * DAY);
		return name.charAt(0).toLocaleUpperCase(language) + name.slice(1);
	};
};

/** What the day is called, and when it is open. */
export const useDayText = (): ((day: OpenDay) => string) => {
	const { t, has } = useSpeech();
	return ({ opens, closes, holiday }) => {
		const key = `holiday.${holiday ?? ""}`;
		const name = has(key) ? (t as (key: string) => string)(key) : "";
		const when = opens === undefined || closes === undefined ? t("hours.closed") : t("hours.between", { opens: timeText(opens), closes: timeText(closes) });
		return [name, when].filter(Boolean).join(": ");
	};
};
