// One field of a template in the editor: its texts, its options or end words, when it is shown; moved by buttons, or by Alt and the arrows.

import type { ComponentChildren } from "preact";
import { useId } from "preact/hooks";
import { conditionsFor, LIMITS, wordingIn, type Condition, type Field, type Option, type Template, type Wording } from "../../assignment/template.js";
import { Button, Field as Line } from "../parts.js";
import { useSpeech } from "../state.js";
import { firstCondition, lookable, moved, newOption, noWords, setCondition, setField } from "./edit.js";
import { placeKey } from "./faults.js";
import { Select } from "./list.js";
import { useFault, Words } from "./words.js";

interface FieldProps {
	template: Template;
	at: number;
	onChange: (template: Template) => void;
	onMove: (by: 1 | -1) => void;
	onRemove: () => void;
}

interface MoverProps {
	name: string;
	at: number;
	of: number;
	mover: string;
	onMove: (by: 1 | -1) => void;
	onRemove: () => void;
}

const Mover = ({ name, at, of, mover, onMove, onRemove }: MoverProps) => {
	const { t } = useSpeech();
	return (
		<div class="mover" data-mover={mover}>
			<Button small disabled={at === 0} label={t("library.up_label", { name })} onClick={() => onMove(-1)}>{t("library.up")}</Button>
			<Button small disabled={at === of - 1} label={t("library.down_label", { name })} onClick={() => onMove(1)}>{t("library.down")}</Button>
			<Button small kind="danger" label={t("library.remove_label", { name })} onClick={onRemove}>{t("library.remove")}</Button>
		</div>
	);
};

/** Keeps the focus on what was moved; the button that moved it may just have become useless. */
export const focusMover = (mover: string, by: 1 | -1): void =>
	void requestAnimationFrame(() => {
		const buttons = document.querySelectorAll<HTMLButtonElement>(`[data-mover="${mover}"] button`);
		const wanted = by < 0 ? buttons[0] : buttons[1];
		(wanted?.disabled ? buttons[by < 0 ? 1 : 0] : wanted)?.focus();
	});

const Options = ({ template, at, options, onChange }: Pick<FieldProps, "template" | "at" | "onChange"> & { options: readonly Option[] }) => {
	const { t, language } = useSpeech();
	const error = useFault(["fields", at, "options"]);
	const field = template.fields[at]?.id ?? "";
	const set = (next: readonly Option[]): void => onChange(setField(template, at, { options: next } as Partial<Field>));
	const move = (i: number, by: 1 | -1): void => {
		set(moved(options, i, by));
		focusMover(`${field}-${options[i]?.id}`, by);
	};
	return (
		<fieldset class="options" data-place={placeKey(["fields", at, "options"])}>
			<legend>{t("library.options")}</legend>
			{error && <p class="field-error">{error}</p>}
			<ol>
				{options.map((one, i) => (
					<li key={one.id}>
						<Words label={t("library.option", { n: i + 1 })} place={["fields", at, "options", i, "label"]} value={one.label} languages={template.languages}
							onChange={(label) => set(options.map((other, j) => (j === i ? { ...other, label } : other)))} />
						<Mover name={wordingIn(one.label, language) || t("library.option", { n: i + 1 })} at={i} of={options.length} mover={`${field}-${one.id}`}
							onMove={(by) => move(i, by)} onRemove={() => set(options.filter((_, j) => j !== i))} />
					</li>
				))}
			</ol>
			{options.length < LIMITS.options && <Button small icon="plus" onClick={() => set([...options, newOption(options, template.languages)])}>{t("library.add_option")}</Button>}
		</fieldset>
	);
};

const Compared = ({ target, condition, onChange }: { target: Field; condition: Condition; onChange: (value: string | number) => void }) => {
	const { t, language } = useSpeech();
	if (target.kind === "scale" || condition.is === "at_least") {
		const [least, most] = target.kind === "scale" ? [0, 10] : [1, LIMITS.rows];
		const numbers = Array.from({ length: most - least + 1 }, (_, i) => String(i + least));
		return <Select label={t("library.value")} value={String(condition.value)} options={numbers.map((n) => [n, n] as const)} onChange={(n) => onChange(Number(n))} />;
	}
	if (!("options" in target)) return <Line label={t("library.value")} value={String(condition.value)} onInput={onChange} />;
	return (
		<Select label={t("library.value")} value={String(condition.value)} onChange={onChange}
			options={target.options.map((one, i) => [one.id, wordingIn(one.label, language) || t("library.option", { n: i + 1 })] as const)} />
	);
};

const ShowIf = ({ template, at, onChange }: Pick<FieldProps, "template" | "at" | "onChange">) => {
	const { t, language } = useSpeech();
	const place = ["fields", at, "showIf"] as const;
	const errors = [useFault([...place, "field"]), useFault([...place, "is"]), useFault([...place, "value"])].filter(Boolean);
	const condition = template.fields[at]?.showIf;
	const choices = lookable(template, at);
	const target = template.fields.find((one) => one.id === condition?.field);
	if (choices.length === 0 && !condition) return null;
	const set = (next: Condition | null): void => onChange(setCondition(template, at, next));
	const number = (field: Field): number => template.fields.indexOf(field) + 1;
	const choose = (id: string): void => {
		const field = choices.find((one) => one.id === id);
		set(field ? firstCondition(field) : null);
	};
	const name = (field: Field): string => `${number(field)}. ${wordingIn(field.label, language) || t(`library.kind.${field.kind}`)}`;
	return (
		<div class="show-if" data-place={placeKey([...place, "field"])}>
			<Select label={t("library.show_if")} value={condition?.field ?? ""} onChange={choose}
				options={[["", t("library.show_always")], ...choices.map((one) => [one.id, name(one)] as const), ...(target && !choices.includes(target) ? [[target.id, name(target)] as const] : [])]} />
			{condition && target && (
				<>
					<Select label={t("library.is")} value={condition.is} onChange={(is) => set(firstCondition(target, is))}
						options={conditionsFor(target.kind).map((one) => [one, t(`library.is.${one}`)] as const)} />
					<Compared target={target} condition={condition} onChange={(value) => set({ ...condition, value })} />
				</>
			)}
			{errors.map((error, i) => <p class="field-error" key={i}>{error}</p>)}
		</div>
	);
};

const Help = ({ template, at, field, onChange }: Pick<FieldProps, "template" | "at" | "onChange"> & { field: Field }) => {
	const { t } = useSpeech();
	const set = (help: Wording): void => onChange(setField(template, at, { help }));
	if (field.kind === "heading" || field.kind === "help") return null;
	if (!field.help) return <Button small kind="quiet" icon="plus" onClick={() => set(noWords(template.languages))}>{t("library.add_help")}</Button>;
	return <Words label={t("library.help")} hint={t("library.help_hint")} rows={2} place={["fields", at, "help"]} value={field.help} languages={template.languages} onChange={set} />;
};

const Shell = ({ id, title, children, onMove }: { id: string; title: string; children: ComponentChildren; onMove: (by: 1 | -1) => void }) => {
	const name = useId();
	const key = (event: KeyboardEvent): void => {
		if (!event.altKey || (event.key !== "ArrowUp" && event.key !== "ArrowDown")) return;
		event.preventDefault();
		onMove(event.key === "ArrowUp" ? -1 : 1);
	};
	return (
		<section class="field-card" aria-labelledby={name} data-field={id} onKeyDown={key}>
			<h3 id={name}>{title}</h3>
			{children}
		</section>
	);
};

export const FieldEditor = ({ template, at, onChange, onMove, onRemove }: FieldProps) => {
	const { t, language } = useSpeech();
	const field = template.fields[at];
	if (!field) return null;
	const place = ["fields", at] as const;
	const name = `${at + 1}. ${wordingIn(field.label, language) || t(`library.kind.${field.kind}`)}`;
	const words = (member: "label" | "low" | "high", label: string, value: Wording, rows?: number) => (
		<Words label={label} place={[...place, member]} value={value} languages={template.languages} {...(rows ? { rows } : {})}
			onChange={(said) => onChange(setField(template, at, { [member]: said }))} />
	);
	return (
		<Shell id={field.id} title={`${at + 1}. ${t(`library.kind.${field.kind}`)}`} onMove={onMove}>
			<Mover name={name} at={at} of={template.fields.length} mover={field.id} onMove={onMove} onRemove={onRemove} />
			{words("label", t(field.kind === "heading" ? "library.heading" : field.kind === "help" ? "library.paragraph" : "library.question"), field.label, field.kind === "help" ? 4 : undefined)}
			{"low" in field && <div class="ends">{words("low", t("library.low"), field.low)}{words("high", t("library.high"), field.high)}</div>}
			{"options" in field && <Options template={template} at={at} options={field.options} onChange={onChange} />}
			<Help template={template} at={at} field={field} onChange={onChange} />
			<ShowIf template={template} at={at} onChange={onChange} />
		</Shell>
	);
};
