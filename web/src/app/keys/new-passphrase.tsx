// A passphrase that is chosen: offered words or one's own; for the first time and for every later one.

import { useEffect, useState } from "preact/hooks";
import { engine } from "../engine.js";
import { Button, Check, Choice, SecretField } from "../parts.js";
import { useSpeech } from "../state.js";
import { missing, strength } from "./strength.js";

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

const Own = ({ label, value, onInput }: { label: string; value: string; onInput: (value: string) => void }) => {
	const { t } = useSpeech();
	const level = strength(value);
	const words = level === "short" ? t("strength.short", { missing: missing(value) }) : t(`strength.${level}`);
	return (
		<>
			<SecretField label={label} hint={t("first.own_hint")} value={value} onInput={onInput} autocomplete="new-password" />
			<p class={`strength ${level}`} role="status">{value ? words : ""}</p>
		</>
	);
};

/** What was chosen, or "" while it is not ready; `wanting` says in words what is missing. */
export const useNewPassphrase = (label: string) => {
	const { t, language } = useSpeech();
	const [way, setWay] = useState<"offered" | "own">("offered");
	const [words, setWords] = useState("");
	const [own, setOwn] = useState("");
	const [kept, setKept] = useState(false);
	const offer = (): void => {
		setKept(false);
		void engine().suggestPassphrase(language).then(setWords, () => setWay("own"));
	};
	useEffect(offer, [language]);
	const level = strength(own);
	const ready = way === "offered" ? kept && words !== "" : level !== "short" && level !== "weak";
	return {
		chosen: !ready ? "" : way === "offered" ? words : own,
		wanting: way === "offered" ? t("first.keep_first") : t("first.better"),
		fields: (
			<>
				<Choice legend={t("first.way")} value={way} onChange={setWay} options={[["offered", t("first.way_offered")], ["own", t("first.way_own")]]} />
				{way === "offered" ? <Offered words={words} onOther={offer} kept={kept} onKept={setKept} /> : <Own label={label} value={own} onInput={setOwn} />}
			</>
		),
	};
};
