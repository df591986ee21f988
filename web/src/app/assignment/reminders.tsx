// What the service reminds of: shown in the room, until the person has opened it or said that they know.

import { useEffect, useState } from "preact/hooks";
import type { Id } from "../../client/api.js";
import type { Reminder } from "../../client/assignments-api.js";
import { engine } from "../engine.js";
import { Button, Notice } from "../parts.js";
import { set, use, useSpeech } from "../state.js";
import { isOpen } from "./history.js";
import { useAssignments } from "./use-assignments.js";
import { dueText, titleOf } from "./words.js";

const EVERY_MS = 600_000;

const useReminders = () => {
	const [all, setAll] = useState<readonly Reminder[]>([]);
	const online = use((state) => state.connection === "online");
	useEffect(() => {
		let alive = true;
		const ask = (): void => void engine().work("reminders").then((found) => alive && setAll(found), () => undefined);
		if (online) ask();
		const timer = setInterval(ask, EVERY_MS);
		return () => {
			alive = false;
			clearInterval(timer);
		};
	}, [online]);
	const seen = (one: Reminder): void => {
		setAll((old) => old.filter((other) => other !== one));
		void engine().work("reminderSeen", one.room, one.assignment).catch(() => undefined);
	};
	return { all, seen };
};

const Here = ({ room, one, onSeen }: { room: Id; one: Reminder; onSeen: () => void }) => {
	const speech = useSpeech();
	const { t, language } = speech;
	const { view } = useAssignments(room);
	const found = view?.list.find((a) => a.id === one.assignment);
	if (!found || !isOpen(found) || found.standing === "submitted") return null;
	const title = titleOf(found.given.template, language);
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

export const Reminders = ({ room }: { room: Id }) => {
	const { t } = useSpeech();
	const { all, seen } = useReminders();
	const rooms = use((state) => state.rooms);
	const here = all.filter((one) => one.room === room);
	const elsewhere = [...new Set(all.filter((one) => one.room !== room).map((one) => one.room))];
	return (
		<div class="reminders" role="status">
			{here.map((one) => <Here key={one.assignment} room={room} one={one} onSeen={() => seen(one)} />)}
			{elsewhere.map((id) => <p key={id}>{t("assignment.reminder_elsewhere", { name: rooms?.find((one) => one.room === id)?.title || t("rooms.unnamed") })}</p>)}
		</div>
	);
};
