-- What the server knows of the guidance work in a room, and that it is taken out.

-- name: room_topics
-- shape: many
-- lane: read
-- tenant: yes
-- in: room uuid
-- out: topic text, at timestamptz
-- In the order in which they were chosen.
SELECT topic, at FROM room_topic WHERE room = :room ORDER BY at, topic;

-- name: room_topics_put
-- shape: one
-- lane: write
-- tenant: yes
-- in: room uuid, account uuid, topics text[]
-- out: changed_at timestamptz
-- These in the place of those there were.
SELECT room_topics_put(:room, :account, :topics) AS changed_at;

-- name: export_begin
-- shape: maybe
-- lane: write
-- tenant: yes
-- in: room uuid, account uuid, form text, announced uuid
-- out: at timestamptz
-- Somebody takes the room out: who, when, in which form. announced: NULL of a client; of staff their own new message to this room, which
-- told of it, else nothing is recorded and nothing comes back.
WITH noted AS (
	INSERT INTO audit (actor, action, object, word)
	SELECT :account, 'export', :room, :form
	WHERE :announced IS NULL OR EXISTS (
		SELECT FROM message m
		WHERE m.room = :room AND m.msg_id = :announced AND m.sender = :account AND m.kind = 1 AND m.op = 0 AND NOT m.tombstone AND m.at > now() - interval '10 minutes')
	RETURNING at)
SELECT at FROM noted;
