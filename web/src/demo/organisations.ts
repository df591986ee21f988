// Who has an agreement in the demonstration, and how far it is. Everybody is invented; business ids that begin with zeroes are valid and
// nobody's.

import type { Ops } from "../gen/proto.js";
import type { Kind, Language } from "./terms.js";

type Row = Ops["organisation_import"]["in"]["rows"][number];
export type Stand = "none" | "contact_found" | "signatory_found" | "sent" | "signed" | "trained" | "live" | "ending";

export interface Partner extends Row {
	readonly to: Stand;
	readonly kind: Kind;
	readonly language: Language;
	readonly person: string;
	readonly title: string;
	readonly office?: { readonly name: string; readonly address: string; readonly hours: string };
}

/** The organisation whose rooms the demonstration has (db/demo.sql), and who runs the service. */
export const EMPLOYER = { org: Buffer.from("2296962a000040008000000000000001", "hex").toString("base64url"), id: "0000001-9" };
export const PROCESSOR = { name: "Ohjauspalvelujen palvelukeskus (esittely)", id: "0000002-7" };
export const SUBPROCESSOR_ID = "0000011-5";

type Brief = readonly [name: string, id: string, form: string, region: string, to: Stand, person: string, title: string];
const BRIEFS: readonly Brief[] = [
	["Koivujoen kaupunki", "0000010-7", "city", "pirkanmaa", "live", "Sanna Lehtonen", "työllisyysjohtaja"],
	["Lehtoniemen kunta", "0000012-3", "city", "lappi", "none", "", ""],
	["Hiidenveden hyvinvointialue", "0000013-1", "wellbeing_county", "uusimaa", "sent", "Pertti Salonen", "palvelujohtaja"],
	["Jokilaakson työllisyysalue", "0000015-8", "employment_area", "pohjois_pohjanmaa", "trained", "Ritva Koskela", "alueen johtaja"],
	["Strandby stad", "0000017-4", "city", "pohjanmaa", "signed", "Kristina Nyberg", "stadsdirektör"],
	["Skärgårdens folkhögskola", "0000018-2", "school", "ahvenanmaa", "contact_found", "Mats Sjöblom", "rektor"],
	["Nuorten silta ry", "0000019-0", "association", "varsinais_suomi", "ending", "Heidi Aalto", "toiminnanjohtaja"],
	["Harjulan ammattiopisto", "0000020-3", "school", "pohjois_savo", "signatory_found", "Timo Rissanen", "rehtori"],
	["Saimaanrannan kunta", "0000021-1", "city", "etela_karjala", "ending", "Outi Hämäläinen", "sivistysjohtaja"],
	["Järvi-Kainuun työllisyysalue", "0000023-8", "employment_area", "kainuu", "contact_found", "Jari Karjalainen", "palvelupäällikkö"],
	["Tulijoiden talo ry", "0000024-6", "association", "kanta_hame", "sent", "Grace Mensah", "executive director"],
	["Karhurannan kaupunki", "0000025-4", "city", "satakunta", "none", "", ""],
	["Vesijärven seudun työllisyysalue", "0000026-2", "employment_area", "paijat_hame", "none", "", ""],
	["Kymin ohjaamoyhdistys ry", "0000027-0", "association", "kymenlaakso", "none", "", ""],
	["Olavinsaaren kunta", "0000028-9", "city", "etela_savo", "none", "", ""],
	["Vaarojen kunta", "0000029-7", "city", "pohjois_karjala", "none", "", ""],
	["Lakeuden työllisyysalue", "0000031-8", "employment_area", "etela_pohjanmaa", "none", "", ""],
	["Perhonjoen kunta", "0000032-6", "city", "keski_pohjanmaa", "none", "", ""],
];
const UNITS: readonly Brief[] = [
	["Koivujoen lukio", "0000010-7", "school", "pirkanmaa", "live", "Anneli Vuorinen", "rehtori"],
	["Koivujoen työpajat", "0000010-7", "other", "pirkanmaa", "signatory_found", "Marko Peltola", "työpajapäällikkö"],
];
const SWEDISH = ["Strandby stad", "Skärgårdens folkhögskola"], ENGLISH = ["Tulijoiden talo ry"];
const OFFICES: Readonly<Record<string, Partner["office"]>> = {
	"Koivujoen kaupunki": { name: "Koivujoen ohjaamo", address: "Asemakatu 4, Koivujoki", hours: "ma–pe 9–15\nto 9–17" },
	"Strandby stad": { name: "Navigatorn i Strandby", address: "Hamngatan 2, Strandby", hours: "må–fr 9–15" },
};

const partner = ([name, business_id, form, region, to, person, title]: Brief, under: string): Partner => {
	const office = OFFICES[name];
	return {
		name, business_id, form, region, under, to, person, title, kind: form === "association" ? "association" : "authority",
		language: SWEDISH.includes(name) ? "sv" : ENGLISH.includes(name) ? "en" : "fi", ...(office && { office }),
	};
};

export const PARTNERS: readonly Partner[] = [...BRIEFS.map((one) => partner(one, "")), ...UNITS.map((one) => partner(one, one[1]))];
