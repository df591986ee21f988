// A line that is cut without a word: nothing closes, nothing comes. And deletions that the lock found unsent.

import { strict as assert } from "node:assert";
import { test } from "node:test";
import { makeActor, PASSPHRASE, type Actor } from "../client/organisation.js";
import { openNodePlatform } from "../../web/src/client/node.js";
import type { Platform } from "../../web/src/client/platform.js";
import { again, cookieOf, say, talk, type House } from "./house.js";

const MOST_MS = 40_000;

interface Line {
	readonly platform: Platform;
	/** What is open now carries nothing any more; a new connection does. */
	cut(): void;
	/** Every connection carries nothing, also new ones, until it is mended. */
	down: boolean;
}

const lineOf = (base: Platform): Line => {
	const open = new Set<{ dead: boolean }>();
	const line: Line & { down: boolean } = {
		down: false,
		cut: () => open.forEach((one) => (one.dead = true)),
		platform: {
			...base,
			open: (h) => {
				const one = { dead: false };
				open.add(one);
				const mute = (): boolean => one.dead || line.down;
				const socket = base.open({ opened: () => mute() || h.opened(), said: (text) => mute() || h.said(text), closed: (code) => one.dead || h.closed(code) });
				return { say: (frame) => void (mute() || socket.say(frame)), close: () => socket.close() };
			},
		},
	};
	return line;
};

const onLine = async (house: House, actor: Actor): Promise<{ line: Line; actor: Actor }> => {
	const cookie = await cookieOf(house, { person: actor.user, role: "" });
	const line = lineOf(openNodePlatform({ origin: house.service.origin, ca: house.ca, cookie }));
	const second = makeActor(actor.user, line.platform);
	house.open.push(second);
	await second.engine.start();
	await second.engine.unlock({ passphrase: PASSPHRASE });
	return { line, actor: second };
};

/** How long it took until the cut was noticed: what takes longer than any test goes on beside those of the files after this. */
let noticed: Promise<number> | undefined;
let missed = async (): Promise<void> => assert.fail("no line was cut");

export const lineBegins = (get: () => House): void => {
	test("a line that is cut in silence looks as before at first", async () => {
		const { client, counsellor, room } = await talk(get());
		const { line, actor } = await onLine(get(), client);
		await actor.engine.openRoom(room, "fi");
		line.cut();
		const began = Date.now(), before = actor.events.length;
		await counsellor.engine.send(room, "kuuletko?");
		await new Promise((resolve) => setTimeout(resolve, 2_000));
		assert.equal(actor.engine.parts.link.online(), true, "nobody knows yet");
		assert.equal(actor.texts(room).includes("kuuletko?"), false);
		missed = () => actor.until("what was missed arrives", () => actor.texts(room).includes("kuuletko?"));
		noticed = actor.until("the cut is noticed", () => actor.events.slice(before).some((event) => event.type === "connection" && event.state !== "online")).then(() => Date.now() - began);
		noticed.catch(() => undefined); // told by the test that waits for it
	});
};

export const lineTests = (get: () => House): void => {
	test("a line that is cut in silence is noticed within 40 seconds, and what was missed comes then", async () => {
		const took = await noticed;
		assert.ok(took !== undefined && took < MOST_MS, `noticed after ${took} ms`);
		await missed();
	});

	test("a question whether anybody is there is no sign of life of the person", async () => {
		const house = get(), { db } = house;
		const { actor } = await onLine(house, house.colleague);
		await db.query("UPDATE session SET seen_at = now() - interval '10 minutes' WHERE account = (SELECT account FROM session ORDER BY started_at DESC LIMIT 1)");
		const seen = async (): Promise<number> => Number((await db.query("SELECT extract(epoch FROM min(now() - seen_at))::int AS ago FROM session WHERE started_at = (SELECT max(started_at) FROM session)")).rows[0].ago);
		await actor.engine.parts.link.call("ping", {});
		assert.ok((await seen()) >= 600);
	});

	for (const where of ["here", "on another device"] as const)
		test(`a deletion that was not sent before the lock is sent after it, ${where}`, async () => {
			const { client, counsellor, room } = await talk(get());
			const { line, actor } = await onLine(get(), client);
			await actor.engine.openRoom(room, "fi");
			await say(actor, counsellor, room, "tämä pois");
			const message = [...actor.messages.values()].find((one) => one.text === "tämä pois");
			if (where === "here") line.down = true;
			else actor.engine.parts.room(room).outbox.stop(); // the state can still be saved, the message cannot go
			void actor.engine.remove(room, message?.id as string).catch(() => undefined);
			await actor.until("it waits to be sent", () => actor.engine.parts.room(room).outbox.jobs().some(({ content }) => content.type === "delete"));
			await actor.engine.lock();
			line.down = false;
			assert.equal([...counsellor.messages.values()].some((one) => one.id === message?.id && one.deleted), false);
			const next = where === "here" ? actor : await again(get(), client);
			if (where === "here") {
				actor.engine.parts.link.drop();
				await actor.until("the line is back", () => actor.engine.parts.link.online());
				await actor.engine.unlock({ passphrase: PASSPHRASE });
			}
			await next.engine.openRoom(room, "fi");
			await counsellor.until("it is deleted", () => [...counsellor.messages.values()].some((one) => one.id === message?.id && one.deleted));
			await next.until("and is not wanted again", () => {
				const state = next.engine.parts.self().store()?.get();
				return (state?.rooms[room]?.deletes ?? []).length === 0;
			});
		});
};
