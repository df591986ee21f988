// One person's certificate: given when the short codes were compared by voice, renewed before its end, ended.

import { useState } from "preact/hooks";
import type { StaffRole, StaffView } from "../../client/api.js";
import { engine } from "../engine.js";
import { Button, Check, Choice, Field, Notice, useAct } from "../parts.js";
import { say, use, useSpeech } from "../state.js";

const ROLES: readonly StaffRole[] = ["counsellor", "team_lead", "admin"];
const PERIODS = [182, 365, 730] as const;
const BYTES = 200;

const Compare = ({ of, same, onSame }: { of: StaffView; same: boolean; onSame: (same: boolean) => void }) => {
	const { t } = useSpeech();
	return (
		<>
			{of.anew && <Notice kind="warning" title={t("staffkeys.anew_title", { name: of.name })}><p>{t("staffkeys.anew_text")}</p></Notice>}
			<p>{t("staffkeys.compare")}</p>
			<ol class="code-groups" translate={false} aria-label={t("staffkeys.code")}>{of.code.split(" ").map((group, at) => <li key={at}>{group}</li>)}</ol>
			<p>{t("staffkeys.differ")}</p>
			<Check label={t("staffkeys.same")} checked={same} onChange={onSame} />
		</>
	);
};

const Select = ({ label, value, options, onChange }: { label: string; value: string; options: readonly (readonly [string, string])[]; onChange: (value: string) => void }) => (
	<label class="field">
		<span>{label}</span>
		<select value={value} onChange={(event) => onChange(event.currentTarget.value)}>
			{options.map(([key, text]) => <option key={key} value={key}>{text}</option>)}
		</select>
	</label>
);

const fits = (text: string): boolean => text.trim() !== "" && new TextEncoder().encode(text.trim()).length <= BYTES;

export const Certify = ({ of, onDone }: { of: StaffView; onDone: () => void }) => {
	const { t } = useSpeech();
	const organisation = use((all) => all.self?.organisation ?? "");
	const [code] = useState(of.code); // what was on the screen when it was compared
	const [name, setName] = useState(of.name);
	const [employer, setEmployer] = useState(of.employer || organisation);
	const [role, setRole] = useState<StaffRole>(of.role);
	const [days, setDays] = useState("365");
	const [same, setSame] = useState(of.known);
	const [asked, setAsked] = useState(false);
	const certifying = useAct();
	const submit = (event: Event): void => {
		event.preventDefault();
		setAsked(true);
		if (!same || !fits(name) || !fits(employer)) return;
		void certifying.act(async () => {
			await engine().organise("certifyStaff", { user: of.user, code, name: name.trim(), employer: employer.trim(), role, days: Number(days) });
			say(t("staffkeys.done", { name: name.trim() }));
		}).then((done) => done && onDone());
	};
	return (
		<form onSubmit={submit} noValidate>
			{of.known ? <p>{t("staffkeys.known")}</p> : <Compare of={{ ...of, code }} same={same} onSame={setSame} />}
			{asked && !same && <Notice kind="error"><p>{t("staffkeys.same_first")}</p></Notice>}
			<Field label={t("staffkeys.name")} hint={t("staffkeys.name_hint")} value={name} onInput={setName} maxLength={100} error={asked && !fits(name) ? t("staffkeys.name_missing") : null} />
			<Field label={t("staffkeys.employer")} value={employer} onInput={setEmployer} maxLength={100} error={asked && !fits(employer) ? t("staffkeys.employer_missing") : null} />
			<Select label={t("staffkeys.role")} value={role} onChange={(next) => setRole(next as StaffRole)} options={ROLES.map((one) => [one, t(`staffkeys.role.${one}`)] as const)} />
			<Select label={t("staffkeys.period")} value={days} onChange={setDays} options={PERIODS.map((one) => [String(one), t(`staffkeys.period.${one}`)] as const)} />
			{certifying.error && <Notice kind="error"><p>{certifying.error}</p></Notice>}
			<Button kind="main" type="submit" busy={certifying.busy}>{t(of.state === "certified" ? "staffkeys.renew" : "staffkeys.certify")}</Button>
		</form>
	);
};

type Reason = "left" | "lost" | "other";

export const Revoke = ({ of, onDone }: { of: StaffView; onDone: () => void }) => {
	const { t } = useSpeech();
	const [reason, setReason] = useState<Reason>("left");
	const revoking = useAct();
	const revoke = (): void =>
		void revoking.act(async () => {
			await engine().organise("revokeStaff", of.user, reason);
			say(t("staffkeys.revoked", { name: of.name }));
		}).then((done) => done && onDone());
	return (
		<>
			<p>{t("staffkeys.revoke_text", { name: of.name })}</p>
			<p>{t("staffkeys.revoke_then")}</p>
			<Choice legend={t("staffkeys.reason")} value={reason} onChange={setReason} options={[["left", t("staffkeys.reason.left")], ["lost", t("staffkeys.reason.lost")], ["other", t("staffkeys.reason.other")]]} />
			{revoking.error && <Notice kind="error"><p>{revoking.error}</p></Notice>}
			<Button kind="danger" busy={revoking.busy} onClick={revoke}>{t("staffkeys.revoke")}</Button>
		</>
	);
};
