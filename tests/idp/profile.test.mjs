// The bank by itself: what the profile demands is refused when it is missing, and what it promises is in the token.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { openBank } from './bank.mjs';
import { ask, makeClient, makeClientKeys } from './client.mjs';
import { ISSUERS, LEVELS, providerFile } from './issuers.mjs';
import { CLIENTS } from './persons.mjs';
import { TOKENS } from './spoil.mjs';

const CONTROL = 'a-key-of-this-test';
const redirect = 'https://localhost:1/kirjaudu/paluu';
const yes = { person: 'eetu', answer: 'yes' };
const folder = mkdtempSync(join(tmpdir(), 'luotsi-bank.'));
const [bankIssuer, brokerIssuer, staffIssuer] = ISSUERS;
let bank, ca, keys, client;

// None of those that the kernel gives to outgoing connections: one could take it before the bank does.
const freePort = () =>
	new Promise((resolve) => {
		const server = createServer().once('error', () => resolve(freePort())).listen(randomInt(10_000, 32_000), '127.0.0.1', () => {
			const { port } = server.address();
			server.close(() => resolve(port));
		});
	});

const certificate = () => {
	const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
	execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2', '-subj', '/CN=bank', '-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', key, '-out', cert], { stdio: 'ignore' });
	return { key, cert };
};

const clientFor = (issuer) => makeClient(issuer, { bank: bank.origin, ca, redirect, keys });

/** A login up to the answer that comes back to the page; change alters the request's claims. */
const answered = async (one = client, change = {}, form = yes) => {
	const { verifier, claims } = one.begin();
	const { back, answer } = await one.walk(one.address(await one.signed({ ...claims, ...change })), form);
	return { verifier, claims, back, answer };
};

const tokenOf = async (one = client) => {
	const { back, verifier, claims } = await answered(one);
	const { status, body } = await one.token(back.searchParams.get('code'), verifier);
	assert.equal(status, 200);
	return { token: body.id_token, claims };
};

/** Why the bank did not even show its page. */
const refused = async (object, one = client) => {
	const { back, answer } = await one.walk(one.address(object), yes);
	assert.equal(answer.headers['content-type']?.startsWith('text/html') && /<fieldset>/.test(answer.text), false, 'the page was shown');
	const told = back?.searchParams;
	assert.equal(told?.get('code') ?? null, null);
	return told ? `${told.get('error')}: ${told.get('error_description')}` : answer.text;
};

const control = (body, key = CONTROL) =>
	ask(ca, `${bank.origin}/ohjaus`, { method: 'POST', headers: { 'content-type': 'application/json', 'x-bank-key': key }, body: JSON.stringify(body) });

before(async () => {
	const tls = certificate();
	ca = readFileSync(tls.cert, 'utf8');
	keys = await makeClientKeys();
	for (const { slug } of ISSUERS) writeFileSync(join(folder, `${slug}.jwks`), JSON.stringify(keys.jwks));
	bank = await openBank({ port: await freePort(), tls, state: join(folder, 'bank'), keys: folder, origin: 'https://localhost:1', control: CONTROL });
	client = clientFor(bankIssuer);
});

after(async () => {
	await bank?.close();
	rmSync(folder, { recursive: true, force: true });
});

test('a_login_after_the_profile_gives_a_nested_token', async () => {
	const { token, claims } = await tokenOf();
	const { outer, inner, claims: said } = await client.open(token);
	assert.equal(outer.alg, 'RSA-OAEP');
	assert.equal(outer.enc, 'A128CBC-HS256');
	assert.equal(outer.cty, 'JWT');
	assert.equal(inner.alg, 'RS256');
	assert.equal(said.iss, client.at);
	assert.equal(said.aud, client.me);
	assert.equal(said.nonce, claims.nonce);
	assert.equal(said.acr, LEVELS.test);
	assert.equal(said.personal_identity_code, CLIENTS[0].code);
	assert.equal(said.given_name, 'Eetu');
	assert.ok(Math.abs(said.auth_time - Date.now() / 1000) < 60);
});

test('another_broker_encrypts_and_names_the_code_in_its_own_way', async () => {
	const broker = clientFor(brokerIssuer);
	const { token } = await tokenOf(broker);
	const { outer, claims } = await broker.open(token);
	assert.equal(outer.enc, 'A128GCM');
	assert.equal(claims['urn:oid:1.2.246.21'], CLIENTS[0].code);
	assert.equal(claims.personal_identity_code, undefined);
	assert.equal(claims.acr, LEVELS.high);
});

test('staff_keep_their_sub_and_have_no_code', async () => {
	const office = clientFor(staffIssuer);
	const said = await Promise.all([1, 2].map(async () => {
		const { back, verifier } = await answered(office, {}, { person: 'anna', answer: 'yes' });
		return (await office.open((await office.token(back.searchParams.get('code'), verifier)).body.id_token)).claims;
	}));
	assert.equal(said[0].sub, 'anna');
	assert.equal(said[1].sub, 'anna');
	assert.equal(said[0].email, 'anna.virtanen@virasto.example');
});

test('the_sub_of_a_client_is_another_at_each_login', async () => {
	const said = [];
	for (let i = 0; i < 2; i++) said.push((await client.open((await tokenOf()).token)).claims);
	assert.notEqual(said[0].sub, said[1].sub);
	assert.equal(said[0].personal_identity_code, said[1].personal_identity_code);
});

test('the_answer_names_its_issuer_and_repeats_the_state', async () => {
	const { back, claims } = await answered();
	assert.equal(back.searchParams.get('iss'), client.at);
	assert.equal(back.searchParams.get('state'), claims.state);
});

test('who_cancels_comes_back_with_access_denied', async () => {
	const { back, claims } = await answered(client, {}, { answer: 'no' });
	assert.equal(back.searchParams.get('error'), 'access_denied');
	assert.equal(back.searchParams.get('state'), claims.state);
	assert.equal(back.searchParams.get('code'), null);
});

test('refuses_a_request_that_is_not_an_object', async () => {
	const { claims } = client.begin();
	const { answer } = await client.walk(client.address(undefined, claims), yes);
	assert.match(answer.headers.location ?? answer.text, /Request(\+|%20| )Object(\+|%20| )must(\+|%20| )be(\+|%20| )used/);
});

test('refuses_an_object_that_is_not_signed', async () => {
	const { claims } = client.begin();
	const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
	assert.match(await refused(`${part({ alg: 'none', kid: 'test-sign' })}.${part(claims)}.`), /unsupported signed request alg|invalid_request_object/);
});

test('refuses_an_object_signed_by_another_key', async () => {
	const other = makeClient(bankIssuer, { bank: bank.origin, ca, redirect, keys: await makeClientKeys() });
	const { claims } = other.begin();
	assert.match(await refused(await other.signed(claims)), /could not validate Request Object/);
});

for (const [name, change, why] of [
	['jti', { jti: undefined }, /jti is missing/],
	['exp', { exp: undefined }, /exp is missing/],
	['a_near_exp', { exp: Math.floor(Date.now() / 1000) + 3600 }, /more than five minutes/],
	['an_exp_that_has_not_passed', { exp: Math.floor(Date.now() / 1000) - 60 }, /claims are invalid/],
	['a_nonce', { nonce: undefined }, /nonce is missing/],
	['a_state', { state: undefined }, /state is missing/],
	['acr_values_that_it_has', { acr_values: 'http://ftn.ficora.fi/2017/loa9' }, /no acr_values/],
	['its_own_issuer_as_audience', { aud: 'https://elsewhere.example' }, /claims are invalid/],
	['pkce', { code_challenge: undefined, code_challenge_method: undefined }, /PKCE|code_challenge/],
	['pkce_by_s256', { code_challenge_method: 'plain' }, /code_challenge_method/],
]) {
	test(`refuses_a_request_without_${name}`, async () => {
		const { claims } = client.begin();
		assert.match(await refused(await client.signed({ ...claims, ...change })), why);
	});
}

test('refuses_a_request_without_kid', async () => {
	const { claims } = client.begin();
	assert.match(await refused(await client.signed(claims, { kid: undefined })), /kid is missing/);
});

test('refuses_a_request_that_was_used_before', async () => {
	const { claims } = client.begin();
	const object = await client.signed(claims);
	assert.ok((await client.walk(client.address(object), yes)).back.searchParams.get('code'));
	assert.match(await refused(object), /used before/);
});

test('only_the_object_counts', async () => {
	const { claims } = client.begin();
	const { back } = await client.walk(client.address(await client.signed(claims), { state: 'another', nonce: 'another', redirect_uri: 'https://elsewhere.example/' }), yes);
	assert.equal(back.searchParams.get('state'), claims.state);
});

test('refuses_a_code_without_its_verifier', async () => {
	for (const verifier of [undefined, 'x'.repeat(43)]) {
		const { back } = await answered();
		const { status, body } = await client.token(back.searchParams.get('code'), verifier);
		assert.equal(status, 400);
		assert.equal(body.error, 'invalid_grant');
	}
});

test('refuses_a_code_that_was_used', async () => {
	const { back, verifier } = await answered();
	const code = back.searchParams.get('code');
	assert.equal((await client.token(code, verifier)).status, 200);
	assert.equal((await client.token(code, verifier)).body.error, 'invalid_grant');
});

for (const [name, change, header] of [
	['kid', {}, { kid: undefined }],
	['jti', { jti: undefined }, {}],
	['exp', { exp: undefined }, {}],
	['a_near_exp', { exp: Math.floor(Date.now() / 1000) + 3600 }, {}],
	['the_right_audience', { aud: 'https://elsewhere.example' }, {}],
]) {
	test(`refuses_an_assertion_without_${name}`, async () => {
		const { back, verifier } = await answered();
		const { status, body } = await client.token(back.searchParams.get('code'), verifier, await client.assertion(change, header));
		assert.equal(status, 401);
		assert.equal(body.error, 'invalid_client');
	});
}

test('refuses_an_assertion_that_was_used', async () => {
	const proof = await client.assertion();
	const first = await answered();
	assert.equal((await client.token(first.back.searchParams.get('code'), first.verifier, proof)).status, 200);
	const second = await answered();
	assert.equal((await client.token(second.back.searchParams.get('code'), second.verifier, proof)).body.error, 'invalid_client');
});

test('the_page_sends_its_form_to_the_bank_alone_and_frames_nowhere', async () => {
	const { claims } = client.begin();
	const first = await ask(ca, client.address(await client.signed(claims)));
	const cookie = first.headers['set-cookie'].map((line) => line.split(';')[0]).join('; ');
	const page = await ask(ca, new URL(first.headers.location, bank.origin).href, { headers: { cookie } });
	assert.match(page.headers['content-security-policy'], /form-action 'self' https:\/\/localhost:1; frame-ancestors 'none'/);
	assert.match(page.text, /<html lang="fi">/);
	assert.match(page.text, /<legend>Kuka olet\?<\/legend>/);
	for (const { code } of CLIENTS) assert.ok(page.text.includes(code));
});

test('cookies_stay_in_the_folder_of_their_issuer', async () => {
	const { claims } = client.begin();
	const { headers } = await ask(ca, client.address(await client.signed(claims)));
	for (const line of headers['set-cookie']) assert.match(line, /path=\/pankki/i);
});

test('test_persons_have_codes_that_are_right_and_test_codes', () => {
	for (const { code } of CLIENTS) {
		const [, date, number, check] = /^(\d{6})[-+A-FU-Y](9\d\d)([0-9A-Y])$/.exec(code);
		assert.equal('0123456789ABCDEFHJKLMNPRSTUVWXY'[Number(date + number) % 31], check, code);
	}
});

test('a_rotated_key_is_another_and_alone', async () => {
	const [before] = await client.jwks();
	assert.equal((await control({ issuer: 'pankki', rotate: true })).status, 200);
	const keysNow = await client.jwks();
	assert.equal(keysNow.length, 1);
	assert.notEqual(keysNow[0].kid, before.kid);
	await client.open((await tokenOf()).token);
});

test('nobody_spoils_without_the_key', async () => {
	assert.equal((await control({ issuer: 'pankki', spoil: 'plain' }, 'b-key-of-this-test')).status, 403);
	assert.equal((await control({ issuer: 'pankki', spoil: 'plain' }, '')).status, 403);
	assert.equal((await control({ issuer: 'pankki', spoil: 'sadness' })).status, 400);
	await client.open((await tokenOf()).token);
});

test('a_spoiled_token_comes_once', async () => {
	await control({ issuer: 'pankki', spoil: 'plain' });
	assert.equal((await tokenOf()).token.split('.').length, 3);
	assert.equal((await tokenOf()).token.split('.').length, 5);
});

test('a_token_over_the_ceiling_is_over_it_and_right_otherwise', async () => {
	await control({ issuer: 'pankki', spoil: 'too_large' });
	const { token, claims } = await tokenOf();
	assert.ok(token.length > 16 * 1024 && token.length < 16 * 1024 + 40, String(token.length));
	assert.equal((await client.open(token)).claims.nonce, claims.nonce);
});

for (const way of Object.keys(TOKENS)) {
	test(`spoils_by_${way}`, async () => {
		const good = (await client.open((await tokenOf()).token)).claims;
		await control({ issuer: 'pankki', spoil: way });
		const { token, claims } = await tokenOf();
		const opened = await client.open(token).catch(() => undefined);
		const same = opened && !opened.inner.jku && !opened.inner.x5u && token.length <= 16 * 1024 && opened.claims.nonce === claims.nonce
			&& Object.keys(good).every((name) => ['sub', 'nonce', 'iat', 'exp', 'auth_time'].includes(name) || opened.claims[name] === good[name])
			&& opened.claims.exp > Date.now() / 1000 && opened.claims.iat <= Date.now() / 1000 + 5 && opened.claims.auth_time > Date.now() / 1000 - 600;
		const hidden = ['duplicate', 'utf8']; // right for a reader that is not strict
		assert.equal(Boolean(same), hidden.includes(way), way);
	});
}

for (const [way, differs] of [
	['state', (q, claims) => q.get('state') !== claims.state],
	['mix_up', (q) => q.get('iss') !== client.at],
	['old_code', (q) => q.get('code') !== null],
	['no_code_back', (q) => q.get('code') === null],
]) {
	test(`spoils_the_answer_by_${way}`, async () => {
		await control({ issuer: 'pankki', spoil: way });
		const { back, claims } = await answered();
		assert.ok(differs(back.searchParams, claims));
	});
}

test('a_bank_that_is_closed_says_503', async () => {
	await control({ issuer: 'pankki', spoil: 'unavailable' });
	const { back, verifier } = await answered();
	await assert.rejects(() => client.token(back.searchParams.get('code'), verifier), /JSON/);
});

test('a_provider_file_has_a_row_for_every_name', () => {
	const rows = providerFile(staffIssuer, { bank: bank.origin, ca: 'ca.pem', organisation: '0'.repeat(32) }).trim().split('\n');
	for (const row of rows) assert.match(row, /^[a-z_]+ = \S/);
	assert.ok(rows.includes(`issuer = ${bank.origin}/virka`));
});
