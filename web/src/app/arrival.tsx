// Coming by an invitation: joining the room, or why that was refused.

import { useEffect } from "preact/hooks";
import { engine, sentence, wordOf } from "./engine.js";
import { Button, Loading, Notice } from "./parts.js";
import { goToRoom } from "./route.js";
import { get, set, use, useSpeech } from "./state.js";

/** Keys are open a moment before their code is shown, and this stands on the page before and after the code: nobody joins twice at once. */
let going = "";

const accept = async (fragment: string): Promise<void> => {
	if (going === fragment) return;
	going = fragment;
	set({ invitationError: null });
	await join(fragment);
	going = "";
};

const join = async (fragment: string): Promise<void> => {
	if (get().self?.role !== "client") return set({ invitation: null, invitationError: "not_for_staff" });
	try {
		const { room, waits } = await engine().acceptInvitation(fragment);
		set({ invitation: null, ...(waits && { waits }) });
		if (!waits) goToRoom(room);
	} catch (error) {
		const word = wordOf(error);
		const lost = word === "offline" || word === "uncertain" || word === "unavailable" || word === "busy";
		set({ invitation: lost ? fragment : null, invitationError: word });
	}
};

export const Invitation = () => {
	const { t } = useSpeech();
	const fragment = use((all) => all.invitation);
	const error = use((all) => all.invitationError);
	useEffect(() => {
		if (fragment && !error) void accept(fragment);
	}, [fragment]);
	if (error)
		return (
			<Notice kind="error" title={t("join.failed")}>
				<p>{error === "not_for_staff" ? t("join.not_for_staff") : error === "used" ? t("join.used") : error === "expired" ? t("join.expired") : sentence(error)}</p>
				{fragment && <Button onClick={() => void accept(fragment)}>{t("loading.again")}</Button>}
				{!fragment && <Button onClick={() => set({ invitationError: null })}>{t("dialog.close")}</Button>}
			</Notice>
		);
	return fragment ? <Loading text={t("join.joining")} /> : null;
};
