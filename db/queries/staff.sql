-- Staff accounts in the hands of an admin, and what was done in an organisation.

-- name: staff_list
-- shape: many
-- lane: read
-- tenant: yes
-- in:
-- out: account uuid, role text, name bytea, made_at timestamptz, disabled bool, enrolled bool, passkeys int8, has_keys bool, rooms int8, invited_until timestamptz, mail text
-- name (sealed) and invited_until may be NULL. When somebody was here last is no part of it: staff_person.
SELECT a.account, a.role, (SELECT l.name FROM staff_label l WHERE l.org = a.org AND l.account = a.account) AS name, a.created_at AS made_at,
	a.disabled_at IS NOT NULL AS disabled,
	EXISTS (SELECT FROM account_identity i WHERE i.org = a.org AND i.account = a.account) AS enrolled,
	(SELECT count(*) FROM passkey k WHERE k.org = a.org AND k.account = a.account AND k.disabled_at IS NULL) AS passkeys,
	EXISTS (SELECT FROM self_keys k WHERE k.org = a.org AND k.account = a.account) AS has_keys,
	(SELECT count(*) FROM rooms_held(a.account)) AS rooms,
	(SELECT e.expires_at FROM account_enrolment e WHERE e.org = a.org AND e.account = a.account AND e.expires_at > now()) AS invited_until,
	coalesce((SELECT m.state FROM enrolment_mail m JOIN account_enrolment e USING (org, account) WHERE m.org = a.org AND m.account = a.account AND e.expires_at > now()), 'none') AS mail
FROM (SELECT * FROM account WHERE role <> 'client' ORDER BY created_at, account LIMIT 300) AS a ORDER BY a.created_at, a.account;

-- name: staff_add
-- shape: one
-- lane: write
-- tenant: yes
-- in: actor uuid, account uuid, role text, name bytea, most int4
-- out: outcome text
-- ok | quota
SELECT staff_add(:actor, :account, :role, :name, :most) AS outcome;

-- name: staff_role
-- shape: one
-- lane: write
-- tenant: yes
-- in: actor uuid, account uuid, role text
-- out: outcome text
-- ok | not_found | last_admin | has_rooms
SELECT staff_role(:actor, :account, :role) AS outcome;

-- name: staff_disable
-- shape: one
-- lane: write
-- tenant: yes
-- in: actor uuid, account uuid, disabled bool, forced text
-- out: outcome text, rooms int8
-- ok | not_found | last_admin | has_rooms: so many open rooms are theirs, and nothing was forced
SELECT outcome, rooms FROM staff_disable(:actor, :account, :disabled, :forced);

-- name: passkey_reset
-- shape: one
-- lane: write
-- tenant: yes
-- in: actor uuid, account uuid, reason text
-- out: outcome text
-- ok | not_found
SELECT passkey_reset(:actor, :account, :reason) AS outcome;

-- name: enrolment_make
-- shape: one
-- lane: write
-- tenant: yes
-- in: admin uuid, account uuid, token_hash bytea, expires_at timestamptz
-- out: outcome text
-- A staff account waits for its person: ok | not_found | already_enrolled
SELECT enrolment_make(:admin, :account, :token_hash, :expires_at) AS outcome;

-- name: enrolment_mail_put
-- shape: one
-- lane: write
-- tenant: yes
-- in: actor uuid, account uuid, token_hash bytea, expires_at timestamptz, mail uuid, sealed bytea, language text, most int4
-- out: outcome text
-- The same, and the letter is on its way: also rate_limited
SELECT enrolment_mail_put(:actor, :account, :token_hash, :expires_at, :mail, :sealed, :language, :most) AS outcome;

-- name: enrolment_withdraw
-- shape: one
-- lane: write
-- tenant: yes
-- in: actor uuid, account uuid
-- out: withdrawn bool
-- False: none was waiting.
SELECT enrolment_withdraw(:actor, :account) AS withdrawn;

-- name: enrolment_spoil
-- shape: one
-- lane: write
-- tenant: yes
-- in: actor uuid, token_hash bytea
-- out: spoilt bool
-- Somebody who has an account here has come with it; false: there is none.
SELECT enrolment_spoil(:actor, :token_hash) AS spoilt;

-- name: event_list
-- shape: many
-- lane: write
-- tenant: yes
-- in: actor uuid, before int8, reason text, take bool, since timestamptz, until timestamptz, action text, person uuid, most int4
-- out: n int8, at timestamptz, actor uuid, action text, object uuid, word text, reason text, place int8, nonce bytea, detail text
-- The organisation's events before one of them, or the newest (before NULL; recorded with the reason). since, until, action and person: NULL for all.
SELECT n, at, actor, action, object, word, reason, place, nonce, detail FROM event_list(:actor, :before, :reason, :take, :since, :until, :action, :person, :most);

-- name: own_events
-- shape: many
-- lane: read
-- tenant: yes
-- in: account uuid
-- out: n int8, at timestamptz, actor uuid, action text, object uuid, word text
-- What others did to this account.
SELECT n, at, actor, action, object, word FROM audit
WHERE object = :account AND actor <> :account AND at > now() - interval '90 days' AND action IN
	('staff_role', 'staff_disable', 'staff_enable', 'passkey_reset', 'enrolment_make', 'enrolment_mail', 'enrolment_withdraw', 'absence_put', 'leaving_put', 'staff_person')
ORDER BY n DESC LIMIT 100;
