// What few visits do: keys made, renewed and reset, rooms made and joined, members brought in and taken out, one's own name. Loaded with
// the first of it (rare.ts); the engine keeps what every visit needs.

import type { Engine, Id, Language, Secret } from "./api.js";
import type { Context } from "./context.js";
import type { Identification } from "./identify.js";
import { createRoom, join, readFragment, renew, waitFor } from "./invitations.js";
import { forgetDrafts } from "./lost.js";
import type { Room } from "./room.js";
import { refusal, wordOf } from "./refusal.js";
import { certificateOf } from "./room-view.js";
import type { Rooms } from "./rooms.js";
import type { Self } from "./self.js";
import { withMark } from "./user-state.js";
import type { Call } from "./wire.js";
import { activeMember, fromBase64Url, toBase64Url, type Fragment } from "../seal/index.js";

export interface RareDeps {
	readonly call: Call;
	readonly rooms: Rooms;
	readonly open: ReadonlyMap<Id, Room>;
	self(): Self;
	context(): Context;
	/** The room, verified and with its newest page. */
	prepared(room: Id): Promise<Room>;
	identification(): Promise<Identification>;
	tellSelf(): void;
	unlocked(): Promise<void>;
}

export type RareActs = Pick<Engine,
	| "identify" | "carry" | "carried" | "canOpen" | "sessions" | "endSession" | "createKeys" | "resetKeys" | "addPasskey" | "removePasskey" | "newCode" | "changePassphrase" | "setName" | "invite" | "renewInvitation"
	| "renameClient" | "addColleague" | "removeColleague" | "colleagues" | "identified" | "compareCode" | "confirmKeys" | "refuseKeys" | "closeRoom" | "reopenRoom"
	| "leaveRoom" | "acceptInvitation" | "readInvitation">;

const CLOSE_REASON = { finished: 1, moved: 2, no_contact: 3, other: 4 } as const;

type Keys = Pick<RareActs, "createKeys" | "resetKeys" | "addPasskey" | "removePasskey" | "newCode" | "changePassphrase" | "setName">;

const keyMaking = (d: RareDeps): Keys => {
	const mustBeHard = async (passphrase: string, name: string): Promise<void> => {
		const { isGuessed } = await import("./guessed.js");
		if (isGuessed(passphrase, [d.self().me.organisation, name])) throw refusal("weak_passphrase");
	};

	const made = async (input: { passphrase: string; name: string; language: Language }, reset: boolean): Promise<{ code: string }> => {
		const { language } = input;
		await mustBeHard(input.passphrase, input.name);
		const code = await d.self().create(input.passphrase, input.name, reset, (await d.identification()).take());
		d.self().store()?.change((s) => ({ ...s, language, languageAt: Date.now() }));
		await d.unlocked();
		if (reset) await forgetDrafts(d.call, d.rooms.rows().map((row) => row.room));
		return { code };
	};

	const renewed = async (present: Secret | undefined, next: string): Promise<{ code: string }> => {
		const code = await d.self().renew(present, next);
		for (const one of d.open.values()) void one.draft.renew().catch(() => undefined);
		d.tellSelf();
		return { code };
	};

	return {
		createKeys: (input) => made(input, false),
		resetKeys: (input) => made(input, true),
		addPasskey: async (prf, credential) => {
			await d.self().addPasskey(prf, credential);
			d.tellSelf();
		},
		removePasskey: ({ passphrase }) => renewed({ passphrase }, passphrase),
		newCode: ({ passphrase }) => renewed({ passphrase }, passphrase),
		changePassphrase: async ({ present, passphrase }) => {
			await mustBeHard(passphrase, d.context().store.get().name);
			return renewed(present, passphrase);
		},
		setName: async (name) => {
			const c = d.context();
			c.store.change((s) => ({ ...s, name, nameAt: Date.now() }));
			d.tellSelf();
			if (c.me.role !== "client") return;
			for (const row of d.rooms.rows().filter((r) => r.phase === "open")) (await d.prepared(row.room)).outbox.add({ type: "name", text: name });
		},
	};
};

type Inviting = Pick<RareActs, "invite" | "renewInvitation" | "renameClient" | "acceptInvitation" | "readInvitation">;

const label = (d: RareDeps, id: Id, name: string): void => {
	d.self().store()?.change((s) => withMark(s, id, { label: name, labelAt: Date.now() }));
};

/** A room that was just made gets its name here, and the first words in it. */
export const furnish = async (d: RareDeps, room: Id, name: string, welcome: string): Promise<void> => {
	label(d, room, name);
	await d.rooms.refresh();
	const one = await d.prepared(room);
	if (welcome.trim() !== "") await one.outbox.add({ type: "text", text: welcome }).done;
	await d.self().store()?.flush();
};

const inviting = (d: RareDeps): Inviting => {
	/** Once in a room its invitation is no more: who asks again, because no answer came, is there already. */
	const joined = (link: Fragment): ReturnType<typeof join> =>
		join(d.context(), link).catch(async (thrown: unknown) => {
			if (wordOf(thrown) !== "not_found") throw thrown;
			await d.rooms.refresh();
			const room = toBase64Url(link.room);
			if (!d.rooms.row(room)) throw thrown;
			return { room, name: "" };
		});

	return {
		invite: async ({ name, welcome }) => {
			const made = await createRoom(d.context(), name);
			await furnish(d, made.room, name, welcome);
			return made;
		},
		renewInvitation: async (id) => renew(d.context(), id, (await d.prepared(id)).acts),
		renameClient: async (id, name) => {
			label(d, id, name);
			d.rooms.tell();
			const one = d.open.get(id);
			one?.show();
			one?.showAll();
		},
		acceptInvitation: async (fragment) => {
			const c = d.context();
			const link = readFragment(fragment);
			if (!link.secret) {
				const room = await waitFor(c, link);
				d.tellSelf();
				return { room, waits: true };
			}
			const { room: id, name } = await joined(link);
			c.store.change((s) => ({ ...s, root: s.root || toBase64Url(c.people.organisation.state.rootKid), name: s.name || name, nameAt: s.nameAt || Date.now() }));
			await d.rooms.refresh();
			const one = await d.prepared(id);
			const card = c.store.get().name;
			if (card !== "" && one.conversation.timeline.name(c.me.user) !== card) await one.outbox.add({ type: "name", text: card }).done;
			await c.store.flush();
			return { room: id, waits: false };
		},
		readInvitation: async (fragment) => {
			try {
				return { ok: readFragment(fragment).token.length > 0 };
			} catch {
				return { ok: false };
			}
		},
	};
};

type Membership = Omit<RareActs, keyof Keys | keyof Inviting | keyof ReturnType<typeof own>>;

const membership = (d: RareDeps): Membership => ({
	addColleague: async (id, user, history) => {
		const one = await d.prepared(id);
		const newest = one.conversation.timeline.newest();
		await one.acts.addColleague(user, history, newest && { seq: newest.seq, hash: newest.env.hash });
	},
	removeColleague: async (id, user) => (await d.prepared(id)).acts.removeColleague(user),
	colleagues: async () => {
		const { people, me } = d.self();
		const { users } = await d.call("colleagues", {});
		await people.learn(users);
		const valid = users.filter((user) => user !== me.user && people.chain(user)?.state.cert !== undefined && !people.broken(user));
		return valid.map((user) => ({ user, name: certificateOf(people, user)?.name ?? "" })).sort((a, b) => a.name.localeCompare(b.name));
	},
	identified: async (room, user, reason) => {
		const { given, family, provider, identified_at: at } = await d.call("identified_name", { room, user, reason });
		return { name: `${given} ${family}`.trim(), provider, at };
	},
	compareCode: async (id, user) => (await d.prepared(id)).acts.compare(user),
	confirmKeys: async (id, user, code) => (await d.prepared(id)).acts.confirm(user, code),
	/** Staff take a member out whose keys are not theirs; a client can only stop writing to them. */
	refuseKeys: async (id, user) => {
		const one = await d.prepared(id);
		const { store, me } = d.context();
		const member = activeMember(one.log.state(), fromBase64Url(user));
		const kid = member ? toBase64Url(member.encKid) : "";
		if (kid !== "" && !store.get().refused.includes(kid)) store.change((s) => ({ ...s, refused: [...s.refused, kid] }));
		if (me.role !== "client") await one.acts.expel(user);
		one.show();
	},
	closeRoom: async (id, reason) => (await d.prepared(id)).acts.close(CLOSE_REASON[reason]),
	reopenRoom: async (id) => (await d.prepared(id)).acts.reopen(),
	/** Afterwards the log is not ours to read any more: that this is refused says that we are out. */
	leaveRoom: async (id) => {
		const { acts } = await d.prepared(id);
		await acts.leave().catch((thrown: unknown) => {
			if (wordOf(thrown) !== "not_member") throw thrown;
		});
	},
});

const own = (d: RareDeps): Pick<RareActs, "identify" | "carry" | "carried" | "canOpen" | "sessions" | "endSession"> => ({
	identify: async (fragment) => (await d.identification()).begin(fragment),
	carry: async (departure) => (await d.identification()).carry(departure),
	carried: async (sealed, carryKey) => (await d.identification()).carried(sealed, carryKey),
	canOpen: (secret) => d.self().prove(secret),
	sessions: async () => (await d.call("session_list", {})).sessions,
	endSession: async (session) => void (await d.call("session_end", { session })),
});

export const makeRareActs = (d: RareDeps): RareActs => ({ ...own(d), ...keyMaking(d), ...inviting(d), ...membership(d) });
