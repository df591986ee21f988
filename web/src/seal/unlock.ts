// How a person opens their own keys (FORMAT.md section 8): records that seal the root key URK under a passphrase or a printed
// code, and the MAC over their list, by which a fresh device notices that it was given another list than the person made.

import { compare, concat, equal, reader, SealError, u16, u64, utf8, type Bytes, type Reader } from "./bytes.js";
import { derive, deriveSealKey, importMac, importRoot, labelled, labelledHash, mac, sha256, type SealKey } from "./derive.js";
import { LABEL, SUITE, UNLOCKER_MAGIC } from "./labels.js";
import { open } from "./seal.js";

export const UNLOCKER = { passkey: 1, passphrase: 2, code: 3 } as const;
/** What every passkey's PRF is asked. */
export const PRF_INPUT = utf8(LABEL.prf);
const PRF_SIZE = 32;
export const URK_SIZE = 32;
const SEALED_URK = 104;

export interface Argon2Params {
	readonly memoryKib: number;
	readonly passes: number;
	readonly lanes: number;
	readonly salt: Bytes;
}

/** Argon2id version 0x13, 32 bytes; runs in a worker of its own. */
export type Argon2id = (password: Bytes, params: Argon2Params) => Promise<Bytes>;

/** Below these whatever the server says: a lowered cost is an attack. */
export const checkArgon2Params = (p: Argon2Params): void => {
	const fits = p.memoryKib >= 47_104 && p.memoryKib <= 1_048_576 && p.passes >= 1 && p.passes <= 16 && p.lanes === 1 && p.salt.length === 16;
	if (!fits) throw new SealError("params");
};

/** NFKC, trimmed, runs of white space to one space. */
export const normalisePassphrase = (text: string): string => text.normalize("NFKC").trim().replace(/\s+/gu, " ");

export interface UnlockerFields {
	readonly type: number;
	readonly org: Bytes;
	readonly user: Bytes;
	readonly id: Bytes;
	readonly created: number;
	readonly params: Bytes;
}

export interface Unlocker extends UnlockerFields {
	readonly before: Bytes;
	readonly sealed: Bytes;
	readonly bytes: Bytes;
}

const parseParams = (type: number, params: Bytes): Argon2Params | undefined => {
	const r = reader(params);
	if (type !== UNLOCKER.passphrase) {
		if (params.length !== (type === UNLOCKER.code ? 16 : 32)) throw new SealError("params");
		return undefined;
	}
	if (params.length !== 26 || r.u8() !== 1) throw new SealError("params");
	const parsed = { memoryKib: r.u32(), passes: r.u32(), lanes: r.u8(), salt: r.take(16) };
	checkArgon2Params(parsed);
	return parsed;
};

/** The checks behind the walk of the lengths, in their order. */
const checkUnlocker = (magic: Bytes, suite: number, f: UnlockerFields, left: number): void => {
	const refuse = (word: string): never => {
		throw new SealError(word);
	};
	if (!equal(magic, utf8(UNLOCKER_MAGIC))) refuse("magic");
	if (suite !== SUITE) refuse("suite");
	if (!Object.values<number>(UNLOCKER).includes(f.type)) refuse("kind");
	for (const id of [f.org, f.user, f.id]) if (id.every((b) => b === 0)) refuse("zero");
	if (f.created >= 2 ** 53) refuse("number");
	parseParams(f.type, f.params);
	if (left > 0) refuse("long");
};

const wide = (r: Reader): number => r.u32() * 2 ** 32 + r.u32();

export const parseUnlocker = (bytes: Bytes): Unlocker => {
	const r = reader(bytes);
	const magic = r.take(4);
	const suite = r.u8();
	const fields = { type: r.u8(), org: r.take(16), user: r.take(16), id: r.take(16), created: wide(r), params: r.take(r.u16()) };
	const before = bytes.subarray(0, r.at());
	const sealed = r.take(SEALED_URK);
	checkUnlocker(magic, suite, fields, r.left());
	return { ...fields, before, sealed, bytes };
};

const openUrk = async (kek: SealKey, u: Unlocker): Promise<Bytes> => {
	const urk = await open(kek, await labelledHash(LABEL.unlocker, u.before), u.sealed);
	if (urk.length !== URK_SIZE) throw new SealError("sealed");
	return urk;
};

export const passphraseKey = async (f: UnlockerFields, params: Argon2Params, text: string, argon2id: Argon2id): Promise<SealKey> => {
	const hash = await argon2id(utf8(normalisePassphrase(text)), params);
	const root = await importRoot(hash);
	hash.fill(0);
	return deriveSealKey(root, LABEL.unlockPassphrase, f.org, f.user, f.id);
};

export const codeKey = async (f: UnlockerFields, code: Bytes): Promise<SealKey> => {
	const root = await importRoot(concat(code, f.params));
	return deriveSealKey(root, LABEL.unlockCode, f.org, f.user, f.id);
};

export const passkeyKey = async (f: UnlockerFields, prf: Bytes): Promise<SealKey> => {
	if (prf.length !== PRF_SIZE) throw new SealError("prf");
	return deriveSealKey(await importRoot(prf), LABEL.unlockPasskey, f.org, f.user, f.id);
};

export interface Owner {
	readonly org: Bytes;
	readonly user: Bytes;
}

const checkOwner = (u: Unlocker, owner: Owner): void => {
	if (!equal(u.org, owner.org) || !equal(u.user, owner.user)) throw new SealError("owner");
};

/** Throws SealError("sealed") for a wrong passphrase: nothing tells it from a damaged record. */
export const openWithPassphrase = async (bytes: Bytes, owner: Owner, text: string, argon2id: Argon2id): Promise<Bytes> => {
	const u = parseUnlocker(bytes);
	checkOwner(u, owner);
	const params = parseParams(u.type, u.params);
	if (!params) throw new SealError("kind");
	return openUrk(await passphraseKey(u, params, text, argon2id), u);
};

export const openWithCode = async (bytes: Bytes, owner: Owner, code: Bytes): Promise<Bytes> => {
	const u = parseUnlocker(bytes);
	checkOwner(u, owner);
	if (u.type !== UNLOCKER.code) throw new SealError("kind");
	return openUrk(await codeKey(u, code), u);
};

export const openWithPasskey = async (bytes: Bytes, owner: Owner, prf: Bytes): Promise<Bytes> => {
	const u = parseUnlocker(bytes);
	checkOwner(u, owner);
	if (u.type !== UNLOCKER.passkey) throw new SealError("kind");
	return openUrk(await passkeyKey(u, prf), u);
};

/** Is this the record of that passkey? */
export const isOfPasskey = async (bytes: Bytes, credential: Bytes): Promise<boolean> => {
	const { type, params } = parseUnlocker(bytes);
	return type === UNLOCKER.passkey && equal(params, await sha256(credential));
};

/** Over the whole list, in ascending order of unlocker_id, and its version. */
export const listMac = async (urk: CryptoKey, owner: Owner, version: number, unlockers: readonly Bytes[]): Promise<Bytes> => {
	const key = await importMac(await derive(urk, LABEL.keyUnlockers, owner.org, owner.user), "SHA-256");
	const sorted = unlockers.map(parseUnlocker).sort((a, b) => compare(a.id, b.id));
	const hashes = await Promise.all(sorted.map((u) => sha256(u.bytes)));
	return mac(key, labelled(LABEL.unlockers, u64(version), u16(sorted.length), ...hashes));
};

export const verifyListMac = async (
	urk: CryptoKey, owner: Owner, version: number, unlockers: readonly Bytes[], tag: Bytes,
): Promise<boolean> => equal(await listMac(urk, owner, version, unlockers), tag);

