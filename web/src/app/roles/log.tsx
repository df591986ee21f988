// The organisation's log for those who look after it: for a reason that becomes part of it, with filters, to be taken along as a table
// and as the list that luotsi-verify checks; and how the log itself stands.

import { useEffect, useState } from "preact/hooks";
import { writeTable } from "../../agreement/csv.js";
import { Again } from "../again.js";
import { office, type LogRow, type LogState } from "../office.js";
import { Button, Field, Loading, Notice, useAct } from "../parts.js";
import { DayField } from "../roomwork/day.js";
import { say, useSpeech } from "../state.js";
import { Table, useWords } from "./events.js";
import { Why } from "./why.js";

const WHY = ["check", "request", "incident"] as const;
const MOST = 20_000;
const DAY = 86_400_000;

interface Filter {
	readonly since: string;
	readonly until: string;
	readonly action: string;
	readonly person: string;
}
const NOTHING: Filter = { since: "", until: "", action: "", person: "" };

const dayOf = (text: string): number => new Date(`${text}T00:00:00`).getTime();
const asked = ({ since, until, action, person }: Filter) => ({
	...(since && { since: dayOf(since) }), ...(until && { until: dayOf(until) + DAY }), ...(action && { action }), ...(person.trim() && { person: person.trim() }),
});

export const save = (name: string, type: string, text: string): void => {
	const link = document.createElement("a");
	link.href = URL.createObjectURL(new Blob([text], { type }));
	link.download = name;
	link.click();
	URL.revokeObjectURL(link.href);
};

const Standing = () => {
	const { t, format } = useSpeech();
	const [at, know] = useState<LogState | null>(null);
	useEffect(() => void office("log_state", {}).then(know, () => undefined), []);
	if (!at) return null;
	return (
		<>
			{at.refused !== undefined && (
				<Notice kind="error" title={t("log.refused")}>
					<p>{t("log.refused_text", { why: at.refused, at: at.refused_at ?? 0 })}</p>
				</Notice>
			)}
			<dl class="opening">
				<dt>{t("log.signed")}</dt>
				<dd>{at.signed_at === undefined ? t("log.never") : t("log.signed_at", { count: at.signed_size, at: `${format.date(at.signed_at)} ${format.time(at.signed_at)}` })}</dd>
				{at.key !== undefined && (
					<>
						<dt>{t("log.key")}</dt>
						<dd><code class="checksum">{at.key}</code></dd>
					</>
				)}
			</dl>
			<details class="privacy">
				<summary>{t("log.check")}</summary>
				<p>{t("log.check_text")}</p>
				<p><code class="checksum">{`${location.origin}/api/log/${at.org}/checkpoint`}</code></p>
				<p>{t("log.check_key")}</p>
			</details>
		</>
	);
};

const Filters = ({ actions, busy, onFilter }: { actions: readonly string[]; busy: boolean; onFilter: (filter: Filter) => void }) => {
	const { t } = useSpeech();
	const words = useWords();
	const [filter, set] = useState(NOTHING);
	const change = (part: Partial<Filter>): void => set({ ...filter, ...part });
	const submit = (event: Event): void => {
		event.preventDefault();
		onFilter(filter);
	};
	return (
		<form class="card" onSubmit={submit} noValidate>
			<h3>{t("log.filter")}</h3>
			<DayField label={t("log.since")} value={filter.since} onChange={(day) => change({ since: day ?? "" })} />
			<DayField label={t("log.until")} value={filter.until} onChange={(day) => change({ until: day ?? "" })} />
			<label class="field">
				<span>{t("event.what")}</span>
				<select value={filter.action} onChange={(event) => change({ action: event.currentTarget.value })}>
					<option value="">{t("log.every")}</option>
					{actions.map((action) => <option key={action} value={action}>{words({ n: 0, at: 0, action })}</option>)}
				</select>
			</label>
			<Field label={t("log.person")} hint={t("log.person_hint")} value={filter.person} onInput={(person) => change({ person })} maxLength={22} spellcheck={false} />
			<Button type="submit" busy={busy}>{t("log.find")}</Button>
		</form>
	);
};

const Take = ({ filter, reason }: { filter: Filter; reason: string }) => {
	const { t, format } = useSpeech();
	const words = useWords();
	const taking = useAct();
	const all = async (): Promise<LogRow[]> => {
		const rows: LogRow[] = [];
		for (let more = true; more && rows.length < MOST; ) {
			const last = rows.at(-1);
			const said = await office("event_list", { reason, take: true, ...asked(filter), ...(last ? { before: last.n } : {}) });
			rows.push(...said.events);
			more = said.more;
		}
		return rows;
	};
	const table = (): void => void taking.act(async () => {
		const head = [t("event.when"), t("event.what"), t("event.who"), t("event.whom"), t("log.reason"), "n", "place", "nonce", "event"];
		const rows = (await all()).map((row) => [new Date(row.at).toISOString(), words(row), row.actor ?? "", row.object ?? "", row.reason ?? "", String(row.n), String(row.place ?? ""), row.nonce, row.detail]);
		save("luotsi-log.csv", "text/csv", writeTable([head, ...rows]));
		say(t("log.taken", { count: rows.length }));
	});
	const hex = (text: string): string => [...atob(text.replaceAll("-", "+").replaceAll("_", "/"))].map((byte) => byte.charCodeAt(0).toString(16).padStart(2, "0")).join("");
	const list = (): void => void taking.act(async () => {
		const rows = await all();
		save("events.txt", "text/plain", rows.map((row) => `${row.place ?? "-"} ${hex(row.nonce)} ${row.detail}\n`).join(""));
		say(t("log.taken", { count: rows.length }));
	});
	return (
		<>
			<div class="row">
				<Button busy={taking.busy} onClick={table}>{t("log.csv")}</Button>
				<Button busy={taking.busy} onClick={list}>{t("log.list")}</Button>
			</div>
			<p class="hint">{t("log.take_text", { most: format.number(MOST) })}</p>
			{taking.error && <Notice kind="error"><p>{taking.error}</p></Notice>}
		</>
	);
};

const Opened = ({ reason }: { reason: string }) => {
	const { t } = useSpeech();
	const [rows, setRows] = useState<readonly LogRow[] | null>(null);
	const [filter, setFilter] = useState(NOTHING);
	const [actions, setActions] = useState<readonly string[]>([]);
	const [more, setMore] = useState(false);
	const asking = useAct();
	const bring = (by: Filter, from: readonly LogRow[]): void =>
		void asking.act(async () => {
			const last = from.at(-1);
			const said = await office("event_list", { reason, ...asked(by), ...(last ? { before: last.n } : {}) });
			setRows([...from, ...said.events]);
			setFilter(by);
			setMore(said.more);
			setActions([...new Set([...actions, ...said.events.map((row) => row.action)])].sort());
		});
	useEffect(() => bring(NOTHING, []), []);
	return (
		<>
			<Filters actions={actions} busy={asking.busy} onFilter={(by) => bring(by, [])} />
			<Again error={asking.error} onAgain={() => bring(filter, rows ?? [])} />
			{rows?.length === 0 && <p role="status">{t("log.none")}</p>}
			{rows && rows.length > 0 && <Table rows={rows} title={t("event.title")} />}
			{!rows && !asking.error && <Loading text={t("loading.page")} />}
			{(more || (asking.error && !rows)) && <Button busy={asking.busy} onClick={() => bring(filter, rows ?? [])}>{asking.error ? t("loading.again") : t("event.more")}</Button>}
			{rows && rows.length > 0 && <Take filter={filter} reason={reason} />}
		</>
	);
};

const Log = ({ titled }: { titled: boolean }) => {
	const { t } = useSpeech();
	const [reason, setReason] = useState("");
	return (
		<section>
			{titled && <h2>{t("event.title")}</h2>}
			<p>{t("event.text")}</p>
			<Standing />
			{reason ? <Opened reason={reason} /> : <Why text={t("log.reason_text")} reasons={WHY.map((one) => t(`log.why.${one}`))} action={t("log.open")} onReason={setReason} />}
		</section>
	);
};

export const Events = () => <Log titled />;
/** Under a heading that is there already. */
export const EventsBelow = () => <Log titled={false} />;
