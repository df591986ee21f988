-- The small database of unit keys (retention units: an epoch of a room, a file). It is a database of its own, in
-- production another machine's, and its backups live seven days at most: what is erased here stays erased,
-- however old a backup of the main database is that somebody brings back.
--
-- A key is here only wrapped, by a key that the keys process alone has. A key that is gone leaves its row
-- without one, for ever: nobody can make another key for the same unit.

DO $$
BEGIN
	EXECUTE format('REVOKE ALL ON DATABASE %I FROM PUBLIC', current_database());
	EXECUTE format('GRANT CONNECT ON DATABASE %I TO luotsi_app, luotsi_jobs', current_database());
END
$$;
ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO luotsi_app, luotsi_jobs;

-- The organisation of this transaction; NULL when none was named.
CREATE FUNCTION luotsi_org() RETURNS uuid
LANGUAGE sql STABLE PARALLEL SAFE AS
$$ SELECT nullif(current_setting('luotsi.org', true), '')::uuid $$;
GRANT EXECUTE ON FUNCTION luotsi_org() TO luotsi_app, luotsi_jobs;

CREATE TABLE unit_key (
	org       uuid NOT NULL DEFAULT luotsi_org(),
	unit      uuid NOT NULL,
	part      int4 NOT NULL CONSTRAINT unit_key_part CHECK (part BETWEEN 0 AND 65535),
	wrapped   bytea CONSTRAINT unit_key_length CHECK (octet_length(wrapped) = 65),
	made_at   timestamptz NOT NULL DEFAULT now(),
	erased_at timestamptz,
	CONSTRAINT unit_key_key PRIMARY KEY (org, unit, part),
	CONSTRAINT unit_key_or_none CHECK ((wrapped IS NULL) = (erased_at IS NOT NULL))
);
COMMENT ON TABLE unit_key IS 'One key a retention unit. A row without a key is a tombstone.';
COMMENT ON COLUMN unit_key.part IS 'The epoch of the room `unit`; 0: the file `unit`.';
ALTER TABLE unit_key ENABLE ROW LEVEL SECURITY;
ALTER TABLE unit_key FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON unit_key USING (org = (SELECT luotsi_org())) WITH CHECK (org = (SELECT luotsi_org()));

CREATE TABLE unit_batch (
	batch uuid CONSTRAINT unit_batch_key PRIMARY KEY,
	at    timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE unit_batch IS 'Which erasures of the main database have been done here. One that is missing means that this database was restored to the past.';

-- Keys of new units; of one that has a key, or had, that stands. Gives what stands, by place: NULL is gone for ever.
CREATE FUNCTION unit_put(p_units uuid[], p_parts int4[], p_wrapped bytea[])
RETURNS TABLE (place int8, wrapped bytea)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
#variable_conflict use_column
BEGIN
	INSERT INTO unit_key (unit, part, wrapped)
	SELECT u.unit, u.part, u.wrapped FROM unnest(p_units, p_parts, p_wrapped) AS u(unit, part, wrapped)
	ORDER BY u.unit, u.part ON CONFLICT DO NOTHING;
	-- A statement of its own sees what somebody else committed meanwhile.
	RETURN QUERY
		SELECT u.place, k.wrapped
		FROM unnest(p_units, p_parts) WITH ORDINALITY AS u(unit, part, place)
		JOIN unit_key k ON k.unit = u.unit AND k.part = u.part ORDER BY u.place;
END
$$;

-- Destroys the keys of these units, for ever, as one erasure of the main database. Repeats do nothing.
CREATE FUNCTION unit_erase(p_batch uuid, p_units uuid[], p_parts int4[]) RETURNS int8
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
	v_n int8;
BEGIN
	WITH gone AS (
		INSERT INTO unit_key AS k (unit, part, wrapped, erased_at)
		SELECT u.unit, u.part, NULL, now() FROM unnest(p_units, p_parts) AS u(unit, part)
		ORDER BY u.unit, u.part
		ON CONFLICT (org, unit, part) DO UPDATE SET wrapped = NULL, erased_at = now() WHERE k.erased_at IS NULL
		RETURNING 1)
	SELECT count(*) INTO v_n FROM gone;
	INSERT INTO unit_batch (batch) VALUES (p_batch) ON CONFLICT DO NOTHING;
	RETURN v_n;
END
$$;

CREATE FUNCTION unit_batch_known(p_batch uuid) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS
$$ SELECT EXISTS (SELECT FROM unit_batch b WHERE b.batch = p_batch) $$;

GRANT SELECT ON unit_key TO luotsi_app, luotsi_jobs;
GRANT EXECUTE ON FUNCTION unit_put(uuid[], int4[], bytea[]), unit_batch_known(uuid) TO luotsi_app, luotsi_jobs;
GRANT EXECUTE ON FUNCTION unit_erase(uuid, uuid[], int4[]) TO luotsi_jobs;
