-- Identity chains and what a person keeps sealed.

-- name: self_get
-- shape: one
-- lane: read
-- tenant: yes
-- in: account uuid
-- out: version int8, unlockers bytea[], list_mac bytea, keys bytea, state_version int8, state bytea
-- version 0 and state_version 0: nothing stored yet (the rest is then NULL).
SELECT coalesce(k.version, 0) AS version, k.unlockers, k.list_mac, k.keys,
	coalesce(s.version, 0) AS state_version, s.state
FROM account a
LEFT JOIN self_keys k USING (org, account)
LEFT JOIN self_state s USING (org, account)
WHERE a.account = :account;

-- name: self_put_keys
-- shape: one
-- lane: write
-- tenant: yes
-- in: account uuid, expected int8, unlockers bytea[], list_mac bytea, keys bytea, head bytea, entries bytea[], hashes bytea[], types int2[], sig_kid bytea, sig_pub bytea, enc_kid bytea, enc_pub bytea, cert bytea, valid_from timestamptz, valid_until timestamptz
-- out: outcome text, version int8
-- ok | conflict | stale_head. Without an identity entry the arrays are empty and the rest is NULL.
SELECT outcome, version
FROM self_put_keys(:account, :expected, :unlockers, :list_mac, :keys, :head, :entries, :hashes, :types,
	:sig_kid, :sig_pub, :enc_kid, :enc_pub, :cert, :valid_from, :valid_until);

-- name: self_put_state
-- shape: maybe
-- lane: write
-- tenant: yes
-- in: account uuid, expected int8, state bytea
-- out: version int8
-- No row: another version is stored.
INSERT INTO self_state AS s (account, version, state)
SELECT :account, :expected + 1, :state
WHERE :expected = 0 OR EXISTS (SELECT FROM self_state e WHERE e.account = :account)
ON CONFLICT (org, account) DO UPDATE SET version = excluded.version, state = excluded.state WHERE s.version = :expected
RETURNING version;

-- name: chain_get
-- shape: many
-- lane: read
-- tenant: yes
-- in: subjects uuid[]
-- out: subject uuid, n int4, entry bytea, at timestamptz
-- Whole chains, in order; the organisation's own has subject = org. Who may see them: chain_visible.
SELECT subject, n, entry, at FROM identity_entry
WHERE subject = ANY (:subjects) ORDER BY subject, n;

-- name: chain_visible
-- shape: many
-- lane: read
-- tenant: yes
-- in: account uuid, subjects uuid[]
-- out: subject uuid
-- Those of the subjects whose chains this account may see: itself, who shares (or shared) a room with
-- it, members of a room whose invitation it has claimed, and they see who claimed it; staff see the staff.
SELECT u.subject
FROM unnest(:subjects) AS u(subject)
WHERE u.subject = :account
	OR EXISTS (SELECT FROM room_member me JOIN room_member other USING (org, room)
		WHERE me.account = :account AND me.active AND other.account = u.subject)
	OR EXISTS (SELECT FROM invitation i JOIN room_member other USING (org, room)
		WHERE i.claimed_by = :account AND i.expires_at > now() AND other.account = u.subject)
	OR EXISTS (SELECT FROM invitation i JOIN room_member me USING (org, room)
		WHERE i.claimed_by = u.subject AND i.expires_at > now() AND me.account = :account AND me.active)
	OR EXISTS (SELECT FROM account me JOIN account other USING (org)
		WHERE me.account = :account AND other.account = u.subject
			AND me.role IN ('counsellor', 'team_lead', 'admin') AND other.role IN ('counsellor', 'team_lead', 'admin'));

-- name: identity_append
-- shape: one
-- lane: write
-- tenant: yes
-- in: subject uuid, head bytea, entries bytea[], hashes bytea[], types int2[], sig_kid bytea, sig_pub bytea, enc_kid bytea, enc_pub bytea, cert bytea, valid_from timestamptz, valid_until timestamptz, revoked bool
-- out: outcome text
-- ok | stale_head. head: zeroes before the first entry. Keys NULL for the organisation's chain.
SELECT identity_append(:subject, :head, :entries, :hashes, :types, :sig_kid, :sig_pub, :enc_kid, :enc_pub,
	:cert, :valid_from, :valid_until, :revoked) AS outcome;

-- name: key_get
-- shape: maybe
-- lane: read
-- tenant: yes
-- in: subject uuid
-- out: sig_kid bytea, sig_pub bytea, enc_kid bytea, enc_pub bytea, cert bytea, valid_from timestamptz, valid_until timestamptz, revoked bool
-- A person's current keys: what envelopes are verified with. None of staff whose certificate has expired.
SELECT sig_kid, sig_pub, enc_kid, enc_pub, cert, valid_from, valid_until, revoked
FROM identity_head WHERE subject = :subject AND sig_kid IS NOT NULL AND (valid_until > now()) IS NOT FALSE;

-- name: colleagues
-- shape: many
-- lane: read
-- tenant: yes
-- in:
-- out: account uuid
-- Staff of the organisation.
SELECT account FROM account
WHERE role IN ('counsellor', 'team_lead', 'admin') AND disabled_at IS NULL ORDER BY created_at, account LIMIT 500;
