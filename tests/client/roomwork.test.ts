// What is written about the guidance work of a room: what is read of it and what refused, and what it comes to when several write.

import { strict as assert } from "node:assert";
import { test } from "node:test";
import { readNote, readPatch, tidy, writeNote, writePatch, type Patch } from "../../web/src/roomwork/content.js";
import { reduceNotes } from "../../web/src/roomwork/notes.js";
import { MOST_ENTITIES, orderBetween, phaseNow, reduceWork, type WorkItem } from "../../web/src/roomwork/work.js";

const E1 = "AAAAAAAAAAAAAAAAAAAAAA", E2 = "BBBBBBBBBBBBBBBBBBBBBQ";
const good = { v: 1, type: "goal", entity: E1, base: 0, set: { text: "Oma asunto" } };
const patch = (change: object): Patch | undefined => readPatch(JSON.stringify({ ...good, ...change }));

test("reads_what_it_writes", () => {
	const all: Patch[] = [
		{ type: "phase", entity: E1, base: 0, set: { name: "Alku", begins: "2026-11-22", ends: "" } },
		{ type: "goal", entity: E1, base: 3, set: { text: "Unelma 🦊\nrivillä", done: true, by: "2028-02-29", order: -0.5 } },
		{ type: "step", entity: E2, base: 0, set: { text: "x", goal: E1, who: "both" } },
		{ type: "event", entity: E2, base: 0, set: { what: "called", on: "2026-01-01", text: "" } },
		{ type: "summary", entity: E2, base: 1, set: { text: "ä".repeat(12_000) } },
	];
	for (const one of all) assert.deepEqual(readPatch(writePatch(one)), one);
	assert.deepEqual(readNote(writeNote({ type: "summary", of: E1, text: "luonnos" })), { type: "summary", of: E1, text: "luonnos" });
});

const refused: Readonly<Record<string, unknown>> = {
	"another_version": { ...good, v: 2 }, "a_member_too_many": { ...good, more: 1 }, "a_member_too_few": { v: 1, type: "goal", entity: E1, base: 0 },
	"an_unknown_type": { ...good, type: "wish" }, "a_type_of_objects": { ...good, type: "constructor" }, "a_short_entity": { ...good, entity: "AAAA" },
	"an_entity_in_another_form": { ...good, entity: "AAAAAAAAAAAAAAAAAAAAAB" }, "a_negative_base": { ...good, base: -1 }, "half_a_base": { ...good, base: 0.5 },
	"nothing_set": { ...good, set: {} }, "a_list": { ...good, set: ["text"] }, "an_unknown_field": { ...good, set: { text: "x", what: "met" } },
	"a_field_of_objects": { ...good, set: { toString: "x" } }, "an_empty_text": { ...good, set: { text: " \n" } }, "a_text_too_long": { ...good, set: { text: "x".repeat(501) } },
	"a_control_character": { ...good, set: { text: "a\u0007b" } }, "half_a_letter": { ...good, set: { text: "a\ud800b" } }, "a_number_for_a_text": { ...good, set: { text: 7 } },
	"a_day_that_there_is_none_of": { ...good, set: { by: "2027-02-29" } }, "a_day_in_another_form": { ...good, set: { by: "1.9.2027" } },
	"a_word_for_a_flag": { ...good, set: { done: "yes" } }, "an_order_without_end": { ...good, set: { order: 1e10 } },
	"a_goal_that_is_none": { v: 1, type: "step", entity: E1, base: 0, set: { text: "x", goal: "mine" } }, "nobody_to_do_it": { v: 1, type: "step", entity: E1, base: 0, set: { who: "me" } },
	"an_event_without_a_day": { v: 1, type: "event", entity: E1, base: 0, set: { on: "" } }, "null": null, "a_number": 1,
};
for (const [name, what] of Object.entries(refused)) test(`refuses_${name}`, () => assert.equal(readPatch(JSON.stringify(what)), undefined));

test("refuses_what_is_no_json_and_writes_nothing_that_it_would_not_read", () => {
	for (const text of ["", "{", "[]", '{"v":1']) assert.equal(readPatch(text), undefined);
	assert.throws(() => writePatch({ type: "goal", entity: E1, base: 0, set: { text: "" } }), { message: "bad_text" });
	assert.throws(() => writeNote({ type: "note", of: "x", text: "a" }), { message: "bad_text" });
	assert.equal(readNote('{"v":1,"type":"note","of":"","text":""}'), undefined);
	assert.ok(patch({}));
	assert.equal(tidy("  a\tb\r\nc\u0007 \ud800"), "a b\nc");
});

let seq = 0;
const item = (json: string | null, more: Partial<WorkItem> = {}): WorkItem => {
	seq++;
	return { id: `m${String(seq).padStart(20, "0")}A`, seq, at: seq * 1_000, sender: "client", senderName: "Aino", staff: false, mine: true, json, ...more };
};
const staff = { sender: "staff", senderName: "Oona", staff: true, mine: false };
const write = (p: Patch, more: Partial<WorkItem> = {}): WorkItem => item(writePatch(p), more);

test("of_two_changes_of_one_field_the_later_stands_and_both_are_told", () => {
	const items = [
		write({ type: "goal", entity: E1, base: 0, set: { text: "Työ" } }),
		write({ type: "goal", entity: E1, base: 1, set: { text: "Työ keittiössä" } }),
		write({ type: "goal", entity: E1, base: 1, set: { text: "Työ kahvilassa", by: "2027-01-01" } }, staff),
		write({ type: "goal", entity: E1, base: 3, set: { done: true } }, staff),
	];
	const [goal] = reduceWork(items).goals;
	assert.deepEqual(goal?.fields, { text: "Työ kahvilassa", by: "2027-01-01", done: true, order: 0, gone: false });
	assert.equal(goal?.version, 4);
	assert.deepEqual(goal?.history.map((one) => [one.field, one.clash]), [["text", false], ["text", true], ["by", false], ["done", false]]);
	assert.deepEqual(reduceWork([...items].reverse()), reduceWork(items));
});

test("whatever_two_devices_write_in_whatever_order_it_arrives_the_outcome_is_one_and_no_text_is_lost", () => {
	let state = 7;
	const dice = (n: number): number => (state = (state * 1_103_515_245 + 12_345) % 2_147_483_648) % n;
	for (let round = 0; round < 200; round++) {
		const items = [write({ type: "goal", entity: E1, base: 0, set: { text: "alku" } })];
		const texts = new Set(["alku"]);
		for (let n = 1; n < 12; n++) {
			const text = `${round}-${n}`;
			texts.add(text);
			items.push(write({ type: "goal", entity: E1, base: dice(n + 1), set: dice(3) === 0 ? { text, done: dice(2) === 0 } : { text } }, dice(2) === 0 ? staff : {}));
		}
		const shuffled = [...items].sort(() => dice(3) - 1);
		const [one] = reduceWork(items).goals;
		assert.deepEqual(reduceWork(shuffled), reduceWork(items));
		const kept = new Set([one?.fields.text, ...(one?.history ?? []).flatMap(({ before, after }) => [before, after])]);
		for (const text of texts) assert.ok(kept.has(text), text);
	}
});

test("what_its_writer_may_not_write_and_another_type_for_a_known_thing_count_for_nothing", () => {
	const work = reduceWork([
		write({ type: "summary", entity: E1, base: 0, set: { text: "oma" } }), write({ type: "goal", entity: E1, base: 0, set: { text: "tavoite" } }),
		write({ type: "event", entity: E1, base: 0, set: { what: "met", on: "2026-01-01" } }), item("{}"), item(null),
		write({ type: "goal", entity: E2, base: 0, set: { done: true } }),
	]);
	assert.equal(work.refused, 3);
	assert.equal(work.summary, undefined);
	assert.deepEqual([work.goals.length, work.events.length], [1, 0], "one that never said its text is none either");
});

test("a_client_who_fills_the_room_with_goals_leaves_place_for_staff", () => {
	const ids = Array.from({ length: MOST_ENTITIES + 1 }, (_, n) => `${String(n).padStart(21, "0")}A`);
	const flood = ids.map((entity) => write({ type: "goal", entity, base: 0, set: { text: "x" } }));
	const staff = { ...write({ type: "phase", entity: E1, base: 0, set: { name: "Alku" } }), seq: 1e6, staff: true };
	const work = reduceWork([...flood, staff]);
	assert.deepEqual([work.goals.length, work.phases.length, work.refused], [MOST_ENTITIES, 1, 1]);
});

test("what_is_taken_away_is_kept_and_comes_back", () => {
	const items = [write({ type: "goal", entity: E1, base: 0, set: { text: "x" } }), write({ type: "goal", entity: E1, base: 1, set: { gone: true } })];
	assert.deepEqual([reduceWork(items).goals.length, reduceWork(items).gone.length], [0, 1]);
	const back = reduceWork([...items, write({ type: "goal", entity: E1, base: 2, set: { gone: false } })]);
	assert.deepEqual([back.goals.length, back.gone.length], [1, 0]);
});

test("a_place_is_found_between_two_as_long_as_there_is_one", () => {
	assert.equal(orderBetween(undefined, undefined), 0);
	assert.ok((orderBetween(undefined, 5) as number) < 5 && (orderBetween(5, undefined) as number) > 5);
	let high = 1, n = 0;
	for (let next = orderBetween(0, high); next !== undefined && n < 5_000; next = orderBetween(0, high), n++) high = next;
	assert.ok(n > 50);
	assert.equal(orderBetween(1, 1), undefined);
});

test("the_phase_that_it_is_now_is_the_one_that_began_last_and_has_not_ended", () => {
	const phase = (entity: string, name: string, begins: string, ends: string) => write({ type: "phase", entity, base: 0, set: { name, begins, ends } }, staff);
	const { phases } = reduceWork([phase(E2, "Toinen", "2026-03-01", ""), phase(E1, "Eka", "2026-01-01", "2026-06-01")]);
	assert.deepEqual(phases.map(({ fields }) => fields.name), ["Eka", "Toinen"]);
	assert.equal(phaseNow(phases, "2026-02-01")?.fields.name, "Eka");
	assert.equal(phaseNow(phases, "2026-04-01")?.fields.name, "Toinen");
	assert.equal(phaseNow(phases, "2025-01-01"), undefined);
});

test("a_note_is_written_anew_by_its_writer_alone_and_goes_with_its_first_item", () => {
	const note = (text: string, of: string, more: Partial<WorkItem> = {}) => item(writeNote({ type: "note", of, text }), { ...staff, ...more });
	const first = item(writeNote({ type: "note", of: "", text: "eka" }), { ...staff, id: E1 });
	const notes = reduceNotes([first, note("toka", E1), note("vieras", E1, { sender: "other" }), note("olematon", E2), note("asiakas", "", { staff: false }), item(writeNote({ type: "summary", of: E1, text: "yhteenveto" }), staff)]);
	assert.equal(notes.length, 1);
	assert.deepEqual([notes[0]?.text, notes[0]?.before.map(({ text }) => text), notes[0]?.items.length], ["toka", ["eka"], 2]);
	assert.deepEqual(reduceNotes([{ ...first, json: null }, note("toka", E1)]), []);
});
