// A room for a new client, and the invitation: a link that the counsellor hands over, which carries a secret and is shown once, here;
// or a letter by e-mail, whose link carries none, so that the client waits to be let in.

import { useRef, useState } from "preact/hooks";
import type { Id, Language, RoomView } from "../../client/api.js";
import { isAddress } from "../address.js";
import { engine } from "../engine.js";
import { Button, Choice, Dialog, Field, Loading, Notice, useAct } from "../parts.js";
import { Qr } from "../qr.js";
import { goToRoom } from "../route.js";
import { say, useSpeech } from "../state.js";

interface Made {
	link: string;
	expiresAt: number;
}

const Link = ({ made }: { made: Made }) => {
	const { t } = useSpeech();
	const [copied, setCopied] = useState(false);
	const copy = (): void => void navigator.clipboard.writeText(made.link).then(() => setCopied(true), () => setCopied(false));
	return (
		<>
			<p>{t("invite.hand_over")}</p>
			<Qr text={made.link} label={t("invite.qr")} />
			<label class="field">
				<span>{t("invite.link")}</span>
				<input class="invite-link" readOnly value={made.link} onFocus={(event) => event.currentTarget.select()} />
			</label>
			<div class="row">
				<Button kind="main" onClick={copy}>{t("invite.copy")}</Button>
				<p role="status" class="inline-status">{copied ? t("invite.copied") : ""}</p>
			</div>
			<Notice kind="info"><p>{t("invite.rules", { at: made.expiresAt })}</p></Notice>
			<Notice kind="warning"><p>{t("invite.safe_way")}</p></Notice>
		</>
	);
};

type Way = "hand" | "mail";

const Ways = ({ way, onChange }: { way: Way; onChange: (way: Way) => void }) => {
	const { t } = useSpeech();
	return <Choice legend={t("mail.way")} value={way} onChange={onChange} options={[["hand", t("mail.way_hand")], ["mail", t("mail.way_mail")]]} />;
};

interface Addressing {
	readonly address: string;
	readonly language: Language;
	/** Why it cannot go there; null: it can. */
	readonly wrong: string | null;
	setAddress(address: string): void;
	setLanguage(language: Language): void;
}

const useAddressing = (): Addressing => {
	const { t, language: own } = useSpeech();
	const [address, setAddress] = useState("");
	const [language, setLanguage] = useState<Language>(own);
	return { address: address.trim(), language, setAddress, setLanguage, wrong: isAddress(address) ? null : t("mail.address_wrong") };
};

const LANGUAGES: readonly (readonly [Language, string])[] = [["fi", "Suomi"], ["sv", "Svenska"], ["en", "English"]];

const MailFields = ({ to, asked }: { to: Addressing; asked: boolean }) => {
	const { t } = useSpeech();
	return (
		<>
			<Field label={t("mail.address")} hint={t("mail.address_hint")} type="email" value={to.address} onInput={to.setAddress} maxLength={254} spellcheck={false} error={asked ? to.wrong : null} />
			<Choice legend={t("mail.language")} value={to.language} onChange={to.setLanguage} options={LANGUAGES} />
			<Notice kind="info" title={t("mail.what")}>
				<p>{t("mail.what_text")}</p>
				<p>{t("mail.then_text")}</p>
			</Notice>
		</>
	);
};

/** What is to be said of a refusal here in other words than elsewhere. */
const Refused = ({ word, text }: { word: string | null; text: string | null }) => {
	const { t } = useSpeech();
	if (!text) return null;
	const own = word === "no_mail" || word === "rate_limited" || word === "conflict" || word === "bad_field" ? t(`mail.${word}`) : text;
	return <Notice kind="error"><p>{own}</p></Notice>;
};

const Sent = ({ expiresAt }: { expiresAt: number }) => {
	const { t } = useSpeech();
	return (
		<Notice kind="good" title={t("mail.on_its_way")}>
			<p>{t("mail.on_its_way_text", { at: expiresAt })}</p>
		</Notice>
	);
};

/** What came of either way. */
type Outcome = Made | { readonly expiresAt: number };

const Shown = ({ outcome }: { outcome: Outcome }) => ("link" in outcome ? <Link made={outcome} /> : <Sent expiresAt={outcome.expiresAt} />);

interface NewClient {
	readonly name: string;
	readonly welcome: string;
}

const useInviting = (way: Way, to: Addressing) => {
	const room = useRef<Id | null>(null); // made already: what is tried again is only the rest
	const [outcome, setOutcome] = useState<Outcome | null>(null);
	const making = useAct();
	const byLink = async (client: NewClient): Promise<void> => {
		if (room.current !== null) return setOutcome(await engine().renewInvitation(room.current));
		const made = await engine().invite(client);
		room.current = made.room;
		setOutcome(made);
	};
	const byMail = async (client: NewClient): Promise<void> => {
		room.current ??= (await engine().invitation("begin", client)).room;
		setOutcome(await engine().invitation("mail", room.current, to.address, to.language));
	};
	const make = (client: NewClient): void => void making.act(async () => {
		if (room.current !== null) await engine().renameClient(room.current, client.name); // which may be another than at the first try
		await (way === "mail" ? byMail(client) : byLink(client));
	});
	return { room, outcome, making, make };
};

export const Invite = ({ onClose }: { onClose: () => void }) => {
	const { t } = useSpeech();
	const [name, setName] = useState("");
	const [welcome, setWelcome] = useState("");
	const [way, setWay] = useState<Way>("hand");
	const [asked, setAsked] = useState(false);
	const to = useAddressing();
	const { room, outcome, making, make } = useInviting(way, to);
	const missing = name.trim() === "";
	const submit = (event: Event): void => {
		event.preventDefault();
		setAsked(true);
		if (!missing && (way === "hand" || to.wrong === null)) make({ name: name.trim(), welcome: welcome.trim() });
	};
	const close = (): void => {
		onClose();
		if (room.current !== null) goToRoom(room.current);
	};
	return (
		<Dialog title={outcome ? t("invite.ready") : t("invite.title")} onClose={close}>
			{outcome ? (
				<>
					<Shown outcome={outcome} />
					<Button onClick={close}>{t("invite.done")}</Button>
				</>
			) : (
				<form onSubmit={submit} noValidate>
					<p>{t("invite.text")}</p>
					<Field label={t("invite.name")} hint={t("invite.name_hint")} value={name} onInput={setName} maxLength={60} error={asked && missing ? t("first.name_missing") : null} />
					{room.current === null && <Field label={t("invite.welcome")} hint={t("invite.welcome_hint")} value={welcome} onInput={setWelcome} rows={4} maxLength={4000} spellcheck />}
					<Ways way={way} onChange={setWay} />
					{way === "mail" && <MailFields to={to} asked={asked} />}
					<Refused word={making.word} text={making.error} />
					<Button kind="main" type="submit" busy={making.busy}>{making.busy ? t("invite.making") : way === "mail" ? t("mail.send") : t("invite.make")}</Button>
				</form>
			)}
		</Dialog>
	);
};

/** Another letter, to the same address or another: the one before leads nowhere any more. */
export const Mail = ({ room, onClose }: { room: Id; onClose: () => void }) => {
	const { t } = useSpeech();
	const [outcome, setOutcome] = useState<Outcome | null>(null);
	const [asked, setAsked] = useState(false);
	const to = useAddressing();
	const sending = useAct();
	const send = (event: Event): void => {
		event.preventDefault();
		setAsked(true);
		if (to.wrong === null) void sending.act(async () => setOutcome(await engine().invitation("mail", room, to.address, to.language)));
	};
	return (
		<Dialog title={t("mail.title")} onClose={onClose}>
			{outcome ? (
				<>
					<Shown outcome={outcome} />
					<Button onClick={onClose}>{t("invite.done")}</Button>
				</>
			) : (
				<form onSubmit={send} noValidate>
					<p>{t("mail.again_text")}</p>
					<MailFields to={to} asked={asked} />
					<Refused word={sending.word} text={sending.error} />
					<Button kind="main" type="submit" busy={sending.busy}>{sending.busy ? t("invite.making") : t("mail.send")}</Button>
				</form>
			)}
		</Dialog>
	);
};

export const Withdraw = ({ view, onClose }: { view: RoomView; onClose: () => void }) => {
	const { t } = useSpeech();
	const ending = useAct();
	const end = (): void =>
		void ending.act(async () => {
			await engine().invitation("withdraw", view.room);
			say(t("mail.withdrawn"));
		}).then((done) => done && onClose());
	return (
		<Dialog title={t("mail.withdraw")} onClose={onClose}>
			<p>{t("mail.withdraw_text")}</p>
			{ending.error && <Notice kind="error"><p>{ending.error}</p></Notice>}
			<div class="row">
				<Button kind="danger" busy={ending.busy} onClick={end}>{t("mail.withdraw_yes")}</Button>
				<Button onClick={onClose}>{t("keys.back")}</Button>
			</div>
		</Dialog>
	);
};

export const Renew = ({ view, onClose }: { view: RoomView; onClose: () => void }) => {
	const { t } = useSpeech();
	const [way, setWay] = useState<Way>("hand");
	const [outcome, setOutcome] = useState<Outcome | null>(null);
	const [asked, setAsked] = useState(false);
	const to = useAddressing();
	const making = useAct();
	const renew = (event: Event): void => {
		event.preventDefault();
		setAsked(true);
		if (way === "hand") void making.act(async () => setOutcome(await engine().renewInvitation(view.room)));
		else if (to.wrong === null) void making.act(async () => setOutcome(await engine().invitation("mail", view.room, to.address, to.language)));
	};
	return (
		<Dialog title={t("mail.renew")} onClose={onClose}>
			{outcome && (
				<>
					<Shown outcome={outcome} />
					<Button onClick={onClose}>{t("invite.done")}</Button>
				</>
			)}
			{!outcome && making.busy && <Loading text={t("invite.making")} />}
			{!outcome && !making.busy && (
				<form onSubmit={renew} noValidate>
					<p>{t("invite.renew_text")}</p>
					<Ways way={way} onChange={setWay} />
					{way === "mail" && <MailFields to={to} asked={asked} />}
					<Refused word={making.word} text={making.error} />
					<Button kind="main" type="submit">{way === "mail" ? t("mail.send") : t("invite.renew_yes")}</Button>
				</form>
			)}
		</Dialog>
	);
};
