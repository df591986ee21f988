// How assignments are said: days as people write them, where one stands, an answer as text.

import { isDay } from "../../assignment/answers.js";
import type { Standing } from "../../assignment/room-state.js";
import { wordingIn, type Answer, type Field, type GoalRow, type StepRow, type Template } from "../../assignment/types.js";
import type { Speech } from "../../text/text.js";

/** 3.12.2026 of 2026-12-03; what is no day as it is. */
export const dayText = (day: string): string => {
	const [year, month, date] = day.split("-");
	return isDay(day) ? `${Number(date)}.${Number(month)}.${year}` : day;
};

/** 2026-12-03 of 3.12.2026, 3.12.26 or 3/12/2026; undefined if it is no day. */
export const readDay = (text: string): string | undefined => {
	const found = /^\s*(\d{1,2})[./-]\s*(\d{1,2})[./-]\s*(\d{4}|\d{2})\s*$/.exec(text);
	if (!found) return undefined;
	const [, date = "", month = "", year = ""] = found;
	const day = `${year.length === 2 ? `20${year}` : year}-${month.padStart(2, "0")}-${date.padStart(2, "0")}`;
	return isDay(day) ? day : undefined;
};

const pad = (n: number): string => String(n).padStart(2, "0");
export const today = (at = new Date()): string => `${at.getFullYear()}-${pad(at.getMonth() + 1)}-${pad(at.getDate())}`;

/** How many days from today; negative when it has passed. */
export const daysTo = (day: string, from = today()): number => Math.round((Date.parse(`${day}T00:00:00Z`) - Date.parse(`${from}T00:00:00Z`)) / 86_400_000);

export const dueText = ({ t }: Speech, due: string): string => {
	const days = daysTo(due);
	if (days < 0) return t("assignment.due_passed", { day: dayText(due) });
	if (days === 0) return t("assignment.due_today");
	return days === 1 ? t("assignment.due_tomorrow") : t("assignment.due", { day: dayText(due) });
};

export const standingText = ({ t }: Speech, standing: Standing, staff: boolean, isMeter: boolean): string => {
	if (isMeter && standing === "submitted") return t("assignment.standing.measured");
	return standing === "submitted" && staff ? t("assignment.standing.waits_for_you") : t(`assignment.standing.${standing}`);
};

export const titleOf = (template: Template, language: string): string => wordingIn(template.title, language);

const row = ({ t }: Speech, one: StepRow | GoalRow): string => {
	const words = ["goal" in one ? one.goal : "", one.step].filter(Boolean).join(": ");
	const by = one.by ? ` (${t("assignment.by", { day: dayText(one.by) })})` : "";
	return `${words}${by}${one.done ? `, ${t("assignment.done")}` : ""}`;
};

/** What somebody answered, line by line. */
export const linesOf = (speech: Speech, field: Field, answer: Answer | undefined): readonly string[] => {
	if (answer === undefined || answer === null) return [];
	if (typeof answer === "number") return [`${answer} / 10`];
	const option = (id: string): string => ("options" in field ? wordingIn(field.options.find((one) => one.id === id)?.label ?? {}, speech.language) : id);
	if (typeof answer === "string") return answer.trim() === "" ? [] : [field.kind === "choice" ? option(answer) : answer];
	return answer.map((one) => {
		if (typeof one === "string") return option(one);
		return "name" in one ? one.name : row(speech, one);
	});
};
