// The recovery ceremony itself, without a page and without a network: it believes nothing in the request but what verifies under the root
// that the officers' sheets give. Keys that were joined live in `Opened` until `forget`, and nowhere else.

import { readRequest, verifyRequest, writeResult, type Request, type ResultWrap, type RoomJson, type SignedRequest } from "../client/recovery-files.js";
import {
	compareCode, deriveEpoch, deriveStaff, emptyControl, equal, extendControl, fromBase64Url, importEncryption, importSigning, keyFinder, KEYSET, makePair, makeRoomLog,
	memberOf, random, replayChain, replayOrganisation, ROLE, RTYPE, SealError, signControl, signIdentity, toBase64Url, unwrapKey,
	wrapHash, wrapKey, zeroes,
	type Bytes, type Chain, type ControlEntry, type ControlState, type EncryptionKey, type GrantWrap, type Opening, type RawPair, type RoomLog, type SigningKey,
} from "../seal/index.js";
import { breakGlass, hasKey, isLine, OFFICERS_MOST, WORDS_MOST } from "../seal/control-rare.js";
import { joinShares, makeSheets, readSheet, type Sheet } from "../seal/share.js";

const SPAN = 64; // epochs of one entry: its wraps travel with it in one frame
const SHEETS = 2;

/** A room of the request, or of what an agreement returned, verified. */
export interface Room {
	readonly json: RoomJson;
	readonly state: ControlState;
	/** All states that it went through. */
	readonly log: RoomLog;
	readonly entries: readonly ControlEntry[];
}

export interface RoomFacts {
	readonly room: string;
	readonly createdAt: number;
	readonly epochs: number;
	readonly closed: boolean;
	/** Names of its staff, as they were certified. */
	readonly staff: readonly string[];
}

/** What the file is about, before anybody is asked for a sheet: as it says of itself. */
export interface Facts {
	readonly name: string;
	readonly at: number;
	readonly to: string;
	/** Of staff: for whom they work and when an administrator certified them, which is all that speaks for the name. */
	readonly certified: { readonly employer: string; readonly at: number } | undefined;
	/** Of a client: the short code that the officers compare with them. */
	readonly code: string;
	readonly rooms: readonly RoomFacts[];
}

export interface Wish {
	readonly reason: number;
	readonly words: string;
	readonly officers: string;
}

export interface Opened {
	/** The keys open the request: how many keys of epochs there are, and how many of them opened. */
	readonly found: number;
	readonly wanted: number;
	/** The result's file, and the sheets of the recovery key that comes after this one. */
	make(wish: Wish): Promise<{ readonly result: string; readonly sheets: readonly Sheet[] }>;
	forget(): void;
}

export interface Ceremony {
	readonly facts: Facts;
	/** Throws SealError: "length", "root", "recovery" with the sheet's place; "same_share"; "other_sheets". */
	open(sheets: readonly string[]): Promise<Opened>;
}

export class SheetError extends SealError {
	readonly at: number;
	constructor(word: string, at: number) {
		super(word);
		this.at = at;
	}
}

export const replayRoom = async (json: RoomJson, chains: readonly Chain[], organisation: Chain): Promise<Room> => {
	const people = [organisation, ...chains].flatMap((chain) => chain.records);
	const entries: ControlEntry[] = [];
	const log = makeRoomLog();
	let state = emptyControl();
	for (const bytes of json.entries) {
		const step = await extendControl(state, fromBase64Url(bytes), people, keyFinder(chains));
		state = step.state;
		entries.push(step.entry);
		log.add(state);
	}
	const own = equal(state.org, organisation.state.subject) && equal(state.room, fromBase64Url(json.room)) && equal(state.rootKid, organisation.state.rootKid);
	if (entries.length === 0 || !own) throw new SealError("wrong_room");
	return { json, state, log, entries };
};

const certOf = (chain: Chain | undefined) => {
	for (const { body, env } of [...(chain?.entries ?? [])].reverse()) if (body.type === "cert") return { name: body.name, employer: body.employer, at: env.time };
	return undefined;
};
const nameOf = (chain: Chain | undefined): string => certOf(chain)?.name ?? "";

/** Chains, logs and the administrator's signature; the root is only the file's own until two sheets have said that it is theirs. */
const verifyAll = async (signed: SignedRequest) => {
	const { request } = signed;
	const organisation = await replayChain(request.organisation.map(fromBase64Url));
	if (!equal(organisation.state.subject, fromBase64Url(request.org))) throw new SealError("wrong_chain");
	const issuer = organisation.state.issuers.find((i) => equal(i.user, signed.user) && equal(i.kid, signed.kid));
	const asked = issuer && issuer.revoked === 0 && request.at <= issuer.validUntil && (await verifyRequest(signed, issuer.pub));
	if (!asked) throw new SealError("bad_signature");
	const chains: Chain[] = [];
	for (const chain of request.chains) chains.push(await replayChain(chain.entries.map(fromBase64Url), organisation.state));
	const rooms: Room[] = [];
	for (const room of request.rooms) rooms.push(await replayRoom(room, chains, organisation));
	return { organisation, chains, rooms };
};

type Verified = Awaited<ReturnType<typeof verifyAll>>;

const chainOf = ({ chains }: Verified, user: Bytes): Chain | undefined => chains.find((c) => equal(c.state.subject, user));

const factsOf = async (request: Request, v: Verified): Promise<Facts> => {
	const chain = chainOf(v, fromBase64Url(request.to));
	if (!chain || chain.state.revoked) throw new SealError("no_such_member");
	const { state } = chain;
	const { rootKid, recoveryKid } = v.organisation.state;
	const staffOf = (room: Room): string[] => room.state.members.filter((m) => m.role === ROLE.staff && m.active).map((m) => nameOf(chainOf(v, m.user)));
	return {
		name: request.name, at: request.at, to: nameOf(chain), certified: state.cert && certOf(chain), code: state.cert ? "" : await compareCode({ sigKid: rootKid, encKid: recoveryKid }, state),
		rooms: v.rooms.map((room) => ({
			room: room.json.room, createdAt: room.entries[0]?.env.time ?? 0, epochs: room.state.epoch, closed: room.state.phase === "closed", staff: staffOf(room),
		})),
	};
};

interface Keys {
	readonly root: SigningKey;
	readonly rootPriv: Bytes;
	readonly recovery: EncryptionKey;
}

/** The recovery key of these sheets, which need not be the organisation's newest. */
const recoveryOf = async (organisation: Chain, priv: Bytes): Promise<EncryptionKey> => {
	for (const { body } of organisation.entries) {
		if (body.type !== "org_recovery") continue;
		const pair = { priv, pub: body.recoveryPub };
		const fits = await importSigning(pair).then(() => true, () => false); // an ECDH import looks at one half only
		if (fits) return importEncryption(pair);
	}
	throw new SealError("other_sheets");
};

/** Throws as `Ceremony.open` does. */
export const joinKeys = async (org: Bytes, organisation: Chain, texts: readonly string[]): Promise<Keys> => {
	if (texts.length !== SHEETS) throw new SealError("length");
	const sheets = await Promise.all(texts.map((one, at) => readSheet(org, one).catch((thrown: SealError) => Promise.reject(new SheetError(thrown.word, at)))));
	const [a, b] = sheets as [{ root: Bytes; recovery: Bytes }, { root: Bytes; recovery: Bytes }];
	const [rootPriv, recoveryPriv] = [await joinShares(a.root, b.root), await joinShares(a.recovery, b.recovery)];
	const other = (): never => {
		throw new SealError("other_sheets");
	};
	const root = await importSigning({ priv: rootPriv, pub: organisation.state.rootPub }).catch(other);
	const recovery = await recoveryOf(organisation, recoveryPriv).finally(() => recoveryPriv.fill(0));
	return { root, rootPriv, recovery };
};

export interface EpochKey {
	readonly keyset: number;
	readonly epoch: number;
	readonly key: Bytes;
}

/** The keys that the recovery key opens, each the one that its EPOCH commits to. */
export const openRoom = async ({ json, state, entries }: Room, recovery: EncryptionKey): Promise<EpochKey[]> => {
	const found: EpochKey[] = [];
	for (const wrap of [...json.wraps].reverse()) {
		const { epoch, keyset } = wrap;
		const [env, made, rkid] = [entries[wrap.entry]?.env, state.epochs[epoch - 1], fromBase64Url(wrap.rkid)];
		if (!env || !made || !equal(rkid, recovery.kid) || found.some((f) => f.epoch === epoch && f.keyset === keyset)) continue;
		const place = {
			org: state.org, room: state.room, epoch, keyset, rtype: RTYPE.recovery, rid: state.org, rkid, sender: env.sender, senderKid: env.senderKid, prev: env.logHead,
		};
		const key = await unwrapKey(place, recovery, fromBase64Url(wrap.wrap)).catch(() => undefined);
		if (!key) continue;
		const derive = keyset === KEYSET.all ? deriveEpoch : deriveStaff;
		const { commit } = await derive(key, state.org, state.room, epoch);
		if (equal(commit, keyset === KEYSET.all ? made.commit : made.staffCommit)) found.push({ keyset, epoch, key });
		else key.fill(0);
	}
	return found.sort((x, y) => x.epoch - y.epoch || x.keyset - y.keyset);
};

interface Recipient {
	readonly chain: Chain;
	readonly wish: Wish;
	readonly root: SigningKey;
}

/** One BREAK_GLASS after another, each signed by the same key of this room, which is forgotten after it. */
const glassOf = async (room: Room, keys: readonly EpochKey[], to: Recipient, people: readonly Chain[]) => {
	const pair = await makePair();
	const ceremony = await importSigning(pair).finally(() => pair.priv.fill(0));
	const { state: person } = to.chain;
	const member = memberOf(room.state, person.subject);
	const staff = person.cert !== undefined;
	const first = staff ? 1 : (member?.from ?? 1);
	const entries: string[] = [];
	const wraps: ResultWrap[] = [];
	let { state } = room;
	for (let from = first; from <= room.state.epoch; from += SPAN) {
		const until = Math.min(room.state.epoch, from + SPAN - 1);
		const mine = keys.filter((k) => k.epoch >= from && k.epoch <= until && hasKey(room.state, staff ? ROLE.staff : ROLE.client, k));
		if (mine.length === 0) continue;
		const listed: GrantWrap[] = [];
		for (const { keyset, epoch, key } of mine) {
			const place = {
				org: state.org, room: state.room, epoch, keyset, rtype: RTYPE.member, rid: person.subject, rkid: person.encKid, sender: state.org, senderKid: ceremony.kid,
				prev: state.head,
			};
			const wrap = await wrapKey(place, person.encPub, key);
			listed.push({ keyset, epoch, hash: await wrapHash(place, wrap) });
			wraps.push({ entry: state.n, keyset, epoch, rtype: RTYPE.member, rid: toBase64Url(person.subject), rkid: toBase64Url(person.encKid), wrap: toBase64Url(wrap) });
		}
		const opening: Opening = {
			...to.wish, user: person.subject, sigKid: person.sigKid, encKid: person.encKid, role: staff ? ROLE.staff : ROLE.client,
			cert: person.cert?.hash ?? zeroes(32), from, until, wraps: listed,
		};
		const body = await breakGlass(to.root, ceremony.pub, state, opening);
		const bytes = await signControl(ceremony, state.org, state, body, random(16), Date.now());
		({ state } = await extendControl(state, bytes, people.flatMap((chain) => chain.records), keyFinder(people)));
		entries.push(toBase64Url(bytes));
	}
	if (entries.length === 0) throw new SealError("nothing_opens");
	return { room: room.json.room, entries, wraps };
};

/** The next recovery key, and the sheets that replace those that were just used. */
const renewed = async (root: SigningKey, rootPriv: Bytes, organisation: Chain): Promise<{ entry: string; sheets: Sheet[] }> => {
	const { org, head, n } = organisation.state;
	const pair: RawPair = await makePair();
	const entry = await signIdentity(root, org, { org, subject: org, head, n }, { type: "org_recovery", recoveryPub: pair.pub }, random(16), Date.now());
	const sheets = await makeSheets(org, rootPriv, pair.priv);
	pair.priv.fill(0);
	return { entry: toBase64Url(entry), sheets };
};

const isWish = ({ reason, words, officers }: Wish): boolean => reason >= 1 && reason <= 4 && isLine(words, WORDS_MOST) && isLine(officers, OFFICERS_MOST);

/** Reads and verifies a request. Throws SealError: "file", or the word of what does not verify. */
export const beginCeremony = async (json: string): Promise<Ceremony> => {
	const signed = readRequest(json);
	const { request } = signed;
	const verified = await verifyAll(signed);
	const facts = await factsOf(request, verified);
	const { organisation, chains, rooms } = verified;
	const person = chainOf(verified, fromBase64Url(request.to)) as Chain;

	const open = async (texts: readonly string[]): Promise<Opened> => {
		const { root, rootPriv, recovery } = await joinKeys(fromBase64Url(request.org), organisation, texts);
		await replayOrganisation(request.organisation.map(fromBase64Url), root.kid);
		const keys = await Promise.all(rooms.map((room) => openRoom(room, recovery)));
		const forget = (): void => {
			for (const { key } of keys.flat()) key.fill(0);
			rootPriv.fill(0);
		};
		return {
			found: keys.flat().filter((k) => k.keyset === KEYSET.all).length, wanted: rooms.reduce((n, room) => n + room.state.epoch, 0), forget,
			make: async (wish) => {
				if (!isWish(wish)) throw new SealError("words");
				const made = [];
				for (const [i, room] of rooms.entries()) made.push(await glassOf(room, keys[i] ?? [], { chain: person, wish, root }, [organisation, ...chains]));
				const { entry, sheets } = await renewed(root, rootPriv, organisation);
				const result = writeResult({ luotsi: "recovery-result", v: 1, org: request.org, at: Date.now(), recovery: [entry], rooms: made });
				return { result, sheets };
			},
		};
	};
	return { facts, open };
};
