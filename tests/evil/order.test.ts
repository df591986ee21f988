// Frames in every order: a server that tells what happens in any order, twice or not at all, and answers calls in another order than they were
// asked, while people write, correct, take back, come, go and change keys. Whoever hears it so shows in the end what the others show, and doubts
// nothing: a confused server is no evil one.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Platform } from "../../web/src/client/platform.js";
import type { Actor } from "../client/organisation.js";
import { makeDice, type Dice } from "../seal/lib/dice.js";
import { endClients } from "./lib/client.js";
import { doubts, makeScenes, openRoom, openScene, post, type Made, type Scene } from "./lib/scene.js";
import { openEvil, type EvilServer } from "./lib/server.js";

const SEED = Number(process.env["LUOTSI_SEED"] ?? Date.now() % 2 ** 31);
const ROUNDS = process.env["LUOTSI_EVIL"] === "long" ? 100 : 4;
const LOST = 25; // of a hundred events
const TWICE = 25;

let server: EvilServer;
let made: Made;

before(async () => {
	server = await openEvil();
	made = await makeScenes();
});

after(async () => {
	await server?.close();
	await endClients();
});

/** How often something was done to a frame. */
const done = { lost: 0, twice: 0, overtaken: 0 };

/** A line on which frames overtake one another. Answers are never lost; events may be, until `calm`. */
const confused = (platform: Platform, dice: Dice, calm: () => boolean): Platform => ({
	...platform,
	open: (handlers) => {
		const pool: string[] = [];
		const deliver = (): void => {
			const at = dice.below(pool.length);
			if (at > 0) done.overtaken++;
			const [frame] = pool.splice(at, 1);
			if (frame !== undefined) handlers.said(frame);
			if (pool.length > 0) setImmediate(deliver);
		};
		const take = (frame: string): void => {
			if (pool.length === 0) setImmediate(deliver);
			pool.push(frame);
		};
		return platform.open({
			...handlers,
			said: (frame) => {
				const event = frame.startsWith('{"ev"');
				const [lost, twice] = [event && !calm() && dice.chance(LOST), event && dice.chance(TWICE)];
				if (lost) done.lost++;
				else take(frame);
				if (twice) done.twice++, take(frame);
			},
		});
	},
});

const mineOf = (actor: Actor): string[] => [...actor.messages.values()].filter((m) => m.mine && !m.deleted && m.state !== "sending").map((m) => m.id);

/** One thing that somebody does. */
const act = async (s: Scene, dice: Dice, who: Actor, n: number): Promise<void> => {
	const own = mineOf(who);
	const id = dice.pick(own);
	const die = dice.below(10);
	if (id && die === 0) await who.engine.edit(s.room, id, `korjattu ${n}`);
	else if (id && die === 1) await who.engine.remove(s.room, id);
	else if (die === 2) await who.engine.parts.room(s.room).acts.rotate(() => who.engine.parts.room(s.room).log.state().epoch);
	else await post(who, s.room, `lause ${n}`);
};

const shownBy = (actor: Actor): string => actor.texts().join("\n");

const round = async (seed: number): Promise<void> => {
	const dice = makeDice(seed);
	const s = openScene(made, server);
	let calm = false;
	const oona = await s.device(s.oona);
	const aino = await s.device(s.aino);
	const heard = await s.device(s.aino, undefined, (platform) => confused(platform, dice, () => calm));
	for (const one of [oona, aino, heard]) assert.equal(await openRoom(one, s.room), "");
	for (let n = 0; n < 24; n++) {
		await act(s, dice, dice.pick([oona, aino, heard]), n);
		if (n === 8) await oona.engine.addColleague(s.room, s.kalle, "none");
		if (n === 16) await oona.engine.removeColleague(s.room, s.kalle);
	}
	calm = true;
	for (const line of s.relay.lines) line.say({ ev: "resync", body: {} });
	const last = s.relay.rooms.get(s.room)?.rows.length;
	const caughtUp = (one: Actor): boolean => one.engine.parts.room(s.room).conversation.highest() === last;
	for (const one of [oona, aino, heard]) await one.until(`all of it (seed ${seed})`, () => caughtUp(one));
	await heard.until(`the same as the others (seed ${seed})`, () => shownBy(heard) === shownBy(oona));
	assert.deepEqual([doubts(heard), heard.view()?.blocked], [[], null], `seed ${seed}`);
	await s.end();
};

for (let n = 0; n < ROUNDS; n++) test(`frames in order ${SEED + n}`, () => round(SEED + n));

test("frames were lost, told twice and overtaken", () => assert.ok(Object.values(done).every((n) => n > 0), JSON.stringify(done)));
