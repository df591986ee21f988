// One issuer as a real OpenID provider (npm oidc-provider), which refuses what the Finnish Trust Network's profile refuses: a request
// that is not a signed object with kid, jti and at most five minutes to live, or one seen before; no PKCE; a client assertion without
// kid or used twice. Its ID token is signed inside and encrypted outside. The token of the next login can be spoiled (spoil.mjs).

import { randomBytes } from 'node:crypto';
import { addressOf, clientOf, LEVELS } from './issuers.mjs';
import { errors, Provider } from './packages.mjs';
import { sorryPage } from './page.mjs';
import { claimsOf, personOf } from './persons.mjs';
import { ANSWERS, TOKENS } from './spoil.mjs';

const MOST_SECONDS = 300;
const SKEW = 15;
const ENCRYPTIONS = ['A128CBC-HS256', 'A128GCM', 'A256GCM'];
const SLOW_MS = 20_000;

const now = () => Math.floor(Date.now() / 1000);

/** A JWT of the client's: short-lived, with kid and jti. */
const checkLife = (claims, header, Refusal) => {
	if (typeof header.kid !== 'string' || header.kid === '') throw new Refusal('kid is missing');
	if (typeof claims.jti !== 'string' || claims.jti === '') throw new Refusal('jti is missing');
	if (!Number.isInteger(claims.exp)) throw new Refusal('exp is missing');
	if (claims.exp - now() > MOST_SECONDS + SKEW) throw new Refusal('exp is more than five minutes away');
};

const checkRequest = async (ctx, claims, header, client) => {
	const Refusal = errors.InvalidRequestObject;
	checkLife(claims, header, Refusal);
	for (const name of ['iss', 'aud', 'iat', 'nonce', 'state', 'acr_values']) {
		if (claims[name] === undefined) throw new Refusal(`${name} is missing`);
	}
	const levels = Object.values(LEVELS);
	if (!String(claims.acr_values).split(' ').some((level) => levels.includes(level))) throw new Refusal('no acr_values that this provider has');
	// The page that asks who you are comes back here by "resume", which does not read the request again.
	const fresh = await ctx.oidc.provider.ReplayDetection.unique(client.clientId, claims.jti, claims.exp + SKEW);
	if (!fresh) throw new Refusal('this request was used before');
};

const checkAssertion = async (_ctx, claims, header) => checkLife(claims, header, errors.InvalidClientAuth);

/** The grant that a login implies: there is nothing to consent to. */
const grantAll = async (ctx) => {
	const { client, session, provider } = ctx.oidc;
	const grant = new provider.Grant({ clientId: client.clientId, accountId: session.accountId });
	grant.addOIDCScope('openid profile email');
	await grant.save();
	return grant;
};

/** Clients get another sub at each login; staff keep theirs. */
const makeAccounts = (issuer) => {
	const logins = new Map();
	const find = async (_ctx, id) => {
		const person = logins.get(id);
		return person && { accountId: id, claims: async () => ({ sub: id, ...claimsOf(issuer, person) }) };
	};
	const login = (name) => {
		const person = personOf(issuer, String(name));
		if (!person) return undefined;
		const id = issuer.audience === 'staff' ? person.id : randomBytes(16).toString('base64url');
		logins.set(id, person);
		return id;
	};
	return { find, login };
};

const configuration = (issuer, { store, keys, find }) => ({
	adapter: store,
	jwks: { keys: [keys.signing(issuer.slug)] },
	findAccount: find,
	loadExistingGrant: grantAll,
	scopes: ['openid', 'profile', 'email'],
	claims: { openid: ['sub', 'acr', 'auth_time', 'given_name', 'family_name', 'name', 'email', issuer.claim] },
	conformIdTokenClaims: false, // the claims are wanted in the ID token; nobody calls userinfo
	acrValues: Object.values(LEVELS),
	clockTolerance: SKEW,
	pkce: { required: () => true },
	clientAuthMethods: ['private_key_jwt'],
	assertJwtClientAuthClaimsAndHeader: checkAssertion,
	features: {
		devInteractions: { enabled: false },
		userinfo: { enabled: false },
		rpInitiatedLogout: { enabled: false },
		encryption: { enabled: true },
		requestObjects: { enabled: true, assertJwtClaimsAndHeader: checkRequest },
	},
	enabledJWA: {
		clientAuthSigningAlgValues: ['RS256'],
		requestObjectSigningAlgValues: ['RS256'],
		idTokenSigningAlgValues: ['RS256'],
		idTokenEncryptionAlgValues: ['RSA-OAEP'],
		idTokenEncryptionEncValues: ENCRYPTIONS,
	},
	interactions: { url: (_ctx, interaction) => `/${issuer.slug}/kuka/${interaction.uid}` },
	cookies: {
		keys: [keys.cookies],
		long: { path: `/${issuer.slug}`, secure: true, httpOnly: true, sameSite: 'lax' },
		short: { secure: true, httpOnly: true, sameSite: 'lax' },
	},
	ttl: { AccessToken: 60, AuthorizationCode: 60, IdToken: 300, Interaction: 600, Session: 600, Grant: 600 },
	renderError: (ctx, out) => {
		ctx.type = 'html';
		ctx.body = sorryPage(issuer, `${out.error}: ${out.error_description ?? ''}`);
	},
});

const rememberClaims = (provider) => {
	const { payload } = provider.IdToken.prototype;
	provider.IdToken.prototype.payload = async function whole() {
		const claims = await payload.call(this);
		this.ctx.state.idToken = claims;
		return claims;
	};
};

/** What issuing adds to the claims, for a token that is made by hand. */
const completed = (claims, issuer, provider) => ({
	...claims, aud: clientOf(issuer), iss: provider.issuer, iat: now(), exp: now() + 300, auth_time: claims.auth_time ?? now(),
});

const spoilToken = async (ctx, issuer, { keys, seen }, way) => {
	const client = await ctx.oidc.provider.Client.find(clientOf(issuer));
	const key = client.jwks.keys.find(({ use, alg }) => use === 'enc' || alg === 'RSA-OAEP');
	ctx.body.id_token = await TOKENS[way]({
		claims: completed(ctx.state.idToken, issuer, ctx.oidc.provider),
		key: keys.signing(issuer.slug),
		to: { key, enc: issuer.enc },
		good: ctx.body.id_token,
		last: seen.token,
	});
};

const answerToken = async (ctx, issuer, parts) => {
	const { id_token: good } = ctx.body;
	const way = parts.next.take((one) => one in TOKENS || one === 'unavailable' || one === 'slow');
	if (way === 'slow') await new Promise((resolve) => setTimeout(resolve, SLOW_MS));
	else if (way === 'unavailable') Object.assign(ctx, { status: 503, body: 'kiinni' });
	else if (way) await spoilToken(ctx, issuer, parts, way);
	parts.seen.token = good;
};

const answerPage = (ctx, parts) => {
	const location = ctx.response.get('location');
	if (!location.startsWith(parts.redirect)) return;
	const way = parts.next.take((one) => one in ANSWERS);
	if (way) ctx.set('location', ANSWERS[way](location, parts.seen));
	parts.seen.code = new URL(location).searchParams.get('code') ?? parts.seen.code;
};

const withSpoiling = (issuer, parts) => async (ctx, next) => {
	await next();
	if (ctx.path.endsWith('/jwks') && parts.next.take((one) => one === 'sorry_for_keys')) Object.assign(ctx, { status: 200, body: '<h1>Huoltokatko</h1>' });
	if (ctx.path.endsWith('/token') && ctx.status === 200) await answerToken(ctx, issuer, parts);
	else if (ctx.status === 303 || ctx.status === 302) answerPage(ctx, parts);
};

// parts: bank (origin), store, keys, redirect (Luotsi's page), next (what to spoil), seen (what was said before).
export const makeIssuer = (issuer, parts) => {
	const accounts = makeAccounts(issuer);
	const make = () => {
		const provider = new Provider(addressOf(issuer, parts.bank), configuration(issuer, { ...parts, find: accounts.find }));
		rememberClaims(provider);
		provider.use(withSpoiling(issuer, parts));
		return provider;
	};
	let provider = make();
	return {
		issuer,
		login: accounts.login,
		provider: () => provider,
		rotate: () => {
			parts.keys.rotate(issuer.slug);
			provider = make();
		},
	};
};
