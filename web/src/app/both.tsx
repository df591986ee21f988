// The list of rooms and the one that is read, side by side where there is room, one at a time where there is not.

import { Room } from "./room/room.js";
import { RoomList } from "./room-list.js";
import { use, useSpeech } from "./state.js";

const NotChosen = () => {
	const { t } = useSpeech();
	const waiting = use((all) => (all.rooms ?? []).filter((room) => room.waitingSince !== null).length);
	return (
		<section class="empty">
			<h2>{t("rooms.choose")}</h2>
			<p>{t("rooms.waiting_count", { count: waiting })}</p>
		</section>
	);
};

export const Both = () => {
	const open = use((all) => all.open);
	return (
		<div class={open ? "both reading" : "both"}>
			<RoomList />
			<div class="room-place">{open ? <Room key={open} /> : <NotChosen />}</div>
		</div>
	);
};
