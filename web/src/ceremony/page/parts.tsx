// The few pieces that this page is made of. Those of the site bring the engine along, which has no place in here.

import type { ComponentChildren } from "preact";
import { useId, useLayoutEffect, useRef } from "preact/hooks";

export const Button = ({ children, main = false, busy = false, submit = false, onClick }: { children: ComponentChildren; main?: boolean; busy?: boolean; submit?: boolean; onClick?: () => void }) => (
	<button type={submit ? "submit" : "button"} class={`button ${main ? "main" : "plain"}`} aria-busy={busy || undefined} disabled={busy} onClick={onClick}>{children}</button>
);

export const Notice = ({ kind, children }: { kind: "info" | "warning" | "error" | "good"; children: ComponentChildren }) => (
	<div class={`notice ${kind}`} role={kind === "error" ? "alert" : undefined}><div>{children}</div></div>
);

interface FieldProps {
	label: string;
	hint?: string;
	error: string | null;
	value: string;
	rows?: number;
	letters?: boolean;
	onInput: (value: string) => void;
}

export const Field = ({ label, hint, error, value, rows = 1, letters = false, onInput }: FieldProps) => {
	const id = useId();
	const described = [hint && `${id}-hint`, error && `${id}-error`].filter(Boolean).join(" ") || undefined;
	return (
		<div class="field">
			<label for={id}>{label}</label>
			{hint && <p class="hint" id={`${id}-hint`}>{hint}</p>}
			<textarea
				id={id} rows={rows} class={letters ? "letters" : undefined} spellcheck={!letters} autocomplete="off" value={value} aria-describedby={described}
				aria-invalid={error ? true : undefined} translate={!letters} onInput={(event) => onInput(event.currentTarget.value)}
			/>
			{error && <p class="field-error" id={`${id}-error`}>{error}</p>}
		</div>
	);
};

export const Check = ({ label, checked, onChange }: { label: string; checked: boolean; onChange: (on: boolean) => void }) => {
	const id = useId();
	return (
		<div class="check">
			<input id={id} type="checkbox" checked={checked} onChange={(event) => onChange(event.currentTarget.checked)} />
			<label for={id}>{label}</label>
		</div>
	);
};

/** Takes the focus when its step comes. */
export const Title = ({ children }: { children: ComponentChildren }) => {
	const title = useRef<HTMLHeadingElement>(null);
	useLayoutEffect(() => title.current?.focus({ preventScroll: true }), []);
	return <h1 ref={title} tabIndex={-1}>{children}</h1>;
};

/** As a file on this computer. */
export const save = (name: string, text: string): void => {
	const link = document.createElement("a");
	link.href = URL.createObjectURL(new Blob([text], { type: "application/json" }));
	link.download = name;
	link.click();
	setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
};
