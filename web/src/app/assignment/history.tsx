// What happened to an assignment, and the head that both sides see.

import type { Happened } from "../../assignment/room-state.js";
import type { AssignmentsView, AssignmentView } from "../../client/assignments-api.js";
import { Icon } from "../parts.js";
import { useSpeech } from "../state.js";
import type { Speech } from "../../text/text.js";
import { dueText, standingText } from "./words.js";

export const Standing = ({ one, staff }: { one: AssignmentView; staff: boolean }) => {
	const speech = useSpeech();
	const isMeter = one.given.template.kind === "meter";
	const waits = staff ? one.standing === "submitted" && !isMeter : one.standing === "returned";
	return <span class={`badge standing-${one.standing}${waits ? " waiting" : ""}`}>{standingText(speech, one.standing, staff, isMeter)}</span>;
};

export const isOpen = (one: AssignmentView): boolean => one.standing !== "accepted" && one.standing !== "withdrawn";

export const Due = ({ one }: { one: AssignmentView }) => {
	const speech = useSpeech();
	const { due } = one.given;
	if (!due || !isOpen(one) || one.standing === "submitted") return null;
	return <span class="due">{dueText(speech, due)}</span>;
};

export const nameIn = (all: AssignmentsView, user: string): string => all.names[user] ?? "";

/** Who did what, to the one who did it as "you". */
export const doneText = ({ t }: Pick<Speech, "t">, all: AssignmentsView, { by, what }: Pick<Happened, "by" | "what">): string =>
	by === all.me ? t(`assignment.you.${what}`) : t(`assignment.happened.${what}`, { name: nameIn(all, by) });

/** What the counsellor said when it was given. */
export const Word = ({ all, one }: { all: AssignmentsView; one: AssignmentView }) => {
	const { t } = useSpeech();
	if (!one.given.word) return null;
	return (
		<figure class="personal-word">
			<figcaption>{one.by === all.me ? t("assignment.word_mine") : t("assignment.word_from", { name: nameIn(all, one.by) })}</figcaption>
			<blockquote class="text" dir="auto">{one.given.word}</blockquote>
		</figure>
	);
};

export const History = ({ all, one }: { all: AssignmentsView; one: AssignmentView }) => {
	const { t, format } = useSpeech();
	return (
		<details class="history">
			<summary>{t("assignment.history", { count: one.history.length })}</summary>
			<ol>
				{one.history.map((step) => (
					<li key={step.id}>
						<strong>{doneText({ t }, all, step)}</strong>{" "}
						<time dateTime={new Date(step.at).toISOString()}>{t("assignment.at", { day: step.at, time: step.at })}</time>
						{step.word && <p class="text" dir="auto">{step.word}</p>}
					</li>
				))}
			</ol>
			{!one.whole && <p class="hint"><Icon name="info" /> {t("assignment.not_whole")}</p>}
			<p class="vh">{format.date(one.at)}</p>
		</details>
	);
};

/** The newest word that came with a return, an accept or a withdrawal. */
export const LastWord = ({ all, one }: { all: AssignmentsView; one: AssignmentView }) => {
	const { t } = useSpeech();
	const step = one.history.findLast((h) => h.what === one.standing);
	if (!step?.word || one.standing === "given" || one.standing === "submitted") return null;
	return (
		<figure class="personal-word">
			<figcaption>{doneText({ t }, all, step)}</figcaption>
			<blockquote class="text" dir="auto">{step.word}</blockquote>
		</figure>
	);
};
