-- The control log of a room.

-- name: room_log
-- shape: many
-- lane: read
-- tenant: yes
-- in: room uuid, from int4, limit int4
-- out: n int4, entry bytea, at timestamptz
-- Entries from an index on, in order; `at` is the server's time of each.
SELECT n, entry, at FROM control_entry WHERE room = :room AND n >= :from ORDER BY n LIMIT :limit;

-- name: room_wraps
-- shape: many
-- lane: read
-- tenant: yes
-- in: room uuid, account uuid, from int4, until int4
-- out: entry int4, keyset int2, epoch int4, rtype int2, rid uuid, rkid bytea, wrap bytea
-- The wraps of entries from..until (exclusive) for a member, or for the invitation that it has claimed.
SELECT w.entry, w.keyset, w.epoch, w.rtype, w.rid, w.rkid, w.wrap
FROM wrap w
WHERE w.room = :room AND w.entry >= :from AND w.entry < :until
	AND (w.rtype = 1 AND w.rid = :account
		OR w.rtype = 2 AND w.rid = (SELECT i.invite FROM invitation i
			WHERE i.room = :room AND i.claimed_by = :account AND i.expires_at > now()))
ORDER BY w.entry, w.epoch, w.keyset LIMIT 2048;

-- name: room_head
-- shape: maybe
-- lane: read
-- tenant: yes
-- in: room uuid
-- out: n_entries int4, log_head bytea, phase text, epoch int4, pending bool, last_seq int8
-- Where a room stands.
SELECT n_entries, log_head, phase, epoch, pending, last_seq FROM room WHERE room = :room;

-- name: control_append
-- shape: one
-- lane: write
-- tenant: yes
-- in: room uuid, actor uuid, head bytea, entries bytea[], hashes bytea[], types int2[], agreement uuid, retention_class int4, phase text, epoch int4, pending bool, m_account uuid[], m_role int2[], m_sig_kid bytea[], m_enc_kid bytea[], m_cert bytea[], m_active bool[], m_since int4[], m_visible_from int8[], g_to uuid[], g_from int4[], w_entry int4[], w_keyset int2[], w_epoch int4[], w_rtype int2[], w_rid uuid[], w_rkid bytea[], w_wrap bytea[], invite uuid, token_hash bytea, sealed bytea, expires_at timestamptz
-- out: outcome text, n_entries int4, head bytea
-- ok | stale_head | agreement_not_live | not_found | expired | used. The parameters are explained where the
-- function is made (migrations/0003_rooms.sql).
SELECT outcome, n_entries, head
FROM control_append(:room, :actor, :head, :entries, :hashes, :types, :agreement, :retention_class, :phase, :epoch, :pending,
	:m_account, :m_role, :m_sig_kid, :m_enc_kid, :m_cert, :m_active, :m_since, :m_visible_from, :g_to, :g_from,
	:w_entry, :w_keyset, :w_epoch, :w_rtype, :w_rid, :w_rkid, :w_wrap, :invite, :token_hash, :sealed, :expires_at);

-- name: invitation_claim
-- shape: one
-- lane: write
-- tenant: yes
-- in: room uuid, token_hash bytea, account uuid
-- out: outcome text, sealed bytea, expires_at timestamptz
-- ok | not_found | expired | used.
SELECT outcome, sealed, expires_at FROM invitation_claim(:room, :token_hash, :account);
