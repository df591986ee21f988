-- Files. Parts go by a lane of their own: a megabyte would stand before others' writing.

-- name: file_begin
-- shape: one
-- lane: write
-- tenant: yes
-- in: room uuid, account uuid, file uuid, cipher_size int8, epoch int4, key bytea, most int8, quota int8, most_open int4, most_day int4
-- out: outcome text
-- ok (also of a repeat) | conflict | stale_epoch | too_large | quota | rate_limited (what this person has open, or began in a day).
-- most, quota: of an organisation that has none of its own.
SELECT file_begin(:room, :account, :file, :cipher_size, :epoch, :key, :most, :quota, :most_open, :most_day) AS outcome;

-- name: file_key_put
-- shape: one
-- lane: write
-- tenant: yes
-- in: account uuid, file uuid, epoch int4, key bytea
-- out: outcome text
-- ok | not_found | conflict (it is not open).
SELECT file_key_put(:account, :file, :epoch, :key) AS outcome;

-- name: file_state
-- shape: many
-- lane: read
-- tenant: yes
-- in: account uuid, file uuid, first int4, limit int4
-- out: state text, n int4, digest bytea
-- The parts that are held, from `first` on; one row without a part if there are none, no row without the file.
SELECT f.state, p.n, p.digest
FROM file f
LEFT JOIN LATERAL (
	SELECT x.n, x.digest FROM file_part x WHERE x.org = f.org AND x.file = f.file AND x.n >= :first ORDER BY x.n LIMIT :limit) AS p ON true
WHERE f.file = :file AND f.account = :account
ORDER BY p.n;

-- name: file_cancel
-- shape: one
-- lane: write
-- tenant: yes
-- in: account uuid, file uuid
-- out: outcome text
-- ok (also of a repeat) | not_found | conflict (it was sent).
SELECT file_cancel(:account, :file) AS outcome;

-- name: file_key
-- shape: maybe
-- lane: read
-- tenant: yes
-- in: room uuid, account uuid, file uuid
-- out: epoch int4, key bytea
-- Of a file whose manifest this active member may see.
SELECT s.epoch, s.key
FROM file f
JOIN room_member m ON m.org = f.org AND m.room = f.room AND m.account = :account AND m.active AND f.seq >= m.visible_from
JOIN file_seal s ON s.org = f.org AND s.file = f.file
WHERE f.file = :file AND f.room = :room AND f.state = 'sent' AND room_may(f.room, 'read');

-- name: file_limits
-- shape: one
-- lane: read
-- tenant: yes
-- in: most int8, quota int8
-- out: most int8, remaining int8
-- What the organisation allows; most, quota: if it has none of its own.
SELECT coalesce(o.file_most, :most) AS most,
	greatest(coalesce(o.file_quota, :quota) - coalesce(u.used, 0), 0) AS remaining
FROM organisation o LEFT JOIN file_use u ON u.org = o.org;

-- name: file_part_put
-- shape: one
-- lane: file
-- tenant: yes
-- in: account uuid, file uuid, n int4, digest bytea, bytes bytea
-- out: outcome text
-- ok (also of a repeat) | not_found | conflict | bad_field (no such part, or its length) | not_member | room_closed.
SELECT file_part_put(:account, :file, :n, :digest, :bytes) AS outcome;

-- name: file_part_get
-- shape: maybe
-- lane: file
-- tenant: yes
-- in: account uuid, file uuid, n int4
-- out: cipher_size int8, digest bytea, bytes bytea
-- Of a file whose manifest this active member may see.
SELECT f.cipher_size, p.digest, p.bytes
FROM file f
JOIN room_member m ON m.org = f.org AND m.room = f.room AND m.account = :account AND m.active AND f.seq >= m.visible_from
JOIN file_part p ON p.org = f.org AND p.file = f.file AND p.n = :n
WHERE f.file = :file AND f.state = 'sent' AND room_may(f.room, 'read');
