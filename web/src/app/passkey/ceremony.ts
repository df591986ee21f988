// Passkeys in the page: the server gives a challenge, the person's device answers it, the server judges the answer. What the PRF gives
// goes to the engine's worker at once and is wiped here.

import {
	creationOptions, readAsserted, readMade, requestOptions, type Asked, type AssertedPasskey, type Device, type MadePasskey, type PasskeyRow,
} from "../../client/passkey.js";
import type { UnlockerView } from "../../client/api.js";
import { fromBase64Url, toBase64Url } from "../../seal/bytes.js";
import { ask } from "../ask.js";
import { engine, wordOf } from "../engine.js";
import { get } from "../state.js";

const SERVICE = "Luotsi";

export const hasPasskeys = (): boolean => "PublicKeyCredential" in globalThis && "credentials" in navigator;

/** What browsers throw, in our words. */
const words: { readonly [name: string]: string } = {
	NotAllowedError: "passkey_cancelled", AbortError: "passkey_cancelled", InvalidStateError: "passkey_known", NotSupportedError: "passkey_unsupported",
	ConstraintError: "passkey_unsupported", SecurityError: "passkey_unsupported",
};

const device = async (wait: Promise<Credential | null>): Promise<Credential | null> =>
	wait.catch((thrown: unknown) => {
		throw { word: thrown instanceof DOMException ? (words[thrown.name] ?? "passkey_cancelled") : "passkey_cancelled" };
	});

const wanted = <T>(value: T | null): T => {
	if (value === null) throw { word: "passkey_cancelled" };
	return value;
};

const assertion = async (asked: Asked, allowed: readonly string[]): Promise<AssertedPasskey> =>
	wanted(readAsserted(await device(navigator.credentials.get({ publicKey: requestOptions(asked, allowed) }))));

/** Lends what the PRF gave and wipes it. */
const lend = async <T>(prf: Uint8Array, use: (prf: Uint8Array) => Promise<T>): Promise<T> => {
	try {
		return await use(prf);
	} finally {
		prf.fill(0);
	}
};

/** As a list of unlockers names a credential. */
const hash = async (credential: string): Promise<string> => toBase64Url(new Uint8Array(await crypto.subtle.digest("SHA-256", fromBase64Url(credential))));

/** The record by which this credential opens the keys of whoever is signed in. */
export const openerOf = async (credential: string): Promise<UnlockerView | undefined> => {
	const name = await hash(credential);
	return get().self?.unlockers.find((one) => one.type === "passkey" && one.credential === name);
};

export const opensKeys = async (credential: string): Promise<boolean> => (await openerOf(credential)) !== undefined;

/** A fresh proof: five minutes for what needs one. `no_passkey` when there is none to give it with. */
export const stepUp = async (only?: string): Promise<AssertedPasskey> => {
	const asked = (await ask("step_up_begin", {})) as Asked & { allowed: string[] };
	const allowed = asked.allowed.filter((credential) => only === undefined || credential === only);
	if (allowed.length === 0) throw { word: "no_passkey" };
	const asserted = await assertion(asked, allowed);
	await ask("step_up_finish", asserted.answer);
	return asserted;
};

/** Does it, after a fresh proof if it needs one. */
export const proven = async <T>(act: () => Promise<T>): Promise<T> => {
	try {
		return await act();
	} catch (thrown) {
		if (wordOf(thrown) !== "step_up_needed") throw thrown;
	}
	const { prf } = await stepUp();
	prf?.fill(0);
	return act();
};

export const listPasskeys = async (): Promise<readonly PasskeyRow[]> => ((await ask("passkey_list", {})) as { passkeys: PasskeyRow[] }).passkeys;

export const renamePasskey = (passkey: string, to: Device): Promise<unknown> => ask("passkey_rename", { passkey, device: to });

export const removePasskey = (passkey: string): Promise<unknown> => proven(() => ask("passkey_remove", { passkey }));

export const createPasskey = async (where: Device): Promise<MadePasskey> => {
	const asked = (await proven(() => ask("passkey_register_begin", {}))) as Asked & { user: string; known: string[] };
	const self = get().self;
	const options = creationOptions(asked, SERVICE, self?.name || self?.organisation || SERVICE);
	const made = wanted(readMade(await device(navigator.credentials.create({ publicKey: options }))));
	await ask("passkey_register_finish", { ...made.answer, device: where });
	return made;
};

/** The new passkey is used once: only that shows whether it opens keys. Gives what it opens them with, or null. */
export const confirmPasskey = async (credential: string): Promise<Uint8Array | null> => (await stepUp(credential)).prf;

export const letOpen = (prf: Uint8Array, credential: string): Promise<void> => engine().addPasskey(prf, credential);

/** Signed in; if the same passkey opens the keys, they are open too. `then` brings the session. */
export const signInByPasskey = async (then: () => Promise<void>): Promise<void> => {
	const asked = (await ask("passkey_sign_in_begin", {})) as Asked;
	const { answer, user, prf, credential } = await assertion(asked, []);
	try {
		await ask("passkey_sign_in_finish", { ...answer, user });
		await then();
		if (prf && get().self?.keys === "locked" && (await opensKeys(credential))) await engine().unlock({ prf, credential });
	} finally {
		prf?.fill(0);
	}
};

/** Half a session of staff becomes whole; if the passkey opens the keys, they are open too. `then` brings the session. */
export const makeWhole = async (then: () => Promise<void>): Promise<void> => {
	const { prf, credential } = await stepUp();
	try {
		await then();
		if (prf && get().self?.keys === "locked" && (await opensKeys(credential))) await engine().unlock({ prf, credential });
	} finally {
		prf?.fill(0);
	}
};

/** Opens the keys by a passkey that can. */
export const unlockByPasskey = async (): Promise<void> => {
	const asked = (await ask("step_up_begin", {})) as Asked & { allowed: string[] };
	const able = await Promise.all(asked.allowed.map(opensKeys));
	const allowed = asked.allowed.filter((_, n) => able[n]);
	if (allowed.length === 0) throw { word: "no_passkey" };
	const { answer, prf, credential } = await assertion(asked, allowed);
	if (!prf) throw { word: "wrong_passkey" };
	await lend(prf, async (bytes) => {
		await ask("step_up_finish", answer);
		await engine().unlock({ prf: bytes, credential });
	});
};
