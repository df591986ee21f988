// What a connection carries at once: never more than a service takes of one page, and nothing of what waits for its turn is lost.

import { strict as assert } from "node:assert";
import { test } from "node:test";
import { client, makeActor, makeHouse, PASSPHRASE } from "./organisation.js";
import { makeRelay } from "./relay.js";
import { makeLink, type Link } from "../../web/src/client/link.js";
import { wordOf } from "../../web/src/client/refusal.js";
import type { Platform, SocketHandlers } from "../../web/src/client/platform.js";
import type { Op } from "../../web/src/client/wire.js";

/** The most calls of one page that a service takes at once if nothing else was set, and the long answers that wait for one reader. */
const IN_FLIGHT = 64, LONG_AT_ONCE = 2, ROOMS = 70;

interface Heard {
	readonly id: number;
	readonly op: string;
}

/** The other end of a line, by hand: what was said and not answered stands in `open`. */
const farEnd = () => {
	const open: Heard[] = [], begun: string[] = [];
	let handlers: SocketHandlers | undefined;
	const answer = (id: number, said: object): void => {
		open.splice(open.findIndex((one) => one.id === id), 1);
		handlers?.said(JSON.stringify({ id, ...said }));
	};
	const link: Link = makeLink(
		{
			...makeRelay().platform(""),
			ticket: async () => "",
			open: (h) => {
				handlers = h;
				open.length = 0;
				queueMicrotask(() => h.opened());
				return {
					say: (frame) => {
						const { id, op } = JSON.parse(frame as string) as Heard;
						open.push({ id, op });
						begun.push(op);
						if (op === "session_open") answer(id, { ok: {} });
					},
					close: () => undefined,
				};
			},
		},
		{ online: () => undefined, event: () => undefined, state: () => undefined, ended: () => undefined },
	);
	const ask = (op: Op): Promise<string> => (link.call(op, {} as never) as Promise<unknown>).then(() => "ok", wordOf);
	return { link, open, begun, ask, answer: (said: object = { ok: {} }) => answer((open[0] as Heard).id, said), cut: (code = 1006) => handlers?.closed(code) };
};

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test("no more calls are on their way than a service takes, and all are answered in their order", async () => {
	const far = farEnd();
	await far.link.start();
	const answers = Promise.all(Array.from({ length: 500 }, () => far.ask("message_typing")));
	let [most, last] = [0, 0];
	while (far.open.length > 0) {
		most = Math.max(most, far.open.length);
		const { id } = far.open[0] as Heard;
		assert.ok(id > last, "in order");
		last = id;
		far.answer();
	}
	assert.deepEqual(new Set(await answers), new Set(["ok"]));
	assert.ok(most > 1 && most < IN_FLIGHT, `${most} at once`);
	far.link.stop();
});

test("few long answers are on their way at once, and what is short passes those that wait", async () => {
	const far = farEnd();
	await far.link.start();
	const pages = Array.from({ length: 40 }, (_, n) => far.ask(n % 2 === 0 ? "message_page" : "room_log"));
	const short = far.ask("message_typing");
	assert.deepEqual(far.open.map(({ op }) => op), ["message_page", "room_log", "message_typing"]);
	while (far.open.length > 0) {
		assert.ok(far.open.filter(({ op }) => op !== "message_typing").length <= LONG_AT_ONCE);
		far.answer();
	}
	assert.deepEqual(new Set(await Promise.all([short, ...pages])), new Set(["ok"]));
	far.link.stop();
});

test("when the line goes what was said is uncertain, and what still waited was not sent", async () => {
	const far = farEnd();
	await far.link.start();
	const answers = Array.from({ length: 100 }, () => far.ask("message_typing"));
	const sent = far.open.length;
	far.cut();
	const words = await Promise.all(answers);
	assert.deepEqual([words.slice(0, sent), words.slice(sent)], [Array(sent).fill("uncertain"), Array(100 - sent).fill("offline")]);
	far.link.stop();
});

test("what waited when a server sent the page away is said to the next one, once and in its order", async () => {
	const far = farEnd();
	await far.link.start();
	const answers = Promise.all(Array.from({ length: 100 }, (_, n) => far.ask(n < 50 ? "message_typing" : "draft_put")));
	far.begun.length = 0;
	far.cut(1001);
	far.link.poke();
	for (const end = Date.now() + 60_000; !far.link.online() && Date.now() < end; ) await settled();
	while (far.open.length > 0) far.answer();
	assert.deepEqual(new Set(await answers), new Set(["ok"]));
	assert.deepEqual(far.begun, ["session_open", ...Array<string>(50).fill("message_typing"), ...Array<string>(50).fill("draft_put")]);
	far.link.stop();
});

for (const word of ["busy", "rate_limited"])
	test(`after "${word}" nothing is said for a while, then little at once, and more as answers come`, async (t) => {
		t.mock.timers.enable({ apis: ["setTimeout"] });
		const far = farEnd();
		await far.link.start();
		const answers = Promise.all(Array.from({ length: 300 }, () => far.ask("message_typing")));
		far.answer({ err: word });
		while (far.open.length > 0) far.answer({ err: word });
		const refused = far.begun.length;
		t.mock.timers.tick(900);
		assert.equal(far.begun.length, refused, "it waits");
		t.mock.timers.tick(200);
		const first = far.open.length;
		assert.ok(first > 0 && first <= 4, `${first} at once`);
		let most = first;
		while (far.open.length > 0) {
			far.answer();
			most = Math.max(most, far.open.length);
		}
		assert.ok(most > 4 * first && most < IN_FLIGHT, `${most} at once`);
		assert.deepEqual(new Set(await answers), new Set([word, "ok"]));
		far.link.stop();
	});

/** A line that counts what it carries. */
const counted = (base: Platform) => {
	const seen = { open: 0, most: 0, ops: [] as string[] };
	const platform: Platform = {
		...base,
		open: (h) => {
			seen.open = 0;
			const socket = base.open({
				...h,
				said: (text) => {
					if ("id" in (JSON.parse(text) as object)) seen.open--;
					h.said(text);
				},
			});
			return {
				...socket,
				say: (frame) => {
					seen.most = Math.max(seen.most, ++seen.open);
					if (typeof frame === "string") seen.ops.push((JSON.parse(frame) as Heard).op);
					socket.say(frame);
				},
			};
		},
	};
	return { platform, seen };
};

test("a counsellor with many rooms open comes back without asking for more than a service takes", async () => {
	const { relay, counsellor, admin } = await makeHouse(makeRelay());
	const line = counted(relay.platform(counsellor.user)), o = makeActor(counsellor.user, line.platform);
	await o.engine.start();
	await o.engine.unlock({ passphrase: PASSPHRASE });
	const aino = await client(relay, "Aino K.");
	const { room, link } = await o.engine.invite({ name: "Aino", welcome: "Tervetuloa!" });
	await aino.engine.acceptInvitation(link);
	await aino.engine.openRoom(room, "fi");
	for (let n = 0; n < ROOMS; n++) await o.engine.openRoom((await o.engine.invite({ name: `Huone ${n}`, welcome: "Tervetuloa!" })).room, "fi");
	await o.engine.openRoom(room, "fi");
	Object.assign(line.seen, { most: 0, ops: [] });
	relay.deaf = o.user;
	await aino.engine.send(room, "kun olit poissa");
	await aino.until("stored", () => [...aino.messages.values()].some((m) => m.text === "kun olit poissa" && m.seq !== null));
	relay.deaf = "";
	for (const one of relay.lines) if (one.user === o.user) one.cut();
	const times = (op: string): number => line.seen.ops.filter((one) => one === op).length;
	await o.until("it is there", () => o.texts().includes("kun olit poissa"));
	await o.until("every room was asked for", () => times("room_open") > ROOMS);
	assert.ok(line.seen.most < IN_FLIGHT, `${line.seen.most} at once`);
	assert.ok(times("message_page") < ROOMS && times("room_log") < ROOMS, "of rooms that did not go on nothing more is asked");
	await Promise.all([o, counsellor, aino, admin].map((one) => one.engine.stop()));
});
