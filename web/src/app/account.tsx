// A person's own account: the name, what opens the keys, where they are signed in, the language, locking.

import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { Language, SessionView } from "../client/api.js";
import { engine, speak } from "./engine.js";
import { keepFocus } from "./keep-focus.js";
import { Unlockers } from "./keys/unlockers.js";
import { lock } from "./leave.js";
import { Lazy } from "./lazy.js";
import { Notify, WayChanges } from "./notify/notify.js";
import { Button, Choice, Field, Loading, Notice, PageTitle, useAct } from "./parts.js";
import { Passkeys } from "./passkey/passkeys.js";
import { OwnEvents } from "./roles/events.js";
import { OwnRole } from "./roles/home.js";
import { say, use, useSpeech } from "./state.js";

keepFocus();

const Part = ({ title, children }: { title: string; children: ComponentChildren }) => (
	<section>
		<h2>{title}</h2>
		{children}
	</section>
);

const OwnName = () => {
	const { t } = useSpeech();
	const known = use((all) => all.self?.name ?? "");
	const [name, setName] = useState(known);
	const [saved, setSaved] = useState(false);
	const saving = useAct();
	const submit = (event: Event): void => {
		event.preventDefault();
		setSaved(false);
		if (name.trim() !== "") void saving.act(() => engine().setName(name.trim())).then(setSaved);
	};
	const change = (next: string): void => {
		setSaved(false);
		setName(next);
	};
	return (
		<form onSubmit={submit} noValidate>
			<Field label={t("account.name_label")} hint={t("account.name_hint")} value={name} onInput={change} maxLength={60} autocomplete="nickname" error={name.trim() === "" ? t("first.name_missing") : saving.error} />
			<div class="row">
				<Button type="submit" busy={saving.busy}>{t("account.save")}</Button>
				<p class="inline-status" role="status">{saved ? t("account.saved") : ""}</p>
			</div>
		</form>
	);
};

const StaffName = () => {
	const { t } = useSpeech();
	const name = use((all) => all.self?.name ?? "");
	const organisation = use((all) => all.self?.organisation ?? "");
	return (
		<>
			<p><strong>{[name, organisation].filter(Boolean).join(", ")}</strong></p>
			<p>{t("account.staff_name")}</p>
		</>
	);
};

const Session = ({ one, busy, onEnd }: { one: SessionView; busy: boolean; onEnd: () => void }) => {
	const { t } = useSpeech();
	return (
		<li>
			<div>
				{one.current && <strong>{t("account.session_this")}</strong>}
				<span>{t("account.session", { on: one.started_at, at: one.started_at })}</span>
				<span class="hint">{t("account.session_seen", { on: one.seen_at, at: one.seen_at })}</span>
			</div>
			{!one.current && <Button small disabled={busy} onClick={onEnd} label={t("account.session_end_label", { on: one.started_at, at: one.started_at })}>{t("account.session_end")}</Button>}
		</li>
	);
};

const Sessions = () => {
	const { t } = useSpeech();
	const [all, setAll] = useState<readonly SessionView[] | null>(null);
	const listing = useAct();
	const ending = useAct();
	const list = (): void => void listing.act(async () => setAll(await engine().sessions()));
	useEffect(list, []);
	const end = (some: readonly SessionView[]): void =>
		void ending.act(async () => {
			for (const one of some) await engine().endSession(one.session);
			say(t("account.session_ended"));
		}).then(list);
	if (listing.error)
		return (
			<Notice kind="error">
				<p>{listing.error}</p>
				<Button onClick={list}>{t("loading.again")}</Button>
			</Notice>
		);
	if (!all) return <Loading text={t("account.sessions_loading")} />;
	const others = all.filter((one) => !one.current);
	return (
		<>
			<ul class="sessions">{all.map((one) => <Session key={one.session} one={one} busy={ending.busy} onEnd={() => end([one])} />)}</ul>
			{others.length === 0 && <p>{t("account.sessions_only")}</p>}
			{others.length > 1 && <Button busy={ending.busy} onClick={() => end(others)}>{t("account.session_end_others")}</Button>}
			{ending.error && <Notice kind="error"><p>{ending.error}</p></Notice>}
		</>
	);
};

/** Fetched when it is asked for. */
const Rights = () => {
	const { t } = useSpeech();
	const [shown, show] = useState(false);
	if (shown) return <Lazy load={async () => (await import("./rights/own.js")).OwnRights} props={{}} />;
	return (
		<>
			<p>{t("rights.title_text")}</p>
			<Button onClick={() => show(true)}>{t("rights.open_own")}</Button>
		</>
	);
};

const languages: readonly (readonly [Language, string])[] = [["fi", "Suomi"], ["sv", "Svenska"], ["en", "English"]];

export const OwnAccount = () => {
	const { t, language } = useSpeech();
	const client = use((all) => all.self?.role === "client");
	const without = use((all) => all.self?.keys === "without");
	const hasRooms = use((all) => ["client", "counsellor", "team_lead"].includes(all.self?.role ?? ""));
	return (
		<div class="account">
			<PageTitle>{t("account.title")}</PageTitle>
			{!without && <Part title={t("account.name")}>{client ? <OwnName /> : <StaffName />}</Part>}
			{!client && <Part title={t("role.title")}><OwnRole /></Part>}
			{hasRooms && !client && <Part title={t("absence.title")}><Lazy load={async () => (await import("./upkeep/own-plan.js")).OwnPlan} props={{}} /></Part>}
			{!without && <Part title={t("account.secrets")}><Unlockers /></Part>}
			<Part title={t("passkey.title")}><Passkeys /></Part>
			<Part title={t("notify.changes")}><WayChanges /></Part>
			<Part title={t("notify.title")}><Notify /></Part>
			{client && <Part title={t("rights.title")}><Rights /></Part>}
			<Part title={t("account.sessions")}><Sessions /></Part>
			<Part title={t("account.language")}><Choice legend={t("shell.language")} value={language} options={languages} onChange={(next) => void speak(next)} /></Part>
			{!client && <OwnEvents />}
			{!without && (
				<Part title={t("account.lock")}>
					<p>{t("account.lock_text")}</p>
					<Button icon="lock" onClick={() => void lock()}>{t("account.lock_now")}</Button>
				</Part>
			)}
		</div>
	);
};
