// Writing a template: everything is saved as it is written, removals can be taken back, the check leads to what is missing, and beside it
// stands what the client will see.

import { useEffect, useMemo, useState } from "preact/hooks";
import {
	checkTemplate, FIELD_KINDS, LIMITS, TEMPLATE_LANGUAGES, TOPICS, type Fault, type FieldKind, type Template, type TemplateLanguage, type Topic,
} from "../../assignment/template.js";
import { Button, Check, Dialog, Field, Loading, Notice, PageTitle, useAct } from "../parts.js";
import { wordOf } from "../engine.js";
import { say, use, useSpeech } from "../state.js";
import { ask, openTemplate, toHex, toWire } from "./data.js";
import { addField, looseTemplate, moveField, removeField, setLanguages, tidy } from "./edit.js";
import { faultText, placeKey, placeName } from "./faults.js";
import { FieldEditor, focusMover } from "./field-editor.js";
import { Preview } from "./preview.js";
import { leftOf, useSaving, type Saving, type Work } from "./saving.js";
import { Faulty, Words } from "./words.js";

const UNDO_MOST = 50;
const METER: readonly FieldKind[] = ["scale", "heading", "help", "short", "long"];

const hexIdOf = (id: string): string => (id.length === 32 ? id : toHex(id));

/** What was left unsaved, the draft, the published version to go on from, or what is begun. */
const load = async (id: string, begun: Work | undefined, reader: TemplateLanguage): Promise<Work> => {
	const hex = hexIdOf(id);
	const left = leftOf(hex);
	if (left) return left;
	const template = toWire(hex);
	try {
		const draft = await ask("template_draft_get", { template });
		if (begun?.edits === draft.edits) return begun;
		const { row, template: published } = await openTemplate(template, reader);
		if (draft.body !== undefined) return { template: looseTemplate(JSON.parse(draft.body), hex, row.version + 1), edits: draft.edits };
		return { template: published ? { ...published, version: row.version + 1 } : looseTemplate({}, hex, row.version + 1), edits: draft.edits };
	} catch (thrown) {
		if (begun && wordOf(thrown) === "not_found") return begun;
		throw thrown;
	}
};

// --- what is the same for every field ---

export const Basics = ({ template, onChange }: { template: Template; onChange: (template: Template) => void }) => {
	const { t } = useSpeech();
	const { languages, topics } = template;
	const toggle = (language: TemplateLanguage, on: boolean): void =>
		onChange(setLanguages(template, on ? [...languages, language] : languages.filter((one) => one !== language)));
	const topic = (one: Topic, on: boolean): void => onChange({ ...template, topics: TOPICS.filter((other) => (other === one ? on : topics.includes(other))) });
	return (
		<section>
			<fieldset class="choice inline">
				<legend>{t("library.languages")}</legend>
				{TEMPLATE_LANGUAGES.map((one) => (
					<label key={one}>
						<input type="checkbox" checked={languages.includes(one)} disabled={languages.length === 1 && languages.includes(one)} onChange={(event) => toggle(one, event.currentTarget.checked)} />
						<span>{t(`library.in.${one}`)}</span>
					</label>
				))}
			</fieldset>
			<Words label={t("library.name")} place={["title"]} value={template.title} languages={languages} onChange={(title) => onChange({ ...template, title })} />
			<Words label={t("library.description")} hint={t("library.description_hint")} rows={3} place={["description"]} value={template.description} languages={languages} onChange={(description) => onChange({ ...template, description })} />
			<details>
				<summary>{t("library.choose_topics", { count: topics.length })}</summary>
				{TOPICS.map((one) => <Check key={one} label={t(`library.topic.${one}`)} checked={topics.includes(one)} onChange={(on) => topic(one, on)} />)}
			</details>
		</section>
	);
};

const Adder = ({ template, onAdd }: { template: Template; onAdd: (kind: FieldKind) => void }) => {
	const { t } = useSpeech();
	const kinds = template.kind === "meter" ? METER : FIELD_KINDS;
	if (template.fields.length >= LIMITS.fields) return <p>{t("library.full", { count: LIMITS.fields })}</p>;
	return (
		<section class="adder">
			<h3>{t("library.add")}</h3>
			<div class="row">
				{kinds.map((kind) => <Button key={kind} small icon="plus" onClick={() => onAdd(kind)}>{t(kind === "scale" && template.kind === "meter" ? "library.kind.area" : `library.kind.${kind}`)}</Button>)}
			</div>
		</section>
	);
};

const Standing = ({ saving }: { saving: Saving }) => {
	const { t } = useSpeech();
	const shown = saving.state === "conflict" ? "failed" : saving.state;
	return <p class="saving" role="status">{t(`library.saving.${shown}`)}</p>;
};

const Conflict = ({ id, saving, onTheirs }: { id: string; saving: Saving; onTheirs: () => void }) => {
	const { t } = useSpeech();
	const solving = useAct();
	const mine = (): void => void solving.act(async () => saving.replace((await ask("template_draft_get", { template: toWire(id) })).edits));
	return (
		<Notice kind="warning" title={t("library.conflict")}>
			<p>{t("library.conflict_text")}</p>
			{solving.error && <p class="field-error">{solving.error}</p>}
			<div class="row">
				<Button onClick={onTheirs}>{t("library.take_theirs")}</Button>
				<Button busy={solving.busy} onClick={mine}>{t("library.keep_mine")}</Button>
			</div>
		</Notice>
	);
};

export const FaultList = ({ faults }: { faults: readonly Fault[] }) => {
	const speech = useSpeech();
	const { t } = speech;
	const go = (fault: Fault): void => {
		const box = document.querySelector(`[data-place="${placeKey(fault.place)}"]`) ?? document.querySelector(`[data-place^="${placeKey(fault.place.slice(0, 2))}"]`);
		box?.querySelector<HTMLElement>("input, textarea, select, button")?.focus();
	};
	return (
		<Notice kind="error" title={t("library.missing", { count: faults.length })}>
			<ul class="fault-list">
				{faults.map((fault, i) => <li key={i}><button type="button" class="link" onClick={() => go(fault)}>{placeName(speech, fault.place)}: {faultText(speech, fault)}</button></li>)}
			</ul>
		</Notice>
	);
};

const Publish = ({ saving, template, onClose, onDone }: { saving: Saving; template: Template; onClose: () => void; onDone: () => void }) => {
	const { t } = useSpeech();
	const [note, setNote] = useState("");
	const publishing = useAct();
	const publish = (event: Event): void => {
		event.preventDefault();
		void publishing.act(async () => {
			const edits = await saving.flush();
			await ask("template_publish", { template: toWire(template.id), edits, note: note.trim() });
			saving.stop();
			say(t("library.published"));
			onDone();
		});
	};
	return (
		<Dialog title={t("library.publish")} onClose={onClose}>
			<form onSubmit={publish} noValidate>
				<p>{t("library.publish_text")}</p>
				{template.version > 1 && <Field label={t("library.note")} hint={t("library.note_hint")} rows={3} maxLength={300} value={note} onInput={setNote} />}
				{publishing.error && <Notice kind="error"><p>{publishing.error}</p></Notice>}
				<Button kind="main" type="submit" busy={publishing.busy}>{t("library.publish")}</Button>
			</form>
		</Dialog>
	);
};

const Drop = ({ saving, template, onClose, onDone }: { saving: Saving; template: Template; onClose: () => void; onDone: () => void }) => {
	const { t } = useSpeech();
	const dropping = useAct();
	const drop = (): void =>
		void dropping.act(async () => {
			const edits = await saving.flush();
			if (edits > 0) await ask("template_draft_drop", { template: toWire(template.id), edits });
			saving.stop();
			say(t("library.dropped"));
			onDone();
		});
	return (
		<Dialog title={t("library.drop")} onClose={onClose}>
			<p>{t(template.version > 1 ? "library.drop_text" : "library.drop_all_text")}</p>
			{dropping.error && <Notice kind="error"><p>{dropping.error}</p></Notice>}
			<div class="row">
				<Button kind="danger" busy={dropping.busy} onClick={drop}>{t("library.drop")}</Button>
				<Button onClick={onClose}>{t("library.keep")}</Button>
			</div>
		</Dialog>
	);
};

/** What the person wrote, with what they can take back. */
export const useWriting = (start: Template) => {
	const [{ template, before }, setAll] = useState<{ template: Template; before: readonly Template[] }>({ template: start, before: [] });
	return {
		template, canUndo: before.length > 0,
		change: (next: Template) => setAll((all) => ({ ...all, template: next })),
		/** A change that undo takes back. */
		step: (next: Template) => setAll((all) => ({ template: next, before: [...all.before, all.template].slice(-UNDO_MOST) })),
		undo: () => setAll((all) => ({ template: all.before.at(-1) ?? all.template, before: all.before.slice(0, -1) })),
	};
};

const Acts = ({ onPublish, onDrop }: { onPublish: () => void; onDrop: () => void }) => {
	const { t } = useSpeech();
	const role = use((all) => all.self?.role);
	const may = role === "team_lead" || role === "admin";
	return (
		<div class="row">
			<Button kind="main" onClick={onPublish}>{t(may ? "library.check_publish" : "library.check")}</Button>
			<Button kind="quiet" onClick={onDrop}>{t("library.drop")}</Button>
			{!may && <p class="hint">{t("library.who_publishes")}</p>}
		</div>
	);
};

interface WritingProps {
	work: Work;
	onDone: (id: string | null) => void;
	onTheirs: () => void;
}

export const Fields = ({ writing, onGone }: { writing: ReturnType<typeof useWriting>; onGone: () => void }) => {
	const { t } = useSpeech();
	const { template, change, step } = writing;
	const move = (at: number, by: 1 | -1): void => {
		const field = template.fields[at];
		if (!field || !template.fields[at + by]) return;
		step(moveField(template, at, by));
		say(t("library.moved", { n: at + by + 1 }));
		focusMover(field.id, by);
	};
	const remove = (at: number): void => {
		step(removeField(template, at));
		onGone();
		say(t("library.removed"));
	};
	const add = (kind: FieldKind): void => {
		const next = addField(template, kind);
		step(next);
		const id = next.fields.at(-1)?.id ?? "";
		requestAnimationFrame(() => document.querySelector<HTMLElement>(`.field-card[data-field="${id}"] :is(input, textarea)`)?.focus());
	};
	return (
		<section aria-label={t("library.fields")}>
			<h2>{t("library.fields")}</h2>
			{template.fields.map((field, at) => (
				<FieldEditor key={field.id} template={template} at={at} onChange={change} onMove={(by) => move(at, by)} onRemove={() => remove(at)} />
			))}
			<Adder template={template} onAdd={add} />
		</section>
	);
};

export const UndoBar = ({ shown, onUndo }: { shown: boolean; onUndo: () => void }) => {
	const { t } = useSpeech();
	if (!shown) return null;
	return <div class="undo"><span>{t("library.removed")}</span> <Button small onClick={onUndo}>{t("library.undo")}</Button></div>;
};

const Writing = ({ work, onDone, onTheirs }: WritingProps) => {
	const { t, language } = useSpeech();
	const role = use((all) => all.self?.role);
	const writing = useWriting(work.template);
	const { template } = writing;
	const saving = useSaving(work, template);
	const [checked, setChecked] = useState(false);
	const [removed, setRemoved] = useState(false);
	const [asked, setAsked] = useState<null | "publish" | "drop">(null);
	const faults = useMemo(() => {
		const found = checkTemplate(tidy(template));
		return "faults" in found ? found.faults : [];
	}, [template]);
	const shown = useMemo(() => new Map(checked ? faults.map((one) => [placeKey(one.place), one]) : []), [faults, checked]);
	const check = (): void => {
		setChecked(true);
		if (faults.length === 0 && (role === "team_lead" || role === "admin")) setAsked("publish");
		else if (faults.length === 0) say(t("library.nothing_missing"));
	};
	const undo = (): void => {
		writing.undo();
		setRemoved(false);
		say(t("library.undone"));
	};
	const title = template.title[language] ?? Object.values(template.title)[0];
	return (
		<Faulty.Provider value={shown}>
			<PageTitle>{title || t(template.kind === "meter" ? "library.new_meter" : "library.new")}</PageTitle>
			<Standing saving={saving} />
			{saving.state === "failed" && saving.word && <Notice kind="error"><p>{t("library.not_saved")}</p></Notice>}
			{saving.state === "conflict" && <Conflict id={template.id} saving={saving} onTheirs={() => { saving.stop(); onTheirs(); }} />}
			<div class="editor">
				<div class="editor-write">
					<Basics template={template} onChange={writing.change} />
					<Fields writing={writing} onGone={() => setRemoved(true)} />
					<UndoBar shown={removed && writing.canUndo} onUndo={undo} />
					{checked && faults.length > 0 && <FaultList faults={faults} />}
					{checked && faults.length === 0 && <Notice kind="good"><p>{t("library.nothing_missing")}</p></Notice>}
					<Acts onPublish={check} onDrop={() => setAsked("drop")} />
				</div>
				<section class="editor-preview" aria-label={t("library.preview")}>
					<h2>{t("library.preview")}</h2>
					<Preview template={template} />
				</section>
			</div>
			{asked === "publish" && <Publish saving={saving} template={template} onClose={() => setAsked(null)} onDone={() => onDone(toWire(template.id))} />}
			{asked === "drop" && <Drop saving={saving} template={template} onClose={() => setAsked(null)} onDone={() => onDone(template.version > 1 ? toWire(template.id) : null)} />}
		</Faulty.Provider>
	);
};

export const Editor = ({ view, onDone }: { view: { readonly id: string; readonly work?: Work }; onDone: (id: string | null) => void }) => {
	const { t, language } = useSpeech();
	const [work, setWork] = useState<Work | null>(null);
	const [round, setRound] = useState(0);
	const loading = useAct();
	const bring = (): void => void loading.act(async () => {
		setWork(await load(view.id, view.work, language));
		setRound((n) => n + 1);
	});
	useEffect(bring, [view.id]);
	if (loading.error)
		return (
			<Notice kind="error">
				<p>{loading.error}</p>
				<Button onClick={bring}>{t("loading.again")}</Button>
			</Notice>
		);
	if (!work) return <Loading text={t("loading.page")} />;
	return <Writing key={round} work={work} onDone={onDone} onTheirs={() => { setWork(null); bring(); }} />;
};
