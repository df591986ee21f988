// A room and chains in which every type of entry stands at least once, each right in its place.

import {
	activeMember, applyControl, emptyChain, extendChain, grantedKeys, importSigning, makeInvite, makePair, random, readControl, signRotate,
	type Bytes, type Chain, type ControlBody, type ControlState, type IdentityBody, type PersonRecord,
} from "../../../web/src/seal/index.js";
import { recoveryKey } from "../../../web/src/seal/control-rare.js";
import {
	addBody, addToOrganisation, addToPerson, certBody, createBody, DAY, epochBody, grantBody, joinBody, makeCounsellor, makeKeys, makeOrganisation, makePerson, makeRoom, NOON,
	openingFor, peopleOf, rekeyBody, signForPerson, signInRoom, signOpening, type Organisation, type Person, type Room,
} from "../../seal/lib/cast.js";

export interface Step {
	readonly before: ControlState;
	readonly bytes: Bytes;
}

export interface World {
	readonly steps: readonly Step[];
	readonly people: readonly PersonRecord[];
	readonly persons: readonly Person[];
	readonly organisation: Organisation;
}

const DAYS_LATER = NOON + DAY;

/** Every entry of a control log that FORMAT.md names. */
export const makeLog = async (): Promise<World> => {
	const organisation = await makeOrganisation();
	const [aino, kalle, oona] = [await makeCounsellor(organisation), await makeCounsellor(organisation), await makePerson(organisation)];
	const persons = [aino, kalle, oona];
	const r: Room = makeRoom(organisation, persons);
	const steps: Step[] = [];
	const people = (): PersonRecord[] => [...organisation.chain.records, ...peopleOf(...persons)];
	const take = async (bytes: Bytes): Promise<void> => {
		const next = applyControl(r.state, await readControl(bytes), people(), r.time);
		if (typeof next === "string") throw new Error(`${steps.length}: ${next}`);
		steps.push({ before: r.state, bytes });
		r.state = next;
	};
	const add = async (p: Person, body: ControlBody): Promise<void> => take(await signInRoom(r, p, body));
	const epoch = async (p: Person, invitePub?: Bytes): Promise<void> => add(p, (await epochBody(r, p, invitePub)).body);

	await add(aino, createBody(r, aino));
	await epoch(aino);
	const [made, pair] = [await makeInvite(organisation.org, r.room, r.state.rootKid, "Oona"), await makePair()];
	await add(aino, { type: "invite", invite: made.invite, sigPub: pair.pub, encPub: made.encPub, expires: r.time + DAY });
	await epoch(aino, made.encPub);
	await add(oona, await joinBody(r, oona, made.invite, await importSigning(pair)));
	await add(oona, grantBody(r, oona, 2, 2));
	await epoch(oona);
	await add(aino, { type: "recovery", n: 3, rkid: r.state.recoveryKid, hash: random(32) });
	await add(aino, addBody(kalle));
	await epoch(aino);
	const to = activeMember(r.state, kalle.user);
	if (!to) throw new Error("nobody to grant to");
	await add(aino, { ...grantBody(r, kalle, 1, 4, aino), wraps: grantedKeys(r.state, to, 1, 4, activeMember(r.state, aino.user)).map((key) => ({ ...key, hash: random(32) })) } as ControlBody);
	await add(aino, { type: "remove", user: kalle.user, reason: 1 });
	await epoch(aino);
	await take(await signOpening(r, openingFor(r, aino, 1, 2)));
	await epoch(aino);
	const next = await makeKeys();
	await addToOrganisation(organisation, { type: "org_recovery", recoveryPub: next.enc.pub }, DAYS_LATER);
	await add(oona, recoveryKey(next.enc.kid));
	await add(aino, { type: "close", reason: 2 });
	await add(aino, { type: "reopen" });
	await renew(organisation, oona);
	await add(oona, rekeyBody(oona));
	await add(oona, { type: "leave" });
	return { steps, people: people(), persons, organisation };
};

/** New keys, vouched for by the old ones. */
const renew = async (o: Organisation, p: Person): Promise<void> => {
	const keys = await makeKeys();
	const place = { org: o.org, subject: p.user, head: p.chain.state.head, n: p.chain.state.n };
	const body: IdentityBody = { type: "rotate", sigPub: keys.sig.pub, encPub: keys.enc.pub, newSignature: await signRotate(keys.sig, place, keys.enc.kid) };
	await addToPerson(o, p, await signForPerson(o, p, body, DAYS_LATER));
	p.keys = keys;
};

export interface ChainStep {
	readonly of: "o" | "i";
	readonly before: Chain;
	readonly bytes: Bytes;
}

/** Every entry of identity chains: first the organisation's, then a person's under it. */
export const makeChains = async (): Promise<{ steps: readonly ChainStep[]; organisation: Chain }> => {
	const o = await makeOrganisation();
	const other = await makeKeys();
	await addToOrganisation(o, { type: "org_issuer", user: random(16), issuerPub: other.sig.pub, validUntil: NOON + 400 * DAY }, NOON);
	await addToOrganisation(o, { type: "org_issuer_revoke", kid: other.sig.kid }, NOON);
	const p = await makeCounsellor(o);
	await renew(o, p);
	await addToPerson(o, p, await signForPerson(o, p, certBody(p, DAYS_LATER), DAYS_LATER, o.issuer));
	await addToPerson(o, p, await signForPerson(o, p, { type: "revoke", kid: p.keys.sig.kid, reason: 2 }, DAYS_LATER));
	const keys = await makeKeys();
	p.keys = keys;
	await addToPerson(o, p, await signForPerson(o, p, { type: "reset", sigPub: keys.sig.pub, encPub: keys.enc.pub }, DAYS_LATER));
	return { steps: [...(await replayed(o.entries, "o")), ...(await replayed(p.entries, "i", o.chain))], organisation: o.chain };
};

const replayed = async (entries: readonly Bytes[], of: "o" | "i", organisation?: Chain): Promise<ChainStep[]> => {
	const steps: ChainStep[] = [];
	let chain = emptyChain();
	for (const bytes of entries) {
		steps.push({ of, before: chain, bytes });
		chain = await extendChain(chain, bytes, organisation?.state);
	}
	return steps;
};
