// One room that is open in this browser: its control log, keys, conversation and outbox joined, and what the page is told about them.

import type { Id, Language, MessageView, RoomView } from "./api.js";
import type { Context } from "./context.js";
import { makeControlLog, type ControlLog } from "./control-log.js";
import { idOf, makeConversation, type Conversation } from "./conversation.js";
import { makeDraft, type Draft, type Left } from "./draft.js";
import { makeRoomKeys, type RoomKeys } from "./epoch-keys.js";
import { makeOutbox, type Job, type Outbox } from "./outbox.js";
import { insistent } from "./link.js";
import { refusal, wordOf } from "./refusal.js";
import type { Acts } from "./room-acts.js";
import { emptyRoomView, fileLine, jobView, membersView, messageView, nameOf, openingView, systemViews, titleOf, unreadableViews, type Names } from "./room-view.js";
import { makeSender, type Sender } from "./sender.js";
import type { Known, Message } from "./timeline.js";
import { memberSince, unheard, waiting } from "./new-keys.js";
import { markOf, withMark, withPin } from "./user-state.js";
import type { AgreementCard, RoomRow, Row } from "./wire.js";
import { activeMember, equal, fromBase64Url, grantIn, isPresent, isRotationDue, isZero, KIND, mayWriteIn, random, ROLE, toBase64Url, type ControlState } from "../seal/index.js";

const TYPING_MS = 6_000;
const ROTATE_WAIT_MS = 400;
const PREVIEW_DEPTH = 30;

export interface Room {
	readonly id: Id;
	readonly log: ControlLog;
	readonly keys: RoomKeys;
	readonly conversation: Conversation;
	readonly outbox: Outbox;
	readonly draft: Draft;
	readonly acts: Acts;
	readonly sender: Sender;
	/** Asked before the keys are locked: what is not saved yet. */
	readonly parting: Set<() => Promise<void>>;
	/** Called when the room and its keys are put away. */
	readonly endings: Set<() => void>;
	/** As before a message is sealed: rotated if it is due; refuses where nothing may be sent. */
	ready(kind?: number): Promise<ControlState>;
	names(): Names;
	/** Told of what changed: ids of messages and items. */
	readonly heard: Set<(ids: readonly Id[]) => void>;
	/** Fetches, verifies and shows; also after a reconnect and for another language. */
	open(language: Language): Promise<RoomView>;
	/** Verifies log and newest page without showing: for acts on a room that no page looks at. */
	prepare(): Promise<void>;
	show(): RoomView;
	/** Sends every view that there is, for a page that opens the room again. */
	showAll(): void;
	showJob(job: Job): void;
	dropJob(id: Id): void;
	posted(rows: readonly Row[]): Promise<void>;
	appended(): Promise<void>;
	usedUp(): Promise<void>;
	typing(user: Id): void;
	/** Catches up after the connection was away. */
	again(): Promise<void>;
	preview(): string;
	title(): string;
	goOn(): void;
	watch(on: boolean): void;
	/** Sends nothing more; what was not sent is kept in the draft. */
	keepUnsent(): Promise<void>;
	close(): void;
}

/** Acts on the control log are loaded with the first of them: a browser that reads and writes needs none. */
const lazyActs = (c: Context, log: ControlLog, keys: RoomKeys): Acts => {
	let loaded: Promise<Acts> | undefined;
	const load = (): Promise<Acts> => (loaded ??= import("./rare.js").then(({ makeActs }) => makeActs(c, log, keys)));
	const act = (name: keyof Acts) => async (...args: unknown[]) => ((await load())[name] as (...args: unknown[]) => Promise<unknown>)(...args);
	return new Proxy({} as Acts, { get: (_, name) => (name === "then" ? undefined : act(name as keyof Acts)) });
};

export const makeRoom = (c: Context, id: Id, row: () => RoomRow | undefined, change: (row: RoomRow) => void, left: () => Left | undefined): Room => {
	const { call, me, people, store } = c;
	const log = makeControlLog(call, people, me.org, id, () => markOf(store.get(), id).log);
	const keys = makeRoomKeys(log, () => c.account().keys.enc);
	const acts = lazyActs(c, log, keys);
	const draft = makeDraft(call, id, () => c.account().vault, () => show(), left);
	const typists = new Map<Id, ReturnType<typeof setTimeout>>();
	const lines = new Map<Id, string>(); // system lines as they were told last
	let agreement: AgreementCard | undefined;
	let language: Language = c.language();
	let believed: readonly number[] = []; // doubts that the person has gone on after
	let used = 0; // the epoch that the server says is used up
	let readBefore = 0;
	let watched = false;
	let begun: Promise<void> | undefined;
	let missed = false; // rows and chains may have gone on unheard
	let sought = 0; // of what was seen before, the newest that the server was asked for since
	const endings = new Set<() => void>();

	const names = (): Names => ({
		me: me.user, myRole: me.role, myName: store.get().name, label: markOf(store.get(), id).label, people, card: (user) => conversation.timeline.name(user),
	});

	const isHidden = (m: Message): boolean => {
		const place = log.states.find(m.known.env.logHead)?.index ?? 0;
		return m.locked && (m.known.env.kind === KIND.note || place < memberSince(log.entries, me.userBytes));
	};

	const heard = new Set<(ids: readonly Id[]) => void>();
	const parting = new Set<() => Promise<void>>();

	const viewsOf = (ids: Iterable<Id>): MessageView[] => {
		const readUpTo = conversation.timeline.readByOthers(me.user);
		return [...ids].flatMap((one) => {
			const m = conversation.timeline.message(one);
			return m && !isHidden(m) ? [messageView(m, log, names(), readUpTo)] : [];
		});
	};

	/** Lines of the log move when older pages come in; only those that changed are told. */
	const changedLines = (): MessageView[] =>
		[...systemViews(log, conversation, names()), ...unreadableViews(id, conversation)].filter((view) => {
			const now = JSON.stringify(view);
			const same = lines.get(view.id) === now;
			lines.set(view.id, now);
			return !same;
		});

	const tell = (changed: readonly MessageView[], removed: readonly Id[] = []): void => {
		if (watched && (changed.length > 0 || removed.length > 0)) c.emit({ type: "messages", room: id, changed: [...changed], removed: [...removed] });
	};

	/** Own messages that somebody has read since it was looked at last. */
	const newlyRead = (): Id[] => {
		const readUpTo = conversation.timeline.readByOthers(me.user);
		const from = readBefore;
		readBefore = readUpTo;
		if (readUpTo <= from) return [];
		return conversation.timeline.all().filter((m) => m.known.seq > from && m.known.seq <= readUpTo).map((m) => idOf(m.known));
	};

	const announce = (fresh: readonly Known[]): void => {
		for (const known of fresh) {
			const from = toBase64Url(known.env.sender);
			typists.delete(from);
			if (from === me.user || known.content?.type !== "text" || !watched) continue;
			const [view] = viewsOf([idOf(known)]);
			if (view) c.emit({ type: "announce", room: id, from: view.senderName, text: view.text });
		}
	};

	const conversation: Conversation = makeConversation({
		call, room: id, log, keys, people,
		firstSeq: () => firstSeq(),
		changed: (ids, fresh) => {
			tell([...viewsOf(new Set([...ids, ...newlyRead()])), ...changedLines()], ids.filter((one) => !conversation.timeline.message(one)));
			announce(fresh);
			for (const hear of heard) hear(ids);
			remember();
			if (fresh.length > 0) c.roomsChanged();
			if (watched) show();
		},
		echo: (env, echo) => {
			if (!equal(env.sender, me.userBytes)) return;
			if (echo.stateVersion > store.version()) c.older("old_state", echo.stateVersion);
			if (echo.unlockersVersion > c.account().version) c.older("old_unlockers", echo.unlockersVersion);
		},
	});

	/** Where one's own history begins: what an ADD says, unless a grant opened all of it. */
	const firstSeq = (): number => {
		const added = brought();
		const granted = log.entries.some((e) => {
			const given = grantIn(e);
			return given?.from === 1 && equal(given.to, me.userBytes);
		});
		return added?.type === "add" && !granted ? Math.max(1, added.baselineSeq) : 1;
	};

	const remember = (): void => {
		const mark = markOf(store.get(), id);
		const seen = log.seen();
		const seq = Math.max(mark.seq, conversation.highest());
		if (seen.n > mark.log.n || seq > mark.seq + 20) store.change((s) => withMark(s, id, { log: seen.n > mark.log.n ? seen : mark.log, seq }));
	};

	const pin = (): void => {
		const seen = people.seen();
		for (const [user, at] of Object.entries(seen)) {
			if ((store.get().pins[user]?.n ?? 0) < at.n) store.change((s) => withPin(s, user, at));
		}
	};

	const isCertified = (state: ControlState): boolean => {
		if (activeMember(state, me.userBytes)?.role !== ROLE.staff) return true;
		const cert = people.chain(me.user)?.state.cert;
		return cert !== undefined && cert.validFrom <= Date.now() && Date.now() <= cert.validUntil;
	};

	/** Our own chain says more of us than the room knows. */
	const isOutgrown = (): boolean => unheard(log.state(), me.userBytes, people.chain(me.user)?.state, Date.now()) !== undefined;

	const newKeys = () => waiting(log.state(), log.entries, people, me.userBytes, (user, role) => nameOf(names(), user, role));

	/** The newest that another of our devices has seen and this one has not, unless it lies before what is ours to see since we came again; 0: nothing. */
	const unseen = (): number => {
		const { seq } = markOf(store.get(), id);
		return conversation.highest() < seq && seq >= firstSeq() ? seq : 0;
	};

	const catchUp = async (): Promise<void> => {
		const wanted = unseen();
		await conversation.catchUp();
		sought = Math.max(sought, wanted);
	};

	/** Messages by their place; 0: the newest that were seen before are gone, also when they were asked for anew; -1: what was added to the log does not verify. */
	const doubts = (): number[] => [
		...conversation.doubts(), ...(unseen() > 0 && unseen() <= sought ? [0] : []), ...(log.broken() ? [-1] : []),
	];

	const isDoubtful = (): boolean =>
		doubts().some((one) => !believed.includes(one)) || log.state().members.some((m) => m.active && people.broken(toBase64Url(m.user)));

	/** Else nobody could read what is written now, before somebody comes. */
	const isStaffPresent = (state: ControlState): boolean =>
		state.members.some((m) => m.role === ROLE.staff && isPresent(m, people.records(), Date.now()));

	const blocked = (): RoomView["blocked"] => {
		const state = log.state();
		if (state.phase === "closed" || (agreement && agreement.state !== "live")) return "closed"; // under an agreement that ends it is read, as a closed one
		if (isDoubtful()) return "quarantine";
		if (!isCertified(state)) return "not_certified";
		if (state.members.some((m) => m.active && store.get().refused.includes(toBase64Url(m.encKid)))) return "keys_refused";
		if (!activeMember(state, me.userBytes)) return "no_keys";
		return me.role === "client" && !isStaffPresent(state) ? "no_staff" : null;
	};

	const due = (): boolean => {
		const state = log.state();
		return isRotationDue(state, people.records(), Date.now()) || (state.phase === "open" && ((used > 0 && state.epoch === used) || !equal(state.recoveryKid, people.organisation.state.recoveryKid)));
	};

	/** In an epoch of somebody unproven only they write, and they in no other; staff no note in one without a staff key. */
	const mayWrite = (kind = 0): boolean => {
		const state = log.state();
		const mine = activeMember(state, me.userBytes);
		return mine !== undefined && mayWriteIn(state, mine) && (kind !== KIND.note || mine.role !== ROLE.staff || !isZero(state.epochs[state.epoch - 1]!.staffCommit));
	};

	const makeView = (): RoomView => {
		const state = log.state();
		const why = blocked();
		return {
			...emptyRoomView(id),
			phase: state.phase === "closed" ? state.phase : "open", title: titleOf(log, names()), members: membersView(log, names()),
			createdAt: log.entries[0]?.env.time ?? 0, invitation: state.invite && state.invite.expires > Date.now() ? { expiresAt: state.invite.expires } : null, pending: due(), blocked: why,
			canSend: why === null, newKeys: newKeys(), openings: log.entries.flatMap((entry) => openingView(entry, names()) ?? []), olderLeft: conversation.olderLeft(), draft: draft.text(), elsewhere: draft.elsewhere(), readUpTo: row()?.read_seq ?? 0,
			typing: [...typists.keys()].map((user) => ({ user, name: membersView(log, names()).find((m) => m.user === user)?.name ?? "" })),
			...(agreement && {
				card: agreement,
				controller: agreement.controller, retentionDays: agreement.retention_days,
			}),
		};
	};

	const show = (): RoomView => {
		const view = makeView();
		if (watched) c.emit({ type: "room", view });
		return view;
	};

	let rotating: Promise<void> | undefined;
	const rotate = (kind = 0): Promise<void> => {
		const changed = async (): Promise<void> => {
			if (isOutgrown()) await rekey();
			if (due() || !mayWrite(kind)) await acts.rotate(() => (mayWrite(kind) ? used : log.state().epoch));
		};
		rotating ??= changed().then(() => log.sync()).then(() => undefined).finally(() => {
			rotating = undefined;
			show();
		});
		return rotating;
	};

	/** Several browsers see that an epoch is due; a moment's difference lets one be first. */
	const rotateSoon = (): void => {
		if (!due() || blocked() !== null) return;
		setTimeout(() => void (due() && blocked() === null && rotate().catch(() => undefined)), Math.random() * ROTATE_WAIT_MS);
	};

	const jobChanged = (job: Job, was: Id): void => {
		const view = jobView(job, log, me.userBytes, names());
		tell(view ? [view] : [], was === job.id ? [] : [was]);
	};

	const ready = async (kind = 0): Promise<ControlState> => {
		if (!begun) await prepare();
		if (unseen() > sought) await catchUp();
		const why = blocked();
		if (why !== null) throw refusal(why === "closed" ? "room_closed" : why);
		if (due() || isOutgrown()) await rotate();
		// Somebody else may have been faster with an epoch of theirs, and again.
		for (let tries = 0; tries < 4 && !mayWrite(kind); tries++) await rotate(kind);
		if (!mayWrite(kind)) throw refusal("busy");
		return log.state();
	};

	/** Who comes and has nothing in sight follows the envelope that their ADD names. */
	const parents = () => {
		const [heads, body] = [conversation.heads(), brought()];
		return heads.length === 0 && body?.type === "add" && !isZero(body.baseline) ? [body.baseline] : heads;
	};

	const sender = makeSender({ c, id, log, keys, conversation, language: () => language, row, parents, ready });

	const outbox = makeOutbox(
		{
			seal: (content) => sender.seal(content),
			post: (envelope) => call("message_post", { envelope }),
			learn: async (word) => {
				if (word === "rotation_pending") used = log.state().epoch;
				return sender.learn(word);
			},
			posted: async (job, at) => {
				sender.acknowledged();
				await conversation.live([{ ...at, envelope: job.envelope as string }]).catch(() => look(true));
				if (job.content.type === "read") readTo(job.content.hash);
				c.roomsChanged();
			},
			changed: jobChanged,
		},
		() => toBase64Url(random(16)),
	);

	const readTo = (hash: Uint8Array<ArrayBuffer>): void => {
		const mine = row();
		const seq = conversation.timeline.seqOf(hash);
		if (mine && seq > mine.read_seq) change({ ...mine, read_seq: seq, unread: 0 });
	};

	const begin = async (): Promise<void> => {
		if (store.get().root !== toBase64Url(people.organisation.state.rootKid) || !people.rooted()) throw refusal("root_changed");
		await log.sync();
		pin();
		const { seq } = markOf(store.get(), id);
		await Promise.all([conversation.begin(), draft.load().catch(() => undefined)]);
		sought = seq;
		deleteLeft();
	};

	/** Deletions that could not be sent before the keys were locked. */
	const deleteLeft = (): void => {
		const left = new Set([...(markOf(store.get(), id).deletes ?? []), ...(c.undeleted.get(id) ?? [])]);
		c.undeleted.delete(id);
		for (const one of left) {
			const drop = (): void => void store.change((s) => withMark(s, id, { deletes: (markOf(s, id).deletes ?? []).filter((other) => other !== one) }));
			if (conversation.timeline.message(one)?.deleted) drop();
			else outbox.add({ type: "delete", target: fromBase64Url(one) }).done.then(drop, (thrown: unknown) => void (wordOf(thrown) === "not_found" && drop()));
		}
	};

	const renewRow = async (): Promise<RoomRow> => {
		const { room: now, agreement: under } = await call("room_open", { room: id, language });
		agreement = under;
		change(now);
		return now;
	};

	const prepare = (): Promise<void> => {
		begun ??= begin().catch((thrown: unknown) => {
			begun = undefined;
			throw thrown;
		});
		return begun;
	};

	const isStaff = (): boolean => activeMember(log.state(), me.userBytes)?.role === ROLE.staff;

	const afterwards = async (): Promise<void> => {
		if (isOutgrown() && blocked() !== "quarantine") await rekey();
		rotateSoon();
		if (blocked() === null && isStaff() && log.state().epochs.some((made) => !made.recoveryWrapped)) await acts.wrapForRecovery();
	};

	const rekey = async (): Promise<void> => {
		await acts.rekey();
		await renewRow(); // the numbers of a key begin anew
		show();
	};

	const brought = () => log.entries[memberSince(log.entries, me.userBytes)]?.body;

	/** A client who was let in says once what they want to be called; who joins by a link says it then. */
	const introduce = (): void => {
		const { name } = store.get();
		if (me.role === "client" && brought()?.type === "add" && name !== "" && !row()?.name_card && blocked() === null) outbox.add({ type: "name", text: name });
	};

	const showAll = (): void => {
		lines.clear();
		const unsent = outbox.jobs().filter((job) => !conversation.timeline.message(job.id));
		const mine = unsent.flatMap((job) => jobView(job, log, me.userBytes, names()) ?? []);
		tell([...viewsOf(conversation.timeline.all().map((m) => idOf(m.known))), ...changedLines(), ...mine]);
	};

	/** The one place where what waits for rows, entries, keys or proofs is looked at again. Of hundreds of rooms most have not gone on. */
	const lookOnce = async (): Promise<void> => {
		if (!begun) return outbox.pump();
		const all = missed;
		missed = false;
		await begun;
		const now = all ? await renewRow() : undefined;
		if (now) await people.refresh(log.state().members.map((m) => toBase64Url(m.user)));
		if (now?.entries !== log.entries.length) await log.sync().finally(show);
		pin();
		if (unseen() > sought || (now && now.last_seq > conversation.highest())) await catchUp();
		remember();
		await conversation.unlock();
		tell(changedLines());
		show();
		outbox.pump();
		await afterwards();
	};

	const looking = insistent(() => lookOnce().catch((thrown: unknown) => {
		missed = true;
		throw thrown;
	}));

	const look = (all: boolean): Promise<void> => {
		missed ||= all;
		return looking.go();
	};

	return {
		id, log, keys, conversation, outbox, draft, acts, sender, endings, ready, names, heard, parting, prepare, show, showAll,
		showJob: (job) => jobChanged(job, job.id),
		dropJob: (gone) => tell([], [gone]),
		open: async (next) => {
			language = next;
			const now = await renewRow();
			if (now.pending) used = now.epoch;
			await prepare();
			introduce();
			watched = true;
			showAll();
			void afterwards().catch(() => look(true));
			return show();
		},
		posted: async (rows) => begun?.then(() => conversation.live(rows)).catch(() => look(true)),
		appended: () => look(false),
		usedUp: async () => {
			used = log.state().epoch;
			if (begun) rotateSoon();
		},
		typing: (user) => {
			if (user === me.user) return;
			clearTimeout(typists.get(user));
			typists.set(user, setTimeout(() => {
				typists.delete(user);
				show();
			}, TYPING_MS));
			show();
		},
		again: () => look(true),
		preview: () => {
			for (let seq = conversation.highest(), end = seq - PREVIEW_DEPTH; seq > end; seq--) {
				const known = conversation.known(seq);
				const found = known && conversation.timeline.message(idOf(known));
				const text = found && (found.text || fileLine(found));
				if (text) return text;
			}
			return "";
		},
		title: () => titleOf(log, names()),
		goOn: () => {
			believed = doubts();
			for (const m of log.state().members) people.trust(toBase64Url(m.user));
			outbox.pump();
			show();
		},
		watch: (on) => {
			watched = on;
		},
		keepUnsent: async () => {
			outbox.stop();
			const deletes = outbox.jobs().flatMap(({ content }) => (content.type === "delete" ? [toBase64Url(content.target)] : []));
			if (deletes.length > 0) {
				c.undeleted.set(id, deletes);
				store.change((s) => withMark(s, id, { deletes: [...new Set([...(markOf(s, id).deletes ?? []), ...deletes])] }));
			}
			draft.add(outbox.jobs().flatMap(({ content }) => (content.type === "text" || content.type === "edit" ? [content.text] : [])));
			await Promise.all([draft.flush(), ...[...parting].map((save) => save())]);
		},
		close: () => {
			watched = false;
			for (const end of endings) end();
			outbox.stop();
			looking.stop();
			draft.stop();
			for (const timer of typists.values()) clearTimeout(timer);
		},
	};
};
