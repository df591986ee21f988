// What opens a person's keys: the list, a new passphrase, a new printed code, and trying whether one still opens.

import { useState } from "preact/hooks";
import type { UnlockerView } from "../../client/api.js";
import { engine } from "../engine.js";
import { Button, Choice, Dialog, Notice, SecretField, useAct } from "../parts.js";
import { set, use, useSpeech } from "../state.js";
import { NewCode, NewPassphrase } from "./renew.js";

const Try = () => {
	const { t } = useSpeech();
	const [way, setWay] = useState<"passphrase" | "code">("passphrase");
	const [secret, setSecret] = useState("");
	const [opens, setOpens] = useState(false);
	const trying = useAct();
	const write = (next: string): void => {
		setOpens(false);
		trying.clear();
		setSecret(next);
	};
	const choose = (next: "passphrase" | "code"): void => {
		setWay(next);
		write("");
	};
	const submit = (event: Event): void => {
		event.preventDefault();
		setOpens(false);
		if (secret.trim() !== "") void trying.act(() => engine().canOpen(way === "code" ? { code: secret } : { passphrase: secret })).then(setOpens);
	};
	return (
		<form class="renew" onSubmit={submit} noValidate>
			<p>{t("unlockers.try_text")}</p>
			<Choice legend={t("unlockers.try_which")} value={way} onChange={choose} options={[["passphrase", t("unlockers.passphrase")], ["code", t("unlockers.code")]]} />
			<SecretField key={way} label={t(`unlockers.${way}`)} value={secret} onInput={write} error={trying.error} />
			<div role="status">{opens && <Notice kind="good"><p>{t("unlockers.opens")}</p></Notice>}</div>
			<Button kind="main" type="submit" busy={trying.busy}>{t("unlockers.try_act")}</Button>
		</form>
	);
};

const Removal = ({ id, onDone }: { id: string; onDone: () => void }) => {
	const { t } = useSpeech();
	const [passphrase, setPassphrase] = useState("");
	const removing = useAct();
	const submit = (event: Event): void => {
		event.preventDefault();
		void removing.act(async () => {
			const { code } = await engine().removePasskey({ id, passphrase });
			onDone();
			set({ code });
		});
	};
	return (
		<form class="renew" onSubmit={submit} noValidate>
			<p>{t("unlockers.remove_text")}</p>
			<SecretField label={t("account.present")} value={passphrase} onInput={setPassphrase} autocomplete="current-password" error={removing.error} />
			<Button kind="danger" type="submit" busy={removing.busy}>{removing.busy ? t("account.renewing") : t("unlockers.remove")}</Button>
		</form>
	);
};

const One = ({ one, onRemove }: { one: UnlockerView; onRemove: () => void }) => {
	const { t } = useSpeech();
	return (
		<li>
			<div>
				<strong>{t(`unlockers.${one.type}`)}</strong>
				<span class="hint">{t("unlockers.made", { at: one.createdAt })}</span>
			</div>
			{one.type === "passkey" && <Button small onClick={onRemove} label={t("unlockers.remove_label", { at: one.createdAt })}>{t("unlockers.remove")}</Button>}
		</li>
	);
};

export const Unlockers = () => {
	const { t } = useSpeech();
	const all = use((state) => state.self?.unlockers) ?? [];
	const recovered = use((state) => state.self?.recovered ?? false);
	const [asked, ask] = useState<"passphrase" | "code" | "try" | { remove: string } | null>(null);
	const close = (): void => ask(null);
	return (
		<>
			<p>{t("account.secrets_text")}</p>
			<ul class="sessions" aria-label={t("unlockers.list")}>
				{all.map((one) => <One key={one.id} one={one} onRemove={() => ask({ remove: one.id })} />)}
			</ul>
			{all.some((one) => one.type === "passkey") && <p class="hint">{t("unlockers.renews_passkeys")}</p>}
			<div class="row">
				<Button onClick={() => ask("passphrase")}>{t("account.change")}</Button>
				{!recovered && <Button onClick={() => ask("code")}>{t("account.code")}</Button>}
				<Button onClick={() => ask("try")}>{t("unlockers.try")}</Button>
			</div>
			{asked === "passphrase" && <Dialog title={t("account.change")} onClose={close}><NewPassphrase onDone={close} /></Dialog>}
			{asked === "code" && <Dialog title={t("account.code")} onClose={close}><NewCode onDone={close} /></Dialog>}
			{asked === "try" && <Dialog title={t("unlockers.try")} onClose={close}><Try /></Dialog>}
			{asked !== null && typeof asked === "object" && <Dialog title={t("unlockers.remove_title")} onClose={close}><Removal id={asked.remove} onDone={close} /></Dialog>}
		</>
	);
};
