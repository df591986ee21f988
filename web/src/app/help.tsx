// How this is protected, and what it does not protect against: the threat table of the plans, in plain words.

import { Button, PageTitle } from "./parts.js";
import { goTo } from "./route.js";
import { useSpeech } from "./state.js";
import type { PlainKey } from "../text/text.js";

const Part = ({ title, lines }: { title: PlainKey; lines: readonly PlainKey[] }) => {
	const { t } = useSpeech();
	return (
		<section>
			<h2>{t(title)}</h2>
			<ul class="plain-list">{lines.map((line) => <li key={line}>{t(line)}</li>)}</ul>
		</section>
	);
};

export const Help = () => {
	const { t } = useSpeech();
	return (
		<article class="help">
			<PageTitle>{t("help.title")}</PageTitle>
			<p class="lead">{t("promise.one")} {t("promise.two")} {t("promise.three")}</p>
			<Part title="help.how" lines={["help.how_browser", "help.how_readers", "help.how_signed", "help.how_lock"]} />
			<Part title="help.organisation" lines={["help.organisation_recovery", "help.organisation_seen", "help.organisation_admin"]} />
			<Part title="help.sees" lines={["help.sees_who", "help.sees_when", "help.sees_not"]} />
			<Part title="help.limits" lines={["help.limits_code", "help.limits_passphrase", "help.limits_first", "help.limits_forward", "help.limits_quantum", "help.limits_other", "help.limits_erased"]} />
			<Part title="help.you" lines={["help.you_code", "help.you_shared", "help.you_exit", "help.you_lost"]} />
			<Button kind="main" onClick={() => goTo("home")}>{t("help.back")}</Button>
		</article>
	);
};
