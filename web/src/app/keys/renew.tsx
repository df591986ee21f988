// Passphrase and printed code made anew, always both: after the printed code was used, and from a person's own account page.

import { useState } from "preact/hooks";
import { engine } from "../engine.js";
import { Button, Notice, PageTitle, SecretField, useAct } from "../parts.js";
import { set, use, useSpeech } from "../state.js";
import { useNewPassphrase } from "./new-passphrase.js";

/** Who came by the printed code is not asked for the passphrase that they forgot. */
export const NewPassphrase = ({ onDone }: { onDone: () => void }) => {
	const { t } = useSpeech();
	const recovered = use((all) => all.self?.recovered ?? false);
	const [present, setPresent] = useState("");
	const [asked, setAsked] = useState(false);
	const renewing = useAct();
	const { chosen, wanting, fields } = useNewPassphrase(t("account.new"));
	const submit = (event: Event): void => {
		event.preventDefault();
		setAsked(true);
		if (chosen === "") return;
		void renewing.act(async () => {
			const { code } = await engine().changePassphrase({ passphrase: chosen, ...(recovered ? {} : { present: { passphrase: present } }) });
			onDone();
			set({ code });
		});
	};
	return (
		<form class="renew" onSubmit={submit} noValidate>
			{!recovered && <p>{t("account.change_text")}</p>}
			{!recovered && <SecretField label={t("account.present")} value={present} onInput={setPresent} autocomplete="current-password" />}
			{fields}
			{asked && chosen === "" && <Notice kind="error"><p>{wanting}</p></Notice>}
			{renewing.error && <Notice kind="error"><p>{renewing.error}</p></Notice>}
			<Button kind="main" type="submit" busy={renewing.busy}>{renewing.busy ? t("account.renewing") : recovered ? t("recovered.act") : t("account.change")}</Button>
		</form>
	);
};

export const NewCode = ({ onDone }: { onDone: () => void }) => {
	const { t } = useSpeech();
	const [present, setPresent] = useState("");
	const renewing = useAct();
	const submit = (event: Event): void => {
		event.preventDefault();
		void renewing.act(async () => {
			const { code } = await engine().newCode({ passphrase: present });
			onDone();
			set({ code });
		});
	};
	return (
		<form class="renew" onSubmit={submit} noValidate>
			<p>{t("account.code_text")}</p>
			<SecretField label={t("account.present")} value={present} onInput={setPresent} autocomplete="current-password" error={renewing.error} />
			<Button kind="main" type="submit" busy={renewing.busy}>{renewing.busy ? t("account.renewing") : t("account.code")}</Button>
		</form>
	);
};

/** Over every page until it is done. */
export const RenewLater = () => {
	const { t } = useSpeech();
	return (
		<aside aria-label={t("recovered.title")}>
			<Notice kind="warning" title={t("recovered.title")}>
				<p>{t("recovered.text")}</p>
				<Button small onClick={() => set({ later: false })}>{t("recovered.act")}</Button>
			</Notice>
		</aside>
	);
};

/** The first page after the printed code was used. */
export const Recovered = () => {
	const { t } = useSpeech();
	return (
		<>
			<PageTitle>{t("recovered.title")}</PageTitle>
			<p class="lead">{t("recovered.text")}</p>
			<NewPassphrase onDone={() => undefined} />
			<p><button type="button" class="link" onClick={() => set({ later: true })}>{t("recovered.later")}</button></p>
		</>
	);
};
