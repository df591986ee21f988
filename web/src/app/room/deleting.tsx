// The question before a message is deleted.

import type { MessageView } from "../../client/api.js";
import { engine } from "../engine.js";
import { Button, Dialog, Notice, useAct } from "../parts.js";
import { useSpeech } from "../state.js";

export const Deleting = ({ message, onClose }: { message: MessageView; onClose: () => void }) => {
	const { t } = useSpeech();
	const removing = useAct();
	const remove = (): void => void removing.act(() => engine().remove(message.room, message.id)).then((done) => done && onClose());
	return (
		<Dialog title={t("delete.title")} onClose={onClose}>
			<p>{t("delete.text")}</p>
			<blockquote>{message.text.slice(0, 200)}</blockquote>
			{removing.error && <Notice kind="error"><p>{removing.error}</p></Notice>}
			<div class="row">
				<Button kind="danger" busy={removing.busy} onClick={remove}>{t("delete.yes")}</Button>
				<Button onClick={onClose}>{t("delete.no")}</Button>
			</div>
		</Dialog>
	);
};
