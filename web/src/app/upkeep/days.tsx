// Days that are unlike their weekdays: public holidays, which follow a rule, and exceptions, which somebody wrote.

import { useState } from "preact/hooks";
import { DayField } from "../assignment/day-field.js";
import { dayText } from "../assignment/words.js";
import { office } from "../office.js";
import { Button, Check, Field, Notice, useAct } from "../parts.js";
import { say, useSpeech } from "../state.js";
import { forget, readTime, type Service } from "./data.js";
import { useDayText } from "./words.js";

const FIRST = 6;

const Add = ({ onDone }: { onDone: () => void }) => {
	const { t } = useSpeech();
	const [day, setDay] = useState("");
	const [open, setOpen] = useState(false);
	const [opens, setOpens] = useState("10.00");
	const [closes, setCloses] = useState("14.00");
	const [tried, attempt] = useState(false);
	const going = useAct();
	const wrong = open && !((readTime(opens) ?? 9999) < (readTime(closes) ?? -1));
	const put = (event: Event): void => {
		event.preventDefault();
		attempt(true);
		if (day === "" || wrong) return;
		void going.act(async () => {
			await office("service_day_put", { day, gone: false, ...(open ? { opens: readTime(opens) ?? 0, closes: readTime(closes) ?? 0 } : {}) });
			forget();
			say(t("hours.saved"));
			onDone();
		});
	};
	return (
		<form class="card" onSubmit={put} noValidate>
			<h4>{t("days.add")}</h4>
			<DayField label={t("days.day")} value={day} onChange={setDay} />
			{tried && day === "" && <p class="field-error">{t("days.missing")}</p>}
			<Check label={t("days.open")} checked={open} onChange={setOpen} />
			{open && (
				<div class="row">
					<Field label={t("days.opens")} value={opens} onInput={setOpens} maxLength={5} />
					<Field label={t("days.closes")} value={closes} onInput={setCloses} maxLength={5} error={tried && wrong ? t("hours.wrong") : null} />
				</div>
			)}
			{going.error && <Notice kind="error"><p>{going.error}</p></Notice>}
			<Button type="submit" busy={going.busy}>{t("days.put")}</Button>
		</form>
	);
};

export const Days = ({ of, onDone }: { of: Service; onDone: () => void }) => {
	const { t } = useSpeech();
	const textOf = useDayText();
	const [all, showAll] = useState(false);
	const going = useAct();
	const drop = (day: string): void =>
		void going.act(async () => {
			await office("service_day_put", { day, gone: true });
			forget();
			onDone();
		});
	return (
		<section>
			<h3>{t("days.title")}</h3>
			<p>{t("days.text")}</p>
			{of.days.length === 0 && <p>{t("days.none")}</p>}
			<ul class="sessions">
				{of.days.slice(0, all ? undefined : FIRST).map((one) => (
					<li key={one.day}>
						<div><strong>{dayText(one.day)}</strong><span class="hint">{textOf(one)}</span></div>
						{one.exception && <Button small busy={going.busy} label={t("days.drop_name", { day: dayText(one.day) })} onClick={() => drop(one.day)}>{t("days.drop")}</Button>}
					</li>
				))}
			</ul>
			{of.days.length > FIRST && <Button small onClick={() => showAll(!all)}>{all ? t("todo.fewer") : t("todo.more", { n: of.days.length - FIRST })}</Button>}
			{going.error && <Notice kind="error"><p>{going.error}</p></Notice>}
			<Add key={of.days.length} onDone={onDone} />
		</section>
	);
};
