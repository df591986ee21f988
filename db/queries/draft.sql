-- Sealed drafts of each member of a room: of what is written to it, and of assignments.

-- name: draft_get
-- shape: maybe
-- lane: read
-- tenant: yes
-- in: room uuid, account uuid, slot uuid
-- out: version int8, draft bytea
-- No row: none was ever stored (version 0). draft NULL: it was thrown away.
SELECT version, draft FROM draft WHERE room = :room AND account = :account AND slot = :slot;

-- name: draft_put
-- shape: one
-- lane: write
-- tenant: yes
-- in: room uuid, account uuid, slot uuid, expected int8, draft bytea, most int4
-- out: outcome text, version int8
-- Replaces the draft, or throws it away (NULL): ok (version) | conflict (another version is stored) |
-- not_found (the slot is no assignment of the room) | quota (of so many other slots).
SELECT outcome, version FROM draft_put(:room, :account, :slot, :expected, :draft, :most);

-- name: draft_list
-- shape: many
-- lane: read
-- tenant: yes
-- in: room uuid, account uuid, limit int4
-- out: slot uuid, version int8
-- Which assignments have a draft.
SELECT slot, version FROM draft
WHERE room = :room AND account = :account AND draft IS NOT NULL AND slot <> '00000000-0000-0000-0000-000000000000'
ORDER BY slot LIMIT :limit;
