// How many rooms were opened and closed, by month, topic and office: a drawing and a table of the same, and a file to take along. The
// server tells no number from one to four.

import { useEffect, useState } from "preact/hooks";
import { writeTable } from "../../agreement/csv.js";
import { Select } from "../admin/manage.js";
import { useNarrow } from "../narrow.js";
import { office } from "../office.js";
import { Button, Loading, Notice, useAct } from "../parts.js";
import { save } from "../roles/log.js";
import { useSpeech } from "../state.js";
import type { Report } from "./data.js";

const BYS = ["all", "topic", "office"] as const;
const SPANS = ["6", "12", "24"] as const;
const ROW = 44, LEFT = 90, BAR = 15, ROOM = 60;
/** For a desk and for a phone. */
const WIDE = 600, NARROW = 350;

const useMonth = (): ((month: string) => string) => {
	const { language } = useSpeech();
	const names = new Intl.DateTimeFormat(`${language}-FI`, { month: "numeric", year: "numeric", timeZone: "UTC" });
	return (month) => names.format(Date.parse(`${month}-15T12:00:00Z`));
};

const useOf = (by: (typeof BYS)[number]): ((of: string) => string) => {
	const { t, has } = useSpeech();
	return (of) => {
		if (by === "all") return t("report.all");
		if (of === "") return t(by === "topic" ? "report.no_topic" : "report.no_office");
		const key = `plan.topic.${of}`;
		return by === "topic" && has(key) ? (t as (key: string) => string)(key) : of;
	};
};

const Bar = ({ n, most, whole, y, calm }: { n: number | undefined; most: number; whole: number; y: number; calm: boolean }) => {
	const { t, format } = useSpeech();
	const long = ((whole - LEFT - ROOM) * (n ?? 0)) / most;
	return (
		<>
			<rect class={calm ? "stuck-bar calm" : "stuck-bar"} x={LEFT} y={y} height={BAR} width={long} />
			<text class="stuck-count" x={LEFT + long + 6} y={y + 12}>{n === undefined ? t("report.few") : format.number(n)}</text>
		</>
	);
};

const Drawing = ({ rows }: { rows: readonly Report[] }) => {
	const { t } = useSpeech();
	const monthOf = useMonth();
	const whole = useNarrow() ? NARROW : WIDE;
	const most = Math.max(1, ...rows.flatMap((row) => [row.opened ?? 0, row.closed ?? 0]));
	return (
		<>
			<p class="hint">{t("report.legend")}</p>
			<svg class="stuck-plot" viewBox={`0 0 ${whole} ${rows.length * ROW + 4}`} role="img" aria-label={t("report.drawing")}>
				{rows.map((row, i) => (
					<g key={row.month}>
						<text x={LEFT - 10} y={i * ROW + 24} text-anchor="end">{monthOf(row.month)}</text>
						<Bar n={row.opened} most={most} whole={whole} y={i * ROW + 4} calm={false} />
						<Bar n={row.closed} most={most} whole={whole} y={i * ROW + 21} calm />
					</g>
				))}
			</svg>
		</>
	);
};

const Table = ({ rows, by }: { rows: readonly Report[]; by: (typeof BYS)[number] }) => {
	const { t, format } = useSpeech();
	const monthOf = useMonth();
	const nameOf = useOf(by);
	const told = (n: number | undefined): string => (n === undefined ? t("report.few") : format.number(n));
	return (
		<div class="scroll" tabIndex={0} role="region" aria-label={t("report.table")}>
			<table class="events">
				<thead>
					<tr>
						<th scope="col">{t("report.month")}</th>
						{by !== "all" && <th scope="col">{t(`report.by.${by}`)}</th>}
						<th scope="col">{t("report.opened")}</th>
						<th scope="col">{t("report.closed")}</th>
					</tr>
				</thead>
				<tbody>
					{rows.map((row) => (
						<tr key={`${row.month} ${row.of}`}>
							<th scope="row">{monthOf(row.month)}</th>
							{by !== "all" && <td>{nameOf(row.of)}</td>}
							<td>{told(row.opened)}</td>
							<td>{told(row.closed)}</td>
						</tr>
					))}
				</tbody>
			</table>
		</div>
	);
};

export const Reports = () => {
	const { t } = useSpeech();
	const [by, setBy] = useState<(typeof BYS)[number]>("all");
	const [span, setSpan] = useState<(typeof SPANS)[number]>("12");
	const [rows, setRows] = useState<readonly Report[] | null>(null);
	const nameOf = useOf(by);
	const asking = useAct();
	const bring = (): void => {
		setRows(null);
		void asking.act(async () => setRows((await office("report_rooms", { by, months: Number(span) })).rows));
	};
	useEffect(bring, [by, span]);
	const take = (): void => {
		const told = (n: number | undefined): string => (n === undefined ? t("report.few") : String(n));
		const head = [t("report.month"), t(by === "all" ? "report.all" : `report.by.${by}`), t("report.opened"), t("report.closed")];
		save(`luotsi-${by}.csv`, "text/csv", writeTable([head, ...(rows ?? []).map((row) => [row.month, nameOf(row.of), told(row.opened), told(row.closed)])]));
	};
	return (
		<>
			<p>{t("report.text")}</p>
			<div class="row">
				<Select label={t("report.by")} value={by} options={BYS.map((one) => [one, t(`report.by.${one}`)] as const)} onChange={setBy} />
				<Select label={t("report.span")} value={span} options={SPANS.map((one) => [one, t("report.months", { n: one })] as const)} onChange={setSpan} />
			</div>
			{asking.error && <Notice kind="error"><p>{asking.error}</p><Button small onClick={bring}>{t("loading.again")}</Button></Notice>}
			{!rows && !asking.error && <Loading text={t("loading.page")} />}
			{rows?.length === 0 && <p role="status">{t("report.none")}</p>}
			{rows && rows.length > 0 && (
				<>
					{by === "all" && <Drawing rows={rows} />}
					<Table rows={rows} by={by} />
					<Button small onClick={take}>{t("report.csv")}</Button>
				</>
			)}
		</>
	);
};
