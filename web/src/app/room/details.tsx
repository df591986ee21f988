// Who can read this room and since when, by what rules it is kept, and, for staff, what can be done with it.

import { useState } from "preact/hooks";
import type { MemberView, RoomView } from "../../client/api.js";
import { engine } from "../engine.js";
import { Lazy } from "../lazy.js";
import { Button, Dialog, Icon, Notice, useAct } from "../parts.js";
import { goTo } from "../route.js";
import { use, useSpeech } from "../state.js";

const Member = ({ member, view }: { member: MemberView; view: RoomView }) => {
	const { t } = useSpeech();
	const staff = use((all) => all.self?.role !== "client");
	const created = view.createdAt;
	const role = member.role === "client" ? t("message.client") : t("message.counsellor", { employer: member.employer });
	const from = member.readsFrom <= created ? t("details.reads_all") : t("details.reads_from", { at: member.readsFrom });
	return (
		<li class="member">
			<p>
				<strong>{member.name || t("room.somebody")}</strong> {member.me && <span class="badge">{t("message.me")}</span>}
			</p>
			<p>{role}</p>
			<p class="hint">{t("details.since", { at: member.since })} {from} {t(`proof.${member.proof}`)}</p>
			{member.reset && <Notice kind="warning"><p>{t("details.reset", { name: member.name || t("room.somebody") })}</p></Notice>}
			{staff && member.role === "client" && <Lazy load={async () => (await import("../staff/identified.js")).Identified} props={{ view, user: member.user }} />}
		</li>
	);
};

const Readers = ({ view }: { view: RoomView }) => {
	const { t } = useSpeech();
	const now = view.members.filter((member) => member.active);
	const gone = view.members.filter((member) => !member.active);
	return (
		<section>
			<h3>{t("details.who")}</h3>
			<ul class="members">{now.map((member) => <Member key={member.user} member={member} view={view} />)}</ul>
			{view.recovery && (
				<div class="recovery">
					<p><strong>{view.controller}</strong></p>
					<p>{t("details.recovery")}</p>
					{view.openings.length > 0 && <Lazy load={async () => (await import("./opened.js")).Openings} props={{ openings: view.openings }} />}
				</div>
			)}
			{gone.length > 0 && (
				<>
					<h4>{t("details.gone")}</h4>
					<ul class="members">{gone.map((member) => <li key={member.user}>{member.name || t("room.somebody")}</li>)}</ul>
				</>
			)}
			<p><Icon name="lock" /> {t("details.nobody_else")}</p>
			<button type="button" class="link" onClick={() => goTo("help")}>{t("promise.more")}</button>
			<Lazy load={async () => (await import("./events.js")).RoomEvents} props={{ view }} />
		</section>
	);
};

const Rules = ({ view }: { view: RoomView }) => {
	const { t, format } = useSpeech();
	return (
		<section>
			<h3>{t("details.rules")}</h3>
			<dl>
				<dt>{t("details.controller")}</dt>
				<dd>{view.controller} ({view.card?.controller_business_id})</dd>
				<dt>{t("details.processor")}</dt>
				<dd>{view.card?.processor}</dd>
				{view.card && <Lazy quiet load={async () => (await import("../agreement/card.js")).CardDays} props={{ card: view.card }} />}
				<dt>{t("details.kept")}</dt>
				<dd>{t("details.kept_text", { days: view.retentionDays })}</dd>
				<Lazy quiet load={async () => (await import("../ending/going.js")).GoesOn} props={{ room: view.room }} />
				<dt>{t("details.opened")}</dt>
				<dd>{format.date(view.createdAt)}</dd>
				{view.card?.service_promise && (
					<>
						<dt>{t("details.service_promise")}</dt>
						<dd>{view.card.service_promise}</dd>
					</>
				)}
				<Lazy quiet load={async () => (await import("../upkeep/here.js")).ServiceFacts} props={{}} />
			</dl>
			<details class="privacy">
				<summary>{t("details.privacy")}</summary>
				<p class="text">{view.card?.privacy_notice}</p>
			</details>
		</section>
	);
};

const Exit = () => {
	const { t } = useSpeech();
	return (
		<section>
			<h3>{t("exit.button")}</h3>
			<p>{t("exit.explained")}</p>
		</section>
	);
};

type Act = "invite" | "withdraw" | "rename" | "close" | "colleagues" | "take";

const StaffActs = ({ view }: { view: RoomView }) => {
	const { t } = useSpeech();
	const [open, show] = useState<Act | null>(null);
	const reopening = useAct();
	const client = view.members.some((member) => member.active && member.role === "client");
	const live = !view.card || view.card.state === "live";
	const props = { view, onClose: () => show(null) };
	return (
		<section>
			<h3>{t("details.acts")}</h3>
			<div class="column">
				<Button onClick={() => show("rename")}>{t("acts.rename")}</Button>
				{live && view.phase === "open" && !client && <Button onClick={() => show("invite")}>{view.invitation ? t("acts.renew") : t("acts.invite_again")}</Button>}
				{view.invitation && <Button onClick={() => show("withdraw")}>{t("mail.withdraw")}</Button>}
				{live && view.phase === "open" && <Button onClick={() => show("colleagues")}>{t("acts.colleagues")}</Button>}
				{view.phase === "open" && <Button onClick={() => show("take")}>{t("takeout.open_staff")}</Button>}
				{view.phase === "open" ? (
					<Button kind="danger" onClick={() => show("close")}>{t("acts.close")}</Button>
				) : live && (
					<Button kind="main" busy={reopening.busy} onClick={() => void reopening.act(() => engine().reopenRoom(view.room))}>{t("acts.reopen")}</Button>
				)}
			</div>
			{reopening.error && <Notice kind="error"><p>{reopening.error}</p></Notice>}
			{open === "rename" && <Lazy load={async () => (await import("../staff/acts.js")).Rename} props={props} />}
			{open === "close" && <Lazy load={async () => (await import("../staff/acts.js")).CloseRoom} props={props} />}
			{open === "colleagues" && <Lazy load={async () => (await import("../staff/colleagues.js")).Colleagues} props={props} />}
			{open === "take" && <Lazy load={async () => (await import("../export/take-out.js")).TakeOut} props={props} />}
			{open === "withdraw" && <Lazy load={async () => (await import("../staff/invite.js")).Withdraw} props={props} />}
			{open === "invite" && <Lazy load={async () => (await import("../staff/invite.js")).Renew} props={props} />}
		</section>
	);
};

export const Details = ({ view, onClose }: { view: RoomView; onClose: () => void }) => {
	const { t } = useSpeech();
	const staff = use((all) => all.self?.role !== "client");
	return (
		<Dialog title={t("details.title")} onClose={onClose} wide>
			{staff && <StaffActs view={view} />}
			<Readers view={view} />
			<Rules view={view} />
			{!staff && <Lazy load={async () => (await import("../roomwork/rights.js")).Rights} props={{ view }} />}
			{!staff && <Exit />}
		</Dialog>
	);
};
