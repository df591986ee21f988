// One room: who it is with, the conversation, and the place to write.

import { useState } from "preact/hooks";
import type { MessageView, RoomView } from "../../client/api.js";
import { BESIDE, WIDE } from "../beside.js";
import { Later, Lazy } from "../lazy.js";
import { Button, Icon, Loading } from "../plain.js";
import { leaveRoom } from "../route.js";
import { set, use, useSpeech } from "../state.js";
import { useNow, waited } from "../waiting.js";
import { Composer } from "./composer.js";
import { MessageList } from "./message-list.js";

const Subtitle = ({ view }: { view: RoomView }) => {
	const speech = useSpeech();
	const { t } = speech;
	const now = useNow();
	const client = use((all) => all.self?.role === "client");
	const row = use((all) => all.rooms?.find((room) => room.room === view.room));
	const since = row?.waitingSince ?? null;
	if (view.phase === "closed") return <p>{t("room.closed")}</p>;
	if (client) return <p>{t("room.counsellor_of", { organisation: view.controller })}</p>;
	if (row?.mailed) return <p>{t("rooms.mailed")}</p>;
	if (view.invitation) return <p>{t("room.invited_until", { at: view.invitation.expiresAt })}</p>;
	return <p>{since === null ? t("room.client") : waited(speech, since, now)}</p>;
};

const Head = ({ view, alone, onDetails }: { view: RoomView; alone: boolean; onDetails: () => void }) => {
	const { t } = useSpeech();
	return (
		<header class="room-head">
			{!alone && (
				<button type="button" class="button quiet icon-only back" aria-label={t("room.back")} onClick={leaveRoom}>
					<Icon name="back" />
				</button>
			)}
			<div class="room-head-who">
				<h1>{view.title || t("rooms.unnamed")}</h1>
				<Subtitle view={view} />
			</div>
			<Button kind="quiet" icon="info" onClick={onDetails}>{t("room.details")}</Button>
		</header>
	);
};

const open = (what: string): void => set({ beside: { what, id: null } });

const Tools = () => {
	const { t } = useSpeech();
	return (
		<nav class="room-tools" aria-label={t("room.tools")}>
			{Object.entries(BESIDE).map(([what, { title }]) => <Button key={what} kind="quiet" small onClick={() => open(what)}>{t(title)}</Button>)}
		</nav>
	);
};

const Opened = ({ view }: { view: RoomView }) => {
	const beside = use((all) => all.beside);
	const found = beside && BESIDE[beside.what];
	return beside && found ? <Lazy key={beside.what} load={found.load} props={{ view, id: beside.id, onClose: () => set({ beside: null }) }} /> : null;
};

const Typing = ({ view }: { view: RoomView }) => {
	const { t } = useSpeech();
	const names = view.typing.map((one) => one.name || t("room.somebody"));
	return <p class="typing" role="status">{names.length > 0 ? t("room.typing", { names: names.join(", "), count: names.length }) : ""}</p>;
};

export const Room = ({ alone = false }: { alone?: boolean }) => {
	const { t } = useSpeech();
	const view = use((all) => all.view);
	const mailed = use((all) => all.rooms?.find((room) => room.room === view?.room)?.mailed);
	const [details, showDetails] = useState(false);
	const [editing, edit] = useState<MessageView | null>(null);
	const panel = use((all) => (all.beside ? BESIDE[all.beside.what]?.panel : undefined));
	if (!view) return <section class="room"><Loading text={t("loading.room")} /></section>;
	return (
		<>
			<section class={panel ? "room beside-open" : "room"} aria-label={view.title || t("rooms.unnamed")}>
				<Head view={view} alone={alone} onDetails={() => showDetails(true)} />
				<Tools />
				<Later key={view.room} load={async () => (await import("../assignment/reminders.js")).Reminders} props={{ room: view.room }} />
				{(view.card?.ends_on ?? view.card?.processor_next) && <Lazy key={view.room} quiet load={async () => (await import("../agreement/card.js")).CardNotice} props={{ card: view.card }} />}
				<MessageList view={view} onEdit={edit} covered={panel === true && !matchMedia(WIDE).matches} />
				<Typing view={view} />
				{mailed && <Lazy load={async () => (await import("../joining/mailed.js")).Mailed} props={{ view }} />}
				{view.newKeys.length > 0 && <Lazy load={async () => (await import("./new-keys.js")).NewKeys} props={{ view }} />}
				{view.blocked && <Lazy key={view.blocked} load={async () => (await import("./blocked.js")).Blocked} props={{ room: view.room, why: view.blocked }} />}
				{view.blocked !== "closed" && <Composer view={view} editing={editing} onDone={() => edit(null)} />}
				{!panel && <Opened view={view} />}
				{details && <Lazy load={async () => (await import("./details.js")).Details} props={{ view, onClose: () => showDetails(false) }} />}
			</section>
			{panel && <aside class="beside" aria-label={t("room.plan")}><Opened view={view} /></aside>}
		</>
	);
};
