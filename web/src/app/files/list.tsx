// All files of the room, newest first.

import { useEffect, useState } from "preact/hooks";
import type { FileView, Id } from "../../client/api.js";
import { engine } from "../engine.js";
import type { BesideProps } from "../beside.js";
import { Button, Dialog, Loading, Notice, useAct } from "../parts.js";
import { use, useSpeech } from "../state.js";
import { FileActs, FileFace } from "./card.js";

const FILE = 5;

const Row = ({ room, file }: { room: Id; file: FileView }) => {
	const { t, format } = useSpeech();
	const who = file.mine ? t("message.me") : file.senderName || t("room.somebody");
	return (
		<li class="file-row">
			<p class="hint">{who}, {format.date(file.at)} {format.time(file.at)}</p>
			{file.state === "here" && (
				<>
					<FileFace name={file.name} family={file.family} size={file.size} about={file.about} />
					<FileActs room={room} of={file} size={file.size} />
				</>
			)}
			{file.state === "locked" && <p>{t("files.list_locked")}</p>}
			{file.state === "doubtful" && <p>{t("files.doubtful")}</p>}
		</li>
	);
};

export const FileList = ({ view: { room }, onClose }: BesideProps) => {
	const { t } = useSpeech();
	const timeline = use((all) => all.timeline);
	const [files, setFiles] = useState<readonly FileView[] | null>(null);
	const [more, setMore] = useState(true);
	const loading = useAct();
	const bring = async (): Promise<void> => setFiles((await engine().work("files", room, t("files.unnamed"))).filter((one) => one.state !== "deleted"));
	const older = (): void =>
		void loading.act(async () => {
			setMore((await engine().work("olderItems", room, [FILE])).more);
			await bring();
		});
	useEffect(older, [room]);
	useEffect(() => void (files && bring().catch(() => undefined)), [timeline]);
	return (
		<Dialog title={t("room.files")} onClose={onClose} wide>
			{!files && !loading.error && <Loading text={t("files.opening")} />}
			{loading.error && <Notice kind="error"><p>{loading.error}</p></Notice>}
			{files?.length === 0 && <p>{t("files.list_empty")}</p>}
			<ul class="file-list">{(files ?? []).map((file) => <Row key={file.id} room={room} file={file} />)}</ul>
			{files && more && <Button busy={loading.busy} onClick={older}>{t("files.list_more")}</Button>}
		</Dialog>
	);
};
