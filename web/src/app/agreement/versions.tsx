// The versions of an agreement: its document made and saved, the signed one recorded by its hash, amendments written and accepted.

import { useEffect, useState } from "preact/hooks";
import { changesOf, faultsOf, type Terms } from "../../agreement/terms.js";
import { speechFor } from "../../text/text.js";
import { Again } from "../again.js";
import { DayField } from "../assignment/day-field.js";
import { dayText, today } from "../assignment/words.js";
import { Select } from "../admin/manage.js";
import { office, officeProven } from "../office.js";
import { Button, Dialog, Field, Loading, Notice, useAct } from "../parts.js";
import { say, use, useSpeech } from "../state.js";
import { BASES, saveFile, sumOf, sumText, type Agreement, type Edition, type Signatory } from "./data.js";
import { TermsForm } from "./terms-form.js";

interface Of {
	/** The operator's to name; of one's own it is left out. */
	readonly org?: string;
	readonly of: Agreement;
	readonly onDone: () => void;
}

const whose = (org: string | undefined): { org?: string } => (org ? { org } : {});

const Signing = ({ org, of, version, onDone }: Of & { org: string; version: number }) => {
	const { t } = useSpeech();
	const empty = (party: "controller" | "processor"): Signatory => ({ party, name: "", title: "", basis: party === "controller" ? "rules" : "office", basis_text: "" });
	const [sum, setSum] = useState("");
	const [day, setDay] = useState(today());
	const [who, setWho] = useState<readonly Signatory[]>([empty("controller"), empty("processor")]);
	const [tried, attempt] = useState(false);
	const going = useAct();
	const set = (i: number, piece: Partial<Signatory>): void => setWho(who.map((one, at) => (at === i ? { ...one, ...piece } : one)));
	const whole = sum !== "" && day !== "" && who.every((one) => one.name.trim() !== "");
	const sign = (): void => {
		attempt(true);
		if (whole) void going.act(async () => {
			await office("agreement_sign", { org, agreement: of.agreement, version, signed_sum: sum, signed_on: day, signatories: [...who] });
			onDone();
		});
	};
	return (
		<>
			<p>{t("agreement.sign.text")}</p>
			<label class="field">
				<span>{t("agreement.sign.file")}</span>
				<input type="file" onChange={(event) => {
					const file = event.currentTarget.files?.[0];
					setSum("");
					if (file) void going.act(async () => setSum(await sumOf(await file.arrayBuffer())));
				}} />
			</label>
			{sum !== "" && <p class="checksum">{sumText(sum)}</p>}
			{tried && sum === "" && <p class="field-error">{t("agreement.sign.no_file")}</p>}
			<DayField label={t("agreement.sign.day")} value={day} onChange={setDay} />
			{who.map((one, i) => (
				<fieldset class="group" key={one.party}>
					<legend>{t(`agreement.${one.party}`)}</legend>
					<Field label={t("agreement.contact.name")} value={one.name} maxLength={100} error={tried && one.name.trim() === "" ? t("agreement.missing") : null} onInput={(name) => set(i, { name })} />
					<Field label={t("agreement.contact.title")} value={one.title} maxLength={100} onInput={(title) => set(i, { title })} />
					<Select label={t("agreement.contact.basis")} value={one.basis} options={BASES.map((basis) => [basis, t(`agreement.basis.${basis}`)] as const)} onChange={(basis) => set(i, { basis })} />
					<Field label={t("agreement.contact.basis_text")} value={one.basis_text} maxLength={200} onInput={(basis_text) => set(i, { basis_text })} />
				</fieldset>
			))}
			{going.error && <Notice kind="error"><p>{going.error}</p></Notice>}
			<Button kind="main" busy={going.busy} onClick={sign}>{t("agreement.sign.do")}</Button>
		</>
	);
};

const Draft = ({ org, of, from, version, onDone }: Of & { org: string; from: Edition; version: number }) => {
	const { t } = useSpeech();
	const [terms, setTerms] = useState<Terms | null>(null);
	const [language, setLanguage] = useState<"fi" | "sv" | "en">("fi");
	const [day, setDay] = useState(version === 1 ? from.holds_from : today());
	const [tried, attempt] = useState(false);
	const going = useAct();
	useEffect(() => void going.act(async () => {
		const said = await office("agreement_terms", { org, agreement: of.agreement, version: from.version });
		setTerms(JSON.parse(said.terms) as Terms);
		setLanguage(said.language);
	}), []);
	if (!terms) return going.error ? <Notice kind="error"><p>{going.error}</p></Notice> : <Loading text={t("loading.page")} />;
	const faults = faultsOf(terms);
	const save = (): void => {
		attempt(true);
		if (faults.length === 0 && day !== "") void going.act(async () => {
			await office("agreement_draft", { org, agreement: of.agreement, version, language, terms: JSON.stringify(version === 1 ? { ...terms, begins: day } : terms), holds_from: day });
			say(t("agreement.template.saved"));
			onDone();
		});
	};
	return (
		<>
			<DayField label={t("agreement.holds_from")} value={day} onChange={setDay} />
			<TermsForm terms={terms} faults={tried ? faults : []} onChange={(piece) => setTerms({ ...terms, ...piece })} />
			{tried && faults.length > 0 && <Notice kind="warning"><p>{t("agreement.template.faults")}</p></Notice>}
			{going.error && <Notice kind="error"><p>{going.error}</p></Notice>}
			<Button kind="main" busy={going.busy} onClick={save}>{t("agreement.template.save")}</Button>
		</>
	);
};

/** What an amendment changes, and the click that accepts exactly what was read. */
const Accepting = ({ of, edition, onDone }: Of & { edition: Edition }) => {
	const { t } = useSpeech();
	const [changes, setChanges] = useState<readonly string[] | null>(null);
	const going = useAct();
	useEffect(() => void going.act(async () => {
		const [now, then] = await Promise.all([of.version, edition.version].map(async (version) => JSON.parse((await office("agreement_terms", { agreement: of.agreement, version })).terms) as Terms));
		setChanges(now && then ? changesOf(now, then) : []);
	}), []);
	const accept = (): void =>
		void going.act(async () => {
			await officeProven("agreement_accept", { agreement: of.agreement, version: edition.version, document: edition.document ?? "" });
			say(t("agreement.accepted"));
			onDone();
		});
	const { has } = useSpeech();
	const named = (key: string): string => {
		const text = `agreement.term.${key}`;
		return has(text) ? (t as (key: string) => string)(text) : key;
	};
	return (
		<Notice kind="info" title={t("agreement.offered", { version: edition.version })}>
			<p>{t("agreement.offered_text", { day: dayText(edition.holds_from) })}</p>
			{changes && <ul>{changes.map((one) => <li key={one}>{named(one)}</li>)}</ul>}
			{going.error && <p>{going.error}</p>}
			<Button kind="main" busy={going.busy} onClick={accept}>{t("agreement.accept")}</Button>
		</Notice>
	);
};

const One = ({ org, of, edition, onDone, onDraft, onSign }: Of & { edition: Edition; onDraft: () => void; onSign: () => void }) => {
	const { t } = useSpeech();
	const making = useAct();
	const [same, compare] = useState<boolean | null>(null);
	const early = of.state === "contact_found" || of.state === "signatory_found";
	const open = edition.accepted_at === undefined && (early || of.state === "live");
	const make = (offer: boolean): void =>
		void making.act(async () => {
			const said = await office("agreement_terms", { ...whose(org), agreement: of.agreement, version: edition.version });
			const [{ makeDocument }, speech] = await Promise.all([import("./document.js"), speechFor(said.language, true)]);
			const bytes = await makeDocument(speech, JSON.parse(said.terms) as Terms, of, edition);
			const document = await sumOf(bytes);
			if (offer && org) await office("agreement_offer", { org, agreement: of.agreement, version: edition.version, document });
			compare(offer || !edition.document ? null : document === edition.document);
			saveFile(`sopimus-${of.controller_business_id}-${edition.version}.pdf`, new Blob([bytes], { type: "application/pdf" }));
			if (offer) onDone();
		});
	return (
		<li>
			<div>
				<strong>{t("agreement.template.version", { version: edition.version })}</strong>
				<span>{t(`agreement.standing.${edition.standing}`)}, {t("agreement.from_day", { day: dayText(edition.holds_from) })}</span>
				{edition.processor && <span>{t("agreement.processor_becomes", { name: edition.processor })}</span>}
				{edition.document && <span class="hint">{t("agreement.document_sum")} <code class="checksum">{sumText(edition.document)}</code></span>}
				{edition.signed_sum && edition.signed_on && <span class="hint">{t("agreement.signed_sum", { day: dayText(edition.signed_on) })} <code class="checksum">{sumText(edition.signed_sum)}</code></span>}
				{making.error && <Notice kind="error"><p>{making.error}</p></Notice>}
				{same !== null && <Notice kind={same ? "good" : "warning"}><p>{t(same ? "agreement.document_same" : "agreement.document_other")}</p></Notice>}
			</div>
			<div class="row">
				{org && open && <Button small onClick={onDraft}>{t("agreement.edit_terms")}</Button>}
				{org && open && <Button small kind="main" busy={making.busy} onClick={() => make(true)}>{t("agreement.make_document")}</Button>}
				{!(org && open) && <Button small busy={making.busy} onClick={() => make(false)}>{t("agreement.read_document")}</Button>}
				{org && edition.document && !edition.signed_sum && (of.state === "sent" || of.state === "live") && <Button small onClick={onSign}>{t("agreement.sign.title")}</Button>}
			</div>
		</li>
	);
};

type Asked = null | { readonly act: "sign" | "draft" | "amend"; readonly edition: Edition };

export const Versions = ({ org, of, onDone }: Of) => {
	const { t } = useSpeech();
	const [rows, setRows] = useState<readonly Edition[] | null>(null);
	const [asked, ask] = useState<Asked>(null);
	const asking = useAct();
	const bring = (): void => void asking.act(async () => setRows((await office("agreement_versions", { ...whose(org), agreement: of.agreement })).versions));
	useEffect(bring, [of.agreement, of.state, of.version]);
	const done = (): void => {
		ask(null);
		bring();
		onDone();
	};
	const newest = rows?.[0];
	const admin = use((all) => all.self?.role === "admin");
	const offered = !admin ? undefined : rows?.find((one) => one.standing === "offered" && one.version > 1);
	return (
		<section>
			<h3>{t("agreement.versions")}</h3>
			<Again error={asking.error} onAgain={bring} />
			{offered && of.state === "live" && <Accepting of={of} edition={offered} onDone={done} />}
			{rows?.length === 0 && <p>{t("agreement.no_versions")}</p>}
			<ul class="sessions">
				{rows?.map((edition) => (
					<One key={edition.version} {...whose(org)} of={of} edition={edition} onDone={done} onDraft={() => ask({ act: "draft", edition })} onSign={() => ask({ act: "sign", edition })} />
				))}
			</ul>
			{org && of.state === "live" && newest?.accepted_at !== undefined && <Button icon="plus" onClick={() => ask({ act: "amend", edition: newest })}>{t("agreement.amend")}</Button>}
			{org && asked?.act === "sign" && <Dialog title={t("agreement.sign.title")} onClose={() => ask(null)}><Signing org={org} of={of} version={asked.edition.version} onDone={done} /></Dialog>}
			{org && asked && asked.act !== "sign" && (
				<Dialog wide title={t(asked.act === "draft" ? "agreement.edit_terms" : "agreement.amend")} onClose={() => ask(null)}>
					<Draft org={org} of={of} from={asked.edition} version={asked.edition.version + (asked.act === "amend" ? 1 : 0)} onDone={done} />
				</Dialog>
			)}
		</section>
	);
};
