// When nobody opens a room any more: the request goes out, two keepers of sheets open it on a page without a network, the result comes back.

import { useState } from "preact/hooks";
import type { RecoveryRoom, StaffView } from "../../client/api.js";
import { engine } from "../engine.js";
import { proven } from "../passkey/ceremony.js";
import { Button, Check, Dialog, Notice, useAct } from "../parts.js";
import { say, useSpeech } from "../state.js";

const save = (text: string): void => {
	const link = document.createElement("a");
	link.href = URL.createObjectURL(new Blob([text], { type: "application/json" }));
	link.download = `luotsi-pyynto-${new Date().toISOString().slice(0, 10)}.json`;
	link.click();
	setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
};

const Person = ({ label, hint, value, staff, onChange }: { label: string; hint?: string; value: string; staff: readonly StaffView[]; onChange: (user: string) => void }) => {
	const { t } = useSpeech();
	return (
		<label class="field">
			<span>{label}</span>
			{hint && <small class="hint">{hint}</small>}
			<select value={value} onChange={(event) => onChange(event.currentTarget.value)}>
				<option value="">{t("recovery.choose")}</option>
				{staff.map((one) => <option key={one.user} value={one.user}>{one.name}</option>)}
			</select>
		</label>
	);
};

const useRoomText = (): ((room: RecoveryRoom) => { label: string; hint: string }) => {
	const { t } = useSpeech();
	return (room) => {
		const names = room.staff.filter(Boolean).join(", ");
		const facts = [
			names ? t("recovery.room_staff", { names }) : t("recovery.room_nobody"), t(room.client ? "recovery.room_client" : "recovery.room_no_client"),
			...(room.closed ? [t("recovery.room_closed")] : []),
		];
		return { label: t("recovery.room", { created: room.createdAt, last: room.lastAt }), hint: `${facts.join(". ")}.` };
	};
};

const Asking = ({ staff }: { staff: readonly StaffView[] }) => {
	const { t } = useSpeech();
	const textOf = useRoomText();
	const [whose, setWhose] = useState("");
	const [rooms, setRooms] = useState<readonly RecoveryRoom[] | null>(null);
	const [chosen, setChosen] = useState<readonly string[]>([]);
	const [to, setTo] = useState("");
	const [asked, setAsked] = useState(false);
	const { act, busy, error } = useAct();
	const show = (user: string): void => {
		setWhose(user);
		setRooms(null);
		setChosen([]);
		if (user !== "") void act(async () => setRooms(await proven(() => engine().organise("recoveryRooms", user))));
	};
	const ask = (): void => {
		setAsked(true);
		if (chosen.length === 0 || to === "") return;
		void act(async () => {
			save(await proven(() => engine().organise("recoveryRequest", [...chosen], to)));
			say(t("recovery.exported"));
		});
	};
	return (
		<section>
			<h3>{t("recovery.step1")}</h3>
			<Person label={t("recovery.whose")} value={whose} staff={staff.filter((one) => one.name !== "")} onChange={show} />
			{rooms?.length === 0 && <p>{t("recovery.no_rooms")}</p>}
			{rooms && rooms.length > 0 && (
				<fieldset class="choice">
					<legend>{t("recovery.rooms")}</legend>
					{rooms.map((room) => (
						<Check key={room.room} {...textOf(room)} checked={chosen.includes(room.room)} onChange={(on) => setChosen(on ? [...chosen, room.room] : chosen.filter((one) => one !== room.room))} />
					))}
				</fieldset>
			)}
			<Person label={t("recovery.to")} hint={t("recovery.to_hint")} value={to} staff={staff.filter((one) => one.state === "certified")} onChange={setTo} />
			{asked && (chosen.length === 0 || to === "") && <Notice kind="error"><p>{t("recovery.pick")}</p></Notice>}
			{error && <Notice kind="error"><p>{error}</p></Notice>}
			<Button kind="main" busy={busy} onClick={ask}>{t("recovery.export")}</Button>
		</section>
	);
};

const Page = () => {
	const { t } = useSpeech();
	return (
		<section>
			<h3>{t("recovery.step2")}</h3>
			<p>{t("recovery.offline")}</p>
			<p><a class="button plain" href={RECOVERY_PAGE} download="luotsi-avaaminen.html">{t("recovery.page")}</a></p>
			<p>{t("recovery.sum")}</p>
			<p class="checksum" translate={false}>{RECOVERY_SUM.match(/.{8}/g)?.join(" ")}</p>
		</section>
	);
};

const Returning = () => {
	const { t } = useSpeech();
	const [file, setFile] = useState<File | null>(null);
	const [asked, setAsked] = useState(false);
	const [opened, setOpened] = useState(0);
	const { act, busy, error } = useAct();
	const apply = (): void => {
		setAsked(true);
		setOpened(0);
		if (file) void act(async () => setOpened((await proven(async () => engine().organise("recoveryApply", await file.text()))).rooms));
	};
	return (
		<section>
			<h3>{t("recovery.step3")}</h3>
			<label class="field">
				<span>{t("recovery.file")}</span>
				<input type="file" accept=".json,application/json" onChange={(event) => setFile(event.currentTarget.files?.[0] ?? null)} />
			</label>
			{asked && !file && <Notice kind="error"><p>{t("recovery.need_file")}</p></Notice>}
			{error && <Notice kind="error"><p>{error}</p></Notice>}
			{opened > 0 && (
				<Notice kind="good">
					<p>{t("recovery.applied", { n: opened })}</p>
					<p>{t("recovery.after")}</p>
				</Notice>
			)}
			<Button kind="main" busy={busy} onClick={apply}>{t("recovery.apply")}</Button>
		</section>
	);
};

export const Recovery = ({ staff }: { staff: readonly StaffView[] }) => {
	const { t } = useSpeech();
	const [open, show] = useState(false);
	return (
		<section>
			<h2>{t("recovery.title")}</h2>
			<p>{t("recovery.when")}</p>
			<Button onClick={() => show(true)}>{t("recovery.begin")}</Button>
			{open && (
				<Dialog title={t("recovery.title")} onClose={() => show(false)} wide>
					<p>{t("recovery.seen")}</p>
					<Asking staff={staff} />
					<Page />
					<Returning />
				</Dialog>
			)}
		</section>
	);
};
