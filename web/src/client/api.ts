// What the engine offers to a page and to tests, and what it tells them. The engine runs without a DOM: in a browser it lives
// in a Worker behind src/worker/engine.ts, in Node the flow tests and the demonstration script call it directly. Everything here is
// plain data (structured-clone safe). No key, passphrase-derived value or token ever crosses this border outwards, except the
// printed code and the invitation link at the moment they are made, because a person must see them.

import type { Topic } from "../assignment/types.js";
import type { ExportForm, ExportPiece } from "../export/collect.js";
import type { Assigning } from "./assignments-api.js";
import type { AgreementCard, Body, Op, Reply } from "./wire.js";

export type Id = string; // base64url of 16 bytes
export type Language = "fi" | "sv" | "en";
export type Role = "client" | "counsellor" | "team_lead" | "admin" | "dpo" | "coordinator" | "operator";
export type Connection = "connecting" | "online" | "offline" | "ended";

/** Where a person stands with their keys. */
export type KeyStage = "unknown" | "none" | "locked" | "open" | "without"; // without: a role that has no rooms and no keys

/** What opens a person's keys: PRF output and credential id (base64url) of a passkey never go further than the engine. */
export type Secret = { passphrase: string } | { code: string } | { prf: Uint8Array; credential: string };

export interface UnlockerView {
	id: Id;
	type: "passphrase" | "code" | "passkey";
	createdAt: number;
	credential: string; // of a passkey: base64url of SHA-256 of the credential id; else ""
}

export interface SelfView {
	user: Id;
	role: Role;
	organisation: string;
	name: string; // what the person wants to be called; for staff the certified name; "" if none
	keys: KeyStage;
	unlockers: UnlockerView[];
	recovered: boolean; // opened by the printed code: passphrase and code are to be made anew
	waits: boolean; // client: an invitation that came by e-mail was opened, and nobody has let us in yet
	certified: boolean; // staff: a valid certificate under the organisation's root
	development: boolean;
	idleMinutes: number; // without a request the session ends after this time
	warning: null | "old_state" | "old_unlockers" | "root_changed";
}

export interface IdentifiedView {
	name: string;
	provider: string; // the slug of sign_in_options
	at: number;
}

export interface RoomSummary {
	room: Id;
	title: string; // for staff the client's name as they know it; for a client the counsellor's name; "" if unknown yet
	organisation: string;
	phase: "open" | "closed";
	invited: boolean; // an invitation is open and nobody has joined
	mailed: boolean; // it went by e-mail
	waits: boolean; // somebody has identified with it, and waits until the short code was compared
	lastAt: number;
	preview: string; // last text, decrypted; "" if none or locked
	unread: number;
	waitingSince: number | null; // a client waits for an answer since
	pending: boolean;
}

export interface MemberView {
	user: Id;
	role: "client" | "staff";
	name: string;
	employer: string; // "" for clients
	since: number; // time of the entry that added them
	readsFrom: number; // time from which they can read; since the beginning: time of CREATE
	active: boolean;
	me: boolean;
	proof: "creator" | "certified" | "code" | "link" | "unproven";
	reset: boolean; // their keys were made anew: shown prominently
}

/** Somebody's keys were made anew, and nobody has compared the short code with them yet. */
export interface NewKeys {
	user: Id;
	role: "client" | "staff";
	name: string;
	since: number; // when the room heard of it
	me: boolean;
	kid: string; // base64url of the key id: what was refused here is known by it
}

export interface RoomView {
	room: Id;
	phase: "open" | "closed";
	title: string;
	members: MemberView[];
	createdAt: number;
	controller: string;
	/** All that is said of the agreement, its days too. */
	card?: AgreementCard;
	retentionDays: number;
	invitation: null | { expiresAt: number };
	pending: boolean; // a new epoch is being made; sending waits by itself
	recovery: boolean; // the organisation's recovery key can open it, by procedure
	openings: OpeningView[]; // how often that was done
	canSend: boolean;
	blocked: null | "quarantine" | "no_keys" | "closed" | "not_certified" | "keys_refused" | "no_staff";
	newKeys: NewKeys[]; // who waits until the short code was compared
	typing: { user: Id; name: string }[];
	olderLeft: boolean; // there are older messages to load
	draft: string;
	elsewhere: string; // what another device added to the draft, until saveDraft says that it was seen
	readUpTo: number; // own newest read seq
}

export type MessageState = "sending" | "stored" | "read" | "failed";

export interface MessageView {
	id: Id; // msg_id
	room: Id;
	seq: number | null; // null while sending
	at: number;
	mine: boolean;
	from: "client" | "counsellor" | "system";
	senderName: string;
	employer: string;
	text: string; // "" if deleted, quarantined or a system line
	item: null | ItemBody; // a task, answer, file, note, work or meter instead of a message
	system: null | SystemLine; // who came, went, closed, reopened: from the control log
	edited: boolean;
	deleted: boolean;
	erased?: number | undefined; // when a rule of retention erased it; then it is deleted too
	quarantine: null | string; // why it could not be verified; then text is ""
	locked: boolean; // verified, but its key is not given to us (yet); then text is ""
	state: MessageState;
	error: null | string; // wire word of the refusal if failed
}

/** What an envelope of kind 3, 4, 5, 8, 9 or 10 holds (proto/FORMAT.md, section 3). */
export interface ItemBody {
	kind: number;
	ctype: number; // 0 where there is no content
	content: null | Uint8Array; // null if deleted, quarantined or locked
}

/** An item with what its feature asks of it. */
export interface ItemView extends ItemBody {
	id: Id; // msg_id
	seq: number;
	at: number;
	sender: Id;
	senderName: string;
	employer: string; // "" for clients
	mine: boolean;
	staff: boolean;
	deleted: boolean;
	quarantine: null | string;
	locked: boolean;
	clear: Uint8Array; // of a file's envelope: what stands there in clear
	epoch: number;
	/** Judged with everything around it. Else by itself: that nothing was left out is not known before the pages between are loaded. */
	whole: boolean;
}

export type Family = "picture" | "pdf" | "text" | "office" | "sound" | "video";

/** A file of a room, of which there is a manifest. */
export interface FileView {
	id: Id; // msg_id
	seq: number;
	at: number;
	mine: boolean;
	senderName: string;
	employer: string; // "" for clients
	name: string; // clean: no folders, nothing invisible, an end that says what is inside
	family: Family;
	media: string;
	size: number;
	about: string; // what is in it, for those who cannot see it
	state: "here" | "deleted" | "locked" | "doubtful";
}

/** A file on its way. */
export interface TransferView {
	id: Id; // of its own; of a fetch the file's msg_id
	room: Id;
	up: boolean;
	name: string;
	size: number;
	moved: number; // bytes of it that have arrived
	state: "queued" | "moving" | "paused" | "away" | "ending" | "done" | "failed" | "cancelled"; // away: until the server can be reached again
	error: null | string; // word of the refusal if failed
}

export interface SystemLine {
	what: "created" | "invited" | "joined" | "added" | "removed" | "left" | "epoch" | "granted" | "closed" | "reopened" | "keys_reset" | "keys_confirmed";
	who: string; // name of the person concerned
	by: string; // name of the one who did it
	opening?: OpeningView; // in the place of all that
}

/** Two texts that one of three persons keeps on paper: a part of the organisation's root key, and one of its recovery key. */
export interface SheetView {
	root: string;
	recovery: string;
}

export interface StaffView {
	user: Id;
	/** expired: the certificate is over; revoked: these keys are, and only new ones help; broken: the server's chain does not verify. */
	state: "no_keys" | "waiting" | "certified" | "expired" | "revoked" | "broken";
	name: string; // of the newest certificate, also one that has ended; "" if there never was one
	employer: string;
	role: StaffRole;
	until: number | null; // end of the certificate
	since: number; // when the present keys were made
	anew: boolean; // made after a certificate for other keys: whose they are must be asked again
	known: boolean; // a certificate for exactly these keys was given
	code: string; // to compare by voice; the person's own page shows the same
}

export type StaffRole = "counsellor" | "team_lead" | "admin";

export interface OrganisationView {
	madeAt: number | null; // root and recovery key; null: there are none
	issuerUntil: number | null; // this account certifies staff until; null: it cannot
	staff: StaffView[];
}

/** A room as an administrator may see it. */
export interface RecoveryRoom {
	room: Id;
	closed: boolean;
	createdAt: number;
	lastAt: number;
	staff: string[]; // names of its staff now
	client: boolean;
}

/** Two officers of the organisation opened epochs of a room for somebody. */
export interface OpeningView {
	at: number;
	reason: number; // FORMAT.md section 7
	words: string;
	officers: string;
	who: string; // who was given the keys
	from: number;
	until: number;
	all: boolean; // every epoch there was then
}

export interface SessionView {
	readonly session: Id;
	readonly started_at: number;
	readonly seen_at: number;
	readonly current: boolean;
}

export type EngineEvent =
	| { type: "connection"; state: Connection; retryAt: number | null }
	| { type: "self"; self: SelfView }
	| { type: "rooms"; rooms: RoomSummary[] }
	| { type: "room"; view: RoomView }
	| { type: "messages"; room: Id; changed: MessageView[]; removed: Id[] } // keyed by id; ordered by (seq, at)
	| { type: "transfers"; room: Id; transfers: TransferView[] }
	| { type: "announce"; room: Id; from: string; text: string } // for the screen reader
	| { type: "news" } // reminders or letters of one's own: to be asked for again
	| { type: "ended"; why: "signed_out" | "expired" | "replaced" };

/** Refusals reject with an EngineError whose `word` is a wire word of errors.def or one of the local words. */
export interface EngineError {
	word: string; // e.g. "wrong_passphrase", "weak_passphrase", "wrong_code", "code_in_text", "offline", "invitation_used", "stale_epoch"
	detail?: string;
}

/** What crosses the redirect of an identification beside the keys made for it. */
export interface Carried {
	invitation: string; // the fragment of the link, or ""
	shared: boolean; // a device that others use too
}

export interface Departure extends Carried {
	url: string; // of the provider, with the signed request
	carryKey: string;
}

/** How an invitation stands that went by e-mail. */
export interface MailedView {
	state: "none" | "waiting" | "sent" | "given_up"; // of the letter; none: there is no such invitation
	expiresAt: number;
	/** Who has identified with it. kid: "" until they have keys, and another when these are others. first: the room has had no client before. */
	waits: null | { user: Id; kid: string; first: boolean };
}

/** A room into which the person here waits to be let, and with whom they compare. */
export interface WaitView {
	room: Id;
	expiresAt: number;
	/** Certified staff of the room, with the short code of their keys and ours. */
	with: { user: Id; name: string; employer: string; code: string }[];
	problem: string | null; // why nobody can be shown, by its word; gone: it was taken back, has run out, or we were turned away
}

export interface Inviting {
	/** Staff: a room for a client who is invited later (`mail`, renewInvitation). */
	begin(input: { name: string; welcome: string }): Promise<{ room: Id }>;
	/** Sends the room's invitation by e-mail, in the place of the one there is. */
	mail(room: Id, address: string, language: Language): Promise<{ expiresAt: number }>;
	mailed(room: Id): Promise<MailedView>;
	/** Takes the room's invitation back, however it went out. */
	withdraw(room: Id): Promise<void>;
	/** The short code of our keys and those of who waits. */
	code(room: Id, user: Id): Promise<string>;
	/** `code` is the one that was compared: `keys_changed` if the keys are others meanwhile. */
	letIn(room: Id, user: Id, code: string, history: "none" | "all"): Promise<void>;
	turnAway(room: Id, user: Id): Promise<void>;
	/** Client: where one waits. */
	waits(): Promise<WaitView[]>;
}

export interface Organising {
	/** Administrator: how far the organisation's keys are, and whose keys of its staff are certified. */
	organisationKeys(): Promise<OrganisationView>;
	/** Makes root and recovery key and gives them as three sheets; earlier ones that were not published are forgotten. */
	ceremonyBegin(): Promise<SheetView[]>;
	/** Two sheets as they stand on the paper. Refuses `bad_sheet` (detail: which, and where), `same_sheet`, `other_sheets`. */
	ceremonyProve(sheets: string[]): Promise<void>;
	/** After that: the organisation has its keys, and the private ones of root and recovery are on paper only. */
	ceremonyPublish(): Promise<void>;
	ceremonyDrop(): Promise<void>;
	/** A key to certify with for this account, by the root that two sheets give (their first halves are enough). */
	renewIssuer(sheets: string[]): Promise<void>;
	/** `code` is the one that was compared: `keys_changed` if the keys are others meanwhile. */
	certifyStaff(input: { user: Id; code: string; name: string; employer: string; role: StaffRole; days: number }): Promise<void>;
	revokeStaff(user: Id, reason: "left" | "lost" | "other"): Promise<void>;
	/** The rooms that somebody of staff is or was in; `step_up_needed` without a fresh proof, as the next two. */
	recoveryRooms(user: Id): Promise<RecoveryRoom[]>;
	/** The request's file for the page without a network: these rooms, for this certified person. */
	recoveryRequest(rooms: Id[], to: Id): Promise<string>;
	/** The result's file: gives how many rooms were opened. What is there already is not done again. */
	recoveryApply(result: string): Promise<{ rooms: number; entries: number }>;
	/** The organisation's chain of keys, as it is. */
	organisationChain(): Promise<{ readonly org: Id; readonly entries: readonly string[] }>;
	/** Staff: what the administrator compares before certifying; "" while the organisation has no keys. */
	ownCode(): Promise<string>;
}

export type LibraryOp = Extract<Op, `template_${string}`>;
export type NotifyOp = Extract<Op, `notify_${string}`>;

export type Going = Reply<"rooms_going">["rooms"][number];

/** What features do in a room, by name; each adds its acts here and in client/work.ts, and is loaded with the first of them. */
export interface ExportAsked {
	readonly form: ExportForm;
	readonly language: Language;
	/** Staff: their private notes too. */
	readonly notes: boolean;
	/** Staff: what the room is told; "" of a client. */
	readonly announce: string;
}

export interface Working extends Assigning {
	/** Items of these kinds that are known here, in the order of the room. Changes come as `messages` of the open room. */
	items(room: Id, kinds: readonly number[]): Promise<ItemView[]>;
	/** One more stretch of older ones; `items` gives them then. */
	olderItems(room: Id, kinds: readonly number[]): Promise<{ more: boolean }>;
	/** Seals and sends UTF-8 JSON; resolves when it is stored. The content type says the kind (ITEM_KINDS). */
	postItem(room: Id, ctype: number, json: string): Promise<{ id: Id }>;
	/** Deletes an own item. */
	removeItem(room: Id, id: Id): Promise<void>;
	/** What the room is about: the server knows these words. */
	topics(room: Id): Promise<readonly Topic[]>;
	putTopics(room: Id, topics: readonly Topic[]): Promise<void>;
	/**
	 * The whole room, as entries of a ZIP or as lines of a document; a fresh proof is needed (`step_up_needed`). Staff say with `announce`
	 * why: that goes into the room as a message of theirs before anything is taken.
	 */
	exportBegin(room: Id, asked: ExportAsked): Promise<void>;
	/** The next piece; null after the last. Waits while the network is away. */
	exportNext(room: Id): Promise<ExportPiece | null>;
	/** What is on its way ends, and nothing of it is kept. */
	exportStop(room: Id): Promise<void>;
	/** Queues a file; goes on by itself, and tells of it by `transfers`. Refuses (file_...) what may not be sent. `without`: the name of what has none. */
	sendFile(room: Id, file: Blob, told: { name: string; about: string; without: string }): Promise<{ transfer: Id }>;
	pauseFile(room: Id, transfer: Id, on: boolean): Promise<void>;
	/** Also takes away one that failed. */
	cancelFile(room: Id, transfer: Id): Promise<void>;
	transfers(room: Id): Promise<TransferView[]>;
	/** Newest first: those known here, and of which kind. */
	files(room: Id, without: string): Promise<FileView[]>;
	/** Fetched and checked to its last byte before anything of it is given. Refuses file_broken, file_not_as_called, locked, not_found. */
	fetchFile(room: Id, id: Id): Promise<Blob>;
	/** Staff: the library of assignment templates, by its messages (proto/library.toml). */
	library<O extends LibraryOp>(op: O, body: Body<O>): Promise<Reply<O>>;
	/** When this room goes, as far as anything says so; null: those of one's rooms that go within two weeks, or whose agreement ends. */
	going(room: Id | null): Promise<readonly Going[]>;
	/** Letters by e-mail that say that something waits, by their messages (proto/notify.toml). `news` tells when they stand otherwise. */
	notify<O extends NotifyOp>(op: O, body: Body<O>): Promise<Reply<O>>;
}

export interface Engine {
	/** Connects and keeps connected (back-off with jitter); resolves when the session is open, rejects if there is none. */
	start(): Promise<SelfView>;
	stop(): Promise<void>;
	/** Four words for a passphrase, from a list of 2,048 in the language; 44 bits with Argon2id behind them. */
	suggestPassphrase(language: Language): Promise<string>;
	/** Before the browser goes to a provider: keys are made, and the nonce of the login from them; the token is the invitation's. */
	identify(fragment: string | null): Promise<{ nonce: string; token: string | null }>;
	/** Refuses (`bad_address`) an address whose signed request does not say that nonce; gives what the tab keeps meanwhile. */
	carry(departure: Departure): Promise<{ state: string; sealed: string }>;
	/** Back again: createKeys takes the keys that were carried. */
	carried(sealed: string, carryKey: string): Promise<Carried>;
	/** First time: makes identity, URK, passphrase and printed code. The code is returned once, to be printed. */
	createKeys(input: { passphrase: string; name: string; language: Language }): Promise<{ code: string }>;
	/** By the printed code: changePassphrase comes next (SelfView.recovered); until then the code stays good. */
	unlock(input: Secret): Promise<void>;
	/** Shows that a secret still opens the keys, and changes nothing; counts as proof for five minutes. */
	canOpen(input: Secret): Promise<void>;
	/** The passkey opens the keys from now on. `prove_again` unless a secret was shown (unlock, canOpen, createKeys) less than five minutes ago. */
	addPasskey(prf: Uint8Array, credential: string): Promise<void>;
	/** Both unlockers and the root key anew: this passkey opens nothing any more, others do again when they are added again. */
	removePasskey(input: { id: Id; passphrase: string }): Promise<{ code: string }>;
	lock(): Promise<void>;
	/** Both renew all unlockers and the root key; the new printed code is returned once. Of passkeys only a present one stays. */
	newCode(input: { passphrase: string }): Promise<{ code: string }>;
	changePassphrase(input: { present?: Secret; passphrase: string }): Promise<{ code: string }>; // present: unless recovered
	/** Signed in, and all unlockers are lost: new keys in place of the lost ones. What only those open stays closed until somebody gives it. */
	resetKeys(input: { passphrase: string; name: string; language: Language }): Promise<{ code: string }>;
	sessions(): Promise<readonly SessionView[]>;
	endSession(session: Id): Promise<void>;
	setName(name: string): Promise<void>;
	openRoom(room: Id, language: Language): Promise<RoomView>; // starts events for the room; loads the newest page
	leaveRoomView(room: Id): Promise<void>;
	loadOlder(room: Id): Promise<{ more: boolean }>;
	send(room: Id, text: string): Promise<{ id: Id }>; // resolves when sealed and queued; state follows by events
	retry(room: Id, id: Id): Promise<void>;
	edit(room: Id, id: Id, text: string): Promise<void>;
	remove(room: Id, id: Id): Promise<void>; // deletes an own message
	typing(room: Id): Promise<void>;
	markRead(room: Id, seq: number): Promise<void>;
	saveDraft(room: Id, text: string, seen?: string): Promise<void>; // seen: RoomView.elsewhere, now in the text
	goOn(room: Id): Promise<void>; // the person explicitly goes on after a quarantine
	/** Counsellor: a room for a new client with an invitation link (single use, seven days). */
	invite(input: { name: string; welcome: string }): Promise<{ room: Id; link: string; expiresAt: number }>;
	renewInvitation(room: Id): Promise<{ link: string; expiresAt: number }>;
	renameClient(room: Id, name: string): Promise<void>;
	addColleague(room: Id, user: Id, history: "none" | "all"): Promise<void>;
	removeColleague(room: Id, user: Id): Promise<void>;
	colleagues(): Promise<{ user: Id; name: string }[]>;
	/** Staff: as whom a service identified the room's client, and when; each asking is on record, with the reason. `not_found`: nobody did. */
	identified(room: Id, user: Id, reason: string): Promise<IdentifiedView>;
	/** Six groups of five digits, the same in both browsers: of the keys of both. */
	compareCode(room: Id, user: Id): Promise<string>;
	/** The codes were compared and are the same: the other is given what they may read. */
	confirmKeys(room: Id, user: Id, code: string): Promise<void>;
	/** They differ: staff take the member out of the room; a client's browser sends nothing more in it. */
	refuseKeys(room: Id, user: Id): Promise<void>;
	closeRoom(room: Id, reason: "finished" | "moved" | "no_contact" | "other"): Promise<void>;
	reopenRoom(room: Id): Promise<void>;
	leaveRoom(room: Id): Promise<void>;
	/** Client: the fragment of the link, after createKeys or unlock. waits: it came by e-mail, and staff have to let us in. */
	acceptInvitation(fragment: string): Promise<{ room: Id; waits: boolean }>;
	readInvitation(fragment: string): Promise<{ ok: boolean }>; // shape only, before sign-in
	setLanguage(language: Language): Promise<void>;
	/** What concerns invitations by e-mail, by name: few visits do any of it. */
	invitation<A extends keyof Inviting>(act: A, ...args: Parameters<Inviting[A]>): ReturnType<Inviting[A]>;
	/** What concerns the organisation's keys, by name: few visits do any of it. */
	work<A extends keyof Working>(act: A, ...args: Parameters<Working[A]>): ReturnType<Working[A]>;
	organise<A extends keyof Organising>(act: A, ...args: Parameters<Organising[A]>): ReturnType<Organising[A]>;
}
