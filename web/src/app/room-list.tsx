// The rooms: who waits for an answer first, then the newest. Searching by name happens here; the server knows no names.

import { useState } from "preact/hooks";
import type { RoomSummary } from "../client/api.js";
import { Button, Icon, PageTitle } from "./parts.js";
import { goTo, goToRoom } from "./route.js";
import { Later, Lazy } from "./lazy.js";
import { use, useSpeech } from "./state.js";
import { useNow, waited } from "./waiting.js";

type Filter = "all" | "waiting" | "unread" | "closed";

const filters: Record<Filter, (room: RoomSummary) => boolean> = {
	all: (room) => room.phase === "open",
	waiting: (room) => (room.waitingSince !== null || room.waits) && room.phase === "open",
	unread: (room) => room.unread > 0,
	closed: (room) => room.phase === "closed",
};

const byNeed = (a: RoomSummary, b: RoomSummary): number => {
	if (a.waits !== b.waits) return a.waits ? -1 : 1;
	if (a.waitingSince !== null && b.waitingSince !== null) return a.waitingSince - b.waitingSince;
	if (a.waitingSince !== null) return -1;
	if (b.waitingSince !== null) return 1;
	return b.lastAt - a.lastAt;
};

const folded = (text: string): string => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();

const when = (room: RoomSummary, now: number, date: (at: number) => string, time: (at: number) => string): string =>
	new Date(room.lastAt).toDateString() === new Date(now).toDateString() ? time(room.lastAt) : date(room.lastAt);

const Badges = ({ room, now }: { room: RoomSummary; now: number }) => {
	const speech = useSpeech();
	const { t } = speech;
	const staff = use((all) => all.self?.role !== "client");
	return (
		<span class="badges">
			{staff && room.waitingSince !== null && <span class="badge waiting">{waited(speech, room.waitingSince, now)}</span>}
			{room.waits && <span class="badge waiting">{t("rooms.waits")}</span>}
			{room.invited && !room.waits && <span class="badge">{room.mailed ? t("rooms.mailed") : t("rooms.invited")}</span>}
			{room.phase === "closed" && <span class="badge">{t("rooms.closed")}</span>}
			{room.unread > 0 && <span class="badge unread">{t("rooms.unread", { count: room.unread })}</span>}
		</span>
	);
};

const Row = ({ room, now }: { room: RoomSummary; now: number }) => {
	const { t, format } = useSpeech();
	const open = use((all) => all.open);
	const here = open === room.room;
	return (
		<li>
			<button type="button" class={here ? "room-row here" : "room-row"} aria-current={here ? "true" : undefined} onClick={() => goToRoom(room.room)}>
				<span class="room-row-top">
					<strong>{room.title || t("rooms.unnamed")}</strong>
					<time dateTime={new Date(room.lastAt).toISOString()}>{when(room, now, format.date, format.time)}</time>
				</span>
				{room.preview && <span class="preview">{room.preview}</span>}
				<Badges room={room} now={now} />
			</button>
		</li>
	);
};

const Filters = ({ filter, onChange, rooms }: { filter: Filter; onChange: (filter: Filter) => void; rooms: readonly RoomSummary[] }) => {
	const { t } = useSpeech();
	return (
		<div class="filters" role="group" aria-label={t("rooms.filter")}>
			{(Object.keys(filters) as Filter[]).map((key) => (
				<button key={key} type="button" aria-pressed={key === filter} onClick={() => onChange(key)}>
					{t(`rooms.filter.${key}`, { count: rooms.filter(filters[key]).length })}
				</button>
			))}
		</div>
	);
};

const StaffTop = ({ search, onSearch }: { search: string; onSearch: (text: string) => void }) => {
	const { t } = useSpeech();
	const [inviting, invite] = useState(false);
	return (
		<>
			<Button kind="main" icon="plus" small onClick={() => invite(true)}>{t("rooms.new")}</Button>
			<label class="search">
				<span class="vh">{t("rooms.search")}</span>
				<input type="search" placeholder={t("rooms.search")} value={search} autocomplete="off" onInput={(event) => onSearch(event.currentTarget.value)} />
			</label>
			<button type="button" class="link" onClick={() => goTo("library")}>{t("library.open")}</button>
			{inviting && <Lazy load={async () => (await import("./staff/invite.js")).Invite} props={{ onClose: () => invite(false) }} />}
		</>
	);
};

export const RoomList = () => {
	const { t } = useSpeech();
	const rooms = use((all) => all.rooms) ?? [];
	const staff = use((all) => all.self?.role !== "client");
	const open = use((all) => all.open);
	const [filter, setFilter] = useState<Filter>("all");
	const [search, setSearch] = useState("");
	const now = useNow();
	const shown = rooms
		.filter((room) => (staff ? filters[filter](room) : true) && folded(room.title).includes(folded(search.trim())))
		.sort(byNeed);
	return (
		<nav class="rooms" aria-label={t("rooms.title")}>
			<div class="rooms-top">
				<PageTitle>{t("rooms.title")}</PageTitle>
				{staff && <StaffTop search={search} onSearch={setSearch} />}
			</div>
			{!staff && !open && <Later load={async () => (await import("./assignment/reminders.js")).Reminders} props={{ room: "" }} />}
			{staff && <Filters filter={filter} onChange={setFilter} rooms={rooms} />}
			{shown.length === 0 ? (
				<p class="rooms-none">{rooms.length === 0 ? t("rooms.none_yet") : t("rooms.none")}</p>
			) : (
				<ul class="room-rows">{shown.map((room) => <Row key={room.room} room={room} now={now} />)}</ul>
			)}
			<p class="rooms-foot"><Icon name="lock" /> {t("rooms.sealed")}</p>
		</nav>
	);
};
