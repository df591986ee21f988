// What the parts of the engine share while a person's keys are open.

import type { Account } from "./account.js";
import type { EngineEvent, Id, Language, Role } from "./api.js";
import type { People } from "./people.js";
import type { Platform } from "./platform.js";
import type { StateStore } from "./state-store.js";
import type { Call } from "./wire.js";
import type { Bytes } from "../seal/index.js";

export interface Me {
	readonly user: Id;
	readonly userBytes: Bytes;
	readonly org: Bytes;
	readonly role: Role;
	readonly organisation: string;
	/** The agreement under which a new room stands; "" if there is none. */
	readonly agreement: Id;
	/** How many messages an epoch takes. */
	readonly epochMessages: number;
}

export interface Context {
	readonly platform: Platform;
	readonly call: Call;
	readonly me: Me;
	readonly people: People;
	readonly store: StateStore;
	/** By room: own messages whose deletion was not sent when the keys were locked. */
	readonly undeleted: Map<Id, readonly Id[]>;
	account(): Account;
	language(): Language;
	emit(event: EngineEvent): void;
	/** An envelope of our own said that it was written with a newer state or list than we were given. */
	older(which: "old_state" | "old_unlockers", version: number): void;
	/** Something in the list of rooms is different now. */
	roomsChanged(): void;
}
