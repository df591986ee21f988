-- How things end (migrations/0043_endings.sql): hand-over, what happened long ago, who is told beforehand.

-- name: job_audit_expire
-- shape: one
-- lane: write
-- tenant: no
-- in: most int4
-- out: expired int8
-- Events older than their rule lose their detail, at most so many of each organisation.
SELECT audit_expire(:most) AS expired;

-- name: job_retention_tell
-- shape: one
-- lane: write
-- tenant: no
-- in: days int4
-- out: told int8
-- Makes the letters to those of whom something goes within so many days.
SELECT retention_tell(:days) AS told;

-- name: job_erasure_check
-- shape: many
-- lane: write
-- tenant: yes
-- in:
-- out: fault text, n int8
-- As erasure_faults, and each is an event.
SELECT fault, n FROM erasure_check();

-- name: rooms_going
-- shape: many
-- lane: read
-- tenant: yes
-- in: account uuid, room uuid, days int4
-- out: room uuid, goes_at timestamptz, rule text, days int4, held bool, ends_on text
-- What is known of when one of one's rooms goes; without a room those that go within so many days, or whose agreement ends.
SELECT room, goes_at, rule, days, held, ends_on FROM rooms_going(:account, :room, :days);

-- name: handover_get
-- shape: maybe
-- lane: read
-- tenant: yes
-- in: actor uuid, org uuid, agreement uuid
-- out: what text, due_on text, receipt bytea, receipt_at timestamptz, done_at timestamptz, rooms int8, held int8, people int8
-- How the hand-over of an agreement that has ended stands; no row: it has not.
SELECT what, due_on, receipt, receipt_at, done_at, rooms, held, people FROM handover_get(:actor, :org, :agreement);

-- name: handover_rooms
-- shape: many
-- lane: read
-- tenant: yes
-- in: agreement uuid, after uuid, most int4
-- out: room uuid, phase text, created_at timestamptz, last_at timestamptz, last_seq int8
-- Rooms that may be taken out now, after this one.
SELECT r.room, r.phase, r.created_at, r.last_at, r.last_seq
FROM room r
WHERE r.agreement = :agreement AND r.room > coalesce(:after, '00000000-0000-0000-0000-000000000000') AND handover_taking(:agreement)
ORDER BY r.room LIMIT :most;

-- name: handover_messages
-- shape: many
-- lane: read
-- tenant: yes
-- in: room uuid, after int8, most int4
-- out: seq int8, at timestamptz, tombstone bool, envelope bytea
-- Envelopes of such a room in their order.
SELECT m.seq, m.at, m.tombstone, m.envelope
FROM room r JOIN message m ON m.org = r.org AND m.room = r.room AND m.seq > :after
WHERE r.room = :room AND handover_taking(r.agreement)
ORDER BY m.seq LIMIT :most;

-- name: handover_files
-- shape: many
-- lane: read
-- tenant: yes
-- in: room uuid, after uuid, most int4
-- out: file uuid, cipher_size int8, epoch int4, key bytea
-- Files of such a room that were sent, after this one.
SELECT f.file, f.cipher_size, s.epoch, s.key
FROM room r JOIN file f ON f.org = r.org AND f.room = r.room AND f.state = 'sent' AND f.file > coalesce(:after, '00000000-0000-0000-0000-000000000000')
JOIN file_seal s ON s.org = f.org AND s.file = f.file
WHERE r.room = :room AND handover_taking(r.agreement)
ORDER BY f.file LIMIT :most;

-- name: handover_part
-- shape: maybe
-- lane: file
-- tenant: yes
-- in: file uuid, n int4
-- out: digest bytea, bytes bytea
-- A part of such a file.
SELECT p.digest, p.bytes
FROM file f
JOIN room r ON r.org = f.org AND r.room = f.room
JOIN file_part p ON p.org = f.org AND p.file = f.file AND p.n = :n
WHERE f.file = :file AND f.state = 'sent' AND handover_taking(r.agreement);

-- name: handover_receipt
-- shape: one
-- lane: write
-- tenant: yes
-- in: actor uuid, agreement uuid, receipt bytea
-- out: outcome text
-- ok (also of a repeat) | not_found | conflict.
SELECT handover_receipt(:actor, :agreement, :receipt) AS outcome;
