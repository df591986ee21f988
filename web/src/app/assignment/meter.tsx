// The life-situation meter: each area from 0 to 10, the first and the newest measurement as a drawing, as a table and in words. There is
// no total: areas of life are not added up.

import { wordingIn, type ScaleField, type Template } from "../../assignment/types.js";
import type { Submission } from "../../assignment/room-state.js";
import { useSpeech } from "../state.js";

const ROW = 46, TOP = 30, LEFT = 14, WIDE = 320;
const at = (value: number): number => LEFT + (value / 10) * (WIDE - 2 * LEFT);

interface Area {
	readonly id: string;
	readonly label: string;
	readonly first: number | null;
	readonly last: number | null;
}

const areasOf = (template: Template, first: Submission, last: Submission, language: string): readonly Area[] =>
	template.fields.filter((field): field is ScaleField => field.kind === "scale").map((field) => {
		const value = (s: Submission): number | null => (typeof s.answers[field.id] === "number" ? (s.answers[field.id] as number) : null);
		return { id: field.id, label: wordingIn(field.label, language), first: value(first), last: value(last) };
	});

const Drawing = ({ areas, two, name }: { areas: readonly Area[]; two: boolean; name: string }) => {
	const height = TOP + areas.length * ROW;
	return (
		<svg class="meter-plot" viewBox={`0 0 ${WIDE} ${height}`} role="img" aria-label={name}>
			{[0, 2, 4, 6, 8, 10].map((tick) => (
				<g key={tick}>
					<line class="meter-grid" x1={at(tick)} x2={at(tick)} y1={TOP - 8} y2={height} />
					<text class="meter-tick" x={at(tick)} y={TOP - 14} text-anchor="middle">{tick}</text>
				</g>
			))}
			{areas.map((area, i) => {
				const y = TOP + i * ROW + 30;
				return (
					<g key={area.id}>
						<text class="meter-area" x={LEFT} y={y - 14}>{area.label}</text>
						<line class="meter-line" x1={at(0)} x2={at(10)} y1={y} y2={y} />
						{two && area.first !== null && area.last !== null && <line class="meter-way" x1={at(area.first)} x2={at(area.last)} y1={y} y2={y} />}
						{two && area.first !== null && <rect class="meter-first" x={at(area.first) - 6} y={y - 6} width="12" height="12" />}
						{area.last !== null && <circle class="meter-last" cx={at(area.last)} cy={y} r="6" />}
					</g>
				);
			})}
		</svg>
	);
};

const Change = ({ area }: { area: Area }) => {
	const { t } = useSpeech();
	if (area.first === null || area.last === null) return <>{t("meter.unknown")}</>;
	const by = area.last - area.first;
	if (by === 0) return <>{t("meter.same")}</>;
	return <>{by > 0 ? t("meter.up", { by }) : t("meter.down", { by: -by })}</>;
};

export const Meter = ({ template, measured }: { template: Template; measured: readonly Submission[] }) => {
	const { t, format, language } = useSpeech();
	const [first, last] = [measured[0], measured.at(-1)];
	if (!first || !last) return null;
	const two = measured.length > 1;
	const areas = areasOf(template, first, last, language);
	const number = (value: number | null): string => (value === null ? "–" : format.number(value));
	return (
		<section class="meter">
			<p>{two ? t("meter.between", { first: first.at, last: last.at, count: measured.length }) : t("meter.once", { first: first.at })}</p>
			<p class="meter-key" aria-hidden="true">
				{two && <span><svg viewBox="0 0 14 14"><rect class="meter-first" x="1" y="1" width="12" height="12" /></svg> {t("meter.first")}</span>}
				<span><svg viewBox="0 0 14 14"><circle class="meter-last" cx="7" cy="7" r="6" /></svg> {two ? t("meter.last") : t("meter.now")}</span>
			</p>
			<Drawing areas={areas} two={two} name={t("meter.drawing")} />
			<div class="table-place" tabIndex={0} role="region" aria-label={t("meter.table")}>
				<table>
					<caption>{t("meter.table")}</caption>
					<thead><tr><th scope="col">{t("meter.area")}</th>{two && <th scope="col">{t("meter.first")}</th>}<th scope="col">{two ? t("meter.last") : t("meter.now")}</th>{two && <th scope="col">{t("meter.change")}</th>}</tr></thead>
					<tbody>
						{areas.map((area) => (
							<tr key={area.id}><th scope="row">{area.label}</th>{two && <td>{number(area.first)}</td>}<td>{number(area.last)}</td>{two && <td><Change area={area} /></td>}</tr>
						))}
					</tbody>
				</table>
			</div>
			<p class="hint">{t("meter.no_total")}</p>
		</section>
	);
};
