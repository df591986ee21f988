// A person's passkeys on the account page: which there are, where they live and what they do; one more; one less.

import { useEffect, useRef, useState } from "preact/hooks";
import type { Device, PasskeyRow } from "../../client/passkey.js";
import { engine, wordOf } from "../engine.js";
import { Button, Choice, Dialog, Loading, Notice, SecretField, useAct } from "../parts.js";
import { get, say, set, use, useSpeech } from "../state.js";
import { confirmPasskey, createPasskey, hasPasskeys, letOpen, listPasskeys, openerOf, opensKeys, removePasskey, renamePasskey } from "./ceremony.js";
import { useDevices } from "./devices.js";

interface Row extends PasskeyRow {
	readonly opens: boolean;
}

const WANTED_OF_STAFF = 2;

/** Lets the new passkey open the keys. The engine wants to have seen another way to unlock within five minutes. */
const Proof = ({ prf, credential, onDone }: { prf: Uint8Array; credential: string; onDone: () => void }) => {
	const { t } = useSpeech();
	const [passphrase, setPassphrase] = useState("");
	const proving = useAct();
	const left = useRef(false);
	useEffect(() => () => {
		left.current = true;
		prf.fill(0);
	}, [prf]);
	const submit = (event: Event): void => {
		event.preventDefault();
		if (passphrase.trim() === "") return;
		void proving.act(async () => {
			await engine().canOpen({ passphrase });
			if (left.current) return; // the dialog was closed meanwhile: nothing is sealed under what is no secret any more
			await letOpen(prf, credential);
			onDone();
		});
	};
	return (
		<form class="renew" onSubmit={submit} noValidate>
			<p>{t("passkey.prove_text")}</p>
			<SecretField label={t("unlock.passphrase")} value={passphrase} onInput={setPassphrase} autocomplete="current-password" error={proving.error} />
			<Button kind="main" type="submit" busy={proving.busy}>{t("passkey.prove")}</Button>
		</form>
	);
};

type Step =
	| { readonly at: "where" }
	| { readonly at: "confirm"; readonly credential: string }
	| { readonly at: "prove"; readonly credential: string; readonly prf: Uint8Array }
	| { readonly at: "done"; readonly opens: boolean };

const Where = ({ onMade }: { onMade: (step: Step) => void }) => {
	const { t } = useSpeech();
	const devices = useDevices();
	const [where, setWhere] = useState<Device>("phone");
	const making = useAct();
	const make = (): void =>
		void making.act(async () => {
			const { prf, credential } = await createPasskey(where);
			onMade(prf ? { at: "confirm", credential } : { at: "done", opens: false });
		});
	return (
		<>
			<p>{t("passkey.add_text")}</p>
			<Choice legend={t("passkey.where")} value={where} onChange={setWhere} options={devices} />
			{making.error && <Notice kind="error"><p>{making.error}</p></Notice>}
			<Button kind="main" busy={making.busy} onClick={make}>{making.busy ? t("passkey.waiting") : t("passkey.make")}</Button>
		</>
	);
};

const Confirm = ({ credential, onStep }: { credential: string; onStep: (step: Step) => void }) => {
	const { t } = useSpeech();
	const confirming = useAct();
	const confirm = (): void =>
		void confirming.act(async () => {
			const prf = await confirmPasskey(credential);
			if (!prf || get().self?.keys !== "open") {
				prf?.fill(0);
				return onStep({ at: "done", opens: false });
			}
			try {
				await letOpen(prf, credential);
			} catch (thrown) {
				if (wordOf(thrown) !== "prove_again") throw thrown;
				return onStep({ at: "prove", credential, prf });
			}
			prf.fill(0);
			onStep({ at: "done", opens: true });
		});
	return (
		<>
			<p>{t("passkey.confirm_text")}</p>
			{confirming.error && <Notice kind="error"><p>{confirming.error}</p></Notice>}
			<Button kind="main" busy={confirming.busy} onClick={confirm}>{confirming.busy ? t("passkey.waiting") : t("passkey.confirm")}</Button>
		</>
	);
};

const Add = ({ onClose, onChange }: { onClose: () => void; onChange: () => void }) => {
	const { t } = useSpeech();
	const [step, setStep] = useState<Step>({ at: "where" });
	const go = (next: Step): void => {
		setStep(next);
		onChange();
	};
	return (
		<Dialog title={t("passkey.add")} onClose={onClose}>
			{step.at === "where" && <Where onMade={go} />}
			{step.at === "confirm" && <Confirm credential={step.credential} onStep={go} />}
			{step.at === "prove" && <Proof prf={step.prf} credential={step.credential} onDone={() => go({ at: "done", opens: true })} />}
			{step.at === "done" && (
				<>
					<div role="status"><Notice kind={step.opens ? "good" : "info"}><p>{step.opens ? t("passkey.added_opens") : t("passkey.added_signs_in")}</p></Notice></div>
					<Button kind="main" onClick={onClose}>{t("passkey.close")}</Button>
				</>
			)}
		</Dialog>
	);
};

/** Gives the new printed code, if there had to be one. */
const dropUnlocker = async (row: Row, passphrase: string): Promise<string | null> => {
	const opener = await openerOf(row.credential);
	return opener ? (await engine().removePasskey({ id: opener.id, passphrase })).code : null;
};

/** A passkey that opens the keys is first taken out of what opens them, which makes the rest of that anew. */
const Remove = ({ row, onDone }: { row: Row; onDone: () => void }) => {
	const { t } = useSpeech();
	const [passphrase, setPassphrase] = useState("");
	const removing = useAct();
	const submit = (event: Event): void => {
		event.preventDefault();
		void removing.act(async () => {
			const code = row.opens ? await dropUnlocker(row, passphrase) : null;
			await removePasskey(row.passkey);
			say(t("passkey.removed"));
			onDone();
			if (code !== null) set({ code });
		});
	};
	return (
		<form class="renew" onSubmit={submit} noValidate>
			<p>{row.opens ? t("passkey.remove_opens") : t("passkey.remove_signs_in")}</p>
			{row.opens ? (
				<SecretField label={t("account.present")} value={passphrase} onInput={setPassphrase} autocomplete="current-password" error={removing.error} />
			) : (
				removing.error && <Notice kind="error"><p>{removing.error}</p></Notice>
			)}
			<Button kind="danger" type="submit" busy={removing.busy}>{t("passkey.remove")}</Button>
		</form>
	);
};

const Rename = ({ row, onDone }: { row: Row; onDone: () => void }) => {
	const { t } = useSpeech();
	const devices = useDevices();
	const [where, setWhere] = useState<Device>(row.device);
	const saving = useAct();
	const save = (): void =>
		void saving.act(async () => {
			await renamePasskey(row.passkey, where);
			onDone();
		});
	return (
		<>
			<Choice legend={t("passkey.where")} value={where} onChange={setWhere} options={devices} />
			{saving.error && <Notice kind="error"><p>{saving.error}</p></Notice>}
			<Button kind="main" busy={saving.busy} onClick={save}>{t("account.save")}</Button>
		</>
	);
};

const One = ({ row, onRename, onRemove }: { row: Row; onRename: () => void; onRemove: () => void }) => {
	const { t } = useSpeech();
	const name = t(`passkey.device.${row.device}`);
	return (
		<li>
			<div>
				<strong>{name}</strong>
				<span>{row.disabled ? t("passkey.disabled") : row.opens ? t("passkey.opens") : t("passkey.signs_in")}</span>
				<span class="hint">{t("passkey.made", { at: row.made_at })} {row.used_at === undefined ? t("passkey.never_used") : t("passkey.used", { at: row.used_at })}</span>
			</div>
			<div class="row">
				<Button small onClick={onRename} label={t("passkey.rename_label", { name, at: row.made_at })}>{t("passkey.rename")}</Button>
				<Button small onClick={onRemove} label={t("passkey.remove_label", { name, at: row.made_at })}>{t("passkey.remove")}</Button>
			</div>
		</li>
	);
};

const List = ({ rows, onRename, onRemove }: { rows: readonly Row[]; onRename: (row: Row) => void; onRemove: (row: Row) => void }) => {
	const { t } = useSpeech();
	const staff = use((all) => all.self?.role !== "client");
	const good = rows.filter((row) => !row.disabled).length;
	return (
		<>
			{staff && good < WANTED_OF_STAFF && <Notice kind="warning"><p>{good === 0 ? t("passkey.staff_none") : t("passkey.staff_one")}</p></Notice>}
			{rows.length === 0 && <p>{t("passkey.none")}</p>}
			<ul class="sessions" aria-label={t("passkey.list")}>
				{rows.map((row) => <One key={row.passkey} row={row} onRename={() => onRename(row)} onRemove={() => onRemove(row)} />)}
			</ul>
		</>
	);
};

type Asked = null | "add" | { readonly act: "rename" | "remove"; readonly row: Row };

const rowsNow = async (): Promise<readonly Row[]> =>
	Promise.all((await listPasskeys()).map(async (row) => ({ ...row, opens: await opensKeys(row.credential) })));

export const Passkeys = () => {
	const { t } = useSpeech();
	const [rows, setRows] = useState<readonly Row[] | null>(null);
	const [asked, setAsked] = useState<Asked>(null);
	const unlockers = use((all) => all.self?.unlockers);
	const listing = useAct();
	const list = (): void => void listing.act(async () => setRows(await rowsNow()));
	useEffect(list, [unlockers]);
	const close = (): void => setAsked(null);
	const done = (): void => {
		close();
		list();
	};
	if (listing.error)
		return (
			<Notice kind="error">
				<p>{listing.error}</p>
				<Button onClick={list}>{t("loading.again")}</Button>
			</Notice>
		);
	if (!rows) return <Loading text={t("loading.page")} />;
	return (
		<>
			<p>{t("passkey.text")}</p>
			<List rows={rows} onRename={(row) => setAsked({ act: "rename", row })} onRemove={(row) => setAsked({ act: "remove", row })} />
			{hasPasskeys() ? <Button icon="plus" onClick={() => setAsked("add")}>{t("passkey.add")}</Button> : <p>{t("error.passkey_unsupported")}</p>}
			{asked === "add" && <Add onClose={close} onChange={list} />}
			{asked !== null && typeof asked === "object" && (
				<Dialog title={t(asked.act === "rename" ? "passkey.rename" : "passkey.remove_title")} onClose={close}>
					{asked.act === "rename" ? <Rename row={asked.row} onDone={done} /> : <Remove row={asked.row} onDone={done} />}
				</Dialog>
			)}
		</>
	);
};
