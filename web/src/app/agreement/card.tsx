// What a room says of its agreement beside the parties: that it ends, and that another processor comes or came.

import type { RoomView } from "../../client/api.js";
import { dayText } from "../assignment/words.js";
import { Notice } from "../parts.js";
import { useSpeech } from "../state.js";

export const CardDays = ({ card }: { card: NonNullable<RoomView["card"]> }) => {
	const { t } = useSpeech();
	return (
		<>
			{card.ends_on && <dd><Notice kind="warning"><p>{t("agreement.room.ends", { day: dayText(card.ends_on) })}</p></Notice></dd>}
			{card.processor_next && card.processor_next_from && <dd><Notice kind="info"><p>{t("agreement.room.next", { name: card.processor_next, day: dayText(card.processor_next_from) })}</p></Notice></dd>}
			{card.processor_before && card.processor_since && <dd>{t("agreement.room.before", { name: card.processor_before, day: dayText(card.processor_since) })}</dd>}
		</>
	);
};
