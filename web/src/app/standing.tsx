// Pages for those who cannot go on by themselves, or whose account is for something else: what to do next, in plain words.

import { useEffect, useState } from "preact/hooks";
import { beginAgain, engine, openRoom } from "./engine.js";
import { Waits } from "./joining/waits.js";
import { Button, Notice, PageTitle, useAct } from "./parts.js";
import { goTo } from "./route.js";
import { use, useSpeech } from "./state.js";

/** What the administrator compares before certifying; it comes with the organisation's keys. */
const OwnCode = () => {
	const { t } = useSpeech();
	const self = use((all) => all.self);
	const [code, setCode] = useState<string | null>(null);
	const asking = useAct();
	useEffect(() => void asking.act(async () => setCode(await engine().organise("ownCode"))), [self]);
	if (asking.error) return <Notice kind="error"><p>{asking.error}</p></Notice>;
	if (code === null) return null;
	if (code === "") return <p>{t("certify.no_organisation")}</p>;
	return (
		<section class="compare" aria-label={t("certify.code")}>
			<h2>{t("certify.code")}</h2>
			<ol class="code-groups" translate={false}>{code.split(" ").map((group, at) => <li key={at}>{group}</li>)}</ol>
			<p>{t("certify.code_text")}</p>
		</section>
	);
};

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
			<OwnCode />
		</>
	);
};

const Nothing = () => {
	const { t } = useSpeech();
	return (
		<section class="empty page">
			<PageTitle>{t("empty.title")}</PageTitle>
			<p>{t("empty.text")}</p>
			<p>{t("empty.how")}</p>
		</section>
	);
};

/** A client without a room may be waiting for one. */
export const NoRooms = () => (use((all) => all.self?.role) === "client" ? <Waits otherwise={<Nothing />} /> : <Nothing />);

/** Why it does not is told above (warning.tsx). */
export const NotOpened = ({ room }: { room: string }) => {
	const { t } = useSpeech();
	return (
		<section class="empty page">
			<PageTitle>{t("doubt.not_opened")}</PageTitle>
			<p>{t("doubt.not_opened_text")}</p>
			<Button kind="main" onClick={() => void openRoom(room)}>{t("loading.again")}</Button>
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
