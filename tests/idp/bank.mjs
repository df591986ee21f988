// The bank: all issuers of issuers.mjs on one https port of the loopback address 127.0.0.1, which for a browser is another site than
// localhost, as a real bank is. Each issuer is a folder of its own; /ohjaus, behind a key, tells what to spoil next.

import { timingSafeEqual } from 'node:crypto';
import { mkdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { addressOf, ISSUERS } from './issuers.mjs';
import { keepKeys } from './keys.mjs';
import { choosePage } from './page.mjs';
import { peopleOf } from './persons.mjs';
import { makeIssuer } from './provider.mjs';
import { WAYS } from './spoil.mjs';
import { makeStore } from './store.mjs';

const MOST_BODY = 64 * 1024;
const KINDS = { form: 'application/x-www-form-urlencoded', json: 'application/json' };

const read = async (request, kind) => {
	if (request.headers['content-type']?.split(';')[0] !== kind) return undefined;
	let text = '';
	for await (const part of request) {
		text += part;
		if (text.length > MOST_BODY) return undefined;
	}
	return text;
};

const say = (response, status, type, text, headers = {}) => {
	response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store', 'x-content-type-options': 'nosniff', 'referrer-policy': 'no-referrer', ...headers });
	response.end(text);
};

const sayJson = (response, status, value) => say(response, status, KINDS.json, JSON.stringify(value));

/** Ways in which the next answers are spoiled, each once. */
const makeNext = () => {
	const waiting = [];
	return {
		add: (way) => void waiting.push(way),
		take: (fits) => {
			const at = waiting.findIndex(fits);
			return at < 0 ? undefined : waiting.splice(at, 1)[0];
		},
		clear: () => void waiting.splice(0),
	};
};

// Chromium follows form-action through the redirects that answer the form, so Luotsi's own origin is in it.
const pageHeaders = (redirect) => ({
	'content-security-policy': `default-src 'none'; style-src 'unsafe-inline'; form-action 'self' ${new URL(redirect).origin}; frame-ancestors 'none'; base-uri 'none'`,
});

const askWho = async (one, request, response, redirect) => {
	const provider = one.provider();
	const { uid } = await provider.interactionDetails(request, response);
	if (request.method === 'GET') {
		return say(response, 200, 'text/html; charset=utf-8', choosePage(one.issuer, peopleOf(one.issuer), `/${one.issuer.slug}/kuka/${uid}`), pageHeaders(redirect));
	}
	const form = new URLSearchParams(await read(request, KINDS.form));
	const accountId = form.get('answer') === 'yes' ? one.login(form.get('person')) : undefined;
	const result = accountId
		? { login: { accountId, acr: one.issuer.level, amr: ['demo'], remember: false } }
		: { error: 'access_denied', error_description: 'the person cancelled' };
	return provider.interactionFinished(request, response, result, { mergeWithLastSubmission: false });
};

const isKey = (request, key) => {
	const shown = Buffer.from(request.headers['x-bank-key'] ?? '');
	return shown.length === key.length && timingSafeEqual(shown, key);
};

const obey = async (bank, request, response) => {
	if (request.method !== 'POST' || !isKey(request, bank.key)) return sayJson(response, 403, { error: 'forbidden' });
	const wanted = JSON.parse((await read(request, KINDS.json)) ?? '{}');
	const one = bank.issuers.get(wanted.issuer);
	if (!one) return sayJson(response, 404, { error: 'no such issuer' });
	if (wanted.rotate === true) one.rotate();
	else if (wanted.clear === true) bank.next.get(wanted.issuer).clear();
	else if (WAYS.includes(wanted.spoil)) bank.next.get(wanted.issuer).add(wanted.spoil);
	else return sayJson(response, 400, { error: 'no such way' });
	return sayJson(response, 200, {});
};

const serve = async (bank, request, response) => {
	const { pathname } = new URL(request.url, bank.origin);
	if (pathname === '/') return say(response, 200, 'text/plain; charset=utf-8', 'Luotsin esittelyn pankki. Tänne tullaan Luotsin kirjautumissivulta.');
	if (pathname === '/ohjaus') return obey(bank, request, response);
	const [, slug, rest] = pathname.split('/');
	const one = bank.issuers.get(slug);
	if (!one) return say(response, 404, 'text/plain', 'not found');
	if (rest === 'kuka') return askWho(one, request, response, bank.redirect);
	request.originalUrl = request.url;
	request.url = request.url.slice(slug.length + 1);
	return one.provider().callback()(request, response);
};

// port, tls {cert, key}, state (a folder of the bank's own), keys (where Luotsi's public keys are), origin (Luotsi's), control (its
// key). Resolves when it listens.
export const openBank = async ({ port, tls, state, keys, origin, control }) => {
	mkdirSync(state, { recursive: true, mode: 0o700 });
	const redirect = `${origin}/kirjaudu/paluu`;
	const bank = { origin: `https://127.0.0.1:${port}`, redirect, key: Buffer.from(control), issuers: new Map(), next: new Map() };
	const kept = keepKeys(`${state}/bank.json`, ISSUERS.map(({ slug }) => slug));
	ISSUERS.forEach((issuer, i) => {
		const next = makeNext();
		const other = addressOf(ISSUERS[(i + 1) % ISSUERS.length], bank.origin);
		const parts = { bank: bank.origin, store: makeStore(issuer, { keys, redirect }), keys: kept, redirect, next, seen: { other } };
		bank.next.set(issuer.slug, next);
		bank.issuers.set(issuer.slug, makeIssuer(issuer, parts));
	});
	const answer = (request, response) => {
		serve(bank, request, response).catch((error) => {
			// A page that was left open, or a cookie that is gone: its login has ended.
			console.error(`${error.name}: ${error.message}`);
			if (!response.headersSent) say(response, 400, 'text/plain; charset=utf-8', 'Kirjautuminen on vanhentunut. Palaa palveluun ja aloita uudelleen.');
		});
	};
	const server = createServer({ cert: readFileSync(tls.cert), key: readFileSync(tls.key) }, answer);
	await new Promise((resolve, reject) => server.once('error', reject).listen(port, '127.0.0.1', resolve));
	return { origin: bank.origin, close: () => new Promise((resolve) => (server.closeAllConnections(), server.close(resolve))) };
};
