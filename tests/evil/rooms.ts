// Attacks on who is in a room and what opens it: keys and members put in another's place, staff without a certificate, consents that nobody
// gave, wraps that hold something else, epochs that were not made, logs that were cut.

import {
	extendChain, fromBase64Url, importEncryption, importSigning, KEYSET, kidSig, makePair, parseEnvelope, random, readControl, replayChain, ROLE, sign, signControl, signIdentity,
	toBase64Url, utf8, zeroes, type Bytes, type ControlBody, type EncryptionKey, type SigningKey,
} from "../../web/src/seal/index.js";
import { breakGlass } from "../../web/src/seal/control-rare.js";
import { makeOrganisation } from "../../web/src/demo/ceremony.js";
import type { Actor } from "../client/organisation.js";
import type { Attack, Outcome } from "./lib/attack.js";
import type { Client } from "./lib/client.js";
import { append, keysOf, leave, newestOf, openRoom, post, reads, readsWith, rehash, type Scene } from "./lib/scene.js";

const SECRET = "salainen vastaus";

/** The victim opens the room and writes; the attack has succeeded if these keys and all that the server holds open what was written. */
const writes = async (s: Scene, user: string, by: Client, keys: readonly EncryptionKey[], room = s.room): Promise<Outcome> => {
	const victim = await s.device(user, by);
	const refused = (await openRoom(victim, room)) || (await post(victim, room, SECRET));
	if (refused) return { verdict: refused, succeeded: false };
	const read = await reads(s, keys, newestOf(s, room, user));
	return { verdict: read === SECRET ? "read" : "unread", succeeded: read === SECRET };
};

const stateOf = async (s: Scene, user: string, room = s.room) => {
	const device = await s.device(user);
	await openRoom(device, room);
	return { device, state: device.engine.parts.room(room).log.state() };
};

/** The server's own key under a member's name. */
const inTheNameOf = async (kid: Bytes): Promise<SigningKey> => ({ ...(await importSigning(await makePair())), kid });

/** Adds an entry that no member's browser would add. */
const force = async (s: Scene, room: string, key: SigningKey, sender: string, body: ControlBody): Promise<void> => {
	const held = s.relay.rooms.get(room);
	const last = await parseEnvelope(fromBase64Url(held?.entries.at(-1)?.bytes ?? ""));
	const place = { org: last.org, room: last.room, head: last.hash, n: held?.entries.length ?? 0, epoch: held?.epoch ?? 0 };
	append(s, room, await signControl(key, fromBase64Url(sender), place, body, random(16), Date.now()), body.type, sender);
	await rehash(s, room);
};

const addOf = (user: string, chain: Awaited<ReturnType<typeof replayChain>>["state"]): ControlBody => ({
	type: "add", user: fromBase64Url(user), sigKid: chain.sigKid, encKid: chain.encKid, role: ROLE.staff, cert: chain.cert?.hash ?? zeroes(32), proof: 1, baselineSeq: 1, baseline: zeroes(32),
});

const chainOf = async (s: Scene, user: string) => (await replayChain((s.relay.chains.get(user) ?? []).map(fromBase64Url), s.ceremony.chain.state)).state;

const KEYS: readonly Attack[] = [
	{
		name: "a member whom no member added", checks: ["entry_signature"], verdict: "bad_history bad_signature",
		mount: async (s, victim) => {
			const kalle = await s.device(s.kalle);
			const { sigKid } = await chainOf(s, s.oona);
			await force(s, s.room, await inTheNameOf(sigKid), s.oona, addOf(s.kalle, await chainOf(s, s.kalle)));
			s.relay.rooms.get(s.room)?.members.add(s.kalle);
			return writes(s, s.aino, victim, keysOf(kalle));
		},
	},
	{
		name: "keys made anew in a client's name", checks: ["unproven_recipient"], verdict: "unread",
		mount: async (s, victim) => {
			const forged = await s.reset(s.aino);
			await openRoom(forged, s.room);
			await post(forged, s.room, "olen muka Aino");
			return writes(s, s.oona, victim, keysOf(forged));
		},
	},
	{
		name: "other keys than were compared, at the moment of the confirmation", checks: ["compared_code"], verdict: "keys_changed",
		mount: async (s, victim) => {
			const real = await s.reset(s.aino);
			await openRoom(real, s.room);
			await post(real, s.room, "sain uudet avaimet");
			const oona = await s.device(s.oona, victim);
			await openRoom(oona, s.room);
			const code = await oona.engine.compareCode(s.room, s.aino);
			await real.engine.stop();
			const forged = await s.reset(s.aino);
			await openRoom(forged, s.room);
			await post(forged, s.room, "olen muka Aino");
			const { log } = oona.engine.parts.room(s.room);
			const { kid } = keysOf(forged)[0] as EncryptionKey;
			await oona.until("the other keys", () => log.state().members.some((m) => toBase64Url(m.encKid) === toBase64Url(kid)));
			const refused = await oona.engine.confirmKeys(s.room, s.aino, code).then(() => "", (thrown: { word: string }) => thrown.word);
			const read = await reads(s, keysOf(forged), newestOf(s, s.room, s.oona));
			return { verdict: refused, succeeded: refused === "" && read !== "" };
		},
	},
	{
		name: "a certificate's end withheld from who has seen it", checks: ["chain_goes_on"], verdict: "quarantine",
		mount: async (s, victim) => {
			const { device: oona } = await stateOf(s, s.oona);
			const kalle = await s.device(s.kalle);
			await oona.engine.addColleague(s.room, s.kalle, "none");
			const { state } = await extendChain(await replayChain((s.relay.chains.get(s.kalle) ?? []).map(fromBase64Url), s.ceremony.chain.state), await revoked(s), s.ceremony.chain.state);
			const known = [...(s.relay.chains.get(s.kalle) ?? [])];
			s.relay.refuseOps.add("control_append"); // nobody makes an epoch without Kalle yet
			s.relay.chains.get(s.kalle)?.push(toBase64Url(await revoked(s)));
			await oona.engine.stop();
			const before = await s.device(s.aino);
			await openRoom(before, s.room);
			const pinned = (): boolean => before.engine.parts.self().store()?.get().pins[s.kalle]?.n === state.n;
			await before.until("pinned", pinned);
			await leave(before);
			s.relay.refuseOps.clear();
			s.relay.chains.set(s.kalle, known);
			return writes(s, s.aino, victim, keysOf(kalle));
		},
	},
	{
		name: "another recovery key of the organisation", checks: ["chain_signature"], verdict: "root_changed",
		mount: async (s, victim) => {
			const [pair, { state }] = [await makePair(), s.ceremony.chain];
			const rogue = await inTheNameOf(state.rootKid);
			const entry = await signIdentity(rogue, state.org, { org: state.org, subject: state.org, head: state.head, n: state.n }, { type: "org_recovery", recoveryPub: pair.pub }, random(16), Date.now());
			s.relay.chains.get(s.relay.org)?.push(toBase64Url(entry));
			return writes(s, s.aino, victim, [await importEncryption(pair)]);
		},
	},
];

/** REVOKE of Kalle's keys, by the issuer. */
const revoked = async (s: Scene): Promise<Bytes> => {
	const { org, subject, head, n, sigKid } = await chainOf(s, s.kalle);
	return signIdentity(s.ceremony.issuer, s.ceremony.issuerUser, { org, subject, head, n }, { type: "revoke", kid: sigKid, reason: 1 }, random(16), Date.now());
};

/** A room of somebody's own, to which the victim comes by a link, and writes. */
const lured = async (s: Scene, rogue: Actor, by: Client): Promise<Outcome> => {
	const { room, link } = await rogue.engine.invite({ name: "Uhri", welcome: "" });
	const victim = await s.device(s.aino, by);
	const refused = await victim.engine.acceptInvitation(link).then(() => "", (thrown: { word: string; detail?: string }) => [thrown.word, thrown.detail].filter(Boolean).join(" "));
	if (refused) return { verdict: refused, succeeded: false };
	await victim.engine.stop();
	return writes(s, s.aino, by, keysOf(rogue), room);
};

/** Gives somebody a certificate by this key. */
const certifiedBy = async (s: Scene, rogue: Actor, issuer: SigningKey, validFrom: number, validUntil: number): Promise<void> => {
	const { org, subject, head, n, sigKid, encKid } = await chainOf(s, rogue.user);
	const body = { type: "cert", sigKid, encKid, role: 1, validFrom, validUntil, name: "Oona Ohjaaja", employer: "Ohjaamo" } as const;
	s.relay.chains.get(rogue.user)?.push(toBase64Url(await signIdentity(issuer, s.ceremony.issuerUser, { org, subject, head, n }, body, random(16), Date.now())));
	await rogue.engine.parts.self().refresh();
};

const DAY = 24 * 3600 * 1000;

const STAFF: readonly Attack[] = [
	{
		name: "a counsellor without a certificate", checks: ["certificate_named", "certificate_time", "certificate_standing"], tools: ["creates_uncertified"], verdict: "bad_history not_certified",
		mount: async (s, victim, evil) => lured(s, await s.newcomer("counsellor", "Oona Ohjaaja", evil), victim),
	},
	{
		name: "a counsellor whose certificate a foreign issuer signed", checks: ["chain_issuer"], tools: [], verdict: "bad_history unknown_key",
		mount: async (s, victim, evil) => {
			const rogue = await s.newcomer("counsellor", "Oona Ohjaaja", evil);
			await certifiedBy(s, rogue, await importSigning(await makePair()), Date.now() - DAY, Date.now() + DAY);
			return lured(s, rogue, victim);
		},
	},
	{
		name: "a counsellor whose certificate has ended", checks: ["certificate_time", "certificate_standing"], tools: [], verdict: "bad_history cert_expired",
		mount: async (s, victim, evil) => {
			const rogue = await s.newcomer("counsellor", "Oona Ohjaaja", evil);
			await certifiedBy(s, rogue, s.ceremony.issuer, Date.now() - 3 * DAY, Date.now() - DAY);
			return lured(s, rogue, victim);
		},
	},
	{
		name: "an organisation with another root", checks: ["link_root", "room_root"], verdict: "root_changed",
		mount: async (s, victim) => {
			const admin = await s.device(s.admin);
			s.relay.chains.set(s.relay.org, []);
			const ceremony = await makeOrganisation(admin.engine.parts.link.call, s.relay.org, s.admin);
			const own = { ...s, ceremony };
			const first = await s.newcomer("counsellor", "Oona Ohjaaja");
			await certifiedBy(own, first, ceremony.issuer, Date.now() - DAY, Date.now() + DAY);
			return lured(own, first, victim);
		},
	},
];

/** JOIN of the server's own client, with this proof. */
const joining = async (s: Scene, proof: (signer: SigningKey) => Promise<Bytes>): Promise<{ room: string; keys: readonly EncryptionKey[] }> => {
	const oona = await s.device(s.oona);
	const { room } = await oona.engine.invite({ name: "Uusi asiakas", welcome: "" });
	await oona.engine.stop();
	const rogue = await s.newcomer("client", "En ole kutsuttu");
	const { sig } = rogue.engine.parts.self().account().keys;
	const entries = await Promise.all((s.relay.rooms.get(room)?.entries ?? []).map(({ bytes }) => readControl(fromBase64Url(bytes))));
	const invited = entries.flatMap(({ body }) => (body.type === "invite" ? [body] : [])).at(-1);
	if (!invited) throw new Error("nobody was invited");
	const { encKid } = await chainOf(s, rogue.user);
	await force(s, room, sig, rogue.user, { type: "join", invite: invited.invite, encKid, proof: await proof(sig) });
	s.relay.rooms.get(room)?.members.add(rogue.user);
	return { room, keys: keysOf(rogue) };
};

/** The proof by which Aino came. */
const givenProof = async (s: Scene): Promise<Bytes> => {
	for (const { bytes } of s.relay.rooms.get(s.room)?.entries ?? []) {
		const { body } = await readControl(fromBase64Url(bytes));
		if (body.type === "join") return body.proof;
	}
	throw new Error("nobody joined");
};

const CONSENT: readonly Attack[] = [
	{
		name: "a client who joins without the secret of the link", checks: ["join_proof"], verdict: "bad_history bad_signature",
		mount: async (s, victim) => {
			const { room, keys } = await joining(s, (sig) => sign(sig, utf8("kutsu")));
			return writes(s, s.oona, victim, keys, room);
		},
	},
	{
		name: "a client who joins by a proof that was given in another room", checks: ["join_proof"], verdict: "bad_history bad_signature",
		mount: async (s, victim) => {
			const { room, keys } = await joining(s, () => givenProof(s));
			return writes(s, s.oona, victim, keys, room);
		},
	},
	{
		name: "officers' word for a client's new keys, which no officer gave", checks: ["opening_vouched"], verdict: "bad_history bad_signature",
		mount: async (s, victim) => {
			const forged = await s.reset(s.aino);
			await openRoom(forged, s.room);
			await post(forged, s.room, "olen muka Aino");
			const { log } = forged.engine.parts.room(s.room);
			const { epoch, org, room, head, n } = log.state();
			const { sigKid, encKid } = await chainOf(s, s.aino);
			const ceremony = await importSigning(await makePair());
			const root = { ...(await importSigning(await makePair())), pub: s.ceremony.root.pub, kid: await kidSig(s.ceremony.root.pub) };
			const body = await breakGlass(root, ceremony.pub, { org, room, head }, {
				reason: 1, words: "Avaimet katosivat", officers: "Anna ja Jukka", user: fromBase64Url(s.aino), sigKid, encKid, role: ROLE.client, cert: zeroes(32), from: epoch, until: epoch,
				wraps: [{ keyset: KEYSET.all, epoch, hash: random(32) }],
			});
			append(s, s.room, await signControl(ceremony, org, { org, room, head, n, epoch }, body, random(16), Date.now()), "reserved", s.relay.org);
			await rehash(s, s.room);
			return writes(s, s.oona, victim, keysOf(forged));
		},
	},
];

const withKalle = async (s: Scene): Promise<{ oona: Actor; kalle: Actor }> => {
	const { device: oona } = await stateOf(s, s.oona);
	await oona.engine.addColleague(s.room, s.kalle, "none");
	const kalle = await s.device(s.kalle);
	await openRoom(kalle, s.room);
	return { oona, kalle };
};

const isWrap = (user: string, epoch: number) => (wrap: Record<string, unknown>): boolean => wrap["rid"] === user && wrap["epoch"] === epoch && wrap["keyset"] === 0;

const WRAPS: readonly Attack[] = [
	{
		name: "another key than all others have, in one member's wrap", checks: ["commitment"], tools: ["wraps_another_key"], verdict: "no_keys",
		mount: async (s, victim, evil) => {
			const key = random(32);
			globalThis.evil.keyFor = ({ rid, rtype }, real) => (rtype === 1 && toBase64Url(rid as Bytes) === s.aino ? key.slice() : real);
			const oona = await s.device(s.oona, evil);
			await openRoom(oona, s.room);
			const { acts, log } = oona.engine.parts.room(s.room);
			await acts.rotate(() => log.state().epoch);
			await oona.engine.stop();
			const device = await s.device(s.aino, victim);
			const refused = (await openRoom(device, s.room)) || (await post(device, s.room, SECRET));
			const read = refused ? "" : await readsWith(key, newestOf(s, s.room, s.aino));
			return { verdict: refused, succeeded: read === SECRET };
		},
	},
	{
		name: "an old epoch's wrap for a new one, whose key a removed member has", checks: ["wrap_place", "commitment"], verdict: "no_keys",
		mount: async (s, victim) => {
			const { oona, kalle } = await withKalle(s);
			const { epoch } = kalle.engine.parts.room(s.room).log.state();
			const raw = await kalle.engine.parts.room(s.room).keys.raw(epoch, KEYSET.all);
			await oona.engine.removeColleague(s.room, s.kalle);
			await oona.engine.stop();
			const held = s.relay.rooms.get(s.room);
			const old = held?.wraps.find(isWrap(s.aino, epoch));
			const made = await parseEnvelope(fromBase64Url(held?.entries[old?.["entry"] as number]?.bytes ?? ""));
			const wrong = held?.wraps.find(isWrap(s.aino, epoch + 1));
			Object.assign(wrong ?? {}, { wrap: old?.["wrap"] });
			globalThis.evil.madeFor = (place) => ("epoch" in place && place.epoch === epoch + 1 ? { ...place, epoch, sender: made.sender, senderKid: made.senderKid, prev: made.logHead } : place);
			const device = await s.device(s.aino, victim);
			const refused = (await openRoom(device, s.room)) || (await post(device, s.room, SECRET));
			return { verdict: refused, succeeded: !refused && (await readsWith(raw, newestOf(s, s.room, s.aino))) === SECRET };
		},
	},
	{
		name: "a malformed wrap beside a good one", checks: ["wrap_opens"], verdict: "opens",
		mount: async (s, victim) => {
			const held = s.relay.rooms.get(s.room);
			const good = held?.wraps.filter(isWrap(s.aino, held.epoch)) ?? [];
			held?.wraps.push(...good.map((wrap) => ({ ...wrap, wrap: toBase64Url(random(113)) })), ...good.map((wrap) => ({ ...wrap, wrap: "" })));
			const device = await s.device(s.aino, victim);
			const refused = (await openRoom(device, s.room)) || (await post(device, s.room, SECRET));
			return { verdict: refused || "opens", succeeded: refused !== "" };
		},
	},
];

/** Takes entries off the end of what the server gives, with what came with them. */
const cut = (s: Scene, n: number): void => {
	const held = s.relay.rooms.get(s.room);
	if (!held) throw new Error("no room");
	held.entries.splice(n);
	held.wraps = held.wraps.filter((wrap) => (wrap["entry"] as number) < n);
};

const EPOCHS: readonly Attack[] = [
	{
		name: "no new epoch after a member was removed", checks: ["rotation_due"], verdict: "unread",
		mount: async (s, victim) => {
			const { oona, kalle } = await withKalle(s);
			const { n, epoch } = kalle.engine.parts.room(s.room).log.state();
			await oona.engine.removeColleague(s.room, s.kalle);
			await oona.engine.stop();
			cut(s, n + 1);
			Object.assign(s.relay.rooms.get(s.room) ?? {}, { epoch, pending: false });
			return writes(s, s.aino, victim, keysOf(kalle));
		},
	},
	{
		name: "an epoch that is wrapped to somebody who was removed", checks: ["epoch_recipients"], tools: ["wraps_to_all"], verdict: "bad_history bad_recipients",
		mount: async (s, victim, evil) => {
			const { oona, kalle } = await withKalle(s);
			await oona.engine.stop();
			const evilOona = await s.device(s.oona, evil);
			await openRoom(evilOona, s.room);
			await evilOona.engine.removeColleague(s.room, s.kalle);
			await evilOona.engine.stop();
			return writes(s, s.aino, victim, keysOf(kalle));
		},
	},
	{
		name: "a log that ends before a removal that was seen", checks: ["log_goes_on"], verdict: "bad_history rolled_back",
		mount: async (s, victim) => {
			const { oona, kalle } = await withKalle(s);
			const { n, epoch } = kalle.engine.parts.room(s.room).log.state();
			await oona.engine.removeColleague(s.room, s.kalle);
			await oona.engine.stop();
			const before = await s.device(s.aino);
			await openRoom(before, s.room);
			await leave(before);
			cut(s, n);
			Object.assign(s.relay.rooms.get(s.room) ?? {}, { epoch, pending: false });
			return writes(s, s.aino, victim, keysOf(kalle));
		},
	},
	{
		name: "an entry taken out of the middle of a log", checks: ["log_link", "log_index"], verdict: "bad_history stale_head",
		mount: async (s, victim) => {
			const { device: oona } = await stateOf(s, s.oona);
			await oona.engine.addColleague(s.room, s.kalle, "all");
			await oona.engine.closeRoom(s.room, "other");
			await oona.engine.stop();
			const held = s.relay.rooms.get(s.room);
			const at = held?.entries.findIndex(({ type }) => type === "grant") ?? -1;
			const last = held?.entries.map(({ type }) => type).lastIndexOf("grant") ?? -1;
			if (at < 0 || !held) throw new Error("nothing was granted");
			held.entries.splice(last, 1);
			const device = await s.device(s.aino, victim);
			const refused = await openRoom(device, s.room);
			const told = [...device.messages.values()].some((m) => m.system?.what === "granted");
			return { verdict: refused, succeeded: refused === "" && !told && device.view()?.phase === "closed" };
		},
	},
];

export const ROOM_ATTACKS: readonly Attack[] = [...KEYS, ...STAFF, ...CONSENT, ...WRAPS, ...EPOCHS];
