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
-- shape: one
-- lane: write
-- tenant: yes
-- in: room uuid, account uuid, form text
-- out: at timestamptz
-- Somebody takes the room out: who, when, in which form.
WITH noted AS (INSERT INTO audit (actor, action, object, word) VALUES (:account, 'export', :room, :form) RETURNING at)
SELECT at FROM noted;
