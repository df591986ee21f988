// Absent from one day to another, and who answers meanwhile: one's own, or a colleague's by an administrator.

import { useState } from "preact/hooks";
import { DayField } from "../assignment/day-field.js";
import { dayText, today } from "../assignment/words.js";
import { office } from "../office.js";
import { Button, Notice, useAct } from "../parts.js";
import { say, useSpeech } from "../state.js";
import { forget, type Plan } from "./data.js";

/** Somebody who can answer or take over. */
export interface Colleague {
	readonly user: string;
	readonly name: string;
}

export const Pick = ({ label, hint, value, among, onChange }: { label: string; hint: string; value: string; among: readonly Colleague[]; onChange: (user: string) => void }) => {
	const { t } = useSpeech();
	return (
		<label class="field">
			<span>{label}</span>
			<small class="hint">{hint}</small>
			<select value={value} onChange={(event) => onChange(event.currentTarget.value)}>
				<option value="">{t("absence.nobody")}</option>
				{among.map((one) => <option key={one.user} value={one.user}>{one.name}</option>)}
			</select>
		</label>
	);
};

interface Props {
	readonly plan: Plan | undefined;
	/** Absent: one's own. */
	readonly account?: string;
	readonly among: readonly Colleague[];
	readonly onDone: () => void;
}

export const Absent = ({ plan, account, among, onDone }: Props) => {
	const { t } = useSpeech();
	const [from, setFrom] = useState(plan?.absent_from ?? "");
	const [until, setUntil] = useState(plan?.absent_until ?? "");
	const [deputy, setDeputy] = useState(plan?.deputy ?? "");
	const [tried, attempt] = useState(false);
	const going = useAct();
	const wrong = from === "" || until < from || until < today();
	const put = (body: { from?: string; until?: string; deputy?: string }, word: string): void =>
		void going.act(async () => {
			await office("absence_put", { ...(account === undefined ? {} : { account }), ...body });
			forget();
			say(word);
			onDone();
		});
	const submit = (event: Event): void => {
		event.preventDefault();
		attempt(true);
		if (!wrong) put({ from, until, ...(deputy && { deputy }) }, t("absence.saved"));
	};
	const end = (): void => {
		setFrom("");
		setUntil("");
		setDeputy("");
		put({}, t("absence.ended"));
	};
	const over = plan?.absent_until !== undefined && plan.absent_until < today();
	return (
		<form onSubmit={submit} noValidate>
			<p>{t("absence.text")}</p>
			{plan?.absent_from && plan.absent_until && !over && <p><strong>{t("absence.now", { from: dayText(plan.absent_from), until: dayText(plan.absent_until) })}</strong></p>}
			<DayField label={t("absence.from")} value={from} onChange={setFrom} />
			<DayField label={t("absence.until")} value={until} onChange={setUntil} />
			<Pick label={t("absence.deputy")} hint={t("absence.deputy_hint")} value={deputy} among={among} onChange={setDeputy} />
			{tried && wrong && <Notice kind="error"><p>{t("absence.wrong")}</p></Notice>}
			{going.error && <Notice kind="error"><p>{going.error}</p></Notice>}
			<div class="row">
				<Button type="submit" busy={going.busy}>{t("absence.put")}</Button>
				{plan?.absent_from && <Button busy={going.busy} onClick={end}>{t("absence.end")}</Button>}
			</div>
		</form>
	);
};
