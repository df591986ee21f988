// Entries that few logs hold (FORMAT.md section 7), fetched with the first of them: BREAK_GLASS, by which two officers of the
// organisation open epochs for a member, and RECOVERY_KEY, by which a room follows the organisation's recovery key. The same rules stand
// in server/seal/control_recovery.c. Not in index.ts: control.ts asks for it.

import { concat, equal, fromUtf8, isZero, reader, SealError, u16, u32, u8, utf8, type Bytes, type Reader } from "./bytes.js";
import {
	between, grantWrapBytes, listOf, point, readGrantWrap, ROLE, type ControlBody, type GrantWrap, type Opening, type Rare, type Role,
} from "./control.js";
import { staffRefusal, withBrought, type Case, type ControlRefusal, type Outcome } from "./control-rules.js";
import {
	activeMember, certifiedRecord, isPresent, liveMember, memberOf, notRevoked, PROOF, withMember, type ControlState, type Member, type PersonRecord,
} from "./control-state.js";
import { kidSig, labelled, sha256 } from "./derive.js";
import { type Envelope } from "./envelope.js";
import { KEYSET } from "./epoch.js";
import { LABEL } from "./labels.js";
import { sign, verify, type SigningKey } from "./p256.js";

type Written = Extract<ControlBody, { type: "reserved" }>;

export const BREAK_GLASS = 15;
export const RECOVERY_KEY = 21;
export const REASON = { lost: 1, left: 2, law: 3, other: 4 } as const;
export const WORDS_MOST = 600;
export const OFFICERS_MOST = 300;
const SPAN_MOST = 256;
const MOST_MEMBERS = 64;
const WEEK = 7 * 24 * 3600 * 1000;
const SIGNED_FROM = 65 + 65 + 64; // what the root vouches for begins here

const CONTROL = /[\u0000-\u001f\u007f-\u009f]/;
/** One line that can be shown as it is. */
export const isLine = (text: string, most: number): boolean => {
	const { length } = utf8(text);
	return length >= 1 && length <= most && !CONTROL.test(text);
};

const readLine = (r: Reader, most: number): string => {
	const text = fromUtf8(r.take(between(r.u16(), 1, most)));
	return CONTROL.test(text) ? malformed() : text;
};
const writeLine = (text: string, most: number): Bytes => (isLine(text, most) ? concat(u16(utf8(text).length), utf8(text)) : malformed());

const malformed = (): never => {
	throw new SealError("malformed");
};

const readOpening = (r: Reader): Opening => ({
	reason: between(r.u8(), 1, 4), words: readLine(r, WORDS_MOST), officers: readLine(r, OFFICERS_MOST), user: r.take(16), sigKid: r.take(32),
	encKid: r.take(32), role: between(r.u8(), 1, 2) as Role, cert: r.take(32), from: r.u32(), until: r.u32(), wraps: listOf(r, 512, () => readGrantWrap(r)),
});

/** Throws SealError("malformed") for words that are no line. */
export const openingBytes = (o: Opening): Bytes => concat(
	u8(o.reason), writeLine(o.words, WORDS_MOST), writeLine(o.officers, OFFICERS_MOST), o.user, o.sigKid, o.encKid, u8(o.role), o.cert, u32(o.from),
	u32(o.until), u16(o.wraps.length), ...o.wraps.map(grantWrapBytes),
);

/** Where an opening goes: one place of one room's log. */
export interface OpeningPlace {
	readonly org: Bytes;
	readonly room: Bytes;
	readonly head: Bytes;
}

const vouchedBytes = async (at: OpeningPlace, ceremonyPub: Bytes, opening: Bytes): Promise<Bytes> =>
	labelled(LABEL.breakGlass, at.org, at.room, at.head, ceremonyPub, await sha256(opening));

/** The body that the ceremony's key signs, with the root's word for that key and this opening. */
export const breakGlass = async (root: SigningKey, ceremonyPub: Bytes, at: OpeningPlace, opening: Opening): Promise<Written> => {
	const bytes = openingBytes(opening);
	const vouched = await sign(root, await vouchedBytes(at, ceremonyPub, bytes));
	return { type: "reserved", code: BREAK_GLASS, rest: concat(ceremonyPub, root.pub, vouched, bytes) };
};

export const recoveryKey = (kid: Bytes): Written => ({ type: "reserved", code: RECOVERY_KEY, rest: kid });

/** The entry may come days after its own time: of keys that have ended by now nobody can say whether that was before or after it. */
const isLeft = (m: Member, people: readonly PersonRecord[], time: number): boolean => {
	const record = certifiedRecord(people, m.user, m.sigKid, m.cert);
	return m.role === ROLE.staff && m.active && !m.lapsed && record?.ended === 0 && time <= record.validUntil;
};

/** Who comes: staff under a certificate, into a room of theirs or one that nobody of staff is left in. */
const staffOpening = ({ state, people, time }: Case<"reserved">, o: Opening): ControlRefusal | undefined => {
	const refusal = staffRefusal({ ...o, proof: PROOF.certified }, people, time);
	if (refusal) return refusal;
	const member = activeMember(state, o.user);
	if (member && member.role !== ROLE.staff) return "bad_field";
	if (!member && state.members.some((m) => isLeft(m, people, time))) return "may_not_grant";
	return !memberOf(state, o.user) && state.members.length >= MOST_MEMBERS ? "too_many_members" : undefined;
};

const clientOpening = ({ state, people, time }: Case<"reserved">, o: Opening): ControlRefusal | undefined => {
	if (!isZero(o.cert)) return "bad_field";
	const member = liveMember(state, o.user);
	const known = member?.role === ROLE.client && equal(member.sigKid, o.sigKid) && equal(member.encKid, o.encKid);
	if (!known || !isPresent(member, people, time)) return "no_such_member";
	return o.from < member.from ? "bad_range" : undefined;
};

/** Which keys there are to open of a range: the staff's where there is one, for staff. */
export const hasKey = (state: ControlState, role: Role, { keyset, epoch }: Pick<GrantWrap, "keyset" | "epoch">): boolean => {
	const made = state.epochs[epoch - 1];
	return made !== undefined && (keyset === KEYSET.all || (keyset === KEYSET.staff && role === ROLE.staff && !isZero(made.staffCommit)));
};

const wrapsRefusal = (state: ControlState, o: Opening): ControlRefusal | undefined => {
	if (o.from < 1 || o.from > o.until || o.until > state.epoch || o.until - o.from >= SPAN_MOST) return "bad_range";
	const ascends = (w: GrantWrap, before: GrantWrap | undefined): boolean =>
		!before || w.epoch > before.epoch || (w.epoch === before.epoch && w.keyset > before.keyset);
	const fits = o.wraps.every((w, i) => w.epoch >= o.from && w.epoch <= o.until && ascends(w, o.wraps[i - 1]) && hasKey(state, o.role, w));
	return fits ? undefined : "bad_recipients";
};

/** Staff are put into the room's list if it does not know them so; the officers have compared the short code with a client. */
const opened = ({ state, people }: Case<"reserved">, o: Opening): ControlState => {
	const member = liveMember(state, o.user);
	const there = member && equal(member.sigKid, o.sigKid) && equal(member.encKid, o.encKid) && equal(member.cert, o.cert);
	if (!there) return withBrought(state, { ...o, proof: PROOF.certified }, people);
	const members = o.role === ROLE.client ? withMember(state, { ...member, proof: PROOF.compared }) : state.members;
	return { ...state, members, pending: true };
};

const open = (c: Case<"reserved">, o: Opening, ceremonyKid: Bytes, rootKid: Bytes): Outcome => {
	const { env } = c.entry;
	if (!equal(env.sender, c.state.org)) return "not_member";
	if (!equal(env.senderKid, ceremonyKid) || !equal(rootKid, c.state.rootKid)) return "bad_kid";
	return (o.role === ROLE.staff ? staffOpening(c, o) : clientOpening(c, o)) ?? wrapsRefusal(c.state, o) ?? opened(c, o);
};

const readBreakGlass = async (env: Envelope, rest: Bytes): Promise<Rare> => {
	const r = reader(rest);
	const [ceremonyPub, rootPub, signature] = [point(r.take(65)), point(r.take(65)), r.take(64)];
	const opening = readOpening(r);
	if (r.left() > 0) malformed();
	const [ceremonyKid, rootKid] = [await kidSig(ceremonyPub), await kidSig(rootPub)];
	return {
		opening, signer: ceremonyPub, grant: { to: opening.user, toKid: opening.encKid, from: opening.from, until: opening.until },
		rule: { by: "anybody", whenClosed: true, late: WEEK, apply: (c) => open(c, opening, ceremonyKid, rootKid) },
		vouched: async () => verify(rootPub, await vouchedBytes({ ...env, head: env.logHead }, ceremonyPub, rest.slice(SIGNED_FROM)), signature),
	};
};

/** What was wrapped to the key before is wrapped to this one by the next staff browser. */
const follow = ({ state, people, time }: Case<"reserved">, kid: Bytes): Outcome => {
	const named = people.find((p) => equal(p.user, state.org) && equal(p.sigKid, state.rootKid) && equal(p.encKid, kid));
	if (!named || !notRevoked(named, time)) return "unknown_key";
	if (equal(kid, state.recoveryKid)) return "bad_field";
	return { ...state, recoveryKid: kid, epochs: state.epochs.map((e) => ({ ...e, recoveryWrapped: false })), pending: true };
};

const readRecoveryKey = (rest: Bytes): Rare => {
	if (rest.length !== 32) malformed();
	return { rule: { by: "member", whenClosed: true, apply: (c) => follow(c, rest) }, vouched: async () => true };
};

/** Throws SealError("malformed") for anything that is not exactly one body of its type. */
export const readRare = async (env: Envelope, { code, rest }: Written): Promise<Rare> => {
	try {
		return await (code === BREAK_GLASS ? readBreakGlass(env, rest) : readRecoveryKey(rest));
	} catch {
		return malformed();
	}
};
