// An invitation that went by e-mail, as the counsellor sees it in the room: how the letter stands, who waits, and the dialog in which
// the short code is compared and the person let in, or turned away.

import { useEffect, useRef, useState } from "preact/hooks";
import type { Id, MailedView, RoomView } from "../../client/api.js";
import { engine } from "../engine.js";
import { Button, Choice, Dialog, Loading, Notice, useAct } from "../parts.js";
import { Identified } from "../staff/identified.js";
import { Mail, Withdraw } from "../staff/invite.js";
import { say, use, useSpeech } from "../state.js";
import { CodeGroups } from "./code.js";

type Who = NonNullable<MailedView["waits"]>;
interface Props {
	view: RoomView;
	who: Who;
	onClose: () => void;
}

const TurnAway = ({ view, who, onBack, onClose }: Props & { onBack: () => void }) => {
	const { t } = useSpeech();
	const turning = useAct();
	const turn = (): void =>
		void turning.act(async () => {
			await engine().invitation("turnAway", view.room, who.user);
			say(t("mailed.turned_away"));
		}).then((done) => done && onClose());
	return (
		<>
			<h3>{t("mailed.turn_title")}</h3>
			<p>{t("mailed.turn_text")}</p>
			{turning.error && <Notice kind="error"><p>{turning.error}</p></Notice>}
			<div class="row">
				<Button kind="danger" busy={turning.busy} onClick={turn}>{t("mailed.turn_yes")}</Button>
				<Button onClick={onBack}>{t("keys.back")}</Button>
			</div>
		</>
	);
};

type History = "all" | "none";

interface Comparing extends Props {
	onDiffer: () => void;
	onAnew: () => void;
}

const Compare = ({ view, who, onDiffer, onAnew, onClose }: Comparing) => {
	const { t } = useSpeech();
	const [code, setCode] = useState("");
	const [history, setHistory] = useState<History>(who.first ? "all" : "none");
	const asking = useAct();
	const letting = useAct();
	useEffect(() => void asking.act(async () => setCode(await engine().invitation("code", view.room, who.user))), []);
	const letIn = (): void =>
		void letting.act(async () => {
			await engine().invitation("letIn", view.room, who.user, code, history);
			say(t("mailed.let_in_said"));
		}).then((done) => done && onClose());
	return (
		<>
			<Identified view={view} user={who.user} waits />
			<p>{t("mailed.how")}</p>
			{asking.error && <Notice kind="error"><p>{asking.error}</p></Notice>}
			{code === "" && !asking.error && <Loading text={t("keys.loading")} />}
			{code !== "" && <CodeGroups code={code} label={t("mailed.code")} />}
			{who.first ? (
				<Choice legend={t("mailed.history")} value={history} onChange={setHistory} options={[["all", t("mailed.history_all")], ["none", t("mailed.history_none")]]} />
			) : <p>{t("mailed.history_later")}</p>}
			{letting.error && <Notice kind="error"><p>{letting.error}</p></Notice>}
			<div class="row">
				{letting.word === "keys_changed"
					? <Button kind="main" onClick={onAnew}>{t("mailed.anew")}</Button>
					: <Button kind="main" busy={letting.busy} disabled={code === ""} onClick={letIn}>{t("mailed.same")}</Button>}
				<Button onClick={onDiffer}>{t("mailed.differ")}</Button>
			</div>
		</>
	);
};

/** About whoever waited when it was opened: a code that changed between the words and the click would be one that nobody compared. */
const LetIn = ({ view, who, onClose }: Props) => {
	const { t } = useSpeech();
	const [differ, setDiffer] = useState(false);
	const [{ of, round }, compare] = useState({ of: who, round: 0 });
	const props = { view, who: of, onClose };
	return (
		<Dialog title={t("mailed.compare")} onClose={onClose}>
			{differ
				? <TurnAway {...props} onBack={() => setDiffer(false)} />
				: <Compare key={round} {...props} onDiffer={() => setDiffer(true)} onAnew={() => compare({ of: who, round: round + 1 })} />}
		</Dialog>
	);
};

type Open = "compare" | "mail" | "withdraw";

const Waiting = ({ who, onCompare }: { who: Who; onCompare: () => void }) => {
	const { t } = useSpeech();
	if (who.kid === "") return <Notice kind="info"><p role="status">{t("mailed.making")}</p></Notice>;
	return (
		<Notice kind="warning" title={t("mailed.waits")}>
			<p>{t("mailed.waits_text")}</p>
			<Button kind="main" small onClick={onCompare}>{t("mailed.compare")}</Button>
		</Notice>
	);
};

/** How it stands, asked again whenever the list of rooms is told anew. */
const useMailed = (room: Id): { mailed: MailedView | null; error: string | null; ask: () => void } => {
	const rooms = use((all) => all.rooms);
	const [mailed, setMailed] = useState<MailedView | null>(null);
	const asking = useAct();
	const newest = useRef(0);
	const ask = (): void => {
		const mine = ++newest.current;
		void asking.act(async () => {
			const told = await engine().invitation("mailed", room);
			if (mine === newest.current) setMailed(told);
		});
	};
	useEffect(ask, [rooms]);
	return { mailed, error: asking.error, ask };
};

const OfRoom = ({ view }: { view: RoomView }) => {
	const { t } = useSpeech();
	const { mailed, error, ask } = useMailed(view.room);
	const [open, setOpen] = useState<Open | null>(null);
	const close = (): void => setOpen(null);
	if (!mailed && error) return <Notice kind="error"><p>{error}</p><Button small onClick={ask}>{t("loading.again")}</Button></Notice>;
	if (!mailed || mailed.state === "none") return null;
	const { state, waits, expiresAt } = mailed;
	return (
		<section class="mailed" aria-label={t("mailed.region")}>
			{waits ? <Waiting who={waits} onCompare={() => setOpen("compare")} /> : (
				<Notice kind={state === "given_up" ? "warning" : "info"} title={t(`mailed.${state}`)}>
					<p>{state === "given_up" ? t("mailed.given_up_text") : t("mailed.until", { at: expiresAt })}</p>
				</Notice>
			)}
			<div class="row">
				<Button small onClick={() => setOpen("mail")}>{t("mailed.again")}</Button>
				<Button small onClick={() => setOpen("withdraw")}>{t("mailed.withdraw")}</Button>
			</div>
			{open === "compare" && waits && <LetIn view={view} who={waits} onClose={close} />}
			{open === "mail" && <Mail room={view.room} onClose={close} />}
			{open === "withdraw" && <Withdraw view={view} onClose={close} />}
		</section>
	);
};

/** Of one room nothing is shown in another. */
export const Mailed = ({ view }: { view: RoomView }) => <OfRoom key={view.room} view={view} />;
