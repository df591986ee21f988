-- A whole country for tests/bench/scale.mjs: organisations, staff, rooms with their clients and messages, agreements. The
-- first organisation has a tenth of everything. The events and their logs are scale_make's; ids are hashes of names, as there.
-- psql variables: orgs, staff, rooms, since (all numbers).
SET session_replication_role = replica;
SET synchronous_commit = off;
SET work_mem = '256MB';

CREATE FUNCTION pg_temp.bench_id(p_what text, p_i int8, p_j int8) RETURNS uuid
LANGUAGE sql IMMUTABLE AS $$ SELECT encode(substr(sha256(convert_to(concat_ws(' ', p_what, p_i, p_j), 'UTF8')), 1, 16), 'hex')::uuid $$;
CREATE FUNCTION pg_temp.share(p_total int8, p_orgs int8, p_org int8) RETURNS int8
LANGUAGE sql IMMUTABLE AS $$ SELECT CASE WHEN p_orgs = 1 THEN p_total WHEN p_org = 0 THEN p_total / 10 ELSE (p_total - p_total / 10) / (p_orgs - 1) END $$;
CREATE FUNCTION pg_temp.business_id(p_i int8) RETURNS text
LANGUAGE sql IMMUTABLE AS $$
	SELECT b FROM (SELECT lpad((1000000 + p_i * 10 + k)::text, 7, '0') || '-' || c AS b FROM generate_series(0, 9) k, generate_series(0, 9) c) AS x
	WHERE business_id_valid(b) LIMIT 1 $$;

CREATE TEMP TABLE place AS
SELECT i, pg_temp.bench_id('organisation', i, 0) AS org, pg_temp.bench_id('agreement', i, 0) AS agreement, pg_temp.business_id(i) AS business_id,
	(ARRAY['city', 'employment_area', 'wellbeing_county', 'school', 'association'])[1 + i % 5] AS kind,
	(ARRAY['uusimaa', 'pirkanmaa', 'lappi', 'kainuu', 'satakunta', 'pohjanmaa', 'keski_suomi'])[1 + i % 7] AS region,
	CASE WHEN i % 20 = 19 THEN (ARRAY['contact_found', 'signatory_found', 'sent', 'signed', 'trained', 'ending'])[1 + (i / 20) % 6] ELSE 'live' END AS state,
	pg_temp.share(:staff, :orgs, i) AS staff, pg_temp.share(:rooms, :orgs, i) AS rooms
FROM generate_series(0, :orgs - 1) AS i;

INSERT INTO organisation (org, name, business_id, kind, region) SELECT org, 'Kunta ' || i, business_id, kind, region FROM place;
INSERT INTO agreement (org, agreement, state, controller, controller_business_id, processor, retention_days, privacy_notice, service_promise, version, since, next_by, ends_on, allows)
SELECT org, agreement, state, 'Kunta ' || i, business_id, 'Ylläpito', 456, '{"fi":"Seloste."}', '{"fi":"Kaksi päivää."}', 1, now() - make_interval(days => (i % 300)::int),
	CASE WHEN state <> 'live' THEN current_date END, CASE WHEN state = 'ending' THEN current_date + 60 END,
	(SELECT coalesce(bit_or(1 << (array_position(agreement_acts(), r.act) - 1)), 0) FROM agreement_rule r WHERE r.state = place.state) FROM place;
INSERT INTO agreement_history (org, agreement, n, to_state, note, at)
SELECT org, agreement, n, (ARRAY['contact_found', 'signatory_found', 'sent', 'signed', 'trained', 'live'])[n], '', now() - make_interval(days => 300 - n) FROM place, generate_series(1, 6) n;
INSERT INTO agreement_version (org, agreement, version, language, terms, holds_from, made_by, document)
SELECT org, agreement, 1, 'fi', :'terms', '2026-01-01', agreement, sha256(agreement::text::bytea) FROM place;
INSERT INTO office (org, office, name, address, hours) SELECT org, pg_temp.bench_id('office', i, n), 'Toimisto ' || n, 'Katu 1', '9-15' FROM place, generate_series(1, 5) n;
INSERT INTO contact (org, contact, name, title, email, phone, basis_text) SELECT org, pg_temp.bench_id('contact', i, n), 'Henkilö ' || n, 'Johtaja', 'a@b.example', '', '' FROM place, generate_series(1, 3) n;

-- Staff: the first of each an admin, the second a data protection officer; the first organisation's third an operator.
INSERT INTO account (org, account, role, created_at)
SELECT org, pg_temp.bench_id('staff', i, j), CASE WHEN j = 0 THEN 'admin' WHEN j = 1 THEN 'dpo' WHEN j = 2 AND i = 0 THEN 'operator' ELSE 'counsellor' END, now() - interval '2 years'
FROM place, generate_series(0, staff - 1) j;
INSERT INTO staff_label (org, account, name) SELECT org, account, sha256(account::text::bytea) || sha256(org::text::bytea) FROM account WHERE role <> 'client';
INSERT INTO passkey (org, passkey, account, credential, algorithm, public_key, counter, synced, device, made_at)
SELECT org, pg_temp.bench_id(account::text, 1, n), account, sha256((account::text || n)::bytea), -7, sha256('k') || sha256('k'), 0, false, 'key', now() FROM account, generate_series(1, 2) n WHERE role <> 'client';
INSERT INTO self_keys (org, account, version, unlockers, list_mac, keys) SELECT org, account, 1, ARRAY[sha256('u')], sha256('m'), sha256('k') FROM account WHERE role <> 'client';
INSERT INTO training (org, account, passed_on, by) SELECT org, account, '2026-01-01', account FROM account WHERE role <> 'client';
INSERT INTO session (org, session, token_hash, account, method, fresh_until, expires_at)
SELECT org, pg_temp.bench_id(account::text, 2, 0), sha256((account::text || 's')::bytea), account, 'passkey', now(), now() + interval '1 day' FROM account WHERE role <> 'client';

-- Clients, one a room; a third of the rooms is closed, and what is due by time goes within the next two hundred days.
INSERT INTO account (org, account, role, created_at) SELECT org, pg_temp.bench_id('client', i, r), 'client', now() - interval '1 year' FROM place, generate_series(0, rooms - 1) r;
INSERT INTO account_identity (org, account, key_version, blind_index, code, country, provider, acr, identified_at)
SELECT org, pg_temp.bench_id('client', i, r), 1, sha256(pg_temp.bench_id('blind', i, r)::text::bytea), sha256('c'), 'FI', 'pankki', 'loa2', now() - make_interval(days => (455 - r % 400)::int)
FROM place, generate_series(0, rooms - 1) r;
INSERT INTO room (org, room, agreement, phase, retention_class, created_at, log_head, n_entries, epoch, pending, last_seq, last_at, closed_at)
SELECT org, pg_temp.bench_id('room', i, r), agreement, CASE WHEN r % 3 = 0 THEN 'closed' ELSE 'open' END, 1, now() - interval '500 days', sha256('h'), 3, 1, false, 3,
	now() - make_interval(mins => (r % 100000)::int), CASE WHEN r % 3 = 0 THEN now() - make_interval(days => (455 - r % 200)::int) END FROM place, generate_series(0, rooms - 1) r;
INSERT INTO room_member (org, room, account, role, sig_kid, enc_kid, cert, active, since, visible_from)
SELECT org, pg_temp.bench_id('room', i, r), CASE WHEN m = 1 THEN pg_temp.bench_id('client', i, r) ELSE pg_temp.bench_id('staff', i, greatest(least(3, staff - 1), r % staff)) END, m,
	sha256('s'), sha256('e'), decode(repeat('00', 32), 'hex'), true, 0, 1 FROM place, generate_series(0, rooms - 1) r, generate_series(1, 2) m;
INSERT INTO message (org, room, seq, msg_id, sender, kind, op, header_len, retention_class, at, env_hash, envelope)
SELECT org, pg_temp.bench_id('room', i, r), n, pg_temp.bench_id('message', i, r * 10 + n), pg_temp.bench_id('client', i, r), CASE WHEN n = 3 THEN 5 ELSE 1 END, 0, 240, 1,
	now() - make_interval(days => (455 - r % 300)::int), sha256('h'), decode(repeat('07', 600), 'hex') FROM place, generate_series(0, rooms - 1) r, generate_series(1, 3) n;
INSERT INTO file (org, file, room, account, cipher_size, state, seq, begun_at)
SELECT org, pg_temp.bench_id('file', i, r), pg_temp.bench_id('room', i, r), pg_temp.bench_id('client', i, r), 72, 'sent', 3, now() - make_interval(days => (455 - r % 300)::int)
FROM place, generate_series(0, rooms - 1) r;
INSERT INTO legal_hold (org, hold, kind, object, reason, asked_by, made_by, made_at)
SELECT org, pg_temp.bench_id('hold', i, r), 'room', pg_temp.bench_id('room', i, r), 'oikeudenkäynti', org, agreement, now() FROM place, generate_series(0, rooms - 1, 500) r;
INSERT INTO erasure_certificate (org, n, body) SELECT org, n, '{}' FROM place, generate_series(1, 20) n;
