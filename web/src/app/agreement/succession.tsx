// Another processor in the place of the present one: first what would go over, then the one act, then how far it is.

import { useEffect, useState } from "preact/hooks";
import { isBusinessId } from "../../agreement/terms.js";
import type { Ops } from "../../gen/proto.js";
import { DayField } from "../assignment/day-field.js";
import { dayText, today } from "../assignment/words.js";
import { office, officeProven } from "../office.js";
import { Button, Check, Field, Loading, Notice, useAct } from "../parts.js";
import { useSpeech } from "../state.js";

type Row = Ops["succession_list"]["out"]["agreements"][number];
type Told = Ops["succession_get"]["out"]["successions"][number];

const LOOK_MS = 2_000;

const all = async (): Promise<readonly Row[]> => {
	const rows: Row[] = [];
	for (let more = true; more; ) {
		const said = await office("succession_list", { skip: rows.length });
		rows.push(...said.agreements);
		more = said.more;
	}
	return rows;
};

const Plan = ({ rows }: { rows: readonly Row[] }) => {
	const { t, format } = useSpeech();
	return (
		<div class="scroll" tabIndex={0} role="region" aria-label={t("agreement.succession.list")}>
			<table class="events">
				<thead><tr><th scope="col">{t("agreement.name")}</th><th scope="col">{t("agreement.state")}</th><th scope="col">{t("agreement.processor")}</th><th scope="col">{t("agreement.succession.rooms")}</th></tr></thead>
				<tbody>{rows.map((row) => <tr key={row.org}><th scope="row">{row.name}</th><td>{t(`agreement.state.${row.state}`)}</td><td>{row.processor}</td><td>{format.number(row.rooms)}</td></tr>)}</tbody>
			</table>
		</div>
	);
};

const Begin = ({ onDone }: { onDone: () => void }) => {
	const { t } = useSpeech();
	const [rows, setRows] = useState<readonly Row[] | null>(null);
	const [name, setName] = useState("");
	const [id, setId] = useState("");
	const [day, setDay] = useState(today());
	const [note, setNote] = useState("");
	const [sure, agree] = useState(false);
	const [tried, attempt] = useState(false);
	const going = useAct();
	const whole = name.trim() !== "" && isBusinessId(id.trim()) && note.trim() !== "" && day >= today();
	const begin = (): void => {
		attempt(true);
		if (whole && sure) void going.act(async () => {
			await officeProven("succession_begin", { to_name: name.trim(), to_business_id: id.trim(), holds_from: day, note: note.trim() });
			onDone();
		});
	};
	return (
		<>
			<p>{t("agreement.succession.text")}</p>
			<Field label={t("agreement.succession.to")} value={name} maxLength={100} error={tried && name.trim() === "" ? t("agreement.missing") : null} onInput={setName} />
			<Field label={t("agreement.business_id")} value={id} maxLength={9} error={tried && !isBusinessId(id.trim()) ? t("agreement.outcome.bad_business_id") : null} onInput={setId} />
			<DayField label={t("agreement.succession.from")} value={day} onChange={setDay} />
			<Field label={t("agreement.succession.note")} hint={t("agreement.succession.note_hint")} value={note} rows={3} maxLength={800} error={tried && note.trim() === "" ? t("agreement.missing") : null} onInput={setNote} />
			<Button busy={going.busy} onClick={() => void going.act(async () => setRows(await all()))}>{t("agreement.succession.preview")}</Button>
			{going.error && <Notice kind="error"><p>{going.error}</p></Notice>}
			{rows && (
				<>
					<h3>{t("agreement.succession.would", { count: rows.length, rooms: rows.reduce((sum, row) => sum + row.rooms, 0) })}</h3>
					<Plan rows={rows} />
					<Check label={t("agreement.succession.sure")} checked={sure} onChange={agree} />
					<Button kind="danger" busy={going.busy} disabled={!sure} onClick={begin}>{t("agreement.succession.begin")}</Button>
				</>
			)}
		</>
	);
};

export const SuccessionPage = () => {
	const { t } = useSpeech();
	const [told, setTold] = useState<readonly Told[] | null>(null);
	const asking = useAct();
	const running = told?.some((one) => one.done_at === undefined) ?? false;
	const bring = (): void => void asking.act(async () => setTold((await office("succession_get", {})).successions));
	useEffect(bring, []);
	useEffect(() => {
		if (!running) return;
		const timer = setInterval(bring, LOOK_MS);
		return () => clearInterval(timer);
	}, [running]);
	if (!told) return asking.error ? <Notice kind="error"><p>{asking.error}</p></Notice> : <Loading text={t("loading.page")} />;
	return (
		<section>
			<h2>{t("agreement.succession.title")}</h2>
			{told.map((one) => (
				<Notice key={one.succession} kind={one.done_at === undefined ? "info" : "good"}>
					<p><strong>{t("agreement.succession.one", { name: one.to_name, id: one.to_business_id, day: dayText(one.holds_from) })}</strong></p>
					<p>{t("agreement.succession.progress", { done: one.done, all: one.agreements })}</p>
				</Notice>
			))}
			{!running && <Begin onDone={bring} />}
		</section>
	);
};
