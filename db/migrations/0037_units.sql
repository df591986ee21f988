-- Retention units: an epoch of a room, a file. What opens one (the wraps of the epoch, the sealed key of the
-- file) is stored once more sealed under a key of the unit, and that key lives in the small database of db/units.
-- Here is what of it the main database knows: which units are to go, and which have gone.

ALTER TABLE wrap DROP CONSTRAINT wrap_length,
	ADD CONSTRAINT wrap_length CHECK (octet_length(wrap) IN (113, 142));
COMMENT ON COLUMN wrap.wrap IS '142 bytes: sealed under the key of its unit. 113: from before there were units; the jobs process seals it.';
ALTER TABLE file_seal DROP CONSTRAINT file_seal_size,
	ADD CONSTRAINT file_seal_size CHECK (octet_length(key) IN (104, 133));
COMMENT ON COLUMN file_seal.key IS '133 bytes: sealed under the key of its unit. 104: from before there were units; the jobs process seals it.';
-- Empty once the jobs process has been here.
CREATE INDEX wrap_plain ON wrap (org, room) WHERE octet_length(wrap) = 113;
CREATE INDEX file_seal_plain ON file_seal (org, file) WHERE octet_length(key) = 104;

CREATE TABLE unit_batch (
	org       uuid NOT NULL DEFAULT luotsi_org(),
	batch     uuid NOT NULL CONSTRAINT unit_batch_unique UNIQUE,
	n         int8 GENERATED ALWAYS AS IDENTITY,
	made_at   timestamptz NOT NULL DEFAULT now(),
	erased_at timestamptz,
	CONSTRAINT unit_batch_key PRIMARY KEY (org, batch),
	CONSTRAINT unit_batch_of_organisation FOREIGN KEY (org) REFERENCES organisation
);
COMMENT ON TABLE unit_batch IS 'One errand to the database of unit keys: units whose keys are destroyed together. erased_at: it was confirmed there. The newest confirmed one must be known there, or that database is from the past.';
CREATE INDEX unit_batch_open ON unit_batch (n) WHERE erased_at IS NULL;
CREATE INDEX unit_batch_newest ON unit_batch (n) WHERE erased_at IS NOT NULL;
CALL tenant_table('unit_batch');
CREATE POLICY across ON unit_batch FOR SELECT TO luotsi_owner USING (true);

CREATE TABLE unit_doomed (
	org   uuid NOT NULL DEFAULT luotsi_org(),
	unit  uuid NOT NULL,
	part  int4 NOT NULL CONSTRAINT unit_doomed_part CHECK (part BETWEEN 0 AND 65535),
	at    timestamptz NOT NULL DEFAULT now(),
	batch uuid,
	CONSTRAINT unit_doomed_key PRIMARY KEY (org, unit, part),
	CONSTRAINT unit_doomed_in_batch FOREIGN KEY (org, batch) REFERENCES unit_batch
);
COMMENT ON TABLE unit_doomed IS 'Units whose keys go, and those that have gone: a tombstone stays for ever, so that a database of unit keys from a backup can be brought up to it.';
CREATE INDEX unit_doomed_by_batch ON unit_doomed (org, batch);
CALL tenant_table('unit_doomed');

-- A file that loses its key here loses the one of its unit too.
CREATE FUNCTION file_seal_gone() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
	INSERT INTO unit_doomed (unit, part) SELECT g.file, 0 FROM gone g ON CONFLICT DO NOTHING;
	RETURN NULL;
END
$$;
CREATE TRIGGER file_seal_gone AFTER DELETE ON file_seal REFERENCING OLD TABLE AS gone
	FOR EACH STATEMENT EXECUTE FUNCTION file_seal_gone();

-- Nothing comes under a key that goes.
CREATE FUNCTION wrap_of_living_unit() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
	IF EXISTS (SELECT FROM come c JOIN unit_doomed d ON d.unit = c.room AND d.part = c.epoch) THEN
		RAISE 'the epoch was erased' USING ERRCODE = 'LU000', CONSTRAINT = 'wrap_of_living_unit__not_found';
	END IF;
	RETURN NULL;
END
$$;
CREATE TRIGGER wrap_of_living_unit AFTER INSERT ON wrap REFERENCING NEW TABLE AS come
	FOR EACH STATEMENT EXECUTE FUNCTION wrap_of_living_unit();

-- The newest erasure that the database of unit keys has confirmed; none when nothing was ever erased.
CREATE FUNCTION unit_newest_batch() RETURNS TABLE (batch uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
	SELECT b.batch FROM unit_batch b WHERE b.erased_at IS NOT NULL ORDER BY b.n DESC LIMIT 1
$$;

-- Rows from before there were units, of one organisation, at most so many. entry is NULL of a file.
CREATE FUNCTION unit_plain(p_most int4)
RETURNS TABLE (org uuid, unit uuid, part int4, entry int4, keyset int2, rtype int2, rid uuid, rkid bytea, plain bytea)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
#variable_conflict use_column
DECLARE
	v_org uuid;
BEGIN
	FOR v_org IN SELECT o.org FROM organisation o ORDER BY o.org LOOP
		PERFORM set_config('luotsi.org', v_org::text, true);
		RETURN QUERY
			SELECT w.org, w.room, w.epoch, w.entry, w.keyset, w.rtype, w.rid, w.rkid::bytea, w.wrap
			FROM wrap w WHERE octet_length(w.wrap) = 113 ORDER BY w.org, w.room LIMIT p_most;
		IF NOT FOUND THEN
			RETURN QUERY
				SELECT s.org, s.file, 0, NULL::int4, NULL::int2, NULL::int2, NULL::uuid, int4send(s.epoch), s.key
				FROM file_seal s WHERE octet_length(s.key) = 104 ORDER BY s.org, s.file LIMIT p_most;
		END IF;
		EXIT WHEN FOUND;
	END LOOP;
	PERFORM set_config('luotsi.org', '', true);
END
$$;

-- One of them sealed, unless it has changed or gone meanwhile.
CREATE FUNCTION unit_seal(p_unit uuid, p_part int4, p_entry int4, p_keyset int2, p_rid uuid, p_plain bytea, p_sealed bytea)
RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
	IF p_entry IS NULL THEN
		UPDATE file_seal s SET key = p_sealed WHERE s.file = p_unit AND s.key = p_plain;
	ELSE
		UPDATE wrap w SET wrap = p_sealed
		WHERE w.room = p_unit AND w.rid = p_rid AND w.entry = p_entry AND w.epoch = p_part AND w.keyset = p_keyset
			AND w.wrap = p_plain;
	END IF;
	RETURN FOUND;
END
$$;

-- The next errand to the database of unit keys: the oldest that is not confirmed, else a new one of what is doomed.
CREATE FUNCTION unit_batch_take(p_most int4) RETURNS TABLE (org uuid, batch uuid, units uuid[], parts int4[])
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
#variable_conflict use_column
DECLARE
	v_org uuid;
	v_batch uuid;
BEGIN
	SELECT b.org, b.batch INTO v_org, v_batch FROM unit_batch b WHERE b.erased_at IS NULL ORDER BY b.n LIMIT 1;
	IF v_batch IS NOT NULL THEN
		PERFORM set_config('luotsi.org', v_org::text, true);
	ELSE
		FOR v_org IN SELECT o.org FROM organisation o ORDER BY o.org LOOP
			PERFORM set_config('luotsi.org', v_org::text, true);
			CONTINUE WHEN NOT EXISTS (SELECT FROM unit_doomed d WHERE d.batch IS NULL);
			INSERT INTO unit_batch AS b (batch) VALUES (gen_random_uuid()) RETURNING b.batch INTO v_batch;
			UPDATE unit_doomed d SET batch = v_batch
			FROM (SELECT x.unit, x.part FROM unit_doomed x WHERE x.batch IS NULL
				ORDER BY x.unit, x.part LIMIT p_most FOR UPDATE) AS s
			WHERE d.unit = s.unit AND d.part = s.part;
			EXIT;
		END LOOP;
	END IF;
	IF v_batch IS NOT NULL THEN
		RETURN QUERY
			SELECT v_org, v_batch, array_agg(d.unit ORDER BY d.unit, d.part), array_agg(d.part ORDER BY d.unit, d.part)
			FROM unit_doomed d WHERE d.batch = v_batch;
	END IF;
	PERFORM set_config('luotsi.org', '', true);
END
$$;

-- The database of unit keys has confirmed it.
CREATE FUNCTION unit_batch_done(p_batch uuid) RETURNS int8
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
	UPDATE unit_batch b SET erased_at = now() WHERE b.batch = p_batch AND b.erased_at IS NULL;
	RETURN (SELECT count(*) FROM unit_doomed d WHERE d.batch = p_batch);
END
$$;

-- Confirmed errands after number p_after, in order, one at a time: for a database of unit keys that came from a backup.
CREATE FUNCTION unit_batch_replay(p_after int8) RETURNS TABLE (n int8, org uuid, batch uuid, units uuid[], parts int4[])
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
#variable_conflict use_column
DECLARE
	v_batch unit_batch;
BEGIN
	SELECT * INTO v_batch FROM unit_batch b WHERE b.erased_at IS NOT NULL AND b.n > p_after ORDER BY b.n LIMIT 1;
	IF v_batch.batch IS NULL THEN
		RETURN;
	END IF;
	PERFORM set_config('luotsi.org', v_batch.org::text, true);
	RETURN QUERY
		SELECT v_batch.n, v_batch.org, v_batch.batch, array_agg(d.unit ORDER BY d.unit, d.part), array_agg(d.part ORDER BY d.unit, d.part)
		FROM unit_doomed d WHERE d.batch = v_batch.batch;
	PERFORM set_config('luotsi.org', '', true);
END
$$;

GRANT EXECUTE ON FUNCTION unit_newest_batch() TO luotsi_app, luotsi_jobs;
GRANT EXECUTE ON FUNCTION unit_plain(int4), unit_seal(uuid, int4, int4, int2, uuid, bytea, bytea), unit_batch_take(int4),
	unit_batch_done(uuid), unit_batch_replay(int8) TO luotsi_jobs;
