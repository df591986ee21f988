// What was chosen, before it goes: each file looked into, pictures shown as they will be sent, what cannot be sent with the reason why.

import { useEffect, useState } from "preact/hooks";
import type { Id } from "../../client/api.js";
import { cleanName } from "../../client/files-types.js";
import { engine } from "../engine.js";
import { Button, Dialog, Field, Loading, Notice, useAct } from "../parts.js";
import { useSpeech } from "../state.js";
import { FileIcon, useSize } from "./parts.js";
import { prepare, type Ready, type WhyNot } from "./picture.js";
import { fileSentence } from "./sentences.js";

interface Chosen {
	readonly given: File;
	/** Undefined while it is looked into. */
	readonly ready: Ready | WhyNot | undefined;
	readonly about: string;
}

const Preview = ({ file, alt }: { file: Blob; alt: string }) => {
	const [address, setAddress] = useState<string | null>(null);
	useEffect(() => {
		const url = URL.createObjectURL(file);
		setAddress(url);
		return () => URL.revokeObjectURL(url);
	}, [file]);
	return address === null ? null : <img class="file-preview" src={address} alt={alt} />;
};

const ReadyFile = ({ name, ready, about, onAbout }: { name: string; ready: Ready; about: string; onAbout: (text: string) => void }) => {
	const { t } = useSpeech();
	const size = useSize();
	const picture = ready.type.family === "picture";
	return (
		<>
			<div class="file-face">
				{picture ? <Preview file={ready.file} alt={t("files.preview_alt", { name })} /> : <FileIcon of={ready.type.family} />}
				<div>
					<p class="file-name"><bdi>{name}</bdi></p>
					<p class="hint">{t(`files.kind.${ready.type.family}`)}, {size(ready.file.size)}</p>
					{picture && <p class="hint">{t("files.stripped", { width: String(ready.width), height: String(ready.height) })}</p>}
				</div>
			</div>
			{picture && <Field label={t("files.about")} hint={t("files.about_hint")} value={about} onInput={onAbout} rows={2} maxLength={500} />}
		</>
	);
};

interface RowProps {
	one: Chosen;
	onAbout: (text: string) => void;
	onDrop: () => void;
}

const Row = ({ one, onAbout, onDrop }: RowProps) => {
	const { t } = useSpeech();
	const { ready, given, about } = one;
	const shown = given.name.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, "").slice(0, 120) || t("files.unnamed");
	const name = typeof ready === "object" ? cleanName(given.name, ready.type, t("files.unnamed")) : shown;
	return (
		<li class="file-row">
			{ready === undefined && <Loading text={t("files.preparing", { name })} />}
			{typeof ready === "string" && <Notice kind="warning" title={name}><p>{fileSentence(t, ready)}</p></Notice>}
			{typeof ready === "object" && <ReadyFile name={name} ready={ready} about={about} onAbout={onAbout} />}
			<Button small kind="quiet" label={t("files.leave_out_name", { name })} onClick={onDrop}>{t("files.leave_out")}</Button>
		</li>
	);
};

/** One after another: two large pictures at once may be more than a telephone holds. */
const usePrepared = (files: readonly File[]) => {
	const [all, setAll] = useState<readonly Chosen[]>(() => files.map((given) => ({ given, ready: undefined, about: "" })));
	const change = (given: File, piece: Partial<Chosen>): void => setAll((old) => old.map((one) => (one.given === given ? { ...one, ...piece } : one)));
	useEffect(() => {
		let gone = false;
		const run = async (): Promise<void> => {
			for (const given of files) {
				const ready = await prepare(given).catch((): WhyNot => "broken");
				if (gone) return;
				change(given, { ready });
			}
		};
		void run();
		return () => void (gone = true);
	}, []);
	return { all, change, drop: (given: File) => setAll((old) => old.filter((one) => one.given !== given)) };
};

export const Choosing = ({ room, files, onClose }: { room: Id; files: readonly File[]; onClose: () => void }) => {
	const { t } = useSpeech();
	const { all, change, drop } = usePrepared(files);
	const sending = useAct();
	const ready = all.flatMap(({ given, ready: one, about }) => (typeof one === "object" ? [{ given, file: one.file, about }] : []));
	const waiting = all.some((one) => one.ready === undefined);
	useEffect(() => {
		if (all.length === 0) onClose();
	}, [all.length]);
	const send = (): void =>
		void sending.act(async () => {
			for (const { given, file, about } of ready) await engine().work("sendFile", room, file, { name: given.name, about: about.trim(), without: t("files.unnamed") });
		}).then((done) => done && onClose());
	return (
		<Dialog title={t("files.send_title", { n: all.length })} onClose={onClose} wide>
			<ul class="file-list">
				{all.map((one) => <Row key={one.given} one={one} onAbout={(about) => change(one.given, { about })} onDrop={() => drop(one.given)} />)}
			</ul>
			{sending.word && <Notice kind="error"><p>{fileSentence(t, sending.word)}</p></Notice>}
			<p class="hint">{t("files.sealed_here")}</p>
			<div class="row">
				<Button kind="main" icon="send" busy={sending.busy} disabled={waiting || ready.length === 0} onClick={send}>{t("files.send", { n: ready.length })}</Button>
				<Button onClick={onClose}>{t("files.do_not_send")}</Button>
			</div>
		</Dialog>
	);
};
