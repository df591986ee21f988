// Organisations and agreements in the hands of the operator: whom its statements reach, every step with what it needs, amendments,
// many at once, import, and another processor, also when it is interrupted.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ask, connect, id, makeAccount, makeOrg, makeRoom, rand32, refused, terms, within } from './lib.mjs';

const db = {};
let office, operator, template;
before(async () => {
	for (const role of ['luotsi_owner', 'luotsi_app', 'luotsi_jobs']) db[role] = await connect(role);
	office = { org: id() };
	await within(db.luotsi_owner, office.org, (c) => c.query("INSERT INTO organisation (org, name, business_id) VALUES ($1, 'Palvelukeskus', '2296962-1')", [office.org]));
	operator = await makeAccount(db.luotsi_owner, office, 'operator');
	template = id();
	await putTemplate();
});
after(() => Promise.all(Object.values(db).map((c) => c.end())));

const does = (name, parameters = {}, org = office, actor = operator) => ask(db.luotsi_app, org.org, name, { actor, ...parameters });
const says = (promise, name) => assert.rejects(promise, (e) => {
	assert.equal(`${e.code} ${e.constraint}`, `LU000 ${name}`, e.message);
	return true;
});
const putTemplate = (change = {}) => does('agreement_template_put', { template, version: 1, language: 'fi', name: 'Vakiosopimus', terms: JSON.stringify(terms()),
	privacy: ['Rekisterinpitäjä on {controller}.', 'Ansvarig är {controller}.', 'The controller is {controller}.'], promise: ['Kaksi päivää', '', ''], publish: true, ...change });
const digits = (n) => [7, 9, 10, 5, 8, 4, 2].reduce((sum, w, i) => sum + w * Number(String(n).padStart(7, '0')[i]), 0) % 11;
let serial = 1_000_000 + Math.floor(Math.random() * 5_000_000);
const businessId = () => {
	do serial++; while (digits(serial) === 1);
	return `${serial}-${digits(serial) === 0 ? 0 : 11 - digits(serial)}`;
};
const put = (change = {}) => ({ org: id(), new: true, name: 'Kokeilukunta', business_id: businessId(), kind: 'city', region: 'kainuu', under: null, ...change });
const organisation = async (change = {}) => {
	const made = put(change);
	await does('organisation_put', made);
	return made;
};
const agreementOf = async (org) => {
	const agreement = id();
	await does('agreement_make', { org, agreement, template, version: 1, begins: '2026-01-01' });
	return agreement;
};
const row = async (org) => (await does('agreement_list', { org }))[0];
const take = async (org, agreement, to, change = {}, by = office, actor = operator) =>
	(await does('agreement_take', { org, agreement, to, note: '', next_by: null, ends_on: null, dry: false, ...change }, by, actor))[0].outcome;
const contact = (org, basis) => does('contact_put', { org, contact: id(), name: 'Kaisa Kontakti', title: 'Palvelupäällikkö', email: 'kaisa@kunta.example', phone: '', basis, basis_text: '' });
const offer = (org, agreement, version, document = rand32()) => does('agreement_offer', { org, agreement, version, document });
const sign = (org, agreement, version, change = {}) => does('agreement_sign', { org, agreement, version, signed: rand32(), signed_on: '2026-02-01', parties: ['controller', 'processor'],
	names: ['Jaana Johtaja', 'Olli Operaattori'], titles: ['kunnanjohtaja', 'johtaja'], bases: ['rules', 'office'], basis_texts: ['hallintosääntö 24 §', ''], ...change });
const goesLive = async (change = {}) => {
	const { org } = await organisation(change);
	const agreement = await agreementOf(org);
	await contact(org, 'rules');
	assert.equal(await take(org, agreement, 'signatory_found'), 'ok');
	await offer(org, agreement, 1);
	assert.equal(await take(org, agreement, 'sent'), 'ok');
	await sign(org, agreement, 1);
	assert.equal(await take(org, agreement, 'signed'), 'ok');
	const admin = await makeAccount(db.luotsi_owner, { org }, 'admin');
	assert.equal(await take(org, agreement, 'trained'), 'ok');
	assert.equal(await take(org, agreement, 'live'), 'ok');
	return { org, agreement, admin };
};
const dayFromNow = async (days) => (await db.luotsi_owner.query("SELECT to_char(day_now() + $1::int, 'YYYY-MM-DD') AS day", [days])).rows[0].day;
const audited = (org, action) => within(db.luotsi_owner, org, async (c) => (await c.query('SELECT actor, object, word FROM audit WHERE action = $1 ORDER BY n', [action])).rows);

test('nobody but an operator of the present organisation reaches another', async () => {
	const other = await makeOrg(db.luotsi_owner);
	const admin = await makeAccount(db.luotsi_owner, other, 'admin');
	const counsellor = await makeAccount(db.luotsi_owner, other, 'counsellor');
	const shut = await makeAccount(db.luotsi_owner, office, 'operator');
	await within(db.luotsi_owner, office.org, (c) => c.query('UPDATE account SET disabled_at = now() WHERE account = $1', [shut]));
	const list = { within: null, words: null, state: null, kind: null, region: null, stuck: null, skip: 0, limit: 10 };
	for (const [org, actor] of [[other, admin], [other, counsellor], [other, operator], [office, shut], [office, admin], [office, id()]]) {
		await says(does('organisation_list', list, org, actor), 'operator_check__forbidden');
		await says(does('organisation_stuck', {}, org, actor), 'operator_check__forbidden');
		await says(does('organisation_put', put(), org, actor), 'operator_check__forbidden');
		await says(does('succession_list', { succession: null, skip: 0, limit: 9 }, org, actor), 'operator_check__forbidden');
		await says(does('agreement_take_many', { orgs: [other.org], to: 'ending', note: 'x', next_by: null, ends_on: null, dry: true }, org, actor), 'operator_check__forbidden');
	}
	const { org } = await organisation();
	for (const name of ['office_list', 'contact_list', 'agreement_list']) {
		await says(does(name, { org }, other, admin), 'organisation_at__forbidden');
		await says(does(name, { org: null }, other, counsellor), 'organisation_at__forbidden');
		assert.ok(Array.isArray(await does(name, { org: null }, other, admin)), 'their own');
		await says(does(name, { org: id() }), 'organisation_at__not_found');
	}
	await says(does('contact_put', { org, contact: id(), name: 'x', title: '', email: '', phone: '', basis: 'none', basis_text: '' }, other, admin), 'organisation_at__forbidden');
});

test('afterwards the statement is back where it was, and sees no other organisation', async () => {
	const { org } = await organisation();
	await agreementOf(org);
	await within(db.luotsi_app, office.org, async (c) => {
		await c.query('SELECT * FROM agreement_list($1, $2)', [operator, org]);
		await c.query('SELECT * FROM organisation_list($1, NULL, NULL, NULL, NULL, NULL, NULL, 0, 5)', [operator]);
		const seen = (await c.query("SELECT current_setting('luotsi.org') AS org, current_setting('luotsi.across', true) AS across, (SELECT count(*) FROM agreement) AS n")).rows[0];
		assert.deepEqual(seen, { org: office.org, across: '', n: 0 });
	});
	const spoilt = within(db.luotsi_app, office.org, async (c) => {
		await c.query("SELECT set_config('luotsi.across', 'operator', true)");
		return (await c.query('SELECT count(*) AS n FROM agreement')).rows[0].n;
	});
	assert.equal(await spoilt, 0, 'a worker that says it is across sees nothing more');
});

test('every step asks for what it needs, says who may take it, and is written down', async () => {
	const { org } = await organisation();
	const agreement = await agreementOf(org);
	assert.deepEqual([(await row(org)).state, (await row(org)).privacy_fi], ['contact_found', 'Rekisterinpitäjä on Kokeilukunta.']);
	assert.equal(await take(org, agreement, 'live'), 'no_such_step');
	assert.equal(await take(org, agreement, 'signatory_found'), 'contact');
	await contact(org, 'none');
	assert.equal(await take(org, agreement, 'signatory_found'), 'signatory');
	await contact(org, 'rules');
	assert.equal(await take(org, agreement, 'signatory_found', { dry: true }), 'ok');
	assert.equal((await row(org)).state, 'contact_found', 'only said');
	assert.equal(await take(org, agreement, 'signatory_found', { note: 'hallintosääntö', next_by: '2026-12-01' }), 'ok');
	assert.equal(await take(org, agreement, 'sent'), 'document');
	await says(sign(org, agreement, 1), 'agreement_sign__conflict');
	await offer(org, agreement, 1);
	assert.equal(await take(org, agreement, 'sent'), 'ok');
	await says(offer(org, agreement, 1), 'agreement_offer__conflict');
	assert.equal(await take(org, agreement, 'signed'), 'signature');
	await says(sign(org, agreement, 1, { parties: ['controller', 'controller'] }), 'agreement_sign__bad_field');
	await says(sign(org, agreement, 1, { signed_on: '2099-01-01' }), 'agreement_sign__bad_field');
	await sign(org, agreement, 1);
	await says(sign(org, agreement, 1), 'agreement_sign__conflict');
	assert.equal(await take(org, agreement, 'signed'), 'ok');
	assert.equal(await take(org, agreement, 'trained'), 'admin');
	await does('organisation_admin', { org, account: id(), name: Buffer.alloc(60), token_hash: rand32(), expires_at: new Date(Date.now() + 1e6) });
	const another = (account = id()) => does('organisation_admin', { org, account, name: Buffer.alloc(60), token_hash: rand32(), expires_at: new Date(Date.now() + 1e6) });
	await another();
	const [admins, came] = [await audited(org, 'organisation_admin'), (days) => within(db.luotsi_owner, org, (c) => c.query("INSERT INTO audit (actor, action, at) VALUES ($1, 'sign_in', now() - $2 * interval '1 day')", [admins[0].object, days]))];
	assert.deepEqual(admins.map((one) => one.word), [null, 'break_glass'], 'beside one who never came');
	await came(31);
	await another();
	await came(29);
	await says(another(), 'organisation_admin__forbidden');
	assert.equal(await take(org, agreement, 'trained'), 'ok');
	assert.equal(await take(org, agreement, 'live'), 'ok');
	const now = await row(org);
	assert.deepEqual([now.state, now.version, now.allows.length], ['live', 1, 10]);
	const past = await does('agreement_past', { org, agreement });
	assert.deepEqual(past.map((one) => one.to_state), ['live', 'trained', 'signed', 'sent', 'signatory_found', 'contact_found']);
	assert.deepEqual([past[4].note, past[4].next_state, past[4].next_by, past[4].actor], ['hallintosääntö', 'sent', '2026-12-01', operator]);
	const steps = await audited(org, 'agreement_step');
	assert.deepEqual(steps.map((one) => one.word), ['signatory_found', 'sent', 'signed', 'trained', 'live']);
	assert.ok((await audited(office.org, 'agreement_step')).filter((one) => one.object === agreement).length === 5, 'and on the operator\'s side');
	assert.equal((await does('agreement_signatories', { org, agreement })).length, 2);
});

test('an admin begins the end of their own, and takes no other step', async () => {
	const { org, agreement, admin } = await goesLive();
	const own = { org };
	const ends_on = await dayFromNow(30);
	assert.equal(await take(null, agreement, 'ended', {}, own, admin), 'no_such_step');
	assert.equal(await take(null, agreement, 'ending', { ends_on }, own, admin), 'note');
	assert.equal(await take(null, agreement, 'ending', { note: 'lopetamme' }, own, admin), 'end_day');
	assert.equal(await take(null, agreement, 'ending', { note: 'lopetamme', ends_on: '2020-01-01' }, own, admin), 'end_day');
	assert.equal(await take(null, agreement, 'ending', { note: 'lopetamme', ends_on }, own, admin), 'ok');
	assert.deepEqual((await does('agreement_list', { org: null }, own, admin))[0].allows, ['sign_in', 'read', 'export', 'keys', 'close', 'office_new']);
	assert.equal(await take(null, agreement, 'live', { note: 'sittenkin' }, own, admin), 'ok', 'their own they take back');
	const dpo = await makeAccount(db.luotsi_owner, own, 'dpo');
	assert.equal(await take(null, agreement, 'ending', { note: 'x', ends_on }, own, dpo), 'not_yours');
});

test('an end sooner than in thirty days takes both sides, and so does taking back what the other began', async () => {
	const { org, agreement, admin } = await goesLive();
	const own = { org }, tomorrow = await dayFromNow(1), other = await dayFromNow(2);
	const [adminTakes, operatorTakes] = [(to, more) => take(null, agreement, to, { note: 'syy', ...more }, own, admin), (to, more) => take(org, agreement, to, { note: 'syy', ...more })];
	const wish = async () => (({ state, wish, wish_side, wish_ends_on }) => [state, wish, wish_side, wish_ends_on])(await row(org));
	assert.equal(await adminTakes('ending', { ends_on: tomorrow, dry: true }), 'other_side');
	assert.deepEqual(await wish(), ['live', null, null, null], 'only asked');
	for (let i = 0; i < 2; i++) assert.equal(await adminTakes('ending', { ends_on: tomorrow }), 'other_side', 'once or twice');
	assert.deepEqual(await wish(), ['live', 'ending', 'admin', tomorrow]);
	assert.equal(await operatorTakes('ending', { ends_on: other }), 'other_side', 'another day is another wish');
	assert.equal(await operatorTakes('ending', { ends_on: tomorrow }), 'other_side', 'theirs was replaced');
	await within(db.luotsi_owner, org, (c) => c.query("UPDATE agreement_wish SET at = now() - interval '31 days'"));
	assert.equal(await adminTakes('ending', { ends_on: tomorrow }), 'other_side', 'long ago');
	assert.equal(await operatorTakes('ending', { ends_on: tomorrow, dry: true }), 'ok');
	assert.equal(await operatorTakes('ending', { ends_on: tomorrow }), 'ok');
	assert.deepEqual(await wish(), ['ending', null, null, null]);
	assert.deepEqual([await adminTakes('live'), await adminTakes('live'), await operatorTakes('live')], ['other_side', 'other_side', 'ok'], 'both began it');
	assert.equal(await adminTakes('ending', { ends_on: await dayFromNow(30) }), 'ok');
	assert.deepEqual([await operatorTakes('live'), await adminTakes('live')], ['other_side', 'ok']);
	assert.equal(await operatorTakes('ending', { ends_on: await dayFromNow(30) }), 'ok');
	assert.deepEqual([await adminTakes('live'), await operatorTakes('live')], ['other_side', 'ok']);
	assert.deepEqual((await audited(org, 'agreement_step')).map((one) => one.word).slice(-3), ['ending', 'wish_live', 'live']);
	await within(db.luotsi_owner, org, (c) => c.query("UPDATE agreement_version SET terms = terms || jsonb_build_object('ends', $1::text)", [other]));
	assert.deepEqual([await adminTakes('ending', { ends_on: tomorrow }), await adminTakes('ending', { ends_on: other })], ['other_side', 'ok'], 'as agreed from the first');
});

test('when its last day has passed it ends by itself, and what is to be done with the data is due', async () => {
	const { org, agreement } = await goesLive();
	assert.equal(await take(org, agreement, 'ending', { note: 'loppuu', ends_on: await dayFromNow(30) }), 'ok');
	assert.equal(await take(org, agreement, 'ended'), 'end_passed');
	await within(db.luotsi_owner, org, (c) => c.query('UPDATE agreement SET ends_on = day_now()'));
	await db.luotsi_jobs.query('SELECT agreements_round()');
	assert.equal((await row(org)).state, 'ending', 'not on its last day');
	await within(db.luotsi_owner, org, (c) => c.query('UPDATE agreement SET ends_on = day_now() - 1'));
	await db.luotsi_jobs.query('SELECT agreements_round()');
	const ended = await row(org);
	assert.deepEqual([ended.state, ended.allows], ['ended', []]);
	const due = await within(db.luotsi_owner, org, async (c) => (await c.query('SELECT what, due_on = day_now() + 30 AS when, done_at FROM agreement_due')).rows);
	assert.deepEqual(due, [{ what: 'delete', when: true, done_at: null }]);
	assert.equal((await does('agreement_past', { org, agreement }))[0].actor, null);
	await db.luotsi_jobs.query('SELECT agreements_round()');
	assert.equal((await audited(org, 'agreement_step')).filter((one) => one.word === 'ended').length, 1, 'once');
});

test('an amendment holds from its day, and only as it was read and accepted', async () => {
	const { org, agreement, admin } = await goesLive();
	const draft = (version, change = {}, holds_from = '2099-01-01') =>
		does('agreement_draft', { org, agreement, version, language: 'fi', terms: JSON.stringify(terms(change)), holds_from });
	const accept = (version, document) => does('agreement_accept', { agreement, version, document }, { org }, admin);
	await says(draft(1), 'agreement_draft__conflict');
	await says(draft(3), 'agreement_draft__conflict');
	await says(draft(2, {}, '2020-01-01'), 'agreement_draft__conflict');
	const today = await dayFromNow(0);
	const retention = { ...terms().retention, closed_rooms: 100 };
	await draft(2, { retention });
	await draft(2, { retention, at_end: 'return' }, today);
	const document = rand32();
	await says(accept(2, document), 'agreement_accept__conflict');
	await offer(org, agreement, 2, document);
	await says(accept(2, rand32()), 'agreement_accept__conflict');
	await says(draft(3), 'agreement_draft__conflict');
	await accept(2, document);
	const now = await row(org);
	assert.deepEqual([now.version, now.at_end], [2, 'return']);
	const [{ retention_days }] = await within(db.luotsi_owner, org, async (c) => (await c.query('SELECT retention_days FROM agreement')).rows);
	assert.equal(retention_days, 100);
	await says(draft(2), 'agreement_draft__conflict');
	await draft(3, { at_end: 'delete' });
	await offer(org, agreement, 3, document);
	await accept(3, document);
	assert.deepEqual((await does('agreement_versions', { org, agreement })).map((one) => one.standing), ['agreed', 'holds', 'past']);
	await within(db.luotsi_owner, org, (c) => c.query('UPDATE agreement_version SET holds_from = day_now() WHERE version = 3'));
	await db.luotsi_jobs.query('SELECT agreements_round()');
	assert.deepEqual([(await row(org)).version, (await row(org)).at_end], [3, 'delete']);
});

for (const [what, change] of [['no subject', { subject: '' }], ['an unknown member', { extra: 1 }], ['data that there is not', { data: ['dna'] }], ['no kind of data', { data: [] }],
	['an end before the beginning', { ends: '2025-12-31' }], ['a day that there is not', { begins: '2026-02-30' }], ['a sub-processor without a task', { subprocessors: [{ name: 'A', business_id: '', country: 'FI', task: '' }] }],
	['a wrong business id of one', { subprocessors: [{ name: 'A', business_id: '2077474-1', country: 'FI', task: 'x' }] }], ['no days of keeping', { retention: {} }],
	['half a day of keeping', { retention: { ...terms().retention, audit: 0.5 } }], ['another end', { at_end: 'sell' }], ['training as a word', { training_required: 'yes' }], ['no security', { security: [] }]])
	test(`terms with ${what} are refused`, async () => {
		await assert.rejects(putTemplate({ template: id(), terms: JSON.stringify(terms(change)) }), (e) => e.constraint === 'agreement_template__bad_field' || e.constraint === 'day_read__bad_field');
	});

test('a published template never changes, and its next version is the next', async () => {
	await says(putTemplate(), 'agreement_template_put__conflict');
	const another = id();
	await says(putTemplate({ template: another, version: 2 }), 'agreement_template_put__conflict');
	await putTemplate({ template: another, publish: false });
	await putTemplate({ template: another, publish: false, name: 'Toinen' });
	const { org } = await organisation();
	await says(does('agreement_make', { org, agreement: id(), template: another, version: 1, begins: '2026-01-01' }), 'agreement_make__not_found');
	await putTemplate({ template: another });
	await putTemplate({ template: another, version: 2, publish: false });
});

test('an organisation has one agreement at a time, and none without a business id', async () => {
	const { org } = await organisation();
	await agreementOf(org);
	await says(agreementOf(org), 'agreement_make__conflict');
	const bare = await organisation({ business_id: null });
	await says(agreementOf(bare.org), 'agreement_make__bad_field');
	const city = await organisation({ name: 'Kaupunki' });
	const school = await organisation({ name: 'Koulu', business_id: null, kind: 'school', under: city.org });
	await agreementOf(school.org);
	assert.equal((await row(school.org)).controller_business_id, city.business_id);
});

test('a business id belongs to one organisation and to those under it', async () => {
	const city = await organisation();
	await assert.rejects(does('organisation_put', put({ business_id: city.business_id })), { code: '23505', constraint: 'organisation_business_id__already_here' });
	const unit = await organisation({ business_id: city.business_id, under: city.org });
	await says(does('organisation_put', put({ under: unit.org })), 'organisation_put__conflict');
	await says(does('organisation_put', put({ business_id: '2077474-1' })), 'organisation_put__bad_field');
	await does('organisation_put', { ...city, new: false, name: 'Uusi nimi' });
	const found = await does('organisation_list', { within: city.org, words: null, state: 'none', kind: null, region: null, stuck: null, skip: 0, limit: 10 });
	assert.deepEqual(found.map((one) => [one.name, one.under_name]), [['Kokeilukunta', 'Uusi nimi'], ['Uusi nimi', null]]);
});

test('many take a step together: each has its word, and the dry run says the same and does nothing', async () => {
	const city = await organisation({ name: 'Iso kaupunki' });
	const orgs = [city.org];
	for (const name of ['Koulu A', 'Koulu B']) orgs.push((await organisation({ name, business_id: city.business_id, under: city.org })).org);
	for (const org of orgs.slice(0, 2)) await agreementOf(org);
	await contact(orgs[0], 'rules');
	const many = async (dry) => new Map((await does('agreement_take_many', { orgs: [...orgs, orgs[0]], to: 'signatory_found', note: '', next_by: null, ends_on: null, dry })).map((one) => [one.org, one.outcome]));
	const wanted = new Map([[orgs[0], 'ok'], [orgs[1], 'contact'], [orgs[2], 'no_agreement']]);
	for (const [org, word] of await many(true)) assert.equal(word, wanted.get(org));
	assert.equal((await row(orgs[0])).state, 'contact_found');
	for (const [org, word] of await many(false)) assert.equal(word, wanted.get(org));
	assert.deepEqual([(await row(orgs[0])).state, (await row(orgs[1])).state], ['signatory_found', 'contact_found']);
	await says(does('agreement_take_many', { orgs: [id()], to: 'sent', note: '', next_by: null, ends_on: null, dry: false }), 'organisation_at__not_found');
});

test('an import says what is wrong with each row, dry or not, and makes the others', async () => {
	const [here, city, spare] = [(await organisation()).business_id, businessId(), businessId()];
	const rows = [
		['Tuontikaupunki', city, 'city', 'kainuu', '', 'ok'], ['Tuontikoulu', city, 'school', '', city, 'ok'], ['', spare, 'city', '', '', 'bad_name'],
		['Väärä', '1234567-0', 'city', '', '', 'bad_business_id'], ['Laji', spare, 'planet', '', '', 'bad_kind'], ['Alue', spare, 'city', 'atlantis', '', 'bad_region'],
		['Jo täällä', here, 'city', '', '', 'already_here'], ['Kahdesti', city, 'city', '', '', 'twice'], ['Orpo', spare, 'school', '', '0944845-0', 'no_parent']];
	const column = (n) => rows.map((one) => one[n]);
	const bring = async (dry) => (await does('organisation_import', { names: column(0), business_ids: column(1), kinds: column(2), regions: column(3), unders: column(4), dry })).map((one) => one.outcome);
	assert.deepEqual(await bring(true), column(5));
	assert.deepEqual(await bring(true), column(5), 'nothing was made');
	assert.deepEqual(await bring(false), column(5));
	assert.deepEqual((await bring(false)).slice(0, 2), ['already_here', 'already_here'], 'again: nothing twice');
});

test('the dry run of an import judges every row as the real one does, whatever comes twice or too late', async () => {
	const ids = Array.from({ length: 4 }, businessId), pick = (list) => list[Math.floor(Math.random() * list.length)];
	for (let n = 0; n < 12; n++) {
		const rows = Array.from({ length: 12 }, () => ({ name: pick(['Lukio', 'Lukio ', 'Kaupunki', '']), id: pick([...ids, '1234567-0']), kind: pick(['city', 'school', 'city', 'planet']), under: pick(['', '', ...ids]) }));
		const bring = async (dry) => (await does('organisation_import', { names: rows.map((one) => one.name), business_ids: rows.map((one) => one.id), kinds: rows.map((one) => one.kind),
			regions: rows.map(() => ''), unders: rows.map((one) => one.under), dry })).map((one) => one.outcome);
		const [first, second] = [await bring(true), await bring(true)];
		assert.deepEqual(second, first, 'nothing was made');
		assert.deepEqual(await bring(false), first, JSON.stringify(rows));
	}
});

test('what is stuck is counted by state, region and kind', async () => {
	const { org } = await organisation({ region: 'ahvenanmaa', kind: 'association' });
	await agreementOf(org);
	await within(db.luotsi_owner, org, (c) => c.query("UPDATE agreement SET since = now() - interval '40 days'"));
	const [found] = (await does('organisation_stuck')).filter((one) => one.region === 'ahvenanmaa' && one.kind === 'association' && one.state === 'contact_found');
	assert.deepEqual([found.n, found.days_median, found.days_most], [1, 40, 40]);
	const stuck = (days) => does('organisation_list', { within: org, words: null, state: null, kind: null, region: null, stuck: days, skip: 0, limit: 10 });
	assert.deepEqual([(await stuck(30)).length, (await stuck(60)).length], [1, 0]);
});

test('only staff of one\'s own can have had the training', async () => {
	const { org, admin } = await goesLive();
	const own = { org };
	const client = await makeAccount(db.luotsi_owner, own), colleague = await makeAccount(db.luotsi_owner, own, 'counsellor');
	const put = (accounts, days) => does('training_put', { accounts, days }, own, admin).then((rows) => rows[0].n);
	assert.equal(await put([client, colleague, operator, id()], Array(4).fill('2026-03-01')), 1);
	assert.deepEqual((await ask(db.luotsi_app, org, 'training_list', {})).map((one) => [one.account, one.passed_on]), [[colleague, '2026-03-01']]);
	await says(put([colleague], ['2099-01-01']), 'training_put__bad_field');
	await says(put([colleague], ['eilen']), 'day_read__bad_field');
});

test('workers write none of it past the functions', async () => {
	const { org } = await goesLive();
	for (const sql of ['INSERT INTO agreement_rule VALUES (\'ended\', \'write\')', 'UPDATE agreement_transition SET needs = \'{}\'', 'DELETE FROM agreement_history',
		'UPDATE agreement_version SET accepted_at = now()', 'SELECT terms FROM agreement_version', 'SELECT * FROM contact', 'SELECT * FROM agreement_template',
		'INSERT INTO training (account, passed_on, by) VALUES (gen_random_uuid(), now(), gen_random_uuid())', 'SELECT agreement_step(NULL, \'service\', NULL, NULL, \'live\', \'\', NULL, NULL, false)',
		"SELECT organisation_at(gen_random_uuid(), NULL)", 'SELECT succession_round(1)'])
		await refused(within(db.luotsi_app, org, (c) => c.query(sql)), '42501', assert);
});

test('another processor: every agreement, every room, both audit trails; interrupted anywhere, the same end', async () => {
	const worlds = [await goesLive({ name: 'Eka' }), await goesLive({ name: 'Toka' }), await goesLive({ name: 'Kolmas' })];
	const young = await organisation({ name: 'Nuori' });
	const draft = await agreementOf(young.org);
	await contact(young.org, 'rules');
	await take(young.org, draft, 'signatory_found');
	await offer(young.org, draft, 1);
	const room = await makeRoom(db.luotsi_owner, worlds[0]);
	const seen = await does('succession_list', { succession: null, skip: 0, limit: 10_000 });
	assert.equal(seen.find((one) => one.agreement === worlds[0].agreement).rooms, 1);
	assert.ok(!seen.some((one) => one.state === 'ended'));
	const succession = id();
	const begin = (change = {}) => does('succession_begin', { succession, to_name: 'KEHA-keskus (koe)', to_business_id: '2296962-1', holds_from: '2099-06-01', note: 'Laki muuttui', ...change });
	await says(begin({ holds_from: '2020-01-01' }), 'succession_begin__bad_field');
	await assert.rejects(begin({ to_business_id: '2077474-1' }), { constraint: 'succession_business_id__bad_field' });
	assert.equal((await begin())[0].items, seen.length);
	await says(begin({ succession: id() }), 'succession_begin__conflict');

	// The jobs process dies in the middle of a round, again and again: by its backend being ended, and by a rollback.
	const dying = await connect('luotsi_jobs');
	dying.on('error', () => undefined);
	const pid = dying.processID;
	await dying.query('BEGIN');
	await dying.query('SELECT succession_round(2)');
	const superuser = await connect('postgres').catch(() => null);
	if (superuser) {
		await superuser.query('SELECT pg_terminate_backend($1)', [pid]);
		await superuser.end();
	} else await dying.query('ROLLBACK');
	await dying.end().catch(() => undefined);
	let rounds = 0;
	for (let n = 1; n > 0 && rounds < 10_000; rounds++) {
		await db.luotsi_jobs.query('BEGIN');
		({ rows: [{ n }] } = await db.luotsi_jobs.query('SELECT succession_round(2) AS n'));
		await db.luotsi_jobs.query(rounds % 3 === 1 ? 'ROLLBACK' : 'COMMIT');
		if (rounds % 3 === 1) n = 1;
	}
	const [told] = (await does('succession_get')).filter((one) => one.succession === succession);
	assert.deepEqual([told.items, told.done, told.done_at !== null], [seen.length, seen.length, true]);
	for (const { org, agreement } of worlds) {
		const versions = await does('agreement_versions', { org, agreement });
		assert.deepEqual(versions.map((one) => [one.version, one.standing, one.processor]), [[2, 'agreed', 'KEHA-keskus (koe)'], [1, 'holds', null]]);
		assert.equal((await audited(org, 'succession_take')).length, 1);
		assert.equal((await does('agreement_past', { org, agreement }))[0].note, 'Laki muuttui');
	}
	assert.equal((await audited(office.org, 'succession_take')).filter((one) => worlds.some(({ agreement }) => agreement === one.object)).length, 3);
	assert.equal((await audited(office.org, 'succession_done')).length, 1);
	assert.deepEqual((await does('agreement_versions', { org: young.org, agreement: draft })).map((one) => one.standing), ['draft'], 'what was offered named the old one');
	assert.equal((await row(young.org)).processor, 'KEHA-keskus (koe)');

	const card = async () => (await ask(db.luotsi_app, worlds[0].org, 'room_agreement', { room: room.room, language: 'fi' }))[0];
	assert.deepEqual([(await card()).processor, (await card()).processor_next, (await card()).processor_next_from], ['Palvelukeskus', 'KEHA-keskus (koe)', '2099-06-01']);
	await within(db.luotsi_owner, worlds[0].org, (c) => c.query('UPDATE agreement_version SET holds_from = day_now() WHERE version = 2'));
	await db.luotsi_jobs.query('SELECT agreements_round()');
	const now = await card();
	assert.deepEqual([now.processor, now.processor_before, now.processor_since, now.processor_next], ['KEHA-keskus (koe)', 'Palvelukeskus', await dayFromNow(0), null]);
});
