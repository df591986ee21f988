// The four steps: what is asked for, two sheets, the reason, what came of it. Each knows only what the one before gave it.

import { useState } from "preact/hooks";
import { Qr } from "../../app/qr.js";
import type { PlainKey } from "../../text/text.js";
import { SheetError, type Ceremony, type Facts, type Opened } from "../open.js";
import { SealError } from "../../seal/bytes.js";
import type { Sheet } from "../../seal/share.js";
import { Button, Check, Field, Notice, save, Title } from "./parts.js";
import { useSpeech } from "./speech.js";

const REASONS = ["lost", "left", "law", "other"] as const;
const WORDS = 600;
const OFFICERS = 300;

const Row = ({ name, children }: { name: PlainKey; children: string }) => {
	const { t } = useSpeech();
	return (
		<>
			<dt>{t(name)}</dt>
			<dd>{children}</dd>
		</>
	);
};

const About = ({ facts }: { facts: Facts }) => {
	const { t } = useSpeech();
	return (
		<section>
			<h2>{t("recovery.p.about")}</h2>
			<dl>
				<Row name="recovery.p.organisation">{facts.name}</Row>
				<Row name="recovery.p.at">{t("recovery.line.at", { at: facts.at })}</Row>
				<Row name="recovery.p.reader">{facts.certified ? t("recovery.p.certified", { name: facts.to, ...facts.certified }) : t("recovery.p.client")}</Row>
			</dl>
			{facts.certified && <p>{t("recovery.p.ask_reader")}</p>}
			<h3>{t("recovery.p.rooms")}</h3>
			<ul class="plain-list">
				{facts.rooms.map((room) => (
					<li key={room.room}>{t("recovery.p.room", { at: room.createdAt, n: room.epochs, names: room.staff.filter(Boolean).join(", ") || t("recovery.p.nobody") })}</li>
				))}
			</ul>
		</section>
	);
};

export const Request = ({ begin, onDone }: { begin: (json: string) => Promise<Ceremony>; onDone: (ceremony: Ceremony) => void }) => {
	const { t } = useSpeech();
	const [ceremony, setCeremony] = useState<Ceremony | null>(null);
	const [error, setError] = useState<string | null>(null);
	const [same, setSame] = useState(false);
	const read = (file: File | undefined): void => {
		setCeremony(null);
		setError(null);
		if (!file) return;
		void file.text().then(begin).then(setCeremony, (thrown: unknown) => setError(t(thrown instanceof SealError && thrown.word === "file" ? "recovery.p.error.file" : "recovery.p.error.changed")));
	};
	const next = (): void => {
		if (!ceremony) return setError(t("recovery.p.error.file"));
		if (ceremony.facts.code !== "" && !same) return setError(t("recovery.p.compare_first"));
		onDone(ceremony);
	};
	return (
		<>
			<Title>{t("recovery.p.title")}</Title>
			<p class="lead">{t("recovery.p.what")}</p>
			{navigator.onLine && <Notice kind="warning"><p>{t("recovery.p.online")}</p></Notice>}
			<p>{t("recovery.p.clock", { at: Date.now() })}</p>
			<label class="field">
				<span>{t("recovery.p.request_file")}</span>
				<input type="file" accept=".json,application/json" onChange={(event) => read(event.currentTarget.files?.[0])} />
			</label>
			{ceremony && <About facts={ceremony.facts} />}
			{ceremony && ceremony.facts.code !== "" && (
				<>
					<p>{t("recovery.p.compare")}</p>
					<ol class="code-groups" translate={false}>{ceremony.facts.code.split(" ").map((group, at) => <li key={at}>{group}</li>)}</ol>
					<Check label={t("recovery.p.compared")} checked={same} onChange={setSame} />
				</>
			)}
			{error && <Notice kind="error"><p>{error}</p></Notice>}
			<Button main onClick={next}>{t("recovery.p.continue")}</Button>
		</>
	);
};

interface Fault {
	readonly at: number | null;
	readonly text: string;
}

/** What two sheets open is whoever asks' to say. */
export const Sheets = <T,>({ open, onDone }: { open: (texts: readonly string[]) => Promise<T>; onDone: (opened: T) => void }) => {
	const { t } = useSpeech();
	const [texts, setTexts] = useState<readonly [string, string]>(["", ""]);
	const [fault, setFault] = useState<Fault | null>(null);
	const [busy, setBusy] = useState(false);
	const faultOf = (thrown: unknown): Fault => {
		const word = thrown instanceof SealError ? thrown.word : "";
		const at = thrown instanceof SheetError ? thrown.at : null;
		const count = (texts[at ?? 0] ?? "").replace(/[\s-]/g, "").length;
		if (word === "length") return { at, text: t("recovery.p.error.length", { count }) };
		if (word === "root" || word === "recovery" || word === "same_share" || word === "other_sheets") return { at, text: t(`recovery.p.error.${word}`) };
		return { at: null, text: t("recovery.p.error.other_sheets") };
	};
	const submit = (event: Event): void => {
		event.preventDefault();
		setBusy(true);
		setFault(null);
		void open(texts).then(onDone, (thrown: unknown) => setFault(faultOf(thrown))).finally(() => setBusy(false));
	};
	const field = (at: 0 | 1) => (
		<Field
			label={t("recovery.p.sheet", { n: String(at + 1) as "1" })} hint={t("recovery.p.sheet_hint")} rows={4} letters value={texts[at]} error={fault?.at === at ? fault.text : null}
			onInput={(text) => setTexts(at === 0 ? [text, texts[1]] : [texts[0], text])}
		/>
	);
	return (
		<form onSubmit={submit} noValidate>
			<Title>{t("recovery.p.step.sheets")}</Title>
			<p class="lead">{t("recovery.p.sheets_text")}</p>
			{field(0)}
			{field(1)}
			{fault && fault.at === null && <Notice kind="error"><p>{fault.text}</p></Notice>}
			<Button main submit busy={busy}>{t("recovery.p.join")}</Button>
		</form>
	);
};

export interface Outcome {
	readonly result: string;
	readonly sheets: readonly Sheet[];
}

const bytes = (text: string): number => new TextEncoder().encode(text).length;

/** Why and who, and that it is meant. */
const useWish = () => {
	const { t } = useSpeech();
	const [reason, setReason] = useState(1);
	const [words, setWords] = useState("");
	const [officers, setOfficers] = useState("");
	const [sure, setSure] = useState(false);
	const [asked, setAsked] = useState(false);
	const line = (text: string): string => text.replace(/\s+/g, " ").trim();
	const wish = { reason, words: line(words), officers: line(officers) };
	const wordsFit = bytes(wish.words) >= 1 && bytes(wish.words) <= WORDS;
	const officersFit = bytes(wish.officers) >= 1 && bytes(wish.officers) <= OFFICERS;
	const fields = (
		<>
			<fieldset class="choice">
				<legend>{t("recovery.p.reason")}</legend>
				{REASONS.map((one, at) => (
					<label key={one}><input type="radio" name="reason" checked={reason === at + 1} onChange={() => setReason(at + 1)} /><span>{t(`recovery.reason.${one}`)}</span></label>
				))}
			</fieldset>
			<Field label={t("recovery.p.words")} hint={t("recovery.p.words_hint")} rows={3} value={words} onInput={setWords} error={asked && !wordsFit ? t("recovery.p.words_missing") : null} />
			<Field label={t("recovery.p.officers")} hint={t("recovery.p.officers_hint")} rows={2} value={officers} onInput={setOfficers} error={asked && !officersFit ? t("recovery.p.officers_missing") : null} />
			<Check label={t("recovery.p.sure")} checked={sure} onChange={setSure} />
			{asked && !sure && <Notice kind="error"><p>{t("recovery.p.sure_first")}</p></Notice>}
		</>
	);
	return { wish, fields, ready: wordsFit && officersFit && sure, ask: () => setAsked(true) };
};

export const Why = ({ opened, onDone }: { opened: Opened; onDone: (outcome: Outcome) => void }) => {
	const { t } = useSpeech();
	const { wish, fields, ready, ask } = useWish();
	const [error, setError] = useState<string | null>(null);
	const [busy, setBusy] = useState(false);
	const submit = (event: Event): void => {
		event.preventDefault();
		ask();
		if (!ready) return;
		setBusy(true);
		const failed = (thrown: unknown): void => {
			const word = thrown instanceof SealError ? thrown.word : "";
			setError(word === "nothing_opens" ? t("recovery.p.error.nothing_opens") : t("recovery.p.error.refused", { word }));
		};
		void opened.make(wish).then(onDone, failed).finally(() => setBusy(false));
	};
	return (
		<form onSubmit={submit} noValidate>
			<Title>{t("recovery.p.step.why")}</Title>
			<Notice kind={opened.found === opened.wanted ? "good" : "warning"}>
				<p>{t("recovery.p.found", { found: opened.found, wanted: opened.wanted })}</p>
				{opened.found < opened.wanted && <p>{t("recovery.p.missing")}</p>}
			</Notice>
			{fields}
			{error && <Notice kind="error"><p>{error}</p></Notice>}
			<Button main submit busy={busy}>{t("recovery.p.make")}</Button>
		</form>
	);
};

const Paper = ({ sheet, n, name }: { sheet: Sheet; n: number; name: string }) => {
	const { t } = useSpeech();
	const part = (title: PlainKey, text: string) => (
		<>
			<h3>{t(title)}</h3>
			<ol class="code-groups share-groups" translate={false}>{text.split("-").map((group, at) => <li key={at}>{group}</li>)}</ol>
		</>
	);
	return (
		<section class="code-sheet share-sheet" aria-label={t("recovery.p.sheet_n", { n })}>
			<p class="share-head">Luotsi · {name}</p>
			<h2>{t("recovery.p.sheet_n", { n })}</h2>
			<p>{t("recovery.p.keeper")}</p>
			{part("recovery.p.root", sheet.root)}
			{part("recovery.p.recovery", sheet.recovery)}
			<div class="share-foot">
				<Qr text={`${sheet.root}\n${sheet.recovery}`} label={t("recovery.p.sheet_n", { n })} />
				<p>{t("recovery.line.at", { at: Date.now() })}</p>
			</div>
		</section>
	);
};

export const Done = ({ outcome, name }: { outcome: Outcome; name: string }) => {
	const { t } = useSpeech();
	return (
		<>
			<div>
				<Title>{t("recovery.p.step.done")}</Title>
				<p class="lead">{t("recovery.p.done_text")}</p>
				<Button main onClick={() => save("luotsi-tulos.json", outcome.result)}>{t("recovery.p.download")}</Button>
				<h2>{t("recovery.p.new_sheets")}</h2>
				<p>{t("recovery.p.new_text")}</p>
				<Button onClick={() => print()}>{t("recovery.p.print")}</Button>
			</div>
			{outcome.sheets.map((sheet, at) => <Paper key={at} sheet={sheet} n={at + 1} name={name} />)}
			<p>{t("recovery.p.end")}</p>
		</>
	);
};
