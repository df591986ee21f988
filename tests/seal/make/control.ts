// control.json: logs that people could have made, and at each place the entries that the rules refuse there, every word of them
// at least once (but `too_many`, which needs 65,535 entries: differential.test.ts).

import {
	applyControl, compare, encodeControl, buildHeader, concat, equal, finish, importSigning, KIND, makeInvite, makePair, random, readControl, ROLE,
	SealError, signRotate, verifyEnvelope, verifyJoin, zeroes,
	type Bytes, type ControlBody, type ControlState, type HeaderFields, type Member, type PersonRecord,
} from "../../../web/src/seal/index.js";
import {
	addBody, addToPerson, certBody, createBody, DAY, epochBody, grantBody, joinBody, makeCounsellor, makeKeys, makeOrganisation, makePerson, makeRoom, NOON,
	peopleOf, rekeyBody, signForPerson, signInRoom,
	type Organisation, type Person, type Room,
} from "../lib/cast.js";
import { controlDigest } from "../lib/dump.js";
import { personOut, s, type Sequence, type Step } from "../lib/vectors.js";

export interface Story {
	readonly r: Room;
	readonly people: readonly PersonRecord[];
	readonly steps: Step[];
}

const verdictOf = async (state: ControlState, bytes: Bytes, people: readonly PersonRecord[], time: number | "-"): Promise<ControlState | string> => {
	try {
		const entry = await readControl(bytes);
		return applyControl(state, entry, people, time === "-" ? entry.env.time : time);
	} catch (e) {
		if (e instanceof SealError) return e.word;
		throw e;
	}
};

const joinSignature = async (state: ControlState, bytes: Bytes): Promise<{ signature?: "ok" | "bad_signature" }> => {
	const entry = await readControl(bytes).catch(() => undefined);
	const { env, rare } = entry ?? {};
	if (env && rare?.signer) return { signature: (await rare.vouched()) && (await verifyEnvelope(env, rare.signer)) ? "ok" : "bad_signature" };
	if (entry?.body.type !== "join" || !state.invite) return {};
	return { signature: (await verifyJoin(entry, state.invite.sigPub)) ? "ok" : "bad_signature" };
};

/** Records a step; stops the making if the verdict is not what the author of the vector says. */
export const step = async (story: Story, name: string, bytes: Bytes, expected: string, time: number | "-" = "-"): Promise<void> => {
	const { r } = story;
	const before = r.state;
	const next = await verdictOf(before, bytes, story.people, time);
	const verdict = typeof next === "string" ? next : "ok";
	if (verdict !== expected) throw new Error(`${name}: ${verdict}, not ${expected}`);
	if (typeof next !== "string") r.state = next;
	story.steps.push({ name, time, entry: s(bytes), verdict, digest: controlDigest(r.state), ...(await joinSignature(before, bytes)) });
};

export const begin = (r: Room, extra: readonly PersonRecord[] = []): Story => ({ r, people: [...peopleOf(...r.people), ...extra], steps: [] });

export const say = async (story: Story, name: string, p: Person, body: ControlBody, expected = "ok", time?: number): Promise<void> =>
	step(story, name, await signInRoom(story.r, p, body, time ?? story.r.time), expected);

/** An entry with a header of its own. */
const sayWith = async (story: Story, name: string, p: Person, body: ControlBody, change: Partial<HeaderFields>, expected: string): Promise<void> => {
	const { r } = story;
	const bytes = encodeControl(body);
	const fields: HeaderFields = {
		kind: KIND.control, org: r.o.org, room: r.room, msgId: random(16), sender: p.user, senderKid: p.keys.sig.kid, epoch: r.state.epoch, seq: r.state.n,
		logHead: r.state.head, parents: [], time: r.time, retention: 0, clear: zeroes(0), ...change,
	};
	await step(story, name, await finish(p.keys.sig, buildHeader(fields, bytes.length), bytes), expected);
};

export const epoch = async (story: Story, name: string, p: Person, invitePub?: Bytes): Promise<void> =>
	say(story, name, p, (await epochBody(story.r, p, invitePub)).body);

const close: ControlBody = { type: "close", reason: 1 };
const reopen: ControlBody = { type: "reopen" };

const places = async (story: Story, p: Person): Promise<void> => {
	await sayWith(story, "refuses an entry of another room", p, close, { room: random(16) }, "wrong_room");
	await sayWith(story, "refuses an entry of another organisation", p, close, { org: random(16) }, "wrong_room");
	await sayWith(story, "refuses an entry after another head", p, close, { logHead: random(32) }, "stale_head");
	await sayWith(story, "refuses an entry with the index of the one before", p, close, { seq: story.r.state.n - 1 }, "bad_index");
	await sayWith(story, "refuses an entry in an epoch that is not the room's", p, close, { epoch: story.r.state.epoch + 1 }, "bad_epoch");
	await sayWith(story, "refuses an entry in a former epoch", p, close, { epoch: story.r.state.epoch - 1 }, "bad_epoch");
	await sayWith(story, "refuses an entry signed with another key than the member's", p, close, { senderKid: random(32) }, "bad_kid");
	for (const code of [4, 5, 6, 7, 8, 16, 17])
		await say(story, `refuses the reserved type ${code}`, p, { type: "reserved", code, rest: random(20) }, "reserved_type");
	await step(story, "refuses an entry from ten minutes and a millisecond ago", await signInRoom(story.r, p, close), "bad_time", story.r.time + 600_001);
	await step(story, "refuses an entry from the future", await signInRoom(story.r, p, close), "bad_time", story.r.time - 600_001);
};

const creation = async (story: Story, staff: Person, client: Person, expired: Person): Promise<void> => {
	await say(story, "refuses a log that does not begin with CREATE", staff, close, "not_created");
	await say(story, "refuses CREATE by who has no certificate", client, createBody(story.r, client), "not_certified");
	await say(story, "refuses CREATE under another certificate", staff, { ...createBody(story.r, staff), cert: random(32) } as ControlBody, "not_certified");
	await say(story, "refuses CREATE with another encryption key", staff, { ...createBody(story.r, staff), encKid: random(32) } as ControlBody, "not_certified");
	await say(story, "refuses CREATE under an expired certificate", expired, createBody(story.r, expired), "cert_expired");
	await say(story, "refuses retention class 0", staff, { ...createBody(story.r, staff), retention: 0 } as ControlBody, "bad_field");
	await sayWith(story, "refuses CREATE after another head", staff, createBody(story.r, staff), { logHead: random(32) }, "stale_head");
	await sayWith(story, "refuses CREATE with index 1", staff, createBody(story.r, staff), { seq: 1 }, "bad_index");
	await sayWith(story, "refuses CREATE in epoch 1", staff, createBody(story.r, staff), { epoch: 1 }, "bad_epoch");
	await say(story, "creates the room", staff, createBody(story.r, staff));
	await say(story, "refuses a second CREATE", staff, createBody(story.r, staff), "already_created");
};

const epochs = async (story: Story, p: Person): Promise<void> => {
	const made = (await epochBody(story.r, p)).body;
	const [first, ...rest] = made.wraps;
	const odd = (name: string, change: Partial<typeof made>, expected: string): Promise<void> => say(story, name, p, { ...made, ...change }, expected);
	await odd("refuses an epoch that skips one", { n: made.n + 1 }, "bad_epoch_number");
	await odd("refuses the number of the present epoch", { n: made.n - 1 }, "bad_epoch_number");
	await odd("refuses a commitment of zeroes", { commit: zeroes(32) }, "bad_commit");
	await odd("refuses an epoch of staff without a staff key", { staffCommit: zeroes(32) }, "bad_commit");
	await odd("refuses an epoch that leaves somebody out", { wraps: rest }, "bad_recipients");
	await odd("refuses an epoch that names somebody twice", { wraps: [first as never, ...made.wraps] }, "bad_recipients");
	await odd("refuses recipients in another order", { wraps: [...rest, first as never] }, "bad_recipients");
	await odd("refuses a ghost among the recipients", { wraps: [{ ...(first as object), rid: random(16) } as never, ...rest] }, "bad_recipients");
	await odd("refuses a wrap for another key of a member", { wraps: [{ ...(first as object), rkid: random(32) } as never, ...rest] }, "bad_recipients");
	await odd("refuses a keyset that there is not", { wraps: [{ ...(first as object), keyset: 2 } as never, ...rest] }, "bad_recipients");
	await say(story, "begins the next epoch", p, made);
};

const inviting = async (story: Story, p: Person): Promise<{ id: Bytes; pub: Bytes; oneTime: Awaited<ReturnType<typeof importSigning>> }> => {
	const { r } = story;
	const pair = await makePair();
	const made = await makeInvite(r.o.org, r.room, r.state.rootKid, "Oona");
	const body: ControlBody = { type: "invite", invite: made.invite, sigPub: pair.pub, encPub: made.encPub, expires: r.time + 7 * DAY };
	await say(story, "refuses an invitation that lasts longer than seven days", p, { ...body, expires: r.time + 7 * DAY + 1 }, "bad_expiry");
	await say(story, "refuses an invitation that ends now", p, { ...body, expires: r.time }, "bad_expiry");
	await say(story, "refuses an invitation whose key is not on the curve", p, { ...body, sigPub: concat(pair.pub.slice(0, 64), Uint8Array.of((pair.pub[64] as number) ^ 1)) }, "malformed");
	await say(story, "invites", p, body);
	await say(story, "refuses the same invitation again", p, body, "invite_reused");
	return { id: made.invite, pub: made.encPub, oneTime: await importSigning(pair) };
};

const joining = async (story: Story, client: Person, other: Person, unknown: Person, i: Awaited<ReturnType<typeof inviting>>): Promise<void> => {
	const { r } = story;
	const good = await joinBody(r, client, i.id, i.oneTime);
	await say(story, "refuses a JOIN without its invitation", client, await joinBody(r, client, random(16), i.oneTime), "no_invite");
	await say(story, "refuses a JOIN after seven days", client, good, "invite_expired", r.time + 7 * DAY + 1);
	await say(story, "refuses a JOIN of who is a member", other, await joinBody(r, other, i.id, i.oneTime), "already_member");
	await say(story, "refuses a JOIN with keys that no chain holds", unknown, await joinBody(r, unknown, i.id, i.oneTime), "unknown_key");
	await say(story, "refuses a JOIN with another encryption key than the chain's", client, { ...good, encKid: random(32) } as ControlBody, "unknown_key");
	await say(story, "lets the invited client join", client, good);
	await say(story, "refuses the same JOIN again", client, await joinBody(r, client, i.id, i.oneTime), "no_invite");
};

const adding = async (story: Story, p: Person, colleague: Person, client: Person, late: Person): Promise<void> => {
	const body = addBody(colleague) as Extract<ControlBody, { type: "add" }>;
	const odd = (name: string, change: Partial<typeof body>, expected: string): Promise<void> => say(story, name, p, { ...body, ...change }, expected);
	await odd("refuses staff by a compared code", { proof: 2 }, "bad_field");
	await odd("refuses staff under a foreign certificate", { cert: random(32) }, "not_certified");
	await odd("refuses staff with another encryption key", { encKid: random(32) }, "not_certified");
	await say(story, "refuses staff whose certificate has ended", p, addBody(late), "cert_expired");
	await say(story, "refuses a second client", p, addBody(colleague, false), "client_present");
	await say(story, "refuses a client with a certificate", p, { ...(addBody(client, false) as typeof body), cert: random(32) }, "bad_field");
	await say(story, "refuses keys of a client that no chain holds", p, { ...(addBody(client, false) as typeof body), encKid: random(32) }, "unknown_key");
	await say(story, "refuses a client who is a member with these keys", p, addBody(client, false), "already_member");
	await say(story, "refuses what a client may not", client, body, "not_staff");
	await say(story, "adds a colleague", p, body);
	await say(story, "refuses to add twice", p, body, "already_member");
};

const granting = async (story: Story, p: Person, colleague: Person, client: Person): Promise<void> => {
	const { r } = story;
	const body = grantBody(r, colleague, 1, 2) as Extract<ControlBody, { type: "grant" }>;
	await say(story, "refuses a grant to who is no member", p, { ...body, to: random(16) }, "no_such_member");
	await say(story, "refuses a grant to another key", p, { ...body, toKid: random(32) }, "no_such_member");
	await say(story, "refuses a grant to the client of what was before them", p, grantBody(r, client, 1, 2), "bad_range");
	await say(story, "refuses a grant from epoch 0", p, { ...body, from: 0 }, "bad_range");
	await say(story, "refuses a grant that ends before it begins", p, { ...body, from: 2, until: 1 }, "bad_range");
	await say(story, "refuses a grant of an epoch to come", p, { ...body, until: r.state.epoch + 1 }, "bad_range");
	await say(story, "refuses a grant without the staff keys", p, { ...body, wraps: body.wraps.filter((w) => w.keyset === 0) }, "bad_recipients");
	await say(story, "grants history to a colleague", p, body);
	await say(story, "refuses a client's grant to themselves of what was before them", client, grantBody(r, client, 1, 2), "bad_range");
	await say(story, "lets a client grant to themselves", client, grantBody(r, client, 2, 2));
	await say(story, "lets a client grant to staff", client, grantBody(r, colleague, 3, 3));
	await say(story, "lets staff grant to the client", p, grantBody(r, client, 2, 3));
};

const recovering = async (story: Story, p: Person, client: Person): Promise<void> => {
	const { r } = story;
	const body: ControlBody = { type: "recovery", n: r.state.epoch, rkid: r.state.recoveryKid, hash: random(32) };
	await say(story, "refuses a recovery wrap of a client", client, body, "not_staff");
	await say(story, "refuses a recovery wrap for epoch 0", p, { ...body, n: 0 }, "bad_range");
	await say(story, "refuses a recovery wrap for an epoch to come", p, { ...body, n: r.state.epoch + 1 }, "bad_range");
	await say(story, "refuses a recovery wrap where staff made the epoch", p, { ...body, n: 1 }, "bad_range");
	await say(story, "refuses a recovery wrap for another key", p, { ...body, rkid: random(32) }, "bad_recipients");
	await say(story, "adds the recovery wrap of a client's epoch", p, body);
	await say(story, "refuses it a second time", p, body, "bad_range");
};

const leaving = async (story: Story, p: Person, colleague: Person, client: Person): Promise<void> => {
	await say(story, "refuses to remove a stranger", p, { type: "remove", user: random(16), reason: 1 }, "no_such_member");
	await say(story, "refuses to remove oneself", p, { type: "remove", user: p.user, reason: 1 }, "use_leave");
	await say(story, "refuses to remove the client", p, { type: "remove", user: client.user, reason: 3 }, "may_not_remove");
	await say(story, "refuses a client who removes", client, { type: "remove", user: p.user, reason: 3 }, "not_staff");
	await say(story, "removes a colleague", p, { type: "remove", user: colleague.user, reason: 1 });
	await say(story, "refuses what the removed say", colleague, { type: "leave" }, "not_member");
	await epoch(story, "begins an epoch without the removed", p);
	await say(story, "refuses the last of the staff to leave an open room", p, { type: "leave" }, "last_staff");
	await say(story, "lets the client leave", client, { type: "leave" });
};

const closing = async (story: Story, p: Person, client: Person): Promise<void> => {
	await say(story, "refuses to reopen what is open", p, reopen, "not_closed");
	await say(story, "closes", p, close);
	await say(story, "refuses to close twice", p, close, "room_closed");
	await say(story, "refuses an epoch in a closed room", p, (await epochBody(story.r, p)).body, "room_closed");
	await say(story, "takes a grant in a closed room", p, grantBody(story.r, p, 1, 1));
	await say(story, "reopens", p, reopen);
	await say(story, "refuses new keys of who has left", client, rekeyBody(client), "not_member");
	await say(story, "adds the client again by a compared code", p, addBody(client, false));
	await say(story, "refuses new keys that are the old ones", client, rekeyBody(client), "already_member");
	await say(story, "closes again", p, close);
	await say(story, "lets the last of the staff leave a closed room", p, { type: "leave" });
};

const wholeRoom = async (o: Organisation): Promise<Sequence> => {
	const [p, colleague, late, client, unknown] = [
		await makeCounsellor(o), await makeCounsellor(o), await makeCounsellor(o), await makePerson(o), await makePerson(o),
	];
	const r = makeRoom(o, [p, colleague, client]);
	const ended = peopleOf(late).map((record) => ({ ...record, validUntil: record.staff ? NOON + DAY - 1 : 0 }));
	const story = begin(r, ended);
	await creation(story, p, client, late);
	await epochs(story, p);
	await places(story, p);
	const invitation = await inviting(story, p);
	await epoch(story, "wraps the next epoch to the invitation", p, invitation.pub);
	await joining(story, client, p, unknown, invitation);
	await epoch(story, "lets the client make an epoch", client);
	await recovering(story, p, client);
	await say(story, "refuses an invitation while a client is here", p, { type: "invite", invite: random(16), sigPub: invitation.pub, encPub: invitation.pub, expires: r.time + DAY }, "client_present");
	await adding(story, p, colleague, client, late);
	await epoch(story, "begins an epoch with the colleague", p);
	await granting(story, p, colleague, client);
	await leaving(story, p, colleague, client);
	await closing(story, p, client);
	return { name: "the life of a room", people: story.people.map(personOut), steps: story.steps };
};

/** The certificate ends, then the keys are revoked; both with the member in the room. */
const endings = async (o: Organisation): Promise<Sequence> => {
	const [p, q] = [await makeCounsellor(o), await makeCounsellor(o)];
	const r = makeRoom(o, [p, q]);
	const people = peopleOf(p, q).map((x, i) => ({ ...x, ended: i >= 2 ? NOON + 3 * DAY : 0 }));
	const story: Story = { r, people, steps: [] };
	await say(story, "creates the room", p, createBody(r, p));
	await say(story, "adds a colleague", p, addBody(q));
	await say(story, "lets the colleague act before the revocation", q, (await epochBody(r, q)).body);
	r.time = NOON + 3 * DAY + 1_200_000;
	await say(story, "forgives the two clocks at the revocation", q, { type: "close", reason: 2 });
	r.time += 1;
	await say(story, "refuses the colleague a millisecond later", q, reopen, "cert_expired");
	r.time = NOON + 300 * DAY;
	await say(story, "lets the counsellor act in the last millisecond of the certificate", p, reopen);
	r.time += 1;
	await say(story, "refuses the counsellor afterwards", p, close, "cert_expired");
	return { name: "certificates and keys that end", people: people.map(personOut), steps: story.steps };
};

/** An epoch of staff for these recipients, whatever the rules would say of them. */
const epochFor = async (story: Story, p: Person, to: readonly Person[]): Promise<Extract<ControlBody, { type: "epoch" }>> => {
	const { state } = story.r;
	const { body } = await epochBody(story.r, p);
	const members = to.map((x) => state.members.find((m) => equal(m.user, x.user)) as Member).sort((a, b) => compare(a.user, b.user));
	const wraps = [0, 1].flatMap((keyset) => [
		...members.filter((m) => keyset === 0 || m.role === ROLE.staff).map((m) => ({ keyset, rtype: 1, rid: m.user, rkid: m.encKid, hash: random(32) })),
		{ keyset, rtype: 3, rid: state.org, rkid: state.recoveryKid, hash: random(32) },
	]);
	return { ...body, wraps };
};

/** Around the end of a certificate and of keys: who must get the next epoch, who must not, and of whom it may say either. */
const lapsing = async (o: Organisation): Promise<Sequence> => {
	const [p, q, z] = [await makeCounsellor(o), await makeCounsellor(o), await makeCounsellor(o)];
	const r = makeRoom(o, [p, q, z]);
	const [expiry, revoked] = [NOON + 3 * DAY, NOON + 5 * DAY];
	const of = (x: Person) => peopleOf(x);
	const people = [
		...of(p), ...of(q).map((x) => ({ ...x, validUntil: x.staff ? expiry : 0 })), ...of(z).map((x) => ({ ...x, ended: revoked })),
		...of(q).filter((x) => x.staff).map((x) => ({ ...x, cert: random(32), validFrom: expiry, validUntil: NOON + 900 * DAY })),
	];
	const renewed = people.at(-1)?.cert as Bytes;
	const story: Story = { r, people, steps: [] };
	await say(story, "creates the room", p, createBody(r, p));
	await say(story, "adds one whose certificate will end", p, addBody(q));
	await say(story, "adds one whose keys will be revoked", p, addBody(z));
	r.time = expiry;
	await say(story, "refuses to leave out who is certified for a millisecond more", p, await epochFor(story, p, [p, z]), "bad_recipients");
	await say(story, "wraps to who is certified for a millisecond more", p, await epochFor(story, p, [p, q, z]));
	r.time = expiry + 1;
	await say(story, "refuses to wrap to who is certified no more", p, await epochFor(story, p, [p, q, z]), "bad_recipients");
	await say(story, "leaves out who is certified no more", p, await epochFor(story, p, [p, z]));
	await say(story, "refuses what the lapsed say", q, { type: "close", reason: 1 }, "not_member");
	await say(story, "refuses a grant to the lapsed", p, grantBody(r, q, 1, 1), "no_such_member");
	await say(story, "refuses the certificate that has ended", q, rekeyBody(q), "cert_expired");
	await say(story, "refuses it under a date at which it held", q, rekeyBody(q), "bad_time", expiry - 1_200_000);
	await say(story, "takes the lapsed back under another certificate", q, { type: "rekey", encKid: q.keys.enc.kid, cert: renewed });
	await say(story, "refuses that certificate again", q, { type: "rekey", encKid: q.keys.enc.kid, cert: renewed }, "already_member");
	await say(story, "wraps to who came back", p, await epochFor(story, p, [p, q, z]));
	r.time = revoked - 1_200_001;
	await say(story, "refuses to leave out whose keys hold by every clock", p, await epochFor(story, p, [p, q]), "bad_recipients");
	r.time = revoked - 1_200_000;
	await say(story, "takes an epoch with who is just leaving", p, await epochFor(story, p, [p, q, z]));
	r.time = revoked + 1_200_000;
	await say(story, "takes an epoch without who is just leaving", p, await epochFor(story, p, [p, q]));
	await say(story, "refuses what they say then", z, { type: "leave" }, "not_member");
	await say(story, "refuses an epoch with who has lapsed", p, await epochFor(story, p, [p, q, z]), "bad_recipients");
	await say(story, "removes who has lapsed", p, { type: "remove", user: z.user, reason: 2 });
	await say(story, "refuses them with any keys", z, rekeyBody(z), "not_member");
	return { name: "members who lapse and come back", people: people.map(personOut), steps: story.steps };
};

/** A room has one client at a time: what each wrote is never given to the other. */
const oneAfterAnother = async (o: Organisation): Promise<Sequence> => {
	const [p, one, two] = [await makeCounsellor(o), await makePerson(o), await makePerson(o)];
	const r = makeRoom(o, [p, one, two]);
	const story = begin(r);
	const comes = async (who: string, x: Person): Promise<void> => {
		await say(story, `adds ${who}`, p, addBody(x, false));
		await epoch(story, `begins an epoch with ${who}`, p);
	};
	const goes = async (who: string, x: Person): Promise<void> => {
		await say(story, `lets ${who} leave`, x, { type: "leave" });
		await epoch(story, `begins an epoch without ${who}`, p);
	};
	await say(story, "creates the room", p, createBody(r, p));
	await comes("a client", one);
	await goes("the client", one);
	await comes("the client, who comes again,", one);
	await say(story, "grants the client all that was theirs", p, grantBody(r, one, 1, 3));
	await goes("the client again", one);
	await comes("another client", two);
	await say(story, "refuses them what the first client wrote", p, grantBody(r, two, 1, 4), "bad_range");
	await goes("the other client", two);
	await comes("the first client", one);
	await say(story, "refuses the first client what the other wrote", p, grantBody(r, one, 1, 7), "bad_range");
	await say(story, "refuses it to the client too", one, grantBody(r, one, 5, 7), "bad_range");
	await say(story, "grants the epochs since then", p, grantBody(r, one, 7, 7));
	return { name: "one client after another", people: story.people.map(personOut), steps: story.steps };
};

export const withNewKeys = async (o: Organisation, x: Person, type: "rotate" | "reset", time: number): Promise<Person> => {
	const keys = await makeKeys();
	const [sigPub, encPub] = [keys.sig.pub, keys.enc.pub];
	const old = { ...x };
	const place = { org: o.org, subject: x.user, head: x.chain.state.head, n: x.chain.state.n };
	const body = type === "reset"
		? { type, sigPub, encPub } as const
		: { type, sigPub, encPub, newSignature: await signRotate(keys.sig, place, keys.enc.kid) } as const;
	await addToPerson(o, x, await signForPerson(o, x, body, time, { user: x.user, sig: type === "reset" ? keys.sig : x.keys.sig }));
	x.keys = keys;
	return old;
};

/** A room of a counsellor and a client, in its second epoch, made by the client. */
const twoInRoom = async (o: Organisation): Promise<{ r: Room; p: Person; c: Person }> => {
	const [p, c] = [await makeCounsellor(o), await makePerson(o)];
	return { r: makeRoom(o, [p, c]), p, c };
};

const beginTwo = async (story: Story, p: Person, c: Person): Promise<void> => {
	await say(story, "creates the room", p, createBody(story.r, p));
	await epoch(story, "begins an epoch of staff alone", p);
	await say(story, "adds the client", p, addBody(c, false));
	await epoch(story, "begins an epoch with the client", c);
};

/** Who was let in by staff is given what only staff wrote, and never what another client did. */
const letIn = async (o: Organisation): Promise<Sequence> => {
	const [p, c, next] = [await makeCounsellor(o), await makePerson(o), await makePerson(o)];
	const r = makeRoom(o, [p, c, next]);
	const story = begin(r);
	await say(story, "creates the room", p, createBody(r, p));
	await epoch(story, "begins an epoch of staff alone", p);
	await epoch(story, "begins another", p);
	await say(story, "refuses a client without a compared code", p, { ...addBody(c, false), proof: 1 } as ControlBody, "bad_field");
	await say(story, "lets the first client in", p, addBody(c, false));
	await epoch(story, "begins an epoch with the client", p);
	await say(story, "refuses to grant the first client an epoch that is none", p, grantBody(r, c, 0, 2), "bad_range");
	await say(story, "grants the first client everything from the beginning", p, grantBody(r, c, 1, 2));
	await say(story, "lets the client leave", c, { type: "leave" });
	await say(story, "lets another client in", p, addBody(next, false));
	await epoch(story, "begins an epoch with the other client", p);
	await say(story, "refuses to grant the other what was before", p, grantBody(r, next, 1, 3), "bad_range");
	await say(story, "refuses to grant the other the last epoch before", p, grantBody(r, next, 3, 3), "bad_range");
	return { name: "clients who were let in", people: story.people.map(personOut), steps: story.steps };
};

/** The old keys vouch for the new ones: nobody has to confirm. */
const keysFollow = async (o: Organisation): Promise<Sequence> => {
	const { r, p, c } = await twoInRoom(o);
	const rotated = r.time + DAY;
	const old = await withNewKeys(o, c, "rotate", rotated);
	const story = begin(r);
	await beginTwo(story, p, old);
	r.time = rotated + 1_200_001;
	await say(story, "refuses what is signed with the old key", old, { type: "leave" }, "unknown_key");
	await say(story, "refuses what is signed with the new key before it came", c, { type: "leave" }, "bad_kid");
	await say(story, "refuses new keys with a certificate", c, { ...rekeyBody(c), cert: random(32) } as ControlBody, "bad_field");
	await say(story, "refuses another encryption key than the chain's", c, { ...rekeyBody(c), encKid: old.keys.enc.kid } as ControlBody, "unknown_key");
	await say(story, "refuses to go back to the old keys", old, rekeyBody(old), "unknown_key");
	await say(story, "takes the new keys", c, rekeyBody(c));
	await epoch(story, "lets them make the epoch", c);
	await say(story, "lets them grant their history to the new key", c, grantBody(r, c, 2, 2));
	await say(story, "takes them for who they were", p, grantBody(r, c, 2, 3));
	await say(story, "refuses to add them again", p, addBody(c, false), "already_member");
	return { name: "keys that follow", people: story.people.map(personOut), steps: story.steps };
};

/** A client who lost everything writes at once, and gets nothing from anybody until staff confirm. */
const lostKeys = async (o: Organisation): Promise<Sequence> => {
	const { r, p, c } = await twoInRoom(o);
	const lost = r.time + DAY;
	const old = await withNewKeys(o, c, "reset", lost);
	const made: Person = { ...c, keys: await makeKeys() };
	const { sig, enc } = made.keys;
	const story = begin(r, [{ ...(peopleOf(c).at(-1) as PersonRecord), sigKid: sig.kid, encKid: enc.kid, resets: 2 }]);
	await beginTwo(story, p, old);
	r.time = lost + 1_200_001;
	await say(story, "refuses to wrap to the keys that were lost", p, await epochFor(story, p, [p, c]), "bad_recipients");
	await say(story, "leaves out the keys that were lost", p, await epochFor(story, p, [p]));
	await say(story, "takes the new keys unproven", c, rekeyBody(c));
	await say(story, "refuses a wrap of others to unproven keys", p, await epochFor(story, p, [p, c]), "bad_recipients");
	await epoch(story, "lets the unproven make an epoch of their own", c);
	await epoch(story, "makes another without the unproven", p);
	await say(story, "refuses a grant to the unproven", p, grantBody(r, c, 2, 2), "may_not_grant");
	await say(story, "refuses a grant by the unproven", c, grantBody(r, p, 3, 3), "may_not_grant");
	await say(story, "refuses unproven keys under a proof that is not the client's", p, { ...addBody(c, false), proof: 1 } as ControlBody, "bad_field");
	await say(story, "confirms them by a compared code", p, addBody(c, false));
	await epoch(story, "begins an epoch with the confirmed", p);
	await say(story, "grants the history to the confirmed", p, grantBody(r, c, 1, 5));
	await say(story, "takes keys made anew once more unproven", made, rekeyBody(made));
	await say(story, "removes the unproven whose code differs", p, { type: "remove", user: c.user, reason: 3 });
	await say(story, "refuses them with any keys", made, rekeyBody(made), "not_member");
	return { name: "a client who lost everything", people: story.people.map(personOut), steps: story.steps };
};

/** A counsellor's new keys are proven by their certificate; older epochs come by the act of another member. */
const lostStaffKeys = async (o: Organisation): Promise<Sequence> => {
	const { r, p, c } = await twoInRoom(o);
	const lost = r.time + DAY;
	const old = await withNewKeys(o, p, "reset", lost);
	const oldCert = old.chain.state.cert?.hash as Bytes;
	await addToPerson(o, p, await signForPerson(o, p, certBody(p, lost), lost, o.issuer));
	const story = begin(r);
	await beginTwo(story, old, c);
	r.time = lost + 1_200_001;
	await say(story, "refuses a counsellor's old keys", old, { type: "close", reason: 1 }, "cert_expired");
	await say(story, "refuses new keys without their certificate", p, { ...rekeyBody(p), cert: zeroes(32) } as ControlBody, "not_certified");
	await say(story, "refuses new keys under the old certificate", p, { ...rekeyBody(p), cert: oldCert } as ControlBody, "not_certified");
	await say(story, "takes a counsellor's new keys under their certificate", p, rekeyBody(p));
	await epoch(story, "lets the client make the epoch", c);
	await say(story, "refuses a client's grant of keys that clients do not have", c, grantBody(r, p, 1, 3), "bad_recipients");
	await say(story, "lets the client grant the history", c, grantBody(r, p, 1, 3, c));
	await say(story, "takes the recovery wrap of the counsellor", p, { type: "recovery", n: 2, rkid: r.state.recoveryKid, hash: random(32) });
	r.time = lost + 2 * DAY;
	await say(story, "closes", p, close);
	await say(story, "refuses the same keys in a closed room", p, rekeyBody(p), "already_member");
	return { name: "a counsellor who lost everything", people: story.people.map(personOut), steps: story.steps };
};

const crowd = async (o: Organisation): Promise<Sequence> => {
	const p = await makeCounsellor(o);
	const r = makeRoom(o, [p]);
	const others = Array.from({ length: 64 }, (): PersonRecord => ({
		user: random(16), sigKid: random(32), encKid: random(32), resets: 0, staff: true, cert: random(32), validFrom: 0, validUntil: NOON + 900 * DAY, ended: 0,
	}));
	const story = begin(r, others);
	await say(story, "creates the room", p, createBody(r, p));
	const add = (x: PersonRecord): ControlBody => ({
		type: "add", user: x.user, sigKid: x.sigKid, encKid: x.encKid, role: 2, cert: x.cert, proof: 1, baselineSeq: 1, baseline: zeroes(32),
	});
	for (const x of others.slice(0, 63)) await say(story, "adds one more", p, add(x));
	await say(story, "refuses the sixty-fifth member", p, add(others[63] as PersonRecord), "too_many_members");
	await say(story, "removes one", p, { type: "remove", user: (others[0] as PersonRecord).user, reason: 2 });
	await say(story, "still refuses the sixty-fifth", p, add(others[63] as PersonRecord), "too_many_members");
	await say(story, "takes the removed one again", p, add(others[0] as PersonRecord));
	return { name: "a full room", people: story.people.map(personOut), steps: story.steps };
};

const malformed = async (o: Organisation): Promise<Sequence> => {
	const p = await makeCounsellor(o);
	const r = makeRoom(o, [p]);
	const story = begin(r);
	await say(story, "creates the room", p, createBody(r, p));
	const raw = async (name: string, ...body: number[]): Promise<void> => {
		const bytes = Uint8Array.from(body);
		const fields: HeaderFields = {
			kind: KIND.control, org: r.o.org, room: r.room, msgId: random(16), sender: p.user, senderKid: p.keys.sig.kid, epoch: 0, seq: 1,
			logHead: r.state.head, parents: [], time: r.time, retention: 0, clear: zeroes(0),
		};
		await step(story, name, await finish(p.keys.sig, buildHeader(fields, bytes.length), bytes), "malformed");
	};
	await raw("refuses type 0", 0);
	await raw("refuses type 22", 22);
	await raw("refuses a BREAK_GLASS that ends too early", 15, ...new Uint8Array(20));
	await raw("refuses a RECOVERY_KEY without its key", 21);
	await raw("refuses a RECOVERY_KEY of 31 bytes", 21, ...new Uint8Array(31));
	await raw("refuses a RECOVERY_KEY of 33 bytes", 21, ...new Uint8Array(33));
	await raw("refuses a REKEY that ends too early", 20, ...new Uint8Array(63));
	await raw("refuses CLOSE without a reason", 18);
	await raw("refuses CLOSE for reason 0", 18, 0);
	await raw("refuses CLOSE for reason 5", 18, 5);
	await raw("refuses bytes after REOPEN", 19, 0);
	await raw("refuses REMOVE for reason 4", 10, ...p.user, 4);
	await raw("refuses an EPOCH without wraps", 12, ...new Uint8Array(68), 0, 0);
	await raw("refuses an EPOCH of 132 wraps", 12, ...new Uint8Array(68), 0, 132, ...new Uint8Array(132 * 82));
	await raw("refuses an EPOCH that ends in the middle", 12, ...new Uint8Array(68), 0, 2, ...new Uint8Array(82));
	await raw("refuses a GRANT of 513 wraps", 13, ...new Uint8Array(56), 2, 1, ...new Uint8Array(513 * 37));
	await raw("refuses an ADD in role 3", 9, ...new Uint8Array(80), 3, ...new Uint8Array(73));
	await raw("refuses an ADD with a baseline from 2^53", 9, ...new Uint8Array(80), 2, ...new Uint8Array(32), 1, 0, 0x20, 0, 0, 0, 0, 0, 0, ...new Uint8Array(32));
	return { name: "bodies that are none", people: story.people.map(personOut), steps: story.steps };
};

export const makeControl = async (): Promise<{ sequences: Sequence[] }> => {
	const o = await makeOrganisation();
	return { sequences: [await wholeRoom(o), await endings(o), await lapsing(o), await oneAfterAnother(o), await letIn(o), await keysFollow(o), await lostKeys(o), await lostStaffKeys(o), await crowd(o), await malformed(o)] };
};
