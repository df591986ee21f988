// A text in each language of the template, side by side, with what is wrong with it.

import { useContext } from "preact/hooks";
import { createContext } from "preact";
import type { Fault, TemplateLanguage, Wording } from "../../assignment/template.js";
import { Field } from "../parts.js";
import { useSpeech } from "../state.js";
import { faultText, placeKey } from "./faults.js";

/** What is shown as wrong, by place; nothing before the person has asked for the check. */
export const Faulty = createContext<ReadonlyMap<string, Fault>>(new Map());

export const useFault = (place: Fault["place"]): string | undefined => {
	const speech = useSpeech();
	const found = useContext(Faulty).get(placeKey(place));
	return found && faultText(speech, found);
};

interface WordsProps {
	label: string;
	hint?: string;
	place: Fault["place"];
	value: Wording;
	languages: readonly TemplateLanguage[];
	rows?: number;
	onChange: (words: Wording) => void;
}

const OneLanguage = ({ label, hint, place, value, languages, rows, onChange, language }: WordsProps & { language: TemplateLanguage }) => {
	const { t } = useSpeech();
	const error = useFault([...place, language]);
	return (
		<div data-place={placeKey([...place, language])}>
			<Field
				label={languages.length > 1 ? t("library.said_in", { label, language: t(`library.in.${language}`) }) : label}
				hint={language === languages[0] ? hint : undefined} error={error} value={value[language] ?? ""} spellcheck
				{...(rows ? { rows } : {})}
				onInput={(said) => onChange({ ...value, [language]: said })}
			/>
		</div>
	);
};

export const Words = (props: WordsProps) => (
	<div class="words">
		{props.languages.map((language) => <OneLanguage key={language} {...props} language={language} />)}
	</div>
);
