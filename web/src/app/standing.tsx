// Pages for those who cannot go on by themselves, or whose account is for something else: what to do next, in plain words.

import { beginAgain } from "./engine.js";
import { Button, PageTitle } from "./parts.js";
import { goTo } from "./route.js";
import { use, useSpeech } from "./state.js";

export const NotCertified = () => {
	const { t } = useSpeech();
	return (
		<>
			<PageTitle>{t("certify.title")}</PageTitle>
			<p class="lead">{t("certify.text")}</p>
			<ol>
				<li>{t("certify.do")}</li>
				<li>{t("certify.then")}</li>
			</ol>
		</>
	);
};

export const Administrator = () => {
	const { t } = useSpeech();
	return (
		<>
			<PageTitle>{t("admin.title")}</PageTitle>
			<p class="lead">{t("admin.text")}</p>
		</>
	);
};

export const NoRooms = () => {
	const { t } = useSpeech();
	return (
		<section class="empty page">
			<PageTitle>{t("empty.title")}</PageTitle>
			<p>{t("empty.text")}</p>
			<p>{t("empty.how")}</p>
		</section>
	);
};

export const Ended = () => {
	const { t } = useSpeech();
	const why = use((all) => all.ended) ?? "signed_out";
	return (
		<>
			<PageTitle>{t("ended.title")}</PageTitle>
			<p>{t(`ended.${why}`)}</p>
			<p>{t("ended.close")}</p>
			<Button kind="main" onClick={() => void beginAgain()}>{t("ended.again")}</Button>
		</>
	);
};

export const Unknown = () => {
	const { t } = useSpeech();
	return (
		<>
			<PageTitle>{t("unknown.title")}</PageTitle>
			<p>{t("unknown.text")}</p>
			<Button kind="main" onClick={() => goTo("home")}>{t("unknown.home")}</Button>
		</>
	);
};
