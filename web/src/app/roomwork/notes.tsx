// The counsellor's own notes: sealed under the staff key of the room, so that colleagues who have it read them and the client's browser
// cannot. Who wrote a note changes or deletes it.

import { useState } from "preact/hooks";
import { LIMITS, tidy } from "../../roomwork/content.js";
import type { NoteView } from "../../roomwork/notes.js";
import { Button, Dialog, Field, Icon, Menu, useAct } from "../parts.js";
import { say, useSpeech } from "../state.js";
import { Failed, Part, type PartProps } from "./parts.js";

const Changing = ({ working, one, onClose }: PartProps & { one: NoteView; onClose: () => void }) => {
	const { t } = useSpeech();
	const [text, setText] = useState(one.text);
	const saving = useAct();
	const save = (event: Event): void => {
		event.preventDefault();
		if (tidy(text) !== "") void saving.act(() => working.note({ type: "note", of: one.id, text: tidy(text) })).then((done) => done && onClose());
	};
	return (
		<Dialog title={t("plan.note_edit")} onClose={onClose}>
			<form onSubmit={save} noValidate>
				<Field label={t("plan.note_label")} value={text} onInput={setText} rows={8} maxLength={LIMITS.long} error={tidy(text) === "" ? t("plan.text_missing") : null} />
				<Failed acting={saving} />
				<Button kind="main" type="submit" busy={saving.busy}>{t("plan.save")}</Button>
			</form>
		</Dialog>
	);
};

const Deleting = ({ working, one, onClose }: PartProps & { one: NoteView; onClose: () => void }) => {
	const { t } = useSpeech();
	const deleting = useAct();
	return (
		<Dialog title={t("plan.note_delete")} onClose={onClose}>
			<p>{t("plan.note_delete_text")}</p>
			<blockquote>{one.text.slice(0, 200)}</blockquote>
			<Failed acting={deleting} />
			<div class="row">
				<Button kind="danger" busy={deleting.busy} onClick={() => void deleting.act(() => working.dropNote(one)).then((done) => done && onClose())}>{t("delete.yes")}</Button>
				<Button onClick={onClose}>{t("delete.no")}</Button>
			</div>
		</Dialog>
	);
};

const Line = ({ working, may, one }: PartProps & { one: NoteView }) => {
	const { t, format } = useSpeech();
	const [asked, ask] = useState<"edit" | "delete" | null>(null);
	const when = { on: format.date(one.changedAt), at: format.time(one.changedAt) };
	return (
		<div class="plan-line">
			<p class="hint">{t(one.before.length > 0 ? "plan.changed_by" : "plan.made_by", { who: one.mine ? t("message.me") : one.name || t("room.somebody"), ...when })}</p>
			{one.mine && may && (
				<Menu label={t("plan.acts_of", { text: t("plan.note_of", when) })} icon="more">
					<button type="button" onClick={() => ask("edit")}>{t("plan.edit")}</button>
					<button type="button" onClick={() => ask("delete")}>{t("plan.remove")}</button>
				</Menu>
			)}
			<p class="text plan-more" dir="auto">{one.text}</p>
			{one.before.length > 0 && (
				<details class="plan-more">
					<summary>{t("plan.note_before", { count: one.before.length })}</summary>
					{one.before.map((old, n) => <blockquote key={n}>{`${format.date(old.at)} ${format.time(old.at)}\n${old.text}`}</blockquote>)}
				</details>
			)}
			{asked === "edit" && <Changing working={working} may={may} one={one} onClose={() => ask(null)} />}
			{asked === "delete" && <Deleting working={working} may={may} one={one} onClose={() => ask(null)} />}
		</div>
	);
};

export const Notes = ({ working, may }: PartProps) => {
	const { t } = useSpeech();
	const [text, setText] = useState("");
	const saving = useAct();
	const notes = working.notes.filter(({ summary }) => !summary);
	const save = (event: Event): void => {
		event.preventDefault();
		if (tidy(text) === "") return;
		void saving.act(() => working.note({ type: "note", of: "", text: tidy(text) })).then((done) => {
			if (!done) return;
			setText("");
			say(t("plan.note_saved"));
		});
	};
	return (
		<Part title={t("plan.notes")}>
			<p class="hint"><Icon name="lock" /> {t("plan.notes_hint")}</p>
			{may && (
				<form onSubmit={save} noValidate>
					<Field label={t("plan.note_label")} value={text} onInput={setText} rows={3} maxLength={LIMITS.long} />
					<Failed acting={saving} />
					<Button small type="submit" busy={saving.busy} disabled={tidy(text) === ""}>{t("plan.note_save")}</Button>
				</form>
			)}
			<ul class="plan-list">{notes.map((one) => <li key={one.id}><Line working={working} may={may} one={one} /></li>)}</ul>
		</Part>
	);
};
