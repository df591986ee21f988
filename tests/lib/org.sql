-- One more organisation with a live agreement, for a test. psql variables, all with a default:
--   org        its id                              agreement   the agreement's id
--   admins, counsellors, clients   how many of each; logins are admin-1, counsellor-1, client-1, ...
-- Prints org, account, role and login of each person. Example: psql -d luotsi -v clients=3 -f tests/lib/org.sql
\if :{?org}
\else
SELECT gen_random_uuid() AS org \gset
\endif
\if :{?agreement}
\else
SELECT gen_random_uuid() AS agreement \gset
\endif
\if :{?admins}
\else
\set admins 1
\endif
\if :{?counsellors}
\else
\set counsellors 2
\endif
\if :{?clients}
\else
\set clients 6
\endif
BEGIN;
SELECT set_config('luotsi.org', :'org', true) \g /dev/null
INSERT INTO organisation (org, name) VALUES (:'org', 'Testikunta ' || left(:'org', 8));
INSERT INTO agreement (agreement, state, controller, controller_business_id, processor, retention_days, privacy_notice, service_promise)
VALUES (:'agreement', 'live', 'Testikunta', '0944845-0', 'Luotsi-palvelun ylläpito', 456,
	'{"fi": "Tietosuojaseloste.", "sv": "Dataskyddsbeskrivning.", "en": "Privacy notice."}',
	'{"fi": "Kaksi arkipäivää.", "sv": "Två vardagar.", "en": "Two working days."}');
INSERT INTO account (account, role, login)
SELECT gen_random_uuid(), p.role, p.role || '-' || i
FROM (VALUES ('admin', :admins), ('counsellor', :counsellors), ('client', :clients)) AS p(role, n), generate_series(1, p.n) AS i;
SELECT a.org, a.account, a.role, a.login FROM account a WHERE a.org = :'org' ORDER BY a.role, a.login;
COMMIT;
