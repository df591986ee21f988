// What a room says of its agreement beside the parties: that another processor comes or came, in the room itself until it has been read unless it ends before,
// in its details always; and there that it ends, which the room says where nobody can write (room/blocked.tsx).

import { useState } from "preact/hooks";
import type { RoomView } from "../../client/api.js";
import { dayText, today } from "../assignment/words.js";
import { Button, Notice } from "../parts.js";
import { useSpeech } from "../state.js";

type Card = RoomView["card"];

export const CardNotice = ({ card }: { card: Card }) => {
	const { t } = useSpeech();
	const [read, close] = useState(false);
	if (read || !card?.processor_next || !card.processor_next_from || (card.ends_on && card.ends_on < card.processor_next_from)) return null;
	return (
		<div class="room-note">
			<Notice kind="info">
				<p>{t("agreement.room.next", { name: card.processor_next, day: dayText(card.processor_next_from) })} {t("agreement.room.next_means")}</p>
				<Button small onClick={() => close(true)}>{t("agreement.room.next_read")}</Button>
			</Notice>
		</div>
	);
};

export const CardDays = ({ card }: { card: NonNullable<Card> }) => {
	const { t } = useSpeech();
	return (
		<>
			{card.state === "ending" && card.ends_on && card.ends_on >= today() && <dd><Notice kind="warning"><p>{t("agreement.room.ends", { day: dayText(card.ends_on) })}</p></Notice></dd>}
			{card.processor_next && card.processor_next_from && <dd><Notice kind="info"><p>{t("agreement.room.next", { name: card.processor_next, day: dayText(card.processor_next_from) })}</p></Notice></dd>}
			{card.processor_before && card.processor_since && <dd>{t("agreement.room.before", { name: card.processor_before, day: dayText(card.processor_since) })}</dd>}
		</>
	);
};
