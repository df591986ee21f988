// Keys made for an identification, before the browser goes to the provider (FORMAT.md section 8): their hash is the nonce of the login,
// and they cross the redirect sealed under a key that only the server gives back, once.

import type { Carried, Departure } from "./api.js";
import { readFragment } from "./invitations.js";
import { refusal } from "./refusal.js";
import {
	fromBase64Url, fromUtf8, importSealKey, LABEL, labelledHash, makePair, open, pad, random, seal, SUITE, toBase64Url, u8, unpad, utf8, type Bytes, type RawPair,
} from "../seal/index.js";

export interface Pairs {
	readonly sig: RawPair;
	readonly enc: RawPair;
}

interface Candidate extends Pairs {
	readonly salt: Bytes;
	readonly nonce: string;
}

/** Where a provider sends the browser back to. */
const RETURN = "/kirjaudu/paluu";

const makeCandidate = async (): Promise<Candidate> => {
	const [sig, enc, salt] = [await makePair(), await makePair(), random(32)];
	return { sig, enc, salt, nonce: toBase64Url(await labelledHash(LABEL.oidcNonce, salt, sig.pub, enc.pub)) };
};

const wipe = ({ sig, enc }: Pairs): void => {
	for (const pair of [sig, enc]) pair.priv.fill(0);
};

/** What is looked at in a request object; it came from outside, so that each may be anything. */
interface Claims {
	readonly iss?: unknown;
	readonly aud?: unknown;
	readonly client_id?: unknown;
	readonly nonce?: unknown;
	readonly redirect_uri?: unknown;
	readonly response_type?: unknown;
	readonly code_challenge?: unknown;
	readonly code_challenge_method?: unknown;
	readonly state?: unknown;
}

const claimsOf = (object: string | null): Claims => {
	const parts = (object ?? "").split(".");
	const claims: unknown = parts.length === 3 ? JSON.parse(fromUtf8(fromBase64Url(parts[1] ?? ""))) : null;
	if (typeof claims !== "object" || claims === null) throw refusal("bad_address");
	return claims;
};

/** 32 bytes or more, in base64url. */
const isSecret = (value: unknown): boolean => typeof value === "string" && /^[\w-]{43,128}$/.test(value);

/** Goes nowhere but with a request that says what this page asked for, and asks it of the provider to which it goes; gives its state. */
export const checkAddress = (address: string, nonce: string, redirect: string): string => {
	try {
		const to = new URL(address);
		const claims = claimsOf(to.searchParams.get("request"));
		const client = to.searchParams.get("client_id");
		const right = to.protocol === "https:" && to.username + to.password + to.hash === "" && ["request", "client_id"].every((name) => to.searchParams.getAll(name).length === 1)
			&& !to.searchParams.has("request_uri") && claims.client_id === client
			&& claims.iss === client && typeof claims.aud === "string" && new URL(claims.aud).origin === to.origin && claims.nonce === nonce && claims.redirect_uri === redirect && claims.response_type === "code"
			&& claims.code_challenge_method === "S256" && isSecret(claims.code_challenge) && isSecret(claims.state);
		if (right) return String(claims.state);
	} catch {
		// unreadable is as wrong as another nonce
	}
	throw refusal("bad_address");
};

const context = (): Promise<Bytes> => labelledHash(LABEL.carried, u8(SUITE));

const out = ({ priv, pub }: RawPair): { priv: string; pub: string } => ({ priv: toBase64Url(priv), pub: toBase64Url(pub) });

const read = (value: unknown): RawPair => {
	const { priv, pub } = (value ?? {}) as { priv?: unknown; pub?: unknown };
	if (typeof priv !== "string" || typeof pub !== "string") throw refusal("bad_carried");
	return { priv: fromBase64Url(priv), pub: fromBase64Url(pub) };
};

const sealCarried = async (candidate: Candidate, carryKey: string, { invitation, shared }: Carried): Promise<string> => {
	const json = JSON.stringify({ r: toBase64Url(candidate.salt), sig: out(candidate.sig), enc: out(candidate.enc), invitation, shared });
	const sealed = await seal(await importSealKey(fromBase64Url(carryKey)), await context(), pad(utf8(json)));
	return toBase64Url(sealed);
};

const openCarried = async (sealed: string, carryKey: string): Promise<{ pairs: Pairs; carried: Carried }> => {
	try {
		const plain = await open(await importSealKey(fromBase64Url(carryKey)), await context(), fromBase64Url(sealed));
		const { sig, enc, invitation, shared } = JSON.parse(fromUtf8(unpad(plain))) as { readonly [K in "sig" | "enc" | "invitation" | "shared"]?: unknown };
		plain.fill(0);
		if (typeof invitation !== "string" || typeof shared !== "boolean") throw refusal("bad_carried");
		return { pairs: { sig: read(sig), enc: read(enc) }, carried: { invitation, shared } };
	} catch {
		throw refusal("bad_carried");
	}
};

export interface Identification {
	begin(fragment: string | null): Promise<{ nonce: string; token: string | null }>;
	carry(departure: Departure): Promise<{ state: string; sealed: string }>;
	carried(sealed: string, carryKey: string): Promise<Carried>;
	/** For an account that is made now; the taker wipes them. */
	take(): Pairs | undefined;
	drop(): void;
}

export const makeIdentification = (origin: string): Identification => {
	let candidate: Candidate | undefined;
	let brought: Pairs | undefined;
	const drop = (): void => {
		for (const pairs of [candidate, brought]) if (pairs) wipe(pairs);
		candidate = brought = undefined;
	};
	return {
		begin: async (fragment) => {
			const token = fragment === null ? null : toBase64Url(readFragment(fragment).token);
			drop();
			candidate = await makeCandidate();
			return { nonce: candidate.nonce, token };
		},
		carry: async (departure) => {
			if (!candidate) throw refusal("conflict");
			const state = checkAddress(departure.url, candidate.nonce, origin + RETURN);
			return { state, sealed: await sealCarried(candidate, departure.carryKey, departure) };
		},
		carried: async (sealed, carryKey) => {
			const { pairs, carried } = await openCarried(sealed, carryKey);
			drop();
			brought = pairs;
			return carried;
		},
		take: () => {
			const pairs = brought;
			brought = undefined;
			return pairs;
		},
		drop,
	};
};
