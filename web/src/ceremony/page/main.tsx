// The page on which two officers open rooms (FORMAT.md section 11): one file, from a memory stick, on a computer without a network. It
// keeps nothing, and its policy lets it reach nothing.

import { render } from "preact";
import { useEffect, useState } from "preact/hooks";
import { beginCeremony, type Ceremony, type Opened } from "../open.js";
import { Notice } from "./parts.js";
import { firstLanguage, LANGUAGES, speechOf, Spoken, useSpeech } from "./speech.js";
import { Done, Request, Sheets, Why, type Outcome } from "./steps.js";
import "./page.css";

const STEPS = ["request", "sheets", "why", "done"] as const;

const Way = ({ now }: { now: number }) => {
	const { t } = useSpeech();
	return (
		<ol class="steps" aria-label={t("recovery.p.steps")}>
			{STEPS.map((step, at) => <li key={step} aria-current={at === now ? "step" : undefined}>{t(`recovery.p.step.${step}`)}</li>)}
		</ol>
	);
};

const able = (): boolean => typeof crypto === "object" && typeof crypto.subtle === "object";

const Steps = () => {
	const { t } = useSpeech();
	const [ceremony, setCeremony] = useState<Ceremony | null>(null);
	const [opened, setOpened] = useState<Opened | null>(null);
	const [outcome, setOutcome] = useState<Outcome | null>(null);
	if (!able()) return <Notice kind="error"><p>{t("recovery.p.unable")}</p></Notice>;
	const made = (result: Outcome): void => {
		opened?.forget();
		setOpened(null);
		setOutcome(result);
	};
	const now = outcome ? 3 : opened ? 2 : ceremony ? 1 : 0;
	return (
		<>
			<Way now={now} />
			{!ceremony && <Request begin={beginCeremony} onDone={setCeremony} />}
			{ceremony && !opened && !outcome && <Sheets open={ceremony.open} onDone={setOpened} />}
			{opened && <Why opened={opened} onDone={made} />}
			{ceremony && outcome && <Done outcome={outcome} name={ceremony.facts.name} />}
		</>
	);
};

const Page = () => {
	const [language, setLanguage] = useState(firstLanguage);
	const speech = speechOf(language);
	useEffect(() => {
		document.documentElement.lang = language;
		document.title = `${speech.t("recovery.p.title")} – Luotsi`;
	}, [language]);
	return (
		<Spoken.Provider value={speech}>
			<main class="offline">
				<header>
					<strong>Luotsi</strong>
					<span class="languages">
						{LANGUAGES.map(([one, name]) => (
							<button key={one} type="button" class="button quiet small" lang={one} aria-pressed={one === language} onClick={() => setLanguage(one)}>{name}</button>
						))}
					</span>
				</header>
				<Steps />
			</main>
		</Spoken.Provider>
	);
};

render(<Page />, document.body);
