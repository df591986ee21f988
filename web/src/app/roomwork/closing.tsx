// Before a room is closed: its summary, unless the room has one.

import type { RoomView } from "../../client/api.js";
import { Loading } from "../parts.js";
import { useSpeech } from "../state.js";
import { Writing } from "./summary.js";
import { useWorking } from "./use-work.js";

export const Closing = ({ view }: { view: RoomView }) => {
	const { t } = useSpeech();
	const working = useWorking(view.room);
	if (working.failed) return null; // closing goes without it
	if (!working.work) return <Loading text={t("loading.page")} />;
	return (
		<section aria-label={t("plan.summary")}>
			<p>{t(working.work.summary ? "plan.closing_given" : "plan.closing_asked")}</p>
			<Writing working={working} />
		</section>
	);
};
