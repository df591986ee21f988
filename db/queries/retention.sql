-- Retention and erasure (migrations/0038_retention.sql).

-- name: job_retention_begin
-- shape: one
-- lane: write
-- tenant: no
-- in: most int4
-- out: begun int8
-- Begins erasures that are due and not held, so many of each organisation: by rules, and of agreements that have ended.
SELECT retention_begin(:most) + handover_begin(:most) AS begun;

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
-- out: kind text, days int4, version int4, at timestamptz, days_before int4, holds_from timestamptz
-- The rules; version 0 is the agreement's. One with holds_from is shorter than before, and nothing goes by it until then.
SELECT kind, days, version, at, days_before, holds_from FROM retention_rules();

-- name: retention_limits
-- shape: many
-- lane: read
-- tenant: yes
-- in:
-- out: kind text, days int4
-- What the agreement allows at most.
SELECT kind, days FROM retention_limits();

-- name: retention_versions
-- shape: many
-- lane: read
-- tenant: yes
-- in: most int4
-- out: kind text, version int4, days int4, actor uuid, at timestamptz
-- Every rule that ever was set, the newest first.
SELECT kind, version, days, actor, at FROM retention_rule ORDER BY at DESC, kind, version DESC LIMIT :most;

-- name: retention_rule_put
-- shape: one
-- lane: write
-- tenant: yes
-- in: actor uuid, kind text, version int4, days int4
-- out: outcome text, most int4
-- ok | bad_field (more days than the agreement allows: most) | conflict (that version is not the newest).
SELECT outcome, most FROM retention_rule_put(:actor, :kind, :version, :days);

-- name: retention_due
-- shape: many
-- lane: read
-- tenant: yes
-- in: until timestamptz, most int4
-- out: kind text, object uuid, part int4, due_at timestamptz, rule text, days int4, version int4, held bool, ready bool
-- What goes until then, by which rule, and what would go if it were not held; all of it at once.
SELECT kind, object, part, due_at, rule, days, version, held, ready FROM retention_due(:until, :most);

-- name: retention_dry
-- shape: many
-- lane: read
-- tenant: yes
-- in: source text, until timestamptz, days int4, place text, most int4
-- out: rule text, month text, held bool, n int8, rows int8, place text
-- The dry run: one page of a source in sums, and where the next begins. days: as if the rule said so; NULL: as it does.
SELECT rule, month, held, n, rows, place FROM retention_dry(:source, :until, :days, :place, :most);

-- name: retention_page
-- shape: many
-- lane: write
-- tenant: yes
-- in: actor uuid, reason text, source text, until timestamptz, place text, most int4
-- out: kind text, object uuid, part int4, due_at timestamptz, rule text, days int4, version int4, held bool, place text
-- The same row by row. The first page is an event, with the reason; so is one that goes on with nothing.
WITH asked AS (INSERT INTO audit (actor, action, word, reason) SELECT :actor, 'retention_read', :source, :reason
	WHERE :place IS NULL OR NOT audit_goes_on(:actor, 'retention_read', NULL, :reason))
SELECT kind, object, part, due_at, rule, days, version, held, retention_place(since, object, part) AS place
FROM retention_page(:source, :until, NULL, :place, :most);

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
-- lane: write
-- tenant: yes
-- in: actor uuid, reason text, most int4
-- out: hold uuid, kind text, object uuid, reason text, asked_by uuid, asked_at timestamptz, made_by uuid, made_at timestamptz, end_by uuid, end_at timestamptz, ended_by uuid, ended_at timestamptz
-- Holds, those that hold and wait first; asking is an event, with the reason.
WITH asked AS (INSERT INTO audit (actor, action, reason) VALUES (:actor, 'hold_read', :reason))
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
