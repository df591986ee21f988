// What an administrator does with the organisation's keys: making them, proving that the paper can be read, certifying staff. Root and
// recovery key are in this module's memory from ceremonyBegin to ceremonyPublish or ceremonyDrop, and nowhere else. The issuer's key is
// saved, sealed, before anything is published: a browser that goes in between leaves a key too many, never an issuer without one.

import type { Id, OrganisationView, Organising, StaffRole, StaffView } from "./api.js";
import { certEntry, foundingChain, issuerEntry, makeSecrets, revokeEntry, wipe, type Issuer, type Secrets } from "./ceremony.js";
import { seenOf } from "./people.js";
import { recoveryActs } from "./recovery-acts.js";
import { isUncertain, refusal, wordOf } from "./refusal.js";
import type { Self } from "./self.js";
import type { StateStore } from "./state-store.js";
import { withPin } from "./user-state.js";
import type { Body, Call, Op } from "./wire.js";
import {
	compareCode, equal, fromBase64Url, importSigning, makePair, STAFF_ROLE, toBase64Url, type Bytes, type Chain, type IdentityState, type RawPair,
} from "../seal/index.js";
import { canonicalLength, joinShares, makeSheets, readShare, readSheet, SHARE_CHARS } from "../seal/share.js";

export interface OrganisationDeps {
	readonly call: Call;
	self(): Self;
	tellSelf(): void;
}

const ROLES: Readonly<Record<StaffRole, number>> = { counsellor: STAFF_ROLE.counsellor, team_lead: STAFF_ROLE.teamLead, admin: STAFF_ROLE.admin };
const REASONS = { left: 1, lost: 2, other: 3 } as const;
const MOST_TRIES = 5;
const PAUSE_MS = 1_000;
const SHEETS = 2;
const MOST_DAYS = 800;

const roleOf = (code: number): StaffRole => (Object.keys(ROLES) as StaffRole[]).find((name) => ROLES[name] === code) ?? "counsellor";

/** The same bytes until the server has said yes or no. Somebody who was faster is a conflict, whatever the chain's rules call it. */
const append = async <O extends Op>(call: Call, op: O, body: Body<O>): Promise<void> => {
	for (let tries = 1; ; tries++) {
		try {
			return void (await call(op, body));
		} catch (thrown) {
			if (["stale_head", "bad_entry"].includes(wordOf(thrown))) throw refusal("conflict");
			if (!isUncertain(thrown) || tries === MOST_TRIES) throw thrown;
			await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
		}
	}
};

const lastCert = (chain: Chain) => {
	for (const { body } of [...chain.entries].reverse()) if (body.type === "cert") return body;
	return undefined;
};

/** The organisation's side of the short code is its root and recovery key: whoever compares has compared these too. */
const codeOf = ({ rootKid, recoveryKid }: IdentityState, { sigKid, encKid }: IdentityState): Promise<string> =>
	compareCode({ sigKid: rootKid, encKid: recoveryKid }, { sigKid, encKid });

const stateOf = ({ state }: Chain): StaffView["state"] => {
	if (state.revoked) return "revoked";
	if (!state.cert) return "waiting";
	return Date.now() <= state.cert.validUntil ? "certified" : "expired";
};

const viewOf = async (organisation: IdentityState, user: Id, chain: Chain): Promise<StaffView> => {
	const last = lastCert(chain);
	const { state } = chain;
	const known = last !== undefined && equal(last.sigKid, state.sigKid) && equal(last.encKid, state.encKid);
	const made = chain.entries.findLast((entry) => equal(entry.sigKid, state.sigKid));
	return {
		user, state: stateOf(chain), name: last?.name ?? "", employer: last?.employer ?? "", role: roleOf(last?.role ?? 0), until: state.cert?.validUntil ?? null,
		since: made?.env.time ?? 0, anew: last !== undefined && !known, known, code: await codeOf(organisation, state),
	};
};

const NO_KEYS = { name: "", employer: "", role: "counsellor", until: null, since: 0, anew: false, known: false, code: "" } as const;

/** Two sheets of one key; `read` takes what is needed from each. */
const joined = async (texts: readonly string[], read: (text: string) => Promise<Bytes[]>): Promise<Bytes[]> => {
	if (texts.length !== SHEETS) throw refusal("bad_sheet");
	const both = await Promise.all(texts.map((text, i) => read(text).catch((thrown: unknown) => Promise.reject(refusal("bad_sheet", `${i}.${wordOf(thrown)}`)))));
	const [one, other] = both as [Bytes[], Bytes[]];
	return Promise.all(one.map((part, i) => joinShares(part, other[i] as Bytes).catch((thrown: unknown) => Promise.reject(wordOf(thrown) === "same_share" ? refusal("same_sheet") : refusal("other_sheets")))));
};

/** Keeps a new issuer's pair, sealed, on the server; it signs nothing before the root says so. */
const keepIssuer = async (store: StateStore): Promise<RawPair> => {
	const pair = await makePair();
	const { kid } = await importSigning(pair);
	const kept = { priv: toBase64Url(pair.priv), pub: toBase64Url(pair.pub) };
	store.change((s) => ({ ...s, issuers: { ...s.issuers, [toBase64Url(kid)]: kept } }));
	await store.flush();
	if (!store.saved()) throw refusal("unavailable");
	return pair;
};

export const makeOrganising = ({ call, self, tellSelf }: OrganisationDeps): Organising => {
	let secrets: Secrets | undefined;
	let proven = false;

	const opened = (): StateStore => {
		const store = self().store();
		if (!store) throw refusal("locked");
		if (self().me.role !== "admin") throw refusal("forbidden");
		return store;
	};

	const drop = (): void => {
		wipe(secrets?.root, secrets?.recovery);
		secrets = undefined;
		proven = false;
	};

	/** The newest issuer of ours that the organisation's chain knows and whose key is here. */
	const ownIssuer = (): { kid: string; until: number } | undefined => {
		const kept = self().store()?.get().issuers ?? {};
		const { me, people } = self();
		const mine = people.organisation.state.issuers.findLast((i) =>
			equal(i.user, me.userBytes) && i.revoked === 0 && i.validUntil > Date.now() && toBase64Url(i.kid) in kept);
		return mine && { kid: toBase64Url(mine.kid), until: mine.validUntil };
	};

	const issuer = async (): Promise<Issuer> => {
		const own = ownIssuer();
		const kept = own && opened().get().issuers[own.kid];
		if (!kept) throw refusal("no_issuer");
		const pair = { priv: fromBase64Url(kept.priv), pub: fromBase64Url(kept.pub) };
		const key = await importSigning(pair);
		wipe(pair);
		return { user: self().me.userBytes, key };
	};

	/** As the server gives it now; refused if it is not what was seen before. */
	const chainOf = async (user: Id): Promise<Chain> => {
		const { people } = self();
		await people.refresh([user]);
		const chain = people.chain(user);
		if (people.broken(user)) throw refusal("pin_broken");
		return chain ?? Promise.reject(refusal("not_found"));
	};

	const signed = async (user: Id, entry: Bytes): Promise<void> => {
		await append(call, "chain_append", { entry: toBase64Url(entry) });
		const chain = await chainOf(user);
		opened().change((s) => withPin(s, user, seenOf(chain)));
	};

	const staffOf = async (): Promise<StaffView[]> => {
		const { me, people } = self();
		const { users } = await call("colleagues", {});
		const others = users.filter((user) => user !== me.user);
		await people.refresh(others);
		const { state } = people.organisation;
		const all = await Promise.all(others.map(async (user): Promise<StaffView> => {
			const chain = people.chain(user);
			if (people.broken(user)) return { user, state: "broken", ...NO_KEYS };
			return chain ? viewOf(state, user, chain) : { user, state: "no_keys", ...NO_KEYS };
		}));
		// Who only certifies others needs no certificate.
		const certifies = (user: Id): boolean => state.issuers.some((i) => toBase64Url(i.user) === user);
		return all.filter((one) => one.name !== "" || !certifies(one.user));
	};

	/** Others may have gone on with the organisation's chain. */
	const refreshed = async (): Promise<void> => {
		await self().refresh();
		await self().people.renew();
	};

	return {
		...recoveryActs({ call, opened, self, issuer, refreshed }),
		organisationKeys: async (): Promise<OrganisationView> => {
			opened();
			await refreshed();
			const { entries } = self().people.organisation;
			return { madeAt: entries[0]?.env.time ?? null, issuerUntil: ownIssuer()?.until ?? null, staff: entries.length > 0 ? await staffOf() : [] };
		},
		ceremonyBegin: async () => {
			opened();
			drop();
			await refreshed();
			if (self().people.organisation.entries.length > 0) throw refusal("conflict");
			secrets = await makeSecrets();
			return makeSheets(self().me.org, secrets.root.priv, secrets.recovery.priv);
		},
		ceremonyProve: async (texts) => {
			if (!secrets) throw refusal("begin_again");
			const { root, recovery } = secrets;
			const [oneRoot, oneRecovery] = (await joined(texts, async (text) => {
				const sheet = await readSheet(self().me.org, text);
				return [sheet.root, sheet.recovery];
			})) as [Bytes, Bytes];
			proven = equal(oneRoot, root.priv) && equal(oneRecovery, recovery.priv);
			for (const bytes of [oneRoot, oneRecovery]) bytes.fill(0);
			if (!proven) throw refusal("other_sheets");
		},
		ceremonyPublish: async () => {
			const store = opened();
			if (!secrets || !proven) throw refusal("begin_again");
			const { me } = self();
			const pair = await keepIssuer(store);
			const chain = await foundingChain(secrets, me.org, { user: me.userBytes, pub: pair.pub });
			wipe(pair);
			await append(call, "organisation_append", { entries: chain.entries.map((entry) => toBase64Url(entry.env.bytes)) });
			drop();
			await refreshed();
			tellSelf();
		},
		ceremonyDrop: async () => drop(),
		renewIssuer: async (texts) => {
			const store = opened();
			const { me, people } = self();
			await refreshed();
			const { state } = people.organisation;
			const [priv] = (await joined(texts, async (text) =>
				[canonicalLength(text) === SHARE_CHARS ? (await readShare(me.org, text)).bytes : (await readSheet(me.org, text)).root])) as [Bytes];
			const root = await importSigning({ priv, pub: state.rootPub }).catch(() => Promise.reject(refusal("other_sheets"))).finally(() => priv.fill(0));
			const pair = await keepIssuer(store);
			wipe(pair);
			const entry = await issuerEntry(root, state, { user: me.userBytes, pub: pair.pub });
			await append(call, "organisation_append", { entries: [toBase64Url(entry)] });
			await refreshed();
			tellSelf();
		},
		certifyStaff: async ({ user, code, name, employer, role, days }) => {
			if (!(days >= 1 && days <= MOST_DAYS)) throw refusal("bad_field");
			const by = await issuer();
			const { state } = await chainOf(user);
			if ((await codeOf(self().people.organisation.state, state)) !== code) throw refusal("keys_changed");
			await signed(user, await certEntry(by, state, { name, employer, role: ROLES[role], days }));
		},
		revokeStaff: async (user, reason) => {
			const by = await issuer();
			const { state } = await chainOf(user);
			await signed(user, await revokeEntry(by, state, REASONS[reason]));
		},
		organisationChain: async () => {
			const { organisation } = await call("self_get", {});
			return { org: organisation.subject, entries: organisation.entries };
		},
		ownCode: async () => {
			const { me, people } = self();
			await self().refresh();
			const chain = people.chain(me.user);
			const { entries, state } = people.organisation;
			return chain && entries.length > 0 ? codeOf(state, chain.state) : "";
		},
	};
};
