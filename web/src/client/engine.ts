// The engine: joins connection, self, list and rooms into the contract of api.ts. It holds no rule of its own; what is true about a room
// is decided in its log and conversation, what a person may do by the server and by the rules of the seal.

import type { Engine, EngineEvent, Id, Inviting, Language, Organising, Working } from "./api.js";
import type { Context } from "./context.js";
import type { Identification } from "./identify.js";
import type { Left } from "./draft.js";
import { makeLink, type Link } from "./link.js";
import type { Platform } from "./platform.js";
import type { RareActs } from "./rare-acts.js";
import { refusal } from "./refusal.js";
import { makeRoom, type Room } from "./room.js";
import { makeRooms, type Rooms } from "./rooms.js";
import { certificateOf } from "./room-view.js";
import { loadSelf, type Self } from "./self.js";
import { writeActs } from "./write-acts.js";
import { markOf } from "./user-state.js";
import type { RoomRow, ServerEvent, SessionOpened } from "./wire.js";
import { toBase64Url } from "../seal/index.js";

const MOST_WARM = 20;
const ROOMS_AT_ONCE = 4;
const WARM_PAUSE_MS = 120;
const FLUSH_MS = 2_000;
const NAME_TRIES = 3;
const NAME_PAUSE_MS = 2_500; // longer than another device waits before it saves

export interface EngineParts {
	readonly link: Link;
	self(): Self;
	room(id: Id): Room;
}

/** A server that does not answer keeps no key open. */
const briefly = (work: readonly unknown[]): Promise<unknown> =>
	Promise.race([Promise.allSettled(work), new Promise((resolve) => setTimeout(resolve, FLUSH_MS))]);

export const makeEngine = (platform: Platform, emit: (event: EngineEvent) => void): Engine & { readonly parts: EngineParts } => {
	let self: Self | undefined;
	let language: Language = "fi";
	const open = new Map<Id, Room>();
	const left = new Map<Id, Left>();
	const undeleted = new Map<Id, readonly Id[]>();
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

	/** How often the name of a room was asked for that another device may just be saving. */
	const asked = new Map<Id, number>();

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

	/** A client's list names counsellors: their certificates are in their chains. A counsellor's own names of rooms are in the user state. */
	const learnNames = async (): Promise<void> => {
		if (self?.stage() !== "open") return;
		await self.people.learn(rooms.rows().flatMap((row) => row.members)).catch(() => undefined);
		const store = self.store();
		const unnamed = rooms.rows().filter((row) => self?.me.role !== "client" && title(row) === "" && (asked.get(row.room) ?? 0) < NAME_TRIES);
		if (!store || unnamed.length === 0) return;
		for (const { room: id } of unnamed) asked.set(id, (asked.get(id) ?? 0) + 1);
		await store.refresh().catch(() => undefined);
		if (unnamed.some((row) => title(row) === "")) setTimeout(rooms.later, NAME_PAUSE_MS);
	};

	const rooms: Rooms = makeRooms(
		call, () => self?.me, { title, preview: (room) => open.get(room)?.preview() ?? "" },
		(list) => emit({ type: "rooms", rooms: list }), learnNames,
	);

	const context = (): Context => {
		const { me, people, account, store, warn } = mine();
		const kept = store();
		if (!kept) throw refusal("locked");
		return {
			platform, call, me, people, store: kept, account, undeleted, language: () => language, emit,
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
		await everything();
	};

	/** The room that was opened last comes first; nobody waits for hundreds of others. */
	const renewed = async (wanted: (one: Room) => unknown): Promise<void> => {
		const next = [...open.values()].reverse().filter(wanted).values();
		const inTurn = async (): Promise<void> => {
			for (const one of next) if (open.get(one.id) === one) await one.again();
		};
		await Promise.all(Array.from({ length: ROOMS_AT_ONCE }, inTurn));
	};

	const everything = (): Promise<unknown> => Promise.all([rooms.renew(), renewed(() => true)]);

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
			case "invitation_changed":
				return rooms.later();
			case "self_told":
				return emit({ type: "news" });
			case "message_typing":
				return open.get(event.body.room)?.typing(event.body.user);
			case "chain_changed":
				await self?.refresh(event.body.user).catch(() => undefined); // the rooms ask again
				rooms.later();
				tellSelf();
				// Rooms follow the keys of their members, and the organisation's recovery key.
				return renewed(({ id }) => rooms.row(id)?.members.concat(toBase64Url(mine().me.org)).includes(event.body.user));
			case "resync":
				emit({ type: "news" });
				return void (await everything());
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

	const rareDeps = { call, rooms, open, self: mine, context, prepared, identification, tellSelf, unlocked };

	/** Loaded with the first of them. */
	const rarely = (name: keyof RareActs) => async (...args: unknown[]) => {
		const acts = (await import("./rare.js")).makeRareActs(rareDeps);
		return (acts[name] as (...args: unknown[]) => Promise<unknown>)(...args);
	};

	const work = async (act: keyof Working, ...args: unknown[]) => {
		const acts = (await import("./work.js")).working({ call, context, prepared });
		return (acts[act] as (...args: unknown[]) => Promise<unknown>)(...args);
	};

	const invite = async (act: keyof Inviting, ...args: unknown[]) => {
		const acts = (await import("./invitation-acts.js")).makeInviting(rareDeps);
		return (acts[act] as (...args: unknown[]) => Promise<unknown>)(...args);
	};

	let organising: Promise<Organising> | undefined; // with what a ceremony holds
	const organise = async (act: keyof Organising, ...args: unknown[]) => {
		const acts = await (organising ??= import("./organisation-acts.js").then(({ makeOrganising }) => makeOrganising({ call, self: mine, tellSelf })));
		return (acts[act] as (...args: unknown[]) => Promise<unknown>)(...args);
	};
	const dropCeremony = (): void => void organising?.then((acts) => acts.ceremonyDrop());

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
		dropCeremony();
		await putAside();
		await mine().lock();
		forget(); // last: what was opened while it was saved goes too
		tellSelf();
		rooms.tell();
	};

	const own: Omit<Engine, keyof RareActs> & { readonly parts: EngineParts } = {
		organise: organise as Engine["organise"],
		invitation: invite as Engine["invitation"],
		work: work as Engine["work"],
		parts: { link, self: mine, room },
		start: async () => {
			self = await loadSelf(call, platform, await link.start(), () => void lock().catch(() => undefined));
			tellSelf();
			void rooms.renew();
			return self.view();
		},
		stop: async () => {
			dropCeremony();
			await putAside();
			rooms.stop();
			forget();
			self?.store()?.stop();
			link.stop();
		},
		suggestPassphrase: async (wanted) => (await import("./suggest.js")).suggest(() => platform.words(wanted)),
		unlock: async (secret) => {
			await mine().unlock(secret);
			void identifying?.then((one) => one.drop());
			await unlocked();
		},
		lock,
		openRoom: (id, wanted) => {
			const one = room(id);
			open.delete(id);
			open.set(id, one);
			return one.open(wanted);
		},
		leaveRoomView: async (id) => {
			const one = open.get(id);
			one?.watch(false);
			await one?.draft.flush().catch(() => undefined);
		},
		...writeActs(room, (id) => open.get(id), call, () => link.online()),
		setLanguage: async (wanted) => {
			language = wanted;
			mine().store()?.change((s) => (s.language === wanted ? s : { ...s, language: wanted, languageAt: Date.now() }));
		},
	};
	/** What is none of these is a rare act; an engine is no promise. */
	const get = (_: object, name: string | symbol): unknown =>
		name in own || name === "then" ? own[name as keyof typeof own] : rarely(name as keyof RareActs);
	return new Proxy<object>(own, { get }) as Engine & typeof own;
};
