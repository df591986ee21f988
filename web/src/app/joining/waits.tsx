// A client who came by an invitation from their e-mail: with whom to compare the short code, and what happens then. The page is the same
// whenever they come back; when they are let in it gives way to the room.

import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { WaitView } from "../../client/api.js";
import { engine, sentence } from "../engine.js";
import { Button, Loading, Notice, PageTitle, useAct } from "../parts.js";
import { goToRoom } from "../route.js";
import { get, say, set, use, useSpeech } from "../state.js";
import { CodeGroups } from "./code.js";

const With = ({ view }: { view: WaitView }) => {
	const { t } = useSpeech();
	if (view.problem === "gone") return <Notice kind="warning" title={t("waits.gone")}><p>{t("waits.gone_text")}</p></Notice>;
	if (view.problem) return <Notice kind="error" title={t("waits.problem")}><p>{sentence(view.problem)}</p></Notice>;
	return (
		<>
			{view.with.map((one) => (
				<section key={one.user} class="wait-with">
					<h2>{t("waits.with", { name: one.name, employer: one.employer })}</h2>
					<CodeGroups code={one.code} label={t("waits.code", { name: one.name })} />
				</section>
			))}
			<p>{t("waits.until", { at: view.expiresAt })}</p>
		</>
	);
};

const Next = () => {
	const { t } = useSpeech();
	const shared = use((all) => all.shared);
	return (
		<>
			<h2>{t("waits.next")}</h2>
			<ol>
				<li>{t("waits.step_talk")}</li>
				<li>{t("waits.step_compare")}</li>
				<li>{t("waits.step_in")}</li>
			</ol>
			<p>{t("waits.why")}</p>
			<p>{shared ? t("waits.later_shared") : t("waits.later")}</p>
		</>
	);
};

const letIn = (view: WaitView): void => {
	say(get().speech.t("waits.let_in"));
	set({ waits: false });
	goToRoom(view.room);
};

export const Waits = ({ otherwise }: { otherwise: ComponentChildren }) => {
	const { t } = useSpeech();
	const rooms = use((all) => all.rooms);
	const [views, setViews] = useState<readonly WaitView[] | null>(null);
	const asking = useAct();
	// The list of rooms is told anew whenever something happened to an invitation of ours.
	const look = (): void => {
		const entered = views?.find((one) => rooms?.some(({ room }) => room === one.room));
		if (entered) return letIn(entered);
		void asking.act(async () => {
			const now = await engine().invitation("waits");
			const gone = views?.filter((one) => one.problem === "gone" && !now.some(({ room }) => room === one.room)) ?? [];
			setViews([...now, ...gone]);
			if (now.length + gone.length === 0 && get().rooms?.length) set({ waits: false });
		});
	};
	useEffect(look, [rooms]);
	if (!views && asking.error) return <Notice kind="error"><p>{asking.error}</p><Button onClick={look}>{t("loading.again")}</Button></Notice>;
	if (!views) return <Loading text={t("loading.page")} />;
	if (views.length === 0) return rooms && rooms.length > 0 ? <Loading text={t("loading.page")} /> : <>{otherwise}</>;
	const waiting = views.some((one) => one.problem !== "gone");
	return (
		<section class="page">
			<PageTitle>{waiting ? t("waits.title") : t("waits.over")}</PageTitle>
			{waiting && <p class="lead" role="status">{t("waits.text")}</p>}
			{views.map((view) => <With key={view.room} view={view} />)}
			{waiting && <Next />}
			{rooms && rooms.length > 0 && <Button onClick={() => set({ waits: false })}>{t("waits.others")}</Button>}
		</section>
	);
};
