-- Who hears of what. The notices themselves are described in migrations/0002_identity.sql.

-- name: notice_members
-- shape: many
-- lane: read
-- tenant: yes
-- in: rooms uuid[]
-- out: room uuid, account uuid, visible_from int8
-- The active members of rooms.
SELECT room, account, visible_from FROM room_member WHERE room = ANY (:rooms) AND active;

-- name: notice_kin
-- shape: many
-- lane: read
-- tenant: yes
-- in: account uuid
-- out: account uuid
-- Who hears that a chain grew: itself, everyone who shares a room with it, and for staff the staff; of
-- who waits to be let into a room its members, and the other way round.
SELECT DISTINCT o.account
FROM room_member m JOIN room_member o USING (org, room)
WHERE m.account = :account AND (m.active OR m.lapsed_at IS NOT NULL) AND o.active
UNION
SELECT o.account FROM account a JOIN account o USING (org)
WHERE a.account = :account AND (o.account = a.account OR a.role <> 'client' AND o.role <> 'client')
UNION
SELECT m.account FROM invitation i JOIN room_member m USING (org, room)
WHERE i.claimed_by = :account AND i.expires_at > now() AND m.active
UNION
SELECT i.claimed_by FROM room_member m JOIN invitation i USING (org, room)
WHERE m.account = :account AND m.active AND i.claimed_by IS NOT NULL AND i.expires_at > now();

-- name: notice_rooms
-- shape: many
-- lane: read
-- tenant: yes
-- in: account uuid
-- out: room uuid, visible_from int8
-- The rooms that a person is an active member of: whose events its connections hear.
SELECT room, visible_from FROM room_member WHERE account = :account AND active;
