-- Requests of the people that rooms are about, the record of processing and the register of breaches (migrations/0046, 0047, 0048).

-- name: rights_held
-- shape: maybe
-- lane: read
-- tenant: yes
-- in: account uuid
-- out: given_name bytea, family_name bytea, provider text, identified_at timestamptz, made_at timestamptz, mail bool, passkeys int8, sessions int8, rooms int8, messages int8, files int8, events int8, goes_at timestamptz
-- What is kept of a person, in counts; events are counted up to 10,000.
SELECT given_name, family_name, provider, identified_at, made_at, mail, passkeys, sessions, rooms, messages, files, events, goes_at FROM rights_held(:account);

-- name: rights_ask
-- shape: one
-- lane: write
-- tenant: yes
-- in: account uuid, request uuid, kind text, room uuid, note uuid, text bytea, most int4
-- out: outcome text, due_on text
-- ok | not_found | already_here | rate_limited | conflict. room NULL: of everything.
SELECT outcome, due_on FROM rights_ask(:account, :request, :kind, :room, :note, :text, :most);

-- name: rights_withdraw
-- shape: one
-- lane: write
-- tenant: yes
-- in: account uuid, request uuid, note uuid
-- out: outcome text
-- ok | not_found | conflict.
SELECT rights_withdraw(:account, :request, :note) AS outcome;

-- name: rights_list
-- shape: many
-- lane: read
-- tenant: yes
-- in: account uuid
-- out: request uuid, kind text, room uuid, state text, received_at timestamptz, due_on text, ended_at timestamptz, erase_from timestamptz, certificate int4, account_from timestamptz
-- One's own, those that are open first.
SELECT request, kind, room, request_state(request, state) AS state, received_at, due_on, ended_at, erase_from, certificate, account_from FROM rights_own(:account);

-- name: rights_one
-- shape: many
-- lane: read
-- tenant: yes
-- in: account uuid, request uuid
-- out: at timestamptz, actor uuid, step text, note uuid, text bytea, way text
-- The steps of one's own; no row: it is not theirs.
SELECT at, actor, step, note, text, way FROM rights_rows(:request, :account);

-- name: request_list
-- shape: many
-- lane: read
-- tenant: yes
-- in: open bool, kind text, late bool, skip int4, most int4
-- out: request uuid, kind text, whole bool, state text, received_at timestamptz, due_on text, days int4, ended_at timestamptz
-- Those that are open, or have ended; whole: of everything, not of one room.
SELECT request, kind, whole, request_state(request, state) AS state, received_at, due_on, days, ended_at FROM request_list(:open, :kind, :late, :skip, :most);

-- name: request_late
-- shape: one
-- lane: read
-- tenant: yes
-- in:
-- out: open int8, soon int8, late int8, breaches int8, breaches_late int8
-- What waits for an answer, what is due within seven days, what is late; breaches that nobody has decided about.
SELECT r.open, r.soon, r.late, b.open AS breaches, b.late AS breaches_late FROM request_late() r, breach_late() b;

-- name: request_one
-- shape: many
-- lane: write
-- tenant: yes
-- in: actor uuid, request uuid, reason text
-- out: account uuid, kind text, room uuid, state text, received_at timestamptz, due_on text, days int4, ended_at timestamptz, way text, erase_from timestamptz, certificate int4, account_from timestamptz, held bool, given_name bytea, family_name bytea, identified_at timestamptz, rooms uuid[], frozen uuid[], frozen_until timestamptz, at timestamptz, actor uuid, step text, note uuid, text bytea
-- One request, a row for each of its steps; an event, with its reason.
SELECT q.account, q.kind, q.room, request_state(:request, q.state) AS state, q.received_at, q.due_on, q.days, q.ended_at, q.way, q.erase_from, q.certificate, q.account_from, q.held,
	q.given_name, q.family_name, q.identified_at, q.rooms, q.frozen, q.frozen_until, q.at, q.actor, q.step, q.note, q.text
FROM request_opened(:actor, :request, :reason) AS o(opened), rights_rows(:request, NULL) AS q WHERE o.opened;

-- name: request_step
-- shape: one
-- lane: write
-- tenant: yes
-- in: actor uuid, request uuid, step text, way text, note uuid, text bytea
-- out: outcome text
-- begin | extend | done | refuse | reopen: ok | not_found | conflict | bad_field.
SELECT request_step(:actor, :request, :step, :way, :note, :text) AS outcome;

-- name: request_freeze
-- shape: one
-- lane: write
-- tenant: yes
-- in: actor uuid, request uuid, rooms uuid[], on bool, note uuid, text bytea
-- out: outcome text
-- No rooms: all. ok | not_found | conflict | bad_field.
SELECT request_freeze(:actor, :request, :rooms, :on, :note, :text) AS outcome;

-- name: request_erase
-- shape: one
-- lane: write
-- tenant: yes
-- in: actor uuid, request uuid, on bool, note uuid, text bytea
-- out: outcome text
-- Decided, or called off: ok | not_found | conflict | legal_hold.
SELECT request_erase(:actor, :request, :on, :note, :text) AS outcome;

-- name: job_rights
-- shape: one
-- lane: write
-- tenant: no
-- in:
-- out: begun int8
-- Goes on with erasures that people asked for.
SELECT rights_round() AS begun;

-- name: record_get
-- shape: many
-- lane: read
-- tenant: yes
-- in:
-- out: name text, business_id text, agreement uuid, state text, version int4, controller text, processor text, processor_business_id text, language text, terms text, note int4, contact text, officer text, basis text, recipients text, transfers text
-- The organisation, what it says of itself (note: which version; NULL: nothing), and its agreements that have not ended, a row
-- each. Without an agreement: one row, agreement NULL. terms NULL: no version of it holds.
SELECT name, business_id, agreement, state, version, controller, processor, processor_business_id, language, terms, note, contact, officer, basis, recipients,
	transfers FROM record_get();

-- name: record_put
-- shape: one
-- lane: write
-- tenant: yes
-- in: actor uuid, version int4, contact text, officer text, basis text, recipients text, transfers text
-- out: outcome text
-- ok | conflict.
SELECT record_put(:actor, :version, :contact, :officer, :basis, :recipients, :transfers) AS outcome;

-- name: breach_list
-- shape: many
-- lane: read
-- tenant: yes
-- in: skip int4, most int4
-- out: breach uuid, n int4, version int4, found_at timestamptz, due_at timestamptz, told text, closed bool, late bool
-- Those that are open first.
SELECT breach, n, version, found_at, due_at, told, closed, late FROM breach_list(:skip, :most);

-- name: breach_one
-- shape: many
-- lane: write
-- tenant: yes
-- in: actor uuid, breach uuid, reason text
-- out: n int4, version int4, at timestamptz, actor uuid, note uuid, found_at timestamptz, began_at timestamptz, persons int4, told text, told_at timestamptz, people text, closed bool, facts bytea, effects bytea, remedies bytea, why bytea
-- One with its versions, the newest first; an event, with its reason.
SELECT v.n, v.version, v.at, v.actor, v.note, v.found_at, v.began_at, v.persons, v.told, v.told_at, v.people, v.closed, v.facts, v.effects, v.remedies, v.why
FROM breach_opened(:actor, :breach, :reason) AS o(opened), breach_rows(:breach) AS v WHERE o.opened;

-- name: breach_put
-- shape: one
-- lane: write
-- tenant: yes
-- in: actor uuid, breach uuid, version int4, note uuid, found_at timestamptz, began_at timestamptz, persons int4, told text, told_at timestamptz, people text, closed bool, facts bytea, effects bytea, remedies bytea, why bytea
-- out: outcome text
-- version: upon which it is written, 0: a new one. ok | conflict | bad_field (see breach_version__bad_field).
SELECT breach_put(:actor, :breach, :version, :note, :found_at, :began_at, :persons, :told, :told_at, :people, :closed, :facts, :effects, :remedies, :why) AS outcome;
