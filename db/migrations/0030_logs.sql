-- The logs that outsiders can check (proto/FORMAT.md, section 16). A leaf holds a commitment and
-- nothing else: SHA-256 over a label, 32 random bytes and what happened in one line of text. The
-- line and the random bytes stay in tables whose rows may go; without them a leaf says nothing.
--
-- An event and its leaf are of one transaction: a trigger on the table of the events makes the leaf,
-- whoever wrote the row. It waits in log_pending until the signer gives it its place. Nobody waits
-- for that, and there is no row that all writers would have to lock.

CREATE TABLE log (
	log         uuid CONSTRAINT log_id PRIMARY KEY,
	size        int8 NOT NULL DEFAULT 0 CONSTRAINT log_size CHECK (size >= 0),
	note        text CONSTRAINT log_note_length CHECK (octet_length(note) BETWEEN 1 AND 4096),
	key         text CONSTRAINT log_key_length CHECK (octet_length(key) BETWEEN 1 AND 320),
	signed_size int8 NOT NULL DEFAULT 0,
	signed_at   timestamptz,
	refused     text CONSTRAINT log_refused_word CHECK (refused ~ '^[a-z][a-z_]{1,39}$'),
	refused_at  timestamptz,
	CONSTRAINT log_signed CHECK (signed_size BETWEEN 0 AND size),
	CONSTRAINT log_refused_whole CHECK (num_nulls(refused, refused_at) IN (0, 2))
);
COMMENT ON TABLE log IS 'Where each log stands: one of each organisation''s events, under its id, and under zeroes the directory of identity chains. Anybody may read what is here.';
COMMENT ON COLUMN log.key IS 'What checks the note, as the signer says; who wants to be sure has it from elsewhere.';
COMMENT ON COLUMN log.refused IS 'Why the signer signs nothing more: what it found is not what it had signed.';

CREATE TABLE log_pending (
	log  uuid NOT NULL,
	n    int8 NOT NULL,
	whose uuid NOT NULL,
	leaf hash NOT NULL,
	CONSTRAINT log_pending_key PRIMARY KEY (log, n)
);
COMMENT ON TABLE log_pending IS 'Leaves that have no place yet; n is the number of the event they are of, whose the organisation that has its row.';

CREATE TABLE log_tile (
	log    uuid NOT NULL,
	level  int2 NOT NULL CONSTRAINT log_tile_level CHECK (level BETWEEN -1 AND 7),
	n      int8 NOT NULL CONSTRAINT log_tile_n CHECK (n >= 0),
	hashes bytea NOT NULL CONSTRAINT log_tile_hashes CHECK (octet_length(hashes) BETWEEN 32 AND 8192 AND octet_length(hashes) % 32 = 0),
	CONSTRAINT log_tile_key PRIMARY KEY (log, level, n)
);
ALTER TABLE log_tile ALTER COLUMN hashes SET STORAGE EXTERNAL;
COMMENT ON TABLE log_tile IS 'The trees in tiles of up to 256 hashes, level -1 the leaves themselves. A tile only ever grows at its end.';

-- 32 bytes that nobody can guess: 244 of their bits are from the system's generator.
CREATE FUNCTION log_nonce() RETURNS bytea
LANGUAGE sql VOLATILE AS $$ SELECT uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()) $$;

CREATE FUNCTION log_commit(p_nonce bytea, p_detail text) RETURNS bytea
LANGUAGE sql IMMUTABLE AS $$ SELECT sha256('luotsi/v1/log'::bytea || '\x00'::bytea || p_nonce || convert_to(p_detail, 'UTF8')) $$;

CREATE FUNCTION log_hex(p_id uuid) RETURNS text
LANGUAGE sql IMMUTABLE AS $$ SELECT coalesce(replace(p_id::text, '-', ''), '-') $$;

-- --- events ---

ALTER TABLE audit
	ADD COLUMN reason text CONSTRAINT audit_reason_length CHECK (octet_length(reason) BETWEEN 3 AND 400 AND reason !~ '[[:cntrl:]]'),
	ADD COLUMN nonce bytea,
	ADD COLUMN place int8,
	SET (fillfactor = 85);
COMMENT ON COLUMN audit.reason IS 'Why, in the words of whoever looked at what is kept of a person. Staff write it; never content.';
COMMENT ON COLUMN audit.place IS 'Of its leaf in the organisation''s log; NULL until the signer has given it one.';

-- What happened, in one line; the reason comes last, because it alone may contain spaces.
CREATE FUNCTION audit_detail(p_row audit) RETURNS text
LANGUAGE sql STABLE AS $$
	SELECT concat_ws(' ', 'luotsi/v1/audit', log_hex(p_row.org), p_row.n,
		to_char(p_row.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
		log_hex(p_row.actor), p_row.action, log_hex(p_row.object), coalesce(p_row.word, '-'), coalesce(p_row.reason, '-'))
$$;

CREATE FUNCTION audit_leaf() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
	NEW.nonce := log_nonce();
	NEW.place := NULL;
	INSERT INTO log_pending (log, n, whose, leaf) VALUES (NEW.org, NEW.n, NEW.org, log_commit(NEW.nonce, audit_detail(NEW)));
	RETURN NEW;
END
$$;

-- --- the directory ---

CREATE SEQUENCE log_directory_n AS int8;
ALTER TABLE identity_entry
	ADD COLUMN nonce bytea,
	ADD COLUMN leaf int8,
	ADD COLUMN place int8;
CREATE UNIQUE INDEX identity_entry_by_leaf ON identity_entry (org, leaf);
COMMENT ON COLUMN identity_entry.leaf IS 'Its number among the entries of all organisations, in the order in which they came.';

CREATE FUNCTION identity_detail(p_row identity_entry) RETURNS text
LANGUAGE sql IMMUTABLE AS $$
	SELECT concat_ws(' ', 'luotsi/v1/identity', log_hex(p_row.org), log_hex(p_row.subject), p_row.n, p_row.type, encode(p_row.env_hash, 'hex'))
$$;

CREATE FUNCTION identity_leaf() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
	NEW.nonce := log_nonce();
	NEW.leaf := nextval('log_directory_n');
	NEW.place := NULL;
	INSERT INTO log_pending (log, n, whose, leaf)
	VALUES ('00000000-0000-0000-0000-000000000000', NEW.leaf, NEW.org, log_commit(NEW.nonce, identity_detail(NEW)));
	RETURN NEW;
END
$$;

-- What was there before the logs were begins them, in its order.
DO $$
DECLARE
	v_org uuid;
	v_row record;
BEGIN
	FOR v_org IN SELECT o.org FROM organisation o ORDER BY o.created_at, o.org LOOP
		PERFORM set_config('luotsi.org', v_org::text, true);
		UPDATE audit a SET nonce = log_nonce() WHERE a.org = v_org;
		INSERT INTO log_pending (log, n, whose, leaf) SELECT a.org, a.n, a.org, log_commit(a.nonce, audit_detail(a)) FROM audit a WHERE a.org = v_org;
		FOR v_row IN SELECT e.subject, e.n FROM identity_entry e WHERE e.org = v_org ORDER BY e.at, e.subject, e.n LOOP
			UPDATE identity_entry e SET nonce = log_nonce(), leaf = nextval('log_directory_n')
			WHERE e.org = v_org AND e.subject = v_row.subject AND e.n = v_row.n;
		END LOOP;
		INSERT INTO log_pending (log, n, whose, leaf)
		SELECT '00000000-0000-0000-0000-000000000000', e.leaf, e.org, log_commit(e.nonce, identity_detail(e)) FROM identity_entry e WHERE e.org = v_org;
	END LOOP;
	PERFORM set_config('luotsi.org', '', true);
END
$$;
ALTER TABLE audit ALTER COLUMN nonce SET NOT NULL, ADD CONSTRAINT audit_nonce_length CHECK (octet_length(nonce) = 32);
ALTER TABLE identity_entry ALTER COLUMN nonce SET NOT NULL, ALTER COLUMN leaf SET NOT NULL,
	ADD CONSTRAINT identity_entry_nonce_length CHECK (octet_length(nonce) = 32);
CREATE TRIGGER audit_leaf BEFORE INSERT ON audit FOR EACH ROW EXECUTE FUNCTION audit_leaf();
CREATE TRIGGER identity_leaf BEFORE INSERT ON identity_entry FOR EACH ROW EXECUTE FUNCTION identity_leaf();

-- --- what the signer does ---

-- The logs behind p_after that may have something to be done, in their order.
CREATE FUNCTION log_waiting(p_after uuid, p_all boolean, p_most int4) RETURNS SETOF uuid
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
	IF p_all THEN
		RETURN QUERY SELECT w.log FROM (SELECT l.log FROM log l UNION SELECT p.log FROM log_pending p) w
			WHERE p_after IS NULL OR w.log > p_after ORDER BY w.log LIMIT p_most;
		RETURN;
	END IF;
	-- From one log to the next by the index, however many leaves wait in one of them.
	RETURN QUERY
		WITH RECURSIVE hop AS (
			(SELECT p.log FROM log_pending p WHERE p_after IS NULL OR p.log > p_after ORDER BY p.log LIMIT 1)
			UNION ALL
			SELECT (SELECT p.log FROM log_pending p WHERE p.log > h.log ORDER BY p.log LIMIT 1) FROM hop h WHERE h.log IS NOT NULL
		)
		SELECT h.log FROM hop h WHERE h.log IS NOT NULL LIMIT p_most;
END
$$;

-- Where it stands, and of the named tiles what there is; a row at least.
CREATE FUNCTION log_look(p_log uuid, p_levels int2[], p_ns int8[])
RETURNS TABLE (size int8, note text, refused text, level int2, n int8, hashes bytea)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
#variable_conflict use_column
BEGIN
	INSERT INTO log (log) VALUES (p_log) ON CONFLICT DO NOTHING;
	RETURN QUERY
		SELECT l.size, l.note, l.refused, t.level, t.n, t.hashes
		FROM log l LEFT JOIN (unnest(p_levels, p_ns) AS w(level, n) JOIN log_tile t ON t.log = p_log AND t.level = w.level AND t.n = w.n) ON true
		WHERE l.log = p_log;
END
$$;

-- Leaves that wait, the oldest first.
CREATE FUNCTION log_take(p_log uuid, p_most int4) RETURNS TABLE (n int8, leaf bytea)
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
	SELECT p.n, p.leaf::bytea FROM log_pending p WHERE p.log = p_log ORDER BY p.n LIMIT p_most
$$;

-- The leaves themselves, from a tile on.
CREATE FUNCTION log_entries(p_log uuid, p_from int8, p_most int4) RETURNS TABLE (n int8, hashes bytea)
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
	SELECT t.n, t.hashes FROM log_tile t WHERE t.log = p_log AND t.level = -1 AND t.n >= p_from ORDER BY t.n LIMIT p_most
$$;

-- The leaves p_ns get the places from p_size on, and the tiles that follow from that are stored: all of it
-- or nothing. False if the log is of another size by now, or a leaf no longer waits.
CREATE FUNCTION log_extend(p_log uuid, p_size int8, p_ns int8[], p_levels int2[], p_tiles int8[], p_hashes bytea[]) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
	v_n int8;
	v_whose uuid[];
	v_org uuid;
BEGIN
	UPDATE log l SET size = l.size + cardinality(p_ns) WHERE l.log = p_log AND l.size = p_size;
	IF NOT FOUND THEN
		RETURN false;
	END IF;
	WITH gone AS (DELETE FROM log_pending p WHERE p.log = p_log AND p.n = ANY (p_ns) RETURNING p.whose)
	SELECT count(*), array_agg(DISTINCT g.whose) INTO v_n, v_whose FROM gone g;
	IF v_n <> cardinality(p_ns) THEN
		RAISE EXCEPTION USING ERRCODE = 'serialization_failure', MESSAGE = 'a leaf has gone';
	END IF;
	INSERT INTO log_tile AS t (log, level, n, hashes)
	SELECT p_log, w.level, w.n, w.hashes FROM unnest(p_levels, p_tiles, p_hashes) AS w(level, n, hashes)
	ON CONFLICT (log, level, n) DO UPDATE SET hashes = excluded.hashes;
	FOREACH v_org IN ARRAY v_whose LOOP
		PERFORM set_config('luotsi.org', v_org::text, true);
		IF p_log = v_org THEN
			UPDATE audit a SET place = p_size + w.i - 1 FROM unnest(p_ns) WITH ORDINALITY AS w(n, i) WHERE a.org = v_org AND a.n = w.n;
		ELSE
			UPDATE identity_entry e SET place = p_size + w.i - 1
			FROM unnest(p_ns) WITH ORDINALITY AS w(n, i) WHERE e.org = v_org AND e.leaf = w.n;
		END IF;
	END LOOP;
	PERFORM set_config('luotsi.org', '', true);
	RETURN true;
END
$$;

-- The head that the signer has signed, for everybody; the time only when it is a new one.
CREATE FUNCTION log_publish(p_log uuid, p_size int8, p_note text, p_key text) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
	UPDATE log l SET note = p_note, key = p_key, signed_size = p_size, signed_at = CASE WHEN l.note = p_note THEN l.signed_at ELSE now() END,
		refused = NULL, refused_at = NULL
	WHERE l.log = p_log AND l.size >= p_size;
	RETURN FOUND;
END
$$;

-- The signer has found something else than it had signed; said once, with the time of the first.
CREATE FUNCTION log_refuse(p_log uuid, p_word text) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
	UPDATE log l SET refused = p_word, refused_at = coalesce(l.refused_at, now()) WHERE l.log = p_log;
	RETURN FOUND;
END
$$;

DO $$
BEGIN
	EXECUTE format('GRANT CONNECT ON DATABASE %I TO luotsi_signer', current_database());
END
$$;
GRANT USAGE ON SCHEMA public TO luotsi_signer;
GRANT EXECUTE ON FUNCTION log_waiting(uuid, boolean, int4), log_look(uuid, int2[], int8[]), log_take(uuid, int4),
	log_entries(uuid, int8, int4), log_extend(uuid, int8, int8[], int2[], int8[], bytea[]),
	log_publish(uuid, int8, text, text), log_refuse(uuid, text) TO luotsi_signer;
GRANT SELECT ON log, log_tile TO luotsi_app, luotsi_read;
GRANT INSERT (reason) ON audit TO luotsi_app;
GRANT EXECUTE ON FUNCTION log_hex(uuid), audit_detail(audit), identity_detail(identity_entry) TO luotsi_app;
