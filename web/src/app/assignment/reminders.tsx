// What the service reminds of: shown in the room, until the person has opened it or said that they know. It comes as it is told, and is
// said to a screen reader once.

import { useEffect, useState } from "preact/hooks";
import type { Id } from "../../client/api.js";
import type { Reminder } from "../../client/assignments-api.js";
import { engine } from "../engine.js";
import { Lazy } from "../lazy.js";
import { Button, Notice } from "../parts.js";
import { say, set, use, useSpeech } from "../state.js";
import { Here as Service } from "../upkeep/here.js";
import { isOpen } from "./history.js";
import { useAssignments } from "./use-assignments.js";
import { dueText, titleOf } from "./words.js";

const useReminders = () => {
	const [all, setAll] = useState<readonly Reminder[]>([]);
	const online = use((state) => state.connection === "online");
	const news = use((state) => state.news);
	useEffect(() => {
		let alive = true;
		if (online) void engine().work("reminders").then((found) => alive && setAll(found), () => undefined);
		return () => void (alive = false);
	}, [online, news]);
	const seen = (one: Reminder): void => {
		setAll((old) => old.filter((other) => other !== one));
		void engine().work("reminderSeen", one.room, one.assignment).catch(() => undefined);
	};
	return { all, seen };
};

const said = new Set<string>();

/** A region that comes with its words is not read aloud everywhere; the page's ear is. */
const useSaid = (key: string, text: string): void =>
	useEffect(() => {
		if (text === "" || said.has(key)) return;
		said.add(key);
		say(text);
	}, [key, text]);

const Here = ({ room, one, onSeen }: { room: Id; one: Reminder; onSeen: () => void }) => {
	const speech = useSpeech();
	const { t, language } = speech;
	const { view } = useAssignments(room);
	const known = view?.list.find((a) => a.id === one.assignment);
	const found = known && isOpen(known) && known.standing !== "submitted" ? known : null;
	const title = found ? titleOf(found.given.template, language) : "";
	useSaid(`${one.assignment}${one.at}`, found ? t("assignment.reminder", { title }) : "");
	if (!found) return null;
	return (
		<Notice kind="info" title={t("assignment.reminder", { title })}>
			{found.given.due && <p>{dueText(speech, found.given.due)}</p>}
			<div class="row">
				<Button
					small label={t("assignment.open_named", { title })}
					onClick={() => {
						onSeen();
						set({ beside: { what: "assignments", id: one.assignment } });
					}}
				>
					{t("assignment.open")}
				</Button>
				<Button small kind="quiet" onClick={onSeen}>{t("assignment.reminder_seen")}</Button>
			</div>
		</Notice>
	);
};

const Elsewhere = ({ room }: { room: Id }) => {
	const { t } = useSpeech();
	const name = use((state) => state.rooms?.find((one) => one.room === room)?.title);
	const text = t("assignment.reminder_elsewhere", { name: name || t("rooms.unnamed") });
	useSaid(room, text);
	return <p>{text}</p>;
};

/** room: the one that is open, or "". */
export const Reminders = ({ room }: { room: Id }) => {
	const { all, seen } = useReminders();
	const here = all.filter((one) => one.room === room);
	const elsewhere = [...new Set(all.filter((one) => one.room !== room).map((one) => one.room))];
	return (
		<div class="reminders">
			<Service room={room} />
			<Lazy quiet key={room} load={async () => (await import("../ending/going.js")).Going} props={{ room }} />
			{here.map((one) => <Here key={one.assignment} room={room} one={one} onSeen={() => seen(one)} />)}
			{elsewhere.map((id) => <Elsewhere key={id} room={id} />)}
		</div>
	);
};
