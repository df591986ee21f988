// Both ends of an invitation (FORMAT.md section 5): the counsellor's browser makes the room and the link, the client's browser joins,
// keeps what it was invited to read, and makes the next epoch: it writes at once, with nobody online.

import { append, type Draft } from "./append.js";
import type { Id } from "./api.js";
import type { Context } from "./context.js";
import { makeControlLog } from "./control-log.js";
import { makeRoomKeys } from "./epoch-keys.js";
import { makeEpochMaker, type EpochMaker } from "./epoch-make.js";
import { refusal } from "./refusal.js";
import { addInvite, INVITE_MS, newInvite, type Acts } from "./room-acts.js";
import { markOf } from "./user-state.js";
import { emptyControl, decodeFragment, equal, fromBase64Url, INVITE_PATH, memberOf, openInvite, random, signJoin, toBase64Url, type Bytes, type Fragment } from "../seal/index.js";

export interface Made {
	readonly room: Id;
	readonly link: string;
	readonly expiresAt: number;
}

export const linkOf = (origin: string, fragment: string): string => origin + INVITE_PATH + fragment;

/** CREATE and what follows it, in one commit; gives the room. */
const startRoom = async (c: Context, room: Bytes, follow: (draft: Draft, maker: EpochMaker) => Promise<void>): Promise<Id> => {
	const organisation = c.people.organisation.state;
	const cert = c.people.chain(c.me.user)?.state.cert;
	if (!cert) throw refusal("not_certified");
	if (c.me.agreement === "") throw refusal("agreement_not_live");
	const id = toBase64Url(room);
	const { keys } = c.account();
	const log = makeControlLog(c.call, c.people, c.me.org, id, () => ({ n: 0, head: "" }));
	const maker = makeEpochMaker(log, c.people, makeRoomKeys(log, () => keys.enc));
	const start = () => ({ ...emptyControl(), org: c.me.org, room });
	await append(c.call, log, c.people, { user: c.me.userBytes, key: keys.sig }, start, async (draft) => {
		await draft.add({
			type: "create", encKid: (keys.enc[0] as { kid: Bytes }).kid, cert: cert.hash, rootKid: organisation.rootKid,
			recoveryKid: organisation.recoveryKid, agreement: fromBase64Url(c.me.agreement), retention: 1,
		});
		await follow(draft, maker);
	});
	return id;
};

/** A room with an invitation that is handed over. */
export const createRoom = async (c: Context, name: string): Promise<Made> => {
	const bytes = random(16);
	const made = await newInvite(c.me.org, bytes, c.people.organisation.state.rootKid, name);
	const expires = Date.now() + INVITE_MS;
	const room = await startRoom(c, bytes, (draft, maker) => addInvite(draft, maker, made, expires));
	return { room, link: linkOf(c.platform.origin, made.fragment), expiresAt: expires };
};

/** A room of staff alone: whom they invite by e-mail they let in afterwards. */
export const createEmptyRoom = (c: Context): Promise<Id> =>
	startRoom(c, random(16), async (draft, maker) => draft.addWithWraps(await maker.makeEpoch(draft.state(), draft.author())));

/** A new link for a room that nobody has joined; the old one opens nothing any more. */
export const renew = async (c: Context, room: Id, acts: Acts): Promise<{ link: string; expiresAt: number }> => {
	const { label } = markOf(c.store.get(), room);
	const made = await newInvite(c.me.org, fromBase64Url(room), c.people.organisation.state.rootKid, label);
	const expiresAt = Date.now() + INVITE_MS;
	await acts.invite(made, expiresAt);
	return { link: linkOf(c.platform.origin, made.fragment), expiresAt };
};

export const readFragment = (text: string): Fragment => {
	try {
		return decodeFragment(text.replace(/^.*#/, "").trim());
	} catch {
		throw refusal("bad_link");
	}
};

/** The longest run of epochs up to the newest that the invitation opens. */
const openRange = (opened: readonly number[], until: number): number => {
	let from = until + 1;
	while (opened.includes(from - 1)) from--;
	return from;
};

/** Opens the invitation for us, once it is sure that it leads where the link says; gives what is sealed under its secret. */
const claim = async (c: Context, f: Fragment): Promise<string | undefined> => {
	const { rootKid } = c.people.organisation.state;
	const { root } = c.store.get();
	if (!equal(f.org, c.me.org)) throw refusal("other_organisation");
	if (!equal(f.rootKid, rootKid) || (root !== "" && root !== toBase64Url(rootKid))) throw refusal("root_changed");
	const { sealed } = await c.call("invitation_claim", { room: toBase64Url(f.room), token: toBase64Url(f.token) });
	if ((sealed === undefined) !== (f.secret === undefined)) throw refusal("bad_link");
	return sealed;
};

/** By a link that was mailed: from now on the staff of the room see that we wait. */
export const waitFor = async (c: Context, f: Fragment): Promise<Id> => {
	await claim(c, f);
	const room = toBase64Url(f.room);
	c.store.change((s) => ({ ...s, root: toBase64Url(f.rootKid), waits: [...s.waits.filter((one) => one !== room), room] }));
	await c.store.flush();
	return room;
};

/** Gives what the counsellor called the client. Joining twice is harmless. */
export const join = async (c: Context, f: Fragment): Promise<{ room: Id; name: string }> => {
	const room = toBase64Url(f.room);
	const sealed = await claim(c, f);
	if (sealed === undefined || !f.secret) throw refusal("bad_link");
	const invite = await openInvite(f, f.secret, fromBase64Url(sealed)).catch(() => Promise.reject(refusal("bad_link")));
	const { keys } = c.account();
	const enc = keys.enc[0] as { kid: Bytes };
	const log = makeControlLog(c.call, c.people, c.me.org, room, () => ({ n: 0, head: "" }));
	const epochs = makeRoomKeys(log, () => [...keys.enc, invite.enc]);
	const maker = makeEpochMaker(log, c.people, epochs);
	await log.sync();
	await append(c.call, log, c.people, { user: c.me.userBytes, key: keys.sig }, log.state, async (draft) => {
		const state = draft.state();
		if (memberOf(state, c.me.userBytes)?.active) return;
		const claim = { org: f.org, room: f.room, invite: f.invite, sender: c.me.userBytes, senderKid: keys.sig.kid, encKid: enc.kid, prev: state.head };
		await draft.add({ type: "join", invite: f.invite, encKid: enc.kid, proof: await signJoin(invite.sig, claim) });
		const from = openRange(await epochs.openable(state.epoch), state.epoch);
		if (from <= state.epoch) await draft.addWithWraps(await maker.makeGrant(draft.state(), draft.author(), draft.author(), from, state.epoch));
		await draft.addWithWraps(await maker.makeEpoch(draft.state(), draft.author()));
	});
	return { room, name: invite.name };
};
