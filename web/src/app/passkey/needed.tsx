// Staff, after their organisation's sign-in: it is half of one. Who has a passkey uses it; who has none makes the first, and is asked
// for a second at once, because the first may be lost.

import { useEffect, useState } from "preact/hooks";
import type { Device } from "../../client/passkey.js";
import { begin } from "../engine.js";
import { signOut } from "../leave.js";
import { Button, Choice, Loading, Notice, PageTitle, useAct } from "../parts.js";
import { useSpeech } from "../state.js";
import { createPasskey, hasPasskeys, listPasskeys, makeWhole } from "./ceremony.js";
import { useDevices } from "./devices.js";

const Failed = ({ error }: { error: string | null | undefined }) => (error ? <div role="alert"><Notice kind="error"><p>{error}</p></Notice></div> : null);

const Leave = () => {
	const { t } = useSpeech();
	return <Button onClick={() => void signOut()}>{t("passkey.leave")}</Button>;
};

const Use = () => {
	const { t } = useSpeech();
	const using = useAct();
	return (
		<>
			<PageTitle>{t("passkey.needed_title")}</PageTitle>
			<p class="lead">{t("passkey.needed_text")}</p>
			<Failed error={using.error} />
			<div class="row">
				<Button kind="main" icon="lock" busy={using.busy} onClick={() => void using.act(() => makeWhole(begin))}>
					{using.busy ? t("passkey.waiting") : t("passkey.confirm")}
				</Button>
				<Leave />
			</div>
			<p class="hint">{t("passkey.needed_lost")}</p>
		</>
	);
};

/** One more passkey: where it lives, and the device's own dialogue. */
const Make = ({ first, label, onMade }: { first: Device; label: string; onMade: () => void }) => {
	const { t } = useSpeech();
	const devices = useDevices();
	const [where, setWhere] = useState<Device>(first);
	const making = useAct();
	const make = (): void =>
		void making.act(async () => {
			await createPasskey(where);
			onMade();
		});
	return (
		<>
			<Choice legend={t("passkey.where")} value={where} onChange={setWhere} options={devices} />
			<Failed error={making.error} />
			<Button kind="main" busy={making.busy} onClick={make}>{making.busy ? t("passkey.waiting") : label}</Button>
		</>
	);
};

const First = ({ onMade }: { onMade: () => void }) => {
	const { t } = useSpeech();
	return (
		<>
			<PageTitle>{t("passkey.first_title")}</PageTitle>
			<p class="lead">{t("passkey.first_text")}</p>
			<p>{t("passkey.text")}</p>
			{hasPasskeys() ? <Make first="computer" label={t("passkey.make")} onMade={onMade} /> : <p>{t("error.passkey_unsupported")}</p>}
			<Leave />
		</>
	);
};

const Second = () => {
	const { t } = useSpeech();
	const going = useAct();
	const onward = (): void => void going.act(begin);
	return (
		<>
			<PageTitle>{t("passkey.second_title")}</PageTitle>
			<p class="lead">{t("passkey.second_text")}</p>
			<Make first="key" label={t("passkey.second_make")} onMade={onward} />
			<Button busy={going.busy} onClick={onward}>{t("passkey.second_later")}</Button>
			<p class="hint">{t("passkey.second_where")}</p>
		</>
	);
};

export const PasskeyNeeded = () => {
	const { t } = useSpeech();
	const [at, go] = useState<"looking" | "first" | "second" | "use">("looking");
	const looking = useAct();
	const look = (): void => void looking.act(async () => go((await listPasskeys()).length === 0 ? "first" : "use"));
	useEffect(look, []);
	if (at === "first") return <First onMade={() => go("second")} />;
	if (at === "second") return <Second />;
	if (at === "use") return <Use />;
	return looking.error ? (
		<>
			<Failed error={looking.error} />
			<Button onClick={look}>{t("loading.again")}</Button>
		</>
	) : <Loading text={t("loading.page")} />;
};
