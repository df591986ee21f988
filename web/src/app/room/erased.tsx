// In the place of what a rule of retention has erased: who wrote it, and when it went.

import type { MessageView } from "../../client/api.js";
import { useSpeech } from "../state.js";
import { Author } from "./message.js";

export const Erased = ({ message }: { message: MessageView }) => {
	const { t, format } = useSpeech();
	return (
		<div class={`message ${message.mine ? "mine" : "theirs"}`}>
			<div class="bubble">
				<Author message={message} />
				<p class="deleted">{t("message.erased", { day: format.date(message.erased ?? 0) })}</p>
			</div>
		</div>
	);
};
