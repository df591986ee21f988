// The one renderer of templates: a client fills it in, a counsellor reads what was answered, the library shows it before it is used.

import type { ComponentChildren } from "preact";
import { useId } from "preact/hooks";
import { isShown } from "../../assignment/answers.js";
import {
	isAnswerable, LIMITS, SCALE_MOST, wordingIn,
	type Answer, type Answers, type Field, type FileRef, type GoalRow, type OptionField, type ScaleField, type StepRow, type Template,
} from "../../assignment/types.js";
import { useSpeech } from "../state.js";
import { Files, Goals, Steps } from "./rows.js";
import { linesOf } from "./words.js";

export interface FormProps {
	template: Template;
	answers: Answers;
	/** Absent: it is only read. */
	onChange?: (field: string, answer: Answer) => void;
	/** Files of the room that may be named in an answer. */
	files?: readonly FileRef[];
	/** What stands below a field: comments, what another device wrote. */
	below?: (field: Field) => ComponentChildren;
	/** Fields that are missing, at a hand-in. */
	missing?: ReadonlySet<string>;
	/** Levels of headings begin here. */
	level?: 2 | 3;
	/** Another language than the reader's. */
	language?: string;
	/** Fields too whose conditions do not hold. */
	all?: boolean;
}

interface FieldProps {
	field: Field;
	id: string;
	language: string;
	answer: Answer | undefined;
	described: string | undefined;
	files: readonly FileRef[];
	onChange: (answer: Answer) => void;
}

const Options = ({ field, id, language, answer, onChange }: FieldProps & { field: OptionField }) => {
	const { t } = useSpeech();
	const one = field.kind === "choice";
	const chosen = Array.isArray(answer) ? (answer as readonly string[]) : [];
	const flip = (option: string): void =>
		onChange(field.options.map((other) => other.id).filter((other) => (other === option ? !chosen.includes(other) : chosen.includes(other))));
	return (
		<div class="options">
			{field.options.map((option) => (
				<label key={option.id}>
					<input
						type={one ? "radio" : "checkbox"} name={id} checked={one ? answer === option.id : chosen.includes(option.id)}
						onChange={() => (one ? onChange(option.id) : flip(option.id))}
					/>
					<span>{wordingIn(option.label, language)}</span>
				</label>
			))}
			{one && typeof answer === "string" && answer !== "" && <button type="button" class="link" onClick={() => onChange("")}>{t("assignment.clear")}</button>}
		</div>
	);
};

const Scale = ({ field, id, language, answer, onChange }: FieldProps & { field: ScaleField }) => {
	const { t } = useSpeech();
	const [low, high] = [wordingIn(field.low, language), wordingIn(field.high, language)];
	return (
		<div class="scale">
			<div class="scale-points">
				{Array.from({ length: SCALE_MOST + 1 }, (_, value) => (
					<label key={value}>
						<input type="radio" name={id} checked={answer === value} onChange={() => onChange(value)} />
						<span>{value}{value === 0 && <span class="vh">, {low}</span>}{value === SCALE_MOST && <span class="vh">, {high}</span>}</span>
					</label>
				))}
			</div>
			<p class="scale-ends" aria-hidden="true"><span>0 {low}</span><span>{high} 10</span></p>
			{typeof answer === "number" && <button type="button" class="link" onClick={() => onChange(null)}>{t("assignment.clear")}</button>}
		</div>
	);
};

const Text = ({ field, id, answer, described, onChange }: FieldProps) => {
	const value = typeof answer === "string" ? answer : "";
	const change = (event: { currentTarget: HTMLInputElement | HTMLTextAreaElement }): void => onChange(event.currentTarget.value);
	if (field.kind === "short") return <input id={id} type="text" autocomplete="off" value={value} maxLength={LIMITS.short} aria-describedby={described} onInput={change} />;
	return <textarea id={id} rows={5} value={value} maxLength={LIMITS.long} aria-describedby={described} onInput={change} />;
};

const isSingle = (field: Field): boolean => field.kind === "short" || field.kind === "long";

const Filling = (props: FieldProps) => {
	const { field, id, language, answer, files, onChange } = props;
	const label = wordingIn(field.label, language);
	const rows = Array.isArray(answer) ? answer : [];
	switch (field.kind) {
		case "short": case "long": return <Text {...props} />;
		case "choice": case "choices": case "checklist": return <Options {...props} field={field} />;
		case "scale": return <Scale {...props} field={field} />;
		case "steps": return <Steps label={label} rows={rows as readonly StepRow[]} onChange={onChange} />;
		case "goals": return <Goals label={label} rows={rows as readonly GoalRow[]} onChange={onChange} />;
		case "file": return <Files id={id} rows={rows as readonly FileRef[]} files={files} onChange={onChange} />;
		case "heading": case "help": return null;
	}
};

const Reading = ({ field, answer }: { field: Field; answer: Answer | undefined }) => {
	const speech = useSpeech();
	const lines = linesOf(speech, field, answer);
	if (lines.length === 0) return <p class="no-answer">{speech.t("assignment.no_answer")}</p>;
	if (lines.length === 1) return <p class="answer text" dir="auto">{lines[0]}</p>;
	return <ul class="answer">{lines.map((line, at) => <li key={at} dir="auto">{line}</li>)}</ul>;
};

interface QuestionProps extends FieldProps {
	read: boolean;
	missing: boolean;
	children: ComponentChildren;
}

/** One question: a label for a single field, a legend for a group of them. */
const Question = ({ read, missing, children, ...props }: QuestionProps) => {
	const { t } = useSpeech();
	const { field, id, language } = props;
	const label = wordingIn(field.label, language);
	const help = field.help && wordingIn(field.help, language);
	const described = help ? `${id}-help` : undefined;
	const marked = missing && <span class="missing"> ({t("assignment.missing")})</span>;
	const inner = (
		<>
			{help && <p class="hint text" id={described}>{help}</p>}
			{read ? <Reading field={field} answer={props.answer} /> : <Filling {...props} described={described} />}
			{children}
		</>
	);
	if (read) return <section class="question" data-field={field.id} aria-labelledby={`${id}-label`}><p class="question-label" id={`${id}-label`}>{label}</p>{inner}</section>;
	if (isSingle(field)) return <div class="question" data-field={field.id}><label class="question-label" for={id}>{label}{marked}</label>{inner}</div>;
	return <fieldset class="question" data-field={field.id} aria-describedby={described}><legend class="question-label">{label}{marked}</legend>{inner}</fieldset>;
};

export const Form = ({ template, answers, onChange, files = [], below, missing, level = 3, all = false, ...props }: FormProps) => {
	const speech = useSpeech();
	const language = props.language ?? speech.language;
	const base = useId();
	const Heading = `h${level}` as "h3";
	return (
		<div class="assignment-form">
			{template.fields.filter((field) => all || isShown(template, field, answers)).map((field) => {
				if (!isAnswerable(field)) {
					const words = wordingIn(field.label, language);
					return field.kind === "heading" ? <Heading key={field.id}>{words}</Heading> : <p key={field.id} class="text">{words}</p>;
				}
				return (
					<Question
						key={field.id} field={field} id={`${base}-${field.id}`} language={language} answer={answers[field.id]} described={undefined} files={files}
						read={!onChange} missing={missing?.has(field.id) ?? false} onChange={(answer) => onChange?.(field.id, answer)}
					>
						{below?.(field)}
					</Question>
				);
			})}
		</div>
	);
};
