// The control log of one room as this browser has verified it: every entry from the first, by the rules of section 7, under keys
// from verified chains, and as a continuation of what was seen before. Who is a member is decided here and nowhere else.

import type { Id } from "./api.js";
import type { People } from "./people.js";
import { isUncertain, refusal, wordOf } from "./refusal.js";
import { continues, type Seen } from "./user-state.js";
import type { Call, Wrap } from "./wire.js";
import {
	emptyControl, equal, extendControl, fromBase64Url, makeRoomLog, readControl, toBase64Url, type Bytes, type ControlEntry,
	type ControlState, type RoomLog,
} from "../seal/index.js";

export interface ControlLog {
	readonly room: Id;
	state(): ControlState;
	readonly entries: readonly ControlEntry[];
	/** Every state there was, by its head: what the verifier judges messages by. */
	readonly states: RoomLog;
	/** Wraps of one epoch's key that are for us, newest entry last. */
	wraps(epoch: number, keyset: number): readonly Wrap[];
	/** Fetches and verifies what is new; true if something was. */
	sync(): Promise<boolean>;
	/** What was fetched last does not verify: what stood before is what counts. */
	broken(): boolean;
	seen(): Seen;
}

const usersOf = (entry: ControlEntry): Id[] => {
	const users = [toBase64Url(entry.rare?.grant?.to ?? entry.env.sender)];
	if (entry.body.type === "add") users.push(toBase64Url(entry.body.user));
	return users;
};

/** Keys or a certificate are newer than the chain that we hold, or have ended: an epoch leaves them out, an opening may bring staff in. */
const MAY_BE_STALE = new Set(["unknown_key", "not_certified", "cert_expired", "bad_recipients", "may_not_grant"]);

export const makeControlLog = (call: Call, people: People, org: Bytes, room: Id, pinned: () => Seen): ControlLog => {
	const roomBytes = fromBase64Url(room);
	const entries: ControlEntry[] = [];
	const heads: string[] = [""];
	const states = makeRoomLog();
	const wraps = new Map<string, Wrap[]>();
	let running: Promise<boolean> | undefined;
	let checked = false;
	let broken = false;

	const state = (): ControlState => states.latest() ?? emptyControl();

	const anchored = (next: ControlState): void => {
		const own = equal(next.org, org) && equal(next.room, roomBytes);
		const rooted = equal(next.rootKid, people.organisation.state.rootKid) && people.recovers(next.recoveryKid);
		if (!own) throw refusal("bad_history", "wrong_room");
		if (!rooted) throw refusal("root_changed");
	};

	const extend = async (bytes: Bytes): Promise<void> => {
		const step = () => extendControl(state(), bytes, people.records(), people.findKey);
		const { state: next, entry } = await step().catch(async (thrown: unknown) => {
			if (!MAY_BE_STALE.has(wordOf(thrown))) throw thrown;
			const members = state().members.map((m) => toBase64Url(m.user));
			const read = await readControl(bytes);
			if (read.rare) await people.renew();
			await people.refresh([...usersOf(read), ...members]);
			return step();
		});
		if (entries.length === 0) anchored(next);
		entries.push(entry);
		states.add(next);
		heads.push(toBase64Url(next.head));
	};

	const keep = (wrap: Wrap): void => {
		const key = `${wrap.epoch}/${wrap.keyset}`;
		const list = wraps.get(key) ?? [];
		if (!list.some((one) => one.wrap === wrap.wrap)) wraps.set(key, [...list, wrap].sort((a, b) => a.entry - b.entry));
	};

	const page = async (): Promise<boolean> => {
		const reply = await call("room_log", { room, from: entries.length });
		reply.wraps.forEach(keep); // first: whoever sees an entry finds what came with it
		try {
			const fresh = reply.entries.map(fromBase64Url);
			const read = await Promise.all(fresh.map(readControl));
			await people.learn(read.flatMap(usersOf));
			for (const bytes of fresh) await extend(bytes);
		} catch (thrown) {
			if (isUncertain(thrown)) throw thrown;
			const word = wordOf(thrown);
			broken = true;
			throw word === "root_changed" || word === "bad_history" ? thrown : refusal("bad_history", word);
		}
		broken = false;
		return reply.more && reply.entries.length > 0;
	};

	const syncAll = async (): Promise<boolean> => {
		const before = entries.length;
		while (await page()) continue;
		if (!checked && !continues(pinned(), entries.length, (n) => heads[n])) throw refusal("bad_history", "rolled_back");
		checked = true;
		return entries.length > before;
	};

	return {
		room,
		state,
		entries,
		states,
		wraps: (epoch, keyset) => wraps.get(`${epoch}/${keyset}`) ?? [],
		broken: () => broken,
		sync: () => {
			const next = (running ?? Promise.resolve(false)).then(syncAll, syncAll);
			running = next;
			return next;
		},
		seen: () => ({ n: state().n, head: toBase64Url(state().head) }),
	};
};
