-- A file that is begun again while its first beginning still waits, as after a connection that was cut, waits for that and is then a repeat
-- like any other. Before, the two were compared with their keys, and the server seals a key anew each time: the repeat was refused as
-- a conflict, and the file given up. Otherwise as in 0026: who takes this lock takes it first of all.
CREATE OR REPLACE FUNCTION file_begin(p_room uuid, p_account uuid, p_file uuid, p_cipher_size int8, p_epoch int4, p_key bytea,
	p_most int8, p_quota int8, p_most_open int4, p_most_day int4) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
	v_org organisation;
	v_quota int8;
	v_most int8;
	v_used int8;
	v_file file;
BEGIN
	PERFORM pg_advisory_xact_lock(hashtextextended('file ' || p_file, 0));
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
