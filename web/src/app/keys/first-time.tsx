// The first time: what the keys are for, what to be called, and a passphrase, offered or one's own.

import { useEffect, useState } from "preact/hooks";
import { engine } from "../engine.js";
import { Button, Check, Choice, Field, Notice, PageTitle, SecretField, useAct } from "../parts.js";
import { goTo } from "../route.js";
import { set, use, useSpeech } from "../state.js";
import { SharedDevice } from "./shared.js";
import { missing, strength } from "./strength.js";

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

const Offered = ({ words, onOther, kept, onKept }: { words: string; onOther: () => void; kept: boolean; onKept: (on: boolean) => void }) => {
	const { t } = useSpeech();
	return (
		<div class="offered">
			<p class="offered-words" translate={false}>{words || "…"}</p>
			<Button small onClick={onOther}>{t("first.others")}</Button>
			<p class="hint">{t("first.offered_hint")}</p>
			<Check label={t("first.kept")} checked={kept} onChange={onKept} />
		</div>
	);
};

const Own = ({ value, onInput }: { value: string; onInput: (value: string) => void }) => {
	const { t } = useSpeech();
	const level = strength(value);
	const words = level === "short" ? t("strength.short", { missing: missing(value) }) : t(`strength.${level}`);
	return (
		<>
			<SecretField label={t("first.own_label")} hint={t("first.own_hint")} value={value} onInput={onInput} autocomplete="new-password" />
			<p class={`strength ${level}`} role="status">{value ? words : ""}</p>
		</>
	);
};

export const FirstTime = () => {
	const { t, language } = useSpeech();
	const staffName = use((all) => (all.self?.role === "client" ? "" : (all.self?.name ?? "")));
	const [name, setName] = useState("");
	const [way, setWay] = useState<"offered" | "own">("offered");
	const [words, setWords] = useState("");
	const [own, setOwn] = useState("");
	const [kept, setKept] = useState(false);
	const [asked, setAsked] = useState(false);
	const making = useAct();
	const offer = (): void => {
		setKept(false);
		void engine().suggestPassphrase(language).then(setWords, () => setWay("own"));
	};
	useEffect(offer, [language]);
	const level = strength(own);
	const nameMissing = !staffName && name.trim() === "";
	const ready = !nameMissing && (way === "offered" ? kept && words !== "" : level !== "short" && level !== "weak");
	const submit = (event: Event): void => {
		event.preventDefault();
		setAsked(true);
		if (!ready) return;
		void making.act(async () => {
			const passphrase = way === "offered" ? words : own;
			const { code } = await engine().createKeys({ passphrase, name: staffName || name.trim(), language });
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
			<Choice legend={t("first.way")} value={way} onChange={setWay} options={[["offered", t("first.way_offered")], ["own", t("first.way_own")]]} />
			{way === "offered" ? <Offered words={words} onOther={offer} kept={kept} onKept={setKept} /> : <Own value={own} onInput={setOwn} />}
			<SharedDevice />
			{asked && !ready && !nameMissing && <Notice kind="error"><p>{way === "offered" ? t("first.keep_first") : t("first.better")}</p></Notice>}
			{making.error && <Notice kind="error"><p>{making.error}</p></Notice>}
			<Button kind="main" type="submit" busy={making.busy}>{making.busy ? t("first.making") : t("first.make")}</Button>
		</form>
	);
};
