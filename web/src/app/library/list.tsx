// Looking for a template: words, filters, a page at a time. Also for those who pick one for a client.

import { useEffect, useRef, useState } from "preact/hooks";
import { TEMPLATE_LANGUAGES, TOPICS, type TemplateLanguage, type Topic } from "../../assignment/template.js";
import { Button, Loading, Notice, useAct } from "../parts.js";
import { say, use, useSpeech } from "../state.js";
import { ask, type Query, type Row } from "./data.js";

const PAGE = 20;
const PAUSE_MS = 250;
const SCOPES = ["all", "own", "shared", "drafts"] as const;

interface SelectProps<T extends string> {
	label: string;
	value: T;
	options: readonly (readonly [T, string])[];
	onChange: (value: T) => void;
}

export const Select = <T extends string>({ label, value, options, onChange }: SelectProps<T>) => (
	<label class="select">
		<span>{label}</span>
		<select value={value} onChange={(event) => onChange(event.currentTarget.value as T)}>
			{options.map(([key, text]) => <option key={key} value={key}>{text}</option>)}
		</select>
	</label>
);

interface Wanted {
	readonly words: string;
	readonly topic: Topic | "";
	readonly language: TemplateLanguage | "";
	readonly form: "assignment" | "meter" | "";
	readonly scope: Query["scope"];
}

const EVERYTHING: Wanted = { words: "", topic: "", language: "", form: "", scope: "all" };
const isNarrow = (wanted: Wanted): boolean => JSON.stringify(wanted) !== JSON.stringify(EVERYTHING);

const queryOf = ({ words, topic, language, form, scope }: Wanted): Query => ({
	scope, ...(words.trim() ? { words: words.trim() } : {}), ...(topic ? { topic } : {}), ...(language ? { language } : {}), ...(form ? { form } : {}),
});

const Filters = ({ wanted, onChange, drafts }: { wanted: Wanted; onChange: (change: Partial<Wanted>) => void; drafts: boolean }) => {
	const { t } = useSpeech();
	return (
		<div class="library-search" role="search" aria-label={t("library.search")}>
			<label class="search">
				<span>{t("library.words")}</span>
				<input type="search" value={wanted.words} autocomplete="off" maxLength={100} onInput={(event) => onChange({ words: event.currentTarget.value })} />
			</label>
			<Select label={t("library.topic")} value={wanted.topic} onChange={(topic) => onChange({ topic })}
				options={[["", t("library.any")], ...TOPICS.map((one) => [one, t(`library.topic.${one}`)] as const)]} />
			<Select label={t("library.language")} value={wanted.language} onChange={(language) => onChange({ language })}
				options={[["", t("library.any")], ...TEMPLATE_LANGUAGES.map((one) => [one, t(`library.in.${one}`)] as const)]} />
			<Select label={t("library.form")} value={wanted.form} onChange={(form) => onChange({ form })}
				options={[["", t("library.any")], ["assignment", t("library.form.assignment")], ["meter", t("library.form.meter")]]} />
			<Select label={t("library.scope")} value={wanted.scope} onChange={(scope) => onChange({ scope })}
				options={SCOPES.filter((one) => drafts || one !== "drafts").map((one) => [one, t(`library.scope.${one}`)] as const)} />
		</div>
	);
};

export const Badges = ({ row }: { row: Row }) => {
	const { t } = useSpeech();
	return (
		<span class="badges">
			{row.form === "meter" && <span class="badge">{t("library.form.meter")}</span>}
			{row.state === "draft" && <span class="badge waiting">{t("library.state.draft")}</span>}
			{row.state === "withdrawn" && <span class="badge waiting">{t("library.state.withdrawn")}</span>}
			{row.state !== "draft" && row.drafted && <span class="badge">{t("library.drafted")}</span>}
			{row.barred && <span class="badge waiting">{t("library.barred")}</span>}
			{row.own && row.shared && !row.barred && <span class="badge">{t("library.shared")}</span>}
			{row.languages.map((one) => <span class="badge" key={one}>{t(`library.in.${one as TemplateLanguage}`)}</span>)}
		</span>
	);
};

const Entry = ({ row, onPick }: { row: Row; onPick: (id: string) => void }) => {
	const { t } = useSpeech();
	return (
		<li>
			<button type="button" class="person template" onClick={() => onPick(row.template)}>
				<strong>{row.title || t("library.unnamed")}</strong>
				{row.description && <span>{row.description}</span>}
				<Badges row={row} />
				<span class="hint">{t("library.facts", { author: row.author, uses: row.uses, thanks: row.thanks })}</span>
			</button>
		</li>
	);
};

const None = ({ wanted, onAll }: { wanted: Wanted; onAll: () => void }) => {
	const { t } = useSpeech();
	if (!isNarrow(wanted)) return <p class="empty-list">{t("library.none_yet")}</p>;
	return (
		<div class="empty-list">
			<p>{t("library.none")}</p>
			<Button onClick={onAll}>{t("library.show_all")}</Button>
		</div>
	);
};

/** The newest question counts; answers to earlier ones are dropped. */
const useFound = (wanted: Wanted) => {
	const { t, language } = useSpeech();
	const [rows, setRows] = useState<readonly Row[] | null>(null);
	const [more, setMore] = useState(false);
	const asking = useAct();
	const online = use((all) => all.connection === "online"); // asked again when the connection is back
	const newest = useRef(0);
	const look = (skip: number): void => {
		const mine = ++newest.current;
		void asking.act(async () => {
			const found = await ask("template_list", { ...queryOf(wanted), reader: language, skip, limit: PAGE });
			if (mine !== newest.current) return;
			setRows((before) => (skip > 0 ? [...(before ?? []), ...found.templates] : found.templates));
			setMore(found.more);
			if (isNarrow(wanted) || skip > 0) say(t("library.found", { count: skip + found.templates.length }));
		});
	};
	useEffect(() => {
		const timer = setTimeout(() => look(0), rows === null ? 0 : PAUSE_MS);
		return () => clearTimeout(timer);
	}, [JSON.stringify(wanted), language, online]);
	return { rows, more, busy: asking.busy, error: asking.error, again: () => look(0), next: () => look(rows?.length ?? 0) };
};

/** drafts: whether what is being written may be looked for too. */
export const Search = ({ onPick, drafts = true }: { onPick: (id: string) => void; drafts?: boolean }) => {
	const { t } = useSpeech();
	const [wanted, setWanted] = useState(EVERYTHING);
	const { rows, more, busy, error, again, next } = useFound(wanted);
	return (
		<>
			<Filters wanted={wanted} onChange={(change) => setWanted({ ...wanted, ...change })} drafts={drafts} />
			{error && (
				<Notice kind="error">
					<p>{error}</p>
					<Button onClick={again}>{t("loading.again")}</Button>
				</Notice>
			)}
			{!rows && !error && <Loading text={t("loading.page")} />}
			{rows?.length === 0 && !busy && <None wanted={wanted} onAll={() => setWanted(EVERYTHING)} />}
			{rows && rows.length > 0 && (
				<ul class="people" aria-label={t("library.list")} aria-busy={busy || undefined}>
					{rows.map((row) => <Entry key={row.template} row={row} onPick={onPick} />)}
				</ul>
			)}
			{more && <Button busy={busy} onClick={next}>{t("library.more")}</Button>}
		</>
	);
};
