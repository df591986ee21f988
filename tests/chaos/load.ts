// What people do in a run, chosen from the seed, and how it was answered: every op is written into the history before it is begun.

import { createHash } from "node:crypto";
import { PASSPHRASE } from "../client/organisation.js";
import { actorOf } from "../flow/house.js";
import type { Chance } from "./random.js";
import type { Act, Op } from "./history.js";
import { database, isOnline, patiently, type Device, type Scene } from "./scene.js";
import { isUncertain, wordOf } from "../../web/src/client/refusal.js";
import { fromBase64Url, type Bytes, type Content } from "../../web/src/seal/index.js";
import type { Template } from "../../web/src/assignment/types.js";

const MOST_AT_ONCE = 4;
const STEP_MS = 120_000; // a step of a join or a reset that was not answered is given up
const ENOUGH_MS = 300_000; // after which somebody must have done a little of everything

/** So much must have been acknowledged before a run is over: on a slow machine it takes longer. */
const ENOUGH: readonly (readonly [Act, number])[] = [["say", 30], ["edit", 3], ["delete", 1], ["file", 1], ["draft", 2], ["reset", 1]];
export const NEW_PASSPHRASE = "kokonaan uusi pitkä salalause";

const ok = ({ outcome }: Op): boolean => outcome === "ok";
const fi = (text: string): { fi: string } => ({ fi: text });
const TEMPLATE: Template = {
	format: "luotsi-template/1", id: "00112233445566778899aabbccddee01", version: 1, kind: "assignment", languages: ["fi"], topics: [], title: fi("Viikkoni"),
	description: fi("Katso viikkoasi."), fields: [{ id: "best", kind: "long", label: fi("Mikä oli parasta?") }],
};

const WEIGHTS = {
	client: { say: 50, edit: 12, delete: 5, read: 6, draft: 8, file: 4, sheet: 8, "hand-in": 4, drop: 1 },
	counsellor: { say: 50, edit: 10, delete: 5, read: 8, draft: 4, file: 3, give: 5, member: 5, drop: 1 },
};

export interface Load {
	readonly ops: Op[];
	/** Begins; resolves when the time is over, enough was done and everybody has come who will. What was begun may go on. */
	run(ms: number): Promise<void>;
	/** When nothing is wrong any more everybody can write in every room, correct it and take it back. */
	last(devices: readonly Device[]): Promise<unknown>;
	/** Ops that nobody has answered. */
	open(): readonly Op[];
	/** What was done too seldom for the laws to mean anything. */
	lacks(): string[];
}

export const makeLoad = (scene: Scene, chance: Chance, now: () => number): Load => {
	const ops: Op[] = [];
	let over = false;

	const write = (device: Device, room: string, act: Act, what: string, about: string, work: () => Promise<string>): Promise<Op> => {
		const op: Op = { n: ops.length, device: device.name, user: device.actor.user, room, act, what, about, began: now(), ended: 0, outcome: "open", id: "", word: "" };
		ops.push(op);
		const settle = (outcome: Op["outcome"], id: string, word: string): Op => (op.outcome === "open" ? Object.assign(op, { outcome, id, word, ended: now() }) : op);
		return work().then((id) => settle("ok", id, ""), (thrown: unknown) => {
			// a person who lost their keys leaves what they had begun
			settle(isUncertain(thrown) || device.gone ? "unknown" : "refused", "", wordOf(thrown) === "internal" ? String(thrown) : wordOf(thrown));
			return op;
		});
	};

	const post = (device: Device, room: string, content: Content): Promise<string> => device.actor.engine.parts.room(room).outbox.add(content).done;

	const own = (device: Device, room: string): readonly Op[] =>
		ops.filter((op) => op.room === room && op.user === device.actor.user && op.act === "say" && op.outcome === "ok" && device.actor.engine.parts.room(room).conversation.timeline.message(op.id)?.deleted === false);

	const sendFile = async (device: Device, room: string, bytes: Bytes, name: string): Promise<string> => {
		const { actor } = device;
		const { transfer } = await actor.engine.work("sendFile", room, new Blob([bytes]), { name, about: "", without: "tiedosto" });
		for (;;) {
			const told = actor.events.findLast((event) => event.type === "transfers" && event.transfers.some(({ id }) => id === transfer));
			const last = told?.type === "transfers" ? told.transfers.find(({ id }) => id === transfer) : undefined;
			if (last?.state === "done") return "";
			if (last?.state === "failed" || last?.state === "cancelled") throw Object.assign(new Error(`file ${last.error}`), { word: last.error ?? "cancelled" });
			await new Promise((resolve) => setTimeout(resolve, 100));
		}
	};

	const fileOf = (from: Chance): Bytes => {
		const bytes = new Uint8Array(from.happens(0.2) ? from.between(1_100_000, 3_000_000) : from.between(2_000, 60_000));
		let state = from.below(2 ** 31);
		for (let i = 0; i < bytes.length; i++) bytes[i] = (state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0) >>> 16;
		bytes.set(new TextEncoder().encode("%PDF-1.4\n"));
		return bytes as Bytes;
	};

	/** One of those that this device shows: what was given a moment ago may not have come. */
	const assignmentOf = async (device: Device, room: string, from: Chance): Promise<string | undefined> => {
		const given = ops.filter((op) => op.room === room && op.act === "give" && op.outcome === "ok");
		if (given.length === 0 || !device.first || device.actor.user === scene.unlucky) return undefined;
		const { id } = from.pick(given), { list } = await device.actor.engine.work("assignments", room);
		return list.some((one) => one.id === id) ? id : undefined;
	};

	const member = (device: Device, room: string): Promise<unknown> => {
		const { user } = scene.house.colleague, { engine } = device.actor;
		const is = engine.parts.room(room).log.state().members.some((m) => m.active && Buffer.from(m.user).toString("base64url") === user);
		if (is) return write(device, room, "remove", user, "", () => engine.removeColleague(room, user).then(() => ""));
		return write(device, room, "add", user, "", () => engine.addColleague(room, user, "all").then(() => ""));
	};

	const acts: Record<string, (device: Device, room: string, from: Chance, text: string) => Promise<unknown>> = {
		say: (device, room, _, text) => write(device, room, "say", text, "", () => post(device, room, { type: "text", text })),
		edit: async (device, room, from, text) => {
			const mine = own(device, room);
			if (mine.length === 0) return;
			const { id } = from.pick(mine);
			await write(device, room, "edit", text, id, () => post(device, room, { type: "edit", target: fromBase64Url(id), text }));
		},
		delete: async (device, room, from) => {
			const mine = own(device, room);
			if (mine.length === 0) return;
			const { id } = from.pick(mine);
			await write(device, room, "delete", "", id, () => post(device, room, { type: "delete", target: fromBase64Url(id) }));
		},
		read: async (device, room) => device.actor.engine.markRead(room, device.actor.engine.parts.room(room).conversation.highest()),
		draft: async (device, room, _, text) => {
			if (!device.first || device.actor.user === scene.unlucky) return;
			const { draft } = device.actor.engine.parts.room(room);
			await write(device, room, "draft", text, "", async () => {
				await device.actor.engine.saveDraft(room, text, draft.elsewhere());
				return draft.flush().then(() => "");
			});
		},
		file: async (device, room, from, text) => {
			const bytes = fileOf(from);
			await write(device, room, "file", createHash("sha256").update(bytes).digest("hex"), "", () => sendFile(device, room, bytes, `${text}.pdf`));
		},
		give: (device, room) => write(device, room, "give", "", "", async () => (await device.actor.engine.work("giveAssignment", room, { template: TEMPLATE, word: "", due: "", remind: false })).id),
		sheet: async (device, room, from, text) => {
			const about = await assignmentOf(device, room, from);
			if (about === undefined) return;
			await write(device, room, "sheet", text, about, async () => {
				await device.actor.engine.work("sheet", room, about);
				await device.actor.engine.work("editSheet", room, about, "best", text);
				await device.actor.engine.work("saveSheet", room, about);
				return "";
			});
		},
		"hand-in": async (device, room, from, text) => {
			const about = await assignmentOf(device, room, from);
			if (about === undefined) return;
			const { engine } = device.actor;
			await write(device, room, "hand-in", text, about, async () => {
				await engine.work("sheet", room, about);
				await engine.work("editSheet", room, about, "best", text);
				return (await engine.work("handIn", room, about)).id;
			});
		},
		member: async (device, room) => void (device.first && (await member(device, room))),
		drop: async (device) => device.actor.engine.parts.link.drop(),
	};

	/** One person at one device: a few things at once, never two of a kind whose order counts. */
	const live = async (device: Device, from: Chance): Promise<void> => {
		const going = new Set<string>();
		for (let n = 0; !over && !device.gone; n++) {
			await new Promise((resolve) => setTimeout(resolve, from.between(60, 500)));
			const act: string = device.staff ? from.weighed(WEIGHTS.counsellor) : from.weighed(WEIGHTS.client), own = from.fork(String(n));
			const room = from.pick(device.rooms);
			const key = ["say", "edit", "read"].includes(act) ? `${act} ${n}` : ["sheet", "hand-in"].includes(act) ? `sheet ${room}` : `${act} ${room}`;
			if (going.size >= MOST_AT_ONCE || going.has(key) || device.gone) continue;
			going.add(key);
			void (acts[act] as (typeof acts)[string])(device, room, own, `${device.name} ${act} ${n}`).catch(() => undefined).finally(() => going.delete(key));
		}
	};

	let attempts = 0;
	/** Everything that opened somebody's keys is lost. */
	const lose = async (): Promise<void> => {
		const mine = scene.devices.filter(({ actor }) => actor.user === scene.unlucky), [room] = scene.rooms as [string];
		const before = mine[0] as Device;
		for (const one of mine) one.gone = true;
		await Promise.all(mine.map(({ actor }) => actor.engine.stop()));
		for (const op of ops) if (op.outcome === "open" && op.user === scene.unlucky) Object.assign(op, { outcome: "unknown", ended: now() });
		await write(before, room, "reset", "", "", async () => {
			for (;;) {
				const done = await patiently("a reset", STEP_MS, reset(before, room)).catch((thrown: unknown) => (isUncertain(thrown) || wordOf(thrown) === "internal" ? undefined : Promise.reject(thrown)));
				if (done) return "";
				await new Promise((resolve) => setTimeout(resolve, 300));
			}
		});
	};

	const reset = async (before: Device, room: string): Promise<boolean> => {
		const attempt = ++attempts;
		await database(scene.house);
		const actor = await actorOf(scene.house, { person: scene.unlucky, role: "client" });
		scene.house.open.push(actor);
		const self = await actor.engine.start();
		const made = self.keys === "locked" && (await actor.engine.unlock({ passphrase: NEW_PASSPHRASE }).then(() => true, (thrown: unknown) => (wordOf(thrown) === "wrong_passphrase" ? false : Promise.reject(thrown))));
		if (!made) await actor.engine.resetKeys({ passphrase: NEW_PASSPHRASE, name: "Taas minä", language: "fi" });
		await actor.engine.openRoom(room, "fi");
		if (attempt !== attempts) return actor.engine.stop().then(() => false); // given up meanwhile
		const device: Device = { ...before, name: "client0c", actor, gone: false };
		scene.devices.push(device);
		if (!over) void live(device, chance.fork("after the reset"));
		return true;
	};

	/** A client comes by a link, in the middle of it. Whoever gives up half-way is not looked for. */
	const come = async (from: Chance, n: number): Promise<void> => {
		const host = scene.devices.find((one) => one.staff && one.first) as Device;
		const { room, link } = await patiently("an invitation", STEP_MS, host.actor.engine.invite({ name: `Tulija ${n}`, welcome: "Tervetuloa!" }));
		await database(scene.house);
		const actor = await patiently("a newcomer", STEP_MS, scene.house.client(`Tulija ${n}`, link));
		const device: Device = { name: `newcomer${n}`, actor, staff: false, rooms: [room], first: true, gone: false };
		const op = await write(device, room, "join", "", "", () => patiently("a join", STEP_MS, actor.engine.acceptInvitation(link).then(() => actor.engine.openRoom(room, "fi"))).then(() => ""));
		if (op.outcome !== "ok") return;
		await host.actor.engine.openRoom(room, "fi");
		host.rooms.push(room);
		scene.rooms.push(room);
		scene.devices.push(device);
		if (!over) await live(device, from);
	};

	const lacks = (): string[] =>
		ENOUGH.flatMap(([act, least]) => {
			const done = ops.filter((op) => op.act === act && ok(op)).length;
			return done >= least ? [] : [`only ${done} of ${least}: ${act}`];
		});

	const soon = (ms: number, work: () => Promise<unknown>): Promise<unknown> =>
		new Promise((resolve) => setTimeout(resolve, ms)).then(work).catch(() => undefined);

	const close = async (device: Device, room: string): Promise<void> => {
		const text = `${device.name} last words`;
		const said = await write(device, room, "say", text, "", () => post(device, room, { type: "text", text }));
		const target = said.outcome === "ok" ? fromBase64Url(said.id) : undefined;
		if (!target) return;
		await write(device, room, "edit", `${text}, corrected`, said.id, () => post(device, room, { type: "edit", target, text: `${text}, corrected` }));
		if (!device.first) await write(device, room, "delete", "", said.id, () => post(device, room, { type: "delete", target }));
	};

	return {
		ops,
		last: (devices) => Promise.all(devices.flatMap((device) => device.rooms.map((room) => patiently("last words", STEP_MS, close(device, room)).catch(() => undefined)))),
		lacks,
		open: () => ops.filter(({ outcome }) => outcome === "open"),
		run: async (ms) => {
			for (const device of scene.devices) if (device.rooms.length > 0) void live(device, chance.fork(device.name));
			const extra = [soon(chance.between(ms * 0.2, ms * 0.6), lose), ...[0, 1].map((n) => soon(chance.between(ms * 0.1, ms * 0.8), () => come(chance.fork(`newcomer ${n}`), n)))];
			await new Promise((resolve) => setTimeout(resolve, ms));
			for (const end = performance.now() + ENOUGH_MS; lacks().length > 0 && performance.now() < end; ) await new Promise((resolve) => setTimeout(resolve, 100));
			over = true;
			await Promise.all(extra);
		},
	};
};

export { isOnline, PASSPHRASE };
