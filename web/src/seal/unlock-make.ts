// Making the records that open a person's keys (FORMAT.md section 8). Few visits make any: opening them is unlock.ts.

import { concat, random, u16, u32, u64, u8, utf8, type Bytes } from "./bytes.js";
import { labelledHash, sha256, type SealKey } from "./derive.js";
import { LABEL, SUITE, UNLOCKER_MAGIC } from "./labels.js";
import { seal } from "./seal.js";
import { checkArgon2Params, codeKey, passkeyKey, passphraseKey, UNLOCKER, URK_SIZE, type Argon2id, type Argon2Params, type Owner, type UnlockerFields } from "./unlock.js";

export const makeArgon2Params = (): Argon2Params => ({ memoryKib: 65_536, passes: 3, lanes: 1, salt: random(16) });

const encodeParams = (p: Argon2Params): Bytes => concat(u8(1), u32(p.memoryKib), u32(p.passes), u8(p.lanes), p.salt);

const encodeBefore = (f: UnlockerFields): Bytes =>
	concat(utf8(UNLOCKER_MAGIC), u8(SUITE), u8(f.type), f.org, f.user, f.id, u64(f.created), u16(f.params.length), f.params);

const sealUrk = async (kek: SealKey, fields: UnlockerFields, urk: Bytes): Promise<Bytes> => {
	const before = encodeBefore(fields);
	return concat(before, await seal(kek, await labelledHash(LABEL.unlocker, before), urk));
};

export const makeUrk = (): Bytes => random(URK_SIZE);

export const sealWithPassphrase = async (
	owner: Owner, urk: Bytes, text: string, argon2id: Argon2id, created: number, params = makeArgon2Params(),
): Promise<Bytes> => {
	checkArgon2Params(params);
	const fields = { ...owner, type: UNLOCKER.passphrase, id: random(16), created, params: encodeParams(params) };
	return sealUrk(await passphraseKey(fields, params, text, argon2id), fields, urk);
};

export const sealWithCode = async (owner: Owner, urk: Bytes, code: Bytes, created: number): Promise<Bytes> => {
	const fields = { ...owner, type: UNLOCKER.code, id: random(16), created, params: random(16) };
	return sealUrk(await codeKey(fields, code), fields, urk);
};

/** prf is what the passkey answered to PRF_INPUT; the caller wipes it. */
export const sealWithPasskey = async (owner: Owner, urk: Bytes, prf: Bytes, credential: Bytes, created: number): Promise<Bytes> => {
	const fields = { ...owner, type: UNLOCKER.passkey, id: random(16), created, params: await sha256(credential) };
	return sealUrk(await passkeyKey(fields, prf), fields, urk);
};
