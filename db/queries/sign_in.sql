-- Identification: begun, come back, finished; what an account knows of its person.

-- name: login_begin
-- shape: one
-- lane: write
-- tenant: no
-- in: attempt uuid, cookie_hash bytea, state_hash bytea, nonce bytea, salt bytea, provider text, address uuid, staff_org uuid, ticket_hash bytea, most int4
-- out: outcome text
-- An identification is under way. ticket_hash: of an invitation, or with staff_org of an enrolment there; or NULL.
SELECT login_begin(:attempt, :cookie_hash, :state_hash, :nonce, :salt, :provider, :address, :staff_org, :ticket_hash, :most) AS outcome;

-- name: login_take
-- shape: maybe
-- lane: write
-- tenant: no
-- in: cookie_hash bytea, state_hash bytea
-- out: attempt uuid, provider text, nonce bytea, salt bytea, ticket_org uuid, ticket_room uuid, ticket_hash bytea
-- Takes the attempt of this cookie and state; it is gone then.
SELECT attempt, provider, nonce, salt, ticket_org, ticket_room, ticket_hash FROM login_take(:cookie_hash, :state_hash);

-- name: sign_in_note
-- shape: exec
-- lane: write
-- tenant: no
-- in: attempt uuid, provider text, word text
-- out:
-- How an identification ended; attempt and provider may be NULL.
INSERT INTO sign_in_event (attempt, provider, word) VALUES (:attempt, :provider, :word);

-- name: sign_in_organisations
-- shape: many
-- lane: read
-- tenant: no
-- in:
-- out: org uuid
-- Whose client somebody may be.
SELECT org FROM sign_in_organisations() LIMIT 10000;

-- name: identity_find
-- shape: many
-- lane: read
-- tenant: no
-- in: orgs uuid[], versions int4[], indexes bytea[]
-- out: org uuid, account uuid, role text, organisation text, disabled bool
-- The accounts of a person.
SELECT org, account, role, organisation, disabled FROM identity_find(:orgs, :versions, :indexes);

-- name: identity_record
-- shape: one
-- lane: write
-- tenant: yes
-- in: account uuid, version int4, index bytea, previous_version int4, previous_index bytea, code bytea, given_name bytea, family_name bytea, country text, provider text, acr text, identified_at timestamptz
-- out: recorded bool
-- They have been identified again. The names may be NULL: then those known stay.
SELECT identity_record(:account, :version, :index, :previous_version, :previous_index, :code, :given_name, :family_name,
	:country, :provider, :acr, :identified_at) AS recorded;

-- name: identity_begin
-- shape: one
-- lane: write
-- tenant: yes
-- in: account uuid, room uuid, token_hash bytea, version int4, index bytea, previous_version int4, previous_index bytea, code bytea, given_name bytea, family_name bytea, country text, provider text, acr text, identified_at timestamptz
-- out: outcome text, account uuid
-- The first time, with an invitation to a room, or without a room with an enrolment; the previous index
-- may be NULL. ok | not_found | expired | used | conflict (they have an account meanwhile)
SELECT outcome, account FROM identity_begin(:account, :room, :token_hash, :version, :index, :previous_version, :previous_index,
	:code, :given_name, :family_name, :country, :provider, :acr, :identified_at);

-- name: login_choice_put
-- shape: one
-- lane: write
-- tenant: no
-- in: cookie_hash bytea, acr text, identified_at timestamptz, orgs uuid[], accounts uuid[]
-- out: stored bool
-- The person has several accounts and will choose one.
SELECT login_choice_put(:cookie_hash, :acr, :identified_at, :orgs, :accounts) AS stored;

-- name: login_choice_take
-- shape: maybe
-- lane: write
-- tenant: no
-- in: cookie_hash bytea, account uuid
-- out: org uuid, acr text, identified_at timestamptz
-- The choice.
SELECT org, acr, identified_at FROM login_choice_take(:cookie_hash, :account);

-- name: identified_name
-- shape: maybe
-- lane: read
-- tenant: yes
-- in: room uuid, account uuid
-- out: given_name bytea, family_name bytea, provider text, identified_at timestamptz
-- The person behind a client of a room, or behind one who has claimed its invitation; sealed.
SELECT p.given_name, p.family_name, p.provider, p.identified_at
FROM account_identity p JOIN account a USING (org, account)
WHERE p.account = :account AND a.role = 'client'
	AND (EXISTS (SELECT FROM room_member m WHERE m.org = p.org AND m.room = :room AND m.account = p.account AND m.active)
		OR EXISTS (SELECT FROM invitation i WHERE i.org = p.org AND i.room = :room AND i.claimed_by = p.account));
