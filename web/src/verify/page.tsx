// The page that checks what was taken out: one file, without a network, in three languages. Its texts come with it, apart from the site's.

import { render } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { fromBase64Url, hex } from "../seal/bytes.js";
import { checkExport, type Finding, type Report } from "./check.js";
import en from "./text/en.json";
import fi from "./text/fi.json";
import sv from "./text/sv.json";
import type { Source } from "./zip.js";
import "./page.css";

type Texts = Readonly<Record<keyof typeof fi, string>>;

const LANGUAGES = { fi: { name: "Suomi", texts: fi as Texts }, sv: { name: "Svenska", texts: sv as Texts }, en: { name: "English", texts: en as Texts } } as const;
type Language = keyof typeof LANGUAGES;

const isLanguage = (word: string): word is Language => Object.hasOwn(LANGUAGES, word);

const preferred = (): Language => navigator.languages.map((tag) => tag.slice(0, 2)).find(isLanguage) ?? "fi";

const sourceOf = (file: File): Source => ({ size: file.size, read: async (from, to) => new Uint8Array(await file.slice(from, to).arrayBuffer()) });

type At = { readonly step: "choose" } | { readonly step: "checking"; readonly percent: number } | { readonly step: "failed" } | { readonly step: "done"; readonly report: Report };

const grouped = (kid: string): string => {
	try {
		return (hex(fromBase64Url(kid)).match(/.{8}/g) ?? []).join(" ");
	} catch {
		return "";
	}
};

const Findings = ({ t, findings }: { t: Texts; findings: readonly Finding[] }) => (
	<ul class="findings">
		{findings.map(({ what, place, why }, n) => (
			<li key={n}>
				<strong>{t[`what.${what}`]}</strong>
				{place !== "" && <> <code>{place}</code></>}
				{why !== "" && <> <code>{why}</code></>}
			</li>
		))}
	</ul>
);

const Facts = ({ t, report, language }: { t: Texts; report: Report; language: Language }) => {
	const { room, counts } = report;
	if (!room) return null;
	const taken = new Date(room.taken_at).toLocaleString({ fi: "fi-FI", sv: "sv-FI", en: "en-GB" }[language]);
	const rows: readonly (readonly [keyof typeof fi, string])[] = [
		["fact.taken", taken], ["fact.controller", String(room.said_by_server?.["controller"] ?? "")],
		["fact.members", (room.verified.members ?? []).map((m) => [m.name, m.employer].filter(Boolean).join(", ")).join("; ")],
		["fact.messages", String(counts.messages)], ["fact.envelopes", String(counts.envelopes)], ["fact.files", String(counts.files)],
		...(counts.doubted > 0 ? [["fact.doubted", String(counts.doubted)] as const] : []), ["fact.root", grouped(room.verified.organisation_root ?? "")],
	];
	return (
		<section>
			<h2>{t.facts}</h2>
			<dl>{rows.map(([key, value]) => <div key={key}><dt>{t[key]}</dt><dd>{value}</dd></div>)}</dl>
		</section>
	);
};

const Result = ({ t, report, language }: { t: Texts; report: Report; language: Language }) => {
	const good = report.findings.length === 0;
	const title = useRef<HTMLHeadingElement>(null);
	useEffect(() => title.current?.focus(), [report]);
	return (
		<>
			<section class={good ? "verdict good" : "verdict bad"}>
				<h2 ref={title} tabIndex={-1}>{good ? t.good : t.bad}</h2>
				<p>{good ? t.good_text : t.bad_text}</p>
				{!good && <Findings t={t} findings={report.findings} />}
			</section>
			<Facts t={t} report={report} language={language} />
			<section>
				<h2>{t.limits}</h2>
				<ul>
					<li>{t["limit.root"]}</li>
					<li>{t["limit.times"]}</li>
					<li>{t["limit.end"]}</li>
				</ul>
			</section>
		</>
	);
};

const Page = () => {
	const [language, speak] = useState<Language>(preferred);
	const [at, go] = useState<At>({ step: "choose" });
	const t = LANGUAGES[language].texts;
	useEffect(() => {
		document.documentElement.lang = language;
		document.title = t.title;
	}, [language]);
	const choose = (input: HTMLInputElement): void => {
		const [file] = input.files ?? [];
		if (!file) return;
		go({ step: "checking", percent: 0 });
		const progress = (done: number, of: number): void => go({ step: "checking", percent: Math.min(99, Math.floor((100 * done) / Math.max(of, 1))) });
		checkExport(sourceOf(file), progress).then((report) => go({ step: "done", report }), () => go({ step: "failed" }));
		input.value = "";
	};
	return (
		<main>
			<label class="language">
				<span>{t.language}</span>
				<select value={language} onChange={(event) => speak(event.currentTarget.value as Language)}>
					{Object.entries(LANGUAGES).map(([code, { name }]) => <option key={code} value={code} lang={code}>{name}</option>)}
				</select>
			</label>
			<h1>{t.title}</h1>
			<p>{t.lead}</p>
			<p class="choose">
				<input id="file" type="file" accept=".zip,application/zip" disabled={at.step === "checking"} onChange={(event) => choose(event.currentTarget)} />
				<label for="file">{at.step === "choose" ? t.choose : t.again}</label>
			</p>
			<div role="status">{at.step === "checking" && <p>{t.checking.replace("{done}", String(at.percent))}</p>}</div>
			{at.step === "failed" && <p role="alert">{t.failed}</p>}
			{at.step === "done" && <Result t={t} report={at.report} language={language} />}
		</main>
	);
};

render(<Page />, document.body);
