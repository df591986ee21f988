// When a colleague leaves: the day, who takes their rooms, how far the handing over is; and shutting the account, which waits for it.
// Who cannot hand over themselves (ill, dismissed) is shut out by force, and the organisation opens the rooms for another.

import { useEffect, useState } from "preact/hooks";
import { DayField } from "../assignment/day-field.js";
import { dayText } from "../assignment/words.js";
import { office, officeProven, type StaffRow } from "../office.js";
import { Button, Check, Choice, Notice, useAct } from "../parts.js";
import { say, useSpeech } from "../state.js";
import { Pick, type Colleague } from "./absent.js";
import { type Plan, type Work } from "./data.js";

const FORCED = ["ill", "dismissed", "other"] as const;

const Progress = ({ work }: { work: Work }) => {
	const { t, format } = useSpeech();
	const done = work.handed + work.closed, all = done + work.rooms.length;
	const said = t("leaving.progress", { done: String(done), all: String(all) });
	return (
		<>
			<p>{said}</p>
			{all > 0 && <progress value={done} max={all} aria-label={said} />}
			<p class="hint">{t("leaving.counts", { handed: String(work.handed), closed: String(work.closed) })}</p>
			{work.rooms.length > 0 && (
				<details>
					<summary>{t("leaving.rooms", { n: work.rooms.length })}</summary>
					<ul>
						{work.rooms.map((one) => (
							<li key={one.room}>
								{t("leaving.room", { on: one.created_at })}: {t(one.successor_in ? "leaving.successor_in" : one.others > 0 ? "leaving.others_in" : "leaving.alone")}
								{one.waiting_since !== undefined && `, ${t("leaving.waits", { since: format.date(one.waiting_since) })}`}
							</li>
						))}
					</ul>
				</details>
			)}
		</>
	);
};

export const Leaving = ({ of, plan, among, onDone }: { of: StaffRow; plan: Plan | undefined; among: readonly Colleague[]; onDone: () => void }) => {
	const { t } = useSpeech();
	const [day, setDay] = useState(plan?.leaves_on ?? "");
	const [successor, setSuccessor] = useState(plan?.successor ?? "");
	const [work, setWork] = useState<Work | null>(null);
	const going = useAct();
	useEffect(() => void going.act(async () => setWork((await office("plan_rooms", { account: of.account })).work)), [plan?.leaves_on, plan?.successor]);
	const put = (body: { on?: string; successor?: string }, word: string): void =>
		void going.act(async () => {
			await office("leaving_put", { account: of.account, ...body });
			say(word);
			onDone();
		});
	const submit = (event: Event): void => {
		event.preventDefault();
		if (day !== "") put({ on: day, ...(successor && { successor }) }, t("leaving.saved"));
	};
	return (
		<section>
			<h3>{t("leaving.title")}</h3>
			<p>{t("leaving.text")}</p>
			{plan?.leaves_on && <p><strong>{t("leaving.on", { day: dayText(plan.leaves_on) })}</strong></p>}
			{plan?.leaves_on && work && <Progress work={work} />}
			<form onSubmit={submit} noValidate>
				<DayField label={t("leaving.day")} value={day} onChange={setDay} />
				<Pick label={t("leaving.successor")} hint={t("leaving.successor_hint")} value={successor} among={among} onChange={setSuccessor} />
				{going.error && <Notice kind="error"><p>{going.error}</p></Notice>}
				<div class="row">
					<Button type="submit" disabled={day === ""} busy={going.busy}>{t("leaving.put")}</Button>
					{plan?.leaves_on && <Button busy={going.busy} onClick={() => put({}, t("leaving.stays"))}>{t("leaving.undo")}</Button>}
				</div>
			</form>
		</section>
	);
};

/** Rooms are in the way: why it is forced, and what has to be done after it. */
const Forced = ({ why, onWhy, sure, onSure }: { why: (typeof FORCED)[number]; onWhy: (why: (typeof FORCED)[number]) => void; sure: boolean; onSure: (sure: boolean) => void }) => {
	const { t } = useSpeech();
	return (
		<details>
			<summary>{t("shut.forced")}</summary>
			<p>{t("shut.forced_text")}</p>
			<ol>
				<li>{t("shut.step_shut")}</li>
				<li>{t("shut.step_revoke")}</li>
				<li>{t("shut.step_open")}</li>
			</ol>
			<Choice legend={t("shut.why")} value={why} options={FORCED.map((one) => [one, t(`shut.why.${one}`)] as const)} onChange={onWhy} />
			<Check label={t("shut.sure")} checked={sure} onChange={onSure} />
		</details>
	);
};

export const Shut = ({ of, onDone }: { of: StaffRow; onDone: () => void }) => {
	const { t } = useSpeech();
	const [why, setWhy] = useState<(typeof FORCED)[number]>("ill");
	const [sure, setSure] = useState(false);
	const going = useAct();
	const title = t(of.disabled ? "staff.enable" : "staff.disable");
	const held = !of.disabled && of.rooms > 0;
	const turn = (): void =>
		void going.act(async () => {
			await officeProven("staff_disable", { account: of.account, disabled: !of.disabled, ...(held && sure ? { forced: why } : {}) });
			say(t(of.disabled ? "staff.enabled" : "staff.disabled"));
			onDone();
		});
	return (
		<section>
			<h3>{title}</h3>
			{!of.disabled && <p>{t("staff.disable_text")}</p>}
			{held && <Notice kind="warning"><p>{t("shut.rooms", { n: of.rooms })}</p></Notice>}
			{held && <Forced why={why} onWhy={setWhy} sure={sure} onSure={setSure} />}
			{going.error && <Notice kind="error"><p>{going.error}</p></Notice>}
			<Button kind={of.disabled ? "plain" : "danger"} disabled={held && !sure} busy={going.busy} onClick={turn}>{title}</Button>
		</section>
	);
};
