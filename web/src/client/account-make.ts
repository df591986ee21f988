// A person's keys made for the first time, and new unlockers for them later (FORMAT.md section 8). The list of unlockers, its MAC and
// the sealed keys always change together, under the next version.

import { lender, type Account } from "./account.js";
import type { Platform } from "./platform.js";
import { refusal } from "./refusal.js";
import type { Call, SelfKept } from "./wire.js";
import {
	emptyIdentity, fromBase64Url, importKeys, listMac, makeCode, makePair, makeUrk, normalisePassphrase, openRawKeys, openVault, parseUnlocker,
	printCode, random, sealKeys, sealWithCode, sealWithPassphrase, signIdentity, toBase64Url, UNLOCKER, type Bytes, type Owner, type Vault,
} from "../seal/index.js";

const LEAST_CHARACTERS = 15;

export const checkPassphrase = (text: string): void => {
	if ([...normalisePassphrase(text)].length < LEAST_CHARACTERS) throw refusal("weak_passphrase");
};

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
