-- The demonstration's organisation and its staff, and the operator's: rows only. Agreements, clients, keys, rooms
-- and conversations are made through the real protocol (web/src/demo). Harmless when repeated. Business ids that
-- begin with zeroes are valid and nobody's.
-- Run as luotsi_owner or the superuser; token: the enrolment of the admin and of the operator, 32 hexadecimal
-- characters.
--   psql -d luotsi -v token=... -f db/demo.sql
BEGIN;
SELECT set_config('luotsi.org', '2296962a-0000-4000-8000-000000000001', true) AS organisation;

INSERT INTO organisation (org, name, business_id, kind, region)
VALUES (luotsi_org(), 'Keski-Suomen TE-palvelut (esittely)', '0000001-9', 'state', 'keski_suomi') ON CONFLICT DO NOTHING;

INSERT INTO account (account, role, login) VALUES
	('2296962a-0000-4000-8000-000000000101', 'admin', 'Helena Mäkinen, pääkäyttäjä'),
	('2296962a-0000-4000-8000-000000000201', 'counsellor', 'Anna Virtanen, ohjaaja'),
	('2296962a-0000-4000-8000-000000000202', 'counsellor', 'Jukka Nieminen, ohjaaja')
ON CONFLICT DO NOTHING;

-- The first account of an organisation has nobody who could enrol it: whoever shows this token is it.
INSERT INTO account_enrolment (account, token_hash, expires_at)
VALUES ('2296962a-0000-4000-8000-000000000101', sha256('luotsi/v1/token'::bytea || '\x00'::bytea || decode(:'token', 'hex')), now() + interval '1 hour')
ON CONFLICT ON CONSTRAINT account_enrolment_key DO UPDATE SET token_hash = excluded.token_hash, expires_at = excluded.expires_at;

SELECT set_config('luotsi.org', '2296962a-0000-4000-8000-000000000002', true) AS operator;
INSERT INTO organisation (org, name, business_id, kind)
VALUES (luotsi_org(), 'Ohjauspalvelujen palvelukeskus (esittely)', '0000002-7', 'state') ON CONFLICT DO NOTHING;
INSERT INTO account (account, role, login) VALUES ('2296962a-0000-4000-8000-000000000901', 'operator', 'Olavi Ylitalo, ylläpitäjä') ON CONFLICT DO NOTHING;
INSERT INTO account_enrolment (account, token_hash, expires_at)
VALUES ('2296962a-0000-4000-8000-000000000901', sha256('luotsi/v1/token'::bytea || '\x00'::bytea || decode(:'token', 'hex')), now() + interval '1 hour')
ON CONFLICT ON CONSTRAINT account_enrolment_key DO UPDATE SET token_hash = excluded.token_hash, expires_at = excluded.expires_at;
COMMIT;
