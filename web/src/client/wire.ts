// The part of the wire that the engine speaks, as proto/*.toml declares it. Bytes are base64url text here.

export interface Row {
	seq: number;
	at: number;
	envelope?: string;
	tombstone?: string;
}

export interface Wrap {
	entry: number;
	keyset: number;
	epoch: number;
	rtype: number;
	rid: string;
	rkid: string;
	wrap: string;
}

export interface Chain {
	subject: string;
	entries: string[];
}

export interface RoomRow {
	room: string;
	phase: "open" | "closed";
	agreement: string;
	created_at: number;
	last_seq: number;
	last_at: number;
	first_seq: number;
	read_seq: number;
	unread: number;
	waiting_since?: number;
	entries: number;
	epoch: number;
	pending: boolean;
	invited: boolean;
	members: string[];
	sender_seq: number;
	name_card?: Row;
}

export interface AgreementCard {
	agreement: string;
	controller: string;
	controller_business_id: string;
	processor: string;
	state: string;
	retention_days: number;
	privacy_notice: string;
	service_promise: string;
}

export interface SessionOpened {
	user: string;
	org: string;
	role: "client" | "counsellor" | "admin";
	organisation: string;
	server_time: number;
	expires_at: number;
	max_frame: number;
	epoch_max_messages: number;
	development: boolean;
}

export interface SelfKept {
	chain: Chain;
	organisation: Chain;
	unlockers: string[];
	version: number;
	list_mac?: string;
	keys?: string;
	state_version: number;
	state?: string;
}

type Nothing = Record<string, never>;

export interface Ops {
	session_open: { body: Nothing; reply: SessionOpened };
	self_get: { body: Nothing; reply: SelfKept };
	self_put_keys: { body: { expected: number; unlockers: string[]; list_mac: string; keys: string; entry?: string }; reply: { version: number } };
	self_put_state: { body: { expected: number; state: string }; reply: { version: number } };
	chain_get: { body: { users: string[] }; reply: { chains: Chain[] } };
	chain_append: { body: { entry: string }; reply: Nothing };
	organisation_append: { body: { entries: string[] }; reply: Nothing };
	colleagues: { body: Nothing; reply: { users: string[] } };
	room_list: { body: { after?: string; limit: number }; reply: { rooms: RoomRow[]; more: boolean } };
	room_open: {
		body: { room: string; language: string };
		reply: { room: RoomRow; agreement: AgreementCard; reads: { user: string; seq: number }[] };
	};
	room_log: { body: { room: string; from: number }; reply: { entries: string[]; wraps: Wrap[]; more: boolean } };
	control_append: {
		body: { entries: string[]; wraps: Wrap[]; invitation?: { token_hash: string; sealed: string } };
		reply: { entries: number };
	};
	invitation_claim: { body: { room: string; token: string }; reply: { sealed: string; expires_at: number } };
	message_post: { body: { envelope: string }; reply: { seq: number; at: number } };
	message_page: { body: { room: string; before?: number; after?: number; limit: number }; reply: { rows: Row[]; more: boolean } };
	message_typing: { body: { room: string }; reply: Nothing };
	draft_get: { body: { room: string }; reply: { version: number; draft?: string } };
	draft_put: { body: { room: string; expected: number; draft?: string }; reply: { version: number } };
}

export type Op = keyof Ops;
export type Body<O extends Op> = Ops[O]["body"];
export type Reply<O extends Op> = Ops[O]["reply"];

export type Call = <O extends Op>(op: O, body: Body<O>) => Promise<Reply<O>>;

export interface ServerEvents {
	chain_changed: { user: string };
	message_posted: { room: string; rows: Row[] };
	message_typing: { room: string; user: string };
	resync: Nothing;
	control_appended: { room: string; entries: number };
	room_pending: { room: string };
	session_ended: Nothing;
}

export type ServerEvent = { [E in keyof ServerEvents]: { ev: E; body: ServerEvents[E] } }[keyof ServerEvents];
