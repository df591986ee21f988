-- Where a person wants to hear that something waits.

-- name: notify_get
-- shape: maybe
-- lane: read
-- tenant: yes
-- in: account uuid, most int4
-- out: address uuid, sealed bytea, language text, messages bool, reminders bool, state text, letter text, code_until timestamptz, tries_left int4, requests bool
-- How it stands; no row: there is no address. most: tries of a code.
SELECT address, sealed, language, messages, reminders, state, letter, code_until, tries_left, requests FROM notify_get(:account, :most);

-- name: notify_put
-- shape: one
-- lane: write
-- tenant: yes
-- in: account uuid, address uuid, sealed bytea, language text, seconds int4, most int4
-- out: outcome text
-- Another address, or another code for it: ok | rate_limited. seconds: how long the code is good, most: of them in a day.
SELECT notify_put(:account, :address, :sealed, :language, :seconds, :most) AS outcome;

-- name: notify_try
-- shape: maybe
-- lane: write
-- tenant: yes
-- in: account uuid, most int4
-- out: address uuid, sealed bytea, tries_left int4
-- Counts one try of the code. No row: there is none to try, or its time or its tries are over.
SELECT address, sealed, tries_left FROM notify_try(:account, :most);

-- name: notify_confirm
-- shape: one
-- lane: write
-- tenant: yes
-- in: account uuid, address uuid
-- out: confirmed bool
-- The code was right; false: the address is another by now.
SELECT notify_confirm(:account, :address) AS confirmed;

-- name: notify_choose
-- shape: one
-- lane: write
-- tenant: yes
-- in: account uuid, messages bool, reminders bool, requests bool, language text
-- out: chosen bool
-- What is told there; requests NULL: as it was. false: there is no address.
SELECT notify_choose(:account, :messages, :reminders, :requests, :language) AS chosen;

-- name: notify_remove
-- shape: one
-- lane: write
-- tenant: yes
-- in: account uuid
-- out: removed bool
-- Forgets the address; false: there is none.
SELECT notify_remove(:account) AS removed;

-- name: notify_changes
-- shape: many
-- lane: read
-- tenant: yes
-- in: account uuid, most int4
-- out: at timestamptz, what text, own bool
-- What of one's ways in has changed in the last ninety days, the newest first; own: by oneself.
SELECT at, what, own FROM notify_changes(:account, :most);
