// recovery.json: the organisation's way into a room (FORMAT.md section 7), and how a room follows another recovery key.

import { random, readControl, type Bytes, type ControlBody, type Opening } from "../../../web/src/seal/index.js";
import { recoveryKey } from "../../../web/src/seal/control-rare.js";
import {
	addBody, addToOrganisation, addToPerson, certBody, certOf, createBody, DAY, flipBit, grantBody, makeCounsellor, makeKeys, makeOrganisation, makePerson, makeRoom,
	openingFor, peopleOf, rekeyBody, signForPerson, signOpening,
	type Organisation, type Person, type Room,
} from "../lib/cast.js";
import { personOut, type Sequence } from "../lib/vectors.js";
import { begin, epoch, say, step, withNewKeys, type Story } from "./control.js";

const REASON_AT = 1 + 65 + 65 + 64;

const end = (story: Story, name: string): Sequence => ({ name, people: story.people.map(personOut), steps: story.steps });

const opens = async (story: Story, name: string, opening: Opening, expected = "ok"): Promise<void> => step(story, name, await signOpening(story.r, opening), expected);

const two = async (o: Organisation): Promise<{ r: Room; p: Person; c: Person }> => {
	const [p, c] = [await makeCounsellor(o), await makePerson(o)];
	return { r: makeRoom(o, [p, c]), p, c };
};

const talk = async (story: Story, p: Person, c: Person): Promise<void> => {
	await say(story, "creates the room", p, createBody(story.r, p));
	await epoch(story, "begins an epoch of staff alone", p);
	await say(story, "adds the client", p, addBody(c, false));
	await epoch(story, "begins an epoch with the client", c);
};

/** Both lost their keys; the counsellor has a certificate for new ones. */
const bothLost = async (o: Organisation): Promise<Sequence> => {
	const { r, p, c } = await two(o);
	const lost = r.time + DAY;
	const [oldP, oldC] = [await withNewKeys(o, p, "reset", lost), await withNewKeys(o, c, "reset", lost)];
	await addToPerson(o, p, await signForPerson(o, p, certBody(p, lost), lost, o.issuer));
	const stranger = await makeCounsellor(o);
	const story = begin(r, peopleOf(stranger));
	await talk(story, oldP, oldC);
	r.time = lost + 2 * DAY;
	await say(story, "takes the counsellor's new keys", p, rekeyBody(p));
	await epoch(story, "begins an epoch of theirs", p);
	await say(story, "takes the client's new keys unproven", c, rekeyBody(c));
	const right = openingFor(r, p, 1, 3);
	const odd = (name: string, change: Partial<Opening>, expected: string): Promise<void> => opens(story, name, { ...right, ...change }, expected);
	await odd("refuses an opening for keys without their certificate", { cert: random(32) }, "not_certified");
	await odd("refuses an opening for another encryption key", { encKid: random(32) }, "not_certified");
	await odd("refuses an opening for the keys that were lost", { sigKid: oldP.keys.sig.kid, encKid: oldP.keys.enc.kid, cert: certOf(oldP) }, "cert_expired");
	await odd("refuses an opening for a colleague who is no member", { ...openingFor(r, stranger, 1, 3) }, "may_not_grant");
	await odd("refuses epochs from 0", { from: 0 }, "bad_range");
	await odd("refuses epochs that are not yet", { until: 4 }, "bad_range");
	await odd("refuses a range that ends before it begins", { from: 3, until: 2 }, "bad_range");
	await odd("refuses a wrap of an epoch outside the range", { from: 2 }, "bad_recipients");
	await odd("refuses a wrap twice", { wraps: [right.wraps[0] as never, ...right.wraps] }, "bad_recipients");
	await odd("refuses wraps in another order", { wraps: right.wraps.toReversed() }, "bad_recipients");
	await odd("refuses a staff key of an epoch that has none", { wraps: [{ keyset: 1, epoch: 2, hash: random(32) }] }, "bad_recipients");
	await odd("refuses a keyset that there is not", { wraps: [{ keyset: 2, epoch: 1, hash: random(32) }] }, "bad_recipients");
	const [signed, body] = [await signOpening(r, right), (await readControl(await signOpening(r, right))).env.body as Bytes];
	const spoilt = (at: number, byte: number): Bytes => signed.with(signed.length - 64 - body.length + at, byte) as Bytes;
	await step(story, "refuses an opening for no reason", spoilt(REASON_AT, 0), "malformed");
	await step(story, "refuses an opening with a line feed in its words", spoilt(REASON_AT + 3, 10), "malformed");
	await step(story, "refuses an opening without words", spoilt(REASON_AT + 2, 0), "malformed");
	await step(story, "refuses an opening by a key that is no point", spoilt(1, 5), "malformed");
	await step(story, "refuses an opening by another root", await signOpening(r, right, (await makeKeys()).sig), "bad_kid");
	await step(story, "refuses an opening in a person's name", await signOpening(r, right, o.root.sig, r.time, p.user), "not_member");
	await step(story, "refuses an opening of eight days ago", await signOpening(r, right), "bad_time", r.time + 7 * DAY + 1);
	await step(story, "refuses an opening of the future", await signOpening(r, right), "bad_time", r.time - 600_001);
	await step(story, "refuses an opening older than the log", await signOpening(r, right, o.root.sig, r.time - 1_200_001), "bad_time");
	await say(story, "refuses an opening that a member signed", p, (await readControl(await signOpening(r, right))).body, "not_member");
	await step(story, "opens what they could for the counsellor, days later", await signOpening(r, { ...right, wraps: right.wraps.filter((w) => w.epoch !== 2) }), "ok", r.time + 6 * DAY);
	await epoch(story, "begins an epoch after it", p);
	const client = openingFor(r, c, 2, 4, false);
	await opens(story, "refuses a client a staff key", { ...client, wraps: [{ keyset: 1, epoch: 3, hash: random(32) }] }, "bad_recipients");
	await opens(story, "refuses a client with a certificate", { ...client, cert: random(32) }, "bad_field");
	await opens(story, "refuses a client other keys than the room knows", { ...client, encKid: oldC.keys.enc.kid }, "no_such_member");
	await opens(story, "opens the client's own epochs and takes their keys for proven", client);
	await epoch(story, "begins an epoch with both", p);
	return end(story, "both lost their keys");
};

/** Whoever of staff knew the room has gone; one certified colleague comes by the officers alone. */
const nobodyLeft = async (o: Organisation): Promise<Sequence> => {
	const { r, p, c } = await two(o);
	const next = await makeCounsellor(o);
	const left = r.time + DAY;
	const old = { ...p };
	await addToPerson(o, p, await signForPerson(o, p, { type: "revoke", kid: p.keys.sig.kid, reason: 1 }, left, o.issuer));
	r.people.push(next);
	const story = begin(r);
	await talk(story, old, c);
	r.time = left + DAY;
	await opens(story, "brings in a counsellor", openingFor(r, next, 1, 2));
	await epoch(story, "lets them make an epoch", next);
	await say(story, "lets them grant to the client", next, grantBody(r, c, 2, 2, next));
	return end(story, "nobody of staff is left");
};

const closedRoom = async (o: Organisation): Promise<Sequence> => {
	const { r, p, c } = await two(o);
	const story = begin(r);
	await talk(story, p, c);
	const close: ControlBody = { type: "close", reason: 1 };
	await say(story, "closes", p, close);
	await opens(story, "opens a closed room for its counsellor", { ...openingFor(r, p, 1, 2), reason: 3, words: "Tuomioistuimen päätös 22/1" });
	await say(story, "reopens", p, { type: "reopen" });
	await say(story, "removes nobody by it", p, { type: "remove", user: c.user, reason: 1 }, "may_not_remove");
	return end(story, "a closed room");
};

const followed = async (o: Organisation): Promise<Sequence> => {
	const { r, p, c } = await two(o);
	const [before, later] = [o.recovery, await makeKeys()];
	const changed = r.time + DAY;
	await addToOrganisation(o, { type: "org_recovery", recoveryPub: later.enc.pub }, changed);
	const story = begin(r, o.chain.records);
	await talk(story, p, c);
	await say(story, "refuses the key that there is", c, recoveryKey(before.enc.kid), "bad_field");
	await say(story, "refuses a key that the root does not name", c, recoveryKey(random(32)), "unknown_key");
	r.time = changed + 3_600_000;
	await say(story, "follows the organisation's recovery key", c, recoveryKey(later.enc.kid));
	await say(story, "refuses to go back to the one before", p, recoveryKey(before.enc.kid), "unknown_key");
	await say(story, "refuses a wrap for the key before", p, { type: "recovery", n: 1, rkid: before.enc.kid, hash: random(32) }, "bad_recipients");
	await say(story, "wraps an older epoch to the new key", p, { type: "recovery", n: 1, rkid: later.enc.kid, hash: random(32) });
	await say(story, "refuses to wrap it again", p, { type: "recovery", n: 1, rkid: later.enc.kid, hash: random(32) }, "bad_range");
	return end(story, "another recovery key");
};

/** Signatures are verified beside the rules: what they say of each is in `signature`. */
const forged = async (o: Organisation): Promise<Sequence> => {
	const { r, p, c } = await two(o);
	const story = begin(r);
	await talk(story, p, c);
	const bytes = await signOpening(r, openingFor(r, p, 1, 2));
	await step(story, "opens by both signatures", bytes, "ok");
	const again = await signOpening(r, openingFor(r, p, 1, 2));
	await step(story, "applies what is not signed by the ceremony's key, which is verified beside", flipBit(again, (again.length - 1) * 8), "ok");
	const third = await signOpening(r, { ...openingFor(r, p, 1, 2), words: "Syy" });
	const at = third.length - 64 - 1 - 37; // inside the last wrap's hash: the ceremony's key did not sign it, nor did the root
	await step(story, "applies what the root did not vouch for, which is verified beside", flipBit(third, at * 8), "ok");
	return end(story, "signatures of an opening");
};

export const makeRecovery = async (): Promise<{ sequences: Sequence[] }> => {
	const o = await makeOrganisation();
	return { sequences: [await bothLost(o), await nobodyLeft(o), await closedRoom(o), await forged(o), await followed(o)] };
};
