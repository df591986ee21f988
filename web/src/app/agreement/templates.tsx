// What agreements are made from: versions in three languages, written by the operator; a published one never changes.

import { useEffect, useState } from "preact/hooks";
import { faultsOf, type Terms } from "../../agreement/terms.js";
import type { Ops } from "../../gen/proto.js";
import { Select } from "../admin/manage.js";
import { Again } from "../again.js";
import { office } from "../office.js";
import { Button, Field, Loading, Notice, useAct } from "../parts.js";
import { say, useSpeech } from "../state.js";
import { TermsForm } from "./terms-form.js";

export type Template = Ops["agreement_template_list"]["out"]["templates"][number];
type Body = Ops["agreement_template_get"]["out"];

const EMPTY: Terms = {
	format: "luotsi-agreement/1", subject: "", nature: "", purpose: "", begins: "2026-01-01", ends: null, data: [], persons: [], instructions: "", confidentiality: "", security: [], subprocessors: [],
	rights_help: "", breach_help: "", audits: "", at_end: "delete", end_days: 30, training_required: false, other: "",
	retention: { messages: 456, files: 456, assignments: 456, notes: 456, closed_rooms: 456, anonymous: 30, audit: 1825, accounts: 456 },
};

const LANGUAGES = [["fi", "Suomi"], ["sv", "Svenska"], ["en", "English"]] as const;

interface Draft {
	readonly template: string | null;
	readonly version: number;
	readonly name: string;
	readonly language: "fi" | "sv" | "en";
	readonly terms: Terms;
	readonly privacy: readonly string[];
	readonly promise: readonly string[];
}

const draftOf = (from: Template | null, body: Body | null): Draft => ({
	template: from?.template ?? null, version: from ? from.version + (from.published_at === undefined ? 0 : 1) : 1, name: body?.name ?? "", language: body?.language ?? "fi",
	terms: body ? (JSON.parse(body.terms) as Terms) : EMPTY, privacy: body?.privacy ?? ["", "", ""], promise: body?.promise ?? ["", "", ""],
});

const Notices = ({ draft, onChange }: { draft: Draft; onChange: (piece: Partial<Draft>) => void }) => {
	const { t } = useSpeech();
	const at = (list: readonly string[], i: number, text: string): readonly string[] => list.map((one, n) => (n === i ? text : one));
	return (
		<>
			<p class="hint">{t("agreement.texts.controller")}</p>
			{LANGUAGES.map(([key, name], i) => (
				<div class="field-card" key={key} lang={key}>
					<Field label={`${t("agreement.texts.privacy")} (${name})`} value={draft.privacy[i] ?? ""} rows={4} maxLength={2000} onInput={(text) => onChange({ privacy: at(draft.privacy, i, text) })} />
					<Field label={`${t("agreement.texts.promise")} (${name})`} value={draft.promise[i] ?? ""} maxLength={200} onInput={(text) => onChange({ promise: at(draft.promise, i, text) })} />
				</div>
			))}
		</>
	);
};

const Editor = ({ from, onDone }: { from: Template | null; onDone: () => void }) => {
	const { t } = useSpeech();
	const [draft, setDraft] = useState<Draft | null>(from ? null : draftOf(null, null));
	const [tried, attempt] = useState(false);
	const going = useAct();
	useEffect(() => {
		if (from) void going.act(async () => setDraft(draftOf(from, await office("agreement_template_get", { template: from.template, version: from.version }))));
	}, []);
	if (!draft) return going.error ? <Notice kind="error"><p>{going.error}</p></Notice> : <Loading text={t("loading.page")} />;
	const faults = faultsOf(draft.terms);
	const change = (piece: Partial<Draft>): void => setDraft({ ...draft, ...piece });
	const save = (publish: boolean): void => {
		attempt(true);
		if (faults.length > 0 || draft.name.trim() === "" || draft.privacy[0]?.trim() === "") return;
		const { template, terms, ...rest } = draft;
		void going.act(async () => {
			await office("agreement_template_put", { ...rest, privacy: [...rest.privacy], promise: [...rest.promise], ...(template ? { template } : {}), terms: JSON.stringify(terms), publish });
			say(t(publish ? "agreement.template.published" : "agreement.template.saved"));
			onDone();
		});
	};
	return (
		<section>
			<h2>{t("agreement.template.version", { version: draft.version })}</h2>
			<Field label={t("agreement.name")} value={draft.name} maxLength={100} error={tried && draft.name.trim() === "" ? t("agreement.missing") : null} onInput={(name) => change({ name })} />
			<Select label={t("agreement.language")} value={draft.language} options={LANGUAGES} onChange={(language) => change({ language })} />
			<TermsForm terms={draft.terms} faults={tried ? faults : []} onChange={(piece) => change({ terms: { ...draft.terms, ...piece } })} />
			<h3>{t("agreement.texts.title")}</h3>
			<Notices draft={draft} onChange={change} />
			{tried && (faults.length > 0 || draft.privacy[0]?.trim() === "") && <Notice kind="warning"><p>{t("agreement.template.faults")}</p></Notice>}
			{going.error && <Notice kind="error"><p>{going.error}</p></Notice>}
			<div class="row">
				<Button busy={going.busy} onClick={() => save(false)}>{t("agreement.template.save")}</Button>
				<Button kind="main" busy={going.busy} onClick={() => save(true)}>{t("agreement.template.publish")}</Button>
				<Button kind="quiet" onClick={onDone}>{t("agreement.cancel")}</Button>
			</div>
		</section>
	);
};

export const TemplatesPage = () => {
	const { t } = useSpeech();
	const [rows, setRows] = useState<readonly Template[] | null>(null);
	const [edited, edit] = useState<Template | "new" | null>(null);
	const asking = useAct();
	const bring = (): void => void asking.act(async () => setRows((await office("agreement_template_list", {})).templates));
	useEffect(bring, []);
	const done = (): void => {
		edit(null);
		bring();
	};
	if (edited) return <Editor from={edited === "new" ? null : edited} onDone={done} />;
	const newest = rows?.filter((row, i) => rows.findIndex((other) => other.template === row.template) === i);
	return (
		<section>
			<h2>{t("agreement.template.title")}</h2>
			<p>{t("agreement.template.text")}</p>
			<div class="row"><Button icon="plus" onClick={() => edit("new")}>{t("agreement.template.new")}</Button></div>
			<Again error={asking.error} onAgain={bring} />
			{!newest && !asking.error && <Loading text={t("loading.page")} />}
			<ul class="sessions">
				{newest?.map((row) => (
					<li key={row.template}>
						<div>
							<strong>{row.name}</strong>
							<span class="hint">{LANGUAGES.find(([key]) => key === row.language)?.[1]}, {t("agreement.template.version", { version: row.version })}{row.published_at === undefined ? `, ${t("agreement.standing.draft")}` : ""}</span>
						</div>
						<Button small label={`${t(row.published_at === undefined ? "agreement.template.edit" : "agreement.template.next")}: ${row.name}`} onClick={() => edit(row)}>{t(row.published_at === undefined ? "agreement.template.edit" : "agreement.template.next")}</Button>
					</li>
				))}
			</ul>
		</section>
	);
};
