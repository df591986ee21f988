// The room as something to read: headings, lists, tables and texts in the order of reading. The PDF and index.html are two ways to draw
// the same blocks, which follow from what was told of the record and from nothing else.

import type { Topic } from "../assignment/types.js";
import type { Trace } from "../roomwork/work.js";
import type { ExportedFile, ExportedMember, ExportedMessage, ExportedRoom } from "./format.js";
import type { Told } from "./record.js";
import type { ExportedAnswer, ExportedAssignment, ExportedField } from "./told-assignments.js";
import type { Speaking } from "./words.js";

export interface Area {
	readonly label: string;
	readonly first: number | null;
	readonly last: number | null;
}

/** The first cell of a row is its head. `wide`: how much room each column needs of the whole. `links`: of the heads, to what stands beside. */
export interface Table {
	readonly is: "table";
	readonly head: readonly string[];
	readonly rows: readonly (readonly string[])[];
	readonly wide: readonly number[];
	readonly links?: readonly string[];
}

export type Block =
	| { readonly is: "heading"; readonly level: 1 | 2 | 3 | 4; readonly text: string }
	| { readonly is: "text"; readonly text: string; readonly small?: true }
	| { readonly is: "list"; readonly items: readonly string[] }
	| Table
	| { readonly is: "plot"; readonly about: string; readonly key: readonly [string, string]; readonly two: boolean; readonly areas: readonly Area[] }
	/** What somebody said, under who and when. */
	| { readonly is: "said"; readonly who: string; readonly lines: readonly string[] };

/** What is signed has more: a new page, and places for a party's signatures. */
export type PaperBlock = Block | { readonly is: "page" } | { readonly is: "sign"; readonly who: string; readonly blanks: readonly string[] };

const h = (level: 1 | 2 | 3 | 4, text: string): Block => ({ is: "heading", level, text });
const p = (text: string): Block => ({ is: "text", text });
const small = (text: string): Block => ({ is: "text", text, small: true });
const list = (items: readonly string[]): Block => ({ is: "list", items });

const at = (iso: string): number => Date.parse(iso);
const joined = (...parts: readonly string[]): string => parts.filter(Boolean).join(", ");

const memberLine = (s: Speaking, m: ExportedMember): string => {
	const who = joined(m.name || s.say("somebody"), s.say(m.role === "client" ? "client" : "counsellor"), m.employer);
	return `${who}. ${s.say("since")} ${s.day(at(m.since))}${m.active ? "" : `, ${s.say("gone")}`}`;
};

const topicsOf = (s: Speaking, room: ExportedRoom): readonly string[] => {
	const topics = String(room.said_by_server["topics"] ?? "").split(" ").filter(Boolean);
	return topics.length > 0 ? [`${s.say("topics")}: ${topics.map((one) => s.say(`topic.${one as Topic}`)).join(", ")}`] : [];
};

function* headBlocks(s: Speaking, room: ExportedRoom): Generator<Block> {
	const said = room.said_by_server;
	const { verified } = room;
	const whole = room.taken_by === verified.organisation ? String(said["controller"]) : ""; // returned to it
	const taker = verified.members.find(({ user }) => user === room.taken_by)?.name ?? whole;
	yield h(1, s.say("title"));
	yield p(`${s.say("taken_on")} ${s.moment(at(room.taken_at))}. ${s.say("taken_by")}: ${taker || s.say("somebody")}.`);
	yield small(`${s.say("about")} ${s.say("zone", { zone: s.zone })}`);
	yield h(2, s.say("room"));
	yield list([
		`${s.say("controller")}: ${said["controller"]} (${said["controller_business_id"]})`, `${s.say("opened")}: ${s.day(at(verified.created_at))}`,
		`${s.say("phase")}: ${s.say(verified.phase === "closed" ? "closed" : "open")}`, `${s.say("messages")}: ${verified.messages}`, ...topicsOf(s, room),
	]);
	yield h(2, s.say("members"));
	yield list(verified.members.map((m) => memberLine(s, m)));
}

const traced = (s: Speaking, made: Trace): string => `(${joined(made.name || s.say("somebody"), s.day(made.at))})`;

function* workBlocks(s: Speaking, { work }: Told): Generator<Block> {
	const days = (...some: readonly string[]): string => some.filter((one) => one !== "").map(s.plainDay).join(" \u2013 ");
	const known = new Set(work.goals.map(({ id }) => id));
	const doing = ({ fields, made }: (typeof work.goals)[number] | (typeof work.steps)[number]): string =>
		`${fields.done ? `${s.say("done")}: ` : ""}${fields.text}${fields.by === "" ? "" : `, ${s.say("by")} ${s.plainDay(fields.by)}`} ${traced(s, made)}`;
	const steps = (goal: string): readonly string[] => work.steps.filter(({ fields }) => fields.goal === goal).map((one) => `${s.say("step")}: ${doing(one)}`);
	const parts: readonly (readonly [string, readonly string[]])[] = [
		[s.say("phases"), work.phases.map(({ fields }) => [fields.name, days(fields.begins, fields.ends)].filter(Boolean).join(": "))],
		[s.say("goals"), work.goals.flatMap((goal) => [doing(goal), ...steps(goal.id)])],
		[s.say("steps"), work.steps.filter(({ fields }) => fields.goal === "" || !known.has(fields.goal)).map(doing)],
		[s.say("events"), work.events.map(({ fields, made }) => `${s.plainDay(fields.on)}: ${s.say(`what.${fields.what}`)}. ${fields.text} ${traced(s, made)}`)],
	];
	for (const [title, items] of parts) if (items.length > 0) yield* [h(2, title), list(items)];
	if (work.summary) yield* [h(2, s.say("summary")), p(work.summary.fields.text), small(traced(s, work.summary.changed))];
}

function* noteBlocks(s: Speaking, { notes }: Told): Generator<Block> {
	if (notes.length === 0) return;
	yield h(2, s.say("notes"));
	yield small(s.say("notes_about"));
	for (const note of notes) {
		const what = note.summary ? s.say("note_draft") : "";
		yield { is: "said", who: joined(note.name || s.say("somebody"), s.moment(note.changedAt), what), lines: [note.text] };
	}
}

const answerLines = (s: Speaking, { answer }: ExportedField): readonly string[] => {
	if (answer === null || answer === "") return [];
	if (typeof answer === "number") return [`${answer} / 10`];
	if (typeof answer === "string") return [answer];
	return answer.map((row) => {
		if (typeof row === "string") return `\u2013 ${row}`;
		const words = ["goal" in row ? row.goal : "", row.step].filter(Boolean).join(": ");
		return `\u2013 ${words}${row.by ? `, ${s.say("by")} ${s.plainDay(row.by)}` : ""}${row.done ? ` (${s.say("done").toLocaleLowerCase(s.locale)})` : ""}`;
	});
};

const isQuestion = ({ kind }: ExportedField): boolean => kind !== "heading" && kind !== "help";

function* answerBlocks(s: Speaking, answer: ExportedAnswer): Generator<Block> {
	yield h(4, s.say(answer.late ? "answer_late" : "answer_of", { at: s.moment(at(answer.at)) }));
	for (const field of answer.fields.filter(isQuestion)) {
		const lines = answerLines(s, field);
		yield { is: "said", who: field.label, lines: lines.length > 0 ? lines : [s.say("no_answer")] };
		const { comment } = field;
		if (comment) yield { is: "said", who: joined(`${s.say("comment")}: ${comment.by || s.say("somebody")}`, s.moment(at(comment.at))), lines: [comment.text] };
	}
}

function* historyBlocks(s: Speaking, one: ExportedAssignment): Generator<Block> {
	yield h(4, s.say("history"));
	yield list(one.history.map(({ what, by, at: when, word }) => {
		const told = s.say(`happened.${what}`, { name: by || s.say("somebody") });
		return `${s.moment(at(when))}: ${told}${word ? `. ${word}` : ""}`;
	}));
}

const areasOf = (one: ExportedAssignment): readonly Area[] => {
	const [first, last] = [one.answers[0], one.answers.at(-1)];
	const value = (answer: ExportedAnswer | undefined, n: number): number | null => {
		const found = answer?.fields[n]?.answer;
		return typeof found === "number" ? found : null;
	};
	return (last?.fields ?? []).flatMap((field, n) => (field.kind === "scale" ? [{ label: field.label, first: value(first, n), last: value(last, n) }] : []));
};

const changeOf = ({ first, last }: Area): string => {
	if (first === null || last === null) return "\u2013";
	return last === first ? "0" : last > first ? `+${last - first}` : `\u2212${first - last}`;
};

function* meterBlocks(s: Speaking, one: ExportedAssignment): Generator<Block> {
	const [first, last] = [one.answers[0], one.answers.at(-1)];
	if (!first || !last) return;
	const two = one.answers.length > 1;
	const areas = areasOf(one);
	const when = { first: s.day(at(first.at)), last: s.day(at(last.at)), count: one.answers.length };
	const cell = (value: number | null): string => (value === null ? "\u2013" : String(value));
	yield p(s.say(two ? "measured" : "measured_once", when));
	yield { is: "plot", about: s.say("plot"), key: [s.say("first"), s.say(two ? "last" : "now")], two, areas };
	yield two
		? {
			is: "table", wide: [5, 2, 2, 2], head: [s.say("area"), s.say("first"), s.say("last"), s.say("change")],
			rows: areas.map((area) => [area.label, cell(area.first), cell(area.last), changeOf(area)]),
		}
		: { is: "table", wide: [5, 2], head: [s.say("area"), s.say("now")], rows: areas.map(({ label, last: value }) => [label, cell(value)]) };
	yield small(s.say("no_total"));
}

function* assignmentBlocks(s: Speaking, one: ExportedAssignment): Generator<Block> {
	yield h(3, one.title);
	yield list([
		`${s.say("state")}: ${s.say(`standing.${one.state}`)}`, `${s.say("given")}: ${joined(one.given_by || s.say("somebody"), s.day(at(one.given_at)))}`,
		...(one.due ? [`${s.say("due")}: ${s.plainDay(one.due)}`] : []), ...(one.word ? [`${s.say("word")}: ${one.word}`] : []),
	]);
	if (one.kind === "meter") yield* meterBlocks(s, one);
	for (const answer of one.answers) yield* answerBlocks(s, answer);
	if (one.answers.length === 0) yield p(s.say("no_answers"));
	yield* historyBlocks(s, one);
}

function* taskBlocks(s: Speaking, { assignments }: Told): Generator<Block> {
	for (const [kind, title] of [["assignment", "assignments"], ["meter", "meters"]] as const) {
		const some = assignments.filter((one) => one.kind === kind);
		if (some.length > 0) yield h(2, s.say(title));
		for (const one of some) yield* assignmentBlocks(s, one);
	}
}

const sized = (s: Speaking, bytes: number): string => {
	if (bytes < 1_000) return `${bytes} ${s.say("bytes")}`;
	const mark = s.language === "en" ? "." : ",";
	return bytes < 1_000_000 ? `${Math.ceil(bytes / 1_000)} kB` : `${(bytes / 1_000_000).toFixed(1).replace(".", mark)} MB`;
};

function* fileBlocks(s: Speaking, files: readonly ExportedFile[], inside: boolean): Generator<Block> {
	if (files.length === 0) return;
	yield h(2, s.say("files"));
	if (!inside) yield small(s.say("files_in_zip"));
	yield {
		is: "table", wide: [5, 2, 3, 3, 5], ...(inside && { links: files.map(({ entry }) => entry) }),
		head: (["file_name", "file_size", "file_by", "file_at", "file_hash"] as const).map((one) => s.say(one)),
		rows: files.map((file) => {
			const lost = inside && file.entry === "" ? ` (${s.say("file_lost")})` : "";
			const about = file.about ? ` \u2013 ${file.about}` : "";
			return [`${file.name}${about}${lost}`, sized(s, file.size), file.sent_by || s.say("somebody"), s.moment(at(file.sent_at)), file.hash];
		}),
	};
}

const bodyOf = (s: Speaking, m: ExportedMessage): string => {
	if (m.deleted) return s.say("deleted");
	if (m.unverified !== null) return s.say("unverified");
	return m.locked ? s.say("locked") : m.text;
};

const messageBlock = (s: Speaking, m: ExportedMessage): Block => {
	const role = m.from === "client" ? s.say("client") : [s.say("counsellor"), m.employer].filter(Boolean).join(" \u00B7 ");
	const edited = m.edited && !m.deleted ? ` \u00B7 ${s.say("edited")}` : "";
	return { is: "said", who: `${joined(m.name || s.say("somebody"), role)} \u00B7 ${s.time(at(m.stored_at))}${edited}`, lines: [bodyOf(s, m)] };
};

function* talkBlocks(s: Speaking, { messages }: Told): Generator<Block> {
	yield h(2, s.say("conversation"));
	let day = "";
	for (const m of messages) {
		const next = s.weekday(at(m.stored_at));
		if (next !== day) yield h(3, next);
		day = next;
		yield messageBlock(s, m);
	}
}

export interface Readable {
	readonly room: ExportedRoom;
	readonly told: Told;
	readonly files: readonly ExportedFile[];
	/** The files stand beside it. */
	readonly inside: boolean;
}

export function* blocksOf(s: Speaking, { room, told, files, inside }: Readable): Generator<Block> {
	yield* headBlocks(s, room);
	yield* workBlocks(s, told);
	yield* noteBlocks(s, told);
	yield* taskBlocks(s, told);
	yield* fileBlocks(s, files, inside);
	yield* talkBlocks(s, told);
}
