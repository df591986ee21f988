// Three sheets of paper, one for each person, shown one at a time so that nobody sees another's; each prints as a page of its own.

import { useEffect, useState } from "preact/hooks";
import type { SheetView } from "../../client/api.js";
import { Button, Check, Notice } from "../parts.js";
import { Qr } from "../qr.js";
import { use, useSpeech } from "../state.js";

type Part = "root" | "recovery";
type Shown = number | "all" | null;

const Code = ({ part, text }: { part: Part; text: string }) => {
	const { t } = useSpeech();
	return (
		<>
			<h3>{t(`sheet.${part}`)}</h3>
			<ol class="code-groups share-groups" translate={false}>
				{text.split("-").map((group, at) => <li key={at}>{group}</li>)}
			</ol>
		</>
	);
};

const Sheet = ({ sheet, n, madeAt }: { sheet: SheetView; n: number; madeAt: number }) => {
	const { t } = useSpeech();
	const organisation = use((all) => all.self?.organisation ?? "");
	return (
		<section class="code-sheet share-sheet" aria-label={t("sheet.title", { n })}>
			<p class="share-head">Luotsi · {organisation}</p>
			<h2>{t("sheet.title", { n })}</h2>
			<p class="share-name">{t("sheet.keeper")}</p>
			<Code part="root" text={sheet.root} />
			<Code part="recovery" text={sheet.recovery} />
			<div class="share-foot">
				<Qr text={`${sheet.root}\n${sheet.recovery}`} label={t("sheet.qr", { n })} />
				<div>
					<p>{t("sheet.what")}</p>
					<p>{t("sheet.keep")}</p>
					<p>{location.host} · {t("sheet.made", { on: madeAt, at: madeAt })}</p>
				</div>
			</div>
		</section>
	);
};

export const Sheets = ({ sheets, madeAt, onNext }: { sheets: readonly SheetView[]; madeAt: number; onNext: () => void }) => {
	const { t } = useSpeech();
	const [shown, show] = useState<Shown>(null);
	const [printing, setPrinting] = useState(false);
	const [ready, setReady] = useState(false);
	const [asked, setAsked] = useState(false);
	useEffect(() => {
		if (!printing) return;
		setPrinting(false);
		print();
	}, [printing]);
	const printAll = (): void => {
		show("all");
		setPrinting(true);
	};
	const next = (): void => {
		setAsked(true);
		if (ready) onNext();
	};
	return (
		<>
			<p class="lead">{t("ceremony.sheets_text")}</p>
			<div class="row share-row">
				{sheets.map((_, at) => (
					<Button key={at} kind={shown === at ? "main" : "plain"} onClick={() => show(shown === at ? null : at)}>
						{shown === at ? t("sheet.hide", { n: at + 1 }) : t("sheet.show", { n: at + 1 })}
					</Button>
				))}
			</div>
			{sheets.map((sheet, at) => (shown === "all" || shown === at) && <Sheet key={at} sheet={sheet} n={at + 1} madeAt={madeAt} />)}
			<div class="row">
				{shown !== null && <Button kind="main" onClick={() => setPrinting(true)}>{t("sheet.print")}</Button>}
				{shown === "all" ? <Button onClick={() => show(null)}>{t("sheet.hide_all")}</Button> : <Button onClick={printAll}>{t("sheet.print_all")}</Button>}
			</div>
			<Notice kind="warning"><p>{t("sheet.care")}</p></Notice>
			<Check label={t("sheet.on_paper")} checked={ready} onChange={setReady} />
			{asked && !ready && <Notice kind="error"><p>{t("sheet.on_paper_first")}</p></Notice>}
			<Button kind={ready ? "main" : "plain"} onClick={next}>{t("ceremony.next")}</Button>
		</>
	);
};
