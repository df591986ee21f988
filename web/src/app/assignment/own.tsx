// An assignment written for this client alone: the library's editor without the library. It is kept while the page is open,
// for the room in which it was begun.

import { useMemo, useState } from "preact/hooks";
import { checkTemplate, type Template, type TemplateLanguage } from "../../assignment/template.js";
import type { Id } from "../../client/api.js";
import { Basics, FaultList, Fields, UndoBar, useWriting } from "../library/editor.js";
import { blankTemplate, tidy } from "../library/edit.js";
import { placeKey } from "../library/faults.js";
import { Faulty } from "../library/words.js";
import { Button } from "../parts.js";
import { say, useSpeech } from "../state.js";

let kept: { readonly room: Id; readonly template: Template } | null = null;

const newId = (): string => [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");

/** It was given: the next one begins empty. */
export const forgetOwn = (): void => void (kept = null);

interface Props {
	room: Id;
	onBack: () => void;
	onReady: (template: Template) => void;
}

export const Own = ({ room, onBack, onReady }: Props) => {
	const { t, language } = useSpeech();
	const writing = useWriting(kept?.room === room ? kept.template : blankTemplate(newId(), "assignment", language as TemplateLanguage));
	const { template } = writing;
	kept = { room, template };
	const [checked, setChecked] = useState(false);
	const [removed, setRemoved] = useState(false);
	const found = useMemo(() => checkTemplate(tidy(template)), [template]);
	const faults = "faults" in found ? found.faults : [];
	const shown = useMemo(() => new Map(checked ? faults.map((one) => [placeKey(one.place), one]) : []), [found, checked]);
	const go = (): void => {
		setChecked(true);
		if ("template" in found) onReady(found.template);
		else say(t("library.missing", { count: faults.length }));
	};
	const undo = (): void => {
		writing.undo();
		setRemoved(false);
		say(t("library.undone"));
	};
	return (
		<Faulty.Provider value={shown}>
			<Button small kind="quiet" icon="back" onClick={onBack}>{t("assignment.other_template")}</Button>
			<h3 tabIndex={-1}>{t("assignment.own_title")}</h3>
			<p class="hint">{t("assignment.own_hint")}</p>
			<Basics template={template} onChange={writing.change} />
			<Fields writing={writing} onGone={() => setRemoved(true)} />
			<UndoBar shown={removed && writing.canUndo} onUndo={undo} />
			{checked && faults.length > 0 && <FaultList faults={faults} />}
			<Button kind="main" onClick={go}>{t("assignment.own_ready")}</Button>
		</Faulty.Provider>
	);
};
