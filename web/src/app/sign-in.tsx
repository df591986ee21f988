// Signing in: the identity providers of this server, and passkeys. Nothing here leaves the page before a provider is chosen, so that
// the secret of an invitation stays in memory until it is sealed.

import { useEffect, useState } from "preact/hooks";
import { beginAgain, sentence, wordOf } from "./engine.js";
import { depart, listProviders, type Provider } from "./identify.js";
import { keepFocus } from "./keep-focus.js";
import { SharedDevice } from "./keys/shared.js";
import { Button, Loading, Notice, PageTitle, useAct } from "./parts.js";
import { PasskeySignIn } from "./passkey/enter.js";
import { use, useSpeech } from "./state.js";

keepFocus();

const Providers = ({ all, audience }: { all: readonly Provider[]; audience: Provider["audience"] }) => {
	const { t, language } = useSpeech();
	const going = useAct();
	const linked = use((all) => all.invitation !== null || all.enrolment !== null);
	const gone = linked && (going.word === "not_found" || going.word === "expired");
	const some = all.filter((one) => one.audience === audience);
	if (some.length === 0) return null;
	return (
		<section class="providers">
			<h2>{t(`identify.${audience}`)}</h2>
			<p>{t(`identify.${audience}_text`)}</p>
			{going.error && <Notice kind="error"><p>{gone ? t("identify.link_gone") : going.error}</p></Notice>}
			<ul class="people">
				{some.map((one) => (
					<li key={one.provider}>
						<button type="button" class="person" disabled={going.busy} onClick={() => void going.act(() => depart(one.provider))}>
							<strong>{one.names[language]}</strong>
						</button>
					</li>
				))}
			</ul>
			{going.busy && <Loading text={t("identify.going")} />}
		</section>
	);
};

export const SignIn = () => {
	const { t } = useSpeech();
	const [providers, setProviders] = useState<readonly Provider[] | null>(null);
	const [failed, setFailed] = useState<string | null>(null);
	const invited = use((all) => all.invitation !== null);
	const enrolled = use((all) => all.enrolment !== null);
	useEffect(() => {
		listProviders().then(setProviders, (thrown: unknown) => setFailed(wordOf(thrown)));
	}, []);
	if (failed !== null)
		return (
			<>
				<PageTitle>{t("signin.title")}</PageTitle>
				<Notice kind="error"><p>{sentence(failed)}</p></Notice>
				<Button kind="main" onClick={() => void beginAgain()}>{t("loading.again")}</Button>
			</>
		);
	if (!providers) return <Loading text={t("loading.page")} />;
	return (
		<>
			<PageTitle>{invited ? t("signin.invited") : enrolled ? t("identify.enrol") : t("signin.title")}</PageTitle>
			{providers.length === 0 && <p>{t("signin.none")}</p>}
			{!enrolled && <Providers all={providers} audience="client" />}
			{!invited && <Providers all={providers} audience="staff" />}
			{!invited && <PasskeySignIn />}
			{providers.length > 0 && <SharedDevice />}
		</>
	);
};
