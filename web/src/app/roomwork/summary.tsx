// The summary at the end: written as a draft that only staff read, then given to the room, where the client reads it and takes it along.

import { useEffect, useState } from "preact/hooks";
import { LIMITS, tidy } from "../../roomwork/content.js";
import type { Entity } from "../../roomwork/work.js";
import { Button, Field, Notice, useAct } from "../parts.js";
import { say, useSpeech } from "../state.js";
import { Failed, History, Part, Traced, useStaff, type PartProps } from "./parts.js";
import type { Working } from "./use-work.js";

const Given = ({ given }: { given: Entity<"summary"> }) => {
	const { t } = useSpeech();
	const [asked, ask] = useState(false);
	return (
		<div class="plan-given">
			<p class="text" dir="auto">{given.fields.text}</p>
			<Traced trace={given.changed} made={given.history.length === 0} />
			{given.history.length > 0 && <button type="button" class="link" onClick={() => ask(true)}>{t("plan.history")}</button>}
			{asked && <History entity={given as Entity} onClose={() => ask(false)} />}
		</div>
	);
};

/** `onGiven` is told when the room has it. */
export const Writing = ({ working, onGiven }: { working: Working; onGiven?: () => void }) => {
	const { t } = useSpeech();
	const draft = working.notes.find(({ summary, mine }) => summary && mine);
	const theirs = working.notes.find(({ summary, mine }) => summary && !mine);
	const given = working.work?.summary;
	const start = draft && (!given || draft.changedAt > given.changed.at) ? draft.text : (given?.fields.text ?? "");
	const [text, setText] = useState(start);
	const [typed, setTyped] = useState(false);
	useEffect(() => {
		if (!typed) setText(start);
	}, [start]);
	const saving = useAct();
	const said = tidy(text);
	const input = (next: string): void => {
		setTyped(true);
		setText(next);
	};
	const keep = (): void =>
		void saving.act(() => working.note({ type: "summary", of: draft?.id ?? "", text: said })).then((done) => done && (setTyped(false), say(t("plan.summary_kept"))));
	const give = (): void =>
		void saving.act(() => (given ? working.change(given, { text: said }) : working.make("summary", { text: said }))).then((done) => {
			if (!done) return;
			setTyped(false);
			say(t("plan.summary_given"));
			onGiven?.();
		});
	const same = given?.fields.text === said;
	return (
		<>
			{theirs && !draft && <Notice kind="info" title={t("plan.summary_theirs", { who: theirs.name })}><p class="text">{theirs.text}</p></Notice>}
			<Field label={t("plan.summary_label")} hint={t("plan.summary_hint")} value={text} onInput={input} rows={6} maxLength={LIMITS.long} />
			<Failed acting={saving} />
			<div class="row">
				<Button small busy={saving.busy} disabled={said === "" || said === draft?.text} onClick={keep}>{t("plan.summary_keep")}</Button>
				<Button small kind="main" busy={saving.busy} disabled={said === "" || same} onClick={give}>{t("plan.summary_give")}</Button>
			</div>
		</>
	);
};

export const SummaryPart = ({ working, may }: PartProps) => {
	const { t } = useSpeech();
	const staff = useStaff();
	const given = working.work?.summary;
	if (!staff && !given) return null;
	return (
		<Part title={t("plan.summary")}>
			{given ? <Given given={given} /> : <p>{t("plan.summary_none")}</p>}
			{staff && may && <Writing working={working} />}
		</Part>
	);
};
