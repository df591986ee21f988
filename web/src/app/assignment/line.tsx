// A line in the conversation: an assignment was given, handed in, returned, accepted, withdrawn.

import type { MessageView } from "../../client/api.js";
import { Button } from "../parts.js";
import { set, useSpeech } from "../state.js";
import { doneText } from "./history.js";
import { useAssignments } from "./use-assignments.js";
import { titleOf } from "./words.js";

export const AssignmentLine = ({ message }: { message: MessageView }) => {
	const { t, format, language } = useSpeech();
	const { view } = useAssignments(message.room);
	const one = view?.list.find((a) => a.history.some((step) => step.id === message.id));
	const step = one?.history.find((h) => h.id === message.id);
	if (!view || !one || !step) return message.deleted ? <p class="system-line">{t("assignment.deleted")}</p> : null;
	return (
		<div class="system-line assignment-line">
			<p>{doneText({ t }, view, step)}: <strong>{titleOf(one.given.template, language)}</strong> <time dateTime={new Date(message.at).toISOString()}>{format.time(message.at)}</time></p>
			{step.word && step.what !== "given" && <p class="text" dir="auto">{step.word}</p>}
			<Button small onClick={() => set({ beside: { what: "assignments", id: one.id } })} label={t("assignment.open_named", { title: titleOf(one.given.template, language) })}>{t("assignment.open")}</Button>
		</div>
	);
};
