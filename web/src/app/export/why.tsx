// Staff take a room out for a reason, and the room is told in the words that stand here before it is sent.

import type { Speech } from "../../text/text.js";
import { useId } from "preact/hooks";
import { useSpeech } from "../state.js";

export interface WhyTold {
	readonly reason: string;
	readonly notes: boolean;
}

export const blank: WhyTold = { reason: "", notes: false };
const MOST = 500;

export const announcement = (t: Speech["t"], { reason, notes }: WhyTold): string => t(notes ? "takeout.announce_notes" : "takeout.announce", { reason: reason.trim() });

export const Why = ({ why, onChange }: { why: WhyTold; onChange: (why: WhyTold) => void }) => {
	const { t } = useSpeech();
	const id = useId();
	return (
		<>
			<label for={id}>{t("takeout.reason")}</label>
			<p class="hint" id={`${id}-hint`}>{t("takeout.reason_hint")}</p>
			<textarea id={id} rows={3} maxLength={MOST} aria-describedby={`${id}-hint`} value={why.reason} onInput={(event) => onChange({ ...why, reason: event.currentTarget.value })} />
			<label class="check">
				<input type="checkbox" checked={why.notes} onChange={(event) => onChange({ ...why, notes: event.currentTarget.checked })} />
				<span>{t("takeout.notes")}</span>
			</label>
			<p class="hint">{t("takeout.notes_hint")}</p>
			{why.reason.trim() !== "" && (
				<figure class="takeout-told">
					<figcaption>{t("takeout.told")}</figcaption>
					<blockquote dir="auto">{announcement(t, why)}</blockquote>
				</figure>
			)}
		</>
	);
};
