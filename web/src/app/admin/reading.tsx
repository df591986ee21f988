// Two sheets read back from the paper, typed or by a scanner that types: one field a sheet, and what is wrong said where it is.

import { useState } from "preact/hooks";
import { detailOf } from "../ask.js";
import { wordOf } from "../engine.js";
import { Field, Notice, useAct } from "../parts.js";
import { useSpeech } from "../state.js";

const LETTERS = 120;

type Fault = "root" | "recovery" | "length" | "share";
const FAULTS: readonly string[] = ["root", "recovery", "length", "share"] satisfies Fault[];

export interface ReadingState {
	readonly texts: readonly [string, string];
	readonly fault: { readonly at: number; readonly what: Fault } | null;
	readonly error: string | null;
	readonly busy: boolean;
	write(at: number, text: string): void;
	act(work: (texts: string[]) => Promise<void>): Promise<boolean>;
}

const faultOf = (thrown: unknown): ReadingState["fault"] => {
	const [at, what] = String(detailOf(thrown)).split(".");
	return wordOf(thrown) === "bad_sheet" && what !== undefined && FAULTS.includes(what) ? { at: Number(at), what: what as Fault } : null;
};

export const useReading = (): ReadingState => {
	const [texts, setTexts] = useState<readonly [string, string]>(["", ""]);
	const [fault, setFault] = useState<ReadingState["fault"]>(null);
	const { act, busy, error, clear } = useAct();
	return {
		texts, fault, busy, error: fault ? null : error,
		write: (at, text) => {
			setFault(null);
			clear();
			setTexts(at === 0 ? [text, texts[1]] : [texts[0], text]);
		},
		act: (work) => {
			setFault(null);
			return act(() => work([...texts]).catch((thrown: unknown) => {
				setFault(faultOf(thrown));
				throw thrown;
			}));
		},
	};
};

export const Reading = ({ of }: { of: ReadingState }) => {
	const { t } = useSpeech();
	const wrong = (at: number): string | null => {
		if (of.fault?.at !== at) return null;
		const count = (of.texts[at] ?? "").replace(/[\s-]/g, "").length;
		return of.fault.what === "length" ? t("reading.length", { count, of: LETTERS }) : t(`reading.${of.fault.what}`);
	};
	const field = (at: 0 | 1) => (
		<Field label={t("reading.sheet", { n: at + 1 })} hint={t("reading.hint")} rows={5} value={of.texts[at]} onInput={(text) => of.write(at, text)} spellcheck={false} maxLength={400} error={wrong(at)} />
	);
	return (
		<div class="sheet-back" translate={false}>
			{field(0)}
			{field(1)}
			{of.error && <Notice kind="error"><p>{of.error}</p></Notice>}
		</div>
	);
};
