// Assignments on the real server: what is given, written on two devices, handed in, looked at; and every race of them.

import assert from "node:assert/strict";
import { test } from "node:test";
import type { AssignmentView } from "../../web/src/client/assignments-api.js";
import { writeGiven } from "../../web/src/assignment/room-content.js";
import { random, sealSlot, fromBase64Url, toBase64Url } from "../../web/src/seal/index.js";
import type { Template } from "../../web/src/assignment/types.js";
import type { Actor } from "../client/organisation.js";
import { again, idToUuid, talk, type House, type Talk } from "./house.js";

const fi = (text: string): { fi: string } => ({ fi: text });
const WEEK: Template = {
	format: "luotsi-template/1", id: "00112233445566778899aabbccddee01", version: 1, kind: "assignment", languages: ["fi"], topics: [], title: fi("Viikkoni"), description: fi("Katso viikkoasi."),
	fields: [
		{ id: "best", kind: "long", label: fi("Mikä oli parasta?") }, { id: "mood", kind: "scale", label: fi("Miten voit?"), low: fi("huonosti"), high: fi("hyvin") },
		{ id: "why", kind: "short", label: fi("Mikä painaa?") },
	],
};
const GIVEN = { template: WEEK, word: "Ota rauhassa.", due: "", remind: false };
const SECRET = "Salaisuuteni on kuuluisa lumiukko";

const listOf = async (actor: Actor, room: string): Promise<readonly AssignmentView[]> => (await actor.engine.work("assignments", room)).list;
const until = async (what: string, test: () => Promise<boolean>): Promise<void> => {
	for (const end = Date.now() + 60_000; Date.now() < end; await new Promise((r) => setTimeout(r, 40))) if (await test()) return;
	throw new Error(`waited in vain: ${what}`);
};
const stands = (actor: Actor, room: string, id: string, standing: string): Promise<void> =>
	until(`${standing}`, async () => (await listOf(actor, room)).find((a) => a.id === id)?.standing === standing);
const wordOf = (promise: Promise<unknown>): Promise<string> => promise.then(() => "ok", (thrown: { word?: string }) => thrown.word ?? String(thrown));

const given = async (house: House, template = WEEK): Promise<Talk & { id: string }> => {
	const both = await talk(house);
	const { id } = await both.counsellor.engine.work("giveAssignment", both.room, { ...GIVEN, template });
	await until("it arrives", async () => (await listOf(both.client, both.room)).length === 1);
	return { ...both, id };
};
const second = async (house: House, actor: Actor, room: string): Promise<Actor> => {
	const device = await again(house, actor);
	await device.engine.openRoom(room, "fi");
	return device;
};

export const assignmentTests = (house: () => House): void => {
	test("an_assignment_goes_its_whole_way_and_nothing_of_it_is_in_the_database", async () => {
		const { client: c, counsellor: o, room, id } = await given(house());
		await c.engine.work("sheet", room, id);
		await c.engine.work("editSheet", room, id, "best", SECRET);
		await c.engine.work("saveSheet", room, id);
		const first = await c.engine.work("handIn", room, id);
		await stands(o, room, id, "submitted");
		assert.equal((await listOf(o, room))[0]?.submissions[0]?.answers["best"], SECRET);
		await o.engine.work("actOnAssignment", room, id, { act: "return", about: first.id, word: "Kerro lisää", comments: { best: "Miksi kuuluisa?" } });
		await stands(c, room, id, "returned");
		await c.engine.work("sheet", room, id);
		await c.engine.work("editSheet", room, id, "why", "Kaikki tuntevat sen");
		const again = await c.engine.work("handIn", room, id);
		await stands(o, room, id, "submitted");
		await o.engine.work("actOnAssignment", room, id, { act: "accept", about: again.id, word: "", comments: {} });
		await stands(c, room, id, "accepted");
		assert.deepEqual((await c.engine.parts.link.call("draft_list", { room })).drafts, []);
		const { rows } = await house().db.query("SELECT string_agg(encode(envelope, 'escape'), '') AS all FROM message WHERE room = $1", [idToUuid(room)]);
		for (const text of [SECRET.slice(0, 16), "Viikkoni", "Miksi kuuluisa"]) assert.ok(!String(rows[0].all).includes(text), text);
	});

	test("two_devices_write_one_draft_and_lose_nothing", async () => {
		const { client: c, room, id } = await given(house());
		const other = await second(house(), c, room);
		for (const device of [c, other]) await device.engine.work("sheet", room, id);
		await c.engine.work("editSheet", room, id, "best", "puhelimella");
		await c.engine.work("editSheet", room, id, "mood", 3);
		await new Promise((r) => setTimeout(r, 5)); // later, also by the clock
		await other.engine.work("editSheet", room, id, "best", "koneella");
		await other.engine.work("editSheet", room, id, "why", "uni");
		await Promise.all([c, other].map((device) => device.engine.work("saveSheet", room, id)));
		const [a, b] = [await c.engine.work("sheet", room, id), await other.engine.work("sheet", room, id)];
		for (const view of [a, b]) {
			assert.deepEqual([view.fields["best"]?.value, view.fields["mood"]?.value, view.fields["why"]?.value], ["koneella", 3, "uni"]);
			assert.deepEqual(view.fields["best"]?.others.map((o) => o.value), ["puhelimella"]);
		}
	});

	test("what_is_written_without_a_network_is_joined_when_it_is_back", async () => {
		const { client: c, room, id } = await given(house());
		const other = await second(house(), c, room);
		await c.engine.work("sheet", room, id);
		await other.engine.work("sheet", room, id);
		c.engine.parts.link.drop();
		const away = await c.engine.work("editSheet", room, id, "best", "metsässä");
		assert.equal(away.unsaved, true);
		assert.equal(await wordOf(c.engine.work("saveSheet", room, id)), "offline");
		await other.engine.work("editSheet", room, id, "mood", 8);
		await other.engine.work("saveSheet", room, id);
		c.engine.parts.link.poke();
		await until("it is saved by itself", async () => !c.engine.parts.link.online() || !(await c.engine.work("editSheet", room, id, "why", "")).unsaved
			|| (await wordOf(c.engine.work("saveSheet", room, id))) === "ok");
		await until("the other device has both", async () => (await other.engine.work("sheet", room, id)).fields["best"]?.value === "metsässä");
		assert.equal((await other.engine.work("sheet", room, id)).fields["mood"]?.value, 8);
	});

	test("one_device_hands_in_while_the_other_writes_on", async () => {
		const { client: c, counsellor: o, room, id } = await given(house());
		const other = await second(house(), c, room);
		await c.engine.work("sheet", room, id);
		await c.engine.work("editSheet", room, id, "best", "valmis");
		await c.engine.work("saveSheet", room, id);
		await other.engine.work("sheet", room, id);
		await other.engine.work("editSheet", room, id, "best", "valmiimpi");
		await c.engine.work("handIn", room, id);
		await stands(o, room, id, "submitted");
		await other.engine.work("saveSheet", room, id);
		await stands(other, room, id, "submitted");
		assert.equal((await other.engine.work("sheet", room, id)).ahead, true, "it says that there is more than was handed in");
		assert.equal((await listOf(o, room))[0]?.submissions.at(-1)?.answers["best"], "valmis");
		await other.engine.work("handIn", room, id);
		await until("the later one counts", async () => (await listOf(o, room))[0]?.submissions.at(-1)?.answers["best"] === "valmiimpi");
	});

	test("a_hand_in_and_a_withdrawal_at_once_end_alike_everywhere", async () => {
		for (let round = 0; round < 3; round++) {
			const { client: c, counsellor: o, room, id } = await given(house());
			await c.engine.work("sheet", room, id);
			await c.engine.work("editSheet", room, id, "best", "ehdinkö");
			await Promise.all([c.engine.work("handIn", room, id), o.engine.work("actOnAssignment", room, id, { act: "withdraw", about: "", word: "", comments: {} })]);
			for (const actor of [c, o]) await stands(actor, room, id, "withdrawn");
			const tell = async (actor: Actor): Promise<string> => JSON.stringify((await listOf(actor, room))[0]?.history.map((h) => [h.id, h.what]));
			await until("both tell the same story", async () => (await tell(c)) === (await tell(o)) && (await listOf(o, room))[0]?.submissions.length === 1);
		}
	});

	test("two_hand_ins_at_once_are_two_and_the_later_in_the_room_counts", async () => {
		const { client: c, counsellor: o, room, id } = await given(house());
		const other = await second(house(), c, room);
		for (const [device, text] of [[c, "yksi"], [other, "kaksi"]] as const) {
			await device.engine.work("sheet", room, id);
			await device.engine.work("editSheet", room, id, "best", text);
		}
		await Promise.all([c, other].map((device) => device.engine.work("handIn", room, id)));
		await until("both are there, at both", async () => (await Promise.all([o, c].map((one) => listOf(one, room)))).every(([one]) => one?.submissions.length === 2));
		const [here, there] = [(await listOf(o, room))[0], (await listOf(c, room))[0]];
		assert.deepEqual(here?.submissions, there?.submissions);
		assert.equal(await wordOf(o.engine.work("actOnAssignment", room, id, { act: "accept", about: here?.submissions[0]?.id ?? "", word: "", comments: {} })), "ok");
		await until("an accept of the earlier one changes nothing", async () => (await listOf(c, room))[0]?.history.at(-1)?.what === "late_act");
		assert.equal((await listOf(c, room))[0]?.standing, "submitted");
	});

	test("a_template_that_is_changed_in_the_library_stays_as_it_was_given", async () => {
		const { client: c, counsellor: o, room, id } = await given(house());
		const changed: Template = { ...WEEK, version: 2, title: fi("Toinen"), fields: WEEK.fields.slice(0, 1) };
		const newer = await o.engine.work("giveAssignment", room, { ...GIVEN, template: changed });
		await until("both are there", async () => (await listOf(c, room)).length === 2);
		await c.engine.work("sheet", room, id);
		await c.engine.work("editSheet", room, id, "why", "vanhaan kysymykseen");
		await c.engine.work("handIn", room, id);
		await stands(o, room, id, "submitted");
		const list = await listOf(o, room);
		const [old, next] = [list.find((a) => a.id === id), list.find((a) => a.id === newer.id)];
		assert.deepEqual([old?.given.template.fields.length, old?.submissions[0]?.answers["why"], next?.given.template.version, next?.standing], [3, "vanhaan kysymykseen", 2, "given"]);
	});

	test("a_client_gives_no_assignment_whatever_their_browser_says", async () => {
		const { client: c, counsellor: o, room } = await talk(house());
		assert.equal(await wordOf(c.engine.work("giveAssignment", room, GIVEN)), "forbidden");
		assert.notEqual(await wordOf(c.engine.work("postItem", room, 5, writeGiven(GIVEN))), "ok");
		assert.deepEqual(await listOf(o, room), []);
	});

	test("a_draft_has_its_place_only_at_an_assignment_of_the_room_and_each_has_their_own", async () => {
		const { client: c, counsellor: o, room, id } = await given(house());
		const { vault } = c.engine.parts.self().account();
		const put = async (slot: string, expected = 0): Promise<string> => {
			const place = { room: fromBase64Url(room), slot: fromBase64Url(slot), version: expected + 1 };
			return wordOf(c.engine.parts.link.call("draft_put", { room, slot, expected, draft: toBase64Url(await sealSlot(vault, place, "{}")) }));
		};
		assert.deepEqual([await put(toBase64Url(random(16))), await put(id), await put(id), await put(id, 1)], ["not_found", "ok", "conflict", "ok"]);
		assert.deepEqual((await c.engine.parts.link.call("draft_list", { room })).drafts, [{ slot: id, version: 2 }]);
		assert.deepEqual((await o.engine.parts.link.call("draft_list", { room })).drafts, []);
		const stranger = await talk(house(), "Mikael");
		for (const op of ["draft_get", "draft_list"] as const) assert.equal(await wordOf(stranger.client.engine.parts.link.call(op, { room, slot: id } as never)), op === "draft_get" ? "not_member" : "bad_field");
	});

	test("the_client_is_reminded_when_the_time_comes_until_it_is_seen_or_handed_in", async () => {
		const { client: c, counsellor: o, room, id } = await given(house());
		const remind = async (): Promise<void> => {
			await o.engine.parts.link.call("reminder_put", { room, msg_id: id, at: Date.now() + 3_600_000 });
			await house().db.query("UPDATE reminder SET at = now() WHERE msg_id = $1", [idToUuid(id)]);
		};
		const remindAt = (at: number): Promise<unknown> => o.engine.parts.link.call("reminder_put", { room, msg_id: id, at });
		const told = async (): Promise<boolean> => (await c.engine.work("reminders")).some((one) => one.room === room && one.assignment === id);
		await remind();
		await until("the client is told", told);
		assert.deepEqual(await o.engine.work("reminders"), [], "and nobody else");
		await c.engine.work("reminderSeen", room, id);
		assert.equal(await told(), false);
		await remind();
		await until("again", told);
		await c.engine.work("sheet", room, id);
		await c.engine.work("editSheet", room, id, "best", "valmis");
		await c.engine.work("handIn", room, id);
		assert.equal(await told(), false, "who has handed in is reminded of nothing");
		assert.equal(await wordOf(o.engine.parts.link.call("reminder_put", { room, msg_id: toBase64Url(random(16)), at: Date.now() + 60_000 })), "not_found");
		assert.equal(await wordOf(remindAt(Date.now() - 60_000)), "bad_field");
		const due = new Date(Date.now() + 10 * 86_400_000).toISOString().slice(0, 10);
		const next = await o.engine.work("giveAssignment", room, { ...GIVEN, due, remind: true });
		const { rows } = await house().db.query("SELECT at FROM reminder WHERE msg_id = $1", [idToUuid(next.id)]);
		assert.equal(next.reminder && rows[0].at.getTime(), new Date(`${due}T09:00:00`).getTime() - 2 * 86_400_000);
	});

	test("a_deleted_assignment_is_gone_for_both", async () => {
		const { client: c, counsellor: o, room, id } = await given(house());
		await o.engine.work("removeItem", room, id);
		await until("it is gone", async () => (await listOf(c, room)).length === 0 && (await listOf(o, room)).length === 0);
	});
};
