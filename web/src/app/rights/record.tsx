// The record of processing activities: made of the agreements and the rules, completed by what only the organisation can say.

import { useEffect, useState } from "preact/hooks";
import { countriesOf, recordBlocks, ruleText, termsOf, type Activity, type TheRecord } from "../../rights/blocks.js";
import { office, officeProven } from "../office.js";
import { Button, Field, Loading, Notice, useAct } from "../parts.js";
import { say, useSpeech } from "../state.js";
import { savePdf } from "./document.js";

const PARTS = ["contact", "officer", "basis", "recipients", "transfers"] as const;
const MOST: Readonly<Record<(typeof PARTS)[number], number>> = { contact: 450, officer: 450, basis: 900, recipients: 900, transfers: 900 };

const Edit = ({ of, onDone }: { of: TheRecord; onDone: () => void }) => {
	const { t } = useSpeech();
	const [it, set] = useState({ contact: of.contact, officer: of.officer, basis: of.basis, recipients: of.recipients, transfers: of.transfers });
	const going = useAct();
	const save = (event: Event): void => {
		event.preventDefault();
		void going.act(async () => {
			await officeProven("record_put", { version: of.version, ...it });
			say(t("rights.record.saved"));
			onDone();
		});
	};
	return (
		<form class="card" onSubmit={save} noValidate>
			{PARTS.map((part) => <Field key={part} label={t(`rights.record.${part}`)} hint={t(`rights.record.${part}_hint`)} value={it[part]} rows={3} maxLength={MOST[part]} onInput={(text) => set({ ...it, [part]: text })} />)}
			{going.error && <Notice kind="error"><p>{going.error}</p></Notice>}
			<div class="row">
				<Button kind="main" type="submit" busy={going.busy}>{t("rights.record.save")}</Button>
				<Button onClick={onDone}>{t("rights.back")}</Button>
			</div>
		</form>
	);
};

const Of = ({ of }: { of: Activity }) => {
	const { t } = useSpeech();
	const terms = termsOf(of);
	return (
		<section>
			<h3>{t("rights.record.activity", { processor: of.processor })}</h3>
			{!terms && <p>{t("rights.record.no_terms", { state: t(`agreement.state.${of.state}`) })}</p>}
			{terms && (
				<dl class="opening">
					<dt>{t("agreement.term.purpose")}</dt><dd class="text">{terms.purpose}</dd>
					<dt>{t("agreement.term.persons")}</dt><dd>{terms.persons.map((one) => t(`agreement.person.${one}`)).join(", ")}</dd>
					<dt>{t("agreement.term.data")}</dt><dd>{terms.data.map((one) => t(`agreement.data.${one}`)).join(", ")}</dd>
					<dt>{t("rights.record.processors")}</dt><dd>{[of.processor, ...terms.subprocessors.map((one) => one.name)].join(", ")}</dd>
					{countriesOf(terms).length > 0 && <><dt>{t("rights.record.countries")}</dt><dd>{countriesOf(terms).join(", ")}</dd></>}
				</dl>
			)}
		</section>
	);
};

export const ProcessingRecord = () => {
	const speech = useSpeech();
	const { t, format } = speech;
	const [record, know] = useState<TheRecord | null>(null);
	const [editing, edit] = useState(false);
	const asking = useAct();
	const writing = useAct();
	const bring = (): void => {
		edit(false);
		void asking.act(async () => know(await office("record_get", {})));
	};
	useEffect(bring, []);
	const take = (): void => void writing.act(async () => record && savePdf(speech, "luotsi-seloste.pdf", `${t("rights.record")}, ${record.name}`, recordBlocks(speech, record, Date.now())));
	if (asking.error && !record) return <Notice kind="error"><p>{asking.error}</p><Button onClick={bring}>{t("loading.again")}</Button></Notice>;
	if (!record) return <Loading text={t("loading.page")} />;
	if (editing) return <Edit of={record} onDone={bring} />;
	const missing = PARTS.filter((part) => record[part] === "");
	return (
		<>
			<p>{t("rights.record.text")}</p>
			{missing.length > 0 && <Notice kind="warning"><p>{t("rights.record.lacks", { parts: missing.map((part) => t(`rights.record.${part}`)).join(", ") })}</p></Notice>}
			<dl class="opening">
				<dt>{t("agreement.controller")}</dt><dd>{record.name}{record.business_id ? ` (${record.business_id})` : ""}</dd>
				{PARTS.map((part) => <><dt>{t(`rights.record.${part}`)}</dt><dd class="text">{record[part] || t("rights.record.missing")}</dd></>)}
			</dl>
			{record.activities.length === 0 && <p>{t("rights.record.none")}</p>}
			{record.activities.map((one) => <Of key={one.agreement} of={one} />)}
			{record.rules.length > 0 && (
				<table class="events">
					<caption class="vh">{t("rights.record.rules")}</caption>
					<thead><tr><th scope="col">{t("rights.record.rules")}</th><th scope="col">{t("rights.record.days")}</th></tr></thead>
					<tbody>{record.rules.map((rule) => <tr key={rule.kind}><td>{ruleText(speech, rule.kind)}</td><td>{format.number(rule.days)}</td></tr>)}</tbody>
				</table>
			)}
			{(writing.error ?? asking.error) && <Notice kind="error"><p>{writing.error ?? asking.error}</p></Notice>}
			<div class="row">
				<Button kind="main" busy={writing.busy} onClick={take}>{t("rights.pdf")}</Button>
				<Button onClick={() => edit(true)}>{t("rights.record.edit")}</Button>
			</div>
		</>
	);
};
