// The engine: joins connection, self, list and rooms into the contract of api.ts. It holds no rule of its own; what is true about a room
// is decided in its log and conversation, what a person may do by the server and by the rules of the seal.

import type { Engine, EngineEvent, Id, Language, Secret } from "./api.js";
import type { Context } from "./context.js";
import type { Identification } from "./identify.js";
import type { Made } from "./invitations.js";
import type { Left } from "./draft.js";
import { makeLink, type Link } from "./link.js";
import type { Platform } from "./platform.js";
import { refusal } from "./refusal.js";
import { makeRoom, type Room } from "./room.js";
import { makeRooms, type Rooms } from "./rooms.js";
import { certificateOf } from "./room-view.js";
import { loadSelf, type Self } from "./self.js";
import { writeActs } from "./write-acts.js";
import { markOf, withMark } from "./user-state.js";
import { activeMember, fromBase64Url, toBase64Url } from "../seal/index.js";
import type { RoomRow, ServerEvent, SessionOpened } from "./wire.js";

const MOST_WARM = 20;
const WARM_PAUSE_MS = 120;
const FLUSH_MS = 2_000;

export interface EngineParts {
	readonly link: Link;
	self(): Self;
	room(id: Id): Room;
}

const CLOSE_REASON = { finished: 1, moved: 2, no_contact: 3, other: 4 } as const;

/** A server that does not answer keeps no key open. */
const briefly = (work: readonly unknown[]): Promise<unknown> =>
	Promise.race([Promise.allSettled(work), new Promise((resolve) => setTimeout(resolve, FLUSH_MS))]);

export const makeEngine = (platform: Platform, emit: (event: EngineEvent) => void): Engine & { readonly parts: EngineParts } => {
	let self: Self | undefined;
	let language: Language = "fi";
	const open = new Map<Id, Room>();
	const left = new Map<Id, Left>();
	let asking: Promise<void> | undefined; // for the newest state, before a warning

	const link = makeLink(platform, {
		online: (session) => void cameOnline(session).catch(() => undefined),
		event: (event) => void heard(event).catch(() => undefined),
		state: (state, retryAt) => emit({ type: "connection", state, retryAt }),
		ended: (why) => {
			forget();
			emit({ type: "ended", why });
		},
	});
	const { call } = link;

	let identifying: Promise<Identification> | undefined; // with keys made for it
	const identification = () => (identifying ??= import("./rare.js").then(({ makeIdentification }) => makeIdentification(platform.origin)));

	/** Loaded by who invites or is invited, or makes keys. */
	const rare = () => import("./rare.js");

	const mine = (): Self => {
		if (!self) throw refusal("not_signed_in");
		return self;
	};

	const tellSelf = (): void => void (self && emit({ type: "self", self: self.view() }));

	const staffName = (row: RoomRow): string => {
		for (const user of row.members) {
			const name = user !== self?.me.user && self ? certificateOf(self.people, user)?.name : undefined;
			if (name) return name;
		}
		return "";
	};

	const title = (row: RoomRow): string => {
		const shown = open.get(row.room)?.title();
		if (shown) return shown;
		const store = self?.store();
		return self?.me.role === "client" ? staffName(row) : store ? markOf(store.get(), row.room).label : "";
	};

	/** A client's list names counsellors: their certificates are in their chains. */
	const learnNames = async (): Promise<void> => {
		if (self?.stage() === "open") await self.people.learn(rooms.rows().flatMap((row) => row.members)).catch(() => undefined);
	};

	const rooms: Rooms = makeRooms(
		call, () => self?.me.organisation ?? "", { title, preview: (room) => open.get(room)?.preview() ?? "" },
		(list) => emit({ type: "rooms", rooms: list }), learnNames,
	);

	const context = (): Context => {
		const { me, people, account, store, warn } = mine();
		const kept = store();
		if (!kept) throw refusal("locked");
		return {
			platform, call, me, people, store: kept, account, language: () => language, emit,
			older: async (which, version) => {
				// Another device may have saved since: only what the server still does not give is old.
				await (asking ??= kept.refresh().catch(() => undefined).finally(() => (asking = undefined)));
				if (self?.store() !== kept || version <= (which === "old_state" ? kept.version() : account().version)) return;
				warn(which);
				tellSelf();
			},
			roomsChanged: rooms.later,
		};
	};

	const room = (id: Id): Room => {
		const made = open.get(id) ?? makeRoom(context(), id, () => rooms.row(id), (row) => {
			rooms.set(row);
			rooms.tell();
		}, () => left.get(id));
		open.set(id, made);
		return made;
	};

	const prepared = async (id: Id): Promise<Room> => {
		const one = room(id);
		if (!rooms.row(id)) await rooms.refresh();
		await one.prepare();
		return one;
	};

	const forget = (): void => {
		for (const one of open.values()) one.close();
		open.clear();
	};

	/** After a reconnect everything that may have been missed is asked for. */
	const cameOnline = async (session: SessionOpened): Promise<void> => {
		if (!self) return;
		if (session.user !== self.me.user) {
			link.stop();
			forget();
			return emit({ type: "ended", why: "replaced" });
		}
		await rooms.refresh();
		await Promise.all([...open.values()].map((one) => one.again()));
	};

	const heard = async (event: ServerEvent): Promise<void> => {
		switch (event.ev) {
			case "message_posted":
				rooms.later();
				return open.get(event.body.room)?.posted(event.body.rows);
			case "control_appended":
				rooms.later();
				return open.get(event.body.room)?.appended();
			case "room_pending":
				return open.get(event.body.room)?.usedUp();
			case "message_typing":
				return open.get(event.body.room)?.typing(event.body.user);
			case "chain_changed":
				await self?.people.refresh([event.body.user]);
				tellSelf();
				for (const one of open.values()) one.show();
				return;
			case "resync":
				await rooms.refresh();
				await Promise.all([...open.values()].map((one) => one.again()));
				return;
			case "session_ended":
				return;
		}
	};

	/** Staff see last words in the list: the newest rooms are read one after another while nothing else happens. */
	const warm = async (account: Self): Promise<void> => {
		const wanted = rooms.rows().filter((row) => row.phase === "open").sort((a, b) => b.last_at - a.last_at).slice(0, MOST_WARM);
		for (const row of wanted) {
			await new Promise((resolve) => setTimeout(resolve, WARM_PAUSE_MS));
			if (account.stage() !== "open" || account !== self || !link.online()) return;
			await room(row.room).prepare().catch(() => undefined);
			rooms.tell();
		}
	};

	const unlocked = async (): Promise<void> => {
		const account = mine();
		language = account.store()?.get().language ?? language;
		tellSelf();
		await rooms.refresh();
		if (account.me.role !== "client" && platform.readAhead) void warm(account).catch(() => undefined);
	};

	const label = (id: Id, name: string): void => {
		mine().store()?.change((s) => withMark(s, id, { label: name, labelAt: Date.now() }));
	};

	const invited = async (made: Made, name: string, welcome: string): Promise<Made> => {
		label(made.room, name);
		await rooms.refresh();
		const one = await prepared(made.room);
		if (welcome.trim() !== "") await one.outbox.add({ type: "text", text: welcome }).done;
		await mine().store()?.flush();
		return made;
	};

	const renew = async (id: Id): Promise<{ link: string; expiresAt: number }> => {
		const one = await prepared(id);
		return (await rare()).renew(context(), id, one.acts);
	};

	const accept = async (fragment: string): Promise<{ room: Id }> => {
		const c = context();
		const { join, readFragment } = await rare();
		const { room: id, name } = await join(c, readFragment(fragment));
		c.store.change((s) => ({ ...s, root: s.root || toBase64Url(c.people.organisation.state.rootKid), name: s.name || name, nameAt: s.nameAt || Date.now() }));
		await rooms.refresh();
		const one = await prepared(id);
		const card = c.store.get().name;
		if (card !== "" && one.conversation.timeline.name(c.me.user) !== card) await one.outbox.add({ type: "name", text: card }).done;
		await c.store.flush();
		return { room: id };
	};

	const setName = async (name: string): Promise<void> => {
		const c = context();
		c.store.change((s) => ({ ...s, name, nameAt: Date.now() }));
		tellSelf();
		if (c.me.role !== "client") return;
		for (const row of rooms.rows().filter((r) => r.phase === "open")) (await prepared(row.room)).outbox.add({ type: "name", text: name });
	};

	const colleagues = async (): Promise<{ user: Id; name: string }[]> => {
		const { people, me } = mine();
		const { users } = await call("colleagues", {});
		await people.learn(users);
		const valid = users.filter((user) => user !== me.user && people.chain(user)?.state.cert !== undefined && !people.broken(user));
		return valid.map((user) => ({ user, name: certificateOf(people, user)?.name ?? "" })).sort((a, b) => a.name.localeCompare(b.name));
	};

	/** Staff take a member out whose keys are not theirs; a client can only stop writing to them. */
	const refuseKeys = async (id: Id, user: Id): Promise<void> => {
		const one = await prepared(id);
		const { store, me } = context();
		const member = activeMember(one.log.state(), fromBase64Url(user));
		if (member && !store.get().refused.includes(toBase64Url(member.encKid)))
			store.change((s) => ({ ...s, refused: [...s.refused, toBase64Url(member.encKid)] }));
		if (me.role !== "client") await one.acts.expel(user);
		one.show();
	};

	const made = async (passphrase: string, name: string, wanted: Language, reset: boolean): Promise<{ code: string }> => {
		const code = await mine().create(passphrase, name, reset, (await identification()).take());
		mine().store()?.change((s) => ({ ...s, language: wanted, languageAt: Date.now() }));
		await unlocked();
		if (reset) await (await rare()).forgetDrafts(call, rooms.rows().map((row) => row.room));
		return { code };
	};

	const renewed = async (present: Secret | undefined, next: string): Promise<{ code: string }> => {
		const code = await mine().renew(present, next);
		for (const one of open.values()) void one.draft.renew().catch(() => undefined);
		tellSelf();
		return { code };
	};

	/** What was not sent goes into the drafts; a draft that the server does not take stays here, sealed. */
	const putAside = async (): Promise<void> => {
		const all = [...open.values()];
		if (link.online()) await briefly(all.map((one) => one.outbox.idle()));
		await briefly([...all.map((one) => one.keepUnsent()), self?.store()?.flush()]);
		for (const one of all) {
			const sealed = await one.draft.left().catch(() => undefined);
			if (sealed) left.set(one.id, sealed);
			else if (one.draft.loaded()) left.delete(one.id);
		}
	};

	const lock = async (): Promise<void> => {
		await putAside();
		await mine().lock();
		forget(); // last: what was opened while it was saved goes too
		tellSelf();
		rooms.tell();
	};

	return {
		parts: { link, self: mine, room },
		start: async () => {
			self = await loadSelf(call, platform, await link.start(), () => void lock().catch(() => undefined));
			tellSelf();
			void rooms.refresh().catch(() => undefined);
			return self.view();
		},
		stop: async () => {
			await putAside();
			rooms.stop();
			forget();
			self?.store()?.stop();
			link.stop();
		},
		identify: async (fragment) => (await identification()).begin(fragment),
		carry: async (departure) => (await identification()).carry(departure),
		carried: async (sealed, carryKey) => (await identification()).carried(sealed, carryKey),
		suggestPassphrase: async (wanted) => (await import("./suggest.js")).suggest(() => platform.words(wanted)),
		createKeys: ({ passphrase, name, language: wanted }) => made(passphrase, name, wanted, false),
		resetKeys: ({ passphrase, name, language: wanted }) => made(passphrase, name, wanted, true),
		unlock: async (secret) => {
			await mine().unlock(secret);
			void identifying?.then((one) => one.drop());
			await unlocked();
		},
		canOpen: (secret) => mine().prove(secret),
		addPasskey: async (prf, credential) => {
			await mine().addPasskey(prf, credential);
			tellSelf();
		},
		removePasskey: ({ passphrase }) => renewed({ passphrase }, passphrase),
		lock,
		newCode: ({ passphrase }) => renewed({ passphrase }, passphrase),
		changePassphrase: ({ present, passphrase }) => renewed(present, passphrase),
		sessions: async () => (await call("session_list", {})).sessions,
		endSession: async (session) => void (await call("session_end", { session })),
		setName,
		openRoom: (id, wanted) => room(id).open(wanted),
		leaveRoomView: async (id) => {
			const one = open.get(id);
			one?.watch(false);
			await one?.draft.flush().catch(() => undefined);
		},
		...writeActs(room, call, () => link.online()),
		invite: async ({ name, welcome }) => invited(await (await rare()).createRoom(context(), name), name, welcome),
		renewInvitation: renew,
		renameClient: async (id, name) => {
			label(id, name);
			rooms.tell();
			const one = open.get(id);
			one?.show();
			one?.showAll();
		},
		addColleague: async (id, user, history) => {
			const one = await prepared(id);
			const newest = one.conversation.timeline.newest();
			await one.acts.addColleague(user, history, newest && { seq: newest.seq, hash: newest.env.hash });
		},
		removeColleague: async (id, user) => (await prepared(id)).acts.removeColleague(user),
		colleagues,
		compareCode: async (id, user) => (await prepared(id)).acts.compare(user),
		confirmKeys: async (id, user, code) => (await prepared(id)).acts.confirm(user, code),
		refuseKeys,
		closeRoom: async (id, reason) => (await prepared(id)).acts.close(CLOSE_REASON[reason]),
		reopenRoom: async (id) => (await prepared(id)).acts.reopen(),
		leaveRoom: async (id) => (await prepared(id)).acts.leave(),
		acceptInvitation: accept,
		readInvitation: async (fragment) => {
			const { readFragment } = await rare();
			try {
				return { ok: readFragment(fragment).token.length > 0 };
			} catch {
				return { ok: false };
			}
		},
		setLanguage: async (wanted) => {
			language = wanted;
			mine().store()?.change((s) => (s.language === wanted ? s : { ...s, language: wanted, languageAt: Date.now() }));
		},
	};
};
