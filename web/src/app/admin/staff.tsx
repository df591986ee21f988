// One list of staff: whose account waits for its person, whose keys are certified and until when, who waits for it, whose account is shut.

import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { StaffView } from "../../client/api.js";
import { office, officeProven, type StaffRow } from "../office.js";
import { Button, Dialog, Field, Notice, useAct } from "../parts.js";
import { say, use, useSpeech } from "../state.js";
import { Certify, Revoke } from "./certify.js";
import { Manage, OFFICES, Select, type Office } from "./manage.js";

const SOON = 30 * 24 * 3600 * 1000;
const NAME_BYTES = 200;

/** A colleague as the page knows them: the account, the keys, or both. */
interface Colleague {
	readonly user: string;
	readonly row: StaffRow | undefined;
	readonly keys: StaffView | undefined;
}

type Asked = null | { readonly act: "certify" | "revoke" | "manage"; readonly user: string };

const isSoon = ({ state, until }: StaffView): boolean => state === "certified" && until !== null && until - Date.now() < SOON;
const stateOf = ({ keys }: Colleague): StaffView["state"] => keys?.state ?? "no_keys";
const isShut = ({ row }: Colleague): boolean => row?.disabled === true;
const waits = (one: Colleague): boolean => !isShut(one) && (stateOf(one) === "waiting" || stateOf(one) === "expired");
const isCertified = (one: Colleague): boolean => !isShut(one) && stateOf(one) === "certified";
const isRefused = (one: Colleague): boolean => !isShut(one) && (stateOf(one) === "revoked" || stateOf(one) === "broken");
const isNew = (one: Colleague): boolean => !isShut(one) && stateOf(one) === "no_keys" && one.row?.enrolled === false;
const isOther = (one: Colleague): boolean => !isShut(one) && stateOf(one) === "no_keys" && one.row?.enrolled === true;

const merged = (rows: readonly StaffRow[] | null, staff: readonly StaffView[]): Colleague[] => {
	const keys = new Map(staff.map((one) => [one.user, one]));
	const all = (rows ?? []).map((row): Colleague => ({ user: row.account, row, keys: keys.get(row.account) }));
	const listed = new Set(all.map((one) => one.user));
	return [...all, ...staff.filter((one) => !listed.has(one.user)).map((one): Colleague => ({ user: one.user, row: undefined, keys: one }))];
};

/** What a certificate says, or that there is none yet. */
const OfKeys = ({ one }: { one: StaffView }) => {
	const { t } = useSpeech();
	if (one.state === "certified" && one.until !== null)
		return (
			<>
				<span>{[t(`staffkeys.role.${one.role}`), one.employer].join(", ")}</span>
				<span class="hint">{t("staffkeys.until", { on: one.until })}</span>
				{isSoon(one) && <span><span class="badge waiting">{t("staffkeys.soon")}</span></span>}
			</>
		);
	if (one.state === "expired" && one.until !== null) return <span>{t("staffkeys.expired", { on: one.until })}</span>;
	if (one.state === "waiting") return <span>{one.anew ? t("staffkeys.anew", { on: one.since, at: one.since }) : t("staffkeys.made", { on: one.since, at: one.since })}</span>;
	if (one.state === "no_keys") return null;
	return <span>{t(`staffkeys.state.${one.state as "revoked" | "broken"}`)}</span>;
};

/** What the account says besides. */
const OfAccount = ({ row, keys }: { row: StaffRow; keys: StaffView | undefined }) => {
	const { t } = useSpeech();
	const counsels = row.role === "counsellor" || row.role === "team_lead";
	return (
		<>
			{keys?.state !== "certified" && <span>{t(`staff.role.${row.role}`)}</span>}
			{!row.enrolled && !row.disabled && <span class="hint">{row.invited_until === undefined ? t("staff.no_link") : t("staff.link_until", { on: row.invited_until })}</span>}
			{row.mail !== "none" && <span class="hint">{t(`staff.mail.${row.mail}`)}</span>}
			{row.rooms > 0 && <span class="hint">{t("staff.rooms", { n: row.rooms })}</span>}
			{row.enrolled && !row.disabled && (
				<span class="badges">
					{row.passkeys === 0 && <span class="badge waiting">{t("staff.no_passkey")}</span>}
					{row.passkeys === 1 && <span class="badge">{t("staff.one_passkey")}</span>}
					{counsels && !row.has_keys && <span class="badge">{t("staff.no_keys")}</span>}
				</span>
			)}
		</>
	);
};

const OfCertificate = ({ one, name, ask }: { one: StaffView; name: string; ask: (asked: Asked) => void }) => {
	const { t } = useSpeech();
	const certified = one.state === "certified";
	const { user } = one;
	return (
		<>
			<Button small kind={certified ? "plain" : "main"} label={t(certified ? "staffkeys.renew_name" : "staffkeys.certify_name", { name })} onClick={() => ask({ act: "certify", user })}>
				{t(certified ? "staffkeys.renew" : "staffkeys.certify")}
			</Button>
			{one.name !== "" && <Button small kind="danger" label={t("staffkeys.revoke_name", { name })} onClick={() => ask({ act: "revoke", user })}>{t("staffkeys.revoke")}</Button>}
		</>
	);
};

const One = ({ one, name, able, ask }: { one: Colleague; name: string; able: boolean; ask: (asked: Asked) => void }) => {
	const { t } = useSpeech();
	const me = use((all) => all.self?.user === one.user);
	const { row, keys, user } = one;
	const usable = able && keys && (waits(one) || isCertified(one));
	return (
		<li>
			<div>
				<strong>{me ? `${name} (${t("staff.me")})` : name}</strong>
				{keys && <OfKeys one={keys} />}
				{row && <OfAccount row={row} keys={keys} />}
			</div>
			<div class="row">
				{usable && <OfCertificate one={keys} name={name} ask={ask} />}
				{row && !me && <Button small kind={isNew(one) ? "main" : "plain"} label={t("staff.manage_name", { name })} onClick={() => ask({ act: "manage", user })}>{t("staff.manage")}</Button>}
			</div>
		</li>
	);
};

const Group = ({ title, empty, children }: { title: string; empty?: string; children: ComponentChildren[] }) => {
	if (children.length === 0 && empty === undefined) return null;
	return (
		<section>
			<h2>{title}</h2>
			{children.length === 0 ? <p>{empty}</p> : <ul class="sessions">{children}</ul>}
		</section>
	);
};

const Add = ({ onDone }: { onDone: (user: string) => void }) => {
	const { t } = useSpeech();
	const [name, setName] = useState("");
	const [role, setRole] = useState<Office>("counsellor");
	const [asked, setAsked] = useState(false);
	const adding = useAct();
	const fits = name.trim() !== "" && new TextEncoder().encode(name.trim()).length <= NAME_BYTES;
	const submit = (event: Event): void => {
		event.preventDefault();
		setAsked(true);
		if (fits) void adding.act(async () => onDone((await officeProven("staff_add", { name: name.trim(), role })).account));
	};
	return (
		<form onSubmit={submit} noValidate>
			<p>{t("staff.add_text")}</p>
			<Field label={t("staff.name")} value={name} onInput={setName} maxLength={100} error={asked && !fits ? t("staff.name_missing") : null} />
			<Select label={t("staff.role")} value={role} options={OFFICES.map((one) => [one, t(`staff.role.${one}`)] as const)} onChange={setRole} />
			{adding.error && <Notice kind="error"><p>{adding.error}</p></Notice>}
			<Button kind="main" type="submit" busy={adding.busy}>{t("staff.add")}</Button>
		</form>
	);
};

interface Props {
	readonly staff: readonly StaffView[];
	readonly able: boolean;
	readonly accounts: Accounts;
	/** Whose dialog is wanted from elsewhere on the page; another one each time. */
	readonly wanted: { readonly user: string } | null;
	readonly onChange: () => void;
}

interface Accounts {
	readonly rows: readonly StaffRow[] | null;
	readonly error: string | null;
	readonly bring: () => void;
}

/** The accounts beside the keys; without them the keys can still be certified. */
export const useAccounts = (): Accounts => {
	const [rows, setRows] = useState<readonly StaffRow[] | null>(null);
	const asking = useAct();
	const bring = (): void => void asking.act(async () => setRows((await office("staff_list", {})).staff));
	useEffect(bring, []);
	return { rows, error: asking.error, bring };
};

const Acts = ({ asked, of, close, done }: { asked: Asked; of: Colleague; close: () => void; done: () => void }) => {
	const { t } = useSpeech();
	const { keys, row } = of;
	if (asked?.act === "certify" && keys) return <Dialog title={t(keys.state === "certified" ? "staffkeys.renew_title" : "staffkeys.certify_title")} onClose={close}><Certify of={keys.name === "" && row ? { ...keys, name: row.name } : keys} onDone={done} /></Dialog>;
	if (asked?.act === "revoke" && keys) return <Dialog title={t("staffkeys.revoke_title")} onClose={close}><Revoke of={keys} onDone={done} /></Dialog>;
	return null;
};

export const StaffKeys = ({ staff, able, accounts, wanted, onChange }: Props) => {
	const { t } = useSpeech();
	const [asked, ask] = useState<Asked>(null);
	const [adding, add] = useState(false);
	useEffect(accounts.bring, [staff]); // somebody's keys have gone on: the account may have too
	useEffect(() => {
		if (wanted) ask({ act: "manage", user: wanted.user });
	}, [wanted]);
	const all = merged(accounts.rows, staff);
	const me = use((all) => all.self);
	const known = (one: Colleague): string => one.keys?.name || one.row?.name || (one.user === me?.user ? me.name : "");
	const named = all.sort((a, b) => known(a).localeCompare(known(b), "fi") || (a.keys?.since ?? 0) - (b.keys?.since ?? 0));
	const unnamed = named.filter((one) => known(one) === "" && (one.row || stateOf(one) !== "no_keys"));
	const without = named.filter((one) => !one.row && stateOf(one) === "no_keys").length;
	const nameOf = (one: Colleague): string => known(one) || t("staffkeys.unnamed", { n: unnamed.indexOf(one) + 1 });
	const rows = (which: (one: Colleague) => boolean) => named.filter(which).map((one) => <One key={one.user} one={one} name={nameOf(one)} able={able} ask={ask} />);
	const of = named.find((one) => one.user === asked?.user);
	const close = (): void => ask(null);
	const done = (): void => {
		close();
		onChange();
	};
	const added = (user: string): void => {
		add(false);
		accounts.bring();
		ask({ act: "manage", user });
		say(t("staff.new"));
	};
	return (
		<>
			<div class="row"><Button icon="plus" onClick={() => add(true)}>{t("staff.add")}</Button></div>
			{accounts.error && <Notice kind="error"><p>{accounts.error}</p></Notice>}
			<Group title={t("staffkeys.waiting")} empty={t("staffkeys.nobody_waits")}>{rows(waits)}</Group>
			<Group title={t("staff.new")}>{rows(isNew)}</Group>
			<Group title={t("staffkeys.certified")} empty={t("staffkeys.nobody_certified")}>{rows(isCertified)}</Group>
			<Group title={t("staff.in_use")}>{rows(isOther)}</Group>
			<Group title={t("staffkeys.others")}>{rows(isRefused)}</Group>
			<Group title={t("staff.closed")}>{rows(isShut)}</Group>
			{without > 0 && <p>{t("staffkeys.without", { n: without })}</p>}
			{adding && <Dialog title={t("staff.add")} onClose={() => add(false)}><Add onDone={added} /></Dialog>}
			{of && <Acts asked={asked} of={of} close={close} done={done} />}
			{of?.row && asked?.act === "manage" && <Dialog title={nameOf(of)} onClose={close}><Manage of={of.row} name={nameOf(of)} staff={all.flatMap((one) => (one.row ? [{ ...one.row, name: nameOf(one) }] : []))} onDone={accounts.bring} /></Dialog>}
		</>
	);
};
