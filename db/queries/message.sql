-- Envelopes: stored and relayed, read back page by page.
-- Beneath row-level security an index serves a comparison only with what cannot leak: a column, a
-- parameter or CASE, but neither coalesce nor arithmetic. tests/sql/plans.test.mjs watches over it.

-- name: message_post
-- shape: many
-- lane: hot
-- tenant: yes
-- batch: yes
-- in: room uuid, msg_id uuid, sender uuid, sender_kid bytea, kind int2, op int2, target uuid, epoch int4, sender_seq int8, log_head bytea, retention_class int4, env_hash bytea, header_len int2, envelope bytea, epoch_max_messages int4, epoch_max_seconds int8
-- out: ordinal int8, outcome text, seq int8, at timestamptz, head bytea, next int8
-- ok (seq, at; also of a repeat) | stale_head (head) | bad_sequence (next) | msg_id_reused | not_member |
-- bad_kid | room_closed | agreement_not_live | rotation_pending | stale_epoch | bad_envelope (retention
-- class) | not_found (target). target: NULL without one. The two limits: the same in every row.
SELECT ordinal, outcome, seq, at, head, next
FROM message_post(:room, :msg_id, :sender, :sender_kid, :kind, :op, :target, :epoch, :sender_seq, :log_head,
	:retention_class, :env_hash, :header_len, :envelope, :epoch_max_messages, :epoch_max_seconds);

-- name: message_before
-- shape: many
-- lane: read
-- tenant: yes
-- in: room uuid, account uuid, before int8, limit int4
-- out: seq int8, at timestamptz, tombstone bool, envelope bytea, erased_at timestamptz
-- The newest envelopes before `before` (NULL: of all), newest first, as far as an active member may see.
SELECT e.seq, e.at, e.tombstone, e.envelope, e.erased_at
FROM room_member m
JOIN LATERAL (
	SELECT x.seq, x.at, x.tombstone, x.envelope, x.erased_at FROM message x
	WHERE x.org = m.org AND x.room = m.room AND x.seq >= m.visible_from AND x.seq < CASE WHEN :before IS NULL THEN 9223372036854775807 ELSE :before END
	ORDER BY x.seq DESC LIMIT :limit) AS e ON true
WHERE m.room = :room AND m.account = :account AND m.active
ORDER BY e.seq DESC;

-- name: message_after
-- shape: many
-- lane: read
-- tenant: yes
-- in: room uuid, account uuid, after int8, limit int4
-- out: seq int8, at timestamptz, tombstone bool, envelope bytea, erased_at timestamptz
-- The first envelopes after `after`, oldest first: the one way to catch up.
SELECT e.seq, e.at, e.tombstone, e.envelope, e.erased_at
FROM room_member m
JOIN LATERAL (
	SELECT x.seq, x.at, x.tombstone, x.envelope, x.erased_at FROM message x
	WHERE x.org = m.org AND x.room = m.room AND x.seq >= m.visible_from AND x.seq > :after
	ORDER BY x.seq LIMIT :limit) AS e ON true
WHERE m.room = :room AND m.account = :account AND m.active
ORDER BY e.seq;

-- name: item_page
-- shape: many
-- lane: read
-- tenant: yes
-- in: room uuid, account uuid, kinds int2[], before int8, limit int4
-- out: seq int8, at timestamptz, tombstone bool, envelope bytea, erased_at timestamptz
-- The newest envelopes of these kinds (none of 1 and 2) before `before` (NULL: of all), newest first.
SELECT e.seq, e.at, e.tombstone, e.envelope, e.erased_at
FROM room_member m
CROSS JOIN (SELECT DISTINCT w.kind FROM unnest(:kinds) AS w(kind)) AS k
JOIN LATERAL (
	SELECT x.seq, x.at, x.tombstone, x.envelope, x.erased_at FROM message x
	WHERE x.org = m.org AND x.room = m.room AND x.kind = k.kind AND x.kind > 2
		AND x.seq >= m.visible_from AND x.seq < CASE WHEN :before IS NULL THEN 9223372036854775807 ELSE :before END
	ORDER BY x.seq DESC LIMIT :limit) AS e ON true
WHERE m.room = :room AND m.account = :account AND m.active
ORDER BY e.seq DESC LIMIT :limit;

-- name: message_rows
-- shape: many
-- lane: read
-- tenant: yes
-- in: rooms uuid[], first int8[], last int8[]
-- out: room uuid, seq int8, at timestamptz, tombstone bool, envelope bytea
-- Ranges of rooms that a notice named, for the hub; who may see them is the hub's to ask (notice_members).
SELECT e.room, e.seq, e.at, e.tombstone, e.envelope
FROM unnest(:rooms, :first, :last) AS p(room, first, last)
JOIN LATERAL (
	SELECT x.room, x.seq, x.at, x.tombstone, x.envelope FROM message x
	WHERE x.room = p.room AND x.seq BETWEEN p.first AND p.last
	ORDER BY x.seq LIMIT 256) AS e ON true;

-- name: message_typing
-- shape: one
-- lane: write
-- tenant: yes
-- in: room uuid, account uuid
-- out: told bool
-- Tells that somebody types; nothing is stored.
SELECT notice_send('t', concat_ws(' ', notice_hex(:room), notice_hex(:account))) AS told;
