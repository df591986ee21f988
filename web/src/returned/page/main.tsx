// The page that reads what an ended agreement returned: one file, without a network, which the organisation keeps with the returned file
// and opens years later. It keeps nothing, and its policy lets it reach nothing.

import { render } from "preact";
import { useEffect, useMemo, useState } from "preact/hooks";
import { blocksOf } from "../../export/blocks.js";
import { listedAs } from "../../export/told-files.js";
import { ownZone, speaking } from "../../export/words.js";
import { Button, Notice, Title } from "../../ceremony/page/parts.js";
import { firstLanguage, LANGUAGES, speechOf, Spoken, useSpeech } from "../../ceremony/page/speech.js";
import { Sheets } from "../../ceremony/page/steps.js";
import { roomArchive, roomCard } from "../archive.js";
import { openReturned, type OpenedRoom, type Reading } from "../open.js";
import { scan, type Found, type RoomAt } from "../scan.js";
import { Blocks } from "./drawn.js";
import "./page.css";

const MOST_SHOWN = 50;

const save = (name: string, blob: Blob): void => {
	const link = document.createElement("a");
	link.href = URL.createObjectURL(blob);
	link.download = name;
	link.click();
	setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
};

const About = ({ found: { head, rooms, sum, whole } }: { found: Found }) => {
	const { t } = useSpeech();
	return (
		<section>
			<h2>{t("recovery.r.about")}</h2>
			{!whole && <Notice kind="error"><p>{t("recovery.r.cut")}</p></Notice>}
			<dl>
				<dt>{t("recovery.p.organisation")}</dt>
				<dd>{head.controller}</dd>
				<dt>{t("recovery.r.made")}</dt>
				<dd>{t("recovery.line.at", { at: head.at })}</dd>
				<dt>{t("recovery.p.rooms")}</dt>
				<dd>{t("recovery.r.rooms", { n: rooms.length })}</dd>
				<dt>{t("recovery.r.sum")}</dt>
				<dd><code class="sum" translate={false}>{sum}</code></dd>
			</dl>
			<p class="hint">{t("recovery.r.sum_text")}</p>
		</section>
	);
};

const Choosing = ({ onDone }: { onDone: (found: Found) => void }) => {
	const { t } = useSpeech();
	const [found, setFound] = useState<Found | null>(null);
	const [percent, tell] = useState<number | null>(null);
	const [error, setError] = useState<string | null>(null);
	const read = (file: File | undefined): void => {
		setFound(null);
		setError(null);
		if (!file) return;
		tell(0);
		const source = { size: file.size, read: async (from: number, to: number) => new Uint8Array(await file.slice(from, to).arrayBuffer()) };
		void scan(source, (done) => tell(Math.floor((100 * done) / file.size))).then(setFound, () => setError(t("recovery.r.error.file"))).finally(() => tell(null));
	};
	const next = (): void => (found ? onDone(found) : setError(t("recovery.r.error.choose")));
	return (
		<>
			<Title>{t("recovery.r.title")}</Title>
			<p class="lead">{t("recovery.r.what")}</p>
			{navigator.onLine && <Notice kind="warning"><p>{t("recovery.p.online")}</p></Notice>}
			<label class="field">
				<span>{t("recovery.r.file")}</span>
				<input type="file" accept=".jsonl,application/jsonl" disabled={percent !== null} onChange={(event) => read(event.currentTarget.files?.[0])} />
			</label>
			<div role="status">{percent !== null && <p>{t("recovery.r.reading", { percent })}</p>}</div>
			{found && <About found={found} />}
			{error && <Notice kind="error"><p>{error}</p></Notice>}
			<Button main onClick={next}>{t("recovery.p.continue")}</Button>
		</>
	);
};

/** One piece of work at a time, and what went wrong with it. */
const useWork = () => {
	const [busy, setBusy] = useState(false);
	const [failed, fail] = useState(false);
	const work = (does: () => Promise<void>): void => {
		setBusy(true);
		fail(false);
		void does().catch(() => fail(true)).finally(() => setBusy(false));
	};
	return { busy, failed, work };
};

const One = ({ room, of, onBack }: { room: OpenedRoom; of: Reading; onBack: () => void }) => {
	const { t, language } = useSpeech();
	const [lost, lose] = useState<number | null>(null);
	const { busy, failed, work } = useWork();
	const { told, files, keys } = room;
	const blocks = useMemo(() => {
		const listed = files.map((one) => listedAs(one, ""));
		return [...blocksOf(speaking(language, ownZone()), { room: roomCard(of.found.head, room, language), told, files: listed, inside: false })].slice(1);
	}, [room, language]);
	const keep = (): void => work(async () => {
		const made = await roomArchive(of.found.head, room, language);
		lose(made.lost);
		save(`luotsi-${room.at.room.slice(0, 8)}.zip`, made.zip);
	});
	return (
		<article>
			<Title>{t("recovery.r.room", { at: room.at.created_at })}</Title>
			{keys.opened < keys.of && <Notice kind="warning"><p>{t("recovery.p.found", { found: keys.opened, wanted: keys.of })} {t("recovery.r.missing")}</p></Notice>}
			<div class="row">
				<Button main busy={busy} onClick={keep}>{t("recovery.r.save")}</Button>
				<Button onClick={onBack}>{t("recovery.r.back")}</Button>
			</div>
			{failed && <Notice kind="error"><p>{t("recovery.r.error.save")}</p></Notice>}
			<div role="status">
				{lost === 0 && <p>{t("recovery.r.saved")}</p>}
				{lost !== null && lost > 0 && <p>{t("recovery.r.saved_without", { n: lost })}</p>}
			</div>
			<Blocks blocks={blocks} />
		</article>
	);
};

const Rooms = ({ reading, last, onOpen, onSheets }: { reading: Reading; last: string | null; onOpen: (room: OpenedRoom) => void; onSheets: () => void }) => {
	const { t, language } = useSpeech();
	const [most, show] = useState(MOST_SHOWN);
	const { busy, failed, work } = useWork();
	const { rooms } = reading.found;
	const open = (at: RoomAt): void => work(async () => onOpen(await reading.room(at, language)));
	return (
		<>
			<Title>{t("recovery.p.rooms")}</Title>
			<p>{rooms.length === 0 ? t("recovery.r.none") : t("recovery.r.rooms_text")}</p>
			{failed && <Notice kind="error"><p>{t("recovery.r.error.room")}</p></Notice>}
			<ul class="sessions">
				{rooms.slice(0, most).map((one, n) => (
					<li key={one.room}>
						<div>
							<strong>{t("recovery.r.nth", { n: n + 1 })}</strong>
							<span>{t("recovery.r.line", { created: one.created_at, last: one.last_at })}{one.room === last ? ` ${t("recovery.r.seen")}` : ""}</span>
						</div>
						<button type="button" class="button plain small" disabled={busy} aria-label={t("recovery.r.read_nth", { n: n + 1 })} onClick={() => open(one)}>{t("recovery.r.read")}</button>
					</li>
				))}
			</ul>
			<div role="status">{busy && <p>{t("recovery.r.opening")}</p>}</div>
			{most < rooms.length && <Button onClick={() => show(most + MOST_SHOWN)}>{t("recovery.r.more", { n: rooms.length - most })}</Button>}
			<p>{t("recovery.r.sheets_text")}</p>
			<Button onClick={onSheets}>{t("recovery.r.sheets")}</Button>
		</>
	);
};

const Steps = () => {
	const { t } = useSpeech();
	const [found, find] = useState<Found | null>(null);
	const [reading, read] = useState<Reading | null>(null);
	const [room, open] = useState<OpenedRoom | null>(null);
	const [last, leave] = useState<string | null>(null);
	const [asking, ask] = useState(true);
	if (typeof crypto !== "object" || typeof crypto.subtle !== "object") return <Notice kind="error"><p>{t("recovery.p.unable")}</p></Notice>;
	if (!found) return <Choosing onDone={find} />;
	const opened = (by: Reading): void => {
		read(by);
		ask(false);
	};
	if (asking || !reading) return <Sheets open={(texts) => openReturned(found, texts, reading)} onDone={opened} />;
	const back = (): void => {
		leave(room?.at.room ?? null);
		open(null);
	};
	return room ? <One key={room.at.room} room={room} of={reading} onBack={back} /> : <Rooms reading={reading} last={last} onOpen={open} onSheets={() => ask(true)} />;
};

const Page = () => {
	const [language, setLanguage] = useState(firstLanguage);
	const speech = speechOf(language);
	useEffect(() => {
		document.documentElement.lang = language;
		document.title = `${speech.t("recovery.r.title")} \u2013 Luotsi`;
	}, [language]);
	return (
		<Spoken.Provider value={speech}>
			<main class="offline">
				<header>
					<strong>Luotsi</strong>
					<span class="languages">
						{LANGUAGES.map(([one, name]) => (
							<button key={one} type="button" class="button quiet small" lang={one} aria-pressed={one === language} onClick={() => setLanguage(one)}>{name}</button>
						))}
					</span>
				</header>
				<Steps />
			</main>
		</Spoken.Provider>
	);
};

render(<Page />, document.body);
