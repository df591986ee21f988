-- The organisation's way into rooms whose keys are lost: what is taken to the ceremony, what comes back.

-- name: recovery_rooms
-- shape: many
-- lane: read
-- tenant: yes
-- in: account uuid
-- out: room uuid, phase text, created_at timestamptz, last_at timestamptz, staff uuid[], client uuid
-- The rooms that somebody is or was in, the newest first.
SELECT r.room, r.phase, r.created_at, r.last_at,
	ARRAY(SELECT o.account FROM room_member o WHERE o.room = r.room AND o.role = 2 AND o.active ORDER BY o.since, o.account) AS staff,
	(SELECT o.account FROM room_member o WHERE o.room = r.room AND o.role = 1 AND o.active LIMIT 1) AS client
FROM room r
WHERE EXISTS (SELECT FROM room_member m WHERE m.room = r.room AND m.account = :account)
ORDER BY r.last_at DESC, r.room LIMIT 500;

-- name: recovery_wraps
-- shape: many
-- lane: read
-- tenant: yes
-- in: room uuid, from int4, until int4
-- out: entry int4, keyset int2, epoch int4, rid uuid, rkid bytea, wrap bytea
-- The wraps of entries from..until (exclusive) for the recovery key.
SELECT w.entry, w.keyset, w.epoch, w.rid, w.rkid, w.wrap
FROM wrap w
WHERE w.room = :room AND w.rtype = 3 AND w.rid = luotsi_org() AND w.entry >= :from AND w.entry < :until
ORDER BY w.entry, w.epoch, w.keyset LIMIT 2048;

-- name: recovery_members
-- shape: many
-- lane: read
-- tenant: yes
-- in: room uuid
-- out: account uuid
-- Everybody whom the control log has ever named a member.
SELECT account FROM room_member WHERE room = :room ORDER BY since, account LIMIT 64;

-- name: recovery_append
-- shape: one
-- lane: write
-- tenant: yes
-- in: room uuid, actor uuid, head bytea, entries bytea[], hashes bytea[], types int2[], agreement uuid, retention_class int4, phase text, epoch int4, pending bool, m_account uuid[], m_role int2[], m_sig_kid bytea[], m_enc_kid bytea[], m_cert bytea[], m_active bool[], m_since int4[], m_visible_from int8[], g_to uuid[], g_from int4[], w_entry int4[], w_keyset int2[], w_epoch int4[], w_rtype int2[], w_rid uuid[], w_rkid bytea[], w_wrap bytea[], invite uuid, token_hash bytea, sealed bytea, expires_at timestamptz
-- out: outcome text, n_entries int4, head bytea
-- As control_append, and on record as what it is: the parameters are the same, in the same order.
SELECT outcome, n_entries, head
FROM recovery_append(:room, :actor, :head, :entries, :hashes, :types, :agreement, :retention_class, :phase, :epoch, :pending,
	:m_account, :m_role, :m_sig_kid, :m_enc_kid, :m_cert, :m_active, :m_since, :m_visible_from, :g_to, :g_from,
	:w_entry, :w_keyset, :w_epoch, :w_rtype, :w_rid, :w_rkid, :w_wrap, :invite, :token_hash, :sealed, :expires_at);
