// A person's own keys, opened by a passphrase, a passkey or the printed code (FORMAT.md section 8). The raw root key exists for a moment only:
// between moments it is kept sealed under a key that cannot be read back. Making keys and unlockers is account-make.ts.

import type { Secret, UnlockerView } from "./api.js";
import type { Platform } from "./platform.js";
import { refusal, wordOf } from "./refusal.js";
import type { SelfKept } from "./wire.js";
import {
	equal, fromBase64Url, openKeys, openVault, openWithCode, openWithPasskey, openWithPassphrase, parseUnlocker, random, readCode, toBase64Url, UNLOCKER, verifyListMac,
	type Anchor, type Bytes, type Chain, type Owner, type UserKeys, type Vault,
} from "../seal/index.js";

export interface Account {
	readonly vault: Vault;
	readonly keys: UserKeys;
	/** Of the list of unlockers. */
	readonly version: number;
	readonly unlockers: readonly Bytes[];
	/** Opened by the printed code: the passphrase is forgotten, and both are to be made anew. */
	readonly recovered: boolean;
	readonly anchor: Anchor | undefined;
	/** Lends the raw root key and wipes it afterwards. */
	readonly lend: Lend;
}

type Lend = <T>(use: (urk: Bytes) => Promise<T>) => Promise<T>;

export const lender = async (urk: Bytes): Promise<Lend> => {
	const key = await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
	const iv = random(12);
	const kept = await crypto.subtle.encrypt({ name: "AES-GCM", iv }, key, urk);
	return async (use) => {
		const raw = new Uint8Array(await crypto.subtle.decrypt({ name: "AES-GCM", iv }, key, kept));
		try {
			return await use(raw);
		} finally {
			raw.fill(0);
		}
	};
};

const NAMES = { [UNLOCKER.passkey]: "passkey", [UNLOCKER.passphrase]: "passphrase", [UNLOCKER.code]: "code" } as const;

/** The unlockers there are, for the page; what is broken or costs too little to guess is left out. */
export const listUnlockers = (unlockers: readonly Bytes[]): UnlockerView[] =>
	unlockers.flatMap((bytes) => {
		try {
			const { type, created, id, params } = parseUnlocker(bytes);
			const name = NAMES[type as keyof typeof NAMES];
			return [{ id: toBase64Url(id), type: name, createdAt: created, credential: name === "passkey" ? toBase64Url(params) : "" }];
		} catch {
			return [];
		}
	});

export const typeOf = (secret: Secret): number => ("prf" in secret ? UNLOCKER.passkey : "code" in secret ? UNLOCKER.code : UNLOCKER.passphrase);

const openRecord = async (platform: Platform, owner: Owner, record: Bytes, secret: Secret): Promise<Bytes> => {
	if ("passphrase" in secret) return openWithPassphrase(record, owner, secret.passphrase, platform.argon2id);
	if ("prf" in secret) return openWithPasskey(record, owner, new Uint8Array(secret.prf));
	return openWithCode(record, owner, await readCode(secret.code).catch(() => Promise.reject(refusal("wrong_code"))));
};

/** The root key, or a refusal. Whatever does not open is the wrong secret to the person. */
export const findUrk = async (platform: Platform, owner: Owner, unlockers: readonly Bytes[], secret: Secret): Promise<Bytes> => {
	const type = typeOf(secret);
	for (const record of unlockers) {
		if (parseUnlocker(record).type !== type) continue;
		try {
			return await openRecord(platform, owner, record, secret);
		} catch (thrown) {
			if (wordOf(thrown) !== "sealed") throw thrown;
		}
	}
	throw refusal(`wrong_${NAMES[type as keyof typeof NAMES]}`);
};

export const openAccount = async (
	platform: Platform, owner: Owner, kept: SelfKept, chain: Chain, secret: Secret,
): Promise<Account> => {
	const unlockers = kept.unlockers.map(fromBase64Url);
	const urk = await findUrk(platform, owner, unlockers, secret);
	const lend = await lender(urk);
	const newest = await openVault(owner, urk);
	const listed = await verifyListMac(newest.root, owner, kept.version, unlockers, fromBase64Url(kept.list_mac ?? ""));
	if (!listed) throw refusal("wrong_list");
	const { keys, vault, anchor } = await openKeys(newest, kept.version, fromBase64Url(kept.keys ?? ""));
	if (!equal(keys.sig.kid, chain.state.sigKid) || chain.state.revoked) throw refusal("keys_changed");
	return { vault, keys, version: kept.version, unlockers, recovered: "code" in secret, anchor, lend };
};
