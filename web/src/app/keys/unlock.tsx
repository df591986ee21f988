// Opening the keys with the passphrase, or with the printed code if the passphrase is gone.

import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { engine } from "../engine.js";
import { Button, PageTitle, SecretField, useAct } from "../plain.js";
import { set, use, useSpeech } from "../state.js";
import { Lazy } from "../lazy.js";
import { SharedDevice } from "./shared.js";

export const Unlock = () => {
	const { t } = useSpeech();
	const hasCode = use((all) => all.self?.unlockers.some((one) => one.type === "code") ?? false);
	const hasPasskey = use((all) => all.self?.unlockers.some((one) => one.type === "passkey") ?? false);
	const made = use((all) => all.self?.unlockers.find((one) => one.type === "passphrase")?.createdAt ?? 0);
	const invited = use((all) => all.invitation !== null);
	const [way, setWay] = useState<"passphrase" | "code">("passphrase");
	const [lost, setLost] = useState(false);
	const [secret, setSecret] = useState("");
	const opening = useAct();
	const form = useRef<HTMLFormElement>(null);
	useLayoutEffect(() => form.current?.querySelector("input")?.focus(), [way]);
	const submit = (event: Event): void => {
		event.preventDefault();
		if (secret.trim() === "") return;
		void opening.act(async () => {
			await engine().unlock(way === "code" ? { code: secret } : { passphrase: secret });
			performance.mark("luotsi:unlocked");
			setSecret("");
			set({ later: false });
		});
	};
	const other = (): void => {
		setWay(way === "code" ? "passphrase" : "code");
		setSecret("");
		opening.clear();
	};
	if (lost) return <Lazy load={async () => (await import("./lost.js")).Lost} props={{ onBack: () => setLost(false) }} />;
	return (
		<form class="unlock" ref={form} onSubmit={submit} noValidate>
			<PageTitle>{t("unlock.title")}</PageTitle>
			<p>{invited ? t("unlock.invited") : t("unlock.text")}</p>
			{way === "passphrase" ? (
				<SecretField key="passphrase" label={t("unlock.passphrase")} value={secret} onInput={setSecret} autocomplete="current-password" hint={made > 0 ? t("unlock.made", { at: made }) : undefined} error={opening.error} />
			) : (
				<SecretField key="code" label={t("unlock.code")} hint={t("unlock.code_hint")} value={secret} onInput={setSecret} error={opening.error} />
			)}
			<SharedDevice />
			<Button kind="main" type="submit" icon="lock" busy={opening.busy}>{opening.busy ? t("unlock.opening") : t("unlock.open")}</Button>
			<p class="vh" role="status">{opening.busy ? t("unlock.opening_long") : ""}</p>
			{hasPasskey && <Lazy load={async () => (await import("../passkey/enter.js")).PasskeyUnlock} props={{}} />}
			{hasCode && <p><button type="button" class="link" onClick={other}>{way === "code" ? t("unlock.by_passphrase") : t("unlock.by_code")}</button></p>}
			{!opening.busy && <p><button type="button" class="link" onClick={() => setLost(true)}>{t("unlock.lost")}</button></p>}
		</form>
	);
};
