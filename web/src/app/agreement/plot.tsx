// Where agreements stand and for how long: a drawing of the states, and the same by region and kind as a table.

import { useEffect, useState } from "preact/hooks";
import { office } from "../office.js";
import { Loading, Notice, useAct } from "../parts.js";
import { useSpeech } from "../state.js";
import { regionName, STATES, type State, type Stuck } from "./data.js";

const ROW = 34, LEFT = 210, WIDE = 600, BAR = 18;
const WAITING: readonly State[] = STATES.filter((state) => state !== "live" && state !== "ended");

interface Standing {
	readonly state: State;
	readonly n: number;
	readonly most: number;
}

const standings = (rows: readonly Stuck[]): readonly Standing[] =>
	STATES.map((state) => {
		const of = rows.filter((row) => row.state === state);
		return { state, n: of.reduce((sum, row) => sum + row.n, 0), most: Math.max(0, ...of.map((row) => row.days_most)) };
	});

const Drawing = ({ all }: { all: readonly Standing[] }) => {
	const { t, format } = useSpeech();
	const most = Math.max(1, ...all.map((one) => one.n));
	return (
		<svg class="stuck-plot" viewBox={`0 0 ${WIDE} ${all.length * ROW + 8}`} role="img" aria-label={t("agreement.stuck.drawing")}>
			{all.map(({ state, n, most: days }, i) => (
				<g key={state}>
					<text x={LEFT - 10} y={i * ROW + 22} text-anchor="end">{t(`agreement.state.${state}`)}</text>
					<rect class={WAITING.includes(state) ? "stuck-bar" : "stuck-bar calm"} x={LEFT} y={i * ROW + 8} height={BAR} width={Math.max(n > 0 ? 3 : 0, ((WIDE - LEFT - 150) * n) / most)} />
					<text class="stuck-count" x={LEFT + 8 + ((WIDE - LEFT - 150) * n) / most} y={i * ROW + 22}>
						{format.number(n)}{n > 0 && WAITING.includes(state) ? ` · ${t("agreement.days", { days })}` : ""}
					</text>
				</g>
			))}
		</svg>
	);
};

const Table = ({ rows }: { rows: readonly Stuck[] }) => {
	const { t, format } = useSpeech();
	const waiting = rows.filter((row) => WAITING.includes(row.state)).sort((a, b) => b.days_most - a.days_most);
	if (waiting.length === 0) return <p>{t("agreement.stuck.none")}</p>;
	return (
		<div class="scroll" tabIndex={0} role="region" aria-label={t("agreement.stuck.table")}>
			<table class="events">
				<thead>
					<tr>
						<th scope="col">{t("agreement.state")}</th><th scope="col">{t("agreement.region")}</th><th scope="col">{t("agreement.form")}</th>
						<th scope="col">{t("agreement.stuck.n")}</th><th scope="col">{t("agreement.stuck.median")}</th><th scope="col">{t("agreement.stuck.most")}</th>
					</tr>
				</thead>
				<tbody>
					{waiting.map((row) => (
						<tr key={`${row.state} ${row.region} ${row.form}`}>
							<th scope="row">{t(`agreement.state.${row.state}`)}</th><td>{regionName(row.region) || t("agreement.no_region")}</td><td>{t(`agreement.form.${row.form}`)}</td>
							<td>{format.number(row.n)}</td><td>{format.number(row.days_median)}</td><td>{format.number(row.days_most)}</td>
						</tr>
					))}
				</tbody>
			</table>
		</div>
	);
};

export const StuckPage = () => {
	const { t } = useSpeech();
	const [rows, setRows] = useState<readonly Stuck[] | null>(null);
	const asking = useAct();
	useEffect(() => void asking.act(async () => setRows((await office("organisation_stuck", {})).rows)), []);
	if (asking.error) return <Notice kind="error"><p>{asking.error}</p></Notice>;
	if (!rows) return <Loading text={t("loading.page")} />;
	return (
		<section>
			<h2>{t("agreement.stuck.title")}</h2>
			<Drawing all={standings(rows)} />
			<h3>{t("agreement.stuck.table")}</h3>
			<Table rows={rows} />
		</section>
	);
};
