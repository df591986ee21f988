// The blocks of a room on the page: headings, texts, lists and tables in the order of reading. A plot is its values as a list.

import type { Block } from "../../export/blocks.js";

const plotLine = ({ label, first, last }: { label: string; first: number | null; last: number | null }): string => `${label}: ${[first, last].filter((one) => one !== null).join(" \u2192 ")}`;

const Table = ({ of: { head, rows } }: { of: Extract<Block, { is: "table" }> }) => (
	<div class="table" tabIndex={0} role="group" aria-label={head.join(", ")}>
		<table>
			<thead><tr>{head.map((one) => <th key={one} scope="col">{one}</th>)}</tr></thead>
			<tbody>
				{rows.map(([first = "", ...rest], n) => (
					<tr key={n}>
						<th scope="row" dir="auto">{first}</th>
						{rest.map((one, at) => <td key={at} dir="auto">{one}</td>)}
					</tr>
				))}
			</tbody>
		</table>
	</div>
);

const Heading = ({ level, text }: { level: 1 | 2 | 3 | 4; text: string }) => {
	if (level <= 2) return <h2 dir="auto">{text}</h2>;
	return level === 3 ? <h3 dir="auto">{text}</h3> : <h4 dir="auto">{text}</h4>;
};

const Drawn = ({ block }: { block: Block }) => {
	switch (block.is) {
		case "heading": return <Heading level={block.level} text={block.text} />;
		case "text": return <p class={block.small ? "hint" : undefined} dir="auto">{block.text}</p>;
		case "list": return <ul class="plain-list">{block.items.map((one, at) => <li key={at} dir="auto">{one}</li>)}</ul>;
		case "table": return <Table of={block} />;
		case "plot": return <ul class="plain-list" aria-label={block.about}>{block.areas.map((area) => <li key={area.label}>{plotLine(area)}</li>)}</ul>;
		case "said": return <div class="said"><p class="who" dir="auto">{block.who}</p>{block.lines.map((one, at) => <p key={at} dir="auto">{one}</p>)}</div>;
	}
};

/** `blocks` without the title of the room. */
export const Blocks = ({ blocks }: { blocks: readonly Block[] }) => <>{blocks.map((block, at) => <Drawn key={at} block={block} />)}</>;
