// What an administrator carries between the server and the recovery ceremony (FORMAT.md section 11): out, a request that this account's
// issuer key signs; back, what two officers made of it on a page without a network. No key of a room is ever here.

import { readResult, ROOMS_MOST, writeRequest, type ChainJson, type RoomJson } from "./recovery-files.js";
import type { Id, Organising, RecoveryRoom } from "./api.js";
import type { Issuer } from "./ceremony.js";
import { isUncertain, refusal, wordOf } from "./refusal.js";
import { certificateOf } from "./room-view.js";
import type { Self } from "./self.js";
import type { Call } from "./wire.js";

export interface RecoveryDeps {
	readonly call: Call;
	opened(): unknown;
	self(): Self;
	issuer(): Promise<Issuer>;
	refreshed(): Promise<void>;
}

const MOST_TRIES = 5;
const PAUSE_MS = 1_000;

/** The same bytes until the server has said yes or no. */
const insist = async (ask: () => Promise<unknown>): Promise<void> => {
	for (let tries = 1; ; tries++) {
		try {
			return void (await ask());
		} catch (thrown) {
			if (!isUncertain(thrown) || tries === MOST_TRIES) throw thrown;
			await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
		}
	}
};

export const recoveryActs = (d: RecoveryDeps): Pick<Organising, "recoveryRooms" | "recoveryRequest" | "recoveryApply"> => {
	const { call } = d;

	const roomOf = async (room: Id): Promise<RoomJson> => {
		const entries: string[] = [];
		const wraps: RoomJson["wraps"][number][] = [];
		for (;;) {
			const page = await call("recovery_log", { room, from: entries.length });
			entries.push(...page.entries);
			wraps.push(...page.wraps.map(({ entry, keyset, epoch, rkid, wrap }) => ({ entry, keyset, epoch, rkid, wrap })));
			if (!page.more || page.entries.length === 0) break;
		}
		if (entries.length === 0) throw refusal("not_found");
		return { room, entries, wraps };
	};

	/** Everybody's whom the logs name, and of who is to read. */
	const chainsOf = async (rooms: readonly Id[], to: Id): Promise<ChainJson[]> => {
		const all = new Map<Id, ChainJson>();
		for (const { chains } of [...(await Promise.all(rooms.map((room) => call("recovery_chains", { room })))), await call("chain_get", { users: [to] })])
			for (const chain of chains) all.set(chain.subject, { subject: chain.subject, entries: chain.entries });
		return [...all.values()];
	};

	/** Signed after what is there now: somebody who was faster with the organisation's chain is a conflict. */
	const publish = async (entries: readonly string[]): Promise<void> => {
		const there = (await call("self_get", {})).organisation.entries;
		if (entries.length === 0 || entries.every((entry) => there.includes(entry))) return;
		await insist(() => call("organisation_append", { entries: [...entries] })).catch((thrown: unknown) => {
			throw ["stale_head", "bad_entry"].includes(wordOf(thrown)) ? refusal("recovery_key_stale") : thrown;
		});
	};

	return {
		recoveryRooms: async (user) => {
			d.opened();
			const { rooms } = await call("recovery_rooms", { user });
			const { people } = d.self();
			await people.learn(rooms.flatMap((room) => room.staff));
			return rooms.map((room): RecoveryRoom => ({
				room: room.room, closed: room.phase === "closed", createdAt: room.created_at, lastAt: room.last_at,
				staff: room.staff.map((one) => certificateOf(people, one)?.name ?? ""), client: room.client !== undefined,
			}));
		},
		recoveryRequest: async (rooms, to) => {
			d.opened();
			if (rooms.length < 1 || rooms.length > ROOMS_MOST) throw refusal("bad_field");
			const { user, key } = await d.issuer();
			const [json, chains, self] = [[] as RoomJson[], await chainsOf(rooms, to), await call("self_get", {})];
			for (const room of rooms) json.push(await roomOf(room));
			const { me } = d.self();
			const request = { org: self.organisation.subject, organisation: self.organisation.entries, name: me.organisation, at: Date.now(), to, chains, rooms: json };
			return writeRequest(request, user, key);
		},
		recoveryApply: async (file) => {
			d.opened();
			const result = await Promise.resolve(file).then(readResult).catch(() => Promise.reject(refusal("bad_file")));
			let entries = 0;
			for (const room of result.rooms) {
				const first = Math.min(...room.wraps.map((w) => w.entry));
				for (const [i, entry] of room.entries.entries()) {
					const wraps = room.wraps.filter((w) => w.entry === first + i);
					await insist(() => call("recovery_apply", { entry, wraps })).catch((thrown: unknown) => {
						throw wordOf(thrown) === "stale_head" ? refusal("room_moved") : thrown;
					});
					entries++;
				}
			}
			await publish(result.recovery);
			await d.refreshed();
			return { rooms: result.rooms.length, entries };
		},
	};
};
