// A person's keys made for the first time or after all was lost, and renewed later (FORMAT.md section 8). The list of unlockers, its MAC
// and the sealed keys always change together, under the next version. A renewal replaces every unlocker at once and the root key with them, so that nothing
// that opened the old list opens the new one; the old root key goes into the sealed keys and opens what is not sealed again yet.

import { findUrk, lender, type Account } from "./account.js";
import type { Secret } from "./api.js";
import type { Pairs } from "./identify.js";
import type { Platform } from "./platform.js";
import { isUncertain, refusal, wordOf } from "./refusal.js";
import type { Call, SelfKept } from "./wire.js";
import {
	emptyIdentity, fromBase64Url, importKeys, isOfPasskey, listMac, makeCode, makePair, makeUrk, normalisePassphrase, openKeys, openRawKeys, openVault,
	printCode, random, sealKeys, sealWithCode, sealWithPasskey, sealWithPassphrase, signIdentity, toBase64Url, type Anchor, type Bytes, type Owner, type RawKeys,
	type Vault,
} from "../seal/index.js";

const LEAST_CHARACTERS = 15;
const MOST_TRIES = 20;
const PAUSE_MS = 1_000;

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

/** After a lost reply the same bytes go again; a conflict may then mean that they are there already. */
const put = async (call: Call, p: Put): Promise<void> => {
	const body = {
		expected: p.version - 1,
		unlockers: p.unlockers.map(toBase64Url),
		list_mac: toBase64Url(await listMac(p.vault.root, p.vault.owner, p.version, p.unlockers)),
		keys: toBase64Url(p.keys),
		...(p.entry ? { entry: toBase64Url(p.entry) } : {}),
	};
	const once = async (again: boolean): Promise<void> => {
		try {
			await call("self_put_keys", body);
		} catch (thrown) {
			const there = again && wordOf(thrown) === "conflict" && (await call("self_get", {})).list_mac === body.list_mac;
			if (!there) throw thrown;
		}
	};
	for (let tries = 1; ; tries++) {
		try {
			return await once(tries > 1);
		} catch (thrown) {
			if (!isUncertain(thrown) || tries === MOST_TRIES) throw thrown;
			await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
		}
	}
};

/** A new root key, both unlockers of it, and the passkey that is at hand. */
const makeRoot = async (platform: Platform, owner: Owner, passphrase: string, present?: Secret) => {
	const urk = makeUrk();
	const code = makeCode();
	const unlockers = [
		await sealWithPassphrase(owner, urk, passphrase, platform.argon2id, Date.now()),
		await sealWithCode(owner, urk, code, Date.now()),
	];
	if (present && "prf" in present) unlockers.push(await passkeyRecord(owner, urk, present));
	const text = await printCode(code);
	code.fill(0);
	return { urk, lend: await lender(urk), unlockers, code: text };
};

type Passkey = Extract<Secret, { prf: Uint8Array }>;

const passkeyRecord = (owner: Owner, urk: Bytes, { prf, credential }: Passkey): Promise<Bytes> =>
	sealWithPasskey(owner, urk, new Uint8Array(prf), fromBase64Url(credential), Date.now());

export interface NewAccount {
	readonly account: Account;
	readonly code: string;
	readonly entry: Bytes;
}

interface Origin {
	/** Of what was lost: where its chain goes on, and the version of its unlockers. */
	readonly version?: number;
	readonly head?: Bytes;
	readonly n?: number;
	readonly anchor: Anchor;
	/** Made for the identification that led here; others are made when there are none. */
	readonly pairs?: Pairs;
}

/** Identity, root key, both unlockers, all in one commit: for the first time, or, on a chain that goes on, in place of what was lost. */
export const createAccount = async (
	call: Call, platform: Platform, owner: Owner, passphrase: string, from: Origin,
): Promise<NewAccount> => {
	checkPassphrase(passphrase);
	const version = (from.version ?? 0) + 1;
	const { sig, enc } = from.pairs ?? { sig: await makePair(), enc: await makePair() };
	const keys = await importKeys({ sig, enc: [enc] });
	const place = { org: owner.org, subject: owner.user, head: from.head ?? emptyIdentity().head, n: from.n ?? 0 };
	const body = { type: from.head ? ("reset" as const) : ("create" as const), sigPub: sig.pub, encPub: enc.pub };
	const entry = await signIdentity(keys.sig, owner.user, place, body, random(16), Date.now());
	const { urk, lend, unlockers, code } = await makeRoot(platform, owner, passphrase);
	const vault = await openVault(owner, urk);
	const { anchor } = from;
	const sealed = await sealKeys(vault, version, { sig, enc: [enc], anchor });
	for (const pair of [sig, enc]) pair.priv.fill(0);
	await put(call, { vault, version, unlockers, keys: sealed, entry });
	return { account: { vault, keys, version, unlockers, recovered: false, anchor, lend }, code, entry };
};

/** Who opened with the passphrase shows again that they know it: an open page that was left alone renews nothing. */
const checkPresent = async (platform: Platform, account: Account, present: Secret | undefined): Promise<void> => {
	if (account.recovered && !present) return;
	const urk = await findUrk(platform, account.vault.owner, account.unlockers, present ?? { passphrase: "" });
	urk.fill(0);
};

const wipe = ({ sig, enc, older = [] }: RawKeys): void => {
	for (const secret of [sig.priv, ...enc.map((pair) => pair.priv), ...older]) secret.fill(0);
};

/** All unlockers and the root key anew, in one commit. */
export const renewAccount = async (
	call: Call, platform: Platform, account: Account, kept: SelfKept, secrets: { present: Secret | undefined; next: string },
): Promise<{ account: Account; code: string }> => {
	checkPassphrase(secrets.next);
	await checkPresent(platform, account, secrets.present);
	const { owner } = account.vault;
	const version = account.version + 1;
	const raw = await openRawKeys(account.vault, account.version, fromBase64Url(kept.keys ?? ""));
	const { urk, lend, unlockers, code } = await makeRoot(platform, owner, secrets.next, secrets.present);
	const fresh = await openVault(owner, urk);
	const sealed = await account.lend((old) => sealKeys(fresh, version, { ...raw, older: [old, ...(raw.older ?? [])] }));
	wipe(raw);
	const { keys, vault, anchor } = await openKeys(fresh, version, sealed);
	await put(call, { vault, version, unlockers, keys: sealed });
	return { account: { vault, keys, version, unlockers, recovered: false, anchor, lend }, code };
};

/** One more unlocker of the same root key; a record of the same passkey is replaced. */
export const addPasskey = async (call: Call, account: Account, kept: SelfKept, passkey: Passkey): Promise<Account> => {
	const { vault } = account;
	const version = account.version + 1;
	const credential = fromBase64Url(passkey.credential);
	const others: Bytes[] = [];
	for (const record of account.unlockers) if (!(await isOfPasskey(record, credential))) others.push(record);
	const record = await account.lend((urk) => passkeyRecord(vault.owner, urk, passkey));
	const raw = await openRawKeys(vault, account.version, fromBase64Url(kept.keys ?? ""));
	const sealed = await sealKeys(vault, version, raw);
	wipe(raw);
	const unlockers = [...others, record];
	await put(call, { vault, version, unlockers, keys: sealed });
	return { ...account, version, unlockers };
};
