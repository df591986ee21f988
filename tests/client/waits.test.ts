// What arrives before what it needs, or while nobody listens, is looked at again: no event is dropped because something was not known yet.

import { strict as assert } from "node:assert";
import { test } from "node:test";
import { again, client, makeActor, makeHouse, type Actor, type House } from "./organisation.js";
import { makeRelay, type Relay } from "./relay.js";
import { makeLink } from "../../web/src/client/link.js";
import type { Platform, SocketHandlers } from "../../web/src/client/platform.js";
import { makeControlLog } from "../../web/src/client/control-log.js";
import { makeRoomKeys } from "../../web/src/client/epoch-keys.js";
import { makePeople } from "../../web/src/client/people.js";
import { markOf, withMark } from "../../web/src/client/user-state.js";
import type { Call, Wrap } from "../../web/src/client/wire.js";
import { emptyChain, fromBase64Url, KEYSET, type Bytes } from "../../web/src/seal/index.js";

interface Talk extends House {
	client: Actor;
	room: string;
}

const talk = async (): Promise<Talk> => {
	const house = await makeHouse(makeRelay());
	const { counsellor } = house;
	const { room, link } = await counsellor.engine.invite({ name: "Aino", welcome: "Tervetuloa!" });
	const one = await client(house.relay, "Aino K.");
	await one.engine.acceptInvitation(link);
	await one.engine.openRoom(room, "fi");
	await counsellor.engine.openRoom(room, "fi");
	await one.engine.send(room, "vanha viesti");
	await counsellor.until("old message", () => counsellor.texts().includes("vanha viesti"));
	await counsellor.until("wrapped", () => counsellor.engine.parts.room(room).log.state().epochs.every((made) => made.recoveryWrapped));
	return { ...house, client: one, room };
};

const end = async (...actors: Actor[]): Promise<void> => {
	for (const actor of actors) await actor.engine.stop();
};

const resetOf = async (relay: Relay, { user }: Actor): Promise<Actor> => {
	const fresh = makeActor(user, relay.platform(user));
	await fresh.engine.start();
	await fresh.engine.resetKeys({ passphrase: "kokonaan uusi pitkä salalause", name: "Aino taas", language: "fi" });
	return fresh;
};

type Op = (user: string, body: Record<string, unknown>) => Promise<Record<string, unknown>>;
const asked = (relay: Relay, op: string): Op => async (user, body) => relay.ops[op]?.(user, body) ?? {};
const unavailable = (): never => {
	throw Object.assign(new Error("unavailable"), { word: "unavailable" });
};

const rotate = async (actor: Actor, room: string): Promise<void> => {
	const { log, acts } = actor.engine.parts.room(room);
	const used = log.state().epoch;
	await acts.rotate(() => used);
};

const locked = (actor: Actor): number => [...actor.messages.values()].filter((m) => m.locked).length;

test("a message that meets an epoch which leaves its writer out is sealed again in one of theirs", async () => {
	const { relay, client: c, counsellor: o, admin, room } = await talk();
	await c.engine.stop();
	const fresh = await resetOf(relay, c);
	await fresh.engine.openRoom(room, "fi");
	const post = asked(relay, "message_post");
	const words: string[] = [];
	relay.more["message_post"] = async (user, body) => {
		if (user === fresh.user && words.length === 0) await rotate(o, room); // while it is on its way
		return post(user, body).catch((thrown: { word: string }) => {
			words.push(thrown.word);
			throw thrown;
		});
	};
	await fresh.engine.send(room, "Sain uudet avaimet");
	await o.until("new message", () => o.texts().includes("Sain uudet avaimet"));
	assert.deepEqual(words, ["bad_kid"]);
	await end(fresh, o, admin);
});

test("a refusal that no newer log explains is final", async () => {
	const { relay, client: c, counsellor: o, admin, room } = await talk();
	let times = 0;
	relay.more["message_post"] = async () => {
		times++;
		throw Object.assign(new Error("bad_kid"), { word: "bad_kid" });
	};
	await c.engine.send(room, "ei mene");
	await c.until("failed", () => [...c.messages.values()].some((m) => m.error === "bad_kid"));
	assert.equal(times, 1);
	await end(c, o, admin);
});

test("a message whose log could not be fetched when it came is shown when it can be", async () => {
	const { relay, client: c, counsellor: o, admin, room } = await talk();
	const log = asked(relay, "room_log");
	let refused = 0;
	relay.more["room_log"] = async (user, body) => (user === c.user && refused++ < 3 ? unavailable() : log(user, body));
	await rotate(o, room);
	await o.engine.send(room, "uudella avaimella");
	await c.until("shown", () => c.texts().includes("uudella avaimella"));
	assert.ok(refused > 3);
	await end(c, o, admin);
});

test("what was granted while the line was away is opened when it is back", async () => {
	const { relay, client: c, counsellor: o, admin, room } = await talk();
	await c.engine.stop();
	const fresh = await resetOf(relay, c);
	await fresh.engine.openRoom(room, "fi");
	await o.until("notice", () => (o.view()?.newKeys.length ?? 0) > 0);
	await fresh.until("locked", () => locked(fresh) >= 2);
	relay.deaf = fresh.user;
	await o.engine.confirmKeys(room, fresh.user, await o.engine.compareCode(room, fresh.user));
	relay.deaf = "";
	relay.cutAll();
	await fresh.until("everything", () => fresh.texts().includes("vanha viesti") && locked(fresh) === 0);
	await end(fresh, o, admin);
});

test("keys that somebody made anew while the line was away are heard of when it is back", async () => {
	const { relay, client: c, counsellor: o, admin, room } = await talk();
	await c.engine.stop();
	relay.deaf = o.user;
	const kept = relay.lines;
	for (const line of kept) if (line.user === o.user) line.cut();
	const fresh = await resetOf(relay, c);
	relay.deaf = "";
	const resets = () => o.engine.parts.self().people.chain(c.user)?.state.resets;
	assert.equal(resets(), 0);
	await o.until("heard of", () => resets() === 1);
	await end(fresh, o, admin);
	assert.equal(o.engine.parts.room(room).log.broken(), false);
});

test("a list of rooms that could not be fetched is asked for again, and rooms do not wait for it", async () => {
	const { relay, client: c, counsellor: o, admin, room } = await talk();
	const list = asked(relay, "room_list");
	let refused = 0;
	relay.more["room_list"] = async (user, body) => (user === c.user && refused++ < 2 ? unavailable() : list(user, body));
	relay.deaf = c.user;
	await o.engine.send(room, "kun olit poissa");
	await o.until("stored", () => [...o.messages.values()].some((m) => m.text === "kun olit poissa" && m.seq !== null));
	relay.deaf = "";
	const before = c.events.length;
	relay.cutAll();
	await c.until("shown", () => c.texts().includes("kun olit poissa"));
	await c.until("listed", () => refused > 2 && c.events.slice(before).some((e) => e.type === "rooms"));
	await end(c, o, admin);
});

test("a message that comes while its room is being opened does not bring the whole past with it", async () => {
	const { relay, client: c, counsellor: o, admin, room } = await talk();
	await c.engine.stop();
	const again = makeActor(c.user, relay.platform(c.user));
	await again.engine.start();
	await again.engine.unlock({ passphrase: "luotsi ohjaa laivaa turvallisesti" });
	const [log, page] = [asked(relay, "room_log"), asked(relay, "message_page")];
	const pages: unknown[] = [];
	relay.more["room_log"] = async (user, body) => {
		if (user === again.user && body["from"] === 0) {
			await o.engine.send(room, "juuri nyt");
			await o.until("stored", () => [...o.messages.values()].some((m) => m.text === "juuri nyt" && m.seq !== null));
		}
		return log(user, body);
	};
	relay.more["message_page"] = async (user, body) => {
		if (user === again.user) pages.push(body["after"]);
		return page(user, body);
	};
	await again.engine.openRoom(room, "fi");
	await again.until("shown", () => again.texts().includes("juuri nyt"));
	assert.ok(pages.length > 0 && !pages.includes(0), `asked after ${pages.join()}`);
	assert.deepEqual([...again.messages.values()].filter((m) => m.quarantine !== null), []);
	await end(again, o, admin);
});

test("whoever sees an epoch in the log finds the wraps that came with it", async () => {
	const { relay, client: c, counsellor: o, admin, room } = await talk();
	const { me, people, account, store } = o.engine.parts.self();
	const { call } = o.engine.parts.link;
	const lacking: number[] = [];
	const watched = Object.create(people, {
		records: {
			value: () => {
				const { epoch } = log.state();
				if (epoch > 0 && log.wraps(epoch, KEYSET.all).length === 0) lacking.push(epoch);
				return people.records();
			},
		},
	}) as typeof people;
	const log = makeControlLog(call, watched, me.org, room, () => markOf(store()!.get(), room).log);
	await log.sync();
	assert.ok(log.state().epoch >= 2);
	assert.deepEqual(lacking, []);
	const keys = makeRoomKeys(log, () => account().keys.enc);
	assert.deepEqual(await keys.openable(log.state().epoch), [1, 2]);
	assert.ok(relay.rooms.has(room));
	await end(c, o, admin);
});

test("a wrap that comes while the ones before it are tried opens the epoch", async () => {
	const { client: c, counsellor: o, admin, room } = await talk();
	const { log, keys } = o.engine.parts.room(room);
	let wraps: readonly Wrap[] = [];
	let length = 0;
	const entries = new Proxy(log.entries, { get: (all, name) => (name === "length" ? length : Reflect.get(all, name)) as unknown });
	const late = makeRoomKeys({ ...log, entries, wraps: () => wraps }, () => o.engine.parts.self().account().keys.enc);
	const before = late.epoch(1);
	[wraps, length] = [log.wraps(1, KEYSET.all), log.entries.length];
	const after = late.epoch(1);
	assert.equal(await before, undefined);
	assert.deepEqual((await after)?.commit, (await keys.epoch(1))?.commit);
	await end(c, o, admin);
});

test("an answer that an earlier question gets late does not take a chain back", async () => {
	const { relay, client: c, counsellor: o, admin } = await talk();
	const old = [...(relay.chains.get(o.user) ?? [])].slice(0, 1);
	const answers: ((entries: readonly string[]) => void)[] = [];
	const call = (() => new Promise((answer) => answers.push((entries) => answer({ chains: [{ subject: o.user, entries }] })))) as unknown as Call;
	const people = makePeople(call, fromBase64Url(relay.org), o.engine.parts.self().people.organisation ?? emptyChain(), () => ({}));
	const [first, second] = [people.refresh([o.user]), people.refresh([o.user])];
	answers[1]?.(relay.chains.get(o.user) ?? []);
	await second;
	answers[0]?.(old);
	await first;
	assert.ok(people.chain(o.user)?.state.cert, "the certificate stays");
	const third = people.refresh([o.user]);
	answers[2]?.(old);
	await third;
	assert.equal(people.chain(o.user)?.state.cert, undefined, "what is answered now is what counts");
	await end(c, o, admin);
});

test("what another device has seen is asked for before it is missed, and is missed only then", async () => {
	const { relay, client: c, counsellor: o, admin, room } = await talk();
	const second = await again(relay, o);
	await second.engine.openRoom(room, "fi");
	const [line, one, other] = [[...relay.lines].at(-1), second.engine.parts.room(room), o.engine.parts.room(room)];
	if (!line) assert.fail("no line");
	line.say = () => undefined;
	await c.engine.send(room, "uusi viesti");
	await o.until("the first device has it", () => o.texts().includes("uusi viesti"));
	const seen = async (seq: number): Promise<void> => {
		o.engine.parts.self().store()?.change((s) => withMark(s, room, { seq }));
		await o.engine.parts.self().store()?.flush();
		await second.engine.parts.self().store()?.refresh();
	};
	relay.more["message_page"] = async () => unavailable();
	line.cut();
	await second.until("cut", () => !second.engine.parts.link.online());
	await second.until("connected again", () => second.engine.parts.link.online());
	await seen(other.conversation.highest());
	assert.equal(one.show().blocked, null);
	await assert.rejects(one.ready(), { word: "unavailable" });
	relay.more["message_page"] = asked(relay, "message_page");
	await one.ready();
	assert.equal(one.conversation.highest(), other.conversation.highest());
	await seen(10_000);
	await assert.rejects(one.ready(), { word: "quarantine" });
	assert.equal(one.show().blocked, "quarantine");
	await end(c, o, admin, second);
});

/** A server whose handshakes fail, up to this many; what its tickets say is told. */
const doorOf = (failures: number, ticket: () => Promise<string>): { platform: Platform; tries: () => number } => {
	const relay = makeRelay(), platform = relay.platform(relay.addPerson("client"));
	let tries = 0;
	const open: Platform["open"] = (handlers) => {
		if (++tries > failures) return platform.open(handlers);
		setTimeout(() => handlers.closed(1006), 0);
		return { say: () => undefined, close: () => undefined };
	};
	return { platform: { ...platform, open, ticket }, tries: () => tries };
};

const linkOf = (platform: Platform) => {
	const said: string[] = [], told: string[] = [];
	const link = makeLink(platform, { online: () => undefined, event: () => undefined, state: (state) => said.push(state), ended: (why) => told.push(why) });
	return { link, said, told };
};

test("handshakes that fail again and again end no session", async () => {
	const door = doorOf(4, async () => ""), { link, said, told } = linkOf(door.platform);
	await link.start();
	assert.deepEqual([door.tries(), told, said.includes("ended"), said.at(-1)], [5, [], false, "online"]);
	link.stop();
});

test("that there is no session is said by the ticket, though no handshake ever succeeds", async () => {
	const door = doorOf(Infinity, async () => {
		throw Object.assign(new Error("not_signed_in"), { word: "not_signed_in" });
	});
	const { link, said } = linkOf(door.platform);
	await assert.rejects(link.start(), { word: "not_signed_in" });
	assert.equal(said.at(-1), "ended");
	link.stop();
});

test("a ticket that comes when its connection is no more is told to no other", async () => {
	const platform = makeRelay().platform("nobody"), given: ((ticket: string) => void)[] = [], doors: SocketHandlers[] = [], told: (string | Bytes)[][] = [];
	const { link, said } = linkOf({
		...platform,
		ticket: () => new Promise((resolve) => given.push(resolve)),
		open: (handlers) => {
			const mine: (string | Bytes)[] = [];
			doors.push(handlers);
			told.push(mine);
			setTimeout(handlers.opened, 0);
			const answer = (frame: string): void => void setTimeout(() => handlers.said(JSON.stringify({ id: (JSON.parse(frame) as { id: number }).id, ok: {} })), 0);
			return { say: (frame) => void (mine.push(frame), frame && answer(frame as string)), close: () => undefined };
		},
	});
	const started = link.start();
	doors[0]?.opened();
	doors[0]?.closed(1001);
	given[0]?.("the first");
	for (const begun = Date.now(); given.length < 2; await new Promise((resolve) => setTimeout(resolve, 10))) assert.ok(Date.now() - begun < 60_000, "it connects again");
	given[1]?.("the second");
	await started;
	assert.deepEqual(told[0], []);
	assert.deepEqual(told[1]?.map((frame) => (frame ? JSON.parse(frame as string) : "")), [{ id: 1, op: "session_open", body: { ticket: "the second" } }]);
	assert.equal(said.at(-1), "online");
	link.stop();
});
