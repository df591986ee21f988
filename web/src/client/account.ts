// A person's own keys: made, opened by a passphrase or the printed code, given new unlockers (FORMAT.md section 8). The raw root key
// exists for a moment only: between moments it is kept sealed under a key that cannot be read back.

import type { Platform } from "./platform.js";
import { refusal, wordOf } from "./refusal.js";
import type { Call, SelfKept } from "./wire.js";
import {
	emptyIdentity, equal, fromBase64Url, importKeys, listMac, makeCode, makePair, makeUrk, normalisePassphrase, openKeys, openRawKeys,
	openVault, openWithCode, openWithPassphrase, parseUnlocker, printCode, random, readCode, sealKeys, sealWithCode, sealWithPassphrase,
	signIdentity, toBase64Url, UNLOCKER, verifyListMac, type Bytes, type Chain, type Owner, type UserKeys, type Vault,
} from "../seal/index.js";

const LEAST_CHARACTERS = 15;

export interface Account {
	readonly vault: Vault;
	readonly keys: UserKeys;
	/** Of the list of unlockers. */
	readonly version: number;
	readonly unlockers: readonly Bytes[];
	/** Lends the raw root key and wipes it afterwards. */
	readonly lend: Lend;
}

type Lend = <T>(use: (urk: Bytes) => Promise<T>) => Promise<T>;

const lender = async (urk: Bytes): Promise<Lend> => {
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

export const checkPassphrase = (text: string): void => {
	if ([...normalisePassphrase(text)].length < LEAST_CHARACTERS) throw refusal("weak_passphrase");
};

/** The kinds of unlockers there are, for the page; what cannot be read is left out. */
export const listUnlockers = (unlockers: readonly Bytes[]): { type: "passphrase" | "code"; createdAt: number }[] =>
	unlockers.flatMap((bytes) => {
		const { type, created } = parseUnlocker(bytes);
		return [{ type: type === UNLOCKER.code ? ("code" as const) : ("passphrase" as const), createdAt: created }];
	});

interface Put {
	readonly vault: Vault;
	readonly version: number;
	readonly unlockers: readonly Bytes[];
	readonly keys: Bytes;
	readonly entry?: Bytes;
}

const put = async (call: Call, p: Put): Promise<void> => {
	await call("self_put_keys", {
		expected: p.version - 1,
		unlockers: p.unlockers.map(toBase64Url),
		list_mac: toBase64Url(await listMac(p.vault.root, p.vault.owner, p.version, p.unlockers)),
		keys: toBase64Url(p.keys),
		...(p.entry ? { entry: toBase64Url(p.entry) } : {}),
	});
};

const newCodeRecord = async (owner: Owner, urk: Bytes): Promise<{ record: Bytes; text: string }> => {
	const code = makeCode();
	const made = { record: await sealWithCode(owner, urk, code, Date.now()), text: await printCode(code) };
	code.fill(0);
	return made;
};

/** First time: identity, root key, both unlockers, all in one commit. */
export const createAccount = async (
	call: Call, platform: Platform, owner: Owner, passphrase: string,
): Promise<{ account: Account; code: string; entry: Bytes }> => {
	checkPassphrase(passphrase);
	const [sig, enc] = [await makePair(), await makePair()];
	const keys = await importKeys({ sig, enc: [enc] });
	const place = { org: owner.org, subject: owner.user, head: emptyIdentity().head, n: 0 };
	const entry = await signIdentity(keys.sig, owner.user, place, { type: "create", sigPub: sig.pub, encPub: enc.pub }, random(16), Date.now());
	const urk = makeUrk();
	const lend = await lender(urk);
	const code = await newCodeRecord(owner, urk);
	const unlockers = [await sealWithPassphrase(owner, urk, passphrase, platform.argon2id, Date.now()), code.record];
	const vault = await openVault(owner, urk);
	const sealed = await sealKeys(vault, 1, { sig, enc: [enc] });
	for (const pair of [sig, enc]) pair.priv.fill(0);
	await put(call, { vault, version: 1, unlockers, keys: sealed, entry });
	return { account: { vault, keys, version: 1, unlockers, lend }, code: code.text, entry };
};

type Secret = { readonly passphrase: string } | { readonly code: string };

const openRecord = async (platform: Platform, owner: Owner, record: Bytes, secret: Secret): Promise<Bytes> => {
	if ("passphrase" in secret) return openWithPassphrase(record, owner, secret.passphrase, platform.argon2id);
	return openWithCode(record, owner, await readCode(secret.code).catch(() => Promise.reject(refusal("wrong_code"))));
};

/** The root key and the record that gave it, or a refusal. Whatever does not open is the wrong secret to the person. */
const findUrk = async (platform: Platform, owner: Owner, unlockers: readonly Bytes[], secret: Secret): Promise<{ urk: Bytes; record: Bytes }> => {
	const type = "passphrase" in secret ? UNLOCKER.passphrase : UNLOCKER.code;
	for (const record of unlockers) {
		if (parseUnlocker(record).type !== type) continue;
		try {
			return { urk: await openRecord(platform, owner, record, secret), record };
		} catch (thrown) {
			if (wordOf(thrown) !== "sealed") throw thrown;
		}
	}
	throw refusal("passphrase" in secret ? "wrong_passphrase" : "wrong_code");
};

export const openAccount = async (
	platform: Platform, owner: Owner, kept: SelfKept, chain: Chain, secret: Secret,
): Promise<{ account: Account; used: Bytes }> => {
	const unlockers = kept.unlockers.map(fromBase64Url);
	const { urk, record } = await findUrk(platform, owner, unlockers, secret);
	const lend = await lender(urk);
	const vault = await openVault(owner, urk);
	const listed = await verifyListMac(vault.root, owner, kept.version, unlockers, fromBase64Url(kept.list_mac ?? ""));
	if (!listed) throw refusal("wrong_list");
	const keys = await openKeys(vault, kept.version, fromBase64Url(kept.keys ?? ""));
	if (!equal(keys.sig.kid, chain.state.sigKid) || chain.state.revoked) throw refusal("keys_changed");
	return { account: { vault, keys, version: kept.version, unlockers, lend }, used: record };
};

/** Puts one new unlocker in the place of those of its sort; the sealed keys move to the next version with the list. */
const replaceUnlocker = async (call: Call, account: Account, kept: SelfKept, type: number, record: Bytes): Promise<Account> => {
	const { vault } = account;
	const unlockers = [...account.unlockers.filter((u) => parseUnlocker(u).type !== type), record];
	const version = account.version + 1;
	const raw = await openRawKeys(vault, account.version, fromBase64Url(kept.keys ?? ""));
	const keys = await sealKeys(vault, version, raw);
	for (const pair of [raw.sig, ...raw.enc]) pair.priv.fill(0);
	await put(call, { vault, version, unlockers, keys });
	return { ...account, version, unlockers };
};

export const replaceCode = (call: Call, account: Account, kept: SelfKept): Promise<{ account: Account; code: string }> =>
	account.lend(async (urk) => {
		const { record, text } = await newCodeRecord(account.vault.owner, urk);
		return { account: await replaceUnlocker(call, account, kept, UNLOCKER.code, record), code: text };
	});

export const replacePassphrase = (
	call: Call, platform: Platform, account: Account, kept: SelfKept, passphrase: string,
): Promise<Account> => {
	checkPassphrase(passphrase);
	return account.lend(async (urk) => {
		const record = await sealWithPassphrase(account.vault.owner, urk, passphrase, platform.argon2id, Date.now());
		return replaceUnlocker(call, account, kept, UNLOCKER.passphrase, record);
	});
};
