// Requests of people, for those who answer them: the list says nothing of whom; one is opened for a reason.

import { useEffect, useState } from "preact/hooks";
import type { Ops } from "../../gen/proto.js";
import { Select } from "../admin/manage.js";
import { office } from "../office.js";
import { Button, Check, Choice, Loading, Notice, useAct } from "../parts.js";
import { useSpeech } from "../state.js";
import { Opened } from "./one.js";
import { Because, KINDS, useDay, type Kind } from "./parts.js";

type Row = Ops["request_list"]["out"]["requests"][number];
type Counts = Ops["request_late"]["out"];

const Clock = ({ of }: { of: Row }) => {
	const { t } = useSpeech();
	const day = useDay();
	if (of.ended_at !== undefined) return <span class="hint">{t("rights.ended_short", { on: of.ended_at })}</span>;
	if (of.late) return <strong class="field-error">{t("rights.late", { days: of.days, day: day(of.due_on) })}</strong>;
	return of.days <= 7 ? <strong>{t("rights.soon", { days: of.days, day: day(of.due_on) })}</strong> : <span>{t("rights.left", { days: of.days, day: day(of.due_on) })}</span>;
};

export const Counted = ({ counts }: { counts: Counts }) => {
	const { t } = useSpeech();
	if (counts.late > 0) return <Notice kind="error"><p>{t("rights.counts", { ...counts })}</p></Notice>;
	return counts.soon > 0 ? <Notice kind="warning"><p>{t("rights.counts", { ...counts })}</p></Notice> : <p>{t("rights.counts", { ...counts })}</p>;
};

const List = ({ onOpen }: { onOpen: (row: Row) => void }) => {
	const { t } = useSpeech();
	const [which, choose] = useState<"open" | "ended">("open");
	const [kind, setKind] = useState<Kind | "">("");
	const [late, setLate] = useState(false);
	const [rows, setRows] = useState<readonly Row[] | null>(null);
	const [counts, count] = useState<Counts | null>(null);
	const [more, setMore] = useState(false);
	const asking = useAct();
	const bring = (from: readonly Row[]): void => void asking.act(async () => {
		const said = await office("request_list", { open: which === "open", late: late && which === "open", skip: from.length, ...(kind ? { kind } : {}) });
		setRows([...from, ...said.requests]);
		setMore(said.more);
		if (from.length === 0) count(await office("request_late", {}));
	});
	useEffect(() => bring([]), [which, kind, late]);
	return (
		<>
			{counts && <Counted counts={counts} />}
			<div class="card">
				<Choice legend={t("rights.filter")} value={which} options={[["open", t("rights.filter.open")], ["ended", t("rights.filter.ended")]]} onChange={choose} />
				<Select label={t("rights.kind_of")} value={kind} options={[["", t("rights.filter.every")] as const, ...KINDS.map((one) => [one, t(`rights.kind.${one}`)] as const)]} onChange={setKind} />
				{which === "open" && <Check label={t("rights.filter.late")} checked={late} onChange={setLate} />}
			</div>
			{asking.error && <Notice kind="error"><p>{asking.error}</p><Button onClick={() => bring([])}>{t("loading.again")}</Button></Notice>}
			{!rows && !asking.error && <Loading text={t("loading.page")} />}
			{rows?.length === 0 && <p>{t("rights.none")}</p>}
			<ul class="sessions" aria-label={t("rights.office")}>
				{rows?.map((row) => (
					<li key={row.request}>
						<div>
							<strong>{t(`rights.kind.${row.kind}`)}</strong>
							<span>{t(`rights.state.${row.state}`)}, {t(row.whole ? "rights.everything" : "rights.one_room")}</span>
							<span class="hint">{t("rights.received", { on: row.received_at })}</span>
							<Clock of={row} />
						</div>
						<Button small label={t("rights.show_name", { name: t(`rights.kind.${row.kind}`), on: row.received_at })} onClick={() => onOpen(row)}>{t("rights.show")}</Button>
					</li>
				))}
			</ul>
			{more && rows && <Button busy={asking.busy} onClick={() => bring(rows)}>{t("event.more")}</Button>}
		</>
	);
};

export const Requests = () => {
	const { t } = useSpeech();
	const [row, open] = useState<Row | null>(null);
	const [reason, because] = useState("");
	const back = (): void => {
		open(null);
		because("");
	};
	if (!row) return <List onOpen={open} />;
	if (!reason) return <Because text={t("rights.reason_text")} onReason={because} onBack={back} />;
	return <Opened request={row.request} reason={reason} onBack={back} />;
};
