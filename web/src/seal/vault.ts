// What a person keeps sealed on the server under their own root key (FORMAT.md section 8): keys, state, drafts. Each blob is
// bound to its owner and its version, so that the server can neither swap two nor pass an old one off as new.

import { concat, fromBase64Url, fromUtf8, SealError, toBase64Url, u64, u8, utf8, type Bytes } from "./bytes.js";
import { deriveSealKey, importRoot, labelledHash, type SealKey } from "./derive.js";
import { LABEL, SUITE } from "./labels.js";
import { importEncryption, importSigning, type EncryptionKey, type RawPair, type SigningKey } from "./p256.js";
import { open, pad, seal, unpad } from "./seal.js";
import { type Owner } from "./unlock.js";

/** What an unlocked person can do; nothing in it can be read back. */
export interface Vault {
	readonly owner: Owner;
	readonly root: CryptoKey;
	readonly keys: SealKey;
	readonly state: SealKey;
	readonly draft: SealKey;
	/** Of root keys before renewals, newest first: they open a state or a draft that was not sealed again yet, and seal nothing. */
	readonly older: readonly Vault[];
}

/** Takes the raw URK and wipes it. */
export const openVault = async (owner: Owner, urk: Bytes): Promise<Vault> => {
	const root = await importRoot(urk);
	urk.fill(0);
	const key = (label: typeof LABEL.keyUserKeys | typeof LABEL.keyUserState | typeof LABEL.keyDraft): Promise<SealKey> =>
		deriveSealKey(root, label, owner.org, owner.user);
	return { owner, root, keys: await key(LABEL.keyUserKeys), state: await key(LABEL.keyUserState), draft: await key(LABEL.keyDraft), older: [] };
};

const context = (label: typeof LABEL.userKeys | typeof LABEL.userState, owner: Owner, version: number): Promise<Bytes> =>
	labelledHash(label, u8(SUITE), owner.org, owner.user, u64(version));

/** A person's keys as the sealed JSON holds them: base64url of raw bytes. Older encryption keys open older wraps. */
interface KeysJson {
	readonly sig: { readonly priv: string; readonly pub: string };
	readonly enc: readonly { readonly priv: string; readonly pub: string }[];
	readonly older?: readonly string[];
	readonly anchor?: Anchor;
}

/** What a server that gives no state, or an old one, cannot make forgotten: the root when the keys were made, and up to which version the state
 * went with keys that were lost. */
export interface Anchor {
	readonly root: string;
	readonly lost: number;
}

export interface RawKeys {
	readonly sig: RawPair;
	/** Newest first. */
	readonly enc: readonly RawPair[];
	/** Root keys before renewals, newest first. */
	readonly older?: readonly Bytes[];
	readonly anchor?: Anchor | undefined;
}

export interface UserKeys {
	readonly sig: SigningKey;
	/** Newest first. */
	readonly enc: readonly EncryptionKey[];
}

const pairOut = (p: RawPair): { priv: string; pub: string } => ({ priv: toBase64Url(p.priv), pub: toBase64Url(p.pub) });

const pairIn = (value: unknown): RawPair => {
	const { priv, pub } = (value ?? {}) as { priv?: unknown; pub?: unknown };
	if (typeof priv !== "string" || typeof pub !== "string") throw new SealError("keys");
	return { priv: fromBase64Url(priv), pub: fromBase64Url(pub) };
};

const parseJson = (bytes: Bytes): unknown => {
	try {
		return JSON.parse(fromUtf8(bytes)) as unknown;
	} catch {
		throw new SealError("json");
	}
};

export const sealKeys = async (vault: Vault, version: number, keys: RawKeys): Promise<Bytes> => {
	const older = keys.older ? { older: keys.older.map(toBase64Url) } : {};
	const json: KeysJson = { sig: pairOut(keys.sig), enc: keys.enc.map(pairOut), ...older, ...(keys.anchor && { anchor: keys.anchor }) };
	return seal(vault.keys, await context(LABEL.userKeys, vault.owner, version), pad(utf8(JSON.stringify(json))));
};

/** The raw keys, for a browser that changes them; others use openKeys. */
export const openRawKeys = async (vault: Vault, version: number, sealed: Bytes): Promise<RawKeys> => {
	const plain = unpad(await open(vault.keys, await context(LABEL.userKeys, vault.owner, version), sealed));
	const { sig, enc, older, anchor } = parseJson(plain) as { sig?: unknown; enc?: unknown; older?: unknown; anchor?: Anchor };
	plain.fill(0);
	if (!Array.isArray(enc) || enc.length === 0) throw new SealError("keys");
	return { sig: pairIn(sig), enc: enc.map(pairIn), ...(Array.isArray(older) ? { older: older.map(fromBase64Url) } : {}), ...(anchor && { anchor }) };
};

export const importKeys = async (raw: RawKeys): Promise<UserKeys> => ({
	sig: await importSigning(raw.sig),
	enc: await Promise.all(raw.enc.map(importEncryption)),
});

/** The keys, and the vault with what older root keys still open. */
export const openKeys = async (vault: Vault, version: number, sealed: Bytes): Promise<{ keys: UserKeys; vault: Vault; anchor: Anchor | undefined }> => {
	const raw = await openRawKeys(vault, version, sealed);
	const keys = await importKeys(raw);
	for (const pair of [raw.sig, ...raw.enc]) pair.priv.fill(0);
	return { keys, anchor: raw.anchor, vault: { ...vault, older: await Promise.all((raw.older ?? []).map((urk) => openVault(vault.owner, urk))) } };
};

/** Opens with the first of these keys that fits. */
export const openWith = async (keys: readonly SealKey[], where: Bytes, sealed: Bytes): Promise<Bytes> => {
	const [key, ...older] = keys as [SealKey, ...SealKey[]];
	return open(key, where, sealed).catch((thrown: unknown) => (older.length > 0 ? openWith(older, where, sealed) : Promise.reject(thrown)));
};

/** The present key, then those of older root keys. */
export const keysOf = (vault: Vault, which: "state" | "draft"): SealKey[] => [vault, ...vault.older].map((one) => one[which]);

/** Pins, what was read, names given to rooms: whatever the client keeps for its person, as one JSON value. */
export const sealState = async (vault: Vault, version: number, state: unknown): Promise<Bytes> =>
	seal(vault.state, await context(LABEL.userState, vault.owner, version), pad(utf8(JSON.stringify(state))));

export const openState = async (vault: Vault, version: number, sealed: Bytes): Promise<unknown> =>
	parseJson(unpad(await openWith(keysOf(vault, "state"), await context(LABEL.userState, vault.owner, version), sealed)));

const draftContext = (owner: Owner, room: Bytes, version: number): Promise<Bytes> =>
	labelledHash(LABEL.draft, concat(u8(SUITE), owner.org, owner.user, room, u64(version)));

export const sealDraft = async (vault: Vault, room: Bytes, version: number, text: string): Promise<Bytes> =>
	seal(vault.draft, await draftContext(vault.owner, room, version), pad(utf8(text)));

export const openDraft = async (vault: Vault, room: Bytes, version: number, sealed: Bytes): Promise<string> =>
	fromUtf8(unpad(await openWith(keysOf(vault, "draft"), await draftContext(vault.owner, room, version), sealed)));
