// The client's side of one assignment: the form, what is saved, what another device wrote, and handing it in.

import { useState } from "preact/hooks";
import { isEmptyAnswer, progress, shownFields } from "../../assignment/answers.js";
import { isAnswerable, wordingIn, type Answers, type Field, type FileRef } from "../../assignment/types.js";
import { latestOf } from "../../assignment/room-state.js";
import type { Id } from "../../client/api.js";
import type { AssignmentsView, AssignmentView } from "../../client/assignments-api.js";
import { engine } from "../engine.js";
import { Button, Icon, Notice, useAct } from "../parts.js";
import { say, use, useSpeech } from "../state.js";
import { Comments } from "./comments.js";
import { Form } from "./form.js";
import { isOpen } from "./history.js";
import { askAgain } from "./use-assignments.js";
import { useSheet, type Sheet } from "./use-sheet.js";
import { linesOf } from "./words.js";

interface Props {
	room: Id;
	all: AssignmentsView;
	one: AssignmentView;
	files: readonly FileRef[];
}

/** What another device wrote into a field at the same time. */
const Others = ({ field, sheet }: { field: Field; sheet: Sheet }) => {
	const speech = useSpeech();
	const { t } = speech;
	const others = sheet.view?.fields[field.id]?.others ?? [];
	if (others.length === 0) return null;
	return (
		<div class="others" role="group" aria-label={t("assignment.others_label")}>
			<p><Icon name="info" /> {t("assignment.others", { time: others[0]?.at ?? 0 })}</p>
			{others.map((other, at) => (
				<details key={at}>
					<summary>{t("assignment.show_other", { time: other.at })}</summary>
					{linesOf(speech, field, other.value).map((line, i) => <p key={i} class="text" dir="auto">{line}</p>)}
					<Button small onClick={() => sheet.settle(field.id, at)}>{t("assignment.take_other")}</Button>
				</details>
			))}
			<Button small kind="quiet" onClick={() => sheet.settle(field.id, null)}>{t("assignment.keep_this")}</Button>
		</div>
	);
};

const Saved = ({ sheet }: { sheet: Sheet }) => {
	const { t } = useSpeech();
	const online = use((all) => all.connection === "online");
	const unsaved = sheet.view?.unsaved || sheet.word !== null;
	const text = (): string => {
		if (sheet.word === "too_long") return t("error.too_long");
		if (unsaved && (!online || sheet.word)) return t("assignment.unsaved_offline");
		if (sheet.saving || unsaved) return t("assignment.saving");
		return sheet.view?.savedAt ? t("assignment.saved", { time: sheet.view.savedAt }) : "";
	};
	return <p class={unsaved && !online ? "saved away" : "saved"} role="status">{text()}</p>;
};

const missingOf = (one: AssignmentView, answers: Answers): readonly Field[] =>
	shownFields(one.given.template, answers).filter((field) => isAnswerable(field) && isEmptyAnswer(answers[field.id]));

const HandIn = ({ room, one, sheet, onMissing }: Pick<Props, "room" | "one"> & { sheet: Sheet; onMissing: (fields: readonly Field[]) => void }) => {
	const { t, language } = useSpeech();
	const [asked, ask] = useState<readonly Field[] | null>(null);
	const sending = useAct();
	const isMeter = one.given.template.kind === "meter";
	const send = (): void => void sending.act(async () => {
		await sheet.flush();
		await engine().work("handIn", room, one.id);
		ask(null);
		onMissing([]);
		say(t(isMeter ? "assignment.measured" : "assignment.handed_in"));
		askAgain();
	});
	const check = (): void => {
		const missing = missingOf(one, sheet.answers);
		if (missing.length === 0) return send();
		ask(missing);
		onMissing(missing);
	};
	return (
		<div class="hand-in">
			{asked && asked.length > 0 && (
				<Notice kind="warning" title={t("assignment.missing_title", { count: asked.length })}>
					<ul>{asked.map((field) => <li key={field.id}>{wordingIn(field.label, language)}</li>)}</ul>
					<p>{t("assignment.missing_text")}</p>
				</Notice>
			)}
			{sending.error && <Notice kind="error"><p>{sending.error}</p></Notice>}
			<div class="row">
				{asked && asked.length > 0
					? <Button kind="main" icon="send" busy={sending.busy} onClick={send}>{t("assignment.hand_in_anyway")}</Button>
					: <Button kind="main" icon="send" busy={sending.busy} onClick={check}>{t(isMeter ? "assignment.measure" : latestOf(one) ? "assignment.hand_in_again" : "assignment.hand_in")}</Button>}
			</div>
			<p class="hint">{t(isMeter ? "assignment.measure_hint" : "assignment.hand_in_hint")}</p>
		</div>
	);
};

export const Fill = ({ room, all, one, files }: Props) => {
	const { t } = useSpeech();
	const { template } = one.given;
	const sheet = useSheet(room, one.id, template, `${one.history.length}`);
	const [missing, setMissing] = useState<ReadonlySet<string>>(new Set());
	const [again, setAgain] = useState(false);
	const last = latestOf(one);
	const isMeter = template.kind === "meter";
	if (!isOpen(one)) return null;
	if (one.standing === "submitted" && !again && !isMeter) {
		return (
			<>
				<Notice kind={sheet.view?.ahead ? "warning" : "good"}><p>{t(sheet.view?.ahead ? "assignment.ahead" : "assignment.waits_for_counsellor")}</p></Notice>
				<Button onClick={() => setAgain(true)}>{t("assignment.edit_handed_in")}</Button>
				{last && <Form template={template} answers={last.answers} below={(field) => <Comments all={all} comment={last.comments[field.id]} />} />}
			</>
		);
	}
	if (isMeter && last && !again) return <Button kind="main" onClick={() => setAgain(true)}>{t("assignment.measure_again")}</Button>;
	const { done, of } = progress(template, sheet.answers);
	return (
		<form onSubmit={(event) => event.preventDefault()} noValidate>
			<div class="form-top">
				<p class="progress" id={`progress-${one.id}`}>{t("assignment.progress", { done, of })}</p>
				<progress max={of} value={done} aria-labelledby={`progress-${one.id}`} />
				<Saved sheet={sheet} />
			</div>
			<Form
				template={template} answers={sheet.answers} files={files} missing={missing} onChange={sheet.change}
				below={(field) => <><Comments all={all} comment={last?.comments[field.id]} /><Others field={field} sheet={sheet} /></>}
			/>
			<HandIn
				room={room} one={one} sheet={sheet}
				onMissing={(fields) => {
					setMissing(new Set(fields.map((field) => field.id)));
					if (fields.length === 0) setAgain(false);
				}}
			/>
		</form>
	);
};
