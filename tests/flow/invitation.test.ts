// Invited by e-mail, on the real server: the letter, the person who waits, the code that both browsers work out, and who gets in. Half of
// it is what somebody who waits, or has another's link, does not get.

import { strict as assert } from "node:assert";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { beginWith, call, finish, walk } from "../lib/bank.js";
import type { Letter } from "../lib/smtp.js";
import type { Actor } from "../client/organisation.js";
import type { MailedView } from "../../web/src/client/api.js";
import { decodeFragment, encodeFragment, fromBase64Url, toBase64Url } from "../../web/src/seal/index.js";
import { actorOf, again, idToUuid, say, talk, type House } from "./house.js";

let letters = 0;
const wordOf = (work: Promise<unknown>): Promise<string> => work.then(() => "ok", (thrown: { word?: string }) => String(thrown.word));

const until = async <T>(what: string, found: () => T | undefined | false): Promise<T> => {
	for (const end = Date.now() + 60_000; Date.now() < end; ) {
		const it = found();
		if (it) return it;
		await new Promise((resolve) => setTimeout(resolve, 20));
	}
	throw new Error(`waited in vain: ${what}`);
};

const letterTo = (house: House, address: string): Promise<Letter> => until(`a letter to ${address}`, () => house.mailbox.letters.find((one) => one.to.includes(address)));
const linkIn = (letter: Letter): string => /https:\S+#[\w-]+/.exec(Buffer.from(letter.text.split("\r\n\r\n")[1] as string, "base64").toString("utf8"))?.[0] as string;

interface Invited {
	readonly room: string;
	readonly link: string;
}

const mail = async (house: House, room: string): Promise<string> => {
	const address = `kutsuttu${++letters}@posti.example`;
	await house.counsellor.engine.invitation("mail", room, address, "fi");
	return linkIn(await letterTo(house, address));
};

const invite = async (house: House, name: string): Promise<Invited> => {
	const { room } = await house.counsellor.engine.invitation("begin", { name, welcome: "Tervetuloa!" });
	return { room, link: await mail(house, room) };
};

const mailed = (house: House, room: string): Promise<MailedView> => house.counsellor.engine.invitation("mailed", room);
const summaryOf = (actor: Actor, room: string) => actor.rooms().find((one) => one.room === room);
const codeOf = (house: House, room: string, user: string): Promise<string> => house.counsellor.engine.invitation("code", room, user);

interface Waiting extends Invited {
	readonly client: Actor;
	readonly code: string;
}

/** Somebody who came by the letter, and whom the counsellor has heard of. */
const someoneWaits = async (house: House, name: string): Promise<Waiting> => {
	const { room, link } = await invite(house, name);
	const client = await house.client(name, link);
	assert.deepEqual(await client.engine.acceptInvitation(link), { room, waits: true });
	await house.counsellor.until("the counsellor hears that somebody waits", () => summaryOf(house.counsellor, room)?.waits === true);
	return { room, link, client, code: await codeOf(house, room, client.user) };
};

const story = (get: () => House): void => {
	test("a letter, a person who waits, one code in both browsers, and a talk in which the first words are read", async () => {
		const house = get(), { counsellor } = house;
		const { room, link } = await invite(house, "Aino");
		await counsellor.until("the list says that it was mailed", () => summaryOf(counsellor, room)?.mailed === true);
		assert.equal((await mailed(house, room)).waits, null);
		const client = await house.client("Aino", link);
		assert.deepEqual(await client.engine.acceptInvitation(link), { room, waits: true });
		await counsellor.until("the counsellor hears that somebody waits", () => summaryOf(counsellor, room)?.waits === true);
		const [wait, ...more] = await client.engine.invitation("waits");
		assert.deepEqual(more, []);
		assert.deepEqual(wait?.with.map(({ user, name, employer }) => [user, name, employer]), [[counsellor.user, "Oona Ohjaaja", "Testikunta"]]);
		const { waits } = await mailed(house, room);
		assert.deepEqual([waits?.user, waits?.first], [client.user, true]);
		const code = await codeOf(house, room, client.user);
		assert.match(code, /^(\d{5} ){5}\d{5}$/);
		assert.equal(code, wait?.with[0]?.code);
		assert.ok((await counsellor.engine.identified(room, client.user, "Who joins")).name.length > 0);
		await counsellor.engine.invitation("letIn", room, client.user, code, "all");
		await client.until("the room is there by itself", () => summaryOf(client, room) !== undefined);
		const view = await client.engine.openRoom(room, "fi");
		await client.until("what was written before is read", () => client.texts(room).includes("Tervetuloa!"));
		assert.equal(view.members.find((one) => one.me)?.proof, "code");
		await counsellor.engine.openRoom(room, "fi");
		await say(client, counsellor, room, "Hei, pääsin sisään.");
		await say(counsellor, client, room, "Mukava tutustua.");
		assert.equal(counsellor.view()?.title, "Aino");
		await counsellor.until("the list knows that nobody waits", () => summaryOf(counsellor, room)?.waits === false);
		assert.deepEqual(await client.engine.invitation("waits"), []);
		const lines = [...counsellor.messages.values()].filter((m) => m.room === room && m.system !== null).map((m) => m.system?.what);
		assert.deepEqual(lines, ["created", "added"]);
		const { rows } = await house.db.query("SELECT action FROM audit WHERE object = $1 AND action IN ('invitation_mail', 'invitation_claim', 'control_add') ORDER BY n", [idToUuid(room)]);
		assert.deepEqual([...new Set(rows.map((row: { action: string }) => row.action))], ["invitation_mail", "invitation_claim", "control_add"]);
	});

	test("by the counsellor's choice the client reads only from then on", async () => {
		const house = get(), { room, client, code } = await someoneWaits(house, "Bertta");
		await house.counsellor.engine.invitation("letIn", room, client.user, code, "none");
		await client.until("the room is there by itself", () => summaryOf(client, room) !== undefined);
		await client.engine.openRoom(room, "fi");
		await house.counsellor.engine.openRoom(room, "fi");
		await say(house.counsellor, client, room, "Tästä alkaen.");
		assert.deepEqual(client.texts(room), ["Tästä alkaen."]);
		assert.equal([...client.messages.values()].filter((m) => m.room === room && m.quarantine !== null).length, 0);
	});

	test("what was not given to the client is not given with new keys either", async () => {
		const house = get(), { counsellor } = house, { room, client, code } = await someoneWaits(house, "Brita");
		await counsellor.engine.invitation("letIn", room, client.user, code, "none");
		await client.until("the room is there by itself", () => summaryOf(client, room) !== undefined);
		await client.engine.openRoom(room, "fi");
		await counsellor.engine.openRoom(room, "fi");
		await say(counsellor, client, room, "Tästä alkaen.");
		await client.engine.stop();
		const fresh = await actorOf(house, { person: client.user, role: "client" });
		house.open.push(fresh);
		await fresh.engine.start();
		await fresh.engine.resetKeys({ passphrase: "aivan toinen salalause tällä kertaa", name: "Brita", language: "fi" });
		await fresh.engine.openRoom(room, "fi");
		await counsellor.until("notice", () => counsellor.view()?.room === room && (counsellor.view()?.newKeys.length ?? 0) > 0);
		await counsellor.engine.confirmKeys(room, client.user, await counsellor.engine.compareCode(room, client.user));
		await fresh.until("what was theirs is theirs again", () => fresh.texts(room).includes("Tästä alkaen."));
		const { log } = counsellor.engine.parts.room(room);
		const added = log.entries.findIndex(({ body }) => body.type === "add");
		const until = log.entries.slice(0, added).filter(({ body }) => body.type === "epoch").length;
		const { rows } = await house.db.query("SELECT DISTINCT epoch FROM wrap WHERE room = $1 AND rid = $2 AND epoch <= $3", [idToUuid(room), idToUuid(client.user), until]);
		assert.ok(until > 0);
		assert.deepEqual(rows, [], "no key of what came before");
		assert.deepEqual(fresh.texts(room), ["Tästä alkaen."]);
	});

	test("who comes back later, on another device, finds the same page, and then the room", async () => {
		const house = get(), { room, client, code } = await someoneWaits(house, "Cecilia");
		await client.engine.stop();
		const second = await again(house, client);
		assert.equal(second.engine.parts.self().view().waits, true);
		const [wait] = await second.engine.invitation("waits");
		assert.deepEqual([wait?.room, wait?.with[0]?.code], [room, code]);
		await second.engine.stop();
		await house.counsellor.engine.invitation("letIn", room, client.user, code, "all");
		const third = await again(house, client);
		assert.deepEqual(await third.engine.invitation("waits"), []);
		assert.equal(third.engine.parts.self().view().waits, false);
		await third.engine.openRoom(room, "fi");
		await third.until("what was written before is read", () => third.texts(room).includes("Tervetuloa!"));
	});

	test("a second client of a room gets nothing of what the first was given", async () => {
		const house = get(), first = await someoneWaits(house, "Daniel"), { room } = first;
		await house.counsellor.engine.invitation("letIn", room, first.client.user, first.code, "all");
		await first.client.until("the room is there", () => summaryOf(first.client, room) !== undefined);
		await first.client.engine.openRoom(room, "fi");
		await house.counsellor.engine.openRoom(room, "fi");
		await say(first.client, house.counsellor, room, "Vain ohjaajalle.");
		await first.client.engine.leaveRoom(room);
		await first.client.engine.leaveRoom(room); // once more says the same
		await house.counsellor.until("the client has left", () => house.counsellor.engine.parts.room(room).log.state().members.filter((m) => m.active).length === 1);
		const link = await mail(house, room), second = await house.client("Eino", link);
		await second.engine.acceptInvitation(link);
		await house.counsellor.until("the second waits", () => summaryOf(house.counsellor, room)?.waits === true);
		assert.equal((await mailed(house, room)).waits?.first, false);
		const code = await codeOf(house, room, second.user);
		assert.equal(await wordOf(house.counsellor.engine.invitation("letIn", room, second.user, code, "none")), "ok");
		await second.until("the room is there", () => summaryOf(second, room) !== undefined);
		await second.engine.openRoom(room, "fi");
		await house.counsellor.engine.openRoom(room, "fi");
		await say(house.counsellor, second, room, "Tervetuloa, Eino.");
		assert.deepEqual(second.texts(room), ["Tervetuloa, Eino."]);
	});
};

const refusals = (get: () => House): void => {
	test("who waits may read the control log and nothing else", async () => {
		const house = get(), { room, client, code } = await someoneWaits(house, "Fanni"), other = await talk(house, "Gunnel");
		const ask = client.engine.parts.link.call;
		const log = await ask("room_log", { room, from: 0 });
		assert.ok(log.entries.length > 0);
		assert.deepEqual(log.wraps, [], "no key is for them");
		assert.deepEqual((await ask("room_list", { limit: 10 })).rooms, []);
		assert.equal(await wordOf(ask("room_open", { room, language: "fi" })), "not_member");
		assert.equal(await wordOf(ask("message_page", { room, limit: 10 })), "not_member");
		assert.equal(await wordOf(ask("message_typing", { room })), "not_member");
		assert.equal(await wordOf(ask("draft_get", { room })), "not_member");
		assert.equal(await wordOf(ask("invitation_end", { room })), "forbidden");
		assert.equal(await wordOf(ask("invitation_mail_state", { room })), "forbidden");
		assert.equal(await wordOf(ask("identified_name", { room, user: client.user, reason: "Who joins" })), "forbidden");
		assert.equal(await wordOf(ask("room_log", { room: other.room, from: 0 })), "not_member", "of another room");
		assert.equal(await wordOf(other.client.engine.parts.link.call("room_log", { room, from: 0 })), "not_member", "another client");
		const { chains } = await ask("chain_get", { users: [house.counsellor.user, house.colleague.user, other.client.user] });
		assert.deepEqual(chains.filter((one) => one.entries.length > 0).map((one) => one.subject), [house.counsellor.user], "only those with whom they compare");
		assert.equal(await wordOf(client.engine.invitation("letIn", room, client.user, code, "all")), "forbidden", "they do not let themselves in");
		assert.notEqual(await wordOf(client.engine.parts.room(room).acts.letIn(client.user, code, "all")), "ok");
		assert.equal(house.counsellor.engine.parts.room(room).log.state().members.length, 1);
	});

	test("nobody is let in by another code, nor with other keys than those that were compared", async () => {
		const house = get(), { room, client, code } = await someoneWaits(house, "Helmi");
		const { engine } = house.counsellor;
		const wrong = code.replace(/\d/, (digit) => String((Number(digit) + 1) % 10));
		assert.equal(await wordOf(engine.invitation("letIn", room, client.user, wrong, "all")), "keys_changed");
		const lost = await actorOf(house, { person: client.user, role: "client" });
		house.open.push(lost);
		await lost.engine.start();
		await lost.engine.resetKeys({ passphrase: "aivan toinen salalause tällä kertaa", name: "Helmi", language: "fi" });
		assert.equal(await wordOf(engine.invitation("letIn", room, client.user, code, "all")), "keys_changed");
		assert.equal(engine.parts.room(room).log.state().members.length, 1);
		const anew = await codeOf(house, room, client.user);
		assert.notEqual(anew, code);
		assert.equal(await wordOf(engine.invitation("letIn", room, client.user, anew, "all")), "ok");
	});

	test("nobody but those who counsel in the room lets in, turns away or takes back", async () => {
		const house = get(), { room, client, code } = await someoneWaits(house, "Iiris");
		const { colleague, admin } = house;
		assert.equal(await wordOf(colleague.engine.parts.link.call("invitation_end", { room })), "not_member");
		assert.equal(await wordOf(admin.engine.parts.link.call("invitation_end", { room, waiting: client.user })), "forbidden");
		assert.equal(await wordOf(colleague.engine.parts.link.call("identified_name", { room, user: client.user, reason: "Who joins" })), "not_member");
		assert.notEqual(await wordOf(colleague.engine.invitation("letIn", room, client.user, code, "all")), "ok");
		assert.equal(await wordOf(house.counsellor.engine.parts.link.call("invitation_end", { room, waiting: colleague.user })), "conflict");
		assert.equal((await mailed(house, room)).waits?.user, client.user);
	});

	test("who is turned away hears it at once, reads no more, and the link is good for nothing", async () => {
		const house = get(), { room, link, client } = await someoneWaits(house, "Joel");
		const before = client.events.length;
		await house.counsellor.engine.invitation("turnAway", room, client.user);
		await client.until("they hear it", () => client.events.slice(before).some((event) => event.type === "rooms"));
		assert.deepEqual((await client.engine.invitation("waits")).map((one) => one.problem), ["gone"]);
		assert.deepEqual(await client.engine.invitation("waits"), [], "said once");
		assert.equal(await wordOf(client.engine.parts.link.call("room_log", { room, from: 0 })), "not_member");
		assert.equal(await wordOf(client.engine.acceptInvitation(link)), "not_found");
		await assert.rejects(house.client("Joel", link), /not_found/);
		const { rows } = await house.db.query("SELECT action FROM audit WHERE object IN ($1, $2) AND action LIKE 'invitation_%' ORDER BY n", [idToUuid(room), idToUuid(client.user)]);
		assert.deepEqual(rows.slice(-3).map((row: { action: string }) => row.action), ["invitation_withdrawn", "invitation_refused", "invitation_claim"]);
		await house.counsellor.until("the list knows that nobody waits", () => summaryOf(house.counsellor, room)?.waits === false);
	});

	test("one link, two people: the second makes no account, and one who has an account gets nothing", async () => {
		const house = get(), { room, link, client } = await someoneWaits(house, "Kerttu");
		const { jar, url } = await beginWith(house, { invitation: toBase64Url(decodeFragment(new URL(link).hash.slice(1)).token) });
		const said = await finish(house, jar, await walk(house, url, "koe-9021"));
		assert.equal(said.err, "used");
		assert.equal(await wordOf(call(house, jar, "sign_out", {}).then((answer) => (answer.ok ? undefined : Promise.reject({ word: answer.err })))), "not_signed_in");
		const { client: member } = await talk(house, "Leena");
		assert.equal(await wordOf(member.engine.acceptInvitation(link)), "used");
		assert.equal((await mailed(house, room)).waits?.user, client.user);
		assert.equal(await wordOf(client.engine.acceptInvitation(link)), "ok", "the first may come again");
	});

	test("after its time a link brings nobody in, and who waited waits no more", async () => {
		const house = get(), { room, link, client, code } = await someoneWaits(house, "Manta");
		await house.db.query("UPDATE invitation SET expires_at = now() - interval '1 second' WHERE room = $1", [idToUuid(room)]);
		assert.notEqual(await wordOf(client.engine.acceptInvitation(link)), "ok");
		assert.equal(await wordOf(client.engine.parts.link.call("room_log", { room, from: 0 })), "not_member");
		assert.deepEqual((await client.engine.invitation("waits")).map((one) => one.problem), ["gone"]);
		await assert.rejects(house.client("Manta", link), /not_found|expired/);
		assert.equal((await mailed(house, room)).state, "none");
		assert.equal(await wordOf(house.counsellor.engine.invitation("letIn", room, client.user, code, "all")), "not_found", "nor are they let in");
	});

	test("a link that names another root, room or organisation, or claims to have a secret, is refused", async () => {
		const house = get(), { link } = await invite(house, "Niilo"), fragment = new URL(link).hash.slice(1), f = decodeFragment(fragment);
		const client = await house.client("Niilo", link);
		const as = (change: Partial<typeof f>): Promise<string> => wordOf(client.engine.acceptInvitation(encodeFragment({ ...f, ...change })));
		assert.equal(await as({ rootKid: randomBytes(32) as never }), "root_changed");
		assert.equal(await as({ org: fromBase64Url(toBase64Url(randomBytes(16))) }), "other_organisation");
		assert.equal(await as({ room: fromBase64Url(toBase64Url(randomBytes(16))) }), "not_found");
		assert.equal(await as({ token: fromBase64Url(toBase64Url(randomBytes(16))) }), "not_found");
		assert.equal(await as({ secret: fromBase64Url(toBase64Url(randomBytes(32))) }), "bad_link");
		assert.equal(await wordOf(client.engine.acceptInvitation(fragment.slice(0, -4))), "bad_link");
		assert.equal(await as({}), "ok");
	});
};

const takenBack = (get: () => House): void => {
	test("a letter that is taken back brings nobody in, and who waits hears it", async () => {
		const house = get(), { room, link, client } = await someoneWaits(house, "Oiva");
		await house.counsellor.engine.invitation("withdraw", room);
		assert.deepEqual((await client.engine.invitation("waits")).map((one) => one.problem), ["gone"]);
		await assert.rejects(house.client("Oiva", link), /not_found/);
		await house.counsellor.until("the list knows that nobody is invited", () => summaryOf(house.counsellor, room)?.invited === false && summaryOf(house.counsellor, room)?.mailed === false);
		assert.equal(await wordOf(house.counsellor.engine.invitation("withdraw", room)), "ok", "once more is no harm");
	});

	test("a link that was handed over is taken back too, and nothing is sealed to it any more", async () => {
		const house = get(), { engine } = house.counsellor;
		const { room, link } = await engine.invite({ name: "Pihla", welcome: "" });
		await engine.openRoom(room, "fi");
		assert.ok(house.counsellor.view()?.invitation);
		await engine.invitation("withdraw", room);
		await engine.openRoom(room, "fi");
		assert.equal(house.counsellor.view()?.invitation, null);
		const log = engine.parts.room(room).log, newest = log.entries.map(({ body }) => body).filter((body) => body.type === "epoch").at(-1);
		assert.ok(newest?.type === "epoch" && newest.n === log.state().epoch && newest.wraps.every((wrap) => wrap.rtype !== 2));
		await assert.rejects(house.client("Pihla", link), /not_found/);
		await engine.send(room, "Vieläkin voi kirjoittaa.");
		await house.counsellor.until("it is stored", () => [...house.counsellor.messages.values()].some((m) => m.text === "Vieläkin voi kirjoittaa." && m.seq !== null));
		const lines = [...house.counsellor.messages.values()].filter((m) => m.room === room && m.system?.what === "invited");
		assert.equal(lines.length, 1, "the one that takes its place is no invitation");
	});

	test("a link that is opened twice at once, or again, leads into the room once, and another nowhere", async () => {
		const house = get(), { room, link } = await house.counsellor.engine.invite({ name: "Ronja", welcome: "Tervetuloa!" });
		const client = await house.client("Ronja", link), inside = { room, waits: false };
		assert.deepEqual(await Promise.all([client.engine.acceptInvitation(link), client.engine.acceptInvitation(link)]), [inside, inside]);
		assert.deepEqual(await client.engine.acceptInvitation(link), inside, "the answer may have been lost");
		const { log } = client.engine.parts.room(room);
		assert.equal(log.entries.filter(({ body }) => body.type === "join").length, 1);
		const { client: other } = await talk(house, "Rasmus");
		assert.equal(await wordOf(other.engine.acceptInvitation(link)), "not_found");
	});

	test("each way takes the place of the other: the link of before leads nowhere", async () => {
		const house = get(), { engine } = house.counsellor;
		const { room, link } = await engine.invite({ name: "Raili", welcome: "" });
		const letter = await mail(house, room);
		await assert.rejects(house.client("Raili", link), /not_found/);
		const anew = await engine.renewInvitation(room);
		await assert.rejects(house.client("Raili", letter), /not_found/);
		const client = await house.client("Raili", anew.link);
		assert.deepEqual(await client.engine.acceptInvitation(anew.link), { room, waits: false });
	});
};

export const invitationTests = (get: () => House): void => {
	story(get);
	refusals(get);
	takenBack(get);
};
