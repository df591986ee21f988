// The rules by kind, each with what the agreement allows, and its earlier versions. Who makes one shorter sees first what would go by it
// now, and names the organisation if that is anything.

import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { officeProven } from "../office.js";
import { Button, Dialog, Field, Notice, useAct } from "../parts.js";
import { say, use, useSpeech } from "../state.js";
import { dryRun, sourcesOf, type Kind, type Line, type Rule, type Version } from "./data.js";
import { Sums } from "./sums.js";
import { Who } from "./who.js";

const DAY_MS = 86_400_000;
const TOLD_DAYS = 14; // nothing goes by a shorter rule before, and no room and no client ever
const leastOf = (kind: Kind): number => (kind === "room" || kind === "account" ? TOLD_DAYS : 1);
const whole = (text: string): number => (/^\d{1,5}$/.test(text.trim()) ? Number(text.trim()) : 0);

/** What would go as soon as it may if the rule were of so many days; null while nothing was asked. */
const usePreview = (kind: Kind, days: number) => {
	const [lines, setLines] = useState<readonly Line[] | null>(null);
	const going = useAct();
	const asked = useRef(0);
	useEffect(() => () => void (asked.current = -1), []);
	useLayoutEffect(() => {
		setLines(null);
		if (asked.current >= 0) asked.current++;
	}, [days]);
	const look = (): void => {
		const mine = asked.current;
		let last: readonly Line[] = [];
		void going.act(async () => {
			if (await dryRun({ sources: sourcesOf(kind), until: Date.now() + (TOLD_DAYS + 1) * DAY_MS, days, hear: (found) => (last = found), goes: () => asked.current === mine })) setLines(last);
		});
	};
	return { lines, look, busy: going.busy, error: going.error };
};

const Change = ({ rule, onClose, onDone }: { rule: Rule; onClose: () => void; onDone: () => void }) => {
	const { t, format } = useSpeech();
	const organisation = use((all) => all.self?.organisation ?? "");
	const [text, setText] = useState(String(rule.days ?? rule.most ?? ""));
	const [named, name] = useState("");
	const [tried, attempt] = useState(false);
	const days = whole(text);
	const most = Math.min(rule.most ?? 36_500, 36_500);
	const least = Math.min(leastOf(rule.kind), most);
	const wrong = days < least || days > most;
	const preview = usePreview(rule.kind, days);
	const saving = useAct();
	const goes = preview.lines?.some((line) => line.n > 0) ?? false;
	const unnamed = goes && named.trim() !== organisation;
	const submit = (event: Event): void => {
		event.preventDefault();
		attempt(true);
		if (wrong) return;
		if (!preview.lines) return preview.look();
		if (unnamed) return;
		void saving.act(async () => {
			await officeProven("retention_put", { kind: rule.kind, version: rule.version, days });
			say(t("retention.saved"));
			onDone();
		});
	};
	return (
		<Dialog title={t(`retention.kind.${rule.kind}`)} onClose={onClose}>
			<form onSubmit={submit} noValidate>
				<p>{t(`retention.from.${rule.kind}`)}</p>
				<Field label={t("retention.days")} hint={t("retention.days_hint", { most: String(most) })} value={text} maxLength={5} onInput={(value) => { setText(value); attempt(false); }}
					error={tried && wrong ? t("retention.days_wrong", { least: String(least), most: String(most) }) : null} />
				{preview.lines && (
					<div role="status">
						{!goes && <Notice kind="info"><p>{t("retention.preview_none")}</p></Notice>}
						{preview.lines.length > 0 && <Sums lines={preview.lines} title={t("retention.preview")} />}
					</div>
				)}
				{goes && (
					<>
						<Notice kind="warning"><p>{t("retention.preview_text", { day: format.date(Date.now() + TOLD_DAYS * DAY_MS) })}</p></Notice>
						<Field label={t("retention.name", { organisation })} value={named} onInput={name} maxLength={200} error={tried && unnamed && named !== "" ? t("retention.name_wrong") : null} />
					</>
				)}
				{(preview.error ?? saving.error) && <Notice kind="error"><p>{preview.error ?? saving.error}</p></Notice>}
				<div class="row">
					<Button type="submit" kind={goes ? "danger" : "main"} busy={preview.busy || saving.busy} disabled={preview.lines !== null && unnamed}>{t(preview.lines ? "retention.save" : "retention.look")}</Button>
					<Button onClick={onClose}>{t("retention.cancel")}</Button>
				</div>
			</form>
		</Dialog>
	);
};

const Versions = ({ versions }: { versions: readonly Version[] }) => {
	const { t, format } = useSpeech();
	if (versions.length === 0) return null;
	return (
		<details>
			<summary>{t("retention.versions")}</summary>
			<ul>
				{versions.map((one) => (
					<li key={`${one.kind}${one.version}`}>
						{t(`retention.kind.${one.kind}`)}: {t("retention.for", { days: one.days })} ({t("retention.version", { version: String(one.version) })}), {format.date(one.at)} {format.time(one.at)}, <Who id={one.actor} />
					</li>
				))}
			</ul>
		</details>
	);
};

/** As agreed, and there was no rule before it: what waits is the agreement, nothing became shorter. */
const isFirst = (rule: Rule): boolean => rule.version === 0 && rule.days_before === undefined;

export const Rules = ({ rules, versions, admin, onChange }: { rules: readonly Rule[]; versions: readonly Version[]; admin: boolean; onChange: () => void }) => {
	const { t, format } = useSpeech();
	const [changing, change] = useState<Rule | null>(null);
	const begins = Math.max(0, ...rules.filter(isFirst).map((rule) => rule.holds_from ?? 0));
	const done = (): void => {
		change(null);
		onChange();
	};
	return (
		<section>
			<h3>{t("retention.rules")}</h3>
			{begins > 0 && <Notice kind="info"><p>{t("retention.holds_first", { day: format.date(begins) })}</p></Notice>}
			{rules.every((rule) => rule.most === undefined) && <Notice kind="warning"><p>{t("retention.no_agreement")}</p></Notice>}
			<div class="scroll" tabIndex={0} role="region" aria-label={t("retention.rules")}>
				<table class="events">
					<thead>
						<tr><th scope="col">{t("retention.what")}</th><th scope="col">{t("retention.kept")}</th><th scope="col">{t("retention.most")}</th>{admin && <th scope="col">{t("retention.act")}</th>}</tr>
					</thead>
					<tbody>
						{rules.map((rule) => (
							<tr key={rule.kind}>
								<th scope="row">{t(`retention.kind.${rule.kind}`)}<br /><span class="hint">{t(`retention.from.${rule.kind}`)}</span></th>
								<td>{rule.days === undefined ? t("retention.with_room") : t("retention.for", { days: rule.days })}<br />
									<span class="hint">{rule.days === undefined ? "" : rule.version === 0 ? t("retention.agreed") : t("retention.since", { version: String(rule.version), day: format.date(rule.at ?? 0) })}</span>
									{rule.holds_from !== undefined && !isFirst(rule) && <><br /><span class="hint">{t("retention.holds_from", { day: format.date(rule.holds_from) })}</span></>}</td>
								<td>{rule.most === undefined ? "–" : t("retention.for", { days: rule.most })}</td>
								{admin && <td><Button small label={t("retention.change_of", { what: t(`retention.kind.${rule.kind}`) })} onClick={() => change(rule)}>{t("retention.change")}</Button></td>}
							</tr>
						))}
					</tbody>
				</table>
			</div>
			<Versions versions={versions} />
			{changing && <Change rule={changing} onClose={() => change(null)} onDone={done} />}
		</section>
	);
};
