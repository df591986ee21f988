// One request: whose it is, what was done, and what can be done next. What is written here the person reads.

import { useEffect, useState } from "preact/hooks";
import type { Ops } from "../../gen/proto.js";
import { office, officeProven } from "../office.js";
import { Button, Choice, Field, Loading, Notice, useAct } from "../parts.js";
import { say, useSpeech } from "../state.js";
import { History, Saying, useDay, WAYS, type Way } from "./parts.js";

type One = Ops["request_one"]["out"];
type StepName = Ops["request_step"]["in"]["step"];
const MONTH_DAYS = 40;

const Facts = ({ of }: { of: One }) => {
	const { t } = useSpeech();
	const day = useDay();
	const { row } = of;
	return (
		<dl class="opening">
			<dt>{t("rights.person")}</dt><dd>{[of.given, of.family].filter(Boolean).join(" ") || t("rights.held.no_name")}</dd>
			{of.identified_at !== undefined && <><dt>{t("rights.held.identified")}</dt><dd>{t("rights.identified_on", { on: of.identified_at })}</dd></>}
			<dt>{t("rights.state")}</dt><dd><strong>{t(`rights.state.${row.state}`)}</strong></dd>
			<dt>{t("rights.clock")}</dt><dd>{row.ended_at !== undefined ? t("rights.ended_short", { on: row.ended_at }) : t(of.late ? "rights.late" : "rights.left", { days: of.days, day: day(row.due_on) })}</dd>
			<dt>{t("rights.which")}</dt><dd>{row.room === undefined ? t("rights.rooms", { count: of.rooms.length }) : t("rights.one_room")} {of.rooms.map((one) => <code key={one} title={one}>{one.slice(0, 6)} </code>)}</dd>
			{of.frozen.length > 0 && <><dt>{t("rights.frozen")}</dt><dd>{t("rights.frozen_count", { count: of.frozen.length })}{of.frozen_until !== undefined ? ` ${t("rights.thaws", { on: of.frozen_until })}` : ""}</dd></>}
			{of.way !== undefined && <><dt>{t("rights.way")}</dt><dd>{t(`rights.way.${of.way}`)}</dd></>}
			{row.certificate !== undefined && <><dt>{t("rights.certificate_name")}</dt><dd>{row.certificate}</dd></>}
		</dl>
	);
};

interface ActProps {
	of: One;
	onDone: () => void;
}

const useStep = ({ of, onDone }: ActProps) => {
	const { t } = useSpeech();
	return async (step: StepName, text: string, way?: Way): Promise<void> => {
		await officeProven("request_step", { request: of.row.request, step, text, ...(way ? { way } : {}) });
		say(t("rights.done_said"));
		onDone();
	};
};

const Answer = (props: ActProps) => {
	const { t } = useSpeech();
	const step = useStep(props);
	const [way, choose] = useState<Way>("own");
	const gives = props.of.row.kind === "access" || props.of.row.kind === "portability";
	return (
		<Saying title={t("rights.act.done")} text={t(`rights.how.${props.of.row.kind}`)} label={t("rights.act.done_words")} button={t("rights.act.done")} onSay={(text) => step("done", text, gives ? way : undefined)}>
			{gives && <Choice legend={t("rights.way")} value={way} options={WAYS.map((one) => [one, t(`rights.way.${one}`)] as const)} onChange={choose} />}
		</Saying>
	);
};

const Freeze = ({ of, onDone }: ActProps) => {
	const { t } = useSpeech();
	const put = async (on: boolean, text: string): Promise<void> => {
		await officeProven("request_freeze", { request: of.row.request, rooms: [], on, text });
		say(t("rights.done_said"));
		onDone();
	};
	const ending = of.frozen_until !== undefined;
	return (
		<>
			{(of.frozen.length < of.rooms.length || ending) && <Saying title={t(ending ? "rights.act.freeze_on" : "rights.act.freeze")} text={t("rights.act.freeze_text", { count: of.rooms.length })} label={t("rights.act.words")} button={t("rights.act.freeze")} onSay={(text) => put(true, text)} />}
			{of.frozen.length > 0 && !ending && <Saying title={t("rights.act.lift")} text={t("rights.act.lift_text")} label={t("rights.act.words")} button={t("rights.act.lift")} onSay={(text) => put(false, text)} />}
		</>
	);
};

/** By name: whoever erases types whose data it is. */
const Erase = ({ of, onDone }: ActProps) => {
	const { t } = useSpeech();
	const [typed, type] = useState("");
	const name = [of.given, of.family].filter(Boolean).join(" ");
	const put = async (on: boolean, text: string): Promise<void> => {
		await officeProven("request_erase", { request: of.row.request, on, text });
		say(t("rights.done_said"));
		onDone();
	};
	const from = of.row.erase_from;
	if (of.held) return <Notice kind="warning" title={t("rights.held_by_law")}><p>{t("rights.held_by_law_text")}</p></Notice>;
	if (from !== undefined && of.row.certificate === undefined && from > Date.now())
		return (
			<>
				<Notice kind="warning"><p>{t("rights.erases", { on: from, at: from })}</p></Notice>
				<Saying title={t("rights.act.keep")} text={t("rights.act.keep_text")} label={t("rights.act.words")} button={t("rights.act.keep")} onSay={(text) => put(false, text)} />
			</>
		);
	if (from !== undefined) return <p>{t("rights.erasing")}</p>;
	return (
		<Saying title={t("rights.act.erase")} text={t(of.row.room === undefined ? "rights.act.erase_all" : "rights.act.erase_room")} label={t("rights.act.words")} button={t("rights.act.erase")} danger
			missing={name !== "" && typed.trim() !== name ? t("rights.act.name_wrong") : null} onSay={(text) => put(true, text)}>
			{name !== "" && <Field label={t("rights.act.name", { name })} value={typed} onInput={type} maxLength={200} />}
		</Saying>
	);
};

const Acts = (props: ActProps) => {
	const { t } = useSpeech();
	const step = useStep(props);
	const { row } = props.of;
	const open = row.ended_at === undefined;
	const erasing = row.erase_from !== undefined;
	const short = Date.parse(`${row.due_on}T12:00:00Z`) - row.received_at < MONTH_DAYS * 86_400_000;
	return (
		<>
			{row.state === "received" && <Saying title={t("rights.act.begin")} text={t("rights.act.begin_text")} label="" button={t("rights.act.begin")} silent onSay={() => step("begin", "")} />}
			{["restriction", "objection", "rectification"].includes(row.kind) && !["refused", "withdrawn", "gone"].includes(row.state) && <Freeze {...props} />}
			{open && row.kind === "erasure" && <Erase {...props} />}
			{open && !erasing && (row.kind !== "erasure" || row.certificate !== undefined) && <Answer {...props} />}
			{open && short && !props.of.late && <Saying title={t("rights.act.extend")} text={t("rights.act.extend_text")} label={t("rights.act.extend_words")} button={t("rights.act.extend")} onSay={(text) => step("extend", text)} />}
			{open && !erasing && <Saying title={t("rights.act.refuse")} text={t("rights.act.refuse_text")} label={t("rights.act.refuse_words")} button={t("rights.act.refuse")} danger onSay={(text) => step("refuse", text)} />}
			{(row.state === "done" || row.state === "refused") && !erasing && <Saying title={t("rights.act.reopen")} text={t("rights.act.reopen_text")} label={t("rights.act.words")} button={t("rights.act.reopen")} onSay={(text) => step("reopen", text)} />}
		</>
	);
};

export const Opened = ({ request, reason, onBack }: { request: string; reason: string; onBack: () => void }) => {
	const { t } = useSpeech();
	const [one, know] = useState<One | null>(null);
	const [round, again] = useState(0);
	const asking = useAct();
	const bring = (): void => void asking.act(async () => {
		know(await office("request_one", { request, reason }));
		again((was) => was + 1);
	});
	useEffect(bring, [request]);
	return (
		<>
			<Button icon="back" onClick={onBack}>{t("rights.back")}</Button>
			{asking.error && <Notice kind="error"><p>{asking.error}</p><Button onClick={bring}>{t("loading.again")}</Button></Notice>}
			{!one && !asking.error && <Loading text={t("loading.page")} />}
			{one && (
				<>
					<h3>{t(`rights.kind.${one.row.kind}`)}</h3>
					<Facts of={one} />
					<h3>{t("rights.history")}</h3>
					<History steps={one.steps} />
					<h3>{t("rights.act")}</h3>
					<Acts key={round} of={one} onDone={bring} />
				</>
			)}
		</>
	);
};
