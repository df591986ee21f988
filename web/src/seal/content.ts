// What stands inside a sealed body (FORMAT.md section 3): text, edit, delete, name card, receipt, and the items of a room, which
// are bytes here: each feature knows its own. A content that does not
// belong to the kind and the clear part of its envelope is refused, so neither can be passed off as the other.

import { concat, equal, fromUtf8, random, reader, SealError, u64, u8, utf8, zeroes, type Bytes } from "./bytes.js";
import { labelledHash, type SealKey } from "./derive.js";
import { buildHeader, finish, isEntry, KIND, OP, opOf, type Envelope, type HeaderFields, type Kind } from "./envelope.js";
import { LABEL } from "./labels.js";
import { type SigningKey } from "./p256.js";
import { open, pad, paddedLength, seal, sealedLength, unpad } from "./seal.js";

export type Content =
	| { readonly type: "text"; readonly text: string }
	| { readonly type: "edit"; readonly target: Bytes; readonly text: string }
	| { readonly type: "delete"; readonly target: Bytes }
	| { readonly type: "name"; readonly text: string }
	| { readonly type: "read"; readonly target: Bytes; readonly hash: Bytes }
	| ItemContent;

/** An item of a room: a task, an answer, a file, a note, work, a meter. `clear` is that of its envelope: a file's, or empty. */
export interface ItemContent {
	readonly type: "item";
	readonly ctype: number;
	readonly bytes: Bytes;
	readonly clear: Bytes;
}

/** The content types of items, and the kind of envelope each stands in. */
export const ITEM_KINDS: Readonly<Record<number, Kind>> = {
	5: KIND.assignment, 6: KIND.assignment, 7: KIND.answer, 8: KIND.file, 9: KIND.note, 10: KIND.work, 11: KIND.meter,
};

/** What each plaintext says beside its content; the versions are the sender's newest (FORMAT.md section 8). */
export interface Echo {
	readonly language: string;
	readonly stateVersion: number;
	readonly unlockersVersion: number;
	readonly checkpointSize: number;
	readonly checkpoint: Bytes;
}

interface Form {
	readonly ctype: number;
	readonly kind: number;
	readonly op: number;
	readonly least: number;
	readonly most: number;
}

const FORMS: Readonly<Record<Exclude<Content["type"], "item">, Form>> = {
	text: { ctype: 1, kind: KIND.message, op: 0, least: 1, most: 60_000 },
	edit: { ctype: 2, kind: KIND.message, op: OP.edit, least: 1, most: 60_000 },
	delete: { ctype: 3, kind: KIND.message, op: OP.delete, least: 0, most: 0 },
	name: { ctype: 4, kind: KIND.message, op: 0, least: 1, most: 200 },
	read: { ctype: 16, kind: KIND.receipt, op: 0, least: 32, most: 32 },
};

const VERSION = 1;

const itemForm = (ctype: number): Form => ({ ctype, kind: ITEM_KINDS[ctype] ?? 0, op: 0, least: 2, most: 60_000 });

const formOf = (content: Content): Form => (content.type === "item" ? itemForm(content.ctype) : FORMS[content.type]);

export const kindOf = (content: Content): Kind => formOf(content).kind as Kind;

const payload = (content: Content): Bytes => {
	if (content.type === "item") return content.bytes;
	if (content.type === "read") return content.hash;
	if (content.type === "delete") return zeroes(0);
	return utf8(content.text);
};

export const encodeContent = (content: Content, echo: Echo): Bytes => {
	const form = formOf(content);
	const bytes = payload(content);
	if (!form.kind || bytes.length < form.least || bytes.length > form.most || ("text" in content && content.text.includes("\0")))
		throw new SealError("content");
	return concat(
		u8(VERSION), u8(form.ctype), utf8(echo.language), u64(echo.stateVersion), u64(echo.unlockersVersion),
		u64(echo.checkpointSize), echo.checkpoint, bytes,
	);
};

const clearOf = (content: Content): Bytes => {
	if (content.type === "read") return content.target;
	if (content.type === "item") return content.clear;
	const { op } = FORMS[content.type];
	return "target" in content ? concat(u8(op), content.target) : zeroes(0);
};

export type MessageFields = Omit<HeaderFields, "kind" | "msgId" | "clear" | "senderKid">;

/** Seals and signs a new envelope, under K_msg or (a note) K_note. A repeat after a lost reply is the same bytes, never a second call. */
export const sealMessage = async (
	signer: SigningKey, key: SealKey, fields: MessageFields, content: Content, echo: Echo, msgId: Bytes = random(16),
): Promise<Bytes> => {
	const plain = encodeContent(content, echo);
	const all = { ...fields, kind: kindOf(content), msgId, clear: clearOf(content), senderKid: signer.kid };
	const header = buildHeader(all, sealedLength(paddedLength(plain.length)));
	const body = await seal(key, await labelledHash(LABEL.msg, header), pad(plain));
	return finish(signer, header, body);
};

const makeContent = (type: keyof typeof FORMS, target: Bytes, bytes: Bytes): Content => {
	if (type === "read") return { type, target, hash: bytes };
	if (type === "delete") return { type, target };
	const text = fromUtf8(bytes);
	if (text.includes("\0")) throw new SealError("content");
	return type === "edit" ? { type, target, text } : { type, text };
};

/** Refuses (SealError "content") what does not belong to this envelope. */
export const decodeContent = (e: HeaderFields, plain: Bytes): { content: Content; echo: Echo } => {
	const r = reader(plain);
	if (r.u8() !== VERSION) throw new SealError("content");
	const ctype = r.u8();
	const language = fromUtf8(r.take(2));
	const echo = { language, stateVersion: r.u64(), unlockersVersion: r.u64(), checkpointSize: r.u64(), checkpoint: r.take(32) };
	const bytes = r.take(r.left());
	const [type, form] = Object.entries(FORMS).find(([, one]) => one.ctype === ctype) ?? ["item", itemForm(ctype)];
	const fits = form.kind === e.kind && form.op === opOf(e) && bytes.length >= form.least && bytes.length <= form.most;
	if (!fits || !/^[a-z]{2}$/.test(language)) throw new SealError("content");
	if (type === "item") return { content: { type, ctype, bytes, clear: e.clear }, echo };
	const target = e.kind === KIND.receipt ? e.clear : e.clear.subarray(1);
	return { content: makeContent(type as keyof typeof FORMS, target, bytes), echo };
};

/** Opens the body of an envelope that the room's verifier has accepted. */
export const openMessage = async (e: Envelope, key: SealKey): Promise<{ content: Content; echo: Echo }> => {
	if (!e.body || isEntry(e.kind)) throw new SealError("content");
	return decodeContent(e, unpad(await open(key, await labelledHash(LABEL.msg, e.header), e.body)));
};

/** An edit or a delete counts only if its sender wrote the target, and the target is a message, no edit of one; a delete's also an item. */
export const mayChange = (change: HeaderFields, target: HeaderFields): boolean =>
	equal(change.sender, target.sender) && target.kind !== KIND.receipt && opOf(target) === 0 &&
	(opOf(change) === OP.delete || (opOf(change) === OP.edit && target.kind === KIND.message)) && equal(change.clear.subarray(1), target.msgId);

/** The echo while there are no logs: the checkpoint is zero. */
export const echoOf = (language: string, stateVersion: number, unlockersVersion: number): Echo => ({
	language, stateVersion, unlockersVersion, checkpointSize: 0, checkpoint: zeroes(32),
});
