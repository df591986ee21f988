// The phases of the guidance: staff begin and end them; the client sees where things are.

import { useId, useState } from "preact/hooks";
import { LIMITS, tidy, type Day } from "../../roomwork/content.js";
import { phaseNow, type Entity } from "../../roomwork/work.js";
import { Button, Dialog, Menu, useAct } from "../parts.js";
import { useSpeech } from "../state.js";
import { DayField, shown, today } from "./day.js";
import { Failed, History, Part, useStaff, type PartProps } from "./parts.js";

type Phase = Entity<"phase">;

const SUGGESTED = ["start", "mapping", "goals", "doing", "review", "ending"] as const;

/** The name in own words, or one of the usual ones. */
const NameField = ({ value, onInput, error }: { value: string; onInput: (name: string) => void; error: string | null }) => {
	const { t } = useSpeech();
	const id = useId();
	return (
		<div class="field">
			<label for={id}>{t("plan.phase_label")}</label>
			<p class="hint" id={`${id}-hint`}>{t("plan.phase_hint")}</p>
			<input id={id} list={`${id}-list`} value={value} maxLength={LIMITS.name} autocomplete="off" aria-describedby={`${id}-hint${error ? ` ${id}-error` : ""}`} aria-invalid={error ? true : undefined} onInput={(event) => onInput(event.currentTarget.value)} />
			<datalist id={`${id}-list`}>{SUGGESTED.map((one) => <option key={one} value={t(`plan.phase.${one}`)} />)}</datalist>
			{error && <p class="field-error" id={`${id}-error`}>{error}</p>}
		</div>
	);
};

const Edit = ({ working, one, onClose }: PartProps & { one?: Phase | undefined; onClose: () => void }) => {
	const { t } = useSpeech();
	const [name, setName] = useState(one?.fields.name ?? "");
	const [begins, setBegins] = useState<Day | undefined>(one?.fields.begins ?? today());
	const [ends, setEnds] = useState<Day | undefined>(one?.fields.ends ?? "");
	const [tried, tries] = useState(false);
	const saving = useAct();
	const turned = begins !== undefined && ends !== undefined && ends !== "" && begins > ends;
	const save = (event: Event): void => {
		event.preventDefault();
		tries(true);
		if (tidy(name) === "" || begins === undefined || ends === undefined || turned) return;
		const set = { name: tidy(name), begins, ends };
		void saving.act(() => (one ? working.change(one, set) : working.make("phase", set))).then((done) => done && onClose());
	};
	return (
		<Dialog title={t(one ? "plan.phase_edit" : "plan.phase_add")} onClose={onClose}>
			<form onSubmit={save} noValidate>
				<NameField value={name} onInput={setName} error={tried && tidy(name) === "" ? t("plan.text_missing") : null} />
				<DayField label={t("plan.begins")} value={begins ?? ""} onChange={setBegins} />
				<DayField label={t("plan.ends")} value={ends ?? ""} onChange={setEnds} />
				{tried && turned && <p class="field-error" role="alert">{t("plan.turned")}</p>}
				<Failed acting={saving} />
				<Button kind="main" type="submit" busy={saving.busy}>{t("plan.save")}</Button>
			</form>
		</Dialog>
	);
};

const Line = ({ working, may, one, now }: PartProps & { one: Phase; now: boolean }) => {
	const { t } = useSpeech();
	const [asked, ask] = useState<"edit" | "history" | null>(null);
	const acting = useAct();
	const { name, begins, ends } = one.fields;
	const set = (what: Partial<Phase["fields"]>) => (): void => void acting.act(() => working.change(one, what));
	return (
		<div class="plan-line">
			<p>
				<strong>{name}</strong> {now && <span class="badge">{t("plan.now")}</span>}
			</p>
			<Menu label={t("plan.acts_of", { text: name })} icon="more">
				{may && <button type="button" onClick={() => ask("edit")}>{t("plan.edit")}</button>}
				{may && ends === "" && <button type="button" onClick={set({ ends: today() })}>{t("plan.phase_end")}</button>}
				<button type="button" onClick={() => ask("history")}>{t("plan.history")}</button>
				{may && <button type="button" onClick={set({ gone: true })}>{t("plan.remove")}</button>}
			</Menu>
			{(begins !== "" || ends !== "") && <p class="hint plan-more">{`${shown(begins)} – ${shown(ends)}`.trim()}</p>}
			<Failed acting={acting} />
			{asked === "edit" && <Edit working={working} may={may} one={one} onClose={() => ask(null)} />}
			{asked === "history" && <History entity={one as Entity} onClose={() => ask(null)} />}
		</div>
	);
};

export const Phases = ({ working, may }: PartProps) => {
	const { t } = useSpeech();
	const staff = useStaff();
	const [adding, add] = useState(false);
	const phases = working.work?.phases ?? [];
	const now = phaseNow(phases, today());
	if (!staff && phases.length === 0) return null;
	return (
		<Part title={t("plan.phases")}>
			{phases.length === 0 && <p>{t("plan.phases_none")}</p>}
			<ol class="plan-list">{phases.map((one) => <li key={one.id}><Line working={working} may={may && staff} one={one} now={one.id === now?.id} /></li>)}</ol>
			{may && staff && <Button icon="plus" small onClick={() => add(true)}>{t("plan.phase_add")}</Button>}
			{adding && <Edit working={working} may={may} onClose={() => add(false)} />}
		</Part>
	);
};
