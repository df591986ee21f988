// What was published when, and what changed from version to version; asked for when it is opened.

import { useState } from "preact/hooks";
import type { Reply } from "../../client/wire.js";
import { Button, Loading, Notice, useAct } from "../parts.js";
import { useSpeech } from "../state.js";
import { ask, openTemplate, type Row } from "./data.js";
import { changesBetween, type Change } from "./diff.js";

type Edition = Reply<"template_versions">["versions"][number];

const ChangeLine = ({ change }: { change: Change }) => {
	const { t } = useSpeech();
	return <li>{"label" in change ? t(`library.change.${change.what}`, { label: change.label }) : t(`library.change.${change.what}`)}</li>;
};

const Changes = ({ template, version }: { template: string; version: number }) => {
	const { t, language } = useSpeech();
	const [changes, setChanges] = useState<readonly Change[] | null>(null);
	const comparing = useAct();
	const compare = (): void =>
		void comparing.act(async () => {
			const [after, before] = await Promise.all([openTemplate(template, language, version), openTemplate(template, language, version - 1)]);
			setChanges(before.template && after.template ? changesBetween(before.template, after.template, language) : []);
		});
	if (comparing.error) return <Notice kind="error"><p>{comparing.error}</p></Notice>;
	if (!changes) return <Button small busy={comparing.busy} label={t("library.compare_label", { version })} onClick={compare}>{t("library.compare")}</Button>;
	if (changes.length === 0) return <p>{t("library.change.none")}</p>;
	return <ul>{changes.map((change, at) => <ChangeLine key={at} change={change} />)}</ul>;
};

const One = ({ row, one }: { row: Row; one: Edition }) => {
	const { t } = useSpeech();
	return (
		<li>
			<p>
				<strong>{t("library.version", { version: one.version, date: one.at })}</strong>
				{one.note && <span class="text"> {one.note}</span>}
			</p>
			{one.version > 1 && <Changes template={row.template} version={one.version} />}
		</li>
	);
};

export const Versions = ({ row }: { row: Row }) => {
	const { t } = useSpeech();
	const [known, setKnown] = useState<{ readonly versions: readonly Edition[]; readonly more: boolean } | null>(null);
	const listing = useAct();
	const list = (): void =>
		void listing.act(async () => {
			const oldest = known?.versions.at(-1)?.version;
			const { versions, more } = await ask("template_versions", { template: row.template, ...(oldest === undefined ? {} : { before: oldest }) });
			setKnown({ versions: [...(known?.versions ?? []), ...versions], more });
		});
	return (
		<details class="versions" onToggle={(event) => event.currentTarget.open && !known && !listing.busy && list()}>
			<summary>{t("library.versions")}</summary>
			{listing.error && <Notice kind="error"><p>{listing.error}</p><Button onClick={list}>{t("loading.again")}</Button></Notice>}
			{!known && !listing.error && <Loading text={t("loading.page")} />}
			{known && <ol class="plain-list" reversed>{known.versions.map((one) => <One key={one.version} row={row} one={one} />)}</ol>}
			{known?.more && <Button busy={listing.busy} onClick={list}>{t("library.more")}</Button>}
		</details>
	);
};
