// The first time: what the keys are for, what to be called, and a passphrase, offered or one's own.

import { useState } from "preact/hooks";
import { engine } from "../engine.js";
import { keepFocus } from "../keep-focus.js";
import { Button, Field, Notice, PageTitle, useAct } from "../parts.js";
import { goTo } from "../route.js";
import { set, use, useSpeech } from "../state.js";
import { useNewPassphrase } from "./new-passphrase.js";
import { SharedDevice } from "./shared.js";

keepFocus();

const Promise_ = () => {
	const { t } = useSpeech();
	return (
		<section class="promise">
			<p class="lead">{t("promise.one")}</p>
			<p>{t("promise.two")}</p>
			<p>{t("promise.three")}</p>
			<button type="button" class="link" onClick={() => goTo("help")}>{t("promise.more")}</button>
		</section>
	);
};

export const FirstTime = () => {
	const { t, language } = useSpeech();
	const staffName = use((all) => (all.self?.role === "client" ? "" : (all.self?.name ?? "")));
	const [name, setName] = useState("");
	const [asked, setAsked] = useState(false);
	const making = useAct();
	const { chosen, wanting, fields } = useNewPassphrase(t("first.own_label"), name);
	const nameMissing = !staffName && name.trim() === "";
	const submit = (event: Event): void => {
		event.preventDefault();
		setAsked(true);
		if (nameMissing || chosen === "") return;
		void making.act(async () => {
			const { code } = await engine().createKeys({ passphrase: chosen, name: staffName || name.trim(), language });
			set({ code });
		});
	};
	return (
		<form class="first-time" onSubmit={submit} noValidate>
			<PageTitle>{t("first.title")}</PageTitle>
			<Promise_ />
			{staffName ? (
				<p>{t("first.staff_name", { name: staffName })}</p>
			) : (
				<Field label={t("first.name")} hint={t("first.name_hint")} value={name} onInput={setName} maxLength={60} autocomplete="nickname" error={asked && nameMissing ? t("first.name_missing") : null} />
			)}
			{fields}
			<SharedDevice />
			{asked && chosen === "" && !nameMissing && <Notice kind="error"><p>{wanting}</p></Notice>}
			{making.error && <Notice kind="error"><p>{making.error}</p></Notice>}
			<Button kind="main" type="submit" busy={making.busy}>{making.busy ? t("first.making") : t("first.make")}</Button>
		</form>
	);
};
