// Tables as Finnish spreadsheets save them: semicolons, commas or tabs, quotes, Windows-1252 or UTF-8 with or without its mark. Pure.

export const MOST_BYTES = 1_000_000;
export const MOST_ROWS = 2_000;

/** UTF-8 if it is, otherwise what an older Excel writes; UTF-16 with its mark too. */
export const decodeTable = (bytes: Uint8Array): string => {
	if (bytes[0] === 0xff && bytes[1] === 0xfe) return new TextDecoder("utf-16le").decode(bytes);
	try {
		return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
	} catch {
		return new TextDecoder("windows-1252").decode(bytes);
	}
};

const separatorOf = (text: string): string => {
	const head = (text.split("\n", 1)[0] ?? "").replace(/"[^"]*"?/g, ""); // not what stands within a heading
	const [best = ";"] = [";", "\t", ","].sort((a, b) => head.split(b).length - head.split(a).length);
	return best;
};

/** Rows of cells; a quoted cell may hold separators, quotes and line breaks. Empty rows are left out. */
export const readTable = (text: string): readonly (readonly string[])[] => {
	const separator = separatorOf(text);
	const rows: string[][] = [];
	let row: string[] = [], cell = "", quoted = false;
	const endCell = (): void => {
		row.push(cell.trim());
		cell = "";
	};
	const endRow = (): void => {
		endCell();
		if (row.some((one) => one !== "")) rows.push(row);
		row = [];
	};
	for (let i = 0; i < text.length; i++) {
		const sign = text[i] as string;
		if (quoted && sign === '"' && text[i + 1] === '"') {
			cell += '"';
			i++;
		} else if (sign === '"' && (quoted || cell.trim() === "")) quoted = !quoted;
		else if (quoted) cell += sign;
		else if (sign === separator) endCell();
		else if (sign === "\n") endRow();
		else if (sign !== "\r") cell += sign;
	}
	endRow();
	return rows;
};

/** Columns by their headings, whatever their order: `names` gives the headings that each may have. A missing one is -1. */
export const columnsOf = <K extends string>(head: readonly string[], names: Readonly<Record<K, readonly string[]>>): Readonly<Record<K, number>> => {
	const plain = head.map((one) => one.toLowerCase().replace(/\s+/g, " ").trim());
	const found = Object.entries<readonly string[]>(names).map(([key, known]) => [key, plain.findIndex((one) => known.includes(one))]);
	return Object.fromEntries(found) as Record<K, number>;
};

/** 3.12.2026 or 2026-12-03, as YYYY-MM-DD; "" if it is no day. */
export const readDate = (text: string): string => {
	const finnish = /^(\d{1,2})\.(\d{1,2})\.(\d{4})$/.exec(text.trim());
	const iso = finnish ? `${finnish[3]}-${finnish[2]?.padStart(2, "0")}-${finnish[1]?.padStart(2, "0")}` : text.trim();
	const at = Date.parse(`${iso}T00:00:00Z`);
	return /^\d{4}-\d\d-\d\d$/.test(iso) && !Number.isNaN(at) && new Date(at).toISOString().startsWith(iso) ? iso : "";
};

/** Cells of a table to be saved: what a spreadsheet would run as a formula does not begin as one. */
export const writeTable = (rows: readonly (readonly string[])[]): string =>
	`\uFEFF${rows.map((row) => row.map((cell) => `"${(/^[=+\-@\t\r]/.test(cell) ? `'${cell}` : cell).replaceAll('"', '""')}"`).join(";")).join("\r\n")}\r\n`;
