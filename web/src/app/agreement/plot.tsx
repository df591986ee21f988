// Where agreements stand and for how long: a drawing of the states, and the same by region and kind as a table. What is chosen for the
// one holds for the other; each row leads to its organisations.

import { useEffect, useState } from "preact/hooks";
import { Select } from "../library/list.js";
import { useNarrow } from "../narrow.js";
import { office } from "../office.js";
import { Button, Loading, Notice, useAct } from "../parts.js";
import { useSpeech } from "../state.js";
import { FORMS, regionName, regionNames, STATES, type Form, type State, type Stuck } from "./data.js";

const BAR = 18, PAGE = 60;
/** For a desk, and for a phone, where the words stand above their bar. */
const WIDE = { whole: 640, left: 215, row: 34, top: 8, count: 175 }, NARROW = { whole: 350, left: 0, row: 56, top: 26, count: 150 };
const WAITING: readonly State[] = STATES.filter((state) => state !== "live" && state !== "ended");

interface Standing {
	readonly state: State;
	readonly n: number;
	readonly most: number;
}

/** What the list of organisations is asked for. */
export interface Place {
	readonly state: State | "";
	readonly form: Form | "";
	readonly region: string;
}

const standings = (rows: readonly Stuck[]): readonly Standing[] =>
	STATES.map((state) => {
		const of = rows.filter((row) => row.state === state);
		return { state, n: of.reduce((sum, row) => sum + row.n, 0), most: Math.max(0, ...of.map((row) => row.days_most)) };
	});

const Drawing = ({ all }: { all: readonly Standing[] }) => {
	const { t, format } = useSpeech();
	const narrow = useNarrow();
	const { whole, left, row, top, count } = narrow ? NARROW : WIDE;
	const most = Math.max(1, ...all.map((one) => one.n));
	const length = (n: number): number => Math.max(n > 0 ? 3 : 0, ((whole - left - count) * n) / most);
	return (
		<svg class="stuck-plot" viewBox={`0 0 ${whole} ${all.length * row + 8}`} role="img" aria-label={t("agreement.stuck.drawing")}>
			{all.map(({ state, n, most: days }, i) => (
				<g key={state}>
					<text x={narrow ? 0 : left - 10} y={i * row + (narrow ? 18 : 22)} text-anchor={narrow ? "start" : "end"}>{t(`agreement.state.${state}`)}</text>
					<rect class={WAITING.includes(state) ? "stuck-bar" : "stuck-bar calm"} x={left} y={i * row + top} height={BAR} width={length(n)} />
					<text class="stuck-count" x={left + 8 + length(n)} y={i * row + top + 14}>
						{format.number(n)}{n > 0 && WAITING.includes(state) ? ` · ${t("agreement.stuck.longest", { days })}` : ""}
					</text>
				</g>
			))}
		</svg>
	);
};

const Table = ({ rows, onShow }: { rows: readonly Stuck[]; onShow: (place: Place) => void }) => {
	const speech = useSpeech();
	const { t, format } = speech;
	const [shown, show] = useState(PAGE);
	const waiting = rows.filter((row) => WAITING.includes(row.state)).sort((a, b) => b.days_most - a.days_most);
	if (waiting.length === 0) return <p>{t("agreement.stuck.none")}</p>;
	return (
		<>
			<div class="scroll" tabIndex={0} role="region" aria-label={t("agreement.stuck.table")}>
				<table class="events">
					<thead>
						<tr>
							<th scope="col">{t("agreement.state")}</th><th scope="col">{t("agreement.stuck.n")}</th><th scope="col">{t("agreement.stuck.most")}</th>
							<th scope="col">{t("agreement.stuck.median")}</th><th scope="col">{t("agreement.region")}</th><th scope="col">{t("agreement.form")}</th>
						</tr>
					</thead>
					<tbody>
						{waiting.slice(0, shown).map((row) => (
							<tr key={`${row.state} ${row.region} ${row.form}`}>
								<th scope="row">
									<button type="button" class="link" onClick={() => onShow({ state: row.state, form: row.form, region: row.region ?? "" })}>{t(`agreement.state.${row.state}`)}</button>
								</th>
								<td>{format.number(row.n)}</td><td>{format.number(row.days_most)}</td><td>{format.number(row.days_median)}</td>
								<td>{regionName(speech, row.region) || t("agreement.no_region")}</td><td>{t(`agreement.form.${row.form}`)}</td>
							</tr>
						))}
					</tbody>
				</table>
			</div>
			{waiting.length > shown && <Button onClick={() => show(shown + PAGE)}>{t("agreement.more")}</Button>}
		</>
	);
};

export const StuckPage = ({ onShow }: { onShow: (place: Place) => void }) => {
	const speech = useSpeech();
	const { t } = speech;
	const [rows, setRows] = useState<readonly Stuck[] | null>(null);
	const [of, choose] = useState<Place>({ state: "", form: "", region: "" });
	const asking = useAct();
	const bring = (): void => void asking.act(async () => setRows((await office("organisation_stuck", {})).rows));
	useEffect(bring, []);
	if (asking.error) return <Notice kind="error"><p>{asking.error}</p><Button onClick={bring}>{t("loading.again")}</Button></Notice>;
	if (!rows) return <Loading text={t("loading.page")} />;
	const any = ["", t("agreement.any")] as const;
	const those = rows.filter((row) => (!of.form || row.form === of.form) && (!of.region || row.region === of.region));
	return (
		<section>
			<h2>{t("agreement.stuck.title")}</h2>
			<div class="library-search">
				<Select label={t("agreement.region")} value={of.region} onChange={(region) => choose({ ...of, region })} options={[any, ...regionNames(speech)]} />
				<Select label={t("agreement.form")} value={of.form} onChange={(form) => choose({ ...of, form })} options={[any, ...FORMS.map((one) => [one, t(`agreement.form.${one}`)] as const)]} />
			</div>
			<Drawing all={standings(those)} />
			<h3>{t("agreement.stuck.table")}</h3>
			<Table key={`${of.region} ${of.form}`} rows={those} onShow={onShow} />
		</section>
	);
};
