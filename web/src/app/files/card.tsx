// A file in the conversation: who sent it, what it is, and what can be done with it.

import { useState } from "preact/hooks";
import type { FileView, Id, MessageView } from "../../client/api.js";
import { readManifest, type Manifest } from "../../client/files-manifest.js";
import type { Bytes } from "../../seal/bytes.js";
import { engine } from "../engine.js";
import { Button, Dialog, Icon, Menu, Notice, useAct } from "../parts.js";
import { Author, Standing } from "../room/message.js";
import { use, useSpeech } from "../state.js";
import { Look, type Looked } from "./look.js";
import { FileIcon, Progress, save, Stop, useSize } from "./parts.js";
import { fileSentence } from "./sentences.js";

const LOOKED_AT = new Set(["picture", "text", "pdf"]);

const Removing = ({ room, of, onClose }: { room: Id; of: Looked; onClose: () => void }) => {
	const { t } = useSpeech();
	const removing = useAct();
	const remove = (): void => void removing.act(() => engine().work("removeItem", room, of.id)).then((done) => done && onClose());
	return (
		<Dialog title={t("files.remove_title")} onClose={onClose}>
			<p><bdi>{of.name}</bdi></p>
			<p>{t("files.remove_text")}</p>
			{removing.error && <Notice kind="error"><p>{removing.error}</p></Notice>}
			<div class="row">
				<Button kind="danger" busy={removing.busy} onClick={remove}>{t("files.remove_yes")}</Button>
				<Button onClick={onClose}>{t("files.remove_no")}</Button>
			</div>
		</Dialog>
	);
};

interface ActsProps {
	room: Id;
	of: Looked;
	size: number;
}

/** Look and save; also of the list. */
export const FileActs = ({ room, of }: ActsProps) => {
	const { t } = useSpeech();
	const [looking, look] = useState(false);
	const saving = useAct();
	const transfer = use((all) => all.transfers[room]?.find((one) => one.id === of.id));
	const fetched = async (): Promise<void> => save(await engine().work("fetchFile", room, of.id), of.name);
	return (
		<>
			<div class="file-acts">
				{LOOKED_AT.has(of.family) && <Button small label={t("files.look_name", { name: of.name })} onClick={() => look(true)}>{t("files.look")}</Button>}
				<Button small busy={saving.busy} label={t("files.save_name", { name: of.name })} onClick={() => void saving.act(fetched)}>{t("files.save")}</Button>
			</div>
			{saving.busy && transfer && !looking && <div class="file-moving"><Progress of={transfer} /><Stop of={transfer} /></div>}
			{saving.word && saving.word !== "cancelled" && <p class="field-error" role="alert">{fileSentence(t, saving.word)}</p>}
			{looking && <Look room={room} of={of} onClose={() => look(false)} />}
		</>
	);
};

export const FileFace = ({ name, family, size, about }: Pick<FileView, "name" | "family" | "size" | "about">) => {
	const { t } = useSpeech();
	const words = useSize();
	return (
		<div class="file-face">
			<FileIcon of={family} />
			<div>
				<p class="file-name"><bdi>{name}</bdi></p>
				<p class="hint">{t(`files.kind.${family}`)}, {words(size)}</p>
				{about && <p class="file-about" dir="auto">{about}</p>}
			</div>
		</div>
	);
};

const lookedOf = (message: MessageView, m: Manifest): Looked => ({ id: message.id, name: m.name, family: m.type.family, media: m.type.media, about: m.about });

const Body = ({ message, manifest }: { message: MessageView; manifest: Manifest | undefined }) => {
	const { t } = useSpeech();
	const client = use((all) => all.self?.role === "client");
	if (message.deleted) return <p class="deleted">{t("files.removed")}</p>;
	if (message.locked) return <p class="deleted"><Icon name="lock" /> {t(client ? "message.locked_client" : "message.locked_staff")}</p>;
	if (!manifest) return <p class="deleted"><Icon name="warn" /> {t("files.doubtful")}</p>;
	const { name, size, about, type } = manifest;
	return (
		<>
			<FileFace name={name} family={type.family} size={size} about={about} />
			{message.seq !== null && <FileActs room={message.room} of={lookedOf(message, manifest)} size={size} />}
		</>
	);
};

export const FileCard = ({ message }: { message: MessageView }) => {
	const { t, format } = useSpeech();
	const [removing, askRemove] = useState(false);
	const manifest = message.item?.content ? readManifest(message.item.content as Bytes, t("files.unnamed")) : undefined;
	return (
		<div class={`message ${message.mine ? "mine" : "theirs"}`}>
			<div class={`bubble file${message.locked ? " locked" : ""}`}>
				<Author message={message} />
				<Body message={message} manifest={manifest} />
				<Standing message={message} />
			</div>
			{message.mine && manifest && !message.deleted && message.seq !== null && (
				<Menu label={t("message.acts", { at: format.time(message.at) })} icon="more">
					<button type="button" onClick={() => askRemove(true)}>{t("files.remove")}</button>
				</Menu>
			)}
			{removing && manifest && <Removing room={message.room} of={lookedOf(message, manifest)} onClose={() => askRemove(false)} />}
		</div>
	);
};
