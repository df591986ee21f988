// One template: what the client will see, whose it is, how it is used, its versions; and what may be done with it.

import { useEffect, useState } from "preact/hooks";
import { wordingIn, type Template } from "../../assignment/template.js";
import { Button, Loading, Notice, PageTitle, useAct } from "../parts.js";
import { say, use, useSpeech } from "../state.js";
import { ask, fileName, openTemplate, saveFile, type Opened, type Row } from "./data.js";
import { Badges } from "./list.js";
import { Preview } from "./preview.js";
import { Versions } from "./versions.js";

interface OneProps {
	id: string;
	onEdit: (id: string) => void;
	onCopy: (template: Template, from: string) => void;
	onGone: () => void;
}

const Thanks = ({ row, onChange }: { row: Row; onChange: (change: Partial<Row>) => void }) => {
	const { t } = useSpeech();
	const thanking = useAct();
	const thank = (): void =>
		void thanking.act(async () => {
			const wanted = !row.thanked;
			const { thanks } = await ask("template_thank", { template: row.template, thanks: wanted });
			onChange({ thanked: wanted, thanks });
			say(t(wanted ? "library.thanked" : "library.thanks_taken"));
		});
	return (
		<div class="thanks">
			<button type="button" class="button" aria-pressed={row.thanked} disabled={thanking.busy} onClick={thank}>
				{t("library.thank", { count: row.thanks })}
			</button>
			{thanking.error && <Notice kind="error"><p>{thanking.error}</p></Notice>}
		</div>
	);
};

/** What team leads and administrators decide; each can be taken back by the same button. */
const Settle = ({ row, onChange }: { row: Row; onChange: (change: Partial<Row>) => void }) => {
	const { t } = useSpeech();
	const role = use((all) => all.self?.role);
	const settling = useAct();
	if (!row.own || row.state === "draft" || (role !== "team_lead" && role !== "admin")) return null;
	const withdrawn = row.state === "withdrawn";
	const withdraw = (): void =>
		void settling.act(async () => {
			await ask("template_withdraw", { template: row.template, withdrawn: !withdrawn });
			onChange({ state: withdrawn ? "published" : "withdrawn" });
			say(t(withdrawn ? "library.restored" : "library.withdrawn"));
		});
	const share = (): void =>
		void settling.act(async () => {
			await ask("template_share", { template: row.template, shared: !row.shared });
			onChange({ shared: !row.shared });
			say(t(row.shared ? "library.unshared" : "library.now_shared"));
		});
	return (
		<section>
			<h2>{t("library.settle")}</h2>
			{role === "admin" && <p>{row.barred ? t("library.barred_text") : row.shared ? t("library.shared_text") : t("library.share_text")}</p>}
			{settling.error && <Notice kind="error"><p>{settling.error}</p></Notice>}
			<div class="row">
				{role === "admin" && !row.barred && <Button busy={settling.busy} onClick={share}>{t(row.shared ? "library.unshare" : "library.share")}</Button>}
				<Button kind={withdrawn ? "plain" : "danger"} busy={settling.busy} onClick={withdraw}>{t(withdrawn ? "library.restore" : "library.withdraw")}</Button>
			</div>
		</section>
	);
};

/** The operator's: out of the shared ones, and back by the same button. Its own organisation keeps it. */
const Curate = ({ row, onChange }: { row: Row; onChange: (change: Partial<Row>) => void }) => {
	const { t } = useSpeech();
	const curating = useAct();
	const curate = (): void =>
		void curating.act(async () => {
			await ask("template_curate", { template: row.template, barred: !row.barred });
			onChange({ barred: !row.barred });
			say(t(row.barred ? "library.let_in" : "library.taken_out"));
		});
	return (
		<section>
			<h2>{t("library.settle")}</h2>
			<p>{t(row.barred ? "library.taken_out" : "library.curate_text")}</p>
			{curating.error && <Notice kind="error"><p>{curating.error}</p></Notice>}
			<Button kind={row.barred ? "plain" : "danger"} busy={curating.busy} onClick={curate}>{t(row.barred ? "library.let_back" : "library.take_out")}</Button>
		</section>
	);
};

const Facts = ({ row }: { row: Row }) => {
	const { t } = useSpeech();
	return (
		<p class="hint">
			{t("library.facts", { author: row.author, uses: row.uses, thanks: row.thanks })}
			{row.after !== undefined && ` ${t("library.after", { author: row.after })}`}
			{row.version > 0 && ` ${t("library.version", { version: row.version, date: row.changed_at })}`}
		</p>
	);
};

const Topics = ({ row }: { row: Row }) => {
	const { t, has } = useSpeech();
	const named = row.topics.map((one) => `library.topic.${one}`).filter(has);
	return named.length === 0 ? null : <p>{t("library.topics")}: {named.map((key) => (t as (key: string) => string)(key)).join(", ")}</p>;
};

const Acts = ({ row, template, onEdit, onCopy }: { row: Row; template: Template | null } & Pick<OneProps, "onEdit" | "onCopy">) => {
	const { t, language } = useSpeech();
	const writes = use((all) => all.self?.role !== "operator");
	return (
		<div class="row">
			{row.own && writes && <Button kind="main" onClick={() => onEdit(row.template)}>{t(row.drafted ? "library.go_on" : "library.edit")}</Button>}
			{template && writes && <Button kind={row.own ? "plain" : "main"} onClick={() => onCopy(template, row.template)}>{t("library.copy")}</Button>}
			{template && <Button onClick={() => saveFile(fileName(wordingIn(template.title, language)), `${JSON.stringify(template, null, "\t")}\n`)}>{t("library.export")}</Button>}
		</div>
	);
};

export const One = ({ id, onEdit, onCopy, onGone }: OneProps) => {
	const { t, language } = useSpeech();
	const [opened, setOpened] = useState<Opened | null>(null);
	const role = use((all) => all.self?.role);
	const opening = useAct();
	const open = (): void => void opening.act(async () => setOpened(await openTemplate(id, language)));
	useEffect(open, [id, language]);
	if (opening.error)
		return (
			<Notice kind="error">
				<p>{opening.word === "malformed" ? t("library.unreadable") : opening.error}</p>
				{opening.word === "not_found" ? <Button onClick={onGone}>{t("library.to_list")}</Button> : <Button onClick={open}>{t("loading.again")}</Button>}
			</Notice>
		);
	if (!opened) return <Loading text={t("loading.page")} />;
	const { row, template } = opened;
	const operates = role === "operator";
	const change = (to: Partial<Row>): void => setOpened({ ...opened, row: { ...row, ...to } });
	return (
		<article>
			<PageTitle>{row.title || t("library.unnamed")}</PageTitle>
			<p class="lead">{row.description}</p>
			<Badges row={row} />
			<Facts row={row} />
			<Topics row={row} />
			<Acts row={row} template={template} onEdit={onEdit} onCopy={onCopy} />
			{template ? (
				<section>
					<h2>{t("library.preview")}</h2>
					<p class="hint">{t("library.preview_text")}</p>
					<Preview template={template} />
				</section>
			) : <p>{t("library.never_published")}</p>}
			{template && row.state === "published" && !operates && <Thanks row={row} onChange={change} />}
			{row.version > 0 && <Versions row={row} />}
			{operates ? <Curate row={row} onChange={change} /> : <Settle row={row} onChange={change} />}
		</article>
	);
};
