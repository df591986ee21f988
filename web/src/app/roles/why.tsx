// Why somebody looks at what is kept of a person: asked before it is shown, and kept in the organisation's log with it.

import { useState } from "preact/hooks";
import { Button, Choice, Field } from "../parts.js";
import { useSpeech } from "../state.js";

interface Props {
	readonly text: string;
	/** Beside these there is always another reason, in one's own words. */
	readonly reasons: readonly string[];
	readonly action: string;
	readonly busy?: boolean;
	readonly onReason: (reason: string) => void;
}

const LEAST = 3;

export const Why = ({ text, reasons, action, busy = false, onReason }: Props) => {
	const { t } = useSpeech();
	const [why, setWhy] = useState("0");
	const [more, setMore] = useState("");
	const [tried, setTried] = useState(false);
	const named = reasons[Number(why)];
	const missing = named === undefined && more.trim().length < LEAST;
	const submit = (event: Event): void => {
		event.preventDefault();
		setTried(true);
		if (!missing) onReason([named ?? "", more.trim()].filter(Boolean).join(": "));
	};
	return (
		<form onSubmit={submit} noValidate>
			<p>{text}</p>
			<Choice legend={t("log.reason")} value={why} options={[...reasons, t("log.why.other")].map((one, i) => [String(i), one] as const)} onChange={setWhy} />
			<Field label={t("log.reason_more")} hint={t("log.reason_hint")} value={more} onInput={setMore} maxLength={60} error={tried && missing ? t("log.reason_missing") : null} />
			<Button kind="main" type="submit" busy={busy}>{action}</Button>
		</form>
	);
};
