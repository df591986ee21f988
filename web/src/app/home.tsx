// After the keys are open: a client's room, a counsellor's rooms beside the one that is read.

import type { FunctionComponent } from "preact";
import { useEffect } from "preact/hooks";
import { engine, openRoom, sentence, wordOf } from "./engine.js";
import { Lazy } from "./lazy.js";
import { Button, Loading, Notice, PageTitle } from "./parts.js";
import { Room } from "./room/room.js";
import { goToRoom } from "./route.js";
import { Shell } from "./shell.js";
import { get, set, use, useSpeech } from "./state.js";

const accept = async (fragment: string): Promise<void> => {
	set({ invitationError: null });
	if (get().self?.role !== "client") return set({ invitation: null, invitationError: "not_for_staff" });
	try {
		const { room } = await engine().acceptInvitation(fragment);
		set({ invitation: null });
		goToRoom(room);
	} catch (error) {
		const word = wordOf(error);
		const lost = word === "offline" || word === "uncertain" || word === "unavailable" || word === "busy";
		set({ invitation: lost ? fragment : null, invitationError: word });
	}
};

const Invitation = () => {
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

const NoRooms = () => {
	const { t } = useSpeech();
	return (
		<section class="empty page">
			<PageTitle>{t("empty.title")}</PageTitle>
			<p>{t("empty.text")}</p>
			<p>{t("empty.how")}</p>
		</section>
	);
};

const ClientHome = () => {
	const { t } = useSpeech();
	const rooms = use((all) => all.rooms);
	const open = use((all) => all.open);
	const invited = use((all) => all.invitation !== null || all.invitationError !== null);
	const only = rooms?.length === 1 ? rooms[0]?.room : undefined;
	useEffect(() => {
		if (only && !get().open && !get().invitation) void openRoom(only);
	}, [only]);
	if (invited) return <Shell><Invitation /></Shell>;
	if (!rooms) return <Shell><Loading text={t("loading.rooms")} /></Shell>;
	if (rooms.length === 0) return <Shell><NoRooms /></Shell>;
	if (rooms.length === 1) return <Shell full>{open ? <Room alone key={open} /> : <Loading text={t("loading.room")} />}</Shell>;
	return <Both />;
};

const Both = () => <Shell full><Lazy load={async () => (await import("./both.js")).Both} props={{}} /></Shell>;

const StaffHome = () => {
	const { t } = useSpeech();
	const rooms = use((all) => all.rooms);
	const error = use((all) => all.invitationError);
	const fragment = use((all) => all.invitation);
	if (error || fragment) return <Shell><Invitation /></Shell>;
	return rooms ? <Both /> : <Shell><Loading text={t("loading.rooms")} /></Shell>;
};

export const Home: FunctionComponent = () => {
	const role = use((all) => all.self?.role ?? "client");
	const { t } = useSpeech();
	if (role === "admin") return <Shell><PageTitle>{t("admin.title")}</PageTitle><p>{t("admin.text")}</p></Shell>;
	return role === "client" ? <ClientHome /> : <StaffHome />;
};
