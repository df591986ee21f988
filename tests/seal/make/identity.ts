// identity.json: a chain of an organisation and chains of persons under it, with what the rules refuse at each place.

import {
	applyIdentity, buildHeader, concat, emptyChain, emptyIdentity, encodeIdentity, finish, KIND, random, readIdentity, SealError, signIdentity, signRotate,
	verifyIdentity, zeroes,
	type Bytes, type HeaderFields, type IdentityBody, type IdentityState, type SigningKey,
} from "../../../web/src/seal/index.js";
import { certBody, DAY, flipBit, makeKeys, NOON, type Keys, type Person } from "../lib/cast.js";
import { identityDigest } from "../lib/dump.js";
import { s, type Sequence, type Step } from "../lib/vectors.js";

interface Story {
	readonly org: Bytes;
	readonly user: Bytes;
	orgState: IdentityState;
	person: IdentityState;
	time: number;
	readonly steps: Step[];
}

interface Signer {
	readonly user: Bytes;
	readonly sig: SigningKey;
}

const wordOf = (e: unknown): string => {
	if (e instanceof SealError) return e.word;
	throw e;
};

/** An entry whose signature is bad is not given to the rules. */
const step = async (story: Story, chain: "o" | "i", name: string, bytes: Bytes, expected: string, time: number | "-" = "-"): Promise<void> => {
	const state = chain === "o" ? story.orgState : story.person;
	const issuers = chain === "o" || story.orgState.n === 0 ? undefined : story.orgState;
	const entry = await readIdentity(bytes).catch(wordOf);
	const signed = typeof entry === "string" || (await verifyIdentity(state, entry, issuers));
	const next = typeof entry === "string" ? entry : !signed ? "bad_signature" : applyIdentity(state, entry, issuers, time === "-" ? entry.env.time : time);
	const verdict = typeof next === "string" ? next : "ok";
	if (verdict !== expected) throw new Error(`${name}: ${verdict}, not ${expected}`);
	const after = typeof next === "string" ? state : next;
	if (chain === "o") story.orgState = after;
	else story.person = after;
	story.steps.push({ name, chain, time, entry: s(bytes), verdict, digest: identityDigest(after) });
};

const signFor = (story: Story, chain: "o" | "i", by: Signer, body: IdentityBody): Promise<Bytes> => {
	const state = chain === "o" ? story.orgState : story.person;
	const at = { org: story.org, subject: chain === "o" ? story.org : story.user, head: state.head, n: state.n };
	return signIdentity(by.sig, by.user, at, body, random(16), story.time);
};

const say = async (story: Story, chain: "o" | "i", name: string, by: Signer, body: IdentityBody, expected = "ok"): Promise<void> =>
	step(story, chain, name, await signFor(story, chain, by, body), expected);

const sayWith = async (
	story: Story, chain: "o" | "i", name: string, by: Signer, subject: Bytes, body: Bytes, change: Partial<HeaderFields>, expected: string,
): Promise<void> => {
	const state = chain === "o" ? story.orgState : story.person;
	const fields: HeaderFields = {
		kind: KIND.identity, org: story.org, room: zeroes(16), msgId: random(16), sender: by.user, senderKid: by.sig.kid, epoch: 0, seq: state.n,
		logHead: state.head, parents: [], time: story.time, retention: 0, clear: zeroes(0), ...change,
	};
	const whole = concat(body.subarray(0, 1), subject, body.subarray(17));
	await step(story, chain, name, await finish(by.sig, buildHeader(fields, whole.length), whole), expected);
};

interface Cast {
	readonly root: Signer;
	readonly issuer: Signer;
	readonly late: Signer;
	readonly me: Keys;
	readonly next: Keys;
	readonly third: Keys;
}

const organisation = async (story: Story, c: Cast, recovery: Keys): Promise<void> => {
	const { org } = story;
	const issuerBody = (by: Signer, until: number): IdentityBody => ({ type: "org_issuer", user: by.user, issuerPub: by.sig.pub, validUntil: until });
	await say(story, "o", "refuses an organisation that does not begin with its root", c.root, { type: "org_recovery", recoveryPub: recovery.enc.pub }, "not_created");
	await say(story, "o", "refuses a root that somebody else sends", { user: random(16), sig: c.root.sig }, { type: "org_root", rootPub: c.root.sig.pub }, "bad_sender");
	await sayWith(story, "o", "refuses a root that another key signs", { user: org, sig: c.issuer.sig }, org, encodeIdentity(org, { type: "org_root", rootPub: c.root.sig.pub }), {}, "bad_kid");
	await sayWith(story, "o", "refuses a root for somebody else", c.root, random(16), encodeIdentity(org, { type: "org_root", rootPub: c.root.sig.pub }), {}, "wrong_chain");
	await say(story, "o", "begins an organisation", c.root, { type: "org_root", rootPub: c.root.sig.pub });
	await say(story, "o", "refuses a second root", c.root, { type: "org_root", rootPub: c.root.sig.pub }, "already_created");
	await say(story, "o", "names the recovery key", c.root, { type: "org_recovery", recoveryPub: recovery.enc.pub });
	await say(story, "o", "refuses the present recovery key", c.root, { type: "org_recovery", recoveryPub: recovery.enc.pub }, "key_reused");
	await say(story, "o", "refuses an issuer by who is not the root", { user: org, sig: c.me.sig }, issuerBody(c.issuer, story.time + DAY), "bad_kid");
	await say(story, "o", "refuses an issuer for longer than 800 days", c.root, issuerBody(c.issuer, story.time + 800 * DAY + 1), "bad_validity");
	await say(story, "o", "refuses an issuer that ends now", c.root, issuerBody(c.issuer, story.time), "bad_validity");
	await say(story, "o", "names an issuer", c.root, issuerBody(c.issuer, story.time + 800 * DAY));
	await say(story, "o", "refuses the same issuer again", c.root, issuerBody(c.issuer, story.time + DAY), "key_reused");
	await say(story, "o", "names an issuer for a day", c.root, issuerBody(c.late, story.time + DAY));
	await say(story, "o", "refuses to revoke a stranger", c.root, { type: "org_issuer_revoke", kid: random(32) }, "bad_kid");
	for (let n = 2; n < 64; n++) {
		const one = await makeKeys();
		await say(story, "o", `names issuer ${n + 1}`, c.root, issuerBody({ user: random(16), sig: one.sig }, story.time + DAY));
	}
	const last = await makeKeys();
	await say(story, "o", "refuses the sixty-fifth issuer", c.root, issuerBody({ user: random(16), sig: last.sig }, story.time + DAY), "too_many");
};

const creating = async (story: Story, c: Cast): Promise<void> => {
	const me = { user: story.user, sig: c.me.sig };
	const create: IdentityBody = { type: "create", sigPub: c.me.sig.pub, encPub: c.me.enc.pub };
	const bytes = encodeIdentity(story.user, create);
	await say(story, "i", "refuses a person who begins with RESET", me, { type: "reset", sigPub: c.me.sig.pub, encPub: c.me.enc.pub }, "not_created");
	await say(story, "i", "refuses keys that somebody else sends", { user: random(16), sig: c.me.sig }, create, "bad_sender");
	await sayWith(story, "i", "refuses keys that another key signs", { ...me, sig: c.next.sig }, story.user, bytes, {}, "bad_kid");
	await sayWith(story, "i", "refuses a person with the organisation's id", me, story.org, bytes, {}, "wrong_chain");
	const forged = await signFor(story, "i", me, create);
	await step(story, "i", "refuses a changed signature", flipBit(forged, 8 * forged.length - 260), "bad_signature");
	await say(story, "i", "creates a person", me, create);
	await say(story, "i", "refuses a second CREATE", me, create, "already_created");
	const revoke = encodeIdentity(story.user, { type: "revoke", kid: c.me.sig.kid, reason: 1 });
	await sayWith(story, "i", "refuses another organisation", me, story.user, revoke, { org: random(16) }, "wrong_chain");
	await sayWith(story, "i", "refuses another person's entry", me, random(16), revoke, {}, "wrong_chain");
	await sayWith(story, "i", "refuses another head", me, story.user, revoke, { logHead: random(32) }, "stale_head");
	await sayWith(story, "i", "refuses another index", me, story.user, revoke, { seq: 2 }, "bad_index");
	await step(story, "i", "refuses what was signed too long ago", await signFor(story, "i", me, { type: "revoke", kid: c.me.sig.kid, reason: 1 }), "bad_time", story.time + 600_001);
};

const certifying = async (story: Story, c: Cast): Promise<void> => {
	const person = { user: story.user, keys: c.me, chain: emptyChain(), entries: [] } satisfies Person;
	const body = certBody(person, story.time) as Extract<IdentityBody, { type: "cert" }>;
	const odd = (name: string, change: Partial<typeof body>, expected: string, by = c.issuer): Promise<void> => say(story, "i", name, by, { ...body, ...change }, expected);
	await odd("refuses a certificate of who is no issuer", {}, "not_issuer", { user: story.user, sig: c.me.sig });
	await odd("refuses an issuer's key in another hand", {}, "not_issuer", { user: random(16), sig: c.issuer.sig });
	await odd("refuses a certificate for another signing key", { sigKid: random(32) }, "bad_kid");
	await odd("refuses a certificate for another encryption key", { encKid: random(32) }, "bad_kid");
	await odd("refuses a certificate that ends where it begins", { validUntil: body.validFrom }, "bad_validity");
	await odd("refuses a certificate for longer than 800 days", { validUntil: body.validFrom + 800 * DAY + 1 }, "bad_validity");
	const bytes = encodeIdentity(story.user, body);
	const broken = (at: number, value: number): Bytes => Uint8Array.from(bytes, (x, i) => (i === at ? value : x));
	await sayWith(story, "i", "refuses a role that there is not", c.issuer, story.user, broken(81, 4), {}, "malformed");
	await sayWith(story, "i", "refuses a name that is no UTF-8", c.issuer, story.user, broken(99, 0xff), {}, "malformed");
	await sayWith(story, "i", "refuses a line break in a name", c.issuer, story.user, broken(99, 10), {}, "malformed");
	await sayWith(story, "i", "refuses an employer that is cut off", c.issuer, story.user, bytes.slice(0, -1), {}, "malformed");
	await sayWith(story, "i", "refuses bytes after the employer", c.issuer, story.user, concat(bytes, zeroes(1)), {}, "malformed");
	await say(story, "i", "certifies a counsellor", c.issuer, body);
	story.time += DAY + 1;
	await odd("refuses an issuer whose day is over", {}, "not_issuer", c.late);
};

const changing = async (story: Story, c: Cast): Promise<void> => {
	const rotate = async (to: Keys): Promise<IdentityBody> => {
		const at = { org: story.org, subject: story.user, head: story.person.head, n: story.person.n };
		return { type: "rotate", sigPub: to.sig.pub, encPub: to.enc.pub, newSignature: await signRotate(to.sig, at, to.enc.kid) };
	};
	const me = { user: story.user, sig: c.me.sig };
	await say(story, "i", "refuses a rotation to the present keys", me, await rotate(c.me), "key_reused");
	await say(story, "i", "refuses a rotation that the new key alone signs", { ...me, sig: c.next.sig }, await rotate(c.next), "bad_kid");
	const bad = (await rotate(c.next)) as Extract<IdentityBody, { type: "rotate" }>;
	const forged = await signFor(story, "i", me, { ...bad, newSignature: flipBit(bad.newSignature, 100) });
	await step(story, "i", "refuses a rotation that the new key did not sign", forged, "bad_signature");
	await say(story, "i", "rotates", me, bad);
	await say(story, "i", "refuses what the old key signs", me, { type: "revoke", kid: c.next.sig.kid, reason: 1 }, "not_issuer");
	const now = { user: story.user, sig: c.next.sig };
	await say(story, "i", "refuses to revoke a key that is not the present one", now, { type: "revoke", kid: c.me.sig.kid, reason: 2 }, "bad_kid");
	await say(story, "i", "revokes by an issuer", c.issuer, { type: "revoke", kid: c.next.sig.kid, reason: 2 });
	await say(story, "i", "refuses to rotate a revoked key", now, await rotate(c.third), "bad_kid");
	await say(story, "i", "refuses to revoke twice", c.issuer, { type: "revoke", kid: c.next.sig.kid, reason: 2 }, "bad_kid");
	await say(story, "i", "refuses a RESET to keys that were", me, { type: "reset", sigPub: c.me.sig.pub, encPub: c.me.enc.pub }, "key_reused");
	await say(story, "i", "resets", { user: story.user, sig: c.third.sig }, { type: "reset", sigPub: c.third.sig.pub, encPub: c.third.enc.pub });
	await say(story, "o", "revokes an issuer", c.root, { type: "org_issuer_revoke", kid: c.issuer.sig.kid });
	await say(story, "o", "refuses to revoke them twice", c.root, { type: "org_issuer_revoke", kid: c.issuer.sig.kid }, "bad_kid");
	story.time += 1_200_000;
	const again = certBody({ user: story.user, keys: c.third, chain: emptyChain(), entries: [] }, story.time, "Aino Järvinen", "Vantaan kaupunki");
	await say(story, "i", "takes what the issuer signed before", c.issuer, again);
	story.time += 1;
	await say(story, "i", "refuses what the issuer signs after", c.issuer, again, "not_issuer");
};

export const makeIdentityVectors = async (): Promise<{ sequences: Sequence[] }> => {
	const org = random(16);
	const keys = await Promise.all(Array.from({ length: 7 }, makeKeys));
	const [root, recovery, issuer, late, me, next, third] = keys as [Keys, Keys, Keys, Keys, Keys, Keys, Keys];
	const cast: Cast = {
		root: { user: org, sig: root.sig }, issuer: { user: random(16), sig: issuer.sig }, late: { user: random(16), sig: late.sig }, me, next, third,
	};
	const story: Story = { org, user: random(16), orgState: emptyIdentity(), person: emptyIdentity(), time: NOON, steps: [] };
	await organisation(story, cast, recovery);
	await creating(story, cast);
	await certifying(story, cast);
	await changing(story, cast);
	return { sequences: [{ name: "an organisation and a counsellor", steps: story.steps }] };
};
