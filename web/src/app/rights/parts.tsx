// What the person's and the office's pages of requests share: words, the history, a text with a button under it.

import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import type { Ops } from "../../gen/proto.js";
import { Button, Field, Notice, useAct } from "../parts.js";
import { useSpeech } from "../state.js";

export type Own = Ops["rights_list"]["out"]["requests"][number];
export type Step = Ops["rights_one"]["out"]["steps"][number];
export type Kind = Own["kind"];
export type State = Own["state"];
export type Way = "own" | "counsellor" | "ceremony";

export const KINDS: readonly Kind[] = ["access", "rectification", "restriction", "portability", "erasure", "objection"];
export const WAYS: readonly Way[] = ["own", "counsellor", "ceremony"];
export const MOST = 2_000;

/** A day of the wire in the language's own form. */
export const useDay = (): ((day: string) => string) => {
	const { format } = useSpeech();
	return (day) => format.date(Date.parse(`${day}T12:00:00Z`));
};

export const newId = (): string => btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(16)))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");

/** Bytes are what the server counts; signs are what people see. */
export const isTooLong = (text: string): boolean => new TextEncoder().encode(text).length > 4_000;

export const History = ({ steps }: { steps: readonly Step[] }) => {
	const { t, format } = useSpeech();
	return (
		<ol class="sessions">
			{steps.map((one, i) => (
				<li key={i}>
					<div>
						<strong>{t(`rights.step.${one.step}`)}</strong>
						<span class="hint">{format.date(one.at)} {format.time(one.at)}, {t(`rights.by.${one.by}`)}</span>
						{one.text !== "" && <p class="text">{one.text}</p>}
					</div>
				</li>
			))}
		</ol>
	);
};

interface SayProps {
	title: string;
	text: string;
	label: string;
	button: string;
	danger?: boolean;
	/** Nothing need be said. */
	silent?: boolean;
	children?: ComponentChildren;
	/** What is missing apart from the text, in words. */
	missing?: string | null;
	onSay: (text: string) => Promise<void>;
}

/** An act with what is said of it to the person. */
export const Saying = ({ title, text, label, button, danger = false, silent = false, children, missing = null, onSay }: SayProps) => {
	const { t } = useSpeech();
	const [said, set] = useState("");
	const [tried, attempt] = useState(false);
	const going = useAct();
	const lacks = !silent && said.trim().length < 3 ? t("rights.text_missing") : isTooLong(said) ? t("error.too_long") : null;
	const submit = (event: Event): void => {
		event.preventDefault();
		attempt(true);
		if (!lacks && !missing) void going.act(() => onSay(said.trim()));
	};
	return (
		<details class="card rights-act">
			<summary>{title}</summary>
			<form onSubmit={submit} noValidate>
				<p>{text}</p>
				{children}
				{!silent && <Field label={label} value={said} onInput={set} rows={4} maxLength={MOST} error={tried ? lacks : null} />}
				{tried && missing && <p class="field-error">{missing}</p>}
				{going.error && <Notice kind="error"><p>{going.error}</p></Notice>}
				<Button kind={danger ? "danger" : "main"} type="submit" busy={going.busy}>{button}</Button>
			</form>
		</details>
	);
};

/** Why one looks at what is kept of a person, in a line. */
export const Because = ({ text, onReason, onBack }: { text: string; onReason: (reason: string) => void; onBack: () => void }) => {
	const { t } = useSpeech();
	const [why, set] = useState("");
	const [tried, attempt] = useState(false);
	const missing = why.trim().length < 3;
	const submit = (event: Event): void => {
		event.preventDefault();
		attempt(true);
		if (!missing) onReason(why.trim());
	};
	return (
		<form onSubmit={submit} noValidate>
			<p>{text}</p>
			<Field label={t("rights.reason")} hint={t("rights.reason_hint")} value={why} onInput={set} maxLength={90} error={tried && missing ? t("rights.reason_missing") : null} />
			<div class="row">
				<Button kind="main" type="submit">{t("rights.open")}</Button>
				<Button onClick={onBack}>{t("rights.back")}</Button>
			</div>
		</form>
	);
};
