// Deletion certificates: what has gone, in counts, by which rule; to be read, kept as PDF and as the JSON that it is.

import { useEffect, useState } from "preact/hooks";
import { office } from "../office.js";
import { Button, Dialog, Loading, Notice, useAct } from "../parts.js";
import { save } from "../roles/log.js";
import { useSpeech } from "../state.js";
import { readCertificate, rowsOf, type Certificate } from "./certificate.js";

const PAGE = 20;

const One = ({ of, onClose }: { of: Certificate; onClose: () => void }) => {
	const speech = useSpeech();
	const { t, format } = speech;
	const making = useAct();
	const pdf = (): void =>
		void making.act(async () => {
			const [{ certificateFile }, { saveFile }] = await Promise.all([import("./document.js"), import("../agreement/data.js")]);
			saveFile(`todistus-${of.n}.pdf`, await certificateFile(speech, of));
		});
	const { head, rows } = rowsOf(speech, of);
	return (
		<Dialog title={t("certificate.one", { n: String(of.n) })} onClose={onClose} wide>
			<dl class="opening">
				<dt>{t("certificate.organisation")}</dt>
				<dd>{of.organisation}</dd>
				<dt>{t("certificate.at")}</dt>
				<dd>{format.date(of.at)} {format.time(of.at)}</dd>
				<dt>{t("certificate.log")}</dt>
				<dd>{of.first}–{of.last}</dd>
			</dl>
			<div class="scroll" tabIndex={0} role="region" aria-label={t("certificate.erased")}>
				<table class="events">
					<thead><tr>{head.map((one) => <th key={one} scope="col">{one}</th>)}</tr></thead>
					<tbody>{rows.map((row) => <tr key={row.join()}>{row.map((text, i) => (i === 0 ? <th key={i} scope="row">{text}</th> : <td key={i}>{text}</td>))}</tr>)}</tbody>
				</table>
			</div>
			<p class="hint">{t("certificate.text")}</p>
			{making.error && <Notice kind="error"><p>{making.error}</p></Notice>}
			<div class="row">
				<Button kind="main" busy={making.busy} onClick={pdf}>{t("certificate.pdf")}</Button>
				<Button onClick={() => save(`todistus-${of.n}.json`, "application/json", of.json)}>{t("certificate.json")}</Button>
			</div>
		</Dialog>
	);
};

export const Certificates = () => {
	const { t, format } = useSpeech();
	const [all, setAll] = useState<readonly Certificate[] | null>(null);
	const [more, setMore] = useState(false);
	const [shown, show] = useState<Certificate | null>(null);
	const asking = useAct();
	const bring = (from: readonly Certificate[]): void =>
		void asking.act(async () => {
			const last = from.at(-1);
			const said = await office("certificate_list", { most: PAGE, ...(last ? { before: last.n } : {}) });
			setAll([...from, ...said.certificates.map(readCertificate)]);
			setMore(said.more);
		});
	useEffect(() => bring([]), []);
	return (
		<section>
			<h3>{t("certificate.title")}</h3>
			<p>{t("certificate.intro")}</p>
			{!all && asking.busy && <Loading text={t("loading.page")} />}
			{asking.error && <Notice kind="error"><p>{asking.error}</p><Button onClick={() => bring(all ?? [])}>{t("loading.again")}</Button></Notice>}
			{all?.length === 0 && <p>{t("certificate.none")}</p>}
			{all && all.length > 0 && (
				<ul class="plain-list">
					{all.map((one) => <li key={one.n}><button type="button" class="link" onClick={() => show(one)}>{t("certificate.one", { n: String(one.n) })}, {format.date(one.at)}</button></li>)}
				</ul>
			)}
			{more && <Button small busy={asking.busy} onClick={() => bring(all ?? [])}>{t("certificate.more")}</Button>}
			{shown && <One of={shown} onClose={() => show(null)} />}
		</section>
	);
};
