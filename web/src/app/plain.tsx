// The small components that everything else is made of, on native elements: those that the first page needs. Its pieces take them
// from here; what is loaded later takes everything from parts.tsx.

import type { ComponentChildren, JSX } from "preact";
import { useEffect, useId, useLayoutEffect, useRef, useState } from "preact/hooks";
import { sentence, wordOf } from "./engine.js";
import { useSpeech } from "./state.js";

const paths = {
	back: "M15 5l-7 7 7 7",
	send: "M4 12l16-8-6 16-3-7z",
	lock: "M7 11V8a5 5 0 0110 0v3M5 11h14v9H5z",
	info: "M12 11v6M12 7.500v.5M3 12a9 9 0 1018 0 9 9 0 00-18 0z",
	exit: "M14 4h6v16h-6M4 12h11M11 8l4 4-4 4",
	plus: "M12 5v14M5 12h14",
	more: "M5 11h2v2H5zM11 11h2v2h-2zM17 11h2v2h-2z",
	close: "M6 6l12 12M18 6L6 18",
	down: "M6 9l6 6 6-6",
	check: "M5 13l4 4L19 7",
	warn: "M12 9v5M12 17v.5M12 3L2 20h20z",
	help: "M9.500 9a2.500 2.500 0 113.500 2.300c-.7.4-1 .9-1 1.700M12 16.500v.5M3 12a9 9 0 1018 0 9 9 0 00-18 0z",
} as const;

export type IconName = keyof typeof paths;

export const Icon = ({ name }: { name: IconName }) => (
	<svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
		<path d={paths[name]} />
	</svg>
);

interface ButtonProps {
	children: ComponentChildren;
	onClick?: () => void;
	kind?: "main" | "plain" | "quiet" | "danger";
	icon?: IconName;
	busy?: boolean;
	type?: "button" | "submit";
	disabled?: boolean;
	label?: string | undefined;
	small?: boolean;
}

export const Button = ({ children, kind = "plain", icon, busy = false, type = "button", label, small = false, ...rest }: ButtonProps) => (
	<button type={type} class={`button ${kind}${small ? " small" : ""}`} aria-label={label} aria-busy={busy || undefined} {...rest} disabled={busy || rest.disabled}>
		{icon && <Icon name={icon} />}
		{children}
	</button>
);

export const Notice = ({ kind, title, children }: { kind: "info" | "warning" | "error" | "good"; title?: string; children: ComponentChildren }) => (
	<div class={`notice ${kind}`} role={kind === "error" ? "alert" : undefined}>
		<Icon name={kind === "good" ? "check" : kind === "info" ? "info" : "warn"} />
		<div>
			{title && <p class="notice-title">{title}</p>}
			{children}
		</div>
	</div>
);

interface FieldProps {
	label: string;
	hint?: string | undefined;
	error?: string | null | undefined;
	value: string;
	onInput: (value: string) => void;
	type?: string;
	autocomplete?: string;
	maxLength?: number;
	required?: boolean;
	rows?: number;
	spellcheck?: boolean;
}

export const Field = ({ label, hint, error, value, onInput, rows, autocomplete = "off", ...rest }: FieldProps) => {
	const id = useId();
	const described = [hint && `${id}-hint`, error && `${id}-error`].filter(Boolean).join(" ") || undefined;
	const common = {
		id,
		value,
		autocomplete,
		"aria-describedby": described,
		"aria-invalid": error ? (true as const) : undefined,
		onInput: (event: JSX.TargetedEvent<HTMLInputElement | HTMLTextAreaElement>) => onInput(event.currentTarget.value),
		...rest,
	};
	return (
		<div class="field">
			<label for={id}>{label}</label>
			{hint && <p class="hint" id={`${id}-hint`}>{hint}</p>}
			{rows ? <textarea {...common} rows={rows} /> : <input {...common} />}
			{error && <p class="field-error" id={`${id}-error`}>{error}</p>}
		</div>
	);
};

/** A secret with its show and hide button. */
export const SecretField = (props: FieldProps) => {
	const { t } = useSpeech();
	const [shown, show] = useState(false);
	return (
		<div class="secret">
			<Field {...props} type={shown ? "text" : "password"} spellcheck={false} />
			<button type="button" class="button quiet small" aria-pressed={shown} onClick={() => show(!shown)}>
				{shown ? t("secret.hide") : t("secret.show")}
			</button>
		</div>
	);
};

export const Check = ({ label, hint, checked, onChange }: { label: string; hint?: string; checked: boolean; onChange: (on: boolean) => void }) => {
	const id = useId();
	return (
		<div class="check">
			<input id={id} type="checkbox" checked={checked} aria-describedby={hint ? `${id}-hint` : undefined} onChange={(event) => onChange(event.currentTarget.checked)} />
			<label for={id}>{label}</label>
			{hint && <p class="hint" id={`${id}-hint`}>{hint}</p>}
		</div>
	);
};

/** Runs an act once at a time; tells whether it runs and, in words, why it was refused. */
export const useAct = (): { busy: boolean; error: string | null; word: string | null; act: (work: () => Promise<unknown>) => Promise<boolean>; clear: () => void } => {
	const [busy, setBusy] = useState(false);
	const [word, setWord] = useState<string | null>(null);
	const alive = useRef(true);
	useEffect(() => () => void (alive.current = false), []);
	const act = async (work: () => Promise<unknown>): Promise<boolean> => {
		setBusy(true);
		setWord(null);
		try {
			await work();
			return true;
		} catch (error) {
			if (alive.current) setWord(wordOf(error));
			return false;
		} finally {
			if (alive.current) setBusy(false);
		}
	};
	return { busy, word, error: word === null ? null : sentence(word), act, clear: () => setWord(null) };
};

/** A small menu that opens from a button: native details, closed by Esc, by a choice and by leaving it. */
export const Menu = ({ label, icon, text, children }: { label: string; icon: IconName; text?: string; children: ComponentChildren }) => {
	const box = useRef<HTMLDetailsElement>(null);
	const close = (): void => {
		if (box.current) box.current.open = false;
	};
	return (
		<details
			ref={box}
			class="menu"
			onKeyDown={(event) => {
				if (event.key !== "Escape" || !box.current?.open) return;
				close();
				box.current.querySelector("summary")?.focus();
			}}
			onFocusOut={(event) => {
				if (event.relatedTarget instanceof Node && !box.current?.contains(event.relatedTarget)) close();
			}}
		>
			<summary class="button quiet" aria-label={label} title={label}>
				<Icon name={icon} />
				{text && <span class="menu-text">{text}</span>}
			</summary>
			<div class="menu-items" onClick={close}>{children}</div>
		</details>
	);
};

export const Loading = ({ text }: { text: string }) => (
	<div class="loading" role="status">
		<span class="spinner" aria-hidden="true" />
		<p>{text}</p>
	</div>
);

/** The heading of a page; takes the focus when the page comes, so that a screen reader begins there. */
export const PageTitle = ({ children }: { children: ComponentChildren }) => {
	const title = useRef<HTMLHeadingElement>(null);
	useLayoutEffect(() => title.current?.focus({ preventScroll: true }), []);
	return <h1 ref={title} tabIndex={-1}>{children}</h1>;
};
