// Makes the demonstration organisation through the real protocol: every key, certificate, room and message as real browsers would make
// them, all sealed. The server cannot tell it from people. Idempotent: where the organisation's chain exists, nothing is done.
//   node demo.mjs --origin https://localhost:8443 --ca ca.pem --out people.txt

import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { makeEngine } from "../client/engine.js";
import { openNodePlatform, people, signIn, type Person } from "../client/node.js";
import { writeDiary, type Writer } from "./diary.js";
import { codesOf, sheetText } from "./sheets.js";
import { DIARIST, DIARY_END, OPEN_INVITATION, STORIES, type Story, type Who } from "./stories.js";
import type { Content } from "../seal/index.js";

const DIARY = 10_000;
const CERT_DAYS = 365;

interface Actor {
	readonly person: Person;
	readonly name: string;
	engine: ReturnType<typeof makeEngine>;
	readonly user: string;
}

interface Options {
	readonly origin: string;
	readonly ca: string;
	readonly out: string;
}

const readOptions = (): Options => {
	const { values } = parseArgs({ options: { origin: { type: "string" }, ca: { type: "string" }, out: { type: "string" } } });
	const { origin, ca, out } = values;
	if (!origin || !ca || !out) throw new Error("usage: node demo.mjs --origin https://localhost:8443 --ca ca.pem --out people.txt");
	return { origin, ca: readFileSync(ca, "utf8"), out };
};

/** Known to everybody who reads this file: these people are not real. */
const passphraseOf = (name: string): string => `esittely ${name.toLowerCase()} kuunari majakka`;

/** "Anna Virtanen, ohjaaja" */
const nameOf = (person: Person): string => person.login.split(",")[0] as string;

const arrive = async (o: Options, person: Person): Promise<Actor> => {
	const name = nameOf(person);
	const cookie = await signIn(o.origin, o.ca, person.person);
	const engine = makeEngine(openNodePlatform({ origin: o.origin, ca: o.ca, cookie }), () => undefined);
	const { user, keys } = await engine.start();
	if (keys === "none") await engine.createKeys({ passphrase: passphraseOf(name), name, language: "fi" });
	else await engine.unlock({ passphrase: passphraseOf(name) });
	return { person, name, engine, user };
};

const say = async (actor: Actor, room: string, content: Content): Promise<void> => {
	const one = actor.engine.parts.room(room);
	await one.outbox.add(content).done;
};

/** What the other one wrote is here before we answer it, so that answers name what they answer. */
const caughtUp = async (actor: Actor, room: string, other: Actor): Promise<void> => {
	const wanted = other.engine.parts.room(room).conversation.highest();
	const mine = actor.engine.parts.room(room).conversation;
	if (mine.highest() < wanted) await mine.catchUp();
};

const write = async (room: string, from: Actor, to: Actor, text: string): Promise<void> => {
	await caughtUp(from, room, to);
	await say(from, room, { type: "text", text });
};

const markRead = async (reader: Actor, room: string, writer: Actor): Promise<void> => {
	await caughtUp(reader, room, writer);
	const { conversation } = reader.engine.parts.room(room);
	const newest = conversation.newestAt(conversation.highest());
	if (newest) await say(reader, room, { type: "read", target: newest.env.msgId, hash: newest.env.hash });
};

/** The same person in a fresh browser, which has not read the room. */
const comeAgain = async (o: Options, actor: Actor): Promise<void> => {
	await actor.engine.stop();
	actor.engine = (await arrive(o, actor.person)).engine;
};

const diary = async (o: Options, room: string, client: Actor, counsellor: Actor): Promise<void> => {
	await caughtUp(counsellor, room, client);
	const newest = counsellor.engine.parts.room(room).conversation.timeline.newest();
	if (!newest) throw new Error("the room is empty");
	const writer = async (actor: Actor): Promise<Writer> => {
		const { parts } = actor.engine;
		const last = parts.room(room).conversation.lastSeq(parts.self().account().keys.sig.kid);
		await comeAgain(o, actor);
		return { parts: actor.engine.parts, last };
	};
	const writers = { c: await writer(client), o: await writer(counsellor) };
	await writeDiary(room, writers, newest.env.hash, DIARY);
	for (const actor of [client, counsellor]) {
		await comeAgain(o, actor);
		await actor.engine.openRoom(room, "fi");
	}
};

const play = async (o: Options, story: Story, client: Actor, counsellor: Actor): Promise<void> => {
	const { room, link } = await counsellor.engine.invite({ name: story.label, welcome: story.welcome });
	await client.engine.acceptInvitation(link);
	await client.engine.openRoom(room, "fi");
	await counsellor.engine.openRoom(room, "fi");
	const sides: Record<Who, readonly [Actor, Actor]> = { c: [client, counsellor], o: [counsellor, client] };
	const all = async (lines: readonly (readonly [Who, string])[]): Promise<void> => {
		for (const [who, text] of lines) await write(room, ...sides[who], text);
	};
	await all(story.talk.slice(0, -1));
	await markRead(client, room, counsellor);
	await markRead(counsellor, room, client);
	await all(story.talk.slice(-1));
	if (story.name === DIARIST) {
		await diary(o, room, client, counsellor);
		await markRead(counsellor, room, client);
		await markRead(client, room, counsellor);
		await all(DIARY_END);
	}
	if (story.end === "read") await markRead(client, room, counsellor);
	if (story.end === "closed") {
		await markRead(counsellor, room, client);
		await counsellor.engine.closeRoom(room, "finished");
	}
};

const peopleText = (actors: readonly Actor[], link: string): string => {
	const width = Math.max(...actors.map((a) => a.person.login.length));
	const lines = actors.map((a) => `  ${a.person.login.padEnd(width)}  ${passphraseOf(a.name)}`);
	return ["The people of the demonstration, and their passphrases:", ...lines, "", `An invitation that nobody has used yet (for a client without a room):`, `  ${link}`, ""].join("\n");
};

const fail = (why: string): never => {
	throw new Error(why);
};

const byRole = (all: readonly Person[], role: Person["role"], n: number): Person[] => {
	const found = all.filter((p) => p.role === role).sort((a, b) => a.login.localeCompare(b.login, "fi"));
	if (found.length < n) throw new Error(`the demonstration needs ${n} people in the role ${role}; the server lists ${found.length}`);
	return found.slice(0, n);
};

const certify = async (admin: Actor, one: Actor, employer: string): Promise<void> => {
	const code = await one.engine.organise("ownCode");
	await admin.engine.organise("certifyStaff", { user: one.user, code, name: one.name, employer, role: "counsellor", days: CERT_DAYS });
};

const main = async (): Promise<void> => {
	const o = readOptions();
	const all = await people(o.origin, o.ca);
	const [adminPerson] = byRole(all, "admin", 1) as [Person];
	const admin = await arrive(o, adminPerson);
	if ((await admin.engine.organise("organisationKeys")).madeAt !== null) {
		await admin.engine.stop();
		console.log("The organisation exists already; nothing was done.");
		return;
	}
	const sheets = (await admin.engine.organise("ceremonyBegin")).map((sheet, i) => sheetText(adminPerson.organisation, i + 1, sheet));
	mkdirSync(dirname(o.out), { recursive: true });
	sheets.forEach((text, i) => writeFileSync(join(dirname(o.out), `shares-${i + 1}.txt`), text, { mode: 0o600 }));
	await admin.engine.organise("ceremonyProve", sheets.slice(0, 2).map(codesOf));
	await admin.engine.organise("ceremonyPublish");

	const counsellors = await Promise.all(byRole(all, "counsellor", 2).map((person) => arrive(o, person)));
	for (const one of counsellors) {
		await certify(admin, one, adminPerson.organisation);
		await one.engine.parts.self().refresh();
	}
	const clients = new Map((await Promise.all(byRole(all, "client", STORIES.length).map((person) => arrive(o, person)))).map((a) => [a.name, a]));
	const clientOf = (story: Story): Actor => clients.get(story.name) ?? fail(`nobody among the server's people is called ${story.name}`);
	// One after another for each counsellor, the two side by side: each browser does one thing at a time.
	await Promise.all(counsellors.map(async (counsellor, n) => {
		for (const story of STORIES) if (story.counsellor === n) await play(o, story, clientOf(story), counsellor);
	}));
	const { link } = await (counsellors[0] as Actor).engine.invite({ name: OPEN_INVITATION.label, welcome: OPEN_INVITATION.welcome });
	const actors = [admin, ...counsellors, ...clients.values()];
	await Promise.all(actors.map((a) => a.engine.stop()));
	writeFileSync(o.out, peopleText(actors, link), { mode: 0o600 });
	console.log(`Made one organisation, ${actors.length} people and ${STORIES.length + 1} rooms.`);
};

main().catch((thrown: unknown) => {
	console.error(`demo: ${thrown instanceof Error ? thrown.message : String(thrown)}`);
	process.exitCode = 1;
});
