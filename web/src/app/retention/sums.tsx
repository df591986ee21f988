// What goes, by month and kind.

import { useSpeech } from "../state.js";
import type { Line } from "./data.js";

export const monthText = (month: string): string => {
	const [year, number] = month.split("-");
	return `${Number(number)}/${year}`;
};

export const Sums = ({ lines, title }: { lines: readonly Line[]; title: string }) => {
	const { t, format } = useSpeech();
	return (
		<div class="scroll" tabIndex={0} role="region" aria-label={title}>
			<table class="events">
				<thead>
					<tr><th scope="col">{t("retention.month")}</th><th scope="col">{t("retention.what")}</th><th scope="col">{t("retention.goes")}</th><th scope="col">{t("retention.is_held")}</th></tr>
				</thead>
				<tbody>
					{lines.map((line) => (
						<tr key={`${line.month}${line.thing}`}><th scope="row">{monthText(line.month)}</th><td>{t(`retention.thing.${line.thing}`)}</td><td>{format.number(line.n)}</td><td>{format.number(line.held)}</td></tr>
					))}
				</tbody>
			</table>
		</div>
	);
};
