// Words and shapes that the pages of organisations and agreements share.

import type { Ops } from "../../gen/proto.js";
import type { Key, Speech } from "../../text/text.js";

export type Organisation = Ops["organisation_list"]["out"]["organisations"][number];
export type Query = Ops["organisation_list"]["in"];
export type Agreement = Ops["agreement_list"]["out"]["agreements"][number];
export type Edition = Ops["agreement_versions"]["out"]["versions"][number];
export type Signatory = Ops["agreement_sign"]["in"]["signatories"][number];
export type Contact = Ops["contact_list"]["out"]["contacts"][number];
export type Office = Ops["office_list"]["out"]["offices"][number];
export type Stuck = Ops["organisation_stuck"]["out"]["rows"][number];
export type Step = Ops["agreement_take"]["in"]["to"];

export const STATES = ["none", "contact_found", "signatory_found", "sent", "signed", "trained", "live", "ending", "ended"] as const;
export const FORMS = ["city", "employment_area", "wellbeing_county", "school", "association", "state", "other"] as const;
export const BASES = ["office", "rules", "register", "proxy", "decision"] as const;
export const REGIONS = [
	"ahvenanmaa", "etela_karjala", "etela_pohjanmaa", "etela_savo", "kainuu", "kanta_hame", "keski_pohjanmaa", "keski_suomi", "kymenlaakso", "lappi", "paijat_hame", "pirkanmaa", "pohjanmaa",
	"pohjois_karjala", "pohjois_pohjanmaa", "pohjois_savo", "satakunta", "uusimaa", "varsinais_suomi",
] as const;

export type State = (typeof STATES)[number];
export type Form = (typeof FORMS)[number];
export type Basis = (typeof BASES)[number];

/** Finland's regions as the language calls them, in its order. */
export const regionNames = ({ t, language }: Speech): readonly (readonly [string, string])[] =>
	REGIONS.map((one) => [one, t(`agreement.region.${one}`)] as const).sort(([, a], [, b]) => a.localeCompare(b, language));
export const regionName = ({ t }: Speech, region: string | undefined): string => {
	const one = REGIONS.find((key) => key === region);
	return one ? t(`agreement.region.${one}`) : "";
};

/** What an organisation is, in a line. */
export const briefOf = (speech: Speech, of: Organisation): string =>
	[of.business_id, speech.t(`agreement.form.${of.form}`), regionName(speech, of.region), of.under_name && speech.t("agreement.under_name", { name: of.under_name })].filter(Boolean).join(" · ");

/** What follows a state, which way the table of transitions has it. */
export const STEPS: Readonly<Record<State, readonly Step[]>> = {
	none: [], contact_found: ["signatory_found"], signatory_found: ["sent", "contact_found"], sent: ["signed", "signatory_found"], signed: ["trained"],
	trained: ["live"], live: ["ending"], ending: ["ended", "live"], ended: [],
};

export const daysSince = (at: number): number => Math.max(0, Math.floor((Date.now() - at) / 86_400_000));

/** The outcome of a step or an imported row in words; a word that is not known is shown as it is. */
/** What would come of a try, or came of it. */
export const outcomeText = ({ t, has }: Speech, outcome: string, dry = true): string => {
	const key = `agreement.outcome.${outcome === "ok" && !dry ? "did" : outcome}`;
	return has(key) ? (t as (key: Key) => string)(key) : outcome;
};

export const hexOf = (bytes: Uint8Array): string => [...bytes].map((one) => one.toString(16).padStart(2, "0")).join("");
/** A hash of the wire as people compare it. */
export const sumText = (sum: string): string => hexOf(Uint8Array.from(atob(sum.replaceAll("-", "+").replaceAll("_", "/")), (sign) => sign.charCodeAt(0)));
export const sumOf = async (bytes: ArrayBuffer): Promise<string> =>
	btoa(String.fromCharCode(...new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");

export const saveFile = (name: string, content: Blob): void => {
	const link = document.createElement("a");
	link.href = URL.createObjectURL(content);
	link.download = name;
	link.click();
	setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
};
