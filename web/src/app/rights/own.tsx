// My data and rights: what the organisation keeps of a person, in plain words; asking about it, following what was asked, taking it back.

import { useEffect, useState } from "preact/hooks";
import type { Ops } from "../../gen/proto.js";
import { Select } from "../admin/manage.js";
import { office, officeProven } from "../office.js";
import { Button, Choice, Dialog, Field, Loading, Notice, useAct } from "../parts.js";
import { say, use, useSpeech } from "../state.js";
import { History, isTooLong, KINDS, MOST, newId, useDay, type Kind, type Own, type Step } from "./parts.js";

type Held = Ops["rights_held"]["out"];
const OF_ROOMS: readonly Kind[] = ["access", "restriction", "portability", "erasure", "objection"];
const OPEN = ["received", "in_progress", "extended"];

const Kept = ({ of }: { of: Held }) => {
	const { t, format } = useSpeech();
	const name = [of.given, of.family].filter(Boolean).join(" ");
	return (
		<section>
			<h3>{t("rights.held")}</h3>
			<p>{t("rights.held_text")}</p>
			<dl class="opening">
				<dt>{t("rights.held.name")}</dt><dd>{name || t("rights.held.no_name")}</dd>
				{of.identified_at !== undefined && <><dt>{t("rights.held.identified")}</dt><dd>{t("rights.held.identified_on", { on: of.identified_at, by: of.provider })}</dd></>}
				<dt>{t("rights.held.code")}</dt><dd>{t("rights.held.code_text")}</dd>
				<dt>{t("rights.held.made")}</dt><dd>{format.date(of.made_at)}</dd>
				<dt>{t("rights.held.mail")}</dt><dd>{t(of.mail ? "rights.held.mail_yes" : "rights.held.mail_no")}</dd>
				<dt>{t("rights.held.ways")}</dt><dd>{t("rights.held.ways_text", { passkeys: of.passkeys, sessions: of.sessions })}</dd>
				<dt>{t("rights.held.rooms")}</dt><dd>{t("rights.held.rooms_text", { rooms: of.rooms, messages: of.messages, files: of.files })}</dd>
				<dt>{t("rights.held.events")}</dt><dd>{t("rights.held.events_text", { events: of.events })}</dd>
				{of.goes_at !== undefined && <><dt>{t("rights.held.goes")}</dt><dd>{t("rights.held.goes_on", { on: of.goes_at })}</dd></>}
			</dl>
		</section>
	);
};

const Ask = ({ onDone }: { onDone: () => void }) => {
	const { t } = useSpeech();
	const day = useDay();
	const rooms = use((all) => all.rooms) ?? [];
	const [kind, choose] = useState<Kind>("access");
	const [room, setRoom] = useState("");
	const [text, setText] = useState("");
	const [request, next] = useState(newId);
	const [answer, tell] = useState("");
	const asking = useAct();
	const needed = kind === "rectification" && text.trim().length < 3;
	const [tried, attempt] = useState(false);
	const submit = (event: Event): void => {
		event.preventDefault();
		attempt(true);
		tell("");
		if (needed || isTooLong(text)) return;
		void asking.act(async () => {
			const { due_on } = await officeProven("rights_ask", { request, kind, text: text.trim(), ...(room && OF_ROOMS.includes(kind) ? { room } : {}) });
			tell(t("rights.asked", { day: day(due_on) }));
			next(newId());
			setText("");
			attempt(false);
			onDone();
		});
	};
	return (
		<section>
			<h3>{t("rights.ask")}</h3>
			<form onSubmit={submit} noValidate>
				<p>{t("rights.ask_text")}</p>
				<Choice legend={t("rights.kind")} value={kind} options={KINDS.map((one) => [one, t(`rights.kind.${one}`)] as const)} onChange={choose} />
				<Notice kind="info"><p>{t(`rights.about.${kind}`)}</p></Notice>
				{OF_ROOMS.includes(kind) && rooms.length > 0 && (
					<Select label={t("rights.which")} value={room} options={[["", t("rights.everything")] as const, ...rooms.map((one) => [one.room, t("rights.room", { name: one.title || t("rooms.unnamed") })] as const)]} onChange={setRoom} />
				)}
				<Field label={t("rights.words")} hint={t("rights.words_hint")} value={text} onInput={setText} rows={5} maxLength={MOST} error={tried && needed ? t("rights.words_missing") : isTooLong(text) ? t("error.too_long") : null} />
				{asking.error && <Notice kind="error"><p>{asking.word === "already_here" ? t("rights.already") : asking.word === "rate_limited" ? t("rights.many") : asking.error}</p></Notice>}
				<Button kind="main" type="submit" busy={asking.busy}>{t("rights.send")}</Button>
				<div role="status">{answer && <Notice kind="good"><p>{answer}</p></Notice>}</div>
			</form>
		</section>
	);
};

/** What the state means for the person. */
const Standing = ({ of }: { of: Own }) => {
	const { t, format } = useSpeech();
	const day = useDay();
	return (
		<>
			{OPEN.includes(of.state) && <p>{t("rights.due", { day: day(of.due_on) })}</p>}
			{of.erase_from !== undefined && of.certificate === undefined && of.ended_at === undefined && <p>{t("rights.erases", { on: of.erase_from, at: of.erase_from })}</p>}
			{of.certificate !== undefined && <Notice kind="good"><p>{t("rights.certificate", { n: of.certificate })}</p></Notice>}
			{of.account_from !== undefined && <Notice kind="warning"><p>{t("rights.account_goes", { on: of.account_from })}</p></Notice>}
			{of.ended_at !== undefined && <p>{t("rights.ended", { on: of.ended_at, at: format.time(of.ended_at) })}</p>}
			{of.state === "refused" && <Notice kind="info" title={t("rights.complain")}><p>{t("rights.complain_text")}</p></Notice>}
		</>
	);
};

const One = ({ of, onClose, onChange }: { of: Own; onClose: () => void; onChange: () => void }) => {
	const { t } = useSpeech();
	const [known, know] = useState<{ steps: readonly Step[]; way?: string } | null>(null);
	const [sure, ask] = useState(false);
	const reading = useAct();
	const going = useAct();
	const bring = (): void => void reading.act(async () => know(await office("rights_one", { request: of.request })));
	useEffect(bring, [of.state]);
	const withdraw = (): void => void going.act(async () => {
		await office("rights_withdraw", { request: of.request });
		say(t("rights.withdrawn"));
		onChange();
		onClose();
	});
	return (
		<Dialog title={t(`rights.kind.${of.kind}`)} onClose={onClose}>
			<p><strong>{t(`rights.state.${of.state}`)}</strong></p>
			<Standing of={of} />
			{known?.way && <p>{t(`rights.way.${known.way as "own"}`)}</p>}
			{reading.error && <Notice kind="error"><p>{reading.error}</p><Button onClick={bring}>{t("loading.again")}</Button></Notice>}
			{!known && !reading.error && <Loading text={t("loading.page")} />}
			{known && <History steps={known.steps} />}
			{going.error && <Notice kind="error"><p>{going.word === "conflict" ? t("rights.too_late") : going.error}</p></Notice>}
			{OPEN.includes(of.state) && !sure && <Button onClick={() => ask(true)}>{t("rights.withdraw")}</Button>}
			{OPEN.includes(of.state) && sure && (
				<Notice kind="warning">
					<p>{t("rights.withdraw_sure")}</p>
					<Button kind="danger" busy={going.busy} onClick={withdraw}>{t("rights.withdraw_yes")}</Button>
				</Notice>
			)}
		</Dialog>
	);
};

const Asked = ({ rows, onChange }: { rows: readonly Own[]; onChange: () => void }) => {
	const { t } = useSpeech();
	const day = useDay();
	const [shown, show] = useState<string | null>(null);
	const one = rows.find((row) => row.request === shown);
	return (
		<section>
			<h3>{t("rights.yours")}</h3>
			{rows.length === 0 && <p>{t("rights.yours_none")}</p>}
			<ul class="sessions" aria-label={t("rights.yours")}>
				{rows.map((row) => (
					<li key={row.request}>
						<div>
							<strong>{t(`rights.kind.${row.kind}`)}</strong>
							<span>{t(`rights.state.${row.state}`)}</span>
							<span class="hint">{t("rights.received", { on: row.received_at })}{OPEN.includes(row.state) ? `, ${t("rights.due_short", { day: day(row.due_on) })}` : ""}</span>
						</div>
						<Button small label={t("rights.show_name", { name: t(`rights.kind.${row.kind}`), on: row.received_at })} onClick={() => show(row.request)}>{t("rights.show")}</Button>
					</li>
				))}
			</ul>
			{one && <One of={one} onClose={() => show(null)} onChange={onChange} />}
		</section>
	);
};

export const OwnRights = () => {
	const { t } = useSpeech();
	const [held, know] = useState<Held | null>(null);
	const [rows, setRows] = useState<readonly Own[]>([]);
	const asking = useAct();
	const bring = (): void => void asking.act(async () => {
		const [kept, own] = await Promise.all([office("rights_held", {}), office("rights_list", {})]);
		know(kept);
		setRows(own.requests);
	});
	useEffect(bring, []);
	if (asking.error && !held) return <Notice kind="error"><p>{asking.error}</p><Button onClick={bring}>{t("loading.again")}</Button></Notice>;
	if (!held) return <Loading text={t("loading.page")} />;
	return (
		<div class="organisation">
			<Kept of={held} />
			<Asked rows={rows} onChange={bring} />
			<Ask onDone={bring} />
		</div>
	);
};
