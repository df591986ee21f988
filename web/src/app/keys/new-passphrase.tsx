// A passphrase that is chosen: offered words or one's own; for the first time and for every later one.

import { useEffect, useState } from "preact/hooks";
import { engine } from "../engine.js";
import { Button, Check, Choice, SecretField } from "../parts.js";
import { use, useSpeech } from "../state.js";
import { missing, strength, type Strength } from "./strength.js";

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

const hard = (level: Strength): boolean => level !== "short" && level !== "weak";

/** By its looks, and whether everybody tries it: looked up as it is written, in a list that is fetched then. Until it has come the engine alone knows. */
const useStrength = (value: string, name: string): Strength => {
	const organisation = use((all) => all.self?.organisation ?? "");
	const known = use((all) => all.self?.name ?? "");
	const [guessed, know] = useState("");
	const looks = strength(value);
	useEffect(() => {
		let over = false;
		know("");
		if (hard(looks)) void import("../../client/guessed.js").then(({ isGuessed }) => void (!over && isGuessed(value, [organisation, known, name]) && know(value)), () => undefined);
		return () => void (over = true);
	}, [value, organisation, known, name]);
	return guessed !== "" && guessed === value ? "weak" : looks;
};

const Own = ({ label, value, level, onInput }: { label: string; value: string; level: Strength; onInput: (value: string) => void }) => {
	const { t } = useSpeech();
	const words = level === "short" ? t("strength.short", { missing: missing(value) }) : t(`strength.${level}`);
	return (
		<>
			<SecretField label={label} hint={t("first.own_hint")} value={value} onInput={onInput} autocomplete="new-password" />
			<p class={`strength ${level}`} role="status">{value ? words : ""}</p>
		</>
	);
};

/** What was chosen, or "" while it is not ready; `wanting` says in words what is missing. `name` is what they have just called themselves. */
export const useNewPassphrase = (label: string, name = "") => {
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
	const level = useStrength(own, name);
	const ready = way === "offered" ? kept && words !== "" : hard(level);
	return {
		chosen: !ready ? "" : way === "offered" ? words : own,
		wanting: way === "offered" ? t("first.keep_first") : t("first.better"),
		fields: (
			<>
				<Choice legend={t("first.way")} value={way} onChange={setWay} options={[["offered", t("first.way_offered")], ["own", t("first.way_own")]]} />
				{way === "offered" ? <Offered words={words} onOther={offer} kept={kept} onKept={setKept} /> : <Own label={label} value={own} level={level} onInput={setOwn} />}
			</>
		),
	};
};
