-- Unit keys: lane unit is the small database of them (db/units), the others are the main one.

-- name: unit_get
-- shape: many
-- lane: unit
-- tenant: yes
-- in: units uuid[], parts int4[]
-- out: place int8, wrapped bytea
-- The keys of units that ever had one, by their place from 1; NULL: it is gone for ever.
SELECT u.place, k.wrapped
FROM unnest(:units, :parts) WITH ORDINALITY AS u(unit, part, place)
JOIN unit_key k ON k.unit = u.unit AND k.part = u.part ORDER BY u.place;

-- name: unit_put
-- shape: many
-- lane: unit
-- tenant: yes
-- in: units uuid[], parts int4[], wrapped bytea[]
-- out: place int8, wrapped bytea
-- Keys for units without one; gives what stands for each.
SELECT place, wrapped FROM unit_put(:units, :parts, :wrapped);

-- name: unit_newest_batch
-- shape: maybe
-- lane: read
-- tenant: no
-- in:
-- out: batch uuid
-- The newest erasure that was done in the database of unit keys.
SELECT batch FROM unit_newest_batch();

-- name: unit_batch_known
-- shape: one
-- lane: unit
-- tenant: no
-- in: batch uuid
-- out: known bool
-- False: this database of unit keys was restored to before that erasure.
SELECT unit_batch_known(:batch) AS known;

-- name: job_unit_plain
-- shape: many
-- lane: write
-- tenant: no
-- in: most int4
-- out: org uuid, unit uuid, part int4, entry int4, keyset int2, rtype int2, rid uuid, rkid bytea, plain bytea
-- Wraps and file keys from before there were units, of one organisation. Of a file entry is NULL and rkid its epoch.
SELECT org, unit, part, entry, keyset, rtype, rid, rkid, plain FROM unit_plain(:most);

-- name: job_unit_seal
-- shape: one
-- lane: write
-- tenant: yes
-- in: unit uuid, part int4, entry int4, keyset int2, rid uuid, plain bytea, sealed bytea
-- out: done bool
-- One of them as it is from now on.
SELECT unit_seal(:unit, :part, :entry, :keyset, :rid, :plain, :sealed) AS done;

-- name: job_unit_batch_take
-- shape: maybe
-- lane: write
-- tenant: no
-- in: most int4
-- out: org uuid, batch uuid, units uuid[], parts int4[]
-- The units whose keys go next.
SELECT org, batch, units, parts FROM unit_batch_take(:most);

-- name: job_unit_erase
-- shape: one
-- lane: unit
-- tenant: yes
-- in: batch uuid, units uuid[], parts int4[]
-- out: erased int8
-- Destroys their keys, for ever.
SELECT unit_erase(:batch, :units, :parts) AS erased;

-- name: job_unit_batch_done
-- shape: one
-- lane: write
-- tenant: yes
-- in: batch uuid
-- out: units int8
-- That is confirmed.
SELECT unit_batch_done(:batch) AS units;

-- name: job_unit_batch_replay
-- shape: maybe
-- lane: write
-- tenant: no
-- in: after int8
-- out: n int8, org uuid, batch uuid, units uuid[], parts int4[]
-- The next confirmed errand after a number.
SELECT n, org, batch, units, parts FROM unit_batch_replay(:after);

-- name: unit_orgs
-- shape: many
-- lane: write
-- tenant: no
-- in:
-- out: org uuid
-- The organisations, for the verifier.
SELECT org FROM unit_orgs();

-- name: erasure_faults
-- shape: many
-- lane: write
-- tenant: yes
-- in:
-- out: fault text, n int8
-- What must never be: rows of what has gone, rows without what they belong to.
SELECT fault, n FROM erasure_faults();

-- name: unit_list
-- shape: many
-- lane: unit
-- tenant: yes
-- in: after uuid, after_part int4, most int4
-- out: unit uuid, part int4
-- Units that have a key, made more than a day ago, after this one.
SELECT k.unit, k.part FROM unit_key k
WHERE (k.unit, k.part) > (:after, :after_part) AND k.wrapped IS NOT NULL AND k.made_at < now() - interval '1 day'
ORDER BY k.unit, k.part LIMIT :most;

-- name: unit_orphans
-- shape: one
-- lane: write
-- tenant: yes
-- in: units uuid[], parts int4[]
-- out: orphans int8
-- How many of them nothing needs; they are doomed.
SELECT unit_orphans(:units, :parts) AS orphans;

-- name: unit_needed
-- shape: many
-- lane: write
-- tenant: yes
-- in: after uuid, after_part int4, most int4
-- out: unit uuid, part int4
-- Units under which something is stored, after this one.
SELECT unit, part FROM unit_needed(:after, :after_part, :most);
