// What a person is told on every page: that something about their keys is not as it was, or that an act failed.

import { sentence } from "./engine.js";
import { Notice } from "./parts.js";
import { use, useSpeech } from "./state.js";

export const Warning = () => {
	const { t } = useSpeech();
	const warning = use((all) => all.self?.warning ?? null);
	const problem = use((all) => all.problem);
	return <Notice kind="error" title={t("warning.title")}><p>{warning ? t(`warning.${warning}`) : sentence(problem ?? "internal")}</p></Notice>;
};
