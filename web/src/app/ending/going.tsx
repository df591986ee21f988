// When a conversation is erased, and that an agreement ends: said two weeks beforehand in the room and in the list, with a way to take it
// along; and at any time among the room's details. Of a hold only that it does not go at present.

import { useEffect, useState } from "preact/hooks";
import type { Going as Row, Id } from "../../client/api.js";
import { dayText } from "../assignment/words.js";
import { engine } from "../engine.js";
import { Lazy } from "../lazy.js";
import { Button, Notice } from "../parts.js";
import { goToRoom } from "../route.js";
import { use, useSpeech } from "../state.js";

const SOON_MS = 14 * 24 * 3600 * 1000;

/** room: null for all of one's rooms. Nothing is said while it cannot be known. */
const useGoing = (room: Id | null): readonly Row[] => {
	const [rows, setRows] = useState<readonly Row[]>([]);
	const online = use((all) => all.connection === "online");
	useEffect(() => {
		let alive = true;
		if (online) void engine().work("going", room).then((found) => alive && setRows(found), () => undefined);
		return () => void (alive = false);
	}, [room, online]);
	return rows;
};

/** For a client: everything of the room that is open, to keep. */
export const Take = () => {
	const { t } = useSpeech();
	const view = use((all) => all.view);
	const client = use((all) => all.self?.role === "client");
	const [taking, take] = useState(false);
	if (!view || !client) return null;
	return (
		<>
			<Button small onClick={() => take(true)}>{t("ending.take")}</Button>
			{taking && <Lazy load={async () => (await import("../export/take-out.js")).TakeOut} props={{ view, onClose: () => take(false) }} />}
		</>
	);
};

const isSoon = (row: Row): boolean => row.goes_at !== undefined && !row.held && row.goes_at < Date.now() + SOON_MS;

const Why = ({ row }: { row: Row }) => {
	const { t } = useSpeech();
	const client = use((all) => all.self?.role === "client");
	if (row.rule !== "account") return <p>{t("ending.closed", { days: row.days ?? 0 })}</p>;
	if (!isSoon(row)) return <p>{t(client ? "ending.account_later" : "ending.account_later_staff")}</p>;
	return <p>{t(client ? "ending.account" : "ending.account_staff")}</p>;
};

const Here = ({ room }: { room: Id }) => {
	const { t, format } = useSpeech();
	const client = use((all) => all.self?.role === "client");
	const row = useGoing(room).find(isSoon);
	if (!row?.goes_at) return null;
	return (
		<Notice kind="info" title={t("ending.goes", { day: format.date(row.goes_at) })}>
			<Why row={row} />
			{client && <p>{t("ending.keep")}</p>}
			{client && <div class="row"><Take /></div>}
		</Notice>
	);
};

const Line = ({ row }: { row: Row }) => {
	const { t, format } = useSpeech();
	const title = use((all) => all.rooms?.find((one) => one.room === row.room)?.title) || t("rooms.unnamed");
	const said = row.goes_at !== undefined && isSoon(row) ? t("ending.list_goes", { name: title, day: format.date(row.goes_at) }) : t("ending.list_ends", { name: title, day: dayText(row.ends_on ?? "") });
	return (
		<li>
			<button type="button" class="link" onClick={() => goToRoom(row.room)}>{said}</button>
		</li>
	);
};

const List = () => {
	const { t } = useSpeech();
	const rows = useGoing(null).filter((row) => isSoon(row) || row.ends_on !== undefined);
	if (rows.length === 0) return null;
	return (
		<Notice kind="info" title={t("ending.list")}>
			<ul>{rows.map((row) => <Line key={row.room} row={row} />)}</ul>
			<p>{t("ending.keep")}</p>
		</Notice>
	);
};

/** room: the one that is open, or "": the list. */
export const Going = ({ room }: { room: Id }) => (room === "" ? <List /> : <Here room={room} />);

/** Among the room's details. */
export const GoesOn = ({ room }: { room: Id }) => {
	const { t, format } = useSpeech();
	const [row] = useGoing(room);
	if (!row) return null;
	if (row.held) return <dd>{t("ending.held")}</dd>;
	if (row.goes_at === undefined) return null;
	return (
		<>
			<dd><strong>{t("ending.goes", { day: format.date(row.goes_at) })}</strong></dd>
			<dd><Why row={row} /></dd>
		</>
	);
};
