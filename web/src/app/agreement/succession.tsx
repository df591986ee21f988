// Another processor in the place of the present one: first what would go over, then the one act, then how far it is.

import { useEffect, useState } from "preact/hooks";
import { isBusinessId } from "../../agreement/terms.js";
import type { Ops } from "../../gen/proto.js";
import { Again } from "../again.js";
import { DayField } from "../assignment/day-field.js";
import { dayText, today } from "../assignment/words.js";
import { office, officeProven } from "../office.js";
import { Button, Check, Field, Loading, Notice, useAct } from "../parts.js";
import { useSpeech } from "../state.js";

type Row = Ops["succession_list"]["out"]["agreements"][number];
type Told = Ops["succession_get"]["out"]["successions"][number];

const LOOK_MS = 2_000;

const PAGE = 100;

const all = async (succession?: string): Promise<readonly Row[]> => {
	const rows: Row[] = [];
	for (let more = true; more; ) {
		const said = await office("succession_list", { ...(succession ? { succession } : {}), skip: rows.length });
		rows.push(...said.agreements);
		more = said.more;
	}
	return rows;
};

const Plan = ({ rows, begun = false }: { rows: readonly Row[]; begun?: boolean }) => {
	const { t, format } = useSpeech();
	const [shown, show] = useState(PAGE);
	return (
		<>
			<div class="scroll" tabIndex={0} role="region" aria-label={t("agreement.succession.list")}>
				<table class="events">
					<thead><tr><th scope="col">{t("agreement.name")}</th><th scope="col">{t("agreement.state")}</th><th scope="col">{t("agreement.processor")}</th><th scope="col">{t("agreement.succession.rooms")}</th>{begun && <th scope="col">{t("agreement.succession.standing")}</th>}</tr></thead>
					<tbody>
						{rows.slice(0, shown).map((row) => (
							<tr key={row.org}>
								<th scope="row">{row.name}</th><td>{t(`agreement.state.${row.state}`)}</td><td>{row.processor}</td><td>{format.number(row.rooms)}</td>
								{begun && <td>{t(row.done ? "agreement.succession.went" : "agreement.succession.waits")}</td>}
							</tr>
						))}
					</tbody>
				</table>
			</div>
			{rows.length > shown && <Button onClick={() => show(shown + PAGE)}>{t("agreement.more")}</Button>}
		</>
	);
};

/** One that was begun: how far it is, and each of its agreements. */
const Begun = ({ of }: { of: Told }) => {
	const { t } = useSpeech();
	const [rows, setRows] = useState<readonly Row[] | null>(null);
	const asking = useAct();
	const bring = (): void => void asking.act(async () => setRows(await all(of.succession)));
	useEffect(() => {
		if (rows) bring();
	}, [of.done]);
	return (
		<Notice kind={of.done_at === undefined ? "info" : "good"}>
			<p><strong>{t("agreement.succession.one", { name: of.to_name, id: of.to_business_id, day: dayText(of.holds_from) })}</strong></p>
			<p>{t("agreement.succession.progress", { done: of.done, all: of.agreements })}</p>
			<p>{of.note}</p>
			<Again error={asking.error} onAgain={bring} />
			<details onToggle={(event) => event.currentTarget.open && !rows && bring()}>
				<summary>{t("agreement.succession.list")}</summary>
				{rows && <Plan rows={rows} begun />}
			</details>
		</Notice>
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
	const [named, setNamed] = useState("");
	const [tried, attempt] = useState(false);
	const going = useAct();
	const whole = name.trim() !== "" && isBusinessId(id.trim()) && note.trim() !== "" && day >= today();
	const unnamed = named.trim() !== name.trim();
	const begin = (): void => {
		attempt(true);
		if (whole && sure && !unnamed) void going.act(async () => {
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
				<section>
					<h3>{t("agreement.succession.would", { count: rows.length, rooms: rows.reduce((sum, row) => sum + row.rooms, 0) })}</h3>
					<Plan rows={rows} />
					<Check label={t("agreement.succession.sure")} checked={sure} onChange={agree} />
					{name.trim() !== "" && <Field label={t("agreement.succession.name", { name: name.trim() })} value={named} maxLength={100} error={tried && unnamed ? t("agreement.step.name_wrong") : null} onInput={setNamed} />}
					<Button kind="danger" busy={going.busy} disabled={!sure} onClick={begin}>{t("agreement.succession.begin")}</Button>
					{tried && !whole && <p class="field-error">{t("agreement.template.faults")}</p>}
				</section>
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
			{told.map((one) => <Begun key={one.succession} of={one} />)}
			{!running && <Begin onDone={bring} />}
		</section>
	);
};
