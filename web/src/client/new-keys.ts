// Whose keys are other than they were (FORMAT.md section 7, "keys and certificates that change"): what one's own chain says and the
// room has not heard of, and whose keys were made anew and wait until somebody has compared the short code. Pure.

import type { Id, NewKeys } from "./api.js";
import type { People } from "./people.js";
import {
	activeMember, equal, grantIn, PROOF, ROLE, toBase64Url, type Bytes, type ControlEntry, type ControlState, type IdentityState, type Member,
} from "../seal/index.js";

/** From which entry on somebody has been a member without a break. */
export const memberSince = (entries: readonly ControlEntry[], user: Bytes): number => {
	let since = -1;
	entries.forEach(({ body, env, rare }, i) => {
		const own = equal(env.sender, user);
		if (rare?.grant && equal(rare.grant.to, user)) since = since < 0 ? i : since;
		if ((own && (body.type === "create" || body.type === "join")) || (body.type === "add" && equal(body.user, user))) since = since < 0 ? i : since;
		if ((own && body.type === "leave") || (body.type === "remove" && equal(body.user, user))) since = -1;
	});
	return since;
};

/** Certified keys of staff, a client's as they are; undefined while staff wait for a certificate. */
const ownKeys = (mine: Member, own: IdentityState, now: number): { encKid: Bytes; cert: Bytes } | undefined => {
	if (mine.role === ROLE.client) return { encKid: own.encKid, cert: new Uint8Array(32) };
	const { cert } = own;
	return cert && cert.validFrom <= now && now <= cert.validUntil ? { encKid: own.encKid, cert: cert.hash } : undefined;
};

/** What a REKEY of ours has to bring into the room; undefined if the room knows it already. */
export const unheard = (state: ControlState, user: Bytes, own: IdentityState | undefined, now: number): { encKid: Bytes; cert: Bytes } | undefined => {
	const mine = activeMember(state, user);
	const keys = mine && own && !own.revoked ? ownKeys(mine, own, now) : undefined;
	if (!mine || !own || !keys) return undefined;
	const known = !mine.lapsed && equal(mine.sigKid, own.sigKid) && equal(mine.encKid, keys.encKid) && equal(mine.cert, keys.cert);
	return known ? undefined : keys;
};

/** The keys of this entry were made by somebody who had lost the ones before. */
export const isReset = (people: People, { body, env }: ControlEntry): boolean =>
	body.type === "rekey"
	&& (people.chain(toBase64Url(env.sender))?.entries.some((e) => e.body.type === "reset" && equal(e.sigKid, env.senderKid)) ?? false);

const wasGranted = (entries: readonly ControlEntry[], { user, encKid }: Member): boolean =>
	entries.some((entry) => {
		const given = grantIn(entry);
		return given !== undefined && equal(given.to, user) && equal(given.toKid, encKid) && !equal(entry.env.sender, user);
	});

const waits = (people: People, entries: readonly ControlEntry[], member: Member): boolean => {
	if (member.role === ROLE.client) return member.proof === PROOF.unproven;
	const brought = entries[member.since];
	const had = entries.slice(0, member.since).some(({ body }) => body.type === "epoch");
	return !member.lapsed && had && brought !== undefined && isReset(people, brought) && !wasGranted(entries, member);
};

/** Who waits in this room, oldest first. */
export const waiting = (
	state: ControlState, entries: readonly ControlEntry[], people: People, me: Bytes, nameOf: (user: Id, role: number) => string,
): NewKeys[] =>
	state.members.filter((m) => m.active && waits(people, entries, m)).map((m) => {
		const user = toBase64Url(m.user);
		const role = m.role === ROLE.staff ? ("staff" as const) : ("client" as const);
		return { user, role, name: nameOf(user, m.role), since: entries[m.since]?.env.time ?? 0, me: equal(m.user, me), kid: toBase64Url(m.encKid) };
	});
