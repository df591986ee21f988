-- The audit trail. What the functions of the database do they write themselves.

-- name: audit_add
-- shape: exec
-- lane: write
-- tenant: yes
-- in: actor uuid, action text, object uuid, word text
-- out:
-- Who did what (a word), on what, and how it ended (a word); never content.
INSERT INTO audit (actor, action, object, word) VALUES (:actor, :action, :object, :word);

-- name: audit_reason
-- shape: exec
-- lane: write
-- tenant: yes
-- in: actor uuid, action text, object uuid, reason text
-- out:
-- The same of somebody who looked at what is kept of a person, and said why.
INSERT INTO audit (actor, action, object, reason) VALUES (:actor, :action, :object, :reason);

-- name: audit_refused
-- shape: one
-- lane: write
-- tenant: yes
-- in: actor uuid, word text
-- out: noted bool
-- Somebody asked for what they may not have; noted once a minute.
SELECT audit_refused(:actor, :word) AS noted;

-- name: room_events
-- shape: many
-- lane: read
-- tenant: yes
-- in: room uuid, before int8, most int4
-- out: n int8, at timestamptz, actor uuid, action text, object uuid, word text
-- What was done with a room, the newest first; before NULL: from the newest on.
SELECT n, at, actor, action, object, word FROM audit
WHERE object = :room AND (:before::int8 IS NULL OR n < :before) ORDER BY n DESC LIMIT :most;

-- name: log_state
-- shape: one
-- lane: read
-- tenant: yes
-- in:
-- out: org uuid, size int8, signed_size int8, signed_at timestamptz, key text, refused text, refused_at timestamptz
-- How the organisation's own log stands.
SELECT o.org, coalesce(l.size, 0) AS size, coalesce(l.signed_size, 0) AS signed_size, l.signed_at, l.key, l.refused, l.refused_at
FROM (SELECT luotsi_org() AS org) o LEFT JOIN log l ON l.log = o.org;
