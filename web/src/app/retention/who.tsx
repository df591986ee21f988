// Whoever did a step: oneself, or enough of an id to tell one from another.

import { use, useSpeech } from "../state.js";
import { shortId } from "./data.js";

export const Who = ({ id }: { id: string | undefined }) => {
	const { t } = useSpeech();
	const me = use((all) => all.self?.user);
	if (id === undefined) return <span>{t("event.service")}</span>;
	return id === me ? <span>{t("event.you")}</span> : <code title={id}>{shortId(id)}</code>;
};
