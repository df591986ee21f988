// Why nobody writes in this room now, and what can be done about it.

import type { RoomView } from "../../client/api.js";
import { engine } from "../engine.js";
import { Button, Notice, useAct } from "../parts.js";
import { useSpeech } from "../state.js";

export const Blocked = ({ room, why }: { room: string; why: NonNullable<RoomView["blocked"]> }) => {
	const { t } = useSpeech();
	const going = useAct();
	if (why === "closed") return <p class="closed-line">{t("blocked.closed")}</p>;
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
