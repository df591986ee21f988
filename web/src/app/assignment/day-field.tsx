// A day in a text field, as it is written here: 3.12.2026. (A native date field speaks the language of the browser.)

import { useEffect, useId, useState } from "preact/hooks";
import { useSpeech } from "../state.js";
import { dayText, readDay } from "./words.js";

interface Props {
	label: string;
	hint?: string;
	value: string; // YYYY-MM-DD or ""
	onChange: (day: string) => void;
	/** Told whether what stands there is no day. */
	onDoubt?: (doubt: boolean) => void;
}

export const DayField = ({ label, hint, value, onChange, onDoubt }: Props) => {
	const { t } = useSpeech();
	const id = useId();
	const [typed, type] = useState(dayText(value));
	const [left, leave] = useState(true);
	useEffect(() => {
		if ((readDay(typed) ?? "") !== value && left) type(dayText(value));
	}, [value]);
	const wrong = typed.trim() !== "" && readDay(typed) === undefined;
	const change = (text: string): void => {
		type(text);
		leave(false);
		const day = text.trim() === "" ? "" : readDay(text);
		onDoubt?.(day === undefined);
		if (day !== undefined) onChange(day);
	};
	return (
		<div class="field day-field">
			<label for={id}>{label}</label>
			<p class="hint" id={`${id}-hint`}>{hint ?? t("assignment.day_hint")}</p>
			<input
				id={id} type="text" inputMode="decimal" autocomplete="off" value={typed} aria-describedby={`${id}-hint${wrong && left ? ` ${id}-error` : ""}`}
				aria-invalid={wrong && left ? true : undefined} onInput={(event) => change(event.currentTarget.value)}
				onBlur={() => {
					leave(true);
					if (!wrong) type(dayText(readDay(typed) ?? ""));
				}}
			/>
			{wrong && left && <p class="field-error" id={`${id}-error`}>{t("assignment.day_wrong")}</p>}
		</div>
	);
};
