// In the place of a message that could not be verified: without its content.

import { Icon } from "../parts.js";
import { useSpeech } from "../state.js";

export const Quarantined = ({ why }: { why: string }) => {
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
