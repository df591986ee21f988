// The operator's: what was taken out of the shared templates, with the way back for each. Its own organisation and the rooms in which it
// was given keep it meanwhile.

import { useEffect, useRef, useState } from "preact/hooks";
import { Button, Notice, useAct } from "../parts.js";
import { say, useSpeech } from "../state.js";
import { ask, type Row } from "./data.js";

const PAGE = 20;

export const Barred = () => {
	const { t, language } = useSpeech();
	const [rows, setRows] = useState<readonly Row[] | null>(null);
	const [more, setMore] = useState(false);
	const title = useRef<HTMLHeadingElement>(null);
	const asking = useAct();
	const look = (skip: number): void =>
		void asking.act(async () => {
			const found = await ask("template_barred", { reader: language, skip, limit: PAGE });
			setRows((before) => (skip > 0 ? [...(before ?? []), ...found.templates] : found.templates));
			setMore(found.more);
		});
	const back = (row: Row): void =>
		void asking.act(async () => {
			await ask("template_curate", { template: row.template, barred: false });
			setRows((before) => before?.filter(({ template }) => template !== row.template) ?? null);
			title.current?.focus(); // the button that was pressed is gone
			say(t("library.let_in"));
		});
	useEffect(() => look(0), [language]);
	return (
		<section class="barred" aria-labelledby="barred">
			<h2 id="barred" ref={title} tabIndex={-1}>{t("library.barred_list")}</h2>
			<p class="hint">{t("library.barred_list_text")}</p>
			{asking.error && <Notice kind="error"><p>{asking.error}</p></Notice>}
			{rows?.length === 0 && <p>{t("library.barred_none")}</p>}
			{rows && rows.length > 0 && (
				<ul class="people">
					{rows.map((row) => (
						<li key={row.template}>
							<p><strong>{row.title || t("library.unnamed")}</strong></p>
							<p class="hint">{t("library.facts", { author: row.author, uses: row.uses, thanks: row.thanks })}</p>
							<Button small busy={asking.busy} label={t("library.let_back_name", { title: row.title || t("library.unnamed") })} onClick={() => back(row)}>{t("library.let_back")}</Button>
						</li>
					))}
				</ul>
			)}
			{more && <Button busy={asking.busy} onClick={() => look(rows?.length ?? 0)}>{t("library.more")}</Button>}
		</section>
	);
};
