// How the organisation's recovery key stands, and its rehearsals: a key that nobody tries opens nothing on the day it is needed.

import { useEffect, useState } from "preact/hooks";
import type { Ops } from "../../gen/proto.js";
import { DayField } from "../assignment/day-field.js";
import { dayText, today } from "../assignment/words.js";
import { office } from "../office.js";
import { Button, Field, Loading, Notice, useAct } from "../parts.js";
import { say, use, useSpeech } from "../state.js";

type Standing = Ops["recovery_state"]["out"];

const Record = ({ onDone }: { onDone: () => void }) => {
	const { t } = useSpeech();
	const [day, setDay] = useState(today());
	const [note, setNote] = useState("");
	const going = useAct();
	const put = (event: Event): void => {
		event.preventDefault();
		if (day !== "") void going.act(async () => {
			await office("recovery_rehearse", { held_on: day, note: note.trim() });
			say(t("rehearsal.saved"));
			onDone();
		});
	};
	return (
		<form class="card" onSubmit={put} noValidate>
			<h3>{t("rehearsal.record")}</h3>
			<ol>
				<li>{t("rehearsal.step_sheets")}</li>
				<li>{t("rehearsal.step_page")}</li>
				<li>{t("rehearsal.step_stop")}</li>
			</ol>
			<DayField label={t("rehearsal.day")} value={day} onChange={setDay} />
			<Field label={t("rehearsal.note")} hint={t("rehearsal.note_hint")} value={note} onInput={setNote} maxLength={200} />
			{going.error && <Notice kind="error"><p>{going.error}</p></Notice>}
			<Button type="submit" busy={going.busy}>{t("rehearsal.put")}</Button>
		</form>
	);
};

export const Rehearsal = () => {
	const { t, format } = useSpeech();
	const admin = use((all) => all.self?.role === "admin");
	const [at, know] = useState<Standing | null>(null);
	const asking = useAct();
	const bring = (): void => void asking.act(async () => know(await office("recovery_state", {})));
	useEffect(bring, []);
	if (asking.error) return <Notice kind="error"><p>{asking.error}</p><Button small onClick={bring}>{t("loading.again")}</Button></Notice>;
	if (!at) return <Loading text={t("loading.page")} />;
	if (at.made_at === undefined) return <p>{t("rehearsal.no_keys")}</p>;
	const due = at.due_on !== undefined && at.due_on <= today();
	return (
		<>
			{due && <Notice kind="warning"><p>{t("rehearsal.due")}</p></Notice>}
			<dl class="opening">
				<dt>{t("rehearsal.key")}</dt>
				<dd>{format.date(at.key_at ?? at.made_at)}</dd>
				<dt>{t("rehearsal.openings")}</dt>
				<dd>{at.opened_at === undefined ? t("rehearsal.never_opened") : t("rehearsal.opened", { n: at.openings, on: at.opened_at })}</dd>
				<dt>{t("rehearsal.last")}</dt>
				<dd>{at.rehearsed_on === undefined ? t("rehearsal.never") : dayText(at.rehearsed_on)}{at.note ? ` (${at.note})` : ""}</dd>
				<dt>{t("rehearsal.next")}</dt>
				<dd>{dayText(at.due_on ?? "")}</dd>
			</dl>
			{admin && <Record key={at.rehearsed_on} onDone={bring} />}
		</>
	);
};
