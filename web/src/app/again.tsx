// What could not be had, and the way to ask for it again.

import { Button, Notice } from "./parts.js";
import { useSpeech } from "./state.js";

export const Again = ({ error, onAgain }: { error: string | null; onAgain: () => void }) => {
	const { t } = useSpeech();
	return error === null ? null : (
		<Notice kind="error">
			<p>{error}</p>
			<Button small onClick={onAgain}>{t("loading.again")}</Button>
		</Notice>
	);
};
