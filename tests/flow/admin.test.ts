// A counsellor leaves: the account is not shut while rooms are theirs, their own browser hands each room over, the client sees who came and
// went; and what an administrator sets is told to whom it concerns.

import { strict as assert } from "node:assert";
import { test } from "node:test";
import { post } from "../../web/src/client/node.js";
import { cookieOf, idToUuid, talk, type Actor, type House } from "./house.js";
import type { Reply } from "./wire.js";

export const adminTests = (house: () => House): void => {
	const as = async (actor: Actor, role: string) => {
		const cookie = await cookieOf(house(), { person: actor.user, role });
		return async (op: string, body: object = {}): Promise<Reply & { detail?: { rooms?: number } }> => JSON.parse((await post(house().service.origin, house().ca, op, body, cookie)).body) as Reply;
	};
	const begun = Date.now(); // the same day all through, also over midnight
	const day = (ahead: number): string => new Intl.DateTimeFormat("sv-SE", { timeZone: "Europe/Helsinki" }).format(begun + ahead * 86_400_000);
	const workOf = async (ask: (op: string) => Promise<Reply>) => (await ask("plan_own")).ok?.["work"] as { rooms: { room: string; successor_in: boolean }[]; handed: number; closed: number };

	test("who leaves hands each room over by their own browser, and is shut out only then", async () => {
		const { counsellor, colleague } = house();
		const [admin, mine] = [await as(house().admin, "admin"), await as(counsellor, "counsellor")];
		const { room, client } = await talk(house(), "Lähtijän asiakas");
		const before = (await workOf(mine)).rooms.length;
		const shut = await admin("staff_disable", { account: counsellor.user, disabled: true });
		assert.deepEqual([shut.err, shut.detail?.rooms], ["has_rooms", before]);
		assert.ok((await admin("leaving_put", { account: counsellor.user, on: day(14), successor: colleague.user })).ok);
		try {
			await counsellor.engine.addColleague(room, colleague.user, "all");
			assert.equal((await workOf(mine)).rooms.find((one) => one.room === room)?.successor_in, true);
			await counsellor.engine.leaveRoom(room);
			const { rooms, handed } = await workOf(mine);
			assert.deepEqual([rooms.length, rooms.some((one) => one.room === room), handed], [before - 1, false, 1]);
			const followed = (await admin("plan_rooms", { account: counsellor.user })).ok?.["work"] as { handed: number; rooms: object[] };
			assert.deepEqual([followed.handed, followed.rooms.length], [1, before - 1]);
			await colleague.engine.openRoom(room, "fi");
			await colleague.engine.send(room, "Jatketaan tästä.");
			await client.until("the successor has written", () => client.texts(room).includes("Jatketaan tästä."));
		} finally {
			assert.ok((await admin("leaving_put", { account: counsellor.user })).ok);
		}
	});

	test("a client is told who is on leave and what is promised, and of nobody else", async () => {
		const { counsellor, colleague } = house();
		const [admin, mine] = [await as(house().admin, "admin"), await as(counsellor, "counsellor")];
		const { room, client } = await talk(house(), "Lomalaisen asiakas");
		const theirs = await as(client, "client");
		assert.equal((await theirs("absence_put", { from: day(0), until: day(7) })).err, "forbidden");
		assert.equal((await mine("absence_put", { account: colleague.user, from: day(0), until: day(7) })).err, "forbidden");
		assert.equal((await mine("absence_put", { from: day(5), until: day(1) })).err, "bad_field");
		assert.ok((await mine("absence_put", { from: day(0), until: day(7), deputy: colleague.user })).ok);
		const absences = (await theirs("absence_list")).ok?.["absences"];
		assert.deepEqual(absences, [{ room, account: counsellor.user, until: day(7), deputy: colleague.user, deputy_in: false }]);
		assert.ok((await mine("absence_put")).ok);
		assert.deepEqual((await theirs("absence_list")).ok?.["absences"], []);
		const put = { promise_days: 2, holidays: true, notice: ["Muutamme.", "", ""], hours: [{ weekday: 1, opens: 540, closes: 900 }] };
		assert.equal((await mine("service_put", put)).err, "forbidden");
		assert.equal((await admin("service_put", { ...put, hours: [{ weekday: 1, opens: 900, closes: 540 }] })).err, "bad_field");
		assert.ok((await admin("service_put", put)).ok);
		assert.ok((await admin("service_day_put", { day: day(2), gone: false })).ok);
		const told = (await theirs("service_get", { days: 14 })).ok as { promise_days: number; notice: string[]; days: { day: string; exception: boolean }[] };
		assert.deepEqual([told.promise_days, told.notice[0], told.days.find((one) => one.exception)?.day], [2, "Muutamme.", day(2)]);
	});

	test("what an admin may see of a colleague is given for a reason, and reports for themselves", async () => {
		const { counsellor } = house();
		const [admin, mine] = [await as(house().admin, "admin"), await as(counsellor, "counsellor")];
		assert.equal((await admin("staff_person", { account: counsellor.user })).err, "bad_field");
		const told = (await admin("staff_person", { account: counsellor.user, reason: "Henkilö pyysi" })).ok as { passkeys: number; rooms_open: number };
		assert.ok(told.rooms_open >= 1);
		const { rows } = await house().db.query("SELECT reason FROM audit WHERE action = 'staff_person' AND object = $1", [idToUuid(counsellor.user)]);
		assert.deepEqual(rows, [{ reason: "Henkilö pyysi" }]);
		const seen = (await mine("own_events")).ok?.["events"] as { action: string }[];
		assert.ok(seen.some((one) => one.action === "staff_person"), "the colleague sees that it was looked at");
		const report = (await admin("report_rooms", { by: "all", months: 6 })).ok?.["rows"] as { opened?: number }[];
		assert.ok(report.length >= 1 && report.every((row) => row.opened === undefined || row.opened === 0 || row.opened >= 5));
		for (const [op, body] of [["flag_list", {}], ["report_rooms", { by: "all", months: 6 }], ["plan_list", {}], ["plan_rooms", { account: counsellor.user }], ["recovery_rehearse", { held_on: day(0), note: "" }]] as const)
			assert.equal((await mine(op, body)).err, "forbidden", op);
		assert.ok((await admin("recovery_rehearse", { held_on: day(0), note: "Kolme paikalla" })).ok);
		assert.equal(((await admin("recovery_state")).ok as { rehearsed_on: string }).rehearsed_on, day(0));
		const flags = (await admin("flag_list")).ok?.["flags"] as { flag: string }[];
		assert.equal(flags.some((one) => one.flag === "rehearsal"), false);
	});
};
