// A deletion certificate as the server wrote it (db/migrations, 0038), read and put into rows. Pure.

import type { Speech } from "../../text/text.js";

export interface Certificate {
	readonly n: number;
	readonly at: number;
	readonly organisation: string;
	/** Numbers in the log between which it happened. */
	readonly first: number;
	readonly last: number;
	readonly erased: readonly Readonly<Record<string, string | number>>[];
	/** As it came. */
	readonly json: string;
}

interface Body {
	readonly organisation: string;
	readonly audit_first: number | null;
	readonly audit_last: number | null;
	readonly erased: readonly Readonly<Record<string, string | number>>[];
}

export const readCertificate = ({ n, at, body }: { n: number; at: number; body: string }): Certificate => {
	const { organisation, audit_first: first, audit_last: last, erased } = JSON.parse(body) as Body;
	return { n, at, organisation, first: first ?? 0, last: last ?? 0, erased, json: body };
};

const COUNTS = ["objects", "messages", "files", "units"] as const;

/** One row for each kind and rule; a request and the end of an agreement are causes without days. What is of a kind that this page does not know is called by its own word. */
export const rowsOf = ({ t, has, format }: Pick<Speech, "t" | "has" | "format">, of: Certificate): { head: string[]; rows: string[][] } => {
	const word = (key: string, otherwise: string): string => (has(key) ? (t as (key: string) => string)(key) : otherwise);
	const head = [t("retention.what"), t("retention.by"), ...COUNTS.map((one) => t(`certificate.count.${one}`))];
	const rows = of.erased.map((row) => {
		const cause = word(`retention.kind.${row["rule"]}`, String(row["rule"]));
		const rule = row["days"] ? `${cause}, ${t("retention.for", { days: Number(row["days"]) })}, ${t("retention.version", { version: String(row["version"]) })}` : cause;
		return [word(`retention.thing.${row["kind"]}`, String(row["kind"])), rule, ...COUNTS.map((one) => format.number(Number(row[one] ?? 0)))];
	});
	return { head, rows };
};
