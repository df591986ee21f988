-- Reminders of assignments.

-- name: reminder_put
-- shape: one
-- lane: write
-- tenant: yes
-- in: room uuid, msg_id uuid, at timestamptz, most int4
-- out: outcome text
-- ok | not_found (no assignment of the room) | bad_field (not in the time to come) | quota. at NULL: none.
SELECT reminder_put(:room, :msg_id, :at, :most) AS outcome;

-- name: reminder_list
-- shape: many
-- lane: read
-- tenant: yes
-- in: account uuid, most int4
-- out: room uuid, msg_id uuid, at timestamptz
-- What a person is reminded of.
SELECT room, msg_id, at FROM reminder_list(:account, :most);

-- name: reminder_seen
-- shape: one
-- lane: write
-- tenant: yes
-- in: account uuid, room uuid, msg_id uuid
-- out: gone bool
-- The person has seen it.
SELECT reminder_seen(:account, :room, :msg_id) AS gone;
