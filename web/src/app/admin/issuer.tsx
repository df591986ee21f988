// Whether this account can certify, until when, and the way to a new key for it, for which two of the three persons bring their sheets.

import { useState } from "preact/hooks";
import { engine } from "../engine.js";
import { Button, Dialog, Notice } from "../parts.js";
import { say, useSpeech } from "../state.js";
import { Reading, useReading } from "./reading.js";

const SOON = 60 * 24 * 3600 * 1000;

const Renewal = ({ onDone }: { onDone: () => void }) => {
	const { t } = useSpeech();
	const reading = useReading();
	const submit = (event: Event): void => {
		event.preventDefault();
		void reading.act((texts) => engine().organise("renewIssuer", texts)).then((done) => {
			if (!done) return;
			say(t("issuer.done"));
			onDone();
		});
	};
	return (
		<form onSubmit={submit} noValidate>
			<p>{t("issuer.how")}</p>
			<Reading of={reading} />
			<Button kind="main" type="submit" busy={reading.busy}>{t("issuer.renew")}</Button>
		</form>
	);
};

export const Issuer = ({ until, onChange }: { until: number | null; onChange: () => void }) => {
	const { t } = useSpeech();
	const [open, setOpen] = useState(false);
	const done = (): void => {
		setOpen(false);
		onChange();
	};
	const soon = until !== null && until - Date.now() < SOON;
	if (until !== null && !soon) return <p class="hint">{t("issuer.until", { on: until })}</p>;
	return (
		<Notice kind="warning" title={until === null ? t("issuer.none") : t("issuer.soon", { on: until })}>
			<p>{until === null ? t("issuer.none_text") : t("issuer.soon_text")}</p>
			<Button small onClick={() => setOpen(true)}>{t("issuer.renew")}</Button>
			{open && <Dialog title={t("issuer.renew")} onClose={() => setOpen(false)}><Renewal onDone={done} /></Dialog>}
		</Notice>
	);
};
