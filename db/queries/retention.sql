-- Retention and erasure (migrations/0038_retention.sql).

-- name: job_retention_begin
-- shape: one
-- lane: write
-- tenant: no
-- in: most int4
-- out: begun int8
-- Begins erasures that are due and not held, so many of each organisation.
SELECT retention_begin(:most) AS begun;

-- name: job_retention_rows
-- shape: one
-- lane: write
-- tenant: no
-- in: most int4
-- out: more int8
-- One bounded step of an erasure whose keys have gone; 0: there is none.
SELECT retention_rows(:most) AS more;

-- name: job_retention_certify
-- shape: one
-- lane: write
-- tenant: no
-- in:
-- out: made int8
-- Certificates of what has gone.
SELECT retention_certify() AS made;

-- name: retention_rules
-- shape: many
-- lane: read
-- tenant: yes
-- in:
-- out: kind text, days int4, version int4, at timestamptz
-- The rules that hold; version 0 is the agreement's.
SELECT kind, days, version, at FROM retention_rules();

-- name: retention_rule_put
-- shape: one
-- lane: write
-- tenant: yes
-- in: actor uuid, kind text, version int4, days int4
-- out: outcome text
-- ok | bad_field (more days than the agreement allows) | conflict (that version is not the newest).
SELECT retention_rule_put(:actor, :kind, :version, :days) AS outcome;

-- name: retention_due
-- shape: many
-- lane: read
-- tenant: yes
-- in: until timestamptz, most int4
-- out: kind text, object uuid, due_at timestamptz, rule text, days int4, version int4, held bool, ready bool
-- The dry run: what goes until then, by which rule, and what would go if it were not held.
SELECT kind, object, due_at, rule, days, version, held, ready FROM retention_due(:until, :most);

-- name: retention_of_room
-- shape: maybe
-- lane: read
-- tenant: yes
-- in: room uuid
-- out: due_at timestamptz, rule text, days int4, held bool
-- When a room goes, if anything says so yet.
SELECT due_at, rule, days, held FROM retention_of_room(:room);

-- name: hold_ask
-- shape: one
-- lane: write
-- tenant: yes
-- in: actor uuid, hold uuid, kind text, object uuid, reason text
-- out: outcome text
-- ok (also of a repeat) | not_found | conflict.
SELECT hold_ask(:actor, :hold, :kind, :object, :reason) AS outcome;

-- name: hold_step
-- shape: one
-- lane: write
-- tenant: yes
-- in: actor uuid, hold uuid, step text
-- out: outcome text
-- make | end_ask | end: ok | not_found | conflict | forbidden (two persons are needed).
SELECT hold_step(:actor, :hold, :step) AS outcome;

-- name: hold_list
-- shape: many
-- lane: read
-- tenant: yes
-- in: most int4
-- out: hold uuid, kind text, object uuid, reason text, asked_by uuid, asked_at timestamptz, made_by uuid, made_at timestamptz, end_by uuid, end_at timestamptz, ended_by uuid, ended_at timestamptz
-- Holds, those that hold and wait first.
SELECT hold, kind, object, reason, asked_by, asked_at, made_by, made_at, end_by, end_at, ended_by, ended_at
FROM legal_hold ORDER BY ended_at IS NOT NULL, asked_at DESC LIMIT :most;

-- name: erasure_certificates
-- shape: many
-- lane: read
-- tenant: yes
-- in: before int4, most int4
-- out: n int4, at timestamptz, body jsonb
-- The newest first, below a number.
SELECT n, at, body FROM erasure_certificate WHERE n < :before ORDER BY n DESC LIMIT :most;
