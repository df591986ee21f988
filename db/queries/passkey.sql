-- Passkeys and their challenges.

-- name: webauthn_begin
-- shape: one
-- lane: write
-- tenant: no
-- in: challenge_hash bytea, purpose text, cookie_hash bytea, session uuid, address uuid, most int4
-- out: outcome text
-- ok | rate_limited. Bound to the cookie before sign-in, to the session afterwards; the other is NULL.
SELECT webauthn_begin(:challenge_hash, :purpose, :cookie_hash, :session, :address, :most) AS outcome;

-- name: webauthn_take
-- shape: one
-- lane: write
-- tenant: no
-- in: challenge_hash bytea, purpose text, cookie_hash bytea, session uuid
-- out: taken bool
-- The challenge is gone; whether it was this browser's.
SELECT webauthn_take(:challenge_hash, :purpose, :cookie_hash, :session) AS taken;

-- name: passkey_find
-- shape: maybe
-- lane: read
-- tenant: no
-- in: credential bytea
-- out: org uuid, passkey uuid, account uuid, algorithm int4, public_key bytea, synced bool, disabled bool, identified_at timestamptz, acr text, welcome bool
-- Whose passkey this is, and whether they may sign in by it; identified_at and acr may be NULL.
SELECT org, passkey, account, algorithm, public_key, synced, disabled, identified_at, acr, welcome
FROM passkey_find(:credential);

-- name: passkey_list
-- shape: many
-- lane: read
-- tenant: yes
-- in: account uuid
-- out: passkey uuid, credential bytea, synced bool, device text, made_at timestamptz, used_at timestamptz, disabled bool
-- One's own, the oldest first. used_at may be NULL.
SELECT passkey, credential, synced, device, made_at, used_at, disabled_at IS NOT NULL AS disabled
FROM passkey WHERE account = :account ORDER BY made_at, passkey LIMIT 100;

-- name: passkey_add
-- shape: one
-- lane: write
-- tenant: yes
-- in: account uuid, passkey uuid, credential bytea, algorithm int4, public_key bytea, counter int8, synced bool, device text, most int4
-- out: outcome text
-- ok | quota | conflict
SELECT passkey_add(:account, :passkey, :credential, :algorithm, :public_key, :counter, :synced, :device, :most) AS outcome;

-- name: passkey_use
-- shape: one
-- lane: write
-- tenant: yes
-- in: passkey uuid, counter int8, purpose text
-- out: outcome text
-- ok | cloned | disabled
SELECT passkey_use(:passkey, :counter, :purpose) AS outcome;

-- name: passkey_rename
-- shape: exec
-- lane: write
-- tenant: yes
-- in: account uuid, passkey uuid, device text
-- out:
-- Where it lives.
UPDATE passkey SET device = :device WHERE account = :account AND passkey = :passkey;

-- name: passkey_remove
-- shape: one
-- lane: write
-- tenant: yes
-- in: account uuid, passkey uuid
-- out: removed bool
-- False if there is no such passkey of one's own.
SELECT passkey_drop(:account, :passkey) AS removed;
