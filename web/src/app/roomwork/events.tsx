// What has happened: met, called, applied, visited. Both write it down.

import { useId, useState } from "preact/hooks";
import { EVENTS, LIMITS, tidy, type Day, type EventWhat } from "../../roomwork/content.js";
import type { Entity } from "../../roomwork/work.js";
import { Button, Dialog, Field, Menu, useAct } from "../parts.js";
import { useSpeech } from "../state.js";
import { DayField, shown, today } from "./day.js";
import { Failed, History, Part, Traced, type PartProps } from "./parts.js";

type Happened = Entity<"event">;

const Edit = ({ working, one, onClose }: PartProps & { one?: Happened | undefined; onClose: () => void }) => {
	const { t } = useSpeech();
	const id = useId();
	const [what, setWhat] = useState<EventWhat>(one?.fields.what ?? "met");
	const [on, setOn] = useState<Day | undefined>(one?.fields.on ?? today());
	const [text, setText] = useState(one?.fields.text ?? "");
	const saving = useAct();
	const save = (event: Event): void => {
		event.preventDefault();
		if (on === undefined || on === "") return;
		const set = { what, on, text: tidy(text) };
		void saving.act(() => (one ? working.change(one, set) : working.make("event", set))).then((done) => done && onClose());
	};
	return (
		<Dialog title={t(one ? "plan.event_edit" : "plan.event_add")} onClose={onClose}>
			<form onSubmit={save} noValidate>
				<div class="field">
					<label for={id}>{t("plan.event_what")}</label>
					<select id={id} value={what} onChange={(event) => setWhat(event.currentTarget.value as EventWhat)}>
						{EVENTS.map((one) => <option key={one} value={one}>{t(`plan.what.${one}`)}</option>)}
					</select>
				</div>
				<DayField label={t("plan.event_on")} value={on ?? ""} onChange={setOn} required />
				<Field label={t("plan.event_text")} value={text} onInput={setText} rows={3} maxLength={LIMITS.event} />
				<Failed acting={saving} />
				<Button kind="main" type="submit" busy={saving.busy}>{t("plan.save")}</Button>
			</form>
		</Dialog>
	);
};

const Line = ({ working, may, one }: PartProps & { one: Happened }) => {
	const { t } = useSpeech();
	const [asked, ask] = useState<"edit" | "history" | null>(null);
	const acting = useAct();
	const { what, on, text } = one.fields;
	const title = `${shown(on)} ${t(`plan.what.${what}`)}`;
	const remove = (): void => void acting.act(() => working.change(one, { gone: true }));
	return (
		<div class="plan-line">
			<p><strong>{title}</strong></p>
			<Menu label={t("plan.acts_of", { text: title })} icon="more">
				{may && <button type="button" onClick={() => ask("edit")}>{t("plan.edit")}</button>}
				<button type="button" onClick={() => ask("history")}>{t("plan.history")}</button>
				{may && <button type="button" onClick={remove}>{t("plan.remove")}</button>}
			</Menu>
			{text !== "" && <p class="text plan-more" dir="auto">{text}</p>}
			<Traced trace={one.changed} made={one.history.length === 0} />
			<Failed acting={acting} />
			{asked === "edit" && <Edit working={working} may={may} one={one} onClose={() => ask(null)} />}
			{asked === "history" && <History entity={one as Entity} onClose={() => ask(null)} />}
		</div>
	);
};

export const Events = ({ working, may }: PartProps) => {
	const { t } = useSpeech();
	const [adding, add] = useState(false);
	const events = working.work?.events ?? [];
	return (
		<Part title={t("plan.events")}>
			{events.length === 0 && <p>{t("plan.events_none")}</p>}
			<ul class="plan-list">{events.map((one) => <li key={one.id}><Line working={working} may={may} one={one} /></li>)}</ul>
			{may && <Button icon="plus" small onClick={() => add(true)}>{t("plan.event_add")}</Button>}
			{adding && <Edit working={working} may={may} onClose={() => add(false)} />}
		</Part>
	);
};

/** What was taken away, of every kind: it can be brought back. */
export const Gone = ({ working, may }: PartProps) => {
	const { t } = useSpeech();
	const acting = useAct();
	const gone = working.work?.gone ?? [];
	if (gone.length === 0) return null;
	const nameOf = (one: Entity): string => ("name" in one.fields ? one.fields.name : one.fields.text || shown("on" in one.fields ? one.fields.on : ""));
	const back = (one: Entity): void => void acting.act(() => working.change(one, { gone: false }));
	return (
		<details class="plan-gone">
			<summary>{t("plan.gone", { count: gone.length })}</summary>
			<ul class="plan-list">
				{gone.map((one) => (
					<li key={one.id} class="plan-line">
						<p>{t(`plan.type.${one.type}`)}: {nameOf(one).slice(0, 120)}</p>
						{may && <Button small busy={acting.busy} label={t("plan.back_of", { text: nameOf(one).slice(0, 60) })} onClick={() => back(one)}>{t("plan.back")}</Button>}
					</li>
				))}
			</ul>
			<Failed acting={acting} />
		</details>
	);
};
