// The code of browsers on the frozen vectors.

import assert from "node:assert/strict";
import { createHash, createHmac, hkdfSync } from "node:crypto";
import { test } from "node:test";
import { inflateSync } from "node:zlib";
import { Aes128Gcm, CipherSuite, DhkemP256HkdfSha256, HkdfSha256, HkdfSha512 } from "@hpke/core";
import {
	applyControl, applyIdentity, compareCode, concat, decodeFragment, derive, deriveEpoch, deriveStaff, emptyControl, emptyIdentity, encodeFragment,
	hex, importEncryption, importRoot, importSealKey, isOfPasskey, kidEnc, kidSig, LABEL, labelledHash, open, openDraft, openEpoch, openInvite, openKeys,
	openMessage, openRawKeys, openSlot, openState, openVault, openWithCode, openWithPasskey, openWithPassphrase, parseEnvelope, parseTombstone, parseUnlocker, printCode, readCode,
	readControl, readIdentity, seal, SealError, sealedLength, tokenHash, unwrapKey, utf8, verifyEnvelope, verifyIdentity, verifyJoin, verifyListMac,
	wrapHash, wrapInfo, zeroes, type Bytes, type ControlEntry, type ControlState, type Label, type WrapPlace,
} from "../../web/src/seal/index.js";
import { argon2id } from "./lib/argon2.js";
import { controlDigest, identityDigest } from "./lib/dump.js";
import { openBase } from "./lib/hpke.js";
import { seal2 } from "./lib/seal2.js";
import { b, fromHex, personIn, readVectors, type PersonJson, type Sequence } from "./lib/vectors.js";
import { type EnvelopeVectors } from "./make/envelope.js";
import { plainOf } from "./make/seal.js";

const word = async (promise: Promise<unknown>): Promise<string> => promise.then(() => "ok", (e: unknown) => (e instanceof SealError ? e.word : String(e)));

interface C2sp { tcId: number; comment: string; key: string; ctx: string; ct: string; result: string; msgLength?: number; msgSha512?: string }
for (const v of readVectors<{ vectors: C2sp[] }>("seal_c2sp").vectors)
	test(`answers_as_c2sp_knows_${v.tcId}_${v.comment.replaceAll(/\W+/g, "_")}`, async () => {
		const opened = async (): Promise<Bytes> => {
			const key = fromHex(v.key);
			if (key.length !== 32) throw new SealError("key");
			return open(await importSealKey(key), fromHex(v.ctx), new Uint8Array(inflateSync(fromHex(v.ct))));
		};
		if (v.result !== "valid") return assert.rejects(opened, SealError);
		const plain = await opened();
		assert.equal(plain.length, v.msgLength);
		assert.equal(createHash("sha512").update(plain).digest("hex"), v.msgSha512);
	});

interface SealVector { key: string; salt: string; context: string; length: number; sealed: string }
test("seals_and_opens_the_vectors_of_seal", async () => {
	for (const v of readVectors<{ vectors: SealVector[] }>("seal").vectors) {
		const key = await importSealKey(b(v.key));
		const sealed = b(v.sealed);
		assert.deepEqual(await seal(key, b(v.context), plainOf(v.length), b(v.salt)), sealed);
		assert.deepEqual(await open(key, b(v.context), sealed), plainOf(v.length));
		assert.deepEqual(seal2(b(v.key), b(v.context), plainOf(v.length), b(v.salt)), sealed);
		assert.equal(sealed.length, sealedLength(v.length));
	}
});

interface DeriveVectors {
	key: string; fields: string; labels: { label: Label; hash: string; hkdf: string }[];
	epoch: { org: string; room: string; n: number; derived: { name: string; out: string }[] }; kids: { pub: string; kid_sig: string; kid_enc: string };
}
test("derives_for_every_label_as_node_does", async () => {
	const v = readVectors<DeriveVectors>("derive");
	const root = await importRoot(b(v.key));
	assert.deepEqual(v.labels.map((l) => l.label).sort(), Object.values(LABEL).sort());
	for (const { label, hash, hkdf } of v.labels) {
		const info = concat(utf8(label), zeroes(1), b(v.fields));
		assert.deepEqual(await labelledHash(label, b(v.fields)), b(hash), label);
		assert.deepEqual(new Uint8Array(createHash("sha256").update(info).digest()), b(hash), label);
		assert.deepEqual(await derive(root, label, b(v.fields)), b(hkdf), label);
		assert.deepEqual(new Uint8Array(hkdfSync("sha256", b(v.key), zeroes(0), info, 32)), b(hkdf), label);
	}
});

test("derives_the_keys_of_an_epoch", async () => {
	const v = readVectors<DeriveVectors>("derive");
	const [org, room, n] = [b(v.epoch.org), b(v.epoch.room), v.epoch.n];
	const out = new Map(v.epoch.derived.map((d) => [d.name, d.out]));
	const epoch = await deriveEpoch(b(v.key), org, room, n);
	const staff = await deriveStaff(b(v.key), org, room, n);
	assert.deepEqual(epoch.commit, b(out.get("commit_n") ?? ""));
	assert.deepEqual(staff.commit, b(out.get("staff_commit_n") ?? ""));
	for (const [name, key] of [["K_msg", epoch.message], ["K_filekey", epoch.file], ["K_note", staff.note]] as const) {
		const tag = createHmac("sha512", b(out.get(name) ?? "")).update("x").digest();
		assert.deepEqual(Buffer.from(await crypto.subtle.sign("HMAC", key, utf8("x"))), tag, name);
		assert.equal(key.extractable, false);
	}
	assert.deepEqual(await kidSig(b(v.kids.pub)), b(v.kids.kid_sig));
	assert.deepEqual(await kidEnc(b(v.kids.pub)), b(v.kids.kid_enc));
});

const envelopes = readVectors<EnvelopeVectors>("envelope");
test("parses_hashes_and_opens_good_envelopes", async () => {
	const { message } = await deriveEpoch(b(envelopes.epoch.ek), b(envelopes.epoch.org), b(envelopes.epoch.room), envelopes.epoch.n);
	for (const v of envelopes.good) {
		const env = await parseEnvelope(b(v.envelope));
		assert.deepEqual(env.hash, b(v.env_hash), v.name);
		assert.ok(await verifyEnvelope(env, b(envelopes.pub)), v.name);
		if (v.tombstone) {
			const tombstone = await parseTombstone(b(v.tombstone));
			assert.deepEqual(tombstone.hash, env.hash, v.name);
			assert.ok(await verifyEnvelope(tombstone, b(envelopes.pub)), v.name);
		}
		if (!v.plaintext) continue;
		const { content, echo } = await openMessage(env, message);
		const flat = Object.fromEntries(Object.entries(content).map(([k, x]) => [k, x instanceof Uint8Array ? Buffer.from(x).toString("base64url") : x]));
		assert.deepEqual(flat, v.plaintext, v.name);
		assert.deepEqual([echo.language, echo.stateVersion, echo.unlockersVersion], ["fi", 4, 2]);
	}
});
for (const v of envelopes.refused)
	test(`refuses_to_parse_${v.name.replaceAll(/\W+/g, "_")}`, async () => {
		assert.equal(await word(v.form === "envelope" ? parseEnvelope(b(v.bytes)) : parseTombstone(b(v.bytes))), v.word);
	});
for (const v of envelopes.signatures)
	test(`${v.valid ? "takes" : "refuses"}_the_signature_${v.name.replaceAll(/\W+/g, "_")}`, async () => {
		assert.equal(await verifyEnvelope(await parseEnvelope(b(v.envelope)), b(envelopes.pub)), v.valid);
	});

const signatureOf = async (state: ControlState, entry: ControlEntry): Promise<string> => {
	const { rare, env } = entry;
	if (rare?.signer) return (await rare.vouched()) && (await verifyEnvelope(env, rare.signer)) ? "ok" : "bad_signature";
	return state.invite && (await verifyJoin(entry, state.invite.sigPub)) ? "ok" : "bad_signature";
};

for (const q of ["control", "recovery"].flatMap((name) => readVectors<{ sequences: Sequence[] }>(name).sequences))
	test(`decides_the_control_log_of_${q.name.replaceAll(/\W+/g, "_")}`, async () => {
		const people = (q.people ?? []).map((p: PersonJson) => personIn(p));
		let state = emptyControl();
		for (const step of q.steps) {
			const entry = await readControl(b(step.entry)).catch((e: SealError) => e.word);
			if (step.signature && typeof entry !== "string") assert.equal(await signatureOf(state, entry), step.signature, step.name);
			const next = typeof entry === "string" ? entry : applyControl(state, entry, people, step.time === "-" ? entry.env.time : step.time);
			assert.equal(typeof next === "string" ? next : "ok", step.verdict, step.name);
			if (typeof next !== "string") state = next;
			assert.equal(controlDigest(state), step.digest, step.name);
		}
	});

for (const q of readVectors<{ sequences: Sequence[] }>("identity").sequences)
	test(`decides_the_chains_of_${q.name.replaceAll(/\W+/g, "_")}`, async () => {
		const states = { o: emptyIdentity(), i: emptyIdentity() };
		for (const step of q.steps) {
			const chain = step.chain ?? "i";
			const issuers = chain === "o" || states.o.n === 0 ? undefined : states.o;
			const entry = await readIdentity(b(step.entry)).catch((e: SealError) => e.word);
			const signed = typeof entry === "string" || (await verifyIdentity(states[chain], entry, issuers));
			const next = typeof entry === "string" ? entry : !signed ? "bad_signature"
				: applyIdentity(states[chain], entry, issuers, step.time === "-" ? entry.env.time : step.time);
			assert.equal(typeof next === "string" ? next : "ok", step.verdict, step.name);
			if (typeof next !== "string") states[chain] = next;
			assert.equal(identityDigest(states[chain]), step.digest, step.name);
		}
	});

interface Pair { priv: string; pub: string }
const pair = (p: Pair): { priv: Bytes; pub: Bytes } => ({ priv: b(p.priv), pub: b(p.pub) });
interface WrapVector {
	org: string; room: string; epoch: number; keyset: number; rtype: number; rid: string; rkid: string; sender: string; sender_kid: string; prev: string;
	recipient: Pair; key: string; info: string; wrap: string; wrap_hash: string;
}
test("opens_wraps_as_rfc_9180_written_a_second_time_does", async () => {
	for (const v of readVectors<{ vectors: WrapVector[] }>("wrap").vectors) {
		const place: WrapPlace = {
			org: b(v.org), room: b(v.room), epoch: v.epoch, keyset: v.keyset, rtype: v.rtype, rid: b(v.rid), rkid: b(v.rkid), sender: b(v.sender),
			senderKid: b(v.sender_kid), prev: b(v.prev),
		};
		const wrap = b(v.wrap);
		assert.deepEqual(wrapInfo(place), b(v.info));
		assert.deepEqual(await wrapHash(place, wrap), b(v.wrap_hash));
		assert.deepEqual(await unwrapKey(place, await importEncryption(pair(v.recipient)), wrap), b(v.key));
		assert.deepEqual(openBase(2, pair(v.recipient), wrap.slice(0, 65), b(v.info), zeroes(0), wrap.slice(65)), b(v.key));
	}
});

test("refuses_an_epoch_key_that_the_commitment_does_not_name", async () => {
	const v = readVectors<{ vectors: WrapVector[] }>("wrap").vectors[0] as WrapVector;
	const place: WrapPlace = {
		org: b(v.org), room: b(v.room), epoch: v.epoch, keyset: v.keyset, rtype: v.rtype, rid: b(v.rid), rkid: b(v.rkid), sender: b(v.sender),
		senderKid: b(v.sender_kid), prev: b(v.prev),
	};
	const recipient = await importEncryption(pair(v.recipient));
	const { commit } = await deriveEpoch(b(v.key), place.org, place.room, place.epoch);
	assert.deepEqual((await openEpoch(place, recipient, b(v.wrap), commit)).commit, commit);
	assert.equal(await word(openEpoch(place, recipient, b(v.wrap), zeroes(32))), "commit");
});

interface HpkeVector { suite: string; kdf_id: string; info: string; skRm: string; pkRm: string; enc: string; pt: string; aad: string; ct: string }
for (const v of readVectors<{ vectors: HpkeVector[] }>("hpke_rfc9180").vectors)
	test(`opens_the_vector_of_rfc_9180_for_${v.suite.replaceAll(/\W+/g, "_")}`, async () => {
		const kdf = v.kdf_id === "1" ? new HkdfSha256() : new HkdfSha512();
		const suite = new CipherSuite({ kem: new DhkemP256HkdfSha256(), kdf, aead: new Aes128Gcm() });
		const to = { priv: fromHex(v.skRm), pub: fromHex(v.pkRm) };
		const { privateKey, publicKey } = await importEncryption(to);
		const opened = await suite.open({ recipientKey: { privateKey, publicKey }, enc: fromHex(v.enc), info: fromHex(v.info) }, fromHex(v.ct), fromHex(v.aad));
		assert.equal(hex(new Uint8Array(opened)), v.pt);
		if (v.kdf_id === "1") assert.equal(hex(openBase(1, to, fromHex(v.enc), fromHex(v.info), fromHex(v.aad), fromHex(v.ct))), v.pt);
	});

interface UnlockVectors {
	org: string; user: string; urk: string; passphrase: { text: string; unlocker: string }; code: { code: string; unlocker: string };
	passkey: { prf: string; credential: string; unlocker: string };
	refused: { name: string; bytes: string; word: string }[]; codes: { code: string; printed: string }[];
	compare: { a: { sig_kid: string; enc_kid: string }; b: { sig_kid: string; enc_kid: string }; code: string };
	list: { version: number; mac: string }; keys: { version: number; raw: { sig: Pair; enc: Pair[] }; sealed: string };
	state: { version: number; value: unknown; sealed: string }; drafts: { room: string; version: number; text: string; sealed: string }[];
	slots: { room: string; slot: string; version: number; text: string; sealed: string }[];
}
const unlock = readVectors<UnlockVectors>("unlock");
const owner = { org: b(unlock.org), user: b(unlock.user) };

test("unlocks_by_passphrase_and_by_printed_code", async () => {
	assert.deepEqual(await openWithPassphrase(b(unlock.passphrase.unlocker), owner, unlock.passphrase.text, argon2id), b(unlock.urk));
	assert.deepEqual(await openWithPassphrase(b(unlock.passphrase.unlocker), owner, "kuusi järvi lumi finland", argon2id), b(unlock.urk));
	assert.deepEqual(await openWithCode(b(unlock.code.unlocker), owner, b(unlock.code.code)), b(unlock.urk));
	assert.equal(await word(openWithPassphrase(b(unlock.passphrase.unlocker), owner, "kuusi järvi lumi suomi", argon2id)), "sealed");
	assert.equal(await word(openWithCode(b(unlock.code.unlocker), owner, zeroes(16))), "sealed");
	assert.equal(await word(openWithCode(b(unlock.passphrase.unlocker), owner, zeroes(16))), "kind");
	assert.equal(await word(openWithCode(b(unlock.code.unlocker), { ...owner, user: zeroes(16) }, b(unlock.code.code))), "owner");
});
test("unlocks_by_the_prf_of_a_passkey", async () => {
	const { prf, credential, unlocker } = unlock.passkey;
	assert.deepEqual(await openWithPasskey(b(unlocker), owner, b(prf)), b(unlock.urk));
	assert.equal(await word(openWithPasskey(b(unlocker), owner, zeroes(32))), "sealed");
	assert.equal(await word(openWithPasskey(b(unlocker), owner, b(prf).slice(1))), "prf");
	assert.equal(await word(openWithPasskey(b(unlock.code.unlocker), owner, b(prf))), "kind");
	assert.equal(await word(openWithPasskey(b(unlocker), { ...owner, user: zeroes(16) }, b(prf))), "owner");
	assert.deepEqual([await isOfPasskey(b(unlocker), b(credential)), await isOfPasskey(b(unlocker), b(prf))], [true, false]);
});
for (const v of unlock.refused)
	test(`refuses_the_unlocker_${v.name.replaceAll(/\W+/g, "_")}`, async () => {
		assert.equal(await word((async () => parseUnlocker(b(v.bytes)))()), v.word);
	});

test("reads_printed_codes_as_people_write_them", async () => {
	for (const v of unlock.codes) {
		assert.equal(await printCode(b(v.code)), v.printed);
		assert.deepEqual(await readCode(` ${v.printed.toLowerCase().replaceAll("-", " ").replaceAll("0", "o").replaceAll("1", "l")} `), b(v.code));
	}
	const { a, b: other, code } = unlock.compare;
	const [x, y] = [a, other].map((k) => ({ sigKid: b(k.sig_kid), encKid: b(k.enc_kid) })) as [never, never];
	assert.equal(await compareCode(x, y), code);
	assert.equal(await compareCode(y, x), code);
});

test("opens_keys_state_and_drafts_of_a_vault", async () => {
	const root = await importRoot(b(unlock.urk));
	const vault = await openVault(owner, b(unlock.urk));
	const list = [b(unlock.code.unlocker), b(unlock.passphrase.unlocker)];
	assert.ok(await verifyListMac(root, owner, unlock.list.version, list, b(unlock.list.mac)));
	assert.ok(!(await verifyListMac(root, owner, unlock.list.version - 1, list, b(unlock.list.mac))));
	assert.ok(!(await verifyListMac(root, owner, unlock.list.version, list.slice(1), b(unlock.list.mac))));
	const raw = await openRawKeys(vault, unlock.keys.version, b(unlock.keys.sealed));
	assert.deepEqual(raw, { sig: pair(unlock.keys.raw.sig), enc: unlock.keys.raw.enc.map(pair) });
	const { keys } = await openKeys(vault, unlock.keys.version, b(unlock.keys.sealed));
	assert.deepEqual(keys.sig.kid, await kidSig(b(unlock.keys.raw.sig.pub)));
	assert.equal(keys.sig.privateKey.extractable || keys.enc.some((k) => k.privateKey.extractable), false);
	assert.equal(await word(openKeys(vault, unlock.keys.version + 1, b(unlock.keys.sealed))), "sealed");
	assert.deepEqual(await openState(vault, unlock.state.version, b(unlock.state.sealed)), unlock.state.value);
	for (const d of unlock.drafts) assert.equal(await openDraft(vault, b(d.room), d.version, b(d.sealed)), d.text);
	const [first] = unlock.drafts;
	assert.equal(await word(openDraft(vault, b(unlock.user), first?.version ?? 0, b(first?.sealed ?? ""))), "sealed");
});

test("opens_the_draft_of_an_assignment_in_its_own_place_only", async () => {
	const vault = await openVault(owner, b(unlock.urk));
	assert.ok(unlock.slots.length > 0);
	for (const d of unlock.slots) {
		const place = { room: b(d.room), slot: b(d.slot), version: d.version };
		assert.equal(await openSlot(vault, place, b(d.sealed)), d.text);
		for (const other of [{ slot: place.room }, { room: place.slot }, { version: d.version + 1 }])
			assert.equal(await word(openSlot(vault, { ...place, ...other }, b(d.sealed))), "sealed");
		assert.equal(await word(openDraft(vault, place.room, d.version, b(d.sealed))), "sealed", "not as the draft of the room");
	}
});

interface InviteVector {
	org: string; room: string; invite: string; token: string; token_hash: string; secret: string; root_kid: string; fragment: string; name: string;
	sig: Pair; enc: Pair; sealed: string; mailed: string; refused: { name: string; fragment: string }[];
}
test("reads_the_link_of_a_letter_and_finds_no_secret_in_it", () => {
	const v = readVectors<InviteVector>("invite");
	const f = decodeFragment(v.mailed);
	assert.equal(v.mailed.length, 130);
	assert.deepEqual(f, { org: b(v.org), room: b(v.room), invite: b(v.invite), token: b(v.token), secret: undefined, rootKid: b(v.root_kid) });
	assert.equal(encodeFragment(f), v.mailed);
});

test("refuses_every_link_that_is_none", async () => {
	const { refused } = readVectors<InviteVector>("invite");
	assert.ok(refused.length >= 10);
	for (const { name, fragment } of refused) assert.equal(await word((async () => decodeFragment(fragment))()), "fragment", name);
});

test("opens_an_invitation_by_its_link", async () => {
	const v = readVectors<InviteVector>("invite");
	const f = decodeFragment(v.fragment);
	assert.equal(v.fragment.length, 172);
	assert.deepEqual(f, { org: b(v.org), room: b(v.room), invite: b(v.invite), token: b(v.token), secret: b(v.secret), rootKid: b(v.root_kid) });
	assert.equal(encodeFragment(f), v.fragment);
	assert.deepEqual(await tokenHash(f.token), b(v.token_hash));
	const opened = await openInvite(f, b(v.secret), b(v.sealed));
	assert.equal(opened.name, v.name);
	assert.deepEqual([opened.sig.pub, opened.enc.pub], [b(v.sig.pub), b(v.enc.pub)]);
	assert.equal(await word(openInvite({ ...f, room: zeroes(16) }, b(v.secret), b(v.sealed))), "sealed");
	assert.equal(await word(openInvite(f, zeroes(32), b(v.sealed))), "sealed");
	for (const bad of [v.fragment.slice(1), `${v.fragment}AAAA`, `B${v.fragment.slice(1)}`, "", "%"])
		assert.equal(await word((async () => decodeFragment(bad))()), "fragment");
});
