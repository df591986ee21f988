// A day as people write it: 24.12.2026, 24/12/2026 or 24.12. The browser's own date field speaks the browser's language, not the page's.

import { useState } from "preact/hooks";
import { isDay, type Day } from "../../roomwork/content.js";
import { Field } from "../parts.js";
import { useSpeech } from "../state.js";

const two = (n: number | string): string => String(n).padStart(2, "0");

export const today = (): Day => {
	const now = new Date();
	return `${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())}`;
};

export const shown = (day: Day): string => {
	const [year, month, date] = day.split("-").map(Number);
	return day === "" ? "" : `${date}.${month}.${year}`;
};

/** Undefined: no day. Without a year it is the next such day. */
export const readDay = (typed: string, now: Day = today()): Day | undefined => {
	const text = typed.trim();
	if (text === "" || isDay(text)) return text;
	const m = /^(\d{1,2})[./-](\d{1,2})(?:[./-](\d{4})?)?$/.exec(text);
	if (!m) return undefined;
	const of = (year: number | string): Day => `${year}-${two(m[2] as string)}-${two(m[1] as string)}`;
	const year = Number(now.slice(0, 4));
	const day = m[3] ? of(m[3]) : of(year) >= now ? of(year) : of(year + 1);
	return isDay(day) ? day : undefined;
};

interface Props {
	label: string;
	value: Day;
	/** Undefined while what stands there is no day. */
	onChange: (day: Day | undefined) => void;
	required?: boolean;
}

export const DayField = ({ label, value, onChange, required = false }: Props) => {
	const { t } = useSpeech();
	const [typed, type] = useState(shown(value));
	const day = readDay(typed);
	const wrong = day === undefined ? t("plan.day_wrong") : required && typed === "" ? t("plan.day_missing") : null;
	const input = (next: string): void => {
		type(next);
		const read = readDay(next);
		onChange(required && read === "" ? undefined : read);
	};
	return <Field label={label} hint={t("plan.day_hint")} value={typed} onInput={input} error={wrong} maxLength={10} />;
};
