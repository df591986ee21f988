-- Sealed drafts, one for each member of a room.

-- name: draft_get
-- shape: maybe
-- lane: read
-- tenant: yes
-- in: room uuid, account uuid
-- out: version int8, draft bytea
-- No row: none was ever stored (version 0). draft NULL: it was thrown away.
SELECT version, draft FROM draft WHERE room = :room AND account = :account;

-- name: draft_put
-- shape: maybe
-- lane: write
-- tenant: yes
-- in: room uuid, account uuid, expected int8, draft bytea
-- out: version int8
-- Replaces the draft, or throws it away (NULL). No row: another version is stored.
INSERT INTO draft AS d (room, account, version, draft)
SELECT :room, :account, :expected + 1, :draft
WHERE :expected = 0 OR EXISTS (SELECT FROM draft e WHERE e.room = :room AND e.account = :account)
ON CONFLICT (org, room, account) DO UPDATE SET version = excluded.version, draft = excluded.draft, at = now()
WHERE d.version = :expected
RETURNING version;
