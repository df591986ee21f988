// What an organisation's admin and data protection officer look after for the people it knows: each part comes when it is asked for.

import type { FunctionComponent } from "preact";
import { useState } from "preact/hooks";
import { Lazy } from "../lazy.js";
import { Button } from "../parts.js";
import { useSpeech } from "../state.js";

type Part = "office" | "record" | "breaches";
const PARTS: Readonly<Record<Part, () => Promise<FunctionComponent>>> = {
	office: async () => (await import("./requests.js")).Requests,
	record: async () => (await import("./record.js")).ProcessingRecord,
	breaches: async () => (await import("./breaches.js")).Breaches,
};

export const RightsDesk = () => {
	const { t } = useSpeech();
	const [shown, show] = useState<Part | null>(null);
	return (
		<>
			{(Object.keys(PARTS) as Part[]).map((part) => (
				<section key={part}>
					<h2>{t(`rights.${part}`)}</h2>
					<p>{t(`rights.${part}_text`)}</p>
					<Button small label={t(shown === part ? "rights.hide_name" : "rights.show_part", { name: t(`rights.${part}`) })} onClick={() => show(shown === part ? null : part)}>{t(shown === part ? "rights.hide" : "rights.show")}</Button>
					{shown === part && <div class="shown"><Lazy load={PARTS[part]} props={{}} /></div>}
				</section>
			))}
		</>
	);
};
