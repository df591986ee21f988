// In the place of a message whose words are not shown: it could not be verified, its key is not ours, or a rule of retention has erased it.

import type { MessageView } from "../../client/api.js";
import { Icon } from "../parts.js";
import { use, useSpeech } from "../state.js";
import { Author } from "./message.js";

const Quarantined = ({ why }: { why: string }) => {
	const { t } = useSpeech();
	return (
		<div class="quarantine">
			<p><Icon name="warn" /> <strong>{t("quarantine.title")}</strong></p>
			<p>{t("quarantine.text")}</p>
			<details>
				<summary>{t("quarantine.more")}</summary>
				<p>{t("quarantine.why", { why })}</p>
			</details>
		</div>
	);
};

/** Verified, but its key is not ours (yet): no error, nothing to worry about. */
const Locked = () => {
	const { t } = useSpeech();
	const client = use((all) => all.self?.role === "client");
	return <p class="deleted"><Icon name="lock" /> {t(client ? "message.locked_client" : "message.locked_staff")}</p>;
};

const Erased = ({ at }: { at: number }) => {
	const { t, format } = useSpeech();
	return <p class="deleted">{t("message.erased", { day: format.date(at) })}</p>;
};

export const Unshown = ({ message }: { message: MessageView }) =>
	message.quarantine ? <Quarantined why={message.quarantine} /> : (
		<div class={`message ${message.mine ? "mine" : "theirs"}`}>
			<div class={message.locked ? "bubble locked" : "bubble"}>
				<Author message={message} />
				{message.erased === undefined ? <Locked /> : <Erased at={message.erased} />}
			</div>
		</div>
	);
