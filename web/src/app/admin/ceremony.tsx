// The organisation's keys, made once, in four steps: what it is about, three sheets, two of them read back, published. Before the last
// step nothing has happened: whoever leaves begins again.

import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { SheetView } from "../../client/api.js";
import type { PlainKey } from "../../text/text.js";
import { engine } from "../engine.js";
import { Button, Check, Notice, PageTitle, useAct } from "../parts.js";
import { useSpeech } from "../state.js";
import { Reading, useReading } from "./reading.js";
import { Sheets } from "./sheets.js";

const STEPS = ["intro", "sheets", "prove", "publish"] as const;
type Step = (typeof STEPS)[number];

const Way = ({ now }: { now: Step }) => {
	const { t } = useSpeech();
	return (
		<ol class="steps" aria-label={t("ceremony.steps")}>
			{STEPS.map((step) => (
				<li key={step} aria-current={step === now ? "step" : undefined}>{t(`ceremony.step.${step}`)}</li>
			))}
		</ol>
	);
};

const Lines = ({ title, lines, ordered = false }: { title: PlainKey; lines: readonly PlainKey[]; ordered?: boolean }) => {
	const { t } = useSpeech();
	const items = lines.map((line) => <li key={line}>{t(line)}</li>);
	return (
		<section>
			<h2>{t(title)}</h2>
			{ordered ? <ol class="plain-list">{items}</ol> : <ul class="plain-list">{items}</ul>}
		</section>
	);
};

const Intro = ({ onBegun }: { onBegun: (sheets: readonly SheetView[]) => void }) => {
	const { t } = useSpeech();
	const beginning = useAct();
	const begin = (): void => void beginning.act(async () => onBegun(await engine().organise("ceremonyBegin")));
	return (
		<>
			<p class="lead">{t("ceremony.text")}</p>
			<Lines title="ceremony.keys" lines={["ceremony.keys_root", "ceremony.keys_recovery", "ceremony.keys_issuer"]} />
			<Lines title="ceremony.people" ordered lines={["ceremony.people_who", "ceremony.people_sheet", "ceremony.people_read", "ceremony.people_keep", "ceremony.people_called"]} />
			<Lines title="ceremony.before" lines={["ceremony.before_place", "ceremony.before_printer", "ceremony.before_stop"]} />
			{beginning.error && <Notice kind="error"><p>{beginning.error}</p></Notice>}
			<Button kind="main" busy={beginning.busy} onClick={begin}>{t("ceremony.begin")}</Button>
		</>
	);
};

const Prove = ({ onProven, onBack }: { onProven: () => void; onBack: () => void }) => {
	const { t } = useSpeech();
	const reading = useReading();
	const submit = (event: Event): void => {
		event.preventDefault();
		void reading.act((texts) => engine().organise("ceremonyProve", texts)).then((done) => done && onProven());
	};
	return (
		<form onSubmit={submit} noValidate>
			<p class="lead">{t("ceremony.prove_text")}</p>
			<Reading of={reading} />
			<div class="row">
				<Button kind="main" type="submit" busy={reading.busy}>{t("ceremony.prove")}</Button>
				<Button onClick={onBack}>{t("ceremony.back")}</Button>
			</div>
		</form>
	);
};

const Publish = ({ onMade }: { onMade: () => void }) => {
	const { t } = useSpeech();
	const [kept, setKept] = useState(false);
	const [asked, setAsked] = useState(false);
	const publishing = useAct();
	const publish = (): void => {
		setAsked(true);
		if (kept) void publishing.act(() => engine().organise("ceremonyPublish")).then((done) => done && onMade());
	};
	return (
		<>
			<p class="lead">{t("ceremony.publish_text")}</p>
			<p>{t("ceremony.publish_after")}</p>
			<Check label={t("ceremony.kept")} checked={kept} onChange={setKept} />
			{asked && !kept && <Notice kind="error"><p>{t("ceremony.kept_first")}</p></Notice>}
			{publishing.error && <Notice kind="error"><p>{publishing.error}</p></Notice>}
			<Button kind="main" busy={publishing.busy} onClick={publish}>{publishing.busy ? t("ceremony.publishing") : t("ceremony.publish")}</Button>
		</>
	);
};

const Page = ({ step, children }: { step: Step; children: ComponentChildren }) => {
	const { t } = useSpeech();
	return (
		<div class="organisation ceremony">
			<Way now={step} />
			<PageTitle key={step}>{t(`ceremony.title.${step}`)}</PageTitle>
			{children}
		</div>
	);
};

export const Ceremony = ({ onMade }: { onMade: () => void }) => {
	const [step, setStep] = useState<Step>("intro");
	const [sheets, setSheets] = useState<readonly SheetView[]>([]);
	const [madeAt, setMadeAt] = useState(0);
	useEffect(() => () => void engine().organise("ceremonyDrop").catch(() => undefined), []);
	const begun = (made: readonly SheetView[]): void => {
		setSheets(made);
		setMadeAt(Date.now());
		setStep("sheets");
	};
	const proven = (): void => {
		setSheets([]);
		setStep("publish");
	};
	return (
		<Page step={step}>
			{step === "intro" && <Intro onBegun={begun} />}
			{step === "sheets" && <Sheets sheets={sheets} madeAt={madeAt} onNext={() => setStep("prove")} />}
			{step === "prove" && <Prove onProven={proven} onBack={() => setStep("sheets")} />}
			{step === "publish" && <Publish onMade={onMade} />}
		</Page>
	);
};
