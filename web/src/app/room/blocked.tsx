// Why nobody writes in this room now, and what can be done about it.

import type { RoomView } from "../../client/api.js";
import { dayText } from "../assignment/words.js";
import { Take } from "../ending/going.js";
import { engine } from "../engine.js";
import { Button, Notice, useAct } from "../parts.js";
import { use, useSpeech } from "../state.js";

/** Closed, or under an agreement that is not in force: read, and taken along. */
const Closed = () => {
	const { t } = useSpeech();
	const card = use((all) => all.view?.card);
	const client = use((all) => all.self?.role === "client");
	const lapsed = card && card.state !== "live" ? card : null;
	const said = (): string => {
		if (!lapsed) return t("blocked.closed");
		if (lapsed.state === "frozen") return t("blocked.frozen");
		const { controller, ends_on } = lapsed;
		return ends_on ? t(client ? "ending.blocked" : "ending.blocked_staff", { controller, day: dayText(ends_on) }) : t("ending.over", { controller });
	};
	return (
		<div class="closed-line">
			<p>{said()}</p>
			<Take />
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
