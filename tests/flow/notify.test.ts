// Letters that say only that something waits, or that one's way in has changed, on the real server: the code, what is told to whom, and
// a jobs process that is killed.

import { strict as assert } from "node:assert";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import type { NotifyOp } from "../../web/src/client/api.js";
import { post } from "../../web/src/client/node.js";
import type { Body, Reply } from "../../web/src/client/wire.js";
import type { Actor } from "../client/organisation.js";
import type { Letter } from "../lib/smtp.js";
import { actorOf, again, cookieOf, idToUuid, proveAgain, say, talk, type House } from "./house.js";
import { processOf } from "./jobs.test.js";

let addresses = 0;

const until = async (what: string, found: () => boolean | Promise<boolean>): Promise<void> => {
	for (const end = Date.now() + 60_000; !(await found()); ) {
		if (Date.now() > end) throw new Error(`waited in vain: ${what}`);
		await new Promise((resolve) => setTimeout(resolve, 10));
	}
};

const ask = <O extends NotifyOp>(actor: Actor, op: O, body: Body<O>): Promise<Reply<O>> => actor.engine.work("notify", op, body) as Promise<Reply<O>>;
const wordOf = (work: Promise<unknown>): Promise<string> => work.then(() => "ok", (thrown: { word?: string }) => String(thrown.word));
const lettersTo = (house: House, address: string): Letter[] => house.mailbox.letters.filter((one) => one.to.includes(address));
const bodyOf = (letter: Letter | undefined): string => Buffer.from(letter?.text.split("\r\n\r\n")[1] ?? "", "base64").toString("utf8");
const codeIn = (letter: Letter | undefined): string => (/(\d{4}) (\d{4})/.exec(bodyOf(letter))?.slice(1) ?? []).join("");

const letterTo = async (house: House, address: string, place = 0): Promise<Letter> => {
	await until(`letter ${place} to ${address}`, () => lettersTo(house, address).length > place);
	return lettersTo(house, address)[place] as Letter;
};

const put = async (house: House, actor: Actor): Promise<{ address: string; code: string }> => {
	const address = `ilmoitus${++addresses}@posti.example`;
	await ask(actor, "notify_put", { address, language: "fi" });
	return { address, code: codeIn(await letterTo(house, address)) };
};

/** With an address that is told; which. */
export const confirmed = async (house: House, actor: Actor): Promise<string> => {
	const { address, code } = await put(house, actor);
	assert.deepEqual(await ask(actor, "notify_confirm", { code }), { outcome: "confirmed", tries: 4 });
	return address;
};

/** The next letter of a kind that first waits for more of it; what it says. */
export const hurried = async (house: House, { user }: Actor, kind: string, address: string): Promise<string> => {
	const before = lettersTo(house, address).length;
	await until(`a letter (${kind}) to ${address}`, async () => {
		await house.db.query("UPDATE notify_mail SET next_at = now() WHERE account = $1 AND kind = $2 AND claimed_at IS NULL AND next_at < 'infinity' AND next_at > now()", [idToUuid(user), kind]);
		return lettersTo(house, address).length > before;
	});
	const letter = lettersTo(house, address)[before];
	return `${letter?.text ?? ""}\n${bodyOf(letter)}`;
};

/** The page is closed, and the session over. */
const goAway = async (house: House, actor: Actor): Promise<void> => {
	await actor.engine.stop();
	await house.db.query("DELETE FROM session WHERE account = $1", [idToUuid(actor.user)]);
};

/** Another letter has gone meanwhile: what was to be made before it is made. */
const roundIsOver = async (house: House): Promise<void> => {
	await put(house, house.colleague);
	await ask(house.colleague, "notify_remove", {});
	await house.db.query("DELETE FROM audit WHERE action = 'notify_put' AND actor = $1", [idToUuid(house.colleague.user)]);
};

const story = (get: () => House): void => {
	test("an address is confirmed by the code of its letter, and told what waits once, in a letter that says nothing", async () => {
		const house = get(), { client, counsellor, room } = await talk(house, "Salla");
		const before = client.events.filter((event) => event.type === "news").length;
		const { address, code } = await put(house, client);
		const asked = await ask(client, "notify_get", {});
		assert.deepEqual([asked.state, asked.address, asked.tries, asked.mail], ["unconfirmed", address, 5, true]);
		assert.match(code, /^\d{8}$/);
		assert.deepEqual(await ask(client, "notify_confirm", { code: code.replace(/./, (digit) => String((Number(digit) + 1) % 10)) }), { outcome: "wrong", tries: 4 });
		assert.deepEqual(await ask(client, "notify_confirm", { code }), { outcome: "confirmed", tries: 3 });
		assert.deepEqual((await ask(client, "notify_confirm", { code })).outcome, "over");
		await client.until("the page hears of it", () => client.events.filter((event) => event.type === "news").length > before);
		await ask(client, "notify_choose", { messages: true, reminders: true, language: "sv" });

		await say(counsellor, client, room, "Salainen viesti, kun olet paikalla.");
		await roundIsOver(house);
		assert.equal(lettersTo(house, address).length, 1, "who is connected is told nothing");
		await goAway(house, client);
		await counsellor.engine.send(room, "Salainen viesti poissa olevalle.");
		const letter = await letterTo(house, address, 1);
		assert.match(bodyOf(letter), /ett nytt meddelande väntar på dig i tjänsten https:\S+\.\r\n/);
		assert.doesNotMatch(letter.text + bodyOf(letter), /Salainen|Salla|Oona|Testikunta|#/);
		await counsellor.engine.send(room, "Toinen salainen viesti.");
		await roundIsOver(house);
		assert.equal(lettersTo(house, address).length, 2, "once, until they have been here");

		const back = await again(house, client);
		await back.engine.openRoom(room, "fi");
		await goAway(house, back);
		await counsellor.engine.send(room, "Kolmas salainen viesti.");
		await letterTo(house, address, 2);
		const { rows: [row] } = await house.db.query("SELECT count(*)::int AS n FROM notify_address WHERE position(convert_to($1, 'utf8') IN sealed) > 0 OR position(convert_to($2, 'utf8') IN sealed) > 0", [address, code]);
		assert.equal(row.n, 0, "neither address nor code is plain in the database");
	});

	test("a code is over after five tries and on another's account it is none", async () => {
		const house = get(), { client } = await talk(house, "Taina"), { code } = await put(house, client);
		assert.equal((await ask(house.colleague, "notify_confirm", { code })).outcome, "over");
		const wrong = code === "00000000" ? "00000001" : "00000000";
		const left: number[] = [];
		for (let i = 0; i < 5; i++) left.push((await ask(client, "notify_confirm", { code: wrong })).tries);
		assert.deepEqual(left, [4, 3, 2, 1, 0]);
		assert.equal((await ask(client, "notify_confirm", { code })).outcome, "over");
		assert.equal(await wordOf(ask(client, "notify_put", { address: "ei osoite", language: "fi" })), "bad_field");
		assert.equal(await wordOf(ask(client, "notify_choose", { messages: true, reminders: true, language: "fi" })), "ok");
		assert.equal(await wordOf(ask(client, "notify_remove", {})), "ok");
		assert.equal(await wordOf(ask(client, "notify_remove", {})), "not_found");
		assert.equal((await ask(client, "notify_get", {})).state, "none");
	});
};

const failures = (get: () => House): void => {
	test("killed with a letter in hand, the jobs process never sends it again", async () => {
		const house = get(), { client, counsellor, room } = await talk(house, "Unto"), address = await confirmed(house, client);
		await goAway(house, client);
		house.mailbox.silent = 1;
		await counsellor.engine.send(room, "Odottaa.");
		await letterTo(house, address, 1);
		const before = processOf(house, "jobs");
		process.kill(before, "SIGKILL");
		await until("there is another jobs process", () => {
			try {
				return processOf(house, "jobs") !== before;
			} catch {
				return false;
			}
		});
		await roundIsOver(house);
		assert.equal(lettersTo(house, address).length, 2, "the code and the one that was taken in silence");
		await house.db.query("UPDATE notify_mail SET claimed_at = now() - interval '11 minutes' WHERE account = $1", [idToUuid(client.user)]);
		await until("it is left", async () => (await house.db.query("SELECT FROM audit WHERE object = $1 AND word = 'message_unknown'", [idToUuid(client.user)])).rows.length === 1);
		await roundIsOver(house);
		assert.equal(lettersTo(house, address).length, 2);
	});

	test("what is refused with a 451 goes later, and an address that is refused for good gets no more", async () => {
		const house = get(), { client, counsellor, room } = await talk(house, "Vieno"), address = await confirmed(house, client);
		await goAway(house, client);
		house.mailbox.refusals = 1;
		await counsellor.engine.send(room, "Odottaa.");
		await until("it was refused", () => house.mailbox.refusals === 0);
		const mail = async () => (await house.db.query("SELECT tries, claimed_at FROM notify_mail WHERE account = $1", [idToUuid(client.user)])).rows[0];
		await until("it waits", async () => (await mail())?.tries === 1 && (await mail())?.claimed_at === null);
		house.mailbox.nobody.add(address);
		await house.db.query("UPDATE notify_mail SET next_at = now() WHERE account = $1", [idToUuid(client.user)]);
		await until("it is refused for good", async () => (await mail()) === undefined);
		assert.equal(lettersTo(house, address).length, 1);
		const back = await again(house, client), standing = await ask(back, "notify_get", {});
		assert.deepEqual([standing.state, standing.address], ["refused", address]);
	});
};

const reminders = (get: () => House): void => {
	test("a reminder is told at once to who is connected, and by a letter to who is away", async () => {
		const house = get(), { client, counsellor, room } = await talk(house, "Yrjö"), address = await confirmed(house, client);
		const template = { format: "luotsi-template/1", id: "0f0e0d0c0b0a09080706050403020100", version: 1, kind: "assignment", languages: ["fi"], topics: [], title: { fi: "Salainen tehtävä" }, description: { fi: "x" }, fields: [{ id: "a", kind: "short", label: { fi: "x" } }] };
		const { id } = await counsellor.engine.work("giveAssignment", room, { template: template as never, word: "", due: "", remind: false });
		const remind = (): Promise<unknown> => counsellor.engine.parts.link.call("reminder_put", { room, msg_id: id, at: Date.now() + 3_600_000 }).then(() => house.db.query("UPDATE reminder SET at = now() WHERE msg_id = $1", [idToUuid(id)]));
		const news = (actor: Actor): number => actor.events.filter((event) => event.type === "news").length;
		const before = [news(client), news(counsellor)];
		await remind();
		// News may also be of the letter with the code, which the mail server has had before the jobs process wrote that down.
		await until("the page hears of it", async () => news(client) > (before[0] ?? 0) && (await client.engine.work("reminders")).length === 1);
		assert.equal(news(counsellor), before[1]);
		await ask(client, "notify_choose", { messages: false, reminders: true, language: "en" });
		await goAway(house, client);
		await remind();
		const letter = await letterTo(house, address, 1);
		assert.match(bodyOf(letter), /you have a reminder in the service https:\S+\.\r\n/);
		assert.doesNotMatch(letter.text + bodyOf(letter), /Salainen|Yrjö|#/);
	});

	test("before a conversation goes its client hears so once, without content, and sees when", async () => {
		const house = get(), { client, room } = await talk(house, "Päättyvä"), address = await confirmed(house, client);
		await house.db.query("UPDATE room SET phase = 'closed' WHERE room = $1", [idToUuid(room)]);
		await house.db.query("UPDATE room r SET closed_at = now() - (a.retention_days - 7) * interval '1 day' FROM agreement a WHERE a.org = r.org AND a.agreement = r.agreement AND r.room = $1", [idToUuid(room)]);
		const [going] = await client.engine.work("going", room);
		assert.deepEqual([going?.rule, going?.held, Math.round(((going?.goes_at ?? 0) - Date.now()) / 86_400_000)], ["room", false, 7]);
		assert.deepEqual((await client.engine.work("going", null)).map((one) => one.room), [room]);
		await goAway(house, client);
		for (let i = 0; i < 2; i++) await house.db.query("SELECT retention_tell(14)");
		const letter = await letterTo(house, address, 1);
		assert.match(bodyOf(letter), /poistetaan kahden viikon kuluessa/);
		assert.doesNotMatch(letter.text + bodyOf(letter), /Päättyvä|#/);
		await roundIsOver(house);
		assert.equal(lettersTo(house, address).length, 2, "once");
	});
};

const offices = (get: () => House): void => {
	test("whoever looks after the organisation is told that a request waits, and no more of it", async () => {
		const house = get(), { admin } = house, { client } = await talk(house, "Pyytäjä"), address = await confirmed(house, admin);
		const standing = await ask(admin, "notify_get", {});
		assert.deepEqual([standing.state, standing.requests], ["confirmed", true]);
		await proveAgain(house, client);
		const cookie = await cookieOf(house, { person: client.user, role: "client" });
		const body = { request: randomBytes(16).toString("base64url"), kind: "erasure", text: "Salainen pyyntö" };
		assert.equal((JSON.parse((await post(house.service.origin, house.ca, "rights_ask", body, cookie)).body) as { err?: string }).err, undefined);
		const letter = await hurried(house, admin, "request", address);
		assert.match(letter, /palvelussa https:\S+ odottaa pyyntö/);
		assert.doesNotMatch(letter, /Salainen|Pyytäjä|poist|Testikunta|#/);
		await ask(admin, "notify_choose", { messages: true, reminders: true, requests: false, language: "en" });
		assert.equal((await ask(admin, "notify_get", {})).requests, false);
		await ask(admin, "notify_choose", { messages: true, reminders: true, language: "en" });
		assert.equal((await ask(admin, "notify_get", {})).requests, false, "as it was");
		await ask(admin, "notify_remove", {});
		await hurried(house, admin, "changed", address);
	});

	test("who has neither rooms nor keys is told of their way in too", async () => {
		const house = get();
		const { rows } = await house.db.query("INSERT INTO account (org, account, role, login) VALUES ($1, gen_random_uuid(), 'coordinator', gen_random_uuid()) RETURNING account", [idToUuid(house.org)]);
		const person = Buffer.from((rows[0].account as string).replaceAll("-", ""), "hex").toString("base64url");
		const actor = await actorOf(house, { person, role: "coordinator" });
		house.open.push(actor);
		await actor.engine.start();
		const address = await confirmed(house, actor);
		assert.deepEqual((await ask(actor, "notify_changes", {})).changes.map((one) => one.what), ["notify_confirm"]);
		await ask(actor, "notify_remove", {});
		assert.match(await hurried(house, actor, "changed", address), /osoitetta, johon kerromme tällaisesta, on muutettu/);
	});

	test("a person is told that their way in has changed, also when they wanted to hear nothing and are here", async () => {
		const house = get(), { client } = await talk(house, "Varovainen"), address = await confirmed(house, client);
		await ask(client, "notify_choose", { messages: false, reminders: false, language: "en" });
		const before = client.events.filter((event) => event.type === "news").length;
		await proveAgain(house, client);
		await client.engine.changePassphrase({ present: { code: client.code }, passphrase: "aivan toinen pitkä salalause" });
		const letter = await hurried(house, client, "changed", address);
		assert.match(letter, /in to the service https:\S+ or open your messages/);
		assert.match(letter, /made on \d\d [A-Z][a-z]+ 20\d\d\./);
		assert.doesNotMatch(letter, /salalause|passphrase|Varovainen|Testikunta|#/);
		const { changes } = await ask(client, "notify_changes", {});
		assert.deepEqual(changes.map((one) => [one.what, one.own]), [["unlockers_change", true], ["notify_confirm", true], ["unlockers_change", true]]);
		await client.until("the page hears that it has gone", () => client.events.filter((event) => event.type === "news").length > before);
		const other = await put(house, client);
		await ask(client, "notify_confirm", { code: other.code });
		await hurried(house, client, "changed", address);
		assert.equal(lettersTo(house, other.address).length, 1, "the code alone");
	});
};

export const notifyTests = (get: () => House): void => {
	story(get);
	failures(get);
	reminders(get);
	offices(get);
};
