// Which page a person sees: from where they stand, not from the address.

import { begin } from "./engine.js";
import { Home } from "./home.js";
import { Unlock } from "./keys/unlock.js";
import { Lazy } from "./lazy.js";
import { Button, Loading } from "./plain.js";
import { Shell } from "./shell.js";
import { use, useSpeech } from "./state.js";

const SignIn = () => <Lazy load={async () => (await import("./sign-in.js")).SignIn} props={{}} />;
const Return = () => <Lazy load={async () => (await import("./returned.js")).Return} props={{}} />;
const FirstTime = () => <Lazy load={async () => (await import("./keys/first-time.js")).FirstTime} props={{}} />;
const PasskeyNeeded = () => <Lazy load={async () => (await import("./passkey/needed.js")).PasskeyNeeded} props={{}} />;
const Help = () => <Lazy load={async () => (await import("./help.js")).Help} props={{}} />;
const CodePage = () => <Lazy load={async () => (await import("./keys/code-page.js")).CodePage} props={{}} />;

const Account = () => <Lazy load={async () => (await import("./account.js")).OwnAccount} props={{}} />;
const Library = () => <Lazy load={async () => (await import("./library/library.js")).Library} props={{}} />;
const Recovered = () => <Lazy load={async () => (await import("./keys/renew.js")).Recovered} props={{}} />;

const Ended = () => <Lazy load={async () => (await import("./standing.js")).Ended} props={{}} />;
const Unknown = () => <Lazy load={async () => (await import("./standing.js")).Unknown} props={{}} />;

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

const Here = () => {
	const keys = use((all) => all.self?.keys ?? "unknown");
	const code = use((all) => all.code);
	const page = use((all) => all.page);
	const recovered = use((all) => all.self?.recovered);
	const later = use((all) => all.later);
	if (code) return <Shell><CodePage /></Shell>;
	if (keys === "none") return <Shell><FirstTime /></Shell>;
	if (keys === "locked") return <Shell><Unlock /></Shell>;
	if (keys === "open" && recovered && !later) return <Shell><Recovered /></Shell>;
	if (keys === "open" || keys === "without") {
		if (page === "account") return <Shell><Account /></Shell>;
		return page === "library" ? <Shell><Library /></Shell> : <Home />;
	}
	return <Shell><Starting /></Shell>;
};

export const App = () => {
	const stage = use((all) => all.stage);
	const page = use((all) => all.page);
	const returned = use((all) => all.returned !== null);
	if (page === "help") return <Shell><Help /></Shell>;
	if (page === "unknown") return <Shell><Unknown /></Shell>;
	if (returned) return <Shell><Return /></Shell>;
	if (stage === "starting") return <Shell><Starting /></Shell>;
	if (stage === "sign_in") return <Shell><SignIn /></Shell>;
	if (stage === "passkey") return <Shell><PasskeyNeeded /></Shell>;
	if (stage === "ended") return <Shell><Ended /></Shell>;
	return <Here />;
};
