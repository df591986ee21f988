// Nobody opens a room any more: counsellor and client have both lost their keys. Two officers open it on a page without a network, whose
// code runs here, on the real server; and everything that must not open it.

import { strict as assert } from "node:assert";
import { after } from "node:test";
import { actorOf, closeHouse, idToUuid, openHouse, proveAgain, say, talk, type House } from "./house.js";
import { confirmed, hurried } from "./notify.test.js";
import { rested, type Actor } from "../client/organisation.js";
import { beginCeremony } from "../../web/src/ceremony/open.js";
import { readRequest, type Request, type Result } from "../../web/src/client/recovery-files.js";
import { makeControlLog } from "../../web/src/client/control-log.js";
import { makePeople } from "../../web/src/client/people.js";
import { certify } from "../../web/src/demo/ceremony.js";
import { fromBase64Url, random, toBase64Url } from "../../web/src/seal/index.js";
import { makeSheets, type Sheet } from "../../web/src/seal/share.js";
import { story } from "../lib/story.mjs";

const NEW = "kokonaan uusi pitkä salalause";
const WISH = { reason: 1, words: "Ohjaaja ja asiakas menettivät avaimensa", officers: "Helena Mäkinen, johtaja, ja Jukka Nieminen, lakimies" };
const textOf = ({ root, recovery }: Sheet): string => `${root}\n${recovery}`;
const waits = (actor: Actor, room: string): boolean => actor.view()?.room === room && (actor.view()?.newKeys.length ?? 0) > 0;
const linesOf = (actor: Actor, room: string) => [...actor.messages.values()].flatMap((m) => (m.room === room && m.system?.opening ? [m.system.opening] : []));
const refused = (word: string) => (thrown: unknown): boolean => {
	const { word: said } = thrown as { word?: string };
	assert.equal(said, word);
	return true;
};

export const recoveryTests = (): void => {
	const test = story();
	let house: House;
	let sheets: string[] = [];
	let room = "";
	let other = "";
	let lost: { counsellor: Actor; client: Actor };
	let request = "";
	let made: { result: string; sheets: readonly Sheet[] };

	const begin = async (): Promise<void> => {
		house = await openHouse({});
		const { org, root, recovery } = house.ceremony;
		sheets = (await makeSheets(org, root.priv, recovery.priv)).map(textOf);
		await house.admin.engine.organise("renewIssuer", sheets.slice(0, 2));
	};
	after(() => house && closeHouse(house));

	const fresh = async (of: Actor, name: string, role: string): Promise<Actor> => {
		await of.engine.stop();
		const actor = await actorOf(house, { person: of.user, role });
		house.open.push(actor);
		await actor.engine.start();
		actor.code = (await actor.engine.resetKeys({ passphrase: NEW, name, language: "fi" })).code;
		return actor;
	};

	const lastEntries = async (of: string): Promise<number> =>
		(await house.db.query<{ n: number }>("SELECT count(*)::int AS n FROM control_entry WHERE room = $1 AND type = 15", [idToUuid(of)])).rows[0]?.n ?? -1;

	const wrapsFor = async (of: Actor): Promise<number> => {
		const kid = of.engine.parts.self().account().keys.enc[0]?.kid;
		const { rows } = await house.db.query<{ n: number }>("SELECT count(DISTINCT epoch)::int AS n FROM wrap WHERE room = $1 AND rkid = $2", [idToUuid(room), Buffer.from(kid ?? [])]);
		return rows[0]?.n ?? -1;
	};

	/** The request with something in it changed, signed by nobody else. */
	const changed = (change: (body: Request) => unknown): string => {
		const file = JSON.parse(request) as { body: string };
		const body = JSON.parse(Buffer.from(file.body, "base64url").toString()) as Request;
		return JSON.stringify({ ...file, body: Buffer.from(JSON.stringify(change(body))).toString("base64url") });
	};

	test("both_lose_their_keys_and_nothing_opens_any_more", async () => {
		await begin();
		const { client, counsellor, room: id } = await talk(house);
		room = id;
		await say(client, counsellor, room, "ensimmäinen viesti");
		await say(counsellor, client, room, "vastaus siihen");
		other = (await talk(house, "Toinen")).room;
		const [staff, person] = [await fresh(counsellor, "Oona", "counsellor"), await fresh(client, "Aino", "client")];
		lost = { counsellor: staff, client: person };
		await certify(house.admin.engine.parts.link.call, house.ceremony, staff.user, { name: "Oona Ohjaaja", employer: "Testikunta", role: 1 });
		await staff.engine.parts.self().refresh();
		await staff.engine.openRoom(room, "fi");
		// Not by canSend alone, which may be said before: what is sealed until the new keys are in nobody opens.
		const isIn = (): boolean => staff.engine.parts.room(room).log.state().members.some((m) => m.active && toBase64Url(m.encKid) === toBase64Url(staff.engine.parts.self().account().keys.enc[0]?.kid ?? new Uint8Array()));
		await staff.until("the new keys are in", () => isIn() && staff.view()?.canSend === true);
		await person.engine.openRoom(room, "fi");
		await person.engine.send(room, "Olen täällä taas");
		await staff.until("the client's new message", () => staff.texts(room).includes("Olen täällä taas"));
		await rested(room, person, staff); // a request taken out now stays the newest
		assert.ok(!staff.texts(room).includes("ensimmäinen viesti") && !person.texts(room).includes("ensimmäinen viesti"));
	});

	test("only_an_administrator_who_proved_to_be_there_takes_a_request_out", async () => {
		const ask = { user: lost.counsellor.user };
		await assert.rejects(lost.counsellor.engine.parts.link.call("recovery_rooms", ask), refused("forbidden"));
		await assert.rejects(lost.client.engine.parts.link.call("recovery_log", { room, from: 0 }), refused("forbidden"));
		await proveAgain(house, house.admin);
		const rooms = await house.admin.engine.organise("recoveryRooms", lost.counsellor.user);
		assert.deepEqual(new Set(rooms.map((one) => one.room)), new Set([room, other]));
		assert.deepEqual([rooms[0]?.client, rooms[0]?.staff], [true, ["Oona Ohjaaja"]]);
		request = await house.admin.engine.organise("recoveryRequest", [room], lost.counsellor.user);
		for (const text of ["ensimmäinen viesti", "vastaus siihen", "Aino"]) assert.ok(!request.includes(text) && !Buffer.from((JSON.parse(request) as { body: string }).body, "base64url").includes(text));
		const { rows } = await house.db.query<{ n: number }>("SELECT count(*)::int AS n FROM audit WHERE action = 'recovery_export' AND object = $1", [idToUuid(room)]);
		assert.equal(rows[0]?.n, 1);
	});

	test("nothing_of_a_room_is_taken_out_without_a_record", async () => {
		const { call } = house.admin.engine.parts.link;
		const noted = async (action: string, of: string): Promise<number> =>
			(await house.db.query<{ n: number }>("SELECT count(*)::int AS n FROM audit WHERE action = $1 AND object = $2", [action, idToUuid(of)])).rows[0]?.n ?? -1;
		const before = await noted("recovery_export", room);
		assert.ok((await call("recovery_log", { room, from: 1 })).wraps.length > 0);
		assert.equal(await noted("recovery_export", room), before + 1, "also from the middle on");
		assert.ok((await noted("recovery_rooms", lost.counsellor.user)) > 0);
		assert.ok((await noted("recovery_chains", room)) > 0);
	});

	test("the_page_believes_nothing_that_was_changed", async () => {
		const { facts } = await beginCeremony(request);
		assert.deepEqual([facts.to, facts.certified?.employer, facts.code], ["Oona Ohjaaja", "Testikunta", ""]);
		assert.ok(Date.now() - (facts.certified?.at ?? 0) < 600_000, "of the certificate for the keys that are opened to");
		const signature = refused("bad_signature");
		await assert.rejects(beginCeremony(changed((b) => ({ ...b, at: b.at + 1 }))), signature);
		await assert.rejects(beginCeremony(changed((b) => ({ ...b, to: lost.client.user }))), signature);
		await assert.rejects(beginCeremony(changed((b) => ({ ...b, rooms: b.rooms.map((r) => ({ ...r, entries: r.entries.slice(0, -1) })) }))), signature);
		await assert.rejects(beginCeremony("{}"), refused("file"));
		await assert.rejects(beginCeremony(request.slice(0, -40)), refused("file"));
		assert.equal(readRequest(request).request.rooms.length, 1);
	});

	test("it_takes_two_different_sheets_of_this_organisation", async () => {
		const { open } = await beginCeremony(request);
		const foreign = (await makeSheets(house.ceremony.org, random(32), random(32))).map(textOf) as [string, string, string];
		await assert.rejects(open([sheets[0] as string]), refused("length"));
		await assert.rejects(open([sheets[0] as string, sheets[0] as string]), refused("same_share"));
		// Of two foreign sheets at most one stands by chance in the same place.
		const words = await Promise.all(foreign.slice(1).map((sheet) => open([sheets[0] as string, sheet]).then(() => "opened", (thrown: { word?: string }) => thrown.word ?? "")));
		assert.ok(words.includes("other_sheets") && words.every((word) => word === "other_sheets" || word === "same_share"), words.join());
		await assert.rejects(open([foreign[0], foreign[1]]), refused("other_sheets"));
		await assert.rejects(open([sheets[0] as string, (sheets[1] as string).slice(0, -1)]), refused("length"));
		const opened = await open([sheets[2] as string, sheets[0] as string]);
		assert.deepEqual([opened.found, opened.wanted], [opened.wanted, lost.counsellor.engine.parts.room(room).log.state().epoch]);
		await assert.rejects(opened.make({ ...WISH, words: "" }), refused("words"));
		await assert.rejects(opened.make({ ...WISH, officers: "rivi\nvaihto" }), refused("words"));
		made = await opened.make(WISH);
		opened.forget();
	});

	test("a_result_that_was_changed_opens_nothing_and_releases_no_wrap", async () => {
		const before = [await lastEntries(room), await wrapsFor(lost.counsellor)];
		const result = JSON.parse(made.result) as Result;
		const with1 = (change: (r: Result["rooms"][number]) => Result["rooms"][number]): string => JSON.stringify({ ...result, rooms: result.rooms.map(change) });
		const apply = (file: string) => house.admin.engine.organise("recoveryApply", file);
		const flip = (text: string, at: number): string => {
			const bytes = fromBase64Url(text);
			bytes[bytes.length - at] = (bytes[bytes.length - at] as number) ^ 1;
			return toBase64Url(bytes);
		};
		await assert.rejects(apply(with1((r) => ({ ...r, entries: r.entries.map((e) => flip(e, 70)) }))), refused("bad_signature"));
		await assert.rejects(apply(with1((r) => ({ ...r, entries: r.entries.map((e) => flip(e, 1)) }))), refused("bad_signature"));
		await assert.rejects(apply(with1((r) => ({ ...r, wraps: r.wraps.slice(1) }))), refused("bad_entry"));
		await assert.rejects(apply(with1((r) => ({ ...r, wraps: r.wraps.map((w) => ({ ...w, wrap: flip(w.wrap, 3) })) }))), refused("bad_entry"));
		await assert.rejects(apply(with1((r) => ({ ...r, wraps: r.wraps.map((w) => ({ ...w, rid: lost.client.user })) }))), refused("bad_entry"));
		await assert.rejects(apply("no file"), refused("bad_file"));
		const entry = result.rooms[0]?.entries[0] as string;
		await assert.rejects(lost.counsellor.engine.parts.link.call("recovery_apply", { entry, wraps: [...(result.rooms[0]?.wraps ?? [])] }), refused("forbidden"));
		await assert.rejects(lost.counsellor.engine.parts.link.call("control_append", { entries: [entry], wraps: [...(result.rooms[0]?.wraps ?? [])] }), refused("not_member"));
		assert.deepEqual([await lastEntries(room), await wrapsFor(lost.counsellor)], before);
	});

	test("the_counsellor_reads_again_everyone_sees_it_and_the_client_follows", async () => {
		const { counsellor, client } = lost;
		const address = await confirmed(house, house.admin);
		assert.deepEqual(await house.admin.engine.organise("recoveryApply", made.result), { rooms: 1, entries: 1 });
		const letter = await hurried(house, house.admin, "opened", address);
		assert.match(letter, /palvelussa https:\S+ on organisaatiossasi tehty \d\d\.\d\d\.20\d\d toimenpide/);
		assert.doesNotMatch(letter, /Oona|Helena|Testikunta|menettivät|#/);
		await counsellor.until("old messages", () => ["ensimmäinen viesti", "vastaus siihen", "Tervetuloa!"].every((text) => counsellor.texts(room).includes(text)));
		for (const one of [counsellor, client]) {
			await one.until("the line", () => linesOf(one, room).length === 1);
			const [line] = linesOf(one, room);
			assert.deepEqual([line?.reason, line?.words, line?.officers, line?.who, line?.all], [1, WISH.words, WISH.officers, "Oona Ohjaaja", true]);
			assert.equal(one.view()?.openings.length, 1);
		}
		assert.ok(!client.texts(room).includes("ensimmäinen viesti"), "the client's new keys are not proven yet");
		await counsellor.until("the client waits", () => waits(counsellor, room));
		const code = await counsellor.engine.compareCode(room, client.user);
		await counsellor.engine.confirmKeys(room, client.user, code);
		await client.until("old messages", () => ["ensimmäinen viesti", "vastaus siihen"].every((text) => client.texts(room).includes(text)));
		await say(counsellor, client, room, "Nyt kaikki näkyy taas");
		const { rows } = await house.db.query<{ word: string; n: number }>("SELECT word, count(*)::int AS n FROM audit WHERE action = 'break_glass' AND object = $1 GROUP BY word", [idToUuid(room)]);
		assert.deepEqual(rows, [{ word: "ok", n: 1 }]);
	});

	test("the_same_result_again_does_nothing_more", async () => {
		assert.deepEqual(await house.admin.engine.organise("recoveryApply", made.result), { rooms: 1, entries: 1 });
		assert.equal(await lastEntries(room), 1);
		assert.equal((await house.admin.engine.parts.link.call("self_get", {})).organisation.entries.length, 5, "and one recovery key more, not two");
	});

	test("an_older_result_for_a_room_that_went_on_is_refused", async () => {
		const ceremony = await beginCeremony(await house.admin.engine.organise("recoveryRequest", [other], lost.counsellor.user));
		const opened = await ceremony.open([sheets[0] as string, sheets[1] as string]);
		const late = await opened.make({ ...WISH, reason: 3 });
		await lost.counsellor.engine.openRoom(other, "fi");
		await lost.counsellor.until("the new keys are in", () => lost.counsellor.engine.parts.room(other).log.entries.some((e) => e.body.type === "rekey"));
		await assert.rejects(house.admin.engine.organise("recoveryApply", late.result), refused("room_moved"));
		assert.equal(await lastEntries(other), 0);
	});

	test("rooms_follow_the_new_recovery_key_and_old_epochs_come_over", async () => {
		await proveAgain(house, house.admin);
		const { counsellor } = lost;
		await counsellor.engine.openRoom(room, "fi");
		const stateOf = () => counsellor.engine.parts.room(room).log.state();
		const kid = () => toBase64Url(house.admin.engine.parts.self().people.organisation.state.recoveryKid);
		await counsellor.until("the new key", () => toBase64Url(stateOf().recoveryKid) === kid() && stateOf().epochs.every((one) => one.recoveryWrapped));
		const { epoch } = stateOf();
		const { rows } = await house.db.query<{ n: number }>("SELECT count(DISTINCT epoch)::int AS n FROM wrap WHERE room = $1 AND rtype = 3 AND rkid = $2 AND epoch <= $3", [idToUuid(room), Buffer.from(kid(), "base64url"), epoch]);
		assert.equal(rows[0]?.n, epoch);
		const again = await house.admin.engine.organise("recoveryRequest", [room], counsellor.user);
		const ceremony = await beginCeremony(again);
		const opened = await ceremony.open(made.sheets.slice(1).map(textOf));
		assert.equal(opened.found, opened.wanted);
	});

	test("a_browser_that_slept_while_the_last_counsellor_left_follows_the_opening", async () => {
		const { counsellor, client } = lost;
		for (const one of [counsellor, client]) await one.engine.stop();
		const late = await actorOf(house, { person: client.user, role: "client" });
		house.open.push(late);
		await late.engine.start();
		const { call } = late.engine.parts.link;
		const asleep = makePeople(call, fromBase64Url(house.org), house.admin.engine.parts.self().people.organisation, () => ({}));
		await asleep.learn([counsellor.user, client.user]);
		await house.admin.engine.organise("revokeStaff", counsellor.user, "left");
		const ceremony = await beginCeremony(await house.admin.engine.organise("recoveryRequest", [room], house.colleague.user));
		const opened = await ceremony.open(made.sheets.slice(0, 2).map(textOf));
		await house.admin.engine.organise("recoveryApply", (await opened.make({ ...WISH, reason: 2 })).result);
		const log = makeControlLog(call, asleep, fromBase64Url(house.org), room, () => ({ n: 0, head: "" }));
		await log.sync();
		assert.equal(toBase64Url(log.entries.at(-1)?.rare?.opening?.user ?? random(16)), house.colleague.user);
	});
};
