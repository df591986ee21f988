// Who people are: identity chains, fetched, verified from their first entry under the organisation's root, and compared with what
// was seen before (pins). A chain that does not continue what was pinned, or does not verify, is marked as broken: the rooms of that
// person cannot be written in until the person here explicitly goes on.

import type { Id } from "./api.js";
import { wordOf } from "./refusal.js";
import type { Call, Chain as WireChain } from "./wire.js";
import { continues, type Seen } from "./user-state.js";
import {
	emptyChain, equal, fromBase64Url, keyFinder, replayChain, toBase64Url, type Bytes, type Chain, type KeyFinder, type PersonRecord,
} from "../seal/index.js";

const AT_ONCE = 64;
const ORGANISATION_PAUSE_MS = 60_000;

export interface People {
	readonly organisation: Chain;
	chain(user: Id): Chain | undefined;
	/** Fetches those that are not known yet. */
	learn(users: Iterable<Id>): Promise<void>;
	/** Takes a chain that came with something else. */
	give(chain: WireChain): Promise<void>;
	/** Fetches again: an entry named keys or a certificate that we have not seen. */
	refresh(users: Iterable<Id>): Promise<void>;
	records(): readonly PersonRecord[];
	readonly findKey: KeyFinder;
	encryptionPub(kid: Bytes): Bytes | undefined;
	/** Whether the organisation's chain goes on from what was pinned when it was first asked. */
	rooted(): boolean;
	/** A recovery key of the organisation, as its root says, and nobody else's key. */
	recovers(kid: Bytes): boolean;
	/** Takes what the organisation's chain has gone on by, also its first keys; false if nothing. */
	renew(): Promise<boolean>;
	/** Chains that are not what was pinned, or that do not verify at all. */
	broken(user: Id): boolean;
	/** The person goes on: what is there now is what counts. */
	trust(user: Id): void;
	seen(): Readonly<Record<Id, Seen>>;
}

export const seenOf = (chain: Chain): Seen => ({ n: chain.entries.length, head: toBase64Url(chain.state.head) });

const headAt = (chain: Chain) => (n: number): string | undefined => {
	const entry = chain.entries[n - 1];
	return entry && toBase64Url(entry.env.hash);
};

const broughtKey = (chain: Chain, kid: Bytes): Bytes | undefined => {
	for (const { body, encKid } of chain.entries) {
		if (!equal(encKid, kid)) continue;
		if ("encPub" in body) return body.encPub;
		if (body.type === "org_recovery") return body.recoveryPub;
	}
	return undefined;
};

export const makePeople = (call: Call, ownOrg: Bytes, known: Chain, pins: () => Readonly<Record<Id, Seen>>): People => {
	let organisation = known;
	let askedAt = -Infinity;
	let asked = Promise.resolve(false);
	const chains = new Map<Id, Chain>();
	const broken = new Set<Id>();
	const newest = new Map<Id, number>(); // by subject, of the questions whose answers were taken
	let turns = 0;
	const org = toBase64Url(ownOrg);
	let fits: boolean | undefined;

	/** An issuer may be newer than the organisation's chain that we hold; what goes on from it is taken. */
	const renew = async (): Promise<boolean> => {
		const next = await replayChain((await call("self_get", {})).organisation.entries.map(fromBase64Url));
		const { n, head } = seenOf(organisation);
		if (next.entries.length <= n || !equal(next.state.subject, ownOrg) || (n > 0 && headAt(next)(n) !== head)) return false;
		organisation = next;
		return true;
	};

	const renewed = (): Promise<boolean> => {
		if (Date.now() - askedAt >= ORGANISATION_PAUSE_MS) {
			askedAt = Date.now();
			asked = renew().catch(() => false);
		}
		return asked;
	};

	const take = async (wire: WireChain, turn = ++turns): Promise<void> => {
		const replay = (): Promise<Chain> => replayChain(wire.entries.map(fromBase64Url), organisation.state);
		const chain = await replay()
			.catch(async (thrown: unknown) => (wordOf(thrown) === "not_issuer" && (await renewed()) ? replay() : emptyChain()))
			.catch(emptyChain);
		const right = chain.entries.length > 0 && toBase64Url(chain.state.subject) === wire.subject && equal(chain.state.org, ownOrg);
		if ((newest.get(wire.subject) ?? 0) > turn) return; // a later question was answered first
		newest.set(wire.subject, turn);
		const fits = right && continues(pins()[wire.subject], chain.entries.length, headAt(chain));
		if (right) chains.set(wire.subject, chain);
		if (fits) broken.delete(wire.subject);
		else if (wire.entries.length > 0) broken.add(wire.subject);
	};

	const fetch = async (users: readonly Id[]): Promise<void> => {
		for (let at = 0; at < users.length; at += AT_ONCE) {
			const turn = ++turns;
			const { chains: got } = await call("chain_get", { users: users.slice(at, at + AT_ONCE) });
			await Promise.all(got.map((chain) => take(chain, turn)));
		}
	};

	const all = (): Chain[] => [...chains.values()];
	return {
		get organisation() {
			return organisation;
		},
		chain: (user) => chains.get(user),
		learn: (users) => fetch([...new Set(users)].filter((user) => !chains.has(user) && !broken.has(user))),
		give: (chain) => take(chain),
		refresh: (users) => fetch([...new Set(users)]),
		records: () => [organisation, ...all()].flatMap((chain) => chain.records),
		findKey: (user, kid) => keyFinder(all())(user, kid),
		encryptionPub: (kid) => {
			for (const chain of [organisation, ...all()]) {
				const pub = broughtKey(chain, kid);
				if (pub) return pub;
			}
			return undefined;
		},
		rooted: () => (fits ??= continues(pins()[org], organisation.entries.length, headAt(organisation))),
		recovers: (kid) => broughtKey(organisation, kid) !== undefined,
		renew: () => renew().catch(() => false),
		broken: (user) => broken.has(user),
		trust: (user) => void broken.delete(user),
		seen: () => Object.fromEntries([...[...chains].filter(([user]) => !broken.has(user)), [org, organisation] as const].map(([user, chain]) => [user, seenOf(chain)])),
	};
};
