// What is written down of a run: what people did and how it was answered, what the nemesis did, and what was found at the end.
// Plain data, so that the checker can be tried on histories that were made by hand.

export type Act = "say" | "edit" | "delete" | "file" | "draft" | "sheet" | "give" | "hand-in" | "add" | "remove" | "close" | "reopen" | "join" | "reset" | "read";

/** Of one person in one room. open: nobody has answered yet; unknown: it was given up, and may or may not have happened. */
export interface Op {
	readonly n: number;
	readonly device: string;
	readonly user: string;
	readonly room: string;
	readonly act: Act;
	/** The text, a file's digest, an answer, or who is added: no two ops of one act have the same, but for members. */
	readonly what: string;
	/** The message or assignment that it is about; "" if none. */
	readonly about: string;
	readonly began: number;
	ended: number;
	outcome: "open" | "ok" | "refused" | "unknown";
	/** Of the envelope that was acknowledged; "" if none. */
	id: string;
	word: string;
}

export interface Deed {
	readonly n: number;
	readonly name: string;
	readonly began: number;
	ended: number;
	told: string;
}

/** One envelope as the database has it. */
export interface Stored {
	readonly room: string;
	readonly seq: number;
	readonly id: string;
	readonly hash: string;
}

export interface Shown {
	readonly id: string;
	readonly seq: number;
	readonly text: string;
	readonly deleted: boolean;
	readonly locked: boolean;
}

/** A room as one browser has it at the end. */
export interface View {
	readonly device: string;
	readonly user: string;
	readonly room: string;
	/** Read anew from the beginning, by a browser that has seen nothing before. */
	readonly fresh: boolean;
	/** Every envelope that it knows, in the order of the room. */
	readonly order: readonly { readonly seq: number; readonly hash: string }[];
	readonly shown: readonly Shown[];
	/** Places whose envelope does not verify. */
	readonly doubts: readonly number[];
	/** Head of the control log, and who is a member by it. */
	readonly head: string;
	readonly members: readonly string[];
	readonly phase: string;
	/** Digests of the files that are here, or why one cannot be fetched. */
	readonly files: readonly { readonly id: string; readonly digest: string; readonly fault: string }[];
	readonly draft: string;
	readonly sheets: readonly { readonly assignment: string; readonly value: string; readonly handedIn: readonly string[] }[];
}

export interface Observed {
	readonly stored: readonly Stored[];
	readonly views: readonly View[];
	/** What the service's own verifiers found, and what never came to rest. */
	readonly faults: readonly string[];
}

export interface History {
	readonly seed: number;
	readonly ops: readonly Op[];
	readonly deeds: readonly Deed[];
}

/** What must be true and is not, with the messages and ops that show it. */
export interface Fault {
	readonly law: string;
	readonly room: string;
	readonly said: string;
	readonly about: readonly string[];
	readonly ops: readonly Op[];
}
