// Letters that nobody can call back, and those to who looks after an organisation: who gets which, how often, and what nobody
// can stop. In a database of their own, since a round takes what is due of every organisation; each test has its own organisations.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, test } from 'node:test';
import { ask, connect, id, makeAccount, makeOrg, makeRoom, ownDatabase, rand32, within } from './lib.mjs';

const own = 'luotsi_letters', db = {};
before(async () => {
	await ownDatabase(own);
	for (const role of ['luotsi_owner', 'luotsi_app', 'luotsi_jobs']) db[role] = await connect(role, own);
});
after(() => Promise.all(Object.values(db).map((c) => c.end())));

const IDLE = [1200, 900, 600];

/** An organisation with what these tests ask of it. */
async function office() {
	const org = await makeOrg(db.luotsi_owner);
	const sql = (text, values = []) => within(db.luotsi_owner, org.org, async () => (await db.luotsi_owner.query(text, values)).rows);
	const app = (name, input) => ask(db.luotsi_app, org.org, name, input);
	const jobs = (text, values = []) => within(db.luotsi_jobs, null, async () => (await db.luotsi_jobs.query(text, values)).rows);
	const confirmed = async (account, sealed = randomBytes(60)) => {
		assert.deepEqual(await app('notify_put', { account, address: id(), sealed, language: 'sv', seconds: 1800, most: 5 }), [{ outcome: 'ok' }]);
		const [{ address }] = await app('notify_get', { account, most: 5 });
		assert.deepEqual(await app('notify_confirm', { account, address }), [{ confirmed: true }]);
		return { account, address, sealed };
	};
	return {
		...org, sql, app, confirmed,
		room: () => makeRoom(db.luotsi_owner, org),
		person: (role) => makeAccount(db.luotsi_owner, org, role),
		passkey: (account) => app('passkey_add', { account, passkey: id(), credential: rand32(), algorithm: -7, public_key: Buffer.alloc(64, 4), counter: 0, synced: false, device: 'key', most: 16 }),
		queue: () => ask(db.luotsi_jobs, null, 'job_notify_queue', { delay: 0, idle: IDLE }),
		/** The next of this organisation alone, when its time has come. */
		take: async (when = "next_at < 'infinity'") => {
			await sql(`UPDATE notify_mail SET next_at = now() WHERE claimed_at IS NULL AND ${when}`);
			const just = (BigInt(`0x${org.org.replaceAll('-', '')}`) - 1n).toString(16).padStart(32, '0');
			const [letter] = await ask(db.luotsi_jobs, null, 'job_notify_take', { after: just, idle: IDLE });
			return letter?.org === org.org ? letter : undefined;
		},
		done: async (letter, outcome) => (await ask(db.luotsi_jobs, org.org, 'job_notify_done', { account: letter.account, kind: letter.kind, mail: letter.mail, outcome }))[0].done,
		letters: async () => (await sql("SELECT kind, account FROM notify_mail WHERE sent_at IS NULL ORDER BY kind, account")).map((row) => [row.kind, row.account]),
		jobs,
	};
}

test('everybody may have an address, and each change of a way in is told there, whatever was chosen', async () => {
	const one = await office();
	for (const role of ['client', 'counsellor', 'admin', 'dpo', 'coordinator', 'operator']) {
		const { account, address, sealed } = await one.confirmed(await one.person(role));
		await one.app('notify_choose', { account, messages: false, reminders: false, requests: false, language: 'sv' });
		await one.passkey(account);
		const letter = await one.take();
		assert.deepEqual([letter.kind, letter.account, letter.address, letter.language, letter.sealed.equals(sealed)], ['changed', account, address, 'sv', true], role);
		const today = new Intl.DateTimeFormat('sv', { timeZone: 'Europe/Helsinki' });
		assert.ok([today.format(Date.now() - 60_000), today.format(Date.now())].includes(letter.about.toISOString().slice(0, 10)), 'the day that it is in Finland');
		assert.equal(await one.done(letter, 'sent'), true);
	}
	const silent = await one.person('client');
	await one.passkey(silent);
	await one.app('notify_put', { account: silent, address: id(), sealed: randomBytes(60), language: 'fi', seconds: 1800, most: 5 });
	await one.passkey(silent);
	assert.deepEqual(await one.letters(), [['code', silent]], 'nobody has confirmed that address');
});

test('whatever changes a way in makes the letter to the person whose it is', async () => {
	const one = await office(), admin = await one.person('admin'), { account } = await one.confirmed(await one.person('counsellor'));
	const told = async (what, work) => {
		await one.sql('DELETE FROM notify_mail WHERE true');
		await work();
		assert.deepEqual(await one.letters(), [['changed', account]], what);
	};
	const passkey = id();
	await told('added', () => one.app('passkey_add', { account, passkey, credential: rand32(), algorithm: -7, public_key: Buffer.alloc(64, 4), counter: 7, synced: false, device: 'key', most: 16 }));
	await told('copied', () => one.app('passkey_use', { passkey, counter: 3, purpose: 'sign_in' }));
	await told('removed', () => one.app('passkey_remove', { account, passkey }));
	await told('taken away by an administrator', () => one.app('passkey_reset', { actor: admin, account, reason: 'lost' }));
	await told('another way to unlock', () => one.sql('INSERT INTO self_keys (account, version, unlockers, list_mac, keys) VALUES ($1, 1, $2, $3, $4)', [account, [Buffer.alloc(100)], Buffer.alloc(32), Buffer.alloc(32)]));
	await one.sql('DELETE FROM notify_mail WHERE true');
	const other = id();
	await one.app('passkey_add', { account: admin, passkey: other, credential: rand32(), algorithm: -7, public_key: Buffer.alloc(64, 4), counter: 0, synced: false, device: 'key', most: 16 });
	await one.app('passkey_use', { passkey: other, counter: 0, purpose: 'sign_in' });
	assert.deepEqual(await one.letters(), [], 'another person\'s, and a use');
	const rows = await one.app('notify_changes', { account, most: 20 });
	assert.deepEqual(rows.map((row) => [row.what, row.own]),
		[['unlockers_change', true], ['passkey_reset', false], ['passkey_remove', true], ['passkey_copied', false], ['passkey_add', true], ['notify_confirm', true]]);
});

test('one letter an hour speaks for all that happened, and nothing that happens meanwhile is left out', async () => {
	const one = await office(), { account } = await one.confirmed(await one.person('client'));
	await one.passkey(account);
	await one.passkey(account);
	assert.deepEqual(await one.letters(), [['changed', account]]);
	const waits = async () => (await one.sql('SELECT round(extract(epoch FROM next_at - now()) / 60)::int AS minutes FROM notify_mail'))[0]?.minutes;
	assert.equal(await waits(), 1);
	const first = await one.take();
	await one.passkey(account);
	assert.equal(await one.take(), undefined, 'it is being sent');
	await one.done(first, 'sent');
	assert.equal(await waits(), 60, 'of what came while it was sent');
	const second = await one.take();
	assert.notEqual(second.mail, first.mail);
	await one.done(second, 'sent');
	assert.deepEqual([await one.letters(), await one.take()], [[], undefined]);
	await one.passkey(account);
	assert.equal(await waits(), 60);
	const third = await one.take();
	assert.ok(![first.mail, second.mail].includes(third.mail));
	await one.done(third, 'sent');
	await one.queue();
	assert.equal((await one.sql('SELECT FROM notify_mail')).length, 1, 'known for an hour');
	await one.sql("UPDATE notify_mail SET sent_at = now() - interval '61 minutes'");
	await one.queue();
	assert.equal((await one.sql('SELECT FROM notify_mail')).length, 0);
	await one.passkey(account);
	assert.equal(await waits(), 1);
});

test('neither another address, nor none, nor a disabled account takes a letter back, and the old address hears of the new one', async () => {
	const one = await office(), first = await one.confirmed(await one.person('counsellor')), { account } = first;
	await one.passkey(account);
	const second = await one.confirmed(account);
	await one.passkey(account);
	await one.app('notify_remove', { account });
	await one.sql('UPDATE account SET disabled_at = now() WHERE account = $1', [account]);
	const taken = [await one.take(), await one.take()];
	assert.deepEqual(taken.map((letter) => letter.address).sort(), [first.address, second.address].sort());
	for (const letter of taken) assert.ok(letter.sealed.equals(letter.address === first.address ? first.sealed : second.sealed));
	assert.equal(await one.take(), undefined);
	for (const letter of taken) await one.done(letter, 'sent');
	await one.sql("UPDATE notify_mail SET sent_at = now() - interval '61 minutes'");
	await one.queue();
	assert.equal((await one.sql('SELECT FROM notify_mail')).length, 0, 'and then the addresses are forgotten');
	const bare = await one.confirmed(await one.person('client'));
	await one.app('notify_remove', { account: bare.account });
	assert.deepEqual(await one.letters(), [['changed', bare.account]], 'that there is none any more');
});

test('of whoever had an account before, the next person learns no address', async () => {
	const one = await office(), { account, address } = await one.confirmed(await one.person('counsellor'));
	await one.sql('SELECT account_given_away($1)', [account]);
	assert.deepEqual(await one.app('notify_get', { account, most: 5 }), []);
	assert.equal((await one.take()).address, address);
});

test('what nobody can call back is tried again, also when nobody knows what became of it, and an address that is refused stays told so', async () => {
	const one = await office(), { account } = await one.confirmed(await one.person('admin'));
	const audit = async () => (await one.sql("SELECT word FROM audit WHERE action = 'notify_letter' AND object = $1 ORDER BY n", [account])).map((row) => row.word);
	await one.passkey(account);
	await one.done(await one.take(), 'later');
	const letter = await one.take();
	await one.sql("UPDATE notify_mail SET claimed_at = now() - interval '11 minutes'");
	await one.queue();
	assert.deepEqual([(await one.take()).mail, await audit()], [letter.mail, []], 'the same letter');
	await one.done(letter, 'refused');
	assert.deepEqual([await one.letters(), (await one.app('notify_get', { account, most: 5 }))[0].state, await audit()], [[], 'refused', ['changed_refused']]);
	await one.passkey(account);
	assert.deepEqual(await one.letters(), []);
});

test('a letter to an address that is no more says nothing of the one that there is', async () => {
	const one = await office(), { account } = await one.confirmed(await one.person('client'));
	await one.passkey(account);
	const letter = await one.take();
	await one.confirmed(account);
	await one.done(letter, 'refused');
	assert.equal((await one.app('notify_get', { account, most: 5 }))[0].state, 'confirmed');
});

test('who looks after an organisation hears of each request three times: it came, it is due within a week, it is late', async () => {
	const one = await office(), offices = [await one.person('admin'), await one.person('dpo')].sort(), room = await one.room();
	for (const account of [...offices, await one.person('team_lead'), await one.person('coordinator'), await one.person('operator')]) await one.confirmed(account);
	const off = await one.person('admin');
	await one.confirmed(off);
	await one.app('notify_choose', { account: off, messages: true, reminders: true, requests: false, language: 'fi' });
	const asks = (kind) => one.app('rights_ask', { account: room.client.account, request: id(), kind, room: null, note: id(), text: Buffer.alloc(60), most: 5 });
	const told = async () => {
		await one.queue();
		const letters = await one.letters();
		for (let i = 0; i < letters.length; i++) await one.done(await one.take(), 'sent');
		await one.sql('DELETE FROM notify_mail WHERE true');
		return letters;
	};
	const all = offices.map((account) => ['request', account]);
	const pass = (days) => one.sql('UPDATE subject_request SET due_on = due_on - $1::int, told_for = told_for - $1::int', [days]);
	assert.deepEqual(await told(), []);
	await asks('access');
	await asks('erasure');
	assert.deepEqual([await told(), await told()], [all, []], 'one letter of both, once');
	await one.sql('UPDATE subject_request SET due_on = day_now() + 8, told_for = day_now() + 8');
	assert.deepEqual(await told(), []);
	await pass(1);
	assert.deepEqual([await told(), await told()], [all, []], 'within a week');
	await pass(7);
	assert.deepEqual(await told(), [], 'the last day is not late');
	await pass(1);
	assert.deepEqual([await told(), await told()], [all, []], 'late');
	await pass(1);
	assert.deepEqual(await told(), [], 'and later');
	await one.sql('UPDATE subject_request SET due_on = day_now() + 39');
	assert.deepEqual(await told(), [], 'put off');
	await pass(32);
	assert.deepEqual([await told(), await told()], [all, []], 'the new day comes near');
	await one.sql("UPDATE subject_request SET due_on = day_now() - 1, state = 'done', ended_at = now()");
	assert.deepEqual(await told(), [], 'what has ended waits for nobody');
});

test('of a request also who is here hears, unless they chose not to', async () => {
	const one = await office(), { account } = await one.confirmed(await one.person('dpo')), room = await one.room();
	await one.app('rights_ask', { account: room.client.account, request: id(), kind: 'access', room: null, note: id(), text: Buffer.alloc(60), most: 5 });
	await one.queue();
	await one.sql("INSERT INTO session (session, token_hash, account, method, fresh_until, expires_at) VALUES ($1, $2, $3, 'passkey', now(), now() + interval '1 day')", [id(), rand32(), account]);
	assert.equal((await one.take()).kind, 'request');
	await one.sql('UPDATE notify_mail SET claimed_at = NULL');
	await one.app('notify_choose', { account, messages: true, reminders: true, requests: null, language: 'fi' });
	assert.deepEqual([await one.letters(), (await one.app('notify_get', { account, most: 5 }))[0].requests], [[['request', account]], true], 'as it was');
	await one.app('notify_choose', { account, messages: true, reminders: true, requests: false, language: 'fi' });
	assert.deepEqual([await one.letters(), (await one.app('notify_get', { account, most: 5 }))[0].requests], [[], false]);
});

test('that somebody came past the ordinary way all administrators and data protection officers hear, whatever who did it does next', async () => {
	const one = await office(), offices = [];
	for (const role of ['admin', 'admin', 'dpo']) offices.push(await one.confirmed(await one.person(role)));
	for (const role of ['team_lead', 'counsellor', 'client', 'coordinator']) await one.confirmed(await one.person(role));
	const gone = await one.confirmed(await one.person('admin'));
	await one.sql('UPDATE account SET disabled_at = now() WHERE account = $1', [gone.account]);
	const [{ account: who }] = offices, event = (word) => one.sql("INSERT INTO audit (actor, action, object, word) VALUES ($1, 'break_glass', $2, $3)", [who, id(), word]);
	await event('stale_head');
	assert.deepEqual(await one.letters(), [], 'nothing was opened');
	await event('ok');
	await event('ok');
	for (const { account } of offices) await one.app('notify_choose', { account, messages: false, reminders: false, requests: false, language: 'fi' });
	await one.sql("UPDATE account SET disabled_at = now() WHERE role = 'dpo'");
	await one.sql("UPDATE account SET role = 'counsellor' WHERE account = $1", [offices[1].account]);
	const taken = [await one.take(), await one.take(), await one.take()];
	assert.deepEqual(taken.map((letter) => [letter.kind, letter.address]).sort(), offices.map((person) => ['opened', person.address]).sort());
	assert.equal(await one.take(), undefined);
});

test('an administrator whom an operator made is told where they are, and nobody where the operator is', async () => {
	const [there, here] = [await office(), await office()], operator = await here.person('operator');
	for (const place of [there, here]) await place.confirmed(await place.person('admin'));
	const made = await here.app('organisation_admin', { actor: operator, org: there.org, account: id(), name: Buffer.alloc(60), token_hash: rand32(), expires_at: new Date(Date.now() + 1e6) });
	assert.equal(made.length, 1);
	assert.deepEqual((await there.letters()).map(([kind]) => kind), ['opened']);
	assert.deepEqual(await here.letters(), []);
	for (const place of [there, here]) assert.equal((await place.sql("SELECT FROM audit WHERE action = 'organisation_admin' AND word = 'break_glass'")).length, 1);
});

test('a jobs process of before is given no letter that it has no words for', async () => {
	const one = await office(), { account } = await one.confirmed(await one.person('admin'));
	await one.passkey(account);
	await one.sql('UPDATE notify_mail SET next_at = now()');
	const just = (BigInt(`0x${one.org.replaceAll('-', '')}`) - 1n).toString(16).padStart(32, '0');
	const rows = await one.jobs('SELECT org, kind FROM notify_take($1, $2)', [just, IDLE]);
	assert.ok(rows.every((row) => row.org !== one.org));
	assert.equal((await one.take()).kind, 'changed');
});
