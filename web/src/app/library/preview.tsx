// A template as the client will see it. What is tried in it stays here. Whoever gives it can see all of it: in each language, for the
// client may read another than they do, and what only some answers bring out.

import { useMemo, useState } from "preact/hooks";
import { emptyAnswers, type Answers, type Template, type TemplateLanguage } from "../../assignment/template.js";
import { Form } from "../assignment/form.js";
import { Check } from "../parts.js";
import { useSpeech } from "../state.js";

export const Preview = ({ template }: { template: Template }) => {
	const { t, language } = useSpeech();
	const [tried, setTried] = useState<Answers>({});
	const [other, setOther] = useState<TemplateLanguage | null>(null);
	const [all, setAll] = useState(false);
	// A field may have become one of another kind since it was tried.
	const kinds = template.fields.map((one) => `${one.id} ${one.kind}`).join();
	const answers = useMemo(() => ({ ...emptyAnswers(template), ...tried }), [kinds, tried]);
	const { languages } = template;
	const read = [other, language].find((one) => languages.some((each) => each === one)) ?? languages[0] ?? language;
	return (
		<>
			{languages.length > 1 && (
				<div class="field">
					<label>
						{t("library.preview_language")}{" "}
						<select value={read} onChange={(event) => setOther(event.currentTarget.value as TemplateLanguage)}>
							{languages.map((one) => <option key={one} value={one}>{t(`library.in.${one}`)}</option>)}
						</select>
					</label>
				</div>
			)}
			{template.fields.some((one) => one.showIf) && <Check label={t("library.preview_all")} checked={all} onChange={setAll} />}
			<div class="preview-form" lang={read}>
				<Form template={template} answers={answers} language={read} all={all} onChange={(field, answer) => setTried((before) => ({ ...before, [field]: answer }))} />
			</div>
		</>
	);
};
