// When the service is open, within how many working days it answers, and what all rooms are told meanwhile.

import { useEffect, useState } from "preact/hooks";
import { DayField } from "../assignment/day-field.js";
import { today } from "../assignment/words.js";
import { office } from "../office.js";
import { Button, Check, Field, Loading, Notice, useAct } from "../parts.js";
import { say, useSpeech } from "../state.js";
import { forget, readTime, timeText, type Hours, type Service } from "./data.js";
import { Days } from "./days.js";
import { useWeekday } from "./words.js";

const WEEK = [1, 2, 3, 4, 5, 6, 7] as const;
const LANGUAGES = [["fi", "Suomi"], ["sv", "Svenska"], ["en", "English"]] as const;
const AHEAD = 400;
const MOST_PROMISED = 30;

interface Typed {
	readonly open: boolean;
	readonly opens: string;
	readonly closes: string;
}

const typedOf = (hours: readonly Hours[]): Typed[] =>
	WEEK.map((weekday) => {
		const found = hours.find((one) => one.weekday === weekday);
		return { open: found !== undefined, opens: timeText(found?.opens ?? 540), closes: timeText(found?.closes ?? 900) };
	});

const isWrong = ({ open, opens, closes }: Typed): boolean => open && !((readTime(opens) ?? 9999) < (readTime(closes) ?? -1));

const Week = ({ week, tried, onChange }: { week: readonly Typed[]; tried: boolean; onChange: (week: readonly Typed[]) => void }) => {
	const { t } = useSpeech();
	const nameOf = useWeekday();
	const change = (i: number, part: Partial<Typed>): void => onChange(week.map((one, at) => (at === i ? { ...one, ...part } : one)));
	return (
		<fieldset>
			<legend>{t("hours.week")}</legend>
			<p class="hint">{t("hours.time_hint")}</p>
			<ul class="week">
				{week.map((one, i) => (
					<li key={i}>
						<Check label={nameOf(i + 1)} checked={one.open} onChange={(open) => change(i, { open })} />
						{one.open && (
							<>
								<Field label={t("hours.opens_on", { day: nameOf(i + 1) })} value={one.opens} onInput={(opens) => change(i, { opens })} maxLength={5} />
								<Field label={t("hours.closes_on", { day: nameOf(i + 1) })} value={one.closes} onInput={(closes) => change(i, { closes })} maxLength={5} error={tried && isWrong(one) ? t("hours.wrong") : null} />
							</>
						)}
					</li>
				))}
			</ul>
		</fieldset>
	);
};

const NoticeTexts = ({ texts, until, wrong, onTexts, onUntil }: { texts: readonly string[]; until: string; wrong: boolean; onTexts: (texts: readonly string[]) => void; onUntil: (day: string) => void }) => {
	const { t } = useSpeech();
	return (
		<fieldset>
			<legend>{t("hours.notice")}</legend>
			<p class="hint">{t("hours.notice_hint")}</p>
			{LANGUAGES.map(([key, name], i) => (
				<Field key={key} label={`${t("hours.notice")} (${name})`} rows={2} maxLength={300} value={texts[i] ?? ""} error={wrong && i === 0 ? t("hours.notice_finnish") : null}
					onInput={(text) => onTexts(texts.map((one, at) => (at === i ? text : one)))} />
			))}
			<DayField label={t("hours.notice_until")} hint={t("hours.notice_until_hint")} value={until} onChange={onUntil} />
			{texts.some((one) => one.trim() !== "") && (
				<div class="promise">
					<p class="hint">{t("hours.preview")}</p>
					{LANGUAGES.map(([key], i) => <p key={key} lang={key} class="text">{texts[i]?.trim() || texts[0]}</p>)}
				</div>
			)}
		</fieldset>
	);
};

const Form = ({ of, onDone }: { of: Service; onDone: () => void }) => {
	const { t } = useSpeech();
	const [week, setWeek] = useState<readonly Typed[]>(typedOf(of.hours));
	const [promise, setPromise] = useState(String(of.promise_days ?? ""));
	const [holidays, setHolidays] = useState(of.holidays);
	const [texts, setTexts] = useState<readonly string[]>(of.notice.length === 3 ? of.notice : ["", "", ""]);
	const [until, setUntil] = useState(of.notice_until ?? "");
	const [tried, attempt] = useState(false);
	const going = useAct();
	const days = promise.trim() === "" ? undefined : Number(promise);
	const badPromise = days !== undefined && !(Number.isInteger(days) && days >= 1 && days <= MOST_PROMISED);
	const badNotice = texts[0]?.trim() === "" && texts.some((one) => one.trim() !== "");
	const save = (event: Event): void => {
		event.preventDefault();
		attempt(true);
		if (badPromise || badNotice || week.some(isWrong)) return;
		const hours = week.flatMap((one, i) => (one.open ? [{ weekday: i + 1, opens: readTime(one.opens) ?? 0, closes: readTime(one.closes) ?? 0 }] : []));
		void going.act(async () => {
			await office("service_put", { holidays, hours, notice: texts.map((one) => one.trim()), ...(days === undefined ? {} : { promise_days: days }), ...(until && texts[0]?.trim() ? { notice_until: until } : {}) });
			forget();
			say(t("hours.saved"));
			onDone();
		});
	};
	return (
		<form onSubmit={save} noValidate>
			<Field label={t("hours.promise")} hint={t("hours.promise_hint")} value={promise} onInput={setPromise} maxLength={2} error={tried && badPromise ? t("hours.promise_wrong") : null} />
			<Week week={week} tried={tried} onChange={setWeek} />
			<Check label={t("hours.holidays")} hint={t("hours.holidays_hint")} checked={holidays} onChange={setHolidays} />
			<NoticeTexts texts={texts} until={until} wrong={tried && badNotice} onTexts={setTexts} onUntil={setUntil} />
			{until !== "" && until < today() && <Notice kind="warning"><p>{t("hours.notice_over")}</p></Notice>}
			{tried && (badPromise || badNotice || week.some(isWrong)) && <Notice kind="error"><p>{t("hours.look")}</p></Notice>}
			{going.error && <Notice kind="error"><p>{going.error}</p></Notice>}
			<Button kind="main" type="submit" busy={going.busy}>{t("hours.save")}</Button>
		</form>
	);
};

export const OpeningHours = () => {
	const { t } = useSpeech();
	const [service, setService] = useState<Service | null>(null);
	const [round, next] = useState(0);
	const asking = useAct();
	const bring = (): void => void asking.act(async () => {
		setService(await office("service_get", { days: AHEAD }));
		next((n) => n + 1);
	});
	useEffect(bring, []);
	if (asking.error) return <Notice kind="error"><p>{asking.error}</p><Button small onClick={bring}>{t("loading.again")}</Button></Notice>;
	if (!service) return <Loading text={t("loading.page")} />;
	return (
		<>
			<Form key={round} of={service} onDone={bring} />
			<Days of={service} onDone={bring} />
		</>
	);
};
