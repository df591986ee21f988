// The terms of an agreement (GDPR art. 28(3)) as data: what the database checks (db/migrations, 0034), the form edits and the document
// shows. Pure.

export const DATA = ["identity", "contact", "conversation", "files", "assignments", "life_situation", "work_and_study", "health", "use"] as const;
export const PERSONS = ["clients", "minors", "counsellors", "professionals", "relatives"] as const;
export const KEPT = ["messages", "files", "assignments", "notes", "closed_rooms", "anonymous", "audit", "accounts"] as const;
/** Those of plain words, in the order of the document. */
export const CLAUSES = ["subject", "nature", "purpose", "instructions", "confidentiality", "rights_help", "breach_help", "audits"] as const;

export type DataType = (typeof DATA)[number];
export type PersonType = (typeof PERSONS)[number];
export type KeptType = (typeof KEPT)[number];
export type Clause = (typeof CLAUSES)[number];

export interface SubProcessor {
	readonly name: string;
	readonly business_id: string;
	readonly country: string;
	readonly task: string;
}

export interface Terms extends Readonly<Record<Clause, string>> {
	readonly format: "luotsi-agreement/1";
	readonly begins: string; // YYYY-MM-DD
	readonly ends: string | null;
	readonly data: readonly DataType[];
	readonly persons: readonly PersonType[];
	readonly security: readonly string[];
	readonly subprocessors: readonly SubProcessor[];
	readonly at_end: "return" | "delete";
	readonly end_days: number;
	readonly retention: Readonly<Record<KeptType, number>>;
	readonly training_required: boolean;
	readonly other: string;
}

const WEIGHTS = [7, 9, 10, 5, 8, 4, 2];

export const isBusinessId = (id: string): boolean => {
	if (!/^[0-9]{7}-[0-9]$/.test(id)) return false;
	const rest = WEIGHTS.reduce((sum, weight, i) => sum + weight * Number(id[i]), 0) % 11;
	return rest !== 1 && Number(id[8]) === (rest === 0 ? 0 : 11 - rest);
};

/** What is missing or wrong, by the member's name; empty: it can be saved. */
export const faultsOf = (terms: Terms): readonly string[] => {
	const faults: string[] = CLAUSES.filter((clause) => terms[clause].trim() === "");
	if (terms.begins === "") faults.push("begins");
	if (terms.ends !== null && terms.ends < terms.begins) faults.push("ends");
	if (terms.data.length === 0) faults.push("data");
	if (terms.persons.length === 0) faults.push("persons");
	if (terms.security.length === 0) faults.push("security");
	if (terms.subprocessors.some((one) => one.name.trim() === "" || one.task.trim() === "" || one.country.trim() === "" || (one.business_id !== "" && !isBusinessId(one.business_id)))) faults.push("subprocessors");
	if (KEPT.some((kind) => !Number.isInteger(terms.retention[kind]) || terms.retention[kind] < 1 || terms.retention[kind] > 36_500)) faults.push("retention");
	if (!Number.isInteger(terms.end_days) || terms.end_days < 0 || terms.end_days > 365) faults.push("end_days");
	return faults;
};

/** Members whose content differs. */
export const changesOf = (before: Terms, after: Terms): readonly string[] =>
	Object.keys(after).filter((key) => JSON.stringify(before[key as keyof Terms]) !== JSON.stringify(after[key as keyof Terms]));
