// What no first page shows: the modal dialog and the choice of one of several. parts.tsx hands them on; the build leaves them to the later pieces.

import type { ComponentChildren } from "preact";
import { useId, useLayoutEffect, useRef } from "preact/hooks";
import { keepFocus } from "./keep-focus.js";
import { exitNow } from "./leave.js";
import { Icon } from "./plain.js";
import { useSpeech } from "./state.js";

keepFocus();

interface ChoiceProps<T extends string> {
	legend: string;
	value: T;
	options: readonly (readonly [T, string])[];
	onChange: (value: T) => void;
}

export const Choice = <T extends string>({ legend, value, options, onChange }: ChoiceProps<T>) => {
	const name = useId();
	return (
		<fieldset class="choice">
			<legend>{legend}</legend>
			{options.map(([key, label]) => (
				<label key={key}>
					<input type="radio" name={name} checked={key === value} onChange={() => onChange(key)} />
					<span>{label}</span>
				</label>
			))}
		</fieldset>
	);
};

/** A modal dialog: the browser keeps the focus inside and gives it back. The way out is in it too, because it covers the one in the header. */
export const Dialog = ({ title, onClose, children, wide = false }: { title: string; onClose: () => void; children: ComponentChildren; wide?: boolean }) => {
	const box = useRef<HTMLDialogElement>(null);
	const id = useId();
	const { t } = useSpeech();
	useLayoutEffect(() => {
		const dialog = box.current;
		if (dialog && !dialog.open) dialog.showModal();
		return () => dialog?.close();
	}, []);
	return (
		<dialog ref={box} class={wide ? "dialog wide" : "dialog"} aria-labelledby={id} onClose={onClose}>
			<header>
				<h2 id={id} tabIndex={-1}>{title}</h2>
				<button type="button" class="button small dialog-exit" title={t("exit.hint")} onClick={exitNow}>{t("exit.button")}</button>
				<button type="button" class="button quiet icon-only" aria-label={t("dialog.close")} onClick={() => box.current?.close()}>
					<Icon name="close" />
				</button>
			</header>
			<div class="dialog-body">{children}</div>
		</dialog>
	);
};
