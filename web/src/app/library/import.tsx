// A template out of a file: read and checked here, nothing is sent before the person has seen what it is. What is wrong is told by place.

import { useId, useState } from "preact/hooks";
import { wordingIn, type Fault, type Template } from "../../assignment/template.js";
import { Button, Notice, PageTitle, useAct } from "../parts.js";
import { wordOf } from "../engine.js";
import { useSpeech } from "../state.js";
import { ask, newId, readTemplate, toWire, type Row } from "./data.js";
import { faultText, placeText } from "./faults.js";
import { Preview } from "./preview.js";
import type { Work } from "./saving.js";

const FILE_MOST = 400_000;
const FAULTS_SHOWN = 30;

type Found =
	| { readonly is: "nothing" }
	| { readonly is: "too_large" | "no_json" }
	| { readonly is: "faulty"; readonly faults: readonly Fault[] }
	/** known: the template of this id that is here already. */
	| { readonly is: "good"; readonly template: Template; readonly known: Row | null };

const knownAs = async (template: Template, reader: "fi" | "sv" | "en"): Promise<Row | null> => {
	try {
		return (await ask("template_get", { template: toWire(template.id), reader })).row;
	} catch (thrown) {
		if (wordOf(thrown) === "not_found") return null;
		throw thrown;
	}
};

const Faults = ({ faults }: { faults: readonly Fault[] }) => {
	const speech = useSpeech();
	const { t } = speech;
	return (
		<Notice kind="error" title={t("library.file_faulty", { count: faults.length })}>
			<ul>{faults.slice(0, FAULTS_SHOWN).map((one, at) => <li key={at}><code>{placeText(one.place)}</code> {faultText(speech, one)}</li>)}</ul>
			{faults.length > FAULTS_SHOWN && <p>{t("library.file_more_faults", { count: faults.length - FAULTS_SHOWN })}</p>}
		</Notice>
	);
};

const Good = ({ template, known, onTake }: { template: Template; known: Row | null; onTake: (work: Work) => void }) => {
	const { t, language } = useSpeech();
	const anew = (): void => onTake({ template: { ...template, id: newId(), version: 1 }, edits: 0, unsaved: true });
	const next = (row: Row): void => onTake({ template: { ...template, version: row.version + 1 }, edits: row.edits, unsaved: true });
	return (
		<>
			<Notice kind="good" title={t("library.file_good")}>
				<p>{t("library.file_holds", { title: wordingIn(template.title, language), fields: template.fields.length, languages: template.languages.map((one) => t(`library.in.${one}`)).join(", ") })}</p>
			</Notice>
			{known?.own && <p>{known.drafted ? t("library.file_known_draft") : t("library.file_known")}</p>}
			<div class="row">
				{known?.own && <Button kind="main" onClick={() => next(known)}>{t("library.take_next", { version: known.version + 1 })}</Button>}
				<Button kind={known?.own ? "plain" : "main"} onClick={anew}>{t("library.take_new")}</Button>
			</div>
			<h2>{t("library.preview")}</h2>
			<Preview template={template} />
		</>
	);
};

export const Import = ({ onTake }: { onTake: (work: Work) => void }) => {
	const { t, language } = useSpeech();
	const [found, setFound] = useState<Found>({ is: "nothing" });
	const reading = useAct();
	const id = useId();
	const read = (file: File): void =>
		void reading.act(async () => {
			setFound({ is: "nothing" });
			if (file.size > FILE_MOST) return setFound({ is: "too_large" });
			const checked = readTemplate(await file.text());
			if ("template" in checked) setFound({ is: "good", template: checked.template, known: await knownAs(checked.template, language) });
			else setFound(checked.faults ? { is: "faulty", faults: checked.faults } : { is: "no_json" });
		});
	return (
		<>
			<PageTitle>{t("library.import")}</PageTitle>
			<p>{t("library.import_text")}</p>
			<div class="file-choice">
				<input class="vh" id={id} type="file" accept=".json,application/json" onChange={(event) => {
					const file = event.currentTarget.files?.[0];
					if (file) read(file);
					event.currentTarget.value = "";
				}} />
				<label class="button main" for={id}>{t("library.choose_file")}</label>
			</div>
			{reading.error && <Notice kind="error"><p>{reading.error}</p></Notice>}
			{(found.is === "too_large" || found.is === "no_json") && <Notice kind="error"><p>{t(`library.file_${found.is}`)}</p></Notice>}
			{found.is === "faulty" && <Faults faults={found.faults} />}
			{found.is === "good" && <Good template={found.template} known={found.known} onTake={onTake} />}
		</>
	);
};
