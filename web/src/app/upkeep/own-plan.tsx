// A counsellor's own absence, and the rooms for which something is to be done before they go: each is handed over by their own browser,
// because the keys go from member to member, or closed.

import { useEffect, useState } from "preact/hooks";
import { dayText, today } from "../assignment/words.js";
import { engine } from "../engine.js";
import { Button, Dialog, Loading, Notice, useAct } from "../parts.js";
import { goToRoom } from "../route.js";
import { say, use, useSpeech } from "../state.js";
import { office } from "../office.js";
import { Absent, type Colleague } from "./absent.js";
import { forget, type Work } from "./data.js";

type Held = Work["rooms"][number];

interface Task {
	readonly to: Colleague;
	/** Out of the room after it: who leaves does, who is away stays. */
	readonly leave: boolean;
	readonly isIn: (room: Held) => boolean;
}

const Sure = ({ task, title, onYes, onClose, busy, error }: { task: Task; title: string; onYes: () => void; onClose: () => void; busy: boolean; error: string | null }) => {
	const { t } = useSpeech();
	return (
		<Dialog title={t(task.leave ? "handover.title" : "handover.bring_title")} onClose={onClose}>
			<p>{t(task.leave ? "handover.sure" : "handover.bring_sure", { room: title, name: task.to.name })}</p>
			<p class="hint">{t("handover.seen")}</p>
			{error && <Notice kind="error"><p>{error}</p></Notice>}
			<div class="row">
				<Button kind="main" busy={busy} onClick={onYes}>{t(task.leave ? "handover.yes" : "handover.bring_yes")}</Button>
				<Button onClick={onClose}>{t("handover.no")}</Button>
			</div>
		</Dialog>
	);
};

const One = ({ room, task, onDone }: { room: Held; task: Task | undefined; onDone: () => void }) => {
	const { t } = useSpeech();
	const title = use((all) => all.rooms?.find((one) => one.room === room.room)?.title) || t("rooms.unnamed");
	const [asked, ask] = useState(false);
	const going = useAct();
	const hand = (): void => {
		if (!task) return;
		void going.act(async () => {
			if (!task.isIn(room)) await engine().addColleague(room.room, task.to.user, "all");
			if (task.leave) await engine().leaveRoom(room.room);
			say(t("handover.done", { room: title }));
		}).then((done) => {
			if (!done) return;
			ask(false);
			onDone();
		});
	};
	const done = task !== undefined && !task.leave && task.isIn(room);
	return (
		<li>
			<div>
				<strong>{title}</strong>
				<span class="hint">
					{task && task.isIn(room) ? t("handover.in", { name: task.to.name }) : t(room.others > 0 ? "leaving.others_in" : "leaving.alone")}
					{room.waiting_since !== undefined && `, ${t("handover.waits")}`}
				</span>
			</div>
			<div class="row">
				{task && !done && <Button small kind="main" label={t(task.leave ? "handover.do_name" : "handover.bring_name", { room: title })} onClick={() => ask(true)}>{t(task.leave ? "handover.do" : "handover.bring")}</Button>}
				<Button small label={t("handover.open_name", { room: title })} onClick={() => goToRoom(room.room)}>{t("handover.open")}</Button>
			</div>
			{asked && task && <Sure task={task} title={title} busy={going.busy} error={going.error} onYes={hand} onClose={() => ask(false)} />}
		</li>
	);
};

const Rooms = ({ work, task, onDone }: { work: Work; task: Task | undefined; onDone: () => void }) => (
	<ul class="sessions">{work.rooms.map((room) => <One key={room.room} room={room} task={task} onDone={onDone} />)}</ul>
);

const nameless = (colleagues: readonly Colleague[], user: string): Colleague => colleagues.find((one) => one.user === user) ?? { user, name: "" };

const Leaves = ({ work, colleagues, onDone }: { work: Work; colleagues: readonly Colleague[]; onDone: () => void }) => {
	const { t } = useSpeech();
	const { leaves_on, successor } = work.plan;
	if (leaves_on === undefined) return null;
	const task: Task | undefined = successor === undefined ? undefined : { to: nameless(colleagues, successor), leave: true, isIn: (room) => room.successor_in };
	const done = work.handed + work.closed;
	return (
		<section>
			<h3>{t("handover.leaving", { day: dayText(leaves_on) })}</h3>
			<p>{work.rooms.length === 0 ? t("handover.all_done") : task ? t("handover.text", { name: task.to.name }) : t("handover.text_nobody")}</p>
			<p class="hint">{t("leaving.progress", { done: String(done), all: String(done + work.rooms.length) })}</p>
			<Rooms work={work} task={task} onDone={onDone} />
		</section>
	);
};

const Away = ({ work, colleagues, onDone }: { work: Work; colleagues: readonly Colleague[]; onDone: () => void }) => {
	const { t } = useSpeech();
	const { absent_until, deputy } = work.plan;
	if (absent_until === undefined || absent_until < today() || deputy === undefined) return null;
	const to = nameless(colleagues, deputy);
	const left = work.rooms.filter((room) => !room.deputy_in);
	return (
		<section>
			<h3>{t("handover.deputy", { name: to.name })}</h3>
			<p>{t(left.length === 0 ? "handover.deputy_done" : "handover.deputy_text", { name: to.name })}</p>
			<Rooms work={{ ...work, rooms: left }} task={{ to, leave: false, isIn: (room) => room.deputy_in }} onDone={onDone} />
		</section>
	);
};

export const OwnPlan = () => {
	const { t } = useSpeech();
	const open = use((all) => all.self?.keys === "open");
	const [work, setWork] = useState<Work | null>(null);
	const [colleagues, setColleagues] = useState<readonly Colleague[]>([]);
	const asking = useAct();
	const bring = (): void => void asking.act(async () => {
		forget();
		const [told, all] = await Promise.all([office("plan_own", {}), open ? engine().colleagues() : Promise.resolve([])]);
		setColleagues(all);
		setWork(told.work);
	});
	useEffect(bring, []);
	if (asking.error) return <Notice kind="error"><p>{asking.error}</p><Button small onClick={bring}>{t("loading.again")}</Button></Notice>;
	if (!work) return <Loading text={t("loading.page")} />;
	return (
		<>
			<Leaves work={work} colleagues={colleagues} onDone={bring} />
			<Absent key={`${work.plan.absent_from} ${work.plan.deputy}`} plan={work.plan} among={colleagues} onDone={bring} />
			<Away work={work} colleagues={colleagues} onDone={bring} />
		</>
	);
};
