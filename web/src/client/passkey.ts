// What a page asks of an authenticator and what it reads from the answer (W3C Web Authentication Level 3). Answers are read field by
// field and never serialised whole: a credential's toJSON() contains the output of its PRF, which opens the person's keys.

import { fromBase64Url, toBase64Url, utf8, type Bytes } from "../seal/bytes.js";
import { LABEL } from "../seal/labels.js";

export interface Asked {
	readonly challenge: string;
	readonly rp: string;
}

export const DEVICES = ["phone", "computer", "tablet", "key", "manager", "other"] as const;
export type Device = (typeof DEVICES)[number];

export interface PasskeyRow {
	readonly passkey: string;
	readonly credential: string;
	readonly device: Device;
	readonly synced: boolean;
	readonly made_at: number;
	readonly used_at?: number;
	readonly disabled: boolean;
}

const TIMEOUT_MS = 300_000;
const ALGORITHMS = [-7, -8, -257];
/** The same question to every passkey: the answer differs by passkey and by site. */
const prf = (): AuthenticationExtensionsClientInputs => ({ prf: { eval: { first: utf8(LABEL.prf) } } });

const named = (ids: readonly string[]): PublicKeyCredentialDescriptor[] => ids.map((id) => ({ type: "public-key", id: fromBase64Url(id) }));

export const creationOptions = (asked: Asked & { readonly user: string; readonly known: readonly string[] }, service: string, person: string): PublicKeyCredentialCreationOptions => ({
	challenge: fromBase64Url(asked.challenge),
	rp: { id: asked.rp, name: service },
	user: { id: fromBase64Url(asked.user), name: person, displayName: person },
	pubKeyCredParams: ALGORITHMS.map((alg) => ({ type: "public-key", alg })),
	excludeCredentials: named(asked.known),
	authenticatorSelection: { residentKey: "required", requireResidentKey: true, userVerification: "required" },
	attestation: "none",
	timeout: TIMEOUT_MS,
	extensions: prf(),
});

/** allowed: empty for whatever passkey the person has here. */
export const requestOptions = (asked: Asked, allowed: readonly string[]): PublicKeyCredentialRequestOptions => ({
	challenge: fromBase64Url(asked.challenge), rpId: asked.rp, allowCredentials: named(allowed), userVerification: "required", timeout: TIMEOUT_MS, extensions: prf(),
});

const text = (bytes: ArrayBuffer): string => toBase64Url(new Uint8Array(bytes));

export interface MadePasskey {
	readonly credential: string;
	/** It can open keys; an assertion shows with what. */
	readonly prf: boolean;
	readonly answer: { readonly client_data: string; readonly attestation: string };
}

export const readMade = (made: Credential | null): MadePasskey | null => {
	if (!(made instanceof PublicKeyCredential) || !(made.response instanceof AuthenticatorAttestationResponse)) return null;
	const { clientDataJSON, attestationObject } = made.response;
	return {
		credential: text(made.rawId), prf: made.getClientExtensionResults().prf?.enabled === true,
		answer: { client_data: text(clientDataJSON), attestation: text(attestationObject) },
	};
};

export interface AssertedPasskey {
	readonly credential: string;
	/** "" when the passkey was named and did not say. */
	readonly user: string;
	/** What the keys are opened with; to be wiped after use. */
	readonly prf: Bytes | null;
	readonly answer: { readonly credential: string; readonly client_data: string; readonly auth_data: string; readonly signature: string };
}

export const readAsserted = (asserted: Credential | null): AssertedPasskey | null => {
	if (!(asserted instanceof PublicKeyCredential) || !(asserted.response instanceof AuthenticatorAssertionResponse)) return null;
	const { clientDataJSON, authenticatorData, signature, userHandle } = asserted.response;
	const first = asserted.getClientExtensionResults().prf?.results?.first;
	const credential = text(asserted.rawId);
	return {
		credential, user: userHandle ? text(userHandle) : "", prf: first instanceof ArrayBuffer ? new Uint8Array(first) : null,
		answer: { credential, client_data: text(clientDataJSON), auth_data: text(authenticatorData), signature: text(signature) },
	};
};
