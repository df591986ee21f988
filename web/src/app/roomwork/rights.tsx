// For the client, in the room's details: that staff may keep notes, what the topics are, and how to take everything out.

import { useState } from "preact/hooks";
import type { RoomView } from "../../client/api.js";
import { TakeOut } from "../export/take-out.js";
import { Button } from "../parts.js";
import { useSpeech } from "../state.js";
import { Topics } from "./topics.js";

export const Rights = ({ view }: { view: RoomView }) => {
	const { t } = useSpeech();
	const [taking, take] = useState(false);
	return (
		<>
			<section>
				<h3>{t("takeout.title")}</h3>
				<p>{t("takeout.lead")}</p>
				<Button onClick={() => take(true)}>{t("takeout.open")}</Button>
				{taking && <TakeOut view={view} onClose={() => take(false)} />}
			</section>
			<section>
				<h3>{t("plan.notes_client")}</h3>
				<p>{t("plan.notes_client_text")}</p>
				<p>{t("plan.notes_rights", { organisation: view.controller })}</p>
			</section>
			<Topics room={view.room} may={false} />
		</>
	);
};
