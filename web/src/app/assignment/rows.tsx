// Answers that are rows: steps with dates, goals, files.

import type { ComponentChildren } from "preact";
import { useRef } from "preact/hooks";
import { LIMITS, type FileRef, type GoalRow, type StepRow } from "../../assignment/types.js";
import { Button, Check, Field } from "../parts.js";
import { useSpeech } from "../state.js";
import { DayField } from "./day-field.js";

interface RowsProps<R> {
	label: string;
	rows: readonly R[];
	empty: R;
	add: string;
	onChange: (rows: readonly R[]) => void;
	children: (row: R, change: (part: Partial<R>) => void, at: number) => ComponentChildren;
}

/** After a row is added or removed the focus goes where the work goes on. */
const Rows = <R extends object>({ label, rows, empty, add, onChange, children }: RowsProps<R>) => {
	const { t } = useSpeech();
	const box = useRef<HTMLDivElement>(null);
	const focus = (find: (box: HTMLElement) => HTMLElement | null | undefined): void => {
		setTimeout(() => box.current && find(box.current)?.focus(), 0);
	};
	const grow = (): void => {
		onChange([...rows, empty]);
		focus((all) => [...all.querySelectorAll("fieldset")].at(-1)?.querySelector<HTMLElement>("input, textarea"));
	};
	const drop = (at: number): void => {
		onChange(rows.filter((_, i) => i !== at));
		focus((all) => all.querySelector<HTMLElement>(".add-row"));
	};
	return (
		<div ref={box} class="answer-rows">
			{rows.map((row, at) => (
				<fieldset key={at} class="answer-row">
					<legend>{t("assignment.row", { label, number: at + 1 })}</legend>
					{children(row, (part) => onChange(rows.map((one, i) => (i === at ? { ...one, ...part } : one))), at)}
					<Button small kind="quiet" onClick={() => drop(at)} label={t("assignment.remove_row", { number: at + 1 })}>{t("assignment.remove")}</Button>
				</fieldset>
			))}
			{rows.length < LIMITS.rows && <button type="button" class="button small add-row" onClick={grow}>{add}</button>}
		</div>
	);
};

const StepParts = <R extends StepRow>({ row, change }: { row: R; change: (part: Partial<StepRow>) => void }) => {
	const { t } = useSpeech();
	return (
		<>
			<Field label={t("assignment.step")} value={row.step} rows={2} maxLength={LIMITS.cell} onInput={(step) => change({ step })} />
			<DayField label={t("assignment.by_when")} value={row.by} onChange={(by) => change({ by })} />
			<Check label={t("assignment.is_done")} checked={row.done} onChange={(done) => change({ done })} />
		</>
	);
};

const STEP: StepRow = { step: "", by: "", done: false };

export const Steps = ({ label, rows, onChange }: { label: string; rows: readonly StepRow[]; onChange: (rows: readonly StepRow[]) => void }) => {
	const { t } = useSpeech();
	return (
		<Rows label={label} rows={rows} empty={STEP} add={t("assignment.add_step")} onChange={onChange}>
			{(row, change) => <StepParts row={row} change={change} />}
		</Rows>
	);
};

export const Goals = ({ label, rows, onChange }: { label: string; rows: readonly GoalRow[]; onChange: (rows: readonly GoalRow[]) => void }) => {
	const { t } = useSpeech();
	return (
		<Rows label={label} rows={rows} empty={{ goal: "", ...STEP }} add={t("assignment.add_goal")} onChange={onChange}>
			{(row, change) => (
				<>
					<Field label={t("assignment.goal")} value={row.goal} rows={2} maxLength={LIMITS.cell} onInput={(goal) => change({ goal })} />
					<StepParts row={row} change={change} />
				</>
			)}
		</Rows>
	);
};

interface FilesProps {
	id: string;
	rows: readonly FileRef[];
	/** The files of the room. */
	files: readonly FileRef[];
	onChange: (rows: readonly FileRef[]) => void;
}

export const Files = ({ id, rows, files, onChange }: FilesProps) => {
	const { t } = useSpeech();
	const left = files.filter((file) => !rows.some((row) => row.msg === file.msg));
	const add = (msg: string): void => {
		const found = left.find((file) => file.msg === msg);
		if (found) onChange([...rows, found]);
	};
	return (
		<div class="answer-rows">
			<ul class="file-refs">
				{rows.map((row, at) => (
					<li key={row.msg}>
						<span>{row.name}</span>
						<Button small kind="quiet" label={t("assignment.remove_file", { name: row.name })} onClick={() => onChange(rows.filter((_, i) => i !== at))}>{t("assignment.remove")}</Button>
					</li>
				))}
			</ul>
			{left.length > 0 && rows.length < LIMITS.files && (
				<select id={id} aria-label={t("assignment.pick_file")} value="" onChange={(event) => add(event.currentTarget.value)}>
					<option value="">{t("assignment.pick_file")}</option>
					{left.map((file) => <option key={file.msg} value={file.msg}>{file.name}</option>)}
				</select>
			)}
			{left.length === 0 && rows.length === 0 && <p class="hint">{t("assignment.no_files")}</p>}
		</div>
	);
};
