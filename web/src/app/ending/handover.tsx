// What an agreement that has ended leaves: when it goes, what is there still, and, where it is returned first, the file that an admin takes
// out and acknowledges. Acknowledging begins what cannot be undone: it asks for the organisation's name.

import { useEffect, useRef, useState } from "preact/hooks";
import type { Ops } from "../../gen/proto.js";
import type { Agreement } from "../agreement/data.js";
import { Again } from "../again.js";
import { dayText } from "../assignment/words.js";
import { engine } from "../engine.js";
import { chooseFile, forgetFile, gatherer } from "../export/save.js";
import { office, officeProven } from "../office.js";
import { Button, Dialog, Field, Notice, useAct } from "../parts.js";
import { say, use, useSpeech } from "../state.js";
import { writeReturned, type Ask, type Progress, type Returned } from "./returned.js";

type Standing = Ops["handover_get"]["out"];

const MEGABYTE = 1_000_000;
const PAUSE_MS = 5_000;
const TRIES = 12;

/** Waits while the server asks to, or the network is away; a proof that has lapsed is given anew. */
const patient = (stopped: () => boolean): Ask => async (op, body) => {
	for (let tries = 1; ; tries++) {
		if (stopped()) throw { word: "cancelled" };
		try {
			return await officeProven(op, body);
		} catch (thrown) {
			const { word } = thrown as { word?: string };
			if (!["rate_limited", "busy", "offline", "unavailable"].includes(word ?? "") || tries === TRIES) throw thrown;
			await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
		}
	}
};

const MEDIA = "application/jsonl";

const handOut = (name: string, blob: Blob): void => {
	const link = document.createElement("a");
	link.href = URL.createObjectURL(blob);
	link.download = name;
	link.click();
	setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
};

/** Into a file that grows, where the browser can; else as blobs. */
const takeOut = async (of: Agreement, stopped: () => boolean, told: (so: Progress) => void): Promise<Returned> => {
	const name = `luotsi-palautus-${new Date().toISOString().slice(0, 10)}.jsonl`;
	const file = await chooseFile(name, ["JSON Lines", MEDIA, ".jsonl"]);
	const stream = await file?.createWritable();
	const gathered = gatherer();
	try {
		const { org, entries } = await engine().organise("organisationChain");
		const head = { agreement: of.agreement, controller: of.controller, controller_business_id: of.controller_business_id, at: Date.now(), org, organisation: entries };
		const made = await writeReturned(patient(stopped), head, async (bytes) => (stream ? stream.write(bytes) : gathered.add(bytes)), told);
		await stream?.close();
		if (!stream) handOut(name, gathered.blob(MEDIA));
		return made;
	} catch (thrown) {
		await stream?.abort().catch(() => undefined);
		await forgetFile(file);
		gathered.drop();
		throw thrown;
	}
};

const Receipt = ({ of, day, sum, onDone, onClose }: { of: Agreement; day: string; sum: string; onDone: () => void; onClose: () => void }) => {
	const { t } = useSpeech();
	const [name, setName] = useState("");
	const [tried, attempt] = useState(false);
	const going = useAct();
	const good = name.trim() === of.controller;
	const give = (): void => {
		attempt(true);
		if (good) void going.act(async () => {
			await officeProven("handover_receipt", { agreement: of.agreement, receipt: sum });
			onDone();
		});
	};
	return (
		<Dialog title={t("returning.receipt")} onClose={onClose}>
			<p>{t("returning.receipt_text", { day })}</p>
			<Field label={t("returning.name", { name: of.controller })} value={name} error={tried && !good ? t("returning.name_wrong") : null} onInput={setName} />
			{going.error && <Notice kind="error"><p>{going.error}</p></Notice>}
			<Button kind="danger" busy={going.busy} onClick={give}>{t("returning.receipt")}</Button>
		</Dialog>
	);
};

const Sum = ({ sum }: { sum: string }) => {
	const { t } = useSpeech();
	return <p>{t("returning.sum")}: <code class="sum" translate={false}>{sum}</code></p>;
};

/** What reads the file, now and when this service is no more. */
const ReadingPage = () => {
	const { t } = useSpeech();
	return (
		<>
			<p>{t("returning.reader_text")}</p>
			<p><a class="button plain small" href={READING_PAGE} download="luotsi-lukusivu.html">{t("returning.reader")}</a></p>
			<p>{t("returning.reader_sum")}: <code class="sum" translate={false}>{READING_SUM.match(/.{8}/g)?.join(" ")}</code></p>
		</>
	);
};

const Taking = ({ of, standing, onDone }: { of: Agreement; standing: Standing; onDone: () => void }) => {
	const { t, format } = useSpeech();
	const [so, tell] = useState<Progress | null>(null);
	const [made, setMade] = useState<Returned | null>(null);
	const [receipting, receipt] = useState(false);
	const [failed, fail] = useState(false);
	const stopped = useRef(false);
	const going = useAct();
	const size = (bytes: number): string => format.number(Math.ceil(bytes / MEGABYTE));
	useEffect(() => () => void (stopped.current = true), []);
	const take = (): void => {
		stopped.current = false;
		fail(false);
		setMade(null);
		void going.act(async () => {
			const cancelled = (thrown: unknown): boolean => (thrown as { word?: string }).word === "cancelled";
			await takeOut(of, () => stopped.current, tell).then((done) => {
				setMade(done);
				say(t("returning.saved", { rooms: done.rooms, size: size(done.bytes) }));
			}, (thrown: unknown) => fail(!cancelled(thrown)));
			tell(null);
		});
	};
	return (
		<>
			<p>{t("returning.what")}</p>
			{so && <p role="status">{t("returning.progress", { rooms: so.rooms, size: size(so.bytes) })}</p>}
			{failed && <Notice kind="error"><p>{t("returning.failed")}</p></Notice>}
			{made && <Notice kind="good"><p>{t("returning.saved", { rooms: made.rooms, size: size(made.bytes) })}</p><Sum sum={made.sum} /></Notice>}
			<div class="row">
				<Button kind={made ? "plain" : "main"} busy={going.busy} onClick={take}>{t(made ? "returning.again" : "returning.take")}</Button>
				{going.busy && <Button onClick={() => { stopped.current = true; }}>{t("returning.stop")}</Button>}
				{made && <Button kind="danger" onClick={() => receipt(true)}>{t("returning.receipt")}</Button>}
			</div>
			<ReadingPage />
			{receipting && made && <Receipt of={of} day={dayText(standing.due_on)} sum={made.sum} onDone={() => { receipt(false); onDone(); }} onClose={() => receipt(false)} />}
		</>
	);
};

/** org: the operator's to name. */
export const Handover = ({ org, of }: { org?: string; of: Agreement }) => {
	const { t } = useSpeech();
	const admin = use((all) => all.self?.role === "admin");
	const [standing, stand] = useState<Standing | null>(null);
	const asking = useAct();
	const bring = (): void => void asking.act(async () => stand(await office("handover_get", { ...(org ? { org } : {}), agreement: of.agreement })));
	useEffect(bring, [of.agreement]);
	if (asking.error) return <Again error={asking.error} onAgain={bring} />;
	if (!standing) return null;
	return (
		<section>
			<h3>{t("returning.title")}</h3>
			{standing.done_at !== undefined ? <p>{t("returning.done", { on: standing.done_at })}</p> : (
				<>
					<p>{t(`returning.${standing.what}`, { day: dayText(standing.due_on) })}</p>
					<p>{t("returning.left", { rooms: standing.rooms, people: standing.people })}</p>
					{standing.held > 0 && <Notice kind="info"><p>{t("returning.held", { held: standing.held })}</p></Notice>}
				</>
			)}
			{standing.receipt_at !== undefined && <p>{t("returning.received", { on: standing.receipt_at })}</p>}
			{standing.receipt && <Sum sum={standing.receipt} />}
			{admin && standing.what === "return" && !standing.receipt && standing.done_at === undefined && <Taking of={of} standing={standing} onDone={bring} />}
		</section>
	);
};
