// Assignments in a room: what is content and what is not, where they stand after every race, and drafts of two devices.

import { strict as assert } from "node:assert";
import { test } from "node:test";
import { again, client, makeHouse, PASSPHRASE, type Actor, type House } from "./organisation.js";
import { makeRelay } from "./relay.js";
import { isOver } from "../../web/src/client/assignments.js";
import { CTYPE, readRoomContent, writeAct, writeAnswer, writeGiven, type RoomContent } from "../../web/src/assignment/room-content.js";
import { assignmentsOf, latestOf, undoableBy, type Assignment, type RoomItem } from "../../web/src/assignment/room-state.js";
import { edited, joinSheets, readSheet, sameSheets, settled, sheetFrom, writeSheet, type Sheet } from "../../web/src/assignment/sheet.js";
import type { Answers, Template } from "../../web/src/assignment/types.js";

const fi = (text: string): { fi: string } => ({ fi: text });

export const WEEK: Template = {
	format: "luotsi-template/1", id: "00112233445566778899aabbccddeeff", version: 3, kind: "assignment", languages: ["fi"], topics: ["daily_life"],
	title: fi("Viikkoni"), description: fi("Katso viikkoasi."),
	fields: [
		{ id: "best", kind: "long", label: fi("Mikä oli parasta?") },
		{ id: "mood", kind: "scale", label: fi("Miten voit?"), low: fi("huonosti"), high: fi("hyvin") },
		{ id: "why", kind: "short", label: fi("Mikä painaa?"), showIf: { field: "mood", is: "equals", value: 2 } },
		{ id: "steps", kind: "steps", label: fi("Askeleet") },
	],
};
const METER: Template = {
	...WEEK, id: "ff112233445566778899aabbccddeeff", kind: "meter", title: fi("Miten menee"),
	fields: ["home", "work"].map((id) => ({ id, kind: "scale", label: fi(id), low: fi("huonosti"), high: fi("hyvin") })),
};
const GIVEN = { template: WEEK, word: "Ota rauhassa.", due: "2026-12-03", remind: true };
const ID = "AAAAAAAAAAAAAAAAAAAAAA";
const OTHER = "BBBBBBBBBBBBBBBBBBBBBA";
const ANSWERS: Answers = { best: "Uinti", mood: 7, why: "", steps: [] };

test("what_is_written_is_read_back", () => {
	const given = readRoomContent(CTYPE.given, writeGiven(GIVEN));
	assert.deepEqual(given, { type: "given", given: GIVEN });
	const act = { assignment: ID, act: "return", about: OTHER, word: "Hyvä alku", comments: { best: "Kerro lisää" } } as const;
	assert.deepEqual(readRoomContent(CTYPE.act, writeAct(act)), { type: "act", act });
	const answer = { assignment: ID, answers: ANSWERS, draft: 4 };
	assert.deepEqual(readRoomContent(CTYPE.answer, writeAnswer(answer, CTYPE.answer)), { type: "answer", answer });
	assert.deepEqual(readRoomContent(CTYPE.meter, writeAnswer(answer, CTYPE.meter)), { type: "meter", answer });
});

const given = JSON.parse(writeGiven(GIVEN)) as Record<string, unknown>;
const act = JSON.parse(writeAct({ assignment: ID, act: "comment", about: OTHER, word: "", comments: { best: "Hienoa" } })) as Record<string, unknown>;
const answer = JSON.parse(writeAnswer({ assignment: ID, answers: ANSWERS, draft: 0 }, CTYPE.answer)) as Record<string, unknown>;
for (const [what, ctype, value] of [
	["nothing", CTYPE.given, null], ["a list", CTYPE.act, []], ["another_version", CTYPE.given, { ...given, v: 2 }],
	["a_member_too_many", CTYPE.given, { ...given, secret: 1 }], ["no_template", CTYPE.given, { ...given, template: undefined }],
	["a_template_that_is_none", CTYPE.given, { ...given, template: { ...WEEK, fields: [] } }],
	["a_due_date_that_is_no_day", CTYPE.given, { ...given, due: "2026-02-30" }], ["a_word_that_is_too_long", CTYPE.given, { ...given, word: "a".repeat(2001) }],
	["a_word_with_control_characters", CTYPE.given, { ...given, word: "a\u0007" }], ["a_reminder_that_is_a_word", CTYPE.given, { ...given, remind: "yes" }],
	["another_act", CTYPE.act, { ...act, act: "delete" }], ["an_id_that_is_none", CTYPE.act, { ...act, assignment: "x" }],
	["a_withdrawal_of_an_answer", CTYPE.act, { ...act, act: "withdraw" }], ["an_accept_of_nothing", CTYPE.act, { ...act, act: "accept", about: "" }],
	["a_comment_at_no_field", CTYPE.act, { ...act, comments: { __proto: "x" } }], ["a_comment_that_is_a_number", CTYPE.act, { ...act, comments: { best: 1 } }],
	["a_comment_that_is_too_long", CTYPE.act, { ...act, comments: { best: "a".repeat(1501) } }], ["comments_in_a_list", CTYPE.act, { ...act, comments: ["x"] }],
	["a_draft_before_none", CTYPE.answer, { ...answer, draft: -1 }], ["no_answers", CTYPE.answer, { ...answer, answers: undefined }],
] as const) {
	test(`refuses_${what.replaceAll(" ", "_")}`, () => assert.equal(readRoomContent(ctype, JSON.stringify(value)), undefined));
}

test("refuses_what_is_no_json_or_of_another_type", () => {
	assert.equal(readRoomContent(CTYPE.given, "{"), undefined);
	assert.equal(readRoomContent(9, JSON.stringify(given)), undefined);
	assert.throws(() => writeGiven({ ...GIVEN, due: "3.12.2026" }), { word: "bad_field" });
});

// --- where it stands ---

const CLIENT = "asiakas", OONA = "oona", KALLE = "kalle";
const story = (...told: readonly [by: string, content: RoomContent][]): RoomItem[] =>
	told.map(([by, content], i) => ({ id: `i${i}`, seq: i + 1, at: 1_000 + i, by, staff: by !== CLIENT, content }));
const give = (template = WEEK): RoomContent => ({ type: "given", given: { ...GIVEN, template } });
const submit = (answers: unknown = ANSWERS, assignment = "i0"): RoomContent => ({ type: "answer", answer: { assignment, answers, draft: 1 } });
const doing = (what: "comment" | "return" | "accept" | "withdraw" | "undo", about = "", comments: Record<string, string> = {}): RoomContent =>
	({ type: "act", act: { assignment: "i0", act: what, about, word: "", comments } });
const standing = (...told: readonly [by: string, content: RoomContent][]): Assignment => {
	const [found] = assignmentsOf(story(...told));
	assert.ok(found);
	return found;
};
const whats = (a: Assignment): string => a.history.map((one) => one.what).join(" ");

test("given_submitted_returned_submitted_accepted", () => {
	const a = standing([OONA, give()], [CLIENT, submit()], [OONA, doing("return", "i1", { best: "Kerro lisää" })], [CLIENT, submit({ ...ANSWERS, best: "Uinti ja sauna" })], [OONA, doing("accept", "i3")]);
	assert.equal(a.standing, "accepted");
	assert.equal(whats(a), "given submitted returned submitted accepted");
	assert.equal(a.submissions[0]?.comments["best"]?.text, "Kerro lisää");
	assert.deepEqual(latestOf(a)?.answers["best"], "Uinti ja sauna");
});

test("a_hand_in_after_the_withdrawal_stays_and_changes_nothing", () => {
	const late = standing([OONA, give()], [OONA, doing("withdraw")], [CLIENT, submit()]);
	assert.deepEqual([late.standing, whats(late), late.submissions[0]?.late, latestOf(late)], ["withdrawn", "given withdrawn late_answer", true, undefined]);
	const early = standing([OONA, give()], [CLIENT, submit()], [OONA, doing("withdraw")]);
	assert.deepEqual([early.standing, early.submissions[0]?.late], ["withdrawn", false]);
});

test("of_two_hand_ins_the_later_counts_and_an_act_on_the_earlier_does_not", () => {
	for (const what of ["return", "accept"] as const) {
		const a = standing([OONA, give()], [CLIENT, submit()], [CLIENT, submit({ ...ANSWERS, best: "toinen laite" })], [OONA, doing(what, "i1", { best: "vanhaan" })]);
		assert.equal(a.standing, "submitted");
		assert.equal(whats(a), "given submitted submitted late_act");
		assert.equal(latestOf(a)?.answers["best"], "toinen laite");
		assert.equal(a.submissions[0]?.comments["best"]?.text, "vanhaan", "what was said of it is kept with it");
	}
});

test("two_counsellors_who_act_at_once_have_one_outcome", () => {
	const a = standing([OONA, give()], [CLIENT, submit()], [OONA, doing("accept", "i1")], [KALLE, doing("return", "i1")]);
	assert.deepEqual([a.standing, whats(a)], ["accepted", "given submitted accepted late_act"]);
	const b = standing([OONA, give()], [CLIENT, submit()], [KALLE, doing("return", "i1")], [OONA, doing("accept", "i1")]);
	assert.equal(b.standing, "accepted", "what was returned may be accepted after all");
});

test("who_acted_takes_it_back_and_nobody_else_and_only_while_nothing_followed", () => {
	const told: [string, RoomContent][] = [[OONA, give()], [CLIENT, submit()], [OONA, doing("accept", "i1")]];
	assert.equal(undoableBy(standing(...told), OONA)?.id, "i2");
	assert.equal(undoableBy(standing(...told), KALLE), undefined);
	assert.equal(standing(...told, [OONA, doing("undo", "i2")]).standing, "submitted");
	assert.equal(standing(...told, [KALLE, doing("undo", "i2")]).standing, "accepted");
	assert.equal(standing(...told, [CLIENT, doing("undo", "i2")]).standing, "accepted");
	const back = standing([OONA, give()], [CLIENT, submit()], [OONA, doing("return", "i1")], [CLIENT, submit()], [OONA, doing("undo", "i2")]);
	assert.deepEqual([back.standing, whats(back)], ["submitted", "given submitted returned submitted late_act"]);
	assert.equal(standing([OONA, give()], [OONA, doing("withdraw")], [OONA, doing("undo", "i1")]).standing, "given");
});

test("a_client_gives_no_assignment_and_judges_none_and_staff_answer_none", () => {
	assert.deepEqual(assignmentsOf(story([CLIENT, give()])), []);
	const a = standing([OONA, give()], [CLIENT, submit()], [CLIENT, doing("accept", "i1")], [OONA, submit({ ...ANSWERS, best: "ohjaajan" })]);
	assert.deepEqual([a.standing, whats(a), latestOf(a)?.answers["best"]], ["submitted", "given submitted", "Uinti"]);
});

test("answers_that_do_not_fit_the_frozen_template_are_none", () => {
	const a = standing([OONA, give()], [CLIENT, submit({ ...ANSWERS, mood: 11 })], [CLIENT, submit({ ...ANSWERS, new_field: "x" })], [CLIENT, submit(null)]);
	assert.deepEqual([a.standing, a.submissions.length], ["given", 0]);
});

test("comments_are_by_field_the_later_stands_and_an_empty_one_goes", () => {
	const a = standing([OONA, give()], [CLIENT, submit()], [OONA, doing("comment", "i1", { best: "eka", mood: "hyvä" })], [KALLE, doing("comment", "i1", { best: "toka" })], [OONA, doing("comment", "i1", { mood: " ", nowhere: "x" })]);
	assert.deepEqual(Object.entries(a.submissions[0]?.comments ?? {}).map(([f, c]) => [f, c.text, c.by]), [["best", "toka", KALLE]]);
	assert.equal(a.standing, "submitted");
});

test("a_meter_is_measured_any_number_of_times", () => {
	const measured = (home: number): RoomContent => ({ type: "meter", answer: { assignment: "i0", answers: { home, work: null }, draft: 0 } });
	const a = standing([OONA, give(METER)], [CLIENT, measured(3)], [CLIENT, measured(6)], [CLIENT, submit({ home: 9, work: 9 })]);
	assert.deepEqual(a.submissions.map((one) => one.answers["home"]), [3, 6]);
	assert.equal(whats(a), "given measured measured");
});

test("the_order_in_which_items_were_loaded_changes_nothing", () => {
	const items = story([OONA, give()], [CLIENT, submit()], [OONA, doing("return", "i1")], [CLIENT, submit()], [OONA, doing("withdraw")], [CLIENT, submit()]);
	const want = JSON.stringify(assignmentsOf(items));
	for (let turn = 0; turn < items.length; turn++) {
		const turned = [...items.slice(turn), ...items.slice(0, turn)];
		assert.equal(JSON.stringify(assignmentsOf(turned)), want);
		assert.equal(JSON.stringify(assignmentsOf(turned.reverse())), want);
	}
});

test("a_draft_goes_at_once_when_accepted_and_after_a_while_when_withdrawn", () => {
	const accepted = standing([OONA, give()], [CLIENT, submit()], [OONA, doing("accept", "i1")]);
	const withdrawn = standing([OONA, give()], [OONA, doing("withdraw")]);
	assert.deepEqual([isOver(accepted, 2_000), isOver(withdrawn, 2_000), isOver(withdrawn, 700_000), isOver(standing([OONA, give()]), 1e12)], [true, false, true, false]);
});

// --- two devices, one draft ---

const who = (by: string, at: number) => ({ by, at });

test("fields_of_both_devices_are_kept_and_of_one_field_the_later_with_the_other_beside_it", () => {
	const base = edited({}, "best", "alku", who("aaaaaaaa", 10));
	const one = edited(edited(base, "best", "puhelin", who("aaaaaaaa", 20)), "mood", 3, who("aaaaaaaa", 21));
	const two = edited(edited(base, "best", "tietokone", who("bbbbbbbb", 30)), "why", "uni", who("bbbbbbbb", 31));
	const joined = joinSheets(base, one, two);
	assert.deepEqual([joined["best"]?.value, joined["mood"]?.value, joined["why"]?.value], ["tietokone", 3, "uni"]);
	assert.deepEqual(joined["best"]?.others.map((o) => o.value), ["puhelin"]);
	assert.deepEqual(joinSheets(base, two, one), joined);
	assert.equal(settled(joined, "best", 0, who("aaaaaaaa", 40))["best"]?.value, "puhelin");
	assert.deepEqual(settled(joined, "best", null, who("aaaaaaaa", 40))["best"]?.others, []);
});

test("a_change_is_later_than_what_it_replaces_whatever_the_clock_says", () => {
	const ahead = edited({}, "best", "edellä", who("aaaaaaaa", 9_000));
	const behind = edited(ahead, "best", "jäljessä", who("bbbbbbbb", 10));
	assert.equal(joinSheets(ahead, ahead, behind)["best"]?.value, "jäljessä");
});

test("a_draft_is_written_and_read_and_what_does_not_fit_is_left_out", () => {
	const sheet = edited(edited({}, "best", "Uinti", who("aaaaaaaa", 1)), "mood", 4, who("aaaaaaaa", 2));
	assert.deepEqual(readSheet(WEEK, writeSheet(sheet)), sheet);
	assert.deepEqual(Object.keys(readSheet(WEEK, JSON.stringify({ v: 1, fields: { ...sheet, mood: { ...sheet["mood"], value: 44 }, strange: sheet["best"] } }))), ["best"]);
	assert.deepEqual(readSheet(WEEK, ""), {});
	assert.ok(sameSheets(readSheet(WEEK, writeSheet(sheetFrom(ANSWERS))), sheetFrom(ANSWERS)));
});

/** A small generator with a seed, so that a failure can be repeated. */
const dice = (seed: number) => (most: number): number => {
	seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
	return (seed >>> 8) % most;
};

interface Device { mine: Sheet; base: Sheet; version: number; by: string }

test("what_was_pasted_with_signs_that_no_text_may_hold_is_still_there_when_the_draft_is_read_again", () => {
	const who = { at: 5, by: "aaaaaaaa" };
	let sheet = edited({}, "best", "ma\tti\u2028ke\u000b\ud800\n😀", who);
	sheet = edited(sheet, "why", "yksi\u0085kaksi\u2029", who);
	sheet = edited(sheet, "steps", [{ step: "soita\tpian", by: "", done: false }], who);
	const read = readSheet(WEEK, writeSheet(sheet));
	assert.deepEqual([read["best"]?.value, read["why"]?.value, read["steps"]?.value], ["ma ti ke\n😀", "yksikaksi ", [{ step: "soita pian", by: "", done: false }]]);
});

test("a_draft_that_no_envelope_takes_is_refused_by_name", () => {
	const sheet = edited({}, "best", "ä".repeat(33_000), { at: 5, by: "aaaaaaaa" });
	assert.throws(() => writeSheet(sheet), { word: "too_long" });
});

test("generated_sequences_of_two_devices_lose_no_field", () => {
	for (let seed = 1; seed <= 400; seed++) {
		const roll = dice(seed);
		const server = { sheet: {} as Sheet, version: 0 };
		const devices: Device[] = ["aaaaaaaa", "bbbbbbbb"].map((by) => ({ mine: {}, base: {}, version: 0, by }));
		const last = new Map<string, { value: string; at: number }>();
		let clock = 100;
		const sync = (d: Device): void => {
			if (d.version !== server.version) {
				d.mine = joinSheets(d.base, d.mine, server.sheet);
				[d.base, d.version] = [server.sheet, server.version];
			}
			if (sameSheets(d.mine, d.base)) return;
			[server.sheet, server.version] = [d.mine, server.version + 1];
			[d.base, d.version] = [d.mine, server.version];
		};
		for (let step = 0; step < 40; step++) {
			const d = devices[roll(2)] as Device;
			if (roll(4) === 0) sync(d);
			else {
				const field = `f${roll(3)}`;
				const value = `${d.by}${step}`;
				d.mine = edited(d.mine, field, value, { at: (clock += 10), by: d.by });
				last.set(field, { value, at: clock });
			}
		}
		for (const d of [...devices, ...devices]) sync(d);
		const [a, b] = devices as [Device, Device];
		assert.ok(sameSheets(a.mine, b.mine) && sameSheets(a.mine, server.sheet), `seed ${seed}: both show the same`);
		for (const [field, { value }] of last) assert.equal(a.mine[field]?.value, value, `seed ${seed}: the last change of ${field} stands`);
	}
});

test("what_two_devices_wrote_at_once_is_found_on_both_whichever_saves_first", () => {
	for (let seed = 1; seed <= 200; seed++) {
		const roll = dice(seed);
		const base = edited({}, "best", "alku", who("cccccccc", 1));
		const texts = [0, 1].map((i) => ["aaaaaaaa", "bbbbbbbb"][i] + String(roll(1000)));
		const [a, b] = [0, 1].map((i) => edited(base, "best", texts[i] as string, who(["aaaaaaaa", "bbbbbbbb"][i] as string, 10 + roll(3)))) as [Sheet, Sheet];
		const joined = joinSheets(base, a, b);
		assert.deepEqual(joinSheets(base, b, a), joined);
		const found = [joined["best"]?.value, ...(joined["best"]?.others.map((o) => o.value) ?? [])];
		for (const text of texts) assert.ok(found.includes(text), `seed ${seed}: ${text}`);
	}
});

// --- the engine ---

interface Talk extends House { client: Actor; room: string }
const talk = async (): Promise<Talk> => {
	const house = await makeHouse(makeRelay());
	const { room, link } = await house.counsellor.engine.invite({ name: "Aino", welcome: "Tervetuloa!" });
	const one = await client(house.relay, "Aino K.");
	await one.engine.acceptInvitation(link);
	await one.engine.openRoom(room, "fi");
	await house.counsellor.engine.openRoom(room, "fi");
	return { ...house, client: one, room };
};
const end = async (...actors: Actor[]): Promise<void> => {
	for (const actor of actors) await actor.engine.stop();
};
const listOf = async (actor: Actor, room: string) => (await actor.engine.work("assignments", room)).list;
const until = async (what: string, test: () => Promise<boolean>): Promise<void> => {
	for (const stop = Date.now() + 60_000; Date.now() < stop; await new Promise((r) => setTimeout(r, 20))) if (await test()) return;
	throw new Error(`waited in vain: ${what}`);
};

test("the_whole_story_of_an_assignment_between_two_browsers", async () => {
	const { client: c, counsellor: o, admin, room, relay } = await talk();
	const { id } = await o.engine.work("giveAssignment", room, GIVEN);
	await until("it arrives", async () => (await listOf(c, room)).length === 1);
	await c.engine.work("sheet", room, id);
	await c.engine.work("editSheet", room, id, "best", "Uinti");
	assert.equal((await c.engine.work("editSheet", room, id, "mood", 7)).unsaved, true);
	const saved = await c.engine.work("saveSheet", room, id);
	assert.deepEqual([saved.unsaved, saved.fields["best"]?.value], [false, "Uinti"]);
	const first = await c.engine.work("handIn", room, id);
	await until("it is handed in", async () => (await listOf(o, room))[0]?.standing === "submitted");
	const [seen] = await listOf(o, room);
	assert.deepEqual(seen?.submissions[0]?.answers, { best: "Uinti", mood: 7, why: "", steps: [] });
	await o.engine.work("actOnAssignment", room, id, { act: "return", about: first.id, word: "Vielä vähän", comments: { best: "Missä?" } });
	await until("it comes back", async () => (await listOf(c, room))[0]?.standing === "returned");
	await c.engine.work("editSheet", room, id, "best", "Uinti Kumpulassa");
	const second = await c.engine.work("handIn", room, id);
	await until("again", async () => (await listOf(o, room))[0]?.submissions.length === 2);
	await o.engine.work("actOnAssignment", room, id, { act: "accept", about: second.id, word: "", comments: {} });
	await until("it is accepted", async () => (await listOf(c, room))[0]?.standing === "accepted");
	assert.deepEqual((await c.engine.parts.link.call("draft_list", { room })).drafts, [], "the draft has gone");
	const stored = JSON.stringify([...relay.rooms.values()].flatMap((one) => one.rows.map((row) => Buffer.from(row.env.body ?? []).toString("latin1"))));
	assert.ok(!stored.includes("Kumpulassa"));
	await end(c, o, admin);
});

test("two_devices_write_one_draft_and_the_later_of_a_field_stands", async () => {
	const { client: c, counsellor: o, admin, room, relay } = await talk();
	const { id } = await o.engine.work("giveAssignment", room, GIVEN);
	await until("it arrives", async () => (await listOf(c, room)).length === 1);
	const second = await again(relay, c);
	await second.engine.openRoom(room, "fi");
	await c.engine.work("sheet", room, id);
	await second.engine.work("sheet", room, id);
	await c.engine.work("editSheet", room, id, "best", "puhelimella");
	await c.engine.work("editSheet", room, id, "mood", 2);
	await new Promise((r) => setTimeout(r, 5)); // later, also by the clock
	await second.engine.work("editSheet", room, id, "best", "koneella");
	await second.engine.work("editSheet", room, id, "why", "uni");
	await c.engine.work("saveSheet", room, id);
	const joined = await second.engine.work("saveSheet", room, id);
	assert.deepEqual([joined.fields["best"]?.value, joined.fields["mood"]?.value, joined.fields["why"]?.value], ["koneella", 2, "uni"]);
	assert.deepEqual(joined.fields["best"]?.others.map((one) => one.value), ["puhelimella"]);
	const here = await c.engine.work("sheet", room, id);
	assert.deepEqual(here.fields["best"]?.others.map((one) => one.value), ["puhelimella"]);
	await c.engine.work("settleSheet", room, id, "best", 0);
	assert.equal((await c.engine.work("saveSheet", room, id)).fields["best"]?.value, "puhelimella");
	assert.equal((await second.engine.work("sheet", room, id)).fields["best"]?.value, "puhelimella");
	await end(c, second, o, admin);
});

test("what_could_not_be_saved_before_the_keys_were_locked_is_there_afterwards", async () => {
	const { client: c, counsellor: o, admin, room, relay } = await talk();
	const { id } = await o.engine.work("giveAssignment", room, GIVEN);
	await until("it arrives", async () => (await listOf(c, room)).length === 1);
	await c.engine.work("sheet", room, id);
	relay.refuseOps.add("draft_put");
	await c.engine.work("editSheet", room, id, "best", "ei vielä tallessa");
	await c.engine.lock();
	relay.refuseOps.delete("draft_put");
	await c.engine.unlock({ passphrase: PASSPHRASE });
	assert.equal((await c.engine.work("sheet", room, id)).fields["best"]?.value, "ei vielä tallessa");
	await c.engine.work("saveSheet", room, id);
	await end(c, o, admin);
});

test("an_id_that_looks_like_a_printed_code_is_none_and_a_printed_code_is_not_sent", async () => {
	const { client: c, counsellor: o, admin, room } = await talk();
	const { id } = await o.engine.work("giveAssignment", room, GIVEN);
	await until("it arrives", async () => (await listOf(c, room)).length === 1);
	for (let i = 0; i < 60; i++) await o.engine.work("actOnAssignment", room, id, { act: "comment", about: ID.replace(/^.{6}/, () => String(100_000 + i)), word: `${i}`, comments: {} });
	const word = `Koodini on ${c.code}`;
	await assert.rejects(o.engine.work("actOnAssignment", room, id, { act: "comment", about: OTHER, word, comments: {} }), { word: "code_in_text" });
	await c.engine.work("sheet", room, id);
	await c.engine.work("editSheet", room, id, "best", word);
	await assert.rejects(c.engine.work("handIn", room, id), { word: "code_in_text" });
	await end(c, o, admin);
});

test("a_client_s_browser_does_not_give_an_assignment", async () => {
	const { client: c, counsellor: o, admin, room } = await talk();
	await assert.rejects(c.engine.work("giveAssignment", room, GIVEN), { word: "forbidden" });
	await c.engine.work("postItem", room, CTYPE.given, writeGiven(GIVEN)); // the relay takes it, readers do not
	await o.until("it is quarantined", () => [...o.messages.values()].some((m) => m.quarantine === "wrong_role"));
	assert.deepEqual(await listOf(o, room), []);
	await end(c, o, admin);
});
