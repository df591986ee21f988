// A file looked at without leaving the page: pictures, text, and PDF pages that a worker has drawn. Everything else is saved. The file was
// checked to its last byte before anything here sees it.

import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type { FileView, Id } from "../../client/api.js";
import { HEAD_SIZE, pictureSize } from "../../client/files-picture.js";
import { engine, wordOf } from "../engine.js";
import { Button, Dialog, Loading, Notice } from "../parts.js";
import { use, useSpeech } from "../state.js";
import { Progress, save, Stop } from "./parts.js";
import { openPdf, type DrawnPage, type Pdf } from "./pdf.js";
import { LONGEST } from "./picture.js";
import { fileSentence } from "./sentences.js";

export type Looked = Pick<FileView, "id" | "name" | "family" | "media" | "about">;

const MOST_TEXT = 500_000;

const isShowable = async (file: Blob, media: string): Promise<boolean> => {
	const size = pictureSize(media, new Uint8Array(await file.slice(0, HEAD_SIZE).arrayBuffer()));
	return typeof size !== "string" && Math.max(size.width, size.height) <= LONGEST;
};

const Picture = ({ file, of }: { file: Blob; of: Looked }) => {
	const { t } = useSpeech();
	const [address, setAddress] = useState<string | null>(null);
	const [bad, setBad] = useState(false);
	const { steps, frame } = useZoom(of.name);
	useEffect(() => {
		const url = URL.createObjectURL(new Blob([file], { type: of.media }));
		void isShowable(file, of.media).then((good) => (good ? setAddress(url) : setBad(true)));
		return () => URL.revokeObjectURL(url);
	}, [file]);
	if (bad) return <Notice kind="warning"><p>{t("files.look_picture_bad")}</p></Notice>;
	if (!address) return <Loading text={t("files.opening")} />;
	return (
		<>
			{steps}
			{frame(<img class="look-picture" src={address} alt={of.about || of.name} onError={() => setBad(true)} />)}
		</>
	);
};

const readText = async (file: Blob): Promise<string> => {
	const bytes = await file.slice(0, MOST_TEXT).arrayBuffer();
	try {
		return new TextDecoder("utf-8", { fatal: file.size <= MOST_TEXT }).decode(bytes);
	} catch {
		return new TextDecoder("windows-1252").decode(bytes);
	}
};

const PlainText = ({ file, of }: { file: Blob; of: Looked }) => {
	const { t } = useSpeech();
	const [text, setText] = useState<string | null>(null);
	useEffect(() => void readText(file).then(setText), [file]);
	if (text === null) return <Loading text={t("files.opening")} />;
	return (
		<>
			<div class="look-text" dir="auto" tabIndex={0} role="region" aria-label={of.name}>{text}</div>
			{file.size > MOST_TEXT && <p>{t("files.look_text_cut")}</p>}
		</>
	);
};

interface StepsProps {
	label: string;
	less: string;
	more: string;
	says: string;
	at: number;
	last: number;
	onChange: (at: number) => void;
}

/** One step back or on, from 1 to the last. The ends are not disabled: who came there by keys would lose their place. */
const Steps = ({ label, less, more, says, at, last, onChange }: StepsProps) => (
	<div class="row look-steps" role="group" aria-label={label}>
		<button type="button" class="button plain small" aria-disabled={at <= 1 || undefined} onClick={() => onChange(Math.max(1, at - 1))}>{less}</button>
		<span role="status">{says}</span>
		<button type="button" class="button plain small" aria-disabled={at >= last || undefined} onClick={() => onChange(Math.min(last, at + 1))}>{more}</button>
	</div>
);

const ZOOMS = [1, 1.5, 2, 3] as const;

/** Nearer and further; what does not fit is moved by scrolling, by touch and by keys. */
const useZoom = (name: string) => {
	const { t, format } = useSpeech();
	const [at, setAt] = useState(1);
	const zoom = ZOOMS[at - 1] ?? 1;
	return {
		zoom,
		steps: <Steps label={t("files.zoom")} less={t("files.zoom_out")} more={t("files.zoom_in")} says={`${format.number(zoom * 100)} %`} at={at} last={ZOOMS.length} onChange={setAt} />,
		frame: (inside: ComponentChildren) => <div class="look-frame" data-zoom={at} tabIndex={at > 1 ? 0 : undefined} role="region" aria-label={name}>{inside}</div>,
	};
};

/** One page at a time, as wide as the place for it, times the zoom. */
const usePage = (pdf: Pdf | null, page: number, zoom: number, place: { current: HTMLElement | null }) => {
	const [drawn, setDrawn] = useState<DrawnPage | null>(null);
	const [word, setWord] = useState<string | null>(null);
	useEffect(() => {
		let gone = false;
		if (!pdf) return;
		setWord(null);
		const width = Math.round((place.current?.clientWidth ?? 800) * zoom * Math.min(devicePixelRatio, 2));
		pdf.draw(page, width).then((one) => !gone && setDrawn(one), (thrown: unknown) => !gone && setWord(wordOf(thrown)));
		return () => void (gone = true);
	}, [pdf, page, zoom]);
	return { drawn, word };
};

const Canvas = ({ drawn, label }: { drawn: DrawnPage; label: string }) => {
	const canvas = useRef<HTMLCanvasElement>(null);
	useEffect(() => {
		const to = canvas.current;
		if (!to) return;
		to.width = drawn.picture.width;
		to.height = drawn.picture.height;
		to.getContext("2d")?.drawImage(drawn.picture, 0, 0);
	}, [drawn]);
	return <canvas class="look-page" ref={canvas} role="img" aria-label={label} />;
};

const Pages = ({ file, of }: { file: Blob; of: Looked }) => {
	const { t } = useSpeech();
	const [pdf, setPdf] = useState<Pdf | null>(null);
	const [failed, setFailed] = useState<string | null>(null);
	const [page, setPage] = useState(1);
	const place = useRef<HTMLDivElement>(null);
	const { zoom, steps, frame } = useZoom(of.name);
	const { drawn, word } = usePage(pdf, page, zoom, place);
	useEffect(() => {
		let opened: Pdf | undefined;
		let gone = false;
		openPdf(file).then((one) => {
			opened = one;
			if (gone) one.close();
			else setPdf(one);
		}, (thrown: unknown) => setFailed(wordOf(thrown)));
		return () => {
			gone = true;
			opened?.close();
		};
	}, [file]);
	const bad = failed ?? word;
	const label = t("files.page_of", { page: String(page), pages: String(pdf?.pages ?? 1) });
	return (
		<div ref={place} class="look-pages">
			{bad && <Notice kind="warning"><p>{fileSentence(t, bad)}</p></Notice>}
			{!bad && !drawn && <Loading text={t("files.opening")} />}
			{pdf && pdf.pages > 1 && (
				<Steps label={t("files.pages")} less={t("files.page_before")} more={t("files.page_next")} says={label} at={page} last={pdf.pages} onChange={setPage} />
			)}
			{drawn && !bad && steps}
			{drawn && !bad && frame(<Canvas drawn={drawn} label={label} />)}
			{drawn && !bad && drawn.text.trim() !== "" && <p class="vh">{drawn.text}</p>}
		</div>
	);
};

const Shown = ({ file, of }: { file: Blob; of: Looked }) => {
	const { t } = useSpeech();
	if (of.family === "picture") return <Picture file={file} of={of} />;
	if (of.family === "text") return <PlainText file={file} of={of} />;
	if (of.family === "pdf") return <Pages file={file} of={of} />;
	return <p>{t("files.look_not")}</p>;
};

export const Look = ({ room, of, onClose }: { room: Id; of: Looked; onClose: () => void }) => {
	const { t } = useSpeech();
	const [file, setFile] = useState<Blob | null>(null);
	const [word, setWord] = useState<string | null>(null);
	const transfer = use((all) => all.transfers[room]?.find((one) => one.id === of.id));
	useEffect(() => {
		engine().work("fetchFile", room, of.id).then(setFile, (thrown: unknown) => setWord(wordOf(thrown)));
		return () => void engine().work("cancelFile", room, of.id).catch(() => undefined);
	}, [of.id]);
	useEffect(() => {
		if (word === "cancelled") onClose();
	}, [word]);
	return (
		<Dialog title={of.name} onClose={onClose} wide>
			{word && word !== "cancelled" && <Notice kind="error"><p>{fileSentence(t, word)}</p></Notice>}
			{!word && !file && (
				<div class="row" role="status">
					{transfer ? <><Progress of={transfer} /><Stop of={transfer} /></> : <Loading text={t("files.opening")} />}
				</div>
			)}
			{file && (
				<>
					{of.about && <p>{of.about}</p>}
					<Shown file={file} of={of} />
					<div class="row">
						<Button kind="main" onClick={() => save(file, of.name)}>{t("files.save")}</Button>
						<Button onClick={onClose}>{t("files.close")}</Button>
					</div>
				</>
			)}
		</Dialog>
	);
};
