// Databases in which something of everything waits for the jobs process, and what there is in them in the end, but for times and for what is
// drawn at random. Each run gets copies of the same two. Loaded as it is, with SQL_SOCKETS.

import { openErasable } from '../../sql/erasable.mjs';
import { ask, connect, hash, id, inDatabases, makeAccount, makeOrg, makeRoom, post, envelope, rand32, ruleHolds, terms, unitsDatabase, within } from '../../sql/lib.mjs';

/** Room is reserved for one more file. */
const begun = (made, org) => made.sql(org, 'INSERT INTO file_use (used) VALUES (16472) ON CONFLICT (org) DO UPDATE SET used = file_use.used + 16472');

/** Wraps and the key of a file from before there were units; the job makes the units' keys. */
const plain = async (made, org) => {
	const room = await makeRoom(made.owner, org);
	await made.epoch(org, room, 1);
	await made.sql(org, 'UPDATE wrap SET wrap = $2 WHERE room = $1', [room.room, Buffer.alloc(113)]);
	for (const [keyset, rid] of [[0, room.staff.account], [1, room.staff.account]])
		await made.sql(org, 'INSERT INTO wrap (room, entry, keyset, epoch, rtype, rid, rkid, wrap) VALUES ($1, 0, $2, 1, 1, $3, $4, $5)', [room.room, keyset, rid, rand32(), Buffer.alloc(113, 9)]);
	const root = await connect('postgres', unitsDatabase);
	await root.query('DELETE FROM unit_key WHERE unit = $1', [room.room]);
	await root.end();
	const file = id();
	await made.sql(org, 'INSERT INTO file (file, room, account, cipher_size) VALUES ($1, $2, $3, 16472)', [file, room.room, room.client.account]);
	await made.sql(org, 'INSERT INTO file_seal (file, epoch, key) VALUES ($1, 1, $2)', [file, Buffer.alloc(104, 7)]);
	await begun(made, org);
	return { room, file };
};

/** Files that nobody goes on sending: with a part, and without. */
const leftovers = async (made, org, room) => {
	for (const parts of [0, 1]) {
		const file = id();
		await made.sql(org, "INSERT INTO file (file, room, account, cipher_size, begun_at) VALUES ($1, $2, $3, 16472, now() - interval '30 days')", [file, room.room, room.client.account]);
		await made.sql(org, 'INSERT INTO file_seal (file, epoch, key) VALUES ($1, 1, $2)', [file, Buffer.alloc(133)]);
		await begun(made, org);
		if (parts === 0) continue;
		await made.sql(org, "INSERT INTO file_part (file, n, digest, bytes, at) VALUES ($1, 0, $2, $3, now() - interval '20 days')", [file, rand32(), Buffer.alloc(16472)]);
	}
};

/** What goes by rules: of a room that is closed, of one that goes on, of a person who was not seen for long. */
const rules = async (made, org) => {
	for (const kind of ['message', 'assignment', 'note', 'file'])
		await ask(made.app, org.org, 'retention_rule_put', { actor: id(), kind, version: 0, days: 40 });
	await ruleHolds(made.owner, org);
	await made.closed(org, 500);
	await made.goingOn(org, 50);
	const unseen = await makeAccount(made.owner, org);
	await made.sql(org, `INSERT INTO account_identity (account, key_version, blind_index, code, country, provider, acr, identified_at)
		VALUES ($1, 1, $2, $3, 'FI', 'bank', 'loa2', now() - interval '457 days')`, [unseen, rand32(), Buffer.alloc(60)]);
	await made.sql(org, 'INSERT INTO self_keys (account, version, unlockers, list_mac, keys) VALUES ($1, 1, $2, $3, $4)', [unseen, [Buffer.alloc(100)], rand32(), rand32()]);
};

/** A person who asked that everything of theirs be erased, and whose days of grace are over. */
const request = async (made, org) => {
	const room = await makeRoom(made.owner, org), request = id(), text = Buffer.alloc(60);
	await made.epoch(org, room, 1);
	await made.say(org, room, room.client, 1, 1);
	await ask(made.app, org.org, 'rights_ask', { account: room.client.account, request, kind: 'erasure', room: null, note: id(), text, most: 9 });
	await ask(made.app, org.org, 'request_erase', { actor: id(), request, on: true, note: id(), text });
	await made.sql(org, "UPDATE subject_request SET erase_from = now() - interval '1 hour'");
	const root = await connect('postgres');
	await root.query(`CREATE FUNCTION account_at_once() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.account_from := now() - interval '1 minute'; RETURN NEW; END $$;
		CREATE TRIGGER account_at_once BEFORE UPDATE ON subject_request FOR EACH ROW WHEN (NEW.account_from IS NOT NULL AND OLD.account_from IS NULL) EXECUTE FUNCTION account_at_once()`);
	await root.end();
};

/** An agreement that has ended: what of it is deleted at once, or was returned. */
const over = async (made, what) => {
	const org = await makeOrg(made.owner), room = await makeRoom(made.owner, org);
	await made.epoch(org, room, 1);
	await post(made.app, org.org, [envelope(room, room.client)]);
	await made.fileSent(org, room, room.staff);
	const admin = await makeAccount(made.owner, org, 'admin');
	await made.sql(org, "UPDATE agreement SET state = 'ended', ended_at = now(), at_end = $1", [what]);
	await made.sql(org, 'INSERT INTO agreement_due (agreement, what, ended_at, due_on) VALUES ($1, $2, now(), day_now() - 1)', [org.agreement, what]);
	if (what === 'return') await ask(made.app, org.org, 'handover_receipt', { actor: admin, agreement: org.agreement, receipt: rand32() });
};

/**
 * Another processor, for agreements in several states; one of them has ended by its day before that. Gives those of which many can take a
 * step at once, and who does it, signed in with that token.
 */
const offices = async (made, token) => {
	const office = await makeOrg(made.owner), operator = await makeAccount(made.owner, office, 'operator'), orgs = [];
	for (const state of ['live', 'live', 'sent', 'ending']) {
		const org = await makeOrg(made.owner);
		await made.sql(org, `INSERT INTO agreement_version (agreement, version, language, terms, holds_from, made_by, accepted_at, document)
			VALUES ($1, 1, 'fi', $2, '2026-01-01', $3, now(), $4)`, [org.agreement, terms(), id(), rand32()]);
		await made.sql(org, "UPDATE agreement SET version = 1, state = $1, ends_on = CASE WHEN $1 = 'ending' THEN day_now() - 1 END", [state]);
		if (state !== 'ending') orgs.push(org.org);
	}
	await within(made.app, office.org, () => made.app.query("SELECT succession_begin($1, $2, 'KEHA (koe)', '2296962-1', '2099-06-01', 'Laki')", [operator, id()]));
	await made.sql(office, `INSERT INTO session (session, token_hash, account, method, fresh_until, expires_at)
		VALUES ($1, $2, $3, 'passkey', now() + interval '9 days', now() + interval '9 days')`, [id(), hash(token), operator]);
	return orgs;
};

/** people: rows of account_identity under the keys before the newest, by the organisation's bytes. token: of an operator's session. */
export const makeWorld = (databases, people, token) => inDatabases(databases, () => fill(people, token));

async function fill(people, token) {
	const made = await openErasable(), org = await makeOrg(made.owner);
	const { room, file } = await plain(made, org);
	await leftovers(made, org, room);
	await rules(made, org);
	await request(made, org);
	await over(made, 'delete');
	await over(made, 'return');
	const orgs = await offices(made, token);
	for (const { version, index, code, given, family } of people(Buffer.from(org.org.replaceAll('-', ''), 'hex'))) {
		const account = await makeAccount(made.owner, org);
		await made.sql(org, `INSERT INTO account_identity (account, key_version, blind_index, code, given_name, family_name, country, provider, acr, identified_at)
			VALUES ($1, $2, $3, $4, $5, $6, 'FI', 'bank', 'loa2', now())`, [account, version, index, code, given, family]);
	}
	await made.end();
	return { org: org.org, room: room.room, file, orgs };
}

/** What is still to be done, in words; under the keys of that version everybody is in the end. */
export const remaining = `SELECT what FROM (
	SELECT 'an erasure' AS what, EXISTS (SELECT FROM erasure e WHERE e.done_at IS NULL OR e.certificate IS NULL) AS is
	UNION ALL SELECT 'a request', EXISTS (SELECT FROM subject_request q WHERE q.state <> 'done')
	UNION ALL SELECT 'an end', EXISTS (SELECT FROM agreement_due d WHERE d.due_on < day_now() AND d.done_at IS NULL)
	UNION ALL SELECT 'an agreement', EXISTS (SELECT FROM agreement a WHERE a.state = 'ending' AND a.ends_on < day_now())
	UNION ALL SELECT 'a succession', EXISTS (SELECT FROM succession s WHERE s.done_at IS NULL)
	UNION ALL SELECT 'a wrap', EXISTS (SELECT FROM wrap w WHERE octet_length(w.wrap) = 113)
	UNION ALL SELECT 'a key of a file', EXISTS (SELECT FROM file_seal s WHERE octet_length(s.key) = 104)
	UNION ALL SELECT 'a leftover', EXISTS (SELECT FROM file f WHERE f.begun_at < now() - interval '2 days' AND f.state = 'open')
	UNION ALL SELECT 'a person', EXISTS (SELECT FROM account_identity i WHERE i.key_version < $1)
	UNION ALL SELECT 'keys', EXISTS (SELECT FROM unit_doomed d LEFT JOIN unit_batch b USING (org, batch) WHERE b.erased_at IS NULL)
	UNION ALL SELECT 'a room', EXISTS (SELECT FROM room r WHERE r.closed_at < now() - interval '460 days')
	UNION ALL SELECT 'a stretch', EXISTS (SELECT FROM message m WHERE NOT m.tombstone AND EXISTS (SELECT FROM stretch s WHERE s.org = m.org AND s.room = m.room AND s.epoch = 2 AND s.over_at < now() - interval '41 days' AND m.seq BETWEEN 2 AND 4))
) AS w WHERE w.is`;

/** Columns that are drawn at random, or count what depends on when somebody was there: what of them is compared, or NULL. */
const DRAWN = {
	'unit_doomed.batch': 'batch IS NOT NULL', 'unit_doomed.erasure': 'erasure IS NOT NULL', 'erasure.erasure': null, 'erasure.certificate': 'certificate IS NOT NULL', 'erasure.audit': 'audit IS NOT NULL',
	'subject_step.note': null, 'subject_request.certificate': 'certificate IS NOT NULL', 'file_seal.key': 'octet_length(key)', 'wrap.wrap': 'octet_length(wrap)',
	'account_identity.code': 'octet_length(code)', 'account_identity.given_name': 'octet_length(given_name)', 'account_identity.family_name': 'octet_length(family_name)',
	'unit_key.wrapped': 'wrapped IS NOT NULL', 'audit.n': null, 'audit.nonce': null, 'audit.place': null,
};
const TIMES = ['timestamp with time zone', 'date'];
/** How many there are depends on how often there was nothing on its way. */
const WITHOUT = ['luotsi_migration', 'unit_batch', 'erasure_certificate', 'log_pending'];

const readers = new Map();
const readerOf = async (client, database) => {
	const { rows } = await client.query(`SELECT c.relname AS name, array_agg(a.attname::text ORDER BY a.attnum) AS columns, array_agg(a.atttypid::regtype::text ORDER BY a.attnum) AS types
		FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
		WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND NOT c.relname = ANY ($1) GROUP BY c.oid, c.relname ORDER BY 1`, [WITHOUT]);
	const one = ({ name, columns, types }) => {
		const shown = columns.flatMap((column, i) => {
			const drawn = DRAWN[`${name}.${column}`];
			return drawn === null ? [] : [drawn ?? (TIMES.includes(types[i]) ? `"${column}" IS NOT NULL` : `"${column}"`)];
		});
		return `SELECT '${name}' AS name, ROW(${shown.join(', ')})::text AS row FROM ${name}${name === 'audit' ? " WHERE action <> 'erasure_certificate'" : ''}`;
	};
	readers.set(database, rows.map(one).join(' UNION ALL '));
	return readers.get(database);
};

/** Every row of a database, as text; certificates together. */
const everything = async (client, kind) => {
	const { rows } = await client.query(readers.get(kind) ?? (await readerOf(client, kind)));
	return rows.map(({ name, row }) => `${kind}.${name} ${row}`).sort();
};

const certified = async (main) => {
	const { rows } = await main.query('SELECT org, body FROM erasure_certificate'), sum = {};
	for (const { org, body } of rows)
		for (const { kind, rule, days, version, ...n } of body.erased)
			for (const [what, more] of Object.entries(n)) sum[`certified ${org} ${kind} ${rule} ${days} ${version} ${what}`] = (sum[`certified ${org} ${kind} ${rule} ${days} ${version} ${what}`] ?? 0) + Number(more);
	return Object.entries(sum).map(([what, n]) => `${what} ${n}`).sort();
};

/** What must hold of any outcome: kind of fault and how often. */
const LAWS = `SELECT fault FROM (
	SELECT 'an event without its leaf, or with two' AS fault, count(*) AS n FROM audit a WHERE (SELECT count(*) FROM log_pending p WHERE p.log = a.org AND p.n = a.n AND p.leaf = log_commit(a.nonce, audit_detail(a))) <> 1
	UNION ALL SELECT 'a leaf without its event', count(*) FROM log_pending p WHERE p.log <> '00000000-0000-0000-0000-000000000000' AND NOT EXISTS (SELECT FROM audit a WHERE a.org = p.log AND a.n = p.n)
	UNION ALL SELECT 'a certificate without its event', count(*) FROM (SELECT c.org FROM erasure_certificate c GROUP BY c.org HAVING count(*) <> (SELECT count(*) FROM audit a WHERE a.org = c.org AND a.action = 'erasure_certificate')) x
	UNION ALL SELECT 'certificates with a gap', count(*) FROM (SELECT c.org FROM erasure_certificate c GROUP BY c.org HAVING count(*) <> max(c.n)) x
	UNION ALL SELECT 'an errand that is not confirmed', count(*) FROM unit_batch b WHERE b.erased_at IS NULL
) AS w WHERE w.n > 0`;

/** What there is in the end: every row that is compared, and what of it cannot be. */
export async function outcome(main, units) {
	const [rows, keys, sums, faults] = [await everything(main, 'main'), await everything(units, 'units'), await certified(main), await main.query(LAWS)];
	const [known, confirmed] = [await units.query('SELECT batch FROM unit_batch ORDER BY 1'), await main.query('SELECT batch FROM unit_batch WHERE erased_at IS NOT NULL ORDER BY 1')];
	const unlike = JSON.stringify(known.rows) === JSON.stringify(confirmed.rows) ? [] : ['the databases do not know the same erasures'];
	return { rows: [...rows, ...keys, ...sums], faults: [...faults.rows.map((row) => row.fault), ...unlike] };
}
