// The counsellor's side of one assignment: what was answered, a comment at each field, and what comes of it. Each act may be taken back.

import { useState } from "preact/hooks";
import { LIMITS } from "../../assignment/types.js";
import { ROOM_LIMITS } from "../../assignment/room-content.js";
import { latestOf, type Submission } from "../../assignment/room-state.js";
import type { Id } from "../../client/api.js";
import type { ActInput, AssignmentsView, AssignmentView } from "../../client/assignments-api.js";
import { engine } from "../engine.js";
import { Button, Field, Notice, useAct } from "../parts.js";
import { say, useSpeech } from "../state.js";
import { Comments } from "./comments.js";
import { Form } from "./form.js";
import { isOpen } from "./history.js";
import { askAgain } from "./use-assignments.js";

interface Props {
	room: Id;
	all: AssignmentsView;
	one: AssignmentView;
	open: boolean;
}

type Written = Readonly<Record<string, string>>;

const CommentField = ({ label, value, onInput }: { label: string; value: string | undefined; onInput: (text: string | undefined) => void }) => {
	const { t } = useSpeech();
	if (value === undefined) return <Button small kind="quiet" label={t("assignment.comment_open", { label })} onClick={() => onInput("")}>{t("assignment.comment")}</Button>;
	return <Field label={t("assignment.comment_on", { label })} value={value} rows={3} maxLength={ROOM_LIMITS.comment} onInput={onInput} />;
};

/** Acts, one at a time; what was told goes to a screen reader. */
const useActs = (room: Id, one: AssignmentView) => {
	const { t } = useSpeech();
	const running = useAct();
	const run = (input: ActInput, told: "comment" | "return" | "accept" | "withdraw" | "undo"): Promise<boolean> =>
		running.act(async () => {
			await engine().work("actOnAssignment", room, one.id, input);
			say(t(`assignment.told.${told}`));
			askAgain();
		});
	return { ...running, run };
};

const Undo = ({ room, one }: Props) => {
	const { t } = useSpeech();
	const { busy, error, run } = useActs(room, one);
	if (!one.undo) return null;
	const { id } = one.undo;
	return (
		<>
			{error && <Notice kind="error"><p>{error}</p></Notice>}
			<Button small busy={busy} onClick={() => void run({ act: "undo", about: id, word: "", comments: {} }, "undo")}>{t(`assignment.undo.${one.standing as "returned" | "accepted" | "withdrawn"}`)}</Button>
		</>
	);
};

const Withdraw = ({ room, one }: Props) => {
	const { t } = useSpeech();
	const [asking, ask] = useState(false);
	const { busy, error, run } = useActs(room, one);
	if (!isOpen(one)) return null;
	if (!asking) return <Button small kind="quiet" onClick={() => ask(true)}>{t("assignment.withdraw")}</Button>;
	return (
		<div class="confirm" role="group" aria-label={t("assignment.withdraw")}>
			<p>{t("assignment.withdraw_text")}</p>
			{error && <Notice kind="error"><p>{error}</p></Notice>}
			<div class="row">
				<Button kind="danger" busy={busy} onClick={() => void run({ act: "withdraw", about: "", word: "", comments: {} }, "withdraw").then((done) => done && ask(false))}>{t("assignment.withdraw_yes")}</Button>
				<Button onClick={() => ask(false)}>{t("assignment.cancel")}</Button>
			</div>
		</div>
	);
};

const Judging = ({ room, one, last, comments, onDone }: Props & { last: Submission; comments: Written; onDone: () => void }) => {
	const { t } = useSpeech();
	const [word, setWord] = useState("");
	const { busy, error, run } = useActs(room, one);
	const written = Object.values(comments).some((text) => text.trim() !== "");
	const act = (what: "comment" | "return" | "accept"): void =>
		void run({ act: what, about: last.id, word: word.trim(), comments }, what).then((done) => {
			if (!done) return;
			setWord("");
			onDone();
		});
	return (
		<section class="judging">
			<Field label={t("assignment.word_back")} hint={t("assignment.word_back_hint")} value={word} rows={3} maxLength={ROOM_LIMITS.word} onInput={setWord} />
			{error && <Notice kind="error"><p>{error}</p></Notice>}
			<div class="row">
				<Button kind="main" icon="check" busy={busy} onClick={() => act("accept")}>{t("assignment.accept")}</Button>
				{one.standing === "submitted" && <Button busy={busy} onClick={() => act("return")}>{t("assignment.return")}</Button>}
				{(written || word.trim() !== "") && <Button kind="quiet" busy={busy} onClick={() => act("comment")}>{t("assignment.only_comment")}</Button>}
			</div>
		</section>
	);
};

const Earlier = ({ all, one, last }: Pick<Props, "all" | "one"> & { last: Submission | undefined }) => {
	const { t } = useSpeech();
	const others = one.submissions.filter((s) => s !== last).reverse();
	return (
		<>
			{others.map((s) => (
				<details key={s.id} class="earlier">
					<summary>{t(s.late ? "assignment.late_version" : "assignment.earlier_version", { day: s.at, time: s.at })}</summary>
					<Form template={one.given.template} answers={s.answers} below={(field) => <Comments all={all} comment={s.comments[field.id]} />} />
				</details>
			))}
		</>
	);
};

export const Review = (props: Props) => {
	const { all, one, open } = props;
	const { t, language } = useSpeech();
	const [comments, setComments] = useState<Written>({});
	const last = latestOf(one);
	const isMeter = one.given.template.kind === "meter";
	const judged = open && isOpen(one) && !isMeter && last !== undefined;
	const comment = (field: string, text: string | undefined): void => setComments((old) => ({ ...old, [field]: text ?? "" }));
	return (
		<>
			{!last && isOpen(one) && <p class="lead-quiet">{t(isMeter ? "assignment.not_measured" : "assignment.not_answered")}</p>}
			{last && !isMeter && (
				<Form
					template={one.given.template} answers={last.answers}
					below={(field) => (
						<>
							<Comments all={all} comment={last.comments[field.id]} />
							{judged && <CommentField label={field.label[language as "fi"] ?? Object.values(field.label)[0] ?? ""} value={comments[field.id]} onInput={(text) => comment(field.id, text?.slice(0, 2 * LIMITS.long))} />}
						</>
					)}
				/>
			)}
			{!last && !isMeter && <details class="earlier"><summary>{t("assignment.show_form")}</summary><Form template={one.given.template} answers={{}} /></details>}
			{judged && last && <Judging {...props} last={last} comments={comments} onDone={() => setComments({})} />}
			<Earlier all={all} one={one} last={isMeter ? undefined : last} />
			{open && <div class="row"><Undo {...props} /><Withdraw {...props} /></div>}
		</>
	);
};
