// Nothing opens: where to look once more, whom to tell, and the way to new keys.

import { useState } from "preact/hooks";
import { Button, PageTitle } from "../parts.js";
import { use, useSpeech } from "../state.js";
import { Reset } from "./reset.js";

export const Lost = ({ onBack }: { onBack: () => void }) => {
	const { t } = useSpeech();
	const client = use((all) => all.self?.role === "client");
	const [sure, setSure] = useState(false);
	if (sure) return <Reset onBack={onBack} />;
	return (
		<>
			<PageTitle>{t("lost.title")}</PageTitle>
			<p class="lead">{t("lost.text")}</p>
			<ol>
				<li>{t("lost.look")}</li>
				<li>{client ? t("lost.client") : t("lost.staff")}</li>
			</ol>
			<p>{t("lost.send")}</p>
			<p>{t("lost.reset_text")}</p>
			<div class="row">
				<Button kind="main" onClick={onBack}>{t("lost.back")}</Button>
				<Button onClick={() => setSure(true)}>{t("lost.reset")}</Button>
			</div>
		</>
	);
};
