// Whole logs, verified from their first entry: what a client does with everything that the server gives it about people and
// rooms, before it believes any of it. A log that does not verify to the last entry is refused as a whole.

import { equal, SealError, type Bytes } from "./bytes.js";
import { verifyJoin, type ControlEntry } from "./control.js";
import { readControl } from "./control-read.js";
import { applyControl } from "./control-rules.js";
import { type ControlState, type PersonRecord } from "./control-state.js";
import { verifyEnvelope } from "./envelope.js";
import { readIdentity, type IdentityEntry } from "./identity.js";
import { applyIdentity, emptyIdentity, verifyIdentity, withRecords, type IdentityState } from "./identity-rules.js";

export interface Chain {
	readonly state: IdentityState;
	readonly entries: readonly IdentityEntry[];
	readonly records: readonly PersonRecord[];
	/** Every signing key there ever was, newest last. */
	readonly keys: readonly { readonly kid: Bytes; readonly pub: Bytes }[];
}

export const emptyChain = (): Chain => ({ state: emptyIdentity(), entries: [], records: [], keys: [] });

const keyOf = (entry: IdentityEntry): { kid: Bytes; pub: Bytes }[] =>
	"sigPub" in entry.body ? [{ kid: entry.sigKid, pub: entry.body.sigPub }] : [];

/** Follows one more entry, at its own time. Throws SealError with the refusal's word. */
export const extendChain = async (chain: Chain, bytes: Bytes, issuers: IdentityState | undefined): Promise<Chain> => {
	const entry = await readIdentity(bytes);
	if (!(await verifyIdentity(chain.state, entry, issuers))) throw new SealError("bad_signature");
	const state = applyIdentity(chain.state, entry, issuers, entry.env.time);
	if (typeof state === "string") throw new SealError(state);
	return {
		state,
		entries: [...chain.entries, entry],
		records: withRecords(chain.records, chain.state, entry, state),
		keys: [...chain.keys, ...keyOf(entry)],
	};
};

export const replayChain = async (entries: readonly Bytes[], issuers?: IdentityState): Promise<Chain> => {
	let chain = emptyChain();
	for (const bytes of entries) chain = await extendChain(chain, bytes, issuers);
	return chain;
};

/** The organisation's chain, refused (SealError "wrong_root") unless it begins with the root that this client is anchored to. */
export const replayOrganisation = async (entries: readonly Bytes[], rootKid: Bytes): Promise<Chain> => {
	const chain = await replayChain(entries);
	if (!equal(chain.state.rootKid, rootKid)) throw new SealError("wrong_root");
	return chain;
};

/** A signing key by its id, from chains that the caller has verified. */
export type KeyFinder = (user: Bytes, kid: Bytes) => Bytes | undefined;

export const keyFinder = (chains: readonly Chain[]): KeyFinder => (user, kid) =>
	chains.find((c) => equal(c.state.subject, user))?.keys.find((k) => equal(k.kid, kid))?.pub;

/** One control entry after another; every state is kept, because a message is judged by the one its sender had seen. */
export const extendControl = async (
	state: ControlState, bytes: Bytes, people: readonly PersonRecord[], findKey: KeyFinder,
): Promise<{ state: ControlState; entry: ControlEntry }> => {
	const entry = await readControl(bytes);
	const pub = entry.rare?.signer ?? findKey(entry.env.sender, entry.env.senderKid);
	if (!pub) throw new SealError("unknown_key");
	if (!(await verifyEnvelope(entry.env, pub)) || !((await entry.rare?.vouched()) ?? true)) throw new SealError("bad_signature");
	const next = applyControl(state, entry, people, entry.env.time);
	if (typeof next === "string") throw new SealError(next);
	if (state.invite && !(await verifyJoin(entry, state.invite.sigPub))) throw new SealError("bad_signature");
	return { state: next, entry };
};
