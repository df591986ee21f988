// The terms of an agreement as a form, for a template and for an agreement's draft.

import { CLAUSES, DATA, KEPT, PERSONS, type KeptType, type SubProcessor, type Terms } from "../../agreement/terms.js";
import { DayField } from "../assignment/day-field.js";
import { Button, Check, Choice, Field } from "../parts.js";
import { useSpeech } from "../state.js";

interface Props {
	readonly terms: Terms;
	/** Members that are missing or wrong, once somebody has tried to save. */
	readonly faults: readonly string[];
	readonly onChange: (piece: Partial<Terms>) => void;
}

const toggled = <T extends string>(all: readonly T[], chosen: readonly T[], one: T, on: boolean): readonly T[] => all.filter((x) => (x === one ? on : chosen.includes(x)));

const Words = ({ terms, faults, onChange }: Props) => {
	const { t } = useSpeech();
	return (
		<>
			{CLAUSES.map((clause) => (
				<Field key={clause} label={t(`agreement.term.${clause}`)} value={terms[clause]} rows={3} maxLength={2000} error={faults.includes(clause) ? t("agreement.missing") : null}
					onInput={(text) => onChange({ [clause]: text })} />
			))}
		</>
	);
};

const Lists = ({ terms, faults, onChange }: Props) => {
	const { t } = useSpeech();
	return (
		<>
			<fieldset class="choice">
				<legend>{t("agreement.term.data")}</legend>
				{faults.includes("data") && <p class="field-error">{t("agreement.missing")}</p>}
				{DATA.map((one) => <Check key={one} label={t(`agreement.data.${one}`)} checked={terms.data.includes(one)} onChange={(on) => onChange({ data: toggled(DATA, terms.data, one, on) })} />)}
			</fieldset>
			<fieldset class="choice">
				<legend>{t("agreement.term.persons")}</legend>
				{faults.includes("persons") && <p class="field-error">{t("agreement.missing")}</p>}
				{PERSONS.map((one) => <Check key={one} label={t(`agreement.person.${one}`)} checked={terms.persons.includes(one)} onChange={(on) => onChange({ persons: toggled(PERSONS, terms.persons, one, on) })} />)}
			</fieldset>
			<Field label={t("agreement.term.security")} hint={t("agreement.term.security_hint")} value={terms.security.join("\n")} rows={6} error={faults.includes("security") ? t("agreement.missing") : null}
				onInput={(text) => onChange({ security: text.split("\n").filter((line) => line.trim() !== "") })} />
		</>
	);
};

const Subs = ({ terms, faults, onChange }: Props) => {
	const { t } = useSpeech();
	const set = (i: number, piece: Partial<SubProcessor>): void => onChange({ subprocessors: terms.subprocessors.map((one, at) => (at === i ? { ...one, ...piece } : one)) });
	return (
		<fieldset class="group">
			<legend>{t("agreement.term.subprocessors")}</legend>
			{faults.includes("subprocessors") && <p class="field-error">{t("agreement.sub.wrong")}</p>}
			{terms.subprocessors.length === 0 && <p>{t("agreement.sub.none")}</p>}
			{terms.subprocessors.map((one, i) => (
				<div class="field-card words" key={i}>
					<Field label={t("agreement.name")} value={one.name} maxLength={100} onInput={(name) => set(i, { name })} />
					<Field label={t("agreement.business_id")} value={one.business_id} maxLength={9} onInput={(business_id) => set(i, { business_id: business_id.trim() })} />
					<Field label={t("agreement.sub.country")} value={one.country} maxLength={30} onInput={(country) => set(i, { country })} />
					<Field label={t("agreement.sub.task")} value={one.task} maxLength={200} onInput={(task) => set(i, { task })} />
					<Button small label={t("agreement.sub.remove", { name: one.name || String(i + 1) })} onClick={() => onChange({ subprocessors: terms.subprocessors.filter((_, at) => at !== i) })}>{t("agreement.remove")}</Button>
				</div>
			))}
			{terms.subprocessors.length < 20 && <Button small icon="plus" onClick={() => onChange({ subprocessors: [...terms.subprocessors, { name: "", business_id: "", country: "Suomi", task: "" }] })}>{t("agreement.sub.add")}</Button>}
		</fieldset>
	);
};

const Limits = ({ terms, faults, onChange }: Props) => {
	const { t } = useSpeech();
	const keep = (kind: KeptType, text: string): void => onChange({ retention: { ...terms.retention, [kind]: text.trim() === "" ? 0 : Number(text) } });
	return (
		<fieldset class="group">
			<legend>{t("agreement.term.retention")}</legend>
			<p class="hint">{t("agreement.term.retention_hint")}</p>
			{faults.includes("retention") && <p class="field-error">{t("agreement.kept.wrong")}</p>}
			<div class="words">
				{KEPT.map((kind) => <Field key={kind} type="text" label={t(`agreement.kept.${kind}`)} value={terms.retention[kind] ? String(terms.retention[kind]) : ""} maxLength={5} onInput={(text) => keep(kind, text)} />)}
			</div>
		</fieldset>
	);
};

export const TermsForm = (props: Props) => {
	const { t } = useSpeech();
	const { terms, faults, onChange } = props;
	return (
		<>
			<Words {...props} />
			<Lists {...props} />
			<Subs {...props} />
			<Limits {...props} />
			<DayField label={t("agreement.term.ends")} hint={t("agreement.term.ends_hint")} value={terms.ends ?? ""} onChange={(day) => onChange({ ends: day || null })} />
			{faults.includes("ends") && <p class="field-error">{t("agreement.ends_before")}</p>}
			<Choice legend={t("agreement.term.at_end")} value={terms.at_end} options={[["return", t("agreement.at_end.return")], ["delete", t("agreement.at_end.delete")]] as const} onChange={(at_end) => onChange({ at_end })} />
			<Field label={t("agreement.term.end_days")} value={String(terms.end_days)} maxLength={3} error={faults.includes("end_days") ? t("agreement.kept.wrong") : null} onInput={(text) => onChange({ end_days: Number(text) })} />
			<Check label={t("agreement.term.training_required")} checked={terms.training_required} onChange={(training_required) => onChange({ training_required })} />
			<Field label={t("agreement.term.other")} value={terms.other} rows={3} maxLength={4000} onInput={(other) => onChange({ other })} />
		</>
	);
};
