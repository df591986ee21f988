// Organisations from a table that somebody keeps: read in the browser, tried first, then made. What is wrong stands beside each row.

import { useEffect, useState } from "preact/hooks";
import { columnsOf, decodeTable, MOST_BYTES, MOST_ROWS, readTable, writeTable } from "../../agreement/csv.js";
import { piecesOf } from "../../agreement/families.js";
import { speechFor, type Speech } from "../../text/text.js";
import { office } from "../office.js";
import { Button, Notice, useAct } from "../parts.js";
import { useSpeech } from "../state.js";
import { FORMS, outcomeText, regionNames, saveFile } from "./data.js";

const PIECE = 400;
const MOST_PIECE = 250_000; // bytes, of which the server takes a little more
const HEADINGS = {
	name: ["nimi", "organisaatio", "namn", "name"], business_id: ["y-tunnus", "ytunnus", "fo-nummer", "business id"], form: ["laji", "slag", "kind"],
	region: ["maakunta", "landskap", "region"], under: ["yläorganisaatio", "kuuluu", "överordnad", "under"],
} as const;

interface Row {
	readonly name: string;
	readonly business_id: string;
	readonly form: string;
	readonly region: string;
	readonly under: string;
}

const fits = (text: string, most: number): string => (new TextEncoder().encode(text).length > most ? text.slice(0, Math.floor(most / 4)) : text);

/** Kinds and regions by their key, or by what any of the languages calls them. */
const keyed = (text: string, pairs: readonly (readonly [string, string])[]): string =>
	pairs.find(([key, name]) => key === text.toLowerCase() || name.toLowerCase() === text.toLowerCase())?.[0] ?? text;

const useRows = () => {
	const speech = useSpeech();
	const [others, know] = useState<readonly Speech[]>([]);
	useEffect(() => void Promise.all((["fi", "sv", "en"] as const).map((one) => speechFor(one, true))).then(know, () => undefined), []);
	const regions = [speech, ...others].flatMap(regionNames);
	const forms = [speech, ...others].flatMap((one) => FORMS.map((form) => [form, one.t(`agreement.form.${form}`)] as const));
	return (text: string): readonly Row[] | "no_columns" | "too_many" => {
		const [head = [], ...body] = readTable(text);
		const at = columnsOf(head, HEADINGS);
		if (at.name < 0 || at.business_id < 0) return "no_columns";
		if (body.length > MOST_ROWS) return "too_many";
		const cell = (row: readonly string[], column: number): string => fits((column < 0 ? "" : (row[column] ?? "")).replace(/[^\P{Cc}\n]/gu, " "), column === at.name ? 400 : 40);
		return body.map((row) => ({
			name: cell(row, at.name), business_id: cell(row, at.business_id), form: at.form < 0 ? "other" : keyed(cell(row, at.form), forms),
			region: keyed(cell(row, at.region), regions), under: cell(row, at.under),
		}));
	};
};

const Told = ({ rows, outcomes, dry }: { rows: readonly Row[]; outcomes: readonly string[]; dry: boolean }) => {
	const speech = useSpeech();
	const { t } = speech;
	return (
		<div class="scroll" tabIndex={0} role="region" aria-label={t("agreement.import.rows")}>
			<table class="events">
				<thead><tr><th scope="col">{t("agreement.import.row")}</th><th scope="col">{t("agreement.name")}</th><th scope="col">{t("agreement.business_id")}</th><th scope="col">{t("agreement.many.outcome")}</th></tr></thead>
				<tbody>
					{rows.map((row, i) => (
						<tr key={i} class={outcomes[i] === "ok" ? "" : "wrong"}><td>{i + 2}</td><th scope="row">{row.name}</th><td class="whole">{row.business_id}</td><td>{outcomeText(speech, outcomes[i] ?? "", dry)}</td></tr>
					))}
				</tbody>
			</table>
		</div>
	);
};

const sample = (): Blob => new Blob([writeTable([["Nimi", "Y-tunnus", "Laji", "Maakunta", "Yläorganisaatio"], ["Esimerkkikaupunki", "0944845-0", "city", "Kainuu", ""], ["Esimerkkikaupungin lukio", "0944845-0", "school", "Kainuu", "0944845-0"]])], { type: "text/csv" });

export const Import = ({ onDone }: { onDone: () => void }) => {
	const { t } = useSpeech();
	const read = useRows();
	const [rows, setRows] = useState<readonly Row[]>([]);
	const [fault, blame] = useState<"no_columns" | "too_many" | "too_large" | "family" | null>(null);
	const [told, tell] = useState<{ outcomes: readonly string[]; dry: boolean } | null>(null);
	const going = useAct();
	const all = async (given: readonly Row[], dry: boolean): Promise<void> => {
		const pieces = piecesOf(given, PIECE).map((places) => ({ places, rows: places.map((i) => given[i] as Row) }));
		if (pieces.some(({ rows }) => new TextEncoder().encode(JSON.stringify(rows)).length > MOST_PIECE)) return blame("family");
		const outcomes: string[] = [];
		for (const { places, rows } of pieces) {
			const said = await office("organisation_import", { rows, dry });
			places.forEach((place, i) => (outcomes[place] = said.outcomes[i] ?? ""));
		}
		tell({ outcomes, dry });
		if (!dry) onDone();
	};
	const take = (file: File | undefined): void => {
		tell(null);
		setRows([]);
		blame(file && file.size > MOST_BYTES ? "too_large" : null);
		if (!file || file.size > MOST_BYTES) return;
		void going.act(async () => {
			const found = read(decodeTable(new Uint8Array(await file.arrayBuffer())));
			if (typeof found === "string") return blame(found);
			setRows(found);
			if (found.length > 0) await all(found, true);
		});
	};
	const good = told?.outcomes.filter((one) => one === "ok").length ?? 0;
	return (
		<>
			<p>{t("agreement.import.text")}</p>
			<p><button type="button" class="link" onClick={() => saveFile("organisaatiot.csv", sample())}>{t("agreement.import.sample")}</button></p>
			<label class="field">
				<span>{t("agreement.import.file")}</span>
				<input type="file" accept=".csv,.txt,text/csv" onChange={(event) => take(event.currentTarget.files?.[0])} />
			</label>
			{fault && <Notice kind="error"><p>{t(`agreement.import.${fault}`)}</p></Notice>}
			{going.error && <Notice kind="error"><p>{going.error}</p></Notice>}
			{told && (
				<>
					<h3>{told.dry ? t("agreement.import.would", { good, all: rows.length }) : t("agreement.import.done", { good, all: rows.length })}</h3>
					{told.dry && good > 0 && <Button kind="main" busy={going.busy} onClick={() => void going.act(() => all(rows, false))}>{t("agreement.import.make", { count: good })}</Button>}
					<Told rows={rows} outcomes={told.outcomes} dry={told.dry} />
				</>
			)}
		</>
	);
};
