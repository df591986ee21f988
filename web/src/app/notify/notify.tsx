// Letters by e-mail that say only that something waits: an address, the code that proves it, and what is told there. And what of
// one's ways in has changed, which is told there whatever was chosen.

import { useEffect, useId, useRef, useState } from "preact/hooks";
import type { Language, NotifyOp } from "../../client/api.js";
import type { Body, Reply } from "../../client/wire.js";
import { isAddress } from "../address.js";
import { Again } from "../again.js";
import { engine } from "../engine.js";
import { Button, Check, Field, Loading, Notice, useAct } from "../parts.js";
import { say, use, useSpeech } from "../state.js";

type Standing = Reply<"notify_get">;

const CODE_DIGITS = 8;
const LANGUAGES: readonly (readonly [Language, string])[] = [["fi", "Suomi"], ["sv", "Svenska"], ["en", "English"]];

const ask = <O extends NotifyOp>(op: O, body: Body<O>): Promise<Reply<O>> => engine().work("notify", op, body) as Promise<Reply<O>>;

interface Part {
	one: Standing;
	/** Asks how it stands now; said is for the ear. */
	again: (said?: string) => Promise<void>;
}

const AddressForm = ({ label, onPut }: { label: string; onPut: Part["again"] }) => {
	const { t, language } = useSpeech();
	const [address, setAddress] = useState("");
	const [asked, setAsked] = useState(false);
	const putting = useAct();
	const wrong = asked && !isAddress(address) ? t("notify.address_wrong") : null;
	const submit = (event: Event): void => {
		event.preventDefault();
		setAsked(true);
		if (!isAddress(address)) return;
		void putting.act(async () => {
			await ask("notify_put", { address: address.trim(), language });
			await onPut();
		});
	};
	const refused = putting.word === "rate_limited" ? t("notify.too_many") : putting.error;
	return (
		<form onSubmit={submit} noValidate>
			<Field label={label} hint={t("notify.address_hint")} type="email" autocomplete="email" maxLength={254} spellcheck={false} value={address} onInput={setAddress} error={wrong ?? refused} />
			<Button kind="main" type="submit" busy={putting.busy}>{t("notify.send_code")}</Button>
		</form>
	);
};

const Removal = ({ again }: Pick<Part, "again">) => {
	const { t } = useSpeech();
	const removing = useAct();
	const remove = (): void =>
		void removing.act(async () => {
			await ask("notify_remove", {});
			await again(t("notify.removed"));
		});
	return (
		<>
			<Button busy={removing.busy} onClick={remove}>{t("notify.remove")}</Button>
			{removing.error && <p class="field-error" role="alert">{removing.error}</p>}
		</>
	);
};

const CodeField = ({ value, onInput, error }: { value: string; onInput: (text: string) => void; error: string | null }) => {
	const { t } = useSpeech();
	const id = useId();
	return (
		<div class="field">
			<label for={id}>{t("notify.code")}</label>
			<p class="hint" id={`${id}-hint`}>{t("notify.code_hint")}</p>
			<input
				id={id} class="notify-code" type="text" inputMode="numeric" autocomplete="one-time-code" maxLength={20} value={value} aria-invalid={error ? true : undefined}
				aria-describedby={`${id}-hint${error ? ` ${id}-error` : ""}`} onInput={(event) => onInput(event.currentTarget.value)}
			/>
			{error && <p class="field-error" id={`${id}-error`} role="alert">{error}</p>}
		</div>
	);
};

const CodeForm = ({ again }: Pick<Part, "again">) => {
	const { t } = useSpeech();
	const [code, setCode] = useState("");
	const [fault, setFault] = useState<string | null>(null);
	const trying = useAct();
	const digits = code.replace(/\D/g, "");
	const confirm = async (): Promise<void> => {
		const { outcome, tries } = await ask("notify_confirm", { code: digits });
		if (outcome === "confirmed") return again(t("notify.confirmed"));
		if (outcome === "wrong") setFault(t("notify.code_wrong", { tries }));
		if (outcome === "over" || tries === 0) await again();
	};
	const submit = (event: Event): void => {
		event.preventDefault();
		setFault(digits.length === CODE_DIGITS ? null : t("notify.code_short"));
		if (digits.length === CODE_DIGITS) void trying.act(confirm);
	};
	return (
		<form onSubmit={submit} noValidate>
			<CodeField value={code} onInput={setCode} error={fault ?? trying.error} />
			<Button kind="main" type="submit" busy={trying.busy}>{t("notify.confirm")}</Button>
		</form>
	);
};

const Unconfirmed = ({ one, again }: Part) => {
	const { t, language } = useSpeech();
	const sending = useAct();
	const over = one.tries === 0 || one.until <= Date.now() || one.letter === "given_up";
	const address = one.address ?? "";
	const sendAgain = (): void =>
		void sending.act(async () => {
			await ask("notify_put", { address, language });
			await again();
		});
	return (
		<>
			<p>{t(one.letter === "waiting" ? "notify.code_waiting" : "notify.code_sent", { address })}</p>
			{over ? <Notice kind="warning"><p>{t(one.letter === "given_up" ? "notify.code_given_up" : "notify.code_over")}</p></Notice> : <CodeForm again={again} />}
			<div class="row">
				<Button busy={sending.busy} onClick={sendAgain}>{t("notify.send_again")}</Button>
				<Removal again={again} />
			</div>
			{sending.error && <p class="field-error" role="alert">{sending.word === "rate_limited" ? t("notify.too_many") : sending.error}</p>}
		</>
	);
};

type Chosen = Body<"notify_choose">;

/** Of what there can be letters, by what the person does here. */
const useKind = (): { client: boolean; rooms: boolean; office: boolean } => {
	const role = use((all) => all.self?.role ?? "");
	return { client: role === "client", rooms: ["client", "counsellor", "team_lead"].includes(role), office: role === "admin" || role === "dpo" };
};

const Choices = ({ one }: Pick<Part, "one">) => {
	const { t } = useSpeech();
	const id = useId();
	const { client, rooms, office } = useKind();
	const [chosen, setChosen] = useState<Chosen>({ messages: one.messages, reminders: one.reminders, requests: one.requests, language: one.language });
	const [saved, setSaved] = useState(false);
	const choosing = useAct();
	const choose = (change: Partial<Chosen>): void => {
		const next = { ...chosen, ...change };
		setSaved(false);
		setChosen(next);
		void choosing.act(() => ask("notify_choose", next)).then((done) => (done ? setSaved(true) : setChosen(chosen)));
	};
	const nothing = (rooms || office) && !(rooms && chosen.messages) && !(client && chosen.reminders) && !(office && chosen.requests);
	return (
		<fieldset class="choice">
			<legend>{t("notify.what")}</legend>
			{rooms && <Check label={t("notify.messages")} hint={t("notify.messages_hint")} checked={chosen.messages} onChange={(messages) => choose({ messages })} />}
			{client && <Check label={t("notify.reminders")} hint={t("notify.reminders_hint")} checked={chosen.reminders} onChange={(reminders) => choose({ reminders })} />}
			{office && <Check label={t("notify.requests")} hint={t("notify.requests_hint")} checked={chosen.requests ?? false} onChange={(requests) => choose({ requests })} />}
			<div class="field">
				<label for={id}>{t("notify.language")}</label>
				<select id={id} value={chosen.language} onChange={(event) => choose({ language: event.currentTarget.value as Language })}>
					{LANGUAGES.map(([code, name]) => <option key={code} value={code} lang={code}>{name}</option>)}
				</select>
			</div>
			<p class="inline-status" role="status">{[saved && t("notify.saved"), nothing && t("notify.nothing")].filter(Boolean).join(" ")}</p>
			{choosing.error && <p class="field-error" role="alert">{choosing.error}</p>}
		</fieldset>
	);
};

const Confirmed = ({ one, again }: Part) => {
	const { t } = useSpeech();
	const { office } = useKind();
	const [changing, change] = useState(false);
	return (
		<>
			<p>{t("notify.goes_to", { address: one.address ?? "" })}</p>
			<p>{t(office ? "notify.always_office" : "notify.always")}</p>
			<Choices one={one} />
			{changing && <AddressForm label={t("notify.other_address")} onPut={again} />}
			<div class="row">
				{!changing && <Button onClick={() => change(true)}>{t("notify.change")}</Button>}
				<Removal again={again} />
			</div>
		</>
	);
};

const Refused = ({ one, again }: Part) => {
	const { t } = useSpeech();
	return (
		<>
			<Notice kind="warning" title={t("notify.refused_title")}><p>{t("notify.refused", { address: one.address ?? "" })}</p></Notice>
			<AddressForm label={t("notify.other_address")} onPut={again} />
			<div class="row"><Removal again={again} /></div>
		</>
	);
};

const Place = ({ one, again }: Part) => {
	const { t } = useSpeech();
	if (!one.mail) return <p>{t("notify.no_mail")}</p>;
	if (one.state === "none") return <AddressForm label={t("notify.address")} onPut={again} />;
	if (one.state === "unconfirmed") return <Unconfirmed one={one} again={again} />;
	return one.state === "confirmed" ? <Confirmed one={one} again={again} /> : <Refused one={one} again={again} />;
};

export const Notify = () => {
	const { t } = useSpeech();
	const { client, rooms, office } = useKind();
	const news = use((all) => all.news);
	const [one, know] = useState<Standing | null>(null);
	const place = useRef<HTMLDivElement>(null);
	const asking = useAct();
	const again = async (): Promise<void> => know(await ask("notify_get", {}));
	/** What the focus was on may be gone. */
	const moved = async (said?: string): Promise<void> => {
		await again();
		if (said) say(said);
		setTimeout(() => void (place.current?.contains(document.activeElement) || place.current?.focus()), 0);
	};
	useEffect(() => void asking.act(again), [news]);
	return (
		<>
			{one?.mail !== false && <p>{t(client ? "notify.text" : rooms ? "notify.text_staff" : office ? "notify.text_office" : "notify.text_other")}</p>}
			{asking.error && (
				<Notice kind="error">
					<p>{asking.error}</p>
					<Button onClick={() => void asking.act(again)}>{t("loading.again")}</Button>
				</Notice>
			)}
			<div class="notify" ref={place} tabIndex={-1} role="group" aria-label={t("notify.title")}>
				{one ? <Place one={one} again={moved} /> : !asking.error && <Loading text={t("notify.loading")} />}
			</div>
		</>
	);
};

type Changes = Reply<"notify_changes">["changes"];

/** What of one's ways in has changed, also where no letter goes. */
export const WayChanges = () => {
	const { t, format } = useSpeech();
	const news = use((all) => all.news);
	const [rows, setRows] = useState<Changes | null>(null);
	const asking = useAct();
	const bring = (): void => void asking.act(async () => setRows((await ask("notify_changes", {})).changes));
	useEffect(bring, [news]);
	return (
		<>
			<Again error={asking.error} onAgain={bring} />
			{rows?.length === 0 && <p>{t("notify.changes_none")}</p>}
			{rows && rows.length > 0 && (
				<>
					<p>{t("notify.changes_text")}</p>
					<ul class="sessions" aria-label={t("notify.changes")}>
						{rows.map((row, at) => <li key={at}><div><span>{t(`notify.change.${row.what}`)}</span><span class="hint">{format.date(row.at)} {format.time(row.at)}</span></div></li>)}
					</ul>
				</>
			)}
		</>
	);
};
