// The printed code, shown once: to be printed or written down, and kept apart from the passphrase.

import { useState } from "preact/hooks";
import { Button, Check, Notice, PageTitle } from "../parts.js";
import { Qr } from "../qr.js";
import { get, set, use, useSpeech } from "../state.js";

const groupsOf = (code: string): string[] => code.split(/[\s-]+/u).filter(Boolean);

const Sheet = ({ code }: { code: string }) => {
	const { t, format } = useSpeech();
	return (
		<section class="code-sheet" aria-label={t("code.sheet")}>
			<p class="print-only print-title">Luotsi</p>
			<h2>{t("code.sheet")}</h2>
			<ol class="code-groups" translate={false}>
				{groupsOf(code).map((group, at) => <li key={at}>{group}</li>)}
			</ol>
			<Qr text={code} label={t("code.qr")} />
			<p>{t("code.what")}</p>
			<p class="print-only">{t("code.made", { at: Date.now() })}</p>
			<p class="print-only">{location.host} · {format.date(Date.now())}</p>
		</section>
	);
};

export const CodePage = () => {
	const { t } = useSpeech();
	const code = use((all) => all.code) ?? "";
	const [kept, setKept] = useState(false);
	const [copied, setCopied] = useState(false);
	const [asked, setAsked] = useState(false);
	const copy = (): void => void navigator.clipboard.writeText(get().code ?? "").then(() => setCopied(true), () => setCopied(false));
	const go = (): void => {
		setAsked(true);
		if (kept) set({ code: null });
	};
	return (
		<div class="code-page">
			<PageTitle>{t("code.title")}</PageTitle>
			<p class="lead">{t("code.text")}</p>
			<Sheet code={code} />
			<div class="row">
				<Button kind="main" onClick={() => print()}>{t("code.print")}</Button>
				<Button onClick={copy}>{copied ? t("code.copied") : t("code.copy")}</Button>
			</div>
			<Notice kind="warning"><p>{t("code.nobody")}</p></Notice>
			<Check label={t("code.kept")} checked={kept} onChange={setKept} />
			{asked && !kept && <Notice kind="error"><p>{t("code.keep_first")}</p></Notice>}
			<Button kind={kept ? "main" : "plain"} onClick={go}>{t("code.go")}</Button>
		</div>
	);
};
