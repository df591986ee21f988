// The people of the tests, with real keys: an organisation with its root, recovery key and one issuer, counsellors and clients
// with identity chains, and a room whose log grows entry by entry. Everything is made by the code that browsers run.

import {
	applyControl, concat, emptyChain, emptyControl, extendChain, grantedKeys, importEncryption, importSigning, makeKey, makePair, random, readControl,
	recipientsOf, activeMember, ROLE, signControl, signIdentity, signJoin, wrapHash, wrapKey, zeroes, deriveEpoch, deriveStaff,
	type Bytes, type Chain, type ControlBody, type ControlState, type EncryptionKey, type IdentityBody, type PersonRecord, type RawPair,
	type Opening, type SigningKey,
} from "../../../web/src/seal/index.js";
import { breakGlass } from "../../../web/src/seal/control-rare.js";

export const DAY = 24 * 3600 * 1000;
export const NOON = 1_795_000_000_000;

export interface Keys {
	readonly sig: SigningKey;
	readonly enc: EncryptionKey;
	readonly raw: { readonly sig: RawPair; readonly enc: RawPair };
}

export const makeKeys = async (): Promise<Keys> => {
	const raw = { sig: await makePair(), enc: await makePair() };
	return { raw, sig: await importSigning(raw.sig), enc: await importEncryption(raw.enc) };
};

export interface Organisation {
	readonly org: Bytes;
	readonly root: Keys;
	readonly recovery: Keys;
	readonly issuer: Keys & { readonly user: Bytes };
	chain: Chain;
	readonly entries: Bytes[];
}

export interface Person {
	readonly user: Bytes;
	keys: Keys;
	chain: Chain;
	readonly entries: Bytes[];
}

const place = (chain: Chain, org: Bytes, subject: Bytes): { org: Bytes; subject: Bytes; head: Bytes; n: number } =>
	({ org, subject, head: chain.state.head, n: chain.state.n });

export const signByRoot = (o: Organisation, body: IdentityBody, time: number): Promise<Bytes> =>
	signIdentity(o.root.sig, o.org, place(o.chain, o.org, o.org), body, random(16), time);

export const addToOrganisation = async (o: Organisation, body: IdentityBody, time: number): Promise<void> => {
	const bytes = await signByRoot(o, body, time);
	o.chain = await extendChain(o.chain, bytes, undefined);
	o.entries.push(bytes);
};

export const makeOrganisation = async (time = NOON): Promise<Organisation> => {
	const issuer = { ...(await makeKeys()), user: random(16) };
	const o: Organisation = { org: random(16), root: await makeKeys(), recovery: await makeKeys(), issuer, chain: emptyChain(), entries: [] };
	await addToOrganisation(o, { type: "org_root", rootPub: o.root.sig.pub }, time);
	await addToOrganisation(o, { type: "org_recovery", recoveryPub: o.recovery.enc.pub }, time);
	await addToOrganisation(o, { type: "org_issuer", user: issuer.user, issuerPub: issuer.sig.pub, validUntil: time + 400 * DAY }, time);
	return o;
};

/** Signs an entry for a person's chain, by themselves unless another signer is named. */
export const signForPerson = (
	o: Organisation, p: Person, body: IdentityBody, time: number, by: { user: Bytes; sig: SigningKey } = { user: p.user, sig: p.keys.sig },
): Promise<Bytes> => signIdentity(by.sig, by.user, place(p.chain, o.org, p.user), body, random(16), time);

export const addToPerson = async (o: Organisation, p: Person, bytes: Bytes): Promise<void> => {
	p.chain = await extendChain(p.chain, bytes, o.chain.state);
	p.entries.push(bytes);
};

export const makePerson = async (o: Organisation, time = NOON): Promise<Person> => {
	const keys = await makeKeys();
	const p: Person = { user: random(16), keys, chain: emptyChain(), entries: [] };
	await addToPerson(o, p, await signForPerson(o, p, { type: "create", sigPub: keys.sig.pub, encPub: keys.enc.pub }, time));
	return p;
};

export const certBody = (p: Person, time: number, name = "Aino Järvinen", employer = "Uudenmaan TE-toimisto"): IdentityBody => ({
	type: "cert", sigKid: p.keys.sig.kid, encKid: p.keys.enc.kid, role: 1, validFrom: time, validUntil: time + 300 * DAY, name, employer,
});

export const makeCounsellor = async (o: Organisation, time = NOON): Promise<Person> => {
	const p = await makePerson(o, time);
	await addToPerson(o, p, await signForPerson(o, p, certBody(p, time), time, o.issuer));
	return p;
};

export const certOf = (p: Person): Bytes => p.chain.state.cert?.hash ?? zeroes(32);
export const peopleOf = (...people: Person[]): PersonRecord[] => people.flatMap((p) => p.chain.records);

export interface Room {
	readonly o: Organisation;
	readonly room: Bytes;
	readonly people: Person[];
	state: ControlState;
	readonly entries: Bytes[];
	readonly states: ControlState[];
	/** EK_n and SK_n in the clear, for the tests alone; index 0 is epoch 1. */
	readonly eks: Bytes[];
	readonly sks: Bytes[];
	time: number;
}

export const makeRoom = (o: Organisation, people: Person[]): Room => ({
	o, room: random(16), people, state: emptyControl(), entries: [], states: [], eks: [], sks: [], time: NOON + DAY,
});

export const signInRoom = (r: Room, p: Person, body: ControlBody, time = r.time): Promise<Bytes> => {
	const at = r.state.n === 0 ? { org: r.o.org, room: r.room, head: zeroes(32), n: 0, epoch: 0 } : r.state;
	return signControl(p.keys.sig, p.user, at, body, random(16), time);
};

/** Applies what must be right; throws the word if it is not. */
export const addToRoom = async (r: Room, bytes: Bytes): Promise<void> => {
	const entry = await readControl(bytes);
	const next = applyControl(r.state, entry, peopleOf(...r.people), entry.env.time);
	if (typeof next === "string") throw new Error(next);
	r.state = next;
	r.entries.push(bytes);
	r.states.push(next);
};

export const createBody = (r: Room, p: Person): ControlBody => ({
	type: "create", encKid: p.keys.enc.kid, cert: certOf(p), rootKid: r.o.root.sig.kid, recoveryKid: r.o.recovery.enc.kid, agreement: random(16), retention: 3,
});

export const addBody = (p: Person, staff = true): ControlBody => ({
	type: "add", user: p.user, sigKid: p.keys.sig.kid, encKid: p.keys.enc.kid, role: staff ? ROLE.staff : ROLE.client,
	cert: staff ? certOf(p) : zeroes(32), proof: staff ? 1 : 2, baselineSeq: 1, baseline: zeroes(32),
});

const encPubOf = (r: Room, rid: Bytes, rtype: number, invitePub: Bytes | undefined): Bytes => {
	if (rtype === 3) return r.o.recovery.enc.pub;
	if (rtype === 2) return invitePub as Bytes;
	return r.people.find((p) => p.user.every((b, i) => b === rid[i]))?.keys.enc.pub as Bytes;
};

export interface MadeEpoch {
	readonly body: Extract<ControlBody, { type: "epoch" }>;
	readonly wraps: readonly Bytes[];
	readonly ek: Bytes;
	readonly sk: Bytes;
}

/** A whole new epoch, as an author's browser makes it. */
export const epochBody = async (r: Room, author: Person, invitePub?: Bytes): Promise<MadeEpoch> => {
	const n = r.state.epoch + 1;
	const [ek, sk] = [makeKey(), makeKey()];
	const member = activeMember(r.state, author.user);
	if (!member) throw new Error("no member");
	const staff = member.role === ROLE.staff;
	const wraps: Bytes[] = [];
	const listed = [];
	for (const to of recipientsOf(r.state, member, peopleOf(...r.people), r.time)) {
		const at = { org: r.o.org, room: r.room, epoch: n, ...to, sender: author.user, senderKid: author.keys.sig.kid, prev: r.state.head };
		const wrap = await wrapKey(at, encPubOf(r, to.rid, to.rtype, invitePub), to.keyset === 0 ? ek : sk);
		wraps.push(wrap);
		listed.push({ ...to, hash: await wrapHash(to, wrap) });
	}
	const commit = (await deriveEpoch(ek, r.o.org, r.room, n)).commit;
	const staffCommit = staff ? (await deriveStaff(sk, r.o.org, r.room, n)).commit : zeroes(32);
	return { body: { type: "epoch", n, commit, staffCommit, wraps: listed }, wraps, ek, sk };
};

export const addEpoch = async (r: Room, author: Person, invitePub?: Bytes): Promise<MadeEpoch> => {
	const made = await epochBody(r, author, invitePub);
	await addToRoom(r, await signInRoom(r, author, made.body));
	r.eks.push(made.ek);
	r.sks.push(made.sk);
	return made;
};

/** What two officers give one member; the wraps' hashes are made up. */
export const openingFor = (r: Room, to: Person, from: number, until: number, staff = true): Opening => {
	const keys = [];
	for (let n = from; n <= until; n++)
		keys.push({ keyset: 0, epoch: n }, ...(staff && r.state.epochs[n - 1]?.staffCommit.some((b) => b !== 0) ? [{ keyset: 1, epoch: n }] : []));
	return {
		reason: 1, words: "Ohjaajan ja asiakkaan avaimet katosivat", officers: "Anna Virtanen ja Jukka Mäkinen", user: to.user, sigKid: to.keys.sig.kid,
		encKid: to.keys.enc.kid, role: staff ? ROLE.staff : ROLE.client, cert: staff ? certOf(to) : zeroes(32), from, until,
		wraps: keys.map((k) => ({ ...k, hash: random(32) })),
	};
};

/** BREAK_GLASS as the ceremony page signs it; the header's sender is the organisation. */
export const signOpening = async (r: Room, opening: Opening, root = r.o.root.sig, time = r.time, sender = r.o.org): Promise<Bytes> => {
	const ceremony = await importSigning(await makePair());
	return signControl(ceremony, sender, r.state, await breakGlass(root, ceremony.pub, r.state, opening), random(16), time);
};

export const rekeyBody = (p: Person): ControlBody => ({ type: "rekey", encKid: p.keys.enc.kid, cert: certOf(p) });

export const grantBody = (r: Room, to: Person, from: number, until: number, by = to): ControlBody => {
	const [member, author] = [activeMember(r.state, to.user), activeMember(r.state, by.user)];
	const keys = member ? grantedKeys(r.state, member, from, until, author) : [{ keyset: 0, epoch: from }];
	return { type: "grant", to: to.user, toKid: to.keys.enc.kid, from, until, wraps: keys.map((k) => ({ ...k, hash: random(32) })) };
};

export const joinBody = async (r: Room, p: Person, invite: Bytes, oneTime: SigningKey): Promise<ControlBody> => {
	const claim = { org: r.o.org, room: r.room, invite, sender: p.user, senderKid: p.keys.sig.kid, encKid: p.keys.enc.kid, prev: r.state.head };
	return { type: "join", invite, encKid: p.keys.enc.kid, proof: await signJoin(oneTime, claim) };
};

export const flipBit = (bytes: Bytes, bit: number): Bytes => {
	const copy = bytes.slice();
	copy[bit >> 3] = (copy[bit >> 3] as number) ^ (1 << (bit & 7));
	return copy;
};

export const nothing = concat();
