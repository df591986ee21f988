// The smaller files: every derivation, wraps, what a person keeps on the server, invitations.

import {
	compareCode, derive, deriveEpoch, deriveStaff, encodeFragment, importEncryption, importRoot, INVITE_PATH, kidEnc, kidSig, LABEL,
	labelledHash, listMac, makePair, openVault, printCode, random, sealDraft, sealInvite, sealKeys, sealSlot, sealState, sealWithCode, sealWithPasskey, sealWithPassphrase, tokenHash,
	wrapHash, wrapInfo, wrapKey, zeroes, type Bytes, type RawPair, type WrapPlace,
} from "../../../web/src/seal/index.js";
import { argon2id } from "../lib/argon2.js";
import { NOON } from "../lib/cast.js";
import { b, s } from "../lib/vectors.js";

const pairOut = (p: RawPair): { priv: string; pub: string } => ({ priv: s(p.priv), pub: s(p.pub) });

export const makeDerive = async (): Promise<object> => {
	const [key, fields, org, room] = [random(32), random(36), random(16), random(16)];
	const root = await importRoot(key.slice());
	const labels = [];
	for (const label of Object.values(LABEL)) labels.push({ label, hash: s(await labelledHash(label, fields)), hkdf: s(await derive(root, label, fields)) });
	const n = 258;
	const named = [];
	for (const [name, label] of [["K_msg", LABEL.keyMsg], ["K_filekey", LABEL.keyFile], ["K_note", LABEL.keyNote]] as const)
		named.push({ name, out: s(await derive(root, label, org, room, Uint8Array.of(0, 0, 1, 2))) });
	named.push({ name: "commit_n", out: s((await deriveEpoch(key.slice(), org, room, n)).commit) });
	named.push({ name: "staff_commit_n", out: s((await deriveStaff(key.slice(), org, room, n)).commit) });
	const pub = (await makePair()).pub;
	const kids = { pub: s(pub), kid_sig: s(await kidSig(pub)), kid_enc: s(await kidEnc(pub)) };
	return { key: s(key), fields: s(fields), labels, epoch: { org: s(org), room: s(room), n, derived: named }, kids };
};

export const makeWraps = async (): Promise<object> => {
	const vectors = [];
	for (const [keyset, rtype] of [[0, 1], [0, 2], [0, 3], [1, 1], [1, 3]] as const) {
		const pair = await makePair();
		const recipient = await importEncryption(pair);
		const place: WrapPlace = {
			org: random(16), room: random(16), epoch: 1 + rtype * 65_536, keyset, rtype, rid: random(16), rkid: recipient.kid, sender: random(16),
			senderKid: random(32), prev: random(32),
		};
		const key = random(32);
		const wrap = await wrapKey(place, pair.pub, key);
		const { org, room, epoch, rid, rkid, sender, senderKid, prev } = place;
		vectors.push({
			org: s(org), room: s(room), epoch, keyset, rtype, rid: s(rid), rkid: s(rkid), sender: s(sender), sender_kid: s(senderKid), prev: s(prev),
			recipient: pairOut(pair), key: s(key), info: s(wrapInfo(place)), wrap: s(wrap), wrap_hash: s(await wrapHash(place, wrap)),
		});
	}
	return { vectors };
};

export const makeUnlock = async (): Promise<object> => {
	const owner = { org: random(16), user: random(16) };
	const urk = random(32);
	const passphrase = "  kuusi  järvi\tlumi   ﬁnland ";
	const byPassphrase = await sealWithPassphrase(owner, urk, passphrase, argon2id, NOON, { memoryKib: 47_104, passes: 1, lanes: 1, salt: random(16) });
	const code = random(16);
	const byCode = await sealWithCode(owner, urk, code, NOON + 1);
	const [prf, credential] = [random(32), random(40)];
	const byPasskey = await sealWithPasskey(owner, urk, prf.slice(), credential, NOON + 2);
	const root = await importRoot(urk.slice());
	const vault = await openVault(owner, urk.slice());
	const raw = { sig: await makePair(), enc: [await makePair(), await makePair()] };
	const [room, slot] = [random(16), random(16)];
	const [version, state] = [7, { v: 1, pins: [], note: "käyty" }];
	const set = (at: number, ...values: number[]): string => {
		const copy = byPassphrase.slice();
		copy.set(values, at);
		return s(copy);
	};
	const refused = [
		{ name: "nothing", bytes: "", word: "short" }, { name: "a record that is cut off", bytes: s(byPassphrase.slice(0, -1)), word: "short" },
		{ name: "params that are longer than the rest", bytes: set(62, 255, 255), word: "short" },
		{ name: "another magic", bytes: set(3, 0x32), word: "magic" }, { name: "suite 2", bytes: set(4, 2), word: "suite" },
		{ name: "type 0", bytes: set(5, 0), word: "kind" }, { name: "type 4", bytes: set(5, 4), word: "kind" },
		{ name: "no organisation", bytes: set(6, ...zeroes(16)), word: "zero" }, { name: "no user", bytes: set(22, ...zeroes(16)), word: "zero" },
		{ name: "no id", bytes: set(38, ...zeroes(16)), word: "zero" }, { name: "made in a time of 2^53", bytes: set(54, 0, 0x20, 0, 0, 0, 0, 0, 0), word: "number" },
		{ name: "a passphrase as a printed code", bytes: set(5, 3), word: "params" }, { name: "a passphrase as a passkey", bytes: set(5, 1), word: "params" }, { name: "another algorithm", bytes: set(64, 2), word: "params" },
		{ name: "memory below 46 MiB", bytes: set(65, 0, 0, 0xb7, 0xff), word: "params" }, { name: "memory above 1 GiB", bytes: set(65, 0, 0x10, 0, 1), word: "params" },
		{ name: "no passes", bytes: set(69, 0, 0, 0, 0), word: "params" }, { name: "17 passes", bytes: set(69, 0, 0, 0, 17), word: "params" },
		{ name: "two lanes", bytes: set(73, 2), word: "params" }, { name: "a byte too many", bytes: s(Uint8Array.from([...byPassphrase, 0])), word: "long" },
	];
	const codes = [];
	for (const bytes of [code, zeroes(16), new Uint8Array(16).fill(255)]) codes.push({ code: s(bytes), printed: await printCode(bytes) });
	const [a, b] = [0, 1].map(() => ({ sigKid: random(32), encKid: random(32) })) as [{ sigKid: never; encKid: never }, { sigKid: never; encKid: never }];
	const compare = { a: { sig_kid: s(a.sigKid), enc_kid: s(a.encKid) }, b: { sig_kid: s(b.sigKid), enc_kid: s(b.encKid) }, code: await compareCode(a, b) };
	return {
		org: s(owner.org), user: s(owner.user), urk: s(urk), passphrase: { text: passphrase, unlocker: s(byPassphrase) }, code: { code: s(code), unlocker: s(byCode) },
		passkey: { prf: s(prf), credential: s(credential), unlocker: s(byPasskey) },
		refused, codes, compare, list: { version, mac: s(await listMac(root, owner, version, [byPassphrase, byCode])) },
		keys: { version, raw: { sig: pairOut(raw.sig), enc: raw.enc.map(pairOut) }, sealed: s(await sealKeys(vault, version, raw)) },
		state: { version, value: state, sealed: s(await sealState(vault, version, state)) },
		drafts: [
			{ room: s(room), version: 3, text: "Ajattelin kysyä", sealed: s(await sealDraft(vault, room, 3, "Ajattelin kysyä")) },
			{ room: s(room), version: 4, text: "", sealed: s(await sealDraft(vault, room, 4, "")) },
		],
		slots: [
			{ room: s(room), slot: s(slot), version: 3, text: "{}", sealed: s(await sealSlot(vault, { room, slot, version: 3 }, "{}")) },
			{ room: s(room), slot: s(slot), version: 4, text: "", sealed: s(await sealSlot(vault, { room, slot, version: 4 }, "")) },
		],
	};
};

const refusedFragments = (whole: Bytes, mailed: Bytes): { name: string; fragment: string }[] => {
	const as = (version: number, bytes: Bytes): string => s(Uint8Array.of(version, ...bytes.slice(1)));
	return [
		{ name: "nothing", fragment: "" }, { name: "version 0", fragment: as(0, mailed) }, { name: "version 3", fragment: as(3, mailed) },
		{ name: "a mailed one that says it has a secret", fragment: as(1, mailed) }, { name: "one with a secret that says it was mailed", fragment: as(2, whole) },
		{ name: "one with a secret that is cut off", fragment: s(whole.slice(0, -1)) }, { name: "a mailed one that is cut off", fragment: s(mailed.slice(0, -1)) },
		{ name: "one with a secret and a byte more", fragment: s(Uint8Array.of(...whole, 0)) }, { name: "a mailed one and a byte more", fragment: s(Uint8Array.of(...mailed, 0)) },
		{ name: "no base64url", fragment: `${s(mailed).slice(0, -1)}=` },
	];
};

export const makeInvites = async (): Promise<object> => {
	const place = { org: random(16), room: random(16), invite: random(16) };
	const [token, secret, rootKid] = [random(16), random(32), random(32)];
	const [sig, enc] = [await makePair(), await makePair()];
	const sealed = await sealInvite(place, secret.slice(), { sig, enc, name: "Oona Ö." });
	const fragment = encodeFragment({ ...place, token, secret, rootKid });
	const mailed = encodeFragment({ ...place, token, secret: undefined, rootKid });
	return {
		org: s(place.org), room: s(place.room), invite: s(place.invite), token: s(token), token_hash: s(await tokenHash(token)), secret: s(secret),
		root_kid: s(rootKid), fragment, link: `https://luotsi.example${INVITE_PATH}${fragment}`, name: "Oona Ö.", sig: pairOut(sig), enc: pairOut(enc), sealed: s(sealed),
		mailed, refused: refusedFragments(b(fragment), b(mailed)),
	};
};
