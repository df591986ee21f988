// The assignments of a room in this browser: its items read, put in order (assignment/room-state.ts) and told; and the acts on them.

import type { Id, ItemView } from "./api.js";
import type { Assigning, AssignmentsView, AssignmentView, SheetView } from "./assignments-api.js";
import { makeKeeper, type Keeper } from "./assignment-sheets.js";
import { itemsOf, type Items } from "./items.js";
import { refusal } from "./refusal.js";
import type { Room } from "./room.js";
import type { WorkDeps } from "./work.js";
import { fitting } from "../assignment/checker.js";
import { checkAnswers, onlyShown } from "../assignment/answers.js";
import { CTYPE, readRoomContent, writeAct, writeAnswer, writeGiven } from "../assignment/room-content.js";
import { assignmentsOf, latestOf, undoableBy, type Assignment, type RoomItem } from "../assignment/room-state.js";
import { answersOn } from "../assignment/sheet.js";
import { checkTemplate } from "../assignment/template.js";
import { activeMember, fromBase64Url, KIND, ROLE, toBase64Url, utf8, type Bytes } from "../seal/index.js";

const KINDS: readonly number[] = [KIND.assignment, KIND.answer, KIND.meter];
const PAGE = 20;
const UNDO_MS = 600_000; // a withdrawal may be taken back: so long the client's draft stays

/** No more is written to it: its draft may go. */
export const isOver = (one: Assignment, now: number): boolean => {
	const last = one.history.findLast((h) => h.what === "withdrawn" || h.what === "accepted");
	return one.standing === "accepted" || (one.standing === "withdrawn" && (last?.at ?? now) < now - UNDO_MS);
};

const itemOf = (view: ItemView): RoomItem | undefined => {
	if (view.deleted || view.locked || view.quarantine !== null || !view.content) return undefined;
	const content = readRoomContent(view.ctype, new TextDecoder().decode(view.content));
	return content && { id: view.id, seq: view.seq, at: view.at, by: view.sender, staff: view.staff, content };
};

const sheetView = (keeper: Keeper, one: Assignment): SheetView => {
	const sheet = keeper.sheet();
	const last = one.standing === "returned" ? undefined : latestOf(one);
	const now = JSON.stringify(onlyShown(one.given.template, answersOn(one.given.template, sheet)));
	return {
		fields: sheet, unsaved: keeper.unsaved(), savedAt: keeper.savedAt(),
		ahead: last !== undefined && Object.keys(sheet).length > 0 && now !== JSON.stringify(last.answers),
	};
};

/** A draft that is open here, and what it answers as it was known last. */
interface Kept {
	readonly keeper: Keeper;
	found: Assignment;
}

interface Known {
	readonly items: Items;
	readonly keepers: Map<Id, Kept>;
	/** All older items of these kinds were asked for. */
	whole: Promise<void> | undefined;
}

const known = new WeakMap<Room, Known>();

const knownOf = (d: WorkDeps, room: Room): Known => {
	const made = known.get(room) ?? { items: itemsOf(d.context(), room), keepers: new Map<Id, Kept>(), whole: undefined };
	known.set(room, made);
	return made;
};

const fetchAll = async (items: Items): Promise<void> => {
	while (await items.older(KINDS));
};

/** The room, with every item of its assignments. */
const opened = async (d: WorkDeps, id: Id): Promise<{ room: Room; at: Known; list: readonly Assignment[]; views: readonly ItemView[] }> => {
	const room = await d.prepared(id);
	const at = knownOf(d, room);
	at.whole ??= fetchAll(at.items).catch((thrown: unknown) => {
		at.whole = undefined;
		throw thrown;
	});
	await at.whole;
	const views = at.items.list(KINDS);
	return { room, at, views, list: assignmentsOf(views.flatMap((view) => itemOf(view) ?? [])) };
};

const one = async (d: WorkDeps, id: Id, assignment: Id): Promise<{ room: Room; at: Known; found: Assignment }> => {
	const { room, at, list } = await opened(d, id);
	const found = list.find((a) => a.id === assignment);
	if (!found) throw refusal("not_found");
	return { room, at, found };
};

const isStaff = (d: WorkDeps, room: Room): boolean => activeMember(room.log.state(), d.context().me.userBytes)?.role === ROLE.staff;

/** Server and readers refuse it too (FORMAT.md sections 3 and 13). */
const onlyStaff = (d: WorkDeps, room: Room, wanted = true): void => {
	if (isStaff(d, room) !== wanted) throw refusal("forbidden");
};

const keeperOf = async (d: WorkDeps, id: Id, assignment: Id): Promise<{ room: Room; at: Known } & Kept> => {
	const { room, at, found } = await one(d, id, assignment);
	const before = at.keepers.get(assignment);
	if (before) return { room, at, found: (before.found = found), keeper: before.keeper };
	const isMeter = found.given.template.kind === "meter";
	const keeper = makeKeeper({
		call: d.call, room: id, slot: assignment, template: found.given.template, before: isMeter ? undefined : latestOf(found)?.answers,
		vault: () => d.context().account().vault,
	});
	at.keepers.set(assignment, { keeper, found });
	room.parting.add(keeper.part);
	return { room, at, found, keeper };
};

/** While somebody types nothing is read again. */
const keptOf = async (d: WorkDeps, id: Id, assignment: Id): Promise<Kept> =>
	known.get(await d.prepared(id))?.keepers.get(assignment) ?? keeperOf(d, id, assignment);

const dropDraft = async (d: WorkDeps, id: Id, assignment: Id): Promise<void> => {
	const { room, at, keeper } = await keeperOf(d, id, assignment);
	await keeper.drop();
	room.parting.delete(keeper.part);
	at.keepers.delete(assignment);
};

const draftsOf = async (d: WorkDeps, room: Id): Promise<Set<Id>> =>
	new Set((await d.call("draft_list", { room }).catch(() => ({ drafts: [] }))).drafts.map((row) => row.slot));

const listed = async (d: WorkDeps, id: Id): Promise<AssignmentsView> => {
	const { room, list, views } = await opened(d, id);
	const { me } = d.context();
	const staff = isStaff(d, room);
	const drafts = staff ? new Set<Id>() : await draftsOf(d, id);
	for (const over of list.filter((a) => drafts.has(a.id) && isOver(a, Date.now()))) {
		await dropDraft(d, id, over.id).then(() => drafts.delete(over.id), () => undefined);
	}
	const byId = new Map(views.map((view) => [view.id, view]));
	const made = list.map((a): AssignmentView => ({
		...a, draft: drafts.has(a.id), undo: staff ? (undoableBy(a, me.user) ?? null) : null, whole: byId.get(a.id)?.whole ?? false,
	}));
	const names = Object.fromEntries(views.map((view) => [view.sender, view.senderName]));
	const unreadable = views.filter((view) => !view.deleted && !view.locked && !itemOf(view)).length;
	return { me: me.user, staff, names, list: made, unreadable };
};

const DAY_MS = 86_400_000;
const MORNING = 9;

/** Two days before the due day in the morning; if that has passed the day before, then the day itself; undefined: too late for any. */
export const reminderAt = (due: string, now: number): number | undefined => {
	const [year = 0, month = 1, day = 1] = due.split("-").map(Number);
	const morning = new Date(year, month - 1, day, MORNING).getTime();
	return due === "" ? undefined : [2, 1, 0].map((days) => morning - days * DAY_MS).find((at) => at > now + 60_000);
};

const setReminder = (d: WorkDeps, room: Id, assignment: Id, at: number | undefined): Promise<boolean> =>
	d.call("reminder_put", { room, msg_id: assignment, ...(at === undefined ? {} : { at }) }).then(() => at !== undefined, () => false);

const handedIn = async (d: WorkDeps, id: Id, assignment: Id): Promise<{ id: Id }> => {
	const { room, at, found, keeper } = await keeperOf(d, id, assignment);
	onlyStaff(d, room, false);
	const { template } = found.given;
	await keeper.load();
	await keeper.save();
	const answers = onlyShown(template, answersOn(template, keeper.sheet()));
	if ("faults" in checkAnswers(template, answers)) throw refusal("too_long");
	const isMeter = template.kind === "meter";
	const ctype = isMeter ? CTYPE.meter : CTYPE.answer;
	const posted = await at.items.post(ctype, utf8(writeAnswer({ assignment, answers, draft: keeper.version() }, ctype)));
	if (isMeter) await dropDraft(d, id, assignment).catch(() => undefined);
	await setReminder(d, id, assignment, undefined);
	return { id: posted };
};

const hexOf = (id: Id): string => [...fromBase64Url(id)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
const fromHex = (text: string): Bytes => Uint8Array.from(text.match(/../g) ?? [], (two) => parseInt(two, 16));

const libraryActs = (d: WorkDeps): Pick<Assigning, "findTemplates" | "readTemplate"> => ({
	findTemplates: async (words, reader, skip) => {
		const { templates, more } = await d.call("template_list", { ...(words.trim() && { words: words.trim() }), scope: "all", reader, skip, limit: PAGE });
		const published = templates.filter((row) => row.state === "published");
		return { more, cards: published.map(({ template, title, description, author, own, form, uses }) => ({ id: template, title, description, author, own, form, uses })) };
	},
	readTemplate: async (id, reader) => {
		const { body } = await d.call("template_get", { template: id, reader });
		const checked = body === undefined ? undefined : checkTemplate(JSON.parse(body));
		if (!checked || !("template" in checked) || checked.template.id !== hexOf(id)) throw refusal("not_found");
		return checked.template;
	},
});

export const makeAssigning = (d: WorkDeps): Assigning => ({
	...libraryActs(d),
	assignments: (room) => listed(d, room),
	giveAssignment: async (id, input) => {
		const { room, at } = await opened(d, id);
		onlyStaff(d, room);
		const given = await at.items.post(CTYPE.given, utf8(writeGiven({ ...input, word: fitting(input.word) })));
		await d.call("template_used", { template: toBase64Url(fromHex(input.template.id)) }).catch(() => undefined); // one written for this client is none of the library's
		return { id: given, reminder: input.remind && (await setReminder(d, id, given, reminderAt(input.due, Date.now()))) };
	},
	actOnAssignment: async (id, assignment, { act, about, word, comments }) => {
		const { room, at } = await one(d, id, assignment);
		onlyStaff(d, room);
		const fit = Object.fromEntries(Object.entries(comments).map(([field, text]) => [field, fitting(text)]));
		const posted = await at.items.post(CTYPE.act, utf8(writeAct({ assignment, act, about, word: fitting(word), comments: fit })));
		if (act === "accept" || act === "withdraw") await setReminder(d, id, assignment, undefined);
		return { id: posted };
	},
	sheet: async (room, assignment) => {
		const { keeper, found } = await keeperOf(d, room, assignment);
		await keeper.load();
		return sheetView(keeper, found);
	},
	editSheet: async (room, assignment, field, value) => {
		const { keeper, found } = await keptOf(d, room, assignment);
		keeper.edit(field, value);
		return sheetView(keeper, found);
	},
	settleSheet: async (room, assignment, field, take) => {
		const { keeper, found } = await keptOf(d, room, assignment);
		keeper.settle(field, take);
		return sheetView(keeper, found);
	},
	saveSheet: async (room, assignment) => {
		const { keeper, found } = await keptOf(d, room, assignment);
		await keeper.save();
		return sheetView(keeper, found);
	},
	handIn: (room, assignment) => handedIn(d, room, assignment),
	reminders: async () => (await d.call("reminder_list", {})).reminders.map((row) => ({ room: row.room, assignment: row.msg_id, at: row.at })),
	reminderSeen: async (room, assignment) => void (await d.call("reminder_seen", { room, msg_id: assignment })),
});
