// What an admin's pages and the rooms know of absences, hours and what there is to do.

import type { Ops } from "../../gen/proto.js";
import { office, type StaffRow } from "../office.js";

export type Plan = Ops["plan_list"]["out"]["plans"][number];
export type Work = Ops["plan_own"]["out"]["work"];
export type Flag = Ops["flag_list"]["out"]["flags"][number];
export type Service = Ops["service_get"]["out"];
export type Hours = Service["hours"][number];
export type OpenDay = Service["days"][number];
export type Report = Ops["report_rooms"]["out"]["rows"][number];
export type Absence = Ops["absence_list"]["out"]["absences"][number];

export const isCounselling = ({ role, disabled }: StaffRow): boolean => !disabled && (role === "counsellor" || role === "team_lead");

const KEPT_MS = 300_000;
const kept = new Map<string, { at: number; of: unknown; answer: Promise<unknown> }>();

/** What rooms ask for each time they open is asked again after five minutes, or by somebody else. */
const once = <T>(what: string, of: unknown, ask: () => Promise<T>): Promise<T> => {
	const found = kept.get(what);
	if (found && found.of === of && Date.now() - found.at < KEPT_MS) return found.answer as Promise<T>;
	const answer = ask();
	kept.set(what, { at: Date.now(), of, answer });
	answer.catch(() => kept.delete(what));
	return answer;
};

export const absencesFor = (user: unknown): Promise<readonly Absence[]> => once("absences", user, async () => (await office("absence_list", {})).absences);
export const serviceFor = (user: unknown): Promise<Service> => once("service", user, () => office("service_get", { days: 14 }));
export const ownWork = (user: unknown): Promise<Work> => once("work", user, async () => (await office("plan_own", {})).work);
export const forget = (): void => kept.clear();

const MOST_MINUTES = 1440;

/** 8.30 of 510. */
export const timeText = (minutes: number): string => `${Math.floor(minutes / 60)}.${String(minutes % 60).padStart(2, "0")}`;

/** 510 of 8.30, 8:30 or 0830; undefined if it is no time of a day. */
export const readTime = (typed: string): number | undefined => {
	const found = /^\s*(\d{1,2})(?:[.:]?(\d{2}))?\s*$/.exec(typed);
	if (!found || Number(found[2] ?? 0) > 59) return undefined;
	const minutes = Number(found[1]) * 60 + Number(found[2] ?? 0);
	return minutes <= MOST_MINUTES ? minutes : undefined;
};
