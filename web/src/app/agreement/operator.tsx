// The operator's page: organisations with filters, one of them, many at once; what is stuck; templates; another processor.

import { useEffect, useRef, useState } from "preact/hooks";
import { Select } from "../library/list.js";
import { office } from "../office.js";
import { Button, Dialog, Loading, Notice, useAct } from "../parts.js";
import { say, use, useSpeech } from "../state.js";
import { briefOf, daysSince, FORMS, regionNames, STATES, type Form, type Organisation, type Query, type State } from "./data.js";
import { Import } from "./import.js";
import { EditOrganisation, OnePage } from "./organisation.js";
import { StuckPage, type Place } from "./plot.js";
import { TakeMany } from "./steps.js";
import { SuccessionPage } from "./succession.js";
import { TemplatesPage } from "./templates.js";

const PAGE = 50;
const PAUSE_MS = 250;

interface Wanted {
	readonly words: string;
	readonly state: State | "";
	readonly form: Form | "";
	readonly region: string;
	readonly stuck: "" | "14" | "30" | "90";
	readonly within: string;
}

const EVERYTHING: Wanted = { words: "", state: "", form: "", region: "", stuck: "", within: "" };

const queryOf = ({ words, state, form, region, stuck, within }: Wanted): Omit<Query, "skip" | "limit"> => ({
	...(words.trim() ? { words: words.trim() } : {}), ...(state ? { state } : {}), ...(form ? { form } : {}), ...(region ? { region } : {}), ...(stuck ? { stuck: Number(stuck) } : {}), ...(within ? { within } : {}),
});

const Filters = ({ wanted, onChange }: { wanted: Wanted; onChange: (piece: Partial<Wanted>) => void }) => {
	const speech = useSpeech();
	const { t } = speech;
	const any = ["", t("agreement.any")] as const;
	return (
		<div class="library-search" role="search">
			<label class="search">
				<span>{t("agreement.search")}</span>
				<input type="search" value={wanted.words} autocomplete="off" maxLength={50} onInput={(event) => onChange({ words: event.currentTarget.value })} />
			</label>
			<Select label={t("agreement.state")} value={wanted.state} onChange={(state) => onChange({ state })} options={[any, ...STATES.map((one) => [one, t(`agreement.state.${one}`)] as const)]} />
			<Select label={t("agreement.form")} value={wanted.form} onChange={(form) => onChange({ form })} options={[any, ...FORMS.map((one) => [one, t(`agreement.form.${one}`)] as const)]} />
			<Select label={t("agreement.region")} value={wanted.region} onChange={(region) => onChange({ region })} options={[any, ...regionNames(speech)]} />
			<Select label={t("agreement.stuck")} value={wanted.stuck} onChange={(stuck) => onChange({ stuck })} options={[any, ...(["14", "30", "90"] as const).map((one) => [one, t("agreement.stuck_days", { days: Number(one) })] as const)]} />
		</div>
	);
};

const Entry = ({ of, chosen, onChoose, onPick, onWithin }: { of: Organisation; chosen: boolean; onChoose: (on: boolean) => void; onPick: () => void; onWithin: () => void }) => {
	const speech = useSpeech();
	const { t } = speech;
	const waits = of.state !== "live" && of.state !== "ended";
	return (
		<li>
			<input type="checkbox" aria-label={t("agreement.choose", { name: of.name })} checked={chosen} onChange={(event) => onChoose(event.currentTarget.checked)} />
			<div>
				<button type="button" class="link" onClick={onPick}>{of.name}</button>
				<span class="hint">{briefOf(speech, of)}</span>
				<span class="badges">
					<span class={waits ? "badge waiting" : "badge"}>{t(`agreement.state.${of.state}`)}</span> {waits && <span class="hint">{t("agreement.days", { days: daysSince(of.since) })}</span>}
				</span>
			</div>
			{!of.under && of.form === "city" && <Button small kind="quiet" label={t("agreement.within_name", { name: of.name })} onClick={onWithin}>{t("agreement.within")}</Button>}
		</li>
	);
};

/** The newest question counts; answers to earlier ones are dropped. */
const useFound = (wanted: Wanted) => {
	const { t } = useSpeech();
	const [rows, setRows] = useState<readonly Organisation[] | null>(null);
	const [more, setMore] = useState(false);
	const asking = useAct();
	const newest = useRef(0);
	const look = (skip: number): void => {
		const mine = ++newest.current;
		void asking.act(async () => {
			const found = await office("organisation_list", { ...queryOf(wanted), skip, limit: PAGE });
			if (mine !== newest.current) return;
			setRows((before) => (skip > 0 ? [...(before ?? []), ...found.organisations] : found.organisations));
			setMore(found.more);
			if (JSON.stringify(wanted) !== JSON.stringify(EVERYTHING)) say(t("agreement.found", { count: skip + found.organisations.length }));
		});
	};
	useEffect(() => {
		const timer = setTimeout(() => look(0), rows === null ? 0 : PAUSE_MS);
		return () => clearTimeout(timer);
	}, [JSON.stringify(wanted)]);
	return { rows, more, busy: asking.busy, error: asking.error, again: () => look(0), next: () => look(rows?.length ?? 0) };
};

type Asked = null | "new" | "import" | "many";

/** One that was changed may not be among those that are looked for any more. */
const fresh = async (of: Organisation): Promise<Organisation> => {
	const { organisations } = await office("organisation_list", { within: of.org, skip: 0, limit: 200 });
	return organisations.find((one) => one.org === of.org) ?? of;
};

const Listed = ({ begin }: { begin: Wanted }) => {
	const { t } = useSpeech();
	const [wanted, setWanted] = useState(begin);
	const [chosen, choose] = useState<ReadonlySet<string>>(new Set());
	const [picked, pick] = useState<Organisation | null>(null);
	const [asked, ask] = useState<Asked>(null);
	const found = useFound(wanted);
	const rows = found.rows ?? [];
	const those = rows.filter((row) => chosen.has(row.org));
	const toggle = (org: string, on: boolean): void => choose(new Set(on ? [...chosen, org] : [...chosen].filter((other) => other !== org)));
	const changed = (of: Organisation): void => {
		void fresh(of).then((now) => pick((shown) => (shown?.org === now.org ? now : shown)), () => undefined); // who went back meanwhile is not brought here again
		found.again();
	};
	if (picked) return <OnePage of={picked} onBack={() => pick(null)} onChange={() => changed(picked)} />;
	return (
		<>
			<div class="row">
				<Button icon="plus" onClick={() => ask("new")}>{t("agreement.new")}</Button>
				<Button onClick={() => ask("import")}>{t("agreement.import.title")}</Button>
				<Button disabled={those.length === 0} onClick={() => ask("many")}>{t("agreement.many.title", { count: those.length })}</Button>
			</div>
			<Filters wanted={wanted} onChange={(piece) => setWanted({ ...wanted, ...piece })} />
			{wanted.within !== "" && <p><button type="button" class="link" onClick={() => setWanted(EVERYTHING)}>{t("agreement.show_all")}</button></p>}
			{found.error && <Notice kind="error"><p>{found.error}</p><Button onClick={found.again}>{t("loading.again")}</Button></Notice>}
			{!found.rows && !found.error && <Loading text={t("loading.page")} />}
			{found.rows?.length === 0 && <p class="empty-list">{t("agreement.none")}</p>}
			{rows.length > 0 && (
				<>
					<p><button type="button" class="link" onClick={() => choose(new Set(those.length === rows.length ? [] : rows.map((row) => row.org)))}>{t(those.length === rows.length ? "agreement.choose_none" : "agreement.choose_all", { count: rows.length })}</button></p>
					<ul class="sessions organisations" aria-label={t("agreement.list")} aria-busy={found.busy || undefined}>
						{rows.map((row) => <Entry key={row.org} of={row} chosen={chosen.has(row.org)} onChoose={(on) => toggle(row.org, on)} onPick={() => pick(row)} onWithin={() => setWanted({ ...EVERYTHING, within: row.org })} />)}
					</ul>
				</>
			)}
			{found.more && <Button busy={found.busy} onClick={found.next}>{t("agreement.more")}</Button>}
			{asked === "new" && <Dialog title={t("agreement.new")} onClose={() => ask(null)}><EditOrganisation from={null} onDone={() => { ask(null); found.again(); }} /></Dialog>}
			{asked === "import" && <Dialog wide title={t("agreement.import.title")} onClose={() => ask(null)}><Import onDone={found.again} /></Dialog>}
			{asked === "many" && <Dialog wide title={t("agreement.many.title", { count: those.length })} onClose={() => ask(null)}><TakeMany chosen={those} onDone={found.again} /></Dialog>}
		</>
	);
};

const PARTS = ["list", "stuck", "templates", "succession"] as const;
type Part = (typeof PARTS)[number];

export const OperatorPage = () => {
	const { t } = useSpeech();
	const operator = use((all) => all.self?.role === "operator");
	const [part, turn] = useState<Part>("list");
	const [begin, beginAt] = useState(EVERYTHING);
	const show = (place: Place): void => {
		beginAt({ ...EVERYTHING, ...place });
		turn("list");
	};
	if (!operator) return null;
	return (
		<section class="organisation">
			<h2>{t("agreement.operator")}</h2>
			<div class="row parts" role="group" aria-label={t("agreement.operator")}>
				{PARTS.map((one) => <button key={one} type="button" class="button small" aria-pressed={one === part} onClick={() => turn(one)}>{t(`agreement.part.${one}`)}</button>)}
			</div>
			{part === "list" && <Listed begin={begin} />}
			{part === "stuck" && <StuckPage onShow={show} />}
			{part === "templates" && <TemplatesPage />}
			{part === "succession" && <SuccessionPage />}
		</section>
	);
};
