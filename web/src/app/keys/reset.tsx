// When everything that opens a person's keys is lost: what is gone and what is not, in plain words before it happens, and then new keys.

import { useState } from "preact/hooks";
import { engine } from "../engine.js";
import { Button, Check, Field, Notice, PageTitle, useAct } from "../parts.js";
import { set, use, useSpeech } from "../state.js";
import { useNewPassphrase } from "./new-passphrase.js";
import { SharedDevice } from "./shared.js";

const Losses = ({ who }: { who: "client" | "staff" }) => {
	const { t } = useSpeech();
	return (
		<>
			<h2>{t("reset.lose")}</h2>
			<ul>
				<li>{t(`reset.lose_history.${who}`)}</li>
				{who === "staff" && <li>{t("reset.lose_names")}</li>}
				<li>{t("reset.lose_own")}</li>
				<li>{t("reset.lose_old")}</li>
			</ul>
			<h2>{t("reset.keep")}</h2>
			<ul>
				<li>{t(`reset.keep_messages.${who}`)}</li>
				<li>{t("reset.keep_account")}</li>
				{who === "client" && <li>{t("reset.keep_write")}</li>}
			</ul>
			<h2>{t("reset.then")}</h2>
			<p>{t(`reset.then_text.${who}`)}</p>
		</>
	);
};

export const Reset = ({ onBack }: { onBack: () => void }) => {
	const { t, language } = useSpeech();
	const who = use((all) => (all.self?.role === "client" ? "client" : "staff"));
	const staffName = use((all) => (all.self?.role === "client" ? "" : (all.self?.name ?? "")));
	const [understood, understand] = useState(false);
	const [name, setName] = useState("");
	const [asked, setAsked] = useState(false);
	const making = useAct();
	const { chosen, wanting, fields } = useNewPassphrase(t("account.new"), name);
	const nameMissing = !staffName && name.trim() === "";
	const missing = !understood ? t("reset.understand_first") : chosen === "" && !nameMissing ? wanting : null;
	const submit = (event: Event): void => {
		event.preventDefault();
		setAsked(true);
		if (!understood || nameMissing || chosen === "") return;
		void making.act(async () => {
			const { code } = await engine().resetKeys({ passphrase: chosen, name: staffName || name.trim(), language });
			set({ code });
		});
	};
	return (
		<form class="first-time" onSubmit={submit} noValidate>
			<PageTitle>{t("reset.title")}</PageTitle>
			<Losses who={who} />
			<Check label={t("reset.understood")} checked={understood} onChange={understand} />
			{!staffName && (
				<Field label={t("first.name")} hint={t("first.name_hint")} value={name} onInput={setName} maxLength={60} autocomplete="nickname" error={asked && nameMissing ? t("first.name_missing") : null} />
			)}
			{fields}
			<SharedDevice />
			{asked && missing && <Notice kind="error"><p>{missing}</p></Notice>}
			{making.error && <Notice kind="error"><p>{making.error}</p></Notice>}
			<div class="row">
				<Button kind="danger" type="submit" busy={making.busy}>{making.busy ? t("first.making") : t("reset.act")}</Button>
				<Button onClick={onBack}>{t("lost.back")}</Button>
			</div>
		</form>
	);
};
