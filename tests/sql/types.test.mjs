// Every statement fits the schema: PostgreSQL's own types of inputs and columns are those declared.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { connect, describe, statements } from './lib.mjs';

const oids = {
	bool: 16, bytea: 17, int8: 20, int2: 21, int4: 23, text: 25, timestamptz: 1184, uuid: 2950, jsonb: 3802,
	'bool[]': 1000, 'bytea[]': 1001, 'int2[]': 1005, 'int4[]': 1007, 'text[]': 1009, 'int8[]': 1016,
	'timestamptz[]': 1185, 'uuid[]': 2951, 'jsonb[]': 3807 };
let app, units;
before(async () => { [app, units] = [await connect('luotsi_app'), await connect('luotsi_app', 'luotsi_units')]; });
after(() => Promise.all([app.end(), units.end()]));

for (const s of statements) {
	test(`${s.name} has the declared types`, async () => {
		const declared = s.in.map((f) => oids[f.type + (s.batch ? '[]' : '')]);
		const { params, fields } = await describe(s.lane === 'unit' ? units : app, s.sql, declared);
		assert.deepEqual(params, declared);
		assert.deepEqual(fields.map((f) => [f.name, f.dataTypeID]), s.out.map((f) => [f.name, oids[f.type]]));
	});
}

test('a statement that does not fit is refused', async () => {
	await assert.rejects(describe(app, 'SELECT no_such_column FROM room', []), { code: '42703' });
});
