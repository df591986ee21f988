-- Files: what a hostile look at 0018 found.

CREATE INDEX file_begun ON file (org, account, begun_at);

DROP FUNCTION file_begin(uuid, uuid, uuid, int8, int4, bytea, int8, int8, int4);

-- Reserves room for a file, or says what is against it: ok (also of a repeat) | conflict | stale_epoch |
-- too_large | quota | rate_limited (this person has too many open, has begun too many in a day, or holds an eighth of
-- all room, but room for two of the largest, for what is not sent). The caller has judged who it is. A file is locked before the account of room is, as by all who
-- give room back; what was begun while this one waited for that account is only compared.
CREATE FUNCTION file_begin(p_room uuid, p_account uuid, p_file uuid, p_cipher_size int8, p_epoch int4, p_key bytea,
	p_most int8, p_quota int8, p_most_open int4, p_most_day int4) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
	v_org organisation;
	v_quota int8;
	v_most int8;
	v_used int8;
	v_file file;
BEGIN
	SELECT * INTO v_org FROM organisation o WHERE o.org = luotsi_org();
	v_quota := coalesce(v_org.file_quota, p_quota);
	v_most := file_sealed_size(coalesce(v_org.file_most, p_most));
	SELECT * INTO v_file FROM file f WHERE f.file = p_file FOR UPDATE;
	IF FOUND THEN
		RETURN CASE WHEN v_file.state = 'open' AND v_file.room = p_room AND v_file.account = p_account
			AND v_file.cipher_size = p_cipher_size THEN file_key_put(p_account, p_file, p_epoch, p_key) ELSE 'conflict' END;
	END IF;
	INSERT INTO file_use (used) VALUES (0) ON CONFLICT DO NOTHING;
	SELECT u.used INTO v_used FROM file_use u WHERE u.org = v_org.org FOR UPDATE;
	SELECT * INTO v_file FROM file f WHERE f.file = p_file;
	IF FOUND THEN
		RETURN CASE WHEN v_file.state = 'open' AND v_file.room = p_room AND v_file.account = p_account AND v_file.cipher_size = p_cipher_size
			AND EXISTS (SELECT FROM file_seal s WHERE s.file = p_file AND s.epoch = p_epoch AND s.key = p_key) THEN 'ok' ELSE 'conflict' END;
	END IF;
	IF p_epoch NOT IN (SELECT o.epoch FROM room o WHERE o.room = p_room) THEN
		RETURN 'stale_epoch';
	END IF;
	IF p_cipher_size > v_most THEN
		RETURN 'too_large';
	END IF;
	IF v_used + p_cipher_size > v_quota THEN
		RETURN 'quota';
	END IF;
	IF (SELECT count(*) >= p_most_open OR sum(f.cipher_size) + p_cipher_size > greatest(v_quota / 8, 2 * v_most)
			FROM file f WHERE f.account = p_account AND f.state = 'open')
		OR (SELECT count(*) FROM file f WHERE f.account = p_account AND f.begun_at > now() - interval '1 day') >= p_most_day THEN
		RETURN 'rate_limited';
	END IF;
	UPDATE file_use u SET used = u.used + p_cipher_size WHERE u.org = v_org.org;
	INSERT INTO file (file, room, account, cipher_size) VALUES (p_file, p_room, p_account, p_cipher_size);
	INSERT INTO file_seal (file, epoch, key) VALUES (p_file, p_epoch, p_key);
	RETURN 'ok';
END
$$;

-- Files that nobody goes on with: no part has come for so long, or they were begun seven times as long ago and still are not sent. Some of
-- each organisation in a round, so that a round ends in time whatever has gathered. For the jobs process.
CREATE OR REPLACE FUNCTION sweep_files(p_seconds int4) RETURNS int8
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
	v_org uuid;
	v_before timestamptz := now() - make_interval(secs => p_seconds);
	v_swept int8 := 0;
BEGIN
	FOR v_org IN SELECT o.org FROM organisation o LOOP
		PERFORM set_config('luotsi.org', v_org::text, true);
		v_swept := v_swept + file_drop(ARRAY(
			SELECT f.file FROM file f WHERE f.state = 'open' AND f.begun_at < v_before
				AND (f.begun_at < v_before - make_interval(secs => 6 * p_seconds::float8)
					OR NOT EXISTS (SELECT FROM file_part p WHERE p.file = f.file AND p.at >= v_before))
			ORDER BY f.file LIMIT 32 FOR UPDATE SKIP LOCKED));
	END LOOP;
	PERFORM set_config('luotsi.org', '', true);
	RETURN v_swept;
END
$$;

GRANT EXECUTE ON FUNCTION file_begin(uuid, uuid, uuid, int8, int4, bytea, int8, int8, int4, int4) TO luotsi_app;
