// Why nobody writes in this room now, and what can be done about it.

import { useEffect, useState } from "preact/hooks";
import type { RoomView } from "../../client/api.js";
import { dayText } from "../assignment/words.js";
import { Take } from "../ending/going.js";
import { engine } from "../engine.js";
import { Button, Notice, useAct } from "../parts.js";
import { use, useSpeech } from "../state.js";

const MINUTE_MS = 60_000;
const dayHere = (): string => new Intl.DateTimeFormat("sv-SE", { timeZone: "Europe/Helsinki" }).format(Date.now()); // as the service writes days

/** The day that it is, also in a room that stays open over midnight. */
const useToday = (): string => {
	const [today, set] = useState(dayHere);
	useEffect(() => {
		const timer = setInterval(() => set(dayHere()), MINUTE_MS);
		return () => clearInterval(timer);
	}, []);
	return today;
};

/** Closed, or under an agreement that is not in force: read, and taken along until its last day. */
const Closed = () => {
	const { t } = useSpeech();
	const today = useToday();
	const card = use((all) => all.view?.card);
	const client = use((all) => all.self?.role === "client");
	const lapsed = card && card.state !== "live" ? card : null;
	const over = lapsed !== null && (lapsed.state === "ended" || (lapsed.state === "ending" && (lapsed.ends_on ?? today) < today));
	const said = (): string => {
		if (!lapsed) return t("blocked.closed");
		if (lapsed.state === "frozen") return t("blocked.frozen");
		const { controller, ends_on } = lapsed;
		return ends_on && !over ? t(client ? "ending.blocked" : "ending.blocked_staff", { controller, day: dayText(ends_on) }) : t("ending.over", { controller });
	};
	return (
		<div class="closed-line">
			<p>{said()}</p>
			{!over && <Take />}
		</div>
	);
};

export const Blocked = ({ room, why }: { room: string; why: NonNullable<RoomView["blocked"]> }) => {
	const { t } = useSpeech();
	const going = useAct();
	if (why === "closed") return <Closed />;
	return (
		<Notice kind="warning" title={t("blocked.title")}>
			<p>{t(`blocked.${why}`)}</p>
			{going.error && <p>{going.error}</p>}
			{why === "quarantine" && (
				<Button small busy={going.busy} onClick={() => void going.act(() => engine().goOn(room))}>{t("blocked.go_on")}</Button>
			)}
		</Notice>
	);
};
