// An admin's own agreement: how it stands, what it allows, its versions, the texts that rooms show, offices, contacts, and who has had the
// training.

import { useEffect, useState } from "preact/hooks";
import { columnsOf, decodeTable, MOST_BYTES, readDate, readTable } from "../../agreement/csv.js";
import { Again } from "../again.js";
import { DayField } from "../assignment/day-field.js";
import { dayText, today } from "../assignment/words.js";
import { engine } from "../engine.js";
import { Lazy } from "../lazy.js";
import { office, type StaffRow } from "../office.js";
import { Button, Dialog, Field, Loading, Notice, useAct } from "../parts.js";
import { say, use, useSpeech } from "../state.js";
import { STEPS, type Agreement } from "./data.js";
import { Contacts, Facts, History, Offices } from "./parts.js";
import { TakeStep } from "./steps.js";
import { Versions } from "./versions.js";

const LANGUAGES = [["fi", "Suomi"], ["sv", "Svenska"], ["en", "English"]] as const;

const Texts = ({ of, onDone }: { of: Agreement; onDone: () => void }) => {
	const { t } = useSpeech();
	const [privacy, setPrivacy] = useState<readonly string[]>(of.privacy);
	const [promise, setPromise] = useState<readonly string[]>(of.promise);
	const [tried, attempt] = useState(false);
	const going = useAct();
	const put = (list: readonly string[], i: number, text: string): readonly string[] => list.map((one, at) => (at === i ? text : one));
	const save = (): void => {
		attempt(true);
		if (privacy[0]?.trim() !== "") void going.act(async () => {
			await office("agreement_texts", { agreement: of.agreement, privacy: [...privacy], promise: [...promise] });
			say(t("agreement.template.saved"));
			onDone();
		});
	};
	return (
		<section>
			<h3>{t("agreement.texts.title")}</h3>
			<p>{t("agreement.texts.text")}</p>
			{LANGUAGES.map(([key, name], i) => (
				<details key={key} open={i === 0}>
					<summary>{name}</summary>
					<Field label={`${t("agreement.texts.privacy")} (${name})`} value={privacy[i] ?? ""} rows={6} maxLength={2000} error={tried && i === 0 && privacy[0]?.trim() === "" ? t("agreement.missing") : null} onInput={(text) => setPrivacy(put(privacy, i, text))} />
					<Field label={`${t("agreement.texts.promise")} (${name})`} value={promise[i] ?? ""} maxLength={200} onInput={(text) => setPromise(put(promise, i, text))} />
					<div class="promise" lang={key}>
						<p class="hint">{t("hours.preview")}</p>
						{(promise[i] || promise[0]) && <p class="text"><strong>{promise[i] || promise[0]}</strong></p>}
						<p class="text">{privacy[i]?.trim() || privacy[0]}</p>
					</div>
				</details>
			))}
			{going.error && <Notice kind="error"><p>{going.error}</p></Notice>}
			<Button busy={going.busy} onClick={save}>{t("agreement.save")}</Button>
		</section>
	);
};

interface Trained {
	readonly account: string;
	readonly name: string;
	readonly day: string;
}

/** An account with the name that a certificate says; name is the one that the admin gave. */
interface Listed extends StaffRow {
	readonly certified: string;
}

const listed = async (): Promise<readonly Listed[]> => {
	const [{ staff }, keys] = await Promise.all([office("staff_list", {}), engine().organise("organisationKeys").catch(() => ({ staff: [] }))]);
	const names = new Map(keys.staff.map((one) => [one.user, one.name]));
	return staff.filter((one) => !one.disabled).map((one) => ({ ...one, certified: names.get(one.account) ?? "" }));
};

/** Rows of a table by the names that are known: those that fit one colleague, and the names that fit none or several. */
const matched = (text: string, staff: readonly Listed[]): { rows: Trained[]; unknown: string[] } | null => {
	const [head = [], ...body] = readTable(text);
	const at = columnsOf(head, { name: ["nimi", "namn", "name"], day: ["päivä", "suoritettu", "datum", "date"] });
	if (at.name < 0 || at.day < 0) return null;
	const rows: Trained[] = [], unknown: string[] = [];
	for (const row of body) {
		const name = row[at.name] ?? "", day = readDate(row[at.day] ?? "");
		const found = staff.filter((one) => name !== "" && [one.name, one.certified].some((known) => known.toLowerCase() === name.toLowerCase()));
		if (found.length === 1 && found[0] && day !== "" && day <= today()) rows.push({ account: found[0].account, name, day });
		else unknown.push(name);
	}
	return { rows, unknown };
};

const TrainingImport = ({ staff, onDone }: { staff: readonly Listed[]; onDone: () => void }) => {
	const { t } = useSpeech();
	const [found, setFound] = useState<ReturnType<typeof matched> | "wrong">(null);
	const going = useAct();
	const take = (file: File | undefined): void => {
		setFound(null);
		if (file) void going.act(async () => setFound(file.size > MOST_BYTES ? "wrong" : (matched(decodeTable(new Uint8Array(await file.arrayBuffer())), staff) ?? "wrong")));
	};
	const put = (rows: readonly Trained[]): void =>
		void going.act(async () => {
			for (let i = 0; i < rows.length; i += 100) await office("training_put", { rows: rows.slice(i, i + 100).map((one) => ({ account: one.account, passed_on: one.day })) });
			onDone();
		});
	return (
		<>
			<p>{t("agreement.training_import")}</p>
			<label class="field">
				<span>{t("agreement.import.file")}</span>
				<input type="file" accept=".csv,.txt,text/csv" onChange={(event) => take(event.currentTarget.files?.[0])} />
			</label>
			{found === "wrong" && <Notice kind="error"><p>{t("agreement.training_columns")}</p></Notice>}
			{going.error && <Notice kind="error"><p>{going.error}</p></Notice>}
			{found !== null && found !== "wrong" && (
				<>
					<ul>{found.rows.map((one) => <li key={one.account}>{one.name}: {dayText(one.day)}</li>)}</ul>
					{found.unknown.length > 0 && <Notice kind="warning"><p>{t("agreement.training_unknown", { names: found.unknown.join(", ") })}</p></Notice>}
					{found.rows.length > 0 && <Button kind="main" busy={going.busy} onClick={() => put(found.rows)}>{t("agreement.training_put", { count: found.rows.length })}</Button>}
				</>
			)}
		</>
	);
};

const Training = ({ required }: { required: boolean }) => {
	const { t } = useSpeech();
	const me = use((all) => all.self);
	const [staff, setStaff] = useState<readonly Listed[]>([]);
	const [days, setDays] = useState<ReadonlyMap<string, string>>(new Map());
	const [day, setDay] = useState(today());
	const [importing, bringIn] = useState(false);
	const going = useAct();
	const bring = (): void =>
		void going.act(async () => {
			const [all, had] = await Promise.all([listed(), office("training_list", {})]);
			setStaff(all);
			setDays(new Map(had.rows.map((one) => [one.account, one.passed_on])));
		});
	useEffect(bring, []);
	const put = (account: string, passed_on: string): void =>
		void going.act(async () => {
			await office("training_put", { rows: [{ account, passed_on }] });
			bring();
		});
	const nameOf = (one: Listed): string => {
		const own = one.account === me?.user;
		const name = one.certified || one.name || (own && me?.name) || t(`staff.role.${one.role}`);
		return own ? `${name} (${t("staff.me")})` : name;
	};
	return (
		<section>
			<h3>{t("agreement.training")}</h3>
			<p>{t(required ? "agreement.training_needed" : "agreement.training_free")}</p>
			<DayField label={t("agreement.training_day")} value={day} onChange={setDay} />
			{going.error && <Notice kind="error"><p>{going.error}</p></Notice>}
			<ul class="sessions">
				{staff.map((one) => {
					const had = days.get(one.account);
					return (
						<li key={one.account}>
							<div><strong>{nameOf(one)}</strong><span class="hint">{had ? t("agreement.training_had", { day: dayText(had) }) : t("agreement.training_not")}</span></div>
							{had ? <Button small label={t("agreement.training_undo_name", { name: nameOf(one) })} onClick={() => put(one.account, "")}>{t("agreement.training_undo")}</Button>
								: <Button small kind="main" disabled={day === ""} label={t("agreement.training_do_name", { name: nameOf(one) })} onClick={() => put(one.account, day)}>{t("agreement.training_do")}</Button>}
						</li>
					);
				})}
			</ul>
			<Button small onClick={() => bringIn(true)}>{t("agreement.training_table")}</Button>
			{importing && <Dialog title={t("agreement.training_table")} onClose={() => bringIn(false)}><TrainingImport staff={staff} onDone={() => { bringIn(false); bring(); }} /></Dialog>}
		</section>
	);
};

const Standing = ({ of, onDone }: { of: Agreement; onDone: () => void }) => {
	const admin = use((all) => all.self?.role === "admin");
	return (
		<>
			<Facts of={of} />
			{of.state === "ended" && <Lazy quiet load={async () => (await import("../ending/handover.js")).Handover} props={{ of }} />}
			<Versions of={of} onDone={onDone} />
			<History of={of} />
			{admin && of.state !== "ended" && <Texts key={of.agreement} of={of} onDone={onDone} />}
			{admin && of.state !== "ended" && <Training required={of.training_required} />}
			{admin && (of.state === "live" || of.state === "ending") && <TakeStep key={of.state} of={of} steps={STEPS[of.state].filter((step) => step !== "ended")} onDone={onDone} />}
		</>
	);
};

export const OwnAgreement = () => {
	const { t } = useSpeech();
	const admin = use((all) => all.self?.role === "admin");
	const [rows, setRows] = useState<readonly Agreement[] | null>(null);
	const asking = useAct();
	const bring = (): void => void asking.act(async () => setRows((await office("agreement_list", {})).agreements));
	useEffect(bring, []);
	return (
		<div class="organisation">
			<Again error={asking.error} onAgain={bring} />
			{!rows && !asking.error && <Loading text={t("loading.page")} />}
			{rows?.length === 0 && <p>{t("agreement.own_none")}</p>}
			{rows?.map((one) => <Standing key={one.agreement} of={one} onDone={bring} />)}
			{admin && <Offices />}
			{admin && <Contacts />}
		</div>
	);
};
