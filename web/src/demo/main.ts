// Makes the demonstration organisation through the real protocol: every key, certificate, room and message as real browsers would make
// them, all sealed, and every sign-in through the bank, as real people come. The server cannot tell it from people.
//   ENROLMENT=<the admin's, hexadecimal> node demo.mjs --origin https://localhost:8443 --ca ca.pem --out people.txt

import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { makeEngine } from "../client/engine.js";
import { openNodePlatform } from "../client/node.js";
import { signIn, type Coming } from "./bank.js";
import { writeDiary, type Writer } from "./diary.js";
import { operate } from "./operator.js";
import { ADMIN, CLIENTS, COUNSELLORS, EMPLOYER, OPERATOR, passphraseOf, peopleText, type Person } from "./people.js";
import { codesOf, sheetText } from "./sheets.js";
import { DIARIST, DIARY_END, OPEN_INVITATION, STORIES, type Story, type Who } from "./stories.js";
import type { Content } from "../seal/index.js";
import { PARTNERS } from "./organisations.js";
import { putWork } from "./work-make.js";
import { ROOM_WORK } from "./work.js";

const DIARY = 10_000;
const CERT_DAYS = 365;

interface Actor {
	readonly person: Person;
	engine: ReturnType<typeof makeEngine>;
	readonly user: string;
}

interface Options {
	readonly origin: string;
	readonly ca: string;
	readonly out: string;
	/** What shows that we are the first admin, or the operator. */
	readonly enrolment: string;
}

const readOptions = (): Options => {
	const { values } = parseArgs({ options: { origin: { type: "string" }, ca: { type: "string" }, out: { type: "string" } } });
	const { origin, ca, out } = values;
	const enrolment = Buffer.from(process.env["ENROLMENT"] ?? "", "hex").toString("base64url");
	if (!origin || !ca || !out || !enrolment) throw new Error("usage: ENROLMENT=... node demo.mjs --origin https://localhost:8443 --ca ca.pem --out people.txt");
	return { origin, ca: readFileSync(ca, "utf8"), out, enrolment };
};

/** By the bank, the first time with what was given to this person; keys are made then. */
const arrive = async (o: Options, person: Person, ticket: Pick<Coming, "invitation" | "enrolment"> = {}): Promise<Actor> => {
	const { provider, name } = person;
	const { cookie, user, sealed, carryKey } = await signIn({ service: o, ca: o.ca }, person.bank, { provider, ...ticket });
	const engine = makeEngine(openNodePlatform({ origin: o.origin, ca: o.ca, cookie }), () => undefined);
	const { keys } = await engine.start();
	await engine.carried(sealed, carryKey);
	if (keys === "none") await engine.createKeys({ passphrase: passphraseOf(person), name, language: "fi" });
	else await engine.unlock({ passphrase: passphraseOf(person) });
	return { person, engine, user };
};

const fail = (why: string): never => {
	throw new Error(why);
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

const play = async (o: Options, story: Story, counsellor: Actor): Promise<Actor> => {
	const { room, link } = await counsellor.engine.invite({ name: story.label, welcome: story.welcome });
	const person = CLIENTS.get(story.name) ?? fail(`nobody in the demonstration is called ${story.name}`);
	const client = await arrive(o, person, { invitation: new URL(link).hash.slice(1) });
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
	const work = ROOM_WORK.get(story.name);
	if (work) await putWork({ room, client: client.engine, counsellor: counsellor.engine }, work);
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
	return client;
};

/** A counsellor whom the admin has enrolled and certified. */
const employ = async (o: Options, admin: Actor, person: Person): Promise<Actor> => {
	const { token } = await admin.engine.parts.link.call("enrolment_make", { account: person.account ?? fail(`${person.name} has no account`) });
	const one = await arrive(o, person, { enrolment: token });
	await admin.engine.organise("certifyStaff", { user: one.user, code: await one.engine.organise("ownCode"), name: person.name, employer: EMPLOYER, role: "counsellor", days: CERT_DAYS });
	await one.engine.parts.self().refresh();
	return one;
};

const main = async (): Promise<void> => {
	const o = readOptions();
	const { cookie } = await signIn({ service: o, ca: o.ca }, OPERATOR.bank, { provider: OPERATOR.provider, enrolment: o.enrolment });
	const operating = operate(o, cookie, EMPLOYER);
	await operating.employer;
	const admin = await arrive(o, ADMIN, { enrolment: o.enrolment });
	const sheets = (await admin.engine.organise("ceremonyBegin")).map((sheet, i) => sheetText(EMPLOYER, i + 1, sheet));
	mkdirSync(dirname(o.out), { recursive: true });
	sheets.forEach((text, i) => writeFileSync(join(dirname(o.out), `shares-${i + 1}.txt`), text, { mode: 0o600 }));
	await admin.engine.organise("ceremonyProve", sheets.slice(0, 2).map(codesOf));
	await admin.engine.organise("ceremonyPublish");

	const counsellors: Actor[] = [];
	for (const person of COUNSELLORS) counsellors.push(await employ(o, admin, person)); // one certificate after another
	// One after another for each counsellor, the two side by side: each browser does one thing at a time.
	const clients = await Promise.all(counsellors.map(async (counsellor, n) => {
		const mine: Actor[] = [];
		for (const story of STORIES) if (story.counsellor === n) mine.push(await play(o, story, counsellor));
		return mine;
	}));
	const { link } = await (counsellors[0] as Actor).engine.invite({ name: OPEN_INVITATION.label, welcome: OPEN_INVITATION.welcome });
	await operating.all;
	const actors = [admin, ...counsellors, ...clients.flat()];
	await Promise.all(actors.map((a) => a.engine.stop()));
	writeFileSync(o.out, peopleText(link), { mode: 0o600 });
	console.log(`Made ${PARTNERS.length + 1} organisations, ${actors.length + 1} people and ${STORIES.length + 1} rooms.`);
};

main().catch((thrown: unknown) => {
	console.error(`demo: ${thrown instanceof Error ? thrown.message : String(thrown)}`);
	process.exitCode = 1;
});
