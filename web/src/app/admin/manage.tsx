// What an administrator does with one colleague's account: a way in, another role, shut and open, and help when every passkey is lost.

import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import type { Language } from "../../client/api.js";
import { isAddress } from "../address.js";
import { officeProven, type StaffRow } from "../office.js";
import { Button, Choice, Field, Notice, useAct } from "../parts.js";
import { Qr } from "../qr.js";
import { say, useSpeech } from "../state.js";
import { Shut } from "../upkeep/leaving.js";
import { StaffPlan } from "../upkeep/plan.js";

export const OFFICES = ["counsellor", "team_lead", "admin", "dpo", "coordinator"] as const;
export type Office = (typeof OFFICES)[number];
const REASONS = ["lost", "stolen", "replaced", "other"] as const;
const LANGUAGES: readonly (readonly [Language, string])[] = [["fi", "Suomi"], ["sv", "Svenska"], ["en", "English"]];

interface Of {
	readonly of: StaffRow;
	readonly name: string;
	/** Who may stand in or take over. */
	readonly staff: readonly StaffRow[];
	readonly onDone: () => void;
}

export const Select = <T extends string>({ label, value, options, onChange }: { label: string; value: T; options: readonly (readonly [T, string])[]; onChange: (value: T) => void }) => (
	<label class="field">
		<span>{label}</span>
		<select value={value} onChange={(event) => onChange(event.currentTarget.value as T)}>
			{options.map(([key, text]) => <option key={key} value={key}>{text}</option>)}
		</select>
	</label>
);

const Part = ({ title, error, children }: { title: string; error: string | null; children: ComponentChildren }) => (
	<section>
		<h3>{title}</h3>
		{children}
		{error && <Notice kind="error"><p>{error}</p></Notice>}
	</section>
);

const Link = ({ of, name, onDone }: Of) => {
	const { t } = useSpeech();
	const [link, setLink] = useState("");
	const making = useAct();
	const make = (): void =>
		void making.act(async () => {
			const { token } = await officeProven("enrolment_make", { account: of.account });
			setLink(`${location.origin}/liity#${token}`);
			onDone();
		});
	const copy = (): void => void making.act(async () => {
		await navigator.clipboard.writeText(link);
		say(t("staff.copied"));
	});
	return (
		<Part title={t("staff.link")} error={making.error}>
			<p>{t("staff.link_text")}</p>
			{link === "" && <Button kind="main" busy={making.busy} onClick={make}>{t(of.invited_until === undefined ? "staff.link" : "staff.link_again")}</Button>}
			{link !== "" && (
				<>
					<p>{t("staff.link_made", { name })}</p>
					<label class="field">
						<span>{t("staff.link_label")}</span>
						<input class="invite-link" readOnly value={link} onFocus={(event) => event.currentTarget.select()} />
					</label>
					<Qr text={link} label={t("staff.link_qr")} />
					<Button onClick={copy}>{t("staff.copy")}</Button>
				</>
			)}
		</Part>
	);
};

const Mail = ({ of, onDone }: Of) => {
	const { t, language } = useSpeech();
	const [address, setAddress] = useState("");
	const [wanted, setWanted] = useState<Language>(language);
	const [asked, setAsked] = useState(false);
	const sending = useAct();
	const submit = (event: Event): void => {
		event.preventDefault();
		setAsked(true);
		if (!isAddress(address)) return;
		void sending.act(async () => {
			await officeProven("enrolment_mail", { account: of.account, address: address.trim(), language: wanted });
			setAddress("");
			setAsked(false);
			say(t("staff.mail_done"));
			onDone();
		});
	};
	return (
		<Part title={t("staff.mail")} error={sending.error}>
			<form onSubmit={submit} noValidate>
				<p>{t("staff.mail_text")}</p>
				<Field label={t("staff.address")} type="email" value={address} onInput={setAddress} maxLength={254} error={asked && !isAddress(address) ? t("staff.address_bad") : null} />
				<Select label={t("staff.mail_language")} value={wanted} options={LANGUAGES} onChange={setWanted} />
				<Button type="submit" busy={sending.busy}>{t("staff.mail_send")}</Button>
			</form>
		</Part>
	);
};

const Withdraw = ({ of, onDone }: Of) => {
	const { t } = useSpeech();
	const going = useAct();
	const withdraw = (): void =>
		void going.act(async () => {
			await officeProven("enrolment_withdraw", { account: of.account });
			say(t("staff.withdrawn"));
			onDone();
		});
	return <Part title={t("staff.withdraw")} error={going.error}><Button busy={going.busy} onClick={withdraw}>{t("staff.withdraw")}</Button></Part>;
};

const Role = ({ of, onDone }: Of) => {
	const { t } = useSpeech();
	const [role, setRole] = useState<Office>(OFFICES.find((one) => one === of.role) ?? "counsellor");
	const going = useAct();
	const change = (): void =>
		void going.act(async () => {
			await officeProven("staff_role", { account: of.account, role });
			say(t("staff.role_done"));
			onDone();
		});
	return (
		<Part title={t("staff.role_change")} error={going.error}>
			<p>{t("staff.role_text")}</p>
			<Select label={t("staff.role")} value={role} options={OFFICES.map((one) => [one, t(`staff.role.${one}`)] as const)} onChange={setRole} />
			<Button busy={going.busy} disabled={role === of.role} onClick={change}>{t("staff.role_change")}</Button>
		</Part>
	);
};

const Reset = ({ of, onDone }: Of) => {
	const { t } = useSpeech();
	const [reason, setReason] = useState<(typeof REASONS)[number]>("lost");
	const going = useAct();
	const reset = (): void =>
		void going.act(async () => {
			await officeProven("passkey_reset", { account: of.account, reason });
			say(t("staff.reset_done"));
			onDone();
		});
	return (
		<Part title={t("staff.reset")} error={going.error}>
			<p>{t("staff.reset_text")}</p>
			<p>{t("staff.reset_keys")}</p>
			<Choice legend={t("staff.reason")} value={reason} options={REASONS.map((one) => [one, t(`staff.reason.${one}`)] as const)} onChange={setReason} />
			<Button kind="danger" busy={going.busy} onClick={reset}>{t("staff.reset_do")}</Button>
		</Part>
	);
};

export const Manage = (props: Of) => {
	const { of } = props;
	const [round, next] = useState(0);
	/** A letter or a withdrawal ends the link that may be on the page. */
	const linkIsOver = (): void => {
		next(round + 1);
		props.onDone();
	};
	if (of.disabled) return <Shut of={of} onDone={props.onDone} />;
	return (
		<>
			{!of.enrolled && <Link key={round} {...props} />}
			{!of.enrolled && <Mail {...props} onDone={linkIsOver} />}
			{of.invited_until !== undefined && <Withdraw {...props} onDone={linkIsOver} />}
			<StaffPlan of={of} staff={props.staff} onDone={props.onDone} />
			{of.role !== "operator" && <Role {...props} />}
			{of.enrolled && <Reset {...props} />}
			<Shut of={of} onDone={props.onDone} />
		</>
	);
};
