// Renaming a client in one's own list, and closing a room with its reason.

import { useState } from "preact/hooks";
import type { RoomView } from "../../client/api.js";
import { engine } from "../engine.js";
import { Lazy } from "../lazy.js";
import { Button, Choice, Dialog, Field, Notice, useAct } from "../parts.js";
import { useSpeech } from "../state.js";

interface Props {
	view: RoomView;
	onClose: () => void;
}

export const Rename = ({ view, onClose }: Props) => {
	const { t } = useSpeech();
	const [name, setName] = useState(view.title);
	const saving = useAct();
	const save = (event: Event): void => {
		event.preventDefault();
		if (name.trim()) void saving.act(() => engine().renameClient(view.room, name.trim())).then((done) => done && onClose());
	};
	return (
		<Dialog title={t("acts.rename")} onClose={onClose}>
			<form onSubmit={save} noValidate>
				<Field label={t("invite.name")} hint={t("rename.hint")} value={name} onInput={setName} maxLength={60} error={name.trim() ? null : t("first.name_missing")} />
				{saving.error && <Notice kind="error"><p>{saving.error}</p></Notice>}
				<Button kind="main" type="submit" busy={saving.busy}>{t("rename.save")}</Button>
			</form>
		</Dialog>
	);
};

type Reason = "finished" | "moved" | "no_contact" | "other";

export const CloseRoom = ({ view, onClose }: Props) => {
	const { t } = useSpeech();
	const [reason, setReason] = useState<Reason>("finished");
	const closing = useAct();
	const close = (): void => void closing.act(() => engine().closeRoom(view.room, reason)).then((done) => done && onClose());
	const reasons: readonly Reason[] = ["finished", "moved", "no_contact", "other"];
	return (
		<Dialog title={t("acts.close")} onClose={onClose}>
			<p>{t("close.text", { days: view.retentionDays })}</p>
			<Lazy load={async () => (await import("../roomwork/closing.js")).Closing} props={{ view }} />
			<Choice legend={t("close.reason")} value={reason} onChange={setReason} options={reasons.map((one) => [one, t(`close.${one}`)] as const)} />
			{closing.error && <Notice kind="error"><p>{closing.error}</p></Notice>}
			<div class="row">
				<Button kind="danger" busy={closing.busy} onClick={close}>{t("close.yes")}</Button>
				<Button onClick={onClose}>{t("close.no")}</Button>
			</div>
		</Dialog>
	);
};
