// The library: what one organisation sees of another's, drafts and versions, finding by word forms, what comes with Luotsi.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { ask, connect, hex, id, makeAccount, makeOrg, refused, root, within } from './lib.mjs';

const db = {};
let here, there, staff, stranger;
before(async () => {
	for (const role of ['luotsi_owner', 'luotsi_app']) db[role] = await connect(role);
	[here, there] = [await makeOrg(db.luotsi_owner), await makeOrg(db.luotsi_owner)];
	staff = await makeAccount(db.luotsi_owner, here, 'counsellor');
	stranger = await makeAccount(db.luotsi_owner, there, 'counsellor');
});
after(() => Promise.all(Object.values(db).map((c) => c.end())));

const body = (template, version, change = {}) => JSON.stringify({
	format: 'luotsi-template/1', id: hex(template), version, kind: 'assignment', languages: ['fi'], topics: ['work'],
	title: { fi: 'Kokeilu' }, description: { fi: 'Lyhyt kuvaus' }, fields: [{ id: 'a', kind: 'long', label: { fi: 'Kysymys' } }], ...change });
const put = (org, template, edits, text, change = {}) =>
	ask(db.luotsi_app, org.org, 'template_draft_put', { template, edits, body: text, copy_of: null, most: 1000, ...change }).then((rows) => rows[0].edits);
const publish = (org, template, edits, account = staff) =>
	ask(db.luotsi_app, org.org, 'template_publish', { template, edits, note: 'muutos', account }).then((rows) => rows[0].version);
const settle = (org, template, change) =>
	ask(db.luotsi_app, org.org, 'template_settle', { template, shared: null, withdrawn: null, account: staff, ...change }).then((rows) => rows[0].outcome);
const list = (org, change = {}, client = db.luotsi_app) => ask(client, org?.org ?? null, 'template_list', {
	words: null, topic: null, language: null, kind: null, scope: 'all', template: null, reader: 'fi', account: staff, skip: 0, limit: 50, ...change });
const card = async (org, template) => (await list(org, { template, scope: 'any' }))[0];
const text = (org, template, version = null) => ask(db.luotsi_app, org.org, 'template_body', { template, version }).then((rows) => rows[0]?.body);
const says = (promise, name) => assert.rejects(promise, (e) => e.code === 'LU000' && e.constraint === name);

const published = async (org = here, change = {}) => {
	const template = id();
	const edits = await put(org, template, 0, body(template, 1, change));
	await publish(org, template, edits);
	return template;
};
const shared = async (org = here, change = {}) => {
	const template = await published(org, change);
	assert.equal(await settle(org, template, { shared: true }), 'ok');
	return template;
};

test('a draft becomes a version, and the version never changes', async () => {
	const template = id();
	assert.equal(await put(here, template, 0, body(template, 1)), 1);
	assert.equal((await card(here, template)).state, 'draft');
	assert.equal(await text(here, template), undefined);
	assert.equal(await put(here, template, 1, body(template, 1, { title: { fi: 'Toinen' } })), 2);
	assert.equal(await publish(here, template, 2), 1);
	assert.equal(await put(here, template, 3, body(template, 2, { title: { fi: 'Kolmas' } })), 4);
	assert.equal((await card(here, template)).title, 'Toinen', 'the list shows what is published');
	assert.equal(await publish(here, template, 4), 2);
	assert.deepEqual([JSON.parse(await text(here, template, 1)).title.fi, JSON.parse(await text(here, template)).title.fi], ['Toinen', 'Kolmas']);
	for (const sql of ["UPDATE template_version SET body = '{}'", 'DELETE FROM template_version'])
		await refused(within(db.luotsi_app, here.org, () => db.luotsi_app.query(sql)), '42501', assert);
});

test('who saves or publishes over what they have not seen is refused', async () => {
	const template = id();
	await put(here, template, 0, body(template, 1));
	await put(here, template, 1, body(template, 1));
	await says(put(here, template, 1, body(template, 1, { title: { fi: 'Muu' } })), 'template_edits__conflict');
	await says(publish(here, template, 1), 'template_edits__conflict');
	await assert.rejects(put(here, template, 0, body(template, 1)), { code: '23505' });
	await publish(here, template, 2);
	await says(publish(here, template, 3), 'template_draft__conflict');
});

test('a save whose answer was lost is sent again and is that save', async () => {
	const template = id();
	assert.equal(await put(here, template, 0, body(template, 1)), 1);
	assert.equal(await put(here, template, 0, body(template, 1)), 1);
	const second = body(template, 1, { title: { fi: 'Toinen' } });
	assert.equal(await put(here, template, 1, second), 2);
	assert.equal(await put(here, template, 1, second), 2);
	await says(put(here, template, 1, body(template, 1, { title: { fi: 'Muu' } })), 'template_edits__conflict');
	await assert.rejects(put(here, template, 0, second), { code: '23505' });
});

test('dropping the draft of a template that was never published leaves nothing behind', async () => {
	const template = id();
	await put(here, template, 0, body(template, 1));
	assert.equal((await ask(db.luotsi_app, here.org, 'template_draft_drop', { template, edits: 1 }))[0].edits, 0);
	const left = await within(db.luotsi_owner, here.org, async (c) =>
		(await c.query('SELECT FROM template WHERE template = $1 UNION ALL SELECT FROM template_draft WHERE template = $1', [template])).rows.length);
	assert.equal(left, 0);
	assert.equal(await put(here, template, 0, body(template, 1)), 1, 'and it can be saved again');
});

test('dropping a draft of a published template keeps the template', async () => {
	const template = await published();
	const edits = await put(here, template, 2, body(template, 2));
	assert.equal((await card(here, template)).drafted, true);
	assert.equal((await ask(db.luotsi_app, here.org, 'template_draft_drop', { template, edits }))[0].edits, 4);
	const [now] = await list(here, { template, scope: 'any' });
	assert.deepEqual([now.state, now.version, now.drafted], ['published', 1, false]);
});

for (const [what, change] of [
	['no format', { format: undefined }], ['another format', { format: 'luotsi-template/2' }], ['another id', { id: '0'.repeat(32) }],
	['a version that is not the next', { version: 2 }], ['a version as text', { version: '1' }], ['an unknown kind', { kind: 'test' }],
	['no language', { languages: [] }], ['an unknown language', { languages: ['de'] }], ['a language twice', { languages: ['fi', 'fi'] }],
	['languages that are no list', { languages: 'fi' }],
	['a topic that there is not', { topics: ['politics'] }], ['a title that is no object', { title: 'Kokeilu' }],
	['a title that is a list', { title: ['Kokeilu'] }], ['a title of objects', { title: { fi: { a: 'x' } } }], ['a long title', { title: { fi: 'x'.repeat(601) } }],
	['no title at all', { title: undefined }], ['too many fields', { fields: Array(61).fill({}) }], ['fields that are no list', { fields: {} }]]) {
	test(`a body with ${what} is refused`, async () => {
		const template = id();
		await says(put(here, template, 0, body(template, 1, change)), 'template_body__bad_field');
		assert.deepEqual(await list(here, { template, scope: 'any' }), []);
	});
}

for (const [what, change] of [
	['a language without a title', { languages: ['fi', 'sv'] }], ['an empty description', { description: { fi: ' ' } }], ['no fields', { fields: [] }]])
	test(`a draft with ${what} is kept and not published`, async () => {
		const template = id();
		assert.equal(await put(here, template, 0, body(template, 1, change)), 1);
		await says(publish(here, template, 1), 'template_whole__bad_field');
		assert.ok((await ask(db.luotsi_app, here.org, 'template_draft', { template }))[0].body, 'it is still there');
	});

test('an organisation has a ceiling', async () => {
	const org = await makeOrg(db.luotsi_owner);
	const [a, b] = [id(), id()];
	await put(org, a, 0, body(a, 1), { most: 1 });
	await says(put(org, b, 0, body(b, 1), { most: 1 }), 'template_most__quota');
	assert.equal(await put(org, a, 1, body(a, 1), { most: 1 }), 2, 'what there is can still be saved');
});

test('another organisation sees nothing of what is not shared, and nothing without being one', async () => {
	const template = await published();
	await put(here, template, 2, body(template, 2, { title: { fi: 'Salainen luonnos' } }));
	for (const org of [there, null]) {
		assert.deepEqual(await list(org, { template, scope: 'any' }), []);
		assert.deepEqual((await list(org)).filter((row) => row.template === template), []);
		assert.equal(await text(org ?? { org: null }, template), undefined);
	}
	assert.deepEqual(await ask(db.luotsi_app, there.org, 'template_draft', { template }), []);
	assert.deepEqual(await ask(db.luotsi_app, there.org, 'template_versions', { template, before: null, limit: 9 }), []);
	assert.equal((await ask(db.luotsi_app, there.org, 'template_thank', { template, account: stranger, thanks: true }))[0].thanks, null);
	assert.equal((await ask(db.luotsi_app, there.org, 'template_used', { template }))[0].known, false);
});

test('a shared one is read by others with its versions, never with its draft', async () => {
	const template = await shared();
	await put(here, template, 2, body(template, 2, { title: { fi: 'Salainen luonnos' } }));
	const seen = await card(there, template);
	assert.deepEqual([seen.own, seen.shared, seen.author, seen.title, seen.drafted, Number(seen.edits)], [false, true, 'Testikunta', 'Kokeilu', false, 0]);
	assert.equal(JSON.parse(await text(there, template)).title.fi, 'Kokeilu');
	assert.equal((await ask(db.luotsi_app, there.org, 'template_versions', { template, before: null, limit: 9 }))[0].note, 'muutos');
	assert.deepEqual(await ask(db.luotsi_app, there.org, 'template_draft', { template }), []);
	const rows = await within(db.luotsi_app, there.org, async (c) => (await c.query('SELECT FROM template_draft')).rows.length);
	assert.equal(rows, 0);
});

test('others cannot write what is shared with them', async () => {
	const template = await shared();
	for (const write of [() => put(there, template, 2, body(template, 2)), () => publish(there, template, 2), () => ask(db.luotsi_app, there.org, 'template_draft_drop', { template, edits: 2 })])
		await says(write(), 'template_own__not_found');
	assert.equal(await settle(there, template, { withdrawn: true }), 'not_found');
	const changed = await within(db.luotsi_app, there.org, async (c) =>
		[(await c.query("UPDATE template SET title = '{}'")).rowCount, (await c.query('DELETE FROM template')).rowCount]);
	assert.deepEqual(changed, [0, 0]);
	await assert.rejects(within(db.luotsi_app, there.org, (c) => c.query('INSERT INTO template_version (org, template, version, body, note) VALUES ($1, $2, 9, $3, $4)', [here.org, template, '{}', ''])), { code: '42501' });
	await refused(within(db.luotsi_app, here.org, (c) => c.query('UPDATE template SET thanks = 9, barred = false')), '42501', assert);
});

test('no longer shared, withdrawn or taken out by the operator, it is gone for others and its organisation keeps it', async () => {
	const operators = await makeOrg(db.luotsi_owner), operator = await makeAccount(db.luotsi_owner, operators, 'operator');
	const curate = (template, barred) => ask(db.luotsi_app, operators.org, 'template_curate', { template, barred, account: operator }).then((rows) => rows[0].known);
	for (const [out, back] of [
		[(t) => settle(here, t, { shared: false }), (t) => settle(here, t, { shared: true })],
		[(t) => settle(here, t, { withdrawn: true }), (t) => settle(here, t, { withdrawn: false })],
		[(t) => curate(t, true), (t) => curate(t, false)]]) {
		const template = await shared();
		assert.ok(await card(there, template));
		await out(template);
		assert.equal(await card(there, template), undefined);
		assert.equal(await text(there, template), undefined);
		assert.ok(await card(here, template));
		await back(template);
		assert.ok(await card(there, template));
	}
	const template = await shared();
	await curate(template, true);
	assert.equal(await settle(here, template, { shared: true }), 'forbidden');
	const barred = () => ask(db.luotsi_app, operators.org, 'template_barred', { reader: 'fi', skip: 0, limit: 50 });
	const [row] = (await barred()).filter((one) => one.template === template);
	assert.deepEqual([row.title, row.author, row.own, row.barred, Number(row.edits), row.drafted], ['Kokeilu', 'Testikunta', false, true, 0, false]);
	await settle(here, template, { withdrawn: true });
	assert.equal(await curate(template, false), true, 'also one that was withdrawn meanwhile');
	assert.deepEqual((await barred()).filter((one) => one.template === template), []);
	await curate(template, true);
	assert.equal(await curate(await published(), true), false, 'what is not shared is none of the operator\'s');
	const audited = await within(db.luotsi_owner, operators.org, async (c) => (await c.query("SELECT FROM audit WHERE action = 'template_curate' AND object = $1", [template])).rows.length);
	assert.equal(audited, 3);
});

test('an id of what comes with Luotsi, now or later, is nobody else\'s', async () => {
	for (const taken of ['6c756f74-7369-0000-0000-000000000001', '6c756f74-7369-0000-0000-0000000000fe', '6c756f74-7369-0000-0000-ffffffffffff']) {
		await seed();
		await assert.rejects(put(here, taken, 0, body(taken, 1)), { code: '23514', constraint: 'template_id__conflict' });
	}
	const near = '6c756f74-7369-0000-0001-000000000001';
	await put(here, near, 0, body(near, 1));
	const later = JSON.stringify({ ...JSON.parse(seeds[0][1]), id: '6c756f747369000000000000000000fe', version: 1 });
	assert.deepEqual(await seed([['', later]]), [true]);
});

test('what was never published is neither shared nor withdrawn', async () => {
	const template = id();
	await put(here, template, 0, body(template, 1));
	assert.equal(await settle(here, template, { shared: true }), 'conflict');
	assert.equal(await settle(here, template, { withdrawn: true }), 'conflict');
});

test('one thanks a person, across organisations, and it can be taken back', async () => {
	const template = await shared();
	const thank = (org, account, thanks = true) => ask(db.luotsi_app, org.org, 'template_thank', { template, account, thanks }).then((rows) => Number(rows[0].thanks));
	assert.deepEqual([await thank(there, stranger), await thank(there, stranger), await thank(here, staff)], [1, 1, 2]);
	assert.deepEqual([(await card(here, template)).thanked, (await list(there, { template, scope: 'any', account: stranger }))[0].thanked], [true, true]);
	assert.deepEqual([await thank(there, stranger, false), await thank(there, stranger, false)], [1, 1]);
	const seen = await within(db.luotsi_app, there.org, async (c) => (await c.query('SELECT account FROM template_thanks WHERE template = $1', [template])).rows.length);
	assert.equal(seen, 0, 'nobody reads who thanked elsewhere');
});

test('uses are counted where the template lives, and nothing says by whom', async () => {
	const template = await shared();
	for (const org of [there, there, here]) await ask(db.luotsi_app, org.org, 'template_used', { template });
	assert.equal(Number((await card(here, template)).uses), 3);
});

test('the organisation of the transaction is the same after another one\'s row was counted', async () => {
	const template = await shared();
	await within(db.luotsi_app, there.org, async (c) => {
		await c.query('SELECT template_used($1), template_thank($1, $2, true)', [template, stranger]);
		assert.equal((await c.query('SELECT luotsi_org() AS org')).rows[0].org, there.org);
	});
});

test('a copy says whose it was', async () => {
	const template = await shared(), copy = id();
	await put(there, copy, 0, body(copy, 1), { copy_of: template });
	assert.equal((await card(there, copy)).after, 'Testikunta');
	const stolen = id();
	await put(there, stolen, 0, body(stolen, 1), { copy_of: await published() });
	assert.equal((await card(there, stolen)).after, null, 'what cannot be seen is not named');
});

test('lists by topic, language, kind and scope, a page at a time', async () => {
	const org = await makeOrg(db.luotsi_owner);
	const work = await published(org, { topics: ['work'] });
	const meter = await published(org, { topics: ['health', 'studies'], kind: 'meter', languages: ['fi', 'en'], title: { fi: 'Mittari', en: 'Meter' }, description: { fi: 'Kuvaus', en: 'Text' } });
	const draft = id();
	await put(org, draft, 0, body(draft, 1));
	const own = async (change) => (await list(org, { scope: 'own', ...change })).map((row) => row.template).sort();
	assert.deepEqual(await own({ topic: 'studies' }), [meter]);
	assert.deepEqual(await own({ language: 'en' }), [meter]);
	assert.deepEqual(await own({ kind: 'assignment' }), [work, draft].sort());
	assert.deepEqual(await own({ scope: 'drafts' }), [draft]);
	assert.equal((await list(org, { template: meter, scope: 'any', reader: 'en' }))[0].title, 'Meter');
	assert.equal((await list(org, { template: meter, scope: 'any', reader: 'sv' }))[0].title, 'Mittari', 'else its first language');
	const pages = [await own({ limit: 2 }), await own({ skip: 2, limit: 2 })].flat().sort();
	assert.deepEqual(pages, [work, meter, draft].sort());
	assert.deepEqual((await list(org, { scope: 'all' })).filter((row) => row.own).map((row) => row.template).sort(), [work, meter].sort());
});

const seeds = readdirSync(join(root, 'db', 'templates')).map((name) => [name, readFileSync(join(root, 'db', 'templates', name), 'utf8')]);
const seed = async (all = seeds) => {
	const put = [];
	for (const [, seed] of all) put.push((await db.luotsi_owner.query('SELECT template_seed($1) AS put', [seed])).rows[0].put);
	return put;
};

test('what comes with Luotsi is put in once, is shared, and a newer version replaces it', async () => {
	await seed();
	assert.deepEqual(await seed(), seeds.map(() => false));
	const [, first] = seeds[0];
	const { id: uuid } = JSON.parse(first);
	const seen = await list(there, { scope: 'shared' });
	assert.ok(seen.filter((row) => row.author === 'Luotsi').length >= 13);
	assert.ok(seen.every((row) => !row.own || row.author !== 'Luotsi'));
	assert.deepEqual(JSON.parse(await text(there, uuid)), JSON.parse(first));
	const later = JSON.stringify({ ...JSON.parse(first), version: 2 });
	assert.deepEqual(await seed([['', later]]), [true]);
	assert.equal((await card(there, uuid)).version, 2);
	assert.ok(await text(there, uuid, 1), 'the former one is kept');
	await assert.rejects(seed([['', JSON.stringify({ ...JSON.parse(first), version: 3, topics: ['no such'] })]]), { code: 'LU000' });
	await refused(db.luotsi_app.query('SELECT template_seed($1)', [first]), '42501', assert);
});

for (const [reader, words, title] of [
	['fi', 'viikko', 'Minun viikkoni'], ['fi', 'viikkoa', 'Minun viikkoni'], ['fi', 'viikossa', 'Minun viikkoni'], ['fi', 'vahvuuksia', 'Minun vahvuuteni'],
	['fi', 'unelmista', 'Kolme unelmaa ja ensimmäinen askel'], ['fi', 'uni', 'Uni ja päivärytmi'], ['fi', 'unen', 'Uni ja päivärytmi'],
	['fi', 'rahasta', 'Rahani tässä kuussa'], ['fi', 'haastatteluun', 'Ennen työhaastattelua'], ['fi', 'haku', 'Työnhakusuunnitelma'],
	['fi', 'huolia', 'Mikä minua nyt huolettaa'], ['fi', 'vaihtoehdoista', 'Opiskeluvaihtoehdot rinnakkain'], ['fi', 'opiskelu', 'Opiskeluvaihtoehdot rinnakkain'], ['fi', 'VERKOSTO', 'Minun verkostoni'],
	['sv', 'drömmar', 'Tre drömmar och det första steget'], ['sv', 'drömmen', 'Tre drömmar och det första steget'], ['sv', 'pengarna', 'Mina pengar den här månaden'],
	['sv', 'nätverket', 'Mitt nätverk'], ['en', 'sleeping', 'Sleep and rhythm'], ['en', 'interviews', 'Before a job interview'], ['en', 'strength', 'My strengths']]) {
	test(`"${words}" finds "${title}" among the first three`, async () => {
		await seed();
		const found = (await list(there, { words, reader, scope: 'shared' })).filter((row) => row.author === 'Luotsi').slice(0, 3).map((row) => row.title);
		assert.ok(found.includes(title), found.join(', '));
	});
}

for (const words of ['zzyzx', '&|!:*', "'; DROP TABLE template; --", '%', '_', 'ja', '   ', '\\'])
	test(`looking for ${JSON.stringify(words)} breaks nothing`, async () => {
		await seed();
		assert.ok(Array.isArray(await list(there, { words, scope: 'shared' })));
	});

test('what nobody wrote is not found', async () => {
	await seed();
	assert.deepEqual(await list(there, { words: 'kvanttikromodynamiikka' }), []);
});
