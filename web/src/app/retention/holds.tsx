// Legal holds: what does not go although it is due. Two persons make one and two end it; both are done by naming the room or the client.

import { useEffect, useState } from "preact/hooks";
import { office, officeProven } from "../office.js";
import { Button, Choice, Dialog, Field, Loading, Notice, useAct } from "../parts.js";
import { Why } from "../roles/why.js";
import { say, use, useSpeech } from "../state.js";
import { ID, shortId, type Hold } from "./data.js";
import { Who } from "./who.js";

const newId = (): string => btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(16)))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");

const NAMED = 8; // so much of an id is written to name it

type Step = "make" | "end_ask" | "end";
const nextOf = (hold: Hold): Step | null => (hold.made_at === undefined ? "make" : hold.end_at === undefined ? "end_ask" : hold.ended_at === undefined ? "end" : null);
/** Who did the step before may not do the one that confirms it. */
const barred = (hold: Hold, me: string | undefined): boolean => (nextOf(hold) === "make" ? hold.asked_by === me : nextOf(hold) === "end" && hold.end_by === me);

const Ask = ({ onDone }: { onDone: () => void }) => {
	const { t } = useSpeech();
	const [kind, setKind] = useState<Hold["kind"]>("room");
	const [object, setObject] = useState("");
	const [reason, setReason] = useState("");
	const [tried, attempt] = useState(false);
	const [hold, renew] = useState(newId);
	const going = useAct();
	const wrong = !ID.test(object.trim()), mute = reason.trim().length < 3;
	const submit = (event: Event): void => {
		event.preventDefault();
		attempt(true);
		if (wrong || mute) return;
		void going.act(async () => {
			await officeProven("hold_ask", { hold, kind, object: object.trim(), reason: reason.trim() });
			say(t("hold.asked"));
			renew(newId());
			setObject("");
			setReason("");
			attempt(false);
			onDone();
		});
	};
	return (
		<details>
			<summary>{t("hold.ask")}</summary>
			<form onSubmit={submit} noValidate>
				<p>{t("hold.ask_text")}</p>
				<Choice legend={t("hold.what")} value={kind} options={[["room", t("hold.kind.room")], ["account", t("hold.kind.account")]] as const} onChange={setKind} />
				<Field label={t("hold.object")} hint={t("hold.object_hint")} value={object} onInput={setObject} maxLength={22} spellcheck={false} error={tried && wrong ? t("hold.object_wrong") : null} />
				<Field label={t("hold.reason")} hint={t("hold.reason_hint")} value={reason} onInput={setReason} maxLength={190} error={tried && mute ? t("log.reason_missing") : null} />
				{going.error && <Notice kind="error"><p>{going.word === "not_found" ? t("hold.not_found") : going.error}</p></Notice>}
				<Button kind="main" type="submit" busy={going.busy}>{t("hold.ask_do")}</Button>
			</form>
		</details>
	);
};

const Confirm = ({ hold, step, onClose, onDone }: { hold: Hold; step: Step; onClose: () => void; onDone: () => void }) => {
	const { t } = useSpeech();
	const [named, name] = useState("");
	const [tried, attempt] = useState(false);
	const going = useAct();
	const wrong = named.trim() !== hold.object.slice(0, NAMED);
	const submit = (event: Event): void => {
		event.preventDefault();
		attempt(true);
		if (wrong) return;
		void going.act(async () => {
			await officeProven("hold_step", { hold: hold.hold, step });
			say(t(`hold.done.${step}`));
			onDone();
		});
	};
	return (
		<Dialog title={t(`hold.step.${step}`)} onClose={onClose}>
			<form onSubmit={submit} noValidate>
				<p>{t(`hold.text.${step}`)}</p>
				<p>{t(`hold.kind.${hold.kind}`)}: <code class="checksum">{hold.object}</code></p>
				<p>{t("event.reason", { reason: hold.reason })}</p>
				<Field label={t("hold.name", { n: String(NAMED) })} value={named} onInput={name} maxLength={NAMED} spellcheck={false} error={tried && wrong ? t("hold.name_wrong") : null} />
				{going.error && <Notice kind="error"><p>{going.error}</p></Notice>}
				<div class="row">
					<Button kind={step === "make" ? "main" : "danger"} type="submit" busy={going.busy}>{t(`hold.step.${step}`)}</Button>
					<Button onClick={onClose}>{t("retention.cancel")}</Button>
				</div>
			</form>
		</Dialog>
	);
};

const Steps = ({ hold }: { hold: Hold }) => {
	const { t, format } = useSpeech();
	const steps = [["ask", hold.asked_at, hold.asked_by], ["make", hold.made_at, hold.made_by], ["end_ask", hold.end_at, hold.end_by], ["end", hold.ended_at, hold.ended_by]] as const;
	return (
		<ol>
			{steps.flatMap(([step, at, by]) => (at === undefined ? [] : [<li key={step}>{t(`hold.was.${step}`)} {format.date(at)} {format.time(at)}, <Who id={by} /></li>]))}
		</ol>
	);
};

const One = ({ hold, onStep }: { hold: Hold; onStep: (step: Step) => void }) => {
	const { t } = useSpeech();
	const me = use((all) => all.self?.user);
	const next = nextOf(hold);
	const state = next === "make" ? "asked" : next === null ? "ended" : next === "end" ? "ending" : "holds";
	return (
		<li>
			<div>
				<strong>{t(`hold.kind.${hold.kind}`)} <code title={hold.object}>{shortId(hold.object)}</code></strong> <span class="hint">{t(`hold.state.${state}`)}</span>
				<p>{t("event.reason", { reason: hold.reason })}</p>
				<Steps hold={hold} />
				{next !== null && (barred(hold, me) ? <p class="hint">{t("hold.other")}</p> : <Button small onClick={() => onStep(next)}>{t(`hold.step.${next}`)}</Button>)}
			</div>
		</li>
	);
};

const Opened = ({ reason }: { reason: string }) => {
	const { t } = useSpeech();
	const [holds, setHolds] = useState<readonly Hold[] | null>(null);
	const [step, take] = useState<{ hold: Hold; step: Step } | null>(null);
	const asking = useAct();
	const bring = (): void => void asking.act(async () => setHolds((await office("hold_list", { reason })).holds));
	useEffect(bring, []);
	const done = (): void => {
		take(null);
		bring();
	};
	return (
		<>
			{asking.error && <Notice kind="error"><p>{asking.error}</p><Button onClick={bring}>{t("loading.again")}</Button></Notice>}
			{!holds && asking.busy && <Loading text={t("loading.page")} />}
			{holds?.length === 0 && <p role="status">{t("hold.none")}</p>}
			{holds && holds.length > 0 && <ul class="sessions">{holds.map((hold) => <One key={hold.hold} hold={hold} onStep={(next) => take({ hold, step: next })} />)}</ul>}
			{holds && <Ask onDone={bring} />}
			{step && <Confirm {...step} onClose={() => take(null)} onDone={done} />}
		</>
	);
};

export const Holds = () => {
	const { t } = useSpeech();
	const [reason, setReason] = useState("");
	return (
		<section>
			<h3>{t("hold.title")}</h3>
			<p>{t("hold.intro")}</p>
			{reason ? <Opened reason={reason} /> : <Why text={t("hold.why")} reasons={[t("log.why.check"), t("log.why.request")]} action={t("hold.open")} onReason={setReason} />}
		</section>
	);
};
