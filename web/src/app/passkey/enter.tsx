// Signing in and unlocking by a passkey: one button each, on the pages of others.

import { Button, Notice, useAct } from "../parts.js";
import { begin } from "../engine.js";
import { set, useSpeech } from "../state.js";
import { hasPasskeys, signInByPasskey, unlockByPasskey } from "./ceremony.js";

export const PasskeySignIn = () => {
	const { t } = useSpeech();
	const signing = useAct();
	if (!hasPasskeys()) return null;
	return (
		<section>
			<h2>{t("passkey.sign_in_title")}</h2>
			<p>{t("passkey.sign_in_text")}</p>
			{signing.error && <Notice kind="error"><p>{signing.error}</p></Notice>}
			<Button icon="lock" busy={signing.busy} onClick={() => void signing.act(() => signInByPasskey(begin))}>{t("passkey.sign_in")}</Button>
		</section>
	);
};

export const PasskeyUnlock = () => {
	const { t } = useSpeech();
	const opening = useAct();
	if (!hasPasskeys()) return null;
	const open = (): void =>
		void opening.act(async () => {
			await unlockByPasskey();
			set({ later: false });
		});
	return (
		<div class="passkey-enter">
			{opening.error && <Notice kind="error"><p>{opening.error}</p></Notice>}
			<Button icon="lock" busy={opening.busy} onClick={open}>{t("passkey.unlock")}</Button>
		</div>
	);
};
