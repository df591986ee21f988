// What a check found wrong, in words and by place.

import type { Fault } from "../../assignment/template.js";
import type { Speech } from "../../text/text.js";

export const faultText = ({ t, format }: Speech, { word, most }: Fault): string =>
	t(`library.fault.${word}`, { most: most === undefined ? "" : format.number(most) });

/** As it stands in the file: fields[3].options[0].label.sv */
export const placeText = (place: Fault["place"]): string =>
	place.map((step, at) => (typeof step === "number" ? `[${step}]` : at > 0 ? `.${step}` : step)).join("");

export const placeKey = (place: Fault["place"]): string => place.join(".");

const MEMBERS = {
	title: "library.name", description: "library.description", label: "library.question", help: "library.help", low: "library.low", high: "library.high",
	options: "library.options", showIf: "library.show_if",
} as const;

/** As a person finds it in the editor: the field, what of it, which language. */
export const placeName = ({ t }: Speech, place: Fault["place"]): string => {
	const [first, at] = place;
	const inField = first === "fields" && typeof at === "number";
	const member = inField ? place[2] : first;
	const option = member === "options" ? place[3] : undefined;
	const language = (["fi", "sv", "en"] as const).find((one) => one === place.at(-1));
	const names = [
		inField ? t("library.field_n", { n: at + 1 }) : "",
		typeof option === "number" ? t("library.option", { n: option + 1 }) : typeof member === "string" && member in MEMBERS ? t(MEMBERS[member as keyof typeof MEMBERS]) : "",
		language ? t(`library.in.${language}`) : "",
	].filter((one) => one !== "");
	return names.length > 0 ? names.join(", ") : t("library.whole");
};
