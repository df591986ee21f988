-- A file's key only goes on to later epochs: what a connection that was cut still brings of an earlier one, when it comes at last, is as if
-- it had come in time. Before, it took the later key's place, and the manifest was refused as a conflict.
CREATE OR REPLACE FUNCTION file_key_put(p_account uuid, p_file uuid, p_epoch int4, p_key bytea) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
	v_state text;
BEGIN
	SELECT f.state INTO v_state FROM file f WHERE f.file = p_file AND f.account = p_account FOR UPDATE;
	IF v_state = 'open' THEN
		UPDATE file_seal s SET epoch = p_epoch, key = p_key WHERE s.file = p_file AND s.epoch <= p_epoch;
	END IF;
	RETURN CASE v_state WHEN 'open' THEN 'ok' ELSE CASE WHEN v_state IS NULL THEN 'not_found' ELSE 'conflict' END END;
END
$$;
