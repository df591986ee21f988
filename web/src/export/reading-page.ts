// index.html of the ZIP: the blocks as one page without script, style in it, nothing fetched. Everything that people wrote passes `escaped`,
// and the page's own policy allows nothing but its style.

import type { Area, Block, Table } from "./blocks.js";
import type { ExportLanguage } from "./words.js";

const escaped = (text: string): string =>
	text.replace(/[&<>"']/g, (sign) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" })[sign] as string);

/** Right-to-left letters are drawn as they are; signs that would turn the text around them are not. */
const plain = (text: string): string => escaped(text.replace(/[\u202A-\u202E\u2066-\u2069]/g, ""));

const STYLE = [
	"body{font:16px/1.5 'Source Sans 3',system-ui,sans-serif;color:#1b1d1f;background:#fff;max-width:46rem;margin:0 auto;padding:1rem}",
	"h1{font-size:1.8rem}h2{margin-top:2rem;border-top:2px solid #c8cdd0}h3{margin-top:1.5rem}",
	"p,li,td,dd{overflow-wrap:anywhere;white-space:pre-wrap}.small,.who{color:#55585c;font-size:.9rem}.who{font-weight:600;margin:1rem 0 0}.said{margin:0}",
	".table{overflow-x:auto}table{border-collapse:collapse;width:100%}th,td{border:1px solid #a5acb0;padding:.3rem .5rem;text-align:start;vertical-align:top}",
	"svg{max-width:30rem;width:100%}@media print{body{max-width:none}}",
].join("");

const ROW = 46, TOP = 30, LEFT = 14, WIDE = 320;
const x = (value: number): number => LEFT + (value / 10) * (WIDE - 2 * LEFT);

const areaShape = ({ label, first, last }: Area, n: number, two: boolean): string => {
	const y = TOP + n * ROW + 30;
	const line = `<text x="${LEFT}" y="${y - 14}" font-size="12">${plain(label)}</text><line x1="${x(0)}" x2="${x(10)}" y1="${y}" y2="${y}" stroke="#a5acb0"/>`;
	const way = two && first !== null && last !== null ? `<line x1="${x(first)}" x2="${x(last)}" y1="${y}" y2="${y}" stroke="#2a6ebb" stroke-width="3"/>` : "";
	const before = two && first !== null ? `<rect x="${x(first) - 6}" y="${y - 6}" width="12" height="12" fill="#fff" stroke="#1b1d1f" stroke-width="2"/>` : "";
	return line + way + before + (last === null ? "" : `<circle cx="${x(last)}" cy="${y}" r="6" fill="#2a6ebb"/>`);
};

const plot = ({ about, key, two, areas }: Extract<Block, { is: "plot" }>): string => {
	const height = TOP + areas.length * ROW;
	const ticks = [0, 2, 4, 6, 8, 10].map((tick) => `<text x="${x(tick)}" y="${TOP - 14}" text-anchor="middle" font-size="11">${tick}</text>`).join("");
	const shapes = areas.map((area, n) => areaShape(area, n, two)).join("");
	const legend = two ? `\u25A1 ${plain(key[0])} \u25CF ${plain(key[1])}` : `\u25CF ${plain(key[1])}`;
	return `<p class="small" aria-hidden="true">${legend}</p><svg viewBox="0 0 ${WIDE} ${height}" role="img" aria-label="${plain(about)}">${ticks}${shapes}</svg>`;
};

const linked = (text: string, entry: string): string =>
	entry === "" ? plain(text) : `<a href="${escaped(entry.split("/").map(encodeURIComponent).join("/"))}">${plain(text)}</a>`;

const table = ({ head, rows, links = [] }: Table): string => {
	const heads = head.map((one) => `<th scope="col">${plain(one)}</th>`).join("");
	const row = ([first = "", ...rest]: readonly string[], n: number): string =>
		`<tr><th scope="row" dir="auto">${linked(first, links[n] ?? "")}</th>${rest.map((one) => `<td dir="auto">${plain(one)}</td>`).join("")}</tr>`;
	return `<div class="table"><table><thead><tr>${heads}</tr></thead><tbody>${rows.map(row).join("")}</tbody></table></div>`;
};

const drawn = (block: Block): string => {
	switch (block.is) {
		case "heading": return `<h${block.level} dir="auto">${plain(block.text)}</h${block.level}>`;
		case "text": return `<p${block.small ? ' class="small"' : ""} dir="auto">${plain(block.text)}</p>`;
		case "list": return `<ul>${block.items.map((one) => `<li dir="auto">${plain(one)}</li>`).join("")}</ul>`;
		case "table": return table(block);
		case "plot": return plot(block);
		case "said": return `<p class="who" dir="auto">${plain(block.who)}</p>${block.lines.map((one) => `<p class="said" dir="auto">${plain(one)}</p>`).join("")}`;
	}
};

/** A line or more at a time, whatever the length of the room. */
export function* readingPage(language: ExportLanguage, title: string, foot: string, blocks: Iterable<Block>): Generator<string> {
	yield [
		"<!doctype html>", `<html lang="${language}">`, "<head>", '<meta charset="utf-8">',
		`<meta http-equiv="content-security-policy" content="default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'">`,
		'<meta name="viewport" content="width=device-width, initial-scale=1">', `<title>${plain(title)}</title>`, `<style>${STYLE}</style>`, "</head>", "<body>", "<main>", "",
	].join("\n");
	for (const block of blocks) yield `${drawn(block)}\n`;
	yield `<p class="small">${plain(foot)}</p>\n</main>\n</body>\n</html>\n`;
}
