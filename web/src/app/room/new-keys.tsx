// Keys that were made anew, one's own or another's: told above the place to write, compared by voice in a dialog, then confirmed or refused.

import { useEffect, useState } from "preact/hooks";
import type { Id, NewKeys as Waiting, RoomView } from "../../client/api.js";
import { engine } from "../engine.js";
import { Identified } from "../staff/identified.js";
import { Button, Dialog, Loading, Notice, useAct } from "../parts.js";
import { say, use, useSpeech } from "../state.js";

/** The code of our keys and theirs, as both browsers work it out. */
const Code = ({ room, user, name, onCode }: { room: Id; user: Id; name: string; onCode?: (code: string) => void }) => {
	const { t } = useSpeech();
	const [code, setCode] = useState("");
	const asking = useAct();
	useEffect(() => {
		void asking.act(async () => {
			const made = await engine().compareCode(room, user);
			setCode(made);
			onCode?.(made);
		});
	}, [room, user]);
	if (asking.error) return <Notice kind="error"><p>{asking.error}</p></Notice>;
	if (!code) return <Loading text={t("keys.loading")} />;
	return (
		<section class="compare" aria-label={t("keys.with", { name })}>
			<p>{t("keys.with", { name })}</p>
			<ol class="code-groups" translate={false}>{code.split(" ").map((group, at) => <li key={at}>{group}</li>)}</ol>
		</section>
	);
};

const Reasons = () => {
	const { t } = useSpeech();
	return (
		<>
			<p>{t("keys.why")}</p>
			<p>{t("keys.how")}</p>
		</>
	);
};

const Mine = ({ view, onClose }: { view: RoomView; onClose: () => void }) => {
	const { t } = useSpeech();
	const others = view.members.filter((member) => member.active && !member.me);
	return (
		<Dialog title={t("keys.compare")} onClose={onClose}>
			<Reasons />
			{others.map((one) => <Code key={one.user} room={view.room} user={one.user} name={one.name || t("room.somebody")} />)}
		</Dialog>
	);
};

const Differ = ({ view, of, onBack, onClose }: { view: RoomView; of: Waiting; onBack: () => void; onClose: () => void }) => {
	const { t } = useSpeech();
	const who = use((all) => (all.self?.role === "client" ? "client" : "staff"));
	const refusing = useAct();
	const refuse = (): void =>
		void refusing.act(async () => {
			await engine().refuseKeys(view.room, of.user);
			say(t("keys.refused"));
		}).then((done) => done && onClose());
	return (
		<>
			<h3>{t("keys.differ_title")}</h3>
			<p>{t(`keys.differ_text.${who}`)}</p>
			{refusing.error && <Notice kind="error"><p>{refusing.error}</p></Notice>}
			<div class="row">
				<Button kind="danger" busy={refusing.busy} onClick={refuse}>{t(`keys.differ_yes.${who}`)}</Button>
				<Button onClick={onBack}>{t("keys.back")}</Button>
			</div>
		</>
	);
};

const Theirs = ({ view, of, name, onClose }: { view: RoomView; of: Waiting; name: string; onClose: () => void }) => {
	const { t } = useSpeech();
	const staff = use((all) => all.self?.role !== "client");
	const [code, setCode] = useState("");
	const [differ, setDiffer] = useState(false);
	const confirming = useAct();
	const confirm = (): void =>
		void confirming.act(async () => {
			await engine().confirmKeys(view.room, of.user, code);
			say(t("keys.confirmed"));
		}).then((done) => done && onClose());
	return (
		<Dialog title={t("keys.compare")} onClose={onClose}>
			{differ ? (
				<Differ view={view} of={of} onBack={() => setDiffer(false)} onClose={onClose} />
			) : (
				<>
					<Reasons />
					{staff && of.role === "client" && <Identified view={view} user={of.user} />}
					<Code key={of.kid} room={view.room} user={of.user} name={name} onCode={setCode} />
					<p>{t("keys.same_text")}</p>
					{confirming.error && <Notice kind="error"><p>{confirming.error}</p></Notice>}
					<div class="row">
						<Button kind="main" busy={confirming.busy} disabled={code === ""} onClick={confirm}>{t("keys.same")}</Button>
						<Button onClick={() => setDiffer(true)}>{t("keys.differ")}</Button>
					</div>
				</>
			)}
		</Dialog>
	);
};

const One = ({ view, of }: { view: RoomView; of: Waiting }) => {
	const { t } = useSpeech();
	const [open, setOpen] = useState(false);
	const name = of.name || t("room.somebody");
	const title = of.me ? t(`keys.mine.${of.role}`) : t(`keys.other.${of.role}`, { name, on: of.since, at: of.since });
	const close = (): void => setOpen(false);
	return (
		<Notice kind={of.me ? "info" : "warning"} title={title}>
			<p>{of.me ? t(`keys.mine_text.${of.role}`) : t(`keys.other_text.${of.role}`)}</p>
			<Button small onClick={() => setOpen(true)}>{of.me ? t("keys.show") : t("keys.compare")}</Button>
			{open && (of.me ? <Mine view={view} onClose={close} /> : <Theirs view={view} of={of} name={name} onClose={close} />)}
		</Notice>
	);
};

export const NewKeys = ({ view }: { view: RoomView }) => <>{view.newKeys.map((of) => <One key={of.kid} view={view} of={of} />)}</>;
