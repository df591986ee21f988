// The register of breaches of personal data: nothing in it is changed, a breach is told anew in its next version.

import { useEffect, useState } from "preact/hooks";
import type { Ops } from "../../gen/proto.js";
import { breachBlocks, type Breach } from "../../rights/blocks.js";
import { office } from "../office.js";
import { Button, Loading, Notice, useAct } from "../parts.js";
import { use, useSpeech } from "../state.js";
import { EditBreach } from "./breach-form.js";
import { savePdf } from "./document.js";
import { Because } from "./parts.js";

type Row = Ops["breach_list"]["out"]["breaches"][number];
type Edition = Breach["versions"][number];
const PARTS = ["facts", "effects", "remedies", "why"] as const;

const Clock = ({ of }: { of: Row }) => {
	const { t, format } = useSpeech();
	if (of.closed) return <span>{t("rights.breach.closed")}</span>;
	if (of.told !== "open") return <span>{t(`rights.breach.told.${of.told}`)}</span>;
	const at = `${format.date(of.due_at)} ${format.time(of.due_at)}`;
	return of.late ? <strong class="field-error">{t("rights.breach.late", { at })}</strong> : <strong>{t("rights.breach.due", { at })}</strong>;
};

const Shown = ({ of }: { of: Edition }) => {
	const { t, format } = useSpeech();
	const when = (at: number): string => `${format.date(at)} ${format.time(at)}`;
	return (
		<dl class="opening">
			<dt>{t("rights.breach.found")}</dt><dd>{when(of.found_at)}</dd>
			{of.began_at !== undefined && <><dt>{t("rights.breach.began")}</dt><dd>{when(of.began_at)}</dd></>}
			<dt>{t("rights.breach.persons")}</dt><dd>{format.number(of.persons)}</dd>
			<dt>{t("rights.breach.told")}</dt><dd>{t(`rights.breach.told.${of.told}`)}{of.told_at !== undefined ? ` ${when(of.told_at)}` : ""}</dd>
			<dt>{t("rights.breach.people")}</dt><dd>{t(`rights.breach.people.${of.people}`)}</dd>
			{PARTS.map((part) => of[part] !== "" && <><dt>{t(`rights.breach.${part}`)}</dt><dd class="text">{of[part]}</dd></>)}
		</dl>
	);
};

const OpenedBreach = ({ id, reason, onBack }: { id: string; reason: string; onBack: () => void }) => {
	const speech = useSpeech();
	const { t } = speech;
	const organisation = use((all) => all.self?.organisation ?? "");
	const [it, know] = useState<Breach | null>(null);
	const [editing, edit] = useState(false);
	const asking = useAct();
	const writing = useAct();
	const bring = (): void => {
		edit(false);
		void asking.act(async () => know(await office("breach_one", { breach: id, reason })));
	};
	useEffect(bring, [id]);
	const [now, ...before] = it?.versions ?? [];
	const take = (): void => void writing.act(async () => it && savePdf(speech, `luotsi-loukkaus-${it.n}.pdf`, `${t("rights.breach.number", { n: it.n })}, ${organisation}`, breachBlocks(speech, it, organisation)));
	return (
		<>
			<Button icon="back" onClick={onBack}>{t("rights.back")}</Button>
			{asking.error && <Notice kind="error"><p>{asking.error}</p><Button onClick={bring}>{t("loading.again")}</Button></Notice>}
			{!it && !asking.error && <Loading text={t("loading.page")} />}
			{it && now && editing && <EditBreach id={id} from={now} onDone={bring} onBack={() => edit(false)} />}
			{it && now && !editing && (
				<>
					<h3>{t("rights.breach.number", { n: it.n })}</h3>
					<p>{t("rights.breach.version", { n: now.version, on: now.at })}</p>
					<Shown of={now} />
					{writing.error && <Notice kind="error"><p>{writing.error}</p></Notice>}
					<div class="row">
						<Button kind="main" onClick={() => edit(true)}>{t("rights.breach.go_on")}</Button>
						<Button busy={writing.busy} onClick={take}>{t("rights.pdf")}</Button>
					</div>
					{before.map((one) => (
						<details key={one.version} class="card">
							<summary>{t("rights.breach.version", { n: one.version, on: one.at })}</summary>
							<Shown of={one} />
						</details>
					))}
				</>
			)}
		</>
	);
};

const List = ({ onOpen, onNew }: { onOpen: (id: string) => void; onNew: () => void }) => {
	const { t } = useSpeech();
	const [rows, setRows] = useState<readonly Row[] | null>(null);
	const [more, setMore] = useState(false);
	const asking = useAct();
	const bring = (from: readonly Row[]): void => void asking.act(async () => {
		const said = await office("breach_list", { skip: from.length });
		setRows([...from, ...said.breaches]);
		setMore(said.more);
	});
	useEffect(() => bring([]), []);
	return (
		<>
			<p>{t("rights.breach.text")}</p>
			{asking.error && <Notice kind="error"><p>{asking.error}</p><Button onClick={() => bring([])}>{t("loading.again")}</Button></Notice>}
			{!rows && !asking.error && <Loading text={t("loading.page")} />}
			{rows?.length === 0 && <p>{t("rights.breach.none")}</p>}
			<ul class="sessions" aria-label={t("rights.breaches")}>
				{rows?.map((row) => (
					<li key={row.breach}>
						<div>
							<strong>{t("rights.breach.number", { n: row.n })}</strong>
							<span class="hint">{t("rights.breach.found_on", { on: row.found_at })}</span>
							<Clock of={row} />
						</div>
						<Button small label={t("rights.breach.show_name", { n: row.n })} onClick={() => onOpen(row.breach)}>{t("rights.show")}</Button>
					</li>
				))}
			</ul>
			<div class="row">
				{more && rows && <Button busy={asking.busy} onClick={() => bring(rows)}>{t("event.more")}</Button>}
				<Button icon="plus" onClick={onNew}>{t("rights.breach.new")}</Button>
			</div>
		</>
	);
};

export const Breaches = () => {
	const { t } = useSpeech();
	const [id, open] = useState<string | null>(null);
	const [reason, because] = useState("");
	const [making, make] = useState(false);
	const back = (): void => {
		open(null);
		because("");
		make(false);
	};
	if (making) return <EditBreach id={null} from={null} onDone={back} onBack={back} />;
	if (!id) return <List onOpen={open} onNew={() => make(true)} />;
	if (!reason) return <Because text={t("rights.breach.reason_text")} onReason={because} onBack={back} />;
	return <OpenedBreach id={id} reason={reason} onBack={back} />;
};
