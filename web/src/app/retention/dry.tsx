// The dry run: what would go until a day, in sums as they come, and as tables to take along. It is many short questions; leaving or
// stopping ends it.

import { useEffect, useRef, useState } from "preact/hooks";
import { DayField } from "../assignment/day-field.js";
import { today } from "../assignment/words.js";
import { Button, Notice, useAct } from "../parts.js";
import { Why } from "../roles/why.js";
import { say, useSpeech } from "../state.js";
import { ALL, dryRows, dryRun, MOST, saveTable, type Line } from "./data.js";
import { Sums } from "./sums.js";

const AHEAD = 366;
const DAY = 86_400_000;
const endOf = (day: string): number => new Date(`${day}T23:59:59`).getTime();

/** What is asked for ends when something else is, or when the page goes. */
const useTurn = (): (() => () => boolean) => {
	const turn = useRef(0);
	useEffect(() => () => void (turn.current = -1), []);
	return () => {
		const mine = turn.current < 0 ? -2 : ++turn.current;
		return () => turn.current === mine;
	};
};

const RowsOut = ({ until }: { until: number }) => {
	const { t, format } = useSpeech();
	const [asked, ask] = useState(false);
	const turn = useTurn();
	const taking = useAct();
	const take = (reason: string): void =>
		void taking.act(async () => {
			const goes = turn();
			const rows = await dryRows(until, reason, goes);
			if (!goes()) return;
			const head = [t("retention.due"), t("retention.what"), "id", t("retention.part"), t("retention.by"), t("retention.days"), t("retention.version_head"), t("retention.is_held")];
			saveTable("luotsi-retention.csv", [head, ...rows.map((row) => [
				new Date(row.due_at).toISOString(), t(`retention.thing.${row.kind}`), row.object, row.part > 0 ? String(row.part) : "", t(`retention.kind.${row.rule}`), String(row.days), String(row.version), row.held ? "1" : "0",
			])]);
			say(t("retention.rows_done", { count: rows.length }));
			ask(false);
		});
	return (
		<>
			<Button onClick={() => ask(!asked)}>{t("retention.rows")}</Button>
			{asked && (
				<>
					<Why text={t("retention.rows_text", { most: format.number(MOST) })} reasons={[t("log.why.check"), t("log.why.request")]} action={t("retention.rows_take")} busy={taking.busy} onReason={take} />
					{taking.error && <Notice kind="error"><p>{taking.error}</p></Notice>}
				</>
			)}
		</>
	);
};

export const DryRun = () => {
	const { t } = useSpeech();
	const [day, setDay] = useState(today(new Date(Date.now() + AHEAD * DAY)));
	const [lines, setLines] = useState<readonly Line[] | null>(null);
	const [whole, setWhole] = useState(false);
	const turn = useTurn();
	const going = useAct();
	const run = (event: Event): void => {
		event.preventDefault();
		if (day === "") return;
		const goes = turn();
		setLines(null);
		setWhole(false);
		void going.act(async () => {
			const done = await dryRun({ sources: ALL, until: endOf(day), hear: setLines, goes });
			if (done) setWhole(true);
		});
	};
	const sums = (): void => saveTable("luotsi-retention-months.csv", [
		[t("retention.month"), t("retention.what"), t("retention.goes"), t("retention.is_held")], ...(lines ?? []).map((line) => [line.month, t(`retention.thing.${line.thing}`), String(line.n), String(line.held)]),
	]);
	return (
		<section>
			<h3>{t("retention.dry")}</h3>
			<p>{t("retention.dry_text")}</p>
			<form onSubmit={run} noValidate>
				<DayField label={t("retention.until")} value={day} onChange={(value) => { setDay(value); setWhole(false); setLines(null); }} />
				<div class="row">
					<Button type="submit" busy={going.busy}>{t("retention.run")}</Button>
					{going.busy && <Button onClick={() => void turn()}>{t("retention.stop")}</Button>}
				</div>
			</form>
			{going.error && <Notice kind="error"><p>{going.error}</p></Notice>}
			<div role="status">
				{going.busy && <p>{t("retention.running")}</p>}
				{!going.busy && lines && !whole && !going.error && <p>{t("retention.stopped")}</p>}
				{whole && lines?.length === 0 && <p>{t("retention.nothing")}</p>}
			</div>
			{lines && lines.length > 0 && <Sums lines={lines} title={t("retention.dry")} />}
			{whole && lines && lines.length > 0 && (
				<div class="row">
					<Button onClick={sums}>{t("retention.csv")}</Button>
					<RowsOut until={endOf(day)} />
				</div>
			)}
		</section>
	);
};
