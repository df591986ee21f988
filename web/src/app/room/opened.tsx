// A room that the organisation opened by its recorded procedure: told to every member, in the room and among its details.

import type { OpeningView } from "../../client/api.js";
import { Notice } from "../plain.js";
import { useSpeech } from "../state.js";

const REASONS = ["lost", "left", "law", "other"] as const;

const What = ({ opening }: { opening: OpeningView }) => {
	const { t } = useSpeech();
	const reason = REASONS[opening.reason - 1] ?? "other";
	return (
		<dl class="opening">
			<dt>{t("recovery.line.when")}</dt>
			<dd>{t("recovery.line.at", { at: opening.at })}</dd>
			<dt>{t("recovery.line.why")}</dt>
			<dd>{t(`recovery.reason.${reason}`)} <q dir="auto">{opening.words}</q></dd>
			<dt>{t("recovery.line.officers")}</dt>
			<dd dir="auto">{opening.officers}</dd>
			<dt>{t("recovery.line.what")}</dt>
			<dd>{opening.all ? t("recovery.line.all", { who: opening.who || t("room.somebody") }) : t("recovery.line.part", { who: opening.who || t("room.somebody"), from: opening.from, until: opening.until })}</dd>
		</dl>
	);
};

export const Opened = ({ opening }: { opening: OpeningView }) => {
	const { t } = useSpeech();
	return <Notice kind="warning" title={t("recovery.line.title")}><What opening={opening} /></Notice>;
};

export const Openings = ({ openings }: { openings: readonly OpeningView[] }) => {
	const { t } = useSpeech();
	return (
		<>
			<h4>{t("recovery.line.list", { n: openings.length })}</h4>
			{openings.map((opening, at) => <What key={at} opening={opening} />)}
		</>
	);
};
