// What people in a room are told of the service behind it: who is on leave and who answers meanwhile, what the organisation tells
// everybody, on which days it is closed, within how many days it answers. Quiet: if it cannot be had, nothing stands here.

import { useEffect, useState } from "preact/hooks";
import type { Id, RoomView } from "../../client/api.js";
import { dayText, daysTo, today } from "../assignment/words.js";
import { Notice } from "../parts.js";
import { goTo } from "../route.js";
import { use, useSpeech } from "../state.js";
import { absencesFor, ownWork, serviceFor, timeText, type Absence, type Service } from "./data.js";
import { useDayText, useWeekday } from "./words.js";

const SOON_DAYS = 7;
const PLACE = { fi: 0, sv: 1, en: 2 } as const;

const useTold = <T,>(ask: (user: unknown) => Promise<T>, wanted: boolean): T | null => {
	const user = use((all) => all.self?.user);
	const online = use((all) => all.connection === "online");
	const [told, know] = useState<T | null>(null);
	useEffect(() => {
		let alive = true;
		if (online && wanted) void ask(user).then((found) => alive && know(found), () => undefined);
		return () => void (alive = false);
	}, [online, wanted, user]);
	return told;
};

const AwayLine = ({ one, view }: { one: Absence; view: RoomView | null }) => {
	const { t } = useSpeech();
	const title = use((all) => all.rooms?.find((room) => room.room === one.room)?.title);
	const nameOf = (user: string | undefined): string => view?.members.find((member) => member.user === user && member.active)?.name ?? "";
	const name = nameOf(one.account) || title || t("away.counsellor"), until = dayText(one.until);
	const deputy = one.deputy_in ? nameOf(one.deputy) : "";
	return <p>{deputy ? t("away.deputy", { name, until, deputy }) : t("away.until", { name, until })}</p>;
};

const noticeOf = (service: Service, language: "fi" | "sv" | "en"): string =>
	service.notice_until !== undefined && service.notice_until < today() ? "" : service.notice[PLACE[language]] || service.notice[0] || "";

/** One line of each; `room` "" is the list of rooms. */
export const Here = ({ room }: { room: Id }) => {
	const { t, language } = useSpeech();
	const client = use((all) => all.self?.role === "client");
	const view = use((all) => (all.view?.room === room ? all.view : null));
	const rooms = use((all) => all.rooms);
	const absences = useTold(absencesFor, true), service = useTold(serviceFor, client), work = useTold(ownWork, !client && room !== "");
	const textOf = useDayText();
	const away = (absences ?? []).filter((one) => (room === "" ? rooms?.some((other) => other.room === one.room) : one.room === room));
	const notice = service ? noticeOf(service, language) : "";
	const closed = service && service.hours.length > 0 ? service.days.filter((one) => one.opens === undefined && daysTo(one.day) < SOON_DAYS) : [];
	const leaves = work?.plan.leaves_on;
	if (away.length === 0 && !notice && closed.length === 0 && !leaves && !(service?.promise_days && room !== "")) return null;
	return (
		<div class="here">
			{notice && <Notice kind="info"><p class="text">{notice}</p></Notice>}
			{away.length > 0 && <Notice kind="info">{away.map((one) => <AwayLine key={`${one.room} ${one.account}`} one={one} view={view} />)}</Notice>}
			{leaves && work && work.rooms.length > 0 && (
				<Notice kind="warning">
					<p>{t("away.leaving", { day: dayText(leaves), n: work.rooms.length })} <button type="button" class="link" onClick={() => goTo("account")}>{t("away.leaving_open")}</button></p>
				</Notice>
			)}
			{(closed.length > 0 || (service?.promise_days && room !== "")) && (
				<p class="hint">
					{[service?.promise_days ? t("away.promise", { n: service.promise_days }) : "", ...closed.map((one) => `${dayText(one.day)} ${textOf(one)}.`)].filter(Boolean).join(" ")}
				</p>
			)}
		</div>
	);
};

/** Promise and hours among the facts of a room. */
export const ServiceFacts = () => {
	const { t } = useSpeech();
	const dayOf = useWeekday();
	const service = useTold(serviceFor, true);
	if (!service || (service.promise_days === undefined && service.hours.length === 0)) return null;
	return (
		<>
			{service.promise_days !== undefined && <dd>{t("away.promise", { n: service.promise_days })}</dd>}
			{service.hours.length > 0 && (
				<>
					<dt>{t("hours.title")}</dt>
					{service.hours.map((one) => <dd key={one.weekday}>{dayOf(one.weekday)} {t("hours.between", { opens: timeText(one.opens), closes: timeText(one.closes) })}</dd>)}
				</>
			)}
		</>
	);
};
