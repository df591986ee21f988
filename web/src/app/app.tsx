// Which page a person sees: from where they stand, not from the address.

import { begin, beginAgain } from "./engine.js";
import { Home } from "./home.js";
import { Unlock } from "./keys/unlock.js";
import { Lazy } from "./lazy.js";
import { Button, Loading, PageTitle } from "./parts.js";
import { goTo } from "./route.js";
import { Shell } from "./shell.js";
import { use, useSpeech } from "./state.js";

const SignIn = () => <Lazy load={async () => (await import("./sign-in.js")).SignIn} props={{}} />;
const FirstTime = () => <Lazy load={async () => (await import("./keys/first-time.js")).FirstTime} props={{}} />;
const Help = () => <Lazy load={async () => (await import("./help.js")).Help} props={{}} />;
const CodePage = () => <Lazy load={async () => (await import("./keys/code-page.js")).CodePage} props={{}} />;

const Ended = () => {
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

const Starting = () => {
	const { t } = useSpeech();
	const offline = use((all) => all.connection === "offline");
	return (
		<>
			<Loading text={offline ? t("starting.offline") : t("starting.connecting")} />
			{offline && <Button onClick={() => void begin()}>{t("starting.again")}</Button>}
		</>
	);
};

const Unknown = () => {
	const { t } = useSpeech();
	return (
		<>
			<PageTitle>{t("unknown.title")}</PageTitle>
			<p>{t("unknown.text")}</p>
			<Button kind="main" onClick={() => goTo("home")}>{t("unknown.home")}</Button>
		</>
	);
};

const Here = () => {
	const keys = use((all) => all.self?.keys ?? "unknown");
	const code = use((all) => all.code);
	if (code) return <Shell><CodePage /></Shell>;
	if (keys === "none") return <Shell><FirstTime /></Shell>;
	if (keys === "locked") return <Shell><Unlock /></Shell>;
	if (keys === "open") return <Home />;
	return <Shell><Starting /></Shell>;
};

export const App = () => {
	const stage = use((all) => all.stage);
	const page = use((all) => all.page);
	if (page === "help") return <Shell><Help /></Shell>;
	if (page === "unknown") return <Shell><Unknown /></Shell>;
	if (stage === "starting") return <Shell><Starting /></Shell>;
	if (stage === "sign_in") return <Shell><SignIn /></Shell>;
	if (stage === "ended") return <Shell><Ended /></Shell>;
	return <Here />;
};
