// Puts it into the rooms as the people's own browsers would.

import type { Id } from "../client/api.js";
import type { makeEngine } from "../client/engine.js";
import { NOTE_CTYPE, WORK_CTYPE, writeNote, writePatch, type Patch } from "../roomwork/content.js";
import { random, toBase64Url, utf8 } from "../seal/index.js";
import { day, type Plan, type RoomWork, type Task } from "./work.js";

type Engine = ReturnType<typeof makeEngine>;

/** The two of a room. */
export interface Sides {
	readonly room: Id;
	readonly client: Engine;
	readonly counsellor: Engine;
}

const PATIENCE_MS = 60_000;
const LOOK_MS = 40;

const until = async <T>(what: string, look: () => Promise<T | undefined>): Promise<T> => {
	for (const end = Date.now() + PATIENCE_MS; Date.now() < end; await new Promise((resolve) => setTimeout(resolve, LOOK_MS))) {
		const found = await look();
		if (found !== undefined) return found;
	}
	throw new Error(`waited in vain for ${what}`);
};

const send = async (engine: Engine, room: Id, name: string, text: string): Promise<void> => {
	const { transfer } = await engine.work("sendFile", room, new Blob([utf8(text)]), { name, about: "", without: "tiedosto" });
	await until(name, async () => {
		const one = (await engine.work("transfers", room)).find(({ id }) => id === transfer);
		if (one?.state === "failed") throw new Error(`${name} was refused: ${one.error}`);
		return one === undefined || one.state === "done" ? true : undefined;
	});
};

const write = async ({ client, room }: Sides, id: Id, answers: Task["answers"][number]): Promise<void> => {
	await client.work("sheet", room, id);
	for (const [field, value] of Object.entries(answers)) await client.work("editSheet", room, id, field, value);
	await client.work("saveSheet", room, id);
};

const assign = async (sides: Sides, task: Task): Promise<void> => {
	const { client, counsellor, room } = sides;
	const { cards } = await counsellor.work("findTemplates", task.template, "fi", 0);
	const template = await counsellor.work("readTemplate", cards[0]?.id ?? "", "fi");
	const { id } = await counsellor.work("giveAssignment", room, { template, word: task.word, due: task.due === undefined ? "" : day(task.due), remind: (task.due ?? 0) > 0 });
	const seen = (who: Engine, submissions: number) => until(`assignment ${id}`, async () => {
		const one = (await who.work("assignments", room)).list.find((each) => each.id === id);
		return one && one.submissions.length >= submissions ? one : undefined;
	});
	await seen(client, 0);
	let last = "";
	for (const [i, answers] of task.answers.entries()) {
		await write(sides, id, answers);
		if (!task.writing || i < task.answers.length - 1) last = (await client.work("handIn", room, id)).id;
	}
	if (!task.answer) return;
	await seen(counsellor, 1);
	await counsellor.work("actOnAssignment", room, id, { ...task.answer, about: last });
};

const plan = async ({ client, counsellor, room }: Sides, { goals, phases, events, notes, summary }: Plan): Promise<void> => {
	const make = async (who: Engine, patch: Pick<Patch, "type" | "set">): Promise<string> => {
		const entity = toBase64Url(random(16));
		await who.work("postItem", room, WORK_CTYPE, writePatch({ ...patch, entity, base: 0 } as Patch));
		return entity;
	};
	for (const { name, begins, ends } of phases) await make(counsellor, { type: "phase", set: { name, begins: day(begins), ends: ends === null ? "" : day(ends) } });
	for (const [order, { text, by, steps }] of goals.entries()) {
		const goal = await make(client, { type: "goal", set: { text, by: day(by), order } });
		for (const [at, step] of steps.entries()) await make(counsellor, { type: "step", set: { ...step, by: day(step.by), goal, order: at } });
	}
	for (const { what, on, text } of events) await make(counsellor, { type: "event", set: { what, on: day(on), text } });
	for (const text of notes) await counsellor.work("postItem", room, NOTE_CTYPE, writeNote({ type: "note", of: "", text }));
	if (summary !== undefined) await make(counsellor, { type: "summary", set: { text: summary } });
};

export const putWork = async (sides: Sides, { topics, files, tasks, plan: planned }: RoomWork): Promise<void> => {
	const { client, counsellor, room } = sides;
	await counsellor.work("putTopics", room, topics);
	await plan(sides, planned);
	for (const { from, name, text } of files) await send(from === "c" ? client : counsellor, room, name, text);
	for (const task of tasks) await assign(sides, task);
};

