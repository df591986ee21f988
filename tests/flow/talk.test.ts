// Two people talk through the real server: what they see, what it keeps, what a bad network does to it.

import { strict as assert } from "node:assert";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { rested } from "../client/organisation.js";
import { again, doubts, idToUuid, killHard, say, talk, type House } from "./house.js";

const children = (pid: number): number[] =>
	readdirSync("/proc").filter((name) => /^\d+$/.test(name)).flatMap((name) => {
		try {
			const stat = readFileSync(`/proc/${name}/stat`, "utf8").split(") ").pop() as string;
			return Number(stat.split(" ")[1]) === pid ? [Number(name)] : [];
		} catch {
			return [];
		}
	});

const workers = (supervisor: number): number[] =>
	children(supervisor).filter((pid) => {
		try {
			return readFileSync(`/proc/${pid}/cmdline`, "utf8").includes("worker");
		} catch {
			return false; // ended meanwhile
		}
	});

export const talkTests = (house: () => House): void => {
	test("client_and_counsellor_talk_both_ways_and_a_second_device_finds_everything", async () => {
		const { client, counsellor, room } = await talk(house());
		await say(client, counsellor, room, "Hei, olen Aino.");
		await say(counsellor, client, room, "Hei Aino, mukava tutustua.");
		assert.deepEqual(client.texts(room), ["Tervetuloa!", "Hei, olen Aino.", "Hei Aino, mukava tutustua."]);
		const second = await again(house(), client);
		await second.engine.openRoom(room, "fi");
		assert.deepEqual(second.texts(room), client.texts(room));
		assert.equal(doubts(second, room) + doubts(counsellor, room), 0);
		assert.equal(counsellor.view()?.title, "Aino");
		assert.equal(second.view()?.controller.startsWith("Testikunta"), true);
	});

	test("a_receipt_marks_the_message_as_read_and_the_unread_count_goes", async () => {
		const { client, counsellor, room } = await talk(house());
		await say(client, counsellor, room, "Luetko?");
		const unread = (): number => counsellor.rooms().find((r) => r.room === room)?.unread ?? -1;
		await counsellor.until("one unread", () => unread() === 1);
		assert.ok(counsellor.rooms().find((r) => r.room === room)?.waitingSince);
		const message = [...counsellor.messages.values()].find((m) => m.text === "Luetko?");
		await counsellor.engine.markRead(room, message?.seq ?? 0);
		await client.until("read", () => [...client.messages.values()].some((m) => m.text === "Luetko?" && m.state === "read"));
		await counsellor.until("none unread", () => unread() === 0);
	});

	test("an_edit_replaces_and_a_delete_leaves_a_tombstone_of_both", async () => {
		const { client, counsellor, room } = await talk(house());
		await say(client, counsellor, room, "virheellinen");
		const mine = [...client.messages.values()].find((m) => m.text === "virheellinen");
		assert.ok(mine);
		await client.engine.edit(room, mine.id, "korjattu");
		await counsellor.until("edit", () => counsellor.texts(room).includes("korjattu"));
		await client.engine.remove(room, mine.id);
		await counsellor.until("delete", () => [...counsellor.messages.values()].some((m) => m.id === mine.id && m.deleted));
		const { rows } = await house().db.query<{ n: number; long: number }>(
			"SELECT count(*)::int AS n, count(*) FILTER (WHERE octet_length(envelope) > header_len + 96)::int AS long FROM message WHERE room = $1 AND tombstone", [idToUuid(room)],
		);
		assert.deepEqual(rows[0], { n: 2, long: 0 });
		const second = await again(house(), client);
		await second.engine.openRoom(room, "fi");
		assert.equal(doubts(second, room), 0);
		assert.ok(!second.texts(room).includes("korjattu"));
	});

	test("another_persons_message_cannot_be_edited", async () => {
		const { client, counsellor, room } = await talk(house());
		await say(client, counsellor, room, "minun");
		const theirs = [...counsellor.messages.values()].find((m) => m.text === "minun");
		await assert.rejects(counsellor.engine.edit(room, theirs?.id ?? "", "sinun"), { word: "not_found" });
	});

	test("a_lost_connection_loses_and_doubles_nothing", async () => {
		const { client, counsellor, room } = await talk(house());
		for (let i = 0; i < 8; i++) {
			await client.engine.send(room, `katko ${i}`);
			if (i % 2) client.engine.parts.link.drop();
		}
		client.engine.parts.link.poke();
		await counsellor.until("all", () => counsellor.texts(room).includes("katko 7"));
		assert.deepEqual(counsellor.texts(room).slice(1), Array.from({ length: 8 }, (_, i) => `katko ${i}`));
		assert.equal(doubts(counsellor, room), 0);
	});

	test("killed_workers_come_back_and_nothing_acknowledged_is_lost", async () => {
		const { client, counsellor, room } = await talk(house());
		await say(client, counsellor, room, "ennen");
		const before = workers(house().service.server_pid);
		assert.ok(before.length >= 2);
		for (const pid of before) killHard(pid);
		await client.engine.send(room, "jälkeen");
		await counsellor.until("after the kill", () => counsellor.texts(room).includes("jälkeen"));
		assert.deepEqual(counsellor.texts(room), ["Tervetuloa!", "ennen", "jälkeen"]);
		assert.equal(workers(house().service.server_pid).filter((pid) => before.includes(pid)).length, 0);
		const second = await again(house(), client);
		await second.engine.openRoom(room, "fi");
		assert.deepEqual(second.texts(room), client.texts(room));
	});

	test("a_used_up_epoch_is_followed_by_another", async () => {
		const { client, counsellor, room } = await talk(house());
		for (let i = 0; i < 45; i++) await (i % 2 ? counsellor : client).engine.send(room, `viesti ${i}`);
		await client.until("all", () => client.texts(room).length === 46 && [...client.messages.values()].every((m) => m.seq !== null));
		await counsellor.until("all", () => counsellor.texts(room).length === 46);
		assert.ok(counsellor.engine.parts.room(room).log.state().epoch >= 4);
		const second = await again(house(), counsellor);
		await second.engine.openRoom(room, "fi");
		while ((await second.engine.loadOlder(room)).more) continue;
		assert.equal(second.texts(room).length, 46);
		assert.equal(doubts(second, room), 0);
	});

	test("two_members_who_race_for_an_epoch_agree_on_one", async () => {
		const { client, counsellor, room } = await talk(house());
		const [a, b] = [client.engine.parts.room(room), counsellor.engine.parts.room(room)];
		const now = a.log.state().epoch;
		await Promise.all([a.acts.rotate(() => now), b.acts.rotate(() => now)]);
		await Promise.all([a.log.sync(), b.log.sync()]);
		await rested(room, client, counsellor); // the counsellor's browser wraps the new epoch for recovery, which moves the head once more
		assert.equal(a.log.state().epoch, b.log.state().epoch);
		assert.deepEqual(a.log.state().head, b.log.state().head);
		await say(client, counsellor, room, "sama avain");
	});

	test("two_devices_of_one_person_race_and_both_messages_arrive", async () => {
		const { client, counsellor, room } = await talk(house());
		const second = await again(house(), client);
		await second.engine.openRoom(room, "fi");
		await Promise.all([client.engine.send(room, "puhelin"), second.engine.send(room, "tietokone")]);
		await counsellor.until("both", () => ["puhelin", "tietokone"].every((t) => counsellor.texts(room).includes(t)));
		assert.equal(doubts(counsellor, room), 0);
	});

	test("a_colleague_is_added_with_history_and_after_removal_reads_no_more", async () => {
		const { client, counsellor, room } = await talk(house());
		const { colleague } = house();
		await say(client, counsellor, room, "Vanha asia");
		await counsellor.engine.addColleague(room, colleague.user, "all");
		await colleague.engine.openRoom(room, "fi");
		assert.ok(colleague.texts(room).includes("Vanha asia"));
		await say(colleague, client, room, "Olen mukana");
		await counsellor.engine.removeColleague(room, colleague.user);
		await say(client, counsellor, room, "Kahden kesken");
		assert.ok(!colleague.texts(room).includes("Kahden kesken"));
		await assert.rejects(colleague.engine.parts.link.call("message_page", { room, limit: 50 }));
	});

	test("a_closed_room_takes_nothing_and_a_reopened_one_does", async () => {
		const { client, counsellor, room } = await talk(house());
		await counsellor.engine.closeRoom(room, "finished");
		await client.until("closed", () => client.view()?.blocked === "closed");
		await counsellor.engine.reopenRoom(room);
		await client.until("open", () => client.view()?.canSend === true);
		await say(client, counsellor, room, "Vielä yksi asia");
	});

	test("a_draft_is_found_on_another_device", async () => {
		const { client, room } = await talk(house());
		await client.engine.saveDraft(room, "kesken jäänyt");
		await client.engine.leaveRoomView(room);
		const second = await again(house(), client);
		assert.equal((await second.engine.openRoom(room, "fi")).draft, "kesken jäänyt");
	});

	test("typing_is_shown_to_the_other", async () => {
		const { client, counsellor, room } = await talk(house());
		await client.engine.typing(room);
		await counsellor.until("typing", () => counsellor.view()?.room === room && counsellor.view()?.typing.length === 1);
	});

	test("an_invitation_opens_once_and_only_for_its_organisation", async () => {
		const { link, counsellor, room } = await talk(house());
		const late = await house().client("Myöhässä");
		await assert.rejects(late.engine.acceptInvitation(link), (thrown: { word: string }) => ["used", "expired", "not_found"].includes(thrown.word));
		await assert.rejects(counsellor.engine.renewInvitation(room), { word: "client_present" });
	});

	test("an_expired_invitation_opens_for_nobody", async () => {
		const { room, link } = await house().counsellor.engine.invite({ name: "Myöhä", welcome: "Hei!" });
		const late = await house().client("Myöhä");
		await house().db.query("UPDATE invitation SET expires_at = now() - interval '1 minute' WHERE room = $1", [idToUuid(room)]);
		await assert.rejects(late.engine.acceptInvitation(link), { word: "expired" });
		const { link: fresh } = await house().counsellor.engine.renewInvitation(room);
		assert.equal((await late.engine.acceptInvitation(fresh)).room, room);
	});
};
