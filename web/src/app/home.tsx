// After the keys are open: a client's room, a counsellor's rooms beside the one that is read.

import type { FunctionComponent } from "preact";
import { useEffect } from "preact/hooks";
import { openRoom } from "./engine.js";
import { Lazy } from "./lazy.js";
import { Loading } from "./plain.js";
import { Room } from "./room/room.js";
import { Shell } from "./shell.js";
import { get, use, useSpeech } from "./state.js";

const Invitation = () => <Lazy load={async () => (await import("./arrival.js")).Invitation} props={{}} />;
const NoRooms = () => <Lazy load={async () => (await import("./standing.js")).NoRooms} props={{}} />;
const Administrator = () => <Lazy load={async () => (await import("./admin/home.js")).AdminHome} props={{}} />;
const OfRole = () => <Lazy load={async () => (await import("./roles/home.js")).RoleHome} props={{}} />;
const NotCertified = () => <Lazy load={async () => (await import("./standing.js")).NotCertified} props={{}} />;

const ClientHome = () => {
	const { t } = useSpeech();
	const rooms = use((all) => all.rooms);
	const open = use((all) => all.open);
	const invited = use((all) => all.invitation !== null || all.invitationError !== null);
	const waits = use((all) => all.waits ?? all.self?.waits);
	const only = rooms?.length === 1 ? rooms[0]?.room : undefined;
	useEffect(() => {
		if (only && !waits && !get().open && !get().invitation) void openRoom(only);
	}, [only, waits]);
	if (invited) return <Shell><Invitation /></Shell>;
	if (!rooms) return <Shell><Loading text={t("loading.rooms")} /></Shell>;
	if (rooms.length === 0 || waits) return <Shell><NoRooms /></Shell>;
	if (rooms.length === 1) return <Shell full>{open ? <Room alone key={open} /> : get().problem && only ? <Lazy load={async () => (await import("./standing.js")).NotOpened} props={{ room: only }} /> : <Loading text={t("loading.room")} />}</Shell>;
	return <Both />;
};

const Both = () => <Shell full><Lazy load={async () => (await import("./both.js")).Both} props={{}} /></Shell>;

const StaffHome = () => {
	const { t } = useSpeech();
	const rooms = use((all) => all.rooms);
	const certified = use((all) => all.self?.certified ?? false);
	const error = use((all) => all.invitationError);
	const fragment = use((all) => all.invitation);
	if (error || fragment) return <Shell><Invitation /></Shell>;
	if (!certified && rooms?.length === 0) return <Shell><NotCertified /></Shell>;
	return rooms ? <Both /> : <Shell><Loading text={t("loading.rooms")} /></Shell>;
};

export const Home: FunctionComponent = () => {
	const role = use((all) => all.self?.role ?? "client");
	if (role === "admin") return <Shell><Administrator /></Shell>;
	if (role === "client") return <ClientHome />;
	return role === "counsellor" || role === "team_lead" ? <StaffHome /> : <Shell><OfRole /></Shell>;
};
