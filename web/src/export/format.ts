// What is in the ZIP that a client takes out of a room (proto/FORMAT.md, section 15). Everything that people read is written from the
// record, by the same functions that check it: what the two disagree about is found by comparing.

export const EXPORT_FORMAT = "luotsi-room-export/2";

export const ENTRY = {
	readme: "README.txt",
	page: "index.html",
	chains: "record/chains.json",
	control: "record/control.jsonl",
	envelopes: "record/envelopes.jsonl",
	room: "room.json",
	messages: "messages.json",
	work: "work.json",
	assignments: "assignments.json",
	items: "items.json",
	files: "files.json",
	manifest: "manifest.json",
} as const;

/** Of each entry the SHA-256 of every piece of so many bytes stands in the manifest. */
export const PIECE = 1 << 20;

export interface ExportedChains {
	readonly organisation: readonly string[];
	readonly people: readonly { readonly user: string; readonly entries: readonly string[] }[];
}

/** A line of the envelopes. `opening` opens this one envelope and no other: 32 bytes of key and 12 of nonce. */
export interface ExportedEnvelope {
	readonly seq: number;
	readonly at: string;
	readonly envelope?: string;
	readonly tombstone?: string;
	/** When a rule of retention left the tombstone, as the server said. */
	readonly erased?: string;
	readonly opening?: string;
}

export interface ExportedWriter {
	readonly from: "client" | "staff";
	readonly sender: string;
	readonly name: string;
	readonly employer: string;
}

export interface ExportedPlace {
	readonly id: string;
	readonly seq: number;
	/** By the writer's clock, signed. */
	readonly written_at: string;
	/** By the server's clock, signed by nobody. */
	readonly stored_at: string;
}

export interface ExportedMessage extends ExportedPlace, ExportedWriter {
	readonly language: string;
	readonly text: string;
	readonly edited: boolean;
	readonly deleted: boolean;
	/** Its key was never given to who took the room out. */
	readonly locked: boolean;
	/** Why it could not be verified; then there is no text. */
	readonly unverified: string | null;
}

export interface ExportedItem extends ExportedPlace, ExportedWriter {
	readonly kind: number;
	readonly ctype: number;
	readonly content: unknown;
	readonly deleted: boolean;
	readonly locked: boolean;
	readonly unverified: string | null;
}

export interface ExportedMember {
	readonly user: string;
	readonly role: "client" | "staff";
	readonly name: string;
	readonly employer: string;
	readonly since: string;
	readonly active: boolean;
	readonly signing_key: string;
	readonly encryption_key: string;
}

/** What is derived from the record stands under `verified`; the rest is the server's word. */
export interface ExportedRoom {
	readonly format: typeof EXPORT_FORMAT;
	readonly taken_at: string;
	readonly taken_by: string;
	/** The language and the time zone of what is written for reading. */
	readonly language: string;
	readonly time_zone: string;
	/** Whether the notes of staff were opened too; of a client's they never are. */
	readonly notes: boolean;
	readonly said_by_server: Readonly<Record<string, string | number>>;
	readonly verified: {
		readonly organisation: string;
		readonly organisation_root: string;
		readonly room: string;
		readonly phase: string;
		readonly created_at: string;
		readonly log_entries: number;
		readonly log_head: string;
		readonly messages: number;
		readonly members: readonly ExportedMember[];
	};
}

export interface ExportedFile {
	/** The msg_id of its manifest. */
	readonly id: string;
	/** In the ZIP; "" if it could not be fetched. */
	readonly entry: string;
	readonly name: string;
	readonly type: string;
	readonly size: number;
	/** What is in it, in the sender's words. */
	readonly about: string;
	readonly sent_by: string;
	readonly sent_at: string;
	/** As its manifest says (section 12). */
	readonly hash: string;
}

export interface Manifest {
	readonly format: typeof EXPORT_FORMAT;
	readonly entries: readonly { readonly name: string; readonly size: number; readonly pieces: readonly string[] }[];
}

/** A list as JSON, one item a line: it can be written and compared line by line. */
export const listHead = "[\n";
export const listTail = "\n]\n";
export const listLine = (value: unknown, first: boolean): string => `${first ? "" : ",\n"}${JSON.stringify(value)}`;
