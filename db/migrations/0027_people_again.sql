-- People who come again: with new keys after all was lost, by a passkey that is just being taken away.

-- A state that lost keys sealed opens for nobody. It goes with them, under the next version: what a browser
-- that still holds the old keys saves a moment later is refused, and never stands in the new ones' way.
ALTER TABLE self_state ALTER state DROP NOT NULL;
COMMENT ON TABLE self_state IS 'A person''s sealed state: pins, labels, preferences. NULL: its keys were lost, and nothing is sealed under the new ones yet.';

CREATE OR REPLACE FUNCTION self_put_keys(p_account uuid, p_expected int8, p_unlockers bytea[], p_list_mac bytea, p_keys bytea,
	p_head bytea, p_entries bytea[], p_hashes bytea[], p_types int2[],
	p_sig_kid bytea, p_sig_pub bytea, p_enc_kid bytea, p_enc_pub bytea,
	p_cert bytea, p_valid_from timestamptz, p_valid_until timestamptz)
RETURNS TABLE (outcome text, version int8)
LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
	c_type_reset CONSTANT int2 := 3;
	v_stored int8;
	v_word text := 'ok';
BEGIN
	PERFORM pg_advisory_xact_lock(hashtextextended('self_keys ' || p_account, 0));
	SELECT k.version INTO v_stored FROM self_keys k WHERE k.account = p_account;
	IF coalesce(v_stored, 0) <> p_expected THEN
		RETURN QUERY SELECT 'conflict', coalesce(v_stored, 0);
		RETURN;
	END IF;
	IF cardinality(p_entries) > 0 THEN
		v_word := identity_append(p_account, p_head, p_entries, p_hashes, p_types,
			p_sig_kid, p_sig_pub, p_enc_kid, p_enc_pub, p_cert, p_valid_from, p_valid_until, false);
	END IF;
	IF v_word = 'ok' THEN
		INSERT INTO self_keys AS k (account, version, unlockers, list_mac, keys)
		VALUES (p_account, p_expected + 1, p_unlockers, p_list_mac, p_keys)
		ON CONFLICT (org, account) DO UPDATE
		SET version = excluded.version, unlockers = excluded.unlockers, list_mac = excluded.list_mac, keys = excluded.keys;
		UPDATE self_state s SET version = s.version + 1, state = NULL WHERE s.account = p_account AND c_type_reset = ANY (p_types);
	END IF;
	RETURN QUERY SELECT v_word, p_expected + (v_word = 'ok')::int;
END
$$;

-- Nobody ends this account's ways to come in before the transaction is over, or they were ended before (staff_of).
CREATE FUNCTION account_lock(p_account uuid) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
	PERFORM FROM account a WHERE a.org = luotsi_org() AND a.account = p_account FOR KEY SHARE;
END
$$;
GRANT EXECUTE ON FUNCTION account_lock(uuid) TO luotsi_app;

-- The passkey was used a moment ago, in a statement of its own; meanwhile an admin may have taken it away,
-- with every session that there was (passkey_reset): whoever has none any more does not begin by it.
CREATE OR REPLACE FUNCTION session_start(p_session uuid, p_token_hash bytea, p_account uuid, p_method text,
	p_identified_at timestamptz, p_acr text, p_old_hash bytea, p_seconds int4[])
RETURNS TABLE (role text, expires_at timestamptz, fresh_until timestamptz)
LANGUAGE plpgsql AS $$
#variable_conflict use_column
BEGIN
	PERFORM session_end_token(p_old_hash) WHERE p_old_hash IS NOT NULL;
	PERFORM account_lock(p_account);
	RETURN QUERY
		WITH person AS (
			SELECT a.account, a.role FROM account a
			WHERE a.account = p_account AND a.disabled_at IS NULL AND (p_method <> 'passkey'
				OR EXISTS (SELECT FROM passkey k WHERE k.account = a.account AND k.disabled_at IS NULL))
		), begun AS (
			INSERT INTO session AS s (session, token_hash, account, method, identified_at, acr, fresh_until, expires_at)
			SELECT p_session, p_token_hash, p.account, p_method, p_identified_at, p_acr, now() + interval '5 minutes',
				now() + make_interval(secs => p_seconds[session_class(p.role)])
			FROM person p
			RETURNING s.expires_at, s.fresh_until
		)
		SELECT p.role, b.expires_at, b.fresh_until FROM begun b, person p;
END
$$;

-- Identifications that were never finished, enrolments whose time has passed, and how identifications went so long ago.
DROP FUNCTION sweep_logins();
CREATE FUNCTION sweep_logins(p_event_days int4) RETURNS int8
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
	v_org uuid;
	v_n int8;
	v_swept int8;
BEGIN
	DELETE FROM login_attempt a WHERE a.expires_at <= now();
	GET DIAGNOSTICS v_swept = ROW_COUNT;
	DELETE FROM login_choice c WHERE c.expires_at <= now();
	GET DIAGNOSTICS v_n = ROW_COUNT;
	v_swept := v_swept + v_n;
	-- The oldest first, and not all at once.
	DELETE FROM sign_in_event e WHERE e.at <= now() - make_interval(days => p_event_days)
		AND e.n IN (SELECT o.n FROM sign_in_event o ORDER BY o.n LIMIT 10000);
	GET DIAGNOSTICS v_n = ROW_COUNT;
	v_swept := v_swept + v_n;
	FOR v_org IN SELECT o.org FROM organisation o LOOP
		PERFORM set_config('luotsi.org', v_org::text, true);
		DELETE FROM account_enrolment e WHERE e.org = v_org AND e.expires_at <= now();
		GET DIAGNOSTICS v_n = ROW_COUNT;
		v_swept := v_swept + v_n;
	END LOOP;
	PERFORM set_config('luotsi.org', '', true);
	RETURN v_swept;
END
$$;
GRANT EXECUTE ON FUNCTION sweep_logins(int4) TO luotsi_jobs;
COMMENT ON TABLE sign_in_event IS 'How each identification began and ended, in a word. Append-only, kept sign_in_event_days; no person, no organisation: those are in audit.';
