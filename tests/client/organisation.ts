// An organisation for tests: root, recovery key, one issuer, certificates. The same acts as the ceremony, without shares on paper.

import { after } from "node:test";
import { makeEngine } from "../../web/src/client/engine.js";
import type { EngineEvent } from "../../web/src/client/api.js";
import type { Platform } from "../../web/src/client/platform.js";
import { certify, makeOrganisation, type Ceremony } from "../../web/src/demo/ceremony.js";
import { equal } from "../../web/src/seal/index.js";
import type { Relay } from "./relay.js";
import type { MessageView, RoomView, RoomSummary } from "../../web/src/client/api.js";

export const PASSPHRASE = "luotsi ohjaa laivaa turvallisesti";

export interface Actor {
	user: string;
	engine: ReturnType<typeof makeEngine>;
	events: EngineEvent[];
	messages: Map<string, MessageView>;
	view(): RoomView | undefined;
	rooms(): RoomSummary[];
	/** What was written, in order: of one room, or of all. */
	texts(room?: string): string[];
	/** Waits until it is true, or fails with what it waited for. */
	until(what: string, test: () => boolean): Promise<void>;
	code: string;
}

const order = (a: MessageView, b: MessageView): number => (a.seq ?? Infinity) - (b.seq ?? Infinity) || a.at - b.at;

/** An engine that nobody stopped asks for a sign of life for ever, and keeps the test's process alive with it. */
const made = new Set<ReturnType<typeof makeEngine>>();
after(async () => {
	await Promise.allSettled([...made].map((engine) => engine.stop()));
});

export const makeActor = (user: string, platform: Platform, make = makeEngine): Actor => {
	const events: EngineEvent[] = [];
	const messages = new Map<string, MessageView>();
	let view: RoomView | undefined;
	let rooms: RoomSummary[] = [];
	const engine = make(platform, (event) => {
		events.push(event);
		if (event.type === "room") view = event.view;
		if (event.type === "rooms") rooms = event.rooms;
		if (event.type !== "messages") return;
		for (const id of event.removed) messages.delete(id);
		for (const one of event.changed) messages.set(one.id, one);
	});
	made.add(engine);
	return {
		user, engine, events, messages, code: "",
		view: () => view,
		rooms: () => rooms,
		texts: (room) => [...messages.values()].filter((m) => (room === undefined || m.room === room) && m.from !== "system" && !m.deleted).sort(order).map((m) => m.text),
		until: async (what, test) => {
			for (const end = Date.now() + 60_000; Date.now() < end; ) {
				if (test()) return;
				await new Promise((resolve) => setTimeout(resolve, 10));
			}
			throw new Error(`waited in vain: ${what}`);
		},
	};
};

/**
 * Until the counsellor's browser has wrapped the client's epoch for recovery, and both have heard of it: nobody moves the head any more. Both
 * at once: before the counsellor has heard of that epoch every one is wrapped, and with the same log one may still be to wrap.
 */
export const rested = (room: string, client: Actor, counsellor: Actor): Promise<void> => {
	const stateOf = (actor: Actor) => actor.engine.parts.room(room).log.state();
	return counsellor.until("every epoch is wrapped for recovery, in both logs", () =>
		stateOf(counsellor).epoch > 0 && stateOf(counsellor).epochs.every((one) => one.recoveryWrapped) && equal(stateOf(client).head, stateOf(counsellor).head));
};

/** Until what was on its way has arrived and nothing comes after it: the same number ten looks long. */
export const still = async (actor: Actor, read: () => number): Promise<void> => {
	let [last, same] = [NaN, 0];
	await actor.until("it stands still", () => {
		same = read() === last ? same + 1 : 0;
		last = read();
		return same >= 10;
	});
};

export const joinUp = async (actor: Actor, name: string): Promise<Actor> => {
	await actor.engine.start();
	actor.code = (await actor.engine.createKeys({ passphrase: PASSPHRASE, name, language: "fi" })).code;
	return actor;
};

export interface House {
	relay: Relay;
	admin: Actor;
	counsellor: Actor;
	ceremony: Ceremony;
}

export const makeHouse = async (relay: Relay): Promise<House> => {
	const admin = await joinUp(makeActor(relay.addPerson("admin"), relay.platform([...relay.chains.keys()].at(-1) as string)), "Pääkäyttäjä");
	const ceremony = await makeOrganisation(admin.engine.parts.link.call, relay.org, admin.user);
	const counsellor = await staff(relay, ceremony, admin, "Oona Ohjaaja");
	return { relay, admin, counsellor, ceremony };
};

export const staff = async (relay: Relay, ceremony: Ceremony, admin: Actor, name: string): Promise<Actor> => {
	const user = relay.addPerson("counsellor");
	const first = await joinUp(makeActor(user, relay.platform(user)), name);
	await certify(admin.engine.parts.link.call, ceremony, user, { name, employer: "Ohjaamo", role: 1 });
	await first.engine.stop();
	const actor = makeActor(user, relay.platform(user));
	await actor.engine.start();
	await actor.engine.unlock({ passphrase: PASSPHRASE });
	return actor;
};

export const client = async (relay: Relay, name: string): Promise<Actor> => {
	const user = relay.addPerson("client");
	return joinUp(makeActor(user, relay.platform(user)), name);
};

export const again = async (relay: Relay, actor: Actor): Promise<Actor> => {
	const second = makeActor(actor.user, relay.platform(actor.user));
	await second.engine.start();
	await second.engine.unlock({ passphrase: PASSPHRASE });
	return second;
};
