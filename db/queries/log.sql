-- The logs that outsiders can check: what the signer does, as luotsi_signer, and what everybody reads.

-- name: log_waiting
-- shape: many
-- lane: write
-- tenant: no
-- in: after uuid, all bool, most int4
-- out: log uuid
-- The logs behind this one that may have something to be done; all: every log there is.
SELECT w AS log FROM log_waiting(:after, :all, :most) AS w;

-- name: log_look
-- shape: many
-- lane: write
-- tenant: no
-- in: log uuid, levels int2[], ns int8[]
-- out: size int8, note text, refused text, level int2, n int8, hashes bytea
-- Where a log stands; beside it, in as many rows as there are, the named tiles.
SELECT size, note, refused, level, n, hashes FROM log_look(:log, :levels, :ns);

-- name: log_take
-- shape: many
-- lane: write
-- tenant: no
-- in: log uuid, most int4
-- out: n int8, leaf bytea
-- Leaves that have no place yet, the oldest first.
SELECT n, leaf FROM log_take(:log, :most);

-- name: log_entries
-- shape: many
-- lane: write
-- tenant: no
-- in: log uuid, from int8, most int4
-- out: n int8, hashes bytea
-- The tiles of leaves from this one on.
SELECT n, hashes FROM log_entries(:log, :from, :most);

-- name: log_extend
-- shape: one
-- lane: write
-- tenant: no
-- in: log uuid, size int8, ns int8[], levels int2[], tiles int8[], hashes bytea[]
-- out: done bool
-- Gives leaves their places and stores the tiles that follow from it, if the log is still of this size.
SELECT log_extend(:log, :size, :ns, :levels, :tiles, :hashes) AS done;

-- name: log_publish
-- shape: one
-- lane: write
-- tenant: no
-- in: log uuid, size int8, note text, key text
-- out: done bool
-- A signed head, for everybody, and the key that checks it.
SELECT log_publish(:log, :size, :note, :key) AS done;

-- name: log_refuse
-- shape: one
-- lane: write
-- tenant: no
-- in: log uuid, word text
-- out: done bool
-- The signer signs nothing more, and why.
SELECT log_refuse(:log, :word) AS done;

-- name: log_checkpoint
-- shape: maybe
-- lane: read
-- tenant: no
-- in: log uuid
-- out: note text
-- The newest signed head.
SELECT note FROM log WHERE log = :log AND note IS NOT NULL;

-- name: log_tile
-- shape: maybe
-- lane: read
-- tenant: no
-- in: log uuid, level int2, n int8, width int4
-- out: hashes bytea
-- The first hashes of a tile, if there are so many.
SELECT substr(hashes, 1, :width * 32) AS hashes FROM log_tile
WHERE log = :log AND level = :level AND n = :n AND octet_length(hashes) >= :width * 32;
