// What an organisation's admin and data protection officer look after for the people it knows: each part comes when it is asked for.

import type { FunctionComponent } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { Lazy } from "../lazy.js";
import { Button } from "../parts.js";
import { useSpeech } from "../state.js";

export type Part = "office" | "record" | "breaches";
const PARTS: Readonly<Record<Part, () => Promise<FunctionComponent>>> = {
	office: async () => (await import("./requests.js")).Requests,
	record: async () => (await import("./record.js")).ProcessingRecord,
	breaches: async () => (await import("./breaches.js")).Breaches,
};

/** wanted: a part that is asked for from elsewhere on the page; another one each time. */
export const RightsDesk = ({ wanted }: { wanted: { readonly part: Part } | null }) => {
	const { t } = useSpeech();
	const [shown, show] = useState<Part | null>(null);
	const heads = useRef<Partial<Record<Part, HTMLHeadingElement | null>>>({});
	useEffect(() => {
		if (!wanted) return;
		show(wanted.part);
		heads.current[wanted.part]?.focus();
	}, [wanted]);
	return (
		<>
			{(Object.keys(PARTS) as Part[]).map((part) => (
				<section key={part}>
					<h2 ref={(made) => void (heads.current[part] = made)} tabIndex={-1}>{t(`rights.${part}`)}</h2>
					<p>{t(`rights.${part}_text`)}</p>
					<Button small label={t(shown === part ? "rights.hide_name" : "rights.show_part", { name: t(`rights.${part}`) })} onClick={() => show(shown === part ? null : part)}>{t(shown === part ? "rights.hide" : "rights.show")}</Button>
					{shown === part && <div class="shown"><Lazy load={PARTS[part]} props={{}} /></div>}
				</section>
			))}
		</>
	);
};
