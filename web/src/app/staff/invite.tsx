// A room for a new client, and the link that the counsellor hands over. The link carries a secret: it is shown once, here.

import { useState } from "preact/hooks";
import type { RoomView } from "../../client/api.js";
import { engine } from "../engine.js";
import { Button, Dialog, Field, Loading, Notice, useAct } from "../parts.js";
import { Qr } from "../qr.js";
import { goToRoom } from "../route.js";
import { useSpeech } from "../state.js";

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

export const Invite = ({ onClose }: { onClose: () => void }) => {
	const { t } = useSpeech();
	const [name, setName] = useState("");
	const [welcome, setWelcome] = useState("");
	const [asked, setAsked] = useState(false);
	const [made, setMade] = useState<(Made & { room: string }) | null>(null);
	const making = useAct();
	const missing = name.trim() === "";
	const make = (event: Event): void => {
		event.preventDefault();
		setAsked(true);
		if (!missing) void making.act(async () => setMade(await engine().invite({ name: name.trim(), welcome: welcome.trim() })));
	};
	const close = (): void => {
		onClose();
		if (made) goToRoom(made.room);
	};
	return (
		<Dialog title={made ? t("invite.ready") : t("invite.title")} onClose={close}>
			{made ? (
				<>
					<Link made={made} />
					<Button onClick={close}>{t("invite.done")}</Button>
				</>
			) : (
				<form onSubmit={make} noValidate>
					<p>{t("invite.text")}</p>
					<Field label={t("invite.name")} hint={t("invite.name_hint")} value={name} onInput={setName} maxLength={60} error={asked && missing ? t("first.name_missing") : null} />
					<Field label={t("invite.welcome")} hint={t("invite.welcome_hint")} value={welcome} onInput={setWelcome} rows={4} maxLength={4000} spellcheck />
					{making.error && <Notice kind="error"><p>{making.error}</p></Notice>}
					<Button kind="main" type="submit" busy={making.busy}>{making.busy ? t("invite.making") : t("invite.make")}</Button>
				</form>
			)}
		</Dialog>
	);
};

export const Renew = ({ view, onClose }: { view: RoomView; onClose: () => void }) => {
	const { t } = useSpeech();
	const [made, setMade] = useState<Made | null>(null);
	const making = useAct();
	const renew = (): void => void making.act(async () => setMade(await engine().renewInvitation(view.room)));
	return (
		<Dialog title={t("acts.renew")} onClose={onClose}>
			{made && <Link made={made} />}
			{!made && making.busy && <Loading text={t("invite.making")} />}
			{!made && !making.busy && (
				<>
					<p>{t("invite.renew_text")}</p>
					{making.error && <Notice kind="error"><p>{making.error}</p></Notice>}
					<Button kind="main" onClick={renew}>{t("invite.renew_yes")}</Button>
				</>
			)}
		</Dialog>
	);
};
