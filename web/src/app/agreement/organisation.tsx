// One organisation in the hands of the operator: what it is, its agreement and the next step, contacts, offices, and its first admin.

import { useEffect, useState } from "preact/hooks";
import { isBusinessId } from "../../agreement/terms.js";
import { Select } from "../admin/manage.js";
import { Again } from "../again.js";
import { DayField } from "../assignment/day-field.js";
import { today } from "../assignment/words.js";
import { Lazy } from "../lazy.js";
import { office, officeProven } from "../office.js";
import { Button, Dialog, Field, Loading, Notice, useAct } from "../parts.js";
import { say, useSpeech } from "../state.js";
import { briefOf, FORMS, regionNames, STEPS, type Agreement, type Form, type Organisation } from "./data.js";
import { Contacts, Facts, History, Offices } from "./parts.js";
import { TakeStep } from "./steps.js";
import type { Template } from "./templates.js";
import { Versions } from "./versions.js";

const PAUSE_MS = 250, FOUND = 30;

/** Those that others may be under are without one above them; there may be thousands. */
const Parent = ({ from, under, onChange }: { from: Organisation | null; under: string; onChange: (org: string) => void }) => {
	const { t } = useSpeech();
	const [words, setWords] = useState("");
	const [found, setFound] = useState<readonly (readonly [string, string])[]>(from?.under && from.under_name ? [[from.under, from.under_name]] : []);
	const asking = useAct();
	useEffect(() => {
		if (words.trim() === "") return;
		const timer = setTimeout(() => void asking.act(async () => {
			const { organisations } = await office("organisation_list", { words: words.trim(), skip: 0, limit: FOUND });
			const others = organisations.filter((one) => !one.under && one.org !== from?.org).map((one) => [one.org, one.name] as const);
			setFound((before) => [...before.filter(([org]) => org === under && !others.some(([other]) => other === org)), ...others]);
		}), PAUSE_MS);
		return () => clearTimeout(timer);
	}, [words]);
	return (
		<>
			<Field label={t("agreement.under_search")} hint={t("agreement.under_hint")} value={words} maxLength={50} onInput={setWords} />
			<Select label={t("agreement.under")} value={under} options={[["", t("agreement.under_none")] as const, ...found]} onChange={onChange} />
			{asking.error && <Notice kind="error"><p>{asking.error}</p></Notice>}
		</>
	);
};

/** A new one, or another name, kind, region, business id or place. */
export const EditOrganisation = ({ from, onDone }: { from: Organisation | null; onDone: (org: string) => void }) => {
	const speech = useSpeech();
	const { t } = speech;
	const [name, setName] = useState(from?.name ?? "");
	const [id, setId] = useState(from?.business_id ?? "");
	const [form, setForm] = useState<Form>(from?.form ?? "city");
	const [region, setRegion] = useState<string>(from?.region ?? "");
	const [under, setUnder] = useState(from?.under ?? "");
	const [tried, attempt] = useState(false);
	const going = useAct();
	const idIsGood = isBusinessId(id.trim()) || (id.trim() === "" && under !== "");
	const save = (): void => {
		attempt(true);
		if (name.trim() !== "" && idIsGood) void going.act(async () => {
			const said = await office("organisation_put", {
				...(from ? { org: from.org } : {}), name: name.trim(), form, ...(id.trim() ? { business_id: id.trim() } : {}), ...(region ? { region } : {}), ...(under ? { under } : {}),
			});
			onDone(said.org);
		});
	};
	return (
		<>
			<Field label={t("agreement.name")} value={name} maxLength={100} error={tried && name.trim() === "" ? t("agreement.missing") : null} onInput={setName} />
			<Field label={t("agreement.business_id")} hint={t("agreement.business_id_hint")} value={id} maxLength={9} error={tried && !idIsGood ? t("agreement.outcome.bad_business_id") : null} onInput={setId} />
			<Select label={t("agreement.form")} value={form} options={FORMS.map((one) => [one, t(`agreement.form.${one}`)] as const)} onChange={setForm} />
			<Select label={t("agreement.region")} value={region} options={[["", t("agreement.no_region")] as const, ...regionNames(speech)]} onChange={setRegion} />
			<Parent from={from} under={under} onChange={setUnder} />
			{going.error && <Notice kind="error"><p>{going.word === "already_here" ? t("agreement.outcome.already_here") : going.error}</p></Notice>}
			<Button kind="main" busy={going.busy} onClick={save}>{t("agreement.save")}</Button>
		</>
	);
};

const Make = ({ org, onDone }: { org: string; onDone: () => void }) => {
	const { t, language } = useSpeech();
	const [templates, setTemplates] = useState<readonly Template[]>([]);
	const [chosen, choose] = useState("");
	const [day, setDay] = useState(today());
	const going = useAct();
	useEffect(() => void going.act(async () => {
		const all = (await office("agreement_template_list", {})).templates.filter((one) => one.published_at !== undefined);
		const newest = all.filter((one, i) => all.findIndex((other) => other.template === one.template) === i);
		setTemplates(newest);
		choose((newest.find((one) => one.language === language) ?? newest[0])?.template ?? "");
	}), []);
	const of = templates.find((one) => one.template === chosen);
	return (
		<section>
			<h3>{t("agreement.make")}</h3>
			{templates.length === 0 && !going.busy && <p>{t("agreement.make_none")}</p>}
			{templates.length > 0 && <Select label={t("agreement.template")} value={chosen} options={templates.map((one) => [one.template, one.name] as const)} onChange={choose} />}
			<DayField label={t("agreement.holds_from")} value={day} onChange={setDay} />
			{going.error && <Notice kind="error"><p>{going.error}</p></Notice>}
			{of && <Button kind="main" busy={going.busy} onClick={() => void going.act(async () => {
				await office("agreement_make", { org, template: of.template, version: of.version, begins: day });
				onDone();
			})}>{t("agreement.make")}</Button>}
		</section>
	);
};

const FirstAdmin = ({ org }: { org: string }) => {
	const { t } = useSpeech();
	const [name, setName] = useState("");
	const [link, setLink] = useState("");
	const going = useAct();
	return (
		<section>
			<h3>{t("agreement.first_admin")}</h3>
			<p>{t("agreement.first_admin_text")}</p>
			{link === "" && <Field label={t("agreement.contact.name")} value={name} maxLength={100} onInput={setName} />}
			{link === "" && <Button busy={going.busy} disabled={name.trim() === ""} onClick={() => void going.act(async () => {
				const { token } = await officeProven("organisation_admin", { org, name: name.trim() });
				setLink(`${location.origin}/liity#${token}`);
				say(t("staff.link_label"));
			})}>{t("agreement.first_admin_make")}</Button>}
			{link !== "" && (
				<label class="field">
					<span>{t("staff.link_label")}</span>
					<input class="invite-link" readOnly value={link} onFocus={(event) => event.currentTarget.select()} />
				</label>
			)}
			{going.error && <Notice kind="error"><p>{going.error}</p></Notice>}
		</section>
	);
};

interface Props {
	readonly of: Organisation;
	readonly onBack: () => void;
	readonly onChange: () => void;
}

export const OnePage = ({ of, onBack, onChange }: Props) => {
	const speech = useSpeech();
	const { t } = speech;
	const [agreements, setAgreements] = useState<readonly Agreement[] | null>(null);
	const [editing, edit] = useState(false);
	const asking = useAct();
	const bring = (): void => void asking.act(async () => setAgreements((await office("agreement_list", { org: of.org })).agreements));
	useEffect(bring, [of.org]);
	const changed = (): void => {
		bring();
		onChange();
	};
	const now = agreements?.find((one) => one.state !== "ended");
	const early = now && ["signed", "trained", "live", "ending"].includes(now.state);
	return (
		<>
			<div class="row"><Button kind="quiet" icon="back" onClick={onBack}>{t("agreement.back")}</Button></div>
			<h2>{of.name}</h2>
			<p>{briefOf(speech, of)}</p>
			<div class="row"><Button small onClick={() => edit(true)}>{t("agreement.edit")}</Button></div>
			<Again error={asking.error} onAgain={bring} />
			{!agreements && !asking.error && <Loading text={t("loading.page")} />}
			{agreements?.map((one) => (
				<section key={one.agreement}>
					<h3>{t("agreement.title")}</h3>
					<Facts of={one} />
					{one.state === "ended" && <Lazy quiet load={async () => (await import("../ending/handover.js")).Handover} props={{ org: of.org, of: one }} />}
					<TakeStep key={one.state} org={of.org} of={one} steps={STEPS[one.state]} onDone={changed} />
					<Versions org={of.org} of={one} onDone={changed} />
					<History org={of.org} of={one} />
				</section>
			))}
			{agreements && !now && <Make org={of.org} onDone={changed} />}
			<Contacts org={of.org} />
			<Offices org={of.org} />
			{early && <FirstAdmin org={of.org} />}
			{editing && <Dialog title={t("agreement.edit")} onClose={() => edit(false)}><EditOrganisation from={of} onDone={() => { edit(false); onChange(); }} /></Dialog>}
		</>
	);
};
