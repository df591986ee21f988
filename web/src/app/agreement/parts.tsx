// What an agreement is, what it allows now, what was done; contacts and offices of its organisation. The operator's and the admin's pages
// show the same.

import { useEffect, useState } from "preact/hooks";
import { Select } from "../admin/manage.js";
import { Again } from "../again.js";
import { dayText } from "../assignment/words.js";
import type { Ops } from "../../gen/proto.js";
import type { Key } from "../../text/text.js";
import { office } from "../office.js";
import { Button, Dialog, Field, Notice, useAct } from "../parts.js";
import { useSpeech } from "../state.js";
import { BASES, type Agreement, type Contact, type Office } from "./data.js";

type Past = Ops["agreement_past"]["out"]["events"][number];
const ACTS = ["sign_in", "read", "export", "keys", "close", "write", "invite", "room_new", "counsellor_new", "office_new"] as const;

export const Facts = ({ of }: { of: Agreement }) => {
	const { t, format } = useSpeech();
	return (
		<>
			<dl class="opening">
				<dt>{t("agreement.state")}</dt><dd><strong>{t(`agreement.state.${of.state}`)}</strong> {t("agreement.since", { on: of.since })}</dd>
				<dt>{t("agreement.controller")}</dt><dd>{of.controller} ({of.controller_business_id})</dd>
				<dt>{t("agreement.processor")}</dt><dd>{of.processor}{of.processor_business_id ? ` (${of.processor_business_id})` : ""}</dd>
				{of.version > 0 && <><dt>{t("agreement.version_holds")}</dt><dd>{format.number(of.version)}</dd></>}
				{of.next && (of.state !== "live" || of.next_by) && <><dt>{t("agreement.next")}</dt><dd>{t(`agreement.state.${of.next}`)}{of.next_by ? `, ${t("agreement.by_day", { day: dayText(of.next_by) })}` : ""}</dd></>}
				{of.ends_on && <><dt>{t("agreement.step.ends_on")}</dt><dd>{dayText(of.ends_on)}</dd></>}
				<dt>{t("agreement.term.at_end")}</dt><dd>{t(`agreement.at_end.${of.at_end}`)}</dd>
				{of.training_required && <><dt>{t("agreement.training")}</dt><dd>{t("agreement.term.training_required")}</dd></>}
			</dl>
			{of.wish && of.wish_side && <Notice kind="warning"><p>{t(`agreement.wish.${of.wish}.${of.wish_side}`, { day: dayText(of.wish_ends_on ?? "") })}</p></Notice>}
			<details class="allows">
				<summary>{t("agreement.allows")}</summary>
				<ul>{ACTS.map((act) => <li key={act}>{t(`agreement.act.${act}`)}: <strong>{t(of.allows.includes(act) ? "agreement.yes" : "agreement.no")}</strong></li>)}</ul>
			</details>
		</>
	);
};

export const History = ({ org, of }: { org?: string; of: Agreement }) => {
	const { t, format } = useSpeech();
	const [rows, setRows] = useState<readonly Past[]>([]);
	const asking = useAct();
	const bring = (): void => void asking.act(async () => setRows((await office("agreement_past", { ...(org ? { org } : {}), agreement: of.agreement })).events));
	useEffect(bring, [of.agreement, of.state]);
	return (
		<section>
			<h3>{t("agreement.history")}</h3>
			<Again error={asking.error} onAgain={bring} />
			<ol class="sessions">
				{rows.map((one, i) => (
					<li key={i}>
						<div>
							<strong>{one.from === one.to ? t("agreement.history_note") : t(`agreement.state.${one.to}`)}</strong>
							<span class="hint">{format.date(one.at)} {format.time(one.at)}, {t(`agreement.by.${one.by}`)}</span>
							{one.note && <span>{one.note}</span>}
							{one.next && one.next_by && <span class="hint">{t("agreement.next")}: {t(`agreement.state.${one.next}`)}, {t("agreement.by_day", { day: dayText(one.next_by) })}</span>}
						</div>
					</li>
				))}
			</ol>
		</section>
	);
};

const NEW_CONTACT = { name: "", title: "", email: "", phone: "", basis: "none", basis_text: "" } as const;

const EditContact = ({ org, from, onDone }: { org: string | undefined; from: Contact | null; onDone: () => void }) => {
	const { t } = useSpeech();
	const [it, setIt] = useState<Omit<Contact, "contact">>(from ?? NEW_CONTACT);
	const [tried, attempt] = useState(false);
	const going = useAct();
	const save = (gone: boolean): void => {
		attempt(true);
		const { name, title, email, phone, basis, basis_text } = it;
		if (name.trim() !== "") void going.act(async () => {
			await office("contact_put", { ...(org ? { org } : {}), ...(from ? { contact: from.contact } : {}), gone, name: name.trim(), title, email, phone, basis, basis_text });
			onDone();
		});
	};
	const field = (key: "title" | "email" | "phone" | "basis_text") => <Field label={t(`agreement.contact.${key}`)} value={it[key]} maxLength={key === "phone" ? 40 : 200} onInput={(text) => setIt({ ...it, [key]: text })} />;
	return (
		<>
			<Field label={t("agreement.contact.name")} value={it.name} maxLength={100} error={tried && it.name.trim() === "" ? t("agreement.missing") : null} onInput={(name) => setIt({ ...it, name })} />
			{field("title")}{field("email")}{field("phone")}
			<Select label={t("agreement.contact.basis")} value={it.basis} options={(["none", ...BASES] as const).map((one) => [one, t(`agreement.basis.${one}`)] as const)} onChange={(basis) => setIt({ ...it, basis })} />
			{it.basis !== "none" && field("basis_text")}
			{going.error && <Notice kind="error"><p>{going.error}</p></Notice>}
			<div class="row">
				<Button kind="main" busy={going.busy} onClick={() => save(false)}>{t("agreement.save")}</Button>
				{from && <Button kind="danger" busy={going.busy} onClick={() => save(true)}>{t("agreement.remove")}</Button>}
			</div>
		</>
	);
};

export const Contacts = ({ org, onChange }: { org?: string; onChange?: () => void }) => {
	const { t } = useSpeech();
	const [rows, setRows] = useState<readonly Contact[]>([]);
	const [edited, edit] = useState<Contact | "new" | null>(null);
	const asking = useAct();
	const bring = (): void => void asking.act(async () => setRows((await office("contact_list", org ? { org } : {})).contacts));
	useEffect(bring, [org]);
	const done = (): void => {
		edit(null);
		bring();
		onChange?.();
	};
	return (
		<section>
			<h3>{t("agreement.contacts")}</h3>
			<Again error={asking.error} onAgain={bring} />
			{rows.length === 0 && <p>{t("agreement.contacts_none")}</p>}
			<ul class="sessions">
				{rows.map((one) => (
					<li key={one.contact}>
						<div>
							<strong>{one.name}</strong>
							<span>{[one.title, one.email, one.phone].filter(Boolean).join(", ")}</span>
							{one.basis !== "none" && <span class="hint">{t("agreement.may_sign", { basis: t(`agreement.basis.${one.basis}`) })}{one.basis_text ? `: ${one.basis_text}` : ""}</span>}
						</div>
						<Button small label={t("agreement.edit_name", { name: one.name })} onClick={() => edit(one)}>{t("agreement.edit")}</Button>
					</li>
				))}
			</ul>
			<Button small icon="plus" onClick={() => edit("new")}>{t("agreement.contact.add")}</Button>
			{edited && <Dialog title={t(edited === "new" ? "agreement.contact.add" : "agreement.edit")} onClose={() => edit(null)}><EditContact org={org} from={edited === "new" ? null : edited} onDone={done} /></Dialog>}
		</section>
	);
};

const EditOffice = ({ org, from, onDone }: { org: string | undefined; from: Office | null; onDone: () => void }) => {
	const { t } = useSpeech();
	const [it, setIt] = useState({ name: from?.name ?? "", address: from?.address ?? "", hours: from?.hours ?? "" });
	const [tried, attempt] = useState(false);
	const going = useAct();
	const save = (gone: boolean): void => {
		attempt(true);
		if (it.name.trim() !== "") void going.act(async () => {
			await office("office_put", { ...(org ? { org } : {}), ...(from ? { office: from.office } : {}), gone, ...it });
			onDone();
		});
	};
	return (
		<>
			<Field label={t("agreement.name")} value={it.name} maxLength={100} error={tried && it.name.trim() === "" ? t("agreement.missing") : null} onInput={(name) => setIt({ ...it, name })} />
			<Field label={t("agreement.office.address")} value={it.address} maxLength={150} onInput={(address) => setIt({ ...it, address })} />
			<Field label={t("agreement.office.hours")} hint={t("agreement.office.hours_hint")} value={it.hours} rows={3} maxLength={200} onInput={(hours) => setIt({ ...it, hours })} />
			{going.error && <Notice kind="error"><p>{going.error}</p></Notice>}
			<div class="row">
				<Button kind="main" busy={going.busy} onClick={() => save(false)}>{t("agreement.save")}</Button>
				{from && <Button kind="danger" busy={going.busy} onClick={() => save(true)}>{t("agreement.remove")}</Button>}
			</div>
		</>
	);
};

export const Offices = ({ org }: { org?: string }) => {
	const { t } = useSpeech();
	const [rows, setRows] = useState<readonly Office[]>([]);
	const [edited, edit] = useState<Office | "new" | null>(null);
	const asking = useAct();
	const bring = (): void => void asking.act(async () => setRows((await office("office_list", org ? { org } : {})).offices));
	useEffect(bring, [org]);
	const done = (): void => {
		edit(null);
		bring();
	};
	return (
		<section>
			<h3>{t("agreement.offices")}</h3>
			<Again error={asking.error} onAgain={bring} />
			{rows.length === 0 && <p>{t("agreement.offices_none")}</p>}
			<ul class="sessions">
				{rows.map((one) => (
					<li key={one.office}>
						<div><strong>{one.name}</strong>{one.address && <span>{one.address}</span>}{one.hours && <span class="hint text">{one.hours}</span>}</div>
						<Button small label={t("agreement.edit_name", { name: one.name })} onClick={() => edit(one)}>{t("agreement.edit")}</Button>
					</li>
				))}
			</ul>
			<Button small icon="plus" onClick={() => edit("new")}>{t("agreement.office.add")}</Button>
			{edited && <Dialog title={t(edited === "new" ? "agreement.office.add" : "agreement.edit")} onClose={() => edit(null)}><EditOffice org={org} from={edited === "new" ? null : edited} onDone={done} /></Dialog>}
		</section>
	);
};

/** A text by a key that is put together. */
export const textOf = (t: (key: never) => string, key: string): string => (t as (key: Key) => string)(key as Key);
